"""Security settings of Django that production sets and that change nothing.

Sources: release notes of Django 1.10 to 6.0 ("Features removed", "Backwards incompatible changes"); the documentation
of each setting, which names the middleware that reads it.
"""

from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

from hardencheck.collect.contract import Found, Resolver, Tree, Unreadable
from hardencheck.collect.extract._python import role
from hardencheck.collect.extract._statements import DJANGO
from hardencheck.collect.interpret.models._django_names import ALWAYS, SOMETIMES
from hardencheck.collect.resolve._django import (
    OTHER_MIDDLEWARE,
    OWN_MIDDLEWARE,
    Project,
    has_middleware,
    middleware,
    projects,
    setting,
)
from hardencheck.collect.resolve._versions import NEWEST
from hardencheck.lazily import compiled
from hardencheck.model.facts.hidden import IneffectiveSetting, Why
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location

# Read by SecurityMiddleware alone.
_BY_SECURITY = (
    "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD",
    "SECURE_CONTENT_TYPE_NOSNIFF", "SECURE_REFERRER_POLICY", "SECURE_CROSS_ORIGIN_OPENER_POLICY", "SECURE_SSL_HOST",
    "SECURE_REDIRECT_EXEMPT",
)  # fmt: skip
_READERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (OWN_MIDDLEWARE["security"], _BY_SECURITY),
    (OWN_MIDDLEWARE["clickjacking"], ("X_FRAME_OPTIONS",)),
    (OWN_MIDDLEWARE["session"], ("SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE")),
    (OWN_MIDDLEWARE["csp"], ("SECURE_CSP", "SECURE_CSP_REPORT_ONLY")),
    (OTHER_MIDDLEWARE["cors"], (
        "CORS_ALLOWED_ORIGINS", "CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_WHITELIST", "CORS_ORIGIN_ALLOW_ALL",
        "CORS_ALLOWED_ORIGIN_REGEXES", "CORS_ALLOW_CREDENTIALS",
    )),
    (OTHER_MIDDLEWARE["django-csp"], ("CONTENT_SECURITY_POLICY", "CSP_DEFAULT_SRC", "CSP_SCRIPT_SRC")),
    (OTHER_MIDDLEWARE["permissions"], ("PERMISSIONS_POLICY",)),
)  # fmt: skip
# name -> (first version without it, what took its place).
_DEAD: dict[str, tuple[tuple[int, ...], str]] = {
    "SECURE_BROWSER_XSS_FILTER": ((4, 0), "Django 4.0 removed it, as browsers removed the filter"),
    "CSRF_COOKIE_MASKED": ((5, 0), "Django 5.0 removed it"),
    "PASSWORD_RESET_TIMEOUT_DAYS": ((4, 0), "Django 4.0 removed it; PASSWORD_RESET_TIMEOUT counts seconds"),
    "DEFAULT_HASHING_ALGORITHM": ((4, 0), "Django 4.0 removed it"),
    "MIDDLEWARE_CLASSES": ((2, 0), "Django 2.0 removed it; MIDDLEWARE takes its place"),
    "TEMPLATE_DEBUG": ((1, 10), "Django 1.10 removed it; TEMPLATES has an option"),
    "DEFAULT_FILE_STORAGE": ((5, 1), "Django 5.1 removed it; STORAGES takes its place"),
    "STATICFILES_STORAGE": ((5, 1), "Django 5.1 removed it; STORAGES takes its place"),
}
_NEW: dict[str, tuple[int, ...]] = {
    "SECURE_CSP": (6, 0), "SECURE_CSP_REPORT_ONLY": (6, 0), "SECURE_CROSS_ORIGIN_OPENER_POLICY": (4, 0),
    "SECURE_REFERRER_POLICY": (3, 0), "SECRET_KEY_FALLBACKS": (4, 1), "STORAGES": (4, 2),
    "DATA_UPLOAD_MAX_NUMBER_FILES": (3, 2, 18),
}  # fmt: skip
_HSTS = ("SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD")
# What is so near to one of these that nothing else can be meant.
_OURS = compiled(r"(?:SECURE|SESSION|CSRF|DATA_UPLOAD|FILE_UPLOAD|ALLOWED_HOST|X_FRAME|AUTH_PASSWORD)\w*")
_MEANT = tuple(sorted(name for name in DJANGO | ALWAYS if _OURS.fullmatch(name)))
_CLOSE = 0.93
MAX_READ = 64 << 20


class IneffectiveSettings(Resolver):
    """Settings without their middleware, of another version of Django, or with a name that Django does not know."""

    name = "settings.ineffective"
    emits = (IneffectiveSetting,)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        found, _ = projects(facts, tree)
        for project in found:
            yield from self._project(project, tree)

    def _project(self, project: Project, tree: Tree) -> Iterator[Found]:
        for reader, names in _READERS:
            for name in names:
                bound = project.bound(name)
                # A value that asks for nothing loses nothing.
                if bound is None or not bound.known or not (bound.expression.value or bound.expression.items):
                    continue
                if has_middleware(project, reader) is False and not _alike(project, reader):
                    yield self._fact(project, name, "middleware-missing", reader.rpartition(".")[2])
        seconds = setting(project, "SECURE_HSTS_SECONDS")
        for name in _HSTS:
            one = setting(project, name)
            if one.source != "default" and one.known and one.value:
                if seconds.known and not seconds.value:
                    yield self._fact(project, name, "prerequisite-off", "SECURE_HSTS_SECONDS")
        version = project.version
        if version is not None:
            for name, (gone, words) in _DEAD.items():
                if _set(project, name) and version >= gone:
                    yield self._fact(project, name, "dead", words)
            for name, since in _NEW.items():
                if _set(project, name) and version < since and version != NEWEST:
                    yield self._fact(project, name, "too-new", f"Django {'.'.join(map(str, since))} brings it")
        yield from self._unknown(project, tree)

    def _unknown(self, project: Project, tree: Tree) -> Iterator[Found]:
        strange = {
            name: meant
            for name in project.namespace
            if _OURS.fullmatch(name) and name not in ALWAYS | SOMETIMES | DJANGO and (meant := _meant(name))
        }
        read = _read(tree, project, frozenset(strange)) if strange else frozenset()
        for name, meant in sorted(strange.items()):
            if name not in read:
                yield self._fact(project, name, "unknown-name", meant)

    def _fact(self, project: Project, name: str, why: Why, needed: str) -> IneffectiveSetting:
        bound = project.bound(name)
        return IneffectiveSetting(
            location=bound.location if bound is not None else Location(path=project.path),
            framework="django",
            application=project.application,
            name=name,
            why=why,
            needed=needed,
        )


def _set(project: Project, name: str) -> bool:
    """Whether the project gives a name a value: not only that it may have one."""
    bound = project.bound(name)
    return bound is not None and (bound.known or bool(bound.options))


def _alike(project: Project, reader: str) -> bool:
    """Whether a class of the project may take the place of a middleware: SessionMiddleware of its own."""
    surely, maybe, _, _ = middleware(project)
    word = reader.rpartition(".")[2].removesuffix("Middleware").removesuffix("View").lower()
    return any(word in item.rpartition(".")[2].lower() for item in (*surely, *maybe))


def _meant(name: str) -> str:
    """The setting that a name nobody knows is a misspelling of; "" when it is not near to any."""
    words = sorted(name.split("_"))
    for known in _MEANT:
        if sorted(known.split("_")) == words or name.replace("_", "") == known.replace("_", ""):
            return known
    ranked = [(SequenceMatcher(None, name, known).ratio(), known) for known in _MEANT]
    best = max(ranked, default=(0.0, ""))
    return best[1] if best[0] >= _CLOSE else ""


def _read(tree: Tree, project: Project, names: frozenset[str]) -> frozenset[str]:
    """Those of these names that code uses elsewhere than where it sets them: a project may have settings of its own."""
    found: set[str] = set()
    size = 0
    for path, entry in tree.entries.items():
        if not path.endswith(".py") or path in project.followed.files or role(path) == "test" or size > MAX_READ:
            continue
        try:
            data = tree.read(entry)
        except Unreadable:
            continue
        size += len(data)
        found |= {name for name in names - found if name.encode() in data}
    return frozenset(found)
