"""Settings that stand elsewhere: in files of the deployment, in local modules, in other frameworks."""

from .base_aiohttp import AIOHTTP
from .base_django import DJANGO
from .base_fastapi import FASTAPI
from .base_flask import FLASK
from .frameworks import LITESTAR, QUART, SANIC, TORNADO
from .sample import WHOLE, At, Base, Sample, changed, sample
from .settings_styles import CLASSES, PACKAGE

S = "shop/settings.py"
F = "photos/app.py"
NA = "notes/app.py"
VARIABLE = DJANGO.edited(S, "DEBUG = False", 'DEBUG = os.environ.get("SHOP_DEBUG", "no") == "yes"')
DEBUG_LINE: At = (S, "DEBUG = os")
POD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      automountServiceAccountToken: false
      securityContext: {runAsNonRoot: true, runAsUser: 10001, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: web
          image: registry.example.org/shop:2.3.0
          command: [gunicorn, -c, gunicorn.conf.py, "shop.wsgi:application"]
          envFrom:
            - configMapRef: {name: shop}
          resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 500m, memory: 256Mi}}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: shop}
data:
  SHOP_DEBUG: "no"
"""
KUBE = VARIABLE.without("compose.yaml").with_files({"k8s/shop.yaml": POD})
UNIT = VARIABLE.without("compose.yaml", "Dockerfile").with_files(
    {
        "deploy/shop.service": FLASK.files["deploy/photos.service"]
        .replace("photos.app:app", "shop.wsgi:application")
        .replace("photos", "shop")
        .replace("Photo", "Shop")
        .replace(
            "EnvironmentFile=/etc/shop/environment\n",
            "EnvironmentFile=/etc/shop/environment\nEnvironment=SHOP_DEBUG=no\n",
        )
    }
)
PROCFILE = VARIABLE.without("compose.yaml", "Dockerfile").with_files(
    {"Procfile": "web: SHOP_DEBUG=no gunicorn -c gunicorn.conf.py shop.wsgi:application\n"}
)
ENV_FILE = VARIABLE.edited(
    "compose.yaml", "    environment:\n", "    env_file: deploy/shop.env\n    environment:\n"
).with_files({"deploy/shop.env": "SHOP_DEBUG=no\n"})
LOCAL = DJANGO.with_files(
    {
        S: DJANGO.files[S] + "\nfrom .local_settings import *  # noqa: E402, F403\n",
        "shop/local_settings.py": 'TIME_ZONE = "UTC"\n',
    }
)
SPLIT = DJANGO.without(S).with_files(
    {
        "requirements.txt": DJANGO.files["requirements.txt"] + "django-split-settings==1.3.2\n",
        "shop/settings/__init__.py": 'from split_settings.tools import include\n\ninclude("components/base.py", "components/security.py")\n',
        "shop/settings/components/base.py": DJANGO.files[S],
        "shop/settings/components/security.py": "SECURE_HSTS_SECONDS = 63072000\n",
    }
)
YAML = DJANGO.with_files(
    {
        S: DJANGO.files[S]
        + '\nimport yaml  # noqa: E402\n\nwith open(BASE_DIR / "shop" / "production.yaml") as given:\n    globals().update(yaml.safe_load(given))\n',
        "shop/production.yaml": "SESSION_COOKIE_AGE: 14400\nSECURE_HSTS_SECONDS: 63072000\n",
    }
)
CONDITION = DJANGO.edited(
    S,
    "SECURE_HSTS_SECONDS = 31536000\n",
    'HARDEN = os.environ.get("HARDEN", "1") == "1"\nif HARDEN:\n    SECURE_HSTS_SECONDS = 31536000\n',
)


def dj(name: str, old: str, new: str, at: At | list[At] = "", base: Base = DJANGO) -> Sample:
    return sample(f"settings/{name}", base, S, old, new, at)


PLACES = (
    sample(
        "settings/configmap-sets-debug",
        KUBE,
        "k8s/shop.yaml",
        'SHOP_DEBUG: "no"',
        'SHOP_DEBUG: "yes"',
        ['SHOP_DEBUG: "yes"', DEBUG_LINE],
    ),
    sample(
        "settings/unit-sets-debug",
        UNIT,
        "deploy/shop.service",
        "SHOP_DEBUG=no",
        "SHOP_DEBUG=yes",
        ["SHOP_DEBUG=yes", DEBUG_LINE],
    ),
    sample(
        "settings/procfile-sets-debug",
        PROCFILE,
        "Procfile",
        "SHOP_DEBUG=no",
        "SHOP_DEBUG=yes",
        ["SHOP_DEBUG=yes", DEBUG_LINE],
    ),
    sample(
        "settings/env-file-sets-debug",
        ENV_FILE,
        "deploy/shop.env",
        "SHOP_DEBUG=no",
        "SHOP_DEBUG=yes",
        ["SHOP_DEBUG=yes", DEBUG_LINE],
    ),
    sample(
        "settings/image-sets-debug",
        VARIABLE,
        "Dockerfile",
        "ENV PYTHONUNBUFFERED=1",
        "ENV PYTHONUNBUFFERED=1 SHOP_DEBUG=yes",
        ["SHOP_DEBUG=yes", DEBUG_LINE],
    ),
    sample(
        "settings/local-module-debug",
        LOCAL,
        "shop/local_settings.py",
        'TIME_ZONE = "UTC"\n',
        'TIME_ZONE = "UTC"\nDEBUG = True\n',
    ),
    sample(
        "settings/local-module-hosts",
        LOCAL,
        "shop/local_settings.py",
        'TIME_ZONE = "UTC"\n',
        'TIME_ZONE = "UTC"\nALLOWED_HOSTS = ["*"]\n',
    ),
    sample("settings/split-settings-hsts", SPLIT, "shop/settings/components/security.py", "63072000", "0"),
    sample(
        "settings/split-settings-cookie",
        SPLIT,
        "shop/settings/components/base.py",
        "SESSION_COOKIE_SECURE = True",
        "SESSION_COOKIE_SECURE = False",
    ),
    sample(
        "settings/yaml-cookie",
        YAML,
        "shop/production.yaml",
        "SESSION_COOKIE_AGE: 14400\n",
        "SESSION_COOKIE_AGE: 14400\nSESSION_COOKIE_SECURE: false\n",
        ["SESSION_COOKIE_SECURE: false", (S, "globals().update")],
    ),
    sample(
        "settings/yaml-hosts",
        YAML,
        "shop/production.yaml",
        "SESSION_COOKIE_AGE: 14400\n",
        'SESSION_COOKIE_AGE: 14400\nALLOWED_HOSTS: ["*"]\n',
        ["ALLOWED_HOSTS", (S, "globals().update")],
    ),
    dj(
        "hsts-in-a-condition-that-is-off",
        '"HARDEN", "1"',
        '"HARDEN", "0"',
        [WHOLE, "HARDEN = os", "if HARDEN", "    SECURE_HSTS_SECONDS", "MIDDLEWARE = ["],
        base=CONDITION,
    ),
    sample(
        "settings/production-cookie-computed",
        PACKAGE,
        "shop/settings/production.py",
        "SECURE_HSTS_SECONDS = 63072000\n",
        "SECURE_HSTS_SECONDS = 63072000\nSESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not True\n",
        "CSRF_COOKIE_SECURE = not",
    ),
    sample(
        "settings/production-hosts-extended",
        PACKAGE,
        "shop/settings/production.py",
        "SECURE_HSTS_SECONDS = 63072000\n",
        'SECURE_HSTS_SECONDS = 63072000\nALLOWED_HOSTS = [*ALLOWED_HOSTS, "*"]\n',
        "ALLOWED_HOSTS",
    ),
    sample(
        "settings/production-middleware-filtered",
        PACKAGE,
        "shop/settings/production.py",
        "SECURE_HSTS_SECONDS = 63072000\n",
        'SECURE_HSTS_SECONDS = 63072000\nMIDDLEWARE = [one for one in MIDDLEWARE if "csrf" not in one]\n',
        "MIDDLEWARE =",
    ),
    sample(
        "settings/class-mixin-cookie",
        CLASSES,
        S,
        "class Prod(Base):\n",
        "class Loose:\n    CSRF_COOKIE_SECURE = False\n\n\nclass Prod(Loose, Base):\n",
        "    CSRF_COOKIE_SECURE = False",
    ),
    changed(
        "settings/wsgi-names-development",
        PACKAGE,
        PACKAGE.edited("shop/wsgi.py", "shop.settings.production", "shop.settings.development"),
        "shop/settings/development.py",
        ["DEBUG = True", 'ALLOWED_HOSTS = ["*"]', "SESSION_COOKIE_SECURE = False"],
    ),
    dj("debug-from-annotation", "DEBUG = False", "DEBUG: bool = True"),
    dj(
        "debug-through-a-function",
        "DEBUG = False",
        'def flag(name, default="True"):\n    return os.environ.get(name, default).lower() in {"1", "true"}\n\n\nDEBUG = flag("SHOP_DEBUG")',
        'DEBUG = flag("SHOP_DEBUG")',
    ),
    dj("debug-tuple-assignment", "DEBUG = False\n", "DEBUG, TEMPLATE_DEBUG = True, True\n"),
    dj(
        "debug-setdefault",
        "DEBUG = False\n",
        'os.environ.setdefault("SHOP_DEBUG", "1")\nDEBUG = os.environ["SHOP_DEBUG"] == "1"\n',
        "DEBUG = os.environ[",
    ),
    dj(
        "sessions-in-local-memory",
        "USE_TZ = True",
        'USE_TZ = True\nSESSION_ENGINE = "django.contrib.sessions.backends.cache"',
        [WHOLE, "SESSION_ENGINE"],
    ),
    dj(
        "sessions-in-cookies",
        "USE_TZ = True",
        'USE_TZ = True\nSESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"',
    ),
    dj(
        "preload-without-subdomains",
        "SECURE_HSTS_INCLUDE_SUBDOMAINS = True\n",
        "SECURE_HSTS_INCLUDE_SUBDOMAINS = False\n",
    ),
    dj("no-preload", "SECURE_HSTS_PRELOAD = True", "SECURE_HSTS_PRELOAD = False"),
    dj("secret-key-repeated", 'SECRET_KEY = os.environ["SECRET_KEY"]', 'SECRET_KEY = "x" * 60'),
    dj(
        "secret-key-joined",
        'SECRET_KEY = os.environ["SECRET_KEY"]',
        'SECRET_KEY = "-".join(["shop", "production", "signing", "key"])',
    ),
    dj(
        "validators-missing",
        DJANGO.files[S][DJANGO.files[S].index("AUTH_PASSWORD_VALIDATORS") : DJANGO.files[S].index("PASSWORD_HASHERS")],
        "",
        [WHOLE, "INSTALLED_APPS = ["],
    ),
    dj(
        "hasher-crypt",
        '    "django.contrib.auth.hashers.Argon2PasswordHasher",\n',
        '    "django.contrib.auth.hashers.UnsaltedMD5PasswordHasher",\n',
        "PASSWORD_HASHERS",
    ),
    dj(
        "silenced-all",
        "USE_TZ = True",
        'USE_TZ = True\nSILENCED_SYSTEM_CHECKS = [f"security.W{n:03}" for n in range(1, 26)]',
        "SILENCED_SYSTEM_CHECKS",
    ),
    sample("settings/admin-at-admin", DJANGO, "shop/urls.py", "office-7f3a/", "admin/"),
    sample(
        "settings/dockerfile-rewrites-debug",
        DJANGO,
        "Dockerfile",
        "COPY . /app\n",
        "COPY . /app\nRUN sed -i 's/DEBUG = False/DEBUG = True/' shop/settings.py\n",
    ),
    sample(
        "settings/view-changes-settings",
        DJANGO,
        "orders/views.py",
        '    return HttpResponse("ok")\n',
        '    from django.conf import settings\n\n    settings.ALLOWED_HOSTS = ["*"]\n    return HttpResponse("ok")\n',
        "settings.ALLOWED_HOSTS",
    ),
    sample("settings/flask-testing", FLASK, F, "    UPLOAD_FOLDER=", "    TESTING=True,\n    UPLOAD_FOLDER="),
    sample("settings/flask-debug-attribute", FLASK, F, "CSRFProtect(app)\n", "app.debug = True\nCSRFProtect(app)\n"),
    sample(
        "settings/flask-debug-item",
        FLASK,
        F,
        "CSRFProtect(app)\n",
        'app.config["DEBUG"] = bool(os.environ.get("PHOTOS_DEBUG", "false"))\nCSRFProtect(app)\n',
    ),
    sample(
        "settings/flask-secret-attribute",
        FLASK,
        F,
        "CSRFProtect(app)\n",
        'app.secret_key = "development key"\nCSRFProtect(app)\n',
    ),
    sample("settings/quart-debug", QUART, NA, "app = Quart(__name__)\n", "app = Quart(__name__)\napp.debug = True\n"),
    sample(
        "settings/quart-cookie",
        QUART,
        NA,
        'app.config["SESSION_COOKIE_SECURE"] = True',
        'app.config["SESSION_COOKIE_SECURE"] = False',
    ),
    sample("settings/quart-secret", QUART, NA, 'os.environ["SECRET_KEY"]', '"quart secret"'),
    sample("settings/litestar-debug", LITESTAR, NA, "debug=False", "debug=True"),
    sample("settings/litestar-docs", LITESTAR, NA, "    openapi_config=None,\n", "", ["app = Litestar("]),
    sample(
        "settings/litestar-hosts-any",
        LITESTAR,
        NA,
        "    debug=False,\n",
        '    debug=False,\n    allowed_hosts=["*"],\n',
        ["allowed_hosts", "app = Litestar("],
    ),
    sample("settings/tornado-debug", TORNADO, NA, "debug=False", "debug=True"),
    sample("settings/tornado-cookie-secret", TORNADO, NA, "debug=False", 'debug=False, cookie_secret="change me"'),
    sample("settings/sanic-debug-flag", SANIC, "Dockerfile", '"--access-logs"', '"--access-logs", "--debug"'),
    sample(
        "settings/starlette-debug",
        FASTAPI,
        "documents/main.py",
        "docs_url=None,",
        'debug=bool(os.environ.get("DEBUG", "0")), docs_url=None,',
    ),
    sample(
        "settings/fastapi-redoc", FASTAPI, "documents/main.py", "redoc_url=None, openapi_url=None", "redoc_url=None"
    ),
    sample(
        "settings/uvicorn-reload", FASTAPI, "Dockerfile", '"--no-server-header"', '"--no-server-header", "--reload"'
    ),
    sample(
        "settings/gunicorn-reload", DJANGO, "gunicorn.conf.py", 'loglevel = "info"', 'loglevel = "info"\nreload = True'
    ),
    sample(
        "settings/runserver-in-production",
        DJANGO,
        "Dockerfile",
        '"gunicorn", "-c", "gunicorn.conf.py", "shop.wsgi:application"',
        '"python", "manage.py", "runserver", "0.0.0.0:8000"',
    ),
    sample(
        "settings/flask-run-in-production",
        FLASK.without("gunicorn.conf.py"),
        "deploy/photos.service",
        "venv/bin/gunicorn -c /opt/photos/gunicorn.conf.py photos.app:app",
        "venv/bin/flask --app photos.app run --debug",
    ),
    sample(
        "settings/aiohttp-debug-variable",
        AIOHTTP,
        "Dockerfile",
        "ENV PYTHONUNBUFFERED=1",
        "ENV PYTHONUNBUFFERED=1 PYTHONASYNCIODEBUG=1",
        ["PYTHONASYNCIODEBUG", ("hooks/app.py", "    app = web.Application(")],
    ),
)
SAMPLES: tuple[Sample, ...] = PLACES
