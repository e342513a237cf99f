"""Small services of each framework behind each proxy: as files, and run from these files."""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Case(NamedTuple):
    """files: of the repository; @PORT@ is where the application listens, @FRONT@ where the proxy does. command: that
    starts the application. front: "nginx", "apache", "caddy", "" for none, with its configuration file."""

    name: str
    files: Mapping[str, str]
    command: Sequence[str]
    front: str = ""
    configuration: str = ""


# Applications

DJANGO = """
from django.http import HttpResponse
from django.urls import path

def page(request):
    return HttpResponse("page")

def broken(request):
    raise RuntimeError("broken")

urlpatterns = [path("", page), path("broken", broken)]
"""
SETTINGS = """
SECRET_KEY = "not a secret: it is made for this test and nothing else"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = []
"""
WSGI = """
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
"""
GUNICORN = ("gunicorn", "--bind", "127.0.0.1:@PORT@", "shop.wsgi")


def django(settings: str, more: Mapping[str, str] | None = None) -> dict[str, str]:
    return {
        "shop/__init__.py": "", "shop/urls.py": DJANGO, "shop/wsgi.py": WSGI,
        "shop/settings.py": SETTINGS + settings, "requirements.txt": REQUIREMENTS, **(more or {}),
    }  # fmt: skip


REQUIREMENTS = "django==5.2\ngunicorn==27.0.1\ndjango-csp==4.0\nflask==3.1.3\nflask-talisman==1.1.0\nsecure==2.0.1\n"
HARDENED = """
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "shop.headers.Extra",
    "shop.headers.by_status",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
SECURE_HSTS_SECONDS = 31536000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = ["no-referrer", "strict-origin"]
PERMISSIONS = {"camera": "()", "geolocation": "(self)"}
"""
EXTRA = '''
from django.conf import settings

class Extra:
    """Fields of the project's own."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.policy = ", ".join(f"{name}={allowed}" for name, allowed in settings.PERMISSIONS.items())

    def __call__(self, request):
        response = self.get_response(request)
        response["Permissions-Policy"] = self.policy
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if "X-Frame-Options" in response:
            del response["X-Frame-Options"]
        return response


def by_status(get_response):
    def middleware(request):
        response = get_response(request)
        if response.status_code >= 400:
            response.headers["Cache-Control"] = "no-store"
        return response

    return middleware
'''
PLAIN = """
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware",
              "django.middleware.clickjacking.XFrameOptionsMiddleware"]
"""
POLICY = """
from csp.constants import NONE, SELF
MIDDLEWARE = ["csp.middleware.CSPMiddleware", "django.middleware.security.SecurityMiddleware"]
CONTENT_SECURITY_POLICY = {"DIRECTIVES": {"script-src": [SELF, "https://cdn.example"], "object-src": [NONE]}}
CONTENT_SECURITY_POLICY_REPORT_ONLY = {"DIRECTIVES": {"default-src": [SELF], "upgrade-insecure-requests": True}}
"""
FLASK = """
from flask import Flask

app = Flask(__name__)

@app.get("/")
def page():
    return "page"

@app.get("/broken")
def broken():
    raise RuntimeError("broken")
"""
TALISMAN = (
    FLASK
    + """
from flask_cors import CORS
from flask_talisman import Talisman

CORS(app, origins=["https://partner.example"])
Talisman(app, force_https=False, frame_options="DENY",
         content_security_policy={"default-src": "'self'", "img-src": ["'self'", "https://img.example"]})
"""
)
SECURE = (
    FLASK
    + """
from secure import ContentSecurityPolicy, Secure, StrictTransportSecurity, XFrameOptions

headers = Secure(hsts=StrictTransportSecurity().max_age(63072000).include_subdomains(), xfo=XFrameOptions().deny(),
                 csp=ContentSecurityPolicy().default_src("'self'").object_src("'none'"))

@app.after_request
def secured(response):
    headers.set_headers(response)
    return response
"""
)
PRESET = (
    FLASK
    + """
import secure

headers = secure.Secure.with_default_headers()

@app.after_request
def secured(response):
    headers.set_headers(response)
    return response
"""
)
HOOKS = (
    FLASK
    + """
from flask import Blueprint

FIELDS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
other = Blueprint("other", __name__)

@other.after_app_request
def everywhere(response):
    response.headers.setdefault("X-Frame-Options", "SAMEORIGIN")
    return response

@other.after_request
def of_this_blueprint(response):
    response.headers["X-Frame-Options"] = "ALLOWALL"
    return response

@app.after_request
def fields(response):
    response.headers.extend(FIELDS)
    if response.status_code == 404:
        response.headers["Cache-Control"] = "no-cache"
    return response

app.register_blueprint(other)
"""
)
FASTAPI = """
from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.cors import CORSMiddleware

class Security(BaseHTTPMiddleware):
    def __init__(self, app, policy="default-src 'none'"):
        super().__init__(app)
        self.policy = policy

    async def dispatch(self, request, call_next):
        response = await call_next(request)
        response.headers["Content-Security-Policy"] = self.policy
        if request.url.scheme == "https":
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response

class Pure:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def sending(message):
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                headers.append("X-Robots-Tag", "none")
            await send(message)

        await self.app(scope, receive, sending)

app = FastAPI()
app.add_middleware(Security, policy="default-src 'self'")
app.add_middleware(Pure)
app.add_middleware(CORSMiddleware, allow_origins=["https://partner.example"])

@app.middleware("http")
async def framing(request, call_next):
    response = await call_next(request)
    response.headers["X-Frame-Options"] = "DENY"
    return response

@app.get("/")
async def page():
    return {}

@app.get("/broken")
async def broken():
    raise RuntimeError("broken")
"""
STARLETTE = """
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

class Inner(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        response = await call_next(request)
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
        return response

class Outer:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def sending(message):
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                headers.append((b"x-frame-options", b"DENY"))
                message["headers"] = headers
            await send(message)

        await self.app(scope, receive, sending)

async def page(request):
    return PlainTextResponse("page")

async def broken(request):
    raise RuntimeError("broken")

app = Starlette(routes=[Route("/", page), Route("/broken", broken)], middleware=[Middleware(Outer), Middleware(Inner)])
"""
AIOHTTP = """
import sys
from aiohttp import web

@web.middleware
async def framing(request, handler):
    response = await handler(request)
    response.headers["X-Frame-Options"] = "DENY"
    return response

async def prepare(request, response):
    response.headers["Referrer-Policy"] = "no-referrer"

async def page(request):
    return web.Response(text="page")

async def broken(request):
    raise RuntimeError("broken")

def make():
    app = web.Application(middlewares=[framing])
    app.router.add_get("/", page)
    app.router.add_get("/broken", broken)
    app.on_response_prepare.append(prepare)
    return app

if __name__ == "__main__":
    web.run_app(make(), host="127.0.0.1", port=int(sys.argv[1]))
"""
SIGNALS = """
import sys
from aiohttp import web

async def first(request, response):
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Frame-Options"] = "SAMEORIGIN"

async def second(request, response):
    response.headers["X-Frame-Options"] = "DENY"

async def before(request, response):
    response.headers["X-Frame-Options"] = "ALLOWALL"
    response.headers["Strict-Transport-Security"] = "max-age=300"

async def page(request):
    return web.Response(text="page")

async def broken(request):
    raise RuntimeError("broken")

class Service:
    def __init__(self):
        self.app = web.Application()
        self.app.router.add_get("/", page)
        self.app.router.add_get("/broken", broken)
        self.app.on_response_prepare.append(self.policy)
        self.app.on_response_prepare.extend([first, second])
        self.app.on_response_prepare.insert(0, before)

    async def policy(self, request, response):
        response.headers["Content-Security-Policy"] = "default-src 'none'"

    def run(self, port):
        web.run_app(self.app, host="127.0.0.1", port=port)

if __name__ == "__main__":
    Service().run(int(sys.argv[1]))
"""
FUNCTIONS = """
from fastapi import FastAPI, Response
from starlette.middleware.base import BaseHTTPMiddleware

app = FastAPI()

async def framing(request, call_next):
    response = await call_next(request)
    response.headers["X-Frame-Options"] = "DENY"
    return response

async def secure(request, call_next):
    response = await call_next(request)
    response.headers.setdefault("X-Frame-Options", "SAMEORIGIN")
    response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response

app.middleware("http")(framing)
app.add_middleware(BaseHTTPMiddleware, dispatch=secure)

@app.get("/")
async def page():
    return {}

@app.get("/broken")
async def broken():
    raise RuntimeError("broken")
"""

# Proxies


def nginx(server: str, location: str) -> str:
    return f"""
daemon off;
pid nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    server {{
        listen 127.0.0.1:@FRONT@;
        {server}
        location / {{
            proxy_pass http://127.0.0.1:@PORT@;
            {location}
        }}
    }}
}}
"""


APACHE = """
ServerRoot "@HERE@"
ServerName localhost
PidFile apache.pid
Listen 127.0.0.1:@FRONT@
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule headers_module /usr/lib/apache2/modules/mod_headers.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
ErrorLog /dev/stderr
ServerTokens Prod
<VirtualHost 127.0.0.1:@FRONT@>
    Header set X-Content-Type-Options nosniff
    Header always set X-Frame-Options SAMEORIGIN
    Header unset Referrer-Policy
    RequestHeader set X-Forwarded-Proto https
    ProxyPass / http://127.0.0.1:@PORT@/
</VirtualHost>
"""
CADDY = """
{
    admin off
    auto_https off
}
http://127.0.0.1:@FRONT@ {
    header X-Frame-Options SAMEORIGIN
    header -Server
    header ?Permissions-Policy camera=()
    header {
        defer
        Referrer-Policy no-referrer
    }
    reverse_proxy 127.0.0.1:@PORT@ {
        header_up X-Forwarded-Proto https
    }
}
"""
HTTPS = "proxy_set_header X-Forwarded-Proto https;"
BEHIND = f"{HTTPS}\n            add_header X-Robots-Tag none;\n            add_header X-Frame-Options DENY always;"
UVICORN = ("uvicorn", "--port", "@PORT@", "main:app")
CASES = [
    Case("django-plain", django(PLAIN), GUNICORN),
    Case("django-hardened", django(HARDENED, {"shop/headers.py": EXTRA}), GUNICORN),
    Case("django-csp", django(POLICY), GUNICORN),
    Case("django-nginx", django(HARDENED, {"shop/headers.py": EXTRA}), GUNICORN, "nginx", nginx(
        "server_tokens off; add_header X-Lost yes;", BEHIND)),
    Case("django-nginx-always", django(PLAIN), GUNICORN, "nginx", nginx(
        'add_header Strict-Transport-Security "max-age=63072000" always; proxy_hide_header X-Frame-Options;', "")),
    Case("django-nginx-if", django(POLICY), GUNICORN, "nginx", nginx(
        "server_tokens off;", "proxy_hide_header Referrer-Policy; proxy_pass_header Server;")),
    Case("django-apache", django(HARDENED, {"shop/headers.py": EXTRA}), GUNICORN, "apache", APACHE),
    Case("django-caddy", django(HARDENED, {"shop/headers.py": EXTRA}), GUNICORN, "caddy", CADDY),
    Case("flask-talisman", {"main.py": TALISMAN, "requirements.txt": REQUIREMENTS},
         ("gunicorn", "--bind", "127.0.0.1:@PORT@", "main:app")),
    Case("flask-talisman-nginx", {"main.py": TALISMAN, "requirements.txt": REQUIREMENTS},
         ("gunicorn", "--bind", "127.0.0.1:@PORT@", "main:app"), "nginx", nginx("server_tokens off;", HTTPS)),
    Case("flask-secure", {"main.py": SECURE, "requirements.txt": REQUIREMENTS},
         ("waitress-serve", "--listen=127.0.0.1:@PORT@", "main:app")),
    Case("flask-secure-preset", {"main.py": PRESET, "requirements.txt": REQUIREMENTS},
         ("gunicorn", "--bind", "127.0.0.1:@PORT@", "main:app")),
    Case("flask-secure-preset-waitress", {"main.py": PRESET, "requirements.txt": REQUIREMENTS},
         ("waitress-serve", "--listen=127.0.0.1:@PORT@", "main:app")),
    Case("flask-hooks", {"main.py": HOOKS}, ("waitress-serve", "--listen=127.0.0.1:@PORT@", "main:app")),
    Case("flask-hooks-nginx", {"main.py": HOOKS}, ("gunicorn", "--bind", "127.0.0.1:@PORT@", "main:app"), "nginx",
         nginx("server_tokens off;", "add_header X-Content-Type-Options nosniff;")),
    Case("fastapi", {"main.py": FASTAPI}, UVICORN),
    Case("fastapi-no-server", {"main.py": FASTAPI}, (*UVICORN, "--no-server-header")),
    Case("fastapi-nginx", {"main.py": FASTAPI}, UVICORN, "nginx", nginx("server_tokens off;", HTTPS)),
    Case("fastapi-hypercorn", {"main.py": FASTAPI}, ("hypercorn", "--bind", "127.0.0.1:@PORT@", "main:app")),
    Case("fastapi-functions", {"main.py": FUNCTIONS}, UVICORN),
    Case("starlette", {"main.py": STARLETTE}, UVICORN),
    Case("starlette-caddy", {"main.py": STARLETTE}, UVICORN, "caddy", CADDY),
    Case("aiohttp", {"main.py": AIOHTTP}, ("python", "main.py", "@PORT@")),
    Case("aiohttp-signals", {"main.py": SIGNALS}, ("python", "main.py", "@PORT@")),
    Case("aiohttp-nginx", {"main.py": AIOHTTP}, ("python", "main.py", "@PORT@"), "nginx",
         nginx("server_tokens off;", "add_header X-Frame-Options SAMEORIGIN;")),
]  # fmt: skip
PROGRAMS = {"nginx": "nginx", "apache": "apache2", "caddy": "caddy"}
FILES = {"nginx": "deploy/nginx.conf", "apache": "deploy/apache2.conf", "caddy": "Caddyfile"}


@contextlib.contextmanager
def started(
    case: Case, repository: Path, run: Path, names: Mapping[str, str], port: int, front: int, program: str
) -> Iterator[int]:
    """The application and the proxy before it, run from these files; the port that visitors come to."""
    run.mkdir()
    command = [filled(word, names) for word in case.command]
    found = Path(sys.executable).parent / command[0]
    command[0] = str(found if found.exists() else shutil.which(command[0]) or command[0])
    with contextlib.ExitStack() as stack:
        stack.enter_context(running(command, repository, run / "application.log"))
        wait_for(port, run)
        if case.front:
            file = repository / FILES[case.front]
            proxies = {
                "nginx": [program, "-p", f"{run}/", "-c", str(file), *as_ourselves()],
                "apache": [program, "-DFOREGROUND", "-f", str(file)],
                "caddy": [program, "run", "--config", str(file), "--adapter", "caddyfile"],
            }
            stack.enter_context(running(proxies[case.front], run, run / "proxy.log"))
            wait_for(front, run)
        yield front if case.front else port


def written(case: Case, repository: Path, names: Mapping[str, str]) -> None:
    """The files of the case, with its start command and the configuration of its proxy."""
    files = {**case.files, "Procfile": f"web: {' '.join(case.command)}\n"}
    if case.front:
        files[FILES[case.front]] = case.configuration
    for path, text in files.items():
        file = repository / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(filled(text, names))


def as_ourselves() -> list[str]:
    """Workers of nginx would become nobody, who may not enter a temporary directory of root."""
    return ["-g", "user root;"] if os.geteuid() == 0 else []


def ask(port: int, path: str, status: int) -> list[tuple[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path)
    response = connection.getresponse()
    response.read()
    assert response.status == status
    connection.close()
    return [(name.lower(), value) for name, value in response.getheaders()]


@contextlib.contextmanager
def running(command: Sequence[str], where: Path, log: Path) -> Iterator[None]:
    environment = {name: os.environ[name] for name in ("PATH", "LANG", "HOME", "VIRTUAL_ENV") if name in os.environ}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=where, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def wait_for(port: int, run: Path) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    logs = "\n".join(file.read_text(errors="replace")[-2000:] for file in sorted(run.glob("*.log")))
    raise AssertionError(f"nothing listens on {port}:\n{logs}")


def free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        return one.getsockname()[1], two.getsockname()[1]


def filled(text: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(name, value)
    return text


def find(program: str) -> str | None:
    """Debian puts servers into a directory that is not in a plain user's PATH."""
    return shutil.which(program, path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin")))
