"""What the words for TLS protocols and cipher suites in configurations of proxies come to."""

import re
from collections.abc import Iterable

from hardencheck.lazily import compiled

_OLD = {"sslv2": "SSLv2", "sslv3": "SSLv3", "tlsv1": "TLS 1.0", "tlsv1.0": "TLS 1.0", "tlsv1.1": "TLS 1.1"}
_ALL = ("sslv3", "tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3")  # of httpd's "all"; SSLv3 where OpenSSL still has it
# Suites that RFC 7465, RFC 8429, RFC 9325 and NIST SP 800-52 rule out, as OpenSSL and Go call them.
_WEAK = compiled(
    r"(?:.*[-_])?(?:RC4|3?DES(?:-CBC3)?|MD5|NULL|EXP(?:ORT)?\d*|eNULL|aNULL|ADH|AECDH|IDEA|SEED|RC2|LOW|COMPLEMENTOFALL|ALL)"
    r"(?:[-_].*)?|TLS_RSA_WITH_(?:RC4|3DES).*|TLS_ECDHE_\w+_WITH_(?:RC4|3DES)\w*",
    re.IGNORECASE,
)


def old_protocols(words: Iterable[str]) -> list[str]:
    """The protocols below TLS 1.2 in a list such as nginx's ssl_protocols."""
    return list(dict.fromkeys(_OLD[word.lower()] for word in words if word.lower() in _OLD))


def old_of_httpd(words: Iterable[str]) -> list[str]:
    """The same for SSLProtocol, which adds and takes away: "all -SSLv3". SSLv3 by "all" alone is of old OpenSSL."""
    on: list[str] = []
    for word in words:
        sign, name = (word[0], word[1:].lower()) if word.startswith(("+", "-")) else ("", word.lower())
        named = list(_ALL) if name == "all" else [name]
        if sign == "-":
            on = [one for one in on if one not in named]
        elif sign == "+":
            on += named
        else:
            on = [*on, *named] if on else named
    found = old_protocols(on)
    stated = any(word.lstrip("+").lower() == "sslv3" for word in words)
    return [one for one in found if one != "SSLv3" or stated]


def weak_suites(text: str) -> list[str]:
    """The weak ones among the suites that a list in the words of OpenSSL or Go asks for and does not take out again."""
    words = [word for word in re.split(r"[:,\s]+", text) if word]
    removed = {word[1:].upper() for word in words if word[:1] == "!"}
    found: list[str] = []
    for word in words:
        bare = word.lstrip("+-").partition("@")[0]
        if word[:1] in "!-" or not bare or not _WEAK.fullmatch(bare):
            continue
        if bare.upper() == "ALL" and removed & {"LOW", "RC4", "EXP", "EXPORT", "DES", "3DES"}:
            continue
        if not any(part in removed for part in re.split(r"[-_+]", bare.upper())):
            found.append(bare)
    return list(dict.fromkeys(found))
