"""What logging configurations in Python come to."""

import textwrap

import pytest

from hardencheck.collect.contract import Found
from hardencheck.collect.extract.logging_config import LoggingPython
from hardencheck.collect.extraction import extract_file
from hardencheck.model.facts.logging import (
    LoggerSetting,
    LoggingConfig,
    LoggingUse,
    LoguruCall,
    LoguruSink,
    Sentry,
    ServerLevel,
    ServerLog,
    SqlEcho,
)
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location


def extract(source: str, path: str = "shop/settings.py") -> list[Found]:
    return extract_file([LoggingPython()], path, 0o100644, textwrap.dedent(source).encode())


def loggers(source: str) -> dict[str, tuple[bool, bool]]:
    """name -> (discards, debug) of every logger that is known."""
    return {item.logger: (item.discards, item.debug) for item in extract(source) if isinstance(item, LoggerSetting)}


def gaps(found: list[Found]) -> list[tuple[int | None, str]]:
    return [(item.location.line, item.detail) for item in found if isinstance(item, Gap)]


def table(loggers_: str, *, handlers: str = "", root: str = "{}", more: str = "") -> str:
    return f"""\
LOGGING = {{
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {{"debug": {{"()": "django.utils.log.RequireDebugTrue"}}}},
    "handlers": {{
        "console": {{"class": "logging.StreamHandler"}},
        "info": {{"class": "logging.StreamHandler", "level": "INFO"}},
        "null": {{"class": "logging.NullHandler"}},
        "debug": {{"class": "logging.StreamHandler", "filters": ["debug"]}},
        {handlers}
    }},
    "root": {root},
    "loggers": {{{loggers_}}},
}}
{more}
"""


def test_the_facts_of_a_table() -> None:
    here = Location(path="shop/settings.py")
    source = """\
        LOGGING = {
            "version": 1,
            "handlers": {"nowhere": {"class": "logging.NullHandler"}},
            "loggers": {
                "django.security": {"handlers": ["nowhere"], "propagate": False},
            },
        }
        """
    assert extract(source) == [
        LoggingConfig(
            location=here.at(1), framework="django", variable="LOGGING", disable_existing=True, keeps_security=False,
            silences=True, role="production",
        ),
        LoggerSetting(
            location=here.at(5), logger="django.security", level=None, scope="framework", security=True, sql=False,
            discards=True, debug=False, role="production",
        ),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "root", "expected"),
    [
        ('{"handlers": ["console"], "level": "INFO"}', "{}", (False, False)),
        ('{"handlers": ["console"], "level": "DEBUG"}', "{}", (False, True)),
        ('{"handlers": ["console"], "level": 10}', "{}", (False, True)),
        ('{"handlers": ["console"], "level": logging.DEBUG}', "{}", (False, True)),
        ('{"handlers": ["info"], "level": "DEBUG", "propagate": False}', "{}", (False, False)),
        ('{"handlers": ["debug"], "level": "DEBUG", "propagate": False}', "{}", (True, False)),
        ('{"handlers": ["debug", "null"], "level": "DEBUG"}', '{"handlers": ["console"]}', (False, True)),
        ('{"handlers": ["null"]}', '{"handlers": ["console"]}', (False, False)),
        ('{"handlers": ["null"]}', '{"handlers": ["null"]}', (True, False)),
        ('{"handlers": [], "propagate": False}', "{}", (True, False)),
        ('{"propagate": False}', '{"handlers": ["console"]}', (True, False)),
        ('{"level": "CRITICAL"}', '{"handlers": ["console"]}', (True, False)),
        ('{"level": "ERROR"}', '{"handlers": ["console"]}', (False, False)),
        ('{"level": "DEBUG"}', '{"handlers": ["console"]}', (False, True)),
        ('{"level": "DEBUG"}', '{"handlers": ["null"]}', (False, False)),
    ],
)
def test_what_becomes_of_records(entry: str, root: str, expected: tuple[bool, bool]) -> None:
    found = loggers("import logging\nDEBUG = False\n" + table(f'"django.request": {entry}', root=root))
    if '["debug"]' in entry:  # a handler that never writes with DEBUG off: judged by the debug field alone
        assert found["django.request"][1] is expected[1]
    else:
        assert found["django.request"] == expected


def test_records_stop_at_a_parent_that_does_not_propagate() -> None:
    entries = '"django": {"handlers": ["null"], "propagate": False}, "django.security": {"handlers": ["null"]}'
    found = loggers(table(entries, root='{"handlers": ["console"]}'))
    assert found["django.security"] == (True, False)


def test_constants_and_choices_on_debug() -> None:
    source = (
        'LEVEL = "DEBUG" if not DEBUG else "INFO"\nNAMES = ["console"]\n'
        'COMMON = {"handlers": NAMES, "level": LEVEL}\n'
        + table('"django": COMMON, "celery": {**COMMON, "level": "INFO"}')
    )
    assert loggers(source) == {"django": (False, True), "celery": (False, False), "root": (False, False)}


def test_changes_after_the_table() -> None:
    source = table(
        '"django": {"handlers": ["console"], "level": "INFO"}',
        more="""
if DEBUG:
    LOGGING["loggers"]["django"]["level"] = "DEBUG"
LOGGING["loggers"]["celery"] = {"handlers": ["console"], "level": "DEBUG"}
""",
    )
    assert loggers(source) == {"django": (False, False), "celery": (False, True), "root": (False, False)}
    assert gaps(extract(source)) == []


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ("LOGGING.update(extra)", "LOGGING.update(extra)"),
        ('LOGGING["loggers"].update(extra)', "LOGGING['loggers'].update(extra)"),
        ('LOGGING["loggers"][name] = {}', "LOGGING['loggers'][name] = {}"),
        ('if on:\n    LOGGING["root"]["level"] = "DEBUG"', "LOGGING['root']['level'] = 'DEBUG'"),
    ],
)
def test_changes_that_are_not_written_out_are_gaps(change: str, detail: str) -> None:
    [(_, found)] = gaps(extract(table("", more=change)))
    assert found == f"LOGGING is changed here in a way that is not written out: {detail}"


def test_what_is_not_literal_is_a_gap_about_that_logger() -> None:
    found = extract('import os\nL = os.environ["L"]\n' + table('"celery": {"handlers": ["console"], "level": L}'))
    [gap] = [item for item in found if isinstance(item, Gap)]
    assert gap == Gap(
        kinds=("logging.logger",),
        collector="logging.python",
        reason=Reason.NOT_LITERAL,
        detail="logger celery: level is os.environ['L']",
        location=Location(path="shop/settings.py", line=15),
        about={"role": "production", "logger": "celery", "scope": "framework", "security": False, "sql": False},
    )


@pytest.mark.parametrize("source", ["LOGGING = {}", "LOGGING = None", "LOGGING_LEVEL = 3", "x.setLevel(3)"])
def test_nothing_to_say(source: str) -> None:
    assert extract(source) == []


def test_a_dictionary_in_a_function() -> None:
    source = """\
        from logging.config import dictConfig

        def configure(app):
            config = {"version": 1, "root": {"handlers": ["h"], "level": "DEBUG"}, "handlers": {"h": {}}}
            dictConfig(config)
            dictConfig(other(app))
        """
    found = extract(source, "app/log.py")
    assert loggers(source) == {"root": (False, True)}
    assert [item.silences for item in found if isinstance(item, LoggingConfig)] == [True]
    assert gaps(found) == [(6, "dictConfig is given other(app): not written out")]


def test_a_name_of_another_module() -> None:
    source = "from logging.config import dictConfig\nfrom app.log import CONFIG\ndictConfig(CONFIG)\n"
    assert extract(source, "app/main.py") == [
        LoggingUse(location=Location(path="app/main.py", line=3), variable="CONFIG", role="production")
    ]


@pytest.mark.parametrize(
    ("call", "silences"),
    [
        ("fileConfig('x.ini')", True),
        ("fileConfig('x.ini', disable_existing_loggers=False)", False),
        ("fileConfig('x.ini', None, False)", False),
    ],
)
def test_file_config(call: str, silences: bool) -> None:
    [config] = extract(f"from logging.config import fileConfig\n{call}\n", "app/main.py")
    assert isinstance(config, LoggingConfig)
    assert (config.silences, config.role) == (silences, "production")


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
        (2, "root", "DEBUG", False, True),
        (4, "django.security", "CRITICAL", True, False),
        (6, "sqlalchemy.engine", "INFO", False, True),
    ]
    assert gaps(found) == [
        (10, "logger root gets level DEBUG under a condition"),
        (11, "level of logger urllib3 is level: not a literal"),
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
        (5, False, "production"),
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
        """
    found = extract(source, "app/log.py")
    assert [(item.location.line, item.diagnose) for item in found if isinstance(item, LoguruSink)] == [
        (3, True),
        (4, False),
        (5, False),
        (5, True),
    ]
    assert [item.what for item in found if isinstance(item, LoguruCall)] == ["remove", "configure", "import"]


def test_sentry_options_from_a_dictionary() -> None:
    source = """\
        import sentry_sdk
        OPTIONS = {"send_default_pii": True}
        sentry_sdk.init(DSN, **OPTIONS)
        sentry_sdk.init(DSN, **other)
        """
    [sentry, gap] = extract(source, "app/main.py")
    assert sentry == Sentry(
        location=Location(path="app/main.py", line=3), send_default_pii=True, bodies="medium", role="production"
    )
    assert isinstance(gap, Gap)
    assert gap.kinds == ("logging.sentry",)


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
        "LOGGING = " + '{"a": ' * 90 + "1" + "}" * 90,
        "LOGGING = " + "[" * 90 + "]" * 90,
        "LOGGING = LOGGING",
        "A = B\nB = A\nLOGGING = A\n",
        'LOGGING = {"version": 1, "loggers": 3, "handlers": [], "root": None}',
        'LOGGING = {"version": 1, "loggers": {1: 2, None: {}}, "root": {"handlers": "x", "level": []}}',
        'LOGGING = {"version": 1, "root": {"level": "NOISY"}}',
        "import logging\nlogging.basicConfig(level=True)\n",
        "import logging\nlogging.getLogger(3).setLevel(b'x')\n",
        "def f(x=LOGGING): pass\nlambda: dictConfig()\n",
    ],
)
def test_odd_input_is_no_crash(source: str) -> None:
    assert not [item for item in extract(source) if isinstance(item, Gap) and item.reason is Reason.CRASHED]
