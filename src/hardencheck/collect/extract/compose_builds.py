"""Builds of images that a compose file writes itself. Source: the compose specification, "dockerfile_inline"."""

from collections.abc import Iterable

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._templates import is_yaml
from hardencheck.collect.extract._yaml import Mapping, Scalar, below
from hardencheck.collect.extract._yaml_templates import read
from hardencheck.collect.extract.dockerfile import MAX_BYTES, Dockerfiles, read_build


class InlineBuilds(Extractor):
    """`build.dockerfile_inline`, read as a Dockerfile is."""

    name = "container.dockerfile-inline"
    emits = Dockerfiles.emits

    def digest(self) -> str:
        return f"{Dockerfiles.name} {Dockerfiles.version}"

    def wants(self, path: str, mode: int, size: int) -> bool:
        return size <= MAX_BYTES and is_yaml(path)

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if b"dockerfile_inline" not in data:
            return
        try:
            found = read(data)
        except Unreadable:
            return  # whoever reads the compose file itself says so
        for document in found:
            services = below(document.node, "services")
            for _, service in services.pairs.values() if isinstance(services, Mapping) else ():
                text = below(service, "build", "dockerfile_inline")
                if isinstance(text, Scalar) and "\n" in text.text:
                    # `$$` is a `$` to compose. The text begins on the line after its key.
                    yield from read_build(path, "\n" * text.line + text.text.replace("$$", "$"))
