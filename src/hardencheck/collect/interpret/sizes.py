"""How long what Python would write is, and whether that is known at all."""

from collections.abc import Iterable
from pathlib import PurePosixPath

from hardencheck.collect.interpret.values import WORK, Const, Map, Seq, Value, unordered


def short(spec: str) -> bool:
    """Whether a format says no width or precision that would make a long text."""
    return len(spec) < 50 and not any(
        len(part) > 3 for part in "".join(c if c.isdigit() else " " for c in spec).split()
    )


def has_path(value: Value) -> bool:
    """Whether there is a path in a container: Python writes its class, which depends on the system."""
    stack, seen = [value], set[int]()
    while stack:
        one = stack.pop()
        if isinstance(one, Const):
            if isinstance(one.value, PurePosixPath):
                return True
        elif isinstance(one, Seq | Map) and id(one) not in seen:
            seen.add(id(one))
            WORK.done += 1
            stack.extend(one.items if isinstance(one, Seq) else one.items.values())
    return False


def written(arguments: Iterable[Value], most: int = 100_000) -> int:
    """How many characters writing them out takes, roughly; no further than `most`."""
    found = 0
    stack = list(arguments)
    while stack and found <= most:
        one = stack.pop()
        WORK.done += 1
        found += len(one.value) if isinstance(one, Const) and isinstance(one.value, str | bytes) else 1
        if isinstance(one, Seq):
            stack.extend(one.items)
        elif isinstance(one, Map):
            stack.extend(one.items.values())
    return found


def tiny(arguments: Iterable[Value]) -> bool:
    return written(arguments) <= 100_000


def unprintable(value: Value) -> bool:
    """Whether what Python writes for it is not known: the order of a set, the class of a path in a list."""
    return unordered(value) or (isinstance(value, Seq | Map) and has_path(value))
