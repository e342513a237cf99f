"""The versions of Django that settings are imported with, and the libraries beside them.

HARDENCHECK_ORACLE_CACHE names a directory that keeps what was installed for the next run.
HARDENCHECK_ORACLE_PYTHON names another interpreter for the child processes, for a Django that needs a newer one.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

REQUIREMENTS = Path(__file__).with_name("requirements")  # written by `make pin`
PYTHON = os.environ.get("HARDENCHECK_ORACLE_PYTHON", sys.executable)
SECONDS = 300


class Version(NamedTuple):
    """series: of Django. python: the lowest that this Django runs on."""

    series: str
    python: tuple[int, int]

    @property
    def pins(self) -> Path:
        return REQUIREMENTS / f"django-{self.series}.txt"

    @property
    def django(self) -> str:
        """The version that is pinned."""
        [line] = [line for line in self.pins.read_text(encoding="utf-8").splitlines() if line.startswith("django==")]
        return line.removeprefix("django==").rstrip(" \\")


VERSIONS = (Version("4.2", (3, 8)), Version("5.2", (3, 10)), Version("6.1", (3, 12)))


def python_version() -> tuple[int, ...]:
    said = subprocess.run(
        [PYTHON, "-I", "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True, check=True
    )
    return tuple(map(int, said.stdout.split()))


def installed(version: Version, factory: pytest.TempPathFactory) -> list[Path] | str:
    """The folders to import from, or why there are none."""
    running = python_version()
    if running < version.python:
        needed = ".".join(map(str, version.python))
        return f"Django {version.django} needs Python {needed}, and this is {'.'.join(map(str, running))}"
    kept = os.environ.get("HARDENCHECK_ORACLE_CACHE")
    root = Path(kept) if kept else factory.getbasetemp() / "installed"
    root = root / "-".join(map(str, running))
    return [_installed(root, pins) for pins in (version.pins, REQUIREMENTS / "libraries.txt")]


def _installed(root: Path, pins: Path) -> Path:
    """The folder that holds what a file pins, and nothing else."""
    folder = root / f"{pins.stem}-{hashlib.sha256(pins.read_bytes()).hexdigest()[:12]}"
    done = folder / ".complete"
    if done.exists():
        return folder
    pip = [PYTHON, "-I", "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-input"]
    ran = subprocess.run(
        [*pip, "--target", str(folder), "--upgrade", "--no-deps", "--require-hashes", "--requirement", str(pins)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    done.touch()
    return folder
