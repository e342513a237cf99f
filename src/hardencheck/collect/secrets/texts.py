"""Texts as they stand in files: encodings, wrapped lines, quotations, pieces of what is huge."""

import base64
import binascii
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from hardencheck.collect.secrets.blocks import MAX_KEY, key_body
from hardencheck.lazily import compiled

SEGMENT = 8 << 20  # bytes matched at once
OVERLAP = 16 << 10
MAX_ENCODED = 64 << 10  # bytes of one base64 text
BASE64_CHARACTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
BASE64_RUN = compiled(rb"[A-Za-z0-9+/_-]*={0,2}")
_BASE64_EDGE = b" \t\r\"'`\\,+|>#"
_BASE64_LINE = compiled(rb"[ \t\x22\x27`|>#]*([A-Za-z0-9+/_-]{2,}={0,2})[ \t\r\x22\x27`\\,+)]*$", re.MULTILINE)
_LINE_OF_BASE64 = 20  # characters: of a shorter one nobody knows that it was wrapped
_ESCAPED_BREAK = compiled(rb"(?:\\+[rn]|\r)+(?!\n)|\r(?=\n)")
# Base64 has slashes and plus signs: those of a comment come in twos, or before a blank.
_COMMENT_MARKS = compiled(rb"^[ \t]*(?:[*#;>%|\"']+[ \t]*|//+[ \t]*|[+/][ \t]+)+|\*+/[ \t]*$")


def readable(data: bytes) -> tuple[bytes, bool]:
    """(the text as UTF-8, or the bytes of a binary file as they are; whether it is binary)."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _lines(data.decode("utf-16", "replace").encode()), False
    head = data[:8192]
    if b"\0" in head:
        for codec, at in (("utf-16-le", 1), ("utf-16-be", 0)):
            # Without a byte order mark: every other byte of what is mostly ASCII is NUL, and hardly any of the rest.
            if head[at::2].count(0) > 0.7 * len(head[at::2]) and head[1 - at :: 2].count(0) * 20 < len(head):
                return _lines(data.decode(codec, "replace").encode()), False
        return data, True
    return _lines(data.removeprefix(b"\xef\xbb\xbf")), False


def _lines(text: bytes) -> bytes:
    """Every line end as LF."""
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text


def segments(text: bytes) -> Iterator[tuple[int, bytes]]:
    """(offset, piece) with an overlap, so that nothing is lost between two; one piece for all but huge files."""
    if len(text) <= SEGMENT:
        if text:
            yield 0, text
        return
    start = 0
    while start < len(text):
        yield start, text[start : start + SEGMENT + OVERLAP]
        start += SEGMENT


def decoded(text: bytes) -> bytes:
    """One level of base64, either alphabet; b"" where it is none."""
    body = text.rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
    body = body[: len(body) - (len(body) % 4 == 1)]
    try:
        return base64.b64decode(body + b"=" * (-len(body) % 4))
    except binascii.Error:
        return b""


def wrapped(text: bytes, start: int, stop: int) -> bytes:
    """The base64 at [start, stop) with the lines above and below that go on with it: 64 or 76 characters each, maybe
    indented, quoted or ended with a backslash."""
    lines = [text[start:stop]]
    length = stop - start
    if length < _LINE_OF_BASE64:
        return lines[0]
    size = length
    at = text.find(b"\n", stop)
    while at >= 0 and size < MAX_ENCODED and not text[stop:at].strip(_BASE64_EDGE):
        match = _BASE64_LINE.match(text, at + 1)
        if match is None or len(match[1]) > length:
            break
        lines.append(match[1])
        size += len(match[1])
        if len(match[1]) < length:
            break
        stop, at = match.end(1), text.find(b"\n", match.end(1))
    above = text.rfind(b"\n", 0, start)
    while above >= 0 and size < MAX_ENCODED and not text[above + 1 : start].strip(_BASE64_EDGE):
        begin = text.rfind(b"\n", 0, above) + 1
        match = _BASE64_LINE.match(text, begin)
        if match is None or len(match[1]) != length:
            break
        lines.insert(0, match[1])
        size += len(match[1])
        start, above = match.start(1), begin - 1
    return b"".join(lines)


def unquoted(line: bytes) -> bytes:
    """Without percent-encoding; in a form a blank is a plus sign, and a plus sign is encoded."""
    return unquote_to_bytes(line.replace(b"+", b" ") if b"PRIVATE+KEY" in line else line)


def quoted_key(text: bytes, start: int) -> bytes:
    """The key after a header, each line of which stands behind what stands before the header (a log, a quotation) or
    behind the marks of a comment."""
    before = _ESCAPED_BREAK.sub(b"\n", text[max(0, start - 200) : start]).rpartition(b"\n")[2]
    lines = _ESCAPED_BREAK.sub(b"\n", text[start : start + MAX_KEY]).split(b"\n")
    if not before.strip():
        return b""
    return key_body(b"\n".join(_COMMENT_MARKS.sub(b"", line.removeprefix(before)) for line in lines), 0)[0]
