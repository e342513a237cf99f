"""The upload limit of real servers on loopback, and of scripted ones that break, stall, flood or mislead."""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator

import flask
import h11
import httpcore
import pytest
import waitress
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from werkzeug.serving import make_server

from hardencheck.collect.contract import Endpoint, Unreadable
from hardencheck.collect.live import upload_limit
from hardencheck.collect.live._client import LiveClient
from hardencheck.collect.live._upload_body import body_of
from hardencheck.collect.live._wire import speak
from hardencheck.collect.live.run import ask, state
from hardencheck.collect.options import Options
from hardencheck.collect.registry import collectors
from hardencheck.model.facts import Fact
from hardencheck.model.facts.measured import HeldConnection, MeasuredLimit
from hardencheck.model.gap import Gap, Reason
from tests.live.servers import Authority, Handler, Served, closed_port, drips, resets, response, says, served
from tests.live.test_services import asgi, in_thread

MIB = 1 << 20
PARTS = (
    b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 413 Too Large\r\n", b"Content-Length: 5\r\n", b"\r\n", b"hello",
    b"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n", b"ffffffffff\r\n", b"HTTP/1.0 200 OK\r\n\r\n",
)  # fmt: skip
RAW = "application/octet-stream"
AS_IT_IS = Endpoint()


def measure(
    url: str, *, active: bool = False, endpoint: Endpoint = AS_IT_IS, ca_file: str | None = None
) -> tuple[list[Fact], list[Gap], list[str]]:
    """Facts, gaps and what the exchanges hold, as text. Only the probes of uploads ask."""
    known = collectors()
    probes = tuple(probe for probe in known.probes if probe.name.startswith("uploads."))
    client = LiveClient(ca_file=ca_file, requests=100, seconds=60)
    options = Options(probe=True, active=active, i_own=("localhost", "127.0.0.1"), endpoints={url: endpoint})
    asked = asyncio.run(ask(client, [url], known._replace(probes=probes), options))
    found = [*asked.found, *state([upload_limit.MeasuredLimits()], tuple(asked.exchanges))]
    gaps = [item for item in found if isinstance(item, Gap)]
    return [item for item in found if not isinstance(item, Gap)], gaps, [repr(item) for item in asked.exchanges]


def limit_of(found: tuple[list[Fact], list[Gap], list[str]]) -> MeasuredLimit:
    facts, gaps, _ = found
    assert gaps == []
    (fact,) = [fact for fact in facts if isinstance(fact, MeasuredLimit)]
    return fact


def gap_of(found: tuple[list[Fact], list[Gap], list[str]]) -> Gap:
    facts, gaps, _ = found
    assert facts == []
    (gap,) = gaps
    return gap


def flask_app(limit: int) -> flask.Flask:
    app = flask.Flask("files")
    app.config["MAX_CONTENT_LENGTH"] = limit

    def read() -> str:
        return str(len(flask.request.get_data()))

    def ignores() -> str:
        return "whatever"

    app.add_url_rule("/", view_func=read, methods=["POST"])
    app.add_url_rule("/ignores", view_func=ignores, methods=["POST"])
    return app


@contextlib.contextmanager
def waiting(app: Callable[..., object], **settings: int) -> Iterator[str]:
    server = waitress.create_server(app, host="127.0.0.1", port=0, **settings)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"http://localhost:{server.effective_port}/"
    finally:
        server.trigger.pull_trigger(server.close)
        server.task_dispatcher.shutdown()
        thread.join(10)


@contextlib.contextmanager
def werkzeug(app: flask.Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    with in_thread(server):
        yield f"http://localhost:{server.server_port}/"


async def reads(request: Request) -> PlainTextResponse:
    with contextlib.suppress(ClientDisconnect):
        await request.body()
    return PlainTextResponse("read")


def test_werkzeug_is_exact_without_a_byte_of_a_body() -> None:
    with werkzeug(flask_app(MIB)) as url:
        fact = limit_of(measure(url))
    assert (fact.max_bytes, fact.refused, fact.exact, fact.status) == (MIB, MIB + 1, True, 413)
    assert (fact.sent, fact.how, fact.form, fact.expect, fact.repeated) == (0, "declared", "multipart", False, True)
    assert fact.describe() == f"measured: 1,048,576 B exact (413, {fact.requests} requests, 0 body bytes)"
    assert fact.requests <= 30


def test_waitress_refuses_its_own_number_and_only_without_expect() -> None:
    with waiting(flask_app(8 * MIB), max_request_body_size=3_000_000) as url:
        fact = limit_of(measure(url))
    assert (fact.max_bytes, fact.refused, fact.exact) == (2_999_999, 3_000_000, True)
    assert not fact.expect


def test_uvicorn_awaits_whatever_is_declared() -> None:
    with asgi(Starlette(routes=[Route("/", reads, methods=["POST"])])) as url:
        gap = gap_of(measure(url))
    assert gap.reason is Reason.NEEDS_PROBE
    assert gap.detail.startswith("no early refusal: 1 TiB was declared and the body awaited (3 requests, 0 body bytes)")


def test_uvicorn_is_sent_a_body_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_limit, "MAX_SENT", 2 * MIB)
    monkeypatch.setattr(upload_limit, "HELD_SECONDS", 0.3)
    with asgi(Starlette(routes=[Route("/", reads, methods=["POST"])])) as url:
        facts, gaps, _ = measure(url, active=True)
    (fact,) = [fact for fact in facts if isinstance(fact, MeasuredLimit)]
    assert (fact.max_bytes, fact.refused, fact.how, fact.bounded) == (2 * MIB, None, "uploaded", False)
    assert fact.describe() == "measured: accepts at least 2,097,152 B (uploaded, 2 requests, 2,098,176 body bytes)"
    (held,) = [fact for fact in facts if isinstance(fact, HeldConnection)]
    assert not held.closed
    assert held.sent == 1
    assert sorted(gap.detail.partition(" (")[0] for gap in gaps) == [
        "accepts at least 2,097,152 B",
        "still open after 0 s",
    ]


def test_a_body_that_is_sent_confirms_what_was_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_limit, "HELD_SECONDS", 0.1)
    with werkzeug(flask_app(100_000)) as url:
        facts, _, _ = measure(url, active=True)
    (fact,) = [fact for fact in facts if isinstance(fact, MeasuredLimit)]
    assert (fact.max_bytes, fact.exact, fact.confirmed) == (100_000, True, True)
    assert fact.chunked == "awaited"
    assert "100,000 B were sent and accepted; a chunk of 100,001 B is awaited" in fact.proof()[0]


def test_a_view_that_looks_at_no_body_is_indifferent() -> None:
    with werkzeug(flask_app(MIB)) as url:
        gap = gap_of(measure(url + "ignores"))
        wrong = gap_of(measure(url + "missing"))
    assert gap.reason is Reason.NOT_SUPPORTED
    assert gap.detail.startswith(
        "indifferent: POST is answered with 200 whatever length is declared (6 requests, 0 body"
    )
    assert wrong.detail.startswith("indifferent: POST is answered with 404")


def test_the_endpoint_is_named_with_its_method_and_type_and_secret(trust: Authority) -> None:
    with scripted(announcing(5000), trust.context()) as server:
        endpoint = Endpoint(
            url=f"{server.https}files?v=1",
            method="PUT",
            content_type="application/json",
            secrets=(("X-Token", "s3cret"),),
        )
        found = measure(server.https, endpoint=endpoint, ca_file=trust.ca_file)
    fact = limit_of(found)
    assert (fact.max_bytes, fact.method, fact.form) == (5000, "PUT", "raw")
    assert str(fact.location) == f"https://localhost:{server.port}/files"
    assert all(request.startswith(b"PUT /files?v=1 HTTP/1.1\r\n") for request in server.requests)
    assert all(b"\r\nX-Token: s3cret\r\n" in request for request in server.requests)
    assert b"\r\nHost: localhost:%d\r\n" % server.port in server.requests[0]
    assert "s3cret" not in "".join(found[2])
    assert len(server.requests) == fact.requests


def test_a_secret_is_not_sent_in_clear_to_the_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    from hardencheck.collect.live import _client

    monkeypatch.setattr(_client, "inside", lambda address: False)
    with scripted(announcing(5000)) as server:
        measure(server.url, endpoint=Endpoint(secrets=(("X-Token", "s3cret"),)))
    assert server.requests
    assert b"s3cret" not in b"".join(server.requests)


def test_a_certificate_that_is_not_accepted_is_not_spoken_to(trust: Authority) -> None:
    with scripted(announcing(5000), trust.context("other.example")) as server:
        gap = gap_of(measure(server.https, ca_file=trust.ca_file))
    assert gap.reason is Reason.UNREACHABLE
    assert server.requests == []


# Scripted


class Scripted:
    """A server that answers by the length that is declared: bytes to send, or None to wait. All heads are kept."""

    def __init__(self, answer: Callable[[int, int], bytes | None], *, then: float = 0.0) -> None:
        self._answer, self._then = answer, then
        self.heads: list[bytes] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        said = self._answer(length, len(self.heads))
        if said is None:
            await reader.read(1)
        else:
            writer.write(said)
            await asyncio.sleep(self._then)


def announcing(limit: int) -> Scripted:
    """413 above, and waits below, as a server does that checks the length."""
    return Scripted(lambda length, count: response(413) if length > limit else None if length else response(200))


@contextlib.contextmanager
def scripted(script: Scripted, context: ssl.SSLContext | None = None) -> Iterator[Served]:
    with served(script, head=False, context=context) as server:
        yield server._replace(requests=script.heads)


@pytest.mark.parametrize(
    ("script", "reason", "detail"),
    [
        (resets(), Reason.BLOCKED, "every length is answered with a closed connection"),
        (resets(b"HTTP/1.1 4"), Reason.MALFORMED, "the head is cut off"),
        (resets(b"HTTP/1.1 100 Continue\r\n\r\n"), Reason.BLOCKED, "a closed connection"),
        (says(b"HTTP/1.1 102 P\r\n\r\n" * 500, then=5), Reason.MALFORMED, "more than 20 interim responses"),
        (drips(b"HTTP/1.1 413 T", b"o", 0.05), Reason.DEADLINE, "an answer began and did not end"),
        (drips(b"HTTP/1.1 413 X\r\n", b"X-A: b\r\n" * 2000, 0.001), Reason.MALFORMED, "not HTTP/1.1"),
        (says(b"SSH-2.0-OpenSSH_9.2\r\n\r\n", then=5), Reason.MALFORMED, "not HTTP/1.1"),
        (says(b"\0" * 100_000, then=5), Reason.MALFORMED, "not HTTP/1.1"),
        (says(b"<html>413 of HTTP/0.9</html>"), Reason.MALFORMED, "not HTTP/1.1"),
        (says(response(429)), Reason.BLOCKED, "429: too many requests"),
        (says(response(503)), Reason.BLOCKED, "503: the service is not available"),
        (says(response(403, b"", cf_mitigated="challenge")), Reason.BLOCKED, "not from the service"),
        (says(response(500)), Reason.BLOCKED, "every length is answered with 500"),
        (says(response(401)), Reason.NOT_SUPPORTED, "indifferent: POST is answered with 401"),
        (says(response(302, Location="/login")), Reason.NOT_SUPPORTED, "indifferent: POST is answered with 302"),
        (says(b"", then=20), Reason.NEEDS_PROBE, "no early refusal"),
    ],
    ids=[
        "reset after the head", "reset in the status line", "reset after 100", "a flood of 102", "a slow drip",
        "endless fields", "another protocol", "zeros", "HTTP/0.9", "429", "503", "a wall", "500", "401",
        "a redirect", "silence",
    ],
)  # fmt: skip
def test_servers_that_do_not_let_themselves_be_measured(script: Handler, reason: Reason, detail: str) -> None:
    with served(script) as server:
        facts, gaps, _ = measure(server.url)
    assert facts == []
    assert {gap.reason for gap in gaps} == {reason}, gaps
    assert any(detail in gap.detail for gap in gaps), gaps
    assert all(gap.kinds[0] == "http.upload-limit" for gap in gaps)
    assert len(server.requests) <= 30


@given(st.lists(st.binary(max_size=60) | st.sampled_from(PARTS), max_size=8))
def test_whatever_comes_is_an_answer_or_said_not_to_be_one(pieces: list[bytes]) -> None:
    async def hear() -> str:
        stream = httpcore.AsyncMockStream([piece for piece in pieces if piece])
        head = h11.Request(method="POST", target="/", headers=[("Host", "a"), ("Content-Length", "9")])
        try:
            heard = await speak(stream, head, (b"x",), wait=0.2, sending=0.1)
        except Unreadable as error:
            return str(error.reason)
        assert (heard.status >= 200) == (heard.ended == "")
        return heard.ended or "answer"

    assert asyncio.run(hear()) in {"answer", "closed", "malformed"}


def test_nobody_listens() -> None:
    gap = gap_of(measure(f"http://localhost:{closed_port()}/"))
    assert gap.reason is Reason.UNREACHABLE


@pytest.mark.parametrize(
    "refusal",
    [
        response(413),
        b"HTTP/1.1 100 Continue\r\n\r\n" + response(413),
        response(400, b"x" * 100_000),
        response(503),
        b"HTTP/1.0 413 Request Entity Too Large\r\n\r\n",
        b"",
    ],
    ids=["413", "after 100", "400 with a long page", "503", "HTTP/1.0", "a closed connection"],
)
def test_every_kind_of_refusal_has_a_boundary(refusal: bytes) -> None:
    script = Scripted(lambda length, count: refusal if length > 70_000 else None if length else response(200))
    with scripted(script) as server:
        fact = limit_of(measure(server.url))
    assert (fact.max_bytes, fact.exact, fact.sent) == (70_000, True, 0)
    assert f"({fact.status or 'connection closed'}," in fact.describe()
    assert all(head.endswith(b"\r\n\r\n") for head in server.requests)


def test_one_connection_at_a_time_and_nothing_but_heads() -> None:
    script = announcing(MIB)
    with scripted(script) as server:
        fact = limit_of(measure(server.url))
    assert len(server.requests) == fact.requests == 9
    head = server.requests[1].decode()
    assert head.startswith("POST / HTTP/1.1\r\n")
    assert "\r\nContent-Length: 1099511627776\r\n" in head
    assert "\r\nConnection: close\r\n" in head
    assert "Expect" not in head
    assert "hardencheck/" in head


def test_a_limit_behind_a_front_with_its_own_is_told_apart() -> None:
    def answer(length: int, count: int) -> bytes | None:
        if length > 20 * MIB:
            return response(413)
        return response(400) if length > MIB else None if length else response(200)

    with scripted(Scripted(answer)) as server:
        fact = limit_of(measure(server.url))
    assert (fact.max_bytes, fact.status, fact.outer) == (MIB, 400, 413)
    assert "another layer says 413" in fact.describe()


def test_the_second_of_two_content_types_is_tried_where_the_first_makes_no_difference() -> None:
    limit = announcing(1000)

    class Picky(Scripted):
        async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await limit(Peeked(reader, self, writer), writer)  # type: ignore[arg-type]

    class Peeked:
        def __init__(self, reader: asyncio.StreamReader, script: Scripted, writer: asyncio.StreamWriter) -> None:
            self._reader, self._writer = reader, writer

        async def readuntil(self, end: bytes) -> bytes:
            head = await self._reader.readuntil(end)
            if b"multipart" in head:
                self._writer.write(response(415))
                await self._writer.drain()
                raise OSError("said no")
            return head

        async def read(self, count: int) -> bytes:
            return await self._reader.read(count)

    with served(Picky(lambda length, count: None), head=False) as server:
        fact = limit_of(measure(server.url))
    assert (fact.form, fact.max_bytes) == ("raw", 1000)


def test_answers_that_contradict_each_other_are_no_limit() -> None:
    def answer(length: int, count: int) -> bytes | None:
        return response(413) if length > MIB and count % 2 == 0 else None if length else response(200)

    with scripted(Scripted(answer)) as server:
        gap = gap_of(measure(server.url))
    assert gap.reason is Reason.BLOCKED
    assert "what is refused is no more than what is accepted" in gap.detail


def test_429_in_the_middle_ends_it() -> None:
    def answer(length: int, count: int) -> bytes | None:
        return response(429) if count > 4 else response(413) if length > MIB else None if length else response(200)

    with scripted(Scripted(answer)) as server:
        facts, gaps, _ = measure(server.url)
    assert [gap.reason for gap in gaps] == [Reason.BLOCKED]
    assert "429" in gaps[0].detail
    assert all(not fact.exact for fact in facts if isinstance(fact, MeasuredLimit))
    assert len(server.requests) <= 7


def test_time_that_runs_out_leaves_a_bracket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_limit, "MAX_SECONDS", 1.0)
    with scripted(announcing(123_456_789)) as server:
        fact = limit_of(measure(server.url))
    assert not fact.exact
    assert fact.refused is not None
    assert fact.max_bytes <= 123_456_789 < fact.refused
    assert fact.describe().startswith("measured: between ")
    assert isinstance(fact.alternatives()[0], MeasuredLimit)


def test_a_body_is_not_sent_on_once_an_answer_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_limit, "HELD_SECONDS", 0.1)
    got: list[int] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0])
        if length == 1 << 40 or (length and b"uploads" in head):
            await asyncio.sleep(5)
        if length > 100_000 and length < 1 << 40:
            got.append(len(await reader.readexactly(100_000)))
            writer.write(response(413))
            await writer.drain()
            await asyncio.sleep(0.2)
        elif length <= 100_000:
            await reader.readexactly(length)
            writer.write(response(200))

    with served(handler, head=False) as server:
        facts, _, _ = measure(server.url, active=True)
    (fact,) = [fact for fact in facts if isinstance(fact, MeasuredLimit)]
    assert (fact.how, fact.max_bytes, fact.exact) == ("uploaded", 100_000, True)
    assert fact.sent < 40 * MIB


def test_a_held_connection_that_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_limit, "HELD_SECONDS", 5.0)
    monkeypatch.setattr(upload_limit, "MAX_SECONDS", 0.5)

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if b"Content-Length: 1024\r\n" in head and await reader.read(2) == b"-":
            await asyncio.sleep(1.2)
            writer.write(response(408))
        else:
            writer.write(response(200))

    with served(handler, head=False) as server:
        facts, _, _ = measure(server.url, active=True)
    (held,) = [fact for fact in facts if isinstance(fact, HeldConnection)]
    assert held.closed
    assert held.describe() == "closed after 1 s (after 1 of 1,024 body bytes, 408)"


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data; boundary=abc", "multipart/form-data", "application/x-www-form-urlencoded",
        "application/json",
        "application/vnd.api+json; charset=utf-8", "text/plain", RAW, "",
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [0, 1, 10, 1024, 16_384, 100_000])
def test_bodies_have_the_size_that_is_said(kind: str, size: int) -> None:
    body = body_of(kind, 'a"b', size)
    for _ in range(2):
        data = b"".join(body.pieces())
        assert len(data) == size
        assert body.first(7) == data[:7]
    assert all(0 < len(piece) <= 16_384 for piece in body.pieces())
