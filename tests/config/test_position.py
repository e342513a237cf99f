"""Lines of keys, held against what tomllib says there is."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardencheck.config.position import Path, line_of, positions

TEXT = '''\
# a comment = 1
schema = 1
"quoted key" = "a # no comment" # a comment
'literal' = \'\'\'
[[not.a.table]]
x = 1
\'\'\'
text = """
one \\""" = 2
"""
list = [ # why
  "a", [1,
  2], { x = 1, "y z" = [
    3,
  ] },
]
a.b . "c.d" = 2027-02-01 10:00:00

[table]
inline = { p = { q = 1 }, r = [] }
[ table . "sub.x" ]
k = -inf

[[waiver]]
check = "a"
[[waiver]]
check = "b"
[[waiver.more]]
deep = true
[waiver.last]
z = """"quoted""""
'''

EXPECTED: dict[Path, int] = {
    ("schema",): 2,
    ("quoted key",): 3,
    ("literal",): 4,
    ("text",): 8,
    ("list",): 11,
    ("list", 0): 12,
    ("list", 1): 12,
    ("list", 1, 0): 12,
    ("list", 1, 1): 13,
    ("list", 2): 13,
    ("list", 2, "x"): 13,
    ("list", 2, "y z"): 13,
    ("list", 2, "y z", 0): 14,
    ("a",): 17,
    ("a", "b"): 17,
    ("a", "b", "c.d"): 17,
    ("table",): 19,
    ("table", "inline"): 20,
    ("table", "inline", "p"): 20,
    ("table", "inline", "p", "q"): 20,
    ("table", "inline", "r"): 20,
    ("table", "sub.x"): 21,
    ("table", "sub.x", "k"): 22,
    ("waiver",): 24,
    ("waiver", 0): 24,
    ("waiver", 0, "check"): 25,
    ("waiver", 1): 26,
    ("waiver", 1, "check"): 27,
    ("waiver", 1, "more"): 28,
    ("waiver", 1, "more", 0): 28,
    ("waiver", 1, "more", 0, "deep"): 29,
    ("waiver", 1, "last"): 30,
    ("waiver", 1, "last", "z"): 31,
}


def paths(value: Any, path: Path = ()) -> set[Path]:
    """Every path in what tomllib read."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found: set[Path] = {path} if path else set()
    for key, item in items:
        found |= paths(item, (*path, key))
    return found


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_every_key_has_its_line(ends: str) -> None:
    text = TEXT.replace("\n", ends)
    found = positions(text)
    # An empty list or table inside a line has no element to stand anywhere.
    assert found == EXPECTED
    assert paths(tomllib.loads(text)) <= set(found)


def test_the_nearest_thing_that_has_a_line() -> None:
    assert line_of(EXPECTED, ("waiver", 1, "expires")) == 26
    assert line_of(EXPECTED, ("nothing",)) is None
    assert line_of(EXPECTED, ()) is None


@pytest.mark.parametrize("text", ["a = ", "[a", "= 1", 'a = "', "a = [1", "\x00", 'x."', "a = {b"])
def test_broken_text_ends(text: str) -> None:
    positions(text)


@given(st.text(alphabet="ab.=\"'[]{},\n #\\1", max_size=40))
def test_agrees_with_tomllib(text: str) -> None:
    """Whatever tomllib accepts, every path of it has a line; whatever it refuses ends all the same."""
    found = positions(text)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert paths(table) <= set(found)
