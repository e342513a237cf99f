"""Header fields as browsers read them. Pure; nothing here raises for any text."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from hardencheck.lazily import compiled
from hardencheck.model.facts.http import CookieRole, SameSite

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
    for part in _split(value, ";"):
        if not part:
            continue
        name, equals, given = (piece.strip(_BLANKS) for piece in part.partition("="))
        name = name.lower()
        if not _TOKEN.fullmatch(name):
            return HstsField(None, False, False, "not a list of directives")
        if name in seen:
            return HstsField(None, False, False, f"the directive {name[:40]} is repeated")
        if equals and (name == "includesubdomains" or (given and not _VALUE.fullmatch(given))):
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
    return HstsField(min(int(age[:15]), 2**53), "includesubdomains" in seen, "preload" in seen, "")


def _split(value: str, separator: str) -> list[str]:
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
    return [item for item in _split(", ".join(values), ",") if item]


def nosniff(values: Sequence[str]) -> bool:
    """Whether the first value of X-Content-Type-Options is nosniff; an empty one counts (Fetch standard)."""
    return bool(values) and _split(", ".join(values), ",")[0].lower() == "nosniff"


# Structured fields (RFC 9651)


class Invalid(ValueError):
    """Not a structured field; the message says what broke it."""


class _Structured:
    """A parser of the parts that security headers use: dictionary, item, inner list, parameters."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def dictionary(self) -> dict[str, object]:
        found: dict[str, object] = {}
        self.skip(" ")
        while self.at < len(self.text):
            key = self.key()
            found[key] = self.member() if self.take("=") else True
            if found[key] is True:
                self.parameters()
            self.skip(" \t")
            if self.at == len(self.text):
                return found
            if not self.take(","):
                raise Invalid(f"a comma is expected after {key}")
            self.skip(" \t")
            if self.at == len(self.text):
                raise Invalid("it ends with a comma")
        return found

    def single(self) -> str:
        """One token with parameters; a string is none, whatever it holds."""
        self.skip(" ")
        if _BARE["token"].match(self.text, self.at) is None:
            raise Invalid("a token is expected")
        value = self.item()
        self.skip(" ")
        if self.at != len(self.text):
            raise Invalid("more than one value")
        return str(value)

    def member(self) -> object:
        if not self.take("("):
            return self.item()
        items: list[object] = []
        while True:
            self.skip(" ")
            if self.take(")"):
                self.parameters()
                return items
            items.append(self.item())
            if self.at >= len(self.text) or self.text[self.at] not in " )":
                raise Invalid("a list is not closed")

    def item(self) -> object:
        value = self.bare()
        self.parameters()
        return value

    def parameters(self) -> None:
        while self.take(";"):
            self.skip(" ")
            self.key()
            if self.take("="):
                self.bare()

    def key(self) -> str:
        match = re.compile(r"[a-z*][a-z0-9_.*-]*").match(self.text, self.at)
        if match is None:
            near = self.text[self.at : self.at + 20]
            raise Invalid(f"a name in lower case is expected at {near!r}" if near else "a name is missing")
        self.at = match.end()
        return match[0]

    def bare(self) -> object:
        for kind, pattern in _BARE.items():
            match = pattern.match(self.text, self.at)
            if match is not None:
                self.at = match.end()
                return match[1] if kind == "string" else match[0]
        near = self.text[self.at : self.at + 20]
        raise Invalid(f"a value is expected at {near!r}" if near else "a value is missing")

    def skip(self, blanks: str) -> None:
        while self.at < len(self.text) and self.text[self.at] in blanks:
            self.at += 1

    def take(self, char: str) -> bool:
        if self.text.startswith(char, self.at):
            self.at += 1
            return True
        return False


_BARE = {
    "number": re.compile(r"-?(?:\d{1,12}\.\d{1,3}|\d{1,15})(?![\d.])"),
    "string": re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*+)"'),
    "token": re.compile(r"[A-Za-z*][!#$%&'*+.^_`|~:/0-9A-Za-z-]*+"),
    "bytes": re.compile(r":[A-Za-z0-9+/=]*+:"),
    "boolean": re.compile(r"\?[01]"),
    "date": re.compile(r"@-?\d{1,15}"),
    "display": re.compile(r'%"[ !#-~]*+"'),
}


def structured_dictionary(values: Sequence[str]) -> dict[str, object]:
    """A dictionary field; an inner list is a list, all else text or True. Raises Invalid."""
    return _Structured(", ".join(values)).dictionary()


def structured_token(values: Sequence[str]) -> str:
    """An item field; repeated fields are joined and so no item any more. Raises Invalid."""
    return _Structured(", ".join(values)).single()


# Set-Cookie


class CookieField(NamedTuple):
    """value: kept out on purpose; size counts it. max_age: "" when absent."""

    name: str
    size: int
    attributes: dict[str, str]
    empty: bool

    @property
    def secure(self) -> bool:
        return "secure" in self.attributes

    @property
    def http_only(self) -> bool:
        return "httponly" in self.attributes

    @property
    def same_site(self) -> SameSite:
        given = self.attributes.get("samesite")
        if given is None:
            return "absent"
        given = given.lower()
        if given == "none":
            return "none" if self.secure else "none-without-secure"
        return "strict" if given == "strict" else "lax" if given == "lax" else "invalid"

    @property
    def prefixed(self) -> bool:
        return self.name.lower().startswith(("__host-", "__secure-"))

    @property
    def honoured(self) -> bool:
        """RFC 6265bis section 4.1.3: __Secure- needs Secure; __Host- also Path=/ and no Domain."""
        name = self.name.lower()
        if name.startswith("__host-"):
            return self.secure and self.attributes.get("path") == "/" and not self.attributes.get("domain")
        return self.secure or not name.startswith("__secure-")

    def deletes(self, now: float | None) -> bool:
        """Whether it removes a cookie: Max-Age first (RFC 6265 section 5.3), then Expires before `now` (Unix time).

        Without `now`, only a year that is long past counts.
        """
        from email.utils import parsedate_to_datetime

        age = self.attributes.get("max-age", "")
        if re.fullmatch(r"-?[0-9]{1,12}", age):
            return int(age) <= 0
        try:
            expires = parsedate_to_datetime(self.attributes.get("expires", "").replace("-", " ")).timestamp()
        except (ValueError, TypeError, IndexError, OverflowError, OSError):
            return False
        return expires <= (now if now is not None else 86_400 * 365 * 30)


_SESSION = compiled(r"sess|(?<![a-z])sid(?![a-z])|auth(?!or)|token|jwt|login|remember|identity|sid$", re.IGNORECASE)
_CSRF = compiled(r"csrf|xsrf", re.IGNORECASE)


def cookie_role(name: str) -> CookieRole:
    """ "csrf", "session" or "other" by the name alone: a guess that covers the frameworks' own names."""
    if _CSRF.search(name):
        return "csrf"
    return "session" if _SESSION.search(name) else "other"


def parse_cookie(field: str) -> CookieField | None:
    """One Set-Cookie field (RFC 6265 section 5.2); None where a browser ignores it."""
    pair, *rest = field.split(";")
    name, equals, value = pair.partition("=")
    if not equals:
        name, value = "", pair
    name, value = name.strip(" \t"), value.strip(" \t")
    if not name and not value:
        return None
    attributes: dict[str, str] = {}
    for part in rest[:50]:
        key, _, given = part.partition("=")
        key = key.strip(" \t").lower()
        if key in {"expires", "max-age", "domain", "path", "secure", "httponly", "samesite", "partitioned"}:
            attributes[key] = given.strip(" \t")
    size = len(name.encode("utf-8", "replace")) + len(value.encode("utf-8", "replace"))
    return CookieField(name, size, attributes, not value)


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
