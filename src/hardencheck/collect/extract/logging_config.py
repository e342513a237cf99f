"""Where Python code sets up logging: dictConfig, fileConfig, basicConfig; levels of loggers; SQLAlchemy's echo."""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cached_property

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._branches import Values, branches_of
from hardencheck.collect.extract._logging_names import (
    ACCESS_LOGGERS,
    is_security,
    is_sql,
    level_name,
    level_number,
    scope,
)
from hardencheck.collect.extract._python import NotLiteral, PythonFile, argument, parse, role, spreads, unread
from hardencheck.lazily import compiled
from hardencheck.model.facts import Fact, Scalar
from hardencheck.model.facts.logging import LoggerSetting, ServerLog, SqlEcho
from hardencheck.model.facts.logging_written import LoggingPlace
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

# What must stand in a file for it to say anything of a kind: a file that cannot be parsed hides no more than that.
_TOKENS: tuple[tuple[re.Pattern[bytes], tuple[type[Fact], ...]], ...] = (
    (
        re.compile(
            rb"LOGGING|dictConfig|fileConfig|basicConfig|setLevel|logconfig_dict|disable_existing_loggers|structlog"
            rb"|logging\.disable|\.(?:disabled|propagate)\s*="
        ),
        (LoggingPlace, LoggerSetting),
    ),
    (re.compile(rb"create_engine|create_async_engine|SQLALCHEMY_ECHO|SQLALCHEMY_ENGINE_OPTIONS"), (SqlEcho,)),
    (re.compile(rb"(?:import|from)\s+uvicorn"), (LoggingPlace,)),
)
TABLE_NAMES = {"LOGGING": "django", "logconfig_dict": "gunicorn"}
_CONFIGURATION = compiled(r"[\w./{}-]{1,200}\.(?:ya?ml|json|ini|conf|cfg|toml)")
_ENGINE_OPTIONS = "SQLALCHEMY_ENGINE_OPTIONS"
_ENGINES = ("create_engine", "create_async_engine")
_COMMAND = compiled(r"(?:^|/)management/commands/")
# Where a project starts, functions of libraries with such names may set up logging; these packages do not.
_STARTS = compiled(rb"DJANGO_SETTINGS_MODULE")
_SETS_UP = compiled(
    r"(?i)main|run|start|boot\w*|init\w*|configure\w*|set_?up\w*|prepare\w*|ensure\w*|execute\w*|(?:.*_)?log(?:s|ging)?(?:_.*)?"
)
_NO_LOGS = frozenset(sys.stdlib_module_names) | {
    "django", "configurations", "sentry_sdk", "newrelic", "ddtrace", "elasticapm", "opentelemetry", "dotenv", "environ",
    "decouple", "whitenoise", "channels", "celery", "uvicorn", "gunicorn", "gevent", "debugpy", "coverage",
}  # fmt: skip
_DATABASE_TOOLS = compiled(r"(?:.*/)?(?:alembic|migrations)/env\.py")


def what_for(path: str, data: bytes = b"") -> str:
    """As `role`, but the environment of a migration tool is not the service, nor is a command of a developer."""
    if _DATABASE_TOOLS.fullmatch(path) or (path.endswith("env.py") and b"alembic" in data):
        return "migration"
    return "command" if _COMMAND.search(path) and role(path) == "production" else role(path)


class LoggingPython(Extractor):
    """Where logging is configured, levels of loggers by code, and whether SQL is printed."""

    name = "logging.python"
    version = 5
    emits = (LoggingPlace, LoggerSetting, SqlEcho, ServerLog)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith(".py")

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        kinds = [fact for tokens, facts in _TOKENS if tokens.search(data) for fact in facts]
        if not kinds and _STARTS.search(data) is None:
            return
        try:
            file = parse(data)
        except Unreadable as error:
            if kinds:
                yield unread(self, error, path, what_for(path, data), kinds)
            return
        yield from _File(self.name, path, file, what_for(path, data)).found()


class _File:
    def __init__(self, collector: str, path: str, file: PythonFile, role_of_file: str) -> None:
        self._collector, self._file = collector, file
        self._here, self._role = Location(path=path), role_of_file
        self._branches, self._values = branches_of(file), Values(file)

    def found(self) -> Iterator[Found]:
        yield from self._tables()
        for call in self._file.calls:
            yield from self._call(call)
        yield from self._assignments()

    def _gap(self, kinds: tuple[type[Fact], ...], detail: str, line: int, node: ast.AST, **about: Scalar) -> Gap:
        return Gap(
            kinds=tuple(kind.kind() for kind in kinds),
            collector=self._collector,
            reason=Reason.NOT_LITERAL,
            detail=detail,
            location=self._here.at(line),
            about={"role": self._branches.role(node, self._role), **about},
        )

    # Configurations: what they are worth is found out by `resolve.logging_configurations`

    def _tables(self) -> Iterator[Found]:
        """Dictionaries by name (LOGGING, logconfig_dict), or by their shape: "version" beside handlers or loggers."""
        for node in self._file.assigns:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if not isinstance(target, ast.Name) or node.value is None or isinstance(node, ast.AugAssign):
                continue
            if isinstance(self._file.scope(node), ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if target.id in TABLE_NAMES or _shaped(node.value):
                yield from self._place("table", target.id, node)

    def _place(self, what: str, name: str, node: ast.Assign | ast.AnnAssign | ast.Call) -> Iterator[Found]:
        if self._branches.when(node) == "never":
            return
        yield LoggingPlace(
            location=self._here.at(node.lineno),
            what=what,
            name=name,
            last=node.end_lineno or node.lineno,
            scope=self._file.within(node),
            role=self._branches.role(node, self._role),
            names=self._file_names if what in {"dictConfig", "fileConfig"} else (),
        )

    @cached_property
    def _file_names(self) -> tuple[str, ...]:
        """Texts of the file that end like a configuration file."""
        found = {
            node.value.rpartition("/")[2]
            for node in ast.walk(self._file.tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CONFIGURATION.fullmatch(node.value)
        }
        return tuple(sorted(found))

    @cached_property
    def _starts(self) -> bool:
        """Whether the file names the settings of a project that it starts."""
        return _STARTS.search(self._file.source.encode("utf-8", "replace")) is not None

    def _of_a_library(self, name: str) -> bool:
        package = name.partition(".")[0]
        return self._file.imports(package) and package not in _NO_LOGS

    # Calls

    def _call(self, call: ast.Call) -> Iterator[Found]:
        name = self._file.name(call.func)
        last = name.rpartition(".")[2] or (call.func.attr if isinstance(call.func, ast.Attribute) else "")
        if last in {"dictConfig", "fileConfig"} and (call.args or call.keywords):
            given = argument(call, 0, "config") if last == "dictConfig" else None
            yield from self._place(last, self._file.name(given).rpartition(".")[2] if given else "", call)
        elif name == "logging.basicConfig":
            yield from self._place("basicConfig", "", call)
        elif name in {"structlog.configure", "structlog.configure_once"}:
            yield from self._place("structlog", "", call)
        elif last == "setLevel" and isinstance(call.func, ast.Attribute) and call.args:
            logger = self._logger_name(call.func.value)
            if logger in ACCESS_LOGGERS:
                yield from self._quiet(call, logger, call.args[0])
            if logger is not None and (scope(logger) != "application" or is_sql(logger)):
                yield from self._level(call, logger, call.args[0])
        elif last in _ENGINES and ("sql" in name or name in _ENGINES or "engine" in name.lower()):
            yield from self._engine(call, last)
        elif name in {"uvicorn.run", "uvicorn.Config"} and argument(call, None, "log_config") is not None:
            yield from self._place("uvicorn", "", call)
        elif name == "logging.disable":
            yield from self._disable(call)
        elif _SETS_UP.fullmatch(last) and self._starts and self._of_a_library(name):
            yield from self._place("library", name, call)
        for keyword in call.keywords:
            if keyword.arg == "SQLALCHEMY_ECHO":  # app.config.update(SQLALCHEMY_ECHO=True)
                yield from self._switch(keyword.value, keyword.value)
            elif keyword.arg == _ENGINE_OPTIONS:
                yield from self._engine_options(keyword.value, keyword.value)

    def _logger_name(self, node: ast.expr) -> str | None:
        """The logger an expression is: `logging.getLogger("x")`, `logging.root`, or a name given one in this file."""
        if isinstance(node, ast.Name):
            given = [
                each.value
                for each in self._file.assigns
                if isinstance(each, ast.Assign)
                and any(isinstance(target, ast.Name) and target.id == node.id for target in each.targets)
            ]
            if len(given) != 1 or not isinstance(given[0], ast.Call):
                return None
            node = given[0]
        if self._file.name(node) == "logging.root":
            return "root"
        if isinstance(node, ast.Attribute) and node.attr == "logger" and self._file.imports("flask"):
            owner = node.value
            return "flask.app" if isinstance(owner, ast.Name) and owner.id in {"app", "application"} else None
        if not isinstance(node, ast.Call) or self._file.name(node.func) != "logging.getLogger":
            return None
        named = argument(node, 0, "name")
        if named is None:
            return "root"
        try:
            value = self._values.constant(named)
        except NotLiteral:
            return None
        return (str(value) if value else "root") if value is None or isinstance(value, str) else None

    def _level(self, call: ast.Call, logger: str, node: ast.expr) -> Iterator[Found]:
        when = self._branches.when(call)
        if when == "never":
            return
        about = _about(logger)
        try:
            level = level_name(self._values.constant(node))
        except NotLiteral as error:
            detail = f"level of logger {logger} is {error}: not a literal"
            yield self._gap((LoggerSetting,), detail, call.lineno, call, **about)
            return
        number = level_number(level)
        least = 20 if is_sql(logger) and logger.startswith("sqlalchemy") else 10
        wide, mute = number is not None and number <= least, number is not None and number >= 50
        if when == "sometimes" and (wide or mute):
            detail = f"logger {logger} gets level {level} under a condition"
            yield self._gap((LoggerSetting,), detail, call.lineno, call, **about)
            return
        yield LoggerSetting(
            location=self._here.at(call.lineno),
            logger=logger,
            level=level,
            scope=scope(logger),
            security=is_security(logger),
            sql=is_sql(logger),
            discards=mute,
            debug=wide,
            role=self._branches.role(call, self._role),
        )

    def _engine(self, call: ast.Call, through: str) -> Iterator[Found]:
        echo = argument(call, None, "echo")
        if echo is None and not spreads(call):
            yield self._echo(call, through, False)
            return
        try:
            if echo is None:
                raise NotLiteral("hidden in an unpacked argument")
            enabled = bool(self._values.constant(echo))
        except NotLiteral as error:
            detail = f"echo of {through} is {error}: not a literal"
            yield self._gap((SqlEcho,), detail, call.lineno, call, through=through)
            return
        yield self._echo(echo if enabled else call, through, enabled, call)

    def _quiet(self, call: ast.Call, logger: str, node: ast.expr) -> Iterator[Found]:
        """A level above INFO: the server writes no request any more."""
        try:
            number = level_number(level_name(self._values.constant(node)))
        except NotLiteral:
            return  # `_level` says so
        if number is not None and number > 20 and self._branches.when(call) == "always":
            what_for = self._branches.role(call, self._role)
            here = self._here.at(call.lineno)
            yield ServerLog(location=here, server=ACCESS_LOGGERS[logger], access_log=False, role=what_for)

    def _disable(self, call: ast.Call) -> Iterator[Found]:
        """`logging.disable(logging.CRITICAL)`: nothing up to that level is written by any logger."""
        if self._branches.when(call) == "never":
            return
        given = argument(call, 0, "level")
        try:
            level = level_name(self._values.constant(given)) if given is not None else "CRITICAL"
        except NotLiteral as error:
            detail = f"logging.disable is given {error}: not a literal"
            yield self._gap((LoggerSetting,), detail, call.lineno, call, **_about("root"))
            return
        yield self._muted("every logger", call, level, (level_number(level) or 0) >= 30, security=True)

    def _muted(
        self, logger: str, node: ast.Call | ast.stmt, level: str | None, mute: bool, *, security: bool
    ) -> LoggerSetting:
        return LoggerSetting(
            location=self._here.at(node.lineno),
            logger=logger,
            level=level,
            scope=scope(logger),
            security=security,
            sql=is_sql(logger),
            discards=mute,
            debug=False,
            role=self._branches.role(node, self._role),
        )

    def _echo(
        self, node: ast.expr | ast.stmt, through: str, enabled: bool, statement: ast.AST | None = None
    ) -> SqlEcho:
        what_for = self._branches.role(statement or node, self._role)
        return SqlEcho(location=self._here.at(node.lineno), through=through, enabled=enabled, role=what_for)

    # Settings

    def _assignments(self) -> Iterator[Found]:
        """SQLALCHEMY_ECHO, as a name, an attribute or a key; `logger.disabled = True`."""
        for node in self._file.assigns:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if node.value is None:
                continue
            match target:
                case ast.Name(id=name) | ast.Subscript(slice=ast.Constant(value=str() as name)):
                    if name == "SQLALCHEMY_ECHO":
                        yield from self._switch(node.value, node)
                    elif name == _ENGINE_OPTIONS:
                        yield from self._engine_options(node.value, node)
                case ast.Attribute(value=owner, attr="disabled") if isinstance(node.value, ast.Constant):
                    logger = self._logger_name(owner)
                    if logger is not None and node.value.value is True and self._branches.when(node) == "always":
                        if logger in ACCESS_LOGGERS:
                            what_for = self._branches.role(node, self._role)
                            here, server = self._here.at(node.lineno), ACCESS_LOGGERS[logger]
                            yield ServerLog(location=here, server=server, access_log=False, role=what_for)
                        yield self._muted(logger, node, None, True, security=is_security(logger))
                case ast.Attribute(value=owner, attr="propagate") if isinstance(node.value, ast.Constant):
                    logger = self._logger_name(owner)
                    alone = logger is not None and is_security(logger) and logger not in self._with_handlers
                    if alone and logger and node.value.value is False and self._branches.when(node) == "always":
                        yield self._muted(logger, node, None, True, security=True)

    @cached_property
    def _with_handlers(self) -> frozenset[str]:
        """Loggers that this file gives a handler that may write."""
        found: set[str] = set()
        for call in self._file.calls:
            if isinstance(call.func, ast.Attribute) and call.func.attr == "addHandler" and call.args:
                handler = call.args[0]
                made = self._file.name(handler.func) if isinstance(handler, ast.Call) else ""
                if made.rpartition(".")[2] != "NullHandler":
                    found.add(self._logger_name(call.func.value) or "")
        return frozenset(found)

    def _engine_options(self, value: ast.expr, node: ast.expr | ast.stmt) -> Iterator[Found]:
        """SQLALCHEMY_ENGINE_OPTIONS of Flask-SQLAlchemy, which go to create_engine."""
        table, whole = self._values.table(value) or ({}, False)
        through = _ENGINE_OPTIONS
        echo = table.get("echo")
        try:
            if echo is None and not whole:
                raise NotLiteral("not all written out")
            enabled = bool(self._values.constant(echo)) if echo is not None else False
        except NotLiteral as error:
            yield self._gap((SqlEcho,), f"echo of {through} is {error}", node.lineno, node, through=through)
            return
        yield self._echo(echo if enabled and echo is not None else node, through, enabled, node)

    def _switch(self, value: ast.expr, node: ast.expr | ast.stmt) -> Iterator[Found]:
        try:
            yield self._echo(node, "SQLALCHEMY_ECHO", bool(self._values.constant(value)))
        except NotLiteral as error:
            detail = f"SQLALCHEMY_ECHO is {error}: not a literal"
            yield self._gap((SqlEcho,), detail, node.lineno, node, through="SQLALCHEMY_ECHO")


def _shaped(node: ast.expr) -> bool:
    """Whether this is a dictionary as dictConfig takes it."""
    match node:
        case ast.Dict(keys=keys):
            names = {key.value for key in keys if isinstance(key, ast.Constant)}
        case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
            names = {keyword.arg for keyword in keywords}
        case _:
            return False
    return "version" in names and not names.isdisjoint(("handlers", "loggers", "root"))


def _about(logger: str) -> dict[str, Scalar]:
    return {"logger": logger, "scope": scope(logger), "security": is_security(logger), "sql": is_sql(logger)}
