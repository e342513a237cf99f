"""The search for an upload limit: exact on every limit that people write, never wrong, never more than it may ask."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardencheck.collect.live._upload_search import (
    CLOSED,
    FAR,
    MAX_REQUESTS,
    SILENCE,
    Result,
    Try,
    following,
    result,
)

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


def run(answer: Callable[[int, bool], str], *, requests: int = MAX_REQUESTS - 1) -> tuple[Result, list[Try]]:
    """The control is a request as well."""
    tries: list[Try] = []
    while (step := following(tries)) is not None and len(tries) < requests:
        assert step.length >= 1
        assert 0.25 <= step.wait <= 1
        tries.append(Try(step.length, answer(step.length, step.expect), step.expect, 0.004))
    return result(tries), tries


def limited(limit: int, base: str = SILENCE, over: str = "413") -> Callable[[int, bool], str]:
    return lambda length, expect: base if length <= limit else over


@pytest.mark.parametrize(
    "limit",
    [
        1, 1000, KIB, 8 * KIB, 25_000, 64 * KIB, 100_000, 500_000, 512 * KIB, 1_000_000, MIB - 1, MIB, 2_621_440,
        1234 * KIB, 3 * MIB, 5_000_000, 5 * MIB, 10 * MIB - 1, 10 * MIB, 16_000_000, 16 * MIB, 20 * MIB, 25 * MIB,
        30_000_000, 50 * MIB, 100_000_000, 100 * MIB, 128 * MIB, 200 * MIB, 512 * MIB, GIB - 2, GIB - 1, GIB,
        2 * GIB - 1, 5 * GIB, 10 * GIB, 100 * GIB,
    ],
)  # fmt: skip
@pytest.mark.parametrize("base", [SILENCE, "405"])
def test_limits_that_people_write_are_exact(limit: int, base: str) -> None:
    found, tries = run(limited(limit, base))
    assert (found.outcome, found.accepted, found.refused) == ("exact", limit, limit + 1)
    assert found.repeated
    assert len(tries) < MAX_REQUESTS


def test_the_usual_ones_take_few_requests() -> None:
    assert [len(run(limited(limit))[1]) for limit in (MIB, 10 * MIB, 20 * MIB)] == [8, 7, 15]


@given(
    st.integers(0, FAR - 1), st.sampled_from([SILENCE, "405", "302", "502"]), st.sampled_from(["413", "400", CLOSED])
)
def test_any_limit_is_within_what_is_said(limit: int, base: str, over: str) -> None:
    found, tries = run(limited(limit, base, over))
    assert len(tries) < MAX_REQUESTS
    if limit == 0:
        assert found.outcome == ("exact" if over == "413" else "no-difference")
        return
    assert found.outcome in {"exact", "between"}
    assert found.refused is not None
    assert found.accepted <= limit < found.refused
    assert (found.outcome == "exact") == (found.refused - found.accepted == 1)
    assert found.answer == over


@given(st.lists(st.sampled_from([SILENCE, "413", "400", "200", "503", CLOSED]), min_size=40, max_size=40))
def test_answers_without_any_sense_end(answers: list[str]) -> None:
    given_out = iter(answers)
    found, tries = run(lambda length, expect: next(given_out))
    assert len(tries) < MAX_REQUESTS
    if found.outcome == "exact" and found.accepted:
        assert found.refused == found.accepted + 1


@given(st.integers(1, MIB), st.integers(1, 100 * MIB))
def test_a_third_status_is_a_second_boundary(inner: int, more: int) -> None:
    outer = inner + more
    found, _ = run(lambda length, expect: SILENCE if length <= inner else "400" if length <= outer else "413")
    assert found.accepted <= inner < (found.refused or 0)
    assert found.outer in {SILENCE, "413"}
    if found.outer:
        assert found.answer == "400"
        assert found.outer_from > outer


def test_only_with_expect_is_it_refused() -> None:
    found, tries = run(lambda length, expect: "417" if expect and length > 20 * MIB else SILENCE)
    assert (found.outcome, found.accepted, found.expect) == ("exact", 20 * MIB, True)
    assert [one.expect for one in tries[:2]] == [False, True]


@pytest.mark.parametrize(
    ("answer", "outcome", "count"),
    [
        (lambda length, expect: SILENCE, "all-accepted", 2),
        (lambda length, expect: "200", "no-difference", 2),
        (lambda length, expect: CLOSED, "no-difference", 2),
        (lambda length, expect: CLOSED if length == 1 else "413", "no-difference", 2),
        (lambda length, expect: "413", "exact", 2),
    ],
    ids=["awaits everything", "looks at nothing", "hangs up", "hangs up on a byte", "refuses everything"],
)
def test_answers_that_need_no_search(answer: Callable[[int, bool], str], outcome: str, count: int) -> None:
    found, tries = run(answer)
    assert (found.outcome, len(tries)) == (outcome, count)


def test_a_length_that_is_accepted_once_and_refused_once() -> None:
    seen: set[int] = set()

    def answer(length: int, expect: bool) -> str:
        again = length in seen
        seen.add(length)
        return ("413" if again else SILENCE) if length <= MIB else "413"

    found, _ = run(answer)
    assert found.outcome == "between"
    assert found.accepted < MIB - 1


def test_two_servers_with_limits_of_their_own_are_no_limit() -> None:
    count = iter(range(100))
    found, _ = run(lambda length, expect: SILENCE if next(count) % 2 or length <= MIB else "413")
    assert found.outcome == "unstable"


@given(st.integers(1000, 100 * MIB), st.sets(st.integers(3, 25), max_size=1))
def test_an_answer_that_comes_late_is_not_taken_for_acceptance(limit: int, late: set[int]) -> None:
    count = iter(range(1, 100))
    found, _ = run(lambda length, expect: SILENCE if next(count) in late or length <= limit else "413")
    if found.outcome == "exact":
        assert found.accepted == limit or not found.repeated


def test_after_a_late_answer_more_time_is_given() -> None:
    tries = [Try(FAR, "413", seconds=0.01), Try(1, SILENCE), Try(10 * MIB + 1, SILENCE), Try(MIB, "413")]
    step = following(tries)
    assert result(tries).accepted == 1
    assert step is not None
    assert (step.wait, step.length < MIB) == (1, True)


def test_slow_refusals_are_waited_for() -> None:
    tries = [Try(FAR, "413", seconds=0.1)]
    step = following(tries)
    assert step is not None
    assert step.wait == pytest.approx(0.8)
    step = following([Try(FAR, "413", seconds=5)])
    assert step is not None
    assert step.wait == 1


def test_requests_that_run_out_leave_a_bracket() -> None:
    found, _ = run(limited(20 * MIB), requests=5)
    assert (found.outcome, found.accepted) == ("between", 10 * MIB + 1)
    assert found.refused == 100 * MIB + 1
