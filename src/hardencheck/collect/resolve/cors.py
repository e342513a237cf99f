"""Origins that let in more than they look like, and the place of middleware that has to see every response."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.interpret.values import Const, Map, Seq, Value, truth
from hardencheck.collect.resolve._applications import applications, production_modules
from hardencheck.collect.resolve._built import built
from hardencheck.collect.resolve._cors import ANY
from hardencheck.collect.resolve._django import (
    OTHER_MIDDLEWARE,
    SECURITY,
    Project,
    has_middleware,
    middleware,
    projects,
    setting,
)
from hardencheck.collect.resolve._follow import Bound, Files
from hardencheck.collect.resolve._parts import Part, around, of_call
from hardencheck.collect.resolve._sent_django import lines_of
from hardencheck.lazily import compiled
from hardencheck.model.facts.headers import MiddlewareOrder, OriginPattern, RedirectExempt
from hardencheck.model.facts.settings import CorsPolicy
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location

_DJANGO = ("CORS_ALLOWED_ORIGIN_REGEXES", "CORS_ORIGIN_REGEX_WHITELIST")
_LISTS = ("CORS_ALLOWED_ORIGINS", "CORS_ORIGIN_WHITELIST")
_OWN = compiled(r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::\d{1,5})?", re.IGNORECASE)
# What answers by itself, or changes what goes out: CorsMiddleware has to stand before it.
_ANSWERING = (
    "django.middleware.common.CommonMiddleware", "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.cache.FetchFromCacheMiddleware",
)  # fmt: skip
# Searched for in the path without its first slash.
EVERY = frozenset({"", "^", "$", ".*", "^.*", ".*$", "^.*$", "/?", "^/?", "(.*)", ".?", "^.?", "^(.*)$"})
MAX_PATTERN = 500
_REGEX = frozenset("*\\]?$^[()")
_DOT = compiled(r"(?<!\\)(?:\\\\)*\.(?![*+?{])")
_BEFORE = compiled(r"(?<!\\)(?:\\\\)*\.[*+]\??(?=[a-z0-9-])", re.IGNORECASE)
_CLASS = compiled(r"\[[^\]]{0,200}\]")
_END = compiled(r"(?:\$|\\Z|\\z)\)*$")


_ORDERS = (
    ("cors", OTHER_MIDDLEWARE["cors"], _ANSWERING),
    ("security", SECURITY, (
        "django.middleware.locale.LocaleMiddleware", *_ANSWERING, "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.redirects.middleware.RedirectFallbackMiddleware",
        "django.middleware.http.ConditionalGetMiddleware", "django.contrib.auth.middleware.LoginRequiredMiddleware",
    )),
)  # fmt: skip


class _How(NamedTuple):
    """anchored: the library compares the whole origin."""

    argument: str
    anchored: bool


_PARTS = {
    "CORSMiddleware": _How("allow_origin_regex", True), "CORSConfig": _How("allow_origin_regex", True),
    "CORS": _How("origins", False),
}  # fmt: skip


class CorsSettings(Resolver):
    """django-cors-headers, Starlette, Litestar and Flask-CORS; the order of Django's middleware, and who is exempt."""

    name = "cors.settings"
    emits = (OriginPattern, MiddlewareOrder, CorsPolicy, RedirectExempt)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        found, _ = projects(facts, tree)
        for project in found:
            if has_middleware(project, OTHER_MIDDLEWARE["cors"]):
                yield from _of_django(project, tree)
            yield from _order(project, tree)
            yield from _exempt(project)
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

    for name in _LISTS:
        bound = project.bound(name)
        for written in bound.expression.items if bound is not None and bound.expression.what == "list" else ():
            assert bound is not None
            yield OriginPattern(
                location=_line(bound, written, tree), application=project.application, setting=name, written=written,
                faults=tuple(_weak(written)),
            )  # fmt: skip


def _weak(origin: str) -> Iterator[str]:
    """What is wrong with an origin that is named; a developer's own machine is nobody else's."""
    if origin.lower() == "null":
        yield "null is what a sandboxed frame on any page sends"
    elif origin.lower().startswith("http://") and not _OWN.fullmatch(origin):
        yield "over http anybody on the way can speak for it"


def _line(bound: Bound, written: str, tree: Tree) -> Location:
    """The line of an item of a list, where it is spelled as such."""
    data = Files(tree).text(bound.path) or b""
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), start=1):
        if number >= bound.line and (written in line or written.replace("\\", "\\\\") in line):
            return Location(path=bound.path, line=number)
    return bound.location


def _of_part(part: Part, application: str) -> Iterator[OriginPattern | CorsPolicy]:
    yield from _resources(part, application)
    how = _PARTS.get(part.name)
    listed = part.given.get("allow_origins") if how is not None and how.anchored else None
    for written in listed.expression.items if listed is not None and listed.expression.what == "list" else ():
        if listed is not None and written != "*":
            yield _plain(part, application, "allow_origins", written, listed)
    bound = part.given.get(how.argument) if how is not None else None
    if how is None or bound is None:
        return
    expression = bound.expression
    texts: tuple[object, ...] = expression.items
    if expression.what == "scalar":
        texts = (expression.value,)
    for text in texts:
        written = text if isinstance(text, str) else ""
        if written in {"*", ""} or written in ANY:
            continue
        if how.argument == "origins" and _REGEX.isdisjoint(written):
            yield _plain(part, application, how.argument, written, bound)
            continue
        yield OriginPattern(
            location=bound.location, application=application, setting=f"{part.name}.{how.argument}", written=written,
            faults=tuple(faults(written, anchored=how.anchored)),
        )  # fmt: skip


def _plain(part: Part, application: str, argument: str, written: str, bound: Bound) -> OriginPattern:
    return OriginPattern(
        location=bound.location, application=application, setting=f"{part.name}.{argument}", written=written,
        faults=tuple(_weak(written)),
    )  # fmt: skip


def faults(pattern: str, *, anchored: bool) -> Iterator[str]:
    """What an expression lets in besides what it names. anchored: the library compares the whole origin."""
    if len(pattern) > MAX_PATTERN:
        return  # nobody writes an origin of that length
    bare = _CLASS.sub("[]", pattern)
    if _DOT.search(bare):
        yield "an unescaped dot stands for any character"
    if _BEFORE.search(bare):
        yield "anything may stand before the name of the host"
    if not anchored and not _END.search(bare):
        yield "anything may follow: it has no $ at its end"


def _order(project: Project, tree: Tree) -> Iterator[MiddlewareOrder]:
    items, maybe, _, where = middleware(project)
    if maybe:
        return
    for which, dotted, answering in _ORDERS:
        if dotted not in items:
            continue
        above = [one for one in answering if one in items[: items.index(dotted)]]
        line = lines_of(project, tree).get(dotted)
        yield MiddlewareOrder(
            location=Location(path=where.path, line=line) if line is not None else where,
            application=project.application,
            which=which,
            first=not above,
            before=above[0].rpartition(".")[2] if above else "",
        )


def _exempt(project: Project) -> Iterator[RedirectExempt]:
    bound = project.bound("SECURE_REDIRECT_EXEMPT")
    on = setting(project, "SECURE_SSL_REDIRECT")
    if bound is None or bound.expression.what != "list" or not (on.known and on.value):
        return
    for pattern in bound.expression.items:
        yield RedirectExempt(
            location=bound.location, application=project.application, pattern=pattern, everything=pattern in EVERY
        )


def _resources(part: Part, application: str) -> Iterator[CorsPolicy]:
    """Flask-CORS: what it says of single paths; what a path leaves out is as for all."""
    bound = part.given.get("resources")
    table = bound.binding.value if bound is not None and bound.binding is not None else None
    if part.name != "CORS" or bound is None or not isinstance(table, Map) or not table.exact:
        return
    credentials = part.argument("supports_credentials", False)
    listed = part.given.get("origins")
    for path, options in table.items.items():
        if not isinstance(options, Map) or not options.exact or not credentials.known:
            continue
        own = options.items.get("supports_credentials")
        with_them = truth(own) if own is not None else bool(credentials.value)
        origins = options.items.get("origins")
        if origins is None and listed is not None:
            continue
        if with_them is not None:
            yield CorsPolicy(
                location=bound.location, framework="flask", application=f"{application}:{path}",
                any_origin=origins is None or _everybody(origins), credentials=with_them,
            )  # fmt: skip


def _everybody(value: Value) -> bool:
    if isinstance(value, Seq):
        return any(isinstance(one, Const) and one.value == "*" for one in value.items)
    return isinstance(value, Const) and value.value == "*"
