"""What differs between two deployments is told, and what only varies is not."""

import asyncio
import contextlib
import itertools
import re
import ssl
from collections.abc import Callable, Iterator, Mapping

import msgspec
import pytest

from hardencheck.collect.contract import Unreadable
from hardencheck.collect.exchange import Exchange, Tls
from hardencheck.collect.live.compared import Differences
from hardencheck.collect.live.run import Observed, observe
from hardencheck.collect.options import Options
from hardencheck.errors import UsageError
from hardencheck.model.facts.compared import Difference
from hardencheck.model.facts.measured import MeasuredLimit
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.target import Target
from tests.live.servers import Authority, Served, closed_port, response, served

HERE, THERE = "https://staging.service.example/", "https://www.service.example/"
CSP, HSTS = "Content-Security-Policy", "Strict-Transport-Security"


def compared(
    ours: Mapping[str, str | list[str]], theirs: Mapping[str, str | list[str]], status: int = 200
) -> dict[str, tuple[str, str]]:
    """What differs, by name, between two answers with these headers."""
    made = [
        Exchange(url=url, status=status, headers=_pairs(headers), compared=other)
        for url, headers, other in ((HERE, ours, False), (THERE, theirs, True))
    ]
    return differences(made)


def _pairs(headers: Mapping[str, str | list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, item) for name, value in headers.items() for item in (value if isinstance(value, list) else [value])
    )


def differences(exchanges: list[Exchange]) -> dict[str, tuple[str, str]]:
    found = [item for item in Differences().observe(tuple(exchanges)) if isinstance(item, Difference)]
    assert found
    return {item.name or item.subject: (item.here, item.there) for item in found if not item.agrees}


@pytest.mark.parametrize(
    ("name", "ours", "theirs"),
    [
        ("vary", "Accept, Cookie", "cookie,Accept"),
        ("Vary", ["Accept", "Cookie"], "Accept, Cookie"),
        ("Cache-Control", "no-store, Private", "private,no-store"),
        (HSTS, 'max-age="31536000"; includeSubDomains', "includesubdomains;max-age=31536000"),
        (HSTS, ["max-age=1", "max-age=2"], "max-age=1"),
        (CSP, "script-src 'self' a.example; base-uri 'none'", "base-uri 'none';script-src a.example 'self'"),
        (CSP, "script-src 'nonce-aaaa'", "script-src 'nonce-bbbb'"),
        (CSP, f"connect-src {HERE}", f"connect-src {THERE}"),
        (CSP, ["default-src a:", "img-src b:"], "img-src b:, default-src a:"),
        ("Permissions-Policy", "camera=(), microphone=()", "microphone=(), camera=()"),
        ("Access-Control-Allow-Origin", "https://staging.service.example", "https://www.service.example"),
        ("Last-Modified", "Sun, 01 Nov 2026 12:00:00 GMT", "Mon, 02 Nov 2026 12:00:00 GMT"),
        ("Expires", "Sun, 01 Nov 2026 12:00:00 GMT", "Mon, 02 Nov 2026 12:00:00 GMT"),
        ("ETag", '"a"', '"b"'),
        ("X-Request-ID", "1", "2"),
        ("Set-Cookie", "sessionid=1; Secure; path=/; SameSite=lax", "sessionid=22; SameSite=Lax; Path=/; secure"),
        ("Set-Cookie", "a=1; Domain=staging.service.example", "a=1; Domain=.www.service.example"),
        ("Set-Cookie", "a=1; Expires=Sun, 01 Nov 2026 12:00:00 GMT", "a=1; Expires=Mon, 02 Nov 2026 12:00:00 GMT"),
        ("Set-Cookie", ["a=1", "b=2; Secure"], ["b=2; Secure", "a=1"]),
    ],
)  # fmt: skip
def test_what_means_the_same_is_the_same(name: str, ours: str | list[str], theirs: str | list[str]) -> None:
    assert compared({name: ours}, {name: theirs}) == {}


@pytest.mark.parametrize(
    ("name", "ours", "theirs", "named"),
    [
        (HSTS, "max-age=31536000", "max-age=300", HSTS.lower()),
        (HSTS, ["max-age=1", "max-age=2"], ["max-age=2", "max-age=1"], HSTS.lower()),
        (CSP, "script-src 'self'", "script-src 'self' *", CSP.lower()),
        (CSP, "img-src a: ; img-src b:", "img-src b:; img-src a:", CSP.lower()),
        (CSP, "connect-src https://a.example", "connect-src https://b.example", CSP.lower()),
        ("Referrer-Policy", "no-referrer, origin", "origin, no-referrer", "referrer-policy"),
        ("Server", "nginx", "nginx/1.22.1", "server"),
        ("X-Robots-Tag", "noindex", [], "x-robots-tag"),
        ("ETag", '"a"', [], "etag"),
        ("Set-Cookie", "sessionid=1; Secure", "sessionid=1", "sessionid"),
        ("Set-Cookie", "a=1; HttpOnly", "a=1", "a"),
        ("Set-Cookie", "a=1; SameSite=Lax", "a=1; SameSite=None", "a"),
        ("Set-Cookie", "a=1; Domain=service.example", "a=1", "a"),
        ("Set-Cookie", "a=1; Max-Age=60", "a=1; Max-Age=61", "a"),
        ("Set-Cookie", "a=1; Path=/", "a=1; Path=/app", "a"),
        ("Set-Cookie", "a=1", [], "a"),
    ],
)  # fmt: skip
def test_what_does_not_is_told(name: str, ours: str | list[str], theirs: str | list[str], named: str) -> None:
    assert list(compared({name: ours}, {name: theirs})) == [named]
    assert list(compared({name: theirs}, {name: ours})) == [named]


def test_values_of_secrets_are_not_shown() -> None:
    found = compared(
        {"X-Api-Key": "hidden-1", "Location": "https://a.example/?code=hidden-2", "Set-Cookie": "a=hidden-3; Secure"},
        {"X-Api-Key": "hidden-4", "Location": "https://b.example/?code=hidden-5", "Set-Cookie": "a=hidden-6"},
    )
    assert set(found) == {"x-api-key", "location", "a"}
    assert "hidden" not in repr(found)


def test_what_comes_and_goes_is_not_told() -> None:
    def page(compared: bool, purpose: str, **headers: str) -> Exchange:
        return Exchange(
            url=THERE if compared else HERE,
            status=200,
            headers=tuple(headers.items()),
            purpose=purpose,
            compared=compared,
        )

    exchanges = [
        page(False, "page", A="1", B="same", C="x"), page(False, "again", B="same", C="y"),
        page(True, "page", B="same", C="same"), page(True, "again", B="same", C="same"),
    ]  # fmt: skip
    assert differences(exchanges) == {}
    assert differences([*exchanges[:2], page(True, "page"), page(True, "again")]) == {
        "b": ("same", "absent"),
        "c": ("varies from answer to answer", "absent"),
    }


def test_headers_of_another_status_are_not_compared() -> None:
    ours = Exchange(url=HERE, status=200, headers=(("X", "1"),))
    theirs = Exchange(url=THERE, status=404, headers=(("Y", "1"),), compared=True)
    assert differences([ours, theirs]) == {"status": ("200", "404")}


def test_what_several_pages_say_is_told_once() -> None:
    made = [
        Exchange(url=f"{url}{number}", status=200, headers=headers, number=number, compared=url == THERE)
        for number in (1, 2, 3)
        for url, headers in ((HERE, (("X", "1"), ("Y", str(number)))), (THERE, (("Y", "2"),)))
    ]
    found = [item for item in Differences().observe(tuple(made)) if isinstance(item, Difference) and not item.agrees]
    assert {str(item.location).removeprefix(HERE): item.describe() for item in found if item.name == "x"} == {
        "1": f"x: 1; {THERE}1: absent (and 2 more pages)"
    }
    assert sorted((item.here, item.pages) for item in found if item.name == "y") == [("1", 1), ("3", 1)]


def test_tls_and_plain_http() -> None:
    def side(compared: bool, plain: Exchange, tls: Tls) -> list[Exchange]:
        url = THERE if compared else HERE
        made = [Exchange(url=url, status=200), plain, Exchange(url=url, method="", purpose="tls", tls=tls)]
        return [msgspec.structs.replace(exchange, compared=compared) for exchange in made]

    moved = (("Location", "https://www.service.example/"),)
    found = differences(
        [
            *side(False, Exchange(url=HERE, purpose="http", failed="refused"), Tls(offered=("TLSv1.2", "TLSv1.3"))),
            *side(True, Exchange(url="http://www.service.example/", purpose="http", status=301, headers=moved), Tls(
                offered=("TLSv1", "TLSv1.2"), verified=False, error="expired")),
        ]
    )  # fmt: skip
    assert found == {
        "http": ("closed", "301 to https /"),
        "certificate": ("accepted", "not accepted: expired"),
        "versions": ("TLSv1.2, TLSv1.3", "TLSv1, TLSv1.2"),
    }


# Live

Answer = Callable[[str, int], bytes]


@contextlib.contextmanager
def site(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[Served]:
    """answer: given the path and how many requests came before."""
    count = itertools.count()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(here.requests[-1].split(b" ")[1].decode(), next(count)))
        await writer.drain()

    with served(handler, context=context) as here:
        yield here


def told(result: Observed) -> dict[tuple[str, str], tuple[str, str]]:
    """(path, name) -> both sides, of what differs."""
    return {
        (str(fact.location.url).partition("//")[2].partition("/")[2], fact.name or fact.subject): (
            fact.here,
            fact.there,
        )
        for fact in result.facts
        if isinstance(fact, Difference) and not fact.agrees
    }


def staging(path: str, number: int) -> bytes:
    if path == "/login":
        return response(200, b"<p>", Content_Type="text/html", Set_Cookie=f"sessionid={number}; HttpOnly; Secure")
    return response(
        200,
        b"<p>",
        Content_Type="text/html",
        X_Frame_Options="DENY",
        X_Trace=str(number),
        Content_Security_Policy=f"script-src 'nonce-{number:020}'",
    )


def production(path: str, number: int) -> bytes:
    if path == "/login":
        return response(200, b"<p>", Content_Type="text/html", Set_Cookie=f"sessionid={number}; Secure")
    return response(
        200,
        b"<p>",
        Content_Type="text/html",
        Server="nginx/1.22.1",
        X_Trace=str(number + 100),
        Content_Security_Policy=f"script-src 'nonce-{number:020}'",
    )


def test_two_deployments_page_by_page(trust: Authority) -> None:
    with site(staging, trust.context()) as here, site(production, trust.context()) as there:
        target = Target(urls=(here.https, f"{here.https}login"), compare=there.https)
        result = observe(target, Options(ca_file=trust.ca_file))
        again = observe(
            Target(urls=(there.https, f"{there.https}login"), compare=there.https), Options(ca_file=trust.ca_file)
        )
    assert told(result) == {
        ("", "x-frame-options"): ("DENY", "absent"),
        ("", "server"): ("absent", "nginx/1.22.1"),
        ("login", "sessionid"): ("Secure; HttpOnly; Path=of the request", "Secure; Path=of the request"),
    }
    assert result.compared == there.https
    # What is compared with is not judged.
    assert {fact.kind() for fact in result.facts if str(fact.location.url).startswith(there.https)} == set()
    assert not any(fact.kind() == "http.leak" for fact in result.facts)
    assert told(again) == {}
    assert {note.topic: note.text for note in result.notes}["pages"] == f"{here.https}: 200, {here.https}login: 200"


def test_nobody_answers_there() -> None:
    with site(staging) as here:
        result = observe(Target(urls=(here.url,), compare=f"http://localhost:{closed_port()}/"), Options())
    (gap,) = [gap for gap in result.gaps if Difference.kind() in gap.kinds]
    assert (gap.reason, gap.kinds) == (Reason.UNREACHABLE, ("http.difference",))
    assert any(fact.kind() == "http.framing" for fact in result.facts)


def test_nobody_answers_here() -> None:
    with site(staging) as there:
        result = observe(Target(urls=(f"http://localhost:{closed_port()}/",), compare=there.url), Options())
    assert [gap.reason for gap in result.gaps if Difference.kind() in gap.kinds] == [Reason.UNREACHABLE]
    assert not result.facts


def test_one_page_with_another_path() -> None:
    with site(staging) as here:
        result = observe(Target(urls=(f"{here.url}a",), compare=f"{here.url}b"), Options())
        with pytest.raises(UsageError, match="--compare names one page, and several URLs are audited"):
            observe(Target(urls=(here.url, f"{here.url}a"), compare=f"{here.url}b"), Options())
    assert told(result) == {}
    assert here.requests[2].startswith(b"GET /b ")


def test_limits_of_uploads(trust: Authority) -> None:
    def taking(limit: int) -> Answer:
        def answer(path: str, number: int) -> bytes:
            head = (here if limit == 1 << 20 else there).requests[-1].lower()
            length = re.search(rb"content-length: ([0-9]+)", head)
            return response(413 if length is not None and int(length[1]) > limit else 200)

        return answer

    with site(taking(1 << 20)) as here, site(taking(10 << 20)) as there:
        result = observe(Target(urls=(here.url,), compare=there.url), Options(probe=True))
    assert told(result) == {("", "POST"): ("1,048,576 B", "10,485,760 B")}
    assert [fact.max_bytes for fact in result.facts if isinstance(fact, MeasuredLimit)] == [1 << 20]


def test_another_origin_has_no_counterpart() -> None:
    with site(staging) as here, site(production) as api, site(staging) as there:
        result = observe(Target(urls=(here.url, api.url), compare=there.url), Options())
    assert told(result) == {}
    assert {note.topic: note.text for note in result.notes}["comparison"].endswith(f"not that of the first: {api.url}")


def test_a_wall_is_no_difference() -> None:
    def wall(path: str, number: int) -> bytes:
        return response(403, b"", Cf_Mitigated="challenge")

    with site(staging) as here, site(wall) as there:
        result = observe(Target(urls=(here.url,), compare=there.url), Options())
    assert told(result) == {}
    assert [gap.reason for gap in result.gaps if Difference.kind() in gap.kinds] == [Reason.BLOCKED]


def test_no_exchanges_break_it() -> None:
    odd = Exchange(url=THERE, status=302, headers=(("Location", "http://["), ("Set-Cookie", ";;=")), compared=True)
    for exchanges in ((odd,), (Exchange(url=HERE, status=302, headers=odd.headers), odd)):
        try:
            found = list(Differences().observe(exchanges))
        except Unreadable:
            continue
        assert all(isinstance(item, Difference | Gap) for item in found)
