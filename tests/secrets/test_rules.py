"""Every detection rule finds its examples and leaves its counter-examples alone."""

import re

import pytest

from hardencheck.catalogue.detection import load_detection
from hardencheck.collect.secrets.matcher import widened
from hardencheck.collect.secrets.rules import confirmed
from hardencheck.model.detection import DetectionRule
from hardencheck.testing import assembled

RULES = load_detection().rules


def _cases(kind: str) -> list[object]:
    return [
        pytest.param(rule, text, id=f"{rule.id}-{number}")
        for rule in RULES
        for number, text in enumerate(getattr(rule, kind))
    ]


@pytest.mark.parametrize(("rule", "template"), _cases("match"))
def test_finds(rule: DetectionRule, template: str) -> None:
    text = assembled(template, rule.id).encode()
    assert [hit for line in text.split(b"\n") for hit in confirmed(rule, line)], text


@pytest.mark.parametrize(("rule", "template"), _cases("no_match"))
def test_leaves_alone(rule: DetectionRule, template: str) -> None:
    text = assembled(template, rule.id).encode()
    assert not [hit for line in text.split(b"\n") for hit in confirmed(rule, line)], text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_can_be_matched_by_an_automaton(rule: DetectionRule) -> None:
    assert widened(re.compile(rule.pattern))


def test_examples_hold_no_token() -> None:
    """A template with its holes is no token: what stands in our files must not look like one to another scanner."""
    forms = [rule for rule in RULES if rule.class_ in {"provider-token", "cloud-credential", "private-key", "jwt"}]
    bare = {
        rule.id: other.id
        for rule in RULES
        for text in (*rule.match, *rule.no_match)
        for other in forms
        if any(confirmed(other, text.encode()))
    }
    assert bare == {}
