"""What git keeps: which commits there are, which blobs each brought in, and under which paths.

One `git log --raw` names every blob that any commit reached from the tips ever held: a blob of a tree is the same as in
a parent, or the log says that it came. Combined diffs (`-c`) say so for merges.
"""

import os
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import IO, NamedTuple

from hardencheck.collect.contract import Unreadable
from hardencheck.collect.secrets.context import MEDIA_BYTES
from hardencheck.collect.source.git import Git, GitError, records
from hardencheck.collect.source.trees import shown
from hardencheck.lazily import compiled

_LOG = (
    "log", "--stdin", "--source", "--date-order", "--root", "--raw", "-c", "-z", "--no-abbrev", "--no-renames",
    "--no-color", "--no-ext-diff", "--no-textconv", "--no-relative", "--ignore-submodules=none", "--no-mailmap",
    "--no-notes", "--encoding=none", "--format=%x01%H %ct %S",
)  # fmt: skip
_GITLINK = b"160000"
_CHUNK = 1 << 20
_MAX_TAGS = 100  # that point to each other
_MAX_WORKTREES = 1_000
_MAX_ALONE = 500  # tips that are walked each by itself
_OBJECT_ID = compiled(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")
ENDED = "a missing or damaged object, or a setting that git refuses; 'git fsck' tells more"


class Ref(NamedTuple):
    """A name and the commit, tag, tree or blob it points to (`oid`); peeled: what annotated tags lead to in the end.
    when: it was tagged, in seconds since 1970; 0 for what is no annotated tag, or says no date."""

    name: str
    oid: str
    kind: str
    peeled: str
    peeled_kind: str
    when: int = 0


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

    Commits are numbered from the newest. `versions`: how often a commit brought a file or changed one, `media`: of them
    those of pictures and the like; the sums of two walks are those of one over both. `broken` says why the walk ended
    early, "" when it did not; `cut`: the tips whose history was not followed to its beginning.
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
        self.versions = self.media = 0
        self.broken = ""
        self.cut: list[str] = []

    def read(self, stream: IO[bytes], inside: bytes = b"") -> None:
        """Take in the output of `git log`. inside: only files below this directory ("" or "dir/")."""
        sources = {source: number for number, source in enumerate(self.sources)}
        # Of an earlier walk, which this one goes on from: a tip whose walk broke does not keep others from its commits.
        before = frozenset(self.commits)
        paths = self.paths
        meta: bytes | None = None
        number = len(self.commits) - 1
        again = False
        for token in _tokens(stream):
            if meta is not None:
                if token.startswith(inside) and not again:
                    path = paths.setdefault(token, len(paths))
                    if self._changes(meta, number, path):
                        self.versions += 1
                        self.media += token.lower().endswith(MEDIA_BYTES)
                meta = None
            elif token[:1] == b"\x01":
                commit, when, source = token[1:].split(b" ", 2)
                if again := commit in before:
                    continue
                self.commits.append(commit)
                self.when.append(_seconds(when))
                self._source_of.append(sources.setdefault(source.strip(), len(sources)))
                number += 1
            else:
                token = token.lstrip(b"\n")
                if token[:1] == b":":
                    meta = token
        self.sources = list(sources)

    def _changes(self, meta: bytes, commit: int, path: int) -> bool:
        """Whether there is a file afterwards."""
        parents = len(meta) - len(meta.lstrip(b":"))
        fields = meta[parents:].split(b" ")
        modes, oids = fields[: parents + 1], fields[parents + 1 : 2 * parents + 2]
        if modes[-1] == _GITLINK:
            return False
        new = self._blob(oids[-1])
        for mode, oid in zip(modes[:-1], oids[:-1], strict=True):
            self._commit.append(commit)
            self._path.append(path)
            self._old.append(-1 if mode == _GITLINK else self._blob(oid))
            self._new.append(new)
        return new >= 0

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
        media = [path.lower().endswith(MEDIA_BYTES) for path in paths]
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


def walk(
    git: Git, tips: Sequence[str], without: Sequence[str] = (), inside: bytes = b"", *, apart: bool = False
) -> Graph:
    """The history of `tips`, less that of `without`. A walk that breaks gives what it saw and says why.

    apart: then walk from each tip by itself, so that one that is broken does not hide the others.
    """
    graph = Graph()
    if not tips:
        return graph
    graph.broken = _walked(graph, git, tips, without, inside)
    if not graph.broken:
        return graph
    if not apart or len(tips) < 2:
        graph.cut = [*tips]
        return graph
    graph = Graph()
    whole: list[str] = []
    for some in (*([tip] for tip in tips[:_MAX_ALONE]), tips[_MAX_ALONE:]):
        if some and (broken := _walked(graph, git, some, (*without, *whole), inside)):
            graph.broken = graph.broken or broken
            graph.cut.extend(some)
        else:
            whole.extend(some)
    return graph


def _walked(graph: Graph, git: Git, tips: Sequence[str], without: Sequence[str], inside: bytes) -> str:
    """Why it ended early, in words that quote nothing of the repository; "" when it did not."""
    asked = "".join(f"{oid}\n" for oid in (*tips, *(f"^{oid}" for oid in without)))
    try:
        with git.stream(*_LOG, given=asked.encode()) as stream:
            graph.read(stream, inside)
    except GitError:
        return ENDED
    except Unreadable as error:
        return error.detail
    return ""


def refs(git: Git) -> tuple[list[Ref], list[str]]:
    """Every ref, in order of name, and once more for each tag that a tag points to; and the names of those that lead
    to what the clone does not have. Raises GitError."""
    # Not "%(*objectname)": some versions of git take off one tag with it, others all.
    fields = "%(objectname) %(objecttype) %(object) %(type) %(taggerdate:unix) %(refname)"
    try:
        lines = _lines(git.run("for-each-ref", f"--format={fields}"))
    except GitError:
        lines = [*_lines_of_those_there(git)]
    found: list[Ref] = []
    lost: list[str] = []
    for line in lines:
        parts = line.split(" ", 5)
        if len(parts) != 6:
            continue
        oid, kind, peeled, peeled_kind, when, name = parts
        try:
            tags = [(oid, when)]
            while peeled_kind == "tag" and len(tags) < _MAX_TAGS:
                peeled, peeled_kind, when = _behind(git, inner := peeled)
                tags.append((inner, when))
            if not kind:
                raise GitError
        except GitError:
            lost.append(name)
            continue
        found.extend(
            Ref(name, tag, kind, peeled or oid, peeled_kind or kind, _seconds(when.encode())) for tag, when in tags
        )
    return found, lost


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8", "backslashreplace").split("\n")


def _lines_of_those_there(git: Git) -> Iterator[str]:
    """What `for-each-ref` says when no object is missing: it ends at the first that is. Without a type: missing."""
    plain = [line.split(" ", 1) for line in _lines(git.run("for-each-ref", "--format=%(objectname) %(refname)"))]
    named = [(item[0], item[1]) for item in plain if len(item) == 2]
    asked = "".join(f"{oid}\n" for oid, _ in named).encode()
    told = git.run("cat-file", "--batch-check=%(objectname) %(objecttype)", given=asked).decode().split("\n")
    for (oid, name), answer in zip(named, told, strict=False):
        kind = answer.split()[-1]
        if kind == "missing":
            yield f"{oid}     {name}"
        elif kind != "tag":
            yield f"{oid} {kind}    {name}"
        else:
            try:
                peeled, peeled_kind, when = _behind(git, oid)
            except GitError:
                yield f"{oid}     {name}"
            else:
                yield f"{oid} tag {peeled} {peeled_kind} {when} {name}"


def _behind(git: Git, tag: str) -> tuple[str, str, str]:
    """What a tag points to, its type, and when it was made. Raises GitError for one that is missing or is none."""
    head, *_ = git.run("cat-file", "tag", tag).split(b"\n\n", 1)
    fields = {line.partition(b" ")[0]: line.partition(b" ")[2] for line in reversed(head.split(b"\n"))}
    oid, kind = (fields.get(name, b"").decode("ascii", "replace") for name in (b"object", b"type"))
    if not _OBJECT_ID.match(oid):
        raise GitError("not a tag")
    dates = fields.get(b"tagger", b"").rpartition(b">")[2].split()
    return oid, kind, dates[0].decode("ascii", "replace") if dates else ""


def worktrees(git: Git) -> dict[str, str]:
    """Name -> commit of those work trees of the repository whose HEAD is on no branch, so that no ref leads to it.

    What they have staged or on disk is not looked at: they are targets of their own. Nor are refs that are of one work
    tree alone (of a bisection).
    """
    common = git.common if (git.directory / "commondir").exists() else git.directory
    found: dict[str, str] = {}
    places = [("the main work tree", common)]
    with suppress(OSError):
        folders = sorted((common / "worktrees").iterdir())[:_MAX_WORKTREES]
        places.extend((f"worktree {shown(os.fsencode(folder.name))}", folder) for folder in folders)
    for name, folder in places:
        with suppress(OSError):
            head = folder / "HEAD"
            if head.is_file() and not head.is_symlink():
                with head.open("rb") as file:
                    text = file.read(200).decode("ascii", "replace").strip()
                if _OBJECT_ID.match(text):
                    found[name] = text
    return found


def header(data: bytes) -> list[str]:
    """Of a commit or tag, what each line before the message is: "author", "committer", "tagger" or "header"."""
    found: list[str] = []
    for line in data.partition(b"\n\n")[0].split(b"\n"):
        name = line.partition(b" ")[0].decode("ascii", "replace")
        if not name and found:
            found.append(found[-1])  # a signature goes on
        else:
            found.append(name if name in {"author", "committer", "tagger"} else "header")
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
