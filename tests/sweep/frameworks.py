"""Small services of other frameworks."""

from .base_container import dockerfile
from .base_fastapi import FASTAPI
from .sample import Base

LITESTAR = Base(
    {
        ".gitignore": FASTAPI.files[".gitignore"],
        ".dockerignore": FASTAPI.files[".gitignore"],
        "entrypoint.sh": FASTAPI.files["entrypoint.sh"],
        "requirements.txt": "litestar==2.18.0\nuvicorn==0.38.0\n",
        "Dockerfile": dockerfile("uvicorn", "notes.app:app", "--host", "0.0.0.0", "--no-server-header"),
        "notes/__init__.py": "",
        "notes/app.py": 'from litestar import Litestar, get, post\n\n\n@get("/health")\nasync def health() -> dict[str, str]:\n    return {"status": "ok"}\n\n\n'
        '@post("/notes")\nasync def store(data: dict[str, str]) -> dict[str, str]:\n    return {"stored": str(len(data))}\n\n\n'
        "app = Litestar(\n    route_handlers=[health, store],\n    request_max_body_size=1_000_000,\n    multipart_form_part_limit=100,\n    openapi_config=None,\n    debug=False,\n)\n",
    },
    modes={"entrypoint.sh": "100755"},
)

SANIC = LITESTAR.with_files(
    {
        "requirements.txt": "sanic==25.3.0\n",
        "Dockerfile": dockerfile("sanic", "notes.app:app", "--host=0.0.0.0", "--port=8000", "--access-logs"),
        "notes/app.py": 'from sanic import Sanic, json\n\napp = Sanic("notes")\napp.config.REQUEST_MAX_SIZE = 1_000_000\napp.config.REQUEST_TIMEOUT = 30\napp.config.ACCESS_LOG = True\n\n\n'
        '@app.get("/health")\nasync def health(request):\n    return json({"status": "ok"})\n\n\n@app.post("/notes")\nasync def store(request):\n    return json({"stored": len(request.body)})\n',
    }
)

QUART = LITESTAR.with_files(
    {
        "requirements.txt": "quart==0.20.0\nhypercorn==0.18.0\n",
        "Dockerfile": dockerfile(
            "hypercorn", "--bind", "0.0.0.0:8000", "--access-logfile", "-", "--read-timeout", "30", "notes.app:app"
        ),
        "notes/app.py": 'import os\n\nfrom quart import Quart, jsonify, request\n\napp = Quart(__name__)\napp.config["SECRET_KEY"] = os.environ["SECRET_KEY"]\napp.config["SESSION_COOKIE_SECURE"] = True\n'
        'app.config["SESSION_COOKIE_SAMESITE"] = "Lax"\napp.config["SESSION_COOKIE_NAME"] = "__Host-session"\napp.config["MAX_CONTENT_LENGTH"] = 1_000_000\napp.config["BODY_TIMEOUT"] = 30\n\n\n'
        '@app.get("/health")\nasync def health():\n    return jsonify(status="ok")\n\n\n@app.post("/notes")\nasync def store():\n    return jsonify(stored=len(await request.get_data()))\n',
    }
)

TORNADO = LITESTAR.with_files(
    {
        "requirements.txt": "tornado==6.5.2\n",
        "Dockerfile": dockerfile("python", "-m", "notes.app"),
        "notes/app.py": 'import tornado.ioloop\nimport tornado.web\nfrom tornado.httpserver import HTTPServer\n\n\nclass Health(tornado.web.RequestHandler):\n    def get(self):\n        self.write({"status": "ok"})\n\n\n'
        'def main():\n    app = tornado.web.Application([("/health", Health)], debug=False, xsrf_cookies=True)\n    server = HTTPServer(app, max_body_size=1_000_000, max_buffer_size=2_000_000, body_timeout=30, idle_connection_timeout=60)\n'
        '    server.listen(8000, address="0.0.0.0")\n    tornado.ioloop.IOLoop.current().start()\n\n\nif __name__ == "__main__":\n    main()\n',
    }
)
