"""The command line: one module per command; the only place that prints, reads the clock or exits.

Exit codes, the same for every command and format: 0 gate passed (or the command did its work); 1 gate failed;
2 usage or configuration; 3 incomplete; 70 internal error or a report that could not be written; 130 interrupted,
129 ended by SIGHUP, 143 by SIGTERM.
Nothing heavy is imported here: a command's module is imported when the command is called.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

import click

from hardencheck import __version__

if TYPE_CHECKING:
    from signal import Signals

# In the order of --help; a test compares it with the modules that are there.
COMMANDS = ("scan", "record", "defaults", "report", "list", "explain", "init", "waive", "attest", "config", "schema")

_USELESS = "safe, but of no use before this is put right"


class State:
    """What must outlive a command that raises. debug: show tracebacks. started: past --help and --version."""

    def __init__(self) -> None:
        self.debug = self.started = False


class _Commands(click.Group):
    """Commands by the name of their module, imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS]  # not list(): the module `list` of this package takes its name

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"hardencheck.cli.{name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from hardencheck.errors import UsageError, did_you_mean

            raise UsageError(f"no command {args[0]!r}", hint=did_you_mean(args[0], COMMANDS, "command"))
        return super().resolve_command(ctx, args)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="hardencheck", message="%(prog)s %(version)s")
def cli() -> None:
    """Audit a Python service: permissions, secrets, headers, upload limits, logging; the repository and its URL."""


def main() -> NoReturn:
    """The console script."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line and return its exit code; every error is a message on standard error."""
    from hardencheck.cli import _interrupt

    state = State()
    try:
        with _interrupt.noticed():
            if "_HARDENCHECK_COMPLETE" in os.environ:
                cli.main(args=[*arguments], prog_name="hardencheck", complete_var="_HARDENCHECK_COMPLETE")
            # Not cli.main(): it turns a broken pipe, whosever it is, into an exit code of its own.
            with cli.make_context("hardencheck", [*arguments], obj=state) as context:
                code = cli.invoke(context)
            _flush()
    except click.exceptions.Exit as error:
        code = error.exit_code
    except BaseException as error:
        if _interrupt.pressed() or isinstance(error, click.Abort | KeyboardInterrupt):
            return _ended(_interrupt.pressed())
        if not isinstance(error, Exception):
            raise
        if isinstance(error, BrokenPipeError) and not state.started:  # the reader has seen enough of --help
            _abandon_stdout()
            return 0
        code = _failed(error, state)
    return code if isinstance(code, int) else 0


def _ended(by: "Signals | None") -> int:
    """The message and exit code of an audit that a signal ended: 128 and its number, as a shell has it."""
    how = "interrupted" if by is None or by.name == "SIGINT" else f"ended by {by.name}"
    begin = "\n" if sys.stderr is not None and sys.stderr.isatty() else ""  # after a line of progress
    _say(f"{begin}hardencheck: {how}; no report was written")
    return 130 if by is None else 128 + by


def _failed(error: Exception, state: State) -> int:
    """The message and exit code of an error."""
    from hardencheck.errors import HardencheckError

    if isinstance(error, HardencheckError):
        _say(f"hardencheck: error: {_shown(str(error))}")
        if error.hint:
            _say(f"hint: {_shown(error.hint)}")
        retry = "safe; nothing was changed" if error.retry else _USELESS
        _say(f"retry: {retry}")
        if state.debug:
            _traceback(error)
        return error.exit_code
    if isinstance(error, click.ClickException):
        _say(f"hardencheck: error: {_shown(error.format_message())}")
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "hardencheck"
        _say(f"hint: see '{path} --help'")
        _say(f"retry: {_USELESS}")
        return 2
    if isinstance(error, OSError) and not state.debug and _is_output(error):
        _abandon_stdout()
        _say(f"hardencheck: error: standard output cannot be written: {error.strerror}")
        return 70
    # The text of an unknown error may quote what was read; its type and place never do.
    _say(f"hardencheck: internal error: {type(error).__name__} at {_place(error)}")
    if state.debug:
        _traceback(error)
    else:
        _say("hint: the same command with --debug shows the traceback; please report it")
    return 70


def _is_output(error: OSError) -> bool:
    import errno

    return error.errno in {errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EBADF, errno.EDQUOT} and error.filename is None


def _place(error: BaseException) -> str:
    trace, place = error.__traceback__, "?"
    while trace is not None:
        name = trace.tb_frame.f_globals.get("__name__", "?")
        if str(name).startswith("hardencheck"):
            place = f"{name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _traceback(error: BaseException) -> None:
    """Frames and types of an error and its causes, without their texts: those may quote the target."""
    import traceback

    chain: list[BaseException] = []
    waiting: BaseException | None = error
    while waiting is not None and waiting not in chain:
        chain.insert(0, waiting)
        waiting = waiting.__cause__ or (None if waiting.__suppress_context__ else waiting.__context__)
    for number, link in enumerate(chain):
        if number:
            _say("then")
        _say("".join(traceback.format_tb(link.__traceback__)) + type(link).__name__)


def _shown(text: str) -> str:
    """What an error says, which may quote the command line or a file."""
    from hardencheck.cli._output import shown

    try:
        return shown(text)
    except Exception as error:
        return f"(not shown, since it may hold a secret: {type(error).__name__})"


def _say(text: str) -> None:
    """One message on standard error, whatever its encoding; a closed one is no reason to fail."""
    stream = sys.stderr
    if stream is None:
        return
    try:
        encoding = stream.encoding or "ascii"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        stream.flush()
    except OSError:
        pass


def _flush() -> None:
    if sys.stdout is not None:
        sys.stdout.flush()


def _abandon_stdout() -> None:
    from hardencheck.cli._output import abandon_stdout

    abandon_stdout()


def set_debug(context: click.Context, parameter: click.Parameter, value: bool) -> Any:
    """The callback of --debug, which every command has: it is called when there was no --help."""
    if isinstance(context.obj, State):
        context.obj.started = True
        context.obj.debug |= value
