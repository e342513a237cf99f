"""What TLS handshakes with an origin show. `location.url` is the origin."""

from typing import ClassVar

from hardencheck.model.facts._base import Fact, Side


class TlsCertificate(Fact, tag="tls.certificate", frozen=True, kw_only=True):
    """The leaf certificate as a client of this machine sees it (with the authority of --ca-file, when given).

    verified: chain, name and dates were accepted; error: why not. days_left: whole days until it ends, negative once
    it has; None when the saved exchange does not say when it was made. short_lived: made for 6
    to 29 days, so it is renewed late on purpose.
    """

    side: ClassVar[Side] = Side.OBSERVED

    verified: bool
    error: str
    days_left: int | None
    short_lived: bool
    names: tuple[str, ...]
    issuer: str
    key: str
    signature: str

    def describe(self) -> str:
        if not self.verified:
            return f"not accepted: {self.error or 'no reason given'}"
        return "accepted" if self.days_left is None else f"accepted, ends in {self.days_left} days"


class TlsProtocol(Fact, tag="tls.protocol", frozen=True, kw_only=True):
    """One protocol version ("TLSv1.2") and whether the server takes a client that offers it alone."""

    side: ClassVar[Side] = Side.OBSERVED
    identity: ClassVar[tuple[str, ...]] = ("version",)

    version: str
    offered: bool

    def describe(self) -> str:
        return f"{self.version} {'accepted' if self.offered else 'refused'}"
