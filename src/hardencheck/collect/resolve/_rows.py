"""Rows of the production defaults from values of the interpreter: what is shown, and what is said of the rest.

A secret is never shown: texts under a name that says so are measured, passwords of addresses are left out.
"""

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Literal, NamedTuple

import msgspec

from hardencheck.collect.extract._python import without_credentials
from hardencheck.collect.interpret.environment import EVERY
from hardencheck.collect.interpret.models._places import FILE
from hardencheck.collect.interpret.run import SETTING
from hardencheck.collect.interpret.values import (
    Absent,
    Binding,
    Class,
    Const,
    Depends,
    Function,
    Instance,
    Joined,
    Library,
    Map,
    Module,
    Object,
    Seq,
    Unknown,
    Value,
    depends_of,
    perhaps_absent,
)
from hardencheck.lazily import compiled
from hardencheck.model.facts.settings import ProductionDefault, Variable
from hardencheck.model.gap import Reason
from hardencheck.model.location import Location
from hardencheck.model.words import plural

MAX_SHOWN = 200
MAX_TEXT = 160
_MAX_ITEMS = 20
_MAX_DEPTH = 4
_MODES = ("_PERMISSIONS", "umask", "unix_socket_perms", "uds_permissions")
_MAX_PARTS = 1_000
_MAX_NESTED = 60
_HIDDEN = "…"
_MEASURED = "(a secret of "
# The last words of a name that holds a secret; more words after them name something about it (TOKEN_LIFETIME).
_SECRET = compiled(
    r"(?:^|_)(?:SECRET|SECRETS|SECRET_?KEYS?|SECRET_?KEY_FALLBACKS|PASSWORDS?|PASSWD|PASSPHRASE|PASS|PWD|TOKENS?|SALT|DSN|"
    r"CREDENTIALS?|(?:API|ACCESS|AUTH|PRIVATE|SIGNING|ENCRYPTION|CRYPT|MASTER|ACCOUNT|SHARED|JWT|HMAC|FERNET|SESSION|"
    r"LICENSE|WEBHOOK|COOKIE|VERIFYING)_?KEYS?)$",
    re.IGNORECASE,
)
_LOST = {reason.value for reason in Reason if reason.trouble} - {"budget", "python-syntax"}  # a file was not read
_WORDS = compiled(r"(?<=[a-z0-9])(?=[A-Z])|[-. ]")
_ADDRESS = compiled(r"[a-z][a-z0-9+.-]{1,30}://", re.IGNORECASE)
_QUERY = compiled(r"[?&;][^\s'\"]{0,500}")
_State = Literal["known", "one-of", "unknown"]


class Shown(NamedTuple):
    """value: as Python writes it, as far as it is known. reason, text: what stopped the interpreter."""

    state: _State
    value: str = ""
    reason: str = ""
    text: str = ""


class Reading(NamedTuple):
    """How a variable is asked for. places: (path, line) of the statements that do it; none: where nobody can say."""

    variable: Variable
    places: frozenset[tuple[object, ...]] = frozenset()


class Given(NamedTuple):
    """One setting of an application. binding None: it is not set. default: what holds then, None where not known.
    where: the place of one that is not set."""

    name: str
    binding: Binding | None
    default: Value | None
    where: Location
    variables: Mapping[str, Sequence[Reading]]


def is_secret(name: str) -> bool:
    """Whether a text under this name (of a setting, a variable, a key of a table) is one nobody may see."""
    return _SECRET.search(_WORDS.sub("_", name)) is not None


def measured(text: str | bytes) -> str:
    return secret_of(len(text)) if text else repr(text)


def secret_of(length: int) -> str:
    """What stands for a secret that nobody may see."""
    return f"{_MEASURED}{plural(length, 'character')})"


def row(
    framework: str,
    application: str,
    name: str,
    binding: Binding | None,
    *,
    default: Value | None = None,
    version: str = "",
    here: Location | None = None,
    variables: Mapping[str, Sequence[Reading]] | None = None,
) -> ProductionDefault:
    """One setting. binding None: it is not set, and has the framework's default (None: nobody knows which).

    here: where the application is, the place of settings that are not set.
    """
    value, unset = effective(binding, default)
    where = here or Location()
    chain: tuple[Location, ...] = ()
    if binding is not None and binding.path and not unset:
        where = Location(path=binding.path, line=binding.line or None)
        places = [Location(path=path, line=line or None) for path, line in binding.chain if path]
        chain = tuple(place for place in dict.fromkeys(places) if place != where)
    seen = (
        shown(value, name, "" if unset else place_of(where.path, where.line))
        if value is not None
        else Shown("unknown", "", "framework-version", "the default is not known")
    )
    return ProductionDefault(
        location=where,
        framework=framework,
        application=application,
        name=name,
        state=seen.state,
        source="default" if unset else "set",
        value=seen.value,
        depends_on=depended(
            depends_of(value) if value is not None else frozenset(), variables or {}, (where.path, where.line)
        ),
        chain=chain,
        reason=seen.reason,
        text=seen.text,
        version=version,
        default=shown(default, name).value if default is not None else "",
    )


def effective(binding: Binding | None, default: Value | None) -> tuple[Value | None, bool]:
    """What a setting is worth with the default of its framework (None: not known) where it is, or may be, not set; and
    whether it is not set."""
    if binding is None or isinstance(binding.value, Absent):
        return default, True
    value = binding.value
    if perhaps_absent(value):
        if default is not None:
            options = tuple(default if isinstance(option, Absent) else option for option in value.options)
        else:  # of two reasons the one that the code has comes first
            there = tuple(option for option in value.options if not isinstance(option, Absent))
            options = (*there, Unknown("framework-version", "the default of the framework, whose version is not known"))
        value = Joined(options, depends=value.depends)
    return value, False


def depended(
    names: Depends | Iterable[str], variables: Mapping[str, Sequence[Reading]], at: tuple[object, ...] = ()
) -> tuple[Variable, ...]:
    """What is known of the variables that a value depends on, by name. at: the statement that gives the value."""
    return tuple(_read(variables[name], at) if name in variables else _other(name) for name in sorted(names))


def _read(readings: Sequence[Reading], at: tuple[object, ...]) -> Variable:
    """As the statement asks for it that gives the value; where that is done before, in every way there is."""
    found = [one.variable for one in readings if at in one.places] or [one.variable for one in readings]
    optional = [one for one in found if not one.required] or found
    defaults = dict.fromkeys(one.default for one in optional)
    casts = dict.fromkeys(one.cast for one in optional)
    return msgspec.structs.replace(
        optional[0], default=" or ".join(defaults), cast=optional[0].cast if len(casts) == 1 else ""
    )


def _other(name: str) -> Variable:
    if name.startswith(SETTING):
        return Variable(name=name.removeprefix(SETTING), kind="setting")
    if name == EVERY:
        return Variable(name=name, kind="others")
    if name.startswith(FILE):
        return Variable(name=name.removeprefix(FILE), kind="file")
    return Variable(name=name, kind="module" if "." in name else "variable")


def place_of(path: str | None, line: int | None) -> str:
    """ " at settings.py:3"; "" where there is no file."""
    return f" at {path}:{line}" if path and line else f" at {path}" if path else ""


def shown(value: Value, name: str = "", place: str = "") -> Shown:
    """A value for people: at most 200 characters, texts under secret names measured. place: as `place_of`, where it is
    set, for what stopped the interpreter without having a place of its own."""
    stop = _stopped(value)
    if isinstance(value, Joined):
        options = [_written(option, name, 0) for option in value.options if not isinstance(option, Absent)]
        options += ["(not set)"] if perhaps_absent(value) else []
        text = _cut(" or ".join(dict.fromkeys(options)), MAX_SHOWN)
        if stop is not None:
            return Shown("unknown", text, stop.reason, why(stop, place))
        # Two that are written the same may differ where they are not written out.
        same = len(set(options)) == 1 and not any(mark in options[0] for mark in (_HIDDEN, _MEASURED))
        return Shown("known" if same else "one-of", text)
    if isinstance(value, Unknown):
        return Shown("unknown", "", value.reason, why(value, place))
    text = _cut(_written(value, name, 0), MAX_SHOWN)
    if stop is not None:
        return Shown("unknown", text, stop.reason, why(stop, place))
    if _several(value):
        return Shown("one-of", text)
    return Shown("known", text)


def why(value: Unknown, place: str = "") -> str:
    """What stopped the interpreter, in words: "value comes from vault.read(…) at settings/prod.py:41"."""
    place = place_of(value.path, value.line) or place
    text = _cut(without_credentials(" ".join(value.text.split())), MAX_TEXT)
    match value.reason:
        case "env-required":
            name, set_at, where = text.partition(", set at ")
            if set_at:
                return f"the environment variable {name} is set at {where}, to what is not known"
            if not text:
                return f"value comes from the environment{place}"
            return f"the environment variable {text} must be set{', and is read' if place else ''}{place}"
        case "generated":
            return f"made anew on every start by {text}{place}"
        case "branch":
            return f"depends on a condition that is not known: {text}{place}"
        case "import":
            return f"comes with an import that cannot be followed: {text}{place}"
        case "tainted":
            return f"may have been written by {text}{place}"
        case reason if reason in _LOST:
            return text
        case "budget" | "python-syntax" | "location" | "framework-version" | "loader":
            return f"{text}{place}"
        case _:
            return f"value comes from {text or 'what is not known'}{place}"


def unknown_part(value: Value) -> Unknown | None:
    """The first part of a value that is not known; None where all of it is."""
    return _stopped(value)


def _stopped(value: Value, depth: int = 0, seen: set[int] | None = None) -> Unknown | None:
    """seen: what has been looked at, for the same list may be in another one many times over, or in itself."""
    match value:
        case Unknown():
            return value
        case Joined(options=options):
            inner: Iterable[Value] = options
        case Seq(items=items, extra=extra, exact=exact, open=opened):
            inner = items if not exact and opened else [*items, *extra]
        case Map(items=held):
            inner = held.values()
        case _:
            return None
    seen = seen if seen is not None else set()
    if id(value) in seen:
        return None
    seen.add(id(value))
    if depth > _MAX_NESTED:
        return Unknown("budget", "nested too deeply")
    found = next((one for item in inner if (one := _stopped(item, depth + 1, seen)) is not None), None)
    if found is None and isinstance(value, Seq) and not value.exact and value.open:
        return Unknown("call", "items that are not known")
    if found is None and isinstance(value, Map) and not value.exact:
        return Unknown("call", "keys that are not known")
    return found


def _several(value: Value, depth: int = 0, seen: set[int] | None = None) -> bool:
    """Whether a value with no unknown part may still be one of several."""
    match value:
        case Joined():
            return True
        case Seq(items=items, exact=exact):
            if not exact:
                return True
            inner: Iterable[Value] = items
        case Map(items=held, maybe=maybe):
            if maybe:
                return True
            inner = held.values()
        case _:
            return False
    seen = seen if seen is not None else set()
    if id(value) in seen or depth > _MAX_NESTED:
        return False
    seen.add(id(value))
    return any(_several(item, depth + 1, seen) for item in inner)


class _Page:
    """How many parts of a value may still be written: lists in lists have more than anybody reads."""

    def __init__(self) -> None:
        self.left = _MAX_PARTS

    def full(self) -> bool:
        self.left -= 1
        return self.left < 0


def _written(value: Value, name: str, depth: int, page: _Page | None = None) -> str:
    page = page or _Page()
    if depth > _MAX_DEPTH or page.full():
        return _HIDDEN
    match value:
        case Const(value=inner):
            return _plain(inner, name)
        case Seq(kind=kind, items=items, extra=extra, exact=exact, open=opened):
            parts = [_written(item, name, depth + 1, page) for item in items[:_MAX_ITEMS]]
            parts += [f"perhaps {_written(item, name, depth + 1, page)}" for item in extra[:_MAX_ITEMS]]
            if len(items) > _MAX_ITEMS or (not exact and opened):
                parts.append(_HIDDEN)
            inside = ", ".join(parts)
            if kind == "tuple":
                return f"({inside},)" if len(parts) == 1 else f"({inside})"
            return f"[{inside}]" if kind == "list" else f"{{{inside}}}" if parts else "set()"
        case Map(items=held, maybe=maybe, exact=exact):
            pairs = []
            for key, item in list(held.items())[:_MAX_ITEMS]:
                under = key if isinstance(key, str) and is_secret(key) else name
                mark = "perhaps " if key in maybe else ""
                pairs.append(f"{mark}{key!r}: {_written(item, under, depth + 1, page)}")
            if len(held) > _MAX_ITEMS or not exact:
                pairs.append(_HIDDEN)
            return "{" + ", ".join(pairs) + "}"
        case Joined(options=options):
            return " or ".join(dict.fromkeys(_written(option, name, depth + 1, page) for option in options))
        case Library(dotted=dotted):
            return dotted.removeprefix("builtins.")
        case Class(name=called) | Function(name=called):
            return called
        case Instance(cls=cls):
            return f"{cls.name}(…)" if cls is not None else "an object"
        case Module(path=path):
            return path
        case Object(kind="part", state={"name": Const(value=str() as called)}):
            return f"{called}(…)"
        case Object(kind="place", state={"path": Const(value=str() as path)}):
            end = "/" if path.endswith("/") else ""
            return repr(f"<repository>/{posixpath.normpath(path)}{end}".removesuffix("/."))
        case Object(kind=kind):
            return f"{kind}(…)"
        case Unknown(reason="generated"):
            return "(a new secret on every start)"
    return _HIDDEN


def _plain(value: object, name: str) -> str:
    if isinstance(value, str | bytes) and is_secret(name):
        return measured(value)
    if isinstance(value, str):
        text = without_credentials(value)
        if _ADDRESS.match(text):
            text = _QUERY.sub("?…", text, count=1)
        return repr(text)
    if isinstance(value, bytes):
        return f"({len(value)} bytes)"
    if isinstance(value, PurePosixPath):
        return repr(without_credentials(str(value)))
    if isinstance(value, timedelta):
        return repr(value).removeprefix("datetime.")
    if isinstance(value, tuple):
        inside = ", ".join(_plain(item, name) for item in value[:_MAX_ITEMS])
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, frozenset):
        return "{" + ", ".join(sorted(_plain(item, name) for item in value)[:_MAX_ITEMS]) + "}"
    if isinstance(value, int) and name.endswith(_MODES) and value > 7:
        return f"{value:#05o} ({value})"  # 644 written for 0o644 is seen as 0o1204
    return repr(value)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + _HIDDEN
