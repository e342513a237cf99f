"""Conditions: `if` and `match`, and what a condition is taken to be where it is not known."""

import ast
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from hardencheck.collect.interpret.forking import fork, instead, way
from hardencheck.collect.interpret.frames import Frame
from hardencheck.collect.interpret.run import SETTING, Run, spelling
from hardencheck.collect.interpret.signals import LEFT
from hardencheck.collect.interpret.values import Const, Depends, Unknown, Value, depends_of, truth
from hardencheck.collect.interpret.written import taint_written


def if_statement(
    run: Run, node: ast.AST, test: ast.expr, body: Sequence[ast.stmt], orelse: Sequence[ast.stmt], frame: Frame
) -> None:
    given = assumed(run, test, run.value(test, frame), frame)
    known = truth(given)
    depends = depends_of(given)
    if known is None:
        why = Unknown("branch", spelling(test), frame.module.path, getattr(node, "lineno", 0), depends=depends)
        fork(run, [way(run, body, frame), way(run, orelse, frame)], why, depends)
        return
    taken, other = (body, orelse) if known else (orelse, body)
    if depends and other:
        instead(run, way(run, other, frame), depends, other, frame)
    with _going(run, depends):
        run.block(taken, frame)


@contextmanager
def _going(run: Run, depends: Depends) -> Iterator[None]:
    """The way that a condition goes, as these variables are: so whether it is left is, and what it raises."""
    with run.deciding(depends):
        try:
            yield
        except LEFT:
            run.left |= depends
            run.watched |= depends
            raise


def match_statement(run: Run, node: ast.Match, frame: Frame) -> None:
    """One of the cases, where constants are compared; else any of them, or none."""
    subject = run.value(node.subject, frame)
    depends = depends_of(subject)
    answers = [_matches(case.pattern, subject) if case.guard is None else None for case in node.cases]
    taken = next((number for number, answer in enumerate(answers) if answer is not False), None)
    if taken is None or answers[taken]:
        for case in node.cases if depends else ():
            if taken is None or case is not node.cases[taken]:
                instead(run, _case(run, case, subject, frame), depends, [case.pattern, *case.body], frame)
        if taken is not None:
            with _going(run, depends):
                _case(run, node.cases[taken], subject, frame)()
        return
    why = Unknown("branch", "match", frame.module.path, node.lineno, depends=depends, reach=(subject,))
    for case in node.cases:
        taint_written(run, [case.pattern, *([case.guard] if case.guard is not None else [])], frame, why)
    open_ended = answers[-1] is not True
    arms = [way(run, case.body, frame) for case in node.cases]
    fork(run, [*arms, *([lambda: None] if open_ended else [])], why, depends)


def _case(run: Run, case: ast.match_case, subject: Value, frame: Frame) -> Callable[[], None]:
    def go() -> None:
        for part in ast.walk(case.pattern):
            if isinstance(part, ast.MatchAs) and part.name is not None:
                whole = part is case.pattern
                given = subject if whole else run.unknown(part, frame, "branch", "match", depends_of(subject))
                run.bind(frame, part.name, given, part.lineno)
        run.block(case.body, frame)

    return go


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


def assumed(run: Run, test: ast.expr, given: Value, frame: Frame) -> Value:
    """A condition whose value is not known, and which is off in production."""
    if truth(given) is not None:
        return given
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _part(run, operand, frame)
            return Const(not inner.value, depends=inner.depends) if isinstance(inner, Const) else given
        case ast.Name(id=name) | ast.Attribute(attr=name) if run.off(name) and not _written(run, given):
            return Const(False, depends=given.depends | {f"{SETTING}{name}"})
        case ast.BoolOp(op=op, values=values):
            decisive = isinstance(op, ast.Or)
            parts = [_part(run, value, frame) for value in values]
            if any(isinstance(part, Const) and bool(part.value) is decisive for part in parts):
                known = decisive
            elif all(isinstance(part, Const) for part in parts):
                known = not decisive
            else:
                return given
            return Const(known, depends=given.depends.union(*(part.depends for part in parts)))
    return given


def _part(run: Run, test: ast.expr, frame: Frame) -> Value:
    """A part of a condition, a truth value where it is known or assumed."""
    if not isinstance(test, ast.Name | ast.Attribute | ast.BoolOp | ast.UnaryOp | ast.Constant):
        return Unknown("branch")
    with run.perhaps_evaluated():
        held = run.value(test, frame)
    known = truth(held)
    return Const(known, depends=depends_of(held)) if known is not None else assumed(run, test, held, frame)


def _written(run: Run, value: Value) -> bool:
    """Whether a value is what something outside of the code writes there: that may well switch it on."""
    held = (binding.value for binding in run.rewritten.values())
    return isinstance(value, Unknown) and any(
        isinstance(one, Unknown) and (value.reason, value.text) == (one.reason, one.text) for one in held
    )
