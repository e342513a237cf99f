"""The audit step of action.yml: runs one scan, writes step outputs, summary and annotations.

    python -I scripts/github_action.py audit     # always exits 0; the verdict is the output `exit-code`
    python -I scripts/github_action.py gate      # exits with it, as the last step

Inputs arrive as environment variables INPUT_*, never as text pasted into a shell. Standard library only, so that it
runs on any interpreter; hardencheck itself is a child process from the environment that the first step made.
"""

import argparse
import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

SUMMARY_BYTES: Final = 900 * 1024
"""GitHub drops a step summary of more than 1024 KiB whole."""
GIT_SECONDS: Final = 30
VERDICTS: Final = ("pass", "fail", "unknown", "not-applicable", "manual", "waived", "error")
INTERNAL: Final = 70


class Unusable(Exception):
    """The step cannot start as configured: exit 2, with what to change."""


class Base(NamedTuple):
    """The revision a pull request is compared with, and where its policy is read; None: no comparison."""

    revision: str | None
    why: str


def main() -> int:
    parser = argparse.ArgumentParser(description="The audit and gate steps of the GitHub Action.")
    parser.add_argument("step", choices=("audit", "gate"))
    return audit(os.environ) if parser.parse_args().step == "audit" else gate(os.environ)


def audit(env: Mapping[str, str]) -> int:
    """Runs the scan. Returns 0 whatever it found; only the output `exit-code` tells."""
    folder = Path(env.get("INPUT_REPORT_DIR") or Path(env["RUNNER_TEMP"], "hardencheck-report")).absolute()
    files = {name: folder / f"audit.{suffix}" for name, suffix in FILES.items()}
    outputs = {"exit-code": str(INTERNAL), "report-dir": str(folder), "upload": "false"}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in files.values():
            path.unlink(missing_ok=True)
        command = scan_command(env, files)
        code = run(command)
        if code == 1 and not files["json"].is_file():
            code = INTERNAL  # Python ends with 1 when it crashes
    except Unusable as error:
        command_line("error", str(error))
        append(env.get("GITHUB_STEP_SUMMARY"), f"### hardencheck\n\nNot run (exit 2): {error}\n")
        code = 2
    outputs["exit-code"] = str(code)
    outputs |= {name: str(path) for name, path in files.items() if name in ("json", "html", "sarif") and path.is_file()}
    outputs |= counts(files["json"])
    outputs["upload"] = str(wants_upload(env) and files["sarif"].is_file()).lower()
    write_outputs(env.get("GITHUB_OUTPUT"), outputs)
    if files["markdown"].is_file() and is_true(env, "INPUT_SUMMARY"):
        append(env.get("GITHUB_STEP_SUMMARY"), cut(files["markdown"].read_bytes()))
    if files["github"].is_file() and is_true(env, "INPUT_ANNOTATIONS"):
        print(files["github"].read_text(encoding="utf-8"), flush=True)
    return 0


FILES: Final = {"json": "json", "html": "html", "sarif": "sarif", "markdown": "md", "github": "annotations.txt"}


def scan_command(env: Mapping[str, str], files: Mapping[str, Path]) -> list[str]:
    """The command line of the scan. Raises Unusable."""
    script = "Scripts/hardencheck.exe" if os.name == "nt" else "bin/hardencheck"
    command = [str(Path(env["HARDENCHECK_VENV"], script)), "scan", "--format", "terminal"]
    for name, path in files.items():
        command += ["--format", f"{name}={path}"]
    if fail_on := env.get("INPUT_FAIL_ON"):
        command += [f"--fail-on={word}" for part in fail_on.split(",") if (word := part.strip())]
    if url := env.get("INPUT_URL"):
        command += [f"--url={url}"]
    base = compared_with(env)
    if base.revision is not None:
        command += [f"--new-since={base.revision}"]
        policy = env.get("INPUT_POLICY_REF") or "auto"
        command += [f"--policy-ref={base.revision if policy == 'auto' else policy}"]
    elif (policy := env.get("INPUT_POLICY_REF") or "auto") != "auto":
        command += [f"--policy-ref={policy}"]
    print(f"compared with: {base.revision or 'nothing'} ({base.why})", flush=True)
    return [*command, "--", env.get("INPUT_PATH") or "."]


def compared_with(env: Mapping[str, str]) -> Base:
    """What INPUT_NEW_SINCE asks for: "auto" is the base of the pull request, "none" nothing, else a revision.

    Of a pull request's merge commit the base is its first parent: the event's own base may be older, and what came
    into the base branch since would look like the pull request's doing. Raises Unusable when the clone lacks it.
    """
    asked = env.get("INPUT_NEW_SINCE") or "auto"
    if asked == "none":
        return Base(None, "new-since: none")
    if asked != "auto":
        return Base(present(env, asked), "new-since")
    event = read_event(env.get("GITHUB_EVENT_PATH"))
    if "pull_request" in event:
        pull_request = event["pull_request"]
        base, head = str(pull_request["base"]["sha"]), str(pull_request["head"]["sha"])
        parents = re.findall(r"^parent ([0-9a-f]{40,64})$", git(env, "cat-file", "-p", "HEAD").split("\n\n")[0], re.M)
        if len(parents) == 2 and parents[1] == head:
            return Base(present(env, parents[0]), "base of the pull request, first parent of its merge commit")
        return Base(present(env, base), "base of the pull request")
    if "merge_group" in event:
        return Base(present(env, str(event["merge_group"]["base_sha"])), "base of the merge group")
    return Base(None, "not a pull request")


def present(env: Mapping[str, str], revision: str) -> str:
    """The revision, if its commit is in the clone. Raises Unusable, which names fetch-depth: 0."""
    if revision.startswith("-") or not git(env, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").strip():
        raise Unusable(
            f"the base revision {revision} is not in this clone, so there is nothing to compare with. "
            "Give actions/checkout `fetch-depth: 0`, or set `new-since: none` to judge everything."
        )
    return revision


def git(env: Mapping[str, str], *arguments: str) -> str:
    """Standard output of one git command that only reads objects; empty when it fails."""
    safe = ["-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-c", "protocol.allow=never"]
    done = subprocess.run(
        ["git", "-C", env.get("INPUT_PATH") or ".", *safe, *arguments],
        check=False,
        capture_output=True,
        env={**os.environ, "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"},
        timeout=GIT_SECONDS,
    )
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""


def read_event(path: str | None) -> dict[str, Any]:
    """The event that started the workflow; empty when there is none."""
    try:
        event = json.loads(Path(path or os.devnull).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return event if isinstance(event, dict) else {}


def run(command: list[str]) -> int:
    """Runs the scan with its output in the log, where the runner is told to obey no commands meanwhile."""
    token = secrets.token_hex(16)
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "INPUT_"))}
    print(f"::stop-commands::{token}", flush=True)
    try:
        return subprocess.run(command, check=False, env=env, stdin=subprocess.DEVNULL).returncode
    except OSError as error:
        raise Unusable(f"{command[0]} could not be started: {error.strerror}; did the installation fail?") from error
    finally:
        print(f"\n::{token}::", flush=True)


def wants_upload(env: Mapping[str, str]) -> bool:
    """Whether to upload SARIF. "auto": not where the token can only read, that is from forks and Dependabot."""
    asked = env.get("INPUT_UPLOAD_SARIF") or "auto"
    if asked != "auto":
        return asked == "true"
    event = read_event(env.get("GITHUB_EVENT_PATH"))
    if "pull_request" not in event:
        return env.get("GITHUB_ACTOR") != "dependabot[bot]"
    head = event["pull_request"]["head"].get("repo") or {}
    sender = event["pull_request"].get("user") or {}
    own = head.get("full_name") == env.get("GITHUB_REPOSITORY")
    return own and "dependabot[bot]" not in (sender.get("login"), env.get("GITHUB_ACTOR"))


def counts(path: Path) -> dict[str, str]:
    """Lines of the checklist by verdict, and findings that the base does not have; empty without a report."""
    try:
        items = json.loads(path.read_text(encoding="utf-8"))["items"]
    except (OSError, ValueError, KeyError):
        return {}
    found = {verdict: sum(item["verdict"] == verdict for item in items) for verdict in VERDICTS}
    new = sum(
        finding["verdict"] == "fail" and finding.get("new") is True
        for item in items
        for finding in item.get("findings", ())
    )
    return {name: str(count) for name, count in (found | {"new": new}).items()}


def gate(env: Mapping[str, str]) -> int:
    """The exit code of the audit, as the last word of the action."""
    code = env.get("HARDENCHECK_EXIT_CODE", "")
    if not code.isdigit():
        command_line("error", "the audit did not run; see the log of the steps above")
        return INTERNAL
    meaning = {"0": "passed", "1": "failed", "2": "not run: usage or configuration", "3": "incomplete"}.get(code)
    print(f"hardencheck: {meaning or 'internal error'} (exit {code})")
    return int(code)


# The runner's interfaces


def command_line(kind: str, message: str) -> None:
    """A workflow command: an annotation with a message from us or from a revision's name, escaped."""
    for character, escaped in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")):
        message = message.replace(character, escaped)
    print(f"::{kind} title=hardencheck::{message}", flush=True)


def write_outputs(path: str | None, outputs: Mapping[str, str]) -> None:
    """name<<delimiter, value, delimiter: the form in which no value can end early."""
    delimiter = f"end-{secrets.token_hex(16)}"
    append(path, "".join(f"{name}<<{delimiter}\n{value}\n{delimiter}\n" for name, value in outputs.items()))


def append(path: str | None, text: str) -> None:
    if path:
        with open(path, "a", encoding="utf-8", newline="\n") as file:
            file.write(text)


def cut(text: bytes) -> str:
    """The summary within GitHub's limit, at a line's end."""
    if len(text) <= SUMMARY_BYTES:
        return text.decode("utf-8", "replace")
    kept = text[:SUMMARY_BYTES].rsplit(b"\n", 1)[0]
    return kept.decode("utf-8", "replace") + "\n\nCut here: too long for a step summary; the HTML report has all.\n"


def is_true(env: Mapping[str, str], name: str) -> bool:
    return (env.get(name) or "true").lower() == "true"


if __name__ == "__main__":
    sys.exit(main())
