"""loguru, Sentry and structlog once they are resolved; formats and error logs of servers."""

import pytest

from hardencheck.collect.extract.logging_libraries import LoggingLibraries
from hardencheck.collect.extract.logging_server_calls import ServerCalls
from hardencheck.collect.extraction import extract_file
from hardencheck.collect.resolve.logging import Loguru
from hardencheck.collect.resolve.logging_configurations import LoggingConfigurations
from hardencheck.collect.resolve.logging_formats import ServerFormats
from hardencheck.model.facts.logging import (
    LoggerSetting,
    LoguruSink,
    Sentry,
    SentryScrubber,
    ServerErrors,
    ServerFormat,
    ServerLog,
    StructlogSetup,
)
from hardencheck.model.facts.settings import EnvironmentVariable
from hardencheck.model.gap import FactSet, Gap
from hardencheck.model.location import Location
from tests.logging.setups import MemoryTree, extracted, resolved


def sinks(source: str, environment: str | None = None) -> list[tuple[str, bool, int | None]]:
    tree = MemoryTree({"app/log.py": source})
    facts = extracted(tree)
    if environment is not None:
        given = EnvironmentVariable(
            location=Location(path="Dockerfile", line=3), name="LOGURU_DIAGNOSE", what="text", value=environment,
            by="dockerfile",
        )  # fmt: skip
        facts = facts.plus([given])
    found = [*facts.facts, *Loguru().resolve(facts, tree)]
    return [(one.sink, one.diagnose, one.location.line) for one in found if isinstance(one, LoguruSink)]


def test_loguru_and_its_environment() -> None:
    assert sinks("import os\nfrom loguru import logger\n") == [("default", True, 2)]
    assert sinks("from loguru import logger\n", "NO") == [("default", False, 1)]
    removed = "from loguru import logger\nlogger.remove()\n"
    assert sinks(removed) == []
    assert sinks(f"{removed}logger.add('x')\n") == [("added", True, 3)]
    assert sinks(f"{removed}logger.add('x')\n", "0") == [("added", False, 3)]
    assert sinks(f"{removed}logger.add('x', diagnose=False)\n") == [("added", False, 3)]
    assert sinks(f"{removed}logger.add('x', diagnose=False)\n", "yes")[1] == ("environment", True, 3)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("event_scrubber=None", False),
        ("event_scrubber=EventScrubber()", False),
        ("event_scrubber=EventScrubber(denylist=DEFAULT_DENYLIST + ['x'])", False),
        ("event_scrubber=EventScrubber(denylist=['x'])", True),
        ("event_scrubber=EventScrubber([])", True),
        ("event_scrubber=EventScrubber(denylist=NAMES)", None),
        ("event_scrubber=make()", None),
        ("data_collection={}", True),
    ],
)
def test_scrubbers(given: str, expected: bool | None) -> None:
    source = f"import sentry_sdk\nfrom lib import EventScrubber, DEFAULT_DENYLIST\nsentry_sdk.init(DSN, {given})\n"
    found = extract_file([LoggingLibraries()], "app.py", 0o100644, source.encode())
    scrubbers = [one.replaced for one in found if isinstance(one, SentryScrubber)]
    assert scrubbers == ([] if expected is None else [expected])
    assert any(isinstance(one, Gap) and "logging.sentry-scrubber" in one.kinds for one in found) is (expected is None)


def test_sentry_by_a_setting() -> None:
    naming = {"manage.py": 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'}
    source = """\
        import os
        import sentry_sdk
        INSTALLED_APPS = ["shop"]
        ROOT_URLCONF = "shop.urls"
        PII = os.getenv("PII", "yes") == "yes"
        sentry_sdk.init(
            dsn=os.environ["DSN"],
            send_default_pii=PII,
        )
        """
    found = resolved({**naming, "shop/settings.py": source})
    assert [(one.send_default_pii, one.location.line) for one in found if isinstance(one, Sentry)] == [(True, 8)]
    found = resolved({**naming, "shop/settings.py": source.replace('os.getenv("PII", "yes")', "lib()")})
    assert [gap.kinds for gap in found if isinstance(gap, Gap)] == [("logging.sentry",)]


def test_structlog() -> None:
    def setup(processors: str, more: str = "") -> list[tuple[bool, bool, int | None]]:
        head = "import logging\nimport structlog\nfrom lib import mask_secrets, on\n"
        source = f"{head}structlog.configure(\n    processors=[\n{processors}\n    ],\n{more})\n"
        found = resolved({"app.py": source})
        return [(one.console, one.filtered, one.location.line) for one in found if isinstance(one, StructlogSetup)]

    add = "structlog.processors.add_log_level,\n"
    assert setup(f"{add}structlog.processors.JSONRenderer()") == [(False, False, 4)]
    assert setup(f"{add}structlog.dev.ConsoleRenderer()") == [(True, False, 7)]
    assert setup(f"{add}mask_secrets, structlog.dev.ConsoleRenderer()") == [(True, True, 7)]
    assert setup(f"{add}structlog.dev.ConsoleRenderer() if on else structlog.processors.JSONRenderer()") == [
        (False, False, 4)
    ]
    wrapper = "wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG)"
    source = f"import logging, structlog\nstructlog.configure(\n  processors=[],\n  {wrapper})\n"
    found = resolved({"app.py": source})
    assert [(one.logger, one.location.line) for one in found if isinstance(one, LoggerSetting)] == [("structlog", 4)]


def test_formats_of_servers() -> None:
    files = {
        "gunicorn.conf.py": "bind = ':80'\nerrorlog = '/dev/null'\naccess_log_format = '%(r)s %({Cookie}i)s %(q)s'\n",
        "Procfile": "web: hypercorn --access-logformat '%(r)s %({authorization}i)s' app:app\n",
        "uwsgi.ini": "[uwsgi]\nlogformat = %(uri) %(var.HTTP_COOKIE)\n",
    }
    found = resolved(files, ServerFormats())
    assert {
        (one.server, str(one.location), one.leaks, one.query) for one in found if isinstance(one, ServerFormat)
    } == {
        ("gunicorn", "gunicorn.conf.py:3", ("cookies",), True),
        ("hypercorn", "Procfile:1", ("authorization header",), False),
        ("uwsgi", "uwsgi.ini:2", ("cookies",), False),
    }
    assert [(one.kept, one.location.line) for one in found if isinstance(one, ServerErrors)] == [(False, 2)]


def test_servers_in_code() -> None:
    source = """\
from aiohttp import web
web.run_app(app)
web.run_app(app, access_log=None)
web.run_app(app, access_log=log, access_log_format="%a %{Authorization}i")
"""
    found = extract_file([ServerCalls()], "main.py", 0o100644, source.encode())
    assert [(one.location.line, one.access_log) for one in found if isinstance(one, ServerLog)] == [
        (2, True),
        (3, False),
    ]
    assert [one.leaks for one in found if isinstance(one, ServerFormat)] == [("authorization header",)]
    source = "from sanic import Sanic\napp = Sanic('x')\napp.config.ACCESS_LOG = False\napp.run(access_log=True)\n"
    found = extract_file([ServerCalls()], "main.py", 0o100644, source.encode())
    assert [(one.location.line, one.access_log) for one in found if isinstance(one, ServerLog)] == [
        (4, True),
        (3, False),
    ]


def test_nothing_without_facts() -> None:
    tree = MemoryTree({})
    assert list(Loguru().resolve(FactSet(), tree)) == []
    assert list(LoggingConfigurations().resolve(FactSet(), tree)) == []
