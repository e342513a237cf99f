"""Settings of Flask, pydantic and the other frameworks."""

from .base_aiohttp import AIOHTTP
from .base_fastapi import FASTAPI
from .base_flask import FLASK
from .header_services import HAND
from .sample import At, Sample, sample

C = "documents/config.py"
F = "photos/app.py"
M = "documents/main.py"


def fl(name: str, old: str, new: str, at: str = "") -> Sample:
    return sample(f"settings/flask-{name}", FLASK, F, old, new, at)


MAIN = '\n\nif __name__ == "__main__":\n    app.run(host="127.0.0.1")\n'

# Started as a script: what `run` is told is what holds.
FLASK_MAIN = (
    FLASK.without("gunicorn.conf.py")
    .with_files({F: FLASK.files[F] + MAIN})
    .edited("requirements.txt", "gunicorn==23.0.0\n", "")
    .edited(
        "deploy/photos.service",
        "venv/bin/gunicorn -c /opt/photos/gunicorn.conf.py photos.app:app",
        "venv/bin/python -m photos.app",
    )
)

FLASK_CONFIG_CLASSES = """\
import os


class Config:
    SECRET_KEY = os.environ["SECRET_KEY"]
    SESSION_COOKIE_NAME = "__Host-session"
    SESSION_COOKIE_SECURE = True
    SESSION_COOKIE_SAMESITE = "Lax"
    PERMANENT_SESSION_LIFETIME = 28800
    MAX_CONTENT_LENGTH = 10 * 1024 * 1024
    TRUSTED_HOSTS = ["photos.example.org"]
    UPLOAD_FOLDER = "/srv/photos/uploads"


class Development(Config):
    DEBUG = True
    SESSION_COOKIE_SECURE = False


class Production(Config):
    MAX_FORM_PARTS = 100
"""

_app = FLASK.files[F]

# Without Talisman, which would set the flags of the cookie itself.
PLAIN = HAND.edited(F, "CSRFProtect(app)\n", "csrf = CSRFProtect(app)\n")


def plain(name: str, old: str, new: str, at: At | list[At] = "") -> Sample:
    return sample(f"settings/flask-{name}", PLAIN, F, old, new, at)


_start, _end = _app.index("app.config.update("), _app.index("CSRFProtect(app)")

FLASK_OBJECT = FLASK.with_files(
    {
        F: _app[:_start]
        + 'app.config.from_object("photos.config.Production")\n'
        + _app[_end:].replace("session_cookie_secure=True", "session_cookie_secure=False"),
        "photos/config.py": FLASK_CONFIG_CLASSES,
    }
)

CSRF_NAMED = FLASK.edited(F, "CSRFProtect(app)\n", "csrf = CSRFProtect(app)\n")

FLASK_SAMPLES = (
    fl(
        "debug-key",
        '    SECRET_KEY=os.environ["SECRET_KEY"],\n',
        '    SECRET_KEY=os.environ["SECRET_KEY"],\n    DEBUG=True,\n',
    ),
    sample("settings/flask-run-debug", FLASK_MAIN, F, 'host="127.0.0.1"', 'host="127.0.0.1", debug=True'),
    sample("settings/flask-run-debug-variable", FLASK_MAIN, F, "if __name__", "app.debug = True\n\nif __name__"),
    fl("secret-literal", 'SECRET_KEY=os.environ["SECRET_KEY"]', 'SECRET_KEY="dev"'),
    fl("secret-default", 'SECRET_KEY=os.environ["SECRET_KEY"]', 'SECRET_KEY=os.environ.get("SECRET_KEY", "change-me")'),
    plain("cookie-secure", "SESSION_COOKIE_SECURE=True", "SESSION_COOKIE_SECURE=False"),
    plain("cookie-httponly", "SESSION_COOKIE_HTTPONLY=True", "SESSION_COOKIE_HTTPONLY=False"),
    plain("cookie-samesite-missing", '    SESSION_COOKIE_SAMESITE="Lax",\n', "", "app = Flask(__name__)"),
    plain("cookie-samesite-none", 'SESSION_COOKIE_SAMESITE="Lax"', 'SESSION_COOKIE_SAMESITE="None"'),
    fl("lifetime-year", "PERMANENT_SESSION_LIFETIME=28800", "PERMANENT_SESSION_LIFETIME=31536000"),
    fl("csrf-off", "    UPLOAD_FOLDER=", "    WTF_CSRF_ENABLED=False,\n    UPLOAD_FOLDER="),
    sample(
        "settings/flask-csrf-exempt",
        CSRF_NAMED,
        F,
        '@app.post("/photos")\n@login',
        '@app.post("/photos")\n@csrf.exempt\n@login',
        ["@csrf.exempt", "def store"],
    ),
    sample(
        "settings/flask-debug-env",
        FLASK,
        "deploy/photos.service",
        "EnvironmentFile=/etc/photos/environment\n",
        "EnvironmentFile=/etc/photos/environment\nEnvironment=FLASK_DEBUG=1\n",
        ["Environment=FLASK_DEBUG", ("photos/app.py", "app = Flask(__name__)")],
    ),
    sample(
        "settings/flask-object-base-cookie",
        FLASK_OBJECT,
        "photos/config.py",
        "    SESSION_COOKIE_SECURE = True\n",
        "    SESSION_COOKIE_SECURE = False  #\n",
        "False  #",
    ),
    sample(
        "settings/flask-object-production-debug",
        FLASK_OBJECT,
        "photos/config.py",
        "    MAX_FORM_PARTS = 100\n",
        "    MAX_FORM_PARTS = 100\n    DEBUG = True  #\n",
        "True  #",
    ),
    sample(
        "settings/flask-object-development-chosen",
        FLASK_OBJECT,
        F,
        "photos.config.Production",
        "photos.config.Development",
        [("photos/config.py", "    DEBUG = True")],
    ),
)

DOCS = "docs_url=None, redoc_url=None, openapi_url=None"

OTHER_SAMPLES = (
    sample("settings/fastapi-debug", FASTAPI, M, "docs_url=None,", "debug=True, docs_url=None,"),
    sample("settings/fastapi-docs", FASTAPI, M, 'title="documents", ' + DOCS, 'title="documents"'),
    sample(
        "settings/pydantic-debug-default",
        FASTAPI.edited(M, "docs_url=None,", "debug=settings.debug, docs_url=None,"),
        C,
        "debug: bool = False",
        "debug: bool = True",
        ["debug: bool = True", (M, "debug=settings.debug")],
    ),
    sample(
        "settings/pydantic-secret-default",
        FASTAPI,
        C,
        "session_key: SecretStr",
        'session_key: SecretStr = SecretStr("changeme")',
    ),
    sample(
        "settings/pydantic-plain-secret-default", FASTAPI, C, "session_key: SecretStr", 'session_key: str = "secret"'
    ),
    sample(
        "settings/pydantic-field-default",
        FASTAPI.edited(C, "from pydantic import SecretStr", "from pydantic import Field, SecretStr"),
        C,
        "debug: bool = False",
        "debug: bool = Field(default=True)",
        ["debug: bool = Field"],
    ),
    sample(
        "settings/session-middleware-insecure",
        FASTAPI,
        M,
        "    https_only=True,\n",
        "",
        ["    SessionMiddleware,", (M, "    SessionMiddleware,", -1)],
    ),
    sample("settings/session-middleware-samesite", FASTAPI, M, 'same_site="lax"', 'same_site="none"'),
    sample(
        "settings/session-middleware-literal-key", FASTAPI, M, "secret_key=settings.session_key", 'secret_key="abc123"'
    ),
    sample("settings/trusted-host-any", FASTAPI, M, '["documents.example.org"]', '["*"]'),
    sample(
        "settings/aiohttp-debug",
        AIOHTTP,
        "hooks/app.py",
        "client_max_size=1024 * 1024)",
        "client_max_size=1024 * 1024, debug=True)",
    ),
)

SAMPLES: tuple[Sample, ...] = (
    *FLASK_SAMPLES,
    *OTHER_SAMPLES,
)
