"""hardencheck waive: accept a failing line for a stated time."""

from typing import TYPE_CHECKING

import click

from hardencheck.cli import _options

if TYPE_CHECKING:
    from hardencheck.config.edit import Value


@click.command("waive", context_settings=_options.CONTEXT, short_help="Accept a failing line for a stated time.")
@click.argument("name", metavar="ID")
@click.option(
    "--scope", default="*", metavar="SCOPE", help='A path, a path pattern or a URL prefix; default: "*", every place.'
)
@click.option("--reason", required=True, metavar="TEXT", help="Why it is accepted.")
@click.option("--owner", required=True, metavar="NAME", help="Who answers for it.")
@click.option("--expires", required=True, metavar="DATE", help="The last day it holds, at most 180 days ahead.")
@click.option("--approved-by", default="", metavar="NAME", help="Who agreed to it.")
@click.option("--path", default=".", metavar="PATH", help="Where the audited service is; default: here.")
@_options.config
@_options.extra
@_options.debug
def command(
    name: str,
    scope: str,
    reason: str,
    owner: str,
    expires: str,
    approved_by: str,
    path: str,
    config_file: str | None,
    checks: tuple[str, ...],
    plugins: tuple[str, ...],
) -> int:
    """Add a [[waiver]] for the check ID to the configuration; its comments and order stay as they are.

    Until it expires the finding shows as waived; then it fails again.
    """
    from hardencheck.cli import _edit
    from hardencheck.cli._output import shown, write_stdout
    from hardencheck.config.load import scope_trouble
    from hardencheck.config.model import MAX_WAIVER_DAYS
    from hardencheck.errors import UsageError

    last = _edit.day(expires, "--expires", latest=MAX_WAIVER_DAYS)
    if trouble := scope_trouble(_edit.required("--scope", scope)):
        raise UsageError(f"--scope: expected {trouble}")
    source, file = _edit.opened(path, config_file)
    catalogue = _edit.catalogue_for(source, checks, plugins)
    check = catalogue.checks[catalogue.resolve(name)]
    if check.manual:
        raise UsageError(f"{check.id} is manual: it cannot fail", hint=f"see 'hardencheck attest {check.id} --help'")
    values: dict[str, Value] = {
        "check": check.id,
        "scope": scope,
        "reason": _edit.required("--reason", reason),
        "owner": _edit.required("--owner", owner),
        **({"approved-by": _edit.required("--approved-by", approved_by)} if approved_by else {}),
        "expires": last,
    }
    _edit.add(source, file, "waiver", values)
    write_stdout(f"{shown(str(file))}: waived {check.id} for {shown(scope)} until {last}\n")
    return 0
