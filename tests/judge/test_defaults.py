"""A setting joined with the checks that judge it, for its own application, from literals."""

import datetime as dt

import msgspec
import pytest

from hardencheck.catalogue.load import load_catalogue
from hardencheck.judge.defaults import defaults, kinds, speaks_of_settings
from hardencheck.judge.settle import Policy, settle
from hardencheck.model.checklist import Application, Default
from hardencheck.model.facts import Fact, Side
from hardencheck.model.facts.declared import DeclaredCookie, DeclaredCookieName, DeclaredHeader
from hardencheck.model.facts.logging import LoggingConfig
from hardencheck.model.facts.settings import (
    CorsPolicy,
    DeclaredRedirect,
    DjangoMiddleware,
    FrameworkSetting,
    ProductionDefault,
    SecretKey,
    SettingsChoice,
)
from hardencheck.model.facts.uploads import RequestLimit, StoredFileMode, UploadLimit
from hardencheck.model.finding import Verdict, Waiver
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location

CATALOGUE = load_catalogue()
SHOP, ADMIN = "shop.settings", "admin/settings.py"
PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN


def at(path: str, line: int | None = None) -> Location:
    return Location(path=path, line=line)


def row(name: str, application: str = SHOP, path: str = "shop/settings.py", framework: str = "django") -> Fact:
    return ProductionDefault(
        location=at(path, 5),
        framework=framework,
        application=application,
        name=name,
        state="known",
        source="set",
        value="x",
    )


def setting(name: str, value: object, application: str = SHOP, path: str = "shop/settings.py", line: int = 5) -> Fact:
    return FrameworkSetting(
        location=at(path, line),
        framework="django",
        application=application,
        name=name,
        value=value,  # type: ignore[arg-type]
        on=bool(value),
        source="literal",
    )


def cookie(secure: bool, path: str = "shop/settings.py", application: str = "", **more: object) -> Fact:
    return DeclaredCookie(
        location=at(path, 7),
        role="session",
        name="sessionid",
        secure=secure,
        http_only=True,
        same_site=None,
        layer="django",
        application=application,
        **more,  # type: ignore[arg-type]
    )


def judged(*facts: Fact | Gap, waivers: tuple[Waiver, ...] = ()) -> tuple[Default, ...]:
    held = FactSet(looked=(Side.DECLARED,)).plus(facts)
    checks = tuple(CATALOGUE.checks.values())
    items = settle(checks, held, Policy(today=dt.date(2026, 11, 1), waivers=waivers)).items
    return defaults(checks, held, items)[1]


def verdicts(*facts: Fact | Gap) -> dict[str, tuple[Verdict | None, tuple[str, ...]]]:
    return {
        f"{one.application}:{one.name}" if one.application != SHOP else one.name: (
            one.verdict,
            tuple(judgement.check for judgement in one.judgements),
        )
        for one in judged(*facts)
    }


def test_no_row_without_a_resolved_setting() -> None:
    held = FactSet(looked=(Side.DECLARED,)).plus([setting("DEBUG", True)])
    assert defaults(CATALOGUE.checks.values(), held, ()) == ((), ())


def test_a_row_has_the_words_of_the_check_that_judges_it() -> None:
    [found] = judged(row("DEBUG"), setting("DEBUG", True))
    check = CATALOGUE.checks["settings.debug"]
    [judgement] = found.judgements
    assert (found.verdict, judgement.verdict) == (FAIL, FAIL)
    assert (judgement.check, judgement.owner, judgement.expected, judgement.why) == (
        "settings.debug", check.owner, check.expected, check.why,
    )  # fmt: skip
    assert judgement.observed == "DEBUG is True"


@pytest.mark.parametrize(
    ("name", "fact", "verdict", "check"),
    [
        ("DEBUG", setting("DEBUG", False), PASS, "settings.debug"),
        ("SESSION_COOKIE_SECURE", cookie(False), FAIL, "headers.cookie-secure"),
        ("SESSION_COOKIE_HTTPONLY", cookie(False), PASS, "headers.cookie-http-only"),
        ("SESSION_COOKIE_SAMESITE", cookie(True), FAIL, "headers.cookie-same-site"),
        (
            "SESSION_COOKIE_NAME",
            DeclaredCookieName(location=at("shop/settings.py"), role="session", name="sessionid", layer="django"),
            FAIL,
            "headers.cookie-prefix",
        ),
        (
            "SECRET_KEY",
            SecretKey(location=at("a.py"), framework="django", application=SHOP, name="SECRET_KEY", source="literal"),
            FAIL,
            "settings.secret-key",
        ),
        (
            "SECURE_HSTS_SECONDS",
            DeclaredHeader(
                location=at("shop/settings.py", 5),
                name="strict-transport-security",
                present=True,
                value="max-age=31536000",
                max_age=31536000,
                layer="django",
            ),
            PASS,
            "headers.hsts",
        ),
        (
            "SECURE_SSL_REDIRECT",
            DeclaredRedirect(location=at("nginx.conf"), application=SHOP, present=True, decided_by="nginx"),
            PASS,
            "settings.ssl-redirect",
        ),
        (
            "DATA_UPLOAD_MAX_MEMORY_SIZE",
            UploadLimit(
                location=at("a.py"),
                layer="framework",
                product="django",
                application=SHOP,
                setting="DATA_UPLOAD_MAX_MEMORY_SIZE",
                counts="fields",
                max_bytes=None,
            ),
            FAIL,
            "uploads.django-memory-size",
        ),
        (
            "DATA_UPLOAD_MAX_NUMBER_FILES",
            RequestLimit(
                location=at("a.py"),
                layer="framework",
                product="django",
                application=SHOP,
                setting="DATA_UPLOAD_MAX_NUMBER_FILES",
                counts="files",
                limit=100,
            ),
            PASS,
            "uploads.file-count",
        ),
        (
            "FILE_UPLOAD_PERMISSIONS",
            StoredFileMode(
                location=at("a.py"), application=SHOP, setting="FILE_UPLOAD_PERMISSIONS", what="file", permissions=0o777
            ),
            FAIL,
            "uploads.file-permissions",
        ),
        (
            "CORS_ALLOW_CREDENTIALS",
            CorsPolicy(location=at("a.py"), framework="django", application=SHOP, any_origin=True, credentials=True),
            FAIL,
            "settings.cors-credentials",
        ),
        (
            "CORS_ALLOW_ALL_ORIGINS",
            CorsPolicy(location=at("a.py"), framework="django", application=SHOP, any_origin=False, credentials=True),
            Verdict.NOT_APPLICABLE,
            "settings.cors-credentials",
        ),
        (
            "LOGGING",
            LoggingConfig(
                location=at("shop/settings.py", 6),
                framework="django",
                variable="LOGGING",
                disable_existing=True,
                keeps_security=False,
                silences=True,
                role="production",
            ),
            FAIL,
            "logging.disable-existing-loggers",
        ),
    ],
)
def test_every_kind_of_fact_finds_its_setting(name: str, fact: Fact, verdict: Verdict, check: str) -> None:
    said, checks = verdicts(row(name), fact)[name]
    assert said == verdict and check in checks


def test_no_other_setting_is_judged_by_them() -> None:
    others = [row(name) for name in ("CSRF_COOKIE_HTTPONLY", "SECURE_SSL_HOST", "LOGIN_URL", "LOGGING")]
    facts = [cookie(False), setting("DEBUG", True), *others]
    assert {verdict for verdict, _ in verdicts(*facts).values()} == {None}


def test_middleware_is_judged_by_several_checks_the_worst_first() -> None:
    facts = [
        DjangoMiddleware(location=at("shop/settings.py", 9), application=SHOP, name=name, present=name != "csrf")
        for name in ("security", "clickjacking", "csrf")
    ]
    assert verdicts(row("MIDDLEWARE"), *facts)["MIDDLEWARE"] == (
        FAIL,
        ("settings.csrf-middleware", "settings.clickjacking-middleware", "settings.security-middleware"),
    )


def test_each_application_has_its_own_verdict() -> None:
    found = verdicts(
        row("DEBUG"),
        setting("DEBUG", False),
        row("DEBUG", ADMIN, ADMIN),
        setting("DEBUG", True, ADMIN, ADMIN),
    )
    assert (found["DEBUG"][0], found[f"{ADMIN}:DEBUG"][0]) == (PASS, FAIL)


@pytest.mark.parametrize("named", [True, False])
def test_a_fact_that_names_no_application_is_told_by_its_file(named: bool) -> None:
    name = "SESSION_COOKIE_SECURE"
    found = verdicts(
        row(name),
        cookie(True, application=SHOP if named else ""),
        row(name, ADMIN, ADMIN),
        cookie(False, ADMIN, application=ADMIN if named else ""),
    )
    assert (found[name][0], found[f"{ADMIN}:{name}"][0]) == (PASS, FAIL)


def test_a_header_of_another_framework_says_nothing_of_django() -> None:
    header = DeclaredHeader(location=at("svc/app.py"), name="strict-transport-security", present=False, layer="flask")
    flask = row("SECRET_KEY", "svc/app.py", "svc/app.py", "flask")
    assert verdicts(row("SECURE_HSTS_SECONDS"), flask, header)["SECURE_HSTS_SECONDS"][0] is Verdict.NOT_APPLICABLE
    by_proxy = DeclaredHeader(location=at("nginx.conf"), name="strict-transport-security", present=False, layer="nginx")
    assert verdicts(row("SECURE_HSTS_SECONDS"), flask, by_proxy)["SECURE_HSTS_SECONDS"][0] is FAIL


def test_a_waived_failure_is_waived_in_its_row() -> None:
    waiver = Waiver(check="settings.debug", scope="shop/settings.py", reason="demo", owner="web", expires="2026-12-01")
    found = judged(
        row("DEBUG"),
        setting("DEBUG", True),
        row("DEBUG", ADMIN, ADMIN),
        setting("DEBUG", True, ADMIN, ADMIN),
        waivers=(waiver,),
    )
    assert {one.application: one.verdict for one in found} == {SHOP: Verdict.WAIVED, ADMIN: FAIL}


def gap(kind: str, **about: object) -> Gap:
    return Gap(
        kinds=(kind,),
        collector="test",
        reason=Reason.NOT_LITERAL,
        detail="computed",
        location=at("shop/settings.py", 3),
        about=about,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("name", "missing", "verdict"),
    [
        ("DEBUG", gap("framework.setting", framework="django", application=SHOP, name="DEBUG"), UNKNOWN),
        ("DEBUG", gap("framework.setting", framework="django", application=SHOP, name="OTHER"), Verdict.NOT_APPLICABLE),
        ("DEBUG", gap("framework.setting", application=ADMIN, name="DEBUG"), Verdict.NOT_APPLICABLE),
        ("DEBUG", gap("framework.setting"), UNKNOWN),
        ("SESSION_COOKIE_SECURE", gap("cookie.declared", role="session", layer="django", known="secure"), UNKNOWN),
        (
            "SESSION_COOKIE_SECURE",
            gap("cookie.declared", role="session", layer="django", known="same_site"),
            Verdict.NOT_APPLICABLE,
        ),
        ("SECURE_HSTS_SECONDS", gap("header.declared", name="strict-transport-security"), UNKNOWN),
        ("SECURE_HSTS_SECONDS", gap("header.declared", name="referrer-policy"), Verdict.NOT_APPLICABLE),
        ("LOGIN_URL", gap("framework.setting"), None),
    ],
)
def test_a_gap_makes_unknown_what_it_may_hide(name: str, missing: Gap, verdict: Verdict | None) -> None:
    assert verdicts(row(name), missing)[name][0] is verdict


def test_a_fact_that_fails_stands_beside_a_gap() -> None:
    about = gap("framework.setting", framework="django", application=SHOP, name="DEBUG")
    assert verdicts(row("DEBUG"), setting("DEBUG", True), about)["DEBUG"][0] is FAIL
    assert verdicts(row("DEBUG"), setting("DEBUG", False), about)["DEBUG"][0] is UNKNOWN


def test_the_order_of_facts_does_not_matter() -> None:
    facts = [
        row("DEBUG"),
        row("ALLOWED_HOSTS"),
        row("DEBUG", ADMIN, ADMIN),
        row("SECRET_KEY", "svc/app.py", "svc/app.py", "flask"),
        setting("DEBUG", True),
        setting("DEBUG", False, ADMIN, ADMIN),
    ]
    found = judged(*facts)
    assert found == judged(*reversed(facts))
    assert [(one.framework, one.application, one.name) for one in found] == [
        ("django", ADMIN, "DEBUG"),
        ("django", SHOP, "ALLOWED_HOSTS"),
        ("django", SHOP, "DEBUG"),
        ("flask", "svc/app.py", "SECRET_KEY"),
    ]


APP = "svc/app.py"


@pytest.mark.parametrize(
    ("framework", "name", "fact", "expected"),
    [
        (
            "fastapi",
            "CORSMiddleware.allow_credentials",
            CorsPolicy(location=at(APP), framework="starlette", application=APP, any_origin=True, credentials=True),
            ("settings.cors-credentials", FAIL),
        ),
        (
            "flask",
            "CORS.origins",
            CorsPolicy(location=at(APP), framework="flask", application=APP, any_origin=True, credentials=True),
            ("settings.cors-credentials", FAIL),
        ),
        (
            "starlette",
            "SessionMiddleware.https_only",
            DeclaredCookie(
                location=at(APP),
                role="session",
                name="session",
                secure=False,
                http_only=True,
                same_site="lax",
                layer="starlette",
                known=("secure",),
            ),
            ("headers.cookie-secure", FAIL),
        ),
        (
            "starlette",
            "SessionMiddleware.session_cookie",
            DeclaredCookieName(location=at(APP), role="session", name="session", layer="starlette"),
            ("headers.cookie-prefix", FAIL),
        ),
        (
            "starlette",
            "SessionMiddleware.secret_key",
            SecretKey(
                location=at(APP),
                framework="starlette",
                application=APP,
                name="secret_key of SessionMiddleware",
                source="environment",
            ),
            ("settings.secret-key", PASS),
        ),
    ],
)
def test_arguments_of_middleware_are_judged(
    framework: str, name: str, fact: Fact, expected: tuple[str, Verdict]
) -> None:
    [one] = judged(row(name, APP, APP, framework), fact)
    assert expected in [(judgement.check, judgement.verdict) for judgement in one.judgements]


def applications(*facts: Fact) -> tuple[Application, ...]:
    return defaults((), FactSet(looked=(Side.DECLARED,)).plus(facts), ())[0]


def test_why_a_module_is_taken_for_production() -> None:
    choice = SettingsChoice(
        location=at(SHOP), framework="django", application=SHOP, why="manage.py names it", places=(at("manage.py", 2),)
    )
    other = msgspec.structs.replace(choice, application="shop.other", why="by convention")
    [one] = applications(row("DEBUG"), other, choice)
    assert (one.chosen, list(map(str, one.places))) == ("manage.py names it", ["manage.py:2"])
    [one] = applications(row("SECRET_KEY", "svc/app.py", "svc/app.py", "flask"))
    assert (one.chosen, one.places) == ("the application is made there", ())


def test_which_checks_speak_of_settings() -> None:
    spoken = {check.id for check in CATALOGUE.checks.values() if speaks_of_settings(check)}
    assert spoken >= {"settings.debug", "headers.hsts", "uploads.file-count", "logging.debug-level"}
    assert not {one for one in spoken if one.startswith(("secrets.", "permissions.", "practice."))}
    assert {"setting.production", "settings.choice", "framework.setting"} <= kinds()
    assert not {kind for kind in kinds() if kind.startswith(("secret", "bandit"))}
