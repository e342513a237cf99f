"""Newer Python in the words of 3.11, so that code written for a newer Python is read whichever one runs this.

PEP 758 (`except A, B:`), PEP 695 and 696 (`def f[T](x)`, `class C[T]:`, `type X = ...`), PEP 750 (`t"..."`, read as an
f-string). Lines keep their numbers; columns on a changed line move. What is left (an f-string inside an f-string with
the same quotes, PEP 701) stays unreadable.
"""

import io
import tokenize
from collections.abc import Iterator
from typing import NamedTuple

_TEMPLATES = frozenset({"t", "T", "rt", "tr", "Rt", "tR", "rT", "Tr", "RT", "TR"})
_BLANK = frozenset({tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING})
MAX_TOKENS = 200  # of one list of exceptions or type parameters: hostile text must not take n * n steps
_Place = tuple[int, int]


class _Edit(NamedTuple):
    start: _Place
    end: _Place
    text: str


def downgraded(data: bytes) -> str | None:
    """The text with newer grammar written the old way; None where there is nothing of the kind to change."""
    try:
        tokens = [token for token in tokenize.tokenize(io.BytesIO(data).readline) if token.type not in _BLANK]
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        lines = io.StringIO(data.decode(encoding), newline=None).readlines()
    except (tokenize.TokenError, SyntaxError, UnicodeDecodeError, LookupError):
        return None
    edits = list(_edits(tokens))
    if not edits:
        return None
    for edit in sorted(edits, reverse=True):
        (first, column), (last, end) = edit.start, edit.end
        if last > len(lines):
            return None
        before, after = lines[first - 1][:column], lines[last - 1][end:]
        if first == last:
            lines[first - 1] = f"{before}{edit.text}{after}"
        else:  # what goes went over several lines: backslashes join them, and the lines below keep their numbers
            lines[first - 1 : last] = [f"{before}{edit.text}\\\n", *["\\\n"] * (last - first - 1), after]
    return "".join(lines)


def _edits(tokens: list[tokenize.TokenInfo]) -> Iterator[_Edit]:
    at_start = True
    for index, token in enumerate(tokens):
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        if following is None:
            return
        if token.string in _TEMPLATES and following.type == tokenize.STRING and token.end == following.start:
            yield _Edit(token.start, token.end, token.string.replace("t", "f").replace("T", "F"))
        elif token.string in {"def", "class"} and token.type == tokenize.NAME and index + 2 < len(tokens):
            yield from _parameters(tokens, index + 2)
        elif at_start and token.string == "except":
            yield from _exceptions(tokens, index + 1)
        elif at_start and token.string == "type" and following.type == tokenize.NAME and index + 2 < len(tokens):
            if tokens[index + 2].string in {"=", "["} and following.string not in {"in", "is", "and", "or", "if"}:
                yield _Edit(token.start, following.start, "")
                yield from _parameters(tokens, index + 2)
        at_start = token.type == tokenize.NEWLINE or token.string in {":", ";"}


def _parameters(tokens: list[tokenize.TokenInfo], index: int) -> Iterator[_Edit]:
    """The brackets at index, with all that is in them."""
    if tokens[index].string != "[":
        return
    close = _closing(tokens, index)
    if close is not None:
        yield _Edit(tokens[index].start, tokens[close].end, "")


def _closing(tokens: list[tokenize.TokenInfo], index: int) -> int | None:
    depth = 0
    for position in range(index, min(index + MAX_TOKENS, len(tokens))):
        token = tokens[position]
        if token.type == tokenize.OP:
            depth += (token.string in "([{") - (token.string in ")]}")
            if depth == 0:
                return position
    return None


def _exceptions(tokens: list[tokenize.TokenInfo], index: int) -> Iterator[_Edit]:
    """Parentheses around `A, B` of `except A, B:` or `except* A, B:`."""
    if tokens[index].string == "*":
        index += 1
    depth = 0
    comma = False
    for position in range(index, min(index + MAX_TOKENS, len(tokens))):
        token = tokens[position]
        if token.type == tokenize.NEWLINE or (token.string == "as" and depth == 0):
            return
        if token.type == tokenize.OP:
            if token.string == ":" and depth == 0:
                if comma and position > index:
                    yield _Edit(tokens[index].start, tokens[index].start, "(")
                    yield _Edit(token.start, token.start, ")")
                return
            comma = comma or (token.string == "," and depth == 0)
            depth += (token.string in "([{") - (token.string in ")]}")
