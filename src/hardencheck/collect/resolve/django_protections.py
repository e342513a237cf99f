"""What `manage.py check --deploy` would say of each Django project, from its source alone.

Source: django/core/checks/security/{base,csrf,sessions}.py of Django 4.2, 5.2, 6.0 and 6.1. Where Django compares the
names of middleware, a subclass in the repository counts here as well: it has the same effect.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import msgspec

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.extract._python import role
from hardencheck.collect.interpret.values import NOTHING, Const, Depends, Joined, Map, Seq
from hardencheck.collect.resolve._django import OWN_MIDDLEWARE, Project, absent, has_middleware, middleware, projects
from hardencheck.collect.resolve._django_more import entry, held
from hardencheck.collect.resolve._setting import Setting, why_unknown
from hardencheck.model.facts import Value
from hardencheck.model.facts.declared import DeclaredHeader
from hardencheck.model.facts.protections import DjangoProtection
from hardencheck.model.facts.settings import Expression
from hardencheck.model.facts.settings import unless as depending_on
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location
from hardencheck.model.words import plural

REFERRER_POLICIES = frozenset({
    "no-referrer", "no-referrer-when-downgrade", "origin", "origin-when-cross-origin", "same-origin", "strict-origin",
    "strict-origin-when-cross-origin", "unsafe-url",
})  # fmt: skip
OPENER_POLICIES = frozenset({"same-origin", "same-origin-allow-popups", "unsafe-none"})
_HEADERS = {
    "hsts": "strict-transport-security", "hsts-subdomains": "strict-transport-security",
    "hsts-preload": "strict-transport-security", "nosniff": "x-content-type-options",
    "referrer-policy": "referrer-policy",
}  # fmt: skip


class _Flag(NamedTuple):
    """A protection that one setting switches on by being True. same_as: what Django says where it is not."""

    name: str
    setting: str
    middleware: str
    same_as: str


_FLAGS = (
    _Flag("nosniff", "SECURE_CONTENT_TYPE_NOSNIFF", "security", "security.W006"),
    _Flag("csrf-cookie-secure", "CSRF_COOKIE_SECURE", "csrf", "security.W016"),
)
_HSTS = (
    _Flag("hsts-subdomains", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "security", "security.W005"),
    _Flag("hsts-preload", "SECURE_HSTS_PRELOAD", "security", "security.W021"),
)
# The id depends on what is there: the application alone, the middleware alone, or both.
_SESSION = (
    ("session-cookie-secure", "SESSION_COOKIE_SECURE", ("security.W010", "security.W011", "security.W012")),
    ("session-cookie-http-only", "SESSION_COOKIE_HTTPONLY", ("security.W013", "security.W014", "security.W015")),
)


class DjangoProtections(Resolver):
    """The settings that Django's deployment checks look at, each together with what it depends on."""

    name = "django.protections"
    emits = (DjangoProtection,)
    after = ("headers.declared",)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        found, troubles = projects(facts, tree)
        for text in troubles:
            yield Gap(kinds=self.kinds(), collector=self.name, reason=Reason.DYNAMIC, detail=text)
        proxied = _proxied(facts)
        for project in found:
            for item in self._project(project):
                if isinstance(item, DjangoProtection) and not item.on and (where := proxied.get(item.name)):
                    yield msgspec.structs.replace(item, held=True, elsewhere_by=where)
                else:
                    yield item

    def _project(self, project: Project) -> Iterator[Found]:
        yield from self._hsts(project)
        for flag in _FLAGS:
            applies = has_middleware(project, OWN_MIDDLEWARE[flag.middleware])
            if flag.name == "csrf-cookie-secure":
                stored = held(project, "CSRF_USE_SESSIONS")
                applies = _both(applies, _answer(stored, lambda value: not value))
            one = held(project, flag.setting)
            yield from self._judged(project, flag.name, flag.setting, one, applies, _is_true(one), flag.same_as)
        yield from self._policies(project)
        yield from self._sessions(project)
        hosts = held(project, "ALLOWED_HOSTS")
        on = _answer(hosts, bool) if hosts.known else _surely_some(project, "ALLOWED_HOSTS")
        yield from self._judged(project, "allowed-hosts", "ALLOWED_HOSTS", hosts, True, on, "security.W020")
        yield from self._key(project)
        yield from self._fallbacks(project)
        yield from self._tables(project)
        yield self._async(project)

    def _hsts(self, project: Project) -> Iterator[Found]:
        applies = has_middleware(project, OWN_MIDDLEWARE["security"])
        seconds = held(project, "SECURE_HSTS_SECONDS")
        sent = _answer(seconds, bool)
        yield from self._judged(project, "hsts", "SECURE_HSTS_SECONDS", seconds, applies, sent, "security.W004")
        for flag in _HSTS:
            one = held(project, flag.setting)
            both = _both(applies, sent)
            yield from self._judged(project, flag.name, flag.setting, one, both, _is_true(one), flag.same_as)

    def _policies(self, project: Project) -> Iterator[Found]:
        applies = has_middleware(project, OWN_MIDDLEWARE["security"])
        referrer = held(project, "SECURE_REFERRER_POLICY")
        same_as = "security.W022" if referrer.value is None else "security.E023"
        on = _answer(referrer, _is_referrer_policy)
        yield from self._judged(project, "referrer-policy", "SECURE_REFERRER_POLICY", referrer, applies, on, same_as)
        opener = held(project, "SECURE_CROSS_ORIGIN_OPENER_POLICY")
        on = _answer(opener, lambda value: value is None or value in OPENER_POLICIES)
        name = "SECURE_CROSS_ORIGIN_OPENER_POLICY"
        yield from self._judged(project, "opener-policy", name, opener, applies, on, "security.E024")
        framing = has_middleware(project, OWN_MIDDLEWARE["clickjacking"])
        options = held(project, "X_FRAME_OPTIONS")
        on = _answer(options, lambda value: value == "DENY")
        yield from self._judged(project, "frame-deny", "X_FRAME_OPTIONS", options, framing, on, "security.W019")

    def _sessions(self, project: Project) -> Iterator[Found]:
        application = entry(project, "INSTALLED_APPS", "django.contrib.sessions").present
        installed = has_middleware(project, OWN_MIDDLEWARE["session"])
        applies = True if application or installed else None if None in (application, installed) else False
        for name, written, (only_app, only_middleware, both) in _SESSION:
            one = held(project, written)
            same_as = both if application and installed else only_app if application else only_middleware
            if None in (application, installed):
                same_as = f"{only_app}, {only_middleware} or {both}"
            yield from self._judged(project, name, written, one, applies, _is_true(one), same_as)

    def _key(self, project: Project) -> Iterator[Found]:
        """Of a key that is known, or surely not there. One from the environment, or a new one on every start, does not
        count: nobody can measure it."""
        name, what, same_as = "SECRET_KEY", "signing-key", "security.W009"
        bound = project.bound(name)
        given = bound.expression if bound is not None else Expression(what="scalar")
        where = bound.location if bound is not None else project.location
        unless = project.unless(name)
        if given.what == "secret":
            start = ", made by startproject" if given.prefixed else ""
            shown = f"a text of {plural(given.length, 'character')}, {given.distinct} different{start}"
            strong = _strong(given.length, given.distinct, given.prefixed)
            yield self._fact(project, what, name, where, strong, same_as, shown, unless)
        elif given.what == "scalar" and not given.value and not unless:
            shown = "not set, which is empty" if bound is None else "empty"
            yield self._fact(project, what, name, where, False, same_as, shown, unless)
        elif bound is None:
            # Whatever sets it is not in the repository, and Django does not start without a key.
            text = f"not set{depending_on(tuple(sorted(unless)))}"
            one = Setting(False, None, "default", where, Reason.DYNAMIC, text)
            yield from self._judged(project, what, name, one, True, None, same_as)
        elif given.what == "unknown":
            one = Setting(False, None, "literal", where, bound.reason, why_unknown(bound))
            yield from self._judged(project, what, name, one, True, None, same_as)

    def _fallbacks(self, project: Project) -> Iterator[Found]:
        bound = project.bound("SECRET_KEY_FALLBACKS")
        same_as, name, what = "security.W025", "SECRET_KEY_FALLBACKS", "fallback-keys"
        if bound is None:
            one = Setting(True, (), "default", project.location)
            yield from self._judged(project, what, name, one, True, True, same_as)
            return
        measured = [item.split(":") for item in bound.expression.items]
        weak = [item for item in measured if item[0] == "secret" and not _strong(*map(int, item[1:]))]
        open_ = bool(bound.maybe) or not bound.expression.complete or any(item[0] != "secret" for item in measured)
        if bound.expression.what == "list" and weak:
            shown = f"a list in which {len(weak)} of {len(measured)} are short, simple or made by startproject"
            yield self._fact(project, what, name, bound.location, False, same_as, shown, bound.depends)
        elif bound.expression.what == "list" and not open_:
            keys = f"{len(measured)} long random texts" if measured else "an empty list"
            yield self._fact(project, what, name, bound.location, True, same_as, keys, bound.depends)
        else:
            text = f"not known: {bound.expression.text or 'computed'}"
            one = Setting(False, None, "literal", bound.location, bound.reason, text)
            yield from self._judged(project, what, name, one, True, None, same_as)

    def _tables(self, project: Project) -> Iterator[Found]:
        """Of the policies of Django 6.0: a text, which would be the header as people write it, is an error there."""
        for name in ("SECURE_CSP", "SECURE_CSP_REPORT_ONLY"):
            bound = project.bound(name)
            value = bound.binding.value if bound is not None and bound.binding is not None else None
            if bound is None or absent(name, project.version) or not isinstance(value, Map | Seq | Const):
                continue
            on = isinstance(value, Map) or (isinstance(value, Const) and value.value is None)
            shown = "a table" if on else "not a table"
            yield self._fact(project, "csp-table", name, bound.location, on, "security.E026", shown, bound.depends)

    def _async(self, project: Project) -> DjangoProtection:
        name = "DJANGO_ALLOW_ASYNC_UNSAFE"
        given = project.environment.get(name)
        on = given is None or (given.what == "text" and not given.value)
        where = given.location if given is not None else project.location
        shown = "not set" if given is None else f"{given.value!r}" if given.what == "text" else "set"
        return self._fact(project, "async-safe", name, where, on, "async.E001", shown, NOTHING)

    def _judged(
        self,
        project: Project,
        name: str,
        written: str,
        one: Setting,
        applies: bool | None,
        on: bool | None,
        same_as: str,
    ) -> Iterator[Found]:
        """A fact where the answer is known; nothing where it does not apply; else a Gap."""
        if applies is False:
            return
        if on or (on is False and applies):
            shown = _show(one) if one.known else "a list that is not empty"
            where = one.location if one.source != "default" else project.location
            depends = one.depends or project.unless(written)
            yield self._fact(project, name, written, where, bool(on), same_as, shown, depends)
            return
        if on is None:
            reason, detail, where = one.reason, f"{written} is {_show(one) if one.known else one.text}", one.location
        else:
            reason, detail = Reason.NOT_LITERAL, f"{written} is {_show(one)}, and what it acts through is not known"
            where = middleware(project)[3]
        yield Gap(
            kinds=self.kinds(),
            collector=self.name,
            reason=reason,
            detail=detail,
            location=where,
            about={"application": project.application, "name": name},
        )

    def _fact(
        self,
        project: Project,
        name: str,
        written: str,
        where: Location,
        on: bool,
        same_as: str,
        shown: str,
        depends: Depends,
    ) -> DjangoProtection:
        return DjangoProtection(
            location=where,
            application=project.application,
            name=name,
            on=on,
            held=on,
            same_as=same_as,
            setting=written,
            value=shown,
            depends_on=tuple(sorted(depends)),
        )


def _proxied(facts: FactSet) -> dict[str, str]:
    """Protection -> the proxy that sends its header, as the declared headers of the repository say."""
    found: dict[str, str] = {}
    for fact in facts.of("header.declared"):
        if not isinstance(fact, DeclaredHeader) or not fact.present or fact.layer != "nginx":
            continue
        path = fact.location.path or "nginx"
        if role(path) != "production":
            continue
        value = (fact.value or "").lower()
        for name, header in _HEADERS.items():
            needs = {"hsts-subdomains": "includesubdomains", "hsts-preload": "preload"}.get(name, "")
            off = name.startswith("hsts") and not fact.max_age
            if header == fact.name and needs in value and not off:
                found[name] = f"{path}:{fact.location.line}" if fact.location.line else path
    return found


def _strong(length: int, distinct: int, prefixed: bool | int) -> bool:
    """django.core.checks.security.base._check_secret_key, of a key that is only measured."""
    return length >= 50 and distinct >= 5 and not prefixed


def _both(first: bool | None, second: bool | None) -> bool | None:
    if first is False or second is False:
        return False
    return None if first is None or second is None else True


def _answer(one: Setting, asked: Callable[[Value], bool]) -> bool | None:
    """What holds of a setting: of each value that it may have, else it is not known."""
    answers = {asked(value) for value in (one.value, *one.others)} if one.known else set()
    return answers.pop() if len(answers) == 1 else None


def _is_true(one: Setting) -> bool | None:
    return _answer(one, lambda value: value is True)


def _is_referrer_policy(value: Value) -> bool:
    words = value if isinstance(value, tuple) else str(value or "").split(",")
    return value is not None and {word.strip() for word in words} <= REFERRER_POLICIES


def _surely_some(project: Project, name: str) -> bool | None:
    """Whether a list surely has an item, known or not."""
    binding = project.followed.binding(name)
    value = binding.value if binding is not None else None
    lists = value.options if isinstance(value, Joined) else (value,)
    return True if all(isinstance(one, Seq) and one.items for one in lists) else None


def _show(one: Setting) -> str:
    shown = " or ".join(dict.fromkeys(_shown(value) for value in (one.value, *one.others)))
    return f"{shown} (the default)" if one.source == "default" else shown


def _shown(value: Value) -> str:
    match value:
        case tuple():
            return ", ".join(value) or "an empty list"
        case str():
            return f'"{value}"'
    return str(value)
