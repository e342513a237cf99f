"""Applications that code builds, with what their arguments and configuration are worth once the code has run.

The interpreter runs the modules that build them, and the functions that do (factories, called as a server calls them:
without arguments); what it writes down takes the place of what a call looks like.
"""

import ast
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from weakref import WeakKeyDictionary

import msgspec

from hardencheck.collect.contract import Tree
from hardencheck.collect.extract._python import role
from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.interpreter import Frame, Interpreter, OutOfBudget, Source
from hardencheck.collect.interpret.models.applications import PARTS, held, number_of, recorded, text_of
from hardencheck.collect.interpret.models.flask import config_of
from hardencheck.collect.interpret.values import Binding, Function, Namespace, Object
from hardencheck.collect.resolve._applications import FRAMEWORKS
from hardencheck.collect.resolve._environment import environment
from hardencheck.collect.resolve._evaluate import Modules
from hardencheck.collect.resolve._follow import Files, Followed, bound_of, is_off, note_secrets, value_of, variables_of
from hardencheck.model.facts.settings import Call, Expression, PythonModule, Variable
from hardencheck.model.gap import FactSet

MAX_ENTRIES = 40
MAX_STARTS = 6
MAX_LOOKED = 300
_Place = tuple[str, int]


class Built(NamedTuple):
    """calls: what was built or called, by file and line. variables: of the environment, as the code asks for them."""

    calls: Mapping[_Place, Object]
    variables: Mapping[str, Variable]

    def arguments(self, path: str, line: int) -> Mapping[str, Binding]:
        found = self.calls.get((path, line))
        return held(found).names if found is not None else {}

    def configuration(self, path: str, line: int) -> Followed | None:
        """The settings that code gave to a Flask application; None where it was not seen to be built."""
        found = self.calls.get((path, line))
        if found is None or "config" not in found.state:
            return None
        names: Namespace = config_of(found)
        return Followed(names.names, names.rest, names.prefixes, names.unless, self.variables, frozenset())


_memory: "WeakKeyDictionary[Tree, Built]" = WeakKeyDictionary()


def built(facts: FactSet, tree: Tree) -> Built:
    if tree not in _memory:
        _memory[tree] = _built(facts, tree)
    return _memory[tree]


def resolved(facts: FactSet, tree: Tree) -> FactSet:
    """The same facts, with the values of arguments in place of expressions that are not literal."""
    found = built(facts, tree)
    changed = tuple(_resolved(fact, found) if isinstance(fact, PythonModule) else fact for fact in facts.facts)
    return msgspec.structs.replace(facts, facts=changed)


def _resolved(fact: PythonModule, found: Built) -> PythonModule:
    path = fact.location.path or ""
    calls = tuple(_valued(call, found.arguments(path, call.line)) for call in fact.calls)
    return msgspec.structs.replace(fact, calls=calls) if calls != fact.calls else fact


def _valued(call: Call, arguments: Mapping[str, Binding]) -> Call:
    if not arguments:
        return call
    better: dict[str, Expression] = {}
    for name, binding in arguments.items():
        given = call.arguments.get(name)
        if given is not None and given.what not in {"unknown", "name"} and given.complete:
            continue
        if given is None and not call.spread:
            continue
        bound = bound_of(name, binding)
        if bound.expression.what in {"scalar", "list", "secret", "environment", "generated"} and not bound.maybe:
            better[name] = bound.expression
    if not better:
        return call
    # What `**` brings is known by name now, unless more may be in it.
    return msgspec.structs.replace(call, arguments={**call.arguments, **better})


def _built(facts: FactSet, tree: Tree) -> Built:
    modules = Modules(facts, tree)
    entries = sorted(_entries(facts), key=lambda entry: entry[0])[:MAX_ENTRIES]
    if not entries:
        return Built({}, {})
    given = environment(facts, entries[0][0], modules.local())
    source = Source(Files(tree).text, modules.find, modules.ours, lambda: tree.entries, modules.unreadable)
    interpreter = Interpreter(source, {name: value_of(name, one) for name, one in given.items()}, is_off)
    for path, calls in (*entries, *_starts(facts, tree, entries)):
        try:
            module = interpreter.module(path)
            frame = Frame(module.namespace, module)
            for name in dict.fromkeys(call.scope.partition(".")[0] for call in calls if call.scope):
                if all((path, call.line) in _places(interpreter) for call in calls if call.scope.startswith(name)):
                    continue
                factory = module.namespace.get(name)
                if factory is not None and isinstance(factory.value, Function):
                    interpreter.call_function(factory.value, [], {}, ast.Constant(None), frame)
        except (Raised, OutOfBudget, RecursionError, MemoryError):
            continue
    note_secrets(tree, interpreter)
    surely, perhaps = recorded(interpreter)
    calls_: dict[_Place, Object] = {}
    for thing in (*perhaps, *surely):  # one that is sure takes the place of one that is not
        calls_[_place(thing)] = thing
    return Built(calls_, variables_of(interpreter, given))


def _entries(facts: FactSet) -> Iterable[tuple[str, list[Call]]]:
    for fact in facts.of("python.module"):
        if isinstance(fact, PythonModule) and fact.role == "production" and fact.location.path is not None:
            subclasses = {item.name for item in fact.classes for base in item.bases if base in FRAMEWORKS}
            calls = [call for call in fact.calls if call.name in FRAMEWORKS or call.name in subclasses]
            if calls or any(call.name in PARTS for call in fact.calls):
                yield fact.location.path, calls


def _starts(facts: FactSet, tree: Tree, entries: list[tuple[str, list[Call]]]) -> Iterable[tuple[str, list[Call]]]:
    """Modules that call a factory: `app = create_app("production")` in wsgi.py."""
    names = {call.scope.encode() for _, calls in entries for call in calls if call.scope and "." not in call.scope}
    known = {path for path, _ in entries}
    if not names:
        return
    near = [
        path
        for path in tree.entries
        if path.endswith(".py") and path.count("/") < 3 and path not in known and role(path) == "production"
    ]
    count = 0
    for path in sorted(near, key=lambda path: (path.count("/"), path))[:MAX_LOOKED]:
        data = Files(tree).text(path)
        if data is not None and any(name + b"(" in data and b"import" in data for name in names):
            yield path, []
            count += 1
            if count >= MAX_STARTS:
                return


def _places(interpreter: Interpreter) -> set[_Place]:
    surely, perhaps = recorded(interpreter)
    return {_place(thing) for thing in (*surely, *perhaps)}


def _place(thing: Object) -> _Place:
    return text_of(thing.state.get("path")), number_of(thing.state.get("line"))
