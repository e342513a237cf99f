"""Statements, one after the other."""

import ast
from collections.abc import Sequence

from hardencheck.collect.interpret.assigning import assign
from hardencheck.collect.interpret.branches import if_statement, match_statement
from hardencheck.collect.interpret.classes import class_of
from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.forking import merge, tried, way
from hardencheck.collect.interpret.frames import Frame, OutOfBudget
from hardencheck.collect.interpret.functions import function_of
from hardencheck.collect.interpret.in_place import augmented, delete
from hardencheck.collect.interpret.loops import for_statement, while_statement
from hardencheck.collect.interpret.run import Run, spelling
from hardencheck.collect.interpret.signals import Broken, Continued, Returned, Unsure
from hardencheck.collect.interpret.trying import raising, try_statement, with_statement
from hardencheck.collect.interpret.values import NOTHING, Const, Object, Unknown, depends_of, truth
from hardencheck.collect.interpret.written import taint_written


def block(run: Run, body: Sequence[ast.stmt], frame: Frame) -> None:
    begins = _begins(run, frame)
    for number, node in enumerate(body):
        try:
            # `elif` has all of its arms in one: it is given up together with the first of them.
            if begins and not (len(body) == 1 and isinstance(node, ast.If)):
                beginning(run, node, frame)
            else:
                statement(run, node, frame)
        except OutOfBudget as error:
            error.place = error.place or (frame.module.path, node.lineno)
            raise
        if run.partly and number + 1 < len(body):
            _rest(run, body[number + 1 :], frame)
            return


def _rest(run: Run, body: Sequence[ast.stmt], frame: Frame) -> None:
    """What follows in a function that has perhaps returned: it is run, or not."""
    run.partly = False
    try:
        journal, after, signal = tried(run, way(run, body, frame))
    finally:
        run.partly = True
    if isinstance(signal, Raised):
        if run.handled:
            run.may_raise = True
        raise Returned(run.perhaps_returned[-1])
    why = Unknown("branch", "an early return", frame.module.path, body[0].lineno)
    merge(run, [after, {}], journal, why)
    if isinstance(signal, Returned):
        raise signal
    if signal is not None:
        raise Unsure


def statement(run: Run, node: ast.stmt, frame: Frame) -> None:
    run.step()
    run.here = (frame.module.path, getattr(node, "lineno", run.here[1]))
    if frame.function is None:
        run.called_at = run.here
    match node:
        case ast.Assign(targets=targets, value=value):
            given = run.value(value, frame)
            for target in targets:
                assign(run, target, given, frame)
        case ast.AnnAssign(target=target, value=value):
            if value is not None:
                assign(run, target, run.value(value, frame), frame)
        case ast.AugAssign():
            augmented(run, node, frame)
        case ast.Expr(value=value):
            run.value(value, frame)
        case ast.If(test=test, body=body, orelse=orelse):
            if_statement(run, node, test, body, orelse, frame)
        case ast.For(target=target, iter=over, body=body, orelse=orelse):
            for_statement(run, node, target, over, body, orelse, frame)
        case ast.While():
            while_statement(run, node, frame)
        case ast.Try() | ast.TryStar():
            try_statement(run, node, frame)
        case ast.With(items=items, body=body):
            with_statement(run, node, items, body, frame)
        case ast.Import() | ast.ImportFrom():
            run.imported(node, frame)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            run.bind(frame, node.name, function_of(run, node, frame), node.lineno)
        case ast.ClassDef():
            run.bind(frame, node.name, class_of(run, node, frame), node.lineno)
        case ast.Return(value=value):
            raise Returned(run.value(value, frame) if value is not None else Const(None))
        case ast.Raise(exc=error):
            raise raising(run, error, frame)
        case ast.Delete(targets=targets):
            for target in targets:
                delete(run, target, frame)
        case ast.Global(names=names):
            frame.globals.update(names)
        case ast.Nonlocal(names=names):
            frame.nonlocals.update(names)
        case ast.Assert(test=test):
            held = run.value(test, frame)
            run.watched |= depends_of(held)
            if truth(held) is False:
                raise Raised("AssertionError")
            run.may_raise = run.may_raise or truth(held) is None
        case ast.Break():
            raise Broken
        case ast.Continue():
            raise Continued
        case ast.Match():
            match_statement(run, node, frame)
        case ast.Pass():
            pass
        case _:
            taint_written(run, [node], frame, run.unknown(node, frame))


def beginning(run: Run, node: ast.stmt, frame: Frame) -> None:
    """A statement that a service runs when it starts. Where nobody catches what it raises, every service that
    starts has another environment: what the statement writes there is not known."""
    watched, run.watched = run.watched, NOTHING
    try:
        statement(run, node, frame)
    except Raised as error:
        if isinstance(node, ast.Raise):
            raise
        if error.name in {"ImportError", "ModuleNotFoundError"} and isinstance(node, ast.Import | ast.ImportFrom):
            text = f"{spelling(node)}: it is not in the repository"
            run.taint(frame.names, Unknown("import", text, frame.module.path, node.lineno))
            return
        if isinstance(node, ast.Try) and _operators(run, node, frame):
            return
        why = _elsewhere(run, node, frame)
        if isinstance(node, ast.If) and len(run.journals) <= 1:  # of more of them the inner are put back
            run.refused |= run.watched & run.reads
        match node:
            case ast.Assign(targets=targets, value=value):
                taint_written(run, [value], frame, why)
                for target in targets:
                    assign(run, target, why, frame)
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.AugAssign(target=target, value=value):
                taint_written(run, [value], frame, why)
                assign(run, target, why, frame)
            case _:
                taint_written(run, [node], frame, why)
    finally:
        run.watched |= watched


def _elsewhere(run: Run, node: ast.stmt, frame: Frame) -> Unknown:
    """What a statement gives that raises here, in an environment where it does not."""
    depends = run.watched
    path, line = frame.module.path, node.lineno
    unset = sorted(name for name in depends & run.reads if name not in run.environment)
    required = [name for name in unset if _requires(run, name, node, path)] or unset
    if len(required) == 1:
        return Unknown("env-required", required[0], path, line, depends=depends)
    match node:
        case ast.If(test=test):
            return Unknown("branch", f"if {spelling(test)}, which raises now", path, line, depends=depends)
        case ast.Assign(value=value) | ast.AugAssign(value=value) | ast.Expr(value=value):
            return Unknown("call", spelling(value), path, line, depends=depends)
    return Unknown("branch", "a statement that raises now", path, line, depends=depends)


def _requires(run: Run, name: str, node: ast.stmt, path: str) -> bool:
    """Whether this statement asks for a variable that must be set."""
    lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    return any(
        asked.default is None and at[0] == path and at[1] in lines for (at, _), asked in run.asked.get(name, {}).items()
    )


def _begins(run: Run, frame: Frame) -> bool:
    """Whether this is run when the service starts, and nobody catches what is raised."""
    return not run.handled and frame.of_function() is None


def _operators(run: Run, node: ast.Try, frame: Frame) -> bool:
    """`try: configuration = import_module(...)`, and who catches raises too: it is the operator's to write."""
    found = False
    for part in node.body:
        if (
            isinstance(part, ast.Assign)
            and isinstance(part.value, ast.Call)
            and len(part.targets) == 1
            and isinstance(part.targets[0], ast.Name)
            and part.targets[0].id not in frame.names.names
            and spelling(part.value.func).rpartition(".")[2] == "import_module"
            and part.value.args
        ):
            name = run.value(part.value.args[0], frame)
            made = Object(kind="operator", state={"name": name}, depends=depends_of(name))
            run.bind(frame, part.targets[0].id, made, part.lineno)
            found = True
    return found
