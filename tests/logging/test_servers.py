"""Servers as they are started, and the files that belong to logs."""

import datetime as dt
import subprocess
from pathlib import Path

import pytest

from hardencheck.catalogue.load import load_catalogue
from hardencheck.collect.extract.logging_servers import GunicornFiles, Logrotate, Servers
from hardencheck.collect.extraction import extract_file
from hardencheck.collect.options import Options
from hardencheck.collect.run import collect
from hardencheck.judge.settle import Policy, settle
from hardencheck.model.facts.logging import (
    GunicornFile,
    LogFileMode,
    ServerCommand,
    ServerLevel,
    ServerLog,
    TrackedLog,
)
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location
from hardencheck.model.target import Target


def command(path: str, text: str) -> list[tuple[int | None, str, str, str | None, str | None]]:
    """line, server, access, level, config of each command line."""
    found = (
        extract_file([Servers()], path, 0o100644, text.encode()) if Servers().wants(path, 0o100644, len(text)) else []
    )
    return [
        (item.location.line, item.server, item.access, item.level, item.config)
        for item in found
        if isinstance(item, ServerCommand)
    ]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("Dockerfile", 'FROM a\nCMD ["gunicorn", "-c", "g.py", "x"]', (2, "gunicorn", "unset", None, "g.py")),
        ("Dockerfile", "FROM a\nCMD gunicorn \\\n  --access-logfile - x", (2, "gunicorn", "on", None, None)),
        ("web.Dockerfile", "FROM a\nCMD exec uvicorn x --log-level=DEBUG", (2, "uvicorn", "unset", "debug", None)),
        ("Dockerfile", 'FROM a\nENTRYPOINT ["uvicorn"]\nCMD ["--no-access-log"]', (3, "uvicorn", "off", None, None)),
        ("Dockerfile", 'FROM a\nCMD ["sh", "-c", "migrate && gunicorn x"]', (2, "gunicorn", "unset", None, None)),
        ("Dockerfile", "FROM a\nCMD python -m gunicorn.app.wsgiapp -cg.py x", (2, "gunicorn", "unset", None, "g.py")),
        ("Procfile", "worker: celery x\nweb: gunicorn x", (2, "gunicorn", "unset", None, None)),
        ("a.service", "ExecStart=/v/bin/gunicorn --access-logfile /dev/null x", (1, "gunicorn", "off", None, None)),
        ("start.sh", "#!/bin/sh\nA=b exec /v/bin/hypercorn --access-logfile - x", (2, "hypercorn", "on", None, None)),
        ("entrypoint", "#!/bin/sh\ngosu app granian --access-log x", (2, "granian", "on", None, None)),
        ("compose.yaml", "services:\n  a:\n    command: gunicorn x # y", (3, "gunicorn", "unset", None, None)),
        ("compose.yaml", "a:\n  command:\n    - gunicorn\n    - --log-level\n    - debug\n  b: c",
         (2, "gunicorn", "unset", "debug", None)),
        ("compose.yaml", "services:\n  a:\n    command: >\n      sh -c 'gunicorn\n      --access-logfile=- x'\n",
         (3, "gunicorn", "on", None, None)),
        ("compose.yaml", 'a:\n    entrypoint: ["uvicorn",\n      "x"]\n', (2, "uvicorn", "unset", None, None)),
        ("supervisord.conf", "[program:web]\ncommand=gunicorn x", (2, "gunicorn", "unset", None, None)),
        ("start.sh", "gunicorn --bind :$PORT --workers ${W:-2} x", (1, "gunicorn", "unset", None, None)),
    ],
)  # fmt: skip
def test_command_lines(path: str, text: str, expected: tuple[int, str, str, str | None, str | None]) -> None:
    assert command(path, text) == [expected]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Dockerfile", "FROM a\nRUN pip install gunicorn\nCMD python app.py"),
        ("Dockerfile", "FROM a AS dev\nCMD uvicorn x --reload\nFROM b\nCMD python app.py"),
        ("install.sh", "pip install uvicorn\necho gunicorn\n# gunicorn x\napt-get install -y gunicorn"),
        ("README.sh.md", "gunicorn x"),
        ("run", "gunicorn without a shebang is no script"),
        ("compose.yaml", "services:\n  a:\n    image: gunicorn\n"),
    ],
)
def test_no_command_lines(path: str, text: str) -> None:
    assert command(path, text) == []


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("gunicorn $OPTIONS x", ("logging.server", "logging.server-level")),
        ('gunicorn "$@"', ("logging.server", "logging.server-level")),
        ("gunicorn -c $CONFIG x", ("logging.server", "logging.server-level")),
        ("gunicorn --log-level ${LEVEL:-info} x", ("logging.server-level",)),
    ],
)
def test_what_the_shell_computes_is_a_gap(text: str, kinds: tuple[str, ...]) -> None:
    found = extract_file([Servers()], "start.sh", 0o100755, text.encode())
    [gap] = [item for item in found if isinstance(item, Gap)]
    assert (gap.kinds, gap.reason, gap.about) == (
        kinds,
        Reason.NOT_LITERAL,
        {"role": "production", "server": "gunicorn"},
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bind = 'x'", ("unset", None, None, None, ())),
        ("accesslog = '-'\nloglevel = 'DEBUG'", ("on", 1, "debug", 2, ())),
        ("accesslog = None", ("off", 1, None, None, ())),
        ("logconfig_dict = {'version': 1}", ("on", None, None, None, ())),
        ("import os\nloglevel = os.environ['L']\nworkers = 2", ("unset", None, None, 2, ("loglevel",))),
    ],
)
def test_gunicorn_files(text: str, expected: tuple[object, ...]) -> None:
    [fact] = extract_file([GunicornFiles()], "deploy/gunicorn.conf.py", 0o100644, text.encode())
    assert isinstance(fact, GunicornFile)
    assert (fact.access, fact.access_line, fact.level, fact.level_line, fact.open_settings) == expected


def test_other_modules_of_that_name() -> None:
    assert extract_file([GunicornFiles()], "app/gunicorn_logger.py", 0o100644, b"class A: pass\n") == []


def test_logrotate() -> None:
    text = b"/var/log/x.log {\n  create 0666 app app\n  createolddir 750 app\n  create\n  # create 0777\n}\n"
    here = Location(path="logrotate.conf")
    assert extract_file([Logrotate()], "logrotate.conf", 0o100644, text) == [
        LogFileMode(location=here.at(2), mode=0o666, how="logrotate create", role="production"),
        LogFileMode(location=here.at(3), mode=0o750, how="logrotate createolddir", role="production"),
    ]


def repository(root: Path, files: dict[str, str], *, git: bool = True) -> FactSet:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    if git:
        subprocess.run(["git", "init", "-q", str(root)], check=True)
        subprocess.run(["git", "-C", str(root), "add", "-A", "-f"], check=True)
    return collect(Target(repository=str(root)), Options(jobs=0)).facts


def servers(facts: FactSet) -> list[tuple[str, bool]]:
    return sorted((str(item.location), item.access_log) for item in facts.facts if isinstance(item, ServerLog))


def levels(facts: FactSet) -> list[tuple[str, str | None]]:
    return sorted((str(item.location), item.level) for item in facts.facts if isinstance(item, ServerLevel))


def test_command_over_environment_over_file(tmp_path: Path) -> None:
    facts = repository(
        tmp_path,
        {
            "Procfile": "web: gunicorn --log-level warning x\n",
            "Dockerfile": "FROM a\nENV GUNICORN_CMD_ARGS='--access-logfile=- --log-level debug'\n",
            "gunicorn.conf.py": "accesslog = None\nloglevel = 'debug'\n",
        },
    )
    assert servers(facts) == [("Procfile:1", True)]
    assert levels(facts) == [("Procfile:1", "warning")]


def test_each_command_with_its_file(tmp_path: Path) -> None:
    facts = repository(
        tmp_path,
        {
            "Procfile": "web: gunicorn -c conf/gunicorn-web.conf.py x\napi: gunicorn -c python:conf.gunicorn_api x\n",
            "conf/gunicorn-web.conf.py": "accesslog = '-'\n",
            "conf/gunicorn_api.py": "accesslog = ''\nbind = 'x'\n",
            "other/gunicorn.conf.py": "loglevel = 'debug'\n",
        },
    )
    assert servers(facts) == [
        ("conf/gunicorn-web.conf.py:1", True),
        ("conf/gunicorn_api.py:1", False),
        ("other/gunicorn.conf.py", False),
    ]


def test_a_file_that_is_not_there_is_a_gap(tmp_path: Path) -> None:
    facts = repository(tmp_path, {"Procfile": "web: gunicorn -c /etc/gunicorn.py x\n"})
    assert servers(facts) == []
    [gap] = [gap for gap in facts.gaps if "logging.server" in gap.kinds]
    assert gap.detail == "gunicorn reads its settings from /etc/gunicorn.py, which is not a file of this repository"


def test_gunicorn_runs_a_file_of_any_name(tmp_path: Path) -> None:
    files = {"Procfile": "web: gunicorn -c gunicorn.conf x\n", "gunicorn.conf": "accesslog = '-'\n"}
    assert servers(repository(tmp_path, files)) == [("gunicorn.conf:1", True)]


def test_a_file_that_only_the_command_names(tmp_path: Path) -> None:
    files = {"bin/run.sh": "exec gunicorn --config wsgi/config.py x\n", "wsgi/config.py": "a = 1\naccesslog = '-'\n"}
    assert servers(repository(tmp_path, files | {"other/config.py": "accesslog = None\n"})) == [
        ("wsgi/config.py:2", True)
    ]


def test_such_a_file_that_cannot_be_parsed(tmp_path: Path) -> None:
    facts = repository(
        tmp_path, {"run.sh": "gunicorn --config wsgi/config.py x\n", "wsgi/config.py": "accesslog = = 1\n"}
    )
    assert servers(facts) == []
    assert any("logging.server" in gap.kinds for gap in facts.gaps)


def test_a_gunicorn_file_that_cannot_be_parsed_is_a_gap_of_the_server(tmp_path: Path) -> None:
    facts = repository(tmp_path, {"gunicorn.conf.py": "accesslog = = 1\n"})
    assert any("logging.server" in gap.kinds and gap.location.path == "gunicorn.conf.py" for gap in facts.gaps)
    check = load_catalogue().checks["logging.server-access-log"]
    [item] = settle((check,), facts, Policy(today=dt.date(2026, 11, 1))).items
    assert item.verdict == "unknown"


def test_tracked_logs(tmp_path: Path) -> None:
    files = {"logs/app.log": "x", "logs/app.log.1": "x", "tests/a.log": "x", "a.logs": "x", "changelog": "x"}
    facts = repository(tmp_path, files)
    assert [(item.location.path, item.role) for item in facts.facts if isinstance(item, TrackedLog)] == [
        ("logs/app.log", "production"),
        ("logs/app.log.1", "production"),
        ("tests/a.log", "test"),
    ]


def test_logs_of_a_live_directory_are_not_tracked(tmp_path: Path) -> None:
    facts = repository(tmp_path, {"logs/app.log": "x"}, git=False)
    assert not [item for item in facts.facts if isinstance(item, TrackedLog)]


@pytest.mark.parametrize(
    "path", ["Dockerfile", "compose.yaml", "Procfile", "a.service", "start.sh", "supervisord.conf"]
)
@pytest.mark.parametrize(
    "text",
    [
        "gunicorn" * 10_000,
        "CMD [" * 5_000 + "gunicorn",
        "command: [gunicorn, " + "[" * 50_000,
        "ENTRYPOINT ['gunicorn\nCMD \"gunicorn",
        "\x00gunicorn\ufffd $( ` '",
        "command:\n" * 3_000 + "gunicorn",
        "sh -c 'sh -c \"sh -c gunicorn\"'",
        "gunicorn -c\ngunicorn --log-level",
    ],
)
def test_hostile_text_is_no_crash(path: str, text: str) -> None:
    found = extract_file([Servers()], path, 0o100644, text.encode())
    assert not [item for item in found if isinstance(item, Gap) and item.reason in {Reason.CRASHED, Reason.DEADLINE}]


def test_the_file_of_hypercorn(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("web: hypercorn --config deploy/hypercorn.toml app:app\n")
    (tmp_path / "deploy").mkdir()

    def log(text: str) -> list[tuple[str, bool]]:
        (tmp_path / "deploy/hypercorn.toml").write_text(text)
        found = collect(Target(repository=str(tmp_path)), Options(jobs=0)).facts
        return [(str(one.location), one.access_log) for one in found.facts if isinstance(one, ServerLog)]

    assert log('bind = ":80"\naccesslog = "-"\n') == [("deploy/hypercorn.toml:2", True)]
    assert log('bind = ":80"\n') == [("Procfile:1", False)]
    assert log("accesslog = -\n") == []


def test_a_template_of_gunicorns_configuration_is_said_not_to_be_read() -> None:
    path = "roles/app/templates/gunicorn.conf.py.j2"
    reader = GunicornFiles()
    assert reader.wants(path, 0o100644, 10)
    [gap] = extract_file([reader], path, 0o100644, b'bind = "{{ bind }}"\ntimeout = 0\nuser = "root"\n')
    assert isinstance(gap, Gap)
    assert gap.reason is Reason.TEMPLATED
    assert {"logging.gunicorn-file", "server.user", "request.timeout"} <= set(gap.kinds)
