"""hardencheck config show: every value and where it came from."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click

from hardencheck.cli import _options


@click.group("config", context_settings=_options.CONTEXT, short_help="Show the configuration that applies.")
def command() -> None:
    """Show the configuration that applies to a directory."""


class Value(NamedTuple):
    """key as a person writes it, the value, and where it came from: file:line, a variable, or "default"."""

    key: str
    value: object
    source: str


@command.command("show", context_settings=_options.CONTEXT)
@click.argument("path", default=".", metavar="[PATH]")
@click.option("--rev", metavar="REV", help="The configuration of this git revision instead of the work tree's.")
@_options.config
@click.option(
    "--format", "fmt", type=click.Choice(["text", "json"]), default="text", help="How to print it; text by default."
)
@_options.debug
def show(path: str, rev: str | None, config_file: str | None, fmt: str) -> int:
    """Print every value with where it came from, and check them all as a scan would."""
    import msgspec

    from hardencheck.cli import _setup
    from hardencheck.cli._output import plain, write_stdout
    from hardencheck.collect.secrets.names import masked
    from hardencheck.config.load import load
    from hardencheck.errors import TargetMissing

    if not Path(path).is_dir():
        raise TargetMissing(f"{path} does not exist or is not a directory", hint="give the directory of the service")
    source = _setup.find_configuration(Path(path), config_file, rev)
    loaded = load(source, today=_setup.today())
    _setup.catalogue_of(loaded, _setup.extras((), ()))
    values = masked([*_project(loaded), *_user()])
    if fmt == "json":
        rows = [value._asdict() for value in values]
        write_stdout(msgspec.json.format(msgspec.json.encode(rows), indent=2).decode() + "\n", exact=True)
        return 0
    head = (
        f"configuration: {masked(loaded.label)}" if source else "configuration: none found; every value is the default"
    )
    wide = max(len(value.key) for value in values)
    shown = [(value.key, msgspec.json.encode(value.value).decode(), value.source) for value in values]
    middle = min(48, max(len(text) for _, text, _ in shown))
    lines = [head, "", *(f"{key:<{wide}}  {text:<{middle}}  {place}" for key, text, place in shown)]
    write_stdout(plain("\n".join(lines)) + "\n")
    return 0


def _project(loaded: Any) -> Iterator[Value]:
    import msgspec

    from hardencheck.config.load import shown
    from hardencheck.config.position import positions

    table = loaded.source.table if loaded.source else {}
    lines = positions(loaded.source.text) if loaded.source else {}
    placed = loaded._replace(lines=lines)
    for field in msgspec.structs.fields(loaded.config):
        key, value = field.encode_name, getattr(loaded.config, field.name)
        if key == "checks":
            for name, parameters in value.items():
                for parameter, chosen in parameters.items():
                    path = (key, name, parameter)
                    yield Value(shown(path), chosen, placed.where(*path))
        elif value and isinstance(value[0] if isinstance(value, tuple) else None, msgspec.Struct):
            for number, item in enumerate(value):
                for part, chosen in msgspec.to_builtins(item).items():
                    if part in table[key][number]:
                        yield Value(shown((key, number, part)), chosen, placed.where(key, number, part))
        else:
            yield Value(key, value, placed.where(key) if key in table else "default")


def _user() -> Iterator[Value]:
    import os

    from hardencheck.collect.cache import default_directory
    from hardencheck.config.user import CHECKS, PLUGINS, listed, user_config, user_file

    own, file = user_config(), str(user_file())
    for name, variable, separator, mine in (
        ("checks directories", CHECKS, os.pathsep, own.checks),
        ("plugins", PLUGINS, ",", own.plugins),
    ):
        given = listed(variable, separator)
        places = [*([variable] if given else []), *([file] if mine else [])]
        yield Value(name, (*given, *mine), " and ".join(places) or "default")
    cached = os.environ.get("HARDENCHECK_CACHE_DIR")
    place = file if own.cache_dir else "HARDENCHECK_CACHE_DIR" if cached else "default"
    yield Value("cache-dir", own.cache_dir or str(default_directory()), place)
    yield Value("jobs", own.jobs, file if own.jobs is not None else "default (one a core)")
    yield Value("ca-file", own.ca_file, file if own.ca_file else "default (the system's)")
