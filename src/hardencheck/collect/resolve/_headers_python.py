"""What Flask, Starlette and FastAPI applications send of each security header: by Talisman, or by hand."""

from collections.abc import Iterator

from hardencheck.collect.extract._header_names import HEADERS, TELLING, TELLING_MIDDLEWARE
from hardencheck.collect.resolve._applications import UNREAD, Application, applications, production_modules, unread
from hardencheck.collect.resolve._layers import Sends, sends, silent, unknown
from hardencheck.model.facts.settings import Call, HeaderSet, PythonModule
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location

_HARMLESS = (
    "CORSMiddleware", "SessionMiddleware", "GZipMiddleware", "TrustedHostMiddleware", "HTTPSRedirectMiddleware",
    "ProxyHeadersMiddleware", "AuthenticationMiddleware", "RequestIDMiddleware", "CorrelationIdMiddleware",
)  # fmt: skip


def unfollowed(facts: FactSet) -> Iterator[Gap]:
    """Files that may build an application and cannot be read, where no other one does."""
    for frameworks in (("flask",), ("fastapi", "starlette"), ("aiohttp",)):
        if not applications(facts, *frameworks):
            yield from (gap for framework, gap in unread(facts) if framework in frameworks)


def unread_layers(facts: FactSet) -> Iterator[dict[str, Sends]]:
    """An application of a framework whose code is not read for headers: it may send any."""
    for app in applications(facts, *UNREAD):
        text = f"{app.framework} is in use, whose code is not read for headers"
        yield dict.fromkeys(HEADERS | TELLING, unknown(app.framework, app.location, text, Reason.NOT_SUPPORTED))
        return


def says(app: Application, layer: str, facts: FactSet) -> dict[str, Sends]:
    """Header name -> what the files of an application whose code was not run are seen to do about it."""
    modules = production_modules(facts)
    return {name: _header(layer, app, modules, name) for name in HEADERS | TELLING}


def _header(layer: str, app: Application, modules: list[PythonModule], name: str) -> Sends:
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
        if found is not None and name in HEADERS:
            return unknown(layer, found[0], "Talisman is set up in code that is not followed", Reason.DYNAMIC)
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
                if last not in known and last not in _HARMLESS and (not last or TELLING_MIDDLEWARE.search(call.first)):
                    return Location(path=module.location.path, line=call.line), last or "a middleware"
    return None


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
