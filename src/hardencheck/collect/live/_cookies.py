"""Set-Cookie as browsers read it (RFC 6265bis sections 5.1 and 5.6). Pure; nothing here raises for any text."""

import datetime as dt
import ipaddress
import re
from typing import NamedTuple

from hardencheck.lazily import compiled
from hardencheck.model.facts.http import CookieRole, CookieScope, SameSite

MAX_ATTRIBUTE = 1024
# What a prefix promises. Source: RFC 6265bis section 4.1.3; __Http- and __Host-Http-: its successor (layered cookies).
_PREFIXES = {
    "__host-http-": ("secure", "httponly", "host"),
    "__host-": ("secure", "host"),
    "__http-": ("secure", "httponly"),
    "__secure-": ("secure",),
}
_CONTROL = compiled(r"[\x00-\x08\x0a-\x1f\x7f]")
_AGE = compiled(r"-?[0-9]+")


class CookieField(NamedTuple):
    """The value is kept out on purpose; `size` counts it, in bytes. hidden_prefix: a nameless value that begins like a
    prefixed name, which browsers refuse."""

    name: str
    size: int
    attributes: dict[str, str]
    hidden_prefix: bool = False

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
    def _promises(self) -> tuple[str, ...] | None:
        name = self.name.lower()
        return next((promised for prefix, promised in _PREFIXES.items() if name.startswith(prefix)), None)

    @property
    def prefixed(self) -> bool:
        """With Secure promised at least; __Http- promises it too."""
        return self._promises is not None

    @property
    def honoured(self) -> bool:
        """Whether it keeps what its prefix promises, whatever the case of the prefix."""
        promised = self._promises or ()
        host_only = self.attributes.get("path") == "/" and not self.domain
        return (
            not self.hidden_prefix
            and ("secure" not in promised or self.secure)
            and ("httponly" not in promised or self.http_only)
            and ("host" not in promised or host_only)
        )

    @property
    def domain(self) -> str:
        """The Domain attribute without its leading dot, in lower case; "" when there is none or nothing in it."""
        return self.attributes.get("domain", "").removeprefix(".").lower()

    def scope(self, host: str) -> CookieScope:
        """Which hosts get it, set by `host` (canonical, lower case)."""
        domain = self.domain
        if not domain:
            return "host"
        try:
            domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
        except UnicodeError:
            return "foreign"
        if domain == host:
            return "host" if _is_address(host) else "subdomains"
        return "wider" if host.endswith(f".{domain}") and "." in domain and not _is_address(host) else "foreign"

    def expires(self, now: float | None) -> float | None:
        """Seconds it lives from `now` (Unix time) on: Max-Age before Expires; None for the session or not known."""
        age = self.attributes.get("max-age")
        if age is not None:
            return float(int(age[:18]))
        until = cookie_date(self.attributes.get("expires", ""))
        return until - now if until is not None and now is not None else None

    def deletes(self, now: float | None) -> bool:
        """Whether it removes a cookie. Without `now`, only a year that is long past counts."""
        if "max-age" in self.attributes:
            now = 0.0 if now is None else now
        left = self.expires(now if now is not None else 86_400.0 * 365 * 30)
        return left is not None and left <= 0


def parse_cookie(field: str) -> CookieField | None:
    """One Set-Cookie field; None where a browser ignores it: with control characters, or with nothing in it.

    Of a repeated attribute the last that is valid counts, except that any SameSite counts.
    """
    if _CONTROL.search(field):
        return None
    pair, *rest = field.split(";")
    name, equals, value = pair.partition("=")
    if not equals:
        name, value = "", pair
    name, value = name.strip(" \t"), value.strip(" \t")
    if not name and not value:
        return None
    attributes: dict[str, str] = {}
    for part in rest[:200]:
        key, _, given = part.partition("=")
        key, given = key.strip(" \t").lower(), given.strip(" \t")
        if len(given) > MAX_ATTRIBUTE:
            continue
        if (key == "max-age" and not _AGE.fullmatch(given)) or (key == "expires" and cookie_date(given) is None):
            continue
        if key in {"expires", "max-age", "domain", "path", "secure", "httponly", "samesite", "partitioned"}:
            attributes[key] = given
    hidden = not name and value.lower().startswith(tuple(_PREFIXES))
    return CookieField(name, _octets(name) + _octets(value), attributes, hidden)


def _octets(text: str) -> int:
    """Bytes on the wire: the client reads header fields as Latin-1, browsers save them as they understood them."""
    return len(text) if all(ord(char) < 256 for char in text) else len(text.encode("utf-8", "replace"))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


_DELIMITERS = compiled(r"[\x09\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_TIME = compiled(r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?![0-9])")
_DAY = compiled(r"([0-9]{1,2})(?![0-9])")
_YEAR = compiled(r"([0-9]{2,4})(?![0-9])")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def cookie_date(text: str) -> float | None:
    """Unix time of a cookie's date (RFC 6265bis section 5.1.1), in which nearly any order and separator goes."""
    time = day = month = year = None
    for token in _DELIMITERS.split(text[:MAX_ATTRIBUTE]):
        if time is None and (match := _TIME.match(token)):
            time = (int(match[1]), int(match[2]), int(match[3]))
        elif day is None and (match := _DAY.match(token)):
            day = int(match[1])
        elif month is None and token[:3].lower() in _MONTHS:
            month = _MONTHS.index(token[:3].lower()) + 1
        elif year is None and (match := _YEAR.match(token)):
            year = int(match[1])
    if time is None or day is None or month is None or year is None:
        return None
    year += 1900 if 70 <= year <= 99 else 2000 if year < 70 else 0
    if year < 1601:
        return None
    try:
        return dt.datetime(year, month, day, *time, 0, dt.UTC).timestamp()
    except (ValueError, OverflowError):
        return None


_SESSION = compiled(
    r"sess|(?<![a-z])s(?:id|so)(?![a-z])|auth(?!or)|token|jwt|login|remember|identity|sid$", re.IGNORECASE
)
_CSRF = compiled(r"csrf|xsrf", re.IGNORECASE)
# Counters of visits that call what they count a session; they let nobody in. Source: the vendors' lists of cookies.
_COUNTERS = compiled(
    r"_hj(?:included|absolute)?(?:in)?session\w*|ai_session|amp_token|sbjs_session|_pk_ses\S*|_sp_ses\S*|"
    r"analytics_session\S*|rl_session|awsalb\S*|mp_\S+",
    re.IGNORECASE,
)


def cookie_role(name: str) -> CookieRole:
    """ "csrf", "session" or "other" by the name alone: a guess that covers the frameworks' own names."""
    if _CSRF.search(name):
        return "csrf"
    return "session" if _SESSION.search(name) and not _COUNTERS.fullmatch(name) else "other"
