"""Applications with the servers that may run them: what stands behind the proxies."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hardencheck.collect.contract import Tree
from hardencheck.collect.extract.route_limits import OWN
from hardencheck.collect.resolve import _chain_frameworks as frameworks
from hardencheck.collect.resolve._applications import Application, applications
from hardencheck.collect.resolve._built import flask_settings
from hardencheck.collect.resolve._chain import Cap, Caps, Station
from hardencheck.collect.resolve._chain_frameworks import Own
from hardencheck.collect.resolve._chain_servers import Server, mod_wsgi, serving
from hardencheck.collect.resolve._chain_ways import Way
from hardencheck.collect.resolve._django import projects
from hardencheck.collect.resolve._routes import Doubt
from hardencheck.model.facts.uploads import RouteLimit
from hardencheck.model.gap import FactSet


class Line(NamedTuple):
    """One application with the servers that may run it; none: it is not known which one does."""

    own: Own
    behind: tuple[Station, ...]

    def inner(self, way: Way | None = None) -> list[list[Station]]:
        """What stands behind a way, one list for each server that may be it."""
        if way is not None and any(route.upstream.startswith("wsgi:") for route in way.routes):
            server = mod_wsgi(way.routes[0].where)
            return [[server, self.own.station(server)]]
        if not self.behind:
            return [[self.own.station(None)]]
        return [[server, self.own.station(server)] for server in self.behind]


def lines(facts: FactSet, tree: Tree, started: Sequence[Server]) -> Iterator[Line]:
    found, _ = projects(facts, tree)
    doubt = looked_at(facts)
    for project in found:
        own = _doubtful(frameworks.django(project), doubt)
        yield Line(own, tuple(serving(own, None, started, facts, tree)))
    flasks = applications(facts, "flask")
    for app in applications(facts, *frameworks.known()):
        own = _doubtful(_own(app, facts, tree, alone=len(flasks) == 1), doubt)
        yield Line(own, tuple(serving(own, app, started, facts, tree)))


def looked_at(facts: FactSet) -> Doubt | None:
    """Code that refuses requests by the length that they say they have."""
    for fact in facts.of("upload.route-limit"):
        if isinstance(fact, RouteLimit) and fact.setting == OWN and fact.role == "production":
            text = f"{fact.text}() looks at Content-Length, and may refuse what is longer than it should be"
            return Doubt(fact.location, text)
    return None


def _doubtful(own: Own, doubt: Doubt | None) -> Own:
    """An application before which code of its own may refuse; of a body without a length it knows nothing."""
    if doubt is None:
        return own
    cap = Cap("framework", own.framework, doubt.where, doubt=doubt)

    def caps(server: Station | None) -> Caps:
        return {
            content: found if content == "chunked" else (cap, *found) for content, found in own.caps(server).items()
        }

    return own._replace(caps=caps)


def _own(app: Application, facts: FactSet, tree: Tree, alone: bool) -> Own:
    match app.framework:
        case "flask":
            return frameworks.flask(app, flask_settings(app, facts, tree, alone), facts)
        case "fastapi" | "starlette":
            return frameworks.starlette(app, facts, tree)
        case "aiohttp":
            return frameworks.aiohttp(app, facts, tree)
    return frameworks.other(app, facts, tree)
