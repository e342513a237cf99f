"""What a class has from its bases: the order of Python, and where it ends at a library."""

import ast
from collections.abc import Iterator, Sequence

from hardencheck.collect.interpret.frames import MAX_ITEMS, Frame
from hardencheck.collect.interpret.run import Run
from hardencheck.collect.interpret.values import (
    NOTHING,
    Absent,
    Binding,
    Class,
    Const,
    Instance,
    Joined,
    Object,
    Unknown,
    Value,
    depending,
    join,
    perhaps_absent,
)

# They add no attributes of their own that are read as settings.
_CONFIGURATIONS = frozenset({"configurations.Configuration", "configurations.base.Configuration"})
_HOOKS = frozenset({"pre_setup", "setup", "post_setup"})
BARE = _CONFIGURATIONS | {"builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol"}


def linear(bases: Sequence[Class | str]) -> list[Class | str]:
    """The order in which attributes are looked for (C3); by first appearance where there is none. Classes that are not
    of the repository go by their names."""
    rows = [[*base.line_up] if isinstance(base, Class) else [base] for base in bases] + [[*bases]]
    found: list[Class | str] = []
    while any(rows):
        rows = [row for row in rows if row]
        head = next((row[0] for row in rows if not any(row[0] in other[1:] for other in rows)), None)
        if head is None:
            head = rows[0][0]
        found.append(head)
        rows = [[item for item in row if item != head] for row in rows]
    return found


def after_of(line_up: Sequence[Class | str], count: int) -> Iterator[Class | str]:
    """What comes after so many classes of the repository."""
    for one in line_up:
        if count <= 0:
            yield one
        elif isinstance(one, Class):
            count -= 1


def instead_of_absent(value: Value, other: Value | None) -> Value:
    """What a name that is perhaps not set is worth, with what it is worth then."""
    options = [one for one in value.options if not isinstance(one, Absent)] if isinstance(value, Joined) else [value]
    return depending(join([*options, *([other] if other is not None else [])]), value.depends)


def class_attribute(run: Run, cls: Class, name: str, after: int = 0) -> Value | None:
    """What a class has under a name, itself or from its bases; after: how many of its order do not count."""
    hidden = ""
    perhaps: list[Value] = []  # of those before, which may not have it
    depends = NOTHING
    found: Value | None = None
    for one in after_of(cls.line_up, after):
        if isinstance(one, str):
            if one in _CONFIGURATIONS and name in _HOOKS:
                return None  # the library's own, which does nothing and calls no other
            if one not in BARE or (one in _CONFIGURATIONS and name.isupper()):
                hidden = hidden or one  # Configuration has Django's defaults
            continue
        held = one.attributes.names.get(name)
        unset = held is None or isinstance(held.value, Absent) or perhaps_absent(held.value)
        depends |= one.attributes.absent(name) if unset else NOTHING
        if held is not None and not isinstance(held.value, Absent):
            if hidden:
                found = Unknown("call", f"{name} may come from {hidden}")
                break
            remember(run, name, held.value, held)
            if not perhaps_absent(held.value):
                found = held.value
                break
            perhaps.append(instead_of_absent(held.value, None))
        if one.attributes.rest is not None:
            found = one.attributes.rest
            break
    if found is None:
        outside = next((base for one in cls.order for base in one.outside if base not in BARE), "")
        found = Unknown("call", f"{name} may come from {outside}") if outside else None
    if found is None and not perhaps:
        return None
    if not perhaps:
        return depending(found, depends) if depends and found is not None else found
    run.may_raise = True
    return depending(join([*perhaps, *([found] if found is not None else [])]), depends)


def super_at(run: Run, frame: Frame) -> Value | None:
    """`super()` in a method: what the classes after the one that it is written in have; None where not known."""
    at = frame.of_function()
    function = at.function if at is not None else None
    if at is None or function is None or not isinstance(function.node, ast.FunctionDef):
        return None
    first = [*function.node.args.posonlyargs, *function.node.args.args][:1]
    held = at.names.names.get(first[0].arg) if first else None
    receiver = held.value if held is not None else None
    cls = receiver.cls if isinstance(receiver, Instance) else receiver
    if receiver is None or not isinstance(cls, Class) or not isinstance(function.frame, Frame):
        return None
    here = [n for n, one in enumerate(cls.order) if one.attributes is function.frame.names]
    if not here:
        return None
    return Object(kind="super", state={"of": receiver, "after": Const(here[0] + 1)})


def remember(run: Run, name: str, value: Value, binding: Binding) -> None:
    if name.isupper() and len(run.origins) < MAX_ITEMS:
        run.origins[id(value)] = (value, (name, binding))
