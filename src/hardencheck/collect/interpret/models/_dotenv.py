"""Files of variables (`.env`) that the repository tracks: their values count where the environment has none.

One that is not in the repository is part of where the service runs, like the environment itself: it sets nothing here.
"""

import posixpath
from collections.abc import Callable, Mapping

from hardencheck.collect.interpret import environment
from hardencheck.collect.interpret.modelling import Call
from hardencheck.collect.interpret.models import _places as places
from hardencheck.collect.interpret.models._common import _ENVIRON, text
from hardencheck.collect.interpret.values import Const, NotKnown, Unknown, Value

MAX_KEYS = 2_000
Parser = Callable[[str], Mapping[str, str | None]]


def where(value: Value) -> Value:
    """A path that is a text is relative to the working directory, which may be the root of the repository."""
    spelled = text(value)
    if spelled is None or spelled.startswith(("/", "~")):
        return value
    return places.made(posixpath.normpath(spelled), "text")


def sure(value: Value) -> bool:
    """Whether it is surely this file: not one of the working directory."""
    return places.path_of(value) is not None


def values(call: Call, place: Value, parse: Parser) -> Mapping[str, str | None] | None:
    """What a tracked file says; None when it is tracked and cannot be followed; nothing when it is not."""
    whole = places.decoded(call, place)
    if whole is None:
        return None if places.tracked(call, place) else {}
    try:
        found = parse(whole)
    except NotKnown:
        return None
    if len(found) > MAX_KEYS:
        return None
    path = places.inside(place)
    if path is not None:
        call.interpreter.parsed[path] = found
    return found


def load(call: Call, value: Value, parse: Parser, overwrite: bool | None) -> bool | None:
    """Set the variables of a file. Whether there was one."""
    found = values(call, where(value), parse)
    if found is None:
        environment.export(call.interpreter, None, Const(None))
        return None
    for name, item in found.items():
        if item is None:
            continue
        made: Value = Const(item, depends=frozenset({name}))
        if not sure(value):
            made = Unknown("location", "the working directory", depends=made.depends)
        put(call, name, made, overwrite)
    return bool(found) and sure(value)


def put(call: Call, name: str, value: Value, overwrite: bool | None) -> None:
    there = environment.contains(call.interpreter, _ENVIRON, Const(name))
    if overwrite is True or there is False:
        environment.export(call.interpreter, name, value)
    elif overwrite is None or there is None:
        environment.perhaps_exported(call.interpreter, name)


def upwards(call: Call, start: Value, name: str) -> Value | None:
    """The first folder that has such a file, from this one up to the root of the repository; None: there is none."""
    folder = places.inside(start)
    while folder is not None:
        place = places.made(name if folder == "." else posixpath.join(folder, name), "text")
        if places.tracked(call, place):
            return place
        if folder in {"", "."}:
            return None
        folder = posixpath.dirname(folder) or "."
    return None
