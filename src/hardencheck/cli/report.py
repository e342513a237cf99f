"""hardencheck report: render a saved audit again."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hardencheck.cli import _options

if TYPE_CHECKING:
    from hardencheck.cli._terminal import Color


@click.command("report", context_settings=_options.CONTEXT, short_help="Render a saved JSON report in other formats.")
@click.argument("file", metavar="FILE")
@click.option("--format", "formats", multiple=True, metavar="F[=FILE]", help="A format to write; default: terminal.")
@_options.color
@_options.verbose
@_options.debug
def command(file: str, formats: tuple[str, ...], color: "Color", verbose: bool) -> int:
    """Render FILE, written by 'scan --format json=FILE' ("-": standard input), without scanning anything.

    Every format has the same bytes as it would have had after the scan. The exit code says whether the
    report could be written (0), not what its gate was.
    """
    from hardencheck.cli._deliver import deliver
    from hardencheck.cli._output import Output, outputs
    from hardencheck.report import RENDERERS, read

    wanted = outputs(formats, tuple(RENDERERS)) or [Output("terminal", None)]
    deliver(read(_bytes(file)), wanted, verbose=verbose, color=color)
    return 0


def _bytes(file: str) -> bytes:
    """At most one byte more than a report may have. Raises UsageError."""
    from hardencheck.errors import UsageError
    from hardencheck.report.json import MAX_BYTES

    if file == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        with Path(file).open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"{file}: cannot be read: {error.strerror}", hint="expected a file of 'scan --format json=FILE'"
        ) from None
