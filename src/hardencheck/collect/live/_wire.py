"""One request spoken by hand: a head that promises a body, as much of the body as is wanted, and whatever comes back.

httpx cannot withhold a body it has announced, and shows no interim response.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterable
from typing import NamedTuple

import h11
import httpcore

from hardencheck.collect.contract import Unreadable
from hardencheck.model.gap import Reason

MAX_HEAD = 64 * 1024
MAX_INTERIM = 20
MAX_BODY = 16 * 1024  # enough to see whose error page it is
PAGE_SECONDS = 0.3
# Statuses whose page may be one of a wall in front of the service.
_TELLING = frozenset({401, 403, 405, 406, 429, 503})


class Heard(NamedTuple):
    """status: of the final response, 0 without one. ended: "" with one, else "silence" or "closed". seconds: until that
    was known. sent: bytes of the body that were written."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    ended: str
    seconds: float
    sent: int


class _Ear:
    """Reads until there is a final response. Raises Unreadable for what is not HTTP/1.1."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, connection: h11.Connection) -> None:
        self._stream, self._connection = stream, connection
        self._interim = self._size = 0
        self._partial = False
        self.response: h11.Response | None = None
        self.body = b""
        self.at: float | None = None
        self.closed = False

    @property
    def began(self) -> bool:
        """Whether more than interim responses came: nothing that is sent now changes the answer."""
        return self.response is not None or self.closed or self._partial

    async def listen(self) -> None:
        while self.response is None and not self.closed:
            try:
                event = self._connection.next_event()
            except h11.RemoteProtocolError as error:
                # After the colon the line itself may be quoted.
                raise _broken(str(error).partition(":")[0]) from None
            if isinstance(event, h11.InformationalResponse):
                self._interim += 1
                if self._interim > MAX_INTERIM:
                    raise _broken(f"more than {MAX_INTERIM} interim responses")
            elif isinstance(event, h11.Response):
                self.response, self.at = event, time.monotonic()
            elif event is h11.NEED_DATA:
                self._partial = bool(self._connection.trailing_data[0])
                data = await self._more()
                if data:
                    self._connection.receive_data(data)
                elif self._partial:
                    raise _broken("the head is cut off")
                else:
                    self.closed, self.at = True, time.monotonic()
            else:
                self.closed, self.at = True, time.monotonic()

    async def page(self) -> None:
        """The beginning of the body of the response."""
        with contextlib.suppress(h11.ProtocolError, TimeoutError):
            async with asyncio.timeout(PAGE_SECONDS):
                while len(self.body) < MAX_BODY:
                    event = self._connection.next_event()
                    if isinstance(event, h11.Data):
                        self.body += bytes(event.data)
                    elif event is h11.NEED_DATA:
                        self._connection.receive_data(await self._more())
                    else:
                        return

    async def _more(self) -> bytes:
        """b"" at the end, however it came."""
        try:
            data = await self._stream.read(65536, timeout=None)
        except (httpcore.ReadError, httpcore.ReadTimeout):
            return b""
        self._size += len(data)
        if self._size > 4 * MAX_HEAD:
            raise _broken(f"more than {MAX_HEAD // 256} KiB before a body was sent")
        return data


def _broken(why: str) -> Unreadable:
    return Unreadable(f"the answer is not HTTP/1.1: {why}; expected a response", reason=Reason.MALFORMED)


async def speak(
    stream: httpcore.AsyncNetworkStream,
    head: h11.Request,
    body: Iterable[bytes] = (),
    *,
    wait: float,
    sending: float = 0.0,
) -> Heard:
    """Send the head, then pieces of the body until an answer begins; then only listen, for `wait` seconds.

    body: as it goes over the wire, framing included. sending: seconds that the body may take.
    Raises Unreadable (malformed; an answer that begins and does not end), LocalProtocolError for a head that is none.
    """
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
    data = connection.send(head)
    assert data is not None
    started, sent = time.monotonic(), 0
    ear = _Ear(stream, connection)
    listening: asyncio.Task[None] | None = None
    try:
        with contextlib.suppress(httpcore.WriteError, httpcore.WriteTimeout):
            await stream.write(data, timeout=wait)
        listening = asyncio.create_task(ear.listen())
        with contextlib.suppress(httpcore.WriteError, httpcore.WriteTimeout, TimeoutError):
            async with asyncio.timeout(sending):
                for piece in body:
                    await asyncio.sleep(0)
                    if listening.done() or ear.began:
                        break
                    await stream.write(piece, timeout=None)
                    sent += len(piece)
        done, _ = await asyncio.wait({listening}, timeout=wait)
        if not done and ear.began:
            detail = f"an answer began and did not end within {wait:g} s; expected a response"
            raise Unreadable(detail, reason=Reason.DEADLINE)
        if done:
            listening.result()
        response = ear.response
        if response is not None and response.status_code in _TELLING:
            await ear.page()
    finally:
        if listening is not None and not listening.done():
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError, Unreadable):
                await listening
    seconds = (ear.at if ear.at is not None else time.monotonic()) - started
    if response is None:
        return Heard(0, (), b"", "closed" if ear.closed else "silence", seconds, sent)
    pairs = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw_items())
    return Heard(response.status_code, pairs, ear.body, "", seconds, sent)
