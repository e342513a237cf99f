"""Views without CSRF tokens, defaults of settings classes, caches beside uploads, proxies that pass headers on."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardencheck.collect.contract import Unreadable
from hardencheck.collect.extract.csrf_exempt import CsrfExemptions
from hardencheck.collect.extract.settings_classes import SettingsClasses
from hardencheck.model.facts.protections import CsrfExempt, DjangoProtection
from hardencheck.model.facts.settings import FieldDefault, ForwardedTrust, FrameworkSetting
from tests.settings.test_headers import facts_of

DJANGO = "from django.views.decorators.csrf import csrf_exempt\n"


def exempted(text: str, path: str = "shop/views.py") -> list[tuple[int | None, str, str]]:
    found = CsrfExemptions().extract(path, 0o100644, text.encode())
    return [(one.location.line, one.framework, one.view) for one in found if isinstance(one, CsrfExempt)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (DJANGO + "@csrf_exempt\ndef pay(request): ...\n", [(2, "django", "pay")]),
        (DJANGO + "@login\n@csrf_exempt\nasync def pay(request): ...\n", [(3, "django", "pay")]),
        (
            DJANGO + "from django.utils.decorators import method_decorator\n"
            "@method_decorator([never_cache, csrf_exempt], name='dispatch')\nclass Pay: ...\n",
            [(3, "django", "Pay")],
        ),
        (DJANGO + "routes = [path('x', csrf_exempt(views.Pay.as_view()))]\n", [(2, "django", "Pay")]),
        (
            "from django.views.decorators import csrf\n@csrf.csrf_exempt\ndef pay(request): ...\n",
            [(2, "django", "pay")],
        ),
        ("from shop import csrf\n@csrf.exempt\ndef pay(): ...\n", [(2, "flask", "pay")]),
        ("from shop import csrf\ncsrf.exempt(blueprint)\n", [(2, "flask", "blueprint")]),
        ("@limiter.exempt\ndef health(): ...\n", []),
        ("def csrf_exempt(view): ...\n@csrf_exempt\ndef pay(): ...\n", []),
    ],
)
def test_views_without_tokens(text: str, expected: list[tuple[int | None, str, str]]) -> None:
    assert exempted(text) == expected


def test_of_tests_nothing_is_said() -> None:
    assert exempted(DJANGO + "@csrf_exempt\ndef pay(request): ...\n", "tests/views.py") == []


def defaults(text: str) -> list[tuple[str, str, bool]]:
    found = SettingsClasses().extract("app/config.py", 0o100644, text.encode())
    return [(one.name, one.what, one.on) for one in found if isinstance(one, FieldDefault)]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("debug: bool = True", [("debug", "debug", True)]),
        ("debug: bool", [("debug", "debug", False)]),
        ("DEBUG: bool = Field(True)", [("DEBUG", "debug", True)]),
        ("debug: bool = Field(default_factory=on)", [("debug", "debug", False)]),
        ("secret_key: str = 'x'", [("secret_key", "secret", True)]),
        ("session_key: SecretStr = SecretStr('x')", [("session_key", "secret", True)]),
        ("db_password: str = ''", [("db_password", "secret", False)]),
        ("db_password: str | None = None", [("db_password", "secret", False)]),
        ("secret_key: str = secrets.token_hex()", [("secret_key", "secret", False)]),
        ("_default_password: str = 'x'", []),
        ("name: str = 'x'\n    key: int = 3", []),
    ],
)
def test_defaults_of_settings_classes(fields: str, expected: list[tuple[str, str, bool]]) -> None:
    head = "from pydantic import Field, SecretStr\nfrom pydantic_settings import BaseSettings\n"
    assert defaults(f"{head}class Settings(BaseSettings):\n    {fields}\n") == expected
    derived = f"{head}class Common(BaseSettings):\n    x: int = 1\nclass Settings(Common):\n    {fields}\n"
    assert defaults(derived) == expected


def test_no_settings_class_is_none() -> None:
    text = "class BaseSettingsForm:\n    debug: bool = True\nclass DevSettings(BaseSettings):\n    debug: bool = True\n"
    assert defaults(text) == []


@given(st.text(st.sampled_from("@()[]:=\n \"'\\xdebcsrf_exempt.BaseSettings123,#"), max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    for extractor in (CsrfExemptions(), SettingsClasses()):
        data = f"BaseSettings csrf_exempt\n{text}".encode()
        try:
            list(extractor.extract("app/config.py", 0o100644, data))
        except Unreadable:
            pass


def protections(tmp_path: Path, settings: str, **more: str) -> dict[str, tuple[bool, str, str]]:
    files = {"shop/settings.py": f"ROOT_URLCONF = 'shop.urls'\n{settings}", **more}
    found = [one for one in facts_of(tmp_path, files).facts if isinstance(one, DjangoProtection)]
    return {one.name: (one.held, str(one.location), one.value) for one in found}


def test_a_cache_in_files_beside_uploads(tmp_path: Path) -> None:
    backend = "'django.core.cache.backends.filebased.FileBasedCache'"
    text = f"MEDIA_ROOT = '/srv/media'\nCACHES = {{'a': {{'BACKEND': {backend}, 'LOCATION': '%s'}}}}\n"
    assert protections(tmp_path / "in", text % "/srv/media/x")["cache-place"] == (
        False, "shop/settings.py:3", "/srv/media/x, inside or around MEDIA_ROOT",
    )  # fmt: skip
    assert protections(tmp_path / "out", text % "/srv/mediaeval")["cache-place"][0] is True
    assert "cache-place" not in protections(tmp_path / "other", "CACHES = {'a': {'BACKEND': 'x.Y', 'LOCATION': '/'}}\n")


def test_a_policy_that_is_no_table(tmp_path: Path) -> None:
    six = {"requirements.txt": "django==6.0\n"}
    assert protections(tmp_path / "text", "SECURE_CSP = \"default-src 'self'\"\n", **six)["csp-table"][0] is False
    assert protections(tmp_path / "none", "SECURE_CSP = None\n", **six)["csp-table"][0] is True
    old = {"requirements.txt": "django==5.2\n"}
    assert "csp-table" not in protections(tmp_path / "old", "SECURE_CSP = 'x'\n", **old)


@pytest.mark.parametrize(
    ("trusted", "proxy", "expected"),
    [
        ("('HTTP_X_FORWARDED_PROTO', 'https')", "$scheme", (True, "")),
        ("('HTTP_X_FORWARDED_PROTO', 'https')", "$http_x_forwarded_proto", (False, "")),
        ("('HTTP_X_FORWARDED_PROTO', 'HTTPS')", "$scheme", (False, 'proxies send "https"')),
        ("('X_FORWARDED_PROTO', 'https')", "$scheme", (False, "HTTP_X_FORWARDED_PROTO in request.META")),
    ],
)
def test_the_header_of_https(tmp_path: Path, trusted: str, proxy: str, expected: tuple[bool, str]) -> None:
    files = {
        "shop/settings.py": f"ROOT_URLCONF = 'shop.urls'\nSECURE_PROXY_SSL_HEADER = {trusted}\n",
        "deploy/nginx.conf": "server { listen 443 ssl; location / {\n"
        f"  proxy_pass http://app; proxy_set_header X-Forwarded-Proto {proxy}; }} }}\n",
    }
    [fact] = facts_of(tmp_path, files).of("forwarded.trust")
    assert isinstance(fact, ForwardedTrust)
    assert (fact.overwritten, expected[1] in fact.describe()) == (expected[0], True)


def test_a_variable_of_the_server_is_blamed_where_it_is_set(tmp_path: Path) -> None:
    text = 'FROM x\nENV FORWARDED_ALLOW_IPS="*"\nCMD ["uvicorn", "app:app"]\n'
    files = {"Dockerfile": text, "app.py": "from fastapi import FastAPI\napp = FastAPI()\n"}
    [fact] = [
        one
        for one in facts_of(tmp_path, files).of("framework.setting")
        if isinstance(one, FrameworkSetting) and one.name == "forwarded_allow_ips"
    ]
    assert (fact.value, str(fact.location)) == ("*", "Dockerfile:2")


def test_middleware_that_is_taken_out_again(tmp_path: Path) -> None:
    files = {
        "shop/settings/base.py": "ROOT_URLCONF = 'shop.urls'\n"
        "MIDDLEWARE = ['django.middleware.csrf.CsrfViewMiddleware']\n",
        "shop/settings/production.py": "from .base import *\n"
        "MIDDLEWARE.remove('django.middleware.csrf.CsrfViewMiddleware')\n",
        "shop/wsgi.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.production')\n",
    }
    places = {str(one.location) for one in facts_of(tmp_path, files).of("django.middleware") if one.name == "csrf"}  # type: ignore[attr-defined]
    assert places == {"shop/settings/production.py:2"}


def test_the_key_that_signs_cookies_of_tornado(tmp_path: Path) -> None:
    text = "import os\nimport tornado.web\napp = tornado.web.Application([], cookie_secret=%s)\n"
    for number, (value, source) in enumerate((("'change me'", "literal"), ("os.environ['KEY']", "environment"))):
        found = facts_of(tmp_path / str(number), {"app.py": text % value}).of("framework.secret-key")
        assert [(one.source, str(one.location)) for one in found] == [(source, "app.py:3")]  # type: ignore[attr-defined]
