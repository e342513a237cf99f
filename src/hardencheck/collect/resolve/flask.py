"""Flask: configuration, key, session cookie, CORS."""

from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.resolve._applications import (
    Application,
    applications,
    production_modules,
    setters,
    unread,
)
from hardencheck.collect.resolve._built import flask_settings, resolved
from hardencheck.collect.resolve._django import why_unknown
from hardencheck.collect.resolve._follow import Bound
from hardencheck.collect.resolve._headers_python import talisman, talisman_version
from hardencheck.collect.resolve._modules import Namespace, value_of
from hardencheck.collect.resolve.django import secret_key
from hardencheck.model.facts import Scalar, Value
from hardencheck.model.facts.declared import DeclaredCookie, DeclaredCookieName
from hardencheck.model.facts.settings import CorsPolicy, Expression, FrameworkSetting, SecretKey
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
}


class FlaskSettings(Resolver):
    """Configuration of every Flask application that production code builds."""

    name = "flask.settings"
    emits = (FrameworkSetting, SecretKey, DeclaredCookie, DeclaredCookieName, CorsPolicy)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        facts = resolved(facts, tree)
        found = applications(facts, "flask")
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
            state = _with_talisman(flask_settings(app, facts, tree, alone=len(found) == 1), facts)
            yield from self._settings(app, state)
            yield from self._key(app, state)
            yield from self._cookie(app, state)
            yield from self._runs(app, facts)
            yield from self._cors(app, facts)

    def _gap(self, kind: str, where: Location, reason: Reason, text: str, about: dict[str, Scalar]) -> Gap:
        return Gap(kinds=(kind,), collector=self.name, reason=reason, detail=text, location=where, about=about)

    def _settings(self, app: Application, state: Namespace) -> Iterator[Found]:
        for name, default in DEFAULTS.items():
            bound = state.get(name)
            about: dict[str, Scalar] = {"framework": "flask", "application": app.path, "name": name}
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
        about: dict[str, Scalar] = {"framework": "flask", "application": app.path, "name": "SECRET_KEY"}
        if bound is None:
            yield SecretKey(
                location=app.location, framework="flask", application=app.path, name="SECRET_KEY", source="missing"
            )
            return
        fact = secret_key("flask", app.path, "SECRET_KEY", bound.expression, bound.location)
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
        values: dict[str, Value] = {}
        where = app.location
        about: dict[str, Scalar] = {"role": "session", "layer": "flask"}
        called = state.get("SESSION_COOKIE_NAME")
        cookie = str(value_of(called.expression)) if called is not None else str(DEFAULTS["SESSION_COOKIE_NAME"])
        if called is not None and not _settled(called):
            text, cookie = f"SESSION_COOKIE_NAME is {why_unknown(called)}", ""
            yield self._gap("cookie.declared-name", called.location, called.reason, text, about)
        else:
            named = called.location if called is not None else where
            yield DeclaredCookieName(location=named, role="session", name=cookie, layer="flask")
        known: list[str] = []
        for part, attribute in (("SAMESITE", "same_site"), ("HTTPONLY", "http_only"), ("SECURE", "secure")):
            name = f"SESSION_COOKIE_{part}"
            bound = state.get(name)
            values[part] = DEFAULTS[name]
            if bound is not None and not _settled(bound):
                text = f"{name} is {why_unknown(bound)}"
                unsure = {**about, "known": attribute}
                yield self._gap("cookie.declared", bound.location, bound.reason, text, unsure)
                continue
            known.append(attribute)
            if bound is not None:
                values[part], where = value_of(bound.expression), bound.location
        if not known:
            return
        same_site = values["SAMESITE"]
        yield DeclaredCookie(
            location=where,
            role="session",
            name=cookie,
            secure=bool(values["SECURE"]),
            http_only=bool(values["HTTPONLY"]),
            same_site=same_site.lower() if isinstance(same_site, str) and same_site else None,
            layer="flask",
            known=tuple(known),
        )

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
                yield _fact(app, "run(debug)", given.value, bool(given.value), where, "literal")
            else:
                about: dict[str, Scalar] = {"framework": "flask", "application": app.path, "name": "run(debug)"}
                text = f"debug of app.run() is {given.text}: not a literal"
                yield self._gap("framework.setting", where, Reason.NOT_LITERAL, text, about)

    def _cors(self, app: Application, facts: FactSet) -> Iterator[Found]:
        """Flask-CORS: every origin and no credentials unless told otherwise."""
        for module in production_modules(facts):
            for call in module.calls:
                if call.name != "flask_cors.CORS":
                    continue
                where = Location(path=module.location.path, line=call.line)
                credentials = call.arguments.get("supports_credentials")
                origins = call.arguments.get("origins")
                about: dict[str, Scalar] = {"framework": "flask", "application": app.path}
                if call.spread or (credentials is not None and credentials.what != "scalar"):
                    yield self._gap(
                        "cors.policy", where, Reason.NOT_LITERAL, "supports_credentials is not a literal", about
                    )
                    continue
                with_credentials = credentials is not None and bool(credentials.value)
                any_origin: bool | None = True
                if origins is not None:
                    any_origin = None
                    if origins.what == "list" and (origins.complete or "*" in origins.items):
                        any_origin = "*" in origins.items
                    elif origins.what == "scalar":
                        any_origin = origins.value == "*"
                if any_origin is None and with_credentials:
                    yield self._gap("cors.policy", where, Reason.NOT_LITERAL, "origins is not a literal", about)
                    continue
                yield CorsPolicy(
                    location=where,
                    framework="flask",
                    application=app.path,
                    any_origin=any_origin,
                    credentials=with_credentials,
                )


def _with_talisman(state: Namespace, facts: FactSet) -> Namespace:
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
        if option == "session_cookie_samesite" and talisman_version(facts) < (0, 8):
            continue
        given = call.arguments.get(option, Expression(what="scalar", value=usual))
        bound = Bound(given, where.path or "", where.line or 0)
        if given.what != "scalar" or call.conditional or call.spread:
            text = f"{given.text or 'set under a condition or with **'}, by Talisman"
            changed[name] = bound._replace(expression=Expression(what="unknown", text=text))
        elif given.value is not False or name == "SESSION_COOKIE_SAMESITE":
            changed[name] = bound  # False leaves Flask's own setting alone
    return {**state, **changed}


def _settled(bound: Bound) -> bool:
    return bound.expression.what == "scalar" or (bound.expression.what == "list" and bound.expression.complete)


def _fact(app: Application, name: str, value: Value, on: bool, where: Location, source: str) -> FrameworkSetting:
    return FrameworkSetting(
        location=where,
        framework=app.framework,
        application=app.path,
        name=name,
        value=value,
        on=on,
        source=source,  # type: ignore[arg-type]
    )
