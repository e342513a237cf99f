"""The services under other application servers."""

from .base_container import dockerfile
from .base_django import DJANGO
from .base_flask import FLASK
from .header_services import OWN
from .sample import Base


def served(*command: str, requirement: str, base: Base = FLASK) -> Base:
    """A service in a container that is started by another server."""
    files = {**DJANGO.files, **base.files}
    kept = {
        path: files[path]
        for path in (*base.files, ".dockerignore", "entrypoint.sh")
        if not path.startswith(("deploy/photos.service", "gunicorn"))
    }
    return Base(
        {
            **kept,
            "Dockerfile": dockerfile(*command),
            "requirements.txt": base.files["requirements.txt"] + requirement + "\n",
        },
        modes={"entrypoint.sh": "100755"},
    )


WAITRESS = served(
    "waitress-serve",
    "--listen=0.0.0.0:8000",
    "--max-request-body-size=10485760",
    "--channel-timeout=60",
    "--no-expose-tracebacks",
    "photos.app:app",
    requirement="waitress==3.0.2",
)

HYPERCORN = served(
    "hypercorn",
    "--bind",
    "0.0.0.0:8000",
    "--access-logfile",
    "-",
    "--read-timeout",
    "30",
    "documents.main:app",
    requirement="hypercorn==0.18.0",
    base=OWN,
)

UWSGI = served("uwsgi", "--ini", "uwsgi.ini", requirement="uwsgi==2.0.31").with_files(
    {
        "uwsgi.ini": "[uwsgi]\nmodule = photos.app:app\nmaster = true\nhttp-socket = 0.0.0.0:8000\nprocesses = 4\nlimit-post = 10485760\nbuffer-size = 8192\n"
        "harakiri = 60\nhttp-timeout = 60\nsocket-timeout = 10\nvacuum = true\ndie-on-term = true\nneed-app = true\numask = 027\n"
    }
)
