"""Applications that Python code builds: Flask, Starlette and FastAPI, aiohttp, and what configures them."""

from collections.abc import Iterator
from typing import NamedTuple

from hardencheck.collect.extract._python import role
from hardencheck.collect.extract._security_names import FLASK
from hardencheck.collect.resolve._follow import Bound
from hardencheck.collect.resolve._modules import Namespace
from hardencheck.model.facts.logging import ServerCommand
from hardencheck.model.facts.settings import Call, Expression, PythonModule, Write
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location

FRAMEWORKS = {
    "flask.Flask": "flask", "apiflask.APIFlask": "flask", "flask_openapi3.OpenAPI": "flask",
    "fastapi.FastAPI": "fastapi", "fastapi.applications.FastAPI": "fastapi",
    "starlette.applications.Starlette": "starlette",
    "aiohttp.web.Application": "aiohttp", "aiohttp.web_app.Application": "aiohttp",
    "waitress.serve": "waitress", "waitress.server.create_server": "waitress", "waitress.create_server": "waitress",
    "quart.Quart": "quart", "pyramid.config.Configurator": "pyramid", "tornado.web.Application": "tornado",
    "falcon.App": "falcon", "falcon.asgi.App": "falcon", "falcon.API": "falcon", "sanic.Sanic": "sanic",
    "bottle.Bottle": "bottle", "litestar.Litestar": "litestar", "cherrypy.quickstart": "cherrypy",
    "cherrypy.tree.mount": "cherrypy",
}  # fmt: skip
# Seen, and their settings are not read: what they do is unknown, not absent. Those with sessions of their own first.
WITH_SESSIONS = ("quart", "pyramid", "tornado", "cherrypy")
UNREAD = (*WITH_SESSIONS, "falcon", "sanic", "bottle", "litestar")
_LOADERS = (".from_object", ".from_pyfile", ".from_envvar", ".from_prefixed_env", ".from_file", ".from_json")


class Application(NamedTuple):
    """An application object (or a server call). framework: "flask", "fastapi" ...; application: the file's path."""

    framework: str
    path: str
    call: Call
    module: PythonModule

    @property
    def location(self) -> Location:
        return Location(path=self.path, line=self.call.line)


def applications(facts: FactSet, *frameworks: str) -> list[Application]:
    """The applications that production code builds, in order of place."""
    found: list[Application] = []
    derived = Derived(facts)
    for fact in sorted(_production(facts), key=lambda fact: fact.location.order):
        for call in fact.calls:
            framework = derived.framework(fact, call)
            if framework in frameworks and fact.location.path is not None:
                found.append(Application(framework, fact.location.path, call, fact))
    # `OAuth(Flask(__name__))`: one that no name holds serves nobody, where there is one that a name holds.
    held = [app for app in found if app.call.variable or app.framework == "waitress"]
    return held or found


class Derived:
    """Which framework a call builds an application of, classes of the repository that derive from one included."""

    def __init__(self, facts: FactSet) -> None:
        self._classes: dict[str, list[tuple[str, str]]] = {}
        for fact in _production(facts):
            for item in fact.classes:
                for base in item.bases:
                    if base in FRAMEWORKS and fact.location.path is not None:
                        self._classes.setdefault(item.name, []).append((fact.location.path, FRAMEWORKS[base]))

    def framework(self, fact: PythonModule, call: Call) -> str | None:
        if call.name in FRAMEWORKS:
            return FRAMEWORKS[call.name]
        module, _, name = call.name.rpartition(".")
        wanted = f"/{module.strip('.').replace('.', '/')}/"
        for path, framework in self._classes.get(name, ()):
            # In the file itself, in the module that is named, or in one of the package that hands it on.
            if path == fact.location.path if not module else wanted in f"/{path.removesuffix('.py')}/":
                return framework
        return None


def server_name(command: ServerCommand, facts: FactSet) -> str:
    """What a server is called in facts and rows: the file that starts it, and which one of a file that starts several
    ("compose.yaml#2"): no line, for a command that moves is the same one."""
    here = command.location
    places = sorted(
        {
            fact.location.line or 0
            for fact in facts.of("logging.server-command")
            if isinstance(fact, ServerCommand)
            and (fact.source, fact.server, fact.location.path) == (command.source, command.server, here.path)
        }
    )
    number = places.index(here.line or 0) + 1
    return f"{here.path}#{number}" if number > 1 else here.path or ""


def _production(facts: FactSet) -> Iterator[PythonModule]:
    for fact in facts.of("python.module"):
        if isinstance(fact, PythonModule) and fact.role == "production":
            yield fact


def production_modules(facts: FactSet) -> list[PythonModule]:
    return list(_production(facts))


def unread(facts: FactSet) -> list[tuple[str, Gap]]:
    """(framework, gap) of production files that could not be parsed and mention that framework."""
    return [
        (framework, gap)
        for gap in facts.gaps
        if "python.module" in gap.kinds and role(gap.location.path or "") == "production"
        for framework in ("flask", "fastapi", "aiohttp")
        if gap.about.get(framework, False)
    ]


def flask_namespace(app: Application, facts: FactSet, alone: bool) -> Namespace:
    """What code is seen to write to the configuration of a Flask application that nobody saw being built.

    alone: it is the only one, so that writes to `app.config` in other files are to it.
    """
    variable = app.call.variable
    mine = {name for name in (variable, "self" if "." not in app.call.name else "") if name}
    state: Namespace = {}
    events: list[Write | Call] = [write for write in app.module.writes if write.variable in mine]
    events += [
        call for call in app.module.calls if call.name in _LOADERS and call.variable.removesuffix(".config") in mine
    ]
    for event in sorted(events, key=lambda event: event.line):
        if isinstance(event, Write):
            state = _written(state, event, app.path)
        else:
            state = _tainted(state, app.path, event.line, f"config{event.name}() may set it")
    if alone:
        state = _elsewhere(state, app, facts, mine)
    return state


def _written(state: Namespace, write: Write, path: str) -> Namespace:
    if write.name == "*":
        return _tainted(state, path, write.line, write.expression.text)
    if write.conditional:
        why = Expression(what="unknown", text="set under a condition")
        return {**state, write.name: Bound(why, path, write.line, reason=Reason.DYNAMIC)}
    return {**state, write.name: Bound(write.expression, path, write.line)}


def _tainted(state: Namespace, path: str, line: int, text: str) -> Namespace:
    why = Expression(what="unknown", text=text)
    return {**state, **{name: Bound(why, path, line, reason=Reason.DYNAMIC) for name in FLASK}}


def _elsewhere(state: Namespace, app: Application, facts: FactSet, mine: set[str]) -> Namespace:
    for fact in _production(facts):
        for write in fact.writes:
            path = fact.location.path or ""
            owner = write.variable.rpartition(".")[2]
            if path == app.path and write.variable in mine:
                continue
            if owner not in {"app", "application", "current_app", "flask_app", "server", variable_of(app)}:
                continue
            names = [write.name] if write.name != "*" else []
            for name in names:
                held = state.get(name)
                same = held is not None and held.expression == write.expression and not write.conditional
                if not same:
                    why = Expression(what="unknown", text="written in another place")
                    state = {**state, name: Bound(why, path, write.line, reason=Reason.DYNAMIC)}
    return state


def variable_of(app: Application) -> str:
    return app.call.variable.rpartition(".")[2]


def setters(facts: FactSet, app: Application, method: str) -> list[tuple[str, Call]]:
    """Calls such as `app.add_middleware(...)` on an application, or anywhere in production code on that name."""
    names = {variable_of(app), "app", "application"}
    return [
        (fact.location.path or "", call)
        for fact in _production(facts)
        for call in fact.calls
        if call.name == method and call.variable.rpartition(".")[2] in names
    ]
