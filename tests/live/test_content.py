"""What markup loads, what security.txt says, and sources of a policy that are none."""

import tomllib
from pathlib import Path

import pytest

from hardencheck.collect.exchange import Exchange
from hardencheck.collect.live import _csp
from hardencheck.collect.live.run import state
from hardencheck.collect.live.security_txt import faults_of
from hardencheck.collect.registry import collectors
from hardencheck.model.facts.http_content import Markup
from hardencheck.model.gap import Gap, Reason


@pytest.mark.parametrize(
    ("body", "insecure", "unpinned", "refused"),
    [
        ("<script src=/a.js></script><link rel=stylesheet href=b.css>", 0, 0, 0),
        ("<script src=http://www.a.example/a.js></script>", 1, 0, 0),
        ("<base href=http://a.example/><script src=a.js></script><base href=/>", 1, 0, 0),
        ("<script src=' ht\ntp://a.example/a.js '></script>", 1, 0, 0),
        ("<link rel='preload stylesheet' href=http://a.example/b.css>", 1, 0, 0),
        ("<link rel=icon href=http://a.example/b.png><img src=http://a.example/c.png>", 0, 0, 0),
        ("<iframe src=http://a.example></iframe><embed src=http://a.example><object data=http://b.example>", 3, 0, 0),
        ("<form action=http://a.example/x><button formaction=http://a.example/y>", 2, 0, 0),
        (
            "<!-- <script src=http://a.example/a.js></script> --><template><script src=http://a.example></template>",
            0,
            0,
            0,
        ),
        ("<script>'<script src=http://a.example>'</script>", 0, 0, 0),
        ("<script src=http://localhost:5000/a.js></script>", 0, 1, 0),
        ("<script src=//cdn.b.example.net/a.js></script>", 0, 1, 0),
        ("<script src=//cdn.b.example.net/a.js integrity='sha384-AAAA sha1-x' crossorigin></script>", 0, 0, 0),
        ("<script src=//cdn.b.example.net/a.js integrity=sha512-AAAA></script>", 0, 0, 1),
        ("<script type=module src=//cdn.b.example.net/a.js integrity=sha512-AAAA></script>", 0, 0, 0),
        ("<script src=//cdn.b.example.net/a.js integrity='' crossorigin></script>", 0, 1, 0),
        ("<script type=text/template src=http://cdn.b.example.net/a></script>", 0, 0, 0),
        ("<script src='data:text/javascript,1'></script><script src=//[></script>", 0, 0, 0),
    ],
)
def test_what_markup_loads(body: str, insecure: int, unpinned: int, refused: int) -> None:
    page = Exchange(
        url="https://a.example/x/", status=200, headers=(("Content-Type", "text/html"),), body=body.encode()
    )
    (fact,) = [fact for fact in state(collectors().observers, (page,)) if isinstance(fact, Markup)]
    assert (len(fact.insecure), len(fact.unpinned), len(fact.refused)) == (insecure, unpinned, refused)


def test_a_page_of_more_tags_than_are_read_says_so() -> None:
    body = b"<a href=x>" * 5000 + b"<input type=password>"
    page = Exchange(url="https://a.example/", status=200, headers=(("Content-Type", "text/html"),), body=body)
    (gap,) = [
        gap for gap in state(collectors().observers, (page,)) if isinstance(gap, Gap) and gap.reason is Reason.TOO_LARGE
    ]
    assert {"http.markup", "http.cache-control"} <= set(gap.kinds)


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ("Contact: mailto:a@b.example\nExpires: 2027-01-01T00:00:00Z\n", []),
        ("# us\r\ncontact: tel:+1-2\r\nCONTACT: https://b.example/\r\n\r\nexpires: 2027-01-01t00:00:00.5+01:00", []),
        ("Expires: 2027-01-01T00:00:00Z\n", ["Contact is missing"]),
        ("Contact: mailto:a@b.example\n", ["Expires is missing"]),
        ("Contact: a@b.example\nExpires: 2027-01-01T00:00:00Z", ["Contact is no URI"]),
        ("Contact: http://b.example\nExpires: 2027-01-01T00:00:00Z", ["Contact is an http URL"]),
        ("Contact: tel:1\nExpires: 2027-01-01", ["Expires is no date and time of RFC 3339"]),
        ("Contact: tel:1\nExpires: 2027-02-31T00:00:00Z", ["Expires is no date and time of RFC 3339"]),
        ("Contact: tel:1\nExpires: 2026-11-01T12:00:00Z", ["it has expired on 2026-11-01"]),
        ("Contact: tel:1\nExpires: 2027-01-01T00:00:00Z\nExpires: 2028-01-01T00:00:00Z", ["Expires comes 2 times"]),
        ("Contact: tel:1\nExpires: 2027-01-01T00:00:00Z\nnonsense", ["a line is neither field nor comment"]),
        (
            "Contact: tel:1\nExpires: 2027-01-01T00:00:00Z\nCanonical: https://b.example/security.txt",
            ["Canonical does not name the URL it was got from"],
        ),
        (
            "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nContact: tel:1\nExpires: 2027-01-01T00:00:00Z\n"
            "-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n",
            [],
        ),
    ],
)
def test_a_security_txt(body: str, faults: list[str]) -> None:
    headers = (("Content-Type", "text/plain"),)
    url = "https://a.example/.well-known/security.txt"
    answer = Exchange(url=url, status=200, headers=headers, body=body.encode(), started="2026-11-01T12:00:00+00:00")
    assert list(faults_of(answer)) == faults


@pytest.mark.parametrize(
    ("sources", "mistakes"),
    [
        ("https://a.example/b?token=hidden", ["the query in https://a.example/b in script-src is ignored"]),
        ("https://me:hidden@a.example", ["not a source: a.example in script-src is ignored"]),
        ("[::1]", ["not a source: [::1] in script-src is ignored"]),
        ("$host {{ cdn }} https://${CDN}", []),
        ("'nonce-aaaaaaaaaaaaaaaaaaaaaa'", ["a nonce in script-src is not random"]),
        ("wss://a.example:* *.a.example:443/b/ a_b.example localhost:3000 https:", []),
    ],
)
def test_sources_that_are_none(sources: str, mistakes: list[str]) -> None:
    assert list(_csp.parse_policy(f"script-src {sources}").mistakes) == mistakes


def test_every_host_that_undoes_a_policy_has_a_source() -> None:
    data = tomllib.loads(Path(_csp.__file__).with_name("script_hosts.toml").read_text(encoding="utf-8"))
    assert {table["runs"] for table in data["host"]} == {"scripts", "jsonp", "angular"}
    names = [table["name"] for table in data["host"]]
    assert len(names) == len(set(names))
    for table in data["host"]:
        assert table["source"]
        assert table["name"] == table["name"].lower()
        for path in table.get("paths", [""]):
            judged = _csp.judge([f"script-src https://{table['name']}{path}"])
            assert judged is not None
            assert len(judged.script_holes) == 1, table["name"]
