"""What stands around the settings of a Django project: stores of sessions and throttles, developers' tools, the admin.

Sources: Django 6.0 documentation, "How to use sessions", "Django's cache framework"; Django REST framework 3.16,
"Throttling"; django-ratelimit 4.1, "Settings"; django-axes 8, "Configuration".
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.interpret.values import NOTHING, Absent, Const, Depends, Joined, Map, Seq, Value
from hardencheck.collect.resolve._django import OWN_MIDDLEWARE, Project, has_middleware, projects
from hardencheck.collect.resolve._django_more import entry
from hardencheck.collect.resolve._follow import Bound
from hardencheck.lazily import compiled
from hardencheck.model.facts import Fact
from hardencheck.model.facts.protections import AdminRoute, AdminUrl, DebugTools, DjangoStore
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location

_LOCMEM = "django.core.cache.backends.locmem.LocMemCache"
_LOCAL = (".LocMemCache", ".DummyCache")
_CACHED = {"cache", "cached_db"}
_AXES_CACHE = "axes.handlers.cache.AxesCacheHandler"
# What shows requests, queries or source to whoever asks, or starts a debugger. By the name of the application.
TOOLS = (
    "debug_toolbar", "debug_toolbar_force", "silk", "django_browser_reload", "django_pdb", "livereload", "devserver",
    "django_fastdev", "querycount", "django_cprofile_middleware", "template_timings_panel", "template_profiler_panel",
)  # fmt: skip
_ADMIN = compiled(r"\^?/?admin(?:/\??)?\$?")


class DjangoSurroundings(Resolver):
    """Stores that every process has to share, tools that only developers want, and where the admin answers."""

    name = "django.surroundings"
    emits = (DjangoStore, DebugTools, AdminUrl)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        found, troubles = projects(facts, tree)
        for text in troubles:
            yield Gap(kinds=self.kinds(), collector=self.name, reason=Reason.DYNAMIC, detail=text)
        for project in found:
            yield from self._sessions(project)
            yield from self._throttles(project)
            yield from self._tools(project)
            yield from self._admin(project, facts)

    def _unknown(
        self, kind: type[Fact], project: Project, detail: str, where: Location, reason: Reason, **about: str
    ) -> Gap:
        return Gap(
            kinds=(kind.kind(),),
            collector=self.name,
            reason=reason,
            detail=detail,
            location=where,
            about={"application": project.application, **about},
        )

    def _sessions(self, project: Project) -> Iterator[Found]:
        if has_middleware(project, OWN_MIDDLEWARE["session"]) is False:
            return
        engine = _text(project, "SESSION_ENGINE", "django.contrib.sessions.backends.db")
        if engine.value is None:
            yield self._unknown(DjangoStore, project, engine.why, engine.where, engine.reason, use="sessions")
            return
        word = engine.value.rpartition(".")[2]
        if word not in _CACHED or not engine.value.startswith("django."):
            yield self._store(project, "sessions", word, engine._replace(value=""))
            return
        alias = _text(project, "SESSION_CACHE_ALIAS", "default")
        cache = _backend(project, alias.value) if alias.value is not None else alias
        if cache.value is None:
            yield self._unknown(DjangoStore, project, cache.why, cache.where, cache.reason, use="sessions")
            return
        yield self._store(project, "sessions", word, cache._replace(depends=cache.depends | engine.depends))

    def _throttles(self, project: Project) -> Iterator[Found]:
        for counter, alias in _counters(project):
            cache = _backend(project, alias)
            if cache.value is None:
                yield self._unknown(DjangoStore, project, cache.why, cache.where, cache.reason, use="throttling")
            else:
                yield self._store(project, "throttling", counter, cache)

    def _store(self, project: Project, use: str, engine: str, cache: "_Held") -> DjangoStore:
        backend = cache.value or ""
        return DjangoStore(
            location=cache.where,
            application=project.application,
            use=use,
            engine=engine,
            backend=backend,
            shared=_shared(backend),
            depends_on=tuple(sorted(cache.depends)),
        )

    def _tools(self, project: Project) -> Iterator[Found]:
        for setting in ("INSTALLED_APPS", "MIDDLEWARE"):
            bound = project.bound(setting)
            if bound is None:
                yield self._tool(project, setting, (), project.location)
                continue
            surely = tuple(item for item in bound.expression.items if _tool(item))
            whole = bound.expression.what == "list" and bound.expression.complete
            if surely or (whole and not any(map(_tool, bound.maybe))):
                yield self._tool(project, setting, surely, bound.location)
                continue
            perhaps = next((item for item in sorted(bound.maybe) if _tool(item)), "")
            why = bound.expression.text or "some of it is computed"
            text = f"{perhaps} is in it under a condition" if perhaps else f"not all of it is known: {why}"
            yield self._unknown(
                DebugTools, project, f"{setting}: {text}", bound.location, bound.reason, setting=setting
            )

    def _tool(self, project: Project, setting: str, tools: tuple[str, ...], where: Location) -> DebugTools:
        return DebugTools(
            location=where,
            application=project.application,
            setting=setting,
            tools=tools,
            present=bool(tools),
            depends_on=tuple(sorted(project.unless(setting))),
        )

    def _admin(self, project: Project, facts: FactSet) -> Iterator[Found]:
        """Routes of the root URL configuration alone: those of others answer below whatever includes them."""
        if entry(project, "INSTALLED_APPS", "django.contrib.admin").present is False:
            return
        root = _text(project, "ROOT_URLCONF", "")
        path = project.modules.find(root.value, project.path) if root.value else None
        for fact in facts.of("django.admin-route"):
            if not isinstance(fact, AdminRoute) or path is None or fact.location.path != path:
                continue
            route = _route(project, fact)
            if route is None or fact.conditional:
                text = "the admin is routed under a condition" if fact.conditional else "the route is computed"
                yield self._unknown(AdminUrl, project, text, fact.location, Reason.NOT_LITERAL)
            else:
                shown = route.lstrip("^").rstrip("$?")
                usual = _ADMIN.fullmatch(route) is not None
                yield AdminUrl(
                    location=fact.location,
                    application=project.application,
                    route=shown,
                    usual=usual,
                    depends_on=tuple(
                        sorted({name for part in fact.parts if part[:1] == "$" for name in project.unless(part[1:])})
                    ),
                )


class _Held(NamedTuple):
    """A text, or why it is not known."""

    value: str | None
    where: Location
    reason: Reason = Reason.NOT_LITERAL
    why: str = ""
    depends: Depends = NOTHING


def _bound(project: Project, name: str) -> Bound | None:
    return project.followed.bound(name)


def _text(project: Project, name: str, default: str) -> _Held:
    bound = _bound(project, name)
    if bound is None:
        return _Held(default, project.location, depends=project.unless(name))
    if bound.expression.what == "scalar" and isinstance(bound.expression.value, str):
        return _Held(bound.expression.value, bound.location, depends=bound.depends)
    return _Held(None, bound.location, bound.reason, f"{name}: {bound.expression.text or 'computed'}")


def _backend(project: Project, alias: str) -> _Held:
    """The class of one cache of the project."""
    bound = _bound(project, "CACHES")
    if bound is None:
        name = _LOCMEM if alias == "default" else None
        depends = project.unless("CACHES")
        return _Held(name, project.location, why=f"no cache is called {alias}", depends=depends)
    names = _backends(bound.binding.value if bound.binding is not None else None, alias)
    if len(names) == 1 and (name := next(iter(names))) is not None:
        return _Held(name, bound.location, depends=bound.depends)
    if names and None not in names and len({_shared(str(name)) for name in names}) == 1:
        return _Held(" or ".join(sorted(map(str, names))), bound.location, depends=bound.depends)
    text = bound.expression.text if bound.expression.what != "table" else "not known in all its parts"
    return _Held(None, bound.location, bound.reason, f"CACHES[{alias!r}]: {text or 'not followed'}")


def _backends(value: Value | None, alias: str) -> set[str | None]:
    """What the backend of a cache may be; None among them: something that is not known."""
    match value:
        case Joined(options=options):
            return {name for option in options for name in _backends(option, alias)}
        case Absent():
            return {_LOCMEM if alias == "default" else None}
        case Map(items=items, maybe=maybe) if alias in items and alias not in maybe:
            return _classes(items[alias])
    return {None}


def _classes(value: Value) -> set[str | None]:
    match value:
        case Joined(options=options):
            return {name for option in options for name in _classes(option)}
        case Map(items={"BACKEND": Const(value=str() as name)}, maybe=maybe) if "BACKEND" not in maybe:
            return {name}
        case Map(items={"BACKEND": Joined(options=options)}, maybe=maybe) if "BACKEND" not in maybe:
            return {one.value if isinstance(one, Const) and isinstance(one.value, str) else None for one in options}
    return {None}


def _shared(backend: str) -> bool:
    return not backend.endswith(_LOCAL)


def _counters(project: Project) -> Iterator[tuple[str, str]]:
    """What counts requests or failed logins in a cache, and in which one."""
    rest = _bound(project, "REST_FRAMEWORK")
    if rest is not None and rest.binding is not None and _throttles(rest.binding.value):
        yield "rest_framework", "default"
    if entry(project, "INSTALLED_APPS", "django_ratelimit", "ratelimit").present:
        alias = _text(project, "RATELIMIT_USE_CACHE", "default").value
        if alias is not None:
            yield "django_ratelimit", alias
    if entry(project, "INSTALLED_APPS", "axes").present and _text(project, "AXES_HANDLER", "").value == _AXES_CACHE:
        alias = _text(project, "AXES_CACHE", "default").value
        if alias is not None:
            yield "axes", alias


def _throttles(value: Value) -> bool:
    """Whether Django REST framework surely throttles every view: it has classes for that."""
    match value:
        case Map(items={"DEFAULT_THROTTLE_CLASSES": Seq(items=items)}, maybe=maybe):
            return bool(items) and "DEFAULT_THROTTLE_CLASSES" not in maybe
    return False


def _tool(item: str) -> bool:
    return item.partition(".")[0] in TOOLS


def _route(project: Project, fact: AdminRoute) -> str | None:
    found: list[str] = []
    for part in fact.parts:
        text = _text(project, part[1:], "").value if part.startswith("$") and part[1:].isupper() else part
        if text is None:
            return None
        found.append(text)
    return "".join(found) if found else None
