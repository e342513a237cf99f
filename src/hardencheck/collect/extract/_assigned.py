"""What a name was last given in its function, as far as the text says it."""

import ast
from bisect import bisect_left
from collections import defaultdict

from hardencheck.collect.extract._python import PythonFile


class Assigned:
    """Plain assignments of a file by function and name. The last one above a line is taken for the one that holds:
    what loops and branches do is not followed."""

    def __init__(self, file: PythonFile) -> None:
        self._file = file
        found: dict[tuple[int, str], list[tuple[int, ast.expr | None]]] = defaultdict(list)
        for node in file.assigns:
            scope = id(file.scope(node))
            value = None if isinstance(node, ast.AugAssign) else node.value
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name):
                    found[scope, target.id].append((node.end_lineno or node.lineno, value))
                elif isinstance(target, ast.Tuple | ast.List):
                    # One of several that are given at once: which one is not looked into.
                    names = (part.id for part in target.elts if isinstance(part, ast.Name))
                    for name in names:
                        found[scope, name].append((node.end_lineno or node.lineno, None))
        self._found = {key: sorted(values, key=lambda pair: pair[0]) for key, values in found.items()}

    def last(self, name: str, at: ast.AST) -> ast.expr | None:
        """The value that a name was given last above a call, in the same function; None where it was given none."""
        held = self._found.get((id(self._file.scope(at)), name))
        if held is None:
            return None
        position = bisect_left([line for line, _ in held], getattr(at, "lineno", 0))
        return held[position - 1][1] if position else None
