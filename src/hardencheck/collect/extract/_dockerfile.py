"""A Dockerfile as instructions: continuation lines, comments, the escape directive and here-documents."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from hardencheck.collect.contract import Unreadable
from hardencheck.lazily import compiled
from hardencheck.model.gap import Reason

MAX_INSTRUCTIONS = 5_000
_DIRECTIVE = compiled(r"#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*")
_HEREDOC = compiled(r"<<-?(?P<quote>[\"']?)(?P<name>[A-Za-z_]\w*)(?P=quote)")
_INSTRUCTION = compiled(r"\s*([A-Za-z]+)(?:\s+(.*))?", re.DOTALL)
KEYWORDS = frozenset({
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD",
    "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
})  # fmt: skip


class Instruction(NamedTuple):
    """name: upper case. rest: what follows, lines joined. line: where it starts. documents: bodies of <<NAME.

    pieces: where in rest each line of the file begins, and its number. starts: the first line of each document.
    """

    name: str
    rest: str
    line: int
    documents: tuple[str, ...] = ()
    pieces: tuple[tuple[int, int], ...] = ()
    starts: tuple[int, ...] = ()

    def line_at(self, offset: int) -> int:
        """The line of the file that a place in rest is on."""
        found = self.line
        for begins, line in self.pieces:
            if begins <= offset:
                found = line
        return found


def is_dockerfile(text: str) -> bool:
    """Whether the first instruction, after comments and ARG, is FROM."""
    for raw in text.splitlines()[:400]:
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        word = line.split()[0].upper()
        if word in {"ARG", "{%", "{{"} or line.startswith(("{%", "{{", "{#")):
            continue
        return word == "FROM" and len(line.split()) >= 2
    return False


def instructions(text: str) -> Iterator[Instruction]:
    """The instructions in order. Raises Unreadable for a template, an unknown keyword or an unfinished document.

    Source: Docker documentation, "Dockerfile reference" (parser directives, here-documents).
    """
    lines = text.splitlines()
    escape = "\\"
    number = 0
    while number < len(lines) and (match := _DIRECTIVE.fullmatch(lines[number].strip())):
        if match[1].lower() == "escape" and match[2] in {"\\", "`"}:
            escape = match[2]
        number += 1
    count = 0
    while number < len(lines):
        start = number
        line = lines[number]
        number += 1
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        parts: list[str] = []
        numbers: list[int] = []
        while True:
            stripped = line.rstrip()
            more = stripped.endswith(escape)
            parts.append(stripped[:-1] if more else line)
            numbers.append(number)
            if not more:
                break
            # A comment or an empty line inside an instruction does not end it.
            while number < len(lines) and (not lines[number].strip() or lines[number].lstrip().startswith("#")):
                number += 1
            if number >= len(lines):
                break
            line = lines[number]
            number += 1
        found = _INSTRUCTION.fullmatch(" ".join(parts))
        name = found[1].upper() if found else ""
        if found is None or name not in KEYWORDS:
            if "{{" in parts[0] or "{%" in parts[0] or parts[0].lstrip().startswith(("<%", "@")):
                raise Unreadable("a template: what it becomes is not known", reason=Reason.TEMPLATED, line=start + 1)
            raise Unreadable("not an instruction of a Dockerfile", line=start + 1)
        documents: list[str] = []
        starts: list[int] = []
        if name in {"RUN", "COPY", "ADD"}:
            for mark in _HEREDOC.finditer(found[2] or ""):
                body: list[str] = []
                starts.append(number + 1)
                while number < len(lines) and lines[number].strip() != mark["name"]:
                    body.append(lines[number])
                    number += 1
                if number >= len(lines):
                    raise Unreadable(f"here-document {mark['name']!r} does not end", line=start + 1)
                number += 1
                documents.append("\n".join(body))
        count += 1
        if count > MAX_INSTRUCTIONS:
            raise Unreadable(f"more than {MAX_INSTRUCTIONS} instructions", reason=Reason.BUDGET)
        rest = (found[2] or "").strip()
        pieces = tuple(_pieces(parts, numbers, found.start(2))) if len(parts) > 1 and rest else ()
        yield Instruction(name, rest, start + 1, tuple(documents), pieces, tuple(starts))


def _pieces(parts: list[str], numbers: list[int], skipped: int) -> Iterator[tuple[int, int]]:
    """skipped: how much of the joined lines stands before the rest of the instruction."""
    begins = 0
    for part, number in zip(parts, numbers, strict=True):
        yield begins - skipped, number
        begins += len(part) + 1
