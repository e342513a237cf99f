"""Calls of builtins."""

import ast
from collections.abc import Callable, Sequence

from hardencheck.collect.interpret.asking import get_attribute, member_names
from hardencheck.collect.interpret.environment import export
from hardencheck.collect.interpret.frames import Frame
from hardencheck.collect.interpret.inheritance import super_at
from hardencheck.collect.interpret.iterators import in_order, lazy, most_of
from hardencheck.collect.interpret.operators import binary
from hardencheck.collect.interpret.plainly import plainly, text_of, unknown_of
from hardencheck.collect.interpret.python_names import EMPTY
from hardencheck.collect.interpret.run import Run
from hardencheck.collect.interpret.sizes import has_path, short, tiny
from hardencheck.collect.interpret.spoiling import spoil, spoil_deep
from hardencheck.collect.interpret.tables import but_for_order, keyword_places, table_from, table_of
from hardencheck.collect.interpret.values import (
    NOTHING,
    Class,
    Const,
    Function,
    Instance,
    Joined,
    Lazy,
    Library,
    Map,
    Module,
    NotKnown,
    Object,
    Seq,
    Unknown,
    Value,
    depending,
    depends_of,
    distinct,
    join,
    plain,
    truth,
)

_PURE: dict[str, Callable[..., object]] = {
    "abs": abs, "bool": bool, "chr": chr, "float": float, "format": format, "hex": hex, "int": int, "len": len,
    "max": max, "min": min, "oct": oct, "ord": ord, "repr": repr, "round": round, "str": str, "sum": sum,
}  # fmt: skip
_TYPES: dict[str, type | tuple[type, ...]] = {
    "builtins.str": str, "builtins.int": int, "builtins.bool": bool, "builtins.float": float, "builtins.bytes": bytes,
    "builtins.list": list, "builtins.tuple": tuple, "builtins.dict": dict, "builtins.set": set,
}  # fmt: skip


def builtin(
    run: Run, name: str, arguments: list[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
) -> Value | None:
    match name, arguments:
        case "bool", [value]:
            known = truth(value)
            return Const(known, depends=depends_of(value)) if known is not None else unknown_of(value)
        case (("list" | "tuple" | "set" | "frozenset"), []):
            return Seq("list" if name == "list" else "tuple" if name == "tuple" else "set")
        case (("list" | "tuple"), [Joined(options=options) as several]) if all(isinstance(o, Seq) for o in options):
            made = [builtin(run, name, [one], keywords, node, frame) for one in options]
            known_ones = [one for one in made if one is not None]
            return depending(join(known_ones), several.depends) if len(known_ones) == len(made) else None
        case (("list" | "tuple" | "set" | "frozenset"), [value]):
            kind = "list" if name == "list" else "tuple" if name == "tuple" else "set"
            if kind == "set" and isinstance(value, Seq) and but_for_order(value):
                return Seq("set", distinct(value.items), depends=depends_of(value))
            items = run.items(value)
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
            shown = run.listed(run.call_method(first, "items", [], {}, node, frame))
            return table_from([shown], keywords, run)
        case "dict", _:
            table = table_from(arguments, keywords, run)
            if isinstance(table, Map) and keywords:
                table.places.update(keyword_places(keywords, node, frame))
            return table
        case "dict.fromkeys", [value, *rest] if len(rest) < 2 and not keywords:
            items = run.items(value)
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
            return lazy(run, name, arguments, node, frame)
        case "next", [Lazy() as value, *rest] if len(rest) < 2:
            held = run.listed(value)
            items = run.items(held)
            if items is None:
                return None
            if not items and not rest:
                return None
            return depending(items[0] if items else rest[0], held.depends)
        case "sorted", [value]:
            if keywords.keys() - {"reverse"}:
                return None
            return in_order(value, keywords, run)
        case (("max" | "min"), [value]) if not keywords:
            return most_of(name, value)
        case "sum", [value, *rest] if not keywords and len(rest) < 2:
            return _sum(run, value, rest[0] if rest else Const(0), node, frame)
        case (("any" | "all"), [value]):
            items = list(value.items) if isinstance(value, Seq) and but_for_order(value) else run.items(value)
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
            return get_attribute(run, name, owner, attribute, rest, node, frame)
        case "setattr", [Module() | Instance() | Class() as owner, Const(value=str() as attribute), value]:
            run.set_attribute(owner, attribute, value, node, frame)
            return Const(None)
        case "setattr", [Library(dotted=dotted), attribute, *_]:
            run.patched.add(f"{dotted}.{text_of(attribute) or '*'}")
            return Const(None)
        case "setattr", [owner, *_]:
            why = run.unknown(node, frame, "tainted")
            spoil(run, owner, why)
            if isinstance(owner, Object) and owner.kind == "environ":
                export(run, None, Const(None))
            if not isinstance(owner, Instance | Class):
                run.taint(frame.module.namespace, why)  # sys.modules[__name__], or what holds it
            return Const(None)
        case "globals", []:
            return Object(kind="scope", state={"module": frame.module})
        case (("locals" | "vars"), []):
            if frame.names is frame.module.namespace:
                return Object(kind="scope", state={"module": frame.module})
            run.taint(frame.names, run.unknown(node, frame, "tainted"))
            return None
        case "vars", [Module() as module]:
            return Object(kind="scope", state={"module": module})
        case "vars", [Class() as owner]:
            return table_of(owner)
        case "vars", [Instance() as owner]:
            return Object(kind="attributes", state={"of": owner})
        case "super", []:
            above = super_at(run, frame)
            if above is None:
                _spoil_first(run, node, frame)
            return above
        case "super", [Class() as cls, Instance() | Class() as receiver]:
            order = (receiver.cls.order if receiver.cls else ()) if isinstance(receiver, Instance) else receiver.order
            here = [number for number, one in enumerate(order) if one.attributes is cls.attributes]
            if here:
                return Object(kind="super", state={"of": receiver, "after": Const(here[0] + 1)})
            spoil_deep(run, receiver, run.unknown(node, frame))
            return None
        case "super", [_, receiver]:
            spoil_deep(run, receiver, run.unknown(node, frame))
            return None
        case empty, _ if empty.removeprefix("object.") in EMPTY:
            return Const(None)
        case "dir", [Class() | Instance() | Module() as owner]:
            names = member_names(run, owner)
            if names is None:
                return None
            # Python has further names that begin with "__", so this is gone through and never compared.
            return Object(kind="names", state={"items": Seq("list", [Const(one) for one in sorted(names)])})
        case "print", _:
            return Const(None)
        case "callable", [value]:
            return Const(True) if isinstance(value, Function | Class) else None
        case (("exec" | "eval"), _):
            run.taint(frame.module.namespace, run.unknown(node, frame, "tainted", name))
            return run.unknown(node, frame, "tainted", name)
        case "type", [Instance(cls=cls)] if cls is not None:
            return cls
    if name in _PURE:
        if not _bounded_call(name, arguments):
            return None
        return plainly(_PURE[name], arguments, keywords, set_too=name in {"len", "bool", "max", "min"})
    return None


def _bounded_call(name: str, arguments: Sequence[Value]) -> bool:
    """Whether a function of plain values takes no more than looking at them does."""
    if name in {"str", "repr", "format"}:
        if any(isinstance(item, Seq | Map) for item in arguments) and not tiny(arguments):
            return False
        if any(has_path(item) for item in arguments if name == "repr" or isinstance(item, Seq | Map)):
            return False
    if name == "format" and len(arguments) > 1 and not short(text_of(arguments[1]) or "0" * 99):
        return False
    return True


def _spoil_first(run: Run, node: ast.AST, frame: Frame) -> None:
    """`super()` that is not followed may change whatever the method was given first."""
    at = frame.of_function()
    for binding in list(at.names.names.values())[:1] if at is not None else ():
        spoil_deep(run, binding.value, run.unknown(node, frame))


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


def _sum(run: Run, value: Value, start: Value, node: ast.AST, frame: Frame) -> Value | None:
    if isinstance(start, Const) and isinstance(start.value, int | float):
        return plainly(sum, [value, start], {}, set_too=True)
    items = run.items(value)
    if items is None:
        return None
    for item in items:
        start = binary(run, ast.Add(), start, item, node, frame)
    return depending(start, value.depends)


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
