"""The pages that a site lists itself: the sitemaps that robots.txt names (RFC 9309), else /sitemap.xml.

Sitemaps are read as text (sitemaps.org, protocol 0.9): nothing in them is expanded, and of one that lists others a few
are asked for.
"""

import html
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urldefrag, urljoin

from hardencheck.collect.contract import Unreadable
from hardencheck.collect.exchange import Exchange, origin
from hardencheck.lazily import compiled
from hardencheck.model.words import plural

if TYPE_CHECKING:
    from hardencheck.collect.live._client import LiveClient

MAX_PAGES = 20
MAX_SITEMAPS = 5  # files read for one site
MAX_URL = 2048

_NAMED = compiled(rb"^[ \t]*sitemap[ \t]*:[ \t]*([^\s#]{1,2048})", re.IGNORECASE | re.MULTILINE)
_LOC = compiled(
    rb"<loc>\s{0,100}(?:<!\[CDATA\[\s{0,100})?([^<\s]{1,2048}?)\s{0,100}(?:\]\]>)?\s{0,100}</loc>", re.IGNORECASE
)


class Pages(NamedTuple):
    """words: what was found, for a reader."""

    urls: list[str]
    words: str


async def pages_of(client: "LiveClient", url: str) -> Pages:
    """The first pages of the origin of a URL, in the order in which it lists them. Others' pages are left out."""
    base = str(origin(url))
    robots = await _get(client, f"{base}/robots.txt")
    waiting = list(dict.fromkeys(_urls(robots, _NAMED, base)))[:MAX_SITEMAPS] or [f"{base}/sitemap.xml"]
    found: dict[str, None] = {}
    read = 0
    known: set[str] = set()
    while waiting and read < MAX_SITEMAPS:
        there = waiting.pop(0)
        answer = await _get(client, there) if there not in known else None
        known.add(there)
        if answer is None:
            continue
        read += 1
        listed = list(dict.fromkeys(_urls(answer, _LOC, base)))
        if b"<sitemapindex" in answer.body[:4096]:
            waiting.extend(listed[: MAX_SITEMAPS - read])
            continue
        found.update(dict.fromkeys(listed))
    urls = list(found)[:MAX_PAGES]
    if not read:
        return Pages([], "no sitemap was found in robots.txt or at /sitemap.xml")
    more = f", of which the first {MAX_PAGES} are looked at" if len(found) > MAX_PAGES else ""
    return Pages(urls, f"{plural(len(found), 'page')} in {plural(read, 'sitemap')}{more}")


async def _get(client: "LiveClient", url: str) -> Exchange | None:
    try:
        answer = await client.fetch(url, purpose="sitemap")
    except Unreadable:
        return None
    return answer if answer.status == 200 else None


def _urls(answer: Exchange | None, pattern: re.Pattern[bytes], base: str) -> Iterator[str]:
    """Those of the same origin."""
    for match in pattern.finditer(answer.body if answer is not None else b""):
        text = html.unescape(match[1].decode("utf-8", "replace"))
        try:
            there = urldefrag(urljoin(f"{base}/", text)).url
            if str(origin(there)) == base and len(there) <= MAX_URL and there.isascii() and there.isprintable():
                yield there
        except ValueError:
            continue
