"""Rows of the production defaults for applications of Flask, FastAPI, Starlette, aiohttp, Litestar and their like.

Defaults: Flask 3.1 `Flask.default_config`, FastAPI 0.115 `FastAPI.__init__`, Starlette 0.41 middleware, aiohttp 3.10
`web.Application`, Litestar 2 `Litestar.__init__`, Tornado 6 `Application.settings`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.extract._python import role
from hardencheck.collect.extract._security_names import relevant
from hardencheck.collect.framework_names import FLASK_NAMES, Span
from hardencheck.collect.interpret.models.app_config import DEFAULTS
from hardencheck.collect.interpret.models.applications import held, number_of, parts_of, perhaps, text_of
from hardencheck.collect.interpret.values import (
    Absent,
    Binding,
    Const,
    Joined,
    Library,
    Object,
    Unknown,
    Value,
    depending,
    depends_of,
    join,
    lifted,
    truth,
)
from hardencheck.collect.resolve import _pyramid
from hardencheck.collect.resolve._applications import FRAMEWORKS, Application, applications, unread
from hardencheck.collect.resolve._built import NOTHING_BUILT, Built, built
from hardencheck.collect.resolve._environment import Deployment, Environment
from hardencheck.collect.resolve._follow import Bound, bound_of, taken
from hardencheck.collect.resolve._modules import Modules
from hardencheck.collect.resolve._rows import Given, Reading, effective, is_secret, row, shown
from hardencheck.collect.resolve._setting import Setting, worth
from hardencheck.collect.resolve._versions import Version, lowest, version_text
from hardencheck.collect.resolve.django import secret_key
from hardencheck.model.facts.settings import (
    Expression,
    FrameworkSetting,
    ProductionDefault,
    SecretKey,
    Source,
    Variable,
)
from hardencheck.model.gap import FactSet, Gap
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
    "aiohttp": {"client_max_size": 1 << 20, "client_max_fields": 1000, "debug": False},
    "tornado": {
        "debug": False, "autoreload": False, "cookie_secret": None, "xsrf_cookies": False, "serve_traceback": False,
        "websocket_max_message_size": 10 << 20,
    },
    "falcon": {}, "pyramid": {}, "bottle": {},
}  # fmt: skip
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
# What rules judge one by one (`framework.setting`); what is a matter of cookies, CORS or limits has facts of its own.
_JUDGED = frozenset({
    "debug", "serve_traceback", "openapi_url", "openapi_config", "allowed_hosts", "TrustedHostMiddleware.allowed_hosts",
    "AllowedHostsConfig.allowed_hosts", "SessionMiddleware.max_age", _pyramid.DEBUG, _pyramid.TOOLBAR,
})  # fmt: skip
_SIGNING_KEY = "cookie_secret"  # of Tornado
_AS_LARGE = ("HTTPServer", "max_body_size")  # as the buffer, where nothing says otherwise
_WITH_TABLE = ("flask", "quart", "sanic")
# What a library asks where the code does not say, and the text that is on; "": any.
_DEBUG_VARIABLES = {"litestar": ("LITESTAR_DEBUG", "1"), "aiohttp": ("PYTHONASYNCIODEBUG", "")}
_WITH_DEBUG = frozenset({"autoreload", "serve_traceback"})  # Tornado: on where debug is


class ApplicationDefaults(Resolver):
    """One row for each setting that matters of each application, and the fact by which a rule judges it."""

    name = "applications.defaults"
    version = 5
    emits = (ProductionDefault, FrameworkSetting, SecretKey)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        frameworks = tuple(dict.fromkeys(FRAMEWORKS.values()))
        found = [app for app in applications(facts, *frameworks) if app.framework in {*_ARGUMENTS, *_WITH_TABLE}]
        seen = built(facts, tree) if found else NOTHING_BUILT
        deployment = Deployment(facts, Modules(facts, tree).local()) if found else None
        for number, app in enumerate(found):
            assert deployment is not None
            if (app.path, app.call.line) not in seen.calls:
                yield from self._as_written(app)
                continue
            at, environment = lowest(facts, app.framework), deployment.environment(app.path)
            given = [*_settings(app, seen, at, environment), *(_beside(app, seen) if number == 0 else ())]
            said: set[tuple[str, str]] = set()
            for one in given:
                shown = _row(app, one, version_text(at))
                if (shown.name, shown.value) in said:
                    continue  # the same is put around each of several parts
                said.add((shown.name, shown.value))
                yield shown
                if one.name in _JUDGED and one.default is not None:
                    yield from self._judged(app, one, one.default)
                if one.name == _SIGNING_KEY and one.binding is not None:
                    bound = bound_of("secret_key", one.binding)
                    key = secret_key(app.framework, app.name, one.name, bound.expression, bound.location)
                    yield from () if key is None else (key,)
        for framework, gap in unread(facts):
            if framework == "flask":
                continue
            yield Gap(
                kinds=(FrameworkSetting.kind(),),
                collector=self.name,
                reason=gap.reason,
                detail=gap.detail,
                location=gap.location,
                about={"framework": framework},
            )

    def _judged(self, app: Application, given: Given, default: Value) -> Iterator[Found]:
        """A list of hosts that is not set asks nobody for his host: then there is nothing to judge."""
        value, unset = effective(given.binding, default)
        assert value is not None
        if given.name == "allowed_hosts" and (unset or isinstance(value, Object) or truth(value) is False):
            return
        binding = given.binding if given.binding is not None and not unset else None
        path, line = (binding.path, binding.line) if binding is not None else ("", 0)
        where = Location(path=path, line=line or None) if path else given.where
        bound = bound_of(given.name, Binding(value, path, line))
        held, on = worth(bound), _on(value)
        if not held.known and on is not None and bound.expression.what in {"unknown", "table"} and not bound.options:
            held = held._replace(known=True, value=shown(value, given.name).value)  # an object is on, whatever it holds
        yield self._fact(app, given.name, held._replace(location=where), "default" if unset else "literal", bound)

    def _as_written(self, app: Application) -> Iterator[Found]:
        """Arguments of an application in code that was not followed."""
        for name, usual in _ARGUMENTS.get(app.framework, {}).items():
            if name not in _JUDGED or name == "allowed_hosts":
                continue
            given = app.call.arguments.get(name)
            if given is None and not app.call.spread:
                default = usual if isinstance(usual, Value) else lifted(usual)
                yield from self._judged(app, Given(name, None, default, app.location, {}), default)
                continue
            expression = given or Expression(what="unknown", text="perhaps in **")
            bound = Bound(expression, app.path, app.call.line)
            yield self._fact(app, name, worth(bound)._replace(location=app.location), "literal", bound)

    def _fact(self, app: Application, name: str, held: Setting, source: Source, bound: Bound) -> Found:
        if not held.known:
            return Gap(
                kinds=(FrameworkSetting.kind(),),
                collector=self.name,
                reason=held.reason,
                detail=f"{name} is {held.text}",
                location=held.location,
                about={"framework": app.framework, "application": app.name, "name": name},
            )
        return FrameworkSetting(
            location=held.location,
            framework=app.framework,
            application=app.name,
            name=name,
            value=held.value,
            on=bool(held.value),
            source=source,
            depends_on=tuple(sorted(bound.depends)),
            others=held.others,
        )


def _settings(app: Application, seen: Built, at: Version | None, environment: Environment) -> Iterator[Given]:
    configuration = seen.configuration(app.path, app.call.line)
    thing = seen.calls[app.path, app.call.line]
    if app.framework in _WITH_TABLE and configuration is not None:
        defaults = {name: value for name, value in DEFAULTS[app.framework].items() if _has(app.framework, name, at)}
        written = {name for name in configuration.names if name.isupper() and (relevant(name) or is_secret(name))}
        for name in sorted({*defaults, *written}):
            unless = configuration.absent(name)
            default = depending(lifted(defaults[name]), unless) if name in defaults else None
            binding = configuration.binding(name)
            if default is None and binding is not None and isinstance(binding.value, Absent):
                continue  # neither set, nor a setting of this version
            yield Given(name, binding, default, app.location, seen.variables)
    else:
        names = held(thing)
        for name, value in _ARGUMENTS.get(app.framework, {}).items():
            usual = value if isinstance(value, Value) else lifted(value)
            if app.framework == "tornado" and name in _WITH_DEBUG and (debug := names.get("debug")) is not None:
                usual = _switched(debug.value)
            variables = seen.variables
            if name == "debug" and app.framework in _DEBUG_VARIABLES:
                usual, variables = _asked_for(*_DEBUG_VARIABLES[app.framework], environment)
            default = depending(usual, names.absent(name))
            yield Given(name, names.get(name), default, app.location, variables)
    if app.framework == "pyramid":
        yield from _pyramid.settings(app, thing, seen, environment)
    for part in parts_of(thing):
        yield from _part(part, _MIDDLEWARE, seen, perhaps=perhaps(thing, part))


def _has(framework: str, name: str, at: Version | None) -> bool:
    """Whether a version has a setting; of a version that is not known it is taken that it has."""
    return framework != "flask" or at is None or at >= FLASK_NAMES.get(name, Span()).since


def _on(value: Value) -> bool | None:
    """Whether something is on; a configuration that is an object is, and so is the library's own."""
    return True if isinstance(value, Object | Library) else truth(value)


def _switched(value: Value) -> Value:
    """On where the value is true."""
    if isinstance(value, Joined):
        return depending(join([_switched(option) for option in value.options]), value.depends)
    on = truth(value)
    return value if on is None else Const(on, depends=depends_of(value))


def _asked_for(variable: str, on: str, environment: Environment) -> tuple[Value, Mapping[str, Sequence[Reading]]]:
    """Where the code does not say, the library asks the environment."""
    depends = frozenset({variable})
    found = environment.get(variable)
    text = found.value if found is not None else None
    at, unless = (found.location, found.unless) if found is not None else (None, ())
    unset = "0" if on else ""
    known = Variable(name=variable, default=repr(unset), given=text, given_at=at, unless=unless)
    variables = {variable: [Reading(known)]}
    value = taken(variable, found) if found is not None else unset
    if isinstance(value, str):
        return Const(value == on if on else value != "", depends=depends), variables
    return Unknown("env-required", variable, depends=depends), variables


def _beside(app: Application, seen: Built) -> Iterator[Given]:
    """What production code calls beside the application; one that is put to work later (`init_app`) counts alone."""
    for (path, *_), part in sorted(seen.parts.items()):
        called = text_of(part.state.get("name"))
        late = called in {"CORS", "Talisman"} and "app" not in held(part).names
        if called in _BESIDE and role(path) == "production" and not late:
            yield from _part(part, _BESIDE, seen, perhaps=seen.perhaps(part))


def _part(
    part: Object, known: Mapping[str, Mapping[str, object]], seen: Built, *, perhaps: bool = False
) -> Iterator[Given]:
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
        yield Given(f"{called}.{name}", binding, default, where, seen.variables)


def _row(app: Application, given: Given, version: str) -> ProductionDefault:
    return row(
        app.framework,
        app.name,
        given.name,
        given.binding,
        default=given.default,
        version="" if given.name.partition(".")[0] in _BESIDE else version,
        here=given.where,
        variables=given.variables,
    )
