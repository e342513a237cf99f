"""Handlers of log records that Python code makes itself, with their arguments as far as they are literals.

Sources: Python library, logging.handlers; loguru 0.7, `logger.add`.
"""

import ast
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._branches import Branches, Values, branches_of
from hardencheck.collect.extract._logging_names import CLEAR_HANDLERS, PLAIN_ARGUMENTS
from hardencheck.collect.extract._python import (
    NotLiteral,
    PythonFile,
    argument,
    parse,
    role,
    unread,
    without_credentials,
)
from hardencheck.lazily import compiled
from hardencheck.model.facts.logging_written import HandlerCall
from hardencheck.model.location import Location

_TOKENS = compiled(rb"Handler|basicConfig|loguru|setFormatter")
_SECRET = compiled(r"(?i)credentials|password|secret|token|context")
_NAMES = (PLAIN_ARGUMENTS.keys() | CLEAR_HANDLERS) - {"StreamHandler", "NullHandler"}
_MAX_TEXT = 300
UNKNOWN = "?"  # of an argument that is not literal


class LoggingHandlers(Extractor):
    """FileHandler, SocketHandler and their like, basicConfig with a file, files of loguru."""

    name = "logging.handlers"
    emits = (HandlerCall,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith(".py")

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if not _TOKENS.search(data):
            return
        here, what_for = Location(path=path), role(path)
        try:
            file = parse(data)
        except Unreadable as error:
            yield unread(self, error, path, what_for)
            return
        values: Values | None = None
        branches: Branches | None = None
        for call in file.calls:
            kind = _kind(file, call)
            if not kind:
                continue
            values, branches = values or Values(file), branches or branches_of(file)
            given = dict(_arguments(file, values, call, kind))
            given = {} if kind == "json" else given
            if kind in {"basicConfig", "loguru"} and "filename" not in given:
                continue
            yield HandlerCall(
                location=here.at(call.lineno),
                handler=kind,
                arguments=tuple(f"{name}={text}" for name, text in sorted(given.items())),
                role=branches.role(call, what_for),
            )


def _kind(file: PythonFile, call: ast.Call) -> str:
    name = file.name(call.func)
    if name == "logging.basicConfig":
        return "basicConfig"
    if name == "loguru.logger.add":
        return "loguru"
    package, _, last = name.rpartition(".")
    if isinstance(call.func, ast.Attribute) and call.func.attr == "setFormatter" and call.args:
        given = call.args[0]
        made = file.name(given.func) if isinstance(given, ast.Call) else ""
        return "json" if "json" in made.lower() else ""
    known = last in _NAMES and (package in {"logging", "logging.handlers", "handlers"} or last not in PLAIN_ARGUMENTS)
    return last if known or (last == "AdminEmailHandler" and "django" in package) else ""


def _arguments(file: PythonFile, values: Values, call: ast.Call, kind: str) -> Iterator[tuple[str, str]]:
    if kind == "loguru":
        sink = argument(call, 0, "sink")
        text = _text(values, sink) if sink is not None else UNKNOWN
        # A stream, a function or a path that is computed: only a text is surely a file.
        if sink is not None and text != UNKNOWN and isinstance(values.resolve(sink), ast.Constant | ast.BinOp):
            yield "filename", text
            for keyword in call.keywords:
                if keyword.arg in {"rotation", "retention", "serialize"}:
                    yield keyword.arg, _text(values, keyword.value)
        return
    for name, node in zip(PLAIN_ARGUMENTS.get(kind, ("host", "port")), call.args, strict=False):
        if isinstance(node, ast.Starred):
            break
        if not _SECRET.search(name):
            yield name, _text(values, node)
    for keyword in call.keywords:
        if keyword.arg is None:
            yield "**", UNKNOWN
        elif not _SECRET.search(keyword.arg):
            yield keyword.arg, _text(values, keyword.value)


def _text(values: Values, node: ast.expr, depth: int = 0) -> str:
    """A value as text: a tuple as "host:port", what is not literal as `UNKNOWN`; of a path joined with something that
    is not known, what is."""
    known = values.texts.get(id(node))
    if known is None:
        known = values.texts[id(node)] = _read(values, node, depth)[:_MAX_TEXT]
    return known


def _read(values: Values, node: ast.expr, depth: int) -> str:
    try:
        value = values.constant(node)
    except NotLiteral:
        resolved = values.resolve(node)
        match resolved:
            case ast.BinOp(left=left, op=ast.Div(), right=right) if depth < 20:
                return f"{_text(values, left, depth + 1)}/{_text(values, right, depth + 1)}"
            case ast.Call(func=func, args=[_, *rest]) if (
                rest and depth < 20 and values.file.name(func) == "os.path.join"
            ):
                return "/".join([UNKNOWN, *(_text(values, one, depth + 1) for one in rest)])
            case ast.Call(func=func, args=[inner]) if depth < 20 and values.file.name(func) in {
                "pathlib.Path",
                "str",
                "os.fspath",
            }:
                return _text(values, inner, depth + 1)
            case ast.Tuple(elts=[first, *_]) if depth < 20:
                return f"{_text(values, first, depth + 1)}:"
        return UNKNOWN
    if isinstance(value, tuple):
        return ":".join(str(one) for one in value[:2])
    return without_credentials(str(value))
