"""Structured fields (RFC 9651), the parts that security headers use. Pure; raises nothing but Invalid."""

import re
from collections.abc import Sequence

from hardencheck.lazily import compiled


class Invalid(ValueError):
    """Not a structured field; the message says what broke it."""


class Token(str):
    """A token, told apart from a string: the token * is everybody, the string "*" nobody."""

    __slots__ = ()


_KEY = compiled(r"[a-z*][a-z0-9_.*-]*+")
_BARE = {
    "number": compiled(r"-?(?:[0-9]{1,12}\.[0-9]{1,3}|[0-9]{1,15})(?![0-9.])"),
    "string": compiled(r'"((?:[ !#-\[\]-~]|\\["\\])*+)"'),
    "token": compiled(r"[A-Za-z*][!#$%&'*+.^_`|~:/0-9A-Za-z-]*+"),
    "bytes": compiled(r":([A-Za-z0-9+/=]*+):"),
    "boolean": compiled(r"\?([01])"),
    "date": compiled(r"@(-?[0-9]{1,15})(?![0-9.])"),
    "display": compiled(r'%"((?:[ !#$&-~]|%[0-9a-f]{2})*+)"'),
}


class _Parser:
    """Dictionary, item, inner list, parameters; what parameters say is not kept."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def dictionary(self) -> dict[str, object]:
        found: dict[str, object] = {}
        self.skip(" ")
        while self.at < len(self.text):
            key = self.key()
            if self.take("="):
                found[key] = self.member()
            else:
                found[key] = True
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

    def single(self) -> object:
        self.skip(" ")
        value = self.item()
        self.skip(" ")
        if self.at != len(self.text):
            raise Invalid("more than one value")
        return value

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
        match = _KEY.match(self.text, self.at)
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
                return _value(kind, match)
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


def _value(kind: str, match: re.Match[str]) -> object:
    if kind == "token":
        return Token(match[0])
    if kind == "string":
        return re.sub(r"\\(.)", r"\1", match[1])
    if kind == "boolean":
        return match[1] == "1"
    if kind == "number":
        return float(match[0]) if "." in match[0] else int(match[0])
    if kind == "display":
        octets = re.sub(rb"%(..)", lambda hex_: bytes([int(hex_[1], 16)]), match[1].encode("ascii"))
        try:
            return octets.decode("utf-8")
        except UnicodeDecodeError:
            raise Invalid("a display string is not UTF-8") from None
    return (kind, match[1])


def structured_dictionary(values: Sequence[str]) -> dict[str, object]:
    """A dictionary over all fields of a name: tokens as Token, inner lists as lists. Raises Invalid."""
    return _Parser(", ".join(values)).dictionary()


def structured_item(values: Sequence[str]) -> object:
    """An item; repeated fields are joined and so no item any more. Raises Invalid."""
    return _Parser(", ".join(values)).single()


def structured_token(values: Sequence[str]) -> str:
    """An item that is a token; a string is none, whatever it holds. Raises Invalid."""
    value = structured_item(values)
    if not isinstance(value, Token):
        raise Invalid("a token is expected")
    return str(value)
