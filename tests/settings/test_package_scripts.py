"""Servers that a script of a package starts: package.json, pyproject.toml, Pipfile, makefiles."""

import json
from pathlib import Path

import pytest

from hardencheck.collect.extract._package_scripts import starting
from tests.settings.test_applications import rows
from tests.settings.test_environment import values
from tests.uploads.test_limits import facts_of

WEB = "from flask import Flask\napp = Flask(__name__)\n"


def _package(**scripts: object) -> str:
    return json.dumps({"name": "shop", "scripts": scripts}, indent=2)


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("package.json", _package(dev="gunicorn a", start="gunicorn b"), [("start", "gunicorn b", 5)]),
        ("package.json", _package(start="gunicorn b --reload", **{"start:prod": "gunicorn c"}),
         [("start:prod", "gunicorn c", 5)]),
        ("package.json", _package(test="gunicorn a", start_it="gunicorn b", start=5), []),
        ("package.json", "{", []),
        ("pyproject.toml", "[tool.poe.tasks]\ndev = 'uvicorn a'\nserve = 'uvicorn b'\n[tool.poe.tasks.prod]\n"
         "cmd = 'uvicorn c'\n", [("prod", "uvicorn c", 4)]),
        ("pyproject.toml", "[tool.taskipy.tasks]\nserve = { cmd = 'uvicorn b', help = 'x' }\n",
         [("serve", "uvicorn b", 2)]),
        ("pyproject.toml", "[tool.pdm.scripts]\nstart = { cmd = ['uvicorn', 'a b'] }\nrun.shell = 'uvicorn c'\n",
         [("start", "uvicorn 'a b'", 2), ("run", "uvicorn c", 3)]),
        ("pyproject.toml", "[tool.hatch.envs.default.scripts]\nserve = ['cd x', 'uvicorn c']\n",
         [("serve", "cd x && uvicorn c", 2)]),
        ("pyproject.toml", "[project.scripts]\nserve = 'shop:main'\n", []),
        ("pyproject.toml", "[[[", []),
        ("Pipfile", "[scripts]\nserver = 'gunicorn a'\n", [("server", "gunicorn a", 2)]),
        ("Makefile", "run:\n\tgunicorn a\nserve-prod: build\n\tcd x && \\\n\tgunicorn b\n",
         [("serve-prod", "cd x && \\\n\tgunicorn b", 4)]),
        ("Makefile", "run:\n\tgunicorn a\n", []),
    ],
)  # fmt: skip
def test_what_starts_the_service(path: str, text: str, expected: list[tuple[str, str, int]]) -> None:
    assert [tuple(one) for one in starting(path, text)] == expected


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("package.json", _package(start="cross-env NODE_ENV=production gunicorn -t 9 web:app", build="vite build")),
        ("package.json", _package(start="npm run build && poetry run gunicorn web:app --timeout 9")),
        ("pyproject.toml", "[tool.poe.tasks]\nstart.cmd = 'gunicorn --timeout=9 web:app'\n"),
        ("Makefile", "start-production:\n\t@PORT=80 gunicorn \\\n\t  -t 9 web:app\n"),
    ],
)
def test_rows(tmp_path: Path, path: str, text: str) -> None:
    found = rows(facts_of(tmp_path, {"web.py": WEB, path: text}), "gunicorn")
    assert (found["timeout"].value, found["timeout"].application) == ("9", path)


@pytest.mark.parametrize(
    "scripts",
    [
        {"dev": "gunicorn web:app"},
        {"start": "uvicorn web:app --reload"},
        {"test": "gunicorn web:app"},
        {"start": "next start", "format": "black gunicorn.conf.py"},
    ],
)
def test_a_developers_own_start_has_no_rows(tmp_path: Path, scripts: dict[str, str]) -> None:
    facts = facts_of(tmp_path, {"web.py": WEB, "package.json": _package(**scripts)})
    assert rows(facts, "gunicorn") == rows(facts, "uvicorn") == {}


def test_other_keys_of_a_project_say_nothing(tmp_path: Path) -> None:
    text = "[tool.pytest.ini_options]\nDJANGO_SETTINGS_MODULE = 'shop.settings.test'\n"
    text += "[project]\ndependencies = ['gunicorn==23', 'django==5.2']\n"
    facts = facts_of(tmp_path, {"pyproject.toml": text})
    assert not list(facts.of("settings.module-name")) and not list(facts.of("logging.server-command"))
    named = "[tool.poe.tasks]\nserve = 'DJANGO_SETTINGS_MODULE=shop.live gunicorn shop.wsgi'\n"
    facts = facts_of(tmp_path, {"pyproject.toml": text + named})
    assert [getattr(fact, "module", "") for fact in facts.of("settings.module-name")] == ["shop.live"]


def test_variables() -> None:
    package = _package(start="A=1 B=2 gunicorn web:app", dev="A=3 uvicorn web:app", web="C=1 node x.js")
    assert values({"package.json": package}) == {"A": "1", "B": "2"}
    reloading = _package(start="A=1 uvicorn web:app --reload")
    assert values({"package.json": reloading}) == {}
    procfile = {"Procfile": "web: A=9 gunicorn web:app\n"}
    assert values({"package.json": package, **procfile}) == {"A": "9", "B": "2"}
