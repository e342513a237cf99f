"""The routes of Apache httpd: for each site the paths that something answers, with what holds there.

Source: Apache HTTP Server 2.4 documentation, "Configuration Sections", mod_proxy, mod_alias, mod_rewrite, core,
mod_reqtimeout; mod_wsgi's documentation. That LimitRequestBody does not hold for what is proxied was measured with
2.4.71.
"""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from hardencheck.collect.extract._templates import TEMPLATED
from hardencheck.collect.resolve import _apache, _apache_headers
from hardencheck.collect.resolve._apache import Section, Site
from hardencheck.collect.resolve._held import Held
from hardencheck.collect.resolve._routes import MAX_ROUTES, Doubt, Limit, Route, Timeout, beyond
from hardencheck.collect.resolve._upstreams import address
from hardencheck.lazily import compiled
from hardencheck.model.gap import FactSet, Reason
from hardencheck.model.location import Location

LIMIT = 1 << 30  # of LimitRequestBody since 2.4.54; before there was none
_EVERY = {"^", ".*", "(.*)", "^(.*)$", "^.*$", "^(.*)", "^/(.*)", "^/(.*)$", "^/?(.*)", "^/?(.*)$", "/(.*)", "^/.*$"}
_LITERAL = compiled(r"\^?(/[\w/.-]*?)(?:\(?\.[*+]\)?|\(\.\*\)|\(/\.\*\)\??)?\$?")


class Handler(NamedTuple):
    """What answers at a path. path: "" with an expression. kind: "proxy", "wsgi", "files", "redirect", "none" (taken
    out of what is proxied)."""

    path: str
    kind: str
    target: str
    held: Held
    expression: str = ""
    status: int | None = None


def routes(facts: FactSet) -> Iterator[Route]:
    count = 0
    beside = _apache.distributed(facts)
    for site in _apache.sites(facts):
        overrides = beside if site.overridden else {}
        handlers = list(_handlers(site))
        for path, section in _paths(site, handlers):
            handler = next((one for one in handlers if _covers(one, path)), None)
            if section is None or handler is not None:
                count += 1
                if count > MAX_ROUTES:
                    yield beyond("apache", "LimitRequestBody", site.where)
                    return
                yield _route(site, path, section, handler, overrides)


def _handlers(site: Site) -> Iterator[Handler]:
    """In the order in which they are asked: rewriting, proxying by section, then by the server, aliases, files."""
    if site.rewrites():
        yield from _rewrites(site.rewriting)
    for section in site.sections:
        # By directory the rules are asked last, but a redirect to https is one wherever it stands.
        if site.rewrites(*section.content):
            yield from (_within(section, one) for one in _rewrites(section.content))
    for section in reversed(site.sections):  # of two that cover a path the later one wins
        for held in section.content:
            if held.name in {"proxypass", "proxypassmatch"} and held.args:
                kind = "none" if held.args[0] == "!" else "proxy"
                yield _within(section, Handler(section.matches, kind, held.args[0], held))
            elif held.name == "sethandler" and held.args and held.args[0].startswith("proxy:"):
                target = held.args[0].removeprefix("proxy:")
                yield _within(section, Handler(section.matches, "proxy", target, held))
    for held in site.own:
        args = held.args
        match held.name:
            case "proxypass" if len(args) > 1:
                kind = "none" if args[1] == "!" else "proxy"
                yield Handler(args[0], kind, args[1], held)
            case "proxypassmatch" if len(args) > 1:
                kind = "none" if args[1] == "!" else "proxy"
                yield _expression(args[0], kind, args[1], held)
    for held in site.host_first:
        args = held.args
        match held.name:
            case "redirect" | "redirectmatch" | "redirectpermanent" | "redirecttemp" if args:
                yield _redirect(held)
            case "wsgiscriptalias" | "wsgiscriptaliasmatch" if len(args) > 1:
                if held.name.endswith("match"):
                    yield _expression(args[0], "wsgi", args[1], held)
                else:
                    yield Handler(args[0], "wsgi", args[1], held)
            case "alias" if len(args) > 1:
                yield Handler(args[0], "files", args[1], held)
            case "aliasmatch" if len(args) > 1:
                yield _expression(args[0], "files", args[1], held)
    root = site.last("documentroot")
    if root is not None and root.args:
        yield Handler("/", "files", root.args[0], root)


def _within(section: Section, handler: Handler) -> Handler:
    """A handler that stands in a section: for its path, or that of the whole where it is one of files."""
    if section.kind in {"<location", "<proxy"} and not section.expression:
        return handler._replace(path=section.matches)
    if section.kind.startswith("<directory"):
        return handler
    return handler._replace(path="", expression=section.matches)


def _expression(pattern: str, kind: str, target: str, held: Held) -> Handler:
    if pattern in _EVERY:
        return Handler("/", kind, target, held)
    literal = _LITERAL.fullmatch(pattern)
    if literal is not None:
        return Handler(literal[1], kind, target, held)
    return Handler("", kind, target, held, expression=pattern)


def _redirect(held: Held) -> Handler:
    args = list(held.args)
    status = {"redirectpermanent": 301, "redirecttemp": 302}.get(held.name, 302)
    words = {"permanent": 301, "temp": 302, "seeother": 303, "gone": 410}
    if args[0].lower() in words:
        status = words[args.pop(0).lower()]
    elif args[0].isdecimal():
        status = int(args.pop(0)[:3])
    target = args[-1] if args else ""
    if held.name == "redirectmatch":
        return _expression(args[0] if args else "", "redirect", target, held)._replace(status=status)
    path = args[0] if args and args[0].startswith("/") else "/"
    return Handler(path, "redirect", target, held, status=status)


def _rewrites(level: tuple[Held, ...]) -> Iterator[Handler]:
    """RewriteRule with [P] or [R]. Conditions about https are those of a redirect; about upgrades, of other traffic."""
    conditions: list[tuple[str, ...]] = []
    for held in level:
        if held.name == "rewritecond":
            conditions.append(held.args)
        elif held.name == "rewriterule":
            asked, conditions = conditions, []
            if len(held.args) < 2 or any("Upgrade" in " ".join(args[:1]) for args in asked):
                continue
            flags = {flag.strip().partition("=")[0].upper() for flag in "".join(held.args[2:3]).strip("[]").split(",")}
            status = _status(held.args[2:3])
            target = held.args[1]
            if "P" in flags or "PROXY" in flags:
                yield _expression(held.args[0], "proxy", target.partition("$")[0].partition("%")[0], held)
            elif flags & {"R", "REDIRECT"} or target.startswith(("https://", "http://")):
                about_scheme = any(_scheme(args) for args in asked)
                if about_scheme or not asked:
                    found = _expression(held.args[0], "redirect", target, held)
                    yield found._replace(status=status)


def _status(flags: tuple[str, ...]) -> int:
    for flag in "".join(flags).strip("[]").split(","):
        name, _, value = flag.strip().partition("=")
        if name.upper() in {"R", "REDIRECT"} and value:
            return int(value) if value.isdecimal() and len(value) == 3 else {"permanent": 301}.get(value.lower(), 302)
    return 302


def _scheme(args: tuple[str, ...]) -> bool:
    asked = " ".join(args[:1]).upper()
    return any(word in asked for word in ("HTTPS", "SERVER_PORT", "REQUEST_SCHEME", "X-FORWARDED-PROTO"))


def _paths(site: Site, handlers: list[Handler]) -> Iterator[tuple[str, Section | None]]:
    """The paths where something of its own holds, each once."""
    seen: set[str] = set()
    for handler in handlers:
        path = handler.path or f"~ {handler.expression}"
        if handler.kind != "none" and path not in seen:
            seen.add(path)
            yield path, None
    for section in site.sections:
        if section.kind not in {"<location", "<locationmatch"}:
            continue
        path = f"~ {section.matches}" if section.expression else section.matches
        literal = _LITERAL.fullmatch(section.matches) if section.expression else None
        path = literal[1] if literal is not None else path
        if path not in seen and section.content:
            seen.add(path)
            yield path, section


def _covers(handler: Handler, path: str) -> bool:
    if handler.expression:
        return path == f"~ {handler.expression}"
    if path.startswith("~ "):
        return handler.path == "/"
    return _below(path, handler.path)


def _below(path: str, parent: str) -> bool:
    """Whether a path is that of a section or handler, or one under it."""
    if "*" in parent or "?" in parent:
        return fnmatchcase(path, parent) or fnmatchcase(path, parent + "/*")
    return (
        path == parent
        or path.startswith(parent if parent.endswith("/") else parent + "/")
        or path == parent.rstrip("/")
    )


def _merged(site: Site, path: str, handler: Handler | None) -> Iterator[Held]:
    """The directives that hold at a path, in the order in which httpd merges them: the server's, then Directory (the
    shortest first) or Proxy, Files, Location, If."""
    yield from site.own
    kind = handler.kind if handler is not None else ""
    if kind in {"files", "wsgi"} and handler is not None:
        folder = handler.target if kind == "files" else handler.target.rpartition("/")[0]
        around = [s for s in site.sections if s.kind == "<directory" and not s.expression and _below(folder, s.matches)]
        for section in sorted(around, key=lambda section: section.matches.rstrip("/").count("/")):
            yield from _content(section)
        if kind == "wsgi":
            for section in site.sections:
                if section.kind == "<files" and fnmatchcase(handler.target.rpartition("/")[2], section.matches):
                    yield from _content(section)
    elif kind == "proxy" and handler is not None:
        for section in site.sections:
            if section.kind == "<proxy" and _for_target(section.matches, handler.target):
                yield from _content(section)
    for section in site.sections:
        literal = _LITERAL.fullmatch(section.matches) if section.expression else None
        if section.kind == "<location" and not section.expression and _below(path, section.matches):
            yield from _content(section)
        elif section.kind in {"<location", "<locationmatch"} and section.expression:
            if (
                path == f"~ {section.matches}"
                or section.matches in _EVERY
                or (literal is not None and _below(path, literal[1]))
            ):
                yield from _content(section)
    for section in site.sections:
        if section.kind in {"<if", "<elseif", "<else"}:
            yield from _perhaps(section)


def _for_target(matches: str, target: str) -> bool:
    """Whether a <Proxy> is for requests that are handed to this address."""
    return fnmatchcase(target, matches) or target.startswith(matches.removesuffix("*"))


def _content(section: Section) -> Iterator[Held]:
    for held in section.content:
        if held.directive.block is None:
            yield held
        elif held.name in {"<if", "<elseif", "<else"}:
            yield from _conditional(held.path, held)


def _perhaps(section: Section) -> Iterator[Held]:
    for held in section.content:
        yield from _conditional(held.path, held)


def _conditional(path: str, held: Held) -> Iterator[Held]:
    from msgspec.structs import replace

    for directive in held.directive.block if held.directive.block is not None else (held.directive,):
        yield Held(path, replace(directive, conditional=True))


def _route(
    site: Site, path: str, section: Section | None, handler: Handler | None, overrides: Mapping[str, Doubt]
) -> Route:
    where = section.held.location if section is not None else handler.held.location if handler else site.where
    held = list(_merged(site, path, handler))
    tls = _tls(site)
    kind: _apache_headers.Kind = "files"
    if handler is not None and handler.kind in {"proxy", "wsgi"}:
        kind = "proxy" if handler.kind == "proxy" else "wsgi"
    elif handler is not None and handler.kind == "redirect":
        kind = ""
    asked, ask_doubts = _apache_headers.request(held, kind, tls, where)
    hosts = _hosts(site)
    to = _targets(site, handler) if kind in {"proxy", "wsgi"} else ()
    redirects = handler is not None and handler.kind == "redirect"
    in_folder = handler is not None and kind in {"files", "wsgi"}  # where httpd walks through folders
    return Route(
        product="apache",
        name=", ".join(part for part in (" ".join(("host", *(hosts[:2] or site.address[:1]))), f"path {path}") if part),
        where=where,
        body=_limit(held, where, kind, site, overrides),
        hosts=hosts,
        path=path,
        templated=site.templated,
        hands_on=kind in {"proxy", "wsgi"},
        upstream=to[0] if to else "",
        upstreams=to,
        serves=handler.target if handler is not None and handler.kind == "files" else "",
        answers=handler.status if handler is not None else None,
        redirects_to_https=redirects
        and handler is not None
        and handler.target.startswith("https://")
        and path == "/"
        and tls is not True,
        tls=tls,
        listens=site.address,
        headers=_apache_headers.response(held, kind, tls, where),
        header_doubts=(*site.doubts, *(doubt for name, doubt in overrides.items() if in_folder and name == "header")),
        request=asked,
        request_doubts=(*ask_doubts, *site.doubts),
        timeouts=tuple(_timeouts(held, site, handler)),
        doubts=site.doubts,
        inside=site.where,
        buffers_request=False,
        replaces_errors=next(
            (
                one.location
                for one in reversed(held)
                if one.name == "proxyerroroverride" and [word.lower() for word in one.args[:1]] != ["off"]
            ),
            None,
        ),
    )


def _hosts(site: Site) -> tuple[str, ...]:
    named = site.last("servername")  # that of a virtual host, before that of the main server
    names = [*(named.args if named is not None else ()), *(word for one in site.of("serveralias") for word in one.args)]
    return tuple(dict.fromkeys(word.partition("://")[2] or word for word in (name.lower() for name in names)))


def _tls(site: Site) -> bool | None:
    engine = site.last("sslengine")
    if engine is not None and engine.args and TEMPLATED not in engine.args[0]:
        return engine.args[0].lower() == "on"
    if any(TEMPLATED in word for word in site.address):
        return None
    if site.doubts and any(word.endswith(":443") for word in site.address):
        return None  # SSLEngine may be in a file that is not here, as certbot has it
    return False if site.address else None


def _targets(site: Site, handler: Handler | None) -> tuple[str, ...]:
    if handler is None or TEMPLATED in handler.target:
        return ()
    if handler.kind == "wsgi":
        return (f"wsgi:{handler.target}",)
    if handler.target.startswith("balancer://"):
        name = handler.target.removeprefix("balancer://").strip("/").lower()
        members: list[str] = []
        for section in site.sections:
            if section.kind == "<proxy" and section.matches.removeprefix("balancer://").strip("/").lower() == name:
                members += [held.args[0] for held in section.content if held.name == "balancermember" and held.args]
        found = [address(member) for member in members]
        return tuple(one for one in found if one)
    to = address(handler.target)
    return (to,) if to else ()


def _limit(held: list[Held], where: Location, kind: str, site: Site, overrides: Mapping[str, Doubt]) -> Limit:
    name = "LimitRequestBody"
    last = next((one for one in reversed(held) if one.name == "limitrequestbody"), None)
    if last is None:
        if kind == "proxy":
            return Limit(None, name, where, default=True)
        if site.doubts:
            doubt = site.doubts[0]
            return Limit(None, name, doubt.where, default=True, doubt=doubt._replace(text=f"{name}: {doubt.text}"))
        text = "LimitRequestBody is not set: 1 GiB since httpd 2.4.54, no limit before, and the version is not known"
        return Limit(LIMIT, name, where, default=True, doubt=Doubt(where, text, Reason.NOT_SUPPORTED))
    written = last.args[0] if last.args else ""
    place = last.location
    if kind == "proxy":
        return Limit(None, name, place, written=written)  # it is not asked there
    if not written.isdecimal() or len(written) > 17:
        reason = Reason.TEMPLATED if TEMPLATED in written else Reason.NOT_LITERAL
        shown = "a placeholder" if TEMPLATED in written else repr(written[:40])
        return Limit(None, name, place, written=written[:40], doubt=Doubt(place, f"{name} is {shown}", reason))
    perhaps = Doubt(place, f"{name} stands in a condition") if last.directive.conditional else None
    perhaps = perhaps or overrides.get("limitrequestbody")
    return Limit(int(written) or None, name, place, written=written, doubt=perhaps)


def _timeouts(held: list[Held], site: Site, handler: Handler | None) -> Iterator[Timeout]:
    last = {one.name: one for one in held}
    yield _timeout("Timeout", last.get("timeout"), 60.0, site.where)
    yield _timeout("KeepAliveTimeout", last.get("keepalivetimeout"), 5.0, site.where)
    yield from _reading(last.get("requestreadtimeout"), site.where)
    if handler is not None and handler.kind == "proxy":
        given = next((word.partition("=")[2] for word in handler.held.args if word.startswith("timeout=")), "")
        if given.isdecimal():
            yield Timeout("ProxyPass timeout", float(given), handler.held.location)
        elif "proxytimeout" in last:
            yield _timeout("ProxyTimeout", last["proxytimeout"], 60.0, site.where)


def _timeout(name: str, held: Held | None, default: float, where: Location) -> Timeout:
    if held is None:
        return Timeout(name, default, where, default=True)
    text = held.args[0] if held.args else ""
    if text.isdecimal() and len(text) < 12:
        return Timeout(name, float(text), held.location)
    if text.endswith("ms") and text[:-2].isdecimal() and len(text) < 12:
        return Timeout(name, float(text[:-2]) / 1000, held.location)
    reason = Reason.TEMPLATED if TEMPLATED in text else Reason.NOT_LITERAL
    shown = "a placeholder" if TEMPLATED in text else repr(text[:40])
    return Timeout(name, None, held.location, doubt=Doubt(held.location, f"{name} is {shown}", reason))


def _reading(held: Held | None, where: Location) -> Iterator[Timeout]:
    """RequestReadTimeout: seconds for the head and the body of a request, longer while data comes fast enough."""
    given: dict[str, float | None] = {"header": 40.0, "body": 20.0}
    stated: set[str] = set()
    for word in held.args if held is not None else ():
        kind, _, value = word.lower().partition("=")
        first = value.partition(",")[0]
        start, _, most = first.partition("-")
        seconds = most or start
        if kind in given and seconds.isdecimal() and len(seconds) < 12:
            given[kind] = float(seconds) or None
            stated.add(kind)
    for kind, limit in given.items():
        place = held.location if held is not None and kind in stated else where
        yield Timeout(f"RequestReadTimeout {kind}", limit, place, between=False, default=kind not in stated)
