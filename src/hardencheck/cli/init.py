"""hardencheck init: a first configuration, from a look at what is there."""

import re
from pathlib import Path
from typing import NamedTuple

import click

from hardencheck.cli import _options

_MANIFESTS = ("requirements.txt", "pyproject.toml", "setup.cfg", "setup.py", "Pipfile", "requirements/base.txt")
_FRAMEWORKS = ("django", "flask", "fastapi", "starlette", "aiohttp")
_MAX_BYTES = 200_000
_MAX_FOLDERS = 200
_SETTINGS = re.compile(r"""DJANGO_SETTINGS_MODULE["'][\s,\]=)]+["']([A-Za-z_][\w.]*)["']""")


class Seen(NamedTuple):
    """What a look without running anything told: the framework ("" when none is named) and its settings module."""

    framework: str
    profile: str


@click.command("init", context_settings=_options.CONTEXT, short_help="Show, or write, a first hardencheck.toml.")
@click.argument("path", default=".", metavar="[PATH]")
@click.option("--write", "do_write", is_flag=True, help="Write the file; without it, it is only shown.")
@_options.debug
def command(path: str, do_write: bool) -> int:
    """Show the hardencheck.toml that would be written in PATH. With --write, write it; never over another."""
    from hardencheck.cli import _setup
    from hardencheck.cli._output import shown, write_stdout
    from hardencheck.collect.source.git import resolved
    from hardencheck.config.edit import checked, create
    from hardencheck.config.find import FILE, discover, file_reader
    from hardencheck.errors import ConfigError, UsageError

    root = Path(path)
    if not root.is_dir():
        raise UsageError(f"{path}: no such directory", hint="give the directory of the service")
    there = discover([""], file_reader(resolved(root)))
    if there is not None:
        raise ConfigError(
            f"{there.label}: there is a configuration already; it is never overwritten",
            hint="'hardencheck config show' prints what it says",
        )
    text = checked(FILE, template(look(root)), today=_setup.today())
    if not do_write:
        write_stdout(shown(text))
        write_stdout(f"# not written: 'hardencheck init --write' would write this to {shown(str(root / FILE))}\n")
        return 0
    create(root / FILE, text)
    write_stdout(f"{shown(str(root / FILE))}: written; 'hardencheck scan' reads it\n")
    return 0


def look(root: Path) -> Seen:
    """The framework that the manifests name and the settings that wsgi.py, asgi.py or manage.py set."""
    named = "\n".join(_text(root / name) for name in _MANIFESTS).lower()
    found = [name for name in _FRAMEWORKS if re.search(rf"(?<![\w.-]){name}(?![\w-])", named)]
    if not found and (root / "manage.py").is_file():
        found = ["django"]
    profile = ""
    if found[:1] == ["django"]:
        folders = sorted(
            item for number, item in zip(range(_MAX_FOLDERS), root.iterdir(), strict=False)
            if item.is_dir() and not item.is_symlink() and not item.name.startswith(".")
        )  # fmt: skip
        for file in (*(folder / name for folder in folders for name in ("wsgi.py", "asgi.py")), root / "manage.py"):
            match = _SETTINGS.search(_text(file))
            if match:
                profile = match[1]
                break
    return Seen(found[0] if found else "", profile)


def _text(file: Path) -> str:
    """The beginning of a plain file, "" for anything else."""
    if file.is_symlink() or not file.is_file():
        return ""
    try:
        with file.open("rb") as stream:
            return stream.read(_MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def template(seen: Seen) -> str:
    about = f" ({seen.framework} was found)" if seen.framework else ""
    profile = (
        f'profile = "{seen.profile}"  # the settings that production uses'
        if seen.profile
        else '# profile = "service.settings.production"  # the settings that production uses'
    )
    return f"""\
# The audit of this service{about}: 'hardencheck scan' reads it.
# It can name no code, plugin or directory of checks: those come from the person who runs the audit.
schema = 1

# The lowest severity that fails the gate: low, medium, high, critical or never.
fail-on = "high"

# Paths not to look at, as in .gitignore; every file left out is counted in the report.
# exclude = ["vendor/"]

# Requested only when named: hardencheck scan --url staging
[[target]]
name = "staging"
{profile}
# url = "https://staging.example/"

# A parameter of one check: 'hardencheck explain ID' lists them.
# [checks."uploads.body-size"]
# max-body = "10MiB"

# Accept a failure for at most 180 days: hardencheck waive ID --scope ... --reason ... --owner ... --expires ...
# Answer a manual line: hardencheck attest ID --by ... --evidence ... --expires ...
"""
