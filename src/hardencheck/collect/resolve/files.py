"""Facts about files from their names and modes alone; nothing is read."""

import stat
from collections.abc import Iterable

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.model.facts.files import FileMode
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location

DATA_SUFFIXES = (
    ".json", ".yml", ".yaml", ".toml", ".ini", ".cfg", ".conf", ".env", ".pem", ".key", ".crt", ".txt", ".md", ".rst",
    ".csv", ".xml", ".html", ".css", ".svg", ".png", ".jpg", ".jpeg", ".gif", ".pdf", ".sqlite3", ".db", ".log",
)  # fmt: skip


class FileModes(Resolver):
    """Modes of files: only the executable bit of a clone, all of them of a live directory."""

    name = "files.modes"
    emits = (FileMode,)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        for entry in tree.entries.values():
            if entry.link is not None:
                continue
            name = entry.path.rpartition("/")[2].lower()
            yield FileMode(
                location=Location(path=entry.path),
                what="directory" if stat.S_ISDIR(entry.mode) else "file",
                permissions=stat.S_IMODE(entry.mode) if entry.live else None,
                executable=stat.S_ISREG(entry.mode) and bool(entry.mode & 0o111),
                data=name.endswith(DATA_SUFFIXES) or name == ".env" or name.startswith(".env."),
                tracked=entry.tracked,
            )
