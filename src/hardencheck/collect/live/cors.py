"""Which other sites may read what a URL answers: it is asked as their pages would ask (Fetch standard, CORS)."""

from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Client, Found, Observer, Probe, Unreadable
from hardencheck.collect.exchange import Exchange, Origin, origin, place
from hardencheck.collect.live._answer import blocked, public, read
from hardencheck.collect.live._cookies import cookie_role, parse_cookie
from hardencheck.collect.live._fields import list_items
from hardencheck.collect.live._unique import unique
from hardencheck.model.facts.http_content import Asked, Cors
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

PURPOSE = "cors"
# Reserved for documentation (RFC 2606): nobody's, and nobody's list of origins names it.
_STRANGER = "hardencheck-audit.example"


def origins(here: Origin) -> dict[Asked, str]:
    """Origins of sites that have no part in the service, by how a sloppy comparison might take them for its own."""
    own = str(here)
    found: dict[Asked, str] = {
        "stranger": f"https://{_STRANGER}",
        "null": "null",
        "begins-like": f"{own.partition('://')[0]}://{here.host}.{_STRANGER}",
    }
    if not _is_address(here.host):
        found["ends-like"] = f"https://hardencheck{here.host}"
    if here.scheme == "https":
        found["http"] = f"http://{here.host}"
    return found


def _is_address(host: str) -> bool:
    return ":" in host or host.rpartition(".")[2].isdigit()


class CorsProbe(Probe):
    """A GET for each kind of origin, and one OPTIONS as before a request that changes something."""

    name = "cors.probe"
    emits = (Cors,)
    tier = "probe"

    async def probe(self, url: str, client: Client) -> Iterable[Exchange | Found]:
        page = next((item for item in reversed(client.seen) if item.purpose == "page"), None)
        url = page.url if page is not None else url
        if not client.once(f"{PURPOSE} {url}"):
            return ()
        asked = origins(origin(url))
        before = (("Origin", asked["stranger"]), ("Access-Control-Request-Method", "PUT"))
        return (
            *[await self._ask(client, url, "GET", (("Origin", sent),)) for sent in asked.values()],
            await self._ask(client, url, "OPTIONS", before),
        )

    async def _ask(
        self, client: Client, url: str, method: str, headers: tuple[tuple[str, str], ...]
    ) -> Exchange | Found:
        try:
            return await client.fetch(url, method=method, headers=headers, purpose=PURPOSE)
        except Unreadable as error:
            return self.gap(error.reason, error.detail, Location(url=place(url)))


class CorsFacts(Observer):
    """One fact for each answer to a request with the Origin of another site."""

    name = "cors.facts"
    emits = (Cors,)

    def observe(self, exchanges: tuple[Exchange, ...]) -> Iterable[Found]:
        return unique(
            found
            for exchange in exchanges
            if exchange.purpose == PURPOSE and not exchange.failed
            for found in self._facts(exchange)
        )

    def _facts(self, exchange: Exchange) -> Iterator[Found]:
        where = Location(url=place(exchange.url))
        sent = next((value for name, value in exchange.request_headers if name.lower() == "origin"), "")
        try:
            kinds = {value: kind for kind, value in origins(origin(exchange.url)).items()}
        except ValueError:
            return
        if sent not in kinds:
            return
        wall = exchange.malformed or blocked(exchange)
        if wall:
            yield Gap(kinds=(Cors.kind(),), collector=self.name, reason=Reason.BLOCKED, detail=wall, location=where)
            return
        allowed = ", ".join(exchange.all("access-control-allow-origin")).strip(" \t")
        # Compared letter by letter, as the value of credentials is (Fetch standard, CORS check).
        credentials = ", ".join(exchange.all("access-control-allow-credentials")).strip(" \t") == "true"
        reflected = allowed == sent
        preflight = exchange.method.upper() == "OPTIONS"
        methods = list_items(exchange.all("access-control-allow-methods")) if preflight else ["PUT"]
        passes = (reflected or allowed == "*") and bool({"PUT", "*"} & set(methods))
        passes = passes and (not preflight or 200 <= exchange.status < 300)
        vary = {item.lower() for item in list_items(exchange.all("vary"))}
        answer = read(exchange)
        roles = {
            cookie_role(cookie.name)
            for text in exchange.all("set-cookie")[:60]
            if (cookie := parse_cookie(text)) is not None
        }
        yield Cors(
            **answer.common,
            asked="preflight" if preflight else kinds[sent],
            origin=sent,
            allowed=public(allowed, 100),
            reads=passes,
            # A star is no wildcard for a request with cookies.
            credentials=passes and credentials and allowed != "*" and "PUT" in methods,
            sensitive=answer.page.password or "session" in roles,
            varies=not reflected or bool({"origin", "*"} & vary) or preflight,
        )
