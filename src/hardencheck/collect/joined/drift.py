"""What the repository says of each response beside what the URL shows, and why they differ."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from hardencheck.collect.contract import Found, Joiner
from hardencheck.collect.exchange import origin
from hardencheck.collect.extract._header_names import HEADERS
from hardencheck.collect.joined import _cookies, _limits, _redirects
from hardencheck.collect.joined._causes import Scene, cause
from hardencheck.collect.joined._comparing import Row, answer_of, compare, drifts
from hardencheck.collect.joined._matching import Match, asked, match
from hardencheck.collect.resolve._header_findings import PROXIES
from hardencheck.model.facts.declared import DeclaredCookie, DeclaredCookieName
from hardencheck.model.facts.drift import Drift, ObservedResponse, PredictedAnswer, PredictedWay
from hardencheck.model.facts.http import Cookie, Redirect
from hardencheck.model.facts.measured import MeasuredLimit
from hardencheck.model.facts.settings import DeclaredRedirect
from hardencheck.model.facts.uploads import BodyBound, UploadLimit
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location

MAX_RESPONSES = 300


class Drifts(Joiner):
    """One fact for each header, cookie and redirect that is declared, or served, at one origin with one status."""

    name = "drift"
    emits = (Drift,)
    reads = (
        PredictedWay, ObservedResponse, DeclaredCookie, DeclaredCookieName, Cookie, DeclaredRedirect, Redirect,
        UploadLimit, BodyBound, MeasuredLimit,
    )  # fmt: skip

    def join(self, facts: FactSet) -> Iterable[Found]:
        ways = [fact for fact in facts.of(PredictedWay.kind()) if isinstance(fact, PredictedWay)]
        responses = [fact for fact in facts.of(ObservedResponse.kind()) if isinstance(fact, ObservedResponse)]
        lost = [gap for gap in facts.gaps if {PredictedWay.kind(), ObservedResponse.kind()} & set(gap.kinds)]
        yield from _limits.drifts(facts)
        if not ways and not any(PredictedWay.kind() in gap.kinds for gap in lost):
            return  # a repository that sends nothing: no comparison was asked for
        for gap in lost:
            yield msgspec.structs.replace(gap, kinds=self.kinds(), collector=self.name, about={})
        found: list[Found] = []
        for response in responses[:MAX_RESPONSES]:
            found.extend(self._response(response, ways, responses))
        if len(responses) > MAX_RESPONSES:
            detail = f"{len(responses)} responses: the first {MAX_RESPONSES} were compared with the repository"
            found.append(self.gap(Reason.BUDGET, detail))
        found.extend(_cookies.drifts(facts))
        found.extend(_redirects.drifts(facts, ways))
        yield from _once(found)

    def _response(
        self, response: ObservedResponse, ways: Sequence[PredictedWay], responses: Sequence[ObservedResponse]
    ) -> Iterator[Found]:
        url = response.location.url or ""
        here = asked(url)
        https = here.scheme == "https"
        if not ways:
            return
        matched = match(ways, here)
        scenes = [
            (way, answer, compare(way, answer, response))
            for way in matched.ways
            if (answer := answer_of(way, response, https=https)) is not None
        ]
        if not scenes:
            if matched.why or any(way.answers for way in matched.ways):
                what = matched.why or f"nothing predicts an answer with {response.status} by this way"
                what = f"it is a page of {response.own} itself" if response.own else what
                yield self.gap(Reason.NOT_SUPPORTED, f"not compared with the repository: {what}", Location(url=url))
            return
        best = {
            product: min((scene for scene in scenes if scene[0].product == product), key=lambda scene: drifts(scene[2]))
            for product in dict.fromkeys(scene[0].product for scene in scenes)
        }
        way, answer, rows = min(best.values(), key=lambda scene: drifts(scene[2]))
        rows = [_agreed(row, way, [scene for scene in best.values() if scene[0] is not way]) for row in rows]
        why = next((text for name, text in answer.unknown if not name), "")
        if why:
            detail = f"not all of it was compared with the repository, whose headers are not known: {why}"
            yield self.gap(Reason.DYNAMIC, detail, Location(url=url))
        siblings = [one for one in responses if one is not response and _origin(one) == _origin(response)]
        other = _better(matched, rows, response, https=https)
        scene = Scene(way, response, https, rows, siblings, other)
        yield from (_fact(row, scene) for row in rows)


def _agreed(row: Row, way: PredictedWay, others: Sequence[tuple[PredictedWay, PredictedAnswer, list[Row]]]) -> Row:
    """A drift by one proxy of several counts only where it is one by each: one of them may stand behind the other."""
    for other, _, rows in others if row.counts else ():
        there = next((one for one in rows if one.name == row.name), None)
        if there is not None and there.counts:
            continue
        if there is None and row.layer == way.product:
            continue
        why = f"{other.product or 'no proxy'} may stand in front as well, and then it is another"
        return row._replace(outcome="unknown", counts=False, why=why)
    return row


def _better(matched: Match, rows: Sequence[Row], response: ObservedResponse, *, https: bool) -> PredictedWay | None:
    """A way of another virtual host by which all is as declared, where by the best one it is not."""
    if not drifts(rows):
        return None
    before = sum(row.outcome == "same" for row in rows)
    for way in matched.others:
        answer = answer_of(way, response, https=https) if way.tls is None or way.tls is https else None
        held = compare(way, answer, response) if answer is not None else []
        same = [row for row in held if row.outcome == "same"]
        # An answer with next to nothing in it fits much: something of this virtual host alone has to be there.
        if (
            not drifts(held)
            and len(same) >= before
            and any(row.layer in PROXIES and row.name in HEADERS for row in same)
        ):
            return way
    return None


def _fact(row: Row, scene: Scene) -> Drift:
    code, likely = cause(row, scene) if row.counts else ("", row.why)
    return Drift(
        location=scene.response.location,
        subject="header",
        name=row.name,
        status=scene.response.status,
        outcome=row.outcome,
        agrees=not row.counts,
        declared=row.declared,
        observed=row.observed,
        layer=row.layer,
        cause=code,
        likely=likely,
        places=row.places or ((scene.way.location,) if scene.way.location.path and row.outcome != "same" else ()),
    )


def _origin(response: ObservedResponse) -> str:
    return _of(response.location)


def _of(where: Location) -> str:
    try:
        return str(origin(where.url or ""))
    except ValueError:
        return ""


def _once(found: Iterable[Found]) -> Iterator[Found]:
    """What several URLs of an origin show alike is one fact, at the first of them."""
    held: dict[tuple[object, ...], Drift] = {}
    seen: set[str] = set()
    for item in found:
        if isinstance(item, Gap):
            if repr(item) not in seen:
                seen.add(repr(item))
                yield item
        elif isinstance(item, Drift):
            key = (
                _of(item.location), item.subject, item.name, item.status // 100, item.outcome, item.declared,
                item.observed, item.cause,
            )  # fmt: skip
            first = held.get(key)
            if first is None:
                held[key] = item
            elif first.location != item.location:
                held[key] = msgspec.structs.replace(first, urls=first.urls + 1)
    yield from held.values()
