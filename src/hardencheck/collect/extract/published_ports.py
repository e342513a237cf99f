"""Ports that compose services publish on the host: by them an application is reached without the proxy before it."""

from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._yaml import Mapping, Node, Scalar, Sequence, documents
from hardencheck.collect.extract.compose import _NAME, MAX_BYTES
from hardencheck.collect.extract.dockerfile import purpose
from hardencheck.lazily import compiled
from hardencheck.model.facts.container import PublishedPort
from hardencheck.model.gap import Reason
from hardencheck.model.location import Location

_VARIABLE = compiled(r"\$\{?[A-Za-z_]\w*(?::?-(?P<default>[^{}$]*))?\}?")
_PORT = compiled(r"\d{1,5}(?:-\d{1,5})?")


class PublishedPorts(Extractor):
    """`ports:` of every service, in the short and the long form."""

    name = "container.published-ports"
    emits = (PublishedPort,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith((".yml", ".yaml")) and _NAME.fullmatch(path.rpartition("/")[2].lower()) is not None

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if b"ports" not in data:
            return
        if len(data) > MAX_BYTES:
            raise Unreadable(f"{len(data)} bytes, more than a compose file has", reason=Reason.TOO_LARGE)
        for document in documents(data):
            services = document.get("services") if isinstance(document, Mapping) else None
            for name, (_, node) in services.pairs.items() if isinstance(services, Mapping) else ():
                ports = node.get("ports") if isinstance(node, Mapping) else None
                for item in ports.items if isinstance(ports, Sequence) else ():
                    for host, port in _published(item):
                        yield PublishedPort(
                            location=Location(path=path, line=item.line),
                            service=name,
                            host=host,
                            port=port,
                            role=purpose(path),
                        )


def _published(item: Node) -> Iterator[tuple[str, str]]:
    """(address of the host, "" for all, port in the container)"""
    if isinstance(item, Mapping):
        port, published = _text(item.get("target")), _text(item.get("published"))
        if published and _PORT.fullmatch(port):
            yield _text(item.get("host_ip")), port
    elif isinstance(item, Scalar):
        text = _VARIABLE.sub(lambda match: match["default"] or "0", item.text).partition("/")[0]
        before, _, port = text.rpartition(":")
        if _PORT.fullmatch(port):
            yield before.rpartition(":")[0].strip("[]"), port


def _text(node: Node | None) -> str:
    return _VARIABLE.sub(lambda match: match["default"] or "0", node.text) if isinstance(node, Scalar) else ""
