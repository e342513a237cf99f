"""What runs is not what the repository says: each kind of drift is found and explained, and without any there is none."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hardencheck.collect.options import Options
from hardencheck.collect.run import collect
from hardencheck.model.facts.drift import Drift
from hardencheck.model.gap import Gap
from hardencheck.model.target import Target
from tests.integration.stacks import CASES, PROGRAMS, Case, find, free_ports, started, written

pytestmark = pytest.mark.integration

KINDS = frozenset({"drift"})
PATHS = ("", "missing", "broken")


@contextmanager
def serving(case: Case, running: Case, root: Path) -> Iterator[tuple[Path, int, int]]:
    """(the repository of one, the port at which the other answers, the port of its application)"""
    program = find(PROGRAMS[case.front]) if case.front else ""
    if program is None:
        pytest.skip(f"{PROGRAMS[case.front]} is not installed: there is nothing to compare with")
    port, front = free_ports()
    names = {"@PORT@": str(port), "@FRONT@": str(front), "@HERE@": str(root / "run")}
    written(case, root / "repository", names)
    written(running, root / "running", names)
    with started(running, root / "running", root / "run", names, port, front, program) as visited:
        yield root / "repository", visited, port


def compared(repository: Path, *urls: str) -> tuple[list[Drift], list[Gap]]:
    facts = collect(Target(repository=str(repository), urls=urls), Options(jobs=0, kinds=KINDS))
    found = [fact for fact in facts.facts.of("drift") if isinstance(fact, Drift)]
    return found, [gap for gap in facts.facts.gaps if "drift" in gap.kinds]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_runs_from_its_files_has_not_drifted(case: Case, tmp_path: Path) -> None:
    with serving(case, case, tmp_path) as (repository, port, _):
        found, gaps = compared(repository, *(f"http://127.0.0.1:{port}/{path}" for path in PATHS))
    assert [fact.describe() for fact in found if not fact.agrees] == []
    assert {fact.status for fact in found if fact.outcome == "same"} >= {200}
    assert [gap.detail for gap in gaps] == []
