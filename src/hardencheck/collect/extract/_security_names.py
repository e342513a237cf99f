"""Which names of settings matter for security: those whose change or misspelling is worth a word."""

from hardencheck.collect.extract._statements import DJANGO, FLASK
from hardencheck.lazily import compiled

_MORE = frozenset({
    "LOGGING", "LOGGING_CONFIG", "AUTHENTICATION_BACKENDS", "REST_FRAMEWORK", "SIMPLE_JWT", "TEMPLATES", "INTERNAL_IPS",
    "USE_X_FORWARDED_PORT", "SIGNING_BACKEND", "DISALLOWED_USER_AGENTS", "MIDDLEWARE_CLASSES", "STORAGES",
    "DEFAULT_FILE_STORAGE", "DEFAULT_EXCEPTION_REPORTER_FILTER", "DEFAULT_EXCEPTION_REPORTER",
    "DEFAULT_HASHING_ALGORITHM", "TEMPLATE_DEBUG", "PERMANENT_SESSION_LIFETIME", "PREFERRED_URL_SCHEME",
    "PROPAGATE_EXCEPTIONS", "TRAP_HTTP_EXCEPTIONS", "LOGIN_DISABLED", "MAX_COOKIE_SIZE", "DEBUG_TOOLBAR_CONFIG",
    "AXES_ENABLED", "RATELIMIT_ENABLE", "RATELIMIT_ENABLED", "TALISMAN_ENABLED", "FORCE_HTTPS",
})  # fmt: skip
_PREFIXES = (
    "SECURE_", "SESSION_", "CSRF_", "CORS_", "CSP_", "AUTH_PASSWORD_", "PASSWORD_", "ALLOWED_HOST", "DATA_UPLOAD_",
    "FILE_UPLOAD_", "X_FRAME_", "USE_X_FORWARDED_", "WTF_CSRF_", "JWT_", "REMEMBER_COOKIE_", "SECURITY_",
    "LANGUAGE_COOKIE_",
)  # fmt: skip
NAMES = DJANGO | FLASK | _MORE
# A name as it stands in text that is not Python.
NAME_IN_TEXT = compiled(r"(?<![A-Za-z0-9_$%{])[A-Z][A-Z0-9_]{2,60}(?![A-Za-z0-9_])")


def relevant(name: str) -> bool:
    """Whether a setting of this name has to do with security."""
    return name in NAMES or (name.startswith(_PREFIXES) and name.isupper())


def may_be_relevant(start: str) -> bool:
    """Whether some security setting starts like this: what is known of a name that is computed."""
    return any(name.startswith(start) for name in NAMES) or any(
        start.startswith(prefix) or prefix.startswith(start) for prefix in _PREFIXES
    )
