"""dj-database-url, dj-email-url and django-cache-url: settings as one address in a variable.

Source: their documentation; measured with dj-database-url 3.1.2, dj-email-url 1.0.6 and django-cache-url 3.4.6. Schemes
whose engine changed between versions are not followed.
"""

from collections.abc import Callable
from urllib.parse import parse_qs, unquote, urlparse, urlsplit

from hardencheck.collect.interpret.modelling import Call
from hardencheck.collect.interpret.models._common import (
    Failed,
    asked,
    computed,
    depending,
    given,
    mail,
    note,
    text,
    unknown,
)
from hardencheck.collect.interpret.values import Const, Map, NotKnown, Unknown, Value, depends_of, join, truth

_POSTGRES = {
    **dict.fromkeys(("postgres", "postgresql", "pgsql"), "django.db.backends.postgresql"),
    "postgis": "django.contrib.gis.db.backends.postgis", "redshift": "django_redshift_backend",
}  # fmt: skip
_ENGINES = {
    **_POSTGRES, **dict.fromkeys(("mysql", "mysql2"), "django.db.backends.mysql"),
    "mysqlgis": "django.contrib.gis.db.backends.mysql", "sqlite": "django.db.backends.sqlite3",
    "spatialite": "django.contrib.gis.db.backends.spatialite",
}  # fmt: skip
_PARAMETERS = (
    "engine", "conn_max_age", "conn_health_checks", "disable_server_side_cursors", "ssl_require", "test_options",
)  # fmt: skip
_MAILS = {
    **dict.fromkeys(("smtp", "submission", "submit", "smtps"), "smtp"), "console": "console", "file": "filebased",
    "memory": "locmem", "dummy": "dummy",
}  # fmt: skip
_TRUE = {"1", "y", "yes", "t", "true", "on"}


def database(url: object) -> dict[str, object]:
    """The table of one address, before the options of the call."""
    if not isinstance(url, str):
        raise Failed("TypeError")
    parts = urlsplit(url)
    engine = _ENGINES.get(parts.scheme)
    if engine is None:
        raise NotKnown(Unknown("call", "a scheme that is not followed"))
    options: dict[str, object] = {}
    for key, values in parse_qs(parts.query).items():
        found = [_option(item) for item in values]
        options[key] = found[0] if len(found) == 1 else found
    name = unquote(parts.path[1:])
    if parts.scheme == "sqlite":
        name = name or ":memory:"
    if parts.scheme in {"mysql", "mysql2"} and (authority := options.pop("ssl-ca", None)):
        options["ssl"] = {"ca": authority}
    if parts.scheme in _POSTGRES and (schema := options.pop("currentSchema", None)):
        options["options"] = f"-c search_path={schema}"
    return {
        "ENGINE": engine, "USER": unquote(parts.username or ""), "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""), "PORT": parts.port or "", "NAME": name, "OPTIONS": options,
    }  # fmt: skip


def _option(value: str) -> object:
    if value.isdigit():
        return int(value)
    return value.lower() == "true" if value.lower() in {"true", "false"} else value


def parsed(call: Call, url: Value, options: dict[str, Value]) -> Value:
    """dj_database_url.parse, with its options."""
    if text(url) == "sqlite://:memory:":
        return Map({"ENGINE": Const(_ENGINES["sqlite"]), "NAME": Const(":memory:")}, depends=url.depends)
    made = computed(call, database, url)
    if not isinstance(made, Map):
        return made
    inner = made.items["OPTIONS"]
    secure = options.get("ssl_require", Const(False))
    if truth(secure) is not False and isinstance(inner, Map):
        sure = truth(secure) is True
        inner.items["sslmode"] = (
            Const("require") if sure else unknown(call, "branch", "ssl_require", depends_of(secure))
        )
        if not sure:
            inner.maybe.add("sslmode")
            if len(inner.items) == 1:
                made.maybe.add("OPTIONS")
    if isinstance(inner, Map) and not inner.items:
        del made.items["OPTIONS"]
    made.items["CONN_MAX_AGE"] = options.get("conn_max_age", Const(0))
    made.items["CONN_HEALTH_CHECKS"] = options.get("conn_health_checks", Const(False))
    made.items["DISABLE_SERVER_SIDE_CURSORS"] = options.get("disable_server_side_cursors", Const(False))
    engine = options.get("engine", Const(None))
    if truth(engine) is not False:
        made.items["ENGINE"] = engine
    made.depends |= depends_of(secure) | depends_of(engine)  # also where they change nothing
    if "test_options" in options:
        made.items["TEST"] = options["test_options"]
    return made


def _parse(call: Call) -> Value | None:
    found = given(call, ("url", *_PARAMETERS))
    if found is None or "url" not in found or len(call.arguments) > 3:
        return None
    return parsed(call, found.pop("url"), found)


def _config(call: Call) -> Value | None:
    found = given(call, ("env", "default", *_PARAMETERS))
    name = text(found.pop("env", Const("DATABASE_URL"))) if found is not None else None
    if found is None or name is None or len(call.arguments) > 4:
        return None
    return _from(call, name, found.pop("default", Const(None)), lambda url: parsed(call, url, found))


def _from(call: Call, name: str, default: Value, parse: Callable[[Value], Value]) -> Value:
    note(call, name, default, "url")
    raw = asked(call, name)
    value = depending(raw if raw is not None else default, frozenset({name}))
    if truth(value) is False:
        return Map(depends=depends_of(value))
    made = parse(value)
    return depending(made, depends_of(value))


def email(url: object) -> dict[str, object]:
    """The EMAIL_ settings of one address."""
    if not isinstance(url, str):
        raise Failed("TypeError")
    parts = urlparse(url)
    query = parse_qs(parts.query)
    made: dict[str, object] = {
        "EMAIL_FILE_PATH": parts.path[1:],
        "EMAIL_HOST_USER": unquote(parts.username) if parts.username else parts.username,
        "EMAIL_HOST_PASSWORD": unquote(parts.password) if parts.password else parts.password,
        "EMAIL_HOST": parts.hostname, "EMAIL_PORT": parts.port, "EMAIL_USE_SSL": False, "EMAIL_USE_TLS": False,
        "EMAIL_TIMEOUT": int(query["timeout"][0]) if "timeout" in query else None,
    }  # fmt: skip
    if parts.scheme in _MAILS:
        made["EMAIL_BACKEND"] = f"django.core.mail.backends.{_MAILS[parts.scheme]}.EmailBackend"
    if parts.scheme == "smtp":
        made["EMAIL_HOST"] = made["EMAIL_HOST"] or "localhost"
        made["EMAIL_PORT"] = made["EMAIL_PORT"] or 25
    elif parts.scheme in {"submission", "submit"}:
        made["EMAIL_PORT"] = made["EMAIL_PORT"] or 587
    made["EMAIL_USE_TLS"] = parts.scheme in {"smtps", "submission", "submit"}
    for key, other in (("ssl", "TLS"), ("tls", "SSL")):
        if key in query:
            if query[key][0].lower() in _TRUE:
                made[f"EMAIL_USE_{key.upper()}"], made[f"EMAIL_USE_{other}"] = True, False
            break
    for key, name in (("_server_email", "SERVER_EMAIL"), ("_default_from_email", "DEFAULT_FROM_EMAIL")):
        if key in query:
            made[name] = query[key][0]
    return made


def _email(call: Call) -> Value | None:
    found = given(call, ("url",))
    return mail(computed(call, email, found["url"])) if found else None


def _email_config(call: Call) -> Value | None:
    found = given(call, ("env", "default"))
    name = text(found.get("env", Const("EMAIL_URL"))) if found is not None else None
    if found is None or name is None:
        return None
    return mail(_from(call, name, found.get("default", Const(None)), lambda url: computed(call, email, url)))


_MEMCACHED = {
    "pymemcache": "memcached.PyMemcacheCache", "pymemcached": "memcached.MemcachedCache",
}  # fmt: skip
_CACHES = {
    "db": "db.DatabaseCache", "dummy": "dummy.DummyCache", "file": "filebased.FileBasedCache",
    "locmem": "locmem.LocMemCache", **_MEMCACHED,
}  # fmt: skip
_REDIS = ("django_redis.cache.RedisCache", "django.core.cache.backends.redis.RedisCache")


def cache(url: object) -> dict[str, object]:
    """The table of django-cache-url for one address; of redis without the backend, which changed between versions."""
    if not isinstance(url, str):
        raise Failed("TypeError")
    parts = urlparse(url)
    more = {key.upper(): ";".join(values) for key, values in parse_qs(parts.query).items()}
    numbers = {key: int(more.pop(key)) for key in ("MAX_ENTRIES", "CULL_FREQUENCY") if key in more}
    location = ";".join(parts.netloc.split(",")) if parts.netloc else parts.path
    if parts.scheme in {"redis", "rediss"}:
        if not parts.netloc or parts.password or "LIB" in more:
            raise NotKnown(Unknown("call", "an address of redis that is not followed"))
        location = f"{parts.scheme}://{parts.hostname}:{parts.port or 6379}/{parts.path[1:] or '0'}"
    elif parts.scheme not in _CACHES:
        raise NotKnown(Unknown("call", "a scheme that is not followed"))
    elif not parts.netloc and parts.scheme in _MEMCACHED:
        location = f"unix://{parts.path}"
    made: dict[str, object] = {"LOCATION": location, **({"OPTIONS": numbers} if numbers else {}), **more}
    if parts.scheme in _CACHES:
        made["BACKEND"] = f"django.core.cache.backends.{_CACHES[parts.scheme]}"
    return made


def cached(call: Call, url: Value) -> Value:
    """django_cache_url.parse."""
    made = computed(call, cache, url)
    if isinstance(made, Map) and "BACKEND" not in made.items:
        made.items["BACKEND"] = join([Const(name, depends=made.depends) for name in _REDIS])
    return made


def _cache(call: Call) -> Value | None:
    found = given(call, ("url",))
    return cached(call, found["url"]) if found else None


def _cache_config(call: Call) -> Value | None:
    found = given(call, ("env", "default"))
    name = text(found.get("env", Const("CACHE_URL"))) if found is not None else None
    if found is None or name is None:
        return None
    return _from(call, name, found.get("default", Const("locmem://")), lambda url: cached(call, url))


def _named(call: Call) -> Value | None:
    """dj_database_url.DEFAULT_ENV: the name of the variable."""
    return Const(_VARIABLES[call.name.partition(".")[0]])


_VARIABLES = {
    "dj_database_url": "DATABASE_URL", "dj_email_url": "EMAIL_URL", "django_cache_url": "CACHE_URL",
    "dj_search_url": "SEARCH_URL",
}  # fmt: skip
CALLS = {
    "dj_database_url.config": _config, "dj_database_url.parse": _parse, "dj_email_url.config": _email_config,
    "dj_email_url.parse": _email, "django_cache_url.config": _cache_config, "django_cache_url.parse": _cache,
}  # fmt: skip
CONSTANTS = {f"{name}.DEFAULT_ENV": _named for name in _VARIABLES}
