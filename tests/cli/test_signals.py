"""SIGTERM and SIGHUP in the middle of a real scan: what Ctrl-C does, under their own names and codes."""

import asyncio
import os
import pty
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardencheck.cli import _interrupt
from tests.cli.commands import COMMAND, environment, read_until

ENDED = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]


def said(number: signal.Signals) -> str:
    how = "interrupted" if number is signal.SIGINT else f"ended by {number.name}"
    return f"hardencheck: {how}; no report was written\n"


def children(parent: int) -> list[int]:
    done = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, check=True, text=True)
    return [pid for pid, above in (map(int, line.split()) for line in done.stdout.splitlines()) if above == parent]


def running(pids: list[int]) -> list[int]:
    done = subprocess.run(["ps", "-A", "-o", "pid=,stat="], capture_output=True, check=True, text=True)
    states = {int(pid): state for pid, state in (line.split() for line in done.stdout.splitlines())}
    return [pid for pid in pids if not states.get(pid, "Z").startswith("Z")]


def until_workers(process: "subprocess.Popen[bytes]", count: int) -> list[int]:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        found = children(process.pid)
        if len(found) >= count:
            return found
        time.sleep(0.02)
    raise AssertionError(f"no {count} workers: exit {process.poll()}")


@pytest.fixture
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("temporary")


@pytest.mark.parametrize(("number", "code"), ENDED)
@pytest.mark.parametrize("jobs", [0, 2])
def test_while_files_are_read(
    number: signal.Signals, code: int, jobs: int, large: Path, tmp_path: Path, temporary: Path
) -> None:
    (tmp_path / "old.html").write_text("old")
    mine, theirs = pty.openpty()
    process = subprocess.Popen(
        [
            *(*COMMAND, "scan", str(large), "--jobs", str(jobs), "--no-cache"),
            *("--format=json=new.json", "--format=html=old.html"),
        ],
        cwd=tmp_path,
        env=environment(TMPDIR=str(temporary), TERM="xterm"),
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    try:
        assert "reading files" in read_until(mine, "reading files")
        workers = until_workers(process, jobs)
        process.send_signal(number)
        rest = read_until(mine, "was written")
        out, _ = process.communicate(timeout=30)
    finally:
        process.kill()
        os.close(mine)
    assert (process.returncode, out) == (code, b"")
    assert "\n" + said(number) in rest.replace("\r\n", "\n") + "\n"
    assert "Traceback" not in rest
    assert running(workers) == []
    assert sorted(os.listdir(tmp_path)) == ["large", "old.html"]
    assert (tmp_path / "old.html").read_text() == "old"
    assert os.listdir(temporary) == []


@pytest.mark.parametrize(("number", "code"), ENDED)
def test_while_a_server_is_silent(number: signal.Signals, code: int, tmp_path: Path) -> None:
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
            process.send_signal(number)
            out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (code, b"")
    assert err.decode() == said(number)
    assert os.listdir(tmp_path) == ["app.py"]


@pytest.mark.parametrize("name", ["TERM", "HUP"])
def test_what_is_ignored_stays_ignored(name: str, tmp_path: Path) -> None:
    """As under nohup. The other signals still end it."""
    (tmp_path / "app.py").write_text("x = 1\n")
    script = f"trap '' {name}; exec \"$@\""
    process = subprocess.Popen(
        ["sh", "-c", script, "sh", *COMMAND, "scan", ".", "-q", "--fail-on", "never"], cwd=tmp_path, env=environment()
    )
    for _ in range(8):
        time.sleep(0.1)
        process.send_signal(getattr(signal, f"SIG{name}"))
    assert process.wait(60) == 0


@pytest.fixture
def handlers() -> Iterator[dict[signal.Signals, object]]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield dict(before)
    for number, handler in before.items():
        signal.signal(number, handler)


def test_handlers_are_put_back(handlers: dict[signal.Signals, object]) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with _interrupt.noticed():
        assert signal.getsignal(signal.SIGTERM) is not handlers[signal.SIGTERM]
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGTERM) is handlers[signal.SIGTERM]
    assert signal.getsignal(signal.SIGINT) is handlers[signal.SIGINT]
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_the_first_signal_names_the_end() -> None:
    with _interrupt.noticed():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert _interrupt.pressed() == signal.SIGTERM
        with pytest.raises(KeyboardInterrupt):
            _interrupt.refuse_if_pressed()
    with _interrupt.noticed():
        assert not _interrupt.pressed()


def test_one_that_a_library_swallows_is_remembered() -> None:
    async def swallowed() -> None:
        signal.raise_signal(signal.SIGTERM)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass

    with _interrupt.noticed():
        asyncio.run(swallowed())
        with pytest.raises(KeyboardInterrupt):
            _interrupt.refuse_if_pressed()


def test_a_thread_changes_no_handler() -> None:
    seen: list[object] = []

    def inside() -> None:
        with _interrupt.noticed():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGTERM)]
