"""LOGGING of Django."""

from .base_django import DJANGO
from .sample import WHOLE, At, Base, Sample, changed, sample

S = "shop/settings.py"


def dj(name: str, old: str, new: str, at: At | list[At] = "", base: Base = DJANGO) -> Sample:
    return sample(f"logging/django-{name}", base, S, old, new, at)


SECURITY = '        "django.security": {"handlers": ["console"], "level": "INFO", "propagate": False},\n'

REQUEST = '        "django.request": {"handlers": ["console"], "level": "WARNING", "propagate": False},\n'

BACKENDS = '        "django.db.backends": {"handlers": ["console"], "level": "WARNING", "propagate": False},\n'

CONSOLE = '        "console": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["guid"]},\n'

BLOCK = DJANGO.files[S][DJANGO.files[S].index("LOGGING = {") :]


def handler(text: str) -> str:
    return CONSOLE + f'        "file": {text},\n'


ROOT = '"root": {"handlers": ["console"], "level": "INFO"}'

FILE_ROOT = '"root": {"handlers": ["console", "file"], "level": "INFO"}'

ROTATED = '{"class": "logging.handlers.RotatingFileHandler", "filename": "/var/log/shop/app.log", "maxBytes": 10485760, "backupCount": 5, "formatter": "json"}'

TO_FILE = DJANGO.edited(S, CONSOLE, handler(ROTATED)).edited(S, ROOT, FILE_ROOT)

ASSEMBLED = DJANGO.edited(
    S, BLOCK, BLOCK + '\nLOGGING["loggers"]["orders"] = {"handlers": ["console"], "level": "INFO"}\n'
)

DJANGO_SAMPLES = (
    dj("disable-existing", '"disable_existing_loggers": False', '"disable_existing_loggers": True'),
    dj("disable-existing-missing", '    "disable_existing_loggers": False,\n', "", ["LOGGING = {", '"version": 1']),
    dj("config-none", "LOGGING = {", "LOGGING_CONFIG = None\nLOGGING = {", "LOGGING_CONFIG"),
    changed(
        "logging/django-no-logging",
        DJANGO,
        DJANGO.edited(S, BLOCK, ""),
        S,
        [WHOLE, "DEBUG = False", "MIDDLEWARE = [", "INSTALLED_APPS = ["],
    ),
    dj("security-no-handlers", SECURITY, '        "django.security": {"handlers": [], "propagate": False},\n'),
    dj(
        "security-null-handler",
        SECURITY,
        '        "django.security": {"handlers": ["null"], "propagate": False},\n',
        base=DJANGO.edited(S, CONSOLE, CONSOLE + '        "null": {"class": "logging.NullHandler"},\n'),
    ),
    dj(
        "security-critical",
        SECURITY,
        '        "django.security": {"handlers": ["console"], "level": "CRITICAL", "propagate": False},\n',
    ),
    dj(
        "security-child-null",
        SECURITY,
        SECURITY + '        "django.security.csrf": {"handlers": ["null"], "propagate": False},\n',
        base=DJANGO.edited(S, CONSOLE, CONSOLE + '        "null": {"class": "logging.NullHandler"},\n'),
    ),
    dj(
        "security-level-60",
        SECURITY,
        '        "django.security": {"handlers": ["console"], "level": 60, "propagate": False},\n',
    ),
    dj(
        "request-critical",
        REQUEST,
        '        "django.request": {"handlers": ["console"], "level": "CRITICAL", "propagate": False},\n',
    ),
    dj(
        "request-no-handlers",
        REQUEST,
        '        "django.request": {"handlers": [], "level": "WARNING", "propagate": False},\n',
    ),
    dj("axes-silenced", REQUEST, REQUEST + '        "axes": {"handlers": [], "propagate": False},\n'),
    dj(
        "sql-debug",
        BACKENDS,
        '        "django.db.backends": {"handlers": ["console"], "level": "DEBUG", "propagate": False},\n',
    ),
    dj(
        "sql-debug-number",
        BACKENDS,
        '        "django.db.backends": {"handlers": ["console"], "level": 10, "propagate": False},\n',
    ),
    dj(
        "sql-debug-inherited",
        BACKENDS,
        '        "django.db": {"handlers": ["console"], "level": "DEBUG", "propagate": False},\n',
    ),
    dj("root-debug", ROOT, '"root": {"handlers": ["console"], "level": "DEBUG"}'),
    dj(
        "django-debug",
        '"django": {"handlers": ["console"], "level": "INFO"',
        '"django": {"handlers": ["console"], "level": "DEBUG"',
    ),
    dj(
        "root-env-default-debug",
        ROOT,
        '"root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "DEBUG")}',
    ),
    dj("root-notset", ROOT, '"root": {"handlers": ["console"], "level": "NOTSET"}'),
    dj(
        "assembled-debug",
        '"orders"] = {"handlers": ["console"], "level": "INFO"}',
        '"django.db.backends"] = {"handlers": ["console"], "level": "DEBUG"}',
        ['LOGGING["loggers"]', "LOGGING = {"],
        base=ASSEMBLED,
    ),
    dj(
        "file-not-rotated",
        ROTATED,
        '{"class": "logging.FileHandler", "filename": "/var/log/shop/app.log", "formatter": "json"}',
        base=TO_FILE,
    ),
    dj("file-rotating-without-limit", '"maxBytes": 10485760, ', "", base=TO_FILE),
    dj("file-rotating-zero", '"maxBytes": 10485760', '"maxBytes": 0', base=TO_FILE),
    dj("file-under-media", "/var/log/shop/app.log", "/srv/shop/media/app.log", base=TO_FILE),
    dj("file-under-static", "/var/log/shop/app.log", "/srv/shop/static/logs/app.log", base=TO_FILE),
    dj("file-under-media-joined", '"/var/log/shop/app.log"', 'os.path.join(MEDIA_ROOT, "app.log")', base=TO_FILE),
    dj(
        "socket-handler",
        ROTATED,
        '{"class": "logging.handlers.SocketHandler", "host": "logs.example.org", "port": 9020}',
        base=TO_FILE,
    ),
    dj(
        "http-handler",
        ROTATED,
        '{"class": "logging.handlers.HTTPHandler", "host": "logs.example.org", "url": "/in", "method": "POST"}',
        base=TO_FILE,
    ),
    dj(
        "http-handler-insecure",
        ROTATED,
        '{"class": "logging.handlers.HTTPHandler", "host": "logs.example.org", "url": "/in", "secure": False}',
        base=TO_FILE,
    ),
    dj(
        "syslog-udp",
        ROTATED,
        '{"class": "logging.handlers.SysLogHandler", "address": ("logs.example.org", 514), "formatter": "json"}',
        base=TO_FILE,
    ),
    dj(
        "smtp-plain",
        ROTATED,
        '{"class": "logging.handlers.SMTPHandler", "mailhost": "mail.example.org", "fromaddr": "a@example.org", "toaddrs": ["b@example.org"], "subject": "shop", "level": "ERROR"}',
        base=TO_FILE,
    ),
    dj(
        "mail-admins-html",
        ROTATED,
        '{"class": "django.utils.log.AdminEmailHandler", "include_html": True, "level": "ERROR"}',
        base=TO_FILE,
    ),
)

SAMPLES: tuple[Sample, ...] = (*DJANGO_SAMPLES,)
