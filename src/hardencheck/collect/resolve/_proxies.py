"""The routes of every reverse proxy that the repository configures."""

from collections.abc import Iterator

from hardencheck.collect.contract import Tree
from hardencheck.collect.resolve import _routes_apache, _routes_caddy, _routes_ingress, _routes_nginx, _routes_traefik
from hardencheck.collect.resolve._elsewhere import marked
from hardencheck.collect.resolve._routes import Route
from hardencheck.model.gap import FactSet, Gap

# The kinds of facts that hold a proxy's configuration as written.
CONFIGURATIONS = {"nginx.file", "apache.file", "caddy.file", "traefik.configuration", "ingress.configuration"}


def routes(facts: FactSet, tree: Tree) -> list[Route]:
    """The routes of every proxy configuration for production, in order of file and line."""
    return sorted(marked(_all(facts, tree), facts), key=lambda route: route.where.order)


def troubles(facts: FactSet) -> list[Gap]:
    """Proxy configurations that could not be read."""
    return [gap for gap in facts.gaps if set(gap.kinds) & CONFIGURATIONS]


def _all(facts: FactSet, tree: Tree) -> Iterator[Route]:
    yield from _routes_nginx.routes(facts)
    yield from _routes_apache.routes(facts)
    yield from _routes_caddy.routes(facts)
    yield from _routes_traefik.routes(facts)
    yield from _routes_ingress.routes(facts)
