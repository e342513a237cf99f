"""What is known of code outside the repository: builtins, the standard library, and readers of the environment.

One place for all of it. A model answers with a value, or with None where it knows nothing of these arguments; the call
is then one that is not followed.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from hardencheck.collect.interpret.values import (
    NOTHING,
    Class,
    Const,
    Depends,
    Function,
    Instance,
    Joined,
    Library,
    Map,
    Module,
    NotKnown,
    Object,
    Seq,
    Unknown,
    Value,
    depends_of,
    join,
    lifted,
    plain,
    same,
    truth,
)

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
_GENERATORS = frozenset({
    "secrets.token_hex", "secrets.token_urlsafe", "secrets.token_bytes", "os.urandom", "uuid.uuid4",
    "django.core.management.utils.get_random_secret_key",
})  # fmt: skip
_CONSTANTS: dict[str, object] = {
    "os.sep": "/",
    "os.linesep": "\n",
    "os.pathsep": ":",
    "os.name": "posix",
    "sys.platform": "linux",
}
_TYPES: dict[str, type | tuple[type, ...]] = {
    "builtins.str": str, "builtins.int": int, "builtins.bool": bool, "builtins.float": float, "builtins.bytes": bytes,
    "builtins.list": list, "builtins.tuple": tuple, "builtins.dict": dict, "builtins.set": set,
}  # fmt: skip


def attribute(interpreter: Interpreter, name: str, node: ast.AST, frame: Frame) -> Value:
    if name in _CONSTANTS:
        return Const(_CONSTANTS[name])  # type: ignore[arg-type]
    if name == "os.environ":
        return Object(kind="environ")
    if name == "sys.version_info":
        return Object(kind="version")
    if name == "sys.argv":
        return Unknown("branch", "sys.argv", frame.module.path, getattr(node, "lineno", 0))
    return Library(dotted=name)


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

    return Method(owner=owner, name=name)


# The environment


def variable(interpreter: Interpreter, name: str, default: Value | None, node: ast.AST, frame: Frame) -> Value:
    """What a program gets that asks for a variable. None as default: it must be set."""
    interpreter.reads.add(name)
    depends = frozenset({name})
    exported = interpreter.exported
    if not exported.exact:
        return Unknown("tainted", name, frame.module.path, getattr(node, "lineno", 0), depends=depends)
    held = exported.items.get(name)
    if held is not None and name not in exported.maybe:
        return held
    if name in interpreter.environment:
        outer: Value = Const(interpreter.environment[name], depends=depends)
        return join([held, outer]) if held is not None else outer
    if held is not None:
        return Unknown("branch", name, frame.module.path, getattr(node, "lineno", 0), depends=depends)
    if default is None:
        if interpreter._catching("KeyError", "ImproperlyConfigured", "UndefinedValueError", "EnvError"):
            from hardencheck.collect.interpret.interpreter import Raised

            raise Raised("KeyError")
        return Unknown("env-required", name, frame.module.path, getattr(node, "lineno", 0), depends=depends)
    return _depending(default, depends)


def _depending(value: Value, depends: Depends) -> Value:
    from hardencheck.collect.interpret.interpreter import _with

    if isinstance(value, Seq):
        return Seq(
            value.kind, list(value.items), list(value.extra), value.exact, value.open, depends=value.depends | depends
        )
    return _with(value, depends)


def _name(value: Value) -> str | None:
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else None


def get_item(interpreter: Interpreter, owner: Object, key: Value, node: ast.AST, frame: Frame) -> Value:
    name = _name(key)
    if owner.kind == "environ" and name is not None:
        return variable(interpreter, name, None, node, frame)
    if owner.kind == "scope" and name is not None:
        found = interpreter.lookup(frame, name)
        return found.value if found is not None else interpreter.unknown(node, frame)
    return interpreter.unknown(node, frame, depends=depends_of(key))


def set_item(interpreter: Interpreter, owner: Object, key: Value, value: Value, node: ast.AST, frame: Frame) -> None:
    name = _name(key)
    if owner.kind == "scope":
        if name is not None:
            interpreter.bind(frame, name, value, getattr(node, "lineno", 0))
        else:
            interpreter._taint(frame.names, interpreter.unknown(node, frame, "tainted"))
    elif owner.kind == "environ":
        export(interpreter, name, value)


def export(interpreter: Interpreter, name: str | None, value: Value) -> None:
    """The program sets a variable (None: nobody knows which)."""
    interpreter.touch(interpreter.exported)
    if name is None:
        interpreter.exported.taint()
        return
    if interpreter._perhaps:
        value = Unknown("branch", name, depends=frozenset({name}))
    condition: Depends = frozenset().union(*interpreter._conditions) if interpreter._conditions else NOTHING
    interpreter.exported.items[name] = _depending(value, condition)
    interpreter.exported.maybe.discard(name)


def contains(interpreter: Interpreter, owner: Object, item: Value) -> bool | None:
    name = _name(item)
    if owner.kind == "environ" and name is not None:
        interpreter.reads.add(name)
        if name in interpreter.environment or name not in interpreter.exported.items:
            return name in interpreter.environment if interpreter.exported.exact else None
        return None if name in interpreter.exported.maybe else True
    return None


# Calls


def call(
    interpreter: Interpreter, name: str, arguments: list[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
) -> Value | None:
    if name.startswith("builtins."):
        return _builtin(interpreter, name.removeprefix("builtins."), arguments, keywords, node, frame)
    if name in {"os.getenv", "os.environ.get"}:
        return _get(interpreter, arguments, keywords, node, frame)
    if name in _GENERATORS:
        return Unknown("generated", name, frame.module.path, getattr(node, "lineno", 0))
    if name.startswith(_QUIET):
        if name.rpartition(".")[2] in {"gettext", "gettext_lazy", "gettext_noop", "pgettext_lazy"} and arguments:
            return arguments[0]
        return Const(None)
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
                if kind == "set":
                    items = [
                        item
                        for number, item in enumerate(items)
                        if not any(same(item, known) for known in items[:number])
                    ]
                return Seq(kind, items, depends=value.depends)  # type: ignore[arg-type]
            if isinstance(value, Seq):
                return Seq(kind, list(value.items), list(value.extra), False, value.open, depends=value.depends)  # type: ignore[arg-type]
            return None
        case "dict", _:
            return _dict(arguments, keywords, interpreter)
        case "len", [Seq(items=items, exact=True) as value]:
            return Const(len(items), depends=value.depends)
        case "range", _:
            return _range(arguments)
        case "enumerate", [value]:
            items = interpreter.items(value)
            return (
                Seq("list", [Seq("tuple", [Const(n), item]) for n, item in enumerate(items)])
                if items is not None
                else None
            )
        case "zip", values if values:
            rows = [interpreter.items(value) for value in values]
            if any(row is None for row in rows):
                return None
            return Seq(
                "list",
                [Seq("tuple", list(row)) for row in zip(*[row for row in rows if row is not None], strict=False)],
            )
        case "reversed", [value]:
            items = interpreter.items(value)
            return Seq("list", items[::-1]) if items is not None else None
        case "sorted", [value]:
            if keywords.keys() - {"reverse"}:
                return None
            return _plainly(sorted, arguments, keywords)
        case (("map" | "filter"), [function, value]):
            return _mapped(interpreter, name, function, value, node, frame)
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
            interpreter._set_attribute(owner, attribute, value, node, frame)
            return Const(None)
        case "setattr", [owner, *_]:
            why = interpreter.unknown(node, frame, "tainted")
            interpreter.spoil(owner, why)
            if not isinstance(owner, Instance | Class):
                interpreter._taint(frame.module.namespace, why)  # sys.modules[__name__], or what holds it
            return Const(None)
        case (("globals" | "locals" | "vars"), []):
            return Object(kind="scope")
        case "vars", [Module()]:
            return None
        case "print", _:
            return Const(None)
        case "callable", [value]:
            return Const(True) if isinstance(value, Function | Class) else None
        case (("exec" | "eval" | "__import__" | "compile"), _):
            interpreter._taint(frame.module.namespace, interpreter.unknown(node, frame, "tainted", name))
            return interpreter.unknown(node, frame, "tainted", name)
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


def _tiny(arguments: Sequence[Value]) -> bool:
    return all(not isinstance(item, Seq | Map) or len(item.items) < 1_000 for item in arguments)


def _unknown_of(value: Value) -> Unknown:
    if isinstance(value, Unknown):
        return value
    return Unknown("branch", "one of several values", depends=depends_of(value))


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
    return Seq("list", [Const(number) for number in found]) if len(found) <= 5_000 else None


def _mapped(
    interpreter: Interpreter, name: str, function: Value, value: Value, node: ast.AST, frame: Frame
) -> Value | None:
    items = interpreter.items(value)
    if items is None:
        return None
    made: list[Value] = []
    for item in items:
        if name == "filter" and isinstance(function, Const) and function.value is None:
            answer: Value = item
        else:
            answer = interpreter.call(function, [item], {}, node, frame)
        if name == "map":
            made.append(answer)
            continue
        known = truth(answer)
        if known is None:
            return _unknown_of(answer)
        if known:
            made.append(item)
    return Seq("list", made, depends=value.depends)


def _isinstance(value: Value, kind: Value) -> Value | None:
    kinds = kind.items if isinstance(kind, Seq) and kind.exact else [kind]
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
        return Const(dict in wanted)
    return None


def _getattr(
    interpreter: Interpreter, name: str, owner: Value, attribute: str, rest: list[Value], node: ast.AST, frame: Frame
) -> Value | None:
    if isinstance(owner, Module):
        found = owner.namespace.get(attribute)
        if found is not None:
            known = not isinstance(found.value, Unknown) or attribute in owner.namespace.names
            if name == "hasattr":
                return Const(True) if known else None
            return found.value if known or not rest else join([found.value, rest[0]])
        if name == "hasattr":
            return Const(False)
        return rest[0] if rest else None
    if isinstance(owner, Instance | Class):
        held = interpreter.attribute(owner, attribute, node, frame)
        if isinstance(held, Unknown):
            return None
        return Const(True) if name == "hasattr" else held
    return None


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
            if name in {"zfill", "expandtabs", "replace", "join", "format"} and not _bounded(owner, arguments):
                return None
            if name == "format" and not _plain_template(owner.value):
                return None
            return _with_owner(owner, name, arguments, keywords)
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
    condition: Depends = frozenset().union(*interpreter._conditions) if interpreter._conditions else NOTHING
    owner.depends |= condition
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
                return owner.items.pop(at)
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
            if not owner.exact or owner.maybe:
                return None
            if name == "values":
                return Seq("list", list(owner.items.values()), depends=owner.depends)
            keys = [lifted(key) for key in owner.items]
            if name == "keys":
                return Seq("list", keys, depends=owner.depends)
            pairs = zip(keys, owner.items.values(), strict=True)
            return Seq("list", [Seq("tuple", [key, value]) for key, value in pairs], depends=owner.depends)
        case (("get" | "pop" | "setdefault"), [key, *rest]):
            default = rest[0] if rest else Const(None)
            try:
                wanted = plain(key)
                there = wanted in owner.items
            except (NotKnown, TypeError):
                if name != "get":
                    interpreter.spoil(owner, interpreter.unknown(node, frame))
                return interpreter.unknown(node, frame, depends=depends_of(key))
            if name == "get":
                if there and wanted not in owner.maybe:
                    return _depending_const(owner.items[wanted], depends_of(key))
                if there:
                    return join([owner.items[wanted], default])
                return _depending_const(default, depends_of(key)) if owner.exact else None
            interpreter.touch(owner)
            if interpreter._perhaps or wanted in owner.maybe or (not there and not owner.exact):
                owner.taint()
                return interpreter.unknown(node, frame)
            if name == "pop":
                return owner.items.pop(wanted) if there else default
            return owner.items.setdefault(wanted, default)
        case "update", _:
            interpreter.touch(owner)
            given = arguments[0] if arguments else Map()
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
            owner.depends |= given.depends
            if not given.exact:
                owner.exact = False
                for key_ in owner.items.keys() - given.items.keys():
                    owner.items[key_] = join([owner.items[key_], Unknown("call", "updated with what is not known")])
            return Const(None)
        case "clear", []:
            interpreter.touch(owner)
            owner.items, owner.maybe, owner.exact = {}, set(), True
            return Const(None)
    return None


def _depending_const(value: Value, depends: Depends) -> Value:
    return _depending(value, depends) if depends and isinstance(value, Const) else value


def _object_method(
    interpreter: Interpreter,
    owner: Object,
    name: str,
    arguments: list[Value],
    keywords: dict[str, Value],
    node: ast.AST,
    frame: Frame,
) -> Value | None:
    if owner.kind == "environ":
        if name == "get":
            return _get(interpreter, arguments, keywords, node, frame)
        if name == "setdefault" and len(arguments) == 2:
            key = _name(arguments[0])
            if key is not None:
                there = contains(interpreter, owner, arguments[0])
                if there is False:
                    export(interpreter, key, _depending(arguments[1], frozenset({key})))
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
        if name not in {"items", "keys", "values", "copy", "__contains__"}:
            export(interpreter, None, Const(None))
        return interpreter.unknown(node, frame)
    if owner.kind == "scope":
        if name == "update" and len(arguments) == 1 and isinstance(arguments[0], Map) and arguments[0].exact:
            given = arguments[0]
            for written, item in given.items.items():
                if isinstance(written, str):
                    held = interpreter.lookup(frame, written) if written in given.maybe else None
                    both = join([item, held.value]) if held is not None else item
                    interpreter.bind(frame, written, both, getattr(node, "lineno", 0))
            return Const(None)
        if name == "get" and arguments and (text := _name(arguments[0])) is not None:
            found = interpreter.lookup(frame, text)
            default = arguments[1] if len(arguments) > 1 else Const(None)
            return found.value if found is not None else default
        if name in {"update", "setdefault", "pop", "clear", "__setitem__"}:
            interpreter._taint(frame.names, interpreter.unknown(node, frame, "tainted"))
        return interpreter.unknown(node, frame, "tainted")
    return None
