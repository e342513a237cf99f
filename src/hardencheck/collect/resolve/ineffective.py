"""Security settings that production sets and that change nothing: misspelt, dead, or read by nobody who is there."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.extract._python import role
from hardencheck.collect.extract._security_names import relevant, sounds_relevant
from hardencheck.collect.extract.hidden_settings import LAYER
from hardencheck.collect.framework_names import (
    CORS,
    CSP_3,
    CSP_4,
    DJANGO_NAMES,
    FLASK_NAMES,
    KIN,
    PERMISSIONS,
    READ_BY,
    Span,
    reads,
)
from hardencheck.collect.interpret.models.app_config import DEFAULTS as APPLICATION_NAMES
from hardencheck.collect.interpret.run import SETTING
from hardencheck.collect.interpret.values import Const, Depends, Unknown, truth
from hardencheck.collect.resolve._applications import Application, applications
from hardencheck.collect.resolve._built import built
from hardencheck.collect.resolve._django import (
    OTHER_MIDDLEWARE,
    OWN_MIDDLEWARE,
    Project,
    has_middleware,
    middleware,
    projects,
)
from hardencheck.collect.resolve._follow import Bound, Followed
from hardencheck.collect.resolve._misspelt import meant
from hardencheck.collect.resolve._setting import why_unknown
from hardencheck.collect.resolve._versions import Version, lowest, version
from hardencheck.collect.resolve.stored_files import storage_option
from hardencheck.model.facts.hidden import ANY, HiddenSetting, IneffectiveSetting, SettingNames, Why
from hardencheck.model.facts.settings import PackageRequirement
from hardencheck.model.gap import FactSet, Gap, Reason

_MIDDLEWARE = {**OWN_MIDDLEWARE, **OTHER_MIDDLEWARE}
_PACKAGES = {"cors": "corsheaders", "permissions": "django_permissions_policy", "django-csp": "csp"}
_MESSAGES = "django.contrib.messages.middleware.MessageMiddleware"
# Code that does what the middleware does, for a view of its own.
_DECORATORS = {"csrf_protect", "ensure_csrf_cookie", "requires_csrf_token", "CsrfViewMiddleware"}
_CHECK_CSRF = {"django.contrib.admin", "rest_framework", "ninja", "grappelli", "wagtail"}
_HSTS = ("SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD")
_TO_REDIRECT = ("SECURE_SSL_HOST", "SECURE_REDIRECT_EXEMPT")
_SUCCESSORS = {
    "MIDDLEWARE_CLASSES": "MIDDLEWARE", "PASSWORD_RESET_TIMEOUT_DAYS": "PASSWORD_RESET_TIMEOUT",
    "DEFAULT_FILE_STORAGE": "STORAGES", "STATICFILES_STORAGE": "STORAGES", "TEMPLATE_DEBUG": "TEMPLATES",
}  # fmt: skip
# What a misspelt name may have meant. Names that only Flask or only a package reads are added where it is in use.
_DJANGO_TARGETS = frozenset(name for name in DJANGO_NAMES if relevant(name)) - {
    "DEBUG", "LOGGING", "LOGGING_CONFIG", "STORAGES", "TEMPLATES", "SECRET_KEY", "ROOT_URLCONF", "MIDDLEWARE_CLASSES",
    "TEMPLATE_DEBUG", "INTERNAL_IPS", "DEFAULT_FILE_STORAGE", "SESSION_FILE_PATH",
}  # fmt: skip
_FLASK = {**dict.fromkeys(APPLICATION_NAMES["flask"], Span()), **FLASK_NAMES}
_FLASK_TARGETS = frozenset(name for name in _FLASK if relevant(name)) - {"DEBUG", "TESTING", "SECRET_KEY"}
_DJANGO_KNOWN = DJANGO_NAMES.keys() | CORS | CSP_3 | CSP_4 | PERMISSIONS | _FLASK.keys()


class _Code(NamedTuple):
    """What the code of the repository does with names of settings. marks: by path. hidden: those that are changed
    outside of the settings modules, so that what these say of them is not the last word."""

    read: frozenset[str]
    marks: Mapping[str, tuple[str, ...]]
    hidden: frozenset[str]

    def may_change(self, name: str) -> bool:
        return name in self.hidden or ANY in self.hidden


class IneffectiveSettings(Resolver):
    """Settings of Django and Flask that production sets and that have no effect."""

    name = "settings.ineffective"
    version = 2
    emits = (IneffectiveSetting,)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        code = _code(facts)
        found, troubles = projects(facts, tree)
        for text in troubles:
            yield Gap(kinds=self.kinds(), collector=self.name, reason=Reason.DYNAMIC, detail=text)
        for project in found:
            one = _Django(project, facts, code)
            yield from one.found()
            if one.unsure():
                bound = project.namespace["MIDDLEWARE"]
                yield Gap(
                    kinds=self.kinds(),
                    collector=self.name,
                    reason=bound.reason,
                    detail=f"which settings MIDDLEWARE gives an effect is not known, since it is {why_unknown(bound)}",
                    location=bound.location,
                    about={"framework": "django", "application": project.application},
                )
        for app in applications(facts, "flask"):
            settings = built(facts, tree).configuration(app.path, app.call.line)
            if settings is not None:
                yield from _flask(app, settings, facts, code)


def _code(facts: FactSet) -> _Code:
    known = [fact for fact in facts.of("setting.names") if isinstance(fact, SettingNames)]
    changes = [fact for fact in facts.of("setting.hidden") if isinstance(fact, HiddenSetting)]
    return _Code(
        frozenset(name for fact in known for name in fact.read),
        {fact.location.path or "": fact.marks for fact in known if fact.marks},
        frozenset(fact.name for fact in changes if fact.role == "production" and not fact.local),
    )


def _pinned(facts: FactSet, package: str) -> list[Version]:
    """The versions of a package that the repository pins, the lowest first."""
    return sorted(
        version(fact.lowest)
        for fact in facts.of("package.requirement")
        if isinstance(fact, PackageRequirement) and fact.package == package and fact.exact and fact.lowest
    )


class _Django:
    """One project."""

    def __init__(self, project: Project, facts: FactSet, code: _Code) -> None:
        self.project, self.code = project, code
        self.pins = _pinned(facts, "django")
        self.csp = _pinned(facts, "django-csp")
        self.lowest = lowest(facts, "django")
        self.marks = {mark for marks in code.marks.values() for mark in marks}
        surely, maybe, self.complete, _ = middleware(project)
        self.middleware = (*surely, *maybe)

    def found(self) -> Iterator[IneffectiveSetting]:
        for name, bound in sorted(self._set().items()):
            if name in self.code.read or not sounds_relevant(name):
                continue
            said = self._dead(name, bound) or self._unread(name, bound) or self._off(name, bound) or self._unknown(name)
            if said is not None:
                yield _fact("django", self.project.application, name, bound, *said)

    def _set(self) -> dict[str, Bound]:
        """The settings that the project surely or perhaps sets, not those that only may be set by what is not known."""
        followed = self.project.followed
        return {
            name: bound
            for name, bound in self.project.namespace.items()
            if name in followed.names and bound.path and not _tainted(bound, followed)
        }

    def unsure(self) -> bool:
        """Whether some setting has its effect through a middleware that MIDDLEWARE may hold: it is not followed."""
        bound = self.project.bound("MIDDLEWARE")
        if bound is None or self.complete:
            return False
        if bound.expression.what != "list":
            return True
        held = self._set()
        return any(
            has_middleware(self.project, _MIDDLEWARE[kin]) is None
            for kin, names in READ_BY.items()
            if any(name in held and not _asks_for_nothing(held[name]) for name in names)
        )

    def _dead(self, name: str, bound: Bound) -> tuple[Why, str] | None:
        """No version that is installed reads it."""
        if _perhaps_unset(bound) and not _variables(bound.depends):
            return None  # under a condition that nobody knows: it may ask for the version
        if name in CSP_3 and self.csp and self.csp[0] >= (4,):
            return "dead", f"django-csp reads CONTENT_SECURITY_POLICY since 4.0, and {_dotted(self.csp[0])} is required"
        if name in CSP_4 and self.csp and self.csp[-1] < (4,):
            return "too-new", f"django-csp reads it since 4.0, and {_dotted(self.csp[-1])} is required"
        span = DJANGO_NAMES.get(name)
        if span is None or not (relevant(name) or name in _SUCCESSORS):
            return None
        if span.gone is not None and self.lowest is not None and self.lowest >= span.gone:
            instead = f", which reads {_SUCCESSORS[name]}" if name in _SUCCESSORS else ""
            return "dead", f"gone since Django {_dotted(span.gone)}{instead}"
        if self.pins and not reads(name, self.pins[-1]) and len(self.pins[-1]) > 1 and not self._backported(name):
            return "too-new", f"Django reads it since {_dotted(span.since)}, and {_dotted(self.pins[-1])} is required"
        return None

    def _backported(self, name: str) -> bool:
        """Whether a package may do with an old Django what newer ones do: django_cookies_samesite."""
        *_, before, last = name.lower().split("_")
        words = (last,) if len(last) > 5 else (before, last)
        older = self.project.bound("MIDDLEWARE_CLASSES")
        items = (
            *self.middleware,
            *(older.expression.items if older is not None else ()),
            *(self._applications() or ()),
        )
        return any(all(word in item.lower() for word in words) for item in items if not _own(item))

    def _unread(self, name: str, bound: Bound) -> tuple[Why, str] | None:
        """The middleware that reads it is not there."""
        kin = next((kin for kin, names in READ_BY.items() if name in names), None)
        listed = self.project.bound("MIDDLEWARE")
        if kin is None or listed is None or _asks_for_nothing(bound) or self.code.may_change("MIDDLEWARE"):
            return None
        if has_middleware(self.project, _MIDDLEWARE[kin]) is not False or self._used_elsewhere(kin, listed):
            return None
        if any(word in item.lower() for item in self.middleware for word in KIN[kin] if not _own(item)):
            return None
        applied = self._applications()
        if kin == "csrf" and (
            applied is None or _CHECK_CSRF & applied or (_DECORATORS | {"SessionAuthentication"}) & self.marks
        ):
            return None
        if kin == "session" and _MESSAGES in self.middleware:
            return None  # the messages in cookies go by some of them too
        if kin == "django-csp" and has_middleware(self.project, OWN_MIDDLEWARE["csp"]) is not False:
            return None  # on the way from one to the other
        if kin == "cors" and applied is not None and _PACKAGES[kin] not in applied:
            return "package-missing", _PACKAGES[kin]
        return "middleware-missing", _MIDDLEWARE[kin]

    def _used_elsewhere(self, kin: str, listed: Bound) -> bool:
        """Whether code that is no settings module names the class, or one that is does and a variable decides."""
        named = _MIDDLEWARE[kin].rpartition(".")[2]
        files = self.project.followed.files if _variables(listed.depends) else frozenset()
        return any(
            named in marks and (path in files or not LAYER.fullmatch(path)) for path, marks in self.code.marks.items()
        )

    def _applications(self) -> set[str] | None:
        """INSTALLED_APPS by the first part of their names too; None where it is not known."""
        bound = self.project.bound("INSTALLED_APPS")
        if bound is None:
            return set()
        if bound.expression.what != "list" or not bound.expression.complete:
            return None
        items = {*bound.expression.items, *bound.maybe}
        return items | {item.partition(".")[0] for item in items}

    def _off(self, name: str, bound: Bound) -> tuple[Why, str] | None:
        """What it is a part of is switched off."""
        if name in _HSTS and _truth(bound) is True and self._is_off("SECURE_HSTS_SECONDS"):
            return "prerequisite-off", "SECURE_HSTS_SECONDS"
        if name in _TO_REDIRECT and _truth(bound) is True and self._is_off("SECURE_SSL_REDIRECT"):
            return "prerequisite-off", "SECURE_SSL_REDIRECT"
        if name == "FILE_UPLOAD_PERMISSIONS" and self._storage_has_a_mode(bound):
            return "overridden", "file_permissions_mode in STORAGES"
        return None

    def _is_off(self, name: str) -> bool:
        bound = self.project.bound(name)
        if self.code.may_change(name) or _variables(self.project.unless(name)):
            return False
        return bound is None or _truth(bound) is False

    def _storage_has_a_mode(self, bound: Bound) -> bool:
        """Whether the storage of uploads is given a mode of its own, and another one."""
        own = storage_option(self.project, "file_permissions_mode")
        said = bound.binding.value if bound.binding is not None else None
        if own is None:
            return False
        return not (isinstance(said, Const) and isinstance(own.value, Const) and said.value == own.value.value)

    def _unknown(self, name: str) -> tuple[Why, str] | None:
        """A name that nobody reads and that looks like one of a setting."""
        if name in _DJANGO_KNOWN:
            return None
        target = meant(name, self._targets)
        if not target or any(_about(name, item) for item in (*self.middleware, *(self._applications() or ()))):
            return None
        return "unknown-name", target

    @cached_property
    def _targets(self) -> frozenset[str]:
        targets = _DJANGO_TARGETS
        if "corsheaders" in (self._applications() or ()):
            targets |= CORS
        if has_middleware(self.project, OTHER_MIDDLEWARE["django-csp"]):
            targets |= CSP_4 if self.csp and self.csp[0] >= (4,) else CSP_3
        return targets


def _fact(framework: str, application: str, name: str, bound: Bound, why: Why, needed: str) -> IneffectiveSetting:
    return IneffectiveSetting(
        location=bound.location, framework=framework, application=application, name=name, why=why, needed=needed
    )


def _truth(bound: Bound) -> bool | None:
    return truth(bound.binding.value) if bound.binding is not None else None


def _asks_for_nothing(bound: Bound) -> bool:
    """A value that switches nothing on loses nothing: no variable can make another one of it."""
    return _truth(bound) is False and not _variables(bound.depends)


def _tainted(bound: Bound, followed: Followed) -> bool:
    """Whether something that is not known may have written it, as any other name: the place is that of this."""
    value = bound.binding.value if bound.binding is not None else None
    return isinstance(value, Unknown) and any(
        why is not None and (value.reason, value.path, value.line) == (why.reason, why.path, why.line)
        for why in (followed.rest, *followed.prefixes.values())
    )


def _perhaps_unset(bound: Bound) -> bool:
    return any(option.what == "unset" for option in bound.options)


def _variables(depends: Depends) -> list[str]:
    """Those of the environment; DEBUG and its like, which are off, are among what a value depends on as well."""
    return [name for name in depends if not name.startswith(SETTING)]


def _own(item: str) -> bool:
    """A middleware of Django itself: it does what it is known to do, and nothing more."""
    return item.startswith("django.")


def _about(name: str, item: str) -> bool:
    """Whether a package of somebody else has the words of a setting in its own name: django_referrer_policy reads
    REFERRER_POLICY."""
    low = item.lower()
    return not _own(item) and all(word.lower() in low for word in name.split("_"))


def _dotted(at: Version) -> str:
    return ".".join(map(str, at))


def _flask(app: Application, settings: Followed, facts: FactSet, code: _Code) -> Iterator[IneffectiveSetting]:
    """Names that code gives to the configuration of an application."""
    pins = _pinned(facts, "flask")
    for name in sorted(settings.names):
        bound = settings.bound(name)
        if bound is None or not sounds_relevant(name) or name in code.read or role(bound.path) != "production":
            continue
        said: tuple[Why, str] | None = None
        span = _FLASK.get(name)
        if span is None and name not in DJANGO_NAMES:
            target = meant(name, _FLASK_TARGETS)
            said = ("unknown-name", target) if target else None
        elif span is not None and pins and pins[-1] < span.since and len(pins[-1]) > 1:
            said = ("too-new", f"Flask reads it since {_dotted(span.since)}, and {_dotted(pins[-1])} is required")
        if said is not None:
            yield _fact("flask", app.name, name, bound, *said)
