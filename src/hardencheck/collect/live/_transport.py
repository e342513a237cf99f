"""The pool under httpx: connections go to addresses that were checked, header fields come out as they came in."""

import ssl
from collections.abc import AsyncIterator, Callable, Iterable

import httpcore
import httpx

RAW = "hardencheck_headers"


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to the addresses that `addresses(host, port)` gives, and to nothing else; names are never resolved.

    answered: told which of them took a connection.
    """

    def __init__(
        self,
        addresses: Callable[[str, int], tuple[tuple[str, int], ...]],
        answered: Callable[[str, int, tuple[str, int]], None],
    ) -> None:
        self._addresses, self._answered = addresses, answered
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: "Iterable[httpcore.SOCKET_OPTION] | None" = None,
    ) -> httpcore.AsyncNetworkStream:
        error: Exception = httpcore.ConnectError("no address was checked")
        for address, real in self._addresses(host, port):
            try:
                stream = await self._backend.connect_tcp(address, real, timeout=timeout)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                error = failed
                continue
            self._answered(host, port, (address, real))
            return stream
        raise error

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)


class _Stream(httpx.AsyncByteStream):
    def __init__(self, stream: object) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:  # type: ignore[attr-defined]
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()  # type: ignore[attr-defined]


class Transport(httpx.AsyncBaseTransport):
    """One pool, HTTP/1.1.

    httpx sees no header field of a response, so it neither follows, stores cookies, guesses charsets nor decompresses;
    the raw pairs, in order, are in `response.extensions[RAW]`.
    """

    def __init__(self, context: ssl.SSLContext, backend: httpcore.AsyncNetworkBackend) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            http1=True,
            http2=False,
            max_connections=4,
            max_keepalive_connections=2,
            keepalive_expiry=5.0,
            network_backend=backend,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        response = await self._pool.handle_async_request(
            httpcore.Request(
                request.method,
                url,
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            response.status,
            stream=_Stream(response.stream),
            extensions={**response.extensions, RAW: list(response.headers)},
        )

    async def aclose(self) -> None:
        await self._pool.aclose()
