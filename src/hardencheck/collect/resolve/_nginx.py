"""The places of an nginx configuration where requests reach an application, with what holds there."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

from hardencheck.collect.contract import Tree
from hardencheck.collect.extract._python import role
from hardencheck.lazily import compiled
from hardencheck.model.facts.uploads import Directive, NginxFile
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location

PASSES = frozenset({"proxy_pass", "uwsgi_pass", "fastcgi_pass", "grpc_pass"})
_HARMLESS = compiled(
    r"(?:.*/)?(?:mime\.types|(?:proxy|uwsgi|fastcgi|scgi)_params|fastcgi\.conf|modules-enabled/.*|.*\.types)"
)
_SIZE = compiled(r"(\d{1,15})([kKmMgG]?)")
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
DEFAULT_BODY = 1 << 20
MAX_INCLUDES = 200
_OTHER_PROXIES = compiled(
    r"caddyfile(?:\.[\w-]{1,40})?|[\w.-]{0,60}\.caddy(?:file)?|traefik[\w.-]{0,40}\.(?:ya?ml|toml)|haproxy[\w.-]{0,40}\.cfg"
    r"|(?:httpd|apache2?)[\w-]{0,40}\.conf|envoy[\w-]{0,40}\.ya?ml"
)


class Held(NamedTuple):
    """A directive with the file it stands in."""

    path: str
    directive: Directive

    @property
    def location(self) -> Location:
        return Location(path=self.path, line=self.directive.line)


class Place(NamedTuple):
    """A server or location: the levels around it, outermost first, each with its own directives.

    proxied: it hands requests to an application. missing: includes that are not in the repository.
    """

    name: str
    where: Location
    levels: tuple[tuple[Held, ...], ...]
    proxied: bool
    missing: tuple[Held, ...]
    templated: bool


def parse_size(text: str) -> int | None:
    """Bytes in an nginx size such as "8m"; None for "0", which lifts the limit.

    k, m and g are powers of 1024, either case; no suffix means bytes. Raises ValueError for anything else.
    Source: nginx manual, "Configuration file measurement units".
    """
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return int(match[1]) * _UNITS[match[2].lower()] or None


def files(facts: FactSet) -> tuple[list[NginxFile], list[Gap]]:
    """The configuration files for production, and those that could not be read."""
    found = [fact for fact in facts.of("nginx.file") if isinstance(fact, NginxFile) and fact.role == "production"]
    return found, [gap for gap in facts.gaps if "nginx.file" in gap.kinds]


def places(facts: FactSet) -> list[Place]:
    """Every server and location of every file, includes of the repository followed."""
    found, _ = files(facts)
    walks: dict[str, tuple[list[Place], set[str]]] = {}
    for file in found:
        walk = _Walk(found)
        walks[file.location.path or ""] = (list(walk.file(file)), walk.included)
    included = set().union(*(inner for _, inner in walks.values()))
    # A file that another includes is read where it is included, with what holds there. In a ring of includes
    # nobody is first: then the first by name is.
    reached: set[str] = set()
    places_: list[Place] = []
    for path in sorted(walks, key=lambda path: (path in included, path)):
        if path not in reached:
            listed, inner = walks[path]
            places_.extend(listed)
            reached |= {path, *inner}
    return places_


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
            yield from self._block(held, (), missing, file.templated)
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
                continue
            pattern = directive.args[0]
            if _HARMLESS.fullmatch(pattern):
                own.append(Held(path, directive))  # sets request headers and types, no limits and no response headers
                continue
            targets = self._targets(pattern, path)
            if not targets:
                missing.append(Held(path, directive))
            for target in targets:
                inner = target.location.path or ""
                self._count += 1
                if inner in around or self._count > MAX_INCLUDES:
                    missing.append(Held(path, directive))
                    continue
                self.included.add(inner)
                more, also = self._expand(inner, target.directives, (*around, inner))
                own.extend(more)
                missing.extend(also)
        return own, missing

    def _targets(self, pattern: str, path: str) -> list[NginxFile]:
        """Files that an include means: by the end of the path, since the prefix is one of the deployed machine."""
        parts = [part for part in pattern.split("/") if part not in {"", ".", ".."}]
        for count in range(len(parts), 0, -1):
            tail = "/".join(parts[-count:])
            found = [
                file
                for file in self._known
                if file.location.path not in {None, path}
                and (fnmatchcase(file.location.path or "", tail) or fnmatchcase(file.location.path or "", f"*/{tail}"))
            ]
            # "*.conf" alone would take every file there is.
            if found and not (count == 1 and tail.startswith("*")):
                return found
        return []

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
        self, held: Held, outer: tuple[tuple[Held, ...], ...], missing: list[Held], templated: bool
    ) -> Iterator[Place]:
        own, also = self._expand(held.path, held.directive.block or (), (held.path,))
        everything = (*missing, *also)
        names = {inner.directive.name for inner in own}
        name = " ".join((held.directive.name, *held.directive.args))
        levels = (*outer, tuple(own))
        yield Place(name, held.location, levels, bool(names & PASSES), everything, templated)
        for inner in own:
            if inner.directive.name == "location" and inner.directive.block is not None:
                yield from self._place(inner, levels, list(everything), templated)
            elif inner.directive.name == "if" and inner.directive.block is not None:
                inside, more = self._expand(inner.path, inner.directive.block, (inner.path,))
                passes = any(one.directive.name in PASSES for one in inside)
                if passes:
                    yield Place("if", inner.location, (*levels, tuple(inside)), True, (*everything, *more), templated)


def innermost(place: Place, name: str) -> Held | None:
    """The directive that holds at a place: nginx takes the innermost level that has one."""
    for level in reversed(place.levels):
        for held in level:
            if held.directive.name == name:
                return held
    return None


def headers(place: Place) -> list[Held]:
    """The add_header directives that hold at a place: a level with any of its own loses all inherited ones."""
    for level in reversed(place.levels):
        own = [held for held in level if held.directive.name == "add_header"]
        if own:
            return own
    return []


def inherits_otherwise(place: Place) -> Held | None:
    """add_header_inherit (1.29.3) or more_set_headers, whose rules are others; None when there is none."""
    for level in place.levels:
        for held in level:
            if held.directive.name in {"add_header_inherit", "more_set_headers"}:
                return held
    return None


class Limit(NamedTuple):
    """client_max_body_size at a place. known: else text says why not. default: nowhere set."""

    known: bool
    max_bytes: int | None
    where: Location
    default: bool = False
    reason: Reason = Reason.DYNAMIC
    text: str = ""


def body_limit(place: Place) -> Limit:
    held = innermost(place, "client_max_body_size")
    if held is None:
        if place.missing:
            first = place.missing[0]
            text = f"client_max_body_size may be in {first.directive.args[0]}, which is not in the repository"
            return Limit(False, None, first.location, text=text)
        return Limit(True, DEFAULT_BODY, place.where, default=True)
    text = held.directive.args[0] if held.directive.args else ""
    try:
        return Limit(True, parse_size(text), held.location)
    except ValueError:
        templated = "__templated__" in text
        reason = Reason.TEMPLATED if templated else Reason.NOT_LITERAL
        shown = "a placeholder" if templated else f"{text[:40]!r}"
        return Limit(False, None, held.location, reason=reason, text=f"client_max_body_size is {shown}")


def sets_header(place: Place, name: str) -> bool | None:
    """Whether a request header is set by the proxy: a level with any proxy_set_header loses all inherited ones.

    None when an include that is not in the repository may do it.
    """
    for level in reversed(place.levels):
        own = [held for held in level if held.directive.name == "proxy_set_header"]
        if any(held.directive.args and held.directive.args[0].lower() == name for held in own):
            return True
        if any(held.directive.name == "include" for held in level) or place.missing:
            return None
        if own:
            return False
    return False


def other_proxy(tree: Tree) -> str:
    """The path of a proxy's configuration that nothing here reads; "" when there is none."""
    for path in tree.entries:
        if _OTHER_PROXIES.fullmatch(path.rpartition("/")[2].lower()) and role(path) == "production":
            return path
    return ""
