"""Every statement of a Python file that writes to a settings object, with the place it stands in."""

import ast
from collections.abc import Iterator
from re import Pattern
from typing import NamedTuple, Protocol

from hardencheck.collect.extract._python import PythonFile, argument
from hardencheck.collect.extract._settings_objects import Names, Objects, Setting, start_of, text_of
from hardencheck.lazily import compiled
from hardencheck.model.facts.hidden import ANY, How
from hardencheck.model.facts.hidden import Place as Kind

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_MUTATORS = frozenset({
    "append", "insert", "extend", "remove", "pop", "clear", "update", "setdefault", "sort", "reverse", "add", "discard",
})  # fmt: skip
_OVERRIDES = frozenset({"override_settings", "modify_settings"})
_ROUTES = frozenset({
    "route", "get", "post", "put", "patch", "delete", "head", "options", "api_route", "websocket", "before_request",
    "after_request", "teardown_request", "before_app_request", "after_app_request", "errorhandler", "api_view",
    "app_errorhandler", "login_required", "require_http_methods", "require_POST", "require_GET", "context_processor",
})  # fmt: skip
_TASKS = frozenset({"task", "shared_task", "periodic_task", "job", "db_task", "db_periodic_task", "dramatiq.actor"})
_LEAVING = frozenset({"__exit__", "__aexit__"})
_BY_PATH: tuple[tuple[Pattern[str], Kind], ...] = (
    (compiled(r"(?:.*/)?management/commands/.+"), "command"),
    (compiled(r"(?:.*/)?templatetags/.+"), "template tag"),
    (compiled(r"(?:.*/)?\w*middlewares?(?:/.+)?(?:\.py)?"), "middleware"),
    (compiled(r"(?:.*/)?(?:signals?|receivers?)(?:/.+)?(?:\.py)?"), "signal"),
    (compiled(r"(?:.*/)?tasks(?:/.+)?(?:\.py)?"), "task"),
    (compiled(r"(?:.*/)?(?:views?|viewsets?|admin|endpoints?|routes?|routers?|handlers?)(?:/.+)?(?:\.py)?"), "view"),
)


class Place(NamedTuple):
    """Where a statement stands.

    function, owner: the innermost function and class. conditional: see `setting.hidden`. cleaning: in a `finally`
    or `__exit__`; leaving: the latter. main: under `if __name__ == "__main__"`. unconfigured: under `if not
    settings.configured`. test: in a test class or function.
    """

    kind: Kind = "module"
    scope: str = ""
    function: _Function | None = None
    owner: ast.ClassDef | None = None
    names: Names = Names()
    conditional: bool = False
    cleaning: bool = False
    leaving: bool = False
    main: bool = False
    unconfigured: bool = False
    test: bool = False
    handler: bool = False


class Change(NamedTuple):
    """start: of a computed name, what is known of its beginning. restores: it stands where things are put back."""

    setting: Setting
    how: How
    line: int
    statement: ast.stmt
    place: Place
    value: ast.expr | None = None
    start: str | None = None

    @property
    def restores(self) -> bool:
        return self.place.cleaning


def changes(file: PythonFile, path: str) -> Iterator[Change]:
    """Every write to a settings object in a file."""
    reader = _Reader(file, path)
    top = reader.objects.outer()
    stack: list[tuple[ast.stmt, Place]] = [(node, Place(names=top)) for node in file.tree.body]
    while stack:
        node, place = stack.pop()
        yield from reader.read(node, place)
        for body, inner in reader.inside(node, place):
            stack.extend((child, inner) for child in body)


class _Reader:
    def __init__(self, file: PythonFile, path: str) -> None:
        self.file = file
        self.objects = Objects(file)
        self.by_path: Kind = next((kind for pattern, kind in _BY_PATH if pattern.fullmatch(path)), "module")

    def inside(self, node: ast.stmt, place: Place) -> Iterator[tuple[list[ast.stmt], Place]]:
        """The bodies of a compound statement, each with its place."""
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield node.body, self._function(node, place)
            case ast.ClassDef():
                yield node.body, self._class(node, place)
            case ast.If(test=test):
                inner = place._replace(conditional=True)
                written = ast.unparse(test) if isinstance(test, ast.Compare | ast.UnaryOp | ast.BoolOp) else ""
                if "__name__" in written:
                    inner = place._replace(main=True)
                yield node.body, inner._replace(unconfigured=place.unconfigured or ".configured" in written)
                yield node.orelse, place._replace(conditional=True)
            case ast.Try() | ast.TryStar():
                yield node.body, place
                yield node.orelse, place
                for handler in node.handlers:
                    yield handler.body, place._replace(conditional=True)
                yield node.finalbody, place._replace(cleaning=True)
            case ast.For() | ast.AsyncFor() | ast.While():
                yield node.body, place._replace(conditional=True)
                yield node.orelse, place
            case ast.With() | ast.AsyncWith():
                yield node.body, place
            case ast.Match():
                for case in node.cases:
                    yield case.body, place._replace(conditional=True)

    def _function(self, node: _Function, place: Place) -> Place:
        leaving = node.name in _LEAVING
        kind = self._kind_of_function(node, place)
        return place._replace(
            kind=kind,
            scope=f"{place.scope}.{node.name}" if place.scope else node.name,
            function=node,
            names=self.objects.inner(place.names, node),
            conditional=False,
            cleaning=leaving,
            leaving=leaving,
            main=False,
            test=place.test or node.name.startswith("test_"),
            handler=place.handler or kind in {"view", "middleware", "task", "signal"},
        )

    def _kind_of_function(self, node: _Function, place: Place) -> Kind:
        for decorator in node.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            name = self.file.name(called)
            last = name.rpartition(".")[2]
            if ".cli." in name or name.startswith("click.") or ".command" in name:
                return "command"
            if last in _TASKS or name in _TASKS:
                return "task"
            if last == "receiver" or name.endswith((".connect", ".connect_via")):
                return "signal"
            if "." in name and last == "middleware":
                return "middleware"
            if last in _ROUTES and ("." in name or isinstance(decorator, ast.Name)):
                return "view"
        if place.kind not in {"module", "function"}:
            return place.kind
        parameters = [item.arg for item in node.args.args[:2]]
        if self.by_path != "module":
            return self.by_path if self.by_path != "view" or "request" in parameters or place.owner else "function"
        return "view" if parameters[:1] == ["request"] or parameters == ["self", "request"] else "function"

    def _class(self, node: ast.ClassDef, place: Place) -> Place:
        bases = [self.file.name(base).rpartition(".")[2] for base in node.bases]
        kind: Kind = place.kind
        if any(base.endswith("AppConfig") for base in bases):
            kind = "ready"
        elif any(base.endswith("BaseCommand") or base.endswith("Command") for base in bases):
            kind = "command"
        elif node.name.endswith("Middleware") or any("Middleware" in base for base in bases):
            kind = "middleware"
        elif any(base.endswith(("View", "ViewSet", "MethodView", "Resource", "APIView", "Admin")) for base in bases):
            kind = "view"
        return place._replace(
            kind=kind,
            scope=f"{place.scope}.{node.name}" if place.scope else node.name,
            owner=node,
            function=None,
            test=place.test or any("TestCase" in base or "TestRunner" in base for base in (*bases, node.name)),
            handler=place.handler or kind in {"view", "middleware"},
        )

    def read(self, node: ast.stmt, place: Place) -> Iterator[Change]:
        """The writes of one statement itself, without those of its bodies."""
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield from self._assigned(target, value, node, place)
            case ast.AnnAssign(target=target, value=value) if value is not None:
                yield from self._assigned(target, value, node, place)
            case ast.AugAssign(target=target, value=value):
                yield from self._assigned(target, None, node, place, augmented=True)
            case ast.Delete(targets=targets):
                for target in targets:
                    found = self.objects.setting(target, place.names, handler=place.handler)
                    if found is not None and not isinstance(target, ast.Name):
                        how: How = "changed in place" if found.inside else "deleted"
                        yield Change(found, how, node.lineno, node, place)
        for call in _calls(node):
            yield from self._called(call, node, place)

    def _assigned(
        self, target: ast.expr, value: ast.expr | None, node: ast.stmt, place: Place, *, augmented: bool = False
    ) -> Iterator[Change]:
        if isinstance(target, ast.Tuple | ast.List):
            for element in target.elts[:50]:
                yield from self._assigned(element, None, node, place)
            return
        if isinstance(target, ast.Starred):
            target = target.value
        if isinstance(target, ast.Subscript):
            key = text_of(target.slice)
            if key == "DJANGO_SETTINGS_MODULE" and self.file.name(target.value) == "os.environ":
                yield Change(Setting("os.environ", key), "assigned", node.lineno, node, place, value)
                return
        if isinstance(target, ast.Name) and not augmented:
            return  # a name of this file is bound again; what it held before does not change
        found = self.objects.setting(target, place.names, handler=place.handler)
        if found is not None:
            how: How = "changed in place" if found.inside or augmented else "assigned"
            if isinstance(target, ast.Attribute) and target.attr == "_wrapped":
                how = "replaced"
            start = start_of(target.slice) if isinstance(target, ast.Subscript) else None
            yield Change(found, how, node.lineno, node, place, value if how == "assigned" else None, start)

    def _called(self, call: ast.Call, node: ast.stmt, place: Place) -> Iterator[Change]:
        func = call.func
        name = self.file.name(func)
        last = func.attr if isinstance(func, ast.Attribute) else name

        def change(setting: Setting, how: How, value: ast.expr | None = None, start: str | None = None) -> Change:
            return Change(setting, how, call.lineno, node, place, value, start)

        if last in {"setattr", "delattr", "__setattr__", "__delattr__"} and len(call.args) >= 2:
            yield from self._setattr(call, last, node, place)
        elif name.rpartition(".")[2] in _OVERRIDES and name.startswith("django.test."):
            for word in call.keywords:
                # Without a `with` or a decorator, enable() is called, and disable() may be.
                yield change(Setting("django.conf.settings", word.arg or ANY), "overridden")
        elif name in {"os.putenv"} and call.args and text_of(call.args[0]) == "DJANGO_SETTINGS_MODULE":
            yield change(Setting("os.environ", "DJANGO_SETTINGS_MODULE"), "assigned")
        elif name == "os.environ.update":
            for key, _ in _pairs(call):
                if key == "DJANGO_SETTINGS_MODULE":
                    yield change(Setting("os.environ", key), "assigned")
        elif isinstance(func, ast.Attribute):
            yield from self._method(func, call, change, place)

    def _setattr(self, call: ast.Call, last: str, node: ast.stmt, place: Place) -> Iterator[Change]:
        bound = isinstance(call.func, ast.Attribute) and self.file.name(call.func.value) != "object"
        owner = call.func.value if bound and isinstance(call.func, ast.Attribute) else call.args[0]
        key = call.args[0] if bound else call.args[1]
        target = self.objects.target(owner, place.names)
        if not target:
            return
        how: How = "deleted" if "del" in last else "set by setattr"
        value = call.args[-1] if how != "deleted" else None
        known = text_of(key)
        yield Change(Setting(target, known or ANY), how, call.lineno, node, place, value, start_of(key))

    def _method(self, func: ast.Attribute, call: ast.Call, change: "_Maker", place: Place) -> Iterator[Change]:
        if func.attr == "configure":
            target = self.objects.target(func.value, place.names)
            if target == "django.conf.settings":
                if argument(call, 0, "default_settings") is not None:
                    yield change(Setting(target, ANY), "configured")
                for word in call.keywords:
                    if word.arg != "default_settings":
                        yield change(Setting(target, word.arg or ANY), "configured", word.value)
            return
        table = self.objects.table(func.value, place.names) or self.objects.config(
            func.value, place.names, handler=place.handler
        )
        if table:
            # setdefault() is how an extension gives its defaults: it changes nothing that is set.
            if func.attr in {"update", "from_mapping", "pop"}:
                if func.attr == "pop":
                    first = call.args[0] if call.args else None
                    pairs = [(text_of(first) if first is not None else "", call.args[-1])] if first is not None else []
                else:
                    pairs = list(_pairs(call))
                for key, value in pairs:
                    how: How = "deleted" if func.attr == "pop" else "assigned"
                    yield change(Setting(table, key or ANY), how, value if how == "assigned" else None)
            elif func.attr.startswith("from_") or func.attr == "clear":
                yield change(Setting(table, ANY), "assigned")
            return
        if func.attr in _MUTATORS:
            found = self.objects.setting(func.value, place.names, handler=place.handler)
            if found is not None:
                yield change(found, "changed in place")


class _Maker(Protocol):
    """The type of the function that makes a `Change` of a call."""

    def __call__(
        self, setting: Setting, how: How, value: ast.expr | None = None, start: str | None = None
    ) -> Change: ...


def _pairs(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """Names and values that `update(...)` is given; "" for a name that is not seen."""
    for word in call.keywords:
        yield word.arg or "", word.value
    for given in call.args:
        if isinstance(given, ast.Dict):
            for key, value in zip(given.keys, given.values, strict=True):
                yield text_of(key) if key is not None else "", value
        else:
            yield "", given


def _calls(node: ast.stmt) -> Iterator[ast.Call]:
    """The calls in a statement's own expressions, decorators and `with` items too; not those in its bodies."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr | ast.withitem | ast.keyword | ast.arguments):
            for part in ast.walk(child):
                if isinstance(part, ast.Call):
                    yield part
