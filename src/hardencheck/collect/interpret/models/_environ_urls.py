"""The URLs of django-environ as tables. "?" stands for what depends on the packages that are installed.

Source: django-environ documentation, "Supported types"; measured with 0.14.0.
"""

import ast
from urllib.parse import ParseResult, parse_qs, quote, unquote, unquote_plus, urlparse, urlunparse

from hardencheck.collect.interpret.models._common import Failed
from hardencheck.collect.interpret.values import NotKnown, Unknown

_POSTGRES = "django.db.backends.postgresql"
_SQLITE = "django.db.backends.sqlite3"
_DATABASES = {
    **dict.fromkeys(("postgres", "postgresql", "psql", "pgsql"), _POSTGRES),
    "postgis": "django.contrib.gis.db.backends.postgis",
    "prometheus_postgresql": "django_prometheus.db.backends.postgresql",
    "cockroachdb": "django_cockroachdb", "mysql": "django.db.backends.mysql", "mysql2": "django.db.backends.mysql",
    "mysql-connector": "mysql.connector.django", "mysqlgis": "django.contrib.gis.db.backends.mysql",
    "mssql": "mssql", "oracle": "django.db.backends.oracle", "pyodbc": "sql_server.pyodbc",
    "redshift": "django_redshift_backend", "spatialite": "django.contrib.gis.db.backends.spatialite",
    "sqlite": _SQLITE, "ldap": "ldapdb.backends.ldap",
}  # fmt: skip
_OPTIONS = {"CONN_MAX_AGE", "ATOMIC_REQUESTS", "AUTOCOMMIT", "DISABLE_SERVER_SIDE_CURSORS", "CONN_HEALTH_CHECKS"}
_CACHES = {
    "dbcache": "django.core.cache.backends.db.DatabaseCache",
    "dummycache": "django.core.cache.backends.dummy.DummyCache",
    "filecache": "django.core.cache.backends.filebased.FileBasedCache",
    "locmemcache": "django.core.cache.backends.locmem.LocMemCache",
    "memcache": "?", "pymemcache": "?", "pylibmc": "django.core.cache.backends.memcached.PyLibMCCache",
    "rediscache": "?", "redis": "?", "rediss": "?",
}  # fmt: skip
_MAILS = {
    **dict.fromkeys(("smtp", "smtps", "smtp+tls", "smtp+ssl"), "smtp"), "consolemail": "console",
    "filemail": "filebased", "memorymail": "locmem", "dummymail": "dummy",
}  # fmt: skip


def _number(value: str) -> object:
    return int(value) if value.isdigit() else value


def _literal(value: str) -> object:
    if len(value) > 200:
        return value
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return value


def _parse(url: object) -> ParseResult:
    if not isinstance(url, str):
        raise Failed("TypeError")
    return urlparse(url)


def database_url(url: object, engine: object = None) -> dict[str, object]:
    """NAME, USER, PASSWORD, HOST, PORT and ENGINE, with the options of the query."""
    if url == "sqlite://:memory:":
        return {"ENGINE": _SQLITE, "NAME": ":memory:"}
    parts = _parse(url)
    if not parts.path:
        parts = urlparse(quote(urlunparse(parts), safe=":/?&=@"))
    path = unquote_plus(parts.path[1:].split("?", 2)[0])
    if "," in parts.netloc or path.startswith("/") or parts.scheme in {"oracle", "ldap"} or "cloudsql" in path:
        if parts.scheme not in {"sqlite", "spatialite"}:
            raise NotKnown(Unknown("call", "a URL that is not followed"))
    if parts.scheme == "sqlite" and not path:
        path = ":memory:"
    made: dict[str, object] = {
        "NAME": path, "USER": unquote(parts.username or ""), "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "", "PORT": parts.port or "",
    }  # fmt: skip
    if parts.query:
        more: dict[str, object] = {}
        for key, values in parse_qs(parts.query).items():
            if key.upper() in _OPTIONS:
                made[key.upper()] = _literal(values[0])
            else:
                more[key] = _number(values[0])
        made["OPTIONS"] = more
    chosen = engine if isinstance(engine, str) and engine else parts.scheme
    made["ENGINE"] = _DATABASES.get(chosen, chosen)
    return made if made["ENGINE"] else {}


def cache_url(url: object, backend: object = None) -> dict[str, object]:
    """BACKEND and LOCATION, with the options of the query."""
    parts = _parse(url)
    if parts.scheme not in _CACHES:
        raise Failed("ImproperlyConfigured")
    hosts = parts.netloc.split(",")
    made: dict[str, object] = {"BACKEND": _CACHES[parts.scheme], "LOCATION": hosts[0] if len(hosts) == 1 else hosts}
    if parts.scheme == "filecache":
        made["LOCATION"] = parts.netloc + parts.path
    if not parts.netloc and parts.scheme in {"memcache", "pymemcache"}:
        made["LOCATION"] = "unix:" + parts.path
    elif parts.scheme.startswith("redis"):
        scheme = parts.scheme.replace("cache", "") if parts.hostname else "unix"
        found = [f"{scheme}://{host}{parts.path}" for host in hosts]
        made["LOCATION"] = found[0] if len(found) == 1 else found
    if backend:
        made["BACKEND"] = backend
    if parts.query:
        made["?"] = "?"  # in which case the keys are, and where they go, depends on the backend
    return made


def email_url(url: object, backend: object = None) -> dict[str, object]:
    """The EMAIL_ settings."""
    parts = _parse(url)
    made: dict[str, object] = {
        "EMAIL_FILE_PATH": unquote_plus(parts.path[1:].split("?", 2)[0]),
        "EMAIL_HOST_USER": unquote(parts.username) if parts.username is not None else None,
        "EMAIL_HOST_PASSWORD": unquote(parts.password) if parts.password is not None else None,
        "EMAIL_HOST": parts.hostname, "EMAIL_PORT": parts.port,
    }  # fmt: skip
    if backend:
        made["EMAIL_BACKEND"] = backend
    elif parts.scheme not in _MAILS:
        raise Failed("ImproperlyConfigured")
    else:
        made["EMAIL_BACKEND"] = f"django.core.mail.backends.{_MAILS[parts.scheme]}.EmailBackend"
    if parts.scheme in {"smtps", "smtp+tls"}:
        made["EMAIL_USE_TLS"] = True
    elif parts.scheme == "smtp+ssl":
        made["EMAIL_USE_SSL"] = True
    if parts.query:
        more: dict[str, object] = {}
        for key, values in parse_qs(parts.query).items():
            name = key.upper()
            (made if name in {"EMAIL_USE_TLS", "EMAIL_USE_SSL"} else more)[name] = _number(values[0])
        made["OPTIONS"] = more
    return made
