"""The one HTTP client of an audit: bounded, budgeted, honest. httpx is imported when it is first used."""

import asyncio
import contextlib
import re
import socket
import ssl
import threading
import time
import warnings
import zlib
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit

from hardencheck import __version__
from hardencheck.collect.contract import Endpoint, NoConnection, Unreadable
from hardencheck.collect.exchange import Exchange, Origin, Tls, origin, place, printable
from hardencheck.collect.live._addresses import inside, refused
from hardencheck.errors import ConfigError
from hardencheck.model.gap import Reason

if TYPE_CHECKING:
    import httpx

USER_AGENT = f"hardencheck/{__version__} (security audit of the service's own headers; asked for by its operator)"
MAX_HEAD = 64 * 1024
MAX_BODY = 256 * 1024
CONNECT_SECONDS = 5.0
REQUEST_SECONDS = 10.0
TARGET_SECONDS = 60.0
BACK_OFF_SECONDS = 2.0
REQUESTS = {"passive": 20, "probe": 75, "active": 110}
SECONDS = {"passive": TARGET_SECONDS, "probe": 2 * TARGET_SECONDS, "active": 4 * TARGET_SECONDS}

_VERSIONS = {
    "TLSv1": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}
_AGAIN = "trying again is safe"
_TOO_LARGE = (
    f"the head of the answer is larger than {MAX_HEAD // 1024} KiB; expected less; browsers and proxies cut it off too"
)


class LiveClient:
    """`async with LiveClient(...) as client`, then `begin(url)` for each URL of the audit.

    ca_file: PEM of an authority to accept besides the system's. requests: budget for each URL; a handshake counts as
    one. seconds: for each URL, request_seconds: for each request. connect_to: (host, port) -> (address, port), where
    to connect instead, unchecked, for what runs on another port than production (tests, a tunnel).
    Raises ConfigError for a ca_file that cannot be read.
    """

    def __init__(
        self,
        *,
        ca_file: str | None = None,
        requests: int = REQUESTS["passive"],
        seconds: float = TARGET_SECONDS,
        request_seconds: float = REQUEST_SECONDS,
        connect_to: Mapping[tuple[str, int], tuple[str, int]] | None = None,
    ) -> None:
        self._requests, self._seconds, self._request_seconds = requests, seconds, request_seconds
        self._connect_to = dict(connect_to or {})
        self._context = _verifying(ca_file)
        self._checked: dict[tuple[str, int], tuple[tuple[str, int], ...]] = {}
        self._dead: dict[Origin, Unreadable] = {}
        self._once: set[str] = set()
        self._http: httpx.AsyncClient | None = None
        self._seen: list[Exchange] = []
        self._named: set[str] = set()
        self._inside = False
        self._authorization: tuple[Origin, str] | None = None
        self._endpoint = Endpoint()
        self._ends = 0.0
        self._left = 0
        self._waited = False
        self._wall = ""
        self.sent = 0

    async def __aenter__(self) -> Self:
        import httpx

        from hardencheck.collect.live._transport import CheckedBackend, Transport

        backend = CheckedBackend(self._addresses, self._answered)
        self._backend = backend
        self._http = httpx.AsyncClient(transport=Transport(self._context, backend), trust_env=False)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._http is not None:
            await self._http.aclose()

    def _addresses(self, host: str, port: int) -> tuple[tuple[str, int], ...]:
        return self._checked.get((host, port), ())

    def _answered(self, host: str, port: int, address: tuple[str, int]) -> None:
        """The address that took a connection is the first to be tried from now on."""
        rest = (other for other in self._addresses(host, port) if other != address)
        self._checked[(host, port)] = (address, *rest)

    def begin(self, url: str, endpoint: Endpoint = Endpoint()) -> str:  # noqa: B008 - immutable
        """A new URL of the audit: budget, clock and history start again. Returns it without user information.

        User and password of the URL go to its own origin alone, and only over https (or to this machine); so do the
        secrets of the endpoint.
        """
        here = origin(url)
        parts = urlsplit(url)
        self._named, self._seen, self._wall, self._waited = {here.host}, [], "", False
        self._left, self._ends, self._inside = self._requests, time.monotonic() + self._seconds, False
        self._authorization, self._endpoint = None, endpoint
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
            self._authorization = (here, f"Basic {b64encode(pair).decode()}")
        return _bare(url)

    @property
    def budget(self) -> int:
        """Requests for one URL."""
        return self._requests

    @property
    def endpoint(self) -> Endpoint:
        return self._endpoint

    @property
    def seen(self) -> Sequence[Exchange]:
        return tuple(self._seen)

    def once(self, what: str) -> bool:
        first = what not in self._once
        self._once.add(what)
        return first

    async def fetch(
        self, url: str, *, method: str = "GET", headers: tuple[tuple[str, str], ...] = (), purpose: str
    ) -> Exchange:
        """See `collect.contract.Client`. 429 and 503 are tried once more after a pause; then no more is asked."""
        return await self._once_more(url, lambda: self._fetch(url, method, headers, purpose), {429, 503})

    async def declare(
        self,
        url: str,
        *,
        method: str = "POST",
        headers: tuple[tuple[str, str], ...] = (),
        wait: float,
        body: Iterable[bytes] = (),
        sending: float = 0.0,
        purpose: str,
    ) -> Exchange:
        """See `collect.contract.Client`. 503 may be the very answer to a body that is too large: only 429 is a wall."""
        return await self._once_more(
            url, lambda: self._declare(url, method, headers, body, wait, sending, purpose), {429}
        )

    async def _once_more(self, url: str, ask: Callable[[], Awaitable[Exchange]], walls: set[int]) -> Exchange:
        """Ask, and after a pause once again where `walls` say so; what stands in front is not asked any more."""
        if self._wall:
            raise Unreadable(f"not asked, since the service said {self._wall}", reason=Reason.BLOCKED)
        exchange = await self._patiently(url, ask, walls)
        self._seen.append(exchange)
        return exchange

    async def _patiently(self, url: str, ask: Callable[[], Awaitable[Exchange]], walls: set[int]) -> Exchange:
        exchange = await ask()
        if exchange.status not in walls:
            return exchange
        if not self._waited:
            self._waited = True
            asked = exchange.first("retry-after") or ""
            pause = float(asked) if re.fullmatch(r"[0-9]{1,4}", asked) else 1.0
            if pause <= BACK_OFF_SECONDS:
                await asyncio.sleep(max(0.2, pause))
                exchange = await ask()
        if exchange.status in walls:
            self._wall = f"{exchange.status} to {place(url)}"
        return exchange

    async def _fetch(self, url: str, method: str, headers: tuple[tuple[str, str], ...], purpose: str) -> Exchange:
        import httpcore
        import httpx

        here = self._origin(url)
        await self._ready(here, place(url))
        seconds = self._seconds_left()
        timeout = {"connect": CONNECT_SECONDS, "read": seconds, "write": seconds, "pool": seconds}
        sent = [("User-Agent", USER_AGENT), ("Accept", "text/html,*/*;q=0.8"), ("Accept-Encoding", "gzip, deflate")]
        sent.extend(headers)
        if self._authorization is not None and self._authorization[0] == here and self._private(here):
            sent.append(("Authorization", self._authorization[1]))
        try:
            request = httpx.Request(method, _bare(url), headers=sent, extensions={"timeout": timeout})
        except (httpx.InvalidURL, UnicodeError, ValueError):
            raise Unreadable(f"{place(url)} is not a URL that can be asked", reason=Reason.MALFORMED) from None
        assert self._http is not None
        started = datetime.now(UTC).isoformat(timespec="seconds")
        response: httpx.Response | None = None
        body, truncated = b"", False
        try:
            async with asyncio.timeout(seconds):
                response = await self._http.send(request, stream=True, auth=None)
                pairs = _pairs(response)
                body, truncated = await _read(response, pairs)
        except TimeoutError:
            if response is None:
                detail = f"no answer from {place(url)} within {seconds:.0f} s; expected a response; {_AGAIN}"
                raise Unreadable(detail, reason=Reason.DEADLINE) from None
            truncated = True
        except (
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.TimeoutException,
            OSError,
            ssl.SSLError,
        ) as error:
            if response is None:
                raise self._trouble(here, url, error) from None
            truncated = True
        finally:
            if response is not None:
                with contextlib.suppress(httpcore.NetworkError, httpcore.ProtocolError, OSError):
                    await response.aclose()
        return Exchange(
            url=_bare(url),
            method=method,
            request_headers=headers,
            status=response.status_code,
            http_version=str(response.extensions.get("http_version", b"HTTP/1.1"), "ascii", "replace"),
            headers=pairs,
            body=body,
            truncated=truncated,
            purpose=purpose,
            tls=_tls_of(response.extensions.get("network_stream")),
            started=started,
        )

    async def _declare(
        self,
        url: str,
        method: str,
        headers: tuple[tuple[str, str], ...],
        body: Iterable[bytes],
        wait: float,
        sending: float,
        purpose: str,
    ) -> Exchange:
        import h11
        import httpcore

        from hardencheck.collect.live._wire import speak

        here = self._origin(url)
        await self._ready(here, place(url))
        bare = _bare(url)
        parts = urlsplit(bare)
        sent = [
            ("Host", parts.netloc),
            ("User-Agent", USER_AGENT),
            ("Accept", "*/*"),
            *headers,
            ("Connection", "close"),
        ]
        if self._private(here):
            if self._authorization is not None and self._authorization[0] == here:
                sent.append(("Authorization", self._authorization[1]))
            if self._endpoint.secrets and here == self._origin(self._endpoint.url or url):
                sent.extend(self._endpoint.secrets)
        started = datetime.now(UTC).isoformat(timespec="seconds")
        stream: httpcore.AsyncNetworkStream | None = None
        try:
            target = bare.removeprefix(f"{here}") or "/"
            head = h11.Request(method=method, target=target, headers=sent)
            async with asyncio.timeout(min(self._ends - time.monotonic(), 2 * CONNECT_SECONDS + wait + sending + 1)):
                stream = await self._backend.connect_tcp(here.host, here.port, timeout=CONNECT_SECONDS)
                if here.scheme == "https":
                    stream = await stream.start_tls(self._context, here.host, CONNECT_SECONDS)
                heard = await speak(stream, head, body, wait=wait, sending=sending)
            tls = _tls_of(stream)
        except h11.LocalProtocolError:
            raise Unreadable(
                f"{place(url)} cannot be asked for like that over HTTP/1.1", reason=Reason.MALFORMED
            ) from None
        except TimeoutError:
            detail = f"no answer from {place(url)} in time; expected a response; {_AGAIN}"
            raise Unreadable(detail, reason=Reason.DEADLINE) from None
        except (httpcore.NetworkError, httpcore.TimeoutException, OSError) as error:
            raise self._trouble(here, url, error) from None
        finally:
            if stream is not None:
                with contextlib.suppress(httpcore.NetworkError, OSError):
                    await stream.aclose()
        return Exchange(
            url=bare,
            method=method,
            request_headers=headers,
            status=heard.status,
            headers=heard.headers,
            body=heard.body,
            truncated=bool(heard.body),
            purpose=purpose,
            failed=heard.ended,
            tls=tls,
            started=started,
            sent=heard.sent,
            seconds=round(heard.seconds, 3),
        )

    def _origin(self, url: str) -> Origin:
        try:
            return origin(url)
        except ValueError as error:
            raise Unreadable(f"{place(url)}: {error}", reason=Reason.MALFORMED) from None

    def _private(self, here: Origin) -> bool:
        """Whether credentials may travel: TLS, or a machine on the inside."""
        return here.scheme == "https" or self._inside

    def _seconds_left(self) -> float:
        left = self._ends - time.monotonic()
        if left <= 0:
            detail = f"the {self._seconds:.0f} s for this URL are used up; {_AGAIN}"
            raise Unreadable(detail, reason=Reason.DEADLINE)
        return min(left, self._request_seconds)

    async def _ready(self, here: Origin, what: str, cost: int = 1) -> None:
        """Budget, clock, and an address that was checked. Raises Unreadable."""
        self._seconds_left()
        if here in self._dead:
            raise self._dead[here]
        if self._left < cost:
            detail = f"{what} was not asked: the {self._requests} requests for this URL are used up"
            raise Unreadable(detail, reason=Reason.BUDGET)
        self._left -= cost
        self.sent += cost
        key = (here.host, here.port)
        if key in self._checked:
            return
        if key in self._connect_to:
            self._checked[key] = (self._connect_to[key],)
            return
        addresses = await self._resolve(here)
        named = here.host in self._named
        if named:
            self._inside = all(map(inside, addresses))
        reason = refused(addresses, named=named, start_inside=self._inside)
        if reason:
            raise Unreadable(f"{here} was not connected to: {reason}", reason=Reason.UNREACHABLE)
        self._checked[key] = tuple((address, here.port) for address in addresses)

    async def _resolve(self, here: Origin) -> tuple[str, ...]:
        try:
            async with asyncio.timeout(min(CONNECT_SECONDS * 2, self._seconds_left())):
                found = await _lookup(here.host, here.port)
        except TimeoutError:
            error = NoConnection(f"{here.host} was not resolved in time; expected an address; {_AGAIN}", failed="name")
        except OSError as trouble:
            why = printable(trouble.strerror or str(trouble), 100)
            error = NoConnection(f"{here.host} does not resolve ({why}); expected an address; {_AGAIN}", failed="name")
        except UnicodeError:
            error = NoConnection(f"{printable(here.host, 100)} is not a host name", failed="name")
        else:
            return found
        self._dead[here] = error
        raise error

    def _trouble(self, here: Origin, url: str, error: BaseException) -> Unreadable:
        """What went wrong before there was a response, in words: what failed, what was expected, another try."""
        import httpcore

        causes = tuple(_causes(error))
        certificate = next((item for item in causes if isinstance(item, ssl.SSLCertVerificationError)), None)
        if certificate is not None:
            why = printable(certificate.verify_message or str(certificate), 120)
            detail = (
                f"the certificate of {here} is not accepted ({why}), so nothing was asked; expected one that is valid "
                "for this name; --ca-file FILE accepts an authority of your own"
            )
            found = NoConnection(detail, failed="tls")
        elif any(isinstance(item, ssl.SSLError) for item in causes):
            late = isinstance(error, httpcore.TimeoutException)
            told = next(item.reason for item in causes if isinstance(item, ssl.SSLError))
            why = f"no answer within {CONNECT_SECONDS:.0f} s" if late else printable(told or "no reason given", 80)
            found = NoConnection(f"TLS with {here} failed ({why}); expected a handshake; {_AGAIN}", failed="tls")
        elif isinstance(error, httpcore.ConnectTimeout):
            detail = f"no connection to {here} within {CONNECT_SECONDS:.0f} s; expected one; {_AGAIN}"
            found = NoConnection(detail, failed="timeout")
        elif isinstance(error, httpcore.ConnectError):
            refusal = any(isinstance(item, ConnectionRefusedError) for item in causes) or "refused" in str(error)
            said = next((item.strerror for item in causes if isinstance(item, OSError) and item.strerror), None)
            why = "refused" if refusal else printable(said or str(error) or "reset", 120)
            found = NoConnection(
                f"no connection to {here}: {why}; expected a server that listens; {_AGAIN}",
                failed="refused" if refusal else "reset",
            )
        elif isinstance(error, httpcore.RemoteProtocolError) and "disconnected" not in str(error):
            # After the colon the line itself may be quoted, and with it a cookie.
            what = str(error).partition(":")[0]
            if "buffer too long" in what:
                return Unreadable(_TOO_LARGE, reason=Reason.MALFORMED)
            detail = f"the answer of {place(url)} is not HTTP/1.1: {printable(what, 120)}; expected a response"
            return Unreadable(detail, reason=Reason.MALFORMED)
        elif isinstance(error, httpcore.TimeoutException):
            detail = f"no answer from {place(url)} in time; expected a response; {_AGAIN}"
            return Unreadable(detail, reason=Reason.DEADLINE)
        elif isinstance(error, httpcore.LocalProtocolError):
            return Unreadable(f"{place(url)} cannot be asked for over HTTP/1.1", reason=Reason.MALFORMED)
        else:
            detail = f"{here} closed the connection without an answer; expected a response; {_AGAIN}"
            return Unreadable(detail, reason=Reason.UNREACHABLE)
        self._dead[here] = found
        return found

    # TLS

    async def handshakes(self, url: str) -> Exchange:
        here = self._origin(url)
        dead = self._dead.get(here)
        if isinstance(dead, NoConnection) and dead.failed == "tls":
            del self._dead[here]  # what a handshake says is just what is wanted now
        await self._ready(here, str(here), cost=len(_VERSIONS) + 1)
        started = datetime.now(UTC).isoformat(timespec="seconds")
        tls = await self._certificate(here)
        offered, untestable = [], []
        answers = await asyncio.gather(*(self._offers(here, version) for version in _VERSIONS))
        for version, answer in zip(_VERSIONS, answers, strict=True):
            if answer is None:
                untestable.append(version)
            elif answer:
                offered.append(version)
        if isinstance(dead, NoConnection):
            self._dead[here] = dead
        if tls is None and not offered:
            detail = f"{here} does not speak TLS that this machine knows; expected a handshake; {_AGAIN}"
            raise Unreadable(detail, reason=Reason.UNREACHABLE)
        facts = {**(tls or {"verified": False, "error": "no certificate was shown"})}
        made = Tls(**facts, offered=tuple(offered), untestable=tuple(untestable))
        exchange = Exchange(url=f"{here}/", method="", purpose="tls", tls=made, started=started)
        self._seen.append(exchange)
        return exchange

    async def _certificate(self, here: Origin) -> dict[str, Any] | None:
        """Verified first; if that is refused, once more unverified, only to read the certificate. None: no TLS."""
        error = ""
        for context in (self._context, _unverified()):
            try:
                async with self._connected(here, context) as shaken:
                    der = shaken.getpeercert(True)
                    cipher = shaken.cipher()
                    facts: dict[str, Any] = {
                        "version": shaken.version(),
                        "cipher": cipher[0] if cipher else None,
                        "alpn": shaken.selected_alpn_protocol(),
                        "verified": not error,
                        "error": error,
                    }
                    return facts | (_read_certificate(der) if der else {})
            except ssl.SSLCertVerificationError as refusal:
                error = refusal.verify_message or "not accepted"
            except ssl.SSLError as refusal:
                # The server may want an old version or cipher only: the unverified context offers them all.
                error = error or f"handshake failed: {refusal.reason or 'no reason given'}"
            except (OSError, TimeoutError, EOFError):
                return None
        return None

    async def _offers(self, here: Origin, version: str) -> bool | None:
        """Whether the server takes a client of this version alone; None when this machine cannot be one."""
        context = _only(version)
        if context is None:
            return None
        try:
            async with self._connected(here, context) as shaken:
                return shaken.version() == version
        except TimeoutError:
            return None
        except (ssl.SSLError, ConnectionError, EOFError):
            return False
        except OSError:
            return None

    async def _connect(self, here: Origin, context: ssl.SSLContext) -> asyncio.StreamWriter:
        """A handshake with the first address that takes a connection."""
        trouble: Exception = ConnectionError("no address was checked")
        async with asyncio.timeout(min(CONNECT_SECONDS, self._seconds_left())):
            for address in self._addresses(here.host, here.port):
                try:
                    _, writer = await asyncio.open_connection(*address, ssl=context, server_hostname=here.host)
                except (ssl.SSLError, ConnectionResetError):
                    raise  # somebody is there, and says no
                except OSError as error:
                    trouble = error
                    continue
                self._answered(here.host, here.port, address)
                return writer
        raise trouble

    @contextlib.asynccontextmanager
    async def _connected(self, here: Origin, context: ssl.SSLContext) -> AsyncIterator[ssl.SSLObject]:
        writer = await self._connect(here, context)
        try:
            yield writer.get_extra_info("ssl_object")
        finally:
            writer.transport.abort()
            with contextlib.suppress(OSError, ssl.SSLError):
                await writer.wait_closed()


def _bare(url: str) -> str:
    """Without user information and fragment, host in ASCII."""
    parts = urlsplit(url)
    return f"{origin(url)}{parts.path or '/'}{'?' + parts.query if parts.query else ''}"


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and len(found) < 10:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


async def _lookup(host: str, port: int) -> tuple[str, ...]:
    """Addresses of a host. In a daemon thread: a resolver that hangs must not keep the process from ending."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[tuple[str, ...]] = loop.create_future()

    def put(found: tuple[str, ...] | None, error: Exception | None) -> None:
        if not answer.done():
            if error is not None:
                answer.set_exception(error)
            else:
                answer.set_result(found or ())

    def look() -> None:
        result: tuple[str, ...] | None = None
        trouble: Exception | None = None
        try:
            listed = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            result = tuple(dict.fromkeys(str(item[4][0]) for item in listed))
        except (OSError, UnicodeError) as error:
            trouble = error
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(put, result, trouble)

    threading.Thread(target=look, daemon=True, name="resolver").start()
    return await answer


def _pairs(response: "httpx.Response") -> tuple[tuple[str, str], ...]:
    from hardencheck.collect.live._transport import RAW

    raw: list[tuple[bytes, bytes]] = response.extensions[RAW]
    if sum(len(name) + len(value) + 4 for name, value in raw) > MAX_HEAD:
        raise Unreadable(_TOO_LARGE, reason=Reason.MALFORMED)
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in raw)


async def _read(response: "httpx.Response", pairs: tuple[tuple[str, str], ...]) -> tuple[bytes, bool]:
    """At most MAX_BODY bytes of the body, decompressed, and whether there was more."""
    coding = next((value.strip().lower() for name, value in pairs if name.lower() == "content-encoding"), "")
    body = Body(coding)
    async for part in response.stream:  # type: ignore[union-attr]
        if not body.feed(part):
            return body.data, True
    return body.data, body.broken


class Body:
    """A bounded decompressor: never holds more than MAX_BODY plus one step, whatever the ratio."""

    def __init__(self, coding: str) -> None:
        self._parts: list[bytes] = []
        self._size = self._raw = 0
        self.broken = coding not in {"", "identity", "gzip", "x-gzip", "deflate"}
        self._inflate = zlib.decompressobj(47) if coding in {"gzip", "x-gzip", "deflate"} else None
        self._bare = coding == "deflate"  # some servers send it without the zlib header

    @property
    def data(self) -> bytes:
        return b"".join(self._parts)

    def feed(self, part: bytes) -> bool:
        """Whether more is wanted."""
        self._raw += len(part)
        if self.broken:
            return False
        room = MAX_BODY - self._size
        if self._inflate is None:
            got = part[:room]
            full = len(part) > room
        else:
            try:
                got = self._inflate.decompress(part, room + 1)
            except zlib.error:
                if not (self._bare and self._raw == len(part)):
                    self.broken = True
                    return False
                self._inflate, self._bare = zlib.decompressobj(-15), False
                self._raw = 0
                return self.feed(part)
            full = len(got) > room or bool(self._inflate.unconsumed_tail)
            got = got[:room]
        self._parts.append(got)
        self._size += len(got)
        return not full and self._raw <= 4 * MAX_BODY


def _tls_of(stream: Any) -> Tls | None:
    shaken = stream.get_extra_info("ssl_object") if stream is not None else None
    if shaken is None:
        return None
    cipher = shaken.cipher()
    return Tls(version=shaken.version(), cipher=cipher[0] if cipher else None, alpn=shaken.selected_alpn_protocol())


def _verifying(ca_file: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:
        # The system's store is a directory that OpenSSL reads on demand, or there is none.
        import certifi

        context.load_verify_locations(cafile=certifi.where())
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as error:
            # An SSLError is an OSError too, with OpenSSL's own words.
            why = "not PEM certificates" if isinstance(error, ssl.SSLError) else error.strerror or "not readable"
            raise ConfigError(f"--ca-file {ca_file}: {why}", hint="expected a file of certificates in PEM") from None
    context.set_alpn_protocols(["http/1.1"])
    return context


def _unverified() -> ssl.SSLContext:
    """For reading a certificate and asking for versions only: nothing is ever sent over it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def _only(version: str) -> ssl.SSLContext | None:
    """A context for one protocol version; None when the local OpenSSL cannot offer it."""
    try:
        context = _unverified()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # asking whether a server still takes it
            context.minimum_version = context.maximum_version = _VERSIONS[version]
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        trial = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
        try:
            trial.do_handshake()
        except ssl.SSLWantReadError:
            return context  # it could say hello, so it can offer it
    except (ssl.SSLError, ValueError):
        pass
    return None


def _read_certificate(der: bytes) -> dict[str, Any]:
    """The fields of `Tls` that a certificate gives; what cannot be read is left out."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    found: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cryptography warns of certificates that break a rule; we state facts
        try:
            certificate = x509.load_der_x509_certificate(der)
            found["not_before"] = certificate.not_valid_before_utc.isoformat()
            found["not_after"] = certificate.not_valid_after_utc.isoformat()
            found["issuer"] = certificate.issuer.rfc4514_string()
            key = certificate.public_key()
            if isinstance(key, rsa.RSAPublicKey):
                found["key"] = f"RSA {key.key_size}"
            elif isinstance(key, ec.EllipticCurvePublicKey):
                found["key"] = f"EC {key.curve.name}"
            else:
                found["key"] = type(key).__name__.removeprefix("_").removesuffix("PublicKey")
            algorithm = certificate.signature_hash_algorithm
            found["signature"] = algorithm.name if algorithm is not None else ""
            names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            found["names"] = (
                *names.get_values_for_type(x509.DNSName),
                *map(str, names.get_values_for_type(x509.IPAddress)),
            )
        except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension, UnsupportedAlgorithm):
            pass
    return found
