"""The eight operators, pinned."""

import pytest

from hardencheck.catalogue.vocabulary import OPERATORS, holds
from hardencheck.model.check import Operator
from hardencheck.model.facts import Value


def test_there_are_eight_and_each_is_defined() -> None:
    assert [operator.value for operator in Operator] == [
        "equals", "one_of", "matches", "contains", "lacks", "at_least", "at_most", "without_bits",
    ]  # fmt: skip
    assert set(OPERATORS) == set(Operator)


@pytest.mark.parametrize(
    ("operator", "value", "operand", "expected"),
    [
        ("equals", True, True, True),
        ("equals", 1, True, False),
        ("equals", True, 1, False),
        ("equals", "a", "a", True),
        ("equals", ("a",), ("a",), True),
        ("one_of", "b", ("a", "b"), True),
        ("one_of", 1, ("1",), False),
        ("one_of", "ab", "ab", False),
        ("matches", "nosniff", "no.*", True),
        ("matches", "xnosniff", "no.*", False),
        ("matches", "nosniff\n", "nosniff", False),
        ("matches", 3, "3", False),
        ("contains", ("a", "b"), "a", True),
        ("contains", ("a", "b"), ("a", "c"), False),
        ("contains", "abc", "bc", True),
        ("contains", 5, "5", False),
        ("lacks", ("a",), "b", True),
        ("lacks", ("a", "b"), ("c", "b"), False),
        ("lacks", 5, "6", False),
        ("at_least", 31536000, 31536000, True),
        ("at_least", 1, 2, False),
        ("at_least", True, 0, False),
        ("at_least", "9", 1, False),
        ("at_most", 10, 10, True),
        ("at_most", 11, 10, False),
        ("at_most", 1.5, 2, True),
        ("without_bits", 0o640, 0o022, True),
        ("without_bits", 0o666, 0o022, False),
        ("without_bits", True, 0o022, False),
    ],
)
def test_truth_table(operator: str, value: Value, operand: Value, expected: bool) -> None:
    assert holds(Operator(operator), value, operand) is expected


@pytest.mark.parametrize("operator", list(Operator))
def test_a_missing_value_meets_no_condition(operator: Operator) -> None:
    for operand in (None, 0, "", (), True):
        assert holds(operator, None, operand) is False
