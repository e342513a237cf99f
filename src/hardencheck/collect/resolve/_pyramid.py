"""Pyramid: what the settings of a Configurator hold, what they come to about debugging, and the debug toolbar.

Source: Pyramid 2.0, `pyramid.config.settings.Settings` and `pyramid.settings`; pyramid_debugtoolbar 4.12.
"""

from collections.abc import Iterator

from hardencheck.collect.interpret.environment import EVERY
from hardencheck.collect.interpret.models.applications import INCLUDES, held, number_of, parts_of, perhaps, text_of
from hardencheck.collect.interpret.values import (
    ABSENT,
    NOTHING,
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
    lifted,
    same,
    truth,
)
from hardencheck.collect.resolve._applications import Application
from hardencheck.collect.resolve._built import Built
from hardencheck.collect.resolve._environment import Environment
from hardencheck.collect.resolve._follow import taken
from hardencheck.collect.resolve._rows import Given, Reading, is_secret
from hardencheck.model.facts.settings import Variable

DEBUG, TOOLBAR = "pyramid.debug_all", "pyramid_debugtoolbar"
# What is on where another is, and what the environment says first.
_SWITCHES: dict[str, tuple[str, ...]] = {
    "debug_all": (), "debug_authorization": ("debug_all",), "debug_notfound": ("debug_all",),
    "debug_routematch": ("debug_all",), "debug_templates": ("debug_all",), "reload_all": (),
    "reload_templates": ("reload_all",), "reload_assets": ("reload_resources", "reload_all"), "prevent_http_cache": (),
}  # fmt: skip
_SHOWN = ("session.", "beaker.session.", "redis.sessions.", "debugtoolbar.", "pyramid.csrf_")
_FEW = 8  # variables that are named one by one
_ON = frozenset({"t", "true", "y", "yes", "on", "1"})  # pyramid.settings.asbool


def settings(app: Application, thing: Object, seen: Built, environment: Environment) -> Iterator[Given]:
    """What the `settings` of a Configurator hold, each under its own name, and whether the toolbar is in use."""
    whole = _whole(thing)
    made = whole._replace(value=thing.state.get("made", whole.value))
    variables = dict(seen.variables)

    def at_first(name: str) -> tuple[Value, Binding | None]:
        """What a switch comes to when the Configurator is made, and what sets it."""
        first, second = _entry(made, f"pyramid.{name}"), _entry(made, name)
        value = second if isinstance(first, Absent) else first
        unsure = isinstance(first, Joined) or (isinstance(first, Unknown) and not isinstance(second, Unknown))
        if unsure and not isinstance(second, Absent):
            value = join([first, second])
        place = _place_of(value, seen, whole) if not isinstance(value, Absent) else None
        variable = f"PYRAMID_{name.upper()}"
        found = environment.get(variable)
        known = Variable(name=variable, cast="bool")
        if found is not None:
            known = Variable(
                name=variable, cast="bool", given=found.value, given_at=found.location, unless=found.unless
            )
            outer = taken(variable, found)
            value = Const(outer) if isinstance(outer, str) else outer
            place = Binding(value, found.location.path or "", found.location.line or 0)
        variables[variable] = [Reading(known)]
        depends = first.depends | (second.depends if isinstance(first, Absent) else frozenset())
        return depending(_as_bool(value), depends | {variable}), place

    def later(name: str, on: Value) -> Value:
        """What is set afterwards holds for who reads it under that name, and for no other switch."""
        options: list[Value] = []
        for key in (f"pyramid.{name}", name):
            before, after = _entry(made, key), _entry(whole, key)
            unchanged = (isinstance(before, Unknown) and isinstance(after, Unknown)) or same(before, after)
            options.append(on if unchanged else _as_bool(_or(after, on)))
        return on if all(option is on for option in options) else depending(join(options), depends_of(on))

    for name, others in _SWITCHES.items():
        on, binding = at_first(name)
        for other in others:
            over, by = at_first(other)
            on = _either(over, on)
            binding = by if truth(over) is True or binding is None else binding
        default = depending(Const(False), depends_of(on))
        if (last := later(name, on)) is not on:
            on, binding = last, whole
        binding = binding._replace(value=on) if binding is not None else None
        yield Given(f"pyramid.{name}", binding, default, app.location, variables)
    yield Given(TOOLBAR, _toolbar(thing, whole, seen), lifted(False), app.location, seen.variables)
    for name in sorted(_names(whole.value)):
        known = name.removeprefix("pyramid.") in _SWITCHES
        if not known and (name.startswith(_SHOWN) or is_secret(name)):
            value = _entry(whole, name)
            binding = _place_of(value, seen, whole)._replace(value=value)
            yield Given(name, binding, None, app.location, seen.variables)


def _toolbar(thing: Object, whole: Binding, seen: Built) -> Binding:
    """Whether the toolbar is included, by a call or by the settings, and not switched off."""
    enabled = _entry(whole, "debugtoolbar.enabled")
    on = Const(True) if isinstance(enabled, Absent) else _as_bool(_or(enabled, Const(True)))
    if truth(on) is False:
        return _place_of(enabled, seen, whole)._replace(value=Const(False))
    unsure: Object | None = None
    for part in parts_of(thing):
        name = text_of(part.state["name"])
        if name.partition(".")[0] == TOOLBAR and not perhaps(thing, part):
            here = Binding(on, text_of(part.state["path"]), number_of(part.state["line"]))
            listed = (here.path, here.line) == (text_of(thing.state["path"]), number_of(thing.state["line"]))
            return (_place_of(_entry(whole, INCLUDES), seen, here) if listed else here)._replace(value=on)
        if name in {"", INCLUDES} or name.partition(".")[0] == TOOLBAR:
            unsure = part
    if unsure is not None:
        included = _entry(whole, INCLUDES)
        if text_of(unsure.state["name"]) == INCLUDES and isinstance(included, Unknown):
            return _place_of(included, seen, whole)._replace(value=included)
        return whole._replace(value=_unseen(unsure))
    stack = thing.state.get("middleware")
    if isinstance(stack, Seq) and stack.open:
        return whole._replace(value=Unknown("call", "code that is not followed", whole.path, whole.line))
    return whole._replace(value=Const(False, depends=_few(stack.depends) if isinstance(stack, Seq) else NOTHING))


def _few(depends: Depends) -> Depends:
    """Variables by name, unless they are so many that no name says anything."""
    return depends if len(depends) <= _FEW else frozenset({EVERY})


def _whole(thing: Object) -> Binding:
    """All settings; a table that is open since something unknown was included says so."""
    found = held(thing).get("settings")
    if found is None:
        return Binding(Map(), text_of(thing.state["path"]), number_of(thing.state["line"]))
    unseen = next((part for part in parts_of(thing) if not text_of(part.state["name"])), None)
    table = found.value
    if unseen is None or not isinstance(table, Map) or table.exact:
        return found
    lost = (_unseen(unseen), *table.lost)
    return found._replace(value=Map(dict(table.items), set(table.maybe), False, lost, depends=table.depends))


def _unseen(part: Object) -> Unknown:
    what = text_of(part.state["name"]) or "what is included"
    return Unknown("tainted", what, text_of(part.state["path"]), number_of(part.state["line"]))


def _entry(whole: Binding, name: str) -> Value:
    """An entry of the settings; ABSENT where it is not set."""
    match whole.value:
        case Const(value=None) | Absent():
            return ABSENT
        case Joined(options=options, depends=depends):
            return depending(join([_entry(whole._replace(value=option), name) for option in options]), depends)
        case Map(items=items, maybe=maybe, exact=exact, lost=lost, depends=depends):
            if name in items:
                return depending(join([items[name], ABSENT]), depends) if name in maybe else items[name]
            if exact:
                return Absent(depends=_few(depends))  # another environment may set it
            lacking = Unknown("call", f"settings[{name!r}], of which not all is known", whole.path, whole.line)
            return next((one for one in lost if isinstance(one, Unknown)), lacking)
        case Unknown():
            return whole.value
    return Unknown("call", "the settings", whole.path, whole.line)


def _names(value: Value) -> frozenset[str]:
    if isinstance(value, Joined):
        return frozenset().union(*(_names(option) for option in value.options))
    return frozenset(key for key in value.items if isinstance(key, str)) if isinstance(value, Map) else frozenset()


def _place_of(value: Value, seen: Built, otherwise: Binding) -> Binding:
    """Where a file for PasteDeploy gives this value."""
    return seen.given.get(id(value), otherwise)


def _or(value: Value, default: Value) -> Value:
    """default where a value may be that it is not set."""
    if isinstance(value, Joined):
        return depending(join([_or(option, default) for option in value.options]), value.depends)
    return default if isinstance(value, Absent) else value


def _as_bool(value: Value) -> Value:
    match value:
        case Joined(options=options, depends=depends):
            return depending(join([_as_bool(option) for option in options]), depends)
        case Absent(depends=depends):
            return Const(False, depends=depends)
        case Const(value=inner, depends=depends):
            text = str(inner).strip().lower() if inner is not None else ""
            return Const(inner if isinstance(inner, bool) else text in _ON, depends=depends)
        case Unknown():
            return value
    return Unknown("call", "a switch that is no text")


def _either(one: Value, other: Value) -> Value:
    """On where one of two is."""
    first = truth(one)
    depends = depends_of(one) | depends_of(other)
    if first is False:
        return depending(other, depends)
    if first is True or truth(other) is True:
        return Const(True, depends=depends)
    return depending(one if truth(other) is False else join([one, other]), depends)
