"""Shared by the tests of the command line."""

import subprocess
from pathlib import Path

import pytest

from tests.cli.commands import COMMAND, Done, Hc, Repository, environment


@pytest.fixture
def hc(tmp_path: Path) -> Hc:
    """hc("scan", ..., cwd=..., env={...}) -> Done."""

    def run(*arguments: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> Done:
        done = subprocess.run(
            [*COMMAND, *arguments],
            cwd=cwd or tmp_path,
            env=environment(**(env or {})),
            capture_output=True,
            check=False,
            timeout=120,
        )
        return Done(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))

    return run


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """With one commit that fails `permissions.executable-data` (low) and nothing else of it."""
    made = Repository(tmp_path / "service")
    made.write("values.yaml", "replicas: 2\n", mode=0o755)
    made.commit()
    return made
