"""Which settings module is taken for the one that production runs."""

from pathlib import Path

import pytest

from hardencheck.collect.options import Options
from hardencheck.collect.run import collect
from hardencheck.model.facts.settings import ProductionDefault
from hardencheck.model.target import Target

_BASE = "ROOT_URLCONF = 'shop.urls'\nINSTALLED_APPS = []\nDEBUG = True\n"
_OVER = "from shop.settings.base import *\n"
_WSGI = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', '{}')\n"
_PACKAGE = {"shop/__init__.py": "", "shop/settings/__init__.py": "", "shop/settings/base.py": _BASE}
_CASES: dict[str, tuple[dict[str, str], str]] = {
    "the tests are named for one command of the image": (
        {
            "shop/settings/test.py": _OVER,
            "shop/settings/production.py": _OVER + "DEBUG = False\n",
            "Dockerfile": "FROM python\nRUN DJANGO_SETTINGS_MODULE=shop.settings.test python manage.py check\n",
            "shop/wsgi.py": _WSGI.format("shop.settings.production"),
        },
        "shop.settings.production",
    ),
    "only what continuous integration uses is named": (
        {"shop/settings/ci.py": _OVER, "shop/wsgi.py": _WSGI.format("shop.settings.ci")},
        "shop/settings/base.py",
    ),
    "the package takes over what a developer uses": (
        {
            "shop/settings/__init__.py": "from .dev import *\n",
            "shop/settings/dev.py": _OVER,
            "shop/settings/production.py": _OVER + "DEBUG = False\n",
            "shop/wsgi.py": _WSGI.format("shop.settings"),
        },
        "shop/settings/production.py",
    ),
    "the package takes over either, as a variable says": (
        {
            "shop/settings/__init__.py": "import os\nif os.environ.get('A', 'b') == 'b':\n    from .prod import *\n"
            "else:\n    from .dev import *\n",
            "shop/settings/dev.py": _OVER,
            "shop/settings/prod.py": _OVER + "DEBUG = False\n",
            "shop/wsgi.py": _WSGI.format("shop.settings"),
        },
        "shop.settings",
    ),
    "only that of a developer is named, and one switches DEBUG off": (
        {
            "shop/settings/local.py": _OVER + "DEBUG = True\n",
            "shop/settings/cloud.py": _OVER + "DEBUG = False\nROOT_URLCONF = 'shop.cloud'\n",
            "shop/settings/static.py": _OVER + "DEBUG = False\nROOT_URLCONF = 'shop.static'\n",
            "shop/wsgi.py": _WSGI.format("shop.settings.local"),
        },
        "shop/settings/cloud.py",
    ),
    "nothing but that of a developer is there": (
        {"shop/settings/base.py": "", "shop/local.py": _BASE, "manage.py": _WSGI.format("shop.local")},
        "shop.local",
    ),
    "the directory that is started from is a package as well": (
        {
            "shop/settings/base.py": "",
            "back/__init__.py": "",
            "back/config/settings/base.py": _BASE,
            "back/config/settings/live.py": _BASE + "DEBUG = False\n",
            "back/config/settings/cloud.py": _BASE + "DEBUG = False\n",
            "Dockerfile": "FROM python\nENV DJANGO_SETTINGS_MODULE=config.settings.cloud\n",
        },
        "config.settings.cloud",
    ),
    "in a template": (
        {
            "shop/settings/base.py": "",
            "{{cookiecutter.slug}}/config/settings/base.py": _BASE,
            "{{cookiecutter.slug}}/config/settings/local.py": "from .base import *\n",
            "{{cookiecutter.slug}}/config/settings/production.py": "from .base import *\nDEBUG = False\n",
            "{{cookiecutter.slug}}/config/asgi.py": _WSGI.format("config.settings.local"),
            "{{cookiecutter.slug}}/config/wsgi.py": _WSGI.format("config.settings.production"),
        },
        "config.settings.production",
    ),
}


@pytest.mark.parametrize("name", sorted(_CASES))
def test_the_module_of_production(tmp_path: Path, name: str) -> None:
    files, expected = _CASES[name]
    for path, text in {**_PACKAGE, "requirements.txt": "django==5.2\n", **files}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    facts = collect(Target(repository=str(tmp_path)), Options(jobs=0)).facts
    rows = {fact.application for fact in facts.of("setting.production") if isinstance(fact, ProductionDefault)}
    assert rows == {expected}
