"""What a name of a Python file holds for certain: names bound once, in the scope where they are looked up."""

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from hardencheck.collect.contract import Unreadable
from hardencheck.collect.extract._python import LEAVES, PythonFile
from hardencheck.model.gap import Reason

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_MOST_HOPS = 8
_MOST_TEXT = 4_000
_MOST_STEPS = 200_000  # of one file: a name that is put together of names, and they of names, doubles with each
UNKNOWN = "?"  # a piece of a text that is not known


class Held(NamedTuple):
    """An expression, and the scope in which its own names are looked up."""

    node: ast.expr
    scope: ast.AST


class _Scope:
    """bound: name -> what is assigned to it, one entry for each binding; None for one that is no plain assignment."""

    def __init__(self, node: ast.AST, above: "_Scope | None") -> None:
        self.node, self.above = node, above
        self.bound: dict[str, list[ast.expr | None]] = {}
        self.elsewhere: set[str] = set()  # global, nonlocal

    def add(self, name: str, value: ast.expr | None = None) -> None:
        self.bound.setdefault(name, []).append(value)


class Constants:
    """A wrong value is worse than none: a name that is bound twice where it is seen, or by anything but an assignment,
    stays what it is."""

    def __init__(self, file: PythonFile) -> None:
        self.file = file
        self._steps = 0

    def _step(self, node: ast.expr) -> None:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise Unreadable("more steps than are followed", reason=Reason.BUDGET, line=node.lineno)

    def value(self, node: ast.expr, scope: ast.AST) -> Held:
        """What a name, `self.NAME`, `cls.NAME` or `Class.NAME` holds; anything else is itself."""
        for _ in range(_MOST_HOPS):
            found: Held | None = None
            if isinstance(node, ast.Name):
                found = self._name(node.id, scope)
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                found = self._attribute(node.value.id, node.attr, scope)
            if found is None:
                break
            node, scope = found
        return Held(node, scope)

    def text(self, node: ast.expr, scope: ast.AST, depth: int = 0) -> str | None:
        """A text put together by the expression, with `UNKNOWN` for what is not known of it; None for no text.

        Raises Unreadable(budget) where that takes too long.
        """
        if depth > 20:
            return None
        self._step(node)
        node, scope = self.value(node, scope)
        match node:
            case ast.Constant(value=str(text)):
                return text[:_MOST_TEXT]
            case ast.JoinedStr(values=values):
                return "".join(self._piece(value, scope, depth) for value in values)[:_MOST_TEXT]
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                first, second = self.text(left, scope, depth + 1), self.text(right, scope, depth + 1)
                if first is None and second is None:
                    return None
                return f"{UNKNOWN if first is None else first}{UNKNOWN if second is None else second}"[:_MOST_TEXT]
            case ast.BinOp(left=left, op=ast.Mod()):
                form = self.text(left, scope, depth + 1)
                return None if form is None else _without_marks(form, "%")
            case ast.Call(func=ast.Attribute(value=value, attr="format")):
                form = self.text(value, scope, depth + 1)
                return None if form is None else _without_marks(form, "{")
        return None

    def words(self, node: ast.expr, scope: ast.AST, depth: int = 0) -> list[str] | None:
        """The texts of a list or tuple, `[...] + files` too; None for anything else. Raises Unreadable(budget)."""
        self._step(node)
        node, scope = self.value(node, scope)
        match node:
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return [
                    UNKNOWN if isinstance(item, ast.Starred) else self._word(item, scope, depth) for item in items[:200]
                ]
            case ast.BinOp(left=left, op=ast.Add(), right=right) if depth < 20:
                first, second = self.words(left, scope, depth + 1), self.words(right, scope, depth + 1)
                if first is None and second is None:
                    return None
                return [*(first or [UNKNOWN]), *(second or [UNKNOWN])]
        return None

    def _word(self, node: ast.expr, scope: ast.AST, depth: int) -> str:
        text = self.text(node, scope, depth + 1)
        return UNKNOWN if text is None else text

    def _piece(self, node: ast.expr, scope: ast.AST, depth: int) -> str:
        if isinstance(node, ast.FormattedValue):
            if node.format_spec is not None or node.conversion not in (-1, 115):
                return UNKNOWN
            held = self.value(node.value, scope)
            if isinstance(held.node, ast.Constant) and type(held.node.value) is int:
                return str(held.node.value)
            return self._word(node.value, scope, depth)
        return str(node.value) if isinstance(node, ast.Constant) else UNKNOWN

    def _name(self, name: str, scope: ast.AST) -> Held | None:
        here: _Scope | None = self._scopes.get(id(scope))
        first = True
        while here is not None:
            # The names of a class are seen in its own body alone.
            if (first or not isinstance(here.node, ast.ClassDef)) and name not in here.elsewhere:
                if name in here.bound:
                    return self._only(here, name)
            first = False
            here = here.above
        return None

    def _only(self, here: _Scope, name: str) -> Held | None:
        values = here.bound[name]
        if len(values) != 1 or values[0] is None or name in self._rebound:
            return None
        return Held(values[0], here.node)

    def _attribute(self, owner: str, name: str, scope: ast.AST) -> Held | None:
        if name in self._stored:
            return None
        here = self._scopes.get(id(scope))
        if owner in {"self", "cls"}:
            while here is not None and not isinstance(here.node, ast.ClassDef):
                here = here.above
        else:
            classes = [one for one in self._scopes.values() if getattr(one.node, "name", None) == owner]
            here = classes[0] if len(classes) == 1 and isinstance(classes[0].node, ast.ClassDef) else None
        return self._only(here, name) if here is not None and name in here.bound else None

    @cached_property
    def _stored(self) -> set[str]:
        """Names of attributes that something assigns."""
        return {
            node.attr
            for node in ast.walk(self.file.tree)
            if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)
        }

    @cached_property
    def _rebound(self) -> set[str]:
        """Names that a function declares global or nonlocal: they change at times that are not followed."""
        return set().union(*(scope.elsewhere for scope in self._scopes.values()))

    @cached_property
    def _scopes(self) -> dict[int, _Scope]:
        top = _Scope(self.file.tree, None)
        found = {id(self.file.tree): top}
        stack: list[tuple[ast.AST, _Scope]] = [(self.file.tree, top)]
        while stack:
            node, scope = stack.pop()
            if node is not scope.node:
                _bind(node, scope)
                if isinstance(node, _SCOPES):
                    scope = _Scope(node, scope)
                    found[id(node)] = scope
                    for name in _parameters(node):
                        scope.add(name)
            stack.extend((child, scope) for child in ast.iter_child_nodes(node) if type(child) not in LEAVES)
        return found


def _bind(node: ast.AST, scope: _Scope) -> None:
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                if isinstance(target, ast.Name):
                    scope.add(target.id, value)
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            scope.add(name, value)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            scope.add(name)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            scope.add(name)
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            for alias in names:
                scope.add(alias.asname or alias.name.partition(".")[0])
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            scope.elsewhere.update(names)
        case ast.AugAssign(target=ast.Name(id=name)) | ast.NamedExpr(target=ast.Name(id=name)):
            scope.add(name)
        case ast.For(target=target) | ast.AsyncFor(target=target) | ast.comprehension(target=target):
            _targets(target, scope)
        case ast.withitem(optional_vars=ast.expr() as target):
            _targets(target, scope)
        case ast.Delete(targets=targets):
            for target in targets:
                _targets(target, scope)
        case ast.Lambda():
            for name in _parameters(node):
                scope.add(name)
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if not isinstance(target, ast.Name):
                _targets(target, scope)


def _targets(node: ast.expr, scope: _Scope) -> None:
    stack = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, ast.Name):
            scope.add(one.id)
        elif isinstance(one, ast.Tuple | ast.List):
            stack.extend(one.elts)
        elif isinstance(one, ast.Starred):
            stack.append(one.value)


def _parameters(node: ast.AST) -> Iterator[str]:
    arguments = getattr(node, "args", None)
    if isinstance(arguments, ast.arguments):
        for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg):
            if one is not None:
                yield one.arg


def _without_marks(text: str, mark: str) -> str:
    """The text of `"... %s" % x` or `"... {}".format(x)` with `UNKNOWN` in the places that are filled in."""
    out: list[str] = []
    position = 0
    while position < len(text):
        at = text.find(mark, position)
        if at < 0:
            break
        out.append(text[position:at])
        if text[at + 1 : at + 2] == mark:  # %% and {{ are themselves
            out.append(mark)
            position = at + 2
            continue
        if mark == "{":
            end = text.find("}", at)
            position = len(text) if end < 0 else end + 1
        else:
            position = at + 1
            if text[position : position + 1] == "(":
                end = text.find(")", position)
                position = len(text) if end < 0 else end + 1
            while position < len(text) and text[position] in "#0- +.123456789*lhL":
                position += 1
            position += 1
        out.append(UNKNOWN)
    return "".join((*out, text[position:]))
