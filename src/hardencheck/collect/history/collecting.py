"""Secrets of a repository's objects: list, drop what is known, scan the rest, place it in time, remember."""

import heapq
import os
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from hardencheck.collect.cache import Cache, key_of, runtime
from hardencheck.collect.contract import Entry, Unreadable
from hardencheck.collect.fingerprint_key import fingerprint_key
from hardencheck.collect.history.graph import (
    ENDED,
    Event,
    Graph,
    Ref,
    ancestors,
    files_of,
    header,
    listed,
    objects_of,
    reflog,
    refs,
    sources,
    walk,
    worktrees,
)
from hardencheck.collect.history.traces import Known, Loose, traces
from hardencheck.collect.options import Options
from hardencheck.collect.secrets.context import ASIDE, MEDIA, MEDIA_BYTES, role_of
from hardencheck.collect.secrets.ruleset import engine_name, kind_of, scanner, scanner_digest
from hardencheck.collect.secrets.sightings import Scan, Sighting
from hardencheck.collect.source.git import Blobs, Git, GitError
from hardencheck.collect.source.trees import shown
from hardencheck.errors import UsageError
from hardencheck.model.facts.secrets import Exposure, Secret, SecretTrace
from hardencheck.model.gap import Gap, Reason, Run
from hardencheck.model.location import Location

if TYPE_CHECKING:
    from hardencheck.collect.history.scanning import Looked
    from hardencheck.collect.secrets.names import Named

NAME = "secrets.history"
MAX_CONFIG = 8 << 20
MAX_TIPS = 200  # of branches, whose files are listed
_STATE = 3  # raised when `State` or what is in it changes
_NAMED = 3  # places in one Gap; the rest is counted
_NOTHING = b"\0"
_CONFIG_FILES = ("config", "config.worktree")
_REFLOG = "logs/HEAD"  # quotes the command line of each pull, which may hold a password


class History(NamedTuple):
    """note: what was looked at."""

    traces: tuple[SecretTrace, ...] = ()
    gaps: tuple[Gap, ...] = ()
    run: Run = Run(collector=NAME)
    note: str = ""


class State(msgspec.Struct, array_like=True):
    """All that is known of the history of some tips: enough to answer again, and to go on from."""

    tips: list[str] = []
    shallow: str = ""
    commits: int = 0
    versions: int = 0
    hits: dict[str, Scan] = {}
    events: list[Event] = []
    texts: dict[str, str] = {}
    trouble: dict[str, list[str]] = {}  # reason -> "object id path"
    media: int = 0  # versions of pictures and the like
    large: list[str] = []  # binary files that are not looked at for their size
    traces: list[SecretTrace] = []
    broken: str = ""
    head: str = ""
    ours: list[str] = []  # of the commits of events and tags, those that HEAD reaches
    parts: dict[str, list[str]] = {}  # of commits and tags with hits, see `graph.header`
    held: dict[str, list[str]] = {}  # tip of a branch -> hits that are in its files
    cut: list[str] = []  # tips whose history is broken


class _Object(NamedTuple):
    """What is no commit and no file of one. text: what it is; "" for a file of a tree that has a tag, which `path`
    names. ref: of that tree. when: it was tagged."""

    text: str
    path: str = ""
    ref: str = ""
    when: int = 0


class _Asked(NamedTuple):
    """What is to be looked at: tips (commit -> name), single objects (by id), commits left out, and the commit that is
    HEAD. tagged: of tags, the commit that is tagged. lost: refs that lead to nothing."""

    tips: dict[str, str]
    objects: dict[str, _Object]
    tagged: dict[str, str]
    without: tuple[str, ...]
    head: str | None
    lost: tuple[str, ...] = ()


def collect_history(
    git: Git,
    head: str | None,
    inside: bytes,
    staged: Iterable[Entry],
    options: Options,
    cache: Cache,
    jobs: int,
    on_disk: AbstractSet[tuple[bytes, str]] = frozenset(),
) -> History:
    """Every secret that the objects of the repository hold; without history, those of HEAD, the index and the clone.

    head: the audited commit. inside: "" or the audited directory with "/". staged: entries whose index differs from
    HEAD. on_disk: (path, blob id) of files that are looked at as they are on disk, and not again. Raises UsageError for
    a --since that is no commit here; every other trouble is a Gap.
    """
    collecting = _Collecting(git, head, inside, options, cache, jobs, staged, on_disk)
    return collecting.present() if options.history == "none" else collecting.collect()


class _Collecting:
    def __init__(
        self,
        git: Git,
        head: str | None,
        inside: bytes,
        options: Options,
        cache: Cache,
        jobs: int,
        staged: Iterable[Entry],
        on_disk: AbstractSet[tuple[bytes, str]],
    ) -> None:
        self._git, self._head, self._inside = git, head, inside
        self._options, self._cache, self._jobs = options, cache, jobs
        self._base = key_of(runtime(), f"history/{scanner_digest()}/{fingerprint_key().id}")
        self._gaps: list[Gap] = []
        self._excluded = _excluder(options.excludes)
        self._went_on = False  # whether an earlier state was added to
        self._on_disk = on_disk
        entries = tuple(staged)
        self._staged = {entry.oid for entry in entries if entry.oid is not None}
        self._index = [entry for entry in entries if (entry.raw, entry.oid) not in on_disk]
        self._trouble: dict[str, list[str]] = {}  # of HEAD and the index: as State.trouble, or why one was cut off
        self._branches: dict[str, tuple[Sighting, ...]] = {}  # name without its secret -> what is in it

    def collect(self) -> History:
        try:
            asked = self._asked()
            shallow = self._shallow()
            state = self._state(asked, shallow)
        except (GitError, Unreadable) as error:
            # Not in the words of git, which may quote names of files and branches.
            reason, why = (error.reason, error.detail) if isinstance(error, Unreadable) else (Reason.UNREADABLE, ENDED)
            return History(gaps=(self._gap(reason, f"the history cannot be read: {why}"),))
        found = [trace for trace in state.traces if not self._all_excluded(trace)]
        found.extend(self._loose(state.hits))
        self._say_what_is_missing(state, shallow, asked)
        return History(tuple(found), tuple(self._gaps), self._run(state), self._note(state, asked))

    def present(self) -> History:
        """What there is without history: HEAD where the disk is not the same, the index, and the configuration."""
        found: list[SecretTrace] = []
        hits: dict[str, Scan] = {}
        try:
            below = self._below(files_of(self._git, self._head)) if self._head is not None else {}
            start = len(self._inside)
            away = {path: oid for path, oid in below.items() if (path[start:], oid) not in self._on_disk}
            names = _Shown(self._names_in("head", away), self._inside)
            head: dict[str, list[str]] = {}
            for raw, oid in away.items():
                if not (path := names(raw)).lower().endswith(MEDIA) and not self._excluded(path):
                    head.setdefault(oid, []).append(path)
            hits = self._objects({oid: paths[0] for oid, paths in head.items()})
            for raw in away:
                if (named := names.named(raw)) is not None and not self._excluded(named.shown):
                    hits[named.shown] = Scan(named.sightings)
                    head[named.shown] = [f"name of {named.shown}"]
            found = traces(Known(hits, (), head, set(), {}, {}), self._excluded)
        except (GitError, Unreadable) as error:
            reason, why = (error.reason, error.detail) if isinstance(error, Unreadable) else (Reason.UNREADABLE, ENDED)
            self._gaps.append(self._gap(reason, f"the files at HEAD cannot be listed: {why}"))
        found.extend(self._loose(hits))
        self._say_trouble(self._trouble, "HEAD and the index")
        at = "HEAD and the index" if self._inside else "HEAD, the index and the configuration of the clone"
        at = "the audited commit" if self._options.head_only else at
        return History(
            tuple(found), tuple(self._gaps), note=f"not looked at for secrets (--history none), other than {at}"
        )

    # What to look at

    def _asked(self) -> _Asked:
        """The tips and other objects. Raises UsageError, GitError."""
        without: tuple[str, ...] = ()
        if self._options.since is not None:
            commit = self._git.commit(self._options.since)
            if commit is None:
                raise UsageError(
                    f"--since {self._options.since}: no such commit in this clone",
                    hint="fetch it first; in CI set fetch-depth: 0 for the checkout",
                )
            without = (commit,)
        tips: dict[str, str] = {}
        objects: dict[str, _Object] = {}
        lost: list[str] = []
        tagged: dict[str, str] = {}
        if self._head is not None:
            tips[self._head] = "HEAD"
        elif self._git.lost("HEAD"):
            lost.append("HEAD")
        if not self._options.head_only:
            found, gone = self._refs()
            lost.extend(gone)
            for ref in found:
                try:
                    self._add(ref, tips, objects)
                except GitError:
                    lost.append(ref.name)
                if ref.kind == "tag":
                    tagged[ref.oid] = ref.peeled
            for name, commit in self._worktrees().items():
                tips.setdefault(commit, name)
            for commit in reflog(self._git, "refs/stash"):
                tips.setdefault(commit, "refs/stash")
            if self._options.history == "all":
                for commit in reflog(self._git, None):
                    tips.setdefault(commit, "reflog")
        return _Asked(tips, objects, tagged, without, self._head, tuple(lost))

    def _refs(self) -> tuple[list[Ref], list[str]]:
        """Every ref, and the names of those that lead to nothing; the names without secrets."""
        found, lost = refs(self._git)
        named = self._secrets_in("refs", [*(ref.name for ref in found), *lost])
        for item in named.values():
            self._branches[item.shown.removeprefix("refs/")] = item.sightings
        return (
            [ref._replace(name=named[ref.name].shown) if ref.name in named else ref for ref in found],
            [named[name].shown if name in named else name for name in lost],
        )

    def _worktrees(self) -> dict[str, str]:
        found = worktrees(self._git)
        named = self._secrets_in("worktrees", list(found))
        return {named[name].shown if name in named else name: commit for name, commit in found.items()}

    def _secrets_in(self, what: str, names: Sequence[str]) -> dict[str, "Named"]:
        """As `secrets_in`. Names are few and seldom odd, so an automaton need not be loaded for the same ones again."""
        from hardencheck.collect.secrets.names import secrets_in

        key = key_of(self._base, what, *names)
        if not names or self._cache.get(key) is not None:
            return {}
        named = secrets_in(names)
        if not named:
            self._cache.put(key, _NOTHING)
        return named

    def _add(self, ref: Ref, tips: dict[str, str], objects: dict[str, _Object]) -> None:
        """Raises GitError for the tag of a tree that cannot be listed."""
        short = ref.name.removeprefix("refs/").removeprefix("tags/")
        if ref.kind == "tag":
            target = f" of {'commit ' if ref.peeled_kind == 'commit' else ''}{ref.peeled[:12]}"
            objects[ref.oid] = _Object(f"message of tag {short}{target}", when=ref.when)
        if ref.peeled_kind == "commit":
            known = tips.get(ref.peeled)
            if known is None or (known != "HEAD" and (ref.name.startswith("refs/heads/"), known) > (False, ref.name)):
                tips[ref.peeled] = ref.name
        elif ref.peeled_kind == "blob":
            objects[ref.peeled] = _Object(f"the object of {short}", when=ref.when)
        elif ref.peeled_kind == "tree":
            files = self._below(files_of(self._git, ref.peeled))
            names = _Shown(self._names_in("tagged", files), self._inside)
            for path, oid in files.items():
                objects.setdefault(oid, _Object("", names(path), ref.name, ref.when))

    def _below(self, files: Mapping[bytes, str]) -> dict[bytes, str]:
        """Those of the audited directory."""
        return {path: oid for path, oid in files.items() if path.startswith(self._inside)}

    def _names_in(self, what: str, paths: Iterable[bytes]) -> dict[str, "Named"]:
        return self._secrets_in(what, [shown(path[len(self._inside) :]) for path in paths])

    def _shallow(self) -> str:
        """The boundary of a shallow clone: commit ids, one a line; "" for a whole one."""
        try:
            place = Path(self._git.text("rev-parse", "--git-path", "shallow"))
            place = place if place.is_absolute() else (self._git.top or self._git.directory) / place
            return place.read_text(encoding="ascii", errors="replace") if place.is_file() else ""
        except (OSError, GitError):
            return ""

    # What is known of it

    def _state(self, asked: _Asked, shallow: str) -> State:
        options = self._options
        way = (
            f"{_STATE}/{options.history}/{options.head_only}/{options.excludes}/{asked.without}/{self._inside!r}/"
            f"{asked.objects}"
        )
        place = key_of(self._base, "latest", os.fsencode(self._git.directory), way)
        names = "\n".join(f"{oid} {name}" for oid, name in sorted(asked.tips.items()))
        key = key_of(self._base, "state", os.fsencode(self._git.directory), way, names, asked.head or "", shallow)
        if options.history != "all":
            state = self._load(self._cache.get(key))
            if state is not None:
                return state
        known = self._load(self._cache.get(self._cache.get(place) or b""))
        state = self._continued(asked, shallow, known)
        self._place(state, asked, shallow, known)
        if not state.broken and not set(state.trouble) & {"deadline", "crashed"}:
            self._cache.put(key, msgspec.msgpack.encode(state))
            self._cache.put(place, key)
        return state

    def _load(self, payload: bytes | None) -> State | None:
        if not payload:
            return None
        try:
            state = msgspec.msgpack.decode(payload, type=State)
        except msgspec.MsgspecError:
            return None
        missing = [place.partition(" ")[0] for place in state.trouble.get("missing", ())]
        if missing and self._git.sizes(missing):
            return None  # some of it has been fetched since
        return state

    def _continued(self, asked: _Asked, shallow: str, known: State | None) -> State:
        """The state of these tips: what is new added to what is known, or everything."""
        tips = list(asked.tips)
        if known is not None and self._options.history != "all" and known.shallow == shallow:
            lost = [oid for oid in known.tips if oid not in asked.tips]
            if not lost or self._reached(lost, tips):
                new = walk(self._git, tips, (*asked.without, *known.tips), self._inside)
                if not new.broken:
                    self._went_on = True
                    # What a branch had is reached from where the branch is now.
                    moved = sources(self._git, {event.source for event in known.events} - asked.tips.keys(), tips)
                    known.events = [item._replace(source=moved.get(item.source, item.source)) for item in known.events]
                    return self._added(known, new, asked, whole=False)
        graph = walk(self._git, tips, asked.without, self._inside, apart=True)
        return self._added(State(), graph, asked, whole=True)

    def _reached(self, lost: Sequence[str], tips: Sequence[str]) -> bool:
        """Whether every commit of earlier tips is still reached by those of now."""
        given = "".join(f"{oid}\n" for oid in (*lost, *(f"^{oid}" for oid in tips))).encode()
        try:
            return not self._git.run("rev-list", "--stdin", "--max-count=1", given=given).strip()
        except GitError:
            return False

    def _added(self, known: State, graph: Graph, asked: _Asked, *, whole: bool) -> State:
        from hardencheck.collect.history.scanning import MAX_BLOB, Looked, Wanted, scan_objects

        names = self._secret_names(graph)
        files = {oid for event in known.events for oid in (event.old, event.new)}
        objects = {
            oid: item for oid, item in asked.objects.items() if oid not in files and oid.encode() not in graph.blobs
        }
        texts = {oid: item.text for oid, item in objects.items() if item.text}
        paths: dict[str, str] = {}
        for blob, path in graph.first_paths().items():
            name = blob.decode()
            if name in known.hits:
                continue
            if path.lower().endswith(MEDIA_BYTES):
                continue
            paths[name] = names(path)
        if not self._inside:
            for commit in graph.commits:
                name = commit.decode()
                paths[name] = ""
                texts[name] = f"message of commit {name[:12]}"
            paths.update((oid, item.path) for oid, item in objects.items() if not item.path.lower().endswith(MEDIA))
        sizes = self._sizes(graph, paths, asked, texts, whole)
        state = State(
            tips=list(asked.tips),
            commits=known.commits + len(graph.commits),
            versions=known.versions + graph.versions,
            hits=dict(known.hits),
            texts=known.texts,
            trouble={reason: list(places) for reason, places in known.trouble.items()},
            media=known.media + graph.media,
            large=list(known.large),
            broken=graph.broken,
            parts=dict(known.parts),
            held=known.held,
            cut=graph.cut,
        )
        keys = {oid: key_of(self._base, oid, kind_of(paths[oid])) for oid in sizes}
        cached = self._cache.get_many(list(keys.values()))
        decoder = msgspec.msgpack.Decoder(Scan)
        todo: list[Wanted] = []
        for oid, size in sizes.items():
            payload = cached.get(keys[oid])
            if payload is not None:
                if payload != _NOTHING:
                    state.hits[oid] = decoder.decode(payload)
            elif size > MAX_BLOB:
                self._too_large(oid, paths[oid], size, state)
            else:
                todo.append(Wanted(oid, paths[oid], size))
        for oid in sorted(paths.keys() - sizes.keys()):
            self._troubled(state, "missing", f"{oid} {paths[oid]}")
        done = 0

        def store(looked: Looked) -> None:
            if looked.scan is None:
                self._troubled(state, _reason(looked), f"{looked.oid} {paths[looked.oid]}")
                return
            if looked.scan.sightings or looked.scan.cut:
                state.hits[looked.oid] = looked.scan
            self._cache.put(keys[looked.oid], _payload(looked.scan))

        def progress(count: int) -> None:
            nonlocal done
            done += count
            self._options.progress("reading history", done, len(todo))

        scan_objects(self._git, todo, self._jobs, store, progress)
        state.trouble = {reason: sorted(set(places)) for reason, places in sorted(state.trouble.items())}
        state.texts = {**known.texts, **{oid: text for oid, text in texts.items() if oid in state.hits}}
        self._read_headers(state)
        self._named(graph, names, state)
        events = [*graph.events(state.hits, names), *state.events]
        commits = [oid.decode() for oid in graph.commits]
        when = dict(zip(commits, zip(graph.when, graph.source_names(), strict=True), strict=True))
        events.extend(
            Event(oid, when[oid][0], when[oid][1], "", "", oid) for oid in state.hits if oid in when and oid in texts
        )
        order = {oid: number for number, oid in enumerate(commits)}
        # After several walks, one behind the other, the numbers tell nothing.
        events.sort(key=lambda event: (-event.when if graph.broken else 0, order[event.commit]))
        # A commit from now may bring back, or take away, what only earlier commits had; and it may be the older one.
        state.events = list(dict.fromkeys(heapq.merge(events, known.events, key=lambda event: -event.when)))
        return state

    def _read_headers(self, state: State) -> None:
        """Of commits and tags with secrets, which lines come before the message."""
        todo = [
            oid for oid in state.hits if oid not in state.parts and state.texts.get(oid, "").startswith("message of ")
        ]
        if not todo:
            return
        with Blobs(self._git) as objects:
            for oid in todo:
                with suppress(Unreadable):
                    state.parts[oid] = header(objects.read(oid))

    @staticmethod
    def _named(graph: Graph, names: "_Shown", state: State) -> None:
        """Files with a secret in their name: an object of its own, brought by the commit that first had the name."""
        for path in graph.paths:
            named = names.named(path)
            first = graph.first(path) if named is not None else None
            if named is not None and first is not None:
                name = f"name {named.shown}"
                if name in state.hits:
                    continue  # an earlier commit had it
                state.hits[name] = Scan(named.sightings)
                state.texts[name] = f"name of {names(path)}"
                state.events.append(Event(*first, "", "", name))

    def _sizes(
        self, graph: Graph, paths: dict[str, str], asked: _Asked, texts: dict[str, str], whole: bool
    ) -> dict[str, int]:
        """Object id -> bytes of those that are there, in the order of the packs where all are asked for."""
        if not whole:
            return self._git.sizes(list(paths))
        sizes: dict[str, int] = {}
        every = self._options.history == "all" and not self._inside and not self._options.head_only
        before = objects_of(self._git, asked.without) if every and asked.without else frozenset()
        with suppress(GitError):  # a listing that breaks off names less, and what it did not name is missing
            for oid, kind, size in listed(self._git):
                name = oid.decode()
                if name in paths:
                    sizes[name] = size
                elif (
                    every
                    and kind in {b"blob", b"commit", b"tag"}
                    and oid not in graph.blobs
                    and oid not in before
                    and name not in asked.objects
                    and name not in self._staged
                ):
                    # Nothing reaches it: left by an amended commit, a dropped stash, a deleted branch, an alternate.
                    paths[name] = ""
                    texts[name] = f"unreachable {kind.decode()} {name[:12]}"
                    sizes[name] = size
        return sizes

    def _too_large(self, oid: str, path: str, size: int, state: State) -> None:
        if oid not in state.large and self._is_binary(oid):
            state.large.append(oid)
        elif oid not in state.large:
            self._troubled(state, "too-large", f"{oid} {path}")

    @staticmethod
    def _troubled(state: State, reason: str, place: str) -> None:
        """Once: a version that comes back is the same object."""
        known = state.trouble.setdefault(reason, [])
        if place not in known:
            known.append(place)

    def _is_binary(self, oid: str) -> bool:
        from hardencheck.collect.extraction import is_binary

        return is_binary(self._git.head(oid, 8192))

    def _secret_names(self, graph: Graph) -> "_Shown":
        from hardencheck.collect.secrets.names import secrets_in

        return _Shown(secrets_in([shown(path[len(self._inside) :]) for path in graph.paths]), self._inside)

    # Where it is

    def _place(self, state: State, asked: _Asked, shallow: str, known_before: State | None) -> None:
        if not state.hits:
            state.traces = []
            return
        head: dict[str, list[str]] = {}
        ours: set[str] = set()
        if self._head is not None:
            names = self._shown_head(self._files(self._head, state))
            for path, oid in names.items():
                if oid in state.hits:
                    head.setdefault(oid, []).append(path)
            ours = self._ours(self._head, known_before, state)
            asked_for = {*(event.commit for event in state.events), *asked.tagged.values()}
            state.head, state.ours = self._head, sorted(asked_for & ours)
        loose: dict[str, Loose] = {}
        touched = {event.new for event in state.events}
        for oid in state.hits:
            item = asked.objects.get(oid)
            if oid not in touched and oid not in head and (item is not None or oid in state.texts):
                reach: Exposure = "other branch" if item is not None else "unreachable"
                reach = "history" if asked.tagged.get(oid) in ours else reach
                item = item or _Object("")
                loose[oid] = Loose(reach, state.texts.get(oid) or item.path, item.ref, item.when)
        if state.broken:
            # The commit that brought it in was not come to.
            for event in state.events:
                if event.old in state.hits and event.old not in touched and event.old not in head:
                    loose[event.old] = Loose("history", event.path)
        known = Known(
            hits=state.hits,
            events=state.events,
            head=head,
            ours=ours,
            refs={oid: name for oid, name in asked.tips.items() if name not in {"HEAD", "reflog"}},
            texts=state.texts,
            # What came before --since may have had the value already.
            boundary=frozenset(event.commit for event in state.events) if asked.without else frozenset(shallow.split()),
            loose=loose,
            parts=state.parts,
            held=self._held(state, asked, head),
        )
        state.shallow = shallow
        state.traces = traces(known, self._excluded)

    def _held(self, state: State, asked: _Asked, head: Mapping[str, object]) -> dict[str, list[str]] | None:
        """Hit -> names of the branches whose files have it now; None when there are too many branches to tell.

        Tags are no branches: an old version stays as it was. What a tip had among its files does not change, and later
        commits bring no hit into it, so each is listed once.
        """
        tips = {
            oid: name
            for oid, name in asked.tips.items()
            if name not in {"HEAD", "reflog"} and not name.startswith(("refs/tags/", "refs/stash"))
        }
        if len(tips) > MAX_TIPS:
            return None
        state.held = {oid: hits for oid, hits in state.held.items() if oid in tips}
        # Where all of a value is at HEAD, no branch changes what is said of it.
        if {event.new for event in state.events} & (state.hits.keys() - head.keys()):
            for oid in tips.keys() - state.held.keys():
                with suppress(GitError):  # a tree that is missing
                    files = self._below(files_of(self._git, oid))
                    hits = {blob for path, blob in files.items() if blob in state.hits and not self._hidden(path)}
                    state.held[oid] = sorted(hits)
        found: dict[str, list[str]] = {}
        for oid, hits_ in state.held.items():
            for hit in hits_:
                found.setdefault(hit, []).append(tips[oid])
        return found

    def _hidden(self, path: bytes) -> bool:
        return self._excluded(shown(path[len(self._inside) :]))

    def _files(self, commit: str, state: State) -> dict[bytes, str]:
        """As `files_of`. Where the history is broken, it may be that commit which is."""
        try:
            return files_of(self._git, commit)
        except GitError:
            if state.broken:
                return {}
            raise

    def _ours(self, head: str, known: State | None, state: State) -> set[str]:
        """The commits that HEAD reaches; from where HEAD was before, when it has only gone on."""
        if self._went_on and known is not None and known.head and self._reached([known.head], [head]):
            return {*known.ours, *ancestors(self._git, head, f"^{known.head}")}
        try:
            return ancestors(self._git, head)
        except GitError:
            if state.broken:
                return {event.commit for event in state.events if event.source == head}
            raise

    def _shown_head(self, files: Mapping[bytes, str]) -> dict[str, str]:
        from hardencheck.collect.secrets.names import secrets_in

        below = self._below(files)
        names = _Shown(secrets_in([shown(path[len(self._inside) :]) for path in below]), self._inside)
        return {names(path): oid for path, oid in below.items()}

    def _all_excluded(self, trace: SecretTrace) -> bool:
        places = (*trace.at_head, *trace.past)
        return bool(places) and all(self._excluded(place.rpartition(":")[0] or place) for place in places)

    # What no commit holds

    def _loose(self, known: Mapping[str, Scan]) -> list[SecretTrace]:
        """Secrets of the index, of the clone's own configuration and in the names of branches. known: scans."""
        entries = [entry for entry in self._index if not self._excluded(entry.path)]
        # Names of files on disk have been cleared of secrets; of those that only the index has, not yet.
        named = self._secrets_in("staged", [entry.path for entry in entries])
        wanted = {
            entry.oid: named[entry.path].shown if entry.path in named else entry.path
            for entry in entries
            if entry.oid is not None and not entry.path.lower().endswith(MEDIA)
        }
        hits = {oid: known[oid] for oid in wanted if oid in known}
        hits.update(self._objects({oid: path for oid, path in wanted.items() if oid not in hits}))
        loose = {oid: Loose("index", wanted[oid]) for oid in hits}
        for item in named.values():
            hits[item.shown] = Scan(item.sightings)
            loose[item.shown] = Loose("index", f"name of {item.shown}")
        if not self._inside and not self._options.head_only:
            for name in (*_CONFIG_FILES, *([_REFLOG] if self._options.history == "all" else ())):
                data = self._configuration(name)
                scan = self._text(data, f".git/{name}")
                if scan.sightings:
                    hits[name] = scan
                    loose[name] = Loose("git configuration", f".git/{name}")
        for shown_, sightings in self._branches.items():
            hits[shown_] = Scan(sightings)
            loose[shown_] = Loose("other branch", f"name of {shown_}")
        if not hits:
            return []
        return traces(Known(hits, (), {}, set(), {}, {}, frozenset(), loose), self._excluded)

    def _objects(self, wanted: Mapping[str, str]) -> dict[str, Scan]:
        """Scans, by object id, of those in which something was found; and what could not be looked at is noted."""
        found: dict[str, Scan] = {}
        keys = {oid: key_of(self._base, oid, kind_of(path)) for oid, path in wanted.items()}
        cached = self._cache.get_many(list(keys.values()))
        for oid, key in keys.items():
            if cached.get(key, _NOTHING) != _NOTHING:
                found[oid] = msgspec.msgpack.decode(cached[key], type=Scan)
                self._note_cut(oid, wanted[oid], found[oid])
        todo = [oid for oid in wanted if keys[oid] not in cached]
        if not todo:
            return found
        from hardencheck.collect.history.scanning import MAX_BLOB, Looked, Wanted, scan_objects

        sizes = self._git.sizes(todo)
        for oid in todo:
            if oid not in sizes:
                self._trouble.setdefault("missing", []).append(f"{oid} {wanted[oid]}")
            elif sizes[oid] > MAX_BLOB and not self._is_binary(oid):
                self._trouble.setdefault("too-large", []).append(f"{oid} {wanted[oid]}")

        def store(looked: Looked) -> None:
            if looked.scan is None:
                self._trouble.setdefault(_reason(looked), []).append(f"{looked.oid} {wanted[looked.oid]}")
                return
            self._note_cut(looked.oid, wanted[looked.oid], looked.scan)
            if looked.scan.sightings:
                found[looked.oid] = looked.scan
            self._cache.put(keys[looked.oid], _payload(looked.scan))

        scan_objects(
            self._git,
            [Wanted(oid, wanted[oid], sizes[oid]) for oid in todo if sizes.get(oid, MAX_BLOB + 1) <= MAX_BLOB],
            self._jobs,
            store,
        )
        return found

    def _note_cut(self, oid: str, path: str, scan: Scan) -> None:
        if scan.cut and role_of(path) not in ASIDE:
            self._trouble.setdefault(scan.cut, []).append(f"{oid} {path}")

    def _text(self, data: bytes, path: str) -> Scan:
        """A scan that is remembered by content."""
        if not data:
            return Scan()
        key = key_of(self._base, path, data)
        payload = self._cache.get(key)
        if payload is None:
            scan = scanner().scan(data, path, history=True)
            self._cache.put(key, _payload(scan))
            return scan
        return Scan() if payload == _NOTHING else msgspec.msgpack.decode(payload, type=Scan)

    def _configuration(self, name: str) -> bytes:
        """A file of the git directory that holds settings of this clone. b"" when it is none or too large."""
        try:
            text = self._git.text("rev-parse", "--git-path", name)
            path = Path(text) if os.path.isabs(text) else (self._git.top or self._git.directory) / text
            if not path.is_file() or path.stat().st_size > MAX_CONFIG:
                return b""
            return path.read_bytes()
        except (OSError, GitError, Unreadable):
            return b""

    # What to say

    def _gap(self, reason: Reason, detail: str, location: Location | None = None) -> Gap:
        return Gap(
            kinds=(Secret.kind(),), collector=NAME, reason=reason, detail=detail, location=location or Location()
        )

    def _say_what_is_missing(self, state: State, shallow: str, asked: _Asked) -> None:
        if shallow.strip() and self._options.since is None:
            self._gaps.append(
                self._gap(
                    Reason.MISSING_OBJECT,
                    "the clone is shallow, so its history before that was not looked at and nothing is fetched here; "
                    "'git fetch --unshallow' (in CI: fetch-depth: 0), or --history none to look at no history",
                )
            )
        if asked.lost:
            words = f"{_some(asked.lost)} {'leads' if len(asked.lost) == 1 else 'lead'} to what is not in this clone"
            self._gaps.append(self._gap(Reason.UNREADABLE, f"{words}; 'git fsck' tells more"))
        if state.broken:
            tips = [asked.tips.get(oid, oid[:12]) for oid in state.cut]
            self._gaps.append(
                self._gap(Reason.UNREADABLE, f"git log ended early for {_some(tips)}: {_unnamed(state.broken)}")
            )
        self._say_trouble(state.trouble, "the history")
        self._say_trouble(self._trouble, "the index")
        paths = {event.new: event.path for event in state.events}
        cuts: dict[str, list[tuple[str, str, str]]] = {}
        for oid in sorted(state.hits):
            path = paths.get(oid, "")
            if (why := state.hits[oid].cut) and not self._excluded(path) and role_of(path) not in ASIDE:
                cuts.setdefault(why, []).append((oid, " ", path))
        for why in sorted(cuts):
            self._gaps.append(self._gap(Reason.BUDGET, f"{_counted(cuts[why])} of the history: {why}"))

    def _say_trouble(self, trouble: Mapping[str, Sequence[str]], of: str) -> None:
        """trouble: reason -> "object id path" of what could not be looked at."""
        for reason, places in sorted(trouble.items()):
            kind, words = _TROUBLE.get(reason, (Reason.BUDGET, reason))
            kept = [place.partition(" ") for place in places]
            kept = [item for item in kept if not item[2] or not self._excluded(item[2])]
            if kept:
                self._gaps.append(self._gap(kind, f"{_counted(kept)} of {of}: {words}"))

    def _run(self, state: State) -> Run:
        skipped = {"media": state.media, "binary and too large": len(state.large)}
        return Run(collector=NAME, examined=state.versions, skipped={why: n for why, n in sorted(skipped.items()) if n})

    def _note(self, state: State, asked: _Asked) -> str:
        if self._options.since is not None:
            what = f"what came since {self._options.since} ({asked.without[0][:12]})"
        elif self._options.head_only:
            what = "what the audited commit reaches"
        elif self._options.history == "all":
            what = "all refs, stashes and reflogs, and objects that nothing reaches"
        else:
            what = "all refs and stashes"
        skipped = state.media + len(state.large)
        left = f", {skipped:,} of pictures and other media or large binary files left out" if skipped else ""
        how = engine_name().split()[0]
        counts = f"{_plural(state.commits, 'commit')}, {_plural(state.versions, 'version')} of files{left}"
        return f"{what}: {counts}; matched with {how}, nothing was verified with a provider"


def _plural(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _some(names: Sequence[str]) -> str:
    """The first of several names, and how many more there are."""
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def _reason(looked: "Looked") -> str:
    return {"missing": "missing", "not done in time": "deadline"}.get(looked.trouble, "crashed")


def _counted(found: Sequence[tuple[str, str, str]]) -> str:
    """How many objects, and the first of them by path or id."""
    names = list(dict.fromkeys(path or oid[:12] for oid, _, path in found))
    more = " ..." if len(names) > _NAMED else ""
    return f"{'1 object' if len(found) == 1 else f'{len(found):,} objects'} ({', '.join(names[:_NAMED])}{more})"


def _unnamed(text: str) -> str:
    """What git says, which may quote the name of a branch, without secrets."""
    from hardencheck.collect.secrets.names import secrets_in

    named = secrets_in([text]).get(text)
    return named.shown if named is not None else text


def _payload(scan: Scan) -> bytes:
    return msgspec.msgpack.encode(scan) if scan.sightings or scan.cut else _NOTHING


class _Shown:
    """How a path of the history is shown: relative to the audited directory, without secrets in it."""

    def __init__(self, names: Mapping[str, "Named"], inside: bytes) -> None:
        self._names, self._inside = names, inside

    def __call__(self, path: bytes) -> str:
        named = self.named(path)
        return named.shown if named is not None else shown(path[len(self._inside) :])

    def named(self, path: bytes) -> "Named | None":
        return self._names.get(shown(path[len(self._inside) :])) if self._names else None


_TROUBLE = {
    "missing": (
        Reason.MISSING_OBJECT,
        "not in this clone (a partial clone, or a damaged one), and nothing is fetched here",
    ),
    "deadline": (Reason.DEADLINE, "not done in time"),
    "crashed": (Reason.CRASHED, "the process that looked at it ended or broke"),
    "too-large": (Reason.TOO_LARGE, "text of more than 32 MiB is not looked at"),
}


def _excluder(patterns: Sequence[str]) -> "_Excluded":
    return _Excluded(patterns)


class _Excluded:
    def __init__(self, patterns: Sequence[str]) -> None:
        self._spec = None
        if patterns:
            import pathspec

            self._spec = pathspec.GitIgnoreSpec.from_lines(patterns)

    def __call__(self, path: str) -> bool:
        return self._spec is not None and bool(path) and self._spec.match_file(path)
