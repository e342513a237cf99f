"""Rows of the production defaults for applications of Flask, FastAPI, Starlette, aiohttp, Litestar and their like.

Defaults: Flask 3.1 `Flask.default_config`, FastAPI 0.115 `FastAPI.__init__`, Starlette 0.41 middleware, aiohttp 3.10
`web.Application`, Litestar 2 `Litestar.__init__`, Tornado 6 `Application.settings`.
"""

from collections.abc import Iterable, Iterator, Mapping

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.extract._security_names import relevant
from hardencheck.collect.interpret.models import flask as flask_model
from hardencheck.collect.interpret.models.applications import held, part_name
from hardencheck.collect.interpret.values import Binding, Object, Seq, Value, depending, lifted
from hardencheck.collect.resolve._applications import FRAMEWORKS, Application, applications
from hardencheck.collect.resolve._built import Built, built
from hardencheck.collect.resolve._rows import is_secret, row
from hardencheck.collect.resolve._versions import NEWEST, lowest
from hardencheck.model.facts.settings import ProductionDefault
from hardencheck.model.gap import FactSet

# framework -> argument of its class -> default.
_ARGUMENTS: dict[str, dict[str, object]] = {
    "fastapi": {
        "debug": False, "docs_url": "/docs", "redoc_url": "/redoc", "openapi_url": "/openapi.json",
        "root_path": "",
    },
    "starlette": {"debug": False},
    "litestar": {"debug": False, "request_max_body_size": 10_000_000, "allowed_hosts": None, "openapi_config": None},
    "aiohttp": {"client_max_size": 1 << 20},
    "tornado": {
        "debug": False, "autoreload": False, "cookie_secret": None, "xsrf_cookies": False, "serve_traceback": False,
        "websocket_max_message_size": 10 << 20,
    },
    "falcon": {}, "pyramid": {"settings": None}, "bottle": {},
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
}  # fmt: skip
_WITH_TABLE = ("flask", "quart", "sanic")


class ApplicationDefaults(Resolver):
    """One row for each setting that matters of each application."""

    name = "applications.defaults"
    emits = (ProductionDefault,)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        frameworks = tuple(dict.fromkeys(FRAMEWORKS.values()))
        found = [app for app in applications(facts, *frameworks) if app.framework in {*_ARGUMENTS, *_WITH_TABLE}]
        seen = built(facts, tree) if found else Built({}, {})
        for app in found:
            yield from _rows(app, seen, _version(facts, app.framework))


def _version(facts: FactSet, framework: str) -> str:
    at = lowest(facts, framework)
    return ".".join(map(str, at)) if at is not None and at != NEWEST else ""


def _rows(app: Application, seen: Built, version: str) -> Iterator[Found]:
    configuration = seen.configuration(app.path, app.call.line)
    if app.framework in _WITH_TABLE and configuration is not None:
        defaults = flask_model.DEFAULTS[app.framework]
        written = {name for name in configuration.names if name.isupper() and (relevant(name) or is_secret(name))}
        for name in sorted({*defaults, *written}):
            unless = configuration.absent(name)
            default = depending(lifted(defaults[name]), unless) if name in defaults else None
            binding = configuration.binding(name)
            yield _row(app, name, binding, default, version, seen)
        return
    thing = seen.calls.get((app.path, app.call.line))
    if thing is None:
        return
    arguments = held(thing).names
    for name, value in _ARGUMENTS.get(app.framework, {}).items():
        yield _row(app, name, arguments.get(name), lifted(value), version, seen)
    yield from _middleware(app, thing, version, seen)


def _row(
    app: Application, name: str, binding: Binding | None, default: Value | None, version: str, seen: Built
) -> ProductionDefault:
    return row(
        app.framework,
        app.path,
        name,
        binding,
        default=default,
        version=version,
        here=app.location,
        variables=seen.variables,
    )


def _middleware(app: Application, thing: Object, version: str, seen: Built) -> Iterator[Found]:
    """Arguments of middleware, as "CORSMiddleware.allow_origins"."""
    parts = thing.state.get("middleware")
    for part in parts.items if isinstance(parts, Seq) else ():
        if not isinstance(part, Object):
            continue
        arguments: Mapping[str, Binding] = held(part).names
        cls = arguments.get("class")
        called = part_name(cls.value) if cls is not None else ""
        for name, value in _MIDDLEWARE.get(called, {}).items():
            default = lifted(list(value) if isinstance(value, tuple) else value)
            yield _row(app, f"{called}.{name}", arguments.get(name), default, version, seen)
