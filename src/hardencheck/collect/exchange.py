"""One HTTP exchange, live or saved: what observers look at."""

from typing import NamedTuple
from urllib.parse import urlsplit

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

    purpose: why it was asked: "page", "hop" (a redirect on the way to it), "again" (the page a second time),
    "http" (the http side of an https origin), "tls" (handshakes only), "missing" (a path that cannot exist),
    "exposure", "trace" ... so that an observer judges only what is meant for it.
    url: as asked, with the query. started: ISO 8601 UTC. number: which URL of the audit it was asked for, from 1; 0
    where nobody knows. compared: of a deployment that the audited one is compared with, so nothing else looks at it.
    Header names keep their case; values are decoded as Latin-1. body: at most 256 KiB, decompressed; truncated
    says whether there was more (or what there was could not be decompressed). malformed: what broke HTTP, "" when
    nothing did. failed: why there is no response ("refused", "timeout"; "silence" or "closed" of a request whose
    body was held back), "" when there is one; status is 0 then. sent: bytes of a body that were sent. seconds: until
    the answer, 0 where it was not measured.
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
    failed: str = ""
    tls: Tls | None = None
    started: str = ""
    number: int = 0
    compared: bool = False
    sent: int = 0
    seconds: float = 0.0

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a header field in order; names compare without case (RFC 9110 section 5.1)."""
        wanted = name.lower()
        return tuple(value for key, value in self.headers if key.lower() == wanted)

    def first(self, name: str) -> str | None:
        return next(iter(self.all(name)), None)

    @property
    def redirect(self) -> str | None:
        """Where a browser is sent on, None when it is not: 300, 304, 305 and 306 send nobody (Fetch standard)."""
        return self.first("location") if self.status in {301, 302, 303, 307, 308} else None


class Origin(NamedTuple):
    """Scheme, host and port: what may share secrets (RFC 6454)."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.port == DEFAULT_PORTS.get(self.scheme)
        return f"{self.scheme}://{host}" if usual else f"{self.scheme}://{host}:{self.port}"


DEFAULT_PORTS = {"http": 80, "https": 443}
# Forbidden host code points (URL standard), as far as urlsplit lets them through.
_NOT_IN_A_HOST = frozenset('<>\\^|%\0\x7f"`{}')


def origin(url: str) -> Origin:
    """The origin of an absolute http or https URL, host in lower case and ASCII (IDNA), without the final dot.

    Raises ValueError for anything else (another scheme, no host, a port that is no port).
    """
    parts = urlsplit(url)
    scheme, host = parts.scheme.lower(), (parts.hostname or "").rstrip(".").lower()
    if scheme not in DEFAULT_PORTS or not host:
        raise ValueError("expected an absolute http or https URL")
    if any(char.isspace() or char in _NOT_IN_A_HOST for char in host):
        raise ValueError("a host name does not hold blanks nor brackets")
    if not host.isascii():
        host = host.encode("idna").decode("ascii")  # UnicodeError is a ValueError
    port = parts.port if parts.port is not None else DEFAULT_PORTS[scheme]
    if port == 0:
        raise ValueError("port 0 cannot be asked")
    return Origin(scheme, host, port)


def place(url: str) -> str:
    """The URL for reports: without user information, query and fragment, control characters escaped, bounded."""
    try:
        whole = str(origin(url)) + (urlsplit(url).path or "/")
    except ValueError:
        whole = url.partition("?")[0].partition("#")[0].rpartition("@")[2]
    return printable(whole, 500)


def printable(text: str, limit: int = 200) -> str:
    """Text of the target in one line: what does not print as backslash escapes, cut at `limit` characters."""
    shown = "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text[: limit + 1]
    )
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"
