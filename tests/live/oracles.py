"""What the specifications say, written from their text step by step and for tests alone: slow, plain, and on purpose
not in the manner of the code that it is held against."""

import datetime as dt
import re
import string

TCHAR = set("!#$%&'*+-.^_`|~" + string.ascii_letters + string.digits)


# RFC 6797 section 6.1 and 8.1


def hsts(field: str) -> tuple[int, bool] | None:
    """max-age and includeSubDomains of a conforming field; None for one that must be ignored."""
    token = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
    quoted = r'"(?:[^"\\]|\\.)*"'
    directive = rf"({token})(?:[ \t]*(=)[ \t]*({token}|{quoted}))?"
    rest = field
    found: list[tuple[str, str | None]] = []
    while True:
        rest = rest.lstrip(" \t")
        match = re.match(directive, rest)
        if match:
            found.append((match[1].lower(), match[3] if match[2] else None))
            rest = rest[match.end() :].lstrip(" \t")
        if not rest:
            break
        if not rest.startswith(";"):
            return None
        rest = rest[1:]
    names = [name for name, _ in found]
    if len(set(names)) < len(names) or "max-age" not in names:
        return None
    values = dict(found)
    if values.get("includesubdomains") is not None:
        return None
    age = values["max-age"] or ""
    if age.startswith('"'):
        age = re.sub(r"\\(.)", r"\1", age[1:-1])
    if not age or any(char not in string.digits for char in age):
        return None
    return int(age), "includesubdomains" in values


# RFC 9651 section 4.2


class Broken(Exception):
    pass


class Symbol(str):
    """A token."""


class Fields:
    def __init__(self, text: str) -> None:
        if not text.isascii():
            raise Broken
        self.left = list(text)

    def peek(self) -> str:
        return self.left[0] if self.left else ""

    def eat(self) -> str:
        if not self.left:
            raise Broken
        return self.left.pop(0)

    def blanks(self, which: str = " ") -> None:
        while self.left and self.left[0] in which:
            self.left.pop(0)

    def whole_dictionary(self) -> dict[str, object]:
        self.blanks()
        found: dict[str, object] = {}
        while self.left:
            name = self.key()
            if self.peek() == "=":
                self.eat()
                found[name] = self.inner() if self.peek() == "(" else self.item()
            else:
                found[name] = True
                self.parameters()
            self.blanks(" \t")
            if not self.left:
                break
            if self.eat() != ",":
                raise Broken
            self.blanks(" \t")
            if not self.left:
                raise Broken
        return found

    def whole_item(self) -> object:
        self.blanks()
        value = self.item()
        self.blanks()
        if self.left:
            raise Broken
        return value

    def inner(self) -> list[object]:
        self.eat()
        found: list[object] = []
        while self.left:
            self.blanks()
            if self.peek() == ")":
                self.eat()
                self.parameters()
                return found
            found.append(self.item())
            if self.peek() not in (" ", ")"):
                raise Broken
        raise Broken

    def item(self) -> object:
        value = self.bare()
        self.parameters()
        return value

    def parameters(self) -> None:
        while self.peek() == ";":
            self.eat()
            self.blanks()
            self.key()
            if self.peek() == "=":
                self.eat()
                self.bare()

    def key(self) -> str:
        if self.peek() not in set(string.ascii_lowercase + "*"):
            raise Broken
        found = ""
        while self.left and self.left[0] in string.ascii_lowercase + string.digits + "_-.*":
            found += self.eat()
        return found

    def bare(self) -> object:
        first = self.peek()
        if first == "-" or (first and first in string.digits):
            return self.number()
        if first == '"':
            return self.string()
        if first and first in string.ascii_letters + "*":
            found = ""
            while self.left and self.left[0] in TCHAR | set(":/"):
                found += self.eat()
            return Symbol(found)
        if first == ":":
            self.eat()
            if ":" not in self.left:
                raise Broken
            found = ""
            while self.peek() != ":":
                found += self.eat()
            self.eat()
            if any(char not in string.ascii_letters + string.digits + "+/=" for char in found):
                raise Broken
            return ("bytes", found)
        if first == "?":
            self.eat()
            return {"0": False, "1": True}[self.eat()] if self.peek() in ("0", "1") else self.fail()
        if first == "@":
            self.eat()
            number = self.number()
            return ("date", number) if isinstance(number, int) else self.fail()
        if first == "%":
            return self.display()
        raise Broken

    def fail(self) -> object:
        raise Broken

    def number(self) -> int | float:
        sign, found, decimal = 1, "", False
        if self.peek() == "-":
            self.eat()
            sign = -1
        if not self.peek() or self.peek() not in string.digits:
            raise Broken
        while self.left:
            char = self.eat()
            if char in string.digits:
                found += char
            elif not decimal and char == ".":
                if len(found) > 12:
                    raise Broken
                found += char
                decimal = True
            else:
                self.left.insert(0, char)
                break
            if len(found) > (16 if decimal else 15):
                raise Broken
        if not decimal:
            return sign * int(found)
        if found.endswith(".") or len(found.partition(".")[2]) > 3:
            raise Broken
        return sign * float(found)

    def string(self) -> str:
        self.eat()
        found = ""
        while self.left:
            char = self.eat()
            if char == "\\":
                char = self.eat()
                if char not in '"\\':
                    raise Broken
                found += char
            elif char == '"':
                return found
            elif not 0x20 <= ord(char) <= 0x7E:
                raise Broken
            else:
                found += char
        raise Broken

    def display(self) -> str:
        self.eat()
        if self.eat() != '"':
            raise Broken
        found = b""
        while self.left:
            char = self.eat()
            if not 0x20 <= ord(char) <= 0x7E:
                raise Broken
            if char == "%":
                pair = self.eat() + self.eat()
                if any(one not in string.digits + "abcdef" for one in pair):
                    raise Broken
                found += bytes.fromhex(pair)
            elif char == '"':
                try:
                    return found.decode()
                except UnicodeDecodeError:
                    raise Broken from None
            else:
                found += char.encode()
        raise Broken


# Fetch standard, "get, decode, and split"


def decoded_and_split(fields: list[str]) -> list[str]:
    text = ", ".join(fields)
    position, temporary = 0, ""
    found: list[str] = []
    while position < len(text):
        while position < len(text) and text[position] not in '",':
            temporary += text[position]
            position += 1
        if position < len(text) and text[position] == '"':
            start = position
            position += 1
            while position < len(text):
                char = text[position]
                position += 1
                if char == "\\":
                    position += position < len(text)
                elif char == '"':
                    break
            temporary += text[start:position]
            if position < len(text):
                continue
        found.append(temporary.strip(" \t"))
        temporary = ""
        if position < len(text):
            position += 1
            if position == len(text):
                found.append("")
    return found


# MIME Sniffing standard, "parse a MIME type"; Fetch standard, "extract a MIME type"


def mime(text: str) -> tuple[str, dict[str, str]] | None:
    text = text.strip(" \t\r\n")
    position = 0

    def until(stops: str) -> str:
        nonlocal position
        start = position
        while position < len(text) and text[position] not in stops:
            position += 1
        return text[start:position]

    kind = until("/")
    if not kind or set(kind) - TCHAR or position >= len(text):
        return None
    position += 1
    subtype = until(";").rstrip(" \t\r\n")
    if not subtype or set(subtype) - TCHAR:
        return None
    parameters: dict[str, str] = {}
    while position < len(text):
        position += 1
        while position < len(text) and text[position] in " \t\r\n":
            position += 1
        name = until(";=").lower()
        if position < len(text):
            if text[position] == ";":
                continue
            position += 1
        if position >= len(text):
            break
        if text[position] == '"':
            value = ""
            position += 1
            while position < len(text):
                value += until('"\\')
                if position >= len(text):
                    break
                char = text[position]
                position += 1
                if char == '"':
                    break
                if position >= len(text):
                    value += "\\"
                    break
                value += text[position]
                position += 1
            until(";")
        else:
            value = until(";").rstrip(" \t\r\n")
            if not value:
                continue
        good = all(char == "\t" or 0x20 <= ord(char) <= 0x7E or 0x80 <= ord(char) <= 0xFF for char in value)
        if name and not set(name) - TCHAR and good and name not in parameters:
            parameters[name] = value
    return f"{kind}/{subtype}".lower(), parameters


def extracted(fields: list[str]) -> tuple[str, str] | None:
    """Essence and charset ("" for none) in lower case."""
    charset = essence = None
    kept: tuple[str, dict[str, str]] | None = None
    if not fields:
        return None
    for value in decoded_and_split(fields):
        one = mime(value)
        if one is None or one[0] == "*/*":
            continue
        kept = one
        if one[0] != essence:
            charset = one[1].get("charset")
            essence = one[0]
        elif "charset" not in one[1] and charset is not None:
            kept[1]["charset"] = charset
    return (kept[0], kept[1].get("charset", "").lower()) if kept is not None else None


# HTML standard, "check a navigation response's adherence to X-Frame-Options", and what its list comes to


def x_frame_options(fields: list[str]) -> str:
    values = {value.lower() for value in decoded_and_split(fields) if value}
    if not values:
        return "absent"
    if len(values) > 1:
        return "conflicting"
    return next(iter(values)) if values <= {"deny", "sameorigin"} else "invalid"


# RFC 6265bis sections 5.1.4, 5.6 and 5.7


def cookie(field: str, host: str) -> dict[str, object] | None:
    if any(ord(char) < 9 or 10 <= ord(char) <= 31 or ord(char) == 127 for char in field):
        return None
    pair, semicolon, rest = field.partition(";")
    if "=" in pair:
        name, value = pair[: pair.index("=")], pair[pair.index("=") + 1 :]
    else:
        name, value = "", pair
    name, value = name.strip(" \t"), value.strip(" \t")
    if not name + value:
        return None
    attributes: list[tuple[str, str]] = []
    while semicolon:
        part, semicolon, rest = rest.partition(";")
        key, _, given = part.partition("=")
        key, given = key.strip(" \t").lower(), given.strip(" \t")
        if len(given) > 1024:
            continue
        if key == "max-age" and (not given or given.strip(string.digits) not in ("", "-") or given.rfind("-") > 0):
            continue
        if key == "max-age" and given == "-":
            continue
        attributes.append((key, given))

    def last(wanted: str) -> str | None:
        return next((given for key, given in reversed(attributes) if key == wanted), None)

    domain = (last("domain") or "").lower()
    domain = domain[1:] if domain.startswith(".") else domain
    secure, http_only = last("secure") is not None, last("httponly") is not None
    alone = not domain and last("path") == "/"
    low = name.lower() if name else value.lower()
    if low.startswith("__host-http-"):
        kept = secure and http_only and alone and bool(name)
    elif low.startswith("__host-"):
        kept = secure and alone and bool(name)
    elif low.startswith("__http-"):
        kept = secure and http_only and bool(name)
    elif low.startswith("__secure-"):
        kept = secure and bool(name)
    else:
        kept = True
    site = (last("samesite") or "").lower()
    if last("samesite") is None:
        site = "absent"
    elif site not in ("none", "lax", "strict"):
        site = "invalid"
    elif site == "none" and not secure:
        site = "none-without-secure"
    if not domain:
        scope = "host"
    elif domain == host:
        scope = "subdomains"
    else:
        scope = "wider" if ("." + host).endswith("." + domain) and "." in domain else "foreign"
    age = last("max-age")
    return {
        "name": name, "size": len(name) + len(value), "secure": secure, "http_only": http_only, "same_site": site,
        "honoured": kept, "scope": scope, "age": None if age is None else int(age),
    }  # fmt: skip


def unix(year: int, month: int, day: int, hour: int, minute: int, second: int) -> float | None:
    try:
        return dt.datetime(year, month, day, hour, minute, second, tzinfo=dt.UTC).timestamp()
    except ValueError:
        return None


# CSP Level 3, asked about one thing at a time, as a browser asks


def csp_policies(fields: list[str], metas: list[str]) -> list[dict[str, list[str]]]:
    found = []
    for text, meta in [(text, False) for field in fields for text in field.split(",")] + [(t, True) for t in metas]:
        policy: dict[str, list[str]] = {}
        for part in text.split(";"):
            part = part.strip("\t\n\f\r ")
            if not part or not part.isascii():
                continue
            words = re.split("[\t\n\f\r ]+", part)
            policy.setdefault(words[0].lower(), words[1:])
        if meta:
            for name in ("report-uri", "frame-ancestors", "sandbox"):
                policy.pop(name, None)
        if policy:
            found.append(policy)
    return found


def _directive(policy: dict[str, list[str]], names: list[str]) -> list[str] | None:
    for name in names:
        if name in policy:
            return policy[name]
    return None


ELEMENT = ["script-src-elem", "script-src", "default-src"]
HANDLER = ["script-src-attr", "script-src", "default-src"]
EVAL = ["script-src", "default-src"]
OBJECT = ["object-src", "default-src"]


def restricts(policies: list[dict[str, list[str]]], names: list[str]) -> bool:
    return any(_directive(policy, names) is not None for policy in policies)


def _is_nonce(source: str) -> bool:
    return re.fullmatch(r"'nonce-[A-Za-z0-9+/\-_]+={0,2}'", source, re.I) is not None


def _is_hash(source: str) -> bool:
    return re.fullmatch(r"'sha(256|384|512)-[A-Za-z0-9+/\-_]+={0,2}'", source, re.I) is not None


def runs_inline(policies: list[dict[str, list[str]]], names: list[str]) -> bool:
    """Without nonce and hash of its own (section 6.7.3.2)."""
    for policy in policies:
        sources = _directive(policy, names)
        if sources is None:
            continue
        allowed = False
        for source in sources:
            if _is_nonce(source) or _is_hash(source) or source.lower() == "'strict-dynamic'":
                allowed = False
                break
            if source.lower() == "'unsafe-inline'":
                allowed = True
        if not allowed:
            return False
    return True


def runs_eval(policies: list[dict[str, list[str]]]) -> bool:
    return all(
        sources is None or "'unsafe-eval'" in [source.lower() for source in sources]
        for sources in (_directive(policy, EVAL) for policy in policies)
    )


def loads(policies: list[dict[str, list[str]]], names: list[str], url: str, *, script: bool = False) -> bool:
    """Whether a parser-inserted request for a URL goes out from https://self.example (section 6.7.2.7)."""
    for policy in policies:
        sources = _directive(policy, names)
        if sources is None:
            continue
        if script and "'strict-dynamic'" in [source.lower() for source in sources]:
            return False
        if not any(_matches(source, url) for source in sources):
            return False
    return True


def _matches(source: str, url: str) -> bool:
    scheme, _, rest = url.partition(":")
    if source == "*":
        return scheme in ("http", "https")
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9+.\-]*:", source):
        return _scheme(source[:-1].lower(), scheme)
    if source.lower() == "'self'":
        return rest.startswith("//self.example/") and scheme == "https"
    match = re.fullmatch(r"(?:([A-Za-z][A-Za-z0-9+.\-]*)://)?([^/:']+)(?::([0-9]+|\*))?(/.*)?", source)
    if match is None or scheme not in ("http", "https"):
        return False
    host, _, path = rest[2:].partition("/")
    host, _, port = host.partition(":")
    port = port or {"http": "80", "https": "443"}[scheme]
    if not _scheme((match[1] or "https").lower(), scheme):
        return False
    pattern = match[2].lower()
    if pattern != "*" and pattern != host and not (pattern.startswith("*.") and host.endswith(pattern[1:])):
        return False
    if match[3] is None:
        if port != {"http": "80", "https": "443"}[scheme]:
            return False
    elif match[3] not in ("*", port):
        return False
    if not match[4] or match[4] == "/":
        return True
    return f"/{path}".startswith(match[4]) if match[4].endswith("/") else f"/{path}" == match[4]


def _scheme(wanted: str, scheme: str) -> bool:
    return wanted == scheme or (wanted == "http" and scheme == "https")
