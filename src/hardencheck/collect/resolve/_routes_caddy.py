"""The routes of Caddy: each handler that answers, with the directives of the blocks around it that apply to its path.

Several request_body that apply are all in force, so the smallest holds (measured with 2.6.2). Source: Caddy
documentation, "Caddyfile Directives", "Automatic HTTPS", "request_body", "Global options"; sizes are those of
github.com/dustin/go-humanize: MB is 10^6, MiB 2^20.
"""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

from hardencheck.collect.extract._templates import TEMPLATED
from hardencheck.collect.resolve import _caddy, _caddy_headers
from hardencheck.collect.resolve._caddy import Level, Site, filled, unknown
from hardencheck.collect.resolve._routes import MAX_ROUTES, Doubt, Limit, Route, Timeout, beyond, unseen
from hardencheck.collect.resolve._upstreams import address
from hardencheck.collect.resolve._versions import Version, of_image
from hardencheck.lazily import compiled
from hardencheck.model.gap import FactSet, Reason
from hardencheck.model.location import Location

_SIZE = compiled(r"(\d{1,15}(?:\.\d{1,6})?)\s?([kmgtpe]?)(i?)b?", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5, "e": 6}
BODY = "request_body max_size"
_DURATION = compiled(r"(\d{1,12}(?:\.\d{1,6})?)(ns|us|µs|ms|s|m|h|d)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86400}
_GROUPS = {"handle", "handle_path", "route"}
_TERMINAL = {"reverse_proxy", "php_fastcgi", "file_server", "respond", "redir"}


class Scope(NamedTuple):
    """The blocks around a handler, the site's first; path: the paths that reach it, "*" for all. known: the directives
    of each block by their name, as they are looked up for each handler."""

    blocks: tuple[tuple[Level, ...], ...]
    path: str
    known: "dict[tuple[int, str], list[Matched]]"
    doubt: Doubt | None = None


class Matched(NamedTuple):
    """A directive with its matcher taken off. path: "*" for any. doubt: the matcher asks for more than a path."""

    level: Level
    args: tuple[str, ...]
    path: str
    doubt: Doubt | None = None


def parse_size(text: str) -> int | None:
    """Bytes in a size such as "10MB" (10^7) or "10MiB"; None for 0, which is no limit. Raises ValueError."""
    match = _SIZE.fullmatch(text.strip())
    if match is None or (match[3] and not match[2]):
        raise ValueError(text)
    base = 1024 if match[3] else 1000
    return int(float(match[1]) * base ** _POWERS[match[2].lower()]) or None


def parse_duration(text: str) -> float | None:
    """Seconds in a duration such as "1m30s"; None for 0, which is no end. Raises ValueError."""
    if text == "0":
        return None
    total, at = 0.0, 0
    while at < len(text):
        match = _DURATION.match(text, at)
        if match is None:
            raise ValueError(text)
        total += float(match[1]) * _SECONDS[match[2]]
        at = match.end()
    if not text:
        raise ValueError(text)
    return total or None


def routes(facts: FactSet) -> Iterator[Route]:
    count = 0
    version = of_image(facts, "caddy")
    for site in _caddy.sites(facts):
        matchers = _matchers(site.block)
        automatic = _automatic(site)
        if automatic is not None:
            yield automatic
        handlers = list(_handlers(site.block, Scope((site.block,), "*", {}), matchers))
        if not handlers and site.doubts:
            yield unseen("caddy", " ".join(("site", *site.addresses[:2])), BODY, site.doubts[0], site.where)
        taken = {_joined(scope.path, _matched(level, matchers).path) for level, scope in handlers}
        for level, scope in handlers:
            matched = _matched(level, matchers)
            path = _joined(scope.path, matched.path)
            for below in (path, *_narrower(scope, path, matchers, taken)):
                count += 1
                if count > MAX_ROUTES:
                    yield beyond("caddy", BODY, site.where)
                    return
                yield _route(site, matched, scope._replace(path=below), matchers, version)


def _handlers(
    block: tuple[Level, ...], scope: Scope, matchers: dict[str, Level], depth: int = 0
) -> Iterator[tuple[Level, Scope]]:
    for level in block:
        if level.name in _TERMINAL:
            yield level, scope
        elif level.name in _GROUPS and level.block is not None and depth < 20:
            matched = _matched(level, matchers)
            inner = scope._replace(
                blocks=(*scope.blocks, level.block),
                path=_joined(scope.path, matched.path),
                doubt=scope.doubt or matched.doubt,
            )
            yield from _handlers(level.block, inner, {**matchers, **_matchers(level.block)}, depth + 1)


def _matchers(block: tuple[Level, ...]) -> dict[str, Level]:
    return {level.name: level for level in block if level.name.startswith("@")}


def _matched(level: Level, matchers: dict[str, Level]) -> Matched:
    args = level.args
    first = args[0] if args else ""
    if level.name in {"redir", "root"} and len(args) == 1:  # its only word is no matcher (of root since 2.8)
        return Matched(level, args, "*")
    if first == "*":
        return Matched(level, args[1:], "*")
    if first.startswith("/"):
        return Matched(level, args[1:], first)
    if first.startswith("@"):
        path, doubt = _named(first, matchers, level.where)
        return Matched(level, args[1:], path, doubt)
    return Matched(level, args, "*")


def _named(name: str, matchers: dict[str, Level], where: Location) -> tuple[str, Doubt | None]:
    """The path that a named matcher is about, where it asks for nothing else."""
    matcher = matchers.get(name)
    if matcher is not None:
        asked = [matcher.args] if matcher.args else [(inner.name, *inner.args) for inner in matcher.block or ()]
        if len(asked) == 1 and asked[0][0] == "path" and len(asked[0]) == 2:
            return asked[0][1], None
        paths = [one[1] for one in asked if one[0] == "path" and len(one) == 2]
        if paths:
            return paths[0], Doubt(where, f"{name} asks for more than a path")
    return "*", Doubt(where, f"{name} says when it holds")


def _joined(outer: str, inner: str) -> str:
    return outer if inner == "*" else inner


def _narrower(scope: Scope, path: str, matchers: dict[str, Level], taken: set[str]) -> list[str]:
    """Paths under that of a handler for which a limit or fields of their own are set, and no handler."""
    found: list[str] = []
    for block in scope.blocks:
        for level in block:
            if level.name in {"request_body", "header"}:
                own = _matched(level, matchers)
                if own.path not in {*taken, "*", *found} and own.doubt is None and _covers(path, own.path):
                    found.append(own.path)
    return found


def _covers(pattern: str, path: str) -> bool:
    """Whether all requests for `path` are matched by a pattern of Caddy's."""
    return pattern == "*" or pattern == path or fnmatchcase(path, pattern)


def _applying(scope: Scope, name: str, matchers: dict[str, Level]) -> Iterator[Matched]:
    """The directives of a name that hold in the blocks around, those with a path of their own before those without:
    so Caddy sorts them."""
    for block in scope.blocks:
        key = (id(block), name)
        if key not in scope.known:
            own = {**matchers, **_matchers(block)}
            matched = [_matched(level, own) for level in block if level.name == name]
            scope.known[key] = sorted(matched, key=lambda one: -len(one.path.rstrip("*")))
        for one in scope.known[key]:
            if one.path == "*" or _covers(one.path, scope.path):
                yield one


def _route(site: Site, handler: Matched, scope: Scope, matchers: dict[str, Level], version: Version | None) -> Route:
    level = handler.level
    proxied = level.name in {"reverse_proxy", "php_fastcgi"}
    kind: _caddy_headers.Kind = "proxy" if proxied else "files" if level.name == "file_server" else "answer"
    found: list[list[_caddy_headers.Operation]] = []
    for header in _applying(scope, "header", matchers):
        doubt = header.doubt or _perhaps(header.level)
        found += _caddy_headers.operations(header.level, header.args, doubt, version)
    down = [
        operation
        for inner in level.inside("header_down")
        if inner.args
        for made in _caddy_headers.operations(inner, inner.args, _perhaps(inner), version)
        for operation in made
    ]
    to = _targets(handler) if proxied else ()
    answers, https = _answers(handler)
    hosts, tls = _hosts(site)
    above = [(one.level, one.args) for one in _applying(scope, "request_header", matchers)]
    name = " ".join(("site", *site.addresses[:2]))
    return Route(
        product="caddy",
        name=f"{name}, {level.name}" + ("" if scope.path == "*" else f" {scope.path}"),
        where=level.where,
        body=_limit(scope, level, matchers, site, proxied),
        hosts=hosts,
        path="/" if scope.path == "*" else scope.path,
        templated=site.templated,
        hands_on=proxied,
        upstream=to[0] if to else "",
        upstreams=to,
        serves=_root(scope, matchers) if level.name == "file_server" else "",
        answers=answers,
        redirects_to_https=https and tls is not True,
        tls=tls,
        listens=site.addresses,
        headers=_caddy_headers.response(found, down, kind, level.where),
        header_doubts=site.doubts,
        request=_caddy_headers.request(level, above, level.where) if level.name == "reverse_proxy" else (),
        request_doubts=site.doubts,
        timeouts=tuple(_timeouts(site)),
        doubts=(*site.doubts, *((scope.doubt,) if scope.doubt else ()), *((handler.doubt,) if handler.doubt else ())),
        inside=site.where,
        buffers_request=bool(level.inside("request_buffers", "buffer_requests")),
        replaces_errors=next((one.where for one in level.inside("handle_response", "replace_status")), None),
    )


def _perhaps(level: Level) -> Doubt | None:
    if not level.held.directive.conditional:
        return None
    return Doubt(level.where, f"{level.name} stands in a condition of the template", Reason.TEMPLATED)


def _targets(handler: Matched) -> tuple[str, ...]:
    words = [*handler.args, *(word for inner in handler.level.inside("to") for word in inner.args)]
    scheme = "fastcgi" if handler.level.name == "php_fastcgi" else "http"
    found: list[str] = []
    for word in words:
        text = filled(word)
        if TEMPLATED in text or "{" in text:
            continue
        if text.startswith("unix/"):
            text = "unix:" + text.removeprefix("unix/")
        text = text.removeprefix("h2c://")
        to = address(f"localhost{text}" if text.startswith(":") else text, scheme)
        if to:
            found.append(to)
    return tuple(found)


def _answers(handler: Matched) -> tuple[int | None, bool]:
    args = [filled(word) for word in handler.args]
    match handler.level.name:
        case "redir":
            codes = {"permanent": 301, "temporary": 302, "html": 200}
            last = args[1] if len(args) > 1 else ""
            status = codes.get(last, int(last) if last.isdecimal() and len(last) == 3 else 302)
            return status, bool(args) and args[0].startswith("https://") and handler.path == "*"
        case "respond":
            return next((int(word) for word in args if word.isdecimal() and len(word) == 3), 200), False
    return None, False


def _hosts(site: Site) -> tuple[tuple[str, ...], bool | None]:
    """The names of a site, and whether it speaks TLS: every name but for http:// and other ports does."""
    names: list[str] = []
    secure: set[bool | None] = set()
    for word in site.addresses:
        if TEMPLATED in word:
            named = not word.startswith(TEMPLATED) and ":" not in word  # www.__templated__
            secure.add(True if named else None)
            continue
        scheme, _, rest = word.rpartition("://")
        host = rest.partition("/")[0]
        name, _, port = host.rpartition(":") if host.rpartition(":")[2].isdecimal() else (host, "", "")
        if name and name != "*":
            names.append(name.lower())
        if scheme == "http" or port == "80":
            secure.add(False)
        elif scheme == "https" or port == "443" or name:
            secure.add(True)
        else:
            secure.add(any(level.name == "tls" for level in site.block))
    off = next((level for level in site.options if level.name == "auto_https" and level.args[:1] == ("off",)), None)
    if off is not None and not any(level.name == "tls" for level in site.block):
        secure = {one if one is not True else None for one in secure}
    return tuple(dict.fromkeys(names)), secure.pop() if len(secure) == 1 else None


def _automatic(site: Site) -> Route | None:
    """The redirect to https that Caddy makes by itself for each name."""
    stated = [level.args[0] for level in site.options if level.name == "auto_https" and level.args]
    hosts, tls = _hosts(site)
    if tls is not True or {"off", "disable_redirects"} & set(stated):
        return None
    if all(word.rpartition(":")[2].isdecimal() and not word.endswith(":443") for word in site.addresses):
        return None  # a port of its own: who asks port 80 is not its visitor
    limit = Limit(None, BODY, site.where, default=True, status=None)
    return Route(
        product="caddy",
        name=" ".join(("site", *site.addresses[:2])) + ", automatic redirect",
        where=site.where,
        body=limit,
        hosts=hosts,
        templated=site.templated,
        answers=308,
        redirects_to_https=True,
        tls=False,
        listens=("80",),
        inside=site.where,
    )


def _root(scope: Scope, matchers: dict[str, Level]) -> str:
    held = [one for one in _applying(scope, "root", matchers) if one.args]
    return filled(held[-1].args[-1]) if held else "."


def _limit(scope: Scope, handler: Level, matchers: dict[str, Level], site: Site, proxied: bool) -> Limit:
    name = BODY
    found: list[Limit] = []
    for one in _applying(scope, "request_body", matchers):
        for size in one.level.inside("max_size"):
            written = " ".join(size.args)
            text = filled(written)
            perhaps = one.doubt or _perhaps(size) or _perhaps(one.level)
            try:
                found.append(Limit(parse_size(text), name, size.where, written, False, None, proxied, perhaps))
            except ValueError:
                why = unknown(name, written, size.where)
                found.append(Limit(None, name, size.where, written[:40], False, None, proxied, why))
    certain = [one for one in found if one.doubt is None and one.max_bytes is not None]
    if certain:
        return min(certain, key=lambda one: one.max_bytes or 0)
    unsure = next((one for one in found if one.doubt is not None), None)
    if unsure is not None:
        return unsure
    if found:
        return found[0]
    if site.doubts:
        doubt = site.doubts[0]
        why = doubt._replace(text=f"{name}: {doubt.text}")
        return Limit(None, name, doubt.where, default=True, status=None, doubt=why)
    return Limit(None, name, handler.where, default=True, status=None)


def _timeouts(site: Site) -> Iterator[Timeout]:
    """Those of the global option `servers`; Caddy has no end for the head and the body of a request by itself."""
    stated: dict[str, Level] = {}
    for servers in (level for level in site.options if level.name == "servers"):
        for block in servers.inside("timeouts"):
            stated |= {inner.name: inner for inner in block.block or () if inner.args}
    for name, default in (("read_body", None), ("read_header", None), ("write", None), ("idle", 300.0)):
        level = stated.get(name)
        if level is None:
            yield Timeout(f"timeouts {name}", default, site.where, between=name == "idle", default=True)
            continue
        try:
            seconds = parse_duration(filled(level.args[0]))
        except ValueError:
            why = unknown(name, level.args[0], level.where)
            yield Timeout(f"timeouts {name}", None, level.where, between=False, doubt=why)
            continue
        yield Timeout(f"timeouts {name}", seconds, level.where, between=name == "idle")
