"""The versions of Django that settings are imported with, and the libraries beside them.

HARDENCHECK_ORACLE_CACHE names a directory that keeps what was installed for the next run.
HARDENCHECK_ORACLE_PYTHON names another interpreter for the child processes, for a Django that needs a newer one.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

LIBRARIES = Path(__file__).with_name("requirements.txt")
PYTHON = os.environ.get("HARDENCHECK_ORACLE_PYTHON", sys.executable)
SECONDS = 300


class Version(NamedTuple):
    """python: the lowest that this Django runs on."""

    django: str
    python: tuple[int, int]


VERSIONS = (Version("4.2.30", (3, 8)), Version("5.2.19", (3, 10)), Version("6.1.3", (3, 12)))


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
    libraries = root / f"libraries-{len(LIBRARIES.read_bytes())}-{_digest(LIBRARIES)}"
    _install(libraries, ["--no-deps", "--requirement", str(LIBRARIES)])
    django = root / f"django-{version.django}"
    _install(django, [f"django=={version.django}"])
    return [django, libraries]


def _digest(file: Path) -> str:
    import hashlib

    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


def _install(folder: Path, what: list[str]) -> None:
    done = folder / ".complete"
    if done.exists():
        return
    pip = [PYTHON, "-I", "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-input"]
    ran = subprocess.run(
        [*pip, "--target", str(folder), "--upgrade", *what],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    done.touch()
