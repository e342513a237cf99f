"""What the resolver says of a settings module, and whether that can be what a real import gave."""

import posixpath
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from hardencheck.collect.contract import Entry
from hardencheck.collect.interpret.values import (
    Absent,
    Binding,
    Const,
    Depends,
    Joined,
    Map,
    NotKnown,
    Object,
    Seq,
    Unknown,
    Value,
    depends_of,
    plain,
)
from hardencheck.collect.resolve._environment import Given
from hardencheck.collect.resolve._follow import Followed
from hardencheck.collect.resolve._modules import Modules
from hardencheck.collect.source.trees import FilesTree
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location
from hardencheck.model.target import Subject

ASSUMED = "the setting "  # before what is assumed to be off in production
ANYTHING = "any variable of the environment"
Real = list[Any]


class Said(NamedTuple):
    """binding: None where the name is said not to be set. depends: what may change that."""

    binding: Binding | None
    depends: Depends

    @property
    def assumed(self) -> bool:
        return any(name.startswith(ASSUMED) for name in self.depends)

    @property
    def known(self) -> bool:
        if self.binding is None:
            return True
        try:
            plain(self.binding.value)
        except NotKnown:
            return _is_place(self.binding.value)
        return True

    def agrees(self, real: Real | None, root: str) -> bool:
        """Whether it can be so. real: None where the name is not set."""
        if self.binding is None:
            return real is None
        return agrees(self.binding.value, real, root)

    def shown(self) -> str:
        return f"{self.binding!r:.1500}" if self.binding is not None else "not set"


def _is_place(value: Value) -> bool:
    return isinstance(value, Object) and value.kind == "place"


class Resolved:
    """A settings package as the resolver sees it with one environment."""

    def __init__(
        self, folder: Path, files: Mapping[str, str], path: str, environment: Mapping[str, str], configuration: str
    ) -> None:
        entries = [Entry(name, name.encode(), 0o100644, len(text.encode())) for name, text in files.items()]
        tree = FilesTree(Subject(name="shop", kind="directory"), folder, entries)
        given = {name: Given("text", text, Location(), "compose") for name, text in environment.items()}
        modules = Modules(FactSet(), tree)
        self.followed: Followed = modules.follow(path, given, configuration)

    def names(self) -> set[str]:
        """Settings: a logging configuration that is kept whatever it is called is not among them."""
        return {name for name in self.followed.names if name.isupper()}

    def says(self, name: str) -> Said:
        binding = self.followed.binding(name)
        if binding is None or isinstance(binding.value, Absent):
            return Said(None, self.followed.absent(name))
        return Said(binding, depends_of(binding.value))


def agrees(value: Value, real: Real | None, root: str) -> bool:
    """Whether a value of the resolver, known or in part, can be this one."""
    match value:
        case Absent():
            return real is None
        case Unknown():
            return True
        case Joined(options=options):
            return any(agrees(option, real, root) for option in options)
        case _ if real is None:
            return False
        case Const(value=inner):
            return encoded(inner) == real
        case Seq():
            # What was added to something unknown is a list or a tuple, as that was.
            kinds = {"list", "tuple"} if value.open and value.kind != "set" else {value.kind}
            return real[0] in kinds and _sequence(value, real[1], root)
        case Map():
            return real[0] == "dict" and _table(value, real[1], root)
        case Object(kind="place", state={"path": Const(value=str() as path), "form": Const(value=form)}):
            kind = "path" if form == "path" else "str"
            spelled = posixpath.normpath(str(real[1]))
            return real[0] == kind and spelled == posixpath.normpath(posixpath.join(root, path))
    return True


def _sequence(value: Seq, items: list[Real], root: str) -> bool:
    if value.exact and value.kind != "set":
        return len(items) == len(value.items) and all(
            agrees(one, item, root) for one, item in zip(value.items, items, strict=True)
        )
    if not all(any(agrees(one, item, root) for item in items) for one in value.items):
        return False
    possible = [*value.items, *value.extra]
    return value.open or all(any(agrees(one, item, root) for one in possible) for item in items)


def _table(value: Map, pairs: list[list[Real]], root: str) -> bool:
    there = {repr(key): item for key, item in pairs}
    mine = {repr(encoded(key)): (key, item) for key, item in value.items.items()}
    if value.exact and there.keys() - mine.keys():
        return False
    for spelled, (key, item) in mine.items():
        if spelled not in there:
            if key not in value.maybe:
                return False
        elif not agrees(item, there[spelled], root):
            return False
    return True


def encoded(value: object) -> Real:
    """As child.py writes it."""
    kind = type(value)
    match value:
        case None | bool() | int() | str():
            return [kind.__name__, value]
        case float():
            return ["float", repr(value)]
        case bytes():
            return ["bytes", value.hex()]
        case timedelta():
            return ["timedelta", [value.days, value.seconds, value.microseconds]]
        case Decimal():
            return ["Decimal", str(value)]
        case PurePosixPath():
            return ["path", str(value)]
        case list() | tuple():
            return [kind.__name__, [encoded(item) for item in value]]
        case set() | frozenset():
            return ["set", sorted((encoded(item) for item in value), key=repr)]
    raise AssertionError(f"a value of the resolver that no setting has: {value!r}")
