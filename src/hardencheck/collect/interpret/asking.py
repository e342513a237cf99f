"""Objects asked for what they have: `getattr`, `hasattr`, `dir`, `inspect.getmembers`."""

import ast
from datetime import timedelta
from pathlib import PosixPath, PurePosixPath

from hardencheck.collect.interpret.frames import Frame
from hardencheck.collect.interpret.plainly import depending_copy
from hardencheck.collect.interpret.run import Run
from hardencheck.collect.interpret.values import (
    Absent,
    Class,
    Const,
    Depends,
    Instance,
    Joined,
    Library,
    Module,
    Namespace,
    Seq,
    Unknown,
    Value,
    depends_of,
    join,
    lifted,
    perhaps_absent,
)
from hardencheck.lazily import compiled

_CONFIGURATION = compiled(r"(?:\w+_)?(?:conf|config|configuration|local_?settings|custom_?settings)(?:_module)?")
_OBJECT = frozenset(dir(object))


def plain_attribute(owner: Value, name: str) -> Value | None:
    """An attribute (not a method) of a plain object; None when it is a method or not known."""
    if (
        isinstance(owner, Const)
        and isinstance(owner.value, PurePosixPath)
        and name in {"parent", "name", "suffix", "stem"}
    ):
        return lifted(getattr(owner.value, name), owner.depends)
    if isinstance(owner, Const) and isinstance(owner.value, timedelta) and name in {"days", "seconds", "microseconds"}:
        return Const(getattr(owner.value, name), depends=owner.depends)
    return None


def has_attribute(owner: Value, name: str) -> bool:
    """Whether a plain value has an attribute or method of this name; of other values that is not known: yes."""
    match owner:
        case Const(value=PurePosixPath()):
            return hasattr(PosixPath, name)
        case Const(value=inner):
            return hasattr(type(inner), name)
        case Seq(kind=kind):
            return hasattr({"list": list, "tuple": tuple, "set": set}[kind], name)
    return True


def get_attribute(
    run: Run, name: str, owner: Value, attribute: str, rest: list[Value], node: ast.AST, frame: Frame
) -> Value | None:
    if isinstance(owner, Module):
        found = owner.namespace.get(attribute)
        if found is not None:
            known = not isinstance(found.value, Unknown) or attribute in owner.namespace.names
            if isinstance(found.value, Joined):
                known = not any(isinstance(option, Absent) for option in found.value.options)
            if name == "hasattr":
                return Const(True, depends=found.value.depends) if known else None
            if known or not rest:
                return found.value
            if isinstance(found.value, Joined):
                given = [rest[0] if isinstance(option, Absent) else option for option in found.value.options]
                return depending_copy(join(given), found.value.depends)
            return None
        inner = run.source.find(f".{attribute}", owner.path) if owner.path.endswith("__init__.py") else None
        if inner is not None:
            return None
        if attribute.startswith("__") or "__getattr__" in owner.namespace.names:
            return None
        absent = owner.namespace.absent(attribute)
        if name == "hasattr":
            return Const(False, depends=absent)
        return depending_copy(rest[0], absent) if rest else None
    if isinstance(owner, Instance | Class):
        lacking = _lacks(owner, attribute)
        if lacking is not None and (rest or name == "hasattr"):
            return Const(False, depends=lacking) if name == "hasattr" else depending_copy(rest[0], lacking)
        held = run.attribute(owner, attribute, node, frame)
        if isinstance(held, Unknown):
            return held  # asking for it ran what it runs, and changes nothing else
        if _perhaps_lacks(owner, attribute) and (rest or name == "hasattr"):
            return Unknown("branch", name, depends=held.depends) if name == "hasattr" else join([held, rest[0]])
        return Const(True, depends=held.depends) if name == "hasattr" else held
    if isinstance(owner, Const):
        there = has_attribute(owner, attribute)
        if name == "hasattr":
            return Const(there, depends=owner.depends)
        return depending_copy(rest[0], owner.depends) if rest and not there else None
    if isinstance(owner, Library) and owner.dotted == "django.conf.settings" and name == "getattr":
        held_there = run.shared.get(owner.dotted)
        if isinstance(held_there, Instance):
            found = held_there.attributes.get(attribute)
            return found.value if found is not None else rest[0] if rest else None
    called = _configuration(node)
    if called and isinstance(owner, Unknown | Joined):
        # What an operator writes in a module that is not in the repository: nothing, as far as the repository says.
        depends = depends_of(owner) | {f"{called}.{attribute}"}
        if name == "hasattr":
            return Const(False, depends=depends)
        return depending_copy(rest[0], depends) if rest else run.unknown(node, frame, "import", "", depends)
    return None


def _spaces(owner: Instance | Class) -> list[Namespace]:
    cls = owner.cls if isinstance(owner, Instance) else owner
    own = [owner.attributes] if isinstance(owner, Instance) else []
    return [*own, *(one.attributes for one in cls.order)] if cls is not None else own


def _perhaps_lacks(owner: Instance | Class, attribute: str) -> bool:
    """Whether all that would give it was set under a condition that is not known."""
    held = [binding.value for space in _spaces(owner) if (binding := space.names.get(attribute)) is not None]
    there = [value for value in held if not isinstance(value, Absent)]
    return bool(there) and all(map(perhaps_absent, there))


def _lacks(owner: Instance | Class, attribute: str) -> Depends | None:
    """What it depends on that an object of the repository has no such attribute; None: it has, or may have."""
    cls = owner.cls if isinstance(owner, Instance) else owner
    if cls is None or attribute.startswith("__") or (isinstance(owner, Class) and hasattr(type, attribute)):
        return None
    spaces = _spaces(owner)
    if any(one.outside for one in cls.order) or any(space.get(attribute) is not None for space in spaces):
        return None
    if any(name in space.names for space in spaces for name in ("__getattr__", "__getattribute__", "__slots__")):
        return None
    return owner.depends.union(*(space.absent(attribute) for space in spaces))


def _configuration(node: ast.AST) -> str:
    """The name of the object whose attribute is asked for, where it is called a configuration."""
    first = node.args[0] if isinstance(node, ast.Call) and node.args else None
    return first.id if isinstance(first, ast.Name) and _CONFIGURATION.fullmatch(first.id) else ""


def member_names(run: Run, owner: Value) -> set[str] | None:
    """The names that `dir()` gives; None where not all of them are known."""
    if isinstance(owner, Module):
        spaces = [owner.namespace]
    elif isinstance(owner, Class | Instance):
        cls = owner if isinstance(owner, Class) else owner.cls
        order = cls.order if cls is not None else ()
        if any(one.outside for one in order):
            return None
        spaces = [one.attributes for one in order] + ([owner.attributes] if isinstance(owner, Instance) else [])
    else:
        return None
    if any(space.rest is not None or space.unless for space in spaces):
        return None
    held = [(name, item.value) for space in spaces for name, item in space.names.items()]
    if any(
        isinstance(value, Absent) or (isinstance(value, Joined) and any(isinstance(o, Absent) for o in value.options))
        for _, value in held
    ):
        return None
    return {name for name, _ in held} | set(dir(object))


def getmembers(
    run: Run, arguments: list[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
) -> Value | None:
    """`inspect.getmembers(x)`: pairs of name and value, sorted by name."""
    names = member_names(run, arguments[0]) if len(arguments) == 1 and not keywords else None
    if names is None:
        return None
    pairs: list[Value] = []
    for name in sorted(names):
        held = Unknown("call", name) if name in _OBJECT else run.attribute(arguments[0], name, node, frame)
        pairs.append(Seq("tuple", [Const(name), held]))
    return Seq("list", pairs)
