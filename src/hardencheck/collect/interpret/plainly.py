"""Functions of Python over plain values, and arguments that are plain."""

from collections.abc import Callable, Sequence

from hardencheck.collect.interpret.values import (
    NOTHING,
    Const,
    Depends,
    NotKnown,
    Seq,
    Unknown,
    Value,
    depending,
    depends_of,
    lifted,
    plain,
    unordered,
)


def plainly(
    function: Callable[..., object], arguments: Sequence[Value], keywords: dict[str, Value], *, set_too: bool = False
) -> Value | None:
    """A pure function of plain values. set_too: the order of a set makes no difference to it."""
    depends = NOTHING
    if not set_too and any(unordered(value) for value in (*arguments, *keywords.values())):
        return Unknown("call", "the order of a set")
    for value in (*arguments, *keywords.values()):
        depends |= depends_of(value)
    try:
        given = [plain(item) for item in arguments]
        named = {key: plain(item) for key, item in keywords.items()}
        return lifted(function(*given, **named), depends)
    except NotKnown as error:
        found = error.value
        return Unknown(found.reason, found.text, found.path, found.line, depends=found.depends | depends)
    except Exception:
        return None


def unknown_of(value: Value) -> Unknown:
    if isinstance(value, Unknown):
        return value
    return Unknown("branch", depends=depends_of(value))


def text_of(value: Value | None) -> str | None:
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else None


def depending_copy(value: Value, depends: Depends) -> Value:
    if isinstance(value, Seq):
        return Seq(
            value.kind, list(value.items), list(value.extra), value.exact, value.open, depends=value.depends | depends
        )
    return depending(value, depends)
