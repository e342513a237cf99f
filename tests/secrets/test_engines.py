"""With Hyperscan and without: the same sightings. And archives, wrapped values, versions of a file."""

import base64
import gzip
import hashlib
import io
import json
import sysconfig
import tarfile
import zipfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardencheck.collect.secrets import archives
from hardencheck.collect.secrets.scan import Scanner, Sighting, detection, planned, scanner
from hardencheck.collect.secrets.versions import common_end, common_start
from hardencheck.testing import assembled

ROOT = Path(__file__).resolve().parents[2]


def digest(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()[:32]


@cache
def engines() -> tuple[Scanner, Scanner]:
    """(Hyperscan, re) over the same rules."""
    rules = detection().rules
    plan = planned(rules)
    return Scanner(rules, digest, plan=plan), Scanner(rules, digest, hyperscan=False, plan=plan)


@cache
def examples() -> tuple[bytes, ...]:
    return tuple(
        assembled(text, rule.id).encode() for rule in detection().rules for text in (*rule.match, *rule.no_match)
    )


def test_both_engines_find_the_same_in_the_examples_of_all_rules() -> None:
    fast, slow = engines()
    assert (fast.engine, slow.engine) == ("hyperscan", "re")
    found = 0
    for start in range(0, len(examples()), 200):
        text = b"\n".join(examples()[start : start + 200])
        for path in ("app/settings.py", "deploy/.env"):
            one, other = fast.scan(text, path), slow.scan(text, path)
            assert one == other, start
            found += len(one.sightings)
    assert found > 2_000


def test_both_engines_find_the_same_in_real_code() -> None:
    fast, slow = engines()
    library = Path(sysconfig.get_path("stdlib"))
    files = [*sorted((library / "test").glob("*.py"))[::50], *sorted(library.glob("*.py"))[::30], ROOT / "README.md"]
    assert len(files) > 15
    for file in files:
        data = file.read_bytes()[:60_000]
        assert fast.scan(data, file.name) == slow.scan(data, file.name), file.name


@pytest.mark.parametrize("number", range(0, len(detection().rules), 50))
def test_every_rule_is_found_by_the_whole_engine(number: int) -> None:
    """What `confirmed` finds on a line, the automaton marks: a rule that is never marked would be a dead one."""
    fast, _ = engines()
    for rule in detection().rules[number : number + 50]:
        if rule.id == "key-near-provider":
            continue  # counts only where the name of a provider is near
        path = {"netrc-lines": "a/.netrc", "pgpass": "a/.pgpass"}.get(rule.id, "deploy/.env")
        for text in rule.match:
            scan = fast.scan(assembled(text, rule.id).encode(), path)
            assert scan.sightings, (rule.id, text)


GITHUB = assembled("ghp_<alnum:30><crc32-base62>", "engines")


def inside(data: bytes, path: str) -> list[tuple[str, str, int | None]]:
    return [(sighting.rule, sighting.inside, sighting.line) for sighting in engines()[0].scan(data, path).sightings]


def test_wrapped_values() -> None:
    wrapped = base64.b64encode(f"x={GITHUB};".encode()).decode()
    assert inside(f"a: 1\nb: {wrapped}\n".encode(), "a.yaml") == [("github-token", "base64", 2)]
    url = f"next=https%3A%2F%2Fuser%3A{GITHUB}%40host.internal%2F"
    assert inside(url.encode(), "a.txt") == [("github-token", "percent-encoding", 1)]
    encoded = "callback=postgres%3A%2F%2Fshop%3Aq7Rk2vN9xT%40db.internal%3A5432%2Fshop"
    assert inside(encoded.encode(), "a.txt") == [("url-password", "percent-encoding", 1)]
    cell = {"cells": [{"outputs": [{"text": [f"token = '{GITHUB}'\n"]}], "source": ["x"]}]}
    assert inside(json.dumps(cell, indent=1).encode(), "a.ipynb") == [("github-token", "", 7)]
    secret = base64.b64encode(b"q7Rk2vN9xT").decode()
    manifest = (
        f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  password: {secret}\n---\nkind: ConfigMap\n"
    )
    assert inside(manifest.encode(), "k8s.yaml") == [("kubernetes-secret", "base64", 6)]
    other = manifest.replace("kind: Secret", "kind: Other")
    assert inside(other.encode(), "k8s.yaml") == [("plain-assignment", "", 6)], "a password as it is written"


def packed(name: str) -> bytes:
    text = f"TOKEN = '{GITHUB}'\n".encode()
    out = io.BytesIO()
    match name:
        case "zip":
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("pkg/settings.py", text)
        case "tar.gz":
            with tarfile.open(fileobj=out, mode="w:gz") as tar:
                info = tarfile.TarInfo("settings.py")
                info.size = len(text)
                tar.addfile(info, io.BytesIO(text))
        case "tar":
            with tarfile.open(fileobj=out, mode="w") as tar:
                info = tarfile.TarInfo("settings.py")
                info.size = len(text)
                tar.addfile(info, io.BytesIO(text))
        case "gz":
            return gzip.compress(text)
        case "binary":
            return b"\x7fELF\0\0\0" + b"\0\1\2" * 100 + GITHUB.encode() + b"\0" * 50
    return out.getvalue()


@pytest.mark.parametrize("name", ["zip", "tar", "tar.gz", "gz", "binary"])
def test_archives_and_binary_files(name: str) -> None:
    where = "" if name == "binary" else "archive"
    found = [item for item in inside(packed(name), f"dist/a.{name}") if item[1] == where]
    assert found == [("github-token", where, None)]


def test_a_bomb_a_torn_archive_and_an_encrypted_member_end() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(30):
            archive.writestr(f"{number}.txt", b"0" * (8 << 20))
    total = 0
    cuts: set[str] = set()
    for member in archives.members(bomb.getvalue()):
        total += len(member.data)
        cuts.add(member.cut)
    assert total <= archives.MAX_TOTAL + archives.MAX_MEMBER and len(cuts) >= 2
    assert [m.cut for m in archives.members(gzip.compress(b"0" * (80 << 20)))][-1].startswith("a compressed file")
    torn = packed("zip")[:-10]
    assert [member.cut for member in archives.members(torn)] == ["an archive that cannot be read to its end"]
    assert engines()[0].scan(torn, "a.zip").cut == "an archive that cannot be read to its end"


def test_many_secrets_in_one_file_are_bounded_and_said() -> None:
    text = "\n".join(assembled("k = 'ghp_<alnum:30><crc32-base62>'", str(number)) for number in range(700))
    scan = engines()[0].scan(text.encode(), "a.py")
    assert (len(scan.sightings), scan.cut) == (500, "more of what looks like a secret than is judged in one file")


def test_a_long_line_and_a_large_file_lose_nothing() -> None:
    filler = "var a = 1; " * 200_000
    scan = engines()[0].scan(f"{filler}t('{GITHUB}'); {filler}".encode(), "a.js")
    assert [sighting.rule for sighting in scan.sightings] == ["github-token"]
    lines = "x = 1\n" * 1_800_000  # more than one segment
    scan = engines()[0].scan(f"{lines}T = '{GITHUB}'\n{lines}".encode(), "a.py")
    assert [(sighting.rule, sighting.line) for sighting in scan.sightings] == [("github-token", 1_800_001)]


def test_a_compiled_automaton_of_a_stranger_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in the matcher directory that was changed is as if it were not there."""
    monkeypatch.setenv("HARDENCHECK_CACHE_DIR", str(tmp_path))
    (tmp_path / "matcher").mkdir(mode=0o700)
    rules = detection().rules[:5]
    first = Scanner(rules, digest, tmp_path)
    kept = {file: file.read_bytes() for file in (tmp_path / "matcher").glob("*.hs")}
    assert kept
    for file, data in kept.items():
        file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    again = Scanner(rules, digest, tmp_path)
    text = b"\n".join(examples()[:50])
    assert again.scan(text, "a.py") == first.scan(text, "a.py")
    assert {file: file.read_bytes() for file in kept} == kept, "and it is written anew"


lines = st.lists(
    st.sampled_from([b"", b"x = 1", b"y", f"t = '{GITHUB}'".encode(), b"password = 'q7Rk2vN9xT'", b"\xff\xfe"])
)


@given(st.lists(lines.map(b"\n".join), min_size=2, max_size=5))
@settings(max_examples=150, deadline=None)
def test_versions_of_a_file_are_looked_at_as_if_each_were_alone(versions: list[bytes]) -> None:
    """What a version has in common with the last one is not looked at again, and nothing changes by it."""
    alone = scanner()
    for number, data in enumerate(versions):
        # Under a path of its own it is compared with nothing.
        apart = alone.scan(data, f"app/{len(versions)}-{number}-{digest(data)}.py", history=True)
        assert alone.scan(data, "app/a.py", history=True) == apart


@given(st.binary(max_size=60), st.binary(max_size=60), st.binary(max_size=60), st.binary(max_size=60))
def test_what_two_texts_have_in_common(start: bytes, one: bytes, other: bytes, end: bytes) -> None:
    first, second = start + one + end, start + other + end
    begin = common_start(first, second)
    assert first[:begin] == second[:begin] and (begin == min(len(first), len(second)) or first[begin] != second[begin])
    size = common_end(first, second, begin)
    assert first[len(first) - size :] == second[len(second) - size :]
    assert begin + size <= min(len(first), len(second))
    assert size == min(len(first), len(second)) - begin or first[-size - 1] != second[-size - 1]


def test_sightings_hold_no_value() -> None:
    scan = engines()[0].scan(f"T = '{GITHUB}'\n".encode(), "a.py")
    assert all(isinstance(sighting, Sighting) for sighting in scan.sightings) and GITHUB[4:12] not in repr(scan)
