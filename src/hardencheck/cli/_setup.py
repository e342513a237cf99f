"""From flags, environment and configuration to what an audit needs: configuration, catalogue and policy."""

import datetime as dt
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from hardencheck.catalogue.load import Catalogue, Memo, load_catalogue
from hardencheck.cli._options import Reading
from hardencheck.collect.cache import Cache, default_directory
from hardencheck.collect.options import Options
from hardencheck.config.find import (
    SHARED,
    TABLE,
    Source,
    discover,
    file_reader,
    folders,
    parse,
    read_file,
)
from hardencheck.config.load import Loaded, check_ids, digest, loaded_where
from hardencheck.config.model import TargetConfig, UserConfig
from hardencheck.config.user import CHECKS, PLUGINS, listed, user_config
from hardencheck.errors import CatalogueError, ConfigError, HardencheckError, TargetMissing, UsageError
from hardencheck.model.checklist import Note
from hardencheck.model.target import Target


class Change(NamedTuple):
    """The configuration of what is audited differs from the one that decides. keys: those whose values differ."""

    label: str
    keys: tuple[str, ...]


class Extras(NamedTuple):
    """What the person running the audit added to it: directories of checks and plugins, from flags, environment
    and their own configuration, in this order and each once."""

    checks: tuple[Path, ...]
    plugins: tuple[str, ...]
    user: UserConfig


def today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def extras(checks: Sequence[str], plugins: Sequence[str]) -> Extras:
    """Raises UsageError for a directory that is not there, ConfigError for a user configuration that is wrong."""
    user = user_config()
    directories: dict[Path, None] = {}
    own = (str(Path(item).expanduser()) for item in user.checks)
    for name in (*checks, *listed(CHECKS, os.pathsep), *own):
        path = Path(name).resolve()
        if not path.is_dir():
            raise UsageError(f"--checks {name}: no such directory", hint="expected DIR/<area>/<name>.toml files")
        directories[path] = None
    names = dict.fromkeys((*plugins, *listed(PLUGINS, ","), *user.plugins))
    return Extras(tuple(directories), tuple(names), user)


def fingerprint(name: str | None) -> None:
    """Take the key of fingerprints from a file. Raises UsageError for one that cannot be read or is too short."""
    from hardencheck.collect.fingerprint_key import use_file

    use_file(name)


def find_configuration(path: Path, config_file: str | None, revision: str | None = None) -> Source | None:
    """The configuration that belongs to what is audited: `--config FILE`, else the nearest one of the work tree,
    or of the revision when one is audited (a bare repository: of HEAD).

    Raises ConfigError, UsageError for a FILE that is not there, TargetMissing for a revision that is not.
    """
    if config_file is not None:
        return named_file(config_file)
    from hardencheck.collect.contract import Unreadable
    from hardencheck.collect.source.git import find_git

    git = find_git(path)
    if not path.is_dir():
        return None  # collecting says what is wrong with it
    if git is not None and (revision is not None or git.top is None):
        from hardencheck.cli._revision import revision_reader

        try:
            commit = git.commit(revision or "HEAD")
        except Unreadable as error:
            raise TargetMissing(
                f"git cannot read {path}: {error}", hint="expected git and a healthy repository; 'git fsck' tells more"
            ) from None
        if commit is None:
            return None  # collecting says so
        return discover(folders(path, git.top)[1], revision_reader(git, commit))
    top, names = folders(path, git.top if git is not None else None)
    source = discover(names, file_reader(top))
    return source._replace(file=top / source.label) if source is not None else None


def named_file(name: str) -> Source:
    """The configuration in a file the user named."""
    file = Path(name)
    data = read_file(file, name)
    if data is None:
        raise UsageError(f"--config {name}: no such file", hint="'hardencheck init' shows what one looks like")
    prefix = TABLE if file.name == SHARED else ()
    label = name if not file.is_absolute() and ".." not in file.parts else file.name
    source = parse(label, data, prefix=prefix, file=file)
    if source is None:
        raise ConfigError(f"{name}: it has no [tool.hardencheck] table")
    return source


def base_configuration(path: Path, revision: str) -> tuple[Source | None, str]:
    """(the configuration of another revision, read from git objects, and the commit it is).

    Raises UsageError where there is no such revision: a policy that cannot be read is never replaced by another.
    """
    from hardencheck.cli._revision import require_commit, revision_reader

    git, commit = require_commit(path, revision, "--policy-ref")
    return discover(folders(path, git.top)[1], revision_reader(git, commit)), commit


def change(mine: Source | None, base: Source | None) -> Change | None:
    """What `mine` says other than `base`, None when they mean the same."""
    here, there = (mine.table if mine else {}), (base.table if base else {})
    label = mine.label if mine else base.label if base else ""
    if digest(here) == digest(there) and (mine is None) == (base is None):
        return None
    keys = tuple(sorted(key for key in {*here, *there} if here.get(key) != there.get(key)))
    return Change(label, keys)


def catalogue_of(loaded: Loaded, extra: Extras, memo: Memo | None = None) -> Catalogue:
    """All checks with the parameters of the configuration. Raises CatalogueError, and ConfigError or UnknownName
    with file and line for a name or parameter in the configuration that does not fit."""
    if extra.plugins:
        from hardencheck.collect.registry import load_plugin

        for name in extra.plugins:
            load_plugin(name)  # its kinds of fact must be known before a check names them
    parameters = loaded.config.checks
    if parameters:  # they are shown as what a check expects
        from hardencheck.collect.secrets.names import masked

        parameters = masked(parameters)
    try:
        catalogue = load_catalogue(extra.checks, parameters, memo)
    except (ConfigError, CatalogueError):
        if loaded.config.checks:
            _blame(loaded, extra)
        raise
    check_names(loaded, catalogue)
    return catalogue


def cached_catalogue(
    loaded: Loaded, extra: Extras, directory: str | None, notes: list[Note], *, off: bool
) -> tuple[Path | None, Catalogue]:
    """(the directory of the cache, None for none, and the catalogue). directory: given on the command line, else the
    user's configuration or the platform says. A cache that cannot be used is a note. Raises as `catalogue_of`."""
    cache = cache_directory(extra, directory, off=off)
    with Cache(cache, lambda text: notes.append(Note(topic="cache", text=text))) as memo:
        cache = cache if memo.enabled else None  # said once is enough
        return cache, catalogue_of(loaded, extra, memo)


def cache_directory(extra: Extras, directory: str | None, *, off: bool) -> Path | None:
    given = directory or extra.user.cache_dir
    return None if off else Path(given).expanduser() if given else default_directory()


def target_of(path: str, reading: Reading, loaded: Loaded) -> Target:
    profile = reading.profile or profile_of(loaded.config.target)
    return Target(repository=path, revision=reading.rev, profile=profile)


def collecting(reading: Reading, loaded: Loaded, extra: Extras, cache: Path | None) -> Options:
    """How the files of a target are collected: as the command line says, else the user's configuration."""
    return Options(
        jobs=reading.jobs if reading.jobs is not None else extra.user.jobs,
        cache=cache,
        excludes=(*loaded.config.exclude, *reading.exclude),
        plugins=extra.plugins,
        rules=extra.checks,
    )


def profile_of(targets: Iterable[TargetConfig]) -> str | None:
    """The settings module of the first target that names one."""
    return next((target.profile for target in targets if target.profile is not None), None)


def check_names(loaded: Loaded, catalogue: Catalogue) -> None:
    manual = {check.id for check in catalogue.checks.values() if check.manual}
    check_ids(loaded, catalogue.checks.keys(), catalogue.also, manual)


def _blame(loaded: Loaded, extra: Extras) -> None:
    """Raise the error of the one parameter that does not fit, with its line. Only after something went wrong."""
    plain = load_catalogue(extra.checks)
    check_names(loaded, plain)
    for name, table in loaded.config.checks.items():
        for key, value in table.items():
            try:
                load_catalogue(extra.checks, {name: {key: value}})
            except HardencheckError as error:
                where = loaded_where(loaded, ("checks", name, key))
                text = str(error).removeprefix(f"{name}: ").removeprefix(f"{key}: ")
                raise ConfigError(f"{where}: {text}", hint=error.hint) from None
