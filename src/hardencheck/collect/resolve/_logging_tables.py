"""Dictionaries for dictConfig as the interpreter or a file gives them: handlers and loggers, each part with its line.

Source: Python library, logging.config, "Configuration dictionary schema".
"""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from hardencheck.collect.extract._logging_names import level_name
from hardencheck.collect.extract._python import NotLiteral
from hardencheck.collect.interpret.values import (
    Absent,
    Class,
    Const,
    Depends,
    Function,
    Joined,
    Library,
    Map,
    Object,
    Seq,
    Unknown,
    Value,
    depends_of,
)
from hardencheck.collect.resolve._follow import why_of
from hardencheck.collect.resolve._rows import is_secret
from hardencheck.model.facts.logging_written import ConfigurationNode
from hardencheck.model.location import Location

Plain = bool | int | float | str | None | tuple[str, ...]
_MAX_ENTRIES = 500
_TRUE = {"true", "yes", "on", "True", "TRUE", "Yes", "YES", "On", "ON"}
_FALSE = {"false", "no", "off", "False", "FALSE", "No", "NO", "Off", "OFF"}


class Part(NamedTuple):
    """One value. options: what it may be; empty where it is not known (why says why). given: it is written at all."""

    options: tuple[Plain, ...]
    where: Location
    why: str = ""
    depends: Depends = frozenset()
    given: bool = True

    @property
    def known(self) -> bool:
        return len(self.options) == 1

    @property
    def value(self) -> Plain:
        return self.options[0] if self.options else None


class Filter(NamedTuple):
    """cls: the class. name: the logger whose records it lets pass, "" for all. refuses: it lets none pass."""

    cls: str
    name: str
    refuses: bool


class Handler(NamedTuple):
    """cls: dotted, "" where it is not known. arguments: all other keys. formatter: its name. filters: their names."""

    name: str
    cls: str
    where: Location
    level: Part
    formatter: str
    filters: tuple[str, ...]
    arguments: dict[str, Part]

    @property
    def kind(self) -> str:
        return self.cls.rpartition(".")[2]

    def text(self, *names: str) -> str | None:
        """The first of these arguments that is given; None where none is, or it is None, "" where it is not known."""
        part = next((self.arguments[name] for name in names if name in self.arguments), None)
        if part is None or (part.known and part.value is None):
            return None
        if not part.known:
            return ""
        return ":".join(part.value) if isinstance(part.value, tuple) else str(part.value)

    def at(self, key: str) -> Location:
        part = self.arguments.get(key)
        return part.where if part is not None else self.where


class Logger(NamedTuple):
    """why: what of it is not known. written: by the repository, not a default. disabled: it writes nothing itself."""

    name: str
    where: Location
    level: Part
    handlers: Part
    propagate: Part
    filters: tuple[str, ...]
    why: str = ""
    written: bool = True
    disabled: bool = False


class Formatter(NamedTuple):
    """kind: "json", "line", "console" (structlog's, for people), "" where it is not known."""

    name: str
    kind: str
    text: str


class Configuration(NamedTuple):
    """framework: "django", "dictConfig", "fileConfig", "gunicorn", "uvicorn" ... variable: the name that it has.
    why: it is not known, for this reason; loggers and handlers are then those that it perhaps has. disable:
    disable_existing_loggers. open_handlers, open_loggers: there may be more of them. places: lines of the source that
    it comes from."""

    framework: str
    variable: str
    application: str
    where: Location
    disable: Part
    handlers: dict[str, Handler]
    loggers: dict[str, Logger]
    formatters: dict[str, Formatter]
    filters: dict[str, Filter]
    open_handlers: bool = False
    open_loggers: bool = False
    incremental: bool = False
    why: str = ""
    depends: Depends = frozenset()
    places: frozenset[tuple[str, int]] = frozenset()


def read(value: Value, where: Location, framework: str, variable: str, application: str = "") -> Configuration:
    """What a value comes to as the argument of dictConfig."""
    value, unless = _only(value), ""
    if isinstance(value, Joined):
        # The one table that is known, unless what is not known says otherwise.
        tables = [option for option in value.options if isinstance(option, Map)]
        if len(tables) == 1:
            value, unless = tables[0], why_of(variable, value)
    missing = Part((True,), where, given=False)
    empty = Configuration(framework, variable, application, where, missing, {}, {}, {}, {})
    if not isinstance(value, Map):
        why = why_of(variable, value) if not isinstance(value, Const) else "no dictionary"
        return empty._replace(why=why or "not known", disable=missing._replace(options=(), why=why))
    table = value
    handlers, loggers = _table(table, "handlers"), _table(table, "loggers")
    places = frozenset(table.places.values())
    first = table.places.get("version") or min(places, default=None)
    here = Location(path=first[0], line=first[1]) if first is not None and where.line is None else where
    disable = _part(table, "disable_existing_loggers", here, True)
    found = {
        str(name): _logger("root" if name == "" else str(name), inner, _at(loggers, name, here))
        for name, inner in _entries(loggers)
    }
    found = {logger.name: logger for logger in found.values()}
    if "root" in table.items:
        found["root"] = _logger("root", table.items["root"], _at(table, "root", here))
    incremental = _part(table, "incremental", here, False)
    return Configuration(
        framework=framework,
        variable=variable,
        application=application,
        where=here,
        disable=disable._replace(options=tuple(bool(one) for one in disable.options)),
        handlers={str(name): _handler(str(name), one, _at(handlers, name, here)) for name, one in _entries(handlers)},
        loggers=found,
        formatters={str(name): _formatter(str(name), one) for name, one in _entries(_table(table, "formatters"))},
        filters={str(name): _filter(one) for name, one in _entries(_table(table, "filters"))},
        open_handlers=not _whole(table, "handlers", handlers),
        open_loggers=not _whole(table, "loggers", loggers) or ("root" in table.maybe),
        incremental=incremental.value is True,
        why=unless,
        depends=depends_of(table),
        places=places,
    )


def of_file(node: ConfigurationNode, path: str, depth: int = 0) -> Value:
    """A file's table as a value of the interpreter."""
    if node.pairs is not None:
        made = Map()
        for key, inner in node.pairs.items():
            made.items[key] = of_file(inner, path, depth + 1)
            made.places[key] = (path, inner.line)
        return made
    if node.items is not None:
        return Seq("list", [of_file(one, path, depth + 1) for one in node.items])
    text = node.text or ""
    if "${" in text or "{{" in text or "<%" in text:
        return Unknown("loader", "put in by a template", path, node.line)
    if not node.plain:
        return Const(text)
    if text in _TRUE or text in _FALSE:
        return Const(text in _TRUE)
    if text in {"", "~", "null", "Null", "NULL"}:
        return Const(None)
    return Const(int(text)) if text.lstrip("-").isdecimal() and len(text) < 19 else Const(text)


def _only(value: Value) -> Value:
    """The one table among those that it may be; another one is none that dictConfig takes."""
    if isinstance(value, Joined):
        tables = [option for option in value.options if isinstance(option, Map)]
        if len(tables) == 1 and all(isinstance(option, Map | Absent | Const) for option in value.options):
            return tables[0]
    return value


def _table(table: Map, key: str) -> Map | None:
    found = table.items.get(key)
    found = _only(found) if found is not None else None
    return found if isinstance(found, Map) else None


def _whole(table: Map, key: str, inner: Map | None) -> bool:
    """Whether all the entries of a part are seen."""
    if key in table.items and not isinstance(table.items[key], Const):
        whole = inner is not None and inner.exact and not inner.maybe and len(inner.items) <= _MAX_ENTRIES
        return whole and key not in table.maybe
    return table.exact


def _entries(table: Map | None) -> Iterator[tuple[object, Value]]:
    for name, inner in list(table.items.items())[:_MAX_ENTRIES] if table is not None else ():
        if isinstance(name, str) and table is not None and name not in table.maybe:
            yield name, inner


def _at(table: Map | None, key: object, default: Location) -> Location:
    place = table.places.get(key) if table is not None else None
    return Location(path=place[0], line=place[1] or None) if place is not None else default


def _part(table: Map, key: str, where: Location, default: Plain) -> Part:
    at = _at(table, key, where)
    if key not in table.items:
        if table.exact:
            return Part((default,), at, depends=table.depends, given=False)
        return Part((), at, "perhaps in what is put into the table", given=False)
    options = plain_options(table.items[key])
    if options is None or key in table.maybe:
        return Part((), at, why_of(key, table.items[key]) or "computed", depends_of(table.items[key]))
    return Part(options, at, depends=depends_of(table.items[key]))


def plain_options(value: Value) -> tuple[Plain, ...] | None:
    """What a value may be, in plain words: classes by their dotted name. None: not known."""
    if isinstance(value, Joined):
        parts = [plain_options(option) for option in value.options]
        if any(part is None for part in parts):
            return None
        return tuple(dict.fromkeys(one for part in parts for one in part or ()))
    match value:
        case Const(value=bool() | int() | float() | str() | None as inner):
            return (inner,)
        case Const(value=inner):
            return (str(inner),)  # a path
        case Library(dotted=dotted):
            return (dotted,)
        case Class():
            bases = [base for one in value.order for base in one.outside]
            return (next((base for base in bases if "Handler" in base), value.name),)
        case Function(name=name):
            return (name,)
        case Object(kind="place", state={"path": Const(value=inner)}):
            return (str(inner),)
        case Object(kind="quiet", state={"name": Const(value=str() as name)}):
            return (name,)
        case Seq(items=items, exact=True):
            parts = [plain_options(item) for item in items]
            if all(part is not None and len(part) == 1 for part in parts):
                return (tuple(str(part[0]) for part in parts if part),)
    return None


def _logger(name: str, value: Value, where: Location) -> Logger:
    table = _only(value)
    if not isinstance(table, Map):
        nothing = Part((None,), where, given=False)
        return Logger(name, where, nothing, nothing, Part((True,), where), (), f"{why_of(name, value) or 'no table'}")
    level = _part(table, "level", where, None)
    names: list[str | None] = []
    why = ""
    for option in level.options:
        try:
            names.append(level_name(option))
        except NotLiteral as error:
            why = f"level is {error}"
    if not level.options:
        why = f"level is not known: {level.why}"
    level = level._replace(options=tuple(dict.fromkeys(names)))
    handlers, propagate = _part(table, "handlers", where, ()), _part(table, "propagate", where, True)
    if not handlers.known and not why:
        why = f"handlers are not known: {handlers.why or 'one of several lists'}"
    if not propagate.known and not why:
        why = f"propagate is not known: {propagate.why or 'True or False'}"
    filters = _part(table, "filters", where, ())
    listed = filters.value if isinstance(filters.value, tuple) else ()
    if not isinstance(handlers.value, tuple):
        handlers = handlers._replace(options=((),))
    propagate = propagate._replace(options=(propagate.value is not False and propagate.value != 0,))
    return Logger(name, where, level, handlers, propagate, listed, why)


def _handler(name: str, value: Value, where: Location) -> Handler:
    table = _only(value)
    if not isinstance(table, Map):
        return Handler(name, "", where, Part((None,), where, given=False), "", (), {})
    kind = _part(table, "class", where, None)
    factory = _part(table, "()", where, None)
    named = factory if factory.given else kind
    level = _part(table, "level", where, None)
    names: list[Plain] = []
    for option in level.options:
        try:
            names.append(level_name(option))
        except NotLiteral:
            names.append(None)  # the least it may be
    filters = _part(table, "filters", where, ())
    arguments = {
        key: _part(table, key, where, None)
        for key in table.items
        if isinstance(key, str) and key not in {"level", "formatter", "filters"} and not is_secret(key)
    }
    if not table.exact and "filename" not in arguments:
        arguments["**"] = Part((), where, "perhaps in what is put into the table")
    return Handler(
        name=name,
        cls=str(named.value or "") if named.known else "",
        where=named.where if named.given else where,
        level=level._replace(options=tuple(names) or (None,)),
        formatter=str(_part(table, "formatter", where, "").value or ""),
        filters=filters.value if isinstance(filters.value, tuple) else (),
        arguments=arguments,
    )


def _formatter(name: str, value: Value) -> Formatter:
    table = _only(value)
    if not isinstance(table, Map):
        return Formatter(name, "", "")
    texts = [
        str(_part(table, key, Location(), "").value or "")
        for key in ("()", "class", "format", "fmt", "processor", "processors")
        if key in table.items
    ]
    return Formatter(name, formatter_kind(table, texts), texts[0] if texts else "")


def formatter_kind(table: Map, texts: list[str]) -> str:
    names = " ".join(texts)
    whole = "()" not in table.items and "class" not in table.items
    for key in ("processor", "processors"):
        names += " " + " ".join(names_in(table.items[key])) if key in table.items else ""
    lowered = names.lower()
    if "consolerenderer" in lowered:
        return "console"
    if any(word in lowered for word in ("json", "ecs_logging", "stackdriver", "logstash", "logfmt", "gelf")):
        return "json"
    return "line" if whole or lowered.startswith(("django.utils.log", "logging.formatter", "uvicorn.")) else ""


def places_in(value: Value, depth: int = 0) -> Iterator[tuple[str, Location]]:
    """Names of classes and functions in a value, as far as they can be had, and where they are called."""
    match value:
        case Object(kind="quiet" | "part", state=state) if isinstance(name := state.get("name"), Const):
            path, line = state.get("path"), state.get("line")
            known = isinstance(path, Const) and isinstance(line, Const)
            where = Location(path=str(path.value), line=int(str(line.value))) if known else Location()  # type: ignore[union-attr]
            yield str(name.value), where
        case Seq(items=items, extra=extra) if depth < 4:
            for item in (*items, *extra):
                yield from places_in(item, depth + 1)
        case Joined(options=options) if depth < 4:
            for option in options:
                yield from places_in(option, depth + 1)
        case Unknown(text=text, path=path, line=line):
            yield text, Location(path=path or None, line=line or None)
        case Function(name=called):
            yield called, Location()
        case _:
            for found in names_in(value, depth):
                yield found, Location()


def names_in(value: Value, depth: int = 0) -> Iterator[str]:
    """Names of classes and functions in a value, as far as they can be had."""
    match value:
        case Library(dotted=dotted):
            yield dotted
        case Object(kind="quiet" | "part", state={"name": Const(value=str() as name)}):
            yield name
        case Seq(items=items) if depth < 4:
            for item in items:
                yield from names_in(item, depth + 1)
        case Unknown(text=text):
            yield text
        case Const(value=str() as text):
            yield text


def _filter(value: Value) -> Filter:
    table = _only(value)
    if not isinstance(table, Map):
        return Filter("", "", False)
    cls = str(_part(table, "()", Location(), "").value or _part(table, "class", Location(), "").value or "")
    name = str(_part(table, "name", Location(), "").value or "")
    return Filter(cls, name if not cls or cls == "logging.Filter" else "", _refuses(table.items.get("callback")))


def _refuses(value: Value | None) -> bool:
    """Whether a callback says no to every record: `lambda record: False`."""
    if not isinstance(value, Function):
        return False
    node = value.node
    if isinstance(node, ast.Lambda):
        return isinstance(node.body, ast.Constant) and not node.body.value
    body = [one for one in node.body if not _prose(one)] if isinstance(node, ast.FunctionDef) else []
    match body:
        case [ast.Return(value=ast.Constant(value=inner))]:
            return not inner
    return False


def _prose(node: object) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
