"""Which line of a TOML text a key stands on. tomllib keeps no positions, and they are needed only for a message."""

import re
import tomllib
from collections.abc import Iterator
from typing import NamedTuple

Path = tuple[str | int, ...]

_SPACE = re.compile(r"[ \t]*")
_BETWEEN = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}' + r"|'''.*?'{3,5}" + r'|"(?:[^"\\\n]|\\.)*"' + r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\r\n]*")


class _Open(NamedTuple):
    """A bracket that is not closed yet: where its elements belong."""

    bracket: str
    path: Path


def positions(text: str) -> dict[Path, int]:
    """Line (from 1) by path of every key, table and element: ("waiver", 0, "reason").

    `text` must be TOML that tomllib has accepted; of anything else as much as can be followed.
    """
    found: dict[Path, int] = {}
    try:
        for path, line in _Scanner(text).scan():
            for end in range(1, len(path) + 1):
                found.setdefault(path[:end], line)
    except (_Lost, tomllib.TOMLDecodeError):
        pass  # a line more or less in a message is no reason to fail
    return found


def line_of(found: dict[Path, int], path: Path) -> int | None:
    """The line of a path, or of the nearest thing that holds it."""
    for end in range(len(path), 0, -1):
        if path[:end] in found:
            return found[path[:end]]
    return None


class _Lost(Exception):
    pass


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._line, self._counted = 1, 0
        self._arrays: dict[Path, int] = {}

    def _here(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            raise _Lost
        self._at = match.end()
        return match[0]

    def _peek(self, what: str) -> bool:
        return self._text.startswith(what, self._at)

    def _take(self, what: str) -> None:
        if not self._peek(what):
            raise _Lost
        self._at += len(what)

    def _keys(self) -> list[str]:
        keys: list[str] = []
        while True:
            self._skip(_SPACE)
            if self._peek('"') or self._peek("'"):
                word = self._skip(_STRING)
                keys.append(str(tomllib.loads(f"x = {word}")["x"]))
            else:
                keys.append(self._skip(_BARE))
            self._skip(_SPACE)
            if not self._peek("."):
                return keys
            self._at += 1

    def _resolved(self, keys: list[str]) -> Path:
        path: Path = ()
        for key in keys:
            path = (*path, key)
            if path in self._arrays:
                path = (*path, self._arrays[path])
        return path

    def scan(self) -> Iterator[tuple[Path, int]]:
        prefix: Path = ()
        while True:
            self._skip(_BETWEEN)
            if self._at >= len(self._text):
                return
            line = self._here()
            if self._peek("[["):
                self._at += 2
                keys = self._keys()
                self._take("]]")
                array = (*self._resolved(keys[:-1]), keys[-1])
                self._arrays[array] = self._arrays.get(array, -1) + 1
                prefix = (*array, self._arrays[array])
                yield prefix, line
            elif self._peek("["):
                self._at += 1
                prefix = self._resolved(self._keys())
                self._take("]")
                yield prefix, line
            else:
                path = (*prefix, *self._keys())
                yield path, line
                self._take("=")
                yield from self._value(path)

    def _value(self, path: Path) -> Iterator[tuple[Path, int]]:
        """Everything of one value, without recursion: nesting is the target's choice."""
        waiting: list[_Open] = []
        counts: dict[int, int] = {}
        self._skip(_SPACE)
        while True:
            opened = self._peek("[") or self._peek("{")
            if opened:
                waiting.append(_Open(self._text[self._at], path))
                counts[len(waiting)] = 0
                self._at += 1
            else:
                self._skip(_STRING if self._peek('"') or self._peek("'") else _SCALAR)
            another = opened
            while waiting:  # to the next element, or out of what ends here
                self._skip(_BETWEEN)
                if self._peek(","):
                    self._at += 1
                    another = True
                elif self._peek("]") or self._peek("}"):
                    self._at += 1
                    waiting.pop()
                    another = False
                elif another and self._at < len(self._text):
                    break
                else:
                    raise _Lost
            if not waiting:
                return
            top = waiting[-1]
            line = self._here()
            if top.bracket == "{":
                path = (*top.path, *self._keys())
                self._take("=")
                self._skip(_SPACE)
            else:
                path = (*top.path, counts[len(waiting)])
                counts[len(waiting)] += 1
            yield path, line
