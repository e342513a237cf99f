"""One response with what all its facts share: what it is, and whether it is the service's own answer."""

import ipaddress
import re
from datetime import datetime
from typing import NamedTuple, TypedDict

from hardencheck.collect.exchange import Exchange, origin, place, printable
from hardencheck.collect.live._html import Page, read_page
from hardencheck.collect.live._mime import media_type
from hardencheck.lazily import compiled
from hardencheck.model.facts import http as seen
from hardencheck.model.location import Location


class Common(TypedDict):
    location: Location
    scheme: seen.Scheme
    status: int
    content: seen.Content


class Answer(NamedTuple):
    """One response with what all its facts share."""

    exchange: Exchange
    page: Page
    common: Common

    @property
    def html(self) -> bool:
        return self.common["content"] == "html"


def read(exchange: Exchange) -> Answer:
    content = content_of(exchange)
    page = read_page(exchange.body) if content == "html" else Page()
    scheme: seen.Scheme = "https" if exchange.url.lower().startswith("https:") else "http"
    common: Common = {
        "location": Location(url=place(exchange.url)),
        "scheme": scheme,
        "status": exchange.status,
        "content": content,
    }
    return Answer(exchange, page, common)


def content_of(exchange: Exchange) -> seen.Content:
    """The class of a response. Without Content-Type a browser guesses; a body that begins as markup is a page.

    1xx, 204, 205 and 304 have no content (RFC 9110 section 6.4.1): what a 304 does not say stays as it was stored.
    """
    if 100 <= exchange.status < 200 or exchange.status in {204, 205, 304}:
        return "empty"
    if exchange.redirect is not None:
        return "redirect"
    media = media_type(exchange.all("content-type"))
    given = media.essence if media is not None else ""
    if given in {"text/html", "application/xhtml+xml"}:
        return "html"
    if given.endswith(("/json", "+json", "/xml", "+xml")) and not given.startswith("image/"):
        return "api"
    if given in {"application/graphql", "application/msgpack", "application/grpc", "application/x-ndjson"}:
        return "api"
    if not given and re.match(rb"\s*<(?:!doctype|html|head|body|h1|p|div)", exchange.body[:512], re.IGNORECASE):
        return "html"
    return "other"


# A wall in front of the service. Sources: the vendors' documentation of their challenge and block responses.
_WALLS = (
    ("cf-mitigated", "challenge", "Cloudflare's challenge"),
    ("x-datadome", "protected", "DataDome"),
    ("x-amzn-waf-action", "", "AWS WAF"),
    ("x-sucuri-block", "", "Sucuri"),
    ("x-vercel-mitigated", "", "Vercel's challenge"),
)
_WALL_TEXTS = (
    (b"<title>Attention Required! | Cloudflare</title>", "Cloudflare"),
    (b"<title>Just a moment...</title>", "Cloudflare's challenge"),
    (b"_Incapsula_Resource", "Imperva"),
    (b"errors.edgesuite.net", "Akamai"),
    (b"The requested URL was rejected. Please consult with your administrator.", "F5"),
    (b"Sorry, you have been blocked", "Cloudflare"),
    (b"window.awsWafCookieDomainList", "AWS WAF"),
)


def blocked(exchange: Exchange) -> str:
    """What stands between us and the service, in a sentence; "" when this is the service's own answer."""
    if exchange.status == 429:
        return "429: too many requests; expected an answer of the service; try again later"
    if exchange.status == 503:
        return "503: the service is not available; expected its ordinary answer; try again later"
    if exchange.status in {401, 407}:
        scheme = (
            (exchange.first("www-authenticate") or exchange.first("proxy-authenticate") or "").split(" ")[0].lower()
        )
        if scheme in {"basic", "digest", "negotiate", "ntlm"}:
            answer = f"{exchange.status}: a {scheme} login stands in front; expected an answer without it"
            return f"{answer}; audit behind it, or judge saved exchanges with --har"
    for name, word, who in _WALLS:
        value = exchange.first(name)
        if value is not None and word in value.lower() and exchange.status not in {200, 301, 302, 304}:
            return f"{exchange.status} from {who}, not from the service; allow this machine there, or audit behind it"
    if exchange.status in {202, 403, 405, 406, 503}:
        for text, who in _WALL_TEXTS:
            if text in exchange.body[:65536]:
                return (
                    f"{exchange.status} from {who}, not from the service; allow this machine there, or audit behind it"
                )
    return ""


def is_address(url: str) -> bool:
    try:
        ipaddress.ip_address(origin(url).host)
    except ValueError:
        return False
    return True


def unix(started: str) -> float | None:
    try:
        return datetime.fromisoformat(started).timestamp() if started else None
    except (ValueError, OverflowError, OSError):
        return None


def moment(value: str | None) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(value).timestamp() if value else None
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return None


def shown(fields: tuple[str, ...]) -> str | None:
    return public(", ".join(fields), 200) if fields else None


_IN_URL = compiled(r"(?<=://)[^\s/@\"'<>]+@|\?[^\s\"'<>;,]+")


def public(value: str, limit: int) -> str:
    """A header value for reports, URLs in it without user information and query: keys stand in both."""
    bounded = value[: 10 * limit]
    return printable(_IN_URL.sub(lambda match: "" if match[0].endswith("@") else "?…", bounded), limit)
