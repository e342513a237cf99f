"""The permissions that Django gives stored uploads."""

from collections.abc import Iterable
from typing import Literal

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.interpret.values import Binding, Const, Map
from hardencheck.collect.resolve._django import Project, projects, setting
from hardencheck.model.facts import Scalar
from hardencheck.model.facts.uploads import StoredFileMode
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location

_What = Literal["file", "directory"]
_SETTINGS: tuple[tuple[str, str, _What], ...] = (
    ("FILE_UPLOAD_PERMISSIONS", "file_permissions_mode", "file"),
    ("FILE_UPLOAD_DIRECTORY_PERMISSIONS", "directory_permissions_mode", "directory"),
)


class StoredFiles(Resolver):
    """FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS, and what STORAGES says instead, of every project."""

    name = "uploads.stored-modes"
    emits = (StoredFileMode,)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        found, troubles = projects(facts, tree)
        for text in troubles:
            yield Gap(kinds=self.kinds(), collector=self.name, reason=Reason.DYNAMIC, detail=text)
        for project in found:
            for name, option, what in _SETTINGS:
                if (own := storage_option(project, option)) is not None:
                    yield self._of_storage(project, option, own, what)
                    if project.bound(name) is None:
                        continue
                held = setting(project, name)
                if held.known:
                    yield StoredFileMode(
                        location=held.location,
                        application=project.application,
                        setting=name,
                        what=what,
                        permissions=held.value if isinstance(held.value, int) else None,
                        default=held.source == "default",
                    )
                    continue
                about: dict[str, Scalar] = {"setting": name, "application": project.application, "what": what}
                yield Gap(
                    kinds=self.kinds(),
                    collector=self.name,
                    reason=held.reason,
                    detail=f"{name} is {held.text}",
                    location=held.location,
                    about=about,
                )

    def _of_storage(self, project: Project, option: str, own: Binding, what: _What) -> Found:
        name = f"{option} in STORAGES"
        where = Location(path=own.path, line=own.line or None)
        mode = own.value.value if isinstance(own.value, Const) else None
        if isinstance(mode, int) and not isinstance(mode, bool):
            return StoredFileMode(
                location=where, application=project.application, setting=name, what=what, permissions=mode
            )
        about: dict[str, Scalar] = {"setting": name, "application": project.application, "what": what}
        return Gap(
            kinds=self.kinds(), collector=self.name, reason=Reason.NOT_LITERAL, detail=f"{name} is computed",
            location=where, about=about,
        )  # fmt: skip


def storage_option(project: Project, option: str) -> Binding | None:
    """An option of the storage of uploads, with the place of its entry; None where the storage surely has none, or
    None, which leaves it to the settings."""
    bound = project.bound("STORAGES")
    binding = bound.binding if bound is not None else None
    value = binding.value if binding is not None else None
    if binding is None:
        return None
    place = (binding.path, binding.line)
    for key in ("default", "OPTIONS", option):
        if not isinstance(value, Map) or key in value.maybe:
            return None
        place = value.places.get(key, place)
        value = value.items.get(key)
    if value is None or (isinstance(value, Const) and value.value is None):
        return None
    return Binding(value, *place)
