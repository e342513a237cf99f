"""Services whose headers all come from one layer: the proxy, or the application."""

from .base_fastapi import FASTAPI
from .base_flask import FLASK

F = "photos/app.py"
N = "deploy/nginx.conf"

# A proxy that gives all headers to an application that gives none.
SENT = (
    ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    ("Permissions-Policy", "camera=(), microphone=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)

BARE_APP = """\
import logging
import os

from flask import Flask, jsonify
from flask_wtf.csrf import CSRFProtect

logging.basicConfig(level=logging.INFO)
app = Flask(__name__)
app.config.update(
    SECRET_KEY=os.environ["SECRET_KEY"],
    SESSION_COOKIE_NAME="__Host-session",
    SESSION_COOKIE_SECURE=True,
    SESSION_COOKIE_HTTPONLY=True,
    SESSION_COOKIE_SAMESITE="Lax",
    PERMANENT_SESSION_LIFETIME=28800,
    MAX_CONTENT_LENGTH=1024 * 1024,
    TRUSTED_HOSTS=["photos.example.org"],
)
CSRFProtect(app)


@app.get("/health")
def health():
    return jsonify(status="ok")
"""

HANDMADE = BARE_APP.replace(
    '\n\n@app.get("/health")',
    "\n\n@app.after_request\ndef secure(response):\n"
    + "".join(f'    response.headers["{name}"] = "{value}"\n' for name, value in SENT)
    + '    return response\n\n\n@app.get("/health")',
)

NGINX_ALL = FLASK.files[N].replace(
    '        add_header Permissions-Policy "camera=(), microphone=()" always;\n',
    "".join(f'        add_header {name} "{value}" always;\n' for name, value in SENT),
)

BARE = FLASK.with_files(
    {
        F: BARE_APP,
        "deploy/nginx.conf": NGINX_ALL,
        "requirements.txt": "Flask==3.1.2\ngunicorn==23.0.0\nFlask-WTF==1.2.2\n",
    }
)

HAND = FLASK.with_files({F: HANDMADE, "requirements.txt": "Flask==3.1.2\ngunicorn==23.0.0\nFlask-WTF==1.2.2\n"})

# An application that gives all of them behind a proxy that gives none.
BEHIND = HAND.with_files(
    {N: NGINX_ALL.replace("".join(f'        add_header {n} "{v}" always;\n' for n, v in SENT), "")}
)

# The application sets its headers itself, in a middleware of its own; there is no proxy in the repository.
OWN = FASTAPI.without("Caddyfile", "compose.yaml").edited(
    "documents/main.py",
    "\nMAX_BYTES",
    '\n\n@app.middleware("http")\nasync def secure(request, call_next):\n    response = await call_next(request)\n'
    + "".join(f'    response.headers["{name}"] = "{value}"\n' for name, value in SENT)
    + "    return response\n\n\nMAX_BYTES",
)
