"""hardencheck explain: all about a check."""

import sys

import click

from hardencheck.cli import _options


@click.command("explain", context_settings=_options.CONTEXT, short_help="Say all about one check.")
@click.argument("name", metavar="ID")
@click.option(
    "--format",
    "fmt",
    type=click.Choice(["text", "markdown", "html"]),
    default="text",
    help="How to print it; text by default.",
)
@_options.extra
@_options.debug
def command(name: str, fmt: str, checks: tuple[str, ...], plugins: tuple[str, ...]) -> int:
    """Say what ID expects and why, how to fix it and take the fix back, what decides it, with examples.

    ID may be an older name of the check or a pattern such as 'headers.*'.
    """
    from hardencheck.cli import _prose, _setup, _terminal
    from hardencheck.cli._output import plain, write_stdout
    from hardencheck.config.load import DEFAULT, matching

    catalogue = _setup.catalogue_of(DEFAULT, _setup.extras(checks, plugins))
    ids = matching(name, catalogue.checks) or [catalogue.resolve(name)]
    found = [catalogue.checks[check] for check in ids]
    match fmt:
        case "html":
            text = _prose.as_html(found)
        case "markdown":
            text = "\n".join(_prose.as_markdown(check) for check in found)
        case _:
            width = min(_terminal.width(sys.stdout) or 100, 100)
            text = "\n\n".join(_prose.as_text(check, width=width) for check in found)
    write_stdout(plain(text, limit=1_000_000), exact=fmt != "text")
    return 0
