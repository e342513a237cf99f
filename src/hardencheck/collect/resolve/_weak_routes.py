"""What is weak in the routes of proxies, whatever the product: plain http beside https, an Ingress without TLS, headers
that are taken away again."""

from collections.abc import Iterable, Iterator, Sequence

from hardencheck.collect.extract._header_names import HEADERS
from hardencheck.collect.extract._templates import TEMPLATED
from hardencheck.collect.extract.ingress import ELSEWHERE, OPEN
from hardencheck.collect.resolve import _routes_ingress, _routes_traefik, _traefik
from hardencheck.collect.resolve._routes import Change, Route
from hardencheck.collect.resolve._traefik import Thing, Traefik
from hardencheck.collect.resolve._weak import Doubtful, Weak
from hardencheck.lazily import compiled
from hardencheck.model.facts.proxies import IngressConfiguration
from hardencheck.model.gap import FactSet, Reason
from hardencheck.model.location import Location

_SETS = frozenset({"set", "add", "default"})
_PORT = compiled(r".*:(\d{1,5})(?:/tcp)?")
_NOBODY = compiled(r"localhost|.*\.(?:localhost|local|localdev|test|internal|lan|nip\.io|sslip\.io)")
# They speak TLS with visitors whatever the Ingress says.
_BY_THEMSELVES = ("tailscale", "cloudflare", "ngrok")


def found(routes: Sequence[Route], facts: FactSet) -> Iterator[Weak | Doubtful]:
    plain = list(_plain(routes))
    yield from plain
    said = {one.where for one in plain if isinstance(one, Doubtful) or one.weak}
    yield from _entries(_traefik.read(facts), said, routes)
    yield from _ingresses(_routes_ingress.configurations(facts))
    yield from _removed(routes)


def _plain(routes: Sequence[Route]) -> Iterator[Weak | Doubtful]:
    """Plain http that reaches the application although the same names are served by https: a redirect is missing."""
    secure = [route for route in routes if route.hands_on and route.tls is True]
    names = {host for route in secure for host in route.hosts}
    for route in routes:
        if not route.hands_on or route.product not in {"nginx", "apache", "traefik", "caddy"}:
            continue
        if route.product == "caddy" and any(word.startswith("http://") for word in route.listens) and route.hosts:
            # Without the scheme Caddy would serve the name by https, and redirect to it.
            if any(host in names for host in route.hosts) or not any("." in host for host in route.hosts):
                continue
            redirected = route.redirects_to_https
        elif route.tls is None and _both(route):
            redirected = route.redirects_to_https
        elif route.tls is False and secure and any(one.product == route.product for one in secure):
            if route.hosts and names and not set(route.hosts) & names:
                continue
            if any(one.where.path != route.where.path for one in secure) and not route.hosts:
                continue
            redirected = route.redirects_to_https
        else:
            continue
        if not redirected and route.product == "traefik" and route.doubts:
            doubt = route.doubts[0]  # a middleware that is not seen may redirect
            yield Doubtful("redirect", "traefik", doubt.where, doubt.text, doubt.reason)
            continue
        value = "http reaches the application" if not redirected else "http is redirected"
        yield Weak(
            "redirect", route.product, route.inside or route.where, not redirected, f"{route.name}: {value}"[:200]
        )


def _both(route: Route) -> bool:
    """One server that listens for both."""
    secure = ["ssl" in words.split() for words in route.listens]
    return route.product == "nginx" and True in secure and False in secure


def _entries(traefik: Traefik, said: set[Location], routes: Iterable[Route]) -> Iterator[Weak | Doubtful]:
    """Entry points of Traefik for plain http beside one for https: without a redirect whoever types a name gets no
    further, or reads in clear what is routed there."""
    by_router = {id(router): _traefik.entries(traefik, router) for router in traefik.routers}
    secure = {
        entry.name
        for entry in traefik.entries.values()
        if _port(entry) == 443 or any(key == "http.tls" or key.startswith("http.tls.") for key in entry.values)
    }
    for router in traefik.routers:
        if _routes_traefik.speaks_tls(traefik, router):
            secure |= {entry.name for entry in by_router[id(router)] if _port(entry) != 80}
    # The names of the routes that are said to be open already.
    open_ = {
        name
        for route in routes
        if route.product == "traefik" and (route.inside or route.where) in said
        for name in route.listens
    }
    for entry in traefik.entries.values():
        if _port(entry) != 80 or entry.name in secure or not secure or entry.name in open_:
            continue
        value = f"entry point {entry.name}"
        redirect = _routes_traefik.entry_redirect(entry)
        if redirect is not None and redirect.redirects_to_https:
            yield Weak("redirect", "traefik", entry.where, False, f"{value} redirects to https")
            continue
        routers = [router for router in traefik.routers if entry in by_router[id(router)]]
        attached = [_traefik.attached(traefik, router) for router in routers]
        missing = [doubt for _, doubts in attached for doubt in doubts]
        if any(_routes_traefik.redirects(middlewares) for middlewares, _ in attached):
            yield Weak("redirect", "traefik", entry.where, False, f"{value} redirects to https")
        elif missing:
            yield Doubtful("redirect", "traefik", missing[0].where, missing[0].text, missing[0].reason)
        elif not traefik.routers:
            text = f"the routers of {value} are not in the repository"
            yield Doubtful("redirect", "traefik", entry.where, text, Reason.NOT_SUPPORTED)
        elif routers or not _challenged(traefik, entry):
            yield Weak("redirect", "traefik", entry.where, True, f"{value} does not redirect to https")


def _port(entry: Thing) -> int:
    """The port that visitors come to; 0 where that is not known. In a container http may be at 8000 or 8080."""
    address = entry.get("address")
    match = _PORT.fullmatch(address.text) if address is not None else None
    port = int(match[1]) if match is not None else 0
    return 80 if entry.name in {"web", "http"} and port in {8000, 8080} else port


def _challenged(traefik: Traefik, entry: Thing) -> bool:
    """Whether it is there for whoever issues certificates."""
    return any(
        name.startswith("certificatesresolvers.") and name.endswith("httpchallenge.entrypoint")
        for name, value in traefik.static.items()
        if value.text.lower() == entry.name
    )


def _ingresses(configurations: Sequence[IngressConfiguration]) -> Iterator[Weak | Doubtful]:
    """An Ingress is where visitors come in: without `tls:` they are answered in clear."""
    resources = [fact for fact in configurations if fact.source in {"ingress", "other"}]
    named = {(fact.name, setting.name) for fact in resources for setting in fact.settings}
    forwarded = any(
        (setting.name, setting.value.lower()) == ("use-forwarded-headers", "true")
        for fact in configurations
        for setting in fact.settings
        if fact.source == "configmap"
    )
    for fact in resources:
        told = {setting.name: setting for setting in fact.settings}
        hosts = [one.value for name, one in told.items() if name.startswith("rules.") and name.endswith(".host")]
        if not any(name.startswith("rules.") for name in told) or (hosts and all(map(_NOBODY.fullmatch, hosts))):
            continue  # it is put over another one; nobody's name
        said = told.get("class")
        if said is not None and any(word in said.value.lower() for word in _BY_THEMSELVES):
            continue
        product = "ingress-nginx" if fact.source == "ingress" else "ingress"
        value = f"the Ingress {fact.name}".rstrip()
        forced = told.get("force-ssl-redirect")
        elsewhere = told.get(ELSEWHERE) or told.get(OPEN)
        if "tls" in told or (forced is not None and forced.value.lower() == "true"):
            yield Weak("plain", product, fact.location, False, f"{value} has TLS")
        elif fact.name and (fact.name, "tls") in named:
            continue  # another one of that name has it, over which this one is put or that is put over this one
        elif elsewhere is not None:
            text = (
                f"{elsewhere.value} may have TLS end elsewhere" if elsewhere.name == ELSEWHERE else "a template says it"
            )
            reason = Reason.NOT_SUPPORTED if elsewhere.name == ELSEWHERE else Reason.TEMPLATED
            yield Doubtful("plain", product, fact.location.at(elsewhere.line), text, reason)
        elif hosts and all(TEMPLATED in host for host in hosts):
            yield Doubtful("plain", product, fact.location, "the name of its host is a placeholder", Reason.TEMPLATED)
        elif forwarded:
            text = "the controller believes what something in front of it says, which may speak TLS"
            yield Doubtful("plain", product, fact.location, text, Reason.NOT_SUPPORTED)
        else:
            yield Weak("plain", product, fact.location, True, f"{value} has no tls:")


def _removed(routes: Iterable[Route]) -> Iterator[Weak]:
    """A security header that a proxy sets itself, and that a later line of it takes away. Apache's changes are what is
    left in the end: `_weak_apache` has its lines."""
    for route in routes:
        set_: set[str] = set()
        last: dict[str, Change] = {}
        for change in route.headers:
            name = change.name.lower()
            if change.does in _SETS and change.value != "":
                set_.add(name)
                last.pop(name, None)
            elif change.does == "remove" and change.doubt is None and change.own and name in set_ & HEADERS:
                last[name] = change
        for name, change in last.items():
            yield Weak("removed", route.product, change.where, True, f"{name} is set and taken away again")
