"""Tables and names as Python shows them: `dict(...)`, `vars(x)`, `d.items()`."""

import ast
from collections.abc import Mapping

from hardencheck.collect.interpret.frames import Frame
from hardencheck.collect.interpret.run import Run
from hardencheck.collect.interpret.values import (
    NOTHING,
    Absent,
    Class,
    Const,
    Instance,
    Joined,
    Map,
    Module,
    NotKnown,
    Object,
    Seq,
    Unknown,
    Value,
    depending,
    depends_of,
    join,
    lifted,
    plain,
)


def table_from(arguments: list[Value], keywords: dict[str, Value], run: Run) -> Value | None:
    made = Map()
    if arguments:
        first = arguments[0]
        if isinstance(first, Map):
            made = first.copied()
        else:
            items = run.items(first)
            if items is None:
                return None
            made.depends |= first.depends
            for item in items:
                pair = run.items(item)
                if pair is None or len(pair) != 2:
                    return None
                made.depends |= depends_of(pair[0])
                try:
                    made.items[plain(pair[0])] = pair[1]
                except (NotKnown, TypeError):
                    return None
    made.items.update(keywords)
    made.maybe -= keywords.keys()
    return made


def keyword_places(keywords: Mapping[str, Value], node: ast.AST, frame: Frame) -> dict[object, tuple[str, int]]:
    """Where each keyword of a call is written, for those that become keys."""
    lines = {one.arg: one.value.lineno for one in node.keywords} if isinstance(node, ast.Call) else {}
    return {word: (frame.module.path, lines[word]) for word in keywords if word in lines}


def table_of(owner: Class | Instance) -> Map | None:
    """`vars(x)`: its own attributes, as a copy. Of a class that is Python's: writing to it raises."""
    names = owner.attributes
    if names.rest is not None or any(isinstance(item.value, Joined) for item in names.names.values()):
        return None
    held: dict[object, Value] = {
        name: item.value for name, item in names.names.items() if not isinstance(item.value, Absent)
    }
    depends = NOTHING.union(names.unless, *(names.absent(str(name)) for name in names.names.keys() - held.keys()))
    start: dict[object, Value] = {"__module__": Const("module")} if isinstance(owner, Class) else {}
    return Map({**start, **held}, depends=depends)


def scope_table(owner: Object) -> Map | None:
    """`vars(module)`: its names with their values, as a copy; None where not all of its names are known."""
    module = owner.state["module"]
    if not isinstance(module, Module) or module.namespace.rest is not None or module.namespace.prefixes:
        return None
    made = Map(depends=owner.depends | module.namespace.unless)
    for name, binding in module.namespace.names.items():
        options = binding.value.options if isinstance(binding.value, Joined) else (binding.value,)
        there = [option for option in options if not isinstance(option, Absent)]
        if len(there) < len(options):
            made.depends |= binding.value.depends
            made.maybe.add(name)
        if there:
            both = binding.value if len(there) == len(options) else join(there)
            made.items[name] = depending(both, binding.value.depends)
        made.maybe &= made.items.keys()
    for name in ("__builtins__", "__doc__", "__loader__", "__package__", "__spec__", "__cached__"):
        made.items.setdefault(name, Unknown("call", name))
    return made


def viewed(held: Map, what: str) -> Value:
    """What a view of a table (`d.items()`) gives now."""
    if not held.exact or held.maybe:
        return Unknown("call", f"{what} of a table that is not known", depends=held.depends)
    if what == "values":
        return Seq("list", list(held.items.values()), depends=held.depends)
    keys = [lifted(key) for key in held.items]
    if what == "keys":
        return Seq("list", keys, depends=held.depends)
    pairs = zip(keys, held.items.values(), strict=True)
    return Seq("list", [Seq("tuple", [key, value]) for key, value in pairs], depends=held.depends)


def but_for_order(value: Seq) -> bool:
    """Whether these are its items, in an order that nobody knows, or in this one."""
    return not value.extra and not value.open and (value.exact or len(value.items) > 0)
