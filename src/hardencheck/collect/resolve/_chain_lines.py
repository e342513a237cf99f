"""Applications with the servers that may run them: what stands behind the proxies."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hardencheck.collect.contract import Tree
from hardencheck.collect.resolve import _chain_frameworks as frameworks
from hardencheck.collect.resolve._applications import Application, applications
from hardencheck.collect.resolve._built import flask_settings
from hardencheck.collect.resolve._chain import Station
from hardencheck.collect.resolve._chain_frameworks import Own
from hardencheck.collect.resolve._chain_servers import Server, serving
from hardencheck.collect.resolve._django import projects
from hardencheck.model.gap import FactSet


class Line(NamedTuple):
    """One application with the servers that may run it; none: it is not known which one does."""

    own: Own
    behind: tuple[Station, ...]

    def inner(self) -> list[list[Station]]:
        if not self.behind:
            return [[self.own.station(None)]]
        return [[server, self.own.station(server)] for server in self.behind]


def lines(facts: FactSet, tree: Tree, started: Sequence[Server]) -> Iterator[Line]:
    found, _ = projects(facts, tree)
    for project in found:
        own = frameworks.django(project)
        yield Line(own, tuple(serving(own, None, started, facts, tree)))
    flasks = applications(facts, "flask")
    for app in applications(facts, *frameworks.known()):
        own = _own(app, facts, tree, alone=len(flasks) == 1)
        yield Line(own, tuple(serving(own, app, started, facts, tree)))


def _own(app: Application, facts: FactSet, tree: Tree, alone: bool) -> Own:
    match app.framework:
        case "flask":
            return frameworks.flask(app, flask_settings(app, facts, tree, alone), facts)
        case "fastapi" | "starlette":
            return frameworks.starlette(app, facts, tree)
        case "aiohttp":
            return frameworks.aiohttp(app, facts, tree)
    return frameworks.other(app, facts, tree)
