"""everett: texts of the environment, of a file of variables or of a table, through a parser.

Source: everett documentation, "Configuration"; measured with everett 3.5.0. The first source that has a value wins, an
empty text counts as none, and a default is a text that is parsed like any other.
"""

from collections.abc import Mapping, Sequence

from hardencheck.collect.interpret.modelling import Call
from hardencheck.collect.interpret.models import _dotenv
from hardencheck.collect.interpret.models._common import (
    Failed,
    applied,
    asked,
    computed,
    depending,
    failing,
    flag,
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
)

_MANAGER, _SOURCE, _LIST, _CHOICE = "everett.manager", "everett.source", "everett.list", "everett.choice"
_TRUE, _FALSE = {"t", "true", "yes", "y", "1", "on"}, {"f", "false", "no", "n", "0", "off"}
_PARAMETERS = (
    "key", "namespace", "default", "default_if_empty", "alternate_keys", "doc", "parser", "raise_error", "raw_value",
)  # fmt: skip
_NO_VALUE = "everett.NO_VALUE"


# Where values come from


def _os(call: Call) -> Value | None:
    return Object(kind=_SOURCE, state={"values": Const(None)}) if not call.arguments else None


def _table(call: Call) -> Value | None:
    held = call.arguments[0] if call.arguments else call.keywords.get("cfg")
    if not isinstance(held, Map) or not held.exact or held.maybe or not all(isinstance(key, str) for key in held.items):
        return None
    return Object(kind=_SOURCE, state={"values": Map({str(key).upper(): item for key, item in held.items.items()})})


def _file(call: Call) -> Value | None:
    where = call.arguments[0] if call.arguments else call.keywords.get("possible_paths")
    return _of_files(call, [where]) if where is not None else None


def _of_files(call: Call, places: Sequence[Value]) -> Value | None:
    """The first file of these that is there."""
    if len(places) == 1 and isinstance(places[0], Seq) and (several := call.interpreter.items(places[0])) is not None:
        places = several
    for place in places:
        found = _dotenv.values(call, _dotenv.where(place), _lines)
        if found is None:
            return None
        if found:
            sure = _dotenv.sure(place)
            lost = Unknown("location", "the working directory")
            return Object(
                kind=_SOURCE,
                state={"values": Map({name: Const(item) if sure else lost for name, item in found.items()})},
            )
    return Object(kind=_SOURCE, state={"values": Map()})


def _lines(whole: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for one in whole.splitlines():
        line = one.strip()
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals:
            raise NotKnown(Unknown("call", "a file that everett refuses"))
        value = value.strip()
        quote = next((sign for sign in "'\"" if value.startswith(sign) and value.endswith(sign)), "")
        found[name.strip()] = value[1:-1] if quote else value
    return found


# The manager


def _basic(call: Call) -> Value | None:
    found = given(call, ("env_file", "doc"))
    files = _of_files(call, [found.get("env_file", Const(".env"))]) if found is not None else None
    if files is None:
        return unknown(call)
    return _made([Object(kind=_SOURCE, state={"values": Const(None)}), files])


def _from_dict(call: Call) -> Value | None:
    table = _table(call)
    return _made([table]) if table is not None else unknown(call)


def _manager(call: Call) -> Value | None:
    sources = call.arguments[0] if call.arguments else call.keywords.get("environments")
    held = call.interpreter.items(sources) if sources is not None else None
    if held is None or not all(isinstance(one, Object) and one.kind == _SOURCE for one in held):
        return unknown(call)
    return _made(held)


def _made(sources: Sequence[Value], space: Sequence[Value] = ()) -> Object:
    return Object(kind=_MANAGER, state={"sources": Seq("tuple", list(sources)), "space": Seq("tuple", list(space))})


def _method(call: Call) -> Value | None:
    owner = call.owner
    if not isinstance(owner, Object) or call.name not in {"with_namespace", "clone"}:
        return None
    found = given(call, ("namespace",))
    if call.name == "clone" or found is None:
        return owner if call.name == "clone" else None
    space = _space(call, found.get("namespace", Const(None)))
    return _made(_held(owner, "sources"), [*_held(owner, "space"), *space]) if space is not None else None


def _held(owner: Object, name: str) -> list[Value]:
    found = owner.state[name]
    return found.items if isinstance(found, Seq) else []


def _space(call: Call, value: Value) -> list[Value] | None:
    """A namespace as its parts; None where one of them is not known."""
    if isinstance(value, Const):
        return [value] if isinstance(value.value, str) else [] if value.value is None else None
    items = call.interpreter.items(value)
    return items if items is not None and all(text(item) is not None for item in items) else None


def _look_up(call: Call) -> Value | None:
    owner = call.owner
    found = given(call, _PARAMETERS)
    key = text(found.get("key")) if found is not None else None
    if found is None or key is None or not isinstance(owner, Object):
        return None
    space = _space(call, found.get("namespace", Const(None)))
    others = _space(call, found.get("alternate_keys", Const(None)))
    empty, raw = flag(found.get("default_if_empty"), True), flag(found.get("raw_value"), False)
    if space is None or others is None or empty is None or raw is None:
        return unknown(call)
    prefix = [*_held(owner, "space"), *space]
    names = [_name(one, prefix) for one in (key, *(text(item) or "" for item in others))]
    # What the program itself set before, or not, counts as well.
    depends = frozenset(names).union(*(call.interpreter.exported.unless(name) for name in names))
    parser = found.get("parser", Const(None)) if not raw else Const(None)
    default = found.get("default")
    if isinstance(default, Library) and default.dotted == _NO_VALUE:
        default = None
    if isinstance(default, Const) and not isinstance(default.value, str):
        failing(call, "ConfigurationError")
        return unknown(call, "call", "a default that is no text", depends)
    note(call, names[0], default, parser)
    for name in names:
        for source in _held(owner, "sources"):
            held = _value_of(call, source, name)
            if held is None or (empty and text(held) == ""):
                continue
            if empty and text(held) is None:
                return unknown(call, "env-required", name, depends | depends_of(held))
            return depending(_parsed(call, parser, held), depends)
    if default is not None:
        return depending(_parsed(call, parser, default), depends)
    return missing(call, names[0], "ConfigurationMissingError") if flag(found.get("raise_error"), True) else None


def _name(key: str, space: Sequence[Value]) -> str:
    if key.startswith("root:"):
        return key.removeprefix("root:").upper()
    return "_".join([*(part for item in space if (part := text(item))), key]).upper()


def _value_of(call: Call, source: Value, name: str) -> Value | None:
    held = source.state["values"] if isinstance(source, Object) else None
    return held.items.get(name) if isinstance(held, Map) else asked(call, name)


# Parsers


def _parsed(call: Call, parser: Value, value: Value) -> Value:
    match parser:
        case Const(value=None) | Library(dotted="builtins.str"):
            return value
        case Library(dotted="builtins.bool"):
            return computed(call, _truth, value)
        case _:
            return applied(call, parser, value)


def _truth(value: object) -> bool:
    word = str(value).lower()
    if word not in _TRUE | _FALSE:
        raise Failed("InvalidValueError")
    return word in _TRUE


def _list_of(call: Call) -> Value | None:
    found = given(call, ("parser", "delimiter", "allow_empty"))
    return Object(kind=_LIST, state=dict(found)) if found is not None and "parser" in found else None


def _listed(call: Call) -> Value | None:
    owner = call.owner
    if not isinstance(owner, Object) or len(call.arguments) != 1:
        return None
    value = call.arguments[0]
    whole, sign = text(value), text(owner.state.get("delimiter", Const(",")))
    allowed = flag(owner.state.get("allow_empty"), True)
    if whole is None or not sign or allowed is None:
        return unknown(call, "call", "ListOf", depends_of(value))
    items = [item.strip() for item in whole.split(sign)] if whole else []
    if not allowed and not all(items):
        failing(call, "InvalidValueError")
        return unknown(call, "call", "ListOf", depends_of(value))
    depends = depends_of(value)
    made = [_parsed(call, owner.state["parser"], Const(item, depends=depends)) for item in items]
    return Seq("list", made, depends=depends)


def _choice_of(call: Call) -> Value | None:
    found = given(call, ("parser", "choices"))
    return Object(kind=_CHOICE, state=dict(found)) if found is not None and len(found) == 2 else None


def _chosen(call: Call) -> Value | None:
    owner = call.owner
    if not isinstance(owner, Object) or len(call.arguments) != 1:
        return None
    value = call.arguments[0]
    choices = _space(call, owner.state["choices"])
    if text(value) is None or choices is None:
        return unknown(call, "call", "ChoiceOf", depends_of(value))
    if not text(value) or text(value) not in {text(one) for one in choices}:
        failing(call, "InvalidValueError")
        return unknown(call, "call", "ChoiceOf", depends_of(value))
    return _parsed(call, owner.state["parser"], value)


def _parse_bool(call: Call) -> Value | None:
    return computed(call, _truth, call.arguments[0]) if len(call.arguments) == 1 else None


CALLS = {
    "everett.manager.ConfigManager": _manager, "everett.manager.ConfigManager.basic_config": _basic,
    "everett.manager.ConfigManager.from_dict": _from_dict, "everett.manager.ConfigOSEnv": _os,
    "everett.manager.ConfigDictEnv": _table, "everett.manager.ConfigEnvFileEnv": _file,
    "everett.manager.ListOf": _list_of, "everett.manager.ChoiceOf": _choice_of,
    "everett.manager.parse_bool": _parse_bool,
}  # fmt: skip
OBJECTS = {_MANAGER: _look_up, _LIST: _listed, _CHOICE: _chosen}
METHODS = {_MANAGER: _method}
