"""Where reports of a content security policy go, and whether anybody is there (CSP3 section 6.5, Reporting API)."""

import json
from collections.abc import Iterator
from urllib.parse import urljoin

from hardencheck.collect.exchange import Exchange, origin, printable
from hardencheck.collect.live._csp import parse_policy
from hardencheck.collect.live._structured import Invalid, Token, structured_dictionary

MAX_POLICIES = 32


def reports_nowhere(exchange: Exchange) -> tuple[str, ...]:
    """What is said to be reported and is not: an endpoint nobody defines, a policy that only reports and to nobody."""
    groups = frozenset(_groups(exchange))
    found = [
        *_unsent(exchange.all("content-security-policy"), groups, only=False),
        *_unsent(exchange.all("content-security-policy-report-only"), groups, only=True),
    ]
    return tuple(dict.fromkeys(found))[:10]


def _unsent(fields: tuple[str, ...], groups: frozenset[str], *, only: bool) -> Iterator[str]:
    texts = [part for value in fields for part in value.split(",")]
    for text in texts[:MAX_POLICIES]:
        directives = parse_policy(text).directives
        named = directives.get("report-to", ())[:1]
        if named and named[0] not in groups:
            yield f"report-to {printable(named[0], 40)}: no Reporting-Endpoints names it"
        elif only and directives and not named and not directives.get("report-uri"):
            yield "a policy that only reports names nobody to report to"


def _groups(exchange: Exchange) -> Iterator[str]:
    """Names of endpoints that may be used: of URLs over https. Report-To is what older browsers read."""
    fields = exchange.all("reporting-endpoints")
    try:
        for name, value in (structured_dictionary(fields) if fields else {}).items():
            if isinstance(value, str) and not isinstance(value, Token) and _secure(exchange.url, value):
                yield name
    except Invalid:
        pass
    for value in exchange.all("report-to"):
        yield from _older(value)


def _older(value: str) -> Iterator[str]:
    try:
        given = json.loads(f"[{value}]")
    except (ValueError, RecursionError):
        return
    for group in given:
        if isinstance(group, dict) and isinstance(group.get("endpoints"), list) and group["endpoints"]:
            name = group.get("group", "default")
            if isinstance(name, str):
                yield name


def _secure(base: str, url: str) -> bool:
    try:
        aim = origin(urljoin(base, url))
    except ValueError:
        return False
    return aim.scheme == "https" or aim.host in {"localhost", "127.0.0.1", "::1"}
