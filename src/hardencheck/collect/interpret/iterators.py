"""Functions of Python that go through what they are given: at once, or when somebody asks (`map`, `zip`)."""

import ast

from hardencheck.collect.interpret.frames import Frame
from hardencheck.collect.interpret.iterating import partly
from hardencheck.collect.interpret.plainly import plainly, unknown_of
from hardencheck.collect.interpret.run import Run
from hardencheck.collect.interpret.spoiling import spoil_deep
from hardencheck.collect.interpret.tables import but_for_order
from hardencheck.collect.interpret.values import (
    NOTHING,
    Const,
    Lazy,
    Map,
    NotKnown,
    Object,
    Seq,
    Unknown,
    Value,
    depending,
    depends_of,
    plain,
    truth,
)
from hardencheck.collect.interpret.written import over_called

_GOING_THROUGH = frozenset({
    *(f"builtins.{name}" for name in (
        "list", "tuple", "set", "frozenset", "sorted", "sum", "max", "min", "any", "all", "dict",
    )),
    "collections.OrderedDict", "itertools.chain", "collections.deque",
})  # fmt: skip


def gone_through(run: Run, name: str, arguments: list[Value]) -> list[Value]:
    """The arguments of a call; of one that goes through them the lists that generators and views give."""
    if name in {"builtins.any", "builtins.all"}:
        return [partly(run, one) for one in arguments]
    if name in _GOING_THROUGH:
        return [run.listed(one) for one in arguments]
    if name == "itertools.chain.from_iterable":
        return [_rows(run, one) for one in arguments]
    if name == "builtins.len":
        return [one if isinstance(one, Lazy) else run.listed(one) for one in arguments]
    return arguments


def _rows(run: Run, value: Value) -> Value:
    held = run.listed(value)
    items = run.items(held)
    if items is None:
        return held
    return Seq("list", [run.listed(one) for one in items], depends=held.depends)


def lazy(run: Run, name: str, arguments: list[Value], node: ast.AST, frame: Frame) -> Value | None:
    """map, filter, zip, enumerate, reversed: computed when somebody goes through them."""
    depends = NOTHING.union(*(value.depends for value in arguments))
    sizes = [_size(value) for value in arguments]

    def lost(why: Value | None = None) -> Value:
        found = unknown_of(why) if why is not None else run.unknown(node, frame, "call", name, depends)
        for one in arguments:
            spoil_deep(run, one, found)
        over_called(run, arguments, found)
        return found

    def make() -> Value:
        nonlocal depends
        over = [run.listed(one) for one in (arguments[1:] if name in {"map", "filter"} else arguments)]
        depends |= NOTHING.union(*(one.depends for one in over))  # how many there are
        rows = [run.items(one) for one in over]
        known = [row for row in rows if row is not None]
        if len(known) < len(rows) or any(
            not isinstance(one, Seq) and _size(one) != size for one, size in zip(arguments, sizes, strict=True)
        ):
            return lost()  # going through a table that has changed its size raises
        columns = [list(column) for column in zip(*known, strict=False)]
        match name, arguments:
            case "zip", _:
                return Seq("list", [Seq("tuple", column) for column in columns], depends=depends)
            case "enumerate", [_]:
                pairs = enumerate(known[0])
                return Seq("list", [Seq("tuple", [Const(n), item]) for n, item in pairs], depends=depends)
            case "reversed", [_]:
                if sizes[0] is None:
                    return lost()
                # It begins at what was the last item, and is over at once where there is none there any more.
                return Seq("list", known[0][: sizes[0]][::-1] if sizes[0] <= len(known[0]) else [], depends=depends)
            case "map", [function, *_]:
                made = [run.call(function, column, {}, node, frame) for column in columns]
                return Seq("list", made, depends=depends)
            case "filter", [function, _]:
                return filtered(function, known[0])
        return lost()

    def filtered(function: Value, items: list[Value]) -> Value:
        kept: list[Value] = []
        by = depends
        for item in items:
            answer = item
            if not (isinstance(function, Const) and function.value is None):
                answer = run.call(function, [item], {}, node, frame)
            known = truth(answer)
            by |= depends_of(answer)
            if known is None:
                return lost(answer)
            if known:
                kept.append(item)
        return Seq("list", kept, depends=by)

    if name == "enumerate" and len(arguments) == 2:
        start = arguments[1]
        if not isinstance(start, Const) or not isinstance(start.value, int):
            return None
        first = start.value
        only = arguments[:1]

        def counted() -> Value:
            over = run.listed(only[0])
            items = run.items(over)
            if items is None:
                return lost()
            pairs: list[Value] = [Seq("tuple", [Const(n), item]) for n, item in enumerate(items, first)]
            return Seq("list", pairs, depends=depends | over.depends)

        return Lazy(counted, tuple(only), node, frame, depends=depends)
    code = arguments[0] if name in {"map", "filter"} else None
    return Lazy(make, tuple(arguments), node if code is not None else None, frame, depends=depends)


def _size(value: Value) -> int | None:
    """How many items there are now; nothing is taken from what gives them only once."""
    match value:
        case Seq(items=items, exact=True):
            return len(items)
        case Map(items=held, maybe=maybe, exact=True) if not maybe:
            return len(held)
        case Const(value=str() as text):
            return len(text)
        case Object(kind="view", state={"of": Map() as table}):
            return _size(table)
        case Object(state={"items": Seq() as inner}):
            return _size(inner)
    return None


def in_order(value: Value, keywords: dict[str, Value], run: Run) -> Value | None:
    """The items themselves in another order: who changes one changes it in both."""
    if not isinstance(value, Seq | Map | Const):
        return None
    items = list(value.items) if isinstance(value, Seq) and but_for_order(value) else run.items(value)
    reverse = keywords.get("reverse", Const(False))
    depends = depends_of(value) | reverse.depends
    if items is None or not isinstance(reverse, Const):
        return plainly(sorted, [value], keywords)
    try:
        keys = [plain(item) for item in items]
        order = sorted(range(len(items)), key=lambda at: keys[at], reverse=bool(reverse.value))  # type: ignore[arg-type,return-value]
    except NotKnown as error:
        return Unknown(error.value.reason, error.value.text, error.value.path, error.value.line, depends=depends)
    except TypeError:
        return None
    return Seq("list", [items[number] for number in order], depends=depends)


def most_of(name: str, value: Value) -> Value | None:
    """max and min of several: one of the items itself."""
    if not isinstance(value, Seq) or not but_for_order(value) or not value.items:
        return plainly(max if name == "max" else min, [value], {}, set_too=True)
    depends = depends_of(value)
    try:
        keys = [plain(item) for item in value.items]
        best = (max if name == "max" else min)(range(len(keys)), key=lambda at: keys[at])  # type: ignore[arg-type,return-value]
    except NotKnown as error:
        return Unknown(error.value.reason, error.value.text, error.value.path, error.value.line, depends=depends)
    except TypeError:
        return None
    return depending(value.items[best], depends)
