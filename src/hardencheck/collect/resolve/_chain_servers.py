"""Application servers: which one runs which application, and what it counts of a request.

gunicorn, uvicorn and granian have no limit on bodies; waitress, hypercorn (for WSGI) and uWSGI have one.

Sources, read in the released code: gunicorn 27 `http.wsgi`, waitress 3.0 `parser`, hypercorn 0.18 `app_wrappers`,
uvicorn 0.54; uWSGI 2.0 "Options".
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from hardencheck.collect.contract import Tree
from hardencheck.collect.extract._python import role
from hardencheck.collect.interpret.models.applications import held, number_of, text_of
from hardencheck.collect.interpret.values import Object, lifted
from hardencheck.collect.resolve._applications import Application, applications, server_name
from hardencheck.collect.resolve._built import built
from hardencheck.collect.resolve._chain import Cap, Caps, Station, everywhere
from hardencheck.collect.resolve._chain_frameworks import Own, Stated
from hardencheck.collect.resolve._chain_values import Held, limit_of, worth_of
from hardencheck.collect.resolve._routes import Doubt
from hardencheck.collect.resolve.servers import DEFAULTS
from hardencheck.model.facts.logging import ServerCommand
from hardencheck.model.facts.settings import ProductionDefault
from hardencheck.model.gap import FactSet, Reason
from hardencheck.model.location import Location

# server -> the setting that limits a body, and the answer to more.
BODY_LIMITS = {"waitress": ("max_request_body_size", 413), "hypercorn": ("wsgi_max_body_size", 400),
               "uwsgi": ("limit-post", 413)}  # fmt: skip
_IN_CODE = {"uvicorn.run": "uvicorn", "uvicorn.Config": "uvicorn"}
_WSGI = frozenset({"flask", "pyramid", "bottle", "cherrypy"})
_MAX_DIGITS = 18


class Server(NamedTuple):
    """product: as in `ServerCommand`. called: as in its rows. serves: what its command line or call names, "" where it
    does not. settings: all that it was started with, defaults included."""

    product: str
    where: Location
    called: str
    serves: str
    settings: Mapping[str, Held]
    command: ServerCommand | None = None
    workers: str = ""

    @property
    def stated(self) -> Stated | None:
        """Its limit on bodies, where it has one."""
        if self.product not in BODY_LIMITS:
            return None
        name, _ = BODY_LIMITS[self.product]
        found = self.settings.get(name) or Held(None, self.where, default=True)
        size = found.whole or (None if self.product == "uwsgi" else found.whole)
        return Stated("server", self.product, name, found, size)


def servers(facts: FactSet, tree: Tree) -> list[Server]:
    """Every server that production starts, by a command or by code."""
    return [*_commands(facts), *_waitress(facts, tree), *_called(facts, tree)]


def _commands(facts: FactSet) -> Iterator[Server]:
    rows: dict[tuple[str, str], dict[str, Held]] = {}
    workers: dict[str, str] = {}
    for row in facts.of("setting.production"):
        if isinstance(row, ProductionDefault) and row.framework in DEFAULTS:
            rows.setdefault((row.framework, row.application), {})[row.name] = _of_row(row)
            if row.name == "worker_class":
                workers[row.application] = row.value
    for fact in sorted(facts.of("logging.server-command"), key=lambda fact: fact.location.order):
        if isinstance(fact, ServerCommand) and fact.role == "production" and fact.source == "command":
            called = server_name(fact, facts)
            given = rows.get((fact.server, called), {})
            yield Server(fact.server, fact.location, called, fact.application, given, fact, workers.get(called, ""))
    commanded = {name for server, name in rows if server == "uwsgi"}
    for fact in facts.of("logging.server-command"):
        if isinstance(fact, ServerCommand) and fact.server == "uwsgi":
            commanded.discard(server_name(fact, facts))
    for name in sorted(commanded):  # a file of options that no command names
        given = rows["uwsgi", name]
        where = next(iter(given.values())).where
        yield Server("uwsgi", Location(path=name, line=where.line), name, "", given)
    for name in sorted(name for server, name in rows if server == "waitress" and name.endswith(".ini")):
        # `[server:main]` of a file that pserve starts: what is not set there stands at the section.
        given = rows["waitress", name]
        where = next((one.where for one in given.values() if one.default), next(iter(given.values())).where)
        yield Server("waitress", Location(path=name, line=where.line), name, "", given)


def _of_row(row: ProductionDefault) -> Held:
    default = row.source == "default"
    try:
        value = ast.literal_eval(row.value) if row.state == "known" else None
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        value = None
    if isinstance(value, str) and value.isdecimal() and len(value) < _MAX_DIGITS:
        value = int(value)
    if row.state != "known":
        text = f"{row.name} of {row.framework} is not known: {row.text or row.value or row.reason}"
        return Held(None, row.location, doubt=Doubt(row.location, text, Reason.NOT_LITERAL))
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
    return Held(number, row.location, "" if default else row.value, default)


def _waitress(facts: FactSet, tree: Tree) -> Iterator[Server]:
    """`waitress.serve(app, ...)`"""
    for app in applications(facts, "waitress"):
        given = {
            name: limit_of(app, name, default if isinstance(default, int) else None, facts, tree)
            for name, default in DEFAULTS["waitress"].items()
            if default is None or (isinstance(default, int) and not isinstance(default, bool))
        }
        found = built(facts, tree).parts.get((app.path, app.call.line, app.call.name.rpartition(".")[2]))
        if found is not None:
            for name in given:
                default = DEFAULTS["waitress"][name]
                given[name] = worth_of(held(found).get(name), name, lifted(default), app.location)
        yield Server("waitress", app.location, app.path, app.call.first, given)


def _called(facts: FactSet, tree: Tree) -> Iterator[Server]:
    """`uvicorn.run(app, ...)`, where nothing else starts a server: else it is what a developer runs."""
    if any(True for _ in _commands(facts)):
        return
    for (path, line, _), part in sorted(built(facts, tree).parts.items()):
        product = _IN_CODE.get(text_of(part.state.get("dotted")), "")
        if not product or role(path) != "production":
            continue
        where = Location(path=path, line=number_of(part.state["line"]) or line)
        given = {
            name: worth_of(held(part).get(name), name, lifted(default), where)
            for name, default in DEFAULTS[product].items()
            if default is None or (isinstance(default, int) and not isinstance(default, bool))
        }
        yield Server(product, where, path, _served(part), given)


def _served(part: Object) -> str:
    binding = held(part).names.get("app")
    return text_of(binding.value) if binding is not None else ""


def serving(own: Own, app: Application | None, found: Sequence[Server], facts: FactSet, tree: Tree) -> list[Station]:
    """The servers that run an application: those that name it, else those of which nobody knows what they run.

    app: None for a Django project.
    """
    started = built(facts, tree).started
    mine: list[Server] = []
    if app is not None:
        mine = [server for server in found if started.get((app.path, app.call.line)) == server.where]
    naming = set(started.values())  # each builds several things: an application, and what is put around it
    left = [server for server in found if server.where not in naming and _may_serve(server, own.framework)]
    return [station(server, own.framework) for server in mine or left]


def _may_serve(server: Server, framework: str) -> bool:
    if framework in {"aiohttp", "tornado", "sanic"} and server.product != "gunicorn":
        return False  # they are servers themselves
    return framework == "django" or not server.serves.partition(":")[0].endswith((".wsgi", ".asgi"))


def station(server: Server, framework: str) -> Station:
    """A server as one layer before an application of this framework."""
    interface = _interface(server, framework)
    product = server.product
    stated = server.stated
    caps: Caps
    if stated is None or (product == "hypercorn" and interface == "asgi"):
        what = "for ASGI applications " if stated is not None else ""
        caps = everywhere(Cap("server", product, server.where, note=f"{product} has no limit {what}on bodies"))
    elif product == "hypercorn" and not interface:
        text = "hypercorn limits bodies of WSGI applications alone, and which this one is is not known"
        caps = everywhere(Cap("server", product, server.where, doubt=Doubt(server.where, text)))
    else:
        cap = _limit(stated)
        caps = everywhere(cap)
        if product == "waitress":
            caps = {**caps, "chunked": (cap._replace(measures="encoded"),)}
    terminates: bool | None = None
    if interface == "wsgi":
        terminates = {"gunicorn": True, "waitress": True, "hypercorn": False, "uwsgi": False}.get(product)
    return Station("server", product, server.where, caps, product == "waitress", server.called, interface, terminates)


def mod_wsgi(where: Location) -> Station:
    """Apache calls the application itself: nothing limits bodies but LimitRequestBody."""
    cap = Cap("server", "mod_wsgi", where, note="mod_wsgi has no limit on bodies")
    text = "whether mod_wsgi takes a body without Content-Length depends on WSGIChunkedRequest"
    caps = {**everywhere(cap), "chunked": (cap._replace(note="", doubt=Doubt(where, text)),)}
    return Station("server", "mod_wsgi", where, caps, interface="wsgi", terminates=False)


def _limit(stated: Stated) -> Cap:
    name, status = BODY_LIMITS[stated.product]
    found, size = stated.held, stated.max_bytes
    if stated.product == "waitress" and size is not None:
        size = max(size - 1, 0)  # the limit itself is refused
    note = f"{name} is {found.written or '0 (the default)'}" if size is None and found.doubt is None else ""
    return Cap(
        "server", stated.product, found.where, size, name, found.written, found.default, status=status, note=note,
        reads=stated.product == "hypercorn", doubt=found.doubt,
    )  # fmt: skip


def _interface(server: Server, framework: str) -> Literal["wsgi", "asgi", ""]:
    if server.product in {"waitress", "uwsgi"}:
        return "wsgi"
    if server.product == "gunicorn":
        return "asgi" if "uvicorn" in server.workers or "asgi" in server.workers.lower() else "wsgi"
    if framework in _WSGI:
        return "wsgi"
    if framework == "django":
        if server.product == "uvicorn" or "asgi" in server.serves:
            return "asgi"
        return "wsgi" if "wsgi" in server.serves else ""
    return "asgi"
