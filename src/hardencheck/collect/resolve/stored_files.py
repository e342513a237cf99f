"""The permissions that Django gives stored uploads."""

from collections.abc import Iterable

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.resolve._django import projects, setting
from hardencheck.model.facts import Scalar
from hardencheck.model.facts.uploads import StoredFileMode
from hardencheck.model.gap import FactSet, Gap, Reason

_SETTINGS = (("FILE_UPLOAD_PERMISSIONS", "file"), ("FILE_UPLOAD_DIRECTORY_PERMISSIONS", "directory"))


class StoredFiles(Resolver):
    """FILE_UPLOAD_PERMISSIONS and FILE_UPLOAD_DIRECTORY_PERMISSIONS of every project."""

    name = "uploads.stored-modes"
    emits = (StoredFileMode,)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        found, troubles = projects(facts, tree)
        for text in troubles:
            yield Gap(kinds=self.kinds(), collector=self.name, reason=Reason.DYNAMIC, detail=text)
        for project in found:
            for name, what in _SETTINGS:
                held = setting(project, name)
                if held.known:
                    yield StoredFileMode(
                        location=held.location,
                        application=project.application,
                        setting=name,
                        what=what,  # type: ignore[arg-type]
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
