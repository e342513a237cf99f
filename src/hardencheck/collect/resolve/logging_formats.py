"""What application servers write into their access logs, and whether they keep their error logs.

Sources: gunicorn 23 "access_log_format" (`%({header}i)s`, `%(q)s`), hypercorn "access_log_format", granian
"--access-log-fmt", uWSGI "Formatting uWSGI requests logs", aiohttp `AccessLogger` ("%{Header}i").
"""

import re
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Found, Resolver, Tree, Unreadable
from hardencheck.collect.extract._ini import sections
from hardencheck.collect.extract._python import role
from hardencheck.collect.interpret.models.applications import held, text_of
from hardencheck.collect.resolve._built import built
from hardencheck.collect.resolve._logging_tables import plain_options
from hardencheck.collect.resolve.logging import handed_on
from hardencheck.lazily import compiled
from hardencheck.model.facts.logging import GunicornFile, ServerCommand, ServerErrors, ServerFormat, ServerLog
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location

_LEAKS = (
    (compiled(r"(?i)[{.(](?:http[_-])?(?:proxy-)?authorization\b"), "authorization header"),
    (compiled(r"(?i)[{.(](?:http[_-])?(?:x-)?(?:api[_-]?key|auth[_-]token|access[_-]token|csrf[_-]?token)\b"), "token"),
    (compiled(r"(?i)[{.(](?:http[_-])?(?:set-)?cookie\b"), "cookies"),
)
_QUERY = compiled(r"(?i)%\(q\)|\{query_string\}|%\((?:var\.)?query_string\)|%\{query\}")
_NAMES = ("access_logformat", "access_log_format", "access_log_fmt", "logformat", "log_format")
_NOWHERE = {"/dev/null"}


class ServerFormats(Resolver):
    """Formats of access logs by command line, configuration file and code; error logs that are thrown away."""

    name = "logging.server-formats"
    emits = (ServerFormat, ServerErrors, ServerLog)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        yield from handed_on(self, facts, (ServerCommand, GunicornFile), (ServerFormat, ServerErrors))
        for fact in facts.facts:
            match fact:
                case ServerCommand():
                    yield from self._command(fact)
                case GunicornFile():
                    for flag, line in zip(fact.flags, fact.flag_lines, strict=True):
                        name, _, value = flag.partition("=")
                        yield from self._option("gunicorn", name, value, fact.location.at(line), fact.role)
        yield from self._aiohttp(facts, tree)
        yield from self._uwsgi(tree)

    def _command(self, fact: ServerCommand) -> Iterator[Found]:
        for option in fact.options:
            name, _, value = option.partition("=")
            if value != "$":
                yield from self._option(fact.server, name, value, fact.location, fact.role)

    def _option(self, server: str, name: str, value: str, where: Location, what_for: str) -> Iterator[Found]:
        if name in _NAMES:
            yield server_format(server, value, where, what_for)
        elif name in {"errorlog", "error_logfile", "error_log", "log_file"}:
            kept = value not in _NOWHERE
            yield ServerErrors(location=where, server=server, kept=kept, role=what_for)

    def _aiohttp(self, facts: FactSet, tree: Tree) -> Iterator[Found]:
        """`web.run_app(app, access_log=None, access_log_format="...")`."""
        for (path, line, name), thing in built(facts, tree).parts.items():
            if name != "run_app" or not text_of(thing.state.get("dotted")).startswith("aiohttp."):
                continue
            names = held(thing).names
            where = Location(path=path, line=line)
            log = names.get("access_log")
            off = log is not None and plain_options(log.value) == (None,)
            at = where.at(log.line) if off and log is not None and log.line else where
            if log is None or off:
                yield ServerLog(location=at, server="aiohttp", access_log=not off, role=role(path))
            if (given := names.get("access_log_format")) is not None:
                for text in plain_options(given.value) or ():
                    yield server_format("aiohttp", str(text), where.at(given.line or line), role(path))

    def _uwsgi(self, tree: Tree) -> Iterator[Found]:
        for path, entry in sorted(tree.entries.items()):
            name = path.rpartition("/")[2].lower()
            if not ("uwsgi" in name and name.endswith(".ini")) or entry.link is not None or entry.size > 1 << 18:
                continue
            try:
                held_sections, _ = sections(tree.read(entry).decode("utf-8", "replace"))
            except Unreadable:
                continue
            for key, value in held_sections.get("uwsgi", {}).items():
                if key in {"logformat", "log-format"}:
                    where = Location(path=path, line=value.line)
                    yield server_format("uwsgi", value.text, where, role(path))


def server_format(server: str, text: str, where: Location, what_for: str) -> ServerFormat:
    leaks = tuple(what for pattern, what in _LEAKS if pattern.search(text))
    query = _QUERY.search(re.sub(r"\s", "", text)) is not None
    return ServerFormat(location=where, server=server, leaks=leaks, query=query, role=what_for)
