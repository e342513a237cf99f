"""Caddyfiles: the tokenizer, what holds where, and bad input."""

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardencheck.collect.contract import Unreadable
from hardencheck.collect.extract.caddy import directives, tokens
from hardencheck.collect.resolve._proxies import troubles
from hardencheck.collect.resolve._routes import Route
from hardencheck.collect.resolve._routes_caddy import parse_duration, parse_size
from tests.proxies.reading import facts_of, routes_of, sent


def routes(text: str, **more: str) -> dict[str, Route]:
    return {route.path: route for route in routes_of({"Caddyfile": text, **more}) if route.answers != 308}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("10MB", 10_000_000), ("10m", 10_000_000), ("10MiB", 10 << 20), ("10mi", 10 << 20), ("1kb", 1000), ("5", 5),
     ("0", None), ("1.5MB", 1_500_000), ("2 GB", 2_000_000_000)],
)  # fmt: skip
def test_sizes(text: str, expected: int | None) -> None:
    assert parse_size(text) == expected


@pytest.mark.parametrize("text", ["", "x", "10 apples", "-1", "1mm"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "expected"), [("10s", 10), ("1m30s", 90), ("500ms", 0.5), ("1h", 3600), ("0", None), ("0s", None)]
)
def test_durations(text: str, expected: float | None) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b # c\nd", [("a", 1), ("b", 1), ("d", 2)]),
        ('a "b c" `d "e`', [("a", 1), ("b c", 1), ('d "e', 1)]),
        ('"a \\" b"', [('a " b', 1)]),
        ('"a\nb" c\nd', [("a\nb", 1), ("c", 2), ("d", 3)]),
        ("a \\\n  b\nc", [("a", 1), ("b", 2), ("c", 3)]),
        ("respond <<END\n x\n END 200\nd", [("respond", 1), (" x\n", 1), ("200", 3), ("d", 4)]),
        ("a#b", [("a#b", 1)]),
        ("{$A:b c} d", [("{$A:b c}", 1), ("d", 1)]),
    ],
)
def test_tokens(text: str, expected: list[tuple[str, int]]) -> None:
    assert [(token.text, token.line) for token in tokens(text)] == expected


@pytest.mark.parametrize(
    "text", ["a {", "a {\n}\n}", 'a "b', "a `b", "a {\n b }\n}", "a <<X\nb", "a {\n" * 40, "a {\n}\nb\nc"]
)
def test_what_is_no_caddyfile_is_said_to_be_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        directives(text)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("{}$: \\\n\r\"'`#a(),<@*/\x00é"), max_size=200))
def test_anything_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(Unreadable):
        directives(text)


def test_much_is_read_in_no_time() -> None:
    start = time.process_time()
    for text in (
        "a {\nheader X y\n}\n" * 10_000,
        "{$" * 100_000,
        "\\\n" * 200_000,
        '"' + "\\" * 200_000,
        "<<A\n" * 9_000,
    ):
        with contextlib.suppress(Unreadable):
            directives(text)
    assert time.process_time() - start < 20


def test_a_brace_at_the_end_of_a_line_closes_what_is_around() -> None:
    [site] = directives("a {\nheader {\nVary b }\nfile_server\n}\n")
    assert [one.name for one in site.block or ()] == ["header", "file_server"]


def test_one_site_needs_no_braces() -> None:
    [site] = directives("example.com, \nwww.example.com\nreverse_proxy app:8000\nfile_server\n")
    assert site.args == ("example.com", "www.example.com")
    assert [(one.name, one.line) for one in site.block or ()] == [("reverse_proxy", 3), ("file_server", 4)]


def test_what_is_set_at_once_stands_beside_what_the_backend_sends_and_what_is_done_late_replaces() -> None:
    """As measured with Caddy 2.6."""
    text = """:80 {
        header X-Frame-Options SAMEORIGIN
        header X-Frame-Options DENY
        header +Vary a
        header ?Referrer-Policy no-referrer
        header {
            Permissions-Policy x
            -Via
        }
        header >Pragma late
        header X-Token abc
        reverse_proxy app:8000 {
            header_down -Link
            header_down Nel down
        }
    }"""
    route = routes(text)["/"]
    assert sent(route) == [
        "remove link: None", "set nel: down", "add x-frame-options: DENY", "add vary: a", "add x-token: ?",
        "set pragma: ?", "set permissions-policy: x", "remove via: None", "default referrer-policy: no-referrer",
    ]  # fmt: skip
    assert sent(route, 502, upstream=False) == ["add x-frame-options: DENY", "add vary: a", "add x-token: ?"]


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("caddy:2.6.2-alpine", ["add >pragma: late"]),
        ("caddy:2.7.0", ["set pragma: late"]),
        ("docker.io/library/caddy:2", ["set pragma: late"]),
        ("caddy", ["set pragma: late"]),
        ("ghcr.io/shop/caddy-thing:1.0", ["set pragma: ?"]),
    ],
)
def test_what_the_mark_for_later_means_depends_on_the_version(image: str, expected: list[str]) -> None:
    """The adapter of 2.6.2 takes it for a part of the name."""
    text = ":80 {\n header >Pragma late\n reverse_proxy app:8000\n}\n"
    compose = f"services:\n  proxy:\n    image: {image}\n"
    found = routes_of({"Caddyfile": text, "compose.yaml": compose})
    assert sent(next(route for route in found if route.path == "/")) == expected


def test_a_file_that_is_not_found_has_nothing_that_is_done_late() -> None:
    route = routes(":80 {\nheader {\nVary a\ndefer\n}\nheader Link b\nfile_server\n}")["/"]
    assert sent(route, 200, upstream=False) == ["add link: b", "set vary: a"]
    assert sent(route, 404, upstream=False) == ["add link: b"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (":80 {\nreverse_proxy a:1\n}", {"/": None}),
        (":80 {\nrequest_body {\nmax_size 10MB\n}\nreverse_proxy a:1\n}", {"/": 10_000_000}),
        # Both are in force.
        (":80 {\nrequest_body {\nmax_size 1KB\n}\nhandle /api/* {\nrequest_body {\nmax_size 10KB\n}\n"
         "reverse_proxy a:1\n}\n}", {"/api/*": 1000}),
        (":80 {\nrequest_body /up/* {\nmax_size 5KB\n}\nreverse_proxy a:1\n}", {"/": None, "/up/*": 5000}),
        (":80 {\n@up path /up/*\nrequest_body @up {\nmax_size 5KB\n}\nreverse_proxy a:1\n}",
         {"/": None, "/up/*": 5000}),
        (":80 {\nrequest_body {\nmax_size {$MAX:2MB}\n}\nreverse_proxy a:1\n}", {"/": 2_000_000}),
        ("(limits) {\nrequest_body {\nmax_size {args[0]}\n}\n}\n:80 {\nimport limits 3MB\nreverse_proxy a:1\n}",
         {"/": 3_000_000}),
        (":80 {\nrequest_body {\nmax_size 0\n}\nreverse_proxy a:1\n}", {"/": None}),
    ],
)  # fmt: skip
def test_limits(text: str, expected: dict[str, int | None]) -> None:
    found = {path: route.body for path, route in routes(text).items()}
    assert {path: limit.max_bytes for path, limit in found.items()} == expected
    assert not any(limit.doubt for limit in found.values())


@pytest.mark.parametrize(
    "inside",
    ["request_body {\nmax_size {$MAX}\n}", "@m method POST\nrequest_body @m {\nmax_size 1MB\n}", "import limits",
     "request_body {\nmax_size {{ max }}\n}", "{% if x %}\nrequest_body {\nmax_size 1MB\n}\n{% endif %}"],
)  # fmt: skip
def test_what_is_not_known(inside: str) -> None:
    assert routes(f":80 {{\n{inside}\nreverse_proxy a:1\n}}")["/"].body.doubt


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("reverse_proxy app:8000", ("http://app:8000",)),
        ("reverse_proxy /api/* http://app:8000 other", ("http://app:8000", "http://other")),
        ("reverse_proxy unix//run/app.sock", ("unix:/run/app.sock",)),
        ("reverse_proxy {\nto app:1 app:2\n}", ("http://app:1", "http://app:2")),
        ("reverse_proxy :8000", ("http://localhost:8000",)),
        ("reverse_proxy {$BACKEND}", ()),
        ("reverse_proxy {$BACKEND:app:8000}", ("http://app:8000",)),
        ("php_fastcgi php:9000", ("fastcgi://php:9000",)),
    ],
)
def test_where_requests_go(line: str, expected: tuple[str, ...]) -> None:
    [route] = routes(f":80 {{\n{line}\n}}").values()
    assert (route.hands_on or route.elsewhere) and route.upstreams == expected


@pytest.mark.parametrize(
    ("address", "tls", "redirects"),
    [
        ("example.com", True, True), ("http://example.com", False, False), (":80", False, False),
        (":8080", False, False),
        ("https://example.com", True, True), ("example.com:8443", True, False), ("{$SITE}", None, False),
        ("www.{$DOMAIN}", True, True), ("a.example, http://b.example", None, False),
    ],
)  # fmt: skip
def test_https_is_automatic_for_a_name(address: str, tls: bool | None, redirects: bool) -> None:
    found = routes_of({"Caddyfile": f"{address} {{\nreverse_proxy a:1\n}}"})
    assert [route.tls for route in found if route.hands_on] == [tls]
    assert any(route.redirects_to_https for route in found) is redirects
    off = routes_of({"Caddyfile": f"{{\nauto_https disable_redirects\n}}\n{address} {{\nreverse_proxy a:1\n}}"})
    assert not any(route.redirects_to_https for route in off)


def test_a_redirect_that_is_written() -> None:
    [route] = routes_of({"Caddyfile": "http://a.example {\nredir https://{host}{uri} permanent\n}"})
    assert route.redirects_to_https and route.answers == 301


def test_request_fields() -> None:
    text = ":80 {\nrequest_header -X-Real-IP\nreverse_proxy a:1 {\nheader_up Host {upstream_hostport}\n}\n}"
    found = {name: value for name, value, _ in routes(text)["/"].request}
    assert (
        found["host"] == "{upstream_hostport}" and found["x-real-ip"] == "" and found["x-forwarded-proto"] == "{scheme}"
    )


def test_timeouts() -> None:
    text = "{\nservers {\ntimeouts {\nread_body 10s\nidle {$IDLE}\n}\n}\n}\n:80 {\nreverse_proxy a:1\n}"
    found = {one.setting: one for one in routes(text)["/"].timeouts}
    assert found["timeouts read_body"].seconds == 10 and found["timeouts read_header"].seconds is None
    assert found["timeouts idle"].doubt


def test_imports_of_files_and_rings() -> None:
    found = routes(
        "import sites/*.caddy\n", **{"sites/a.caddy": ":80 {\nimport ../common.caddy\nreverse_proxy a:1\n}",
                                     "common.caddy": "header Vary a\nencode gzip\n"},
    )  # fmt: skip
    assert sent(found["/"]) == ["add vary: a"]
    assert routes("(a) {\nimport b\n}\n(b) {\nimport a\n}\n:80 {\nimport a\nreverse_proxy x:1\n}")
    assert routes_of({"Caddyfile": "import other.caddy\n", "other.caddy": "import Caddyfile\n"}) == []


def test_arguments_that_may_be_secret_are_not_kept() -> None:
    text = (
        ":80 {\nbasicauth {\nbob hunter2\n}\nheader X-Key hunter2\nrespond hunter2\n"
        "reverse_proxy a:1 {\nheader_up Authorization hunter2\n}\n}"
    )
    assert "hunter2" not in repr(facts_of({"Caddyfile": text}).of("caddy.file"))


def test_what_is_for_developers_is_no_route() -> None:
    assert not routes_of({"Caddyfile.dev": ":80 {\nreverse_proxy a:1\n}"})


def test_a_line_goes_on_after_a_word_and_after_a_comment_with_a_backslash() -> None:
    """As `caddy adapt` of 2.6.2 has it."""
    found = directives(
        ":80 {\n reverse_proxy a:1\\\n b:2\n header X-Frame-Options DENY # c:\\dir\n tls internal\n log\n}\n"
    )
    [block] = [one.block or () for one in found]
    assert [(one.name, one.line) for one in block] == [("reverse_proxy", 2), ("header", 4), ("log", 6)]
    assert block[0].args == ("a:1", "b:2")
    assert block[1].args == ("X-Frame-Options", "DENY", "tls", "internal")


def test_the_only_word_of_root_is_the_folder() -> None:
    found = routes_of({"Caddyfile": "http://a {\n root /srv/media\n file_server\n}\n"})
    assert [route.serves for route in found] == ["/srv/media"]


@pytest.mark.parametrize("text", ["10i", "i", "", "1 0", "10q"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_size(text)


def test_a_site_that_only_imports_what_is_not_here_may_hand_on() -> None:
    [route] = routes_of({"Caddyfile": "http://a {\n import elsewhere\n}\n"})
    assert route.hands_on
    assert route.body.doubt is not None


JSON = '{\n "admin": {},\n "apps": {\n  "http": {"http_port": 80,\n   "servers": {"a": {"listen": [":443"]}}}}}\n'


@pytest.mark.parametrize("path", ["caddy.json", "deploy/caddy/site.json", "etc/config.json"])
def test_json_is_said_not_to_be_read(path: str) -> None:
    [gap] = troubles(facts_of({path: JSON}))
    assert (gap.location.path, gap.location.line, gap.reason.value) == (path, 4, "not-supported")
    assert not facts_of({path: '{"apps": {"a": 1}, "http": {"b": 1}}\n'}).gaps


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["a", "{", "}", "\n", "\r\n", " ", "\t", "\\", "#", '"', "`", "<<A\n", "A", "{$X", ":", "\x00", "\ufeff",
             "é", ",", "@m", "(s)", "import", "&("]
        ),
        max_size=60,
    ).map("".join)
)  # fmt: skip
def test_words_in_any_order_are_read_or_refused(text: str) -> None:
    with contextlib.suppress(Unreadable):
        lines = text.replace("\r\n", "\n").count("\n") + 1
        assert all(1 <= token.line <= lines for token in tokens(text.replace("\r\n", "\n")))
        directives(text)


def test_backticks_keep_what_is_in_them() -> None:
    assert [token.text for token in tokens('a `b\\"c` "d\\"e" `f\n"g`')] == ["a", 'b\\"c', 'd"e', 'f\n"g']


def test_a_path_without_a_star_is_that_path_alone() -> None:
    text = "http://a {{\n header /app{} X-Frame-Options DENY\n reverse_proxy /app* app:1\n}}\n"
    assert "add x-frame-options: DENY" in sent(routes(text.format("*"))["/app*"])
    exact = routes(text.format(""))
    assert sent(exact["/app*"]) == []
    assert "add x-frame-options: DENY" in sent(exact["/app"])
