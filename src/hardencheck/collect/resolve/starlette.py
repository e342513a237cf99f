"""Starlette, FastAPI and Litestar: CORS and the cookies of sessions and CSRF tokens."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.resolve import _cors
from hardencheck.collect.resolve._applications import applications, production_modules, unread
from hardencheck.collect.resolve._built import built
from hardencheck.collect.resolve._cookies import Flag, declared
from hardencheck.collect.resolve._parts import Part, around, of_call
from hardencheck.collect.resolve._setting import Setting, why_unknown
from hardencheck.collect.resolve.django import secret_key
from hardencheck.model.facts import Scalar
from hardencheck.model.facts.declared import DeclaredCookie, DeclaredCookieName
from hardencheck.model.facts.settings import CorsPolicy, SecretKey
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location


class _Cookie(NamedTuple):
    """How a library calls the arguments of a cookie, and what it takes without them. http_only "": always."""

    role: str
    name: tuple[str, str]
    secure: str
    http_only: tuple[str, bool]
    same_site: str
    key: str


_COOKIES = {
    "SessionMiddleware": _Cookie(
        "session", ("session_cookie", "session"), "https_only", ("", True), "same_site", "secret_key"
    ),
    "CookieBackendConfig": _Cookie("session", ("key", "session"), "secure", ("httponly", True), "samesite", ""),
    "CSRFConfig": _Cookie(
        "csrf", ("cookie_name", "csrftoken"), "cookie_secure", ("cookie_httponly", False), "cookie_samesite", ""
    ),
}
_CORS = {"CORSMiddleware": _cors.STARLETTE, "CORSConfig": _cors.LITESTAR}


class StarletteSettings(Resolver):
    """Middleware of every Starlette, FastAPI or Litestar application in production code."""

    name = "starlette.settings"
    version = 2
    emits = (SecretKey, DeclaredCookie, DeclaredCookieName, CorsPolicy)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        found = applications(facts, "fastapi", "starlette", "litestar")
        for framework, gap in unread(facts):
            if framework == "fastapi":
                yield Gap(
                    kinds=("cors.policy", "framework.secret-key"),
                    collector=self.name,
                    reason=gap.reason,
                    detail=gap.detail,
                    location=gap.location,
                    about={"framework": "fastapi"},
                )
        seen = built(facts, tree)
        reached: set[tuple[Location, str]] = set()
        for app in found:
            for part in around(app, seen):
                if (part.location, part.name) not in reached:
                    reached.add((part.location, part.name))
                    yield from self._part(part, "litestar" if app.framework == "litestar" else "starlette", app.name)
        # What nobody saw being put around an application: in code that was not followed.
        starlettes = [app for app in found if app.framework != "litestar"]
        for module in production_modules(facts):
            path = module.location.path or ""
            for call in module.calls:
                if call.name == ".add_middleware" or call.name.endswith("middleware.Middleware"):
                    part = of_call(call, path, seen)
                    if (part.location, part.name) not in reached:
                        yield from self._part(part, "starlette", starlettes[0].name if starlettes else path)

    def _part(self, part: Part, layer: str, application: str) -> Iterator[Found]:
        if part.name in _CORS:
            yield _cors.policy(part, _CORS[part.name], layer, application, self.name)
        if part.name in _COOKIES:
            yield from self._cookie(part, _COOKIES[part.name], layer, application)

    def _gap(self, kind: str, held: Setting, text: str, about: dict[str, Scalar]) -> Gap:
        return Gap(
            kinds=(kind,), collector=self.name, reason=held.reason, detail=text, location=held.location, about=about
        )

    def _cookie(self, part: Part, how: _Cookie, layer: str, application: str) -> Iterator[Found]:
        where = part.location
        about: dict[str, Scalar] = {"role": how.role, "layer": layer, "application": application}
        cookie = _single(part.argument(*how.name))
        if cookie.known:
            yield DeclaredCookieName(
                location=where, role=how.role, name=str(cookie.value), layer=layer, application=application
            )
        else:
            text = f"{how.name[0]} of {part.name} is {cookie.text}"
            yield self._gap("cookie.declared-name", cookie, text, about)
        flags = {
            "secure": (how.secure, _single(part.argument(how.secure, False))),
            "same_site": (how.same_site, _single(part.argument(how.same_site, "lax"))),
            "http_only": (how.http_only[0], _single(part.argument(*how.http_only))),
        }
        if not how.http_only[0]:
            flags["http_only"] = ("", Setting(True, True, "default", where))
        for name, (option, one) in flags.items():
            if not one.known:
                text = f"{option} of {part.name} is {one.text}"
                yield self._gap("cookie.declared", one, text, {**about, "known": name})
        given = {name: Flag(one.value, one.location) for name, (_, one) in flags.items() if one.known}
        called = str(cookie.value) if cookie.known else ""
        yield from declared(given, role=how.role, name=called, layer=layer, application=application)
        key = part.get(how.key) if how.key else None
        if key is not None:
            name = f"{part.name}.{how.key}"
            # str() of a missing key is the key "None": SessionMiddleware does not refuse it.
            optional = key.expression.what == "environment" and key.expression.value == "optional"
            fact = secret_key(layer, application, name, key.expression, where) if not optional else None
            if fact is not None:
                yield fact
            else:
                text = f"{how.key} of {part.name} is {why_unknown(key)}"
                about = {"framework": layer, "application": application, "name": name}
                yield Gap(
                    kinds=("framework.secret-key",),
                    collector=self.name,
                    reason=key.reason,
                    detail=text,
                    location=where,
                    about=about,
                )


def _single(held: Setting) -> Setting:
    """Where it may be one of several it is not known."""
    if not held.others:
        return held
    shown = " or ".join(repr(value) for value in dict.fromkeys((held.value, *held.others)))
    return Setting(False, None, held.source, held.location, Reason.NOT_LITERAL, f"one of {shown}")
