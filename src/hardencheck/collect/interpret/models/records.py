"""Calls that set up logging, written down with what their arguments are worth when they run.

They change nothing that settings go through. Source: Python library, logging.config and logging.basicConfig; structlog
25, `structlog.configure`.
"""

from hardencheck.collect.interpret.modelling import Call, Model
from hardencheck.collect.interpret.models.applications import made, partly, places, record
from hardencheck.collect.interpret.values import Const, Object, Value, copied

# Dotted name -> names of the positional arguments.
SETUPS: dict[str, tuple[str, ...]] = {
    "logging.config.dictConfig": ("config",),
    "logging.config.fileConfig": ("fname", "defaults", "disable_existing_loggers", "encoding"),
    "logging.basicConfig": (),
    "structlog.configure": ("processors", "wrapper_class", "context_class", "logger_factory"),
    "structlog.configure_once": ("processors", "wrapper_class", "context_class", "logger_factory"),
    "sentry_sdk.init": ("dsn",),
    "sentry_sdk.api.init": ("dsn",),
}
NAMES = frozenset(name.rpartition(".")[2] for name in SETUPS)


def _setup(name: str, positional: tuple[str, ...]) -> Model:
    def note(call: Call) -> Value:
        given = places(call, positional)
        # What is done to a table afterwards does not count.
        now = {word: one._replace(value=copied(one.value) or one.value) for word, one in given.items()}
        return record(call, made(call, "part", name.rpartition(".")[2], now))

    return note


def _quietly(note: Model) -> Model:
    def noted(call: Call) -> Value:
        note(call)
        return Const(None)

    return noted


FILTERING = "structlog.filtering"


def _filtering(call: Call) -> Value | None:
    """`structlog.make_filtering_bound_logger(level)`"""
    given = call.arguments[0] if call.arguments else call.keywords.get("min_level")
    return Object(kind=FILTERING, state={"level": given}) if given is not None else None


def _quiet_object(name: str) -> Model:
    """A processor or renderer of structlog: what it is called is all that matters."""

    def make(call: Call) -> Value:
        place = {"path": Const(call.frame.module.path), "line": Const(getattr(call.node, "lineno", 0))}
        return Object(kind="quiet", state={"name": Const(name), **place})

    return make


_PROCESSORS = (
    "structlog.processors.JSONRenderer", "structlog.dev.ConsoleRenderer", "structlog.processors.LogfmtRenderer",
    "structlog.processors.KeyValueRenderer", "structlog.processors.TimeStamper", "structlog.stdlib.ProcessorFormatter",
    "structlog.processors.ExceptionRenderer", "structlog.tracebacks.ExceptionDictTransformer",
)  # fmt: skip
CALLS: dict[str, Model] = {
    "structlog.make_filtering_bound_logger": _filtering,
    **{name: _quiet_object(name) for name in _PROCESSORS},
}
CALLS |= {name: _quietly(_setup(name, positional)) for name, positional in SETUPS.items()}
PARTLY: dict[str, Model] = {name: _quietly(partly(_setup(name, given))) for name, given in SETUPS.items()}
