"""Every example of every check, through the real collectors."""

import datetime as dt

import pytest

from hardencheck.catalogue.load import load_catalogue
from hardencheck.judge.settle import Policy
from hardencheck.model.check import Check, Example
from hardencheck.testing import run_example

CHECKS = load_catalogue().checks
CASES = [
    pytest.param(check, example, id=f"{check.id}: {example.name}")
    for check in CHECKS.values()
    for example in check.examples
]


@pytest.mark.parametrize(("check", "example"), CASES)
def test_example(check: Check, example: Example) -> None:
    item = run_example(check, example, Policy(today=dt.date(2026, 11, 1)))
    assert item.verdict == example.verdict, [finding.observed for finding in item.findings]


@pytest.mark.parametrize("check", [check for check in CHECKS.values() if not check.manual], ids=lambda check: check.id)
def test_has_an_example_that_passes_and_one_that_fails(check: Check) -> None:
    assert {"pass", "fail"} <= {example.verdict for example in check.examples}
