"""Configurations of proxies inside YAML: ConfigMaps of Kubernetes and `configs` of compose files."""

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec.structs import replace

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._python import role
from hardencheck.collect.extract._templates import TEMPLATED, plain
from hardencheck.collect.extract._yaml import Mapping, Node, Scalar, documents
from hardencheck.collect.extract.apache import ApacheFiles
from hardencheck.collect.extract.caddy import CaddyFiles
from hardencheck.collect.extract.ingress import moved
from hardencheck.collect.extract.nginx import NginxFiles
from hardencheck.lazily import compiled
from hardencheck.model.facts.proxies import ApacheFile, CaddyFile, NginxFile
from hardencheck.model.location import Location

MAX_BYTES = 1_000_000
_MAY = compiled(rb"(?i)kind:\s*[\"']?ConfigMap|^configs:|\n\s{0,8}content:\s*\|")
_ABOUT = compiled(rb"(?i)\.conf\b|caddyfile|proxy_pass|nginx")
_READERS: tuple[Extractor, ...] = (NginxFiles(), ApacheFiles(), CaddyFiles())


class EmbeddedProxies(Extractor):
    """Texts in YAML that are named like a proxy's configuration and read like one."""

    name = "proxies.embedded"
    emits = (NginxFile, ApacheFile, CaddyFile)

    def digest(self) -> str:
        return "/".join(f"{one.name} {one.version}" for one in _READERS)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return size <= MAX_BYTES and path.lower().endswith((".yml", ".yaml", ".yml.j2", ".yaml.j2", ".yaml.tmpl"))

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if not (_MAY.search(data) and _ABOUT.search(data)):
            return
        read = plain(data.decode("utf-8-sig", "replace"), shell=False, alone=f": {TEMPLATED}")
        try:
            found = documents(read.text.encode(), templated=read.templated)
        except Unreadable:
            return  # whoever reads the resource itself says so
        merged: dict[type, Any] = {}
        for name, text in (pair for document in found for pair in _texts(document)):
            for fact in _read(path, name, text):
                # All of one file are one: an include of one text by the name of another is not followed.
                before = merged.get(type(fact))
                directives = (*(before.directives if before is not None else ()), *fact.directives)
                templated = read.templated or fact.templated
                merged[type(fact)] = replace(fact, directives=directives, templated=templated)
        yield from merged.values()


def _read(path: str, name: str, text: Scalar) -> Iterator[Any]:
    content = text.text.replace(f"{TEMPLATED}: {TEMPLATED}", f"{TEMPLATED};").encode()
    for reader in _READERS:
        if not reader.wants(name, 0o100644, len(content)):
            continue
        try:
            found = list(reader.extract(f"{path}/{name}", 0o100644, content))
        except Unreadable as error:
            raise Unreadable(
                f"{name}: {error.detail}", reason=error.reason, line=text.line + (error.line or 0)
            ) from None
        for fact in found:
            if isinstance(fact, NginxFile | ApacheFile | CaddyFile):
                inside = tuple(moved(one, text.line) for one in fact.directives)
                yield replace(fact, location=Location(path=path), role=role(path), directives=inside)


def _texts(document: Node) -> Iterator[tuple[str, Scalar]]:
    """Names and texts of a ConfigMap, or of the configurations that a compose file holds itself."""
    if not isinstance(document, Mapping):
        return
    kind = document.get("kind")
    data = document.get("data")
    if isinstance(kind, Scalar) and kind.text == "ConfigMap" and isinstance(data, Mapping):
        for name, (_, value) in data.pairs.items():
            if isinstance(value, Scalar) and "\n" in value.text:
                yield name, value
    configs = document.get("configs")
    for name, (_, value) in configs.pairs.items() if isinstance(configs, Mapping) else ():
        content = value.get("content") if isinstance(value, Mapping) else None
        if isinstance(content, Scalar) and "\n" in content.text:
            # nginx_conf is nginx.conf to those who name it.
            yield name.replace("_conf", ".conf").replace("-conf", ".conf"), content
