"""Applications that code builds, with what their arguments and configuration are worth once the code has run.

The interpreter begins where the commands of servers do (`gunicorn shop.wsgi:app`, FLASK_APP); then it runs the modules
that build an application nobody has reached, those that call its factory, and in the end the factory without arguments.
What it writes down takes the place of what a call looks like.
"""

import ast
import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple
from weakref import WeakKeyDictionary

import msgspec

from hardencheck.collect.contract import Tree
from hardencheck.collect.extract._python import role
from hardencheck.collect.extract._security_names import FLASK
from hardencheck.collect.extract.python_settings import SKIPPED
from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.frames import OPEN, Frame, OutOfBudget
from hardencheck.collect.interpret.interpreter import Interpreter
from hardencheck.collect.interpret.models.applications import PARTS, held, number_of, parts_of, recorded, text_of
from hardencheck.collect.interpret.models.flask import config_of
from hardencheck.collect.interpret.run import Source
from hardencheck.collect.interpret.values import (
    Binding,
    Class,
    Const,
    Function,
    Map,
    Module,
    Namespace,
    Object,
    Seq,
    Unknown,
    Value,
)
from hardencheck.collect.resolve._applications import Application, Derived, flask_namespace, production_modules
from hardencheck.collect.resolve._environment import Environment, environment
from hardencheck.collect.resolve._follow import (
    Bound,
    Files,
    Followed,
    bound_of,
    is_off,
    note_secrets,
    read_otherwise,
    taken,
    variables_of,
)
from hardencheck.collect.resolve._modules import Modules
from hardencheck.collect.resolve._modules import Namespace as Settings
from hardencheck.collect.resolve._paste import Factory, factories
from hardencheck.collect.resolve._rows import Reading
from hardencheck.model.facts.logging import ServerCommand
from hardencheck.model.facts.logging_written import LoggingPlace
from hardencheck.model.facts.settings import Call, EnvironmentVariable, Expression, PythonModule
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location

MAX_STARTS = 8
MAX_BUILDERS = 40
MAX_CALLERS = 6
MAX_LOOKED = 300
_STARTS = ("wsgi", "asgi", "app", "main", "application", "server", "api", "run", "manage", "serve", "__main__")
_Place = tuple[str, int]


class Built(NamedTuple):
    """calls: the applications that were built, by file and line. parts: other calls that were written down, by file,
    line and name. variables: of the environment, as the code asks for them.
    started: the commands that name what is served, by the place where it is built. entered: functions that ran, by file
    and name. files: that were run. unsure: of which nobody knows whether the call is made (see `perhaps`).
    given: where a file for PasteDeploy gives a value, by its id. interpreter: that ran it all, for what is run
    later."""

    calls: Mapping[_Place, Object]
    parts: Mapping[tuple[str, int, str], Object]
    variables: Mapping[str, Sequence[Reading]]
    started: Mapping[_Place, Location]
    entered: frozenset[tuple[str, str]]
    files: frozenset[str]
    unsure: frozenset[int]
    given: Mapping[int, Binding] = {}
    interpreter: Interpreter | None = None

    def perhaps(self, thing: Object) -> bool:
        """Whether it is not known that this call is made."""
        return id(thing.state) in self.unsure

    def arguments(self, path: str, call: Call) -> Mapping[str, Binding]:
        found = self.parts.get((path, call.line, call.name.rpartition(".")[2]))
        if found is None and call.first:
            found = self.parts.get((path, call.line, call.first.rpartition(".")[2]))
        if found is None and not call.name.startswith("."):
            found = self.calls.get((path, call.line))
        return held(found).names if found is not None else {}

    def configuration(self, path: str, line: int) -> Followed | None:
        """The settings that code gave to a Flask application; None where it was not seen to be built."""
        found = self.calls.get((path, line))
        if found is None or "config" not in found.state:
            return None
        names: Namespace = config_of(found)
        return Followed(names.names, names.rest, names.prefixes, names.unless, self.variables, self.files)

    def ran(self, path: str, scope: str) -> bool:
        """Whether a statement in this function (dotted; "" for the module) was looked at."""
        return path in self.files and (not scope or (path, scope.rpartition(".")[2]) in self.entered)


NOTHING_BUILT = Built({}, {}, {}, {}, frozenset(), frozenset(), frozenset())


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


def flask_settings(app: Application, facts: FactSet, tree: Tree, alone: bool) -> Settings:
    """The configuration of a Flask application: followed where the code that builds it was, else as it is written.

    alone: it is the only one, so that writes to `app.config` in other files are to it.
    """
    seen = built(facts, tree)
    written = flask_namespace(app, facts, alone)
    configuration = seen.configuration(app.path, app.call.line)
    if configuration is None:
        return written
    names = configuration.names.keys() | (FLASK if configuration.rest is not None else set())
    found = {name: bound for name in names if (bound := configuration.bound(name)) is not None}
    # What was written where nobody looked: in a view, in a function that is not called when the application is built.
    scopes = {
        (module.location.path, write.name, write.line): write.scope
        for module in production_modules(facts)
        for write in module.writes
        if module.location.path != app.path
    }
    for name, bound in written.items():
        scope = scopes.get((bound.path, name, bound.line))
        if scope is not None and not seen.ran(bound.path, scope):
            found[name] = bound
    return {name: _at_its_variable(name, bound, seen, tree) for name, bound in found.items()}


def _at_its_variable(name: str, bound: Bound, seen: Built, tree: Tree) -> Bound:
    """With the place where the deployment gives the variable of a setting (FLASK_DEBUG), where the statement that takes
    it over names neither: `config.from_prefixed_env()`, `Flask(__name__)`."""
    variables = [one for one in bound.depends if one.endswith(f"_{name}")]
    if len(variables) != 1:
        return bound
    readings = seen.variables.get(variables[0], ())
    places = {one.variable.given_at for one in readings if one.variable.given_at is not None}
    data = Files(tree).text(bound.path) if len(places) == 1 else None
    if data is None or name in data.decode("utf-8", "replace").split("\n")[bound.line - 1]:
        return bound
    [place] = places
    path, line = place.path or "", place.line or 0
    binding = bound.binding._replace(path=path, line=line) if bound.binding is not None else None
    return bound._replace(path=path, line=line, binding=binding)


def _resolved(fact: PythonModule, found: Built) -> PythonModule:
    path = fact.location.path or ""
    calls = tuple(_valued(call, found.arguments(path, call)) for call in fact.calls)
    return msgspec.structs.replace(fact, calls=calls) if calls != fact.calls else fact


def _valued(call: Call, arguments: Mapping[str, Binding]) -> Call:
    if not arguments:
        return call
    better: dict[str, Expression] = {}
    for name, binding in arguments.items():
        given = call.arguments.get(name)
        if given is not None and given.what != "unknown" and given.complete:
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


class _Follower(Interpreter):
    """One that remembers which functions it ran."""

    def __init__(self, source: Source, given: Mapping[str, str | Value]) -> None:
        super().__init__(source, given, is_off)
        self.calm = True
        self.entered: set[tuple[str, str]] = set()

    def module(self, path: str) -> Module:
        if role(path) in SKIPPED:
            self.foreign.add((path, 1, f"{path} cannot be read"))  # what tests and migrations do is none of production
        return super().module(path)

    def call_function(
        self, function: Function, arguments: Sequence[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
    ) -> Value:
        self.entered.add((function.path, function.name))
        return super().call_function(function, arguments, keywords, node, frame)


class _Start(NamedTuple):
    """Where a server finds its application: a module, and what in it (a name, or a call with literal arguments).
    factory: with what a file for PasteDeploy has it called."""

    path: str
    expression: str
    where: Location | None
    factory: Factory | None = None


def _built(facts: FactSet, tree: Tree) -> Built:
    modules = Modules(facts, tree)
    wanted = {**_wanted(facts), **_setups(facts)}
    if not wanted:
        return NOTHING_BUILT
    given = environment(facts, min(wanted)[0], modules.local())
    source = Source(
        Files(tree).text,
        modules.imported,
        modules.ours,
        lambda: tree.entries,
        modules.unreadable,
        modules.versions,
        modules.rewritten,
    )
    starts = list(_starts(facts, modules))
    interpreter, started = _followed(source, given, starts, wanted, modules)
    otherwise = read_otherwise(interpreter, given)
    if otherwise:
        left = {name: one for name, one in given.items() if name not in otherwise}
        interpreter, started = _followed(source, left, starts, wanted, modules)
    note_secrets(tree, interpreter)
    calls: dict[_Place, Object] = {}
    parts: dict[tuple[str, int, str], Object] = {}
    surely, perhaps = recorded(interpreter)
    for thing in (*surely, *perhaps):  # what production starts first, and what is sure
        if "framework" in thing.state:
            calls.setdefault(_place(thing), thing)
        for part in (thing, *parts_of(thing)):
            if "framework" not in part.state:
                parts.setdefault((*_place(part), text_of(part.state["name"])), part)
    files = frozenset(interpreter.files)
    unsure = frozenset(id(thing.state) for thing in perhaps)
    settings = (one for start in starts if start.factory is not None for one in start.factory.settings.values())
    return Built(
        calls,
        parts,
        variables_of(interpreter, given),
        started,
        frozenset(interpreter.entered),
        files,
        unsure,
        {id(one.value): one for one in settings},
        interpreter,
    )


def _followed(
    source: Source, given: Environment, starts: Iterable[_Start], wanted: Mapping[_Place, str], modules: Modules
) -> tuple[_Follower, dict[_Place, Location]]:
    """Everything that builds an application, run; and what production starts of it."""
    interpreter = _Follower(source, {name: taken(name, one) for name, one in given.items()})
    started: dict[_Place, Location] = {}
    for start in starts:
        before = _places(interpreter)
        _run(interpreter, start)
        started |= {place: start.where for place in _places(interpreter) - before if start.where is not None}
    for place, scope in list(wanted.items())[:MAX_BUILDERS]:
        _reach(interpreter, modules, place, scope)
    if interpreter.lost is not None:
        _lost(interpreter, interpreter.lost)
    return interpreter, started


def _reach(interpreter: _Follower, modules: Modules, place: _Place, scope: str) -> None:
    """Runs what may build an application, until it is built."""
    if place in _places(interpreter):
        return
    _run(interpreter, _Start(place[0], "", None))
    outer = scope.partition(".")[0]
    if place in _places(interpreter):
        return
    if not scope:
        _run(interpreter, _Start(place[0], "", None), program=True)
        return
    for caller in _callers(modules, place[0], outer):
        _run(interpreter, _Start(caller, "", None))
        if place in _places(interpreter):
            return
    _run(interpreter, _Start(place[0], outer, None))
    if "." in scope and place not in _places(interpreter):
        _run(interpreter, _Start(place[0], "", None), program=True)  # which may make one of that class
    if "." in scope and place not in _places(interpreter):
        _run(interpreter, _Start(place[0], scope, None))  # a method


def _wanted(facts: FactSet) -> dict[_Place, str]:
    """Where production code builds applications or puts something around them, and in which function."""
    found: dict[_Place, str] = {}
    derived = Derived(facts)
    for fact in facts.of("python.module"):
        if not isinstance(fact, PythonModule) or fact.role != "production" or fact.location.path is None:
            continue
        # Applications of Tornado are servers as well.
        tornado = any(derived.framework(fact, call) == "tornado" for call in fact.calls)
        for call in fact.calls:
            listens = tornado and call.name == ".listen"
            if call.name in PARTS or listens or derived.framework(fact, call) is not None:
                found[fact.location.path, call.line] = call.scope
    return dict(sorted(found.items()))


def _setups(facts: FactSet) -> dict[_Place, str]:
    """Where production code sets up logging by a call, and in which function."""
    places = [fact for fact in facts.of("logging.place") if isinstance(fact, LoggingPlace)]
    return {
        (fact.location.path, fact.location.line): fact.scope
        for fact in sorted(places, key=lambda fact: fact.location.order)
        if fact.what != "table" and fact.role == "production" and fact.location.path and fact.location.line
    }


def _places(interpreter: Interpreter) -> set[_Place]:
    return {_place(thing) for thing in chain.from_iterable(recorded(interpreter))}


def _place(thing: Object) -> _Place:
    return text_of(thing.state.get("path")), number_of(thing.state.get("line"))


def _starts(facts: FactSet, modules: Modules) -> Iterator[_Start]:
    """What the commands of servers name, production first, then FLASK_APP."""
    seen: set[tuple[str, str]] = set()
    for factory in factories(facts, modules.tree):
        path = modules.find(factory.module, factory.where.path or "")
        if path is not None and len(seen) < MAX_STARTS:
            seen.add((path, factory.function))
            yield _Start(path, factory.function, factory.where, factory)
    named: list[tuple[str, str, Location]] = []
    commands = [fact for fact in facts.of("logging.server-command") if isinstance(fact, ServerCommand)]
    for fact in sorted(commands, key=lambda fact: (fact.role != "production", fact.location.order)):
        if fact.role == "production" and fact.application:
            module, _, expression = fact.application.partition(":")
            usual = "application" if fact.server in {"gunicorn", "uwsgi"} else "app"
            named.append((module, expression or usual, fact.location))
    for variable in facts.of("deployment.environment"):
        if isinstance(variable, EnvironmentVariable) and variable.name == "FLASK_APP" and variable.what == "text":
            # What the `flask` command of a developer starts is the same application.
            if variable.role == "production" or (variable.location.path or "").endswith(".flaskenv"):
                module, _, expression = variable.value.partition(":")
                named.append((module.removesuffix(".py"), expression, variable.location))
    for module, expression, where in named[: MAX_STARTS * 4]:
        near = where.path or ""
        path = _file(module, near, modules)
        if path is None or (path, expression) in seen or len(seen) >= MAX_STARTS:
            continue
        seen.add((path, expression))
        yield _Start(path, expression, where)


def _file(module: str, near: str, modules: Modules) -> str | None:
    if module.endswith(".py"):
        folder = near.rpartition("/")[0]
        for path in (f"{folder}/{module}" if folder else module, module):
            if path in modules.entries:
                return path
        ends = [path for path in modules.entries if path.endswith(f"/{module}")]
        return ends[0] if len(ends) == 1 else None
    return modules.find(module.replace("/", "."), near)


def _run(interpreter: _Follower, start: _Start, *, program: bool = False) -> None:
    """A module, and the factory in it that is named, with the arguments that are literals. program: it is what Python
    is started with."""
    try:
        module = interpreter.program(start.path) if program else interpreter.module(start.path)
        name, _, rest = start.expression.partition("(")
        found = module.namespace.names.get(name.partition(".")[0]) if name else None
        if found is None and not name:
            return
        value = found.value if found is not None else None
        for part in name.split(".")[1:]:
            inner = value.attributes.names.get(part) if isinstance(value, Class) else None
            value = inner.value if inner is not None else None
        if not isinstance(value, Function):
            return
        value = _as_an_event_loop_runs_it(value)
        arguments, keywords = _literals(f"f({rest}" if rest else "f()")
        spec = value.node.args if isinstance(value.node, ast.FunctionDef) else None
        if start.factory is not None:
            arguments = [Map(dict(start.factory.rest))]
            keywords = {name: one.value for name, one in start.factory.settings.items()}
            spec = None
        if spec is not None and not rest:
            missing = len(spec.posonlyargs) + len(spec.args) - len(spec.defaults)
            arguments = [Unknown("call", f"an argument of {name}", start.path, 1) for _ in range(missing)]
            if spec.kwarg is not None:
                keywords[OPEN] = Unknown("call", f"an argument of {name}", start.path, 1)
        node = ast.Pass(lineno=start.where.line or 0 if start.where is not None else 0)
        interpreter.awaits = node  # a server awaits what an asynchronous factory gives
        interpreter.call(value, arguments, keywords, node, Frame(module.namespace, module))
    except Raised as error:
        _lost(interpreter, Unknown("branch", f"the code raises {error.name}", start.path, 1))
    except (OutOfBudget, RecursionError, MemoryError) as error:
        _lost(interpreter, out_of_budget(error, start.path))


def out_of_budget(error: OutOfBudget | RecursionError | MemoryError, path: str) -> Unknown:
    """Why nothing more of a file is followed."""
    if isinstance(error, OutOfBudget):
        where, line = error.place or (path, 1)
        return Unknown("budget", "more steps than are followed", where, line)
    return Unknown("budget", "nested too deeply", path, 1)


def _as_an_event_loop_runs_it(function: Function) -> Function:
    """A coroutine as the function that it is once something runs it; other functions as they are."""
    node = function.node
    if not isinstance(node, ast.AsyncFunctionDef):
        return function
    plain = ast.FunctionDef(**{name: getattr(node, name) for name in (*node._fields, *node._attributes)})
    return dataclasses.replace(function, node=plain, how="" if function.how == "opaque" else function.how)


def _literals(text: str) -> tuple[list[Value], dict[str, Value]]:
    """The arguments of a call as a command line writes it, as far as they are plain constants."""
    try:
        node = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        return [], {}
    if not isinstance(node, ast.Call):
        return [], {}

    def one(item: ast.expr) -> Value:
        plain = isinstance(item, ast.Constant) and item.value is not ...
        return Const(item.value) if plain else Unknown("call", "an argument")  # type: ignore[attr-defined]

    return [one(item) for item in node.args], {item.arg: one(item.value) for item in node.keywords if item.arg}


def _lost(interpreter: Interpreter, why: Unknown) -> None:
    """What was built until then may be configured further on."""
    for thing in chain.from_iterable(recorded(interpreter)):
        if "framework" in thing.state:
            held(thing).taint(why)
            if isinstance(stack := thing.state.get("middleware"), Seq):
                stack.exact, stack.open = False, True
            if "config" in thing.state:
                config_of(thing).taint(why)


def _callers(modules: Modules, path: str, factory: str) -> Iterable[str]:
    """Files that call a factory, those first whose name says that they start something."""
    found: list[tuple[int, int, str]] = []
    for one in modules.entries:
        stem = one.rpartition("/")[2].removesuffix(".py")
        if one.endswith(".py") and one != path and one.count("/") < 4 and role(one) == "production":
            rank = _STARTS.index(stem) if stem in _STARTS else len(_STARTS)
            found.append((rank, one.count("/"), one))
    files = Files(modules.tree)
    count = 0
    for _, _, one in sorted(found)[:MAX_LOOKED]:
        data = files.text(one)
        if data is not None and f"{factory}(".encode() in data and b"import" in data:
            yield one
            count += 1
            if count >= MAX_CALLERS:
                return
