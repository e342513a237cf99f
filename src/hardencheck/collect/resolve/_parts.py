"""What is put around an application (middleware, its configurations, extensions), with what its arguments are worth."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hardencheck.collect.interpret.models.applications import held, number_of, parts_of, perhaps, text_of
from hardencheck.collect.interpret.values import Absent, Binding, Object
from hardencheck.collect.resolve._applications import Application
from hardencheck.collect.resolve._built import Built
from hardencheck.collect.resolve._follow import Bound, bound_of
from hardencheck.collect.resolve._setting import Setting, worth
from hardencheck.model.facts import Value
from hardencheck.model.facts.settings import Call, Expression
from hardencheck.model.location import Location


class Part(NamedTuple):
    """name: of the class or function ("CORSMiddleware"). given: its arguments; more: what any other one may be worth
    where `**` may bring it. sure: it is known to be in use."""

    name: str
    location: Location
    given: Mapping[str, Bound]
    more: Bound | None = None
    sure: bool = True

    def get(self, name: str) -> Bound | None:
        return self.given.get(name) or self.more

    def argument(self, name: str, usual: Value) -> Setting:
        """usual: what the library takes where the argument is not given."""
        bound = self.get(name)
        return worth(bound, True, usual) if bound is not None else Setting(True, usual, "default", self.location)


def around(app: Application, seen: Built) -> Iterator[Part]:
    """What code that was followed puts around an application."""
    thing = seen.calls.get((app.path, app.call.line))
    for part in parts_of(thing) if thing is not None else ():
        assert thing is not None
        yield _followed(part, sure=not perhaps(thing, part))


def of_call(call: Call, path: str, seen: Built) -> Part:
    """A call as it was followed, else as it is written."""
    name = (call.first if call.name.endswith((".add_middleware", "middleware.Middleware")) else call.name).rpartition(
        "."
    )[2]
    found = seen.parts.get((path, call.line, name))
    if found is not None:
        return _followed(found, sure=not seen.perhaps(found))
    where = Location(path=path, line=call.line)
    given = {key: Bound(one, path, call.line) for key, one in call.arguments.items()}
    more = Bound(Expression(what="unknown", text="perhaps in **"), path, call.line) if call.spread else None
    return Part(name, where, given, more)


def _followed(part: Object, *, sure: bool) -> Part:
    names = held(part)
    where = Location(path=text_of(part.state["path"]), line=number_of(part.state["line"]) or None)
    given = {
        name: bound_of(name, binding) for name, binding in names.names.items() if not isinstance(binding.value, Absent)
    }
    rest = names.rest
    more = bound_of("", Binding(rest, rest.path, rest.line)) if rest is not None else None
    return Part(text_of(part.state.get("name")), where, given, more, sure)
