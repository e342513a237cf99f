"""What a collector is: the plugin API. An entry point in the group `hardencheck.collectors` names a class below.

A collector states facts; it never says whether they are good. What it cannot tell, it says with a `Gap`, or by
raising `Unreadable`, which becomes a Gap for every kind of fact it emits. Any other exception becomes a Gap too
(reason "crashed"), so that a defect in one collector can hide nothing and stop nothing.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import ClassVar, Literal, NamedTuple, Protocol

import msgspec

from hardencheck.collect.exchange import Exchange
from hardencheck.model.facts import Fact
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location
from hardencheck.model.target import Subject

Found = Fact | Gap


class Unreadable(Exception):
    """The bytes at hand are not what the collector can read."""

    def __init__(self, detail: str, *, reason: Reason = Reason.UNPARSABLE, line: int | None = None) -> None:
        super().__init__(detail)
        self.detail, self.reason, self.line = detail, reason, line


class NoConnection(Unreadable):
    """Nothing answers at an address. failed: "refused" or "timeout"."""

    def __init__(self, detail: str, *, failed: str) -> None:
        super().__init__(detail, reason=Reason.UNREACHABLE)
        self.failed = failed


class Entry(NamedTuple):
    """One file of the target, not yet read.

    path: for people and rules: relative, "/", bytes that are not UTF-8 as ``\\xNN``. raw: the same as bytes.
    mode: for git one of 0o100644, 0o100755, 0o120000, 0o160000; for a directory `st_mode`.
    live: `mode` is a real one (a plain directory); of a clone only the executable bit says anything.
    oid: git object id where known. link: target of a symbolic link, never followed.
    acl: an access control list stands beside the mode, whose group bits are then its mask. foreign: a file that belongs
    to another user than the directory it is in. Both of plain directories only.
    """

    path: str
    raw: bytes
    mode: int
    size: int
    live: bool = False
    tracked: bool = True
    oid: str | None = None
    link: str | None = None
    acl: bool = False
    foreign: bool = False


class Tree(Protocol):
    """The files of the target. Reading is bounded and never leaves the target."""

    @property
    def entries(self) -> Mapping[str, Entry]: ...

    @property
    def subject(self) -> Subject: ...

    @property
    def changed(self) -> AbstractSet[str]:
        """Paths of tracked files whose bytes on disk are not those of the index."""
        ...

    @property
    def staged(self) -> AbstractSet[str]:
        """Paths whose index is not that of HEAD."""
        ...

    def read(self, entry: Entry) -> bytes:
        """All bytes of a regular file. Raises Unreadable (too large, vanished, permission, missing object)."""
        ...


class Collector(ABC):
    """name: "python.settings", unique. version: raise it when the output changes; it is in the cache key."""

    name: ClassVar[str]
    version: ClassVar[int] = 1
    emits: ClassVar[tuple[type[Fact], ...]]

    @classmethod
    def kinds(cls) -> tuple[str, ...]:
        return tuple(fact.kind() for fact in cls.emits)

    def digest(self) -> str:
        """Whatever else the output depends on (the version of a library, a rule set): part of the cache key."""
        return ""

    def notes(self) -> tuple[str, ...]:
        """What the user should know about this run of it (a library it had to do without); shown in the report."""
        return ()

    def gap(self, reason: Reason, detail: str, location: Location | None = None) -> Gap:
        """Everything this collector could have said about a place is missing."""
        return Gap(
            kinds=self.kinds(),
            collector=self.name,
            reason=reason,
            detail=detail,
            location=location or Location(),
        )


class Extractor(Collector):
    """Facts of one file from its bytes alone. Pure, so the result is cached by content, path and mode."""

    binary: ClassVar[bool] = False  # whether bytes with NULs are of use to it
    binary_if_small: ClassVar[bool] = False  # and whether they are no loss where there are too many to be read
    apart: ClassVar[bool] = False  # dear, and of no use but to those that name its facts: rules, and `reads` below

    @abstractmethod
    def wants(self, path: str, mode: int, size: int) -> bool:
        """Mine? Decided by name; cheap, since it is asked for every file."""

    @abstractmethod
    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        """The facts of one file. Import heavy libraries in here: an unchanged file is never extracted again."""


class Resolver(Collector):
    """Facts of the repository as a whole, from other facts, the list of files and bounded reads."""

    after: ClassVar[tuple[str, ...]] = ()  # names of resolvers whose facts it needs
    reads: ClassVar[tuple[type[Fact], ...] | None] = None  # facts it looks at; None: any but of collectors `apart`

    @abstractmethod
    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]: ...

    def passed_on(self, facts: FactSet, raw: type[Fact], made: type[Fact]) -> Iterator[Gap]:
        """Where raw facts are missing, so are those that are made of them."""
        for gap in facts.gaps:
            if raw.kind() in gap.kinds and made.kind() not in gap.kinds and gap.collector != self.name:
                yield msgspec.structs.replace(gap, kinds=(made.kind(),), collector=self.name)


class Observer(Collector):
    """Facts from HTTP exchanges, live or saved. Pure: all that is judged live can be judged from a file.

    compares: it is shown those of a deployment that is only compared with, too.
    """

    compares: ClassVar[bool] = False

    @abstractmethod
    def observe(self, exchanges: tuple[Exchange, ...]) -> Iterable[Found]: ...


class Joiner(Collector):
    """Facts from both sides of an audit: what the repository says beside what the URL shows. Pure; it is asked only
    where both were looked at."""

    reads: ClassVar[tuple[type[Fact], ...]] = ()  # facts it looks at, of either side

    @abstractmethod
    def join(self, facts: FactSet) -> Iterable[Found]: ...


Tier = Literal["passive", "probe", "active"]


class Endpoint(NamedTuple):
    """Where uploads go. url: "": the page that is audited. content_type: "": whatever the probe takes for likely.

    field: of a form, that holds the file. secrets: header fields with values that are sent to this origin alone, never
    in clear, and that no exchange holds.
    """

    url: str = ""
    method: str = "POST"
    content_type: str = ""
    field: str = "file"
    secrets: tuple[tuple[str, str], ...] = ()


class Client(Protocol):
    """The one shared, budgeted HTTP client of an audit; `collect.live._client` implements it."""

    async def fetch(
        self, url: str, *, method: str = "GET", headers: tuple[tuple[str, str], ...] = (), purpose: str
    ) -> Exchange:
        """One request, no redirect followed.

        Raises NoConnection, and Unreadable (unreachable, malformed, deadline, budget, blocked).
        """
        ...

    async def declare(
        self,
        url: str,
        *,
        method: str = "POST",
        headers: tuple[tuple[str, str], ...] = (),
        wait: float,
        body: Iterable[bytes] = (),
        sending: float = 0.0,
        purpose: str,
    ) -> Exchange:
        """One request over a connection of its own, whose head may promise more than `body` holds.

        headers: Content-Length, Expect or Transfer-Encoding among them. body: pieces as they go over the wire, which
        can be gone through twice; none is sent once an answer begins, nor after `sending` seconds. wait: seconds for
        the answer; without one `failed` is "silence", or "closed". Raises what `fetch` raises.
        """
        ...

    @property
    def endpoint(self) -> Endpoint:
        """Where uploads of the URL at hand go, as the user's configuration says."""
        ...

    async def handshakes(self, url: str) -> Exchange:
        """TLS facts of an https origin: an exchange without response, purpose "tls". Raises what `fetch` raises."""
        ...

    @property
    def seen(self) -> Sequence[Exchange]:
        """Every exchange of the URL at hand so far, in order."""
        ...

    def once(self, what: str) -> bool:
        """Whether this is the first time in the audit that `what` is asked for: two URLs may share an origin."""
        ...


class Probe(Collector):
    """Asks a URL for more than its page. What it learns it leaves in exchanges (for observers) or facts.

    tier: "passive" always runs with --url; "probe" and "active" only when the user asked for them.
    """

    tier: ClassVar[Tier] = "passive"

    @abstractmethod
    async def probe(self, url: str, client: Client) -> Iterable[Exchange | Found]: ...


def concrete(base: type[Collector]) -> Iterator[type[Collector]]:
    """Every subclass that can be instantiated, however deep."""
    for cls in base.__subclasses__():
        yield from concrete(cls)
        if not getattr(cls, "__abstractmethods__", None):
            yield cls
