"""Running the statements of settings modules over known values: in order, last writer wins, nothing executed.

What is said here about a name is either surely so or unknown. A later, fuller evaluator replaces `Modules`; the
resolvers only use `namespace()` and `Bound`.
"""

from collections.abc import Iterable, Sequence

import msgspec

from hardencheck.collect.contract import Tree
from hardencheck.collect.extract._python import role
from hardencheck.collect.extract._statements import GUNICORN, KNOWN
from hardencheck.collect.extract.python_settings import SKIPPED
from hardencheck.collect.interpret.library import STANDARD
from hardencheck.collect.resolve._environment import Environment
from hardencheck.collect.resolve._follow import Bound, Followed, follow
from hardencheck.collect.resolve._versions import Version, admitted
from hardencheck.model.facts.settings import Class, Expression, PythonModule, Statement
from hardencheck.model.gap import FactSet, Reason

MAX_MODULES = 200
_NAMES = KNOWN | GUNICORN
# Off in production, where their value is not known: whether they are is a line of the checklist of its own.
_OFF = {"DEBUG", "TESTING"}
_LOCAL = ("local_settings", "settings_local", "local")


Namespace = dict[str, Bound]


class _Missing(Exception):
    """A module of this repository that is imported but is not there: Python would raise ImportError."""


class Modules:
    """The Python files of the repository, by path, and how they import each other."""

    def __init__(self, facts: FactSet, tree: Tree) -> None:
        self.known: dict[str, PythonModule] = {}
        for fact in facts.of("python.module"):
            if isinstance(fact, PythonModule) and fact.location.path is not None:
                self.known[fact.location.path] = fact
        self.broken = {
            gap.location.path: gap
            for gap in facts.gaps
            if "python.module" in gap.kinds and gap.location.path is not None
        }
        self.entries = tree.entries
        self.tree = tree
        self.facts = facts
        self._names: dict[str, list[str]] = {}

    def _called(self, name: str) -> list[str]:
        """The paths of all modules and packages of one last name."""
        if not self._names:
            for path in self.entries:
                if path.endswith(".py"):
                    stem = path.removesuffix(".py").removesuffix("/__init__")
                    self._names.setdefault(stem.rpartition("/")[2], []).append(path)
        return self._names.get(name, [])

    def find(self, module: str, near: str) -> str | None:
        """The file of a dotted module (relative with leading dots), the one closest to the file that names it."""
        if module.startswith("."):
            level = len(module) - len(module.lstrip("."))
            folder = near.split("/")[:-1]
            if level - 1 > len(folder):
                return None
            base = folder[: len(folder) - (level - 1)]
            rest = [part for part in module.lstrip(".").split(".") if part]
            return self._file("/".join((*base, *rest)))
        if module.partition(".")[0] in STANDARD:
            return None
        return self._above(module, near) or self._elsewhere(module)

    def imported(self, module: str, near: str) -> str | None:
        """The same for an import. A single file somewhere else that is called like a library is not that library."""
        found = self.find(module, near)
        if found is None or module.startswith(".") or "." in module or found.endswith("/__init__.py"):
            return found
        return self._above(module, near)

    def _above(self, module: str, near: str) -> str | None:
        """Beside the file, or beside a folder that it is in."""
        folder = near.split("/")[:-1]
        wanted = module.replace(".", "/")
        while True:
            # A directory with an __init__.py is a package: what lies in it is imported through it.
            if not self._package(folder):
                found = self._file("/".join((*folder, wanted)))
                if found is not None:
                    return found
            if not folder:
                return None
            folder = folder[:-1]

    def _elsewhere(self, module: str) -> str | None:
        wanted = module.replace(".", "/")
        ends = (f"/{wanted}.py", f"/{wanted}/__init__.py")
        elsewhere = [
            path
            for path in self._called(wanted.rpartition("/")[2])
            for end in ends
            if path.endswith(end) and not self._package(path.removesuffix(end).split("/"))
        ]
        return elsewhere[0] if len(elsewhere) == 1 else None

    def _package(self, folder: Sequence[str]) -> bool:
        return bool(folder) and "/".join((*folder, "__init__.py")) in self.entries

    def _file(self, stem: str) -> str | None:
        for path in (f"{stem}.py", f"{stem}/__init__.py" if stem else "__init__.py"):
            if path in self.entries:
                return path
        return None

    def ours(self, module: str, near: str) -> bool:
        """Whether a module that was not found belongs to this repository, so that importing it fails."""
        if module.startswith(".") or module in _LOCAL:
            return True
        top = module.partition(".")[0]
        return top not in STANDARD and self._above(top, near) is not None

    def namespace(self, path: str) -> Namespace:
        """All known settings of a module after it ran."""
        return _Evaluation(self).module(path)

    def follow(self, path: str, environment: Environment, configuration: str = "") -> Followed:
        """What every setting of a module is worth, followed through all that it imports and calls."""
        return follow(
            self.tree, self.imported, self.ours, self.unreadable, self.versions, path, environment, configuration
        )

    def versions(self, package: str) -> tuple[Version, Version]:
        """The lowest and the highest version of a package that may be installed."""
        return admitted(self.facts, package)

    def local(self) -> frozenset[str]:
        """Files that are there and not tracked: a developer's own. In a directory that is no clone nobody can tell."""
        found = frozenset(path for path, entry in self.entries.items() if not entry.tracked)
        return found if len(found) < len(self.entries) else frozenset()

    def unreadable(self, path: str) -> tuple[str, str, int] | None:
        gap = self.broken.get(path)
        return (gap.reason.value, gap.detail, gap.location.line or 1) if gap is not None else None

    def body(self, path: str, statements: Sequence[Statement], start: Namespace | None = None) -> Namespace:
        """The same for a part of a file: the body of a class."""
        return _Evaluation(self).run_all(path, statements, dict(start or {}))

    def class_namespace(self, path: str, name: str, depth: int = 0) -> Namespace | None:
        """The settings of a class with those it inherits; None when a base cannot be found."""
        fact = self.known.get(path)
        found = next((item for item in fact.classes if item.name == name), None) if fact else None
        if found is None or depth > 10:
            return None
        state: Namespace = {}
        for base in reversed(found.bases):
            if base == "object":
                continue
            inherited = self._base(path, base, depth)
            if inherited is None:
                return None
            state.update(inherited)
        return self.body(path, found.body, state)

    def _base(self, path: str, base: str, depth: int) -> Namespace | None:
        inherited = self.class_namespace(path, base, depth + 1)
        if inherited is not None or "." not in base:
            return inherited
        module, _, name = base.rpartition(".")
        file = self.find(module, path)
        if file is not None and file not in self.known and file not in self.broken and role(file) not in SKIPPED:
            return {}  # it was read, and sets nothing that is known
        return self.class_namespace(file, name, depth + 1) if file else None

    def class_of(self, dotted: str, near: str) -> tuple[str, Class] | None:
        """A class of the repository by its dotted name."""
        module, _, name = dotted.rpartition(".")
        path = self.find(module, near) if module else near
        fact = self.known.get(path) if path else None
        for item in fact.classes if fact else ():
            if item.name == name and path is not None:
                return path, item
        return None


class _Evaluation:
    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._running: list[str] = []
        self._done: dict[str, Namespace] = {}

    def module(self, path: str) -> Namespace:
        if path in self._done:
            return self._done[path]
        if path in self._running:
            return all_unknown(path, 1, "it is part of an import cycle")
        if len(self._done) > MAX_MODULES:
            return all_unknown(path, 1, "too many modules", Reason.BUDGET)
        if path in self._modules.broken:
            gap = self._modules.broken[path]
            return all_unknown(path, gap.location.line or 1, gap.detail, gap.reason)
        fact = self._modules.known.get(path)
        if fact is None:
            if role(path) in SKIPPED:
                return all_unknown(path, 1, f"{path} is not looked at: it is there for tests or documentation")
            return {}
        self._running.append(path)
        try:
            state = self.run_all(path, fact.statements, {})
        finally:
            self._running.pop()
        self._done[path] = state
        return state

    def run_all(self, path: str, statements: Sequence[Statement], state: Namespace) -> Namespace:
        """Every statement; one that would stop the module with a missing import leaves everything unknown."""
        for statement in statements:
            try:
                state = self._run(path, statement, state)
            except _Missing as missing:
                state = all_unknown(path, statement.line, str(missing), Reason.DYNAMIC)
        return state

    def _block(self, path: str, statements: Iterable[Statement], state: Namespace) -> Namespace:
        for statement in statements:
            state = self._run(path, statement, state)
        return state

    def _run(self, path: str, statement: Statement, state: Namespace) -> Namespace:
        given = statement.expression or Expression(what="unknown")
        match statement.do:
            case "set":
                return {**state, statement.name: self._bind(path, statement, given, state)}
            case "extend":
                given = _spliced(given, state)
                return {**state, statement.name: _extended(state.get(statement.name), given, path, statement.line)}
            case "grow":
                added = Expression(what="list", complete=False, text=given.text)
                old = state.get(statement.name)
                at = (old.path, old.line) if old is not None else (path, statement.line)
                return {**state, statement.name: _extended(old, added, *at)}
            case "remove":
                return {**state, statement.name: _removed(state.get(statement.name), given, path, statement.line)}
            case "delete":
                return {name: bound for name, bound in state.items() if name != statement.name}
            case "taint":
                names = statement.names or tuple(_NAMES)
                why = Expression(what="unknown", text=given.text)
                return {**state, **{name: Bound(why, path, statement.line, reason=Reason.DYNAMIC) for name in names}}
            case "lend":
                why = Expression(what="unknown", text=given.text)
                lists = [name for name in statement.names if name in state and state[name].expression.what == "list"]
                return {**state, **{name: Bound(why, path, statement.line, reason=Reason.DYNAMIC) for name in lists}}
            case "star":
                return {**state, **self._imported(path, statement)}
            case "import":
                found = self._imported(path, statement).get(statement.names[0])
                why = Expression(what="unknown", text=f"imported from {statement.module}")
                return {**state, statement.name: found or Bound(why, path, statement.line)}
            case "class":
                return {**state, **self._loaded(path, statement, given)}
            case "if":
                return self._if(path, statement, given, state)
            case "maybe":
                return self._either(path, statement, (statement.branches[0], ()), state)
            case "try":
                return self._try(path, statement, state)
        return state

    def _bind(self, path: str, statement: Statement, given: Expression, state: Namespace) -> Bound:
        if given.what != "name":
            maybe = [state[name].maybe for name in given.splices if name in state]
            return Bound(_spliced(given, state), path, statement.line, frozenset().union(*maybe))
        other = state.get(str(given.value))
        if other is None or not other.known:
            return Bound(Expression(what="unknown", text=given.text), path, statement.line)
        if not given.negated:
            return Bound(other.expression, path, statement.line, other.maybe)
        truth = truthy(other)
        if truth is None:
            return Bound(Expression(what="unknown", text=given.text), path, statement.line)
        return Bound(Expression(what="scalar", value=not truth, text=given.text), path, statement.line)

    def _imported(self, path: str, statement: Statement) -> Namespace:
        target = self._modules.find(statement.module, path)
        if target is not None:
            return self.module(target)
        if self._modules.ours(statement.module, path):
            raise _Missing(f"{statement.module} is imported and is not in the repository")
        text = f"imported from {statement.module}, which is not in the repository"
        return all_unknown(path, statement.line, text, Reason.DYNAMIC)

    def _loaded(self, path: str, statement: Statement, given: Expression) -> Namespace:
        """The settings of a class that a call makes those of the module; all unknown where it cannot be followed."""
        found = self._modules.class_of(statement.module, path)
        held = self._modules.class_namespace(found[0], found[1].name) if found is not None else None
        text = f"{given.text}: the class cannot be followed"
        return held if held is not None else all_unknown(path, statement.line, text, Reason.DYNAMIC)

    def _if(self, path: str, statement: Statement, test: Expression, state: Namespace) -> Namespace:
        truth: bool | None = None
        if test.what == "scalar":
            truth = bool(test.value)
        elif test.what == "name" and str(test.value) in state:
            held = truthy(state[str(test.value)])
            truth = held if held is None else held is not test.negated
        if truth is None and test.what == "name" and test.value in _OFF:
            truth = test.negated
        if truth is None:
            return self._either(path, statement, statement.branches, state)
        return self._block(path, statement.branches[0 if truth else 1], state)

    def _either(
        self, path: str, statement: Statement, branches: Sequence[tuple[Statement, ...]], state: Namespace
    ) -> Namespace:
        """One of the branches runs. One that imports what is not there cannot have been taken."""
        ends: list[Namespace] = []
        missing: _Missing | None = None
        for branch in branches:
            try:
                ends.append(self._block(path, branch, state))
            except _Missing as error:
                missing = error
        if not ends:
            raise missing or _Missing("no branch")
        return _joined(ends, path, statement.line)

    def _try(self, path: str, statement: Statement, state: Namespace) -> Namespace:
        body, *handlers = statement.branches
        reached = state
        try:
            for inner in body:
                reached = self._run(path, inner, reached)
        except _Missing:
            if "import" not in statement.names:
                raise
            # Whichever handler takes the ImportError; usually there is one.
            return _joined([self._block(path, handler, reached) for handler in handlers], path, statement.line)
        ends = [reached]
        for handler in handlers:
            for start in (state, reached):
                try:
                    ends.append(self._block(path, handler, start))
                except _Missing:
                    continue
        return _joined(ends, path, statement.line)


def truthy(bound: Bound) -> bool | None:
    """Whether Python takes the value as true; None when that is not known."""
    match bound.expression.what:
        case "scalar":
            return bool(bound.expression.value)
        case "secret" | "generated":
            return True
        case "list":
            if bound.expression.items:
                return True
            return False if bound.expression.complete and not bound.maybe else None
        case _:
            return None


def _same(one: Bound, other: Bound) -> bool:
    def plain(bound: Bound) -> Expression:
        return msgspec.structs.replace(bound.expression, text="")

    return plain(one) == plain(other) and one.maybe == other.maybe and one.known


def _joined(states: Sequence[Namespace], path: str, line: int) -> Namespace:
    first, *others = states
    for other in others:
        merged: Namespace = {}
        for name in {**first, **other}:
            one, two = first.get(name), other.get(name)
            if one is not None and two is not None and (one == two or _same(one, two)):
                merged[name] = one
            else:
                merged[name] = _either_of(one, two, path, line)
        first = merged
    return first


def _either_of(one: Bound | None, two: Bound | None, path: str, line: int) -> Bound:
    if one is not None and two is not None and one.expression.what == two.expression.what == "list":
        surely = tuple(item for item in one.expression.items if item in two.expression.items)
        maybe = ({*one.expression.items, *two.expression.items} - set(surely)) | one.maybe | two.maybe
        both = one.expression.complete and two.expression.complete
        text = one.expression.text if not both or not maybe else "set in one branch and not in the other"
        return Bound(
            Expression(what="list", items=surely, complete=both, text=text), two.path, two.line, frozenset(maybe)
        )
    source = next(
        (bound for bound in (two, one) if bound is not None and (bound.path, bound.line) != (path, line)), None
    )
    at = source or Bound(Expression(what="unknown"), path, line)
    unknown = next((bound for bound in (one, two) if bound is not None and not bound.known), None)
    if unknown is not None:
        return unknown
    return Bound(Expression(what="unknown", text="set under a condition"), at.path, at.line, reason=Reason.DYNAMIC)


def _spliced(given: Expression, state: Namespace) -> Expression:
    """A list with the items of the settings that are spliced into it, as they are at this line."""
    items, complete = given.items, given.complete
    for name in given.splices:
        held = state[name].expression if name in state else Expression(what="unknown")
        items = (*items, *held.items)
        complete = complete and held.what == "list" and held.complete
    return msgspec.structs.replace(given, items=items, splices=(), complete=complete) if given.splices else given


def _extended(old: Bound | None, given: Expression, path: str, line: int) -> Bound:
    unknown = Expression(what="unknown", text="added to what is not known here")
    if old is None or old.expression.what not in {"list", "scalar"}:
        if old is not None and given.what == "list" and given.items:
            # Whatever stood there, these are in it now.
            return Bound(msgspec.structs.replace(given, complete=False, text=unknown.text), path, line)
        return old if old is not None and not old.known else Bound(unknown, path, line)
    if old.expression.what == "scalar":
        return Bound(Expression(what="unknown", text="computed by +="), path, line)
    items = given.items if given.what == "list" else ()
    complete = old.expression.complete and given.what == "list" and given.complete
    text = given.text if not (given.what == "list" and given.complete) else old.expression.text
    added = Expression(what="list", items=(*old.expression.items, *items), complete=complete, text=text)
    return Bound(added, path, line, old.maybe)


def _removed(old: Bound | None, given: Expression, path: str, line: int) -> Bound:
    if old is None or old.expression.what != "list" or given.what != "scalar" or not isinstance(given.value, str):
        return Bound(Expression(what="unknown", text="an item is removed"), path, line)
    items = tuple(item for item in old.expression.items if item != given.value)
    left = msgspec.structs.replace(old.expression, items=items)
    return Bound(left, path, line, old.maybe - {given.value})


def all_unknown(path: str, line: int, text: str, reason: Reason = Reason.DYNAMIC) -> Namespace:
    why = Expression(what="unknown", text=text)
    return {name: Bound(why, path, line, reason=reason) for name in _NAMES}


def value_of(expression: Expression) -> bool | int | float | str | tuple[str, ...] | None:
    return expression.items if expression.what == "list" else expression.value
