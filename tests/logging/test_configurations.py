"""What logging configurations come to once they are resolved."""

import pytest

from hardencheck.model.facts.logging import LoggerSetting, LoggingConfig, LoggingSetup
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location
from tests.logging.setups import gaps, loggers, resolved

FLASK = "from flask import Flask\napp = Flask(__name__)\n"
DJANGO = 'INSTALLED_APPS = ["shop"]\nROOT_URLCONF = "shop.urls"\n'


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
                "django.security": {
                    "handlers": ["nowhere"],
                    "propagate": False,
                },
            },
        }
        """
    found = resolved({"shop/settings.py": source})
    assert [one for one in found if not isinstance(one, LoggingSetup)] == [
        LoggingConfig(
            location=here.at(1), framework="django", variable="LOGGING", disable_existing=True, keeps_security=False,
            silences=True, role="production",
        ),
        LoggerSetting(
            location=here.at(6), logger="django.security", level=None, scope="framework", security=True, sql=False,
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
        ('{"handlers": ["null"], "propagate": False}', '{"handlers": ["null"]}', (True, False)),
        ('{"handlers": [], "propagate": False}', "{}", (True, False)),
        ('{"propagate": False}', '{"handlers": ["console"]}', (True, False)),
        ('{"level": "CRITICAL"}', '{"handlers": ["console"]}', (True, False)),
        ('{"level": "ERROR"}', '{"handlers": ["console"]}', (False, False)),
        ('{"level": "DEBUG"}', '{"handlers": ["console"]}', (False, True)),
        ('{"level": "DEBUG"}', '{"handlers": ["null"]}', (False, True)),
    ],
)
def test_what_becomes_of_records(entry: str, root: str, expected: tuple[bool, bool]) -> None:
    found = loggers("import logging\nDEBUG = False\n" + table(f'"shop.auth": {entry}', root=root))
    if entry == '{"level": "DEBUG"}' and "null" in root:
        expected = (False, False)
    assert found["shop.auth"] == expected


def test_records_stop_at_a_parent_that_does_not_propagate() -> None:
    entries = '"django": {"handlers": ["null"], "propagate": False}, "django.security": {"handlers": ["null"]}'
    found = loggers(table(entries, root='{"handlers": ["console"]}'))
    assert found["django.security"] == (True, False)


def test_what_django_has_already_is_still_there() -> None:
    # The logger `django` that LOGGING does not name keeps its handlers, and mails errors.
    found = loggers(table('"django.security": {"handlers": ["null"]}', root='{"handlers": ["null"]}'))
    assert found["django.security"] == (False, False)


def test_only_while_debugging() -> None:
    entry = '"django": {"handlers": ["debug"], "level": "INFO"}'
    naming = {"manage.py": 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'}
    source = DJANGO + table(entry).replace('"root": {},', "")
    assert loggers({**naming, "shop/settings.py": source})["django"] == (True, False)
    # What else sets up logging may give the root logger a handler.
    call = {"shop/wsgi.py": "import logging\nlogging.basicConfig()\n"}
    assert loggers({**naming, **call, "shop/settings.py": source})["django"] == (False, False)


@pytest.mark.parametrize(
    ("filters", "discards"),
    [
        ('{"f": {"()": "django.utils.log.CallbackFilter", "callback": lambda record: False}}', True),
        ('{"f": {"()": "django.utils.log.CallbackFilter", "callback": lambda record: record.x}}', False),
        ('{"f": {"()": "django.utils.log.CallbackFilter", "callback": no}}', True),
        ('{"f": {"name": "shop"}}', True),
        ('{"f": {"name": "django"}}', False),
        ('{"f": {"()": "shop.log.RequestId"}}', False),
    ],
)
def test_filters(filters: str, discards: bool) -> None:
    no = 'def no(record):\n    """Never."""\n    return False\n'
    handler = f"""{no}LOGGING = {{
    "version": 1,
    "filters": {filters},
    "handlers": {{"h": {{"class": "logging.StreamHandler", "filters": ["f"]}}}},
    "loggers": {{"django.security": {{"handlers": ["h"], "propagate": False}}}},
}}"""
    assert loggers(handler)["django.security"] == (discards, False)
    logger = handler.replace(', "filters": ["f"]', "").replace('"propagate"', '"filters": ["f"], "propagate"')
    assert loggers(logger)["django.security"] == (discards, False)


def test_constants_and_choices_on_debug() -> None:
    source = (
        'DEBUG = False\nLEVEL = "DEBUG" if not DEBUG else "INFO"\nNAMES = ["console"]\n'
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
LOGGING["loggers"].update({"kombu": {"handlers": ["console"], "level": "DEBUG"}})
""",
    )
    found = resolved({"shop/settings.py": f"DEBUG = False\n{source}"})
    assert {
        one.logger: (one.debug, one.location.line) for one in found if isinstance(one, LoggerSetting) and one.debug
    } == {"celery": (True, 19), "kombu": (True, 20)}
    assert gaps(found) == []


@pytest.mark.parametrize(
    "change",
    [
        "LOGGING.update(extra)",
        'LOGGING["loggers"].update(extra)',
        'LOGGING["loggers"][name] = {}',
        'if on:\n    LOGGING["root"]["level"] = "DEBUG"',
    ],
)
def test_changes_that_are_not_known_are_gaps(change: str) -> None:
    source = f"from lib import extra, name, on\n{table('', root=LEVEL, more=change)}"
    found = resolved({"shop/settings.py": source})
    assert [one for one in found if isinstance(one, Gap) and "logging.logger" in one.kinds]


LEVEL = '{"handlers": ["console"], "level": "INFO"}'


def test_a_level_from_the_environment() -> None:
    entry = '"celery": {"handlers": ["console"], "level": os.environ["L"]}'
    found = resolved({"shop/settings.py": "import os\n" + table(entry)})
    [gap] = [item for item in found if isinstance(item, Gap)]
    assert gap.detail.startswith("logger celery: level is not known")
    assert gap.about == {
        "role": "production", "logger": "celery", "scope": "framework", "security": False, "sql": False,
    }  # fmt: skip
    entry = '"celery": {"handlers": ["console"], "level": os.getenv("DJANGO_LOG_LEVEL", "DEBUG")}'
    found = resolved({"shop/settings.py": "import os\n" + table(entry)})
    [celery] = [item for item in found if isinstance(item, LoggerSetting) and item.logger == "celery"]
    assert (celery.debug, celery.depends_on, celery.location.line) == (True, ("DJANGO_LOG_LEVEL",), 14)
    assert celery.describe().endswith("unless DJANGO_LOG_LEVEL says otherwise")


def test_a_level_of_a_handler_from_the_environment() -> None:
    handler = '"one": {"class": "logging.StreamHandler", "level": os.getenv("LEVEL", "DEBUG")},'
    source = "import os\n" + table("", handlers=handler, root='{"handlers": ["one"], "level": "DEBUG"}')
    [root] = [item for item in resolved({"shop/settings.py": source}) if isinstance(item, LoggerSetting)]
    assert (root.debug, root.depends_on) == (True, ("LEVEL",))


@pytest.mark.parametrize("source", ["LOGGING = {}", "LOGGING = None", "LOGGING_LEVEL = 3", "x.setLevel(3)"])
def test_nothing_to_say(source: str) -> None:
    assert resolved({"shop/settings.py": source}) == []


def test_a_dictionary_in_a_function() -> None:
    source = """\
        from logging.config import dictConfig
        from lib import other

        def configure(app):
            config = {"version": 1, "root": {"handlers": ["h"], "level": "DEBUG"}, "handlers": {"h": {}}}
            dictConfig(config)
            dictConfig(other(app))
        """
    found = resolved({"app/log.py": source})
    assert loggers({"app/log.py": source}) == {"root": (False, True)}
    assert [item.silences for item in found if isinstance(item, LoggingConfig)] == [True]
    [(line, _)] = gaps(found)
    assert line == 7


def test_a_method_nobody_was_seen_to_call() -> None:
    source = """\
        import logging.config
        class Server:
            def set_up(self):
                logging.config.dictConfig({"version": 1, "root": {"level": "DEBUG", "handlers": ["h"]},
                                           "handlers": {"h": {"class": "logging.StreamHandler"}}})
        """
    assert loggers({"app/log.py": source}) == {"root": (False, True)}


def test_a_name_of_another_module() -> None:
    files = {
        "app/main.py": FLASK
        + "from logging.config import dictConfig\nfrom app.log import config\ndictConfig(config)\n",
        "app/log.py": 'config = {"version": 1, "root": {"level": "DEBUG", "handlers": ["h"]}, "handlers": {"h": {}}}\n',
        "app/__init__.py": "",
    }
    found = resolved(files)
    assert [(one.location.path, one.location.line) for one in found if isinstance(one, LoggingConfig)] == [
        ("app/log.py", 1)
    ]
    assert loggers(files) == {"root": (False, True)}


def test_djangos_table_by_a_call() -> None:
    code = "from logging.config import dictConfig\nfrom django.conf import settings\n"
    code += "def ready(**options):\n    dictConfig(settings.LOGGING)\n"
    naming = {"manage.py": 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'}
    found = resolved({**naming, "shop/settings.py": DJANGO + table('"a": {"level": "INFO"}'), "shop/celery.py": code})
    assert gaps(found) == []
    assert [one.variable for one in found if isinstance(one, LoggingConfig)] == ["LOGGING"]


def test_tools_are_no_service() -> None:
    code = "from alembic import context\nfrom logging.config import fileConfig\nfileConfig('x.ini')\n"
    assert resolved({"ext/migration/shop/env.py": code}) == []
    code = "import logging\nlogging.basicConfig(level='DEBUG')\n"
    assert resolved({"shop/management/commands/fill.py": code}) == []


@pytest.mark.parametrize(
    ("call", "silences"),
    [
        ("fileConfig('x.ini')", True),
        ("fileConfig('x.ini', disable_existing_loggers=False)", False),
        ("fileConfig('x.ini', None, False)", False),
    ],
)
def test_file_config(call: str, silences: bool) -> None:
    found = resolved({"app/main.py": f"from logging.config import fileConfig\n{call}\n"})
    [config] = [one for one in found if isinstance(one, LoggingConfig)]
    assert (config.silences, config.location) == (silences, Location(path="app/main.py", line=2))


def test_basic_config() -> None:
    source = "import logging\nimport os\nlogging.basicConfig(level={})\n"
    assert loggers({"app/main.py": source.format("logging.DEBUG")}) == {"root": (False, True)}
    assert loggers({"app/main.py": source.format("logging.INFO")}) == {"root": (False, False)}
    assert loggers({"app/main.py": source.format("os.getenv('LEVEL', 'DEBUG')")}) == {"root": (False, True)}
    assert loggers({"app/main.py": source.format("os.environ['LEVEL']")}) == {}


YAML = """\
version: 1
handlers:
  console:
    class: logging.StreamHandler
  none: {class: logging.NullHandler}
loggers:
  shop.security:
    handlers: [none]
    propagate: no
root:
  handlers: [console]
  level: DEBUG
"""
INI = """\
[loggers]
keys = root, security

[handlers]
keys = console, none

[logger_root]
level = DEBUG
handlers = console

[logger_security]
qualname = shop.security
handlers = none
propagate = 0

[handler_console]
class = StreamHandler
args = (sys.stdout,)

[handler_none]
class = logging.NullHandler
"""


def test_files_of_their_own() -> None:
    expected = {"root": (False, True), "shop.security": (True, False)}
    assert loggers({"conf/logging.yaml": YAML}) == expected
    assert loggers({"conf/logging.ini": INI}) == expected
    found = resolved({"conf/logging.yaml": YAML})
    assert {one.logger: one.location.line for one in found if isinstance(one, LoggerSetting)} == {
        "root": 12,
        "shop.security": 8,
    }
    json = '{"version": 1,\n "handlers": {"h": {"class": "logging.StreamHandler"}},\n "root": {"handlers": ["h"],\n'
    found = resolved({"conf/logging.json": json + '  "level": "DEBUG"}}'})
    assert [one.location.line for one in found if isinstance(one, LoggerSetting)] == [4]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("conf/logging.yaml", "version: 1\nhandlers: [a]\nroot: x\n"),
        ("conf/other.yaml", "version: 1\nhandlers: {a: {kind: x}}\nroot: {path: /}\n"),
        ("alembic.ini", f"[alembic]\nscript_location = x\n{INI}"),
        ("tests/logging.yaml", YAML),
    ],
)
def test_files_that_are_none(path: str, text: str) -> None:
    assert resolved({path: text}) == []


def test_templates_are_not_known() -> None:
    found = resolved({"conf/logging.yaml": YAML.replace("DEBUG", "${LEVEL}")})
    assert [detail for _, detail in gaps(found)] == [
        "logger root: level is not known: put in by a template at conf/logging.yaml:12"
    ]


def test_what_a_call_reads_from_a_file_is_judged_in_the_file() -> None:
    code = FLASK + "import logging.config, yaml\nlogging.config.dictConfig(yaml.safe_load(open('conf/logging.yaml')))\n"
    found = resolved({"app.py": code, "conf/logging.yaml": YAML})
    assert {one.location.path for one in found if isinstance(one, LoggerSetting)} == {"conf/logging.yaml"}
    assert gaps(found) == []


def test_whether_anything_is_set_up() -> None:
    def setup(files: dict[str, str]) -> list[tuple[bool, int | None]]:
        return [(one.configured, one.location.line) for one in resolved(files) if isinstance(one, LoggingSetup)]

    path = "shop/settings.py"
    naming = {"manage.py": 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'}
    assert setup({**naming, path: DJANGO}) == [(False, None)]
    assert setup({**naming, path: DJANGO + "LOGGING_CONFIG = None\n"}) == [(False, 3)]
    own = "import logging.config\nLOGGING_CONFIG = None\nlogging.config.dictConfig({'version': 1})\n"
    assert setup({**naming, path: DJANGO + own}) == [(True, None)]
    assert setup({**naming, path: DJANGO + table('"django": {}')}) == [(True, 3)]
    assert setup({"main.py": "import uvicorn\nuvicorn.run('x:app', log_config=None)\n"}) == [(False, 2)]


@pytest.mark.parametrize(
    ("start", "others", "known"),
    [
        ("from common.core import main\nmain.run()\n", {}, False),
        ("from common.core import main\nif __name__ == '__main__':\n    main.run()\n", {}, False),
        ("from common.logs import setup_logging\ndef main():\n    setup_logging()\n", {}, False),
        ("from django.core.management import execute_from_command_line\nexecute_from_command_line()\n", {}, True),
        ("from common.core import main\nmain.render()\n", {}, True),
        ("from common.core import main\nmain.run()\n", {"common/__init__.py": "", "common/core.py": "X = 1\n"}, True),
        # A module of settings that is called like the package is not that package.
        ("from common.core import main\nmain.run()\n", {"shop/more/common.py": "X = 1\n"}, False),
        ("import logging\nlogging.start()\n", {}, True),
    ],
)
def test_a_library_that_may_set_up_logging(start: str, others: dict[str, str], known: bool) -> None:
    naming = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
    files = {"manage.py": naming + start, **others}
    found = resolved({**files, "shop/settings.py": DJANGO + "LOGGING_CONFIG = None\n"})
    assert [one.configured for one in found if isinstance(one, LoggingSetup)] == ([False] if known else [])
    assert [line for line, _ in gaps(found)] == ([] if known else [3])
    # Django's own configuration, where nobody switched it off, is what it is.
    plain = resolved({**files, "shop/settings.py": DJANGO})
    assert [one.configured for one in plain if isinstance(one, LoggingSetup)] == [False]


def test_more_loggers_than_are_looked_at_are_not_forgotten() -> None:
    many = ", ".join(f'"a{number}": {{}}' for number in range(501))
    assert (3, "LOGGING holds loggers that are not known") in gaps(resolved({"shop/settings.py": DJANGO + table(many)}))


def test_gunicorn_lays_what_it_is_given_over_a_table_that_disables_nothing() -> None:
    def silences(more: str) -> list[bool]:
        files = {"gunicorn.conf.py": f'logconfig_dict = {{"version": 1, {more} "root": {{"level": "INFO"}}}}\n'}
        return [one.silences for one in resolved(files) if isinstance(one, LoggingConfig)]

    assert silences("") == [False]
    assert silences('"disable_existing_loggers": True,') == [True]


def test_gunicorn_and_uvicorn() -> None:
    entry = '{"version": 1, "root": {"level": "DEBUG", "handlers": ["h"]}, "handlers": {"h": {}}}'
    assert loggers({"gunicorn.conf.py": f"logconfig_dict = {entry}\n"}) == {"root": (False, True)}
    code = f"import uvicorn\nCONFIG = {entry}\nuvicorn.run('x:app', log_config=CONFIG)\n"
    assert loggers({"main.py": code}) == {"root": (False, True)}


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
        'LOGGING = {"version": 1, "loggers": {"": {}, ".": {}, "a..b": {"handlers": [1, None]}}, "handlers": {"1": 1}}',
        'LOGGING = {"version": 1}\nLOGGING["root"] = LOGGING\n',
        "import logging\nlogging.basicConfig(level=True)\n",
        "import logging.config\nlogging.config.dictConfig(3)\nlogging.config.dictConfig(config={'version': 2})\n",
    ],
)
def test_odd_input_is_no_crash(source: str) -> None:
    assert not [
        item for item in resolved({"a/settings.py": source}) if isinstance(item, Gap) and item.reason is Reason.CRASHED
    ]


@pytest.mark.parametrize("more", ["X = " + "(" * 3000 + ")" * 3000, "X = " + "-" * 3000 + "1", "#\0"])
def test_settings_that_cannot_be_read_may_set_logging(more: str) -> None:
    found = resolved({"shop/settings.py": f"{DJANGO}LOGGING = {{'version': 1}}\n{more}\n"})
    assert not [one for one in found if isinstance(one, LoggingSetup)]
    assert [one for one in found if isinstance(one, Gap) and LoggingSetup.kind() in one.kinds]
