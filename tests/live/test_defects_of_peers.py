"""What other graders of headers get wrong, as it was observed on them; here each has to come out right."""

import datetime as dt
from typing import Any

import pytest

from hardencheck.catalogue.load import load_catalogue
from hardencheck.collect.live.run import state
from hardencheck.collect.registry import collectors
from hardencheck.judge.settle import Policy, settle
from hardencheck.model.check import Check
from hardencheck.model.checklist import Item
from hardencheck.model.facts import Side, fact_types
from hardencheck.model.gap import FactSet
from hardencheck.testing import exchange

PAGE = {"Content-Type": "text/html; charset=utf-8"}
STRICT = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
HARDENED = PAGE | {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Content-Security-Policy": STRICT,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Set-Cookie": "__Host-sessionid=x; Secure; HttpOnly; SameSite=Lax; Path=/",
    "Cache-Control": "no-store",
}


def observed() -> tuple[Check, ...]:
    types = fact_types()
    return tuple(
        check
        for check in load_catalogue().checks.values()
        if any(types[rule.fact].side is Side.OBSERVED for rule in check.rules)
    )


def lines(*responses: dict[str, Any]) -> dict[str, Item]:
    facts = state(collectors().observers, tuple(exchange(response) for response in responses))
    settled = settle(observed(), FactSet(looked=(Side.OBSERVED,)).plus(facts), Policy(today=dt.date(2026, 11, 1)))
    return {item.line.id: item for item in settled.items}


def csp(*policies: str, body: str = "") -> dict[str, Any]:
    return {"headers": PAGE | {"Content-Security-Policy": list(policies)}, "body": body}


META = '<meta http-equiv=Content-Security-Policy content="{}">'
NONCE = "'nonce-q1R8c2VjdXJlTm9uY2U5'"


@pytest.mark.parametrize(
    ("who", "response", "check", "verdict"),
    [
        (
            "Observatory: frame-ancestors in a meta element",
            csp(STRICT.replace("frame-ancestors 'none'; ", ""), body=META.format("frame-ancestors 'none'")),
            "headers.framing",
            "fail",
        ),
        (
            "Observatory: joins policies",
            csp("script-src 'self'", "script-src 'unsafe-inline' *"),
            "headers.csp-bypass",
            "pass",
        ),
        (
            "Observatory: joins policies, the other way",
            csp("script-src 'unsafe-inline'", "style-src 'self'"),
            "headers.csp-bypass",
            "fail",
        ),
        (
            "Observatory: max-age is no number",
            {"headers": PAGE | {"Strict-Transport-Security": "max-age=abc"}},
            "headers.hsts",
            "fail",
        ),
        (
            "Observatory: a preloaded site that never redirects",
            {"url": "http://service.example/", "headers": PAGE},
            "transport.https-redirect",
            "fail",
        ),
        (
            "Observatory: COOP unsafe-none",
            {"headers": PAGE | {"Cross-Origin-Opener-Policy": "unsafe-none"}},
            "headers.coop",
            "fail",
        ),
        (
            "Observatory: COEP unsafe-none",
            {"headers": PAGE | {"Cross-Origin-Embedder-Policy": "unsafe-none"}},
            "headers.coep",
            "fail",
        ),
        (
            "Observatory: CORP cross-origin",
            {"headers": PAGE | {"Cross-Origin-Resource-Policy": "cross-origin"}},
            "headers.corp",
            "fail",
        ),
        (
            "Observatory: silent on Permissions-Policy",
            {"headers": PAGE | {"Permissions-Policy": "camera 'none'"}},
            "headers.permissions-policy",
            "fail",
        ),
        (
            "Observatory: silent on leaks",
            {"headers": PAGE | {"Server": "gunicorn/20.0.4"}},
            "headers.version-leak",
            "fail",
        ),
        (
            "Observatory: silent on what was dropped",
            {"headers": PAGE | {"Public-Key-Pins": "max-age=1"}},
            "headers.deprecated",
            "fail",
        ),
        ("Observatory: no grade on 404", {"status": 404, "headers": PAGE}, "headers.csp", "fail"),
        ("Observatory: no grade on 500", {"status": 500, "headers": PAGE}, "headers.nosniff", "fail"),
        ("Observatory: base-uri and object-src are not missed", csp("script-src 'self'"), "headers.csp", "fail"),
        (
            "Observatory: hosts that run anything",
            csp("script-src 'self' https://www.googleapis.com"),
            "headers.csp-bypass",
            "fail",
        ),
        (
            "Observatory: hashes run together",
            csp("script-src 'sha256-AAA='sha256-BBB='"),
            "headers.csp-mistakes",
            "fail",
        ),
        ("csp_evaluator: one policy only", csp("script-src *", STRICT), "headers.csp-bypass", "pass"),
        ("csp_evaluator: a repeated directive", csp("script-src *; script-src 'self'"), "headers.csp-mistakes", "fail"),
        (
            "csp_evaluator: the first of a repeated directive counts",
            csp("script-src *; script-src 'self'"),
            "headers.csp-bypass",
            "fail",
        ),
        ("csp_evaluator: strict-dynamic alone", csp("script-src 'strict-dynamic'"), "headers.csp-mistakes", "fail"),
        ("csp_evaluator: http: as a source", csp("script-src http:"), "headers.csp-bypass", "fail"),
        ("csp_evaluator: what a nonce voids", csp(f"script-src {NONCE} 'unsafe-inline'"), "headers.csp-bypass", "pass"),
        (
            "drheader: a year is enough",
            {"headers": {"Strict-Transport-Security": "max-age=31536000"}},
            "headers.hsts",
            "pass",
        ),
        (
            "drheader: no-store alone",
            {"headers": PAGE | {"Cache-Control": "no-store", "Set-Cookie": "sessionid=x"}},
            "headers.cache-control",
            "pass",
        ),
        ("drheader: misses CORP", {"headers": PAGE}, "headers.corp", "fail"),
        (
            "drheader: misses SameSite",
            {"headers": {"Set-Cookie": "sessionid=x; Secure; HttpOnly"}},
            "headers.cookie-same-site",
            "fail",
        ),
        ("shcheck: presence only", {"headers": {"Strict-Transport-Security": "max-age=0"}}, "headers.hsts", "fail"),
        (
            "shcheck: presence only",
            {"headers": PAGE | {"Referrer-Policy": "unsafe-url"}},
            "headers.referrer-policy",
            "fail",
        ),
        (
            "shcheck: the first HSTS counts",
            {"headers": {"Strict-Transport-Security": ["max-age=31536000", "max-age=0"]}},
            "headers.hsts",
            "pass",
        ),
        (
            "shcheck: the first HSTS counts",
            {"headers": {"Strict-Transport-Security": ["max-age=0", "max-age=31536000"]}},
            "headers.hsts",
            "fail",
        ),
        (
            "shcheck: wants X-XSS-Protection",
            {"headers": {"X-XSS-Protection": "1; mode=block"}},
            "headers.deprecated",
            "fail",
        ),
        ("shcheck: wants Expect-CT", {"headers": {"Expect-CT": "max-age=1"}}, "headers.deprecated", "fail"),
        (
            "wapiti: Allow proves nothing",
            {"purpose": "trace", "status": 405, "headers": {"Allow": "GET, HEAD, TRACE, PUT"}},
            "exposure.trace",
            "pass",
        ),
        (
            "nobody: a repository",
            {"url": "https://service.example/.git/HEAD", "purpose": "exposure", "body": "ref: refs/heads/main\n"},
            "exposure.git",
            "fail",
        ),
        (
            "nobody: an environment file",
            {"url": "https://service.example/.env", "purpose": "exposure", "body": "A=1\nB=2\n"},
            "exposure.env-file",
            "fail",
        ),
        (
            "nobody: a listing",
            {"purpose": "listing", "headers": PAGE, "body": "<title>Index of /media/</title>"},
            "exposure.directory-listing",
            "fail",
        ),
        (
            "nobody: security.txt",
            {"url": "https://service.example/.well-known/security.txt", "status": 404},
            "exposure.security-txt",
            "fail",
        ),
        (
            "nobody: a password over http",
            {"url": "http://service.example/", "headers": PAGE, "body": "<input type=password>"},
            "transport.password-over-http",
            "fail",
        ),
        ("users: a blank meta policy is none", {"headers": PAGE, "body": META.format(" ")}, "headers.csp", "fail"),
        (
            "users: ALLOW-FROM is dropped",
            {"headers": PAGE | {"X-Frame-Options": "ALLOW-FROM https://a.example"}},
            "headers.deprecated",
            "fail",
        ),
        (
            "users: copies that differ",
            {"headers": PAGE | {"X-Frame-Options": ["DENY", "SAMEORIGIN"]}},
            "headers.duplicates",
            "fail",
        ),
        (
            "users: an API is no page",
            {"headers": {"Content-Type": "application/json"}, "body": "{}"},
            "headers.csp",
            "not-applicable",
        ),
        (
            "users: an API is no page",
            {"headers": {"Content-Type": "application/json"}, "body": "{}"},
            "headers.coep",
            "not-applicable",
        ),
        (
            "users: a wall is no page",
            {"status": 403, "headers": PAGE | {"cf-mitigated": "challenge"}},
            "headers.csp",
            "unknown",
        ),
    ],
)
def test_comes_out_right(who: str, response: dict[str, Any], check: str, verdict: str) -> None:
    item = lines(response)[check]
    assert str(item.verdict) == verdict, [finding.observed for finding in item.findings]


@pytest.mark.parametrize("status", [200, 401, 403, 404, 500])
def test_a_hardened_page_fails_nothing(status: int) -> None:
    """Nothing is missed that browsers no longer know: X-XSS-Protection, Expect-CT, Pragma, X-Frame-Options."""
    page = {"status": status, "headers": HARDENED, "body": "<!doctype html><title>x</title>"}
    assert {name for name, item in lines(page).items() if str(item.verdict) == "fail"} == set()


def test_the_status_of_an_error_is_said() -> None:
    findings = lines({"status": 404, "headers": PAGE})["headers.csp"].findings
    assert "not sent (status 404)" in {finding.observed for finding in findings}


def test_an_api_is_asked_for_what_concerns_it() -> None:
    api = {
        "headers": {name: value for name, value in HARDENED.items() if name not in
                    {"Content-Security-Policy", "Referrer-Policy", "Permissions-Policy", "Cross-Origin-Opener-Policy",
                     "Cross-Origin-Embedder-Policy"}}
        | {"Content-Type": "application/json", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"},
        "body": "{}",
    }  # fmt: skip
    assert {name for name, item in lines(api).items() if str(item.verdict) == "fail"} == set()
