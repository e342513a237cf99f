"""What the terminal can show, and the line that says what is going on."""

import os
import shutil
import sys
import time
from collections.abc import Mapping
from typing import Literal, TextIO

SHAPES = "✗✓☐◈‼–·…"
_EVERY = 0.1
_AFTER = 0.5

Color = Literal["auto", "always", "never"]


def wants_color(choice: Color, stream: TextIO | None, environment: Mapping[str, str] = os.environ) -> bool:
    """NO_COLOR (any value but empty) and FORCE_COLOR count only under "auto". Source: no-color.org, force-color.org."""
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return is_terminal(stream) and environment.get("TERM") != "dumb"


def is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def speaks_unicode(stream: TextIO | None) -> bool:
    try:
        SHAPES.encode((stream.encoding if stream is not None else None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def width(stream: TextIO | None) -> int:
    """Columns of a terminal; 0, no wrapping, for anything else."""
    return shutil.get_terminal_size((100, 24)).columns if is_terminal(stream) else 0


class Progress:
    """One line on standard error that is gone in the end. Silent in a pipe, in CI, and for work that is soon done."""

    def __init__(self, *, quiet: bool = False, environment: Mapping[str, str] = os.environ) -> None:
        self._stream = sys.stderr
        self._on = (
            not quiet and is_terminal(self._stream) and environment.get("TERM") != "dumb" and not environment.get("CI")
        )
        self._next = time.monotonic() + _AFTER
        self._shown = False

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if not self._on or now < self._next:
            return
        self._next = now + _EVERY
        self._shown = True
        from hardencheck.collect.secrets.names import masked

        what = masked(what)
        count = f" {done:,} of {total:,}" if total else ""
        columns = shutil.get_terminal_size((80, 24)).columns
        self._write(f"\r\x1b[K{f'{what}{count}'[: columns - 1]}")

    def clear(self) -> None:
        if self._shown:
            self._write("\r\x1b[K")
            self._shown = False

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, UnicodeEncodeError):
            self._on = False
