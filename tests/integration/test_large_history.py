"""Histories that are large in one way: a blob of 2 GiB, and very many small ones."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.collect.repos import commit, git, repository
from tests.history.secretive import token

pytestmark = pytest.mark.integration

GIB = 1 << 30
MANY = 200_000


def audited(root: Path, workdir: Path) -> tuple[int, dict[str, Any]]:
    program = Path(sys.executable).with_name("hardencheck")
    report = workdir / "report.json"
    done = subprocess.run(
        [program, "scan", root, "--select", "secrets.*", "--no-cache", "-q", "--format", f"json={report}"],
        cwd=workdir,
        check=False,
    )
    return done.returncode, json.loads(report.read_text())


def failed(report: dict[str, Any]) -> set[str]:
    return {item["line"]["id"] for item in report["items"] if item["verdict"] == "fail"}


def test_a_blob_of_two_gibibytes(tmp_path: Path) -> None:
    """It is not looked at, the report says so, and no process holds it. What stands beside it is found."""
    root = repository(tmp_path / "r", {"deploy.sh": f"export TOKEN={token()}\n"})
    large = root / "dump.bin"
    with large.open("wb") as file:
        file.truncate(2 * GIB)
    git(root, "-c", "core.compression=1", "add", "dump.bin")
    commit(root, "with a dump")
    large.unlink()
    (root / "deploy.sh").write_text("export TOKEN\n")
    commit(root, "without")
    code, report = audited(root, tmp_path)
    assert code == 1
    assert failed(report) == {"secrets.provider-token"}
    assert any("large binary files left out" in note["text"] for note in report["notes"])
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 1_000_000  # KiB; 2 GiB would be twice that


def test_very_many_small_blobs(tmp_path: Path) -> None:
    """One of them, long deleted, holds a token."""
    root = repository(tmp_path / "r", {"a.py": "A = 1\n"})
    base = git(root, "rev-parse", "HEAD")
    stream = []
    for number in range(1, MANY + 1):
        text = f"TOKEN = '{token()}'\n" if number == MANY // 2 else f"X = {number}\n"
        stream.append(f"blob\nmark :{number}\ndata {len(text)}\n{text}\n")
    author = "committer Tester <tester@service.example>"
    stream.append(f"commit refs/heads/many\n{author} 1700000000 +0000\ndata 4\nmany\nfrom {base}\n")
    stream.extend(f"M 100644 :{number} d{number // 1000}/f{number}.py\n" for number in range(1, MANY + 1))
    stream.append(f"\ncommit refs/heads/many\n{author} 1700000100 +0000\ndata 3\nend\ndeleteall\nM 100644 :1 a.py\n\n")
    subprocess.run(["git", "-C", os.fspath(root), "fast-import", "--quiet"], input="".join(stream).encode(), check=True)
    git(root, "checkout", "-q", "-f", "many")
    code, report = audited(root, tmp_path)
    assert code == 1
    (item,) = (item for item in report["items"] if item["verdict"] == "fail")
    (finding,) = item["findings"]
    assert finding["location"]["path"] == f"d{MANY // 2000}/f{MANY // 2}.py"
