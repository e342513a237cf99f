"""Our lines beside the answers of Django's own deployment checks, which were measured (scripts/deploy_checks.py)."""

import datetime as dt
import json
import re
from pathlib import Path

import pytest

from hardencheck.audit import audit
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
# The facts that say themselves which id Django gives.
_TELLING = {"django.protection", "redirect.declared", "redirect.exempt"}


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
        check = CATALOGUE.checks[item.line.id]
        telling = {rule.fact for rule in check.rules} <= _TELLING
        for finding in item.findings:
            if finding.verdict is Verdict.FAIL:
                found |= set(_ID.findall(finding.observed) if telling else check.aliases)
    return sorted(found)


@pytest.mark.parametrize("version", sorted(MEASURED))
@pytest.mark.parametrize("name", sorted(cases()))
def test_agrees_with_django(tmp_path: Path, name: str, version: str) -> None:
    assert ids(tmp_path, version, cases()[name]) == sorted(MEASURED[version][name])


def test_every_case_was_measured_and_every_id_has_its_line() -> None:
    said = {one for answers in MEASURED.values() for ids in answers.values() for one in ids}
    assert all(answers.keys() == cases().keys() for answers in MEASURED.values())
    assert said <= CATALOGUE.also.keys()
    # Each id of our lines is one that Django gave somewhere: no line without a case.
    assert said == {alias for check in ALIASED for alias in check.aliases}


DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "django-deploy-checks.md"
_DIFFERS = {
    "settings.security-middleware": "a subclass in the repository counts; Django compares names",
    "settings.clickjacking-middleware": "a subclass in the repository counts; Django compares names",
    "settings.csrf-middleware": "a subclass in the repository counts; Django compares names",
    "settings.hsts": "passes where the proxy of the repository sends the header",
    "settings.hsts-subdomains": "passes where the proxy of the repository sends it",
    "settings.hsts-preload": "passes where the proxy of the repository sends it",
    "settings.content-type-nosniff": "passes where the proxy of the repository sends the header",
    "settings.referrer-policy": "passes where the proxy of the repository sends the header",
    "settings.ssl-redirect": "passes where the proxy redirects; fails, not as W008, without SecurityMiddleware",
    "settings.secret-key-strength": "a key from the environment is not measured",
    "settings.secret-key-fallbacks": "keys from the environment are unknown",
    "settings.debug": "Flask as well",
}
_INTRODUCTION = f"""# Django's deployment checks, and our lines

`manage.py check --deploy` imports the project; these lines are judged from the source alone. The ids of Django are
aliases: `hardencheck scan --select 'security.*'` judges them all, `--select security.W004` one. The table is written by
`tests/settings/test_deploy_checks.py`, which also compares the answers with those of Django on
{len(cases())} settings modules.

Django ids that are no alias here: E026 (SECURE_CSP is no dictionary; `settings.csp-table` says so), E101 and E102 (the
CSRF failure view) end `check` with an error on any machine; W027 (a nonce without its context processor, Django 6.1).
W007 and W017 are gone from Django.

| Django | line | severity | differs |
|---|---|---|---|
"""


def test_the_table_in_the_documentation_is_that_of_the_catalogue(request: pytest.FixtureRequest) -> None:
    rows = sorted(
        (", ".join(one.removeprefix("security.") for one in check.aliases), check.id, check.severity.value)
        for check in ALIASED
    )
    assert {line for _, line, _ in rows} >= _DIFFERS.keys()
    text = _INTRODUCTION + "".join(
        f"| {ids} | `{line}` | {severity} | {_DIFFERS.get(line, '')} |\n" for ids, line, severity in rows
    )
    if request.config.getoption("--update-golden"):
        DOCUMENT.write_text(text, encoding="utf-8")
    assert text == DOCUMENT.read_text(encoding="utf-8")


def test_an_id_of_django_selects_the_line(tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text("ROOT_URLCONF = 'shop.urls'\n", encoding="utf-8")
    target = Target(repository=str(tmp_path))
    for wanted, ids in (("security.W004", {"settings.hsts"}), ("security.*", {check.id for check in ALIASED})):
        report = audit(target, CATALOGUE, Policy(today=dt.date(2026, 11, 1)), select_ids=(wanted,))
        assert {item.line.id for item in report.items} == ids
    assert CATALOGUE.resolve("security.W004") == "settings.hsts"
    assert CATALOGUE.resolve("security.W018") == "settings.debug"
