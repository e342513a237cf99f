"""Statements and expressions over abstract values: in order, last writer wins, nothing of the target is executed.

Sound before complete: what is known is surely so. A condition that is not known is followed both ways and the ends are
joined; what cannot be followed taints all that it may have written.
"""

import ast
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from hardencheck.collect.interpret import library, models
from hardencheck.collect.interpret.models import Call
from hardencheck.collect.interpret.values import (
    ABSENT,
    MAX_CHAIN,
    NOTHING,
    Binding,
    Changing,
    Class,
    Const,
    Depends,
    Function,
    Instance,
    Joined,
    Library,
    Map,
    Method,
    Module,
    Namespace,
    NotKnown,
    Object,
    Seq,
    Unknown,
    Value,
    depends_of,
    join,
    lifted,
    plain,
    same,
    truth,
)

MAX_STEPS = 200_000
MAX_DEPTH = 40
MAX_MODULES = 200
MAX_LOOP = 5_000
MAX_FORKS = 2_000
MAX_ITEMS = 10_000  # of a list
MAX_SIZE = 100_000  # characters of a text, items of a container, bits of a number
_LOCAL = ("local_settings", "settings_local", "local")


class Raised(Exception):
    """An exception of the target, by the name of its class."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class _Return(Exception):
    def __init__(self, value: Value) -> None:
        super().__init__()
        self.value = value


class _Break(Exception):
    pass


class _Continue(Exception):
    pass


class _Unsure(Exception):
    """A loop is left, or not: nobody knows after which round."""


class OutOfBudget(Exception):
    pass


class Frame:
    """Where names are looked up: the module's own, or a function's with those around it."""

    def __init__(
        self, names: Namespace, module: Module, outer: "Frame | None" = None, owner: Value | None = None
    ) -> None:
        self.names, self.module, self.outer, self.owner = names, module, outer, owner
        self.globals: set[str] = set()
        self.returned: list[Value] = []


class Source(NamedTuple):
    """read: the text of a file of the repository, None when there is none or it cannot be read. find: the path of a
    module (dotted, relative with dots) seen from a file. ours: whether a module that is not found should be here."""

    read: Callable[[str], bytes | None]
    find: Callable[[str, str], str | None]
    ours: Callable[[str, str], bool]


class Interpreter:
    """environment: variables that are set; all others are not."""

    def __init__(self, source: Source, environment: dict[str, str] | None = None) -> None:
        self.source = source
        self.environment = dict(environment or {})
        self.modules: dict[str, Module] = {}
        self.files: set[str] = set()
        self.reads: set[str] = set()  # variables that were asked for
        self.late: set[str] = set()  # names that functions write through `global`: nobody knows when they are called
        self._journals: list[dict[int, tuple[Changing, object]]] = []
        self._conditions: list[Depends] = []
        self._handled: list[frozenset[str]] = []
        self._may_raise = False
        self._perhaps = 0  # in an expression of which nobody knows whether it is evaluated
        self._steps = self._forks = self._depth = 0
        self._running: set[str] = set()

    # Modules

    def module(self, path: str) -> Module:
        """A module of the repository after it ran; of one that is running, what it has until now."""
        known = self.modules.get(path)
        if known is not None:
            return known
        made = self.modules[path] = Module(path)
        self._set_up(made)
        if len(self.modules) > MAX_MODULES:
            self._taint(made.namespace, Unknown("budget", "too many modules", path, 1))
            return made
        data = self.source.read(path)
        if data is None:
            self._taint(made.namespace, Unknown("import", f"{path} cannot be read", path, 1))
            return made
        try:
            tree = ast.parse(data)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            self._taint(made.namespace, Unknown("python-syntax", f"{path} cannot be parsed", path, 1))
            return made
        self.files.add(path)
        self.late.update(name for part in ast.walk(tree) if isinstance(part, ast.Global) for name in part.names)
        self._running.add(path)
        handled, self._handled = self._handled, []
        frame = Frame(made.namespace, made)
        try:
            self._top(tree.body, frame)
        finally:
            self._handled = handled
            self._running.discard(path)
        return made

    def _set_up(self, module: Module) -> None:
        here = Unknown("location", "where the file is installed", module.path, 1)
        module.namespace.names["__file__"] = Binding(here, module.path, 1)
        module.namespace.names["__name__"] = Binding(Const(dotted(module.path)), module.path, 1)

    def _top(self, body: Sequence[ast.stmt], frame: Frame) -> None:
        """Module level: what raises there does not keep the rest from being looked at."""
        for node in body:
            try:
                self.statement(node, frame)
            except Raised as error:
                if error.name in {"ImportError", "ModuleNotFoundError"} and isinstance(
                    node, ast.Import | ast.ImportFrom
                ):
                    why = Unknown(
                        "import", f"{_spelled(node)}: it is not in the repository", frame.module.path, node.lineno
                    )
                    self._taint(frame.names, why)
            except (_Return, _Break, _Continue):
                continue
            except _Unsure:
                self._taint_written([node], frame, Unknown("branch", "a loop", frame.module.path, node.lineno))
            except OutOfBudget:
                self._taint(
                    frame.names, Unknown("budget", "more steps than are followed", frame.module.path, node.lineno)
                )
                return
            except RecursionError:
                self._taint(frame.names, Unknown("budget", "nested too deeply", frame.module.path, node.lineno))

    # State that can be put back

    def touch(self, thing: Changing) -> None:
        """To be called before anything is changed."""
        if self._journals:
            self._journals[-1].setdefault(id(thing), (thing, thing.save()))

    def fork(self, arms: Sequence[Callable[[], None]], why: Unknown, depends: Depends = NOTHING) -> None:
        """Each from the same state; then what they left is joined. An arm that raises is not what the service does."""
        self._forks += 1
        if self._forks > MAX_FORKS:
            raise OutOfBudget
        ends: list[dict[int, tuple[Changing, object]]] = []
        before: dict[int, tuple[Changing, object]] = {}
        signals: list[Exception | None] = []
        self._conditions.append(depends)
        for arm in arms:
            self._journals.append({})
            signal: Exception | None = None
            try:
                arm()
            except (Raised, _Return, _Break, _Continue, _Unsure) as left:
                signal = left
            finally:
                journal = self._journals.pop()
            after = {key: (thing, thing.save()) for key, (thing, _) in journal.items()}
            for thing, state in journal.values():
                thing.load(state)
            for key, item in journal.items():
                before.setdefault(key, item)
            signals.append(signal)
            ends.append(after)
        self._conditions.pop()
        going = [number for number, signal in enumerate(signals) if not isinstance(signal, Raised)]
        if not going:
            raise signals[0] or Raised("Exception")
        if self._handled and len(going) < len(signals):
            self._may_raise = True
        ways = [signals[number] for number in going]
        self._merge([ends[number] for number in going], before, why)
        if all(signal is None for signal in ways):
            return
        if all(isinstance(signal, _Return) for signal in ways):
            raise _Return(_with(join([signal.value for signal in ways if isinstance(signal, _Return)]), depends))
        if any(isinstance(signal, _Break | _Continue | _Unsure) for signal in ways):
            first = ways[0]
            if all(type(signal) is type(first) for signal in ways) and first is not None:
                raise first
            raise _Unsure
        # Some return, some go on: what is returned in the end is one of these.
        for signal in ways:
            if isinstance(signal, _Return):
                self._perhaps_returned.append(_with(signal.value, depends))

    _perhaps_returned: list[Value] = []

    def _merge(
        self, ends: list[dict[int, tuple[Changing, object]]], before: dict[int, tuple[Changing, object]], why: Unknown
    ) -> None:
        for key, (thing, old) in before.items():
            states = [end[key][1] if key in end else old for end in ends]
            self.touch(thing)
            if len(states) == 1:
                thing.load(states[0])
            else:
                thing.merge(states, why)

    def _taint(self, names: Namespace, why: Unknown) -> None:
        self.touch(names)
        names.taint(why)

    def spoil(self, value: Value, why: Unknown) -> None:
        """Something unknown has had its hands on it."""
        if isinstance(value, Seq | Map):
            self.touch(value)
            value.taint()
        elif isinstance(value, Instance):
            self._taint(value.attributes, why)
        elif isinstance(value, Module):
            self._taint(value.namespace, why)
        elif isinstance(value, Object) and (model := models.find("SPOILS", value.kind)) is not None:
            model(Call(self, "", [why], {}, ast.Pass(), Frame(Namespace(), Module(why.path)), value))
        elif isinstance(value, Joined):
            for option in value.options:
                self.spoil(option, why)

    def _taint_written(self, nodes: Iterable[ast.AST], frame: Frame, why: Unknown) -> None:
        """All that these statements may write: names, and what the objects behind them hold."""
        for node in nodes:
            for part in ast.walk(node):
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store | ast.Del):
                    self.bind(frame, part.id, why, getattr(part, "lineno", why.line))
                elif isinstance(part, ast.ImportFrom) and any(item.name == "*" for item in part.names):
                    self._taint(frame.names, why)
                elif isinstance(part, ast.Import | ast.ImportFrom):
                    for item in part.names:
                        self.bind(frame, (item.asname or item.name).partition(".")[0], why, part.lineno)
                elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    self.bind(frame, part.name, why, part.lineno)
                elif isinstance(part, ast.Call):
                    if isinstance(part.func, ast.Name) and part.func.id in {
                        "exec",
                        "eval",
                        "globals",
                        "locals",
                        "vars",
                        "setattr",
                    }:
                        self._taint(frame.module.namespace, why)
                    for inner in (part.func, *part.args, *(item.value for item in part.keywords)):
                        self._spoil_expression(inner, frame, why)
                elif isinstance(part, ast.Subscript | ast.Attribute) and isinstance(part.ctx, ast.Store | ast.Del):
                    self._spoil_expression(part.value, frame, why)

    def _spoil_expression(self, node: ast.expr, frame: Frame, why: Unknown) -> None:
        while isinstance(node, ast.Subscript | ast.Attribute | ast.Starred | ast.Call):
            node = node.func if isinstance(node, ast.Call) else node.value
        if isinstance(node, ast.Name):
            found = self.lookup(frame, node.id)
            if found is not None:
                self._spoil_deep(found.value, why, 0)

    def _spoil_deep(self, value: Value, why: Unknown, depth: int) -> None:
        if depth > 6:
            return
        if isinstance(value, Seq):
            for item in list(value.items):
                self._spoil_deep(item, why, depth + 1)
        elif isinstance(value, Map):
            for item in list(value.items.values()):
                self._spoil_deep(item, why, depth + 1)
        self.spoil(value, why)

    # Names

    def lookup(self, frame: Frame, name: str) -> Binding | None:
        if name in library.BUILTINS and not self._redefined(frame, name):
            return None  # also where anything may have been written: nobody writes over globals()
        at: Frame | None = frame
        while at is not None:
            if name not in at.globals and (found := at.names.get(name)) is not None:
                return found
            at = at.outer
        return frame.module.namespace.get(name)

    @staticmethod
    def _redefined(frame: Frame, name: str) -> bool:
        at: Frame | None = frame
        while at is not None:
            if name in at.names.names:
                return True
            at = at.outer
        return name in frame.module.namespace.names

    def bind(self, frame: Frame, name: str, value: Value, line: int) -> None:
        names = frame.module.namespace if name in frame.globals else frame.names
        self._bind_in(names, name, value, frame.module.path, line)

    def _bind_in(self, names: Namespace, name: str, value: Value, path: str, line: int) -> None:
        self.touch(names)
        old = names.names.get(name)
        chain = (*old.chain, (old.path, old.line))[-MAX_CHAIN:] if old is not None else ()
        condition = frozenset().union(*self._conditions) if self._conditions else NOTHING
        names.names[name] = Binding(_with(value, condition), path, line, chain)

    def unknown(
        self, node: ast.AST, frame: Frame, reason: str = "call", text: str = "", depends: Depends = NOTHING
    ) -> Unknown:
        self._may_raise = True
        return Unknown(reason, text or _spelled(node), frame.module.path, getattr(node, "lineno", 0), depends=depends)

    @staticmethod
    def bounded(owner: Seq, more: Sequence[Value]) -> None:
        """Raises OutOfBudget for a list that would grow beyond what is followed."""
        if len(owner.items) + sum(len(item.items) for item in more if isinstance(item, Seq)) > MAX_ITEMS:
            raise OutOfBudget

    def step(self, by: int = 1) -> None:
        self._steps += by
        if self._steps > MAX_STEPS:
            raise OutOfBudget

    # Statements

    def block(self, body: Sequence[ast.stmt], frame: Frame) -> None:
        for node in body:
            self.statement(node, frame)

    def statement(self, node: ast.stmt, frame: Frame) -> None:
        self.step()
        match node:
            case ast.Assign(targets=targets, value=value):
                given = self.value(value, frame)
                for target in targets:
                    self.assign(target, given, frame)
            case ast.AnnAssign(target=target, value=value):
                if value is not None:
                    self.assign(target, self.value(value, frame), frame)
            case ast.AugAssign():
                self._augmented(node, frame)
            case ast.Expr(value=value):
                self.value(value, frame)
            case ast.If(test=test, body=body, orelse=orelse):
                self._if(node, test, body, orelse, frame)
            case ast.For(target=target, iter=over, body=body, orelse=orelse):
                self._for(node, target, over, body, orelse, frame)
            case ast.While():
                self._while(node, frame)
            case ast.Try() | ast.TryStar():
                self._try(node, frame)
            case ast.With(items=items, body=body):
                self._managed(node, items, body, frame)
            case ast.Import(names=names):
                for item in names:
                    self._import(item.name, item.asname, node, frame)
            case ast.ImportFrom():
                self._import_from(node, frame)
            case ast.FunctionDef():
                self.bind(frame, node.name, self._function(node, frame), node.lineno)
            case ast.AsyncFunctionDef():
                self.bind(frame, node.name, self.unknown(node, frame, "call", f"async {node.name}"), node.lineno)
            case ast.ClassDef():
                self.bind(frame, node.name, self._class(node, frame), node.lineno)
            case ast.Return(value=value):
                raise _Return(self.value(value, frame) if value is not None else Const(None))
            case ast.Raise(exc=error):
                raise Raised(_raised(error))
            case ast.Delete(targets=targets):
                for target in targets:
                    self._delete(target, frame)
            case ast.Global(names=names):
                frame.globals.update(names)
            case ast.Nonlocal(names=names):
                for name in names:
                    self.bind(frame, name, self.unknown(node, frame, "call", "nonlocal"), node.lineno)
            case ast.Assert(test=test):
                if truth(self.value(test, frame)) is False:
                    raise Raised("AssertionError")
            case ast.Break():
                raise _Break
            case ast.Continue():
                raise _Continue
            case ast.Match(subject=subject, cases=cases):
                self.value(subject, frame)
                why = Unknown("branch", "match", frame.module.path, node.lineno)
                arms = [self._arm(case.body, frame) for case in cases]
                for case in cases:
                    self._taint_written([case.pattern], frame, why)
                self.fork([*arms, lambda: None], why)
            case ast.Pass():
                pass
            case _:
                self._taint_written([node], frame, self.unknown(node, frame))

    def _arm(self, body: Sequence[ast.stmt], frame: Frame) -> Callable[[], None]:
        return lambda: self.block(body, frame)

    def assign(self, target: ast.expr, value: Value, frame: Frame) -> None:
        match target:
            case ast.Name(id=name):
                self.bind(frame, name, value, target.lineno)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                self._unpack(target, elements, value, frame)
            case ast.Starred(value=inner):
                self.assign(inner, value, frame)
            case ast.Attribute(value=owner, attr=name):
                self._set_attribute(self.value(owner, frame), name, value, target, frame)
            case ast.Subscript(value=owner, slice=key):
                self.set_item(self.value(owner, frame), self.value(key, frame), value, target, frame)
            case _:
                self._taint_written([target], frame, self.unknown(target, frame))

    def _unpack(self, target: ast.expr, elements: Sequence[ast.expr], value: Value, frame: Frame) -> None:
        stars = [number for number, item in enumerate(elements) if isinstance(item, ast.Starred)]
        items = self.items(value)
        if items is None or (not stars and len(items) != len(elements)) or len(items) < len(elements) - len(stars):
            why = self.unknown(target, frame, "call", "unpacked", depends_of(value))
            for item in elements:
                self.assign(item, why, frame)
            return
        if not stars:
            for item, one in zip(elements, items, strict=True):
                self.assign(item, one, frame)
            return
        first = stars[0]
        after = len(elements) - first - 1
        for item, one in zip(elements[:first], items[:first], strict=True):
            self.assign(item, one, frame)
        self.assign(elements[first], Seq("list", list(items[first : len(items) - after])), frame)
        for item, one in zip(elements[first + 1 :], items[len(items) - after :], strict=True):
            self.assign(item, one, frame)

    def _set_attribute(self, owner: Value, name: str, value: Value, node: ast.AST, frame: Frame) -> None:
        line = getattr(node, "lineno", 0)
        match owner:
            case Module(namespace=names) | Instance(attributes=names) | Class(attributes=names):
                self._bind_in(names, name, value, frame.module.path, line)
            case Joined():
                self.spoil(owner, self.unknown(node, frame))
            case Object(kind=kind):
                self._modelled("SETTERS", kind, Call(self, name, [value], {}, node, frame, owner))
            case _:
                pass

    def set_item(self, owner: Value, key: Value, value: Value, node: ast.AST, frame: Frame) -> None:
        value = _with(value, frozenset().union(*self._conditions)) if self._conditions else value
        if isinstance(owner, Object):
            stored = self._modelled("STORES", owner.kind, Call(self, "[]", [key, value], {}, node, frame, owner))
            if stored is None:
                library.set_item(self, owner, key, value, node, frame)
            return
        try:
            index = plain(key)
            hash(index)
        except (NotKnown, TypeError):
            self.spoil(owner, self.unknown(node, frame))
            return
        if self._perhaps:
            self.spoil(owner, self.unknown(node, frame))
        elif isinstance(owner, Map):
            self.touch(owner)
            owner.items[index] = value
            owner.maybe.discard(index)
        elif (
            isinstance(owner, Seq)
            and owner.exact
            and isinstance(index, int)
            and -len(owner.items) <= index < len(owner.items)
        ):
            self.touch(owner)
            owner.items[index] = value
        else:
            self.spoil(owner, self.unknown(node, frame))

    def _augmented(self, node: ast.AugAssign, frame: Frame) -> None:
        target = node.target
        reading = ast.copy_location(_loading(target), target)
        old = self.value(reading, frame)
        given = self.value(node.value, frame)
        if isinstance(node.op, ast.Add) and isinstance(old, Seq) and old.kind == "list":
            # In place: every name of the list sees it.
            items = self.items(given)
            self.touch(old)
            if len(old.items) + len(items or ()) > MAX_ITEMS:
                raise OutOfBudget
            if items is not None and not self._perhaps:
                old.items.extend(_with(item, NOTHING) for item in items)
                old.depends |= depends_of(given)
            elif isinstance(given, Seq):
                old.items.extend(given.items)
                old.extra.extend(given.extra)
                old.exact, old.open = False, old.open or given.open
            else:
                old.exact, old.open = False, True
            if self._perhaps:
                self.spoil(old, self.unknown(node, frame))
            self.assign(target, old, frame)
            return
        if isinstance(node.op, ast.BitOr) and isinstance(old, Map):
            self.call_method(old, "update", [given], {}, node, frame)
            self.assign(target, old, frame)
            return
        self.assign(target, self._binary(node.op, old, given, node, frame), frame)

    def _delete(self, target: ast.expr, frame: Frame) -> None:
        match target:
            case ast.Name(id=name):
                names = frame.module.namespace if name in frame.globals else frame.names
                self.touch(names)
                names.names.pop(name, None)
            case ast.Subscript(value=owner, slice=key):
                held, index = self.value(owner, frame), self.value(key, frame)
                try:
                    plain_key = plain(index)
                except NotKnown:
                    plain_key = None
                if isinstance(held, Map) and plain_key in held.items and not self._perhaps:
                    self.touch(held)
                    del held.items[plain_key]
                elif (
                    isinstance(held, Seq)
                    and held.exact
                    and isinstance(plain_key, int)
                    and -len(held.items) <= plain_key < len(held.items)
                ):
                    self.touch(held)
                    del held.items[plain_key]
                else:
                    self.spoil(held, self.unknown(target, frame))
            case ast.Attribute(value=owner):
                self.spoil(self.value(owner, frame), self.unknown(target, frame))
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                for item in elements:
                    self._delete(item, frame)

    def _if(
        self, node: ast.AST, test: ast.expr, body: Sequence[ast.stmt], orelse: Sequence[ast.stmt], frame: Frame
    ) -> None:
        given = self.value(test, frame)
        known = truth(given)
        depends = depends_of(given)
        if known is None:
            why = Unknown("branch", _spelled(test), frame.module.path, getattr(node, "lineno", 0), depends=depends)
            self.fork([self._arm(body, frame), self._arm(orelse, frame)], why, depends)
            return
        self._conditions.append(depends)
        try:
            self.block(body if known else orelse, frame)
        finally:
            self._conditions.pop()

    def _for(
        self,
        node: ast.For,
        target: ast.expr,
        over: ast.expr,
        body: Sequence[ast.stmt],
        orelse: Sequence[ast.stmt],
        frame: Frame,
    ) -> None:
        value = self.value(over, frame)
        items = self.items(value)
        why = Unknown("branch", f"a loop over {_spelled(over)}", frame.module.path, node.lineno)
        if items is None or len(items) > MAX_LOOP:
            self._taint_written(node.body + node.orelse + [node.target], frame, why)
            return
        self._journals.append({})
        try:
            for item in items:
                self.step()
                self.assign(target, item, frame)
                try:
                    self.block(body, frame)
                except _Continue:
                    continue
                except _Break:
                    break
            else:
                self.block(orelse, frame)
            unsure = False
        except _Unsure:
            unsure = True
        finally:
            self._keep(self._journals.pop())
        if unsure:
            self._taint_written([*node.body, *node.orelse, node.target], frame, why)

    def _keep(self, journal: dict[int, tuple[Changing, object]]) -> None:
        """What was touched in an inner journal is touched in the one around it."""
        if self._journals:
            for key, item in journal.items():
                self._journals[-1].setdefault(key, item)

    def _while(self, node: ast.While, frame: Frame) -> None:
        why = Unknown("branch", f"while {_spelled(node.test)}", frame.module.path, node.lineno)
        for _ in range(MAX_LOOP):
            self.step()
            known = truth(self.value(node.test, frame))
            if known is None:
                self._taint_written([*node.body, *node.orelse], frame, why)
                return
            if not known:
                self.block(node.orelse, frame)
                return
            try:
                self.block(node.body, frame)
            except _Continue:
                continue
            except _Break:
                return
            except _Unsure:
                self._taint_written([*node.body, *node.orelse], frame, why)
                return
        self._taint_written(
            [*node.body, *node.orelse], frame, Unknown("budget", "a long loop", frame.module.path, node.lineno)
        )

    def _try(self, node: ast.Try | ast.TryStar, frame: Frame) -> None:
        caught = frozenset(name for handler in node.handlers for name in _handles(handler.type))
        outer_may = self._may_raise
        self._may_raise = False
        self._handled.append(caught)
        why = Unknown("branch", "try", frame.module.path, node.lineno)
        self._journals.append({})
        signal: Exception | None = None
        try:
            self.block(node.body, frame)
            self.block(node.orelse, frame)
        except (Raised, _Return, _Break, _Continue, _Unsure) as left:
            signal = left
        finally:
            self._handled.pop()
            journal = self._journals.pop()
        may, self._may_raise = self._may_raise, outer_may
        if isinstance(signal, Raised):
            self._keep(journal)
            handler = next((one for one in node.handlers if _catches(one.type, signal.name)), None)
            if handler is None:
                self.block(node.finalbody, frame)
                raise signal
            self._handler(handler, frame)
        elif may and node.handlers:
            # It may have stopped anywhere: as it ended, or a handler from the state before or after.
            after = {key: (thing, thing.save()) for key, (thing, _) in journal.items()}
            for thing, state in journal.values():
                thing.load(state)

            def whole() -> None:
                for thing, state in after.values():
                    self.touch(thing)
                    thing.load(state)
                if signal is not None:
                    raise signal

            def half(handler: ast.ExceptHandler) -> Callable[[], None]:
                def run() -> None:
                    for key, (thing, state) in after.items():
                        self.touch(thing)
                        thing.merge([journal[key][1], state], why)
                    self._handler(handler, frame)

                return run

            self.fork([whole, *(half(handler) for handler in node.handlers)], why)
        else:
            self._keep(journal)
            if signal is not None:
                self.block(node.finalbody, frame)
                raise signal
        self.block(node.finalbody, frame)

    def _handler(self, handler: ast.ExceptHandler, frame: Frame) -> None:
        if handler.name:
            self.bind(
                frame, handler.name, Unknown("call", "an exception", frame.module.path, handler.lineno), handler.lineno
            )
        self.block(handler.body, frame)

    def _managed(self, node: ast.With, items: Sequence[ast.withitem], body: Sequence[ast.stmt], frame: Frame) -> None:
        why = self.unknown(node, frame, "call", "with")
        quiet = False
        for item in items:
            manager = self.value(item.context_expr, frame)
            if isinstance(item.context_expr, ast.Call) and _spelled(item.context_expr.func).endswith("suppress"):
                quiet = True
            if item.optional_vars is not None:
                self.assign(item.optional_vars, why if not isinstance(manager, Object) else manager, frame)
        if quiet:
            self.fork([self._arm(body, frame), lambda: None], why)
        else:
            self.block(body, frame)

    # Imports

    def _import(self, name: str, alias: str | None, node: ast.stmt, frame: Frame) -> None:
        top, _, rest = name.partition(".")
        path = self.source.find(name, frame.module.path)
        if path is not None:
            self._parents(name, frame)
            found = self.module(path)
            if alias or not rest:
                self.bind(frame, alias or top, found, node.lineno)
                return
            top_path = self.source.find(top, frame.module.path)
            value: Value = self.module(top_path) if top_path is not None else Library(dotted=top)
            self.bind(frame, top, value, node.lineno)
            return
        self._not_here(name, node, frame)
        self.bind(frame, alias or top, Library(dotted=name if alias else top), node.lineno)

    def _parents(self, name: str, frame: Frame) -> None:
        parts = name.split(".")
        for count in range(1, len(parts)):
            path = self.source.find(".".join(parts[:count]), frame.module.path)
            if path is not None:
                self.module(path)

    def _not_here(self, name: str, node: ast.stmt, frame: Frame) -> None:
        if name.startswith(".") or name.rpartition(".")[2] in _LOCAL or self.source.ours(name, frame.module.path):
            raise Raised("ModuleNotFoundError")
        if name.partition(".")[0] not in library.STANDARD:
            self._may_raise = True  # nobody knows whether it is installed

    def _import_from(self, node: ast.ImportFrom, frame: Frame) -> None:
        name = "." * node.level + (node.module or "")
        path = self.source.find(name, frame.module.path)
        line = node.lineno
        if path is None and node.level:
            # from . import local: a package without __init__.py
            for item in node.names:
                inner = self.source.find(
                    f"{name}{item.name}" if name.endswith(".") else f"{name}.{item.name}", frame.module.path
                )
                if inner is None:
                    raise Raised("ImportError")
                self.bind(frame, item.asname or item.name, self.module(inner), line)
            return
        if path is None:
            self._not_here(name, node, frame)
            for item in node.names:
                if item.name == "*":
                    why = Unknown("import", f"from {name} import *", frame.module.path, line)
                    if name.partition(".")[0] in library.STANDARD:
                        continue
                    self._taint(frame.names, why)
                else:
                    self.bind(frame, item.asname or item.name, Library(dotted=f"{name}.{item.name}"), line)
            return
        if not node.level:
            self._parents(name, frame)
        found = self.module(path)
        for item in node.names:
            if item.name == "*":
                self._star(found, frame)
                continue
            binding = found.namespace.get(item.name)
            inner = self.source.find(
                f"{name}{item.name}" if name.endswith(".") else f"{name}.{item.name}", frame.module.path
            )
            if binding is not None and (item.name in found.namespace.names or inner is None):
                self._bind_as(frame, item.asname or item.name, binding, line)
            elif inner is not None:
                self.bind(frame, item.asname or item.name, self.module(inner), line)
            elif path in self._running:
                self.bind(frame, item.asname or item.name, self.unknown(node, frame, "import", "an import cycle"), line)
            else:
                raise Raised("ImportError")

    def _bind_as(self, frame: Frame, name: str, binding: Binding, line: int) -> None:
        """An imported name keeps the place where it was given its value."""
        self.touch(frame.names)
        condition = frozenset().union(*self._conditions) if self._conditions else NOTHING
        old = frame.names.names.get(name)
        chain = (*old.chain, (old.path, old.line)) if old is not None else ()
        value = _with(binding.value, condition)
        frame.names.names[name] = Binding(value, binding.path, binding.line, (*chain, *binding.chain)[-MAX_CHAIN:])

    def _star(self, found: Module, frame: Frame) -> None:
        exported = found.namespace.names.get("__all__")
        names: list[str] | None = None
        if exported is not None:
            try:
                given = plain(exported.value)
                names = [item for item in given if isinstance(item, str)] if isinstance(given, list | tuple) else None
            except NotKnown:
                names = None
        for name, binding in list(found.namespace.names.items()):
            if name in names if names is not None else not name.startswith("_"):
                self._bind_as(frame, name, binding, binding.line)
        if found.namespace.rest is not None:
            self.touch(frame.names)
            rest = found.namespace.rest
            # Names that were set before may have been written over.
            for name, binding in list(frame.names.names.items()):
                if name not in found.namespace.names and not name.startswith("_"):
                    frame.names.names[name] = binding._replace(value=join([binding.value, rest]))
            frame.names.rest = rest

    # Expressions

    def value(self, node: ast.expr, frame: Frame) -> Value:
        self.step()
        match node:
            case ast.Constant(value=value):
                return Const(value) if value is not ... else self.unknown(node, frame)
            case ast.Name(id=name):
                return self._name(node, name, frame)
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                kind = "list" if isinstance(node, ast.List) else "tuple" if isinstance(node, ast.Tuple) else "set"
                return self._sequence(kind, elements, frame)
            case ast.Dict(keys=keys, values=values):
                return self._table(node, keys, values, frame)
            case ast.JoinedStr(values=parts):
                return self._text(node, parts, frame)
            case ast.BinOp(left=left, op=op, right=right):
                return self._binary(op, self.value(left, frame), self.value(right, frame), node, frame)
            case ast.UnaryOp(op=op, operand=operand):
                return self._unary(op, self.value(operand, frame), node, frame)
            case ast.BoolOp(op=op, values=values):
                return self._bool(op, values, frame)
            case ast.Compare():
                return self._compare(node, frame)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                given = self.value(test, frame)
                known = truth(given)
                if known is None:
                    with self._perhaps_evaluated():
                        both = [self.value(body, frame), self.value(orelse, frame)]
                    return _with(join(both), depends_of(given))
                return _with(self.value(body if known else orelse, frame), depends_of(given))
            case ast.Call():
                return self._call(node, frame)
            case ast.Attribute(value=owner, attr=name):
                return self.attribute(self.value(owner, frame), name, node, frame)
            case ast.Subscript(value=owner, slice=key):
                return self._subscript(self.value(owner, frame), key, node, frame)
            case (
                ast.ListComp(elt=element, generators=generators) | ast.GeneratorExp(elt=element, generators=generators)
            ):
                return self._comprehension("list", element, None, generators, node, frame)
            case ast.SetComp(elt=element, generators=generators):
                return self._comprehension("set", element, None, generators, node, frame)
            case ast.DictComp(key=key, value=element, generators=generators):
                return self._comprehension("dict", element, key, generators, node, frame)
            case ast.Lambda():
                return self._function(node, frame)
            case ast.NamedExpr(target=target, value=inner):
                given = self.value(inner, frame)
                self.assign(target, given, frame)
                return given
            case ast.Starred(value=inner):
                return self.value(inner, frame)
            case _:
                return self.unknown(node, frame)

    @contextmanager
    def _perhaps_evaluated(self) -> Iterator[None]:
        self._perhaps += 1
        try:
            yield
        finally:
            self._perhaps -= 1

    def _name(self, node: ast.expr, name: str, frame: Frame) -> Value:
        found = self.lookup(frame, name)
        if found is not None:
            value = found.value
            if isinstance(value, Joined) and ABSENT in value.options:
                self._may_raise = True
                return join([option for option in value.options if option is not ABSENT])
            return value
        if name in library.BUILTINS:
            return Library(dotted=f"builtins.{name}")
        if self._handled and any("NameError" in caught or "Exception" in caught for caught in self._handled):
            raise Raised("NameError")
        return self.unknown(node, frame, "call", f"{name} is not set")

    def _sequence(self, kind: str, elements: Sequence[ast.expr], frame: Frame) -> Seq:
        made = Seq(kind)  # type: ignore[arg-type]
        for element in elements:
            if not isinstance(element, ast.Starred):
                item = self.value(element, frame)
                if kind != "set" or not any(same(item, known) for known in made.items):
                    made.items.append(item)
                continue
            inner = self.value(element.value, frame)
            items = self.items(inner)
            made.depends |= depends_of(inner)
            if items is not None:
                made.items.extend(items)
            elif isinstance(inner, Seq):
                made.items.extend(inner.items)
                made.extra.extend(inner.extra)
                made.exact, made.open = False, made.open or inner.open
            else:
                made.exact, made.open = False, True
        if len(made.items) > MAX_SIZE:
            raise OutOfBudget
        return made

    def _table(self, node: ast.AST, keys: Sequence[ast.expr | None], values: Sequence[ast.expr], frame: Frame) -> Map:
        made = Map()
        for key, inner in zip(keys, values, strict=True):
            value = self.value(inner, frame)
            if key is None:
                if isinstance(value, Map):
                    made.items.update(value.items)
                    made.maybe |= value.maybe
                    made.exact = made.exact and value.exact
                    made.depends |= value.depends
                else:
                    made.exact = False
                    made.depends |= depends_of(value)
                continue
            try:
                index = plain(self.value(key, frame))
                hash(index)
            except (NotKnown, TypeError):
                made.exact = False
                continue
            made.items[index] = value
            made.maybe.discard(index)
        return made

    def _text(self, node: ast.expr, parts: Sequence[ast.expr], frame: Frame) -> Value:
        pieces: list[str] = []
        depends = NOTHING
        try:
            for part in parts:
                if isinstance(part, ast.FormattedValue):
                    value = self.value(part.value, frame)
                    depends |= depends_of(value)
                    inner = plain(value)
                    spec = plain(self.value(part.format_spec, frame)) if part.format_spec is not None else ""
                    shown = _CONVERSIONS[part.conversion](inner) if part.conversion in _CONVERSIONS else inner
                    pieces.append(format(shown, str(spec)) if len(str(spec)) < 20 else "")
                else:
                    pieces.append(str(plain(self.value(part, frame))))
        except NotKnown as error:
            return self.unknown(node, frame, error.value.reason, error.value.text, depends | error.value.depends)
        except (TypeError, ValueError):
            return self.unknown(node, frame, depends=depends)
        text = "".join(pieces)
        if len(text) > MAX_SIZE:
            raise OutOfBudget
        return Const(text, depends=depends)

    def _binary(self, op: ast.operator, left: Value, right: Value, node: ast.AST, frame: Frame) -> Value:
        if isinstance(left, Joined) or isinstance(right, Joined):
            lefts = left.options if isinstance(left, Joined) else (left,)
            rights = right.options if isinstance(right, Joined) else (right,)
            if len(lefts) * len(rights) <= 16:
                return _with(
                    join([self._binary(op, one, two, node, frame) for one in lefts for two in rights]),
                    left.depends | right.depends,
                )
        depends = depends_of(left) | depends_of(right)
        if isinstance(op, ast.Add) and isinstance(left, Seq) and isinstance(right, Seq) and left.kind == right.kind:
            if len(left.items) + len(right.items) > MAX_ITEMS:
                raise OutOfBudget
            return Seq(
                left.kind, [*left.items, *right.items], [*left.extra, *right.extra], left.exact and right.exact,
                left.open or right.open, depends=left.depends | right.depends,
            )  # fmt: skip
        if isinstance(op, ast.Add) and {type(left), type(right)} == {Seq, Unknown}:
            known = left if isinstance(left, Seq) else right
            if isinstance(known, Seq) and known.kind != "set":
                return Seq(known.kind, list(known.items), list(known.extra), False, True, depends=depends)
        if isinstance(op, ast.BitOr) and isinstance(left, Map) and isinstance(right, Map):
            made = Map(
                {**left.items, **right.items}, exact=left.exact and right.exact, depends=left.depends | right.depends
            )
            made.maybe = {
                key
                for key in made.items
                if key in left.maybe | right.maybe and key not in right.items.keys() - right.maybe
            }
            return made
        function = _OPERATORS.get(type(op))
        try:
            one, two = plain(left), plain(right)
            if function is None or not _small(op, one, two):
                return self.unknown(node, frame, depends=depends)
            return lifted(function(one, two), depends)
        except NotKnown as error:
            return self.unknown(node, frame, error.value.reason, error.value.text, depends | error.value.depends)
        except Exception:
            return self.unknown(node, frame, depends=depends)

    def _unary(self, op: ast.unaryop, operand: Value, node: ast.AST, frame: Frame) -> Value:
        depends = depends_of(operand)
        if isinstance(op, ast.Not):
            known = truth(operand)
            if known is None:
                reason = operand.reason if isinstance(operand, Unknown) else "branch"
                return self.unknown(node, frame, reason, operand.text if isinstance(operand, Unknown) else "", depends)
            return Const(not known, depends=depends)
        try:
            return lifted(_UNARY[type(op)](plain(operand)), depends)
        except NotKnown as error:
            return self.unknown(node, frame, error.value.reason, error.value.text, depends | error.value.depends)
        except Exception:
            return self.unknown(node, frame, depends=depends)

    def _bool(self, op: ast.boolop, values: Sequence[ast.expr], frame: Frame) -> Value:
        """`a or b`: what comes after an operand that is not known is perhaps evaluated."""
        wanted = isinstance(op, ast.Or)
        possible: list[Value] = []
        depends = NOTHING
        perhaps = 0
        try:
            for number, node in enumerate(values):
                given = self.value(node, frame)
                known = truth(given)
                last = number == len(values) - 1
                depends |= depends_of(given)
                if last or known is wanted:
                    possible.append(given)
                    break
                if known is None:
                    possible.append(given)
                    self._perhaps += 1
                    perhaps += 1
        finally:
            self._perhaps -= perhaps
        if len(possible) == 1:
            return _with(possible[0], depends)
        return _with(join(possible), depends)

    def _compare(self, node: ast.Compare, frame: Frame) -> Value:
        left = self.value(node.left, frame)
        result: Value = Const(True)
        depends = NOTHING
        for op, right_node in zip(node.ops, node.comparators, strict=True):
            right = self.value(right_node, frame)
            depends |= depends_of(left) | depends_of(right)
            result = self._compared(op, left, right, node, frame)
            known = truth(result)
            if known is False:
                return _with(result, depends)
            if known is None:
                return _with(result, depends)
            left = right
        return _with(result, depends)

    def _compared(self, op: ast.cmpop, left: Value, right: Value, node: ast.AST, frame: Frame) -> Value:
        if isinstance(left, Joined) or isinstance(right, Joined):
            lefts = left.options if isinstance(left, Joined) else (left,)
            rights = right.options if isinstance(right, Joined) else (right,)
            if len(lefts) * len(rights) <= 16:
                return join([self._compared(op, one, two, node, frame) for one in lefts for two in rights])
        if isinstance(op, ast.In | ast.NotIn):
            known = self._contains(right, left)
            if known is None:
                return self.unknown(node, frame, "branch")
            return Const(known is isinstance(op, ast.In))
        if isinstance(op, ast.Is | ast.IsNot):
            if (
                isinstance(left, Const)
                and isinstance(right, Const)
                and (
                    left.value is None
                    or right.value is None
                    or isinstance(left.value, bool)
                    or isinstance(right.value, bool)
                )
            ):
                return Const((left.value is right.value) is isinstance(op, ast.Is))
            none = isinstance(right, Const) and right.value is None
            if none and isinstance(left, Seq | Map | Module | Function | Class | Instance):
                return Const(isinstance(op, ast.IsNot))
            return self.unknown(node, frame, "branch")
        try:
            return Const(bool(_COMPARE[type(op)](plain(left), plain(right))))
        except NotKnown as error:
            return self.unknown(node, frame, error.value.reason, error.value.text)
        except Exception:
            return self.unknown(node, frame)

    def _contains(self, container: Value, item: Value) -> bool | None:
        if isinstance(container, Object):
            return library.contains(self, container, item)
        if isinstance(container, Map):
            try:
                key = plain(item)
                if key in container.items:
                    return None if key in container.maybe else True
            except (NotKnown, TypeError):
                return None
            return False if container.exact else None
        if isinstance(container, Seq):
            if any(same(item, known) for known in container.items):
                return True
            if not container.exact:
                return None
            try:
                wanted = plain(item)
                return any(plain(known) == wanted for known in container.items)
            except NotKnown:
                return None
        try:
            return operator.contains(plain(container), plain(item))  # type: ignore[arg-type]
        except (NotKnown, TypeError):
            return None

    def items(self, value: Value) -> list[Value] | None:
        """What iterating over it gives; None when that is not known."""
        match value:
            case Seq(items=items, exact=True):
                return [_with(item, value.depends) for item in items] if value.depends else list(items)
            case Map(items=held, maybe=maybe, exact=True) if not maybe:
                return [lifted(key) for key in held]
            case Const(value=str() as text):
                return [Const(letter, depends=value.depends) for letter in text] if len(text) <= MAX_LOOP else None
            case _:
                return None

    def attribute(self, owner: Value, name: str, node: ast.AST, frame: Frame) -> Value:
        match owner:
            case Module(namespace=names, path=path):
                found = names.get(name)
                if found is not None:
                    return found.value
                inner = self.source.find(f".{name}", path) if path.endswith("__init__.py") else None
                if inner is not None:
                    return self.module(inner)
                return self.unknown(node, frame)
            case Library(dotted=base):
                return library.attribute(self, f"{base}.{name}", node, frame)
            case Instance(cls=cls, attributes=names):
                found = names.get(name) if name in names.names else None
                if found is not None:
                    return found.value
                inherited = self._class_attribute(cls, name) if cls is not None else None
                if inherited is not None:
                    return self._bound(inherited, owner, cls, node, frame)
                return (
                    Unknown("call", f"{name} of an object", depends=owner.depends) if names.rest is None else names.rest
                )
            case Class():
                inherited = self._class_attribute(owner, name)
                if inherited is not None:
                    return self._bound(inherited, None, owner, node, frame)
                if name == "__name__":
                    return Const(owner.name)
                return self.unknown(node, frame)
            case Unknown():
                self._may_raise = True
                return owner
            case Joined(options=options):
                return join([self.attribute(option, name, node, frame) for option in options])
            case Object(kind=kind):
                found_value = self._modelled("ATTRIBUTES", kind, Call(self, name, [], {}, node, frame, owner))
                return found_value or library.object_attribute(self, owner, name, node, frame)
            case _:
                found_value = library.plain_attribute(owner, name)
                return found_value if found_value is not None else Method(owner=owner, name=name, depends=owner.depends)

    def _class_attribute(self, cls: Class, name: str) -> Value | None:
        for one in cls.order:
            found = one.attributes.names.get(name)
            if found is not None:
                return found.value
            if one.attributes.rest is not None:
                return one.attributes.rest
        if any(base.outside for base in cls.order):
            return Unknown("call", f"{name} may come from {cls.outside[0] if cls.outside else 'outside'}")
        return None

    def _bound(self, value: Value, owner: Value | None, cls: Class | None, node: ast.AST, frame: Frame) -> Value:
        if not isinstance(value, Function):
            return value
        if value.how == "property":
            return (
                self.call_function(value, [owner], {}, node, frame) if owner is not None else self.unknown(node, frame)
            )
        if value.how == "staticmethod":
            return value
        receiver = cls if value.how == "classmethod" else owner
        if receiver is None:
            return value
        return Function(
            value.node, value.path, value.frame, value.name, value.defaults, value.keyword_defaults, receiver, "bound"
        )

    def _subscript(self, owner: Value, key: ast.expr, node: ast.AST, frame: Frame) -> Value:
        if isinstance(owner, Joined):
            return join([self._subscript(option, key, node, frame) for option in owner.options])
        if isinstance(key, ast.Slice):
            try:
                low, high, step = (
                    plain(self.value(part, frame)) if part is not None else None
                    for part in (key.lower, key.upper, key.step)
                )
                if isinstance(owner, Seq) and owner.exact:
                    return Seq(owner.kind, owner.items[low:high:step], depends=owner.depends)  # type: ignore[index]
                return lifted(plain(owner)[low:high:step], depends_of(owner))  # type: ignore[index]
            except (NotKnown, TypeError, ValueError):
                return self.unknown(node, frame, depends=depends_of(owner))
        index = self.value(key, frame)
        if isinstance(owner, Object):
            call = Call(self, "[]", [index], {}, node, frame, owner)
            item = self._modelled("ITEMS", owner.kind, call)
            return item or library.get_item(self, owner, index, node, frame)
        depends = owner.depends | depends_of(index)
        if isinstance(owner, Unknown):
            self._may_raise = True
            return _with(owner, depends)
        try:
            known = plain(index)
            if isinstance(owner, Map):
                if known in owner.items:
                    if known in owner.maybe:
                        self._may_raise = True
                    return _with(owner.items[known], depends)
                if owner.exact:
                    if self._catching("KeyError", "LookupError"):
                        raise Raised("KeyError")
                return self.unknown(node, frame, depends=depends)
            if isinstance(owner, Seq):
                if owner.exact and isinstance(known, int) and -len(owner.items) <= known < len(owner.items):
                    return _with(owner.items[known], depends)
                return self.unknown(node, frame, depends=depends)
            return lifted(plain(owner)[known], depends | depends_of(owner))  # type: ignore[index]
        except (NotKnown, TypeError, LookupError):
            return self.unknown(node, frame, depends=depends)

    def _catching(self, *names: str) -> bool:
        return any({*names, "Exception", "BaseException", ""} & caught for caught in self._handled)

    def _comprehension(
        self,
        kind: str,
        element: ast.expr,
        key: ast.expr | None,
        generators: Sequence[ast.comprehension],
        node: ast.AST,
        frame: Frame,
    ) -> Value:
        inner = Frame(Namespace(), frame.module, frame, frame.owner)
        made: list[tuple[Value | None, Value]] = []
        depends = NOTHING

        def run(rest: Sequence[ast.comprehension]) -> None:
            nonlocal depends
            if not rest:
                made.append((self.value(key, inner) if key is not None else None, self.value(element, inner)))
                return
            first, *others = rest
            source = self.value(first.iter, inner)
            depends |= source.depends
            items = self.items(source)
            if items is None or first.is_async:
                raise NotKnown(self.unknown(node, frame, depends=depends_of(source)))
            for item in items:
                self.step()
                self.assign(first.target, item, inner)
                keep = True
                for test in first.ifs:
                    given = self.value(test, inner)
                    known = truth(given)
                    depends |= depends_of(given)
                    if known is None:
                        raise NotKnown(self.unknown(node, frame, "branch", depends=depends))
                    keep = keep and known
                if keep:
                    run(others)

        try:
            run(generators)
            if kind == "dict":
                return Map({plain(name): value for name, value in made if name is not None}, depends=depends)
        except (NotKnown, TypeError) as error:
            found = error.value if isinstance(error, NotKnown) else None
            return found or self.unknown(node, frame, depends=depends)
        items = [value for _, value in made]
        if kind == "set":
            items = [
                item for number, item in enumerate(items) if not any(same(item, before) for before in items[:number])
            ]
        return Seq("set" if kind == "set" else "list", items, depends=depends)

    # Calls

    def _call(self, node: ast.Call, frame: Frame) -> Value:
        function = self.value(node.func, frame)
        arguments: list[Value] = []
        keywords: dict[str, Value] = {}
        whole = True
        for argument in node.args:
            given = self.value(argument.value if isinstance(argument, ast.Starred) else argument, frame)
            if isinstance(argument, ast.Starred):
                items = self.items(given)
                whole = whole and items is not None
                arguments.extend(items or ())
            else:
                arguments.append(given)
        for keyword in node.keywords:
            given = self.value(keyword.value, frame)
            if keyword.arg is not None:
                keywords[keyword.arg] = given
            elif (
                isinstance(given, Map)
                and given.exact
                and not given.maybe
                and all(isinstance(key, str) for key in given.items)
            ):
                keywords.update({str(key): item for key, item in given.items.items()})
            else:
                whole = False
        if not whole:
            return self._outside(node, frame, [function, *arguments, *keywords.values()])
        return self.call(function, arguments, keywords, node, frame)

    def call(
        self, function: Value, arguments: list[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
    ) -> Value:
        match function:
            case Library(dotted=name):
                found = self._modelled("CALLS", name, Call(self, name, arguments, keywords, node, frame))
                found = found or library.call(self, name, arguments, keywords, node, frame)
                return (
                    found if found is not None else self._outside(node, frame, [*arguments, *keywords.values()], name)
                )
            case Method(owner=owner, name=name):
                return self.call_method(owner, name, arguments, keywords, node, frame)
            case Object(kind=kind):
                found = self._modelled("OBJECTS", kind, Call(self, kind, arguments, keywords, node, frame, function))
                found = found or library.call_object(self, function, arguments, keywords, node, frame)
                return found if found is not None else self._outside(node, frame, [*arguments, *keywords.values()])
            case Function():
                return self.call_function(function, arguments, keywords, node, frame)
            case Class():
                return self._instance(function, arguments, keywords, node, frame)
            case Joined(options=options) if not self._perhaps:
                with self._perhaps_evaluated():
                    return join([self.call(option, arguments, keywords, node, frame) for option in options])
            case _:
                return self._outside(node, frame, [function, *arguments, *keywords.values()])

    def _outside(self, node: ast.AST, frame: Frame, handed: Iterable[Value], name: str = "") -> Unknown:
        """A call that is not followed: it may change what it is given, and call what it is given."""
        why = self.unknown(node, frame, "call", name or _spelled(node))
        handed = list(handed)
        if _hands_over_the_module(node) or any(isinstance(value, Object) and value.kind == "scope" for value in handed):
            self._taint(frame.names, why)
            self._taint(frame.module.namespace, why)
        for value in handed:
            self._spoil_deep(value, why, 0)
            if isinstance(value, Function) and value.node is not None and self._depth < MAX_DEPTH:
                body = value.node.body if isinstance(value.node, ast.FunctionDef) else []
                self._taint_written(body, Frame(Namespace(), self.module(value.path), None), why)
        depends = NOTHING
        for value in handed:
            depends |= depends_of(value)
        why.depends = depends
        return why

    @staticmethod
    def _modelled(table: str, name: str, call: Call) -> Value | None:
        model = models.find(table, name)
        return model(call) if model is not None else None

    def call_method(
        self, owner: Value, name: str, arguments: list[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
    ) -> Value:
        if isinstance(owner, Object):
            call = Call(self, name, arguments, keywords, node, frame, owner)
            answer = self._modelled("METHODS", owner.kind, call)
            if answer is not None:
                return answer
        found = library.method(self, owner, name, arguments, keywords, node, frame)
        if found is not None:
            return found
        return self._outside(node, frame, [owner, *arguments, *keywords.values()])

    def _function(self, node: ast.FunctionDef | ast.Lambda, frame: Frame) -> Value:
        name = node.name if isinstance(node, ast.FunctionDef) else "lambda"
        how = ""
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                spelled = _spelled(decorator).partition("(")[0].rpartition(".")[2]
                if spelled in {"property", "cached_property", "classproperty"}:
                    how = "property"
                elif spelled in {"staticmethod", "classmethod"}:
                    how = spelled
                elif spelled not in {"lru_cache", "cache", "wraps", "override", "overload"}:
                    return self.unknown(node, frame, "call", f"@{spelled}")
            if any(isinstance(part, ast.Yield | ast.YieldFrom | ast.Await) for part in _own(node)):
                return self.unknown(node, frame, "call", f"{name}, a generator")
        defaults = tuple(self.value(item, frame) for item in node.args.defaults)
        keyword_defaults = tuple(
            self.value(item, frame) if item is not None else None for item in node.args.kw_defaults
        )
        return Function(node, frame.module.path, frame, name, defaults, keyword_defaults, None, how)

    def call_function(
        self, function: Function, arguments: Sequence[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
    ) -> Value:
        body = function.node
        if not isinstance(body, ast.FunctionDef | ast.Lambda) or not isinstance(function.frame, Frame):
            return self._outside(node, frame, [*arguments, *keywords.values()])
        if self._depth >= MAX_DEPTH:
            raise OutOfBudget
        inner = Frame(Namespace(), self.modules[function.path], function.frame)
        given = [function.owner, *arguments] if function.owner is not None else list(arguments)
        if not self._arguments(body.args, function, given, dict(keywords), inner):
            return self.unknown(node, frame, "call", f"{function.name} is called with other arguments")
        self._depth += 1
        kept, self._perhaps_returned = self._perhaps_returned, []
        if self._perhaps:
            # Nobody knows whether it runs: what it writes is written, or not.
            return self._perhaps_called(body, inner, kept, function, frame)
        try:
            if isinstance(body, ast.Lambda):
                return self.value(body.body, inner)
            try:
                self.block(body.body, inner)
                result: Value = Const(None)
            except _Return as left:
                result = left.value
            return join([*self._perhaps_returned, result]) if self._perhaps_returned else result
        except (_Break, _Continue, _Unsure):
            return self.unknown(node, frame)
        finally:
            self._perhaps_returned = kept
            self._depth -= 1

    def _perhaps_called(
        self, body: ast.FunctionDef | ast.Lambda, inner: Frame, kept: list[Value], function: Function, frame: Frame
    ) -> Value:
        found: list[Value] = []
        count, self._perhaps = self._perhaps, 0

        def run() -> None:
            if isinstance(body, ast.Lambda):
                found.append(self.value(body.body, inner))
                return
            try:
                self.block(body.body, inner)
                found.append(Const(None))
            except _Return as left:
                found.append(left.value)
            found.extend(self._perhaps_returned)

        try:
            self.fork([run, lambda: None], Unknown("branch", function.name, frame.module.path))
        except (_Break, _Continue, _Unsure, _Return):
            return Unknown("branch", function.name)
        finally:
            self._perhaps = count
            self._perhaps_returned = kept
            self._depth -= 1
        return join(found) if found else Unknown("branch", function.name)

    def _arguments(
        self, spec: ast.arguments, function: Function, given: list[Value], keywords: dict[str, Value], inner: Frame
    ) -> bool:
        names = [item.arg for item in (*spec.posonlyargs, *spec.args)]
        path, line = function.path, getattr(function.node, "lineno", 0)

        def put(name: str, value: Value) -> None:
            inner.names.names[name] = Binding(value, path, line)

        if len(given) > len(names) and spec.vararg is None:
            return False
        defaults = dict(zip(names[len(names) - len(function.defaults) :], function.defaults, strict=True))
        for number, name in enumerate(names):
            if number < len(given):
                put(name, given[number])
            elif name in keywords:
                put(name, keywords.pop(name))
            elif name in defaults and defaults[name] is not None:
                put(name, defaults[name])  # type: ignore[arg-type]
            else:
                return False
        if spec.vararg is not None:
            put(spec.vararg.arg, Seq("tuple", given[len(names) :]))
        for item, default in zip(spec.kwonlyargs, function.keyword_defaults, strict=True):
            if item.arg in keywords:
                put(item.arg, keywords.pop(item.arg))
            elif default is not None:
                put(item.arg, default)
            else:
                return False
        if spec.kwarg is not None:
            put(spec.kwarg.arg, Map({name: value for name, value in keywords.items()}))
            return True
        return not keywords

    def _class(self, node: ast.ClassDef, frame: Frame) -> Value:
        if node.keywords:
            self._taint_written(node.body, Frame(Namespace(), frame.module, frame), self.unknown(node, frame))
            return self.unknown(node, frame, "call", f"class {node.name} with a metaclass")
        bases = [self.value(base, frame) for base in node.bases]
        names = Namespace()
        inner = Frame(names, frame.module, frame)
        self.block(node.body, inner)
        outside = tuple(base.dotted for base in bases if isinstance(base, Library) and base.dotted != "builtins.object")
        if any(not isinstance(base, Class | Library) for base in bases):
            outside = (*outside, "what is not known")
        made = Class(node.name, frame.module.path, node.lineno, (), outside, names)
        order = linear([base for base in bases if isinstance(base, Class)])
        made.order = (made, *order)
        if node.decorator_list and any("dataclass" not in _spelled(item) for item in node.decorator_list):
            return self.unknown(node, frame, "call", f"class {node.name} with a decorator")
        return made

    def _instance(
        self, cls: Class, arguments: list[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
    ) -> Value:
        for base in (outside for one in cls.order for outside in one.outside):
            model = models.find("BASES", base)
            answer = model(Call(self, base, arguments, keywords, node, frame, cls)) if model is not None else None
            if answer is not None:
                return answer
        made = Instance(cls)
        maker = self._class_attribute(cls, "__init__")
        if isinstance(maker, Function):
            bound = self._bound(maker, made, cls, node, frame)
            if isinstance(bound, Function):
                self.call_function(bound, arguments, keywords, node, frame)
        elif arguments or keywords or isinstance(maker, Unknown) or self._class_attribute(cls, "__new__") is not None:
            return self._outside(node, frame, [*arguments, *keywords.values()], cls.name)
        return made


def linear(bases: list[Class]) -> list[Class]:
    """The order in which attributes are looked for (C3); by first appearance where there is none."""
    rows = [list(base.order) for base in bases] + [list(bases)]
    found: list[Class] = []
    while any(rows):
        rows = [row for row in rows if row]
        head = next((row[0] for row in rows if not any(row[0] in other[1:] for other in rows)), None)
        if head is None:
            head = rows[0][0]
        found.append(head)
        rows = [[item for item in row if item is not head] for row in rows]
    return found


def dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _with(value: Value, depends: Depends) -> Value:
    """The same, also dependent on these variables. What can be changed stays the same object."""
    if not depends or depends <= value.depends:
        return value
    match value:
        case Const(value=inner):
            return Const(inner, depends=value.depends | depends)
        case Unknown(reason=reason, text=text, path=path, line=line):
            return Unknown(reason, text, path, line, depends=value.depends | depends)
        case Joined(options=options):
            return Joined(options, depends=value.depends | depends)
        case Seq() | Map():
            value.depends = value.depends | depends
    return value


def _hands_over_the_module(node: ast.AST) -> bool:
    """`Live.load(__name__)`, `f(sys.modules[x])`: whoever has a module's name can set what it likes in it."""
    return isinstance(node, ast.Call) and any(
        (isinstance(part, ast.Name) and part.id == "__name__")
        or (isinstance(part, ast.Attribute) and part.attr == "modules")
        for argument in (*node.args, *(item.value for item in node.keywords))
        for part in ast.walk(argument)
    )


def _loading(target: ast.expr) -> ast.expr:
    match target:
        case ast.Name(id=name):
            return ast.copy_location(ast.Name(name, ast.Load()), target)
        case ast.Attribute(value=owner, attr=name):
            return ast.copy_location(ast.Attribute(owner, name, ast.Load()), target)
        case ast.Subscript(value=owner, slice=key):
            return ast.copy_location(ast.Subscript(owner, key, ast.Load()), target)
    return target


def _own(node: ast.FunctionDef) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions in it."""
    stack: list[ast.AST] = list(node.body)
    while stack:
        part = stack.pop()
        yield part
        if not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            stack.extend(ast.iter_child_nodes(part))


def _raised(error: ast.expr | None) -> str:
    if isinstance(error, ast.Call):
        error = error.func
    return _spelled(error).rpartition(".")[2] if error is not None else "Exception"


_PARENTS = {
    "ModuleNotFoundError": ("ImportError",), "KeyError": ("LookupError",), "IndexError": ("LookupError",),
    "FileNotFoundError": ("OSError", "IOError", "EnvironmentError"), "UnicodeDecodeError": ("ValueError",),
}  # fmt: skip


def _handles(kind: ast.expr | None) -> list[str]:
    if kind is None:
        return [""]
    parts = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return [_spelled(part).rpartition(".")[2] for part in parts]


def _catches(kind: ast.expr | None, name: str) -> bool:
    names = set(_handles(kind))
    plain_error = name not in {"SystemExit", "KeyboardInterrupt", "GeneratorExit"}
    return bool(names & {name, *_PARENTS.get(name, ()), "", "BaseException"}) or ("Exception" in names and plain_error)


def _spelled(node: ast.AST) -> str:
    """An expression for people, short, without the contents of strings, which may be secret."""
    from hardencheck.collect.extract._python import shorten

    try:
        return shorten(node)
    except Exception:
        return type(node).__name__


_CONVERSIONS: dict[int, Callable[[object], str]] = {115: str, 114: repr, 97: ascii}
_OPERATORS: dict[type, Any] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow, ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_, ast.BitXor: operator.xor, ast.LShift: operator.lshift, ast.RShift: operator.rshift,
}  # fmt: skip
_UNARY: dict[type, Any] = {ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Invert: operator.invert}
_COMPARE: dict[type, Any] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}  # fmt: skip


def _small(op: ast.operator, one: object, two: object) -> bool:
    """Whether the result is small enough to be computed at all."""
    if isinstance(op, ast.Pow):
        return isinstance(one, int | float) and isinstance(two, int | float) and abs(two) <= 200 and abs(one) <= 1 << 64
    if isinstance(op, ast.LShift):
        return isinstance(two, int) and 0 <= two <= 256
    if isinstance(op, ast.Mult):
        for text, count in ((one, two), (two, one)):
            if isinstance(text, str | bytes | list | tuple):
                most = MAX_SIZE if isinstance(text, str | bytes) else MAX_ITEMS
                return isinstance(count, int) and len(text) * max(count, 0) <= most
        return all(not isinstance(item, int) or item.bit_length() < 4_000 for item in (one, two))
    if isinstance(op, ast.Mod) and isinstance(one, str | bytes):
        return (
            len(one) < MAX_SIZE
            and "*" not in str(one)
            and not any(part.isdigit() and int(part) > 500 for part in _numbers(str(one)))
        )
    if isinstance(op, ast.Add) and isinstance(one, str | bytes) and isinstance(two, str | bytes):
        return len(one) + len(two) <= MAX_SIZE
    return True


def _numbers(text: str) -> list[str]:
    return "".join(letter if letter.isdigit() else " " for letter in text).split()
