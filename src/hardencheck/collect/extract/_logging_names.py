"""What the names of loggers say, and levels."""

import re

from hardencheck.collect.extract._branches import LEVELS
from hardencheck.collect.extract._python import NotLiteral
from hardencheck.lazily import compiled

_SECURITY = compiled(
    r"django|django\.security(?:\..+)?|django\.request|(?:.+[._-])?(?:auth|authentication|security|audit|axes|login|accounts?)"
    r"(?:[._-].+)?",
    re.IGNORECASE,
)
# Scanners send wrong Host headers all day; Django's manual shows how to drop just this one.
_NOISE = "django.security.DisallowedHost"
_FRAMEWORKS = compiled(
    r"(?:django|gunicorn|uvicorn|hypercorn|werkzeug|flask|starlette|fastapi|aiohttp|asyncio|celery|urllib3|requests|httpx"
    r"|http|botocore|boto3)(?:\..+)?"
)
_SQL = compiled(
    r"django\.db(?:\.backends(?:\..+)?)?|sqlalchemy(?:\.engine(?:\..+)?|\.pool)?|asyncpg|psycopg.*|pymysql.*"
)


def is_security(name: str) -> bool:
    return name != _NOISE and _SECURITY.fullmatch(name) is not None


def is_sql(name: str) -> bool:
    return _SQL.fullmatch(name) is not None


def scope(name: str) -> str:
    if name == "root":
        return "root"
    return "framework" if _FRAMEWORKS.fullmatch(name) else "application"


def level_number(level: str | None) -> int | None:
    return None if level is None else LEVELS.get(level)


def level_name(value: object) -> str | None:
    """The name of a level given by name or number. Raises NotLiteral for something else."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise NotLiteral("a level that is neither text nor number")
    if isinstance(value, int):
        return next((name for name, number in LEVELS.items() if number >= value), "CRITICAL")
    if value.upper() not in LEVELS:
        raise NotLiteral("a level of its own")
    return value.upper()


# Loggers that servers write each request to, at INFO.
ACCESS_LOGGERS = {
    "uvicorn.access": "uvicorn", "gunicorn.access": "gunicorn", "aiohttp.access": "aiohttp",
    "hypercorn.access": "hypercorn", "sanic.access": "sanic", "granian.access": "granian", "werkzeug": "werkzeug",
}  # fmt: skip
# Handlers of the standard library by the last part of their name -> their positional arguments.
PLAIN_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "StreamHandler": ("stream",),
    "FileHandler": ("filename", "mode", "encoding", "delay"),
    "WatchedFileHandler": ("filename", "mode", "encoding", "delay"),
    "RotatingFileHandler": ("filename", "mode", "maxBytes", "backupCount", "encoding", "delay"),
    "TimedRotatingFileHandler": ("filename", "when", "interval", "backupCount", "encoding"),
    "SocketHandler": ("host", "port"),
    "DatagramHandler": ("host", "port"),
    "SysLogHandler": ("address", "facility", "socktype"),
    "SMTPHandler": ("mailhost", "fromaddr", "toaddrs", "subject", "credentials", "secure", "timeout"),
    "HTTPHandler": ("host", "url", "method", "secure", "credentials", "context"),
    "NullHandler": (),
    "AdminEmailHandler": ("include_html", "email_backend", "reporter_class"),
}
# Handlers of others that have no TLS, or have it only when they are told to.
CLEAR_HANDLERS = frozenset({
    "GELFUDPHandler", "GELFTCPHandler", "GELFHTTPHandler", "GelfUdpHandler", "GelfTcpHandler", "GelfHttpHandler",
    "TCPLogstashHandler", "UDPLogstashHandler", "LogstashHandler", "AsynchronousLogstashHandler",
})  # fmt: skip
_SECURITY_CALL = compiled(
    r"(?i)(?:.*_)?(?:auth\w*|login|signin|sign_in|verify\w*|validate\w*|check_\w+|decode|decrypt|unsign|permission\w*"
    r"|has_perm\w*|is_allowed|authorize\w*|csrf\w*|signature\w*|token\w*|password\w*|revoke\w*|ban|block|audit\w*)(?:_.*)?"
)


def is_security_call(name: str) -> bool:
    """Whether a function of this name decides about access, as far as names say."""
    return _SECURITY_CALL.fullmatch(name) is not None


# Formats of access logs: gunicorn and hypercorn `%({header}i)s`, aiohttp `%{Header}i`, uWSGI `%(var.HTTP_HEADER)`.
_LEAKS = (
    (compiled(r"(?i)[{.(](?:http[_-])?(?:proxy-)?authorization\b"), "authorization header"),
    (compiled(r"(?i)[{.(](?:http[_-])?(?:x-)?(?:api[_-]?key|auth[_-]token|access[_-]token|csrf[_-]?token)\b"), "token"),
    (compiled(r"(?i)[{.(](?:http[_-])?(?:set-)?cookie\b"), "cookies"),
)
_QUERY = compiled(r"(?i)%\(q\)|\{query_string\}|%\((?:var\.)?query_string\)|%\{query\}")


def server_format(text: str) -> tuple[tuple[str, ...], bool]:
    """(what secrets a format writes, whether it names the query string by itself)."""
    return tuple(what for pattern, what in _LEAKS if pattern.search(text)), _QUERY.search(text) is not None
