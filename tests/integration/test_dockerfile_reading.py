"""Our tokens of a Dockerfile beside those of dockerfile-parse, which knows no here-documents.

Where the two differ on real files it is those, and an empty line after a continuation, which the builder skips. That is
why ours stays; it also says on which line each part of a long RUN stands.
"""

import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardencheck.collect.extract._dockerfile import instructions

pytestmark = pytest.mark.integration

FILES = [
    "FROM python:3.13-slim\nRUN pip install a\n",
    "# syntax=docker/dockerfile:1\nARG V=3\nFROM python:$V AS build\nrun a && \\\n    # a comment\n    b\nFROM build\n",
    'FROM a\nENV A=1 \\\n    B="x y" \\\n    C=3\nCMD ["a", "b"]\n',
    "FROM a\r\nRUN a \\\r\n  b\r\nUSER app\r\n",
    "FROM a\nCOPY --chown=a:b --chmod=755 \\\n  a b \\\n  /c/\nONBUILD RUN x\nHEALTHCHECK CMD a || exit 1\n",
    "FROM a\nRUN a \\   \n  b\nLABEL a=b \\\n c=d\nEXPOSE 80/tcp\nENTRYPOINT a\n",
]


def ours(text: str) -> list[tuple[str, int, str]]:
    return [(step.name, step.line, _plain(step.rest)) for step in instructions(text)]


def theirs(text: str) -> list[tuple[str, int, str]]:
    from dockerfile_parse import DockerfileParser  # of the integration tier alone

    structure = DockerfileParser(fileobj=io.BytesIO(text.encode())).structure
    return [
        (item["instruction"], item["startline"] + 1, _plain(item["value"]))
        for item in structure
        if item["instruction"] != "COMMENT"
    ]


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("text", FILES)
def test_the_same_instructions(text: str) -> None:
    assert ours(text) == theirs(text)


WORD = st.text(alphabet="abc/=-.", min_size=1, max_size=6)
LINE = st.lists(WORD, min_size=1, max_size=4).map(" ".join)


@given(st.lists(st.tuples(st.sampled_from(["RUN", "env", "COPY", "Label"]), st.lists(LINE, min_size=1, max_size=4))))
@settings(max_examples=200)
def test_the_same_for_any_long_lines(steps: list[tuple[str, list[str]]]) -> None:
    text = "FROM a\n" + "".join(f"{name} " + " \\\n  ".join(lines) + "\n# comment\n\n" for name, lines in steps)
    assert ours(text) == theirs(text)
    for step in instructions(text):
        for begins, line in step.pieces:
            if 0 <= begins < len(step.rest):
                written = text.splitlines()[line - 1]
                assert step.rest[begins:].lstrip().split(" ")[0] in written
