"""Texts of proxies' configurations that may be templates: read as they are, and without the branches of each `else`
where only one of them can be there."""

from collections.abc import Callable
from typing import NamedTuple

from hardencheck.collect.contract import Unreadable
from hardencheck.collect.extract._templates import Plain, plain
from hardencheck.model.facts.proxies import Directive

MAX_BYTES = 1_000_000
MAX_DEPTH = 30
Conditional = Callable[[int], bool]


def always(line: int) -> bool:
    """For a text that is no template: no line of it may be missing."""
    return False


class Format(NamedTuple):
    """called: for people, "a Caddyfile". directives: reads a text; its second argument says of which lines a template
    may leave out. include, alone: as `plain` takes them; variables: its `shell`."""

    called: str
    directives: Callable[[str, Conditional], list[Directive]]
    include: str
    alone: str = ""
    variables: bool = False

    def read(self, data: bytes) -> tuple[tuple[Directive, ...], bool]:
        """The directives, and whether the text is a template. Raises Unreadable."""
        if len(data) > MAX_BYTES:
            raise Unreadable(f"{len(data)} bytes: too large for {self.called}")
        text = data.decode("utf-8-sig", "replace")
        first = self._plain(text, branches=True)
        try:
            return tuple(self.directives(first.text, first.conditional)), first.templated
        except Unreadable:
            if not first.templated:
                raise
        second = self._plain(text, branches=False)
        return tuple(self.directives(second.text, second.conditional)), True

    def _plain(self, text: str, *, branches: bool) -> Plain:
        return plain(text, shell=self.variables, include=self.include, alone=self.alone, branches=branches)
