"""Under which conditions a statement runs, as far as DEBUG and its like decide: what production sees of a file."""

import ast
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal

from hardencheck.collect.extract._python import NotLiteral, PythonFile, literal, shorten
from hardencheck.lazily import compiled

When = Literal["always", "sometimes", "never"]  # in production: DEBUG off, no test run, no option for more output

_DEBUG = compiled(r"(?:.*[._])?(?:debug(?:_?mode|_?enabled)?|is_?debug)", re.IGNORECASE)
_CHOSEN = compiled(
    r"debug|verbos|\bdev(?:elopment)?\b|_dev\b|\blocal\b|\btest(?:s|ing)?\b|pytest|is_?dev|is_?local|is_?test|in_?tests"
    r"|\b(?:show|echo|print|log|trace)_?sql",
    re.IGNORECASE,
)
_DEVELOPMENT = compiled(r"(?:dev|develop|development|test|testing|tests|local|debug)(?=[A-Z_\d]|$)", re.IGNORECASE)


class Branches:
    """For each statement (and expression statement) of a file: when production runs it."""

    def __init__(self, file: PythonFile) -> None:
        self._file = file
        self._when: dict[int, When] = {}
        self._classes: dict[int, str] = {}
        stack: list[tuple[ast.stmt, When, str]] = [(node, "always", "") for node in file.tree.body]
        while stack:
            node, when, owner = stack.pop()
            self._when[id(node)] = when
            self._classes[id(node)] = owner
            for part in ast.walk(node) if not _bodies(node) else _heads(node):
                if isinstance(part, ast.Call):
                    self._when[id(part)] = when
                    self._classes[id(part)] = owner
            if isinstance(node, ast.ClassDef):
                owner = node.name
            for body, inner in self._inner(node, when):
                stack.extend((child, inner, owner) for child in body)

    def _inner(self, node: ast.stmt, when: When) -> Iterator[tuple[list[ast.stmt], When]]:
        if isinstance(node, ast.If):
            yes, no = self._sides(node.test)
            yield node.body, _worse(when, yes)
            yield node.orelse, _worse(when, no)
            return
        for body in _bodies(node):
            yield body, when

    def _sides(self, test: ast.expr) -> tuple[When, When]:
        """When the body and the else branch of an `if` run in production."""
        known = debug_off(self._file, test)
        if known is not None:
            return ("always", "never") if known else ("never", "always")
        # `if options["verbose"]`, `if args.debug and x`: somebody asked for it.
        if _CHOSEN.search(ast.unparse(test)) and not _negated(test):
            return "never", "always"
        return "sometimes", "sometimes"

    def when(self, node: ast.AST) -> When:
        return self._when.get(id(node), "always")

    def owner(self, node: ast.AST) -> str:
        """The name of the class a statement stands in, "" for none."""
        return self._classes.get(id(node), "")

    def role(self, node: ast.AST, of_file: str) -> str:
        """What a statement is for: like its file, but "development" in a class or branch that is for development."""
        if self.when(node) == "never":
            return "development"
        return "development" if _DEVELOPMENT.match(self.owner(node)) and of_file == "production" else of_file


@lru_cache(maxsize=2)
def branches_of(file: PythonFile) -> Branches:
    """The same for every extractor that asks about one file."""
    return Branches(file)


def _negated(test: ast.expr) -> bool:
    return any(isinstance(part, ast.Not | ast.NotEq | ast.NotIn | ast.IsNot) for part in ast.walk(test))


def _worse(one: When, other: When) -> When:
    order: tuple[When, ...] = ("always", "sometimes", "never")
    return order[max(order.index(one), order.index(other))]


def _bodies(node: ast.stmt) -> list[list[ast.stmt]]:
    found = [getattr(node, name, None) for name in ("body", "orelse", "finalbody")]
    bodies = [body for body in found if isinstance(body, list) and body]
    if isinstance(node, ast.Try | ast.TryStar):
        bodies += [handler.body for handler in node.handlers]
    if isinstance(node, ast.Match):
        bodies += [case.body for case in node.cases]
    return bodies


def _heads(node: ast.stmt) -> Iterator[ast.AST]:
    """The expressions of a compound statement, without its bodies."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr | ast.withitem | ast.arguments):
            yield from ast.walk(child)


def debug_off(file: PythonFile, test: ast.expr) -> bool | None:
    """What a condition on DEBUG alone is worth in production, where DEBUG is off (a check of its own says so)."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = debug_off(file, operand)
            return None if inner is None else not inner
        case ast.Name() | ast.Attribute() if _DEBUG.fullmatch(file.name(test) or "x"):
            return False
        case ast.Compare(left=ast.Name(id="__name__")):
            return None
        case ast.Constant(value=bool(value)):
            return value
    return None


# Parts of sums and joins that are looked at in one file, and characters of what they come to: names may double.
_MAX_PARTS = 5000
_MAX_TEXT = 4000
_MAX_DEPTH = 20


class Values:
    """Expressions of one file with its own constants put in: names that are assigned once, at the top of the module."""

    def __init__(self, file: PythonFile) -> None:
        self.file = file
        self._parts = 0
        counts: dict[str, int] = {}
        for node in file.assigns:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                for part in ast.walk(target):
                    if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                        counts[part.id] = counts.get(part.id, 0) + 1
        self.texts: dict[int, str] = {}  # of nodes, as they were read: names made of names are asked for often
        self._constants: dict[str, ast.expr] = {}
        for statement in file.tree.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if counts.get(name) == 1:
                    self._constants[name] = value
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if counts.get(name) == 1:
                    self._constants[name] = value

    def resolve(self, node: ast.expr, depth: int = 0) -> ast.expr:
        """The expression behind a constant or a choice on DEBUG; the same one where there is none."""
        if depth > 8:
            return node
        match node:
            case ast.Name(id=name) if name in self._constants:
                return self.resolve(self._constants[name], depth + 1)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                known = debug_off(self.file, test)
                if known is not None:
                    return self.resolve(body if known else orelse, depth + 1)
            case ast.Call(func=func, args=[inner], keywords=[]) if self.file.name(func) in {"str", "bool", "int"}:
                return self.resolve(inner, depth + 1)
        return node

    def constant(self, node: ast.expr, depth: int = 0) -> object:
        """Its value. Raises NotLiteral. `settings.DEBUG` is False, `logging.DEBUG` is "DEBUG"."""
        node = self.resolve(node)
        name = self.file.name(node)
        if name.startswith("logging.") and name[8:] in LEVELS:
            return name[8:]
        if name and (known := debug_off(self.file, node)) is not None:
            return known
        if name and not isinstance(node, ast.Constant):
            raise NotLiteral(shorten(node))
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Constant(value=str() as between), attr="join"), args=[given], keywords=[]
            ):
                given = self.resolve(given)
                if isinstance(given, ast.List | ast.Tuple):
                    return self._together(node, between, given.elts, depth)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                try:
                    return literal(node)
                except NotLiteral:
                    return self._together(node, "", [left, right], depth)
        return literal(node)

    def _together(self, whole: ast.expr, between: str, nodes: Sequence[ast.expr], depth: int) -> str:
        """`" ".join(PARTS)`, `FIRST + " second"`"""
        parts: list[str] = []
        for node in nodes:
            self._parts += 1
            if self._parts > _MAX_PARTS or depth > _MAX_DEPTH:
                raise NotLiteral(shorten(whole))
            part = self.constant(node, depth + 1)
            if not isinstance(part, str) or len(part) > _MAX_TEXT:
                raise NotLiteral(shorten(whole))
            parts.append(part)
        return between.join(parts)

    def table(self, node: ast.expr, depth: int = 0) -> tuple[dict[str, ast.expr], bool] | None:
        """(what a dictionary that is written out holds by key, whether that is all); None for what is none."""
        node = self.resolve(node)
        found: dict[str, ast.expr] = {}
        whole = True
        match node:
            case ast.Dict(keys=keys, values=parts):
                for key, part in zip(keys, parts, strict=True):
                    if isinstance(key, ast.Constant):
                        found[str(key.value)] = part
                    elif key is None and depth < 8 and (inner := self.table(part, depth + 1)) is not None:
                        found |= inner[0]
                        whole = whole and inner[1]
                    else:
                        whole = False
            case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
                found = {keyword.arg: keyword.value for keyword in keywords if keyword.arg is not None}
                whole = len(found) == len(keywords)
            case _:
                return None
        return found, whole


LEVELS = {
    "NOTSET": 0, "DEBUG": 10, "INFO": 20, "WARN": 30, "WARNING": 30, "ERROR": 40, "FATAL": 50, "CRITICAL": 50,
    "TRACE": 5, "SUCCESS": 25,
}  # fmt: skip
