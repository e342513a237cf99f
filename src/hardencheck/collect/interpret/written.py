"""What statements may write that are not followed: a loop whose end is not known, code that is only handed over.

Names are found as they are written down. An object may have several: what a name that the statements bind may stand
for is what stands on the right of any of its assignments, whatever the order (a points-to analysis that knows of no
order and no way). Whatever may be another name of an object is taken to be one.
"""

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from hardencheck.collect.interpret.about import (
    about_settings,
    changes_the_environment,
    of_the_environment,
    reaches_settings,
)
from hardencheck.collect.interpret.aliases import Aliases, behind, only_looks
from hardencheck.collect.interpret.apart import REACHING, roots
from hardencheck.collect.interpret.done import Done
from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.frames import Frame
from hardencheck.collect.interpret.modelling import find
from hardencheck.collect.interpret.python_names import READING
from hardencheck.collect.interpret.run import Run
from hardencheck.collect.interpret.spoiling import reached, reached_once, spoil
from hardencheck.collect.interpret.values import (
    ABSENT,
    WORK,
    Binding,
    Class,
    Depends,
    Function,
    Instance,
    Joined,
    Lazy,
    Map,
    Module,
    Namespace,
    Object,
    Seq,
    Unknown,
    Value,
    changing,
    join,
    now,
    perhaps_absent,
)

# Readers of the environment.
_READERS = frozenset({"environ.Env", "environs", "environs.Env", "decouple.Config", "starlette.config"})
_ASKING = frozenset({"getattr", "hasattr", "getmembers", "attrgetter", "vars", "dir"})
# Of a class: what Python asks for only when it is written down in full, and what says nothing but the object's name.
_PLAIN_METHODS = frozenset({
    "__init__", "__new__", "__post_init__", "__init_subclass__", "__class_getitem__", "__set_name__", "__str__",
    "__repr__", "__hash__", "__module__", "__doc__", "__qualname__", "__slots__", "__annotations__", "__dict__",
})  # fmt: skip


def taint_written(run: Run, nodes: Iterable[ast.AST], frame: Frame, why: Unknown) -> None:
    """All that these statements may write is not known: names, and what the objects behind them hold."""
    with run.tainting() as done:
        Written(run, Tainting(run, why, done), done).by(nodes, frame)


def over_called(run: Run, values: Iterable[Value], why: Unknown) -> None:
    """What the functions behind these may write is not known: whoever has them can call them."""
    with run.tainting() as done:
        for value in values:
            Written(run, Tainting(run, why, done), done).by_call(value)


def mark_written(run: Run, nodes: Iterable[ast.AST], frame: Frame, depends: Depends) -> None:
    """All that these statements may write depends on these variables: whether or how often they run does."""
    if depends:
        Written(run, Marking(run, depends), Done()).by(nodes, frame)


class Act(Protocol):
    """What is done to all that some statements may write."""

    def name(
        self, frame: Frame, name: str, line: int, reach: tuple[Value, ...] = (), *, gone: bool = False
    ) -> None: ...
    def all(self, names: Namespace, prefix: str = "") -> None: ...
    def thing(self, value: Value, written: bool = False, deep: bool = True) -> None: ...
    def environment(self) -> None: ...


class Tainting:
    """It is not known afterwards."""

    def __init__(self, run: Run, why: Unknown, done: Done) -> None:
        self._run, self._why, self._done = run, why, done

    def name(self, frame: Frame, name: str, line: int, reach: tuple[Value, ...] = (), *, gone: bool = False) -> None:
        value: Value = replace(self._why, reach=(*self._why.reach, *reach))
        before = self._run.names_of(frame, name).names.get(name)
        if gone or before is None or perhaps_absent(before.value):
            value = join([ABSENT, value])
        self._run.bind(frame, name, value, line)

    def all(self, names: Namespace, prefix: str = "") -> None:
        self._run.touch(names)
        names.taint(self._why, prefix)

    def thing(self, value: Value, written: bool = False, deep: bool = True) -> None:
        why = replace(self._why, reason="tainted") if written else self._why
        for one in reached_once(self._done, value, why.reason) if deep else [value]:
            spoil(self._run, one, why)

    def environment(self) -> None:
        self._run.touch(self._run.exported)
        self._run.exported.taint()


class Marking:
    """It is as it is, unless these variables say otherwise."""

    def __init__(self, run: Run, depends: Depends) -> None:
        self._run, self._depends = run, depends

    def name(self, frame: Frame, name: str, line: int, reach: tuple[Value, ...] = (), *, gone: bool = False) -> None:
        names = self._run.names_of(frame, name)
        self._run.touch(names)
        names.mark_name(name, self._depends)

    def all(self, names: Namespace, prefix: str = "") -> None:
        self._run.touch(names)
        names.mark_all(self._depends, prefix)

    def environment(self) -> None:
        self._run.exported.depends |= self._depends

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
            elif isinstance(one, Object) and find("SPOILS", one.kind) is not None and id(one) not in seen:
                seen.add(id(one))  # an application and its configuration hold each other
                for part in one.state.values():
                    found.extend(reached(part))


class Written:
    """Does something (`act`) to all that statements, or functions that are called, may write."""

    def __init__(self, run: Run, act: Act, done: Done) -> None:
        self._run, self._act, self._done = run, act, done

    def by(self, nodes: Iterable[ast.AST], frame: Frame) -> None:
        """What these statements may write."""
        self._over([self._run.parts(node) for node in nodes], frame, called=False)
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
            self._over([self._run.parts(one) for one in body], within, called=True)

        self._done.look_into(node, look)

    def _over(self, rows: list[Sequence[ast.AST]], frame: Frame, *, called: bool) -> None:
        WORK.done += 8 * sum(map(len, rows))
        self._run.step(0)
        aliases = Aliases(self._run, (part for parts in rows for part in parts), frame)
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
                            self._used(self._run.lookup(frame, name), asked)
                    case ast.Call():
                        if isinstance(part.func, ast.Name) and part.func.id in REACHING:
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
                    act.thing(held, reaches_settings(part), deep=deep)
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
        held = behind(self._run, node, frame, called=called)
        found = [held] if held is not None else []
        root: ast.expr = node
        while isinstance(root, ast.Subscript | ast.Attribute | ast.Starred):
            root = root.value
        if not isinstance(root, ast.Name) or aliases.knows(root.id):
            found.extend(aliases.of(node))
        return found

    def _call(self, part: ast.Call, frame: Frame, aliases: Aliases) -> None:
        if changes_the_environment(part.func):
            self._act.environment()
        arguments = [*part.args, *(item.value for item in part.keywords)]
        if only_looks(self._run, part.func, frame):
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
            self._act.thing(held, reaches_settings(function))
            self._behind_call(held)
        return behind(self._run, function, frame)

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
        path = self._run.source.find("." * part.level + (part.module or ""), frame.module.path)
        found = self._run.module(path).namespace if path is not None else None
        for name, binding in list(found.names.items()) if found is not None else ():
            self._act.name(frame, name, part.lineno, changing([binding.value]))
        if found is None or found.rest is not None or path in self._run.running:
            self._act.all(frame.names)

    def _imported(self, part: ast.Import | ast.ImportFrom, frame: Frame) -> Namespace:
        """What a module of the repository changes elsewhere that is perhaps imported; the names that it gives."""
        scratch = Frame(Namespace(), frame.module)
        since = now()
        with self._run.watching() as journal:
            try:
                self._run.imported(part, scratch)
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
            if own in roots(part):
                return True
        elif isinstance(part, ast.Call):
            called = part.func
            while isinstance(called, ast.Attribute) and called.attr not in READING:
                called = called.value
            handed = (called, *part.args, *(item.value for item in part.keywords))
            if any(isinstance(one, ast.Name) and one.id == own for one in handed):
                return True
    return False


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
