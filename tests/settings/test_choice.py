"""Which settings module is taken for the one that production runs."""

from pathlib import Path

import pytest

from hardencheck.collect.options import Options
from hardencheck.collect.run import collect
from hardencheck.model.facts.settings import ProductionDefault, SettingsChoice
from hardencheck.model.gap import FactSet
from hardencheck.model.target import Target
from tests.settings.test_evaluate import facts_of as scanned

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
    "a few settings elsewhere are for a tool": (
        {
            "shop/settings/base.py": "",
            "shop/settings_default.py": _BASE,
            "shop/profiling/settings_mixin.py": "PASSWORD_HASHERS = ('shop.hashers.Plain',)\n",
        },
        "shop/settings_default.py",
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


_CLASSES = """from configurations import Configuration
class Base(Configuration):
    INSTALLED_APPS = []
    ROOT_URLCONF = 'shop.urls'
    WHO = SESSION_COOKIE_NAME = 'base'
class Build(Base):
    SESSION_COOKIE_NAME = 'build'
class Development(Base):
    SESSION_COOKIE_NAME = 'development'
class Production(Base):
    SESSION_COOKIE_NAME = 'production'
"""
_NAMES_CLASS = _WSGI.format("shop.settings") + "os.environ.setdefault('DJANGO_CONFIGURATION', '{}')\n"
_FLOW = "on: push\njobs:\n  a:\n    steps:\n      - run: |\n         DJANGO_CONFIGURATION=Build python manage.py {}\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {"Dockerfile": "FROM python\nENV DJANGO_CONFIGURATION=Production\n"},
            "as the environment of the deployment says",
        ),
        ({".github/workflows/a.yml": _FLOW.format("makemessages")}, "by its name"),
        ({".github/workflows/a.yml": _FLOW.format("spectacular")}, "by its name"),
        ({"shop/wsgi.py": _NAMES_CLASS.format("Development")}, "by its name"),
        ({"shop/wsgi.py": _NAMES_CLASS.format("Production")}, "as the entry point of the server says"),
    ],
)
def test_the_class_of_production(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    facts = scanned(tmp_path, {"shop/wsgi.py": _WSGI.format("shop.settings"), "shop/settings.py": _CLASSES, **files})
    assert session_cookie(facts) == "'production'"
    (choice,) = (fact for fact in facts.of("settings.choice") if isinstance(fact, SettingsChoice))
    assert choice.why == f"the entry point of the server names it; of its classes it is Production, {expected}"


def test_the_user_names_a_class(tmp_path: Path) -> None:
    files = {"shop/settings.py": _CLASSES}
    assert session_cookie(scanned(tmp_path, files, "shop.settings:Build")) == "'build'"
    facts = scanned(tmp_path, files, "shop.settings:Nobody")
    assert not facts.of("setting.production")
    assert {gap.detail for gap in facts.gaps if "setting.production" in gap.kinds} == {
        "the settings module shop.settings has no class Nobody"
    }


def session_cookie(facts: FactSet) -> str:
    (found,) = (
        fact.value
        for fact in facts.of("setting.production")
        if isinstance(fact, ProductionDefault) and fact.name == "SESSION_COOKIE_NAME"
    )
    return found


_LIVE = "from shop.settings.base import *\nSESSION_COOKIE_NAME = 'live'\n"
_COPY = "FROM python\nWORKDIR /app\nCOPY . /app/\nCOPY {} {}\n"


@pytest.mark.parametrize(
    ("template", "copied", "expected"),
    [
        (_LIVE, ("deploy/live.py.in", "shop_conf.py"), "'live'"),
        (_LIVE, ("deploy/live.py.in", "/app/shop_conf.py"), "'live'"),
        (_LIVE, ("--chown=1:1 deploy/live.py.in", "./shop_conf.py"), "'live'"),
        (_LIVE, ("deploy/live.py.in", "$PLACE/shop_conf.py"), "'base'"),
        (_LIVE, ("deploy/live.py.in", "/elsewhere/shop_conf.py"), "'base'"),
        # Where it lies decides what these two are.
        (_LIVE + "HERE = __file__\n", ("deploy/live.py.in", "shop_conf.py"), "'base'"),
        (_LIVE + "from .x import *\n", ("deploy/live.py.in", "shop_conf.py"), "'base'"),
    ],
)
def test_a_module_that_only_the_image_has(
    tmp_path: Path, template: str, copied: tuple[str, str], expected: str
) -> None:
    files = {
        **_PACKAGE,
        "shop/settings/base.py": _BASE + "SESSION_COOKIE_NAME = 'base'\n",
        "shop/wsgi.py": _WSGI.format("shop_conf"),
        "deploy/live.py.in": template,
        "Dockerfile": _COPY.format(*copied),
    }
    facts = scanned(tmp_path, files)
    assert session_cookie(facts) == expected
    (choice,) = (fact for fact in facts.of("settings.choice") if isinstance(fact, SettingsChoice))
    assert choice.why == (
        "the entry point of the server names it"
        if expected == "'live'"
        else "by convention: shop/wsgi.py names the settings module shop_conf, which is not in the repository; "
        "this one has the name and the content of one"
    )
