"""Findings -> lines, waivers, attestations and the gate."""

import datetime as dt
from itertools import product

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardencheck.judge.settle import DECLARED_NOT_SERVED, DRIFTED, SERVED_NOT_DECLARED, Policy, join, select, settle
from hardencheck.model.check import Check, Condition, Confidence, Lifecycle, Quantifier, Rule, Severity
from hardencheck.model.checklist import Item, WaiverState
from hardencheck.model.facts import Fact, Side
from hardencheck.model.finding import Attestation, Verdict, Waiver
from hardencheck.model.gap import FactSet, Gap, Reason
from tests.judge.facts import check, compared, limit, rule, seen

TODAY = dt.date(2026, 11, 1)
POLICY = Policy(today=TODAY)
BOTH = check(rule(), rule(fact="test.seen"))
BROKEN = Gap(kinds=("test.limit",), collector="nginx", reason=Reason.UNPARSABLE, detail="unbalanced brace")
P, F, U, N, W = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE, Verdict.WAIVED


def only(line: Check, *found: Fact | Gap, policy: Policy = POLICY) -> Item:
    (item,) = settle((line,), FactSet().plus(found), policy).items
    return item


@pytest.mark.parametrize(
    ("declared", "observed", "verdict", "basis", "drift"),
    [
        (P, P, P, "both", ""),
        (P, F, F, "both", DECLARED_NOT_SERVED),
        (P, U, P, "declared", ""),
        (P, None, P, "declared", ""),
        (P, N, P, "declared", ""),
        (F, P, P, "both", SERVED_NOT_DECLARED),
        (U, P, P, "both", SERVED_NOT_DECLARED),
        (F, F, F, "both", ""),
        (U, F, F, "both", ""),
        (F, U, F, "declared", ""),
        (U, U, U, "declared", ""),
        (F, None, F, "declared", ""),
        (None, P, P, "observed", ""),
        (N, P, P, "observed", ""),
        (None, F, F, "observed", ""),
        (None, U, U, "observed", ""),
        (None, None, N, "", ""),
        (N, N, N, "", ""),
        (W, F, F, "both", DECLARED_NOT_SERVED),
        (W, P, W, "both", ""),
        (P, W, W, "both", ""),
        (F, W, W, "both", SERVED_NOT_DECLARED),
        (W, None, W, "declared", ""),
    ],
)
def test_join_table(
    declared: Verdict | None, observed: Verdict | None, verdict: Verdict, basis: str, drift: str
) -> None:
    assert join(declared, observed) == (verdict, basis, drift)


def test_join_never_passes_from_unknowns_alone() -> None:
    for declared, observed in product([U, N, None], [U, N, None]):
        assert join(declared, observed)[0] is not Verdict.PASS


def test_drift_names_the_declared_line() -> None:
    item = only(BOTH, limit(5, line=14), seen(None))
    assert (item.verdict, item.drift) == (Verdict.FAIL, DECLARED_NOT_SERVED)
    [live] = [finding for finding in item.findings if finding.side is Side.OBSERVED]
    assert [str(place) for place in live.related] == ["nginx.conf:14"]


def test_what_nothing_declares_is_no_drift() -> None:
    forbids = (rule(quantifier=Quantifier.NONE), rule(fact="test.seen", quantifier=Quantifier.NONE))
    item = only(check(*forbids), seen(5))
    assert (item.declared, item.observed, item.verdict, item.drift) == (P, F, F, "")
    item = only(check(*forbids), limit(500), seen(5))
    assert (item.declared, item.drift) == (P, DECLARED_NOT_SERVED)


def test_drift_names_every_declared_line() -> None:
    item = only(BOTH, limit(5, line=14), limit(6, line=20, layer="other"), seen(None))
    [live] = [finding for finding in item.findings if finding.side is Side.OBSERVED]
    assert [str(place) for place in live.related] == ["nginx.conf:14", "nginx.conf:20"]


def test_a_line_about_drift_says_so() -> None:
    line = check(
        Rule(fact="test.compared", quantifier=Quantifier.EVERY, conditions=(Condition(field="agrees", operand=True),))
    )
    assert (only(line, compared(False)).drift, only(line, compared(True)).drift) == (DRIFTED, "")
    assert only(BOTH, limit(5), seen(5)).drift == ""


@pytest.mark.parametrize(
    ("fail_on", "drift", "found", "code"),
    [
        (Severity.HIGH, False, (compared(False),), 0),
        (Severity.HIGH, True, (compared(False),), 1),
        (None, True, (compared(False),), 1),
        (None, True, (compared(True),), 0),
        (Severity.LOW, False, (compared(False),), 1),
        (None, True, (Gap(kinds=("test.compared",), collector="x", reason=Reason.UNREACHABLE, detail="x"),), 3),
        (None, True, (Gap(kinds=("test.compared",), collector="x", reason=Reason.DYNAMIC, detail="x"),), 0),
    ],
)
def test_drift_fails_the_gate_when_asked(
    fail_on: Severity | None, drift: bool, found: tuple[Fact | Gap, ...], code: int
) -> None:
    line = check(
        Rule(fact="test.compared", quantifier=Quantifier.EVERY, conditions=(Condition(field="agrees", operand=True),)),
        severity=Severity.LOW,
    )
    settled = settle((line,), FactSet().plus(found), POLICY._replace(fail_on=fail_on, drift=drift))
    assert (settled.gate.exit_code, settled.gate.drift) == (code, drift)


@pytest.mark.parametrize(
    ("found", "code"),
    [((limit(5), seen(None)), 1), ((limit(None), seen(5)), 0), ((limit(None), seen(None)), 0), ((limit(None),), 0)],
)
def test_what_is_declared_and_not_served_is_drift(found: tuple[Fact, ...], code: int) -> None:
    settled = settle((BOTH,), FactSet().plus(found), POLICY._replace(fail_on=None, drift=True))
    assert settled.gate.exit_code == code


FACTS = st.lists(
    st.builds(limit, st.none() | st.integers(0, 20), line=st.integers(1, 9)) | st.builds(seen, st.integers(0, 20)),
    max_size=5,
)


@given(FACTS)
def test_a_failing_fact_never_makes_a_line_better(facts: list[Fact]) -> None:
    before = only(BOTH, *facts)
    if before.verdict is Verdict.FAIL:
        # An observed failure is decisive whatever else is found; a declared one may be made good by the URL only.
        assert only(BOTH, *facts, seen(99)).verdict is Verdict.FAIL
        assert only(BOTH, *facts, limit(None)).verdict is Verdict.FAIL
    assert only(BOTH, *facts, seen(99)).verdict is Verdict.FAIL


@given(FACTS)
def test_a_gap_on_the_only_side_never_passes(facts: list[Fact]) -> None:
    declared = [fact for fact in facts if fact.side is Side.DECLARED]
    assert only(check(rule()), *declared, BROKEN).verdict in {Verdict.UNKNOWN, Verdict.FAIL}


def waiver(**changes: str) -> Waiver:
    given = {"check": "uploads.test", "scope": "*", "reason": "r", "owner": "o", "expires": "2026-12-01"} | changes
    return Waiver(**given)


@pytest.mark.parametrize(
    ("changes", "verdict", "state"),
    [
        ({}, W, WaiverState.ACTIVE),
        ({"expires": "2026-11-01"}, W, WaiverState.ACTIVE),
        ({"expires": "2026-10-31"}, F, WaiverState.EXPIRED),
        ({"scope": "nginx.conf"}, W, WaiverState.ACTIVE),
        ({"scope": "*.conf"}, W, WaiverState.ACTIVE),
        ({"scope": "other.conf"}, F, WaiverState.STALE),
        ({"check": "uploads.other"}, F, WaiverState.STALE),
    ],
)
def test_waivers(changes: dict[str, str], verdict: Verdict, state: WaiverState) -> None:
    settled = settle((check(rule()),), FactSet(facts=(limit(None),)), POLICY._replace(waivers=(waiver(**changes),)))
    assert (settled.items[0].verdict, settled.waivers[0].state) == (verdict, state)
    assert settled.gate.exit_code == (1 if verdict is F else 0)


@pytest.mark.parametrize(
    ("scope", "covered"),
    [
        ("https://service.example", True),
        ("https://service.example/", True),
        ("https://service.exam", False),
        ("https://service.example.evil", False),
    ],
)
def test_a_url_scope_ends_at_a_boundary(scope: str, covered: bool) -> None:
    policy = POLICY._replace(waivers=(waiver(scope=scope),))
    item = only(check(rule(fact="test.seen")), seen(None), policy=policy)
    assert (item.verdict is W) == covered


def test_a_waiver_of_one_place_leaves_the_other_failing() -> None:
    policy = POLICY._replace(waivers=(waiver(scope="a.conf"),))
    item = only(check(rule()), limit(None, path="a.conf"), limit(None, path="b.conf"), policy=policy)
    assert item.verdict is F
    assert [finding.verdict for finding in item.findings] == [W, F]


MANUAL = check()
ANSWER = Attestation(check="uploads.test", by="Ada", evidence="ticket 7", on="2026-10-01", expires="2026-12-31")


def test_manual_lines_wait_for_a_person() -> None:
    assert only(MANUAL).summary == "manual: hardencheck attest uploads.test"
    answered = only(MANUAL, policy=POLICY._replace(attestations=(ANSWER,)))
    assert (answered.verdict, answered.basis) == (Verdict.PASS, "attested")
    ended = msgspec.structs.replace(ANSWER, expires="2026-10-31")
    assert only(MANUAL, policy=POLICY._replace(attestations=(ended,))).verdict is Verdict.MANUAL


@pytest.mark.parametrize(
    ("severity", "fail_on", "code"),
    [
        (Severity.HIGH, Severity.HIGH, 1),
        (Severity.MEDIUM, Severity.HIGH, 0),
        (Severity.CRITICAL, Severity.HIGH, 1),
        (Severity.LOW, Severity.LOW, 1),
        (Severity.CRITICAL, None, 0),
    ],
)
def test_the_threshold_of_the_gate(severity: Severity, fail_on: Severity | None, code: int) -> None:
    line = check(rule(), severity=severity)
    settled = settle((line,), FactSet(facts=(limit(None),)), POLICY._replace(fail_on=fail_on))
    assert settled.gate.exit_code == code


def test_a_guess_does_not_stop_a_release() -> None:
    guess = msgspec.structs.replace(check(rule(), severity=Severity.CRITICAL), confidence=Confidence.LOW)
    assert settle((guess,), FactSet(facts=(limit(None),)), POLICY).gate.exit_code == 0


def test_trouble_is_incomplete_and_wins_over_failing() -> None:
    facts = FactSet(facts=(limit(None),), gaps=(BROKEN,))
    gate = settle((check(rule()),), facts, POLICY).gate
    assert gate.exit_code == 3
    assert [reason.partition(":")[0] for reason in gate.reasons] == ["uploads.test", "uploads.test (high)"]
    assert settle((check(rule()),), facts, POLICY._replace(fail_on=None)).gate.exit_code == 3


def test_what_cannot_be_told_statically_is_incomplete_only_when_strict() -> None:
    facts = FactSet(gaps=(msgspec.structs.replace(BROKEN, reason=Reason.NOT_LITERAL),))
    assert settle((check(rule()),), facts, POLICY).gate.exit_code == 0
    assert settle((check(rule()),), facts, POLICY._replace(strict=True)).gate.exit_code == 3


def test_nothing_applicable_is_incomplete() -> None:
    gate = settle((check(rule()), MANUAL), FactSet(), POLICY).gate
    assert (gate.exit_code, gate.reasons[0].partition(":")[0]) == (3, "nothing was examined")


def test_only_new_findings_count_against_a_baseline() -> None:
    facts = FactSet(facts=(limit(None),))
    [known] = settle((check(rule()),), facts, POLICY).items[0].findings
    old = POLICY._replace(baseline=frozenset({known.fingerprint}))
    settled = settle((check(rule()),), facts, old)
    assert (settled.gate.exit_code, settled.items[0].findings[0].new) == (0, False)
    more = settle((check(rule()),), facts.plus([limit(None, path="new.conf")]), old)
    assert more.gate.exit_code == 1


def test_select() -> None:
    checks = {"a.one": check(rule()), "a.two": check(rule()), "b.one": check(rule())}
    assert [len(part) for part in select(checks, (), ())] == [3, 0]
    assert select(checks, ("a.*",), ("a.two",))[1] == ("a.two", "b.one")
    retired = {"a.old": msgspec.structs.replace(check(rule()), lifecycle=Lifecycle.DEPRECATED)}
    assert select(retired, (), ()) == ((), ())
    assert len(select(retired, ("a.old",), ())[0]) == 1
