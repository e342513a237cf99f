"""What rules judge of applications other than Django's: the same values that the rows show."""

from pathlib import Path

import pytest

from hardencheck.model.facts.declared import DeclaredCookie
from hardencheck.model.facts.settings import CorsPolicy, FrameworkSetting, ProductionDefault
from hardencheck.model.gap import FactSet
from tests.uploads.test_limits import facts_of

FASTAPI = "from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\n"
STARLETTE = (
    "from starlette.applications import Starlette\nfrom starlette.middleware import Middleware\n"
    "from starlette.middleware.trustedhost import TrustedHostMiddleware\n"
)
LITESTAR = "from litestar import Litestar\n"
TORNADO = "from tornado.web import Application\n"


def seen(facts: FactSet, name: str) -> object:
    """The value by which a rule judges, with others that it may have; else why it is not known; None: not judged."""
    for fact in facts.of("framework.setting"):
        if isinstance(fact, FrameworkSetting) and fact.name == name:
            return (fact.value, *fact.others) if fact.others else fact.value
    return next((gap.detail for gap in facts.gaps if gap.about.get("name") == name), None)


@pytest.mark.parametrize(
    ("code", "name", "expected"),
    [
        (FASTAPI + "app = FastAPI(debug=True)\n", "debug", True),
        (FASTAPI + "app = FastAPI()\n", "debug", False),
        (FASTAPI + "app = FastAPI()\napp.debug = True\n", "debug", True),
        (FASTAPI + "options = {'debug': True}\napp = FastAPI(**options)\n", "debug", True),
        (FASTAPI + "import os\napp = FastAPI(debug=os.environ.get('DEBUG', '') == '1')\n", "debug", False),
        (FASTAPI + "from lib import f\napp = FastAPI(debug=f())\n", "debug",
         "debug is not known: value comes from lib.f at app.py:4"),
        (FASTAPI + "from lib import f\non = False\nif f():\n    on = True\napp = FastAPI(debug=on)\n", "debug",
         (True, False)),
        (FASTAPI + "def make(x):\n    if x.y:\n        return FastAPI(debug=True)\n", "debug", True),
        (STARLETTE + "app = Starlette(True)\n", "debug", True),
        (STARLETTE + "class App(Starlette):\n    def __init__(self):\n        super().__init__(debug=True)\n"
         "app = App()\n", "debug", True),
        (STARLETTE + "app = Starlette(middleware=[Middleware(TrustedHostMiddleware)])\n",
         "TrustedHostMiddleware.allowed_hosts", ("*",)),
        (STARLETTE + "from lib import f\napp = Starlette()\n"
         "if f():\n    app.add_middleware(TrustedHostMiddleware, allowed_hosts=['a.example'])\n",
         "TrustedHostMiddleware.allowed_hosts",
         "TrustedHostMiddleware.allowed_hosts is one of ['a.example'] or (not in use)"),
        (LITESTAR + "app = Litestar([], debug=True)\n", "debug", True),
        (LITESTAR + "app = Litestar([])\n", "debug", False),
        (LITESTAR + "app = Litestar([])\n", "allowed_hosts", None),
        (LITESTAR + "app = Litestar([], allowed_hosts=['*'])\n", "allowed_hosts", ("*",)),
        (LITESTAR + "app = Litestar([], openapi_config=None)\n", "openapi_config", None),
        (LITESTAR + "app = Litestar([])\n", "openapi_config", "OpenAPIConfig(…)"),
        (TORNADO + "app = Application(debug=True)\n", "serve_traceback", True),
        (TORNADO + "app = Application(debug=True, serve_traceback=False)\n", "serve_traceback", False),
        ("from aiohttp import web\napp = web.Application(debug=True)\n", "debug", True),
        ("from quart import Quart\napp = Quart(__name__)\napp.debug = True\n", "DEBUG", True),
        ("from sanic import Sanic\napp = Sanic('a')\napp.run(debug=True)\n", "run(debug)", True),
    ],
)  # fmt: skip
def test_one_setting(tmp_path: Path, code: str, name: str, expected: object) -> None:
    assert seen(facts_of(tmp_path, {"app.py": code}), name) == expected


def test_aiohttp_asks_for_the_debug_mode_of_asyncio(tmp_path: Path) -> None:
    files = {
        "app.py": "from aiohttp import web\napp = web.Application()\nweb.run_app(app)\n",
        "Dockerfile": 'FROM python:3.13\nENV PYTHONASYNCIODEBUG=1\nCOPY . .\nCMD ["python", "app.py"]\n',
    }
    assert seen(facts_of(tmp_path, files), "debug") is True


def policies(facts: FactSet) -> list[object]:
    """(any origin, credentials) of each policy, or why it is not known."""
    found = [(fact.any_origin, fact.credentials) for fact in facts.of("cors.policy") if isinstance(fact, CorsPolicy)]
    return [*found, *(gap.detail for gap in facts.gaps if gap.kinds == ("cors.policy",))]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("allow_origins=ORIGINS, allow_credentials=True", (False, True)),
        ("**{'allow_origins': ['*'], 'allow_credentials': True}", (True, True)),
        ("**options()", "allow_credentials is perhaps in **: not a literal"),
        ("allow_origins=options(), allow_credentials=True",
         "allow_origins is not known: value comes from lib.options at app.py:6"),
        ("allow_origins=options(), allow_credentials=False", (None, False)),
        ("allow_origins=ORIGINS, allow_credentials=options()", (False, True)),
        ("allow_origins=['*'] if options() else ORIGINS, allow_credentials=True",
         "allow_origins is one of ['*'] or ['https://a.example']"),
        ("allow_origins=['https://b.example'] if options() else ORIGINS, allow_credentials=True", (False, True)),
        ("allow_origins=['*', options()], allow_credentials=True", (True, True)),
        ("allow_origin_regex='.*', allow_origins=options(), allow_credentials=True", (True, True)),
        ("allow_origins='https://*.example', allow_credentials=True", (True, True)),
    ],
)  # fmt: skip
def test_cors(tmp_path: Path, arguments: str, expected: object) -> None:
    code = f"{FASTAPI}from lib import options\nORIGINS = ['https://a.example']\napp = FastAPI()\n"
    files = {"app.py": f"{code}app.add_middleware(CORSMiddleware, {arguments})\n"}
    assert policies(facts_of(tmp_path, files)) == [expected]


def test_cors_that_is_perhaps_not_in_use(tmp_path: Path) -> None:
    code = f"{FASTAPI}from lib import f\napp = FastAPI()\nif f():\n"
    files = {"app.py": f"{code}    app.add_middleware(CORSMiddleware, allow_origins=['*'], allow_credentials=True)\n"}
    assert policies(facts_of(tmp_path, files)) == [
        "whether CORSMiddleware is in use depends on a condition that is not known"
    ]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("CORS(app, supports_credentials=True)\n", (True, True)),
        ("app.config['CORS_ORIGINS'] = ['https://a.example']\nCORS(app, supports_credentials=True)\n", (False, True)),
        ("app.config['CORS_SUPPORTS_CREDENTIALS'] = True\nCORS(app)\n", (True, True)),
        ("app.config['CORS_ORIGINS'] = ['https://a.example']\n"
         "CORS(app, origins='*', supports_credentials=True)\n", (True, True)),
    ],
)  # fmt: skip
def test_cors_of_flask_takes_what_it_is_not_told_from_the_configuration(
    tmp_path: Path, code: str, expected: object
) -> None:
    files = {"app.py": f"from flask import Flask\nfrom flask_cors import CORS\napp = Flask(__name__)\n{code}"}
    assert policies(facts_of(tmp_path, files)) == [expected]


def test_two_applications_of_one_file_are_told_apart(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, {"app.py": f"{FASTAPI}app = FastAPI()\nadmin = FastAPI(debug=True)\n"})
    judged = {
        fact.application: fact.value
        for fact in facts.of("framework.setting")
        if isinstance(fact, FrameworkSetting) and fact.name == "debug"
    }
    rows = {
        fact.application: fact.value
        for fact in facts.of("setting.production")
        if isinstance(fact, ProductionDefault) and fact.name == "debug"
    }
    assert judged == {"app.py:app": False, "app.py:admin": True}
    assert rows == {name: str(value) for name, value in judged.items()}


def test_cookies_of_litestar(tmp_path: Path) -> None:
    code = (
        "from litestar import Litestar\nfrom litestar.config.csrf import CSRFConfig\n"
        "app = Litestar([], csrf_config=CSRFConfig(secret='x', cookie_secure=True))\n"
    )
    [cookie] = [
        fact for fact in facts_of(tmp_path, {"app.py": code}).of("cookie.declared") if isinstance(fact, DeclaredCookie)
    ]
    assert (cookie.role, cookie.name, cookie.secure, cookie.http_only, cookie.same_site, cookie.layer) == (
        "csrf", "csrftoken", True, False, "lax", "litestar",
    )  # fmt: skip


PYRAMID = "from pyramid.config import Configurator\n\n\ndef main(global_config, **settings):\n"
MADE = "    config = Configurator(settings=settings)\n"
INI = "[app:main]\nuse = egg:shop\n"


@pytest.mark.parametrize(
    ("code", "files", "debug", "toolbar"),
    [
        (MADE, {"production.ini": INI}, False, False),
        (MADE, {"production.ini": INI + "debug_all = yes\n"}, True, False),
        (MADE, {"production.ini": INI + "pyramid.debug_all = %(debug)s\n"},
         "pyramid.debug_all is not known: pyramid.debug_all, which has a placeholder that is not known at "
         "production.ini:3", False),
        (MADE, {"production.ini": INI + "pyramid.includes =\n    pyramid_tm\n    pyramid_debugtoolbar\n"}, False, True),
        (MADE, {"production.ini": INI + "pyramid.includes = pyramid_debugtoolbar\ndebugtoolbar.enabled = false\n"},
         False, False),
        (MADE, {"production.ini": INI + "pyramid.includes = pyramid_debugtoolbar\ndebugtoolbar.enabled = %(x)s\n"},
         False, "pyramid_debugtoolbar is not known: debugtoolbar.enabled, which has a placeholder that is not known at "
         "production.ini:4"),
        (MADE, {"production.ini": INI + "pyramid.includes = shop.tools\n",
                "shop/tools.py": "def includeme(to):\n    to.include('pyramid_debugtoolbar')\n"
                "    to.add_settings({'debug_all': 'on', 'pyramid.debug_all': 'on'})\n"}, True, True),
        (MADE, {"production.ini": INI + "pyramid.includes = %(x)s\n"},
         "pyramid.debug_all is not known: value comes from settings['pyramid.debug_all'], of which not all is known at "
         "shop/__init__.py:5",
         "pyramid_debugtoolbar is not known: value comes from settings['pyramid.includes'], of which not all is known "
         "at shop/__init__.py:5"),
        (MADE, {"production.ini": INI,
                "Dockerfile": "FROM python\nENV PYRAMID_DEBUG_ALL=1\nCMD pserve production.ini\n"}, True, False),
        (MADE + "    config.include('shop.tools')\n",
         {"production.ini": INI, "shop/tools.py": "def includeme(to):\n    to.include('pyramid_debugtoolbar')\n"},
         False, True),
        (MADE + "    config.include(callable='.gone')\n", {"production.ini": INI},
         "pyramid.debug_all is not known: may have been written by what is included at shop/__init__.py:6",
         "pyramid_debugtoolbar is not known: may have been written by what is included at shop/__init__.py:6"),
        (MADE + "    config.add_settings(a=1)\n", {"production.ini": INI}, False, False),
        (MADE + "    config.add_settings({'pyramid.includes': 'pyramid_debugtoolbar'})\n", {"production.ini": INI},
         False, False),
        (MADE, {"development.ini": INI + "pyramid.debug_all = true\n"},
         "pyramid.debug_all is not known: value comes from settings['pyramid.debug_all'], of which not all is known at "
         "shop/__init__.py:5",
         "pyramid_debugtoolbar is not known: value comes from settings['pyramid.includes'], of which not all is known "
         "at shop/__init__.py:5"),
        ("    settings['pyramid.debug_all'] = True\n" + MADE, {}, True,
         "pyramid_debugtoolbar is not known: value comes from settings['pyramid.includes'], of which not all is known "
         "at shop/__init__.py:6"),
    ],
)  # fmt: skip
def test_pyramid(tmp_path: Path, code: str, files: dict[str, str], debug: object, toolbar: object) -> None:
    text = f"{PYRAMID}{code}    return config.make_wsgi_app()\n"
    facts = facts_of(tmp_path, {"shop/__init__.py": text, **files})
    assert (seen(facts, "pyramid.debug_all"), seen(facts, "pyramid_debugtoolbar")) == (debug, toolbar)
