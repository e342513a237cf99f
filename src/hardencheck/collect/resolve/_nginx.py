"""The places of an nginx configuration where requests reach an application, with what holds there."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from hardencheck.collect.contract import Tree
from hardencheck.collect.extract._python import role
from hardencheck.collect.extract._templates import TEMPLATED
from hardencheck.collect.resolve._held import Held, each_once, including
from hardencheck.collect.resolve._routes import Doubt
from hardencheck.lazily import compiled
from hardencheck.model.facts.proxies import Directive, NginxFile
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location

PASSES = frozenset({"proxy_pass", "uwsgi_pass", "fastcgi_pass", "grpc_pass", "scgi_pass"})
# Files of distributions that set no limit and no response field.
_HARMLESS = compiled(
    r"(?:.*/)?(?:(?:proxy|uwsgi|fastcgi|scgi)_params|fastcgi\.conf|.*\.types|koi-utf|koi-win|win-utf|options-ssl-nginx\.conf"
    r"|snippets/(?:snakeoil|fastcgi-php)\.conf)|.*modules(?:-enabled)?/.*"
)
# What makes a location answer by itself. One with none of it, and an include that is not here, may hand on by that.
_ANSWERS = frozenset({
    "return", "root", "alias", "try_files", "rewrite", "stub_status", "deny", "autoindex", "empty_gif", "location",
    "error_page", "index", "expires",
})  # fmt: skip
MAX_INCLUDES = 200
_ROUND = "it includes itself, which nginx refuses"
_TOO_MANY = f"more than {MAX_INCLUDES} files are included, and the rest is not read"
_OTHER_PROXIES = compiled(
    r"haproxy[\w.-]{0,40}\.cfg|envoy[\w-]{0,40}\.ya?ml|lighttpd[\w-]{0,40}\.conf|[\w-]{1,40}\.vcl"
)


class Place(NamedTuple):
    """A server or location: the levels around it, outermost first, each with its own directives.

    proxied: it hands requests to an application. missing: includes that are not in the repository; each stands in its
    level too. server: the place of the server block that it is in. http: that of the http block, where the file is a
    whole configuration.
    """

    name: str
    where: Location
    levels: tuple[tuple[Held, ...], ...]
    proxied: bool
    missing: tuple[Held, ...]
    templated: bool
    server: Location | None = None
    http: Location | None = None


def files(facts: FactSet) -> tuple[list[NginxFile], list[Gap]]:
    """The configuration files for production, and those that could not be read."""
    found = [fact for fact in facts.of("nginx.file") if isinstance(fact, NginxFile) and fact.role == "production"]
    return found, [gap for gap in facts.gaps if "nginx.file" in gap.kinds]


def places(facts: FactSet) -> list[Place]:
    """Every server and location of every file, includes of the repository followed."""
    found, _ = files(facts)

    def walked(file: NginxFile) -> tuple[list[Place], set[str]]:
        walk = _Walk(found)
        return list(walk.file(file)), walk.included

    return each_once(found, walked)


class _Walk:
    def __init__(self, known: list[NginxFile]) -> None:
        self._known = known
        self.included: set[str] = set()
        self._count = 0

    def file(self, file: NginxFile) -> Iterator[Place]:
        path = file.location.path or ""
        own, missing = self._expand(path, file.directives, (path,))
        http = [held for held in own if held.directive.name == "http" and held.directive.block is not None]
        for held in http:
            for place in self._block(held, (), missing, file.templated):
                yield place._replace(http=held.location)
        rest = [held for held in own if held.directive.name not in {"http", "stream", "events"}]
        yield from self._servers(rest, (), missing, file.templated)
        alone = not http and not any(held.directive.name in {"server", "location", "upstream"} for held in rest)
        if alone and any(held.directive.name in PASSES for held in rest):
            yield Place(path, file.location, (tuple(rest),), True, tuple(missing), file.templated)

    def _expand(
        self, path: str, directives: tuple[Directive, ...], around: tuple[str, ...]
    ) -> tuple[list[Held], list[Held]]:
        """The directives of one level with those of included files in their place; includes that were not found."""
        own: list[Held] = []
        missing: list[Held] = []
        for directive in directives:
            if directive.name != "include" or not directive.args:
                own.append(Held(path, directive))
                if directive.name == TEMPLATED:
                    missing.append(own[-1])
                continue
            pattern = directive.args[0]
            targets = self._targets(pattern, path)
            if not targets:
                own.append(Held(path, directive))
                if not _HARMLESS.fullmatch(pattern):
                    missing.append(own[-1])
            for target in targets:
                inner = target.location.path or ""
                self._count += 1
                if inner in around or self._count > MAX_INCLUDES:
                    why = _ROUND if inner in around else _TOO_MANY
                    own.append(Held(path, msgspec.structs.replace(directive, args=(pattern, why))))
                    missing.append(own[-1])
                    continue
                self.included.add(inner)
                more, also = self._expand(inner, target.directives, (*around, inner))
                own.extend(more)
                missing.extend(also)
        return own, missing

    def _targets(self, pattern: str, path: str) -> list[NginxFile]:
        return including(pattern, path, self._known)

    def _block(
        self, held: Held, outer: tuple[tuple[Held, ...], ...], missing: list[Held], templated: bool
    ) -> Iterator[Place]:
        own, also = self._expand(held.path, held.directive.block or (), (held.path,))
        yield from self._servers(own, outer, [*missing, *also], templated)

    def _servers(
        self, own: list[Held], outer: tuple[tuple[Held, ...], ...], missing: list[Held], templated: bool
    ) -> Iterator[Place]:
        levels = (*outer, tuple(own))
        for held in own:
            if held.directive.name in {"server", "location"} and held.directive.block is not None:
                yield from self._place(held, levels, missing, templated)

    def _place(
        self,
        held: Held,
        outer: tuple[tuple[Held, ...], ...],
        missing: list[Held],
        templated: bool,
        server: Location | None = None,
    ) -> Iterator[Place]:
        own, also = self._expand(held.path, held.directive.block or (), (held.path,))
        everything = (*missing, *also)
        names = {inner.directive.name for inner in own}
        name = " ".join((held.directive.name, *held.directive.args))
        levels = (*outer, tuple(own))
        server = held.location if held.directive.name == "server" else server
        passes = bool(names & PASSES) or (name.startswith("location") and not names & _ANSWERS and any(absent(own)))
        passes = passes and not _returns(own)
        yield Place(name, held.location, levels, passes, everything, templated, server)
        answered = held.directive.name == "server" and _returns(own)
        for inner in own:
            if inner.directive.name == "location" and inner.directive.block is not None:
                if not answered or "".join(inner.directive.args).startswith("@"):
                    yield from self._place(inner, levels, list(everything), templated, server)
            elif inner.directive.name in {"if", "limit_except"} and inner.directive.block is not None:
                inside, more = self._expand(inner.path, inner.directive.block, (inner.path,))
                if any(one.directive.name in PASSES for one in inside):
                    within = (*levels, tuple(inside))
                    missed = (*everything, *more)
                    yield Place(inner.directive.name, inner.location, within, True, missed, templated, server)


def _returns(level: Iterable[Held]) -> bool:
    """Whether a level answers everything by itself. In a server `return` is asked before any location is looked for,
    but for a named one that an error page leads to."""
    return any(held.directive.name == "return" and not held.directive.conditional for held in level)


def innermost(place: Place, name: str) -> Held | None:
    """The directive that holds at a place: nginx takes the innermost level that has one."""
    for level in reversed(place.levels):
        for held in level:
            if held.directive.name == name:
                return held
    return None


def absent(level: Iterable[Held]) -> Iterator[Held]:
    """What a level takes from elsewhere, and is not in the repository."""
    for held in level:
        name = held.directive.name
        if name == TEMPLATED or (name == "include" and not _HARMLESS.fullmatch((held.directive.args or ("",))[0])):
            yield held


def why_absent(held: Held) -> Doubt:
    """Why a directive may be there that nobody sees."""
    if held.directive.name == TEMPLATED:
        return Doubt(held.location, "a template puts text in here", Reason.TEMPLATED)
    what = (held.directive.args or ("",))[0]
    if TEMPLATED in what:
        return Doubt(held.location, "a template says which file is included here", Reason.TEMPLATED)
    if held.directive.args[1:] in {(_ROUND,), (_TOO_MANY,)}:  # it is there, and is not read again
        return Doubt(held.location, f"it may be in {what[:80]}: {held.directive.args[1]}", Reason.BUDGET)
    if what.startswith("*"):
        return Doubt(held.location, f"it may be in what {what[:80]} names on the machine")
    return Doubt(held.location, f"it may be in {what[:80]}, which is not in the repository")


def innermost_or_doubt(place: Place, *names: str) -> tuple[Held | None, Doubt | None]:
    """The directive that holds, and why another may hold after all: the same one in the same level would be an error
    of nginx, but a level further in may take one from a file that is not here."""
    perhaps: Held | None = None
    for level in reversed(place.levels):
        held = next((held for held in level if held.directive.name in names), None)
        if held is not None:
            if perhaps is None and held.directive.conditional:
                text = f"{held.directive.name} stands in a condition of the template"
                return held, Doubt(held.location, text, Reason.TEMPLATED)
            return held, why_absent(perhaps) if perhaps is not None else None
        perhaps = next(absent(level), perhaps)
    return None, why_absent(perhaps) if perhaps is not None else None


def all_or_nothing(place: Place, name: str) -> tuple[list[Held], list[Doubt]]:
    """The directives of a kind of which a level with any of its own loses all inherited ones; what may add to them."""
    doubts: list[Doubt] = []
    for level in reversed(place.levels):
        own = [held for held in level if held.directive.name == name]
        doubts += [why_absent(held) for held in absent(level)]
        if own:
            return own, doubts
    return [], doubts


def other_proxy(tree: Tree) -> str:
    """The path of a proxy's configuration that nothing here reads; "" when there is none."""
    for path in tree.entries:
        if _OTHER_PROXIES.fullmatch(path.rpartition("/")[2].lower()) and role(path) == "production":
            return path
    return ""
