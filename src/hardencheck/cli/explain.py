"""hardencheck explain: all about a check, or a picture of a target."""

import sys
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hardencheck.cli import _options

if TYPE_CHECKING:
    from hardencheck.errors import UsageError
    from hardencheck.model.facts.exhibit import Exhibit


@click.command(
    "explain",
    context_settings=_options.CONTEXT,
    short_help="Say all about one check, or draw how a service is put together.",
    epilog="Exit codes: 0 written; 2 usage or configuration; 3 nothing to look at; 70 internal error.",
)
@click.argument("name", metavar="ID")
@click.option(
    "--format",
    "fmt",
    type=click.Choice(["text", "markdown", "html"]),
    default="text",
    help="How to print it; text by default.",
)
@click.option(
    "--target", metavar="PATH", help="The service to draw: uploads.chain, logging.picture, headers.predicted."
)
@_options.reading
@_options.debug
def command(name: str, fmt: str, target: str | None, **given: Any) -> int:
    """Say what ID expects and why, how to fix it and take the fix back, what decides it, with examples.

    ID may be an older name of the check or a pattern such as 'headers.*'.

    With --target, draw what the files of PATH say that its layers do together, read without running any of it:
    uploads.chain (the limits of an upload at each layer and the one that decides), logging.picture (which records
    end where) or headers.predicted (the response headers that would be sent, with the line that sends each).
    """
    from hardencheck.cli._output import plain, write_stdout
    from hardencheck.errors import UsageError
    from hardencheck.model.facts.exhibit import EXHIBITS

    reading = _options.Reading(**given)
    if target is not None:
        drawn = _draw(name, target, reading)
        write_stdout(plain(_picture(drawn, fmt), limit=10_000_000), exact=fmt != "text")
        return 0
    if name in EXHIBITS:
        raise UsageError(
            f"{name} is a picture of a service: {EXHIBITS[name].lower()}",
            hint=f"name the service: hardencheck explain {name} --target PATH",
        )
    if any(one not in (None, (), False) for one in reading._replace(checks=(), plugins=())):
        raise UsageError("these options are about a target, and none was named", hint="add --target PATH")
    text = _about(name, fmt, reading.checks, reading.plugins)
    write_stdout(plain(text, limit=1_000_000), exact=fmt != "text")
    return 0


def _about(name: str, fmt: str, checks: tuple[str, ...], plugins: tuple[str, ...]) -> str:
    from hardencheck.cli import _prose, _setup, _terminal
    from hardencheck.config.load import DEFAULT, matching

    catalogue = _setup.catalogue_of(DEFAULT, _setup.extras(checks, plugins))
    ids = matching(name, catalogue.checks) or [catalogue.resolve(name)]
    found = [catalogue.checks[check] for check in ids]
    match fmt:
        case "html":
            return _prose.as_html(found)
        case "markdown":
            return "\n".join(_prose.as_markdown(check) for check in found)
        case _:
            width = min(_terminal.width(sys.stdout) or 100, 100)
            return "\n\n".join(_prose.as_text(check, width=width) for check in found)


def _draw(name: str, path: str, reading: _options.Reading) -> "Exhibit":
    """The picture of a target. Raises UsageError for a name that is none, NothingExamined where there is none."""
    from hardencheck.cli import _setup
    from hardencheck.cli._terminal import Progress
    from hardencheck.collect.run import collect
    from hardencheck.config.load import load
    from hardencheck.errors import NothingExamined
    from hardencheck.model.facts.exhibit import EXHIBITS, Exhibit

    extra = _setup.extras((), reading.plugins)
    if name not in EXHIBITS and not extra.plugins:
        raise _no_picture(name, EXHIBITS)
    found_file = _setup.find_configuration(Path(path), reading.config_file, reading.rev)
    loaded = load(found_file, today=_setup.today())
    cache = _setup.cache_directory(extra, reading.cache_dir, off=reading.no_cache)
    progress = Progress()
    collected = collect(
        _setup.target_of(path, reading, loaded),
        _setup.collecting(reading, loaded, extra, cache)._replace(progress=progress, kinds=frozenset({Exhibit.kind()})),
    )
    progress.clear()
    found = {fact.id: fact for fact in collected.facts.of(Exhibit.kind()) if isinstance(fact, Exhibit)}
    if name in found:
        return found[name]
    if name not in EXHIBITS:
        raise _no_picture(name, [*EXHIBITS, *found])
    raise NothingExamined(
        f"nothing in {path} gives a picture of {name}: no application, server or proxy was found that could be read",
        hint="--profile MODULE names the settings that production uses; PATH is the directory of the service",
    )


def _no_picture(name: str, known: Collection[str]) -> "UsageError":
    from hardencheck.errors import UsageError, did_you_mean

    return UsageError(
        f"--target draws a picture, and {name} is none of them",
        hint=f"{did_you_mean(name, known, 'picture')}; for a check: hardencheck scan --select ID PATH",
    )


def _picture(drawn: "Exhibit", fmt: str) -> str:
    from hardencheck.cli import _terminal
    from hardencheck.report import Options, exhibits

    options = Options(unicode=_terminal.speaks_unicode(sys.stdout), width=_terminal.width(sys.stdout))
    return exhibits.render(fmt, drawn, options)
