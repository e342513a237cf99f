"""Servers that break, stall, flood or mislead: each ends in a fact or a Gap, within its deadline."""

import asyncio
import gzip
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from hardencheck.collect.live import _client as live_client
from hardencheck.collect.live._client import MAX_BODY, LiveClient
from hardencheck.collect.live.run import Observed, ask, observe, state
from hardencheck.collect.options import Options
from hardencheck.collect.registry import collectors
from hardencheck.errors import ConfigError
from hardencheck.model.facts import Fact
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.target import Target
from tests.live.servers import Authority, Handler, closed_port, drips, resets, response, says, served

PAGE = response(200, b"<!doctype html><p>hello", Content_Type="text/html", X_Content_Type_Options="nosniff")


def look(
    url: str,
    *,
    probe: bool = False,
    seconds: float = 5.0,
    request_seconds: float = 1.5,
    requests: int = 30,
    ca_file: str | None = None,
    connect_to: Mapping[tuple[str, int], tuple[str, int]] | None = None,
) -> tuple[list[Fact], list[Gap]]:
    """Facts and gaps of one URL, with a shorter patience than in production."""
    known = collectors()
    client = LiveClient(
        ca_file=ca_file, requests=requests, seconds=seconds, request_seconds=request_seconds, connect_to=connect_to
    )
    asked = asyncio.run(ask(client, [url], known, Options(probe=probe)))
    found = [*asked.found, *state(known.observers, tuple(asked.exchanges))]
    return [item for item in found if not isinstance(item, Gap)], [item for item in found if isinstance(item, Gap)]


def page_gap(gaps: list[Gap]) -> Gap:
    """The one Gap that says why the page's headers are not known."""
    (gap,) = [gap for gap in gaps if "http.hsts" in gap.kinds]
    return gap


def kinds(facts: list[Fact]) -> set[str]:
    return {fact.kind() for fact in facts}


def test_a_host_that_does_not_resolve() -> None:
    facts, gaps = look("https://service.invalid/")
    gap = page_gap(gaps)
    assert facts == []
    assert (gap.reason, gap.collector, gap.location.url) == (
        Reason.UNREACHABLE,
        "http.page",
        "https://service.invalid/",
    )
    assert gap.detail.startswith("service.invalid does not resolve (")
    assert gap.detail.endswith("expected an address; trying again is safe")
    assert gap.reason.retry


def test_a_refused_connection() -> None:
    port = closed_port()
    result = observe(Target(urls=(f"http://localhost:{port}/",)), Options())
    gap = page_gap(list(result.gaps))
    assert result.facts == ()
    assert gap.reason is Reason.UNREACHABLE
    assert gap.detail == (
        f"no connection to http://localhost:{port}: refused; expected a server that listens; trying again is safe"
    )


@pytest.mark.parametrize(
    ("names", "days", "age", "why"),
    [
        (("localhost",), 90, 0, "unable to get local issuer certificate"),
        (("other.example",), 90, 0, "Hostname mismatch"),
        (("localhost",), -1, 9, "certificate has expired"),
    ],
    ids=["unknown authority", "wrong name", "expired"],
)
def test_a_certificate_that_is_not_accepted(
    trust: Authority, names: tuple[str, ...], days: int, age: int, why: str
) -> None:
    ca_file = None if "issuer" in why else trust.ca_file
    with served(says(PAGE), context=trust.context(*names, days=days, age=age)) as server:
        facts, gaps = look(server.https, ca_file=ca_file)
    gap = page_gap(gaps)
    assert gap.reason is Reason.UNREACHABLE
    assert why in gap.detail
    assert "--ca-file" in gap.detail
    assert server.requests == [], "nothing is asked over a connection that is not verified"
    (certificate,) = [fact for fact in facts if fact.kind() == "tls.certificate"]
    assert why in certificate.error  # type: ignore[attr-defined]
    assert (certificate.verified, certificate.names) == (False, names)  # type: ignore[attr-defined]
    assert {fact.version for fact in facts if fact.kind() == "tls.protocol" and fact.offered} == {  # type: ignore[attr-defined]
        "TLSv1.2",
        "TLSv1.3",
    }


def test_a_server_that_does_not_speak_tls() -> None:
    with served(says(response(400)), head=False) as server:
        facts, gaps = look(server.https)
    assert facts == []
    assert page_gap(gaps).reason is Reason.UNREACHABLE
    assert "TLS with" in page_gap(gaps).detail
    (gap,) = [gap for gap in gaps if "tls.certificate" in gap.kinds]
    assert gap.detail.startswith(f"https://localhost:{server.port} does not speak TLS")


@pytest.mark.parametrize(
    ("first", "piece"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\nX-Drip: ", b"x"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 C\r\n\r\n"),
    ],
    ids=["status line", "header", "interim responses"],
)
def test_a_head_that_drips(first: bytes, piece: bytes) -> None:
    with served(drips(first, piece, 0.1)) as server:
        started = time.monotonic()
        facts, gaps = look(server.url, request_seconds=1.0)
        took = time.monotonic() - started
    assert facts == []
    assert took < 4
    gap = page_gap(gaps)
    assert gap.reason is Reason.DEADLINE
    assert gap.detail == f"no answer from {server.url} within 1 s; expected a response; trying again is safe"


def test_a_body_that_drips_leaves_the_headers() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Content-Type-Options: nosniff\r\n\r\n<p>"
    with served(drips(head, b"x", 0.1)) as server:
        started = time.monotonic()
        facts, gaps = look(server.url, request_seconds=1.0)
        assert time.monotonic() - started < 4
    (fact,) = [fact for fact in facts if fact.kind() == "http.nosniff"]
    assert fact.nosniff  # type: ignore[attr-defined]
    assert [gap.reason for gap in gaps if "http.cache-control" in gap.kinds] == [Reason.TOO_LARGE]


def test_the_clock_of_a_url_bounds_all_its_requests() -> None:
    with served(drips(b"", b"HTTP/1.1 100 C\r\n\r\n", 0.2)) as server:
        started = time.monotonic()
        _, gaps = look(server.url, probe=True, seconds=2.0, request_seconds=0.8)
        assert time.monotonic() - started < 4
    assert {gap.reason for gap in gaps} == {Reason.DEADLINE}


def test_a_gzip_bomb_is_cut_off() -> None:
    bomb = gzip.compress(b"\0" * (64 << 20))
    with served(says(response(200, bomb, Content_Type="text/html", Content_Encoding="gzip"))) as server:

        async def fetch() -> tuple[int, bool]:
            async with LiveClient() as client:
                client.begin(server.url)
                exchange = await client.fetch(server.url, purpose="page")
                return len(exchange.body), exchange.truncated

        assert asyncio.run(fetch()) == (MAX_BODY, True)


@pytest.mark.parametrize(
    ("coding", "body", "expected"),
    [
        ("gzip", gzip.compress(b"<p>hello"), (b"<p>hello", False)),
        ("deflate", __import__("zlib").compress(b"<p>hello"), (b"<p>hello", False)),
        ("deflate", __import__("zlib").compress(b"<p>hello")[2:-4], (b"<p>hello", False)),
        ("gzip", b"this is not gzip", (b"", True)),
        ("br", b"\x0b\x02\x80hello\x03", (b"", True)),
        ("gzip, gzip", gzip.compress(gzip.compress(b"x")), (b"", True)),
        ("identity", b"x" * (MAX_BODY + 1), (b"x" * MAX_BODY, True)),
    ],
)
def test_content_codings(coding: str, body: bytes, expected: tuple[bytes, bool]) -> None:
    reader = live_client.Body(coding)
    wanted = all(reader.feed(body[start : start + 4096]) for start in range(0, len(body), 4096))
    assert (reader.data, reader.broken or not wanted) == expected


def test_a_page_that_cannot_be_decompressed_may_hold_a_policy() -> None:
    page = response(200, b"\x0b\x02\x80hello\x03", Content_Type="text/html", Content_Encoding="br", Set_Cookie="a=1")
    with served(says(page)) as server:
        facts, gaps = look(server.url)
    assert not {"http.csp", "http.referrer-policy"} & kinds(facts)
    assert {"http.nosniff", "http.framing", "http.cache-control"} <= kinds(facts)
    (gap,) = [gap for gap in gaps if "http.csp" in gap.kinds]
    assert gap.kinds == ("http.markup", "http.cache-control", "http.csp", "http.referrer-policy")
    assert gap.reason is Reason.TOO_LARGE


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_next_address_is_tried(monkeypatch: pytest.MonkeyPatch, trust: Authority, scheme: str) -> None:
    async def lookup(host: str, port: int) -> tuple[str, ...]:
        return ("::1", "127.0.0.9", "127.0.0.1")

    monkeypatch.setattr(live_client, "_lookup", lookup)
    with served(says(PAGE), context=trust.context() if scheme == "https" else None) as server:
        facts, gaps = look(f"{scheme}://localhost:{server.port}/", ca_file=trust.ca_file)
    assert "http.csp" in kinds(facts)
    assert {gap.collector for gap in gaps} <= {"exposure.probe", "cors.probe", "http.redirects"}


def test_a_name_that_is_not_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def lookup(host: str, port: int) -> tuple[str, ...]:
        asked.append(host)
        return ("127.0.0.1",)

    monkeypatch.setattr(live_client, "_lookup", lookup)
    with served(says(PAGE)) as server:
        facts, _ = look(f"http://bücher.example:{server.port}/stück")
    assert asked == ["xn--bcher-kva.example"]
    assert server.requests[0].startswith(b"GET /st%C3%BCck HTTP/1.1\r\nHost: xn--bcher-kva.example:")
    assert "http.csp" in kinds(facts)


def test_a_head_of_200_kilobytes() -> None:
    with served(says(b"HTTP/1.1 200 OK\r\nX-Large: " + b"x" * 200_000 + b"\r\n\r\n")) as server:
        facts, gaps = look(server.url)
    assert facts == []
    assert page_gap(gaps).reason is Reason.MALFORMED
    assert page_gap(gaps).detail.startswith("the head of the answer is larger than 64 KiB")


def test_a_head_of_80_kilobytes() -> None:
    with served(says(response(200, b"x", X_Large="x" * 80_000))) as server:
        facts, gaps = look(server.url)
    assert facts == []
    assert page_gap(gaps).reason is Reason.MALFORMED
    assert page_gap(gaps).detail.startswith("the head of the answer is larger than 64 KiB")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nX-Nul: a\0b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Return: a\rb\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n: empty name\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nSpace : before\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        b"<html>HTTP/0.9 has no head</html>\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02\x28\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    ],
)
def test_an_answer_that_is_not_http(answer: bytes) -> None:
    with served(says(answer)) as server:
        facts, gaps = look(server.url)
    gap = page_gap(gaps)
    assert facts == []
    assert gap.reason is Reason.MALFORMED
    assert gap.detail.isprintable()


@pytest.mark.parametrize("line", [b"Set-Cookie: sessionid=hidden\0", b"sessionid=hidden", b"A : hidden"])
def test_a_broken_header_line_is_not_quoted(line: bytes) -> None:
    with served(says(b"HTTP/1.1 200 OK\r\n" + line + b"\r\n\r\n")) as server:
        _, gaps = look(server.url)
    assert "is not HTTP/1.1: illegal header line; expected a response" in page_gap(gaps).detail
    assert "hidden" not in repr(gaps)


@pytest.mark.parametrize(
    "handler",
    [resets(), says(), resets(b"HTTP/1.1 200 OK\r\nContent-")],
    ids=["before the answer", "closed without an answer", "in the head"],
)
def test_a_connection_that_ends_before_the_head_does(handler: Handler) -> None:
    with served(handler) as server:
        facts, gaps = look(server.url)
    assert facts == []
    assert page_gap(gaps).reason is Reason.UNREACHABLE
    assert "closed the connection without an answer" in page_gap(gaps).detail


def test_a_connection_that_ends_in_the_body_leaves_the_headers() -> None:
    with served(
        resets(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nX-Content-Type-Options: nosniff\r\n\r\nhalf")
    ) as server:
        facts, _ = look(server.url)
    (fact,) = [fact for fact in facts if fact.kind() == "http.nosniff"]
    assert fact.nosniff  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("http://169.254.169.254/latest/meta-data/", "an address of the local network, was not followed"),
        ("http://10.0.0.1/", "an address of the local network, was not followed"),
        ("http://[fe80::1]/", "an address of the local network, was not followed"),
        ("https://login.example/start?secret=1", "another host, was not followed"),
        ("file:///etc/passwd", "not an http or https URL"),
        ("javascript:alert(1)", "not an http or https URL"),
        ("http://[broken/", "not an http or https URL"),
        ("http://localhost:99999/", "not an http or https URL"),
        ("/", "go round in a circle"),
    ],
)
def test_a_redirect_that_is_not_followed(location: str, why: str) -> None:
    with served(says(response(302, Location=location, X_Content_Type_Options="nosniff"))) as server:
        facts, gaps = look(server.url)
    gap = page_gap(gaps)
    assert gap.reason is Reason.BLOCKED
    assert why in gap.detail
    assert "secret" not in repr(gaps) + repr(facts)
    assert len(server.requests) == 1


def test_endless_redirects() -> None:
    count = 0

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        writer.write(response(302, Location=f"/{count}"))

    with served(handler) as server:
        _, gaps = look(server.url)
    assert page_gap(gaps).detail == "more than 10 redirects; expected a page; name its URL with --url"
    assert count == 11


def test_a_public_site_cannot_send_us_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    async def lookup(host: str, port: int) -> tuple[str, ...]:
        return {"service.example": ("93.184.216.34",), "www.service.example": ("93.184.216.34", "10.0.0.7")}[host]

    monkeypatch.setattr(live_client, "_lookup", lookup)
    with served(says(response(302, Location="http://www.service.example/"))) as server:
        where = {("service.example", 80): ("127.0.0.1", server.port)}
        _, gaps = look("http://service.example/", connect_to=where)
    gap = page_gap(gaps)
    assert gap.detail == (
        "http://www.service.example was not connected to: "
        "10.0.0.7 is an address of the local network, and a public site sends us there"
    )
    assert len(server.requests) == 1


def test_a_named_metadata_address_is_refused() -> None:
    facts, gaps = look("http://169.254.169.254/")
    assert facts == []
    assert page_gap(gaps).detail == (
        "http://169.254.169.254 was not connected to: 169.254.169.254 is a link-local or metadata address"
    )


@pytest.mark.parametrize("status", [429, 503])
def test_a_service_that_asks_for_less_is_left_alone(status: int) -> None:
    with served(says(response(status, b"slow down", Retry_After="0"))) as server:
        facts, gaps = look(server.url, probe=True)
    assert not {kind for kind in kinds(facts) if kind.startswith("http.")}
    assert page_gap(gaps).reason is Reason.BLOCKED
    assert len(server.requests) == 2, "one more try, then no more"
    assert {gap.reason for gap in gaps} == {Reason.BLOCKED}


def test_a_pause_that_was_asked_for_is_kept() -> None:
    answers = [response(503, b"starting", Retry_After="1"), PAGE]
    times: list[float] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        times.append(time.monotonic())
        writer.write(answers[len(times) - 1])

    with served(handler) as server:
        facts, _ = look(server.url)
    assert times[1] - times[0] >= 0.95
    assert "http.csp" in kinds(facts)


def test_a_challenge_is_not_the_service() -> None:
    wall = response(403, b"<title>Just a moment...</title>", Content_Type="text/html", Cf_Mitigated="challenge")
    with served(says(wall)) as server:
        facts, gaps = look(server.url)
    assert kinds(facts) <= {"http.redirect"}
    assert page_gap(gaps).reason is Reason.BLOCKED
    assert "Cloudflare" in page_gap(gaps).detail


def test_an_error_page_is_judged() -> None:
    with served(says(response(500, b"<p>oops", Content_Type="text/html"))) as server:
        facts, _ = look(server.url)
    (fact,) = [fact for fact in facts if fact.kind() == "http.csp"]
    assert (fact.status, fact.present) == (500, False)  # type: ignore[attr-defined]


def test_a_flood_of_cookies_ends_in_facts_and_a_gap() -> None:
    cookies = [f"session{number}=value-{number}; Path=/" for number in range(1500)]
    with served(says(response(200, b"x", Set_Cookie=cookies))) as server:
        facts, gaps = look(server.url)
    assert sum(fact.kind() == "http.cookie" for fact in facts) == 60
    (gap,) = [gap for gap in gaps if gap.kinds == ("http.cookie",)]
    assert (gap.reason, gap.detail) == (Reason.BUDGET, "1500 cookies in one response: the first 60 were judged")
    assert "value-" not in repr(facts) + repr(gaps)


def test_the_budget_of_a_url() -> None:
    with served(says(PAGE)) as server:
        _, gaps = look(server.url, probe=True, requests=3)
    assert len(server.requests) == 3
    assert {gap.reason for gap in gaps} == {Reason.BUDGET}
    assert all("the 3 requests for this URL are used up" in gap.detail for gap in gaps)


def test_credentials_stay_with_their_origin(trust: Authority) -> None:
    with (
        served(says(PAGE)) as elsewhere,
        served(says(response(302, Location=elsewhere.url)), context=trust.context()) as server,
    ):
        url = f"https://auditor:letmein@localhost:{server.port}/?token=hidden#top"
        facts, gaps = look(url, ca_file=trust.ca_file)
    assert b"authorization: basic yxvkaxrvcjpszxrtzwlu" in server.requests[0].lower()
    assert b"GET /?token=hidden HTTP/1.1" in server.requests[0]
    assert b"authorization" not in elsewhere.requests[0].lower()
    shown = repr(facts) + repr(gaps)
    assert "letmein" not in shown and "hidden" not in shown and "auditor" not in shown


def test_cookies_are_not_sent_back() -> None:
    answers = [response(302, Location="/next", Set_Cookie="session=1; Path=/"), PAGE]

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answers.pop(0))

    with served(handler) as server:
        look(server.url)
    assert len(server.requests) == 2
    assert b"cookie" not in server.requests[1].lower()


def test_we_say_who_we_are() -> None:
    with served(says(PAGE)) as server:
        look(server.url)
    head = server.requests[0].lower()
    assert b"user-agent: hardencheck/" in head
    assert head.startswith(b"get / http/1.1\r\nhost: localhost:")


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{closed_port()}")
    with served(says(PAGE)) as server:
        facts, _ = look(server.url)
    assert "http.csp" in kinds(facts)


def seen(result: Observed) -> set[str]:
    return kinds(list(result.facts))


def test_observing_from_inside_an_event_loop() -> None:
    with served(says(PAGE)) as server:

        async def main() -> Observed:
            return observe(Target(urls=(server.url,)), Options())

        result = asyncio.run(main())
    assert "http.csp" in seen(result)
    assert (result.urls, result.name) == ((server.url,), "localhost")


def test_a_page_costs_few_requests(trust: Authority) -> None:
    with served(says(PAGE), context=trust.context()) as server:
        result = observe(Target(urls=(server.https,)), Options(ca_file=trust.ca_file))
    assert sum(run.examined for run in result.runs if run.collector != "http.observers") <= 12
    assert [note.topic for note in result.notes] == ["requests", "trusted authorities"]
    assert [gap.reason for gap in result.gaps if "exposure.file" in gap.kinds] == [Reason.NEEDS_PROBE]


def test_an_authority_file_that_holds_no_certificate(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("none\n")
    with pytest.raises(ConfigError, match=r"ca\.pem: not PEM certificates$"):
        LiveClient(ca_file=str(file))
