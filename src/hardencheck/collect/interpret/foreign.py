"""Calls that are not followed: what is called may change all that it is given, and call it."""

import ast
from collections.abc import Iterable, Sequence

from hardencheck.collect.interpret.about import about_settings
from hardencheck.collect.interpret.aliases import given_back
from hardencheck.collect.interpret.frames import Frame
from hardencheck.collect.interpret.modelling import find
from hardencheck.collect.interpret.python_names import LOOKING
from hardencheck.collect.interpret.run import Run, spelling
from hardencheck.collect.interpret.spoiling import spoil_deep
from hardencheck.collect.interpret.values import (
    NOTHING,
    Function,
    Library,
    Method,
    Object,
    Unknown,
    Value,
    changing,
    depends_of,
)
from hardencheck.collect.interpret.written import over_called
from hardencheck.lazily import compiled

# They take the module's name as a name.
_LOGGERS = compiled(r"(?i)logger$|(?:^|\.)(?:Celery|Flask|Quart|Blueprint|Sanic|Namespace|import_module)$")


def not_followed(run: Run, node: ast.AST, frame: Frame, handed: Iterable[Value], name: str = "") -> Unknown:
    """A call that is not followed: it may change what it is given, and call what it is given."""
    why = run.unknown(node, frame, "call", name or spelling(node))
    handed = list(handed)
    foreign = _is_foreign(run, name, handed)
    if foreign:
        run.foreign.add((why.path, why.line, why.text))
    if name in LOOKING:
        why.depends = NOTHING.union(*(depends_of(value) for value in handed))
        return why
    if _hands_over_the_module(node) or any(isinstance(value, Object) and value.kind == "scope" for value in handed):
        why.reason = "tainted"
        run.taint(frame.names, why)
        run.taint(frame.module.namespace, why)
    with run.tainting():
        for value in handed:
            spoil_deep(run, value, why)
        if not (foreign and run.calm):
            over_called(run, handed, why)
    why.depends = NOTHING.union(*(depends_of(value) for value in handed))
    if handed and isinstance(handed[0], Function):
        why.reach = changing(given_back(run, handed[0]))
    return why


def _is_foreign(run: Run, name: str, handed: Sequence[Value]) -> bool:
    """Whether what is called comes from outside, or at least is not about the settings of an application."""
    first = handed[0] if handed else None
    if isinstance(first, Function):
        return not about_settings(first)
    if not name:
        return first is not None and of_library(run, first)
    return "." in name or name[:1].isupper()


def of_library(run: Run, value: Value) -> bool:
    """Whether it is code from outside the repository, or comes from there."""
    while isinstance(value, Method):
        value = value.owner
    if isinstance(value, Unknown):
        return " may come from " in value.text or (value.path, value.line, value.text) in run.foreign
    return isinstance(value, Library) or (isinstance(value, Object) and find("SPOILS", value.kind) is not None)


def _hands_over_the_module(node: ast.AST) -> bool:
    """`Live.load(__name__)`, `f(sys.modules[x])`: whoever has a module's name can set what it likes in it."""
    if not isinstance(node, ast.Call) or _LOGGERS.search(spelling(node.func)):
        return False
    given = (*node.args, *(item.value for item in node.keywords))
    return any(isinstance(one, ast.Name) and one.id == "__name__" for one in given) or any(
        isinstance(part, ast.Attribute) and part.attr == "modules" for one in given for part in ast.walk(one)
    )
