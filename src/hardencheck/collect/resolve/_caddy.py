"""The sites of a Caddyfile: snippets and files that are imported, the environment, and the global options.

Source: Caddy documentation, "Caddyfile Concepts", "import (Caddyfile directive)", "Global options".
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from msgspec.structs import replace

from hardencheck.collect.extract._templates import TEMPLATED
from hardencheck.collect.resolve._held import Held, each_once, including, put_in
from hardencheck.collect.resolve._routes import Doubt
from hardencheck.lazily import compiled
from hardencheck.model.facts.proxies import CaddyFile, Directive
from hardencheck.model.gap import FactSet, Reason
from hardencheck.model.location import Location

_ENVIRONMENT = compiled(r"\{\$([^{}:\n]{1,99})(?::([^{}\n]{0,200}))?\}")
_ARGUMENT = compiled(r"\{args(?:\.|\[)(\d{1,3})\]?\}")
_ALL = compiled(r"\{args\[(\d{0,3}):(\d{0,3})\]\}")
_MAX_EXPANDED = 20_000
_MAX_ARGUMENTS = 2_000
_MAX_DEPTH = 20


class Level(NamedTuple):
    """Directives of a block in one file, with what was put in their places. A nested block is expanded already."""

    held: Held
    block: "tuple[Level, ...] | None"

    @property
    def name(self) -> str:
        return self.held.directive.name

    @property
    def args(self) -> tuple[str, ...]:
        return self.held.directive.args

    @property
    def where(self) -> Location:
        return self.held.location

    def inside(self, *names: str) -> "list[Level]":
        return [level for level in self.block or () if level.name in names]


class Site(NamedTuple):
    where: Location
    addresses: tuple[str, ...]
    block: tuple[Level, ...]
    options: tuple[Level, ...]
    doubts: tuple[Doubt, ...]
    templated: bool


def files(facts: FactSet) -> list[CaddyFile]:
    """The Caddyfiles for production."""
    return [fact for fact in facts.of("caddy.file") if isinstance(fact, CaddyFile) and fact.role == "production"]


def sites(facts: FactSet) -> list[Site]:
    known = files(facts)

    def walked(file: CaddyFile) -> tuple[list[Site], set[str]]:
        walk = _Expansion(known)
        return list(walk.sites(file)), walk.included

    return each_once(known, walked)


def options(facts: FactSet) -> Iterator[tuple[CaddyFile, tuple[Level, ...], Location]]:
    """The global options of each file, and where they begin."""
    known = files(facts)
    for file in known:
        for directive in file.directives:
            if directive.name == "{global}":
                path = file.location.path or ""
                block = tuple(_Expansion(known).level(path, directive.block or (), (), (path,)))
                yield file, block, Held(path, directive).location


class _Expansion:
    def __init__(self, known: list[CaddyFile]) -> None:
        self._known = known
        self._snippets: dict[str, Held] = {}
        self.included: set[str] = set()
        self.doubts: list[Doubt] = []
        self._count = 0

    def sites(self, file: CaddyFile) -> Iterator[Site]:
        path = file.location.path or ""
        top = list(self._top(path, file.directives, (path,)))
        options: tuple[Level, ...] = ()
        for held in top:
            if held.directive.name == "{global}":
                options = tuple(self.level(held.path, held.directive.block or (), (), (held.path,)))
        for held in top:
            if held.directive.name == "{site}":
                before = len(self.doubts)
                block = tuple(self.level(held.path, held.directive.block or (), (), (held.path,)))
                addresses = tuple(
                    part.strip() for word in held.directive.args for part in filled(word).split(",") if part.strip()
                )
                yield Site(held.location, addresses, block, options, tuple(self.doubts), file.templated)
                del self.doubts[before:]

    def _top(self, path: str, directives: Iterable[Directive], around: tuple[str, ...]) -> Iterator[Held]:
        for directive in directives:
            held = Held(path, directive)
            if directive.name == "{snippet}" and directive.args:
                self._snippets.setdefault(directive.args[0], held)
            elif directive.name == "import" and directive.args:
                for inner, file in self._files(held, around):
                    yield from self._top(inner, file.directives, (*around, inner))
            else:
                yield held

    def _files(self, held: Held, around: tuple[str, ...]) -> Iterator[tuple[str, CaddyFile]]:
        pattern = filled(held.args[0])
        targets = [] if TEMPLATED in pattern else including(pattern, held.path, self._known)
        if not targets:
            text = f"it may be in {pattern[:80]}, which is not in the repository"
            self.doubts.append(Doubt(held.location, text))
        for target in targets:
            inner = target.location.path or ""
            if inner in around or len(around) > _MAX_DEPTH:
                continue
            self.included.add(inner)
            yield inner, target

    def level(
        self,
        path: str,
        directives: Iterable[Directive],
        given: tuple[str, ...],
        around: tuple[str, ...],
        perhaps: bool = False,
    ) -> Iterator[Level]:
        """The directives of a block with imports in their places. given: the arguments of the snippet around."""
        for directive in directives:
            args = tuple(islice(_spread(directive.args, given), _MAX_ARGUMENTS + 1))
            self._count += 1
            if self._count > _MAX_EXPANDED or len(args) > _MAX_ARGUMENTS:
                text = f"more than {_MAX_EXPANDED} directives come of what is imported: the rest is not read"
                self.doubts.append(Doubt(Location(path=path), text, Reason.BUDGET))
                return
            if directive.name == "import" and args:
                yield from self._import(Held(path, replace(directive, args=args)), around, perhaps)
                continue
            name = directive.name
            if "{" in name and name not in {"{site}", "{snippet}", "{global}"}:
                name = next(iter(_spread((name,), given)), name)
            made = replace(directive, name=name, args=args, block=None, conditional=directive.conditional or perhaps)
            block = None
            if directive.block is not None:
                block = tuple(self.level(path, directive.block, given, around, perhaps))
            yield Level(Held(path, made), block)

    def _import(self, held: Held, around: tuple[str, ...], perhaps: bool) -> Iterator[Level]:
        perhaps = perhaps or held.directive.conditional
        name = held.args[0]
        snippet = self._snippets.get(name)
        if snippet is not None:
            if f"({name})" in around or len(around) > _MAX_DEPTH:
                return
            block = snippet.directive.block or ()
            yield from self.level(snippet.path, block, held.args[1:], (*around, f"({name})"), perhaps)
            return
        for inner, file in self._files(held, around):
            yield from self.level(inner, _alone(file.directives), held.args[1:], (*around, inner), perhaps)


def _alone(directives: Iterable[Directive]) -> Iterator[Directive]:
    """The directives of a file that is imported into a site: what reads like a site is one directive, and the rest."""
    for directive in directives:
        if directive.name == "{site}" and directive.args:
            yield replace(directive, name=directive.args[0], args=directive.args[1:], block=None)
            yield from directive.block or ()
        else:
            yield directive


def filled(text: str) -> str:
    """The text with the defaults of the environment variables that it names; one without is TEMPLATED."""
    return _ENVIRONMENT.sub(lambda match: match[2] if match[2] is not None else TEMPLATED, text)


def _spread(words: tuple[str, ...], given: tuple[str, ...]) -> Iterator[str]:
    for word in words:
        every = _ALL.fullmatch(word)
        if every is not None:
            yield from given[int(every[1] or 0) : int(every[2]) if every[2] else None]
            continue

        def put(match: re.Match[str]) -> str:
            number = int(match[1])
            return given[number] if number < len(given) else TEMPLATED

        filled_in = put_in(_ARGUMENT, word, put)
        yield TEMPLATED if filled_in is None else filled_in


def unknown(what: str, text: str, where: Location) -> Doubt:
    if TEMPLATED in filled(text):
        return Doubt(where, f"{what} is a placeholder", Reason.TEMPLATED)
    return Doubt(where, f"{what} is {text[:40]!r}", Reason.NOT_LITERAL)
