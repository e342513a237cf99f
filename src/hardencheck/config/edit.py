"""Adding to a configuration with tomlkit: the user's comments, order and spelling stay as they are."""

import datetime as dt
import os
import tempfile
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from hardencheck.config.find import Source, parse
from hardencheck.config.load import load
from hardencheck.errors import ConfigError, OutputError

Value = str | dt.date


def add_table(source: Source | None, key: str, values: Mapping[str, Value], *, replaces: str = "") -> str:
    """The text of the configuration with one more `[[key]]` at its end; all that was there stays byte for byte.

    source: the configuration as it is, None for a new one. replaces: the name of a field; a table that has the
    same value there is changed instead of a second one being added.
    """
    import tomlkit

    document = tomlkit.parse(source.text if source else "schema = 1\n")
    table: Any = document
    for part in source.prefix if source else ():
        table = table[part]
    for item in table.get(key, ()):
        if replaces and item.get(replaces) == values[replaces]:
            item.update(values)
            return _as_before(source, tomlkit.dumps(document))
    text = source.text if source else "schema = 1\n"
    made = tomlkit.table()
    made.update(values)
    header = ".".join((*(source.prefix if source else ()), key))
    between = "\n" if text.endswith("\n") else "\n\n"
    whole = f"{text}{between}[[{header}]]\n{made.as_string().strip()}\n"
    try:
        tomllib.loads(whole)
    except tomllib.TOMLDecodeError:
        # Written in line (waiver = [{...}], or hardencheck = {...}): it grows the way it is written.
        if key not in table:
            table[key] = tomlkit.array()
        inline = tomlkit.inline_table()
        inline.update(values)
        table[key].append(inline)
        whole = tomlkit.dumps(document)
    return _as_before(source, whole)


def _as_before(source: Source | None, text: str) -> str:
    """With the line ends of the file: tomlkit writes its own parts with a line feed."""
    if source is not None and source.text.count("\r\n") * 2 > source.text.count("\n"):
        return text.replace("\r\n", "\n").replace("\n", "\r\n")
    return text


def checked(label: str, text: str, *, today: dt.date, prefix: tuple[str, ...] = ()) -> str:
    """`text` again, after reading it back as a scan would. Raises ConfigError: then nothing must be written."""
    source = parse(label, text.encode(), prefix=prefix)
    if source is None:
        raise ConfigError(f"{label}: the change would leave no configuration in it; nothing was written")
    load(source, today=today)
    return text


def write(file: Path, text: str) -> None:
    """Replace a file in one step, with its mode; the old one stays when that fails. Raises OutputError."""
    replace_file(file, text.encode("utf-8"), mode=_mode(file))


def _mode(file: Path) -> int | None:
    with suppress(OSError):
        return file.stat().st_mode & 0o777
    return None


def create(file: Path, text: str) -> None:
    """Write a file that must not exist yet. Raises ConfigError when it does, OutputError when it cannot be written."""
    try:
        with file.open("x", encoding="utf-8", newline="") as stream:
            stream.write(text)
    except FileExistsError:
        raise ConfigError(f"{file}: exists already; it is never overwritten", hint="edit it by hand") from None
    except OSError as error:
        raise OutputError(f"{file}: cannot be written: {error.strerror}") from None


def replace_file(file: Path, data: bytes, *, mode: int | None = None) -> None:
    """Write beside the file, then put it in its place. Raises OutputError; the old file stays as it was."""
    staged = stage_file(file, data, mode=mode)
    try:
        staged.replace(file.resolve())
    except OSError as error:
        raise OutputError(f"{file}: cannot be replaced: {error.strerror}", hint="the old file is unchanged") from None
    finally:
        staged.unlink(missing_ok=True)


def stage_file(file: Path, data: bytes, *, mode: int | None = None) -> Path:
    """A temporary file with `data` on disk, in the directory of `file`. Raises OutputError; leaves nothing behind."""
    target = file.resolve()  # a link stays a link: what it points to is replaced
    name = ""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name[:60]}.", suffix=".part", dir=target.parent)
        with open(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(mode if mode is not None else 0o666 & ~_umask())
    except BaseException as error:
        if name:
            Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise OutputError(
                f"{file}: cannot be written: {error.strerror}", hint="the old file, if there was one, is unchanged"
            ) from None
        raise
    return Path(name)


def _umask() -> int:
    current = os.umask(0o077)
    os.umask(current)
    return current
