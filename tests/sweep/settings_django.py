"""Settings of Django."""

from .base_django import DJANGO
from .sample import WHOLE, Sample, changed, sample
from .settings_styles import CLASSES, COMPOSE_ENV, DECOUPLE, DJANGO6, ENVIRON, PACKAGE, PACKAGE_BASE

P = "shop/settings/production.py"
S = "shop/settings.py"


def dj(name: str, old: str, new: str, at: str = "") -> Sample:
    return sample(f"settings/{name}", DJANGO, S, old, new, at)


FALLBACKS = DJANGO.edited(
    S,
    'SECRET_KEY = os.environ["SECRET_KEY"]\n',
    'SECRET_KEY = os.environ["SECRET_KEY"]\nSECRET_KEY_FALLBACKS = [os.environ["OLD_SECRET_KEY"]]\n',
)

REQUEST_MIDDLEWARE = '    "django.middleware.security.SecurityMiddleware",\n'

WEAK = "".join(["django-", "insecure-", "4x!k2m$9w&zq8r5v", "t7y1b3n6c0p"])

# Nothing in front that could redirect.
DIRECT = (
    DJANGO.without("deploy/nginx.conf", "compose.yaml")
    .edited(S, 'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")\n', "")
    .edited(
        "shop/middleware.py",
        "        return response\n",
        '        response.headers["Permissions-Policy"] = "camera=(), microphone=()"\n        return response\n',
    )
)

DJANGO_SAMPLES = (
    dj("debug-true", "DEBUG = False", "DEBUG = True"),
    dj("debug-string", "DEBUG = False", 'DEBUG = os.environ.get("DEBUG", "False")'),
    dj("debug-one", "DEBUG = False", "DEBUG = 1"),
    dj("debug-bool-of-string", "DEBUG = False", 'DEBUG = bool(os.environ.get("DEBUG", "False"))'),
    dj(
        "debug-env-default-true",
        "DEBUG = False",
        'DEBUG = os.environ.get("DEBUG", "true").lower() in ("1", "true", "yes")',
    ),
    dj("debug-not-production", "DEBUG = False", 'DEBUG = os.environ.get("STAGE") != "production"'),
    dj("debug-later-wins", "USE_TZ = True\n", "USE_TZ = True\nDEBUG = True\n"),
    dj("hosts-any", '["shop.example.org"]\n\nINST', '["*"]\n\nINST'),
    dj("hosts-leading-dot", '["shop.example.org"]\n\nINST', '[".example.org"]\n\nINST'),
    dj("hosts-empty", '["shop.example.org"]\n\nINST', "[]\n\nINST"),
    dj("hosts-env-split-default", '["shop.example.org"]\n\nINST', 'os.getenv("HOSTS", "*").split(",")\n\nINST'),
    dj("hosts-append-any", "INSTALLED_APPS = [", 'ALLOWED_HOSTS += ["*"]\n\nINSTALLED_APPS = ['),
    dj("secret-key-default", 'os.environ["SECRET_KEY"]', 'os.environ.get("SECRET_KEY", "changeme")'),
    dj(
        "secret-key-literal",
        'os.environ["SECRET_KEY"]',
        '"' + "".join(["pq9v", "Xz31", "Lm77", "Rt0s", "Wk58"]) * 3 + '"',
    ),
    dj("secret-key-insecure-prefix", 'os.environ["SECRET_KEY"]', f'"{WEAK}"'),
    dj("secret-key-short", 'os.environ["SECRET_KEY"]', '"s3cr3t-k3y"'),
    sample("settings/secret-key-fallback-literal", FALLBACKS, S, 'os.environ["OLD_SECRET_KEY"]', f'"{WEAK}"'),
    sample("settings/ssl-redirect-false", DIRECT, S, "SECURE_SSL_REDIRECT = True", "SECURE_SSL_REDIRECT = False"),
    sample("settings/ssl-redirect-missing", DIRECT, S, "SECURE_SSL_REDIRECT = True\n", "", WHOLE),
    sample("settings/ssl-redirect-from-debug", DIRECT, S, "SECURE_SSL_REDIRECT = True", "SECURE_SSL_REDIRECT = DEBUG"),
    dj("hsts-zero", "SECURE_HSTS_SECONDS = 31536000", "SECURE_HSTS_SECONDS = 0"),
    dj("hsts-one-hour", "SECURE_HSTS_SECONDS = 31536000", "SECURE_HSTS_SECONDS = 3600"),
    dj(
        "hsts-env-default-zero",
        "SECURE_HSTS_SECONDS = 31536000",
        'SECURE_HSTS_SECONDS = int(os.environ.get("HSTS", "0"))',
    ),
    dj("hsts-no-subdomains", "SECURE_HSTS_INCLUDE_SUBDOMAINS = True", "SECURE_HSTS_INCLUDE_SUBDOMAINS = False"),
    dj("nosniff-false", "SECURE_CONTENT_TYPE_NOSNIFF = True", "SECURE_CONTENT_TYPE_NOSNIFF = False"),
    dj("referrer-none", 'SECURE_REFERRER_POLICY = "same-origin"', "SECURE_REFERRER_POLICY = None"),
    dj("referrer-unsafe-url", 'SECURE_REFERRER_POLICY = "same-origin"', 'SECURE_REFERRER_POLICY = "unsafe-url"'),
    dj("referrer-unknown-word", 'SECURE_REFERRER_POLICY = "same-origin"', 'SECURE_REFERRER_POLICY = "same-site"'),
    dj("coop-none", 'OPENER_POLICY = "same-origin"', "OPENER_POLICY = None"),
    dj("coop-unsafe-none", 'OPENER_POLICY = "same-origin"', 'OPENER_POLICY = "unsafe-none"'),
    dj("coop-unknown-word", 'OPENER_POLICY = "same-origin"', 'OPENER_POLICY = "same-site"'),
    dj("frame-allowall", 'X_FRAME_OPTIONS = "DENY"', 'X_FRAME_OPTIONS = "ALLOWALL"'),
    dj("frame-allow-from", 'X_FRAME_OPTIONS = "DENY"', 'X_FRAME_OPTIONS = "ALLOW-FROM https://partner.example.org"'),
    dj("session-secure-false", "SESSION_COOKIE_SECURE = True", "SESSION_COOKIE_SECURE = False"),
    dj("session-httponly-false", "SESSION_COOKIE_HTTPONLY = True", "SESSION_COOKIE_HTTPONLY = False"),
    dj("session-samesite-none", 'SESSION_COOKIE_SAMESITE = "Lax"', 'SESSION_COOKIE_SAMESITE = "None"'),
    dj("session-samesite-false", 'SESSION_COOKIE_SAMESITE = "Lax"', "SESSION_COOKIE_SAMESITE = False"),
    dj("session-age-year", "SESSION_COOKIE_AGE = 28800", "SESSION_COOKIE_AGE = 60 * 60 * 24 * 365"),
    dj("csrf-secure-false", "CSRF_COOKIE_SECURE = True", "CSRF_COOKIE_SECURE = False"),
    dj("csrf-samesite-none", 'CSRF_COOKIE_SAMESITE = "Lax"', 'CSRF_COOKIE_SAMESITE = "None"'),
    dj("csrf-trusted-http", '["https://shop.example.org"]', '["https://shop.example.org", "http://shop.example.org"]'),
    dj("csrf-trusted-wildcard", '["https://shop.example.org"]', '["https://*.com"]'),
    dj("csrf-trusted-any", '["https://shop.example.org"]', '["https://*"]'),
    dj("forwarded-host-any", "USE_TZ = True", 'USE_TZ = True\nUSE_X_FORWARDED_HOST = True\nALLOWED_HOSTS = ["*"]'),
    dj(
        "validators-empty",
        PACKAGE_BASE[PACKAGE_BASE.index("AUTH_PASSWORD_VALIDATORS") : PACKAGE_BASE.index("PASSWORD_HASHERS")],
        "AUTH_PASSWORD_VALIDATORS = []\n",
        "AUTH_PASSWORD_VALIDATORS = []",
    ),
    dj(
        "hashers-md5",
        '    "django.contrib.auth.hashers.Argon2PasswordHasher",\n',
        '    "django.contrib.auth.hashers.MD5PasswordHasher",\n',
        "PASSWORD_HASHERS = [",
    ),
    dj(
        "hashers-unsalted-sha1",
        '    "django.contrib.auth.hashers.Argon2PasswordHasher",\n',
        '    "django.contrib.auth.hashers.UnsaltedSHA1PasswordHasher",\n',
        "PASSWORD_HASHERS = [",
    ),
    dj(
        "serializer-pickle",
        "USE_TZ = True",
        'USE_TZ = True\nSESSION_SERIALIZER = "django.contrib.sessions.serializers.PickleSerializer"',
    ),
    dj(
        "serializer-pickle-cookies",
        "USE_TZ = True",
        'USE_TZ = True\nSESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"\nSESSION_SERIALIZER = "django.contrib.sessions.serializers.PickleSerializer"',
        "PickleSerializer",
    ),
    dj(
        "silenced-security",
        "USE_TZ = True",
        'USE_TZ = True\nSILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008"]',
    ),
    dj("propagate-exceptions", "USE_TZ = True", "USE_TZ = True\nDEBUG_PROPAGATE_EXCEPTIONS = True"),
    dj("no-security-middleware", REQUEST_MIDDLEWARE, "", "MIDDLEWARE = ["),
    dj("no-csrf-middleware", '    "django.middleware.csrf.CsrfViewMiddleware",\n', "", "MIDDLEWARE = ["),
    dj("no-frame-middleware", '    "django.middleware.clickjacking.XFrameOptionsMiddleware",\n', "", "MIDDLEWARE = ["),
    dj(
        "email-console",
        "USE_TZ = True",
        'USE_TZ = True\nEMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"',
    ),
    dj(
        "file-cache-in-media",
        "USE_TZ = True",
        'USE_TZ = True\nCACHES = {"default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": "/srv/shop/media/cache"}}',
    ),
    dj(
        "debug-toolbar",
        '    "axes",\n    "orders",',
        '    "axes",\n    "debug_toolbar",\n    "orders",',
        "INSTALLED_APPS = [",
    ),
    sample(
        "settings/async-unsafe",
        DJANGO,
        "Dockerfile",
        "ENV PYTHONUNBUFFERED=1",
        "ENV PYTHONUNBUFFERED=1 DJANGO_ALLOW_ASYNC_UNSAFE=true",
    ),
    changed(
        "settings/csrf-exempt-view",
        DJANGO,
        DJANGO.edited("orders/views.py", "@login_required\n@require", "@csrf_exempt\n@login_required\n@require").edited(
            "orders/views.py",
            "from django.views.decorators.http",
            "from django.views.decorators.csrf import csrf_exempt\nfrom django.views.decorators.http",
        ),
        "orders/views.py",
        ["@csrf_exempt", "def upload"],
    ),
    sample("settings/production-overrides-hsts", PACKAGE, P, "63072000", "0"),
    sample("settings/production-debug", PACKAGE, P, "SECURE_HSTS", "DEBUG = True\nSECURE_HSTS"),
    sample("settings/production-hosts", PACKAGE, P, "SECURE_HSTS", 'ALLOWED_HOSTS = ["*"]\nSECURE_HSTS'),
    sample(
        "settings/base-cookie",
        PACKAGE,
        "shop/settings/base.py",
        "SESSION_COOKIE_SECURE = True",
        "SESSION_COOKIE_SECURE = False",
    ),
    sample(
        "settings/production-removes-middleware",
        PACKAGE,
        P,
        "SECURE_HSTS",
        'MIDDLEWARE.remove("django.middleware.csrf.CsrfViewMiddleware")\nSECURE_HSTS',
    ),
    sample(
        "settings/production-hardening-before-import",
        PACKAGE,
        P,
        "SECURE_HSTS_SECONDS = 63072000\n",
        "SECURE_HSTS_SECONDS = 63072000\n\nif not DEBUG:\n    SESSION_COOKIE_SECURE = False\n",
        "SESSION_COOKIE_SECURE = False",
    ),
    sample(
        "settings/environ-debug-default",
        ENVIRON,
        S,
        'env.bool("DEBUG", default=False)',
        'env.bool("DEBUG", default=True)',
    ),
    sample(
        "settings/environ-scheme-default",
        ENVIRON,
        S,
        'environ.Env()\nDEBUG = env.bool("DEBUG", default=False)',
        'environ.Env(DEBUG=(bool, True))\nDEBUG = env("DEBUG")',
        'DEBUG = env("DEBUG")',
    ),
    sample(
        "settings/environ-secret-default",
        ENVIRON,
        S,
        'os.environ["SECRET_KEY"]',
        'environ.Env()("SECRET_KEY", default="not-so-secret")',
    ),
    sample(
        "settings/environ-hosts-list",
        ENVIRON,
        S,
        '["shop.example.org"]\n\nINST',
        'env.list("ALLOWED_HOSTS", default=["*"])\n\nINST',
    ),
    sample("settings/decouple-debug", DECOUPLE, S, 'config("DEBUG", default=False', 'config("DEBUG", default=True'),
    sample("settings/decouple-hosts", DECOUPLE, S, 'default="shop.example.org"', 'default="*"'),
    sample(
        "settings/compose-sets-debug",
        COMPOSE_ENV,
        "compose.yaml",
        'DJANGO_DEBUG: "0"',
        'DJANGO_DEBUG: "1"',
        [("shop/settings.py", "DEBUG = os"), 'DJANGO_DEBUG: "1"'],
    ),
    sample(
        "settings/class-prod-debug",
        CLASSES,
        S,
        "    SESSION_COOKIE_AGE = 14400\n",
        "    SESSION_COOKIE_AGE = 14400\n    DEBUG = values.BooleanValue(True)\n",
    ),
    changed(
        "settings/class-prod-hosts",
        CLASSES,
        CLASSES.edited(
            S, "    SESSION_COOKIE_AGE = 14400\n", '    SESSION_COOKIE_AGE = 14400\n    ALLOWED_HOSTS = ["*"]\n'
        ),
        S,
        (S, "SESSION_COOKIE_AGE = 14400", 1),
    ),
    sample(
        "settings/class-base-cookie",
        CLASSES,
        S,
        "    SESSION_COOKIE_SECURE = True",
        "    SESSION_COOKIE_SECURE = False",
    ),
    sample(
        "settings/csp6-unsafe-inline",
        DJANGO6,
        S,
        """"script-src": ["'self'"]""",
        """"script-src": ["'self'", "'unsafe-inline'"]""",
        ["SECURE_CSP = {", "unsafe-inline"],
    ),
    sample(
        "settings/csp6-any",
        DJANGO6,
        S,
        """"script-src": ["'self'"]""",
        """"script-src": ["*"]""",
        ["SECURE_CSP = {", '"script-src"'],
    ),
    sample(
        "settings/csp6-not-a-dict",
        DJANGO6,
        S,
        DJANGO6.files[S][DJANGO6.files[S].index("SECURE_CSP = {") : DJANGO6.files[S].index("LOGGING = {")],
        "SECURE_CSP = \"default-src 'self'\"\n\n",
        "SECURE_CSP =",
    ),
    sample(
        "settings/csp6-no-middleware",
        DJANGO6,
        S,
        '    "django.middleware.csp.ContentSecurityPolicyMiddleware",\n',
        "",
        ["MIDDLEWARE = [", "SECURE_CSP = {"],
    ),
    sample("settings/csp6-only-report", DJANGO6, S, "SECURE_CSP = {", "SECURE_CSP_REPORT_ONLY = {"),
    sample(
        "settings/dead-name-browser-xss",
        DJANGO,
        S,
        "SECURE_SSL_REDIRECT = True",
        "SECURE_SSL_REDIRECT = True\nSECURE_BROWSER_XSS_FILTER = True",
    ),
    sample(
        "settings/misspelt",
        DJANGO,
        S,
        "SESSION_COOKIE_SECURE = True",
        "SESSION_COOKIES_SECURE = True",
        "SESSION_COOKIES_SECURE",
    ),
    sample(
        "settings/changed-in-ready",
        DJANGO,
        "orders/apps.py",
        "",
        'from django.apps import AppConfig\nfrom django.conf import settings\n\n\nclass OrdersConfig(AppConfig):\n    name = "orders"\n\n    def ready(self):\n        settings.SESSION_COOKIE_SECURE = False\n',
        "settings.SESSION_COOKIE_SECURE = False",
    ),
    sample(
        "settings/changed-by-setattr",
        DJANGO,
        "orders/apps.py",
        "",
        'from django.apps import AppConfig\nfrom django.conf import settings\n\n\nclass OrdersConfig(AppConfig):\n    name = "orders"\n\n    def ready(self):\n        setattr(settings, "CSRF_" + "COOKIE_SECURE", False)\n',
        "setattr",
    ),
    sample("settings/database-ssl-off", DJANGO, S, '"sslmode": "verify-full"', '"sslmode": "disable"', "sslmode"),
)

SAMPLES: tuple[Sample, ...] = (*DJANGO_SAMPLES,)
