"""A shell script as its statements, with the line each starts on and the here-documents it is given."""

from collections.abc import Iterator
from typing import NamedTuple

from hardencheck.lazily import compiled

MAX_STATEMENTS = 20_000
_MOST_LINES = 400  # of one statement: a quote that nobody closed would take the rest of the file
_MOST_UNCLOSED = 50
_HEREDOC = compiled(r"<<-?[ \t]{0,9}(?P<quote>[\"']?)\\?(?P<name>[A-Za-z_]\w{0,60})(?P=quote)")


class ScriptStatement(NamedTuple):
    """text: one line, or as many as its quotes and backslashes hold together. documents: bodies of <<NAME."""

    text: str
    line: int
    documents: tuple[str, ...] = ()


def script_statements(text: str) -> Iterator[ScriptStatement]:
    """The statements in order. Comments are left out; `;` and `&&` stay inside: `_shell.commands` splits those."""
    lines = text.splitlines()
    last = {line.strip(): at for at, line in enumerate(lines)} if "<<" in text else {}
    number = count = unclosed = 0
    while number < len(lines) and count < MAX_STATEMENTS:
        start = number
        parts, number, whole = _joined(lines, number, 1 if unclosed >= _MOST_UNCLOSED else _MOST_LINES)
        unclosed += not whole
        written = "\n".join(parts)
        if not written.strip():
            continue
        documents: list[str] = []
        for mark in _HEREDOC.finditer(_bare(written)):
            if last.get(mark["name"], -1) < number:
                break  # it does not end: a shift in arithmetic, or no document at all
            body: list[str] = []
            while lines[number].strip() != mark["name"]:
                body.append(lines[number])
                number += 1
            number += 1
            documents.append("\n".join(body))
        count += 1
        yield ScriptStatement(written, start + 1, tuple(documents))


def _joined(lines: list[str], number: int, most: int) -> tuple[list[str], int, bool]:
    """(lines of the statement that starts here, the number of the line after it, whether its quotes are closed)."""
    quote = ""
    parts: list[str] = []
    at = number
    while at < len(lines) and at - number < most:
        kept, quote, more = _scanned(lines[at], quote)
        parts.append(kept)
        at += 1
        if not quote and not more:
            return parts, at, True
    if quote:  # an apostrophe in something that is no quote
        kept, _, _ = _scanned(lines[number], "")
        return [kept], number + 1, False
    return parts, at, True


def _scanned(line: str, quote: str) -> tuple[str, str, bool]:
    """(the line without its comment, the quote that is open at its end, whether a backslash ends it)."""
    position, end = 0, len(line)
    while position < end:
        char = line[position]
        if quote:
            if char == "\\" and quote == '"':
                position += 1
            elif char == quote:
                quote = ""
        elif char == "\\":
            if position == end - 1:
                return line, "", True
            position += 1
        elif char in "'\"":
            quote = char
        elif char == "#" and (position == 0 or line[position - 1] in " \t;"):
            return line[:position], "", False
        position += 1
    return line, quote, False


def _bare(text: str) -> str:
    """The text without what stands in quotes, but for the quotes around the name of a here-document."""
    if "<<" not in text:
        return ""
    out: list[str] = []
    quote = ""
    kept = False
    for position, char in enumerate(text):
        if kept:
            out.append(char)
            kept = char not in "'\""
        elif quote:
            if char == quote:
                quote = ""
        elif char in "'\"" and not _after_mark(text, position):
            quote = char
        else:
            out.append(char)
            kept = char in "'\""
    return "".join(out)


def _after_mark(text: str, position: int) -> bool:
    return text[max(0, position - 8) : position].rstrip(" \t-").endswith("<<")
