"""What the configurations of proxies say of themselves, matter by matter, whatever application stands behind."""

from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.resolve import _proxies, _weak_apache, _weak_nginx, _weak_others
from hardencheck.collect.resolve._routes import Route
from hardencheck.collect.resolve._weak import Doubtful, Weak
from hardencheck.model.facts.proxies import ProxySetting
from hardencheck.model.gap import FactSet, Gap


class ProxySettings(Resolver):
    """nginx, Apache, Caddy, Traefik and ingress-nginx."""

    name = "proxies.settings"
    emits = (ProxySetting,)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        for gap in _proxies.troubles(facts):
            yield self.gap(gap.reason, gap.detail, gap.location)
        # A file that several include is there several times; of two that speak of one line the weak one counts.
        found: dict[tuple[object, ...], Weak | Doubtful] = {}
        for one in self._said(facts, tree):
            before = found.setdefault((one.matter, one.where), one)
            if isinstance(before, Weak) and isinstance(one, Weak) and one.weak and not before.weak:
                found[one.matter, one.where] = one
        for one in found.values():
            if isinstance(one, Doubtful):
                yield Gap(
                    kinds=self.kinds(), collector=self.name, reason=one.reason, detail=one.text, location=one.where,
                    about={"matter": one.matter, "product": one.product},
                )  # fmt: skip
            else:
                yield ProxySetting(
                    location=one.where, matter=one.matter, product=one.product, weak=one.weak, value=one.value
                )

    def _said(self, facts: FactSet, tree: Tree) -> Iterator[Weak | Doubtful]:
        yield from _weak_nginx.found(facts)
        yield from _weak_apache.found(facts)
        yield from _weak_others.caddy(facts)
        yield from _weak_others.traefik(facts)
        yield from _weak_others.ingress(facts)
        yield from _plain(_proxies.routes(facts, tree))


def _plain(routes: list[Route]) -> Iterator[Weak]:
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
        value = "http reaches the application" if not redirected else "http is redirected"
        yield Weak(
            "redirect", route.product, route.inside or route.where, not redirected, f"{route.name}: {value}"[:200]
        )


def _both(route: Route) -> bool:
    """One server that listens for both."""
    secure = ["ssl" in words.split() for words in route.listens]
    return route.product == "nginx" and True in secure and False in secure
