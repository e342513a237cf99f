"""`--fingerprint-key` of the real command, and what of a tree is too large to be read."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import Done, Hc, Repository

SELECTED = ("--select", "secrets.*", "--format", "json")


def notes(done: Done) -> str:
    report: dict[str, Any] = json.loads(done.out)
    return "\n".join(note["text"] for note in report["notes"])


@pytest.mark.parametrize("data", [b"", b"\n", b"short\n", b"x" * 15 + b"\r\n"])
def test_a_short_key_is_refused(data: bytes, process: Hc, repo: Repository, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(data)
    done = process("scan", str(repo.path), "--fingerprint-key", "key", *SELECTED)
    assert (done.code, done.out) == (2, "")
    assert "expected 16 bytes or more" in done.err
    assert "head -c 32 /dev/urandom" in done.err


@pytest.mark.parametrize("name", ["missing", ".", "k" * 300])
def test_what_is_no_key_file_is_refused(name: str, process: Hc, repo: Repository) -> None:
    done = process("scan", str(repo.path), "--fingerprint-key", name, *SELECTED)
    assert (done.code, done.out) == (2, "")
    assert "--fingerprint-key" in done.err


def test_a_key_that_others_can_read_is_noted(process: Hc, repo: Repository, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"0123456789abcdef\n")
    (tmp_path / "key").chmod(0o644)
    done = process("scan", str(repo.path), "--fingerprint-key", "key", *SELECTED)
    assert "mode 0644" in notes(done)
    (tmp_path / "key").chmod(0o600)
    assert "mode 0600" not in notes(process("scan", str(repo.path), "--fingerprint-key", "key", *SELECTED))


def test_a_key_that_the_audited_repository_tracks_is_noted(process: Hc, repo: Repository) -> None:
    repo.write("key", "not-a-secret-" * 3)
    repo.commit()
    (repo.path / "key").chmod(0o600)
    done = process("scan", str(repo.path), "--fingerprint-key", str(repo.path / "key"), *SELECTED)
    assert "is in the audited repository" in notes(done)


def test_what_is_too_large_is_counted(process: Hc, repo: Repository) -> None:
    (repo.path / "a.bin").write_bytes(b"\0" * (17 << 20))
    (repo.path / "b.bin").write_bytes(b"\0" * 10)
    (repo.path / "c.txt").write_bytes(b"line\n" * (17 << 18))
    done = process("scan", str(repo.path), "--history", "none", *SELECTED)
    assert done.code == 3
    assert json.loads(done.out)["skipped"] == {
        "binary and too large": 1,
        "binary: only looked at by what reads binary files": 1,
        "too-large": 1,
    }
