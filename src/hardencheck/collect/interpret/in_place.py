"""`a += b` and `del a`: what is there is changed, for all who have it."""

import ast

from hardencheck.collect.interpret import environment
from hardencheck.collect.interpret.assigning import assign
from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.forking import on_each
from hardencheck.collect.interpret.frames import MAX_ITEMS, Frame, OutOfBudget
from hardencheck.collect.interpret.operators import binary
from hardencheck.collect.interpret.run import Run
from hardencheck.collect.interpret.spoiling import spoil
from hardencheck.collect.interpret.values import (
    NOTHING,
    Absent,
    Binding,
    Const,
    Instance,
    Joined,
    Library,
    Map,
    NotKnown,
    Object,
    Seq,
    Unknown,
    Value,
    depending,
    depends_of,
    join,
    plain,
)

_NO_KEY = object()


def augmented(run: Run, node: ast.AugAssign, frame: Frame) -> None:
    target = node.target
    reading = ast.copy_location(_loading(target), target)
    old = run.value(reading, frame)
    given = run.value(node.value, frame)
    if isinstance(node.op, ast.Add) and isinstance(old, Seq) and old.kind == "list":
        # In place: every name of the list sees it.
        given = run.listed(given)
        items = run.items(given)
        run.may_raise = run.may_raise or items is None
        run.touch(old)
        if len(old.items) + len(items or ()) > MAX_ITEMS:
            raise OutOfBudget
        if items is not None and not run.perhaps:
            old.items.extend(depending(item, NOTHING) for item in items)
            old.depends |= depends_of(given)
        elif isinstance(given, Seq):
            old.items.extend(given.items)
            old.extra.extend(given.extra)
            old.exact, old.open = False, old.open or given.open
        else:
            old.exact, old.open = False, True
        old.depends |= run.condition
        if run.perhaps:
            spoil(run, old, run.unknown(node, frame))
        assign(run, target, old, frame)
        return
    if isinstance(old, Joined) and any(isinstance(one, Seq | Map) for one in old.options):
        # Whichever it is, it is changed in place, and so for all who hold it.
        why = run.unknown(node, frame)
        if isinstance(node.op, ast.Add) and all(_is_list(one) for one in old.options):
            on_each(run, old, lambda one: _extended(run, one, given), why)
        elif isinstance(node.op, ast.BitOr) and all(isinstance(one, Map) for one in old.options):
            on_each(run, old, lambda one: run.call_method(one, "update", [given], {}, node, frame), why)
        elif any(isinstance(one, Map) or (isinstance(one, Seq) and one.kind != "tuple") for one in old.options):
            spoil(run, old, why)
        else:
            old = binary(run, node.op, old, given, node, frame)
        assign(run, target, old, frame)
        return
    if isinstance(old, Seq) and old.kind != "tuple":
        made = binary(run, node.op, old, given, node, frame)
        run.touch(old)
        if isinstance(made, Seq) and made.kind == old.kind and not run.perhaps:
            old.load(made.save())
        else:
            old.taint()
        old.depends |= made.depends | run.condition
        assign(run, target, old, frame)
        return
    if isinstance(old, Unknown) and old.reach:
        spoil(run, old, run.unknown(node, frame))
    adds = isinstance(node.op, ast.Add) and isinstance(old, Unknown)
    if adds and isinstance(given, Seq) and given.kind == "tuple":
        # A list takes in a tuple and stays a list.
        opened = [Seq(kind, list(given.items), list(given.extra), False, True) for kind in ("list", "tuple")]
        assign(run, target, depending(join(opened), depends_of(old) | depends_of(given)), frame)
        return
    if isinstance(node.op, ast.BitOr) and isinstance(old, Map):
        run.call_method(old, "update", [given], {}, node, frame)
        assign(run, target, old, frame)
        return
    made = binary(run, node.op, old, given, node, frame)
    if isinstance(old, Seq) and old.kind != "tuple":
        _into(run, old, made)
        made = old
    elif isinstance(old, Joined | Instance | Unknown):
        # What has a way of its own to do this changes, and all that have it see it.
        for option in old.options if isinstance(old, Joined) else (old,):
            if not isinstance(option, Const):
                spoil(run, option, run.unknown(node, frame))
    assign(run, target, made, frame)


def _into(run: Run, old: Seq, made: Value) -> None:
    """What was computed of a list or set in place: all that have it see it."""
    run.touch(old)
    if run.perhaps or not isinstance(made, Seq) or made.kind != old.kind:
        old.taint()
    else:
        old.items, old.extra, old.exact, old.open = list(made.items), list(made.extra), made.exact, made.open
    old.depends |= made.depends | run.condition


def _extended(run: Run, held: Value, given: Value) -> None:
    if isinstance(held, Seq):
        items = run.items(given)
        run.touch(held)
        run.bounded(held, [given])
        if items is None or run.perhaps:
            held.taint()
        else:
            held.items.extend(items)
        held.depends |= run.condition | depends_of(given)


def delete(run: Run, target: ast.expr, frame: Frame) -> None:
    match target:
        case ast.Name(id=name):
            names = run.names_of(frame, name)
            run.touch(names)
            names.names.pop(name, None)
            if run.condition:
                names.names[name] = Binding(Absent(depends=run.condition), "", 0)
        case ast.Subscript(value=owner, slice=key):
            held, index = run.value(owner, frame), run.value(key, frame)
            try:
                plain_key = plain(index)
                hash(plain_key)
            except (NotKnown, TypeError):
                plain_key = _NO_KEY
            if isinstance(held, Object):
                environment.delete_item(run, held, index, target, frame)
            elif isinstance(held, Map) and held.exact and plain_key is not _NO_KEY and plain_key not in held.items:
                run.watched |= held.depends | depends_of(index)
                if run.catching("KeyError", "LookupError"):
                    raise Raised("KeyError")
                run.may_raise = True
            elif isinstance(held, Map) and plain_key in held.items and plain_key not in held.maybe:
                run.touch(held)
                held.depends |= run.condition | depends_of(index)
                del held.items[plain_key]
            elif (
                isinstance(held, Seq)
                and held.exact
                and held.kind == "list"
                and isinstance(plain_key, int)
                and -len(held.items) <= plain_key < len(held.items)
            ):
                run.touch(held)
                held.depends |= run.condition | depends_of(index)
                del held.items[plain_key]
            else:
                spoil(run, held, run.unknown(target, frame))
        case ast.Attribute(value=owner):
            gone = run.value(owner, frame)
            if isinstance(gone, Library):
                run.patched.add(f"{gone.dotted}.{target.attr}")
            spoil(run, gone, run.unknown(target, frame))
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            for item in elements:
                delete(run, item, frame)


def _is_list(value: Value) -> bool:
    return isinstance(value, Seq) and value.kind == "list"


def _loading(target: ast.expr) -> ast.expr:
    match target:
        case ast.Name(id=name):
            return ast.copy_location(ast.Name(name, ast.Load()), target)
        case ast.Attribute(value=owner, attr=name):
            return ast.copy_location(ast.Attribute(owner, name, ast.Load()), target)
        case ast.Subscript(value=owner, slice=key):
            return ast.copy_location(ast.Subscript(owner, key, ast.Load()), target)
    return target
