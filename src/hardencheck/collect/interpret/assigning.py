"""Values given to names, attributes and items."""

import ast
from collections.abc import Sequence
from dataclasses import replace

from hardencheck.collect.interpret import environment
from hardencheck.collect.interpret.about import of_the_environment
from hardencheck.collect.interpret.attributes import is_descriptor
from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.foreign import not_followed
from hardencheck.collect.interpret.forking import on_each
from hardencheck.collect.interpret.frames import MAX_SIZE, Frame, OutOfBudget
from hardencheck.collect.interpret.inheritance import BARE, class_attribute
from hardencheck.collect.interpret.modelling import Call, modelled
from hardencheck.collect.interpret.plainly import text_of
from hardencheck.collect.interpret.run import Run
from hardencheck.collect.interpret.spoiling import spoil, spoil_deep
from hardencheck.collect.interpret.values import (
    ABSENT,
    MAX_CHAIN,
    Class,
    Const,
    Function,
    Instance,
    Joined,
    Library,
    Map,
    Module,
    Namespace,
    NotKnown,
    Object,
    Seq,
    Unknown,
    Value,
    changing,
    depending,
    depends_of,
    join,
    parts_of,
    plain,
)
from hardencheck.collect.interpret.written import taint_written


def assign(run: Run, target: ast.expr, value: Value, frame: Frame) -> None:
    match target:
        case ast.Name(id=name):
            run.bind(frame, name, value, target.lineno)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            _unpack(run, target, elements, value, frame)
        case ast.Starred(value=inner):
            assign(run, inner, value, frame)
        case ast.Attribute(value=owner, attr=name):
            run.set_attribute(run.value(owner, frame), name, value, target, frame)
        case ast.Subscript(value=owner, slice=key):
            run.set_item(run.value(owner, frame), run.value(key, frame), value, target, frame)
        case _:
            taint_written(run, [target], frame, run.unknown(target, frame))


def _unpack(run: Run, target: ast.expr, elements: Sequence[ast.expr], value: Value, frame: Frame) -> None:
    stars = [number for number, item in enumerate(elements) if isinstance(item, ast.Starred)]
    value = run.listed(value)
    items = run.items(value)
    if items is None or (not stars and len(items) != len(elements)) or len(items) < len(elements) - len(stars):
        why = run.unknown(target, frame, "call", "unpacked", depends_of(value))
        why.reach = changing(parts_of(value))
        for item in elements:
            assign(run, item, why, frame)
        return
    if not stars:
        for item, one in zip(elements, items, strict=True):
            assign(run, item, one, frame)
        return
    first = stars[0]
    after = len(elements) - first - 1
    for item, one in zip(elements[:first], items[:first], strict=True):
        assign(run, item, one, frame)
    assign(run, elements[first], Seq("list", items[first : len(items) - after], depends=value.depends), frame)
    for item, one in zip(elements[first + 1 :], items[len(items) - after :], strict=True):
        assign(run, item, one, frame)


def set_attribute(run: Run, owner: Value, name: str, value: Value, node: ast.AST, frame: Frame) -> None:
    if run.perhaps and isinstance(owner, Module | Instance | Class):
        value = replace(run.unknown(node, frame, "branch", "", depends_of(value)), reach=changing([value]))
    match owner:
        case Instance(cls=cls) if cls is not None and class_attribute(run, cls, "__setattr__") is not None:
            outside = {base for one in cls.order for base in one.outside if base not in BARE}
            call = Call(run, name, [value], {}, node, frame, owner)
            if not outside or not all(modelled("SETTERS", base, call) is not None for base in outside):
                not_followed(run, node, frame, [owner, value])
        case Instance(cls=cls) if cls is not None and is_descriptor(run, held := class_attribute(run, cls, name)):
            _set_descriptor(run, owner, held, value, node, frame)
        case Instance(cls=cls, attributes=names) if cls is not None and class_attribute(run, cls, "__slots__"):
            run.may_raise = True
            set_in(run, names, name, value, False, node, frame)
        case Module(namespace=names) if name in {"__class__", "__dict__"}:
            run.taint(names, run.unknown(node, frame, "tainted"))
        case Module(namespace=names) | Instance(attributes=names) | Class(attributes=names):
            if run.perhaps:
                before = names.get(name)
                value = join([before.value if before is not None else ABSENT, value])
            set_in(run, names, name, value, isinstance(owner, Module), node, frame)
        case Joined():
            _put_somewhere(run, owner, value, node, frame)
        case Object(kind="environ"):
            environment.export(run, None, Const(None))  # os.environ.get = ...
            run.patched.add("os.environ.*")
        case Object(kind=kind):
            if modelled("SETTERS", kind, Call(run, name, [value], {}, node, frame, owner)) is None:
                _put_somewhere(run, owner, value, node, frame)
        case Library(dotted=dotted):
            run.patched.add(f"{dotted}.{name}")
        case _:
            _put_somewhere(run, owner, value, node, frame)


def set_in(run: Run, names: Namespace, name: str, value: Value, of_module: bool, node: ast.AST, frame: Frame) -> None:
    run.bind_in(names, name, value, frame.module.path, getattr(node, "lineno", 0))
    _, origin = run.origins.get(id(value), (None, None))
    if of_module and origin is not None and origin[0] == name:
        # A loader moves it here: it was given its value where the class says so.
        made = names.names[name]
        chain = (*made.chain, *origin[1].chain, (made.path, made.line))[-MAX_CHAIN:]
        names.names[name] = made._replace(path=origin[1].path, line=origin[1].line, chain=chain)


def _set_descriptor(run: Run, owner: Value, held: Value | None, value: Value, node: ast.AST, frame: Frame) -> None:
    if isinstance(held, Function) and held.how == "property":
        if isinstance(held.setter, Function):
            run.call_function(held.setter, [owner, value], {}, node, frame)
        elif run.catching("AttributeError"):
            raise Raised("AttributeError")
        return
    not_followed(run, node, frame, [owner, value, *([held] if held is not None else [])])


def set_item(run: Run, owner: Value, key: Value, value: Value, node: ast.AST, frame: Frame) -> None:
    value = depending(value, run.condition)
    if isinstance(owner, Library):
        run.patched.add(f"{owner.dotted}.{text_of(key) or '*'}")
    if isinstance(node, ast.Subscript) and isinstance(owner, Unknown | Library) and of_the_environment(node.value):
        environment.export(run, None, Const(None))
    if isinstance(owner, Object):
        stored = modelled("STORES", owner.kind, Call(run, "[]", [key, value], {}, node, frame, owner))
        if stored is None:
            environment.set_item(run, owner, key, value, node, frame)
        return
    try:
        index = plain(key)
        hash(index)
    except (NotKnown, TypeError):
        _put_somewhere(run, owner, value, node, frame)
        return
    if run.perhaps:
        _put_somewhere(run, owner, value, node, frame)
    elif isinstance(owner, Joined) and all(isinstance(option, Map) for option in owner.options):
        why = run.unknown(node, frame)
        on_each(run, owner, lambda one: run.set_item(one, key, value, node, frame), why)
    elif isinstance(owner, Map):
        run.touch(owner)
        if len(owner.items) > MAX_SIZE:
            raise OutOfBudget
        owner.items[index] = value
        owner.maybe.discard(index)
        owner.places[index] = (frame.module.path, getattr(node, "lineno", 0))
        owner.depends |= run.condition | depends_of(key)
    elif (
        isinstance(owner, Seq)
        and owner.exact
        and owner.kind == "list"
        and isinstance(index, int)
        and -len(owner.items) <= index < len(owner.items)
    ):
        run.touch(owner)
        owner.items[index] = value
        owner.depends |= run.condition | depends_of(key)
    else:
        _put_somewhere(run, owner, value, node, frame)


def _put_somewhere(run: Run, owner: Value, value: Value, node: ast.AST, frame: Frame) -> None:
    """A value is put into what is not known, or nobody knows where: whoever has that can change it."""
    why = run.unknown(node, frame)
    spoil(run, owner, why)
    if isinstance(owner, Map):
        owner.lost += changing([value])
    elif isinstance(owner, Seq):
        owner.extra.extend(changing([value]))
    else:
        spoil_deep(run, value, why)
