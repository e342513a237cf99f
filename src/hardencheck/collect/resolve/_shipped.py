"""Which files leave the repository with the service: into an image, into a Python package."""

import posixpath
import re
import tomllib
from collections.abc import Iterable
from typing import NamedTuple

from hardencheck.collect.contract import Tree, Unreadable
from hardencheck.collect.extract._ignorefiles import Patterns
from hardencheck.collect.resolve.container import context_of, folders_of, ignores_of
from hardencheck.lazily import compiled
from hardencheck.model.facts.container import ImageBuild
from hardencheck.model.gap import FactSet

MAX_NAMED = 5
_MANIFEST = compiled(
    r"^\s*(include|recursive-include|graft|global-include|exclude|prune|global-exclude|recursive-exclude)\s+(.+)$"
)


class _Image(NamedTuple):
    """context: directory, "" for the root. whole: `COPY .`. sources: what else is copied, from the context."""

    dockerfile: str
    context: str
    whole: bool
    sources: tuple[str, ...]
    ignored: Patterns


class Shipped:
    """By the Dockerfiles (COPY less .dockerignore) and manifests of the tree. Looked at on the first question."""

    def __init__(self, facts: FactSet, tree: Tree) -> None:
        self._facts, self._tree = facts, tree
        self._images: list[_Image] | None = None
        self._package: bool | None = None

    def by(self, paths: Iterable[str]) -> tuple[str, ...]:
        """What takes any of these files along: "image web/Dockerfile", "Python package"."""
        found: dict[str, None] = {}
        for path in paths:
            if self._images is None:
                self._images = list(self._read())
            for image in self._images:
                if _copied(path, image):
                    found[f"image {image.dockerfile}"] = None
            if self._packaged(path):
                found["Python package"] = None
        return tuple(found)[:MAX_NAMED]

    def _read(self) -> Iterable[_Image]:
        folders = folders_of(self._tree)
        for build in self._facts.facts:
            if not isinstance(build, ImageBuild) or build.location.path is None or build.role == "test":
                continue
            path = build.location.path
            context = context_of(build, self._facts, self._tree, folders)
            try:
                _, patterns = ignores_of(path, context, self._tree, build.context_excludes)
            except Unreadable:
                patterns = Patterns("")
            yield _Image(path, context, build.context_line is not None, build.sources, patterns)

    def _packaged(self, path: str) -> bool:
        """Whether a build of the repository's own package takes the file: modules of a package, and what MANIFEST.in
        or the backend's default adds to them."""
        if self._package is None:
            self._package = self._builds()
        if not self._package:
            return False
        top = path.removeprefix("src/").partition("/")[0]
        root = f"src/{top}" if path.startswith("src/") else top
        if f"{root}/__init__.py" not in self._tree.entries:
            return False
        return path.endswith(".py") or self._included(path)

    def _builds(self) -> bool:
        if "setup.py" in self._tree.entries:
            return True
        text = self._text("pyproject.toml")
        try:
            table = tomllib.loads(text) if text else {}
        except (tomllib.TOMLDecodeError, RecursionError):
            return False
        return "build-system" in table

    def _included(self, path: str) -> bool:
        if "hatchling" in self._text("pyproject.toml"):
            return True  # takes every file of a package that is not ignored
        taken = False
        for line in self._text("MANIFEST.in").split("\n")[:1000]:
            match = _MANIFEST.match(line)
            if match is None:
                continue
            words = match[2].split()
            folder = (
                words[0].rstrip("/") if match[1] in {"recursive-include", "recursive-exclude", "graft", "prune"} else ""
            )
            patterns = words[1:] if match[1].startswith("recursive") else words
            below = not folder or path.startswith(f"{folder}/")
            if match[1] in {"graft", "prune"}:
                hit = below
            else:
                name = path if match[1] in {"include", "exclude"} else posixpath.basename(path)
                hit = below and any(_like(pattern, name) for pattern in patterns)
            if hit:
                taken = match[1] in {"include", "recursive-include", "graft", "global-include"}
        return taken

    def _text(self, name: str) -> str:
        entry = self._tree.entries.get(name)
        if entry is None or entry.link is not None or entry.size > 1 << 20:
            return ""
        try:
            return self._tree.read(entry).decode("utf-8", "replace")
        except Unreadable:
            return ""


def _copied(path: str, image: _Image) -> bool:
    inside = path if not image.context else path.removeprefix(f"{image.context}/")
    if image.context and inside == path:
        return False
    if image.ignored.excludes(inside):
        return False
    return image.whole or any(
        inside == source or inside.startswith(f"{source}/") or _like(source, inside)
        for source in (item.strip("/").removeprefix("./") for item in image.sources)
        if source
    )


def _like(pattern: str, name: str) -> bool:
    """A pattern with * and ? of one path segment each; linear, since both are the target's."""
    if len(pattern) > 300 or pattern.count("*") > 8:
        return False
    parts = re.split(r"([*?])", pattern)
    body = "".join({"*": "[^/]*?", "?": "[^/]"}.get(part, re.escape(part)) for part in parts)
    return re.fullmatch(body, name[:1000]) is not None
