"""A second look, written when the first samples were flagged: the same violations in other spellings and other services."""

from .base_aiohttp import AIOHTTP
from .base_django import DJANGO
from .base_fastapi import FASTAPI
from .base_flask import APACHE_FLASK, FLASK
from .header_services import BARE, HAND
from .sample import At, Sample, changed, sample
from .servers import UWSGI
from .traefik import TRAEFIK

S, N, D, C, V = "shop/settings.py", "deploy/nginx.conf", "Dockerfile", "compose.yaml", "orders/views.py"
F, M, H, U = "photos/app.py", "documents/main.py", "hooks/app.py", "deploy/photos.service"
A, K, G = "deploy/apache/photos.conf", "k8s/deployment.yaml", "gunicorn.conf.py"


def dj(name: str, old: str, new: str, at: At | list[At] = "") -> Sample:
    return sample(name, DJANGO, S, old, new, at)


def view(name: str, code: str, at: str = "", imports: str = "import json\nimport logging\nimport os\n") -> Sample:
    base = DJANGO.edited(V, "import logging\n", imports)
    return sample(name, base, V, '    if request.method == "POST":\n', f'{code}    if request.method == "POST":\n', at)


TEMPLATED = FLASK.without(N).with_files(
    {"deploy/nginx.conf.j2": FLASK.files[N].replace("photos.example.org", "{{ host }}")}
)
J2 = "deploy/nginx.conf.j2"
SPLIT_NGINX = FLASK.without(N).with_files(
    {
        "deploy/nginx/conf.d/photos.conf": FLASK.files[N][
            FLASK.files[N].index("    limit_req_zone") : FLASK.files[N].rindex("}")
        ].replace(
            "    limit_req_zone",
            "    client_max_body_size 10m;\n    client_body_timeout 10s;\n    client_header_timeout 10s;\n    server_tokens off;\n    ssl_protocols TLSv1.2 TLSv1.3;\n    limit_req_zone",
        )
    }
)
CONF = "deploy/nginx/conf.d/photos.conf"
STATEFUL = AIOHTTP.with_files(
    {
        K: AIOHTTP.files[K]
        .replace("kind: Deployment", "kind: StatefulSet")
        .replace("  replicas: 2\n", "  replicas: 2\n  serviceName: hooks\n")
    }
)
POD_ONLY = AIOHTTP.with_files(
    {
        K: AIOHTTP.files[K].replace(
            "            allowPrivilegeEscalation: false\n",
            "            allowPrivilegeEscalation: false\n            runAsNonRoot: true\n            runAsUser: 10002\n",
        )
    }
)
UVICORN_WORKERS = FASTAPI.edited(
    D,
    '"uvicorn", "documents.main:app", "--host", "0.0.0.0", "--port", "8000", "--no-server-header"',
    '"gunicorn", "-k", "uvicorn.workers.UvicornWorker", "-b", "0.0.0.0:8000", "--access-logfile", "-", "documents.main:app"',
).edited("requirements.txt", "uvicorn==0.38.0", "uvicorn==0.38.0\ngunicorn==23.0.0")
LISTED = DJANGO.edited(
    C,
    "    environment:\n      DATABASE_PASSWORD_FILE: /run/secrets/database_password\n",
    "    environment:\n      - DATABASE_PASSWORD_FILE=/run/secrets/database_password\n",
)

SAMPLES: tuple[Sample, ...] = (
    # settings
    dj("settings/second-debug-not-false", "DEBUG = False", 'DEBUG = not os.environ.get("PRODUCTION")'),
    dj(
        "settings/second-debug-if-else",
        "DEBUG = False",
        'DEBUG = True if os.environ.get("STAGE", "dev") != "prod" else False',
    ),
    dj(
        "settings/second-debug-in-a-branch",
        "DEBUG = False",
        'if "SHOP_LIVE" in os.environ:\n    DEBUG = False\nelse:\n    DEBUG = True',
        ["    DEBUG = True", 'if "SHOP_LIVE"', "    DEBUG = False"],
    ),
    dj("settings/second-hosts-mixed", '["shop.example.org"]\n\nINST', '("shop.example.org", "*")\n\nINST'),
    dj(
        "settings/second-hosts-strip",
        '["shop.example.org"]\n\nINST',
        '[h.strip() for h in os.environ.get("HOSTS", "*").split(",")]\n\nINST',
    ),
    dj(
        "settings/second-secret-or",
        'SECRET_KEY = os.environ["SECRET_KEY"]',
        'SECRET_KEY = os.environ.get("SECRET_KEY") or "unsafe-default-key"',
    ),
    dj(
        "settings/second-secret-fstring",
        'SECRET_KEY = os.environ["SECRET_KEY"]',
        'PREFIX = "shop"\nSECRET_KEY = f"{PREFIX}-signing-key"',
        "SECRET_KEY = f",
    ),
    dj("settings/second-cookie-by-debug", "SESSION_COOKIE_SECURE = True", "SESSION_COOKIE_SECURE = DEBUG"),
    dj("settings/second-hsts-product", "SECURE_HSTS_SECONDS = 31536000", "SECURE_HSTS_SECONDS = 60 * 60"),
    dj(
        "settings/second-csrf-commented",
        '    "django.middleware.csrf.CsrfViewMiddleware",\n',
        '    # "django.middleware.csrf.CsrfViewMiddleware",\n',
        "MIDDLEWARE = [",
    ),
    dj(
        "settings/second-hashers-order",
        '    "django.contrib.auth.hashers.Argon2PasswordHasher",\n    "django.contrib.auth.hashers.PBKDF2PasswordHasher",\n',
        '    "django.contrib.auth.hashers.MD5PasswordHasher",\n    "django.contrib.auth.hashers.Argon2PasswordHasher",\n',
        "PASSWORD_HASHERS",
    ),
    changed(
        "settings/second-csrf-exempt-in-urls",
        DJANGO,
        DJANGO.edited(
            "shop/urls.py", '    path("upload", views.upload),\n', '    path("upload", csrf_exempt(views.upload)),\n'
        ).edited(
            "shop/urls.py",
            "from django.urls import path\n",
            "from django.urls import path\nfrom django.views.decorators.csrf import csrf_exempt\n",
        ),
        "shop/urls.py",
        "csrf_exempt(views",
    ),
    sample(
        "settings/second-flask-from-mapping",
        FLASK,
        F,
        "app.config.update(\n",
        "app.config.from_mapping(DEBUG=True)\napp.config.update(\n",
    ),
    sample(
        "settings/second-flask-item-secret",
        FLASK,
        F,
        "CSRFProtect(app)\n",
        'app.config["SECRET_KEY"] = "photos"\nCSRFProtect(app)\n',
    ),
    # uploads
    sample("uploads/second-template-zero", TEMPLATED, J2, "client_max_body_size 10m", "client_max_body_size 0"),
    sample("uploads/second-confd-zero", SPLIT_NGINX, CONF, "client_max_body_size 10m", "client_max_body_size 0"),
    sample("uploads/second-nginx-100g", FLASK, N, "client_max_body_size 10m", "client_max_body_size 100G"),
    sample("uploads/second-nginx-timeout-quoted", FLASK, N, "client_body_timeout 10s", 'client_body_timeout "2h"'),
    sample(
        "uploads/second-flask-item-none",
        FLASK.without(N),
        F,
        "CSRFProtect(app)\n",
        'app.config["MAX_CONTENT_LENGTH"] = None\nCSRFProtect(app)\n',
    ),
    sample(
        "uploads/second-django-inf",
        DJANGO,
        S,
        "DATA_UPLOAD_MAX_MEMORY_SIZE = 2621440",
        "DATA_UPLOAD_MAX_MEMORY_SIZE = 1 << 40",
    ),
    sample("uploads/second-uwsgi-underscore", UWSGI, "uwsgi.ini", "limit-post = 10485760", "limit-post=0"),
    sample(
        "uploads/second-media-join",
        DJANGO,
        S,
        'MEDIA_ROOT = "/srv/shop/media"',
        'MEDIA_ROOT = os.path.join(STATIC_ROOT, "uploads")',
    ),
    sample("uploads/second-caddy-gb", FASTAPI, "Caddyfile", "max_size 10MiB", "max_size 5GB"),
    sample("uploads/second-gunicorn-timeout", DJANGO, G, "timeout = 30\ngraceful", "timeout = 24 * 60 * 60\ngraceful"),
    sample(
        "uploads/second-flask-secure-filename-dropped",
        FLASK,
        F,
        '    file.save(Path(app.config["UPLOAD_FOLDER"]) / name)\n',
        '    file.save("/srv/photos/uploads/" + file.filename)\n',
    ),
    # logging
    view(
        "logging/second-token-kwarg", '    logger.info("token=%(token)s", {"token": request.GET.get("access_token")})\n'
    ),
    view(
        "logging/second-exception-password",
        '    try:\n        json.loads(request.body)\n    except ValueError:\n        logger.exception("cannot log in with %s", request.POST.get("passwd"))\n        raise\n',
        "logger.exception",
    ),
    view("logging/second-meta-item", '    logging.info("key: %s", request.META["HTTP_X_API_KEY"])\n'),
    view("logging/second-environ-copy", '    logging.getLogger("boot").debug(f"{dict(os.environ)}")\n'),
    view(
        "logging/second-except-continue",
        '    for item in request.POST.getlist("item"):\n        try:\n            json.loads(item)\n        except Exception:\n            continue\n',
        "except Exception:",
    ),
    dj(
        "logging/second-handler-debug",
        '"django.db.backends": {"handlers": ["console"], "level": "WARNING", "propagate": False}',
        '"django.db.backends": {"level": "DEBUG"}',
    ),
    dj(
        "logging/second-request-critical",
        '"django.request": {"handlers": ["console"], "level": "WARNING", "propagate": False}',
        '"django.request": {"handlers": ["console"], "level": "CRITICAL"}',
    ),
    sample(
        "logging/second-nginx-location-off",
        DJANGO,
        N,
        "            proxy_pass http://app;\n",
        "            access_log off;\n            proxy_pass http://app;\n",
    ),
    sample("logging/second-nginx-format-token", DJANGO, N, "$request_id';", "$http_x_api_key';"),
    sample(
        "logging/second-uvicorn-flag-env",
        UVICORN_WORKERS,
        D,
        '"--access-logfile", "-", ',
        '"--access-logfile", "-", "--log-level=debug", ',
    ),
    sample(
        "logging/second-sentry-true-later",
        FLASK,
        F,
        "app = Flask(__name__)\n",
        'import sentry_sdk\n\nsentry_sdk.init(os.environ["SENTRY_DSN"], send_default_pii=True, include_local_variables=False)\napp = Flask(__name__)\n',
        ["sentry_sdk.init("],
    ),
    sample(
        "logging/second-print-token",
        FLASK,
        F,
        '    name = f"{uuid',
        '    print("token", request.headers.get("Authorization"))\n    name = f"{uuid',
    ),
    # permissions
    sample(
        "permissions/second-run-chown-chmod",
        DJANGO,
        D,
        "COPY . /app\n",
        "COPY . /app\nRUN chown -R 10001 /app && chmod -R ugo=rwx /app\n",
    ),
    sample(
        "permissions/second-find-chmod",
        DJANGO,
        D,
        "COPY . /app\n",
        "COPY . /app\nRUN find /app -type d -exec chmod 0777 {} +\n",
    ),
    sample("permissions/second-user-by-name-root-group", DJANGO, D, "USER 10001\n", "USER root:10001\n"),
    sample(
        "permissions/second-shell-form",
        DJANGO,
        D,
        "COPY . /app\n",
        'SHELL ["/bin/bash", "-c"]\nCOPY . /app\nRUN umask 0 && chmod o=rwx /app\n',
        "RUN umask",
    ),
    sample(
        "permissions/second-compose-cap-list",
        LISTED,
        C,
        "    cap_drop:\n      - ALL\n    security_opt:\n      - no-new-privileges:true\n    environment",
        '    cap_drop: ["ALL"]\n    cap_add: ["SYS_PTRACE"]\n    security_opt:\n      - no-new-privileges:true\n    environment',
        "SYS_PTRACE",
    ),
    sample(
        "permissions/second-compose-root-mount",
        LISTED,
        C,
        "      - media:/srv",
        "      - /root/.ssh:/keys:ro\n      - media:/srv",  # a place on the audited host
    ),
    sample("permissions/second-stateful-privileged", STATEFUL, K, "privileged: false", "privileged: true"),
    sample(
        "permissions/second-container-over-pod",
        POD_ONLY,
        K,
        "            runAsNonRoot: true\n            runAsUser: 10002\n",
        "            runAsNonRoot: false\n            runAsUser: 0\n",
        ["            runAsUser: 0", "            runAsNonRoot: false"],
    ),
    sample(
        "permissions/second-k8s-sys-module",
        AIOHTTP,
        K,
        "drop: [ALL]",
        'drop: [ALL]\n              add: ["NET_ADMIN", "SYS_MODULE"]',
        ["add: ["],
    ),
    sample(
        "permissions/second-unit-protect-full-missing",
        FLASK,
        U,
        "ProtectSystem=strict",
        "ProtectSystem=",
        ["[Service]", (U, "UMask=0027", 2), "ExecStart="],
    ),
    sample("permissions/second-unit-state-mode", FLASK, U, "StateDirectoryMode=0750", "StateDirectoryMode=0757"),
    view(
        "permissions/second-chmod-or", '    os.chmod("/srv/shop/media", os.stat("/srv/shop/media").st_mode | 0o007)\n'
    ),
    view(
        "permissions/second-mkdir-then-chmod",
        '    path = "/srv/shop/new"\n    os.makedirs(path)\n    os.chmod(path, 0o1777 & 0o777)\n',
        "os.chmod",
    ),
    view("permissions/second-umask-hex", "    os.umask(0x0)\n"),
    # headers
    sample(
        "headers/second-template-no-hsts",
        BARE.without(N).with_files({J2: BARE.files[N].replace("photos.example.org", "{{ host }}")}),
        J2,
        '"max-age=31536000; includeSubDomains"',
        '"max-age=0; includeSubDomains"',
    ),
    sample(
        "headers/second-flask-update",
        HAND,
        F,
        '    response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"\n',
        '    response.headers.update({"Strict-Transport-Security": "max-age=0"})\n',
    ),
    sample(
        "headers/second-flask-setdefault",
        HAND,
        F,
        '    response.headers["X-Content-Type-Options"] = "nosniff"\n',
        '    response.headers.setdefault("X-Content-Type-Options", "none")\n',
    ),
    sample("headers/second-nginx-tls10-only", BARE, N, "ssl_protocols TLSv1.2 TLSv1.3", "ssl_protocols TLSv1 TLSv1.2"),
    sample(
        "headers/second-apache-hsts-zero",
        APACHE_FLASK.with_files({F: HAND.files[F]}),
        F,
        "max-age=31536000; includeSubDomains",
        "max-age=0",
    ),
    sample("headers/second-traefik-sts-preload-short", TRAEFIK, C, "stsSeconds=31536000", "stsSeconds=86400"),
    sample(
        "headers/second-uvicorn-worker-forwarded",
        UVICORN_WORKERS,
        D,
        '"--access-logfile", "-", ',
        '"--access-logfile", "-", "--forwarded-allow-ips", "*", ',
    ),
    sample(
        "headers/second-fastapi-cors-variable",
        FASTAPI,
        M,
        '    allow_origins=["https://app.example.org"],\n',
        '    allow_origins=os.environ.get("ORIGINS", "*").split(","),\n',
        ["allow_origins", "    CORSMiddleware,", (M, "    CORSMiddleware,", -1)],
    ),
    sample(
        "headers/second-django-frame-sameorigin-lower",
        DJANGO,
        S,
        'X_FRAME_OPTIONS = "DENY"',
        'X_FRAME_OPTIONS = "ALLOW"',
    ),
    changed(
        "headers/second-aiohttp-cookie",
        AIOHTTP,
        AIOHTTP.edited(
            H,
            '    return web.json_response({"status": "ok"})\n',
            '    response = web.json_response({"status": "ok"})\n    response.set_cookie("session_token", "x", httponly=False)\n    return response\n',
        ),
        H,
        "set_cookie",
    ),
)
