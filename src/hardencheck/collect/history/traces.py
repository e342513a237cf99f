"""From objects with secrets and the commits that touched them to one trace for each value. Pure."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import NamedTuple, get_args

from hardencheck.collect.history.graph import Event
from hardencheck.collect.secrets.sightings import RANK, Scan, Sighting
from hardencheck.model.facts.secrets import Exposure, SecretTrace
from hardencheck.model.location import Location

MAX_PLACES = 200  # of one secret
MAX_REFS = 3


class Loose(NamedTuple):
    """Where something is that no commit holds. ref: what leads to it. when: it was made, 0 where that is not known."""

    exposure: Exposure
    where: str
    ref: str = ""
    when: int = 0


class Known(NamedTuple):
    """What a trace is made from.

    hits: object id -> what is in it. events: of these objects, the newest first. head: object id -> its paths in the
    audited commit. ours: commits it reaches. refs: tip -> name. texts: object id -> what it is, for what is no file.
    boundary: commits whose parents the clone lacks. loose: object id -> where it was found without a commit.
    parts: object id -> what each of its first lines is, where that is no message. held: object id -> names of the
    branches that have it now; None: not known.
    """

    hits: Mapping[str, Scan]
    events: Sequence[Event]
    head: Mapping[str, Sequence[str]]
    ours: Set[str]
    refs: Mapping[str, str]
    texts: Mapping[str, str]
    boundary: Set[str] = frozenset()
    loose: Mapping[str, Loose] = {}
    parts: Mapping[str, Sequence[str]] = {}
    held: Mapping[str, Sequence[str]] | None = {}


def traces(known: Known, excluded: Callable[[str], bool] = lambda path: False) -> list[SecretTrace]:
    """In order of digest."""
    by_digest: dict[str, dict[str, list[Sighting]]] = {}
    for oid in sorted(known.hits):
        for sighting in known.hits[oid].sightings:
            by_digest.setdefault(sighting.digest, {}).setdefault(oid, []).append(sighting)
    by_object: dict[str, list[int]] = {}
    for number, event in enumerate(known.events):
        for oid in {event.old, event.new}:
            if oid:
                by_object.setdefault(oid, []).append(number)
    found = (_trace(known, by_digest[digest], by_object, excluded) for digest in sorted(by_digest))
    return [trace for trace in found if trace is not None]


def _trace(
    known: Known,
    carriers: Mapping[str, list[Sighting]],
    by_object: Mapping[str, list[int]],
    excluded: Callable[[str], bool],
) -> SecretTrace | None:
    numbers = sorted({number for oid in carriers for number in by_object.get(oid, ())})
    events = [known.events[number] for number in numbers if not excluded(known.events[number].path)]
    at_head = _places((path, sighting) for oid, items in carriers.items() for path in known.head.get(oid, ())
                      if not excluded(path) for sighting in items)  # fmt: skip
    past = _last_places(known, events, carriers, {path for oid in carriers for path in known.head.get(oid, ())})
    loose = [known.loose[oid] for oid in carriers if oid in known.loose]
    for oid in carriers:
        if oid in known.loose:
            where = known.loose[oid].where
            past.extend(
                _texts(known, oid, where, carriers[oid])
                if oid in known.texts
                else _places((where, sighting) for sighting in carriers[oid])
            )
    bringing = [event for event in events if event.new in carriers]
    if not at_head and not bringing and not loose:
        return None
    ours = [event for event in bringing if event.commit in known.ours]
    others = [event for event in bringing if event.commit not in known.ours]
    held = [] if at_head else sorted({name for oid in carriers for name in (known.held or {}).get(oid, ())})
    reach: Exposure
    if at_head:
        reach = "at HEAD"
    elif held:
        reach = "other branch"
    elif ours:
        reach = "history"
    elif others:
        stashed = all(known.refs.get(event.source, "").startswith("refs/stash") for event in others)
        gone = all(event.source not in known.refs for event in others)
        reach = "stash" if stashed else "unreachable" if gone else "other branch"
    else:
        reach = "unreachable"
    if loose and not held:
        reach = min((reach, *(item.exposure for item in loose)), key=lambda exposure: _ORDER[exposure])
    mine = ours or others
    first = mine[-1] if mine else None
    last = None
    if reach == "history" or (reach == "other branch" and others and not ours and not held and known.held is not None):
        last = next((event for event in events if _removes(known, event, carriers, here=reach == "history")), None)
    when = min((item.when for item in loose if item.when), default=0) if first is None else first.when
    bounded = first is not None and first.commit in known.boundary
    best = min(
        (sighting for items in carriers.values() for sighting in items),
        key=lambda item: (bool(item.why), RANK[item.class_], _LEVEL[item.confidence], item.rule, item.length),
    )
    refs = held
    if not mine and not held:
        refs = sorted({item.ref for item in loose if item.ref})
    elif not ours and not held:
        refs = sorted({known.refs[event.source] for event in others if event.source in known.refs})
    return SecretTrace(
        location=Location(),
        rule=best.rule,
        what=best.what,
        class_=best.class_,
        confidence=best.confidence,
        length=best.length,
        digest=best.digest,
        placeholder=bool(best.why),
        why=best.why,
        whole_file=any(s.whole_file for oid in carriers if oid in known.head for s in carriers[oid]),
        inside=best.inside,
        unsound=best.unsound,
        rotate=best.rotate,
        at_head=tuple(at_head[:MAX_PLACES]),
        past=tuple(dict.fromkeys(past))[:MAX_PLACES],
        reach=reach,
        refs=tuple(name.removeprefix("refs/").removeprefix("heads/") for name in refs[:MAX_REFS]),
        introduced=first.commit if first is not None and not bounded else "",
        introduced_at=_date(when) if not bounded else "",
        removed=last.commit if last is not None else "",
        removed_at=_date(last.when) if last is not None else "",
        commits=len({event.commit for event in bringing}),
    )


def _last_places(
    known: Known, events: Iterable[Event], carriers: Mapping[str, list[Sighting]], now: Set[str]
) -> list[str]:
    """The lines of each file as its last version with the value had them: lines move with every commit."""
    seen = set(now)
    found: list[str] = []
    for event in events:
        text = known.texts.get(event.new)
        name = text or event.path
        if event.new in carriers and name not in seen:
            seen.add(name)
            of = carriers[event.new]
            found.extend(_texts(known, event.new, text, of) if text else _places((name, sighting) for sighting in of))
    return found


def _texts(known: Known, oid: str, text: str, sightings: Iterable[Sighting]) -> list[str]:
    """What is no file has no lines; of a commit or a tag it is told which part holds the value."""
    parts = known.parts.get(oid, ())
    found: list[str] = []
    for sighting in sightings:
        part = parts[sighting.line - 1] if sighting.line is not None and 0 < sighting.line <= len(parts) else "message"
        found.append(part + text.removeprefix("message") if text.startswith("message of ") else text)
    return list(dict.fromkeys(found))


def _removes(known: Known, event: Event, carriers: Mapping[str, object], *, here: bool) -> bool:
    """Whether a commit takes the value away: one that HEAD reaches (`here`), or else one of another branch."""
    if event.old not in carriers or event.new in carriers:
        return False
    return event.commit in known.ours if here else event.source in known.refs


def _places(found: Iterable[tuple[str, Sighting]]) -> list[str]:
    return list(dict.fromkeys(f"{path}:{item.line}" if item.line is not None else path for path, item in found))


def _date(when: int) -> str:
    if not when:
        return ""  # no date, or none that git can read
    try:
        return dt.datetime.fromtimestamp(when, dt.UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return ""  # a commit may claim any number


_LEVEL = {"high": 0, "medium": 1, "low": 2}
_ORDER = {exposure: number for number, exposure in enumerate(get_args(Exposure))}
