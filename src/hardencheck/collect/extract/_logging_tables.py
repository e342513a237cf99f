"""dictConfig dictionaries: what is literal in them is judged, the rest is named.

Source: Python library, logging.config, "Configuration dictionary schema"; Django, "Logging" (default configuration).
"""

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from hardencheck.collect.extract._branches import LEVELS, Values
from hardencheck.collect.extract._python import NotLiteral, shorten
from hardencheck.lazily import compiled

_MAX_DEPTH = 12
_SECURITY = compiled(
    r"django|django\.security(?:\..+)?|django\.request|(?:.+[._-])?(?:auth|authentication|security|audit|axes|login|accounts?)"
    r"(?:[._-].+)?",
    re.IGNORECASE,
)
# Scanners send wrong Host headers all day; Django's manual shows how to drop just this one.
_NOISE = "django.security.DisallowedHost"
_FRAMEWORKS = compiled(
    r"(?:django|gunicorn|uvicorn|hypercorn|werkzeug|flask|starlette|fastapi|aiohttp|asyncio|celery|urllib3|requests|httpx"
    r"|http|botocore|boto3)(?:\..+)?"
)
_SQL = compiled(
    r"django\.db(?:\.backends(?:\..+)?)?|sqlalchemy(?:\.engine(?:\..+)?|\.pool)?|asyncpg|psycopg.*|pymysql.*"
)
_NOWHERE = {"logging.NullHandler", "NullHandler"}
_ONLY_DEBUG = {"django.utils.log.RequireDebugTrue"}


class Table:
    """A dictionary as far as it is written out. open: it may hold keys that are not seen."""

    def __init__(self) -> None:
        self.items: dict[str, tuple[ast.expr | None, Table | None, int]] = {}
        self.open = False

    def node(self, key: str) -> ast.expr | None:
        return self.items[key][0] if key in self.items else None

    def table(self, key: str) -> "Table | None":
        return self.items[key][1] if key in self.items else None

    def line(self, key: str, default: int) -> int:
        return self.items[key][2] if key in self.items else default

    def put(self, path: list[str], node: ast.expr, values: Values) -> bool:
        """Assign to `table[a][b] = node`; False when the way there is not written out."""
        here: Table | None = self
        for key in path[:-1]:
            here = here.table(key) if here is not None else None
        if here is None:
            return False
        here.items[path[-1]] = (node, read(node, values), node.lineno)
        return True


def read(node: ast.expr, values: Values, depth: int = 0) -> Table | None:
    """The table behind an expression; None when it is not a dictionary that is written out at least in part."""
    if depth > _MAX_DEPTH:
        return None
    node = values.resolve(node)
    table = Table()
    match node:
        case ast.Dict(keys=keys, values=parts):
            for key, part in zip(keys, parts, strict=True):
                if key is None:
                    inner = read(part, values, depth + 1)
                    if inner is None:
                        table.open = True
                    else:
                        table.items.update(inner.items)
                        table.open = table.open or inner.open
                    continue
                try:
                    name = values.constant(key)
                except NotLiteral:
                    table.open = True
                    continue
                table.items[str(name)] = (part, read(part, values, depth + 1), part.lineno)
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
            for keyword in keywords:
                if keyword.arg is None:
                    table.open = True
                else:
                    table.items[keyword.arg] = (
                        keyword.value,
                        read(keyword.value, values, depth + 1),
                        keyword.value.lineno,
                    )
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            first, second = read(left, values, depth + 1), read(right, values, depth + 1)
            if first is None and second is None:
                return None
            for side in (first, second):
                if side is None:
                    table.open = True
                else:
                    table.items.update(side.items)
                    table.open = table.open or side.open
        case _:
            return None
    return table


class Logger(NamedTuple):
    """One entry. unknown: what of it is not literal, "" for nothing (then the rest is to be believed)."""

    name: str
    line: int
    level: str | None
    discards: bool
    debug: bool
    unknown: str


class Config(NamedTuple):
    """disable_existing: None when it is not literal. disable_line: its line; where it is missing, the table's."""

    disable_existing: bool | None
    disable_line: int
    loggers: tuple[Logger, ...]
    open: bool


class _Handler(NamedTuple):
    level: int  # as in LEVELS; 0 when not set or not known
    nowhere: bool
    only_debug: bool


class _Entry(NamedTuple):
    line: int
    level: str | None
    handlers: tuple[str, ...]
    propagate: bool
    unknown: str


def is_security(name: str) -> bool:
    return name != _NOISE and _SECURITY.fullmatch(name) is not None


def is_sql(name: str) -> bool:
    return _SQL.fullmatch(name) is not None


def scope(name: str) -> str:
    if name == "root":
        return "root"
    return "framework" if _FRAMEWORKS.fullmatch(name) else "application"


def level_number(level: str | None) -> int | None:
    return None if level is None else LEVELS.get(level)


def level_name(value: object) -> str | None:
    """The name of a level given by name or number. Raises NotLiteral for something else."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise NotLiteral("a level that is neither text nor number")
    if isinstance(value, int):
        return next((name for name, number in LEVELS.items() if number >= value), "CRITICAL")
    if value.upper() not in LEVELS:
        raise NotLiteral("a level of its own")
    return value.upper()


def judge(table: Table, line: int, values: Values) -> Config:
    """What a configuration comes to. Nothing is guessed: an entry that depends on something unseen says so."""
    disable: bool | None = True
    node = table.node("disable_existing_loggers")
    if node is not None:
        try:
            disable = bool(values.constant(node))
        except NotLiteral:
            disable = None
    elif table.open:
        disable = None
    handlers_table, loggers_table = table.table("handlers"), table.table("loggers")
    open_handlers = table.open or (handlers_table.open if handlers_table else "handlers" in table.items)
    handlers: dict[str, _Handler] = {}
    filters = _debug_filters(table, values)
    for name in handlers_table.items if handlers_table else ():
        handlers[name] = _handler(handlers_table.table(name) if handlers_table else None, filters, values)
    entries: dict[str, _Entry] = {}
    for name in loggers_table.items if loggers_table else ():
        entries[name or "root"] = _entry(loggers_table, name, line, values)  # type: ignore[arg-type]
    if "root" in table.items:
        entries["root"] = _entry(table, "root", line, values)
    opened = table.open or (loggers_table.open if loggers_table else "loggers" in table.items)
    found = tuple(_logger(name, entries, handlers, open_handlers) for name in entries)
    return Config(disable, table.line("disable_existing_loggers", line), found, opened)


def _text(table: Table, key: str, values: Values) -> str | None:
    node = table.node(key)
    if node is None:
        return None
    try:
        value = values.constant(node)
    except NotLiteral:
        return values.file.name(node) or None  # a class instead of its name
    return value if isinstance(value, str) else None


def _debug_filters(table: Table, values: Values) -> set[str]:
    filters = table.table("filters")
    found = set()
    for name in filters.items if filters else ():
        inner = filters.table(name) if filters else None
        if inner is not None and (_text(inner, "()", values) or "") in _ONLY_DEBUG:
            found.add(name)
    return found


def _handler(table: Table | None, filters: set[str], values: Values) -> _Handler:
    if table is None:
        return _Handler(0, False, False)
    level = 0
    node = table.node("level")
    if node is not None:
        try:
            level = level_number(level_name(values.constant(node))) or 0
        except NotLiteral:
            level = 0  # the least it may be
    given: object = ()
    names = table.node("filters")
    if names is not None:
        try:
            given = values.constant(names)
        except NotLiteral:
            given = ()
    kind = _text(table, "class", values) or _text(table, "()", values) or ""
    only = isinstance(given, tuple) and any(item in filters for item in given)
    return _Handler(level, kind in _NOWHERE, only)


def _entry(parent: Table, key: str, line: int, values: Values) -> _Entry:
    table, node = parent.table(key), parent.node(key)
    line = parent.line(key, line)
    if table is None:
        return _Entry(line, None, (), True, shorten(node) if node is not None else "an entry")
    unknown = "an unpacked dictionary" if table.open else ""

    def constant(name: str, default: object) -> object:
        nonlocal unknown
        inner = table.node(name)
        if inner is None:
            return default
        try:
            return values.constant(inner)
        except NotLiteral as error:
            unknown = unknown or f"{name} is {error}"
            return default

    level: str | None = None
    try:
        level = level_name(constant("level", None))
    except NotLiteral as error:
        unknown = unknown or f"level is {error}"
    handlers = constant("handlers", ())
    names = tuple(str(item) for item in handlers) if isinstance(handlers, tuple | frozenset) else ()
    return _Entry(line, level, names, constant("propagate", True) is not False, unknown)


def _ancestors(name: str, entries: dict[str, _Entry]) -> Iterator[_Entry]:
    """The entries whose handlers get the records of a logger, itself first."""
    here = entries[name]
    yield here
    parts = name.split(".")[:-1]
    while here.propagate and parts:
        parent = ".".join(parts)
        parts.pop()
        if parent in entries and parent != name:
            here = entries[parent]
            yield here
    if here.propagate and name != "root" and "root" in entries:
        yield entries["root"]


def _logger(name: str, entries: dict[str, _Entry], handlers: dict[str, _Handler], open_handlers: bool) -> Logger:
    entry = entries[name]
    chain = list(_ancestors(name, entries))
    unknown = next((each.unknown for each in chain if each.unknown), "")
    reached = [key for each in chain for key in each.handlers]
    if not unknown and any(key not in handlers for key in reached) and not open_handlers:
        reached = [key for key in reached if key in handlers]
    known = [handlers[key] for key in reached if key in handlers]
    writing = [each for each in known if not each.nowhere]
    unseen = len(known) < len(reached)  # handlers that something unseen defines: they may write
    closed = name == "root" or not chain[-1].propagate or "root" in entries
    number = level_number(entry.level)
    least = 20 if is_sql(name) and name.startswith("sqlalchemy") else 10  # SQLAlchemy logs statements at INFO
    wide = number is not None and number <= least
    debug = wide and (unseen or any(each.level <= least and not each.only_debug for each in writing))
    if name != "root" and number is None and not entry.handlers:
        debug = False  # takes all of it from its parents, which are judged themselves
    # A logger without handlers of its own still reaches those of parents the configuration does not name.
    mute = closed and not unseen and not any(each.level < 50 for each in writing)
    mute = mute and bool(entry.handlers or not entry.propagate)
    discards = mute or (number is not None and number >= 50)
    return Logger(name, entry.line, entry.level, discards, debug, unknown)
