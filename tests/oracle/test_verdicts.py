"""Through the whole product: settings and verdicts of generated packages beside what importing them gives, and beside
what Django's own security checks say of them."""

import datetime as dt
import json
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given

from hardencheck.catalogue.load import load_catalogue
from hardencheck.collect.options import Options
from hardencheck.collect.run import collect
from hardencheck.judge.settle import Policy, settle
from hardencheck.model.facts.settings import FrameworkSetting
from hardencheck.model.finding import Verdict
from hardencheck.model.gap import FactSet
from hardencheck.model.target import Target
from tests.oracle.comparing import ASSUMED, Real, encoded
from tests.oracle.packages import Package, packages
from tests.oracle.test_values import drawing, written
from tests.oracle.world import Answer, World

STYLES = ("single", "stars", "attributes", "split")
CATALOGUE = load_catalogue()
_ID = re.compile(r"security\.[EW]\d{3}")
ALIASED = tuple(check for check in CATALOGUE.checks.values() if any(map(_ID.fullmatch, check.aliases)))
KINDS = frozenset(rule.fact for check in ALIASED for rule in check.rules) | {"framework.setting"}
# What Django does not start without; no key, so the text is put together when the file is written.
ESSENTIAL = "SECRET_KEY = 'not-a-key-' + 'abcdefghij0123456789' * 3\nROOT_URLCONF = 'shop.urls'\nINSTALLED_APPS = []\n"


def project(package: Package, django: str) -> Package:
    """The package with the files that say how it is run: version, environment, settings module."""
    environment = package.environments[1]
    lines = "".join(f"      {name}: {json.dumps(text)}\n" for name, text in environment.items())
    compose = (
        f"services:\n  web:\n    build: .\n    environment:\n{lines}      DJANGO_SETTINGS_MODULE: {package.module}\n"
    )
    files = {
        **package.files,
        package.path: ESSENTIAL + package.files[package.path],
        "requirements.txt": f"django=={django}\n",
        "compose.yaml": compose,
    }
    return package._replace(files=files)


def real_of(value: object) -> object:
    """A value of a fact, to compare with `spelled`."""
    return list(value) if isinstance(value, tuple) else encoded(value)


def spelled(real: Real) -> object:
    """A real value as a fact has it: a list is its texts. None where no fact can say it."""
    if real[0] in {"list", "tuple", "set"}:
        texts = [item[1] for item in real[1] if item[0] == "str"]
        return (sorted(texts) if real[0] == "set" else texts) if len(texts) == len(real[1]) else None
    return real if real[0] in {"NoneType", "bool", "int", "float", "str"} else None


def compare_settings(facts: FactSet, answer: Answer, counts: Counter[str]) -> None:
    assert answer.effective is not None
    for fact in facts.of("framework.setting"):
        assert isinstance(fact, FrameworkSetting)
        real = answer.effective.get(fact.name)
        wanted = spelled(real) if real is not None else None
        if wanted is None or any(name.startswith(ASSUMED) for name in fact.depends_on):
            continue
        if fact.source == "environment":
            assert real is not None
            assert bool(real[1]) is fact.on, (fact, real)
        else:
            assert wanted in [real_of(value) for value in (fact.value, *fact.others)], (fact, real)
        counts["settings"] += 1


def compare_verdicts(facts: FactSet, answer: Answer, counts: Counter[str]) -> None:
    assert answer.checks is not None
    for item in settle(ALIASED, facts, Policy(today=dt.date(2026, 11, 1))).items:
        counts["lines"] += 1
        if item.verdict not in {Verdict.PASS, Verdict.FAIL, Verdict.NOT_APPLICABLE}:
            continue
        aliases = {alias for alias in CATALOGUE.checks[item.line.id].aliases if _ID.fullmatch(alias)}
        if "security.W001" in answer.checks:
            # Without its middleware SECURE_SSL_REDIRECT has no effect: Django says nothing of it, we look at that.
            aliases.discard("security.W008")
        failed = [finding for finding in item.findings if finding.verdict is Verdict.FAIL]
        ours = aliases if failed else set()
        if failed and len(aliases) > 1:
            ours = aliases & {one for finding in failed for one in _ID.findall(finding.observed)}
        assert ours == aliases & set(answer.checks), (item.line.id, item.summary, answer.checks)
        counts["judged"] += 1


@pytest.mark.parametrize("style", STYLES)
def test_it_says_what_django_says(world: World, style: str, tmp_path: Path) -> None:
    counts: Counter[str] = Counter()
    folder = tmp_path / "repository"

    @drawing(f"verdicts {style} {world.django}", share=0.4)
    @given(packages(style))
    def run(drawn: Package) -> None:
        package = project(drawn, world.django)
        root = written(folder, package)
        answer = world.imported(root, package.module, package.environments[1], checks=True)
        facts = collect(Target(repository=str(root)), Options(jobs=0, kinds=KINDS)).facts
        counts["packages"] += 1
        if answer.effective is not None:
            compare_settings(facts, answer, counts)
        if answer.checks is not None:
            compare_verdicts(facts, answer, counts)

    run()
    print(style, world.django, dict(counts))
    assert counts["settings"] > counts["packages"] * 5, counts
    assert counts["judged"] > counts["lines"] * 0.7 > 0, counts
