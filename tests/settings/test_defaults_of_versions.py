"""Defaults that hang on something else: on another argument, on the version, on the environment.

Measured: Tornado 6.6, Litestar 2.25, Flask 2.3, 3.0 and 3.1, gunicorn 20.1, 21.2, 22, 23, 24.1 and 26.
"""

from pathlib import Path

import pytest

from hardencheck.model.facts.settings import FrameworkSetting
from tests.settings.test_applications import rows, shown
from tests.uploads.test_limits import facts_of

TORNADO = "from tornado.web import Application\napp = Application([], {})\n"
LITESTAR = "from litestar import Litestar\napp = Litestar(route_handlers=[]{})\n"
FLASK = "from flask import Flask\napp = Flask(__name__)\n"


@pytest.mark.parametrize(
    ("debug", "expected"),
    [("debug=True", "True"), ("debug=False", "False"), ("", "False"), ("debug=True, serve_traceback=False", "False")],
)
def test_tornado_shows_tracebacks_where_debug_is_on(tmp_path: Path, debug: str, expected: str) -> None:
    found = rows(facts_of(tmp_path, {"app.py": TORNADO.format(debug)}), "tornado")
    assert found["serve_traceback"].value == expected
    assert found["autoreload"].value == str("debug=True" in debug)


def test_tornado_where_debug_is_not_known(tmp_path: Path) -> None:
    code = "import vault\n" + TORNADO.format("debug=vault.read('d')")
    found = rows(facts_of(tmp_path, {"app.py": code}), "tornado")
    assert {found[name].state for name in ("debug", "autoreload", "serve_traceback")} == {"unknown"}


@pytest.mark.parametrize(
    ("argument", "image", "debug"),
    [("", "", "False"), ("", "ENV LITESTAR_DEBUG=1\n", "True"), (", debug=False", "ENV LITESTAR_DEBUG=1\n", "False")],
)
def test_litestar(tmp_path: Path, argument: str, image: str, debug: str) -> None:
    files = {"app.py": LITESTAR.format(argument), "Dockerfile": f"FROM python\n{image}CMD uvicorn app:app\n"}
    found = rows(facts_of(tmp_path, files), "litestar")
    assert found["openapi_config"].value == "OpenAPIConfig(…)"
    assert found["debug"].value == debug
    assert [one.name for one in found["debug"].depends_on] == ([] if argument else ["LITESTAR_DEBUG"])


@pytest.mark.parametrize(("version", "there"), [("3.0.3", False), ("3.1", True)])
def test_flask(tmp_path: Path, version: str, there: bool) -> None:
    facts = facts_of(tmp_path, {"app.py": FLASK, "requirements.txt": f"flask=={version}\n"})
    assert ("TRUSTED_HOSTS" in rows(facts, "flask")) is there
    assert shown(facts, "flask", "DEBUG") == ("known", "False", "app.py:2")


@pytest.mark.parametrize(
    ("requirement", "forwarded", "others"),
    [
        ("gunicorn==21.2.0", "'127.0.0.1'", set()),
        ("gunicorn==22.0.0", "'127.0.0.1'", {"header_map"}),
        ("gunicorn==23.0.0", "'127.0.0.1,::1'", {"header_map", "forwarder_headers"}),
        ("gunicorn", "'127.0.0.1,::1'", {"header_map", "forwarder_headers"}),
        ("flask", "'127.0.0.1' or '127.0.0.1,::1'", {"header_map", "forwarder_headers"}),
    ],
)
def test_gunicorn(tmp_path: Path, requirement: str, forwarded: str, others: set[str]) -> None:
    facts = facts_of(tmp_path, {"requirements.txt": requirement + "\n", "Procfile": "web: gunicorn web:app\n"})
    found = rows(facts, "gunicorn")
    assert found["forwarded_allow_ips"].value == forwarded
    assert {"header_map", "forwarder_headers"} & found.keys() == others


@pytest.mark.parametrize(
    ("version", "policy", "files"),
    [("4.1.6", "", ""), ("4.1.7", "", "100"), ("5.2", "", "100"), ("6.0", "{}", "100")],
)
def test_django_before_it_has_a_setting(tmp_path: Path, version: str, policy: str, files: str) -> None:
    settings = {"shop/settings.py": "ROOT_URLCONF = 'shop.urls'\nINSTALLED_APPS = []\n", "shop/__init__.py": ""}
    facts = facts_of(tmp_path, {**settings, "requirements.txt": f"django=={version}\n"})
    found = rows(facts, "django")
    assert (found["SECURE_CSP"].state, found["SECURE_CSP"].value) == ("known", policy)
    assert found["DATA_UPLOAD_MAX_NUMBER_FILES"].value == files
    said = {fact.name: fact.value for fact in facts.of("framework.setting") if isinstance(fact, FrameworkSetting)}
    assert said["DATA_UPLOAD_MAX_NUMBER_FILES"] == (100 if files else None)
