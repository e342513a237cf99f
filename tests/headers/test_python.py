"""What applications of Flask, Starlette, aiohttp and others make of response headers."""

from pathlib import Path

import pytest

from .predicting import collected, headers

FLASK = "from flask import Flask\napp = Flask(__name__)\n"
FRAMES, CSP, ROBOTS = "x-frame-options", "content-security-policy", "x-robots-tag"
HSTS = "strict-transport-security"


def test_hooks_of_flask_run_from_the_last_to_the_first(tmp_path: Path) -> None:
    text = FLASK + (
        "@app.after_request\ndef outer(r):\n    r.headers['X-Frame-Options'] = 'DENY'\n    return r\n"
        "@app.after_request\ndef inner(r):\n    r.headers['X-Frame-Options'] = 'SAMEORIGIN'\n    return r\n"
    )
    assert headers(tmp_path, {"app.py": text})[FRAMES] == "DENY"


def test_blueprints(tmp_path: Path) -> None:
    text = FLASK + (
        "from flask import Blueprint\nbp = Blueprint('x', __name__)\n"
        "@bp.after_request\ndef own(r):\n    r.headers['X-Frame-Options'] = 'DENY'\n    return r\n"
        "@bp.after_app_request\ndef every(r):\n    r.headers.add('X-Robots-Tag', 'none')\n    return r\n"
        "app.register_blueprint(bp)\n"
    )
    found = headers(tmp_path / "a", {"app.py": text})
    assert (found.get(FRAMES, "(none)"), found[ROBOTS]) == ("(none)", "none")
    _, facts = collected(tmp_path / "b", {"app.py": text})
    places = {str(fact.location) for fact in facts.of("header.declared") if getattr(fact, "name", "") == FRAMES}
    assert places == {"app.py:5"}  # the hook that is for its blueprint alone


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", {CSP: "default-src 'self'; object-src 'none'", FRAMES: "SAMEORIGIN"}),
        ("content_security_policy={'default-src': [\"'self'\", 'a.example'], 'img-src': '*'}",
         {CSP: "default-src 'self' a.example; img-src *", FRAMES: "SAMEORIGIN"}),
        ("content_security_policy=False, frame_options=None", {}),
        ("content_security_policy='default-src https:;script-src  x'",
         {CSP: "default-src https:; script-src  x", FRAMES: "SAMEORIGIN"}),
        ("content_security_policy_report_only=True, content_security_policy_report_uri='/csp'",
         {f"{CSP}-report-only": "default-src 'self'; object-src 'none'; report-uri /csp", FRAMES: "SAMEORIGIN"}),
        ("content_security_policy_nonce_in=['script-src']", {CSP: None, FRAMES: "SAMEORIGIN"}),
        ("x_xss_protection=True, force_file_save=True",
         {CSP: "default-src 'self'; object-src 'none'", FRAMES: "SAMEORIGIN", "x-xss-protection": "1; mode=block",
          "x-download-options": "noopen"}),
    ],
)  # fmt: skip
def test_talisman(tmp_path: Path, arguments: str, expected: dict[str, str | None]) -> None:
    text = FLASK + f"from flask_talisman import Talisman\nTalisman(app, {arguments})\n"
    found = headers(tmp_path, {"app.py": text})
    shown = {name: value for name, value in found.items() if name in {*expected, CSP, FRAMES, f"{CSP}-report-only"}}
    assert shown == expected


@pytest.mark.parametrize(
    ("secure", "expected"),
    [
        ("Secure.with_default_headers()", {FRAMES: "SAMEORIGIN", HSTS: "max-age=31536000; includeSubDomains"}),
        ("Secure.from_preset(Preset.STRICT)", {FRAMES: "DENY", HSTS: "max-age=63072000; includeSubDomains"}),
        ("Secure()", {}),
        ("Secure(hsts=StrictTransportSecurity().max_age(31536000).preload(), xfo=XFrameOptions().deny())",
         {FRAMES: "DENY", HSTS: "max-age=31536000; includeSubDomains; preload"}),
        ("Secure(csp=ContentSecurityPolicy().default_src(\"'self'\").script_src('a', 'b').report_only())",
         {f"{CSP}-report-only": "default-src 'self'; script-src a b"}),
        ("Secure(permissions=PermissionsPolicy().camera().geolocation('self', 'https://a.example'))",
         {"permissions-policy": 'camera=(), geolocation=(self "https://a.example")'}),
        ("Secure(referrer=ReferrerPolicy().no_referrer().strict_origin(), cache=CacheControl().no_store())",
         {"referrer-policy": "no-referrer, strict-origin", "cache-control": "no-store"}),
        ("Secure(custom=[CustomHeader(header='X-Robots-Tag', value='none')])", {ROBOTS: "none"}),
    ],
)  # fmt: skip
def test_secure(tmp_path: Path, secure: str, expected: dict[str, str]) -> None:
    text = FLASK + (
        "from secure import *\nfrom secure import Secure, Preset, StrictTransportSecurity, XFrameOptions, "
        "ContentSecurityPolicy, PermissionsPolicy, ReferrerPolicy, CacheControl, CustomHeader\n"
        f"made = {secure}\n@app.after_request\ndef f(r):\n    made.set_headers(r)\n    return r\n"
    ).replace("from secure import *\n", "")
    found = headers(tmp_path, {"app.py": text})
    wanted = {FRAMES, HSTS, f"{CSP}-report-only", *expected}
    assert {name: value for name, value in found.items() if name in wanted} == expected


STARLETTE = "from starlette.applications import Starlette\nfrom starlette.middleware import Middleware\n" + (
    "from starlette.middleware.base import BaseHTTPMiddleware\nfrom starlette.datastructures import MutableHeaders\n"
    "class One(BaseHTTPMiddleware):\n    async def dispatch(self, request, call_next):\n"
    "        response = await call_next(request)\n        response.headers['X-Frame-Options'] = 'ONE'\n"
    "        return response\n"
    "class Two:\n    def __init__(self, app):\n        self.app = app\n"
    "    async def __call__(self, scope, receive, send):\n        async def sending(message):\n"
    "            if message['type'] == 'http.response.start':\n"
    "                MutableHeaders(scope=message).append('X-Frame-Options', 'TWO')\n"
    "            await send(message)\n        await self.app(scope, receive, sending)\n"
)


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        ("app = Starlette(middleware=[Middleware(One), Middleware(Two)])", "ONE"),
        ("app = Starlette(middleware=[Middleware(Two), Middleware(One)])", "ONE | TWO"),
        ("app = Starlette()\napp.add_middleware(One)\napp.add_middleware(Two)", "ONE | TWO"),
        ("app = Starlette()\napp.add_middleware(Two)\napp.add_middleware(One)", "ONE"),
        ("import lib\napp = Starlette()\nif lib.x():\n    app.add_middleware(One)", "?ONE"),
    ],
)
def test_order_of_starlettes_middleware(tmp_path: Path, build: str, expected: str) -> None:
    assert headers(tmp_path / "a", {"main.py": STARLETTE + build + "\n"})[FRAMES] == expected
    # What nobody catches is answered outside of all of them.
    assert FRAMES not in headers(tmp_path / "b", {"main.py": STARLETTE + build + "\n"}, 500)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("message['headers'].append((b'X-Frame-Options', b'DENY'))", "DENY"),
        ("message['headers'] = [*message['headers'], (b'x-frame-options', b'DENY')]", "DENY"),
        ("MutableHeaders(raw=message['headers'])['X-Frame-Options'] = 'DENY'", "DENY"),
    ],
)
def test_fields_of_asgi_are_pairs_of_bytes(tmp_path: Path, line: str, expected: str) -> None:
    text = STARLETTE.replace("MutableHeaders(scope=message).append('X-Frame-Options', 'TWO')", line)
    found = headers(tmp_path, {"main.py": text + "app = Starlette(middleware=[Middleware(Two)])\n"})
    assert (found[FRAMES], "*" in found) == (expected, False)


def test_what_is_perhaps_in_a_table_is_perhaps_sent(tmp_path: Path) -> None:
    text = FLASK + (
        "import lib\nTABLE = {'X-Robots-Tag': 'none'}\nif lib.strict():\n    TABLE['X-Frame-Options'] = 'DENY'\n"
        "@app.after_request\ndef f(r):\n    r.headers.update(TABLE)\n    return r\n"
    )
    found = headers(tmp_path, {"app.py": text})
    assert (found[ROBOTS], found[FRAMES]) == ("none", "?DENY")


def test_middleware_that_catches_what_is_raised(tmp_path: Path) -> None:
    text = (
        "from fastapi import FastAPI\napp = FastAPI()\n@app.middleware('http')\nasync def f(request, call_next):\n"
        "    try:\n        response = await call_next(request)\n    except ValueError:\n        raise\n"
        "    response.headers['X-Frame-Options'] = 'DENY'\n    return response\n"
    )
    assert headers(tmp_path / "a", {"main.py": text})[FRAMES] == "DENY"
    assert headers(tmp_path / "b", {"main.py": text}, 404)[FRAMES] == "DENY"
    assert FRAMES not in headers(tmp_path / "c", {"main.py": text}, 500)


def test_what_a_request_says_of_https(tmp_path: Path) -> None:
    text = (
        "from fastapi import FastAPI\napp = FastAPI()\n@app.middleware('http')\nasync def f(request, call_next):\n"
        "    response = await call_next(request)\n    if request.url.scheme == 'https':\n"
        "        response.headers['Strict-Transport-Security'] = 'max-age=9'\n"
        "    if request.headers.get('x-forwarded-proto') == 'http':\n"
        "        response.headers['X-Robots-Tag'] = 'none'\n    return response\n"
    )
    proxy = (
        "server {\n listen 443 ssl;\n location / { proxy_set_header X-Forwarded-Proto $scheme; "
        "proxy_pass http://127.0.0.1:1; }\n}\n"
    )
    files = {"main.py": text, "Procfile": "web: uvicorn main:app\n", "deploy/nginx.conf": proxy}
    found = headers(tmp_path, files)
    assert (found[HSTS], ROBOTS in found) == ("max-age=9", False)


AIOHTTP = (
    "from aiohttp import web\n@web.middleware\nasync def framing(request, handler):\n"
    "    response = await handler(request)\n    response.headers['X-Frame-Options'] = 'DENY'\n    return response\n"
    "async def prepare(request, response):\n    response.headers['X-Robots-Tag'] = 'none'\n"
    "    del response.headers['Server']\n"
)


@pytest.mark.parametrize(("status", "expected"), [(200, {FRAMES, ROBOTS}), (404, {ROBOTS}), (500, {ROBOTS})])
def test_aiohttp(tmp_path: Path, status: int, expected: set[str]) -> None:
    text = AIOHTTP + "app = web.Application(middlewares=[framing])\napp.on_response_prepare.append(prepare)\n"
    assert set(headers(tmp_path, {"main.py": text}, status)) == expected


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        ("app = web.Application()\napp.on_response_prepare.extend([a, b])\n", "b"),
        ("app = web.Application()\napp.on_response_prepare.append(b)\napp.on_response_prepare.insert(0, a)\n", "b"),
        ("app = web.Application()\napp.on_response_prepare.append(b)\napp.on_response_prepare.insert(1, a)\n", "a"),
        (
            "class Service:\n    def __init__(self):\n        self.app = web.Application()\n"
            "        self.app.on_response_prepare.append(self.last)\n"
            "    async def last(self, request, response):\n        response.headers['X-Frame-Options'] = 'c'\n"
            "if __name__ == '__main__':\n    web.run_app(Service().app)\n", "c",
        ),
    ],
)  # fmt: skip
def test_signals_of_aiohttp(tmp_path: Path, build: str, expected: str) -> None:
    functions = "".join(
        f"async def {name}(request, response):\n    response.headers['X-Frame-Options'] = '{name}'\n" for name in "ab"
    )
    assert headers(tmp_path, {"main.py": f"from aiohttp import web\n{functions}{build}"})[FRAMES] == expected


def test_aiohttp_middleware_that_nobody_uses(tmp_path: Path) -> None:
    assert set(headers(tmp_path, {"main.py": AIOHTTP + "app = web.Application()\n"})) == {"server"}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", False),  # dead code sets nothing
        ("hooks = [prepare]\n", True),
        ("import lib\nlib.use(prepare)\n", True),
    ],
)
def test_a_function_that_nothing_names_sets_nothing(tmp_path: Path, more: str, expected: bool) -> None:
    text = (
        "from flask import Flask\napp = Flask(__name__)\ndef prepare(response):\n"
        "    response.headers['X-Frame-Options'] = 'DENY'\n"
    )
    assert (FRAMES in headers(tmp_path, {"app.py": text + more})) is expected


@pytest.mark.parametrize(
    "text",
    [
        "from quart import Quart\napp = Quart(__name__)\n@app.after_request\nasync def f(response):\n"
        "    response.headers['X-Frame-Options'] = 'DENY'\n    return response\n",
        "from sanic import Sanic\napp = Sanic('x')\n@app.on_response\nasync def f(request, response):\n"
        "    response.headers['X-Frame-Options'] = 'DENY'\n",
        "from sanic import Sanic\napp = Sanic('x')\n@app.middleware('response')\nasync def f(request, response):\n"
        "    response.headers['X-Frame-Options'] = 'DENY'\n",
    ],
)
def test_quart_and_sanic(tmp_path: Path, text: str) -> None:
    assert headers(tmp_path, {"main.py": text})[FRAMES] == "DENY"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("    while True:\n        response.headers['X-Frame-Options'] = 'DENY'\n", True),
        ("    response.headers[name] = 'DENY'\n", True),
        ("    return change(response)\n", True),
        ("    raise ValueError\n", True),
        ("    logger.info('%s', response)\n    return response\n", False),
        ("    response.set_cookie('a', 'b')\n    return response\n", False),
        ("    return None\n", False),
    ],
)
def test_what_cannot_be_followed_leaves_it_open(tmp_path: Path, body: str, expected: bool) -> None:
    text = FLASK + (
        "import logging\nfrom lib import change, name\nlogger = logging.getLogger(__name__)\n"
        f"@app.after_request\ndef f(response):\n{body}"
    )
    assert ("*" in headers(tmp_path, {"app.py": text})) is expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("gunicorn app:app", "gunicorn"),
        ("waitress-serve app:app", "waitress"),
        ("uvicorn app:app --no-server-header", "(none)"),
        ("hypercorn app:app", "hypercorn-h11"),
    ],
)
def test_the_server_names_itself(tmp_path: Path, command: str, expected: str) -> None:
    files = {"app.py": FLASK, "Procfile": f"web: {command}\n"}
    assert headers(tmp_path, files).get("server", "(none)") == expected


def test_a_header_that_is_an_object_changes_no_other(tmp_path: Path) -> None:
    text = FLASK + (
        "@app.after_request\ndef own(response):\n    response.vary.add('Cookie')\n"
        "    response.cache_control.no_store = True\n    response.headers['X-Frame-Options'] = 'DENY'\n"
        "    return response\n"
    )
    found = headers(tmp_path, {"app.py": text})
    assert (found[FRAMES], found["vary"], found["cache-control"]) == ("DENY", None, None)
    assert "*" not in found
