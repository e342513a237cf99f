"""The limit that was measured, beside those that the repository declares."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hardencheck.model.facts.drift import Cause
from hardencheck.model.facts.measured import Form, MeasuredLimit
from hardencheck.model.facts.storage import ViewLimit
from hardencheck.model.facts.uploads import BodyBound, Content, RequestBuffering, UploadLimit
from hardencheck.model.gap import FactSet, Gap
from hardencheck.model.location import Location

_CONTENTS: dict[Form, Content] = {"multipart": "multipart-file", "urlencoded": "urlencoded", "raw": "raw"}
_SURE = frozenset({"nginx", "ingress-nginx"})  # they refuse a length by themselves, whatever stands behind


class Declared(NamedTuple):
    """One limit that the repository states. max_bytes: None: none."""

    location: Location
    product: str
    setting: str
    max_bytes: int | None

    def words(self) -> str:
        size = "no limit" if self.max_bytes is None else f"{self.max_bytes:,} B"
        return f"{self.product} {self.setting}: {size}"


class Comparison(NamedTuple):
    """What was seen at an address, and what is declared.

    agrees: None: there is nothing to compare with, or not all of it is known. declared: where they agree the limits
    that say so, else all of them. reason, cause: a likely one for a contradiction.
    """

    location: Location
    seen: str
    known: bool
    declared: tuple[Declared, ...]
    agrees: bool | None
    reason: str = ""
    cause: Cause = ""


def comparisons(facts: FactSet) -> tuple[Comparison, ...]:
    """One for each limit that was measured, or that was asked for and not found out; contradictions only where every
    declared limit is known."""
    declared = tuple(_declared(facts))
    unsure = any(_about_bodies(gap) for gap in facts.gaps)
    measured = (fact for fact in facts.of(MeasuredLimit.kind()) if isinstance(fact, MeasuredLimit))
    missing = (gap for gap in facts.gaps if MeasuredLimit.kind() in gap.kinds and gap.location.url is not None)
    return (
        *(_compared(facts, fact, declared, unsure) for fact in measured),
        *(_unmeasured(gap, declared, unsure) for gap in missing),
    )


def _declared(facts: FactSet) -> Iterator[Declared]:
    seen: set[tuple[Location, int | None]] = set()
    for fact in facts.of(UploadLimit.kind()):
        if isinstance(fact, UploadLimit):
            seen.add((fact.location, fact.max_bytes))
            yield Declared(fact.location, fact.product, fact.setting, fact.max_bytes)
    for fact in facts.of(ViewLimit.kind()):
        if isinstance(fact, ViewLimit) and fact.counts == "bytes":
            yield Declared(fact.location, "flask", fact.setting, fact.limit)
    for fact in facts.of(BodyBound.kind()):
        if isinstance(fact, BodyBound) and fact.bounded and fact.max_bytes is not None:
            if (fact.location, fact.max_bytes) not in seen:
                seen.add((fact.location, fact.max_bytes))
                yield Declared(fact.location, fact.framework, fact.decided_by, fact.max_bytes)


def _about_bodies(gap: Gap) -> bool:
    """Whether a limit may be declared that is not known."""
    return "upload.limit" in gap.kinds or (
        "upload.bound" in gap.kinds and not gap.detail.startswith("no layer that was read bounds")
    )


def _bounds(facts: FactSet, form: Form) -> list[Declared]:
    """What bounds this kind of body on each way to an application."""
    found = (fact for fact in facts.of(BodyBound.kind()) if isinstance(fact, BodyBound))
    return [
        Declared(one.location, one.framework, one.decided_by, one.max_bytes if one.bounded else None)
        for one in found
        if one.content == _CONTENTS[form]
    ]


def _streaming(facts: FactSet) -> bool:
    """Whether a proxy hands on a body while it comes: then what is behind it sees the length as early."""
    return any(isinstance(fact, RequestBuffering) and not fact.buffers for fact in facts.of(RequestBuffering.kind()))


def _compared(facts: FactSet, fact: MeasuredLimit, declared: Sequence[Declared], unsure: bool) -> Comparison:
    seen = fact.describe()
    numbers = [one for one in declared if one.max_bytes is not None]
    if fact.refused is None:
        bounds = [] if unsure else _bounds(facts, fact.form)
        if not bounds or any(one.max_bytes is None or one.max_bytes >= fact.max_bytes for one in bounds):
            return Comparison(fact.location, seen, True, (), None)
        reason = "another server block or host answered, or another configuration is deployed"
        return Comparison(fact.location, seen, True, tuple(bounds), False, reason, "other-server")
    low, high = fact.max_bytes, fact.refused - 1
    # waitress refuses the very number, so what it lets through is one less.
    same = tuple(one for one in numbers if one.max_bytes is not None and low <= one.max_bytes <= high + 1)
    if same:
        return Comparison(fact.location, seen, True, same, True)
    if unsure or not declared:
        return Comparison(fact.location, seen, True, tuple(declared), None)
    early = [one for one in numbers if one.product in _SURE]
    if not early or (high < min(one.max_bytes or 0 for one in early) and _streaming(facts)):
        # What comes before or behind may set it: code that looks at the length, a default of a product.
        reason = "none of the declared limits: something in front, or code that looks at the length, sets it"
        return Comparison(fact.location, seen, True, tuple(declared), None, reason)
    least = min(one.max_bytes for one in numbers if one.max_bytes is not None)
    reason = (
        "something in front that is not in the repository refuses first (a CDN, another proxy)"
        if high < least
        else "another server block or host answered, another configuration is deployed, or it was not reloaded"
    )
    cause: Cause = "undescribed-proxy" if high < least else "other-server"
    return Comparison(fact.location, seen, True, tuple(numbers), False, reason, cause)


def _unmeasured(gap: Gap, declared: Sequence[Declared], unsure: bool) -> Comparison:
    seen = gap.detail
    proxies = [one for one in declared if one.product in _SURE]
    if not seen.startswith("no early refusal") or unsure or not proxies:
        return Comparison(gap.location, seen, False, (), None)
    if any(one.max_bytes is None for one in proxies):
        return Comparison(gap.location, seen, False, (), None)
    reason = "nginx would refuse it by its length: another server answered, or another configuration is deployed"
    return Comparison(gap.location, seen, False, tuple(proxies), False, reason, "other-server")
