"""Names that begin with two underscores in a class: Python writes the name of the class before them, so that `__x` of
a class and `__x` of one that is derived from it are two.

Source: the Python language reference, "Private name mangling".
"""

import ast
from typing import Any


def mangle(tree: ast.Module) -> None:
    """The names of a syntax tree as Python spells them; the tree is changed."""
    classes = [(node, node.name.lstrip("_")) for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    for node, name in classes:
        for part in node.body if name else ():
            _within(part, f"_{name}")


def _within(top: ast.AST, prefix: str) -> None:
    """The innermost class counts, and its own name belongs to the class around it."""
    stack: list[ast.AST] = [top]
    while stack:
        node = stack.pop()
        for field, value in ast.iter_fields(node):
            if field in _FIELDS.get(type(node), ()):
                setattr(node, field, _spelled(value, prefix))
        if isinstance(node, ast.ClassDef):
            stack.extend((*node.bases, *node.keywords, *node.decorator_list))
        else:
            stack.extend(ast.iter_child_nodes(node))


_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {
    ast.Name: ("id",), ast.Attribute: ("attr",), ast.FunctionDef: ("name",), ast.AsyncFunctionDef: ("name",),
    ast.ClassDef: ("name",), ast.arg: ("arg",), ast.alias: ("name", "asname"),
    ast.Global: ("names",), ast.Nonlocal: ("names",), ast.ExceptHandler: ("name",), ast.MatchAs: ("name",),
    ast.MatchStar: ("name",), ast.MatchMapping: ("rest",),
}  # fmt: skip


def _spelled(name: Any, prefix: str) -> Any:
    if isinstance(name, list):
        return [_spelled(one, prefix) for one in name]
    private = isinstance(name, str) and name.startswith("__") and not name.endswith("__") and "." not in name
    return prefix + name if private else name
