"""Scheduling: one walk, one bounded read a file for all extractors together, workers when there is enough to do."""

import os
import queue
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self, TypeVar

import msgspec

from hardencheck.collect.cache import Cache, key_of, runtime
from hardencheck.collect.contract import Collector, Entry, Extractor, Found, Joiner, Unreadable
from hardencheck.collect.deadline import DeadlineExceeded, deadline
from hardencheck.collect.extraction import Decoding, encode, extract_file, is_binary, misnamed, split, wanting
from hardencheck.collect.fingerprint_key import fingerprint_key, use_repository
from hardencheck.collect.meter import measured
from hardencheck.collect.options import Options
from hardencheck.collect.registry import collectors
from hardencheck.collect.resolving import resolve
from hardencheck.collect.secrets.context import role_of
from hardencheck.collect.secrets.names import masked, secrets_in
from hardencheck.collect.secrets.ruleset import scanner_digest, use_rules
from hardencheck.collect.secrets.sightings import candidate
from hardencheck.collect.source.trees import BaseTree, TooLarge, open_tree
from hardencheck.errors import NothingExamined, UsageError
from hardencheck.model.checklist import Note
from hardencheck.model.facts import Fact, Side
from hardencheck.model.facts.secrets import Secret
from hardencheck.model.gap import FactSet, Gap, Reason, Run
from hardencheck.model.location import Location
from hardencheck.model.target import Subject, Target

if TYPE_CHECKING:
    from hardencheck.collect.history.collecting import History
    from hardencheck.collect.worker import Pool

T = TypeVar("T")

# Below this much unseen work a pool costs more than it gives: two workers start in about 0.3 s.
POOL_BYTES = 400_000
POOL_FILES = 60
EXCLUDE_SECONDS = 20.0
EXCLUDED = "excluded by configuration"
_NOT_KEPT = {Reason.CRASHED, Reason.DEADLINE, Reason.BUDGET}


class Collected(NamedTuple):
    facts: FactSet
    subject: Subject
    skipped: dict[str, int]
    examined: int
    notes: tuple[Note, ...]
    rules: str = ""  # digest of the rules by which secrets were looked for, "" where none were


def collect(target: Target, options: Options) -> Collected:
    """All facts of a target. Raises TargetMissing and NothingExamined; every other trouble is a Gap."""
    notes: list[Note] = []
    looked: list[Side] = []
    facts: list[Fact] = []
    gaps: list[Gap] = []
    runs: list[Run] = []
    skipped: dict[str, int] = {}
    examined = listed = 0
    subject = Subject(name=target.name or "(no repository)", kind="none")
    if target.repository is not None:
        looked.append(Side.DECLARED)
        repository = _Repository(target, options, notes)
        found = repository.collect()
        facts.extend(found.facts)
        gaps.extend(found.gaps)
        runs.extend(found.runs)
        subject, skipped, examined = repository.subject, repository.skipped, repository.examined
        listed = repository.listed
    if target.urls or target.har is not None:
        from hardencheck.collect.live.run import observe

        looked.append(Side.OBSERVED)
        live = without_secrets(observe(target, options), options)
        facts.extend(live.facts)
        gaps.extend(live.gaps)
        runs.extend(live.runs)
        notes.extend(live.notes)
        examined += live.exchanges
        subject = msgspec.structs.replace(
            subject,
            name=subject.name if target.repository is not None else target.name or live.name,
            urls=live.urls,
            observed="live" if target.har is None else "saved exchanges",
            compared=live.compared,
        )
    # A commit without files has a history to look at; a tree of which everything is excluded was not looked at.
    past = any(run.examined for run in runs) and not skipped.get(EXCLUDED)
    if not listed and not examined and not gaps and not past:
        raise NothingExamined(
            "nothing was examined: there is no file to look at and no URL was given",
            hint="expected the directory of a service, --url URL or --har FILE",
        )
    fact_set = FactSet(facts=tuple(facts), gaps=tuple(gaps), runs=tuple(runs), looked=tuple(looked))
    if len(looked) > 1:
        joiners = collectors(options.plugins).needed(options.kinds).joiners
        fact_set = fact_set.plus(without_secrets(tuple(joined(joiners, fact_set)), options))
    rules = scanner_digest() if target.repository is not None else ""
    return Collected(fact_set, subject, dict(sorted(skipped.items())), examined, tuple(notes), rules)


def joined(joiners: Sequence[Joiner], facts: FactSet) -> list[Found]:
    """What the two sides come to together; a collector that breaks is a Gap."""
    found: list[Found] = []
    for joiner in joiners:
        try:
            found.extend(list(joiner.join(facts)))
        except Exception as error:
            found.append(joiner.gap(Reason.CRASHED, f"{joiner.name} broke: {type(error).__name__}"))
    return found


def without_secrets(value: T, options: Options) -> T:
    """Marks in place of the secrets in texts: of collectors, of the configuration and of the command line."""
    with Cache(options.cache) as cache:
        return masked(value, cache=cache)


class _Repository:
    """The declared side of one audit."""

    def __init__(self, target: Target, options: Options, notes: list[Note]) -> None:
        self._target, self._options, self._notes = target, options, notes
        use_rules(options.rules)
        self._known = collectors(options.plugins).needed(options.kinds)
        self._decode = Decoding()  # after the plugins are imported: their facts are in the union
        self._found: dict[str, list[Found]] = {}
        self._counts: Counter[str] = Counter()
        self.examined = self.listed = 0  # files read, files there are
        self.skipped: dict[str, int] = {}
        self.subject = Subject(name=target.name, kind="none")

    def collect(self) -> FactSet:
        known = self._known
        with ExitStack() as stack:
            tree = stack.enter_context(open_tree(self._target))
            cache = stack.enter_context(Cache(self._options.cache, self._notice))
            self.subject = tree.subject
            use_repository(tree.identity)
            self._named = self._unname(tree, cache)
            entries = self._chosen(tree)
            self.listed = sum(not stat.S_ISDIR(entry.mode) for entry in entries)
            self._extract(tree, entries, known.extractors, cache)
            facts, gaps = split(item for path in sorted(self._found) for item in self._found[path])
            extracted = len(facts), len(gaps)
            facts.extend(self._named)
            history = self._history(tree, cache)
            facts.extend(history.traces)
            gaps.extend(history.gaps)
            gaps.extend(_unlisted(tree, (*known.extractors, *known.resolvers)))
            for item in (*known.extractors, *known.resolvers):
                self._notes.extend(Note(topic=item.name, text=text) for text in item.notes())
            runs = [Run(collector=item.name, examined=self._counts[item.name]) for item in known.extractors]
            if history.run.examined:
                runs.append(history.run)
            whole = FactSet(facts=tuple(facts), gaps=tuple(gaps), runs=tuple(runs), looked=(Side.DECLARED,))
            whole = _shown(whole, extracted, cache)
            whole = resolve(known.resolvers, whole, tree, cache, self._base(known.extractors), self._decode)
            for reason, count in tree.skipped.items():
                self.skipped[reason] = self.skipped.get(reason, 0) + count
        return whole

    def _history(self, tree: BaseTree, cache: Cache) -> "History":
        """What the objects of the repository hold, unless nobody asked."""
        from hardencheck.collect.history.collecting import NAME, History, collect_history

        options = self._options
        wanted = any(Secret in resolver.emits for resolver in self._known.resolvers)
        if tree.git is None or not wanted:
            return History()
        jobs = options.jobs if options.jobs is not None else _cores()
        staged = [*(tree.entries[path] for path in sorted(tree.staged) if path in tree.entries), *tree.gone]
        same = (entry for path, entry in tree.entries.items() if path not in tree.changed and entry.link is None)
        on_disk = {(entry.raw, entry.oid) for entry in same if entry.oid is not None}
        head_only = options.head_only or self._target.revision is not None
        options = options._replace(head_only=head_only)
        try:
            with measured(NAME):
                found = collect_history(
                    tree.git, tree.subject.commit, tree.inside, staged, options, cache, jobs, on_disk
                )
        except UsageError:
            raise
        except Exception as error:
            # The type alone: a message may quote an object.
            detail = f"the history was not looked at: {NAME} broke: {type(error).__name__}"
            return History(gaps=(Gap(kinds=(Secret.kind(),), collector=NAME, reason=Reason.CRASHED, detail=detail),))
        if found.note:
            self._notes.append(Note(topic="history", text=found.note))
        return found

    def _unname(self, tree: BaseTree, cache: Cache) -> list[Fact]:
        """Take secrets out of the names of files, which every report and the cache would show; and state them."""
        key = key_of("names", scanner_digest(), *tree.entries)
        if cache.get(key) is not None:
            return []
        named = secrets_in(tree.entries)
        if not named:
            cache.put(key, b"\0")
        facts: list[Fact] = []
        for path, name in named.items():
            entry = tree.entries.pop(path)
            tree.entries[name.shown] = entry._replace(path=name.shown)
            for kept in (tree.staged, tree.changed):
                if path in kept:
                    kept.add(name.shown)
            facts.extend(candidate(name.shown, sighting, role_of(name.shown)) for sighting in name.sightings)
        return facts

    def _notice(self, text: str) -> None:
        self._notes.append(Note(topic="cache", text=text))

    def _skip(self, reason: str) -> None:
        self.skipped[reason] = self.skipped.get(reason, 0) + 1

    def _chosen(self, tree: BaseTree) -> list[Entry]:
        """Entries that are not excluded. Excluded ones are gone for resolvers too, and counted."""
        if self._options.excludes:
            import pathspec

            spec = pathspec.GitIgnoreSpec.from_lines(self._options.excludes)
            try:
                with deadline(EXCLUDE_SECONDS):
                    excluded = [path for path in tree.entries if spec.match_file(path)]
            except DeadlineExceeded:
                raise UsageError(
                    f"the exclude patterns are not matched after {EXCLUDE_SECONDS:.0f} s",
                    hint="use fewer * in one pattern; the configuration of the target may hold them",
                ) from None
            for path in excluded:
                del tree.entries[path]
                self._skip(EXCLUDED)
        return list(tree.entries.values())

    def _extract(self, tree: BaseTree, entries: Sequence[Entry], extractors: Sequence[Extractor], cache: Cache) -> None:
        """Cached files are decoded; the rest goes to `_Work`, whose answers are stored as they come."""
        base = self._base(extractors)

        def store(done: _Done) -> None:
            self._found[done.entry.path] = done.found
            self.examined += 1
            if done.binary:
                self._skip("binary: only looked at by what reads binary files")
            self._counts.update(done.names)
            if done.key and not any(isinstance(item, Gap) and item.reason in _NOT_KEPT for item in done.found):
                cache.put(done.key, bytes([done.binary]) + encode(done.found))

        with _Work(self._options, extractors, self._decode, store) as work:
            for number, entry in enumerate(entries):
                self._options.progress("reading files", number, len(entries))
                if not stat.S_ISREG(entry.mode):
                    continue
                wanted = tuple(wanting(extractors, entry.path, entry.mode, entry.size))
                if not wanted:
                    self._skip("no collector reads this kind of file")
                    continue
                names = tuple(item.name for item in wanted)
                oid = entry.oid if tree.subject.kind == "git revision" else None
                data = None if oid else self._read(tree, entry, wanted)
                if oid is None and data is None:
                    continue
                if data is not None:
                    oid = tree.content_id(entry, data)
                    if tree.subject.kind == "git work tree" and entry.oid not in {None, oid}:
                        tree.changed.add(entry.path)
                        self.subject = msgspec.structs.replace(self.subject, dirty=True)
                key = key_of(base, oid or "", entry.path, oct(entry.mode))
                known = self._cached(cache, key)
                if known is not None:
                    store(_Done(entry, names, known[1], known[0], b""))
                    continue
                if data is None:
                    data = self._read(tree, entry, wanted)
                if data is not None:
                    work.add(entry, names, data, key)

    @staticmethod
    def _base(extractors: Sequence[Extractor]) -> bytes:
        # Marks stand in the facts of all of them, so every one depends on the rules and the key.
        marks = f"{scanner_digest()}/{fingerprint_key().id}"
        return key_of(runtime(), marks, *(f"{item.name}/{item.version}/{item.digest()}" for item in extractors))

    def _cached(self, cache: Cache, key: bytes) -> tuple[bool, list[Found]] | None:
        payload = cache.get(key)
        if not payload:
            return None
        try:
            return bool(payload[0]), self._decode(payload[1:])
        except msgspec.MsgspecError:
            return None  # written by a version that knew other facts: collect anew

    def _read(self, tree: BaseTree, entry: Entry, wanted: Sequence[Extractor]) -> bytes | None:
        try:
            return tree.read(entry)
        except Unreadable as error:
            if isinstance(error, TooLarge) and is_binary(error.head):
                wanted = [
                    item
                    for item in wanted
                    if (item.binary and not item.binary_if_small)
                    or misnamed(item, entry.mode, entry.size, error.head[:8])
                ]
            if not wanted:
                self._skip("binary and too large")
                return None
            self._skip(error.reason)
            here = Location(path=entry.path)
            self._found[entry.path] = [item.gap(error.reason, error.detail, here) for item in wanted]
            return None


class _Done(NamedTuple):
    entry: Entry
    names: tuple[str, ...]
    found: list[Found]
    binary: bool
    key: bytes


class _Work:
    """Cold files. The first few are kept back: if there are no more, they are done here; else a pool is started."""

    def __init__(
        self,
        options: Options,
        extractors: Sequence[Extractor],
        decode: Decoding,
        store: Callable[[_Done], None],
    ) -> None:
        self._options, self._decode, self._store = options, decode, store
        self._known = {item.name: item for item in extractors}
        self._kept: list[tuple[Entry, tuple[str, ...], bytes, bytes]] = []
        self._bytes = 0
        self._answers: queue.SimpleQueue[tuple[Entry, tuple[str, ...], bool, bytes, bytes]] = queue.SimpleQueue()
        self._pool: Pool | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def add(self, entry: Entry, names: tuple[str, ...], data: bytes, key: bytes) -> None:
        if self._pool is not None:
            self._submit(entry, names, data, key)
            self._drain()
            return
        jobs = self._options.jobs if self._options.jobs is not None else _cores()
        if jobs == 0:
            self._here(entry, names, data, key)
            return
        self._kept.append((entry, names, data, key))
        self._bytes += len(data)
        if self._bytes > POOL_BYTES or len(self._kept) > POOL_FILES:
            from hardencheck.collect.worker import Pool

            self._pool = self._stack.enter_context(Pool(jobs, self._options.plugins, seconds=self._options.seconds))
            for kept in self._kept:
                self._submit(*kept)
            self._kept.clear()

    def _here(self, entry: Entry, names: tuple[str, ...], data: bytes, key: bytes) -> None:
        wanted = [self._known[name] for name in names]
        found = extract_file(wanted, entry.path, entry.mode, data, seconds=self._options.seconds)
        self._store(_Done(entry, names, found, is_binary(data), key))

    def _submit(self, entry: Entry, names: tuple[str, ...], data: bytes, key: bytes) -> None:
        from hardencheck.collect.worker import Job

        binary = is_binary(data)
        if self._pool is not None:
            answer = self._answers.put
            job = Job(
                entry.path,
                entry.mode,
                data,
                names,
                lambda payload: answer((entry, names, binary, key, payload)),
            )
            self._pool.submit(job)

    def _drain(self) -> None:
        while not self._answers.empty():
            entry, names, binary, key, payload = self._answers.get()
            self._store(_Done(entry, names, self._decode(payload), binary, key))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            for kept in self._kept:
                self._here(*kept)
        self._stack.__exit__(kind, error, trace)
        self._drain()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _shown(whole: FactSet, extracted: tuple[int, int], cache: Cache) -> FactSet:
    """What is not of the extractors, without secrets; theirs have none already."""
    facts, gaps = extracted
    more = masked((whole.facts[facts:], whole.gaps[gaps:]), cache=cache)
    return msgspec.structs.replace(whole, facts=(*whole.facts[:facts], *more[0]), gaps=(*whole.gaps[:gaps], *more[1]))


def _unlisted(tree: BaseTree, collectors_: Iterable[Collector]) -> list[Gap]:
    """A directory that could not be listed may hide anything."""
    return [
        item.gap(Reason.UNREADABLE, why, Location(path=path or None))
        for path, why in masked(tuple(tree.broken))
        for item in collectors_
    ]
