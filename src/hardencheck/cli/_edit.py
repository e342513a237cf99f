"""What `waive` and `attest` share: find the configuration, add a table, read it back, put it in place."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from hardencheck.catalogue.load import Catalogue
from hardencheck.cli import _setup
from hardencheck.config.edit import Value, add_table, checked, create, write
from hardencheck.config.find import FILE, Source
from hardencheck.config.load import load
from hardencheck.errors import UsageError


def day(text: str, flag: str, *, latest: int) -> dt.date:
    """A date given on the command line, from today to `latest` days ahead. Raises UsageError."""
    today = _setup.today()
    try:
        if len(text) != len("2027-02-01"):
            raise ValueError
        found = dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{flag} {text}: expected a date such as {today + dt.timedelta(days=90)}") from None
    if found < today:
        raise UsageError(f"{flag} {text}: it has passed; today is {today} (UTC)")
    if (found - today).days > latest:
        raise UsageError(f"{flag} {text}: more than {latest} days ahead; the latest is {today + dt.timedelta(latest)}")
    return found


def opened(path: str, config_file: str | None) -> tuple[Source | None, Path]:
    """The configuration to change and its file; without one, where a new hardencheck.toml goes: the top of the
    repository, else the directory itself. Raises UsageError, ConfigError."""
    root = Path(path)
    if not root.is_dir():
        raise UsageError(f"{path}: no such directory")
    source = _setup.find_configuration(root, config_file)
    if source is not None:
        if source.file is None:
            raise UsageError("a bare repository has no file to change", hint="do it in a clone, and commit it")
        return source, source.file
    from hardencheck.collect.source.git import find_git

    git = find_git(root)
    if git is not None and git.top is None:
        raise UsageError("a bare repository has no file to change", hint="do it in a clone, and commit it")
    return None, (git.top if git is not None and git.top is not None else root) / FILE


def add(source: Source | None, file: Path, key: str, values: Mapping[str, Value], *, replaces: str = "") -> None:
    """Write the configuration with one more table. Raises ConfigError before anything is written when the result
    could not be read back, OutputError when it cannot be written."""
    today = _setup.today()
    load(source, today=today)  # a broken file is not made longer
    text = add_table(source, key, values, replaces=replaces)
    checked(source.label if source else FILE, text, today=today, prefix=source.prefix if source else ())
    if source is None:
        create(file, text)
    else:
        write(file, text)


def catalogue_for(source: Source | None, checks: tuple[str, ...], plugins: tuple[str, ...]) -> Catalogue:
    """The catalogue with the user's own additions."""
    return _setup.catalogue_of(load(source, today=_setup.today()), _setup.extras(checks, plugins))


def required(flag: str, text: str) -> str:
    if not text.strip():
        raise UsageError(f"{flag}: expected some text")
    if any(ord(char) < 32 and char not in "\t\n" for char in text):
        raise UsageError(f"{flag}: expected text without control characters")
    return text
