"""Where reports go: standard output and files, all of them or none."""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from hardencheck.cli import _interrupt
from hardencheck.errors import OutputError, UsageError, did_you_mean

STDOUT = "-"


class Output(NamedTuple):
    """One report to make. file: None is standard output."""

    fmt: str
    file: Path | None


def outputs(given: Sequence[str], known: Sequence[str]) -> list[Output]:
    """The reports that `--format F[=FILE]` asks for. Raises UsageError before anything is scanned."""
    found: list[Output] = []
    for text in given:
        fmt, separator, place = text.partition("=")
        if fmt not in known:
            raise UsageError(f"--format {fmt}: no such format", hint=did_you_mean(fmt, known, "format"))
        if separator and not place:
            raise UsageError(f"--format {text}: a file name is expected after '='", hint="'-' is standard output")
        found.append(Output(fmt, Path(place) if place not in {"", STDOUT} else None))
    if sum(output.file is None for output in found) > 1:
        raise UsageError("two reports cannot share standard output", hint="write one to a file: --format F=FILE")
    seen: set[Path] = set()
    for output in found:
        if output.file is None:
            continue
        real = writable(f"--format {output.fmt}={output.file}", output.file)
        if real in seen:
            raise UsageError(f"two reports cannot be written to one file: {output.file}")
        seen.add(real)
    return found


def writable(asked: str, file: Path) -> Path:
    """The file without links. Raises UsageError, naming what was asked, where no file can be written."""
    try:
        real = file.resolve()
        if real.is_symlink():
            raise RuntimeError
        is_directory, has_place = real.is_dir(), real.parent.is_dir()
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle; before Python 3.13 also resolve()'s
        why = error.strerror if isinstance(error, OSError) else "its links lead in a circle"
        raise UsageError(
            f"{asked}: cannot be written there: {why}", hint="give another name; nothing was scanned"
        ) from None
    if is_directory:
        raise UsageError(f"{asked}: it is a directory; expected the name of a file")
    if not has_place:
        raise UsageError(
            f"{asked}: the directory {file.parent} does not exist", hint="create it first; nothing was scanned"
        )
    return real


def write_files(texts: Mapping[Path, str | bytes]) -> None:
    """All files or none: each is written beside its place and flushed to disk before the first one is replaced.

    Raises OutputError (full disk, read-only directory); then every old report is still there, whole.
    """
    from hardencheck.config.edit import stage_file

    staged: list[tuple[Path, Path]] = []
    try:
        for file, text in texts.items():
            data = text if isinstance(text, bytes) else text.encode("utf-8", "backslashreplace")
            if file.exists() and not file.is_file():
                _write_through(file, data)  # a device or pipe is written to, never replaced
                continue
            staged.append((stage_file(file, data), file))
        _interrupt.refuse_if_pressed()
        for part, file in staged:
            try:
                part.replace(file.resolve())
            except OSError as error:
                raise OutputError(f"{file}: cannot be replaced: {error.strerror}") from None
    finally:
        for part, _ in staged:
            with suppress(OSError):
                part.unlink(missing_ok=True)


def _write_through(file: Path, data: bytes) -> None:
    try:
        with file.open("wb", buffering=0) as stream:
            rest = memoryview(data)
            while rest:
                rest = rest[stream.write(rest) or 0 :]
    except OSError as error:
        raise OutputError(f"{file}: cannot be written: {error.strerror}") from None


def write_stdout(text: str, *, exact: bool = False) -> None:
    """Print. exact: UTF-8 whatever the terminal speaks, for formats that programs read.

    A reader that went away ends it quietly. Raises OutputError for a full disk or a closed standard output.
    """
    stream = sys.stdout
    if stream is None:
        raise OutputError("standard output is closed", hint="write the report to a file: --format F=FILE")
    try:
        stream.flush()
        encoding = "utf-8" if exact else stream.encoding or "ascii"
        data = text.encode(encoding, "backslashreplace")
        if exact:
            stream.buffer.write(data)
        else:
            stream.write(data.decode(encoding))
        stream.flush()
    except BrokenPipeError:
        abandon_stdout()
    except OSError as error:
        abandon_stdout()
        raise OutputError(f"standard output cannot be written: {error.strerror}") from None


def abandon_stdout() -> None:
    """Let what is still buffered go nowhere, so that the interpreter does not stumble over it when it ends."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def shown(text: str) -> str:
    """Text that quotes a configuration or a command line: as `plain`, and without secrets."""
    from hardencheck.collect.secrets.names import masked
    from hardencheck.collect.secrets.ruleset import use_rules
    from hardencheck.errors import CatalogueError

    try:
        return plain(masked(text))
    except CatalogueError:  # the rules that the user added are the error
        use_rules(())
        return plain(masked(text))


def plain(text: str, limit: int = 2_000) -> str:
    """Text that may come from the target, harmless on a terminal: lines stay, what is unseen is spelled out.

    limit: characters of a line that are kept.
    """
    from hardencheck.report._text import visible

    return "\n".join(visible(line, limit) for line in text.split("\n"))
