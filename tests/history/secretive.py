"""Tokens made when a test runs, and what a scan says of a repository that holds them."""

import os
import subprocess
from pathlib import Path
from typing import Any

from hardencheck.collect.options import Options
from hardencheck.collect.run import Collected, collect
from hardencheck.collect.source.git import environment
from hardencheck.model.facts.secrets import Secret
from hardencheck.model.target import Target
from hardencheck.testing import assembled
from tests.collect.repos import IDENTITY


def token(seed: str = "one") -> str:
    """A GitHub token with a checksum that fits; another one for each seed."""
    return assembled("ghp_<alnum:30><crc32-base62>", seed)


def scanned(root: Path, *, revision: str | None = None, **options: Any) -> Collected:
    """With history, in this process."""
    chosen: dict[str, Any] = {"jobs": 0, "history": "reachable", "kinds": frozenset({"secret"}), **options}
    return collect(Target(repository=os.fspath(root), revision=revision), Options(**chosen))


def secrets(collected: Collected) -> list[Secret]:
    return [fact for fact in collected.facts.facts if isinstance(fact, Secret)]


def only(root: Path, **options: Any) -> Secret:
    """The one secret of a repository."""
    (found,) = secrets(scanned(root, **options))
    return found


def details(collected: Collected) -> list[tuple[str, str]]:
    """(reason, detail) of the gaps that touch secrets."""
    return [(gap.reason, gap.detail) for gap in collected.facts.gaps if "secret" in gap.kinds]


def at(root: Path, when: str, *arguments: str) -> str:
    """git with a date of its own for author and committer."""
    env = environment() | {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when, "GIT_ALLOW_PROTOCOL": "file"}
    done = subprocess.run(
        ["git", *IDENTITY, "-C", os.fspath(root), *arguments], env=env, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def write(root: Path, path: str, text: str | bytes) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(text if isinstance(text, bytes) else text.encode())
