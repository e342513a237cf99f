"""Whether the upload limit that was measured is one that the files declare."""

from collections.abc import Iterator

from hardencheck.model.facts.drift import Drift
from hardencheck.model.facts.measured import MeasuredLimit
from hardencheck.model.gap import FactSet
from hardencheck.model.measured_limits import comparisons

_NAME = "upload limit"


def drifts(facts: FactSet) -> Iterator[Drift]:
    """Only where the two can be compared; what is not known well enough is no drift."""
    statuses = {
        fact.location: fact.status for fact in facts.of(MeasuredLimit.kind()) if isinstance(fact, MeasuredLimit)
    }
    for one in comparisons(facts):
        if one.agrees is None:
            continue
        places = tuple(dict.fromkeys(item.location for item in one.declared if item.location.path))
        yield Drift(
            location=one.location,
            subject="limit",
            name=_NAME,
            status=statuses.get(one.location, 0) if one.known else 0,
            outcome="same" if one.agrees else "differs",
            agrees=one.agrees,
            declared="; ".join(dict.fromkeys(item.words() for item in one.declared[:3])),
            observed=one.seen.removeprefix("measured: "),
            layer=one.declared[0].product if one.declared else "",
            cause="" if one.agrees else one.cause,
            likely="" if one.agrees else one.reason,
            places=places,
        )
