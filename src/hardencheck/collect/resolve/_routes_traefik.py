"""The routes of Traefik: its routers, with what the middlewares that are attached to them do.

Source: Traefik documentation, "Routers", "EntryPoints", middlewares "Headers", "Buffering", "RedirectScheme"; the
headers middleware works on every response that passes it, and replaces what is there.
"""

import re
from collections.abc import Iterator

from hardencheck.collect.extract._fields import WITHHELD
from hardencheck.collect.extract._templates import TEMPLATED
from hardencheck.collect.resolve import _traefik
from hardencheck.collect.resolve._routes import MAX_ROUTES, Change, Doubt, Limit, Route, Timeout, beyond
from hardencheck.collect.resolve._routes_caddy import parse_duration
from hardencheck.collect.resolve._traefik import Thing, Traefik, Value
from hardencheck.collect.resolve._upstreams import address
from hardencheck.lazily import compiled
from hardencheck.model.gap import FactSet, Reason
from hardencheck.model.location import Location

_HOST = compiled(r"\bHost(?:SNI|Header)?\(([^)]{0,500})\)", re.IGNORECASE)
_PATH = compiled(r"\bPath(?:Prefix)?\(\s*[`\"']([^`\"']{1,300})[`\"']", re.IGNORECASE)
_QUOTED = compiled(r"[`\"']([^`\"']{1,300})[`\"']")
_REDIRECT = ("redirectscheme.scheme", "redirectregex.replacement")
# The fields that options of the headers middleware stand for.
_FIELDS = {
    "customframeoptionsvalue": "x-frame-options", "custombrowserxssvalue": "x-xss-protection",
    "contentsecuritypolicy": "content-security-policy", "referrerpolicy": "referrer-policy",
    "contentsecuritypolicyreportonly": "content-security-policy-report-only",
    "permissionspolicy": "permissions-policy", "featurepolicy": "feature-policy", "publickey": "public-key-pins",
}  # fmt: skip
_SWITCHES = {
    "framedeny": ("x-frame-options", "DENY"), "contenttypenosniff": ("x-content-type-options", "nosniff"),
    "browserxssfilter": ("x-xss-protection", "1; mode=block"),
}  # fmt: skip


def routes(facts: FactSet) -> Iterator[Route]:
    traefik = _traefik.read(facts)
    for entry in traefik.entries.values():
        redirect = entry_redirect(entry)
        if redirect is not None:
            yield redirect
    for router in traefik.routers[:MAX_ROUTES]:
        yield _route(traefik, router)
    for router in traefik.routers[MAX_ROUTES : MAX_ROUTES + 1]:
        yield beyond("traefik", "buffering.maxRequestBodyBytes", router.where)


def _route(traefik: Traefik, router: Thing) -> Route:
    middlewares, missing = _traefik.attached(traefik, router)
    rule = router.get("rule")
    text = rule.text if rule is not None else ""
    hosts = tuple(
        name.lower() for group in _HOST.findall(text) for name in _QUOTED.findall(group) if TEMPLATED not in name
    )
    path = next(iter(_PATH.findall(text)), "/")
    tls = speaks_tls(traefik, router)
    to = _targets(traefik, router)
    entries = _traefik.entries(traefik, router)
    https = redirects(middlewares) or (bool(entries) and all(entry_redirect(entry) for entry in entries))
    internal = (got := router.get("service")) is not None and got.text.endswith("@internal")
    where = rule.where if rule is not None else router.where
    unknown = tuple(missing)
    return Route(
        product="traefik",
        name=f"router {router.name}",
        where=where,
        body=_limit(middlewares, missing, where),
        hosts=hosts,
        path=path,
        templated=traefik.templated,
        hands_on=not internal and not (https and tls is not True),
        upstream=to[0] if to else "",
        upstreams=to,
        answers=_status(middlewares) if https and tls is not True else None,
        redirects_to_https=https and tls is not True and path == "/",
        tls=tls,
        listens=tuple(entry.name for entry in _traefik.entries(traefik, router)),
        headers=tuple(change for thing in reversed(middlewares) for change in changes(thing, tls)),
        header_doubts=unknown,
        request=_request(traefik, router, middlewares, where),
        request_doubts=unknown,
        timeouts=tuple(_timeouts(traefik, router)),
        doubts=unknown,
        inside=router.where,
        buffers_request=any(key.startswith("buffering.") for thing in middlewares for key in thing.values),
    )


def speaks_tls(traefik: Traefik, router: Thing) -> bool | None:
    own = [value for key, value in router.values.items() if key == "tls" or key.startswith("tls.")]
    if own:
        return not all(value.text.lower() == "false" for value in own)
    found = _traefik.entries(traefik, router)
    if not found:
        return None
    by_entry = {any(key == "http.tls" or key.startswith("http.tls.") for key in entry.values) for entry in found}
    return by_entry.pop() if len(by_entry) == 1 else None


def redirects(middlewares: list[Thing]) -> bool:
    for thing in middlewares:
        for key in _REDIRECT:
            value = thing.get(key)
            if value is not None and (value.text.lower() == "https" or value.text.startswith("https://")):
                return True
    return False


def _status(middlewares: list[Thing]) -> int:
    for thing in middlewares:
        for key in ("redirectscheme.permanent", "redirectregex.permanent"):
            value = thing.get(key)
            if value is not None:
                return 301 if value.text.lower() == "true" else 302
    return 302


def entry_redirect(entry: Thing) -> Route | None:
    """An entry point that sends everything to another scheme."""
    for prefix in ("http.redirections.entrypoint.", "http.redirections.entrypoints."):
        to, scheme = entry.get(f"{prefix}to"), entry.get(f"{prefix}scheme")
        value = to or scheme
        if value is not None:
            https = scheme is None or scheme.text.lower() == "https"
            return Route(
                product="traefik",
                name=f"entry point {entry.name}",
                where=value.where,
                body=Limit(None, "buffering.maxRequestBodyBytes", value.where, default=True),
                answers=301,
                redirects_to_https=https,
                tls=False,
                listens=(entry.name,),
                inside=entry.where,
            )
    return None


def _targets(traefik: Traefik, router: Thing) -> tuple[str, ...]:
    named = router.get("service")
    name = named.text.partition("@")[0].lower() if named is not None else ""
    service = traefik.services.get(name)
    if service is None and router.service:
        # Labels of a container: the one service that is defined there, or the port that it exposes.
        own = [one for one in traefik.services.values() if one.service == router.service]
        service = own[0] if own and not name else None
        if service is None:
            return (f"http://{router.service.lower()}",)
    if service is None:
        return ()
    port = service.get("loadbalancer.server.port")
    if service.service and (port is not None or router.service):
        number = f":{port.text}" if port is not None and port.text.isdecimal() else ""
        return (f"http://{service.service.lower()}{number}",)
    found = [address(value.text) for key, value in service.starting("loadbalancer.servers.") if key.endswith("url")]
    return tuple(one for one in found if one)


def _limit(middlewares: list[Thing], missing: list[Doubt], where: Location) -> Limit:
    name = "buffering.maxRequestBodyBytes"
    found: list[Limit] = []
    for thing in middlewares:
        value = thing.get("buffering.maxrequestbodybytes")
        if value is None:
            continue
        if not value.text.isdecimal() or len(value.text) > 17:
            templated = TEMPLATED in value.text
            shown = "a placeholder" if templated else repr(value.text[:40])
            reason = Reason.TEMPLATED if templated else Reason.NOT_LITERAL
            doubt = Doubt(value.where, f"{name} is {shown}", reason)
            found.append(Limit(None, name, value.where, value.text[:40], doubt=doubt))
        else:
            found.append(Limit(int(value.text) or None, name, value.where, value.text))
    bounded = [one for one in found if one.doubt is None and one.max_bytes is not None]
    if bounded:
        return min(bounded, key=lambda one: one.max_bytes or 0)
    if found:
        return next((one for one in found if one.doubt is not None), found[0])
    if missing:
        why = missing[0]._replace(text=f"{name}: {missing[0].text}")
        return Limit(None, name, missing[0].where, default=True, doubt=why)
    return Limit(None, name, where, default=True)


def changes(thing: Thing, tls: bool | None) -> Iterator[Change]:
    """What a headers middleware does to a response."""
    given = dict(thing.starting("headers."))
    seconds = given.get("stsseconds")
    if seconds is not None:
        yield from _hsts(seconds, given, tls)
    for key, (name, text) in _SWITCHES.items():
        value = given.get(key)
        if value is not None and (value.text.lower() == "true" or not value.known):
            yield _set(name, text if value.known else value.text, value)
        elif value is not None:
            yield _nothing(name, value)
    for key, name in _FIELDS.items():
        value = given.get(key)
        if value is not None and value.text:
            yield _set(name, value.text, value)
    origins = given.get("accesscontrolalloworiginlist")
    if origins is not None:
        words = origins.words()
        # The origin that asks is answered with itself.
        doubt = None if words == ["*"] else Doubt(origins.where, "it depends on the Origin", Reason.NOT_LITERAL)
        yield Change("set", "access-control-allow-origin", "*" if doubt is None else None, origins.where, doubt=doubt)
    for key, name in (
        ("accesscontrolallowcredentials", "access-control-allow-credentials"),
        ("accesscontrolexposeheaders", "access-control-expose-headers"),
    ):
        value = given.get(key)
        if value is not None and value.text.lower() != "false":
            yield _set(name, value.text, value)
    for name, value in thing.starting("headers.customresponseheaders."):
        if value.text:
            yield _set(name.lower(), value.text, value)
        else:
            yield Change("remove", name.lower(), None, value.where)


def _nothing(name: str, value: Value) -> Change:
    """A line that says that a field is not to be sent: what comes from behind stays."""
    return Change("add", name, "", value.where)


def _hsts(seconds: Value, given: dict[str, Value], tls: bool | None) -> Iterator[Change]:
    forced = given.get("forcestsheader")
    name, where = "strict-transport-security", seconds.where
    if seconds.text == "0":
        yield _nothing(name, seconds)
        return
    if tls is not True and (forced is None or forced.text.lower() != "true"):
        if tls is None:
            yield Change(
                "set", name, None, where, doubt=Doubt(where, "whether the entry point speaks TLS is not known")
            )
        return
    text = f"max-age={seconds.text}"
    for key, part in (("stsincludesubdomains", "; includeSubDomains"), ("stspreload", "; preload")):
        value = given.get(key)
        text += part if value is not None and value.text.lower() == "true" else ""
        text += TEMPLATED if value is not None and not value.known else ""
    yield _set(name, text, seconds)


def _set(name: str, text: str, value: Value) -> Change:
    doubt = None
    if TEMPLATED in text:
        doubt = Doubt(value.where, f"the value of {name} is a placeholder", Reason.TEMPLATED)
    elif text == WITHHELD:
        doubt = Doubt(value.where, f"the value of {name} is not looked at: it may be a secret", Reason.NOT_SUPPORTED)
    return Change("set", name, None if doubt else text, value.where, doubt=doubt)


def _request(
    traefik: Traefik, router: Thing, middlewares: list[Thing], where: Location
) -> tuple[tuple[str, str, Location], ...]:
    """X-Forwarded-* are Traefik's own unless an entry point trusts those of clients."""
    found: dict[str, tuple[str, Location]] = {"host": ("the client's", where)}
    trusted = [
        value
        for entry in _traefik.entries(traefik, router)
        if (value := entry.get("forwardedheaders.insecure")) is not None and value.text.lower() == "true"
    ]
    for name in ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x-real-ip"):
        if not trusted:
            found[name] = ("Traefik's own", where)
    for thing in middlewares:
        for name, value in thing.starting("headers.customrequestheaders."):
            found[name.lower()] = (value.text, value.where)
    return tuple((name, text, place) for name, (text, place) in found.items())


def _timeouts(traefik: Traefik, router: Thing) -> Iterator[Timeout]:
    """readTimeout is 60 s since v3; before there was none."""
    defaults = {"readtimeout": 60.0, "writetimeout": None, "idletimeout": 180.0}
    for entry in _traefik.entries(traefik, router) or [Thing("", router.where, {})]:
        for key, default in defaults.items():
            shown = key.replace("timeout", "Timeout")
            value = entry.get(f"transport.respondingtimeouts.{key}")
            if value is not None:
                text = f"{value.text}s" if value.text.isdecimal() and value.text != "0" else value.text
                try:
                    yield Timeout(shown, parse_duration(text), value.where, between=False)
                except ValueError:
                    doubt = Doubt(value.where, f"{shown} is {value.text[:40]!r}", Reason.NOT_LITERAL)
                    yield Timeout(shown, None, value.where, between=False, doubt=doubt)
                continue
            doubt_ = None
            seconds: float | None = default
            if key == "readtimeout" and traefik.version is None:
                doubt_ = Doubt(entry.where, f"{shown} is 60 s since v3 and none before: the version is not known")
            elif key == "readtimeout" and traefik.version is not None and traefik.version < 3:
                seconds = None
            yield Timeout(shown, seconds, entry.where, between=False, default=True, doubt=doubt_)
