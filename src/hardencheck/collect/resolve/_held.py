"""Directives with the file they stand in, and which file an `include` means."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import NamedTuple, TypeVar

from hardencheck.model.facts import Fact
from hardencheck.model.facts.proxies import Directive
from hardencheck.model.location import Location

F = TypeVar("F", bound=Fact)


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


def including(pattern: str, path: str, known: Iterable[F]) -> list[F]:
    """Files that an include means: by the end of the path, since the prefix is one of the deployed machine."""
    parts = [part for part in pattern.split("/") if part not in {"", ".", ".."}]
    files = [file for file in known if file.location.path not in {None, path}]
    for count in range(len(parts), 0, -1):
        tail = "/".join(parts[-count:])
        found = [
            file
            for file in files
            if fnmatchcase(file.location.path or "", tail) or fnmatchcase(file.location.path or "", f"*/{tail}")
        ]
        # "*.conf" alone would take every file there is.
        if found and not (count == 1 and tail.startswith("*")):
            return found
    return []
