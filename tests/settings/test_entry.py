"""What the module that a server loads sets before Django reads its settings."""

from pathlib import Path

import pytest

from tests.settings.test_applications import rows
from tests.uploads.test_limits import facts_of

_SETTINGS = "import os\nROOT_URLCONF = 'x'\nINSTALLED_APPS = []\nX_FRAME_OPTIONS = os.environ.get('X', 'default')\n"
_NAMES = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
_GET = "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"


@pytest.mark.parametrize(
    ("entry", "more", "expected"),
    [
        ("os.environ['X'] = 'wsgi'\n", {}, ("known", "'wsgi'")),
        ("os.environ.setdefault('X', 'wsgi')\n", {}, ("known", "'wsgi'")),
        ("os.environ.setdefault('X', 'wsgi')\n", {"Dockerfile": "FROM a\nENV X=image\nCMD gunicorn shop.wsgi\n"},
         ("known", "'image'")),
        ("from dotenv import load_dotenv\nload_dotenv()\n", {"shop/.env": "X=file\n"}, ("known", "'file'")),
        ("import vault\nos.environ['X'] = vault.read('x')\n", {}, ("unknown", "")),
        ("import vault\nif vault.there:\n    os.environ['X'] = 'wsgi'\n", {}, ("unknown", "")),
        ("raise SystemExit(os.environ)\n", {}, ("known", "'default'")),
        ("", {"manage.py": "import os\nos.environ['X'] = 'manage'\n"}, ("known", "'default'")),
        ("", {"shop/asgi.py": _NAMES + "os.environ['X'] = 'asgi'\n"}, ("known", "'default'")),
    ],
)  # fmt: skip
def test_variables(tmp_path: Path, entry: str, more: dict[str, str], expected: tuple[str, str]) -> None:
    files = {"shop/__init__.py": "", "shop/settings.py": _SETTINGS, "shop/wsgi.py": _NAMES + entry + _GET}
    found = rows(facts_of(tmp_path, {**files, "requirements.txt": "django==5.2\n", **more}), "django")
    assert (found["X_FRAME_OPTIONS"].state, found["X_FRAME_OPTIONS"].value) == expected


@pytest.mark.parametrize(
    ("framework", "code", "name", "expected"),
    [
        (
            "pyramid",
            "from pyramid.config import Configurator\ndef main(global_config, **settings):\n"
            "    config = Configurator(settings=settings)\n    return config.make_wsgi_app()\n",
            "pyramid.debug_all",
            ("unknown", ""),
        ),
        (
            "flask",
            "from flask import Flask\ndef create_app(name, **more):\n    app = Flask(__name__)\n"
            "    app.config['TESTING'] = more.get('testing', False)\n    return app\n",
            "TESTING",
            ("unknown", ""),
        ),
        (
            "flask",
            "from flask import Flask\ndef create_app(name, **more):\n    app = Flask(__name__)\n"
            "    app.config['MAX_CONTENT_LENGTH'] = 5\n    return app\n",
            "MAX_CONTENT_LENGTH",
            ("known", "5"),
        ),
    ],
)
def test_a_factory_that_something_else_calls(
    tmp_path: Path, framework: str, code: str, name: str, expected: tuple[str, str]
) -> None:
    found = rows(facts_of(tmp_path, {"web.py": code}), framework)[name]
    assert (found.state, found.value) == expected
