"""A Checklist into the reports that were asked for."""

import sys
from collections.abc import Sequence
from pathlib import Path

from hardencheck.cli import _interrupt, _terminal
from hardencheck.cli._output import Output, write_files, write_stdout
from hardencheck.model.checklist import Checklist


def deliver(checklist: Checklist, wanted: Sequence[Output], *, verbose: bool, color: _terminal.Color) -> None:
    """Render everything first, then write files, then print. Raises OutputError; then no file was replaced."""
    from hardencheck.report import render

    files: dict[Path, str | bytes] = {
        output.file: render(output.fmt, checklist, verbose=verbose) for output in wanted if output.file is not None
    }
    printed: list[tuple[str, str]] = []
    for output in wanted:
        if output.file is None:
            text = render(
                output.fmt,
                checklist,
                verbose=verbose,
                color=_terminal.wants_color(color, sys.stdout),
                unicode=_terminal.speaks_unicode(sys.stdout),
                width=_terminal.width(sys.stdout),
            )
            printed.append((output.fmt, text))
    _interrupt.refuse_if_pressed()
    write_files(files)
    for fmt, text in printed:
        write_stdout(text, exact=fmt != "terminal")
