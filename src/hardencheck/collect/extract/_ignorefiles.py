"""Patterns of a .dockerignore, as the builder reads them. Linear in path and pattern: both may be hostile."""

import posixpath
from functools import lru_cache
from typing import NamedTuple

MAX_PATTERNS = 5_000
MAX_LENGTH = 1_000


class Patterns:
    """The last pattern that matches a path or a directory above it decides; "!" brings it back.

    Unlike in .gitignore every pattern starts at the root of the context, and `**` stands for any directories.
    Source: Docker documentation, "Build context", section .dockerignore files (Go's filepath.Match).
    """

    def __init__(self, text: str) -> None:
        self._rules: list[tuple[bool, tuple[str, ...]]] = []
        for raw in text.splitlines()[:MAX_PATTERNS]:
            line = raw.strip()
            if not line or raw.startswith("#"):
                continue
            back = line.startswith("!")
            pattern = posixpath.normpath(line[1:].strip() if back else line).lstrip("/")
            if pattern not in {"", "."} and len(pattern) <= MAX_LENGTH:
                self._rules.append((back, _segments(pattern)))

    def excludes(self, path: str) -> bool:
        parts = path.split("/")[:100]
        excluded = False
        for back, segments in self._rules:
            if excluded is back and _matches(segments, parts):
                excluded = not back
        return excluded


def _segments(pattern: str) -> tuple[str, ...]:
    """`**.pyc` reaches into directories too; `a**` and `a**b` say no more than `a*` and `a*b` do to what is above."""
    found: list[str] = []
    for segment in pattern.split("/"):
        if segment == "**" or segment.startswith("**"):
            if found[-1:] != ["**"]:
                found.append("**")
            segment = f"*{segment.lstrip('*')}" if segment.strip("*") else ""
        if segment:
            found.append(segment)
    return tuple(found)


def _matches(segments: tuple[str, ...], parts: list[str]) -> bool:
    """Whether the segments match the first n parts for any n of at least one: the path or a directory above it."""
    reached = {0}  # how many parts the segments so far can have used up
    for segment in segments:
        if segment == "**":
            reached = set(range(min(reached), len(parts) + 1)) if reached else set()
        else:
            reached = {at + 1 for at in reached if at < len(parts) and _glob(segment, parts[at])}
        if not reached:
            return False
    return max(reached) >= 1


class _Set(NamedTuple):
    negated: bool
    ranges: tuple[tuple[str, str], ...]


@lru_cache(maxsize=4096)
def _tokens(pattern: str) -> tuple[str | _Set | None, ...]:
    """Of each token: a character, a set, "" for any one character, None for any number of them."""
    found: list[str | _Set | None] = []
    position = 0
    while position < len(pattern):
        char = pattern[position]
        position += 1
        if char == "*":
            if found[-1:] != [None]:
                found.append(None)
        elif char == "?":
            found.append("")
        elif char == "\\" and position < len(pattern):
            found.append(pattern[position])
            position += 1
        elif char == "[" and (end := pattern.find("]", position + 1)) > 0:
            inside = pattern[position:end]
            negated = inside.startswith("^")
            found.append(_Set(negated, tuple(_ranges(inside[negated:]))))
            position = end + 1
        else:
            found.append(char)
    return tuple(found)


def _ranges(inside: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    position = 0
    while position < len(inside):
        if inside[position + 1 : position + 2] == "-" and position + 2 < len(inside):
            found.append((inside[position], inside[position + 2]))
            position += 3
        else:
            found.append((inside[position], inside[position]))
            position += 1
    return found


def _glob(pattern: str, text: str) -> bool:
    """One path segment against a pattern, going back only to the last star."""
    tokens = _tokens(pattern)
    at = token = 0
    star, resume = -1, 0
    while at < len(text):
        if token < len(tokens) and tokens[token] is None:
            star, resume = token, at
            token += 1
        elif token < len(tokens) and _one(tokens[token], text[at]):
            token += 1
            at += 1
        elif star >= 0:
            resume += 1
            token, at = star + 1, resume
        else:
            return False
    return all(rest is None for rest in tokens[token:])


def _one(token: str | _Set | None, char: str) -> bool:
    if isinstance(token, _Set):
        return any(low <= char <= high for low, high in token.ranges) is not token.negated
    return token == "" or token == char
