"""Configurations of proxies inside other files: ConfigMaps of Kubernetes, `configs` of compose files, what the build of
an image writes."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from msgspec.structs import replace

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._dockerfile import instructions, is_dockerfile
from hardencheck.collect.extract._python import role
from hardencheck.collect.extract._templates import TEMPLATED, is_yaml, plain
from hardencheck.collect.extract._yaml import Mapping, Node, Scalar, documents, items_of, text_of
from hardencheck.collect.extract.apache import ApacheFiles
from hardencheck.collect.extract.caddy import CaddyFiles
from hardencheck.collect.extract.dockerfile import Dockerfiles
from hardencheck.collect.extract.ingress import moved
from hardencheck.collect.extract.nginx import NginxFiles
from hardencheck.lazily import compiled
from hardencheck.model.facts.proxies import ApacheFile, CaddyFile, Directive, NginxFile
from hardencheck.model.location import Location

MAX_BYTES = 1_000_000
_MAY = compiled(rb"(?i)kind:\s*[\"']?ConfigMap|^configs:|\n\s{0,8}content:\s*\|")
_ABOUT = compiled(rb"(?i)\.conf\b|caddyfile|proxy_pass|nginx")
_READERS: tuple[Extractor, ...] = (NginxFiles(), ApacheFiles(), CaddyFiles())
_IMAGES = Dockerfiles()
# `echo "..." > FILE` and `cat <<EOF > FILE`, of the shell and of COPY.
_WRITES = compiled(
    r"\b(?:echo|printf)[ \t]+(?:-[en]+[ \t]+)?(?P<quote>[\"'])(?P<text>(?:\\.|(?!(?P=quote))[^\\]){1,5000})"
    r"(?P=quote)[ \t]*>>?[ \t]*[\"']?(?P<file>[\w./-]{1,200})"
)
_INTO = compiled(r"(?:>>?[ \t]*|(?<=\s))[\"']?(?P<file>/[\w./-]{1,200})[\"']?")


class Text(NamedTuple):
    """One configuration. at: the line before its first one. flat: all of it stands on the line after that. names: as in
    `NginxFile`."""

    name: str
    content: str
    at: int
    names: tuple[str, ...] = ()
    flat: bool = False


class EmbeddedProxies(Extractor):
    """Texts that are named like a proxy's configuration and read like one."""

    name = "proxies.embedded"
    version = 2
    emits = (NginxFile, ApacheFile, CaddyFile)

    def digest(self) -> str:
        return "/".join(f"{one.name} {one.version}" for one in _READERS)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return size <= MAX_BYTES and (is_yaml(path) or _IMAGES.wants(path, mode, size))

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if not _ABOUT.search(data):
            return
        templated = False
        if not is_yaml(path):
            texts = list(_built(data.decode("utf-8-sig", "replace")))
        elif _MAY.search(data):
            read = plain(data.decode("utf-8-sig", "replace"), shell=False, alone=f": {TEMPLATED}")
            templated = read.templated
            try:
                found = documents(read.text.encode(), templated=read.templated)
            except Unreadable:
                return  # whoever reads the resource itself says so
            texts = [text for document in found for text in _texts(document)]
        else:
            return
        merged: dict[type, Any] = {}
        for text in texts:
            for fact in _read(path, text):
                # All of one file are one: an include of one text by the name of another is not followed.
                before = merged.get(type(fact))
                directives = (*(before.directives if before is not None else ()), *fact.directives)
                made = replace(fact, directives=directives, templated=templated or fact.templated)
                if isinstance(made, NginxFile):
                    made = replace(made, names=(*(before.names if before is not None else ()), *text.names))
                merged[type(fact)] = made
        yield from merged.values()


def _read(path: str, text: Text) -> Iterator[Any]:
    content = text.content.replace(f"{TEMPLATED}: {TEMPLATED}", f"{TEMPLATED};").encode()
    for reader in _READERS:
        if not reader.wants(text.name, 0o100644, len(content)):
            continue
        try:
            found = list(reader.extract(f"{path}/{text.name}", 0o100644, content))
        except Unreadable as error:
            line = text.at + (1 if text.flat else error.line or 0)
            raise Unreadable(f"{text.name}: {error.detail}", reason=error.reason, line=line) from None
        for fact in found:
            if isinstance(fact, NginxFile | ApacheFile | CaddyFile):
                move = _put if text.flat else moved
                inside = tuple(move(one, text.at) for one in fact.directives)
                yield replace(fact, location=Location(path=path), role=role(path), directives=inside)


def _put(directive: Directive, at: int) -> Directive:
    """A directive with all that is in it on one line."""
    block = None if directive.block is None else tuple(_put(inner, at) for inner in directive.block)
    return replace(directive, line=at + 1, block=block)


def _texts(document: Node) -> Iterator[Text]:
    """Names and texts of a ConfigMap, or of the configurations that a compose file holds itself."""
    if not isinstance(document, Mapping):
        return
    kind = document.get("kind")
    data = document.get("data")
    if isinstance(kind, Scalar) and kind.text == "ConfigMap" and isinstance(data, Mapping):
        for name, (_, value) in data.pairs.items():
            if isinstance(value, Scalar) and "\n" in value.text:
                yield Text(name, value.text, value.line)
    configs = document.get("configs")
    targets = _targets(document.get("services"))
    for name, (_, value) in configs.pairs.items() if isinstance(configs, Mapping) else ():
        content = value.get("content") if isinstance(value, Mapping) else None
        if isinstance(content, Scalar) and "\n" in content.text:
            # nginx_conf is nginx.conf to those who name it.
            called = name.replace("_conf", ".conf").replace("-conf", ".conf")
            target = targets.get(name, "")
            yield Text(target or called, content.text, content.line, (target,) if target else ())


def _targets(services: Node | None) -> dict[str, str]:
    """What the configurations of a compose file are called in the containers that have them."""
    found: dict[str, str] = {}
    for _, service in services.pairs.values() if isinstance(services, Mapping) else ():
        for item in items_of(service.get("configs") if isinstance(service, Mapping) else None):
            if isinstance(item, Mapping) and text_of(item.get("target")):
                found.setdefault(text_of(item.get("source")), text_of(item.get("target")))
    return found


def _built(text: str) -> Iterator[Text]:
    """What RUN and COPY of an image's build write; whoever reads the build itself says what is wrong with it."""
    if not is_dockerfile(text):
        return
    try:
        for one in instructions(text):
            if one.name not in {"RUN", "COPY", "ADD"}:
                continue
            for match in _WRITES.finditer(one.rest):
                content = match["text"].replace("\\n", "\n").replace("\\$", "$").replace('\\"', '"')
                at = one.line_at(match.start()) - 1
                yield Text(match["file"], content, at, (match["file"],), flat=True)
            into = [match["file"] for match in _INTO.finditer(one.rest)]
            for body, start in zip(one.documents, one.starts, strict=True):
                if into:
                    yield Text(into[-1], body, start - 1, (into[-1],))
    except Unreadable:
        return
