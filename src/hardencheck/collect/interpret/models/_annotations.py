"""What pydantic makes of a value for a field of a type, for the types that settings have.

Source: pydantic documentation, "Conversion table" (v2, lax mode); measured with 2.14. What differs between versions,
or is not a plain type, is not known.
"""

import ast
import json
import re
from pathlib import PurePosixPath
from typing import NamedTuple

from hardencheck.collect.interpret.modelling import Call
from hardencheck.collect.interpret.models import _data, enumeration
from hardencheck.collect.interpret.models._common import NONE, computed, failing, unknown
from hardencheck.collect.interpret.models._places import form_of
from hardencheck.collect.interpret.values import (
    Class,
    Const,
    Instance,
    Library,
    Map,
    NotKnown,
    Object,
    Seq,
    Unknown,
    Value,
    depends_of,
    lifted,
    plain,
    same,
)

_TRUE, _FALSE = {"1", "on", "t", "true", "y", "yes"}, {"0", "off", "f", "false", "n", "no"}
_NAMES = {
    "builtins.bool": "bool", "builtins.int": "int", "builtins.float": "float", "builtins.str": "str",
    "builtins.list": "list", "builtins.tuple": "tuple", "builtins.set": "set", "builtins.dict": "dict",
    "typing.List": "list", "typing.Tuple": "tuple", "typing.Set": "set", "typing.Dict": "dict",
    "typing.Sequence": "other", "typing.Any": "any", "pydantic.SecretStr": "secret", "pathlib.Path": "path",
    "pydantic.StrictStr": "str", "pydantic.types.SecretStr": "secret", "pydantic.PositiveInt": "int",
    "pydantic.NonNegativeInt": "int",
}  # fmt: skip


class Kind(NamedTuple):
    """name: of a plain type, "optional", "literal", "enum", "model", "other". inner: types in it. values: literals."""

    name: str
    inner: tuple["Kind", ...] = ()
    values: tuple[Value, ...] = ()
    cls: Class | None = None
    metadata: tuple[ast.expr, ...] = ()

    @property
    def complex(self) -> bool:
        """Whether a variable has to hold JSON."""
        if self.name == "optional":
            return any(item.complex for item in self.inner)
        return self.name in {"list", "tuple", "set", "dict", "model"}


OTHER = Kind("other")


def kind_of(call: Call, node: ast.expr, depth: int = 0) -> Kind:
    """The type of an annotation. call.frame: where its names are looked up."""
    if depth > 8:
        return OTHER
    if isinstance(node, ast.Constant):
        if node.value is None:
            return Kind("none")
        if not isinstance(node.value, str) or len(node.value) > 1_000:
            return OTHER
        try:
            return kind_of(call, ast.parse(node.value, mode="eval").body, depth + 1)
        except (SyntaxError, ValueError, RecursionError):
            return OTHER
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _union(kind_of(call, node.left, depth + 1), kind_of(call, node.right, depth + 1))
    if isinstance(node, ast.Subscript):
        return _generic(call, node, depth)
    if not isinstance(node, ast.Name | ast.Attribute):
        return OTHER
    found = call.interpreter.value(node, call.frame)
    if isinstance(found, Object) and found.kind == "typing.literal":
        held = found.state["of"]
        return Kind("literal", values=tuple(held.items)) if isinstance(held, Seq) else OTHER
    if isinstance(found, Library):
        return Kind(_NAMES.get(found.dotted, "other"))
    if isinstance(found, Class):
        if enumeration.of(found):
            return Kind("enum", cls=found)
        return Kind("model", cls=found)
    return OTHER


def _union(*kinds: Kind) -> Kind:
    flat: list[Kind] = []
    for kind in kinds:
        flat.extend(kind.inner if kind.name == "optional" else (kind,))
    return Kind("optional", tuple(flat))


def _generic(call: Call, node: ast.Subscript, depth: int) -> Kind:
    outer = call.interpreter.value(node.value, call.frame)
    dotted = (
        outer.dotted.removeprefix("typing_extensions.").removeprefix("typing.") if isinstance(outer, Library) else ""
    )
    parts = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
    if dotted == "Optional":
        return _union(kind_of(call, parts[0], depth + 1), Kind("none"))
    if dotted == "Union":
        return _union(*(kind_of(call, part, depth + 1) for part in parts))
    if dotted == "Literal":
        return Kind("literal", values=tuple(call.interpreter.value(part, call.frame) for part in parts))
    if dotted == "Annotated":
        return kind_of(call, parts[0], depth + 1)._replace(metadata=tuple(parts[1:]))
    if dotted in {"Final"}:
        return kind_of(call, parts[0], depth + 1)
    if dotted == "ClassVar":
        return Kind("class")
    name = _NAMES.get(outer.dotted, "other") if isinstance(outer, Library) else "other"
    if name in {"list", "set", "dict"}:
        return Kind(name, tuple(kind_of(call, part, depth + 1) for part in parts))
    if name == "tuple" and len(parts) == 2 and isinstance(parts[1], ast.Constant) and parts[1].value is ...:
        return Kind(name, (kind_of(call, parts[0], depth + 1),))
    return OTHER


def from_text(call: Call, kind: Kind, value: Value) -> Value:
    """What the text of a variable becomes."""
    if kind.complex:
        loaded = computed(call, _loaded, value)
        if isinstance(loaded, Unknown):
            return loaded
        if isinstance(loaded, Const) and loaded.value is None:
            return unknown(call, "call", "null, which may stand for the default", depends_of(value))
        return validated(call, kind, loaded)
    return validated(call, kind, value)


def _loaded(value: object) -> object:
    return _data.checked(json.loads(str(value)))


def validated(call: Call, kind: Kind, value: Value) -> Value:
    """What validation makes of it; a value that is not valid stops the program."""
    if isinstance(value, Unknown):
        return value
    depends = depends_of(value)
    lost = unknown(call, "call", f"a value of type {kind.name}", depends)
    match kind.name:
        case "any":
            return value
        case "bool" | "int" | "float" | "str" | "none" | "path":
            return _scalar(call, kind.name, value)
        case "secret":
            held = _scalar(call, "str", value)
            return Object(kind="secret", state={"of": held}, depends=depends) if not _is_secret(value) else value
        case "literal":
            return value if any(same(value, item) for item in kind.values) else _invalid(call, lost)
        case "enum":
            if isinstance(value, Object) and value.kind == "enum.member" and value.state["class"] is kind.cls:
                return value
            found = enumeration.by_value(kind.cls, value) if kind.cls is not None else None
            return found or lost
        case "model":
            ours = isinstance(value, Instance) and value.cls is not None and kind.cls in value.cls.order
            return value if ours else lost
        case "list" | "tuple" | "set":
            return _sequence(call, kind, value, lost)
        case "dict":
            return _table(call, kind, value, lost)
        case "optional":
            return _one_of(call, kind, value, lost)
    return lost


def _invalid(call: Call, lost: Unknown) -> Unknown:
    failing(call, "ValidationError")
    return lost


def _is_secret(value: Value) -> bool:
    return isinstance(value, Object) and value.kind == "secret"


def _scalar(call: Call, name: str, value: Value) -> Value:
    lost = unknown(call, "call", f"a value of type {name}", depends_of(value))
    if not isinstance(value, Const):
        if name == "path" and isinstance(value, Object) and value.kind == "place":
            return Object(kind="place", state={**value.state, "form": Const("path")}, depends=value.depends)
        if name == "str" and isinstance(value, Object) and value.kind == "place" and form_of(value) == "text":
            return value
        return lost
    held = value.value
    if name == "none":
        return value if held is None else lost
    if type(held).__name__ == name or (name == "path" and isinstance(held, PurePosixPath)):
        return value
    if isinstance(held, str):
        return computed(call, _READ[name], value) if name in _READ else lost
    if name == "bool" and isinstance(held, int) and held in (0, 1):
        return Const(bool(held), depends=value.depends)
    if name == "float" and isinstance(held, int) and not isinstance(held, bool):
        return Const(float(held), depends=value.depends)
    return lost


def _bool(value: str) -> bool:
    word = value.lower()
    if word not in _TRUE | _FALSE:
        raise NotKnown(Unknown("call", "a text that is no bool"))
    return word in _TRUE


def _int(value: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", value):
        raise NotKnown(Unknown("call", "a number in another form"))
    return int(value)


def _float(value: str) -> float:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?", value):
        raise NotKnown(Unknown("call", "a number in another form"))
    return float(value)


def _path(value: str) -> object:
    return PurePosixPath(value)


_READ = {"bool": _bool, "int": _int, "float": _float, "path": _path}


def _sequence(call: Call, kind: Kind, value: Value, lost: Unknown) -> Value:
    if not isinstance(value, Seq) or not value.exact or (value.kind == "set") is not (kind.name == "set"):
        return lost
    items = value.items
    if kind.inner:
        items = [validated(call, kind.inner[0], item) for item in items]
    return Seq(kind.name, list(items), depends=value.depends)  # type: ignore[arg-type]


def _table(call: Call, kind: Kind, value: Value, lost: Unknown) -> Value:
    if not isinstance(value, Map) or not value.exact or value.maybe:
        return lost
    if len(kind.inner) != 2:
        return value
    made = Map(depends=value.depends)
    for key, item in value.items.items():
        try:
            index = plain(validated(call, kind.inner[0], lifted(key)))
        except (NotKnown, TypeError):
            return lost
        made.items[index] = validated(call, kind.inner[1], item)
    return made


def _one_of(call: Call, kind: Kind, value: Value, lost: Unknown) -> Value:
    """A union: what is of one of its types stays what it is; else the only other type decides."""
    if isinstance(value, Const) and value.value is None:
        return NONE if not value.depends else value
    others = [item for item in kind.inner if item.name != "none"]
    if len(others) == 1:
        return validated(call, others[0], value)
    if isinstance(value, Const) and isinstance(value.value, str):
        # pydantic 1 takes the first type that fits.
        texts = any(item.name == "str" for item in others)
        exact = call.name.startswith("pydantic_settings") or not any(item.name in _READ for item in others)
        return value if texts and exact else lost
    for item in others:
        if isinstance(value, Const) and type(value.value).__name__ == item.name:
            return value
    return lost
