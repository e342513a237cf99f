"""hardencheck defaults: the value every security-relevant setting has in production."""

import shlex
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from hardencheck.cli import _options

if TYPE_CHECKING:
    from hardencheck.cli._terminal import Color
    from hardencheck.model.checklist import Checklist

MAX_COMMITTED = 16 * 1024 * 1024  # bytes of a document that is compared


@click.command(
    "defaults",
    context_settings=_options.CONTEXT,
    short_help="Document the value of every setting in production.",
    epilog="Exit codes: 0 written, or up to date; 1 --check: out of date; 2 usage or configuration; 3 no application "
    "was found; 70 internal error.",
)
@click.argument("path", default=".", metavar="[PATH]")
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="F[=FILE]",
    help="text (default), json, markdown or html; to standard output or a file.",
)
@click.option("--check", "committed", metavar="FILE", help="Say what changed since this document was written; exit 1.")
@_options.reading
@_options.color
@_options.verbose
@_options.debug
def command(
    path: str,
    formats: tuple[str, ...],
    committed: str | None,
    color: "Color",
    verbose: bool,
    **given: Any,
) -> int:
    """Document the production defaults of the service in PATH (default: here).

    One row for each setting: its value, where it is set, the environment variables it depends on, the
    framework's own default, what is expected, and the verdict. Nothing is executed, and the same files
    give the same bytes, so that the document can be committed; --check FILE then exits 1 when it is out
    of date. Settings that are not known do not change the exit code.
    """
    from hardencheck.cli._output import Output, outputs, write_files, write_stdout
    from hardencheck.errors import UsageError
    from hardencheck.report import defaults as documents

    wanted = outputs(formats, tuple(documents.FORMATS)) or [Output("text", None)]
    if committed is not None and (len(formats) > 1 or wanted[0].file is not None):
        raise UsageError("--check writes nothing, so it takes at most one --format, without a file")
    old = _committed(committed, wanted[0].fmt if formats else None) if committed is not None else None
    reading = _options.Reading(**given)
    checklist = _resolved(path, reading)
    if old is not None:
        again = ["hardencheck", "defaults", path]
        for flag, value in (
            ("--profile", reading.profile),
            ("--rev", reading.rev),
            ("--config", reading.config_file),
        ):
            again += [flag, value] if value is not None else []
        return _compare(checklist, old, [*again, "--format", f"{old.fmt}={old.file}"])
    from hardencheck.cli import _interrupt

    files = {
        output.file: documents.render(output.fmt, checklist, documents.Options(verbose=verbose))
        for output in wanted
        if output.file is not None
    }
    printed = [
        (output.fmt, _printed(output.fmt, checklist, color, verbose)) for output in wanted if output.file is None
    ]
    _interrupt.refuse_if_pressed()
    write_files(files)
    for fmt, text in printed:
        write_stdout(text, exact=fmt != "text")
    return 0


def _printed(fmt: str, checklist: "Checklist", color: "Color", verbose: bool) -> str:
    from hardencheck.cli import _terminal
    from hardencheck.report import defaults as documents

    options = documents.Options(
        verbose=verbose,
        color=_terminal.wants_color(color, sys.stdout),
        unicode=_terminal.speaks_unicode(sys.stdout),
        width=_terminal.width(sys.stdout),
    )
    return documents.render(fmt, checklist, options)


class _Old(NamedTuple):
    """A committed document. fmt: that of --format, else as it was recognised."""

    file: str
    fmt: str
    text: str


def _committed(name: str, fmt: str | None) -> _Old:
    """Raises UsageError for a file that is not there, cannot be read, or is of no format that is known."""
    from hardencheck.errors import UsageError
    from hardencheck.report.defaults import FORMATS, recognised

    file = Path(name)
    hint = f"write it first: hardencheck defaults --format markdown={shlex.quote(name)}"
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            raise UsageError(f"--check {name}: not a regular file")
        with file.open("rb") as stream:
            data = stream.read(MAX_COMMITTED + 1)
    except FileNotFoundError:
        raise UsageError(f"--check {name}: no such file", hint=hint) from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "not a name of a file"
        raise UsageError(f"--check {name}: cannot be read: {why}") from None
    if len(data) > MAX_COMMITTED:
        raise UsageError(f"--check {name}: larger than {MAX_COMMITTED // 2**20} MiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"--check {name}: not UTF-8, so not a document of 'hardencheck defaults'") from None
    fmt = fmt or recognised(text, file.name)
    if fmt is None:
        raise UsageError(
            f"--check {name}: not a document of 'hardencheck defaults'",
            hint=f"expected one in {', '.join(FORMATS)}; --format says which",
        )
    return _Old(name, fmt, text)


def _resolved(path: str, reading: _options.Reading) -> "Checklist":
    """The checklist of what speaks of settings, and of nothing else. Raises NothingExamined where no application is."""
    from hardencheck.audit import audit
    from hardencheck.cli import _setup
    from hardencheck.cli._terminal import Progress
    from hardencheck.config.load import load, waivers
    from hardencheck.judge.defaults import kinds, speaks_of_settings
    from hardencheck.judge.settle import Policy
    from hardencheck.model.check import Lifecycle
    from hardencheck.model.checklist import Note

    extra = _setup.extras(reading.checks, reading.plugins)
    today = _setup.today()
    loaded = load(_setup.find_configuration(Path(path), reading.config_file, reading.rev), today=today)
    notes: list[Note] = []
    cache, catalogue = _setup.cached_catalogue(loaded, extra, reading.cache_dir, notes, off=reading.no_cache)
    progress = Progress()
    target = _setup.target_of(path, reading, loaded)
    checklist = audit(
        target,
        catalogue,
        Policy(today=today, waivers=waivers(loaded, catalogue.also)),
        _setup.collecting(reading, loaded, extra, cache)._replace(progress=progress),
        # `select` of the configuration is about the gate; what is ignored there is not judged here either.
        select_ids=tuple(
            check.id
            for check in catalogue.checks.values()
            if speaks_of_settings(check) and check.lifecycle is not Lifecycle.DEPRECATED
        ),
        ignore_ids=loaded.config.ignore,
        kinds=kinds(),
        notes=tuple(notes),
    )
    progress.clear()
    _some(checklist, path, target.profile)
    return checklist


def _some(checklist: "Checklist", path: str, profile: str | None) -> None:
    """Raises NothingExamined for a checklist without a single setting, or without the module that was asked for."""
    from hardencheck.errors import NothingExamined
    from hardencheck.judge.defaults import ROWS

    asked = profile is not None and not any(one.framework == "django" for one in checklist.applications)
    if checklist.defaults and not asked:
        return
    why = dict.fromkeys(gap.detail for gap in checklist.gaps if ROWS in gap.kinds)
    more = f": {'; '.join(list(why)[:3])}" if why else ""
    if checklist.defaults:
        raise NothingExamined(
            f"--profile {profile}: no settings could be read{more}",
            hint="name the module as DJANGO_SETTINGS_MODULE does, such as shop.settings.production, or its file",
        )
    raise NothingExamined(
        f"no application was found in {path} whose settings could be read{more}",
        hint="--profile MODULE names the settings that production uses; PATH is the directory of the service",
    )


def _compare(checklist: "Checklist", old: _Old, again: list[str]) -> int:
    """Print what changed since a document was written. Returns the exit code."""
    from hardencheck.cli import _say
    from hardencheck.cli._output import plain, write_stdout
    from hardencheck.report import defaults as documents
    from hardencheck.report.defaults.compare import difference

    name = plain(old.file)
    found = difference(old.fmt, old.text, documents.render(old.fmt, checklist))
    if found is None:
        write_stdout(f"{name} is up to date\n")
        return 0
    write_stdout("".join(f"{line}\n" for line in found.lines))
    _say(f"hardencheck: {name} is out of date: {found.summary}")
    _say(f"hint: renew it with {plain(shlex.join(again))}")
    return 1
