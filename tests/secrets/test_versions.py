"""What a version has in common with the last one is not looked at again, and nothing changes by it."""

import hashlib
from functools import cache
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardencheck.collect.cache import default_directory
from hardencheck.collect.secrets import versions
from hardencheck.collect.secrets.plan import planned
from hardencheck.collect.secrets.ruleset import detection
from hardencheck.collect.secrets.scan import Scanner, _State
from hardencheck.collect.secrets.texts import OVERLAP, SEGMENT
from hardencheck.collect.secrets.versions import Versions, common_end, common_start
from hardencheck.testing import assembled

GITHUB = assembled("ghp_<alnum:30><crc32-base62>", "versions")
PATH = "app/settings.py"


def digest(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()[:32]


class Scanners(NamedTuple):
    """Of the same rules. one: looks at one version after the other. anew: knows no earlier version."""

    one: Scanner
    anew: Scanner


@cache
def scanners() -> Scanners:
    rules, directory = detection().rules, default_directory()  # where the automata are compiled already
    plan = planned(rules)
    return Scanners(Scanner(rules, digest, directory, plan=plan), Scanner(rules, digest, directory, plan=plan))


def marks(scanner: Scanner, data: bytes) -> list[tuple[int, int]]:
    return scanner._marks(data, _State(PATH, False, history=True))


def check(texts: list[bytes]) -> None:
    """Of each version in turn, the marks and the sightings are those of the version alone."""
    one, anew = scanners()
    one._versions = Versions()
    for data in texts:
        anew._versions = Versions()
        assert marks(one, data) == marks(anew, data)
        anew._versions = Versions()
        assert one.scan(data, PATH, history=True) == anew.scan(data, PATH, history=True)


@cache
def example_lines() -> list[bytes]:
    """Of every rule: what it finds, cut into lines."""
    return [
        line
        for rule in detection().rules
        for text in rule.match
        for line in assembled(text, rule.id).encode().split(b"\n")
    ]


plain = st.sampled_from([b"", b"x = 1", b"y", b" ", b"\t", b"\xff\xfe", b"#" * 300, b"'", b"\r"])
taken = st.sampled_from([f"t = '{GITHUB}'".encode(), b"password = 'q7Rk2vN9xT'", GITHUB.encode(), b"secret: |", b"aws"])
examples = st.integers(0, 1 << 30).map(lambda number: example_lines()[number % len(example_lines())])
texts = st.lists(plain | taken | examples, max_size=8).map(b"\n".join)


@given(st.lists(texts, min_size=2, max_size=5))
@settings(max_examples=120, deadline=None)
def test_marks_and_sightings_are_those_of_each_version_alone(found: list[bytes]) -> None:
    check(found)


@given(texts, texts, texts, texts, st.data())
@settings(max_examples=120, deadline=None)
def test_an_edit_anywhere_also_inside_a_line(
    start: bytes, old: bytes, new: bytes, end: bytes, data: st.DataObject
) -> None:
    """The same beginning and end, cut at any byte: of a token, say, of which half is in common."""
    before, after = start + old + end, start + new + end
    cut = data.draw(st.integers(0, len(after)))
    check([before, after, after[:cut], after[cut:], after])


@pytest.mark.parametrize(
    "found",
    [
        [b"", b"a", b""],
        [b"a\n", b"a"],
        [b"a", b"a\n"],
        [f"T = '{GITHUB}'".encode(), f"T = '{GITHUB}'\n".encode(), f"T = '{GITHUB}".encode()],
        [f"{GITHUB}\n{GITHUB}\n".encode(), f"{GITHUB}\n".encode(), f"{GITHUB}\n{GITHUB}\n{GITHUB}\n".encode()],
        [f"x\n{GITHUB}\ny\n".encode(), f"x\nx\n{GITHUB}\ny\ny\n".encode(), f"{GITHUB}\n".encode()],
        [f"{GITHUB[:20]}\n".encode(), f"{GITHUB}\n".encode(), f"{GITHUB}x\n".encode(), f"x{GITHUB}\n".encode()],
        [b"\0" + GITHUB.encode(), GITHUB.encode(), b"\0" + GITHUB.encode()],
        [f"{GITHUB}\n".encode("utf-16"), f"{GITHUB}\n".encode(), f"{GITHUB}\n".encode("utf-16")],
        [f"a\r{GITHUB}\rb".encode(), f"a\n{GITHUB}\nb".encode(), f"a\r\n{GITHUB}\r\nb".encode()],
    ],
)
def test_versions_that_grow_shrink_and_turn(found: list[bytes]) -> None:
    check(found)


def test_a_file_of_several_segments_is_compared_segment_by_segment() -> None:
    lines = b"x = 1\n" * ((SEGMENT + OVERLAP) // 6)
    token = f"T = '{GITHUB}'\n".encode()
    check([lines + token + lines, token + lines + lines, lines + lines + token, token])


def test_two_files_are_not_compared() -> None:
    one, anew = scanners()
    first, second = f"T = '{GITHUB}'\n".encode(), b"T = 1\n"
    one.scan(first, "a.py", history=True)
    assert one.scan(second, "b.py", history=True) == anew.scan(second, "b.py", history=True)
    assert len(one.scan(first, "a.py", history=True).sightings) == 1


# Sizes about the steps in which texts are compared.
STEP = versions._STEP
runs = st.sampled_from([0, 1, 2, STEP - 1, STEP, STEP + 1, 2 * STEP - 1, 2 * STEP, 3 * STEP + 7])
middles = st.binary(max_size=4)


def naive_start(one: bytes, other: bytes) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def naive_end(one: bytes, other: bytes, begin: int) -> int:
    return naive_start(one[begin:][::-1], other[begin:][::-1])


@given(runs, middles, middles, runs)
@settings(deadline=None)
def test_what_two_texts_have_in_common_by_steps(before: int, one: bytes, other: bytes, after: int) -> None:
    first, second = b"a" * before + one + b"z" * after, b"a" * before + other + b"z" * after
    begin = common_start(first, second)
    assert begin == common_start(second, first) == naive_start(first, second)
    assert common_end(first, second, begin) == naive_end(first, second, begin)


short = st.binary(max_size=40)


@given(short, short, short, short, st.data())
def test_what_two_texts_have_in_common(start: bytes, one: bytes, other: bytes, end: bytes, data: st.DataObject) -> None:
    """Also from a line start before where they differ, as the scanner asks."""
    first, second = start + one + end, start + other + end
    common = common_start(first, second)
    assert common == naive_start(first, second)
    begin = data.draw(st.integers(0, common))
    assert common_end(first, second, begin) == naive_end(first, second, begin)


def test_what_is_remembered_is_bounded_and_the_oldest_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "MAX_BYTES", 100)
    monkeypatch.setattr(versions, "MAX_FILES", 3)
    known = Versions()
    for name in ("a", "b", "c", "d"):
        known.put(name, name.encode() * 10, [])
    assert [name for name in "abcd" if known.get(name)] == ["b", "c", "d"], "four are one too many"
    known.put("b", b"B" * 85, [(1, 2)])
    assert [name for name in "abcd" if known.get(name)] == ["b", "d"], "b is the newest now, and 105 bytes are too many"
    assert known.get("b") == (b"B" * 85, [(1, 2)])
    known.put("b", b"B", [])
    known.put("e", b"e" * 80, [])
    assert [name for name in "bde" if known.get(name)] == ["b", "d", "e"], "the bytes of the old version are free"
