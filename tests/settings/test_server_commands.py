"""waitress and uWSGI on a command line: what they are given, and what follows from it."""

from pathlib import Path

import pytest

from hardencheck.model.facts.settings import ProductionDefault
from hardencheck.model.facts.uploads import RequestLimit, UploadLimit
from tests.settings.test_applications import rows
from tests.uploads.test_limits import facts_of

WEB = "from flask import Flask\napp = Flask(__name__)\nif __name__ == '__main__':\n    app.run(debug=True)\n"


def _image(root: Path, command: str, files: dict[str, str] | None = None) -> dict[str, str]:
    """Name of a setting -> its value, of those that are set."""
    all_files = {"web.py": WEB, "Dockerfile": f"FROM python\nCMD {command}\n", **(files or {})}
    found = rows(facts_of(root, all_files), "waitress" if "waitress" in command else "uwsgi")
    assert found or "--ini" in command
    return {name: fact.value for name, fact in found.items() if fact.source == "set"}


@pytest.mark.parametrize(
    "command",
    [
        "waitress-serve --port=80 --threads 8 --call web:create",
        '["waitress-serve", "--port", "80", "--threads=8", "--call", "web:create"]',
        "poetry run waitress-serve --port 80 --call --threads=8 web:create",
        "python -m waitress --port 80 --threads 8 web:app",
        "gosu gunicorn waitress-serve --port 80 --threads 8 web:app",
    ],
)
def test_waitress(tmp_path: Path, command: str) -> None:
    assert _image(tmp_path, command) == {"port": "80", "threads": "8"}


def test_waitress_behind_a_proxy(tmp_path: Path) -> None:
    said = "waitress-serve --trusted-proxy=* --trusted-proxy-headers='x-forwarded-for x-forwarded-proto' "
    assert _image(tmp_path, said + "--no-clear-untrusted-proxy-headers web:app") == {
        "trusted_proxy": "'*'",
        "trusted_proxy_headers": "['x-forwarded-for', 'x-forwarded-proto']",
        "clear_untrusted_proxy_headers": "False",
    }


@pytest.mark.parametrize(
    ("option", "limit"), [("", 1 << 30), ("--max-request-body-size=1000", 1000), ("--max-request-body-size $M", None)]
)
def test_waitress_bounds_bodies(tmp_path: Path, option: str, limit: int | None) -> None:
    facts = facts_of(tmp_path, {"web.py": WEB, "Procfile": f"web: waitress-serve {option} web:app\n"})
    found = [fact for fact in facts.of("upload.limit") if isinstance(fact, UploadLimit) and fact.product == "waitress"]
    assert [fact.max_bytes for fact in found] == ([limit] if limit is not None else [])
    assert any(gap.about.get("product") == "waitress" for gap in facts.gaps) is (limit is None)
    # A server is started, so what stands under __main__ is a developer's own start.
    assert not [fact for fact in facts.of("framework.setting") if getattr(fact, "name", "") == "run(debug)"]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (
            "uwsgi --http :80 --master --buffer-size=65536 -w web:app",
            {"http": "':80'", "master": "'true'", "buffer-size": "'65536'"},
        ),
        ("uwsgi --unheard-of --master -M --module web:app", {"master": "'true'"}),
        ("uwsgi --ini uwsgi.ini", {}),
    ],
)
def test_uwsgi(tmp_path: Path, command: str, expected: dict[str, str]) -> None:
    assert _image(tmp_path, command) == expected


def test_uwsgi_with_a_file(tmp_path: Path) -> None:
    files = {"conf/app.ini": "[uwsgi]\nmaster = true\nhttp = :8080\n"}
    assert _image(tmp_path, "uwsgi --ini conf/app.ini --http :80", files) == {"http": "':80'", "master": "'true'"}


def test_uwsgi_with_a_file_that_is_not_here(tmp_path: Path) -> None:
    files = {"web.py": WEB, "Procfile": "web: uwsgi --ini /etc/a.ini --http :80\n"}
    found = rows(facts_of(tmp_path, files), "uwsgi")
    assert (found["http"].value, found["master"].state) == ("':80'", "unknown")


def test_several_servers_of_one_file(tmp_path: Path) -> None:
    compose = (
        "services:\n  web:\n    image: a\n    command: gunicorn web:app --timeout 10\n"
        "  admin:\n    image: a\n    command: gunicorn web:admin --timeout 20 --limit-request-line 0\n"
    )
    facts = facts_of(tmp_path, {"web.py": WEB, "docker-compose.yml": compose})
    found = [fact for fact in facts.of("setting.production") if isinstance(fact, ProductionDefault)]
    said = {(fact.application, fact.value) for fact in found if fact.framework == "gunicorn" and fact.name == "timeout"}
    assert said == {("docker-compose.yml", "10"), ("docker-compose.yml#2", "20")}
    limits = [fact for fact in facts.of("request.limit") if isinstance(fact, RequestLimit) and not fact.default]
    assert [fact.application for fact in limits] == ["docker-compose.yml#2"]


def test_what_a_command_overrides_is_its_chain(tmp_path: Path) -> None:
    config = {"gunicorn.conf.py": "timeout = 5\ntimeout = 10\n"}
    files = {"web.py": WEB, **config, "Procfile": "web: gunicorn web:app -t 20\n"}
    found = rows(facts_of(tmp_path, files), "gunicorn")["timeout"]
    assert (found.value, str(found.location)) == ("20", "Procfile:1")
    assert list(map(str, found.chain)) == ["gunicorn.conf.py:1", "gunicorn.conf.py:2"]
