"""What statements may write that are not followed: a loop whose end is not known, code that is only handed over.

Names are found as they are written down. An object may have several: what a name that the statements bind may stand
for is what stands on the right of any of its assignments, whatever the order (a points-to analysis that knows of no
order and no way). Whatever may be another name of an object is taken to be one.
"""

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from hardencheck.collect.interpret import library, models
from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.frames import MAX_BEHIND, MAX_DEPTH, MAX_ITEMS, MAX_REACHED, Frame, OutOfBudget
from hardencheck.collect.interpret.values import (
    ABSENT,
    WORK,
    Binding,
    Class,
    Const,
    Depends,
    Function,
    Instance,
    Joined,
    Lazy,
    Library,
    Map,
    Method,
    Module,
    Namespace,
    Object,
    Seq,
    Unknown,
    Value,
    changing,
    join,
    now,
    parts_of,
    perhaps_absent,
)
from hardencheck.lazily import compiled

if TYPE_CHECKING:
    from hardencheck.collect.interpret.interpreter import Interpreter

_REACHING = frozenset({"exec", "eval", "globals", "locals", "vars", "setattr"})
# Readers of the environment.
_READERS = frozenset({"environ.Env", "environs", "environs.Env", "decouple.Config", "starlette.config"})
_ONLY_LOOKING = library.LOOKING | {"builtins.getattr", "copy.copy", "copy.deepcopy"}
_ENVIRONMENT_CHANGES = frozenset({"setdefault", "update", "pop", "clear", "popitem", "__setitem__", "__delitem__"})
_ENVIRONMENT_LOADERS = frozenset({"putenv", "unsetenv", "read_env", "load_dotenv"})


class Act(Protocol):
    """What is done to all that some statements may write."""

    def name(
        self, frame: Frame, name: str, line: int, reach: tuple[Value, ...] = (), *, gone: bool = False
    ) -> None: ...
    def all(self, names: Namespace, prefix: str = "") -> None: ...
    def thing(self, value: Value, written: bool = False, deep: bool = True) -> None: ...
    def environment(self) -> None: ...


class Done:
    """What one act has been at: each function is looked into and each object spoiled once, by whatever way it is
    reached. Objects are kept, so that none takes the place of another."""

    def __init__(self) -> None:
        self._functions: set[int] = set()
        self._reached: dict[tuple[int, str], Value] = {}
        self._behind: dict[int, Value] = {}
        self._pending: list[Callable[[], None]] = []
        self._busy = False

    def behind(self, value: Value) -> bool:
        """Whether it is the first time that what may be called behind this value is asked for."""
        if id(value) in self._behind:
            return False
        self._behind[id(value)] = value
        return True

    def look_into(self, node: object, look: Callable[[], None]) -> None:
        """Once, when what is looked at now is done: functions that call each other would be a deep stack.

        Raises OutOfBudget.
        """
        if id(node) in self._functions:
            return
        self._functions.add(id(node))
        if len(self._functions) > MAX_BEHIND:
            raise OutOfBudget
        self._pending.append(look)

    def finish(self) -> None:
        """Look into what is left, unless that is being done."""
        if self._busy:
            return
        self._busy = True
        try:
            while self._pending:
                self._pending.pop()()
        finally:
            self._busy = False

    def reached(self, value: Value, reason: str) -> Iterator[Value]:
        """As `reached`, but for what has been reached before for this reason. Raises OutOfBudget."""
        stack = [value]
        while stack:
            one = stack.pop()
            if (id(one), reason) in self._reached or isinstance(one, Const | Library):
                continue
            self._reached[id(one), reason] = one
            if len(self._reached) > MAX_REACHED:
                raise OutOfBudget
            WORK.done += 1
            stack.extend(_inside(one))
            if not isinstance(one, Unknown):
                yield one


class Tainting:
    """It is not known afterwards."""

    def __init__(self, interpreter: "Interpreter", why: Unknown, done: Done) -> None:
        self._interpreter, self._why, self._done = interpreter, why, done

    def name(self, frame: Frame, name: str, line: int, reach: tuple[Value, ...] = (), *, gone: bool = False) -> None:
        value: Value = replace(self._why, reach=(*self._why.reach, *reach))
        before = self._interpreter.names_of(frame, name).names.get(name)
        if gone or before is None or perhaps_absent(before.value):
            value = join([ABSENT, value])
        self._interpreter.bind(frame, name, value, line)

    def all(self, names: Namespace, prefix: str = "") -> None:
        self._interpreter.touch(names)
        names.taint(self._why, prefix)

    def thing(self, value: Value, written: bool = False, deep: bool = True) -> None:
        why = replace(self._why, reason="tainted") if written else self._why
        for one in self._done.reached(value, why.reason) if deep else [value]:
            self._interpreter.spoil(one, why)

    def environment(self) -> None:
        self._interpreter.touch(self._interpreter.exported)
        self._interpreter.exported.taint()


class Marking:
    """It is as it is, unless these variables say otherwise."""

    def __init__(self, interpreter: "Interpreter", depends: Depends) -> None:
        self._interpreter, self._depends = interpreter, depends

    def name(self, frame: Frame, name: str, line: int, reach: tuple[Value, ...] = (), *, gone: bool = False) -> None:
        names = self._interpreter.names_of(frame, name)
        self._interpreter.touch(names)
        names.mark_name(name, self._depends)

    def all(self, names: Namespace, prefix: str = "") -> None:
        self._interpreter.touch(names)
        names.mark_all(self._depends, prefix)

    def environment(self) -> None:
        self._interpreter.exported.depends |= self._depends

    def thing(self, value: Value, written: bool = False, deep: bool = True) -> None:
        found, seen = [*(reached(value) if deep else [value])], set[int]()
        while found:
            one = found.pop()
            if isinstance(one, Seq | Map):
                one.depends |= self._depends
            elif isinstance(one, Module):
                self.all(one.namespace)
            elif isinstance(one, Instance | Class):
                self.all(one.attributes)
            elif isinstance(one, Object) and models.find("SPOILS", one.kind) is not None and id(one) not in seen:
                seen.add(id(one))  # an application and its configuration hold each other
                for part in one.state.values():
                    found.extend(reached(part))


def reached(value: Value) -> Iterator[Value]:
    """A value and all that whoever has it can change."""
    stack, seen = [value], set[int]()
    while stack and len(seen) < MAX_ITEMS:
        one = stack.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        stack.extend(_inside(one))
        if not isinstance(one, Const | Library | Unknown):
            yield one


def _inside(value: Value) -> Iterable[Value]:
    """What can be had from a value at once."""
    if isinstance(value, Const | Library):
        return ()
    if isinstance(value, Seq):
        return (*value.items, *value.extra)
    if isinstance(value, Map):
        return (*value.items.values(), *value.lost)
    if isinstance(value, Instance):
        return [item.value for item in value.attributes.names.values()]
    if isinstance(value, Joined):
        return value.options
    if isinstance(value, Method):
        return (value.owner,)
    if isinstance(value, Unknown):
        return value.reach
    if isinstance(value, Function):
        return (value.owner,) if value.owner is not None else ()
    if isinstance(value, Lazy):
        return value.of
    if isinstance(value, Object) and models.find("SPOILS", value.kind) is None:
        return list(value.state.values())
    return ()


_SCALARS = frozenset({
    "isinstance", "issubclass", "id", "hash", "repr", "str", "len", "bool", "callable", "hasattr", "int", "float",
    "any", "all", "deepcopy", "print", "dir", "format", "abs", "round", "range", "ord", "chr", "hex", "bytes",
})  # fmt: skip
_MADE = frozenset(
    {"list", "tuple", "set", "frozenset", "dict", "sorted", "reversed", "enumerate", "zip", "copy", "getattr"}
)
_ASKING = frozenset({"getattr", "hasattr", "getmembers", "attrgetter", "vars", "dir"})
# Of a class: what Python asks for only when it is written down in full, and what says nothing but the object's name.
_PLAIN_METHODS = frozenset({
    "__init__", "__new__", "__post_init__", "__init_subclass__", "__class_getitem__", "__set_name__", "__str__",
    "__repr__", "__hash__", "__module__", "__doc__", "__qualname__", "__slots__", "__annotations__", "__dict__",
})  # fmt: skip


class Aliases:
    """Which objects the names may stand for that some statements bind, whatever way is taken through them."""

    def __init__(
        self,
        interpreter: "Interpreter",
        parts: Iterable[ast.AST],
        frame: Frame,
        known: dict[int, tuple[Value, ...]] | None = None,
        depth: int = 0,
    ) -> None:
        self._interpreter, self._frame, self._depth = interpreter, frame, depth
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
            binding = self._interpreter.lookup(self._frame, one)
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
            path = self._interpreter.source.find(module, self._frame.module.path)
            made = self._interpreter.modules.get(path) if path is not None else None
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
                    held = behind(self._interpreter, node, self._frame)
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
        if only_looks(self._interpreter, function, self._frame):
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
        callee = behind(self._interpreter, function, self._frame)
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
            parts = list(self._interpreter.parts(body))
        elif isinstance(body, ast.FunctionDef | ast.AsyncFunctionDef):
            parts = [part for statement in body.body for part in self._interpreter.parts(statement)]
            given = [
                part.value
                for part in parts
                if isinstance(part, ast.Return | ast.Yield | ast.YieldFrom) and part.value is not None
            ]
        else:
            return ()
        WORK.done += 4 * len(parts)
        aliases = Aliases(self._interpreter, parts, inner, self._known, self._depth + 1)
        found = {id(value): value for one in given for value in aliases.of(one)}
        self._known[id(body)] = tuple(found.values())
        return self._known[id(body)]


def computed_apart(interpreter: "Interpreter", lazy: Lazy, body: Sequence[ast.stmt], frame: Frame) -> bool:
    """Whether it is all the same when its items are computed: before a loop over them, or between its rounds."""
    if not isinstance(lazy.node, ast.AST) or not isinstance(lazy.frame, Frame):
        return True
    code, loop = _Touched(interpreter), _Touched(interpreter)
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

    def __init__(self, interpreter: "Interpreter") -> None:
        self._interpreter = interpreter
        self._seen: set[int] = set()
        self.names: set[str] = set()
        self.written: set[str] = set()

    def clashes(self, other: "_Touched") -> bool:
        """Whether this writes what the other one speaks of."""
        if (self.written & _REACHING and other.names) or (other.names & _REACHING and self.written):
            return True
        return not self.written.isdisjoint(other.names)

    def by_generator(self, node: ast.GeneratorExp, frame: Frame) -> None:
        """What it goes over first is asked for once, and its own names are nobody else's."""
        first, *others = node.generators
        for part in (node.elt, *first.ifs, *others):
            self.by(part, frame)
        own = {name for generator in node.generators for name in _roots(generator.target)}
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
                    if name not in library.BUILTINS or name in _REACHING:
                        self.names.add(name)
                    if not isinstance(how, ast.Load):
                        self.written.add(name)
                    self.by_call(behind(self._interpreter, part, frame))
                case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
                    self.written.update(_roots(part))
                case ast.Call(func=function) if not only_looks(self._interpreter, function, frame):
                    if not isinstance(behind(self._interpreter, function, frame), Function):
                        self.written.update(_roots(part))
                case ast.Global(names=names) | ast.Nonlocal(names=names):
                    self.written.update(names)


def _roots(node: ast.AST) -> Iterator[str]:
    return (part.id for part in ast.walk(node) if isinstance(part, ast.Name))


def given_back(interpreter: "Interpreter", function: Function) -> tuple[Value, ...]:
    """The objects that a function of the repository may give to who calls it, as far as it has them from outside."""
    if not isinstance(function.frame, Frame):
        return ()
    return Aliases(interpreter, (), function.frame).returned(function)


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


class Written:
    """Does something (`act`) to all that statements, or functions that are called, may write."""

    def __init__(self, interpreter: "Interpreter", act: Act, done: Done) -> None:
        self._interpreter, self._act, self._done = interpreter, act, done

    def by(self, nodes: Iterable[ast.AST], frame: Frame) -> None:
        """What these statements may write."""
        self._over([self._interpreter.parts(node) for node in nodes], frame, called=False)
        self._done.finish()

    def by_call(self, value: Value) -> None:
        """What the functions behind a value may write."""
        self._behind_call(value)
        self._done.finish()

    def _behind_call(self, value: Value) -> None:
        pending = [value]
        while pending:
            one = pending.pop()
            if isinstance(one, Function):
                if isinstance(one.frame, Frame):
                    body: Sequence[ast.AST] = []
                    if isinstance(one.node, ast.FunctionDef | ast.AsyncFunctionDef):
                        body = one.node.body
                    elif isinstance(one.node, ast.Lambda):
                        body = [one.node.body]
                    self._once(one.node, body, one.frame)
                continue
            if not isinstance(one, Class | Instance | Joined | Unknown | Lazy) or not self._done.behind(one):
                continue  # a class that is held by what it holds has been met before
            if isinstance(one, Class | Instance):
                cls = one if isinstance(one, Class) else one.cls
                for base in cls.order if cls is not None else ():
                    pending.extend(binding.value for binding in base.attributes.names.values())
            elif isinstance(one, Joined):
                pending.extend(one.options)
            elif isinstance(one, Unknown):
                pending.extend(held for held in one.reach if isinstance(held, Function | Unknown))
            elif isinstance(one.frame, Frame):
                self._once(one.node, [one.node] if isinstance(one.node, ast.AST) else [], one.frame)
                pending.extend(one.of)

    def _once(self, node: object, body: Sequence[ast.AST], frame: Frame) -> None:
        def look() -> None:
            within = Frame(Namespace(), frame.module, frame)
            self._over([self._interpreter.parts(one) for one in body], within, called=True)

        self._done.look_into(node, look)

    def _over(self, rows: list[Sequence[ast.AST]], frame: Frame, *, called: bool) -> None:
        WORK.done += 8 * sum(map(len, rows))
        self._interpreter.step(0)
        aliases = Aliases(self._interpreter, (part for parts in rows for part in parts), frame)
        if not called:
            for imported in (one for parts in rows for one in _imports(parts[0])):
                aliases.bound(self._imported(imported, frame))
        met: set[str] = set()
        asked = {getattr(part, "attr", getattr(part, "id", "")) for parts in rows for part in parts}
        for parts in rows:
            prefixed: dict[int, str | None] | None = None
            for part in parts:
                match part:
                    case ast.Name(id=name, ctx=ast.Load()):
                        if name not in met:
                            met.add(name)
                            self._used(self._interpreter.lookup(frame, name), asked)
                    case ast.Call():
                        if isinstance(part.func, ast.Name) and part.func.id in _REACHING:
                            prefixed = prefixed if prefixed is not None else _prefixed(parts[0])
                            prefix = prefixed.get(id(part), "")
                            if prefix is not None:
                                self._act.all(frame.module.namespace, prefix)
                                self._act.all(frame.names, prefix)
                        self._call(part, frame, aliases)
                    case ast.Return(value=value) | ast.Yield(value=value) | ast.YieldFrom(value=value):
                        # Whoever calls a function asks for what it gives himself.
                        for one in aliases.of(value) if value is not None and not called else ():
                            self._act.thing(one)
                    case _:
                        self._part(part, frame, aliases)

    def _part(self, part: ast.AST, frame: Frame, aliases: Aliases) -> None:
        act = self._act
        match part:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del() as how, lineno=line):
                act.name(frame, name, line, aliases.named(name), gone=isinstance(how, ast.Del))
            case ast.ExceptHandler(name=str() as name, lineno=line):
                act.name(frame, name, line, gone=True)
            case ast.MatchAs(name=str() as name, lineno=line) | ast.MatchStar(name=str() as name, lineno=line):
                act.name(frame, name, line, aliases.named(name))
            case ast.MatchMapping(rest=str() as name, lineno=line):
                act.name(frame, name, line, aliases.named(name))
            case ast.ImportFrom(names=[ast.alias(name="*")]):
                self._star(part, frame)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                for item in names:
                    name = (item.asname or item.name).partition(".")[0]
                    act.name(frame, name, part.lineno, aliases.named(name))
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                act.name(frame, name, part.lineno, aliases.named(name))
                for decorator in part.decorator_list:
                    self._called(decorator, frame, aliases)
            case ast.Assign(targets=targets, value=value):
                self._stored(targets, value, aliases)
            case ast.AnnAssign(target=target, value=value) if value is not None:
                self._stored([target], value, aliases)
            case ast.AugAssign(target=target, value=value):
                # A list is changed in place, whatever its other names are.
                for one in changing(self._behind(target, frame, aliases)):
                    act.thing(one, deep=False)
                for one in aliases.of(value):
                    act.thing(one)
            case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
                self._stored([target], value, aliases)
            case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
                if of_the_environment(part.value):
                    act.environment()
                # `x[k] = v` changes x, and nothing that is in it.
                deep = not isinstance(part.value, ast.Name) or aliases.knows(part.value.id)
                for held in self._behind(part.value, frame, aliases):
                    act.thing(held, _reaches_settings(part), deep=deep)
            case ast.Global(names=globals_):
                for name in globals_:
                    act.name(Frame(frame.module.namespace, frame.module), name, part.lineno, aliases.named(name))
            case ast.Nonlocal(names=outer):
                within = Frame(Namespace(), frame.module, frame)
                within.nonlocals.update(outer)
                for name in outer:
                    act.name(within, name, part.lineno, aliases.named(name))

    def _stored(self, targets: Sequence[ast.expr], value: ast.expr, aliases: Aliases) -> None:
        """What is put into an object: it may be had from there, nobody knows under which name."""
        if any(isinstance(part, ast.Subscript | ast.Attribute) for target in targets for part in ast.walk(target)):
            for one in aliases.of(value):
                self._act.thing(one)

    def _behind(self, node: ast.expr, frame: Frame, aliases: Aliases, *, called: bool = False) -> list[Value]:
        held = behind(self._interpreter, node, frame, called=called)
        found = [held] if held is not None else []
        root: ast.expr = node
        while isinstance(root, ast.Subscript | ast.Attribute | ast.Starred):
            root = root.value
        if not isinstance(root, ast.Name) or aliases.knows(root.id):
            found.extend(aliases.of(node))
        return found

    def _call(self, part: ast.Call, frame: Frame, aliases: Aliases) -> None:
        if _changes_the_environment(part.func):
            self._act.environment()
        arguments = [*part.args, *(item.value for item in part.keywords)]
        if only_looks(self._interpreter, part.func, frame):
            # What it is given stays as it is; what gives its items once, and functions, do not.
            for inner in arguments:
                for held in self._behind(inner, frame, aliases):
                    if isinstance(held, Function | Class | Instance | Lazy):
                        self._act.thing(held)
                        self._behind_call(held)
            return
        callee = self._called(part.func, frame, aliases)
        about = isinstance(callee, Function) and about_settings(callee)
        for inner in arguments:
            for held in self._behind(inner, frame, aliases):
                self._act.thing(held, about)
                self._behind_call(held)

    def _called(self, function: ast.expr, frame: Frame, aliases: Aliases) -> Value | None:
        for held in self._behind(function, frame, aliases, called=True):
            if isinstance(held, Object) and held.kind in _READERS:
                continue  # asked for a variable, it stays what it is
            self._act.thing(held, _reaches_settings(function))
            self._behind_call(held)
        return behind(self._interpreter, function, frame)

    def _used(self, binding: Binding | None, asked: set[str]) -> None:
        """An object whose class says what its operators and attributes do is called by using it.

        asked: the names and attributes that the code speaks of."""
        held = binding.value if binding is not None else None
        for one in held.options if isinstance(held, Joined) else (held,):
            if isinstance(one, Instance) and one.cls is not None:
                answers = list(_answers(one.cls, None if asked & _ASKING else asked))
                for method in answers:
                    self._behind_call(method)
                if any(_writes(method) for method in answers):
                    self._act.thing(one)

    def _star(self, part: ast.ImportFrom, frame: Frame) -> None:
        run = self._interpreter
        path = run.source.find("." * part.level + (part.module or ""), frame.module.path)
        found = run.module(path).namespace if path is not None else None
        for name, binding in list(found.names.items()) if found is not None else ():
            self._act.name(frame, name, part.lineno, changing([binding.value]))
        if found is None or found.rest is not None or run.is_running(path):
            self._act.all(frame.names)

    def _imported(self, part: ast.Import | ast.ImportFrom, frame: Frame) -> Namespace:
        """What a module of the repository changes elsewhere that is perhaps imported; the names that it gives."""
        scratch = Frame(Namespace(), frame.module)
        since = now()
        with self._interpreter.watching() as journal:
            try:
                self._interpreter.imported(part, scratch)
            except Raised:
                pass
        for thing, _ in journal.values():
            if thing.born >= since:
                continue
            if isinstance(thing, Namespace):
                self._act.all(thing)
            else:
                self._act.thing(thing, deep=False)
        return scratch.names


def _imports(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Those that run with a statement; not those of functions that it only defines."""
    pending = [node]
    while pending:
        one = pending.pop()
        if isinstance(one, ast.Import | ast.ImportFrom):
            yield one
        elif isinstance(one, ast.stmt | ast.ExceptHandler | ast.match_case):
            if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
                pending.extend(ast.iter_child_nodes(one))


def _answers(cls: Class, asked: set[str] | None) -> Iterator[Function]:
    """The methods of a class of the repository that its operators, its attributes or `with` call.

    asked: the attributes that are asked for; None: any."""
    for one in cls.order:
        for name, binding in one.attributes.names.items():
            held = binding.value
            if isinstance(held, Function):
                if name.startswith("__"):
                    if name not in _PLAIN_METHODS:
                        yield held
                elif held.how == "property" and (asked is None or name in asked):
                    yield held
            elif isinstance(held, Instance) and held.cls is not None:  # a descriptor
                for inner in (item.value for base in held.cls.order for item in base.attributes.names.values()):
                    if isinstance(inner, Function):
                        yield inner


def _writes(method: Function) -> bool:
    """Whether a method does more than look at its object: it sets something, or hands the object on."""
    node = method.node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not node.args.args:
        return True
    own = node.args.args[0].arg
    for part in ast.walk(node):
        WORK.done += 4
        if isinstance(part, ast.Attribute | ast.Subscript) and not isinstance(part.ctx, ast.Load):
            if own in _roots(part):
                return True
        elif isinstance(part, ast.Call):
            called = part.func
            while isinstance(called, ast.Attribute) and called.attr not in library.READING:
                called = called.value
            handed = (called, *part.args, *(item.value for item in part.keywords))
            if any(isinstance(one, ast.Name) and one.id == own for one in handed):
                return True
    return False


def only_looks(interpreter: "Interpreter", function: ast.expr, frame: Frame) -> bool:
    """Whether it is a function of Python that changes nothing of what it is given."""
    name = ""
    if isinstance(function, ast.Name):
        found = interpreter.lookup(frame, function.id)
        if found is None and function.id in library.BUILTINS:
            name = f"builtins.{function.id}"
        elif found is not None and isinstance(found.value, Library):
            name = found.value.dotted
    elif isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        found = interpreter.lookup(frame, function.value.id)
        if found is not None and isinstance(found.value, Library):
            name = f"{found.value.dotted}.{function.attr}"
    return name in _ONLY_LOOKING and name not in interpreter.patched


def behind(interpreter: "Interpreter", node: ast.expr, frame: Frame, *, called: bool = False) -> Value | None:
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
    found = interpreter.lookup(frame, node.id)
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


def of_the_environment(node: ast.expr) -> bool:
    """`os.environ` or `environ`."""
    return (isinstance(node, ast.Name) and node.id == "environ") or (
        isinstance(node, ast.Attribute) and node.attr == "environ"
    )


def _reaches_settings(function: ast.expr) -> bool:
    """`app.config.update`, `app.secret_key`: whether it changes the settings of an application."""
    if isinstance(function, ast.Attribute) and isinstance(function.ctx, ast.Load):
        if function.attr not in _SETTINGS_CHANGES:
            return False
    return any(isinstance(part, ast.Attribute) and part.attr in _SETTINGS_OF for part in ast.walk(function))


def about_settings(function: Function) -> bool:
    """Whether a function speaks of the settings of an application, which it may be given."""
    body = function.node
    if not isinstance(body, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return True
    return any(isinstance(part, ast.Attribute) and part.attr in _SETTINGS_OF for part in ast.walk(body))


_SETTINGS_CHANGES = frozenset({
    "update", "setdefault", "pop", "clear", "popitem", "__setitem__", "from_object", "from_pyfile", "from_mapping",
    "from_envvar", "from_prefixed_env", "from_file", "from_json", "update_config", "load_environment_vars",
})  # fmt: skip


_SETTINGS_OF = frozenset({"config", "secret_key", "debug", "testing", "add_middleware"})
SETTINGS_WORDS = compiled(rb"\.(?:config\b(?!\s+import)|secret_key|debug\s*=|testing\s*=|add_middleware)")


def _changes_the_environment(function: ast.expr) -> bool:
    """Whether a call of it may: `os.environ.setdefault`, `load_dotenv`."""
    name = (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )
    if isinstance(function, ast.Attribute) and name in _ENVIRONMENT_CHANGES:
        return of_the_environment(function.value)
    return name in _ENVIRONMENT_LOADERS


def _prefixed(node: ast.AST) -> dict[int, str | None]:
    """`if name.startswith("X_"): globals()[name] = ...`: call (by id) -> prefix of the names that it reaches; None for
    one that only looks: `for name in globals()`, `globals()["X"]`, `globals().get("X")`."""
    found: dict[int, str | None] = {}
    for part in ast.walk(node):
        WORK.done += 4
        match part:
            case ast.Subscript(value=ast.Call() as looked, ctx=ast.Load()):
                found[id(looked)] = None
            case ast.Attribute(value=ast.Call() as looked, attr="get" | "items" | "keys" | "values" | "copy"):
                found[id(looked)] = None
            case ast.comprehension(iter=ast.Call() as looked) | ast.For(iter=ast.Call() as looked):
                found[id(looked)] = None
            case ast.Compare(comparators=[ast.Call() as looked]):
                found[id(looked)] = None
            case ast.Call(
                func=ast.Name(id="sorted" | "list" | "dict" | "len" | "tuple" | "set"), args=[ast.Call() as looked]
            ):
                found[id(looked)] = None
            case ast.If(test=ast.BoolOp(op=ast.And(), values=tests)):
                for test in tests:
                    found.update(_under_prefix(part, test))
            case ast.If(test=test):
                found.update(_under_prefix(part, test))
    return found


def _under_prefix(part: ast.If, test: ast.expr) -> Iterator[tuple[int, str]]:
    match test:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=name), attr="startswith"),
            args=[ast.Constant(value=str() as prefix)],
        ):
            inside = [one for statement in part.body for one in ast.walk(statement)]
            WORK.done += 4 * len(inside)
            if any(isinstance(one, ast.Name) and one.id == name and isinstance(one.ctx, ast.Store) for one in inside):
                return  # it is another name by then
            for inner in inside:
                match inner:
                    case ast.Subscript(
                        value=ast.Call(func=ast.Name(id="globals" | "vars" | "locals")) as call,
                        slice=ast.Name(id=written),
                        ctx=ast.Store() | ast.Del(),
                    ) if written == name:
                        yield id(call), prefix
                    case ast.Call(func=ast.Name(id="setattr"), args=[_, ast.Name(id=written), _]) if written == name:
                        yield id(inner), prefix
