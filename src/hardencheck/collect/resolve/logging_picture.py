"""The picture of logging: which loggers end where, at which level, with what lost; servers, proxies and libraries."""

from collections.abc import Iterable, Iterator, Sequence

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.extract._logging_names import is_security, is_sql, level_name, level_number, scope
from hardencheck.collect.interpret.values import Map
from hardencheck.collect.resolve._logging_flow import Flow, target
from hardencheck.collect.resolve._logging_flow import least as least_of
from hardencheck.collect.resolve._logging_sources import SetUp, Sources, sources
from hardencheck.collect.resolve._logging_tables import Configuration, Handler, Logger, plain_options, read
from hardencheck.model.facts import Fact
from hardencheck.model.facts.exhibit import Cell, Exhibit, Table
from hardencheck.model.facts.logging import LoguruSink, ProxyLog, Sentry, ServerLevel, ServerLog, SqlEcho
from hardencheck.model.gap import FactSet, Gap
from hardencheck.model.location import Location

MAX_TABLES = 12
MAX_ROWS = 80
_COLUMNS = ("logger", "level", "handlers", "ends in", "format", "lost")
_OF_DJANGO = ("root", "django", "django.request", "django.security", "django.db.backends", "django.server")
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_ABOUT = (
    "Where the records of each logger go with DEBUG off, as the configurations of the repository say it: Django's "
    "LOGGING on top of its own defaults, dictConfig, fileConfig and basicConfig, the logs of servers and proxies, and "
    "libraries that send or print records themselves."
)


class LoggingPicture(Resolver):
    """One exhibit of all that is known of logs."""

    name = "logging.picture"
    after = ("logging.configurations", "logging.servers", "logging.proxies", "logging.loguru-default")
    emits = (Exhibit,)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        found = sources(facts, tree)
        tables = [
            *_configurations(found),
            *_calls(found),
            *_servers(facts),
            *_proxies(facts),
            *_libraries(facts, found),
        ][:MAX_TABLES]
        if tables:
            places = [place for table in tables for row in table.rows for cell in row for place in cell.places]
            yield Exhibit(
                location=places[0] if places else Location(),
                id="logging.picture",
                title="Where logs go",
                about=_ABOUT,
                tables=tuple(tables),
            )


def _configurations(found: Sources) -> Iterator[Table]:
    for project, logging in found.projects:
        if logging is None:
            default = read(Map(), project.location, "django", "LOGGING", project.application)
            default = default._replace(disable=default.disable._replace(options=(False,)))
            switched = project.bound("LOGGING_CONFIG")
            if switched is not None:
                note = f"LOGGING_CONFIG is set in {switched.location}: Django itself configures nothing."
                yield Table(
                    title=f"{project.application}: LOGGING is not used", columns=_COLUMNS, rows=(), notes=(note,)
                )
                continue
            yield _table(default, f"{project.application}: Django's default, LOGGING is not set", found.alone)
    for made in found.configurations:
        name = made.variable or made.framework
        title = f"{made.application}: {name}" if made.application else f"{name} ({made.where})"
        if made.why and not made.loggers:
            cells = (
                Cell(text="all", places=(made.where,)),
                *(Cell(text=made.why, mark="unknown") for _ in _COLUMNS[1:]),
            )
            yield Table(title=title, columns=_COLUMNS, rows=(cells,))
        elif made.loggers or made.framework == "django":
            yield _table(made, title, found.alone)


def _table(made: Configuration, title: str, alone: bool) -> Table:
    flow = Flow(made, alone)
    names = dict.fromkeys((*(_OF_DJANGO if made.framework == "django" else ("root",)), *sorted(flow.loggers)))
    rows = tuple(_row(flow, name) for name in list(names)[:MAX_ROWS])
    notes = [f"All of this only perhaps: {made.why}."] if made.why else []
    if len(names) > MAX_ROWS:
        notes.append(f"{len(names) - MAX_ROWS} more loggers are not shown.")
    if made.disable.value is True and made.framework != "fileConfig":
        given = "" if made.disable.given else ", since disable_existing_loggers is missing"
        notes.append(f"Loggers that exist already and are not named here fall silent{given} ({made.disable.where}).")
    elif not made.disable.known:
        notes.append(f"Whether loggers that exist already fall silent is not known: {made.disable.why}.")
    if made.open_loggers or made.open_handlers:
        notes.append("There may be more loggers or handlers: the table is not known as a whole.")
    if made.depends:
        named = sorted(made.depends)
        more = f" and {len(named) - 5} more" if len(named) > 5 else ""
        notes.append(f"It may be another one, depending on {', '.join(named[:5])}{more}.")
    return Table(title=title, columns=_COLUMNS, rows=rows, notes=tuple(notes))


def _row(flow: Flow, name: str) -> tuple[Cell, ...]:
    logger = flow.loggers.get(name)
    level, whose = flow.level(name)
    reached = flow.reached(name)
    writing = [one for _, one in reached if one is not None and flow.writes(one, name)]
    verdict = flow.verdict(name) if logger is not None and logger.written else None
    matters = is_security(name) or name == "root"
    unsure = verdict is not None and verdict.discards is None
    debug = verdict is not None and bool(verdict.debug) and (scope(name) != "application" or is_sql(name))
    return (
        _named(name, logger),
        _level(name, level, whose, debug),
        _handlers(flow, name, reached, writing),
        Cell(text=", ".join(dict.fromkeys(target(one) or one.name for one in writing))),
        Cell(text=", ".join(dict.fromkeys(_format(flow, one) for one in writing))),
        Cell(text=verdict.why if verdict is not None else "", mark="unknown")
        if unsure
        else _lost(level or "WARNING", reached, writing, matters, logger),
    )


def _named(name: str, logger: Logger | None) -> Cell:
    if logger is not None and logger.written:
        return Cell(text=name, places=(logger.where,))
    return Cell(text=f"{name} (Django's default)" if logger is not None else name)


def _level(name: str, level: str | None, whose: Logger | None, debug: bool) -> Cell:
    if level is None or whose is None:
        return Cell(text="WARNING (nothing sets it)")
    if level == "?":
        options = " or ".join(str(one) for one in whose.level.options)
        return Cell(text=options or whose.level.why, mark="unknown", places=(whose.level.where,))
    text = level if whose.name == name else f"{level} (of {whose.name})"
    if whose.level.depends:
        text += f", unless {' or '.join(sorted(whose.level.depends)[:3])} says otherwise"
    places = (whose.level.where,) if whose.written and whose.level.given else ()
    return Cell(text=text, places=places, mark="weak" if debug else "")


def _handlers(flow: Flow, name: str, reached: Sequence[tuple[str, Handler | None]], writing: list[Handler]) -> Cell:
    if not reached:
        return Cell(text="none")
    texts, places = [], []
    unknown = False
    for key, handler in reached:
        if handler is None:
            texts.append(f"{key} (not known)")
            unknown = True
            continue
        off = "" if handler in writing else " (writes nothing)"
        least = [str(one) for one in handler.level.options if one is not None]
        at = f" from {' or '.join(least)}" if least and least != ["NOTSET"] else ""
        texts.append(f"{key}{at}{off}")
        if not key.startswith("Django's "):
            places.append(handler.where)
    return Cell(text=", ".join(texts), places=tuple(dict.fromkeys(places)), mark="unknown" if unknown else "")


def _format(flow: Flow, handler: Handler) -> str:
    if not handler.formatter:
        return "message only"
    found = flow.configuration.formatters.get(handler.formatter)
    if found is None:
        return handler.formatter
    words = {"json": "JSON", "line": "lines", "console": "for a terminal"}
    return f"{handler.formatter} ({words[found.kind]})" if found.kind in words else handler.formatter


def _lost(
    level: str,
    reached: Sequence[tuple[str, Handler | None]],
    writing: Sequence[Handler],
    matters: bool,
    logger: Logger | None,
) -> Cell:
    mark = "weak" if matters else ""
    if logger is not None and logger.disabled:
        return Cell(text="everything: it is disabled", mark=mark)  # type: ignore[arg-type]
    if any(one is None for _, one in reached):
        return Cell(text="a handler is not known", mark="unknown")
    if not writing:
        if not reached:
            return Cell(text="below WARNING; the rest goes to stderr as it is", mark=mark)  # type: ignore[arg-type]
        return Cell(text="everything", mark=mark)  # type: ignore[arg-type]
    if level == "?":
        return Cell()
    least = min(least_of(one) for one in writing)
    number = max(level_number(level) or 0, least)
    name = next((one for one in _LEVELS if (level_number(one) or 0) >= number), "CRITICAL")
    if number <= 10:
        return Cell(text="nothing")
    return Cell(text=f"below {name}", mark="weak" if matters and number > 30 else "")


def _calls(found: Sources) -> Iterator[Table]:
    """basicConfig and fileConfig."""
    rows = [_call(one) for one in found.setups if one.what in {"basicConfig", "fileConfig"}]
    if rows:
        yield Table(title="Set up by calls", columns=("call", "root level", "ends in"), rows=tuple(rows))


def _call(setup: SetUp) -> tuple[Cell, ...]:
    if setup.arguments is None:
        return (
            Cell(text=setup.what, places=(setup.where,)),
            Cell(text="arguments that are not known", mark="unknown"),
            Cell(mark="unknown"),
        )

    def word(key: str, default: str) -> str:
        given = (setup.arguments or {}).get(key)
        if given is None:
            return default
        options = plain_options(given.value)
        return " or ".join(str(one) for one in options) if options else "not known"

    when = "" if setup.sure else " (under a condition)"
    if setup.what == "fileConfig":
        return Cell(text=f"fileConfig{when}", places=(setup.where,)), Cell(), Cell(text=word("fname", "a file"))
    level = word("level", "WARNING")
    level = level_name(int(level)) or level if level.isdecimal() else level
    return (
        Cell(text=f"basicConfig{when}", places=(setup.where,)),
        Cell(text=level, mark="weak" if level == "DEBUG" else ""),
        Cell(text=word("filename", word("handlers", word("stream", "stderr")))),
    )


def _servers(facts: FactSet) -> Iterator[Table]:
    logs = [fact for fact in facts.facts if isinstance(fact, ServerLog) and fact.role == "production"]
    levels = [fact for fact in facts.facts if isinstance(fact, ServerLevel) and fact.role == "production"]
    rows = []
    for log in sorted(logs, key=lambda fact: fact.location.order):
        level = next((one for one in levels if one.server == log.server and _beside(one, log)), None)
        said = level.level or "info, the default" if level is not None else ""
        rows.append((
            Cell(text=log.server, places=(log.location,)),
            Cell(text="yes" if log.access_log else "none", mark="" if log.access_log else "weak"),
            Cell(text=said, mark="weak" if said in {"debug", "trace"} else ""),
        ))  # fmt: skip
    rows += [
        (
            Cell(text=str(gap.about.get("server", "a server")), places=(gap.location,)),
            Cell(text=gap.detail, mark="unknown"),
            Cell(),
        )
        for gap in _unknown(facts, ServerLog)
    ]
    if rows:
        yield Table(title="Application servers", columns=("server", "access log", "level"), rows=tuple(rows))


def _beside(one: Fact, other: Fact) -> bool:
    return one.location.path == other.location.path


def _unknown(facts: FactSet, kind: type[Fact]) -> Iterator[Gap]:
    for gap in facts.gaps:
        if kind.kind() in gap.kinds and gap.about.get("role", "production") == "production":
            yield gap


def _proxies(facts: FactSet) -> Iterator[Table]:
    rows = []
    for log in sorted((one for one in facts.facts if isinstance(one, ProxyLog)), key=lambda fact: fact.location.order):
        if log.role != "production":
            continue
        kept = "thrown away" if log.off else "kept"
        text = (
            f"writes {', '.join(log.leaks)}" if log.leaks else "no secrets" if log.directive == "log_format" else kept
        )
        weak = log.off or bool(log.leaks) or log.level == "debug"
        rows.append((
            Cell(text=f"{log.product}: {log.place}", places=(log.location,)),
            Cell(text=log.directive),
            Cell(text=text, mark="weak" if weak else ""),
        ))  # fmt: skip
    if rows:
        yield Table(title="Proxies", columns=("where", "log", "what becomes of it"), rows=tuple(rows))


def _libraries(facts: FactSet, found: Sources) -> Iterator[Table]:
    rows: list[tuple[Cell, ...]] = []
    for fact in sorted(facts.facts, key=lambda fact: fact.location.order):
        match fact:
            case Sentry(role="production"):
                weak = fact.send_default_pii or fact.bodies == "always"
                pii = "with personal data" if fact.send_default_pii else "without personal data"
                rows.append(_library("Sentry", fact, f"errors, {pii}, request bodies: {fact.bodies}", weak))
            case LoguruSink(role="production"):
                more = ", with the values of variables in tracebacks" if fact.diagnose else ""
                rows.append(_library("loguru", fact, f"{fact.sink} handler{more}", fact.diagnose))
            case SqlEcho(role="production") if fact.enabled:
                rows.append(_library(fact.through, fact, "every statement with its parameters", True))
    rows += [
        (Cell(text="structlog", places=(setup.where,)), Cell(text="processors of its own"))
        for setup in found.setups
        if setup.what == "structlog"
    ]
    if rows:
        yield Table(title="Libraries", columns=("library", "what it records"), rows=tuple(rows[:MAX_ROWS]))


def _library(name: str, fact: Fact, text: str, weak: bool) -> tuple[Cell, ...]:
    return Cell(text=name, places=(fact.location,)), Cell(text=text, mark="weak" if weak else "")
