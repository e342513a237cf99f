"""What Flask, Starlette and FastAPI applications send of each security header: by Talisman, or by hand."""

import re
from collections.abc import Iterator

from hardencheck.collect.extract.python_settings import HEADERS, TELLING
from hardencheck.collect.resolve._applications import UNREAD, Application, applications, production_modules, unread
from hardencheck.collect.resolve._layers import Sends, sends, silent, unknown
from hardencheck.collect.resolve._versions import NEWEST, Since, Version, default, lowest
from hardencheck.lazily import compiled
from hardencheck.model.facts.settings import Call, Expression, HeaderSet, PythonModule
from hardencheck.model.gap import FactSet, Reason
from hardencheck.model.location import Location

_TELLING = compiled(r"csp|secur|header|permission|policy|referrer|helmet", re.IGNORECASE)
_HARMLESS = (
    "CORSMiddleware", "SessionMiddleware", "GZipMiddleware", "TrustedHostMiddleware", "HTTPSRedirectMiddleware",
    "ProxyHeadersMiddleware", "AuthenticationMiddleware", "RequestIDMiddleware", "CorrelationIdMiddleware",
)  # fmt: skip
# Flask-Talisman 1.1: option -> (default, header). Options that are None or False switch the header off.
_TALISMAN: dict[str, tuple[str, str | bool]] = {
    "x-frame-options": ("frame_options", "SAMEORIGIN"),
    "content-security-policy": ("content_security_policy", "default-src 'self'; object-src 'none'"),
    "referrer-policy": ("referrer_policy", "strict-origin-when-cross-origin"),
    "permissions-policy": ("permissions_policy", ""),
    "x-content-type-options": ("x_content_type_options", True),
}
_HSTS_AGE = 31556926
# What Talisman sends as Permissions-Policy when nothing is said; before 0.8 it knew no such header.
_PERMISSIONS: Since = (((0,), None), ((0, 8), "interest-cohort=()"), ((1,), None), ((1, 1), "browsing-topics=()"))


def layers(facts: FactSet) -> Iterator[dict[str, Sends]]:
    """For each framework in use: header name -> what its applications do about it."""
    modules = production_modules(facts)
    for layer, frameworks in (("flask", ("flask",)), ("starlette", ("fastapi", "starlette"))):
        found = applications(facts, *frameworks)
        if found:
            yield {name: _header(layer, found[0], modules, facts, name) for name in HEADERS | TELLING}
        else:
            for framework, gap in unread(facts):
                if framework in frameworks:
                    yield {name: unknown(layer, gap.location, gap.detail, gap.reason) for name in HEADERS | TELLING}
                    break


def unread_layers(facts: FactSet) -> Iterator[dict[str, Sends]]:
    """An application of a framework whose code is not read for headers: it may send any."""
    for app in applications(facts, "aiohttp", *UNREAD):
        text = f"{app.framework} is in use, whose code is not read for headers"
        yield dict.fromkeys(HEADERS | TELLING, unknown(app.framework, app.location, text, Reason.NOT_SUPPORTED))
        return


def _header(layer: str, app: Application, modules: list[PythonModule], facts: FactSet, name: str) -> Sends:
    hooks = _hooks(modules)
    loose: Location | None = None
    table: Location | None = None
    for module in modules:
        for header_set in module.headers:
            if header_set.name not in {name, "*"}:
                continue
            where = Location(path=module.location.path, line=header_set.line)
            if not _for_every_response(header_set, module, hooks):
                loose = loose or (where if header_set.name == name else None)
                continue
            if header_set.expression.text == "from a table":
                table = table or where
                continue
            if header_set.conditional:
                return unknown(layer, where, f"{name} is set under a condition", Reason.DYNAMIC)
            value = header_set.expression
            if value.what != "scalar" or not isinstance(value.value, str):
                return unknown(layer, where, f"{name} is {value.text}: not a literal")
            return sends(layer, where, value.value)
    if layer == "flask":
        found = talisman(modules)
        if found is not None:
            return _from_talisman(found[1], found[0], name, talisman_version(facts))
    doubt = _doubtful(modules)
    if doubt is not None:
        where, what = doubt
        return unknown(layer, where, f"{what} is not in the repository and may send it", Reason.DYNAMIC)
    if table is not None and name in HEADERS:
        return unknown(layer, table, f"headers are set here from a table, which may hold {name}")
    if loose is not None:
        return unknown(
            layer, loose, f"{name} is set here, and whether for every response is not followed", Reason.DYNAMIC
        )
    return silent(layer, app.location)


def _hooks(modules: list[PythonModule]) -> set[str]:
    """Names of classes and functions that run for every response: given to add_middleware or after_request."""
    found: set[str] = set()
    for module in modules:
        for call in module.calls:
            if call.name in {".add_middleware", ".after_request"} or call.name.endswith("middleware.Middleware"):
                if call.first and not call.conditional:
                    found.add(call.first.rpartition(".")[2])
    return found


def _for_every_response(header_set: HeaderSet, module: PythonModule, hooks: set[str]) -> bool:
    if header_set.hook:
        # `@blueprint.after_request` covers its blueprint only; the name of the object is not kept, so by file.
        return True
    return bool(set(header_set.scope.split(".")) & hooks)


def _doubtful(modules: list[PythonModule]) -> tuple[Location, str] | None:
    """Middleware of a library whose name says that it may send security headers."""
    known = {item.name for module in modules for item in module.classes}
    for module in modules:
        for call in module.calls:
            if call.name == ".add_middleware" or call.name.endswith("middleware.Middleware"):
                last = call.first.rpartition(".")[2]
                if last not in known and last not in _HARMLESS and (not last or _TELLING.search(call.first)):
                    return Location(path=module.location.path, line=call.line), last or "a middleware"
    return None


def talisman_version(facts: FactSet) -> Version:
    return lowest(facts, "flask-talisman") or NEWEST


def talisman(modules: list[PythonModule]) -> tuple[Location, Call] | None:
    """The call that puts Flask-Talisman to work."""
    for module in modules:
        talismans = {call.variable for call in module.calls if call.name.startswith("flask_talisman")}
        calls = [
            call
            for call in module.calls
            if call.name.startswith("flask_talisman") or (call.name == ".init_app" and call.variable in talismans)
        ]
        # `Talisman()` alone does nothing: `init_app` on it, here or in another file, does.
        calls = [call for call in calls if call.first or call.name == ".init_app"] or calls
        started = _started(modules, calls, talismans)
        if started is not None:
            path, call = started
            return Location(path=path or module.location.path, line=call.line), call
    return None


def _started(modules: list[PythonModule], calls: list[Call], talismans: set[str]) -> tuple[str, Call] | None:
    for call in calls:
        if call.first or call.name == ".init_app":
            return "", call
    names = {name.rpartition(".")[2] for name in talismans if name}
    for module in modules:
        for call in module.calls:
            if call.name == ".init_app" and call.variable.rpartition(".")[2] in names:
                return module.location.path or "", call
    return None


def _from_talisman(call: Call, where: Location, name: str, version: Version) -> Sends:
    if call.conditional or call.spread:
        return unknown("flask", where, "Talisman is set up under a condition or with **", Reason.DYNAMIC)
    if name == "strict-transport-security":
        return _talisman_hsts(call, where)
    if name not in _TALISMAN:
        return silent("flask", where)
    option, usual = _TALISMAN[name]
    if name == "permissions-policy":
        usual = str(default(_PERMISSIONS, version)[1] or "")
        if version < (0, 8):
            return silent("flask", where)
    given = call.arguments.get(option, Expression(what="scalar", value=usual))
    if given.what != "scalar":
        return unknown("flask", where, f"{option} is {given.text}: not a literal")
    if not given.value:
        return silent("flask", where)
    return sends("flask", where, "nosniff" if name == "x-content-type-options" else str(given.value))


def _talisman_hsts(call: Call, where: Location) -> Sends:
    options = {"": True, "_max_age": _HSTS_AGE, "_include_subdomains": True, "_preload": False}
    values: dict[str, object] = {}
    for end, usual in options.items():
        option = f"strict_transport_security{end}"
        given = call.arguments.get(option, Expression(what="scalar", value=usual))
        if given.what != "scalar":
            return unknown("flask", where, f"{option} is {given.text}: not a literal")
        values[end] = given.value
    if not values[""]:
        return silent("flask", where)
    parts = [f"max-age={values['_max_age']}"]
    parts += ["includeSubDomains"] if values["_include_subdomains"] else []
    parts += ["preload"] if values["_preload"] else []
    return sends("flask", where, "; ".join(parts))
