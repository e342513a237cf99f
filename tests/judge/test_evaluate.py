"""Rules x facts -> findings, from literals."""

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardencheck.judge.evaluate import evaluate, expectation
from hardencheck.model.check import Condition, Operator, Quantifier, Rule
from hardencheck.model.facts import Side
from hardencheck.model.facts.oscalls import Umask
from hardencheck.model.finding import Verdict
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location
from tests.judge.facts import check, limit, rule, seen

GAP = Gap(
    kinds=("test.limit",),
    collector="nginx",
    reason=Reason.UNPARSABLE,
    detail="missing include",
    location=Location(path="nginx.conf", line=3),
)


def test_no_limit_fails_and_says_where() -> None:
    [finding] = evaluate(check(rule()), FactSet(facts=(limit(None, line=7),)))
    assert (finding.verdict, finding.observed, str(finding.location)) == (Verdict.FAIL, "no limit", "nginx.conf:7")
    assert finding.expected == "max bytes is at most 10"


def test_a_gap_is_never_a_pass() -> None:
    [finding] = evaluate(check(rule()), FactSet(facts=(limit(5),), gaps=(GAP,)))
    assert (finding.verdict, finding.reason, finding.observed) == (Verdict.UNKNOWN, "unparsable", "missing include")
    assert finding.trouble and not finding.retry


def test_a_counterexample_stands_beside_a_gap() -> None:
    found = evaluate(check(rule()), FactSet(facts=(limit(11),), gaps=(GAP,)))
    assert [finding.verdict for finding in found] == [Verdict.FAIL, Verdict.UNKNOWN]


@pytest.mark.parametrize(
    ("quantifier", "verdict"),
    [(Quantifier.EVERY, Verdict.NOT_APPLICABLE), (Quantifier.NONE, Verdict.PASS), (Quantifier.SOME, Verdict.FAIL)],
)
def test_nothing_to_judge(quantifier: Quantifier, verdict: Verdict) -> None:
    [finding] = evaluate(check(rule(quantifier)), FactSet())
    assert finding.verdict is verdict


def test_what_a_role_leaves_out_is_named() -> None:
    def mode(path: str, role: str) -> Umask:
        return Umask(location=Location(path=path), mask=0, others_write=True, restored=False, decimal=False, role=role)

    def observed(*facts: Umask) -> str:
        where = tuple(Condition(field=field, operand=value) for field, value in (("role", "production"), ("mask", 0)))
        one = Rule(fact="code.umask", quantifier=Quantifier.EVERY, where=where, otherwise="none here")
        [finding] = evaluate(check(one), FactSet(facts=facts))
        assert finding.verdict is Verdict.NOT_APPLICABLE
        return finding.observed

    assert observed() == "none here"
    assert observed(msgspec.structs.replace(mode("a.py", "test"), mask=2)) == "none here"
    assert observed(mode("b.py", "test"), mode("a.py", "example"), mode("a.py", "example")) == (
        "none here. Left out: a.py (example), b.py (test)"
    )
    assert observed(*(mode(f"{at}.py", "test") for at in range(9))).endswith(", 2.py (test) and 6 more")


@pytest.mark.parametrize("quantifier", list(Quantifier))
def test_nothing_to_judge_but_a_gap(quantifier: Quantifier) -> None:
    [finding] = evaluate(check(rule(quantifier)), FactSet(gaps=(GAP,)))
    assert finding.verdict is Verdict.UNKNOWN


def test_some_is_met_by_one() -> None:
    [finding] = evaluate(check(rule(Quantifier.SOME)), FactSet(facts=(limit(None), limit(3, layer="server"))))
    assert (finding.verdict, finding.observed) == (Verdict.PASS, "3 bytes")


def test_some_fails_once_and_names_all_candidates() -> None:
    facts = (limit(None, line=1), limit(99, layer="server", line=2))
    [finding] = evaluate(check(rule(Quantifier.SOME)), FactSet(facts=facts))
    assert (finding.verdict, finding.observed) == (Verdict.FAIL, "no limit; 99 bytes")
    assert [str(place) for place in (finding.location, *finding.related)] == ["nginx.conf:1", "nginx.conf:2"]


def test_none_fails_for_each_that_meets() -> None:
    found = evaluate(check(rule(Quantifier.NONE)), FactSet(facts=(limit(3), limit(30), limit(4, path="b.conf"))))
    assert [str(finding.location) for finding in found] == ["b.conf:1", "nginx.conf:1"]


def test_none_without_conditions_wants_no_such_fact() -> None:
    bare = Rule(fact="test.limit", quantifier=Quantifier.NONE)
    assert [f.verdict for f in evaluate(check(bare), FactSet(facts=(limit(3),)))] == [Verdict.FAIL]
    assert expectation(bare) == "none"


def test_where_chooses_who_is_judged() -> None:
    facts = FactSet(facts=(limit(None, layer="server"), limit(3)))
    [finding] = evaluate(check(rule(layer="proxy")), facts)
    assert (finding.verdict, finding.examined) == (Verdict.PASS, 1)


@pytest.mark.parametrize(("known", "verdict"), [("proxy", Verdict.UNKNOWN), ("server", Verdict.PASS)])
def test_a_gap_about_something_else_does_not_matter(known: str, verdict: Verdict) -> None:
    gap = msgspec.structs.replace(GAP, about={"layer": known})
    [finding] = evaluate(check(rule(layer="proxy")), FactSet(facts=(limit(3),), gaps=(gap,)))
    assert finding.verdict is verdict


def test_a_gap_of_another_kind_does_not_matter() -> None:
    gap = msgspec.structs.replace(GAP, kinds=("test.seen",))
    [finding] = evaluate(check(rule()), FactSet(facts=(limit(3),), gaps=(gap,)))
    assert finding.verdict is Verdict.PASS


def test_a_side_nobody_asked_for_is_not_applicable_not_passed() -> None:
    nothing = Rule(fact="test.seen", quantifier=Quantifier.NONE)
    [finding] = evaluate(check(nothing), FactSet(looked=(Side.DECLARED,)))
    assert (finding.verdict, finding.observed, finding.reason) == (
        Verdict.NOT_APPLICABLE, "no URL was given", "not-asked",
    )  # fmt: skip
    [finding] = evaluate(check(rule()), FactSet(facts=(seen(3),), looked=(Side.OBSERVED,)))
    assert finding.observed == "no repository was given"


def test_the_line_is_not_part_of_the_identity() -> None:
    [one] = evaluate(check(rule()), FactSet(facts=(limit(None, line=1),)))
    [two] = evaluate(check(rule()), FactSet(facts=(limit(None, line=90),)))
    assert one.fingerprint == two.fingerprint
    [other] = evaluate(check(rule()), FactSet(facts=(limit(None, path="b.conf"),)))
    assert other.fingerprint != one.fingerprint


def test_the_same_thing_twice_in_a_file_has_two_fingerprints() -> None:
    found = evaluate(check(rule()), FactSet(facts=(limit(None, line=1), limit(None, line=2))))
    assert len({finding.fingerprint for finding in found}) == 2


FACTS = st.lists(st.builds(limit, st.none() | st.integers(0, 20), line=st.integers(1, 50)), max_size=6)


@given(FACTS, st.sampled_from(list(Quantifier)), st.randoms(use_true_random=False))
def test_the_order_of_facts_does_not_matter(facts: list, quantifier: Quantifier, chance: random.Random) -> None:  # type: ignore[type-arg]
    shuffled = list(facts)
    chance.shuffle(shuffled)
    line = check(rule(quantifier))
    assert evaluate(line, FactSet(facts=tuple(facts))) == evaluate(line, FactSet(facts=tuple(shuffled)))


@given(FACTS, st.sampled_from(list(Quantifier)))
def test_a_gap_never_leaves_a_pass(facts: list, quantifier: Quantifier) -> None:  # type: ignore[type-arg]
    found = evaluate(check(rule(quantifier)), FactSet(facts=tuple(facts), gaps=(GAP,)))
    assert found and not any(finding.verdict in {Verdict.PASS, Verdict.NOT_APPLICABLE} for finding in found)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (Condition(field="on", operand=True), "on is yes"),
        (Condition(field="off", operand=False), "off is no"),
        (Condition(field="open", operand=()), "open is empty"),
        (Condition(field="mode", operator=Operator.ONE_OF, operand=("a", "b")), "mode is one of a, b"),
        (Condition(field="mode", operator=Operator.AT_MOST, operand=0o640), "mode is at most 0640"),
        (Condition(field="size", operator=Operator.AT_MOST, operand=640), "size is at most 640"),
    ],
)
def test_expectation_in_words(condition: Condition, words: str) -> None:
    assert expectation(Rule(fact="x", quantifier=Quantifier.EVERY, conditions=(condition,))) == words
