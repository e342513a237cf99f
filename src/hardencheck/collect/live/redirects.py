"""What plain http does: the http side of what was looked at, and hops from https back to it."""

from collections.abc import Iterable
from urllib.parse import urljoin

from hardencheck.collect.contract import Found, Observer
from hardencheck.collect.exchange import Exchange, origin, place
from hardencheck.collect.live._unique import unique
from hardencheck.collect.live.responses import blocked, content_of
from hardencheck.model.facts.http import Redirect
from hardencheck.model.gap import Reason
from hardencheck.model.location import Location

# An answer in clear that gives nothing away: it tells the client to come back with TLS, or that nobody is at home.
_REFUSALS = frozenset({400, 403, 404, 405, 410, 421, 426, 444})


class Redirects(Observer):
    """One fact for each http URL that was asked, one for each https URL that sends the browser back to http."""

    name = "http.redirects"
    emits = (Redirect,)

    def observe(self, exchanges: tuple[Exchange, ...]) -> Iterable[Found]:
        found: list[Found] = []
        asked: set[str] = set()
        secure: dict[str, str] = {}
        for exchange in exchanges:
            if exchange.purpose not in {"page", "hop", "http"}:
                continue
            try:
                here = origin(exchange.url)
            except ValueError:
                continue
            where = Location(url=place(exchange.url))
            target = exchange.redirect
            if here.scheme == "https":
                secure.setdefault(here.host, place(exchange.url))
                if target is not None and _origin(exchange.url, target).startswith("http:"):
                    found.append(_fact("back-to-http", exchange, where))
                continue
            asked.add(here.host)
            if exchange.malformed:
                found.append(self.gap(Reason.MALFORMED, f"not judged: {exchange.malformed}", where))
            elif exchange.failed:
                found.append(_fact("closed", exchange, where))
            elif wall := blocked(exchange):
                found.append(self.gap(Reason.BLOCKED, wall, where))
            elif target is None:
                outcome = "refused" if exchange.status in _REFUSALS else "served"
                found.append(_fact(outcome, exchange, where))
            else:
                found.append(_fact(_outcome(exchange.url, target), exchange, where))
        for host, url in secure.items():
            if host not in asked:
                detail = (
                    "the http side was not looked at: "
                    "name its URL with --url too (it is asked unnamed only on the usual ports, 443 and 80)"
                )
                found.append(self.gap(Reason.NOT_SUPPORTED, detail, Location(url=url)))
        return unique(found)


def _origin(base: str, target: str) -> str:
    try:
        return str(origin(urljoin(base, target)))
    except ValueError:
        return ""


def _outcome(url: str, target: str) -> str:
    try:
        there = origin(urljoin(url, target))
    except ValueError:
        return "served"
    if there.scheme == "http":
        return "http"
    return "https" if there.host == origin(url).host else "https-elsewhere"


def _fact(outcome: str, exchange: Exchange, where: Location) -> Redirect:
    return Redirect(location=where, outcome=outcome, status=exchange.status, content=content_of(exchange))  # type: ignore[arg-type]
