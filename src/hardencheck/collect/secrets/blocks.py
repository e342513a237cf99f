"""Private keys, which go over many lines: from the header to what the key really is. Pure."""

import re

from hardencheck.lazily import compiled

MAX_KEY = 64 * 1024  # bytes of one block

_PUTTY_END = compiled(rb"^Private-MAC:", re.MULTILINE)
_NOISE = compiled(rb"\\[rn]|[\"'`\s,+\\>|]")
_HEADERS = compiled(rb"(?:Proc-Type|DEK-Info|Comment|Version|Hash|MessageID|Charset|Subject):(?:[^\n\\]|\\(?![rn]))*")
_BODY = compiled(rb"[A-Za-z0-9+/=:;_-]+")
_COMMENT = (b"-----BEGIN", b"----", b"#", b"Bag Attributes", b"PuTTY")


def key_body(text: bytes, start: int) -> tuple[bytes, bool]:
    """(the key after the header at `start` without line ends and quotes, b"" when there is none; the file is nothing
    but keys)."""
    block = text[start : start + MAX_KEY]
    if block.startswith(b"PuTTY"):
        end = _PUTTY_END.search(block)
        body = block[: end.start()] if end else b""
        body = body.partition(b"Private-Lines:")[2].partition(b"\n")[2]
    else:
        opening, dashes, rest = block.lstrip(b"-").partition(b"----")
        if not dashes or b"\n" in opening:
            return b"", False
        body, ended, _ = rest.lstrip(b"-").partition(b"-----END" if b"-----END" in rest else b"---- END")
        if not ended:
            return b"", False
    body = _NOISE.sub(b"", _HEADERS.sub(b"", body))
    if len(body) < 40 or not _BODY.fullmatch(body) or len(set(body)) < 14:
        return b"", False
    return body, is_key_file(text, start)


def is_key_file(text: bytes, start: int) -> bool:
    """Whether the key whose header begins at `start` stands in a file of keys, not inside other text.

    Nothing but dashes stands before the header in its line, and what comes first in the file is a header, a comment
    or OpenSSL's "Bag Attributes".
    """
    line_start = text.rfind(b"\n", 0, start) + 1
    first = next((line for line in text[:line_start].split(b"\n") if line.strip()), b"")
    return not text[line_start:start].strip(b" \t-\xef\xbb\xbf") and (not first or first.startswith(_COMMENT))
