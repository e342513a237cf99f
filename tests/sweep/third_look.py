"""A third look: spellings that somebody found who knew only what is to be found."""

from .base_django import DJANGO
from .base_flask import FLASK
from .logging_libraries import STRUCTLOG
from .sample import At, Base, Sample, changed, sample

F, G, N, V = "photos/app.py", "gunicorn.conf.py", "deploy/nginx.conf", "orders/views.py"
IMPORTS = "import contextlib\nimport json\nimport logging\n\nimport structlog\n"


def view(name: str, code: str, at: str = "", imports: str = IMPORTS) -> Sample:
    """Lines in a view of Django."""
    base = DJANGO.edited(V, "import logging\n", imports)
    new = f'{code}    if request.method == "POST":\n'
    return sample(f"logging/third-{name}", base, V, '    if request.method == "POST":\n', new, at)


def flask(name: str, old: str, new: str, at: At | list[At] = "", base: Base = FLASK) -> Sample:
    return sample(name, base, F, old, new, at)


VIEWS = (
    view("form-as-table", '    logger.info("form %s", request.POST.dict())\n'),
    view("walrus", '    if body := request.body:\n        logger.info("body %s", body)\n', 'info("body'),
    view(
        "changed-body",
        '    form = request.POST.dict()\n    form["seen"] = True\n    logger.info("form %s", form)\n',
        'info("form',
    ),
    view(
        "credential",
        '    scheme, _, given = request.headers["Authorization"].partition(" ")\n    logger.info("by %s", given)\n',
        'info("by',
    ),
    view(
        "piece",
        '    parts = request.headers["Authorization"].split()\n    logger.info("by %s", parts[1])\n',
        'info("by',
    ),
    view("headers-comprehension", '    logger.info("%s", {k: v for k, v in request.headers.items()})\n'),
    view(
        "meta-comprehension",
        '    meta = {k: v for k, v in request.META.items() if k.startswith("HTTP_")}\n    logger.info("%s", meta)\n',
        'info("%s',
    ),
    view(
        "headers-loop",
        '    for name, value in request.headers.items():\n        logger.info("%s: %s", name, value)\n',
        'info("%s: ',
    ),
    view(
        "another-name",
        '    audit = logging.getLogger("audit")\n    audit.info("sign-in with %s", request.POST["password"])\n',
        "audit.info",
    ),
    view(
        "structlog-name",
        '    events = structlog.get_logger()\n    events.info("sign-in", password=request.POST["password"])\n',
        "events.info",
    ),
    view(
        "structlog-bind",
        '    structlog.contextvars.bind_contextvars(session_token=request.headers["X-Auth-Token"])\n',
        "bind_contextvars",
    ),
    view(
        "answer-ok",
        '    try:\n        json.loads(request.body)\n    except Exception:\n        return HttpResponse("ok")\n',
        "except Exception",
    ),
    view(
        "everything",
        "    try:\n        json.loads(request.body)\n    except BaseException:\n        valid = False\n",
        "except BaseException",
    ),
)

SAMPLES: tuple[Sample, ...] = (
    *VIEWS,
    sample(
        "logging/third-gunicorn-format-joined",
        FLASK,
        G,
        next(line for line in FLASK.files[G].split("\n") if line.startswith("access_log_format")),
        'FIELDS = [\n    "%(h)s",\n    "%({cookie}i)s",\n]\naccess_log_format = " ".join(FIELDS)',
        "access_log_format =",
    ),
    sample(
        "logging/third-nginx-map",
        DJANGO,
        N,
        "    log_format main '",
        "    map $http_cookie $visitor {\n        default $http_cookie;\n    }\n    log_format main '$visitor ",
        ["log_format main", "default $http_cookie"],
    ),
    sample(
        "logging/third-nginx-set",
        DJANGO,
        N,
        "    log_format main '",
        "    map $host $credential {\n        default $http_authorization;\n    }\n    log_format main '$credential ",
        ["log_format main", "default $http_authorization"],
    ),
    flask(
        "logging/third-structlog-dict-tracebacks",
        "        structlog.processors.JSONRenderer(),\n",
        "        structlog.processors.dict_tracebacks,\n        structlog.processors.JSONRenderer(),\n",
        base=STRUCTLOG,
    ),
    flask(
        "logging/third-flask-engine-options",
        "CSRFProtect(app)\n",
        'app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_pre_ping": True, "echo": True}\nCSRFProtect(app)\n',
    ),
    flask(
        "headers/third-cookie-options",
        '    return jsonify(status="ok")\n',
        '    options = {"httponly": True, "secure": False}\n    response = jsonify(status="ok")\n'
        '    response.set_cookie("auth_token", "x", **options)\n    return response\n',
        ["set_cookie", '"secure": False'],
    ),
    flask(
        "headers/third-cookie-from-environment",
        '    return jsonify(status="ok")\n',
        '    response = jsonify(status="ok")\n    response.set_cookie("auth_token", "x", httponly=True, secure=COOKIE_SECURE)\n'
        "    return response\n",
        "set_cookie",
        base=FLASK.edited(
            F,
            "CSRFProtect(app)\n",
            'COOKIE_SECURE = os.environ.get("COOKIE_SECURE", "false") == "true"\nCSRFProtect(app)\n',
        ),
    ),
    flask(
        "headers/third-cross-origin",
        "CSRFProtect(app)\n",
        'CSRFProtect(app)\n\n\n@app.get("/thumbnails")\n@cross_origin(supports_credentials=True)\ndef thumbnails():\n'
        "    return jsonify(names=[])\n",
        "@cross_origin",
        base=FLASK.edited(F, "from flask import", "from flask_cors import cross_origin\nfrom flask import"),
    ),
    changed(
        "headers/third-middleware-deletes",
        DJANGO,
        DJANGO.edited(
            "shop/middleware.py",
            '        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"\n',
            '        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"\n'
            '        del response["Content-Security-Policy"]\n',
        ),
        "shop/middleware.py",
        "del response",
    ),
)
