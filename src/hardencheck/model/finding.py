"""What the judge says about one place."""

from enum import StrEnum

import msgspec

from hardencheck.model.facts import Side
from hardencheck.model.location import Location


class Verdict(StrEnum):
    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"
    MANUAL = "manual"
    WAIVED = "waived"
    ERROR = "error"

    @property
    def weight(self) -> int:
        """The larger, the worse: a side settles to the heaviest verdict of its findings."""
        return _WEIGHT[self]


_WEIGHT = {
    Verdict.NOT_APPLICABLE: 0,
    Verdict.PASS: 1,
    Verdict.WAIVED: 2,
    Verdict.MANUAL: 3,
    Verdict.UNKNOWN: 4,
    Verdict.ERROR: 5,
    Verdict.FAIL: 6,
}


# The reason of a pass that is only shown: looked at, and taken for no failure (a placeholder, say).
SET_ASIDE = "set-aside"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One verdict of one check at one place.

    message: generic, the same for every instance of the check. observed: this instance, in words.
    evidence: short lines of proof, already free of secrets. related: other places that matter.
    fingerprint: stable identity without line numbers (lower-case hex), so that moved code is not news.
    retry: whether the same command may answer differently with nothing changed (network trouble).
    reason: why it is unknown or not applicable, in a word of `model.gap.Reason`; "set-aside" for what is only shown;
    else "".
    trouble: something broke or was cut off, as opposed to what cannot be told without running the service.
    new: not among the findings of the revision compared with; None when nothing was compared.
    examined: how many facts the rule looked at.
    """

    check: str
    verdict: Verdict
    side: Side
    message: str
    observed: str
    expected: str
    fingerprint: str
    location: Location = Location()
    related: tuple[Location, ...] = ()
    evidence: tuple[str, ...] = ()
    reason: str = ""
    trouble: bool = False
    retry: bool = False
    new: bool | None = None
    examined: int = 0


class Waiver(msgspec.Struct, frozen=True, kw_only=True):
    """A failing line that somebody has accepted for a stated time.

    scope: a path, a path pattern ("svc/**") or a URL prefix; "*" is the whole target.
    expires: ISO date, the last day on which it holds. source: file:line of the configuration.
    """

    check: str
    scope: str
    reason: str
    owner: str
    expires: str
    approved_by: str = ""
    source: str = ""


class Attestation(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's answer to a manual line. expires: ISO date, the last day on which it holds."""

    check: str
    by: str
    evidence: str
    on: str
    expires: str
    source: str = ""
