"""What is known of code outside the repository: builtins, the standard library, and readers of the environment.

One place for all of it. A model answers with a value, or with None where it knows nothing of these arguments; the call
is then one that is not followed.
"""

from __future__ import annotations

import ast
import logging
import math
import stat
import string
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import PosixPath, PurePosixPath
from typing import TYPE_CHECKING

from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.values import (
    ABSENT,
    NOTHING,
    WORK,
    Absent,
    Class,
    Const,
    Depends,
    Function,
    Instance,
    Joined,
    Lazy,
    Library,
    Map,
    Module,
    Namespace,
    NotKnown,
    Object,
    Seq,
    Unknown,
    Value,
    changing,
    copied,
    depending,
    depends_of,
    distinct,
    join,
    lifted,
    perhaps_absent,
    plain,
    same,
    truth,
    unordered,
)
from hardencheck.lazily import compiled

if TYPE_CHECKING:
    from hardencheck.collect.interpret.frames import Frame
    from hardencheck.collect.interpret.interpreter import Interpreter

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
# In some versions of Python only, and names that moved elsewhere.
CHANGING = frozenset({
    "distutils", "imp", "asynchat", "asyncore", "smtpd", "cgi", "cgitb", "crypt", "telnetlib", "pipes", "nntplib",
    "msilib", "nis", "ossaudiodev", "spwd", "sndhdr", "uu", "xdrlib", "aifc", "audioop", "chunk", "imghdr", "mailcap",
    "sunau", "lib2to3", "tomllib", "zoneinfo", "graphlib", "typing", "annotationlib", "compression",
})  # fmt: skip
MOVED = frozenset({
    *(("collections", name) for name in (
        "Mapping", "MutableMapping", "Sequence", "MutableSequence", "Set", "MutableSet", "Iterable", "Iterator",
        "Callable", "Hashable", "Sized", "Container",
    )),
    ("fractions", "gcd"), ("inspect", "getargspec"), ("asyncio", "coroutine"), ("enum", "StrEnum"),
    ("datetime", "UTC"), ("functools", "cache"), ("importlib", "resources"), ("importlib", "metadata"),
})  # fmt: skip
_QUIET = ("logging.", "warnings.", "django.utils.translation.", "sentry_sdk.", "mimetypes.", "locale.")
_NOTHING = frozenset({
    "logging.basicConfig", "logging.config.dictConfig", "logging.config.fileConfig", "logging.disable",
    "logging.captureWarnings", "logging.addLevelName", "logging.debug", "logging.info", "logging.warning",
    "logging.log", "logging.setLoggerClass", "logging.error", "logging.critical", "logging.exception", "warnings.warn",
    "warnings.filterwarnings", "warnings.simplefilter", "warnings.resetwarnings", "mimetypes.add_type",
    "mimetypes.init", "django.utils.translation.activate", "django.utils.translation.deactivate",
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
_DJANGO_SETTINGS = "django.conf.settings."
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
# Methods that do nothing where no base of the repository has them: of object, of django-configurations' Configuration.
EMPTY = frozenset({"__init__", "__init_subclass__", "setup", "pre_setup", "post_setup"})
# They look at what they are given and change nothing.
LOOKING = frozenset(f"builtins.{name}" for name in (
    "isinstance", "issubclass", "type", "id", "hash", "repr", "str", "len", "bool", "callable", "hasattr", "int",
    "float", "any", "all", "min", "max", "sum", "sorted", "print", "dir", "format", "abs", "round", "list", "tuple",
    "set", "frozenset", "dict", "enumerate", "zip", "range", "reversed", "iter", "ord", "chr", "hex", "bytes",
))  # fmt: skip
READING = frozenset({"copy", "index", "count", "get", "items", "keys", "values"})  # of lists and tables
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

    if name.startswith(_DJANGO_SETTINGS) and (found := django_setting(interpreter, name)) is not None:
        return found
    constant = find("CONSTANTS", name)
    found = constant(Call(interpreter, name, [], {}, node, frame)) if constant is not None else None
    return found if found is not None else Library(dotted=name)


def django_setting(interpreter: Interpreter, dotted: str) -> Value | None:
    """A setting of Django, where somebody who has the settings runs code of the project."""
    held = interpreter.shared.get("django.conf.settings")
    name = dotted.removeprefix(_DJANGO_SETTINGS)
    found = held.attributes.get(name) if isinstance(held, Instance) else None
    return found.value if found is not None else None


def plain_attribute(owner: Value, name: str) -> Value | None:
    """An attribute (not a method) of a plain object; None when it is a method or not known."""
    if (
        isinstance(owner, Const)
        and isinstance(owner.value, PurePosixPath)
        and name in {"parent", "name", "suffix", "stem"}
    ):
        return lifted(getattr(owner.value, name), owner.depends)
    if isinstance(owner, Const) and isinstance(owner.value, timedelta) and name in {"days", "seconds", "microseconds"}:
        return Const(getattr(owner.value, name), depends=owner.depends)
    return None


def has_attribute(owner: Value, name: str) -> bool:
    """Whether a plain value has an attribute or method of this name; of other values that is not known: yes."""
    match owner:
        case Const(value=PurePosixPath()):
            return hasattr(PosixPath, name)
        case Const(value=inner):
            return hasattr(type(inner), name)
        case Seq(kind=kind):
            return hasattr({"list": list, "tuple": tuple, "set": set}[kind], name)
    return True


def object_attribute(interpreter: Interpreter, owner: Object, name: str, node: ast.AST, frame: Frame) -> Value:
    from hardencheck.collect.interpret.values import Method

    return Method(owner=owner, name=name)


# The environment


def variable(interpreter: Interpreter, name: str, default: Value | None, node: ast.AST, frame: Frame) -> Value:
    """What a program gets that asks for a variable. None as default: it must be set."""
    interpreter.reads.add(name)
    if not interpreter.was_asked(name) or not (isinstance(default, Const) and default.value is None):
        interpreter.asks(name, default)
    depends = frozenset({name})
    interpreter._watched |= depends
    if interpreter.patched and not interpreter.patched.isdisjoint({"os.environ", "os.environ.*", "os.*"}):
        interpreter._may_raise = True
        return Unknown("tainted", "os.environ, which was replaced", frame.module.path, getattr(node, "lineno", 0))
    exported = interpreter.exported
    depends |= exported.unless(name) if name not in exported.items else NOTHING
    if not exported.exact:
        interpreter._may_raise = True
        return Unknown("tainted", f"{name}, which the code may have set", frame.module.path, getattr(node, "lineno", 0))
    held = exported.items.get(name)
    if perhaps_absent(held):
        interpreter._may_raise = True
        return Unknown("branch", name, frame.module.path, getattr(node, "lineno", 0), depends=depends | held.depends)
    removed = isinstance(held, Absent) and name not in exported.maybe
    if held is not None and removed:
        depends |= held.depends
        held = None
    if held is not None and name not in exported.maybe:
        return depending(held, depends)
    if name in interpreter.environment and not removed and not isinstance(held, Absent):
        outside = interpreter.environment[name]
        outer = Const(outside, depends=depends) if isinstance(outside, str) else depending(outside, depends)
        return join([held, outer]) if held is not None else outer
    if held is not None:
        interpreter._may_raise = True
        return Unknown("branch", name, frame.module.path, getattr(node, "lineno", 0), depends=depends)
    if default is None:
        if interpreter._catching("KeyError", "ImproperlyConfigured", "UndefinedValueError", "EnvError"):
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


text_of = _name


def short(spec: str) -> bool:
    """Whether a format says no width or precision that would make a long text."""
    return len(spec) < 50 and not any(
        len(part) > 3 for part in "".join(c if c.isdigit() else " " for c in spec).split()
    )


def has_path(value: Value) -> bool:
    """Whether there is a path in a container: Python writes its class, which depends on the system."""
    stack, seen = [value], set[int]()
    while stack:
        one = stack.pop()
        if isinstance(one, Const):
            if isinstance(one.value, PurePosixPath):
                return True
        elif isinstance(one, Seq | Map) and id(one) not in seen:
            seen.add(id(one))
            WORK.done += 1
            stack.extend(one.items if isinstance(one, Seq) else one.items.values())
    return False


def delete_item(interpreter: Interpreter, owner: Object, key: Value, node: ast.AST, frame: Frame) -> None:
    """`del os.environ[x]`, `del globals()[x]`."""
    from hardencheck.collect.interpret.models import Call, find

    name = _name(key)
    why = interpreter.unknown(node, frame, "tainted")
    model = find("DELETES", owner.kind)
    if model is not None:
        model(Call(interpreter, "del", [key], {}, node, frame, owner))
    elif owner.kind == "environ" and _own(owner) is None and name is not None:
        interpreter.call_method(owner, "pop", [key], {}, node, frame)
    elif owner.kind == "environ" and _own(owner) is None:
        export(interpreter, None, why)
    elif owner.kind == "scope" and isinstance(module := owner.state["module"], Module):
        if name is None or interpreter._perhaps or interpreter.condition:
            interpreter._taint(module.namespace, why)
        else:
            interpreter.touch(module.namespace)
            module.namespace.names.pop(name, None)
    elif owner.kind == "sys.modules":
        interpreter.replaced(name, node, frame)
    elif owner.kind == "attributes":
        interpreter.spoil(owner.state["of"], why)
    else:
        interpreter.spoil(owner, why)


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
    if owner.kind == "attributes" and isinstance(of := owner.state["of"], Instance):
        table = table_of(of)
        return table.items[name] if table is not None and name in table.items else interpreter.unknown(node, frame)
    if owner.kind == "range" and isinstance(key, Const) and isinstance(key.value, int):
        items = interpreter.items(owner) or []
        if -len(items) <= key.value < len(items):
            return depending(items[key.value], owner.depends | key.depends)
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
    elif owner.kind == "attributes" and isinstance(of := owner.state["of"], Instance):
        if name is not None and not interpreter._perhaps:
            interpreter._bind_in(of.attributes, name, value, frame.module.path, getattr(node, "lineno", 0))
        else:
            interpreter.spoil(of, interpreter.unknown(node, frame))
    elif owner.kind == "sys.modules":
        interpreter.replaced(name, node, frame)


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
        perhaps_exported(interpreter, name)
        return
    exported.items[name] = _depending(value, interpreter.condition)
    exported.maybe.discard(name)


def perhaps_exported(interpreter: Interpreter, name: str) -> None:
    """The program sets a variable, or does not."""
    interpreter.touch(interpreter.exported)
    interpreter.exported.items[name] = Unknown("branch", name, depends=frozenset({name}) | interpreter.condition)
    interpreter.exported.maybe.add(name)


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
        if interpreter.patched and not interpreter.patched.isdisjoint({"os.environ", "os.environ.*", "os.*"}):
            return None
        exported = interpreter.exported
        held = exported.items.get(name)
        if (
            name in exported.maybe
            or not exported.exact
            or isinstance(held, Joined)
            or (isinstance(held, Unknown) and held.reason == "tainted")
        ):
            return None
        return not isinstance(held, Absent) if held is not None else name in interpreter.environment
    if owner.kind in {"sys.argv", "argument"}:
        return False if name in _COMMANDS else None
    if owner.kind == "sys.modules":
        return False if name in {"pytest", "test", "unittest", "IPython", "nose"} else None
    if owner.kind == "scope" and isinstance(module := owner.state["module"], Module):
        bound = module.namespace.get(name)
        if bound is None:
            return False if not name.startswith("__") else None
        perhaps = bound.value.options if isinstance(bound.value, Joined) else ()
        surely = name in module.namespace.names and not any(isinstance(option, Absent) for option in perhaps)
        return True if surely and not isinstance(bound.value, Unknown) else None
    if owner.kind == "attributes" and isinstance(of := owner.state["of"], Instance):
        table = table_of(of)
        return name in table.items if table is not None else None
    return None


def asked(interpreter: Interpreter, owner: Object, item: Value) -> Depends:
    name = _name(item)
    if owner.kind == "environ" and name is not None:
        put = interpreter.exported.items.get(name)
        return frozenset({name}) | interpreter.exported.unless(name) | (put.depends if put is not None else NOTHING)
    if owner.kind == "scope" and name is not None and isinstance(module := owner.state["module"], Module):
        bound = module.namespace.get(name)
        absent = module.namespace.absent(name) if bound is None else bound.value.depends
        return absent | owner.depends
    return NOTHING


# Calls

# Methods of texts and containers that go through what they are given.
GOING_THROUGH = frozenset({
    "join", "extend", "update", "union", "difference", "intersection", "issubset", "issuperset", "symmetric_difference",
    "intersection_update", "difference_update", "symmetric_difference_update",
})  # fmt: skip
_GOING_THROUGH = frozenset({
    *(f"builtins.{name}" for name in (
        "list", "tuple", "set", "frozenset", "sorted", "sum", "max", "min", "any", "all", "dict",
    )),
    "collections.OrderedDict", "itertools.chain", "collections.deque",
})  # fmt: skip


def gone_through(interpreter: Interpreter, name: str, arguments: list[Value]) -> list[Value]:
    """The arguments of a call; of one that goes through them the lists that generators and views give."""
    if name in {"builtins.any", "builtins.all"}:
        return [interpreter.partly(one) for one in arguments]
    if name in _GOING_THROUGH:
        return [interpreter.listed(one) for one in arguments]
    if name == "itertools.chain.from_iterable":
        return [_rows(interpreter, one) for one in arguments]
    if name == "builtins.len":
        return [one if isinstance(one, Lazy) else interpreter.listed(one) for one in arguments]
    return arguments


def _rows(interpreter: Interpreter, value: Value) -> Value:
    held = interpreter.listed(value)
    items = interpreter.items(held)
    if items is None:
        return held
    return Seq("list", [interpreter.listed(one) for one in items], depends=held.depends)


def call(
    interpreter: Interpreter, name: str, arguments: list[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
) -> Value | None:
    if name.startswith("builtins.str.") and arguments and _name(arguments[0]) is not None:
        return interpreter.call_method(arguments[0], name.rpartition(".")[2], arguments[1:], keywords, node, frame)
    if name.startswith("builtins."):
        found = _builtin(interpreter, name.removeprefix("builtins."), arguments, keywords, node, frame)
        by = arguments[0].depends if arguments else NOTHING
        # Which of several objects it was asked about.
        return depending(found, by) if found is not None and by else found
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
    if name == "copy.deepcopy" and len(arguments) == 1:
        return copied(arguments[0])
    if name == "copy.copy" and len(arguments) == 1 and isinstance(arguments[0], Seq | Map):
        only = arguments[0]
        if isinstance(only, Map):
            return only.copied()
        return Seq(only.kind, list(only.items), list(only.extra), only.exact, only.open, depends=only.depends)
    if name == "copy.copy" and len(arguments) == 1:
        return arguments[0] if isinstance(arguments[0], Const) else None
    return None


def _plainly(
    function: Callable[..., object], arguments: Sequence[Value], keywords: dict[str, Value], *, set_too: bool = False
) -> Value | None:
    """A pure function of plain values. set_too: the order of a set makes no difference to it."""
    depends = NOTHING
    if not set_too and any(unordered(value) for value in (*arguments, *keywords.values())):
        return Unknown("call", "the order of a set")
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
    match name, arguments:
        case "bool", [value]:
            known = truth(value)
            return Const(known, depends=depends_of(value)) if known is not None else _unknown_of(value)
        case (("list" | "tuple" | "set" | "frozenset"), []):
            return Seq("list" if name == "list" else "tuple" if name == "tuple" else "set")
        case (("list" | "tuple"), [Joined(options=options) as several]) if all(isinstance(o, Seq) for o in options):
            made = [_builtin(interpreter, name, [one], keywords, node, frame) for one in options]
            known_ones = [one for one in made if one is not None]
            return depending(join(known_ones), several.depends) if len(known_ones) == len(made) else None
        case (("list" | "tuple" | "set" | "frozenset"), [value]):
            kind = "list" if name == "list" else "tuple" if name == "tuple" else "set"
            if kind == "set" and isinstance(value, Seq) and _but_for_order(value):
                return Seq("set", distinct(value.items), depends=depends_of(value))
            items = interpreter.items(value)
            if items is not None:
                depends = value.depends
                if kind == "set":
                    depends = depends_of(value)
                    items = distinct(items)
                return Seq(kind, items, depends=depends)  # type: ignore[arg-type]
            if isinstance(value, Seq):
                return Seq(kind, list(value.items), list(value.extra), False, value.open, depends=value.depends)  # type: ignore[arg-type]
            return None
        case "dict", [Object(kind="chain.map") as first]:
            shown = interpreter.listed(interpreter.call_method(first, "items", [], {}, node, frame))
            return _dict([shown], keywords, interpreter)
        case "dict", _:
            table = _dict(arguments, keywords, interpreter)
            if isinstance(table, Map) and keywords:
                table.places.update(_places(keywords, node, frame))
            return table
        case "dict.fromkeys", [value, *rest] if len(rest) < 2 and not keywords:
            items = interpreter.items(value)
            if items is None:
                return None
            try:
                given = rest[0] if rest else Const(None)
                return Map(
                    {plain(item): given for item in items}, depends=depends_of(Seq("list", items)) | value.depends
                )
            except (NotKnown, TypeError):
                return None
        case "len", [Seq(items=items, exact=True, kind=kind) as value] if kind != "set":
            return Const(len(items), depends=value.depends)
        case "len", [Map(items=entries, maybe=maybe, exact=True) as value] if not maybe:
            return Const(len(entries), depends=value.depends)
        case "range", _:
            return _range(arguments)
        case (("enumerate" | "zip" | "reversed" | "map" | "filter"), [_, *_]) if not keywords:
            return _lazy(interpreter, name, arguments, node, frame)
        case "next", [Lazy() as value, *rest] if len(rest) < 2:
            held = interpreter.listed(value)
            items = interpreter.items(held)
            if items is None:
                return None
            if not items and not rest:
                return None
            return depending(items[0] if items else rest[0], held.depends)
        case "sorted", [value]:
            if keywords.keys() - {"reverse"}:
                return None
            return _sorted(value, keywords, interpreter)
        case (("max" | "min"), [value]) if not keywords:
            return _most(name, value)
        case "sum", [value, *rest] if not keywords and len(rest) < 2:
            return _sum(interpreter, value, rest[0] if rest else Const(0), node, frame)
        case (("any" | "all"), [value]):
            items = list(value.items) if isinstance(value, Seq) and _but_for_order(value) else interpreter.items(value)
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
            if isinstance(owner, Object) and owner.kind == "environ":
                export(interpreter, None, Const(None))
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
        case "vars", [Class() as owner]:
            return table_of(owner)
        case "vars", [Instance() as owner]:
            return Object(kind="attributes", state={"of": owner})
        case "super", []:
            above = interpreter.above(frame)
            if above is None:
                _spoil_first(interpreter, node, frame)
            return above
        case "super", [Class() as cls, Instance() | Class() as receiver]:
            order = (receiver.cls.order if receiver.cls else ()) if isinstance(receiver, Instance) else receiver.order
            here = [number for number, one in enumerate(order) if one.attributes is cls.attributes]
            if here:
                return Object(kind="super", state={"of": receiver, "after": Const(here[0] + 1)})
            interpreter._spoil_deep(receiver, interpreter.unknown(node, frame))
            return None
        case "super", [_, receiver]:
            interpreter._spoil_deep(receiver, interpreter.unknown(node, frame))
            return None
        case empty, _ if empty.removeprefix("object.") in EMPTY:
            return Const(None)
        case "dir", [Class() | Instance() | Module() as owner]:
            names = _members(interpreter, owner)
            if names is None:
                return None
            # Python has further names that begin with "__", so this is gone through and never compared.
            return Object(kind="names", state={"items": Seq("list", [Const(one) for one in sorted(names)])})
        case "print", _:
            return Const(None)
        case "callable", [value]:
            return Const(True) if isinstance(value, Function | Class) else None
        case (("exec" | "eval"), _):
            interpreter._taint(frame.module.namespace, interpreter.unknown(node, frame, "tainted", name))
            return interpreter.unknown(node, frame, "tainted", name)
        case "type", [Instance(cls=cls)] if cls is not None:
            return cls
    if name in _PURE:
        if not _bounded_call(name, arguments):
            return None
        return _plainly(_PURE[name], arguments, keywords, set_too=name in {"len", "bool", "max", "min"})
    return None


def _bounded_call(name: str, arguments: Sequence[Value]) -> bool:
    """Whether a function of plain values takes no more than looking at them does."""
    if name in {"str", "repr", "format"}:
        if any(isinstance(item, Seq | Map) for item in arguments) and not _tiny(arguments):
            return False
        if any(has_path(item) for item in arguments if name == "repr" or isinstance(item, Seq | Map)):
            return False
    if name == "format" and len(arguments) > 1 and not short(_name(arguments[1]) or "0" * 99):
        return False
    return True


def _spoil_first(interpreter: Interpreter, node: ast.AST, frame: Frame) -> None:
    """`super()` that is not followed may change whatever the method was given first."""
    at: Frame | None = frame
    while at is not None and at.function is None:
        at = at.outer
    for binding in list(at.names.names.values())[:1] if at is not None else ():
        interpreter._spoil_deep(binding.value, interpreter.unknown(node, frame))


def _attributes(
    interpreter: Interpreter,
    owner: Instance,
    name: str,
    arguments: list[Value],
    keywords: dict[str, Value],
    node: ast.AST,
    frame: Frame,
) -> Value | None:
    """A method of `vars(x)` or `x.__dict__`: the attributes of the object themselves."""
    why = interpreter.unknown(node, frame)
    given = Map({str(key): item for key, item in keywords.items()})
    if name == "update" and len(arguments) < 2:
        first = arguments[0] if arguments else Map()
        if isinstance(first, Object) and first.kind == "attributes" and isinstance(of := first.state["of"], Instance):
            first = table_of(of) or first
        whole = (
            isinstance(first, Map) and first.exact and not first.maybe and all(isinstance(k, str) for k in first.items)
        )
        if isinstance(first, Map) and whole and not interpreter._perhaps:
            with interpreter._deciding(first.depends):
                for key, item in {**first.items, **given.items}.items():
                    interpreter._bind_in(
                        owner.attributes, str(key), item, frame.module.path, getattr(node, "lineno", 0)
                    )
            return Const(None)
    if name in {"update", "setdefault", "pop", "popitem", "clear", "__setitem__", "__delitem__"}:
        interpreter.spoil(owner, why)
        return why
    table = table_of(owner)
    if table is None:
        return why
    return _map_method(interpreter, table, name, arguments, keywords, node, frame)


def table_of(owner: Class | Instance) -> Map | None:
    """`vars(x)`: its own attributes, as a copy. Of a class that is Python's: writing to it raises."""
    names = owner.attributes
    if names.rest is not None or any(isinstance(item.value, Joined) for item in names.names.values()):
        return None
    held: dict[object, Value] = {
        name: item.value for name, item in names.names.items() if not isinstance(item.value, Absent)
    }
    depends = NOTHING.union(names.unless, *(names.absent(str(name)) for name in names.names.keys() - held.keys()))
    start: dict[object, Value] = {"__module__": Const("module")} if isinstance(owner, Class) else {}
    return Map({**start, **held}, depends=depends)


def scope_table(owner: Object) -> Map | None:
    """`vars(module)`: its names with their values, as a copy; None where not all of its names are known."""
    module = owner.state["module"]
    if not isinstance(module, Module) or module.namespace.rest is not None or module.namespace.prefixes:
        return None
    made = Map(depends=owner.depends | module.namespace.unless)
    for name, binding in module.namespace.names.items():
        options = binding.value.options if isinstance(binding.value, Joined) else (binding.value,)
        there = [option for option in options if not isinstance(option, Absent)]
        if len(there) < len(options):
            made.depends |= binding.value.depends
            made.maybe.add(name)
        if there:
            both = binding.value if len(there) == len(options) else join(there)
            made.items[name] = depending(both, binding.value.depends)
        made.maybe &= made.items.keys()
    for name in ("__builtins__", "__doc__", "__loader__", "__package__", "__spec__", "__cached__"):
        made.items.setdefault(name, Unknown("call", name))
    return made


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


def written(arguments: Iterable[Value], most: int = 100_000) -> int:
    """How many characters writing them out takes, roughly; no further than `most`."""
    found = 0
    stack = list(arguments)
    while stack and found <= most:
        one = stack.pop()
        WORK.done += 1
        found += len(one.value) if isinstance(one, Const) and isinstance(one.value, str | bytes) else 1
        if isinstance(one, Seq):
            stack.extend(one.items)
        elif isinstance(one, Map):
            stack.extend(one.items.values())
    return found


def _tiny(arguments: Iterable[Value]) -> bool:
    return written(arguments) <= 100_000


def _unknown_of(value: Value) -> Unknown:
    if isinstance(value, Unknown):
        return value
    return Unknown("branch", depends=depends_of(value))


def _dict(arguments: list[Value], keywords: dict[str, Value], interpreter: Interpreter) -> Value | None:
    made = Map()
    if arguments:
        first = arguments[0]
        if isinstance(first, Map):
            made = first.copied()
        else:
            items = interpreter.items(first)
            if items is None:
                return None
            made.depends |= first.depends
            for item in items:
                pair = interpreter.items(item)
                if pair is None or len(pair) != 2:
                    return None
                made.depends |= depends_of(pair[0])
                try:
                    made.items[plain(pair[0])] = pair[1]
                except (NotKnown, TypeError):
                    return None
    made.items.update(keywords)
    made.maybe -= keywords.keys()
    return made


def _places(keywords: Mapping[str, Value], node: ast.AST, frame: Frame) -> dict[object, tuple[str, int]]:
    """Where each keyword of a call is written, for those that become keys."""
    lines = {one.arg: one.value.lineno for one in node.keywords} if isinstance(node, ast.Call) else {}
    return {word: (frame.module.path, lines[word]) for word in keywords if word in lines}


def _pairs(interpreter: Interpreter, value: Value) -> Map | None:
    """What `update` takes besides a table: the attributes of an object, pairs."""
    if isinstance(value, Object) and value.kind == "attributes" and isinstance(of := value.state["of"], Instance):
        return table_of(of)
    made = _dict([value], {}, interpreter) if isinstance(value, Seq) else None
    return made if isinstance(made, Map) else None


def _range(arguments: list[Value]) -> Value | None:
    try:
        given = [plain(item) for item in arguments]
        found = range(*given)  # type: ignore[call-overload]
        if len(found) > 5_000:
            return None
    except (NotKnown, TypeError, ValueError, OverflowError):
        return None
    depends = NOTHING.union(*(item.depends for item in arguments))
    items = Seq("list", [Const(number) for number in found], depends=depends)
    return Object(kind="range", state={"items": items}, depends=depends)


def _size(value: Value) -> int | None:
    """How many items there are now; nothing is taken from what gives them only once."""
    match value:
        case Seq(items=items, exact=True):
            return len(items)
        case Map(items=held, maybe=maybe, exact=True) if not maybe:
            return len(held)
        case Const(value=str() as text):
            return len(text)
        case Object(kind="view", state={"of": Map() as table}):
            return _size(table)
        case Object(state={"items": Seq() as inner}):
            return _size(inner)
    return None


def _lazy(interpreter: Interpreter, name: str, arguments: list[Value], node: ast.AST, frame: Frame) -> Value | None:
    """map, filter, zip, enumerate, reversed: computed when somebody goes through them."""
    depends = NOTHING.union(*(value.depends for value in arguments))
    sizes = [_size(value) for value in arguments]

    def lost(why: Value | None = None) -> Value:
        found = _unknown_of(why) if why is not None else interpreter.unknown(node, frame, "call", name, depends)
        for one in arguments:
            interpreter._spoil_deep(one, found)
        interpreter.over_called(arguments, found)
        return found

    def make() -> Value:
        nonlocal depends
        over = [interpreter.listed(one) for one in (arguments[1:] if name in {"map", "filter"} else arguments)]
        depends |= NOTHING.union(*(one.depends for one in over))  # how many there are
        rows = [interpreter.items(one) for one in over]
        known = [row for row in rows if row is not None]
        if len(known) < len(rows) or any(
            not isinstance(one, Seq) and _size(one) != size for one, size in zip(arguments, sizes, strict=True)
        ):
            return lost()  # going through a table that has changed its size raises
        columns = [list(column) for column in zip(*known, strict=False)]
        match name, arguments:
            case "zip", _:
                return Seq("list", [Seq("tuple", column) for column in columns], depends=depends)
            case "enumerate", [_]:
                pairs = enumerate(known[0])
                return Seq("list", [Seq("tuple", [Const(n), item]) for n, item in pairs], depends=depends)
            case "reversed", [_]:
                if sizes[0] is None:
                    return lost()
                # It begins at what was the last item, and is over at once where there is none there any more.
                return Seq("list", known[0][: sizes[0]][::-1] if sizes[0] <= len(known[0]) else [], depends=depends)
            case "map", [function, *_]:
                made = [interpreter.call(function, column, {}, node, frame) for column in columns]
                return Seq("list", made, depends=depends)
            case "filter", [function, _]:
                return filtered(function, known[0])
        return lost()

    def filtered(function: Value, items: list[Value]) -> Value:
        kept: list[Value] = []
        by = depends
        for item in items:
            answer = item
            if not (isinstance(function, Const) and function.value is None):
                answer = interpreter.call(function, [item], {}, node, frame)
            known = truth(answer)
            by |= depends_of(answer)
            if known is None:
                return lost(answer)
            if known:
                kept.append(item)
        return Seq("list", kept, depends=by)

    if name == "enumerate" and len(arguments) == 2:
        start = arguments[1]
        if not isinstance(start, Const) or not isinstance(start.value, int):
            return None
        first = start.value
        only = arguments[:1]

        def counted() -> Value:
            over = interpreter.listed(only[0])
            items = interpreter.items(over)
            if items is None:
                return lost()
            pairs: list[Value] = [Seq("tuple", [Const(n), item]) for n, item in enumerate(items, first)]
            return Seq("list", pairs, depends=depends | over.depends)

        return Lazy(counted, tuple(only), node, frame, depends=depends)
    code = arguments[0] if name in {"map", "filter"} else None
    return Lazy(make, tuple(arguments), node if code is not None else None, frame, depends=depends)


def _sorted(value: Value, keywords: dict[str, Value], interpreter: Interpreter) -> Value | None:
    """The items themselves in another order: who changes one changes it in both."""
    if not isinstance(value, Seq | Map | Const):
        return None
    items = list(value.items) if isinstance(value, Seq) and _but_for_order(value) else interpreter.items(value)
    reverse = keywords.get("reverse", Const(False))
    depends = depends_of(value) | reverse.depends
    if items is None or not isinstance(reverse, Const):
        return _plainly(sorted, [value], keywords)
    try:
        keys = [plain(item) for item in items]
        order = sorted(range(len(items)), key=lambda at: keys[at], reverse=bool(reverse.value))  # type: ignore[arg-type,return-value]
    except NotKnown as error:
        return Unknown(error.value.reason, error.value.text, error.value.path, error.value.line, depends=depends)
    except TypeError:
        return None
    return Seq("list", [items[number] for number in order], depends=depends)


def _most(name: str, value: Value) -> Value | None:
    """max and min of several: one of the items itself."""
    if not isinstance(value, Seq) or not _but_for_order(value) or not value.items:
        return _plainly(max if name == "max" else min, [value], {}, set_too=True)
    depends = depends_of(value)
    try:
        keys = [plain(item) for item in value.items]
        best = (max if name == "max" else min)(range(len(keys)), key=lambda at: keys[at])  # type: ignore[arg-type,return-value]
    except NotKnown as error:
        return Unknown(error.value.reason, error.value.text, error.value.path, error.value.line, depends=depends)
    except TypeError:
        return None
    return depending(value.items[best], depends)


def _sum(interpreter: Interpreter, value: Value, start: Value, node: ast.AST, frame: Frame) -> Value | None:
    if isinstance(start, Const) and isinstance(start.value, int | float):
        return _plainly(sum, [value, start], {}, set_too=True)
    items = interpreter.items(value)
    if items is None:
        return None
    for item in items:
        start = interpreter._binary(ast.Add(), start, item, node, frame)
    return depending(start, value.depends)


def _but_for_order(value: Seq) -> bool:
    """Whether these are its items, in an order that nobody knows, or in this one."""
    return not value.extra and not value.open and (value.exact or len(value.items) > 0)


def viewed(held: Map, what: str) -> Value:
    """What a view of a table (`d.items()`) gives now."""
    if not held.exact or held.maybe:
        return Unknown("call", f"{what} of a table that is not known", depends=held.depends)
    if what == "values":
        return Seq("list", list(held.items.values()), depends=held.depends)
    keys = [lifted(key) for key in held.items]
    if what == "keys":
        return Seq("list", keys, depends=held.depends)
    pairs = zip(keys, held.items.values(), strict=True)
    return Seq("list", [Seq("tuple", [key, value]) for key, value in pairs], depends=held.depends)


def _isinstance(value: Value, kind: Value) -> Value | None:
    kinds = kind.items if isinstance(kind, Seq) and kind.exact else [kind]
    if isinstance(value, Instance) and value.cls is not None and all(isinstance(one, Class) for one in kinds):
        found = {one.order[0] for one in kinds if isinstance(one, Class)} & set(value.cls.order)
        if found or not any(one.outside for one in value.cls.order):
            return Const(bool(found), depends=value.depends)
    plain_value = isinstance(value, Const | Seq | Map | Unknown | Library | Object)
    properties = isinstance(kind, Library) and kind.dotted == "builtins.property"
    if isinstance(value, Unknown | Library | Object) and not properties:
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
        if value.open and value.kind != "set" and (list in wanted) is not (tuple in wanted):
            return None  # it was added to what is not known
        if value.kind == "set" and set in wanted:
            return None  # a frozenset is none
        made = {"list": list, "tuple": tuple, "set": set}[value.kind]
        return Const(any(issubclass(made, one) for one in wanted if isinstance(one, type)), depends=value.depends)
    if isinstance(value, Map):
        return Const(dict in wanted, depends=value.depends)
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
            if known or not rest:
                return found.value
            if isinstance(found.value, Joined):
                given = [rest[0] if isinstance(option, Absent) else option for option in found.value.options]
                return _depending(join(given), found.value.depends)
            return None
        inner = interpreter.source.find(f".{attribute}", owner.path) if owner.path.endswith("__init__.py") else None
        if inner is not None:
            return None
        if attribute.startswith("__") or "__getattr__" in owner.namespace.names:
            return None
        absent = owner.namespace.absent(attribute)
        if name == "hasattr":
            return Const(False, depends=absent)
        return _depending(rest[0], absent) if rest else None
    if isinstance(owner, Instance | Class):
        lacking = _lacks(owner, attribute)
        if lacking is not None and (rest or name == "hasattr"):
            return Const(False, depends=lacking) if name == "hasattr" else _depending(rest[0], lacking)
        held = interpreter.attribute(owner, attribute, node, frame)
        if isinstance(held, Unknown):
            return held  # asking for it ran what it runs, and changes nothing else
        if _perhaps_lacks(owner, attribute) and (rest or name == "hasattr"):
            return Unknown("branch", name, depends=held.depends) if name == "hasattr" else join([held, rest[0]])
        return Const(True, depends=held.depends) if name == "hasattr" else held
    if isinstance(owner, Const):
        there = has_attribute(owner, attribute)
        if name == "hasattr":
            return Const(there, depends=owner.depends)
        return _depending(rest[0], owner.depends) if rest and not there else None
    if isinstance(owner, Library) and owner.dotted == "django.conf.settings" and name == "getattr":
        held_there = interpreter.shared.get(owner.dotted)
        if isinstance(held_there, Instance):
            found = held_there.attributes.get(attribute)
            return found.value if found is not None else rest[0] if rest else None
    called = _configuration(node)
    if called and isinstance(owner, Unknown | Joined):
        # What an operator writes in a module that is not in the repository: nothing, as far as the repository says.
        depends = depends_of(owner) | {f"{called}.{attribute}"}
        if name == "hasattr":
            return Const(False, depends=depends)
        return _depending(rest[0], depends) if rest else interpreter.unknown(node, frame, "import", "", depends)
    return None


def _spaces(owner: Instance | Class) -> list[Namespace]:
    cls = owner.cls if isinstance(owner, Instance) else owner
    own = [owner.attributes] if isinstance(owner, Instance) else []
    return [*own, *(one.attributes for one in cls.order)] if cls is not None else own


def _perhaps_lacks(owner: Instance | Class, attribute: str) -> bool:
    """Whether all that would give it was set under a condition that is not known."""
    held = [binding.value for space in _spaces(owner) if (binding := space.names.get(attribute)) is not None]
    there = [value for value in held if not isinstance(value, Absent)]
    return bool(there) and all(map(perhaps_absent, there))


def _lacks(owner: Instance | Class, attribute: str) -> Depends | None:
    """What it depends on that an object of the repository has no such attribute; None: it has, or may have."""
    cls = owner.cls if isinstance(owner, Instance) else owner
    if cls is None or attribute.startswith("__") or (isinstance(owner, Class) and hasattr(type, attribute)):
        return None
    spaces = _spaces(owner)
    if any(one.outside for one in cls.order) or any(space.get(attribute) is not None for space in spaces):
        return None
    if any(name in space.names for space in spaces for name in ("__getattr__", "__getattribute__", "__slots__")):
        return None
    return owner.depends.union(*(space.absent(attribute) for space in spaces))


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
            given = (*arguments, *keywords.values())
            if name in {"zfill", "expandtabs", "replace", "join", "format"} and not _bounded(owner, given):
                return None
            if name == "format" and not _plain_template(owner.value):
                return None
            return _with_owner(owner, name, arguments, keywords)
        case Const(value=PurePosixPath()) if name in {"exists", "is_file", "is_dir", "read_text", "read_bytes", "open"}:
            from hardencheck.collect.interpret.models import Call, _places

            call = Call(interpreter, name, arguments, keywords, node, frame, owner)
            if name in {"exists", "is_file", "is_dir"}:
                return _places.there(call, owner, name)
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
            if owner.reach:
                interpreter.spoil(owner, interpreter.unknown(node, frame))
            for item in (*arguments, *keywords.values()):
                interpreter._spoil_deep(item, owner)
            interpreter._may_raise = True
            return owner
    return None


def _bounded(owner: Const, arguments: Sequence[Value]) -> bool:
    """Whether a method makes a text that is not much longer than those it is made of."""
    size = max(len(owner.value), 1)  # type: ignore[arg-type]
    for item in arguments:
        if isinstance(item, Const) and isinstance(item.value, int) and item.value * size > 1_000_000:
            return False
        if isinstance(item, Const) and isinstance(item.value, str | bytes) and len(item.value) * size > 1_000_000:
            return False
        if isinstance(item, Seq | Map) and (len(item.items) * size > 1_000_000 or not _tiny([item])):
            return False
    return True


def _plain_template(text: object) -> bool:
    """ "{} {name}", without attributes, items or widths."""
    import re

    return isinstance(text, str) and not re.search(r"\{[^}]*[.\[:!][^}]*\}", text)


def _with_owner(owner: Const, name: str, arguments: list[Value], keywords: dict[str, Value]) -> Value | None:
    if name == "format" and any(has_path(item) for item in arguments if isinstance(item, Seq | Map)):
        return None
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
        return _plainly(lambda first, *rest: getattr(first, name)(*rest), [owner, *arguments], {}, set_too=True)
    if name in {"union", "difference", "intersection", "issubset", "issuperset"} and owner.kind == "set":
        return _plainly(lambda first, *rest: getattr(first, name)(*rest), [owner, *arguments], {}, set_too=True)
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
            if owner.kind == "set":
                owner.depends |= depends_of(owner) | depends_of(value)  # which of them are the same
                if any(same(value, item) for item in owner.items):
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
            owner.depends |= depends_of(place)
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
        case "pop", [] | [Const(value=int())] if owner.exact and (
            owner.items if owner.kind == "list" else len(owner.items) == 1
        ):
            at = arguments[0].value if arguments else -1  # type: ignore[attr-defined]
            owner.depends |= arguments[0].depends if arguments else NOTHING
            if isinstance(at, int) and -len(owner.items) <= at < len(owner.items):
                return depending(owner.items.pop(at), owner.depends)
            owner.taint()
        case "sort", [] if not keywords:
            owner.depends |= depends_of(owner)
            try:
                owner.items.sort(key=plain)  # type: ignore[arg-type]
            except (NotKnown, TypeError):
                owner.taint()
        case _:
            owner.taint()
            return interpreter.unknown(node, frame)
    return Const(None)


def _removed(interpreter: Interpreter, owner: Seq, name: str, value: Value) -> Value:
    owner.depends |= depends_of(owner) | depends_of(value)  # which of them it is
    for number, item in enumerate(owner.items):
        equal = isinstance(item, Const) and isinstance(value, Const) and item.value == value.value
        if same(item, value) or equal:
            del owner.items[number]
            return Const(None)
    owner.extra = [item for item in owner.extra if not same(item, value)]
    if owner.exact and isinstance(value, Const) and all(isinstance(item, Const) for item in owner.items):
        error = "KeyError" if owner.kind == "set" else "ValueError"
        interpreter._watched |= depends_of(owner) | value.depends
        if name == "remove" and interpreter._catching(error, "LookupError" if owner.kind == "set" else error):
            raise Raised(error)
        interpreter._may_raise = interpreter._may_raise or name == "remove"
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
            return owner.copied()
        case (("items" | "keys" | "values"), []):
            return Object(kind="view", state={"of": owner, "what": Const(name)}, depends=owner.depends)
        case (("get" | "pop" | "setdefault"), [key, *rest]):
            default = rest[0] if rest else Const(None)
            try:
                wanted = plain(key)
                there = wanted in owner.items
            except (NotKnown, TypeError):
                if name != "get":
                    interpreter.spoil(owner, interpreter.unknown(node, frame))
                elif owner.exact:
                    return depending(join([*owner.items.values(), default]), depends_of(key) | owner.depends)
                why = interpreter.unknown(node, frame, depends=depends_of(key))
                return replace(why, reach=changing([*owner.items.values(), default]))
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
                if not there and not rest:
                    interpreter._watched |= by
                    if interpreter._catching("KeyError", "LookupError"):
                        raise Raised("KeyError")
                    return interpreter.unknown(node, frame, depends=by)
                return depending(owner.items.pop(wanted) if there else default, by)
            if not there:
                owner.places[wanted] = (frame.module.path, getattr(node, "lineno", 0))
            return depending(owner.items.setdefault(wanted, default), by)
        case "update", _:
            interpreter.touch(owner)
            given = arguments[0] if arguments else Map()
            if isinstance(given, Object | Seq):
                given = _pairs(interpreter, given) or given
            if interpreter._perhaps or not isinstance(given, Map) or len(arguments) > 1:
                owner.taint()
                return Const(None)
            owner.lay(given, Unknown("call", "updated with what is not known"))
            for word, item in keywords.items():
                owner.items[word] = item
                owner.maybe.discard(word)
            owner.places.update(_places(keywords, node, frame))
            owner.depends |= interpreter.condition
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
        return Object(kind="environ", state={"own": own.copied() if own else Map()})
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
            export(interpreter, popped, Absent())
            return was
        if name == "update" and len(arguments) < 2:
            new = _dict(arguments, keywords, interpreter)
            if isinstance(new, Map) and new.exact and not new.maybe:
                for variable_name, item in new.items.items():
                    export(interpreter, str(variable_name), depending(item, new.depends))
                if new.depends:
                    interpreter.exported.depends |= new.depends
                return Const(None)
        if name in {"items", "keys"} and interpreter.exported.exact and not interpreter.exported.maybe:
            # Those that the repository says are set; where it runs there are others.
            variables: dict[object, Value] = {
                key: variable(interpreter, key, None, node, frame)
                for key in sorted({*interpreter.environment, *map(str, interpreter.exported.items)})
                if contains(interpreter, owner, Const(key)) is not False
            }
            perhaps: set[object] = {key for key in variables if contains(interpreter, owner, Const(str(key))) is None}
            given = Map(variables, perhaps, depends=frozenset({EVERY}) | interpreter.exported.every())
            return _map_method(interpreter, given, name, [], {}, node, frame)
        if name not in {"items", "keys", "values", "copy", "__contains__"}:
            export(interpreter, None, Const(None))
        return interpreter.unknown(node, frame)
    if owner.kind == "attributes" and isinstance(of := owner.state["of"], Instance):
        return _attributes(interpreter, of, name, arguments, keywords, node, frame)
    if owner.kind == "scope" and isinstance(module := owner.state["module"], Module):
        names = module.namespace
        made = (
            _dict(arguments, keywords, interpreter)
            if name == "update" and not interpreter._perhaps and len(arguments) < 2
            else None
        )
        if isinstance(made, Map) and made.exact:
            given = made
            with interpreter._deciding(given.depends):
                for written, item in given.items.items():
                    if isinstance(written, str):
                        held = names.get(written) if written in given.maybe else None
                        both = join([item, held.value]) if held is not None else item
                        both = join([item, ABSENT]) if written in given.maybe and held is None else both
                        interpreter.set_attribute(module, written, both, node, frame)
            bounded, keys = given.within
            for word in sorted(keys) if bounded else ():
                names.mark_name(word, bounded)
            if others := given.depends - bounded:
                names.mark_all(others)
            return Const(None)
        if name == "get" and arguments and (text := _name(arguments[0])) is not None:
            found = names.get(text)
            default = arguments[1] if len(arguments) > 1 else Const(None)
            absent = names.absent(text)
            if found is None and text.startswith("__"):
                return interpreter.unknown(node, frame)
            if found is not None and isinstance(found.value, Joined):
                options = [option for option in found.value.options if not isinstance(option, Absent)]
                both = depending(join([*options, default]), found.value.depends)
                return both if len(options) < len(found.value.options) else found.value
            return found.value if found is not None else _depending(default, absent)
        if name in {"items", "keys", "values", "copy"} and not arguments and (table := scope_table(owner)) is not None:
            return _map_method(interpreter, table, name, [], {}, node, frame)
        if name in {"update", "setdefault", "pop", "clear", "__setitem__"}:
            interpreter._taint(names, interpreter.unknown(node, frame, "tainted"))
        return interpreter.unknown(node, frame, "tainted")
    return None
