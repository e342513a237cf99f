"""What going through a value gives."""

from collections.abc import Iterator

from hardencheck.collect.interpret import tables
from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.frames import MAX_LOOP
from hardencheck.collect.interpret.run import Run
from hardencheck.collect.interpret.signals import Unsure
from hardencheck.collect.interpret.values import (
    WORK,
    Const,
    Joined,
    Lazy,
    Map,
    Namespace,
    Object,
    Seq,
    Unknown,
    Value,
    depending,
    lifted,
    now,
    same,
)


def listed(run: Run, value: Value) -> Value:
    """A generator, a range or a view of a table as the list of what it gives now; other values as they are."""
    match value:
        case Lazy(used=used):
            if used.items or not used.exact:
                return Unknown("call", "an iterator that was gone through before", depends=value.depends)
            run.touch(used)
            if run.perhaps:
                used.taint()
            else:
                used.items.append(Const(True))
            return depending(value.make(), value.depends | used.depends)  # whether somebody took from it
        case Object(kind="view", state={"of": Map() as held, "what": Const(value=str() as what)}):
            return depending(tables.viewed(held, what), value.depends)
        case Object(kind="range" | "names", state={"items": Seq() as inner}):
            return depending(inner, value.depends)
        case _:
            return value


def partly(run: Run, value: Value) -> Value:
    """The same for who stops somewhere: what the code behind it writes on the way is not known."""
    since = now()
    with run.watching() as journal:
        found = run.listed(value)
    why = Unknown("call", "what is computed while it is asked for")
    for thing, _ in journal.values():
        if thing.born < since and not (isinstance(value, Lazy) and thing is value.used):
            run.touch(thing)
            thing.taint(why) if isinstance(thing, Namespace) else thing.taint()
    return found


def items(run: Run, value: Value) -> list[Value] | None:
    """What iterating over it gives, in that order; None when that is not known."""
    value = run.listed(value)
    match value:
        case Seq(kind="set", items=items) if len(items) > 1:
            return None
        case Seq(items=items, exact=True):
            WORK.done += len(items) if value.depends else len(items) >> 4
            return [depending(item, value.depends) for item in items] if value.depends else list(items)
        case Map(items=held, maybe=maybe, exact=True) if not maybe:
            return [lifted(key, value.depends) for key in held]
        case Const(value=str() as text):
            return [Const(letter, depends=value.depends) for letter in text] if len(text) <= MAX_LOOP else None
        case Joined(options=options) if all(same(option, options[0]) for option in options):
            return run.items(depending(options[0], value.depends))
        case Object(kind="scope"):
            table = tables.scope_table(value)
            return run.items(table) if table is not None else None
        case Object(state={"items": Seq() as inner}):
            return run.items(inner)
        case _:
            return None


def going_over(run: Run, value: Value, items: list[Value]) -> Iterator[Value]:
    """The items one after the other, as they are when their turn comes: a loop may change what it goes over."""
    if isinstance(value, Seq) and value.kind == "list" and value.exact:
        at = 0
        while at < len(value.items):
            item = value.items[at]
            yield depending(item, value.depends) if value.depends else item
            if not value.exact:
                raise Unsure
            at += 1
    elif isinstance(value, Map):
        keys = list(value.items)
        for item in items:
            yield item
            if value.exact and not value.maybe and len(value.items) != len(keys):
                run.watched |= value.depends
                raise Raised("RuntimeError")
            if not value.exact or value.maybe or list(value.items) != keys:
                raise Unsure
    else:
        yield from items
