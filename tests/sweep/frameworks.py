"""Small services of other frameworks, which give all headers themselves."""

from .base_container import dockerfile
from .base_fastapi import FASTAPI
from .header_services import SENT
from .sample import Base

_TABLE = "HEADERS = {\n" + "".join(f'    "{name}": "{value}",\n' for name, value in SENT) + "}\n"
_CONTAINER = {
    ".gitignore": FASTAPI.files[".gitignore"],
    ".dockerignore": FASTAPI.files[".gitignore"],
    "entrypoint.sh": FASTAPI.files["entrypoint.sh"],
    "notes/__init__.py": "",
}


def _service(requirements: str, text: str, *command: str) -> Base:
    files = {
        **_CONTAINER,
        "requirements.txt": requirements,
        "Dockerfile": dockerfile(*command),
        "notes/app.py": text.replace("TABLE\n", _TABLE),
    }
    return Base(files, modes={"entrypoint.sh": "100755"})


LITESTAR = _service(
    "litestar==2.18.0\nuvicorn==0.38.0\n",
    """\
from litestar import Litestar, get, post
from litestar.response import Response

TABLE

async def secure(response: Response) -> Response:
    response.headers.update(HEADERS)
    return response


@get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@post("/notes")
async def store(data: dict[str, str]) -> dict[str, str]:
    return {"stored": str(len(data))}


app = Litestar(
    route_handlers=[health, store],
    after_request=secure,
    request_max_body_size=1_000_000,
    multipart_form_part_limit=100,
    openapi_config=None,
    debug=False,
)
""",
    "uvicorn", "notes.app:app", "--host", "0.0.0.0", "--no-server-header",
)  # fmt: skip
SANIC = _service(
    "sanic==25.3.0\n",
    """\
from sanic import Sanic, json

TABLE
app = Sanic("notes")
app.config.REQUEST_MAX_SIZE = 1_000_000
app.config.REQUEST_TIMEOUT = 30
app.config.ACCESS_LOG = True


@app.on_response
async def secure(request, response):
    response.headers.update(HEADERS)


@app.get("/health")
async def health(request):
    return json({"status": "ok"})


@app.post("/notes")
async def store(request):
    return json({"stored": len(request.body)})
""",
    "sanic", "notes.app:app", "--host=0.0.0.0", "--port=8000", "--access-logs",
)  # fmt: skip
QUART = _service(
    "quart==0.20.0\nhypercorn==0.18.0\n",
    """\
import os

from quart import Quart, jsonify, request

TABLE
app = Quart(__name__)
app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]
app.config["SESSION_COOKIE_NAME"] = "__Host-session"
app.config["SESSION_COOKIE_SECURE"] = True
app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
app.config["MAX_CONTENT_LENGTH"] = 1_000_000
app.config["BODY_TIMEOUT"] = 30


@app.after_request
async def secure(response):
    response.headers.update(HEADERS)
    return response


@app.get("/health")
async def health():
    return jsonify(status="ok")


@app.post("/notes")
async def store():
    return jsonify(stored=len(await request.get_data()))
""",
    "hypercorn", "--bind", "0.0.0.0:8000", "--access-logfile", "-", "--read-timeout", "30", "notes.app:app",
)  # fmt: skip
TORNADO = _service(
    "tornado==6.5.2\n",
    """\
import tornado.ioloop
import tornado.web
from tornado.httpserver import HTTPServer

TABLE

class Secure(tornado.web.RequestHandler):
    def set_default_headers(self):
        for name, value in HEADERS.items():
            self.set_header(name, value)


class Health(Secure):
    def get(self):
        self.write({"status": "ok"})


def main():
    app = tornado.web.Application([("/health", Health)], default_handler_class=Secure, debug=False, xsrf_cookies=True)
    server = HTTPServer(
        app, max_body_size=1_000_000, max_buffer_size=2_000_000, body_timeout=30, idle_connection_timeout=60
    )
    server.listen(8000, address="0.0.0.0")
    tornado.ioloop.IOLoop.current().start()


if __name__ == "__main__":
    main()
""",
    "python", "-m", "notes.app",
)  # fmt: skip
