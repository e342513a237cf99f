"""Header fields as browsers read them. Pure; nothing here raises for any text."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from hardencheck.lazily import compiled

_TOKEN = compiled(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = compiled(_TOKEN.pattern + r'|"(?:[^"\\]|\\.)*+"')
# Blanks of HTTP; what Python strips besides (a no-break space, say) is part of a value.
_BLANKS = " \t"

# Strict-Transport-Security


class HstsField(NamedTuple):
    max_age: int | None
    include_subdomains: bool
    preload: bool
    fault: str


def parse_hsts(value: str) -> HstsField:
    """One Strict-Transport-Security field (RFC 6797 section 6.1): with a fault it counts as absent.

    Directive names compare without case, a value may be quoted; a repeated directive, a value that is neither token
    nor quoted string, or one given to includeSubDomains (section 6.1.2: valueless) voids the field.
    """
    seen: dict[str, str | None] = {}
    odd = ""
    for part in split(value, ";"):
        if not part:
            continue
        name, equals, given = (piece.strip(_BLANKS) for piece in part.partition("="))
        name = name.lower()
        if not _TOKEN.fullmatch(name):
            return HstsField(None, False, False, "not a list of directives")
        if name in seen:
            return HstsField(None, False, False, f"the directive {name[:40]} is repeated")
        if equals and (name == "includesubdomains" or not _VALUE.fullmatch(given)):
            odd = odd or name
        seen[name] = _unquoted(given) if equals else None
    age = seen.get("max-age")
    if "max-age" not in seen:
        return HstsField(None, False, False, "max-age is missing")
    if age is None or not (age.isascii() and age.isdigit()):
        return HstsField(None, False, False, "max-age is not a number of seconds")
    if odd:
        return HstsField(None, False, False, f"the directive {odd[:40]} has a value that it cannot have")
    # Browsers cap it; what matters is that it is long.
    return HstsField(min(int(age.lstrip("0")[:17] or "0"), 2**53), "includesubdomains" in seen, "preload" in seen, "")


def split(value: str, separator: str) -> list[str]:
    """Parts at a separator that is not in a quoted string, blanks around them removed."""
    parts: list[str] = []
    start = 0
    quoted = escaped = False
    for index, char in enumerate(value):
        if escaped:
            escaped = False
        elif quoted and char == "\\":
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif char == separator and not quoted:
            parts.append(value[start:index].strip(_BLANKS))
            start = index + 1
    parts.append(value[start:].strip(_BLANKS))
    return parts


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] == '"':
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    return value


def list_items(values: Sequence[str]) -> list[str]:
    """The items of a comma list over all its fields (RFC 9110 section 5.6.1)."""
    return [item for item in split(", ".join(values), ",") if item]


def nosniff(values: Sequence[str]) -> bool:
    """Whether the first value of X-Content-Type-Options is nosniff; an empty one counts (Fetch standard)."""
    return bool(values) and split(", ".join(values), ",")[0].lower() == "nosniff"


# Others

REFERRER_POLICIES = frozenset(
    {
        "no-referrer",
        "no-referrer-when-downgrade",
        "same-origin",
        "origin",
        "strict-origin",
        "origin-when-cross-origin",
        "strict-origin-when-cross-origin",
        "unsafe-url",
    }
)
_LEGACY = {"never": "no-referrer", "default": "strict-origin-when-cross-origin", "always": "unsafe-url"}
_LEGACY["origin-when-crossorigin"] = "origin-when-cross-origin"


def referrer_policy(fields: Sequence[str], meta: str | None) -> str | None:
    """The policy in effect: the last known token of the header; a meta element, applied later, wins over it."""
    policy: str | None = None
    for token in list_items(fields):
        if token.lower() in REFERRER_POLICIES:
            policy = token.lower()
    return (meta_referrer_policy(meta) if meta is not None else None) or policy


def meta_referrer_policy(content: str) -> str | None:
    """The policy a meta element of the name referrer sets; None when it is none (HTML standard, section referrer)."""
    given = content.strip().lower()
    given = _LEGACY.get(given, given)
    return given if given in REFERRER_POLICIES else None


def x_frame_options(fields: Sequence[str]) -> str:
    """ "deny", "sameorigin", "invalid", "conflicting" or "absent" (HTML standard, section X-Frame-Options)."""
    values = {item.lower() for item in list_items(fields)}
    if not values:
        return "absent"
    if len(values) > 1:
        return "conflicting"
    (value,) = values
    return value if value in {"deny", "sameorigin"} else "invalid"


def cache_directives(fields: Sequence[str]) -> dict[str, str]:
    """Directives of Cache-Control, names in lower case; the first of a repeated one."""
    found: dict[str, str] = {}
    for item in list_items(fields):
        name, _, value = item.partition("=")
        found.setdefault(name.strip().lower(), _unquoted(value.strip()))
    return found


def has_version(value: str) -> bool:
    """Whether a Server-like value holds a version: "nginx/1.22.1", "PHP 8"; not "nginx" nor a name such as "s3"."""
    return re.search(r"/\s?v?\d|\d+\.\d+|[A-Za-z] v?\d+(?![A-Za-z0-9])", value) is not None
