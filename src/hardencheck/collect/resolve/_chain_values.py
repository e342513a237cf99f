"""What an application is given as a limit: a number, None where it is switched off, or why it is not known."""

from typing import NamedTuple

from hardencheck.collect.contract import Tree
from hardencheck.collect.interpret.models.applications import held
from hardencheck.collect.interpret.models.flask import config_of
from hardencheck.collect.interpret.values import Binding, Const, Namespace, Unknown, Value, lifted
from hardencheck.collect.resolve._applications import Application
from hardencheck.collect.resolve._built import built
from hardencheck.collect.resolve._routes import Doubt
from hardencheck.collect.resolve._rows import effective, shown, why
from hardencheck.model.facts.settings import Expression
from hardencheck.model.gap import FactSet, Reason
from hardencheck.model.location import Location

Number = int | float | None


class Held(NamedTuple):
    """value None: no limit is set, or it is switched off. written: as Python writes it, "" where nothing sets it."""

    value: Number
    where: Location
    written: str = ""
    default: bool = False
    doubt: Doubt | None = None

    @property
    def whole(self) -> int | None:
        return int(self.value) if self.value is not None else None


def names_of(app: Application, facts: FactSet, tree: Tree) -> Namespace | None:
    """The arguments of an application, or its table of settings; None where nobody saw it being built."""
    thing = built(facts, tree).calls.get((app.path, app.call.line))
    if thing is None:
        return None
    return config_of(thing) if "config" in thing.state else held(thing)


def limit_of(app: Application, name: str, default: Number, facts: FactSet, tree: Tree) -> Held:
    """One limit of an application, by the name of the argument or of the setting."""
    names = names_of(app, facts, tree)
    if names is None:
        return _as_written(app, name, default)
    return worth_of(names.get(name), name, default, app.location)


def worth_of(binding: Binding | None, name: str, default: Number | Value, here: Location) -> Held:
    usual = default if isinstance(default, Value) else lifted(default)
    value, unset = effective(binding, usual)
    where = here
    if binding is not None and binding.path and not unset:
        where = Location(path=binding.path, line=binding.line or None)
    if isinstance(value, Const) and (value.value is None or isinstance(value.value, int | float)):
        return Held(_number(value.value), where, "" if unset else repr(value.value), unset)
    seen = shown(value, name) if value is not None else None
    text = seen.text or f"one of {seen.value}" if seen is not None else "the default is not known"
    if isinstance(value, Unknown):
        text = why(value)
    return Held(None, where, doubt=Doubt(where, f"{name} is not known: {text}", Reason.NOT_LITERAL))


def _as_written(app: Application, name: str, default: Number) -> Held:
    given = app.call.arguments.get(name)
    if given is None and not app.call.spread:
        return Held(default, app.location, default=True)
    if given is not None and is_size(given):
        value = given.value if isinstance(given.value, int | float) else None
        return Held(value, app.location, repr(given.value))
    text = f"{name} is {given.text if given is not None else 'perhaps in **'}: not a literal"
    return Held(None, app.location, doubt=Doubt(app.location, text, Reason.NOT_LITERAL))


def is_size(given: Expression) -> bool:
    return given.what == "scalar" and (given.value is None or isinstance(given.value, int | float))


def _number(value: object) -> Number:
    return value if isinstance(value, int | float) and value == value and abs(value) < 1e300 else None
