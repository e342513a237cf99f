"""Private keys, which go over many lines, or are a whole binary file: what the key really is. Pure."""

import re

from hardencheck.lazily import compiled

MAX_KEY = 64 * 1024  # bytes of one block

_PUTTY_END = compiled(rb"^Private-MAC:", re.MULTILINE)
_BREAK = rb"\\+[rn]|&#(?:10|13|x0?[aAdD]);"  # a line end as strings, JSON and XML write it
_NOISE = compiled(_BREAK + rb"|[\"'`\s,+\\>|]")
_LINE_END = compiled(_BREAK + rb"|\n")
_LINE_NOISE = b"\"'`\\,+>|# \t\r"
_LINE = compiled(rb"[A-Za-z0-9+/]{16,}={0,2}")
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
        rest = rest.lstrip(b"-")
        body, ended, _ = rest.partition(b"-----END" if b"-----END" in rest else b"---- END")
        if not ended:
            body = _begun(rest)
    body = _NOISE.sub(b"", _HEADERS.sub(b"", body))
    if len(body) < 40 or not _BODY.fullmatch(body) or len(set(body)) < 14:
        return b"", False
    return body, is_key_file(text, start)


def _begun(text: bytes) -> bytes:
    """The lines of a key of which nobody wrote the end."""
    lines = []
    for line in _LINE_END.split(_HEADERS.sub(b"", text)):
        line = line.strip(_LINE_NOISE)
        if line and not _LINE.fullmatch(line):
            break
        lines.append(line)
    return b"\n".join(lines)


# RFC 7292: PFX is SEQUENCE { INTEGER 3, SEQUENCE { OID 1.2.840.113549.1.7 ...
_PKCS12 = compiled(rb"0[\x00-\xff]{1,5}\x02\x01\x030[\x00-\xff]{1,5}\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07")
# RFC 5958: SEQUENCE { INTEGER 0 or 1, SEQUENCE { OID ...; RFC 8017 and 5915: SEQUENCE { INTEGER, INTEGER or OCTETS.
_PKCS8 = compiled(rb"0[\x00-\xff]{1,5}\x02\x01[\x00\x01]0[\x00-\xff]{1,5}\x06")
_PKCS1 = compiled(rb"0[\x00-\xff]{1,5}\x02\x01\x00\x02[\x81\x82]|0[\x00-\xff]{1,3}\x02\x01\x01\x04[\x1c\x20\x30\x42]")
# RFC 5958 section 3, with PBES1 or PBES2 of RFC 8018: SEQUENCE { SEQUENCE { OID 1.2.840.113549.1.5 ...
_ENCRYPTED = compiled(rb"0[\x00-\xff]{1,5}0[\x00-\xff]{1,5}\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05")
_JKS = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")
_TAGGED_CERTIFICATE, _TAGGED_KEY = b"\0\0\0\2", b"\0\0\0\1"
# RFC 9580, 4.2 and 5.5.3: a secret key packet (tag 5) of either format, version 4 or 6, creation time, algorithm.
_PGP = compiled(
    rb"(?:\x94[\x00-\xff]|\x95[\x00-\xff]{2}|\xc5(?:[\x00-\xbf]|[\xc0-\xdf][\x00-\xff]|\xff[\x00-\xff]{4}))"
    rb"[\x04\x06][\x00-\xff]{4}[\x01-\x03\x10-\x13\x16\x19-\x1c]"
)


def stored_key(data: bytes) -> tuple[str, bool | None] | None:
    """(form, a passphrase guards it or None where the form does not tell) of a file that is a key or keystore in a
    binary form."""
    if data.startswith(_JKS):
        # After magic, version and count comes the tag of the first entry; trust stores hold certificates only.
        return None if data[12:16] == _TAGGED_CERTIFICATE and _TAGGED_KEY not in data[16:] else ("Java keystore", True)
    if _PKCS12.match(data):
        return "PKCS#12", None
    if _PKCS8.match(data) or _PKCS1.match(data):
        return "DER", False
    if _ENCRYPTED.match(data):
        return "DER", True
    return ("OpenPGP", None) if _PGP.match(data) else None


def is_der(raw: bytes) -> bool:
    """A whole ASN.1 SEQUENCE: X.690, 8.1.3. Something after it is allowed, less than it says is not."""
    size = _der_size(raw)
    return size is not None and len(raw) >= size


def is_one_der(raw: bytes) -> bool:
    """A whole ASN.1 SEQUENCE and nothing after it but a line end."""
    size = _der_size(raw)
    return size is not None and size <= len(raw) <= size + 2


def _der_size(raw: bytes) -> int | None:
    if len(raw) < 2 or raw[0] != 0x30:
        return None
    if raw[1] < 0x80:
        return 2 + raw[1]
    count = raw[1] & 0x7F
    return 2 + count + int.from_bytes(raw[2 : 2 + count], "big") if 0 < count <= 4 and len(raw) >= 2 + count else None


def is_key_file(text: bytes, start: int) -> bool:
    """Whether the key whose header begins at `start` stands in a file of keys, not inside other text.

    Nothing but dashes stands before the header in its line, and what comes first in the file is a header, a comment
    or OpenSSL's "Bag Attributes".
    """
    line_start = text.rfind(b"\n", 0, start) + 1
    first = next((line for line in text[:line_start].split(b"\n") if line.strip()), b"")
    return not text[line_start:start].strip(b" \t-\xef\xbb\xbf") and (not first or first.startswith(_COMMENT))
