"""Shared by the tests of the command line."""

import subprocess
from pathlib import Path

import pytest

from hardencheck.cli import run
from tests.cli.commands import COMMAND, Done, Hc, Repository, environment


@pytest.fixture
def hc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Hc:
    """hc("scan", ..., cwd=..., env={...}) -> Done, in this process: the same without the start of Python."""
    for name in ("CI", "NO_COLOR", "FORCE_COLOR", "SOURCE_DATE_EPOCH"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> Done:
        with monkeypatch.context() as patch:
            patch.chdir(cwd or tmp_path)
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            capfdbinary.readouterr()
            code = run(arguments)
            out, err = capfdbinary.readouterr()
        return Done(code, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))

    return call


@pytest.fixture
def process(tmp_path: Path) -> Hc:
    """The same as `hc` in a process of its own."""

    def call(*arguments: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> Done:
        done = subprocess.run(
            [*COMMAND, *arguments],
            cwd=cwd or tmp_path,
            env=environment(**(env or {})),
            capture_output=True,
            check=False,
            timeout=120,
        )
        return Done(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))

    return call


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """With one commit that fails `permissions.executable-data` (low) and nothing else of it."""
    made = Repository(tmp_path / "service")
    made.write("values.yaml", "replicas: 2\n", mode=0o755)
    made.commit()
    return made


SOURCE = "\n".join(f"def f{n}(x):\n    return [x + {n}, open('f{n}.txt'), {{'a': x}}]\n" for n in range(40))


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Files enough for several seconds of cold work."""
    root = tmp_path / "large"
    root.mkdir()
    for number in range(2000):
        (root / f"m{number}.py").write_text(f"x = {number}\n{SOURCE}")
    return root
