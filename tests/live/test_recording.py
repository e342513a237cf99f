"""A recorded audit: judged from the file as it was judged live, without network and without the secrets."""

import asyncio
import contextlib
import datetime as dt
import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardencheck.audit import audit
from hardencheck.catalogue.load import load_catalogue
from hardencheck.collect.exchange import Exchange, Tls
from hardencheck.collect.live import run as live_run
from hardencheck.collect.live._cookies import parse_cookie
from hardencheck.collect.live.run import Asked
from hardencheck.collect.options import Options
from hardencheck.collect.source.har import read_har
from hardencheck.collect.source.recording import har_of, redacted
from hardencheck.errors import TargetMissing
from hardencheck.judge.settle import Policy
from hardencheck.model.checklist import Checklist
from hardencheck.model.finding import Verdict
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.target import Target
from hardencheck.report.json import encode
from tests.live.servers import Authority, Served, response, served

POLICY = Policy(today=dt.date(2026, 11, 1))
NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
COOKIES = ["sessionid=hidden-value-1; Secure; HttpOnly", 'theme="hidden-value-2"; Path=/', "gone=; Max-Age=0"]
PAGE = (
    b'<!doctype html><form action="http://localhost/x"><input type=hidden name=csrf value="hidden-value-3">'
    b'<input type=password name=p></form><script src="https://other.example/a.js"></script>'
)
LOGIN = "https://user:" + "hidden-value-7@localhost/"
ANSWERS = {
    "/": response(302, b"", Location="/home?token=hidden-value-5"),
    "/home?token=hidden-value-5": response(
        200,
        PAGE,
        Content_Type="text/html",
        Set_Cookie=COOKIES,
        Content_Security_Policy="script-src 'nonce-abcdefghijklmnop'; object-src *",
        X_Frame_Options=["DENY", "SAMEORIGIN"],
        X_Api_Key="hidden-value-6",
        Server="nginx/1.22.1",
        Strict_Transport_Security="max-age=abc",
        Link=f"<{LOGIN}>",
    ),
    "/api": response(401, b'{"detail": "x"}', Content_Type="application/json", Access_Control_Allow_Origin="*"),
    "/error": response(500, b"\xff\xfe\x00", Content_Type="text/html"),
    "/broken": b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    "/.env": response(200, b"DATABASE_PASSWORD=hidden-value-4\nexport DEBUG=1\n", Content_Type="text/plain"),
    "*": response(404, b"<p>nothing", Content_Type="text/html"),
}


@contextlib.contextmanager
def weak(context: ssl.SSLContext | None = None) -> Iterator[Served]:
    """A page behind a redirect, an API that wants a login, an error, an answer that is no HTTP, an exposed file."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = here.requests[-1].split(b" ")[1].decode()
        writer.write(ANSWERS.get(path, ANSWERS["*"]))
        await writer.drain()

    with served(handler, context=context) as here:
        yield here


def recorded(
    monkeypatch: pytest.MonkeyPatch, file: Path, target: Target, options: Options
) -> tuple[Checklist, Checklist]:
    """A live audit, and one of the file that was written of what it had asked; the second without any network."""
    kept: list[Asked] = []
    ask = live_run.ask_all

    def keep(target: Target, options: Options) -> Asked:
        kept.append(ask(target, options))
        return kept[-1]

    with monkeypatch.context() as patch:
        patch.setattr(live_run, "ask_all", keep)
        live = audit(target, load_catalogue(), POLICY, options, now=NOW)
    file.write_bytes(har_of(kept[0]))

    def refuse(*_: object) -> NoReturn:
        raise AssertionError("a saved exchange is judged without network")

    with monkeypatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        return live, audit(Target(har=str(file)), load_catalogue(), POLICY, Options(), now=NOW)


@pytest.mark.parametrize("probe", [False, True])
def test_a_recording_is_judged_as_it_was_live(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trust: Authority, probe: bool
) -> None:
    file = tmp_path / "saved.har"
    with weak(trust.context()) as here, weak() as plain:
        urls = (here.https, *(f"{here.https}{path}" for path in ("api", "error", "broken", "nowhere")), plain.url)
        options = Options(probe=probe, ca_file=trust.ca_file)
        live, again = recorded(monkeypatch, file, Target(urls=urls), options)

    assert encode(live.items) == encode(again.items)
    assert encode(live.gaps) == encode(again.gaps)
    assert (live.subject.urls, live.examined) == (again.subject.urls, again.examined)
    assert again.subject.observed == "saved exchanges"
    assert live.count(Verdict.FAIL) > 5
    assert any(gap.reason is Reason.MALFORMED for gap in again.gaps)
    assert [note.text for note in live.notes if note.topic == "pages"] == [
        note.text for note in again.notes if note.topic == "pages"
    ]
    text = file.read_text()
    assert "hidden-value" not in text
    assert ("TRACE" in text) is probe


def test_a_recording_is_har(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "saved.har"
    with weak() as here:
        recorded(monkeypatch, file, Target(urls=(here.url,)), Options())
    log = json.loads(file.read_text())["log"]
    assert log["creator"]["name"] == "hardencheck"
    wanted = {"startedDateTime", "time", "request", "response", "cache", "timings"}
    request = {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"}
    answer = {
        "status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize",
        "bodySize",
    }  # fmt: skip
    for entry in log["entries"]:
        assert wanted <= set(entry)
        assert request <= set(entry["request"])
        assert answer <= set(entry["response"])
        assert {"size", "mimeType"} <= set(entry["response"]["content"])


def test_a_recording_of_nothing_that_answers_is_none(tmp_path: Path) -> None:
    file = tmp_path / "saved.har"
    gap = Gap(kinds=("http.hsts",), collector="http.page", reason=Reason.UNREACHABLE, detail="nobody")
    file.write_bytes(har_of(Asked([], [gap], [], urls=("https://a.example/",))))
    with pytest.raises(Exception, match="holds no exchange"):
        read_har(str(file))


def save(file: Path, log: dict[str, Any]) -> str:
    entry = {"request": {"url": "https://a.example/"}, "response": {"status": 200}}
    file.write_text(json.dumps({"log": {"entries": [entry], **log}}))
    return str(file)


def test_a_recording_of_another_version(tmp_path: Path) -> None:
    with pytest.raises(TargetMissing, match="in the format 9; this version of hardencheck reads 1"):
        read_har(save(tmp_path / "x.har", {"_hardencheck": {"version": 9}}))


def test_what_a_file_says_of_a_repository_is_not_believed(tmp_path: Path) -> None:
    found = [
        {
            "kind": "gap",
            "kinds": ["secret", "http.hsts"],
            "collector": "x",
            "reason": "blocked",
            "detail": "\u001b[31m",
        },
        {"kind": "gap", "kinds": ["secret"], "collector": "x", "reason": "blocked", "detail": ""},
        {"kind": "file.mode", "location": {}},
        {"kind": "nothing"},
        5,
    ]
    saved = read_har(save(tmp_path / "x.har", {"_hardencheck": {"version": 1, "found": found}}))
    (gap,) = saved.found
    assert isinstance(gap, Gap)
    assert (gap.kinds, gap.detail) == (("http.hsts",), "\\x1b[31m")
    assert [gap.detail for gap in saved.gaps] == ["3 of the recorded facts cannot be read"]


def test_other_files_cannot_say_what_was_asked_for(tmp_path: Path) -> None:
    entry = {
        "request": {"url": "https://a.example/", "headers": [{"name": "Cookie", "value": "a=b"}]},
        "response": {"status": 200},
        "_exchange": {"purpose": "exposure", "compared": True},
    }
    (exchange,) = read_har(save(tmp_path / "x.har", {"entries": [entry]})).exchanges
    assert (exchange.purpose, exchange.compared, exchange.request_headers) == ("page", False, ())


TEXT = st.text("".join(map(chr, {*range(1, 256)} - {10, 13})), max_size=40)
FIELDS = dict(
    url=st.sampled_from(["https://a.example/", "https://b.example:8443/x?a=1&b", "http://[::1]/"]),
    method=st.sampled_from(["GET", "OPTIONS"]),
    request_headers=st.lists(st.tuples(st.sampled_from(["Origin", "X-A"]), st.just("https://x.example"))).map(tuple),
    status=st.integers(100, 599),
    http_version=st.sampled_from(["HTTP/1.1", "HTTP/1.0"]),
    headers=st.lists(st.tuples(st.sampled_from(["X", "set-cookie", "Vary"]), TEXT.map(str.strip)), max_size=5).map(
        tuple
    ),
    body=st.binary(max_size=60) | st.text("aé€\0<>\n", max_size=40).map(str.encode),
    truncated=st.booleans(),
    purpose=st.sampled_from(["page", "hop", "again", "missing"]),
    tls=st.none() | st.just(Tls(version="TLSv1.3", offered=("TLSv1.2", "TLSv1.3"), names=("a.example",))),
    started=st.just("2026-11-01T12:00:00+00:00"),
    number=st.integers(0, 3),
    compared=st.booleans(),
    malformed=st.sampled_from(["", "no colon"]),
    failed=st.just(""),
    sent=st.integers(0, 9),
    seconds=st.sampled_from([0.0, 0.25]),
)
EXCHANGES = st.builds(Exchange, **FIELDS)


@given(st.lists(EXCHANGES, min_size=1, max_size=3))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, exchanges: list[Exchange]) -> None:
    file = tmp_path_factory.mktemp("har") / "x.har"
    file.write_bytes(har_of(Asked(exchanges, [], [], urls=("https://a.example/",))))
    assert read_har(str(file)).exchanges == tuple(map(redacted, exchanges))


def test_every_field_of_an_exchange_is_written() -> None:
    assert set(FIELDS) == set(Exchange.__struct_fields__)


@given(TEXT)
def test_a_cookie_is_judged_as_before(field: str) -> None:
    made = redacted(Exchange(url="https://a.example/", headers=(("Set-Cookie", field),)))
    assert parse_cookie(made.headers[0][1]) == parse_cookie(field)


def test_redacting_twice_changes_nothing_more() -> None:
    exchange = Exchange(
        url="https://a.example/?code=abc",
        headers=(("Set-Cookie", COOKIES[0]), ("Location", f"{LOGIN}?next=/x"), ("X-CSRF-Token", "abc")),
        body=PAGE,
    )
    once = redacted(exchange)
    assert redacted(once) == once
    assert "hidden-value" not in repr(msgspec.to_builtins(once, builtin_types=(bytes,)))
    assert once.headers[0] == ("Set-Cookie", "sessionid=xxxxxxxxxxxxxx; Secure; HttpOnly")
