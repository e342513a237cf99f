"""What nginx does to the fields of requests and responses at a place.

Source: nginx manual, ngx_http_headers_module, ngx_http_proxy_module, ngx_http_core_module (server_tokens); the README
of headers-more-nginx-module, whose filter runs before that of add_header.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from hardencheck.collect.extract._templates import TEMPLATED
from hardencheck.collect.resolve._held import Held
from hardencheck.collect.resolve._nginx import Place, absent, all_or_nothing, innermost_or_doubt, why_absent
from hardencheck.collect.resolve._nginx_values import Known, doubt, filled, parse_time
from hardencheck.collect.resolve._routes import Change, Doubt, echoed
from hardencheck.model.gap import Reason
from hardencheck.model.location import Location

# Without `always` a field is added to these only.
PAGES = frozenset({200, 201, 204, 206, 301, 302, 303, 304, 307, 308})
# What is not passed on of the responses of each protocol; X-Accel-* are orders to nginx itself.
_ORDERS = ("x-accel-expires", "x-accel-redirect", "x-accel-limit-rate", "x-accel-buffering", "x-accel-charset")
_HIDDEN = {
    "proxy": ("date", "server", "x-pad", *_ORDERS),
    "grpc": ("date", "server", *_ORDERS),
    "fastcgi": ("status", *_ORDERS),
    "scgi": ("status", *_ORDERS),
    "uwsgi": _ORDERS,
}
# What distributions write into these files.
_PARAMS = {
    "proxy_params": (
        ("host", "$http_host"), ("x-real-ip", "$remote_addr"), ("x-forwarded-for", "$proxy_add_x_forwarded_for"),
        ("x-forwarded-proto", "$scheme"),
    ),
}  # fmt: skip


class Response(NamedTuple):
    """lost: names of fields that levels further out add, and the line that takes each away."""

    changes: tuple[Change, ...]
    doubts: tuple[Doubt, ...]
    lost: tuple[tuple[str, Location], ...] = ()
    cases: tuple[str, ...] = ()


def protocol(place: Place) -> str:
    """ "proxy", "uwsgi" ...: how it hands requests on; "" where it does not."""
    for held in place.levels[-1]:
        kind, _, rest = held.directive.name.partition("_")
        if rest == "pass" and kind in _HIDDEN:
            return kind
    return ""


def response(place: Place, known: Known) -> Response:
    added, doubts = _added(place.levels)
    found = [*_hidden(place), *_own(place), *_more(place, known), *_expires(place)]
    gone = [
        (held.args[0].lower(), by.location)
        for number in range(1, len(place.levels))
        for held, by in lost(place.levels[: number + 1])
    ]
    changes = (*found, *(_add(held, known) for held in added))
    return Response(changes, tuple(doubts), tuple(gone), tuple(_cases(place)))


def _cases(place: Place) -> Iterator[str]:
    """An `if` with fields of its own is a level further in: where it holds, those around it are not sent."""
    for held in place.levels[-1]:
        if held.directive.name != "if" or held.directive.block is None:
            continue
        inside = tuple(Held(held.path, one) for one in held.directive.block)
        own = [one for one in inside if one.name == "add_header" and one.args]
        if not own or any(one.name == "return" for one in inside):
            continue
        added, _ = _added((*place.levels, inside))
        before, _ = _added(place.levels)
        names = {one.args[0].lower() for one in added if one.args}
        gone = sorted({one.args[0].lower() for one in before if one.args} - names)
        adds = ", ".join(sorted({one.args[0].lower() for one in own}))
        without = f", and not {', '.join(gone)} of the levels around" if gone else ""
        yield f"Where the if at {held.location} holds, nginx adds {adds}{without}."


def _hidden(place: Place) -> Iterator[Change]:
    kind = protocol(place)
    if not kind:
        return
    passed, _ = all_or_nothing(place, f"{kind}_pass_header")
    hidden, _ = all_or_nothing(place, f"{kind}_hide_header")
    shown = {word.lower() for held in passed for word in held.directive.args}
    for name in _HIDDEN[kind]:
        if name not in shown:
            yield Change("remove", name, None, place.where, own=False)
    for held in hidden:
        for word in held.directive.args[:1]:
            if word.lower() not in shown:
                perhaps = _perhaps(held)
                yield Change("remove", word.lower(), None, held.location, own=False, doubt=perhaps)


def _perhaps(held: Held) -> Doubt | None:
    if not held.directive.conditional:
        return None
    return Doubt(held.location, f"{held.directive.name} stands in a condition of the template", Reason.TEMPLATED)


def _own(place: Place) -> Iterator[Change]:
    """Server and Date, where no upstream gave one that is passed on."""
    held, perhaps = innermost_or_doubt(place, "server_tokens")
    where = held.location if held is not None else place.server or place.where
    tokens = held.directive.args[0] if held is not None and held.directive.args else "on"
    value = "nginx" if tokens == "off" else None
    why = perhaps
    if value is None and why is None:
        why = Doubt(where, "the version of nginx is that of the machine", Reason.NOT_SUPPORTED)
    # uwsgi and the like pass on what the application says of itself.
    yield Change("default", "server", None if why else value, where, doubt=why)
    yield Change("default", "date", None, where, doubt=Doubt(where, "the time of day", Reason.NOT_SUPPORTED))


def _more(place: Place, known: Known) -> Iterator[Change]:
    """more_set_headers and more_clear_headers: those of outer levels first, all of them."""
    for level in place.levels:
        for held in level:
            if held.directive.name not in {"more_set_headers", "more_clear_headers"}:
                continue
            statuses: set[int] = set()
            limited: Doubt | None = _perhaps(held)
            words = iter(held.directive.args)
            for word in words:
                if word == "-s":
                    statuses |= {int(code) for code in next(words, "").split() if code.isdecimal()}
                elif word == "-t":
                    next(words, "")
                    limited = Doubt(held.location, "it is for some types of content only")
                elif word not in {"-a", "-r"}:
                    yield _one_more(held, word, frozenset(statuses) or None, limited, known)


def _one_more(held: Held, word: str, statuses: frozenset[int] | None, limited: Doubt | None, known: Known) -> Change:
    name, _, value = word.partition(":")
    name, value = name.strip().lower(), value.strip()
    if TEMPLATED in name:
        limited = limited or Doubt(held.location, "the name of the field is a placeholder", Reason.TEMPLATED)
    if held.directive.name == "more_clear_headers" or not value:
        return Change("remove", name, None, held.location, statuses=statuses, doubt=limited)
    text = filled(value, known)
    why = limited or (doubt(name, value, held.location) if text is None else None)
    return Change("set", name, text, held.location, statuses=statuses, doubt=why)


def _expires(place: Place) -> Iterator[Change]:
    held, perhaps = innermost_or_doubt(place, "expires")
    if held is None or held.directive.args[:1] == ("off",):
        return
    args = held.directive.args
    value: str | None = None
    why = perhaps
    try:
        match args[-1] if args else "":
            case "epoch":
                value = "no-cache"
            case "max":
                value = "max-age=315360000"
            case text if not text.startswith("@"):
                seconds = parse_time(text.lstrip("+-"))
                value = "no-cache" if text.startswith("-") else f"max-age={seconds:.0f}"
    except ValueError:
        pass
    if value is None or "modified" in args:
        why, value = why or Doubt(held.location, "it depends on the time", Reason.NOT_LITERAL), None
    when = why or Doubt(held.location, "it depends on the time", Reason.NOT_LITERAL)
    yield Change("set", "expires", None, held.location, statuses=PAGES, doubt=when)
    yield Change("set", "cache-control", None if why else value, held.location, statuses=PAGES, doubt=why)


def lost(levels: Sequence[Sequence[Held]]) -> list[tuple[Held, Held]]:
    """The fields that the last of these levels takes away from what it inherits, each with the line that does it."""
    by = next((held for held in levels[-1] if held.name == "add_header"), None)
    by = by or next((held for held in levels[-1] if held.name == "add_header_inherit"), None)
    if by is None:
        return []
    kept = {held.args[0].lower() for held in _added(levels)[0] if held.args}
    return [
        (held, by)
        for held in _added(levels[:-1])[0]
        if len(held.args) > 1 and held.args[1] and held.args[0].lower() not in kept
    ]


def _added(levels: Iterable[Sequence[Held]]) -> tuple[list[Held], list[Doubt]]:
    """The add_header that hold: a level with any of its own loses all inherited ones, unless add_header_inherit
    (1.29.3, itself inherited) says otherwise."""
    got: list[Held] = []
    doubts: list[Doubt] = []
    mode = "on"
    for level in levels:
        own = [held for held in level if held.directive.name == "add_header"]
        said = next((held.directive.args[:1] for held in level if held.directive.name == "add_header_inherit"), ())
        mode = said[0] if said else mode
        perhaps = [why_absent(held) for held in absent(level)]
        if mode == "merge":
            got = [*got, *own]
            doubts = [*doubts, *perhaps]
        elif own or mode == "off":
            got, doubts = own, perhaps
        else:
            doubts = [*doubts, *perhaps]
    return got, doubts


def _add(held: Held, known: Known) -> Change:
    args = held.directive.args
    name = args[0].lower() if args else ""
    value = args[1] if len(args) > 1 else ""
    statuses = None if "always" in args[2:] else PAGES
    does = "set" if name in {"last-modified", "etag"} else "add"
    text = filled(value, known)
    why = _perhaps(held)
    if TEMPLATED in name:
        why = Doubt(held.location, "the name of the field is a placeholder", Reason.TEMPLATED)
    elif text is None and why is None:
        why = doubt(name, value, held.location)
    if text == "" and why is None:
        # An empty value is not sent; that the line is there still takes the inherited ones away.
        return Change("remove" if does == "set" else "add", name, "", held.location, statuses=statuses)
    return Change(does, name, text, held.location, statuses=statuses, doubt=why, echoes=echoed(value))  # type: ignore[arg-type]


def request(place: Place) -> tuple[tuple[tuple[str, str, Location], ...], tuple[Doubt, ...]]:
    """The fields that the request carries on by the will of nginx, "" for one that it takes out."""
    kind = protocol(place)
    if not kind:
        return (), ()
    directive = {"proxy": "proxy_set_header", "grpc": "grpc_set_header"}.get(kind, f"{kind}_param")
    own, doubts = all_or_nothing(place, directive)
    found: dict[str, tuple[str, Location]] = {}
    if kind == "proxy":
        found["host"] = ("$proxy_host", place.where)
    # Files of distributions that are not in the repository; they hold directives of a level as any other.
    for level in reversed(place.levels):
        for held in level:
            if held.directive.name == "include" and held.directive.args:
                for name, value in _PARAMS.get(held.directive.args[0].rpartition("/")[2], ()):
                    if kind == "proxy":
                        found[name] = (value, held.location)
        if any(held in level for held in own) or any(found[name][1] != place.where for name in found):
            break
    for held in own:
        args = held.directive.args
        if not args:
            continue
        name = args[0].lower()
        if kind not in {"proxy", "grpc"}:
            if not name.startswith("http_"):
                continue
            name = name.removeprefix("http_").replace("_", "-")
        if held.directive.conditional:
            doubts = [
                *doubts,
                Doubt(held.location, f"{args[0]} is set in a condition of the template", Reason.TEMPLATED),
            ]
        found[name] = (args[1] if len(args) > 1 else "", held.location)
    return tuple((name, value, where) for name, (value, where) in found.items()), tuple(doubts)
