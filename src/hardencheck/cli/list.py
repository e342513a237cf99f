"""hardencheck list: the catalogue."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from hardencheck.cli import _options

if TYPE_CHECKING:
    from hardencheck.model.check import Check


@click.command("list", context_settings=_options.CONTEXT, short_help="List the checks.")
@click.option("--area", metavar="AREA", help="Only this area, such as headers or uploads.")
@click.option(
    "--format",
    "fmt",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    help="How to print them; text by default.",
)
@_options.extra
@_options.debug
def command(area: str | None, fmt: str, checks: tuple[str, ...], plugins: tuple[str, ...]) -> int:
    """List every check: id, severity, owner and title."""
    from hardencheck.catalogue.load import AREAS
    from hardencheck.cli import _setup
    from hardencheck.cli._output import plain, write_stdout
    from hardencheck.config.load import DEFAULT
    from hardencheck.errors import UnknownName

    if area is not None and area not in AREAS:
        raise UnknownName("--area", "area", area, AREAS)
    catalogue = _setup.catalogue_of(DEFAULT, _setup.extras(checks, plugins))
    found = [check for check in catalogue.checks.values() if area in {None, check.area}]
    write_stdout(plain(_FORMATS[fmt](found)), exact=fmt != "text")
    return 0


def _text(checks: Sequence["Check"]) -> str:
    if not checks:
        return "no check in this area\n"
    wide = max(len(check.id) for check in checks)
    lines: list[str] = []
    area = ""
    for check in checks:
        if check.area != area:
            lines += [*([""] if lines else []), check.area]
            area = check.area
        kind = "manual" if check.manual else check.severity.value
        more = "" if check.lifecycle == "stable" else f" ({check.lifecycle})"
        lines.append(f"  {check.id:<{wide}}  {kind:<8}  {check.owner:<11}  {check.title}{more}")
    manual = sum(check.manual for check in checks)
    lines += ["", f"{len(checks)} checks, {manual} of them manual; 'hardencheck explain ID' says all about one"]
    return "\n".join(lines) + "\n"


def _markdown(checks: Sequence["Check"]) -> str:
    from hardencheck.cli._prose import cell

    lines = ["| Check | Severity | Owner | True when ticked |", "|---|---|---|---|"]
    lines += [
        f"| `{check.id}` | {'manual' if check.manual else check.severity} | {cell(check.owner)} | {cell(check.title)} |"
        for check in checks
    ]
    return "\n".join(lines) + "\n"


def _json(checks: Sequence["Check"]) -> str:
    import msgspec

    fields = (
        "id",
        "title",
        "area",
        "severity",
        "confidence",
        "owner",
        "controls",
        "lifecycle",
        "aliases",
        "parameters",
    )
    rows = [{**{name: getattr(check, name) for name in fields}, "manual": check.manual} for check in checks]
    return msgspec.json.format(msgspec.json.encode(rows), indent=2).decode() + "\n"


_FORMATS: dict[str, Callable[[Sequence["Check"]], str]] = {"text": _text, "json": _json, "markdown": _markdown}
