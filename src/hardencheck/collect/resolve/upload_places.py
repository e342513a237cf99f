"""Where uploads are kept: apart from the code and the static files, or among them."""

import posixpath
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Literal, NamedTuple

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.interpret.models._places import path_of
from hardencheck.collect.interpret.values import Const, Map, Seq, Value
from hardencheck.collect.resolve._django import Project, projects
from hardencheck.collect.resolve._setting import why_unknown
from hardencheck.model.facts.protections import DjangoProtection
from hardencheck.model.facts.storage import StoredPlace, UploadFolder
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location

_SETTINGS = ("MEDIA_ROOT", "FILE_UPLOAD_TEMP_DIR")


class _Folder(NamedTuple):
    """path: normal; seen from the root of the repository, from where the service is started, or absolute."""

    anchor: Literal["repository", "start", "absolute"]
    path: str

    def holds(self, other: "_Folder") -> bool:
        """Whether the other one is this folder or below it."""
        if self.anchor != other.anchor:
            return False
        return self.path in {".", other.path} or other.path.startswith(f"{self.path.rstrip('/')}/")


class UploadPlaces(Resolver):
    """MEDIA_ROOT beside STATIC_ROOT, STATICFILES_DIRS and the packages; UPLOAD_FOLDER beside the static folder."""

    name = "uploads.places"
    emits = (StoredPlace, DjangoProtection)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        found, troubles = projects(facts, tree)
        for text in troubles:
            yield Gap(kinds=(StoredPlace.kind(),), collector=self.name, reason=Reason.DYNAMIC, detail=text)
        for project in found:
            for name in _SETTINGS:
                yield from self._django(project, name, tree)
            yield from _caches(project)
        for fact in facts.facts:
            if isinstance(fact, UploadFolder):
                yield self._folder(fact, tree)
        for gap in facts.gaps:
            if UploadFolder.kind() in gap.kinds and gap.collector != self.name:
                yield Gap(
                    kinds=(StoredPlace.kind(),), collector=self.name, reason=gap.reason, detail=gap.detail,
                    location=gap.location, about={"framework": ""},
                )  # fmt: skip

    def _django(self, project: Project, name: str, tree: Tree) -> Iterator[Found]:
        bound = project.bound(name)
        value = bound.binding.value if bound is not None and bound.binding is not None else None
        if bound is None or (isinstance(value, Const) and not value.value):
            return
        place = _folder_of(value)
        if place is None:
            yield self._unknown(project, name, f"{name} is {why_unknown(bound)}", bound.location, bound.reason)
            return
        # What a temporary file is beside matters only where it is served.
        others = ("STATIC_ROOT", "STATICFILES_DIRS", *(("MEDIA_ROOT",) if name != "MEDIA_ROOT" else ()))
        unsure = ""
        for other in others:
            folders = _folders(project, other)
            if folders is None:
                unsure = other
                continue
            for folder in folders:
                if folder.holds(place):
                    yield self._made(project, name, place, bound.location, "static", folder.path)
                    return
        code = _code(place, posixpath.dirname(project.path), tree) if name == "MEDIA_ROOT" else None
        if code is not None:
            yield self._made(project, name, place, bound.location, "code", code)
        elif unsure:
            text = f"{unsure} is not known, and {name} may be in it"
            yield self._unknown(project, name, text, bound.location, Reason.NOT_LITERAL)
        else:
            yield self._made(project, name, place, bound.location, "", "")

    def _unknown(self, project: Project, name: str, text: str, where: Location, reason: Reason) -> Gap:
        return Gap(
            kinds=(StoredPlace.kind(),),
            collector=self.name,
            reason=reason,
            detail=text,
            location=where,
            about={"framework": "django", "application": project.application, "setting": name, "role": "production"},
        )

    def _made(
        self,
        project: Project,
        name: str,
        place: _Folder,
        where: Location,
        within: Literal["static", "code", ""],
        of: str,
    ) -> StoredPlace:
        return StoredPlace(
            location=where,
            framework="django",
            application=project.application,
            setting=name,
            place=place.path,
            within=within,
            of="" if of == "." else of,
        )

    def _folder(self, fact: UploadFolder, tree: Tree) -> StoredPlace:
        path = fact.location.path or ""
        parts = fact.path.split("/")
        within: Literal["static", "code", ""] = ""
        of = ""
        if fact.anchor == "static" or "static" in parts:
            within, of = "static", "/".join(parts[: parts.index("static") + 1]) if "static" in parts else "static"
        elif fact.anchor == "module":
            place = posixpath.normpath(posixpath.join(posixpath.dirname(path), fact.path))
            found = None if place.startswith("..") else _code(_Folder("repository", place), "", tree)
            within, of = ("code", found) if found is not None else ("", "")
        return StoredPlace(
            location=fact.location,
            framework="",
            application=path,
            setting=fact.name,
            place=fact.path,
            within=within,
            of="" if of == "." else of,
            role=fact.role,
        )


def _caches(project: Project) -> Iterator[DjangoProtection]:
    """Caches in files, which are pickles: who can put a file among them runs code (Django's check caches.W002)."""
    bound = project.bound("CACHES")
    value = bound.binding.value if bound is not None and bound.binding is not None else None
    if bound is None or not isinstance(value, Map):
        return
    found: list[tuple[str, str, str]] = []
    for alias, cache in value.items.items():
        match cache:
            case Map(items={"BACKEND": Const(value=str() as backend), "LOCATION": location}):
                place = _folder_of(location)
                if place is not None and backend.endswith(".FileBasedCache"):
                    found.append((_beside(project, place), str(alias), place.path))
    if found:
        beside, alias, path = max(found, key=lambda one: bool(one[0]))
        yield DjangoProtection(
            location=bound.location,
            application=project.application,
            name="cache-place",
            on=not beside,
            held=not beside,
            same_as="caches.W002",
            setting=f"LOCATION of the cache {alias}",
            value=path + (f", inside or around {beside}" if beside else ""),
            depends_on=tuple(sorted(bound.depends)),
        )


def _beside(project: Project, place: _Folder) -> str:
    """The setting of files that are served which a folder is in or around, "" for none."""
    for name in ("MEDIA_ROOT", "STATIC_ROOT", "STATICFILES_DIRS"):
        if any(folder.holds(place) or place.holds(folder) for folder in _folders(project, name) or ()):
            return name
    return ""


def _folders(project: Project, name: str) -> list[_Folder] | None:
    """The folders of a setting; none where it is not set, None where one of them is not known."""
    bound = project.bound(name)
    if bound is None or bound.binding is None:
        return []
    value = bound.binding.value
    if isinstance(value, Const) and not value.value:
        return []
    if not isinstance(value, Seq):
        folder = _folder_of(value)
        return None if folder is None else [folder]
    if not value.exact:
        return None
    found = []
    for item in value.items:
        if isinstance(item, Seq) and len(item.items) == 2:  # ("prefix", folder)
            item = item.items[1]
        folder = _folder_of(item)
        if folder is None:
            return None
        found.append(folder)
    return found


def _folder_of(value: Value | None) -> _Folder | None:
    path = path_of(value)
    if path is not None:
        normal = posixpath.normpath(path) if path else "."
        return _Folder("repository", normal)
    if isinstance(value, Const) and isinstance(value.value, str | PurePosixPath):
        text = posixpath.normpath(str(value.value))
        return _Folder("absolute" if text.startswith("/") else "start", text)
    return None


def _code(place: _Folder, settings: str, tree: Tree) -> str | None:
    """The folder of code that a place is in: a package, or the one that the project is started from; None for none."""
    if place.anchor != "repository" or place.path.startswith(".."):
        return None
    folder = "" if place.path == "." else place.path
    if posixpath.join(folder, "manage.py") in tree.entries or (folder and folder == settings):
        return place.path
    above = folder
    while above and posixpath.join(above, "manage.py") not in tree.entries:
        if f"{above}/__init__.py" in tree.entries:
            return above
        above = posixpath.dirname(above)
    return None
