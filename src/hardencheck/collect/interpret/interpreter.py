"""Statements and expressions over abstract values: in order, last writer wins, nothing of the target is executed.

Sound before complete: what is known is surely so. A condition that is not known is followed both ways and the ends are
joined; what cannot be followed taints all that it may have written.
"""

import ast
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

from hardencheck.collect.contract import Unreadable
from hardencheck.collect.extract._python import shorten, syntax_tree
from hardencheck.collect.interpret import exceptions, library, models
from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.frames import MAX_DEPTH, MAX_ITEMS, OPEN, Frame, OutOfBudget
from hardencheck.collect.interpret.mangling import mangle
from hardencheck.collect.interpret.models import Call
from hardencheck.collect.interpret.values import (
    ABSENT,
    MAX_CHAIN,
    NOTHING,
    WORK,
    Absent,
    Binding,
    Changing,
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
    NotKnown,
    Object,
    Seq,
    Unknown,
    Value,
    changing,
    depending,
    depends_of,
    distinct,
    is_code,
    join,
    lifted,
    now,
    parts_of,
    perhaps_absent,
    plain,
    same,
    truth,
    unordered,
)
from hardencheck.collect.interpret.written import (
    SETTINGS_WORDS,
    Aliases,
    Done,
    Marking,
    Tainting,
    Written,
    about_settings,
    computed_apart,
    given_back,
    of_the_environment,
    reached,
)
from hardencheck.lazily import compiled

SETTING = "the setting "  # before a name in `depends`: no variable of the environment
MAX_STEPS = 200_000
MAX_MODULES = 200
MAX_LOOP = 5_000
MAX_FORKS = 2_000
MAX_WORK = 4_000_000  # values that are looked at, or copied
MAX_SIZE = 100_000  # characters of a text, items of a container, bits of a number
_LOCAL = ("local_settings", "settings_local", "local")


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


Version = tuple[int, ...]


class Source(NamedTuple):
    """read: the text of a file of the repository, None when there is none or it cannot be read. find: the path of a
    module (dotted, relative with dots) seen from a file. ours: whether a module that is not found should be here.
    paths: of all files of the repository, None when they cannot be listed. broken: of a file that was found to be
    unreadable the reason, what is wrong, and the line; None for every other file. versions: the lowest and the highest
    version of a package that is installed, as far as the repository says. rewritten: names in a file that something
    outside of the code gives values that are not known before it runs, and where."""

    read: Callable[[str], bytes | None]
    find: Callable[[str, str], str | None]
    ours: Callable[[str, str], bool]
    paths: Callable[[], Iterable[str]] | None = None
    broken: Callable[[str], tuple[str, str, int] | None] | None = None
    versions: Callable[[str], "tuple[Version, Version]"] | None = None
    rewritten: Callable[[str], Mapping[str, Binding]] | None = None


class Asked(NamedTuple):
    """How the code asks for a variable. default: what it takes instead, None: it must be set. cast: "bool" ..."""

    default: Value | None
    cast: str = ""


Place = tuple[str, int]  # path and line of a statement
_Remembered = tuple[int, int, tuple[object, ...]]
_Journal = dict[int, tuple[Changing, object]]


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
        self.awaits: ast.AST | None = None  # the call whose coroutine is awaited at once
        self.reads: set[str] = set()  # variables that were asked for
        self.parsed: dict[str, Mapping[str, str | None]] = {}  # files of variables, as a library of the code reads them
        self.asked: dict[str, dict[tuple[Place, Place], Asked]] = {}
        # Where the statement is that is run, and the one of a module or class that calls the function it is in.
        self.here: Place = ("", 0)
        self.called_at: Place = ("", 0)
        self.late: set[str] = set()  # names that functions write through `global`: nobody knows when they are called
        self.lasting: list[tuple[int, int]] = []  # when things were made that stay, whatever becomes of the branch
        self.shared: dict[str, Value] = {}  # what a library has one of
        self.patched: set[str] = set()  # what the code put other things in place of: dotted names, with ".*" all in it
        self.contents: dict[int, tuple[Value, str]] = {}  # what was read, and the file that it was read from
        self.origins: dict[int, tuple[Value, tuple[str, Binding]]] = {}  # where attributes of classes got their values
        self.refused: set[str] = set()  # variables with whose values the service does not start
        self.calm = False  # functions and classes that a library is given it keeps for later, and does not call
        self.foreign: set[tuple[str, int, str]] = set()  # calls of code outside the repository, by what is said of them
        self._cached: dict[_Remembered, tuple[ast.AST, Value]] = {}  # what functions gave that remember it
        self._rewritten: dict[tuple[str, str], Binding] = {}  # by file and name
        self._unsure: set[_Remembered] = set()  # of those: on some way only
        self._journals: list[_Journal] = []
        self._under: Depends = NOTHING  # variables that decide whether this is run at all
        self._left: Depends = NOTHING  # variables that decide whether a function or loop has been left before
        self._watched: Depends = NOTHING  # variables that may decide whether something is raised
        self._handled: list[frozenset[str]] = []
        self._own_names: dict[int, tuple[ast.AST, frozenset[str]]] = {}  # of functions
        self._generators: dict[int, tuple[ast.AST, bool]] = {}
        self._caught: list[Raised] = []  # what the handlers that run have taken
        self._again: set[int] = set()  # what was changed more than once since it was last put back
        self._may_raise = False
        self._partly = False  # the function that runs has perhaps returned already
        self._perhaps = 0  # in an expression of which nobody knows whether it is evaluated
        self._steps = self._forks = self._depth = 0
        self._most = WORK.done + MAX_WORK
        self._done: Done | None = None
        self._parts: dict[int, tuple[ast.AST, Sequence[ast.AST]]] = {}
        self.lost: Unknown | None = None  # why nothing more is followed
        self._running: set[str] = set()

    # Modules

    def module(self, path: str) -> Module:
        """A module of the repository after it ran; of one that is running, what it has until now."""
        if path not in self.modules:
            self._package(path)
        known = self.modules.get(path)
        if known is not None:
            return known
        with self._aside(), self.standing((path, 0)):
            return self._first(path)

    def _package(self, path: str) -> None:
        """Python runs the packages that a module is in before the module; the outermost first."""
        folder = path.removesuffix("/__init__.py").rpartition("/")[0]
        package = f"{folder}/__init__.py"
        if folder and self.source.find(".", package) == package:
            self.module(package)

    def program(self, path: str) -> Module:
        """A file as the program that Python is started with: its name is "__main__", and nobody imports it so."""
        self._package(path)
        with self._aside():
            return self._evaluated(Module(path), "__main__")

    def _first(self, path: str) -> Module:
        made = self.modules[path] = Module(path)
        return self._evaluated(made, dotted(path))

    def _evaluated(self, made: Module, name: str) -> Module:
        path = made.path
        self._set_up(made, name)
        if len(self.modules) > MAX_MODULES:
            beyond = Unknown("budget", "too many modules", path, 1)
            text = self.source.read(path)
            if text is not None and not SETTINGS_WORDS.search(text):
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
            mangle(tree)
        except Unreadable as error:
            self._taint(made.namespace, Unknown("python-syntax", error.detail, path, error.line or 1))
            return made
        except (RecursionError, MemoryError):
            self._taint(made.namespace, Unknown("budget", "it is nested too deeply", path, 1))
            return made
        self.files.add(path)
        since = made.namespace.born
        self.late.update(name for part in ast.walk(tree) if isinstance(part, ast.Global) for name in part.names)
        self._running.add(path)
        frame = Frame(made.namespace, made)
        self._top(tree.body, frame)
        self.lasting.append((since, now()))
        self._running.discard(path)
        return made

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """For the first import of a module: it stays imported, whatever becomes of the branch that imported it."""
        since = now()
        kept = (self._handled, self._journals, self._under, self._left, self._perhaps, self._may_raise)
        partly, self._partly = self._partly, False
        done, self._done = self._done, None
        self._handled, self._journals, self._under, self._left, self._perhaps = [], [{}], NOTHING, NOTHING, 0
        try:
            yield
        finally:
            journal = self._journals.pop()
            self._handled, self._journals, self._under, self._left, self._perhaps, self._may_raise = kept
            self._partly, self._done = partly, done
            self._keep({key: item for key, item in journal.items() if item[0].born < since})

    def _set_up(self, module: Module, name: str) -> None:
        # Where it is installed is not known, what lies beside it is: models/_places.py.
        here = Object(kind="place", state={"path": Const(module.path), "form": Const("text")})
        module.namespace.names["__file__"] = Binding(here, module.path, 1)
        module.namespace.names["__name__"] = Binding(Const(name), module.path, 1)

    def _top(self, body: Sequence[ast.stmt], frame: Frame) -> None:
        """Module level: what raises there does not keep the rest from being looked at."""
        path = frame.module.path
        rewritten = self.source.rewritten(path) if self.source.rewritten is not None else {}
        self._rewritten |= {(path, name): held for name, held in rewritten.items()}
        # Where in the file it is written nobody knows: before all the rest, after it, or where the name is there.
        for name, held in rewritten.items():
            self.bind(frame, name, held.value, held.line)
        self._statements(body, frame)
        for name, held in rewritten.items():
            self.bind(frame, name, held.value, held.line)

    def _statements(self, body: Sequence[ast.stmt], frame: Frame) -> None:
        for node in body:
            self._left = NOTHING  # the service does not start with what raises here
            try:
                self._beginning(node, frame)
            except (Raised, _Return, _Break, _Continue):
                continue
            except _Unsure:
                self._taint_written([node], frame, Unknown("branch", "a loop", frame.module.path, node.lineno))
            except (OutOfBudget, RecursionError) as error:
                path, line = getattr(error, "place", None) or (frame.module.path, node.lineno)
                text = "nested too deeply" if isinstance(error, RecursionError) else "more steps than are followed"
                self.lost = self.lost or Unknown("budget", text, path, line)
            if self.lost is not None:
                # What is not run any more may write to all that there is, in other modules as well.
                self._taint(frame.names, self.lost)
                return

    def _beginning(self, node: ast.stmt, frame: Frame) -> None:
        """A statement that a service runs when it starts. Where nobody catches what it raises, every service that
        starts has another environment: what the statement writes there is not known."""
        watched, self._watched = self._watched, NOTHING
        try:
            self.statement(node, frame)
        except Raised as error:
            if isinstance(node, ast.Raise):
                raise
            if error.name in {"ImportError", "ModuleNotFoundError"} and isinstance(node, ast.Import | ast.ImportFrom):
                text = f"{_spelled(node)}: it is not in the repository"
                self._taint(frame.names, Unknown("import", text, frame.module.path, node.lineno))
                return
            if isinstance(node, ast.Try) and self._operators(node, frame):
                return
            why = self._elsewhere(node, frame)
            if isinstance(node, ast.If) and len(self._journals) <= 1:  # of more of them the inner are put back
                self.refused |= self._watched & self.reads
            match node:
                case ast.Assign(targets=targets, value=value):
                    self._taint_written([value], frame, why)
                    for target in targets:
                        self.assign(target, why, frame)
                case (
                    ast.AnnAssign(target=target, value=ast.expr() as value) | ast.AugAssign(target=target, value=value)
                ):
                    self._taint_written([value], frame, why)
                    self.assign(target, why, frame)
                case _:
                    self._taint_written([node], frame, why)
        finally:
            self._watched |= watched

    def _elsewhere(self, node: ast.stmt, frame: Frame) -> Unknown:
        """What a statement gives that raises here, in an environment where it does not."""
        depends = self._watched
        path, line = frame.module.path, node.lineno
        unset = sorted(name for name in depends & self.reads if name not in self.environment)
        required = [name for name in unset if self._requires(name, node, path)] or unset
        if len(required) == 1:
            return Unknown("env-required", required[0], path, line, depends=depends)
        match node:
            case ast.If(test=test):
                return Unknown("branch", f"if {_spelled(test)}, which raises now", path, line, depends=depends)
            case ast.Assign(value=value) | ast.AugAssign(value=value) | ast.Expr(value=value):
                return Unknown("call", _spelled(value), path, line, depends=depends)
        return Unknown("branch", "a statement that raises now", path, line, depends=depends)

    def _requires(self, name: str, node: ast.stmt, path: str) -> bool:
        """Whether this statement asks for a variable that must be set."""
        lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        return any(
            asked.default is None and at[0] == path and at[1] in lines
            for (at, _), asked in self.asked.get(name, {}).items()
        )

    def _begins(self, frame: Frame) -> bool:
        """Whether this is run when the service starts, and nobody catches what is raised."""
        at: Frame | None = frame
        while at is not None and at.function is None:
            at = at.outer
        return at is None and not self._handled

    def _operators(self, node: ast.Try, frame: Frame) -> bool:
        """`try: configuration = import_module(...)`, and who catches raises too: it is the operator's to write."""
        found = False
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
                found = True
        return found

    # State that can be put back

    def touch(self, thing: Changing) -> None:
        """To be called before anything is changed."""
        if self._journals:
            journal = self._journals[-1]
            if id(thing) in journal:
                self._again.add(id(thing))
            else:
                journal[id(thing)] = (thing, thing.save())

    def fork(self, arms: Sequence[Callable[[], None]], why: Unknown, depends: Depends = NOTHING) -> None:
        """Each from the same state; then what they left is joined. An arm that raises is not what the service does."""
        self._forks += 1
        if self._forks > MAX_FORKS:
            raise OutOfBudget
        ends: list[_Journal] = []
        before: _Journal = {}
        own: list[tuple[int, int]] = []
        signals: list[Exception | None] = []
        for arm in arms:
            since = now()
            with self._deciding(depends):
                journal, after, signal = self._tried(arm)
            own.append((since, now()))
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
        self._merge([ends[number] for number in going], before, why, [own[number] for number in going])
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
    def _deciding(self, depends: Depends) -> Iterator[None]:
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
        for value in (*self._perhaps_returned, *([signal.value] if isinstance(signal, _Return) else [])):
            depending(value, depends)  # a list: it may be that one that is changed
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
            Written(self, Marking(self, depends), Done()).by(nodes, frame)

    def _merge(self, ends: list[_Journal], before: _Journal, why: Unknown, own: Sequence[tuple[int, int]] = ()) -> None:
        """own: from when to when each arm made things. What it made for itself is as it left it."""
        rest: list[tuple[int, Changing, object]] = []
        for key, (thing, old) in before.items():
            within = next((number for number, (since, until) in enumerate(own) if since < thing.born < until), None)
            if within is not None and not any(since <= thing.born <= until for since, until in self.lasting):
                if all((key in end) is (number == within) for number, end in enumerate(ends)):
                    self.touch(thing)
                    thing.load(ends[within][key][1])
                    continue
            rest.append((key, thing, old))
        # Names last: what they hold is compared.
        for key, thing, old in sorted(rest, key=lambda item: isinstance(item[1], Namespace)):
            states = [end[key][1] if key in end else old for end in ends]
            self.touch(thing)
            if len(states) == 1:
                thing.load(states[0])
            else:
                thing.merge(states, why)
            if isinstance(thing, Namespace) and own:
                self._apart(thing, states, own)

    def _apart(self, names: Namespace, states: list[Any], own: Sequence[tuple[int, int]]) -> None:
        """Names that got in every arm something that was made in it."""
        for name, binding in names.names.items():
            if not isinstance(binding.value, Joined):
                continue
            given = [state[0].get(name) for state in states]
            if any(one is not None and one.value is binding.value for one in given):
                continue
            binding.value.apart = all(
                one is not None and self._made_within(one.value, *times) for one, times in zip(given, own, strict=True)
            )

    def _made_within(self, value: Value, since: int, until: int) -> bool:
        if isinstance(value, Joined):
            return value.apart and all(self._made_within(option, since, until) for option in value.options)
        return (
            isinstance(value, Seq | Map)
            and since < value.born < until
            and not any(first <= value.born <= last for first, last in self.lasting)
        )

    def _on_each(self, held: Joined, change: Callable[[Value], Value | None], why: Unknown) -> list[Value | None]:
        """A change of what is one of several: of each, or of one of them."""
        made: list[Value | None] = []
        for option in held.options:
            before: object = None
            if isinstance(option, Seq | Map) and not held.apart:
                self.touch(option)
                before = option.save()
            made.append(change(option))
            if isinstance(option, Seq | Map) and not held.apart:
                option.merge([option.save(), before], why)
        return made

    def _taint(self, names: Namespace, why: Unknown) -> None:
        self.touch(names)
        names.taint(why)

    def spoil(self, value: Value, why: Unknown) -> None:
        """Something unknown has had its hands on it."""
        if isinstance(value, Seq | Map):
            self.touch(value)
            value.taint()
        elif isinstance(value, Instance | Class):
            self._taint(value.attributes, why)
        elif isinstance(value, Module):
            self._taint(value.namespace, why)
        elif isinstance(value, Object) and (model := models.find("SPOILS", value.kind)) is not None:
            model(Call(self, "", [why], {}, ast.Pass(), Frame(Namespace(), Module(why.path)), value))
        elif isinstance(value, Joined):
            for option in value.options:
                self.spoil(option, why)
        elif isinstance(value, Unknown) and value.reach:
            self._spoil_deep(value, why)
        elif isinstance(value, Object):
            for part in value.state.values():
                if isinstance(part, Seq | Map):
                    self.spoil(part, why)

    def _taint_written(self, nodes: Iterable[ast.AST], frame: Frame, why: Unknown) -> None:
        """All that these statements may write is not known: names, and what the objects behind them hold."""
        with self._tainting() as done:
            Written(self, Tainting(self, why, done), done).by(nodes, frame)

    def over_called(self, values: Iterable[Value], why: Unknown) -> None:
        """What the functions behind these may write is not known: whoever has them can call them."""
        with self._tainting() as done:
            for value in values:
                Written(self, Tainting(self, why, done), done).by_call(value)

    @contextmanager
    def _tainting(self) -> Iterator[Done]:
        """One act of tainting, with all that it leads to."""
        outermost = self._done is None
        done = self._done = self._done or Done()
        try:
            yield done
        finally:
            if outermost:
                self._done = None

    def _spoil_deep(self, value: Value, why: Unknown) -> None:
        with self._tainting() as done:
            for thing in done.reached(value, why.reason):
                self.spoil(thing, why)

    # Names

    def lookup(self, frame: Frame, name: str) -> Binding | None:
        if name in library.BUILTINS and not self._redefined(frame, name):
            return None  # also where anything may have been written: nobody writes over globals()
        at: Frame | None = frame
        while at is not None:
            # Functions do not see the names of the class they are in.
            seen = at is frame or not at.of_class
            if name in at.globals:
                break
            if seen and (found := at.names.get(name)) is not None:
                return found
            if name in at.local:
                return None  # the function's own, though it has no value yet
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
        names = self.names_of(frame, name)
        self._bind_in(names, name, value, frame.module.path, line)

    @staticmethod
    def names_of(frame: Frame, name: str) -> Namespace:
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
        value, path, line = self._unless_rewritten(name, value, path, line)
        names.names[name] = Binding(depending(value, self.condition), path, line, chain)

    def _unless_rewritten(self, name: str, value: Value, path: str, line: int) -> tuple[Value, str, int]:
        """What a statement gives a name, and where: unless the file that runs is another one there than was read."""
        held = self._rewritten.get((path, name)) if self._rewritten else None
        return (value, path, line) if held is None else (held.value, held.path, held.line)

    def unknown(
        self, node: ast.AST, frame: Frame, reason: str = "call", text: str = "", depends: Depends = NOTHING
    ) -> Unknown:
        self._may_raise = True
        return Unknown(reason, text or _spelled(node), frame.module.path, getattr(node, "lineno", 0), depends=depends)

    def stopped(self, why: Unknown, node: ast.AST, frame: Frame, depends: Depends = NOTHING) -> Unknown:
        """What an expression gives that something in it stopped: with its place where it has one, else with the
        expression's own."""
        self._may_raise = True
        depends |= why.depends
        if why.path:
            return Unknown(why.reason, why.text, why.path, why.line, depends=depends)
        text = why.text or _spelled(node)
        if why.reason == "branch" and not why.text:
            text = f"{text} may be one of several values"
        return Unknown(why.reason, text, frame.module.path, getattr(node, "lineno", 0), depends=depends)

    @staticmethod
    def bounded(owner: Seq, more: Sequence[Value]) -> None:
        """Raises OutOfBudget for a list that would grow beyond what is followed."""
        if len(owner.items) + sum(len(item.items) for item in more if isinstance(item, Seq)) > MAX_ITEMS:
            raise OutOfBudget

    def asks(self, name: str, default: Value | None, cast: str = "") -> None:
        """To be told of every way in which a variable is asked for; of those of one statement the one is kept that
        says most."""
        places = self.asked.setdefault(name, {})
        known = places.get((self.called_at, self.here), Asked(None))
        plain_none = isinstance(known.default, Const) and known.default.value is None
        best = default if default is not None and (known.default is None or plain_none) else known.default
        places[self.called_at, self.here] = Asked(best, cast or known.cast)

    def was_asked(self, name: str) -> bool:
        """Whether this statement has told already how it asks for a variable."""
        return (self.called_at, self.here) in self.asked.get(name, ())

    @contextmanager
    def standing(self, place: Place) -> Iterator[None]:
        """What is asked for belongs to the statement there."""
        kept = self.called_at, self.here
        self.called_at = self.here = place
        try:
            yield
        finally:
            self.called_at, self.here = kept

    def parts(self, node: ast.AST) -> Sequence[ast.AST]:
        """All nodes below one, itself first: of functions they are asked for many times."""
        known = self._parts.get(id(node))
        if known is None or known[0] is not node:
            known = self._parts[id(node)] = (node, list(ast.walk(node)))
        return known[1]

    def step(self, by: int = 1) -> None:
        self._steps += by
        if self._steps > MAX_STEPS or WORK.done > self._most:
            raise OutOfBudget

    # Statements

    def block(self, body: Sequence[ast.stmt], frame: Frame) -> None:
        begins = self._begins(frame)
        for number, node in enumerate(body):
            try:
                # `elif` has all of its arms in one: it is given up together with the first of them.
                if begins and not (len(body) == 1 and isinstance(node, ast.If)):
                    self._beginning(node, frame)
                else:
                    self.statement(node, frame)
            except OutOfBudget as error:
                error.place = error.place or (frame.module.path, node.lineno)
                raise
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
        self.here = (frame.module.path, getattr(node, "lineno", self.here[1]))
        if frame.function is None:
            self.called_at = self.here
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
                raise self._raising(error, frame)
            case ast.Delete(targets=targets):
                for target in targets:
                    self._delete(target, frame)
            case ast.Global(names=names):
                frame.globals.update(names)
            case ast.Nonlocal(names=names):
                frame.nonlocals.update(names)
            case ast.Assert(test=test):
                held = self.value(test, frame)
                self._watched |= depends_of(held)
                if truth(held) is False:
                    raise Raised("AssertionError")
                self._may_raise = self._may_raise or truth(held) is None
            case ast.Break():
                raise _Break
            case ast.Continue():
                raise _Continue
            case ast.Match():
                self._match(node, frame)
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
        value = self.listed(value)
        items = self.items(value)
        if items is None or (not stars and len(items) != len(elements)) or len(items) < len(elements) - len(stars):
            why = self.unknown(target, frame, "call", "unpacked", depends_of(value))
            why.reach = changing(parts_of(value))
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
        self.assign(elements[first], Seq("list", items[first : len(items) - after], depends=value.depends), frame)
        for item, one in zip(elements[first + 1 :], items[len(items) - after :], strict=True):
            self.assign(item, one, frame)

    def set_attribute(self, owner: Value, name: str, value: Value, node: ast.AST, frame: Frame) -> None:
        if self._perhaps and isinstance(owner, Module | Instance | Class):
            value = replace(self.unknown(node, frame, "branch", "", depends_of(value)), reach=changing([value]))
        match owner:
            case Instance(cls=cls) if cls is not None and self._class_attribute(cls, "__setattr__") is not None:
                outside = {base for one in cls.order for base in one.outside if base not in _BARE}
                call = Call(self, name, [value], {}, node, frame, owner)
                if not outside or not all(self._modelled("SETTERS", base, call) is not None for base in outside):
                    self._outside(node, frame, [owner, value])
            case Instance(cls=cls) if cls is not None and self._descriptor(held := self._class_attribute(cls, name)):
                self._set_descriptor(owner, held, value, node, frame)
            case Instance(cls=cls, attributes=names) if cls is not None and self._class_attribute(cls, "__slots__"):
                self._may_raise = True
                self._set_in(names, name, value, False, node, frame)
            case Module(namespace=names) if name in {"__class__", "__dict__"}:
                self._taint(names, self.unknown(node, frame, "tainted"))
            case Module(namespace=names) | Instance(attributes=names) | Class(attributes=names):
                if self._perhaps:
                    before = names.get(name)
                    value = join([before.value if before is not None else ABSENT, value])
                self._set_in(names, name, value, isinstance(owner, Module), node, frame)
            case Joined():
                self._put_somewhere(owner, value, node, frame)
            case Object(kind="environ"):
                library.export(self, None, Const(None))  # os.environ.get = ...
                self.patched.add("os.environ.*")
            case Object(kind=kind):
                if self._modelled("SETTERS", kind, Call(self, name, [value], {}, node, frame, owner)) is None:
                    self._put_somewhere(owner, value, node, frame)
            case Library(dotted=dotted):
                self.patched.add(f"{dotted}.{name}")
            case _:
                self._put_somewhere(owner, value, node, frame)

    def replaced(self, name: str | None, node: ast.AST, frame: Frame) -> None:
        """`sys.modules[name] = ...`: what is imported under this name is another object from now on."""
        why = self.unknown(node, frame, "tainted", "sys.modules")
        for module in list(self.modules.values()):
            called = module.namespace.names.get("__name__")
            known = called.value.value if called is not None and isinstance(called.value, Const) else None
            if name is None or name == known:
                self._taint(module.namespace, why)
        if name is not None:
            self.patched.add(f"{name}.*")

    def _set_in(self, names: Namespace, name: str, value: Value, of_module: bool, node: ast.AST, frame: Frame) -> None:
        self._bind_in(names, name, value, frame.module.path, getattr(node, "lineno", 0))
        _, origin = self.origins.get(id(value), (None, None))
        if of_module and origin is not None and origin[0] == name:
            # A loader moves it here: it was given its value where the class says so.
            made = names.names[name]
            chain = (*made.chain, *origin[1].chain, (made.path, made.line))[-MAX_CHAIN:]
            names.names[name] = made._replace(path=origin[1].path, line=origin[1].line, chain=chain)

    def _descriptor(self, held: Value | None) -> bool:
        """Whether what a class has under a name decides what setting it on an object does."""
        if isinstance(held, Function):
            return held.how in {"property", "decorated"}
        if isinstance(held, Joined):
            return any(self._descriptor(option) for option in held.options)
        if not isinstance(held, Instance) or held.cls is None:
            return False
        return any(name in one.attributes.names for one in held.cls.order for name in ("__set__", "__delete__"))

    def _set_descriptor(self, owner: Value, held: Value | None, value: Value, node: ast.AST, frame: Frame) -> None:
        if isinstance(held, Function) and held.how == "property":
            if isinstance(held.setter, Function):
                self.call_function(held.setter, [owner, value], {}, node, frame)
            elif self._catching("AttributeError"):
                raise Raised("AttributeError")
            return
        self._outside(node, frame, [owner, value, *([held] if held is not None else [])])

    def set_item(self, owner: Value, key: Value, value: Value, node: ast.AST, frame: Frame) -> None:
        value = depending(value, self.condition)
        if isinstance(owner, Library):
            self.patched.add(f"{owner.dotted}.{library.text_of(key) or '*'}")
        if isinstance(node, ast.Subscript) and isinstance(owner, Unknown | Library) and of_the_environment(node.value):
            library.export(self, None, Const(None))
        if isinstance(owner, Object):
            stored = self._modelled("STORES", owner.kind, Call(self, "[]", [key, value], {}, node, frame, owner))
            if stored is None:
                library.set_item(self, owner, key, value, node, frame)
            return
        try:
            index = plain(key)
            hash(index)
        except (NotKnown, TypeError):
            self._put_somewhere(owner, value, node, frame)
            return
        if self._perhaps:
            self._put_somewhere(owner, value, node, frame)
        elif isinstance(owner, Joined) and all(isinstance(option, Map) for option in owner.options):
            why = self.unknown(node, frame)
            self._on_each(owner, lambda one: self.set_item(one, key, value, node, frame), why)
        elif isinstance(owner, Map):
            self.touch(owner)
            if len(owner.items) > MAX_SIZE:
                raise OutOfBudget
            owner.items[index] = value
            owner.maybe.discard(index)
            owner.places[index] = (frame.module.path, getattr(node, "lineno", 0))
            owner.depends |= self.condition | depends_of(key)
        elif (
            isinstance(owner, Seq)
            and owner.exact
            and owner.kind == "list"
            and isinstance(index, int)
            and -len(owner.items) <= index < len(owner.items)
        ):
            self.touch(owner)
            owner.items[index] = value
            owner.depends |= self.condition | depends_of(key)
        else:
            self._put_somewhere(owner, value, node, frame)

    def _put_somewhere(self, owner: Value, value: Value, node: ast.AST, frame: Frame) -> None:
        """A value is put into what is not known, or nobody knows where: whoever has that can change it."""
        why = self.unknown(node, frame)
        self.spoil(owner, why)
        if isinstance(owner, Map):
            owner.lost += changing([value])
        elif isinstance(owner, Seq):
            owner.extra.extend(changing([value]))
        else:
            self._spoil_deep(value, why)

    def _augmented(self, node: ast.AugAssign, frame: Frame) -> None:
        target = node.target
        reading = ast.copy_location(_loading(target), target)
        old = self.value(reading, frame)
        given = self.value(node.value, frame)
        if isinstance(node.op, ast.Add) and isinstance(old, Seq) and old.kind == "list":
            # In place: every name of the list sees it.
            given = self.listed(given)
            items = self.items(given)
            self._may_raise = self._may_raise or items is None
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
        if isinstance(old, Joined) and any(isinstance(one, Seq | Map) for one in old.options):
            # Whichever it is, it is changed in place, and so for all who hold it.
            why = self.unknown(node, frame)
            if isinstance(node.op, ast.Add) and all(_is_list(one) for one in old.options):
                self._on_each(old, lambda one: self._extended(one, given), why)
            elif isinstance(node.op, ast.BitOr) and all(isinstance(one, Map) for one in old.options):
                self._on_each(old, lambda one: self.call_method(one, "update", [given], {}, node, frame), why)
            elif any(isinstance(one, Map) or (isinstance(one, Seq) and one.kind != "tuple") for one in old.options):
                self.spoil(old, why)
            else:
                old = self._binary(node.op, old, given, node, frame)
            self.assign(target, old, frame)
            return
        if isinstance(old, Seq) and old.kind != "tuple":
            made = self._binary(node.op, old, given, node, frame)
            self.touch(old)
            if isinstance(made, Seq) and made.kind == old.kind and not self._perhaps:
                old.load(made.save())
            else:
                old.taint()
            old.depends |= made.depends | self.condition
            self.assign(target, old, frame)
            return
        if isinstance(old, Unknown) and old.reach:
            self.spoil(old, self.unknown(node, frame))
        adds = isinstance(node.op, ast.Add) and isinstance(old, Unknown)
        if adds and isinstance(given, Seq) and given.kind == "tuple":
            # A list takes in a tuple and stays a list.
            opened = [Seq(kind, list(given.items), list(given.extra), False, True) for kind in ("list", "tuple")]
            self.assign(target, depending(join(opened), depends_of(old) | depends_of(given)), frame)
            return
        if isinstance(node.op, ast.BitOr) and isinstance(old, Map):
            self.call_method(old, "update", [given], {}, node, frame)
            self.assign(target, old, frame)
            return
        made = self._binary(node.op, old, given, node, frame)
        if isinstance(old, Seq) and old.kind != "tuple":
            self._into(old, made)
            made = old
        elif isinstance(old, Joined | Instance | Unknown):
            # What has a way of its own to do this changes, and all that have it see it.
            for option in old.options if isinstance(old, Joined) else (old,):
                if not isinstance(option, Const):
                    self.spoil(option, self.unknown(node, frame))
        self.assign(target, made, frame)

    def _into(self, old: Seq, made: Value) -> None:
        """What was computed of a list or set in place: all that have it see it."""
        self.touch(old)
        if self._perhaps or not isinstance(made, Seq) or made.kind != old.kind:
            old.taint()
        else:
            old.items, old.extra, old.exact, old.open = list(made.items), list(made.extra), made.exact, made.open
        old.depends |= made.depends | self.condition

    def _extended(self, held: Value, given: Value) -> None:
        if isinstance(held, Seq):
            items = self.items(given)
            self.touch(held)
            self.bounded(held, [given])
            if items is None or self._perhaps:
                held.taint()
            else:
                held.items.extend(items)
            held.depends |= self.condition | depends_of(given)

    def _delete(self, target: ast.expr, frame: Frame) -> None:
        match target:
            case ast.Name(id=name):
                names = self.names_of(frame, name)
                self.touch(names)
                names.names.pop(name, None)
                if self.condition:
                    names.names[name] = Binding(Absent(depends=self.condition), "", 0)
            case ast.Subscript(value=owner, slice=key):
                held, index = self.value(owner, frame), self.value(key, frame)
                try:
                    plain_key = plain(index)
                    hash(plain_key)
                except (NotKnown, TypeError):
                    plain_key = _NOTHING
                if isinstance(held, Object):
                    library.delete_item(self, held, index, target, frame)
                elif isinstance(held, Map) and held.exact and plain_key is not _NOTHING and plain_key not in held.items:
                    self._watched |= held.depends | depends_of(index)
                    if self._catching("KeyError", "LookupError"):
                        raise Raised("KeyError")
                    self._may_raise = True
                elif isinstance(held, Map) and plain_key in held.items and plain_key not in held.maybe:
                    self.touch(held)
                    held.depends |= self.condition | depends_of(index)
                    del held.items[plain_key]
                elif (
                    isinstance(held, Seq)
                    and held.exact
                    and held.kind == "list"
                    and isinstance(plain_key, int)
                    and -len(held.items) <= plain_key < len(held.items)
                ):
                    self.touch(held)
                    held.depends |= self.condition | depends_of(index)
                    del held.items[plain_key]
                else:
                    self.spoil(held, self.unknown(target, frame))
            case ast.Attribute(value=owner):
                gone = self.value(owner, frame)
                if isinstance(gone, Library):
                    self.patched.add(f"{gone.dotted}.{target.attr}")
                self.spoil(gone, self.unknown(target, frame))
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

    def _match(self, node: ast.Match, frame: Frame) -> None:
        """One of the cases, where constants are compared; else any of them, or none."""
        subject = self.value(node.subject, frame)
        depends = depends_of(subject)
        answers = [_matches(case.pattern, subject) if case.guard is None else None for case in node.cases]
        taken = next((number for number, answer in enumerate(answers) if answer is not False), None)
        if taken is None or answers[taken]:
            for case in node.cases if depends else ():
                if taken is None or case is not node.cases[taken]:
                    self._instead(self._case(case, subject, frame), depends, [case.pattern, *case.body], frame)
            if taken is not None:
                with self._deciding(depends):
                    try:
                        self._case(node.cases[taken], subject, frame)()
                    except (Raised, _Return, _Break, _Continue, _Unsure):
                        self._left |= depends
                        self._watched |= depends
                        raise
            return
        why = Unknown("branch", "match", frame.module.path, node.lineno, depends=depends, reach=(subject,))
        for case in node.cases:
            self._taint_written([case.pattern, *([case.guard] if case.guard is not None else [])], frame, why)
        open_ended = answers[-1] is not True
        arms = [self._arm(case.body, frame) for case in node.cases]
        self.fork([*arms, *([lambda: None] if open_ended else [])], why, depends)

    def _case(self, case: ast.match_case, subject: Value, frame: Frame) -> Callable[[], None]:
        def run() -> None:
            for part in ast.walk(case.pattern):
                if isinstance(part, ast.MatchAs) and part.name is not None:
                    whole = part is case.pattern
                    given = subject if whole else self.unknown(part, frame, "branch", "match", depends_of(subject))
                    self.bind(frame, part.name, given, part.lineno)
            self.block(case.body, frame)

        return run

    def _written(self, value: Value) -> bool:
        """Whether a value is what something outside of the code writes there: that may well switch it on."""
        held = (binding.value for binding in self._rewritten.values())
        return isinstance(value, Unknown) and any(
            isinstance(one, Unknown) and (value.reason, value.text) == (one.reason, one.text) for one in held
        )

    def _assumed(self, test: ast.expr, given: Value, frame: Frame) -> Value:
        """A condition whose value is not known, and which is off in production."""
        if truth(given) is not None:
            return given
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self._part(operand, frame)
                return Const(not inner.value, depends=inner.depends) if isinstance(inner, Const) else given
            case ast.Name(id=name) | ast.Attribute(attr=name) if self.off(name) and not self._written(given):
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
        given = self.value(over, frame)
        apart = not isinstance(given, Lazy) or computed_apart(self, given, body, frame)
        value = self.listed(given)
        items = self.items(value)
        why = Unknown("branch", f"a loop over {_spelled(over)}", frame.module.path, node.lineno)
        if not apart or items is None or len(items) > MAX_LOOP:
            why.reach = changing(parts_of(value))
            self.assign(target, why, frame)
            self._may_raise = True
            self._taint_written(node.body + node.orelse + [node.target], frame, why)
            return
        everything = [*node.body, *node.orelse, node.target]
        depends, left = value.depends, self._left
        try:
            with self._deciding(depends):
                for item in self._going_over(value, items):
                    self.step()
                    self.assign(target, item, frame)
                    try:
                        self.block(body, frame)
                    except _Continue:
                        continue
                    except _Break:
                        break
                    if self._partly:
                        raise _Unsure
                else:
                    self.block(orelse, frame)
        except _Unsure:
            self._taint_written(everything, frame, why)
        self._loop_left(everything, frame, depends, left)

    def _loop_left(self, nodes: Sequence[ast.AST], frame: Frame, depends: Depends, left: Depends) -> None:
        """After a loop: how often it ran depends on these, and on what may have left it or skipped a part of it."""
        more = self._left - left
        self._mark_written(nodes, frame, depends | more)
        if not any(isinstance(part, ast.Return) for node in nodes for part in ast.walk(node)):
            self._left = left

    @contextmanager
    def watching(self) -> Iterator[_Journal]:
        """What is touched meanwhile."""
        journal: _Journal = {}
        self._journals.append(journal)
        try:
            yield journal
        finally:
            self._journals.pop()
            self._keep(journal)

    def is_running(self, path: str | None) -> bool:
        """Whether a module is being imported: not all of its names are there."""
        return path in self._running

    def imported(self, node: ast.Import | ast.ImportFrom, frame: Frame) -> None:
        """An import, into a frame of its own. Raises Raised as it does."""
        if isinstance(node, ast.Import):
            for item in node.names:
                self._import(item.name, item.asname, node, frame)
        else:
            self._import_from(node, frame)

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
        outer_may, outer_watched, outer_again = self._may_raise, self._watched, self._again
        self._may_raise, self._watched, self._again = False, NOTHING, set()
        why = Unknown("branch", "try", frame.module.path, node.lineno)
        self._journals.append({})
        signal: Exception | None = None
        may, in_else = False, False
        try:
            self._handled.append(caught)
            try:
                self.block(node.body, frame)
            except (Raised, _Return, _Break, _Continue, _Unsure) as left:
                signal = left
            finally:
                self._handled.pop()
            may = self._may_raise
            if signal is None and node.orelse:
                in_else = True
                try:
                    self.block(node.orelse, frame)
                except (Raised, _Return, _Break, _Continue, _Unsure) as left:
                    signal = left
        finally:
            journal = self._journals.pop()
            if signal is None or isinstance(signal, Raised | _Return | _Break | _Continue | _Unsure):
                again, self._again = self._again, outer_again | self._again
        watched, self._watched = self._watched, outer_watched | self._watched
        kinds = [list(exceptions.kinds(handler.type, self._looking(frame))) for handler in node.handlers]
        every = any(kind in {"BaseException", "Exception"} for row in kinds for kind in row if isinstance(kind, str))
        self._may_raise = outer_may or (may and not every) or (in_else and self._may_raise)
        try:
            if isinstance(signal, Raised) and not in_else:
                takers = _takers(node.handlers, kinds, signal)
                self._mark_written([*node.body, *node.orelse], frame, watched)
                if len(takers) == 1 and not may:
                    self._keep(journal)
                    if takers[0] is None:
                        raise signal
                    with self._deciding(watched):
                        try:
                            self._handler(takers[0], frame, signal)
                        except (Raised, _Return, _Break, _Continue, _Unsure):
                            self._left |= watched
                            raise
                else:
                    self._taken(node, frame, journal, again, signal, takers, may, why, watched)
            elif may and node.handlers:
                self._taken(node, frame, journal, again, signal, [], True, why, watched)
            else:
                self._keep(journal)
                if watched and node.handlers:
                    # In another environment it may have stopped anywhere.
                    for thing, state in journal.values():
                        self.touch(thing)
                        thing.mark(state, thing.save(), watched)
                    for one in node.handlers:
                        self._instead(
                            lambda one=one: self._handler(one, frame, Raised("")),  # type: ignore[misc]
                            watched, [one], frame,
                        )  # fmt: skip
                if signal is not None:
                    raise signal
        except (Raised, _Return, _Break, _Continue, _Unsure):
            self._at_last(node, frame)
            raise
        self._at_last(node, frame)

    def _at_last(self, node: ast.Try | ast.TryStar, frame: Frame) -> None:
        """`finally`: all of it runs, whether the function has perhaps been left or not."""
        partly, self._partly = self._partly, False
        try:
            self.block(node.finalbody, frame)
        finally:
            self._partly = partly or self._partly

    def _taken(
        self,
        node: ast.Try | ast.TryStar,
        frame: Frame,
        journal: _Journal,
        again: set[int],
        signal: Exception | None,
        takers: Sequence[ast.ExceptHandler | None],
        may: bool,
        why: Unknown,
        watched: Depends,
    ) -> None:
        """It may have stopped anywhere: as it ended, or a handler from any state on the way. takers: the handlers that
        what was raised in the end may go to, None: to one around."""
        after = {key: (thing, thing.save()) for key, (thing, _) in journal.items()}
        for thing, state in journal.values():
            thing.load(state)
        often = _bound_often(node.body)

        def ended() -> None:
            for thing, state in after.values():
                self.touch(thing)
                thing.load(state)

        def whole() -> None:
            ended()
            if signal is not None:
                raise signal

        def at_end(handler: ast.ExceptHandler | None) -> Callable[[], None]:
            def run() -> None:
                ended()
                if handler is None:
                    raise signal or Raised("")
                self._handler(handler, frame, signal if isinstance(signal, Raised) else Raised(""))

            return run

        def half(handler: ast.ExceptHandler) -> Callable[[], None]:
            def run() -> None:
                for key, (thing, state) in after.items():
                    self.touch(thing)
                    thing.merge([journal[key][1], state], why)
                    if isinstance(thing, Seq | Map) and key in again:
                        thing.taint()
                for name in often:
                    held = frame.names.names.get(name)
                    if held is not None and id(frame.names) in after:
                        frame.names.names[name] = held._replace(value=join([held.value, why]))
                self._handler(handler, frame, Raised(""))

            return run

        arms = [at_end(one) for one in takers] if takers else [whole]
        self.fork([*arms, *(half(handler) for handler in node.handlers if may)], why, watched)

    def _looking(self, frame: Frame) -> Callable[[ast.expr], Value | None]:
        """What a name of an exception stands for."""

        def look(node: ast.expr) -> Value | None:
            if isinstance(node, ast.Name):
                found = self.lookup(frame, node.id)
                return found.value if found is not None else None
            owner = look(node.value) if isinstance(node, ast.Attribute) else None
            if not isinstance(node, ast.Attribute) or not isinstance(owner, Module | Library | Class):
                return None
            kept = self._may_raise
            found_at = self.attribute(owner, node.attr, node, frame)
            self._may_raise = kept
            return found_at

        return look

    def _raising(self, error: ast.expr | None, frame: Frame) -> Raised:
        """What `raise` raises."""
        if error is None:
            return self._caught[-1] if self._caught else Raised("RuntimeError")
        if isinstance(error, ast.Call):
            kept = self._may_raise
            self.value(error, frame)
            self._may_raise = kept
            error = error.func
        match list(exceptions.kinds(error, self._looking(frame))):
            case [Class() as cls]:
                return Raised(cls.name, cls)
            case [str() as name]:
                return Raised(name.rpartition(".")[2])
        return Raised("")

    def _handler(self, handler: ast.ExceptHandler, frame: Frame, taken: Raised) -> None:
        if handler.name:
            self.bind(
                frame, handler.name, Unknown("call", "an exception", frame.module.path, handler.lineno), handler.lineno
            )
        self._caught.append(taken)
        try:
            self.block(handler.body, frame)
        finally:
            self._caught.pop()
            if handler.name:
                names = self.names_of(frame, handler.name)
                self.touch(names)
                names.names.pop(handler.name, None)

    def _managed(self, node: ast.With, items: Sequence[ast.withitem], body: Sequence[ast.stmt], frame: Frame) -> None:
        why = Unknown("call", "a with statement", frame.module.path, node.lineno)
        swallows: list[ast.ExceptHandler] = []
        entered: list[Object] = []
        for item in items:
            called = item.context_expr.func if isinstance(item.context_expr, ast.Call) else None
            manager = self.value(item.context_expr, frame)
            if isinstance(manager, Object):
                call = Call(self, "__enter__", [], {}, node, frame, manager)
                manager = self._modelled("MANAGERS", manager.kind, call) or manager
                entered.append(call.owner)  # type: ignore[arg-type]
            else:
                self._may_raise = True
                if isinstance(manager, Instance):
                    self._outside(node, frame, [manager])
            spelled = _spelled(called).rpartition(".")[2] if called is not None else ""
            if spelled == "suppress" and isinstance(item.context_expr, ast.Call):
                swallows += [_silently(kind) for kind in item.context_expr.args]
            elif not isinstance(manager, Object) and spelled not in _LETTING_THROUGH:
                swallows.append(_silently(ast.Constant(None)))  # nobody knows
            if item.optional_vars is not None:
                self.assign(item.optional_vars, why if not isinstance(manager, Object) else manager, frame)
        try:
            if swallows:
                whole = ast.Try(list(body), swallows, [], [])
                self._try(ast.copy_location(whole, node), frame)
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
        top = name.partition(".")[0]
        if top not in library.STANDARD or top in library.CHANGING:
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
                    # `from .missing import X` misses the module, `from . import missing` a name of the package.
                    raise Raised("ModuleNotFoundError" if node.module else "ImportError")
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
                    if name == "urllib" and item.name not in {"parse", "request", "error", "response", "robotparser"}:
                        raise Raised("ImportError")  # Python 2 had it there
                    if (name, item.name) in library.MOVED:
                        self._may_raise = True
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
            elif "__getattr__" in found.namespace.names:
                self.bind(frame, item.asname or item.name, self.unknown(node, frame), line)
            else:
                raise Raised("ImportError")

    def _bind_as(self, frame: Frame, name: str, binding: Binding, line: int) -> None:
        """An imported name keeps the place where it was given its value."""
        self.touch(frame.names)
        old = frame.names.names.get(name)
        chain = (*old.chain, (old.path, old.line)) if old is not None and old.path else ()
        rewritten = self._rewritten.get((frame.module.path, name)) if self._rewritten else None
        if rewritten is not None:
            binding = rewritten._replace(chain=(*binding.chain, (binding.path, binding.line)))
        value = depending(binding.value, self.condition)
        frame.names.names[name] = Binding(value, binding.path, binding.line, (*chain, *binding.chain)[-MAX_CHAIN:])

    def _star(self, found: Module, frame: Frame) -> None:
        exported = found.namespace.get("__all__")
        names: set[str] | None = None
        perhaps = False
        if exported is not None:
            try:
                given = plain(exported.value)
                names = {item for item in given if isinstance(item, str)} if isinstance(given, list | tuple) else None
            except NotKnown:
                perhaps = True
        elif found.namespace.names.get("__all__") is not None:
            perhaps = True
        for name, binding in list(found.namespace.names.items()):
            if name not in names if names is not None else name.startswith("__" if perhaps else "_"):
                continue
            self._star_name(frame, name, binding, perhaps)
        for name in sorted((names or set()) - found.namespace.names.keys()):
            inner = self.source.find(f".{name}", found.path) if found.path.endswith("__init__.py") else None
            if inner is not None:
                self.bind(frame, name, self.module(inner), 1)
            elif found.namespace.rest is None and self._catching("AttributeError"):
                raise Raised("AttributeError")
        by = depends_of(exported.value) if exported is not None else NOTHING
        if by:
            self.touch(frame.names)
            for name in found.namespace.names:
                if not name.startswith("__"):
                    frame.names.mark_name(name, by)
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
        for prefix, why in found.namespace.prefixes.items():
            self.touch(frame.names)
            for name, binding in list(frame.names.names.items()):
                if name.startswith(prefix) and name not in found.namespace.names and not is_code(binding.value):
                    frame.names.names[name] = binding._replace(value=join([binding.value, why]))
            frame.names.prefixes = {**frame.names.prefixes, prefix: why}

    def _star_name(self, frame: Frame, name: str, binding: Binding, perhaps: bool) -> None:
        """One name of a star import. perhaps: nobody knows whether it comes along."""
        value = binding.value
        old = frame.names.get(name)
        if isinstance(value, Absent):
            if value.depends:
                # In another environment it is set there, and comes along.
                self.touch(frame.names)
                frame.names.mark_name(name, value.depends)
            return
        if perhaps or perhaps_absent(value):
            options = value.options if isinstance(value, Joined) else (value,)
            before = old.value if old is not None else ABSENT
            options = (*(one for one in options if not isinstance(one, Absent)), before)
            binding = binding._replace(value=depending(join(options), value.depends))
        self._bind_as(frame, name, binding, binding.line)

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
                    since = now()
                    with self._perhaps_evaluated():
                        both = [self.value(body, frame), self.value(orelse, frame)]
                    result = join(both)
                    if isinstance(result, Joined):
                        result.apart = all(self._made_within(one, since, now()) for one in both)
                    return depending(result, depends_of(given))
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
                over = self.value(generators[0].iter, frame)
                return Lazy(
                    lambda: self._comprehension("list", element, None, generators, node, frame, over),
                    (over,), node, frame, depends=over.depends,
                )  # fmt: skip
            case ast.SetComp(elt=element, generators=generators):
                return self._comprehension("set", element, None, generators, node, frame)
            case ast.DictComp(key=key, value=element, generators=generators):
                return self._comprehension("dict", element, key, generators, node, frame)
            case ast.Lambda():
                return self._function(node, frame)
            case ast.NamedExpr(target=target, value=inner):
                given = self.value(inner, frame)
                around = frame
                while around.comprehended and around.outer is not None:
                    around = around.outer
                self.assign(target, given if not self._perhaps else self.unknown(node, frame, "branch"), around)
                return given
            case ast.Starred(value=inner):
                return self.value(inner, frame)
            case ast.Await(value=inner):
                return self._awaited(node, inner, frame)
            case _:
                return self.unknown(node, frame)

    def _awaited(self, node: ast.Await, inner: ast.expr, frame: Frame) -> Value:
        """What a coroutine of the repository gives that is made on the spot."""
        kept, self.awaits = self.awaits, inner
        try:
            found = self.value(inner, frame)
            ran = self.awaits is None
        finally:
            self.awaits = kept
        if ran:
            return found
        return replace(self.unknown(node, frame, depends=depends_of(found)), reach=changing([found]))

    def _not_evaluated(self, nodes: Sequence[ast.expr], depends: Depends, frame: Frame) -> None:
        """Operands that another environment would evaluate."""
        for node in nodes if depends else ():
            if any(isinstance(part, ast.Call | ast.NamedExpr | ast.Name) for part in ast.walk(node)):
                # What it would give may be changed through whatever holds it.
                self._instead(
                    lambda node=node: (depending(self.value(node, frame), depends), None)[1],  # type: ignore[misc]
                    depends,
                    [node],
                    frame,
                )

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
            if perhaps_absent(value):
                self._may_raise = True
                there = [option for option in value.options if not isinstance(option, Absent)]
                return depending(join(there), value.depends)
            return value
        if name in library.BUILTINS:
            return self.outside(f"builtins.{name}", node, frame)
        if name == "__builtins__":
            return Library(dotted="builtins")
        if name in frame.local:
            if self._catching("UnboundLocalError", "NameError"):
                raise Raised("UnboundLocalError")
            return self.unknown(node, frame, "call", f"{name}, which is not set")
        absent = frame.names.absent(name) | frame.module.namespace.absent(name)
        self._watched |= absent
        if self._handled and any("NameError" in caught or "Exception" in caught for caught in self._handled):
            raise Raised("NameError")
        lost = self.unknown(node, frame, "call", f"{name}, which is not set", absent)
        self.foreign.add((lost.path, lost.line, lost.text))
        return lost

    def _sequence(self, kind: str, elements: Sequence[ast.expr], frame: Frame) -> Value:
        parts = [
            (isinstance(one, ast.Starred), self.value(one.value if isinstance(one, ast.Starred) else one, frame))
            for one in elements
        ]
        several = [number for number, (spread, value) in enumerate(parts) if spread and isinstance(value, Joined)]
        options = parts[several[0]][1] if len(several) == 1 else None
        if not isinstance(options, Joined) or any(isinstance(one, Lazy) for one in options.options):
            return self._filled(kind, parts)
        at = several[0]
        made = [self._filled(kind, [*parts[:at], (True, one), *parts[at + 1 :]]) for one in options.options]
        return depending(join(made), options.depends)

    def _filled(self, kind: str, parts: Sequence[tuple[bool, Value]]) -> Seq:
        """A list, tuple or set of its parts: items, and (True) what is spread in it."""
        made = Seq(kind)  # type: ignore[arg-type]
        for spread, item in parts:
            if not spread:
                if kind == "set":
                    made.depends |= depends_of(item)  # which of them are the same
                made.items.append(item)
                continue
            inner = self.listed(item)
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
                self._may_raise = True
        if len(made.items) > MAX_SIZE:
            raise OutOfBudget
        if kind == "set":
            made.items = distinct(made.items)
        return made

    def _table(self, node: ast.AST, keys: Sequence[ast.expr | None], values: Sequence[ast.expr], frame: Frame) -> Map:
        made = Map()
        for key, inner in zip(keys, values, strict=True):
            held = self.value(key, frame) if key is not None else None
            value = self.value(inner, frame)
            if held is None:
                value = self._as_table(value)
                if isinstance(value, Map):
                    made.lay(value, self.unknown(node, frame) if not value.exact else _NO_WHY)
                else:
                    made.blur(self.unknown(node, frame, depends=depends_of(value)))
                    made.depends |= depends_of(value)
                continue
            made.depends |= depends_of(held)
            try:
                index = plain(held)
                hash(index)
            except (NotKnown, TypeError):
                made.blur(self.unknown(node, frame, depends=depends_of(held)))
                continue
            made.items[index] = value
            made.maybe.discard(index)
            made.places[index] = (frame.module.path, getattr(key, "lineno", 0))
        return made

    @staticmethod
    def _as_table(value: Value) -> Value:
        if isinstance(value, Object) and value.kind == "attributes" and isinstance(of := value.state["of"], Instance):
            return library.table_of(of) or value
        return value

    def _text(self, node: ast.expr, parts: Sequence[ast.expr], frame: Frame) -> Value:
        pieces: list[str] = []
        size = 0
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
                    spec = str(plain(self.value(part.format_spec, frame))) if part.format_spec is not None else ""
                    if _unprintable(value) or not library.short(spec):
                        return self.unknown(node, frame, depends=depends)
                    shown = _CONVERSIONS[part.conversion](inner) if part.conversion in _CONVERSIONS else inner
                    pieces.append(format(shown, spec))
                else:
                    pieces.append(str(plain(self.value(part, frame))))
                size += len(pieces[-1])
                if size > MAX_SIZE:
                    raise OutOfBudget
        except NotKnown as error:
            return self.stopped(error.value, node, frame, depends)
        except (TypeError, ValueError):
            return self.unknown(node, frame, depends=depends)
        text = "".join(pieces)
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
        if (
            isinstance(op, ast.Add)
            and isinstance(left, Seq)
            and isinstance(right, Seq)
            and left.kind == right.kind != "set"
        ):
            if len(left.items) + len(right.items) > MAX_ITEMS:
                raise OutOfBudget
            return Seq(
                left.kind, [*left.items, *right.items], [*left.extra, *right.extra], left.exact and right.exact,
                left.open or right.open, depends=left.depends | right.depends,
            )  # fmt: skip
        if isinstance(op, ast.Add) and {type(left), type(right)} == {Seq, Unknown}:
            known = left if isinstance(left, Seq) else right
            if isinstance(known, Seq) and known.kind != "set":
                self._may_raise = True
                return Seq(known.kind, list(known.items), list(known.extra), False, True, depends=depends)
        if isinstance(op, ast.BitOr) and isinstance(left, Map) and isinstance(right, Map):
            made = left.copied()
            made.lay(right, self.unknown(node, frame) if not right.exact else _NO_WHY)
            return made
        if isinstance(op, ast.Mult):
            for many, count in ((left, right), (right, left)):
                if isinstance(many, Seq) and many.exact and many.kind != "set" and isinstance(count, Const):
                    if isinstance(count.value, int) and len(many.items) * max(count.value, 0) <= MAX_ITEMS:
                        # The items themselves, over and over.
                        return Seq(many.kind, many.items * count.value, depends=left.depends | right.depends)
        function = _OPERATORS.get(type(op))
        try:
            one, two = plain(left), plain(right)
            if isinstance(op, ast.Mod) and isinstance(one, str | bytes):
                marks = one.count("%" if isinstance(one, str) else b"%")  # type: ignore[arg-type]
                if _unprintable(right) or marks * library.written([right], MAX_SIZE) > 10 * MAX_SIZE:
                    return self.unknown(node, frame, depends=depends)
            if function is None or not _small(op, one, two):
                return self.unknown(node, frame, depends=depends)
            return lifted(function(one, two), depends)
        except NotKnown as error:
            return self.stopped(error.value, node, frame, depends)
        except Exception:
            return self.unknown(node, frame, depends=depends)

    def _unary(self, op: ast.unaryop, operand: Value, node: ast.AST, frame: Frame) -> Value:
        depends = depends_of(operand)
        if isinstance(op, ast.Not):
            known = truth(operand)
            if known is None:
                why = operand if isinstance(operand, Unknown) else Unknown("branch", _spelled(node))
                return self.stopped(why, node, frame, depends)
            return Const(not known, depends=depends)
        try:
            return lifted(_UNARY[type(op)](plain(operand)), depends)
        except NotKnown as error:
            return self.stopped(error.value, node, frame, depends)
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
            if none and isinstance(left, Seq | Map | Module | Function | Class | Instance):
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
        if isinstance(left, Map) and isinstance(right, Map) and left.items.keys() == right.items.keys():
            if list(left.items) != list(right.items):
                return self.unknown(node, frame)  # equal as tables, and not as two OrderedDict
        try:
            return Const(bool(_COMPARE[type(op)](plain(left), plain(right))))
        except NotKnown as error:
            return self.stopped(error.value, node, frame)
        except Exception:
            return self.unknown(node, frame)

    def _contains(self, container: Value, item: Value) -> bool | None:
        container = self.listed(container)
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

    def listed(self, value: Value) -> Value:
        """A generator, a range or a view of a table as the list of what it gives now; other values as they are."""
        match value:
            case Lazy(used=used):
                if used.items or not used.exact:
                    return Unknown("call", "an iterator that was gone through before", depends=value.depends)
                self.touch(used)
                if self._perhaps:
                    used.taint()
                else:
                    used.items.append(Const(True))
                return depending(value.make(), value.depends | used.depends)  # whether somebody took from it
            case Object(kind="view", state={"of": Map() as held, "what": Const(value=str() as what)}):
                return depending(library.viewed(held, what), value.depends)
            case Object(kind="range" | "names", state={"items": Seq() as inner}):
                return depending(inner, value.depends)
            case _:
                return value

    def partly(self, value: Value) -> Value:
        """The same for who stops somewhere: what the code behind it writes on the way is not known."""
        since = now()
        with self.watching() as journal:
            found = self.listed(value)
        why = Unknown("call", "what is computed while it is asked for")
        for thing, _ in journal.values():
            if thing.born < since and not (isinstance(value, Lazy) and thing is value.used):
                self.touch(thing)
                thing.taint(why) if isinstance(thing, Namespace) else thing.taint()
        return found

    def items(self, value: Value) -> list[Value] | None:
        """What iterating over it gives, in that order; None when that is not known."""
        value = self.listed(value)
        match value:
            case Seq(kind="set", items=items) if len(items) > 1:
                return None
            case Seq(items=items, exact=True):
                WORK.done += len(items) if value.depends else len(items) >> 4
                return [depending(item, value.depends) for item in items] if value.depends else list(items)
            case Map(items=held, maybe=maybe, exact=True) if not maybe:
                return [lifted(key, value.depends) for key in held]
            case Const(value=str() as text):
                return [Const(letter, depends=value.depends) for letter in text] if len(text) <= MAX_LOOP else None
            case Joined(options=options) if all(same(option, options[0]) for option in options):
                return self.items(depending(options[0], value.depends))
            case Object(kind="scope"):
                table = library.scope_table(value)
                return self.items(table) if table is not None else None
            case Object(state={"items": Seq() as inner}):
                return self.items(inner)
            case _:
                return None

    def attribute(self, owner: Value, name: str, node: ast.AST, frame: Frame) -> Value:
        found_at = self._attribute(owner, name, node, frame)
        return depending(found_at, owner.depends) if owner.depends else found_at

    def _attribute(self, owner: Value, name: str, node: ast.AST, frame: Frame) -> Value:
        if name in _INSIDES:
            # The names of a function or a frame: whoever has them can set any.
            inside = self.unknown(node, frame, "tainted")
            for path in self._running:
                self._taint(self.modules[path].namespace, inside)
            self._taint(frame.names, inside)
            return inside
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
                if "__class__" in names.names:
                    return self.unknown(node, frame)
                if cls is not None and any("__getattribute__" in one.attributes.names for one in cls.order):
                    return self.unknown(node, frame)
                if name == "__dict__":
                    return Object(kind="attributes", state={"of": owner})
                return self._of_instance(owner, cls, name, node, frame)
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
            case Joined(options=options) if all(isinstance(option, Seq | Map) for option in options):
                return Method(owner=owner, name=name, depends=owner.depends)
            case Joined(options=options):
                return join([self.attribute(option, name, node, frame) for option in options])
            case Object(kind="super"):
                return self._above(owner, name, node, frame)
            case Object(kind=kind):
                found_value = self._modelled("ATTRIBUTES", kind, Call(self, name, [], {}, node, frame, owner))
                return found_value or library.object_attribute(self, owner, name, node, frame)
            case _:
                found_value = library.plain_attribute(owner, name)
                if found_value is None and not library.has_attribute(owner, name):
                    self._watched |= owner.depends
                    if self._catching("AttributeError"):
                        raise Raised("AttributeError")
                    self._may_raise = True
                return found_value if found_value is not None else Method(owner=owner, name=name, depends=owner.depends)

    def _of_instance(self, owner: Instance, cls: Class | None, name: str, node: ast.AST, frame: Frame) -> Value:
        names = owner.attributes
        inherited = self._class_attribute(cls, name) if cls is not None else None
        if inherited is not None and self._descriptor(inherited):
            return self._bound(inherited, owner, cls, node, frame)
        code = isinstance(inherited, Function)  # nobody writes over a method
        found = names.get(name) if name in names.names or not code else None
        if found is None:
            depends = names.absent(name)
            if inherited is None:
                return Unknown("call", f"{name} of an object", depends=owner.depends | depends)
            return depending(self._bound(inherited, owner, cls, node, frame), depends)
        if perhaps_absent(found.value):
            self._may_raise = True
            below = self._bound(inherited, owner, cls, node, frame) if inherited is not None else None
            return _instead_of_absent(found.value, below)
        return found.value

    def _class_attribute(self, cls: Class, name: str, after: int = 0) -> Value | None:
        """What a class has under a name, itself or from its bases; after: how many of its order do not count."""
        hidden = ""
        perhaps: list[Value] = []  # of those before, which may not have it
        depends = NOTHING
        found: Value | None = None
        for one in _after(cls.line_up, after):
            if isinstance(one, str):
                if one in _CONFIGURATIONS and name in _HOOKS:
                    return None  # the library's own, which does nothing and calls no other
                if one not in _BARE or (one in _CONFIGURATIONS and name.isupper()):
                    hidden = hidden or one  # Configuration has Django's defaults
                continue
            held = one.attributes.names.get(name)
            unset = held is None or isinstance(held.value, Absent) or perhaps_absent(held.value)
            depends |= one.attributes.absent(name) if unset else NOTHING
            if held is not None and not isinstance(held.value, Absent):
                if hidden:
                    found = Unknown("call", f"{name} may come from {hidden}")
                    break
                self._remember(name, held.value, held)
                if not perhaps_absent(held.value):
                    found = held.value
                    break
                perhaps.append(_instead_of_absent(held.value, None))
            if one.attributes.rest is not None:
                found = one.attributes.rest
                break
        if found is None:
            outside = next((base for one in cls.order for base in one.outside if base not in _BARE), "")
            found = Unknown("call", f"{name} may come from {outside}") if outside else None
        if found is None and not perhaps:
            return None
        if not perhaps:
            return depending(found, depends) if depends and found is not None else found
        self._may_raise = True
        return depending(join([*perhaps, *([found] if found is not None else [])]), depends)

    def above(self, frame: Frame) -> Value | None:
        """`super()` in a method: what the classes after the one that it is written in have; None where not known."""
        at: Frame | None = frame
        while at is not None and at.function is None:
            at = at.outer
        function = at.function if at is not None else None
        if at is None or function is None or not isinstance(function.node, ast.FunctionDef):
            return None
        first = [*function.node.args.posonlyargs, *function.node.args.args][:1]
        held = at.names.names.get(first[0].arg) if first else None
        receiver = held.value if held is not None else None
        cls = receiver.cls if isinstance(receiver, Instance) else receiver
        if receiver is None or not isinstance(cls, Class) or not isinstance(function.frame, Frame):
            return None
        here = [n for n, one in enumerate(cls.order) if one.attributes is function.frame.names]
        if not here:
            return None
        return Object(kind="super", state={"of": receiver, "after": Const(here[0] + 1)})

    def _above(self, owner: Object, name: str, node: ast.AST, frame: Frame) -> Value:
        receiver, after = owner.state["of"], owner.state["after"]
        cls = receiver.cls if isinstance(receiver, Instance) else receiver
        if isinstance(cls, Class) and isinstance(after, Const) and isinstance(after.value, int):
            found = self._class_attribute(cls, name, after.value)
            if found is None and name in library.EMPTY:
                return Library(dotted=f"builtins.object.{name}")
            if found is not None and not isinstance(found, Unknown):
                return self._bound(found, receiver if isinstance(receiver, Instance) else None, cls, node, frame)
            for base in (one for one in _after(cls.line_up, after.value) if isinstance(one, str)):
                modelled = self._modelled("SUPERS", base, Call(self, name, [], {}, node, frame, receiver))
                if modelled is not None:
                    return modelled
        why = self.unknown(node, frame)
        self._spoil_deep(receiver, why)
        return why

    def _remember(self, name: str, value: Value, binding: Binding) -> None:
        if name.isupper() and len(self.origins) < MAX_ITEMS:
            self.origins[id(value)] = (value, (name, binding))

    def _bound(self, value: Value, owner: Value | None, cls: Class | None, node: ast.AST, frame: Frame) -> Value:
        if isinstance(value, Instance) and self._class_attribute(value.cls, "__get__") is not None:  # type: ignore[arg-type]
            return self.unknown(node, frame, "call", "a descriptor")
        if isinstance(value, Joined) and any(isinstance(option, Function | Instance) for option in value.options):
            return join([self._bound(option, owner, cls, node, frame) for option in value.options])
        if not isinstance(value, Function):
            return value
        if value.how == "opaque":
            return value
        if value.how == "decorated":
            return self._outside(node, frame, [value, *([owner] if owner is not None else [])], value.name)
        if value.how in {"property", "cached_property"}:
            if owner is None:
                return self.unknown(node, frame)
            computed = self.call_function(value, [owner], {}, node, frame)
            line = getattr(value.node, "lineno", 0)
            self._remember(value.name, computed, Binding(computed, value.path, line))
            if value.how == "cached_property" and isinstance(owner, Instance):
                self._bind_in(owner.attributes, value.name, computed, value.path, line)
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
            each = key.elts if isinstance(key, ast.Tuple) else [key]
            words = Seq("tuple", [self.value(part, frame) for part in each])
            return Object(kind="typing.literal", state={"of": words})
        if isinstance(owner, Library):
            generic = self.unknown(node, frame, depends=owner.depends)  # `Auth[User]`
            self.foreign.add((generic.path, generic.line, generic.text))
            return generic
        if isinstance(key, ast.Slice):
            bounds = [self.value(part, frame) if part else Const(None) for part in (key.lower, key.upper, key.step)]
            by = NOTHING.union(*(bound.depends for bound in bounds))
            try:
                low, high, step = (plain(bound) for bound in bounds)
                if isinstance(owner, Object):
                    owner = self.listed(owner) if owner.kind == "range" else owner
                if isinstance(owner, Seq) and owner.exact and owner.kind != "set":
                    return Seq(owner.kind, owner.items[low:high:step], depends=owner.depends | by)  # type: ignore[index]
                if isinstance(owner, Seq):
                    why = self.unknown(node, frame, depends=depends_of(owner) | by)
                    return replace(why, reach=changing(parts_of(owner)))
                return lifted(plain(owner)[low:high:step], depends_of(owner) | by)  # type: ignore[index]
            except (NotKnown, TypeError, ValueError):
                why = self.unknown(node, frame, depends=depends_of(owner))
                return replace(why, reach=changing(parts_of(owner)))
        index = self.value(key, frame)
        if by_key := depends_of(index):
            for other in (
                owner.items if isinstance(owner, Seq) else owner.items.values() if isinstance(owner, Map) else ()
            ):
                depending(other, by_key)  # lists: it may be another one that is changed through what this gives
        if isinstance(owner, Object):
            call = Call(self, "[]", [index], {}, node, frame, owner)
            item = self._modelled("ITEMS", owner.kind, call)
            return item or library.get_item(self, owner, index, node, frame)
        depends = owner.depends | depends_of(index)
        if isinstance(owner, Unknown):
            self._may_raise = True
            return depending(owner, depends)
        try:
            known = plain(index)
        except NotKnown:
            # Any of them, or none.
            self._may_raise = True
            parts = parts_of(owner)
            if isinstance(owner, Map | Seq) and owner.exact and parts:
                return depending(join(parts), depends)
            return replace(self.unknown(node, frame, depends=depends), reach=changing(parts))
        try:
            if isinstance(owner, Map):
                if known in owner.items:
                    if known in owner.maybe:
                        self._may_raise = True
                    return depending(owner.items[known], depends)
                if owner.exact:
                    self._watched |= depends
                    if self._catching("KeyError", "LookupError"):
                        raise Raised("KeyError")
                return replace(self.unknown(node, frame, depends=depends), reach=changing(parts_of(owner)))
            if isinstance(owner, Seq):
                if owner.exact and owner.kind != "set" and isinstance(known, int):
                    if -len(owner.items) <= known < len(owner.items):
                        return depending(owner.items[known], depends)
                return replace(self.unknown(node, frame, depends=depends), reach=changing(parts_of(owner)))
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
        """over: what the first `for` goes over, where that has been computed before."""
        inner = Frame(Namespace(), frame.module, frame)
        inner.comprehended = True
        made: list[tuple[Value | None, Value]] = []
        sources: list[Value] = []
        depends = NOTHING
        ordered, nothing = True, False

        def run(rest: Sequence[ast.comprehension]) -> None:
            nonlocal depends, ordered, nothing
            if not rest:
                with self._deciding(depends):
                    made.append((self.value(key, inner) if key is not None else None, self.value(element, inner)))
                return
            first, *others = rest
            if first is generators[0] and over is not None:
                source = over
            else:
                source = self.value(first.iter, frame if first is generators[0] else inner)
            source = self.listed(source)
            nothing = first is generators[0] and isinstance(source, Unknown) and not source.reach
            depends |= source.depends
            sources.extend(parts_of(source))
            items = self.items(source)
            if items is None and kind != "dict" and isinstance(source, Seq) and _but_for_order(source):
                items, ordered = list(source.items), False
                depends |= depends_of(source)
            if items is None or first.is_async:
                raise NotKnown(self.unknown(node, frame, depends=depends_of(source)))
            for item in self._going_over(source, items):
                self.step()
                self.assign(first.target, item, inner)
                keep = True
                for test in first.ifs:
                    given = self.value(test, inner)
                    known = truth(given)
                    depends |= depends_of(given)
                    if known is None:
                        raise NotKnown(self.unknown(node, frame, "branch", depends=depends))
                    keep = known
                    if not keep:
                        break
                if keep:
                    run(others)

        parts: list[ast.AST] = [element, *generators, *([key] if key is not None else [])]
        try:
            run(generators)
            if depends and any(isinstance(one, ast.Call | ast.NamedExpr) for part in parts for one in ast.walk(part)):
                # In another environment it goes over more, or less.
                self._mark_written(parts, inner, depends)
            if kind == "dict":
                keys = NOTHING.union(*(depends_of(name) for name, _ in made if name is not None))
                return Map({plain(name): value for name, value in made if name is not None}, depends=depends | keys)
        except (NotKnown, TypeError, _Unsure) as error:
            why = error.value if isinstance(error, NotKnown) else self.unknown(node, frame, depends=depends)
            held = Aliases(self, [inner for part in parts for inner in ast.walk(part)], inner).of(element)
            why = replace(why, reach=(*why.reach, *changing(sources), *held))
            self._may_raise = True
            # What it has done until then is done, and nobody knows how much more.
            for generator in generators:
                self.assign(generator.target, why, inner)
            if nothing:
                # What it should go over has been computed, once, and whatever that gave calls nothing from here.
                parts = [element, *generators[0].ifs, *generators[1:], *([key] if key is not None else [])]
            self._taint_written(parts, inner, why)
            for part in ast.walk(node):
                if isinstance(part, ast.NamedExpr):
                    around = frame
                    while around.comprehended and around.outer is not None:
                        around = around.outer
                    self.assign(part.target, why, around)
            return why
        items = [value for _, value in made]
        if kind == "set":
            return Seq("set", distinct(items), depends=depends | NOTHING.union(*map(depends_of, items)))
        return Seq("list", items, exact=ordered or len(items) < 2, depends=depends)

    def _going_over(self, value: Value, items: list[Value]) -> Iterator[Value]:
        """The items one after the other, as they are when their turn comes: a loop may change what it goes over."""
        if isinstance(value, Seq) and value.kind == "list" and value.exact:
            at = 0
            while at < len(value.items):
                item = value.items[at]
                yield depending(item, value.depends) if value.depends else item
                if not value.exact:
                    raise _Unsure
                at += 1
        elif isinstance(value, Map):
            keys = list(value.items)
            for item in items:
                yield item
                if value.exact and not value.maybe and len(value.items) != len(keys):
                    self._watched |= value.depends
                    raise Raised("RuntimeError")
                if not value.exact or value.maybe or list(value.items) != keys:
                    raise _Unsure
        else:
            yield from items

    # Calls

    def _call(self, node: ast.Call, frame: Frame) -> Value:
        function = self.value(node.func, frame)
        arguments: list[Value] = []
        keywords: dict[str, Value] = {}
        whole = True
        decide = NOTHING  # how many arguments there are
        handed: list[Value] = []
        for argument in node.args:
            given = self.value(argument.value if isinstance(argument, ast.Starred) else argument, frame)
            if isinstance(argument, ast.Starred):
                given = self.listed(given)
                decide |= given.depends
                items = self.items(given)
                whole = whole and items is not None
                if items is None:
                    handed.append(given)
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
                if keywords.keys() & given.items.keys():
                    return self._outside(node, frame, [function, *arguments, *keywords.values(), given])  # given twice
                keywords.update({str(key): item for key, item in given.items.items()})
                decide |= given.depends
            else:
                whole = False
                handed.append(given)
        if not whole:
            if isinstance(function, Library) and function.dotted not in self.patched:
                partly = Call(self, function.dotted, arguments, keywords, node, frame)
                known = self._modelled("PARTLY", function.dotted, partly)
                if known is not None:
                    return known
            elif isinstance(function, Object):
                partly = Call(self, function.kind, arguments, keywords, node, frame, function)
                known = self._modelled("PARTLY", function.kind, partly)
                if known is not None:
                    return known
            return self._outside(node, frame, [function, *arguments, *keywords.values(), *handed])
        if not decide:
            return self.call(function, arguments, keywords, node, frame)
        with self._deciding(decide):
            return depending(self.call(function, arguments, keywords, node, frame), decide)

    def call(
        self, function: Value, arguments: list[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
    ) -> Value:
        if not function.depends:
            found = self._called(function, arguments, keywords, node, frame)
            if isinstance(found, Unknown):
                self._may_raise = True
                return found if found.path else self.stopped(found, node, frame)
            return found
        with self._deciding(function.depends):
            return depending(self._called(function, arguments, keywords, node, frame), function.depends)

    def _called(
        self, function: Value, arguments: list[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
    ) -> Value:
        match function:
            case Library(dotted=name) if name not in self.patched:
                arguments = library.gone_through(self, name, arguments)
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
            case Instance(cls=cls) if cls is not None and isinstance(
                called := self._class_attribute(cls, "__call__"), Function
            ):
                bound = self._bound(called, function, cls, node, frame)
                return self.call(bound, arguments, keywords, node, frame)
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
        with self._tainting():
            for value in handed:
                self._spoil_deep(value, why)
            if not (foreign and self.calm):
                self.over_called(handed, why)
        why.depends = NOTHING.union(*(depends_of(value) for value in handed))
        if handed and isinstance(handed[0], Function):
            why.reach = changing(given_back(self, handed[0]))
        return why

    def _is_foreign(self, name: str, handed: Sequence[Value]) -> bool:
        """Whether what is called comes from outside, or at least is not about the settings of an application."""
        first = handed[0] if handed else None
        if isinstance(first, Function):
            return not about_settings(first)
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
        if name in library.GOING_THROUGH:
            arguments = [self.listed(one) for one in arguments]
        if isinstance(owner, Object):
            call = Call(self, name, arguments, keywords, node, frame, owner)
            answer = self._modelled("METHODS", owner.kind, call)
            if answer is not None:
                return answer
        if isinstance(owner, Joined) and name in library.READING:
            if all(same(option, owner.options[0]) for option in owner.options):
                owner = depending(owner.options[0], owner.depends)
        if isinstance(owner, Joined) and all(isinstance(option, Seq | Map) for option in owner.options):
            why = self.unknown(node, frame)
            made = self._on_each(
                owner, lambda one: library.method(self, one, name, list(arguments), dict(keywords), node, frame), why
            )
            results = [one for one in made if one is not None]
            if len(results) == len(made):
                return join(results)
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
            if spelled in {"property", "classproperty", "computed_field"}:
                how = "property" if how in {"", "property", "classmethod"} else "decorated"
            elif spelled == "cached_property":
                how = "cached_property" if not how else "decorated"
            elif spelled in {"staticmethod", "classmethod"}:
                how = spelled if not how else "decorated" if how != "property" else how
            elif spelled in {"lru_cache", "cache"}:
                how = "cached" if not how else "decorated"
            elif spelled not in {"wraps", "override", "overload", "typing.no_type_check"}:
                others.append(decorator)
        if isinstance(node, ast.AsyncFunctionDef):
            node = _awaitable(node)
            how = "async" if not how and not self._yields(node) else "opaque"
        elif isinstance(node, ast.FunctionDef) and self._yields(node):
            how = "opaque"
        defaults = tuple(self.value(item, frame) for item in node.args.defaults)
        keyword_defaults = tuple(
            self.value(item, frame) if item is not None else None for item in node.args.kw_defaults
        )
        made = Function(node, frame.module.path, frame, name, defaults, keyword_defaults, None, how)
        result: Value = made
        for decorator in reversed(others):
            given = self.value(decorator, frame)
            changed = _property_of(given, made) if result is made else None
            if changed is not None:
                return changed
            if isinstance(given, Object) and result is made:
                self._modelled("DECORATES", given.kind, Call(self, name, [made], {}, decorator, frame, given))
            if isinstance(given, Library | Unknown | Method | Object):
                # A library's (`@app.route`, `@receiver`): it keeps the function and does not call it here.
                result = self.unknown(decorator, frame, "call", f"@{_spelled(decorator)}")
            else:
                result = self.call(given, [result], {}, decorator, frame)
        # Nobody knows what an unknown decorator made of it: when it is called, so perhaps is what it was.
        return replace(made, how="decorated") if isinstance(result, Unknown) else result

    def call_function(
        self, function: Function, arguments: Sequence[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
    ) -> Value:
        body = function.node
        if function.how == "async" and self.awaits is node:
            self.awaits = None
        elif function.how in {"opaque", "decorated", "async"}:
            owner = [function.owner] if function.owner is not None else []
            return self._outside(node, frame, [function, *owner, *arguments, *keywords.values()], function.name)
        if not isinstance(body, ast.FunctionDef | ast.Lambda) or not isinstance(function.frame, Frame):
            return self._outside(node, frame, [*arguments, *keywords.values()])
        if self._depth >= MAX_DEPTH:
            raise OutOfBudget
        inner = Frame(Namespace(), function.frame.module, function.frame)
        inner.function = function
        inner.local = self._locals(body)
        given = [function.owner, *arguments] if function.owner is not None else list(arguments)
        if not self._arguments(body.args, function, given, dict(keywords), inner):
            return self.unknown(node, frame, "call", f"{function.name} is called with other arguments")
        remembered = self._remembered(function, body, given, keywords) if function.how == "cached" else None
        if remembered is not None and remembered in self._cached and not self._unsettled(remembered):
            return self._cached[remembered][1]
        self._depth += 1
        left, self._left = self._left, NOTHING
        since = now()
        try:
            result = self._run(function, body, inner, node, frame)
            if self._left and isinstance(body, ast.FunctionDef):
                # It has been left early, or not, as these variables are: the rest of it was perhaps not run.
                self._mark_written(body.body, inner, self._left)
                self._mark_given(body, inner, self._left)
            result = depending(result, self._left)
            if remembered is not None:
                result = self._remembering(remembered, body, result)
                self.lasting.append((since, now()))
            elif function.how == "cached":
                result = self.unknown(node, frame, "call", f"{function.name}, which remembers what it gave")
            return result
        except Raised:
            self._watched |= self._left
            raise
        finally:
            self._left = left
            self._depth -= 1

    def _mark_given(self, body: ast.FunctionDef, inner: Frame, depends: Depends) -> None:
        """What another environment would give back, or give another name: lists that are changed through that."""
        for part in _own(body):
            if isinstance(part, ast.Return | ast.Assign | ast.AnnAssign) and part.value is not None:
                for name in _passed_on(part.value):
                    found = self.lookup(inner, name)
                    if found is not None and isinstance(found.value, Seq | Map | Joined):
                        for one in reached(found.value):
                            depending(one, depends)

    def _yields(self, node: ast.FunctionDef) -> bool:
        """Whether it is a generator."""
        known = self._generators.get(id(node))
        if known is None or known[0] is not node:
            found = any(isinstance(part, ast.Yield | ast.YieldFrom) for part in _own(node))
            known = self._generators[id(node)] = (node, found)
        return known[1]

    @staticmethod
    def _remembered(
        function: Function, body: ast.AST, given: Sequence[Value], keywords: Mapping[str, Value]
    ) -> "_Remembered | None":
        """Under what lru_cache keeps what a call gives; None: that is not known."""
        try:
            whole = (*(plain(one) for one in given), *((name, plain(one)) for name, one in keywords.items()))
            hash(whole)
        except (NotKnown, TypeError):
            return None
        return id(body), id(function.frame), whole

    def _unsettled(self, key: "_Remembered") -> bool:
        return key in self._unsure

    def _remembering(self, key: "_Remembered", body: ast.AST, result: Value) -> Value:
        if key in self._unsure:
            result = join([self._cached[key][1], result])
        elif len(self._journals) > 1 or self._perhaps:
            self._unsure.add(key)  # perhaps it is called here for the first time, perhaps later
        self._cached[key] = (body, result)
        return result

    def _locals(self, body: ast.FunctionDef | ast.Lambda) -> frozenset[str]:
        """The names that a function binds somewhere: its own from its first line on."""
        known = self._own_names.get(id(body))
        if known is None or known[0] is not body:
            bound: set[str] = set()
            elsewhere: set[str] = set()
            for part in _own(body) if isinstance(body, ast.FunctionDef) else ():
                WORK.done += 1
                match part:
                    case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                        bound.add(name)
                    case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                        bound.add(name)
                    case ast.alias(name=name, asname=other):
                        bound.add(other or name.partition(".")[0])
                    case ast.ExceptHandler(name=str() as name) | ast.MatchAs(name=str() as name):
                        bound.add(name)
                    case ast.Global(names=names) | ast.Nonlocal(names=names):
                        elsewhere.update(names)
            known = self._own_names[id(body)] = (body, frozenset(bound - elsewhere))
        return known[1]

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
        if any(item.arg in keywords for item in spec.args):
            return False  # given twice
        if spec.kwarg is not None:
            more = keywords.pop(OPEN, None)
            put(spec.kwarg.arg, Map({name: value for name, value in keywords.items()}, exact=more is None))
            return True
        return not keywords

    def _class(self, node: ast.ClassDef, frame: Frame) -> Value:
        makers = [self.value(one.value, frame) for one in node.keywords if one.arg in {None, "metaclass"}]
        if any(not (isinstance(one, Library) and one.dotted == "abc.ABCMeta") for one in makers):
            # Making the class calls what is not followed.
            self._taint_written(node.body, Frame(Namespace(), frame.module, frame), self.unknown(node, frame))
            return self._outside(node, frame, makers, f"class {node.name}{_METACLASS}")
        bases = [self.value(base, frame) for base in node.bases]
        if any(isinstance(base, Unknown) and base.text.endswith((_METACLASS, _HOOKED)) for base in bases):
            self._taint_written(node.body, Frame(Namespace(), frame.module, frame), self.unknown(node, frame))
            return self._outside(node, frame, [], f"class {node.name}{_METACLASS}")
        names = Namespace()
        inner = Frame(names, frame.module, frame, of_class=True)
        self.block(node.body, inner)
        outside = tuple(base.dotted for base in bases if isinstance(base, Library) and base.dotted != "builtins.object")
        if any(not isinstance(base, Class | Library) for base in bases):
            outside = (*outside, "what is not known")
        made = Class(node.name, frame.module.path, node.lineno, (), outside, names, tuple(bases), node, frame)
        if sum(len(base.order) for base in bases if isinstance(base, Class)) > 4 * MAX_DEPTH:
            return self.unknown(node, frame, "budget", f"class {node.name} with many bases")
        after = linear([base if isinstance(base, Class) else _named(base) for base in bases])
        made.line_up = (made, *after)
        made.order = (made, *(one for one in after if isinstance(one, Class)))
        told = [item.value.cls for item in names.names.values() if isinstance(item.value, Instance)]
        hooked = any("__set_name__" in one.attributes.names for cls in told if cls is not None for one in cls.order)
        if hooked or any("__init_subclass__" in one.attributes.names for one in made.order[1:]):
            return self._outside(node, frame, [made], f"class {node.name}{_HOOKED}")
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
        if self._class_attribute(cls, "__new__") is not None and not isinstance(maker, Unknown):
            return self._outside(node, frame, [cls, *arguments, *keywords.values()], cls.name)
        if isinstance(maker, Function) and maker.how == "":
            bound = self._bound(maker, made, cls, node, frame)
            if isinstance(bound, Function):
                self.call_function(bound, arguments, keywords, node, frame)
        elif arguments or keywords or maker is not None:
            return self._outside(node, frame, [*arguments, *keywords.values()], cls.name)
        return made


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


def _matches(pattern: ast.pattern, subject: Value) -> bool | None:
    """Whether a value surely matches; None where that is not known."""
    match pattern:
        case ast.MatchAs(pattern=None):
            return True
        case ast.MatchAs(pattern=ast.pattern() as inner):
            return _matches(inner, subject)
        case ast.MatchOr(patterns=patterns):
            found = [_matches(one, subject) for one in patterns]
            return True if True in found else None if None in found else False
        case ast.MatchValue(value=ast.Constant(value=wanted)) if isinstance(subject, Const):
            return bool(subject.value == wanted)
        case ast.MatchSingleton(value=wanted) if isinstance(subject, Const):
            return subject.value is wanted
    return None


def _passed_on(node: ast.expr) -> Iterator[str]:
    """The names whose objects an expression may be itself, or a part of."""
    match node:
        case ast.Name(id=name):
            yield name
        case ast.IfExp(body=body, orelse=orelse):
            yield from _passed_on(body)
            yield from _passed_on(orelse)
        case ast.BoolOp(values=values) | ast.Tuple(elts=values) | ast.List(elts=values):
            for value in values:
                yield from _passed_on(value)
        case ast.Subscript(value=value) | ast.Attribute(value=value) | ast.NamedExpr(value=value):
            yield from _passed_on(value)


def _is_list(value: Value) -> bool:
    return isinstance(value, Seq) and value.kind == "list"


def linear(bases: Sequence[Class | str]) -> list[Class | str]:
    """The order in which attributes are looked for (C3); by first appearance where there is none. Classes that are not
    of the repository go by their names."""
    rows = [[*base.line_up] if isinstance(base, Class) else [base] for base in bases] + [[*bases]]
    found: list[Class | str] = []
    while any(rows):
        rows = [row for row in rows if row]
        head = next((row[0] for row in rows if not any(row[0] in other[1:] for other in rows)), None)
        if head is None:
            head = rows[0][0]
        found.append(head)
        rows = [[item for item in row if item != head] for row in rows]
    return found


def _after(line_up: Sequence[Class | str], count: int) -> Iterator[Class | str]:
    """What comes after so many classes of the repository."""
    for one in line_up:
        if count <= 0:
            yield one
        elif isinstance(one, Class):
            count -= 1


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
_CONFIGURATIONS = frozenset({"configurations.Configuration", "configurations.base.Configuration"})
_HOOKS = frozenset({"pre_setup", "setup", "post_setup"})
_BARE = _CONFIGURATIONS | {"builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol"}


def _instead_of_absent(value: Value, other: Value | None) -> Value:
    """What a name that is perhaps not set is worth, with what it is worth then."""
    options = [one for one in value.options if not isinstance(one, Absent)] if isinstance(value, Joined) else [value]
    return depending(join([*options, *([other] if other is not None else [])]), value.depends)


def _property_of(decorator: Value, function: Function) -> Value | None:
    """`@x.setter`: the property x that this function sets."""
    if not isinstance(decorator, Method) or not isinstance(decorator.owner, Function):
        return None
    held = decorator.owner
    if held.how != "property" or decorator.name not in {"setter", "deleter"}:
        return None
    return replace(held, setter=function) if decorator.name == "setter" else held


def _unprintable(value: Value) -> bool:
    """Whether what Python writes for it is not known: the order of a set, the class of a path in a list."""
    return unordered(value) or (isinstance(value, Seq | Map) and library.has_path(value))


_NOTHING = object()
_NO_WHY = Unknown()
_METACLASS = " with a metaclass"
_HOOKED = " with hooks of its own making"


# Where Python keeps the names of frames and functions.
_INSIDES = frozenset({"f_globals", "f_locals", "f_builtins", "__globals__", "func_globals"})


def _but_for_order(value: Seq) -> bool:
    """Whether these are its items, in an order that nobody knows."""
    return not value.extra and not value.open and (value.exact or len(value.items) > 0)


def _named(base: Value) -> str:
    return base.dotted if isinstance(base, Library) else "what is not known"


def _loading(target: ast.expr) -> ast.expr:
    match target:
        case ast.Name(id=name):
            return ast.copy_location(ast.Name(name, ast.Load()), target)
        case ast.Attribute(value=owner, attr=name):
            return ast.copy_location(ast.Attribute(owner, name, ast.Load()), target)
        case ast.Subscript(value=owner, slice=key):
            return ast.copy_location(ast.Subscript(owner, key, ast.Load()), target)
    return target


_SCOPES = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.ListComp, ast.SetComp, ast.DictComp,
    ast.GeneratorExp,
)  # fmt: skip


def _awaitable(node: ast.AsyncFunctionDef) -> ast.FunctionDef:
    """The same as a function: once it is awaited, it runs like one."""
    made = ast.FunctionDef(node.name, node.args, node.body, node.decorator_list, node.returns)
    setattr(made, "type_params", getattr(node, "type_params", []))  # noqa: B010 - not of Python 3.11
    return ast.copy_location(made, node)


def _own(node: ast.FunctionDef) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions in it."""
    stack: list[ast.AST] = list(node.body)
    while stack:
        part = stack.pop()
        yield part
        if not isinstance(part, _SCOPES):
            stack.extend(ast.iter_child_nodes(part))


def _handles(kind: ast.expr | None) -> list[str]:
    if kind is None:
        return [""]
    parts = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return [_spelled(part).rpartition(".")[2] for part in parts]


def _silently(kind: ast.expr) -> ast.ExceptHandler:
    """`except kind: pass`."""
    return ast.copy_location(ast.ExceptHandler(kind, None, [ast.copy_location(ast.Pass(), kind)]), kind)


# They do not keep an exception from getting out.
_LETTING_THROUGH = frozenset({
    "open", "urlopen", "closing", "Lock", "RLock", "catch_warnings", "TemporaryDirectory", "NamedTemporaryFile",
    "TemporaryFile", "ZipFile", "nullcontext", "redirect_stdout", "redirect_stderr", "files", "as_file", "path",
    "open_text", "open_binary", "localcontext", "chdir", "fdopen", "scandir",
})  # fmt: skip


def _takers(
    handlers: Sequence[ast.ExceptHandler], kinds: Sequence[Sequence[exceptions.Kind]], raised: Raised
) -> list[ast.ExceptHandler | None]:
    """The handlers that may take what is raised; None among them: perhaps none does."""
    found: list[ast.ExceptHandler | None] = []
    for handler, row in zip(handlers, kinds, strict=True):
        answers = [exceptions.takes(kind, raised) for kind in row]
        if True in answers:
            return [*found, handler]
        if None in answers:
            found.append(handler)
    return [*found, None]


def _bound_often(body: Sequence[ast.stmt]) -> set[str]:
    """Names that these statements bind more than once."""
    seen: set[str] = set()
    often: set[str] = set()
    for node in body:
        for part in ast.walk(node):
            WORK.done += 1
            if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
                (often if part.id in seen else seen).add(part.id)
    return often


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
