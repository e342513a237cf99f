"""Values of security headers that open what the header is there for, written in code: for one view as a rule, which the
responses of the others say nothing of."""

from collections.abc import Iterator, Sequence

from hardencheck.collect.live import _csp
from hardencheck.collect.resolve._predicted import PAGE, Predicted
from hardencheck.lazily import compiled
from hardencheck.model.facts.headers import ViewOpening, WrittenHeader
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location

MIN_AGE = 30 * 86_400
_AGE = compiled(r"(?i)(?:.*[;\s])?max-age\s*=\s*\"?(\d{1,15})\"?\s*(?:;.*)?")
_FRAMING = compiled(r"(?i)\s*(?:deny|sameorigin)\s*(?:,.*)?")
_NOSNIFF = compiled(r"(?i)\s*nosniff\s*(?:,.*)?")
_OPEN_FEATURE = compiled(r"(?s).*=\s*\(?\s*\*.*")
_LEAKING = frozenset({"unsafe-url", "no-referrer-when-downgrade"})
# Sources by which anything runs; a host that anybody can write to is a matter of the policy of all.
_HOLES = ("'unsafe", "*", "http: ", "https: ", "data: ", "blob: ", "filesystem: ")


def openings(facts: FactSet, found: Sequence[Predicted]) -> Iterator[ViewOpening]:
    """What the predicted pages have, or have no more, is judged there."""
    for fact in facts.of("header.written"):
        if not isinstance(fact, WrittenHeader):
            continue
        opens = opened(fact.name, fact.value)
        if opens and not _judged(fact.location, fact.name, found):
            shown = "-".join(word.capitalize() for word in fact.name.split("-"))
            yield ViewOpening(
                location=fact.location,
                view=fact.view or "a table of headers",
                opens=opens,
                how=f"{shown}: {fact.value[:60]}" if fact.value.strip() else f"an empty {shown}",
            )


def opened(name: str, value: str) -> str:
    """What a value of a header lets happen, "" for nothing."""
    match name:
        case "x-frame-options" if not _FRAMING.fullmatch(value):
            return "framing"
        case "x-content-type-options" if not _NOSNIFF.fullmatch(value):
            return "guesses of the content type"
        case "strict-transport-security":
            age = _AGE.fullmatch(value)
            return "plain http" if age is not None and int(age[1]) < MIN_AGE else ""
        case "referrer-policy":
            words = [word.strip().lower() for word in value.split(",") if word.strip()]
            return "the address of the page to others" if words and words[-1] in _LEAKING else ""
        case "cross-origin-opener-policy" if value.strip().lower() == "unsafe-none":
            return "its window to others"
        case "permissions-policy" if _OPEN_FEATURE.fullmatch(value):
            return "features of the browser"
        case "content-security-policy":
            judged = _csp.judge([value])
            if judged is None:
                return ""
            holes = [*judged.script_holes, *judged.object_holes]
            if any(f"{hole} ".startswith(_HOLES) for hole in holes):
                return "the content policy"
            return "framing" if judged.frame_ancestors == "open" else ""
    return ""


def _judged(where: Location, name: str, found: Sequence[Predicted]) -> bool:
    """Whether this line is one of a response that is known to its end: other checks say what there is to say of it."""
    concerned = [
        one for one in found if any(field.where == where for field in (one.inner or one.answers[PAGE]).named(name))
    ]
    return bool(concerned) and not any(
        one.answers[PAGE].doubt(name) is not None
        or any(field.value is None or field.perhaps for field in one.answers[PAGE].named(name))
        for one in concerned
    )
