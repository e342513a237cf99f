"""What the configurations of proxies say of themselves, matter by matter, whatever application stands behind."""

from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.resolve import _proxies, _weak_apache, _weak_nginx, _weak_others, _weak_routes
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
        yield from _weak_routes.found(_proxies.routes(facts, tree), facts)
