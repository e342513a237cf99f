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

VARIABLE = "HARDENCHECK_FINGERPRINT_KEY"
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
    """What this process goes by. adopted: the key that its parent told it. repository: whose key is asked for."""

    adopted: FingerprintKey | None = None
    given: FingerprintKey | None = None
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
    given = os.environ.get(VARIABLE)
    if given:
        return FingerprintKey(given.encode("utf-8", "surrogateescape"))
    return _of(_kept(default_directory()), _Current.repository)


@lru_cache(maxsize=8)
def _of(key: FingerprintKey, repository: str) -> FingerprintKey:
    name = b"hardencheck/repository\0" + repository.encode("utf-8", "surrogatepass")
    return FingerprintKey(hmac.new(key.secret, name, hashlib.sha256).digest(), key.note)


def use_repository(name: str) -> None:
    """From now on the key of this repository: its origin, else its path. Never written anywhere."""
    _Current.repository = name


def use_given(key: bytes | None) -> None:
    """From now on this key, whatever the repository; None: the user's again."""
    _Current.given = FingerprintKey(key) if key is not None else None


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
