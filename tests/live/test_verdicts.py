"""Whole responses, generated: the verdict of a check is what the specification and its own demand come to."""

import datetime as dt
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from hardencheck.catalogue.load import load_catalogue
from hardencheck.collect.exchange import Exchange
from hardencheck.collect.live.responses import Responses
from hardencheck.judge.settle import Policy, settle
from hardencheck.model.check import Check
from hardencheck.model.facts import Side
from hardencheck.model.gap import FactSet
from tests.live import oracles

NAMES = (
    "headers.hsts",
    "headers.nosniff",
    "headers.framing",
    "headers.referrer-policy",
    "headers.permissions-policy",
    "headers.coop",
    "headers.coep",
    "headers.corp",
    "headers.csp",
    "headers.csp-form-action",
    "headers.csp-api",
    "headers.content-type",
    "headers.cookie-secure",
    "headers.cookie-scope",
    "headers.origin-agent-cluster",
)
VALUES = {
    "Strict-Transport-Security": [
        "max-age=31536000",
        'max-age="63072000"; includeSubDomains',
        "max-age=31535999",
        "max-age=abc",
        "max-age=31536000; max-age=31536000",
        "max-age=31536000; x=",
        "includeSubDomains",
        "",
    ],
    "X-Content-Type-Options": ["nosniff", "NOSNIFF, x", "x, nosniff", '"nosniff"', ""],
    "Content-Security-Policy": [
        "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
        "script-src 'self', object-src 'none'",
        "base-uri 'none'; form-action https:",
        "frame-ancestors 'self'; form-action 'self'",
        "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors *",
        ";",
        "script-src-elem 'self'; object-src",
        "form-action 'none'; frame-ancestors",
    ],
    "X-Frame-Options": ["DENY", "ALLOWALL"],
    "Referrer-Policy": [
        "no-referrer",
        "unsafe-url, strict-origin",
        "same-origin, unsafe-url",
        "no-referrer, future",
        "nonsense",
    ],
    "Permissions-Policy": [
        "camera=()",
        "camera=(self), usb=*",
        'camera=("*")',
        "camera 'none'",
        "camera=(),",
        "",
        "usb=(*);a=1",
    ],
    "Cross-Origin-Opener-Policy": [
        "same-origin",
        'same-origin; report-to="x"',
        "unsafe-none",
        '"same-origin"',
        "Same-Origin",
    ],
    "Cross-Origin-Embedder-Policy": ["require-corp", "credentialless;a", "unsafe-none", "require-corp, x"],
    "Cross-Origin-Resource-Policy": ["same-origin", "same-site", "cross-origin", "SAME-ORIGIN", "same-origin;a"],
    "Origin-Agent-Cluster": ["?1", "?0", "true", "?1;a", '"?1"'],
    "Set-Cookie": [
        "a=1; Secure",
        "a=1",
        "session=x; Secure; Domain=example.org",
        "session=x; domain=a.example.org; Secure",
        "a=1; max-age=0",
        "=",
        "a=1;Secure=no",
    ],
    "Content-Type": [
        "text/html",
        "text/html; charset=utf-8",
        "application/json",
        'TEXT/HTML;charset="utf-8"',
        "*/*",
        "text",
        "text/html, application/json",
        "text/plain; charset=utf-7",
    ],
}
HEADERS = st.lists(
    st.sampled_from(sorted(VALUES)).flatmap(lambda name: st.tuples(st.just(name), st.sampled_from(VALUES[name]))),
    max_size=14,
).map(tuple)


@cache
def chosen() -> tuple[Check, ...]:
    checks = load_catalogue().checks
    return tuple(checks[name] for name in NAMES)


def structured(fields: list[str]) -> object:
    try:
        return oracles.Fields(", ".join(fields)).whole_item()
    except oracles.Broken:
        return None


def kind_of(policies: list[dict[str, list[str]]], name: str) -> str:
    """ "absent", "closed" (to strangers) or "open"."""
    naming = [policy for policy in policies if name in policy]
    if not naming:
        return "absent"
    return "open" if oracles.loads(naming, [name], "https://evil.test/") else "closed"


def expected(headers: tuple[tuple[str, str], ...], status: int) -> dict[str, str]:
    def get(name: str) -> list[str]:
        return [value for key, value in headers if key == name]

    media = oracles.extracted(get("Content-Type"))
    # The body begins as markup, so that a browser without a type takes it for a page.
    essence = media[0] if media else ""
    html, api = essence in ("text/html", ""), essence == "application/json"
    policies = oracles.csp_policies(get("Content-Security-Policy"), [])

    def say(applies: bool, good: object) -> str:
        return "not-applicable" if not applies else "pass" if good else "fail"

    found: dict[str, str] = {}
    hsts = get("Strict-Transport-Security")
    read = oracles.hsts(hsts[0]) if hsts else None
    found["headers.hsts"] = say(True, read is not None and read[0] >= 31_536_000)
    values = oracles.decoded_and_split(get("X-Content-Type-Options"))
    found["headers.nosniff"] = say(True, values and values[0].lower() == "nosniff")
    found["headers.framing"] = say(html, kind_of(policies, "frame-ancestors") == "closed")
    good = ("no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin")
    known = (*good, "no-referrer-when-downgrade", "origin", "origin-when-cross-origin", "unsafe-url")
    tokens = [token for token in oracles.decoded_and_split(get("Referrer-Policy")) if token in known]
    found["headers.referrer-policy"] = say(html, tokens and tokens[-1] in good)
    try:
        features = oracles.Fields(", ".join(get("Permissions-Policy"))).whole_dictionary()
    except oracles.Broken:
        features = {}
    everybody = [
        name
        for name, value in features.items()
        if any(
            isinstance(one, oracles.Symbol) and one == "*" for one in (value if isinstance(value, list) else [value])
        )
    ]
    found["headers.permissions-policy"] = say(html, features and not everybody)
    for check, name, allowed in (
        (
            "headers.coop",
            "Cross-Origin-Opener-Policy",
            ("same-origin", "same-origin-allow-popups", "noopener-allow-popups"),
        ),
        ("headers.coep", "Cross-Origin-Embedder-Policy", ("require-corp", "credentialless")),
    ):
        item = structured(get(name))
        found[check] = say(html, isinstance(item, oracles.Symbol) and item in allowed)
    found["headers.corp"] = say(True, ", ".join(get("Cross-Origin-Resource-Policy")) in ("same-origin", "same-site"))
    cluster = get("Origin-Agent-Cluster")
    found["headers.origin-agent-cluster"] = say(html and bool(cluster), structured(cluster) is True)
    scripts = oracles.restricts(policies, oracles.ELEMENT) and oracles.restricts(policies, oracles.HANDLER)
    objects = oracles.restricts(policies, oracles.OBJECT) and not any(
        oracles.loads(policies, oracles.OBJECT, url) for url in ("https://self.example/x", "https://evil.test/x")
    )
    bases = any("base-uri" in policy for policy in policies) and not oracles.loads(
        policies, ["base-uri"], "https://self.example/"
    )
    found["headers.csp"] = say(html, scripts and objects and bases)
    found["headers.csp-form-action"] = say(html and bool(policies), kind_of(policies, "form-action") == "closed")
    nothing = any("default-src" in policy for policy in policies) and not oracles.loads(
        policies, ["default-src"], "https://self.example/"
    )
    framed = kind_of(policies, "frame-ancestors") == "closed" and not oracles.loads(
        policies, ["frame-ancestors"], "https://self.example/"
    )
    found["headers.csp-api"] = say(api, nothing and framed)
    charset = media[1] if media else ""
    found["headers.content-type"] = say(True, media and (api or charset == "utf-8"))
    cookies = [one for field in get("Set-Cookie") if (one := oracles.cookie(field, "a.example.org"))]
    kept = [one for one in cookies if not (isinstance(one["age"], int) and one["age"] <= 0)]
    found["headers.cookie-secure"] = say(bool(kept), all(one["secure"] for one in kept))
    sessions = [one for one in kept if one["name"] == "session"]
    found["headers.cookie-scope"] = say(bool(sessions), all(one["scope"] != "wider" for one in sessions))
    return found


@settings(max_examples=1200, deadline=None)
@given(HEADERS, st.sampled_from([200, 401, 403, 404, 418, 500]))
def test_the_verdict_is_what_the_specification_comes_to(headers: tuple[tuple[str, str], ...], status: int) -> None:
    page = Exchange(url="https://a.example.org/", status=status, headers=headers, body=b"<!doctype html><p>x")
    facts = FactSet(looked=(Side.OBSERVED,)).plus(list(Responses().observe((page,))))
    settled = settle(chosen(), facts, Policy(today=dt.date(2026, 11, 1)))
    assert {item.line.id: str(item.verdict) for item in settled.items} == expected(headers, status)
