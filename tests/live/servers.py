"""Servers on loopback that misbehave: raw sockets under an event loop in a thread of its own."""

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import trustme

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Served(NamedTuple):
    port: int
    requests: list[bytes]

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/"

    @property
    def https(self) -> str:
        return f"https://localhost:{self.port}/"


@contextlib.contextmanager
def served(handler: Handler, *, context: ssl.SSLContext | None = None, head: bool = True) -> Iterator[Served]:
    """A server whose connections all go to `handler`, with `head` after the head of a request was read and recorded."""
    loop = asyncio.new_event_loop()
    requests: list[bytes] = []
    ready = threading.Event()
    stop = asyncio.Event()
    port = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if head:
                requests.append(await reader.readuntil(b"\r\n\r\n"))
            await handler(reader, writer)
            writer.close()
            await writer.wait_closed()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.transport.abort()

    async def main() -> None:
        nonlocal port
        tasks: set[asyncio.Task[None]] = set()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(answer(reader, writer))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        ready.set()
        await stop.wait()
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.set_exception_handler(lambda *_: None)  # refused handshakes are what is tested
        loop.run_until_complete(main())
        loop.run_until_complete(asyncio.sleep(0.01))
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait(10)
    try:
        yield Served(port, requests)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


def says(*parts: bytes, then: float = 0.0) -> Handler:
    """Sends the parts as they are, waits `then` seconds, closes."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
        if then:
            await asyncio.sleep(then)

    return handler


def drips(first: bytes, piece: bytes, every: float) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(every)

    return handler


def resets(*parts: bytes) -> Handler:
    """Sends the parts, then a TCP reset."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
        await asyncio.sleep(0.05)
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    return handler


def response(status: int = 200, body: bytes = b"", **headers: str | list[str]) -> bytes:
    """A response; names have "_" for "-"."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close"]
    for name, value in headers.items():
        lines.extend(f"{name.replace('_', '-')}: {item}" for item in (value if isinstance(value, list) else [value]))
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


class Authority(NamedTuple):
    ca: trustme.CA
    ca_file: str

    def context(self, *names: str, days: int = 90, age: int = 0) -> ssl.SSLContext:
        now = datetime.now(UTC)
        leaf = self.ca.issue_cert(
            *(names or ("localhost", "127.0.0.1")),
            not_before=now - timedelta(days=age, hours=1),
            not_after=now + timedelta(days=days),
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        leaf.configure_cert(context)
        return context


def authority(directory: Path) -> Authority:
    ca = trustme.CA()
    file = directory / "ca.pem"
    ca.cert_pem.write_to_path(file)
    return Authority(ca, str(file))


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
