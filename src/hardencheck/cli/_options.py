"""Options that several commands share."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import click

from hardencheck.cli import set_debug

F = TypeVar("F", bound=Callable[..., Any])

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def together(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Several decorators as one; they show in --help in this order."""

    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


debug = click.option(
    "--debug",
    is_flag=True,
    expose_value=False,
    callback=set_debug,
    help="Show the traceback of an error, without texts that may quote the target.",
)
color = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Colour the terminal report; auto obeys NO_COLOR and FORCE_COLOR.",
)
config = click.option(
    "--config", "config_file", metavar="FILE", help="Read this configuration instead of the nearest one."
)
extra = together(
    click.option("--checks", "checks", multiple=True, metavar="DIR", help="Add a directory of checks; repeatable."),
    click.option("--plugin", "plugins", multiple=True, metavar="NAME", help="Load a collector plugin; repeatable."),
)
verbose = click.option("-v", "--verbose", is_flag=True, help="List passes and not-applicable lines too.")
revision = click.option(
    "--rev", metavar="REV", help="Read this git revision, its configuration too, instead of the work tree."
)
profile = click.option(
    "--profile",
    metavar="MODULE",
    help="Settings of production: shop.settings.production or shop.settings:Production.",
)
exclude = click.option(
    "--exclude", multiple=True, metavar="PATTERN", help="Do not look at these paths (as in .gitignore)."
)
work = together(
    click.option(
        "--jobs", type=click.IntRange(min=0), metavar="N", help="Worker processes; 0: none; default: one a core."
    ),
    click.option("--no-cache", is_flag=True, help="Collect everything anew and store nothing."),
    click.option("--cache-dir", metavar="DIR", help="Keep the cache here instead of the user's cache directory."),
)


class Reading(NamedTuple):
    """What `reading` puts on a command line, under the names of its parameters."""

    profile: str | None
    rev: str | None
    exclude: tuple[str, ...]
    config_file: str | None
    checks: tuple[str, ...]
    plugins: tuple[str, ...]
    jobs: int | None
    no_cache: bool
    cache_dir: str | None


# How the files of a target are read, where nothing is judged for a gate.
reading = together(profile, revision, exclude, config, extra, work)
