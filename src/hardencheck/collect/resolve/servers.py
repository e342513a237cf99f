"""Servers that start an application: what their command lines and configuration files set, and their defaults.

Sources: gunicorn 20.1 to 26 "Settings", uvicorn 0.32 "Settings", hypercorn 0.17 "Configuring", granian 1.6 README,
waitress 3 "Arguments to waitress.serve", uWSGI 2.0 "Options".
"""

import posixpath
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.extract._package_scripts import has_scripts
from hardencheck.collect.extract._python import role, without_credentials
from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.frames import OutOfBudget
from hardencheck.collect.interpret.interpreter import Interpreter
from hardencheck.collect.interpret.models.applications import held, number_of, text_of
from hardencheck.collect.interpret.run import Source
from hardencheck.collect.interpret.values import (
    Binding,
    Const,
    Depends,
    Namespace,
    Unknown,
    Value,
    depending,
    join,
    lifted,
)
from hardencheck.collect.resolve._applications import server_name
from hardencheck.collect.resolve._built import built, out_of_budget
from hardencheck.collect.resolve._environment import Deployment, Environment
from hardencheck.collect.resolve._follow import Files, note_secrets, taken, variables_of
from hardencheck.collect.resolve._modules import Modules
from hardencheck.collect.resolve._paste import Paste, pastes
from hardencheck.collect.resolve._rows import Reading, row
from hardencheck.collect.resolve._uwsgi import ENDINGS as UWSGI_FILES
from hardencheck.collect.resolve._uwsgi import options as uwsgi_options
from hardencheck.collect.resolve._versions import Since, Version, lowest, version_text
from hardencheck.lazily import compiled
from hardencheck.model.facts import Scalar
from hardencheck.model.facts.logging import ServerCommand
from hardencheck.model.facts.settings import FrameworkSetting, ProductionDefault, Variable
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location

_WAITRESS: dict[str, object] = {
    "host": "0.0.0.0", "port": 8080, "max_request_body_size": 1 << 30,  # noqa: S104
    "max_request_header_size": 1 << 18,
    "trusted_proxy": None, "trusted_proxy_headers": [], "clear_untrusted_proxy_headers": True, "url_scheme": "http",
    "listen": None, "threads": 4, "channel_timeout": 120,
    "connection_limit": 100, "expose_tracebacks": False, "ident": "waitress", "unix_socket": None,
    "unix_socket_perms": "600",
}  # fmt: skip
_UWSGI: dict[str, object] = {
    "http": None, "http-socket": None, "socket": None, "chmod-socket": None, "uid": None, "gid": None,
    "umask": None,
    "buffer-size": "4096", "limit-post": "0", "post-buffering": "0", "master": "false", "py-autoreload": None,
    "harakiri": "0", "http-timeout": "60", "socket-timeout": "4",
    "honour-stdin": "false", "max-requests": None, "vacuum": "false", "die-on-term": "false", "stats": None,
}  # fmt: skip
DEFAULTS: dict[str, dict[str, object]] = {
    "gunicorn": {
        "bind": ["127.0.0.1:8000"], "workers": 1, "worker_class": "sync", "timeout": 30, "graceful_timeout": 30,
        "keepalive": 2, "max_requests": 0, "reload": False, "preload_app": False, "user": None, "group": None,
        "umask": 0, "forwarded_allow_ips": "127.0.0.1,::1", "proxy_protocol": "off", "limit_request_line": 4094,
        "limit_request_fields": 100, "limit_request_field_size": 8190, "certfile": None, "keyfile": None,
        "header_map": "drop", "strip_header_spaces": False, "permit_obsolete_folding": False,
        "forwarder_headers": "SCRIPT_NAME,PATH_INFO", "worker_tmp_dir": None, "raw_env": [],
    },
    "uvicorn": {
        "host": "127.0.0.1", "port": 8000, "workers": 1, "reload": False, "proxy_headers": True,
        "forwarded_allow_ips": "127.0.0.1", "server_header": True, "date_header": True, "limit_concurrency": None,
        "limit_max_requests": None, "timeout_keep_alive": 5, "timeout_graceful_shutdown": None,
        "h11_max_incomplete_event_size": None, "ws_max_size": 16 << 20, "ssl_certfile": None, "ssl_keyfile": None,
    },
    "hypercorn": {
        "bind": ["127.0.0.1:8000"], "workers": 1, "reload": False, "debug": False, "keep_alive": 5,
        "graceful_timeout": 3, "certfile": None, "keyfile": None, "user": None, "group": None, "umask": None,
        "wsgi_max_body_size": 16 << 20, "h11_max_incomplete_size": 16 << 10, "read_timeout": None,
        "websocket_max_message_size": 16 << 20,
    },
    "granian": {
        "host": "127.0.0.1", "port": 8000, "workers": 1, "reload": False, "ssl_certificate": None, "ssl_keyfile": None,
        "backpressure": None, "uds": None, "uds_permissions": None,
    },
    "waitress": _WAITRESS,
    "uwsgi": _UWSGI,
}  # fmt: skip
# Defaults that changed, since each version; a setting that has none is not read by the versions before.
_SINCE: dict[str, dict[str, Since]] = {
    "gunicorn": {
        "forwarded_allow_ips": [((0,), "127.0.0.1"), ((23,), "127.0.0.1,::1")],
        "proxy_protocol": [((0,), False), ((24,), "off")],
        "header_map": [((22,), "drop")],
        "permit_obsolete_folding": [((23,), False)],
        "forwarder_headers": [((23,), "SCRIPT_NAME,PATH_INFO")],
    }
}
# The option of the command line that switches a setting on or off, where it is not called as the setting.
_OTHERWISE: dict[str, dict[str, tuple[str, object]]] = {
    "gunicorn": {"preload": ("preload_app", True), "keep_alive": ("keepalive", None), "env": ("raw_env", None)},
    "uvicorn": {
        "no_proxy_headers": ("proxy_headers", False), "no_server_header": ("server_header", False),
        "no_date_header": ("date_header", False),
    },
    "hypercorn": {},
    "granian": {},
    "waitress": {
        "no_expose_tracebacks": ("expose_tracebacks", False),
        "no_clear_untrusted_proxy_headers": ("clear_untrusted_proxy_headers", False),
    },
    "uwsgi": {},
}  # fmt: skip
# Variables that the server itself asks for.
_VARIABLES: dict[str, dict[str, str]] = {
    "gunicorn": {"forwarded_allow_ips": "FORWARDED_ALLOW_IPS", "workers": "WEB_CONCURRENCY"},
    "uvicorn": {"forwarded_allow_ips": "FORWARDED_ALLOW_IPS", "workers": "WEB_CONCURRENCY"},
}
_PREFIXES = {"uvicorn": "UVICORN_", "granian": "GRANIAN_", "uwsgi": "UWSGI_"}
_JUDGED = (
    "reload", "forwarded_allow_ips", "header_map", "strip_header_spaces", "permit_obsolete_folding",
    "expose_tracebacks",
)  # fmt: skip
# Where a developer's own start is kept beside that of production: what it says of `--reload` is no statement.
_NO_START = (".yml", ".yaml", ".sh", ".bash")


class _Layer(NamedTuple):
    names: Mapping[str, Binding]
    rest: Unknown | None = None
    variables: Mapping[str, Sequence[Reading]] = {}


class ServerDefaults(Resolver):
    """What each server of production is started with; some of its settings are judged one by one."""

    name = "servers.defaults"
    version = 4
    emits = (ProductionDefault, FrameworkSetting)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        commands = [fact for fact in facts.of("logging.server-command") if isinstance(fact, ServerCommand)]
        modules = Modules(facts, tree)
        deployment = Deployment(facts, modules.local())
        for command in sorted(commands, key=lambda fact: fact.location.order):
            path = command.location.path or ""
            if command.placed != "production" or command.source != "command":
                continue
            if command.role != "production" and (path.endswith(_NO_START) or has_scripts(path)):
                continue
            if command.server == "uwsgi" and command.config is not None and not command.options:
                continue  # all that it says is in the file, which has rows of its own
            at = lowest(facts, command.server)
            called = server_name(command, facts)
            yield from self._command(command, called, commands, modules, deployment.environment(path), at)
        yield from self._waitress(facts, tree)
        for paste in pastes(facts, tree):
            yield from _pasted(paste)
        for path, entry in sorted(tree.entries.items()):
            name = path.rpartition("/")[2].lower()
            if "uwsgi" in name and name.endswith(UWSGI_FILES) and role(path) == "production" and entry.link is None:
                yield from _uwsgi(path, Files(tree).text(path))

    def _command(
        self,
        command: ServerCommand,
        called: str,
        commands: Sequence[ServerCommand],
        modules: Modules,
        given: Environment,
        at: Version | None,
    ) -> Iterator[Found]:
        server = command.server
        here = command.location
        layers = [_line(command)]
        if server == "gunicorn":
            layers += [_line(one) for one in commands if one.source == "environment" and one.placed == "production"]
        layers.append(_prefixed(server, given))
        if server == "uwsgi" and command.config is not None:
            layers.append(_options_of_file(command, modules))
        if server == "gunicorn" or (server == "hypercorn" and command.config is not None):
            layers.append(_file(command, modules, given))
        for name, default in DEFAULTS[server].items():
            binding = _decided(layers, name)
            values = _defaults(server, name, default, at)
            if not values and binding is None:
                continue
            usual, variable = _usual(server, name, values[-1] if values else default, given)
            if binding is not None and name in {"workers", "timeout", "port"}:
                binding = binding._replace(value=_number(binding.value))
            # The variable of a default counts where that holds, and not as a file asks for it.
            asked = {name: one for layer in layers for name, one in layer.variables.items()}
            known = asked | variable if binding is None else variable | asked
            perhaps = join([_usual(server, name, value, given)[0] for value in values]) if values else None
            text = version_text(at)
            yield row(server, called, name, binding, default=perhaps, version=text, here=here, variables=known)
            if name in _JUDGED:
                given_at = [one.variable.given_at for readings in variable.values() for one in readings]
                said = next((place for place in given_at if place is not None), here)
                yield self._judged(server, called, said, name, binding, usual)

    def _judged(
        self, server: str, called: str, here: Location, name: str, binding: Binding | None, usual: Value
    ) -> Found:
        value = binding.value if binding is not None else usual
        where = Location(path=binding.path, line=binding.line or None) if binding is not None else here
        about: dict[str, Scalar] = {"framework": server, "application": called, "name": name}
        if not isinstance(value, Const) or not isinstance(value.value, str | bool | int):
            text = value.text if isinstance(value, Unknown) else "computed"
            return Gap(
                kinds=("framework.setting",),
                collector=self.name,
                reason=Reason.NOT_LITERAL,
                detail=f"{name} of {server} is not known: {text}",
                location=where,
                about=about,
            )
        return FrameworkSetting(
            location=where,
            framework=server,
            application=called,
            name=name,
            value=value.value,
            on=bool(value.value),
            source="literal" if binding is not None else "default",
            depends_on=tuple(sorted(value.depends)),
        )

    def _waitress(self, facts: FactSet, tree: Tree) -> Iterator[Found]:
        seen = built(facts, tree)
        for (path, *_), thing in sorted(seen.parts.items()):
            dotted = text_of(thing.state.get("dotted"))
            if not dotted.startswith("waitress.") or role(path) != "production":
                continue
            where = Location(path=path, line=number_of(thing.state["line"]) or None)
            for name, default in DEFAULTS["waitress"].items():
                binding = held(thing).names.get(name)
                yield row(
                    "waitress", path, name, binding, default=lifted(default), here=where, variables=seen.variables
                )
                if name in _JUDGED:
                    yield self._judged("waitress", path, where, name, binding, lifted(default))


def _pasted(paste: Paste) -> Iterator[Found]:
    """`[server:main]` of a file that pserve starts."""
    given = paste.waitress()
    if given is None:
        return
    where = Location(path=paste.path, line=paste.lines["server:main"])
    for name, default in DEFAULTS["waitress"].items():
        binding = given.get(name)
        if binding is not None:
            binding = binding._replace(value=_cast(binding.value, default))
        yield row("waitress", paste.path, name, binding, default=lifted(default), here=where)


def _cast(value: Value, default: object) -> Value:
    """A text of a file as the setting that it becomes."""
    if not isinstance(value, Const) or not isinstance(value.value, str):
        return value
    if isinstance(default, bool):
        return Const(value.value.strip().lower() in _YES)
    if isinstance(default, list):
        return lifted(_PARTS.findall(value.value))
    return _number(value) if isinstance(default, int) else Const(without_credentials(value.value))


_YES = frozenset({"1", "true", "t", "yes", "y", "on"})


def _decided(layers: Sequence[_Layer], name: str) -> Binding | None:
    """What the first layer says that says anything; those below it are its chain."""
    found: Binding | None = None
    below: list[tuple[str, int]] = []
    for layer in layers:
        held_ = layer.names.get(name)
        if found is None:
            found = held_ or (Binding(layer.rest, layer.rest.path, layer.rest.line) if layer.rest else None)
        elif held_ is not None:
            below = [*held_.chain, (held_.path, held_.line), *below]
    return found._replace(chain=(*below, *found.chain)) if found is not None and below else found


def _line(command: ServerCommand) -> _Layer:
    """A command line as settings; several values of an option that may be given again become a list."""
    names: dict[str, Binding] = {}
    other = _OTHERWISE[command.server]
    for option in (*command.options, *command.limits):
        name, equals, text = option.partition("=")
        name, flag = other.get(name, (name, True if not equals else None))
        value: Value = Const(flag if isinstance(flag, bool) else None)
        if command.server == "uwsgi":  # all of its values are texts
            name, value = name.replace("_", "-"), Const("true")
        if equals:
            value = Const(text)
            if text == "$":
                text = f"--{option.partition('=')[0].replace('_', '-')}, which the shell computes,"
                value = Unknown("call", text, command.location.path or "", command.location.line or 0)
            elif isinstance(DEFAULTS[command.server].get(name), int):
                value = _number(value)
        if isinstance(DEFAULTS[command.server].get(name), list):
            earlier = names[name].value.items if name in names else []  # type: ignore[attr-defined]
            made = lifted([])
            several = name == "trusted_proxy_headers" and isinstance(value, Const)
            more = [Const(part) for part in _PARTS.findall(text)] if several else [value]
            made.items = [*earlier, *more]  # type: ignore[attr-defined]
            value = made
        names[name] = Binding(value, command.location.path or "", command.location.line or 0)
    return _Layer(names)


_PARTS = compiled(r"[^\s,]+")


def _number(value: Value) -> Value:
    if isinstance(value, Const) and isinstance(value.value, str) and value.value.isdecimal() and len(value.value) < 18:
        return Const(int(value.value), depends=value.depends)
    return value


def _defaults(server: str, name: str, newest: object, at: Version | None) -> Sequence[object]:
    """The default of a version, or of all where nothing says which; none: it does not have the setting."""
    history = _SINCE.get(server, {}).get(name, [((0,), newest)])
    if at is None:
        return [value for _, value in history]
    return [value for since, value in history if at >= since][-1:]


def _usual(server: str, name: str, default: object, given: Environment) -> tuple[Value, dict[str, list[Reading]]]:
    """The default of a setting, which for some is a variable of the environment."""
    variable = _VARIABLES.get(server, {}).get(name)
    if variable is None:
        return lifted(default), {}
    depends: Depends = frozenset({variable})
    found = given.get(variable)
    if found is None:
        return lifted(default, depends), {variable: [Reading(Variable(name=variable, default=str(default)))]}
    known = Variable(
        name=variable, default=str(default), given=found.value, given_at=found.location, unless=found.unless
    )
    value = taken(variable, found)
    if isinstance(value, str):
        return _number(Const(value, depends=depends)), {variable: [Reading(known)]}
    if isinstance(value, Unknown):
        return depending(value, depends), {variable: [Reading(known)]}
    return Unknown("env-required", variable, depends=depends), {variable: [Reading(known)]}


def _prefixed(server: str, given: Environment) -> _Layer:
    """What variables with the server's own prefix set (click's `auto_envvar_prefix` of uvicorn and granian)."""
    prefix = _PREFIXES.get(server)
    names: dict[str, Binding] = {}
    variables: dict[str, list[Reading]] = {}
    for name, default in DEFAULTS[server].items() if prefix else ():
        variable = f"{prefix}{name.upper().replace('-', '_')}"
        found = given.get(variable)
        if found is None:
            continue
        value = taken(variable, found)
        if isinstance(value, str):
            flag = value.lower() in _YES
            value = Const(flag) if isinstance(default, bool) else Const(value)
            value = value if server == "uwsgi" else _number(value)
        names[name] = Binding(
            depending(value, frozenset({variable})), found.location.path or "", found.location.line or 0
        )
        known = Variable(name=variable, given=found.value, given_at=found.location, unless=found.unless)
        variables[variable] = [Reading(known)]
    return _Layer(names, None, variables)


def _table(path: str, data: bytes) -> _Layer:
    """hypercorn.toml; the line of a key is the first that begins with it."""
    try:
        table = tomllib.loads(data.decode())
    except (ValueError, RecursionError):
        return _Layer({}, Unknown("loader", f"{path} cannot be parsed", path, 1))
    lines = data.decode().splitlines()
    names: dict[str, Binding] = {}
    for name, default in DEFAULTS["hypercorn"].items():
        if name not in table:
            continue
        at = next((number for number, line in enumerate(lines, 1) if line.partition("=")[0].strip() == name), 1)
        held_ = [table[name]] if isinstance(default, list) and isinstance(table[name], str) else table[name]
        try:
            names[name] = Binding(lifted(held_), path, at)
        except TypeError:
            names[name] = Binding(Unknown("loader", name, path, at), path, at)
    return _Layer(names)


def _file(command: ServerCommand, modules: Modules, given: Environment) -> _Layer:
    """gunicorn.conf.py, or the file that the command names, after it ran."""
    config = command.config or "gunicorn.conf.py"
    wanted = f"{config[7:].replace('.', '/')}.py" if config.startswith("python:") else config.removeprefix("file:")
    name = wanted.rpartition("/")[2]
    folder = posixpath.dirname(command.location.path or "")
    found = [path for path in modules.entries if path.rpartition("/")[2] == name and role(path) == "production"]
    found.sort(key=lambda path: (not f"/{path}".endswith(f"/{wanted.lstrip('./')}"), not path.startswith(folder), path))
    if found and name.endswith(".toml") and (data := Files(modules.tree).text(found[0])) is not None:
        return _table(found[0], data)
    # gunicorn runs a file of any name as Python.
    if not found or not (name.endswith(".py") or command.server == "gunicorn"):
        if command.config is None:
            return _Layer({})
        place = command.location
        text = f"{command.config[:80]}, which is not a file of this repository"
        return _Layer({}, Unknown("loader", text, place.path or "", place.line or 0))
    tree = modules.tree
    source = Source(
        Files(tree).text,
        modules.find,
        modules.ours,
        lambda: tree.entries,
        modules.unreadable,
        modules.versions,
        modules.rewritten,
    )
    interpreter = Interpreter(source, {one: taken(one, what) for one, what in given.items()})
    try:
        names: Namespace = interpreter.module(found[0]).namespace
    except Raised as error:
        names = Namespace(rest=Unknown("branch", f"the code raises {error.name}", found[0], 1))
    except (OutOfBudget, RecursionError, MemoryError) as error:
        names = Namespace(rest=out_of_budget(error, found[0]))
    note_secrets(tree, interpreter)
    held_ = {one: binding for one in DEFAULTS[command.server] if (binding := names.get(one)) is not None}
    for one, binding in held_.items():
        if one == "bind" and isinstance(binding.value, Const):
            held_[one] = binding._replace(value=lifted([binding.value.value], binding.value.depends))
    return _Layer(held_, names.rest, variables_of(interpreter, given))


def _options_of_file(command: ServerCommand, modules: Modules) -> _Layer:
    """The file that a command of uWSGI names."""
    wanted = (command.config or "").rpartition("/")[2]
    found = sorted(path for path in modules.entries if path.rpartition("/")[2] == wanted and role(path) == "production")
    place = command.location
    data = Files(modules.tree).text(found[0]) if len(found) == 1 and wanted.endswith(UWSGI_FILES) else None
    if data is None:
        text = f"{(command.config or '')[:80]}, which is not read"
        return _Layer({}, Unknown("loader", text, place.path or "", place.line or 0))
    return _Layer(uwsgi_options(found[0], data)[0])


def _uwsgi(path: str, data: bytes | None) -> Iterator[Found]:
    """The section of uWSGI in a file."""
    names, at = uwsgi_options(path, data) if data is not None else ({}, 0)
    if at:
        where = Location(path=path, line=at)
        for name, default in _UWSGI.items():
            yield row("uwsgi", path, name, names.get(name), default=lifted(default), here=where)
