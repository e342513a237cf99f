"""The key under which values are fingerprinted. It stays with the user: never in a report, a cache or a log.

Without a key, a digest of a short secret can be guessed by trying; with it, equal digests tell only that two values
are equal. Each repository has a key of its own, made from the user's key and what the repository is called, so that
reports of two repositories cannot be compared. A key that is given (--fingerprint-key, HARDENCHECK_FINGERPRINT_KEY)
is taken as it is: with it, reports of several machines or repositories can be.
"""

import hashlib
import hmac
import os
import secrets
import stat
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from hardencheck.errors import TargetMissing, UsageError

FLAG = "--fingerprint-key"
VARIABLE = "HARDENCHECK_FINGERPRINT_KEY"
MIN_BYTES = 16  # fewer can be tried
MAX_BYTES = 64 * 1024
# Set by this process for its workers when no key can be kept, so that all of them use the same one.
_OF_THIS_RUN = "HARDENCHECK_RUN_FINGERPRINT_KEY"
_BYTES = 32


class FingerprintKey(NamedTuple):
    """note: what the user should know about it, "" when all is well. repr() does not show the key."""

    secret: bytes
    note: str = ""

    def __repr__(self) -> str:
        return f"FingerprintKey({self.id})"

    @property
    def id(self) -> str:
        """Tells keys apart without telling the key."""
        return hmac.new(self.secret, b"hardencheck/key-id", hashlib.sha256).hexdigest()[:16]

    def digest(self, value: bytes) -> str:
        """The first 32 hexadecimal digits of HMAC-SHA-256 over a value."""
        return hmac.new(self.secret, value, hashlib.sha256).hexdigest()[:32]


def default_directory() -> Path:
    """HARDENCHECK_DATA_DIR, else the platform's data directory for this user."""
    given = os.environ.get("HARDENCHECK_DATA_DIR")
    if given:
        return Path(given)
    from platformdirs import user_data_path

    return user_data_path("hardencheck", appauthor=False)


class _Current:
    """What this process goes by. adopted: the key that its parent told it. file: the one that the given key is in.
    repository: whose key is asked for."""

    adopted: FingerprintKey | None = None
    given: FingerprintKey | None = None
    file: Path | None = None
    repository = ""


def fingerprint_key() -> FingerprintKey:
    """The key of the repository at hand.

    The one given, else HARDENCHECK_FINGERPRINT_KEY, else one made from the user's key file (made on first use, 0600)
    or, where none can be kept, from one for this run.
    """
    if _Current.adopted is not None:
        return _Current.adopted
    if _Current.given is not None:
        return _Current.given
    given = os.environ.get(VARIABLE, "").encode("utf-8", "surrogateescape")
    if given:
        short = f"the key in {VARIABLE} can be guessed: {len(given)} bytes; expected at least {MIN_BYTES}"
        return FingerprintKey(given, short if len(given) < MIN_BYTES else "")
    return _of(_kept(default_directory()), _Current.repository)


@lru_cache(maxsize=8)
def _of(key: FingerprintKey, repository: str) -> FingerprintKey:
    name = b"hardencheck/repository\0" + repository.encode("utf-8", "surrogatepass")
    return FingerprintKey(hmac.new(key.secret, name, hashlib.sha256).digest(), key.note)


def use_repository(name: str) -> None:
    """From now on the key of this repository: its origin, else its path. Never written anywhere."""
    _Current.repository = name
    if _Current.given is not None and _Current.file is not None and _is_tracked(_Current.file, name):
        note = f"the key of {FLAG} is in the audited repository: all who have a clone can guess short secrets with it"
        if note not in _Current.given.note:
            _Current.given = _Current.given._replace(note="; ".join(filter(None, (_Current.given.note, note))))


def use_given(key: bytes | None) -> None:
    """From now on this key, whatever the repository; None: the user's again."""
    _Current.given, _Current.file = FingerprintKey(key) if key is not None else None, None


def use_file(name: str | None) -> None:
    """From now on the key in this file, whatever the repository; None: the user's again. One line end after the key
    is no part of it.

    Raises UsageError for what is no such file, and for a key that is short enough to be tried.
    """
    _Current.given, _Current.file = (_given(name), Path(name).absolute()) if name is not None else (None, None)


def _at_once(name: str, flags: int) -> int:
    """As open() does, but a FIFO that nobody writes to is not waited for."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def _given(name: str) -> FingerprintKey:
    hint = f"expected {MIN_BYTES} bytes or more, best 32 random ones: (umask 077; head -c 32 /dev/urandom > FILE)"
    try:
        with open(name, "rb", opener=_at_once) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise UsageError(f"{FLAG} {name}: not a regular file", hint=hint)
            data = file.read(MAX_BYTES + 1)
    except ValueError:  # a NUL
        raise UsageError(f"{FLAG} {name}: not the name of a file", hint=hint) from None
    except OSError as error:
        raise UsageError(f"{FLAG} {name}: cannot be read: {error.strerror}", hint=hint) from None
    if len(data) > MAX_BYTES:
        raise UsageError(f"{FLAG} {name}: larger than {MAX_BYTES} bytes, which is no key", hint=hint)
    key = data.removesuffix(b"\n").removesuffix(b"\r") if data.endswith(b"\n") else data
    if len(key) < MIN_BYTES:
        raise UsageError(f"{FLAG} {name}: a key of {len(key)} bytes can be guessed", hint=hint)
    mode = stat.S_IMODE(status.st_mode)
    if os.name == "posix" and mode & 0o077:
        return FingerprintKey(key, f"the key of {FLAG} is open to other users: mode {mode:04o}; expected 0600")
    return FingerprintKey(key)


def _is_tracked(file: Path, repository: str) -> bool:
    """Whether the repository of this name has the file among those that it tracks. Trouble counts as no: this is asked
    for a note only."""
    from hardencheck.collect.contract import Unreadable
    from hardencheck.collect.source.git import GitError, find_git

    try:
        real = file.resolve()
        git = find_git(real.parent)
        if git is None or git.top is None or repository not in {git.origin, os.fsdecode(git.common)}:
            return False
        return bool(git.run("ls-files", "-z", "--", str(real.relative_to(git.top))))
    except (GitError, Unreadable, TargetMissing, OSError, RuntimeError, ValueError):
        return False


def adopt(key: bytes) -> None:
    """In a worker process: the key of its parent."""
    _Current.adopted = FingerprintKey(key)


@lru_cache(maxsize=8)
def _kept(directory: Path) -> FingerprintKey:
    path = directory / "fingerprint.key"
    try:
        try:
            return _read(path)
        except FileNotFoundError:
            _create(path)
            return _read(path)
    except (OSError, ValueError) as error:
        # The error names the path alone; the text of a ValueError is ours.
        why = error.strerror if isinstance(error, OSError) else str(error)
        note = (
            f"fingerprints of secrets hold for this run only: no key can be kept in the user's data directory ({why}); "
            f"set {VARIABLE} to compare reports"
        )
        run = os.environ.get(_OF_THIS_RUN) or secrets.token_hex(_BYTES)
        os.environ[_OF_THIS_RUN] = run
        return FingerprintKey(bytes.fromhex(run), note)


def _read(path: Path) -> FingerprintKey:
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0))
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        text = file.read(4 * _BYTES)
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("fingerprint.key is not a regular file")
    if hasattr(os, "getuid") and (status.st_uid not in {os.getuid(), 0} or status.st_mode & 0o077):
        raise ValueError("fingerprint.key is open to other users; expected mode 0600")
    try:
        secret = bytes.fromhex(text.decode("ascii").strip())
    except ValueError:
        secret = b""
    if len(secret) != _BYTES:
        raise ValueError(f"fingerprint.key does not hold {2 * _BYTES} hexadecimal digits")
    return FingerprintKey(secret)


def _create(path: Path) -> None:
    """Whole or not at all, and the first of several processes wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.write(secrets.token_hex(_BYTES).encode() + b"\n")
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without links
            if not path.exists():
                os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
