"""What git keeps: which commits there are, which blobs each brought in, and under which paths.

One `git log --raw` names every blob that any commit reached from the tips ever held: a blob of a tree is the same as in
a parent, or the log says that it came. Combined diffs (`-c`) say so for merges.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, NamedTuple

from hardencheck.collect.contract import Unreadable
from hardencheck.collect.secrets.context import MEDIA
from hardencheck.collect.source.git import Git, GitError, records

_LOG = (
    "log", "--stdin", "--source", "--date-order", "--root", "--raw", "-c", "-z", "--no-abbrev", "--no-renames",
    "--no-color", "--no-ext-diff", "--no-textconv", "--no-relative", "--ignore-submodules=none", "--no-mailmap",
    "--no-notes", "--encoding=none", "--format=%x01%H %ct %S",
)  # fmt: skip
_GITLINK = b"160000"
_CHUNK = 1 << 20
_MEDIA = tuple(ending.encode() for ending in MEDIA)
_MAX_TAGS = 100  # that point to each other


class Ref(NamedTuple):
    """A name and the commit, tag, tree or blob it points to (`oid`); peeled: what annotated tags lead to in the end."""

    name: str
    oid: str
    kind: str
    peeled: str
    peeled_kind: str


class Event(NamedTuple):
    """One file changed by one commit. old, new: blob ids in hexadecimal, "" for none. when: seconds since 1970.
    source: the tip from which the walk came to the commit first."""

    commit: str
    when: int
    source: str
    path: str
    old: str
    new: str


class Graph:
    """All that a walk of the history saw, in arrays: a large repository has a million events.

    Commits are numbered from the newest. `broken` says why the walk ended early, "" when it did not.
    """

    def __init__(self) -> None:
        self.commits: list[bytes] = []
        self.when = array("q")
        self.sources: list[bytes] = []
        self._source_of = array("I")
        self.blobs: dict[bytes, int] = {}
        self.paths: dict[bytes, int] = {}
        self._commit, self._path = array("I"), array("I")
        self._old, self._new = array("q"), array("q")
        self.broken = ""

    def read(self, stream: IO[bytes], inside: bytes = b"") -> None:
        """Take in the output of `git log`. inside: only files below this directory ("" or "dir/")."""
        sources: dict[bytes, int] = {}
        paths = self.paths
        meta: bytes | None = None
        number = -1
        for token in _tokens(stream):
            if meta is not None:
                if token.startswith(inside):
                    path = paths.setdefault(token, len(paths))
                    self._changes(meta, number, path)
                meta = None
            elif token[:1] == b"\x01":
                commit, when, source = token[1:].split(b" ", 2)
                self.commits.append(commit)
                self.when.append(_seconds(when))
                self._source_of.append(sources.setdefault(source.strip(), len(sources)))
                number += 1
            else:
                token = token.lstrip(b"\n")
                if token[:1] == b":":
                    meta = token
        self.sources = list(sources)

    def _changes(self, meta: bytes, commit: int, path: int) -> None:
        parents = len(meta) - len(meta.lstrip(b":"))
        fields = meta[parents:].split(b" ")
        modes, oids = fields[: parents + 1], fields[parents + 1 : 2 * parents + 2]
        if modes[-1] == _GITLINK:
            return
        new = self._blob(oids[-1])
        for mode, oid in zip(modes[:-1], oids[:-1], strict=True):
            self._commit.append(commit)
            self._path.append(path)
            self._old.append(-1 if mode == _GITLINK else self._blob(oid))
            self._new.append(new)

    def _blob(self, oid: bytes) -> int:
        if not oid.strip(b"0"):
            return -1
        return self.blobs.setdefault(oid, len(self.blobs))

    def source_names(self) -> list[str]:
        """Of each commit, the tip from which the walk came to it first."""
        names = [source.decode("ascii", "replace") for source in self.sources]
        return [names[number] for number in self._source_of]

    def first_paths(self) -> dict[bytes, bytes]:
        """Blob -> a path it had, which tells what kind of file it is: the latest that is not the name of a picture."""
        blobs, paths = list(self.blobs), list(self.paths)
        media = [path.lower().endswith(_MEDIA) for path in paths]
        found: dict[int, int] = {}
        for side in (self._new, self._old):
            for blob, path in zip(side, self._path, strict=True):
                if blob >= 0 and ((known := found.get(blob)) is None or (media[known] and not media[path])):
                    found[blob] = path
        return {blobs[blob]: paths[path] for blob, path in found.items()}

    def first(self, path: bytes) -> tuple[str, int, str] | None:
        """(commit, when, source) of the oldest commit that had a file under this path."""
        number = self.paths[path]
        for at in range(len(self._path) - 1, -1, -1):
            if self._path[at] == number and self._new[at] >= 0:
                commit = self._commit[at]
                source = self.sources[self._source_of[commit]].decode("ascii", "replace")
                return self.commits[commit].decode(), self.when[commit], source
        return None

    def events(self, of: Iterable[str], name: Callable[[bytes], str]) -> list[Event]:
        """The events that touch any of these blobs, the newest first. name: how a path is shown."""
        wanted = {self.blobs[oid.encode()] for oid in of if oid.encode() in self.blobs}
        if not wanted:
            return []
        blobs, paths = list(self.blobs), list(self.paths)
        found: list[Event] = []
        for at, (old, new) in enumerate(zip(self._old, self._new, strict=True)):
            if new in wanted or old in wanted:
                commit = self._commit[at]
                found.append(
                    Event(
                        self.commits[commit].decode(),
                        self.when[commit],
                        self.sources[self._source_of[commit]].decode("ascii", "replace"),
                        name(paths[self._path[at]]),
                        blobs[old].decode() if old >= 0 else "",
                        blobs[new].decode() if new >= 0 else "",
                    )
                )
        return found


def walk(git: Git, tips: Sequence[str], without: Sequence[str] = (), inside: bytes = b"") -> Graph:
    """The history of `tips`, less that of `without`. A walk that breaks gives what it saw and says why."""
    graph = Graph()
    if not tips:
        return graph
    asked = "".join(f"{oid}\n" for oid in (*tips, *(f"^{oid}" for oid in without)))
    try:
        with git.stream(*_LOG, given=asked.encode()) as stream:
            graph.read(stream, inside)
    except GitError as error:
        graph.broken = f"git log ended early: {_first_line(str(error))}"
    except Unreadable as error:
        graph.broken = error.detail
    return graph


def _first_line(text: str) -> str:
    return text.partition("\n")[0][:200]


def refs(git: Git) -> list[Ref]:
    """Every ref, in order of name, and once more for each tag that a tag points to. Raises GitError."""
    # Not "%(*objectname)": some versions of git take off one tag with it, others all.
    fields = "%(objectname) %(objecttype) %(object) %(type) %(refname)"
    found: list[Ref] = []
    for line in git.run("for-each-ref", f"--format={fields}").decode("utf-8", "backslashreplace").split("\n"):
        parts = line.split(" ", 4)
        if len(parts) == 5:
            oid, kind, peeled, peeled_kind, name = parts
            tags = [oid]
            while peeled_kind == "tag" and len(tags) < _MAX_TAGS:
                tags.append(peeled)
                fields_of = git.run("cat-file", "tag", peeled).decode("utf-8", "backslashreplace").split(maxsplit=4)
                _, peeled, _, peeled_kind = fields_of[:4]  # object ID type KIND
            found.extend(Ref(name, tag, kind, peeled or oid, peeled_kind or kind) for tag in tags)
    return found


def reflog(git: Git, name: str | None) -> list[str]:
    """Commits that a reflog names (of one ref; None: of all). Empty when there is none."""
    try:
        given = (name, "--") if name else ("--all",)
        how = ("--walk-reflogs", "--format=%H", "--encoding=none", "--no-show-signature")
        return list(dict.fromkeys(git.text("log", *how, *given).split()))
    except (GitError, Unreadable):
        return []


def sources(git: Git, of: Iterable[str], tips: Sequence[str]) -> dict[str, str]:
    """Commit -> a tip that reaches it, for commits that some tip reaches. Raises GitError."""
    found: dict[str, str] = {}
    left = set(of)
    while left:
        # Parents are left out, so that the walk ends at the commits; one that is before another waits its turn.
        given = "".join(f"{oid}\n" for oid in (*tips, *(f"^{oid}^@" for oid in sorted(left))))
        told = git.run("log", "--stdin", "--source", "--encoding=none", "--format=%H %S", given=given.encode())
        lines = (line.split() for line in told.decode("ascii", "replace").splitlines())
        seen = {line[0]: line[1] for line in lines if len(line) == 2 and line[0] in left}
        if not seen:
            break
        found.update(seen)
        left -= seen.keys()
    return found


def ancestors(git: Git, *commits: str) -> set[str]:
    """All commits reachable from one, less those of a "^commit". Raises GitError."""
    return set(git.run("rev-list", *commits, "--").decode("ascii", "replace").split())


def listed(git: Git) -> Iterator[tuple[bytes, bytes, int]]:
    """(object id, type, size) of every object that is there, in the order of the packs. Raises GitError."""
    arguments = (
        "--batch-all-objects",
        "--unordered",
        "--buffer",
        "--batch-check=%(objectname) %(objecttype) %(objectsize)",
    )
    with git.stream("cat-file", *arguments) as stream:
        for line in stream:
            fields = line.split()
            if len(fields) == 3:  # of a damaged object it says "missing"
                yield fields[0], fields[1], int(fields[2])


def objects_of(git: Git, commits: Sequence[str]) -> frozenset[bytes]:
    """Every object that these commits reach. Raises GitError."""
    return frozenset(git.run("rev-list", "--objects", "--no-object-names", *commits, "--").split())


def files_of(git: Git, commit: str) -> dict[bytes, str]:
    """Path -> blob id of one commit. Raises GitError."""
    found: dict[bytes, str] = {}
    for record in records(git.run("ls-tree", "-r", "-z", "--full-tree", commit)):
        meta, _, path = record.partition(b"\t")
        _mode, kind, oid = meta.split(b" ")
        if kind == b"blob":
            found[path] = oid.decode()
    return found


def _seconds(text: bytes) -> int:
    """A commit may claim any date or none: 0 where it is no number of seconds, as git has it."""
    try:
        number = int(text)
    except ValueError:
        return 0
    return number if abs(number) < 1 << 62 else 0


def _tokens(stream: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while chunk := stream.read(_CHUNK):
        tokens = (rest + chunk).split(b"\0")
        rest = tokens.pop()
        yield from tokens
    if rest:
        yield rest
