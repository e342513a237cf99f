"""Our lines beside the answers of Django's own deployment checks, which were measured (scripts/deploy_checks.py)."""

import datetime as dt
import json
import re
from pathlib import Path

import pytest

from hardencheck.catalogue.load import load_catalogue
from hardencheck.collect.options import Options
from hardencheck.collect.run import collect
from hardencheck.judge.settle import Policy, settle
from hardencheck.model.facts import Side
from hardencheck.model.finding import Verdict
from hardencheck.model.target import Target
from tests.settings.deploy_cases import cases

MEASURED: dict[str, dict[str, list[str]]] = json.loads(
    Path(__file__).with_name("deploy_checks.json").read_text(encoding="utf-8")
)
CATALOGUE = load_catalogue()
_ID = re.compile(r"security\.[EW]\d{3}")
ALIASED = tuple(check for check in CATALOGUE.checks.values() if any(map(_ID.fullmatch, check.aliases)))
# Where SecurityMiddleware is not there SECURE_SSL_REDIRECT has no effect. Django says nothing then; we look at the
# redirect itself.
NO_EFFECT = {
    name
    for name in ("no middleware", "middleware not set", "only sessions", "all but security")
}  # fmt: skip


def ids(root: Path, version: str, text: str) -> list[str]:
    """What our lines say of a module, in Django's ids."""
    (root / "shop").mkdir()
    (root / "shop" / "settings.py").write_text(text, encoding="utf-8")
    (root / "requirements.txt").write_text(f"django=={version}\n", encoding="utf-8")
    facts = collect(Target(repository=str(root)), Options(jobs=0)).facts
    found: set[str] = set()
    assert Side.DECLARED in facts.looked
    for item in settle(ALIASED, facts, Policy(today=dt.date(2026, 11, 1))).items:
        assert item.verdict in {Verdict.PASS, Verdict.FAIL, Verdict.NOT_APPLICABLE}, (item.line.id, item.summary)
        aliases = CATALOGUE.checks[item.line.id].aliases
        for finding in item.findings:
            if finding.verdict is Verdict.FAIL:
                found |= {aliases[0]} if len(aliases) == 1 else set(_ID.findall(finding.observed))
    return sorted(found)


@pytest.mark.parametrize("version", sorted(MEASURED))
@pytest.mark.parametrize("name", sorted(cases()))
def test_agrees_with_django(tmp_path: Path, name: str, version: str) -> None:
    expected = set(MEASURED[version][name])
    if name in NO_EFFECT:
        assert "security.W001" in expected
        expected.add("security.W008")
    assert ids(tmp_path, version, cases()[name]) == sorted(expected)


def test_every_case_was_measured_and_every_id_has_its_line() -> None:
    said = {one for answers in MEASURED.values() for ids in answers.values() for one in ids}
    assert all(answers.keys() == cases().keys() for answers in MEASURED.values())
    assert said <= CATALOGUE.also.keys()
    # Each id of our lines is one that Django gave somewhere: no line without a case.
    assert said == {alias for check in ALIASED for alias in check.aliases}


def test_an_id_of_django_selects_the_line() -> None:
    assert CATALOGUE.also["security.W004"] == "settings.hsts"
    assert CATALOGUE.also["security.W018"] == "settings.debug"
