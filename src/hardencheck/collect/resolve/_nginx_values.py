"""Values of an nginx configuration: sizes, times, and what its variables hold where that can be told.

Source: nginx manual, "Configuration file measurement units", ngx_http_rewrite_module (set), ngx_http_map_module.
"""

import re
from collections.abc import Iterable, Mapping

from hardencheck.collect.extract._fields import WITHHELD
from hardencheck.collect.extract._templates import TEMPLATED
from hardencheck.collect.resolve._held import put_in
from hardencheck.collect.resolve._routes import Doubt
from hardencheck.lazily import compiled
from hardencheck.model.facts.proxies import Directive
from hardencheck.model.gap import Reason
from hardencheck.model.location import Location

_SIZE = compiled(r"(\d{1,15})([kKmMgG]?)")
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_TIME = compiled(r"(\d{1,12})(ms|[smhdwMy]?)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "M": 2592000, "y": 31536000, "": 1}
_VARIABLE = compiled(r"\$(?:\{(\w{1,99})\}|(\w{1,99}))")
Known = Mapping[str, str | None]


def parse_size(text: str) -> int | None:
    """Bytes in an nginx size such as "8m"; None for "0", which lifts the limit.

    k, m and g are powers of 1024, either case; no suffix means bytes. Raises ValueError for anything else.
    """
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return int(match[1]) * _UNITS[match[2].lower()] or None


def parse_time(text: str) -> float:
    """Seconds in an nginx time such as "1h 30m"; no suffix means seconds. Raises ValueError for anything else."""
    parts = [_TIME.fullmatch(word) for word in re.findall(r"\d+[a-zA-Z]*", text)]
    if not parts or re.sub(r"\d+[a-zA-Z]*|\s", "", text):
        raise ValueError(text)
    total = 0.0
    for part in parts:
        if part is None:
            raise ValueError(text)
        total += int(part[1]) * _SECONDS[part[2]]
    return total


def maps(level: Iterable[Directive]) -> dict[str, str | None]:
    """The variables that a map gives one value whatever it is asked; the others are None."""
    found: dict[str, str | None] = {}
    for directive in level:
        if directive.name != "map" or directive.block is None or len(directive.args) != 2:
            continue
        values = {item.args[0] if item.args else WITHHELD for item in directive.block if item.name not in _OPTIONS}
        if not any(item.name == "default" for item in directive.block):
            values.add("")  # what no line matches
        alone = values.pop() if len(values) == 1 else None
        open_ = alone is None or "$" in alone or WITHHELD in alone or any(i.name == "include" for i in directive.block)
        found[directive.args[1].lstrip("$")] = None if open_ else alone
    return found


_OPTIONS = {"hostnames", "volatile", "include"}


def settings(level: Iterable[Directive], known: Known) -> dict[str, str | None]:
    """The variables after the `set` of one level, in their order; None where a value is not known."""
    found = dict(known)
    for directive in level:
        if directive.name == "set" and len(directive.args) == 2:
            name = directive.args[0].lstrip("$")
            found[name] = None if directive.conditional else filled(directive.args[1], found)
        elif directive.name == "if":
            for name in _written(directive.block or ()):
                found[name] = None  # perhaps
    return found


def _written(block: Iterable[Directive]) -> Iterable[str]:
    for directive in block:
        if directive.name == "set" and directive.args:
            yield directive.args[0].lstrip("$")


def filled(text: str, known: Known) -> str | None:
    """The text with its variables in their places; None when one of them is not known."""
    if TEMPLATED in text or WITHHELD in text:
        return None
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        held = known.get(match[1] or match[2])
        missing = missing or held is None
        return held or ""

    out = put_in(_VARIABLE, text, value)
    return None if missing else out


def doubt(what: str, text: str, where: Location) -> Doubt:
    """Why a text of which `filled` made nothing is not known."""
    if TEMPLATED in text:
        return Doubt(where, f"the value of {what} is a placeholder", Reason.TEMPLATED)
    if WITHHELD in text:
        return Doubt(where, f"the value of {what} is not looked at: it may be a secret", Reason.NOT_SUPPORTED)
    return Doubt(where, f"the value of {what} holds a variable", Reason.NOT_LITERAL)
