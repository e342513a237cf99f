"""Services with limits on bodies, run on loopback from the very files that are scanned: applications and proxies.

with running(workdir, APPLICATIONS["flask + gunicorn"], PROXIES["nginx"]) as port:
    send(port, "raw", "body", 1000)
"""

import contextlib
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Final

READY_SECONDS: Final = 30
STOP_SECONDS: Final = 10
ANSWER_SECONDS: Final = 30
MODULES: Final = Path("/usr/lib/apache2/modules")
BOUNDARY: Final = "limit-of-parts"


@dataclass(frozen=True, kw_only=True)
class Application:
    """files: with PORT for where it listens. command: as in the Procfile that is written for it."""

    files: Mapping[str, str]
    command: str
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Proxy:
    """path: of its configuration, "" for none, with PORT, BACKEND and DIR. command: with CONFIG and DIR."""

    path: str
    text: str = ""
    command: str = ""
    program: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


DJANGO = {
    "shop/__init__.py": "",
    "shop/settings.py": """
SECRET_KEY = __import__("secrets").token_hex()
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "shop.urls"
MIDDLEWARE = []
INSTALLED_APPS = []
DATA_UPLOAD_MAX_MEMORY_SIZE = 20_000
""",
    "shop/urls.py": """
from django.http import HttpResponse
from django.urls import path


def read(request):
    if request.content_type == "multipart/form-data":
        size = sum(map(len, request.POST.values())) + sum(file.size for file in request.FILES.values())
    else:
        size = len(request.POST) and len(request.body) or len(request.body)
    return HttpResponse(f"read {size}")


urlpatterns = [path("", read)]
""",
    "shop/wsgi.py": """
import os
from django.core.wsgi import get_wsgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
application = get_wsgi_application()
""",
    "shop/asgi.py": """
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
application = get_asgi_application()
""",
}
FLASK = {
    "app.py": """
from flask import Flask, request

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 30_000
app.config["MAX_FORM_MEMORY_SIZE"] = 12_000


@app.post("/")
def read():
    if request.mimetype.startswith("multipart/"):
        size = sum(map(len, request.form.values())) + sum(len(file.read()) for file in request.files.values())
    elif request.mimetype.endswith("urlencoded"):
        size = sum(map(len, request.form.values()))
    else:
        size = len(request.get_data())
    return f"read {size}"
"""
}
FASTAPI = {
    "app.py": """
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse

app = FastAPI(max_body_size=30_000)


@app.post("/")
async def read(request: Request):
    kind = request.headers.get("content-type", "")
    if kind.startswith(("multipart/", "application/x-www-form-urlencoded")):
        size = 0
        async with request.form() as form:
            for value in form.values():
                size += len(value) if isinstance(value, str) else len(await value.read())
    else:
        size = len(await request.body())
    return PlainTextResponse(f"read {size}")
"""
}
STARLETTE_OPEN = {"app.py": FASTAPI["app.py"].replace("max_body_size=30_000", "")}
AIOHTTP = {
    "app.py": """
from aiohttp import web


async def read(request):
    if request.content_type.startswith("multipart/") or request.content_type.endswith("urlencoded"):
        size = 0
        for value in (await request.post()).values():
            size += len(value) if isinstance(value, str) else len(value.file.read())
    else:
        size = len(await request.read())
    return web.Response(text=f"read {size}")


app = web.Application(client_max_size=30_000)
app.router.add_post("/", read)
if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=PORT, print=None)
"""
}
APPLICATIONS: Mapping[str, Application] = {
    "gunicorn + Django": Application(
        files=DJANGO, command="gunicorn --bind 127.0.0.1:PORT shop.wsgi:application", packages=("django", "gunicorn")
    ),
    "gunicorn + Flask": Application(
        files=FLASK, command="gunicorn --bind 127.0.0.1:PORT app:app", packages=("flask", "gunicorn")
    ),
    "uvicorn + FastAPI": Application(
        files=FASTAPI, command="uvicorn --host 127.0.0.1 --port PORT app:app", packages=("fastapi", "uvicorn")
    ),
    "uvicorn + FastAPI without a limit": Application(
        files=STARLETTE_OPEN, command="uvicorn --host 127.0.0.1 --port PORT app:app", packages=("fastapi", "uvicorn")
    ),
    "uvicorn + Django": Application(
        files=DJANGO,
        command="uvicorn --host 127.0.0.1 --port PORT shop.asgi:application",
        packages=("django", "uvicorn"),
    ),
    "waitress + Flask": Application(
        files=FLASK,
        command="waitress-serve --host=127.0.0.1 --port=PORT --max-request-body-size=25000 app:app",
        packages=("flask", "waitress"),
    ),
    "waitress + Django": Application(
        files=DJANGO,
        command="waitress-serve --host=127.0.0.1 --port=PORT --max-request-body-size=60000 shop.wsgi:application",
        packages=("django", "waitress"),
    ),
    "hypercorn + Flask": Application(
        files={**FLASK, "hypercorn.toml": 'wsgi_max_body_size = 25000\nbind = "127.0.0.1:PORT"\n'},
        command="hypercorn --config hypercorn.toml app:app",
        packages=("flask", "hypercorn"),
    ),
    "hypercorn + FastAPI": Application(
        files=FASTAPI, command="hypercorn --bind 127.0.0.1:PORT app:app", packages=("fastapi", "hypercorn")
    ),
    "aiohttp": Application(files=AIOHTTP, command="python app.py", packages=("aiohttp",)),
}

_NGINX = """
daemon off;
user root;
pid DIR/nginx.pid;
error_log DIR/error.log;
events {}
http {
  access_log off;
  client_body_temp_path DIR/body;
  proxy_temp_path DIR/proxy;
  fastcgi_temp_path DIR/fastcgi;
  uwsgi_temp_path DIR/uwsgi;
  scgi_temp_path DIR/scgi;
  server {
    listen 127.0.0.1:PORT;
    LIMIT
    location / { proxy_pass http://127.0.0.1:BACKEND; }
  }
}
"""
_APACHE = """
ServerRoot DIR
ServerName localhost
PidFile DIR/httpd.pid
Mutex file:DIR
User nobody
Group nogroup
Listen 127.0.0.1:PORT
LoadModule mpm_event_module MODULES/mod_mpm_event.so
LoadModule authz_core_module MODULES/mod_authz_core.so
LoadModule proxy_module MODULES/mod_proxy.so
LoadModule proxy_http_module MODULES/mod_proxy_http.so
ErrorLog DIR/error.log
<VirtualHost 127.0.0.1:PORT>
  LIMIT
  ProxyPass / http://127.0.0.1:BACKEND/
</VirtualHost>
"""
_CADDY = """
{
  admin off
  auto_https off
}
http://127.0.0.1:PORT {
  LIMIT
  reverse_proxy 127.0.0.1:BACKEND
}
"""


def _nginx(limit: str) -> Proxy:
    return Proxy(
        path="deploy/nginx.conf", text=_NGINX.replace("LIMIT", limit), command="nginx -c CONFIG", program="nginx"
    )


def _apache(limit: str) -> Proxy:
    text = _APACHE.replace("MODULES", str(MODULES)).replace("LIMIT", limit)
    return Proxy(path="deploy/httpd.conf", text=text, command="apache2 -f CONFIG -DFOREGROUND", program="apache2")


def _caddy(limit: str) -> Proxy:
    return Proxy(
        path="deploy/Caddyfile",
        text=_CADDY.replace("LIMIT", limit),
        command="caddy run --config CONFIG --adapter caddyfile",
        program="caddy",
        environment={"XDG_CONFIG_HOME": "DIR", "XDG_DATA_HOME": "DIR"},
    )


PROXIES: Mapping[str, Proxy] = {
    "": Proxy(path=""),
    "nginx": _nginx("client_max_body_size 8k;"),
    "nginx, wide": _nginx("client_max_body_size 1m;"),
    "nginx, open": _nginx("client_max_body_size 0;"),
    "nginx, streaming": _nginx("client_max_body_size 0; proxy_request_buffering off; proxy_http_version 1.1;"),
    "Apache": _apache("LimitRequestBody 8192"),
    "Apache, default": _apache(""),
    "Caddy": _caddy("request_body {\n    max_size 8KB\n  }"),
    "Caddy, open": _caddy(""),
}


def installed(proxy: Proxy) -> bool:
    return not proxy.program or shutil.which(proxy.program, path=_PATH) is not None


_PATH = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))


def write(root: Path, application: Application, proxy: Proxy) -> tuple[int, int]:
    """The files of a repository; (port of the application, port to ask)."""
    backend, front = _free(), _free()
    for path, text in application.files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("PORT", str(backend)))
    (root / "Procfile").write_text(f"web: {application.command.replace('PORT', str(backend))}\n")
    pins = "".join(f"{name}=={version(name)}\n" for name in application.packages)
    (root / "requirements.txt").write_text(pins)
    if not proxy.path:
        return backend, backend
    work = root.with_name(f"{root.name}-run")
    work.mkdir()
    text = proxy.text.replace("PORT", str(front)).replace("BACKEND", str(backend)).replace("DIR", str(work))
    (root / proxy.path).parent.mkdir(parents=True, exist_ok=True)
    (root / proxy.path).write_text(text)
    return backend, front


@contextlib.contextmanager
def running(root: Path, proxy: Proxy, backend: int, front: int) -> Iterator[int]:
    """The service of a repository that was written; the port to ask."""
    work = root.with_name(f"{root.name}-run")
    work.mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        command = (root / "Procfile").read_text().partition(":")[2]
        stack.enter_context(_process(shlex.split(command), root, {}, backend, work / "application.log"))
        if proxy.path:
            words = proxy.command.replace("CONFIG", str(root / proxy.path)).replace("DIR", str(work))
            more = {name: value.replace("DIR", str(work)) for name, value in proxy.environment.items()}
            stack.enter_context(_process(shlex.split(words), work, more, front, work / "proxy.log"))
        yield front


@contextlib.contextmanager
def _process(words: list[str], where: Path, more: Mapping[str, str], port: int, log: Path) -> Iterator[None]:
    found = shutil.which(words[0], path=_PATH)
    assert found is not None, f"{words[0]} is not installed"
    environment = {"PATH": _PATH, "HOME": str(where), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(where), **more}
    with log.open("wb") as output:
        process = subprocess.Popen([found, *words[1:]], cwd=where, env=environment, stdout=output, stderr=output)
        try:
            _wait(process, port, log)
            yield
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, f"{log.stem} ended: {log.read_text(errors='replace')[-2000:]}"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError(f"{log.stem} does not listen: {log.read_text(errors='replace')[-2000:]}")


def _free() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


def body(content: str, measures: str, size: int) -> tuple[str, bytes]:
    """(content type, bytes) of a request of which exactly `size` bytes are counted."""
    match content:
        case "raw" | "chunked":
            return "application/octet-stream", b"x" * size
        case "urlencoded":
            # Starlette counts the name and the value of a field, without what is between them.
            return "application/x-www-form-urlencoded", b"a=" + b"x" * (size - (1 if measures == "field" else 2))
    name = '; filename="a.bin"' if content == "multipart-file" else ""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="a"{name}\r\n'
    head += "Content-Type: application/octet-stream\r\n\r\n" if name else "\r\n"
    tail = f"\r\n--{BOUNDARY}--\r\n"
    # Django counts the name and two bytes more for each field.
    less = {"body": len(head) + len(tail), "fields": 3, "field": 0}[measures]
    return f"multipart/form-data; boundary={BOUNDARY}", head.encode() + b"x" * (size - less) + tail.encode()


def send(port: int, content: str, measures: str, size: int) -> tuple[int, int]:
    """(status, bytes that the application says it read, -1 where it does not). Status 0: closed without an answer."""
    kind, data = body(content, measures, size)
    head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\nConnection: close\r\n"
    if content == "chunked":
        head += "Transfer-Encoding: chunked\r\n\r\n"
        if measures == "encoded":  # 4000 bytes are "fa0", two line ends and themselves; the last piece is empty
            whole, rest = divmod(size - 5, 4007)
            data = b"x" * (whole * 4000 + rest - 4 - len(f"{rest - 7:x}"))
        pieces = [data[start : start + 4000] for start in range(0, len(data), 4000)]
        data = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    else:
        head += f"Content-Length: {len(data)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(head.encode() + data)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(65536):
                answer += piece
    status = int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0
    text = answer.partition(b"\r\n\r\n")[2].decode("latin-1")
    number = text.partition("read ")[2].split("\r\n")[0]
    return status, int(number) if number.isdecimal() else -1
