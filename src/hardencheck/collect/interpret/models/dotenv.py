"""python-dotenv: `load_dotenv`, `dotenv_values`, `find_dotenv`.

Source: python-dotenv documentation, "File format"; measured with 1.2.4. A value that refers to other variables is not
followed. Which folder `find_dotenv` starts in: that of the file that calls it.
"""

import posixpath
import re
from collections.abc import Mapping

from hardencheck.collect.interpret import environment
from hardencheck.collect.interpret.modelling import Call
from hardencheck.collect.interpret.models import _dotenv
from hardencheck.collect.interpret.models import _places as places
from hardencheck.collect.interpret.models._common import flag, given, text, unknown
from hardencheck.collect.interpret.values import Const, Map, NotKnown, Unknown, Value

_KEY = re.compile(r"(?:export[^\S\r\n]+)?(?:'([^'\r\n]+)'|((?!')[^=#\s]+))[^\S\r\n]*")
_DOUBLE = re.compile(r'"((?:\\.|[^"\\])*)"', re.DOTALL)
_SINGLE = re.compile(r"'((?:\\.|[^'\\])*)'", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "b": "\b", "a": "\a", "v": "\v"}
MAX_VALUE = 100_000


def parse(whole: str) -> Mapping[str, str | None]:
    """The variables of a file. Values in quotes may go over lines."""
    found: dict[str, str | None] = {}
    at, whole = 0, whole.removeprefix("\ufeff")
    while at < len(whole):
        while at < len(whole) and whole[at].isspace():
            at += 1
        end = whole.find("\n", at)
        end = len(whole) if end < 0 else end
        key = _KEY.match(whole, at, end)
        if key is None and whole.startswith("'", at):
            raise NotKnown(Unknown("call", "a key in quotes over lines"))
        if key is None or whole.startswith("#", at):
            at = end + 1
            continue
        name, at = key[1] or key[2], key.end()
        if not whole.startswith("=", at):
            if not whole[at:end].strip() or whole[at:end].lstrip().startswith("#"):
                found[name] = None
            at = end + 1
            continue
        start = at + 1
        while start < end and whole[start] in " \t":
            start += 1
        quote = whole[start : start + 1]
        if quote in {"'", '"'}:
            match = (_DOUBLE if quote == '"' else _SINGLE).match(whole, start, start + MAX_VALUE)
            stop = whole.find("\n", match.end()) if match is not None else -1
            stop = len(whole) if stop < 0 else stop
            rest = whole[match.end() : stop].strip() if match is not None else "bad"
            if match is not None and (not rest or rest.startswith("#")):
                found[name] = _unescaped(match[1], quote)
            at = (stop if match is not None else end) + 1  # else it is no line of a variable
            continue
        value = whole[start:end]
        found[name] = "" if start > at + 1 and value.startswith("#") else _uncommented(value)
        at = end + 1
    return found


def _uncommented(value: str) -> str:
    for number, letter in enumerate(value):
        if letter == "#" and number and value[number - 1].isspace():
            return value[:number].rstrip()
    return value.rstrip()


def _unescaped(value: str, quote: str) -> str:
    allowed = "\\'" if quote == "'" else "\\'\"abfnrtv"
    return re.sub(
        r"\\(.)", lambda seen: _ESCAPES.get(seen[1], seen[1]) if seen[1] in allowed else seen[0], value, flags=re.DOTALL
    )


def as_value(name: str, item: str | None) -> Value:
    """One value; one that is put together from variables is not known."""
    depends = frozenset({name})
    if item is not None and "${" in item:
        return Unknown("call", "a value of other variables", depends=depends)
    return Const(item, depends=depends)


def _where(call: Call, value: Value | None) -> Value:
    """The file that is read when none is named: the next one upwards."""
    if value is not None and not (isinstance(value, Const) and not value.value):
        return value
    start = places.beside(call)
    return _dotenv.upwards(call, start, ".env") or Const("/")


def _load(call: Call) -> Value | None:
    found = given(call, ("dotenv_path", "stream", "verbose", "override", "interpolate", "encoding"))
    if found is None or "stream" in found:
        environment.export(call.interpreter, None, Const(None))
        return unknown(call)
    where = _dotenv.where(_where(call, found.get("dotenv_path")))
    override = flag(found.get("override"), False)
    items = _dotenv.values(call, where, parse)
    if items is None:
        environment.export(call.interpreter, None, Const(None))
        return unknown(call)
    sure = _dotenv.sure(_where(call, found.get("dotenv_path")))
    for name, item in items.items():
        if item is not None:
            made = as_value(name, item)
            unsure = Unknown("location", "the working directory", depends=made.depends)
            _dotenv.put(call, name, made if sure else unsure, override)
    return Const(True) if items and sure else unknown(call, "branch")


def _values(call: Call) -> Value | None:
    found = given(call, ("dotenv_path", "stream", "verbose", "interpolate", "encoding"))
    if found is None or "stream" in found:
        return unknown(call)
    where = _where(call, found.get("dotenv_path"))
    items = _dotenv.values(call, where, parse) if _dotenv.sure(where) else None
    if not items:
        return Map(exact=False)  # a file that is there where the service runs, or not
    return Map({name: as_value(name, item) for name, item in items.items()})


def _find(call: Call) -> Value | None:
    found = given(call, ("filename", "raise_error_if_not_found", "usecwd"))
    name = text(found.get("filename", Const(".env"))) if found is not None else None
    if found is None or name is None or posixpath.isabs(name) or flag(found.get("usecwd"), False) is not False:
        return unknown(call, "location")
    return _dotenv.upwards(call, places.beside(call), name) or unknown(call, "location", "a file of the machine")


CALLS = {
    **dict.fromkeys(("dotenv.load_dotenv", "dotenv.main.load_dotenv"), _load), "dotenv.dotenv_values": _values,
    "dotenv.find_dotenv": _find,
}  # fmt: skip
