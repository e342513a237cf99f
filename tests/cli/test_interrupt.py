"""Ctrl-C in the middle of a real scan, seen on a real terminal."""

import asyncio
import os
import pty
import select
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardencheck.cli import _interrupt
from tests.cli.commands import COMMAND, environment

SOURCE = "\n".join(f"def f{n}(x):\n    return [x + {n}, open('f{n}.txt'), {{'a': x}}]\n" for n in range(40))


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Files enough for several seconds of cold work."""
    root = tmp_path / "large"
    root.mkdir()
    for number in range(2000):
        (root / f"m{number}.py").write_text(f"x = {number}\n{SOURCE}")
    return root


def _until(terminal: int, text: str, seconds: float) -> str:
    seen, end = "", time.monotonic() + seconds
    while text not in seen and time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                seen += os.read(terminal, 65536).decode("utf-8", "replace")
            except OSError:  # the other side is closed
                break
    return seen


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    mine, theirs = pty.openpty()
    yield mine, theirs
    os.close(mine)


@pytest.mark.parametrize("jobs", ["0", "2"])
def test_ctrl_c(jobs: str, large: Path, tmp_path: Path, terminal: tuple[int, int]) -> None:
    mine, theirs = terminal
    (tmp_path / "old.json").write_text("old")
    arguments = [
        "scan",
        str(large),
        "--jobs",
        jobs,
        "--no-cache",
        "--format",
        "json=new.json",
        "--format",
        "html=old.json",
    ]
    process = subprocess.Popen(
        [*COMMAND, *arguments], cwd=tmp_path, env=environment(TERM="xterm"), stdout=subprocess.PIPE, stderr=theirs
    )
    os.close(theirs)
    assert process.stdout is not None
    assert "reading files" in _until(mine, "reading files", 60)
    process.send_signal(signal.SIGINT)
    rest = _until(mine, "no report was written", 30)
    out = process.stdout.read()
    process.stdout.close()
    assert process.wait(30) == 130
    assert "hardencheck: interrupted; no report was written" in rest
    assert "Traceback" not in rest
    assert out == b""
    assert sorted(os.listdir(tmp_path)) == ["large", "old.json"]
    assert (tmp_path / "old.json").read_text() == "old"


def test_ctrl_c_while_a_server_is_silent(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("x = 1\n")
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        process = subprocess.Popen(
            [*COMMAND, "scan", ".", "--url", url, "--format", "json=a.json"],
            cwd=tmp_path,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        server.settimeout(60)
        connection, _ = server.accept()
        with connection:
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, b"")
    assert err.strip() == b"hardencheck: interrupted; no report was written"
    assert os.listdir(tmp_path) == ["app.py"]


def test_progress_on_a_terminal_is_gone_in_the_end(large: Path, tmp_path: Path, terminal: tuple[int, int]) -> None:
    mine, theirs = terminal
    for file in sorted(large.iterdir())[1200:]:
        file.unlink()
    process = subprocess.Popen(
        [*COMMAND, "scan", str(large), "--jobs", "0", "--no-cache", "--fail-on", "never"],
        cwd=tmp_path,
        env=environment(TERM="xterm"),
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    seen = _until(mine, "nothing more", 60)
    assert process.wait(60) in {0, 3}
    assert "\r\x1b[Kreading files" in seen
    assert seen.endswith("\r\x1b[K")


def test_ctrl_c_where_it_is_ignored_stays_ignored(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("x = 1\n")
    script = "trap '' INT; \"$@\" & wait $!"
    done = subprocess.run(
        ["sh", "-c", script, "sh", *COMMAND, "scan", ".", "-q"], cwd=tmp_path, env=environment(), check=False
    )
    assert done.returncode == 0


def test_ctrl_c_in_the_middle_of_a_callback() -> None:
    """The callback that reports a connection is not to find its future cancelled while it runs."""
    troubles: list[object] = []

    async def connecting() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: troubles.append(context))
        connected: asyncio.Future[None] = loop.create_future()

        def report() -> None:
            assert not connected.done()
            signal.raise_signal(signal.SIGINT)
            connected.set_result(None)

        loop.call_soon(report)
        await connected
        await asyncio.sleep(60)

    with _interrupt.noticed(), pytest.raises(asyncio.CancelledError):
        asyncio.run(connecting())
    assert _interrupt.pressed()
    assert troubles == []
