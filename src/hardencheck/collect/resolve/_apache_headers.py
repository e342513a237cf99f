"""What Apache does to the fields of requests and responses.

Two tables: `Header` works on the one that comes from the handler and is used with its responses whatever their status;
`Header always` on another one, which is added to it, and which alone goes out with answers that httpd makes itself
(errors, redirects). Measured with 2.4.71; source: documentation of mod_headers, mod_expires, mod_proxy, core.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from hardencheck.collect.extract._fields import WITHHELD
from hardencheck.collect.extract._templates import TEMPLATED
from hardencheck.collect.resolve._held import Held
from hardencheck.collect.resolve._routes import BESIDE, Change, Doubt, echoed
from hardencheck.lazily import compiled
from hardencheck.model.gap import Reason
from hardencheck.model.location import Location

# What httpd answers with by itself where it finds what is asked for.
SERVED = frozenset({200, 204, 206, 304})
_ACTIONS = ("set", "append", "merge", "add", "unset", "echo", "edit", "edit*", "setifempty", "note")
_PLAIN = compiled(r"[\w\s'\"=:;,/-]{1,500}")  # of an expression: text that stands for itself
Kind = Literal["proxy", "wsgi", "files", ""]


class _Said:
    """One Header or RequestHeader. applies: False where its condition is known not to hold."""

    def __init__(self, held: Held, tls: bool | None) -> None:
        args = list(held.args)
        self.where = held.location
        self.always = bool(args) and args[0].lower() == "always"
        if args and args[0].lower() in {"always", "onsuccess"}:
            args = args[1:]
        self.action = args[0].lower() if args else ""
        self.name = args[1].rstrip(":").lower() if len(args) > 1 else ""
        rest = args[2:]
        self.applies = True
        self.doubt: Doubt | None = None
        if rest and (len(rest) > 1 or self.action == "unset"):
            self._condition(rest[-1], tls)
            if rest[-1].lower().startswith(("env=", "expr=")) or rest[-1].lower() == "early":
                rest = rest[:-1]
        self.value = rest[0] if rest else ""
        self.more = rest[1] if len(rest) > 1 else ""
        if held.directive.conditional and self.doubt is None:
            text = f"{held.name} stands in a condition of the configuration"
            self.doubt = Doubt(self.where, text, Reason.DYNAMIC)
        self.unknown = self.doubt or _unknown(self.name, self.value, self.where)

    @property
    def edits(self) -> Doubt | None:
        """Why it is not known what comes out of a value that is edited."""
        if self.doubt is not None or (_PLAIN.fullmatch(self.value) and not re.search(r"[$%]", self.more)):
            return self.doubt
        return Doubt(self.where, "Header edit changes it", Reason.DYNAMIC)

    def edited(self, value: str) -> str:
        """A value in which text that stands for itself is replaced: once, or everywhere by `edit*`."""
        return value.replace(self.value, self.more, -1 if self.action == "edit*" else 1)

    def _condition(self, text: str, tls: bool | None) -> None:
        low = text.lower()
        if low in {"env=https", "expr=%{https} == 'on'", 'expr=%{https} == "on"', "expr=%{request_scheme} == 'https'"}:
            if tls is not None:
                self.applies = tls
                return
        elif not low.startswith(("env=", "expr=")):
            return
        self.doubt = Doubt(self.where, "a condition says when it is sent", Reason.DYNAMIC)


def _unknown(name: str, value: str, where: Location) -> Doubt | None:
    if TEMPLATED in name or TEMPLATED in value:
        return Doubt(where, f"the value of {name} is a placeholder", Reason.TEMPLATED)
    if value == WITHHELD:
        return Doubt(where, f"the value of {name} is not looked at: it may be a secret", Reason.NOT_SUPPORTED)
    if "%" in value.replace("%%", ""):
        return Doubt(where, f"the value of {name} holds a variable", Reason.NOT_LITERAL)
    return None


def response(directives: Iterable[Held], kind: Kind, tls: bool | None, where: Location) -> tuple[Change, ...]:
    """The changes at a place. directives: all that hold there, in the order in which httpd merges them."""
    held = list(directives)
    said = [_Said(one, tls) for one in held if one.name == "header"]
    said = [one for one in said if one.applies and one.name and one.action in _ACTIONS]
    found = [*_expires(held, kind)]
    for one in said:
        if not one.always:
            found += _changed(one, kind)
    found += _always([one for one in said if one.always])
    return (*found, *_own(held, kind, where))


def _changed(one: _Said, kind: Kind) -> Iterator[Change]:
    """A change of the handler's table. Where httpd itself is the handler: only where it finds what is asked for."""
    own = kind in {"files", ""}
    statuses = SERVED if own else None
    value: str | None = None if one.unknown else one.value.replace("%%", "%")
    does: Literal["set", "add", "default", "remove", "edit"]
    why = one.unknown
    match one.action:
        case "set" | "add":
            does = "set" if one.action == "set" else "add"
        case "setifempty":
            does = "default"
        case "unset":
            does, value, why = "remove", None, one.doubt
        case "append" | "merge":
            does, value = "edit", None
            why = why or Doubt(one.where, f"{one.value[:40]} is put behind what is there", Reason.DYNAMIC)
            if own:
                does, value, why = "set", one.value if one.unknown is None else None, one.unknown
        case _:
            does, value = "edit", None
            why = why or Doubt(one.where, f"Header {one.action} changes what is there", Reason.DYNAMIC)
    yield Change(
        does,
        one.name,
        value,
        one.where,
        statuses=statuses,
        own=own,
        upstream=not own,
        doubt=why,
        echoes=echoed(one.value),
    )


def _always(said: list[_Said]) -> Iterator[Change]:
    """What is left in the second table at the end: each field of it is one more."""
    table: list[tuple[str, str, Location, Doubt | None]] = []
    for one in said:
        if one.action in {"set", "unset"} and one.doubt is None:
            table = [entry for entry in table if entry[0] != one.name]
        present = [number for number, entry in enumerate(table) if entry[0] == one.name]
        match one.action:
            case "set" | "add":
                table.append((one.name, one.value, one.where, one.unknown))
            case "setifempty" if not present:
                table.append((one.name, one.value, one.where, one.unknown))
            case "append" | "merge" if present:
                name, value, where, why = table[present[-1]]
                table[present[-1]] = (name, f"{value}, {one.value}", where, why or one.unknown)
            case "append" | "merge":
                table.append((one.name, one.value, one.where, one.unknown))
            case "edit" | "edit*" if present:
                name, value, where, why = table[present[-1]]
                table[present[-1]] = (name, one.edited(value), one.where, why or one.edits)
    for name, value, where, why in table:
        yield Change("add", name, None if why else value.replace("%%", "%"), where, doubt=why, echoes=echoed(value))


def _own(held: list[Held], kind: Kind, where: Location) -> Iterator[Change]:
    """Server and Date: those of a proxied response stay, all others are httpd's."""
    last = next((one for one in reversed(held) if one.name == "servertokens"), None)
    tokens = last.args[0].lower() if last is not None and last.args else "full"
    value = "Apache" if tokens in {"prod", "productonly"} else None
    place = last.location if last is not None else where
    why = None if value else Doubt(place, "the version of httpd is that of the machine", Reason.NOT_SUPPORTED)
    clock = Doubt(place, "the time of day", Reason.NOT_SUPPORTED)
    does: Literal["set", "default"] = "default" if kind == "proxy" else "set"
    yield Change(does, "server", value, place, doubt=why)
    yield Change(does, "date", None, place, doubt=clock)


def _expires(held: list[Held], kind: Kind) -> Iterator[Change]:
    active = next((one for one in reversed(held) if one.name == "expiresactive"), None)
    if active is None or active.args[:1] not in {("On",), ("on",)}:
        return
    default = next((one for one in reversed(held) if one.name == "expiresdefault"), None)
    place = (default or active).location
    why = Doubt(place, "it depends on the time and the type of content", Reason.NOT_LITERAL)
    for name in ("cache-control", "expires"):
        yield Change("default", name, None, place, statuses=SERVED, own=kind != "proxy", doubt=why)


def request(
    directives: Iterable[Held], kind: Kind, tls: bool | None, where: Location
) -> tuple[tuple[tuple[str, str, Location], ...], tuple[Doubt, ...]]:
    """The fields that the request carries on by the will of httpd, "" for one that it takes out."""
    held = list(directives)
    found: dict[str, tuple[str, Location]] = {}
    doubts: list[Doubt] = []
    if kind == "proxy":
        preserved = next((one for one in reversed(held) if one.name == "proxypreservehost"), None)
        on = preserved is not None and preserved.args[:1] and preserved.args[0].lower() == "on"
        found["host"] = (
            "%{HTTP_HOST}" if on else "the name of the backend",
            preserved.location if on and preserved else where,
        )
        adds = next((one for one in reversed(held) if one.name == "proxyaddheaders"), None)
        if adds is None or not adds.args or adds.args[0].lower() == "on":
            # Each is put behind what the client sent.
            for name in ("x-forwarded-for", "x-forwarded-host", "x-forwarded-server"):
                found[name] = ("appended", where)
    for one in (_Said(item, tls) for item in held if item.name == "requestheader"):
        if not one.name or one.action not in _ACTIONS or not one.applies:
            continue
        if one.doubt is not None:
            doubts.append(one.doubt)
        if one.action == "unset":
            found[one.name] = ("", one.where)
        elif one.action in {"set", "setifempty", "add", "append", "merge"}:
            value = one.value if one.action == "set" else f"{one.value} {BESIDE}"
            found[one.name] = (value, one.where)
    return tuple((name, value, place) for name, (value, place) in found.items()), tuple(doubts)
