"""How application servers are started, as far as it decides their logs: command lines, gunicorn files, uWSGI files.

Sources: gunicorn 23 "Settings", uvicorn 0.32 "Settings", hypercorn "Configuring", granian README, uWSGI "Options",
waitress "waitress-serve".
"""

import ast
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._branches import Values, branches_of
from hardencheck.collect.extract._package_scripts import has_scripts, starting
from hardencheck.collect.extract._python import NotLiteral, parse, role, without_credentials
from hardencheck.collect.extract._shell import commands
from hardencheck.collect.extract._templates import without_ending
from hardencheck.lazily import compiled
from hardencheck.model.facts import Fact, Scalar
from hardencheck.model.facts.logging import Access, GunicornFile, LogFileMode, ServerCommand, ServerLevel, ServerLog
from hardencheck.model.facts.orchestration import ServerUmask, ServerUser, SocketMode
from hardencheck.model.facts.uploads import RequestLimit, RequestTimeout
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

MAX_BYTES = 512 * 1024
SERVERS = ("gunicorn", "uvicorn", "hypercorn", "granian", "waitress", "uwsgi")
_NAMES = compiled("|".join((*SERVERS, "GUNICORN_CMD_ARGS", "fastapi")).encode())
_LAUNCHERS = frozenset({
    "exec", "env", "sudo", "nice", "time", "command", "then", "do", "else", "dumb-init", "tini", "--", "poetry",
    "pipenv", "uv", "pdm", "hatch", "run", "ddtrace-run", "newrelic-admin", "run-program", "opentelemetry-instrument",
    "python", "python3", "gosu", "su-exec", "s6-setuidgid", "setpriv", "chpst", "stdbuf", "nohup", "doppler", "honcho",
    "wait-for-it", "bin/start", "ignore", "sh", "bash", "ash", "npx", "cross-env", "env-cmd", "concurrently",
})  # fmt: skip
# Options that take no value; all others do.
_FLAGS = frozenset({
    "reload", "debug", "no-access-log", "access-log", "proxy-headers", "no-proxy-headers", "server-header",
    "no-server-header", "date-header", "no-date-header", "factory", "preload", "preload-app", "daemon", "check-config",
    "print-config", "spew", "use-colors", "no-use-colors", "log-syslog", "capture-output", "enable-stdio-inheritance",
    "log-syslog-to", "proxy-protocol", "no-sendfile", "reuse-port", "suppress-ragged-eofs", "do-handshake-on-connect",
    "initgroups", "disable-redirect-access-to-syslog", "no-control-socket", "strip-header-spaces", "no-ws", "ws",
    "permit-obsolete-folding", "permit-unconventional-http-method", "permit-unconventional-http-version", "no-reload",
    "casefold-http-method", "http1-pipeline-flush", "access-log-enabled", "respawn-failed-workers",
    "log", "no-log", "version", "help", "h", "v", "D", "R",
    "call", "ipv4", "no-ipv4", "ipv6", "no-ipv6", "expose-tracebacks", "no-expose-tracebacks",
    "clear-untrusted-proxy-headers", "no-clear-untrusted-proxy-headers", "log-untrusted-proxy-headers",
    "no-log-untrusted-proxy-headers", "log-socket-errors", "no-log-socket-errors", "asyncore-use-poll",
})  # fmt: skip
_SHORT = {
    "-b": "bind", "-w": "workers", "-u": "user", "-g": "group", "-t": "timeout", "-k": "worker-class", "-m": "umask",
    "-e": "env", "-n": "name", "-D": "daemon", "-R": "enable-stdio-inheritance",
}  # fmt: skip
# uWSGI: options that never take a value, short names, and what names another file of options.
_UWSGI_FLAGS = frozenset({
    "master", "vacuum", "die-on-term", "enable-threads", "lazy-apps", "lazy", "need-app", "single-interpreter",
    "strict", "thunder-lock", "disable-logging", "honour-stdin", "so-keepalive", "ignore-sigpipe",
    "ignore-write-errors", "disable-write-exception", "manage-script-name", "log-master", "log-x-forwarded-for",
    "no-orphans", "memory-report", "auto-procname", "wsgi-disable-file-wrapper", "http-auto-chunked",
    "enable-proxy-protocol",
})  # fmt: skip
_UWSGI_SHORT = {
    "-s": "socket", "-p": "processes", "-M": "master", "-w": "module", "-b": "buffer-size", "-R": "max-requests",
    "-C": "chmod-socket", "-t": "harakiri", "-L": "disable-logging", "-T": "enable-threads", "-H": "home",
}  # fmt: skip
_UWSGI_FILES = frozenset({"ini", "yaml", "yml", "json", "xml", "config", "ini-paste", "ini-paste-logged"})
_APPLICATION = compiled(r"[A-Za-z_][\w.]{0,200}(?::[A-Za-z_][\w.]{0,100}(?:\([^()]{0,200}\))?)?")
_FILE = compiled(r"[\w./-]{1,200}\.py")
_SUBSTITUTED = compiled(r"\$\{\w{1,100}:?-([^${}]{0,200})\}")
_MAX_VALUE = 200
_MAX_FORMAT = 2000
# What gunicorn's file may set to something else than a command line does.
_FILE_FLAGS = frozenset({
    "timeout", "keepalive", "user", "forwarded_allow_ips", "bind",
    "limit_request_line", "limit_request_fields", "limit_request_field_size", "access_log_format", "errorlog",
})  # fmt: skip
_ASSIGNMENT = compiled(r"[A-Za-z_]\w*=")
_DEVELOPMENT_FILE = compiled(r"(?:^|[._-])(?:override|dev|development|local|test|debug)(?:[._-]|$)", re.IGNORECASE)


class _Line(NamedTuple):
    number: int
    text: str


class Servers(Extractor):
    """Command lines of application servers: containers, compose, Procfile, units, scripts, those of packages too."""

    name = "logging.server-commands"
    version = 4
    emits = (ServerCommand,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return _kind(path) != ""

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if not _NAMES.search(data):
            return
        what_for = role(path)
        if what_for == "production" and _DEVELOPMENT_FILE.search(path.rpartition("/")[2]):
            what_for = "development"
        kind = _kind(path)
        if kind == "script" and not path.endswith(".sh") and not data.startswith(b"#!"):
            return
        _refuse_large(data)
        for line in _lines(kind, path, data.decode("utf-8", "replace")):
            location = Location(path=path, line=line.number)
            for words in commands(line.text):
                yield from self._command(words, location, what_for)

    def _command(self, words: Sequence[str], location: Location, what_for: str, depth: int = 0) -> Iterator[Found]:
        assigned = [word for word in words if word.startswith("GUNICORN_CMD_ARGS=")]
        for word in assigned:
            options = word.partition("=")[2].split()
            yield from self._options("gunicorn", options, location, what_for, "environment")
        for position, word in enumerate(words):
            server = _server(word)
            following = words[position + 1] if position + 1 < len(words) else ""
            if word.rpartition("/")[2] == "fastapi" and following in {"run", "dev"}:  # fastapi-cli starts uvicorn
                start = "development" if following == "dev" and what_for == "production" else what_for
                rest = list(words[position + 2 :])
                if following == "run" and not any(word.partition("=")[0] == "--host" for word in rest):
                    rest += ["--host", "0.0.0.0"]  # noqa: S104
                yield from self._options("uvicorn", rest, location, start, "command")
                return
            before = words[position - 1] if position else ""
            value_of_option = before in {"-u", "-g", "gosu", "su-exec", "s6-setuidgid", "chpst", "setpriv"}
            if server == "uwsgi" and not value_of_option:
                yield self._uwsgi(words[position + 1 :], location, what_for)
                return
            if server and not value_of_option:
                yield from self._options(server, words[position + 1 :], location, what_for, "command")
                return
            if " " in word and depth < 3 and any(name in word for name in SERVERS):  # sh -c "..."
                for inner in commands(word):
                    yield from self._command(inner, location, what_for, depth + 1)
                return
            name = word.rpartition("/")[2]
            if not (
                name in _LAUNCHERS
                or _ASSIGNMENT.match(word)
                or re.fullmatch(r"python3?(?:\.\d+)?", name)
                or value_of_option
                or word.startswith("-")
            ):
                return

    def _options(
        self, server: str, words: Sequence[str], location: Location, what_for: str, source: str
    ) -> Iterator[Found]:
        access: Access = "unset"
        level: str | None = None
        config: str | None = None
        computed = ""
        limits: list[str] = []
        application = ""
        options: list[str] = []
        placed = what_for
        position = 0
        while position < len(words):
            word = words[position]
            position += 1
            option, equals, value = word.partition("=")
            attached = word.startswith("-") and not word.startswith("--") and len(word) > 2
            if attached and (option[:2] == "-c" or option[:2] in _SHORT):
                option, equals, value = option[:2], "=", word[2:].lstrip("=")

            def take(given: str = value, has: str = equals) -> str:
                nonlocal position
                if has:
                    return given
                position += 1
                return words[position - 1] if position <= len(words) else ""

            match option:
                case "--access-logfile" | "--access-log-file":
                    file = take()
                    access = "off" if file in {"", "/dev/null", "None"} else "on"
                case "--no-access-log":
                    access = "off"
                case "--access-log" | "--log-config" | "--log-config-json" | "--log-syslog":
                    access = "on"  # gunicorn writes one whenever a logging configuration is given
                    if option.startswith("--log-config"):
                        take()
                case "--log-level":
                    level = take().lower()
                case "-c" | "--config" if server != "uvicorn":
                    config = take()
                case "--limit-request-line" | "--limit-request-fields" | "--limit-request-field_size":
                    limits.append(f"{option[2:].replace('-', '_')}={_limit(take())}")
                case "--reload":
                    what_for = "development" if what_for == "production" else what_for
                    options.append("reload")
                case _ if "$" in word and not word.startswith("-"):
                    # `--bind :$PORT` says nothing about logs; `$OPTIONS` on its own may be any option.
                    value_of_option = position >= 2 and words[position - 2].startswith("-")
                    if not value_of_option and re.fullmatch(r"[$@*{}\w:-]+", word):
                        computed = computed or word
                case _ if option.startswith("-") and len(option) > 1:
                    name = _SHORT.get(option) or option.lstrip("-")
                    if name in _FLAGS:
                        options.append(name.replace("-", "_"))
                    elif re.fullmatch(r"[\w-]{1,60}", name):
                        options.append(f"{name.replace('-', '_')}={_value(take())}")
                case _ if not application and (_APPLICATION.fullmatch(word) or _FILE.fullmatch(word)):
                    application = word
        about: dict[str, Scalar] = {"role": what_for, "server": server}
        for given, what in ((config, "--config"), (computed, "options")):
            if given is not None and "$" in given:
                yield self._gap((ServerLog, ServerLevel), f"{what} of {server}: {given[:60]}", location, about)
                return
        if level is not None and "$" in level:
            yield self._gap((ServerLevel,), f"--log-level of {server}: {level[:60]}", location, about)
            level = "$"
        yield ServerCommand(
            location=location,
            server=server,
            source=source,
            config=config,
            access=access,
            level=level,
            role=what_for,
            limits=tuple(limits),
            application=application,
            options=tuple(options),
            placed=placed,
        )

    def _uwsgi(self, words: Sequence[str], location: Location, what_for: str) -> ServerCommand:
        """uWSGI takes far more options than are known here: one that is not takes the next word, unless that is an
        option as well."""
        config: str | None = None
        access: Access = "unset"
        application = ""
        options: list[str] = []
        position = 0
        while position < len(words):
            word = words[position]
            position += 1
            option, equals, value = word.partition("=")
            if not word.startswith("-"):
                if word.endswith((".ini", ".yaml", ".yml", ".json", ".xml")):
                    config = word
                continue
            name = _UWSGI_SHORT.get(option, option.lstrip("-")).replace("_", "-")
            following = words[position] if position < len(words) else "-"
            taken = not equals and name not in _UWSGI_FLAGS and not following.startswith("-")
            if taken:
                value = following
                position += 1
            if name in _UWSGI_FILES:
                config = value
            elif name == "disable-logging":
                access = "off"
            elif name in {"module", "wsgi", "wsgi-file", "file"} and "$" not in value:
                application = value
            elif re.fullmatch(r"[\w-]{1,60}", name):
                known = name.replace("-", "_")
                options.append(f"{known}={_value(value)}" if equals or taken else known)
        return ServerCommand(
            location=location,
            server="uwsgi",
            source="command",
            config=config,
            access=access,
            level=None,
            role=what_for,
            application=application,
            options=tuple(options),
            placed=what_for,
        )

    def _gap(self, kinds: tuple[type[Fact], ...], what: str, location: Location, about: dict[str, Scalar]) -> Gap:
        return Gap(
            kinds=tuple(kind.kind() for kind in kinds),
            collector=self.name,
            reason=Reason.NOT_LITERAL,
            detail=f"{what} is known only when it starts",
            location=location,
            about=about,
        )


def _limit(text: str) -> str:
    default = re.fullmatch(r"\$\{\w+:?-(\d+)\}", text)
    return default[1] if default else text if text.isdecimal() else "$"


def _value(text: str) -> str:
    """A value as the shell gives it where its variables are not set; "$" where that is not known."""
    text = _SUBSTITUTED.sub(r"\1", text)
    return "$" if "$" in text else without_credentials(text)[:_MAX_VALUE]


def _server(word: str) -> str:
    """The server a word starts: "gunicorn", "/venv/bin/gunicorn", "gunicorn.app.wsgiapp" (of python -m)."""
    name = word.rpartition("/")[2]
    if name == "waitress-serve":
        return "waitress"
    first = name.partition(".")[0] if name in {"gunicorn.app.wsgiapp", "gunicorn.exe", "uvicorn.main"} else name
    return first if first in SERVERS else ""


def _refuse_large(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise Unreadable(f"{len(data)} bytes, more than is read of such a file", reason=Reason.TOO_LARGE)


def _kind(path: str) -> str:
    name = without_ending(path.rpartition("/")[2])
    if has_scripts(path):
        return "package"
    if name.endswith((".md", ".txt", ".rst", ".py", ".html")):
        return ""
    if name.startswith(("dockerfile", "containerfile")) or name.endswith((".dockerfile", ".containerfile")):
        return "container"
    if "compose" in name and name.endswith((".yml", ".yaml")):
        return "compose"
    if name.startswith("procfile"):
        return "procfile"
    if name.endswith(".service"):
        return "unit"
    if "supervisor" in path.lower() and name.endswith((".conf", ".ini")):
        return "supervisor"
    if name.endswith((".sh", ".bash")) or name in {
        "entrypoint",
        "docker-entrypoint",
        "start",
        "run",
        "serve",
        "web",
        "server",
    }:
        return "script"
    return ""


def _lines(kind: str, path: str, text: str) -> Iterator[_Line]:
    if kind == "package":
        return (_Line(one.line, one.command) for one in starting(path, text))
    return {
        "container": _container, "compose": _compose, "procfile": _procfile, "unit": _unit,
        "supervisor": _supervisor, "script": _script,
    }[kind](text)  # fmt: skip


def _joined(text: str) -> Iterator[_Line]:
    """Lines with their continuations, each with the number of its first; comment lines are gone."""
    start = 0
    parts: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#"):
            continue
        if not parts:
            start = number
        if line.rstrip().endswith("\\"):
            parts.append(line.rstrip()[:-1])
            continue
        parts.append(line)
        yield _Line(start, " ".join(parts))
        parts = []
    if parts:
        yield _Line(start, " ".join(parts))


def _container(text: str) -> Iterator[_Line]:
    """ENTRYPOINT and CMD of the last stage as one command, and options in its environment."""
    entrypoint: _Line | None = None
    command: _Line | None = None
    environment: list[_Line] = []
    for line in _joined(text):
        instruction, _, rest = line.text.strip().partition(" ")
        match instruction.upper():
            case "FROM":
                entrypoint = command = None
                environment = []
            case "ENTRYPOINT":
                entrypoint, command = _Line(line.number, _plain(rest)), None
            case "CMD":
                command = _Line(line.number, _plain(rest))
            case "ENV" if "GUNICORN_CMD_ARGS" in rest:
                environment.append(_Line(line.number, rest.replace("GUNICORN_CMD_ARGS ", "GUNICORN_CMD_ARGS=", 1)))
    yield from environment
    if entrypoint and command and not any(name in entrypoint.text for name in (".sh", "entrypoint")):
        yield _Line(command.number, f"{entrypoint.text} {command.text}")
        return
    for found in (entrypoint, command):
        if found is not None:
            yield found


def _plain(text: str) -> str:
    """A command in JSON or YAML flow form as words for the shell."""
    text = text.strip()
    if not text.startswith("["):
        return text
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        items = [item.strip().strip("'\"") for item in text.strip("[]").split(",")]
    return " ".join(_quoted(str(item)) for item in items if isinstance(item, str | int))


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'" if re.search(r"[\s;&|()'\"#]", word) or not word else word


_COMPOSE = compiled(r"(\s*)(?:command|entrypoint|-?\s*GUNICORN_CMD_ARGS)\s*[:=]\s*(.*)")


def _compose(text: str) -> Iterator[_Line]:
    """Values of `command:` and `entrypoint:`, also over several lines; options in GUNICORN_CMD_ARGS."""
    lines = text.splitlines()
    for index, line in enumerate(lines):
        match = _COMPOSE.fullmatch(line)
        if match is None:
            continue
        indent, value = len(match[1]), match[2].split(" #")[0].strip()
        if "GUNICORN_CMD_ARGS" in line:
            yield _Line(index + 1, f"GUNICORN_CMD_ARGS={_quoted(value.strip(chr(34) + chr(39)))}")
            continue
        following = []
        for later in lines[index + 1 : index + 60]:
            depth = len(later) - len(later.lstrip())
            if later.strip() and not (depth > indent or (depth == indent and later.lstrip().startswith("- "))):
                break
            if later.strip() and not later.lstrip().startswith("#"):
                following.append(later.strip())
        if value.startswith("["):
            yield _Line(index + 1, _plain(" ".join([value, *following]) if "]" not in value else value))
        elif following and following[0].startswith("- "):
            yield _Line(index + 1, " ".join(_quoted(item[2:].strip().strip("'\"")) for item in following))
        else:
            plain = "" if value[:1] in {"|", ">"} else value
            joined = ("\n" if value.startswith("|") else " ").join([plain, *following]).strip()
            if len(joined) > 1 and joined[0] == joined[-1] and joined[0] in "'\"":
                joined = joined[1:-1]
            yield _Line(index + 1, joined.replace("\\\n", " ").replace("$$", "$"))


def _procfile(text: str) -> Iterator[_Line]:
    for line in _joined(text):
        yield _Line(line.number, line.text.partition(":")[2])


def _unit(text: str) -> Iterator[_Line]:
    for line in _joined(text):
        key, _, value = line.text.strip().partition("=")
        if key in {"ExecStart", "ExecStartPre"}:
            yield _Line(line.number, value.lstrip("@-:+!"))
        elif key == "Environment" and "GUNICORN_CMD_ARGS" in value:
            yield _Line(line.number, value)


def _supervisor(text: str) -> Iterator[_Line]:
    for line in _joined(text):
        key, _, value = line.text.strip().partition("=")
        if key.strip() == "command":
            yield _Line(line.number, value)


def _script(text: str) -> Iterator[_Line]:
    yield from _joined(text)


class GunicornFiles(Extractor):
    """accesslog, loglevel and the logging configurations of gunicorn's configuration files. A template of one is no
    Python: all that it may set is missing."""

    name = "logging.gunicorn-files"
    version = 4
    emits = (GunicornFile,)
    _NAME = re.compile(r"(?:.*/)?(?:gunicorn[^/]*|[^/]*gunicorn[^/]*\.conf|gunicorn/(?:config|conf))\.py")

    def wants(self, path: str, mode: int, size: int) -> bool:
        name = without_ending(path)
        return name.endswith(".py") and self._NAME.fullmatch(name) is not None

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if without_ending(path) != path.lower():
            detail = "a template of gunicorn's configuration: what it becomes is not known"
            gap = self.gap(Reason.TEMPLATED, detail, Location(path=path))
            missing = (GunicornFile, SocketMode, ServerUmask, ServerUser, RequestLimit, RequestTimeout)
            about: dict[str, Scalar] = {"role": role(path)}
            yield msgspec.structs.replace(gap, kinds=tuple(fact.kind() for fact in missing), about=about)
            return
        fact = gunicorn_file(path, data)
        if fact is not None:
            yield fact


def gunicorn_file(path: str, data: bytes, *, sure: bool = False) -> GunicornFile | None:
    """What a configuration file says of logs; None for a module that only has such a name, unless one is `sure`.

    Raises Unreadable for what this Python cannot parse.
    """
    file = parse(data)
    values, branches = Values(file), branches_of(file)
    what_for = role(path)
    found: dict[str, tuple[object, int]] = {}
    unknown: list[str] = []
    flags: dict[str, tuple[str, int]] = {}
    bound = False
    for node in file.assigns:
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if not isinstance(target, ast.Name) or node.value is None or file.scope(node) is not file.tree:
            continue
        bound = bound or target.id in {"bind", "workers", "worker_class", "wsgi_app", "threads", "timeout"}
        if target.id in _FILE_FLAGS:
            flags.pop(target.id, None)
            try:
                value = values.constant(node.value) if branches.when(node) == "always" else None
            except NotLiteral:
                value = None
            if isinstance(value, str | int) and not isinstance(value, bool):
                most = _MAX_FORMAT if target.id == "access_log_format" else _MAX_VALUE
                flags[target.id] = (without_credentials(str(value)[:most]), node.lineno)
            elif target.id == "access_log_format" and value is None and branches.when(node) != "never":
                plain = isinstance(node.value, ast.Constant) and node.value.value is None
                flags |= {} if plain else {target.id: ("$", node.lineno)}
        if target.id in {"logconfig", "logconfig_dict", "logconfig_json", "syslog"}:
            found["logconfig"] = (not (isinstance(node.value, ast.Constant) and not node.value.value), node.lineno)
        if target.id not in {"accesslog", "loglevel"} or branches.when(node) == "never":
            continue
        try:
            if branches.when(node) == "sometimes":
                raise NotLiteral("set under a condition")
            found[target.id] = (values.constant(node.value), node.lineno)
        except NotLiteral:
            unknown.append(target.id)
            found[target.id] = (None, node.lineno)
    if not (sure or found or bound or path.rpartition("/")[2] == "gunicorn.conf.py"):
        return None  # some other module of that name
    accesslog, access_line = found.get("accesslog", (None, None))
    level, level_line = found.get("loglevel", (None, None))
    access: Access = "unset" if "accesslog" not in found else "on" if accesslog else "off"
    if accesslog == "/dev/null":
        access = "off"
    if found.get("logconfig", (False, 0))[0] and access == "unset":
        access = "on"  # gunicorn.glogging: with a configuration of its own, requests are logged
    return GunicornFile(
        location=Location(path=path),
        access=access,
        access_line=access_line,
        level=str(level).lower() if level is not None else None,
        level_line=level_line,
        open_settings=tuple(dict.fromkeys(unknown)),
        role=what_for,
        flags=tuple(f"{name}={value}" for name, (value, _) in sorted(flags.items())),
        flag_lines=tuple(line for _, (_, line) in sorted(flags.items())),
    )


class Logrotate(Extractor):
    """Modes that logrotate gives new log files: `create 0640 user group`, `createolddir 0750`."""

    name = "logging.logrotate"
    emits = (LogFileMode,)
    _LINE = re.compile(r"\s*(create|createolddir)\s+(0?[0-7]{3,4})\b.*")

    def wants(self, path: str, mode: int, size: int) -> bool:
        folder, _, name = path.lower().rpartition("/")
        rotates = name.startswith("logrotate") or name.endswith(".logrotate") or folder.endswith("logrotate.d")
        return rotates and not name.endswith((".md", ".py", ".txt", ".rst", ".sh"))

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        _refuse_large(data)
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), start=1):
            if match := self._LINE.fullmatch(line):
                yield LogFileMode(
                    location=Location(path=path, line=number),
                    mode=int(match[2], 8),
                    how=f"logrotate {match[1]}",
                    role=role(path),
                )
