"""What becomes of the records of each logger of a configuration.

Sources: Python library, logging ("Logging Flow") and logging.config; Django 6.1, django/utils/log.py.
"""

from collections.abc import Iterator
from typing import NamedTuple

from hardencheck.collect.extract._logging_names import is_sql, level_number
from hardencheck.collect.interpret.models.constants import LOGGING
from hardencheck.collect.interpret.values import lifted
from hardencheck.collect.resolve._logging_tables import Configuration, Handler, Logger, Part, read
from hardencheck.lazily import compiled
from hardencheck.model.location import Location

_NOWHERE = {"NullHandler"}
_ONLY_DEBUG = "RequireDebugTrue"
_OUT_OF = compiled(r"/dev/(?:stdout|stderr|fd/[12]|console)|/proc/(?:1|self)/fd/[12]|ext://sys\.std(?:out|err)|-")
DEFAULTS_OF_DJANGO = ("django", "django.server")


class Verdict(NamedTuple):
    """discards, debug: as in `logging.logger`; None: not known, and why says why. where: the line that decides."""

    discards: bool | None
    debug: bool | None
    level: str | None
    where: Location
    why: str = ""


class Flow:
    """The loggers of a configuration with those that are there already, and the handlers they reach.

    alone: nothing else sets up logging, so that the root logger has no handlers but those it is given here.
    """

    def __init__(self, configuration: Configuration, alone: bool = False) -> None:
        self.configuration, self.alone = configuration, alone and configuration.framework == "django"
        self.handlers = dict(configuration.handlers)
        self.loggers = dict(configuration.loggers)
        self.filters = dict(configuration.filters)
        if configuration.framework == "django":
            self._defaults()

    def _defaults(self) -> None:
        """Django's own configuration, on top of which LOGGING is applied; a logger that LOGGING does not name stays as
        it is, is disabled, or begins anew below one that it names."""
        own = read(lifted(LOGGING), self.configuration.where, "", "")
        disabled = self.configuration.disable.value is not False
        for name in DEFAULTS_OF_DJANGO:
            if name in self.loggers:
                continue
            logger = own.loggers[name]
            below = any(name.startswith(f"{other}.") for other in self.configuration.loggers)
            nothing = Part((), self.configuration.where)
            if below:
                logger = logger._replace(level=nothing._replace(options=(None,)), handlers=_names(logger, ()))
                logger = logger._replace(propagate=Part((True,), logger.where))
            # A disabled logger still hands on what comes from below.
            names = tuple(f"Django's {one}" for one in _listed(logger))
            self.loggers[name] = logger._replace(
                handlers=_names(logger, names), written=False, disabled=disabled and not below
            )
        self.filters |= {f"Django's {name}": found for name, found in own.filters.items()}
        for name, handler in own.handlers.items():
            filters = tuple(f"Django's {one}" for one in handler.filters)
            self.handlers[f"Django's {name}"] = handler._replace(filters=filters)

    def chain(self, name: str) -> Iterator[Logger]:
        """The loggers whose handlers get the records of one, itself first, as far as the configuration names them."""
        here = self.loggers.get(name)
        if here is not None:
            yield here
        parts = name.split(".")[:-1] if name != "root" else []
        while (here is None or here.propagate.value is not False) and parts:
            parent = self.loggers.get(".".join(parts))
            parts.pop()
            if parent is not None:
                here = parent
                yield here
        if (here is None or here.propagate.value is not False) and name != "root" and "root" in self.loggers:
            yield self.loggers["root"]

    def level(self, name: str) -> tuple[str | None, Logger | None]:
        """(the level that is in force for a logger, whose it is); None where nothing says."""
        parts = name.split(".") if name != "root" else []
        while parts:
            logger = self.loggers.get(".".join(parts))
            parts.pop()
            if logger is not None and logger.level.given and logger.level.options != (None,):
                return (str(logger.level.value) if logger.level.known else "?"), logger
        root = self.loggers.get("root")
        if root is not None and root.level.options != (None,):
            return (str(root.level.value) if root.level.known else "?"), root
        return None, None

    def reached(self, name: str) -> list[tuple[str, Handler | None]]:
        """The handlers that the records of a logger come to, by name; None for one that is not known."""
        names = dict.fromkeys(one for logger in self.chain(name) for one in _listed(logger))
        return [(one, self.handlers.get(one)) for one in names]

    def used(self) -> dict[str, Handler]:
        """The handlers that some logger has, by name; all of them where there may be loggers that nobody sees."""
        names = {one for logger in self.configuration.loggers.values() for one in _listed(logger)}
        return {key: one for key, one in self.handlers.items() if key in names or self.configuration.open_loggers}

    def writes(self, handler: Handler, logger: str) -> bool:
        """Whether anything is kept of what this handler gets from a logger, with DEBUG off."""
        if handler.kind in _NOWHERE or handler.text("filename") == "/dev/null":
            return False
        return not any(self._drops(one, logger) for one in handler.filters)

    def _drops(self, name: str, logger: str) -> bool:
        found = self.filters.get(name)
        if found is None:
            return False
        if found.cls.rpartition(".")[2] == _ONLY_DEBUG or found.refuses:
            return True
        return bool(found.name) and logger != "root" and not f"{logger}.".startswith(f"{found.name}.")

    def verdict(self, name: str) -> Verdict:
        logger = self.loggers[name]
        chain = list(self.chain(name))
        why = logger.why or next((one.why for one in chain if one.why and not one.why.startswith("level")), "")
        if why:
            return Verdict(None, None, None, logger.where, why)
        found = {self._at(logger, chain, str(one) if one is not None else None) for one in logger.level.options}
        levels = [one for one in logger.level.options if one is not None]
        if len(found) > 1:
            named = " or ".join(f"{one}" for one in logger.level.options)
            return Verdict(None, None, None, logger.where, f"level is one of {named}")
        discards, debug = found.pop()
        where = logger.where
        critical = bool(levels) and (level_number(str(levels[0])) or 0) >= 50
        if debug or (discards and critical):
            where = logger.level.where if logger.level.given else where
        elif discards:
            where = next((one.where for one in (logger.handlers, logger.propagate) if one.given), where)
        return Verdict(discards, debug, str(levels[0]) if levels else None, where)

    def _at(self, logger: Logger, chain: list[Logger], level: str | None) -> tuple[bool, bool]:
        """(discards, debug) of a logger, were its level this."""
        name = logger.name
        reached = [one for _, one in self.reached(name) if one is not None]
        unseen = self.configuration.open_handlers and any(one is None for _, one in self.reached(name))
        writing = [one for one in reached if self.writes(one, name)]
        closed = name == "root" or chain[-1].propagate.value is False or "root" in self.loggers or self.alone
        number = level_number(level)
        lowest = 20 if is_sql(name) and name.startswith("sqlalchemy") else 10  # SQLAlchemy logs statements at INFO
        wide = number is not None and number <= lowest
        debug = wide and (unseen or any(least(one) <= lowest for one in writing))
        if name != "root" and number is None and not _listed(logger):
            debug = False  # takes all of it from its parents, which are judged themselves
        # A logger without handlers of its own still reaches those of parents the configuration does not name.
        mute = closed and not unseen and not any(least(one) < 50 for one in writing)
        mute = mute and bool(_listed(logger) or logger.propagate.value is False)
        refused = any(self._drops(one, name) for one in logger.filters)
        return mute or refused or (number is not None and number >= 50), debug


def _names(logger: Logger, names: tuple[str, ...]) -> Part:
    return logger.handlers._replace(options=(names,))


def _listed(logger: Logger) -> tuple[str, ...]:
    return logger.handlers.value if isinstance(logger.handlers.value, tuple) else ()


def least(handler: Handler) -> int:
    """The lowest level that a handler may have."""
    return min((level_number(str(one)) or 0) if one is not None else 0 for one in handler.level.options)


def target(handler: Handler) -> str:
    """Where a handler writes, in a few words; "" where that is not known."""
    kind = handler.kind
    if kind in _NOWHERE:
        return "nowhere"
    if kind == "StreamHandler":
        stream = handler.text("stream", "strm") or ""
        return (
            "stdout" if stream.endswith("stdout") else "stderr" if not stream or stream.endswith("stderr") else stream
        )
    if "filename" in handler.arguments:
        path = handler.text("filename")
        return "nowhere" if path == "/dev/null" else path or "a file"
    if kind == "AdminEmailHandler":
        return "mail to ADMINS"
    if kind == "SMTPHandler":
        return f"mail through {handler.text('mailhost') or 'a host'}"
    if kind in {"SocketHandler", "DatagramHandler", "HTTPHandler"}:
        return handler.text("host") or "another host"
    if kind == "SysLogHandler":
        return f"syslog {handler.text('address') or ''}".strip()
    return ""


def to_stream(path: str) -> bool:
    """Whether a file is no file: standard output, by its name in the system."""
    return _OUT_OF.fullmatch(path) is not None
