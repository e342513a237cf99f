"""The routes of nginx: its places, with what holds there.

A Content-Length is compared with the limit of each location that a request comes through by its path (a `try_files`
to a named one does not look again); a chunked body with that of the last one, which reads it. Measured with 1.22.1.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice

from hardencheck.collect.extract._templates import TEMPLATED
from hardencheck.collect.resolve import _nginx, _nginx_headers
from hardencheck.collect.resolve._held import Held
from hardencheck.collect.resolve._nginx import Place, innermost_or_doubt
from hardencheck.collect.resolve._nginx_values import filled, maps, parse_size, parse_time, settings
from hardencheck.collect.resolve._routes import MAX_ROUTES, Doubt, Limit, Route, Timeout, beyond
from hardencheck.collect.resolve._upstreams import address
from hardencheck.model.gap import FactSet, Reason
from hardencheck.model.location import Location

DEFAULT_BODY = 1 << 20
_REDIRECTS = {"301", "302", "303", "307", "308"}
_EVERY = {"^", ".*", "^(.*)$", "^.*$", "^(.*)", "(.*)", "^/(.*)$", "^/(.*)"}
_SECURE = ("https://", '"https://')
# Defaults, in seconds.
_TIMEOUTS = {
    "client_header_timeout": 60.0, "client_body_timeout": 60.0, "send_timeout": 60.0, "keepalive_timeout": 75.0,
}  # fmt: skip


def routes(facts: FactSet) -> Iterator[Route]:
    """Each place that answers; a named location once for each place that hands to it."""
    places = _nginx.places(facts)
    said: dict[tuple[int, ...], dict[str, str | None]] = {}
    upstreams = _upstreams(places)
    pairs = _pairs(places)
    for place, origin in islice(pairs, MAX_ROUTES):
        yield _route(place, origin, upstreams, _variables(place.levels, said))
    for place, _ in islice(pairs, 1):
        yield beyond("nginx", "client_max_body_size", place.where)


def _pairs(places: list[Place]) -> Iterator[tuple[Place, Place]]:
    """Each place that answers, with the one that a request comes to first: itself, but for a named location."""
    whole = {place.server for place in places if place.name == "location /"}
    origins: dict[tuple[Location | None, str], list[Place]] = defaultdict(list)
    for place in places:
        for name in dict.fromkeys(_jumps(place)):
            origins[place.server, name].append(place)
    for place in places:
        if place.name == "server" and place.server in whole and not _answers(place)[0]:
            continue  # whatever comes is matched by that location
        if place.name.startswith("location @"):
            found = origins.get((place.server, place.name.removeprefix("location ")), [])
            yield from ((place, origin) for origin in found or [place])
        else:
            yield place, place


def _variables(
    levels: tuple[tuple[Held, ...], ...], said: dict[tuple[int, ...], dict[str, str | None]]
) -> dict[str, str | None]:
    """What variables hold in the last of these levels. said: what was worked out for levels that others are in, too."""
    if not levels:
        return {}
    key = tuple(map(id, levels))
    if key not in said:
        around = _variables(levels[:-1], said)
        own = [held.directive for held in levels[-1] if held.name in {"map", "set", "if"}]
        said[key] = settings(own, {**around, **maps(own)}) if own else around
    return said[key]


def _route(place: Place, origin: Place, upstreams: dict[str, tuple[str, ...]], known: dict[str, str | None]) -> Route:
    answer, target = _answers(place)
    found = _nginx_headers.response(place, known)
    asked, ask_doubts = _nginx_headers.request(place)
    body = _limit(origin)
    chunked = _limit(place)
    if not place.proxied:
        chunked = chunked._replace(counts_chunked=False)
        body = body._replace(counts_chunked=False)
    names = _words(place, "server_name")
    tls, listens = _listens(place)
    to = _targets(place, known, upstreams)
    path = _path(origin)
    via = f" by {_path(place)}" if origin is not place else ""
    server = " ".join(("server", *names[:2])) if place.server is not None else ""
    location = "" if place.name == "server" else origin.name if place.name != "if" else f"{origin.name} in {path}"
    return Route(
        product="nginx",
        name=", ".join(part for part in (server, location) if part) + via,
        where=place.where,
        body=body,
        body_chunked=None if chunked[:2] == body[:2] and chunked.doubt == body.doubt else chunked,
        hosts=tuple(name for name in names if name not in {"_", ""}),
        path=path,
        templated=place.templated,
        hands_on=place.proxied,
        upstream=to[0] if to else "",
        upstreams=to,
        serves="" if place.proxied or answer else _serves(place),
        answers=answer,
        redirects_to_https=tls is not True
        and ((target.startswith(_SECURE) and path.removeprefix("~ ") in {"/", *_EVERY}) or _redirects_before(place)),
        tls=tls,
        listens=listens,
        headers=found.changes,
        lost_headers=found.lost,
        cases=found.cases,
        header_doubts=found.doubts,
        request=asked,
        request_doubts=ask_doubts,
        timeouts=tuple(_timeouts(place)),
        doubts=tuple(_nginx.why_absent(held) for held in place.missing),
        inside=place.server,
        buffers_request=_buffers(place),
        replaces_errors=_replaces(place),
        internal=any(held.directive.name == "internal" for held in place.levels[-1]),
    )


def _path(place: Place) -> str:
    """ "/" of "location /"; that of the location around for an `if`."""
    if place.name.startswith("location "):
        return place.name.removeprefix("location ").removeprefix("= ").removeprefix("^~ ")
    return "/"


def _words(place: Place, name: str) -> tuple[str, ...]:
    held = _nginx.innermost(place, name)
    return tuple(word.lower() for word in held.directive.args) if held is not None else ()


def _limit(place: Place) -> Limit:
    name = "client_max_body_size"
    held, perhaps = innermost_or_doubt(place, name)
    if held is None:
        if perhaps is not None:
            perhaps = perhaps._replace(text=f"{name}: {perhaps.text}")
        return Limit(DEFAULT_BODY, name, perhaps.where if perhaps else place.where, default=True, doubt=perhaps)
    text = held.directive.args[0] if held.directive.args else ""
    try:
        return Limit(parse_size(text), name, held.location, written=text, doubt=perhaps)
    except ValueError:
        templated = TEMPLATED in text
        why = f"{name} is {'a placeholder' if templated else repr(text[:40])}"
        reason = Reason.TEMPLATED if templated else Reason.NOT_LITERAL
        return Limit(None, name, held.location, written=text[:40], doubt=Doubt(held.location, why, reason))


def _jumps(place: Place) -> Iterator[str]:
    """The named locations that a place hands to."""
    for held in place.levels[-1]:
        if held.directive.name in {"try_files", "error_page"} and held.directive.args:
            yield held.directive.args[-1]


def _answers(place: Place) -> tuple[int | None, str]:
    """The status of a `return` or `rewrite` of the place itself, and where it sends to."""
    for held in place.levels[-1]:
        args = held.directive.args
        if held.directive.conditional:
            continue
        if held.directive.name == "return" and args:
            if args[0].isdecimal():
                return int(args[0][:3]), args[1] if len(args) > 1 and args[0] in _REDIRECTS else ""
            return 302, args[0]
        if held.directive.name == "rewrite" and len(args) > 1:
            if args[-1] in {"permanent", "redirect"} or args[1].startswith(("http://", "https://", "$scheme")):
                if args[0] in _EVERY:
                    return 301 if args[-1] == "permanent" else 302, args[1]
        if held.directive.name == "deny" and args[:1] == ("all",) and len(place.levels[-1]) == 1:
            return 403, ""
    return None, ""


def _redirects_before(place: Place) -> bool:
    """An `if` of the server or of a location around, about the scheme, that sends clients to https."""
    for level in place.levels:
        for held in level:
            if held.directive.name == "if" and held.directive.block and not held.directive.conditional:
                about = " ".join(held.directive.args).lower()
                if not any(word in about for word in ("scheme", "https", "proto", "ssl", "server_port")):
                    continue
                for inner in held.directive.block:
                    if inner.name in {"return", "rewrite"} and any(arg.startswith(_SECURE) for arg in inner.args):
                        return True
    return False


def _listens(place: Place) -> tuple[bool | None, tuple[str, ...]]:
    server = next((level for level in place.levels if any(h.directive.name in {"listen", "ssl"} for h in level)), ())
    found = [held.directive.args for held in server if held.directive.name == "listen"]
    if any(held.directive.name == "ssl" and held.directive.args[:1] == ("on",) for held in server):
        return True, tuple(" ".join(args) for args in found)
    if any(TEMPLATED in word for args in found for word in args):
        return None, tuple(" ".join(args) for args in found)
    secure = {"ssl" in args or "quic" in args for args in found}
    if not found:
        return (None if place.missing or place.server is None else False), ()
    return (secure.pop() if len(secure) == 1 else None), tuple(" ".join(args) for args in found)


def _serves(place: Place) -> str:
    alias = next((held for held in place.levels[-1] if held.directive.name == "alias"), None)
    held = alias or _nginx.innermost(place, "root")
    return held.directive.args[0] if held is not None and held.directive.args else ""


def _upstreams(places: list[Place]) -> dict[str, tuple[str, ...]]:
    """The addresses in each `upstream` block, by its name."""
    found: dict[str, tuple[str, ...]] = {}
    levels = {id(level): level for place in places for level in place.levels[:-1] or place.levels}
    for level in levels.values():
        for held in level:
            block = held.directive.block
            if held.directive.name == "upstream" and block is not None and held.directive.args:
                addresses = tuple(item.args[0] for item in block if item.name == "server" and item.args)
                found.setdefault(held.directive.args[0].lower(), addresses)
    return found


def _targets(place: Place, known: dict[str, str | None], upstreams: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Where requests go, with the names of upstream blocks in their places; () where that is not known."""
    for held in place.levels[-1]:
        if held.directive.name not in _nginx.PASSES or not held.directive.args:
            continue
        text = filled(held.directive.args[0], known)
        if text is None:  # http://app:8000$request_uri
            start = held.directive.args[0].partition("$")[0]
            text = start if "://" in start and not start.endswith("://") else None
        kind = held.directive.name.partition("_")[0]
        to = address(text or "", "http" if kind == "proxy" else kind)
        if not to:
            return ()
        scheme, _, host = to.rpartition("://")
        found = upstreams.get(host.lower(), ())
        return tuple(address(one, scheme) for one in found) or (to,)
    return ()


def _timeouts(place: Place) -> Iterator[Timeout]:
    wanted: dict[str, float] = dict(_TIMEOUTS)
    kind = _nginx_headers.protocol(place)
    if kind:
        wanted |= {f"{kind}_connect_timeout": 60.0, f"{kind}_send_timeout": 60.0, f"{kind}_read_timeout": 60.0}
    for name, default in wanted.items():
        held, perhaps = innermost_or_doubt(place, name)
        between = name not in {"client_header_timeout"} and not name.endswith("connect_timeout")
        if held is None:
            yield Timeout(name, default, place.where, between, default=True, doubt=perhaps)
            continue
        try:
            seconds: float | None = parse_time(held.directive.args[0] if held.directive.args else "")
        except ValueError:
            text = f"{name} is {' '.join(held.directive.args)[:40]!r}"
            seconds, perhaps = None, Doubt(held.location, text, Reason.NOT_LITERAL)
        yield Timeout(name, seconds, held.location, between, doubt=perhaps)


def _replaces(place: Place) -> Location | None:
    kind = _nginx_headers.protocol(place)
    held: Held | None = _nginx.innermost(place, f"{kind}_intercept_errors") if kind else None
    return held.location if held is not None and held.directive.args[:1] == ("on",) else None


def _buffers(place: Place) -> bool:
    kind = _nginx_headers.protocol(place)
    held: Held | None = _nginx.innermost(place, f"{kind}_request_buffering") if kind else None
    return held is None or held.directive.args[:1] != ("off",)
