"""--fingerprint-key FILE: a key that can be guessed, or that is no secret, protects nothing."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardencheck.collect import fingerprint_key as module
from hardencheck.collect.fingerprint_key import MAX_BYTES, MIN_BYTES, fingerprint_key, use_file, use_repository
from hardencheck.collect.source.trees import open_tree
from hardencheck.errors import UsageError
from hardencheck.model.target import Target
from tests.cli.commands import Repository

HINT = "expected 16 bytes or more, best 32 random ones: (umask 077; head -c 32 /dev/urandom > FILE)"
LONG = b"0123456789abcdef"


@pytest.fixture(autouse=True)
def again(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(module.VARIABLE, raising=False)
    yield
    use_file(None)
    use_repository("")


def made(path: Path, data: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(data)
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (LONG, LONG),
        (LONG + b"\n", LONG),
        (LONG + b"\r\n", LONG),
        (LONG + b"\n\n", LONG + b"\n"),
        (b" \n" + LONG + b" \r", b" \n" + LONG + b" \r"),
        (b"\0" * 32, b"\0" * 32),
        (b"k" * MAX_BYTES, b"k" * MAX_BYTES),
    ],
)
def test_one_line_end_is_no_part_of_the_key(data: bytes, key: bytes, tmp_path: Path) -> None:
    use_file(str(made(tmp_path / "key", data)))
    assert (fingerprint_key().secret, fingerprint_key().note) == (key, "")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "a key of 0 bytes can be guessed"),
        (b"\n", "a key of 0 bytes can be guessed"),
        (LONG[:-1], "a key of 15 bytes can be guessed"),
        (LONG[:-1] + b"\n", "a key of 15 bytes can be guessed"),
        (LONG[:-1] + b"\r\n", "a key of 15 bytes can be guessed"),
        (b"k" * (MAX_BYTES + 1), "larger than 65536 bytes, which is no key"),
    ],
)
def test_what_is_no_key_is_refused(data: bytes, what: str, tmp_path: Path) -> None:
    file = made(tmp_path / "key", data)
    with pytest.raises(UsageError) as caught:
        use_file(str(file))
    assert (str(caught.value), caught.value.hint) == (f"--fingerprint-key {file}: {what}", HINT)
    assert MIN_BYTES == 16


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("directory", "cannot be read: Is a directory"),
        ("fifo", "not a regular file"),
        ("device", "not a regular file"),
        ("socket", "cannot be read: No such device or address"),
        ("nothing", "cannot be read: No such file or directory"),
        ("loop", "cannot be read: Too many levels of symbolic links"),
        ("k" * 300, "cannot be read: File name too long"),
        ("nul\0", "not the name of a file"),
        ("", "cannot be read: No such file or directory"),
    ],
)
def test_what_is_no_file_is_refused_and_not_waited_for(
    name: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("directory").mkdir()
    os.mkfifo("fifo")
    Path("device").symlink_to("/dev/zero")
    Path("loop").symlink_to("loop")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket")
        with pytest.raises(UsageError) as caught:
            use_file(name)
    assert (str(caught.value), caught.value.hint) == (f"--fingerprint-key {name}: {what}", HINT)


def test_one_that_may_not_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made(tmp_path / "key", LONG, 0)
    monkeypatch.chdir(tmp_path)  # of the path to it others may read nothing, either
    user = os.geteuid()
    os.seteuid(user or 65534)  # root reads everything
    try:
        with pytest.raises(UsageError, match="cannot be read: Permission denied"):
            use_file("key")
    finally:
        os.seteuid(user)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o601])
def test_a_key_that_others_can_reach_is_used_and_said(mode: int, tmp_path: Path) -> None:
    use_file(str(made(tmp_path / "key", LONG, mode)))
    key = fingerprint_key()
    assert key.secret == LONG
    assert key.note == f"the key of --fingerprint-key is open to other users: mode {mode:04o}; expected 0600"
    assert str(tmp_path) not in key.note


def test_a_link_to_a_key_is_followed(tmp_path: Path) -> None:
    """As container platforms mount secrets."""
    (tmp_path / "link").symlink_to(made(tmp_path / "key", LONG))
    use_file(str(tmp_path / "link"))
    assert fingerprint_key() == module.FingerprintKey(LONG)


@pytest.mark.parametrize("origin", [None, "https://host.example/team/service.git"])
@pytest.mark.parametrize("tracked", [True, False])
def test_a_key_in_the_audited_repository(
    origin: str | None, tracked: bool, repo: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if origin:
        repo.git("remote", "add", "origin", origin)
    repo.write("deploy/[k]ey", "".join(["not", "-", "so", "-", "secret"] * 3), mode=0o600)
    if tracked:
        repo.commit()
        (repo.path / "deploy" / "[k]ey").chmod(0o600)
    monkeypatch.chdir(repo.path / "deploy")
    use_file("[k]ey")
    monkeypatch.chdir(tmp_path)
    assert fingerprint_key().note == ""
    secret = fingerprint_key().secret
    for _ in range(2):  # --new-since looks at two trees
        with open_tree(Target(repository=str(repo.path))) as tree:
            use_repository(tree.identity)
    note = "the key of --fingerprint-key is in the audited repository: all who have a clone can guess short secrets"
    assert fingerprint_key().note == tracked * f"{note} with it"
    assert fingerprint_key().secret == secret
    with open_tree(Target(repository=str(tmp_path))) as tree:
        use_file(str(repo.path / "deploy" / "[k]ey"))
        use_repository(tree.identity)
    assert fingerprint_key().note == "", "another repository is none of this one's business"


def test_a_short_key_of_the_environment_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(module.VARIABLE, "short")
    assert fingerprint_key().note == (
        "the key in HARDENCHECK_FINGERPRINT_KEY can be guessed: 5 bytes; expected at least 16"
    )
    monkeypatch.setenv(module.VARIABLE, LONG.decode())
    assert fingerprint_key() == module.FingerprintKey(LONG)
