"""Real git repositories and hostile trees, made in the test."""

import os
import subprocess
from pathlib import Path

from hardencheck.collect.options import Options
from hardencheck.collect.run import Collected, collect
from hardencheck.collect.source.git import environment
from hardencheck.model.target import Target

IDENTITY = ("-c", "user.name=Tester", "-c", "user.email=tester@service.example", "-c", "init.defaultBranch=main")


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *IDENTITY, "-C", os.fspath(root), *arguments],
        env=environment() | {"GIT_ALLOW_PROTOCOL": "file"},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def repository(root: Path, files: dict[str, str | bytes] | None = None) -> Path:
    """A repository with one commit of `files`."""
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "--quiet")
    for path, text in (files or {"settings.py": "DEBUG = False\n"}).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text if isinstance(text, bytes) else text.encode())
    commit(root)
    return root


def commit(root: Path, message: str = "one") -> str:
    git(root, "add", "--all", "--force")
    git(root, "commit", "--quiet", "--allow-empty", "-m", message)
    return git(root, "rev-parse", "HEAD")


def look(root: Path, *, revision: str | None = None, options: Options | None = None) -> Collected:
    return collect(Target(repository=os.fspath(root), revision=revision), options or Options(jobs=0))


def paths(collected: Collected) -> set[str]:
    return {fact.location.path or "" for fact in collected.facts.of("file.mode")}
