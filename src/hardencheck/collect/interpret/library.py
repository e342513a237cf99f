"""What is known of code outside the repository: builtins, the standard library, and readers of the environment.

One place for all of it. A model answers with a value, or with None where it knows nothing of these arguments; the call
is then one that is not followed.
"""

from __future__ import annotations

import ast
import contextlib
import logging
import math
import stat
import string
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from hardencheck.collect.interpret.values import (
    ABSENT,
    NOTHING,
    Absent,
    Class,
    Const,
    Depends,
    Function,
    Instance,
    Iterator,
    Joined,
    Library,
    Map,
    Module,
    NotKnown,
    Object,
    Seq,
    Unknown,
    Value,
    View,
    depending,
    depends_of,
    join,
    lifted,
    plain,
    same,
    truth,
)
from hardencheck.lazily import compiled

if TYPE_CHECKING:
    from hardencheck.collect.interpret.interpreter import Frame, Interpreter

STANDARD = frozenset(sys.stdlib_module_names)
BUILTINS = frozenset({
    "abs", "all", "any", "bool", "bytes", "callable", "chr", "dict", "enumerate", "filter", "float", "format",
    "frozenset", "getattr", "globals", "hasattr", "hex", "int", "isinstance", "issubclass", "iter", "len", "list",
    "locals", "map", "max", "min", "next", "object", "oct", "open", "ord", "pow", "print", "property", "range", "repr",
    "reversed", "round", "set", "setattr", "sorted", "staticmethod", "classmethod", "str", "sum", "super", "tuple",
    "type", "vars", "zip", "exec", "eval", "compile", "__import__", "delattr", "dir", "id", "hash", "input",
    "Exception", "BaseException", "ImportError", "KeyError", "ValueError", "RuntimeError", "AttributeError",
    "TypeError", "NameError", "OSError", "IndexError", "SystemExit", "NotImplementedError", "NotImplemented",
})  # fmt: skip
_PURE: dict[str, Callable[..., object]] = {
    "abs": abs, "bool": bool, "chr": chr, "float": float, "format": format, "hex": hex, "int": int, "len": len,
    "max": max, "min": min, "oct": oct, "ord": ord, "repr": repr, "round": round, "str": str, "sum": sum,
}  # fmt: skip
_STRING_METHODS = frozenset({
    "strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "casefold", "startswith", "endswith",
    "replace", "split", "rsplit", "splitlines", "join", "partition", "rpartition", "removeprefix", "removesuffix",
    "isdigit", "isalpha", "isalnum", "isnumeric", "isidentifier", "count", "find", "rfind", "index", "encode", "decode",
    "format", "zfill", "swapcase", "isspace", "islower", "isupper", "expandtabs",
})  # fmt: skip
_QUIET = ("logging.", "warnings.", "django.utils.translation.", "sentry_sdk.", "mimetypes.", "locale.")
_NOTHING = frozenset({
    "logging.basicConfig", "logging.config.dictConfig", "logging.config.fileConfig", "logging.disable",
    "logging.captureWarnings", "logging.addLevelName", "logging.debug", "logging.info", "logging.warning",
    "logging.error", "logging.critical", "logging.exception", "warnings.warn", "warnings.filterwarnings",
    "warnings.simplefilter", "warnings.resetwarnings", "mimetypes.add_type", "mimetypes.init",
    "django.utils.translation.activate", "django.utils.translation.deactivate",
})  # fmt: skip
_GENERATORS = frozenset({
    "secrets.token_hex", "secrets.token_urlsafe", "secrets.token_bytes", "os.urandom", "uuid.uuid4",
    "django.core.management.utils.get_random_secret_key",
})  # fmt: skip
# Django 6.0, django.utils.csp; django-csp 4, csp.constants, whose NONCE is an object.
CSP_CONSTANTS = {
    "SELF": "'self'", "NONE": "'none'", "UNSAFE_INLINE": "'unsafe-inline'", "UNSAFE_EVAL": "'unsafe-eval'",
    "STRICT_DYNAMIC": "'strict-dynamic'", "REPORT_SAMPLE": "'report-sample'", "UNSAFE_HASHES": "'unsafe-hashes'",
    "WASM_UNSAFE_EVAL": "'wasm-unsafe-eval'", "NONCE": "<CSP_NONCE_SENTINEL>",
}  # fmt: skip
_CONSTANTS: dict[str, object] = {
    "os.sep": "/",
    "os.linesep": "\n",
    "os.pathsep": ":",
    "os.name": "posix",
    "sys.platform": "linux",
    **{f"django.utils.csp.CSP.{name}": text for name, text in CSP_CONSTANTS.items()},
    **{f"csp.constants.{name}": text for name, text in CSP_CONSTANTS.items() if name != "NONCE"},
}
EVERY = "any variable of the environment"
# Of the standard library, and the same everywhere: levels, letters, modes, statuses.
_CONSTANT_MODULES = {"logging": logging, "string": string, "stat": stat, "math": math}
_NAMED_CONSTANTS = tuple(f"{name}." for name in _CONSTANT_MODULES)
# What a developer or a build runs, and no server: a service is not started with one of these as its argument.
_COMMANDS = frozenset({
    "test", "tests", "pytest", "py.test", "runserver", "runserver_plus", "migrate", "makemigrations", "collectstatic",
    "compress", "shell", "shell_plus", "makemessages", "compilemessages", "jenkins", "harvest", "behave", "testserver",
    "createsuperuser", "loaddata", "flush", "check", "spectacular", "-t", "--test",
})  # fmt: skip
# They look at what they are given and change nothing.
LOOKING = frozenset(f"builtins.{name}" for name in (
    "isinstance", "issubclass", "type", "id", "hash", "repr", "str", "len", "bool", "callable", "hasattr", "int",
    "float", "any", "all", "min", "max", "sum", "sorted", "print", "dir", "format", "abs", "round", "list", "tuple",
    "set", "frozenset", "dict", "enumerate", "zip", "range", "reversed", "iter", "ord", "chr", "hex", "bytes",
))  # fmt: skip
_TYPES: dict[str, type | tuple[type, ...]] = {
    "builtins.str": str, "builtins.int": int, "builtins.bool": bool, "builtins.float": float, "builtins.bytes": bytes,
    "builtins.list": list, "builtins.tuple": tuple, "builtins.dict": dict, "builtins.set": set,
}  # fmt: skip


def attribute(interpreter: Interpreter, name: str, node: ast.AST, frame: Frame) -> Value:
    if interpreter.patched:
        held = interpreter.outside(name, node, frame)
        if isinstance(held, Unknown):
            return held
    if name.startswith(_NAMED_CONSTANTS):
        module, _, word = name.rpartition(".")
        constant = getattr(_CONSTANT_MODULES[module], word, None) if module in _CONSTANT_MODULES else None
        if isinstance(constant, int | str | float) and not isinstance(constant, bool):
            return Const(constant)
    if name in _CONSTANTS:
        return Const(_CONSTANTS[name])  # type: ignore[arg-type]
    if name == "os.environ":
        return Object(kind="environ")
    if name == "sys.version_info":
        return Object(kind="version")
    if name in {"sys.argv", "sys.modules"}:
        return Object(kind=name)
    from hardencheck.collect.interpret.models import Call, find

    constant = find("CONSTANTS", name)
    found = constant(Call(interpreter, name, [], {}, node, frame)) if constant is not None else None
    return found if found is not None else Library(dotted=name)


def plain_attribute(owner: Value, name: str) -> Value | None:
    """An attribute (not a method) of a plain object; None when it is a method or not known."""
    if (
        isinstance(owner, Const)
        and isinstance(owner.value, PurePosixPath)
        and name in {"parent", "name", "suffix", "stem"}
    ):
        return lifted(getattr(owner.value, name), owner.depends)
    return None


def object_attribute(interpreter: Interpreter, owner: Object, name: str, node: ast.AST, frame: Frame) -> Value:
    from hardencheck.collect.interpret.values import Method

    if owner.kind == "super.of" and (held := _of_super(interpreter, owner, name, node, frame)) is not None:
        return held
    return Method(owner=owner, name=name)


# The environment


def variable(interpreter: Interpreter, name: str, default: Value | None, node: ast.AST, frame: Frame) -> Value:
    """What a program gets that asks for a variable. None as default: it must be set."""
    interpreter.reads.add(name)
    if name not in interpreter.asked or default is None or not (isinstance(default, Const) and default.value is None):
        interpreter.asks(name, default)
    depends = frozenset({name})
    interpreter._watched |= depends
    exported = interpreter.exported
    depends |= exported.depends if name not in exported.items else NOTHING
    if not exported.exact:
        interpreter._may_raise = True
        return Unknown("tainted", f"{name}, which the code may have set", frame.module.path, getattr(node, "lineno", 0))
    held = exported.items.get(name)
    if held is not None and name not in exported.maybe:
        return depending(held, depends)
    if name in interpreter.environment:
        outside = interpreter.environment[name]
        outer = Const(outside, depends=depends) if isinstance(outside, str) else depending(outside, depends)
        return join([held, outer]) if held is not None else outer
    if held is not None:
        interpreter._may_raise = True
        return Unknown("branch", name, frame.module.path, getattr(node, "lineno", 0), depends=depends)
    if default is None:
        if interpreter._catching("KeyError", "ImproperlyConfigured", "UndefinedValueError", "EnvError"):
            from hardencheck.collect.interpret.interpreter import Raised

            raise Raised("KeyError")
        return Unknown("env-required", name, frame.module.path, getattr(node, "lineno", 0), depends=depends)
    return _depending(default, depends)


def _depending(value: Value, depends: Depends) -> Value:
    if isinstance(value, Seq):
        return Seq(
            value.kind, list(value.items), list(value.extra), value.exact, value.open, depends=value.depends | depends
        )
    return depending(value, depends)


def _name(value: Value) -> str | None:
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else None


def get_item(interpreter: Interpreter, owner: Object, key: Value, node: ast.AST, frame: Frame) -> Value:
    name = _name(key)
    if owner.kind == "environ" and name is not None:
        own = _own(owner)
        if own is not None and (name in own.items or not own.exact):
            known = name in own.items and name not in own.maybe and own.exact
            return own.items[name] if known else interpreter.unknown(node, frame, "tainted")
        return variable(interpreter, name, None, node, frame)
    if owner.kind == "scope" and isinstance(module := owner.state["module"], Module) and name is not None:
        return interpreter.attribute(module, name, node, frame)
    if owner.kind == "sys.argv":
        return Object(kind="argument")
    if owner.kind == "sys.modules" and name is not None:
        for module in interpreter.modules.values():
            called = module.namespace.names.get("__name__")
            if called is not None and isinstance(called.value, Const) and called.value.value == name:
                return module
    return interpreter.unknown(node, frame, depends=depends_of(key))


def set_item(interpreter: Interpreter, owner: Object, key: Value, value: Value, node: ast.AST, frame: Frame) -> None:
    name = _name(key)
    if owner.kind == "scope" and isinstance(module := owner.state["module"], Module):
        if name is not None and not interpreter._perhaps:
            interpreter.set_attribute(module, name, value, node, frame)
        else:
            interpreter._taint(module.namespace, interpreter.unknown(node, frame, "tainted"))
    elif owner.kind == "environ" and (own := _own(owner)) is not None:
        interpreter.set_item(own, key, value, node, frame)
    elif owner.kind == "environ":
        export(interpreter, name, value)


def _own(owner: Object) -> Map | None:
    """What a copy of the environment holds besides."""
    own = owner.state.get("own")
    return own if isinstance(own, Map) else None


def export(interpreter: Interpreter, name: str | None, value: Value) -> None:
    """The program sets a variable (None: nobody knows which)."""
    exported = interpreter.exported
    interpreter.touch(exported)
    if name is None:
        exported.taint()
        return
    if interpreter._perhaps:
        value = Unknown("branch", name, depends=frozenset({name}))
    exported.items[name] = _depending(value, interpreter.condition)
    exported.maybe.discard(name)


def contains(interpreter: Interpreter, owner: Object, item: Value) -> bool | None:
    """Whether something is in it; what the answer depends on, `asked` says."""
    name = _name(item)
    if name is None:
        return None
    if owner.kind == "environ":
        own = _own(owner)
        if own is not None and (name in own.items or not own.exact):
            return True if own.exact and name not in own.maybe else None
        interpreter.reads.add(name)
        exported = interpreter.exported
        if name in exported.maybe or not exported.exact:
            return None
        return name in exported.items or name in interpreter.environment
    if owner.kind in {"sys.argv", "argument"}:
        return False if name in _COMMANDS else None
    if owner.kind == "sys.modules":
        return False if name in {"pytest", "test", "unittest", "IPython", "nose"} else None
    if owner.kind == "scope" and isinstance(module := owner.state["module"], Module):
        names = module.namespace
        held = names.names.get(name)
        if held is None or isinstance(held.value, Absent):
            return None if names.get(name) is not None or name.startswith("__") else False
        perhaps = isinstance(held.value, Joined) and any(isinstance(one, Absent) for one in held.value.options)
        return None if perhaps else True
    return None


def asked(interpreter: Interpreter, owner: Object, item: Value) -> Depends:
    name = _name(item)
    if owner.kind == "environ" and name is not None:
        return frozenset({name}) | interpreter.exported.depends
    if owner.kind == "scope" and name is not None and isinstance(module := owner.state["module"], Module):
        held = module.namespace.names.get(name)
        # Whether it is set: that it is worth something else in another environment does not matter, but is not told.
        return module.namespace.absent(name) | (depends_of(held.value) if held is not None else NOTHING)
    return NOTHING


# Calls


def call(
    interpreter: Interpreter, name: str, arguments: list[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
) -> Value | None:
    if name.startswith("builtins."):
        return _builtin(interpreter, name.removeprefix("builtins."), arguments, keywords, node, frame)
    if name in {"os.getenv", "os.environ.get"}:
        return _get(interpreter, arguments, keywords, node, frame)
    if name in _GENERATORS or name.startswith(("random.", "secrets.")):
        return Unknown("generated", name, frame.module.path, getattr(node, "lineno", 0))
    if name.startswith(_QUIET):
        last = name.rpartition(".")[2]
        if last in {"gettext", "gettext_lazy", "gettext_noop"} and arguments:
            return arguments[0]
        if last in {"pgettext", "pgettext_lazy"} and len(arguments) == 2:
            return arguments[1]  # the first one is the context
        # It changes nothing of ours; what it gives is not known, but that these give nothing.
        return Const(None) if name in _NOTHING else Object(kind="quiet", state={"name": Const(name)})
    if name == "inspect.getmembers":
        return getmembers(interpreter, arguments, keywords, node, frame)
    if name == "datetime.timedelta":
        return _plainly(timedelta, arguments, keywords)
    if name in {"pathlib.Path", "pathlib.PurePath", "pathlib.PurePosixPath"}:
        return _plainly(PurePosixPath, arguments, keywords)
    if name.startswith("os.path."):
        return _path(name.removeprefix("os.path."), arguments)
    if name in {"copy.copy", "copy.deepcopy"} and len(arguments) == 1:
        try:
            return lifted(plain(arguments[0]), depends_of(arguments[0]))
        except (NotKnown, TypeError):
            return None
    return None


def _plainly(function: Callable[..., object], arguments: Sequence[Value], keywords: dict[str, Value]) -> Value | None:
    depends = NOTHING
    for value in (*arguments, *keywords.values()):
        depends |= depends_of(value)
    try:
        given = [plain(item) for item in arguments]
        named = {key: plain(item) for key, item in keywords.items()}
        return lifted(function(*given, **named), depends)
    except NotKnown as error:
        found = error.value
        return Unknown(found.reason, found.text, found.path, found.line, depends=found.depends | depends)
    except Exception:
        return None


def _get(
    interpreter: Interpreter, arguments: list[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
) -> Value | None:
    name = _name(arguments[0]) if arguments else None
    if name is None:
        return None
    default = arguments[1] if len(arguments) > 1 else keywords.get("default", Const(None))
    return variable(interpreter, name, default, node, frame)


def _path(name: str, arguments: list[Value]) -> Value | None:
    import posixpath

    if name in {"join", "basename", "dirname", "normpath", "splitext", "split", "isabs"}:
        return _plainly(getattr(posixpath, name), arguments, {})
    return None


def _builtin(
    interpreter: Interpreter, name: str, arguments: list[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
) -> Value | None:
    if name in _GATHERING and arguments and isinstance(first := arguments[0], Iterator | View):
        gathered = interpreter.items(first, whole=name not in {"any", "all"})
        if gathered is None:
            return interpreter.lost(first) or interpreter.unknown(node, frame, depends=depends_of(first))
        if name in {"any", "all"} and (name == "any") in {truth(item) for item in gathered} | {None}:
            interpreter._lose(first)  # it stops there
        if name in {"any", "all"} and isinstance(first, Iterator):
            first.depends |= NOTHING.union(*(depends_of(item) for item in gathered))
        depends = first.depends | first.of.depends if isinstance(first, View) else first.depends
        arguments = [Seq("list", gathered, depends=depends), *arguments[1:]]
    if name in _EACH and arguments and isinstance(several := arguments[0], Joined):
        made = [_builtin(interpreter, name, [one, *arguments[1:]], keywords, node, frame) for one in several.options]
        known_ones = [one for one in made if one is not None]
        return depending(join(known_ones), several.depends) if len(known_ones) == len(made) else None
    match name, arguments:
        case "bool", [value]:
            known = truth(value)
            return Const(known, depends=depends_of(value)) if known is not None else _unknown_of(value)
        case (("list" | "tuple" | "set" | "frozenset"), []):
            return Seq("list" if name == "list" else "tuple" if name == "tuple" else "set")
        case (("list" | "tuple" | "set" | "frozenset"), [value]):
            kind = "list" if name == "list" else "tuple" if name == "tuple" else "set"
            items = interpreter.items(value)
            if items is not None:
                depends = value.depends
                if kind == "set":
                    depends = depends_of(value)
                    items = [
                        item
                        for number, item in enumerate(items)
                        if not any(same(item, known) for known in items[:number])
                    ]
                return Seq(kind, items, depends=depends)  # type: ignore[arg-type]
            if isinstance(value, Seq):
                return Seq(kind, list(value.items), list(value.extra), False, value.open, depends=value.depends)  # type: ignore[arg-type]
            return None
        case "dict", [Object(kind="chain.map") as first]:
            shown = interpreter.call_method(first, "items", [], {}, node, frame)
            return _dict([shown.of], keywords, interpreter) if isinstance(shown, View) else None
        case "dict", _:
            return _dict(arguments, keywords, interpreter)
        case "len", [View(of=of)]:
            return _builtin(interpreter, name, [of], keywords, node, frame)
        case "len", [Seq(items=items, exact=True, kind=kind) as value]:
            return Const(len(items), depends=value.depends if kind != "set" else depends_of(value))
        case "range", _:
            return _range(arguments)
        case (("enumerate" | "zip" | "map" | "filter" | "reversed" | "iter"), _):
            return _iterator(interpreter, name, arguments, keywords, node, frame)
        case "next", [Iterator() as owner, *rest]:
            taken = interpreter.next(owner)
            if not isinstance(taken, Absent):
                return taken
            if not rest and interpreter._catching("StopIteration"):
                from hardencheck.collect.interpret.interpreter import Raised

                raise Raised("StopIteration")
            return rest[0] if rest else None
        case "sorted", [value]:
            if keywords.keys() - {"reverse"}:
                return None
            return _plainly(sorted, arguments, keywords)
        case (("any" | "all"), [value]):
            items = interpreter.items(value)
            found = [truth(item) for item in items] if items is not None else [None]
            depends = depends_of(value)
            if name == "any" and True in found:
                return Const(True, depends=depends)
            if name == "all" and False in found:
                return Const(False, depends=depends)
            return (
                Const(name == "all", depends=depends) if None not in found else Unknown("branch", name, depends=depends)
            )
        case "isinstance", [value, kind]:
            return _isinstance(value, kind)
        case (("getattr" | "hasattr"), [owner, Const(value=str() as attribute), *rest]):
            return _getattr(interpreter, name, owner, attribute, rest, node, frame)
        case "setattr", [Module() | Instance() | Class() as owner, Const(value=str() as attribute), value]:
            interpreter.set_attribute(owner, attribute, value, node, frame)
            return Const(None)
        case "setattr", [Library(dotted=dotted), attribute, *_]:
            interpreter.patched.add(f"{dotted}.{_name(attribute) or '*'}")
            return Const(None)
        case "setattr", [owner, *_]:
            why = interpreter.unknown(node, frame, "tainted")
            interpreter.spoil(owner, why)
            if not isinstance(owner, Instance | Class):
                interpreter._taint(frame.module.namespace, why)  # sys.modules[__name__], or what holds it
            return Const(None)
        case "globals", []:
            return Object(kind="scope", state={"module": frame.module})
        case (("locals" | "vars"), []):
            if frame.names is frame.module.namespace:
                return Object(kind="scope", state={"module": frame.module})
            interpreter._taint(frame.names, interpreter.unknown(node, frame, "tainted"))
            return None
        case "vars", [Module() as module]:
            return Object(kind="scope", state={"module": module})
        case "vars", [Class() | Instance() as owner]:
            return table_of(owner)
        case "dir", [Class() | Instance() | Module() as owner]:
            names = _members(interpreter, owner)
            return Seq("list", [Const(one) for one in sorted(names)]) if names is not None else None
        case "print", _:
            return Const(None)
        case "callable", [value]:
            return Const(True) if isinstance(value, Function | Class) else None
        case (("exec" | "eval"), _):
            interpreter._taint(frame.module.namespace, interpreter.unknown(node, frame, "tainted", name))
            return interpreter.unknown(node, frame, "tainted", name)
        case "super", []:
            return _super(frame)
        case "type", [Instance(cls=cls)] if cls is not None:
            return cls
    if name in _PURE:
        if (
            name in {"str", "repr", "format"}
            and any(isinstance(item, Seq | Map) for item in arguments)
            and not _tiny(arguments)
        ):
            return None
        return _plainly(_PURE[name], arguments, keywords)
    return None


def _super(frame: Frame) -> Value | None:
    """super() in a method: what the classes after the one that it stands in say."""
    function = frame.function
    node = function.node if function is not None else None
    if function is None or not isinstance(node, ast.FunctionDef) or not node.args.args:
        return None
    first = frame.names.names.get(node.args.args[0].arg)
    owner = first.value if first is not None else None
    cls = owner.cls if isinstance(owner, Instance) else owner
    around = getattr(function.frame, "names", None)
    if (
        owner is None
        or not isinstance(cls, Class)
        or any("__getattribute__" in one.attributes.names for one in cls.order)
    ):
        return None
    at = next((number for number, one in enumerate(cls.order) if one.attributes is around), None)
    if at is None:
        return None
    return Object(kind="super.of", state={"owner": owner, "after": Seq("tuple", list(cls.order[at + 1 :])), "cls": cls})


def _of_super(interpreter: Interpreter, owner: Object, name: str, node: ast.AST, frame: Frame) -> Value | None:
    after, receiver, cls = owner.state["after"], owner.state["owner"], owner.state["cls"]
    if not isinstance(after, Seq) or not isinstance(cls, Class):
        return None
    rest = Class(cls.name, cls.path, cls.line, tuple(one for one in after.items if isinstance(one, Class)))
    place = cls.order.index(rest.order[0]) if rest.order else len(cls.order)
    if any(one.hiding for one in cls.order[:place]):
        return None
    held = interpreter._class_attribute(rest, name) if rest.order else None
    if held is None or any(set(one.outside) - _PLAIN_BASES for one in cls.order[:place]):
        return None
    return interpreter._bound(held, receiver, cls, node, frame)


_PLAIN_BASES = frozenset({"builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol"})


def table_of(owner: Class | Instance) -> Map | None:
    """`vars(x)`: its own attributes, as a copy. Of a class that is Python's: writing to it raises."""
    names = owner.attributes
    if names.rest is not None or any(isinstance(item.value, Joined) for item in names.names.values()):
        return None
    held: dict[object, Value] = {
        name: item.value for name, item in names.names.items() if not isinstance(item.value, Absent)
    }
    depends = NOTHING.union(names.unless, *(names.absent(str(name)) for name in names.names.keys() - held.keys()))
    return Map({"__module__": Const("module"), **held}, depends=depends)


def _members(interpreter: Interpreter, owner: Value) -> set[str] | None:
    """The names that `dir()` gives; None where not all of them are known."""
    if isinstance(owner, Module):
        spaces = [owner.namespace]
    elif isinstance(owner, Class | Instance):
        cls = owner if isinstance(owner, Class) else owner.cls
        order = cls.order if cls is not None else ()
        if any(one.outside for one in order):
            return None
        spaces = [one.attributes for one in order] + ([owner.attributes] if isinstance(owner, Instance) else [])
    else:
        return None
    if any(space.rest is not None or space.unless for space in spaces):
        return None
    held = [(name, item.value) for space in spaces for name, item in space.names.items()]
    if any(
        isinstance(value, Absent) or (isinstance(value, Joined) and any(isinstance(o, Absent) for o in value.options))
        for _, value in held
    ):
        return None
    return {name for name, _ in held} | set(dir(object))


def getmembers(
    interpreter: Interpreter, arguments: list[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
) -> Value | None:
    """`inspect.getmembers(x)`: pairs of name and value, sorted by name."""
    names = _members(interpreter, arguments[0]) if len(arguments) == 1 and not keywords else None
    if names is None:
        return None
    pairs: list[Value] = []
    for name in sorted(names):
        held = Unknown("call", name) if name in _OBJECT else interpreter.attribute(arguments[0], name, node, frame)
        pairs.append(Seq("tuple", [Const(name), held]))
    return Seq("list", pairs)


_OBJECT = frozenset(dir(object))


def _tiny(arguments: Sequence[Value]) -> bool:
    return all(not isinstance(item, Seq | Map) or len(item.items) < 1_000 for item in arguments)


def _unknown_of(value: Value) -> Unknown:
    if isinstance(value, Unknown):
        return value
    return Unknown("branch", "one of several values", depends=depends_of(value))


def _listed(interpreter: Interpreter, value: Value) -> Value:
    """What an iterator or view gives, as a list; other values as they are."""
    if not isinstance(value, Iterator | View):
        return value
    items = interpreter.items(value)
    if items is None:
        return interpreter.lost(value) or Unknown("call", "what goes through a list", depends=depends_of(value))
    return Seq("list", items, depends=_shown(value))


def _dict(arguments: list[Value], keywords: dict[str, Value], interpreter: Interpreter) -> Value | None:
    made = Map()
    if arguments:
        first = arguments[0]
        if isinstance(first, Map):
            made = Map(dict(first.items), set(first.maybe), first.exact, depends=first.depends)
        else:
            items = interpreter.items(first)
            if items is None:
                return None
            for item in items:
                pair = interpreter.items(item)
                if pair is None or len(pair) != 2:
                    return None
                try:
                    made.items[plain(pair[0])] = pair[1]
                except (NotKnown, TypeError):
                    return None
    made.items.update(keywords)
    return made


def _range(arguments: list[Value]) -> Value | None:
    try:
        given = [plain(item) for item in arguments]
        found = range(*given)  # type: ignore[call-overload]
    except (NotKnown, TypeError, ValueError):
        return None
    depends = NOTHING.union(*(item.depends for item in arguments))
    return Seq("list", [Const(number) for number in found], depends=depends) if len(found) <= 5_000 else None


_EACH = frozenset({"list", "tuple", "set", "frozenset", "dict", "len", "sorted", "str", "int", "float"})
# They go through all that they are given first, but for any and all.
_GATHERING = frozenset({
    "list", "tuple", "set", "frozenset", "dict", "sorted", "sum", "max", "min", "any", "all", "bytes",
})  # fmt: skip


def _iterator(
    interpreter: Interpreter, name: str, arguments: list[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
) -> Value | None:
    """enumerate, zip, map, filter, reversed, iter: they compute nothing before they are asked."""
    if keywords.keys() - ({"strict"} if name == "zip" else {"start"} if name == "enumerate" else set()):
        return None
    sources = arguments[1:] if name in {"map", "filter"} else arguments[:1] if name == "enumerate" else arguments
    start = keywords.get("start", arguments[1] if name == "enumerate" and len(arguments) == 2 else Const(0))
    single = name in {"filter", "reversed", "iter", "enumerate"}
    if (not sources and name != "zip") or (single and len(sources) != 1) or len(arguments) - len(sources) > 1:
        return None
    if name == "iter" and isinstance(sources[0], Iterator):
        return sources[0]
    if name == "reversed" and not isinstance(sources[0], Seq | Map | View):
        return None
    taken_from = [source for source in sources if isinstance(source, Iterator)]
    if len({id(source) for source in taken_from}) < len(taken_from):
        for source in taken_from:
            interpreter._lose(source)
        return None  # they take from it in turn

    at_first = interpreter.items(sources[0]) if name == "reversed" else None

    def draw() -> Seq | Unknown:
        rows: list[list[Value]] = []
        for source in sources:
            row = interpreter.items(source)
            if row is None:
                return interpreter.lost(source) or interpreter.unknown(node, frame, depends=depends_of(source))
            rows.append(row)
        depends = NOTHING.union(*(_shown(source) for source in sources))
        if len({len(row) for row in rows}) > 1:
            for source in taken_from:
                interpreter._lose(source)
            if "strict" in keywords:
                return interpreter.unknown(node, frame, depends=depends)
        made: list[Value] = []
        if name == "zip":
            made = [Seq("tuple", list(row)) for row in zip(*rows, strict=False)]
        elif name == "enumerate":
            first = start.value if isinstance(start, Const) and isinstance(start.value, int) else None
            if first is None:
                return interpreter.unknown(node, frame, depends=depends_of(start))
            made = [Seq("tuple", [Const(n, depends=start.depends), item]) for n, item in enumerate(rows[0], first)]
        elif name == "reversed":
            if at_first is None or len(rows[0]) < len(at_first):
                return interpreter.unknown(node, frame, depends=depends)
            made = rows[0][: len(at_first)][::-1]  # what was added later is not among them
        elif name == "iter":
            made = rows[0]
        else:
            return _mapped(interpreter, name, arguments[0], rows, sources, node, frame, depends)
        return Seq("list", made, depends=depends)

    return Iterator(draw, (*sources, *arguments[:1]) if name in {"map", "filter"} else tuple(sources))


def _shown(value: Value) -> Depends:
    """What the number and order of its items depends on."""
    return value.depends | value.of.depends if isinstance(value, View) else value.depends


def _mapped(
    interpreter: Interpreter, name: str, function: Value, rows: list[list[Value]], sources: Sequence[Value],
    node: ast.AST, frame: Frame, depends: Depends,
) -> Seq | Unknown:  # fmt: skip
    made: list[Value] = []
    with contextlib.ExitStack() as stack:
        for source in sources:
            stack.enter_context(interpreter._going_through(source))
        for row in zip(*rows, strict=False):
            interpreter.step()
            if name == "filter" and isinstance(function, Const) and function.value is None:
                answer = row[0]
            else:
                answer = interpreter.call(function, list(row), {}, node, frame)
            if name == "map":
                made.append(answer)
                continue
            known = truth(answer)
            depends |= depends_of(answer)
            if known is None:
                return _unknown_of(answer)
            if known:
                made.append(row[0])
    if any(isinstance(source, Iterator) and source.lost for source in sources) and not interpreter._perhaps:
        return interpreter.unknown(node, frame, depends=depends)
    return Seq("list", made, depends=depends)


def _isinstance(value: Value, kind: Value) -> Value | None:
    kinds = kind.items if isinstance(kind, Seq) and kind.exact else [kind]
    if isinstance(value, Instance) and value.cls is not None and all(isinstance(one, Class) for one in kinds):
        found = {one.order[0] for one in kinds if isinstance(one, Class)} & set(value.cls.order)
        if found or not any(one.outside for one in value.cls.order):
            return Const(bool(found), depends=value.depends)
    plain_value = isinstance(value, Const | Seq | Map | Unknown | Library | Object)
    if isinstance(value, Unknown | Library | Object) and not (
        isinstance(kind, Library) and kind.dotted == "builtins.property"
    ):
        return None  # a property is never had from an object, whatever else it is
    if plain_value and any(_is_other(one) for one in kinds):
        kinds = [one for one in kinds if not _is_other(one)]
        if not kinds:
            return Const(False, depends=value.depends)
    names = [item.dotted for item in kinds if isinstance(item, Library)]
    if len(names) < len(kinds) or any(name not in _TYPES for name in names):
        return None
    wanted = tuple(_TYPES[name] for name in names)
    if isinstance(value, Const):
        return Const(isinstance(value.value, wanted), depends=value.depends)
    if isinstance(value, Seq):
        made = {"list": list, "tuple": tuple, "set": set}[value.kind]
        return Const(any(issubclass(made, one) for one in wanted if isinstance(one, type)), depends=value.depends)
    if isinstance(value, Map):
        return Const(dict in wanted, depends=value.depends)
    if isinstance(value, Iterator | View):
        return Const(False, depends=value.depends)
    return None


def _is_other(kind: Value) -> bool:
    """A type that no plain value is of."""
    return (isinstance(kind, Class) and not kind.outside) or (
        isinstance(kind, Library) and kind.dotted in {"builtins.property", "builtins.type", "builtins.staticmethod"}
    )


def _getattr(
    interpreter: Interpreter, name: str, owner: Value, attribute: str, rest: list[Value], node: ast.AST, frame: Frame
) -> Value | None:
    if isinstance(owner, Module):
        found = owner.namespace.get(attribute)
        if found is not None:
            known = not isinstance(found.value, Unknown) or attribute in owner.namespace.names
            if isinstance(found.value, Joined):
                known = not any(isinstance(option, Absent) for option in found.value.options)
            if name == "hasattr":
                return Const(True, depends=found.value.depends) if known else None
            return found.value if known or not rest else None
        inner = interpreter.source.find(f".{attribute}", owner.path) if owner.path.endswith("__init__.py") else None
        if inner is not None:
            return None
        absent = owner.namespace.absent(attribute)
        if name == "hasattr":
            return Const(False, depends=absent)
        return _depending(rest[0], absent) if rest else None
    if isinstance(owner, Instance | Class):
        held = interpreter.attribute(owner, attribute, node, frame)
        if isinstance(held, Unknown):
            return held if not rest and name == "getattr" else None
        return Const(True, depends=held.depends) if name == "hasattr" else held
    called = _configuration(node)
    if called and isinstance(owner, Unknown | Joined):
        # What an operator writes in a module that is not in the repository: nothing, as far as the repository says.
        depends = depends_of(owner) | {f"{called}.{attribute}"}
        if name == "hasattr":
            return Const(False, depends=depends)
        return _depending(rest[0], depends) if rest else interpreter.unknown(node, frame, "import", "", depends)
    return None


_CONFIGURATION = compiled(r"(?:\w+_)?(?:conf|config|configuration|local_?settings|custom_?settings)(?:_module)?")


def _configuration(node: ast.AST) -> str:
    """The name of the object whose attribute is asked for, where it is called a configuration."""
    first = node.args[0] if isinstance(node, ast.Call) and node.args else None
    return first.id if isinstance(first, ast.Name) and _CONFIGURATION.fullmatch(first.id) else ""


# Methods of plain values


def method(
    interpreter: Interpreter,
    owner: Value,
    name: str,
    arguments: list[Value],
    keywords: dict[str, Value],
    node: ast.AST,
    frame: Frame,
) -> Value | None:
    match owner:
        case Object():
            return _object_method(interpreter, owner, name, arguments, keywords, node, frame)
        case Seq():
            return _seq_method(interpreter, owner, name, arguments, keywords, node, frame)
        case Map():
            return _map_method(interpreter, owner, name, arguments, keywords, node, frame)
        case Const(value=str() | bytes()) if name in _STRING_METHODS:
            arguments = [_listed(interpreter, item) for item in arguments]
            if name in {"zfill", "expandtabs", "replace", "join", "format"} and not _bounded(owner, arguments):
                return None
            if name == "format" and not _plain_template(owner.value):
                return None
            return _with_owner(owner, name, arguments, keywords)
        case Const(value=PurePosixPath()) if name in {"exists", "is_file", "is_dir", "read_text", "read_bytes", "open"}:
            from hardencheck.collect.interpret.models import Call, _places

            call = Call(interpreter, name, arguments, keywords, node, frame, owner)
            if name in {"exists", "is_file", "is_dir"}:
                return _places._there(call, owner, name)
            mode = arguments[0] if arguments else keywords.get("mode", Const("r"))
            reading = name != "open" or (isinstance(mode, Const) and mode.value in {"r", "rt", "rb"})
            return _places.absent(call, owner) if reading else None
        case Const(value=PurePosixPath()) if name in {
            "joinpath",
            "with_name",
            "with_suffix",
            "as_posix",
            "is_absolute",
        }:
            return _with_owner(owner, name, arguments, keywords)
        case Const(value=timedelta()) if name == "total_seconds":
            return _with_owner(owner, name, arguments, keywords)
        case Const(value=int() | float()) if name in {"bit_length", "is_integer"}:
            return _with_owner(owner, name, arguments, keywords)
        case Joined(options=options) if all(isinstance(option, Const) for option in options):
            found = [method(interpreter, option, name, arguments, keywords, node, frame) for option in options]
            return join([item for item in found if item is not None]) if None not in found else None
        case Unknown():
            for item in (*arguments, *keywords.values()):
                interpreter._spoil_deep(item, owner, 0)
            interpreter._may_raise = True
            return owner
    return None


def _bounded(owner: Const, arguments: Sequence[Value]) -> bool:
    size = len(owner.value)  # type: ignore[arg-type]
    for item in arguments:
        if isinstance(item, Const) and isinstance(item.value, int) and item.value > 10_000:
            return False
        if isinstance(item, Const) and isinstance(item.value, str) and len(item.value) * max(size, 1) > 1_000_000:
            return False
        if isinstance(item, Seq) and len(item.items) * max(size, 1) > 1_000_000:
            return False
    return True


def _plain_template(text: object) -> bool:
    """ "{} {name}", without attributes, items or widths."""
    import re

    return isinstance(text, str) and not re.search(r"\{[^}]*[.\[:!][^}]*\}", text)


def _with_owner(owner: Const, name: str, arguments: list[Value], keywords: dict[str, Value]) -> Value | None:
    return _plainly(lambda first, *rest, **more: getattr(first, name)(*rest, **more), [owner, *arguments], keywords)


def _seq_method(
    interpreter: Interpreter,
    owner: Seq,
    name: str,
    arguments: list[Value],
    keywords: dict[str, Value],
    node: ast.AST,
    frame: Frame,
) -> Value | None:
    if name == "copy":
        return Seq(owner.kind, list(owner.items), list(owner.extra), owner.exact, owner.open, depends=owner.depends)
    if name in {"index", "count"} and owner.exact:
        return _plainly(lambda first, *rest: getattr(first, name)(*rest), [owner, *arguments], {})
    if name in {"union", "difference", "intersection", "issubset", "issuperset"} and owner.kind == "set":
        arguments = [_listed(interpreter, item) for item in arguments]
        return _plainly(lambda first, *rest: getattr(first, name)(*rest), [owner, *arguments], {})
    if owner.kind == "tuple" or name not in {
        "append", "extend", "insert", "remove", "add", "discard", "update", "clear", "pop", "reverse", "sort",
    }:  # fmt: skip
        return None
    interpreter.touch(owner)
    if interpreter._perhaps:
        owner.taint()
        return Const(None)
    interpreter.bounded(owner, arguments)
    owner.depends |= interpreter.condition
    match name, arguments:
        case (("append" | "add"), [value]):
            if owner.kind == "set" and any(same(value, item) for item in owner.items):
                return Const(None)
            owner.items.append(value)
        case (("extend" | "update"), [value]):
            items = interpreter.items(value)
            owner.depends |= depends_of(value)
            if items is not None:
                for item in items:
                    if owner.kind != "set" or not any(same(item, known) for known in owner.items):
                        owner.items.append(item)
            elif isinstance(value, Seq):
                owner.items.extend(value.items)
                owner.extra.extend(value.extra)
                owner.exact, owner.open = False, owner.open or value.open
            else:
                owner.exact, owner.open = False, True
        case "insert", [place, value]:
            at = place.value if isinstance(place, Const) and isinstance(place.value, int) else None
            if at is None:
                owner.items.append(value)
                if owner.exact:
                    # In it for sure; where, nobody knows.
                    owner.exact = False
            else:
                owner.items.insert(at, value)
        case (("remove" | "discard"), [value]):
            return _removed(interpreter, owner, name, value)
        case "clear", []:
            owner.items, owner.extra, owner.exact, owner.open = [], [], True, False
        case "reverse", []:
            owner.items.reverse()
        case "pop", [] | [Const(value=int())] if owner.exact and owner.items:
            at = arguments[0].value if arguments else -1  # type: ignore[attr-defined]
            if isinstance(at, int) and -len(owner.items) <= at < len(owner.items):
                return depending(owner.items.pop(at), owner.depends)
            owner.taint()
        case "sort", [] if not keywords:
            try:
                owner.items.sort(key=plain)  # type: ignore[arg-type]
            except (NotKnown, TypeError):
                owner.taint()
        case _:
            owner.taint()
            return interpreter.unknown(node, frame)
    return Const(None)


def _removed(interpreter: Interpreter, owner: Seq, name: str, value: Value) -> Value:
    for number, item in enumerate(owner.items):
        if same(item, value):
            del owner.items[number]
            return Const(None)
    owner.extra = [item for item in owner.extra if not same(item, value)]
    if owner.exact and isinstance(value, Const) and all(isinstance(item, Const) for item in owner.items):
        if name == "remove" and interpreter._catching("ValueError"):
            from hardencheck.collect.interpret.interpreter import Raised

            raise Raised("ValueError")
        return Const(None)
    if not isinstance(value, Const):
        owner.taint()
    return Const(None)


def _map_method(
    interpreter: Interpreter,
    owner: Map,
    name: str,
    arguments: list[Value],
    keywords: dict[str, Value],
    node: ast.AST,
    frame: Frame,
) -> Value | None:
    match name, arguments:
        case "copy", []:
            return Map(dict(owner.items), set(owner.maybe), owner.exact, depends=owner.depends)
        case (("items" | "keys" | "values"), []):
            return View(owner, name)
        case (("get" | "pop" | "setdefault"), [key, *rest]):
            default = rest[0] if rest else Const(None)
            try:
                wanted = plain(key)
                there = wanted in owner.items
            except (NotKnown, TypeError):
                if name != "get":
                    interpreter.spoil(owner, interpreter.unknown(node, frame))
                return interpreter.unknown(node, frame, depends=depends_of(key))
            by = depends_of(key) | owner.depends
            if name == "get":
                if there and wanted not in owner.maybe:
                    return _depending(owner.items[wanted], by) if by else owner.items[wanted]
                if there:
                    return depending(join([owner.items[wanted], default]), by)
                return (_depending(default, by) if by else default) if owner.exact else None
            interpreter.touch(owner)
            owner.depends |= interpreter.condition | depends_of(key)
            if interpreter._perhaps or wanted in owner.maybe or (not there and not owner.exact):
                owner.taint()
                return interpreter.unknown(node, frame)
            if name == "pop":
                return depending(owner.items.pop(wanted) if there else default, by)
            return depending(owner.items.setdefault(wanted, default), by)
        case "update", _:
            interpreter.touch(owner)
            given = arguments[0] if arguments else Map()
            if not isinstance(given, Map):
                given = _dict([_listed(interpreter, given)], {}, interpreter) or given
            if interpreter._perhaps or not isinstance(given, Map) or len(arguments) > 1:
                owner.taint()
                return Const(None)
            both: dict[object, Value] = {**given.items, **{str(key): item for key, item in keywords.items()}}
            for key_, value in both.items():
                if key_ in given.maybe:
                    old = owner.items.get(key_)
                    owner.items[key_] = join([old, value]) if old is not None else value
                    if old is None:
                        owner.maybe.add(key_)
                else:
                    owner.items[key_] = value
                    owner.maybe.discard(key_)
            owner.depends |= given.depends | interpreter.condition
            if not given.exact:
                owner.exact = False
                for key_ in owner.items.keys() - given.items.keys():
                    owner.items[key_] = join([owner.items[key_], Unknown("call", "updated with what is not known")])
            return Const(None)
        case "clear", []:
            interpreter.touch(owner)
            owner.depends |= interpreter.condition
            owner.items, owner.maybe, owner.exact = {}, set(), True
            return Const(None)
    return None


def _object_method(
    interpreter: Interpreter,
    owner: Object,
    name: str,
    arguments: list[Value],
    keywords: dict[str, Value],
    node: ast.AST,
    frame: Frame,
) -> Value | None:
    if owner.kind == "quiet":
        return owner  # a logger, say, and what its methods give
    if owner.kind == "environ" and name == "copy":
        own = _own(owner)
        return Object(kind="environ", state={"own": Map(dict(own.items), set(own.maybe), own.exact) if own else Map()})
    if owner.kind == "environ" and (own := _own(owner)) is not None:
        key = _name(arguments[0]) if arguments else None
        if name != "get" or key is None or key in own.items or not own.exact:
            if name not in {"get", "items", "keys", "values"}:
                interpreter.spoil(own, interpreter.unknown(node, frame))
            return interpreter.unknown(node, frame)
    if owner.kind == "environ":
        if name == "get":
            return _get(interpreter, arguments, keywords, node, frame)
        if name == "setdefault" and len(arguments) == 2:
            key = _name(arguments[0])
            if key is not None:
                there = contains(interpreter, owner, arguments[0])
                with interpreter._deciding(frozenset({key})):
                    if there is False:
                        export(interpreter, key, arguments[1])
                    elif there is None:
                        export(interpreter, key, Unknown("branch", key, depends=frozenset({key})))
                return variable(interpreter, key, None, node, frame)
        if name == "pop" and arguments and (popped := _name(arguments[0])) is not None:
            was = variable(interpreter, popped, arguments[1] if len(arguments) > 1 else None, node, frame)
            export(interpreter, popped, Unknown("tainted", popped, depends=frozenset({popped})))
            return was
        if name == "update" and len(arguments) == 1:
            new = arguments[0]
            if isinstance(new, Map) and new.exact and not new.maybe:
                for variable_name, item in new.items.items():
                    export(interpreter, str(variable_name), item)
                for word, item in keywords.items():
                    export(interpreter, word, item)
                return Const(None)
        if name in {"items", "keys"} and interpreter.exported.exact and not interpreter.exported.maybe:
            # Those that the repository says are set; where it runs there are others.
            variables: dict[object, Value] = {
                key: variable(interpreter, key, None, node, frame)
                for key in sorted({*interpreter.environment, *map(str, interpreter.exported.items)})
            }
            return _map_method(interpreter, Map(variables, depends=frozenset({EVERY})), name, [], {}, node, frame)
        if name not in {"items", "keys", "values", "copy", "__contains__"}:
            export(interpreter, None, Const(None))
        return interpreter.unknown(node, frame)
    if owner.kind == "scope" and isinstance(module := owner.state["module"], Module):
        names = module.namespace
        if name == "update" and len(arguments) == 1 and isinstance(arguments[0], Map) and arguments[0].exact:
            given = arguments[0]
            with interpreter._deciding(given.depends):
                for written, item in given.items.items():
                    if isinstance(written, str):
                        held = names.get(written) if written in given.maybe else None
                        both = join([item, held.value]) if held is not None else item
                        both = join([item, ABSENT]) if written in given.maybe and held is None else both
                        interpreter.set_attribute(module, written, both, node, frame)
            if given.depends:
                names.mark_all(given.depends)
            return Const(None)
        if name == "get" and arguments and (text := _name(arguments[0])) is not None:
            found = names.get(text)
            default = arguments[1] if len(arguments) > 1 else Const(None)
            absent = names.absent(text)
            if found is not None and isinstance(found.value, Joined):
                options = [option for option in found.value.options if not isinstance(option, Absent)]
                return join([*options, default]) if len(options) < len(found.value.options) else found.value
            return found.value if found is not None else _depending(default, absent)
        if name in {"update", "setdefault", "pop", "clear", "__setitem__"}:
            interpreter._taint(names, interpreter.unknown(node, frame, "tainted"))
        return interpreter.unknown(node, frame, "tainted")
    return None
