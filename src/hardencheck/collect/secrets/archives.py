"""The members of an archive, one level deep and bounded. Nothing is written and no name of a member is followed."""

import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import NamedTuple

MAX_MEMBERS = 2_000
MAX_MEMBER = 4 << 20  # bytes of one member
MAX_TOTAL = 64 << 20  # bytes of all members of one archive
_GZIP = 16 + zlib.MAX_WBITS
# zipfile bounds what it unpacks of these; a few hundred bytes of bzip2 or LZMA are unpacked to gigabytes at once.
_BOUNDED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
TORN = "an archive that cannot be read to its end"


class Member(NamedTuple):
    """cut: why there are no more members, with no data."""

    path: str
    data: bytes
    cut: str = ""


def members(data: bytes) -> Iterator[Member]:
    """Members of a zip (also wheels, jars and documents), a tar, or what a gzip file holds (a tar or one file).

    A bomb ends at the limits; an archive that is broken or encrypted gives a Member that says so.
    """
    try:
        if data.startswith(b"PK\x03\x04"):
            yield from _zip(data)
        elif data.startswith(b"\x1f\x8b"):
            text, cut = _inflated(data)
            if text[257:262] == b"ustar":
                yield from _tar(text)
            else:
                yield Member("", text)
            if cut:
                yield Member("", b"", cut)
        elif data[257:262] == b"ustar":
            yield from _tar(data)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, ValueError, NotImplementedError,
            RuntimeError, OverflowError):  # fmt: skip
        yield Member("", b"", TORN)


def _zip(data: bytes) -> Iterator[Member]:
    total = 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for number, info in enumerate(archive.infolist()):
            if number >= MAX_MEMBERS or total >= MAX_TOTAL:
                yield Member("", b"", "an archive of more than is looked at")
                return
            if info.is_dir():
                continue
            if info.flag_bits & 1 or info.compress_type not in _BOUNDED:
                yield Member("", b"", "an archive with a member that is encrypted or compressed in an unusual way")
                continue
            with archive.open(info) as member:
                text = member.read(MAX_MEMBER + 1)
            total += len(text)
            if len(text) > MAX_MEMBER:
                yield Member("", b"", f"an archive with a member of more than {MAX_MEMBER >> 20} MiB")
                text = text[:MAX_MEMBER]
            yield Member(info.filename, text)


def _tar(data: bytes) -> Iterator[Member]:
    total = 0
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for number, info in enumerate(archive):
            if number >= MAX_MEMBERS or total >= MAX_TOTAL:  # a file of holes takes no room in the archive
                yield Member("", b"", "an archive of more than is looked at")
                return
            if not info.isreg():
                continue
            member = archive.extractfile(info)
            if member is not None:
                text = member.read(MAX_MEMBER)
                total += len(text)
                if info.size > MAX_MEMBER:
                    yield Member("", b"", f"an archive with a member of more than {MAX_MEMBER >> 20} MiB")
                yield Member(info.name, text)
                if len(text) < min(info.size, MAX_MEMBER):
                    raise EOFError


def _inflated(data: bytes) -> tuple[bytes, str]:
    """What all parts of a gzip file hold, and why that is not all of it."""
    text = bytearray()
    while data.startswith(b"\x1f\x8b"):
        if len(text) >= MAX_TOTAL:
            return bytes(text), f"a compressed file of more than {MAX_TOTAL >> 20} MiB"
        inflate = zlib.decompressobj(_GZIP)
        text += inflate.decompress(data, MAX_TOTAL - len(text))
        if not inflate.eof:
            large = f"a compressed file of more than {MAX_TOTAL >> 20} MiB"
            return bytes(text), large if inflate.unconsumed_tail else TORN
        data = inflate.unused_data
    return bytes(text), ""
