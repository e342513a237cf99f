"""Where handlers write: files, hosts, mails; from dictionaries, files and code."""

import pytest

from hardencheck.collect.resolve.logging_handlers import LoggedTexts, LoggingHandlers
from hardencheck.model.facts.logging import AdminMail, LogFile, LogInjection, LogTransport
from tests.logging.setups import Files, gaps, resolved

NAMING = {"manage.py": 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'}


def files(given: Files) -> list[tuple[str, int | None, bool, bool]]:
    found = resolved(given, LoggingHandlers())
    return [(one.path, one.location.line, one.rotates, one.served) for one in found if isinstance(one, LogFile)]


def transports(given: Files) -> list[tuple[str, str, bool]]:
    found = resolved(given, LoggingHandlers())
    return [(one.handler, one.host, one.clear) for one in found if isinstance(one, LogTransport)]


def table(handler: str, more: str = "") -> dict[str, str]:
    source = f"""\
import os
INSTALLED_APPS = ["shop"]
ROOT_URLCONF = "shop.urls"
BASE_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
{more}
LOGGING = {{
    "version": 1,
    "handlers": {{
        "one": {{
{handler}
        }},
        "unused": {{"class": "logging.FileHandler", "filename": "/var/log/unused.log"}},
    }},
    "root": {{"handlers": ["one"]}},
}}
"""
    return {**NAMING, "shop/settings.py": source}


@pytest.mark.parametrize(
    ("handler", "rotates", "line"),
    [
        ('"class": "logging.FileHandler",\n"filename": "/var/log/a.log",', False, 10),
        ('"class": "logging.handlers.RotatingFileHandler",\n"filename": "/var/log/a.log",', False, 10),
        ('"class": "logging.handlers.RotatingFileHandler",\n"filename": "/var/log/a.log",\n"maxBytes": 1000,\n'
         '"backupCount": 0,', False, 13),
        ('"class": "logging.handlers.RotatingFileHandler",\n"filename": "/var/log/a.log",\n"maxBytes": 1000,\n'
         '"backupCount": 3,', True, 10),
        ('"class": "logging.handlers.TimedRotatingFileHandler",\n"filename": "/var/log/a.log",', True, 10),
        ('"class": "logging.handlers.WatchedFileHandler",\n"filename": "/var/log/a.log",', True, 10),
    ],
)  # fmt: skip
def test_rotation(handler: str, rotates: bool, line: int) -> None:
    assert files(table(handler)) == [("/var/log/a.log", line, rotates, False)]


@pytest.mark.parametrize(
    ("handler", "line"),
    [
        ('"class": "logging.handlers.RotatingFileHandler",\n"filename": "/var/log/a.log",\n"maxBytes": 1000,\n'
         '"backupCount": os.environ["N"],', 13),
        ('"class": "lib.log.OwnHandler",\n"filename": "/var/log/a.log",', 10),
        ('"class": "logging.handlers.HTTPHandler",\n"host": "logs.example.net", "secure": os.environ["S"] == "1",', 10),
    ],
)  # fmt: skip
def test_what_nobody_knows_of_a_handler_is_a_gap(handler: str, line: int) -> None:
    found = resolved(table(handler), LoggingHandlers())
    assert not [one for one in found if isinstance(one, LogFile | LogTransport)]
    assert [at for at, _ in gaps(found)] == [line]


def test_arguments_that_are_none_are_as_not_given() -> None:
    assert files({"app/log.py": "import logging\nlogging.basicConfig(filename=None)\n"}) == []
    assert files(table('"class": "logging.FileHandler", "filename": None')) == []
    handler = '"class": "logging.handlers.SMTPHandler", "mailhost": "mail.example.net", "secure": None'
    assert transports(table(handler)) == [("SMTPHandler", "mail.example.net", True)]


@pytest.mark.parametrize("path", ["/dev/stdout", "/proc/1/fd/1", "/dev/null"])
def test_what_is_no_file(path: str) -> None:
    assert files(table(f'"class": "logging.FileHandler", "filename": "{path}"')) == []


def test_files_that_are_served() -> None:
    handler = '"class": "logging.handlers.WatchedFileHandler",\n"filename": {},'
    media = 'MEDIA_ROOT = os.path.join(BASE_DIR, "files")'
    assert files(table(handler.format('os.path.join(MEDIA_ROOT, "logs", "a.log")'), media))[1][1:] == (11, True, True)
    assert files(table(handler.format('os.path.join(BASE_DIR, "logs", "a.log")'), media))[1:] == []
    assert [one[3] for one in files(table(handler.format('"/srv/media/a.log"'), 'MEDIA_ROOT = "/srv/media"'))] == [
        False,
        True,
    ]


def test_files_of_code() -> None:
    source = """\
        import logging
        from logging.handlers import RotatingFileHandler as Rotating
        from pathlib import Path
        import lib
        logging.FileHandler("a.log")
        Rotating("b.log", maxBytes=10, backupCount=2)
        Rotating("c.log", maxBytes=10)
        logging.FileHandler(Path(HERE) / "static" / "d.log")
        logging.FileHandler(lib.path)
        logging.basicConfig(filename="e.log")
        logging.basicConfig(level="INFO")
        lib.FileHandler("f.log")
        if DEBUG:
            logging.FileHandler("g.log")
        """
    assert files({"app/log.py": source}) == [
        ("a.log", 5, False, False),
        ("b.log", 6, True, False),
        ("c.log", 7, False, False),
        ("static/d.log", 8, False, False),
        ("static/d.log", 8, True, True),
        ("", 9, False, False),
        ("e.log", 10, False, False),
    ]


def test_loguru_and_logrotate() -> None:
    source = """\
        import sys
        from loguru import logger
        logger.add(sys.stderr)
        logger.add("/var/log/a.log")
        logger.add("/var/log/b.log", rotation="10 MB")
        """
    found = files({"app/log.py": source})
    assert found == [("/var/log/a.log", 4, False, False), ("/var/log/b.log", 5, True, False)]
    rotate = {"deploy/logrotate.d/app": "/var/log/*.log {\n  weekly\n}\n"}
    assert [one[2] for one in files({"app/log.py": source, **rotate})] == [True, True]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("SocketHandler('logs.example.net', 9020)", [("SocketHandler", "logs.example.net", True)]),
        ("SocketHandler('localhost', 9020)", []),
        ("SocketHandler(HOST, 9020)", []),  # and a gap
        ("SysLogHandler(address=(HOST, 514))", []),
        ("DatagramHandler('10.0.0.1', 514)", [("DatagramHandler", "10.0.0.1", True)]),
        ("SysLogHandler()", []),
        ("SysLogHandler(address='/dev/log')", []),
        ("SysLogHandler(address=('logs.example.net', 514))", [("SysLogHandler", "logs.example.net", True)]),
        ("HTTPHandler('logs.example.net', '/in')", [("HTTPHandler", "logs.example.net", True)]),
        ("HTTPHandler('logs.example.net', '/in', secure=True)", [("HTTPHandler", "logs.example.net", False)]),
        ("SMTPHandler('mail.example.net', 'a@b.example', [], 'x')", [("SMTPHandler", "mail.example.net", True)]),
        ("SMTPHandler('mail.example.net', 'a@b.example', [], 'x', secure=())",
         [("SMTPHandler", "mail.example.net", False)]),
    ],
)  # fmt: skip
def test_transports(call: str, expected: list[tuple[str, str, bool]]) -> None:
    assert (
        transports(
            {"app/log.py": f"from logging.handlers import *\nimport logging.handlers\nlogging.handlers.{call}\n"}
        )
        == expected
    )


def test_secrets_of_handlers_are_not_kept() -> None:
    source = "import logging.handlers\nlogging.handlers.SMTPHandler('h', 'a', [], 'x', ('me', 'hush-hush-hush'))\n"
    assert "hush" not in repr(resolved({"app/log.py": source}, LoggingHandlers()))
    ini = (
        "[loggers]\nkeys=root\n[handlers]\nkeys=m\n[logger_root]\nhandlers=m\n[handler_m]\nclass=handlers.SMTPHandler\n"
    )
    ini += "args=('h', 'a', [], 'x', ('me', 'hush-hush-hush'))\n"
    assert "hush" not in repr(resolved({"logging.ini": ini}, LoggingHandlers()))


def test_mails() -> None:
    def html(more: str) -> list[tuple[bool, int | None]]:
        handler = f'"class": "django.utils.log.AdminEmailHandler",\n{more}'
        found = resolved(table(handler), LoggingHandlers())
        return [(one.html, one.location.line) for one in found if isinstance(one, AdminMail)]

    assert html("") == [(False, 10)]
    assert html('"include_html": True,') == [(True, 11)]


@pytest.mark.parametrize(
    ("more", "escaped"),
    [
        ({}, False),
        (table('"class": "logging.StreamHandler", "formatter": "json"',
               'F = {"()": "pythonjsonlogger.json.JsonFormatter"}'), False),
        ({"logging.yaml": "version: 1\nformatters: {j: {(): json_log_formatter.JSONFormatter}}\n"
          "handlers: {h: {class: logging.StreamHandler, formatter: j}}\nroot: {handlers: [h]}\n"}, True),
        ({"log.py": "from loguru import logger\nlogger.add('x.log', serialize=True)\n"}, True),
        ({"log.py": "import structlog\nstructlog.configure(processors=[structlog.processors.JSONRenderer()])\n"}, True),
        ({"log.py": "import structlog\nstructlog.configure(processors=[structlog.dev.ConsoleRenderer()])\n"}, False),
        ({"log.py": "import logging\nfrom pythonjsonlogger.json import JsonFormatter\n"
          "h = logging.StreamHandler()\nh.setFormatter(JsonFormatter('%(message)s'))\n"}, True),
    ],
)  # fmt: skip
def test_what_escapes(more: Files, escaped: bool) -> None:
    view = {"views.py": "def search(request):\n    log.info('%s', request.GET['q'])\n"}
    found = resolved({**view, **more}, LoggedTexts())
    assert [one.escaped for one in found if isinstance(one, LogInjection)] == [escaped]
