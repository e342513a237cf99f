"""Hosts that undo a content security policy, from `script_hosts.toml`."""

import tomllib
from functools import cache
from importlib import resources
from typing import NamedTuple

_WORDS = {
    "scripts": "anybody can place scripts there",
    "jsonp": "it answers with a call of any function",
    "angular": "it serves AngularJS, which runs what markup says",
}
# Names that nobody can register (RFC 6761, RFC 8375, RFC 9476 and the habit of networks).
_PRIVATE = frozenset({"localhost", "local", "internal", "test", "example", "invalid", "alt", "lan", "home", "corp"})


class _Hosts(NamedTuple):
    """hosts: name -> what runs there, and below which paths (none: anywhere). shared: suffixes of many owners."""

    hosts: dict[str, tuple[str, tuple[str, ...]]]
    shared: frozenset[str]


@cache
def _read() -> _Hosts:
    text = resources.files("hardencheck.collect.live").joinpath("script_hosts.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    hosts = {table["name"]: (table["runs"], tuple(table.get("paths", ()))) for table in data["host"]}
    return _Hosts(hosts, frozenset(data["shared"]["names"]))


def bypass(host: str, path: str) -> str:
    """What lets a script in through a source, in a few words; "" when nothing that is known does.

    host: in lower case, perhaps with "*." in front. path: as written, "" for the whole host; one that ends with a slash
    is a prefix, any other one file (CSP3 section 6.7.2.12).
    """
    if host.startswith("*."):
        below = host[1:]
        if is_shared(host) or any(name.endswith(below) for name in _read().hosts):
            return _WORDS["scripts"]
        return ""
    runs, paths = _read().hosts.get(host, ("", ()))
    if runs and (not path or path == "/" or any(_reaches(path, known) for known in paths)):
        return _WORDS[runs]
    # Without paths in the table, a path in the source keeps it to some files of the host.
    return ""


def _reaches(path: str, known: str) -> bool:
    if path.endswith("/"):
        return known.startswith(path) or path.startswith(known)
    return path == known or (known.endswith("/") and path.startswith(known))


def is_shared(pattern: str) -> bool:
    """Whether a wildcard spans names of different owners: "*.com", "*.github.io"."""
    if not pattern.startswith("*."):
        return False
    suffix = pattern[2:].rstrip(".")
    return ("." not in suffix and suffix not in _PRIVATE) or suffix in _read().shared


def same_owner(one: str, other: str) -> bool:
    """Whether two hosts share a registrable domain, as far as it can be told without the whole list of suffixes."""
    return one == other or _registrable(one) == _registrable(other)


def _registrable(host: str) -> str:
    labels = host.split(".")
    if ":" in host or labels[-1].isdigit():
        return host  # an address
    for start in range(len(labels)):
        if ".".join(labels[start:]) in _read().shared:
            return ".".join(labels[max(start - 1, 0) :])
    return ".".join(labels[-2:])
