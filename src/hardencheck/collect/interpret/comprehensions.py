"""Comprehensions and generator expressions."""

import ast
from collections.abc import Sequence
from dataclasses import replace

from hardencheck.collect.interpret.aliases import Aliases
from hardencheck.collect.interpret.assigning import assign
from hardencheck.collect.interpret.frames import Frame
from hardencheck.collect.interpret.iterating import going_over
from hardencheck.collect.interpret.run import Run
from hardencheck.collect.interpret.signals import Unsure
from hardencheck.collect.interpret.tables import but_for_order
from hardencheck.collect.interpret.values import (
    NOTHING,
    Map,
    Namespace,
    NotKnown,
    Seq,
    Unknown,
    Value,
    changing,
    depends_of,
    distinct,
    parts_of,
    plain,
    truth,
)
from hardencheck.collect.interpret.written import mark_written, taint_written


def comprehension(
    run: Run,
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

    def go(rest: Sequence[ast.comprehension]) -> None:
        nonlocal depends, ordered, nothing
        if not rest:
            with run.deciding(depends):
                made.append((run.value(key, inner) if key is not None else None, run.value(element, inner)))
            return
        first, *others = rest
        if first is generators[0] and over is not None:
            source = over
        else:
            source = run.value(first.iter, frame if first is generators[0] else inner)
        source = run.listed(source)
        nothing = first is generators[0] and isinstance(source, Unknown) and not source.reach
        depends |= source.depends
        sources.extend(parts_of(source))
        items = run.items(source)
        if items is None and kind != "dict" and isinstance(source, Seq) and but_for_order(source):
            items, ordered = list(source.items), False
            depends |= depends_of(source)
        if items is None or first.is_async:
            raise NotKnown(run.unknown(node, frame, depends=depends_of(source)))
        for item in going_over(run, source, items):
            run.step()
            assign(run, first.target, item, inner)
            keep = True
            for test in first.ifs:
                given = run.value(test, inner)
                known = truth(given)
                depends |= depends_of(given)
                if known is None:
                    raise NotKnown(run.unknown(node, frame, "branch", depends=depends))
                keep = known
                if not keep:
                    break
            if keep:
                go(others)

    parts: list[ast.AST] = [element, *generators, *([key] if key is not None else [])]
    try:
        go(generators)
        if depends and any(isinstance(one, ast.Call | ast.NamedExpr) for part in parts for one in ast.walk(part)):
            # In another environment it goes over more, or less.
            mark_written(run, parts, inner, depends)
        if kind == "dict":
            keys = NOTHING.union(*(depends_of(name) for name, _ in made if name is not None))
            return Map({plain(name): value for name, value in made if name is not None}, depends=depends | keys)
    except (NotKnown, TypeError, Unsure) as error:
        why = error.value if isinstance(error, NotKnown) else run.unknown(node, frame, depends=depends)
        held = Aliases(run, [inner for part in parts for inner in ast.walk(part)], inner).of(element)
        why = replace(why, reach=(*why.reach, *changing(sources), *held))
        run.may_raise = True
        # What it has done until then is done, and nobody knows how much more.
        for generator in generators:
            assign(run, generator.target, why, inner)
        if nothing:
            # What it should go over has been computed, once, and whatever that gave calls nothing from here.
            parts = [element, *generators[0].ifs, *generators[1:], *([key] if key is not None else [])]
        taint_written(run, parts, inner, why)
        for part in ast.walk(node):
            if isinstance(part, ast.NamedExpr):
                assign(run, part.target, why, frame.around())
        return why
    items = [value for _, value in made]
    if kind == "set":
        return Seq("set", distinct(items), depends=depends | NOTHING.union(*map(depends_of, items)))
    return Seq("list", items, exact=ordered or len(items) < 2, depends=depends)
