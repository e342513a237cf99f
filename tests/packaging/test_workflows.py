"""action.yml and our workflows: pinned, least permissions, no text of an event inside a shell."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTION = ROOT / "action.yml"
PINNED = re.compile(r"(?P<name>[\w.-]+/[\w./-]+)@(?P<sha>[0-9a-f]{40}) # (?P<tag>v\d+\.\d+\.\d+)")


def load(path: Path) -> dict[Any, Any]:
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def steps(path: Path) -> Iterator[dict[str, Any]]:
    loaded = load(path)
    if "runs" in loaded:
        yield from loaded["runs"]["steps"]
    for job in loaded.get("jobs", {}).values():
        yield from job["steps"]


@pytest.mark.parametrize("path", [ACTION, *WORKFLOWS], ids=lambda path: path.name)
def test_actions_are_pinned_by_commit_with_their_version(path: Path) -> None:
    used = re.findall(r"^\s*(?:- )?uses: (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert [text for text in used if not PINNED.fullmatch(text) and not text.startswith("./ # zizmor: ")] == []


def test_one_commit_for_each_action() -> None:
    """A bump that forgot a file shows here."""
    pins: dict[str, set[str]] = {}
    for path in (ACTION, *WORKFLOWS):
        for match in PINNED.finditer(path.read_text(encoding="utf-8")):
            pins.setdefault(match["name"], set()).add(f"{match['sha']} {match['tag']}")
    assert {name: found for name, found in pins.items() if len(found) > 1} == {}


@pytest.mark.parametrize("path", [ACTION, *WORKFLOWS], ids=lambda path: path.name)
def test_no_expression_inside_a_shell(path: Path) -> None:
    assert [step["run"] for step in steps(path) if "${{" in step.get("run", "")] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_grants_nothing_and_a_job_only_what_it_names(path: Path) -> None:
    workflow = load(path)
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["permissions"], "name what the job needs"
        assert job["timeout-minutes"] <= 60
    triggers = workflow[True]  # YAML 1.1 reads the key `on` as true
    assert "pull_request_target" not in triggers


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_checkout_leaves_its_token_behind(path: Path) -> None:
    checkouts = [step for step in steps(path) if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_writing_permissions_are_where_they_are_needed_and_nowhere_else() -> None:
    granted = {
        (path.stem, name, permission)
        for path in WORKFLOWS
        for name, job in load(path)["jobs"].items()
        for permission, level in job["permissions"].items()
        if level == "write"
    }
    assert granted == {
        ("hardencheck", "gate", "security-events"),
        ("release", "attest", "attestations"),
        ("release", "attest", "id-token"),
        ("release", "publish", "id-token"),
    }


def test_every_input_of_the_action_reaches_a_step_and_every_output_has_a_source() -> None:
    action = load(ACTION)
    text = ACTION.read_text(encoding="utf-8").partition("\nruns:")[2]
    assert [name for name in action["inputs"] if f"inputs.{name} " not in text] == []
    assert all(
        output["value"] == f"${{{{ steps.audit.outputs.{name} }}}}" for name, output in action["outputs"].items()
    )


def test_the_gate_is_the_last_step_and_always_runs() -> None:
    last = list(steps(ACTION))[-1]
    assert (last["name"], last["if"]) == ("Gate", "always()")


def test_the_hook_judges_the_whole_repository() -> None:
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert (hook["pass_filenames"], hook["always_run"]) == (False, True)


def test_the_matrix_covers_every_python_the_package_claims() -> None:
    claimed = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    matrix = load(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]["test"]["strategy"]["matrix"]
    assert matrix["python"] == claimed
