"""Saved exchanges: judged like live ones, without any network; broken files end in an error or a Gap."""

import base64
import json
import socket
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardencheck.collect.live.run import Observed, observe
from hardencheck.collect.options import Options
from hardencheck.collect.source import har
from hardencheck.collect.source.har import read_har
from hardencheck.errors import NothingExamined, TargetMissing
from hardencheck.model.gap import Reason
from hardencheck.model.target import Target


def entry(url: str, status: int = 200, body: str = "", *fields: tuple[str, str], **more: Any) -> dict[str, Any]:
    return {
        "startedDateTime": "2026-11-01T12:00:00.123Z",
        "request": {"method": "GET", "url": url, "headers": []},
        "response": {
            "status": status,
            "headers": [{"name": name, "value": value} for name, value in fields],
            "content": {"size": len(body), "text": body},
        },
        **more,
    }


def save(directory: Path, *entries: object) -> str:
    file = directory / "saved.har"
    file.write_text(json.dumps({"log": {"version": "1.2", "creator": {}, "entries": entries}}), encoding="utf-8")
    return str(file)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise AssertionError("a saved exchange is judged without network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def judge(path: str, *urls: str) -> Observed:
    return observe(Target(har=path, urls=urls), Options(probe=True))


@pytest.mark.usefixtures("no_network")
def test_a_saved_visit_is_judged_like_a_live_one(tmp_path: Path) -> None:
    page = entry(
        "https://service.example/?token=hidden",
        200,
        "<p>hello",
        (":status", "200"),
        ("content-type", "text/html"),
        ("set-cookie", "session=hidden; Secure\ntheme=dark"),
        ("strict-transport-security", "max-age=31536000"),
        _tls={
            "version": "TLSv1.3",
            "offered": ["TLSv1.3"],
            "not_before": "2026-10-01T00:00:00Z",
            "not_after": "2026-12-01T00:00:00Z",
        },
    )
    http = entry("http://service.example/", 301, "", ("Location", "https://service.example/"))
    tracker = entry("https://tracker.example/", 200, "", ("Server", "tracker/1.0"))
    result = judge(save(tmp_path, page, http, tracker))

    facts = {fact.kind(): fact for fact in result.facts}
    assert facts["http.hsts"].max_age == 31536000  # type: ignore[attr-defined]
    assert facts["http.redirect"].outcome == "https"  # type: ignore[attr-defined]
    assert facts["tls.certificate"].days_left == 29  # type: ignore[attr-defined]
    assert [fact.name for fact in result.facts if fact.kind() == "http.cookie"] == ["session", "theme"]  # type: ignore[attr-defined]
    assert "http.leak" not in facts
    assert "hidden" not in repr(result)
    assert {(gap.reason, gap.collector) for gap in result.gaps} == {
        (Reason.NEEDS_PROBE, "exposure.probe"),
        (Reason.NEEDS_PROBE, "cors.probe"),
    }
    assert (result.name, result.exchanges) == ("service.example", 2)
    assert [note.text for note in result.notes] == [
        "judged are the exchanges with service.example; 1 with others are not"
    ]


@pytest.mark.usefixtures("no_network")
def test_named_urls_choose_the_host(tmp_path: Path) -> None:
    file = save(tmp_path, entry("https://a.example/"), entry("https://b.example/", 200, "", ("Server", "b/1.0")))
    assert [fact.value for fact in judge(file, "https://b.example/").facts if fact.kind() == "http.leak"] == ["b/1.0"]  # type: ignore[attr-defined]


@pytest.mark.usefixtures("no_network")
def test_nothing_listened_on_http(tmp_path: Path) -> None:
    file = save(tmp_path, entry("https://a.example/"), entry("http://a.example/", 0, _failed="refused"))
    assert [fact.outcome for fact in judge(file).facts if fact.kind() == "http.redirect"] == ["closed"]  # type: ignore[attr-defined]


def test_bodies_in_base64(tmp_path: Path) -> None:
    good, bad = entry("https://a.example/"), entry("https://a.example/bad")
    good["response"]["content"] = {"text": base64.b64encode(b"<p>hello").decode(), "encoding": "base64"}
    bad["response"]["content"] = {"text": "%%%", "encoding": "base64"}
    saved = read_har(save(tmp_path, good, bad))
    assert [(item.body, item.truncated) for item in saved.exchanges] == [(b"<p>hello", False), (b"", False)]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"not json", "is not a HAR file: JSON is malformed"),
        (b"[]", "is not a HAR file: Expected `object`, got `array`"),
        (b"{}", "is not a HAR file: Object missing required field `log`"),
        (b'{"log": {"entries": {}}}', "is not a HAR file: Expected `array`, got `object`"),
        (b'{"log": {"entries": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}}", "nested too deeply"),
        (b'{"log": ' + b'{"a":' * 100_000, "nested too deeply"),
        (b'\xff\xfe{"log": {}}', "is not a HAR file"),
        (b"\x1b[31m", "is not a HAR file"),
    ],
)
def test_a_file_that_is_no_har(tmp_path: Path, data: bytes, why: str) -> None:
    file = tmp_path / "saved.har"
    file.write_bytes(data)
    with pytest.raises(TargetMissing) as caught:
        read_har(str(file))
    assert why in str(caught.value)
    assert str(tmp_path) not in str(caught.value)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("data", [b"", b"  \n", b'{"log": {"entries": []}}', b'\xef\xbb\xbf{"log": {"entries": []}}'])
def test_a_file_without_exchanges(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "saved.har"
    file.write_bytes(data)
    with pytest.raises(NothingExamined):
        read_har(str(file))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (str(tmp_path / "none.har"), str(tmp_path), "\0"):
        with pytest.raises(TargetMissing):
            read_har(path)


def test_a_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(har, "MAX_FILE", 100)
    with pytest.raises(TargetMissing, match="is larger than"):
        read_har(save(tmp_path, entry("https://a.example/")))


def test_broken_entries_are_gaps_and_the_rest_is_judged(tmp_path: Path) -> None:
    deep: Any = []
    for _ in range(90):
        deep = [deep]
    saved = read_har(
        save(
            tmp_path,
            entry("https://a.example/"),
            {"request": {}},
            "text",
            entry("https://a.example/2", _tls=5),
            entry("chrome-extension://x/y"),
            entry("https://a.example/blocked", 0),
            entry("https://a.example/3", 200, "", ("X", "y"), _extra=deep),
        )
    )
    assert [item.url for item in saved.exchanges] == ["https://a.example/", "https://a.example/3"]
    assert [gap.reason for gap in saved.gaps] == [Reason.UNPARSABLE] * 3
    assert saved.run.skipped == {"broken": 3, "no response was saved": 1, "not http or https": 1}


def test_more_entries_than_anybody_saves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(har, "MAX_ENTRIES", 2)
    saved = read_har(save(tmp_path, *(entry(f"https://a.example/{number}") for number in range(5))))
    assert len(saved.exchanges) == 2
    assert [gap.reason for gap in saved.gaps] == [Reason.BUDGET]


def test_a_head_larger_than_browsers_take(tmp_path: Path) -> None:
    result = judge(save(tmp_path, entry("https://a.example/", 200, "", ("X", "y" * 70_000))))
    (gap,) = [gap for gap in result.gaps if "http.hsts" in gap.kinds]
    assert (gap.reason, gap.detail) == (Reason.MALFORMED, "not judged: the head is larger than 64 KiB")


KEYS = st.sampled_from(
    ["log", "entries", "request", "response", "headers", "url", "status", "content", "name", "value", "_tls", "text"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
    max_leaves=30,
)


@given(JSON)
def test_no_json_breaks_it(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    file = tmp_path_factory.mktemp("har") / "x.har"
    for shape in (value, {"log": {"entries": [value, {"request": {"url": "https://a.example/"}, "response": value}]}}):
        file.write_text(json.dumps(shape), encoding="utf-8")
        try:
            read_har(str(file))
        except (TargetMissing, NothingExamined):
            pass


def test_a_redirect_of_the_browser_itself_says_nothing_of_the_server(tmp_path: Path) -> None:
    internal = entry(
        "http://service.example/",
        307,
        "",
        ("Location", "https://service.example/"),
        ("Non-Authoritative-Reason", "HSTS"),
    )
    result = judge(save(tmp_path, internal, entry("https://service.example/", 200, "<p>", ("Server", "nginx"))))
    assert not [fact for fact in result.facts if fact.kind() == "http.redirect"]
    assert [gap.reason for gap in result.gaps if "http.redirect" in gap.kinds] == [Reason.NOT_SUPPORTED]


@pytest.mark.parametrize("content", [{"size": 900}, {"size": 900, "text": None, "encoding": None}])
def test_a_body_that_was_not_saved_may_hold_a_policy(tmp_path: Path, content: dict[str, Any]) -> None:
    page = entry("https://service.example/", 200, "", ("Content-Type", "text/html"))
    page["response"]["content"] = content
    result = judge(save(tmp_path, page))
    assert "http.csp" not in {fact.kind() for fact in result.facts}
    assert [gap.reason for gap in result.gaps if "http.csp" in gap.kinds] == [Reason.TOO_LARGE]


def test_a_host_that_is_none_is_not_judged(tmp_path: Path) -> None:
    result = judge(save(tmp_path, entry("https://a b.example/"), entry("https://<b>/"), entry("https://a.example/")))
    assert {fact.location.url for fact in result.facts} == {"https://a.example/"}
