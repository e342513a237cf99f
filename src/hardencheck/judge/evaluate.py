"""Rules x facts -> findings."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from hardencheck.catalogue.predicates import predicates
from hardencheck.catalogue.vocabulary import OPERATORS, holds
from hardencheck.model.check import Check, Condition, Quantifier, Rule
from hardencheck.model.facts import Fact, Side, fact_types
from hardencheck.model.finding import SET_ASIDE, Finding, Verdict
from hardencheck.model.gap import FactSet, Gap
from hardencheck.model.location import Location

MAX_RELATED = 20
MAX_ASIDE = 500
MAX_NAMED = 3


def evaluate(check: Check, facts: FactSet, by_kind: Mapping[str, Sequence[Fact]] | None = None) -> tuple[Finding, ...]:
    """All findings of one check, in order of place; the order of `facts` does not matter.

    Per rule: one FAIL for each fact that breaks it (for `some`, one for all); one UNKNOWN for each Gap that
    could hide such a fact; otherwise one PASS or NOT_APPLICABLE. A Gap never becomes a pass.
    by_kind: `facts.by_kind()`, for a caller that judges many checks on the same facts.
    """
    by_kind = facts.by_kind() if by_kind is None else by_kind
    sides = {kind: fact.side for kind, fact in fact_types().items()}
    found: list[Finding] = []
    for rule in check.rules:
        side = sides[rule.fact]
        if side not in facts.looked:
            found.append(_not_asked(check, rule, side))
            continue
        known = by_kind.get(rule.fact, ())
        judged = sorted(
            (fact for fact in known if all(meets_test(fact, test) for test in rule.where)),
            key=lambda fact: (fact.location.order, repr(fact)),
        )
        gaps = [gap for gap in facts.gaps if rule.fact in gap.kinds and may_matter(gap, rule)]
        nothing = rule.otherwise or "nothing of the kind in this target"
        found.extend(
            _judge(check, rule, side, judged, gaps, nothing if judged else f"{nothing}{_by_role(rule, known)}")
        )
    return _numbered(found)


def _by_role(rule: Rule, facts: Sequence[Fact]) -> str:
    """What would be judged but for what its file is for: a reader may know better."""
    others = [test for test in rule.where if test.field != "role"]
    if len(others) == len(rule.where):
        return ""
    left = {
        f"{fact.location.path} ({getattr(fact, 'role', '')})"
        for fact in facts
        if fact.location.path and all(meets_test(fact, test) for test in others)
    }
    shown = sorted(left)[:MAX_NAMED]
    more = f" and {len(left) - len(shown)} more" if len(left) > len(shown) else ""
    return f". Left out: {', '.join(shown)}{more}" if shown else ""


def _judge(
    check: Check, rule: Rule, side: Side, judged: Sequence[Fact], gaps: Sequence[Gap], nothing: str
) -> Iterator[Finding]:
    judged, meets, torn = _met(judged, rule)
    expected = expectation(rule)

    def finding(verdict: Verdict, observed: str, *at: Fact, reason: str = "") -> Finding:
        first = at[0] if at else None
        return Finding(
            check=check.id,
            verdict=verdict,
            side=side,
            message=check.title,
            observed=observed,
            expected=expected,
            location=first.location if first else Location(),
            related=_related(at),
            evidence=first.proof() if len(at) == 1 and first else (),
            fingerprint=_fingerprint(check.id, rule.fact, first),
            reason=reason,
            examined=len(judged),
        )

    failed = 0
    aside: Sequence[Fact] = ()
    if rule.quantifier is Quantifier.SOME:
        if not any(meets):
            # Nothing seen so far is not nothing: with a Gap, what is missing may be behind it.
            if not gaps and not torn:
                yield finding(
                    Verdict.FAIL,
                    "; ".join(f.describe() for f in judged[:3]) or "nothing of the kind",
                    *judged,
                )
            failed = 1
    else:
        good = rule.quantifier is Quantifier.EVERY
        for fact, met in zip(judged, meets, strict=True):
            if met is not good:
                failed += 1
                yield finding(Verdict.FAIL, fact.describe(), fact)
        # What was looked at and set aside is shown, each by itself; it never fails the line.
        aside = [fact for fact, met in zip(judged, meets, strict=True) if met is good and fact.aside()]
        for fact in aside[:MAX_ASIDE]:
            yield finding(Verdict.PASS, fact.describe(), fact, reason=SET_ASIDE)
        judged, meets = _without(judged, meets, aside)
    for fact in torn:
        yield finding(Verdict.UNKNOWN, fact.describe(), fact, reason="one-of")
    for gap in sorted(gaps, key=lambda gap: (gap.location.order, gap.reason, gap.detail)):
        yield Finding(
            check=check.id,
            verdict=Verdict.UNKNOWN,
            side=side,
            message=check.title,
            observed=gap.detail,
            expected=expected,
            location=gap.location,
            fingerprint=_digest(check.id, rule.fact, "gap", str(gap.location.path or gap.location.url), gap.reason),
            reason=gap.reason,
            trouble=gap.reason.trouble,
            retry=gap.reason.retry,
            examined=len(judged),
        )
    if failed or gaps or torn or (aside and not judged):
        return
    if not judged and rule.quantifier is Quantifier.EVERY:
        yield finding(Verdict.NOT_APPLICABLE, nothing, reason="nothing-to-judge")
        return
    shown = (
        judged if rule.quantifier is not Quantifier.SOME else [f for f, met in zip(judged, meets, strict=True) if met]
    )
    yield finding(Verdict.PASS, shown[0].describe() if len(shown) == 1 else f"{len(shown)} examined", *shown)


def _met(judged: Sequence[Fact], rule: Rule) -> tuple[Sequence[Fact], Sequence[bool], Sequence[Fact]]:
    """(facts, whether each meets the rule, those that meet it in one of the ways they may be and not in another)."""
    whole: list[Fact] = []
    meets: list[bool] = []
    torn: list[Fact] = []
    for fact in judged:
        found = {all(meets_test(one, test) for test in rule.conditions) for one in (fact, *fact.alternatives())}
        if len(found) > 1:
            torn.append(fact)
        else:
            whole.append(fact)
            meets.append(found.pop())
    return whole, meets, torn


def _related(at: Sequence[Fact]) -> tuple[Location, ...]:
    places = at[0].elsewhere() if len(at) == 1 else tuple(fact.location for fact in at[1:])
    return tuple(dict.fromkeys(places))[:MAX_RELATED]


def _without(
    judged: Sequence[Fact], meets: Sequence[bool], aside: Sequence[Fact]
) -> tuple[Sequence[Fact], Sequence[bool]]:
    if not aside:
        return judged, meets
    left = {id(fact) for fact in aside}
    kept = [(fact, met) for fact, met in zip(judged, meets, strict=True) if id(fact) not in left]
    return [fact for fact, _ in kept], [met for _, met in kept]


def _not_asked(check: Check, rule: Rule, side: Side) -> Finding:
    what = "no repository was given" if side is Side.DECLARED else "no URL was given"
    return Finding(
        check=check.id,
        verdict=Verdict.NOT_APPLICABLE,
        side=side,
        message=check.title,
        observed=what,
        expected=expectation(rule),
        fingerprint=_fingerprint(check.id, rule.fact, None),
        reason="not-asked",
    )


def meets_test(fact: Fact, test: Condition) -> bool:
    if test.predicate:
        return predicates()[test.predicate].holds(fact)
    return holds(test.operator, getattr(fact, test.field), test.operand)


def may_matter(gap: Gap, rule: Rule) -> bool:
    """A gap is a fact with missing fields: it is out of the rule only if a field that is known says so."""
    return all(
        test.predicate or test.field not in gap.about or holds(test.operator, gap.about[test.field], test.operand)
        for test in rule.where
    )


def expectation(rule: Rule) -> str:
    """What the rule demands, in words: "max age is at least 31536000"."""
    words = {Quantifier.EVERY: "", Quantifier.NONE: "none where ", Quantifier.SOME: "one where "}[rule.quantifier]
    tests = " and ".join(
        predicates()[test.predicate].words[:1].lower() + predicates()[test.predicate].words[1:]
        if test.predicate
        else f"{test.field.replace('_', ' ')} {OPERATORS[test.operator].words} {_operand(test)}"
        for test in rule.conditions
    )
    if not tests:
        return "none" if rule.quantifier is Quantifier.NONE else "at least one"
    return f"{words}{tests}"


def _operand(test: Condition) -> str:
    match test.operand:
        case int() as mode if type(mode) is int and ("mode" in test.field or test.field == "permissions"):
            return f"{mode:04o}"
        case True:
            return "yes"
        case False:
            return "no"
        case tuple() as several:
            return ", ".join(map(str, several)) or "empty"
        case other:
            return str(other)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(("hardencheck/v1", *parts)).encode("utf-8", "backslashreplace")).hexdigest()[:32]


def _fingerprint(check: str, kind: str, fact: Fact | None) -> str:
    if fact is None:
        return _digest(check, kind, "(target)")
    place = fact.location.path if fact.location.path is not None else fact.location.url
    if fact.placeless:
        place = ""
    return _digest(check, kind, str(place), *(str(getattr(fact, name)) for name in fact.identity))


def _numbered(found: list[Finding]) -> tuple[Finding, ...]:
    """Equal fingerprints (the same thing twice in a file) are told apart by their order of place."""
    seen: Counter[str] = Counter()
    numbered: list[Finding] = []
    for finding in found:
        seen[finding.fingerprint] += 1
        count = seen[finding.fingerprint]
        if count > 1:
            fingerprint = _digest(finding.fingerprint, str(count))
            finding = msgspec.structs.replace(finding, fingerprint=fingerprint)
        numbered.append(finding)
    return tuple(numbered)
