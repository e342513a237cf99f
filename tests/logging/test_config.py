"""What Python code says of levels, engines, loguru, Sentry and uvicorn, and where it sets up logging."""

import textwrap

import pytest

from hardencheck.collect.contract import Found
from hardencheck.collect.extract.logging_config import LoggingPython
from hardencheck.collect.extract.logging_libraries import LoggingLibraries
from hardencheck.collect.extract.logging_server_calls import ServerCalls
from hardencheck.collect.extraction import extract_file
from hardencheck.model.facts.logging import (
    LoggerSetting,
    LoguruCall,
    LoguruSink,
    Sentry,
    SentryVariables,
    ServerLevel,
    ServerLog,
    SqlEcho,
)
from hardencheck.model.facts.logging_written import LoggingPlace
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location


def extract(source: str, path: str = "shop/settings.py") -> list[Found]:
    return extract_file(
        [LoggingPython(), LoggingLibraries(), ServerCalls()], path, 0o100644, textwrap.dedent(source).encode()
    )


def gaps(found: list[Found]) -> list[tuple[int | None, str]]:
    return [(item.location.line, item.detail) for item in found if isinstance(item, Gap)]


def test_levels_by_calls() -> None:
    source = """\
        import logging
        logging.basicConfig(level=logging.DEBUG)
        log = logging.getLogger("django.security")
        log.setLevel("CRITICAL")
        logging.getLogger("shop").setLevel("DEBUG")
        logging.getLogger("sqlalchemy.engine").setLevel(logging.INFO)
        if options["verbose"]:
            logging.root.setLevel("DEBUG")
        if something:
            logging.getLogger().setLevel("DEBUG")
        logging.getLogger("urllib3").setLevel(level)
        """
    found = extract(source, "app/main.py")
    assert [
        (i.location.line, i.logger, i.level, i.discards, i.debug) for i in found if isinstance(i, LoggerSetting)
    ] == [
        (4, "django.security", "CRITICAL", True, False),
        (6, "sqlalchemy.engine", "INFO", False, True),
    ]
    assert gaps(found) == [
        (10, "logger root gets level DEBUG under a condition"),
        (11, "level of logger urllib3 is level: not a literal"),
    ]


def test_loggers_that_code_switches_off() -> None:
    source = """\
        import logging
        from flask import Flask
        app = Flask(__name__)
        app.logger.setLevel("DEBUG")
        logging.disable(logging.CRITICAL)
        logging.disable(logging.DEBUG)
        logging.getLogger("django.security").disabled = True
        logging.getLogger("django.request").propagate = False
        audit = logging.getLogger("shop.audit")
        audit.propagate = False
        audit.addHandler(handler)
        logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
        logging.getLogger("gunicorn.access").disabled = True
        if DEBUG:
            logging.disable()
        """
    found = extract(source, "app/main.py")
    assert [
        (i.location.line, i.logger, i.security, i.discards, i.debug) for i in found if isinstance(i, LoggerSetting)
    ] == [
        (4, "flask.app", False, False, True),
        (5, "every logger", True, True, False),
        (6, "every logger", True, False, False),
        (12, "uvicorn.access", False, False, False),
        (7, "django.security", True, True, False),
        (8, "django.request", True, True, False),
        (13, "gunicorn.access", False, True, False),
    ]
    assert [(i.location.line, i.server) for i in found if isinstance(i, ServerLog) and not i.access_log] == [
        (12, "uvicorn"),
        (13, "gunicorn"),
    ]


def test_engines() -> None:
    source = """\
        from sqlalchemy import create_engine
        from sqlalchemy.ext.asyncio import create_async_engine as make
        create_engine(url)
        create_engine(url, echo="debug")
        make(url, echo=True, hide_parameters=True)
        create_engine(url, echo=settings.debug)
        create_engine(url, **options)
        class TestConfig:
            SQLALCHEMY_ECHO = True
        app.config["SQLALCHEMY_ECHO"] = True
        """
    found = extract(source, "app/db.py")
    assert [(item.location.line, item.enabled, item.role) for item in found if isinstance(item, SqlEcho)] == [
        (3, False, "production"),
        (4, True, "production"),
        (5, True, "production"),
        (6, False, "production"),
        (9, True, "development"),
        (10, True, "production"),
    ]
    assert gaps(found) == [(7, "echo of create_engine is hidden in an unpacked argument: not a literal")]


def test_loguru() -> None:
    source = """\
        from loguru import logger as log
        log.remove()
        log.add("a.log")
        log.add("b.log", diagnose=False)
        log.configure(handlers=[{"sink": s, "diagnose": False}, {"sink": t}])
        log.add("c.log", level="DEBUG",
                diagnose=True)
        """
    found = extract(source, "app/log.py")
    assert [(item.location.line, item.diagnose) for item in found if isinstance(item, LoguruSink)] == [
        (4, False),
        (5, False),
        (7, True),
    ]
    assert [(item.what, item.location.line) for item in found if isinstance(item, LoguruCall)] == [
        ("remove", 2),
        ("sink", 3),
        ("configure", 5),
        ("sink", 5),
        ("import", 1),
    ]
    assert [(item.logger, item.location.line) for item in found if isinstance(item, LoggerSetting)] == [("loguru", 6)]


def test_sentry_options() -> None:
    source = """\
        import sentry_sdk
        OPTIONS = {"send_default_pii": True}
        sentry_sdk.init(DSN, **OPTIONS)
        sentry_sdk.init(
            DSN,
            send_default_pii=False,
            max_request_body_size="always",
            before_send=clean,
        )
        sentry_sdk.init(DSN, **other)
        """
    found = extract(source, "app/main.py")
    assert [(one.location.line, one.send_default_pii, one.bodies) for one in found if isinstance(one, Sentry)] == [
        (2, True, "medium"),
        (7, False, "always"),
    ]
    assert [(one.location.line, one.sent, one.cleaned) for one in found if isinstance(one, SentryVariables)] == [
        (3, True, False),
        (4, True, True),
    ]
    # What is hidden may be resolved; what it may say of variables is a gap.
    assert [one.location.line for one in found if isinstance(one, LoggingPlace)] == [10]
    [gap] = [one for one in found if isinstance(one, Gap)]
    assert gap.kinds == ("logging.sentry-variables",)


def test_uvicorn_in_code() -> None:
    source = """\
        import uvicorn
        uvicorn.run(app, access_log=False, log_level=10)
        uvicorn.run(app, reload=True)
        uvicorn.run(app, **options)
        """
    here = Location(path="app/main.py")
    found = extract(source, "app/main.py")
    assert found[:4] == [
        ServerLog(location=here.at(2), server="uvicorn", access_log=False, role="production"),
        ServerLevel(location=here.at(2), server="uvicorn", level="debug", role="production"),
        ServerLog(location=here.at(3), server="uvicorn", access_log=True, role="development"),
        ServerLevel(location=here.at(3), server="uvicorn", level=None, role="development"),
    ]
    assert gaps(found) == [
        (4, "access_log of uvicorn is hidden in an unpacked argument: not a literal"),
        (4, "log_level of uvicorn is hidden in an unpacked argument: not a literal"),
    ]


def test_a_broken_file_hides_only_what_it_may_say() -> None:
    [gap] = extract("from loguru import logger\nprint 'x'\n", "app/main.py")
    assert isinstance(gap, Gap)
    assert (gap.kinds, gap.reason) == (("logging.loguru-call", "logging.loguru"), Reason.PYTHON_SYNTAX)


@pytest.mark.parametrize(
    "source",
    [
        "import logging\nlogging.basicConfig(level=True)\n",
        "import logging\nlogging.getLogger(3).setLevel(b'x')\n",
        "def f(x=LOGGING): pass\nlambda: dictConfig()\n",
    ],
)
def test_odd_input_is_no_crash(source: str) -> None:
    assert not [item for item in extract(source) if isinstance(item, Gap) and item.reason is Reason.CRASHED]
