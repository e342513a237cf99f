"""The response headers that the layers of the repository would send: one merged fact for each name."""

import re
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.extract.python_settings import HEADERS, TELLING
from hardencheck.collect.resolve import _headers_django, _headers_nginx, _headers_python
from hardencheck.collect.resolve._layers import Sends, unknown
from hardencheck.collect.resolve._nginx import other_proxy
from hardencheck.lazily import compiled
from hardencheck.model.facts.declared import DeclaredHeader
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location

_MAX_AGE = compiled(r'max-age\s*=\s*"?(\d{1,15})"?\s*(?:;|$)', re.IGNORECASE)


class DeclaredHeaders(Resolver):
    """Django, Flask, Starlette and nginx, joined as a visitor would get them."""

    name = "headers.declared"
    emits = (DeclaredHeader,)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        applications = list(self._applications(facts, tree)) or list(_headers_python.unread_layers(facts))
        proxies = list(_headers_nginx.layers(facts))
        unread = "" if proxies else other_proxy(tree)
        for name in sorted(HEADERS | TELLING):
            chain = [layers[name] for layers in proxies]
            found = self._merged(name, [layers[name] for layers in applications], chain, unread)
            # Nobody has to send the telling ones: their absence is not worth a fact, nor a doubt about it.
            yield from (item for item in found if name in HEADERS or _present(item))

    def _applications(self, facts: FactSet, tree: Tree) -> Iterator[dict[str, Sends]]:
        yield from _headers_django.layers(facts, tree)
        yield from _headers_python.layers(facts)

    def _merged(self, name: str, applications: list[Sends], proxies: list[Sends], unread: str) -> Iterator[Found]:
        """One fact: a proxy in front adds to what the application sends; the worst application decides."""
        everyone = [*proxies, *applications]
        if not everyone:
            return
        outcomes = [_joined([*proxies, application]) for application in applications] or [_joined(proxies)]
        order = {"silent": 0, "unknown": 1, "sends": 2}
        worst = min(outcomes, key=lambda outcome: order[outcome.does])
        if worst.does == "silent" and unread:
            text = f"{unread} may send it and is not read"
            worst = unknown(worst.layer, Location(path=unread), text, Reason.NOT_SUPPORTED)
        if worst.does == "unknown":
            yield Gap(
                kinds=self.kinds(),
                collector=self.name,
                reason=worst.reason,
                detail=worst.text,
                location=worst.location,
                about={"name": name},
            )
            return
        yield DeclaredHeader(
            location=worst.location,
            name=name,
            present=worst.does == "sends",
            value=worst.value,
            max_age=max_age(worst.value) if name == "strict-transport-security" else None,
            layer=worst.layer,
        )


def _present(item: Found) -> bool:
    return isinstance(item, DeclaredHeader) and item.present


def _joined(chain: list[Sends]) -> Sends:
    """What one application sends through the proxies in front of it.

    Two layers that send different values send both: a browser sees them joined with a comma.
    """
    sending = [one for one in chain if one.does == "sends"]
    missing = [one for one in chain if one.does == "unknown"]
    if sending:
        if missing:
            return missing[0]  # a second value may stand beside the one that is known
        values = list(dict.fromkeys(one.value or "" for one in reversed(sending)))
        return sending[-1]._replace(value=", ".join(values))
    if missing:
        return missing[0]
    return chain[-1]


def max_age(value: str | None) -> int | None:
    """Seconds in a Strict-Transport-Security value (RFC 6797, section 6.1); None when there is none to read."""
    found = _MAX_AGE.search(value or "")
    return int(found[1]) if found else None
