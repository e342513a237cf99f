"""Each violation of the sweep is flagged by a check that is about it, at its line, and its clean twin fails nothing.

What is not so yet stands with its reason in `expected.toml`. A test that passes although it stands there fails:
`python -m tests.sweep.run --write` takes it off the list.
"""

import pytest

from tests.sweep import SAMPLES
from tests.sweep.run import expected, look, twin
from tests.sweep.sample import Sample

EXPECTED = expected()


def known(reason: str | None) -> list[pytest.MarkDecorator]:
    return [pytest.mark.xfail(strict=True, reason=reason, raises=AssertionError)] if reason else []


def case(sample: Sample, reason: str | None) -> object:
    return pytest.param(sample, id=sample.name, marks=known(reason))


TWINS = {repr(sample.clean): sample for sample in reversed(SAMPLES)}


@pytest.mark.parametrize("sample", [case(one, EXPECTED.missed.get(one.name)) for one in SAMPLES])
def test_is_flagged(sample: Sample) -> None:
    seen = look(sample)
    assert set(seen.right) & set(EXPECTED.flagged.get(sample.name, ())), seen


@pytest.mark.parametrize("sample", [case(one, EXPECTED.twins.get(one.name)) for one in TWINS.values()])
def test_the_twin_fails_nothing(sample: Sample) -> None:
    assert [finding.check for finding in twin(sample.clean)] == []


def test_the_names_are_unique_and_all_are_expected() -> None:
    names = [sample.name for sample in SAMPLES]
    assert sorted(set(names)) == sorted(names)
    assert sorted([*EXPECTED.flagged, *EXPECTED.missed]) == sorted(names)
    assert set(EXPECTED.twins) <= set(names)
