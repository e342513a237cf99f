"""Starlette and FastAPI: CORS, session cookie, documentation pages."""

from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.resolve._applications import Application, applications, production_modules, unread
from hardencheck.collect.resolve._built import resolved
from hardencheck.collect.resolve.django import secret_key
from hardencheck.model.facts import Scalar
from hardencheck.model.facts.declared import DeclaredCookie, DeclaredCookieName
from hardencheck.model.facts.settings import Call, CorsPolicy, Expression, FrameworkSetting, SecretKey
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location

_ANY = {".*", "^.*$", "^.*", ".*$", ".+", "https?://.*", "^https?://.*$", "https://.*"}


class StarletteSettings(Resolver):
    """Middleware and constructor arguments of every Starlette or FastAPI application in production code."""

    name = "starlette.settings"
    emits = (FrameworkSetting, SecretKey, DeclaredCookie, DeclaredCookieName, CorsPolicy)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        facts = resolved(facts, tree)
        found = applications(facts, "fastapi", "starlette")
        for app in found:
            yield from self._documentation(app)
        for framework, gap in unread(facts):
            if framework == "fastapi":
                yield Gap(
                    kinds=("cors.policy", "framework.secret-key", "framework.setting"),
                    collector=self.name,
                    reason=gap.reason,
                    detail=gap.detail,
                    location=gap.location,
                    about={"framework": "fastapi"},
                )
        seen = found[0].path if found else ""
        for module in production_modules(facts):
            path = module.location.path or ""
            for call in module.calls:
                adds = call.name == ".add_middleware" or call.name.endswith("middleware.Middleware")
                if adds and call.first.endswith(".CORSMiddleware"):
                    yield from self._cors(call, path, seen or path)
                if adds and call.first.endswith("sessions.SessionMiddleware"):
                    yield from self._session(call, path, seen or path)

    def _gap(self, kind: str, where: Location, text: str, about: dict[str, Scalar]) -> Gap:
        return Gap(
            kinds=(kind,), collector=self.name, reason=Reason.NOT_LITERAL, detail=text, location=where, about=about
        )

    def _documentation(self, app: Application) -> Iterator[Found]:
        if app.framework != "fastapi":
            return
        given = app.call.arguments.get("openapi_url")
        about: dict[str, Scalar] = {"framework": "fastapi", "application": app.path, "name": "openapi_url"}
        if (given is not None and given.what != "scalar") or (given is None and app.call.spread):
            text = f"openapi_url is {given.text if given else 'perhaps in **'}: not a literal"
            yield self._gap("framework.setting", app.location, text, about)
            return
        value = given.value if given is not None else "/openapi.json"
        yield FrameworkSetting(
            location=app.location,
            framework="fastapi",
            application=app.path,
            name="openapi_url",
            value=value,
            on=bool(value),
            source="literal" if given is not None else "default",
        )

    def _cors(self, call: Call, path: str, application: str) -> Iterator[Found]:
        where = Location(path=path, line=call.line)
        about: dict[str, Scalar] = {"framework": "starlette", "application": application}
        credentials = call.arguments.get("allow_credentials")
        if call.spread or (credentials is not None and credentials.what != "scalar"):
            yield self._gap("cors.policy", where, "allow_credentials is not a literal", about)
            return
        with_credentials = credentials is not None and bool(credentials.value)
        any_origin = _any_origin(call.arguments.get("allow_origins"), call.arguments.get("allow_origin_regex"))
        if any_origin is None and with_credentials:
            given = call.arguments.get("allow_origins") or Expression(what="unknown", text="computed")
            yield self._gap("cors.policy", where, f"allow_origins is {given.text}: not a literal", about)
            return
        yield CorsPolicy(
            location=where,
            framework="starlette",
            application=application,
            any_origin=any_origin,
            credentials=with_credentials,
        )

    def _session(self, call: Call, path: str, application: str) -> Iterator[Found]:
        where = Location(path=path, line=call.line)
        about: dict[str, Scalar] = {"role": "session", "layer": "starlette"}
        secure, same_site, cookie = (
            call.arguments.get(name, Expression(what="scalar", value=default))
            for name, default in (("https_only", False), ("same_site", "lax"), ("session_cookie", "session"))
        )
        named = cookie.what == "scalar" and not call.spread
        if named:
            yield DeclaredCookieName(location=where, role="session", name=str(cookie.value), layer="starlette")
        else:
            text = f"session_cookie is {cookie.text or 'perhaps in **'}: not a literal"
            yield self._gap("cookie.declared-name", where, text, about)
        flags = {"secure": secure, "same_site": same_site}
        known = ["http_only", *(name for name, one in flags.items() if one.what == "scalar")] if not call.spread else []
        for name, one in flags.items():
            if name not in known:
                option = "https_only" if name == "secure" else name
                text = f"{option} of SessionMiddleware is {one.text or 'perhaps in **'}: not a literal"
                yield self._gap("cookie.declared", where, text, {**about, "known": name})
        if known:
            yield DeclaredCookie(
                location=where,
                role="session",
                name=str(cookie.value) if named else "",
                secure=bool(secure.value),
                http_only=True,
                same_site=str(same_site.value).lower(),
                layer="starlette",
                known=tuple(known),
            )
        key = call.arguments.get("secret_key")
        if key is not None:
            name = "secret_key of SessionMiddleware"
            # str() of a missing key is the key "None": SessionMiddleware does not refuse it.
            optional = key.what == "environment" and key.value == "optional"
            fact = secret_key("starlette", application, name, key, where) if not optional else None
            if fact is not None:
                yield fact
            else:
                text = f"secret_key of SessionMiddleware is {key.text}: not a literal"
                yield self._gap(
                    "framework.secret-key", where, text, {"framework": "starlette", "application": application}
                )


def _any_origin(origins: Expression | None, pattern: Expression | None) -> bool | None:
    """Whether every origin is let in; None when that is not known."""
    if origins is not None and "*" in origins.items:
        return True
    if pattern is not None and pattern.what == "scalar" and pattern.value in _ANY:
        return True
    known = origins is None or (origins.what == "list" and origins.complete)
    plain = pattern is None or (pattern.what == "scalar" and isinstance(pattern.value, str | None))
    return False if known and plain else None
