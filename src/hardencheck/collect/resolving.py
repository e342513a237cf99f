"""Resolvers over the facts of a repository; where nothing has changed that they look at, what they said the last time.

What they look at: the facts and gaps so far, the list of files, and the files that they read themselves, by digest.
"""

import hashlib
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from hardencheck.collect.cache import Cache, key_of
from hardencheck.collect.contract import Entry, Found, Resolver, Tree, Unreadable
from hardencheck.collect.deadline import DeadlineExceeded, deadline
from hardencheck.collect.extraction import Decoding, encode
from hardencheck.collect.meter import measured
from hardencheck.collect.resolve._follow import secrets_of
from hardencheck.collect.secrets.names import masked, values_in
from hardencheck.collect.texts import unmarked
from hardencheck.model.facts import Fact
from hardencheck.model.facts.secrets import SecretCandidate
from hardencheck.model.gap import FactSet, Reason
from hardencheck.model.target import Subject

RESOLVER_SECONDS = 60.0
_NOT_KEPT = {Reason.CRASHED, Reason.DEADLINE, Reason.BUDGET, Reason.UNREADABLE}


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """reads: (path, digest) of files that were read besides; digest "" of one that could not be read."""

    reads: tuple[tuple[str, str], ...]
    found: bytes


class _Reading:
    """A tree that remembers which files are read, and gives texts in UTF-8."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.reads: dict[str, str] = {}

    @property
    def entries(self) -> Mapping[str, Entry]:
        return self._tree.entries

    @property
    def subject(self) -> Subject:
        return self._tree.subject

    @property
    def changed(self) -> AbstractSet[str]:
        return self._tree.changed

    @property
    def staged(self) -> AbstractSet[str]:
        return self._tree.staged

    def read(self, entry: Entry) -> bytes:
        return unmarked(entry.path, self.raw(entry))

    def raw(self, entry: Entry) -> bytes:
        self.reads[entry.path] = ""
        data = self._tree.read(entry)
        self.reads[entry.path] = _digest(data)
        return data


def resolve(
    resolvers: Sequence[Resolver], facts: FactSet, tree: Tree, cache: Cache, base: bytes, decode: Decoding
) -> FactSet:
    """All that the resolvers add, in order, each with what those before it found; secrets in it are masked.

    base: what every answer depends on besides: the code, the rules by which secrets are found, and the key.
    """
    key = _key(resolvers, facts, tree, base) if cache.enabled else b""
    kept = _kept(key, tree, cache, decode) if key else None
    if kept is not None:
        return facts.plus(kept)
    reading = _Reading(tree)
    whole = facts
    for resolver in resolvers:
        whole = whole.plus(_resolve(resolver, whole, reading))
    more = (whole.facts[len(facts.facts) :], whole.gaps[len(facts.gaps) :])
    with measured("secrets taken out of facts"):
        more = masked(more, _secrets(facts, reading), cache=cache)
    if key and not any(gap.reason in _NOT_KEPT for gap in more[1]):
        made = _Kept(reads=tuple(sorted(reading.reads.items())), found=encode((*more[0], *more[1])))
        cache.put(key, msgspec.msgpack.encode(made))
    return msgspec.structs.replace(facts, facts=(*facts.facts, *more[0]), gaps=(*facts.gaps, *more[1]))


def _secrets(facts: FactSet, tree: _Reading) -> list[str]:
    """Secrets that only their place tells: of the files that were read, and by the names that code gives them."""
    candidates: dict[str, list[Fact]] = {}
    for fact in facts.of(SecretCandidate.kind()):
        if fact.location.path in tree.reads:
            candidates.setdefault(fact.location.path, []).append(fact)
    found = dict.fromkeys(secrets_of(tree))
    for path, held in candidates.items():
        try:
            found.update(dict.fromkeys(values_in(tree.raw(tree.entries[path]), held)))
        except Unreadable:
            continue
    names = {
        name for path in tree.entries for part in path.lower().split("/") for name in (part, part.partition(".")[0])
    }
    # The password is the name of a folder or file: everybody who has the paths has it, and they are to be found.
    return [value for value in found if value.lower() not in names]


def _key(resolvers: Sequence[Resolver], facts: FactSet, tree: Tree, base: bytes) -> bytes:
    files = hashlib.blake2b(digest_size=20)
    for entry in tree.entries.values():
        known = (entry.path, entry.mode, entry.size, entry.live, entry.tracked, entry.link, entry.acl, entry.foreign)
        files.update(repr(known).encode())
    return key_of(
        "resolved",
        base,
        *(f"{item.name}/{item.version}/{item.digest()}" for item in resolvers),
        msgspec.msgpack.encode(tree.subject),
        files.digest(),
        "\0".join(sorted(tree.changed)),
        "\0".join(sorted(tree.staged)),
        encode((*facts.facts, *facts.gaps)),
    )


def _kept(key: bytes, tree: Tree, cache: Cache, decode: Decoding) -> list[Found] | None:
    payload = cache.get(key)
    if not payload:
        return None
    try:
        kept = msgspec.msgpack.decode(payload, type=_Kept)
        if not all(_same(tree, path, digest) for path, digest in kept.reads):
            return None
        return decode(kept.found)
    except msgspec.MsgspecError:
        return None  # written by a version that knew other facts: resolve anew


def _same(tree: Tree, path: str, digest: str) -> bool:
    entry = tree.entries.get(path)
    if entry is None:
        return False
    try:
        return _digest(tree.read(entry)) == digest
    except Unreadable:
        return digest == ""


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=20).hexdigest()


def _resolve(resolver: Resolver, facts: FactSet, tree: Tree) -> list[Found]:
    try:
        with measured(resolver.name), deadline(RESOLVER_SECONDS):
            return list(resolver.resolve(facts, tree))
    except Unreadable as error:
        return [resolver.gap(error.reason, error.detail)]
    except DeadlineExceeded:
        return [resolver.gap(Reason.DEADLINE, f"not done after {RESOLVER_SECONDS:.0f} s")]
    except (RecursionError, MemoryError) as error:
        return [resolver.gap(Reason.BUDGET, f"{resolver.name}: {type(error).__name__}")]
    except Exception as error:
        return [resolver.gap(Reason.CRASHED, f"{resolver.name} broke: {type(error).__name__}")]
