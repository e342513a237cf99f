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
    """name: upper case. rest: what follows, lines joined. line: where it starts. documents: bodies of <<NAME."""

    name: str
    rest: str
    line: int
    documents: tuple[str, ...] = ()


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
        while True:
            stripped = line.rstrip()
            more = stripped.endswith(escape)
            parts.append(stripped[:-1] if more else line)
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
        if name in {"RUN", "COPY", "ADD"}:
            for mark in _HEREDOC.finditer(found[2] or ""):
                body: list[str] = []
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
        yield Instruction(name, (found[2] or "").strip(), start + 1, tuple(documents))
