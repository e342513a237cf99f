"""What was found in one file, and which of two findings of the same text speaks."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from hardencheck.model.facts.secrets import Level, SecretCandidate, SecretClass
from hardencheck.model.location import Location

# What a class is worth when two rules take overlapping text for a secret.
RANK: dict[str, int] = {
    "private-key": 0, "provider-token": 1, "cloud-credential": 1, "password-in-url": 2, "login": 3, "jwt": 4,
    "generic": 5, "high-entropy": 6,
}  # fmt: skip
_LEVEL = {"high": 0, "medium": 1, "low": 2}
MAX_IDLE = 200  # of one file, such as go by a name and are taken for no secret


class Sighting(msgspec.Struct, frozen=True, array_like=True):
    """One value in one file, without the file: see `SecretCandidate`. line, column: from 1, None in a binary file."""

    rule: str
    what: str
    class_: SecretClass
    confidence: Level
    line: int | None
    column: int | None
    length: int
    digest: str
    why: str = ""
    whole_file: bool = False
    inside: str = ""
    unsound: bool = False
    rotate: str = ""


def candidate(path: str, sighting: Sighting, role: str) -> SecretCandidate:
    """The fact that a sighting in a file of the tree is."""
    return SecretCandidate(
        location=Location(path=path, line=sighting.line, column=sighting.column),
        rule=sighting.rule,
        what=sighting.what,
        class_=sighting.class_,
        confidence=sighting.confidence,
        length=sighting.length,
        digest=sighting.digest,
        role=role,
        placeholder=bool(sighting.why),
        why=sighting.why,
        whole_file=sighting.whole_file,
        inside=sighting.inside,
        unsound=sighting.unsound,
        rotate=sighting.rotate,
    )


class Scan(msgspec.Struct, frozen=True, array_like=True):
    """sightings in order of place. cut: why not all of the file was looked at, "" when it was. left_out: lines with
    generic values that are not among the sightings, because of what the file is (`why_left_out`)."""

    sightings: tuple[Sighting, ...] = ()
    cut: str = ""
    left_out: tuple[int, ...] = ()
    why_left_out: str = ""


class Found(NamedTuple):
    """A sighting with its offsets in the text, to tell which of two overlapping ones speaks."""

    start: int
    stop: int
    sighting: Sighting


def vague(sighting: Sighting) -> bool:
    """Known by nothing but the name beside it or the look of it."""
    return sighting.class_ in {"generic", "high-entropy"}


def without_idle(found: Sequence[Found]) -> list[Found]:
    """Without those beyond the first that are taken for no secret and go by a name alone: lists have thousands."""
    kept: list[Found] = []
    idle = 0
    for item in found:
        idle += bool(item.sighting.why and vague(item.sighting))
        if not (item.sighting.why and vague(item.sighting)) or idle <= MAX_IDLE:
            kept.append(item)
    return kept


def best_of(found: Iterable[Found]) -> list[Found]:
    """Of several rules that take overlapping text for a secret, what the most exact one says; in order of place."""
    kept: list[Found] = []
    taken: list[tuple[int, int]] = []
    for item in sorted(
        set(found),
        key=lambda item: (
            RANK[item.sighting.class_], _LEVEL[item.sighting.confidence], item.start, -item.stop, item.sighting.rule,
            not item.sighting.why,
        ),
    ):  # fmt: skip
        if not any(item.start < stop and start < item.stop for start, stop in taken):
            taken.append((item.start, item.stop))
            kept.append(item)
    return sorted(kept, key=lambda item: (item.start, item.stop, item.sighting.rule))
