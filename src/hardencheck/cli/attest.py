"""hardencheck attest: answer a manual line."""

from typing import TYPE_CHECKING

import click

from hardencheck.cli import _options

if TYPE_CHECKING:
    from hardencheck.config.edit import Value


@click.command("attest", context_settings=_options.CONTEXT, short_help="Answer a manual line of the checklist.")
@click.argument("name", metavar="ID")
@click.option("--by", required=True, metavar="NAME", help="Who says that it is so.")
@click.option("--evidence", required=True, metavar="TEXT", help="Where the proof is: a ticket, a log, a document.")
@click.option("--expires", required=True, metavar="DATE", help="The last day it holds, at most 366 days ahead.")
@click.option("--path", default=".", metavar="PATH", help="Where the audited service is; default: here.")
@_options.config
@_options.extra
@_options.debug
def command(
    name: str,
    by: str,
    evidence: str,
    expires: str,
    path: str,
    config_file: str | None,
    checks: tuple[str, ...],
    plugins: tuple[str, ...],
) -> int:
    """Store the answer to the manual check ID in the configuration; an earlier answer to it is replaced.

    Until it expires the line passes, with its evidence shown; then it asks again.
    """
    from hardencheck.cli import _edit, _setup
    from hardencheck.cli._output import shown, write_stdout
    from hardencheck.config.model import MAX_ATTESTATION_DAYS
    from hardencheck.errors import UsageError

    last = _edit.day(expires, "--expires", latest=MAX_ATTESTATION_DAYS)
    source, file = _edit.opened(path, config_file)
    catalogue = _edit.catalogue_for(source, checks, plugins)
    check = catalogue.checks[catalogue.resolve(name)]
    if not check.manual:
        raise UsageError(
            f"{check.id} is decided by looking, not by a person's word",
            hint=f"to accept a failure for a time: hardencheck waive {check.id}",
        )
    values: dict[str, Value] = {
        "check": check.id,
        "by": _edit.required("--by", by),
        "evidence": _edit.required("--evidence", evidence),
        "on": _setup.today(),
        "expires": last,
    }
    _edit.add(source, file, "attestation", values, replaces="check")
    write_stdout(f"{shown(str(file))}: {check.id} attested by {shown(by)} until {last}\n")
    return 0
