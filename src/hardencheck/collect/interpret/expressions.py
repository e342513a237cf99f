"""Expressions."""

import ast
from collections.abc import Callable, Sequence
from dataclasses import replace

from hardencheck.collect.interpret import sizes, tables
from hardencheck.collect.interpret.assigning import assign
from hardencheck.collect.interpret.attributes import subscript
from hardencheck.collect.interpret.branches import assumed
from hardencheck.collect.interpret.calls import call_node
from hardencheck.collect.interpret.comprehensions import comprehension
from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.forking import instead, made_within
from hardencheck.collect.interpret.frames import MAX_SIZE, Frame, OutOfBudget
from hardencheck.collect.interpret.functions import function_of
from hardencheck.collect.interpret.inheritance import instead_of_absent
from hardencheck.collect.interpret.modelling import Call, modelled
from hardencheck.collect.interpret.operators import NO_WHY, binary, compare, unary
from hardencheck.collect.interpret.python_names import BUILTINS
from hardencheck.collect.interpret.run import Run
from hardencheck.collect.interpret.sizes import unprintable
from hardencheck.collect.interpret.values import (
    NOTHING,
    Const,
    Depends,
    Instance,
    Joined,
    Lazy,
    Library,
    Map,
    NotKnown,
    Object,
    Seq,
    Value,
    changing,
    depending,
    depends_of,
    distinct,
    join,
    now,
    perhaps_absent,
    plain,
    truth,
)

_CONVERSIONS: dict[int, Callable[[object], str]] = {115: str, 114: repr, 97: ascii}


def value(run: Run, node: ast.expr, frame: Frame) -> Value:
    run.step()
    match node:
        case ast.Constant(value=value):
            return Const(value) if value is not ... else run.unknown(node, frame)
        case ast.Name(id=name):
            return _name(run, node, name, frame)
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            kind = "list" if isinstance(node, ast.List) else "tuple" if isinstance(node, ast.Tuple) else "set"
            return _sequence(run, kind, elements, frame)
        case ast.Dict(keys=keys, values=values):
            return _table(run, node, keys, values, frame)
        case ast.JoinedStr(values=parts):
            return _text(run, node, parts, frame)
        case ast.BinOp(left=left, op=op, right=right):
            return binary(run, op, run.value(left, frame), run.value(right, frame), node, frame)
        case ast.UnaryOp(op=op, operand=operand):
            return unary(run, op, run.value(operand, frame), node, frame)
        case ast.BoolOp(op=op, values=values):
            return _bool(run, op, values, frame)
        case ast.Compare():
            return compare(run, node, frame)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            given = assumed(run, test, run.value(test, frame), frame)
            known = truth(given)
            if known is None:
                since = now()
                with run.perhaps_evaluated():
                    both = [run.value(body, frame), run.value(orelse, frame)]
                result = join(both)
                if isinstance(result, Joined):
                    result.apart = all(made_within(run, one, since, now()) for one in both)
                return depending(result, depends_of(given))
            depends = depends_of(given)
            _not_evaluated(run, [orelse if known else body], depends, frame)
            with run.deciding(depends):
                return depending(run.value(body if known else orelse, frame), depends)
        case ast.Call():
            result = call_node(run, node, frame)
            run.watched |= result.depends
            return result
        case ast.Attribute(value=owner, attr=name):
            return run.attribute(run.value(owner, frame), name, node, frame)
        case ast.Subscript(value=owner, slice=key):
            result = subscript(run, run.value(owner, frame), key, node, frame)
            run.watched |= result.depends
            return result
        case ast.ListComp(elt=element, generators=generators):
            return comprehension(run, "list", element, None, generators, node, frame)
        case ast.GeneratorExp(elt=element, generators=generators):
            over = run.value(generators[0].iter, frame)
            return Lazy(
                lambda: comprehension(run, "list", element, None, generators, node, frame, over),
                (over,), node, frame, depends=over.depends,
            )  # fmt: skip
        case ast.SetComp(elt=element, generators=generators):
            return comprehension(run, "set", element, None, generators, node, frame)
        case ast.DictComp(key=key, value=element, generators=generators):
            return comprehension(run, "dict", element, key, generators, node, frame)
        case ast.Lambda():
            return function_of(run, node, frame)
        case ast.NamedExpr(target=target, value=inner):
            given = run.value(inner, frame)
            assign(run, target, given if not run.perhaps else run.unknown(node, frame, "branch"), frame.around())
            return given
        case ast.Starred(value=inner):
            return run.value(inner, frame)
        case ast.Await(value=inner):
            return _awaited(run, node, inner, frame)
        case _:
            return run.unknown(node, frame)


def _awaited(run: Run, node: ast.Await, inner: ast.expr, frame: Frame) -> Value:
    """What a coroutine of the repository gives that is made on the spot."""
    kept, run.awaits = run.awaits, inner
    try:
        found = run.value(inner, frame)
        ran = run.awaits is None
    finally:
        run.awaits = kept
    if ran:
        return found
    return replace(run.unknown(node, frame, depends=depends_of(found)), reach=changing([found]))


def _not_evaluated(run: Run, nodes: Sequence[ast.expr], depends: Depends, frame: Frame) -> None:
    """Operands that another environment would evaluate."""
    for node in nodes if depends else ():
        if any(isinstance(part, ast.Call | ast.NamedExpr | ast.Name) for part in ast.walk(node)):
            # What it would give may be changed through whatever holds it.
            instead(
                run,
                lambda node=node: (depending(run.value(node, frame), depends), None)[1],  # type: ignore[misc]
                depends,
                [node],
                frame,
            )


def _name(run: Run, node: ast.expr, name: str, frame: Frame) -> Value:
    found = run.lookup(frame, name)
    if found is not None:
        value = found.value
        if perhaps_absent(value):
            run.may_raise = True
            return instead_of_absent(value, None)
        return value
    if name in BUILTINS:
        return run.outside(f"builtins.{name}", node, frame)
    if name == "__builtins__":
        return Library(dotted="builtins")
    if name in frame.local:
        if run.catching("UnboundLocalError", "NameError"):
            raise Raised("UnboundLocalError")
        return run.unknown(node, frame, "call", f"{name}, which is not set")
    absent = frame.names.absent(name) | frame.module.namespace.absent(name)
    run.watched |= absent
    if run.handled and any("NameError" in caught or "Exception" in caught for caught in run.handled):
        raise Raised("NameError")
    lost = run.unknown(node, frame, "call", f"{name}, which is not set", absent)
    run.foreign.add((lost.path, lost.line, lost.text))
    return lost


def _sequence(run: Run, kind: str, elements: Sequence[ast.expr], frame: Frame) -> Value:
    parts = [
        (isinstance(one, ast.Starred), run.value(one.value if isinstance(one, ast.Starred) else one, frame))
        for one in elements
    ]
    several = [number for number, (spread, value) in enumerate(parts) if spread and isinstance(value, Joined)]
    options = parts[several[0]][1] if len(several) == 1 else None
    if not isinstance(options, Joined) or any(isinstance(one, Lazy) for one in options.options):
        return _filled(run, kind, parts)
    at = several[0]
    made = [_filled(run, kind, [*parts[:at], (True, one), *parts[at + 1 :]]) for one in options.options]
    return depending(join(made), options.depends)


def _filled(run: Run, kind: str, parts: Sequence[tuple[bool, Value]]) -> Seq:
    """A list, tuple or set of its parts: items, and (True) what is spread in it."""
    made = Seq(kind)  # type: ignore[arg-type]
    for spread, item in parts:
        if not spread:
            if kind == "set":
                made.depends |= depends_of(item)  # which of them are the same
            made.items.append(item)
            continue
        inner = run.listed(item)
        items = run.items(inner)
        made.depends |= depends_of(inner)
        if items is not None:
            made.items.extend(items)
        elif isinstance(inner, Seq):
            made.items.extend(inner.items)
            made.extra.extend(inner.extra)
            made.exact, made.open = False, made.open or inner.open
        else:
            made.exact, made.open = False, True
            run.may_raise = True
    if len(made.items) > MAX_SIZE:
        raise OutOfBudget
    if kind == "set":
        made.items = distinct(made.items)
    return made


def _table(run: Run, node: ast.AST, keys: Sequence[ast.expr | None], values: Sequence[ast.expr], frame: Frame) -> Map:
    made = Map()
    for key, inner in zip(keys, values, strict=True):
        held = run.value(key, frame) if key is not None else None
        value = run.value(inner, frame)
        if held is None:
            value = _as_table(value)
            if isinstance(value, Map):
                made.lay(value, run.unknown(node, frame) if not value.exact else NO_WHY)
            else:
                made.blur(run.unknown(node, frame, depends=depends_of(value)))
                made.depends |= depends_of(value)
            continue
        made.depends |= depends_of(held)
        try:
            index = plain(held)
            hash(index)
        except (NotKnown, TypeError):
            made.blur(run.unknown(node, frame, depends=depends_of(held)))
            continue
        made.items[index] = value
        made.maybe.discard(index)
        made.places[index] = (frame.module.path, getattr(key, "lineno", 0))
    return made


def _as_table(value: Value) -> Value:
    if isinstance(value, Object) and value.kind == "attributes" and isinstance(of := value.state["of"], Instance):
        return tables.table_of(of) or value
    return value


def _text(run: Run, node: ast.expr, parts: Sequence[ast.expr], frame: Frame) -> Value:
    pieces: list[str] = []
    size = 0
    depends = NOTHING
    start: Object | None = None
    try:
        for part in parts:
            if isinstance(part, ast.FormattedValue):
                value = run.value(part.value, frame)
                depends |= depends_of(value)
                if isinstance(value, Object) and part is parts[0] and part.conversion == -1:
                    start = value
                    continue
                inner = plain(value)
                spec = str(plain(run.value(part.format_spec, frame))) if part.format_spec is not None else ""
                if unprintable(value) or not sizes.short(spec):
                    return run.unknown(node, frame, depends=depends)
                shown = _CONVERSIONS[part.conversion](inner) if part.conversion in _CONVERSIONS else inner
                pieces.append(format(shown, spec))
            else:
                pieces.append(str(plain(run.value(part, frame))))
            size += len(pieces[-1])
            if size > MAX_SIZE:
                raise OutOfBudget
    except NotKnown as error:
        return run.stopped(error.value, node, frame, depends)
    except (TypeError, ValueError):
        return run.unknown(node, frame, depends=depends)
    text = "".join(pieces)
    if start is not None:
        given: list[Value] = [start, Const(text, depends=depends)]
        call = Call(run, "f", given, {}, node, frame, start)
        return modelled("OPERATORS", start.kind, call) or run.unknown(node, frame, depends=depends)
    return Const(text, depends=depends)


def _bool(run: Run, op: ast.boolop, values: Sequence[ast.expr], frame: Frame) -> Value:
    """`a or b`: what comes after an operand that is not known is perhaps evaluated."""
    wanted = isinstance(op, ast.Or)
    possible: list[Value] = []
    depends = NOTHING
    perhaps = 0
    try:
        for number, node in enumerate(values):
            with run.deciding(depends):
                given = run.value(node, frame)
            known = truth(given)
            last = number == len(values) - 1
            depends |= depends_of(given)
            if last or known is wanted:
                possible.append(given)
                if not last and not perhaps:
                    _not_evaluated(run, values[number + 1 :], depends, frame)
                break
            if known is None:
                possible.append(given)
                run.perhaps += 1
                perhaps += 1
    finally:
        run.perhaps -= perhaps
    if len(possible) == 1:
        return depending(possible[0], depends)
    return depending(join(possible), depends)
