"""What Caddy does to the fields of requests and responses.

What `header` sets at once stands in the response before a backend's fields are added to it: both are sent. What it
does at the end (with a removal, `defer` or ">") replaces, and is lost in errors of Caddy itself. Measured with 2.6.2;
source: Caddy documentation, "header (Caddyfile directive)" and "reverse_proxy (Caddyfile directive)".
"""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from hardencheck.collect.extract._fields import WITHHELD
from hardencheck.collect.extract._templates import TEMPLATED
from hardencheck.collect.resolve._caddy import Level, filled
from hardencheck.collect.resolve._routes import BESIDE, Change, Doubt, echoed
from hardencheck.collect.resolve._versions import Version
from hardencheck.model.gap import Reason
from hardencheck.model.location import Location

Kind = Literal["proxy", "files", "answer"]
Does = Literal["set", "add", "default", "remove", "edit"]
# What a file server answers with where it finds what is asked for; the rest are errors.
FOUND = frozenset({200, 206, 301, 304, 307, 308})


class Operation(NamedTuple):
    """late: at the end of the response. perhaps: it does not always apply."""

    does: Does
    name: str
    value: str
    where: Location
    late: bool
    doubt: Doubt | None
    perhaps: bool = False


_LATER: Version = (2, 7)  # the first that knows ">"
_ORDER: dict[Does, int] = {"add": 0, "set": 1, "default": 1, "remove": 2, "edit": 3}


def operations(
    header: Level, args: tuple[str, ...], doubt: Doubt | None, version: Version | None
) -> list[list[Operation]]:
    """The operations of one `header`, as the handlers that Caddy makes of it, each in the order of its work: what is
    added, what is set, what is removed. args: without the matcher. doubt: why it may not apply."""
    if args:
        found = [_operation(args, header.where, doubt, version)]
        late = any(one.does == "remove" for one in found)
    else:
        lines = [level for level in header.block or () if level.name != "defer"]
        found = [_operation((level.name, *level.args), level.where, doubt, version) for level in lines]
        # One removal, or `defer`, puts off all of the block, but not what is only a default.
        late = any(one.does == "remove" for one in found) or bool(header.inside("defer"))
    found = [one._replace(late=one.late or (late and one.does != "default")) for one in found]
    ordered = sorted(found, key=lambda one: _ORDER[one.does])
    handlers = [[one for one in ordered if (one.does == "default") is default] for default in (False, True)]
    return [handler for handler in handlers if handler]


def _operation(words: tuple[str, ...], where: Location, doubt: Doubt | None, version: Version | None) -> Operation:
    mark, name = words[0][:1], words[0].lstrip("+-?>").rstrip(":").lower()
    if mark == ">" and version is None and doubt is None:
        text = f"Caddy before 2.7 does not know the > before {name}, and which version runs is not known"
        doubt = Doubt(where, text, Reason.NOT_SUPPORTED)
    elif mark == ">" and version is not None and version < _LATER:
        mark, name = "", words[0].rstrip(":").lower()  # it is a part of the name
    value = filled(words[1]) if len(words) > 1 else ""
    perhaps = doubt is not None
    does: Does = {"+": "add", "-": "remove", "?": "default"}.get(mark, "set")  # type: ignore[assignment]
    if len(words) > 2 and does == "set":
        does = "edit"
        doubt = doubt or Doubt(where, f"a part of {name} is replaced", Reason.DYNAMIC)
    if does != "remove":
        doubt = doubt or _unknown(name, value, where)
    return Operation(does, name, value, where, mark == ">" or does in {"default", "edit"}, doubt, perhaps)


def _unknown(name: str, value: str, where: Location) -> Doubt | None:
    if TEMPLATED in value or TEMPLATED in name:
        return Doubt(where, f"the value of {name} is a placeholder", Reason.TEMPLATED)
    if WITHHELD in value:
        return Doubt(where, f"the value of {name} is not looked at: it may be a secret", Reason.NOT_SUPPORTED)
    if "{" in value:
        return Doubt(where, f"the value of {name} holds a placeholder", Reason.NOT_LITERAL)
    return None


def response(
    handlers: list[list[Operation]], down: Iterable[Operation], kind: Kind, where: Location
) -> tuple[Change, ...]:
    """handlers: the operations of all `header` that apply, in their order; what is late is done by the last one first.
    down: those on a backend's fields."""
    every = [one for handler in handlers for one in handler if not one.late]
    every += [one for handler in reversed(handlers) for one in handler if one.late]
    changes = [_change(one, own=False, upstream=True) for one in down]
    first = Operation("set", "server", "Caddy", where, late=False, doubt=None)
    standing = list(_standing([first, *(one for one in every if not one.late)]))
    for one in standing:
        why = one.doubt
        if one.name == "server" and one.where == where and kind == "proxy":
            text = "whether Caddy adds its own name to that of the backend depends on its version"
            changes.append(Change("default", "server", "Caddy", where, own=True, upstream=False))
            why = Doubt(where, text, Reason.NOT_SUPPORTED)
            changes.append(Change("add", "server", None, where, own=False, doubt=why))
            continue
        changes.append(
            Change("add", one.name, None if why else one.value, one.where, doubt=why, echoes=echoed(one.value))
        )
    if kind != "proxy":
        changes.append(_date(where))
    for one in (one for one in every if one.late):
        if kind == "proxy":
            changes.append(_change(one, own=False, upstream=True))
        else:
            statuses = FOUND if kind == "files" else None
            changes.append(_change(one, own=True, upstream=False)._replace(statuses=statuses))
    return tuple(changes)


def _date(where: Location) -> Change:
    return Change("set", "date", None, where, doubt=Doubt(where, "the time of day", Reason.NOT_SUPPORTED))


def _change(one: Operation, *, own: bool, upstream: bool) -> Change:
    value = None if one.doubt is not None or one.does in {"remove", "edit"} else one.value
    return Change(
        one.does, one.name, value, one.where, own=own, upstream=upstream, doubt=one.doubt, echoes=echoed(one.value)
    )


def _standing(early: list[Operation]) -> Iterator[Operation]:
    """What stands in the response before anything behind writes to it."""
    table: list[Operation] = []
    for one in early:
        if one.does == "set" and not one.perhaps:
            table = [other for other in table if other.name != one.name]
        table.append(one)
    yield from table


def request(
    proxy: Level, above: Iterable[tuple[Level, tuple[str, ...]]], where: Location
) -> tuple[tuple[str, str, Location], ...]:
    """The fields that the request carries on by the will of Caddy (since 2.5), "" for one that it takes out."""
    found: dict[str, tuple[str, Location]] = {
        "x-forwarded-for": ("{remote_host}", where),
        "x-forwarded-proto": ("{scheme}", where),
        "x-forwarded-host": ("{host}", where),
        "host": ("{host}", where),
    }
    for level, args in (*above, *((level, level.args) for level in proxy.inside("header_up"))):
        if not args:
            continue
        name = args[0].lstrip("+-").lower()
        value = "" if args[0].startswith("-") else args[1] if len(args) > 1 else ""
        if args[0].startswith("+"):
            value = f"{value} {BESIDE}"
        found[name] = (value, level.where)
    return tuple((name, value, place) for name, (value, place) in found.items())
