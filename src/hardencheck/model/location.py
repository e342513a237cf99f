"""Where something is."""

from typing import Self

import msgspec


class Location(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place in the audited repository or on the audited URL; never an absolute path of this machine.

    `path` uses "/" and is relative to the repository root; bytes that are not UTF-8 appear as ``\\xNN``.
    `line`, `end_line` and `column` count from 1. At most one of `path` and `url` is set; neither means
    the target as a whole. The query string of `url` is dropped by collectors: it may hold credentials.
    """

    path: str | None = None
    url: str | None = None
    line: int | None = None
    end_line: int | None = None
    column: int | None = None

    def at(self, line: int | None) -> Self:
        """The same file at another line."""
        return msgspec.structs.replace(self, line=line, end_line=None, column=None)

    @property
    def order(self) -> tuple[str, str, int, int]:
        """A key to sort by: the target as a whole first, then URLs, then paths, each by line and column."""
        return (self.path or "", self.url or "", self.line or 0, self.column or 0)

    def __str__(self) -> str:
        place = self.path if self.path is not None else self.url
        if place is None:
            return "(target)"
        return place if self.line is None else f"{place}:{self.line}"
