"""Data of libraries that settings are put together from, by the version that the repository asks for.

Where it admits several versions with different values, it is one of them. Source: django-cors-headers 3.5 to 4.9,
corsheaders/defaults.py; Django 2.2 to 6.1, django/conf/global_settings.py; Django 2.2 to 6.0, django/utils/log.py.
"""

from collections.abc import Callable, Sequence

from hardencheck.collect.interpret.modelling import Call
from hardencheck.collect.interpret.values import Value, join, lifted

_CORS = ("accept", "authorization", "content-type", "user-agent", "x-csrftoken", "x-requested-with")
_HASHERS = [
    f"django.contrib.auth.hashers.{name}PasswordHasher"
    for name in ("PBKDF2", "PBKDF2SHA1", "Argon2", "BCryptSHA256", "Scrypt")
]
_METHODS = ("DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT")
_REQUIRE, _CONSOLE = "django.utils.log.RequireDebug", "logging.StreamHandler"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"require_debug_false": {"()": f"{_REQUIRE}False"}, "require_debug_true": {"()": f"{_REQUIRE}True"}},
    "formatters": {
        "django.server": {
            "()": "django.utils.log.ServerFormatter", "format": "[{server_time}] {message}", "style": "{",
        },
    },
    "handlers": {
        "console": {"level": "INFO", "filters": ["require_debug_true"], "class": _CONSOLE},
        "django.server": {"level": "INFO", "class": _CONSOLE, "formatter": "django.server"},
        "mail_admins": {
            "level": "ERROR", "filters": ["require_debug_false"], "class": "django.utils.log.AdminEmailHandler",
        },
    },
    "loggers": {
        "django": {"handlers": ["console", "mail_admins"], "level": "INFO"},
        "django.server": {"handlers": ["django.server"], "level": "INFO", "propagate": False},
    },
}  # fmt: skip
# dotted name -> package, and the value since each version, the oldest first.
_DATA: dict[str, tuple[str, Sequence[tuple[tuple[int, ...], object]]]] = {
    **dict.fromkeys(
        ("corsheaders.defaults.default_headers", "corsheaders.conf.default_headers"),
        ("django-cors-headers", [
            ((), (*_CORS[:1], "accept-encoding", *_CORS[1:3], "dnt", "origin", *_CORS[3:])), ((4, 0), _CORS),
        ]),
    ),
    "corsheaders.defaults.default_methods": ("django-cors-headers", [((), _METHODS)]),
    "django.utils.log.DEFAULT_LOGGING": ("django", [((), LOGGING)]),
    "django.conf.global_settings.PASSWORD_HASHERS": ("django", [((), _HASHERS[:4]), ((4, 0), _HASHERS)]),
    "django.conf.global_settings.AUTHENTICATION_BACKENDS": (
        "django", [((), ["django.contrib.auth.backends.ModelBackend"])],
    ),
    "django.conf.global_settings.FILE_UPLOAD_HANDLERS": ("django", [((), [
        "django.core.files.uploadhandler.MemoryFileUploadHandler",
        "django.core.files.uploadhandler.TemporaryFileUploadHandler",
    ])]),
    "django.conf.global_settings.STATICFILES_FINDERS": ("django", [((), [
        "django.contrib.staticfiles.finders.FileSystemFinder",
        "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    ])]),
    **{f"django.conf.global_settings.{name}": ("django", [((), [])])
       for name in ("MIDDLEWARE", "INSTALLED_APPS", "ALLOWED_HOSTS", "INTERNAL_IPS", "TEMPLATES", "LOCALE_PATHS")},
}  # fmt: skip


def _constant(call: Call) -> Value | None:
    """Everybody who imports it gets the same list."""
    shared = call.interpreter.shared
    if call.name not in shared:
        package, history = _DATA[call.name]
        versions = call.interpreter.source.versions
        lowest, highest = versions(package) if versions is not None else ((), (10_000,))
        ends = [*(since for since, _ in history[1:]), (10_001,)]
        found = [value for (since, value), end in zip(history, ends, strict=True) if since <= highest and end > lowest]
        shared[call.name] = join([lifted(value) for value in found or [history[-1][1]]])
    return shared[call.name]


CONSTANTS: dict[str, Callable[[Call], Value | None]] = dict.fromkeys(_DATA, _constant)
