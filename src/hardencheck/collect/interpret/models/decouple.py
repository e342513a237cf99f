"""python-decouple: `config("X", default=..., cast=...)`, `Csv`, `Choices`, and the files it looks for.

The environment wins over `settings.ini` and `.env`, looked for from the folder of the caller upwards. The default is
cast too. Source: python-decouple documentation; measured with 3.8.
"""

import configparser
import string
from collections.abc import Mapping
from shlex import shlex

from hardencheck.collect.interpret.modelling import Call
from hardencheck.collect.interpret.models import _dotenv
from hardencheck.collect.interpret.models import _places as places
from hardencheck.collect.interpret.models._common import (
    Failed,
    applied,
    asked,
    computed,
    depending,
    failing,
    given,
    missing,
    note,
    text,
    unknown,
)
from hardencheck.collect.interpret.values import (
    Const,
    Joined,
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
)

_TRUE, _FALSE = {"y", "yes", "t", "true", "on", "1"}, {"n", "no", "f", "false", "off", "0"}
_UNDEFINED = "decouple.undefined"
_CONFIG = "decouple.Config"


def _config(call: Call) -> Value | None:
    """The instance that looks for its files itself."""
    return _get(call, _found(call, places.beside(call)))


def _found(call: Call, start: Value) -> Map | None:
    """The values of the file that AutoConfig finds. None: they cannot be followed."""
    folder = start
    for _ in range(60):
        for name in ("settings.ini", ".env"):
            found = _dotenv.upwards(call, folder, name)
            if found is not None and places.inside(places._parent(call, found)) == places.inside(folder):  # type: ignore[arg-type]
                return _repository(call, found, "RepositoryIni" if name == "settings.ini" else "RepositoryEnv")
        inside = places.inside(folder)
        if inside in {None, "", "."}:
            return Map()
        folder = places.made(inside.rpartition("/")[0] if inside else "", "text")
    return None


def _env_lines(whole: str) -> Mapping[str, str | None]:
    found: dict[str, str | None] = {}
    for one in whole.split("\n"):
        item = one.strip()
        if not item or item.startswith("#") or "=" not in item:
            continue
        name, _, value = item.partition("=")
        value = value.strip()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        found[name.strip()] = value
    return found


def _ini_lines(whole: str) -> Mapping[str, str | None]:
    parser = configparser.ConfigParser()
    try:
        parser.read_string(whole)
        return dict(parser.items("settings")) if parser.has_section("settings") else {}
    except configparser.Error:
        raise NotKnown(Unknown("call", "a file that cannot be read")) from None


def _repository(call: Call, place: Value, kind: str) -> Map | None:
    """What a file says. The keys of an .ini file are in any case."""
    if kind == "RepositoryEmpty":
        return Map()
    parse = _ini_lines if kind == "RepositoryIni" else _env_lines
    found = _dotenv.values(call, place, parse)
    if found is None:
        return None
    made = Map({name: Const(item) for name, item in found.items()})
    if kind == "RepositoryIni":
        made.items[" any case"] = Const(True)
    return made


def _make_repository(call: Call) -> Value | None:
    kind = call.name.rpartition(".")[2]
    if kind == "RepositoryEmpty":
        return Object(kind="decouple.repository", state={"values": Map()})
    source = call.arguments[0] if call.arguments else call.keywords.get("source")
    if source is None:
        return None
    if not places.tracked(call, source) or kind not in {"RepositoryIni", "RepositoryEnv"}:
        # A file of the machine: like the environment. Without it the library raises.
        call.interpreter.may_raise = True
        return Object(kind="decouple.repository", state={"values": Map()})
    found = _repository(call, source, kind)
    return Object(kind="decouple.repository", state={"values": found}) if found is not None else unknown(call)


def _make_config(call: Call) -> Value | None:
    source = call.arguments[0] if call.arguments else call.keywords.get("repository")
    if isinstance(source, Object) and source.kind == "decouple.repository":
        return Object(kind=_CONFIG, state=dict(source.state))
    if isinstance(source, Map) and source.exact and not source.maybe:
        return Object(kind=_CONFIG, state={"values": source})
    return unknown(call)


def _auto(call: Call) -> Value | None:
    where = call.arguments[0] if call.arguments else call.keywords.get("search_path", Const(None))
    if isinstance(where, Const) and not where.value:
        return Object(kind="decouple.AutoConfig", state={})
    if places.path_of(where) is None:
        return Object(kind=_CONFIG, state={"values": Map()})
    found = _found(call, where)
    return Object(kind=_CONFIG, state={"values": found}) if found is not None else unknown(call)


def _called(call: Call) -> Value | None:
    owner = call.owner
    if not isinstance(owner, Object) or call.name not in {"get", owner.kind}:
        return None
    if owner.kind == "decouple.AutoConfig":
        return _config(call)
    held = owner.state["values"]
    return _get(call, held if isinstance(held, Map) else None)


def _get(call: Call, repository: Map | None) -> Value | None:
    found = given(call, ("option", "default", "cast"))
    option = found.get("option") if found is not None else None
    if isinstance(option, Joined) and all(text(item) is not None for item in option.options):
        asked_for = [call._replace(arguments=[item, *call.arguments[1:]]) for item in option.options]
        several = [_get(one, repository) for one in asked_for if call.arguments]
        return join([item for item in several if item is not None]) if several and None not in several else None
    name = text(option)
    if found is None or name is None:
        return None
    depends = frozenset({name})
    default = found.get("default")
    if isinstance(default, Library) and default.dotted == _UNDEFINED:
        default = None
    note(call, name, default, found.get("cast"))
    raw = asked(call, name)
    if raw is None:
        if repository is None or not repository.exact:
            return unknown(call, "call", "a file that cannot be followed", depends)
        key: object = name.lower() if " any case" in repository.items else name
        raw = repository.items.get(key, default)
        if raw is None:
            return missing(call, name, "UndefinedValueError")
    value = depending(raw, depends)
    cast = found.get("cast")
    if cast is None or (isinstance(cast, Library) and cast.dotted == _UNDEFINED):
        return value
    if isinstance(cast, Library) and cast.dotted == "builtins.bool":
        return _bool(call, value)
    return applied(call, cast, value)


def _bool(call: Call, value: Value) -> Value:
    if isinstance(value, Joined):
        return depending(join([_bool(call, item) for item in value.options]), value.depends)
    return computed(call, _truth, value)


def _truth(value: object) -> bool:
    word = str(value).lower()
    if word in _TRUE:
        return True
    if word in _FALSE or word == "":
        return False
    raise Failed("ValueError")


def _csv(call: Call) -> Value | None:
    found = given(call, ("cast", "delimiter", "strip", "post_process"))
    return Object(kind="decouple.Csv", state=found) if found is not None else None


def _split(call: Call) -> Value | None:
    owner = call.owner
    if not isinstance(owner, Object) or len(call.arguments) != 1 or call.keywords:
        return None
    value = call.arguments[0]
    process = owner.state.get("post_process", Library(dotted="builtins.list"))
    if isinstance(value, Const) and value.value is None:
        return depending(call.interpreter.call(process, [], {}, call.node, call.frame), value.depends)
    if isinstance(value, Joined):
        each = [_split(call._replace(arguments=[item])) for item in value.options]
        return depending(join([item for item in each if item is not None]), value.depends) if None not in each else None
    delimiter, strip = owner.state.get("delimiter", Const(",")), owner.state.get("strip", Const(string.whitespace))
    made = computed(call, csv, value, delimiter, strip)
    if not isinstance(made, Seq):
        return made
    cast = owner.state.get("cast")
    if cast is not None and not (isinstance(cast, Library) and cast.dotted == "builtins.str"):
        made.items = [applied(call, cast, item) for item in made.items]
    done = call.interpreter.call(process, [made], {}, call.node, call.frame)
    return depending(done, depends_of(value))


def csv(value: object, delimiter: object = ",", strip: object = string.whitespace) -> list[str]:
    """The items of a text, with quotes."""
    if not isinstance(value, str) or not isinstance(delimiter, str) or not isinstance(strip, str | None):
        raise NotKnown(Unknown("call", "a text in parts"))
    if len(value) > 100_000:
        raise NotKnown(Unknown("budget", "a long text"))
    parts = shlex(value, posix=True)
    parts.whitespace, parts.whitespace_split = delimiter, True
    return [item.strip(strip) for item in parts]


def _choices(call: Call) -> Value | None:
    found = given(call, ("flat", "cast", "choices"))
    return Object(kind="decouple.Choices", state=found) if found is not None else None


def _chosen(call: Call) -> Value | None:
    owner = call.owner
    if not isinstance(owner, Object) or len(call.arguments) != 1:
        return None
    value = call.arguments[0]
    made = applied(call, owner.state.get("cast", Library(dotted="builtins.str")), value)
    try:
        allowed = list(plain(owner.state.get("flat", Seq("list"))))  # type: ignore[call-overload]
        allowed += [one for one, _ in plain(owner.state.get("choices", Seq("list")))]  # type: ignore[attr-defined]
        if plain(made) in allowed:
            return made
    except (NotKnown, TypeError, ValueError):
        return unknown(call, "call", "choices", depends_of(made))
    failing(call, "ValueError")
    return unknown(call, "call", "a choice that is none", depends_of(made))


CALLS = {
    "decouple.config": _config, "decouple.Config": _make_config, "decouple.AutoConfig": _auto, "decouple.Csv": _csv,
    "decouple.Choices": _choices, "decouple.strtobool": lambda call: computed(call, _truth, *call.arguments),
    "decouple.config.get": _config,
    **dict.fromkeys((
        "decouple.RepositoryEnv", "decouple.RepositoryIni", "decouple.RepositoryEmpty", "decouple.RepositorySecret",
    ), _make_repository),
}  # fmt: skip
OBJECTS = {
    _CONFIG: _called, "decouple.AutoConfig": _called, "decouple.Csv": _split, "decouple.Choices": _chosen,
}  # fmt: skip
METHODS = {_CONFIG: _called, "decouple.AutoConfig": _called}
