"""0 passed, 1 failed, 2 usage or configuration, 3 incomplete, 70 our mistake; each error says what comes next."""

import ast
import pkgutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

import hardencheck.cli
from hardencheck.cli import COMMANDS, run
from tests.cli.commands import Done, Hc, Repository

ONLY = ("--select", "permissions.executable-data")


def test_passed_and_failed(process: Hc, hc: Hc, repo: Repository) -> None:
    scan = ("scan", str(repo.path), *ONLY)
    assert process(*scan).code == 0
    assert process(*scan, "--fail-on", "low").code == 1
    assert hc(*scan, "--fail-on", "never").code == 0
    for fmt in ("json", "markdown", "github", "terminal", "sarif", "html"):
        assert hc(*scan, "--fail-on", "low", "--format", fmt).code == 1


def test_quiet_says_only_why(hc: Hc, repo: Repository) -> None:
    done = hc("scan", str(repo.path), *ONLY, "--fail-on", "low", "-q")
    assert done == Done(1, "", "permissions.executable-data (low): mode 100755, values.yaml\n")
    assert hc("scan", str(repo.path), *ONLY, "-q") == Done(0, "", "")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ("scan nowhere", 3, "nowhere does not exist"),
        ("scan a-file", 3, "a-file is not a directory"),
        ("scan empty", 3, "nothing was examined: there is no file to look at and no URL was given"),
        ("scan plain --rev main", 3, "plain is not in a git repository, so it has no revision 'main'"),
        ("scan plain --policy-ref main", 2, "--policy-ref main: plain is not in a git repository"),
        ("scan plain --new-since main", 2, "--new-since main: plain is not in a git repository"),
        ("scan plain --select header.*", 2, "--select or --ignore: no check 'header.*'"),
        ("scan plain --ignore *", 2, "no check is left to judge"),
        ("scan plain --format jason", 2, "--format jason: no such format"),
        ("scan plain --format json=", 2, "--format json=: a file name is expected after '='"),
        ("scan plain --format json=plain", 2, "--format json=plain: it is a directory; expected the name of a file"),
        ("scan plain --format json=no/x", 2, "--format json=no/x: the directory no does not exist"),
        ("scan plain --format json=loop", 2, "--format json=loop: cannot be written there: its links lead in a circle"),
        (f"scan plain --format json={'a' * 300}", 2, "cannot be written there: File name too long"),
        ("scan plain --format json --format github=-", 2, "two reports cannot share standard output"),
        ("scan plain --format json=x --format github=./x", 2, "two reports cannot be written to one file: x"),
        ("scan plain --fail-on medum", 2, "Invalid value for '--fail-on': 'medum' is not one of"),
        ("scan plain -q -v", 2, "-v and -q ask for opposite things"),
        ("scan plain --jobs -1", 2, "Invalid value for '--jobs'"),
        ("scan plain --har no.har", 2, "--har no.har: no such file"),
        ("scan plain --ca-file no.pem", 2, "--ca-file no.pem: no such file"),
        ("scan plain --har a-file --url https://x.example/", 2, "--har judges saved exchanges instead of a live URL"),
        ("scan plain --url staging", 2, "--url staging: not a URL"),
        (
            "scan plain --url me:hidden@staging?key=hidden",
            2,
            "--url staging: not a URL\nhint: expected one such as https://staging/",
        ),
        ("scan plain --url ftp://x.example", 2, "--url: expected a URL such as https://staging.example/: http or"),
        (
            "scan plain --url https://me:pw@x.example/",
            2,
            "--url: expected a URL such as https://staging.example/, wit",
        ),
        ("scan plain --url-only", 2, "--url-only leaves nothing to look at"),
        ("scan plain --url-only --rev x --url https://x.example", 2, "--url-only reads no repository"),
        ("scan plain --config no.toml", 2, "--config no.toml: no such file"),
        ("scan plain --config a-file", 2, "a-file:1: not TOML"),
        ("scan plain --config x --policy-ref y", 2, "--policy-ref and --config both name the configuration"),
        ("scan plain --checks nowhere", 2, "--checks nowhere: no such directory"),
        ("scan plain --plugin nobody", 2, "--plugin: no collector plugin 'nobody'"),
        ("scan plain more", 2, "Got unexpected extra argument"),
        ("scna", 2, "no command 'scna'"),
        ("explain permissions.executable-dat", 2, "checks: no check 'permissions.executable-dat'"),
        ("list --area header", 2, "--area: no area 'header'"),
        ("report nowhere.json", 2, "nowhere.json: cannot be read: No such file or directory"),
        ("report a-file", 2, "not a report"),
        ("schema checks", 2, "'checks' is not one of"),
        ("config show nowhere", 3, "nowhere does not exist or is not a directory"),
        ("init nowhere", 2, "nowhere: no such directory"),
    ],
)
def test_refused(
    arguments: str,
    code: int,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a-file").write_text("not toml")
    (tmp_path / "empty").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "app.py").write_text("x = 1\n")
    assert run(arguments.split()) == code
    done = capsys.readouterr()
    assert done.out == ""
    assert done.err.startswith("hardencheck: error: ")
    assert message in done.err
    assert "\nretry: " in done.err


def test_a_hint_and_whether_to_retry(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "permissions.executable-dat"]) == 2
    assert capsys.readouterr().err == (
        "hardencheck: error: checks: no check 'permissions.executable-dat'\n"
        "hint: did you mean 'permissions.executable-data'?\n"
        "retry: safe, but of no use before this is put right\n"
    )


def _breaks(*arguments: object, **more: object) -> None:
    raise RuntimeError(f"while reading {'-'.join(['correct', 'horse'])}")


def test_our_mistake(repo: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The text of an unknown error may hold what was read, so no message and no traceback quotes it."""
    monkeypatch.setattr("hardencheck.audit.collect", _breaks)
    assert run(["scan", str(repo.path)]) == 70
    done = capsys.readouterr()
    assert done.out == ""
    assert done.err.startswith("hardencheck: internal error: RuntimeError at hardencheck.audit:")
    assert "--debug" in done.err
    assert run(["scan", str(repo.path), "--debug"]) == 70
    more = capsys.readouterr().err
    assert 'hardencheck/audit.py", line' in more
    assert more.endswith("RuntimeError\n")
    assert "correct-horse" not in done.err + more


def _pipe_breaks(*arguments: object, **more: object) -> None:
    raise BrokenPipeError(32, "Broken pipe")


def test_a_pipe_to_a_child_that_breaks_is_no_success(
    repo: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("hardencheck.audit.collect", _pipe_breaks)
    assert run(["scan", str(repo.path)]) == 70
    assert capsys.readouterr().out == ""


def test_debug_shows_where_an_expected_error_comes_from(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scan", "/nowhere", "--debug"]) == 3
    assert capsys.readouterr().err.endswith("TargetMissing\n")


def test_help_of_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    overview = capsys.readouterr().out
    for name in COMMANDS:
        assert f"\n  {name} " in overview
        assert run([name, "--help"]) == 0
        text = capsys.readouterr().out
        assert text.isascii()
        assert "--help" in text


def _options(command: click.Command) -> list[click.Option]:
    own = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    inner = command.commands.values() if isinstance(command, click.Group) else ()
    return own + [option for sub in inner for option in _options(sub)]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_its_line(name: str) -> None:
    command = hardencheck.cli.cli.get_command(click.Context(hardencheck.cli.cli), name)
    assert command is not None
    for option in _options(command):
        assert option.help is not None, option.name
        assert option.help.endswith("."), option.help
        assert "\n" not in option.help
        assert len(option.help) <= 80, option.help


def test_the_commands_are_the_modules() -> None:
    modules = {module.name for module in pkgutil.iter_modules(hardencheck.cli.__path__)}
    assert {name for name in modules if not name.startswith("_")} == set(COMMANDS)


def test_no_command_is_an_error_with_the_help(process: Hc) -> None:
    done = process()
    assert done.code == 2
    assert "Commands:" in done.out + done.err


def test_the_version_imports_next_to_nothing_but_click(process: Hc) -> None:
    assert process("--version") == Done(0, f"hardencheck {hardencheck.__version__}\n", "")
    code = (
        "import sys, click; before = set(sys.modules)\nfrom hardencheck.cli import run\nrun(['--version'])\n"
        "print(sorted(set(sys.modules) - before))"
    )
    path = {"PYTHONPATH": ":".join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", code], env=path, capture_output=True, check=True)
    more = set(ast.literal_eval(done.stdout.decode().splitlines()[-1]))
    assert more <= {"hardencheck", "hardencheck.cli", "hardencheck.cli._interrupt", "_locale", "locale", "signal"}
