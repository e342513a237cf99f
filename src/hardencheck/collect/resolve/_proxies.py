"""The routes of every reverse proxy that the repository configures."""

from collections.abc import Iterator

from hardencheck.collect.contract import Tree
from hardencheck.collect.extract._python import role
from hardencheck.collect.resolve import (
    _apache,
    _routes_apache,
    _routes_caddy,
    _routes_ingress,
    _routes_nginx,
    _routes_traefik,
)
from hardencheck.collect.resolve._elsewhere import marked
from hardencheck.collect.resolve._routes import Route
from hardencheck.model.facts import Fact
from hardencheck.model.facts.proxies import ApacheFile
from hardencheck.model.gap import FactSet, Gap

# The kinds of facts that hold a proxy's configuration as written.
CONFIGURATIONS = {"nginx.file", "apache.file", "caddy.file", "traefik.configuration", "ingress.configuration"}


def routes(facts: FactSet, tree: Tree) -> list[Route]:
    """The routes of every proxy configuration for production, in order of file and line."""
    return sorted(marked(_all(facts, tree), facts), key=lambda route: route.where.order)


def troubles(facts: FactSet) -> list[Gap]:
    """Proxy configurations for production that could not be read, or whose place is not known."""
    found = [
        gap for gap in facts.gaps if set(gap.kinds) & CONFIGURATIONS and role(gap.location.path or "") == "production"
    ]
    if not any(getattr(fact, "role", "") == "production" for fact in _configured(facts)):
        # Files for the folders of an httpd whose configuration is elsewhere.
        for doubt in _apache.distributed(facts).values():
            kinds = (ApacheFile.kind(),)
            found.append(Gap(kinds=kinds, collector="proxies", reason=doubt.reason, detail=doubt.text,
                             location=doubt.where))  # fmt: skip
    return found


def _configured(facts: FactSet) -> Iterator[Fact]:
    for kind in sorted(CONFIGURATIONS):
        for fact in facts.of(kind):
            if not (fact.location.path or "").endswith(".htaccess"):
                yield fact


def _all(facts: FactSet, tree: Tree) -> Iterator[Route]:
    yield from _routes_nginx.routes(facts)
    yield from _routes_apache.routes(facts)
    yield from _routes_caddy.routes(facts)
    yield from _routes_traefik.routes(facts)
    yield from _routes_ingress.routes(facts)
