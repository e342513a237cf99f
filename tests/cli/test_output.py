"""Reports arrive whole or not at all, on any terminal, disk and pipe."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from hardencheck.cli import _interrupt, _output, run
from hardencheck.cli._terminal import Progress, speaks_unicode, wants_color, width
from hardencheck.errors import OutputError
from tests.cli.commands import COMMAND, Hc, Repository, environment

ONLY = ("--select", "permissions.executable-data")


def test_several_reports_and_the_terminal_one(hc: Hc, repo: Repository, tmp_path: Path) -> None:
    done = hc("scan", str(repo.path), *ONLY, "--format", "json=a.json", "--format", "markdown=a.md")
    assert (done.code, done.err) == (0, "")
    assert "GATE PASSED" in done.out
    assert json.loads((tmp_path / "a.json").read_text())["gate"]["exit_code"] == 0
    assert (tmp_path / "a.md").read_text().startswith("#")
    one = hc("scan", str(repo.path), *ONLY, "--format", "json=b.json", "--format", "markdown")
    assert "GATE PASSED" not in one.out
    assert one.out.startswith("#")
    assert hc("scan", str(repo.path), *ONLY, "--format", "json=b.json", "-q").out == ""


def test_again_from_the_json_with_identical_bytes(hc: Hc, repo: Repository, tmp_path: Path) -> None:
    formats = ("json", "html", "sarif", "sarif-full", "markdown", "github", "terminal")
    wanted = [word for fmt in formats for word in ("--format", f"{fmt}=first.{fmt}")]
    assert hc("scan", str(repo.path), *wanted, "-q", "--fail-on", "never").code == 0
    again = [word for fmt in formats for word in ("--format", f"{fmt}=again.{fmt}")]
    assert hc("report", "first.json", *again) == (0, "", "")
    for fmt in formats:
        assert (tmp_path / f"again.{fmt}").read_bytes() == (tmp_path / f"first.{fmt}").read_bytes(), fmt
    piped = subprocess.run(
        [*COMMAND, "report", "-", "--format", "html"],
        input=(tmp_path / "first.json").read_bytes(),
        env=environment(),
        capture_output=True,
        check=True,
    )
    assert piped.stdout == (tmp_path / "first.html").read_bytes()
    assert "GATE PASSED" in hc("report", "first.json").out


def test_reproducible_with_source_date_epoch(hc: Hc, repo: Repository, tmp_path: Path) -> None:
    for name in ("one", "two"):
        env = {"SOURCE_DATE_EPOCH": "1767225600"}
        assert hc("scan", str(repo.path), *ONLY, "-q", "--format", f"json={name}", env=env).code == 0
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert json.loads((tmp_path / "one").read_text())["started"] == "2026-01-01T00:00:00Z"
    assert hc("scan", str(repo.path), env={"SOURCE_DATE_EPOCH": "soon"}).code == 2


def test_a_full_disk_leaves_every_old_report(hc: Hc, repo: Repository, tmp_path: Path) -> None:
    """A file size limit of the process, which writing meets as it meets a full disk."""
    (tmp_path / "a.md").write_text("old")
    (tmp_path / "b.json").write_text("old")
    done = subprocess.run(
        [*COMMAND, "scan", str(repo.path), *ONLY, "--no-cache", "--format", "github=a.md", "--format", "json=b.json"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
    )
    assert done.returncode == 70
    assert done.stderr.decode() == (
        "hardencheck: error: b.json: cannot be written: File too large\n"
        "hint: the old file, if there was one, is unchanged\n"
        "retry: safe; nothing was changed\n"
    )
    assert ((tmp_path / "a.md").read_text(), (tmp_path / "b.json").read_text()) == ("old", "old")
    assert sorted(os.listdir(tmp_path)) == ["a.md", "b.json", "service"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux's device for a full disk")
def test_a_full_device(hc: Hc, repo: Repository) -> None:
    done = hc("scan", str(repo.path), *ONLY, "--format", "json=/dev/full", "-q")
    assert done.code == 70
    assert done.err.startswith("hardencheck: error: /dev/full: cannot be written: No space left on device\n")
    for arguments in (("scan", str(repo.path), *ONLY), ("list",), ("--help",), ("schema", "report")):
        with open("/dev/full", "wb") as full:
            done_there = subprocess.run(
                [*COMMAND, *arguments], env=environment(), stdout=full, stderr=subprocess.PIPE, check=False
            )
        assert done_there.returncode == 70, arguments
        assert b"standard output cannot be written: No space left on device" in done_there.stderr
        assert b"Traceback" not in done_there.stderr
        assert b"Exception ignored" not in done_there.stderr


def test_a_device_is_written_to_and_stays_one(hc: Hc, repo: Repository) -> None:
    assert hc("scan", str(repo.path), *ONLY, "--format", f"json={os.devnull}", "-q").code == 0
    assert not Path(os.devnull).is_file()


def test_a_directory_nobody_may_write_to(hc: Hc, repo: Repository) -> None:
    """/proc takes no file, not even root's."""
    done = hc("scan", str(repo.path), *ONLY, "--format", "json=/proc/a.json", "-q")
    assert done.code == 70
    assert done.err.startswith("hardencheck: error: /proc/a.json: cannot be written: ")


def test_the_reader_goes_away(repo: Repository) -> None:
    for arguments, code in ((("scan", str(repo.path), *ONLY, "--fail-on", "low"), 1), (("list",), 0), (("--help",), 0)):
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run(
            [*COMMAND, *arguments], env=environment(), stdout=write, stderr=subprocess.PIPE, check=False
        )
        os.close(write)
        assert (done.returncode, done.stderr) == (code, b""), arguments


def test_standard_output_is_closed(repo: Repository, tmp_path: Path) -> None:
    scan = f'"$@" scan {repo.path} --select permissions.executable-data'
    done = subprocess.run(
        ["sh", "-c", f"{scan} >&-", "sh", *COMMAND], cwd=tmp_path, env=environment(), capture_output=True, check=False
    )
    assert done.returncode == 70
    assert b"standard output" in done.stderr
    quiet = f"{scan} -q --format json=a.json >&- 2>&-"
    done = subprocess.run(
        ["sh", "-c", quiet, "sh", *COMMAND], cwd=tmp_path, env=environment(), capture_output=True, check=False
    )
    assert done.returncode == 0
    assert (tmp_path / "a.json").stat().st_size > 1000


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1", "utf-16", "utf-8"])
@pytest.mark.parametrize("command", ["scan", "list", "explain"])
def test_any_encoding(repo: Repository, encoding: str, command: str) -> None:
    repo.write("deploy/naïve ✗ \u202e.yaml", "a: 1\n", mode=0o755)
    arguments = {
        "scan": ["scan", str(repo.path), "-v"],
        "list": ["list"],
        "explain": ["explain", "*"],
    }[command]
    done = subprocess.run(
        [*COMMAND, *arguments], env=environment(PYTHONIOENCODING=encoding), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode(encoding)
    assert "permissions.executable-data" in text
    assert "\u202e" not in text


def test_machine_formats_are_utf_8_anywhere(repo: Repository) -> None:
    repo.write("naïve ✗.yaml", "a: 1\n", mode=0o755)
    done = subprocess.run(
        [*COMMAND, "scan", str(repo.path), "--format", "json"],
        env=environment(PYTHONIOENCODING="cp1252"),
        capture_output=True,
        check=True,
    )
    assert "naïve ✗.yaml" in str(json.loads(done.stdout.decode("utf-8")))


def test_color(hc: Hc, repo: Repository) -> None:
    scan = ("scan", str(repo.path), *ONLY)
    assert "\x1b" not in hc(*scan).out
    assert "\x1b[" in hc(*scan, "--color", "always").out
    assert "\x1b[" in hc(*scan, env={"FORCE_COLOR": "1"}).out
    assert "\x1b" not in hc(*scan, env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).out
    assert "\x1b" not in hc(*scan, "--color", "never", env={"FORCE_COLOR": "1"}).out
    assert "\x1b[" in hc(*scan, "--color", "always", env={"NO_COLOR": "1"}).out


class _Stream:
    def __init__(self, encoding: str | None, *, terminal: bool) -> None:
        self.encoding, self._terminal = encoding, terminal

    def isatty(self) -> bool:
        return self._terminal


def test_what_a_terminal_can_show() -> None:
    pipe, terminal = _Stream("cp1252", terminal=False), _Stream("utf-8", terminal=True)
    assert wants_color("auto", terminal, {}) is True  # type: ignore[arg-type]
    assert wants_color("auto", terminal, {"TERM": "dumb"}) is False  # type: ignore[arg-type]
    assert wants_color("auto", terminal, {"NO_COLOR": ""}) is True  # type: ignore[arg-type]
    assert wants_color("auto", pipe, {}) is False  # type: ignore[arg-type]
    assert wants_color("auto", None, {}) is False
    assert (speaks_unicode(pipe), speaks_unicode(terminal), speaks_unicode(None)) == (False, True, False)  # type: ignore[arg-type]
    assert speaks_unicode(_Stream("no-such-codec", terminal=True)) is False  # type: ignore[arg-type]
    assert width(pipe) == 0  # type: ignore[arg-type]
    assert width(terminal) > 0  # type: ignore[arg-type]


def test_no_progress_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(environment={})
    for number in range(3):
        progress("reading files", number, 3)
    progress.clear()
    assert capsys.readouterr().err == ""


def test_the_second_file_cannot_be_staged(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("old")
    with pytest.raises(OutputError):
        _output.write_files({tmp_path / "one": "new", tmp_path / "none" / "two": "new"})
    assert (tmp_path / "one").read_text() == "old"
    assert os.listdir(tmp_path) == ["one"]


def test_after_ctrl_c_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if a library has swallowed the exception itself."""
    monkeypatch.setattr(_interrupt, "_pressed", True)
    with pytest.raises(KeyboardInterrupt):
        _output.write_files({tmp_path / "one": "new"})
    assert os.listdir(tmp_path) == []


def test_a_report_through_a_link(repo: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reports").mkdir()
    (tmp_path / "latest.json").symlink_to("reports/2026.json")
    assert run(["scan", str(repo.path), *ONLY, "--format", "json=latest.json", "-q"]) == 0
    assert (tmp_path / "latest.json").is_symlink()
    assert (tmp_path / "reports" / "2026.json").is_file()


def test_messages_survive_a_closed_standard_error(tmp_path: Path) -> None:
    done = subprocess.run(["sh", "-c", '"$@" scan nowhere 2>&-', "sh", *COMMAND], env=environment(), check=False)
    assert done.returncode == 3
    assert sys.stderr is not None
