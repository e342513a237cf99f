"""environs: `env.bool("X", default)`, prefixes, `read_env`, `dj_db_url`.

A default is given back as it is, but by the readers of addresses, which parse it. Source: environs documentation;
measured with 15.2.0 and marshmallow 4.4. Values of a `.env` file count where the environment has none: before version
15 they went into the environment, where others see them too, so they are exported here, perhaps.
"""

import ast
import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import PurePosixPath

from hardencheck.collect.interpret import environment
from hardencheck.collect.interpret.modelling import Call
from hardencheck.collect.interpret.models import _data, _dotenv, dj_urls, dotenv
from hardencheck.collect.interpret.models import _places as places
from hardencheck.collect.interpret.models._common import (
    Failed,
    asked,
    computed,
    depending,
    each,
    flag,
    mail,
    missing,
    note,
    sequence,
    text,
    unknown,
)
from hardencheck.collect.interpret.values import (
    Const,
    Library,
    Map,
    NotKnown,
    Object,
    Unknown,
    Value,
    depends_of,
    now,
    truth,
)

_KIND = "environs"
_TRUE = {"t", "true", "on", "y", "yes", "1"}
_FALSE = {"f", "false", "off", "n", "no", "0"}
_LEVELS = {"CRITICAL": 50, "FATAL": 50, "ERROR": 40, "WARN": 30, "WARNING": 30, "INFO": 20, "DEBUG": 10, "NOTSET": 0}
_ERROR = "EnvError"


def _env(call: Call) -> Value | None:
    if call.arguments:
        return None
    options: dict[object, Value] = {"prefix": call.keywords.get("prefix", Const(None))}
    for name in ("eager", "expand_vars"):
        options[name] = call.keywords.get(name, Const(name == "eager"))
    if call.keywords.keys() - {"prefix", "eager", "expand_vars", "file_suffix", "strip_whitespace"}:
        return None
    suffix = call.keywords.get("file_suffix", Const("_FILE")) if call.name.endswith("FileAwareEnv") else Const("")
    return Object(kind=_KIND, state={"options": Map(options), "suffix": suffix, "parsers": Map(), "loaded": Map()})


def _option(call: Call, name: str) -> object:
    options = call.owner.state["options"] if isinstance(call.owner, Object) else None
    held = options.items.get(name) if isinstance(options, Map) and options.exact and name not in options.maybe else None
    if not isinstance(held, Const):
        raise NotKnown(Unknown("call", f"{name} of the reader"))
    return held.value


def _called(call: Call) -> Value | None:
    return _read(call, "raw")


def _method(call: Call) -> Value | None:
    owner = call.owner
    if not isinstance(owner, Object):
        return None
    if call.name == "read_env":
        return _file(call)
    if call.name == "seal":
        return Const(None)
    if call.name == "prefixed":
        prefix = call.arguments[0] if call.arguments else call.keywords.get("prefix", Const(None))
        return Object(kind="environs.prefixed", state={"of": owner, "prefix": prefix, "before": Map()})
    if call.name in {"add_parser", "add_parser_from_field", "parser_for"}:
        parsers = owner.state["parsers"]
        if isinstance(parsers, Map):
            call.interpreter.touch(parsers)
            parsers.taint()
        return Object(kind="decorator.same") if call.name == "parser_for" else Const(None)
    made = _read(call, call.name) if call.name in _KINDS else None
    return mail(made) if call.name == "dj_email_url" and made is not None else made


def _names(call: Call) -> dict[str, Value] | None:
    parameters = ("name", "default", "subcast")
    if len(call.arguments) > len(parameters):
        return None
    return {**dict(zip(parameters, call.arguments, strict=False)), **call.keywords}


def _read(call: Call, kind: str) -> Value | None:
    found = _names(call)
    name = text(found.get("name")) if found is not None else None
    if found is None or name is None or not isinstance(call.owner, Object):
        return None
    default = found.get("default")
    try:
        prefix, expand, eager = _option(call, "prefix"), _option(call, "expand_vars"), _option(call, "eager")
    except NotKnown as error:
        return unknown(call, "call", error.value.text)
    name = f"{prefix or ''}{name}"
    depends = frozenset({name})
    suffix = text(call.owner.state["suffix"])
    if suffix is None or (suffix and asked(call, name + suffix) is not None):
        return unknown(call, "call", "the contents of a file", depends)
    if suffix:
        depends |= {name + suffix}
    note(call, name, default, kind)
    raw = _raw(call, name)
    if raw is None:
        if _is_ellipsis(call):
            default = None
        if default is None:
            # Not at once where all errors are collected.
            return missing(call, name, _ERROR) if eager else unknown(call, "env-required", name, depends)
        value = depending(default, depends)
        return _cast(call, kind, found, value) if kind.startswith("dj_") else value
    value = depending(raw, depends)
    whole = text(value)
    if expand and (whole is None or "$" in whole):
        return unknown(call, "call", "a value of other variables", depends)
    return depending(_cast(call, kind, found, value), depends)


def _raw(call: Call, name: str) -> Value | None:
    """The environment wins over a file that was read."""
    loaded = call.owner.state["loaded"] if isinstance(call.owner, Object) else None
    if not isinstance(loaded, Map) or not loaded.exact:
        return unknown(call, "call", "a file of variables", frozenset({name}))
    held = loaded.items.get(name)
    if held is None:
        return asked(call, name)
    if name in loaded.maybe:
        return unknown(call, "branch", name, frozenset({name}))
    call.interpreter.reads.add(name)
    if name in call.interpreter.environment:
        return asked(call, name) if not loaded.items.get(f" {name}") else unknown(call, "call", name, frozenset({name}))
    return held


def _is_ellipsis(call: Call) -> bool:
    return isinstance(call.node, ast.Call) and any(
        isinstance(item, ast.Constant) and item.value is ... for item in call.node.args
    )


def _truth(value: object) -> bool:
    # Measured: t, T, true, True, TRUE, on, On, ON, y, Y, yes, Yes, YES, 1 and their opposites, no other case.
    word = str(value)
    if word.lower() not in _TRUE | _FALSE or word not in {word.lower(), word.upper(), word.capitalize()}:
        raise Failed(_ERROR)
    return word.lower() in _TRUE


def _number(value: object) -> int:
    word = str(value)
    if not word.strip().lstrip("+-").isdecimal():
        raise NotKnown(Unknown("call", "a number in another form"))
    return int(word)


def _float(value: object) -> float:
    found = float(str(value))
    if found != found or found in {float("inf"), float("-inf")}:
        raise Failed(_ERROR)
    return found


def _json(value: object) -> object:
    return _data.checked(json.loads(str(value)))


def _level(value: object) -> int:
    word = str(value)
    if word.lstrip("-").isdecimal():
        return int(word)
    if word.upper() not in _LEVELS:
        raise Failed(_ERROR)
    return _LEVELS[word.upper()]


def _seconds(value: object) -> timedelta:
    word = str(value)
    if not word.isdecimal():
        raise NotKnown(Unknown("call", "a span in another form"))
    return timedelta(seconds=int(word))


_CASTS: dict[str, Callable[..., object]] = {
    "bool": _truth, "int": _number, "float": _float, "json": _json, "log_level": _level, "timedelta": _seconds,
    "path": lambda value: PurePosixPath(str(value)), "dj_email_url": dj_urls.email,
}  # fmt: skip
_KINDS = frozenset({
    *_CASTS, "str", "list", "dict", "url", "enum", "dj_db_url", "dj_cache_url", "decimal", "datetime", "date", "time",
    "uuid",
})  # fmt: skip
_PLAIN = frozenset({"default", "name", "error", "validate", "required", "allow_none", "subcast"})


def _cast(call: Call, kind: str, found: dict[str, Value], value: Value) -> Value:
    """What a text becomes. A validation that is not known either lets it pass or raises."""
    depends = depends_of(value)
    parsers = call.owner.state["parsers"] if isinstance(call.owner, Object) else None
    if isinstance(parsers, Map) and not parsers.exact and kind not in _KINDS | {"raw"}:
        return unknown(call, "call", kind, depends)
    if kind in {"raw", "str"}:
        return value
    more = found.keys() - _PLAIN
    if kind == "dj_db_url":
        options = {name: item for name, item in found.items() if name in dj_urls._PARAMETERS}
        return dj_urls.parsed(call, value, options) if more <= options.keys() else unknown(call, "call", kind, depends)
    if kind in _CASTS:
        return computed(call, _CASTS[kind], value) if not more else unknown(call, "call", kind, depends)
    if kind == "url":
        address = Library(dotted="urllib.parse.urlparse")
        return call.interpreter.call(address, [value], {}, call.node, call.frame)
    whole, separator = text(value), text(found.get("delimiter", Const(",")))
    if whole is None or not separator or more - {"delimiter"}:
        return value if isinstance(value, Unknown) else unknown(call, "call", kind, depends)
    if kind == "list":
        return _items(call, found.get("subcast"), whole.split(separator) if whole else [], depends)
    if kind == "dict":
        return (
            computed(call, _pairs, value, Const(separator)) if "subcast" not in found else unknown(call, "call", kind)
        )
    return unknown(call, "call", kind, depends)


def _items(call: Call, subcast: Value | None, items: Sequence[str], depends: frozenset[str]) -> Value:
    named = subcast.dotted.removeprefix("builtins.") if isinstance(subcast, Library) else ""
    if subcast is None or truth(subcast) is False or named == "str":
        return sequence("list", each(call, None, items, depends), depends)
    if named in {"bool", "int", "float"}:
        made = [computed(call, _CASTS[named], Const(item, depends=depends)) for item in items]
        return sequence("list", made, depends)
    if isinstance(subcast, Library):
        return unknown(call, "call", "a cast of items", depends)
    return sequence("list", each(call, subcast, items, depends), depends)


def _pairs(value: object, separator: object) -> dict[str, str]:
    pairs = [item.partition("=") for item in str(value).split(str(separator)) if value]
    if any(not equals for _, equals, _ in pairs):
        raise Failed(_ERROR)
    return {key.strip(): item.strip() for key, _, item in pairs}


def _file(call: Call) -> Value:
    where = call.arguments[0] if call.arguments else call.keywords.get("path", Const(None))
    recurse = flag(call.arguments[1] if len(call.arguments) > 1 else call.keywords.get("recurse"), True)
    override = flag(call.arguments[2] if len(call.arguments) > 2 else call.keywords.get("override"), False)
    if isinstance(where, Const) and not where.value:
        where = places.beside(call, ".env")
    if recurse is None:
        environment.export(call.interpreter, None, Const(None))
        return Const(None)
    inside = places.inside(where)
    if recurse and inside is not None:
        folder, _, name = inside.rpartition("/")
        where = _dotenv.upwards(call, places.made(folder, "text"), name) or where
    found = _dotenv.values(call, _dotenv.where(where), dotenv.parse)
    if found is None:
        environment.export(call.interpreter, None, Const(None))
        return Const(None)
    loaded = call.owner.state["loaded"] if isinstance(call.owner, Object) else None
    for name, item in found.items():
        if item is None or not isinstance(loaded, Map):
            continue
        made = dotenv.as_value(name, item)
        if not _dotenv.sure(where) or override is None or call.interpreter.perhaps:
            made = Unknown("location", "the working directory", depends=made.depends)
        call.interpreter.touch(loaded)
        if override is not False or name not in loaded.items:
            loaded.items[name] = made
        if override is not False:
            loaded.items[f" {name}"] = Const(True)
        # Others see it, or not: that depends on the version.
        if override is not False or asked(call, name) is None:
            environment.perhaps_exported(call.interpreter, name)
    return unknown(call, "branch")


def _prefixed(call: Call) -> Value | None:
    """with env.prefixed("APP_"): the same reader, which then asks for other names."""
    manager = call.owner
    owner = manager.state["of"] if isinstance(manager, Object) else None
    options = owner.state["options"] if isinstance(owner, Object) else None
    before = manager.state["before"] if isinstance(manager, Object) else None
    if not isinstance(options, Map) or not isinstance(before, Map) or not isinstance(manager, Object):
        return None
    call.interpreter.touch(options)
    call.interpreter.touch(before)
    if call.name == "__enter__":
        old, more = options.items.get("prefix", Const(None)), manager.state["prefix"]
        before.items["prefix"] = old
        both = computed(call, lambda one, two: f"{one or ''}{two}", old, more)
        options.items["prefix"] = both
        return owner
    options.items["prefix"] = before.items.get("prefix", Unknown("call", "a prefix"))
    return Const(None)


def _shared(call: Call) -> Value | None:
    """`from environs import env`: the one that all share."""
    owner = call.interpreter.shared.get(_KIND)
    if owner is None:
        since = now()
        made = _env(call._replace(name="environs.Env", arguments=[], keywords={}))
        if not isinstance(made, Object):
            return None
        owner = call.interpreter.shared[_KIND] = made
        call.interpreter.lasting.append((since, now()))
    name = call.name.removeprefix("environs.env").removeprefix(".")
    use = call._replace(name=name, owner=owner)
    return _method(use) if name else _called(use)


_METHODS = (*sorted(_KINDS), "read_env", "seal", "prefixed", "add_parser", "add_parser_from_field", "parser_for")
CALLS = {
    **dict.fromkeys(("environs.Env", "environs.FileAwareEnv"), _env),
    **dict.fromkeys(("environs.env", *(f"environs.env.{name}" for name in _METHODS)), _shared),
}
OBJECTS = {_KIND: _called}
METHODS = {_KIND: _method}
MANAGERS = {"environs.prefixed": _prefixed}
