"""Stores, tools of developers and the admin's address, from settings in the styles that projects have."""

from pathlib import Path

import pytest

from hardencheck.collect.extract._environment_words import shell_commands
from hardencheck.collect.extract.admin_routes import AdminRoutes
from hardencheck.model.facts.protections import AdminRoute, AdminUrl, DebugTools, DjangoProtection, DjangoStore
from hardencheck.model.gap import Reason
from tests.settings.test_evaluate import facts_of

HEAD = "import os\nROOT_URLCONF = 'shop.urls'\nINSTALLED_APPS = ['django.contrib.admin']\n"
SESSION = "MIDDLEWARE = ['django.contrib.sessions.middleware.SessionMiddleware']\n"
CACHED = f"{HEAD}{SESSION}SESSION_ENGINE = 'django.contrib.sessions.backends.cache'\n"
LOCMEM = "django.core.cache.backends.locmem.LocMemCache"
REDIS = "django.core.cache.backends.redis.RedisCache"


def stores(root: Path, text: str) -> list[tuple[str, str, str, bool]]:
    facts = facts_of(root, {"shop/settings.py": text})
    found = [
        (one.use, one.engine, one.backend, one.shared)
        for one in facts.of("django.store")
        if isinstance(one, DjangoStore)
    ]
    gaps = [(str(gap.about["use"]), "?", "?", False) for gap in facts.gaps if "django.store" in gap.kinds]
    return found + gaps


UNKNOWN = [("sessions", "?", "?", False)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD + SESSION, [("sessions", "db", "", True)]),
        (HEAD, []),
        (CACHED, [("sessions", "cache", LOCMEM, False)]),
        (CACHED + f"CACHES = {{'default': {{'BACKEND': '{REDIS}'}}}}\n", [("sessions", "cache", REDIS, True)]),
        (
            CACHED + f"CACHES = {{}}\nCACHES['default'] = dict(BACKEND='{REDIS}')\n",
            [("sessions", "cache", REDIS, True)],
        ),
        (CACHED + f"B = '{REDIS}'\nCACHES = {{'default': {{'BACKEND': B}}}}\n", [("sessions", "cache", REDIS, True)]),
        (CACHED + "CACHES = caches()\n", UNKNOWN),
        (CACHED + "CACHES = {'other': {'BACKEND': 'x.Y'}}\n", UNKNOWN),
        (CACHED + "CACHES = {'default': {**more()}}\n", UNKNOWN),
        (CACHED + "SESSION_CACHE_ALIAS = alias()\n", UNKNOWN),
        # Known whichever side it takes: all processes share neither.
        (
            CACHED + f"if f():\n    CACHES = {{'default': {{'BACKEND': 'a.DummyCache'}}}}\n"
            f"else:\n    CACHES = {{'default': {{'BACKEND': '{LOCMEM}'}}}}\n",
            [("sessions", "cache", f"a.DummyCache or {LOCMEM}", False)],
        ),
        (
            CACHED + f"if f():\n    CACHES = {{'default': {{'BACKEND': '{REDIS}'}}}}\n"
            f"else:\n    CACHES = {{'default': {{'BACKEND': '{LOCMEM}'}}}}\n",
            UNKNOWN,
        ),
        (HEAD + SESSION + "SESSION_ENGINE = 'shop.sessions.cache'\n", [("sessions", "cache", "", True)]),
        (
            HEAD + "REST_FRAMEWORK = {'DEFAULT_THROTTLE_CLASSES': ['x.T']}\n",
            [("throttling", "rest_framework", LOCMEM, False)],
        ),
        (HEAD + "REST_FRAMEWORK = {'DEFAULT_THROTTLE_CLASSES': []}\n", []),
        (HEAD + "REST_FRAMEWORK = rest()\n", []),
        (
            HEAD + "INSTALLED_APPS += ['axes']\nAXES_HANDLER = 'axes.handlers.cache.AxesCacheHandler'\n",
            [("throttling", "axes", LOCMEM, False)],
        ),
        (HEAD + "INSTALLED_APPS += ['axes']\n", []),
    ],
)  # fmt: skip
def test_stores(tmp_path: Path, text: str, expected: object) -> None:
    assert stores(tmp_path, text) == expected


def test_a_store_says_on_what_it_depends(tmp_path: Path) -> None:
    text = CACHED + f"CACHES = {{'default': {{'BACKEND': os.environ.get('SHOP_CACHE', '{LOCMEM}')}}}}\n"
    facts = facts_of(tmp_path, {"shop/settings.py": text})
    (one,) = facts.of("django.store")
    assert isinstance(one, DjangoStore)
    assert (one.shared, one.depends_on) == (False, ("SHOP_CACHE",))
    assert one.describe() == f"sessions by cache, in the cache {LOCMEM}, unless SHOP_CACHE says otherwise"


def test_tools_that_a_variable_switches_on(tmp_path: Path) -> None:
    text = HEAD + "if os.environ.get('SHOP_PROFILE', '1') == '1':\n    INSTALLED_APPS += ['silk']\n"
    facts = facts_of(tmp_path, {"shop/settings.py": text})
    apps = [one for one in facts.of("django.debug-tools") if isinstance(one, DebugTools) and one.tools]
    assert [(one.setting, one.tools, one.depends_on) for one in apps] == [
        ("INSTALLED_APPS", ("silk",), ("SHOP_PROFILE",))
    ]


@pytest.mark.parametrize(
    ("line", "parts", "conditional"),
    [
        ("urlpatterns = [path('admin/', admin.site.urls)]", ("admin/",), False),
        ("urlpatterns = [re_path(r'^admin/', admin.site.urls)]", ("^admin/",), False),
        ("urlpatterns = i18n_patterns(path('x/', include(admin.site.urls)))", ("x/",), False),
        ("urlpatterns += [path(settings.ADMIN_URL, admin.site.urls)]", ("$ADMIN_URL",), False),
        ("urlpatterns = [path(f'{settings.A}/b/', admin.site.urls)]", ("$A", "/b/"), False),
        ("urlpatterns = [path(settings.A + 'b/', admin.site.urls)]", ("$A", "b/"), False),
        ("urlpatterns = [path(f'{prefix}admin/', admin.site.urls)]", (), False),
        ("if settings.ADMIN:\n    urlpatterns = [path('admin/', admin.site.urls)]", ("admin/",), True),
        ("urlpatterns = [path('admin/', admin_site.urls)]", ("admin/",), False),
        ("if settings.DEBUG:\n    urlpatterns = [path('admin/', admin.site.urls)]", None, False),
        ("urlpatterns = [path('admin/', include('shop.admin_urls'))]", None, False),
        ("urlpatterns = [path('site/', site.urls)]", None, False),
    ],
)
def test_routes_of_the_admin(line: str, parts: tuple[str, ...] | None, conditional: bool) -> None:
    text = f"from django.contrib import admin\nfrom django.conf import settings\n{line}\n"
    found = list(AdminRoutes().extract("shop/urls.py", 0o100644, text.encode()))
    assert [(one.parts, one.conditional) for one in found if isinstance(one, AdminRoute)] == (
        [] if parts is None else [(parts, conditional)]
    )


def test_an_expression_without_end_is_no_route(tmp_path: Path) -> None:
    sum_ = "+".join(["'a'"] * 500)
    text = f"from django.contrib import admin\nurlpatterns = [path({sum_}, admin.site.urls)]\n"
    (one,) = AdminRoutes().extract("shop/urls.py", 0o100644, text.encode())
    assert isinstance(one, AdminRoute) and one.parts == ()


def test_the_admin_of_the_root_configuration_alone(tmp_path: Path) -> None:
    urls = (
        "from django.contrib import admin\nfrom django.urls import path\nurlpatterns = [path('%s', admin.site.urls)]\n"
    )
    files: dict[str, str | bytes] = {
        "shop/settings.py": HEAD, "shop/urls.py": urls % "office/", "shop/other/urls.py": urls % "admin/",
    }  # fmt: skip
    found = [one for one in facts_of(tmp_path, files).of("django.admin-url") if isinstance(one, AdminUrl)]
    assert [(one.location.path, one.route, one.usual) for one in found] == [("shop/urls.py", "office/", False)]


SECURITY = "MIDDLEWARE = ['django.middleware.security.SecurityMiddleware']\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SECURE_HSTS_SECONDS = 60\n", True),
        ("SECURE_HSTS_SECONDS = 0\n", False),
        ("SECURE_HSTS_SECONDS = hsts()\n", Reason.NOT_LITERAL),
        # On whichever side it comes to; off on one of them is not known.
        ("if f():\n    SECURE_HSTS_SECONDS = 60\nelse:\n    SECURE_HSTS_SECONDS = 3600\n", True),
        ("if f():\n    SECURE_HSTS_SECONDS = 60\nelse:\n    SECURE_HSTS_SECONDS = 0\n", Reason.NOT_LITERAL),
        ("SECURE_HSTS_SECONDS = 60 if f() else 0\n", Reason.NOT_LITERAL),
    ],
)
def test_a_protection_of_which_several_values_are_possible(tmp_path: Path, text: str, expected: object) -> None:
    facts = facts_of(tmp_path, {"requirements.txt": "django==5.2\n", "shop/settings.py": HEAD + SECURITY + text})
    found = [
        one.on for one in facts.of("django.protection") if isinstance(one, DjangoProtection) and one.name == "hsts"
    ]
    gaps = [gap.reason for gap in facts.gaps if "django.protection" in gap.kinds and gap.about.get("name") == "hsts"]
    assert [*found, *gaps] == [expected]


def test_the_lines_of_a_script_with_arrays_over_several_lines() -> None:
    text = "A=(\n  x\n  y\n)\nexport B=1\ndeclare -a C=(\n 1 2\n)\nexport D=2\n"
    assert [(one.line, one.words[-1]) for one in shell_commands(text) if one.words[0] == "export"] == [
        (5, "B=1"),
        (9, "D=2"),
    ]
