"""What could not be looked at, and all that was found together."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from hardencheck.model.facts import Fact, Scalar, Side
from hardencheck.model.location import Location


class Reason(StrEnum):
    """Why a fact could not be had. A closed list, so that a reader can rely on it.

    The first group is trouble: something broke or was cut off, and putting it right (or a second try) may
    give the answer. The second is the honest limit of looking without running anything.
    """

    UNREADABLE = "unreadable"  # permission, vanished, I/O error
    TOO_LARGE = "too-large"
    UNPARSABLE = "unparsable"  # does not follow its format
    PYTHON_SYNTAX = "python-syntax"  # not the syntax of the Python that runs hardencheck
    DEADLINE = "deadline"
    CRASHED = "crashed"  # a collector broke; our mistake or a plugin's
    MISSING_OBJECT = "missing-object"  # shallow or partial clone, corrupt repository
    UNREACHABLE = "unreachable"  # name, connection or TLS failed
    MALFORMED = "malformed"  # the peer does not speak HTTP
    BLOCKED = "blocked"  # a bot wall, rate limit or login stands in front
    BUDGET = "budget"  # requests, bytes or steps used up
    MISSING_TOOL = "missing-tool"  # git or a library is not installed

    NOT_LITERAL = "not-literal"  # the value is computed when the service starts
    TEMPLATED = "templated"
    DYNAMIC = "dynamic"  # the file does something that cannot be followed
    NOT_A_CLONE = "not-a-clone"
    NOT_SUPPORTED = "not-supported"  # this machine or version cannot tell
    NEEDS_PROBE = "needs-probe"  # only with --probe or --active

    @property
    def trouble(self) -> bool:
        return self not in _LIMITS

    @property
    def retry(self) -> bool:
        """Whether the same command may succeed next time with nothing changed."""
        return self in {Reason.DEADLINE, Reason.UNREACHABLE, Reason.BLOCKED, Reason.MALFORMED}


_LIMITS = frozenset(
    {
        Reason.NOT_LITERAL,
        Reason.TEMPLATED,
        Reason.DYNAMIC,
        Reason.NOT_A_CLONE,
        Reason.NOT_SUPPORTED,
        Reason.NEEDS_PROBE,
    }
)


class Gap(msgspec.Struct, frozen=True, kw_only=True, tag="gap", tag_field="kind"):
    """Facts that could not be had. A Gap is a result; it never becomes a pass.

    kinds: the kinds of fact that may be missing. about: what is known of them all the same, field by field
    (`{"name": "DEBUG"}`): a rule that looks only at other facts is not touched by this Gap.
    detail: for people, says what was expected and what was there; never holds a secret.
    """

    kinds: tuple[str, ...]
    collector: str
    reason: Reason
    detail: str
    location: Location = Location()
    about: dict[str, Scalar] = {}


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What one collector did: looked at `examined` things and left `skipped` (reason -> how many)."""

    collector: str
    examined: int = 0
    skipped: dict[str, int] = {}
    seconds: float = 0.0


class FactSet(msgspec.Struct, frozen=True, kw_only=True):
    """All facts and gaps of one audit. The order of facts carries no meaning.

    looked: the sides that were asked for. A rule about the other side is not applicable, never a pass.
    """

    facts: tuple[Fact, ...] = ()
    gaps: tuple[Gap, ...] = ()
    runs: tuple[Run, ...] = ()
    looked: tuple[Side, ...] = (Side.DECLARED, Side.OBSERVED)

    def of(self, kind: str) -> tuple[Fact, ...]:
        return tuple(fact for fact in self.facts if fact.kind() == kind)

    def by_kind(self) -> Mapping[str, list[Fact]]:
        grouped: dict[str, list[Fact]] = {}
        for fact in self.facts:
            grouped.setdefault(fact.kind(), []).append(fact)
        return grouped

    def plus(self, found: Iterable[Fact | Gap]) -> "FactSet":
        """This set with more in it."""
        facts, gaps = list(self.facts), list(self.gaps)
        for item in found:
            if isinstance(item, Gap):
                gaps.append(item)
            else:
                facts.append(item)
        return msgspec.structs.replace(self, facts=tuple(facts), gaps=tuple(gaps))
