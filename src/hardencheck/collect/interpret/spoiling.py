"""What something that is not followed has had its hands on, and what it reaches from there."""

import ast
from collections.abc import Iterable, Iterator

from hardencheck.collect.interpret.done import Done
from hardencheck.collect.interpret.frames import MAX_ITEMS, MAX_REACHED, Frame, OutOfBudget
from hardencheck.collect.interpret.modelling import Call, find
from hardencheck.collect.interpret.run import Run
from hardencheck.collect.interpret.values import (
    WORK,
    Class,
    Const,
    Function,
    Instance,
    Joined,
    Lazy,
    Library,
    Map,
    Method,
    Module,
    Namespace,
    Object,
    Seq,
    Unknown,
    Value,
)


def spoil(run: Run, value: Value, why: Unknown) -> None:
    """Something unknown has had its hands on it."""
    if isinstance(value, Seq | Map):
        run.touch(value)
        value.taint()
    elif isinstance(value, Instance | Class):
        run.taint(value.attributes, why)
    elif isinstance(value, Module):
        run.taint(value.namespace, why)
    elif isinstance(value, Object) and (model := find("SPOILS", value.kind)) is not None:
        model(Call(run, "", [why], {}, ast.Pass(), Frame(Namespace(), Module(why.path)), value))
    elif isinstance(value, Joined):
        for option in value.options:
            spoil(run, option, why)
    elif isinstance(value, Unknown) and value.reach:
        spoil_deep(run, value, why)
    elif isinstance(value, Object):
        for part in value.state.values():
            if isinstance(part, Seq | Map):
                spoil(run, part, why)


def spoil_deep(run: Run, value: Value, why: Unknown) -> None:
    with run.tainting() as done:
        for thing in reached_once(done, value, why.reason):
            spoil(run, thing, why)


def reached(value: Value) -> Iterator[Value]:
    """A value and all that whoever has it can change."""
    stack, seen = [value], set[int]()
    while stack and len(seen) < MAX_ITEMS:
        one = stack.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        stack.extend(_inside(one))
        if not isinstance(one, Const | Library | Unknown):
            yield one


def reached_once(done: Done, value: Value, reason: str) -> Iterator[Value]:
    """As `reached`, but for what has been reached before for this reason. Raises OutOfBudget."""
    stack, known = [value], done.reached
    while stack:
        one = stack.pop()
        if (id(one), reason) in known or isinstance(one, Const | Library):
            continue
        known[id(one), reason] = one
        if len(known) > MAX_REACHED:
            raise OutOfBudget
        WORK.done += 1
        stack.extend(_inside(one))
        if not isinstance(one, Unknown):
            yield one


def _inside(value: Value) -> Iterable[Value]:
    """What can be had from a value at once."""
    if isinstance(value, Const | Library):
        return ()
    if isinstance(value, Seq):
        return (*value.items, *value.extra)
    if isinstance(value, Map):
        return (*value.items.values(), *value.lost)
    if isinstance(value, Instance):
        return [item.value for item in value.attributes.names.values()]
    if isinstance(value, Joined):
        return value.options
    if isinstance(value, Method):
        return (value.owner,)
    if isinstance(value, Unknown):
        return value.reach
    if isinstance(value, Function):
        return (value.owner,) if value.owner is not None else ()
    if isinstance(value, Lazy):
        return value.of
    if isinstance(value, Object) and find("SPOILS", value.kind) is None:
        return list(value.state.values())
    return ()
