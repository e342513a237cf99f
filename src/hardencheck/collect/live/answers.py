"""The responses as they came, with the marks of what stands in front: for the comparison with the repository."""

import re
from collections.abc import Iterable

from hardencheck.collect.contract import Found, Observer
from hardencheck.collect.exchange import Exchange, place, printable
from hardencheck.collect.extract._fields import RESPONSE
from hardencheck.collect.live.responses import blocked, content_of
from hardencheck.lazily import compiled
from hardencheck.model.facts.drift import ObservedResponse
from hardencheck.model.gap import Reason
from hardencheck.model.location import Location

MAX_FIELDS = 120
MAX_VALUE = 4000
# Files that servers, middleware and content networks answer in ways of their own.
_FILE = compiled(
    r"(?i)\.(?:css|js|mjs|map|png|jpe?g|gif|svg|webp|avif|ico|woff2?|ttf|eot|otf|mp4|webm|pdf|zip|wasm|txt|xml"
    r"|webmanifest)$"
)
# Fields that a content delivery network puts on what it hands on. Sources: the documentation of each.
_CDN_FIELDS = {
    "cf-ray": "Cloudflare", "x-amz-cf-id": "CloudFront", "x-akamai-transformed": "Akamai", "x-fastly-request-id":
    "Fastly", "x-azure-ref": "Azure Front Door", "x-vercel-id": "Vercel", "x-nf-request-id": "Netlify",
    "fly-request-id": "Fly.io", "x-sucuri-id": "Sucuri", "x-iinfo": "Imperva", "cdn-pullzone": "bunny.net",
}  # fmt: skip
_CDN_SERVERS = {
    "cloudflare": "Cloudflare", "cloudfront": "CloudFront", "akamaighost": "Akamai", "vercel": "Vercel",
    "netlify": "Netlify", "bunnycdn": "bunny.net", "ecs": "Edgio", "google frontend": "Google Frontend",
}  # fmt: skip
_HITS = ("x-cache", "cf-cache-status", "x-cache-status", "x-proxy-cache", "x-drupal-cache", "x-vercel-cache")
_IN_URL = compiled(r"(?<=://)(?:[^\s/@\"'<>]*@)+|\?[^\s\"'<>;,]+")
# The pages that proxies make themselves.
_OWN = (
    (re.compile(rb"<hr><center>nginx(?:/[\d.]+)?</center>"), "nginx"),
    (re.compile(rb"<hr><center>openresty(?:/[\d.]+)?</center>"), "nginx"),
    (re.compile(rb'(?s)^<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2\.0//EN">\s*<html><head>\s*<title>\d{3} '), "apache"),
    (re.compile(rb"^404 page not found\s*$"), "traefik"),
)


class Answers(Observer):
    """One fact for each page, and none for files."""

    name = "http.answers"
    emits = (ObservedResponse,)

    def observe(self, exchanges: tuple[Exchange, ...]) -> Iterable[Found]:
        for exchange in exchanges:
            if exchange.purpose not in {"page", "missing"} or exchange.failed or exchange.method not in {"GET", "HEAD"}:
                continue
            where = Location(url=place(exchange.url))
            if exchange.malformed:
                yield self.gap(Reason.MALFORMED, f"not compared: {exchange.malformed}", where)
            elif wall := blocked(exchange):
                yield self.gap(Reason.BLOCKED, wall, where)
            elif not _FILE.search((where.url or "").rstrip("/")) and content_of(exchange) not in {"redirect", "empty"}:
                yield ObservedResponse(
                    location=where,
                    status=exchange.status,
                    fields=tuple(
                        (printable(name.lower(), 60), public(value) if name.lower() in RESPONSE else "")
                        for name, value in exchange.headers[:MAX_FIELDS]
                    ),
                    cache=_cached(exchange),
                    cdn=_cdn(exchange),
                    own=next((who for page, who in _OWN if page.search(exchange.body[:4096])), ""),
                    missing=exchange.purpose == "missing",
                )


def public(value: str) -> str:
    """A header value without what may be secret in URLs: user information and query. Given its own answer, the same."""
    text = printable(value.strip()[: MAX_VALUE + 1], MAX_VALUE)
    return _IN_URL.sub(lambda match: "?…" if match[0].startswith("?") else "", text).strip()


def _cached(exchange: Exchange) -> str:
    """The field that says that the answer comes from a store (RFC 9111 section 5.1, RFC 9211)."""
    age = (exchange.first("age") or "").strip()
    if age.isdecimal() and int(age[:9]) > 0:
        return f"Age: {age[:9]}"
    status = exchange.first("cache-status")
    if status is not None and re.search(r";\s*hit\b", status.lower()):
        return f"Cache-Status: {printable(status, 60)}"
    for name in _HITS:
        value = exchange.first(name)
        if value is not None and re.search(r"\b(?:hit|stale)\b", value.lower()):
            return f"{'-'.join(word.capitalize() for word in name.split('-'))}: {printable(value, 60)}"
    return ""


def _cdn(exchange: Exchange) -> str:
    names = {name.lower() for name, _ in exchange.headers}
    found = next((who for name, who in _CDN_FIELDS.items() if name in names), "")
    server = (exchange.first("server") or "").lower()
    return found or next((who for word, who in _CDN_SERVERS.items() if server.partition("/")[0].strip() == word), "")
