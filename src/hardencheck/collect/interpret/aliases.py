"""Which objects names and expressions may stand for, as they are written down."""

import ast
from collections.abc import Iterable, Sequence

from hardencheck.collect.interpret.frames import MAX_DEPTH, Frame
from hardencheck.collect.interpret.python_names import BUILTINS, LOOKING
from hardencheck.collect.interpret.run import Run
from hardencheck.collect.interpret.values import (
    WORK,
    Class,
    Function,
    Instance,
    Joined,
    Library,
    Map,
    Module,
    Namespace,
    Seq,
    Value,
    changing,
    parts_of,
)

_ONLY_LOOKING = LOOKING | {"builtins.getattr", "copy.copy", "copy.deepcopy"}
_SCALARS = frozenset({
    "isinstance", "issubclass", "id", "hash", "repr", "str", "len", "bool", "callable", "hasattr", "int", "float",
    "any", "all", "deepcopy", "print", "dir", "format", "abs", "round", "range", "ord", "chr", "hex", "bytes",
})  # fmt: skip
_MADE = frozenset(
    {"list", "tuple", "set", "frozenset", "dict", "sorted", "reversed", "enumerate", "zip", "copy", "getattr"}
)


class Aliases:
    """Which objects the names may stand for that some statements bind, whatever way is taken through them."""

    def __init__(
        self,
        run: Run,
        parts: Iterable[ast.AST],
        frame: Frame,
        known: dict[int, tuple[Value, ...]] | None = None,
        depth: int = 0,
    ) -> None:
        self._run, self._frame, self._depth = run, frame, depth
        self._known = known if known is not None else {}  # what functions give back, by their nodes
        self._given: dict[str, list[ast.expr]] = {}
        self._held: dict[str, list[Value]] = {}
        for part in parts:
            self._note(part)

    def _note(self, part: ast.AST) -> None:
        match part:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._give(target, value)
            case ast.AnnAssign(target=target, value=value) if value is not None:
                self._give(target, value)
            case ast.AugAssign(target=target, value=value) | ast.NamedExpr(target=target, value=value):
                self._give(target, value)
            case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
                self._give(target, value)
            case ast.comprehension(target=target, iter=value):
                self._give(target, value)
            case ast.withitem(optional_vars=target, context_expr=value) if target is not None:
                self._give(target, value)
            case ast.Match(subject=subject, cases=cases):
                for inner in (one for case in cases for one in ast.walk(case.pattern)):
                    name = inner.rest if isinstance(inner, ast.MatchMapping) else getattr(inner, "name", None)
                    if isinstance(name, str):
                        self._given.setdefault(name, []).append(subject)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                self._held.setdefault(name, []).append(self._function(part, name))
                for inner in ast.walk(part):
                    if isinstance(inner, ast.Return | ast.Yield | ast.YieldFrom) and inner.value is not None:
                        self._given.setdefault(name, []).append(inner.value)
                spec = part.args
                for argument, default in zip(
                    reversed([*spec.posonlyargs, *spec.args]), reversed(spec.defaults), strict=False
                ):
                    self._given.setdefault(argument.arg, []).append(default)
                for argument, given in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
                    if given is not None:
                        self._given.setdefault(argument.arg, []).append(given)
            case ast.ClassDef(name=name, bases=bases, body=body):
                self._given.setdefault(name, []).extend(bases)
                for statement in body:
                    if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
                        self._given[name].append(statement.value)
                    elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                        self._held.setdefault(name, []).append(self._function(statement, statement.name))

    def _function(self, node: ast.AST, name: str) -> Function:
        return Function(node=node, path=self._frame.module.path, frame=self._frame, name=name)

    def _give(self, target: ast.expr, value: ast.expr) -> None:
        for part in ast.walk(target):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                self._given.setdefault(part.id, []).append(value)

    def bound(self, names: Namespace) -> None:
        """Names that an import of these statements binds, with what they stand for then."""
        for name, binding in names.names.items():
            self._held.setdefault(name, []).append(binding.value)

    def named(self, name: str) -> tuple[Value, ...]:
        """What a name may stand for, itself and by way of others."""
        found: dict[int, Value] = {}
        names, pending = {name}, [name]
        while pending:
            one = pending.pop()
            binding = self._run.lookup(self._frame, one)
            for value in (*([binding.value] if binding is not None else []), *self._held.get(one, ())):
                found.setdefault(id(value), value)
            for given in self._given.get(one, ()):
                more: set[str] = set()
                self._collect(given, found, more)
                pending.extend(more - names)
                names |= more
        return changing(value for value in found.values() if not isinstance(value, Library))

    def of(self, node: ast.expr) -> tuple[Value, ...]:
        """What an expression may give, or hold."""
        found: dict[int, Value] = {}
        names: set[str] = set()
        self._collect(node, found, names)
        for name in names:
            found.update((id(value), value) for value in self.named(name))
        return changing(value for value in found.values() if not isinstance(value, Library))

    def knows(self, name: str) -> bool:
        """Whether these statements bind it."""
        return name in self._given or name in self._held

    def _collect(self, node: ast.expr, found: dict[int, Value], names: set[str]) -> None:
        WORK.done += 4
        module = _imported_by(node)
        if module is not None:
            path = self._run.source.find(module, self._frame.module.path)
            made = self._run.modules.get(path) if path is not None else None
            if made is not None:
                found.setdefault(id(made), made)
            return
        match node:
            case ast.Constant() | ast.JoinedStr() | ast.Compare():
                return
            case ast.Name(id=name):
                names.add(name)
                return
            case ast.Attribute() | ast.Subscript():
                root: ast.expr = node
                while isinstance(root, ast.Attribute):
                    root = root.value
                if isinstance(root, ast.Name) and not self.knows(root.id):
                    held = behind(self._run, node, self._frame)
                    if held is not None:
                        found.setdefault(id(held), held)
                    return
                self._collect(node.value, found, names)
                return
            case ast.Lambda(body=body):
                function = self._function(node, "<lambda>")
                found.setdefault(id(function), function)
                self._collect(body, found, names)
                return
            case ast.Call():
                self._collect_call(node, found, names)
                return
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self._collect(child, found, names)
            elif isinstance(child, ast.comprehension):
                self._collect(child.iter, found, names)

    def _collect_call(self, node: ast.Call, found: dict[int, Value], names: set[str]) -> None:
        arguments = [*node.args, *(item.value for item in node.keywords)]
        function = node.func
        if only_looks(self._run, function, self._frame):
            name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            if name in _SCALARS:
                return
            inner: dict[int, Value] = {}
            for argument in arguments:
                self._collect(argument, inner, names)
            for value in inner.values():
                # A copy: what is in it is the same, it itself is not.
                for one in _parts(value) if name in _MADE else (value,):
                    found.setdefault(id(one), one)
            return
        if isinstance(function, ast.Attribute):
            inner = {}
            self._collect(function.value, inner, names)
            for value in inner.values():
                for one in _parts(value) if isinstance(value, Seq | Map) else (value,):
                    found.setdefault(id(one), one)
        else:
            self._collect(function, found, names)
        for argument in arguments:
            self._collect(argument, found, names)
        callee = behind(self._run, function, self._frame)
        for option in callee.options if isinstance(callee, Joined) else (callee,):
            if isinstance(option, Function):
                found.update((id(value), value) for value in self.returned(option))

    def returned(self, function: Function) -> tuple[Value, ...]:
        """What a function of the repository may give: what stands behind its `return`."""
        body = function.node
        if not isinstance(function.frame, Frame) or self._depth > MAX_DEPTH:
            return ()
        if id(body) in self._known:
            return self._known[id(body)]
        self._known[id(body)] = ()  # of one that calls itself
        inner = Frame(Namespace(), function.frame.module, function.frame)
        if isinstance(body, ast.Lambda):
            given = [body.body]
            parts = list(self._run.parts(body))
        elif isinstance(body, ast.FunctionDef | ast.AsyncFunctionDef):
            parts = [part for statement in body.body for part in self._run.parts(statement)]
            given = [
                part.value
                for part in parts
                if isinstance(part, ast.Return | ast.Yield | ast.YieldFrom) and part.value is not None
            ]
        else:
            return ()
        WORK.done += 4 * len(parts)
        aliases = Aliases(self._run, parts, inner, self._known, self._depth + 1)
        found = {id(value): value for one in given for value in aliases.of(one)}
        self._known[id(body)] = tuple(found.values())
        return self._known[id(body)]


def given_back(run: Run, function: Function) -> tuple[Value, ...]:
    """The objects that a function of the repository may give to who calls it, as far as it has them from outside."""
    if not isinstance(function.frame, Frame):
        return ()
    return Aliases(run, (), function.frame).returned(function)


def _imported_by(node: ast.expr) -> str | None:
    """`importlib.import_module("a.b")`, `sys.modules["a.b"]`: the module."""
    match node:
        case ast.Call(
            func=ast.Name(id=name) | ast.Attribute(attr=name), args=[ast.Constant(value=str() as module), *_]
        ):
            return module if name in {"import_module", "__import__"} else None
        case ast.Subscript(value=ast.Attribute(attr="modules"), slice=ast.Constant(value=str() as module)):
            return module
        case _:
            return None


def _parts(value: Value) -> Sequence[Value]:
    """What is in a list, a table or an object."""
    match value:
        case Module(namespace=names) | Instance(attributes=names) | Class(attributes=names):
            cls = value.cls if isinstance(value, Instance) else value if isinstance(value, Class) else None
            spaces = [names, *(one.attributes for one in (cls.order if cls is not None else ()))]
            return [binding.value for space in spaces for binding in space.names.values()]
        case Joined(options=options):
            return [part for option in options for part in _parts(option)]
        case Seq() | Map():
            return parts_of(value)
        case _:
            return [value]


def only_looks(run: Run, function: ast.expr, frame: Frame) -> bool:
    """Whether it is a function of Python that changes nothing of what it is given."""
    name = ""
    if isinstance(function, ast.Name):
        found = run.lookup(frame, function.id)
        if found is None and function.id in BUILTINS:
            name = f"builtins.{function.id}"
        elif found is not None and isinstance(found.value, Library):
            name = found.value.dotted
    elif isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        found = run.lookup(frame, function.value.id)
        if found is not None and isinstance(found.value, Library):
            name = f"{found.value.dotted}.{function.attr}"
    return name in _ONLY_LOOKING and name not in run.patched


def behind(run: Run, node: ast.expr, frame: Frame, *, called: bool = False) -> Value | None:
    """What an expression may change when it is handed over: what its name holds, or an attribute of that.

    called: it is a function that is called, so that its owner may change."""
    names: list[str] = []
    while isinstance(node, ast.Subscript | ast.Attribute | ast.Starred | ast.Call):
        if isinstance(node, ast.Attribute):
            names.append(node.attr)
        else:
            names.clear()  # what is behind an item or a result is not followed
        node = node.func if isinstance(node, ast.Call) else node.value
    if not isinstance(node, ast.Name):
        return None
    found = run.lookup(frame, node.id)
    value = found.value if found is not None else None
    least = 1 if called else 0
    while len(names) > least or (names and isinstance(value, Module)):
        inner = _held(value, names[-1])
        if inner is None:
            return None if isinstance(value, Module) else value
        names.pop()
        value = inner
    return value


def _held(value: Value | None, name: str) -> Value | None:
    """An attribute as it lies there: no property is computed."""
    if isinstance(value, Module):
        spaces = [value.namespace]
    elif isinstance(value, Instance):
        spaces = [value.attributes, *(one.attributes for one in (value.cls.order if value.cls else ()))]
    elif isinstance(value, Class):
        spaces = [one.attributes for one in value.order]
    else:
        return None
    for space in spaces:
        found = space.get(name)
        if found is not None:
            return None if isinstance(found.value, Function) and not isinstance(value, Module) else found.value
    return None
