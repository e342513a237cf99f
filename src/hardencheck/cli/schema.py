"""hardencheck schema: the JSON Schemas of what is read and written."""

import click

from hardencheck.cli import _options


@click.command(
    "schema",
    context_settings=_options.CONTEXT,
    short_help="Print the JSON Schema of what is read and written.",
)
@click.argument("what", type=click.Choice(["report", "config", "defaults"]))
@_options.debug
def command(what: str) -> int:
    """Print the JSON Schema (draft 2020-12) of the JSON report, of hardencheck.toml or of the
    production defaults in JSON."""
    import json

    from hardencheck.cli._output import write_stdout

    if what == "report":
        from hardencheck.report import schema
    elif what == "defaults":
        from hardencheck.report.defaults import schema
    else:
        from hardencheck.config.model import schema
    write_stdout(json.dumps(schema(), indent=2) + "\n", exact=True)
    return 0
