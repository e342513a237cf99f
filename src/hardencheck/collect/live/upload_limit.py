"""The largest upload that a service takes, measured: lengths are declared and bodies withheld; sent only when asked."""

import contextlib
import time
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urljoin, urlsplit

import msgspec

from hardencheck.collect.contract import Client, Endpoint, Found, Observer, Probe, Unreadable
from hardencheck.collect.exchange import Exchange, origin, place
from hardencheck.collect.live._upload_body import BOUNDARY, MAX_SENT, MAX_TOTAL, MIN_SENT, body_of
from hardencheck.collect.live._upload_search import (
    CLOSED,
    FAR,
    MAX_REQUESTS,
    MAX_SECONDS,
    SILENCE,
    Result,
    Try,
    following,
    result,
)
from hardencheck.collect.live.responses import blocked
from hardencheck.model.facts import Fact
from hardencheck.model.facts.measured import Form, HeldConnection, How, MeasuredLimit
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

CONTROL, DECLARED, CHUNKED, SENT, HELD = (
    "upload-control", "upload-declared", "upload-chunked", "upload-sent", "upload-held",
)  # fmt: skip
PURPOSES = frozenset({CONTROL, DECLARED, CHUNKED, SENT, HELD})
HELD_SECONDS = 70.0  # nginx, Apache and most of their kind let go after 60
SENT_WAIT = 3.0
_ANYTHING = (f"multipart/form-data; boundary={BOUNDARY}", "application/octet-stream")
_NAME_IT = "name what takes uploads in the table upload of its [[target]]"


class DeclaredLengths(Probe):
    """A length is declared and nothing is sent: at most 30 requests and 8 s, each on a connection of its own."""

    name = "uploads.declared"
    emits = (MeasuredLimit,)
    tier = "probe"

    async def probe(self, url: str, client: Client) -> Iterable[Exchange | Found]:
        import asyncio  # not above: every scan imports this module, and most have no URL

        there = where(url, client)
        if not client.once(f"upload {client.endpoint.method} {there}"):
            return ()
        found: list[Exchange | Found] = []
        ends = time.monotonic() + MAX_SECONDS
        # A connection that is not made in time must not make it longer: what was learnt by then stands.
        with contextlib.suppress(TimeoutError):
            import asyncio  # not above: every scan imports this module, and most have no URL

            async with asyncio.timeout(MAX_SECONDS):
                for kind in contents(client.endpoint):
                    asked = await _search(client, there, kind, ends, found)
                    if asked is None or asked.outcome != "no-difference":
                        break
        return found


class SentBodies(Probe):
    """Bodies are really sent, of at most 16 MiB each and 96 MiB together; no more once an answer begins."""

    name = "uploads.sent"
    emits = ()  # it says more of what the lengths have said: nothing is missing where it does not run
    tier = "active"

    async def probe(self, url: str, client: Client) -> Iterable[Exchange | Found]:
        import asyncio

        there = where(url, client)
        if not client.once(f"upload-sent {client.endpoint.method} {there}"):
            return ()
        declared = [item for item in client.seen if item.purpose == DECLARED and item.url == there]
        known = result(tries(declared))
        most = min(MAX_SENT, known.accepted) if known.outcome == "exact" else MAX_SENT
        if most < MIN_SENT:
            return ()
        found: list[Exchange | Found] = []
        kinds = [dict(item.request_headers).get("Content-Type", "") for item in declared[-1:]]
        kind = client.endpoint.content_type or next(iter(kinds), "") or _ANYTHING[0]
        with contextlib.suppress(TimeoutError):
            import asyncio  # not above: every scan imports this module, and most have no URL

            async with asyncio.timeout(MAX_SECONDS):
                if known.outcome == "exact" and known.refused is not None:
                    found.append(await _chunked(client, there, kind, known.refused))
                await _upload(client, there, kind, most, found)
        return found


class HeldBody(Probe):
    """One connection that stops after the first byte of a body, for a stated time."""

    name = "uploads.held"
    emits = ()
    tier = "active"

    async def probe(self, url: str, client: Client) -> Iterable[Exchange | Found]:
        there = where(url, client)
        if not client.once(f"upload-held {there}"):
            return ()
        kind = client.endpoint.content_type or _ANYTHING[0]
        headers = (("Content-Type", kind), ("Content-Length", str(MIN_SENT)))
        body = body_of(kind, client.endpoint.field, MIN_SENT).first(1)
        try:
            return [
                await client.declare(
                    there, method=client.endpoint.method, headers=headers, body=(body,), sending=1.0, wait=HELD_SECONDS,
                    purpose=HELD,
                )
            ]  # fmt: skip
        except Unreadable as error:
            return [_gap(self.name, there, error.reason, error.detail, HeldConnection)]


def where(url: str, client: Client) -> str:
    """The URL that takes uploads: as configured, else the page that was found behind the one that was given."""
    named = client.endpoint.url
    if named:
        return named
    page = next((item for item in reversed(client.seen) if item.purpose == "page"), None)
    return page.url if page is not None else url


def contents(endpoint: Endpoint) -> tuple[str, ...]:
    return (endpoint.content_type,) if endpoint.content_type else _ANYTHING


async def _search(client: Client, there: str, kind: str, ends: float, found: list[Exchange | Found]) -> Result | None:
    """Ask until nothing more can be learnt; what was learnt is put into `found`. None: it could not be asked."""
    asked: list[Exchange] = []

    async def ask(length: int, expect: bool, wait: float, purpose: str) -> Exchange:
        headers = [("Content-Type", kind), ("Content-Length", str(length))]
        if expect:
            headers.append(("Expect", "100-continue"))
        exchange = await client.declare(
            there, method=client.endpoint.method, headers=tuple(headers), wait=wait, purpose=purpose
        )
        found.append(exchange)
        return exchange

    try:
        control = await ask(0, False, min(2.0, max(0.25, ends - time.monotonic())), CONTROL)
        if blocked(control):
            return None
        while (step := following(tries(asked))) is not None:
            used = sum(isinstance(item, Exchange) for item in found)
            left = ends - time.monotonic()
            if used >= MAX_REQUESTS or left <= 0:
                break
            asked.append(await ask(step.length, step.expect, min(step.wait, left), DECLARED))
    except Unreadable as error:
        found.append(_gap(DeclaredLengths.name, there, error.reason, error.detail))
        return None
    return result(tries(asked))


async def _chunked(client: Client, there: str, kind: str, size: int) -> Exchange | Found:
    """A chunk that is too large, of which the first byte is sent: nginx answers to no less."""
    headers = (("Content-Type", kind), ("Transfer-Encoding", "chunked"))
    body = body_of(kind, client.endpoint.field, size).first(1)
    try:
        return await client.declare(
            there, method=client.endpoint.method, headers=headers, body=(b"%x\r\n" % size, body), sending=1.0, wait=1.0,
            purpose=CHUNKED,
        )  # fmt: skip
    except Unreadable as error:
        return _gap(SentBodies.name, there, error.reason, error.detail)


async def _upload(client: Client, there: str, kind: str, most: int, found: list[Exchange | Found]) -> None:
    asked: list[Exchange] = []
    ends = time.monotonic() + MAX_SECONDS
    total = 0
    try:
        while (step := following(tries(asked), least=MIN_SENT, most=most)) is not None:
            left = ends - time.monotonic()
            if len(asked) >= MAX_REQUESTS or left <= 0 or total + step.length > MAX_TOTAL or step.expect:
                break
            body = body_of(kind, client.endpoint.field, step.length)
            headers = (("Content-Type", kind), ("Content-Length", str(step.length)))
            exchange = await client.declare(
                there, method=client.endpoint.method, headers=headers, body=body.pieces(), sending=left,
                wait=min(SENT_WAIT, left), purpose=SENT,
            )  # fmt: skip
            asked.append(exchange)
            found.append(exchange)
            total += exchange.sent
            if exchange.failed == "silence":
                break  # it neither takes the body nor refuses it
    except Unreadable as error:
        found.append(_gap(SentBodies.name, there, error.reason, error.detail))


def tries(exchanges: Iterable[Exchange]) -> list[Try]:
    """What the search looks at. A body that was sent and got no answer says nothing."""
    made = []
    for exchange in exchanges:
        length = _length(exchange)
        if length is None or (exchange.purpose == SENT and exchange.failed == "silence"):
            continue
        answer = {"silence": SILENCE, "closed": CLOSED}.get(exchange.failed, str(exchange.status))
        expect = any(name.lower() == "expect" for name, _ in exchange.request_headers)
        made.append(Try(length, answer, expect, exchange.seconds))
    return made


def _length(exchange: Exchange) -> int | None:
    text = next((value for name, value in exchange.request_headers if name.lower() == "content-length"), "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _gap(collector: str, url: str, reason: Reason, detail: str, kind: type[Fact] = MeasuredLimit) -> Gap:
    return Gap(
        kinds=(kind.kind(),), collector=collector, reason=reason, detail=detail, location=Location(url=place(url))
    )  # fmt: skip


class MeasuredLimits(Observer):
    """What declared lengths and sent bodies come to, from the exchanges alone."""

    name = "uploads.measured"
    emits = (MeasuredLimit, HeldConnection)

    def observe(self, exchanges: tuple[Exchange, ...]) -> Iterable[Found]:
        groups: dict[tuple[str, str], list[Exchange]] = {}
        for exchange in exchanges:
            if exchange.purpose in PURPOSES:
                groups.setdefault((exchange.url, exchange.method), []).append(exchange)
        for (url, method), items in groups.items():
            yield from self._endpoint(url, method, items)

    def _endpoint(self, url: str, method: str, items: Sequence[Exchange]) -> Iterator[Found]:
        for item in items:
            if item.purpose == HELD:
                yield from self._held(url, method, item)
        sent = [item for item in items if item.purpose == SENT]
        declared = list(self._declared(url, method, [item for item in items if item.purpose in {CONTROL, DECLARED}]))
        uploaded = list(self._sent(url, method, sent)) if sent else []
        limit = next((item for item in declared if isinstance(item, MeasuredLimit)), None)
        more = next((item for item in uploaded if isinstance(item, MeasuredLimit)), None)
        chunk = next((item for item in items if item.purpose == CHUNKED), None)
        if limit is not None and chunk is not None:
            told = chunk.status == limit.status and bool(chunk.status)
            changed = msgspec.structs.replace(limit, chunked="refused" if told else "awaited")
            declared = [changed if item is limit else item for item in declared]
            limit = changed
        if limit is not None and more is not None and more.refused is None:
            # What was declared was sent as well, as far as it goes: there is nothing else to be found out.
            yield msgspec.structs.replace(limit, confirmed=more.max_bytes == limit.max_bytes)
            return
        if limit is not None or more is None:
            yield from declared
        if limit is None or more is not None:
            yield from uploaded

    def _declared(self, url: str, method: str, items: Sequence[Exchange]) -> Iterator[Found]:
        if not items:
            return
        wall = next(filter(None, (blocked(item) for item in items if item.purpose == CONTROL)), "")
        if wall:
            yield _gap(self.name, url, Reason.BLOCKED, f"the upload limit was not measured: {wall}")
            return
        by_form: dict[Form, list[Exchange]] = {}
        for item in items:
            if item.purpose == DECLARED:
                by_form.setdefault(form_of(item), []).append(item)
        if not by_form:
            return
        known = {form: result(tries(some)) for form, some in by_form.items()}
        # Whatever makes a difference is worth more than what makes none; the last is what was tried after it.
        form = next((form for form, one in known.items() if one.outcome != "no-difference"), next(iter(known)))
        some, one = by_form[form], known[form]
        count = f"{len(items)} requests, 0 body bytes"
        match one.outcome:
            case "exact" | "between":
                yield _limit("declared", url, method, form, one, items)
            case "all-accepted":
                detail = (
                    f"no early refusal: {FAR >> 40} TiB was declared and the body awaited ({count}); a limit may "
                    "still apply while the body streams; --active sends one"
                )
                yield _gap(self.name, url, Reason.NEEDS_PROBE, detail)
            case "no-difference":
                yield self._indifferent(url, method, one, some, count)
            case "unstable":
                detail = (
                    f"what is refused is no more than what is accepted ({one.refused or 0:,} B, {count}): "
                    "several servers answer, or one that is busy; expected one answer"
                )
                yield _gap(self.name, url, Reason.BLOCKED, detail)
            case "unfinished":
                detail = f"the upload limit was not measured: {count} and {MAX_SECONDS:g} s were not enough; try again"
                yield _gap(self.name, url, Reason.BUDGET, detail)

    def _indifferent(self, url: str, method: str, one: Result, some: Sequence[Exchange], count: str) -> Found:
        last = some[-1]
        wall = blocked(last)
        if wall or one.answer == CLOSED or (one.answer[:1] == "5" and one.answer != "501"):
            why = wall or f"every length is answered with {_said(one.answer)}"
            return _gap(self.name, url, Reason.BLOCKED, f"the upload limit was not measured: {why} ({count})")
        detail = (
            f"indifferent: {method} is answered with {one.answer} whatever length is declared ({count}): the body is "
            f"not looked at; {_NAME_IT}"
        )
        return _gap(self.name, url, Reason.NOT_SUPPORTED, detail)

    def _sent(self, url: str, method: str, items: Sequence[Exchange]) -> Iterator[Found]:
        some = tries(items)
        most = max((one.length for one in some), default=0)
        one = result(some, least=MIN_SENT, most=most)
        form = form_of(items[0])
        if one.outcome in {"exact", "between"}:
            yield _limit("uploaded", url, method, form, one, items)
        elif one.outcome == "no-difference" and one.answer[:1] in {"2", "3"}:
            yield _limit("uploaded", url, method, form, one._replace(accepted=most, refused=None), items)
            detail = f"accepts at least {most:,} B (uploaded); more is not sent, so where it ends is not known"
            yield _gap(self.name, url, Reason.NOT_SUPPORTED, detail)
        else:
            total = sum(item.sent for item in items)
            said = _said(one.answer) if one.answer else "nothing in time"
            detail = (
                f"the upload limit was not measured: bodies are answered with {said} ({total:,} body bytes); {_NAME_IT}"
            )
            yield _gap(self.name, url, Reason.NOT_SUPPORTED, detail)

    def _held(self, url: str, method: str, item: Exchange) -> Iterator[Found]:
        here = Location(url=place(url))
        if item.failed == "silence" or item.seconds >= 1 or item.failed == "closed":
            fact = HeldConnection(
                location=here, method=method, seconds=round(item.seconds), closed=item.failed != "silence",
                status=item.status, sent=item.sent, promised=_length(item) or 0,
            )  # fmt: skip
            yield fact
            if fact.closed:
                return
            detail = f"{fact.describe()}; whether it is ever let go is not known"
        else:
            detail = f"{method} is answered with {item.status} before the body came: nothing is held; {_NAME_IT}"
        yield Gap(
            kinds=(HeldConnection.kind(),),
            collector=self.name,
            reason=Reason.NOT_SUPPORTED,
            detail=detail,
            location=here,
        )


def _limit(how: How, url: str, method: str, form: Form, one: Result, items: Sequence[Exchange]) -> MeasuredLimit:
    return MeasuredLimit(
        location=Location(url=place(url)),
        how=how,
        method=method,
        form=form,
        max_bytes=one.accepted,
        refused=one.refused,
        exact=one.outcome == "exact",
        bounded=one.refused is not None,
        status=_status(one.answer) if one.refused is not None else 0,
        expect=one.expect,
        # Of a proxy that is still sending when it is refused nobody knows whose answer it is.
        outer=_status(one.outer) if how == "declared" else 0,
        outer_from=one.outer_from if how == "declared" else 0,
        requests=len(items),
        sent=sum(item.sent for item in items),
        repeated=one.repeated,
    )


def _status(answer: str) -> int:
    return int(answer) if answer.isdigit() else 0


def _said(answer: str) -> str:
    return "a closed connection" if answer == CLOSED else answer


def form_of(exchange: Exchange) -> Form:
    kind = next((value for name, value in exchange.request_headers if name.lower() == "content-type"), "").lower()
    if kind.startswith("multipart/"):
        return "multipart"
    return "urlencoded" if kind.startswith("application/x-www-form-urlencoded") else "raw"


def endpoint_url(url: str, path: str) -> str:
    """The endpoint of a target: a path of its own origin. Raises ValueError where it leads elsewhere."""
    there = urljoin(url, path)
    if origin(there) != origin(url) or urlsplit(there).username != urlsplit(url).username:
        raise ValueError("expected a path of the target itself")
    return there
