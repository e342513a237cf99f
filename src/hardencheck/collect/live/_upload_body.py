"""Bodies of an exact size that a service can read: forms with one file or field, JSON, text, or plain bytes."""

import re
from collections.abc import Iterator
from typing import NamedTuple

BOUNDARY = "hardencheck-7f9c2ba4e88f827d"
PIECE = 16 * 1024
MIN_SENT = 1024  # the framing of a form needs some of it
MAX_SENT = 16 * 1024 * 1024
MAX_TOTAL = 96 * 1024 * 1024


class Body(NamedTuple):
    """head, then `room` bytes of filling, then tail."""

    head: bytes
    filling: bytes
    room: int
    tail: bytes

    def pieces(self) -> "Pieces":
        return Pieces(self)

    def first(self, count: int) -> bytes:
        return (self.head + self.filling * min(count, self.room) + self.tail)[:count]


class Pieces:
    """The bytes of a body, in pieces of 16 KiB; may be gone through again."""

    def __init__(self, body: Body) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        body = self._body
        if body.head:
            yield body.head
        piece = body.filling * PIECE
        whole, rest = divmod(body.room, PIECE)
        for _ in range(whole):
            yield piece
        if rest:
            yield piece[:rest]
        if body.tail:
            yield body.tail


def body_of(content_type: str, field: str, size: int) -> Body:
    """A body of `size` bytes in all; bytes without form where so few cannot hold one."""
    kind = content_type.partition(";")[0].strip().lower()
    head = tail = b""
    if kind == "multipart/form-data":
        found = re.search(r"boundary=\"?([A-Za-z0-9'()+_,./:=?-]{1,70})", content_type)
        boundary = found[1] if found else BOUNDARY
        name = field.replace("\\", "\\\\").replace('"', '\\"')
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="hardencheck.bin"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        tail = f"\r\n--{boundary}--\r\n".encode()
    elif kind == "application/x-www-form-urlencoded":
        head = re.sub(r"[^A-Za-z0-9_.-]", "_", field).encode() + b"="
    elif kind == "application/json" or kind.endswith("+json"):
        head, tail = b'"', b'"'
    filling = size - len(head) - len(tail)
    return Body(head, b"x", filling, tail) if filling >= 0 else Body(b"", b"x", size, b"")
