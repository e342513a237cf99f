"""The routes of ingress-nginx: the paths of Ingress resources, with what annotations and the ConfigMap say.

Source: ingress-nginx documentation, "Annotations" and "ConfigMap" (defaults of 1.x).
"""

from collections.abc import Iterator
from typing import NamedTuple

from hardencheck.collect.extract._templates import TEMPLATED
from hardencheck.collect.resolve import _nginx_headers
from hardencheck.collect.resolve._held import Held
from hardencheck.collect.resolve._nginx import Place
from hardencheck.collect.resolve._nginx_values import parse_size, parse_time
from hardencheck.collect.resolve._routes import MAX_ROUTES, Change, Doubt, Limit, Route, Timeout, beyond
from hardencheck.collect.resolve._upstreams import address
from hardencheck.model.facts.proxies import Directive, IngressConfiguration
from hardencheck.model.gap import FactSet, Reason
from hardencheck.model.location import Location

_BODY = 1 << 20
# What the ConfigMap alone says: as an annotation it has no effect.
OF_CONFIGMAP = frozenset({
    "hsts", "hsts-max-age", "hsts-include-subdomains", "hsts-preload", "hide-headers", "add-headers", "keep-alive",
    "client-body-timeout", "client-header-timeout", "use-forwarded-headers", "server-tokens", "ssl-protocols",
})  # fmt: skip
_APART = "no annotation says it, and the ConfigMap of the controller is not in the repository"
_CORS = (
    ("access-control-allow-origin", "cors-allow-origin", "*"),
    ("access-control-allow-credentials", "cors-allow-credentials", "true"),
    ("access-control-allow-methods", "cors-allow-methods", "GET, PUT, POST, DELETE, PATCH, OPTIONS"),
)


class Said(NamedTuple):
    text: str
    where: Location


class Told(NamedTuple):
    """What holds for one Ingress: its annotations before the ConfigMap, which may be out of the repository (apart)."""

    own: dict[str, Said]
    shared: dict[str, Said]
    apart: bool

    def get(self, name: str) -> Said | None:
        own = self.own.get(name) if name not in OF_CONFIGMAP else None
        return own or self.shared.get(name)

    def on(self, name: str, default: bool) -> bool | None:
        """Whether a switch is on; None where a placeholder says it."""
        said = self.get(name)
        if said is None:
            return default
        return None if TEMPLATED in said.text else said.text.lower() == "true"


def configurations(facts: FactSet) -> list[IngressConfiguration]:
    """What is there for production."""
    found = [fact for fact in facts.of("ingress.configuration") if isinstance(fact, IngressConfiguration)]
    return [fact for fact in found if fact.role == "production"]


def routes(facts: FactSet) -> Iterator[Route]:
    found = configurations(facts)
    shared: dict[str, Said] = {}
    above: list[tuple[Held, ...]] = []
    for fact in found:
        if fact.source == "configmap":
            shared |= _said(fact)
            above += [_level(fact, name) for name in ("http-snippet", "server-snippet", "location-snippet")]
    apart = not any(fact.source == "configmap" for fact in found)
    lists = {fact.name: fact for fact in found if fact.source == "headers"}
    for fact in found:
        if fact.source in {"ingress", "values"}:
            yield from _ingress(fact, Told(_said(fact), shared, apart), above, lists)


def _said(fact: IngressConfiguration) -> dict[str, Said]:
    return {item.name: Said(item.value, fact.location.at(item.line)) for item in fact.settings}


def _level(fact: IngressConfiguration, name: str) -> tuple[Held, ...]:
    path = fact.location.path or ""
    return tuple(Held(path, one) for snippet in fact.snippets if snippet.name == name for one in snippet.block or ())


def _ingress(
    fact: IngressConfiguration, told: Told, above: list[tuple[Held, ...]], lists: dict[str, IngressConfiguration]
) -> Iterator[Route]:
    paths = [name.removesuffix(".path") for name in told.own if name.endswith(".path")] or [""]
    if len(paths) > MAX_ROUTES:
        yield beyond("ingress-nginx", "proxy-body-size", fact.location)
    for path in paths[:MAX_ROUTES]:
        at = told.own.get(f"{path}.path")
        where = at.where if at is not None else fact.location
        host = told.own.get(f"{path.partition('.paths')[0]}.host")
        service = told.own.get(f"{path}.service")
        tls = told.own.get("tls") is not None or (None if fact.source == "values" else False)
        to = address(service.text) if service is not None and TEMPLATED not in service.text else ""
        name = f"ingress {fact.name}".rstrip() + (f", {at.text}" if at is not None else "")
        place = _place(fact, above, where)
        redirect = _redirect(told, tls)
        response = _nginx_headers.response(place, {})
        asked, ask_doubts = _nginx_headers.request(place)
        yield Route(
            product="ingress-nginx",
            name=name,
            where=where,
            body=_in_snippet(place) or _limit(told, where),
            hosts=(host.text.lower(),) if host is not None and TEMPLATED not in host.text and host.text else (),
            path=at.text if at is not None else "/",
            templated=fact.templated,
            hands_on=True,
            upstream=to,
            upstreams=(to,) if to else (),
            redirects_to_https=redirect,
            tls=tls,
            headers=(*_changes(told, tls, where, lists), *response.changes),
            lost_headers=response.lost,
            header_doubts=response.doubts,
            request=_request(told, asked, where),
            request_doubts=ask_doubts,
            timeouts=tuple(_timeouts(told, where)),
            inside=fact.location,
        )


def _place(fact: IngressConfiguration, above: list[tuple[Held, ...]], where: Location) -> Place:
    """The location that the controller writes for a path, as far as snippets make it."""
    path = fact.location.path or ""
    passes = Held(path, Directive(name="proxy_pass", line=where.line or 1, args=("http://upstream_balancer",)))
    levels = (*above, _level(fact, "server-snippet"), (*_level(fact, "configuration-snippet"), passes))
    tokens = Held(path, Directive(name="server_tokens", line=where.line or 1, args=("off",)))
    return Place("location", where, ((tokens,), *levels), True, (), fact.templated, fact.location)


def _redirect(told: Told, tls: bool | None) -> bool:
    """Whether http is answered with a redirect: by default where the Ingress has TLS, or where it is forced."""
    return told.on("force-ssl-redirect", False) is True or (tls is True and told.on("ssl-redirect", True) is True)


def _in_snippet(place: Place) -> Limit | None:
    """A limit that a snippet gives the location itself; one of the server's is never asked."""
    held = next((held for held in place.levels[-1] if held.name == "client_max_body_size" and held.args), None)
    if held is None:
        return None
    try:
        return Limit(parse_size(held.args[0]), held.name, held.location, held.args[0])
    except ValueError:
        doubt = Doubt(held.location, f"{held.name} is {held.args[0][:40]!r}", Reason.NOT_LITERAL)
        return Limit(None, held.name, held.location, held.args[0][:40], doubt=doubt)


def _limit(told: Told, where: Location) -> Limit:
    name = "proxy-body-size"
    said = told.get(name)
    if said is None:
        doubt = Doubt(where, f"{name}: {_APART}", Reason.NOT_SUPPORTED) if told.apart else None
        return Limit(_BODY, name, where, default=True, doubt=doubt)
    try:
        return Limit(parse_size(said.text), name, said.where, said.text)
    except ValueError:
        templated = TEMPLATED in said.text
        text = f"{name} is {'a placeholder' if templated else repr(said.text[:40])}"
        reason = Reason.TEMPLATED if templated else Reason.NOT_LITERAL
        return Limit(None, name, said.where, said.text[:40], doubt=Doubt(said.where, text, reason))


def _changes(told: Told, tls: bool | None, where: Location, lists: dict[str, IngressConfiguration]) -> Iterator[Change]:
    hsts = told.on("hsts", True)
    if hsts is False and (said := told.get("hsts")) is not None:
        yield Change("add", "strict-transport-security", "", said.where)  # a line that says not to send it
    if hsts is not False and tls is not False:
        switch = told.get("hsts")
        age = told.get("hsts-max-age")
        value = f"max-age={age.text if age is not None else '31536000'}"
        if told.on("hsts-include-subdomains", True):
            value += "; includeSubDomains"
        if told.on("hsts-preload", False):
            value += "; preload"
        place = age.where if age is not None else switch.where if switch is not None else where
        doubt = None
        if hsts is None or TEMPLATED in value:
            doubt = Doubt(place, "a placeholder says it", Reason.TEMPLATED)
        elif tls is None:
            doubt = Doubt(place, "whether the Ingress has TLS is not known")
        elif told.apart:
            doubt = Doubt(place, f"hsts: {_APART}", Reason.NOT_SUPPORTED)
        yield Change("set", "strict-transport-security", None if doubt else value, place, doubt=doubt)
    if told.on("enable-cors", False):
        for name, annotation, default in _CORS:
            said = told.get(annotation)
            text = said.text if said is not None else default
            place = said.where if said is not None else told.own.get("enable-cors", Said("", where)).where
            if name.endswith("credentials") and text.lower() != "true":
                continue
            doubt = None
            if TEMPLATED in text:
                doubt = Doubt(place, f"the value of {name} is a placeholder", Reason.TEMPLATED)
            elif name.endswith("origin") and "," in text:
                doubt = Doubt(place, "it depends on the Origin", Reason.NOT_LITERAL)
            yield Change("set", name, None if doubt else text, place, doubt=doubt)
    hidden = told.get("hide-headers")
    for word in hidden.text.split(",") if hidden is not None else ():
        if word.strip():
            yield Change("remove", word.strip().lower(), None, hidden.where if hidden else where, own=False)
    added = told.get("add-headers") or told.get("custom-headers")
    if added is not None:
        fact = lists.get(added.text.rpartition("/")[2])
        if fact is None:
            doubt = Doubt(added.where, f"the ConfigMap {added.text[:60]} is not in the repository")
            yield Change("set", TEMPLATED, None, added.where, doubt=doubt)
        else:
            for item in fact.settings:
                yield Change("set", item.name, item.value, fact.location.at(item.line))


def _request(
    told: Told, asked: tuple[tuple[str, str, Location], ...], where: Location
) -> tuple[tuple[str, str, Location], ...]:
    trusts = told.get("use-forwarded-headers")
    found: dict[str, tuple[str, Location]] = {"host": ("$best_http_host", where)}
    client = told.on("use-forwarded-headers", False) is not False and trusts is not None
    for name in ("x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-real-ip"):
        if not client:
            found[name] = ("the controller's own", where)
    for name, value, place in asked:
        if name != "host" or value != "$proxy_host":
            found[name] = (value, place)
    return tuple((name, value, place) for name, (value, place) in found.items())


def _timeouts(told: Told, where: Location) -> Iterator[Timeout]:
    defaults = {
        "client-header-timeout": 60.0, "client-body-timeout": 60.0, "keep-alive": 75.0, "proxy-read-timeout": 60.0,
        "proxy-send-timeout": 60.0, "proxy-connect-timeout": 5.0,
    }  # fmt: skip
    for name, default in defaults.items():
        said = told.get(name)
        if said is None:
            yield Timeout(name, default, where, name != "client-header-timeout", default=True)
            continue
        try:
            yield Timeout(name, parse_time(said.text), said.where, name != "client-header-timeout")
        except ValueError:
            doubt = Doubt(said.where, f"{name} is {said.text[:40]!r}", Reason.NOT_LITERAL)
            yield Timeout(name, None, said.where, doubt=doubt)
