"""enum: members of a class of the repository, with their names and values.

A member is never a plain value: what its text is depends on the version of Python, so only comparisons are followed.
Source: the Python documentation, enum; the difference of format() between 3.11 and 3.12.
"""

from hardencheck.collect.interpret.modelling import Call
from hardencheck.collect.interpret.models._common import unknown
from hardencheck.collect.interpret.values import Class, Const, Function, Object, Value, same

_BASES = ("enum.Enum", "enum.StrEnum", "enum.IntEnum")
_MIXED = ("builtins.str", "builtins.int")


def of(cls: Class) -> bool:
    return any(base in _BASES for one in cls.order for base in one.outside)


def member(cls: Class, name: str, value: Value) -> Object:
    mixed = any(base in (*_MIXED, "enum.StrEnum", "enum.IntEnum") for one in cls.order for base in one.outside)
    return Object(
        kind="enum.member",
        state={"class": cls, "name": Const(name), "value": value, "mixed": Const(mixed)},
        depends=value.depends,
    )


def by_value(cls: Class, value: Value) -> Object | None:
    """The member with this value."""
    for name, binding in cls.attributes.names.items():
        if not name.startswith("_") and same(binding.value, value):
            return member(cls, name, binding.value)
    return None


def _member(call: Call) -> Value | None:
    if not call.arguments or not isinstance(call.owner, Class):
        return None
    value = call.arguments[0]
    if isinstance(value, Function | Class) or call.name.startswith("_"):
        return None
    if not _followed(call.owner, value):
        return unknown(call, "call", "a member of an enumeration")
    first = by_value(call.owner, value)  # a second name of one value is an alias
    return first if first is not None else member(call.owner, call.name, value)


# With one of these in its body, a class decides itself what its members are.
_HOOKS = frozenset({"__new__", "__init__", "__eq__", "__hash__", "_generate_next_value_", "_missing_", "_ignore_"})


def _followed(cls: Class, value: Value) -> bool:
    """Whether a member is worth what the body says: str(1) is not 1."""
    if any(name in one.attributes.names for one in cls.order for name in _HOOKS):
        return False
    bases = {base for one in cls.order for base in one.outside}
    if bases - {*_BASES, *_MIXED}:
        return False
    kind = (
        str if bases & {"builtins.str", "enum.StrEnum"} else int if bases & {"builtins.int", "enum.IntEnum"} else None
    )
    return kind is None or (isinstance(value, Const) and type(value.value) is kind)


def _looked_up(call: Call) -> Value | None:
    """Level("x"): the member of this value."""
    if len(call.arguments) != 1 or not isinstance(call.owner, Class):
        return None
    if not _followed(call.owner, call.arguments[0]):
        return unknown(call, "call", "a member of an enumeration")
    return by_value(call.owner, call.arguments[0]) or unknown(call, "call", "a member of an enumeration")


def _part(call: Call) -> Value | None:
    if not isinstance(call.owner, Object):
        return None
    if call.name in {"value", "_value_"}:
        return call.owner.state["value"]
    return call.owner.state["name"] if call.name in {"name", "_name_"} else None


def _compared(call: Call) -> Value | None:
    left, right = call.arguments
    if call.name not in {"Eq", "NotEq"}:
        return None
    if isinstance(left, Object) and isinstance(right, Object) and left.kind == right.kind == "enum.member":
        known = left.state["class"] is right.state["class"]
        if known and same(left.state["value"], right.state["value"]):
            return Const(call.name == "Eq")
        simple = all(isinstance(item.state["value"], Const) for item in (left, right))
        return Const(call.name == "NotEq") if known and simple else None
    one, other = (left, right) if isinstance(left, Object) and left.kind == "enum.member" else (right, left)
    if isinstance(one, Object) and one.kind == "enum.member" and isinstance(other, Const):
        value = one.state["value"]
        mixed = one.state["mixed"]
        if not isinstance(value, Const) or not isinstance(mixed, Const):
            return None
        equal = bool(mixed.value) and value.value == other.value
        return Const(equal is (call.name == "Eq"), depends=value.depends | other.depends)
    return None


BASES = dict.fromkeys(_BASES, _looked_up)
MEMBERS = dict.fromkeys(_BASES, _member)
ATTRIBUTES = {"enum.member": _part}
COMPARE = {"enum.member": _compared}
