"""Facts about files from their names, modes and links, and what the tree knows of files with secrets."""

import posixpath
import stat
from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from hardencheck.collect.contract import Entry, Found, Resolver, Tree, Unreadable
from hardencheck.collect.extract._python import role
from hardencheck.model.facts import Fact, Scalar
from hardencheck.model.facts.files import (
    CredentialMaterial,
    CredentialsFile,
    FileMode,
    KeyMaterial,
    Leads,
    PrivateKey,
    Symlink,
)
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location

DATA_SUFFIXES = (
    ".json", ".yml", ".yaml", ".toml", ".ini", ".cfg", ".conf", ".env", ".pem", ".key", ".crt", ".txt", ".md", ".rst",
    ".csv", ".xml", ".html", ".css", ".svg", ".png", ".jpg", ".jpeg", ".gif", ".pdf", ".sqlite3", ".db", ".log",
)  # fmt: skip
MAX_LINKS = 40  # Linux, path_resolution(7)


class FileModes(Resolver):
    """Modes of files: only the executable bit of a clone, all of them of a live directory."""

    name = "files.modes"
    emits = (FileMode,)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        below = _below(tree.entries)
        for entry in tree.entries.values():
            if stat.S_ISLNK(entry.mode):
                continue
            executable = stat.S_ISREG(entry.mode) and bool(entry.mode & 0o111)
            above = tree.entries.get(posixpath.dirname(entry.path))
            yield FileMode(
                location=Location(path=entry.path),
                what="directory" if stat.S_ISDIR(entry.mode) else "file",
                permissions=stat.S_IMODE(entry.mode) if entry.live else None,
                executable=executable,
                data=_is_data(entry.path) and not (executable and _is_script(tree, entry)),
                tracked=entry.tracked,
                role=role(entry.path),
                below_group=_open(above, 0o020) and entry.live,
                below_world=_open(above, 0o002) and entry.live,
                entries=below[entry.path],
                acl=entry.acl,
                foreign=entry.foreign,
            )


def _is_data(path: str) -> bool:
    name = path.rpartition("/")[2].lower()
    return name.endswith(DATA_SUFFIXES) or name == ".env" or name.startswith(".env.")


def _is_script(tree: Tree, entry: Entry) -> bool:
    """A program whatever its name says. What cannot be read counts as what it is called."""
    try:
        return tree.read(entry)[:2] == b"#!"
    except Unreadable:
        return False


def _open(entry: Entry | None, bit: int) -> bool:
    """Whether a directory lets the class of `bit` write. A sticky one does not let it touch the files of others."""
    return entry is not None and bool(entry.mode & bit) and not entry.mode & stat.S_ISVTX


def _below(entries: Mapping[str, Entry]) -> Counter[str]:
    """Live directories that group or others may write to -> how many of the entries below are as loose."""
    count: Counter[str] = Counter()
    for path, entry in entries.items():
        if not entry.live or stat.S_ISLNK(entry.mode):
            continue
        above = posixpath.dirname(path)
        while above:
            holder = entries.get(above)
            if holder is not None and holder.mode & entry.mode & (0o002 if holder.mode & 0o002 else 0o020):
                count[above] += 1
            above = posixpath.dirname(above)
    return count


class Symlinks(Resolver):
    """Where the links of the tree lead, worked out from their text."""

    name = "files.links"
    emits = (Symlink,)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        folders = {""}
        for path in tree.entries:
            above = posixpath.dirname(path)
            while above not in folders:
                folders.add(above)
                above = posixpath.dirname(above)
        for entry in tree.entries.values():
            if not stat.S_ISLNK(entry.mode):
                continue
            here = Location(path=entry.path)
            if entry.link is None:
                yield self.gap(Reason.MISSING_OBJECT, "the text of this link is not in the clone", here)
                continue
            yield Symlink(location=here, target=_shown(entry.link), leads=follow(entry.path, tree.entries, folders))


def _shown(target: str) -> str:
    if not target.startswith("/"):
        return target[:200]
    first, _, more = target.lstrip("/").partition("/")
    return f"/{first[:80]}/…" if more else f"/{first[:80]}"


def follow(path: str, entries: Mapping[str, Entry], folders: set[str]) -> Leads:
    """Where the link at `path` ends: a value of `Symlink.leads`. Links on the way are followed too, on paper.

    folders: every directory that has an entry below it, "" for the root.
    """
    done: list[str] = path.split("/")[:-1]
    todo: list[str] = list(reversed(_parts(entries[path].link or "")))
    if (entries[path].link or "").startswith("/"):
        return "absolute"
    hops = 1
    while todo:
        part = todo.pop()
        if part == "..":
            if not done:
                return "outside"
            done.pop()
            continue
        done.append(part)
        entry = entries.get("/".join(done))
        if entry is not None and entry.link is not None:
            hops += 1
            if hops > MAX_LINKS:
                return "loop"
            if entry.link.startswith("/"):
                return "absolute"
            done.pop()
            todo.extend(reversed(_parts(entry.link)))
    ends = "/".join(done)
    return "inside" if ends in entries or ends in folders else "missing"


def _parts(text: str) -> list[str]:
    return [part for part in text.split("/") if part not in {"", "."}]


class SecretFiles(Resolver):
    """Keys and credentials files, with what the tree knows: tracked or not, the mode, what the file is for."""

    name = "files.secret"
    emits = (PrivateKey, CredentialsFile)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        seen: set[tuple[type, str]] = set()
        for fact in facts.facts:
            if not isinstance(fact, KeyMaterial | CredentialMaterial):
                continue
            tracked, permissions, purpose = _known(tree, fact.location.path)
            if tracked and not getattr(fact, "embedded", False):
                seen.add((type(fact), "production" if purpose == "production" else "test"))
            if isinstance(fact, KeyMaterial):
                yield PrivateKey(
                    location=fact.location,
                    present=True,
                    form=fact.form,
                    encrypted=fact.encrypted,
                    embedded=fact.embedded,
                    tracked=tracked,
                    permissions=permissions,
                    role=purpose,
                )
            else:
                yield CredentialsFile(
                    location=fact.location,
                    present=True,
                    form=fact.form,
                    secrets=fact.values,
                    name=fact.name,
                    tracked=tracked,
                    permissions=permissions,
                    role=purpose,
                )
        yield from self._unread(facts, tree)
        if any(not entry.live for entry in tree.entries.values()):
            for purpose in ("production", "test"):
                if (KeyMaterial, purpose) not in seen:
                    yield PrivateKey(location=Location(), present=False, tracked=True, role=purpose)
            if (CredentialMaterial, "production") not in seen:
                yield CredentialsFile(location=Location(), present=False, tracked=True, role="production")

    def _unread(self, facts: FactSet, tree: Tree) -> Iterable[Gap]:
        """A file that could not be read may hold a key; what is known of the file says which lines that touches."""
        pairs: tuple[tuple[type[Fact], type[Fact]], ...] = (
            (KeyMaterial, PrivateKey),
            (CredentialMaterial, CredentialsFile),
        )
        for raw, made in pairs:
            for gap in self.passed_on(facts, raw, made):
                if gap.location.path:
                    tracked, permissions, purpose = _known(tree, gap.location.path)
                    about: dict[str, Scalar] = {"tracked": tracked, "permissions": permissions, "role": purpose}
                    yield msgspec.structs.replace(gap, about=about)


def _known(tree: Tree, path: str | None) -> tuple[bool, int | None, str]:
    """(tracked, mode bits of a live directory or None, role) of a file."""
    entry = tree.entries.get(path or "")
    if entry is None:
        return False, None, role(path or "")
    return entry.tracked, stat.S_IMODE(entry.mode) if entry.live else None, role(entry.path)
