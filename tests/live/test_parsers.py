"""Header fields as browsers read them, and that no text breaks a parser."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardencheck.collect.exchange import Exchange, origin, place, printable
from hardencheck.collect.live import _addresses, _cookies, _csp, _fields, _html, _mime, _structured
from hardencheck.collect.live.exposure import FILES, debug_page, directories, holds_secret_file, listing
from hardencheck.collect.live.run import state
from hardencheck.collect.registry import collectors
from hardencheck.model.facts import fact_types
from hardencheck.model.facts.http import CacheControl, Corp, Duplicate, Redirect, Response
from hardencheck.model.gap import Gap, Reason

NONCE = "'nonce-q1R8c2VjdXJlTm9uY2U5'"
HASH = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("max-age=31536000", (31536000, False, False, "")),
        ('MAX-AGE="31536000" ; IncludeSubDomains; preload', (31536000, True, True, "")),
        (" ; max-age=1;; includeSubDomains;", (1, True, False, "")),
        ("max-age=0", (0, False, False, "")),
        ('max-age=1; future="a;b"', (1, False, False, "")),
        ("max-age=abc", (None, False, False, "max-age is not a number of seconds")),
        ("max-age=-1", (None, False, False, "max-age is not a number of seconds")),
        ("max-age=１", (None, False, False, "max-age is not a number of seconds")),
        ("max-age", (None, False, False, "max-age is not a number of seconds")),
        ("includeSubDomains", (None, False, False, "max-age is missing")),
        ("", (None, False, False, "max-age is missing")),
        ("max-age=1; max-age=2", (None, False, False, "the directive max-age is repeated")),
        ("max-age=1, max-age=2", (None, False, False, "max-age is not a number of seconds")),
        ("max age=1", (None, False, False, "not a list of directives")),
        (
            "max-age=1; includeSubDomains=true",
            (None, False, False, "the directive includesubdomains has a value that it cannot have"),
        ),
        ("max-age=1; future=a b", (None, False, False, "the directive future has a value that it cannot have")),
        ('max-age=1; future="a', (None, False, False, "the directive future has a value that it cannot have")),
        ("max-age=1\xa0", (None, False, False, "max-age is not a number of seconds")),
    ],
)
def test_hsts(value: str, expected: tuple[int | None, bool, bool, str]) -> None:
    assert tuple(_fields.parse_hsts(value)) == expected


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        (["default-src 'self'"], ()),
        (["script-src 'unsafe-inline'"], ("'unsafe-inline'",)),
        ([f"script-src 'unsafe-inline' {NONCE}"], ()),
        ([f"script-src 'unsafe-inline' {HASH}"], ()),
        (["script-src 'unsafe-inline' 'strict-dynamic'"], ()),
        ([f"script-src {NONCE} 'strict-dynamic' https: *"], ()),
        ([f"script-src {NONCE} https:"], ("https:",)),
        (["script-src 'SELF' DATA:"], ("data:",)),
        (["script-src 'self'; script-src *"], ()),
        (["script-src 'self'; script-src-elem *"], ("*",)),
        (["script-src 'self'; script-src-attr 'unsafe-inline'"], ("'unsafe-inline' event handlers",)),
        (["default-src *; script-src 'none'"], ()),
        (["script-src 'self' 'unsafe-eval'"], ("'unsafe-eval'",)),
        (["script-src *", "script-src 'unsafe-inline'"], ()),
        (["script-src * 'unsafe-inline', script-src 'unsafe-inline' 'self'"], ("'unsafe-inline'",)),
        (["object-src 'none'", "script-src *"], ("*",)),
        (["script-src 203.0.113.7"], ("the address 203.0.113.7",)),
        (["script-src https://127.0.0.1:8000"], ()),
        (["script-src *.googleapis.com"], ("*.googleapis.com (anybody can place scripts there)",)),
        (["script-src https://www.google.com/recaptcha/"], ()),
        (["script-src https://*:443/"], ("https://*:443/",)),
        (["script-src *:8443"], ("*:8443",)),
        (["script-src *", "script-src https:"], ("*", "https:")),
        (["script-src *", "script-src data:"], ()),
        (["script-src unpkg.com", "script-src https:"], ("unpkg.com (anybody can place scripts there)",)),
        (
            ["script-src 'unsafe-inline'", "script-src-elem 'self'; script-src-attr 'unsafe-inline'"],
            ("'unsafe-inline' event handlers",),
        ),
    ],
)
def test_what_scripts_may_come_through(policies: list[str], expected: tuple[str, ...]) -> None:
    judged = _csp.judge(policies)
    assert judged is not None
    assert judged.script_holes == expected


@pytest.mark.parametrize(
    ("policies", "metas", "expected"),
    [
        (["frame-ancestors 'none'"], [], "none"),
        (["frame-ancestors"], [], "none"),
        (["frame-ancestors 'self' 'none'"], [], "self"),
        (["frame-ancestors https://partner.example"], [], "hosts"),
        (["frame-ancestors https:"], [], "open"),
        (["default-src 'none'"], [], "absent"),
        (["frame-ancestors *", "frame-ancestors 'self'"], [], "self"),
        (["default-src 'none'"], ["frame-ancestors 'none'"], "absent"),
        (["frame-ancestors https://*:443"], [], "open"),
        (["frame-ancestors *:*"], [], "open"),
        (["img-src 'self'; frame-ancestors\xa0'none'"], [], "absent"),
        (["img-src 'self'; frame-ancestors 'self' https://b\xfccher.example"], [], "absent"),
        (["img-src 'self'; frame-ancestors\x0b'none'"], [], "absent"),
    ],
)
def test_frame_ancestors(policies: list[str], metas: list[str], expected: str) -> None:
    judged = _csp.judge(policies, metas)
    assert judged is not None
    assert judged.frame_ancestors == expected


@pytest.mark.parametrize(
    ("policy", "mistake"),
    [
        ("default-src self", "self in default-src has no quotes"),
        ("script-src 'self' object-src 'none'", "a semicolon is missing before object-src"),
        ("script-scr 'self'", "unknown directive script-scr"),
        ("plugin-types application/pdf", "plugin-types was dropped from the standard"),
        ("script-src 'nonce-short'", "a nonce in script-src is shorter than 16 characters"),
        ("script-src 'nonce-this is not base64!'", "unknown keyword in script-src"),
        ("script-src 'nonce-(not-base64-at-all)'", "a nonce in script-src is not base64"),
        ("script-src nonce-q1R8c2VjdXJlTm9uY2U5", "a nonce or hash in script-src has no quotes"),
        ("script-src 'sha256-AAA='sha256-BBB='", "hashes run together in script-src"),
        ("script-src 'self' 'none'", "'none' beside other sources in script-src is ignored"),
        ("script-src 'strict-dynamic'", "'strict-dynamic' in script-src without nonce or hash blocks every script"),
        ("script-src 'self'; script-src *", "script-src is repeated: only the first counts"),
        ("script-src 'self' b\xfccher.example", "script-src is ignored: it holds characters outside of ASCII"),
    ],
)
def test_mistakes_in_a_policy(policy: str, mistake: str) -> None:
    assert mistake in _csp.parse_policy(policy).mistakes


@pytest.mark.parametrize(
    "policy",
    [
        "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        f"script-src {NONCE} {HASH} 'strict-dynamic' 'report-sample'; report-uri /csp; sandbox allow-forms",
        "upgrade-insecure-requests; require-trusted-types-for 'script'; trusted-types default 'allow-duplicates'",
        "img-src 'self' data: blob:; connect-src 'self' wss://service.example; worker-src blob:;",
        "script-src 'self' 'report-sha256' 'trusted-types-eval'",
    ],
)
def test_no_mistakes_in_a_policy(policy: str) -> None:
    assert _csp.parse_policy(policy).mistakes == ()


def test_event_handlers_are_scripts_too() -> None:
    for policy, restricted in (
        ("script-src-elem 'self'", False),
        ("script-src-elem 'self'; script-src-attr 'none'", True),
    ):
        judged = _csp.judge([policy])
        assert judged is not None
        assert judged.script_src is restricted


@pytest.mark.parametrize(
    ("sources", "none"),
    [
        ("'none'", True),
        ("", True),
        ("'none' 'none'", True),
        ("'none' 'report-sample'", True),
        ("'none' https:", False),
        ("'self'", False),
    ],
)
def test_what_matches_no_url(sources: str, none: bool) -> None:
    judged = _csp.judge([f"object-src {sources}"])
    assert judged is not None
    assert judged.object_none is none


def test_a_blank_policy_is_none() -> None:
    assert _csp.judge(["", " ; ", ","], [" "]) is None


@pytest.mark.parametrize(
    ("fields", "open_to_all"),
    [
        (["camera=()"], []),
        (['camera=(), geolocation=(self "https://maps.example")'], []),
        (["camera=*", "microphone=()"], ["camera"]),
        (["fullscreen=(*)"], ["fullscreen"]),
        (["camera=();report-to=a, usb=self"], []),
    ],
)
def test_a_permissions_policy(fields: list[str], open_to_all: list[str]) -> None:
    found = _structured.structured_dictionary(fields)
    assert [
        name for name, value in found.items() if value == "*" or (isinstance(value, list) and "*" in value)
    ] == open_to_all


@pytest.mark.parametrize(
    "field",
    [
        "camera 'none'",
        "camera=(",
        "camera=(),",
        "Camera=()",
        "camera=() microphone=()",
        "camera=;",
        "=()",
        "camera=(a,b)",
    ],
)
def test_a_permissions_policy_that_is_void(field: str) -> None:
    with pytest.raises(_structured.Invalid):
        _structured.structured_dictionary([field])


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (["nosniff"], True),
        (["NoSniff, other"], True),
        (["other, nosniff"], False),
        (["", "nosniff"], False),
        ([",nosniff"], False),
        (['"nosniff"'], False),
        ([], False),
    ],
)
def test_nosniff_is_the_first_value(fields: list[str], expected: bool) -> None:
    assert _fields.nosniff(fields) is expected


@pytest.mark.parametrize("fields", [['"same-origin"'], ["same-origin ;a"], ["same-origin", "same-origin"], [""]])
def test_what_is_no_token(fields: list[str]) -> None:
    with pytest.raises(_structured.Invalid):
        _structured.structured_token(fields)


@pytest.mark.parametrize(
    ("fields", "shared"),
    [
        ({"Cache-Control": "max-age=60"}, True),
        ({"Cache-Control": "max-age=60, s-maxage=0"}, False),
        ({"Cache-Control": "private, max-age=60"}, False),
        ({"Cache-Control": 'private="X-Other", max-age=60'}, True),
        ({"Cache-Control": 'no-cache="Set-Cookie", max-age=60'}, False),
        ({"Expires": "Sun, 01 Nov 2026 13:00:00 GMT"}, True),
        ({"Expires": "Sun, 01 Nov 2026 13:00:00 GMT", "Date": "Mon, 02 Nov 2026 13:00:00 GMT"}, False),
        ({"Expires": "Sun, 01 Nov 2026 13:00:00 GMT", "Cache-Control": "max-age=0"}, False),
        ({"Expires": "0"}, False),
    ],
)
def test_what_shared_caches_may_keep(fields: dict[str, str], shared: bool) -> None:
    headers = tuple({"Content-Type": "text/html", "Set-Cookie": "theme=dark", **fields}.items())
    page = Exchange(url="https://a.example/", status=200, headers=headers, started="2026-11-01T12:00:00+00:00")
    (fact,) = [fact for fact in state(collectors().observers, (page,)) if isinstance(fact, CacheControl)]
    assert fact.shared is shared


def test_a_permissions_policy_may_come_in_several_fields() -> None:
    fields = (("Permissions-Policy", "camera=()"), ("Permissions-Policy", "usb=()"), ("X-Frame-Options", "DENY"))
    page = Exchange(url="https://a.example/", status=200, headers=(*fields, ("x-frame-options", "SAMEORIGIN")))
    found = [fact for fact in state(collectors().observers, (page,)) if isinstance(fact, Duplicate)]
    assert [(fact.name, fact.differs) for fact in found] == [("X-Frame-Options", True)]


@pytest.mark.parametrize("status", [101, 204, 205, 304])
def test_what_has_no_content_is_not_asked_for_its_headers(status: int) -> None:
    facts = state(collectors().observers, (Exchange(url="https://a.example/", status=status),))
    assert {fact.content for fact in facts if isinstance(fact, Response)} == {"empty"}
    assert not any(isinstance(fact, Corp) for fact in facts)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("sessionid=a=b; Secure; HttpOnly; SameSite=Lax; Path=/", ("sessionid", 12, True, True, "lax", True)),
        ("a=1; SECURE ;httponly; samesite = NONE", ("a", 2, True, True, "none", True)),
        ("a=1; SameSite=None", ("a", 2, False, False, "none-without-secure", True)),
        ("a=1; SameSite=Sometimes", ("a", 2, False, False, "invalid", True)),
        ("a=1; Expires=Wed, 21 Oct 2099 07:28:00 GMT", ("a", 2, False, False, "absent", True)),
        ("__Host-a=1; Secure; Path=/", ("__Host-a", 9, True, False, "absent", True)),
        ("__Host-a=1; Secure; Path=/app", ("__Host-a", 9, True, False, "absent", False)),
        ("__host-a=1; Path=/", ("__host-a", 9, False, False, "absent", False)),
        ("__Secure-a=1; Secure", ("__Secure-a", 11, True, False, "absent", True)),
        ("nameless", ("", 8, False, False, "absent", True)),
    ],
)
def test_a_cookie(field: str, expected: tuple[str, int, bool, bool, str, bool]) -> None:
    cookie = _cookies.parse_cookie(field)
    assert cookie is not None
    assert (cookie.name, cookie.size, cookie.secure, cookie.http_only, cookie.same_site, cookie.honoured) == expected


@pytest.mark.parametrize(
    ("field", "deletion"),
    [
        ("a=; Max-Age=0", True),
        ("a=; Max-Age=-1; Expires=Wed, 21 Oct 2099 07:28:00 GMT", True),
        ("a=1; Max-Age=5; Expires=Thu, 01 Jan 1970 00:00:00 GMT", False),
        ("a=; Expires=Thu, 01-Jan-1970 00:00:00 GMT", True),
        ("a=1; Expires=Wed, 21 Oct 2099 07:28:00 GMT", False),
        ("a=1; Expires=yesterday", False),
        ("a=1; Expires=Mon, 99 Xyz 99999999 99:99:99", False),
        ("a=", False),
    ],
)
def test_deletions(field: str, deletion: bool) -> None:
    cookie = _cookies.parse_cookie(field)
    assert cookie is not None
    assert cookie.deletes(1_700_000_000.0) is deletion


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("sessionid", "session"),
        ("__Host-sessionid", "session"),
        ("PHPSESSID", "session"),
        ("connect.sid", "session"),
        ("access_token", "session"),
        ("remember_me", "session"),
        ("csrftoken", "csrf"),
        ("XSRF-TOKEN", "csrf"),
        ("theme", "other"),
        ("sidebar", "other"),
        ("django_language", "other"),
        ("_ga", "other"),
    ],
)
def test_what_a_cookie_is_for(name: str, role: str) -> None:
    assert _cookies.cookie_role(name) == role


@pytest.mark.parametrize(
    ("fields", "meta", "policy"),
    [
        (["no-referrer"], None, "no-referrer"),
        (["origin, STRICT-ORIGIN"], None, "strict-origin"),
        (["no-referrer", "unsafe-url"], None, "unsafe-url"),
        (["future, no-referrer, other-future"], None, "no-referrer"),
        (["nonsense"], None, None),
        ([], "never", "no-referrer"),
        (["unsafe-url"], "same-origin", "same-origin"),
        (["same-origin"], "nonsense", "same-origin"),
    ],
)
def test_the_referrer_policy_in_effect(fields: list[str], meta: str | None, policy: str | None) -> None:
    assert _fields.referrer_policy(fields, meta) == policy


@pytest.mark.parametrize(
    ("value", "version"),
    [
        ("nginx", False),
        ("nginx/1.22.1", True),
        ("Apache/2.4.57 (Debian)", True),
        ("Werkzeug/3.0 Python/3.11", True),
        ("PHP 8", True),
        ("cloudflare", False),
        ("AmazonS3", False),
        ("Python-urllib", False),
        ("gunicorn", False),
        ("Microsoft-IIS/10", True),
    ],
)
def test_versions(value: str, version: bool) -> None:
    assert _fields.has_version(value) is version


def test_tags_of_a_page() -> None:
    page = _html.read_page(
        b"""<!doctype html><!-- <meta http-equiv="Content-Security-Policy" content="default-src 'none'"> -->
        <head><title><meta name=referrer content=unsafe-url></title>
        <META HTTP-EQUIV='Content-Security-Policy' CONTENT="script-src &#39;self&#39;">
        <meta name="referrer" content="same-origin">
        <script>var a = '<input type="password">';</script></head>
        <body><meta http-equiv="Content-Security-Policy" content="object-src 'none'">
        <form><input name=p TYPE="Password"/></form><a href="/a">x</a><img src=/static/b.png></body>"""
    )
    assert page == _html.Page(("script-src 'self'",), "same-origin", True, ("/a", "/static/b.png"), True)


META = "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\">"


@pytest.mark.parametrize(
    ("before", "counts"),
    [
        ("<!doctype html><title>x</title>", True),
        ("\ufeff<!DOCTYPE html>\n<?x?><html lang=en><head>\n<link title='a > b' href=/a><!-- c -->\n", True),
        ("<head><script>document.write('<p>')</script><style>a{}</style>", True),
        ("<head></head>\n", True),
        ("<p>hello", False),
        ("hello", False),
        ("<head><img src=a>", False),
        ("<head><custom-element>", False),
        ("<html><body>", False),
        ("<head></head></html>", False),
    ],
)
def test_a_policy_counts_in_the_head_alone(before: str, counts: bool) -> None:
    assert _html.read_page((before + META).encode()).csp == (("default-src 'none'",) if counts else ())


def test_a_referrer_policy_counts_anywhere_and_nonsense_does_not() -> None:
    page = b"<head><meta name=referrer content=origin></head><body><meta name=referrer content=%s>"
    assert _html.read_page(page % b"unsafe-url").referrer == "unsafe-url"
    assert _html.read_page(page % b"nonsense").referrer == "origin"


@pytest.mark.parametrize(
    "unit",
    [
        b"<",
        b"<!--",
        b"<meta ",
        b'<meta a="',
        b"<script>",
        b"</script",
        b"<meta " + b"a" * 4000,
        b"<input a='>",
        b"<meta\x00>",
        b'<meta a="' * 600 + b'">',
    ],
)
def test_a_page_made_to_be_slow(unit: bytes) -> None:
    started = time.process_time()
    _html.read_page((unit * (262_144 // len(unit) + 1))[:262_144])
    assert time.process_time() - started < 1.0


@pytest.mark.parametrize(
    ("addresses", "named", "inside", "refused"),
    [
        (["93.184.216.34"], True, False, False),
        (["127.0.0.1"], True, True, False),
        (["10.0.0.1"], False, False, True),
        (["10.0.0.1"], False, True, False),
        (["93.184.216.34", "192.168.0.1"], False, False, True),
        (["169.254.169.254"], True, True, True),
        (["fe80::1%eth0"], True, True, True),
        (["::ffff:169.254.169.254"], True, True, True),
        (["64:ff9b::a9fe:a9fe"], True, True, True),
        (["fd00:ec2::254"], True, True, True),
        (["100.100.100.200"], True, True, True),
        (["0.0.0.0"], True, True, True),
        (["::"], True, True, True),
        (["224.0.0.1"], True, True, True),
        (["::1"], False, False, True),
        (["2606:2800:220:1::1"], False, False, False),
    ],
)
def test_addresses(addresses: list[str], named: bool, inside: bool, refused: bool) -> None:
    assert bool(_addresses.refused(addresses, named=named, start_inside=inside)) is refused


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://User:pw@Service.Example.:443/a?b#c", "https://service.example/a"),
        ("http://[::1]:8000", "http://[::1]:8000/"),
        ("https://a/\x1b[31m", "https://a/\\x1b[31m"),
        ("not a url?x=1", "not a url"),
    ],
)
def test_places(url: str, expected: str) -> None:
    assert place(url) == expected


@pytest.mark.parametrize("url", ["", "ftp://a/", "https://", "https://a:99999/", "https://a:0/", "https://[a/", "//a/"])
def test_what_has_no_origin(url: str) -> None:
    with pytest.raises(ValueError):
        origin(url)


@pytest.mark.parametrize(
    ("file", "body", "exposed"),
    [
        ("/.git/HEAD", b"ref: refs/heads/main\n", True),
        ("/.git/HEAD", b"0123456789abcdef0123456789abcdef01234567\n", True),
        ("/.git/HEAD", b"<html>ref: refs/heads/main</html>", False),
        ("/.git/HEAD", b"", False),
        ("/.git/config", b"[core]\n\tbare = false\n", True),
        ("/.git/config", b"[user]\n", False),
        ("/.env", b'# comment\nexport A=1\nB = "x"\n', True),
        ("/.env", b"\xef\xbb\xbfA=1\nB=2", True),
        ("/.env", b'KEY="-----BEGIN\nline\nline\nline\n-----END"\n', True),
        ("/.env", b"KEY='a\nb\nc\nd'\nB=1\n", True),
        ("/.env", b"<!doctype html>\nA=1", False),
        ("/.env", b'{"a": 1}', False),
        ("/.env", b"not found", False),
        ("/.env", b"# only a comment", False),
        ("/.env", b"", False),
    ],
)
def test_files_are_told_by_content(file: str, body: bytes, exposed: bool) -> None:
    assert holds_secret_file(file, body) is exposed


def test_directories_of_a_page() -> None:
    page = Exchange(
        url="https://service.example/",
        headers=(("Content-Type", "text/html"),),
        body=b'<link href="/assets/css/site.css"><script src="https://cdn.example/x/y.js"></script><a href="/about/">',
    )
    assert directories("https://service.example", page) == [
        "/assets/",
        "/assets/css/",
        "/static/",
        "/media/",
        "/uploads/",
    ]


# Properties: nothing a server sends breaks a parser.

TEXT = st.text(max_size=300)
POLICY = st.lists(
    st.sampled_from(
        ["script-src", "default-src", "object-src", "base-uri", "frame-ancestors", "'self'", "'none'", "*", "https:",
         "'unsafe-inline'", "'nonce-", NONCE, HASH, "'strict-dynamic'", ";", ",", "x.example", "//[",
         "https://[::1", "\0"]
    )
).map(" ".join)  # fmt: skip
NAMES = st.sampled_from(
    ["Strict-Transport-Security", "Content-Security-Policy", "X-Frame-Options", "Set-Cookie", "Cache-Control", "Server",
     "Permissions-Policy", "Referrer-Policy", "Cross-Origin-Opener-Policy", "Location", "Content-Type", "Via",
     "X-Content-Type-Options", "X-XSS-Protection", "WWW-Authenticate", "Cross-Origin-Resource-Policy",
     "Cross-Origin-Embedder-Policy", "Origin-Agent-Cluster", "Clear-Site-Data", "Reporting-Endpoints", "Report-To",
     "Content-Security-Policy-Report-Only", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Vary"]
)  # fmt: skip
EXCHANGES = st.builds(
    Exchange,
    url=st.sampled_from(
        [
            "https://a.example/",
            "http://a.example/x?y=z",
            "https://[::1]:8443/.env",
            "http://a.example:81/",
            "https://b.example/docs",
            "https://a.example/.well-known/security.txt",
            "https://a.example/logout",
        ]
    ),
    status=st.integers(0, 999),
    headers=st.lists(st.tuples(NAMES, TEXT | POLICY)).map(tuple),
    body=st.binary(max_size=300) | TEXT.map(lambda text: f"<meta {text}><script {text}>".encode()),
    request_headers=st.sampled_from([(), (("Origin", "null"),), (("Origin", "https://hardencheck-audit.example"),)]),
    truncated=st.booleans(),
    purpose=st.sampled_from(
        [
            "page",
            "hop",
            "http",
            "missing",
            "sibling",
            "exposure",
            "listing",
            "trace",
            "tls",
            "again",
            "interface",
            "cors",
            "security.txt",
        ]
    ),
    failed=st.sampled_from(["", "refused"]),
    started=st.sampled_from(["", "2026-11-01T12:00:00+00:00", "nonsense", "2026-11-01"]),
)


@given(TEXT | POLICY, TEXT | POLICY)
def test_policies_never_break(first: str, second: str) -> None:
    judged = _csp.judge([first], [second])
    together = _csp.judge([first, "script-src 'none'"], [second])
    assert together is not None
    assert together.script_holes == (), "one strict policy closes what the others leave open"
    assert judged is None or judged.policies >= 1


@given(TEXT)
def test_fields_never_break(text: str) -> None:
    _fields.parse_hsts(text)
    _fields.referrer_policy([text], text)
    _fields.x_frame_options([text])
    _fields.cache_directives([text])
    _fields.has_version(text)
    cookie = _cookies.parse_cookie(text)
    if cookie is not None:
        cookie.deletes(None)
        assert cookie.same_site
    for parse in (_structured.structured_dictionary, _structured.structured_token):
        try:
            parse([text])
        except _structured.Invalid:
            pass
    _mime.media_type([text, text])
    _cookies.cookie_date(text)
    assert printable(text).isprintable()


@given(st.binary(max_size=400))
def test_bodies_never_break(body: bytes) -> None:
    _html.read_page(body)
    exchange = Exchange(url="https://a.example/", status=200, headers=(("Content-Type", "text/html"),), body=body)
    listing(exchange)
    debug_page(exchange)
    for file in FILES:
        holds_secret_file(file, body)


@given(st.lists(EXCHANGES, max_size=6).map(tuple))
def test_observers_never_break_and_the_order_of_facts_is_theirs(exchanges: tuple[Exchange, ...]) -> None:
    found = state(collectors().observers, exchanges)
    assert not [item for item in found if isinstance(item, Gap) and item.reason is Reason.CRASHED]
    kinds = fact_types()
    for item in found:
        if isinstance(item, Gap):
            assert set(item.kinds) <= set(kinds)
            assert item.detail.isprintable()
        else:
            assert item.describe().isprintable()
            assert "?" not in str(item.location)


@given(TEXT)
def test_cookie_values_stay_inside(value: str) -> None:
    secret = "s3cr3tvalue"
    exchange = Exchange(
        url=f"https://a.example/?token={secret}",
        status=200,
        headers=(("Set-Cookie", f"session={secret}{value.replace(';', '')}"), ("Location", f"/x?y={secret}")),
    )
    assert secret not in repr(state(collectors().observers, (exchange,)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Expect-CT", 'max-age=0, report-uri="https://me:hidden@r.example/?key=hidden"'),
        ("X-Frame-Options", "ALLOW-FROM https://me:hidden@r.example/a?key=hidden"),
        ("Referrer-Policy", "https://r.example/?key=hidden"),
        ("Server", "shop/1.0 (https://me:hidden@r.example)"),
    ],
)
def test_keys_in_the_urls_of_header_values_stay_out(name: str, value: str) -> None:
    page = Exchange(url="https://a.example/", status=200, headers=(("Content-Type", "text/html"), (name, value)))
    found = state(collectors().observers, (page,))
    assert "r.example" in repr(found)
    assert "hidden" not in repr(found)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(301, "https"), (307, "https"), (308, "https"), (300, "served"), (304, "served"), (305, "served")],
)
def test_only_a_redirect_status_sends_a_browser_on(status: int, outcome: str) -> None:
    answer = Exchange(
        url="http://a.example/", status=status, purpose="http", headers=(("Location", "https://a.example/"),)
    )
    found = [fact for fact in state(collectors().observers, (answer,)) if isinstance(fact, Redirect)]
    assert [fact.outcome for fact in found] == [outcome]
