"""Which name somebody meant who wrote another one."""

from collections.abc import Iterable

_SHORTEST = 8  # DEBUG and the like have too many neighbours
_ONE, _TWO = 8, 14  # characters from which on one, or two, may be wrong


def meant(name: str, known: Iterable[str]) -> str:
    """The one of the known names that a name is a misspelling of; "" when it is none, or not clear which.

    A misspelling: the same words in another order, other underscores, SECURE_ too many or missing, or a letter or two
    that are wrong, missing or too many.
    """
    if len(name) < _SHORTEST or len(name) > 60:
        return ""
    scored = sorted((distance, one) for one in known if (distance := _distance(name, one)) is not None)
    if not scored or (len(scored) > 1 and scored[0][0] == scored[1][0]):
        return ""
    return scored[0][1]


def _distance(name: str, known: str) -> int | None:
    """0 for the same words, else the number of wrong letters; None where it is another name."""
    if name == known:
        return None
    if name.replace("_", "") == known.replace("_", ""):
        return 0
    if sorted(name.split("_")) == sorted(known.split("_")):
        return 0
    if len(known) >= _TWO and known in {f"SECURE_{name}", name.removeprefix("SECURE_")}:
        return 0
    allowed = 2 if len(name) >= _TWO else 1 if len(name) >= _ONE else 0
    if abs(len(name) - len(known)) > allowed or name[0] != known[0]:
        return None

    words, others = name.split("_"), known.split("_")
    if len(words) == len(others) and not all(map(_alike, words, others)):
        return None  # SESSION_COOKIE_DATA is no misspelt SESSION_COOKIE_PATH
    edits = edit_distance(name, known, allowed)
    return edits if edits <= allowed else None


def _alike(one: str, other: str) -> bool:
    """Whether two words may be one: a letter for every four of them may be wrong."""
    most = max(1, len(one) // 4)
    return one == other or edit_distance(one, other, most) <= most


def edit_distance(one: str, other: str, most: int) -> int:
    """Letters to change, add, drop or swap with their neighbour; `most` + 1 for anything above `most`."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, start=1):
        before, previous, row = row, before, [i]
        for j, right in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                cost = min(cost, previous[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)
