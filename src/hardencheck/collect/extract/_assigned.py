"""What a name was last given in its function, as far as the text says it."""

import ast
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator

from hardencheck.collect.extract._python import PythonFile

Given = tuple[str, ast.expr | None]


class Assigned:
    """Plain assignments of a file by function and name. The last one above a line is taken for the one that holds:
    what branches do is not followed, and of loops only that their names hold one after the other."""

    def __init__(self, file: PythonFile) -> None:
        self._file = file
        found: dict[tuple[int, str], list[tuple[int, ast.expr | None]]] = defaultdict(list)
        for node in file.assigns:
            scope, line = id(file.scope(node)), node.end_lineno or node.lineno
            value = None if isinstance(node, ast.AugAssign) else node.value
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for name, given in _targets(target, value):
                    found[scope, name].append((line, given))
        for walrus in file.walruses:
            # It holds for the rest of its own line too, but not for a call that it stands in.
            found[id(file.scope(walrus)), walrus.target.id].append((walrus.lineno, walrus.value))
        for loop in file.loops:
            for name, given in one_by_one(loop.target, loop.iter, loop.body):
                found[id(file.scope(loop)), name].append((loop.iter.end_lineno or loop.lineno, given))
        self._found = {key: sorted(values, key=lambda pair: pair[0]) for key, values in found.items()}
        self._taken: dict[tuple[int, str], list[tuple[int, str]]] | None = None

    def last(self, name: str, at: ast.AST) -> ast.expr | None:
        """The value that a name was given last above a call, in the same function; None where it was given none."""
        held = self._found.get((id(self._file.scope(at)), name))
        if held is None:
            return None
        position = bisect_left([line for line, _ in held], getattr(at, "lineno", 0))
        return held[position - 1][1] if position else None

    def taken_out(self, name: str, at: ast.AST) -> Iterator[str]:
        """Keys that were taken out of a table, or written over with a literal, above a call and in its function."""
        if self._taken is None:
            self._taken = defaultdict(list)
            for scope, table, key, line in _taken(self._file):
                self._taken[id(scope), table].append((line, key))
        line = getattr(at, "lineno", 0)
        return (key for above, key in self._taken.get((id(self._file.scope(at)), name), ()) if above < line)


def _targets(target: ast.expr, value: ast.expr | None) -> Iterator[Given]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple | ast.List):
        starred = any(isinstance(part, ast.Starred) for part in target.elts)
        for position, part in enumerate(target.elts):
            part = part.value if isinstance(part, ast.Starred) else part
            if isinstance(part, ast.Name):
                yield part.id, None if starred or value is None else _item(value, position, len(target.elts))


def _item(value: ast.expr, position: int, count: int) -> ast.expr | None:
    """One of several that are given at once."""
    if isinstance(value, ast.Tuple | ast.List):
        alike = len(value.elts) == count and not any(isinstance(part, ast.Starred) for part in value.elts)
        return value.elts[position] if alike else None
    # What iterating a table gives are its keys: only a call that answers with texts in an order is looked into.
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in PIECES:
        return ast.copy_location(ast.Subscript(value, ast.Constant(position), ast.Load()), value)
    return None


# Methods that take a text to pieces.
PIECES = frozenset({"split", "rsplit", "partition", "rpartition", "splitlines"})


def one_by_one(target: ast.expr, table: ast.expr, body: list[ast.stmt] | list[ast.expr]) -> Iterator[Given]:
    """What the names of a loop or comprehension stand for: the values of a table, where `body` does not choose among
    them by a name that is given their key; else nothing that is known."""
    method = table.func.attr if isinstance(table, ast.Call) and isinstance(table.func, ast.Attribute) else ""
    if method in {"items", "lists", "multi_items"} and isinstance(target, ast.Tuple) and len(target.elts) == 2:
        key, value = target.elts
        if isinstance(value, ast.Name):
            yield value.id, None if isinstance(key, ast.Name) and _chooses(key.id, body) else table
        if isinstance(key, ast.Name):
            yield key.id, None
        return
    for name in ast.walk(target):
        if isinstance(name, ast.Name):
            yield name.id, table if name is target and method == "values" else None


def _chooses(key: str, body: list[ast.stmt] | list[ast.expr]) -> bool:
    """Whether anything is decided by a name, or asked of it: `if key in SECRET`, `mask(key, value)`."""
    for part in body:
        for node in ast.walk(part):
            test = node.test if isinstance(node, ast.If | ast.IfExp | ast.While) else None
            test = node.subject if isinstance(node, ast.Match) else test
            if test is not None and any(isinstance(one, ast.Name) and one.id == key for one in ast.walk(test)):
                return True
    return False


def _taken(file: PythonFile) -> Iterator[tuple[ast.AST, str, str, int]]:
    for call in file.calls:
        match call:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="pop"), args=[ast.Constant(value=str() as key), *_]
            ):
                yield file.scope(call), name, key, call.lineno
    for node in (*file.assigns, *file.deletions):
        if isinstance(node, ast.Assign) and not isinstance(node.value, ast.Constant):
            continue
        for target in node.targets if isinstance(node, ast.Assign | ast.Delete) else ():
            match target:
                case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str() as key)):
                    yield file.scope(node), name, key, node.lineno
