"""scripts/github_action.py against real repositories and a stand-in for the installed program."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("github_action", ROOT / "scripts" / "github_action.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ACTION = load_script()


def git(path: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=T", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", str(path), *identity, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(path: Path, name: str) -> str:
    (path / name).write_text(name, encoding="utf-8")
    git(path, "add", "--all")
    git(path, "commit", "--quiet", "-m", name)
    return git(path, "rev-parse", "HEAD")


class Merged:
    """main: first, second. A branch off first: its head. HEAD: the merge that GitHub makes of both."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()
        git(path, "init", "--quiet", "--initial-branch=main")
        self.first = commit(path, "first.txt")
        git(path, "switch", "--quiet", "--create", "branch")
        self.head = commit(path, "branch.txt")
        git(path, "switch", "--quiet", "main")
        self.second = commit(path, "second.txt")
        git(path, "merge", "--quiet", "--no-ff", "--no-edit", "branch")

    def event(self, tmp_path: Path, *, full_name: str = "us/shop", login: str = "ann") -> str:
        file = tmp_path / "event.json"
        head = {"sha": self.head, "repo": {"full_name": full_name}}
        pull_request = {"base": {"sha": self.first}, "head": head, "user": {"login": login}}
        file.write_text(json.dumps({"pull_request": pull_request}), encoding="utf-8")
        return str(file)


@pytest.fixture
def merged(tmp_path: Path) -> Merged:
    return Merged(tmp_path / "shop")


def test_a_merge_commit_is_compared_with_its_first_parent_not_with_the_older_base_of_the_event(
    merged: Merged, tmp_path: Path
) -> None:
    env = {"INPUT_PATH": str(merged.path), "GITHUB_EVENT_PATH": merged.event(tmp_path)}
    assert ACTION.compared_with(env).revision == merged.second


def test_a_checkout_of_the_head_is_compared_with_the_base_of_the_event(merged: Merged, tmp_path: Path) -> None:
    git(merged.path, "switch", "--quiet", "branch")
    env = {"INPUT_PATH": str(merged.path), "GITHUB_EVENT_PATH": merged.event(tmp_path)}
    assert ACTION.compared_with(env).revision == merged.first


def test_a_shallow_clone_lacks_the_base_and_says_what_to_do(merged: Merged, tmp_path: Path) -> None:
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth=1", merged.path.as_uri(), str(shallow))
    env = {"INPUT_PATH": str(shallow), "GITHUB_EVENT_PATH": merged.event(tmp_path)}
    with pytest.raises(ACTION.Unusable, match="fetch-depth: 0"):
        ACTION.compared_with(env)


@pytest.mark.parametrize("revision", ["no-such-branch", "--output=x", "-h"])
def test_a_revision_that_is_none(merged: Merged, revision: str) -> None:
    with pytest.raises(ACTION.Unusable, match="fetch-depth: 0"):
        ACTION.compared_with({"INPUT_PATH": str(merged.path), "INPUT_NEW_SINCE": revision})


def test_a_push_is_compared_with_nothing(merged: Merged) -> None:
    assert ACTION.compared_with({"INPUT_PATH": str(merged.path)}).revision is None


def test_none_asks_for_everything_even_in_a_pull_request(merged: Merged, tmp_path: Path) -> None:
    event = merged.event(tmp_path)
    env = {"INPUT_PATH": str(merged.path), "GITHUB_EVENT_PATH": event, "INPUT_NEW_SINCE": "none"}
    assert ACTION.compared_with(env).revision is None


def test_the_policy_of_a_pull_request_is_that_of_its_base(merged: Merged, tmp_path: Path) -> None:
    env = {
        "HARDENCHECK_VENV": "/venv",
        "INPUT_PATH": str(merged.path),
        "GITHUB_EVENT_PATH": merged.event(tmp_path),
        "INPUT_FAIL_ON": "medium, drift",
        "INPUT_URL": "https://staging.example/",
    }
    command = ACTION.scan_command(env, {"json": Path("/r/audit.json")})
    assert command[1:] == [
        *("scan", "--format", "terminal", "--format", "json=/r/audit.json"),
        *("--fail-on=medium", "--fail-on=drift", "--url=https://staging.example/"),
        *(f"--new-since={merged.second}", f"--policy-ref={merged.second}"),
        *("--", str(merged.path)),
    ]


@pytest.mark.parametrize(
    ("asked", "full_name", "login", "actor", "wanted"),
    [
        ("auto", "us/shop", "ann", "ann", True),
        ("auto", "fork/shop", "ann", "ann", False),
        ("auto", "us/shop", "dependabot[bot]", "ann", False),
        ("auto", "us/shop", "ann", "dependabot[bot]", False),
        ("true", "fork/shop", "ann", "ann", True),
        ("false", "us/shop", "ann", "ann", False),
    ],
)
def test_upload_only_where_the_token_can_write(
    merged: Merged, tmp_path: Path, asked: str, full_name: str, login: str, actor: str, wanted: bool
) -> None:
    env = {
        "GITHUB_EVENT_PATH": merged.event(tmp_path, full_name=full_name, login=login),
        "GITHUB_REPOSITORY": "us/shop",
        "GITHUB_ACTOR": actor,
        "INPUT_UPLOAD_SARIF": asked,
    }
    assert ACTION.wants_upload(env) is wanted


def test_a_deleted_fork_is_no_reason_to_upload(merged: Merged, tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    event.write_text('{"pull_request": {"head": {"sha": "0", "repo": null}, "user": null}}', encoding="utf-8")
    assert ACTION.wants_upload({"GITHUB_EVENT_PATH": str(event), "GITHUB_REPOSITORY": "us/shop"}) is False


# The audit step whole, with a program that writes what it is told to


STAND_IN = """#!{python}
import json, pathlib, sys
for argument in sys.argv:
    name, _, path = argument.partition("=")
    if path and name in ("json", "html", "sarif", "markdown", "github"):
        pathlib.Path(path).write_text({texts!r}.get(name, name), encoding="utf-8")
print("a file called ::error::gotcha")
sys.exit({code})
"""
ITEMS = [
    {"verdict": "fail", "findings": [{"verdict": "fail", "new": True}, {"verdict": "fail", "new": False}]},
    {"verdict": "pass", "findings": []},
    {"verdict": "pass"},
    {"verdict": "not-applicable"},
]


class Step:
    """Runs the audit step and keeps what it left."""

    def __init__(self, tmp_path: Path, *, code: int, texts: dict[str, str] | None = None, **inputs: str) -> None:
        self.folder = tmp_path / "runner"
        (self.folder / "venv" / "bin").mkdir(parents=True)
        program = self.folder / "venv" / "bin" / "hardencheck"
        texts = {"json": json.dumps({"items": ITEMS})} if texts is None else texts
        program.write_text(STAND_IN.format(python=sys.executable, texts=texts, code=code), encoding="utf-8")
        program.chmod(0o755)
        env = {
            "PATH": os.environ["PATH"],
            "RUNNER_TEMP": str(self.folder),
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            "HARDENCHECK_VENV": str(self.folder / "venv"),
            **inputs,
        }
        done = subprocess.run(
            [sys.executable, "-I", str(ROOT / "scripts" / "github_action.py"), "audit"],
            env=env,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        self.log = done.stdout

    @property
    def outputs(self) -> dict[str, str]:
        lines = (self.folder / "output").read_text(encoding="utf-8").splitlines()
        assert all(line.endswith(lines[index + 2]) for index, line in enumerate(lines) if index % 3 == 0)
        return {lines[index].partition("<<")[0]: lines[index + 1] for index in range(0, len(lines), 3)}

    @property
    def summary(self) -> str:
        file = self.folder / "summary"
        return file.read_text(encoding="utf-8") if file.exists() else ""


def test_the_step_ends_well_and_its_outputs_tell_the_verdict(tmp_path: Path) -> None:
    step = Step(tmp_path, code=1)
    report = step.folder / "hardencheck-report"
    expected: dict[str, Any] = {
        "exit-code": "1",
        "report-dir": str(report),
        "upload": "true",
        "json": str(report / "audit.json"),
        "html": str(report / "audit.html"),
        "sarif": str(report / "audit.sarif"),
        **{"pass": "2", "fail": "1", "unknown": "0", "not-applicable": "1"},
        **{"manual": "0", "waived": "0", "error": "0", "new": "1"},
    }
    assert step.outputs == expected
    assert step.summary == "markdown"


def test_the_runner_obeys_nothing_that_the_scan_prints_and_all_that_the_annotations_say(tmp_path: Path) -> None:
    lines = Step(tmp_path, code=1, texts={"github": "::error file=a.py::ours"}).log.splitlines()
    [stop] = [index for index, line in enumerate(lines) if line.startswith("::stop-commands::")]
    go_on = lines.index(f"::{lines[stop].removeprefix('::stop-commands::')}::")
    assert stop < lines.index("a file called ::error::gotcha") < go_on < lines.index("::error file=a.py::ours")


def test_annotations_and_summary_can_be_left_out(tmp_path: Path) -> None:
    texts = {"github": "::error::ours"}
    step = Step(tmp_path, code=0, texts=texts, INPUT_ANNOTATIONS="false", INPUT_SUMMARY="false")
    assert "::error::ours" not in step.log
    assert step.summary == ""


def test_a_summary_over_the_limit_is_cut_at_a_line_and_says_so(tmp_path: Path) -> None:
    step = Step(tmp_path, code=1, texts={"markdown": "0123456789abcde\n" * 100_000})
    assert 850 * 1024 < len(step.summary) < 901 * 1024
    assert step.summary.splitlines()[-1] == "Cut here: too long for a step summary; the HTML report has all."


def test_a_crash_is_an_internal_error_though_python_ends_with_one(tmp_path: Path) -> None:
    program = "#!/bin/sh\nexit 1\n"
    step = Step(tmp_path, code=1)
    (step.folder / "venv" / "bin" / "hardencheck").write_text(program, encoding="utf-8")
    (step.folder / "output").unlink()
    env = {
        **{"PATH": os.environ["PATH"], "RUNNER_TEMP": str(step.folder), "GITHUB_OUTPUT": str(step.folder / "output")},
        "HARDENCHECK_VENV": str(step.folder / "venv"),
    }
    script = [sys.executable, "-I", str(ROOT / "scripts" / "github_action.py"), "audit"]
    subprocess.run(script, env=env, cwd=tmp_path, check=True, capture_output=True)
    report = str(step.folder / "hardencheck-report")
    assert step.outputs == {"exit-code": "70", "report-dir": report, "upload": "false"}


def test_a_base_that_is_missing_ends_with_two_and_the_remedy(merged: Merged, tmp_path: Path) -> None:
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth=1", merged.path.as_uri(), str(shallow))
    step = Step(tmp_path, code=0, INPUT_PATH=str(shallow), GITHUB_EVENT_PATH=merged.event(tmp_path))
    assert (step.outputs["exit-code"], step.outputs["upload"]) == ("2", "false")
    assert "fetch-depth: 0" in step.summary
    assert f"::error title=hardencheck::the base revision {merged.second} is not in this clone" in step.log


def test_no_installation_ends_with_two(tmp_path: Path) -> None:
    step = Step(tmp_path, code=0)
    env = {"RUNNER_TEMP": str(tmp_path), "HARDENCHECK_VENV": str(tmp_path / "none"), "PATH": os.environ["PATH"]}
    script = [sys.executable, "-I", str(ROOT / "scripts" / "github_action.py"), "audit"]
    done = subprocess.run(script, env=env, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert "could not be started: No such file or directory; did the installation fail?" in done.stdout
    assert step.outputs["exit-code"] == "0"


@pytest.mark.parametrize(("code", "ends"), [("0", 0), ("1", 1), ("2", 2), ("3", 3), ("70", 70), ("", 70)])
def test_the_gate_ends_with_the_verdict(code: str, ends: int) -> None:
    env = {"HARDENCHECK_EXIT_CODE": code, "PATH": os.environ["PATH"]}
    script = [sys.executable, "-I", str(ROOT / "scripts" / "github_action.py"), "gate"]
    assert subprocess.run(script, env=env, check=False, capture_output=True).returncode == ends
