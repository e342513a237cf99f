"""Which file `from_pyfile` means: one beside the application's module, or in the folder of instances (Flask 3.0)."""

from pathlib import Path

import pytest

from tests.settings.test_applications import rows
from tests.uploads.test_limits import facts_of

CODE = (
    "from flask import Flask\ndef create_app():\n    app = Flask({})\n"
    "    app.config.from_pyfile('config.py', silent=True)\n"
)
FILES = {
    "shop/config.py": "SESSION_COOKIE_NAME = 'package'\n",
    "config.py": "SESSION_COOKIE_NAME = 'root'\n",
    "instance/config.py": "SESSION_COOKIE_NAME = 'instance'\n",
    "shop/instance/config.py": "SESSION_COOKIE_NAME = 'inner'\n",
}


@pytest.mark.parametrize(
    ("path", "arguments", "without", "expected"),
    [
        ("shop/__init__.py", "__name__", "", ("known", "'package'")),
        ("shop/__init__.py", "__name__", "shop/config.py", ("known", "'session'")),
        ("shop/__init__.py", "__name__, instance_relative_config=True", "", ("known", "'instance'")),
        ("shop/__init__.py", "__name__, instance_relative_config=True", "instance/config.py", ("known", "'session'")),
        ("web.py", "__name__", "", ("known", "'root'")),
        ("web.py", "__name__, instance_relative_config=True", "", ("known", "'instance'")),
        ("shop/web.py", "'shop'", "", ("known", "'package'")),
        ("shop/web.py", "__name__.split('.')[0]", "", ("known", "'package'")),
        ("shop/__init__.py", "__name__, root_path=somewhere", "", ("unknown", "")),
        ("shop/__init__.py", "__name__, instance_relative_config=somehow", "", ("unknown", "")),
        ("shop/__init__.py", "somewhere", "", ("unknown", "")),
    ],
)
def test_from_pyfile(tmp_path: Path, path: str, arguments: str, without: str, expected: tuple[str, str]) -> None:
    code = "from ext import somewhere, somehow\n" + CODE.format(arguments) + "    return app\n"
    files = {"shop/__init__.py": "", path: code, **{name: text for name, text in FILES.items() if name != without}}
    found = rows(facts_of(tmp_path, files), "flask")["SESSION_COOKIE_NAME"]
    assert (found.state, found.value) == expected
