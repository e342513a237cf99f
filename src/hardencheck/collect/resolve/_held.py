"""Directives with the file they stand in, and which file an `include` means."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from fnmatch import fnmatchcase
from typing import NamedTuple, TypeVar

from hardencheck.model.facts import Fact
from hardencheck.model.facts.proxies import Directive
from hardencheck.model.location import Location

MAX_TEXT = 4096
F = TypeVar("F", bound=Fact)
T = TypeVar("T")


class Held(NamedTuple):
    """A directive with the file it stands in."""

    path: str
    directive: Directive

    @property
    def location(self) -> Location:
        return Location(path=self.path, line=self.directive.line)

    @property
    def args(self) -> tuple[str, ...]:
        return self.directive.args

    @property
    def name(self) -> str:
        return self.directive.name


def nested(path: str, directives: Iterable[Directive]) -> Iterator[Held]:
    """The directives, each before those in its block."""
    for one in directives:
        yield Held(path, one)
        yield from nested(path, one.block or ())


def including(pattern: str, path: str, known: Iterable[F]) -> list[F]:
    """Files that an include means: by the end of the path, since the prefix is one of the deployed machine."""
    parts = [part for part in pattern.split("/") if part not in {"", ".", ".."}]
    files = [file for file in known if file.location.path not in {None, path}]
    named = [file for file in files if any(fnmatchcase(name, pattern) for name in getattr(file, "names", ()))]
    for count in range(len(parts), 0, -1):
        tail = "/".join(parts[-count:])
        found = [
            file
            for file in files
            if fnmatchcase(file.location.path or "", tail) or fnmatchcase(file.location.path or "", f"*/{tail}")
        ]
        # "*.conf" alone would take every file there is.
        if found and not (count == 1 and tail.startswith("*")):
            return [*found, *(file for file in named if file not in found)]
    return named


def put_in(pattern: re.Pattern[str], text: str, value: Callable[[re.Match[str]], str]) -> str | None:
    """The text with what the matches stand for in their places; None where it grows beyond all use, as one does that
    is made of itself twice, again and again."""
    parts: list[str] = []
    at = size = 0
    for match in pattern.finditer(text):
        parts += (text[at : match.start()], value(match))
        at = match.end()
        size += len(parts[-2]) + len(parts[-1])
        if size > MAX_TEXT:
            return None
    return "".join((*parts, text[at:]))


def each_once(files: Sequence[F], walked: Callable[[F], tuple[list[T], AbstractSet[str]]]) -> list[T]:
    """What the files come to. walked: what one comes to by itself, and the paths of those that it includes.

    A file that another includes is read where it is included, with what holds there. In a ring of includes nobody is
    first: then the first by name is.
    """
    walks = {file.location.path or "": walked(file) for file in files}
    included = set().union(*(inner for _, inner in walks.values()))
    reached: set[str] = set()
    found: list[T] = []
    for path in sorted(walks, key=lambda path: (path in included, path)):
        if path not in reached:
            listed, inner = walks[path]
            found.extend(listed)
            reached |= {path, *inner}
    return found
