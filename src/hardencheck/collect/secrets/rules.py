"""One detection rule on one line: what it matches, and whether the value bears a closer look. Pure."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from hardencheck.collect.secrets.checksums import fits
from hardencheck.model.detection import DetectionRule


class Hit(NamedTuple):
    """start, stop: of the value in the line, bytes. sound: its checksum is right, or it has none."""

    start: int
    stop: int
    value: bytes
    sound: bool


def confirmed(rule: DetectionRule, line: bytes) -> Iterator[Hit]:
    """Where a rule matches a line (without its end), with values of enough entropy."""
    expression, group = _compiled(rule.pattern)
    for match in expression.finditer(line):
        value = match[group]
        if value and (not rule.entropy or entropy(value) >= rule.entropy):
            yield Hit(*match.span(group), value, not rule.checksum or fits(rule.checksum, value))


@cache
def _compiled(pattern: str) -> tuple[re.Pattern[bytes], int | str]:
    expression = re.compile(pattern.encode("ascii"))
    return expression, "secret" if "secret" in expression.groupindex else min(1, expression.groups)


def entropy(value: bytes) -> float:
    """Shannon bits a byte."""
    total = len(value) or 1
    return -sum(count / total * math.log2(count / total) for count in Counter(value).values())
