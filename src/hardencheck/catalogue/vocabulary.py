"""The closed table of operators. TOML compares; collectors parse; named predicates decide the rest."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from hardencheck.model.check import Operator
from hardencheck.model.facts import Value


class Meaning(NamedTuple):
    """fields: the types of field it may be asked of. operands: the types of its operand. holds: the comparison."""

    fields: frozenset[type]
    operands: frozenset[type]
    holds: Callable[[Value, Value], bool]
    words: str


def _equals(value: Value, operand: Value) -> bool:
    # True == 1 in Python; in a rule they are different answers.
    return type(value) is type(operand) and value == operand


def _one_of(value: Value, operand: Value) -> bool:
    return isinstance(operand, tuple) and any(_equals(value, option) for option in operand)


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _matches(value: Value, operand: Value) -> bool:
    return isinstance(value, str) and isinstance(operand, str) and compiled(operand).fullmatch(value) is not None


def _wanted(operand: Value) -> tuple[str, ...]:
    return operand if isinstance(operand, tuple) else (str(operand),)


def _contains(value: Value, operand: Value) -> bool:
    return isinstance(value, str | tuple) and all(item in value for item in _wanted(operand))


def _lacks(value: Value, operand: Value) -> bool:
    return isinstance(value, str | tuple) and all(item not in value for item in _wanted(operand))


def _number(value: Value) -> float | int | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _at_least(value: Value, operand: Value) -> bool:
    number, bound = _number(value), _number(operand)
    return number is not None and bound is not None and number >= bound


def _at_most(value: Value, operand: Value) -> bool:
    number, bound = _number(value), _number(operand)
    return number is not None and bound is not None and number <= bound


def _without_bits(value: Value, operand: Value) -> bool:
    return isinstance(value, int) and isinstance(operand, int) and not isinstance(value, bool) and value & operand == 0


_NUMBERS = frozenset({int, float})
_SCALARS = frozenset({bool, int, float, str})

OPERATORS: dict[Operator, Meaning] = {
    Operator.EQUALS: Meaning(_SCALARS | {tuple}, _SCALARS | {tuple}, _equals, "is"),
    Operator.ONE_OF: Meaning(_SCALARS, frozenset({tuple}), _one_of, "is one of"),
    Operator.MATCHES: Meaning(frozenset({str}), frozenset({str}), _matches, "matches"),
    Operator.CONTAINS: Meaning(frozenset({str, tuple}), frozenset({str, tuple}), _contains, "contains"),
    Operator.LACKS: Meaning(frozenset({str, tuple}), frozenset({str, tuple}), _lacks, "lacks"),
    Operator.AT_LEAST: Meaning(_NUMBERS, _NUMBERS, _at_least, "is at least"),
    Operator.AT_MOST: Meaning(_NUMBERS, _NUMBERS, _at_most, "is at most"),
    Operator.WITHOUT_BITS: Meaning(frozenset({int}), frozenset({int}), _without_bits, "has none of the bits"),
}


def holds(operator: Operator, value: Value, operand: Value) -> bool:
    """Whether the comparison is true. A missing value (None) meets no condition, whatever the operator."""
    return value is not None and OPERATORS[operator].holds(value, operand)
