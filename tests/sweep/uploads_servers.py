"""Upload limits and timeouts of application servers."""

from .base_django import DJANGO
from .base_fastapi import FASTAPI
from .sample import Sample, sample
from .servers import HYPERCORN, UWSGI, WAITRESS

G = "gunicorn.conf.py"


def gunicorn(name: str, old: str, new: str) -> Sample:
    return sample(f"uploads/gunicorn-{name}", DJANGO, G, old, new)


SERVERS = (
    gunicorn("line-zero", "limit_request_line = 4094", "limit_request_line = 0"),
    gunicorn("field-size-zero", "limit_request_field_size = 8190", "limit_request_field_size = 0"),
    gunicorn("field-size-huge", "limit_request_field_size = 8190", "limit_request_field_size = 1048576"),
    gunicorn("fields-zero", "limit_request_fields = 100", "limit_request_fields = 0"),
    gunicorn("fields-huge", "limit_request_fields = 100", "limit_request_fields = 32768"),
    gunicorn("timeout-zero", "timeout = 30\ngraceful", "timeout = 0\ngraceful"),
    gunicorn("timeout-hour", "timeout = 30\ngraceful", "timeout = 3600\ngraceful"),
    gunicorn("threads-without-proxy-limit", "keepalive = 5", "keepalive = 3600"),
    sample(
        "uploads/gunicorn-flag-timeout",
        DJANGO,
        "Dockerfile",
        '"gunicorn.conf.py", ',
        '"gunicorn.conf.py", "--timeout", "0", ',
    ),
    sample(
        "uploads/gunicorn-flag-line",
        DJANGO,
        "Dockerfile",
        '"gunicorn.conf.py", ',
        '"gunicorn.conf.py", "--limit-request-line=0", ',
    ),
    sample(
        "uploads/waitress-body-huge",
        WAITRESS,
        "Dockerfile",
        "--max-request-body-size=10485760",
        "--max-request-body-size=107374182400",
    ),
    sample(
        "uploads/waitress-channel-timeout", WAITRESS, "Dockerfile", "--channel-timeout=60", "--channel-timeout=7200"
    ),
    sample("uploads/hypercorn-read-timeout", HYPERCORN, "Dockerfile", '"--read-timeout", "30", ', ""),
    sample(
        "uploads/hypercorn-h11-size",
        HYPERCORN.with_files({"hypercorn.toml": "h11_max_incomplete_size = 16384\n"}).edited(
            "Dockerfile", '"documents.main', '"--config", "hypercorn.toml", "documents.main'
        ),
        "hypercorn.toml",
        "16384",
        "1073741824",
    ),
    sample("uploads/uwsgi-post-zero", UWSGI, "uwsgi.ini", "limit-post = 10485760", "limit-post = 0"),
    sample("uploads/uwsgi-harakiri-zero", UWSGI, "uwsgi.ini", "harakiri = 60", "harakiri = 0"),
    sample(
        "uploads/uwsgi-harakiri-missing",
        UWSGI.without("deploy/nginx.conf"),
        "uwsgi.ini",
        "harakiri = 60\n",
        "",
        "[uwsgi]",
    ),
    sample("uploads/uwsgi-socket-timeout", UWSGI, "uwsgi.ini", "socket-timeout = 10", "socket-timeout = 7200"),
    sample(
        "uploads/uvicorn-h11-huge",
        FASTAPI,
        "Dockerfile",
        '"--no-server-header"',
        '"--no-server-header", "--h11-max-incomplete-event-size", "1073741824"',
    ),
    sample(
        "uploads/uvicorn-ws-huge",
        FASTAPI,
        "Dockerfile",
        '"--no-server-header"',
        '"--no-server-header", "--ws-max-size", "1073741824"',
    ),
    sample(
        "uploads/uvicorn-keep-alive-hour",
        FASTAPI,
        "Dockerfile",
        '"--no-server-header"',
        '"--no-server-header", "--timeout-keep-alive", "3600"',
    ),
)

SAMPLES: tuple[Sample, ...] = (*SERVERS,)
