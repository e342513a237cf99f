"""The key: the user's, private, the same in every process; and what happens where none can be kept."""

import hashlib
import hmac
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hardencheck.collect import fingerprint_key as module
from hardencheck.collect.extract.secrets import TreeSecrets
from hardencheck.collect.fingerprint_key import fingerprint_key


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.delenv(module.VARIABLE, raising=False)
    monkeypatch.setenv("HARDENCHECK_RUN_FINGERPRINT_KEY", "")
    monkeypatch.setenv("HARDENCHECK_DATA_DIR", str(tmp_path / "data"))
    module._kept.cache_clear()
    module.use_repository("")
    return tmp_path / "data"


def test_a_key_is_made_once_and_only_the_user_can_read_it(fresh: Path) -> None:
    first = fingerprint_key()
    module._kept.cache_clear()
    again = fingerprint_key()
    assert first == again
    assert (len(first.secret), first.note) == (32, "")
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o700
    assert {file.name: stat.S_IMODE(file.stat().st_mode) for file in fresh.iterdir()} == {"fingerprint.key": 0o600}


def test_the_digest_is_hmac_sha256_and_the_id_tells_keys_apart_without_telling_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(module.VARIABLE, "one key")
    key = fingerprint_key()
    assert key.digest(b"value") == hmac.new(b"one key", b"value", hashlib.sha256).hexdigest()[:32]
    monkeypatch.setenv(module.VARIABLE, "another key")
    assert fingerprint_key().id != key.id
    assert "one key" not in repr(key)
    assert "another key" not in TreeSecrets().digest()
    assert fingerprint_key().id in TreeSecrets().digest()


@pytest.mark.parametrize(
    ("trouble", "why"),
    [
        ("open", "fingerprint.key is open to other users; expected mode 0600"),
        ("broken", "fingerprint.key does not hold 64 hexadecimal digits"),
        ("directory", "Is a directory"),
        ("no home", "Not a directory"),
    ],
)
def test_where_no_key_can_be_kept_one_is_made_for_the_run_and_a_note_says_so(
    fresh: Path, trouble: str, why: str
) -> None:
    file = fresh / "fingerprint.key"
    if trouble == "no home":
        fresh.write_text("")
    else:
        fresh.mkdir(mode=0o700)
    match trouble:
        case "open":
            file.write_text("0" * 64)
            file.chmod(0o644)
        case "broken":
            file.write_text("0" * 63)
            file.chmod(0o600)
        case "directory":
            file.mkdir()
    key = fingerprint_key()
    assert why in key.note
    assert "hold for this run only" in key.note
    assert key.note in TreeSecrets().notes()
    made = module.FingerprintKey(bytes.fromhex(os.environ["HARDENCHECK_RUN_FINGERPRINT_KEY"]), key.note)
    assert key == module._of(made, "")
    program = f"import sys; sys.path[:] = {sys.path!r}; from hardencheck.collect.fingerprint_key import *\n"
    done = subprocess.run(
        [sys.executable, "-I", "-c", program + "print(fingerprint_key().id)"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout.strip() == key.id  # a worker has the same one
    assert str(fresh) not in key.note


def test_each_repository_has_a_key_of_its_own_and_a_given_key_is_for_all() -> None:
    module.use_repository("https://host.example/a")
    first = fingerprint_key()
    module.use_repository("https://host.example/b")
    assert fingerprint_key().digest(b"value") != first.digest(b"value")
    module.use_repository("https://host.example/a")
    assert fingerprint_key() == first
    module.use_given(b"a key of the user's own")
    try:
        assert fingerprint_key().secret == b"a key of the user's own"
    finally:
        module.use_given(None)
    assert fingerprint_key() == first


def test_a_worker_goes_by_the_key_that_its_parent_tells_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module._Current, "adopted", None)
    monkeypatch.setenv(module.VARIABLE, "one key")
    told = module._of(module.FingerprintKey(b"of the parent"), "https://host.example/a")
    module.adopt(told.secret)
    module.use_repository("https://host.example/b")
    assert fingerprint_key() == told
    assert (fingerprint_key().digest(b"value"), fingerprint_key().id) == (told.digest(b"value"), told.id)


def test_processes_that_start_together_agree(fresh: Path) -> None:
    program = f"import sys; sys.path[:] = {sys.path!r}; from hardencheck.collect.fingerprint_key import *\n"
    running = [
        subprocess.Popen(
            [sys.executable, "-I", "-c", program + "print(fingerprint_key().id)"], stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    assert len({process.communicate()[0] for process in running}) == 1
    assert [file.name for file in fresh.iterdir()] == ["fingerprint.key"]
