"""Small readers of the environment: dbca-utils.

Source: the code of dbca-utils 3.0, `dbca_utils.utils.env`: a text that is a Python literal becomes that, then what the
type of the default asks for.
"""

import ast
from collections.abc import Callable

from hardencheck.collect.interpret.modelling import Call
from hardencheck.collect.interpret.models._common import Failed, asked, computed, depending, given, missing, note, text
from hardencheck.collect.interpret.values import Const, Library, NotKnown, Seq, Unknown, Value, truth

_TYPES: dict[str, type] = {
    "builtins.str": str, "builtins.list": list, "builtins.tuple": tuple, "builtins.bool": bool, "builtins.int": int,
    "builtins.float": float,
}  # fmt: skip


def _env(call: Call) -> Value | None:
    found = given(call, ("key", "default", "required", "value_type"))
    name = text(found.get("key")) if found is not None else None
    if found is None or name is None:
        return None
    default = found.get("default", Const(None))
    kind = _kind(found.get("value_type", Const(None)), default)
    required = truth(found.get("required", Const(False)))
    none = isinstance(default, Const) and default.value is None
    note(call, name, default, kind.__name__ if isinstance(kind, type) else "")
    raw = asked(call, name)
    if raw is None:
        if none and required is not False:
            return missing(call, name, "Exception") if required else None
        return depending(default, frozenset({name}))
    if kind is None:
        return Unknown("call", call.name, call.frame.module.path, getattr(call.node, "lineno", 0), depends=raw.depends)
    return depending(computed(call, _reader(kind), raw), frozenset({name}))


def _kind(wanted: Value, default: Value) -> type | str | None:
    """The type that is asked for, "" for none; None where it is not known."""
    if isinstance(wanted, Library):
        return _TYPES.get(wanted.dotted)
    if not isinstance(wanted, Const) or wanted.value is not None:
        return None
    if isinstance(default, Const):
        return type(default.value) if type(default.value) in _TYPES.values() else "" if default.value is None else None
    if isinstance(default, Seq) and default.kind in {"list", "tuple"}:
        return list if default.kind == "list" else tuple
    return None


def _reader(kind: type | str) -> Callable[[object], object]:
    def read(raw: object) -> object:
        if not isinstance(raw, str) or len(raw) > 10_000:
            raise NotKnown(Unknown("budget", "a long text"))
        value: object = raw
        try:
            value = ast.literal_eval(raw)
        except (SyntaxError, ValueError):
            pass
        if not isinstance(kind, type) or isinstance(value, kind):
            return value
        if kind in {list, tuple}:
            parts = value if isinstance(value, list | tuple) else [one.strip() for one in str(value).strip().split(",")]
            return kind(part for part in parts if part or isinstance(value, list | tuple))
        if kind is bool:
            word = str(value).strip().lower()
            if word not in {"", "true", "false"}:
                raise Failed("Exception")
            return word == "true"
        return kind(value)

    return read


CALLS = {"dbca_utils.utils.env": _env}
