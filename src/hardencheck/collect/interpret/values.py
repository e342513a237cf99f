"""Abstract values, and the places that hold them.

A value is known (`Const`, containers of known values), one of several (`Joined`), or not known, with a reason
(`Unknown`). Every value says on which environment variables it depends. What can be changed after it was made (a list,
a table, a namespace) can be saved and put back, so that both sides of a condition are followed from one state.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Literal, NamedTuple, TypeGuard

Depends = frozenset[str]
NOTHING: Depends = frozenset()
Kind = Literal["list", "tuple", "set"]
MAX_OPTIONS = 6
MAX_CHAIN = 12
MAX_LOST = 1_000
_OWN = frozenset({"__file__", "__name__"})  # nobody writes over these
MAX_PARTS = (
    100_000  # of one value that is looked at as a whole: lists in lists grow faster than the steps that make them
)

Plain = bool | int | float | complex | str | bytes | None | timedelta | Decimal | PurePosixPath


class NotKnown(Exception):
    """A value cannot be had as a Python object; `value` is the unknown part."""

    def __init__(self, value: "Unknown") -> None:
        super().__init__(value.text)
        self.value = value


class Work:
    """How much was looked at: values, items that were copied, texts. What an interpreter may spend is bounded, and a
    single step of it can be as dear as its largest list."""

    __slots__ = ("done",)

    def __init__(self) -> None:
        self.done = 0


WORK = Work()
_births = itertools.count()


def now() -> int:
    """A number that is larger than that of every changing thing that is there already."""
    return next(_births)


@dataclass(eq=False, slots=True)
class Value:
    depends: Depends = field(default=NOTHING, kw_only=True)


@dataclass(eq=False, slots=True)
class Const(Value):
    value: Plain | tuple[object, ...] | frozenset[object] = None


@dataclass(eq=False, slots=True)
class Unknown(Value):
    """reason: "env-required", "generated", "branch", "call", "import", "tainted", "loader", "budget", "python-syntax",
    "location". text: what stopped the interpreter, for people. reach: what it may be, or hold: changed with it."""

    reason: str = "call"
    text: str = ""
    path: str = ""
    line: int = 0
    reach: tuple[Value, ...] = field(default=(), kw_only=True)


@dataclass(eq=False, slots=True)
class Joined(Value):
    """apart: each of them was made where it is the one, and is nowhere else: what is done to it is done to each."""

    options: tuple[Value, ...] = ()
    apart: bool = field(default=False, kw_only=True)


@dataclass(eq=False, slots=True)
class Seq(Value):
    """exact: these items in this order and no others. Else `items` surely are in it, `extra` perhaps; open: and others
    may be."""

    kind: Kind = "list"
    items: list[Value] = field(default_factory=list)
    extra: list[Value] = field(default_factory=list)
    exact: bool = True
    open: bool = False
    born: int = field(default_factory=now, kw_only=True)

    def __post_init__(self) -> None:
        WORK.done += len(self.items) >> 2

    def save(self) -> object:
        WORK.done += len(self.items) >> 2
        return (list(self.items), list(self.extra), self.exact, self.open)

    def load(self, state: object) -> None:
        held: tuple[list[Value], list[Value], bool, bool] = state  # type: ignore[assignment]
        self.items, self.extra, self.exact, self.open = list(held[0]), list(held[1]), held[2], held[3]

    def merge(self, states: list[object], why: Unknown) -> None:
        plain: list[tuple[list[Value], list[Value], bool, bool]] = states  # type: ignore[assignment]
        first = plain[0]
        if all(_same_items(first, other) for other in plain[1:]):
            self.load(first)
            return
        surely = [item for item in first[0] if all(any(alike(item, it) for it in other[0]) for other in plain[1:])]
        maybe: list[Value] = []
        for items, extra, _, _ in plain:
            for item in (*items, *extra):
                if not any(alike(item, known) for known in (*surely, *maybe)):
                    maybe.append(item)
        if not maybe and any(len(items) != len(surely) for items, *_ in plain):
            maybe = surely[:1]  # one of them is in it more than once
        self.items, self.extra, self.exact = surely, maybe, False
        self.open = any(state[3] for state in plain)

    def mark(self, before: object, after: object, depends: Depends) -> None:
        self.depends |= depends

    def taint(self) -> None:
        lost = list(changing([*self.items, *self.extra]))
        self.items, self.extra, self.exact, self.open = [], lost, False, True


@dataclass(eq=False, slots=True)
class Map(Value):
    """items: by key. exact: no other keys are in it; keys in `maybe` are perhaps. lost: what can be had from it under
    keys that nobody knows. within: variables, and the keys that are in it or not as they say; of all other variables
    it depends on nobody knows which keys those are. places: (path, line) of the statement that put a key there, as far
    as one did; never part of the value."""

    items: dict[object, Value] = field(default_factory=dict)
    maybe: set[object] = field(default_factory=set)
    exact: bool = True
    lost: tuple[Value, ...] = ()
    within: tuple[Depends, frozenset[str]] = (NOTHING, frozenset())
    born: int = field(default_factory=now, kw_only=True)
    places: dict[object, tuple[str, int]] = field(default_factory=dict, kw_only=True)

    def __post_init__(self) -> None:
        WORK.done += len(self.items)

    def copied(self, depends: Depends = NOTHING) -> "Map":
        """Another table of the same."""
        return Map(
            dict(self.items),
            set(self.maybe),
            self.exact,
            self.lost,
            self.within,
            depends=self.depends | depends,
            places=dict(self.places),
        )

    def save(self) -> object:
        WORK.done += len(self.items) >> 1
        return (dict(self.items), set(self.maybe), self.exact, self.lost, dict(self.places))

    def load(self, state: object) -> None:
        held: _Entries = state  # type: ignore[assignment]
        self.items, self.maybe, self.exact, self.lost = dict(held[0]), set(held[1]), held[2], held[3]
        self.places = dict(held[4])

    def merge(self, states: list[object], why: Unknown) -> None:
        plain: list[_Entries] = states  # type: ignore[assignment]
        keys = dict.fromkeys(key for items, *_ in plain for key in items)
        self.items = {key: join([items[key] for items, *_ in plain if key in items]) for key in keys}
        self.maybe = {key for key in keys if any(key not in items or key in maybe for items, maybe, *_ in plain)}
        self.exact = all(exact for _, _, exact, *_ in plain)
        self.lost = tuple({id(value): value for *_, lost, _ in plain for value in lost}.values())
        self.places = {key: place for *_, places in plain for key, place in places.items()}
        self.within = (NOTHING, frozenset())

    def mark(self, before: object, after: object, depends: Depends) -> None:
        old: _Entries = before  # type: ignore[assignment]
        new: _Entries = after  # type: ignore[assignment]
        changed = [key for key in {**old[0], **new[0]} if old[0].get(key) is not new[0].get(key)]
        self.within = (NOTHING, frozenset())
        for key in changed:
            if key in self.items:
                self.items[key] = depending(self.items[key], depends)
        lacking = [key for key in changed if key not in self.items]
        if lacking:
            self.lack(lacking, depends)
        if old[1:4] != new[1:4] or not changed:
            self.depends |= depends

    def lack(self, keys: Iterable[object], depends: Depends) -> None:
        """Keys that are not in it would be, did these variables say otherwise."""
        self.depends |= depends

    def taint(self) -> None:
        self.lost = (*self.lost, *changing(self.items.values()))[:MAX_LOST]
        self.items, self.maybe, self.exact = {}, set(), False

    def lay(self, given: "Map", why: Unknown) -> None:
        """Another table over this one: `update`, `|`, `{**other}`. What is perhaps in it perhaps replaces."""
        WORK.done += len(given.items)
        self.places.update(given.places)
        for key, value in given.items.items():
            if key not in given.maybe:
                self.items[key] = value
                self.maybe.discard(key)
            elif key in self.items:
                self.items[key] = join([self.items[key], value])
            else:
                self.items[key] = value
                self.maybe.add(key)
        self.depends |= given.depends
        self.lost += given.lost
        if not given.exact:
            self.blur(why, given.items.keys())

    def blur(self, why: Unknown, but: Iterable[object] = ()) -> None:
        """Any key may be there now, and any value be another one."""
        self.exact = False
        kept = set(but)
        for key in self.items.keys() - kept:
            self.items[key] = join([self.items[key], why])


@dataclass(eq=False, slots=True)
class Exported(Map):
    """Variables of the environment that the program itself sets. others: the names of some that it does not set here,
    with the variables that decide that."""

    others: dict[object, Depends] = field(default_factory=dict, kw_only=True)

    def lack(self, keys: Iterable[object], depends: Depends) -> None:
        for key in keys:
            self.others[key] = self.others.get(key, NOTHING) | depends

    def unless(self, name: str) -> Depends:
        """What decides that the program does not set this one."""
        return self.depends | self.others.get(name, NOTHING)

    def every(self) -> Depends:
        """What decides which ones it sets."""
        return self.depends.union(*self.others.values())


class Binding(NamedTuple):
    """A value with the place of the statement that gave it to the name, and of those before it."""

    value: Value
    path: str
    line: int
    chain: tuple[tuple[str, int], ...] = ()


@dataclass(eq=False, slots=True)
class Namespace:
    """names with their bindings. rest: what a name is worth that is not among them (after something may have written
    any name), None: it is not set. unless: variables that may set names that are not set now. prefixes: the same as
    `rest`, for names that start so."""

    names: dict[str, Binding] = field(default_factory=dict)
    rest: Unknown | None = None
    unless: Depends = NOTHING
    prefixes: dict[str, Unknown] = field(default_factory=dict)
    born: int = field(default_factory=now, kw_only=True)

    def get(self, name: str) -> Binding | None:
        found = self.names.get(name)
        if found is not None and isinstance(found.value, Absent):
            return None
        if found is None and not name.startswith("__"):
            why = self.rest or next((why for prefix, why in self.prefixes.items() if name.startswith(prefix)), None)
            return Binding(why, why.path, why.line) if why is not None else None
        return found

    def absent(self, name: str) -> Depends:
        """The variables that may set a name that is not set now."""
        found = self.names.get(name)
        return self.unless | (found.value.depends if found is not None else NOTHING)

    def save(self) -> object:
        WORK.done += len(self.names) >> 1
        return (dict(self.names), self.rest, self.unless, dict(self.prefixes))

    @staticmethod
    def bound_in(state: object, name: str) -> Binding | None:
        """What a name was bound to in a state that was saved."""
        held: _Names = state  # type: ignore[assignment]
        return held[0].get(name)

    def load(self, state: object) -> None:
        held: _Names = state  # type: ignore[assignment]
        self.names, self.rest, self.unless, self.prefixes = dict(held[0]), held[1], held[2], dict(held[3])

    def mark(self, before: object, after: object, depends: Depends) -> None:
        """What differs between two states depends on these variables."""
        old: _Names = before  # type: ignore[assignment]
        new: _Names = after  # type: ignore[assignment]
        for name in dict.fromkeys((*old[0], *new[0])):
            if old[0].get(name) is not new[0].get(name):
                self.mark_name(name, depends)
        if new[1] is not old[1] or new[2] - old[2] or new[3] != old[3]:
            self.mark_all(depends | new[2])

    def mark_name(self, name: str, depends: Depends) -> None:
        held = self.names.get(name)
        if held is not None:
            self.names[name] = held._replace(value=depending(held.value, depends))
        elif (lost := self.get(name)) is not None:
            value = join([ABSENT, lost.value])  # anything may have set it
            self.names[name] = lost._replace(value=depending(value, depends))
        else:
            self.names[name] = Binding(Absent(depends=depends), "", 0)

    def mark_all(self, depends: Depends, prefix: str = "") -> None:
        WORK.done += len(self.names)
        for name in list(self.names):
            if name.startswith(prefix) and not name.startswith("__"):
                self.mark_name(name, depends)
        if not prefix:
            self.unless |= depends

    def merge(self, states: list[object], why: Unknown) -> None:
        plain: list[_Names] = states  # type: ignore[assignment]
        WORK.done += sum(len(names) for names, *_ in plain)
        self.rest = next((rest for _, rest, *_ in plain if rest is not None), None)
        self.unless = NOTHING.union(*(unless for _, _, unless, _ in plain))
        self.prefixes = {prefix: why for *_, prefixes in plain for prefix, why in prefixes.items()}
        merged: dict[str, Binding] = {}
        others = [names for names, *_ in plain[1:]]
        for name in dict.fromkeys(name for names, *_ in plain for name in names):
            only = plain[0][0].get(name)
            if only is not None and all(names.get(name) is only for names in others):
                merged[name] = only
                continue
            found = [names.get(name) for names, *_ in plain]
            there = [item for item in found if item is not None]
            first = there[0]
            if len(there) == len(found) and all(item is first or alike(item.value, first.value) for item in there[1:]):
                merged[name] = first._replace(value=join([item.value for item in there]))
                continue
            values = [item.value for item in there]
            for names, rest, _, prefixes in plain:
                if name not in names:
                    lost = rest or next((one for prefix, one in prefixes.items() if name.startswith(prefix)), None)
                    values.append(ABSENT)
                    if lost is not None and not name.startswith("__"):
                        values.append(lost)
            last = there[-1]
            chain = tuple(dict.fromkeys((*last.chain, *((item.path, item.line) for item in there))))[-MAX_CHAIN:]
            merged[name] = Binding(join(values), last.path, last.line, chain)
        self.names = merged

    def taint(self, why: Unknown, prefix: str = "") -> None:
        WORK.done += len(self.names)
        self.names = {
            name: item._replace(value=_lost(item.value, why), path=why.path, line=why.line)
            if name.startswith(prefix) and not is_code(item.value) and name not in _OWN
            else item
            for name, item in self.names.items()
        }
        if prefix:
            self.prefixes[prefix] = why
        else:
            self.rest = why


@dataclass(eq=False, slots=True)
class Library(Value):
    """Something outside the repository, by its dotted name."""

    dotted: str = ""


@dataclass(eq=False, slots=True)
class Module(Value):
    path: str = ""
    namespace: Namespace = field(default_factory=Namespace)


@dataclass(eq=False, slots=True)
class Function(Value):
    node: object = None
    path: str = ""
    frame: object = None
    name: str = ""
    defaults: tuple[Value | None, ...] = ()
    keyword_defaults: tuple[Value | None, ...] = ()
    owner: Value | None = None  # self or cls of a bound method
    # "property", "cached_property", "staticmethod", "classmethod", "cached", "opaque", "decorated", "async"
    how: str = ""
    setter: Value | None = None  # of a property


@dataclass(eq=False, slots=True)
class Class(Value):
    """outside: bases that are not of this repository, by name; line_up: all in the order in which they are asked."""

    name: str = ""
    path: str = ""
    line: int = 0
    order: tuple["Class", ...] = ()  # method resolution order, itself first
    outside: tuple[str, ...] = ()
    attributes: Namespace = field(default_factory=Namespace)
    bases: tuple[Value, ...] = ()  # as they are written
    node: object = None
    frame: object = None  # around it
    line_up: tuple["Class | str", ...] = ()
    fields: tuple[str, ...] | None = None  # of a dataclass


@dataclass(eq=False, slots=True)
class Instance(Value):
    cls: Class | None = None
    attributes: Namespace = field(default_factory=Namespace)


@dataclass(eq=False, slots=True)
class Object(Value):
    """An object of a library that is modelled: `kind` says which, `state` is the model's own."""

    kind: str = ""
    state: dict[str, Value] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Method(Value):
    """A method of a value that is not of a class of the repository."""

    owner: Value = field(default_factory=Value)
    name: str = ""


@dataclass(eq=False, slots=True)
class Lazy(Value):
    """What computes its items when they are asked for, and once: a generator, `map`, `zip`.

    make: the items, a list or what is not known. of: what it goes over. node, frame: the code that it runs."""

    make: Callable[[], Value]
    of: tuple[Value, ...] = ()
    node: object = None
    frame: object = None
    used: Seq = field(default_factory=Seq)


@dataclass(eq=False, slots=True)
class Absent(Value):
    """The name is not set; in a `Joined`: perhaps."""


ABSENT = Absent()
_Names = tuple[dict[str, Binding], Unknown | None, Depends, dict[str, Unknown]]
_Entries = tuple[dict[object, Value], set[object], bool, tuple[Value, ...], dict[object, tuple[str, int]]]
Changing = Seq | Map | Namespace


def _lost(value: Value, why: Unknown) -> Value:
    """What may stand there instead of this value, or this value still."""
    if isinstance(value, Absent):
        return join([value, why])
    if perhaps_absent(value):
        return join([ABSENT, replace(why, reach=(*why.reach, *changing(value.options)))])
    if isinstance(value, Unknown):
        return replace(why, reach=(*why.reach, *value.reach)) if value.reach else why
    return replace(why, reach=(*why.reach, value)) if changing([value]) else why


def is_code(value: Value) -> bool:
    return isinstance(value, Function | Class | Module | Library)


def _same_items(
    one: tuple[list[Value], list[Value], bool, bool], two: tuple[list[Value], list[Value], bool, bool]
) -> bool:
    return (
        one[2:] == two[2:]
        and len(one[0]) == len(two[0])
        and len(one[1]) == len(two[1])
        and all(alike(a, b) for a, b in zip(one[0], two[0], strict=True))
        and all(alike(a, b) for a, b in zip(one[1], two[1], strict=True))
    )


def same(one: Value, two: Value, depth: int = 0, left: list[int] | None = None) -> bool:
    """Whether both are surely the same value; False where it is not known. left: how much more may be looked at."""
    if one is two:
        return not isinstance(one, Unknown)
    if depth > 20:
        return False
    WORK.done += 1
    if depth:
        left = left if left is not None else [MAX_PARTS]
        left[0] -= 1
        if left[0] < 0:
            return False
    if isinstance(one, Const) and isinstance(two, Const):
        return type(one.value) is type(two.value) and one.value == two.value
    if isinstance(one, Seq) and isinstance(two, Seq):
        return (
            one.kind == two.kind
            and one.exact
            and two.exact
            and len(one.items) == len(two.items)
            and all(same(a, b, depth + 1, left) for a, b in zip(one.items, two.items, strict=True))
        )
    if isinstance(one, Map) and isinstance(two, Map):
        return (
            one.exact
            and two.exact
            and not one.maybe
            and not two.maybe
            and one.items.keys() == two.items.keys()
            and all(same(value, two.items[key], depth + 1, left) for key, value in one.items.items())
        )
    if isinstance(one, Library) and isinstance(two, Library):
        return one.dotted == two.dotted
    if isinstance(one, Object) and isinstance(two, Object) and one.kind == two.kind == "place":
        return all(same(one.state[word], two.state[word]) for word in ("path", "form"))
    return isinstance(one, Absent) and isinstance(two, Absent)


def perhaps_absent(value: Value | None) -> TypeGuard[Joined]:
    """Whether the name that holds this may as well not be set."""
    return isinstance(value, Joined) and any(isinstance(option, Absent) for option in value.options)


def parts_of(value: Value) -> list[Value]:
    """What may be had from it: what is in a list or a table, and what is perhaps in it."""
    match value:
        case Seq(items=items, extra=extra):
            return [*items, *extra]
        case Map(items=held, lost=lost):
            return [*held.values(), *lost]
        case Joined(options=options):
            return [part for option in options for part in parts_of(option)]
        case Unknown(reach=reach):
            return list(reach)
    return []


def changing(values: Iterable[Value]) -> tuple[Value, ...]:
    """Those among them that somebody who has them can change."""
    return tuple(
        value
        for value in values
        if not isinstance(value, Const | Absent) and (not isinstance(value, Unknown) or value.reach)
    )


def alike(one: Value, two: Value) -> bool:
    """Whether nobody can tell one from the other, now or later: two lists that hold the same may be changed apart."""
    if one is two or isinstance(one, Map) or (isinstance(one, Seq) and one.kind != "tuple"):
        return one is two and not isinstance(one, Unknown)
    if isinstance(one, Seq) and isinstance(two, Seq):
        return same(one, two) and all(alike(a, b) for a, b in zip(one.items, two.items, strict=True))
    return same(one, two)


def join(values: Iterable[Value]) -> Value:
    """One of several."""
    found: list[Value] = []
    depends = NOTHING
    for value in values:
        depends |= value.depends
        for option in value.options if isinstance(value, Joined) else (value,):
            if not any(option is known or alike(option, known) for known in found):
                found.append(option)
    if len(found) == 1:
        return depending(found[0], depends)
    if len(found) > MAX_OPTIONS:
        return Unknown("branch", "one of many values", depends=depends, reach=changing(found))
    return Joined(tuple(found), depends=depends)


def depending(value: Value, depends: Depends) -> Value:
    """The same, also dependent on these variables. What can be changed stays the same object."""
    if not depends or depends <= value.depends:
        return value
    if isinstance(value, Seq | Map):
        value.depends |= depends
        return value
    return replace(value, depends=value.depends | depends)


def depends_of(value: Value) -> Depends:
    """The variables that a value and all in it depend on."""
    found = value.depends
    if not isinstance(value, Seq | Map | Joined):
        return found
    seen = {id(value)}
    stack = list(_parts(value))
    while stack:
        one = stack.pop()
        WORK.done += 1
        found |= one.depends
        if isinstance(one, Seq | Map | Joined) and id(one) not in seen:
            seen.add(id(one))
            stack.extend(_parts(one))
    return found


def _parts(value: Value) -> Iterator[Value]:
    if isinstance(value, Seq):
        yield from value.items
        yield from value.extra
    elif isinstance(value, Map):
        yield from value.items.values()
    elif isinstance(value, Joined):
        yield from value.options


def unordered(value: Value) -> bool:
    """Whether there is a set in it whose order nobody knows: a text made of it, or a list, may be any."""
    stack, seen = [value], set[int]()
    while stack:
        one = stack.pop()
        WORK.done += 1
        if not isinstance(one, Seq | Map | Joined) or id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, Seq) and one.kind == "set" and len(one.items) > 1:
            return True
        stack.extend(_parts(one))
    return False


def distinct(items: Iterable[Value]) -> list[Value]:
    """The items of a set, by Python's equality where that is known: 1 and True are one."""
    found: list[Value] = []
    known: set[object] = set()
    for item in items:
        WORK.done += 1
        if isinstance(item, Const):
            if item.value not in known:
                known.add(item.value)
                found.append(item)
            continue
        try:
            whole = plain(item)
            hash(whole)
        except (NotKnown, TypeError):
            if not any(item is other for other in found):
                found.append(item)
            continue
        if whole not in known:
            known.add(whole)
            found.append(item)
    return found


def plain(value: Value, depth: int = 0, left: list[int] | None = None) -> object:
    """The Python object that a value surely is: a copy. Raises NotKnown: who asked says of which expression."""
    if isinstance(value, Const):
        if isinstance(value.value, str):
            WORK.done += len(value.value) >> 7
        return value.value
    left = left if left is not None else [MAX_PARTS]
    left[0] -= 1
    WORK.done += 1
    if depth > 40 or left[0] < 0:
        raise NotKnown(Unknown("budget", "nested too deeply"))
    match value:
        case Seq(kind=kind, items=items, exact=True):
            left[0] -= len(items)
            WORK.done += len(items)
            inner_items = [plain(item, depth + 1, left) for item in items]
            if kind == "tuple":
                return tuple(inner_items)
            if kind == "set":
                try:
                    return set(inner_items)
                except TypeError:
                    raise NotKnown(Unknown("call", "a set of what has no hash")) from None
            return inner_items
        case Map(items=items, maybe=maybe, exact=True) if not maybe:
            left[0] -= len(items)
            WORK.done += len(items)
            return {key: plain(item, depth + 1, left) for key, item in items.items()}
        case Unknown():
            raise NotKnown(value)
        case Joined(options=options) if all(same(option, options[0]) for option in options):
            return plain(options[0], depth + 1)
        case Joined(options=options):
            there = [option for option in options if not isinstance(option, Absent)]
            if len(there) == 1 and isinstance(there[0], Unknown):
                raise NotKnown(depending(there[0], value.depends))  # type: ignore[arg-type]
            raise NotKnown(Unknown("branch", depends=value.depends))
        case Object(kind="place"):
            raise NotKnown(Unknown("location", "where the file is installed", depends=value.depends))
        case _:
            raise NotKnown(Unknown("call", depends=value.depends))


def copied(value: Value, known: dict[int, Value] | None = None, depth: int = 0) -> Value | None:
    """A deep copy, as far as it is known; None for what copies itself in ways of its own."""
    known = {} if known is None else known
    if id(value) in known:
        return known[id(value)]
    if depth > 20:
        return None
    if isinstance(value, Seq | Map):
        made: Seq | Map = replace(value, born=now())
        known[id(value)] = made
        if isinstance(made, Seq) and isinstance(value, Seq):
            items, extra = ([copied(item, known, depth + 1) for item in part] for part in (value.items, value.extra))
            if None in items or None in extra:
                return None
            made.items = [item for item in items if item is not None]
            made.extra = [item for item in extra if item is not None]
        elif isinstance(made, Map) and isinstance(value, Map):
            pairs = {key: copied(item, known, depth + 1) for key, item in value.items.items()}
            made.items = {key: item for key, item in pairs.items() if item is not None}
            made.maybe = set(value.maybe)
            made.places = dict(value.places)
            if len(made.items) < len(pairs):
                return None
        return made
    if isinstance(value, Joined):
        options = [copied(option, known, depth + 1) for option in value.options]
        return (
            replace(value, options=tuple(item for item in options if item is not None)) if None not in options else None
        )
    return value if isinstance(value, Const | Unknown | Library | Function | Class) else None


def lifted(value: object, depends: Depends = NOTHING) -> Value:
    """A Python object as a value. Raises TypeError for what is none of ours, NotKnown for what is too large."""
    if isinstance(value, list | tuple | set | frozenset):
        kind: Kind = "list" if isinstance(value, list) else "tuple" if isinstance(value, tuple) else "set"
        items = sorted(value, key=repr) if isinstance(value, set | frozenset) else value
        return Seq(kind, [lifted(item, depends) for item in items], depends=depends)
    if isinstance(value, dict):
        return Map({key: lifted(item, depends) for key, item in value.items()}, depends=depends)
    if value is None or isinstance(
        value, bool | int | float | complex | str | bytes | timedelta | Decimal | PurePosixPath
    ):
        if isinstance(value, str | bytes):
            WORK.done += len(value) >> 4
        elif isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) > 1_000:
            # Nine letters that are a thousand million digits as soon as somebody writes them out.
            raise NotKnown(Unknown("budget", "a very large number"))
        return Const(value, depends=depends)
    raise TypeError(type(value).__name__)


def truth(value: Value) -> bool | None:
    """Whether Python takes it as true; None when that is not known."""
    match value:
        case Const(value=inner):
            return bool(inner)
        case Seq(items=items, extra=extra, open=opened, exact=exact):
            if items:
                return True
            return False if exact or (not extra and not opened) else None
        case Map(items=items, maybe=maybe, exact=exact):
            if items.keys() - maybe:
                return True
            return False if exact and not items else None
        case Function(how=how) if how != "decorated":
            return True
        case Class() | Module() | Lazy():
            return True
        case Joined(options=options):
            found = {truth(option) for option in options}
            return found.pop() if len(found) == 1 else None
        case _:
            return None
