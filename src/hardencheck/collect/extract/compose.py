"""Services of a compose file: what they may do on the host that runs them."""

import re
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._compose_names import looks_composed
from hardencheck.collect.extract._compose_service import Service
from hardencheck.collect.extract._environment_facts import beside
from hardencheck.collect.extract._environment_yaml import edited, for_developers
from hardencheck.collect.extract._templates import without_ending
from hardencheck.collect.extract._yaml import Mapping, Node, Scalar, items_of, text_of
from hardencheck.collect.extract._yaml_templates import read
from hardencheck.collect.extract.dockerfile import purpose
from hardencheck.lazily import compiled
from hardencheck.model.facts.container import ComposeService, ComposeSetting
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

MAX_BYTES = 2 * 1024 * 1024
MAX_SERVICES = 1_000
_NAME = compiled(r".*compose.*\.ya?ml|docker-stack.*\.ya?ml|(?:[\w.-]+[-_.])?stack\.ya?ml")
_KEY = compiled(rb"^(?:\xef\xbb\xbf)?[\"']?services[\"']?[ \t]*:|\A\s*\{", re.MULTILINE)
_OVERRIDE = compiled(r"(?:docker-)?compose\.override\.ya?ml")
_DEVELOPERS = compiled(
    rb"(?i)(?<![a-z])(?:dev|develop|developer|development|local|debug|debugpy|reload|runserver|test|tests|testing|watch|"
    rb"mailhog|mailpit|maildev|mailcatcher|adminer|pgadmin|pdb)(?![a-z])|dev[a-z]{0,20}\.(?:org|com|net|io)|"
    rb"^\s+- \.{1,2}/?:/",
    re.MULTILINE,
)
_REMOTE = compiled(r"[a-z][a-z0-9+]*://|git@|oci:|[^/]+\.git(?:#|$)")


class ComposeFiles(Extractor):
    """compose.yaml, docker-compose.*.yml, stack files, and what has `services` with images as they do."""

    name = "container.compose"
    version = 6
    emits = (ComposeService, ComposeSetting)

    def wants(self, path: str, mode: int, size: int) -> bool:
        if not without_ending(path).endswith((".yml", ".yaml")):
            return False
        return size <= MAX_BYTES or _NAME.fullmatch(without_ending(path.rpartition("/")[2])) is not None

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        name = path.rpartition("/")[2].lower()
        named = _NAME.fullmatch(without_ending(name)) is not None
        if (not named or name != without_ending(name)) and _KEY.search(data) is None:
            return
        role = _role(path, data)
        if len(data) > MAX_BYTES:
            if named:
                yield self._unread(path, role, Reason.TOO_LARGE, f"{len(data)} bytes, more than a compose file has")
            return
        try:
            found = read(data, unique=True)
        except Unreadable as error:
            if named:
                yield self._unread(path, role, error.reason, error.detail, error.line)
            return
        for document in found:
            services = document.node.get("services") if isinstance(document.node, Mapping) else None
            if not isinstance(services, Mapping) or not (named or looks_composed(document.node, services)):
                continue
            nodes = [(key, line, node) for key, (line, node) in services.pairs.items() if isinstance(node, Mapping)]
            if len(nodes) > MAX_SERVICES:
                raise Unreadable(f"more than {MAX_SERVICES} services", reason=Reason.BUDGET)
            if role == "production" and any(edited(node, path) for _, _, node in nodes):
                role = "development"
            read_services = [
                Service(
                    path,
                    "development" if role == "production" and for_developers(node) else role,
                    key,
                    line,
                    node,
                    unsure=document.unsure,
                    templated=document.templated,
                )
                for key, line, node in nodes
            ]
            for service in read_services:
                yield from service.found()
            yield from _behind(path, role, [one for one in read_services if one.role == role], services.line)
            yield from _included(path, role, document.node)

    def _unread(self, path: str, role: str, reason: Reason, detail: str, line: int | None = None) -> Gap:
        """What a file for development says does not matter, also where it cannot be read."""
        return Gap(
            kinds=self.kinds(),
            collector=self.name,
            reason=reason,
            detail=detail,
            location=Location(path=path, line=line),
            about={"role": role},
        )


def _role(path: str, data: bytes) -> str:
    """Compose loads an override by itself, in production too: it is for development where anything in it says so."""
    folder, _, name = path.rpartition("/")
    if _OVERRIDE.fullmatch(name.lower()) and _DEVELOPERS.search(data) is None:
        return purpose(f"{folder}/{name.lower().replace('.override', '')}".lstrip("/"))
    return purpose(path)


def _behind(path: str, role: str, services: list[Service], line: int) -> Iterator[Found]:
    """What the repository builds, published beside the proxy that stands before it: one fact a file with a proxy."""
    proxies = [service.name for service in services if service.is_proxy]
    if not proxies:
        return
    found = [
        (service.name, port)
        for service in services
        if service.built and service.name not in proxies
        for port in service.published()
        if port.everywhere is not False and not port.store and port.target not in {"22", "2222"}
    ]
    for name, port in found:
        if port.everywhere is None:
            yield Gap(
                kinds=(ComposeSetting.kind(),),
                collector=ComposeFiles.name,
                reason=Reason.TEMPLATED,
                detail=f"service {name}: a variable says on which interfaces {port.target} is published",
                location=Location(path=path, line=port.line),
                about={"role": role, "service": name, "setting": "behind-proxy"},
            )
            continue
        yield ComposeSetting(
            location=Location(path=path, line=port.line),
            service=name,
            setting="behind-proxy",
            weak=True,
            value=f"publishes {port.target} beside the proxy {proxies[0]}",
            role=role,
        )
    if not found:
        yield ComposeSetting(
            location=Location(path=path, line=line),
            service="",
            setting="behind-proxy",
            weak=False,
            value=f"nothing is published beside the proxy {proxies[0]}",
            role=role,
        )


def _included(path: str, role: str, document: Node) -> Iterator[Gap]:
    """`include` of files of the tree are read by themselves; what lies elsewhere is not."""
    for item in items_of(document.get("include") if isinstance(document, Mapping) else None):
        for entry in items_of(item.get("path") if isinstance(item, Mapping) else item):
            written = text_of(entry)
            elsewhere = _REMOTE.match(written) or written.startswith(("/", "$")) or beside(path, written) is None
            if isinstance(entry, Scalar) and elsewhere:
                yield Gap(
                    kinds=(ComposeSetting.kind(),),
                    collector=ComposeFiles.name,
                    reason=Reason.NOT_SUPPORTED,
                    detail="include of a file that is not in the repository",
                    location=Location(path=path, line=entry.line),
                    about={"role": role},
                )
