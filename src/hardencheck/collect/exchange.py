"""One HTTP exchange, live or saved: what observers look at."""

import msgspec


class Tls(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the TLS handshakes of one origin showed.

    version: negotiated, "TLSv1.3". offered: protocol versions the server accepted when asked for each alone;
    untestable: those this machine cannot ask for. verified: the chain and name were accepted; error: why not.
    not_before, not_after: ISO 8601 UTC of the leaf. names: its DNS names and addresses.
    """

    version: str | None = None
    cipher: str | None = None
    alpn: str | None = None
    offered: tuple[str, ...] = ()
    untestable: tuple[str, ...] = ()
    verified: bool = True
    error: str = ""
    not_before: str | None = None
    not_after: str | None = None
    names: tuple[str, ...] = ()
    issuer: str = ""
    key: str = ""
    signature: str = ""


class Exchange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A request and its response; header fields as ordered raw pairs, duplicates kept.

    purpose: why it was asked: "page", "http-redirect", "cors", "exposure", "soft-404", "trace", "hop" ... so
    that an observer judges only what is meant for it. url: as asked, with the query. started: ISO 8601 UTC.
    Header names keep their case; values are decoded as Latin-1. body: at most 256 KiB, decompressed; truncated
    says whether there was more. malformed: what broke HTTP, "" when nothing did.
    """

    url: str
    method: str = "GET"
    request_headers: tuple[tuple[str, str], ...] = ()
    status: int = 0
    http_version: str = "HTTP/1.1"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    truncated: bool = False
    purpose: str = "page"
    malformed: str = ""
    tls: Tls | None = None
    started: str = ""

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a header field in order; names compare without case (RFC 9110 section 5.1)."""
        wanted = name.lower()
        return tuple(value for key, value in self.headers if key.lower() == wanted)

    def first(self, name: str) -> str | None:
        return next(iter(self.all(name)), None)
