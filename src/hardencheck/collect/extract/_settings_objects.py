"""Which expressions of a file are a settings object, one setting of it, or its table of all settings."""

import ast
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hardencheck.collect.extract._python import PythonFile
from hardencheck.lazily import compiled
from hardencheck.model.facts.hidden import ANY

DJANGO_SETTINGS = "django.conf.settings"
_SETTINGS_NAME = compiled(r"(?:\w{1,40}_)?settings(?:_\w{1,40})?")
# Modules called settings that are no configuration of a service.
_FOREIGN = frozenset({
    "scrapy", "IPython", "traitlets", "ipywidgets", "sphinx", "docutils", "tox", "hypothesis", "kombu", "PyQt5",
    "PyQt6", "PySide2", "PySide6", "rest_framework", "graphene_django", "oauth2_provider", "import_export",
})  # fmt: skip
_PARAMETERS = frozenset({"settings", "django_settings"})
_CURRENT = frozenset({"flask.current_app", "quart.current_app", "flask.globals.current_app"})
_APPLICATIONS = frozenset({"app", "application", "flask_app", "server"})
_ATTRIBUTES = {"debug": "DEBUG", "testing": "TESTING", "secret_key": "SECRET_KEY"}
_COPIES_IN_PLACE = frozenset({"get", "setdefault"})
MAX_DEPTH = 30


class Names(NamedTuple):
    """What local names mean at a place: those of settings objects (name -> target), and those that hide an import."""

    objects: Mapping[str, str] = {}
    hidden: frozenset[str] = frozenset()


class Setting(NamedTuple):
    """target: as in `setting.hidden`. inside: a part of its value, not the setting itself."""

    target: str
    name: str
    inside: bool = False


class Objects:
    """The settings objects of one file."""

    def __init__(self, file: PythonFile) -> None:
        self.file = file
        # `self.settings = settings`, in any class of the file.
        self.attributes: dict[str, str] = {}
        for node in file.assigns:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
                left = file.name(node.targets[0])
                target = self.target(node.value, Names())
                if left.startswith(("self.", "cls.")) and target:
                    self.attributes[left] = target

    def inner(self, names: Names, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Names:
        """What names mean inside a function: parameters and local variables hide what is outside."""
        arguments = function.args
        bound = {item.arg for item in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
        bound |= {item.arg for item in (arguments.vararg, arguments.kwarg) if item is not None}
        # A function of a Django project that is handed `settings` is handed Django's.
        given = _PARAMETERS & bound if self.file.imports("django") else frozenset[str]()
        objects = {name: f"the parameter {name}" for name in given}
        for node in _own(function):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if name not in bound:
                    target = self.target(value, names)
                    if target:
                        objects[name] = target
                    bound.add(name)
                case ast.Name(id=name, ctx=ast.Store()):
                    bound.add(name)
                    if name in given:
                        objects.pop(name, None)
        kept = {name: target for name, target in names.objects.items() if name not in bound}
        return Names({**kept, **objects}, (names.hidden | bound) - objects.keys())

    def outer(self) -> Names:
        """What names mean at the top of the module."""
        objects: dict[str, str] = {}
        names = Names(objects)  # grows with it
        for node in self.file.tree.body:
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                target = self.target(node.value, names)
                if target:
                    objects[node.targets[0].id] = target
                else:
                    objects.pop(node.targets[0].id, None)
        return Names(objects)

    def target(self, node: ast.expr, names: Names, depth: int = 0) -> str:
        """The settings object that an expression is: "django.conf.settings", "shop.settings.base"; "" for none."""
        if depth > MAX_DEPTH:
            return ""
        match node:
            case ast.Name(id=name) if name in names.objects:
                return names.objects[name]
            case ast.Attribute(value=inner, attr="_wrapped" | "_settings"):
                return self.target(inner, names, depth + 1)
            case ast.Subscript(value=table, slice=key) if self.file.name(table) == "sys.modules":
                return self._module(key, names, depth)
            case ast.Call(func=func, args=[key, *_]) if self.file.name(func) in {
                "importlib.import_module", "__import__", "django.utils.module_loading.import_string",
            }:  # fmt: skip
                return self._module(key, names, depth)
            case ast.Name() | ast.Attribute():
                return self._dotted(node, names)
        return ""

    def _module(self, key: ast.expr, names: Names, depth: int) -> str:
        match key:
            case ast.Constant(value=str(text)):
                return text if text == DJANGO_SETTINGS or _is_settings_module(text) else ""
            case ast.Attribute(value=inner, attr="SETTINGS_MODULE"):
                return "the settings module" if self.target(inner, names, depth + 1) else ""
            case ast.Subscript(value=table, slice=ast.Constant(value="DJANGO_SETTINGS_MODULE")):
                return "the settings module" if self.file.name(table) == "os.environ" else ""
            case ast.Call(args=[ast.Constant(value="DJANGO_SETTINGS_MODULE"), *_]):
                return "the settings module"
        return ""

    def _dotted(self, node: ast.expr, names: Names) -> str:
        root = _root(node)
        dotted = self.file.name(node)
        if root is None or not dotted:
            return ""
        if dotted in self.attributes:
            return self.attributes[dotted]
        if root not in self.file.aliases or root in names.hidden:
            return ""
        return dotted if dotted == DJANGO_SETTINGS or _is_settings_module(dotted) else ""

    def table(self, node: ast.expr, names: Names) -> str:
        """The settings object whose names and values a dictionary is: `vars(settings)`, `settings.__dict__`."""
        match node:
            case ast.Call(func=ast.Name(id="vars"), args=[inner]):
                return self.target(inner, names)
            case ast.Attribute(value=inner, attr="__dict__"):
                return self.target(inner, names)
        return ""

    def config(self, node: ast.expr, names: Names, *, handler: bool) -> str:
        """The configuration of a Flask application: `current_app.config`, in a handler also `app.config`."""
        if isinstance(node, ast.Attribute) and node.attr == "config":
            app = self.application(node.value, names, handler=handler)
            return f"{app}.config" if app else ""
        return ""

    def application(self, node: ast.expr, names: Names, *, handler: bool) -> str:
        """An application that already serves: `current_app`, `request.app`, in a handler also `app`."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "_get_current_object":
                return self.application(node.func.value, names, handler=handler)
            return ""
        dotted = self.file.name(node)
        if dotted in _CURRENT:
            return dotted
        if handler and dotted and (dotted.rpartition(".")[2] in _APPLICATIONS or dotted == "request.app"):
            root = _root(node)
            return dotted if root not in names.hidden or dotted.endswith("request.app") else ""
        return ""

    def setting(self, node: ast.expr, names: Names, *, handler: bool = False) -> Setting | None:
        """The setting an expression is or is a part of: `settings.LOGGING["handlers"]`, `current_app.config["X"]`."""
        inside = False
        for _ in range(MAX_DEPTH):
            found = self._exactly(node, names, handler)
            if found is not None:
                return Setting(*found, inside)
            inside = True
            match node:
                case ast.Subscript(value=inner):
                    node = inner
                case ast.Call(func=ast.Attribute(value=inner, attr=attr)) if attr in _COPIES_IN_PLACE:
                    node = inner
                case _:
                    return None
        return None

    def _exactly(self, node: ast.expr, names: Names, handler: bool) -> tuple[str, str] | None:
        match node:
            case ast.Attribute(value=inner, attr="_wrapped"):
                target = self.target(inner, names)
                return (target, ANY) if target else None
            case ast.Attribute(value=inner, attr=name):
                target = self.target(inner, names)
                if target:
                    return (target, name) if name.isupper() else _lower(target, name)
                if name in _ATTRIBUTES:
                    app = self.application(inner, names, handler=handler)
                    return (app, _ATTRIBUTES[name]) if app else None
            case ast.Name(id=name) if name in self.file.aliases and name not in names.hidden:
                # from shop.settings import MIDDLEWARE
                module, _, last = self.file.aliases[name].rpartition(".")
                if last.isupper() and module != DJANGO_SETTINGS and _is_settings_module(module):
                    return module, last
            case ast.Subscript(value=inner, slice=key):
                target = self.table(inner, names) or self.config(inner, names, handler=handler)
                if target:
                    return target, text_of(key) or ANY
            case ast.Call(func=ast.Name(id="getattr"), args=[inner, key, *_]):
                target = self.target(inner, names)
                return (target, text_of(key) or ANY) if target else None
        return None


def _lower(target: str, name: str) -> tuple[str, str] | None:
    """pydantic's settings have names in lower case; Django's never."""
    return (target, name.upper()) if target != DJANGO_SETTINGS and name in _ATTRIBUTES else None


def text_of(node: ast.expr) -> str:
    """A literal name, "" for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def start_of(node: ast.expr) -> str | None:
    """What is known of the beginning of a computed name: `"CSRF_" + x`, f"CSRF_{x}"; None where nothing is."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.BinOp(left=left, op=ast.Add() | ast.Mod()):
            start = start_of(left)
            return start.partition("%")[0] if start else None
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            return text
        case ast.Call(func=ast.Attribute(value=inner, attr="format" | "upper")):
            start = start_of(inner)
            return start.partition("{")[0] if start else None
    return None


def _is_settings_module(dotted: str) -> bool:
    parts = dotted.lstrip(".").split(".")
    if parts[0] in _FOREIGN:
        return False
    if _SETTINGS_NAME.fullmatch(parts[-1]):
        return True
    return len(parts) > 1 and parts[-2] == "settings" and not parts[-1].isupper()


def _root(node: ast.expr) -> str | None:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _own(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions and classes in it."""
    stack = list(ast.iter_child_nodes(function))
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            stack.extend(ast.iter_child_nodes(node))
