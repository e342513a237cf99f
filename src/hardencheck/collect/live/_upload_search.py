"""What to ask next to find the largest body that is accepted, and what the answers so far come to. Pure.

A try declares (or really sends) so many bytes; its answer is a status, a closed connection, or silence, which means
that the server waits for the body. What one byte is answered with is the measure: whatever differs is a refusal.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cache
from typing import Literal, NamedTuple

MAX_REQUESTS = 30
MAX_SECONDS = 8.0
FAR = 1 << 40
MAX_LATE = 2
SILENCE, CLOSED = "", "closed"
_KIB, _KB = 1 << 10, 1000
_LADDER = tuple(count * _KIB for count in (64, 1 << 10, 10 << 10, 100 << 10, 1 << 20, 10 << 20))
_COUNTS = (
    1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 16, 20, 24, 25, 28, 30, 32, 35, 40, 48, 50, 60, 64, 70, 75, 80, 96, 100, 120, 125,
    128, 150, 160, 192, 200, 250, 256, 300, 320, 384, 400, 500, 512, 600, 640, 700, 750, 768, 800, 900,
)  # fmt: skip
# Defaults that are no round number: Django's 2.5 MiB, waitress's (which it refuses itself), the largest of signed and
# unsigned numbers.
_ODD = (2_621_440, (1 << 30) - 1, (1 << 31) - 1, (1 << 32) - 1)

Outcome = Literal["exact", "between", "all-accepted", "no-difference", "unstable", "unfinished"]


class Try(NamedTuple):
    """length: bytes declared or sent. answer: a status, CLOSED or SILENCE. expect: with Expect: 100-continue.
    seconds: until the answer."""

    length: int
    answer: str
    expect: bool = False
    seconds: float = 0.0


class Ask(NamedTuple):
    """The next try. wait: seconds after which no answer is silence."""

    length: int
    expect: bool = False
    wait: float = 1.0


class Result(NamedTuple):
    """What the tries come to.

    outcome: "exact" (`accepted` is, one byte more is not), "between" (somewhere from `accepted` to below `refused`),
    "all-accepted" (nothing was refused up to the largest), "no-difference" (the least and the largest are answered
    alike), "unstable" (what is accepted is not less than what is refused, more than twice), "unfinished" (not even both
    ends are known).
    accepted: the largest known to be, 0 where none is. refused: the smallest known to be. answer: to that. base: to a
    byte. outer: another answer that larger ones get, "" where there is none: a second layer. repeated: both sides were
    asked twice.
    """

    outcome: Outcome
    accepted: int = 0
    refused: int | None = None
    answer: str = SILENCE
    base: str = SILENCE
    expect: bool = False
    outer: str = SILENCE
    outer_from: int = 0
    repeated: bool = False


def result(tries: Sequence[Try], *, least: int = 1, most: int = FAR) -> Result:
    """least: the length that is small enough to be accepted if anything is; most: the largest that is tried."""
    far = [one for one in tries if one.length == most]
    heard = next((one for one in far if one.answer != SILENCE), None)
    if heard is None:
        silent = {one.expect for one in far} == {False, True}
        return Result("all-accepted", accepted=most) if silent else Result("unfinished")
    tries = [one for one in tries if one.expect == heard.expect]
    base = next((one.answer for one in tries if one.length == least), None)
    if base is None:
        return Result("unfinished", refused=most, answer=heard.answer, expect=heard.expect)
    if base == CLOSED or (base == heard.answer and base != "413"):
        return Result("no-difference", answer=base, base=base, expect=heard.expect)
    if base == heard.answer:
        return Result("exact", 0, least, base, base, heard.expect, repeated=True)
    bad = sorted((one.length, one.answer) for one in tries if one.answer not in {SILENCE, base})
    refused, answer = bad[0]
    late = _late(tries, refused)
    good = sorted(one.length for one in tries if one.answer in {SILENCE, base} and one not in late)
    accepted = good[-1] if good else refused
    outer, outer_from = next(((other, length) for length, other in bad if other != answer), (SILENCE, 0))
    found = Result("between", accepted, refused, answer, base, heard.expect, outer, outer_from)
    if accepted >= refused or len(late) > MAX_LATE:
        return found._replace(outcome="unstable")
    if refused - accepted > 1:
        return found
    twice = good.count(accepted) > 1 and sum(length == refused for length, _ in bad) > 1
    return found._replace(outcome="exact", repeated=twice)


def _late(tries: Sequence[Try], refused: int) -> list[Try]:
    """Refusals that did not come while they were waited for: silence at a length that is refused, or a larger one."""
    return [one for one in tries if one.answer == SILENCE and one.length >= refused]


def following(tries: Sequence[Try], *, least: int = 1, most: int = FAR) -> Ask | None:
    """The next try that tells most; None when no other would tell more."""
    far = [one for one in tries if one.length == most]
    if not far:
        return Ask(most)
    heard = next((one for one in far if one.answer != SILENCE), None)
    if heard is None:
        return Ask(most, expect=True) if len(far) == 1 else None
    wait = min(1.0, max(0.25, 8 * heard.seconds))
    known = result(tries, least=least, most=most)
    if known.refused is not None and _late(tries, known.refused):
        wait = 1.0
    if known.outcome == "unfinished":
        return Ask(least, heard.expect, wait)
    if known.outcome == "between" and known.refused is not None:
        return Ask(_between(known.accepted, known.refused), heard.expect, wait)
    if known.outcome == "exact" and not known.repeated and known.refused is not None:
        # Again, from the side that may have been luck: an answer that came late looks like acceptance.
        count = sum(one.length == known.accepted and one.expect == heard.expect for one in tries)
        return Ask(known.accepted if count < 2 else known.refused, heard.expect, wait)
    return None


def _between(low: int, high: int) -> int:
    """A length above `low` (accepted) and below `high` (refused): first those that people write, then any.

    For a limit of exactly c, c + 1 is asked: a refusal leaves c and what is below. Only where c + 1 is known to be
    refused, c itself is asked, and where that is refused too, c - 1: some servers refuse the very number.
    """
    plausible = _plausible()
    if plausible[bisect_left(plausible, high) % len(plausible)] == high:
        return high - 1
    for some in (_LADDER, plausible):
        start, end = bisect_left(some, low), bisect_right(some, high - 1)
        if start < end:
            return _asked(some[(start + end - 1) // 2], high)
    first, last = -(-low // _KIB), (high - 1) // _KIB
    if first <= last:
        return _asked((first + last) // 2 * _KIB, high)
    return (low + high) // 2


def _asked(limit: int, high: int) -> int:
    return limit if limit == high - 1 else limit + 1


@cache
def _plausible() -> tuple[int, ...]:
    """Limits that people write."""
    units = [unit**power for unit in (_KIB, _KB) for power in (1, 2, 3)]
    whole = {count * unit for unit in units for count in _COUNTS} | set(_ODD) | set(_LADDER)
    return tuple(sorted(number for number in whole if number < FAR))
