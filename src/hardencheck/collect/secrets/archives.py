"""The members of an archive and of archives in it, bounded. Nothing is written and no name of a member is followed."""

import bz2
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

MAX_MEMBERS = 2_000
MAX_MEMBER = 4 << 20  # bytes of one member
MAX_TOTAL = 64 << 20  # bytes of all members of one archive
MAX_DEPTH = 3  # a compressed tar of wheels has three levels
_MEMORY = 80 << 20  # bytes that a file may make LZMA take: `xz -9` needs 65 MiB
_GZIP = 16 + zlib.MAX_WBITS
# zipfile bounds what it unpacks of these; a few hundred bytes of bzip2 or LZMA are unpacked to gigabytes at once.
_BOUNDED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ZIP = b"PK\x03\x04"
_TAR = b"ustar"
_CLOSED = {b"7z\xbc\xaf\x27\x1c": "7z", b"Rar!\x1a\x07": "RAR", b"\x28\xb5\x2f\xfd": "zstd", b"\x04\x22\x4d\x18": "lz4"}
TORN = "an archive that cannot be read to its end"
_LARGE = f"a compressed file of more than {MAX_TOTAL >> 20} MiB"
_MORE = "an archive of more than is looked at"
_DEEP = f"archives in archives, more than {MAX_DEPTH} deep"


class Member(NamedTuple):
    """cut: why there are no more members, with no data."""

    path: str
    data: bytes
    cut: str = ""


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


_COMPRESSED: dict[bytes, Callable[[], _Decompressor]] = {
    b"\x1f\x8b": lambda: zlib.decompressobj(_GZIP),
    **{b"BZh%d1AY&SY" % level: bz2.BZ2Decompressor for level in range(1, 10)},  # a text may well begin with BZh
    b"\xfd7zXZ\0": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY),
}
_MAGIC = (_ZIP, *_CLOSED, *_COMPRESSED)
# What the readers raise for a damaged or hostile archive; RuntimeError also is NotImplementedError, of an odd version.
_BROKEN = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError),
    *(EOFError, OSError, ValueError, RuntimeError, OverflowError),
)


def members(data: bytes) -> Iterator[Member]:
    """Members of a zip (also wheels, jars and documents), a tar, or what a file of gzip, bzip2 or xz holds (a tar or
    one file); of an archive among them, its members in its place.

    A bomb ends at the limits. An archive that is broken, encrypted or of a kind that is not unpacked gives a Member
    that says so.
    """
    return _Reading().all_of(data, 1)


class _Reading:
    """What one archive has given so far, at every depth."""

    def __init__(self) -> None:
        self._count = self._total = 0
        self._full = False

    def all_of(self, data: bytes, depth: int) -> Iterator[Member]:
        try:
            for piece in _level(data):
                if piece.cut:
                    yield Member("", b"", piece.cut)
                    continue
                if self._count >= MAX_MEMBERS or self._total >= MAX_TOTAL:
                    self._full = True
                    yield Member("", b"", _MORE)
                    return
                self._count += 1
                if piece.last or not is_archive(piece.data):
                    self._total += len(piece.data)
                    yield Member(piece.path, piece.data)
                elif depth >= MAX_DEPTH:
                    yield Member("", b"", _DEEP)
                else:
                    yield from self.all_of(piece.data, depth + 1)
                    if self._full:
                        return
        except _BROKEN:
            yield Member("", b"", TORN)


class _Piece(NamedTuple):
    """A member of one level. last: it is not to be entered, whatever it looks like."""

    path: str
    data: bytes
    cut: str = ""
    last: bool = False


def is_archive(data: bytes) -> bool:
    """By its first bytes, whatever it is called."""
    return data.startswith(_MAGIC) or data[257:262] == _TAR or _is_program_with_archive(data)


def _is_program_with_archive(data: bytes) -> bool:
    """A script or program in front of a zip: zipapp, pex, shiv, an installer. The end of its directory and a comment
    are the end of the file; a program that only can read archives has those letters, too."""
    if not data.startswith((b"#!", b"MZ", b"\x7fELF")):
        return False
    at = data.rfind(b"PK\x05\x06", -(1 << 16) - 22)
    return at >= 0 and len(data) == at + 22 + int.from_bytes(data[at + 20 : at + 22], "little")


def _compression(data: bytes) -> bytes | None:
    return next((magic for magic in _COMPRESSED if data.startswith(magic)), None)


def _level(data: bytes) -> Iterator[_Piece]:
    if data.startswith(_ZIP) or _is_program_with_archive(data):
        yield from _zip(data)
    elif data[257:262] == _TAR:
        yield from _tar(data)
    elif (kind := next((kind for magic, kind in _CLOSED.items() if data.startswith(magic)), None)) is not None:
        yield _Piece("", b"", f"a file that is compressed with {kind}, which is not unpacked")
    elif (magic := _compression(data)) is not None:
        text, cut = _unpacked(data, magic)
        # A tar is the same level: nobody thinks of a .tar.gz as two.
        if text[257:262] == _TAR:
            yield from _tar(text)
        elif text:
            yield _Piece("", text)
        if cut:
            yield _Piece("", b"", cut)


def _zip(data: bytes) -> Iterator[_Piece]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            if info.flag_bits & 1 or info.compress_type not in _BOUNDED:
                yield _Piece("", b"", "an archive with a member that is encrypted or compressed in an unusual way")
                continue
            with archive.open(info) as member:
                text = member.read(MAX_MEMBER + 1)
            if large := len(text) > MAX_MEMBER:
                yield _Piece("", b"", f"an archive with a member of more than {MAX_MEMBER >> 20} MiB")
            yield _Piece(info.filename, text[:MAX_MEMBER], last=large)


def _tar(data: bytes) -> Iterator[_Piece]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for info in archive:
            if not info.isreg():
                continue
            member = archive.extractfile(info)
            if member is not None:
                text = member.read(MAX_MEMBER)
                if large := info.size > MAX_MEMBER:
                    yield _Piece("", b"", f"an archive with a member of more than {MAX_MEMBER >> 20} MiB")
                yield _Piece(info.name, text, last=large)
                if len(text) < min(info.size, MAX_MEMBER):
                    raise EOFError


def _unpacked(data: bytes, magic: bytes) -> tuple[bytes, str]:
    """What all parts of a compressed file hold, and why that is not all of it."""
    text = bytearray()
    while _compression(data) == magic:
        if len(text) >= MAX_TOTAL:
            return bytes(text), _LARGE
        inflate = _COMPRESSED[magic]()
        try:
            text += inflate.decompress(data, MAX_TOTAL - len(text))
        except (zlib.error, lzma.LZMAError, OSError, EOFError):
            return bytes(text), TORN
        if not inflate.eof:
            return bytes(text), _LARGE if len(text) >= MAX_TOTAL else TORN
        data = inflate.unused_data
    return bytes(text), ""
