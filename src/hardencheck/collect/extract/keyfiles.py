"""Private keys and keystores, by content. A name alone proves nothing: `.pem` is as often a certificate."""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.secrets.blocks import is_der, is_key_file, stored_key
from hardencheck.model.facts.files import KeyMaterial
from hardencheck.model.gap import Reason
from hardencheck.model.location import Location

MAX_KEYS = 20  # of one file: a bundle or a corpus; more of the same tell nothing new
_MAX_BODY = 64 * 1024  # characters; a 16384 bit RSA key in PEM has 13 thousand

# RFC 7468 and its predecessors: every label that ends in "PRIVATE KEY", and OpenPGP's "PRIVATE KEY BLOCK".
_PEM = re.compile(rb"-----BEGIN ((?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?)-----")
_SSH2 = re.compile(rb"^---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\r?\n", re.MULTILINE)  # a line, not code that names it
_PUTTY = re.compile(rb"^PuTTY-User-Key-File-[0-9]: [a-z0-9-]+\s+Encryption: ([a-z0-9-]+)", re.MULTILINE)
# An escaped line end of JSON or of a string literal, a line end, and what source code puts between joined strings.
_FILLER = re.compile(rb"[\"'`][\s+,()\\]*[\"'`]|\\[rn]|[\s\"'`,\\>|]+")
_HEADER = re.compile(rb"(?:\\r|\\n|\s|\"|')*([A-Za-z-]+: [^\r\n\\]*)")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
_JWK = re.compile(rb"\"kty\"\s*:\s*\"(RSA|EC|OKP)\"")
_JWK_D = re.compile(rb"\"d\"\s*:\s*\"([A-Za-z0-9_-]{20,})\"")

STORE_SUFFIXES = (
    ".p12", ".pfx", ".jks", ".jceks", ".keystore", ".truststore", ".bks", ".der", ".key", ".pk8", ".pkcs8", ".p8",
)  # fmt: skip


# Pictures, fonts, archives and compiled files: binary, so there is no text in them to search.
_BINARY = (
    ".png", ".jpg", ".jpeg", ".gif", ".ico", ".webp", ".avif", ".woff", ".woff2", ".ttf", ".otf", ".eot", ".mp3",
    ".mp4", ".webm", ".zip", ".gz", ".bz2", ".xz", ".whl", ".pyc", ".so", ".dll", ".exe", ".mo",
)  # fmt: skip


class PrivateKeys(Extractor):
    """PEM of every label, PuTTY, SSH2 and JWK private keys in any text file."""

    name = "files.keys"
    version = 2
    emits = (KeyMaterial,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return not path.lower().endswith(_BINARY)

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            data = data.decode("utf-16", "replace").encode()
        for count, (offset, form, encrypted) in enumerate(_keys(data)):
            if count >= MAX_KEYS:
                return
            here = Location(path=path, line=data.count(b"\n", 0, offset) + 1)
            embedded = form != "JWK" and not is_key_file(data, offset)
            yield KeyMaterial(location=here, form=form, encrypted=encrypted, embedded=embedded)


class KeyStores(Extractor):
    """Binary forms, read only where the name suggests one."""

    name = "files.keystores"
    emits = (KeyMaterial,)
    binary = True

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.lower().endswith(STORE_SUFFIXES)

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if data.startswith(b"version https://git-lfs.github.com/spec/"):
            raise Unreadable("a Git LFS pointer: the content is stored elsewhere", reason=Reason.MISSING_OBJECT)
        store = _store(path.lower(), data)
        if store is not None:
            form, encrypted = store
            yield KeyMaterial(location=Location(path=path), form=form, encrypted=encrypted)


def _keys(data: bytes) -> Iterator[tuple[int, str, bool | None]]:
    if b"PRIVATE KEY" in data:
        for match in _PEM.finditer(data):
            label = match[1].decode()
            found = _body(data, match.end())
            if found is None:
                continue
            encoded, legacy = found
            raw = _decoded(encoded)
            if raw is None or not _is_key(label, raw, legacy):
                continue  # a placeholder, a sample cut short or code that only looks for the header
            yield match.start(), label, _encrypted(label, raw, legacy)
        if (ssh2 := _SSH2.search(data)) is not None:
            yield ssh2.start(), "SSH2 PRIVATE KEY", None
    if b"PuTTY-User-Key-File" in data:
        for match in _PUTTY.finditer(data):
            if b"\nPrivate-Lines:" in data[match.end() : match.end() + _MAX_BODY].replace(b"\r", b""):
                yield match.start(), "PuTTY", match[1] != b"none"
    if b'"kty"' in data:
        for match in _JWK.finditer(data):
            # The members of one key stand in one object, in any order.
            start = data.rfind(b"{", max(0, match.start() - _MAX_BODY), match.start())
            end = data.find(b"}", match.end(), match.end() + _MAX_BODY)
            if start >= 0 and end >= 0 and _JWK_D.search(data, start, end):
                yield match.start(), "JWK", False


def _body(data: bytes, start: int) -> tuple[bytes, bool] | None:
    """(base64 text, "the old headers say it is encrypted") between the header and the end line."""
    end = data.find(b"-----END", start, start + _MAX_BODY)
    if end < 0:
        return None
    part = data[start:end]
    legacy = False
    while (header := _HEADER.match(part)) is not None:
        legacy = legacy or b"ENCRYPTED" in header[1]
        part = part[header.end() :]
    part = re.sub(rb"(?:\n|\\n)=[A-Za-z0-9+/]{4}(?:\\[rn]|\s)*$", b"", part)  # OpenPGP's checksum line
    return _FILLER.sub(b"", part), legacy


def _decoded(encoded: bytes) -> bytes | None:
    if len(encoded) < 60 or not _BASE64.fullmatch(encoded) or len(set(encoded)) < 12:
        return None  # shorter than an Ed25519 key, or one character repeated
    try:
        return base64.b64decode(encoded + b"=" * (-len(encoded) % 4), validate=True)
    except binascii.Error:
        return None


def _is_key(label: str, raw: bytes, legacy: bool) -> bool:
    if legacy:
        return True  # cipher text: it has no structure to check
    if label.endswith("BLOCK"):
        return raw[0] & 0x80 != 0  # RFC 9580 section 4.2: every packet starts with this bit
    if raw.startswith(b"openssh-key-v1\0"):
        return True
    return is_der(raw)


def _encrypted(label: str, raw: bytes, legacy: bool) -> bool | None:
    if legacy or label == "ENCRYPTED PRIVATE KEY":
        return True
    if raw.startswith(b"openssh-key-v1\0"):
        return raw[19 : 19 + 4] != b"none"  # a length of four bytes stands before the name of the cipher
    return None if label.endswith("BLOCK") else False


def _store(path: str, data: bytes) -> tuple[str, bool | None] | None:
    known = stored_key(data)
    if known is not None:
        return known
    if data.startswith(b"\0GITCRYPT\0"):
        return None  # what is tracked is cipher text
    if (
        path.endswith((".p12", ".pfx", ".jks", ".jceks", ".keystore", ".bks"))
        and len(data) >= 64
        and b"\0" in data[:8192]
    ):
        return "keystore by its name", None
    return None
