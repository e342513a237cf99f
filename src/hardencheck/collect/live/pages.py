"""The page behind a URL, the redirects on the way to it, and the http side of an https origin."""

import ipaddress
from collections.abc import Iterable
from urllib.parse import urldefrag, urljoin

import msgspec

from hardencheck.collect.contract import Client, Found, NoConnection, Probe, Unreadable
from hardencheck.collect.exchange import Exchange, origin, place
from hardencheck.collect.live.responses import FACTS
from hardencheck.model.facts.drift import ObservedResponse
from hardencheck.model.facts.http import Redirect
from hardencheck.model.gap import Reason
from hardencheck.model.location import Location

MAX_HOPS = 10


class PageProbe(Probe):
    """GET, hop by hop. Another host than the one named is not followed: it is not what was asked to be judged."""

    name = "http.page"
    emits = (*FACTS, ObservedResponse, Redirect)

    async def probe(self, url: str, client: Client) -> Iterable[Exchange | Found]:
        found: list[Exchange | Found] = []
        current, visited = urldefrag(url).url, {urldefrag(url).url}
        while True:
            try:
                exchange = await client.fetch(current, purpose="page")
            except Unreadable as error:
                if not found:
                    raise
                found.append(self._stop(error.reason, error.detail, current))
                return found
            target = exchange.redirect
            if target is None:
                found.append(exchange)
                if b"'nonce-" in exchange.body or any(
                    "'nonce-" in value.lower() for value in exchange.all("content-security-policy")
                ):
                    # A nonce protects only while it cannot be known beforehand: is it another one next time?
                    found.append(await client.fetch(current, purpose="again"))
                return found
            found.append(msgspec.structs.replace(exchange, purpose="hop"))
            reason, current = _next(current, target, origin(url).host)
            if not reason and current in visited:
                reason = f"the redirects go round in a circle by {place(current)} (cookies are not kept)"
            if not reason and len(visited) > MAX_HOPS:
                reason = f"more than {MAX_HOPS} redirects"
            if reason:
                found.append(self._stop(Reason.BLOCKED, f"{reason}; expected a page; name its URL with --url", current))
                return found
            visited.add(current)

    def _stop(self, reason: Reason, detail: str, url: str) -> Found:
        return self.gap(reason, detail, Location(url=place(url)))


def _next(url: str, target: str, host: str) -> tuple[str, str]:
    """Why a redirect is not followed ("" when it is), and where it leads."""
    try:
        # Browsers read raw bytes of a Location as UTF-8 (URL standard).
        target = target.encode("latin-1").decode("utf-8", "replace")
        there = urldefrag(urljoin(url, target)).url
        aim = origin(there)
    except ValueError:
        return "a redirect to something that is not an http or https URL", url
    if aim.host == host or f"www.{aim.host}" == host or aim.host == f"www.{host}":
        return "", there
    try:
        kind = "an address of the local network" if not ipaddress.ip_address(aim.host).is_global else "an address"
    except ValueError:
        kind = "another host"
    return f"a redirect to {aim}, {kind}, was not followed", url


class HttpSide(Probe):
    """What http://HOST/ says, for an https URL on the usual port; elsewhere nobody can know the http port."""

    name = "http.counterpart"
    emits = (Redirect,)

    async def probe(self, url: str, client: Client) -> Iterable[Exchange | Found]:
        here = origin(url)
        if here.scheme != "https" or here.port != 443:
            return ()
        plain = "http" + place(url).removeprefix("https")
        try:
            return (await client.fetch(plain, purpose="http"),)
        except NoConnection as error:
            # Closed is an answer only of a host that is there: its https side answered.
            if error.failed not in {"refused", "timeout", "reset"} or not client.seen:
                raise
            return (Exchange(url=plain, purpose="http", failed=error.failed),)
