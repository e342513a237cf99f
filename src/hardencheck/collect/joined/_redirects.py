"""Whether plain http is redirected as the files say."""

from collections.abc import Iterator, Sequence

from hardencheck.collect.joined._matching import asked, match
from hardencheck.model.facts.drift import Cause, Drift, PredictedWay
from hardencheck.model.facts.http import Redirect
from hardencheck.model.facts.settings import DeclaredRedirect
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location

_NAME = "http -> https"
_WORDS = {
    "https": "redirected", "https-elsewhere": "redirected to another host", "http": "redirected to http", "served":
    "answered in clear", "refused": "refused", "closed": "closed", "back-to-http": "sent back to http",
}  # fmt: skip


def drifts(facts: FactSet, ways: Sequence[PredictedWay]) -> Iterator[Drift]:
    """Only of what is declared: a redirect that nobody declares is made by what stands in front, and is welcome."""
    declared = [fact for fact in facts.of(DeclaredRedirect.kind()) if isinstance(fact, DeclaredRedirect)]
    for seen in facts.of(Redirect.kind()):
        url = seen.location.url or ""
        if not isinstance(seen, Redirect) or not url.startswith("http:"):
            continue
        found = match(ways, asked(url)) if ways else None
        place = next((way.redirects for way in found.ways if way.redirects is not None), None) if found else None
        by = "the proxy"
        if place is None and declared and all(fact.present for fact in declared):
            place, by = declared[0].location, declared[0].decided_by
        if place is not None:
            yield _fact(seen, place, by)


def _fact(seen: Redirect, place: Location, by: str) -> Drift:
    agrees = seen.outcome not in {"served", "http"}
    code: Cause = "" if agrees else "not-reloaded" if by == "the proxy" else "wrong-settings"
    who = "the running proxy has another configuration: not reloaded, or another file"
    likely = who if by == "the proxy" else "other settings are in use than those declared, or a proxy answers by itself"
    return Drift(
        location=seen.location,
        subject="redirect",
        name=_NAME,
        status=seen.status,
        outcome="same" if agrees else "not-served",
        agrees=agrees,
        declared="redirected",
        observed=_WORDS[seen.outcome],
        layer=by,
        cause=code,
        likely="" if agrees else likely,
        places=(place,) if place.path else (),
    )
