"""What Django's own middleware, and that of libraries, makes of the header fields of a response, by the settings.

Sources: Django 2.2 to 6.0 `django.middleware`, django-csp 3.8 and 4.0, django-cors-headers 4.9,
django-permissions-policy 4.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from hardencheck.collect.framework_names import CSP_3_DIRECTIVES
from hardencheck.collect.interpret.values import Absent, Binding, Const, Map, Seq, Unknown, Value, lifted
from hardencheck.collect.resolve._django import OTHER_MIDDLEWARE, OWN_MIDDLEWARE, SECURITY, Project, setting
from hardencheck.collect.resolve._follow import policy, why_of
from hardencheck.collect.resolve._routes import Doubt
from hardencheck.collect.resolve._sent import Field, Seen, Sent
from hardencheck.collect.resolve._setting import Setting
from hardencheck.collect.resolve._versions import lowest
from hardencheck.model.gap import FactSet, Reason
from hardencheck.model.location import Location

LAYER = "django"
CSP, _REPORTS = "content-security-policy", "content-security-policy-report-only"
_LOCALE = "django.middleware.locale.LocaleMiddleware"


class Told(NamedTuple):
    """What a project tells middleware. where: the line of MIDDLEWARE."""

    project: Project
    facts: FactSet
    where: Location

    def field(self, name: str, value: object, held: Setting | Location) -> Field:
        where = held if isinstance(held, Location) else held.location
        return Field(name, str(value), where, LAYER)

    def lost(self, name: str, called: str, held: Setting) -> Field:
        doubt = Doubt(held.location, f"{called} is {held.text}", held.reason)
        return Field(name, None, held.location, LAYER, doubt, perhaps=True)

    def value(self, name: str) -> Binding | None:
        found = self.project.followed.binding(name)
        return None if found is None or isinstance(found.value, Absent) else found


def _security(told: Told, sent: Sent, seen: Seen) -> Sent:
    project = told.project
    sent = _hsts(told, sent, seen)
    nosniff = setting(project, "SECURE_CONTENT_TYPE_NOSNIFF")
    if not nosniff.known:
        sent = sent.usual(told.lost("x-content-type-options", "SECURE_CONTENT_TYPE_NOSNIFF", nosniff))
    elif nosniff.value:
        sent = sent.usual(told.field("x-content-type-options", "nosniff", nosniff))
    for header, name in (
        ("referrer-policy", "SECURE_REFERRER_POLICY"),
        ("cross-origin-opener-policy", "SECURE_CROSS_ORIGIN_OPENER_POLICY"),
    ):
        held = setting(project, name)
        if not held.known:
            sent = sent.usual(told.lost(header, name, held))
        elif held.value:
            words = held.value if isinstance(held.value, tuple) else str(held.value).split(",")
            text = ",".join(word.strip() for word in words) if header == "referrer-policy" else str(held.value)
            sent = sent.usual(told.field(header, text, held))
    return sent


def _hsts(told: Told, sent: Sent, seen: Seen) -> Sent:
    name, project = "strict-transport-security", told.project
    seconds = setting(project, "SECURE_HSTS_SECONDS")
    if not seconds.known:
        return sent.usual(told.lost(name, "SECURE_HSTS_SECONDS", seconds))
    if not seconds.value or seen.secure is False:
        return sent
    text = f"max-age={seconds.value}"
    for more, word in (("SECURE_HSTS_INCLUDE_SUBDOMAINS", "includeSubDomains"), ("SECURE_HSTS_PRELOAD", "preload")):
        held = setting(project, more)
        if not held.known:
            return sent.usual(told.lost(name, more, held)._replace(perhaps=False))
        text += f"; {word}" if held.value else ""
    return sent.usual(told.field(name, text, seconds))


def _clickjacking(told: Told, sent: Sent, seen: Seen) -> Sent:
    held = setting(told.project, "X_FRAME_OPTIONS")
    if not held.known:
        return sent.usual(told.lost("x-frame-options", "X_FRAME_OPTIONS", held)._replace(perhaps=False))
    return sent.usual(told.field("x-frame-options", str(held.value).upper(), held))


def _own_csp(told: Told, sent: Sent, seen: Seen) -> Sent:
    for header, name in ((CSP, "SECURE_CSP"), (_REPORTS, "SECURE_CSP_REPORT_ONLY")):
        sent = _policy(told, sent, header, name, told.value(name))
    return sent


def _policy(told: Told, sent: Sent, header: str, name: str, binding: Binding | None) -> Sent:
    """A header from a table of directives."""
    if binding is None:
        return sent
    where = Location(path=binding.path, line=binding.line or None)
    made = policy("SECURE_CSP", binding.value)
    if made is None:
        doubt = Doubt(where, f"{name} is not known: {why_of(name, binding.value) or 'computed'}", Reason.NOT_LITERAL)
        return sent.usual(Field(header, None, where, LAYER, doubt, perhaps=True))
    return sent.usual(Field(header, made[0], where, LAYER)) if made[0] else sent


def _django_csp(told: Told, sent: Sent, seen: Seen) -> Sent:
    version = lowest(told.facts, "django-csp")
    if version is not None and version < (4,):
        return _django_csp_3(told, sent)
    for header, name in ((CSP, "CONTENT_SECURITY_POLICY"), (_REPORTS, "CONTENT_SECURITY_POLICY_REPORT_ONLY")):
        binding = told.value(name)
        if binding is None or (isinstance(binding.value, Const) and not binding.value.value):
            continue
        table = binding.value
        if not isinstance(table, Map) or not table.exact:
            sent = _policy(told, sent, header, name, binding._replace(value=Unknown("branch", name)))
            continue
        excluded = table.items.get("EXCLUDE_URL_PREFIXES")
        if excluded is not None and _excludes_all(excluded):
            continue
        if not table.items:
            continue
        inner = table.items.get("DIRECTIVES", Map())
        given = Map(dict(inner.items), set(inner.maybe), inner.exact) if isinstance(inner, Map) else inner
        if isinstance(given, Map):
            given.items = {key: one for key, one in given.items.items() if not _off(one)}
            if isinstance(inner, Map) and "default-src" not in inner.items:
                given.items = {"default-src": lifted(["'self'"]), **given.items}
            for key, one in given.items.items():
                if isinstance(one, Seq) and one.kind == "set" and one.exact:
                    texts = [item.value for item in one.items if isinstance(item, Const)]
                    given.items[key] = lifted(sorted(str(text) for text in texts))
            given.items = {key: _without_nonce(one) for key, one in given.items.items()}
        sent = _policy(told, sent, header, name, binding._replace(value=given))
    return sent


def _excludes_all(value: Value) -> bool:
    """Whether every path begins with one of these prefixes; a text is taken letter by letter."""
    if isinstance(value, Const):
        return isinstance(value.value, str) and "/" in value.value
    return isinstance(value, Seq) and any(isinstance(one, Const) and one.value in {"/", ""} for one in value.items)


def _off(value: Value) -> bool:
    return isinstance(value, Const) and value.value in (None, False)


def _without_nonce(value: Value) -> Value:
    """A page that does not ask for its nonce has none in its policy."""
    if not isinstance(value, Seq) or not value.exact:
        return value
    kept = [one for one in value.items if not (getattr(one, "dotted", "") == "csp.constants.NONCE")]
    return Seq(value.kind, kept)


def _django_csp_3(told: Told, sent: Sent) -> Sent:
    parts: dict[object, Value] = {"default-src": lifted(["'self'"])}
    where: Location | None = None
    last: Binding | None = None
    for name, directive in CSP_3_DIRECTIVES.items():
        binding = told.value(name)
        if binding is None:
            continue
        where, last = where or Location(path=binding.path, line=binding.line or None), last or binding
        if _off(binding.value):
            parts.pop(directive, None)
        else:
            parts[directive] = binding.value
    excluded = told.value("CSP_EXCLUDE_URL_PREFIXES")
    if excluded is not None and _excludes_all(excluded.value):
        return sent
    report = setting(told.project, "CSP_REPORT_ONLY")
    reports = report.known and bool(report.value)
    header = _REPORTS if reports else CSP
    place = report.location if reports else where or told.where
    return _policy(told, sent, header, "CSP_DEFAULT_SRC", Binding(Map(parts), place.path or "", place.line or 0))


def _permissions(told: Told, sent: Sent, seen: Seen) -> Sent:
    held = setting(told.project, "PERMISSIONS_POLICY")
    if not held.known:
        return sent.usual(told.lost("permissions-policy", "PERMISSIONS_POLICY", held))
    return sent.put(told.field("permissions-policy", held.value, held)) if held.value else sent


def _locale(told: Told, sent: Sent, seen: Seen) -> Sent:
    doubt = Doubt(told.where, "the language that the visitor asks for")
    return sent.usual(Field("content-language", None, told.where, LAYER, doubt))


def _cors(told: Told, sent: Sent, seen: Seen) -> Sent:
    """Only a request from another origin is answered with more than `Vary: origin`."""
    return sent


_Effect = Callable[[Told, Sent, Seen], Sent]
EFFECTS: Mapping[str, _Effect] = {
    SECURITY: _security,
    OWN_MIDDLEWARE["clickjacking"]: _clickjacking,
    OWN_MIDDLEWARE["csp"]: _own_csp,
    OTHER_MIDDLEWARE["django-csp"]: _django_csp,
    "csp.contrib.rate_limiting.RateLimitedCSPMiddleware": _django_csp,
    OTHER_MIDDLEWARE["permissions"]: _permissions,
    OTHER_MIDDLEWARE["cors"]: _cors,
    _LOCALE: _locale,
}
