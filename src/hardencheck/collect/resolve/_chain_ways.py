"""The ways by which requests reach an application: routes of proxies, those together that treat bodies alike."""

from collections.abc import Sequence
from typing import NamedTuple

from hardencheck.collect.contract import Tree
from hardencheck.collect.resolve import _nginx
from hardencheck.collect.resolve._chain import Cap, Station, everywhere
from hardencheck.collect.resolve._chain_placeholders import filled
from hardencheck.collect.resolve._proxies import routes, troubles
from hardencheck.collect.resolve._routes import Doubt, Limit, Route
from hardencheck.model.gap import FactSet, Gap
from hardencheck.model.words import plural

_USUAL = 413


class Way(NamedTuple):
    """name: for people, "" for the way past all proxies. routes: those of it. station: the proxy as a layer."""

    name: str
    routes: tuple[Route, ...]
    station: Station | None


class Ways(NamedTuple):
    """broken: configurations of proxies that could not be read. unread: one of a product that is not read, "" none."""

    found: tuple[Way, ...]
    handing_on: tuple[Route, ...]
    every: tuple[Route, ...]
    broken: tuple[Gap, ...]
    unread: str


def ways(facts: FactSet, tree: Tree) -> Ways:
    every = tuple(filled(route, facts, tree) for route in routes(facts, tree) if route.role == "production")
    handing = tuple(route for route in every if route.hands_on)
    classes: dict[tuple[object, ...], list[Route]] = {}
    for route in handing:
        classes.setdefault(
            (route.product, _key(route.body), _key(route.body_chunked), route.buffers_request), []
        ).append(route)
    found = [_way(members) for members in classes.values()]
    broken = tuple(troubles(facts))
    found += [_unreadable(gap) for gap in broken]
    return Ways(tuple(found), handing, every, broken, _nginx.other_proxy(tree))


def _key(body: Limit | None) -> tuple[object, ...]:
    if body is None:
        return ()
    place = body.where if body.doubt is not None or not body.default else None
    return (body.max_bytes, place, body.default, body.doubt is not None, body.counts_chunked)


def _way(members: Sequence[Route]) -> Way:
    """Routes that are alike, by the first of them."""
    first = members[0]
    more = f" and {plural(len(members) - 1, 'more place')}" if len(members) > 1 else ""
    name = f"{first.product}, {first.name} at {first.where}{more}"
    caps = dict(everywhere(_cap(first, first.body)))
    chunked = first.body_chunked or first.body
    caps["chunked"] = (_cap(first, chunked),)
    if not chunked.counts_chunked and chunked.doubt is None:
        text = f"{first.product} does not count what has no Content-Length"
        caps["chunked"] = (_cap(first, chunked)._replace(max_bytes=None, note=text),)
    station = Station("proxy", first.product, first.where, caps, lengthens=first.buffers_request)
    return Way(name, tuple(members), station)


def _cap(route: Route, body: Limit) -> Cap:
    note = ""
    if body.max_bytes is None and body.doubt is None:
        note = f"{body.setting} is {body.written} at {body.where}" if body.written else f"{route.product} has no limit"
    where = body.where if body.written or body.doubt is not None else route.where
    if route.product == "caddy" and body.default and body.doubt is None:
        where = route.inside or route.where  # the site lacks it, not the directive that hands on
    return Cap(
        "proxy", route.product, where, body.max_bytes, body.setting, body.written, body.default,
        status=body.status or _USUAL, or_502=body.status is None, note=note, doubt=body.doubt,
    )  # fmt: skip


def _unreadable(gap: Gap) -> Way:
    where = gap.location
    cap = Cap("proxy", "proxy", where, doubt=Doubt(where, gap.detail, gap.reason))
    return Way(f"{where}, whose limits are not known", (), Station("proxy", "proxy", where, everywhere(cap)))
