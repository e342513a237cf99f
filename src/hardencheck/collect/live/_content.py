"""Facts of what a response holds: its type, what its markup loads, what the way out clears."""

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from hardencheck.collect.contract import Found
from hardencheck.collect.exchange import origin, place, printable
from hardencheck.collect.live import _csp
from hardencheck.collect.live._answer import Answer
from hardencheck.collect.live._fields import list_items
from hardencheck.collect.live._html import Load
from hardencheck.collect.live._mime import is_encoding, media_type
from hardencheck.collect.live._script_hosts import same_owner
from hardencheck.lazily import compiled
from hardencheck.model.facts.http_content import ClearSiteData, ContentType, InternalAddress, Markup

MAX_SHOWN = 20
# UTF-8 by their own definition, or a picture.
_SAID_ALREADY = frozenset({"text/event-stream", "text/vcard", "text/calendar", "text/vtt", "text/cache-manifest"})
_LOGOUT = compiled(r"(?:^|/)(?:log|sign)[-_]?(?:out|off)(?:[/.]|$)", re.IGNORECASE)
# Source: Clear Site Data, section 3.1; the wildcard clears whatever there is.
_CLEARS = frozenset("* cache clientHints cookies executionContexts prefetchCache prerenderCache storage".split())
# Base64 of any length, as a strong digest alone counts (Subresource Integrity, section 3.2); options may follow.
_INTEGRITY = compiled(r"sha(?:256|384|512)-[A-Za-z0-9+/_-]+={0,2}(?:\?[!-~]*)?")
_INSIDE = compiled(
    # Not after a slash of its own: that is a version.
    r"(?<![\w.-])(?<![^/]/)(?:10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2}|"
    r"169\.254(?:\.\d{1,3}){2}|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])(?:\.\d{1,3}){2}|"
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}(?:internal|local|lan|intranet|corp))(?![\w-]|\.\w)",
    re.IGNORECASE | re.ASCII,
)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def content_type(answer: Answer) -> Iterator[Found]:
    """Of responses that have content; an empty error has nothing to be guessed."""
    exchange = answer.exchange
    if answer.common["content"] in {"redirect", "empty"} or exchange.method == "HEAD":
        return
    if not exchange.body and not exchange.truncated and not exchange.all("content-type"):
        return
    media = media_type(exchange.all("content-type"))
    essence, charset = media if media is not None else ("", "")
    xml = essence.endswith(("/xml", "+xml")) and not essence.startswith("image/")
    yield ContentType(
        **answer.common,
        essence=printable(essence, 100),
        textual=(essence.startswith("text/") or xml) and essence not in _SAID_ALREADY,
        charset=printable(charset, 40),
        known=not charset or is_encoding(charset),
    )


def clear_site_data(answer: Answer) -> Iterator[Found]:
    """Where it is sent, and on a path that ends a session: when it is gone afterwards, so is what belongs to it."""
    fields = answer.exchange.all("clear-site-data")
    ends = _LOGOUT.search(urlsplit(answer.exchange.url).path) is not None and answer.exchange.status < 400
    if not fields and not ends:
        return
    clears: list[str] = []
    faults: list[str] = []
    for item in list_items(fields):
        word = item[1:-1] if len(item) > 2 and item[0] == item[-1] == '"' else ""
        if word in _CLEARS:
            clears.append(word)
        else:
            faults.append(printable(item, 40))
    yield ClearSiteData(
        **answer.common,
        logout=ends,
        present=bool(fields),
        ends=bool({"*", "cookies"} & set(clears)),
        clears=tuple(dict.fromkeys(clears))[:MAX_SHOWN],
        faults=tuple(dict.fromkeys(faults))[:MAX_SHOWN],
    )


def markup(answer: Answer) -> Iterator[Found]:
    """What the page loads and where its forms go, as a browser resolves and, told so, upgrades it."""
    if not answer.html:
        return
    page, url = answer.page, answer.exchange.url
    base = _joined(url, page.base) if page.base else url
    judged = _csp.judge(answer.exchange.all("content-security-policy"), page.csp)
    upgrades = judged is not None and judged.upgrades
    secure = answer.common["scheme"] == "https"
    insecure: list[str] = []
    unpinned: list[str] = []
    refused: list[str] = []
    clear = page.password and not (secure or _host(url) in _LOOPBACK)
    for load in page.loads:
        there = _joined(base, load.url)
        host = _host(there)
        if not host:
            continue
        shown = f"{load.what} {place(there)}"
        plain = there.lower().startswith("http:") and host not in _LOOPBACK and not upgrades
        if secure and plain:
            insecure.append(shown)
            clear = clear or (page.password and load.what == "form")
        if load.what in {"script", "stylesheet"} and not same_owner(host, _host(url)):
            (refused if _pinned(load) and not load.crossorigin else unpinned if not _pinned(load) else []).append(shown)
    yield Markup(
        **answer.common,
        insecure=tuple(dict.fromkeys(insecure))[:MAX_SHOWN],
        unpinned=tuple(dict.fromkeys(unpinned))[:MAX_SHOWN],
        refused=tuple(dict.fromkeys(refused))[:MAX_SHOWN],
        password=page.password,
        clear=clear,
    )


def internal_addresses(answer: Answer) -> Iterator[Found]:
    """Addresses of private networks (RFC 1918, RFC 6598, RFC 3927) and names of inside zones, in any header field.

    Where the service itself is asked by such a name there is nothing to give away. What cookies hold is not looked at.
    """
    own = _host(answer.exchange.url)
    if _INSIDE.fullmatch(own) or own in _LOOPBACK:
        return
    for name, value in answer.exchange.headers:
        lower = name.lower()
        if lower == "set-cookie" or lower.endswith("version"):
            continue
        for match in _INSIDE.finditer(value[:8192]):
            parts = match[0].split(".")
            if not parts[-1].isdigit() or all(int(part) < 256 for part in parts):
                yield InternalAddress(**answer.common, name=printable(name, 60), address=printable(match[0], 100))
                break


def _pinned(load: Load) -> bool:
    return any(_INTEGRITY.fullmatch(item) for item in load.integrity.split())


def _joined(base: str, url: str) -> str:
    """As the URL standard reads what stands in an attribute: blanks around it and line ends in it do not count."""
    try:
        return urljoin(base, re.sub(r"[\t\n\r]", "", url.strip("\x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r ")))
    except ValueError:
        return ""


def _host(url: str) -> str:
    try:
        return origin(url).host
    except ValueError:
        return ""
