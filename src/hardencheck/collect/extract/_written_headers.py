"""Where code gives a security header a literal value: in a view, in a function that views share, in a table."""

import ast
from collections.abc import Callable, Iterator

from hardencheck.collect.extract._branches import Values, When, branches_of
from hardencheck.collect.extract._header_names import HEADERS
from hardencheck.collect.extract._python import NotLiteral, PythonFile
from hardencheck.lazily import compiled
from hardencheck.model.facts.headers import WrittenHeader
from hardencheck.model.location import Location

MAX_VALUE = 2_000
MAX_FOUND = 200
MARKS = compiled(rb"(?i)%s" % b"|".join(name.encode() for name in sorted(HEADERS)))
SETTERS = frozenset({"add", "set", "setdefault", "append", "set_header", "add_header", "append_header"})
_TABLE = compiled(r"(?i).*header.*")
_ATTRIBUTES = frozenset({"access_control_allow_origin", "access_control_allow_credentials"})  # of Werkzeug
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Given = tuple[str, ast.expr, ast.AST]


def written(file: PythonFile, path: str) -> Iterator[WrittenHeader]:
    """In source order; what only development runs is left out."""
    branches, values = branches_of(file), Values(file)
    found: dict[tuple[int, str], WrittenHeader] = {}
    for function in file.functions:  # those inside come later and have the last word
        if MARKS.search(file.text_of(function)):
            for statement in _statements(function, branches.when):
                _note(found, path, function.name, statement, values)
    for node in file.assigns:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if isinstance(file.scope(node), ast.Module | ast.ClassDef) and isinstance(node.value, ast.expr):
            named = any(_TABLE.fullmatch(file.name(target)) for target in targets)
            if named and branches.when(node) != "never":
                _note(found, path, "", node, values)
    yield from list(found.values())[:MAX_FOUND]


def _statements(
    function: ast.FunctionDef | ast.AsyncFunctionDef, when: Callable[[ast.AST], When]
) -> Iterator[ast.stmt]:
    """The statements of a function that production runs."""
    stack: list[ast.stmt] = list(reversed(function.body))
    while stack:
        node = stack.pop()
        if when(node) == "never":
            continue
        yield node
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            inner = getattr(node, name, None)
            for item in reversed(inner) if isinstance(inner, list) else ():
                if isinstance(item, ast.stmt):
                    stack.append(item)
                else:
                    stack.extend(reversed(getattr(item, "body", [])))


def fields(part: ast.AST) -> Iterator[_Given]:
    """(name in lower case, value, where) of the header fields that one node writes, however it spells them."""
    match part:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                if isinstance(target, ast.Subscript):
                    yield text(target.slice), value, part
                elif isinstance(target, ast.Attribute) and target.attr in _ATTRIBUTES:
                    yield target.attr.replace("_", "-"), value, part
        case ast.Call(func=ast.Attribute(attr=attr), args=[name, value]) if attr in SETTERS:
            yield text(name), value, part
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if key is not None:
                    yield text(key), value, key
        case ast.Tuple(elts=[ast.Constant() as name, value]):
            yield text(name), value, name


def bodies(function: _Function) -> Iterator[list[ast.stmt]]:
    """Lists of statements that run one after the other."""
    for node in ast.walk(function):
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list) and body:
                yield body


def in_statement(node: ast.stmt) -> Iterator[_Given]:
    for part in _inside(node):
        yield from fields(part)


def _inside(node: ast.stmt) -> Iterator[ast.AST]:
    """A statement and its expressions, without the statements that it holds."""
    stack: list[ast.AST] = [node]
    while stack:
        part = stack.pop()
        yield part
        stack.extend(
            child
            for child in ast.iter_child_nodes(part)
            if not isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case)
        )


def text(node: ast.AST | None) -> str:
    """A constant that may be the name of a header, in lower case."""
    if not isinstance(node, ast.Constant):
        return ""
    name = node.value.decode("latin-1") if isinstance(node.value, bytes) else node.value
    return name.lower() if isinstance(name, str) else ""


def _note(
    found: dict[tuple[int, str], WrittenHeader], path: str, view: str, statement: ast.stmt, values: Values
) -> None:
    for name, value, where in in_statement(statement):
        if name not in HEADERS:
            continue
        try:
            held = values.constant(value)
        except NotLiteral:
            continue
        held = held.decode("latin-1") if isinstance(held, bytes) else held
        if isinstance(held, str) and len(held) <= MAX_VALUE:
            line = getattr(where, "lineno", 0)
            found[line, name] = WrittenHeader(location=Location(path=path, line=line), view=view, name=name, value=held)
