"""Limits that do not do what they seem to: in a place without effect, or read in another unit."""

from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.resolve import _caddy, _nginx, _traefik
from hardencheck.collect.resolve._chain_ways import Ways, ways
from hardencheck.collect.resolve._routes import Route
from hardencheck.lazily import compiled
from hardencheck.model.facts.uploads import MixedUnits, RequestBuffering, UnappliedLimit
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location

_SIZE = compiled(r"(\d{1,15})\s?([kmg])(?:b|ib)?", 2)  # re.IGNORECASE


class UploadPaths(Resolver):
    """Limits of proxies beside what they are for."""

    name = "uploads.paths"
    emits = (UnappliedLimit, MixedUnits, RequestBuffering)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        reached = ways(facts, tree)
        yield from _unapplied(reached, facts)
        yield from _unattached(facts)
        yield from _units(reached)
        yield from _buffering(facts)


def _unapplied(reached: Ways, facts: FactSet) -> Iterator[Found]:
    """A limit that only places have which redirect, or serve files, while those that hand requests on have none; one
    that the product does not ask for there."""
    held = {route.body.where for route in reached.every if route.hands_on or route.elsewhere}
    without = {route.product for route in reached.handing_on if route.body.default}
    partly = _partly(reached)
    seen = set()
    for route in reached.every:
        body = route.body
        if not body.written or body.doubt is not None or body.where in seen:
            continue
        why = ""
        if (
            route.hands_on
            and route.product == "apache"
            and body.max_bytes is None
            and not route.upstream.startswith("wsgi:")
        ):
            why = "httpd does not ask for it where requests are handed to another server (measured with 2.4.71)"
        elif route.hands_on and body.where in partly:
            why = "some of the requests that are handed on have it, and others have no limit at all"
        elif body.where not in held and route.product in without and body.max_bytes is not None:
            why = "no place that hands requests to an application has it, only such that redirect or serve files"
        if why:
            seen.add(body.where)
            where = _matched(facts, body.where) if route.product == "caddy" else body.where
            yield UnappliedLimit(
                location=where, product=route.product, setting=body.setting, written=body.written, why=why
            )


def _unattached(facts: FactSet) -> Iterator[Found]:
    """Middleware of Traefik that neither a router nor an entry point names."""
    name = "buffering.maxRequestBodyBytes"
    for thing in _traefik.unattached(_traefik.read(facts)):
        value = thing.get(name.lower())
        if value is not None:
            why = f"neither a router nor an entry point names the middleware {thing.name}"
            yield UnappliedLimit(
                location=value.where, product="traefik", setting=name, written=value.text[:40], why=why
            )


def _matched(facts: FactSet, limit: Location) -> Location:
    """The `request_body` with its matcher that a limit of Caddy stands in."""
    waiting = [level for site in _caddy.sites(facts) for level in site.block]
    while waiting:
        level = waiting.pop()
        if level.name == "request_body" and any(inner.where == limit for inner in level.block or ()):
            return level.where if level.args else limit
        waiting.extend(level.block or ())
    return limit


def _partly(reached: Ways) -> set[Location]:
    """Limits of sites of which another part hands requests on without any."""
    open_ = {
        route.inside
        for route in reached.handing_on
        if route.body.default and route.body.doubt is None and route.body.max_bytes is None and route.inside is not None
    }
    return {route.body.where for route in reached.handing_on if route.inside in open_ and route.body.written}


def _units(reached: Ways) -> Iterator[Found]:
    """`10m` is 10,000,000 to Caddy and 10,485,760 to nginx."""
    said: dict[tuple[str, str], Route] = {}
    seen = set()
    for route in sorted(reached.handing_on, key=lambda route: (route.product == "caddy", route.where.order)):
        body = route.body
        match = _SIZE.fullmatch(body.written.strip())
        if match is None or body.max_bytes is None or body.doubt is not None:
            continue
        first = said.setdefault((match[1], match[2].lower()), route)
        bytes_ = first.body.max_bytes
        if first.product == route.product or bytes_ is None or bytes_ == body.max_bytes or body.where in seen:
            continue
        seen.add(body.where)
        yield MixedUnits(
            location=body.where,
            product=route.product,
            written=body.written,
            max_bytes=body.max_bytes,
            other=first.body.where,
            other_product=first.product,
            other_bytes=bytes_,
        )


def _buffering(facts: FactSet) -> Iterator[Found]:
    seen = set()
    for place in _nginx.places(facts):
        held = _nginx.innermost(place, "proxy_request_buffering") if place.proxied else None
        if held is not None and held.location not in seen and held.directive.args[:1] in {("on",), ("off",)}:
            seen.add(held.location)
            yield RequestBuffering(location=held.location, product="nginx", buffers=held.directive.args[0] == "on")
