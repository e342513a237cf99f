"""What every service of a compose file should say, with what it extends and what other files may put over it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.lazily import compiled
from hardencheck.model.facts.container import ComposeService, ComposeSetting
from hardencheck.model.facts.proxies import ApacheFile, CaddyFile, Directive, NginxFile
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location

_MOST_EXTENDS = 10
_Matter = Literal["no-new-privileges", "read-only", "cap-drop"]
_SAID: dict[_Matter, Callable[[ComposeService], bool | None]] = {
    "no-new-privileges": lambda service: service.no_new_privileges,
    "read-only": lambda service: service.read_only,
    "cap-drop": lambda service: service.drops_all,
}


class ComposeSettings(Resolver):
    name = "compose.settings"
    emits = (ComposeSetting,)
    reads = (ComposeService, ComposeSetting, NginxFile, ApacheFile, CaddyFile)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        by_file: dict[str, list[ComposeService]] = defaultdict(list)
        for fact in facts.facts:
            if isinstance(fact, ComposeService) and fact.location.path is not None:
                by_file[fact.location.path].append(fact)
        known = {f"{path}:{service.service}": service for path, found in by_file.items() for service in found}
        parts = [service for service in known.values() if service.part]
        for services in by_file.values():
            services.sort(key=lambda service: service.location.line or 0)
            whole = [service for service in services if not service.part]
            for service in whole:
                if service.extends and service.extends not in known:
                    yield self._gap(service, None, "extends a service that is not in the repository", service)
            for role in dict.fromkeys(service.role for service in whole):
                alike = [service for service in whole if service.role == role]
                for matter in _SAID:
                    yield from self._matter(matter, alike, known, parts)
        own = {
            fact.location.path
            for fact in facts.facts
            if isinstance(fact, ComposeSetting) and fact.setting == "behind-proxy"
        }
        passed = _passed(facts)
        for path, services in by_file.items():
            if path not in own and passed:
                yield from _beside(services, passed)

    def _matter(
        self,
        matter: _Matter,
        services: Sequence[ComposeService],
        known: dict[str, ComposeService],
        parts: Sequence[ComposeService],
    ) -> Iterator[Found]:
        """One fact for the services of a file and role that lack it; one that another file may give it is a gap."""
        lacking: list[ComposeService] = []
        for service in services:
            said = _inherited(matter, service, known)
            if said is not None:
                continue  # where it is switched off, that stands at its line
            over = next((part for part in parts if _over(part, service) and _SAID[matter](part)), None)
            if service.extends and service.extends not in known:
                continue
            if service.templated:
                yield self._gap(service, matter, "a template decides", service)
            elif over is not None:
                yield self._gap(service, matter, f"{over.location} may be put over it, and says so", over)
            else:
                lacking.append(service)
        first = (lacking or list(services))[0]
        yield ComposeSetting(
            location=first.location,
            service="",
            setting=matter,
            weak=bool(lacking),
            value=", ".join(service.service for service in lacking)[:200],
            role=first.role,
        )

    def _gap(self, service: ComposeService, matter: _Matter | None, detail: str, at: ComposeService) -> Gap:
        about: dict[str, str] = {"role": service.role, "service": service.service}
        return Gap(
            kinds=(ComposeSetting.kind(),),
            collector=self.name,
            reason=Reason.TEMPLATED if service.templated and at is service and matter else Reason.NOT_SUPPORTED,
            detail=f"service {service.service}: {f'{matter}: ' if matter else ''}{detail}",
            location=service.location,
            about={**about, "setting": matter} if matter else {**about},
        )


_LOOPBACK = compiled(r"(?:^|//|@|[\"'])(?:127\.0\.0\.1|localhost|\[::1\]):(\d{2,5})(?![\d.])")
_PASSES = frozenset({
    "proxy_pass", "server", "uwsgi_pass", "fastcgi_pass", "grpc_pass", "proxypass", "proxypassmatch", "balancermember",
    "reverse_proxy", "to",
})  # fmt: skip


def _passed(facts: FactSet) -> dict[str, Location]:
    """Ports of the loopback interface that a proxy of production passes requests to, and where it says so."""
    found: dict[str, Location] = {}
    for fact in facts.facts:
        if isinstance(fact, NginxFile | ApacheFile | CaddyFile) and fact.role == "production":
            waiting: list[Directive] = list(fact.directives)
            while waiting:
                item = waiting.pop()
                waiting.extend(item.block or ())
                for word in item.args if item.name.lower() in _PASSES else ():
                    for match in _LOOPBACK.finditer(word):
                        found.setdefault(match[1], fact.location.at(item.line))
    return found


def _beside(services: Sequence[ComposeService], passed: dict[str, Location]) -> Iterator[ComposeSetting]:
    """A port that a proxy on the host passes to, published on every interface: the proxy can be passed by."""
    for service in services:
        for port, _, line in (one.partition(":") for one in service.publishes):
            if port in passed:
                yield ComposeSetting(
                    location=service.location.at(int(line)),
                    service=service.service,
                    setting="behind-proxy",
                    weak=True,
                    value=f"publishes {port}, which {passed[port]} passes to on the loopback interface",
                    role=service.role,
                )


def _inherited(matter: _Matter, service: ComposeService, known: dict[str, ComposeService]) -> bool | None:
    """What a service says, else what it extends says."""
    for _ in range(_MOST_EXTENDS):
        said = _SAID[matter](service)
        if said is not None or service.extends not in known:
            return said
        service = known[service.extends]
    return None


def _over(part: ComposeService, service: ComposeService) -> bool:
    return part.service == service.service and part.role == service.role and part.location.path != service.location.path
