"""What application servers write into their access logs, and whether they keep their error logs.

Sources: gunicorn 23 "access_log_format", hypercorn "access_log_format", granian "--access-log-fmt", uWSGI "Formatting
uWSGI requests logs".
"""

from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Found, Resolver, Tree, Unreadable
from hardencheck.collect.extract._ini import sections
from hardencheck.collect.extract._logging_names import server_format
from hardencheck.collect.extract._python import role
from hardencheck.collect.resolve.logging import COMPUTED, handed_on
from hardencheck.model.facts.logging import GunicornFile, ServerCommand, ServerErrors, ServerFormat
from hardencheck.model.facts.orchestration import UnitDirective
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location

_NAMES = ("access_logformat", "access_log_format", "access_log_fmt", "logformat", "log_format")
_NOWHERE = {"/dev/null"}


class ServerFormats(Resolver):
    """Formats of access logs by command line, configuration file and code; error logs that are thrown away."""

    name = "logging.server-formats"
    emits = (ServerFormat, ServerErrors)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        yield from handed_on(self, facts, (ServerCommand, GunicornFile), (ServerFormat, ServerErrors))
        for fact in facts.facts:
            match fact:
                case ServerCommand():
                    yield from self._command(fact)
                case UnitDirective(key="StandardOutput" | "StandardError", value="null", sure=True):
                    what_for = role(fact.location.path or "")
                    yield ServerErrors(location=fact.location, server=fact.unit, kept=False, role=what_for)
                case GunicornFile():
                    for flag, line in zip(fact.flags, fact.flag_lines, strict=True):
                        name, _, value = flag.partition("=")
                        yield from self._option("gunicorn", name, value, fact.location.at(line), fact.role)
        yield from self._uwsgi(tree)

    def _command(self, fact: ServerCommand) -> Iterator[Found]:
        for option in fact.options:
            name, _, value = option.partition("=")
            if value != COMPUTED or name in _NAMES:
                yield from self._option(fact.server, name, value, fact.location, fact.role)

    def _option(self, server: str, name: str, value: str, where: Location, what_for: str) -> Iterator[Found]:
        if name in _NAMES and value == COMPUTED:
            yield Gap(
                kinds=(ServerFormat.kind(),),
                collector=self.name,
                reason=Reason.NOT_LITERAL,
                detail=f"the format of {server}'s access log is computed when it starts",
                location=where,
                about={"role": what_for, "server": server},
            )
        elif name in _NAMES:
            yield _format(server, value, where, what_for)
        elif name in {"errorlog", "error_logfile", "error_log", "log_file"}:
            kept = value not in _NOWHERE
            yield ServerErrors(location=where, server=server, kept=kept, role=what_for)

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
                    yield _format("uwsgi", value.text, where, role(path))


def _format(server: str, text: str, where: Location, what_for: str) -> ServerFormat:
    leaks, query = server_format(text)
    return ServerFormat(location=where, server=server, leaks=leaks, query=query, role=what_for)
