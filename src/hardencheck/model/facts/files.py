"""Files as the tree lists them."""

from typing import ClassVar

from hardencheck.model.facts._base import Fact, Side


class FileMode(Fact, tag="file.mode", frozen=True, kw_only=True):
    """One file or directory. permissions: the mode bits (0o7777) of a live directory; None for a clone, where only
    `executable` says anything. what: "file" or "directory". data: by its name a file that nobody executes."""

    side: ClassVar[Side] = Side.DECLARED

    what: str
    permissions: int | None
    executable: bool
    data: bool
    tracked: bool

    def describe(self) -> str:
        if self.permissions is not None:
            return f"mode {self.permissions:04o}"
        return "mode 100755" if self.executable else "mode 100644"
