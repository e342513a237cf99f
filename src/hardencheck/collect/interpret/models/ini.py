"""configparser: .ini files of the repository, read where their place is known.

A file that is not there is passed over, as Python does; what is read afterwards depends on it. Of one whose place is
not known nothing is known afterwards.
Source: the Python documentation, configparser; values are read with Python's own parser.
"""

import configparser
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from hardencheck.collect.interpret.modelling import Call
from hardencheck.collect.interpret.models import _places as places
from hardencheck.collect.interpret.models._common import NONE, Failed, computed, depending, failing, flag, text, unknown
from hardencheck.collect.interpret.values import (
    NOTHING,
    Const,
    Map,
    NotKnown,
    Object,
    Seq,
    Unknown,
    Value,
    depends_of,
    lifted,
    plain,
)

_KIND = "configparser"
_TRUE, _FALSE = {"1", "yes", "true", "on"}, {"0", "no", "false", "off"}
MAX_BYTES = 300_000


def _parser(call: Call) -> Value | None:
    """Options that change how a file is read are not followed."""
    interpolation = "off" if call.name.endswith("RawConfigParser") else "basic"
    words = dict(call.keywords)
    held = words.pop("interpolation", None)
    if isinstance(held, Const) and held.value is None:
        interpolation = "off"
    elif held is not None:
        interpolation = "other"
    strict = flag(words.pop("strict", None), True)
    none = flag(words.pop("allow_no_value", None), False)
    defaults = words.pop("defaults", call.arguments[0] if call.arguments else Map())
    if words or len(call.arguments) > 1 or strict is None or none is None:
        return unknown(call)
    try:
        start = plain(defaults)
    except NotKnown:
        return unknown(call)
    if not isinstance(start, dict | None):
        return unknown(call)
    state: dict[str, Value] = {
        "texts": Seq("list"), "interpolation": Const(interpolation), "strict": Const(strict), "none": Const(none),
        "defaults": lifted({str(key): str(item) for key, item in (start or {}).items()}),
    }  # fmt: skip
    return Object(kind=_KIND, state=state)


def _made(owner: Object) -> configparser.RawConfigParser:
    """The real parser, with the texts that were read so far. Raises NotKnown."""
    held = owner.state["texts"]
    for item in held.items if isinstance(held, Seq) else ():
        if isinstance(item, Unknown):
            # What is read before and after it says nothing.
            raise NotKnown(replace(item, depends=item.depends | depends_of(held)))
    texts, options = plain(held), {name: plain(owner.state[name]) for name in ("strict", "none", "defaults")}
    if plain(owner.state["interpolation"]) == "other" or not isinstance(texts, list):
        raise NotKnown(Unknown("call", "an interpolation of its own"))
    kind = configparser.RawConfigParser if plain(owner.state["interpolation"]) == "off" else configparser.ConfigParser
    made = kind(options["defaults"], strict=bool(options["strict"]), allow_no_value=bool(options["none"]))  # type: ignore[call-overload]
    try:
        for item in texts:
            if isinstance(item, dict):
                made.read_dict(item)
            else:
                made.read_string(item)
    except configparser.Error:
        raise NotKnown(Unknown("call", "a file that cannot be read")) from None
    return made  # type: ignore[no-any-return]


def _add(call: Call, owner: Object, value: Value) -> None:
    texts = owner.state["texts"]
    if not isinstance(texts, Seq):
        return
    if any(isinstance(item, Unknown) for item in texts.items):
        return
    call.interpreter.touch(texts)
    known = isinstance(value, Const | Map) and len(texts.items) < 50 and not call.interpreter.perhaps
    if not known or (isinstance(value, Const) and isinstance(value.value, str) and len(value.value) > MAX_BYTES):
        texts.items.append(value if isinstance(value, Unknown) else unknown(call))
        return
    texts.items.append(value)


def _method(call: Call) -> Value | None:
    owner = call.owner
    if not isinstance(owner, Object):
        return None
    name = call.name
    if name in {"read", "read_file", "readfp", "read_string", "read_dict"}:
        return _read(call, owner)
    if name in {"get", "getboolean", "getint", "getfloat"}:
        return _get(call, owner)
    if name in {"has_section", "has_option", "sections", "options", "items"}:
        return _asked(call, owner)
    if name in {"set", "add_section", "remove_option", "remove_section", "optionxform"}:
        _add(call, owner, unknown(call))
        return NONE
    return None


def _read(call: Call, owner: Object) -> Value:
    source = call.arguments[0] if call.arguments else NONE
    if call.name == "read":
        several = list(source.items) if isinstance(source, Seq) and source.exact else [source]
        without, depends = True, NOTHING
        for item in several:
            whole = places.decoded(call, item)
            there = places.there(call, item, "is_file") if whole is None else Const(True)
            if isinstance(there, Const) and there.value is False:
                depends |= there.depends  # it is passed over
                continue
            without = False
            _add(call, owner, Const(whole) if whole is not None else _elsewhere(call, item))
        texts = owner.state["texts"]
        if depends and isinstance(texts, Seq):
            call.interpreter.touch(texts)
            texts.depends |= depends
        return Seq("list", depends=depends) if without else unknown(call)
    if call.name in {"read_file", "readfp"} and isinstance(source, Object) and source.kind == "file":
        source = call.interpreter.call_method(source, "read", [], {}, call.node, call.frame)
    known = isinstance(source, Map) or text(source) is not None
    _add(call, owner, source if known else unknown(call))
    return NONE


def _elsewhere(call: Call, item: Value) -> Unknown:
    """What a file says that is not in the repository."""
    spelled = places.inside(item)
    if spelled is None and isinstance(item, Const) and isinstance(item.value, str | PurePosixPath):
        spelled = str(item.value)
    called = f"{spelled[:80]}, which is not a file of this repository" if spelled else ""
    return unknown(call, "loader" if called else "call", called, depends_of(item))


def _words(call: Call) -> tuple[list[object], dict[str, Value]]:
    words = dict(call.keywords)
    named = [plain(words.pop(name)) for name in ("section", "option") if name in words]
    return [*[plain(item) for item in call.arguments], *named], words


def _get(call: Call, owner: Object) -> Value:
    try:
        arguments, words = _words(call)
        fallback = words.pop("fallback", None)
        raw = plain(words.pop("raw", Const(False)))
        if words or len(arguments) != 2 or not all(isinstance(item, str) for item in arguments):
            return unknown(call)
        parser = _made(owner)
        section, option = str(arguments[0]), str(arguments[1])
    except NotKnown as error:
        return error.value
    try:
        found = parser.get(section, option, raw=bool(raw))
    except (configparser.NoSectionError, configparser.NoOptionError) as error:
        if fallback is not None:
            return fallback if fallback is _MISSING else depending(fallback, depends_of(owner.state["texts"]))
        failing(call, type(error).__name__)
        return unknown(call, "call", "an option that is not there")
    except configparser.Error as error:
        failing(call, type(error).__name__)
        return unknown(call)
    return computed(call, _CASTS[call.name], Const(found, depends=depends_of(owner.state["texts"])))


def _truth(value: object) -> bool:
    word = str(value).lower()
    if word not in _TRUE | _FALSE:
        raise Failed("ValueError")
    return word in _TRUE


_CASTS: dict[str, Callable[..., object]] = {
    "get": lambda item: item, "getboolean": _truth, "getint": int, "getfloat": float,
}  # fmt: skip


def _asked(call: Call, owner: Object) -> Value:
    try:
        arguments, words = _words(call)
        parser = _made(owner)
        if words or not all(isinstance(item, str) for item in arguments):
            return unknown(call)
        found: object = getattr(parser, call.name)(*arguments)
    except NotKnown as error:
        return unknown(call, error.value.reason, error.value.text, error.value.depends)
    except configparser.Error as error:
        failing(call, type(error).__name__)
        return unknown(call)
    except TypeError:
        return unknown(call)
    if call.name == "items" and not arguments:
        return Seq(
            "list", [Seq("tuple", [Const(name), _section(owner, name)]) for name in ["DEFAULT", *parser.sections()]]
        )
    return lifted(found, depends_of(owner.state["texts"]))


def _section(owner: Object, name: str) -> Object:
    return Object(kind="configparser.section", state={"of": owner, "name": Const(name)})


def _item(call: Call) -> Value | None:
    owner, name = call.owner, text(call.arguments[0])
    if not isinstance(owner, Object) or name is None:
        return None
    try:
        parser = _made(owner)
    except NotKnown as error:
        return unknown(call, error.value.reason, error.value.text)
    if name != "DEFAULT" and not parser.has_section(name):
        failing(call, "KeyError")
        return unknown(call, "call", "a section that is not there")
    return _section(owner, name)


def _section_item(call: Call) -> Value | None:
    owner = call.owner
    if not isinstance(owner, Object) or not isinstance(owner.state["of"], Object):
        return None
    found = _get(
        call._replace(
            name="get", arguments=[owner.state["name"], *call.arguments[:1]], keywords={"fallback": _MISSING}
        ),
        owner.state["of"],
    )
    if found is _MISSING:
        failing(call, "KeyError")
        return unknown(call, "call", "an option that is not there")
    return found


_MISSING = Unknown("call", "an option that is not there")


def _section_method(call: Call) -> Value | None:
    """section.get(option, fallback) gives None where it is not there."""
    owner = call.owner
    if not isinstance(owner, Object) or not isinstance(owner.state["of"], Object):
        return None
    if call.name not in {"get", "getboolean", "getint", "getfloat"} or not 1 <= len(call.arguments) <= 2:
        return None
    words: Mapping[str, Value] = {
        "fallback": call.arguments[1] if len(call.arguments) > 1 else NONE, **call.keywords,
    }  # fmt: skip
    return _get(
        call._replace(arguments=[owner.state["name"], call.arguments[0]], keywords=dict(words)), owner.state["of"]
    )


def _set(call: Call) -> Value | None:
    """parser.optionxform = str: options keep their case."""
    if isinstance(call.owner, Object):
        _add(call, call.owner, unknown(call))
    return NONE


CALLS = {
    **dict.fromkeys((
        "configparser.ConfigParser", "configparser.RawConfigParser", "configparser.SafeConfigParser",
        "six.moves.configparser.ConfigParser", "six.moves.configparser.RawConfigParser",
    ), _parser),
}  # fmt: skip
METHODS = {_KIND: _method, "configparser.section": _section_method}
ITEMS = {_KIND: _item, "configparser.section": _section_item}
SETTERS = {_KIND: _set}


def _spoiled(call: Call) -> Value | None:
    if isinstance(call.owner, Object):
        _add(call, call.owner, call.arguments[0])
    return None


SPOILS = {_KIND: _spoiled}
