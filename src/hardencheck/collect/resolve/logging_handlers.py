"""Where handlers write: files that nothing rotates or that are served, hosts that get records in clear, mails.

Sources: Python library, logging.handlers (rollover never occurs where maxBytes or backupCount is 0); Django 6.1,
django/utils/log.py (AdminEmailHandler); logrotate(8).
"""

import fnmatch
import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hardencheck.collect.contract import Found, Resolver, Tree, Unreadable
from hardencheck.collect.extract._logging_names import CLEAR_HANDLERS
from hardencheck.collect.extract.logging_handlers import UNKNOWN
from hardencheck.collect.extract.logging_servers import Logrotate
from hardencheck.collect.resolve._django import Project
from hardencheck.collect.resolve._logging_flow import Flow, to_stream
from hardencheck.collect.resolve._logging_sources import SetUp, sources
from hardencheck.collect.resolve._logging_tables import Configuration, Part, names_in, plain_options
from hardencheck.collect.resolve.logging import handed_on
from hardencheck.lazily import compiled
from hardencheck.model.facts.logging import AdminMail, LogFile, LogInjection, LogTransport
from hardencheck.model.facts.logging_written import HandlerCall, LoggingPlace, RequestLogged
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location

_ROTATED = compiled(r"^\s*[\"']?(/[^\s{\"']{1,300})", re.MULTILINE)
_SERVED = frozenset({"static", "staticfiles", "media", "public", "uploads", "htdocs", "public_html", "wwwroot"})
_DIRECTORIES = ("MEDIA_ROOT", "STATIC_ROOT", "STATICFILES_DIRS")
_LOCAL = compiled(r"localhost|127\.[\d.]+|\[?::1\]?|/.*|ip6-localhost|host\.docker\.internal")
_NETWORK = {"SocketHandler", "DatagramHandler", "HTTPHandler", "SMTPHandler", "SysLogHandler"} | CLEAR_HANDLERS
_SWITCHES = ("secure", "tls", "use_tls", "ssl", "ssl_enable", "secureToken")


class _Handler(NamedTuple):
    """One handler from either source. at: the line of each argument."""

    name: str
    kind: str
    where: Location
    arguments: dict[str, Part]

    def text(self, *names: str) -> str | None:
        """The first of these arguments; None where none is given, "" where it is not known."""
        for name in names:
            part = self.arguments.get(name)
            if part is None:
                continue
            value = part.value
            if not part.known:
                return ""
            return ":".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
        return None

    def at(self, name: str) -> Location:
        part = self.arguments.get(name)
        return part.where if part is not None else self.where


class LoggingHandlers(Resolver):
    """Files, hosts and mails that handlers in use write to."""

    name = "logging.handlers-in-use"
    emits = (LogFile, LogTransport, AdminMail)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        yield from handed_on(self, facts, (HandlerCall, LoggingPlace), self.emits)
        found = sources(facts, tree)
        directories = [path for project, _ in found.projects for path in _directories(project)]
        rotated = list(_rotated(tree))
        for handler in _configured(found.configurations, found.alone):
            yield from self._judged(handler, directories, rotated)
        for fact in facts.of("logging.handler-call"):
            if isinstance(fact, HandlerCall) and fact.role == "production":
                yield from self._judged(_called(fact), directories, rotated)

    def _judged(self, handler: _Handler, directories: list[str], rotated: list[str]) -> Iterator[Found]:
        path = handler.text("filename")
        if path is not None and not to_stream(path) and path != "/dev/null":
            yield from _file(handler, path, directories, rotated)
        if handler.kind in _NETWORK:
            yield from _transport(handler)
        if handler.kind == "AdminEmailHandler":
            html = handler.text("include_html")
            yield AdminMail(
                location=handler.at("include_html"), handler=handler.name, html=html == "True", role="production"
            )


def _configured(configurations: Iterable[Configuration], alone: bool) -> Iterator[_Handler]:
    """The handlers that some logger of a configuration has."""
    for made in configurations:
        flow = Flow(made, alone)
        used = {key for logger in made.loggers.values() for key in _names(logger.handlers)}
        for key, handler in flow.handlers.items():
            if key in used or made.open_loggers:
                yield _Handler(handler.name, handler.kind, handler.where, handler.arguments)


def _names(part: Part) -> tuple[str, ...]:
    return part.value if isinstance(part.value, tuple) else ()


def _called(fact: HandlerCall) -> _Handler:
    arguments: dict[str, Part] = {}
    for item in fact.arguments:
        name, _, text = item.partition("=")
        known = not text.startswith(UNKNOWN) or "/" in text
        arguments[name] = Part((text,) if known else (), fact.location)
    return _Handler(fact.handler, fact.handler, fact.location, arguments)


def _directories(project: Project) -> Iterator[str]:
    """Where files lie that a web server gives to everybody."""
    for name in _DIRECTORIES:
        bound = project.bound(name)
        options = plain_options(bound.binding.value) if bound is not None and bound.binding is not None else None
        for option in options or ():
            for path in option if isinstance(option, tuple) else (option,):
                text = posixpath.normpath(str(path)) if path else ""
                if text.strip("/."):
                    yield text


def _rotated(tree: Tree) -> Iterator[str]:
    """The patterns of paths that the logrotate files of the repository name."""
    wants = Logrotate().wants
    for entry in tree.entries.values():
        if entry.link is None and entry.size < 1 << 16 and wants(entry.path, entry.mode, entry.size):
            try:
                text = tree.read(entry).decode("utf-8", "replace")
            except Unreadable:
                continue
            yield from _ROTATED.findall(text)


def _file(handler: _Handler, path: str, directories: list[str], rotated: list[str]) -> Iterator[LogFile]:
    plain = path.removeprefix(UNKNOWN)
    shown = plain.lstrip("/") if path.startswith(UNKNOWN) else path
    rotates, where = _rotates(handler)
    name = posixpath.basename(plain)
    if not rotates and any(
        fnmatch.fnmatch(plain, pattern) or fnmatch.fnmatch(name, posixpath.basename(pattern)) for pattern in rotated
    ):
        rotates = True
    said = {"basicConfig": "basicConfig", "loguru": "loguru"}.get(handler.kind, handler.kind or handler.name)
    yield LogFile(location=where, path=shown, handler=said, rotates=rotates, served=False, role="production")
    if _lies_in(plain, directories, path.startswith(UNKNOWN)):
        yield LogFile(
            location=handler.at("filename"),
            path=shown,
            handler=said,
            rotates=True,
            served=True,
            role="production",
        )


def _rotates(handler: _Handler) -> tuple[bool, Location]:
    match handler.kind:
        case "FileHandler" | "basicConfig":
            return False, handler.where
        case "loguru":
            rotation = handler.text("rotation")
            return rotation is not None and rotation != "None", handler.where
        case "RotatingFileHandler" | "ConcurrentRotatingFileHandler":
            for name in ("maxBytes", "backupCount"):
                given = handler.text(name)
                if given in {None, "0", "None"}:
                    return False, handler.at(name)
    return True, handler.where


def _lies_in(path: str, directories: list[str], beside: bool) -> bool:
    """Whether a file lies in a directory that is served. beside: what stands before the path is not known."""
    folder = posixpath.dirname(posixpath.normpath(path))
    for directory in directories:
        if f"{folder}/".startswith(f"{directory}/") or (beside and f"{folder}/".startswith(f"/{directory}/")):
            return True
    return not _SERVED.isdisjoint(re.split(r"[/\\]", folder.lower()))


def _transport(handler: _Handler) -> Iterator[LogTransport]:
    host = handler.text("host", "mailhost", "address", "hostname")
    if handler.kind == "SysLogHandler":
        if host is None or ":" not in host:
            return  # the daemon of this machine
        if host.startswith("/"):
            return
    if host is None and handler.kind not in {"SocketHandler", "DatagramHandler", "HTTPHandler"}:
        host = ""
    plain = re.sub(r":\d*$", "", host or "")
    if plain and _LOCAL.fullmatch(plain):
        return
    switch = next((name for name in _SWITCHES if name in handler.arguments), "")
    value = handler.text(switch) if switch else None
    secure = value is not None and value not in {"False", "None"}
    if handler.kind == "SMTPHandler" and "**" in handler.arguments:
        secure = True
    if handler.kind in {"SocketHandler", "DatagramHandler", "SysLogHandler"}:
        secure = False
    yield LogTransport(
        location=handler.at(switch) if switch and not secure else handler.where,
        handler=handler.kind,
        host="" if plain in {"", UNKNOWN} else plain,
        clear=not secure,
        role="production",
    )


class LoggedTexts(Resolver):
    """Texts of requests in messages: whether what writes them escapes line breaks."""

    name = "logging.injections"
    emits = (LogInjection,)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        yield from handed_on(self, facts, (RequestLogged,), self.emits)
        logged = [fact for fact in facts.of("logging.request-text") if isinstance(fact, RequestLogged)]
        escaped = bool(logged) and _escapes(facts, tree)
        for fact in logged:
            yield LogInjection(location=fact.location, what=fact.what, call=fact.call, escaped=escaped, role=fact.role)


def _escapes(facts: FactSet, tree: Tree) -> bool:
    """Whether every handler that is set up writes JSON."""
    found = sources(facts, tree)
    calls = [fact for fact in facts.of("logging.handler-call") if isinstance(fact, HandlerCall)]
    if any(fact.handler == "loguru" and "serialize=True" in fact.arguments for fact in calls):
        return True
    kinds: list[str] = []
    for made in found.configurations:
        flow = Flow(made, found.alone)
        used = {key for logger in made.loggers.values() for key in _names(logger.handlers)}
        for key in used:
            handler = flow.handlers.get(key)
            if handler is not None and handler.kind not in {"NullHandler", "AdminEmailHandler", "SentryHandler"}:
                formatter = made.formatters.get(handler.formatter)
                kinds.append(formatter.kind if formatter is not None else "line")
    if kinds:
        return all(kind == "json" for kind in kinds)
    if any(fact.handler == "json" and fact.role == "production" for fact in calls):
        return True
    return any(setup.what == "structlog" and "JSONRenderer" in " ".join(_processors(setup)) for setup in found.setups)


def _processors(setup: SetUp) -> Iterator[str]:
    given = (setup.arguments or {}).get("processors")
    if given is not None:
        yield from names_in(given.value)
