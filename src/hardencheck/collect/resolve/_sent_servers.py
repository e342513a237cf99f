"""What an application server makes of the header fields of the applications that it runs, and whom it believes how a
request came.

Sources: gunicorn 27.0 `http.wsgi`, `http.message`; uvicorn 0.54 `protocols.http`, `middleware.proxy_headers`; hypercorn
0.18 `config.response_headers`; waitress 3.0 `task`; aiohttp 3.14 `web_response`; Werkzeug 3.1 `serving`; granian 2.8;
daphne 4. All of them send `Date` as well, and what the connection needs.
"""

from collections.abc import Iterable
from typing import NamedTuple

from hardencheck.collect.resolve._routes import Doubt, Route
from hardencheck.collect.resolve._sent import Field, Seen, Sent
from hardencheck.collect.resolve._versions import lowest
from hardencheck.model.facts.logging import GunicornFile, ServerCommand
from hardencheck.model.facts.settings import EnvironmentVariable
from hardencheck.model.gap import FactSet, Reason
from hardencheck.model.location import Location

_NAMES = {
    "gunicorn": "gunicorn", "uvicorn": "uvicorn", "waitress": "waitress", "granian": "granian", "daphne": "daphne",
}  # fmt: skip
_VERSIONED = {"aiohttp": "Python/{} aiohttp/{}", "werkzeug": "Werkzeug/{} Python/{}"}
_WITH_SCHEME = ("wsgi:", "uwsgi:", "suwsgi:", "fcgi:", "fastcgi:", "scgi:")
_LOCAL = ("127.", "localhost", "[::1]", "0.0.0.0")  # noqa: S104
_SOCKETS = ("unix:", "unix/", "/")


class Server(NamedTuple):
    """The server that runs an application. name: "" where it is not known. options: of its command line and
    configuration, name -> value. by_variable: the deployment sets FORWARDED_ALLOW_IPS."""

    name: str = ""
    where: Location = Location()
    options: dict[str, str] = {}
    version: tuple[int, ...] | None = None
    by_variable: bool = False


def server_of(facts: FactSet, framework: str, started: Location | None = None) -> Server:
    """The one server that production starts, or what the framework brings with it."""
    commands = [
        fact
        for fact in facts.of("logging.server-command")
        if isinstance(fact, ServerCommand) and fact.role == "production" and fact.source == "command"
    ]
    mine = [fact for fact in commands if fact.location == started] or commands
    names = {fact.server for fact in mine}
    if len(names) == 1:
        first = mine[0]
        options = dict(option.partition("=")[::2] for option in first.options)
        if first.server == "gunicorn":
            for file in facts.of("logging.gunicorn-file"):
                if isinstance(file, GunicornFile) and file.role == "production":
                    options = {**dict(flag.partition("=")[::2] for flag in file.flags), **options}
        variables = any(
            isinstance(fact, EnvironmentVariable) and fact.name == "FORWARDED_ALLOW_IPS"
            for fact in facts.of("deployment.environment")
        )
        return Server(first.server, first.location, options, lowest(facts, first.server), variables)
    if not names and framework in {"aiohttp", "tornado"}:
        return Server(framework)
    return Server()


def through(server: Server, sent: Sent) -> Sent:
    """The response as the server sends it."""
    name, where = server.name, server.where
    if name == "uwsgi":
        return sent
    if name == "gunicorn" and server.version is not None and server.version < (20, 1):
        doubt = Doubt(where, "gunicorn of this version tells its version", Reason.NOT_LITERAL)
        return sent.put(Field("server", None, where, name, doubt))
    if name == "gunicorn":
        return sent.put(Field("server", "gunicorn", where, name))
    if name == "uvicorn":
        if "no_server_header" in server.options or server.options.get("server_header") in {"false", "False"}:
            return sent
        return sent._replace(fields=(Field("server", "uvicorn", where, name), *sent.fields))
    if name == "hypercorn":
        return sent._replace(fields=(Field("server", "hypercorn-h11", where, name), *sent.fields))
    if name == "waitress":
        ident = server.options.get("ident", "waitress")
        if any(field.value != "" for field in sent.named("server")):
            return sent.plus(Field("via", ident or "waitress", where, name))
        return sent.plus(Field("server", ident, where, name)) if ident else sent
    if name in _NAMES:
        return sent.usual(Field("server", _NAMES[name], where, name))
    if name in {"aiohttp", "tornado", "werkzeug"}:
        doubt = Doubt(where, f"{name} with its version", Reason.DYNAMIC)
        return sent.usual(Field("server", None, where, name, doubt))
    doubt = Doubt(where, "which server runs it is not known", Reason.DYNAMIC)
    return sent if sent.named("server") else sent.unsure("server", doubt)


def seen(server: Server, route: Route | None, *, https: bool = True) -> Seen:
    """How a request that a visitor makes by https (or not) looks to a WSGI or ASGI application behind this server.

    secure: by the scheme that the server hands on; what a framework trusts besides is its own.
    """
    if route is None and not https:
        return Seen(False, "")
    if route is None or not route.hands_on:
        tls = bool({"certfile", "ssl_certfile", "ssl_certificate", "keyfile"} & server.options.keys())
        return Seen(https if tls else None, None)
    if route.upstream.startswith(_WITH_SCHEME):
        # The gateway's protocol says by which scheme the request came, and no header does.
        return Seen(https if route.tls is not False else None if https else False, "")
    given = _forwarded(route.request, https=https)
    if given is None:
        return Seen(None, None)
    believed = _believes(server, route)
    if not given:
        # It passes on what the client sends: nothing, unless another proxy stands before it and adds it.
        outermost = route.tls is True or not https
        return Seen(False if outermost else None, "" if outermost else None)
    if believed is None:
        return Seen(None, given)
    return Seen(given == "https" if believed else False, given)


def _forwarded(request: Iterable[tuple[str, str, Location]], *, https: bool) -> str | None:
    """X-Forwarded-Proto as the proxy sets it; "" where it does not, None where that is not known."""
    for name, value, _ in request:
        if name == "x-forwarded-proto":
            text = value.strip("\"'")
            if text in {"$scheme", "{scheme}", "{http.request.scheme}", "expr=%{REQUEST_SCHEME}", "%{REQUEST_SCHEME}s"}:
                return "https" if https else "http"
            return text if text in {"https", "http"} else None
    return ""


def _believes(server: Server, route: Route) -> bool | None:
    """Whether the server takes X-Forwarded-Proto of this proxy for the scheme."""
    if server.name not in {"gunicorn", "uvicorn"}:
        return None if not server.name else False
    if server.name == "uvicorn" and "no_proxy_headers" in server.options:
        return False
    allowed = server.options.get("forwarded_allow_ips", "127.0.0.1,::1")
    if allowed == "*":
        return True
    target = route.upstream.partition("://")[2] or route.upstream
    if target.startswith(_SOCKETS):
        return server.name == "gunicorn"  # to uvicorn, who comes by a socket has no address that it could trust
    if target.startswith(_LOCAL):
        return True if "127.0.0.1" in allowed else None
    # From another machine or container: only where somebody says so, and a variable may.
    named = {one.strip() for one in allowed.split(",")} - {"127.0.0.1", "::1", ""}
    return None if named or server.by_variable else False
