"""Two deployments of one service, asked for the same pages: what differs, and what only varies.

What varies from answer to answer is known by asking twice (purpose "again"); what differs by nature (dates, tags of
contents, numbers of requests, the name of the host itself) is put in one form first. Order counts only where it does
for a browser.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import msgspec

from hardencheck.collect.contract import Found, Observer
from hardencheck.collect.exchange import Exchange, Tls, origin, place, printable
from hardencheck.collect.live._cookies import parse_cookie
from hardencheck.collect.live._unique import unique
from hardencheck.collect.live.responses import blocked
from hardencheck.collect.live.upload_limit import PURPOSES, MeasuredLimits
from hardencheck.lazily import compiled
from hardencheck.model.facts.compared import Difference, Subject
from hardencheck.model.facts.measured import MeasuredLimit
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

ABSENT = "absent"
VARIES = "varies from answer to answer"
MAX_SHOWN = 200
MAX_NAMES = 200  # header fields, and cookies, of one page

# Of the connection, not of the answer.
_IGNORED = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "set-cookie", "trailer"}
)
# Their value says which request or which copy it was.
_BY_NATURE = frozenset(
    {
        "age", "etag", "last-modified", "x-request-id", "request-id", "x-correlation-id", "x-trace-id", "traceparent",
        "x-amzn-trace-id", "x-amzn-requestid", "x-amz-cf-id", "x-amz-request-id", "x-amz-id-2", "cf-ray", "x-runtime",
        "x-served-by", "x-timer", "x-process-time", "server-timing", "x-response-time", "x-envoy-upstream-service-time",
    }
)  # fmt: skip
# Lists whose order says nothing, separated by commas; names in them compare without case.
_SETS = frozenset(
    {
        "vary", "cache-control", "allow", "accept-ranges", "accept-patch", "accept-post", "clear-site-data",
        "access-control-allow-methods", "access-control-allow-headers", "access-control-expose-headers",
        "permissions-policy", "surrogate-control", "pragma",
    }
)  # fmt: skip
_POLICIES = frozenset({"content-security-policy", "content-security-policy-report-only"})
_DATE = compiled(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}, [0-9]{2}[ -][A-Za-z]{3}[ -][0-9]{2,4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT"
)
_NONCE = compiled(r"'nonce-[^']{0,500}'")
_CREDENTIAL = compiled(r"(?:^|-)(?:token|secret|api-?key|session(?:-?id)?|authorization)$")


class Side(NamedTuple):
    """The answers of one deployment for one page, in order."""

    chain: tuple[Exchange, ...]
    limits: Mapping[str, str]
    again: Exchange | None
    plain: Exchange | None
    tls: Tls | None

    @property
    def last(self) -> Exchange:
        return self.chain[-1]


class Differences(Observer):
    """One fact for each thing compared, those that agree too."""

    name = "http.differences"
    emits = (Difference,)
    compares = True

    def observe(self, exchanges: tuple[Exchange, ...]) -> Iterable[Found]:
        pages: dict[int, tuple[list[Exchange], list[Exchange]]] = {}
        for exchange in exchanges:
            pages.setdefault(exchange.number, ([], []))[exchange.compared].append(exchange)
        return _together(
            unique(
                found for ours, theirs in pages.values() if theirs for found in self._pair(_side(ours), _side(theirs))
            )
        )

    def _pair(self, ours: Side, theirs: Side) -> Iterator[Found]:
        if not theirs.chain:
            return  # the probe that had no answer said why
        other = place(theirs.chain[0].url)
        if not ours.chain:
            yield self.gap(Reason.UNREACHABLE, f"nothing to compare {other} with: the audited page did not answer")
            return
        where = Location(url=place(ours.chain[0].url))
        for side in (ours, theirs):
            for exchange in side.chain:
                trouble = exchange.malformed or blocked(exchange)
                if trouble:
                    reason = Reason.MALFORMED if exchange.malformed else Reason.BLOCKED
                    yield self.gap(reason, f"{place(exchange.url)} was not compared: {trouble}", where)
                    return
        for subject, name, here, there, agrees in _compared(ours, theirs):
            yield Difference(
                location=where,
                subject=subject,
                name=printable(name, 60),
                agrees=agrees,
                here=printable(here, MAX_SHOWN),
                there=printable(there, MAX_SHOWN),
                other=other,
            )


def _together(items: Iterable[Found]) -> list[Found]:
    """What is the same on several pages is one thing, told at the first of them."""
    found: dict[tuple[object, ...], Found] = {}
    for number, item in enumerate(items):
        if not isinstance(item, Difference):
            found[(number,)] = item
            continue
        key = (item.subject, item.name, item.here, item.there, item.agrees)
        known = found.get(key)
        if isinstance(known, Difference):
            found[key] = msgspec.structs.replace(known, pages=known.pages + 1)
        else:
            found[key] = item
    return list(found.values())


def _side(exchanges: Sequence[Exchange]) -> Side:
    answered = [exchange for exchange in exchanges if not exchange.failed]
    return Side(
        chain=tuple(exchange for exchange in answered if exchange.purpose in {"hop", "page"}),
        limits=dict(_limits(exchanges)),
        again=next((exchange for exchange in answered if exchange.purpose == "again"), None),
        plain=next((exchange for exchange in exchanges if exchange.purpose == "http"), None),
        tls=next((exchange.tls for exchange in answered if exchange.purpose == "tls"), None),
    )


Row = tuple[Subject, str, str, str, bool]


def _compared(ours: Side, theirs: Side) -> Iterator[Row]:
    here, there = (", ".join(str(exchange.status) for exchange in side.chain) for side in (ours, theirs))
    yield "status", "", here, there, here == there
    here, there = _route(ours.chain), _route(theirs.chain)
    if here or there:
        yield "redirect", "", here or "none", there or "none", here == there
    if ours.plain is not None and theirs.plain is not None:
        here, there = _plain(ours.plain), _plain(theirs.plain)
        yield "http", "", here, there, here == there
    if ours.tls is not None and theirs.tls is not None:
        for name, here, there in _handshakes(ours.tls, theirs.tls):
            yield "tls", name, here, there, here == there
    for name in sorted({*ours.limits} & {*theirs.limits}):
        yield "upload", name, ours.limits[name], theirs.limits[name], ours.limits[name] == theirs.limits[name]
    if ours.last.status == theirs.last.status:  # else it is another page, whose headers say nothing of this one
        yield from _rows("header", _headers(ours), _headers(theirs))
        yield from _rows("cookie", _cookies(ours), _cookies(theirs))


class Said(NamedTuple):
    """What a deployment says of one name. form: what is compared, None where it varies. shown: for a reader."""

    form: str | None
    shown: str


def _rows(subject: Subject, ours: Mapping[str, Said | None], theirs: Mapping[str, Said | None]) -> Iterator[Row]:
    """None: it comes and goes, so that nothing can be said."""
    for name in sorted({*ours, *theirs})[:MAX_NAMES]:
        here, there = ours.get(name, Said("", ABSENT)), theirs.get(name, Said("", ABSENT))
        if here is None or there is None:
            continue
        both = name in ours and name in theirs
        agrees = both and (here.form is None or there.form is None or here.form == there.form)
        yield subject, name, here.shown, there.shown, agrees


def _headers(side: Side) -> dict[str, Said | None]:
    own = _own(side)
    first = _fields_of(side.last)
    again = _fields_of(side.again) if side.again is not None and side.again.status == side.last.status else first
    found: dict[str, Said | None] = {}
    for name in {*first, *again}:
        if (name in first) != (name in again):
            found[name] = None
            continue
        form, second = _form(name, first[name], own), _form(name, again[name], own)
        if name in _BY_NATURE or form != second:
            found[name] = Said(None, VARIES if form != second else "present")
        elif _CREDENTIAL.search(name):
            found[name] = Said(form, "a value that is not shown")
        else:
            found[name] = Said(form, _shown(first[name]))
    return found


def _fields_of(exchange: Exchange) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, value in exchange.headers:
        name = name.lower()
        if name not in _IGNORED:
            found[name] = (*found.get(name, ()), value.strip())
    return found


def _shown(values: Sequence[str]) -> str:
    """Without nonces, which say nothing, and what follows a question mark, which may be a credential."""
    text = re.sub(r"\?[^\s\"'<>,;]+", "?…", _NONCE.sub("'nonce-…'", ", ".join(values)))
    return text or "(empty)"


def _own(side: Side) -> re.Pattern[str]:
    """Where a value names its own host, with or without a port."""
    hosts = sorted({origin(exchange.url).host for exchange in side.chain}, key=len, reverse=True)
    names = "|".join(re.escape(host) for host in hosts)
    return re.compile(rf"(?<![\w.-])(?:{names})(?::[0-9]{{1,5}})?(?![\w-]|\.\w)", re.IGNORECASE)


def _form(name: str, values: Sequence[str], own: re.Pattern[str]) -> str:
    """One form for all that means the same."""
    values = [_DATE.sub("{date}", own.sub("{host}", value)) for value in values]
    if name in _POLICIES:
        return " || ".join(sorted(_policy(policy) for value in values for policy in value.split(",") if policy.strip()))
    if name == "strict-transport-security":
        parts = values[0].replace('"', "").split(";")  # the first field wins (RFC 6797 section 8.1)
        return "; ".join(sorted("".join(part.split()).lower() for part in parts if part.strip()))
    if name in _SETS:
        return ", ".join(
            sorted({" ".join(item.split()).lower() for value in values for item in value.split(",")} - {""})
        )
    return ", ".join(values)


def _policy(text: str) -> str:
    """A Content-Security-Policy: the first of a directive counts, and sources are a set (CSP3)."""
    found: dict[str, str] = {}
    for part in _NONCE.sub("'nonce-…'", text).split(";"):
        name, *sources = part.split() or [""]
        if name:
            found.setdefault(name.lower(), " ".join(sorted(set(sources))))
    return "; ".join(f"{name} {sources}".strip() for name, sources in sorted(found.items()))


def _cookies(side: Side) -> dict[str, Said | None]:
    first = _flags(side.last)
    again = _flags(side.again) if side.again is not None and side.again.status == side.last.status else first
    found: dict[str, Said | None] = {name: Said(flags, flags) for name, flags in first.items() if name in again}
    return found | dict.fromkeys({*first} ^ {*again})


def _flags(exchange: Exchange) -> dict[str, str]:
    """By name, what each cookie may do; its value and its age in seconds are left out where they are dates."""
    found: dict[str, list[str]] = {}
    host = origin(exchange.url).host
    for field in exchange.all("set-cookie")[:MAX_NAMES]:
        cookie = parse_cookie(field)
        if cookie is None:
            continue
        given = cookie.attributes
        flags = [word for name, word in (("secure", "Secure"), ("httponly", "HttpOnly")) if name in given]
        if "samesite" in given:
            flags.append(f"SameSite={given['samesite'].capitalize()}")
        flags.append(f"Path={given.get('path') or 'of the request'}")
        domain = given.get("domain", "").lstrip(".").lower()
        if domain:
            flags.append("Domain of the host" if domain == host else "Domain above the host")
        if "partitioned" in given:
            flags.append("Partitioned")
        if "max-age" in given:
            flags.append(f"Max-Age={given['max-age']}")
        elif "expires" in given:
            flags.append("with an end")
        found.setdefault(cookie.name, []).append("; ".join(flags))
    return {name: ", ".join(sorted(flags)) for name, flags in found.items()}


def _route(chain: Sequence[Exchange]) -> str:
    """Where each redirect leads: on the same host without its name."""
    return ", ".join(_aim(exchange) for exchange in chain if exchange.redirect is not None)


def _aim(exchange: Exchange) -> str:
    try:
        target = urljoin(exchange.url, exchange.redirect or "")
        here, there = origin(exchange.url), origin(target)
    except ValueError:
        return f"{exchange.status} to no URL"
    if there.host != here.host:
        near = {f"www.{here.host}": "www. before the host", here.host.removeprefix("www."): "the host without www."}
        return f"{exchange.status} to {near.get(there.host, place(target))}"
    scheme = "" if there.scheme == here.scheme else f"{there.scheme} "
    return f"{exchange.status} to {scheme}{urlsplit(target).path or '/'}"


def _plain(exchange: Exchange) -> str:
    if exchange.failed:
        return "closed"
    return _aim(exchange) if exchange.redirect is not None else f"{exchange.status}"


def _limits(exchanges: Sequence[Exchange]) -> Iterator[tuple[str, str]]:
    """How large a body may be, where that was measured. Of the rest nothing can be said."""
    for item in MeasuredLimits().observe(tuple(exchanges)):
        if isinstance(item, MeasuredLimit) and item.refused is not None:
            most = f"{item.max_bytes:,} B" if item.exact else f"{item.max_bytes:,} to {item.refused - 1:,} B"
            yield item.method, most
        elif isinstance(item, Gap) and item.reason is Reason.NEEDS_PROBE:
            yield next(exchange.method for exchange in exchanges if exchange.purpose in PURPOSES), "no early refusal"


def _handshakes(ours: Tls, theirs: Tls) -> Iterator[tuple[str, str, str]]:
    here, there = ("accepted" if tls.verified else f"not accepted: {tls.error}" for tls in (ours, theirs))
    yield "certificate", here, there
    for name, here, there in (
        ("versions", ", ".join(ours.offered), ", ".join(theirs.offered)),
        ("key", ours.key, theirs.key),
        ("signature", ours.signature, theirs.signature),
    ):
        if here and there:
            yield name, here, there
