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
from hardencheck.collect.resolve._logging_tables import Handler, Part, names_in, plain_options
from hardencheck.collect.resolve.logging import handed_on
from hardencheck.lazily import compiled
from hardencheck.model.facts import Fact
from hardencheck.model.facts.logging import AdminMail, LogFile, LogInjection, LogTransport
from hardencheck.model.facts.logging_written import HandlerCall, LoggingPlace, RequestLogged
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location

_ROTATED = compiled(r"^\s*[\"']?(/[^\s{\"']{1,300})", re.MULTILINE)
_SERVED = frozenset({"static", "staticfiles", "media", "public", "uploads", "htdocs", "public_html", "wwwroot"})
_DIRECTORIES = ("MEDIA_ROOT", "STATIC_ROOT", "STATICFILES_DIRS")
_LOCAL = compiled(r"localhost|127\.[\d.]+|\[?::1\]?|/.*|ip6-localhost|host\.docker\.internal")
_NETWORK = {"SocketHandler", "DatagramHandler", "HTTPHandler", "SMTPHandler", "SysLogHandler"} | CLEAR_HANDLERS
_NEVER_SECURE = {"SocketHandler", "DatagramHandler", "SysLogHandler"}
_SWITCHES = ("secure", "tls", "use_tls", "ssl", "ssl_enable", "secureToken")


class Unknown(NamedTuple):
    """What of a handler is not known."""

    kind: type[Fact]
    detail: str
    where: Location


class LoggingHandlers(Resolver):
    """Files, hosts and mails that handlers in use write to."""

    name = "logging.handlers-in-use"
    emits = (LogFile, LogTransport, AdminMail)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        yield from handed_on(self, facts, (HandlerCall, LoggingPlace), self.emits)
        found = sources(facts, tree)
        directories = [path for project, _ in found.projects for path in _directories(project)]
        rotated = list(_rotated(tree))
        for made in found.configurations:
            for handler in Flow(made, found.alone).used().values():
                yield from self._found(handler, directories, rotated)
        for fact in facts.of("logging.handler-call"):
            if isinstance(fact, HandlerCall) and fact.role == "production":
                yield from self._found(_called(fact), directories, rotated)

    def _found(self, handler: Handler, directories: list[str], rotated: list[str]) -> Iterator[Found]:
        for one in self._judged(handler, directories, rotated):
            if isinstance(one, Unknown):
                yield Gap(
                    kinds=(one.kind.kind(),), collector=self.name, reason=Reason.NOT_LITERAL, detail=one.detail,
                    location=one.where, about={"role": "production"},
                )  # fmt: skip
            else:
                yield one

    def _judged(self, handler: Handler, directories: list[str], rotated: list[str]) -> Iterator[Fact | Unknown]:
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


def _called(fact: HandlerCall) -> Handler:
    arguments: dict[str, Part] = {}
    for item in fact.arguments:
        name, _, text = item.partition("=")
        known = not text.startswith(UNKNOWN) or "/" in text
        options = (None if text == "None" else text,) if known else ()
        arguments[name] = Part(options, fact.location)
    nothing = Part((None,), fact.location, given=False)
    return Handler(fact.handler, fact.handler, fact.location, nothing, "", (), arguments)


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


def _file(handler: Handler, path: str, directories: list[str], rotated: list[str]) -> Iterator[LogFile | Unknown]:
    plain = path.removeprefix(UNKNOWN)
    shown = plain.lstrip("/") if path.startswith(UNKNOWN) else path
    said = handler.kind or handler.name
    name = posixpath.basename(plain)
    rotates, where = _rotates(handler)
    if not rotates and any(
        fnmatch.fnmatch(plain, pattern) or fnmatch.fnmatch(name, posixpath.basename(pattern)) for pattern in rotated
    ):
        rotates = True
    if rotates is None:
        yield Unknown(LogFile, f"whether {said} keeps {shown or 'its file'} from growing is not known", where)
    else:
        yield LogFile(location=where, path=shown, handler=said, rotates=rotates, served=False, role="production")
    if _lies_in(plain, directories, path.startswith(UNKNOWN)):
        where = handler.at("filename")
        yield LogFile(location=where, path=shown, handler=said, rotates=True, served=True, role="production")


def _rotates(handler: Handler) -> tuple[bool | None, Location]:
    """Whether a handler keeps its file from growing, and what says so; None where that is not known."""
    match handler.kind:
        case "FileHandler" | "basicConfig":
            return False, handler.where
        case "loguru":
            return handler.text("rotation") is not None, handler.where
        case "RotatingFileHandler" | "ConcurrentRotatingFileHandler":
            given = {name: handler.text(name) for name in ("maxBytes", "backupCount")}
            for name, text in given.items():
                if text == "0" or (text is None and "**" not in handler.arguments):
                    return False, handler.at(name)
            unsure = next((name for name, text in given.items() if not text), None)
            return (None, handler.at(unsure)) if unsure is not None else (True, handler.where)
    known = any(word in handler.kind for word in ("Rotating", "Watched"))
    return (True if known else None), handler.where


def _lies_in(path: str, directories: list[str], beside: bool) -> bool:
    """Whether a file lies in a directory that is served. beside: what stands before the path is not known."""
    folder = posixpath.dirname(posixpath.normpath(path))
    for directory in directories:
        if f"{folder}/".startswith(f"{directory}/") or (beside and f"{folder}/".startswith(f"/{directory}/")):
            return True
    return not _SERVED.isdisjoint(re.split(r"[/\\]", folder.lower()))


def _transport(handler: Handler) -> Iterator[LogTransport | Unknown]:
    hidden = "**" in handler.arguments
    host = handler.text("host", "mailhost", "address", "hostname")
    if handler.kind == "SysLogHandler" and (host is None or host.startswith("/")):
        return  # the daemon of this machine
    given = hidden or host is not None
    plain = re.sub(r":\d*$", "", host or "")
    if plain and _LOCAL.fullmatch(plain):
        return
    switch = next((name for name in _SWITCHES if name in handler.arguments), "")
    # A socket and syslog have no TLS of their own, whatever they are given.
    secure = handler.kind not in _NEVER_SECURE and bool(switch) and handler.text(switch) not in {None, "False"}
    unsure = handler.kind not in _NEVER_SECURE and (not handler.arguments[switch].known if switch else hidden)
    if unsure or (not secure and given and plain in {"", UNKNOWN}):
        yield Unknown(LogTransport, f"where {handler.kind} sends records, or how, is not known", handler.where)
        return
    yield LogTransport(
        location=handler.at(switch) if switch and not secure else handler.where,
        handler=handler.kind,
        host=plain,
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
        for handler in Flow(made, found.alone).used().values():
            if handler.kind not in {"NullHandler", "AdminEmailHandler", "SentryHandler"}:
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
