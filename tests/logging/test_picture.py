"""The picture of where logs go."""

from hardencheck.collect.resolve.logging import LoggingServers
from hardencheck.collect.resolve.logging_configurations import LoggingConfigurations
from hardencheck.collect.resolve.logging_picture import LoggingPicture
from hardencheck.model.facts.exhibit import Exhibit
from tests.logging.setups import Files, resolved

NAMING = {"manage.py": 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'}
DJANGO = 'INSTALLED_APPS = ["shop"]\nROOT_URLCONF = "shop.urls"\n'


def picture(files: Files) -> dict[str, dict[str, tuple[str, ...]]]:
    """title of a table -> first cell of a row -> the others, with their marks."""
    found = resolved(files, LoggingServers(), LoggingConfigurations(), LoggingPicture())
    return {
        table.title: {
            row[0].text: tuple(f"{cell.mark}!{cell.text}" if cell.mark else cell.text for cell in row[1:])
            for row in table.rows
        }
        for exhibit in found
        if isinstance(exhibit, Exhibit)
        for table in exhibit.tables
    }


def test_djangos_default() -> None:
    found = picture({**NAMING, "shop/settings.py": DJANGO})
    [(title, rows)] = found.items()
    assert title == "shop.settings: Django's default, LOGGING is not set"
    assert rows["django.security"] == (
        "INFO (of django)",
        "Django's console from INFO (writes nothing), Django's mail_admins from ERROR",
        "mail to ADMINS",
        "message only",
        "weak!below ERROR",
    )
    assert rows["root"] == (
        "WARNING (nothing sets it)", "none", "", "", "weak!below WARNING; the rest goes to stderr as it is",
    )  # fmt: skip


def test_a_table() -> None:
    source = DJANGO + (
        "import os\n"
        "LOGGING = {'version': 1,\n"
        "  'formatters': {'json': {'()': 'pythonjsonlogger.jsonlogger.JsonFormatter'}},\n"
        "  'handlers': {'console': {'class': 'logging.StreamHandler', 'formatter': 'json'},\n"
        "    'file': {'class': 'logging.FileHandler', 'filename': '/var/log/shop.log', 'level': 'WARNING'}},\n"
        "  'root': {'handlers': ['console'], 'level': os.getenv('LEVEL', 'INFO')},\n"
        "  'loggers': {'shop': {'handlers': ['file'], 'propagate': False}, 'a': {'level': os.environ['A']}}}\n"
    )
    found = picture({**NAMING, "shop/settings.py": source})
    rows = found["shop.settings: LOGGING"]
    assert rows["root"] == (
        "INFO, unless LEVEL says otherwise", "console", "stderr", "json (JSON)", "below INFO",
    )  # fmt: skip
    assert rows["shop"] == (
        "INFO (of root), unless LEVEL says otherwise", "file from WARNING", "/var/log/shop.log", "message only",
        "below WARNING",
    )  # fmt: skip
    assert rows["a"][0].startswith("unknown!")
    assert rows["django (Django's default)"][4] == "weak!everything: it is disabled"


def test_a_logger_below_one_that_is_named_begins_anew() -> None:
    source = DJANGO + (
        "LOGGING = {'version': 1, 'disable_existing_loggers': True,\n"
        "  'handlers': {'console': {'class': 'logging.StreamHandler'}},\n"
        "  'loggers': {'django': {'handlers': ['console'], 'level': 'ERROR'}}}\n"
    )
    rows = picture({**NAMING, "shop/settings.py": source})["shop.settings: LOGGING"]
    assert rows["django.server (Django's default)"] == (
        "ERROR (of django)", "console", "stderr", "message only", "below ERROR",
    )  # fmt: skip


def test_servers_and_calls() -> None:
    found = picture({
        "Procfile": "web: gunicorn --log-level debug shop.wsgi\n",
        "main.py": "import logging\nlogging.basicConfig(level='DEBUG', filename='x.log')\n",
    })  # fmt: skip
    assert found == {
        "Set up by calls": {"basicConfig": ("weak!DEBUG", "x.log")},
        "Application servers": {"gunicorn": ("weak!none", "weak!debug")},
    }


def test_nothing_to_show() -> None:
    assert picture({"main.py": "print(1)\n"}) == {}
