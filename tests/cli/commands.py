"""The real command in a process of its own, and real repositories to run it on."""

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

COMMAND = (sys.executable, "-c", "from hardencheck.cli import main; main()")
SOURCES = str(Path(__file__).resolve().parents[2] / "src")


class Done(NamedTuple):
    code: int
    out: str
    err: str


Hc = Callable[..., Done]


def environment(**more: str) -> dict[str, str]:
    """As a user's shell outside CI; the directories that the fixtures made are in it already."""
    dropped = {"CI", "NO_COLOR", "FORCE_COLOR", "TERM", "PYTHONIOENCODING", "SOURCE_DATE_EPOCH"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped and not name.startswith("GIT_")}
    return {**kept, "PYTHONPATH": SOURCES, "PYTHONIOENCODING": "utf-8", **more}


class Repository:
    """A git repository in the making."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=Tester", "-c", "user.email=tester@service.example")
        done = subprocess.run(
            ["git", *identity, *arguments], cwd=self.path, env=environment(), capture_output=True, check=True
        )
        return done.stdout.decode().strip()

    def write(self, path: str, text: str, *, mode: int = 0o644) -> None:
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)

    def commit(self) -> str:
        """Commit everything there is. Returns the full id."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "test")
        return self.git("rev-parse", "HEAD")


def read_until(terminal: int, text: str) -> str:
    """What a program writes to a terminal, until this text came or a minute is over."""
    seen, end = "", time.monotonic() + 60
    while text not in seen and time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                seen += os.read(terminal, 65536).decode("utf-8", "replace")
            except OSError:  # the other side is closed
                break
    return seen
