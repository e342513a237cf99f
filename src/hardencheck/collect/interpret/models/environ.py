"""django-environ: `env("X")`, `env.bool("X", default=...)`, schemes, prefixes, proxies, and `.env` files.

Source: django-environ documentation, "API Reference" and "Tips"; measured with 0.14.0. A default is given back as it
is (only `url` and its kin parse it); a value is cast, unless it equals the default.
"""

import re
from collections.abc import Mapping

from hardencheck.collect.interpret import environment
from hardencheck.collect.interpret.modelling import Call
from hardencheck.collect.interpret.models import _dotenv
from hardencheck.collect.interpret.models import _places as places
from hardencheck.collect.interpret.models._common import (
    _ENVIRON,
    asked,
    computed,
    depending,
    each,
    failing,
    flag,
    given,
    mail,
    missing,
    note,
    sequence,
    text,
    unknown,
)
from hardencheck.collect.interpret.models._environ_urls import cache_url, database_url, email_url
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
    plain,
    same,
    truth,
)

MAX_PROXIES = 10
_KIND = "environ.Env"
_TRUE = {"true", "on", "ok", "y", "yes", "1"}
_NOT_SET = "environ.Env.NOTSET"
_TYPES = {
    bool: "bool", int: "int", float: "float", str: "str", list: "list", tuple: "tuple", dict: "dict", bytes: "bytes",
}  # fmt: skip
_CASTS = {"bool": "bool", "int": "int", "float": "float", "json": "json", "str": "str", "unicode": "str"}


def _env(call: Call) -> Value | None:
    if call.arguments:
        return None
    options = Map({"prefix": Const(""), "smart_cast": Const(True), "escape_proxy": Const(False)})
    scheme = Map({name: item for name, item in call.keywords.items()})
    return Object(
        kind=_KIND, state={"scheme": scheme, "options": options, "files": Const(call.name.endswith("FileAwareEnv"))}
    )


def _option(owner: Object, name: str) -> object:
    options = owner.state["options"]
    held = options.items.get(name) if isinstance(options, Map) and options.exact and name not in options.maybe else None
    if not isinstance(held, Const):
        raise NotKnown(Unknown("call", f"{name} of the reader"))
    return held.value


def _set(call: Call) -> Value | None:
    owner = call.owner
    options = owner.state["options"] if isinstance(owner, Object) else None
    if not isinstance(options, Map):
        return None
    call.interpreter.touch(options)
    if call.interpreter.perhaps:
        options.taint()
    else:
        options.items[call.name] = call.arguments[0]
    return Const(None)


def _attribute(call: Call) -> Value | None:
    if call.name == "NOTSET":
        return Library(dotted=_NOT_SET)
    owner = call.owner
    if call.name in {"prefix", "smart_cast", "escape_proxy"} and isinstance(owner, Object):
        options = owner.state["options"]
        return options.items.get(call.name) if isinstance(options, Map) and options.exact else unknown(call)
    return Object(kind="environ") if call.name == "ENVIRON" else None


def _contains(call: Call) -> Value | None:
    """`"NAME" in env`: whether the variable is set; a prefix counts for nothing there."""
    options = call.owner.state["options"] if isinstance(call.owner, Object) else None
    if not isinstance(options, Map) or not options.exact or "ENVIRON" in options.items:
        return None
    there = environment.contains(call.interpreter, _ENVIRON, call.arguments[0])
    return (
        Const(there, depends=environment.asked(call.interpreter, _ENVIRON, call.arguments[0]))
        if there is not None
        else None
    )


def _called(call: Call) -> Value | None:
    found = given(call, ("var", "cast", "default", "parse_default"))
    name = text(found.get("var")) if found is not None else None
    if found is None or name is None:
        return None
    parse = flag(found.get("parse_default"), False)
    return get(call, name, _no_none(found.get("cast")), found.get("default"), parse) if parse is not None else None


def _no_none(value: Value | None) -> Value | None:
    return None if isinstance(value, Const) and value.value is None else value


def _is_not_set(value: Value | None) -> bool:
    return value is None or (isinstance(value, Library) and value.dotted == _NOT_SET)


def get(
    call: Call, name: str, cast: Value | None, default: Value | None, parse_default: bool = False, depth: int = 0
) -> Value:
    """What `get_value` gives."""
    owner = call.owner
    if not isinstance(owner, Object) or depth > MAX_PROXIES:
        return unknown(call, "budget", "variables that stand for each other")
    default = None if _is_not_set(default) else default
    try:
        name = f"{_option(owner, 'prefix')}{name}"
        smart, escaped = _option(owner, "smart_cast"), _option(owner, "escape_proxy")
        cast, default = _scheme(call, owner, name, cast, default)
    except NotKnown as error:
        return error.value
    depends = frozenset({name})
    note(call, name, default, cast)
    raw = asked(call, name)
    if plain(owner.state["files"]) is True:
        depends |= {f"{name}_FILE"}
        if asked(call, f"{name}_FILE") is not None:
            return unknown(call, "call", "the contents of a file", depends)
    if raw is None and default is None:
        return missing(call, name, "ImproperlyConfigured")
    value = depending(raw if raw is not None else default, depends)  # type: ignore[arg-type]
    proxied = False
    if isinstance(value, Const) and isinstance(value.value, str):
        if value.value.startswith("$"):
            value = depending(get(call, value.value.lstrip("$"), cast, default, False, depth + 1), depends)
            proxied = True
        if escaped and isinstance(value, Const) and isinstance(value.value, str):
            value = Const(value.value.replace("\\$", "$"), depends=value.depends)
    if smart and cast is None and default is not None and not (isinstance(default, Const) and default.value is None):
        cast = _type_of(default)
    if isinstance(default, Const) and default.value is None and isinstance(value, Const) and value.value == "":
        value = Const(None, depends=value.depends)
    is_default = (raw is None and not proxied) or (default is not None and same(value, default))
    if is_default and not (parse_default and not (isinstance(value, Const) and value.value is None)):
        return value
    if proxied and not (
        (isinstance(cast, Library) and cast.dotted.rpartition(".")[2] in {"str", "bool", "int"}) or cast is None
    ):
        return unknown(call, "call", "a variable that stands for another", depends | depends_of(value))
    parsed = _parsed(call, value, cast)
    if raw is not None and default is not None and isinstance(default, Unknown) and cast is not None:
        return join([value, parsed])  # a value that equals the default is not cast
    return parsed


def _scheme(
    call: Call, owner: Object, name: str, cast: Value | None, default: Value | None
) -> tuple[Value | None, Value | None]:
    scheme = owner.state["scheme"]
    if not isinstance(scheme, Map) or not scheme.exact or scheme.maybe:
        raise NotKnown(unknown(call, "call", "the scheme of the reader"))
    info = scheme.items.get(name)
    if info is None:
        return cast, default
    if isinstance(info, Seq) and info.exact and len(info.items) == 2:
        second = info.items[1]
        return cast or _no_none(info.items[0]), (default if default is not None or _is_not_set(second) else second)
    if isinstance(info, Library) or (isinstance(info, Seq) and info.exact) or truth(info) is True:
        if isinstance(info, Const | Map):
            raise NotKnown(unknown(call, "call", "the scheme of the reader"))
        return cast or info, default
    raise NotKnown(unknown(call, "call", "the scheme of the reader"))


def _type_of(default: Value) -> Value:
    if isinstance(default, Seq):
        return Library(dotted=f"builtins.{default.kind}")
    if isinstance(default, Map):
        return Library(dotted="builtins.dict")
    if isinstance(default, Const) and type(default.value) in _TYPES:
        return Library(dotted=f"builtins.{_TYPES[type(default.value)]}")
    return Unknown("call", "the type of the default")


def _parsed(call: Call, value: Value, cast: Value | None) -> Value:
    """What `parse_value` gives."""
    depends = depends_of(value)
    if cast is None:
        return value
    if isinstance(cast, Unknown):
        return unknown(call, cast.reason, cast.text, depends | cast.depends)
    if isinstance(cast, Library) and cast.dotted == "builtins.bool":
        if "environ.Env.BOOLEAN_TRUE_STRINGS" in call.interpreter.patched:
            return unknown(call, "call", "BOOLEAN_TRUE_STRINGS is set", depends)
        return computed(call, _truth, value)
    whole = text(value)
    kind = cast.dotted.removeprefix("builtins.") if isinstance(cast, Library) else ""
    if not isinstance(cast, Seq | Map) and kind not in {"dict", "list", "tuple", "float"}:
        found = call.interpreter.call(cast, [value], {}, call.node, call.frame)
        return depending(found, depends)
    if whole is None:
        if not isinstance(value, Unknown):
            failing(call, "AttributeError")
        return value if isinstance(value, Unknown) else unknown(call, "call", call.name, depends)
    if isinstance(cast, Map):
        return unknown(call, "call", "a table of casts", depends)
    if isinstance(cast, Seq):
        if cast.kind not in {"list", "tuple"} or not cast.exact or not cast.items:
            return unknown(call, "call", "a cast", depends)
        return sequence(cast.kind, each(call, cast.items[0], _items(whole, cast.kind), depends), depends)
    if kind == "dict":
        return computed(call, lambda one: dict([item.split("=", 1) for item in one.split(",") if item]), value)
    if kind == "float":
        return computed(call, _float, value)
    return sequence(kind, each(call, None, _items(whole, kind), depends), depends)


def _truth(value: str) -> bool:
    try:
        return int(value) != 0
    except ValueError:
        return value.lower().strip() in _TRUE


def _items(whole: str, kind: str) -> list[str]:
    if kind == "tuple":
        whole = whole.strip("(").strip(")")
    return [item for item in whole.split(",") if item]


def _float(value: str) -> float:
    """A comma or a point, and separators of thousands."""
    *whole, last = re.split(r"[,.]", re.sub(r"[^\d,.-]", "", value))
    return float(f"{''.join(whole)}.{last}" if whole else last)


# Its methods


def _method(call: Call) -> Value | None:
    name = call.name
    if name == "read_env":
        return _read(call)
    if name in _CASTS:
        return _simple(call, _CASTS[name])
    if name in {"list", "tuple", "dict"}:
        found = given(call, ("var", "cast", "default"))
        variable = text(found.get("var")) if found is not None else None
        if found is None or variable is None:
            return None
        cast = _no_none(found.get("cast"))
        plain_cast: Value = Library(dotted=f"builtins.{name}")
        if cast is not None and name != "dict":
            plain_cast = Seq(name, [cast])  # type: ignore[arg-type]
        elif cast is not None:
            plain_cast = cast
        return get(call, variable, plain_cast, found.get("default"))
    if name == "get_value":
        return _called(call)
    if name == "url":
        return _simple(call, "urllib.parse.urlparse", True)
    if name in {"db", "db_url", "cache", "cache_url", "email", "email_url"}:
        return _url(call, name.removesuffix("_url"))
    if name in {"search_url", "channels", "channels_url", "path", "bytes"} and call.arguments:
        variable = text(call.arguments[0])
        return unknown(call, "call", name, frozenset({variable} if variable else ()))
    return None


def _simple(call: Call, cast: str, parse_default: bool = False) -> Value | None:
    found = given(call, ("var", "default", *(("multiline", "choices") if call.name == "str" else ())))
    name = text(found.get("var")) if found is not None else None
    if found is None or name is None:
        return None
    where = "json.loads" if cast == "json" else cast if "." in cast else f"builtins.{cast}"
    value = get(call, name, Library(dotted=where), found.get("default"), parse_default)
    multiline = flag(found.get("multiline"), False)
    if multiline is None or "choices" in found:
        return unknown(call, "call", "choices", depends_of(value))
    return computed(call, lambda one: re.sub(r"(\\r)?\\n", "\n", one), value) if multiline else value


_URLS = {
    "db": ("DATABASE_URL", "engine", database_url), "cache": ("CACHE_URL", "backend", cache_url),
    "email": ("EMAIL_URL", "backend", email_url),
}  # fmt: skip


def _url(call: Call, kind: str) -> Value | None:
    usual, option, parse = _URLS[kind]
    found = given(call, ("var", "default", option))
    name = text(found.get("var", Const(usual))) if found is not None else None
    if found is None or name is None:
        return None
    value = get(call, name, None, found.get("default"))
    backend = found.get(option, Const(None))
    made = computed(call, lambda one, other: parse(one, other), value, backend)
    if isinstance(made, Map):
        if made.items.pop("?", None) is not None:
            made.exact = False
        for key, item in list(made.items.items()):
            if isinstance(item, Const) and item.value == "?":
                made.items[key] = Unknown("call", f"{key}: it depends on the packages that are installed")
    return mail(made) if kind == "email" else made


def _read(call: Call) -> Value | None:
    where = call.arguments[0] if call.arguments else call.keywords.get("env_file", Const(None))
    options = {"env_file", "overwrite", "parse_comments", "encoding", "recurse"}
    overwrite = flag(call.arguments[1] if len(call.arguments) > 1 else call.keywords.get("overwrite"), False)
    comments = flag(call.arguments[2] if len(call.arguments) > 2 else call.keywords.get("parse_comments"), False)
    if isinstance(where, Const) and where.value is None:
        where = places.beside(call, ".env")
    if comments is None:
        environment.export(call.interpreter, None, Const(None))
        return Const(None)
    _dotenv.load(call, where, lambda whole: lines(whole, comments), overwrite)
    for name, value in call.keywords.items():
        if name not in options:
            _dotenv.put(call, name, value, overwrite)
    return Const(None)


def lines(whole: str, comments: bool = False) -> Mapping[str, str]:
    """The variables of a file, as `read_env` reads it."""
    found: dict[str, str] = {}
    for one in whole.splitlines():
        match = re.match(r"\A(?:export )?([A-Za-z_0-9]+)=(.*)\Z", one)
        if match is None:
            continue
        name, value = match.groups()
        if comments:
            value = _uncommented(value)
        elif len(value) > 1 and value[0] == value[-1] == "'":
            value = value[1:-1]
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = re.sub(r"\\(.)", lambda seen: seen[0] if seen[1] in "rnt" else seen[1], value[1:-1])
        found[name] = value
    return found


def _uncommented(value: str) -> str:
    body = value.strip()
    if body.startswith("'") and (end := body.rfind("'")) > 0:
        rest = body[end + 1 :].strip()
        if not rest or rest.startswith("#"):
            return body[1:end]
    return value.partition("#")[0]


# environ.Path


def _path(call: Call) -> Value | None:
    if not call.arguments:
        return None
    start = call.arguments[0]
    if isinstance(start, Object) and start.kind == "environ.Path":
        start = start.state["place"]
    place = places.joined(call, start, call.arguments[1:], "text")
    return Object(kind="environ.Path", state={"place": place}) if place is not None else None


def _path_use(call: Call) -> Value | None:
    owner = call.owner
    if not isinstance(owner, Object):
        return None
    place = owner.state["place"]
    if call.name == "-" and owner is call.arguments[0]:
        steps = call.arguments[1]
        if isinstance(steps, Const) and isinstance(steps.value, int) and 0 <= steps.value < 40:
            found = places.joined(call, place, [Const("../" * steps.value)], "text")
            return Object(kind="environ.Path", state={"place": _normal(found)}) if found is not None else None
        return None
    if call.name == "path":
        found = places.joined(call, place, call.arguments, "text")
        return Object(kind="environ.Path", state={"place": found}) if found is not None else None
    if call.name == "environ.Path":
        return places.joined(call, place, call.arguments, "text")
    return place if call.name in {"root", "__str__"} else None


def _normal(value: Value) -> Value:
    inside = places.inside(value)
    return places.made("" if inside == "." else inside, "text") if inside is not None else value


def _path_text(call: Call) -> Value | None:
    only = call.arguments[0]
    return only.state["place"] if isinstance(only, Object) else None


CALLS = {
    "environ.Env": _env, "environ.FileAwareEnv": _env, "environ.Env.read_env": _read,
    "environ.FileAwareEnv.read_env": _read, "environ.Path": _path,
    "environ.environ.Env": _env,
}  # fmt: skip
OBJECTS = {_KIND: _called, "environ.Path": _path_use}
METHODS = {_KIND: _method, "environ.Path": _path_use}
ATTRIBUTES = {_KIND: _attribute, "environ.Path": lambda call: _path_use(call) if call.name == "root" else None}
SETTERS = {_KIND: _set}
OPERATORS = {"environ.Path": _path_use}
TEXTS = {"environ.Path": _path_text}
CONTAINS = {_KIND: _contains}
