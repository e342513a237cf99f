"""Statements and expressions over abstract values: in order, last writer wins, nothing of the target is executed.

Sound before complete: what is known is surely so. A condition that is not known is followed both ways and the ends are
joined; what cannot be followed taints all that it may have written.
"""

import ast
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Iterator as Iterates
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

from hardencheck.collect.contract import Unreadable
from hardencheck.collect.extract._python import shorten, syntax_tree
from hardencheck.collect.interpret import library, models
from hardencheck.collect.interpret.models import Call
from hardencheck.collect.interpret.values import (
    ABSENT,
    MAX_CHAIN,
    NOTHING,
    Absent,
    Binding,
    Changing,
    Class,
    Const,
    Depends,
    Function,
    Instance,
    Iterator,
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
    View,
    depending,
    depends_of,
    is_code,
    join,
    lifted,
    now,
    plain,
    same,
    truth,
)
from hardencheck.lazily import compiled

SETTING = "the setting "  # before a name in `depends`: no variable of the environment
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
        self, names: Namespace, module: Module, outer: "Frame | None" = None, *, of_class: bool = False
    ) -> None:
        self.names, self.module, self.outer, self.of_class = names, module, outer, of_class
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()
        self.returned: list[Value] = []
        self.function: Function | None = None  # that runs in it


Version = tuple[int, ...]


class Source(NamedTuple):
    """read: the text of a file of the repository, None when there is none or it cannot be read. find: the path of a
    module (dotted, relative with dots) seen from a file. ours: whether a module that is not found should be here.
    paths: of all files of the repository, None when they cannot be listed. broken: of a file that was found to be
    unreadable the reason, what is wrong, and the line; None for every other file. versions: the lowest and the highest
    version of a package that is installed, as far as the repository says."""

    read: Callable[[str], bytes | None]
    find: Callable[[str, str], str | None]
    ours: Callable[[str, str], bool]
    paths: Callable[[], Iterable[str]] | None = None
    broken: Callable[[str], tuple[str, str, int] | None] | None = None
    versions: Callable[[str], "tuple[Version, Version]"] | None = None


class Asked(NamedTuple):
    """How the code asks for a variable. default: what it takes instead, None: it must be set. cast: "bool" ..."""

    default: Value | None
    cast: str = ""


_Journal = dict[int, tuple[Changing, object]]
_REACHING = frozenset({"exec", "eval", "globals", "locals", "vars", "setattr"})


class _Act(Protocol):
    """What is done to all that some statements may write."""

    def name(self, frame: Frame, name: str, line: int) -> None: ...
    def all(self, names: Namespace, prefix: str = "") -> None: ...
    def thing(self, value: Value, written: bool = False, deep: bool = True) -> None: ...
    def environment(self) -> None: ...


class _Tainting:
    """It is not known afterwards."""

    def __init__(self, interpreter: "Interpreter", why: Unknown) -> None:
        self._interpreter, self._why = interpreter, why

    def name(self, frame: Frame, name: str, line: int) -> None:
        self._interpreter.bind(frame, name, self._why, line)

    def all(self, names: Namespace, prefix: str = "") -> None:
        self._interpreter.touch(names)
        names.taint(self._why, prefix)

    def thing(self, value: Value, written: bool = False, deep: bool = True) -> None:
        why = replace(self._why, reason="tainted") if written else self._why
        for one in _reached(value) if deep else [value]:
            self._interpreter.spoil(one, why)

    def environment(self) -> None:
        self._interpreter.touch(self._interpreter.exported)
        self._interpreter.exported.taint()


class _Marking:
    """It is as it is, unless these variables say otherwise."""

    def __init__(self, interpreter: "Interpreter", depends: Depends) -> None:
        self._interpreter, self._depends = interpreter, depends

    def name(self, frame: Frame, name: str, line: int) -> None:
        names = self._interpreter._names_of(frame, name)
        self._interpreter.touch(names)
        names.mark_name(name, self._depends)

    def all(self, names: Namespace, prefix: str = "") -> None:
        self._interpreter.touch(names)
        names.mark_all(self._depends, prefix)

    def environment(self) -> None:
        self._interpreter.exported.depends |= self._depends

    def thing(self, value: Value, written: bool = False, deep: bool = True) -> None:
        for one in _reached(value) if deep else [value]:
            if isinstance(one, Seq | Map | Iterator):
                one.depends |= self._depends
            elif isinstance(one, Module):
                self.all(one.namespace)
            elif isinstance(one, Instance):
                self.all(one.attributes)
            elif isinstance(one, Object) and models.find("SPOILS", one.kind) is not None:
                for part in one.state.values():
                    self.thing(part)


# Readers of the environment.
_READERS = frozenset({"environ.Env", "environs", "environs.Env", "decouple.Config", "starlette.config"})


def _reached(value: Value) -> Iterates[Value]:
    """A value and all that whoever has it can change."""
    stack, seen = [value], set[int]()
    while stack and len(seen) < MAX_ITEMS:
        one = stack.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, Seq):
            stack.extend((*one.items, *one.extra))
        elif isinstance(one, Map):
            stack.extend(one.items.values())
        elif isinstance(one, View):
            stack.extend(one.of.items.values())
        elif isinstance(one, Iterator):
            stack.extend((*one.sources, *(one.left or ())))
        elif isinstance(one, Instance):
            stack.extend(item.value for item in one.attributes.names.values())
        elif isinstance(one, Object) and models.find("SPOILS", one.kind) is None:
            stack.extend(one.state.values())
        elif isinstance(one, Joined):
            stack.extend(one.options)
        elif isinstance(one, Method):
            stack.append(one.owner)
        elif isinstance(one, Function) and one.owner is not None:
            stack.append(one.owner)
        if not isinstance(one, Const | Library | Unknown):
            yield one


class Interpreter:
    """environment: variables that are set; all others are not. off: which names a condition takes to be false where
    their value is not known (DEBUG in production); what is bound under it says so in what it depends on."""

    def __init__(
        self,
        source: Source,
        environment: Mapping[str, str | Value] | None = None,
        off: Callable[[str], bool] | None = None,
    ) -> None:
        self.source = source
        self.environment = dict(environment or {})
        self.off = off or (lambda name: False)
        self.exported = Map()  # variables that the program itself sets, which can be put back
        self.modules: dict[str, Module] = {}
        self.files: set[str] = set()
        self.reads: set[str] = set()  # variables that were asked for
        self.asked: dict[str, Asked] = {}
        self.late: set[str] = set()  # names that functions write through `global`: nobody knows when they are called
        self.shared: dict[str, Value] = {}  # what a library has one of
        self.patched: set[str] = set()  # what the code put other things in place of: dotted names, with ".*" all in it
        self.contents: dict[int, tuple[Value, str]] = {}  # what was read, and the file that it was read from
        self.origins: dict[int, tuple[Value, tuple[str, Binding]]] = {}  # where attributes of classes got their values
        self.calm = False  # functions and classes that a library is given it keeps for later, and does not call
        self.foreign: set[tuple[str, int, str]] = set()  # calls of code outside the repository, by what is said of them
        self._cached: dict[int, tuple[ast.AST, Value]] = {}  # what functions gave that remember it
        self._journals: list[_Journal] = []
        self._under: Depends = NOTHING  # variables that decide whether this is run at all
        self._left: Depends = NOTHING  # variables that decide whether a function or loop has been left before
        self._watched: Depends = NOTHING  # variables that may decide whether something is raised
        self._handled: list[frozenset[str]] = []
        self._may_raise = False
        self._partly = False  # the function that runs has perhaps returned already
        self._perhaps = 0  # in an expression of which nobody knows whether it is evaluated
        self._steps = self._forks = self._depth = 0
        self._running: set[str] = set()

    # Modules

    def module(self, path: str) -> Module:
        """A module of the repository after it ran; of one that is running, what it has until now."""
        if path not in self.modules:
            self._package(path)
        known = self.modules.get(path)
        if known is not None:
            return known
        with self._aside():
            return self._first(path)

    def _package(self, path: str) -> None:
        """Python runs the packages that a module is in before the module; the outermost first."""
        folder = path.removesuffix("/__init__.py").rpartition("/")[0]
        package = f"{folder}/__init__.py"
        if folder and self.source.find(".", package) == package:
            self.module(package)

    def _first(self, path: str) -> Module:
        made = self.modules[path] = Module(path)
        self._set_up(made)
        if len(self.modules) > MAX_MODULES:
            beyond = Unknown("budget", "too many modules", path, 1)
            text = self.source.read(path)
            if text is not None and not _SETTINGS_WORDS.search(text):
                self.foreign.add((path, 1, beyond.text))
            self._taint(made.namespace, beyond)
            return made
        lost = self.source.broken(path) if self.source.broken is not None else None
        if lost is not None:
            self._taint(made.namespace, Unknown(*lost[:2], path, lost[2]))
            return made
        data = self.source.read(path)
        if data is None:
            self._taint(made.namespace, Unknown("import", f"{path} cannot be read", path, 1))
            return made
        try:
            tree = syntax_tree(data)
        except Unreadable as error:
            self._taint(made.namespace, Unknown("python-syntax", error.detail, path, error.line or 1))
            return made
        except (RecursionError, MemoryError):
            self._taint(made.namespace, Unknown("budget", "it is nested too deeply", path, 1))
            return made
        self.files.add(path)
        self.late.update(name for part in ast.walk(tree) if isinstance(part, ast.Global) for name in part.names)
        self._running.add(path)
        frame = Frame(made.namespace, made)
        self._top(tree.body, frame)
        self._running.discard(path)
        return made

    @contextmanager
    def _aside(self) -> Iterates[None]:
        """For the first import of a module: it stays imported, whatever becomes of the branch that imported it."""
        since = now()
        kept = (self._handled, self._journals, self._under, self._left, self._perhaps, self._may_raise)
        partly, self._partly = self._partly, False
        self._handled, self._journals, self._under, self._left, self._perhaps = [], [{}], NOTHING, NOTHING, 0
        try:
            yield
        finally:
            journal = self._journals.pop()
            self._handled, self._journals, self._under, self._left, self._perhaps, self._may_raise = kept
            self._partly = partly
            self._keep({key: item for key, item in journal.items() if item[0].born < since})

    def _set_up(self, module: Module) -> None:
        # Where it is installed is not known, what lies beside it is: models/_places.py.
        here = Object(kind="place", state={"path": Const(module.path), "form": Const("text")})
        module.namespace.names["__file__"] = Binding(here, module.path, 1)
        module.namespace.names["__name__"] = Binding(Const(dotted(module.path)), module.path, 1)

    def _top(self, body: Sequence[ast.stmt], frame: Frame) -> None:
        """Module level: what raises there does not keep the rest from being looked at."""
        for node in body:
            self._left = NOTHING  # the service does not start with what raises here
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
                elif isinstance(node, ast.Try):
                    self._operators(node, frame)
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

    def _operators(self, node: ast.Try, frame: Frame) -> None:
        """`try: configuration = import_module(...)`, and who catches raises too: it is the operator's to write."""
        for part in node.body:
            if (
                isinstance(part, ast.Assign)
                and isinstance(part.value, ast.Call)
                and len(part.targets) == 1
                and isinstance(part.targets[0], ast.Name)
                and part.targets[0].id not in frame.names.names
                and _spelled(part.value.func).rpartition(".")[2] == "import_module"
                and part.value.args
            ):
                name = self.value(part.value.args[0], frame)
                made = Object(kind="operator", state={"name": name}, depends=depends_of(name))
                self.bind(frame, part.targets[0].id, made, part.lineno)

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
        ends: list[_Journal] = []
        before: _Journal = {}
        signals: list[Exception | None] = []
        for arm in arms:
            with self._deciding(depends):
                journal, after, signal = self._tried(arm)
            for key, item in journal.items():
                before.setdefault(key, item)
            signals.append(signal)
            ends.append(after)
        if any(signals):
            self._left |= depends
            self._watched |= depends
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
            raise _Return(depending(join([signal.value for signal in ways if isinstance(signal, _Return)]), depends))
        if any(isinstance(signal, _Break | _Continue | _Unsure) for signal in ways):
            first = ways[0]
            if all(type(signal) is type(first) for signal in ways) and first is not None:
                raise first
            raise _Unsure
        # Some return, some go on: what is returned in the end is one of these.
        for signal in ways:
            if isinstance(signal, _Return):
                self._perhaps_returned.append(depending(signal.value, depends))
                self._partly = True

    _perhaps_returned: list[Value] = []

    def _tried(self, arm: Callable[[], None]) -> tuple[_Journal, _Journal, Exception | None]:
        """(what was touched with its state before, the same with its state after, how it was left); all is put back."""
        self._journals.append({})
        signal: Exception | None = None
        try:
            arm()
        except (Raised, _Return, _Break, _Continue, _Unsure) as left:
            signal = left
        except BaseException:
            for thing, state in self._journals[-1].values():
                thing.load(state)
            raise
        finally:
            journal = self._journals.pop()
        after = {key: (thing, thing.save()) for key, (thing, _) in journal.items()}
        for thing, state in journal.values():
            thing.load(state)
        return journal, after, signal

    @contextmanager
    def _deciding(self, depends: Depends) -> Iterates[None]:
        """What is bound in here depends on these variables."""
        kept, self._under = self._under, self._under | depends
        try:
            yield
        finally:
            self._under = kept

    @property
    def condition(self) -> Depends:
        return self._under | self._left

    def _instead(self, arm: Callable[[], None], depends: Depends, nodes: Sequence[ast.AST], frame: Frame) -> None:
        """What another environment would run here: it is not run, but what it would change depends on these."""
        kept = (self._perhaps_returned, self._left, self._may_raise)
        partly = self._partly
        self._perhaps_returned = []
        self._forks += 1
        if self._forks > MAX_FORKS:
            raise OutOfBudget
        try:
            with self._deciding(depends):
                journal, after, signal = self._tried(arm)
        except (OutOfBudget, RecursionError):
            self._perhaps_returned, self._left, self._may_raise = kept
            self._partly = partly
            self._mark_written(nodes, frame, depends)
            self._left |= depends
            return
        split, self._partly = self._partly, partly
        self._perhaps_returned, self._left, self._may_raise = kept
        for key, (thing, before) in journal.items():
            self.touch(thing)
            thing.mark(before, after[key][1], depends)
        if signal is not None or split:
            self._left |= depends
            self._watched |= depends

    def _mark_written(self, nodes: Iterable[ast.AST], frame: Frame, depends: Depends) -> None:
        """All that these statements may write depends on these variables: whether or how often they run does."""
        if depends:
            self._over_written(nodes, frame, _Marking(self, depends), set())

    def _merge(self, ends: list[_Journal], before: _Journal, why: Unknown) -> None:
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
        if isinstance(value, Seq | Map | Iterator):
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
        elif isinstance(value, Object):
            for part in value.state.values():
                if isinstance(part, Seq | Map):
                    self.spoil(part, why)

    def _taint_written(self, nodes: Iterable[ast.AST], frame: Frame, why: Unknown) -> None:
        """All that these statements may write is not known: names, and what the objects behind them hold."""
        self._over_written(nodes, frame, _Tainting(self, why), set())

    def _over_written(self, nodes: Iterable[ast.AST], frame: Frame, act: "_Act", seen: set[int]) -> None:
        for node in nodes:
            prefixed = _prefixed(node)
            for part in ast.walk(node):
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store | ast.Del):
                    act.name(frame, part.id, part.lineno)
                elif isinstance(part, ast.Name):
                    seen_there = self.lookup(frame, part.id)
                    if seen_there is not None and isinstance(seen_there.value, Iterator):
                        act.thing(seen_there.value)  # whoever reads it takes from it
                elif isinstance(part, ast.ImportFrom) and any(item.name == "*" for item in part.names):
                    path = self.source.find("." * part.level + (part.module or ""), frame.module.path)
                    found = self.module(path).namespace if path is not None else None
                    for name in list(found.names) if found is not None else ():
                        act.name(frame, name, part.lineno)
                    if found is None or found.rest is not None or path in self._running:
                        act.all(frame.names)
                elif isinstance(part, ast.Import | ast.ImportFrom):
                    for item in part.names:
                        act.name(frame, (item.asname or item.name).partition(".")[0], part.lineno)
                elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    act.name(frame, part.name, part.lineno)
                elif isinstance(part, ast.Call):
                    if _changes_the_environment(part.func):
                        act.environment()
                    if isinstance(part.func, ast.Name) and part.func.id in _REACHING:
                        act.all(frame.module.namespace, prefixed.get(id(part), ""))
                        act.all(frame.names, prefixed.get(id(part), ""))
                    if self._only_looks(part.func, frame):
                        # What it is given stays as it is; only functions among it may be called.
                        for inner in (*part.args, *(item.value for item in part.keywords)):
                            held = self._behind(inner, frame)
                            if isinstance(held, Function | Class | Instance):
                                act.thing(held)
                                self._over_called(held, act, seen)
                        continue
                    callee = self._behind(part.func, frame)
                    about = isinstance(callee, Function) and _about_settings(callee)
                    for inner in (part.func, *part.args, *(item.value for item in part.keywords)):
                        held = self._behind(inner, frame, called=inner is part.func)
                        if inner is part.func and isinstance(held, Object) and held.kind in _READERS:
                            continue  # asked for a variable, it stays what it is
                        if held is not None:
                            written = _reaches_settings(inner) if inner is part.func else about
                            act.thing(held, written)
                            self._over_called(held, act, seen)
                elif isinstance(part, ast.Subscript | ast.Attribute) and isinstance(part.ctx, ast.Store | ast.Del):
                    if _of_the_environment(part.value):
                        act.environment()
                    held = self._behind(part.value, frame)
                    if held is not None:
                        # `x[k] = v` changes x, and nothing that is in it.
                        act.thing(held, _reaches_settings(part), deep=not isinstance(part.value, ast.Name))
                elif isinstance(part, ast.Global):
                    for name in part.names:
                        act.name(Frame(frame.module.namespace, frame.module), name, part.lineno)
                elif isinstance(part, ast.Nonlocal):
                    within = Frame(Namespace(), frame.module, frame)
                    within.nonlocals.update(part.names)
                    for name in part.names:
                        act.name(within, name, part.lineno)

    def _only_looks(self, function: ast.expr, frame: Frame) -> bool:
        """Whether it is a function of Python that changes nothing of what it is given."""
        name = ""
        if isinstance(function, ast.Name):
            found = self.lookup(frame, function.id)
            if found is None and function.id in library.BUILTINS:
                name = f"builtins.{function.id}"
            elif found is not None and isinstance(found.value, Library):
                name = found.value.dotted
        elif isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            found = self.lookup(frame, function.value.id)
            if found is not None and isinstance(found.value, Library):
                name = f"{found.value.dotted}.{function.attr}"
        return name in _ONLY_LOOKING and name not in self.patched

    def _over_called(self, value: Value, act: "_Act", seen: set[int]) -> None:
        """What the functions behind a value may write."""
        if isinstance(value, Function) and isinstance(value.frame, Frame) and id(value.node) not in seen:
            seen.add(id(value.node))
            if len(seen) > MAX_DEPTH:
                raise OutOfBudget
            body = value.node.body if isinstance(value.node, ast.FunctionDef | ast.AsyncFunctionDef) else []
            self._over_written(body, Frame(Namespace(), self.modules[value.path], value.frame), act, seen)
        elif isinstance(value, Class | Instance):
            cls = value if isinstance(value, Class) else value.cls
            for one in cls.order if cls is not None else ():
                for binding in list(one.attributes.names.values()):
                    self._over_called(binding.value, act, seen)
        elif isinstance(value, Joined):
            for option in value.options:
                self._over_called(option, act, seen)

    def _behind(self, node: ast.expr, frame: Frame, *, called: bool = False) -> Value | None:
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
        found = self.lookup(frame, node.id)
        value = found.value if found is not None else None
        least = 1 if called else 0
        while len(names) > least or (names and isinstance(value, Module)):
            inner = self._held(value, names[-1])
            if inner is None:
                return None if isinstance(value, Module) else value
            names.pop()
            value = inner
        return value

    @staticmethod
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

    def _spoil_deep(self, value: Value, why: Unknown, depth: int) -> None:
        for thing in _reached(value):
            self.spoil(thing, why)

    # Names

    def lookup(self, frame: Frame, name: str) -> Binding | None:
        if name in library.BUILTINS and not self._redefined(frame, name):
            return None  # also where anything may have been written: nobody writes over globals()
        at: Frame | None = frame
        while at is not None:
            # Functions do not see the names of the class they are in.
            seen = at is frame or not at.of_class
            if seen and name not in at.globals and (found := at.names.get(name)) is not None:
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
        names = self._names_of(frame, name)
        self._bind_in(names, name, value, frame.module.path, line)

    @staticmethod
    def _names_of(frame: Frame, name: str) -> Namespace:
        """Where a function binds a name: its own, those of the module, or of a function around it (`nonlocal`)."""
        if name in frame.globals:
            return frame.module.namespace
        at: Frame | None = frame
        while at is not None and name in at.nonlocals:
            at = at.outer
            while at is not None and (at.of_class or (name not in at.names.names and name not in at.nonlocals)):
                at = at.outer
        return at.names if at is not None else frame.module.namespace

    def _bind_in(self, names: Namespace, name: str, value: Value, path: str, line: int) -> None:
        self.touch(names)
        old = names.names.get(name)
        chain = (*old.chain, (old.path, old.line))[-MAX_CHAIN:] if old is not None and old.path else ()
        names.names[name] = Binding(depending(value, self.condition), path, line, chain)

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

    def asks(self, name: str, default: Value | None, cast: str = "") -> None:
        """To be told of every way in which a variable is asked for; the one that says most is kept."""
        known = self.asked.get(name, Asked(None))
        plain_none = isinstance(known.default, Const) and known.default.value is None
        best = default if default is not None and (known.default is None or plain_none) else known.default
        self.asked[name] = Asked(best, cast or known.cast)

    def step(self, by: int = 1) -> None:
        self._steps += by
        if self._steps > MAX_STEPS:
            raise OutOfBudget

    # Statements

    def block(self, body: Sequence[ast.stmt], frame: Frame) -> None:
        for number, node in enumerate(body):
            self.statement(node, frame)
            if self._partly and number + 1 < len(body):
                self._rest(body[number + 1 :], frame)
                return

    def _rest(self, body: Sequence[ast.stmt], frame: Frame) -> None:
        """What follows in a function that has perhaps returned: it is run, or not."""
        self._partly = False
        try:
            journal, after, signal = self._tried(self._arm(body, frame))
        finally:
            self._partly = True
        if isinstance(signal, Raised):
            if self._handled:
                self._may_raise = True
            raise _Return(self._perhaps_returned[-1])
        why = Unknown("branch", "an early return", frame.module.path, body[0].lineno)
        self._merge([after, {}], journal, why)
        if isinstance(signal, _Return):
            raise signal
        if signal is not None:
            raise _Unsure

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
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.bind(frame, node.name, self._function(node, frame), node.lineno)
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
                frame.nonlocals.update(names)
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
                self.set_attribute(self.value(owner, frame), name, value, target, frame)
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

    def set_attribute(self, owner: Value, name: str, value: Value, node: ast.AST, frame: Frame) -> None:
        line = getattr(node, "lineno", 0)
        match owner:
            case Instance(cls=cls) if cls is not None and self._class_attribute(cls, "__setattr__") is not None:
                outside = {base for one in cls.order for base in one.outside if base not in _BARE}
                call = Call(self, name, [value], {}, node, frame, owner)
                if not outside or not all(self._modelled("SETTERS", base, call) is not None for base in outside):
                    self._outside(node, frame, [owner, value])
            case Module(namespace=names) | Instance(attributes=names) | Class(attributes=names):
                self._bind_in(names, name, value, frame.module.path, line)
                _, origin = self.origins.get(id(value), (None, None))
                if isinstance(owner, Module) and origin is not None and origin[0] == name:
                    # A loader moves it here: it was given its value where the class says so.
                    made = names.names[name]
                    chain = (*made.chain, *origin[1].chain, (made.path, made.line))[-MAX_CHAIN:]
                    names.names[name] = made._replace(path=origin[1].path, line=origin[1].line, chain=chain)
            case Joined():
                self.spoil(owner, self.unknown(node, frame))
            case Object(kind=kind):
                if self._modelled("SETTERS", kind, Call(self, name, [value], {}, node, frame, owner)) is None:
                    self.spoil(owner, self.unknown(node, frame))
            case Library(dotted=dotted):
                self.patched.add(f"{dotted.replace('__builtins__', 'builtins')}.{name}")
            case _:
                pass

    def set_item(self, owner: Value, key: Value, value: Value, node: ast.AST, frame: Frame) -> None:
        value = depending(value, self.condition)
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
            owner.depends |= self.condition | depends_of(key)
        elif (
            isinstance(owner, Seq)
            and owner.exact
            and isinstance(index, int)
            and -len(owner.items) <= index < len(owner.items)
        ):
            self.touch(owner)
            owner.items[index] = value
            owner.depends |= self.condition | depends_of(key)
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
                old.items.extend(depending(item, NOTHING) for item in items)
                old.depends |= depends_of(given)
            elif isinstance(given, Seq):
                old.items.extend(given.items)
                old.extra.extend(given.extra)
                old.exact, old.open = False, old.open or given.open
            else:
                old.exact, old.open = False, True
            old.depends |= self.condition
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
                names = self._names_of(frame, name)
                self.touch(names)
                names.names.pop(name, None)
                if self.condition:
                    names.names[name] = Binding(Absent(depends=self.condition), "", 0)
            case ast.Subscript(value=owner, slice=key):
                held, index = self.value(owner, frame), self.value(key, frame)
                try:
                    plain_key = plain(index)
                except NotKnown:
                    plain_key = None
                if isinstance(held, Map) and plain_key in held.items and not self._perhaps:
                    self.touch(held)
                    held.depends |= self.condition | depends_of(index)
                    del held.items[plain_key]
                elif (
                    isinstance(held, Seq)
                    and held.exact
                    and isinstance(plain_key, int)
                    and -len(held.items) <= plain_key < len(held.items)
                ):
                    self.touch(held)
                    held.depends |= self.condition | depends_of(index)
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
        given = self._assumed(test, self.value(test, frame), frame)
        known = truth(given)
        depends = depends_of(given)
        if known is None:
            why = Unknown("branch", _spelled(test), frame.module.path, getattr(node, "lineno", 0), depends=depends)
            self.fork([self._arm(body, frame), self._arm(orelse, frame)], why, depends)
            return
        taken, other = (body, orelse) if known else (orelse, body)
        if depends and other:
            self._instead(self._arm(other, frame), depends, other, frame)
        with self._deciding(depends):
            try:
                self.block(taken, frame)
            except (Raised, _Return, _Break, _Continue, _Unsure):
                self._left |= depends
                self._watched |= depends
                raise

    def _assumed(self, test: ast.expr, given: Value, frame: Frame) -> Value:
        """A condition whose value is not known, and which is off in production."""
        if truth(given) is not None:
            return given
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self._part(operand, frame)
                return Const(not inner.value, depends=inner.depends) if isinstance(inner, Const) else given
            case ast.Name(id=name) | ast.Attribute(attr=name) if self.off(name):
                return Const(False, depends=given.depends | {f"{SETTING}{name}"})
            case ast.BoolOp(op=op, values=values):
                decisive = isinstance(op, ast.Or)
                parts = [self._part(value, frame) for value in values]
                if any(isinstance(part, Const) and bool(part.value) is decisive for part in parts):
                    known = decisive
                elif all(isinstance(part, Const) for part in parts):
                    known = not decisive
                else:
                    return given
                return Const(known, depends=given.depends.union(*(part.depends for part in parts)))
        return given

    def _part(self, test: ast.expr, frame: Frame) -> Value:
        """A part of a condition, a truth value where it is known or assumed."""
        if not isinstance(test, ast.Name | ast.Attribute | ast.BoolOp | ast.UnaryOp | ast.Constant):
            return Unknown("branch")
        with self._perhaps_evaluated():
            held = self.value(test, frame)
        known = truth(held)
        return Const(known, depends=depends_of(held)) if known is not None else self._assumed(test, held, frame)

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
        items = self.items(value, whole=False)
        why = Unknown("branch", f"a loop over {_spelled(over)}", frame.module.path, node.lineno)
        if items is None or len(items) > MAX_LOOP:
            self._taint_written(node.body + node.orelse + [node.target], frame, why)
            return
        everything = [*node.body, *node.orelse, node.target]
        depends, left = value.depends, self._left
        try:
            with self._deciding(depends), self._going_through(value):
                for item in items:
                    self.step()
                    self.assign(target, item, frame)
                    try:
                        self.block(body, frame)
                    except _Continue:
                        continue
                    except _Break:
                        self._lose(value)
                        break
                    if self._partly or (isinstance(value, Iterator) and value.lost):
                        raise _Unsure
                else:
                    self.block(orelse, frame)
        except _Unsure:
            self._taint_written(everything, frame, why)
        if isinstance(value, Iterator):
            value.depends |= self._left - left  # who left it before its end left something in it
        self._loop_left(everything, frame, depends, left)

    @contextmanager
    def _going_through(self, value: Value) -> Iterates[None]:
        """While it runs, nobody else can take from an iterator: what each gets would not be known."""
        if not isinstance(value, Iterator):
            yield
            return
        value.busy += 1
        try:
            yield
        except BaseException:
            self._lose(value)
            raise
        finally:
            value.busy -= 1

    def _lose(self, value: Value) -> None:
        """Nobody knows what an iterator still has, and those that it takes from."""
        if isinstance(value, Iterator) and not value.lost:
            self.touch(value)
            value.taint()
            for source in value.sources:
                self._lose(source)

    def _loop_left(self, nodes: Sequence[ast.AST], frame: Frame, depends: Depends, left: Depends) -> None:
        """After a loop: how often it ran depends on these, and on what may have left it or skipped a part of it."""
        more = self._left - left
        self._mark_written(nodes, frame, depends | more)
        if not any(isinstance(part, ast.Return) for node in nodes for part in ast.walk(node)):
            self._left = left

    def _keep(self, journal: dict[int, tuple[Changing, object]]) -> None:
        """What was touched in an inner journal is touched in the one around it."""
        if self._journals:
            for key, item in journal.items():
                self._journals[-1].setdefault(key, item)

    def _while(self, node: ast.While, frame: Frame) -> None:
        why = Unknown("branch", f"while {_spelled(node.test)}", frame.module.path, node.lineno)
        everything = [*node.body, *node.orelse]
        depends, left = NOTHING, self._left
        for _ in range(MAX_LOOP):
            self.step()
            given = self.value(node.test, frame)
            known = truth(given)
            depends |= depends_of(given)
            if known is None:
                self._taint_written(everything, frame, why)
                break
            try:
                with self._deciding(depends):
                    if not known:
                        self.block(node.orelse, frame)
                        break
                    self.block(node.body, frame)
                if self._partly:
                    raise _Unsure
            except _Continue:
                continue
            except _Break:
                break
            except _Unsure:
                self._taint_written(everything, frame, why)
                break
        else:
            why = Unknown("budget", "a long loop", frame.module.path, node.lineno)
            self._taint_written(everything, frame, why)
        self._loop_left(everything, frame, depends, left)

    def _try(self, node: ast.Try | ast.TryStar, frame: Frame) -> None:
        caught = frozenset(name for handler in node.handlers for name in _handles(handler.type))
        outer_may, outer_watched = self._may_raise, self._watched
        self._may_raise, self._watched = False, NOTHING
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
        watched, self._watched = self._watched, outer_watched | self._watched
        handler: ast.ExceptHandler | None = None
        if isinstance(signal, Raised):
            self._keep(journal)
            handler = next((one for one in node.handlers if _catches(one.type, signal.name)), None)
            self._mark_written([*node.body, *node.orelse], frame, watched)
            if handler is None:
                self.block(node.finalbody, frame)
                raise signal
            with self._deciding(watched):
                try:
                    self._handler(handler, frame)
                except (Raised, _Return, _Break, _Continue, _Unsure):
                    self._left |= watched
                    self.block(node.finalbody, frame)
                    raise
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

            self.fork([whole, *(half(handler) for handler in node.handlers)], why, watched)
        else:
            self._keep(journal)
            if watched and node.handlers:
                # In another environment it may have stopped anywhere.
                for thing, state in journal.values():
                    self.touch(thing)
                    thing.mark(state, thing.save(), watched)
                for one in node.handlers:
                    self._instead(lambda one=one: self._handler(one, frame), watched, [one], frame)  # type: ignore[misc]
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
        why = Unknown("call", "with", frame.module.path, node.lineno)
        quiet = False
        entered: list[Object] = []
        for item in items:
            manager = self.value(item.context_expr, frame)
            if isinstance(manager, Object):
                call = Call(self, "__enter__", [], {}, node, frame, manager)
                manager = self._modelled("MANAGERS", manager.kind, call) or manager
                entered.append(call.owner)  # type: ignore[arg-type]
            else:
                self._may_raise = True
                if isinstance(manager, Instance):
                    self._outside(node, frame, [manager])
            if isinstance(item.context_expr, ast.Call) and _spelled(item.context_expr.func).endswith("suppress"):
                quiet = True
            if item.optional_vars is not None:
                self.assign(item.optional_vars, why if not isinstance(manager, Object) else manager, frame)
        try:
            if quiet:
                self.fork([self._arm(body, frame), lambda: None], why)
            else:
                self.block(body, frame)
        finally:
            for one in reversed(entered):
                self._modelled("MANAGERS", one.kind, Call(self, "__exit__", [], {}, node, frame, one))

    # Imports

    def outside(self, dotted: str, node: ast.AST, frame: Frame) -> Value:
        """Something of a library, unless the code has put something else in its place."""
        if self.patched and (dotted in self.patched or f"{dotted.rpartition('.')[0]}.*" in self.patched):
            return self.unknown(node, frame, "tainted", f"{dotted}, which was replaced")
        return Library(dotted=dotted)

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
                    self.foreign.add((why.path, why.line, why.text))
                    if name.partition(".")[0] in library.STANDARD:
                        continue
                    self._taint(frame.names, why)
                else:
                    found_outside = library.attribute(self, f"{name}.{item.name}", node, frame)
                    self.bind(frame, item.asname or item.name, found_outside, line)
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
        old = frame.names.names.get(name)
        chain = (*old.chain, (old.path, old.line)) if old is not None and old.path else ()
        value = depending(binding.value, self.condition)
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
        if found.namespace.unless:
            self.touch(frame.names)
            frame.names.mark_all(found.namespace.unless)
        if found.namespace.rest is not None:
            self.touch(frame.names)
            rest = found.namespace.rest
            # Names that were set before may have been written over.
            for name, binding in list(frame.names.names.items()):
                if name not in found.namespace.names and not name.startswith("_") and not is_code(binding.value):
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
                given = self._assumed(test, self.value(test, frame), frame)
                known = truth(given)
                if known is None:
                    with self._perhaps_evaluated():
                        both = [self.value(body, frame), self.value(orelse, frame)]
                    return depending(join(both), depends_of(given))
                depends = depends_of(given)
                self._not_evaluated([orelse if known else body], depends, frame)
                with self._deciding(depends):
                    return depending(self.value(body if known else orelse, frame), depends)
            case ast.Call():
                result = self._call(node, frame)
                self._watched |= result.depends
                return result
            case ast.Attribute(value=owner, attr=name):
                return self.attribute(self.value(owner, frame), name, node, frame)
            case ast.Subscript(value=owner, slice=key):
                result = self._subscript(self.value(owner, frame), key, node, frame)
                self._watched |= result.depends
                return result
            case ast.ListComp(elt=element, generators=generators):
                return self._comprehension("list", element, None, generators, node, frame)
            case ast.GeneratorExp(elt=element, generators=generators):
                first = self.value(generators[0].iter, frame)

                def draw() -> Seq | Unknown:
                    made = self._comprehension("list", element, None, generators, node, frame, first)
                    return made if isinstance(made, Seq | Unknown) else self.unknown(node, frame)

                return Iterator(draw, (first,))
            case ast.SetComp(elt=element, generators=generators):
                return self._comprehension("set", element, None, generators, node, frame)
            case ast.DictComp(key=key, value=element, generators=generators):
                return self._comprehension("dict", element, key, generators, node, frame)
            case ast.Lambda():
                return self._function(node, frame)
            case ast.NamedExpr(target=target, value=inner):
                given = self.value(inner, frame)
                self.assign(target, given if not self._perhaps else self.unknown(node, frame, "branch"), frame)
                return given
            case ast.Starred(value=inner):
                return self.value(inner, frame)
            case _:
                return self.unknown(node, frame)

    def _not_evaluated(self, nodes: Sequence[ast.expr], depends: Depends, frame: Frame) -> None:
        """Operands that another environment would evaluate."""
        for node in nodes if depends else ():
            if any(isinstance(part, ast.Call | ast.NamedExpr) for part in ast.walk(node)):
                self._instead(lambda node=node: (self.value(node, frame), None)[1], depends, [node], frame)  # type: ignore[misc]

    @contextmanager
    def _perhaps_evaluated(self) -> Iterates[None]:
        self._perhaps += 1
        try:
            yield
        finally:
            self._perhaps -= 1

    def _name(self, node: ast.expr, name: str, frame: Frame) -> Value:
        found = self.lookup(frame, name)
        if found is not None:
            value = found.value
            if isinstance(value, Joined) and any(isinstance(option, Absent) for option in value.options):
                self._may_raise = True
                return join([option for option in value.options if not isinstance(option, Absent)])
            return value
        if name in library.BUILTINS:
            return self.outside(f"builtins.{name}", node, frame)
        absent = frame.names.absent(name) | frame.module.namespace.absent(name)
        self._watched |= absent
        if self._handled and any("NameError" in caught or "Exception" in caught for caught in self._handled):
            raise Raised("NameError")
        lost = self.unknown(node, frame, "call", f"{name} is not set", absent)
        self.foreign.add((lost.path, lost.line, lost.text))
        return lost

    def _sequence(self, kind: str, elements: Sequence[ast.expr], frame: Frame) -> Value:
        parts = [
            (isinstance(one, ast.Starred), self.value(one.value if isinstance(one, ast.Starred) else one, frame))
            for one in elements
        ]
        several = [number for number, (spread, value) in enumerate(parts) if spread and isinstance(value, Joined)]
        if len(several) != 1:
            return self._filled(kind, parts)
        at = several[0]
        _, value = parts[at]
        options = value.options if isinstance(value, Joined) else ()
        made = [self._filled(kind, [*parts[:at], (True, option), *parts[at + 1 :]]) for option in options]
        return depending(join(made), value.depends)

    def _filled(self, kind: str, parts: Sequence[tuple[bool, Value]]) -> Seq:
        """A list, tuple or set of its parts: items, and (True) what is spread in it."""
        made = Seq(kind)  # type: ignore[arg-type]
        for spread, inner in parts:
            if not spread:
                if kind != "set" or not any(same(inner, known) for known in made.items):
                    made.items.append(inner)
                continue
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
            held = self.value(key, frame)
            made.depends |= depends_of(held)
            try:
                index = plain(held)
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
        start: Object | None = None
        try:
            for part in parts:
                if isinstance(part, ast.FormattedValue):
                    value = self.value(part.value, frame)
                    depends |= depends_of(value)
                    if isinstance(value, Object) and part is parts[0] and part.conversion == -1:
                        start = value
                        continue
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
        if start is not None:
            given: list[Value] = [start, Const(text, depends=depends)]
            call = Call(self, "f", given, {}, node, frame, start)
            return self._modelled("OPERATORS", start.kind, call) or self.unknown(node, frame, depends=depends)
        return Const(text, depends=depends)

    def _binary(self, op: ast.operator, left: Value, right: Value, node: ast.AST, frame: Frame) -> Value:
        if isinstance(left, Joined) or isinstance(right, Joined):
            lefts = left.options if isinstance(left, Joined) else (left,)
            rights = right.options if isinstance(right, Joined) else (right,)
            if len(lefts) * len(rights) <= 16:
                return depending(
                    join([self._binary(op, one, two, node, frame) for one in lefts for two in rights]),
                    left.depends | right.depends,
                )
        for one_side in (left, right):
            if isinstance(one_side, Object):
                sign = _SIGNS.get(type(op), "")
                call = Call(self, sign, [left, right], {}, node, frame, one_side)
                answer = self._modelled("OPERATORS", one_side.kind, call)
                if answer is not None:
                    return answer
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
                with self._deciding(depends):
                    given = self.value(node, frame)
                known = truth(given)
                last = number == len(values) - 1
                depends |= depends_of(given)
                if last or known is wanted:
                    possible.append(given)
                    if not last and not perhaps:
                        self._not_evaluated(values[number + 1 :], depends, frame)
                    break
                if known is None:
                    possible.append(given)
                    self._perhaps += 1
                    perhaps += 1
        finally:
            self._perhaps -= perhaps
        if len(possible) == 1:
            return depending(possible[0], depends)
        return depending(join(possible), depends)

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
                return depending(result, depends)
            if known is None:
                return depending(result, depends)
            left = right
        return depending(result, depends)

    def _compared(self, op: ast.cmpop, left: Value, right: Value, node: ast.AST, frame: Frame) -> Value:
        if isinstance(left, Joined) or isinstance(right, Joined):
            lefts = left.options if isinstance(left, Joined) else (left,)
            rights = right.options if isinstance(right, Joined) else (right,)
            if len(lefts) * len(rights) <= 16:
                return join([self._compared(op, one, two, node, frame) for one in lefts for two in rights])
        if isinstance(op, ast.In | ast.NotIn):
            if isinstance(right, Object):
                answer = self._modelled("CONTAINS", right.kind, Call(self, "in", [left], {}, node, frame, right))
                if isinstance(answer, Const):
                    return Const(bool(answer.value) is isinstance(op, ast.In), depends=answer.depends)
            known = self._contains(right, left)
            depends = library.asked(self, right, left) if isinstance(right, Object) else NOTHING
            if known is None:
                return self.unknown(node, frame, "branch", depends=depends)
            return Const(known is isinstance(op, ast.In), depends=depends)
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
            if none and isinstance(left, Seq | Map | Iterator | View | Module | Function | Class | Instance):
                return Const(isinstance(op, ast.IsNot))
            return self.unknown(node, frame, "branch")
        for one, two in ((left, right), (right, left)):
            if isinstance(op, ast.Eq | ast.NotEq) and isinstance(one, Object) and one.kind == "argument":
                if library.contains(self, one, two) is False:
                    return Const(isinstance(op, ast.NotEq))
        for one in (left, right):
            if isinstance(one, Object):
                answer = self._modelled(
                    "COMPARE", one.kind, Call(self, type(op).__name__, [left, right], {}, node, frame, one)
                )
                if answer is not None:
                    return answer
        try:
            return Const(bool(_COMPARE[type(op)](plain(left), plain(right))))
        except NotKnown as error:
            return self.unknown(node, frame, error.value.reason, error.value.text)
        except Exception:
            return self.unknown(node, frame)

    def _contains(self, container: Value, item: Value) -> bool | None:
        if isinstance(container, Object):
            return library.contains(self, container, item)
        if isinstance(container, View) and container.which == "keys":
            return self._contains(container.of, item)
        if isinstance(container, View | Iterator):
            held = self.items(container, whole=False)
            found = self._contains(Seq("list", held), item) if held is not None else None
            if found is not False:
                self._lose(container)
            if isinstance(container, Iterator):
                container.depends |= NOTHING.union(depends_of(item), *(depends_of(one) for one in held or ()))
            return found
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

    def items(self, value: Value, *, whole: bool = True) -> list[Value] | None:
        """What iterating over it gives; None when that is not known. whole: all of it is asked for at once."""
        match value:
            case Iterator():
                return self._taken(value, whole)
            case View(of=Map(items=held, maybe=maybe, exact=True) as of, which=which) if not maybe:
                depends = value.depends | of.depends
                if which == "values":
                    return [depending(item, depends) for item in held.values()]
                keys = [lifted(key, depends) for key in held]
                if which == "keys":
                    return keys
                return [
                    Seq("tuple", [key, item], depends=depends) for key, item in zip(keys, held.values(), strict=True)
                ]
            case Seq(items=items, exact=True):
                return [depending(item, value.depends) for item in items] if value.depends else list(items)
            case Map(items=held, maybe=maybe, exact=True) if not maybe:
                return [lifted(key, value.depends) for key in held]
            case Const(value=str() as text):
                return [Const(letter, depends=value.depends) for letter in text] if len(text) <= MAX_LOOP else None
            case Object(state={"items": Seq() as inner}):
                return self.items(inner)
            case _:
                return None

    def _taken(self, owner: Iterator, whole: bool) -> list[Value] | None:
        """All that is still in an iterator, which is empty then."""
        self.touch(owner)
        if owner.busy or owner.lost:
            owner.taint()
            return None
        owner.busy += 1
        since = now()
        found: Seq | Unknown = Unknown("call")
        self._journals.append({})
        try:
            found = Seq("list", owner.left) if owner.left is not None else owner.draw()
        finally:
            owner.busy -= 1
            journal = self._journals.pop()
            self._keep(journal)
            taken = not isinstance(found, Unknown) and not self._perhaps and not owner.lost
            owner.left, owner.lost = [], not taken
        if isinstance(found, Unknown):
            owner.why = found
            return None
        if not whole:
            # It is computed bit by bit, and perhaps not to the end.
            why = Unknown("call", "what is computed while it is asked for")
            for thing, _ in journal.values():
                if thing.born < since and not isinstance(thing, Iterator):
                    self.touch(thing)
                    thing.taint(why) if isinstance(thing, Namespace) else thing.taint()
        owner.depends |= found.depends  # how many there are
        depends = owner.depends
        owner.depends |= self.condition
        return [depending(item, depends) for item in found.items]

    @staticmethod
    def lost(value: Value) -> Unknown | None:
        """Why the items of an iterator were not known."""
        return value.why if isinstance(value, Iterator) else None

    def next(self, owner: Iterator) -> Value | None:
        """The next one of an iterator; Absent: there is none. None: not known."""
        found = self._taken(owner, False)
        if found is None:
            return None
        if not owner.lost:
            owner.left = found[1:]
            for source in owner.sources:
                self._lose(source)
        return found[0] if found else ABSENT

    def attribute(self, owner: Value, name: str, node: ast.AST, frame: Frame) -> Value:
        found_at = self._attribute(owner, name, node, frame)
        return depending(found_at, owner.depends) if owner.depends else found_at

    def _attribute(self, owner: Value, name: str, node: ast.AST, frame: Frame) -> Value:
        match owner:
            case Module(namespace=names, path=path):
                found = names.get(name)
                if found is not None:
                    return found.value
                inner = self.source.find(f".{name}", path) if path.endswith("__init__.py") else None
                if inner is not None:
                    return self.module(inner)
                if name == "__dict__":
                    return Object(kind="scope", state={"module": owner})
                return self.unknown(node, frame, depends=names.absent(name))
            case Library(dotted=base):
                return library.attribute(self, f"{base}.{name}", node, frame)
            case Instance(cls=cls, attributes=names):
                if cls is not None and any("__getattribute__" in one.attributes.names for one in cls.order):
                    return self.unknown(node, frame)
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
                for base in owner.outside:
                    call = Call(self, name, [inherited] if inherited is not None else [], {}, node, frame, owner)
                    member = self._modelled("MEMBERS", base, call)
                    if member is not None:
                        return member
                if inherited is not None:
                    return self._bound(inherited, None, owner, node, frame)
                if name in {"__name__", "__qualname__"}:
                    return Const(owner.name)
                if name == "__mro__" and not any(one.outside for one in owner.order):
                    return Seq("tuple", [*owner.order, Library(dotted="builtins.object")])
                if name == "__dict__":
                    return library.table_of(owner) or self.unknown(node, frame)
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
        hidden = ""
        for one in cls.order:
            found = one.attributes.names.get(name)
            if found is not None and not isinstance(found.value, Absent):
                if hidden:
                    return Unknown("call", f"{name} may come from {hidden}")
                self._remember(name, found.value, found)
                return found.value
            if one.attributes.rest is not None:
                return one.attributes.rest
            hidden = hidden or one.hiding
        outside = next((base for one in cls.order for base in one.outside if base not in _BARE), "")
        return Unknown("call", f"{name} may come from {outside}") if outside else None

    def _remember(self, name: str, value: Value, binding: Binding) -> None:
        if name.isupper() and len(self.origins) < MAX_ITEMS:
            self.origins[id(value)] = (value, (name, binding))

    def _bound(self, value: Value, owner: Value | None, cls: Class | None, node: ast.AST, frame: Frame) -> Value:
        if isinstance(value, Instance) and self._class_attribute(value.cls, "__get__") is not None:  # type: ignore[arg-type]
            return self.unknown(node, frame, "call", "a descriptor")
        if not isinstance(value, Function):
            return value
        if value.how == "opaque":
            return value
        if value.how == "property":
            if owner is None:
                return self.unknown(node, frame)
            computed = self.call_function(value, [owner], {}, node, frame)
            line = getattr(value.node, "lineno", 0)
            self._remember(value.name, computed, Binding(computed, value.path, line))
            return computed
        if value.how == "staticmethod":
            return value
        receiver = cls if value.how == "classmethod" else owner
        if receiver is None:
            return value
        return Function(
            value.node, value.path, value.frame, value.name, value.defaults, value.keyword_defaults, receiver, "bound",
            depends=value.depends,
        )  # fmt: skip

    def _subscript(self, owner: Value, key: ast.expr, node: ast.AST, frame: Frame) -> Value:
        if isinstance(owner, Joined):
            found = [self._subscript(option, key, node, frame) for option in owner.options]
            return depending(join(found), owner.depends)
        if isinstance(owner, Library) and owner.dotted in {"typing.Literal", "typing_extensions.Literal"}:
            parts = key.elts if isinstance(key, ast.Tuple) else [key]
            return Object(
                kind="typing.literal", state={"of": Seq("tuple", [self.value(part, frame) for part in parts])}
            )
        if isinstance(owner, Library):
            generic = self.unknown(node, frame, depends=owner.depends)  # `Auth[User]`
            self.foreign.add((generic.path, generic.line, generic.text))
            return generic
        if isinstance(key, ast.Slice):
            bounds = [self.value(part, frame) if part else Const(None) for part in (key.lower, key.upper, key.step)]
            by = NOTHING.union(*(bound.depends for bound in bounds))
            try:
                low, high, step = (plain(bound) for bound in bounds)
                if isinstance(owner, Seq) and owner.exact:
                    return Seq(owner.kind, owner.items[low:high:step], depends=owner.depends | by)  # type: ignore[index]
                return lifted(plain(owner)[low:high:step], depends_of(owner) | by)  # type: ignore[index]
            except (NotKnown, TypeError, ValueError):
                return self.unknown(node, frame, depends=depends_of(owner))
        index = self.value(key, frame)
        if isinstance(owner, Object):
            call = Call(self, "[]", [index], {}, node, frame, owner)
            item = self._modelled("ITEMS", owner.kind, call)
            return item or library.get_item(self, owner, index, node, frame)
        return self._item(owner, index, node, frame)

    def _item(self, owner: Value, index: Value, node: ast.AST, frame: Frame) -> Value:
        depends = owner.depends | depends_of(index)
        if isinstance(owner, Unknown):
            self._may_raise = True
            return depending(owner, depends)
        try:
            known = plain(index)
            if isinstance(owner, Map):
                if known in owner.items:
                    if known in owner.maybe:
                        self._may_raise = True
                    return depending(owner.items[known], depends)
                if owner.exact:
                    if self._catching("KeyError", "LookupError"):
                        raise Raised("KeyError")
                return self.unknown(node, frame, depends=depends)
            if isinstance(owner, Seq):
                if owner.exact and isinstance(known, int) and -len(owner.items) <= known < len(owner.items):
                    return depending(owner.items[known], depends)
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
        over: Value | None = None,
    ) -> Value:
        """over: what the first generator goes through, where it is evaluated already."""
        inner = Frame(Namespace(), frame.module, frame)
        made: list[tuple[Value | None, Value]] = []
        depends = NOTHING

        def run(rest: Sequence[ast.comprehension]) -> None:
            nonlocal depends
            if not rest:
                with self._deciding(depends):
                    made.append((self.value(key, inner) if key is not None else None, self.value(element, inner)))
                return
            first, *others = rest
            if first is generators[0]:
                source = over if over is not None else self.value(first.iter, frame)
            else:
                source = self.value(first.iter, inner)
            items = self.items(source)
            depends |= source.depends
            if items is None or first.is_async:
                raise NotKnown(self.lost(source) or self.unknown(node, frame, depends=depends_of(source)))
            with self._going_through(source):
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
            if isinstance(source, Iterator) and source.lost and not self._perhaps:
                raise NotKnown(self.unknown(node, frame, depends=depends_of(source)))

        try:
            run(generators)
            if kind == "dict":
                keys = NOTHING.union(*(depends_of(name) for name, _ in made if name is not None))
                return Map({plain(name): value for name, value in made if name is not None}, depends=depends | keys)
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
            if isinstance(function, Library) and function.dotted not in self.patched:
                partly = Call(self, function.dotted, arguments, keywords, node, frame)
                known = self._modelled("PARTLY", function.dotted, partly)
                if known is not None:
                    return known
            return self._outside(node, frame, [function, *arguments, *keywords.values()])
        return self.call(function, arguments, keywords, node, frame)

    def call(
        self, function: Value, arguments: list[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
    ) -> Value:
        if not function.depends:
            found = self._called(function, arguments, keywords, node, frame)
        else:
            with self._deciding(function.depends):
                found = depending(self._called(function, arguments, keywords, node, frame), function.depends)
        if _takes(function):
            for value in (*arguments, *keywords.values()):
                if isinstance(value, Iterator) and value.left != []:
                    self._lose(value)
        return found

    def _called(
        self, function: Value, arguments: list[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
    ) -> Value:
        match function:
            case Library(dotted=name) if name not in self.patched:
                found = self._modelled("CALLS", name, Call(self, name, arguments, keywords, node, frame))
                found = found or library.call(self, name, arguments, keywords, node, frame)
                return (
                    found if found is not None else self._outside(node, frame, [*arguments, *keywords.values()], name)
                )
            case Method(owner=owner, name=name):
                return self.call_method(owner, name, arguments, keywords, node, frame)
            case Object(kind=kind):
                found = self._modelled("OBJECTS", kind, Call(self, kind, arguments, keywords, node, frame, function))
                return found if found is not None else self._outside(node, frame, [*arguments, *keywords.values()])
            case Function():
                return self.call_function(function, arguments, keywords, node, frame)
            case Class():
                return self._instance(function, arguments, keywords, node, frame)
            case Unknown(reason="generated"):
                self._outside(node, frame, [*arguments, *keywords.values()])
                return function  # `SystemRandom().choice(letters)`
            case Joined(options=options) if not self._perhaps:
                with self._perhaps_evaluated():
                    return join([self.call(option, arguments, keywords, node, frame) for option in options])
            case _:
                return self._outside(node, frame, [function, *arguments, *keywords.values()])

    def _outside(self, node: ast.AST, frame: Frame, handed: Iterable[Value], name: str = "") -> Unknown:
        """A call that is not followed: it may change what it is given, and call what it is given."""
        why = self.unknown(node, frame, "call", name or _spelled(node))
        handed = list(handed)
        foreign = self._is_foreign(name, handed)
        if foreign:
            self.foreign.add((why.path, why.line, why.text))
        if name in library.LOOKING:
            why.depends = NOTHING.union(*(depends_of(value) for value in handed))
            return why
        if _hands_over_the_module(node) or any(isinstance(value, Object) and value.kind == "scope" for value in handed):
            why.reason = "tainted"
            self._taint(frame.names, why)
            self._taint(frame.module.namespace, why)
        act = _Tainting(self, why)
        for value in handed:
            self._spoil_deep(value, why, 0)
            if self._depth < MAX_DEPTH and not (foreign and self.calm):
                self._over_called(value, act, set())
        why.depends = NOTHING.union(*(depends_of(value) for value in handed))
        return why

    def _is_foreign(self, name: str, handed: Sequence[Value]) -> bool:
        """Whether what is called comes from outside, or at least is not about the settings of an application."""
        first = handed[0] if handed else None
        if isinstance(first, Function):
            return not _about_settings(first)
        if not name:
            return first is not None and self.of_library(first)
        return "." in name or name[:1].isupper()

    def of_library(self, value: Value) -> bool:
        """Whether it is code from outside the repository, or comes from there."""
        while isinstance(value, Method):
            value = value.owner
        if isinstance(value, Unknown):
            return " may come from " in value.text or (value.path, value.line, value.text) in self.foreign
        return isinstance(value, Library) or (
            isinstance(value, Object) and models.find("SPOILS", value.kind) is not None
        )

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

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, frame: Frame) -> Value:
        name = node.name if not isinstance(node, ast.Lambda) else "lambda"
        how = ""
        others: list[ast.expr] = []
        for decorator in [] if isinstance(node, ast.Lambda) else node.decorator_list:
            spelled = _spelled(decorator).partition("(")[0].rpartition(".")[2]
            if spelled in {"property", "cached_property", "classproperty", "computed_field"}:
                how = "property"
            elif spelled in {"staticmethod", "classmethod"}:
                how = spelled
            elif spelled in {"lru_cache", "cache"}:
                how = "cached"
            elif spelled not in {"wraps", "override", "overload", "typing.no_type_check"}:
                others.append(decorator)
        if isinstance(node, ast.AsyncFunctionDef) or (
            isinstance(node, ast.FunctionDef)
            and any(isinstance(part, ast.Yield | ast.YieldFrom | ast.Await) for part in _own(node))
        ):
            how = "opaque"
        defaults = tuple(self.value(item, frame) for item in node.args.defaults)
        keyword_defaults = tuple(
            self.value(item, frame) if item is not None else None for item in node.args.kw_defaults
        )
        made = Function(node, frame.module.path, frame, name, defaults, keyword_defaults, None, how)
        result: Value = made
        for decorator in reversed(others):
            given = self.value(decorator, frame)
            if isinstance(given, Library | Unknown | Method | Object):
                # A library's (`@app.route`, `@receiver`): it keeps the function and does not call it here.
                result = self.unknown(decorator, frame, "call", f"@{_spelled(decorator)}")
            else:
                result = self.call(given, [result], {}, decorator, frame)
        # Nobody knows what an unknown decorator made of it: when it is called, so perhaps is what it was.
        return replace(made, how="opaque") if isinstance(result, Unknown) else result

    def call_function(
        self, function: Function, arguments: Sequence[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
    ) -> Value:
        body = function.node
        if function.how == "opaque":
            owner = [function.owner] if function.owner is not None else []
            return self._outside(node, frame, [function, *owner, *arguments, *keywords.values()], function.name)
        if not isinstance(body, ast.FunctionDef | ast.Lambda) or not isinstance(function.frame, Frame):
            return self._outside(node, frame, [*arguments, *keywords.values()])
        if self._depth >= MAX_DEPTH:
            raise OutOfBudget
        inner = Frame(Namespace(), function.frame.module, function.frame)
        inner.function = function
        given = [function.owner, *arguments] if function.owner is not None else list(arguments)
        if not self._arguments(body.args, function, given, dict(keywords), inner):
            return self.unknown(node, frame, "call", f"{function.name} is called with other arguments")
        if function.how == "cached" and not given and not keywords and id(body) in self._cached:
            return self._cached[id(body)][1]
        self._depth += 1
        left, self._left = self._left, NOTHING
        try:
            result = self._run(function, body, inner, node, frame)
            if self._left and isinstance(body, ast.FunctionDef):
                # It has been left early, or not, as these variables are: the rest of it was perhaps not run.
                self._mark_written(body.body, inner, self._left)
            result = depending(result, self._left)
            if function.how == "cached" and not given and not keywords:
                self._cached[id(body)] = (body, result)
            return result
        except Raised:
            self._watched |= self._left
            raise
        finally:
            self._left = left
            self._depth -= 1

    def _run(
        self, function: Function, body: ast.FunctionDef | ast.Lambda, inner: Frame, node: ast.AST, frame: Frame
    ) -> Value:
        kept, self._perhaps_returned = self._perhaps_returned, []
        partly, self._partly = self._partly, False
        try:
            return self._executed(function, body, inner, kept, node, frame)
        finally:
            self._partly = partly

    def _executed(
        self,
        function: Function,
        body: ast.FunctionDef | ast.Lambda,
        inner: Frame,
        kept: list[Value],
        node: ast.AST,
        frame: Frame,
    ) -> Value:
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
        makers = [self.value(one.value, frame) for one in node.keywords if one.arg in {None, "metaclass"}]
        if any(not (isinstance(one, Library) and one.dotted == "abc.ABCMeta") for one in makers):
            # Making the class calls what is not followed.
            self._taint_written(node.body, Frame(Namespace(), frame.module, frame), self.unknown(node, frame))
            return self._outside(node, frame, makers, f"class {node.name} with a metaclass")
        bases = [self.value(base, frame) for base in node.bases]
        names = Namespace()
        inner = Frame(names, frame.module, frame, of_class=True)
        self.block(node.body, inner)
        outside = tuple(base.dotted for base in bases if isinstance(base, Library) and base.dotted != "builtins.object")
        if any(not isinstance(base, Class | Library) for base in bases):
            outside = (*outside, "what is not known")
        made = Class(node.name, frame.module.path, node.lineno, (), outside, names, tuple(bases), node, frame)
        last = max((number for number, base in enumerate(bases) if isinstance(base, Class)), default=-1)
        for number, base in enumerate(bases):
            if number < last and not isinstance(base, Class) and _named(base) not in _BARE:
                made.hiding = _named(base)
        order = linear([base for base in bases if isinstance(base, Class)])
        made.order = (made, *order)
        if any("__init_subclass__" in one.attributes.names for one in order):
            return self._outside(node, frame, [made], f"class {node.name}")
        if node.decorator_list and any("dataclass" not in _spelled(item) for item in node.decorator_list):
            return self.unknown(node, frame, "call", f"class {node.name} with a decorator")
        if node.decorator_list:
            made.fields = _fields(node, made.order[1:])
        return made

    def _data_instance(
        self,
        made: Instance,
        cls: Class,
        arguments: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
        frame: Frame,
    ) -> Value:
        """An instance of a dataclass: its arguments become attributes (Python documentation, dataclasses)."""
        fields = cls.fields or ()
        given = dict(zip(fields, arguments, strict=False)) | keywords
        special = ("__init__", "__post_init__", "__new__", "__setattr__")
        if (
            len(arguments) > len(fields)
            or set(given) - set(fields)
            or any(self._class_attribute(cls, name) is not None for name in special)
            or any(name not in given and self._class_attribute(cls, name) is None for name in fields)
        ):
            return self._outside(node, frame, [*arguments, *keywords.values()], cls.name)
        for name, value in given.items():
            self._bind_in(made.attributes, name, value, frame.module.path, getattr(node, "lineno", 0))
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
        if cls.fields is not None and all(one.fields is not None or not one.outside for one in cls.order):
            return self._data_instance(made, cls, arguments, keywords, node, frame)
        maker = self._class_attribute(cls, "__init__")
        if isinstance(maker, Function):
            bound = self._bound(maker, made, cls, node, frame)
            if isinstance(bound, Function):
                self.call_function(bound, arguments, keywords, node, frame)
        elif arguments or keywords or isinstance(maker, Unknown) or self._class_attribute(cls, "__new__") is not None:
            return self._outside(node, frame, [*arguments, *keywords.values()], cls.name)
        return made


_ONLY_LOOKING = library.LOOKING | {"builtins.getattr", "copy.copy", "copy.deepcopy"}


def _takes(function: Value) -> bool:
    """Whether a call of it may take from the iterators that it is given, and does not say so."""
    if isinstance(function, Library):
        return not function.dotted.startswith(("builtins.", "itertools.chain"))
    if isinstance(function, Method):
        return not isinstance(function.owner, Seq | Map | Const)
    return isinstance(function, Object)


def _fields(node: ast.ClassDef, bases: Sequence[Class]) -> tuple[str, ...] | None:
    """The fields of a dataclass, in the order of its arguments; None where they are more than names and defaults."""
    for decorator in node.decorator_list:
        words = decorator.keywords if isinstance(decorator, ast.Call) else []
        if any(word.arg not in {"frozen", "slots", "eq", "order", "repr", "unsafe_hash"} for word in words):
            return None
    names: dict[str, None] = {}
    for base in reversed(bases):
        if base.fields is None:
            return None
        names.update(dict.fromkeys(base.fields))
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            spelled = ast.unparse(part.annotation)
            if "ClassVar" in spelled or "InitVar" in spelled or "KW_ONLY" in spelled or _is_field(part.value):
                return None
            names[part.target.id] = None
    return tuple(names)


def _is_field(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Call) and _spelled(value.func).rpartition(".")[2] == "field"


def linear(bases: list[Class]) -> list[Class]:
    """The order in which attributes are looked for (C3); by first appearance where there is none."""
    rows = [list(base.order) for base in bases] + [[base.order[0] for base in bases]]
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


# They take the module's name as a name.
_LOGGERS = compiled(r"(?i)logger$|(?:^|\.)(?:Celery|Flask|Quart|Blueprint|Sanic|Namespace|import_module)$")


def _hands_over_the_module(node: ast.AST) -> bool:
    """`Live.load(__name__)`, `f(sys.modules[x])`: whoever has a module's name can set what it likes in it."""
    if not isinstance(node, ast.Call) or _LOGGERS.search(_spelled(node.func)):
        return False
    given = (*node.args, *(item.value for item in node.keywords))
    return any(isinstance(one, ast.Name) and one.id == "__name__" for one in given) or any(
        isinstance(part, ast.Attribute) and part.attr == "modules" for one in given for part in ast.walk(one)
    )


# They add no attributes of their own that are read as settings.
_BARE = frozenset({
    "builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol", "configurations.Configuration",
    "configurations.base.Configuration",
})  # fmt: skip


def _named(base: Value) -> str:
    return base.dotted if isinstance(base, Library) else "what is not known"


_ENVIRONMENT_CHANGES = frozenset({"setdefault", "update", "pop", "clear", "popitem", "__setitem__", "__delitem__"})
_ENVIRONMENT_LOADERS = frozenset({"putenv", "unsetenv", "read_env", "load_dotenv"})


def _of_the_environment(node: ast.expr) -> bool:
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


def _about_settings(function: Function) -> bool:
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
_SETTINGS_WORDS = compiled(rb"\.(?:config\b(?!\s+import)|secret_key|debug\s*=|testing\s*=|add_middleware)")


def _changes_the_environment(function: ast.expr) -> bool:
    """Whether a call of it may: `os.environ.setdefault`, `load_dotenv`."""
    name = (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )
    if isinstance(function, ast.Attribute) and name in _ENVIRONMENT_CHANGES:
        return _of_the_environment(function.value)
    return name in _ENVIRONMENT_LOADERS


def _prefixed(node: ast.AST) -> dict[int, str]:
    """`if name.startswith("X_"): globals()[name] = ...`: call (by id) -> prefix of the names that it reaches."""
    found: dict[int, str] = {}
    for part in ast.walk(node):
        if not isinstance(part, ast.If):
            continue
        for test in part.test.values if isinstance(part.test, ast.BoolOp) else [part.test]:
            match test:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id=name), attr="startswith"),
                    args=[ast.Constant(value=str() as prefix)],
                ) if not (isinstance(part.test, ast.BoolOp) and isinstance(part.test.op, ast.Or)):
                    for inner in (one for statement in part.body for one in ast.walk(statement)):
                        match inner:
                            case ast.Subscript(value=ast.Call(func=ast.Name(id="globals" | "vars" | "locals")) as call):
                                if isinstance(inner.slice, ast.Name) and inner.slice.id == name:
                                    found[id(call)] = prefix
                            case ast.Call(func=ast.Name(id="setattr"), args=[_, ast.Name(id=written), _]):
                                if written == name:
                                    found[id(inner)] = prefix
    return found


def _loading(target: ast.expr) -> ast.expr:
    match target:
        case ast.Name(id=name):
            return ast.copy_location(ast.Name(name, ast.Load()), target)
        case ast.Attribute(value=owner, attr=name):
            return ast.copy_location(ast.Attribute(owner, name, ast.Load()), target)
        case ast.Subscript(value=owner, slice=key):
            return ast.copy_location(ast.Subscript(owner, key, ast.Load()), target)
    return target


def _own(node: ast.FunctionDef) -> Iterates[ast.AST]:
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
    "OSError": ("IOError", "EnvironmentError"), "JSONDecodeError": ("ValueError",), "YAMLError": (),
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
_SIGNS: dict[type, str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Mod: "%", ast.BitOr: "|"}
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
