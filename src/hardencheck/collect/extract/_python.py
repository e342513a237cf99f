"""One parse and one walk of a Python file, shared by every extractor that reads it."""

import ast
import re
import sys
import warnings
from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import Literal

import msgspec

from hardencheck.collect.contract import Extractor, Unreadable
from hardencheck.collect.extract._grammar import downgraded
from hardencheck.collect.meter import measured
from hardencheck.lazily import compiled
from hardencheck.model.facts import Fact
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

_LINES = compiled(rb"\r\n|\n|\r")  # what ends a line of Python; a form feed does not
Role = Literal["production", "test", "documentation", "example", "development", "migration"]
_ROLES: dict[str, Role] = {
    "test": "test", "tests": "test", "testing": "test", "conftest.py": "test", "testdata": "test", "fixtures": "test",
    "e2e": "test", "unittests": "test", "docs": "documentation", "doc": "documentation",
    "dev": "development", "development": "development",
    "example": "example", "examples": "example", "demo": "example", "demos": "example", "samples": "example",
    "migrations": "migration", "vagrantfile": "development", ".devcontainer": "development", "ci": "test",
    ".ci": "test",
}  # fmt: skip


def role(path: str) -> Role:
    """What a file is for, by the usual names of its directories and itself; "production" when nothing says more."""
    *folders, name = path.lower().split("/")
    for part in (*folders, name):
        if part in _ROLES:
            return _ROLES[part]
    if any(folder.endswith(("_tests", "-tests", "_test", "-test")) or folder.startswith("test-") for folder in folders):
        return "test"
    if any(folder.startswith(("example_", "example-")) for folder in folders):
        return "example"
    # All but the last extension: docker-compose.dev.yml, settings.test.json; Dockerfile.dev has its word at the end.
    stem, _, extension = name.rpartition(".") if "." in name else (name, "", "")
    if name.startswith("."):
        if name in {".env.test", ".env.testing", ".env.ci"}:
            return "test"
        stem = ""
    if stem.startswith("test_") or stem.endswith(("_test", "_tests")) or stem in {"test", "tests"}:
        return "test"
    words = set(re.split(r"[-_.]", stem)) | (
        {extension} if stem in {"dockerfile", "containerfile", "procfile", "caddyfile"} else set()
    )
    if words & {"test", "testing", "ci"} and len(words) > 1:
        return "test"
    if stem == "ci" and folders and folders[-1] in {"settings", "config", "configs", "conf"}:
        return "test"
    if {"example", "sample"} & set(stem.split(".")[1:]):
        return "example"
    if words & {"dev", "development", "local", "locally", "debug"}:
        return "development"
    return "production"


class NotLiteral(Exception):
    """The expression is computed when the service runs; str() is the expression, shortened."""


# Nodes that hold nothing an extractor asks for, and plain values: two thirds of a tree.
LEAVES = frozenset({
    ast.Name, ast.Constant, ast.Load, ast.Store, ast.Del, ast.alias, ast.Pass, ast.Break, ast.Continue,
    str, int, float, bool, bytes, complex, type(None), type(...),
})  # fmt: skip
_KEPT = frozenset({
    ast.Call, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef,
    ast.ExceptHandler, ast.Global, ast.Import, ast.ImportFrom, ast.NamedExpr, ast.For, ast.AsyncFor, ast.Delete,
})  # fmt: skip


class PythonFile:
    """A parsed file: nodes by type in source order, import aliases, and the function each node is in.

    calls, assigns (Assign, AnnAssign, AugAssign), functions and classes cover the whole file; so do walruses, loops
    (for) and deletions.
    aliases: local name -> dotted name it was imported as ("chmod" -> "os.chmod").
    """

    def __init__(self, source: str, tree: ast.Module) -> None:
        self.source, self.tree = source, tree
        self.calls: list[ast.Call] = []
        self.assigns: list[ast.Assign | ast.AnnAssign | ast.AugAssign] = []
        self.functions: list[ast.FunctionDef | ast.AsyncFunctionDef] = []
        self.classes: list[ast.ClassDef] = []
        self.handlers: list[ast.ExceptHandler] = []
        self.globals: list[ast.Global] = []
        self.walruses: list[ast.NamedExpr] = []
        self.loops: list[ast.For | ast.AsyncFor] = []
        self.deletions: list[ast.Delete] = []
        self.aliases: dict[str, str] = {}
        self._scope: dict[int, ast.AST] = {}
        self._walk()

    def _walk(self) -> None:
        # An explicit stack: hostile nesting must not end in a RecursionError half-way. Children are pushed in
        # reverse, so that nodes come in source order. This loop is most of what a cold scan does with Python
        # files, hence the look at `LEAVES` before anything is pushed and the branches by class.
        stack: list[tuple[ast.AST, ast.AST]] = [(self.tree, self.tree)]
        push, pop, leaves, kept = stack.append, stack.pop, LEAVES, _KEPT
        while stack:
            node, scope = pop()
            kind = type(node)
            if kind in kept:
                scope = self._keep(node, scope)
            for field in reversed(node._fields):
                value = getattr(node, field, None)
                if type(value) is list:
                    for item in reversed(value):
                        if type(item) not in leaves and isinstance(item, ast.AST):
                            push((item, scope))
                elif type(value) not in leaves and isinstance(value, ast.AST):
                    push((value, scope))

    def _keep(self, node: ast.AST, scope: ast.AST) -> ast.AST:
        """Sort a node into its list; the scope of its children is the answer."""
        match node:
            case ast.Call():
                self.calls.append(node)
                self._scope[id(node)] = scope
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                self.assigns.append(node)
                self._scope[id(node)] = scope
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.functions.append(node)
                self._scope[id(node)] = scope
                return node
            case ast.ClassDef():
                self.classes.append(node)
                self._scope[id(node)] = scope
                return node
            case ast.ExceptHandler():
                self.handlers.append(node)
                self._scope[id(node)] = scope
            case ast.Global():
                self.globals.append(node)
            case ast.NamedExpr():
                self.walruses.append(node)
                self._scope[id(node)] = scope
            case ast.For() | ast.AsyncFor():
                self.loops.append(node)
                self._scope[id(node)] = scope
            case ast.Delete():
                self.deletions.append(node)
                self._scope[id(node)] = scope
            case ast.Import():
                for name in node.names:
                    first = name.name.partition(".")[0]
                    self.aliases[name.asname or first] = name.name if name.asname else first
            case ast.ImportFrom():
                base = "." * node.level + (node.module or "")
                for name in node.names:
                    joined = f"{base}{name.name}" if base.endswith(".") else f"{base}.{name.name}"
                    self.aliases[name.asname or name.name] = joined
        return scope

    def scope(self, node: ast.AST) -> ast.AST:
        """The innermost function or class around a call, assignment, definition or handler; else the module."""
        return self._scope.get(id(node), self.tree)

    def within(self, node: ast.AST) -> str:
        """The names of the functions and classes around a node, from the outside in: "Shop.start"."""
        names: list[str] = []
        while (node := self.scope(node)) is not self.tree and len(names) < 20:
            names.append(getattr(node, "name", ""))
        return ".".join(reversed(names))

    def name(self, node: ast.expr) -> str:
        """The dotted name an expression refers to, through this file's imports; "" when it is not a plain name.

        `from os import chmod as c; c(...)` -> "os.chmod"; `self.app.run` -> "self.app.run".
        """
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        parts.append(self.aliases.get(node.id, node.id))
        return ".".join(reversed(parts))

    @cached_property
    def _lines(self) -> list[bytes]:
        return _LINES.split(self.source.encode("utf-8", "replace"))

    def written(self, node: ast.expr) -> str:
        """An expression as it stands in the file; "" where it goes over several lines."""
        line, end = node.lineno - 1, node.end_col_offset
        if node.end_lineno != node.lineno or line >= len(self._lines):
            return ""
        return self._lines[line][node.col_offset : end].decode("utf-8", "replace")

    def text_of(self, node: ast.stmt) -> bytes:
        """The lines of a statement: a quick look whether it can matter."""
        return b"\n".join(self._lines[node.lineno - 1 : node.end_lineno])

    @cached_property
    def _imported(self) -> frozenset[str]:
        """Every imported name, with the packages that it is in."""
        names: set[str] = set()
        for name in self.aliases.values():
            while name and name not in names:
                names.add(name)
                name = name.rpartition(".")[0]
        return frozenset(names)

    def imports(self, package: str) -> bool:
        """Whether a package, or anything in it, is imported anywhere in the file."""
        return package in self._imported


def argument(call: ast.Call, position: int | None, name: str) -> ast.expr | None:
    """An argument by keyword or position; None when it is not given (or hidden in * or **: see `spreads`)."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    if position is not None and position < len(call.args):
        if not any(isinstance(item, ast.Starred) for item in call.args[: position + 1]):
            return call.args[position]
    return None


def spreads(call: ast.Call) -> bool:
    """Whether the call takes arguments from * or **, so that one that is not seen may be given all the same."""
    return any(isinstance(item, ast.Starred) for item in call.args) or any(item.arg is None for item in call.keywords)


def literal(node: ast.expr) -> object:
    """The value of an expression of constants: literals, containers, arithmetic, `|`, string joining, bytes.

    Raises NotLiteral for everything else; nothing is evaluated but small arithmetic, with bounded operands.
    """
    try:
        return _literal(node, 0)
    except (OverflowError, ZeroDivisionError, TypeError, ValueError):
        raise NotLiteral(shorten(node)) from None


def _literal(node: ast.expr, depth: int) -> object:
    if depth > 50:
        raise NotLiteral("nested too deeply")
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return tuple(_literal(element, depth + 1) for element in elements)
        case ast.Set(elts=elements):
            return frozenset(_literal(element, depth + 1) for element in elements)
        case ast.Dict(keys=keys, values=values):
            if any(key is None for key in keys):
                raise NotLiteral(shorten(node))
            return {
                _literal(key, depth + 1): _literal(value, depth + 1)
                for key, value in zip(keys, values, strict=True)
                if key is not None
            }
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            number = _literal(operand, depth + 1)
            if isinstance(number, int | float):
                return -number
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _literal(operand, depth + 1)
        case ast.BinOp(left=left, op=op, right=right):
            return _arithmetic(_literal(left, depth + 1), op, _literal(right, depth + 1), node)
    raise NotLiteral(shorten(node))


def _arithmetic(left: object, op: ast.operator, right: object, node: ast.expr) -> object:
    limit = 1 << 64
    if isinstance(left, int | float) and isinstance(right, int | float):
        match op:
            case ast.Mult():
                return left * right
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Div():
                return left / right
            case ast.FloorDiv():
                return left // right
            case ast.Pow() if abs(left) < limit and 0 <= right <= 64:
                return left**right
        if isinstance(left, int) and isinstance(right, int):
            match op:
                case ast.LShift() if 0 <= right <= 64:
                    return left << right
                case ast.BitOr():
                    return left | right
                case ast.BitAnd():
                    return left & right
    if isinstance(op, ast.Add) and type(left) is type(right) and isinstance(left, str | tuple | bytes):
        return left + right  # type: ignore[operator]
    raise NotLiteral(shorten(node))


_USERINFO = compiled(r"(?<=://)[^/?#@\s]{1,1000}@")


def without_credentials(text: str) -> str:
    """The text with whatever stands before the @ of a URL taken out: "https://me:pw@host" is "https://…@host"."""
    return _USERINFO.sub("…@", text)


def shorten(node: ast.AST) -> str:
    """An expression for people, at most 80 characters, with every string literal replaced: one may be a secret.

    Only the part that can show is copied and written out, so the cost does not grow with the expression.
    """
    try:
        text = ast.unparse(_abridged(node, 0))
    except (RecursionError, ValueError, AttributeError, TypeError):
        return "an expression"
    text = " ".join(text.split())
    return text if len(text) <= 80 else f"{text[:79]}…"


# The name of an environment variable or a setting tells where to look; any other text may be a secret.
# So does a key in brackets.
_VARIABLE_NAME = compiled(r"[A-Z][A-Z_]{0,29}")
_KEY = compiled(r"[A-Za-z_]\w{0,29}")
_MOST_ITEMS, _MOST_DEPTH = 6, 12


def _abridged(node: ast.AST, depth: int) -> ast.AST:
    if isinstance(node, ast.Constant):
        text = node.value
        if isinstance(text, bytes) or (isinstance(text, str) and not _VARIABLE_NAME.fullmatch(text)):
            return ast.Constant("…")
        return node
    if depth > _MOST_DEPTH and isinstance(node, ast.expr):
        return ast.Name("…", ast.Load())
    fields: dict[str, object] = {}
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            kept = [_abridged(item, depth + 1) if isinstance(item, ast.AST) else item for item in value[:_MOST_ITEMS]]
            if len(value) > _MOST_ITEMS and isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict | ast.Call):
                if isinstance(value[0], ast.expr):
                    kept.append(ast.Name("…", ast.Load()))
            fields[name] = kept
        elif name == "slice" and isinstance(value, ast.Constant) and _KEY.fullmatch(str(value.value)):
            fields[name] = value
        else:
            fields[name] = _abridged(value, depth + 1) if isinstance(value, ast.AST) else value
    return ast.copy_location(type(node)(**fields), node)


@lru_cache(maxsize=2)
def parse(data: bytes) -> PythonFile:
    """The parsed file. Raises what `syntax_tree` raises."""
    with measured("syntax of Python"):
        return PythonFile(data.decode("utf-8", "replace"), syntax_tree(data))


def unread(
    extractor: Extractor, error: Unreadable, path: str, role: str, facts: Iterable[type[Fact]] | None = None
) -> Gap:
    """What an extractor says of a file that does not parse, where its facts have a role. facts: those that may be in
    it; all of the extractor's where none are given."""
    gap = extractor.gap(error.reason, error.detail, Location(path=path, line=error.line))
    kinds = extractor.kinds() if facts is None else tuple(fact.kind() for fact in facts)
    return msgspec.structs.replace(gap, kinds=kinds, about={"role": role})


def syntax_tree(data: bytes) -> ast.Module:
    """The syntax tree of a file, newer grammar written the old way where need be.

    Raises Unreadable(python-syntax) for what the running Python cannot read: never silence.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in the target are not ours to report
            try:
                return ast.parse(data)
            except SyntaxError as error:
                older = downgraded(data)
                if older is None:
                    raise
                try:
                    return ast.parse(older)
                except SyntaxError:
                    raise error from None
    except SyntaxError as error:
        version = ".".join(map(str, sys.version_info[:2]))
        raise Unreadable(
            f"not the syntax of Python {version}: {error.msg}", reason=Reason.PYTHON_SYNTAX, line=error.lineno
        ) from None
    except ValueError:
        raise Unreadable("holds a NUL byte", reason=Reason.PYTHON_SYNTAX) from None
