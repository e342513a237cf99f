"""Which development servers the deployment files start, at which line, and when that says nothing of production."""

import pytest

from hardencheck.collect.extract._environment_facts import development_server
from hardencheck.collect.extract.environment import environment_of
from hardencheck.model.facts.settings import DeployedService


@pytest.mark.parametrize(
    ("command", "server"),
    [
        ("python manage.py runserver 0.0.0.0:8000", "manage.py runserver"),
        ("/opt/venv/bin/python -u src/manage.py runserver_plus", "manage.py runserver"),
        ("django-admin runserver", "manage.py runserver"),
        ("poetry run ./manage.py -v 2 runserver", "manage.py runserver"),
        ("flask --app photos.app run --host 0.0.0.0", "flask run"),
        ("python -m flask run", "flask run"),
        ("flask --app photos.app db upgrade", ""),
        ("flask db run-migrations", ""),
        ("quart --app x run", "quart run"),
        ("fastapi dev main.py", "fastapi dev"),
        ("fastapi run main.py", ""),
        ("gunicorn shop.wsgi", ""),
        ("python manage.py migrate", ""),
        ("sanic notes.app:app --debug", "sanic --debug"),
        ("sanic notes.app:app", ""),
        ("pserve development.ini --reload", "pserve --reload"),
    ],
)
def test_command(command: str, server: str) -> None:
    assert development_server(command) == server


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("Dockerfile", "FROM python:3.13\nRUN true\nCMD python manage.py runserver\n", 3),
        ("deploy/shop.service", "[Unit]\nDescription=x\n[Service]\nUser=shop\nExecStart=/v/bin/flask run\n", 5),
        ("supervisor.conf", "[program:web]\nuser=web\ncommand=python manage.py runserver\n", 3),
        ("entrypoint.sh", "#!/bin/sh\n# gunic... no longer\nset -e\nexec python manage.py runserver\n", 4),
        (
            "k8s/web.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n    - name: web\n"
            "      image: web\n      args:\n        - flask\n        - run\n",
            8,
        ),
    ],
)
def test_line_of_the_command(path: str, text: str, line: int) -> None:
    found = [one for one in environment_of(path, text.encode()) if isinstance(one, DeployedService)]
    assert [(one.started, one.placed) for one in found if one.server] == [(line, "production")]


def test_script_that_may_start_either_is_not_held_against_it() -> None:
    text = b'#!/bin/sh\nif [ "$1" = dev ]; then\n  python manage.py runserver\nelse\n  exec gunicorn shop.wsgi\nfi\n'
    found = [one for one in environment_of("entrypoint.sh", text) if isinstance(one, DeployedService)]
    assert [one.server for one in found if one.server] == []


def test_comment_starts_nothing() -> None:
    text = b"#!/bin/sh\n# python manage.py runserver\nA=1\nexec ./serve\n"
    found = [one for one in environment_of("entrypoint.sh", text) if isinstance(one, DeployedService)]
    assert [one.server for one in found if one.server] == []
