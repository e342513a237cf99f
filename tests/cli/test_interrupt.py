"""Ctrl-C in the middle of a real scan, seen on a real terminal."""

import asyncio
import os
import pty
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardencheck.cli import _interrupt
from tests.cli.commands import COMMAND, environment, read_until


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    mine, theirs = pty.openpty()
    yield mine, theirs
    os.close(mine)


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
    seen = read_until(mine, "nothing more")
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
