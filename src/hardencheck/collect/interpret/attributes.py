"""Attributes and items of values, asked for."""

import ast
from dataclasses import replace

from hardencheck.collect.interpret import asking, environment, library, tables
from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.foreign import not_followed
from hardencheck.collect.interpret.frames import Frame
from hardencheck.collect.interpret.inheritance import after_of, class_attribute, instead_of_absent, remember
from hardencheck.collect.interpret.modelling import Call, modelled
from hardencheck.collect.interpret.python_names import EMPTY
from hardencheck.collect.interpret.run import Run
from hardencheck.collect.interpret.spoiling import spoil_deep
from hardencheck.collect.interpret.values import (
    NOTHING,
    Binding,
    Class,
    Const,
    Function,
    Instance,
    Joined,
    Library,
    Map,
    Method,
    Module,
    NotKnown,
    Object,
    Seq,
    Unknown,
    Value,
    changing,
    depending,
    depends_of,
    join,
    lifted,
    parts_of,
    perhaps_absent,
    plain,
)

# Where Python keeps the names of frames and functions.
_INSIDES = frozenset({"f_globals", "f_locals", "f_builtins", "__globals__", "func_globals"})


def attribute(run: Run, owner: Value, name: str, node: ast.AST, frame: Frame) -> Value:
    found_at = _found(run, owner, name, node, frame)
    return depending(found_at, owner.depends) if owner.depends else found_at


def _found(run: Run, owner: Value, name: str, node: ast.AST, frame: Frame) -> Value:
    if name in _INSIDES:
        # The names of a function or a frame: whoever has them can set any.
        inside = run.unknown(node, frame, "tainted")
        for module in run.running.values():
            run.taint(module.namespace, inside)
        run.taint(frame.names, inside)
        return inside
    match owner:
        case Module(namespace=names, path=path):
            found = names.get(name)
            if found is not None:
                return found.value
            inner = run.source.find(f".{name}", path) if path.endswith("__init__.py") else None
            if inner is not None:
                return run.module(inner)
            if name == "__dict__":
                return Object(kind="scope", state={"module": owner})
            return run.unknown(node, frame, depends=names.absent(name))
        case Library(dotted=base):
            return library.attribute(run, f"{base}.{name}", node, frame)
        case Instance(cls=cls, attributes=names):
            if "__class__" in names.names:
                return run.unknown(node, frame)
            if cls is not None and any("__getattribute__" in one.attributes.names for one in cls.order):
                return run.unknown(node, frame)
            if name == "__dict__":
                return Object(kind="attributes", state={"of": owner})
            return _of_instance(run, owner, cls, name, node, frame)
        case Class():
            inherited = class_attribute(run, owner, name)
            for base in owner.outside:
                call = Call(run, name, [inherited] if inherited is not None else [], {}, node, frame, owner)
                member = modelled("MEMBERS", base, call)
                if member is not None:
                    return member
            if inherited is not None:
                return bound_to(run, inherited, None, owner, node, frame)
            if name in {"__name__", "__qualname__"}:
                return Const(owner.name)
            if name == "__mro__" and not any(one.outside for one in owner.order):
                return Seq("tuple", [*owner.order, Library(dotted="builtins.object")])
            if name == "__dict__":
                return tables.table_of(owner) or run.unknown(node, frame)
            return run.unknown(node, frame)
        case Unknown():
            run.may_raise = True
            return owner
        case Joined(options=options) if all(isinstance(option, Seq | Map) for option in options):
            return Method(owner=owner, name=name, depends=owner.depends)
        case Joined(options=options):
            return join([run.attribute(option, name, node, frame) for option in options])
        case Object(kind="super"):
            return _of_super(run, owner, name, node, frame)
        case Object(kind=kind):
            found_value = modelled("ATTRIBUTES", kind, Call(run, name, [], {}, node, frame, owner))
            return found_value or Method(owner=owner, name=name)
        case _:
            found_value = asking.plain_attribute(owner, name)
            if found_value is None and not asking.has_attribute(owner, name):
                run.watched |= owner.depends
                if run.catching("AttributeError"):
                    raise Raised("AttributeError")
                run.may_raise = True
            return found_value if found_value is not None else Method(owner=owner, name=name, depends=owner.depends)


def _of_instance(run: Run, owner: Instance, cls: Class | None, name: str, node: ast.AST, frame: Frame) -> Value:
    names = owner.attributes
    inherited = class_attribute(run, cls, name) if cls is not None else None
    if inherited is not None and is_descriptor(run, inherited):
        return bound_to(run, inherited, owner, cls, node, frame)
    code = isinstance(inherited, Function)  # nobody writes over a method
    found = names.get(name) if name in names.names or not code else None
    if found is None:
        depends = names.absent(name)
        if inherited is None:
            return Unknown("call", f"{name} of an object", depends=owner.depends | depends)
        return depending(bound_to(run, inherited, owner, cls, node, frame), depends)
    if perhaps_absent(found.value):
        run.may_raise = True
        below = bound_to(run, inherited, owner, cls, node, frame) if inherited is not None else None
        return instead_of_absent(found.value, below)
    return found.value


def _of_super(run: Run, owner: Object, name: str, node: ast.AST, frame: Frame) -> Value:
    receiver, after = owner.state["of"], owner.state["after"]
    cls = receiver.cls if isinstance(receiver, Instance) else receiver
    if isinstance(cls, Class) and isinstance(after, Const) and isinstance(after.value, int):
        found = class_attribute(run, cls, name, after.value)
        if found is None and name in EMPTY:
            return Library(dotted=f"builtins.object.{name}")
        if found is not None and not isinstance(found, Unknown):
            return bound_to(run, found, receiver if isinstance(receiver, Instance) else None, cls, node, frame)
        for base in (one for one in after_of(cls.line_up, after.value) if isinstance(one, str)):
            answer = modelled("SUPERS", base, Call(run, name, [], {}, node, frame, receiver))
            if answer is not None:
                return answer
    why = run.unknown(node, frame)
    spoil_deep(run, receiver, why)
    return why


def bound_to(run: Run, value: Value, owner: Value | None, cls: Class | None, node: ast.AST, frame: Frame) -> Value:
    if isinstance(value, Instance) and class_attribute(run, value.cls, "__get__") is not None:  # type: ignore[arg-type]
        return run.unknown(node, frame, "call", "a descriptor")
    if isinstance(value, Joined) and any(isinstance(option, Function | Instance) for option in value.options):
        return join([bound_to(run, option, owner, cls, node, frame) for option in value.options])
    if not isinstance(value, Function):
        return value
    if value.how == "opaque":
        return value
    if value.how == "decorated":
        return not_followed(run, node, frame, [value, *([owner] if owner is not None else [])], value.name)
    if value.how in {"property", "cached_property"}:
        if owner is None:
            return run.unknown(node, frame)
        computed = run.call_function(value, [owner], {}, node, frame)
        line = getattr(value.node, "lineno", 0)
        remember(run, value.name, computed, Binding(computed, value.path, line))
        if value.how == "cached_property" and isinstance(owner, Instance):
            run.bind_in(owner.attributes, value.name, computed, value.path, line)
        return computed
    if value.how == "staticmethod":
        return value
    receiver = cls if value.how == "classmethod" else owner
    if receiver is None:
        return value
    return Function(
        value.node, value.path, value.frame, value.name, value.defaults, value.keyword_defaults, receiver, "bound",
        depends=value.depends,
    )  # fmt: skip


def is_descriptor(run: Run, held: Value | None) -> bool:
    """Whether what a class has under a name decides what setting it on an object does."""
    if isinstance(held, Function):
        return held.how in {"property", "decorated"}
    if isinstance(held, Joined):
        return any(is_descriptor(run, option) for option in held.options)
    if not isinstance(held, Instance) or held.cls is None:
        return False
    return any(name in one.attributes.names for one in held.cls.order for name in ("__set__", "__delete__"))


def subscript(run: Run, owner: Value, key: ast.expr, node: ast.AST, frame: Frame) -> Value:
    if isinstance(owner, Joined):
        found = [subscript(run, option, key, node, frame) for option in owner.options]
        return depending(join(found), owner.depends)
    if isinstance(owner, Library) and owner.dotted in {"typing.Literal", "typing_extensions.Literal"}:
        each = key.elts if isinstance(key, ast.Tuple) else [key]
        words = Seq("tuple", [run.value(part, frame) for part in each])
        return Object(kind="typing.literal", state={"of": words})
    if isinstance(owner, Library):
        generic = run.unknown(node, frame, depends=owner.depends)  # `Auth[User]`
        run.foreign.add((generic.path, generic.line, generic.text))
        return generic
    if isinstance(key, ast.Slice):
        bounds = [run.value(part, frame) if part else Const(None) for part in (key.lower, key.upper, key.step)]
        by = NOTHING.union(*(bound.depends for bound in bounds))
        try:
            low, high, step = (plain(bound) for bound in bounds)
            if isinstance(owner, Object):
                owner = run.listed(owner) if owner.kind == "range" else owner
            if isinstance(owner, Seq) and owner.exact and owner.kind != "set":
                return Seq(owner.kind, owner.items[low:high:step], depends=owner.depends | by)  # type: ignore[index]
            if isinstance(owner, Seq):
                why = run.unknown(node, frame, depends=depends_of(owner) | by)
                return replace(why, reach=changing(parts_of(owner)))
            return lifted(plain(owner)[low:high:step], depends_of(owner) | by)  # type: ignore[index]
        except (NotKnown, TypeError, ValueError):
            why = run.unknown(node, frame, depends=depends_of(owner))
            return replace(why, reach=changing(parts_of(owner)))
    index = run.value(key, frame)
    if by_key := depends_of(index):
        for other in owner.items if isinstance(owner, Seq) else owner.items.values() if isinstance(owner, Map) else ():
            depending(other, by_key)  # lists: it may be another one that is changed through what this gives
    if isinstance(owner, Object):
        call = Call(run, "[]", [index], {}, node, frame, owner)
        item = modelled("ITEMS", owner.kind, call)
        return item or environment.get_item(run, owner, index, node, frame)
    depends = owner.depends | depends_of(index)
    if isinstance(owner, Unknown):
        run.may_raise = True
        return depending(owner, depends)
    try:
        known = plain(index)
    except NotKnown:
        # Any of them, or none.
        run.may_raise = True
        parts = parts_of(owner)
        if isinstance(owner, Map | Seq) and owner.exact and parts:
            return depending(join(parts), depends)
        return replace(run.unknown(node, frame, depends=depends), reach=changing(parts))
    try:
        if isinstance(owner, Map):
            if known in owner.items:
                if known in owner.maybe:
                    run.may_raise = True
                return depending(owner.items[known], depends)
            if owner.exact:
                run.watched |= depends
                if run.catching("KeyError", "LookupError"):
                    raise Raised("KeyError")
            return replace(run.unknown(node, frame, depends=depends), reach=changing(parts_of(owner)))
        if isinstance(owner, Seq):
            if owner.exact and owner.kind != "set" and isinstance(known, int):
                if -len(owner.items) <= known < len(owner.items):
                    return depending(owner.items[known], depends)
            return replace(run.unknown(node, frame, depends=depends), reach=changing(parts_of(owner)))
        return lifted(plain(owner)[known], depends | depends_of(owner))  # type: ignore[index]
    except (NotKnown, TypeError, LookupError):
        return run.unknown(node, frame, depends=depends)
