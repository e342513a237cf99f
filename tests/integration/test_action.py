"""The composite action in a runner on this machine (act, without containers), on pull requests of a small repository.

The one action it uses, upload-sarif, is replaced by a stand-in that keeps the file. act has no isolation: what runs
here is only our own action and this file's workflow.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 300
SHIPPED = [
    "action.yml",
    "scripts",
    "requirements",
    "src",
    "checks",
    "reports",
    "pyproject.toml",
    "README.md",
    "LICENSE",
]
UPLOAD = re.compile(r"uses: (github/codeql-action)/upload-sarif@([0-9a-f]{40})")
WORKFLOW = """
on: [pull_request]
permissions: {}
jobs:
  gate:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - id: audit
        uses: hardencheck/hardencheck@v0
        with: INPUTS
      - if: always()
        shell: bash
        env:
          OUTPUTS: ${{ toJSON(steps.audit.outputs) }}
        run: echo "$OUTPUTS" > "$RECORD/outputs.json"
"""
STAND_IN = """
name: upload
inputs: { sarif_file: { required: true } }
runs:
  using: composite
  steps:
    - shell: bash
      env: { FILE: "${{ inputs.sarif_file }}" }
      run: test ! -e "$RECORD/refuse" && cp "$FILE" "$RECORD/uploaded.sarif"
"""


class PullRequest:
    """A repository with a base that has a failing line already, a branch, and HEAD as GitHub merges them."""

    def __init__(self, folder: Path, change: dict[str, str], *, full_name: str = "us/shop", **inputs: str) -> None:
        self.folder, self.shop, self.record = folder, folder / "shop", folder / "record"
        self.record.mkdir()
        self.shop.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("remote", "add", "origin", "https://github.com/us/shop")
        workflow = WORKFLOW.replace("INPUTS", json.dumps(inputs))
        base = self.commit({".github/workflows/gate.yml": workflow, "shop/old.py": "import os\n\nos.umask(0)\n"})
        self.git("switch", "--quiet", "--create", "branch")
        head = self.commit(change)
        self.git("switch", "--quiet", "main")
        self.git("merge", "--quiet", "--no-ff", "--no-edit", "branch")
        pull_request = {
            "number": 1,
            "base": {"sha": base, "ref": "main"},
            "head": {"sha": head, "ref": "branch", "repo": {"full_name": full_name}},
            "user": {"login": "ann"},
        }
        event = {"pull_request": pull_request, "repository": {"full_name": "us/shop"}}
        (folder / "event.json").write_text(json.dumps(event), encoding="utf-8")

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=T", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false"]
        done = subprocess.run(
            ["git", "-C", str(self.shop), *identity, *arguments], check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self, files: dict[str, str]) -> str:
        for name, text in files.items():
            path = self.shop / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=change")
        return self.git("rev-parse", "HEAD")

    def forget_the_base(self) -> None:
        """What actions/checkout leaves without fetch-depth: 0."""
        whole = self.shop.rename(self.folder / "whole")
        command = ["git", "clone", "--quiet", "--depth=1", whole.as_uri(), str(self.shop)]
        subprocess.run(command, check=True, capture_output=True)
        self.git("remote", "set-url", "origin", "https://github.com/us/shop")

    @property
    def outputs(self) -> dict[str, str]:
        outputs = json.loads((self.record / "outputs.json").read_text(encoding="utf-8"))
        assert isinstance(outputs, dict)
        return outputs

    @property
    def uploaded(self) -> dict[str, Any] | None:
        file = self.record / "uploaded.sarif"
        return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


class Runner:
    def __init__(self, folder: Path) -> None:
        self.folder, self.action, self.stand_in = folder, folder / "action", folder / "codeql-action"
        for name in SHIPPED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, self.action / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                self.action.mkdir(exist_ok=True)
                shutil.copy2(source, self.action / name)
        (self.stand_in / "upload-sarif").mkdir(parents=True)
        (self.stand_in / "upload-sarif" / "action.yml").write_text(STAND_IN, encoding="utf-8")
        match = UPLOAD.search((ROOT / "action.yml").read_text(encoding="utf-8"))
        assert match is not None
        self.pinned = f"{match[1]}@{match[2]}"

    def run(self, pull_request: PullRequest) -> tuple[int, str]:
        """Exit code and log of the workflow."""
        act = Path(sys.executable).with_name("act")
        local = {"hardencheck/hardencheck@v0": self.action, self.pinned: self.stand_in}
        command = [str(act), "pull_request", "-C", str(pull_request.shop), "-P", "ubuntu-latest=-self-hosted"]
        command += ["-e", str(pull_request.folder / "event.json"), "--env", f"RECORD={pull_request.record}"]
        command += [f"--local-repository={name}={path}" for name, path in local.items()]
        command += ["--action-cache-path", str(pull_request.folder / "cache"), "--no-cache-server"]
        home = {"HOME": str(self.folder / "home"), "XDG_CACHE_HOME": str(self.folder / "cache")}
        home["PIP_CACHE_DIR"] = str(self.folder / "pip")  # shared by the runs, so that only the first one downloads
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("GITHUB_", "INPUT_", "RUNNER_"))}
        done = subprocess.run(
            command,
            env=kept | home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        print(done.stdout)
        return done.returncode, done.stdout


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    return Runner(tmp_path_factory.mktemp("runner"))


BAD = {"shop/new.py": "import os\n\n\ndef start() -> None:\n    os.umask(0)\n"}
HARMLESS = {"shop/new.py": "ANSWER = 42\n"}


def test_a_pull_request_that_brings_a_failure_fails_and_says_where(runner: Runner, tmp_path: Path) -> None:
    pull_request = PullRequest(tmp_path, BAD)
    code, log = runner.run(pull_request)
    assert code == 1
    outputs = pull_request.outputs
    assert (outputs["exit-code"], outputs["fail"], outputs["new"]) == ("1", "1", "1")
    assert re.search(r"::error file=shop/new\.py,line=5,col=\d+,title=permissions\.umask", log)
    assert "permissions.umask" in log.partition("::stop-commands::")[2]
    uploaded = pull_request.uploaded
    assert uploaded is not None
    places = {
        (result["ruleId"], place["artifactLocation"]["uri"], place["region"]["startLine"])
        for result in uploaded["runs"][0]["results"]
        for place in [result["locations"][0]["physicalLocation"]]
    }
    assert ("permissions.umask", "shop/new.py", 5) in places
    for report in ("json", "html", "sarif"):
        assert Path(outputs[report]).is_absolute(), report


def test_what_the_base_had_already_does_not_fail_a_pull_request(runner: Runner, tmp_path: Path) -> None:
    pull_request = PullRequest(tmp_path, HARMLESS)
    code, _ = runner.run(pull_request)
    outputs = pull_request.outputs
    assert (code, outputs["exit-code"], outputs["fail"], outputs["new"]) == (0, "0", "1", "0")


def test_a_pull_request_from_a_fork_is_judged_and_uploads_nothing(runner: Runner, tmp_path: Path) -> None:
    pull_request = PullRequest(tmp_path, BAD, full_name="fork/shop")
    code, log = runner.run(pull_request)
    assert (code, pull_request.outputs["exit-code"], pull_request.uploaded) == (1, "1", None)
    assert "::error file=shop/new.py,line=5" in log


def test_a_pull_request_cannot_change_the_policy_it_is_judged_by(runner: Runner, tmp_path: Path) -> None:
    lenient = {"hardencheck.toml": 'schema = 1\nfail-on = "never"\nignore = ["permissions.umask"]\n'}
    pull_request = PullRequest(tmp_path, BAD | lenient)
    code, log = runner.run(pull_request)
    assert (code, pull_request.outputs["exit-code"], pull_request.outputs["new"]) == (1, "1", "1")
    assert "hardencheck.toml" in log


def test_without_the_base_nothing_is_judged_and_the_remedy_is_named(runner: Runner, tmp_path: Path) -> None:
    pull_request = PullRequest(tmp_path, HARMLESS)
    pull_request.forget_the_base()
    code, log = runner.run(pull_request)
    assert (code, pull_request.outputs["exit-code"], pull_request.outputs["json"]) == (1, "2", "")
    assert "fetch-depth: 0" in log


def test_an_upload_that_is_refused_is_a_warning_and_not_the_verdict(runner: Runner, tmp_path: Path) -> None:
    pull_request = PullRequest(tmp_path, HARMLESS)
    (pull_request.record / "refuse").touch()
    code, log = runner.run(pull_request)
    assert (code, pull_request.outputs["exit-code"], pull_request.uploaded) == (0, "0", None)
    assert "::warning title=hardencheck::The SARIF report was not uploaded" in log


def test_an_upload_that_was_demanded_and_is_refused_fails(runner: Runner, tmp_path: Path) -> None:
    pull_request = PullRequest(tmp_path, HARMLESS, **{"upload-sarif": "true"})
    (pull_request.record / "refuse").touch()
    code, log = runner.run(pull_request)
    assert (code, pull_request.outputs["exit-code"]) == (1, "0")
    assert "::error title=hardencheck::The SARIF report was not uploaded" in log
