"""Modules of the repository, run once, and programs."""

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from hardencheck.collect.contract import Unreadable
from hardencheck.collect.extract._python import syntax_tree
from hardencheck.collect.interpret.about import SETTINGS_WORDS
from hardencheck.collect.interpret.frames import Frame, OutOfBudget
from hardencheck.collect.interpret.mangling import mangle
from hardencheck.collect.interpret.run import Run
from hardencheck.collect.interpret.signals import LEFT, Unsure
from hardencheck.collect.interpret.statements import beginning
from hardencheck.collect.interpret.values import NOTHING, Binding, Const, Module, Object, Unknown, now
from hardencheck.collect.interpret.written import taint_written

MAX_MODULES = 200


def module(run: Run, path: str) -> Module:
    """A module of the repository after it ran; of one that is running, what it has until now."""
    if path not in run.modules:
        _package(run, path)
    known = run.modules.get(path)
    if known is not None:
        return known
    with _aside(run), run.standing((path, 0)):
        made = run.modules[path] = Module(path)
        return _evaluated(run, made, _dotted(path))


def program(run: Run, path: str) -> Module:
    """A file as the program that Python is started with: its name is "__main__", and nobody imports it so."""
    _package(run, path)
    with _aside(run):
        return _evaluated(run, Module(path), "__main__")


def _package(run: Run, path: str) -> None:
    """Python runs the packages that a module is in before the module; the outermost first."""
    folder = path.removesuffix("/__init__.py").rpartition("/")[0]
    package = f"{folder}/__init__.py"
    if folder and run.source.find(".", package) == package:
        run.module(package)


def _evaluated(run: Run, made: Module, name: str) -> Module:
    path = made.path
    _set_up(run, made, name)
    if len(run.modules) > MAX_MODULES:
        beyond = Unknown("budget", "too many modules", path, 1)
        text = run.source.read(path)
        if text is not None and not SETTINGS_WORDS.search(text):
            run.foreign.add((path, 1, beyond.text))
        run.taint(made.namespace, beyond)
        return made
    lost = run.source.broken(path) if run.source.broken is not None else None
    if lost is not None:
        run.taint(made.namespace, Unknown(*lost[:2], path, lost[2]))
        return made
    data = run.source.read(path)
    if data is None:
        run.taint(made.namespace, Unknown("import", f"{path} cannot be read", path, 1))
        return made
    try:
        tree = syntax_tree(data)
        mangle(tree)
    except Unreadable as error:
        run.taint(made.namespace, Unknown("python-syntax", error.detail, path, error.line or 1))
        return made
    except (RecursionError, MemoryError):
        run.taint(made.namespace, Unknown("budget", "it is nested too deeply", path, 1))
        return made
    run.files.add(path)
    since = made.namespace.born
    run.late.update(name for part in ast.walk(tree) if isinstance(part, ast.Global) for name in part.names)
    outer = run.running.get(path)  # the program, where it imports itself
    run.running[path] = made
    top(run, tree.body, Frame(made.namespace, made))
    run.lasting.append((since, now()))
    del run.running[path]
    if outer is not None:
        run.running[path] = outer
    return made


@contextmanager
def _aside(run: Run) -> Iterator[None]:
    """For the first import of a module: it stays imported, whatever becomes of the branch that imported it."""
    since = now()
    kept = (run.handled, run.journals, run.under, run.left, run.perhaps, run.may_raise)
    partly, run.partly = run.partly, False
    done, run.done = run.done, None
    run.handled, run.journals, run.under, run.left, run.perhaps = [], [{}], NOTHING, NOTHING, 0
    try:
        yield
    finally:
        journal = run.journals.pop()
        run.handled, run.journals, run.under, run.left, run.perhaps, run.may_raise = kept
        run.partly, run.done = partly, done
        run.keep({key: item for key, item in journal.items() if item[0].born < since})


def _set_up(run: Run, module: Module, name: str) -> None:
    # Where it is installed is not known, what lies beside it is: models/_places.py.
    here = Object(kind="place", state={"path": Const(module.path), "form": Const("text")})
    module.namespace.names["__file__"] = Binding(here, module.path, 1)
    module.namespace.names["__name__"] = Binding(Const(name), module.path, 1)


def top(run: Run, body: Sequence[ast.stmt], frame: Frame) -> None:
    """Module level: what raises there does not keep the rest from being looked at."""
    path = frame.module.path
    rewritten = run.source.rewritten(path) if run.source.rewritten is not None else {}
    run.rewritten |= {(path, name): held for name, held in rewritten.items()}
    # Where in the file it is written nobody knows: before all the rest, after it, or where the name is there.
    for name, held in rewritten.items():
        run.bind(frame, name, held.value, held.line)
    _statements(run, body, frame)
    for name, held in rewritten.items():
        run.bind(frame, name, held.value, held.line)


def _statements(run: Run, body: Sequence[ast.stmt], frame: Frame) -> None:
    for node in body:
        run.left = NOTHING  # the service does not start with what raises here
        try:
            beginning(run, node, frame)
        except Unsure:
            taint_written(run, [node], frame, Unknown("branch", "a loop", frame.module.path, node.lineno))
        except LEFT:
            continue
        except (OutOfBudget, RecursionError) as error:
            path, line = getattr(error, "place", None) or (frame.module.path, node.lineno)
            text = "nested too deeply" if isinstance(error, RecursionError) else "more steps than are followed"
            run.lost = run.lost or Unknown("budget", text, path, line)
        if run.lost is not None:
            # What is not run any more may write to all that there is, in other modules as well.
            run.taint(frame.names, run.lost)
            return


def _dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
