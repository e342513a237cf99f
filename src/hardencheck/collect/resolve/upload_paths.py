"""Limits that do not do what they seem to: in a place without effect, gone round, or read in another unit."""

from collections.abc import Iterable, Iterator, Sequence

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.resolve import _nginx
from hardencheck.collect.resolve._built import resolved
from hardencheck.collect.resolve._chain import through
from hardencheck.collect.resolve._chain_lines import Line, lines
from hardencheck.collect.resolve._chain_servers import servers
from hardencheck.collect.resolve._chain_ways import Ways, ways
from hardencheck.collect.resolve._routes import Route
from hardencheck.lazily import compiled
from hardencheck.model.facts.container import PublishedPort
from hardencheck.model.facts.uploads import BypassedLimit, MixedUnits, RequestBuffering, UnappliedLimit
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location

_SIZE = compiled(r"(\d{1,15})\s?([kmg])(?:b|ib)?", 2)  # re.IGNORECASE
_UPSTREAM = compiled(r"(?:[a-z][a-z0-9+.-]{0,20}:)?/{0,2}(?P<host>[^/:\s\[\]]+)(?::(?P<port>\d{1,5}))?(?:/.*)?", 2)
_EVERYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - what is looked for


class UploadPaths(Resolver):
    """Limits of proxies beside what they are for."""

    name = "uploads.paths"
    emits = (UnappliedLimit, MixedUnits, BypassedLimit, RequestBuffering)
    after = ("servers.defaults",)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        reached = ways(facts, tree)
        yield from _unapplied(reached)
        yield from _units(reached)
        yield from _buffering(facts)
        ports = [
            fact for fact in facts.of("compose.published-port") if isinstance(fact, PublishedPort)
        ]  # fmt: skip
        if ports and reached.handing_on:
            facts = resolved(facts, tree)
            yield from _bypassed(reached, ports, list(lines(facts, tree, servers(facts, tree))))


def _unapplied(reached: Ways) -> Iterator[Found]:
    """A limit that only places have which redirect, or serve files, while those that hand requests on have none; one
    that the product does not ask for there."""
    held = {route.body.where for route in reached.handing_on}
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
            yield UnappliedLimit(
                location=body.where, product=route.product, setting=body.setting, written=body.written, why=why
            )


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


def _bypassed(reached: Ways, ports: Sequence[PublishedPort], found: Sequence[Line]) -> Iterator[Found]:
    """Services of compose that a proxy hands requests to, and that are published on all interfaces beside it."""
    known, inner = _inner(found)
    if not known:
        return
    seen = set()
    for route in reached.handing_on:
        outer = route.body.max_bytes
        if outer is None or route.body.doubt is not None or (inner is not None and inner <= outer):
            continue
        for upstream in route.upstreams or (route.upstream,):
            match = _UPSTREAM.fullmatch(upstream)
            for port in ports if match is not None else ():
                assert match is not None
                mine = port.service.lower() == match["host"].lower() and match["port"] in {None, port.port}
                if not mine or port.role != "production" or port.host not in _EVERYWHERE or port.location in seen:
                    continue
                seen.add(port.location)
                yield BypassedLimit(
                    location=port.location,
                    service=port.service,
                    port=port.port,
                    outer=outer,
                    inner=inner,
                    proxy=route.body.where,
                )


def _inner(found: Sequence[Line]) -> tuple[bool, int | None]:
    """(known, what applications admit of a file by themselves, the loosest of them; None: no limit)"""
    most = 0
    for line in found:
        for stations in line.inner():
            outcome = through(stations, "multipart-file")
            if outcome.doubts:
                return False, None
            if outcome.max_bytes is None:
                return True, None
            most = max(most, outcome.max_bytes)
    return bool(found), most
