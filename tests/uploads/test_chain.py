"""The chain of limits: which layer decides for which kind of content, and what is only known in part."""

from pathlib import Path

import pytest

from hardencheck.collect.options import Options
from hardencheck.collect.resolve._chain_exhibit import ID
from hardencheck.collect.run import collect
from hardencheck.model.facts.exhibit import Exhibit
from hardencheck.model.facts.uploads import BodyBound
from hardencheck.model.gap import FactSet
from hardencheck.model.target import Target

NGINX = "server {\n  client_max_body_size 10m;\n  location / { proxy_pass http://app; }\n}\n"
OPEN = NGINX.replace("10m", "0")
FLASK = "from flask import Flask\napp = Flask(__name__)\napp.config['MAX_CONTENT_LENGTH'] = 5_000_000\n"
SETTINGS = "ROOT_URLCONF = 'shop.urls'\nALLOWED_HOSTS = []\n"
FASTAPI = "from fastapi import FastAPI\napp = FastAPI(max_body_size=1_000_000)\n"
CONTENTS = ("multipart-file", "multipart-field", "urlencoded", "raw", "chunked")


def facts_of(root: Path, files: dict[str, str]) -> FactSet:
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return collect(Target(repository=str(root)), Options(jobs=0)).facts


def bounds(facts: FactSet) -> dict[str, BodyBound]:
    return {fact.content: fact for fact in facts.of("upload.bound") if isinstance(fact, BodyBound)}


def limits(facts: FactSet) -> list[int | str | None]:
    """Per kind of content: the limit, "none", or None where it is not known."""
    found = bounds(facts)
    return [
        (found[content].max_bytes if found[content].bounded else "none") if content in found else None
        for content in CONTENTS
    ]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        # Django counts no files; without Content-Length it reads nothing, and nginx gives it one.
        ({"shop/settings.py": SETTINGS, "nginx.conf": NGINX, "Procfile": "web: gunicorn shop.wsgi\n"},
         [10 << 20, 2621440, 2621440, 2621440, 2621440]),
        ({"shop/settings.py": SETTINGS, "nginx.conf": OPEN, "Procfile": "web: gunicorn shop.wsgi\n"},
         ["none", 2621440, 2621440, 2621440, 2621440]),
        ({"shop/settings.py": SETTINGS + "DATA_UPLOAD_MAX_MEMORY_SIZE = None\n", "nginx.conf": NGINX,
          "Procfile": "web: gunicorn shop.wsgi\n"}, [10 << 20] * 5),
        # waitress refuses the limit itself.
        ({"shop/settings.py": SETTINGS, "nginx.conf": OPEN,
          "Procfile": "web: waitress-serve --max-request-body-size=5000000 shop.wsgi:application\n"},
         [4999999, 2621440, 2621440, 2621440, 2621440]),
        # hypercorn limits bodies of WSGI applications, and has a default.
        ({"app.py": FLASK.replace("5_000_000", "None"), "nginx.conf": OPEN, "Procfile": "web: hypercorn app:app\n"},
         [16 << 20, 500_000, 16 << 20, 16 << 20, 16 << 20]),
        ({"app.py": FLASK, "nginx.conf": OPEN, "Procfile": "web: gunicorn app:app\n"},
         [5_000_000, 500_000, 5_000_000, 5_000_000, 5_000_000]),
        # A field limit below what the parser is given at once holds for all of a form.
        ({"app.py": FLASK + "app.config['MAX_FORM_MEMORY_SIZE'] = 9000\n", "nginx.conf": OPEN,
          "Procfile": "web: gunicorn app:app\n"}, [9000, 9000, 5_000_000, 5_000_000, 5_000_000]),
        # Flask before 3.1 has no such setting.
        ({"app.py": FLASK, "nginx.conf": OPEN, "requirements.txt": "flask==3.0.0\n",
          "Procfile": "web: gunicorn app:app\n"}, [5_000_000] * 5),
        ({"app.py": FASTAPI, "nginx.conf": NGINX, "requirements.txt": "fastapi==0.165.0\n"}, [1_000_000] * 5),
        # Before 0.164 the argument is taken and does nothing.
        ({"app.py": FASTAPI, "nginx.conf": NGINX, "requirements.txt": "fastapi==0.115.0\n"},
         [10 << 20, 1 << 20, 10 << 20, 10 << 20, 10 << 20]),
        ({"app.py": FASTAPI, "nginx.conf": OPEN, "requirements.txt": "fastapi==0.115.0\n"},
         ["none", 1 << 20, None, "none", "none"]),
        ({"app.py": FASTAPI, "nginx.conf": OPEN, "requirements.txt": "fastapi==0.115.0\nstarlette==0.46.0\n"},
         ["none", 1 << 20, "none", "none", "none"]),
        ({"app.py": "from aiohttp import web\napp = web.Application(client_max_size=0)\n", "nginx.conf": OPEN},
         ["none"] * 5),
        ({"app.py": "from sanic import Sanic\napp = Sanic('a')\napp.config.REQUEST_MAX_SIZE = 4000\n",
          "nginx.conf": NGINX}, [4000] * 5),
        ({"app.py": "import tornado.web\napp = tornado.web.Application([])\napp.listen(80, max_body_size=4000)\n",
          "nginx.conf": NGINX}, [4000] * 5),
        # No proxy: what no layer bounds is not known.
        ({"shop/settings.py": SETTINGS, "Procfile": "web: gunicorn shop.wsgi\n"},
         [None, 2621440, 2621440, 2621440, None]),
        # A layer that is not known may be stricter, and is never taken for a limit.
        ({"app.py": FLASK.replace("5_000_000", "size()"), "nginx.conf": OPEN, "Procfile": "web: gunicorn app:app\n"},
         [None, 500_000, None, None, None]),
    ],
)  # fmt: skip
def test_each_kind_of_content(tmp_path: Path, files: dict[str, str], expected: list[int | str | None]) -> None:
    assert limits(facts_of(tmp_path, files)) == expected


OWN = """from flask import request, abort
def before():
    if request.headers.get("Content-Length", 0) > "9":
        abort(413)
"""


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        # Code that may refuse: then nobody can say that nothing does.
        ({"app.py": FLASK.replace("5_000_000", "None"), "hooks.py": OWN, "nginx.conf": OPEN,
          "Procfile": "web: gunicorn app:app\n"}, [None, 500_000, None, None, None]),
        ({"app.py": FLASK.replace("5_000_000", "None"), "tests/hooks.py": OWN, "nginx.conf": OPEN,
          "Procfile": "web: gunicorn app:app\n"}, ["none", 500_000, "none", "none", "none"]),
        # A client that reads answers refuses nothing.
        ({"app.py": FLASK.replace("5_000_000", "None"), "nginx.conf": OPEN, "Procfile": "web: gunicorn app:app\n",
          "fetch.py": "def fetch(answer):\n    if answer.headers['content-length'] > '9':\n        raise TooLarge\n"},
         ["none", 500_000, "none", "none", "none"]),
        ({"shop/settings.py": SETTINGS + "FILE_UPLOAD_HANDLERS = ['shop.uploads.Quota']\n", "nginx.conf": OPEN,
          "Procfile": "web: gunicorn shop.wsgi\n"}, [None, 2621440, 2621440, 2621440, 2621440]),
        ({"shop/settings.py": SETTINGS + "FILE_UPLOAD_HANDLERS = ['django.core.files.uploadhandler."
          "TemporaryFileUploadHandler']\n", "nginx.conf": OPEN, "Procfile": "web: gunicorn shop.wsgi\n"},
         ["none", 2621440, 2621440, 2621440, 2621440]),
        # mod_wsgi is the server, whatever a developer starts.
        ({"shop/settings.py": SETTINGS, "Procfile": "web: waitress-serve --max-request-body-size=1000 shop.wsgi\n",
          "httpd.conf": "<VirtualHost *>\n LimitRequestBody 9000000\n WSGIScriptAlias / /srv/w.py\n</VirtualHost>\n"},
         [9_000_000, 2621440, 2621440, 2621440, 9_000_000]),
    ],
)  # fmt: skip
def test_what_may_limit_and_is_not_known(
    tmp_path: Path, files: dict[str, str], expected: list[int | str | None]
) -> None:
    assert limits(facts_of(tmp_path, files)) == expected


def test_who_answers(tmp_path: Path) -> None:
    files = {"shop/settings.py": SETTINGS, "nginx.conf": NGINX, "Procfile": "web: gunicorn shop.wsgi\n"}
    found = bounds(facts_of(tmp_path, files))
    assert (found["multipart-file"].status, found["multipart-file"].or_502) == (413, False)
    assert found["multipart-file"].decided_by == "client_max_body_size at nginx.conf:2"
    assert (found["raw"].status, found["raw"].or_502) == (400, True)
    assert found["multipart-field"].measures == "fields"


@pytest.mark.parametrize(
    ("command", "version", "expected"),
    [
        ("gunicorn shop.wsgi", "5.2.19", None),  # nothing of it is read
        ("uvicorn shop.asgi:application", "5.2.19", 2621440),
        ("gunicorn -k uvicorn.workers.UvicornWorker shop.asgi:application", "6.0.4", 2621440),
        ("uvicorn shop.asgi:application", "5.2.12", "none"),
        ("uvicorn shop.asgi:application", "4.2.29", "none"),
        ("waitress-serve shop.wsgi:application", "5.2.19", 2621440),
    ],
)
def test_without_a_length_behind_a_proxy_that_streams(
    tmp_path: Path, command: str, version: str, expected: int | str | None
) -> None:
    nginx = "server {\n  client_max_body_size 0;\n  proxy_request_buffering off;\n  proxy_http_version 1.1;\n" + (
        "  location / { proxy_pass http://app; }\n}\n"
    )
    files = {
        "shop/settings.py": SETTINGS, "nginx.conf": nginx, "Procfile": f"web: {command}\n",
        "requirements.txt": f"Django=={version}\n",
    }  # fmt: skip
    found = bounds(facts_of(tmp_path, files))["chunked"]
    assert (found.max_bytes if found.bounded else "none") == expected
    assert found.only is (expected == "none")


def test_a_server_that_names_its_application_runs_that_one(tmp_path: Path) -> None:
    files = {
        "one.py": FLASK.replace("5_000_000", "None"), "two.py": FLASK.replace("5_000_000", "None"),
        "nginx.conf": OPEN,
        "Procfile": "web: waitress-serve --max-request-body-size=1000 one:app\nother: gunicorn two:app\n",
    }  # fmt: skip
    facts = facts_of(tmp_path, files)
    found = {
        (fact.application, fact.max_bytes if fact.bounded else "none")
        for fact in facts.of("upload.bound")
        if isinstance(fact, BodyBound) and fact.content == "raw"
    }
    assert found == {("one.py", 999), ("two.py", "none")}


def test_a_server_runs_an_application_with_all_that_is_put_around_it(tmp_path: Path) -> None:
    bare = FLASK.replace("5_000_000", "None")
    around = "".join(f"app.wsgi_app = ProxyFix(app.wsgi_app, x_for={number})\n" for number in range(8))
    files = {
        "one.py": f"from werkzeug.middleware.proxy_fix import ProxyFix\n{bare}{around}", "nginx.conf": OPEN,
        "Procfile": "web: waitress-serve --max-request-body-size=1000 one:app\n",
    }  # fmt: skip
    assert bounds(facts_of(tmp_path, files))["raw"].max_bytes == 999


def test_the_exhibit_has_a_row_for_each_way_and_kind(tmp_path: Path) -> None:
    two = NGINX.replace("\n}\n", "\n  location /up { client_max_body_size 0; proxy_pass http://app; }\n}\n")
    compose = (
        "services:\n  nginx:\n    image: nginx\n    ports: ['80:80']\n  web:\n    build: .\n    ports: ['8000:8000']\n"
    )
    files = {
        "shop/settings.py": SETTINGS, "nginx.conf": two, "Procfile": "web: gunicorn shop.wsgi\n",
        "compose.yaml": compose,
    }  # fmt: skip
    [exhibit] = [
        fact for fact in facts_of(tmp_path, files).of("exhibit") if isinstance(fact, Exhibit) and fact.id == ID
    ]
    [table] = exhibit.tables
    assert table.title == "django: shop/settings.py"
    assert all(len(row) == len(table.columns) for row in table.rows) and len(table.rows) == 10
    rows = [[cell.text for cell in row] for row in table.rows]
    assert rows[0][2:] == [
        "client_max_body_size 10m: 10 MiB", "gunicorn has no limit on bodies", "Django counts no file parts", "10 MiB",
        "nginx, 413",
    ]  # fmt: skip
    assert rows[5][5:] == ["no limit", "nobody"] and table.rows[5][5].mark == "weak"
    assert str(table.rows[0][2].places[0]) == "nginx.conf:2"
    assert [note.partition(":")[0] for note in table.notes] == [
        "The service web publishes 8000 beside the proxy nginx (compose.yaml"
    ]
