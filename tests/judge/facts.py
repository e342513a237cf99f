"""Facts of the tests' own, so that the judge is tested from literals alone."""

from typing import ClassVar

from hardencheck.model.check import Check, Condition, Operator, Quantifier, Rule, Severity
from hardencheck.model.facts import Fact, Side
from hardencheck.model.location import Location


class Limit(Fact, tag="test.limit", frozen=True, kw_only=True):
    """A declared upper bound; None: none."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("layer",)
    layer: str = "proxy"
    max_bytes: int | None = None

    def describe(self) -> str:
        return "no limit" if self.max_bytes is None else f"{self.max_bytes} bytes"


class Seen(Fact, tag="test.seen", frozen=True, kw_only=True):
    """The same as measured."""

    side: ClassVar[Side] = Side.OBSERVED
    max_bytes: int | None = None


class Compared(Fact, tag="test.compared", frozen=True, kw_only=True):
    """Both, side by side."""

    side: ClassVar[Side] = Side.OBSERVED
    drifts: ClassVar[str] = "declared and observed differ"
    agrees: bool


def compared(agrees: bool) -> Compared:
    return Compared(location=Location(url="https://service.example/"), agrees=agrees)


def limit(max_bytes: int | None, *, layer: str = "proxy", path: str = "nginx.conf", line: int = 1) -> Limit:
    return Limit(location=Location(path=path, line=line), layer=layer, max_bytes=max_bytes)


def seen(max_bytes: int | None, *, url: str = "https://service.example/") -> Seen:
    return Seen(location=Location(url=url), max_bytes=max_bytes)


def rule(quantifier: Quantifier = Quantifier.EVERY, fact: str = "test.limit", layer: str | None = None) -> Rule:
    where = (Condition(field="layer", operand=layer),) if layer else ()
    condition = Condition(field="max_bytes", operator=Operator.AT_MOST, operand=10)
    return Rule(fact=fact, quantifier=quantifier, where=where, conditions=(condition,))


def check(*rules: Rule, severity: Severity = Severity.HIGH) -> Check:
    return Check(
        id="uploads.test",
        title="Bodies are limited",
        area="uploads",
        severity=severity,
        owner="platform",
        expected="10 bytes or less.",
        why="Because.",
        fix="Set it.",
        rollback="Unset it.",
        bypass="Never.",
        rules=rules,
    )
