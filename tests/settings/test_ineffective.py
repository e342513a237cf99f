"""Settings that change nothing, and those that only look like it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from hardencheck.collect.extract.setting_names import MAX_NAMES, SettingsNamesInCode
from hardencheck.collect.framework_names import DJANGO_NAMES, FLASK_NAMES, KIN, READ_BY, reads
from hardencheck.collect.options import Options
from hardencheck.collect.resolve._misspelt import edit_distance, meant
from hardencheck.collect.resolve.ineffective import IneffectiveSettings
from hardencheck.collect.run import collect
from hardencheck.model.facts.hidden import IneffectiveSetting, SettingNames
from hardencheck.model.gap import FactSet, Reason
from hardencheck.model.target import Target

BASE = "ROOT_URLCONF = 'shop.urls'\nINSTALLED_APPS = ['django.contrib.auth', 'shop']\n"
COMMON = "MIDDLEWARE = ['django.middleware.common.CommonMiddleware']\n"


def collected(root: Path, files: Mapping[str, str]) -> FactSet:
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return collect(Target(repository=str(root)), Options(jobs=0, kinds=frozenset({"setting.ineffective"}))).facts


def said(facts: FactSet) -> list[tuple[str, str, str, str | None, int | None]]:
    assert not [gap for gap in facts.gaps if "setting.ineffective" in gap.kinds], facts.gaps
    return [
        (fact.name, fact.why, fact.needed, fact.location.path, fact.location.line)
        for fact in facts.of("setting.ineffective")
        if isinstance(fact, IneffectiveSetting)
    ]


def django(
    root: Path, text: str, version: str = "", more: Mapping[str, str] | None = None
) -> list[tuple[str, str, str]]:
    files = {"shop/settings.py": text, **(more or {})}
    if version:
        files["requirements.txt"] = version
    return [(name, why, needed) for name, why, needed, _, _ in said(collected(root, files))]


@pytest.mark.parametrize(
    ("line", "name", "target"),
    [
        ("SESSION_SECURE_COOKIE = True", "SESSION_SECURE_COOKIE", "SESSION_COOKIE_SECURE"),
        ("SECURE_HSTS_SECOND = 1", "SECURE_HSTS_SECOND", "SECURE_HSTS_SECONDS"),
        ("CSRF_COOKIE_HTTP_ONLY = True", "CSRF_COOKIE_HTTP_ONLY", "CSRF_COOKIE_HTTPONLY"),
        ("SESSION_COOKIE_SAME_SITE = 'Lax'", "SESSION_COOKIE_SAME_SITE", "SESSION_COOKIE_SAMESITE"),
        ("ALLOWED_HOST = []", "ALLOWED_HOST", "ALLOWED_HOSTS"),
        ("X_FRAME_OPTION = 'DENY'", "X_FRAME_OPTION", "X_FRAME_OPTIONS"),
        ("SECURE_HSTS_INCLUDE_SUBDOMAIN = True", "SECURE_HSTS_INCLUDE_SUBDOMAIN", "SECURE_HSTS_INCLUDE_SUBDOMAINS"),
        ("SECURE_X_FRAME_OPTIONS = 'DENY'", "SECURE_X_FRAME_OPTIONS", "X_FRAME_OPTIONS"),
        ("CONTENT_TYPE_NOSNIFF = True", "CONTENT_TYPE_NOSNIFF", "SECURE_CONTENT_TYPE_NOSNIFF"),
        ("SECURE_SSL_REDRIECT = True", "SECURE_SSL_REDRIECT", "SECURE_SSL_REDIRECT"),
        ("if x:\n    CSRF_COOKIES_SECURE = True", "CSRF_COOKIES_SECURE", "CSRF_COOKIE_SECURE"),
        ("import os\nSESSION_COOKIE_SECURED = os.environ.get('SESSION_COOKIE_SECURED')",
         "SESSION_COOKIE_SECURED", "SESSION_COOKIE_SECURE"),
    ],
)  # fmt: skip
def test_misspelt(tmp_path: Path, line: str, name: str, target: str) -> None:
    assert django(tmp_path, BASE + line + "\n") == [(name, "unknown-name", target)]


def test_where_it_stands(tmp_path: Path) -> None:
    files = {
        "shop/settings/production.py": "from .base import *\nALLOWED_HOSTS = ['a']\n",
        "shop/settings/base.py": BASE + "\nALLOWED_HOST = []\n",
        "shop/wsgi.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.production')\n",
        # No part of production.
        "shop/settings/development.py": BASE + "SESSION_SECURE_COOKIE = False\n",
    }
    assert said(collected(tmp_path, files)) == [
        ("ALLOWED_HOST", "unknown-name", "ALLOWED_HOSTS", "shop/settings/base.py", 4)
    ]


@pytest.mark.parametrize(
    "reader",
    [
        "from django.conf import settings\nx = settings.ALLOWED_HOST\n",
        "from django.conf import settings\nx = getattr(settings, 'ALLOWED_HOST', None)\n",
        "from shop.settings import ALLOWED_HOST\n",
        "from django.conf import settings\nNAMES = ['ALLOWED_HOST']\nx = [getattr(settings, n) for n in NAMES]\n",
    ],
)
def test_a_name_that_code_reads_is_no_mistake(tmp_path: Path, reader: str) -> None:
    assert django(tmp_path, BASE + "ALLOWED_HOST = 'a'\n", more={"shop/views.py": reader}) == []


@pytest.mark.parametrize(
    "line",
    [
        "ALLOWED_HOST = 'a'\nALLOWED_HOSTS = [ALLOWED_HOST]",  # a name on the way
        "ALLOWED_HOST = 'a'\nTABLE = {'x': getattr(settings, 'ALLOWED_HOST')}",
        "SESSION_COOKIE_DATA = 1",
        "SESSION_TIMEOUT = 1",
        "CORS_ALLOWED_ORIGIN = 1",  # without django-cors-headers any name may be one's own
        "DEBUGS = 1",
        "SECRET_KEYS = 1",
        "CSP_FONT_SRC = 1",
        "# SESSION_SECURE_COOKIE = True",
        "MIDDLEWARE = ['referrer_policy.middleware.ReferrerPolicyMiddleware']\nREFERRER_POLICY = 'x'",
    ],
)
def test_no_mistake(tmp_path: Path, line: str) -> None:
    assert django(tmp_path, BASE + line + "\n") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SECURE_SSL_REDIRECT = True", ("SECURE_SSL_REDIRECT", "django.middleware.security.SecurityMiddleware")),
        ("X_FRAME_OPTIONS = 'DENY'", ("X_FRAME_OPTIONS", "django.middleware.clickjacking.XFrameOptionsMiddleware")),
        ("CSRF_COOKIE_SECURE = True", ("CSRF_COOKIE_SECURE", "django.middleware.csrf.CsrfViewMiddleware")),
        (
            "SESSION_COOKIE_SECURE = True",
            ("SESSION_COOKIE_SECURE", "django.contrib.sessions.middleware.SessionMiddleware"),
        ),
        (
            "import os\nSECURE_SSL_REDIRECT = bool(os.environ.get('R'))",
            ("SECURE_SSL_REDIRECT", "django.middleware.security.SecurityMiddleware"),
        ),
        ("SECURE_CSP = {'default-src': []}", ("SECURE_CSP", "django.middleware.csp.ContentSecurityPolicyMiddleware")),
        (
            "PERMISSIONS_POLICY = {'camera': []}",
            ("PERMISSIONS_POLICY", "django_permissions_policy.PermissionsPolicyMiddleware"),
        ),
        ("INSTALLED_APPS += ['corsheaders']\nCORS_ALLOW_CREDENTIALS = True",
         ("CORS_ALLOW_CREDENTIALS", "corsheaders.middleware.CorsMiddleware")),
    ],
)  # fmt: skip
def test_middleware_that_is_not_there(tmp_path: Path, text: str, expected: tuple[str, str]) -> None:
    name, needed = expected
    assert django(tmp_path, f"{BASE}{COMMON}{text}\n") == [(name, "middleware-missing", needed)]


def test_package_that_is_not_there(tmp_path: Path) -> None:
    text = BASE + COMMON + "CORS_ALLOW_ALL_ORIGINS = True\n"
    assert django(tmp_path, text) == [("CORS_ALLOW_ALL_ORIGINS", "package-missing", "corsheaders")]


@pytest.mark.parametrize(
    "text",
    [
        "SECURE_SSL_REDIRECT = True",  # no MIDDLEWARE at all: this is not the whole of the settings
        COMMON + "SECURE_SSL_REDIRECT = False",
        COMMON + "INSTALLED_APPS += ['django.contrib.admin']\nCSRF_COOKIE_SECURE = True",  # it has its own decorators
        COMMON + "INSTALLED_APPS += ['rest_framework']\nCSRF_TRUSTED_ORIGINS = ['https://a']",
        COMMON + "MIDDLEWARE += ['qsessions.middleware.SessionMiddleware']\nSESSION_COOKIE_SECURE = True",
        COMMON + "MIDDLEWARE += ['django.contrib.messages.middleware.MessageMiddleware']\nSESSION_COOKIE_SECURE = True",
        COMMON + "MIDDLEWARE += ['shop.cors.OurCors']\nCORS_ALLOW_CREDENTIALS = True",
        COMMON + "import os\nif os.environ.get('C'):\n    MIDDLEWARE += ['csp.middleware.CSPMiddleware']\n"
        "    CSP_DEFAULT_SRC = [\"'self'\"]",
        COMMON + "import os\nif os.environ.get('X'):\n"
        "    MIDDLEWARE += ['django.middleware.security.SecurityMiddleware']\nSECURE_SSL_REDIRECT = True",
    ],
)
def test_middleware_that_may_be_there(tmp_path: Path, text: str) -> None:
    assert django(tmp_path, f"{BASE}{text}\n") == []


def test_a_decorator_does_what_the_middleware_does(tmp_path: Path) -> None:
    view = "from django.views.decorators.csrf import csrf_protect\n\n\n@csrf_protect\ndef f(request): ...\n"
    assert django(tmp_path, BASE + COMMON + "CSRF_COOKIE_SECURE = True\n", more={"shop/views.py": view}) == []


def test_middleware_that_other_code_changes_may_be_there(tmp_path: Path) -> None:
    app = "from django.conf import settings\n\nsettings.MIDDLEWARE.append('x')\n"
    assert django(tmp_path, BASE + COMMON + "SECURE_SSL_REDIRECT = True\n", more={"shop/plugins.py": app}) == []


def test_middleware_that_is_not_followed_is_a_gap(tmp_path: Path) -> None:
    text = "from lib import chain\n" + BASE + "MIDDLEWARE = chain()\nSECURE_SSL_REDIRECT = True\n"
    facts = collected(tmp_path, {"shop/settings.py": text})
    [gap] = [gap for gap in facts.gaps if "setting.ineffective" in gap.kinds]
    assert (gap.reason, gap.location.line) == (Reason.NOT_LITERAL, 4)
    assert facts.of("setting.ineffective") == ()


def test_what_anything_may_have_written_is_not_judged(tmp_path: Path) -> None:
    text = BASE + COMMON + "SECURE_HSTS_PRELOAD = True\nimport lib\nfor name in lib.names():\n    globals()[name] = 1\n"
    facts = collected(tmp_path, {"shop/settings.py": text})
    assert [gap.location.line for gap in facts.gaps if "setting.ineffective" in gap.kinds] == [6]
    assert facts.of("setting.ineffective") == ()


@pytest.mark.parametrize(
    ("text", "version", "expected"),
    [
        ("SECURE_BROWSER_XSS_FILTER = True", "Django==4.2.1", "dead"),
        ("SECURE_BROWSER_XSS_FILTER = True", "Django>=4.2", "dead"),
        ("SECURE_BROWSER_XSS_FILTER = True", "Django", "dead"),  # the newest one
        ("SECURE_BROWSER_XSS_FILTER = True", "Django>=3.2", ""),
        ("SECURE_BROWSER_XSS_FILTER = True", "", ""),
        ("import django\nif django.VERSION < (4, 0):\n    SECURE_BROWSER_XSS_FILTER = True", "Django==5.0", ""),
        ("PASSWORD_RESET_TIMEOUT_DAYS = 1", "Django==5.0.1", "dead"),
        ("MIDDLEWARE_CLASSES = []", "Django==5.0.1", "dead"),
        ("CSRF_COOKIE_MASKED = True", "Django==5.0.1", "dead"),
        ("USE_L10N = True", "Django==5.0.1", ""),  # gone, and nothing of security
        ("SECURE_CSP = {}", "Django==5.2.1", "too-new"),
        ("SECURE_CSP = {}", "Django>=5.2", ""),  # may be 6.0
        ("DATA_UPLOAD_MAX_NUMBER_FILES = 5", "Django==3.2.17", "too-new"),
        ("DATA_UPLOAD_MAX_NUMBER_FILES = 5", "Django==3.2.18", ""),
        ("DATA_UPLOAD_MAX_NUMBER_FILES = 5", "Django==4.0.9", "too-new"),
        ("DATA_UPLOAD_MAX_NUMBER_FILES = 5", "Django==4.1.7", ""),
        ("STATICFILES_STORAGE = 'x'", "Django==5.1.2", "dead"),
        ("SESSION_COOKIE_SAMESITE = 'Lax'", "Django==1.11.29", "too-new"),
        (
            "MIDDLEWARE_CLASSES = ['x.SameSite']\nSESSION_COOKIE_SAMESITE = 'Lax'",
            "Django==1.11.29",
            "",
        ),
        ("CSP_DEFAULT_SRC = []", "django\ndjango-csp==4.0", "dead"),
        ("CSP_DEFAULT_SRC = []", "django\ndjango-csp==3.8", ""),
        ("CONTENT_SECURITY_POLICY = {}", "django\ndjango-csp==3.8", "too-new"),
        ("CONTENT_SECURITY_POLICY = {}", "django\ndjango-csp==4.0", ""),
    ],
)
def test_versions(tmp_path: Path, text: str, version: str, expected: str) -> None:
    found = django(tmp_path, f"{BASE}{text}\n", version)
    assert [why for _, why, _ in found] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SECURE_HSTS_PRELOAD = True", [("SECURE_HSTS_PRELOAD", "prerequisite-off", "SECURE_HSTS_SECONDS")]),
        (
            "SECURE_HSTS_SECONDS = 0\nSECURE_HSTS_INCLUDE_SUBDOMAINS = True",
            [("SECURE_HSTS_INCLUDE_SUBDOMAINS", "prerequisite-off", "SECURE_HSTS_SECONDS")],
        ),
        ("SECURE_HSTS_SECONDS = 60\nSECURE_HSTS_PRELOAD = True", []),
        ("import os\nSECURE_HSTS_SECONDS = int(os.environ['S'])\nSECURE_HSTS_PRELOAD = True", []),
        ("SECURE_HSTS_PRELOAD = False", []),
        ("SECURE_SSL_HOST = 'a'", [("SECURE_SSL_HOST", "prerequisite-off", "SECURE_SSL_REDIRECT")]),
        ("import os\nSECURE_HSTS_SECONDS = int(os.environ.get('S', 0))\nSECURE_HSTS_PRELOAD = True", []),
        (
            "FILE_UPLOAD_PERMISSIONS = 0o640\nSTORAGES = {'default': {'BACKEND': 'x',\n"
            "    'OPTIONS': {'file_permissions_mode': 0o666}}}",
            [("FILE_UPLOAD_PERMISSIONS", "overridden", "file_permissions_mode in STORAGES")],
        ),
        (
            "FILE_UPLOAD_PERMISSIONS = 0o640\nSTORAGES = {'default': {'BACKEND': 'x'},\n"
            "    'other': {'OPTIONS': {'file_permissions_mode': 0o666}}}",
            [],
        ),
    ],
)
def test_what_it_is_a_part_of(tmp_path: Path, text: str, expected: list[tuple[str, str, str]]) -> None:
    assert django(tmp_path, f"{BASE}MIDDLEWARE = ['django.middleware.security.SecurityMiddleware']\n{text}\n") == (
        expected
    )


def test_flask(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "flask==2.3.2\n",
        "app/__init__.py": "from flask import Flask\napp = Flask(__name__)\n"
        "app.config.from_object('app.config.Config')\n"
        "app.config['SESSION_COOKIE_SECURED'] = True\napp.config['SESSION_TYPE'] = 'redis'\n"
        "app.config['MAX_CONTENT_LENGHT'] = 1\nprint(app.config['MAX_CONTENT_LENGHT'])\n",
        "app/config.py": "class Config:\n    SESSION_COOKIE_HTTP_ONLY = True\n    TRUSTED_HOSTS = ['a']\n",
        "app/tests/config.py": "SESSION_COOKIE_SECURES = True\n",
    }
    assert said(collected(tmp_path, files)) == [
        ("SESSION_COOKIE_HTTP_ONLY", "unknown-name", "SESSION_COOKIE_HTTPONLY", "app/config.py", 2),
        ("SESSION_COOKIE_SECURED", "unknown-name", "SESSION_COOKIE_SECURE", "app/__init__.py", 4),
        ("TRUSTED_HOSTS", "too-new", "Flask reads it since 3.1, and 2.3.2 is required", "app/config.py", 3),
    ]


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("SESSION_COOKIE_SECURE", ""),  # is one
        ("SESSION_SECURE_COOKIE", "SESSION_COOKIE_SECURE"),
        ("SESION_COOKIE_SECURE", "SESSION_COOKIE_SECURE"),
        ("DATA_UPLOAD_MAX_NUMBER_FIELD", "DATA_UPLOAD_MAX_NUMBER_FIELDS"),
        ("SESSION_COOKIE", ""),
        ("DEBUGS", ""),
        ("", ""),
        ("A" * 10_000, ""),
        ("_".join("COOKIE"), ""),
    ],
)
def test_meant(name: str, target: str) -> None:
    known = {"SESSION_COOKIE_SECURE", "DEBUG", "DATA_UPLOAD_MAX_NUMBER_FIELDS", "DATA_UPLOAD_MAX_NUMBER_FILES"}
    assert meant(name, known - {name}) == target


def test_two_that_are_as_near_are_none() -> None:
    assert meant("SECURE_OPTION_A", {"SECURE_OPTION_B", "SECURE_OPTION_C"}) == ""


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [("abc", "abc", 0), ("abc", "acb", 1), ("abc", "ab", 1), ("abc", "xbc", 1), ("abc", "xyz", 3), ("ab", "abcdef", 3)],
)
def test_edit_distance(one: str, other: str, distance: int) -> None:
    assert edit_distance(one, other, 2) == distance
    assert edit_distance(other, one, 2) == distance


def test_the_tables_agree() -> None:
    own = frozenset().union(*(READ_BY[kin] for kin in ("security", "clickjacking", "csrf", "session", "csp")))
    assert own <= DJANGO_NAMES.keys()
    assert READ_BY.keys() == KIN.keys()
    for table in (DJANGO_NAMES, FLASK_NAMES):
        for name, span in table.items():
            assert name.isupper()
            assert span.gone is None or span.gone > span.since
    assert reads("DEBUG", (1, 8))
    assert not reads("SECURE_CSP", (5, 2))


def names(text: str, path: str) -> SettingNames | None:
    found = list(SettingsNamesInCode().extract(path, 0o100644, text.encode()))
    assert len(found) <= 1
    fact = found[0] if found else None
    assert fact is None or isinstance(fact, SettingNames)
    return fact


def test_what_is_taken_for_read() -> None:
    text = (
        "import os\nSESSION_A = 1\nclass C:\n    CSRF_B: int = 2\nSECURE_C = SECURE_D = CSRF_E\nCORS_F += [1]\n"
        "CSP_G == 3\n# SESSION_H = 1\nSESSION_I = os.environ.get('SESSION_J')\nx = conf['SESSION_K']\n"
        "UNRELATED_NAME = 1\n"
    )
    fact = names(text, "shop/settings.py")
    assert fact is not None
    assert fact.read == ("CSP_G", "CSRF_E", "SESSION_K")


def test_other_modules_only_read() -> None:
    fact = names("from shop import settings\nSESSION_A = 1\napp.config['CSRF_B'] = 1\nx = 'CORS_C'\n", "shop/views.py")
    assert fact is not None
    assert fact.read == ("CORS_C", "SESSION_A")


@pytest.mark.parametrize("path", ["shop/tests/settings.py", "docs/conf.py", "shop/migrations/0001_settings.py"])
def test_files_that_are_not_asked(path: str) -> None:
    assert names("SESSION_A = 1\n", path) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00SESSION_A = 1",
        "SESSION_" + "A" * 200_000,
        "SESSION_A_" * 20_000,
        "SESSION_A = " * 20_000,
        "STORAGES = {" + "'default': {" * 20_000,
        "'SESSION_A'] " * 100_000,
        "csrf_protect " * 100_000,
    ],
)
def test_bad_input(text: str) -> None:
    fact = names(text, "shop/settings.py")
    assert fact is None or len(fact.read) <= MAX_NAMES


def test_many_names() -> None:
    fact = names("".join(f"use(SESSION_A{number})\n" for number in range(5000)), "shop/settings.py")
    assert fact is not None
    assert len(fact.read) == MAX_NAMES


def test_nothing_of_any_framework(tmp_path: Path) -> None:
    facts = collected(tmp_path, {"a/config.py": "SESSION_SECURE_COOKIE = 1\n"})
    assert said(facts) == []
    assert IneffectiveSettings.kinds() == ("setting.ineffective",)


def test_the_table_against_the_django_that_is_installed() -> None:
    import django as installed
    from django.conf import global_settings

    names = {name for name in vars(global_settings) if name.isupper()}
    at = installed.VERSION[:3]
    told = {name for name, span in DJANGO_NAMES.items() if reads(name, at) and (span.gone is None or at < span.gone)}
    assert told == names
