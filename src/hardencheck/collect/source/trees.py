"""The three trees: a git work tree, a git revision, a plain directory."""

import errno
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from hardencheck.collect.contract import Entry, Unreadable
from hardencheck.collect.source.git import Blobs, Git, GitError, find_git, have_git, records
from hardencheck.errors import RevisionMissing, TargetMissing
from hardencheck.model.gap import Reason
from hardencheck.model.target import Subject, Target

MAX_FILE_BYTES = 16 * 1024 * 1024
HEAD_BYTES = 8192
MAX_LINK_BYTES = 65_536  # longer than any system makes one; in a git tree anything can call itself a link
MAX_ENTRIES = 1_000_000
IGNORED = "ignored by git (a directory counts once)"
# Directories of a plain directory that hold other people's code; inside git what is tracked is looked at.
DEPENDENCIES = frozenset({
    ".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".nox", ".mypy_cache",
    ".ruff_cache", ".pytest_cache",
})  # fmt: skip


def shown(raw: bytes) -> str:
    """A path for people, reports and rules; never a decoding error, never a surrogate, and no two paths look alike:
    where bytes are spelled out, or a name has the look of it, its own backslashes are doubled."""
    try:
        text = raw.decode("utf-8")
        if "\\x" not in text:
            return text
    except UnicodeDecodeError:
        pass
    return raw.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")


class BaseTree(AbstractContextManager["BaseTree"]):
    """Entries by path, what was left out and why, and the subject of the audit."""

    def __init__(self, subject: Subject, entries: Iterable[Entry]) -> None:
        self.subject = subject
        self.git: Git | None = None
        self.inside = b""  # of a repository, the directory that is audited, with "/"
        self.changed: set[str] = set()  # paths whose bytes on disk are not those of the index
        self.staged: set[str] = set()  # paths whose index is not that of HEAD
        self.gone: list[Entry] = []  # files of such an index that are no longer on disk
        self.skipped: dict[str, int] = {}
        self.broken: list[tuple[str, str]] = []  # (path, why) of places that could not even be listed
        self.entries: dict[str, Entry] = {}
        for entry in entries:
            self.entries[entry.path] = entry

    @property
    def identity(self) -> str:
        """What a repository is called, for the key of its fingerprints only: its origin, else where it is."""
        if self.subject.origin is not None:
            return self.subject.origin
        return os.fsdecode(self.git.common) if self.git is not None else ""

    def skip(self, reason: str, count: int = 1) -> None:
        self.skipped[reason] = self.skipped.get(reason, 0) + count

    def read(self, entry: Entry) -> bytes:
        raise NotImplementedError

    def content_id(self, entry: Entry, data: bytes) -> str:
        """The git blob id: a work tree and a revision that hold the same bytes share their facts."""
        return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class FilesTree(BaseTree):
    """Files on disk. Opens no link, no FIFO and no device, and leaves the root by no path."""

    def __init__(self, subject: Subject, root: Path, entries: Iterable[Entry] = ()) -> None:
        self.root = os.fsencode(root.resolve())
        self._inside: dict[bytes, bool] = {}
        super().__init__(subject, entries)

    def _stays_inside(self, folder: bytes) -> bool:
        if folder not in self._inside:
            real = os.path.realpath(os.path.join(self.root, folder))
            self._inside[folder] = real == self.root or real.startswith(self.root.rstrip(b"/") + b"/")
        return self._inside[folder]

    def read(self, entry: Entry) -> bytes:
        if not self._stays_inside(os.path.dirname(entry.raw)):
            raise Unreadable("its directory is a link that leaves the target", reason=Reason.UNREADABLE)
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        try:
            descriptor = os.open(os.path.join(self.root, entry.raw), flags)
        except OSError as error:
            text = "it is a symbolic link now" if error.errno == errno.ELOOP else str(error.strerror)
            raise Unreadable(f"cannot be opened: {text}", reason=Reason.UNREADABLE) from None
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):  # a directory, say, which open() does not take
            os.close(descriptor)
            raise Unreadable("not a regular file", reason=Reason.UNREADABLE)
        with open(descriptor, "rb", buffering=0) as file:
            if status.st_size > MAX_FILE_BYTES:
                # The beginning tells whether it is binary, which is a reason not to mind.
                raise TooLarge(status.st_size, file.read(HEAD_BYTES))
            try:
                data = file.readall() or b""
            except OSError as error:
                raise Unreadable(f"cannot be read: {error.strerror}", reason=Reason.UNREADABLE) from None
        return data


class TooLarge(Unreadable):
    """More bytes than are looked at. head: the first of them."""

    def __init__(self, size: int, head: bytes) -> None:
        super().__init__(f"{size} bytes, at most {MAX_FILE_BYTES} are looked at", reason=Reason.TOO_LARGE)
        self.head = head


class WorkTree(FilesTree):
    """Tracked files and those neither tracked nor ignored, as they are on disk."""

    def __init__(self, git: Git, root: Path, target: Target) -> None:
        top = git.top or root
        commit = git.commit()
        subject = Subject(
            name=target.name or root.resolve().name,
            kind="git work tree",
            commit=commit,
            profile=target.profile,
            origin=git.origin,
        )
        super().__init__(subject, root)
        prefix = os.fsencode(os.path.relpath(root.resolve(), top.resolve()))
        inside = b"" if prefix == b"." else prefix + b"/"
        self.git, self.inside = git, inside
        stages = records(git.run("ls-files", "--stage", "-z"))
        index: dict[bytes, tuple[int, str]] = {}
        for record in stages:
            meta, _, raw = record.partition(b"\t")
            mode, oid, _stage = meta.split(b" ")
            if raw.startswith(inside):
                index[raw[len(inside) :]] = (int(mode, 8), oid.decode())
        others = records(git.run("ls-files", "--others", "--exclude-standard", "-z"))
        untracked = {raw[len(inside) :] for raw in others if raw.startswith(inside)}
        for raw in sorted(index.keys() | untracked):
            known = index.get(raw)
            self._add(raw, known[0] if known else 0, known[1] if known else None)
        if ignored := _ignored(git, inside):
            self.skip(IGNORED, ignored)
        dirty = self._dirty(git, index, inside, bool(untracked))
        self.subject = msgspec.structs.replace(subject, dirty=dirty)

    def _index_only(self, index: dict[bytes, tuple[int, str]], differing: AbstractSet[bytes]) -> None:
        """Files that only the index has: added, and deleted again on disk."""
        for raw in sorted(differing):
            path, (mode, oid) = shown(raw), index[raw]
            if path not in self.entries and stat.S_ISREG(mode):
                self.gone.append(Entry(path=path, raw=raw, mode=mode, size=0, oid=oid))

    def _add(self, raw: bytes, mode: int, oid: str | None) -> None:
        if mode == 0o160000:
            self.skip("submodule")
            return
        try:
            status = os.lstat(os.path.join(self.root, raw))
        except OSError as error:
            self.skip("deleted" if error.errno == errno.ENOENT else "unreadable")
            if error.errno not in {errno.ENOENT, errno.ENOTDIR}:
                self.broken.append((shown(raw), str(error.strerror)))
            return
        link = None
        if stat.S_ISLNK(status.st_mode):
            mode = 0o120000
            link = shown(os.readlink(os.path.join(self.root, raw)))
        elif not stat.S_ISREG(status.st_mode):
            self.skip("not a regular file")
            return
        elif mode not in {0o100644, 0o100755}:
            mode = 0o100755 if status.st_mode & 0o100 else 0o100644
        path = shown(raw)
        self.entries[path] = Entry(
            path=path, raw=raw, mode=mode, size=status.st_size, tracked=oid is not None, oid=oid, link=link
        )

    def _dirty(self, git: Git, index: dict[bytes, tuple[int, str]], inside: bytes, untracked: bool) -> bool | None:
        """Whether the index differs from HEAD or files are new or gone. `collect.run` compares the contents it
        reads with the index; git is not asked, because it would run the repository's filters."""
        if self.subject.commit is None:
            self._index_only(index, index.keys())
            self.staged = {entry.path for entry in self.entries.values() if entry.tracked}
            return None
        head: dict[bytes, tuple[int, str]] = {}
        try:
            listed = git.run("ls-tree", "-r", "-z", "--full-tree", self.subject.commit)
        except GitError:
            return None  # the clone lacks trees of HEAD; the files themselves are all on disk
        for record in records(listed):
            meta, _, raw = record.partition(b"\t")
            mode, _kind, oid = meta.split(b" ")
            if raw.startswith(inside):
                head[raw[len(inside) :]] = (int(mode, 8), oid.decode())
        differing = {raw for raw, known in index.items() if head.get(raw) != known}
        self.staged = {entry.path for entry in self.entries.values() if entry.raw in differing}
        self._index_only(index, differing)
        return untracked or bool(self.skipped.get("deleted")) or index != head


def _ignored(git: Git, inside: bytes) -> int:
    """How many files and directories in `inside` git ignores: an `.env` with real secrets, say, which no commit has.

    A directory is not entered, which for node_modules would take longer than all the rest. git (2.39) lists one that
    merely holds nothing else together with what is in it; that counts once as well.
    """
    listed = records(git.run("ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"))
    count = around = 0
    folder: bytes | None = None
    for raw in sorted(listed):
        if inside.startswith(raw):  # the audited directory itself, or one that it is in
            around = 1
        elif raw.startswith(inside) and (folder is None or not raw.startswith(folder)):
            count += 1
            folder = raw if raw.endswith(b"/") else folder
    return count or around


def _no_commit(git: Git, revision: str, *, named: bool) -> TargetMissing:
    """Why a revision cannot be audited. named: by the user; else it is HEAD, which a new repository lacks."""
    text = f"no commit {revision!r} in this repository"
    if not named:
        return TargetMissing(text, hint="expected a repository with a commit; 'git log --all' shows what is there")
    if oid := git.lost(revision):
        return TargetMissing(
            f"{revision!r} is the commit {oid}, which is not in this clone",
            hint="expected a healthy repository; 'git fsck' tells more",
        )
    if git.shallow:
        return RevisionMissing(
            f"{text}; it may lie beyond the boundary of this shallow clone",
            hint="fetch it first: in CI set fetch-depth: 0 for the checkout",
        )
    return RevisionMissing(
        text, hint="expected a branch, a tag or the id of a commit; 'git log --all' shows what is there"
    )


class RevisionTree(BaseTree):
    """The files of one commit, read from objects; no checkout, no filter, no hook."""

    def __init__(self, git: Git, root: Path, revision: str, target: Target) -> None:
        commit = git.commit(revision)
        if commit is None:
            raise _no_commit(git, revision, named=target.revision is not None)
        super().__init__(
            Subject(
                name=target.name or root.resolve().name,
                kind="git revision",
                commit=commit,
                revision=revision,
                profile=target.profile,
                dirty=False,
                origin=git.origin,
            ),
            (),
        )
        prefix = ""
        if git.top is not None and root.resolve() != git.top.resolve():
            prefix = root.resolve().relative_to(git.top.resolve()).as_posix() + "/"
        self.git, self.inside = git, os.fsencode(prefix)
        self._git = git
        self._stack = ExitStack()
        self._blobs = self._stack.enter_context(Blobs(git))
        try:
            self._list(git, os.fsencode(prefix), commit)
        except BaseException:
            self._stack.close()
            raise

    def _list(self, git: Git, inside: bytes, commit: str) -> None:
        listed: list[tuple[bytes, int, str]] = []
        for record in records(git.run("ls-tree", "-r", "-z", "--full-tree", commit)):
            meta, _, raw = record.partition(b"\t")
            mode, kind, name = meta.split()
            if not raw.startswith(inside):
                continue
            if kind == b"commit":
                self.skip("submodule")
                continue
            listed.append((raw[len(inside) :], int(mode, 8), name.decode()))
        sizes = git.sizes([item[2] for item in listed])
        for raw, number, oid in listed:
            link = None
            if number == 0o120000:
                try:
                    if sizes.get(oid, 0) > MAX_LINK_BYTES:
                        raise Unreadable(f"a link of {sizes[oid]} bytes", reason=Reason.TOO_LARGE)
                    link = shown(self._blobs.read(oid))
                except Unreadable as error:
                    self.skip(error.reason)
                    self.broken.append((shown(raw), error.detail))
            path = shown(raw)
            self.entries[path] = Entry(path=path, raw=raw, mode=number, size=sizes.get(oid, 0), oid=oid, link=link)

    def read(self, entry: Entry) -> bytes:
        if entry.size > MAX_FILE_BYTES:
            raise TooLarge(entry.size, self._git.head(entry.oid or "", HEAD_BYTES))
        return self._blobs.read(entry.oid or "")

    def content_id(self, entry: Entry, data: bytes) -> str:
        return entry.oid or super().content_id(entry, data)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()


class DirectoryTree(FilesTree):
    """A plain directory: modes are real, so they can be judged."""

    def __init__(self, root: Path, target: Target) -> None:
        super().__init__(
            Subject(name=target.name or root.resolve().name, kind="directory", profile=target.profile), root
        )
        for entry in self._walk(b""):
            self.entries[entry.path] = entry
            if len(self.entries) >= MAX_ENTRIES:
                self.broken.append(("", f"more than {MAX_ENTRIES} files; the rest was not looked at"))
                break

    def _walk(self, top: bytes) -> Iterator[Entry]:
        waiting = [(top, os.lstat(os.path.join(self.root, top)).st_uid)]
        while waiting:
            folder, owner = waiting.pop()
            try:
                with os.scandir(os.path.join(self.root, folder)) as found:
                    items = sorted(found, key=lambda item: item.name)
            except OSError as error:
                self.skip("unreadable")
                self.broken.append((shown(folder) or ".", f"cannot be listed: {error.strerror}"))
                continue
            for item in items:
                raw = os.path.join(folder, item.name) if folder else item.name
                link = None
                try:
                    status = item.stat(follow_symlinks=False)
                    if stat.S_ISLNK(status.st_mode):
                        link = shown(os.readlink(os.path.join(self.root, raw)))
                except OSError as error:  # a directory that may be listed and not entered; a path too long
                    self.skip("unreadable")
                    self.broken.append((shown(raw), f"cannot be looked at: {error.strerror}"))
                    continue
                if stat.S_ISDIR(status.st_mode):
                    if os.fsdecode(item.name) in DEPENDENCIES:
                        self.skip("dependencies or metadata")
                    else:
                        waiting.append((raw, status.st_uid))
                elif link is None and not stat.S_ISREG(status.st_mode):
                    self.skip("not a regular file")
                    continue
                yield Entry(
                    path=shown(raw),
                    raw=raw,
                    mode=status.st_mode,
                    size=status.st_size,
                    live=True,
                    tracked=False,
                    link=link,
                    acl=link is None and _has_acl(item.path),
                    foreign=stat.S_ISREG(status.st_mode) and status.st_uid != owner,
                )


def _has_acl(path: bytes) -> bool:
    """Source: acl(5), xattr(7). Systems without extended attributes of this kind have none."""
    try:
        return "system.posix_acl_access" in os.listxattr(path, follow_symlinks=False)
    except (OSError, AttributeError):
        return False


def open_tree(target: Target) -> BaseTree:
    """The files of a target. Raises TargetMissing; Unreadable where git is needed and missing or fails."""
    root = Path(target.repository or ".")
    git = find_git(root)  # says it when the directory cannot be entered
    if not root.exists():
        raise TargetMissing(f"{root} does not exist", hint="give the directory of the service; nothing was examined")
    if not root.is_dir():
        raise TargetMissing(f"{root} is not a directory", hint="give the directory that holds the service")
    if git is None:
        if target.revision is not None:
            raise TargetMissing(f"{root} is not in a git repository, so it has no revision {target.revision!r}")
        return DirectoryTree(root, target)
    if not have_git():
        raise TargetMissing(
            "git is not installed, so the repository cannot be listed", hint="install git and try again"
        )
    try:
        if target.revision is not None or git.top is None:
            return RevisionTree(git, root, "HEAD" if target.revision is None else target.revision, target)
        return WorkTree(git, root, target)
    except (GitError, Unreadable) as error:
        hint = "expected a healthy repository; 'git fsck' tells more"
        if "promisor" in str(error):
            hint = "the clone is partial and nothing is fetched here: clone without --filter, or 'git fetch --refetch'"
        # Not in the words of git, which may quote names of files and branches.
        why = (
            error.detail
            if isinstance(error, Unreadable)
            else "an object is missing or damaged, or git refuses a setting"
        )
        raise TargetMissing(f"git cannot read {root}: {why}", hint=hint) from error
