"""Secrets of a repository's objects: list, drop what is known, scan the rest, place it in time, remember."""

import heapq
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from hardencheck.collect.cache import Cache, key_of, runtime
from hardencheck.collect.contract import Entry, Unreadable
from hardencheck.collect.fingerprint_key import fingerprint_key
from hardencheck.collect.history.graph import (
    Event,
    Graph,
    Ref,
    ancestors,
    files_of,
    listed,
    objects_of,
    reflog,
    refs,
    sources,
    walk,
)
from hardencheck.collect.history.traces import Known, traces
from hardencheck.collect.options import Options
from hardencheck.collect.secrets.context import ASIDE, MEDIA, role_of
from hardencheck.collect.secrets.scan import Scan, Sighting, engine_name, kind_of, scanner, scanner_digest
from hardencheck.collect.source.git import Git, GitError
from hardencheck.collect.source.trees import shown
from hardencheck.errors import UsageError
from hardencheck.model.facts.secrets import Exposure, Secret, SecretTrace
from hardencheck.model.gap import Gap, Reason, Run
from hardencheck.model.location import Location

if TYPE_CHECKING:
    from hardencheck.collect.secrets.names import Named

NAME = "secrets.history"
MAX_CONFIG = 1 << 20
_NAMED = 3  # places in one Gap; the rest is counted
_NOTHING = b"\0"
_CONFIG_FILES = ("config", "config.worktree")


class History(NamedTuple):
    """commits, blobs: how many there are. reused: whether an earlier answer served. note: what was looked at."""

    traces: tuple[SecretTrace, ...] = ()
    gaps: tuple[Gap, ...] = ()
    run: Run = Run(collector=NAME)
    note: str = ""


class State(msgspec.Struct, array_like=True):
    """All that is known of the history of some tips: enough to answer again, and to go on from."""

    tips: list[str] = []
    shallow: str = ""
    commits: int = 0
    blobs: int = 0
    hits: dict[str, Scan] = {}
    events: list[Event] = []
    texts: dict[str, str] = {}
    trouble: dict[str, list[str]] = {}  # reason -> "object id path"
    skipped: dict[str, int] = {}
    traces: list[SecretTrace] = []
    broken: str = ""
    head: str = ""
    ours: list[str] = []  # of the commits of events and tags, those that HEAD reaches


class _Asked(NamedTuple):
    """What is to be looked at: tips (commit -> name), single objects (id -> what it is), commits left out, and the
    commit that is HEAD. tagged: of tags, the commit that is tagged."""

    tips: dict[str, str]
    objects: dict[str, str]
    tagged: dict[str, str]
    without: tuple[str, ...]
    head: str | None


def collect_history(
    git: Git, head: str | None, inside: bytes, staged: Iterable[Entry], options: Options, cache: Cache, jobs: int
) -> History:
    """Every secret that the objects of the repository hold.

    head: the audited commit. inside: "" or the audited directory with "/". staged: entries whose index differs from
    HEAD. Raises UsageError for a --since that is no commit here; every other trouble is a Gap.
    """
    return _Collecting(git, head, inside, options, cache, jobs).collect(staged)


class _Collecting:
    def __init__(self, git: Git, head: str | None, inside: bytes, options: Options, cache: Cache, jobs: int) -> None:
        self._git, self._head, self._inside = git, head, inside
        self._options, self._cache, self._jobs = options, cache, jobs
        self._base = key_of(runtime(), f"history/{scanner_digest()}/{fingerprint_key().id}")
        self._gaps: list[Gap] = []
        self._excluded = _excluder(options.excludes)
        self._went_on = False  # whether an earlier state was added to
        self._staged: set[str] = set()
        self._branches: dict[str, tuple[Sighting, ...]] = {}  # name without its secret -> what is in it

    def collect(self, staged: Iterable[Entry]) -> History:
        staged = tuple(staged)
        self._staged = {entry.oid for entry in staged if entry.oid is not None}
        try:
            asked = self._asked()
            shallow = self._shallow()
            state = self._state(asked, shallow)
        except (GitError, Unreadable) as error:
            reason = error.reason if isinstance(error, Unreadable) else Reason.UNREADABLE
            detail = _unnamed(str(error).partition("\n")[0][:300])
            return History(gaps=(self._gap(reason, f"the history cannot be read: {detail}"),))
        found = [trace for trace in state.traces if not self._all_excluded(trace)]
        found.extend(self._loose(staged, state))
        self._say_what_is_missing(state, shallow)
        return History(tuple(found), tuple(self._gaps), self._run(state), self._note(state, asked))

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
        objects: dict[str, str] = {}
        tagged: dict[str, str] = {}
        if self._head is not None:
            tips[self._head] = "HEAD"
        if not self._options.head_only:
            for ref in self._refs():
                self._add(ref, tips, objects)
                if ref.kind == "tag":
                    tagged[ref.oid] = ref.peeled
            for commit in reflog(self._git, "refs/stash"):
                tips.setdefault(commit, "refs/stash")
            if self._options.history == "all":
                for commit in reflog(self._git, None):
                    tips.setdefault(commit, "reflog")
        return _Asked(tips, objects, tagged, without, self._head)

    def _refs(self) -> list[Ref]:
        """Every ref, its name without secrets."""
        found = refs(self._git)
        named = self._secrets_in("refs", [ref.name for ref in found])
        for item in named.values():
            self._branches[item.shown.removeprefix("refs/")] = item.sightings
        return [ref._replace(name=named[ref.name].shown) if ref.name in named else ref for ref in found]

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

    def _add(self, ref: Ref, tips: dict[str, str], objects: dict[str, str]) -> None:
        short = ref.name.removeprefix("refs/").removeprefix("tags/")
        if ref.kind == "tag":
            objects[ref.oid] = f"message of tag {short}"
        if ref.peeled_kind == "commit":
            known = tips.get(ref.peeled)
            if known is None or (known != "HEAD" and (ref.name.startswith("refs/heads/"), known) > (False, ref.name)):
                tips[ref.peeled] = ref.name
        elif ref.peeled_kind == "blob":
            objects[ref.peeled] = f"the object of {short}"
        elif ref.peeled_kind == "tree":
            objects.update(dict.fromkeys(files_of(self._git, ref.peeled).values(), f"the object of {short}"))

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
            f"{options.history}/{options.head_only}/{options.excludes}/{asked.without}/{self._inside!r}/{asked.objects}"
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
        graph = walk(self._git, tips, asked.without, self._inside)
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
            oid: text for oid, text in asked.objects.items() if oid not in files and oid.encode() not in graph.blobs
        }
        texts = dict(objects)
        paths: dict[str, str] = {}
        skipped = dict(known.skipped)
        for blob, path in graph.first_paths().items():
            name = blob.decode()
            if name in known.hits:
                continue
            if path.lower().endswith(tuple(item.encode() for item in MEDIA)):
                skipped["media"] = skipped.get("media", 0) + 1
                continue
            paths[name] = names(path)
        if not self._inside:
            for commit in graph.commits:
                name = commit.decode()
                paths[name] = ""
                texts[name] = f"message of commit {name[:12]}"
            paths.update(dict.fromkeys(objects, ""))
        sizes = self._sizes(graph, paths, asked, texts, whole)
        state = State(
            tips=list(asked.tips),
            commits=known.commits + len(graph.commits),
            blobs=known.blobs + len(graph.blobs),
            hits=dict(known.hits),
            texts=known.texts,
            trouble={reason: list(places) for reason, places in known.trouble.items()},
            skipped=skipped,
            broken=graph.broken,
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
        for oid in paths.keys() - sizes.keys():
            state.trouble.setdefault("missing", []).append(f"{oid} {paths[oid]}")
        done = 0

        def store(looked: Looked) -> None:
            if looked.scan is None:
                reason = {"missing": "missing", "not done in time": "deadline"}.get(looked.trouble, "crashed")
                state.trouble.setdefault(reason, []).append(f"{looked.oid} {paths[looked.oid]}")
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
        self._named(graph, names, state)
        events = [*graph.events(state.hits, names), *state.events]
        commits = [oid.decode() for oid in graph.commits]
        when = dict(zip(commits, zip(graph.when, graph.source_names(), strict=True), strict=True))
        events.extend(
            Event(oid, when[oid][0], when[oid][1], "", "", oid) for oid in state.hits if oid in when and oid in texts
        )
        order = {oid: number for number, oid in enumerate(commits)}
        events.sort(key=lambda event: order[event.commit])
        # A commit from now may bring back, or take away, what only earlier commits had; and it may be the older one.
        state.events = list(dict.fromkeys(heapq.merge(events, known.events, key=lambda event: -event.when)))
        return state

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
        from hardencheck.collect.extraction import is_binary

        if is_binary(self._git.head(oid, 8192)):
            state.skipped["binary and too large"] = state.skipped.get("binary and too large", 0) + 1
        else:
            state.trouble.setdefault("too-large", []).append(f"{oid} {path}")

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
            names = self._shown_head(files_of(self._git, self._head))
            for path, oid in names.items():
                if oid in state.hits:
                    head.setdefault(oid, []).append(path)
            ours = self._ours(self._head, known_before)
            asked_for = {*(event.commit for event in state.events), *asked.tagged.values()}
            state.head, state.ours = self._head, sorted(asked_for & ours)
        loose: dict[str, tuple[Exposure, str]] = {}
        touched = {event.new for event in state.events}
        for oid in state.hits:
            if oid not in touched and oid not in head and oid in state.texts:
                reach: Exposure = "other branch" if oid in asked.objects else "unreachable"
                loose[oid] = ("history" if asked.tagged.get(oid) in ours else reach, state.texts[oid])
        if state.broken:
            # The commit that brought it in was not come to.
            for event in state.events:
                if event.old in state.hits and event.old not in touched and event.old not in head:
                    loose[event.old] = ("history", event.path)
        known = Known(
            hits=state.hits,
            events=state.events,
            head=head,
            ours=ours,
            refs={oid: name for oid, name in asked.tips.items() if name not in {"HEAD", "reflog"}},
            texts=state.texts,
            boundary=frozenset(shallow.split()),
            loose=loose,
        )
        state.shallow = shallow
        state.traces = traces(known, self._excluded)

    def _ours(self, head: str, known: State | None) -> set[str]:
        """The commits that HEAD reaches; from where HEAD was before, when it has only gone on."""
        if self._went_on and known is not None and known.head and self._reached([known.head], [head]):
            return {*known.ours, *ancestors(self._git, head, f"^{known.head}")}
        return ancestors(self._git, head)

    def _shown_head(self, files: Mapping[bytes, str]) -> dict[str, str]:
        from hardencheck.collect.secrets.names import secrets_in

        below = {path: oid for path, oid in files.items() if path.startswith(self._inside)}
        names = _Shown(secrets_in([shown(path[len(self._inside) :]) for path in below]), self._inside)
        return {names(path): oid for path, oid in below.items()}

    def _all_excluded(self, trace: SecretTrace) -> bool:
        places = (*trace.at_head, *trace.past)
        return bool(places) and all(self._excluded(place.rpartition(":")[0] or place) for place in places)

    # What no commit holds

    def _loose(self, staged: Iterable[Entry], state: State) -> list[SecretTrace]:
        """Secrets of the index, of the clone's own configuration and in the names of branches."""
        entries = [entry for entry in staged if not self._excluded(entry.path)]
        # Names of files on disk have been cleared of secrets; of those that only the index has, not yet.
        named = self._secrets_in("staged", [entry.path for entry in entries])
        wanted = {
            entry.oid: named[entry.path].shown if entry.path in named else entry.path
            for entry in entries
            if entry.oid is not None and not entry.path.lower().endswith(MEDIA)
        }
        hits = {oid: state.hits[oid] for oid in wanted if oid in state.hits}
        hits.update(self._objects({oid: path for oid, path in wanted.items() if oid not in hits}))
        loose: dict[str, tuple[Exposure, str]] = {oid: ("index", wanted[oid]) for oid in hits}
        for item in named.values():
            hits[item.shown] = Scan(item.sightings)
            loose[item.shown] = ("index", f"name of {item.shown}")
        if not self._inside and not self._options.head_only:
            for name in _CONFIG_FILES:
                data = self._configuration(name)
                scan = self._text(data, f".git/{name}")
                if scan.sightings:
                    hits[name] = scan
                    loose[name] = ("git configuration", f".git/{name}")
        for shown_, sightings in self._branches.items():
            hits[shown_] = Scan(sightings)
            loose[shown_] = ("other branch", f"name of {shown_}")
        if not hits:
            return []
        return traces(Known(hits, (), {}, set(), {}, {}, frozenset(), loose), self._excluded)

    def _objects(self, wanted: Mapping[str, str]) -> dict[str, Scan]:
        """Scans, by object id, of those in which something was found. What cannot be had is in the work tree, too."""
        found: dict[str, Scan] = {}
        keys = {oid: key_of(self._base, oid, kind_of(path)) for oid, path in wanted.items()}
        cached = self._cache.get_many(list(keys.values()))
        for oid, key in keys.items():
            if cached.get(key, _NOTHING) != _NOTHING:
                found[oid] = msgspec.msgpack.decode(cached[key], type=Scan)
        todo = [oid for oid in wanted if keys[oid] not in cached]
        if not todo:
            return found
        from hardencheck.collect.history.scanning import MAX_BLOB, Looked, Wanted, scan_objects

        sizes = self._git.sizes(todo)

        def store(looked: Looked) -> None:
            if looked.scan is not None:
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

    def _say_what_is_missing(self, state: State, shallow: str) -> None:
        if shallow.strip() and self._options.since is None:
            self._gaps.append(
                self._gap(
                    Reason.MISSING_OBJECT,
                    "the clone is shallow, so its history before that was not looked at and nothing is fetched here; "
                    "'git fetch --unshallow' (in CI: fetch-depth: 0), or --history none to look at no history",
                )
            )
        if state.broken:
            self._gaps.append(self._gap(Reason.UNREADABLE, _unnamed(state.broken)))
        for reason, places in state.trouble.items():
            kind, words = _TROUBLE[reason]
            kept = [place.partition(" ") for place in places]
            kept = [item for item in kept if not item[2] or not self._excluded(item[2])]
            if reason == "missing":
                if kept:
                    detail = f"{_counted(kept)} of the history: not in this clone (a partial clone, or a damaged one)"
                    self._gaps.append(self._gap(kind, f"{detail}, and nothing is fetched here"))
                continue
            if kept:
                self._gaps.append(self._gap(kind, f"{_counted(kept)} of the history: {words}"))
        paths = {event.new: event.path for event in state.events}
        cuts: dict[str, list[tuple[str, str, str]]] = {}
        for oid in sorted(state.hits):
            path = paths.get(oid, "")
            if (why := state.hits[oid].cut) and not self._excluded(path) and role_of(path) not in ASIDE:
                cuts.setdefault(why, []).append((oid, " ", path))
        for why in sorted(cuts):
            self._gaps.append(self._gap(Reason.BUDGET, f"{_counted(cuts[why])} of the history: {why}"))

    def _run(self, state: State) -> Run:
        return Run(collector=NAME, examined=state.blobs, skipped=dict(sorted(state.skipped.items())))

    def _note(self, state: State, asked: _Asked) -> str:
        if self._options.since is not None:
            what = f"what came since {self._options.since} ({asked.without[0][:12]})"
        elif self._options.head_only:
            what = "what the audited commit reaches"
        elif self._options.history == "all":
            what = "all refs, stashes and reflogs, and objects that nothing reaches"
        else:
            what = "all refs and stashes"
        skipped = sum(state.skipped.values())
        left = f", {skipped:,} pictures and other media or large binary files left out" if skipped else ""
        how = engine_name().split()[0]
        return (
            f"{what}: {state.commits:,} commits, {state.blobs:,} versions of files{left}; matched with {how}, "
            "nothing was verified with a provider"
        )


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
    "missing": (Reason.MISSING_OBJECT, "not in this clone"),
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
