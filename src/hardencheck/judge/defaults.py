"""Production defaults joined with the checks that judge them: one row for each setting of each application. Pure.

A check speaks of a setting where one of its rules selects a fact that is this setting seen from another side: a
`cookie.declared` of the session is SESSION_COOKIE_SECURE, when the rule asks for `secure`. `_view` says what each
setting looks like among the facts of a kind; a rule judges the setting when its `where` can hold for that view.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from hardencheck.catalogue.vocabulary import holds
from hardencheck.judge.evaluate import may_matter, meets_test
from hardencheck.model.check import Check, Quantifier, Rule
from hardencheck.model.checklist import Application, Default, Item, Judgement, Remark
from hardencheck.model.facts import Fact, Scalar, Side, Value, fact_types
from hardencheck.model.facts.hidden import HiddenSetting, IneffectiveSetting
from hardencheck.model.facts.settings import ProductionDefault, SettingsChoice
from hardencheck.model.finding import Verdict
from hardencheck.model.gap import FactSet, Gap
from hardencheck.model.location import Location

ROWS = ProductionDefault.kind()
_CHOICES = SettingsChoice.kind()
_ATTRIBUTES = {"SECURE": "secure", "HTTPONLY": "http_only", "SAMESITE": "same_site"}
_COOKIES = {
    **{
        f"{role.upper()}_COOKIE_{end}": (role, attribute)
        for role in ("session", "csrf")
        for end, attribute in _ATTRIBUTES.items()
    },
    "SessionMiddleware.https_only": ("session", "secure"),
    "SessionMiddleware.same_site": ("session", "same_site"),
    "CookieBackendConfig.secure": ("session", "secure"),
    "CookieBackendConfig.httponly": ("session", "http_only"),
    "CookieBackendConfig.samesite": ("session", "same_site"),
    "CSRFConfig.cookie_secure": ("csrf", "secure"),
    "CSRFConfig.cookie_httponly": ("csrf", "http_only"),
    "CSRFConfig.cookie_samesite": ("csrf", "same_site"),
}
_COOKIE_NAMES = {
    "SESSION_COOKIE_NAME": "session",
    "CSRF_COOKIE_NAME": "csrf",
    "SessionMiddleware.session_cookie": "session",
    "CookieBackendConfig.key": "session",
    "CSRFConfig.cookie_name": "csrf",
}
_HEADERS = {
    "SECURE_HSTS_SECONDS": "strict-transport-security",
    "SECURE_CONTENT_TYPE_NOSNIFF": "x-content-type-options",
    "SECURE_REFERRER_POLICY": "referrer-policy",
    "SECURE_CROSS_ORIGIN_OPENER_POLICY": "cross-origin-opener-policy",
    "X_FRAME_OPTIONS": "x-frame-options",
    "SECURE_CSP": "content-security-policy",
    "CONTENT_SECURITY_POLICY": "content-security-policy",
    "PERMISSIONS_POLICY": "permissions-policy",
}
_COUNTS = {
    "DATA_UPLOAD_MAX_NUMBER_FIELDS": "fields",
    "DATA_UPLOAD_MAX_NUMBER_FILES": "files",
    "limit_request_line": "request-line",
    "limit_request_fields": "header-fields",
    "limit_request_field_size": "header-size",
    "MAX_FORM_PARTS": "parts",
    "client_max_fields": "parts",
    "multipart_form_part_limit": "parts",
}
_BODIES = {"DATA_UPLOAD_MAX_MEMORY_SIZE", "MAX_CONTENT_LENGTH", "MAX_FORM_MEMORY_SIZE", "client_max_size"}
_SERVERS = {"gunicorn", "uvicorn", "hypercorn", "waitress", "granian", "uwsgi"}
_STARLETTE = {"fastapi", "starlette"}  # the one is built on the other, and a fact may name either
_LAYERS = {"django", "flask", "quart", "litestar", *_STARLETTE}
_STORED = {"FILE_UPLOAD_PERMISSIONS": "file", "FILE_UPLOAD_DIRECTORY_PERMISSIONS": "directory"}
_CORS = {
    "django": {"CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL", "CORS_ALLOW_CREDENTIALS"},
    "flask": {"CORS_ORIGINS", "CORS_SUPPORTS_CREDENTIALS", "CORS.origins", "CORS.supports_credentials"},
    **{
        framework: {f"{part}.{end}" for end in ("allow_origins", "allow_origin_regex", "allow_credentials")}
        for framework, part in (*((one, "CORSMiddleware") for one in _STARLETTE), ("litestar", "CORSConfig"))
    },
}
# What only Django has, and its facts say so by their kind alone.
_OF_DJANGO = {
    "redirect.declared": "SECURE_SSL_REDIRECT",
    "forwarded.trust": "SECURE_PROXY_SSL_HEADER",
    "forwarded.host": "USE_X_FORWARDED_HOST",
    "django.middleware": "MIDDLEWARE",
}
_PROTECTIONS = {
    "SECURE_HSTS_SECONDS": "hsts",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": "hsts-subdomains",
    "SECURE_HSTS_PRELOAD": "hsts-preload",
    "SECURE_CONTENT_TYPE_NOSNIFF": "nosniff",
    "SECURE_REFERRER_POLICY": "referrer-policy",
    "SECURE_CROSS_ORIGIN_OPENER_POLICY": "opener-policy",
    "X_FRAME_OPTIONS": "frame-deny",
    "SESSION_COOKIE_SECURE": "session-cookie-secure",
    "SESSION_COOKIE_HTTPONLY": "session-cookie-http-only",
    "CSRF_COOKIE_SECURE": "csrf-cookie-secure",
    "ALLOWED_HOSTS": "allowed-hosts",
    "SECRET_KEY": "signing-key",
    "SECRET_KEY_FALLBACKS": "fallback-keys",
}
_LOGGING = {"logging.config", "logging.logger"}
_HIDDEN, _INEFFECTIVE = HiddenSetting.kind(), IneffectiveSetting.kind()
_MAX_REMARKS = 20
_TOLD = {
    "framework.setting",
    "framework.secret-key",
    "cookie.declared",
    "cookie.declared-name",
    "header.declared",
    "upload.limit",
    "request.limit",
    "request.timeout",
    "upload.stored-mode",
    "cors.policy",
    "django.protection",
    _HIDDEN,
    *_OF_DJANGO,
    *_LOGGING,
}


def kinds() -> frozenset[str]:
    """Kinds of fact by which a setting is judged, and those the rows are made from."""
    return frozenset({ROWS, _CHOICES, *_judging()})


def speaks_of_settings(check: Check) -> bool:
    """Whether a check may judge a row of the production defaults."""
    judging = _judging()
    return any(rule.fact in judging for rule in check.rules)


def _judging() -> frozenset[str]:
    """Known kinds, and every other declared one that names a setting of a framework."""
    types = fact_types()
    others = (kind for kind, cls in types.items() if cls.side is Side.DECLARED and _names_settings(cls))
    return frozenset(_TOLD & types.keys()) | frozenset(others)


def _names_settings(cls: type[Fact]) -> bool:
    fields = set(cls.__struct_fields__)
    return "framework" in fields and bool({"name", "setting"} & fields)


def defaults(
    checks: Iterable[Check], facts: FactSet, items: Iterable[Item]
) -> tuple[tuple[Application, ...], tuple[Default, ...]]:
    """The applications whose settings were resolved, and their rows, both in a stable order.

    items: of the checklist these facts came to; a finding that is waived there is waived here.
    """
    rows = _rows(facts)
    if not rows:
        return (), ()
    desk = _Desk(checks, facts, items, rows)
    made = tuple(_joined(row, desk.judgements(row), desk.remarks(row)) for row in rows)
    return _applications(rows, facts), made


def _rows(facts: FactSet) -> tuple[ProductionDefault, ...]:
    found = {
        (fact.framework, fact.application, fact.name, fact.location.order, repr(fact)): fact
        for fact in facts.facts
        if isinstance(fact, ProductionDefault)
    }
    return tuple(found[key] for key in sorted(found))


def _joined(row: ProductionDefault, judgements: tuple[Judgement, ...], remarks: tuple[Remark, ...]) -> Default:
    shared = {
        name: getattr(row, name) for name in Default.__struct_fields__ if name in ProductionDefault.__struct_fields__
    }
    verdict = judgements[0].verdict if judgements else None
    return Default(**shared, judgements=judgements, verdict=verdict, remarks=remarks)


def _applications(rows: Sequence[ProductionDefault], facts: FactSet) -> tuple[Application, ...]:
    versions: dict[tuple[str, str], str] = {}
    made_at: dict[tuple[str, str], Location] = {}
    for row in rows:
        key = (row.framework, row.application)
        versions[key] = versions.get(key, "") or row.version
        if row.source == "default" and "." not in row.name:  # what is not set is where the application is
            made_at.setdefault(key, row.location)
    choices = {
        (fact.framework, fact.application): fact for fact in facts.of(_CHOICES) if isinstance(fact, SettingsChoice)
    }
    made: list[Application] = []
    for (framework, application), version in versions.items():
        choice = choices.get((framework, application))
        words = "the server is started there" if framework in _SERVERS else "the application is made there"
        where = made_at.get((framework, application))
        places = (where,) if where is not None and where.line else ()
        made.append(
            Application(
                framework=framework,
                application=application,
                version=version,
                chosen=choice.why if choice is not None else words,
                places=choice.places if choice is not None else places,
            )
        )
    return tuple(made)


class _View(NamedTuple):
    """A setting as the facts of one kind have it. fields: what such a fact says if it is about this setting.

    tests: the field of the fact that is this setting, "" for all of it: a rule that asks for another judges another
    setting. sure: a rule whose `where` admits the view speaks of this setting even where there is no such fact.
    """

    fields: Mapping[str, Scalar]
    tests: str = ""
    sure: bool = True


def _view(kind: str, row: ProductionDefault) -> _View | None:
    """What a setting looks like among the facts of a kind; None where they never speak of it."""
    framework, application, name = row.framework, row.application, row.name
    match kind:
        case "framework.setting":
            return _View({"framework": framework, "application": application, "name": name})
        case "framework.secret-key":
            if not name.lower().endswith(("secret_key", "cookie_secret")):
                return None
            return _View({"framework": framework, "application": application, "name": name})
        case "cookie.declared" if name in _COOKIES:
            role, attribute = _COOKIES[name]
            return _View({"layer": framework, "role": role, "known": attribute}, tests=attribute)
        case "cookie.declared-name" if name in _COOKIE_NAMES:
            return _View({"layer": framework, "role": _COOKIE_NAMES[name]})
        case "header.declared" if name in _HEADERS and framework == "django":
            return _View({"name": _HEADERS[name]})
        case "upload.limit" | "request.limit" | "request.timeout":
            more = {"counts": _COUNTS[name]} if name in _COUNTS else {}
            layer = "server" if framework in _SERVERS else "framework"
            said: dict[str, Scalar] = {"layer": layer, "product": framework, "application": application}
            known = name in {"request.limit": _COUNTS, "upload.limit": _BODIES}.get(kind, ())
            return _View({**said, "setting": name, **more}, sure=known)
        case "upload.stored-mode" if name in _STORED and framework == "django":
            return _View({"application": application, "setting": name, "what": _STORED[name]})
        case "cors.policy" if name in _CORS.get(framework, ()):
            if name.endswith("_regex") and row.source == "default":
                return None  # none: it lets nobody in
            return _View({"framework": framework, "application": application})
        case "django.protection" if framework == "django" and name in _PROTECTIONS:
            return _View({"application": application, "name": _PROTECTIONS[name]})
        case "logging.config" if name == "LOGGING":
            return _View({"framework": framework}, sure=False)
        case "logging.logger" if name == "LOGGING":
            return _View({}, sure=False)
        case _ if _OF_DJANGO.get(kind) == name and framework == "django":
            return _View({"application": application})
    if kind in _TOLD or kind == _CHOICES:
        return None
    cls = fact_types()[kind]
    if not _names_settings(cls):
        return None
    called = "name" if "name" in cls.__struct_fields__ else "setting"
    return _View({"framework": framework, "application": application, called: name}, sure=False)


class _Desk:
    """Everything at hand to judge rows, sorted so that a row looks at what may concern it only."""

    def __init__(
        self, checks: Iterable[Check], facts: FactSet, items: Iterable[Item], rows: Sequence[ProductionDefault]
    ) -> None:
        judging = _judging()
        self._rules: dict[str, list[tuple[Check, Rule]]] = defaultdict(list)
        for check in checks:
            for rule in check.rules:
                if rule.fact in judging and fact_types()[rule.fact].side is Side.DECLARED:
                    self._rules[rule.fact].append((check, rule))
        self._facts: dict[tuple[str, str], list[Fact]] = defaultdict(list)
        for fact in facts.facts:
            if fact.kind() in self._rules:
                self._facts[fact.kind(), str(getattr(fact, "application", ""))].append(fact)
        self._gaps: dict[tuple[str, str], list[Gap]] = defaultdict(list)
        for gap in facts.gaps:
            for kind in gap.kinds:
                if kind in self._rules:
                    self._gaps[kind, str(gap.about.get("application", ""))].append(gap)
        self._findings = {
            (item.line.id, finding.location, finding.observed): finding.verdict
            for item in items
            for finding in item.findings
            if finding.verdict in {Verdict.FAIL, Verdict.WAIVED}
        }
        # Paths by which a fact that names no application is told to be of one, where there are several.
        self._paths: dict[tuple[str, str], set[str]] = defaultdict(set)
        for row in rows:
            places = (row.location, *row.chain)
            self._paths[row.framework, row.application].update(place.path for place in places if place.path)
            self._paths[row.framework, row.application].add(row.application)

    def judgements(self, row: ProductionDefault) -> tuple[Judgement, ...]:
        """What each check says about a row, the worst first."""
        said: dict[str, tuple[Check, list[tuple[Verdict, str]]]] = {}
        for kind, rules in self._rules.items():
            view = _view(kind, row)
            if view is None:
                continue
            for check, rule in rules:
                if _admits(rule, view):
                    verdict = self._verdict(check, rule, view, row)
                    if verdict is not None:
                        said.setdefault(check.id, (check, []))[1].append(verdict)
        made = [_judgement(check, max(found, key=lambda one: one[0].weight)) for check, found in said.values()]
        return tuple(sorted(made, key=lambda one: (-one.verdict.weight, one.check)))

    def remarks(self, row: ProductionDefault) -> tuple[Remark, ...]:
        """Where the setting is changed besides, and who meant it and wrote another name."""
        found: list[Remark] = []
        for fact in self._facts.get((_HIDDEN, ""), ()):
            # What a command writes into a settings file is said where the value is: it is not known then.
            if not isinstance(fact, HiddenSetting) or fact.role != "production" or fact.how == "by a command":
                continue
            if fact.name == row.name and fact.concerns(row.framework):
                words = f"changed outside of the settings: {fact.change()}"
                found.append(Remark(text=words, location=fact.location, check=self._told_by(fact)))
        for fact in self._facts.get((_INEFFECTIVE, row.application), ()):
            if isinstance(fact, IneffectiveSetting) and fact.why == "unknown-name" and fact.framework == row.framework:
                if fact.needed == row.name:
                    words = f"{fact.name} does not set it: no code reads that name"
                    found.append(Remark(text=words, location=fact.location, check=self._told_by(fact)))
        found.sort(key=lambda one: (one.location.order, one.text))
        return tuple(found[:_MAX_REMARKS])

    def _told_by(self, fact: Fact) -> str:
        """The check whose line has a fact as its finding."""
        for check, rule in self._rules[fact.kind()]:
            if all(meets_test(fact, test) for test in rule.where):
                return check.id
        return ""

    def _verdict(self, check: Check, rule: Rule, view: _View, row: ProductionDefault) -> tuple[Verdict, str] | None:
        """(verdict, what was seen) of one rule; None where it turns out not to speak of this setting."""
        kind, application = rule.fact, row.application
        near = [*self._facts.get((kind, application), ()), *self._facts.get((kind, ""), ())]
        seen = [fact for fact in near if _is(fact, view) and self._of(fact, fact.location, row)]
        judged = [fact for fact in seen if all(meets_test(fact, test) for test in rule.where)]
        gaps = [
            gap
            for gap in (*self._gaps.get((kind, application), ()), *self._gaps.get((kind, ""), ()))
            if _may_be(gap, view) and may_matter(gap, rule) and self._of(gap, gap.location, row)
        ]
        meets = [all(meets_test(fact, test) for test in rule.conditions) for fact in judged]
        good = rule.quantifier is not Quantifier.NONE
        bad = [fact for fact, met in zip(judged, meets, strict=True) if met is not good]
        if rule.quantifier is Quantifier.SOME and (any(meets) or gaps):
            bad = []
        if bad:
            return max(((self._settled(check, fact), fact.describe()) for fact in bad), key=lambda one: one[0].weight)
        if gaps:
            return Verdict.UNKNOWN, min(gaps, key=lambda gap: (gap.location.order, gap.detail)).detail
        if judged:
            return Verdict.PASS, judged[0].describe()
        if seen or view.sure:
            return Verdict.NOT_APPLICABLE, rule.otherwise or "nothing of the kind in this application"
        return None

    def _settled(self, check: Check, fact: Fact) -> Verdict:
        """A failure as the checklist has it: waived or not."""
        return self._findings.get((check.id, fact.location, fact.describe()), Verdict.FAIL)

    def _of(self, what: Fact | Gap, where: Location, row: ProductionDefault) -> bool:
        """Whether something that may name no application is about that of the row."""
        if isinstance(what, Fact) and what.kind() in _LOGGING:
            # Loggers below the setting in its own file are those of its dictionary.
            return where.path == row.location.path and (where.line or 0) >= (row.location.line or 0)
        held = what.about if isinstance(what, Gap) else {"layer": getattr(what, "layer", "")}
        layer = held.get("layer") or ""
        if layer in _LAYERS and not _same(layer, row.framework):
            return False
        named = held.get("application") if isinstance(what, Gap) else getattr(what, "application", "")
        if named or len(self._paths) == 1 or where.path is None:
            return True
        owners = [key for key, paths in self._paths.items() if where.path in paths]
        return not owners or (row.framework, row.application) in owners


def _admits(rule: Rule, view: _View) -> bool:
    """Whether `where` can hold for the view: it is out only if a field that the view has says so."""
    if view.tests and all(test.field != view.tests for test in rule.conditions):
        return False
    if view.fields.keys() == {"framework", "application", "name"} and rule.fact == "framework.setting":
        if not any(test.field == "name" for test in rule.where):
            return False  # a rule about all settings says nothing of this one
    return all(
        test.predicate
        or test.field not in view.fields
        or test.field == "known"
        or holds(test.operator, view.fields[test.field], test.operand)
        for test in rule.where
    )


def _is(fact: Fact, view: _View) -> bool:
    """Whether a fact is about the setting of a view. known: attributes that are, which `where` asks for by itself."""
    return all(
        _same(getattr(fact, name), value)
        for name, value in view.fields.items()
        if name != "known" and getattr(fact, name, "") not in {"", None}
    )


def _same(one: Value, other: Value) -> bool:
    return one == other or (one in _STARLETTE and other in _STARLETTE)


def _may_be(gap: Gap, view: _View) -> bool:
    """Whether a gap may hide the setting of a view: named by it, or, for a sure view, not excluded by it."""
    shared = {name for name in view.fields if name in gap.about}
    if not all(_same(gap.about[name], view.fields[name]) for name in shared):
        return False
    return view.sure or bool({"name", "setting"} & shared)


def _judgement(check: Check, said: tuple[Verdict, str]) -> Judgement:
    verdict, observed = said
    return Judgement(
        check=check.id,
        verdict=verdict,
        observed=observed,
        expected=check.expected,
        owner=check.owner,
        why=check.why,
    )
