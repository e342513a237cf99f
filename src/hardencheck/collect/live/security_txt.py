"""/.well-known/security.txt: whom to tell of a weakness (RFC 9116)."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

from hardencheck.collect.contract import Client, Found, Observer, Probe
from hardencheck.collect.exchange import Exchange, origin, place, printable
from hardencheck.collect.live._answer import blocked, content_of, unix
from hardencheck.collect.live._mime import media_type
from hardencheck.collect.live._unique import unique
from hardencheck.lazily import compiled
from hardencheck.model.facts.http_content import SecurityTxt
from hardencheck.model.gap import Reason
from hardencheck.model.location import Location

PATH = "/.well-known/security.txt"
PURPOSE = "security.txt"
MAX_HOPS = 3
_FIELD = compiled(r"([!-9;-~]+):[ ]?(.*)")
_WEB = frozenset({"acknowledgments", "canonical", "contact", "encryption", "hiring", "policy"})
_ONCE = frozenset({"expires", "preferred-languages"})
_URI = compiled(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")
_TIME = compiled(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)")


class SecurityTxtProbe(Probe):
    """One request on each https origin; a redirect is followed while it stays on the host."""

    name = "security-txt.probe"
    emits = (SecurityTxt,)

    async def probe(self, url: str, client: Client) -> Iterable[Exchange | Found]:
        here = origin(url)
        if here.scheme != "https" or not client.once(f"{PURPOSE} {here}"):
            return ()
        current = f"{here}{PATH}"
        for _ in range(MAX_HOPS):
            exchange = await client.fetch(current, purpose=PURPOSE)
            target = exchange.redirect
            if target is None:
                return (exchange,)
            try:
                current = urljoin(current, target)
                stays = origin(current).host == here.host and origin(current).scheme == "https"
            except ValueError:
                stays = False
            if not stays:
                break
        detail = f"{place(current)} was not followed from {PATH}; name its URL with --url"
        return (self.gap(Reason.BLOCKED, detail, Location(url=place(url))),)


class SecurityTxts(Observer):
    """One fact for each file that was asked for, on this path or wherever a redirect from it led."""

    name = "security-txt.facts"
    emits = (SecurityTxt,)

    def observe(self, exchanges: tuple[Exchange, ...]) -> Iterable[Found]:
        return unique(
            found
            for exchange in exchanges
            if not exchange.failed
            and (exchange.purpose == PURPOSE or (exchange.purpose == "page" and urlsplit(exchange.url).path == PATH))
            for found in self._facts(exchange)
        )

    def _facts(self, exchange: Exchange) -> Iterator[Found]:
        where = Location(url=place(exchange.url))
        wall = exchange.malformed or blocked(exchange)
        if not wall and (exchange.status in {401, 403} or exchange.status >= 500):
            wall = f"{exchange.status}: the file is not shown; expected it, or 404"
        if wall or exchange.truncated:
            yield self.gap(Reason.BLOCKED if wall else Reason.TOO_LARGE, wall or "longer than what is read", where)
            return
        secure = exchange.url.lower().startswith("https:")
        # An application that answers every path with its page has no such file.
        present = exchange.status == 200 and content_of(exchange) != "html"
        faults = tuple(dict.fromkeys(faults_of(exchange)))[:20] if present else ()
        yield SecurityTxt(location=where, scheme="https" if secure else "http", present=present, faults=faults)


def faults_of(exchange: Exchange) -> Iterator[str]:
    """What a file breaks of RFC 9116, sections 2.3 to 4."""
    media = media_type(exchange.all("content-type"))
    if media is None or media.essence != "text/plain":
        yield "it is not sent as text/plain"
    elif media.charset not in {"", "utf-8", "utf8"}:
        yield f"it is sent in {printable(media.charset, 40)}, not UTF-8"
    try:
        text = exchange.body.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        yield "it is not UTF-8"
        return
    fields: dict[str, list[str]] = {}
    for line in _signed(text.replace("\r\n", "\n").split("\n")):
        if not line.strip(" \t") or line.startswith("#"):
            continue
        match = _FIELD.fullmatch(line)
        if match is None:
            yield "a line is neither field nor comment"
            continue
        fields.setdefault(match[1].lower(), []).append(match[2].strip(" \t"))
    if "contact" not in fields:
        yield "Contact is missing"
    for name in sorted(_ONCE & fields.keys()):
        if len(fields[name]) > 1:
            yield f"{name.title()} comes {len(fields[name])} times"
    for name in sorted(_WEB & fields.keys()):
        for value in fields[name]:
            if not _URI.fullmatch(value):
                yield f"{name.title()} is no URI"
            elif value.lower().startswith("http:"):
                yield f"{name.title()} is an http URL"
    if "canonical" in fields and exchange.url not in fields["canonical"]:
        yield "Canonical does not name the URL it was got from"
    yield from _expiry(fields.get("expires", []), unix(exchange.started))


def _signed(lines: list[str]) -> list[str]:
    """The lines of a clear text signature (RFC 9580 section 7) without its armour; any others as they are."""
    if not lines or lines[0].rstrip() != "-----BEGIN PGP SIGNED MESSAGE-----":
        return lines
    start = next((number + 1 for number, line in enumerate(lines) if not line.strip()), len(lines))
    end = next((number for number, line in enumerate(lines) if line.startswith("-----BEGIN PGP SIGNATURE")), len(lines))
    return [line.removeprefix("- ") for line in lines[start:end]]


def _expiry(values: list[str], now: float | None) -> Iterator[str]:
    if not values:
        yield "Expires is missing"
        return
    try:
        until = datetime.fromisoformat(values[0].upper()) if _TIME.fullmatch(values[0]) else None
    except ValueError:
        until = None
    if until is None:
        yield "Expires is no date and time of RFC 3339"
    elif now is not None and until <= datetime.fromtimestamp(now, UTC):
        yield f"it has expired on {until.date()}"
