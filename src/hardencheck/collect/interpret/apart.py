"""Whether it makes a difference when the items of a generator are computed."""

import ast
from collections.abc import Iterator, Sequence

from hardencheck.collect.interpret.aliases import behind, only_looks
from hardencheck.collect.interpret.frames import MAX_BEHIND, Frame, OutOfBudget
from hardencheck.collect.interpret.python_names import BUILTINS
from hardencheck.collect.interpret.run import Run
from hardencheck.collect.interpret.values import WORK, Function, Joined, Lazy, Value

REACHING = frozenset({"exec", "eval", "globals", "locals", "vars", "setattr"})


def computed_apart(run: Run, lazy: Lazy, body: Sequence[ast.stmt], frame: Frame) -> bool:
    """Whether it is all the same when its items are computed: before a loop over them, or between its rounds."""
    if not isinstance(lazy.node, ast.AST) or not isinstance(lazy.frame, Frame):
        return True
    code, loop = _Touched(run), _Touched(run)
    if isinstance(lazy.node, ast.GeneratorExp):
        code.by_generator(lazy.node, lazy.frame)
    else:
        code.by(lazy.node, lazy.frame)
    for value in lazy.of:
        code.by_call(value)
    for statement in body:
        loop.by(statement, frame)
    return not (code.clashes(loop) or loop.clashes(code))


class _Touched:
    """The names that code speaks of, with the functions of the repository that it calls, and those that it writes."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._seen: set[int] = set()
        self.names: set[str] = set()
        self.written: set[str] = set()

    def clashes(self, other: "_Touched") -> bool:
        """Whether this writes what the other one speaks of."""
        if (self.written & REACHING and other.names) or (other.names & REACHING and self.written):
            return True
        return not self.written.isdisjoint(other.names)

    def by_generator(self, node: ast.GeneratorExp, frame: Frame) -> None:
        """What it goes over first is asked for once, and its own names are nobody else's."""
        first, *others = node.generators
        for part in (node.elt, *first.ifs, *others):
            self.by(part, frame)
        own = {name for generator in node.generators for name in roots(generator.target)}
        self.names -= own
        self.written -= own

    def by_call(self, value: Value | None) -> None:
        for one in value.options if isinstance(value, Joined) else (value,):
            if isinstance(one, Function) and isinstance(one.frame, Frame) and id(one.node) not in self._seen:
                if len(self._seen) > MAX_BEHIND:
                    raise OutOfBudget
                self._seen.add(id(one.node))
                if isinstance(one.node, ast.AST):
                    self.by(one.node, one.frame)

    def by(self, node: ast.AST, frame: Frame) -> None:
        for part in ast.walk(node):
            WORK.done += 4
            match part:
                case ast.Name(id=name, ctx=how):
                    if name not in BUILTINS or name in REACHING:
                        self.names.add(name)
                    if not isinstance(how, ast.Load):
                        self.written.add(name)
                    self.by_call(behind(self._run, part, frame))
                case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
                    self.written.update(roots(part))
                case ast.Call(func=function) if not only_looks(self._run, function, frame):
                    if not isinstance(behind(self._run, function, frame), Function):
                        self.written.update(roots(part))
                case ast.Global(names=names) | ast.Nonlocal(names=names):
                    self.written.update(names)


def roots(node: ast.AST) -> Iterator[str]:
    return (part.id for part in ast.walk(node) if isinstance(part, ast.Name))
