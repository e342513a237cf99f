"""Rows of the production defaults for applications of Flask, FastAPI, Starlette, aiohttp, Litestar and their like.

Defaults: Flask 3.1 `Flask.default_config`, FastAPI 0.115 `FastAPI.__init__`, Starlette 0.41 middleware, aiohttp 3.10
`web.Application`, Litestar 2 `Litestar.__init__`, Tornado 6 `Application.settings`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.extract._python import role
from hardencheck.collect.extract._security_names import relevant
from hardencheck.collect.framework_names import FLASK_NAMES, Span
from hardencheck.collect.interpret.models.app_config import DEFAULTS
from hardencheck.collect.interpret.models.applications import held, number_of, parts_of, perhaps, text_of
from hardencheck.collect.interpret.values import (
    ABSENT,
    Absent,
    Binding,
    Const,
    Joined,
    Library,
    Map,
    Object,
    Unknown,
    Value,
    depending,
    depends_of,
    join,
    lifted,
    truth,
)
from hardencheck.collect.resolve._applications import FRAMEWORKS, Application, applications
from hardencheck.collect.resolve._built import NOTHING_BUILT, Built, built
from hardencheck.collect.resolve._environment import Deployment, Environment
from hardencheck.collect.resolve._follow import taken
from hardencheck.collect.resolve._modules import Modules
from hardencheck.collect.resolve._rows import Reading, is_secret, row
from hardencheck.collect.resolve._versions import Version, lowest, version_text
from hardencheck.model.facts.settings import ProductionDefault, Variable
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location

# framework -> argument of its class -> default.
_ARGUMENTS: dict[str, dict[str, object]] = {
    "fastapi": {
        "debug": False, "docs_url": "/docs", "redoc_url": "/redoc", "openapi_url": "/openapi.json",
        "root_path": "",
    },
    "starlette": {"debug": False},
    "litestar": {
        "debug": False, "request_max_body_size": 10_000_000, "allowed_hosts": None,
        "openapi_config": Library(dotted="OpenAPIConfig(…)"),
    },
    "aiohttp": {"client_max_size": 1 << 20},
    "tornado": {
        "debug": False, "autoreload": False, "cookie_secret": None, "xsrf_cookies": False, "serve_traceback": False,
        "websocket_max_message_size": 10 << 20,
    },
    "falcon": {}, "pyramid": {}, "bottle": {},
}  # fmt: skip
# Pyramid 2, `pyramid.config.settings.Settings`: what is on where another is, and what the environment says first.
_PYRAMID = {
    "debug_all": "", "debug_authorization": "debug_all", "debug_notfound": "debug_all",
    "debug_routematch": "debug_all", "debug_templates": "debug_all", "reload_all": "", "reload_templates": "reload_all",
    "reload_assets": "reload_all", "prevent_http_cache": "",
}  # fmt: skip
_OF_PYRAMID = ("session.", "beaker.session.", "redis.sessions.", "debugtoolbar.", "pyramid.csrf_")
_ON = frozenset({"t", "true", "y", "yes", "on", "1"})  # pyramid.settings.asbool
_MIDDLEWARE: dict[str, dict[str, object]] = {
    "CORSMiddleware": {
        "allow_origins": (), "allow_origin_regex": None, "allow_credentials": False, "allow_methods": ("GET",),
        "allow_headers": (),
    },
    "SessionMiddleware": {
        "secret_key": None, "session_cookie": "session", "max_age": 14 * 24 * 3600, "same_site": "lax",
        "https_only": False,
    },
    "TrustedHostMiddleware": {"allowed_hosts": ("*",)},
    "ProxyHeadersMiddleware": {"trusted_hosts": "127.0.0.1"},
    # Litestar 2: `CORSConfig`, `CSRFConfig`, `AllowedHostsConfig`, `CookieBackendConfig`.
    "CORSConfig": {
        "allow_origins": ("*",), "allow_origin_regex": None, "allow_credentials": False, "allow_methods": ("*",),
        "allow_headers": ("*",),
    },
    "CSRFConfig": {
        "secret": None, "cookie_name": "csrftoken", "cookie_secure": False, "cookie_httponly": False,
        "cookie_samesite": "lax",
    },
    "AllowedHostsConfig": {"allowed_hosts": ("*",)},
    "CookieBackendConfig": {"secret": None, "secure": False, "httponly": True, "samesite": "lax", "key": "session"},
}  # fmt: skip
# What is called beside an application, and holds for it (Flask-Cors 5, Flask-Talisman 1.1, Werkzeug 3, Pyramid 2,
# Tornado 6 `HTTPServer.initialize` and `IOStream`).
_BESIDE: dict[str, dict[str, object]] = {
    "CORS": {"origins": "*", "supports_credentials": False, "resources": None},
    "Talisman": {
        "force_https": True, "strict_transport_security": True, "strict_transport_security_max_age": 31_556_926,
        "strict_transport_security_include_subdomains": True, "strict_transport_security_preload": False,
        "frame_options": "SAMEORIGIN", "content_security_policy": "default-src 'self'; object-src 'none'",
        "referrer_policy": "strict-origin-when-cross-origin", "session_cookie_secure": True,
        "session_cookie_http_only": True, "session_cookie_samesite": "Lax",
    },
    "ProxyFix": {"x_for": 1, "x_proto": 1, "x_host": 0, "x_port": 0, "x_prefix": 0},
    "HTTPServer": {
        "xheaders": False, "trusted_downstream": None, "ssl_options": None, "max_header_size": 1 << 16,
        "max_buffer_size": 100 << 20, "max_body_size": 100 << 20, "body_timeout": None,
    },
    "SignedCookieSessionFactory": {"secret": None, "secure": False, "httponly": False, "samesite": "Lax"},
}  # fmt: skip
_AS_LARGE = ("HTTPServer", "max_body_size")  # as the buffer, where nothing says otherwise
_WITH_TABLE = ("flask", "quart", "sanic")
_LITESTAR_DEBUG = "LITESTAR_DEBUG"
_WITH_DEBUG = frozenset({"autoreload", "serve_traceback"})  # Tornado: on where debug is


class ApplicationDefaults(Resolver):
    """One row for each setting that matters of each application."""

    name = "applications.defaults"
    version = 3
    emits = (ProductionDefault,)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        frameworks = tuple(dict.fromkeys(FRAMEWORKS.values()))
        found = [app for app in applications(facts, *frameworks) if app.framework in {*_ARGUMENTS, *_WITH_TABLE}]
        seen = built(facts, tree) if found else NOTHING_BUILT
        deployment = Deployment(facts, Modules(facts, tree).local()) if found else None
        several = {app.path for number, app in enumerate(found) if any(app.path == one.path for one in found[:number])}
        for number, app in enumerate(found):
            assert deployment is not None
            at, given = lowest(facts, app.framework), deployment.environment(app.path)
            rows = [*_rows(app, seen, at, given), *(_beside(app, seen) if number == 0 else ())]
            said: set[tuple[str, str]] = set()
            for one in rows:
                if (one.name, one.value) in said:
                    continue  # the same is put around each of several parts
                said.add((one.name, one.value))
                known = app.path in several and app.call.variable
                yield msgspec.structs.replace(one, application=f"{app.path}:{app.call.variable}") if known else one


def _rows(app: Application, seen: Built, at: Version | None, given: Environment) -> Iterator[ProductionDefault]:
    version = version_text(at)
    configuration = seen.configuration(app.path, app.call.line)
    thing = seen.calls.get((app.path, app.call.line))
    if thing is None:
        return
    if app.framework in _WITH_TABLE and configuration is not None:
        defaults = {name: value for name, value in DEFAULTS[app.framework].items() if _has(app.framework, name, at)}
        written = {name for name in configuration.names if name.isupper() and (relevant(name) or is_secret(name))}
        for name in sorted({*defaults, *written}):
            unless = configuration.absent(name)
            default = depending(lifted(defaults[name]), unless) if name in defaults else None
            binding = configuration.binding(name)
            if default is None and binding is not None and isinstance(binding.value, Absent):
                continue  # neither set, nor a setting of this version
            yield _row(app, name, binding, default, version, seen)
    else:
        names = held(thing)
        for name, value in _ARGUMENTS.get(app.framework, {}).items():
            usual = value if isinstance(value, Value) else lifted(value)
            if app.framework == "tornado" and name in _WITH_DEBUG and (debug := names.get("debug")) is not None:
                usual = _switched(debug.value)
            variables = seen.variables
            if app.framework == "litestar" and name == "debug":
                usual, variables = _litestar_debug(given)
            default = depending(usual, names.absent(name))
            yield _row(app, name, names.get(name), default, version, seen, variables=variables)
    if app.framework == "pyramid":
        yield from _of_pyramid(app, thing, version, seen, given)
    for part in parts_of(thing):
        yield from _part(app, part, _MIDDLEWARE, version, seen, perhaps=perhaps(thing, part))


def _of_pyramid(
    app: Application, thing: Object, version: str, seen: Built, given: Environment
) -> Iterator[ProductionDefault]:
    """What the `settings` of a Configurator hold, each under its own name."""
    whole = held(thing).get("settings")
    table = whole.value if whole is not None else Map()
    sure = isinstance(table, Map)
    items = {key: one for key, one in table.items.items() if isinstance(key, str)} if isinstance(table, Map) else {}
    lost = whole.value if whole is not None and not sure else Unknown("call", "other settings", app.path, app.call.line)
    variables = dict(seen.variables)

    def raw(name: str) -> Value | None:
        """None: it is not set."""
        if not isinstance(table, Map):
            return lost
        if name in items:
            return join([items[name], ABSENT]) if name in table.maybe else items[name]
        return None if table.exact else lost

    def switch(name: str) -> tuple[Value, Binding | None]:
        """What a switch comes to, and what sets it."""
        first, second = raw(f"pyramid.{name}"), raw(name)
        value = second if first is None else first
        if isinstance(first, Joined | Unknown) and second is not None and second is not first:
            value = join([first, second])
        variable = f"PYRAMID_{name.upper()}"
        found = given.get(variable)
        place = _place_of(value, seen) or whole
        place_given, unless = (found.location, found.unless) if found is not None else (None, ())
        value_given = found.value if found is not None else None
        known = Variable(name=variable, given=value_given, given_at=place_given, unless=unless)
        variables[variable] = [Reading(known)]
        if found is not None:
            outer = taken(variable, found)
            value = Const(outer) if isinstance(outer, str) else outer
            place = Binding(value, found.location.path or "", found.location.line or 0)
        on = depending(_as_bool(value if value is not None else Const(False)), frozenset({variable}))
        return on, place._replace(value=on) if value is not None and place is not None else None

    for name, above in _PYRAMID.items():
        on, binding = switch(name)
        if above:
            over, by = switch(above)
            on = _either(over, on)
            binding = by if truth(over) is True or binding is None else binding
        default = None if binding is not None else on
        binding = binding._replace(value=on) if binding is not None else None
        yield _row(app, f"pyramid.{name}", binding, default, version, seen, variables=variables)
    for name in sorted(items):
        known = name.removeprefix("pyramid.") in _PYRAMID
        if not known and (name.startswith(_OF_PYRAMID) or is_secret(name)):
            value = raw(name)
            place = _place_of(value, seen) or whole
            if value is not None and place is not None:
                yield _row(app, name, place._replace(value=value), None, version, seen)


def _place_of(value: Value | None, seen: Built) -> Binding | None:
    """Where a file for PasteDeploy gives this value."""
    return seen.given.get(id(value)) if value is not None else None


def _as_bool(value: Value) -> Value:
    if isinstance(value, Joined):
        return depending(join([_as_bool(option) for option in value.options]), value.depends)
    if isinstance(value, Absent):
        return Const(False, depends=value.depends)
    if isinstance(value, Const):
        text = str(value.value).strip().lower() if value.value is not None else ""
        return Const(value.value if isinstance(value.value, bool) else text in _ON, depends=value.depends)
    return value


def _either(one: Value, other: Value) -> Value:
    """On where one of two is."""
    first = truth(one)
    depends = depends_of(one) | depends_of(other)
    if first is False:
        return depending(other, depends)
    if first is True or truth(other) is True:
        return Const(True, depends=depends)
    return depending(one if truth(other) is False else join([one, other]), depends)


def _has(framework: str, name: str, at: Version | None) -> bool:
    """Whether a version has a setting; of a version that is not known it is taken that it has."""
    return framework != "flask" or at is None or at >= FLASK_NAMES.get(name, Span()).since


def _switched(value: Value) -> Value:
    """On where the value is true."""
    if isinstance(value, Joined):
        return depending(join([_switched(option) for option in value.options]), value.depends)
    on = truth(value)
    return value if on is None else Const(on, depends=depends_of(value))


def _litestar_debug(given: Environment) -> tuple[Value, Mapping[str, Sequence[Reading]]]:
    """Where the code does not say, Litestar asks the environment."""
    depends = frozenset({_LITESTAR_DEBUG})
    found = given.get(_LITESTAR_DEBUG)
    text = found.value if found is not None else None
    at, unless = (found.location, found.unless) if found is not None else (None, ())
    known = Variable(name=_LITESTAR_DEBUG, default="'0'", given=text, given_at=at, unless=unless)
    variables = {_LITESTAR_DEBUG: [Reading(known)]}
    value = taken(_LITESTAR_DEBUG, found) if found is not None else "0"
    if isinstance(value, str):
        return Const(value == "1", depends=depends), variables
    return Unknown("env-required", _LITESTAR_DEBUG, depends=depends), variables


def _beside(app: Application, seen: Built) -> Iterator[ProductionDefault]:
    """What production code calls beside the application; one that is put to work later (`init_app`) counts alone."""
    for (path, *_), part in sorted(seen.parts.items()):
        called = text_of(part.state.get("name"))
        late = called in {"CORS", "Talisman"} and "app" not in held(part).names
        if called in _BESIDE and role(path) == "production" and not late:
            yield from _part(app, part, _BESIDE, "", seen, perhaps=seen.perhaps(part))


def _part(
    app: Application,
    part: Object,
    known: Mapping[str, Mapping[str, object]],
    version: str,
    seen: Built,
    *,
    perhaps: bool = False,
) -> Iterator[ProductionDefault]:
    """Arguments of middleware and the like, as "CORSMiddleware.allow_origins"; the place is where it is put to work."""
    called = text_of(part.state.get("name"))
    where = Location(path=text_of(part.state["path"]), line=number_of(part.state["line"]) or None)
    names = held(part)
    for name, value in known.get(called, {}).items():
        default = lifted(list(value) if isinstance(value, tuple) else value)
        if (called, name) == _AS_LARGE and (buffer := names.get("max_buffer_size")) is not None:
            default = buffer.value
        binding = names.get(name)
        if perhaps:
            held_ = binding or Binding(default, where.path or "", where.line or 0)
            binding = held_._replace(value=join([held_.value, Library(dotted="(not in use)")]))
        yield _row(app, f"{called}.{name}", binding, default, version, seen, where)


def _row(
    app: Application,
    name: str,
    binding: Binding | None,
    default: Value | None,
    version: str,
    seen: Built,
    where: Location | None = None,
    variables: Mapping[str, Sequence[Reading]] | None = None,
) -> ProductionDefault:
    return row(
        app.framework,
        app.path,
        name,
        binding,
        default=default,
        version=version,
        here=where or app.location,
        variables=seen.variables if variables is None else variables,
    )
