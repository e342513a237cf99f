"""Names of settings that Django, Flask and packages beside them read, and in which versions they do. Facts only.

Source: the module of defaults and the release notes of Django 1.8 to 6.1; Flask 3.1, Flask-Login 0.6, Flask-WTF 1.3,
Flask-JWT-Extended 4.7; django-cors-headers 4.9, django-csp 3.8 and 4.0, django-permissions-policy 4.
"""

from typing import NamedTuple

_Version = tuple[int, ...]


class Span(NamedTuple):
    """since: the first version that reads a setting. gone: the first one that does not any more, None for none."""

    since: _Version = (0,)
    gone: _Version | None = None


# Read by every version from 1.8 on.
_SETTLED = """
ABSOLUTE_URL_OVERRIDES ADMINS ALLOWED_HOSTS APPEND_SLASH AUTHENTICATION_BACKENDS AUTH_USER_MODEL CACHES
CACHE_MIDDLEWARE_ALIAS CACHE_MIDDLEWARE_KEY_PREFIX CACHE_MIDDLEWARE_SECONDS CSRF_COOKIE_AGE CSRF_COOKIE_DOMAIN
CSRF_COOKIE_HTTPONLY CSRF_COOKIE_NAME CSRF_COOKIE_PATH CSRF_COOKIE_SECURE CSRF_FAILURE_VIEW DATABASES DATABASE_ROUTERS
DATETIME_FORMAT DATETIME_INPUT_FORMATS DATE_FORMAT DATE_INPUT_FORMATS DEBUG DEBUG_PROPAGATE_EXCEPTIONS
DECIMAL_SEPARATOR DEFAULT_CHARSET DEFAULT_EXCEPTION_REPORTER_FILTER DEFAULT_FROM_EMAIL DEFAULT_INDEX_TABLESPACE
DEFAULT_TABLESPACE DISALLOWED_USER_AGENTS EMAIL_BACKEND EMAIL_HOST EMAIL_HOST_PASSWORD EMAIL_HOST_USER EMAIL_PORT
EMAIL_SSL_CERTFILE EMAIL_SSL_KEYFILE EMAIL_SUBJECT_PREFIX EMAIL_TIMEOUT EMAIL_USE_SSL EMAIL_USE_TLS
FILE_UPLOAD_DIRECTORY_PERMISSIONS FILE_UPLOAD_HANDLERS FILE_UPLOAD_MAX_MEMORY_SIZE FILE_UPLOAD_PERMISSIONS
FILE_UPLOAD_TEMP_DIR FIRST_DAY_OF_WEEK FIXTURE_DIRS FORCE_SCRIPT_NAME FORMAT_MODULE_PATH IGNORABLE_404_URLS
INSTALLED_APPS INTERNAL_IPS LANGUAGES LANGUAGES_BIDI LANGUAGE_CODE LANGUAGE_COOKIE_AGE LANGUAGE_COOKIE_DOMAIN
LANGUAGE_COOKIE_NAME LANGUAGE_COOKIE_PATH LOCALE_PATHS LOGGING LOGGING_CONFIG LOGIN_REDIRECT_URL LOGIN_URL MANAGERS
MEDIA_ROOT MEDIA_URL MESSAGE_STORAGE MIGRATION_MODULES MONTH_DAY_FORMAT NUMBER_GROUPING PASSWORD_HASHERS PREPEND_WWW
SECRET_KEY SECURE_CONTENT_TYPE_NOSNIFF SECURE_HSTS_INCLUDE_SUBDOMAINS SECURE_HSTS_SECONDS SECURE_PROXY_SSL_HEADER
SECURE_REDIRECT_EXEMPT SECURE_SSL_HOST SECURE_SSL_REDIRECT SERVER_EMAIL SESSION_CACHE_ALIAS SESSION_COOKIE_AGE
SESSION_COOKIE_DOMAIN SESSION_COOKIE_HTTPONLY SESSION_COOKIE_NAME SESSION_COOKIE_PATH SESSION_COOKIE_SECURE
SESSION_ENGINE SESSION_EXPIRE_AT_BROWSER_CLOSE SESSION_FILE_PATH SESSION_SAVE_EVERY_REQUEST SESSION_SERIALIZER
SHORT_DATETIME_FORMAT SHORT_DATE_FORMAT SIGNING_BACKEND SILENCED_SYSTEM_CHECKS STATICFILES_DIRS STATICFILES_FINDERS
STATIC_ROOT STATIC_URL TEMPLATES TEST_NON_SERIALIZED_APPS TEST_RUNNER THOUSAND_SEPARATOR TIME_FORMAT
TIME_INPUT_FORMATS TIME_ZONE USE_I18N USE_THOUSAND_SEPARATOR USE_TZ USE_X_FORWARDED_HOST WSGI_APPLICATION
X_FRAME_OPTIONS YEAR_MONTH_FORMAT
""".split()
DJANGO_NAMES: dict[str, Span] = {
    **{name: Span() for name in _SETTLED},
    "ALLOWED_INCLUDE_ROOTS": Span(gone=(1, 10)), "AUTH_PASSWORD_VALIDATORS": Span((1, 9)),
    "CSRF_COOKIE_MASKED": Span((4, 1), (5, 0)), "CSRF_COOKIE_SAMESITE": Span((2, 1)), "CSRF_HEADER_NAME": Span((1, 9)),
    "CSRF_TRUSTED_ORIGINS": Span((1, 9)), "CSRF_USE_SESSIONS": Span((1, 11)),
    "DATA_UPLOAD_MAX_MEMORY_SIZE": Span((1, 10)), "DATA_UPLOAD_MAX_NUMBER_FIELDS": Span((1, 10)),
    "DATA_UPLOAD_MAX_NUMBER_FILES": Span((3, 2, 18)), "DEFAULT_AUTO_FIELD": Span((3, 2)),
    "DEFAULT_CONTENT_TYPE": Span(gone=(3, 0)), "DEFAULT_EXCEPTION_REPORTER": Span((3, 1)),
    "DEFAULT_FILE_STORAGE": Span(gone=(5, 1)), "DEFAULT_HASHING_ALGORITHM": Span((3, 1), (4, 0)),
    "EMAIL_USE_LOCALTIME": Span((1, 11)), "FILE_CHARSET": Span(gone=(3, 1)),
    "FORMS_URLFIELD_ASSUME_HTTPS": Span((5, 0), (6, 0)), "FORM_RENDERER": Span((1, 11)),
    "LANGUAGE_COOKIE_HTTPONLY": Span((3, 0)), "LANGUAGE_COOKIE_SAMESITE": Span((3, 0)),
    "LANGUAGE_COOKIE_SECURE": Span((3, 0)), "LOGOUT_REDIRECT_URL": Span((1, 10)), "LOGOUT_URL": Span(gone=(1, 10)),
    "MIDDLEWARE": Span((1, 10)), "MIDDLEWARE_CLASSES": Span(gone=(2, 0)), "PASSWORD_RESET_TIMEOUT": Span((3, 1)),
    "PASSWORD_RESET_TIMEOUT_DAYS": Span(gone=(4, 0)), "SECRET_KEY_FALLBACKS": Span((4, 1)),
    "SECURE_BROWSER_XSS_FILTER": Span(gone=(4, 0)), "SECURE_CROSS_ORIGIN_OPENER_POLICY": Span((4, 0)),
    "SECURE_CSP": Span((6, 0)), "SECURE_CSP_REPORT_ONLY": Span((6, 0)), "SECURE_HSTS_PRELOAD": Span((1, 11)),
    "SECURE_REFERRER_POLICY": Span((3, 0)), "SESSION_COOKIE_SAMESITE": Span((2, 1)),
    "SIGNED_COOKIE_LEGACY_SALT_FALLBACK": Span((5, 2)), "STATICFILES_STORAGE": Span(gone=(5, 1)),
    "STORAGES": Span((4, 2)), "TASKS": Span((6, 0)), "TEMPLATE_CONTEXT_PROCESSORS": Span(gone=(1, 10)),
    "TEMPLATE_DEBUG": Span(gone=(1, 10)), "TEMPLATE_DIRS": Span(gone=(1, 10)), "TEMPLATE_LOADERS": Span(gone=(1, 10)),
    "TEMPLATE_STRING_IF_INVALID": Span(gone=(1, 10)), "URLIZE_ASSUME_HTTPS": Span((6, 0)),
    "USE_BLANK_CHOICE_DASH": Span((6, 1)), "USE_DEPRECATED_PYTZ": Span((4, 0), (5, 0)), "USE_ETAGS": Span(gone=(2, 1)),
    "USE_L10N": Span(gone=(5, 0)), "USE_X_FORWARDED_PORT": Span((1, 9)),
}  # fmt: skip
# Of Django 2.2 and all later ones, and of some of those only.
_OLDEST: _Version = (2, 2)
ALWAYS = frozenset(name for name, span in DJANGO_NAMES.items() if span.since <= _OLDEST and span.gone is None)
SOMETIMES = frozenset(
    name for name, span in DJANGO_NAMES.items() if name not in ALWAYS and (span.gone is None or span.gone > _OLDEST)
)
# The fix of CVE-2023-24580 came to each supported series with a version of its own.
_BACKPORTS: dict[str, tuple[_Version, ...]] = {"DATA_UPLOAD_MAX_NUMBER_FILES": ((4, 0, 10), (4, 1, 7))}


def reads(name: str, at: _Version) -> bool:
    """Whether a version of Django knows a setting of its own already (it may have dropped it again)."""
    span = DJANGO_NAMES[name]
    for fixed in _BACKPORTS.get(name, ()):
        if at[:2] == fixed[:2]:
            return at >= fixed
    return at >= span.since


CORS = frozenset({
    "CORS_ALLOWED_ORIGINS", "CORS_ALLOWED_ORIGIN_REGEXES", "CORS_ALLOW_ALL_ORIGINS", "CORS_ALLOW_CREDENTIALS",
    "CORS_ALLOW_HEADERS", "CORS_ALLOW_METHODS", "CORS_ALLOW_PRIVATE_NETWORK", "CORS_EXPOSE_HEADERS", "CORS_MODEL",
    "CORS_ORIGIN_ALLOW_ALL", "CORS_ORIGIN_REGEX_WHITELIST", "CORS_ORIGIN_WHITELIST", "CORS_PREFLIGHT_MAX_AGE",
    "CORS_REPLACE_HTTPS_REFERER", "CORS_URLS_REGEX",
})  # fmt: skip
# django-csp up to 3.8: setting -> directive, in the order in which it writes them (`csp.utils.from_settings`). From 4.0
# on it reads CONTENT_SECURITY_POLICY alone.
CSP_3_DIRECTIVES = {
    f"CSP_{name.upper().replace('-', '_')}": name
    for name in (
        "child-src", "connect-src", "default-src", "script-src", "script-src-attr", "script-src-elem", "object-src",
        "style-src", "style-src-attr", "style-src-elem", "font-src", "frame-src", "img-src", "manifest-src",
        "media-src", "prefetch-src", "worker-src", "base-uri", "plugin-types", "sandbox", "form-action",
        "frame-ancestors", "navigate-to", "require-sri-for", "report-uri", "report-to", "require-trusted-types-for",
        "trusted-types", "upgrade-insecure-requests", "block-all-mixed-content",
    )
}  # fmt: skip
CSP_3 = frozenset({
    *CSP_3_DIRECTIVES, "CSP_EXCLUDE_URL_PREFIXES", "CSP_INCLUDE_NONCE_IN", "CSP_REPORT_ONLY", "CSP_REPORT_PERCENTAGE",
})  # fmt: skip
CSP_4 = frozenset({"CONTENT_SECURITY_POLICY", "CONTENT_SECURITY_POLICY_REPORT_ONLY"})
PERMISSIONS = frozenset({"PERMISSIONS_POLICY", "PERMISSIONS_POLICY_REPORT_ONLY"})
# Flask and packages for it; what `app_config.DEFAULTS` has besides was always there.
FLASK_NAMES: dict[str, Span] = {
    "SESSION_COOKIE_SAMESITE": Span((1, 0)), "MAX_COOKIE_SIZE": Span((1, 0)), "SECRET_KEY_FALLBACKS": Span((3, 1)),
    "SESSION_COOKIE_PARTITIONED": Span((3, 1)), "TRUSTED_HOSTS": Span((3, 1)), "MAX_FORM_MEMORY_SIZE": Span((3, 1)),
    "MAX_FORM_PARTS": Span((3, 1)), "PROVIDE_AUTOMATIC_OPTIONS": Span((3, 1)),
    **{name: Span() for name in (
        "PERMANENT_SESSION_LIFETIME", "TRAP_HTTP_EXCEPTIONS", "SEND_FILE_MAX_AGE_DEFAULT",
        "REMEMBER_COOKIE_DOMAIN", "REMEMBER_COOKIE_DURATION", "REMEMBER_COOKIE_HTTPONLY", "REMEMBER_COOKIE_NAME",
        "REMEMBER_COOKIE_PATH", "REMEMBER_COOKIE_REFRESH_EACH_REQUEST", "REMEMBER_COOKIE_SAMESITE",
        "REMEMBER_COOKIE_SECURE", "SESSION_PROTECTION",
        "WTF_CSRF_CHECK_DEFAULT", "WTF_CSRF_ENABLED", "WTF_CSRF_FIELD_NAME", "WTF_CSRF_HEADERS", "WTF_CSRF_METHODS",
        "WTF_CSRF_SECRET_KEY", "WTF_CSRF_SSL_STRICT", "WTF_CSRF_TIME_LIMIT",
        "JWT_COOKIE_CSRF_PROTECT", "JWT_COOKIE_DOMAIN", "JWT_COOKIE_SAMESITE", "JWT_COOKIE_SECURE",
        "JWT_ACCESS_TOKEN_EXPIRES", "JWT_REFRESH_TOKEN_EXPIRES", "JWT_SECRET_KEY", "JWT_TOKEN_LOCATION",
        "JWT_CSRF_CHECK_FORM", "JWT_CSRF_IN_COOKIES", "JWT_CSRF_METHODS", "JWT_SESSION_COOKIE",
    )},
}  # fmt: skip

# Who reads which settings of Django, by the short name of the middleware (`_django.OWN_MIDDLEWARE` ...).
READ_BY: dict[str, frozenset[str]] = {
    "security": frozenset({
        "SECURE_CONTENT_TYPE_NOSNIFF", "SECURE_CROSS_ORIGIN_OPENER_POLICY", "SECURE_HSTS_INCLUDE_SUBDOMAINS",
        "SECURE_HSTS_PRELOAD", "SECURE_HSTS_SECONDS", "SECURE_REDIRECT_EXEMPT", "SECURE_REFERRER_POLICY",
        "SECURE_SSL_HOST", "SECURE_SSL_REDIRECT",
    }),
    "clickjacking": frozenset({"X_FRAME_OPTIONS"}),
    "csrf": frozenset({
        "CSRF_COOKIE_AGE", "CSRF_COOKIE_DOMAIN", "CSRF_COOKIE_HTTPONLY", "CSRF_COOKIE_NAME", "CSRF_COOKIE_PATH",
        "CSRF_COOKIE_SAMESITE", "CSRF_COOKIE_SECURE", "CSRF_FAILURE_VIEW", "CSRF_HEADER_NAME", "CSRF_TRUSTED_ORIGINS",
        "CSRF_USE_SESSIONS",
    }),
    "session": frozenset({
        "SESSION_COOKIE_DOMAIN", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_NAME", "SESSION_COOKIE_PATH",
        "SESSION_COOKIE_SAMESITE", "SESSION_COOKIE_SECURE", "SESSION_SAVE_EVERY_REQUEST",
    }),
    "csp": frozenset({"SECURE_CSP", "SECURE_CSP_REPORT_ONLY"}),
    "cors": CORS,
    "django-csp": CSP_3 | CSP_4,
    "permissions": PERMISSIONS,
}  # fmt: skip
# Words by which a middleware of somebody else may do the same with the same settings.
KIN: dict[str, tuple[str, ...]] = {
    "security": ("secur", "ssl", "https", "hsts"),
    "clickjacking": ("frame", "clickjack", "secur"),
    "csrf": ("csrf", "xsrf"),
    "session": ("session",),
    "csp": ("csp", "contentsecurity", "content_security"),
    "cors": ("cors",),
    "django-csp": ("csp", "contentsecurity", "content_security"),
    "permissions": ("permissionspolicy", "permissions_policy", "featurepolicy"),
}
