"""Starlette's `Config`: `config("X", cast=bool, default=False)`, `CommaSeparatedStrings`, `Secret`.

The environment wins over the file; the default is cast too. Source: Starlette documentation, "Configuration"; measured
with 1.10.
"""

import shlex
from collections.abc import Mapping

from hardencheck.collect.interpret.modelling import Call
from hardencheck.collect.interpret.models import _dotenv
from hardencheck.collect.interpret.models._common import (
    Failed,
    applied,
    asked,
    computed,
    depending,
    given,
    missing,
    note,
    text,
    unknown,
)
from hardencheck.collect.interpret.values import (
    Const,
    Library,
    Map,
    NotKnown,
    Object,
    Seq,
    Unknown,
    Value,
    depends_of,
    join,
)

_KIND = "starlette.Config"
_WORDS = {"true": True, "1": True, "false": False, "0": False}


def _lines(whole: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for one in whole.split("\n"):
        item = one.strip()
        if "=" in item and not item.startswith("#"):
            name, _, value = item.partition("=")
            value = value.strip()
            if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
                value = value[1:-1]
            found[name.strip()] = value
    return found


def _config(call: Call) -> Value | None:
    found = given(call, ("env_file", "environ", "env_prefix", "encoding"))
    prefix = text(found.get("env_prefix", Const(""))) if found is not None else None
    if found is None or prefix is None or not _is_environment(found.get("environ")):
        return None
    held = found.get("env_file", Const(None))
    values: Value = Map()
    sure = True
    if not (isinstance(held, Const) and held.value is None):
        lines = _dotenv.values(call, _dotenv.where(held), _lines)
        sure = _dotenv.sure(held)
        values = unknown(call) if lines is None else Map({name: Const(item) for name, item in lines.items()})
    return Object(kind=_KIND, state={"values": values, "prefix": Const(prefix), "sure": Const(sure)})


def _is_environment(value: Value | None) -> bool:
    if value is None or (isinstance(value, Object) and value.kind == "environ"):
        return True
    return isinstance(value, Library) and value.dotted == "starlette.config.environ"


def _called(call: Call) -> Value | None:
    owner = call.owner
    if not isinstance(owner, Object) or call.name not in {"get", _KIND}:
        return None
    found = given(call, ("key", "cast", "default"))
    name = text(found.get("key")) if found is not None else None
    if found is None or name is None:
        return None
    name = f"{text(owner.state['prefix'])}{name}"
    depends = frozenset({name})
    cast, default = found.get("cast"), found.get("default")
    note(call, name, default, cast)
    raw = asked(call, name)
    if raw is not None:
        return _cast(call, cast, depending(raw, depends))
    held = owner.state["values"]
    if not isinstance(held, Map) or not held.exact:
        return unknown(call, "call", "a file of variables", depends)
    item = held.items.get(name)
    sure = text(owner.state["sure"]) is None and owner.state["sure"].value is True  # type: ignore[attr-defined]
    if item is None or not sure:
        fallback = (
            _cast(call, cast, depending(default, depends)) if default is not None else missing(call, name, "KeyError")
        )
        return fallback if item is None else join([_cast(call, cast, depending(item, depends)), fallback])
    return _cast(call, cast, depending(item, depends))


def _cast(call: Call, cast: Value | None, value: Value) -> Value:
    if cast is None or (isinstance(cast, Const) and cast.value is None):
        return value
    if isinstance(value, Const) and value.value is None:
        return value
    if isinstance(cast, Library) and cast.dotted == "builtins.bool" and text(value) is not None:
        return computed(call, _truth, value)
    return applied(call, cast, value)


def _truth(value: object) -> bool:
    word = str(value).lower()
    if word not in _WORDS:
        raise Failed("ValueError")
    return _WORDS[word]


def _separated(call: Call) -> Value | None:
    if len(call.arguments) != 1 or call.keywords:
        return None
    value = call.arguments[0]
    items = call.interpreter.items(value) if isinstance(value, Seq) else None
    if items is not None:
        made = Seq("list", items, depends=depends_of(value))
    else:
        found = computed(call, _items, value)
        if not isinstance(found, Seq):
            return found
        made = found
    # A sequence of its own kind: iterated over and indexed like a list.
    return Object(kind="starlette.strings", state={"items": made}, depends=depends_of(value))


def _items(value: object) -> list[str]:
    if not isinstance(value, str) or len(value) > 100_000:
        raise NotKnown(Unknown("call", "a text in parts"))
    parts = shlex.shlex(value, posix=True)
    parts.whitespace, parts.whitespace_split = ",", True
    return [item.strip() for item in parts]


def _item(call: Call) -> Value | None:
    owner, index = call.owner, call.arguments[0]
    items = owner.state["items"] if isinstance(owner, Object) else None
    if isinstance(items, Seq) and items.exact and isinstance(index, Const) and isinstance(index.value, int):
        return items.items[index.value] if -len(items.items) <= index.value < len(items.items) else None
    return None


def _secret(call: Call) -> Value | None:
    if len(call.arguments) != 1 or call.keywords:
        return None
    return Object(kind="starlette.Secret", state={"of": call.arguments[0]}, depends=depends_of(call.arguments[0]))


def _secret_text(call: Call) -> Value | None:
    only = call.arguments[0]
    return only.state["of"] if isinstance(only, Object) else None


CALLS = {
    "starlette.config.Config": _config, "starlette.datastructures.CommaSeparatedStrings": _separated,
    "starlette.datastructures.Secret": _secret,
}  # fmt: skip
OBJECTS = {_KIND: _called}
METHODS = {_KIND: _called}
ITEMS = {"starlette.strings": _item}
TEXTS = {"starlette.Secret": _secret_text}
