"""Which of the predicted ways a URL came by: decided by the name of the host, the port, TLS and the path."""

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from hardencheck.lazily import compiled
from hardencheck.model.facts.drift import PredictedWay

# Expressions that can be tried: none of a group is repeated, so that no path takes long.
_TAME = compiled(r"(?:[\w/\-]|\\[./\-dw]|\.[*+]|\[\^?[\w/.\-]{1,40}\][*+]?|\\d\+|\\w\+|\((?:\?:)?[\w|./\\-]{1,200}\))*")
MAX_PATH = 300


class Asked(NamedTuple):
    scheme: str
    host: str
    port: str
    path: str


class Match(NamedTuple):
    """ways: those that may have answered, all equally good. others: those of other virtual hosts. why: where no way
    fits, why not."""

    ways: tuple[PredictedWay, ...]
    others: tuple[PredictedWay, ...] = ()
    why: str = ""


def asked(url: str) -> Asked:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return Asked(parts.scheme, (parts.hostname or "").lower(), str(port), (parts.path or "/")[:MAX_PATH])


def match(ways: Sequence[PredictedWay], url: Asked) -> Match:
    """The ways that fit best, of each proxy: which of several is deployed, or stands behind another, nobody says."""
    found = [_match([way for way in ways if way.product == product], url) for product in _products(ways)]
    return Match(
        tuple(way for one in found for way in one.ways),
        tuple(way for one in found for way in one.others),
        next((one.why for one in found if one.why), ""),
    )


def _products(ways: Sequence[PredictedWay]) -> list[str]:
    return list(dict.fromkeys(way.product for way in ways)) or [""]


def _match(ways: Sequence[PredictedWay], url: Asked) -> Match:
    servers: dict[tuple[str, str], list[PredictedWay]] = {}
    for way in ways:
        servers.setdefault((way.product, way.server), []).append(way)
    scores = {key: _score(several, url) for key, several in servers.items()}
    best = max(scores.values(), default=None)
    if best is None:
        return Match((), why="nothing in the repository predicts a response")
    if best[0] == 0:
        # Nobody has the name: the server that takes every name, else the only one there is.
        handing = [key for key, several in servers.items() if any(way.application or way.framework for way in several)]
        default = [key for key, several in servers.items() if any(way.default for way in several)]
        same_tls = [key for key in handing if scores[key][1] == max(scores[one][1] for one in handing)]
        chosen = default if len(default) == 1 else same_tls
        if len(chosen) != 1:
            names = sorted({host for way in ways for host in way.hosts})
            shown = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
            return Match((), why=f"no virtual host of the repository has the name {url.host} (it has {shown})")
    else:
        chosen = [key for key, score in scores.items() if score == best]
    fitting: list[PredictedWay] = []
    for key in chosen:
        fitting.extend(_by_path(servers[key], url.path))
    others = tuple(way for key, several in servers.items() if key not in chosen for way in several if way.answers)
    if not fitting:
        return Match((), others, f"no place of the configuration answers {url.path}")
    return Match(tuple(fitting), others)


def _score(ways: Sequence[PredictedWay], url: Asked) -> tuple[int, int, int]:
    """(how well the name fits, TLS, the port), of one virtual host."""
    first = ways[0]
    if not first.product:
        return 1, 1, 0
    named = max((_name(host, url.host) for host in first.hosts), default=1)
    secure = url.scheme == "https"
    tls = 1 if first.tls is None or first.tls is secure else 0
    return named, tls, 1 if url.port in first.ports else 0


def _name(pattern: str, host: str) -> int:
    """4: this very name; 3: a wildcard; 1: it may be; 0: another name."""
    if pattern == host or pattern.rstrip(".") == host:
        return 4
    if pattern.startswith("*.") and host.endswith(pattern[1:]):
        return 3
    if pattern.startswith(".") and (host.endswith(pattern) or host == pattern[1:]):
        return 3
    return 1 if pattern.startswith("~") else 0


def _by_path(ways: Sequence[PredictedWay], path: str) -> list[PredictedWay]:
    """The places of one virtual host that may answer a path: the best one, and those of which nobody knows."""
    surely: list[tuple[int, PredictedWay]] = []
    perhaps: list[PredictedWay] = []
    for way in ways:
        fits = _fits(way.path, way.product, path)
        if fits is None:
            perhaps.append(way)
        elif fits:
            surely.append((fits, way))
    best = max((length for length, _ in surely), default=0)
    return [*(way for length, way in surely if length == best), *perhaps]


def _fits(pattern: str, product: str, path: str) -> int | None:
    """How exactly; 0: not at all; None: it may be."""
    if pattern.startswith("= "):
        return 10_000 if path == pattern[2:] else 0
    if pattern.startswith("^~ "):
        return 6_000 + len(pattern) if path.startswith(pattern[3:]) else 0
    if pattern.startswith("~"):
        expression = pattern.lstrip("~*").strip()
        bare = expression.removeprefix("^").removesuffix("$")
        if not _TAME.fullmatch(bare) or bare.count("*") + bare.count("+") > 3:
            return None
        try:
            found = re.search(expression, path, re.IGNORECASE if pattern.startswith("~*") else 0)
        except re.error:
            return None
        return 5_000 if found else 0
    if not pattern.startswith("/"):
        return None
    if pattern.endswith("*"):
        return len(pattern) if path.startswith(pattern[:-1]) else 0
    if product == "caddy" and pattern != "/":
        return 10_000 if path == pattern else 0
    return len(pattern) if path.startswith(pattern) else 0
