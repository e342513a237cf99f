"""The state of a run: what is bound and why, what can be put back, how far things are followed.

All parts of the interpreter are functions of a `Run`. What a part asks of one that stands above it (an expression may
call a function, whose body is statements) is abstract here; `interpreter.py` says who answers.
"""

import ast
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from hardencheck.collect.extract._python import shorten
from hardencheck.collect.interpret.done import Done
from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.frames import MAX_ITEMS, Frame, OutOfBudget
from hardencheck.collect.interpret.python_names import BUILTINS
from hardencheck.collect.interpret.values import (
    MAX_CHAIN,
    NOTHING,
    WORK,
    Binding,
    Changing,
    Const,
    Depends,
    Exported,
    Function,
    Library,
    Module,
    Namespace,
    Seq,
    Unknown,
    Value,
    depending,
)

SETTING = "the setting "  # before a name in `depends`: no variable of the environment
MAX_STEPS = 200_000
MAX_FORKS = 2_000
MAX_WORK = 4_000_000  # values that are looked at, or copied

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
    versions: Callable[[str], tuple[Version, Version]] | None = None
    rewritten: Callable[[str], Mapping[str, Binding]] | None = None


class Asked(NamedTuple):
    """How the code asks for a variable. default: what it takes instead, None: it must be set. cast: "bool" ..."""

    default: Value | None
    cast: str = ""


Place = tuple[str, int]  # path and line of a statement
Remembered = tuple[int, int, tuple[object, ...]]
Journal = dict[int, tuple[Changing, object]]


class Run(ABC):
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

        # The program
        self.modules: dict[str, Module] = {}
        self.files: set[str] = set()
        self.running: dict[str, Module] = {}  # modules that are being run: not all of their names are there
        self.late: set[str] = set()  # names that functions write through `global`: nobody knows when they are called
        self.exported = Exported()  # variables that the program itself sets, which can be put back
        self.shared: dict[str, Value] = {}  # what a library has one of
        self.patched: set[str] = set()  # what the code put other things in place of: dotted names, with ".*" all in it
        self.rewritten: dict[tuple[str, str], Binding] = {}  # by file and name
        self.parsed: dict[str, Mapping[str, str | None]] = {}  # files of variables, as a library of the code reads them
        self.contents: dict[int, tuple[Value, str]] = {}  # what was read, and the file that it was read from
        self.origins: dict[int, tuple[Value, tuple[str, Binding]]] = {}  # where attributes of classes got their values
        self.foreign: set[tuple[str, int, str]] = set()  # calls of code outside the repository, by what is said of them
        self.refused: set[str] = set()  # variables with whose values the service does not start
        self.calm = False  # functions and classes that a library is given it keeps for later, and does not call

        # What is asked for. Where the statement is that is run, and the one of a module or class that calls the
        # function it is in.
        self.reads: set[str] = set()  # variables that were asked for
        self.asked: dict[str, dict[tuple[Place, Place], Asked]] = {}
        self.here: Place = ("", 0)
        self.called_at: Place = ("", 0)

        # What can be put back
        self.journals: list[Journal] = []
        self.again: set[int] = set()  # what was changed more than once since it was last put back
        self.lasting: list[tuple[int, int]] = []  # when things were made that stay, whatever becomes of the branch
        self.done: Done | None = None

        # Where it stands
        self.under: Depends = NOTHING  # variables that decide whether this is run at all
        self.left: Depends = NOTHING  # variables that decide whether a function or loop has been left before
        self.watched: Depends = NOTHING  # variables that may decide whether something is raised
        self.handled: list[frozenset[str]] = []
        self.caught: list[Raised] = []  # what the handlers that run have taken
        self.may_raise = False
        self.perhaps = 0  # in an expression of which nobody knows whether it is evaluated
        self.partly = False  # the function that runs has perhaps returned already
        self.perhaps_returned: list[Value] = []  # with one of these
        self.awaits: ast.AST | None = None  # the call whose coroutine is awaited at once
        self.depth = 0  # of calls

        # Of functions
        self.remembered: dict[Remembered, tuple[ast.AST, Value]] = {}  # what those gave that remember it
        self.unsettled: set[Remembered] = set()  # of those: on some way only
        self.own_names: dict[int, tuple[ast.AST, frozenset[str]]] = {}
        self.generators: dict[int, tuple[ast.AST, bool]] = {}

        # How far things are followed
        self.lost: Unknown | None = None  # why nothing more is followed
        self._steps = self._forks = 0
        self._most = WORK.done + MAX_WORK
        self._parts: dict[int, tuple[ast.AST, Sequence[ast.AST]]] = {}

    # What the parts ask of each other

    @abstractmethod
    def module(self, path: str) -> Module:
        """A module of the repository after it ran; of one that is running, what it has until now."""

    @abstractmethod
    def imported(self, node: ast.Import | ast.ImportFrom, frame: Frame) -> None:
        """An import, into a frame of its own. Raises Raised as it does."""

    @abstractmethod
    def block(self, body: Sequence[ast.stmt], frame: Frame) -> None:
        """Statements, one after the other. Raises what they are left by."""

    @abstractmethod
    def value(self, node: ast.expr, frame: Frame) -> Value:
        """What an expression gives."""

    @abstractmethod
    def items(self, value: Value) -> list[Value] | None:
        """What iterating over it gives, in that order; None when that is not known."""

    @abstractmethod
    def listed(self, value: Value) -> Value:
        """A generator, a range or a view of a table as the list of what it gives now; other values as they are."""

    @abstractmethod
    def attribute(self, owner: Value, name: str, node: ast.AST, frame: Frame) -> Value:
        """`owner.name`"""

    @abstractmethod
    def set_attribute(self, owner: Value, name: str, value: Value, node: ast.AST, frame: Frame) -> None:
        """`owner.name = value`"""

    @abstractmethod
    def set_item(self, owner: Value, key: Value, value: Value, node: ast.AST, frame: Frame) -> None:
        """`owner[key] = value`"""

    @abstractmethod
    def call(
        self, function: Value, arguments: list[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
    ) -> Value:
        """`function(*arguments, **keywords)`, whatever it is."""

    @abstractmethod
    def call_method(
        self, owner: Value, name: str, arguments: list[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
    ) -> Value:
        """`owner.name(*arguments, **keywords)`, where owner is no object of the repository."""

    @abstractmethod
    def call_function(
        self, function: Function, arguments: Sequence[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
    ) -> Value:
        """A call of a function of the repository."""

    # Names

    def lookup(self, frame: Frame, name: str) -> Binding | None:
        if name in BUILTINS and not self._redefined(frame, name):
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

    def bind(self, frame: Frame, name: str, value: Value, line: int) -> None:
        names = self.names_of(frame, name)
        self.bind_in(names, name, value, frame.module.path, line)

    def bind_in(self, names: Namespace, name: str, value: Value, path: str, line: int) -> None:
        self.touch(names)
        old = names.names.get(name)
        chain = (*old.chain, (old.path, old.line))[-MAX_CHAIN:] if old is not None and old.path else ()
        value, path, line = self._unless_rewritten(name, value, path, line)
        names.names[name] = Binding(depending(value, self.condition), path, line, chain)

    def _unless_rewritten(self, name: str, value: Value, path: str, line: int) -> tuple[Value, str, int]:
        """What a statement gives a name, and where: unless the file that runs is another one there than was read."""
        held = self.rewritten.get((path, name)) if self.rewritten else None
        return (value, path, line) if held is None else (held.value, held.path, held.line)

    def outside(self, dotted: str, node: ast.AST, frame: Frame) -> Value:
        """Something of a library, unless the code has put something else in its place."""
        if self.patched and (dotted in self.patched or f"{dotted.rpartition('.')[0]}.*" in self.patched):
            return self.unknown(node, frame, "tainted", f"{dotted}, which was replaced")
        return Library(dotted=dotted)

    # What is not known

    def unknown(
        self, node: ast.AST, frame: Frame, reason: str = "call", text: str = "", depends: Depends = NOTHING
    ) -> Unknown:
        self.may_raise = True
        return Unknown(reason, text or spelling(node), frame.module.path, getattr(node, "lineno", 0), depends=depends)

    def stopped(self, why: Unknown, node: ast.AST, frame: Frame, depends: Depends = NOTHING) -> Unknown:
        """What an expression gives that something in it stopped: with its place where it has one, else with the
        expression's own."""
        self.may_raise = True
        depends |= why.depends
        if why.path:
            return Unknown(why.reason, why.text, why.path, why.line, depends=depends)
        text = why.text or spelling(node)
        if why.reason == "branch" and not why.text:
            text = f"{text} may be one of several values"
        return Unknown(why.reason, text, frame.module.path, getattr(node, "lineno", 0), depends=depends)

    def taint(self, names: Namespace, why: Unknown) -> None:
        self.touch(names)
        names.taint(why)

    @contextmanager
    def tainting(self) -> Iterator[Done]:
        """One act of tainting, with all that it leads to."""
        outermost = self.done is None
        done = self.done = self.done or Done()
        try:
            yield done
        finally:
            if outermost:
                self.done = None

    # State that can be put back

    def touch(self, thing: Changing) -> None:
        """To be called before anything is changed."""
        if self.journals:
            journal = self.journals[-1]
            if id(thing) in journal:
                self.again.add(id(thing))
            else:
                journal[id(thing)] = (thing, thing.save())

    @contextmanager
    def watching(self) -> Iterator[Journal]:
        """What is touched meanwhile."""
        journal: Journal = {}
        self.journals.append(journal)
        try:
            yield journal
        finally:
            self.journals.pop()
            self.keep(journal)

    def keep(self, journal: Journal) -> None:
        """What was touched in an inner journal is touched in the one around it."""
        if self.journals:
            for key, item in journal.items():
                self.journals[-1].setdefault(key, item)

    # Where it stands

    @contextmanager
    def deciding(self, depends: Depends) -> Iterator[None]:
        """What is bound in here depends on these variables."""
        kept, self.under = self.under, self.under | depends
        try:
            yield
        finally:
            self.under = kept

    @property
    def condition(self) -> Depends:
        return self.under | self.left

    @contextmanager
    def perhaps_evaluated(self) -> Iterator[None]:
        self.perhaps += 1
        try:
            yield
        finally:
            self.perhaps -= 1

    def catching(self, *names: str) -> bool:
        return any({*names, "Exception", "BaseException", ""} & caught for caught in self.handled)

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

    # How far things are followed

    def step(self, by: int = 1) -> None:
        self._steps += by
        if self._steps > MAX_STEPS or WORK.done > self._most:
            raise OutOfBudget

    @staticmethod
    def bounded(owner: Seq, more: Sequence[Value]) -> None:
        """Raises OutOfBudget for a list that would grow beyond what is followed."""
        if len(owner.items) + sum(len(item.items) for item in more if isinstance(item, Seq)) > MAX_ITEMS:
            raise OutOfBudget

    def parts(self, node: ast.AST) -> Sequence[ast.AST]:
        """All nodes below one, itself first: of functions they are asked for many times."""
        known = self._parts.get(id(node))
        if known is None or known[0] is not node:
            known = self._parts[id(node)] = (node, list(ast.walk(node)))
        return known[1]

    def forked(self) -> None:
        """To be called for every way that is gone besides. Raises OutOfBudget."""
        self._forks += 1
        if self._forks > MAX_FORKS:
            raise OutOfBudget


def spelling(node: ast.AST) -> str:
    """An expression for people, short, without the contents of strings, which may be secret."""
    try:
        return shorten(node)
    except Exception:
        return type(node).__name__
