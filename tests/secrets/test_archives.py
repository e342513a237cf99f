"""Archives of the audited repository: some levels deep, bounded, and what is not looked at is said."""

import bz2
import gzip
import io
import lzma
import random
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

import pytest

from hardencheck.collect.secrets.archives import MAX_MEMBER, MAX_MEMBERS, MAX_TOTAL, Member, members
from hardencheck.collect.secrets.ruleset import scanner
from hardencheck.collect.secrets.sightings import Sighting
from hardencheck.testing import assembled
from tests.collect.repos import commit, repository
from tests.history.secretive import details, only, scanned, secrets, token

GITHUB = assembled("ghp_<alnum:30><crc32-base62>", "archives")
TEXT = f"import os\nTOKEN = '{GITHUB}'\n".encode()
TORN = Member("", b"", "an archive that cannot be read to its end")
LARGE = Member("", b"", "an archive with a member of more than 4 MiB")
MANY = Member("", b"", "an archive of more than is looked at")
MIB = 1 << 20


def zipped(files: Mapping[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", kind) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(files: Mapping[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def wheel(files: Mapping[str, bytes]) -> bytes:
    return zipped({**files, "pkg-1.0.dist-info/METADATA": b"Name: pkg\n", "pkg-1.0.dist-info/RECORD": b""})


PACKERS: dict[str, Callable[[Mapping[str, bytes]], bytes]] = {
    "a.zip": zipped,
    "stored.zip": lambda files: zipped(files, zipfile.ZIP_STORED),
    "pkg-1.0-py3-none-any.whl": wheel,
    "a.tar": tarred,
    "gnu.tar": lambda files: tarred(files, tarfile.GNU_FORMAT),
    "ustar.tar": lambda files: tarred(files, tarfile.USTAR_FORMAT),
    "a.tar.gz": lambda files: gzip.compress(tarred(files)),
    "a.tar.xz": lambda files: lzma.compress(tarred(files)),
}


def sightings(data: bytes, path: str) -> list[tuple[str, str, int | None]]:
    return [(item.rule, item.inside, item.line) for item in scanner().scan(data, path).sightings if item.inside]


@pytest.mark.parametrize("name", PACKERS)
def test_members_are_read_and_scanned(name: str) -> None:
    files = {"pkg/settings.py": TEXT, "pkg/empty.py": b"", "ü/läuft.py": b"A = 1\n"}
    data = PACKERS[name](files)
    assert {member.path: member.data for member in members(data) if "dist-info" not in member.path} == files
    assert sightings(data, f"dist/{name}") == [("github-token", "archive", None)]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_file_is_one_member(pack: Callable[[bytes], bytes]) -> None:
    data = pack(TEXT)
    assert list(members(data)) == [Member("", TEXT)]
    assert sightings(data, "logs/a.log.gz") == [("github-token", "archive", None)]


@pytest.mark.parametrize(
    "data", [b"", b"PK", b"text", b"\0" * 600, b"\x7fELF" + b"\1" * 600, TEXT, b"PK\5\6" + b"\0" * 18]
)
def test_what_is_no_archive_has_no_members(data: bytes) -> None:
    assert list(members(data)) == []


def packed(depth: int) -> bytes:
    data = TEXT
    for level in range(depth):
        data = zipped({f"{level}.zip" if level else "a.py": data})
    return data


@pytest.mark.parametrize("depth", [2, 3])
def test_an_archive_in_an_archive_is_entered(depth: int) -> None:
    assert list(members(packed(depth))) == [Member("a.py", TEXT)]
    assert sightings(packed(depth), "outer.zip") == [("github-token", "archive", None)]


def test_a_deeper_archive_is_said() -> None:
    """And so is one that holds itself, which has no end."""
    (member,) = members(packed(4))
    assert member == Member("", b"", "archives in archives, more than 3 deep")


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_archive_in_an_archive(pack: Callable[[bytes], bytes]) -> None:
    inner = pack(tarred({"a.py": TEXT}))
    assert list(members(zipped({"inner": inner, "b.py": b"B = 1\n"}))) == [
        Member("a.py", TEXT),
        Member("b.py", b"B = 1\n"),
    ]
    assert list(members(pack(zipped({"a.py": TEXT})))) == [Member("a.py", TEXT)]
    assert list(members(pack(pack(TEXT)))) == [Member("", TEXT)]


@pytest.mark.parametrize(
    "start", [b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\1\0", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18"]
)
def test_what_is_not_unpacked_is_said(start: bytes) -> None:
    data = start + noise(2_000)
    assert "not unpacked" in members(data).__next__().cut
    assert "not unpacked" in scanner().scan(data, "dump").cut
    assert [member.cut != "" for member in members(zipped({"inner": data, "a.py": TEXT}))] == [True, False]


def test_directories_links_and_devices_are_no_members() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for kind in (tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            info = tarfile.TarInfo(f"of-{kind.decode()}")
            info.type, info.linkname = kind, "../../etc/passwd"
            archive.addfile(info)
    assert list(members(out.getvalue())) == []
    assert list(members(zipped({"folder/": b""}))) == []


def test_no_name_of_a_member_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for pack in (zipped, tarred):
        names = [member.path for member in members(pack({"../../out.py": TEXT, "/tmp/out.py": TEXT}))]
        assert sorted(names) == ["../../out.py", "/tmp/out.py"]
    assert list(tmp_path.iterdir()) == [] and not (tmp_path.parent / "out.py").exists()


def encrypted(data: bytes) -> bytes:
    """A zip whose first member says that it is encrypted (which zipfile cannot write)."""
    changed = bytearray(data)
    changed[6] |= 1
    changed[data.index(b"PK\1\2") + 8] |= 1
    return bytes(changed)


def test_an_encrypted_member_is_said_and_the_rest_is_looked_at() -> None:
    found = list(members(encrypted(zipped({"locked.py": TEXT, "open.py": TEXT}))))
    assert [member for member in found if not member.cut] == [Member("open.py", TEXT)]
    assert len([member for member in found if member.cut]) == 1


def noise(size: int) -> bytes:
    """Bytes that do not compress, the same each time."""
    return random.Random(size).randbytes(size)


@pytest.mark.parametrize("name", PACKERS)
def test_a_torn_archive_says_so(name: str) -> None:
    """And what was whole before is looked at, where the format allows it (the directory of a zip stands at its end)."""
    data = PACKERS[name]({"a.py": TEXT, "b.bin": noise(20_000)})
    found = list(members(data[: len(data) - 15_000]))
    assert found[-1] == TORN
    assert [member for member in found[:-1] if member.path == "a.py"] == (
        [Member("a.py", TEXT)] if "tar" in name else []
    )


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_a_torn_compressed_file_says_so_after_what_was_whole(pack: Callable[[bytes], bytes]) -> None:
    text = TEXT + noise(20_000)
    found = list(members(pack(text)[:-8_000]))
    assert found[-1] == TORN
    assert b"".join(member.data for member in found) == text[: len(found[0].data)]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_every_part_of_a_compressed_file_is_read(pack: Callable[[bytes], bytes]) -> None:
    """`cat a.gz b.gz` is a gzip file of both (RFC 1952, 2.2), and logs are kept like that."""
    data = pack(b"A = 1\n") + pack(TEXT)
    assert b"".join(member.data for member in members(data)) == b"A = 1\n" + TEXT


@pytest.mark.parametrize("start", [b"PK\3\4", b"\x1f\x8b", b"\0" * 257 + b"ustar"])
def test_garbage_that_begins_like_an_archive_ends(start: bytes) -> None:
    found = list(members(start + noise(5_000)))
    assert found == [TORN]


def test_a_wrong_checksum_ends_with_what_was_read_before() -> None:
    data = bytearray(zipped({"a.py": TEXT, "b.py": b"B" * 50}, zipfile.ZIP_STORED))
    data[data.index(b"B" * 50)] ^= 1
    assert list(members(bytes(data))) == [Member("a.py", TEXT), TORN]


def test_a_broken_archive_of_the_tree_is_a_gap(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.zip": zipped({"a.py": TEXT})[:-10], "b.zip": zipped({"b.py": TEXT})})
    (root / "a.zip").unlink()
    commit(root)
    collected = scanned(root)
    assert [(item.places, item.inside) for item in secrets(collected)] == [(("b.zip",), "archive")]
    assert details(collected) == [
        ("budget", "1 object (a.zip) of the history: an archive that cannot be read to its end")
    ]


def test_a_secret_of_an_archive_that_was_deleted(tmp_path: Path) -> None:
    root = repository(
        tmp_path / "r", {"dist/a.whl": wheel({"pkg/a.py": f"A = '{token()}'\n".encode()}), "a.py": "A = 1\n"}
    )
    (root / "dist/a.whl").unlink()
    removed = commit(root)
    found = only(root)
    assert (found.exposure, found.places, found.inside, found.removed) == (
        "history", ("dist/a.whl",), "archive", removed,
    )  # fmt: skip


# Bombs. What is bounded is what is asked of the machine: bytes handed on, and memory on the way to them.


def weighed(data: bytes) -> tuple[int, list[str], int]:
    """(bytes of all members, what is said, most bytes of memory)."""
    total, said = 0, []
    tracemalloc.start()
    try:
        for member in members(data):
            total += len(member.data)
            said.append(member.cut)
        return total, list(filter(None, said)), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class Zeros(io.RawIOBase):
    """So many NUL bytes, of which none is kept."""

    def __init__(self, size: int) -> None:
        self._left = size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        size = min(self._left, size) if size >= 0 else self._left
        self._left -= size
        return bytes(size)


def bomb(size: int, kind: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", kind) as archive, archive.open("zeros.txt", "w", force_zip64=True) as member:
        source = Zeros(size)
        while piece := source.read(MIB):
            member.write(piece)
    return out.getvalue()


def test_one_large_member_is_looked_at_from_its_beginning() -> None:
    data = zipped({"big.txt": TEXT + b"0" * MAX_MEMBER, "after.py": TEXT})
    found = list(members(data))
    assert found == [LARGE, Member("big.txt", (TEXT + b"0" * MAX_MEMBER)[:MAX_MEMBER]), Member("after.py", TEXT)]
    tar = list(members(tarred({"big.txt": TEXT + b"0" * MAX_MEMBER, "after.py": TEXT})))
    assert tar == found


@pytest.mark.parametrize("kind", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_bomb_in_one_member_needs_no_memory(kind: int) -> None:
    """A few hundred bytes of bzip2 are gigabytes."""
    data = bomb(100 * MIB, kind)
    assert len(data) < MIB
    total, said, memory = weighed(data)
    assert total <= MAX_MEMBER and said, said
    assert memory < MAX_TOTAL


def test_a_bomb_of_many_members_ends_at_the_limit() -> None:
    zeros = b"0" * (MAX_MEMBER - 1)
    total, said, memory = weighed(zipped({f"{number}.txt": zeros for number in range(MAX_TOTAL // MAX_MEMBER + 20)}))
    assert total <= MAX_TOTAL + MAX_MEMBER
    assert said == [MANY.cut]
    assert memory < MAX_TOTAL


def test_more_members_than_are_looked_at() -> None:
    files = {f"{number}.txt": b"x" for number in range(MAX_MEMBERS + 5)}
    for pack in (zipped, tarred):
        found = list(members(pack(files)))
        assert (len(found), found[-1]) == (MAX_MEMBERS + 1, MANY)


@pytest.mark.parametrize("module", [gzip, bz2, lzma])
def test_a_bomb_in_a_compressed_file_ends_at_the_limit(module: ModuleType) -> None:
    out = io.BytesIO()
    with module.open(out, "wb") as file:
        for _ in range(200):
            file.write(bytes(MIB))
    total, said, memory = weighed(out.getvalue())
    assert (total, said) == (MAX_TOTAL, ["a compressed file of more than 64 MiB"])
    assert memory < 3 * MAX_TOTAL


def test_a_bomb_of_archives_ends_at_the_limit() -> None:
    """Ten times ten archives of the same few bytes: more members than are looked at, in the end."""
    data = zipped({f"{number}.txt": b"0" * 100_000 for number in range(10)})
    assert len(data) < MAX_MEMBER
    for _ in range(2):
        data = zipped({f"{number}.zip": data for number in range(10)})
    total, said, _ = weighed(data)
    assert total <= MAX_TOTAL + MAX_MEMBER
    assert said == [MANY.cut]


def sparse(count: int, size: int) -> bytes:
    """A tar of files that are nothing but holes: 512 bytes each, whatever size they say they have."""
    out = io.BytesIO()
    for number in range(count):
        info = tarfile.TarInfo(f"{number}.txt")
        info.type = tarfile.GNUTYPE_SPARSE
        header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
        header[386:398] = b"%011o\0" % size  # one piece of data, of no bytes, at the end
        header[398:410] = b"%011o\0" % 0
        header[483:495] = b"%011o\0" % size
        header[148:156] = b" " * 8
        header[148:156] = b"%06o\0 " % sum(header)
        out.write(header)
    return out.getvalue() + bytes(1024)


def test_a_tar_of_holes_ends_at_the_limit() -> None:
    data = sparse(60, MAX_MEMBER)
    assert len(data) < 64_000
    total, said, memory = weighed(data)
    assert total <= MAX_TOTAL + MAX_MEMBER
    assert said == [MANY.cut]
    assert memory < MAX_TOTAL


def test_a_member_with_a_hostile_name_is_not_shown() -> None:
    data = zipped({f"{GITHUB}/settings.py": TEXT})
    scan = scanner().scan(data, "a.zip")
    assert all(isinstance(item, Sighting) for item in scan.sightings)
    assert GITHUB[4:12] not in repr(scan) and "settings.py" not in repr(scan)


def test_an_archive_behind_a_program() -> None:
    """A zipapp, a pex, an installer."""
    for program in (b"#!/usr/bin/env python3\n", b"MZ" + noise(2_000), b"\x7fELF" + noise(2_000)):
        data = program + zipped({"__main__.py": TEXT})
        assert list(members(data)) == [Member("__main__.py", TEXT)]
        assert sightings(data, "tool") == [("github-token", "archive", None)]
    assert list(members(b"#!/bin/sh\necho 'PK'\n")) == []
    reader = b"\x7fELF" + noise(2_000) + b"PK\5\6" + noise(500)  # a program that can read archives
    assert list(members(reader)) == [] and scanner().scan(reader, "bin/tool").cut == ""


def test_the_name_of_a_member_is_looked_at() -> None:
    data = gzip.compress(tarred({f"{GITHUB}.txt": b"A = 1\n"}))
    assert sightings(data, "a.tgz") == [("github-token", "archive", None)]


def test_a_list_of_hashes_is_not_cut_off() -> None:
    lines = [f'"file{number}": "{random.Random(number).randbytes(16).hex()}"' for number in range(4_000)]
    data = ("{\n" + ",\n".join(lines) + f',\n"token": "{GITHUB}"\n}}\n').encode()
    scan = scanner().scan(data, "sums.json")
    assert scan.cut == "" and [item.rule for item in scan.sightings if not item.why] == ["github-token"]
