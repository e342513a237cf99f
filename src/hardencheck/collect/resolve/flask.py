"""Flask and Quart: configuration, key, session cookie, CORS. What `app.run()` is told, of Sanic too."""

from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.interpret.models.app_config import DEFAULTS as APPLICATION_DEFAULTS
from hardencheck.collect.interpret.values import Binding, Unknown, lifted
from hardencheck.collect.resolve import _cors
from hardencheck.collect.resolve._applications import (
    Application,
    applications,
    production_modules,
    setters,
    unread,
)
from hardencheck.collect.resolve._built import Built, built, flask_settings, resolved
from hardencheck.collect.resolve._cookies import Flag, declared
from hardencheck.collect.resolve._follow import Bound
from hardencheck.collect.resolve._headers_python import talisman
from hardencheck.collect.resolve._modules import Namespace, value_of
from hardencheck.collect.resolve._parts import of_call
from hardencheck.collect.resolve._rows import row
from hardencheck.collect.resolve._setting import why_unknown
from hardencheck.collect.resolve._talisman import version_of
from hardencheck.collect.resolve.django import secret_key
from hardencheck.model.facts import Scalar, Value
from hardencheck.model.facts.declared import DeclaredCookie, DeclaredCookieName
from hardencheck.model.facts.settings import CorsPolicy, Expression, FrameworkSetting, ProductionDefault, SecretKey
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location

# Flask 3.1, `Flask.default_config`; MAX_FORM_MEMORY_SIZE and MAX_FORM_PARTS are Werkzeug's.
DEFAULTS: dict[str, Value] = {
    "DEBUG": False,
    "TESTING": False,
    "SESSION_COOKIE_NAME": "session",
    "SESSION_COOKIE_SECURE": False,
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": None,
    "MAX_CONTENT_LENGTH": None,
    "MAX_FORM_MEMORY_SIZE": 500_000,
    "MAX_FORM_PARTS": 1000,
    "WTF_CSRF_ENABLED": True,
    "PERMANENT_SESSION_LIFETIME": 31 * 24 * 3600,
}


RUN = "run(debug)"


class FlaskSettings(Resolver):
    """Configuration of every Flask or Quart application that production code builds."""

    name = "flask.settings"
    version = 2
    emits = (FrameworkSetting, ProductionDefault, SecretKey, DeclaredCookie, DeclaredCookieName, CorsPolicy)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        facts = resolved(facts, tree)
        found = applications(facts, "flask", "quart")
        seen = built(facts, tree)
        for framework, gap in unread(facts):
            if framework == "flask":
                yield Gap(
                    kinds=("framework.setting", "framework.secret-key"),
                    collector=self.name,
                    reason=gap.reason,
                    detail=gap.detail,
                    location=gap.location,
                    about={"framework": "flask"},
                )
        for app in found:
            state = flask_settings(app, facts, tree, alone=len(found) == 1)
            if app.framework == "flask":
                state = _with_talisman(state, facts, seen)
            yield from self._settings(app, state)
            yield from self._key(app, state)
            yield from self._cookie(app, state)
            yield from self._runs(app, facts)
            if app.framework == "flask":
                yield from self._cors(app, state, facts, seen)
        for app in applications(facts, "sanic"):
            yield from self._runs(app, facts)

    def _gap(self, kind: str, where: Location, reason: Reason, text: str, about: dict[str, Scalar]) -> Gap:
        return Gap(kinds=(kind,), collector=self.name, reason=reason, detail=text, location=where, about=about)

    def _settings(self, app: Application, state: Namespace) -> Iterator[Found]:
        for name, default in _defaults(app.framework).items():
            bound = state.get(name)
            about: dict[str, Scalar] = {"framework": app.framework, "application": app.name, "name": name}
            if bound is not None and not _settled(bound):
                if bound.expression.what == "environment-text" and name in {"DEBUG", "TESTING"}:
                    yield _fact(app, name, None, True, bound.location, "environment")
                    continue
                text = f"{name} is {why_unknown(bound)}"
                yield self._gap("framework.setting", bound.location, bound.reason, text, about)
            elif bound is not None:
                value = value_of(bound.expression)
                yield _fact(app, name, value, bool(value), bound.location, "literal")
            else:
                yield _fact(app, name, default, bool(default), app.location, "default")

    def _key(self, app: Application, state: Namespace) -> Iterator[Found]:
        bound = state.get("SECRET_KEY")
        about: dict[str, Scalar] = {"framework": app.framework, "application": app.name, "name": "SECRET_KEY"}
        if bound is None:
            yield SecretKey(
                location=app.location,
                framework=app.framework,
                application=app.name,
                name="SECRET_KEY",
                source="missing",
            )
            return
        fact = secret_key(app.framework, app.name, "SECRET_KEY", bound.expression, bound.location)
        if fact is not None:
            yield fact
        else:
            text = f"SECRET_KEY is {why_unknown(bound)}"
            yield self._gap("framework.secret-key", bound.location, bound.reason, text, about)

    def _cookie(self, app: Application, state: Namespace) -> Iterator[Found]:
        """Flask sends its session cookie only where there is a key to sign it with."""
        key = state.get("SECRET_KEY")
        written = any(f"SESSION_COOKIE_{part}" in state for part in ("SECURE", "HTTPONLY", "SAMESITE"))
        if not written and (key is None or (key.expression.what == "scalar" and not key.expression.value)):
            return
        flags: dict[str, Flag] = {}
        where = app.location
        about: dict[str, Scalar] = {"role": "session", "layer": app.framework, "application": app.name}
        called = state.get("SESSION_COOKIE_NAME")
        cookie = str(value_of(called.expression)) if called is not None else str(DEFAULTS["SESSION_COOKIE_NAME"])
        if called is not None and not _settled(called):
            text, cookie = f"SESSION_COOKIE_NAME is {why_unknown(called)}", ""
            yield self._gap("cookie.declared-name", called.location, called.reason, text, about)
        else:
            named = called.location if called is not None else where
            yield DeclaredCookieName(
                location=named, role="session", name=cookie, layer=app.framework, application=app.name
            )
        for part, attribute in (("SAMESITE", "same_site"), ("HTTPONLY", "http_only"), ("SECURE", "secure")):
            name = f"SESSION_COOKIE_{part}"
            bound = state.get(name)
            if bound is not None and not _settled(bound):
                text = f"{name} is {why_unknown(bound)}"
                unsure = {**about, "known": attribute}
                yield self._gap("cookie.declared", bound.location, bound.reason, text, unsure)
            elif bound is not None:
                flags[attribute] = Flag(value_of(bound.expression), bound.location)
            else:
                flags[attribute] = Flag(DEFAULTS[name], where)
        yield from declared(flags, role="session", name=cookie, layer=app.framework, application=app.name)

    def _runs(self, app: Application, facts: FactSet) -> Iterator[Found]:
        """`app.run(debug=...)`: what a developer starts, where the repository starts gunicorn or its like."""
        if any(getattr(fact, "role", "") == "production" for fact in facts.of("logging.server-command")):
            return
        for path, call in setters(facts, app, ".run"):
            given = call.arguments.get("debug")
            where = Location(path=path, line=call.line)
            if given is None:
                continue
            if given.what == "scalar":
                value = lifted(given.value)
                yield _fact(app, RUN, given.value, bool(given.value), where, "literal")
            else:
                about: dict[str, Scalar] = {"framework": app.framework, "application": app.name, "name": RUN}
                value = Unknown("call", given.text, path, call.line)
                text = f"debug of app.run() is {given.text}: not a literal"
                yield self._gap("framework.setting", where, Reason.NOT_LITERAL, text, about)
            yield row(app.framework, app.name, RUN, Binding(value, path, call.line), default=lifted(False))

    def _cors(self, app: Application, state: Namespace, facts: FactSet, seen: Built) -> Iterator[Found]:
        """Flask-CORS: every origin and no credentials unless told otherwise, by its arguments or the configuration."""
        configured = {
            name: state[f"CORS_{name.upper()}"]
            for name in ("origins", "supports_credentials")
            if f"CORS_{name.upper()}" in state
        }
        for module in production_modules(facts):
            for call in module.calls:
                if call.name == "flask_cors.CORS":
                    part = of_call(call, module.location.path or "", seen)
                    part = part._replace(given={**configured, **part.given})
                    if "resources" not in part.given or "origins" in part.given:  # `cors.settings` says it of each
                        yield _cors.policy(part, _cors.FLASK, "flask", app.name, self.name)


def _with_talisman(state: Namespace, facts: FactSet, seen: Built) -> Namespace:
    """Flask-Talisman 1.1, init_app and _force_https: it writes the flags of the session cookie over what was set."""
    found = talisman(production_modules(facts))
    if found is None:
        return state
    where, call = found
    changed: Namespace = {}
    for option, name, usual in (
        ("session_cookie_secure", "SESSION_COOKIE_SECURE", True),
        ("session_cookie_http_only", "SESSION_COOKIE_HTTPONLY", True),
        ("session_cookie_samesite", "SESSION_COOKIE_SAMESITE", "Lax"),
    ):
        if option == "session_cookie_samesite" and version_of(facts) < (0, 8):
            continue
        given = call.arguments.get(option, Expression(what="scalar", value=usual))
        part = of_call(call, where.path or "", seen)
        bound = Bound(given, where.path or "", where.line or 0)
        if given.what != "scalar" or call.conditional or call.spread:
            text = f"{given.text or 'set under a condition or with **'}, by Talisman"
            changed[name] = bound._replace(expression=Expression(what="unknown", text=text))
        elif given.value is not False or name == "SESSION_COOKIE_SAMESITE":
            changed[name] = bound
        elif name not in state:  # False leaves Flask's own setting alone
            changed[name] = part.given.get(option, bound)
    return {**state, **changed}


def _defaults(framework: str) -> dict[str, Value]:
    """The settings of Flask that are judged, of Quart those that it has too, with its own defaults."""
    if framework == "flask":
        return DEFAULTS
    own = APPLICATION_DEFAULTS[framework]
    return {name: own[name] for name in DEFAULTS if name in own}  # type: ignore[misc]


def _settled(bound: Bound) -> bool:
    return bound.expression.what == "scalar" or (bound.expression.what == "list" and bound.expression.complete)


def _fact(app: Application, name: str, value: Value, on: bool, where: Location, source: str) -> FrameworkSetting:
    return FrameworkSetting(
        location=where,
        framework=app.framework,
        application=app.name,
        name=name,
        value=value,
        on=on,
        source=source,  # type: ignore[arg-type]
    )
