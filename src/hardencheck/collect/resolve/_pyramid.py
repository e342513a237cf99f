"""Pyramid: what of its settings decides about debugging, and the debug toolbar.

Source: Pyramid 2.0, `pyramid.config.settings.Settings` and `pyramid.settings`; pyramid_debugtoolbar 4.12.
"""

from collections.abc import Mapping, Sequence

from hardencheck.collect.interpret.models.applications import ADDS_SETTINGS, held, number_of, parts_of, perhaps, text_of
from hardencheck.collect.interpret.values import (
    Absent,
    Binding,
    Const,
    Depends,
    Joined,
    Map,
    Object,
    Seq,
    Unknown,
    Value,
    depending,
    depends_of,
    join,
    truth,
)
from hardencheck.collect.resolve._environment import Environment
from hardencheck.collect.resolve._follow import taken
from hardencheck.collect.resolve._rows import Reading
from hardencheck.model.facts.settings import Variable

DEBUG, TOOLBAR = "pyramid.debug_all", "pyramid_debugtoolbar"
_ASKED = "PYRAMID_DEBUG_ALL"
_TRUE = frozenset({"t", "true", "y", "yes", "on", "1"})


def debug_all(thing: Object, environment: Environment) -> tuple[Binding, Mapping[str, Sequence[Reading]]]:
    """The switch for all of its debugging: the variable goes before the settings."""
    given = environment.get(_ASKED)
    text, at = (given.value, given.location) if given is not None else (None, None)
    variables = {_ASKED: [Reading(Variable(name=_ASKED, cast="bool", given=text, given_at=at))]}
    depends = frozenset({_ASKED})
    if given is not None:
        value = taken(_ASKED, given)
        flag = _flag(Const(value) if isinstance(value, str) else value)
        return Binding(depending(flag, depends), given.location.path or "", given.location.line or 0), variables
    settings = _settings(thing)
    later = next((part for part in parts_of(thing) if text_of(part.state["name"]) in {"", ADDS_SETTINGS}), None)
    if later is not None:
        return settings._replace(value=_unseen(later, depends)), variables
    found = _entry(settings.value, DEBUG, "debug_all")
    return settings._replace(value=depending(_flag(found), depends)), variables


def toolbar(thing: Object) -> Binding:
    """Whether the toolbar is included, by a call or by the settings, and not switched off."""
    settings = _settings(thing)
    enabled = _entry(settings.value, "debugtoolbar.enabled")
    if isinstance(enabled, Const) and enabled.value is not None and truth(_flag(enabled)) is False:
        return settings._replace(value=Const(False))
    unsure: Object | None = None
    for part in parts_of(thing):
        name = text_of(part.state["name"])
        if name.partition(".")[0] == TOOLBAR and not perhaps(thing, part):
            return Binding(Const(True), text_of(part.state["path"]), number_of(part.state["line"]))
        if name in {"", ADDS_SETTINGS} or name.partition(".")[0] == TOOLBAR:
            unsure = part
    stack = thing.state.get("middleware")
    listed = _entry(settings.value, "pyramid.includes")
    if isinstance(listed, Const) and isinstance(listed.value, str):
        on = any(word.partition(".")[0] == TOOLBAR for word in listed.value.split())
        if on:
            return settings._replace(value=Const(True))
    elif not (isinstance(listed, Const) and listed.value is None):
        unread = Unknown("call", "pyramid.includes", settings.path, settings.line)
        return settings._replace(value=listed if isinstance(listed, Unknown) else unread)
    if unsure is not None:
        return settings._replace(value=_unseen(unsure, frozenset()))
    if isinstance(stack, Seq) and stack.open:
        return settings._replace(value=Unknown("call", "code that is not followed", settings.path, settings.line))
    return settings._replace(value=Const(False))


def _settings(thing: Object) -> Binding:
    found = held(thing).get("settings")
    return found or Binding(Const(None), text_of(thing.state["path"]), number_of(thing.state["line"]))


def _unseen(part: Object, depends: Depends) -> Unknown:
    what = text_of(part.state["name"]) or "what is included"
    return Unknown("tainted", what, text_of(part.state["path"]), number_of(part.state["line"]), depends=depends)


def _entry(settings: Value, *names: str) -> Value:
    """An entry of the settings by its first name that is there; None where it is not."""
    match settings:
        case Const(value=None) | Absent():
            return Const(None)
        case Joined(options=options):
            return join([_entry(option, *names) for option in options])
        case Map(items=items, maybe=maybe, exact=exact):
            for name in names:
                if name in items and name not in maybe:
                    return items[name]
                if name in items or not exact:
                    return next(
                        (one for one in settings.lost if isinstance(one, Unknown)),
                        Unknown("call", f"settings[{name!r}] (given by whoever starts the service)"),
                    )
            return Const(None)
        case Unknown():
            return settings
    return Unknown("call", "the settings")


def _flag(value: Value) -> Value:
    """`pyramid.settings.asbool`."""
    match value:
        case Const(value=inner):
            on = inner is not None and str(inner).strip().lower() in _TRUE
            return Const(on, depends=depends_of(value))
        case Joined(options=options):
            return join([_flag(option) for option in options])
        case Unknown():
            return value
    return Unknown("call", "a switch that is no text")
