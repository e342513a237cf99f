"""What a request may consist of, and how long it may take."""

from pathlib import Path

import pytest

from hardencheck.collect.extract.route_limits import RouteLimits
from hardencheck.model.facts.uploads import RequestLimit, RequestTimeout, RouteLimit, UploadLimit
from tests.uploads.test_chain import SETTINGS, facts_of

PASS = "location / { proxy_pass http://app; }"


def timeouts(root: Path, files: dict[str, str]) -> list[tuple[str, str, str, float | None]]:
    return sorted(
        (str(fact.location), fact.setting, fact.step, fact.seconds)
        for fact in facts_of(root, files).of("request.timeout")
        if isinstance(fact, RequestTimeout) and not fact.default
    )


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"nginx.conf": f"server {{\n client_body_timeout 1h;\n client_header_timeout 30s;\n {PASS}\n}}\n"},
         [("nginx.conf:2", "client_body_timeout", "body", 3600),
          ("nginx.conf:3", "client_header_timeout", "head", 30)]),
        # Where nothing is handed on it does not matter.
        ({"nginx.conf": "server {\n client_body_timeout 1h;\n root /srv;\n}\n"}, []),
        ({"gunicorn.conf.py": "timeout = 0\nkeepalive = 3600\n"},
         [("gunicorn.conf.py:1", "timeout", "worker", None), ("gunicorn.conf.py:2", "keepalive", "idle", 3600)]),
        # No keep-alive is as short as it gets.
        ({"gunicorn.conf.py": "keepalive = 0\n"}, [("gunicorn.conf.py:1", "keepalive", "idle", 0)]),
        ({"nginx.conf": f"server {{\n keepalive_timeout 0;\n {PASS}\n}}\n"},
         [("nginx.conf:2", "keepalive_timeout", "idle", 0)]),
        ({"Procfile": "web: gunicorn -t 0 app:app\n"}, [("Procfile:1", "timeout", "worker", None)]),
        ({"Procfile": "web: uvicorn --timeout-keep-alive 7200 app:app\n"},
         [("Procfile:1", "timeout_keep_alive", "idle", 7200)]),
        ({"Procfile": "web: waitress-serve --channel-timeout=7200 app:app\n"},
         [("Procfile:1", "channel_timeout", "idle", 7200)]),
        ({"uwsgi.ini": "[uwsgi]\nmodule = a\nharakiri = 0\nsocket-timeout = 9000\n"},
         [("uwsgi.ini:3", "harakiri", "request", None), ("uwsgi.ini:4", "socket-timeout", "body", 9000)]),
        ({"app.py": "from quart import Quart\napp = Quart(__name__)\napp.config['BODY_TIMEOUT'] = None\n"},
         [("app.py:3", "BODY_TIMEOUT", "body", None)]),
        ({"app.py": "from sanic import Sanic\napp = Sanic('a')\napp.config.REQUEST_TIMEOUT = 7200\n"},
         [("app.py:3", "REQUEST_TIMEOUT", "body", 7200)]),
        ({"httpd.conf": "Timeout 3600\nRequestReadTimeout header=0 body=0\n<VirtualHost *:80>\n ProxyPass / http://a/\n"
          "</VirtualHost>\n"},
         [("httpd.conf:1", "Timeout", "body", 3600), ("httpd.conf:2", "RequestReadTimeout body", "body", None),
          ("httpd.conf:2", "RequestReadTimeout header", "head", None)]),
        ({"Caddyfile": "{\n servers {\n  timeouts {\n   read_header 10s\n  }\n }\n}\na.example {\n"
          " reverse_proxy b:80\n}\n"},
         [("Caddyfile:3", "timeouts read_body", "body", None), ("Caddyfile:4", "timeouts read_header", "head", 10)]),
        ({"Caddyfile": "a.example {\n reverse_proxy b:80\n}\n"}, []),
    ],
)  # fmt: skip
def test_timeouts(tmp_path: Path, files: dict[str, str], expected: list[tuple[str, str, str, float | None]]) -> None:
    assert timeouts(tmp_path, files) == expected


def limits(root: Path, files: dict[str, str]) -> list[tuple[str, str, int | None]]:
    return sorted(
        (str(fact.location), fact.counts, fact.limit)
        for fact in facts_of(root, files).of("request.limit")
        if isinstance(fact, RequestLimit) and not fact.default
    )


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"nginx.conf": f"server {{\n large_client_header_buffers 8 64k;\n {PASS}\n}}\n"},
         [("nginx.conf:2", "head", 8 * 65536)]),
        ({"httpd.conf": "LimitRequestFields 0\nLimitRequestLine 99999\n<VirtualHost *:80>\n ProxyPass / http://a/\n"
          "</VirtualHost>\n"}, [("httpd.conf:1", "header-fields", None), ("httpd.conf:2", "request-line", 99999)]),
        ({"Procfile": "web: uvicorn --h11-max-incomplete-event-size 9999999 --ws-max-size 1 app:app\n"},
         [("Procfile:1", "head", 9999999), ("Procfile:1", "message", 1)]),
        ({"Procfile": "web: hypercorn -c h.toml app:app\n", "h.toml": "h11_max_incomplete_size = 99\n"},
         [("h.toml:1", "head", 99)]),
        ({"uwsgi.ini": "[uwsgi]\nmodule = a\nbuffer-size = 65535\n"}, [("uwsgi.ini:3", "head", 65535)]),
        ({"gunicorn.conf.py": "limit_request_fields = 0\n"}, [("gunicorn.conf.py:1", "header-fields", 32768)]),
        ({"app.py": "from aiohttp import web\napp = web.Application(client_max_fields=0)\n"},
         [("app.py:2", "parts", None)]),
        ({"app.py": "from flask import Flask\napp = Flask(__name__)\napp.config['MAX_FORM_PARTS'] = None\n"},
         [("app.py:3", "parts", None)]),
        ({"shop/settings.py": SETTINGS + "FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024**3\n"},
         [("shop/settings.py:3", "memory", 5 << 30)]),
        ({"app.py": "from fastapi import Request\nN = 5\nasync def f(request: Request):\n"
          "    return await request.form(max_files=N,\n        max_fields=float('inf'))\n"},
         [("app.py:4", "files", 5), ("app.py:5", "fields", None)]),
        ({"app.py": "from fastapi import APIRouter\nr = APIRouter(form_limits={'max_files': 7})\n"},
         [("app.py:2", "files", 7)]),
        ({"app.py": "from other import thing\nthing.form(max_files=10**9)\n"}, []),
        ({"tests/app.py": "import starlette\nasync def f(r):\n    await r.form(max_files=10**9)\n"}, []),
    ],
)  # fmt: skip
def test_limits(tmp_path: Path, files: dict[str, str], expected: list[tuple[str, str, int | None]]) -> None:
    assert limits(tmp_path, files) == expected


@pytest.mark.parametrize(
    ("code", "version", "expected"),
    [
        ("from fastapi import FastAPI\napp = FastAPI()\n@app.post('/', max_body_size=10 * 1024**3)\ndef f(): ...\n",
         "fastapi==0.165.0", [("app.py:3", 10 << 30)]),
        # None leaves the limit of what is around it.
        ("from fastapi import FastAPI\napp = FastAPI()\n@app.post('/', max_body_size=None)\ndef f(): ...\n",
         "fastapi==0.165.0", []),
        # A version that does not know it.
        ("from fastapi import FastAPI\napp = FastAPI()\n@app.post('/', max_body_size=5)\ndef f(): ...\n",
         "fastapi==0.115.0", []),
        ("from starlette.routing import Route\nr = [Route('/', f, max_body_size=9), Route('/a', g, max_body_size=9)]\n",
         "starlette==1.10.0", [("app.py:2", 9)]),
        ("from litestar import post\n@post('/', request_max_body_size=None)\nasync def f() -> None: ...\n",
         "litestar==2.25.0", [("app.py:2", None)]),
        ("from litestar import Controller\nclass C(Controller):\n    request_max_body_size = None\n",
         "litestar==2.25.0", [("app.py:3", None)]),
        ("from hypercorn.config import Config\nc = Config()\nc.wsgi_max_body_size = 1 << 40\n",
         "hypercorn==0.18.0", [("app.py:3", 1 << 40)]),
    ],
)  # fmt: skip
def test_limits_that_code_gives_to_a_route(
    tmp_path: Path, code: str, version: str, expected: list[tuple[str, int | None]]
) -> None:
    facts = facts_of(tmp_path, {"app.py": code, "requirements.txt": version + "\n"})
    found = [fact for fact in facts.of("upload.limit") if isinstance(fact, UploadLimit) and not fact.default]
    assert [(str(fact.location), fact.max_bytes) for fact in found] == expected


def test_what_is_no_number_is_not_known(tmp_path: Path) -> None:
    code = "from litestar import post\nfrom conf import size\n@post('/', request_max_body_size=size())\ndef f(): ...\n"
    facts = facts_of(tmp_path, {"app.py": code})
    assert not facts.of("upload.limit")
    assert any("request_max_body_size" in gap.detail for gap in facts.gaps if "upload.limit" in gap.kinds)


def test_values_that_are_no_sizes() -> None:
    code = b"import fastapi\nx.form(max_files=True, max_fields='a')\ny.form(max_files=-1)\nz.form(**max_fields)\n"
    found = list(RouteLimits().extract("app.py", 0o100644, code))
    assert [(fact.setting, fact.value, fact.known) for fact in found if isinstance(fact, RouteLimit)] == [
        ("max_files", None, False), ("max_fields", None, False), ("max_files", -1, True),
    ]  # fmt: skip
