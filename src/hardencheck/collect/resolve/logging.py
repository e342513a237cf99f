"""Facts about logging that take more than one file: servers with their configuration, loguru's default handler."""

import posixpath
import re
import tomllib
from collections.abc import Iterable, Iterator

import msgspec

from hardencheck.collect.contract import Found, Resolver, Tree, Unreadable
from hardencheck.collect.extract._python import role
from hardencheck.collect.extract.logging_servers import gunicorn_file
from hardencheck.collect.interpret.values import Const
from hardencheck.collect.resolve._follow import Files
from hardencheck.collect.resolve._uwsgi import ENDINGS as UWSGI_FILES
from hardencheck.collect.resolve._uwsgi import options as uwsgi_options
from hardencheck.lazily import compiled
from hardencheck.model.facts import Fact
from hardencheck.model.facts.logging import (
    Access,
    GunicornFile,
    LoguruCall,
    LoguruSink,
    ProxyLog,
    ServerCommand,
    ServerLevel,
    ServerLog,
    TrackedLog,
)
from hardencheck.model.facts.settings import EnvironmentVariable
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location

_LOG_FILE = compiled(r"(?:.*/)?[^/]+\.log(?:\.\d+|\.gz|\.old|-\d{8}(?:\.gz)?)*", re.IGNORECASE)
COMPUTED = "$"
_ON = {"1", "true", "t", "yes", "y", "ok", "okay", "on"}  # loguru 0.7, `_defaults.env`
_LEVELS = {"UVICORN_LOG_LEVEL": "uvicorn", "GRANIAN_LOG_LEVEL": "granian"}
# Whether a server logs requests when nothing is said (gunicorn 23, hypercorn 0.17: accesslog None; granian 2.7).
_DEFAULT = {"gunicorn": False, "uvicorn": True, "hypercorn": False, "granian": False, "uwsgi": True}


class LoggingServers(Resolver):
    """Each application server as it is started: its command line over GUNICORN_CMD_ARGS over its file."""

    name = "logging.servers"
    version = 3
    emits = (ServerLog, ServerLevel)
    after = ("logging.proxies",)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        yield from handed_on(self, facts, (ServerCommand, GunicornFile), (ServerLog, ServerLevel))
        commands = [fact for fact in facts.facts if isinstance(fact, ServerCommand) and fact.source == "command"]
        environment = [fact for fact in facts.facts if isinstance(fact, ServerCommand) and fact.source == "environment"]
        files = [fact for fact in facts.facts if isinstance(fact, GunicornFile)]
        files += self._others(commands + environment, files, tree)
        used: set[GunicornFile] = set()
        kept_by = _kept_by_proxies(facts)
        for path, entry in sorted(tree.entries.items()):
            if "uwsgi" in path.rpartition("/")[2].lower() and path.endswith(UWSGI_FILES) and entry.link is None:
                yield from self._uwsgi(path, Files(tree).text(path))
        for command in commands:
            yield from self._command(command, environment, files, used, tree, kept_by)
        for file in files:
            if file not in used:
                yield from self._gunicorn(environment, file, file.location, file.role)
        for variable in facts.of("deployment.environment"):
            if isinstance(variable, EnvironmentVariable) and variable.name in _LEVELS and variable.what == "text":
                server, level = _LEVELS[variable.name], variable.value.strip().lower()
                yield ServerLevel(location=variable.location, server=server, level=level, role=variable.role)

    def _others(self, commands: list[ServerCommand], files: list[GunicornFile], tree: Tree) -> Iterator[GunicornFile]:
        """Configuration files that only a command line tells from other modules: `--config wsgi/config.py`."""
        known = {(file.location.path or "").rpartition("/")[2] for file in files}
        wanted = {fact.config for fact in commands if fact.config is not None and fact.server == "gunicorn"}
        for config in sorted(wanted):
            path = config.removeprefix("file:").removeprefix("./")
            if path.startswith("python:"):
                path = path[7:].replace(".", "/") + ".py"
            if path.rpartition("/")[2] in known:
                continue
            entry = next((entry for name, entry in tree.entries.items() if f"/{path}".endswith(f"/{name}")), None)
            if entry is None or entry.link is not None:
                continue
            try:
                found = gunicorn_file(entry.path, tree.read(entry), sure=True)
            except Unreadable:
                continue  # then it is not known, as if it were elsewhere
            if found is not None:
                yield found

    def _command(
        self,
        command: ServerCommand,
        environment: list[ServerCommand],
        files: list[GunicornFile],
        used: set[GunicornFile],
        tree: Tree,
        kept_by: str,
    ) -> Iterator[Found]:
        here, server, what_for = command.location, command.server, command.role
        if server == "waitress" or (server == "uwsgi" and command.config is not None):
            return  # the one has no log of requests to switch; the file of the other says it, or is not here
        if server != "gunicorn":
            on = command.access == "on" or (command.access == "unset" and _DEFAULT[server])
            if server == "hypercorn" and command.config is not None and command.access == "unset":
                yield self._hypercorn(command, tree)
            else:
                # uvicorn logs unless it is told not to: who told it has the proxy's in mind, where that is kept.
                kept = kept_by if server == "uvicorn" and not on else ""
                yield ServerLog(location=here, server=server, access_log=on, role=what_for, kept_by=kept)
            if command.level != COMPUTED:
                yield ServerLevel(location=here, server=server, level=command.level, role=what_for)
            return
        config = command.config or next((fact.config for fact in environment if fact.config), None)
        file = _file(config or "gunicorn.conf.py", command, files)
        if file is not None:
            used.add(file)
        elif config is not None and (command.access == "unset" or command.level is None):
            detail = f"gunicorn reads its settings from {config[:80]}, which is not a file of this repository"
            yield self._gap(self.emits, Reason.DYNAMIC, detail, here, what_for)
            return
        yield from self._gunicorn([command, *environment], file, here, what_for)

    def _uwsgi(self, path: str, data: bytes | None) -> Iterator[Found]:
        """disable-logging of a file of options; requests are logged unless it says otherwise."""
        names, at = uwsgi_options(path, data) if data is not None else ({}, 0)
        if not at:
            return
        said = [names[name] for name in ("disable-logging", "log-5xx-only") if name in names]
        for one in said:
            if not isinstance(one.value, Const):
                text = "whether uWSGI logs requests is computed"
                gap = self._gap((ServerLog,), Reason.NOT_LITERAL, text, Location(path=path, line=one.line), role(path))
                yield msgspec.structs.replace(gap, about={"role": role(path), "server": "uwsgi"})
                return
        off = [one for one in said if str(getattr(one.value, "value", "")).strip().lower() in _ON | {""}]
        line = next((one.line for one in (*off, *said)), at)
        yield ServerLog(
            location=Location(path=path, line=line), server="uwsgi", access_log=not off, role=role(path)
        )  # fmt: skip

    def _hypercorn(self, command: ServerCommand, tree: Tree) -> Found:
        """accesslog of the TOML file that its command names."""
        name = (command.config or "").removeprefix("file:").rpartition("/")[2]
        found = [path for path in tree.entries if path.rpartition("/")[2] == name and name.endswith(".toml")]
        if len(found) == 1:
            try:
                data = tree.read(tree.entries[found[0]])
                table = tomllib.loads(data.decode("utf-8-sig")) if len(data) < 1 << 18 else None
            except (Unreadable, tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
                table = None
            if table is not None:
                given = table.get("accesslog")
                lines = data.decode("utf-8-sig").splitlines()
                line = next((n for n, text in enumerate(lines, 1) if text.split("=")[0].strip() == "accesslog"), None)
                on = isinstance(given, str) and given not in {"", "/dev/null"}
                where = Location(path=found[0], line=line) if line else command.location
                return ServerLog(location=where, server="hypercorn", access_log=on, role=command.role)
        detail = f"hypercorn reads its settings from {(command.config or '')[:80]}, which is not read"
        gap = self._gap((ServerLog,), Reason.DYNAMIC, detail, command.location, command.role)
        return msgspec.structs.replace(gap, about={"role": command.role, "server": "hypercorn"})

    def _gunicorn(
        self, layers: list[ServerCommand], file: GunicornFile | None, here: Location, what_for: str
    ) -> Iterator[Found]:
        """One gunicorn. layers: its command line and environment, the first that says something decides."""
        access: Access = next((layer.access for layer in layers if layer.access != "unset"), "unset")
        level = next((layer.level for layer in layers if layer.level is not None), None)
        at_access = at_level = here
        if file is not None and access == "unset" and file.access_line is not None:
            access, at_access = file.access, file.location.at(file.access_line)
        if file is not None and level is None and file.level_line is not None:
            level, at_level = file.level, file.location.at(file.level_line)
        open_settings = file.open_settings if file is not None else ()
        if "accesslog" in open_settings and at_access is not here:
            yield self._gap(
                (ServerLog,), Reason.NOT_LITERAL, "accesslog of gunicorn is not a literal", at_access, what_for
            )
        else:
            on = access == "on" or (file is not None and access == "unset" and file.access == "on")
            yield ServerLog(location=at_access, server="gunicorn", access_log=on, role=what_for)
        if "loglevel" in open_settings and at_level is not here:
            yield self._gap(
                (ServerLevel,), Reason.NOT_LITERAL, "loglevel of gunicorn is not a literal", at_level, what_for
            )
        elif level != COMPUTED:
            yield ServerLevel(location=at_level, server="gunicorn", level=level, role=what_for)

    def _gap(
        self, kinds: tuple[type[Fact], ...], reason: Reason, detail: str, location: Location, what_for: str
    ) -> Gap:
        return Gap(
            kinds=tuple(kind.kind() for kind in kinds),
            collector=self.name,
            reason=reason,
            detail=detail,
            location=location,
            about={"role": what_for, "server": "gunicorn"},
        )


def _kept_by_proxies(facts: FactSet) -> str:
    """The place of an access log that proxies of production are told to keep; "" where one of them keeps none."""
    logs = [fact for fact in facts.facts if isinstance(fact, ProxyLog) and fact.directive == "access_log"]
    logs = [fact for fact in logs if fact.role == "production"]
    if not logs or any(fact.off or fact.default for fact in logs):
        return ""
    if any(ProxyLog.kind() in gap.kinds and gap.about.get("role", "production") == "production" for gap in facts.gaps):
        return ""
    return str(logs[0].location)


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
    """The handler that loguru's logger has from the start, and those that do not say whether they diagnose: on, unless
    LOGURU_DIAGNOSE says otherwise."""

    name = "logging.loguru-default"
    version = 2
    emits = (LoguruSink,)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        yield from handed_on(self, facts, (LoguruCall,), (LoguruSink,))
        calls = [fact for fact in facts.facts if isinstance(fact, LoguruCall) and fact.role == "production"]
        given = self._environment(facts) if calls else None
        diagnose = given is None or given.value.strip().lower() in _ON
        if given is not None and diagnose:
            yield LoguruSink(location=given.location, sink="environment", diagnose=True, role="production")
        for fact in calls:
            if fact.what == "sink":
                yield LoguruSink(location=fact.location, sink="added", diagnose=diagnose, role="production")
        first = min(
            (fact for fact in calls if fact.what == "import"), key=lambda fact: fact.location.order, default=None
        )
        if first is not None and not any(fact.what in {"remove", "configure"} for fact in calls):
            yield LoguruSink(location=first.location, sink="default", diagnose=diagnose, role="production")

    def _environment(self, facts: FactSet) -> EnvironmentVariable | None:
        for fact in facts.of("deployment.environment"):
            if isinstance(fact, EnvironmentVariable) and fact.name == "LOGURU_DIAGNOSE":
                if fact.role == "production" and fact.what == "text":
                    return fact
        return None


class TrackedLogs(Resolver):
    """Log files in the git index, but for those of tests and documentation, by name."""

    name = "logging.tracked-files"
    version = 2
    emits = (TrackedLog,)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        for entry in tree.entries.values():
            if entry.tracked and not entry.live and entry.link is None and _LOG_FILE.fullmatch(entry.path):
                # debug.log is what a service calls it, not what it is for.
                folder = entry.path.rpartition("/")[0]
                what_for = role(f"{folder}/x.log" if folder else "x.log")
                yield TrackedLog(location=Location(path=entry.path), size=entry.size, role=what_for)


def handed_on(
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
