"""`for` and `while`."""

import ast
from collections.abc import Sequence

from hardencheck.collect.interpret.apart import computed_apart
from hardencheck.collect.interpret.assigning import assign
from hardencheck.collect.interpret.frames import MAX_LOOP, Frame
from hardencheck.collect.interpret.iterating import going_over
from hardencheck.collect.interpret.run import Run, spelling
from hardencheck.collect.interpret.signals import Broken, Continued, Unsure
from hardencheck.collect.interpret.values import NOTHING, Depends, Lazy, Unknown, changing, depends_of, parts_of, truth
from hardencheck.collect.interpret.written import mark_written, taint_written


def for_statement(
    run: Run,
    node: ast.For,
    target: ast.expr,
    over: ast.expr,
    body: Sequence[ast.stmt],
    orelse: Sequence[ast.stmt],
    frame: Frame,
) -> None:
    given = run.value(over, frame)
    apart = not isinstance(given, Lazy) or computed_apart(run, given, body, frame)
    value = run.listed(given)
    items = run.items(value)
    why = Unknown("branch", f"a loop over {spelling(over)}", frame.module.path, node.lineno)
    if not apart or items is None or len(items) > MAX_LOOP:
        why.reach = changing(parts_of(value))
        assign(run, target, why, frame)
        run.may_raise = True
        taint_written(run, node.body + node.orelse + [node.target], frame, why)
        return
    everything = [*node.body, *node.orelse, node.target]
    depends, left = value.depends, run.left
    try:
        with run.deciding(depends):
            for item in going_over(run, value, items):
                run.step()
                assign(run, target, item, frame)
                try:
                    run.block(body, frame)
                except Continued:
                    continue
                except Broken:
                    break
                if run.partly:
                    raise Unsure
            else:
                run.block(orelse, frame)
    except Unsure:
        taint_written(run, everything, frame, why)
    _loop_left(run, everything, frame, depends, left)


def while_statement(run: Run, node: ast.While, frame: Frame) -> None:
    why = Unknown("branch", f"while {spelling(node.test)}", frame.module.path, node.lineno)
    everything = [*node.body, *node.orelse]
    depends, left = NOTHING, run.left
    for _ in range(MAX_LOOP):
        run.step()
        given = run.value(node.test, frame)
        known = truth(given)
        depends |= depends_of(given)
        if known is None:
            taint_written(run, everything, frame, why)
            break
        try:
            with run.deciding(depends):
                if not known:
                    run.block(node.orelse, frame)
                    break
                run.block(node.body, frame)
            if run.partly:
                raise Unsure
        except Continued:
            continue
        except Broken:
            break
        except Unsure:
            taint_written(run, everything, frame, why)
            break
    else:
        why = Unknown("budget", "a long loop", frame.module.path, node.lineno)
        taint_written(run, everything, frame, why)
    _loop_left(run, everything, frame, depends, left)


def _loop_left(run: Run, nodes: Sequence[ast.AST], frame: Frame, depends: Depends, left: Depends) -> None:
    """After a loop: how often it ran depends on these, and on what may have left it or skipped a part of it."""
    more = run.left - left
    mark_written(run, nodes, frame, depends | more)
    if not any(isinstance(part, ast.Return) for node in nodes for part in ast.walk(node)):
        run.left = left
