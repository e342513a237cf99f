"""Texts of files as those who read them take them: in UTF-8, whatever they were written in; and what a reader had to
decide on the way. One place for both, so that no file is lost for its encoding without a word."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from hardencheck.collect.contract import Unreadable

NOT_UTF8 = "it is UTF-16 by its byte order mark, not UTF-8"
STRAY = "it has bytes that are not UTF-8: what reads it strictly refuses it"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_UTF32 = b"\xff\xfe\0\0"
# YAML 1.2.2, 5.2; pip, "Requirements File Format", Encoding.
_ANY_UTF = (".yml", ".yaml", "requirements.txt")
_STRICT = (".yml", ".yaml", ".toml", ".json")
_OWN_ENCODING = (".py", ".pyi", ".pyw")  # a comment says which: the parser knows


def has_mark(data: bytes) -> bool:
    """Whether the text begins with a byte order mark of UTF-16."""
    return data.startswith(_UTF16)


def unmarked(path: str, data: bytes) -> bytes:
    """UTF-16 in UTF-8 where the format has it, anything else as it is. Raises Unreadable where the format has none."""
    if not has_mark(data):
        return data
    if data.startswith(_UTF32) or not path.lower().endswith(_ANY_UTF):
        raise Unreadable(NOT_UTF8)
    return data.decode("utf-16", "replace").encode()


def as_utf8(path: str, data: bytes) -> tuple[bytes, bool]:
    """(the text in UTF-8, whether bytes were replaced that a reader of this format refuses).

    A stray byte in a comment is nothing to most programs, and hides nothing: it becomes U+FFFD. Raises Unreadable as
    `unmarked` does.
    """
    data = unmarked(path, data)
    name = path.lower()
    if data.isascii() or name.endswith(_OWN_ENCODING):
        return data, False
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace").encode(), name.endswith(_STRICT)
    return data, False


class Notice(NamedTuple):
    detail: str
    line: int | None = None


_notices: ContextVar[list[Notice] | None] = ContextVar("_notices", default=None)


@contextmanager
def noticing() -> Iterator[list[Notice]]:
    """What `notice` is told meanwhile."""
    heard: list[Notice] = []
    token = _notices.set(heard)
    try:
        yield heard
    finally:
        _notices.reset(token)


def notice(detail: str, line: int | None = None) -> None:
    """Say that a text may be meant otherwise than it was read."""
    heard = _notices.get()
    if heard is not None and len(heard) < 20:
        heard.append(Notice(detail, line))
