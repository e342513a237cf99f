"""No eight characters of a secret in any report of a repository that holds twenty kinds of them."""

import datetime as dt
import subprocess
from pathlib import Path

import pytest

from hardencheck.audit import audit
from hardencheck.catalogue.load import load_catalogue
from hardencheck.collect.options import Options
from hardencheck.collect.source.git import environment
from hardencheck.judge.settle import Policy
from hardencheck.model.checklist import Checklist
from hardencheck.model.target import Target
from hardencheck.report import RENDERERS, render
from tests.secrets.canaries import Canary, leaks, plant


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> tuple[Checklist, list[Canary]]:
    root = tmp_path_factory.mktemp("planted")
    canaries = plant(root)
    for command in (["init", "--quiet"], ["add", "--force", "."]):
        subprocess.run(["git", "-C", str(root), *command], env=environment(), check=True)
    policy = Policy(today=dt.date(2026, 11, 22))
    return audit(Target(repository=str(root)), load_catalogue(), policy, Options(jobs=0)), canaries


@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("fmt", sorted(RENDERERS))
def test_no_report_holds_a_piece_of_a_secret(audited: tuple[Checklist, list[Canary]], fmt: str, verbose: bool) -> None:
    checklist, canaries = audited
    text = render(fmt, checklist, verbose=verbose)
    assert leaks(text, canaries) == []


def test_the_reports_speak_of_the_files_that_hold_them(audited: tuple[Checklist, list[Canary]]) -> None:
    checklist, canaries = audited
    text = render("json", checklist)
    assert {canary.path for canary in canaries if canary.path not in text} == set()


def test_no_report_names_a_directory_of_this_machine(
    audited: tuple[Checklist, list[Canary]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    checklist, _ = audited
    base = str(Path(tmp_path_factory.getbasetemp()))
    assert [fmt for fmt in RENDERERS if base in render(fmt, checklist, verbose=True)] == []
