"""The names of settings that matter for security: those that are judged, and those whose change or misspelling is worth
a word."""

from hardencheck.lazily import compiled

SECRETS = frozenset({"SECRET_KEY", "SECRET_KEY_FALLBACKS", "secret_key"})
DJANGO = frozenset({
    "DEBUG", "ALLOWED_HOSTS", "SECRET_KEY", "SECRET_KEY_FALLBACKS", "MIDDLEWARE", "INSTALLED_APPS", "ROOT_URLCONF",
    "SECURE_SSL_REDIRECT", "SECURE_SSL_HOST", "SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    "SECURE_HSTS_PRELOAD", "SECURE_CONTENT_TYPE_NOSNIFF", "SECURE_REFERRER_POLICY", "SECURE_CROSS_ORIGIN_OPENER_POLICY",
    "SECURE_CSP", "SECURE_PROXY_SSL_HEADER", "SECURE_REDIRECT_EXEMPT", "X_FRAME_OPTIONS", "USE_X_FORWARDED_HOST",
    "SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE",
    "SESSION_COOKIE_AGE", "SESSION_SERIALIZER", "SESSION_ENGINE",
    "CSRF_COOKIE_NAME", "CSRF_COOKIE_SECURE", "CSRF_COOKIE_HTTPONLY", "CSRF_COOKIE_SAMESITE", "CSRF_USE_SESSIONS",
    "CSRF_TRUSTED_ORIGINS", "AUTH_PASSWORD_VALIDATORS", "PASSWORD_HASHERS", "SILENCED_SYSTEM_CHECKS",
    "DEBUG_PROPAGATE_EXCEPTIONS",
    "CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL", "CORS_ALLOW_CREDENTIALS",
    "CONTENT_SECURITY_POLICY", "CSP_DEFAULT_SRC", "PERMISSIONS_POLICY",
    "DATA_UPLOAD_MAX_MEMORY_SIZE", "DATA_UPLOAD_MAX_NUMBER_FIELDS", "DATA_UPLOAD_MAX_NUMBER_FILES",
    "FILE_UPLOAD_MAX_MEMORY_SIZE", "FILE_UPLOAD_PERMISSIONS", "FILE_UPLOAD_DIRECTORY_PERMISSIONS",
    "FILE_UPLOAD_HANDLERS",
})  # fmt: skip
# Shown in the production defaults where they are set.
SECURITY = DJANGO | frozenset({
    "LOGGING", "LOGGING_CONFIG", "CACHES", "STORAGES", "DEFAULT_FILE_STORAGE", "AUTHENTICATION_BACKENDS",
    "SESSION_EXPIRE_AT_BROWSER_CLOSE", "SESSION_SAVE_EVERY_REQUEST", "SESSION_COOKIE_DOMAIN", "SESSION_COOKIE_PATH",
    "SESSION_CACHE_ALIAS", "CSRF_COOKIE_DOMAIN", "CSRF_COOKIE_PATH", "CSRF_COOKIE_AGE", "CSRF_HEADER_NAME",
    "CSRF_FAILURE_VIEW", "LANGUAGE_COOKIE_SECURE", "LANGUAGE_COOKIE_HTTPONLY", "LANGUAGE_COOKIE_SAMESITE",
    "PASSWORD_RESET_TIMEOUT", "USE_X_FORWARDED_PORT", "PREPEND_WWW", "APPEND_SLASH", "INTERNAL_IPS", "ADMINS",
    "MEDIA_URL", "MEDIA_ROOT", "STATIC_URL", "SECURE_BROWSER_XSS_FILTER", "SECURE_CSP_REPORT_ONLY",
    "CORS_ALLOWED_ORIGINS", "CORS_ALLOWED_ORIGIN_REGEXES", "CORS_ORIGIN_WHITELIST", "CORS_ALLOW_HEADERS",
    "CORS_ALLOW_METHODS", "CORS_URLS_REGEX", "CORS_EXPOSE_HEADERS", "CORS_ALLOW_PRIVATE_NETWORK",
    "REST_FRAMEWORK", "ADMIN_URL", "WSGI_APPLICATION", "ASGI_APPLICATION", "TEMPLATES",
})  # fmt: skip
FLASK = frozenset({
    "DEBUG", "TESTING", "SECRET_KEY", "SECRET_KEY_FALLBACKS", "SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE",
    "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE", "MAX_CONTENT_LENGTH", "MAX_FORM_MEMORY_SIZE",
    "MAX_FORM_PARTS", "WTF_CSRF_ENABLED", "TRUSTED_HOSTS",
})  # fmt: skip
GUNICORN = frozenset({"limit_request_line", "limit_request_fields", "limit_request_field_size", "timeout", "keepalive"})
KNOWN = DJANGO | FLASK
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
