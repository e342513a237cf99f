"""Applications, their servers and the routes to them, put together: the response of each, for each status."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol
from weakref import WeakKeyDictionary

from hardencheck.collect.contract import Tree
from hardencheck.collect.resolve import _headers_python, _sent_django, _sent_servers
from hardencheck.collect.resolve._applications import Application as Built_
from hardencheck.collect.resolve._django import projects
from hardencheck.collect.resolve._layers import Sends
from hardencheck.collect.resolve._routes import Doubt, Route
from hardencheck.collect.resolve._sent import Field, Seen, Sent, changed
from hardencheck.collect.resolve._sent_python import LAYERS, PythonApplication, python_applications
from hardencheck.collect.resolve._sent_servers import Server, server_of, through
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location

PAGE, MISSING, BROKEN = 200, 404, 500
STATUSES = (PAGE, MISSING, BROKEN)
MAX_ROUTES = 60
_answered: "WeakKeyDictionary[Application, dict[tuple[int, Seen], Sent]]" = WeakKeyDictionary()


class Application(Protocol):
    """What answers. name: as in facts and rows."""

    name: str
    framework: str
    where: Location

    def at(self, status: int, seen: Seen) -> Sent:
        """Its response with this status, before the server has it."""
        ...

    def believes(self, seen: Seen, route: Route | None) -> Seen:
        """The same with what the framework itself makes of forwarded headers."""
        ...

    def redirects(self, seen: Seen) -> int | None:
        """The status of the redirect that it answers an http request with; None where it does not."""
        ...

    def should(self, name: str) -> Location:
        """Where a header would be set that it does not send."""
        ...

    def why_not(self, name: str) -> str:
        """Why it does not, where that is not plain."""
        ...


class Predicted(NamedTuple):
    """One application (None: what a proxy alone adds) by one route (None: without a proxy). answers: by status.
    inner: a page before the proxy has it."""

    application: Application | None
    route: Route | None
    server: Server
    answers: Mapping[int, Sent]
    redirect: Sent | None = None
    inner: Sent | None = None

    @property
    def layer(self) -> str:
        return self.application.framework if self.application is not None else self.route.product if self.route else ""

    def should(self, name: str) -> Location:
        """Where a header that is not sent would be set: the line of the proxy that says not to, if there is one."""
        for change in self.route.headers if self.route is not None else ():
            if change.name == name and change.does == "add" and change.value == "":
                return change.where
        if self.application is not None:
            return self.application.should(name)
        return self.route.where if self.route is not None else Location()


class Static:
    """An application whose code was not run: what its files say about each header, as they are written."""

    def __init__(self, name: str, framework: str, where: Location, says: Mapping[str, Sends]) -> None:
        self.name, self.framework, self.where, self._says = name, framework, where, says

    def at(self, status: int, seen: Seen) -> Sent:
        sent = Sent(status)
        for name, one in self._says.items():
            if one.does == "sends":
                sent = sent.plus(Field(name, one.value, one.location, one.layer))
            elif one.does == "unknown":
                sent = sent.unsure(name, Doubt(one.location, one.text, one.reason))
        return sent

    def believes(self, seen: Seen, route: Route | None) -> Seen:
        return seen

    def redirects(self, seen: Seen) -> int | None:
        return None

    def should(self, name: str) -> Location:
        one = self._says.get(name)
        return one.location if one is not None else self.where

    def why_not(self, name: str) -> str:
        return ""


def applications(facts: FactSet, tree: Tree) -> Iterator[Application]:
    """What production code builds; of several of one framework those that a server starts, else the first one."""
    found, _ = projects(facts, tree)
    yield from _sent_django.applications(found, facts, tree)
    groups: dict[str, list[tuple[Built_, PythonApplication | None]]] = {}
    for app, made in python_applications(facts, tree):
        groups.setdefault(LAYERS.get(app.framework, app.framework), []).append((app, made))
    for layer, several in groups.items():
        started = [one for one in several if one[1] is not None and one[1].started is not None]
        # Beside a project of Django what no server starts is a tool or a mock.
        for app, made in started or (several[:1] if not found else ()):
            if made is not None:
                yield made
            else:
                yield Static(app.name, layer, app.location, _headers_python.says(app, layer, facts))


def predicted(facts: FactSet, tree: Tree, routes: Sequence[Route], apps: Sequence[Application]) -> list[Predicted]:
    """Every application by every route that hands on to it, or by itself where none does."""
    found: list[Predicted] = []
    handing = [route for route in routes if route.hands_on and route.role == "production"][:MAX_ROUTES]
    for app in apps:
        server = server_of(facts, app.framework, getattr(app, "started", None))
        ways: Sequence[Route | None] = handing or [None]
        found.extend(_one(app, server, route) for route in ways)
    for route in handing if not apps else ():
        answers = {status: proxied(Sent(status), route) for status in STATUSES}
        found.append(Predicted(None, route, Server(), answers))
    return found


def _one(app: Application, server: Server, route: Route | None) -> Predicted:
    answers = {status: answer(app, server, route, status) for status in STATUSES}
    plain = app.believes(_sent_servers.seen(server, route, https=False), route)
    status = app.redirects(plain)
    redirect = answer(app, server, route, status, https=False) if status is not None else None
    inner = behind(app, server, route, PAGE) if route is not None else None
    return Predicted(app, route, server, answers, redirect, inner)


def answer(app: Application, server: Server, route: Route | None, status: int, *, https: bool = True) -> Sent:
    """What a visitor gets who asks by https, or not."""
    sent = behind(app, server, route, status, https=https)
    return proxied(sent, route) if route is not None else sent


def behind(app: Application, server: Server, route: Route | None, status: int, *, https: bool = True) -> Sent:
    """What the server hands out, before a proxy has it."""
    seen = app.believes(_sent_servers.seen(server, route, https=https), route)
    if seen.secure is None and https:
        seen = seen._replace(secure=True)  # how it came is told the application in a way that nobody sees
    known = _answered.setdefault(app, {})
    if (status, seen) not in known:  # routes differ in little that an application sees
        known[status, seen] = app.at(status, seen)
    sent = known[status, seen]
    return sent if server.name == "aiohttp" else through(server, sent)


def proxied(sent: Sent, route: Route) -> Sent:
    """What the proxy makes of a response that comes from behind it."""
    sent = changed(sent, route.headers, route.product)
    for doubt in (*route.header_doubts, *route.doubts):
        sent = sent.unsure("", doubt)
    return sent
