"""What the models share: arguments, and variables of the environment."""

from collections.abc import Callable, Mapping, Sequence

from hardencheck.collect.interpret import environment
from hardencheck.collect.interpret.exceptions import Raised, above
from hardencheck.collect.interpret.modelling import Call
from hardencheck.collect.interpret.plainly import depending_copy, text_of
from hardencheck.collect.interpret.values import (
    NOTHING,
    Class,
    Const,
    Depends,
    Function,
    Library,
    Map,
    NotKnown,
    Object,
    Seq,
    Unknown,
    Value,
    depends_of,
    lifted,
    plain,
)

NONE = Const(None)
# What the address of a mail server sets, in all libraries that read one.
MAIL = frozenset({
    "EMAIL_BACKEND", "EMAIL_FILE_PATH", "EMAIL_HOST", "EMAIL_HOST_PASSWORD", "EMAIL_HOST_USER", "EMAIL_PORT",
    "EMAIL_TIMEOUT", "EMAIL_USE_SSL", "EMAIL_USE_TLS", "DEFAULT_FROM_EMAIL", "SERVER_EMAIL", "OPTIONS",
})  # fmt: skip
text = text_of
MAX_TEXT = 100_000  # characters of a value that is followed


class Failed(Exception):
    """The library would raise here, `name` is the class."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def line(call: Call) -> int:
    return getattr(call.node, "lineno", 0)


def unknown(call: Call, reason: str = "call", what: str = "", depends: Depends = NOTHING) -> Unknown:
    return call.interpreter.unknown(call.node, call.frame, reason, what or call.name, depends)


def given(call: Call, names: Sequence[str], start: int = 0) -> dict[str, Value] | None:
    """The arguments by the names of the parameters; None for a call that does not fit them."""
    if len(call.arguments) - start > len(names):
        return None
    found = dict(zip(names, call.arguments[start:], strict=False))
    for name, value in call.keywords.items():
        if name in found or name not in names:
            return None
        found[name] = value
    return found


def flag(value: Value | None, default: bool) -> bool | None:
    """An option that must be known to be one of both."""
    if value is None:
        return default
    return value.value if isinstance(value, Const) and isinstance(value.value, bool) else None


def asked(call: Call, name: str) -> Value | None:
    """The value of a variable; None: it is not set."""
    if environment.contains(call.interpreter, _ENVIRON, Const(name)) is False:
        return None
    return environment.variable(call.interpreter, name, NONE, call.node, call.frame)


def note(call: Call, name: str, default: Value | None, cast: Value | str | None = "") -> None:
    """How a variable is asked for, for the production defaults: they say on what a setting depends."""
    match cast:
        case str():
            word = cast
        case Library(dotted=dotted):
            word = dotted.rpartition(".")[2]
        case Function(name=called) | Class(name=called):
            word = called
        case Object(kind=kind):
            word = "list" if kind in {"csv", "decouple.Csv"} else kind.rpartition(".")[2]
        case Seq():
            word = "list"
        case _:
            word = ""
    call.interpreter.asks(name, default, word)


def missing(call: Call, name: str, error: str) -> Value:
    """A variable that must be set is not."""
    call.interpreter.reads.add(name)
    call.interpreter.watched |= frozenset({name})
    failing(call, error)
    return Unknown("env-required", name, call.frame.module.path, line(call), depends=frozenset({name}))


def failing(call: Call, error: str) -> None:
    """The library raises: that matters where somebody catches it."""
    if call.interpreter.catching(error, *above(error)):
        raise Raised(error)
    call.interpreter.may_raise = True


def depending(value: Value, depends: Depends) -> Value:
    """The same value, that also depends on variables; a container that was made elsewhere is copied."""
    if isinstance(value, Map) and not depends <= value.depends:
        return value.copied(depends)
    return depending_copy(value, depends)


def computed(call: Call, function: Callable[..., object], *values: Value) -> Value:
    """A pure function of plain values. What is not known gives what is not known; what it raises too."""
    depends = NOTHING
    for value in values:
        depends |= depends_of(value)
    try:
        return lifted(function(*[plain(value) for value in values]), depends)
    except NotKnown as error:
        found = error.value
        return Unknown(found.reason, found.text, found.path, found.line, depends=found.depends | depends)
    except (RecursionError, MemoryError):
        return unknown(call, "budget", call.name, depends)
    except Failed as error:
        call.interpreter.watched |= depends
        failing(call, error.name)
    except Exception as error:
        call.interpreter.watched |= depends
        failing(call, type(error).__name__)
    return unknown(call, "call", call.name, depends)


def mail(made: Value) -> Value:
    """The table of an address for mails: whatever that is, it sets these names and no others."""
    if isinstance(made, Map):
        made.within = (made.depends, MAIL)
        return made
    if not isinstance(made, Unknown):
        return made
    return Map(dict.fromkeys(MAIL, made), set(MAIL), depends=made.depends, within=(made.depends, MAIL))


def each(call: Call, cast: Value | None, texts: Sequence[str], depends: Depends) -> list[Value]:
    """Every text through a callable of the program; str where there is none."""
    made: list[Value] = []
    for item in texts:
        value: Value = Const(item, depends=depends)
        if cast is not None and not (isinstance(cast, Library) and cast.dotted == "builtins.str"):
            value = depending(call.interpreter.call(cast, [value], {}, call.node, call.frame), depends)
        made.append(value)
    return made


def applied(call: Call, cast: Value, value: Value) -> Value:
    found = call.interpreter.call(cast, [value], {}, call.node, call.frame)
    return depending(found, depends_of(value))


def sequence(kind: str, items: list[Value], depends: Depends) -> Seq:
    return Seq(kind, items, depends=depends)  # type: ignore[arg-type]


def table(values: Mapping[str, str | None], depends: Depends = NOTHING) -> Map:
    return Map({key: Const(value, depends=depends) for key, value in values.items()}, depends=depends)


_ENVIRON = Object(kind="environ")
