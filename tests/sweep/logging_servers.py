"""Logs of application servers and asynchronous services."""

from .base_aiohttp import AIOHTTP
from .base_django import DJANGO
from .base_fastapi import FASTAPI
from .base_flask import FLASK
from .frameworks import SANIC
from .header_services import OWN
from .sample import Base, Sample, changed, sample
from .servers import HYPERCORN, UWSGI, WAITRESS

A = "deploy/apache/photos.conf"
G = "gunicorn.conf.py"
H = "hooks/app.py"
M = "documents/main.py"
U = "deploy/photos.service"

ASGI = (
    sample(
        "logging/fastapi-disable-existing",
        FASTAPI,
        M,
        '"disable_existing_loggers": False',
        '"disable_existing_loggers": True',
    ),
    sample(
        "logging/fastapi-root-debug",
        FASTAPI,
        M,
        '"root": {"handlers": ["console"], "level": "INFO"}',
        '"root": {"handlers": ["console"], "level": "DEBUG"}',
    ),
    sample(
        "logging/fastapi-headers",
        FASTAPI,
        M,
        "async def health():\n",
        'async def health(request: Request):\n    logger.info("headers %s", request.headers)\n',
        'logger.info("headers',
    ),
    sample(
        "logging/fastapi-token",
        FASTAPI,
        "documents/auth.py",
        "    if user is None:\n",
        '    logging.getLogger(__name__).warning("no user for %s", request.headers.get("authorization"))\n    if user is None:\n',
    ),
    sample(
        "logging/fastapi-body",
        FASTAPI,
        M,
        "async def health():\n",
        'async def health(request: Request):\n    logger.debug("body %s", await request.body())\n',
        "logger.debug",
    ),
    sample(
        "logging/uvicorn-no-access-log",
        OWN,
        "Dockerfile",
        '"--no-server-header"',
        '"--no-server-header", "--no-access-log"',
    ),
    sample(
        "logging/uvicorn-debug",
        FASTAPI,
        "Dockerfile",
        '"--no-server-header"',
        '"--no-server-header", "--log-level", "debug"',
    ),
    sample(
        "logging/uvicorn-trace",
        FASTAPI,
        "Dockerfile",
        '"--no-server-header"',
        '"--no-server-header", "--log-level=trace"',
    ),
    sample(
        "logging/uvicorn-env-debug",
        FASTAPI,
        "compose.yaml",
        "    environment:\n",
        "    environment:\n      UVICORN_LOG_LEVEL: debug\n",
    ),
    sample("logging/hypercorn-no-access-log", HYPERCORN, "Dockerfile", '"--access-logfile", "-", ', ""),
    sample("logging/waitress-tracebacks", WAITRESS, "Dockerfile", "--no-expose-tracebacks", "--expose-tracebacks"),
    sample(
        "logging/sanic-no-access-log",
        SANIC,
        "notes/app.py",
        "app.config.ACCESS_LOG = True",
        "app.config.ACCESS_LOG = False",
    ),
    sample("logging/aiohttp-no-access-log", AIOHTTP, H, "access_log_format='%a %t \"%r\" %s %b'", "access_log=None"),
    sample("logging/aiohttp-access-authorization", AIOHTTP, H, "%s %b'", "%s %b %{Authorization}i'"),
    sample("logging/aiohttp-debug", AIOHTTP, H, "level=logging.INFO", "level=logging.DEBUG"),
    sample(
        "logging/aiohttp-body",
        AIOHTTP,
        H,
        '    logger.info("hook received with %d keys", len(payload))\n',
        '    logger.info("hook received: %s", await request.text())\n',
    ),
)


def gunicorn(name: str, old: str, new: str, at: str = "", base: Base = DJANGO) -> Sample:
    return sample(f"logging/gunicorn-{name}", base, G, old, new, at)


FORMAT = "%({x-request-id}i)s'"

SERVERS = (
    changed(
        "logging/gunicorn-no-access-log",
        FLASK.without("deploy/nginx.conf"),
        FLASK.without("deploy/nginx.conf").edited(G, 'accesslog = "-"\n', ""),
        G,
        ["bind =", (U, "ExecStart=")],
    ),
    changed(
        "logging/gunicorn-access-log-none",
        FLASK.without("deploy/nginx.conf"),
        FLASK.without("deploy/nginx.conf").edited(G, 'accesslog = "-"', "accesslog = None"),
        G,
    ),
    gunicorn("debug", 'loglevel = "info"', 'loglevel = "debug"'),
    gunicorn("authorization", FORMAT, "%({authorization}i)s'"),
    gunicorn("cookie", FORMAT, "%({cookie}i)s'"),
    gunicorn("query", '%(U)s"', '%(U)s?%(q)s"'),
    gunicorn("set-cookie", FORMAT, "%({set-cookie}o)s'"),
    gunicorn("errorlog-null", 'errorlog = "-"', 'errorlog = "/dev/null"'),
    gunicorn("accesslog-null", 'accesslog = "-"', 'accesslog = "/dev/null"'),
    gunicorn(
        "logconfig-disable",
        'loglevel = "info"\n',
        'loglevel = "info"\nlogconfig_dict = {"version": 1, "disable_existing_loggers": True}\n',
        "logconfig_dict",
    ),
    gunicorn("logger-critical", 'loglevel = "info"', 'loglevel = "critical"'),
    sample(
        "logging/gunicorn-flag-debug",
        DJANGO,
        "Dockerfile",
        '"gunicorn.conf.py", ',
        '"gunicorn.conf.py", "--log-level", "debug", ',
    ),
    sample(
        "logging/uwsgi-disable-logging",
        UWSGI,
        "uwsgi.ini",
        "need-app = true\n",
        "need-app = true\ndisable-logging = true\n",
    ),
)

SAMPLES: tuple[Sample, ...] = (
    *ASGI,
    *SERVERS,
)
