"""Log calls in code."""

from .base_django import DJANGO
from .sample import Sample, sample

S = "shop/settings.py"
V = "orders/views.py"


def view(name: str, code: str, at: str = "", imports: str = "") -> Sample:
    """A line in a view of Django."""
    base = (
        DJANGO.edited(V, "import logging\n", "import json\nimport logging\nimport os\n")
        if not imports
        else DJANGO.edited(V, "import logging\n", imports)
    )
    return sample(
        f"logging/code-{name}",
        base,
        V,
        '    if request.method == "POST":\n',
        f'{code}    if request.method == "POST":\n',
        at,
    )


LINES: tuple[Sample, ...] = (
    view("password", '    logger.info("login with %s", request.POST["password"])\n'),
    view(
        "password-fstring",
        '    password = request.POST.get("password")\n    logger.debug(f"checking {password}")\n',
        "logger.debug",
    ),
    view(
        "password-variable",
        '    secret = request.POST.get("password", "")\n    logger.warning("wrong password: " + secret)\n',
        "logger.warning",
    ),
    view(
        "token-format",
        '    token = request.headers["Authorization"]\n    logger.info("token {}".format(token))\n',
        'logger.info("token',
    ),
    view("authorization-header", '    logger.info("auth: %s", request.META.get("HTTP_AUTHORIZATION"))\n'),
    view("cookies", '    logger.debug("cookies: %s", request.COOKIES)\n'),
    view("headers", '    logger.info("headers: %s", dict(request.headers))\n'),
    view("meta", '    logger.info("meta %r", request.META)\n'),
    view("post", '    logger.info("form: %s", request.POST)\n'),
    view("body", '    logger.error("bad request: %s", request.body)\n'),
    view("session-key", '    logger.info("session %s", request.session.session_key)\n'),
    view("environ", '    logger.debug("environment: %s", os.environ)\n'),
    view(
        "settings-secret",
        '    logger.info("key %s", settings.SECRET_KEY)\n',
        imports="import logging\n\nfrom django.conf import settings\n",
    ),
    view("extra-password", '    logger.info("login", extra={"password": request.POST["password"]})\n'),
    view("injection-get", '    logger.info("searched for " + request.GET["q"])\n'),
    view("injection-fstring", "    logger.info(f\"searched for {request.GET['q']}\")\n"),
    view("injection-percent", '    logger.info("searched for %s", request.GET.get("q"))\n'),
    view("print", '    print("upload by", request.user)\n'),
    view("print-password", '    print(request.POST["password"])\n'),
    view(
        "except-pass",
        "    try:\n        json.loads(request.body)\n    except Exception:\n        pass\n",
        "except Exception:",
    ),
    view(
        "except-bare-pass",
        "    try:\n        json.loads(request.body)\n    except:  # noqa: E722\n        pass\n",
        "except:",
    ),
    view(
        "suppress-exception",
        "    with contextlib.suppress(Exception):\n        json.loads(request.body)\n",
        "suppress(Exception)",
        imports="import contextlib\nimport json\nimport logging\n",
    ),
    view("listen", "    logging.config.listen(9030)\n", imports="import logging\nimport logging.config\n"),
    view("disable", "    logging.disable(logging.CRITICAL)\n"),
    view(
        "raise-exceptions",
        '    logging.raiseExceptions = True\n    logging.getLogger("django.security").disabled = True\n',
        "disabled = True",
    ),
    view("set-level-critical", '    logging.getLogger("django.security").setLevel(logging.CRITICAL)\n'),
    view("locals", '    logger.error("state: %s", locals())\n'),
    view(
        "traceback-to-client",
        "    try:\n        json.loads(request.body)\n    except ValueError:\n        return HttpResponse(traceback.format_exc(), status=500)\n",
        "traceback.format_exc",
        imports="import json\nimport logging\nimport traceback\n",
    ),
    view(
        "socket-handler",
        '    logger.addHandler(logging.handlers.SocketHandler("logs.example.org", 9020))\n',
        imports="import logging\nimport logging.handlers\n",
    ),
    view("file-handler", '    logger.addHandler(logging.FileHandler("/var/log/shop/orders.log"))\n'),
)

# A line format: what a request brings in can forge lines.
CODE = tuple(
    one._replace(
        clean=one.clean.edited(S, '            "()": "pythonjsonlogger.json.JsonFormatter",\n', ""),
        broken=one.broken.edited(S, '            "()": "pythonjsonlogger.json.JsonFormatter",\n', ""),
    )
    if one.name.startswith("logging/code-injection")
    else one
    for one in LINES
)

SAMPLES: tuple[Sample, ...] = (*CODE,)
