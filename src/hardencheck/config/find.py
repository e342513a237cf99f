"""Which configuration applies: the nearest one, from the audited directory up to the root of its repository."""

import os
import re
import stat
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from hardencheck.errors import ConfigError

FILE = "hardencheck.toml"
SHARED = "pyproject.toml"
MAX_BYTES = 1 << 20
MAX_KEY_PARTS = 100
TABLE = ("tool", "hardencheck")
_DEEP_KEY = re.compile(rf"(?:[^\s.]{{1,80}}[ \t]*\.[ \t]*){{{MAX_KEY_PARTS},}}")

# Bytes of a file by its path from the top ("svc/hardencheck.toml"); None when there is none.
Reader = Callable[[str], bytes | None]


class Source(NamedTuple):
    """A configuration as written. label: its path from the top of the repository, for messages and reports.

    prefix: where in the file the table is. table: what it says, unchecked. file: where it can be edited.
    """

    label: str
    text: str
    table: dict[str, Any]
    prefix: tuple[str, ...] = ()
    file: Path | None = None


def folders(root: Path, top: Path | None) -> tuple[Path, list[str]]:
    """(top, folders from `root` up to it, nearest first, relative to it). Without a repository `root` alone counts:
    the directories above it belong to nobody who has a say here."""
    here = root.resolve()
    if top is None:
        return here, [""]
    above = top.resolve()
    found = [here]
    while found[-1] != above and above in found[-1].parents:
        found.append(found[-1].parent)
    names = (folder.relative_to(above).as_posix() for folder in found)
    return above, ["" if name == "." else name for name in names]


def discover(names: Iterable[str], read: Reader) -> Source | None:
    """The nearest configuration. Raises ConfigError: two at one level, not TOML, not a plain small file."""
    for folder in names:
        at = f"{folder}/" if folder else ""
        own, shared = read(f"{at}{FILE}"), read(f"{at}{SHARED}")
        found = []
        if own is not None:
            found.append(parse(f"{at}{FILE}", own))
        # A pyproject.toml that does not even name hardencheck is not ours to parse, nor to complain about.
        if shared is not None and b"hardencheck" in shared:
            source = parse(f"{at}{SHARED}", shared, prefix=TABLE)
            if source is not None:
                found.append(source)
        if len(found) > 1:
            raise ConfigError(
                f"two configurations at one level: {at}{FILE} and [tool.hardencheck] in {at}{SHARED}",
                hint="keep one of them; nothing says which should win",
            )
        if found and found[0] is not None:
            return found[0]
    return None


def parse(label: str, data: bytes, *, prefix: tuple[str, ...] = (), file: Path | None = None) -> Source | None:
    """The table of one file; None when it has no such table. Raises ConfigError with the line where it is not TOML."""
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{label}: {len(data)} bytes; expected a configuration of at most {MAX_BYTES}")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{label}:{line}: not UTF-8; expected TOML, which always is") from None
    if text.startswith("\ufeff"):
        raise ConfigError(f"{label}:1: starts with a byte order mark; expected TOML without one")
    _refuse_deep_keys(label, text)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        at = re.search(r" \(at line (\d+), column \d+\)| \(at end of document\)", message)
        found = (at[1] if at and at[1] else str(text.count("\n") + 1)) if at else "1"
        raise ConfigError(f"{label}:{found}: not TOML: {message}", hint="expected TOML 1.0") from None
    except (RecursionError, ValueError, OverflowError):
        raise ConfigError(f"{label}: not TOML that can be read: a value is nested too deep or out of range") from None
    for key in prefix:
        inner = table.get(key)
        if inner is None:
            return None
        if not isinstance(inner, dict):
            raise ConfigError(f"{label}: {'.'.join(prefix)}: expected a table")
        table = inner
    return Source(label, text, table, prefix, file)


def _refuse_deep_keys(label: str, text: str) -> None:
    """tomllib needs time in the square of the parts of a dotted key, so one with thousands is refused unread."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.count(".") > MAX_KEY_PARTS and _DEEP_KEY.search(line):
            raise ConfigError(f"{label}:{number}: a key of more than {MAX_KEY_PARTS} parts")


def file_reader(top: Path) -> Reader:
    """Files below a directory: plain ones only, and none that a link takes out of it."""

    def read(path: str) -> bytes | None:
        return read_file(top / path, path, inside=top)

    return read


def read_file(file: Path, label: str, *, inside: Path | None = None) -> bytes | None:
    """All bytes of a plain file; None when there is none. Raises ConfigError for anything else by that name."""
    try:
        descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (FileNotFoundError, NotADirectoryError):
        if file.is_symlink():
            raise ConfigError(f"{label}: a link that points to nothing; expected a file") from None
        return None
    except OSError as error:
        raise ConfigError(f"{label}: cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ConfigError(f"{label}: expected a file, this is something else")
    with open(descriptor, "rb") as stream:
        if inside is not None and file.is_symlink():
            real = file.resolve()
            if inside.resolve() not in real.parents:
                raise ConfigError(f"{label}: a link that leaves the target; expected a file in it")
        try:
            return stream.read(MAX_BYTES + 1)
        except OSError as error:
            raise ConfigError(f"{label}: cannot be read: {error.strerror}") from None
