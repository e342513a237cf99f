"""TLS of an origin: which versions it takes, and its certificate."""

from collections.abc import Iterable
from datetime import datetime

from hardencheck.collect.contract import Client, Found, Observer, Probe
from hardencheck.collect.exchange import Exchange, Tls, origin, printable
from hardencheck.model.facts.tls import TlsCertificate, TlsProtocol
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

VERSIONS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")


class TlsFacts(Observer):
    """Facts of each https origin, from the exchange that knows most of it."""

    name = "tls.facts"
    emits = (TlsCertificate, TlsProtocol)

    def observe(self, exchanges: tuple[Exchange, ...]) -> Iterable[Found]:
        best: dict[str, Exchange] = {}
        for exchange in exchanges:
            try:
                here = origin(exchange.url)
            except ValueError:
                continue
            if here.scheme == "https" and not exchange.failed:
                known = best.get(str(here))
                if known is None or _weight(exchange.tls) > _weight(known.tls):
                    best[str(here)] = exchange
        for url, exchange in best.items():
            yield from self._facts(Location(url=url), exchange.tls, exchange.started)

    def _facts(self, where: Location, tls: Tls | None, started: str) -> Iterable[Found]:
        if tls is None:
            yield self.gap(Reason.NOT_SUPPORTED, "the saved exchange says nothing of TLS (field _tls)", where)
            return
        days_left, days_valid = _days(started, tls.not_after), _days(tls.not_before, tls.not_after)
        if tls.verified and days_left is None:
            yield Gap(
                kinds=(TlsCertificate.kind(),),
                collector=self.name,
                reason=Reason.NOT_SUPPORTED,
                detail="the dates of the certificate, or the time of the exchange, are not known",
                location=where,
            )
        else:
            yield TlsCertificate(
                location=where,
                verified=tls.verified,
                error=printable(tls.error, 160),
                days_left=days_left,
                short_lived=days_valid is not None and 6 <= days_valid < 30,
                names=tuple(printable(name, 100) for name in tls.names[:20]),
                issuer=printable(tls.issuer, 160),
                key=printable(tls.key, 40),
                signature=printable(tls.signature, 40),
            )
        for version in VERSIONS:
            if version in tls.untestable or not (tls.offered or tls.untestable):
                yield Gap(
                    kinds=(TlsProtocol.kind(),),
                    collector=self.name,
                    reason=Reason.NOT_SUPPORTED,
                    detail=f"{version} could not be tried from here",
                    location=where,
                    about={"version": version},
                )
            else:
                yield TlsProtocol(location=where, version=version, offered=version in tls.offered)


def _weight(tls: Tls | None) -> int:
    if tls is None:
        return 0
    return 1 + bool(tls.not_after) + 2 * bool(tls.offered or tls.untestable)


def _days(start: str | None, end: str | None) -> int | None:
    try:
        if not start or not end:
            return None
        return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).days
    except (ValueError, TypeError, OverflowError):
        return None


class TlsProbe(Probe):
    """Handshakes with the https origins that answered, one for each protocol version."""

    name = "tls.handshakes"
    emits = (TlsCertificate, TlsProtocol)

    async def probe(self, url: str, client: Client) -> Iterable[Exchange | Found]:
        asked = [url, *(exchange.url for exchange in client.seen if exchange.purpose in {"page", "hop"})]
        host = origin(url).host
        origins = {origin(item) for item in asked}
        return [
            await client.handshakes(str(here))
            for here in sorted(origins)
            if here.scheme == "https" and here.host == host and client.once(f"tls {here}")
        ]
