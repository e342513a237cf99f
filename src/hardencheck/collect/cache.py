"""Facts by content, in the user's cache directory. A cache that is broken or foreign is thrown away, never trusted."""

import hashlib
import os
import sqlite3
import stat
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

from hardencheck import __version__

APPLICATION_ID = 0x68636B31  # "hck1": another program's database is not ours to read
MAX_BYTES = 1 << 30
_BATCH = 500


def default_directory() -> Path:
    """HARDENCHECK_CACHE_DIR, else the platform's cache directory for this user."""
    given = os.environ.get("HARDENCHECK_CACHE_DIR")
    if given:
        return Path(given)
    from platformdirs import user_cache_path

    return user_cache_path("hardencheck", appauthor=False)


class Cache:
    """Payloads by key (bytes to bytes). Every failure turns it off with a notice; none stops an audit."""

    def __init__(self, directory: Path | None, notice: Callable[[str], None] = lambda text: None) -> None:
        self._notice = notice
        self._pending: list[tuple[bytes, bytes]] = []
        self._database: sqlite3.Connection | None = None
        if directory is not None:
            self._database = self._open(directory)

    @property
    def enabled(self) -> bool:
        return self._database is not None

    def _open(self, directory: Path) -> sqlite3.Connection | None:
        path = directory / "facts.sqlite3"
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            status = directory.stat()
            if hasattr(os, "getuid") and (
                status.st_uid != os.getuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
            ):
                self._notice(
                    f"cache not used: {directory} can be written by others; expected a private directory (0700)"
                )
                return None
            if path.exists() and path.stat().st_size > MAX_BYTES:
                self._notice("cache emptied: it had grown past 1 GiB")
                _remove(path)
            try:
                return _connect(path)
            except (sqlite3.DatabaseError, ValueError) as error:
                if isinstance(error, sqlite3.OperationalError) and "malformed" not in str(error):
                    raise
                self._notice(f"cache discarded: it is corrupt or not ours ({error}); facts are collected anew")
                _remove(path)
                return _connect(path)
        except (OSError, sqlite3.Error) as error:
            self._notice(f"cache not used: {error}; the audit only takes longer")
            return None

    def get(self, key: bytes) -> bytes | None:
        if self._database is None:
            return None
        try:
            row = self._database.execute("SELECT payload FROM facts WHERE key = ?", (key,)).fetchone()
        except sqlite3.Error as error:
            self._fail(error)
            return None
        return None if row is None else bytes(row[0])

    def get_many(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """Those of many keys that are there; several hundred at a time, since a history has a hundred thousand."""
        found: dict[bytes, bytes] = {}
        for start in range(0, len(keys), _BATCH):
            if self._database is None:
                break
            part = keys[start : start + _BATCH]
            marks = ",".join("?" * len(part))
            try:
                rows = self._database.execute(f"SELECT key, payload FROM facts WHERE key IN ({marks})", part)  # noqa: S608
                found.update((bytes(key), bytes(payload)) for key, payload in rows)
            except sqlite3.Error as error:
                self._fail(error)
        return found

    def put(self, key: bytes, payload: bytes) -> None:
        if self._database is not None:
            self._pending.append((key, payload))
            if len(self._pending) >= _BATCH:
                self.flush()

    def flush(self) -> None:
        if self._database is None or not self._pending:
            return
        try:
            with self._database:
                self._database.executemany("INSERT OR REPLACE INTO facts (key, payload) VALUES (?, ?)", self._pending)
        except sqlite3.Error as error:
            self._fail(error)
        self._pending.clear()

    def _fail(self, error: sqlite3.Error) -> None:
        self._notice(f"cache no longer used: {error}; the audit only takes longer")
        if self._database is not None:
            self._database.close()
        self._database = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Also after Ctrl-C: what was collected until then need not be collected again.
        self.flush()
        if self._database is not None:
            self._database.close()


def key_of(*parts: str | bytes) -> bytes:
    """A key from everything the payload depends on."""
    digest = hashlib.blake2b(digest_size=20)
    for part in parts:
        data = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.digest()


@cache
def runtime() -> str:
    """What every extractor depends on: the Python whose grammar reads the target, and the code of the collectors.

    The code itself, not only its version: two commits of one version must not share facts. (Inside a zip there is
    only the version to go by.)
    """
    code = hashlib.blake2b(digest_size=16)
    collect_folder = Path(__file__).parent
    for folder in (collect_folder, collect_folder.parent / "model" / "facts"):
        for file in sorted(folder.rglob("*.py")):
            code.update(file.read_bytes())
    return f"{sys.version_info[:2]}/{__version__}/{code.hexdigest()}"


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=5.0)
    try:
        (found,) = database.execute("PRAGMA application_id").fetchone()
        (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and found != APPLICATION_ID:
            raise ValueError("made by another program")
        if not tables:
            database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("CREATE TABLE facts (key BLOB PRIMARY KEY, payload BLOB NOT NULL) WITHOUT ROWID")
            path.chmod(0o600)
        database.execute("PRAGMA synchronous = OFF")  # losing it costs time, not truth
        database.execute("SELECT payload FROM facts LIMIT 1").fetchone()
    except BaseException:
        database.close()
        raise
    return database


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
