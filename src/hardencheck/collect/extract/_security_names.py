"""Which names of settings matter for security: those whose change or misspelling is worth a word."""

from hardencheck.collect.extract._statements import FLASK, SECURITY
from hardencheck.lazily import compiled

_MORE = frozenset({
    "SIMPLE_JWT", "SIGNING_BACKEND", "DISALLOWED_USER_AGENTS", "MIDDLEWARE_CLASSES",
    "DEFAULT_EXCEPTION_REPORTER_FILTER", "DEFAULT_EXCEPTION_REPORTER", "DEFAULT_HASHING_ALGORITHM", "TEMPLATE_DEBUG",
    "PERMANENT_SESSION_LIFETIME", "PREFERRED_URL_SCHEME", "PROPAGATE_EXCEPTIONS", "TRAP_HTTP_EXCEPTIONS",
    "LOGIN_DISABLED", "MAX_COOKIE_SIZE", "DEBUG_TOOLBAR_CONFIG", "AXES_ENABLED", "RATELIMIT_ENABLE",
    "RATELIMIT_ENABLED", "TALISMAN_ENABLED", "FORCE_HTTPS",
})  # fmt: skip
_PREFIXES = (
    "SECURE_", "SESSION_", "CSRF_", "CORS_", "CSP_", "PASSWORD_", "ALLOWED_HOST", "DATA_UPLOAD_",
    "FILE_UPLOAD_", "X_FRAME_", "USE_X_FORWARDED_", "WTF_CSRF_", "JWT_", "REMEMBER_COOKIE_", "SECURITY_",
    "LANGUAGE_COOKIE_",
    # who may sign in, and how
    "AUTH_", "CAS_", "SOCIAL_AUTH_", "OIDC_", "SAML_", "OAUTH2_", "AXES_",
)  # fmt: skip
# Where something is, and how paths are written: a change of these is nothing of security by itself.
_PLACES = frozenset({
    "ADMINS", "APPEND_SLASH", "ASGI_APPLICATION", "CACHES", "MEDIA_ROOT", "MEDIA_URL", "PREPEND_WWW", "STATIC_URL",
    "WSGI_APPLICATION",
})  # fmt: skip
NAMES = (SECURITY | FLASK | _MORE) - _PLACES
# Parts of names that have to do with security, those of misspelt names among them.
_PARTS = frozenset({
    "SECURE", "SECURED", "SESSION", "SESSIONS", "CSRF", "XSRF", "CORS", "CSP", "HSTS", "SSL", "COOKIE", "COOKIES",
    "ALLOWED", "ALLOW", "HOST", "HOSTS", "MIDDLEWARE", "MIDDLEWARES", "FRAME", "XFRAME", "FORWARDED", "PASSWORD",
    "PASSWORDS", "UPLOAD", "TRUSTED", "REFERRER", "REFERER", "SECURITY", "NOSNIFF", "POLICY", "SECRET", "FORM",
    "REMEMBER", "WTF", "JWT", "BACKEND", "BACKENDS", "SILENCED", "SILENCE", "AUTHENTICATION", "HASHERS", "DEBUG",
    "PROXY", "HTTPONLY", "SAMESITE", "AUTH", "INSTALLED", "ORIGINS", "HASHING", "STORAGE", "CONTENT",
})  # fmt: skip
# Every name with such a part holds one of these texts: a file without any of them names no such setting.
SPELLINGS = tuple(part.encode() for part in sorted(_PARTS - {
    "SECURED", "SESSIONS", "COOKIES", "ALLOWED", "HOSTS", "MIDDLEWARES", "XFRAME", "PASSWORDS", "BACKENDS", "SILENCED",
    "AUTHENTICATION", "WTF", "JWT",
}))  # fmt: skip
# A name as it stands in text that is not Python.
NAME_IN_TEXT = compiled(r"(?<![A-Za-z0-9_$%{])[A-Z][A-Z0-9_]{2,60}(?![A-Za-z0-9_])")


def relevant(name: str) -> bool:
    """Whether a setting of this name has to do with security."""
    return name in NAMES or (name.startswith(_PREFIXES) and name.isupper())


def sounds_relevant(name: str) -> bool:
    """Whether a setting of this name, or the one that somebody meant who misspelt it, has to do with security."""
    return relevant(name) or not _PARTS.isdisjoint(name.split("_"))


def may_be_relevant(start: str) -> bool:
    """Whether some security setting starts like this: what is known of a name that is computed."""
    return any(name.startswith(start) for name in NAMES) or any(
        start.startswith(prefix) or prefix.startswith(start) for prefix in _PREFIXES
    )
