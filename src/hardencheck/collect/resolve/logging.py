"""Facts about logging that take more than one file: servers with their configuration, loguru's default handler."""

import posixpath
import re
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.extract._python import role
from hardencheck.model.facts import Fact
from hardencheck.model.facts.logging import (
    Access,
    GunicornFile,
    LoggerSetting,
    LoggingConfig,
    LoggingUse,
    LoguruCall,
    LoguruSink,
    ServerCommand,
    ServerLog,
    TrackedLog,
)
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location

_LOG_FILE = re.compile(r"(?:.*/)?[^/]+\.log(?:\.\d+|\.gz|\.old|-\d{8}(?:\.gz)?)*", re.IGNORECASE)
# Whether a server logs requests when nothing is said (gunicorn 23, hypercorn 0.17: accesslog None; granian 2.7).
_DEFAULT = {"gunicorn": False, "uvicorn": True, "hypercorn": False, "granian": False}


class LoggingServers(Resolver):
    """Each application server as it is started: its command line over GUNICORN_CMD_ARGS over its file."""

    name = "logging.servers"
    emits = (ServerLog,)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        yield from _handed_on(self, facts, (ServerCommand, GunicornFile), (ServerLog,))
        commands = [fact for fact in facts.facts if isinstance(fact, ServerCommand) and fact.source == "command"]
        environment = [fact for fact in facts.facts if isinstance(fact, ServerCommand) and fact.source == "environment"]
        files = [fact for fact in facts.facts if isinstance(fact, GunicornFile)]
        used: set[str] = set()
        for command in commands:
            yield from self._command(command, environment, files, used, tree)
        for file in files:
            if (file.location.path or "") not in used:
                yield from self._server(None, environment, file)

    def _command(
        self,
        command: ServerCommand,
        environment: list[ServerCommand],
        files: list[GunicornFile],
        used: set[str],
        tree: Tree,
    ) -> Iterator[Found]:
        if command.server != "gunicorn":
            yield self._plain(command)
            return
        config = command.config or next((fact.config for fact in environment if fact.config), None)
        file = _file(config or "gunicorn.conf.py", command, files)
        if file is None and config is not None and (command.access == "unset" or command.level is None):
            yield Gap(
                kinds=self.kinds(),
                collector=self.name,
                reason=Reason.DYNAMIC,
                detail=f"gunicorn reads its settings from {config[:80]}, which is not a file of this repository",
                location=command.location,
                about={"role": command.role, "server": "gunicorn"},
            )
            return
        if file is not None:
            used.add(file.location.path or "")
        yield from self._server(command, environment, file)

    def _plain(self, command: ServerCommand) -> ServerLog:
        on = command.access == "on" or (command.access == "unset" and _DEFAULT[command.server])
        return ServerLog(
            location=command.location, server=command.server, access_log=on, level=command.level, role=command.role
        )

    def _server(
        self, command: ServerCommand | None, environment: list[ServerCommand], file: GunicornFile | None
    ) -> Iterator[Found]:
        """One gunicorn; the location is that of the setting that decides, of the access log first."""
        layers = [command] if command is not None else []
        layers += environment
        place = command.location if command is not None else file.location if file is not None else Location()
        what_for = command.role if command is not None else file.role if file is not None else "production"
        access: Access = next((layer.access for layer in layers if layer.access != "unset"), "unset")
        level = next((layer.level for layer in layers if layer.level is not None), None)
        if file is not None:
            needed = {"accesslog"} if access == "unset" else set()
            needed |= {"loglevel"} if level is None else set()
            unknown = needed & set(file.open_settings)
            if unknown:
                name = sorted(unknown)[0]
                line = file.access_line if name == "accesslog" else file.level_line
                yield Gap(
                    kinds=self.kinds(),
                    collector=self.name,
                    reason=Reason.NOT_LITERAL,
                    detail=f"{name} of gunicorn is not a literal",
                    location=file.location.at(line),
                    about={"role": what_for, "server": "gunicorn"},
                )
                return
            if access == "unset" and file.access != "unset":
                access, place = file.access, file.location.at(file.access_line)
            elif command is None:
                place = file.location
            level = level if level is not None else file.level
        yield ServerLog(location=place, server="gunicorn", access_log=access == "on", level=level, role=what_for)


def _file(config: str, command: ServerCommand, files: list[GunicornFile]) -> GunicornFile | None:
    """The file a path on the server means: the one with the same name, nearest to the command's own directory."""
    wanted = config.removeprefix("file:").rpartition("/")[2]
    wanted = f"{config[7:].rpartition('.')[2]}.py" if config.startswith("python:") else wanted
    folder = posixpath.dirname(command.location.path or "")
    same = [file for file in files if (file.location.path or "").rpartition("/")[2] == wanted]
    return min(
        same,
        key=lambda file: (
            not config.endswith(file.location.path or ""),
            posixpath.dirname(file.location.path or "") != folder,
            len(file.location.path or ""),
        ),
        default=None,
    )


class Loguru(Resolver):
    """The handler that loguru's logger has from the start: to stderr, with diagnose, until it is removed."""

    name = "logging.loguru-default"
    emits = (LoguruSink,)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        yield from _handed_on(self, facts, (LoguruCall,), (LoguruSink,))
        calls = [fact for fact in facts.facts if isinstance(fact, LoguruCall) and fact.role == "production"]
        first = min(
            (fact for fact in calls if fact.what == "import"), key=lambda fact: fact.location.order, default=None
        )
        if first is not None and not any(fact.what in {"remove", "configure"} for fact in calls):
            yield LoguruSink(location=first.location, sink="default", diagnose=True, role="production")


class LoggingUses(Resolver):
    """dictConfig(NAME) with a NAME of another file: judged where NAME is written out, else not known."""

    name = "logging.config-uses"
    emits = (LoggingConfig, LoggerSetting)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        yield from _handed_on(self, facts, (LoggingUse,), (LoggingConfig, LoggerSetting))
        known = {fact.variable for fact in facts.facts if isinstance(fact, LoggingConfig)}
        for fact in facts.facts:
            if isinstance(fact, LoggingUse) and fact.variable not in known:
                yield Gap(
                    kinds=self.kinds(),
                    collector=self.name,
                    reason=Reason.NOT_LITERAL,
                    detail=f"dictConfig is given {fact.variable}, which is not written out in this repository",
                    location=fact.location,
                    about={"role": fact.role},
                )


class TrackedLogs(Resolver):
    """Log files in the git index, but for those of tests and documentation, by name."""

    name = "logging.tracked-files"
    emits = (TrackedLog,)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        for entry in tree.entries.values():
            if entry.tracked and not entry.live and entry.link is None and _LOG_FILE.fullmatch(entry.path):
                yield TrackedLog(location=Location(path=entry.path), size=entry.size, role=role(entry.path))


def _handed_on(
    resolver: Resolver, facts: FactSet, sources: tuple[type[Fact], ...], made: tuple[type[Fact], ...]
) -> Iterator[Gap]:
    """What could not be read for the facts a resolver starts from is missing from those it makes."""
    wanted = {source.kind() for source in sources}
    already = {kind.kind() for kind in made}
    for gap in facts.gaps:
        if wanted & set(gap.kinds) and not already <= set(gap.kinds):
            yield Gap(
                kinds=tuple(kind for kind in sorted(already) if kind not in gap.kinds),
                collector=resolver.name,
                reason=gap.reason,
                detail=gap.detail,
                location=gap.location,
                about={name: value for name, value in gap.about.items() if name in {"role", "server"}},
            )
