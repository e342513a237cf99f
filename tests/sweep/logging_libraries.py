"""Logging of Flask services: basicConfig, files of configuration, loguru, Sentry, structlog, SQLAlchemy."""

import json

from .base_fastapi import FASTAPI
from .base_flask import FLASK
from .sample import At, Base, Sample, sample

F = "photos/app.py"
U = "deploy/photos.service"


def fl(name: str, old: str, new: str, at: At | list[At] = "", base: Base = FLASK) -> Sample:
    return sample(f"logging/flask-{name}", base, F, old, new, at)


BASIC = "logging.basicConfig(level=logging.INFO, handlers=[handler])"

STORED = '    logger.info("photo stored", extra={"photo": name})\n'

LOGURU = (
    FLASK.edited("requirements.txt", "gunicorn==23.0.0", "loguru==0.7.3\ngunicorn==23.0.0")
    .edited(F, "from flask import", "from loguru import logger\nfrom flask import")
    .edited(
        F,
        "logger = logging.getLogger(__name__)\n",
        'logger.remove()\nlogger.add(sys.stderr, level="INFO", serialize=True, diagnose=False, backtrace=False)\n',
    )
    .edited(F, "import os\n", "import os\nimport sys\n")
    .edited(F, STORED, '    logger.info("photo stored {}", name)\n')
)

SENTRY = (
    FLASK.edited("requirements.txt", "gunicorn==23.0.0", "sentry-sdk==2.43.0\ngunicorn==23.0.0")
    .edited(F, "from flask import", "import sentry_sdk\nfrom flask import")
    .edited(
        F,
        "app = Flask(__name__)\n",
        '\ndef without_cookies(event, hint):\n    event.get("request", {}).pop("cookies", None)\n    return event\n\n\nsentry_sdk.init(\n    dsn=os.environ["SENTRY_DSN"],\n    send_default_pii=False,\n    include_local_variables=False,\n'
        '    max_request_body_size="never",\n    before_send=without_cookies,\n)\n\napp = Flask(__name__)\n',
    )
)

STRUCTLOG = (
    FLASK.edited("requirements.txt", "gunicorn==23.0.0", "structlog==25.5.0\ngunicorn==23.0.0")
    .edited(F, "from flask import", "import structlog\nfrom flask import")
    .edited(
        F,
        "logger = logging.getLogger(__name__)\n",
        'structlog.configure(\n    processors=[\n        structlog.contextvars.merge_contextvars,\n        structlog.processors.add_log_level,\n        structlog.processors.TimeStamper(fmt="iso"),\n        structlog.processors.JSONRenderer(),\n    ],\n    wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),\n)\nlogger = structlog.get_logger(__name__)\n',
    )
    .edited(F, STORED, '    logger.info("photo stored", photo=name)\n')
)

ALCHEMY = (
    FLASK.edited("requirements.txt", "gunicorn==23.0.0", "SQLAlchemy==2.0.44\ngunicorn==23.0.0")
    .edited(F, "from flask import", "from sqlalchemy import create_engine\nfrom flask import")
    .edited(
        F,
        "CSRFProtect(app)\n",
        'engine = create_engine(os.environ["DATABASE_URL"], echo=False, hide_parameters=True)\nCSRFProtect(app)\n',
    )
)

LOGURU_ADD = 'logger.add(sys.stderr, level="INFO", serialize=True, diagnose=False, backtrace=False)'

INI = """\
[loggers]
keys=root,photos

[handlers]
keys=console

[formatters]
keys=line

[logger_root]
level=INFO
handlers=console

[logger_photos]
level=INFO
handlers=console
qualname=photos
propagate=0

[handler_console]
class=StreamHandler
formatter=line
args=(sys.stderr,)

[formatter_line]
format=%(asctime)s %(levelname)s %(name)s %(message)s
"""

FILE_CONFIG = (
    FLASK.edited(F, BASIC, 'logging.config.fileConfig("logging.ini", disable_existing_loggers=False)')
    .edited(F, "import logging\n", "import logging\nimport logging.config\n")
    .with_files({"logging.ini": INI})
)

YAML_CONFIG = """\
version: 1
disable_existing_loggers: false
formatters:
  json:
    (): pythonjsonlogger.json.JsonFormatter
handlers:
  console:
    class: logging.StreamHandler
    formatter: json
root:
  level: INFO
  handlers: [console]
loggers:
  sqlalchemy.engine:
    level: WARNING
"""

YAML = (
    FLASK.edited(F, BASIC, 'logging.config.dictConfig(yaml.safe_load(Path("logging.yaml").read_text()))')
    .edited(F, "import logging\n", "import logging\nimport logging.config\n")
    .edited(F, "from flask import", "import yaml\nfrom flask import")
    .with_files({"logging.yaml": YAML_CONFIG})
)

JSON_CONFIG = json.dumps(
    {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"console": {"class": "logging.StreamHandler"}},
        "root": {"level": "INFO", "handlers": ["console"]},
        "loggers": {"uvicorn.access": {"level": "INFO"}},
    },
    indent=2,
)

JSON = FASTAPI.edited(
    "Dockerfile", '"--no-server-header"', '"--no-server-header", "--log-config", "logging.json"'
).with_files({"logging.json": JSON_CONFIG})

FLASK_SAMPLES = (
    fl("basic-debug", "level=logging.INFO, h", "level=logging.DEBUG, h"),
    fl("basic-debug-string", "level=logging.INFO, h", 'level="DEBUG", h'),
    fl(
        "basic-file", "level=logging.INFO, handlers=[handler]", 'level=logging.INFO, filename="/var/log/photos/app.log"'
    ),
    fl(
        "file-under-static",
        "level=logging.INFO, handlers=[handler]",
        'level=logging.INFO, filename="photos/static/app.log"',
    ),
    fl("request-headers", STORED, STORED + '    logger.info("headers %s", request.headers)\n', 'logger.info("headers'),
    fl("request-form", STORED, STORED + '    app.logger.info("form %s", request.form)\n', "app.logger.info"),
    fl("request-json", STORED, STORED + '    app.logger.info("json %s", request.get_json())\n', "app.logger.info"),
    fl(
        "request-cookie",
        STORED,
        STORED + '    logger.info("session cookie %s", request.cookies.get("__Host-session"))\n',
        "session cookie",
    ),
    fl(
        "config-dump",
        STORED,
        STORED + '    logger.info("configuration %s", app.config)\n',
        'logger.info("configuration',
    ),
    fl(
        "werkzeug-silenced",
        "app = Flask(__name__)\n",
        'logging.getLogger("werkzeug").disabled = True\napp = Flask(__name__)\n',
    ),
    fl(
        "exception-to-client",
        '@app.get("/health")\n',
        '@app.errorhandler(Exception)\ndef broken(error):\n    return str(error), 500\n\n\n@app.get("/health")\n',
        ["return str(error)", "def broken"],
    ),
    fl("loguru-diagnose", "diagnose=False", "diagnose=True", base=LOGURU),
    fl("loguru-diagnose-default", ", diagnose=False", "", base=LOGURU),
    fl(
        "loguru-default-handler",
        "logger.remove()\n" + LOGURU_ADD + "\n",
        "",
        ["from loguru import logger", 'logger.info("photo stored'],
        base=LOGURU,
    ),
    fl("loguru-debug", 'level="INFO"', 'level="DEBUG"', base=LOGURU),
    fl("loguru-file", "sys.stderr, ", '"/var/log/photos/app.log", ', base=LOGURU),
    fl(
        "loguru-secret",
        '    logger.info("photo stored {}", name)\n',
        '    logger.info("token {}", request.headers["Authorization"])\n',
        base=LOGURU,
    ),
    sample(
        "logging/loguru-env-diagnose",
        LOGURU,
        U,
        "EnvironmentFile=/etc/photos/environment\n",
        "EnvironmentFile=/etc/photos/environment\nEnvironment=LOGURU_DIAGNOSE=YES\n",
    ),
    fl("sentry-pii", "send_default_pii=False", "send_default_pii=True", base=SENTRY),
    fl("sentry-locals", "include_local_variables=False", "include_local_variables=True", base=SENTRY),
    fl("sentry-locals-default", "    include_local_variables=False,\n", "", "sentry_sdk.init(", base=SENTRY),
    fl("sentry-body-always", 'max_request_body_size="never"', 'max_request_body_size="always"', base=SENTRY),
    fl(
        "sentry-no-scrubber",
        "    before_send=without_cookies,\n",
        "    before_send=without_cookies,\n    event_scrubber=EventScrubber(denylist=[]),\n",
        base=SENTRY.edited(
            F, "import sentry_sdk\n", "import sentry_sdk\nfrom sentry_sdk.scrubber import EventScrubber\n"
        ),
    ),
    fl(
        "sentry-data-collection",
        "    send_default_pii=False,\n",
        '    data_collection={"cookies": True, "headers": True},\n',
        base=SENTRY,
    ),
    fl("sentry-debug", "    send_default_pii=False,\n", "    send_default_pii=False,\n    debug=True,\n", base=SENTRY),
    fl("structlog-console", "structlog.processors.JSONRenderer()", "structlog.dev.ConsoleRenderer()", base=STRUCTLOG),
    fl(
        "structlog-debug",
        "make_filtering_bound_logger(logging.INFO)",
        "make_filtering_bound_logger(logging.DEBUG)",
        base=STRUCTLOG,
    ),
    fl("structlog-secret", "photo=name", 'photo=name, authorization=request.headers["Authorization"]', base=STRUCTLOG),
    fl(
        "structlog-locals",
        "        structlog.processors.JSONRenderer(),\n",
        "        structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=True)),\n        structlog.processors.JSONRenderer(),\n",
        base=STRUCTLOG,
    ),
    fl("sqlalchemy-echo", "echo=False", "echo=True", base=ALCHEMY),
    fl("sqlalchemy-echo-debug", "echo=False", 'echo="debug"', base=ALCHEMY),
    fl("sqlalchemy-flask-config", "    UPLOAD_FOLDER=", "    SQLALCHEMY_ECHO=True,\n    UPLOAD_FOLDER="),
    fl(
        "sqlalchemy-logger",
        "app = Flask(__name__)\n",
        'logging.getLogger("sqlalchemy.engine").setLevel(logging.DEBUG)\napp = Flask(__name__)\n',
    ),
    sample("logging/fileconfig-missing-flag", FILE_CONFIG, F, ", disable_existing_loggers=False", ""),
    sample(
        "logging/fileconfig-ini-debug",
        FILE_CONFIG,
        "logging.ini",
        "[logger_root]\nlevel=INFO",
        "[logger_root]\nlevel=DEBUG",
    ),
    sample(
        "logging/fileconfig-ini-file",
        FILE_CONFIG,
        "logging.ini",
        "class=StreamHandler\nformatter=line\nargs=(sys.stderr,)",
        "class=FileHandler\nformatter=line\nargs=('/var/log/photos/app.log',)",
        ["class=FileHandler", "args=(", "[handler_console]"],
    ),
    sample(
        "logging/fileconfig-ini-socket",
        FILE_CONFIG,
        "logging.ini",
        "class=StreamHandler\nformatter=line\nargs=(sys.stderr,)",
        "class=handlers.SocketHandler\nformatter=line\nargs=('logs.example.org', 9020)",
        ["class=handlers.Socket", "args=(", "[handler_console]"],
    ),
    sample(
        "logging/yaml-disable-existing",
        YAML,
        "logging.yaml",
        "disable_existing_loggers: false",
        "disable_existing_loggers: true",
    ),
    sample(
        "logging/yaml-disable-missing",
        YAML,
        "logging.yaml",
        "disable_existing_loggers: false\n",
        "",
        ["version: 1", (F, "dictConfig(")],
    ),
    sample(
        "logging/yaml-sql-debug",
        YAML,
        "logging.yaml",
        "    level: WARNING",
        "    level: DEBUG",
        ["    level: DEBUG", "sqlalchemy.engine:"],
    ),
    sample(
        "logging/yaml-file",
        YAML,
        "logging.yaml",
        "    class: logging.StreamHandler\n",
        "    class: logging.FileHandler\n    filename: /var/log/photos/app.log\n",
        ["class: logging.FileHandler", "  console:"],
    ),
    sample(
        "logging/json-disable-existing",
        JSON,
        "logging.json",
        '"disable_existing_loggers": false',
        '"disable_existing_loggers": true',
    ),
    sample(
        "logging/json-access-silenced",
        JSON,
        "logging.json",
        '"uvicorn.access": {\n      "level": "INFO"',
        '"uvicorn.access": {\n      "handlers": [], "propagate": false,\n      "level": "CRITICAL"',
        ['"handlers": [],', '"uvicorn.access"', '"CRITICAL"'],
    ),
)

SAMPLES: tuple[Sample, ...] = (*FLASK_SAMPLES,)
