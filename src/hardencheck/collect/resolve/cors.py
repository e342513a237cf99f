"""Origin patterns that let in more than they look like, and the place of the middleware that answers with them."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.resolve._applications import applications, production_modules
from hardencheck.collect.resolve._built import built
from hardencheck.collect.resolve._cors import ANY
from hardencheck.collect.resolve._django import OTHER_MIDDLEWARE, Project, has_middleware, middleware, projects
from hardencheck.collect.resolve._follow import Bound, Files
from hardencheck.collect.resolve._parts import Part, around, of_call
from hardencheck.collect.resolve._sent_django import lines_of
from hardencheck.lazily import compiled
from hardencheck.model.facts.headers import CorsOrder, OriginPattern
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location

_DJANGO = ("CORS_ALLOWED_ORIGIN_REGEXES", "CORS_ORIGIN_REGEX_WHITELIST")
# What answers by itself, or changes what goes out: CorsMiddleware has to stand before it.
_ANSWERING = (
    "django.middleware.common.CommonMiddleware", "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.cache.FetchFromCacheMiddleware",
)  # fmt: skip
_REGEX = frozenset("*\\]?$^[()")
_DOT = compiled(r"(?<!\\)(?:\\\\)*\.(?![*+?{])")
_BEFORE = compiled(r"(?<!\\)(?:\\\\)*\.[*+]\??(?=[a-z0-9-])", 2)
_CLASS = compiled(r"\[[^\]]{0,200}\]")
_END = compiled(r"(?:\$|\\Z|\\z)\)*$")


class _How(NamedTuple):
    """anchored: the library compares the whole origin."""

    argument: str
    anchored: bool


_PARTS = {
    "CORSMiddleware": _How("allow_origin_regex", True), "CORSConfig": _How("allow_origin_regex", True),
    "CORS": _How("origins", False),
}  # fmt: skip


class CorsSettings(Resolver):
    """django-cors-headers, Starlette, Litestar and Flask-CORS."""

    name = "cors.settings"
    emits = (OriginPattern, CorsOrder)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        found, _ = projects(facts, tree)
        for project in found:
            if has_middleware(project, OTHER_MIDDLEWARE["cors"]):
                yield from _of_django(project, tree)
                yield from _order(project, tree)
        seen = built(facts, tree)
        reached: set[Location] = set()
        for app in applications(facts, "fastapi", "starlette", "litestar", "flask", "quart"):
            for part in around(app, seen):
                if part.location not in reached:
                    reached.add(part.location)
                    yield from _of_part(part, app.name)
        for module in production_modules(facts):
            path = module.location.path or ""
            for call in module.calls:
                if call.name in {".add_middleware", "flask_cors.CORS"} or call.name.endswith("middleware.Middleware"):
                    part = of_call(call, path, seen)
                    if part.location not in reached:
                        reached.add(part.location)
                        yield from _of_part(part, path)


def _of_django(project: Project, tree: Tree) -> Iterator[OriginPattern]:
    for name in _DJANGO:
        bound = project.bound(name)
        if bound is None or bound.expression.what != "list":
            continue
        for written in bound.expression.items:
            where = _line(bound, written, tree)
            yield OriginPattern(
                location=where, application=project.application, setting=name, written=written,
                faults=tuple(faults(written, anchored=False)),
            )  # fmt: skip


def _line(bound: Bound, written: str, tree: Tree) -> Location:
    """The line of an item of a list, where it is spelled as such."""
    data = Files(tree).text(bound.path) or b""
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), start=1):
        if number >= bound.line and (written in line or written.replace("\\", "\\\\") in line):
            return Location(path=bound.path, line=number)
    return bound.location


def _of_part(part: Part, application: str) -> Iterator[OriginPattern]:
    how = _PARTS.get(part.name)
    bound = part.given.get(how.argument) if how is not None else None
    if how is None or bound is None:
        return
    expression = bound.expression
    texts: tuple[object, ...] = expression.items
    if expression.what == "scalar":
        texts = (expression.value,)
    for written in texts:
        if not isinstance(written, str) or written == "*" or written in ANY:
            continue
        if how.argument == "origins" and _REGEX.isdisjoint(written):
            continue  # a plain origin
        yield OriginPattern(
            location=bound.location, application=application, setting=f"{part.name}.{how.argument}", written=written,
            faults=tuple(faults(written, anchored=how.anchored)),
        )  # fmt: skip


def faults(pattern: str, *, anchored: bool) -> Iterator[str]:
    """What an expression lets in besides what it names. anchored: the library compares the whole origin."""
    bare = _CLASS.sub("[]", pattern)
    if _DOT.search(bare):
        yield "an unescaped dot stands for any character"
    if _BEFORE.search(bare):
        yield "anything may stand before the name of the host"
    if not anchored and not _END.search(bare):
        yield "anything may follow: it has no $ at its end"


def _order(project: Project, tree: Tree) -> Iterator[CorsOrder]:
    items, maybe, _, where = middleware(project)
    cors = OTHER_MIDDLEWARE["cors"]
    if maybe or cors not in items:
        return
    above = [one for one in _ANSWERING if one in items[: items.index(cors)]]
    line = lines_of(project, tree).get(cors)
    here = Location(path=where.path, line=line) if line is not None else where
    yield CorsOrder(
        location=here,
        application=project.application,
        first=not above,
        before=above[0].rpartition(".")[2] if above else "",
    )
