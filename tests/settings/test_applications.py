"""Applications of frameworks other than Django: what their settings are worth once the code has run."""

from pathlib import Path

import pytest

from hardencheck.collect.extract.logging_servers import Servers
from hardencheck.model.facts.logging import ServerCommand
from hardencheck.model.facts.settings import CorsPolicy, FrameworkSetting, ProductionDefault, SecretKey
from hardencheck.model.facts.uploads import BodyBound, UploadLimit
from hardencheck.model.gap import FactSet
from tests.uploads.test_limits import facts_of

FLASK = "from flask import Flask\napp = Flask(__name__)\n"
FASTAPI = "from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\n"


def rows(facts: FactSet, framework: str) -> dict[str, ProductionDefault]:
    return {
        fact.name: fact
        for fact in facts.of("setting.production")
        if isinstance(fact, ProductionDefault) and fact.framework == framework
    }


def shown(facts: FactSet, framework: str, name: str) -> tuple[str, str, str]:
    """State, value, and where it was given."""
    found = rows(facts, framework)[name]
    return found.state, found.value, str(found.location)


CONFIG = """\
import os
class Base:
    SESSION_COOKIE_SECURE = False
    MAX_CONTENT_LENGTH = 16 * 1024 * 1024
class Production(Base):
    SESSION_COOKIE_SECURE = True
    @property
    def PREFERRED_URL_SCHEME(self):
        return "https"
config = {"production": Production, "default": Base}
"""


@pytest.mark.parametrize(
    ("code", "name", "expected"),
    [
        ("app.config['TESTING'] = True\n", "TESTING", ("known", "True", "app.py:3")),
        ("app.testing = True\n", "TESTING", ("known", "True", "app.py:3")),
        ("app.config.update(\n    TESTING=True,\n)\n", "TESTING", ("known", "True", "app.py:4")),
        ("app.config.update({\n    'TESTING': True,\n})\n", "TESTING", ("known", "True", "app.py:4")),
        ("app.config.from_mapping(TESTING=True, testing=1)\n", "TESTING", ("known", "True", "app.py:3")),
        ("app.config.setdefault('TESTING', True)\n", "TESTING", ("known", "False", "app.py:2")),
        ("app.config.from_object('config.Production')\n", "SESSION_COOKIE_SECURE", ("known", "True", "config.py:6")),
        ("app.config.from_object('config:Base')\n", "SESSION_COOKIE_SECURE", ("known", "False", "config.py:3")),
        ("import config\napp.config.from_object(config.Production())\n", "PREFERRED_URL_SCHEME",
         ("known", "'https'", "config.py:8")),
        ("import config\napp.config.from_object(config.config['production'])\n", "MAX_CONTENT_LENGTH",
         ("known", "16777216", "config.py:4")),
        ("app.config.from_pyfile('site.cfg')\n", "TESTING", ("known", "True", "site.cfg:1")),
        ("app.config.from_pyfile('none.cfg', silent=True)\n", "TESTING", ("known", "False", "app.py:2")),
        ("app.config.from_pyfile('none.cfg')\n", "TESTING", ("unknown", "", "app.py:3")),
        ("import json\napp.config.from_file('site.json', load=json.load)\n", "MAX_FORM_PARTS",
         ("known", "50", "site.json:1")),
        ("import tomllib\napp.config.from_file('site.toml', load=tomllib.load, text=False)\n", "MAX_FORM_PARTS",
         ("known", "60", "site.toml:1")),
        ("app.config.from_envvar('SETTINGS', silent=True)\n", "TESTING", ("known", "False", "app.py:2")),
        ("app.config.from_envvar('SETTINGS')\n", "TESTING", ("unknown", "", "app.py:3")),
        ("from vault import read\napp.config.update(read())\n", "TESTING", ("unknown", "", "app.py:4")),
        ("from vault import read\napp.config[read()] = 1\n", "TESTING", ("unknown", "", "app.py:4")),
        ("from vault import read\nread()\napp.config['TESTING'] = not app.config['TESTING']\n", "TESTING",
         ("known", "True", "app.py:5")),
        ("from flask_migrate import Migrate\nMigrate(app, None)\n", "TESTING", ("known", "False", "app.py:2")),
        ("from .helper import changed\nchanged(app)\n", "TESTING", ("known", "True", "helper.py:2")),
        ("from flask_talisman import Talisman\nTalisman(app)\n", "SESSION_COOKIE_SECURE",
         ("known", "True", "app.py:4")),
        ("from flask_talisman import Talisman\nt = Talisman()\nt.init_app(app, session_cookie_secure=False)\n",
         "SESSION_COOKIE_SECURE", ("known", "False", "app.py:2")),
        ("import ext\nfrom flask_talisman import Talisman\nTalisman(app, **ext.options())\n", "SESSION_COOKIE_SECURE",
         ("unknown", "", "app.py:5")),
        ("import ext\nimport flask_talisman as ft\nft.Talisman(app, session_cookie_secure=True, **ext.options())\n",
         "SESSION_COOKIE_SECURE", ("known", "True", "app.py:5")),
    ],
)  # fmt: skip
def test_flask(tmp_path: Path, code: str, name: str, expected: tuple[str, str, str]) -> None:
    files = {
        "app.py": FLASK + code,
        "config.py": CONFIG,
        "site.cfg": "TESTING = True\n",
        "site.json": '{"MAX_FORM_PARTS": 50, "lower": 1}',
        "site.toml": "MAX_FORM_PARTS = 60\n",
        "helper.py": "def changed(app):\n    app.config['TESTING'] = True\n",
    }
    assert shown(facts_of(tmp_path, files), "flask", name) == expected


@pytest.mark.parametrize(
    "code",
    [
        "for name in ext.names():\n    app.config[name] = True\n",
        "for name in ext.names():\n    change(app)\n",
        "while ext.more():\n    app.testing = True\n",
        "if ext.flag():\n    app.config['TESTING'] = ext.value\n",
        "ext.names()[0](app.config)\nlate = app.config\nchange(app)\nlate.update(ext.names())\n",
        "import ext\next.fill(app.config)\n",
        "from dynaconf import FlaskDynaconf\nFlaskDynaconf(app)\n",
        "from dynaconf import FlaskDynaconf\nd = FlaskDynaconf()\nd.init_app(app)\n",
        "def inner(given):\n    given.config.update(ext.names())\ninner(app)\n",
        "def inner(given):\n    given['TESTING'] = ext.value\ninner(app.config)\n",
    ],
)
def test_flask_that_is_not_known(tmp_path: Path, code: str) -> None:
    change = "import ext\ndef change(one):\n    one.config['TESTING'] = ext.value\n"
    state, *_ = shown(facts_of(tmp_path, {"app.py": change + FLASK + code}), "flask", "TESTING")
    assert state in {"unknown", "one-of"}


def test_what_code_of_the_repository_does_that_is_not_followed_may_change_anything(tmp_path: Path) -> None:
    files = {
        "app.py": FLASK + "import helper\nhelper.changed(app)\n",
        "helper.py": "import ext\n@ext.task\ndef changed(app):\n    app.config['TESTING'] = ext.value\n",
    }
    assert shown(facts_of(tmp_path, files), "flask", "TESTING")[0] == "unknown"


FACTORY = {
    "config.py": CONFIG,
    "shop/__init__.py": "from flask import Flask\nfrom config import config\ndef create_app(name='default'):\n"
    "    app = Flask(__name__)\n    app.config.from_object(config[name])\n    return app\n",
}
WSGI = "import os\nfrom shop import create_app\napp = create_app(os.getenv('FLAVOUR') or 'default')\n"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "False"),
        ({"wsgi.py": "from shop import create_app\napp = create_app('production')\n"}, "True"),
        ({"wsgi.py": WSGI, "Procfile": "web: gunicorn wsgi:app\n"}, "False"),
        ({"wsgi.py": WSGI, "Dockerfile": 'FROM x\nENV FLAVOUR=production\nCMD ["gunicorn", "wsgi:app"]\n'}, "True"),
        ({"Procfile": "web: gunicorn 'shop:create_app(\"production\")'\n"}, "True"),
        ({"Dockerfile": 'FROM x\nENV FLASK_APP=start.py\nCMD ["flask", "run"]\n',
          "start.py": "from shop import create_app\napp = create_app('production')\n"}, "True"),
    ],
)  # fmt: skip
def test_the_application_that_production_starts(tmp_path: Path, more: dict[str, str], expected: str) -> None:
    found = rows(facts_of(tmp_path, FACTORY | more), "flask")["SESSION_COOKIE_SECURE"]
    assert (found.state, found.value, found.location.path) == ("known", expected, "config.py")


def test_a_class_that_a_variable_chooses_depends_on_it(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, FACTORY | {"wsgi.py": WSGI})
    found = rows(facts, "flask")
    assert [one.name for one in found["SESSION_COOKIE_SECURE"].depends_on] == ["FLAVOUR"]
    assert [one.name for one in found["SERVER_NAME"].depends_on] == ["FLAVOUR"]


def test_the_debug_flag_is_a_variable_of_flask(tmp_path: Path) -> None:
    plain = rows(facts_of(tmp_path / "a", {"app.py": FLASK}), "flask")["DEBUG"]
    assert (plain.value, plain.source, [one.name for one in plain.depends_on]) == ("False", "default", ["FLASK_DEBUG"])
    files = {"app.py": FLASK, "Dockerfile": 'FROM x\nENV FLASK_DEBUG=1\nCMD ["gunicorn", "app:app"]\n'}
    assert rows(facts_of(tmp_path / "b", files), "flask")["DEBUG"].value == "True"


def test_what_only_the_command_of_developers_reads_is_not_production(tmp_path: Path) -> None:
    files = {"app.py": FLASK, ".flaskenv": "FLASK_DEBUG=1\n", "Procfile": "web: gunicorn app:app\n"}
    assert rows(facts_of(tmp_path, files), "flask")["DEBUG"].value == "False"


def test_a_class_that_the_debug_flag_chooses(tmp_path: Path) -> None:
    code = "from flask import Flask\nfrom flask.helpers import get_debug_flag\n" + (
        "class Dev:\n    TESTING = True\nclass Prod:\n    TESTING = False\n"
        "app = Flask('x')\napp.config.from_object(Dev if get_debug_flag() else Prod)\n"
    )
    found = rows(facts_of(tmp_path, {"app.py": code}), "flask")["TESTING"]
    assert (found.value, [one.name for one in found.depends_on]) == ("False", ["FLASK_DEBUG"])


def test_options_that_are_not_known_may_hold_any_argument(tmp_path: Path) -> None:
    code = "from fastapi import FastAPI\nfrom ext import options\napp = FastAPI(docs_url=None, **options())\n"
    found = rows(facts_of(tmp_path, {"app.py": code}), "fastapi")
    assert (found["docs_url"].state, found["docs_url"].value) == ("known", "None")
    assert found["openapi_url"].state == "unknown"


@pytest.mark.parametrize(
    ("code", "size"),
    [
        ("from litestar import Litestar\napp = Litestar([], request_max_body_size=2 * 1024)\n", 2048),
        ("from litestar import Litestar\napp = Litestar([])\n", 10_000_000),
        ("from quart import Quart\napp = Quart(__name__)\napp.config['MAX_CONTENT_LENGTH'] = 7 << 10\n", 7168),
        ("from sanic import Sanic\napp = Sanic('x')\n", 100_000_000),
    ],
)
def test_bodies_of_other_frameworks_are_bounded(tmp_path: Path, code: str, size: int) -> None:
    found = [fact for fact in facts_of(tmp_path, {"app.py": code}).of("upload.bound") if isinstance(fact, BodyBound)]
    assert len(found) == 5 and all(bound.max_bytes == size for bound in found)


def test_applications_in_one_file_are_told_apart(tmp_path: Path) -> None:
    code = "from fastapi import FastAPI\napp = FastAPI()\napi = FastAPI(openapi_url=None)\napp.mount('/api', api)\n"
    found = [
        (fact.application, fact.value)
        for fact in facts_of(tmp_path, {"app.py": code}).of("setting.production")
        if isinstance(fact, ProductionDefault) and fact.name == "openapi_url"
    ]
    assert sorted(found) == [("app.py:api", "None"), ("app.py:app", "'/openapi.json'")]


def test_variables_with_a_prefix_are_settings(tmp_path: Path) -> None:
    code = FLASK + "app.config['TESTING'] = True\napp.config.from_prefixed_env()\napp.config['MAX_FORM_PARTS'] = 5\n"
    files = {"app.py": code, "Dockerfile": 'FROM x\nENV FLASK_MAX_CONTENT_LENGTH=1024\nCMD ["gunicorn", "app:app"]\n'}
    found = rows(facts_of(tmp_path, files), "flask")
    assert found["MAX_CONTENT_LENGTH"].value == "1024"
    assert [one.name for one in found["TESTING"].depends_on] == ["FLASK_TESTING"]
    assert [one.name for one in found["SERVER_NAME"].depends_on] == ["FLASK_SERVER_NAME"]
    assert found["MAX_FORM_PARTS"].depends_on == ()


def test_a_view_that_writes_a_setting_leaves_it_unknown(tmp_path: Path) -> None:
    files = {
        "app.py": FLASK + "app.config['MAX_CONTENT_LENGTH'] = 5\n",
        "views.py": "from app import app\n@app.route('/')\ndef index():\n    app.config['MAX_CONTENT_LENGTH'] = None\n",
    }
    facts = facts_of(tmp_path, files)
    assert not [
        fact
        for fact in facts.of("upload.limit")
        if isinstance(fact, UploadLimit) and fact.setting == "MAX_CONTENT_LENGTH"
    ]


def test_checks_get_the_followed_values(tmp_path: Path) -> None:
    code = "import os\nfrom flask import Flask\nLIMIT = 2 ** 20\ndef build():\n    app = Flask('x')\n" + (
        "    app.config['MAX_CONTENT_LENGTH'] = LIMIT * 4\n"
        "    app.secret_key = os.environ.get('KEY') or 'open-' + 'sesame'\n    return app\napp = build()\n"
    )
    facts = facts_of(tmp_path, {"app.py": code})
    [limit] = [fact for fact in facts.of("upload.limit") if getattr(fact, "setting", "") == "MAX_CONTENT_LENGTH"]
    assert isinstance(limit, UploadLimit) and limit.max_bytes == 4 << 20
    [key] = facts.of("framework.secret-key")
    assert isinstance(key, SecretKey) and (key.source, key.length) == ("literal", 11)
    assert rows(facts, "flask")["SECRET_KEY"].value == "(a secret of 11 characters)"


def test_fastapi_middleware_and_arguments(tmp_path: Path) -> None:
    files = {
        "conf.py": "import os\nclass Settings:\n    origins = os.getenv('ORIGINS', 'https://a.example').split(',')\n"
        "    docs = None\nsettings = Settings()\n",
        "main.py": FASTAPI + "from conf import settings\napp = FastAPI(openapi_url=settings.docs)\n"
        "app.add_middleware(\n    CORSMiddleware,\n    allow_origins=settings.origins,\n"
        "    allow_credentials=True,\n)\n",
        "Dockerfile": 'FROM x\nENV ORIGINS=https://shop.example,*\nCMD ["uvicorn", "main:app"]\n',
    }
    facts = facts_of(tmp_path, files)
    assert shown(facts, "fastapi", "openapi_url") == ("known", "None", "main.py:4")
    assert shown(facts, "fastapi", "CORSMiddleware.allow_origins") == (
        "known",
        "['https://shop.example', '*']",
        "main.py:7",
    )
    found = rows(facts, "fastapi")["CORSMiddleware.allow_origins"].depends_on
    assert [(one.name, one.given) for one in found] == [("ORIGINS", "https://shop.example,*")]
    [policy] = facts.of("cors.policy")
    assert isinstance(policy, CorsPolicy) and policy.any_origin is True and policy.credentials


def test_middleware_under_a_condition_that_is_not_known(tmp_path: Path) -> None:
    code = FASTAPI + "from ext import flag\napp = FastAPI()\nif flag():\n    app.add_middleware(CORSMiddleware)\n"
    found = rows(facts_of(tmp_path, {"main.py": code}), "fastapi")["CORSMiddleware.allow_credentials"]
    assert (found.state, found.value) == ("one-of", "False or (not in use)")


@pytest.mark.parametrize(
    ("framework", "code", "name", "value"),
    [
        ("starlette", "from starlette.applications import Starlette\nfrom starlette.middleware import Middleware\n"
         "from starlette.middleware.trustedhost import TrustedHostMiddleware as T\n"
         "app = Starlette(True, middleware=[Middleware(T, allowed_hosts=['a'])])\n",
         "TrustedHostMiddleware.allowed_hosts", "['a']"),
        ("litestar", "from litestar import Litestar\nfrom litestar.config.csrf import CSRFConfig\n"
         "app = Litestar([], csrf_config=CSRFConfig(secret='x' * 40, cookie_secure=True))\n",
         "CSRFConfig.secret", "(a secret of 40 characters)"),
        ("litestar", "from litestar import Litestar\nfrom litestar.plugins import InitPluginProtocol\n"
         "class Core(InitPluginProtocol):\n    def on_app_init(self, app_config):\n        app_config.debug = True\n"
         "        return app_config\napp = Litestar(plugins=[Core()])\n", "debug", "True"),
        ("quart", "from quart import Quart\napp = Quart(__name__)\napp.config['MAX_CONTENT_LENGTH'] = 9\n",
         "MAX_CONTENT_LENGTH", "9"),
        ("sanic", "from sanic import Sanic\napp = Sanic('x')\napp.config.REQUEST_MAX_SIZE = 7\n",
         "REQUEST_MAX_SIZE", "7"),
        ("sanic", "from sanic import Sanic\napp = Sanic('x')\napp.update_config({'OAS': False})\n", "OAS", "False"),
        ("aiohttp", "from aiohttp import web\napp = web.Application(client_max_size=1024 ** 2 * 3)\n",
         "client_max_size", "3145728"),
        ("aiohttp", "from aiohttp import web\nimport db\nasync def init():\n    pool = await db.connect()\n"
         "    app = web.Application(client_max_size=9)\n    app['pool'] = pool\n"
         "    return app\nif __name__ == '__main__':\n    web.run_app(init())\n", "client_max_size", "9"),
        ("tornado", "import tornado.web\nclass App(tornado.web.Application):\n    def __init__(self):\n"
         "        settings = dict(debug=True, cookie_secret='s' * 9)\n"
         "        super().__init__([], **settings)\napp = App()\n", "cookie_secret", "(a secret of 9 characters)"),
        ("flask", "from flask import Flask\nclass Mine(Flask):\n    def __init__(self, *a, **k):\n"
         "        super().__init__(*a, **k)\n        self.config['TESTING'] = True\napp = Mine(__name__)\n",
         "TESTING", "True"),
    ],
)  # fmt: skip
def test_other_frameworks(tmp_path: Path, framework: str, code: str, name: str, value: str) -> None:
    found = rows(facts_of(tmp_path, {"app.py": code}), framework)[name]
    assert (found.state, found.value) == ("known", value)


_TORNADO = "from tornado.httpserver import HTTPServer\nfrom tornado.web import Application\n"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("server = HTTPServer(Application([]), xheaders=True, max_body_size=5, max_buffer_size=9)\nserver.listen(80)\n",
         {"xheaders": "True", "max_body_size": "5", "max_buffer_size": "9", "ssl_options": "None"}),
        ("app = Application([])\napp.listen(80, '0.0.0.0', max_buffer_size=9, backlog=3)\n",
         {"xheaders": "False", "max_body_size": "9", "max_buffer_size": "9"}),
        ("def make():\n    return Application([])\ndef main():\n    make().listen(80, xheaders=True)\n"
         "if __name__ == '__main__':\n    main()\n",
         {"xheaders": "True", "max_body_size": "104857600"}),
        ("if __name__ == '__main__':\n    Application([], debug=True).listen(80, max_body_size=7)\n",
         {"xheaders": "False", "max_body_size": "7", "debug": "True"}),
        ("class App(Application):\n    def __init__(self):\n        super().__init__([])\n"
         "async def main():\n    App().listen(80, ssl_options={'certfile': 'c'})\n",
         {"ssl_options": "{'certfile': 'c'}"}),
        ("import options\nApplication([], debug=True).listen(80, **options.read())\n",
         {"xheaders": None, "max_body_size": None, "debug": "True"}),
        ("import options\nHTTPServer(Application([]), xheaders=True, **options.read())\n",
         {"xheaders": "True", "max_body_size": None}),
    ],
)  # fmt: skip
def test_what_tornado_serves_with(tmp_path: Path, code: str, expected: dict[str, str | None]) -> None:
    found = rows(facts_of(tmp_path, {"app.py": _TORNADO + code}), "tornado")
    shown_ = {name.removeprefix("HTTPServer."): row for name, row in found.items()}
    held = {name: shown_[name].value if shown_[name].state == "known" else None for name in expected}
    assert held == expected


def test_a_factory_that_never_ends_is_no_trouble(tmp_path: Path) -> None:
    code = "from flask import Flask\ndef build():\n    app = Flask('x')\n    app.config['TESTING'] = False\n" + (
        "    while app:\n        app.config['X'] = 1\n    return build()\n"
    )
    assert shown(facts_of(tmp_path, {"app.py": code}), "flask", "TESTING")[0] in {"known", "unknown"}


def commands(path: str, text: str) -> list[ServerCommand]:
    return [fact for fact in Servers().extract(path, 0o100644, text.encode()) if isinstance(fact, ServerCommand)]


@pytest.mark.parametrize(
    ("path", "text", "application", "options"),
    [
        ("Procfile", "web: gunicorn -b :80 -w${N:-4} --timeout=30 shop.wsgi:app\n", "shop.wsgi:app",
         ("bind=:80", "workers=4", "timeout=30")),
        ("Procfile", "web: gunicorn --bind 0.0.0.0:$PORT shop.wsgi\n", "shop.wsgi", ("bind=$",)),
        ("Dockerfile", 'FROM x\nCMD ["gunicorn", "shop:create_app(\'prod\')", "--preload"]\n',
         "shop:create_app('prod')", ("preload",)),
        ("Dockerfile", 'FROM x\nCMD ["uvicorn", "--factory", "shop.main:build", "--no-server-header"]\n',
         "shop.main:build", ("factory", "no_server_header")),
        ("Dockerfile", 'FROM x\nCMD ["fastapi", "run", "app/main.py"]\n', "app/main.py", ("host=0.0.0.0",)),
        ("web.service", "[Service]\nExecStart=/v/bin/gunicorn --user www --group www a.wsgi\n", "a.wsgi",
         ("user=www", "group=www")),
    ],
)  # fmt: skip
def test_command_lines(path: str, text: str, application: str, options: tuple[str, ...]) -> None:
    [found] = commands(path, text)
    assert (found.application, found.options) == (application, options)


def test_a_password_on_a_command_line_is_not_kept() -> None:
    [found] = commands("Procfile", "web: gunicorn --statsd-host x://me:" + "open-sesame@host a.wsgi\n")
    assert "sesame" not in str(found)


@pytest.mark.parametrize(
    ("files", "name", "expected"),
    [
        ({"Procfile": "web: gunicorn a:app\n"}, "timeout", ("known", "30", "Procfile:1")),
        ({"Procfile": "web: gunicorn --timeout 9 a:app\n"}, "timeout", ("known", "9", "Procfile:1")),
        ({"Procfile": "web: gunicorn a:app\n",
          "gunicorn.conf.py": "def seconds():\n    return 4 * 10\ntimeout = seconds()\n"},
         "timeout", ("known", "40", "gunicorn.conf.py:3")),
        ({"Procfile": "web: gunicorn --timeout 9 a:app\n", "gunicorn.conf.py": "timeout = 5\n"}, "timeout",
         ("known", "9", "Procfile:1")),
        ({"Procfile": "web: gunicorn -c etc/site.py a:app\n", "etc/site.py": "bind = 'unix:/run/a.sock'\n"}, "bind",
         ("known", "['unix:/run/a.sock']", "etc/site.py:1")),
        ({"Procfile": "web: gunicorn -c /etc/site.py a:app\n"}, "bind", ("unknown", "", "Procfile:1")),
        ({"Procfile": "web: gunicorn -c gunicorn.conf a:app\n", "gunicorn.conf": "\ntimeout = 5\n"}, "timeout",
         ("known", "5", "gunicorn.conf:2")),
        ({"Procfile": "web: gunicorn -c gunicorn.conf a:app\n", "gunicorn.conf": "timeout: 5 !\n"}, "timeout",
         ("unknown", "", "gunicorn.conf:1")),
        ({"Procfile": "web: gunicorn -b :80 -b :81 a:app\n"}, "bind", ("known", "[':80', ':81']", "Procfile:1")),
        ({"Procfile": "web: gunicorn --timeout $T a:app\n"}, "timeout", ("unknown", "", "Procfile:1")),
    ],
)  # fmt: skip
def test_gunicorn(tmp_path: Path, files: dict[str, str], name: str, expected: tuple[str, str, str]) -> None:
    assert shown(facts_of(tmp_path, files), "gunicorn", name) == expected


@pytest.mark.parametrize(
    ("files", "server", "name", "expected"),
    [
        ({"Procfile": "web: hypercorn --config hypercorn.toml a:app\n", "hypercorn.toml": "bind = '0.0.0.0:80'\n"},
         "hypercorn", "bind", ("known", "['0.0.0.0:80']", "hypercorn.toml:1")),
        ({"Procfile": "web: hypercorn --config hypercorn.toml a:app\n", "hypercorn.toml": "bind = [\n"},
         "hypercorn", "bind", ("unknown", "", "hypercorn.toml:1")),
        ({"Procfile": "web: hypercorn -c file:deploy/h.py a:app\n", "deploy/h.py": "x = ':8'\nbind = x + '0'\n"},
         "hypercorn", "bind", ("known", "[':80']", "deploy/h.py:2")),
        ({"Dockerfile": 'FROM x\nENV UVICORN_HOST=10.0.0.1\nCMD ["uvicorn", "a:app"]\n'}, "uvicorn", "host",
         ("known", "'10.0.0.1'", "Dockerfile:2")),
        ({"Dockerfile": 'FROM x\nENV UVICORN_HOST=::\nCMD ["uvicorn", "a:app", "--host", "::1"]\n'}, "uvicorn", "host",
         ("known", "'::1'", "Dockerfile:3")),
    ],
)  # fmt: skip
def test_other_servers(
    tmp_path: Path, files: dict[str, str], server: str, name: str, expected: tuple[str, str, str]
) -> None:
    found = rows(facts_of(tmp_path, files), server)[name]
    assert (found.state, found.value, str(found.location)) == expected


def test_waitress_and_uwsgi(tmp_path: Path) -> None:
    files = {
        "serve.py": "from waitress import serve\nfrom shop import app\nLIMIT = 1 << 20\n"
        "serve(app, max_request_body_size=LIMIT)\n",
        "shop.py": FLASK,
        "deploy/uwsgi.ini": "[uwsgi]\nmodule = shop:app\nuid = www\nlimit-post = 1024\nsocket = $(SOCKET)\n",
    }
    facts = facts_of(tmp_path, files)
    assert shown(facts, "waitress", "max_request_body_size") == ("known", "1048576", "serve.py:4")
    assert shown(facts, "uwsgi", "limit-post") == ("known", "'1024'", "deploy/uwsgi.ini:4")
    assert shown(facts, "uwsgi", "socket")[0] == "unknown"


def test_what_uwsgi_decides_is_not_known(tmp_path: Path) -> None:
    text = (
        "[uwsgi]\nhttp = :$(PORT)\nif-env = LIMIT\nlimit-post = 1\nendif =\nmaster = true\nuid = %(who)\n"
        "for = a b\nsocket = %(_)\nendfor =\n"
    )
    facts = facts_of(tmp_path, {"shop.py": FLASK, "deploy/uwsgi.ini": text})
    found = rows(facts, "uwsgi")
    assert {name: found[name].text for name in ("http", "limit-post", "master", "uid", "socket")} == {
        "http": "the environment variable PORT must be set, and is read at deploy/uwsgi.ini:2",
        "limit-post": "depends on a condition that is not known: if-env = LIMIT at deploy/uwsgi.ini:4",
        "master": "",
        "uid": "uid = %(who), which uWSGI computes, at deploy/uwsgi.ini:7",
        "socket": "depends on a condition that is not known: for = a b at deploy/uwsgi.ini:9",
    }


def test_an_application_that_holds_itself(tmp_path: Path) -> None:
    """It and its configuration hold each other; what may change it looks at each once."""
    code = (
        "import os\n" + FLASK + "app.owner = app\ndef setup(app):\n    if os.environ.get('PLAIN'):\n        return\n"
        "    extend(app)\nsetup(app)\napp.config['TESTING'] = False\n"
    )
    assert shown(facts_of(tmp_path, {"app.py": code}), "flask", "TESTING") == ("known", "False", "app.py:10")


SLOW = "def slow():\n    for i in range(4000):\n        for j in range(4000):\n            pass\n"


@pytest.mark.parametrize("where", ["app.py", "helper.py"])
def test_what_comes_after_the_last_step_may_set_anything(tmp_path: Path, where: str) -> None:
    """An application that was built before is not known to be as it was."""
    files = {"app.py": f"{FLASK}import helper\n", "helper.py": ""}
    files[where] = f"{files[where]}{SLOW}slow()\nfrom app import app\napp.config['TESTING'] = True\n"
    found = rows(facts_of(tmp_path, files), "flask")["TESTING"]
    line = files[where].splitlines().index("            pass") + 1
    assert (found.state, found.text) == ("unknown", f"more steps than are followed at {where}:{line}")


def test_forwarded_addresses_are_judged_as_the_environment_says(tmp_path: Path) -> None:
    files = {"Dockerfile": 'FROM x\nENV FORWARDED_ALLOW_IPS="*"\nCMD ["uvicorn", "a:app"]\n'}
    found = {
        fact.name: fact
        for fact in facts_of(tmp_path, files).of("framework.setting")
        if isinstance(fact, FrameworkSetting)
    }
    assert (found["forwarded_allow_ips"].value, found["forwarded_allow_ips"].depends_on) == (
        "*",
        ("FORWARDED_ALLOW_IPS",),
    )


_AIOHTTP = """from aiohttp import web
async def limit():
    return 4096
async def generator():
    yield 1
def plain():
    return 2048
class Parts:
    async def make(self):
        return web.Application(client_max_size=await limit())
async def factory():
    {}
    return app
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("app = web.Application(client_max_size=2048)", ("known", "2048")),
        ("app = web.Application(client_max_size=await limit())", ("known", "4096")),
        # A coroutine is not what it gives; and what a library gives nobody knows.
        ("app = web.Application(client_max_size=limit())", ("unknown", "")),
        ("app = web.Application(client_max_size=await web.limit())", ("unknown", "")),
        ("app = web.Application(client_max_size=await plain())", ("unknown", "")),
        ("app = web.Application(client_max_size=await generator())", ("unknown", "")),
        ("later = limit()\n    app = web.Application(client_max_size=await later)", ("unknown", "")),
        ("app = await Parts().make()", ("known", "4096")),
    ],
)
def test_aiohttp_and_coroutines(tmp_path: Path, body: str, expected: tuple[str, str]) -> None:
    files = {"shop.py": _AIOHTTP.format(body), "Procfile": "web: gunicorn shop:factory --worker-class aiohttp.x\n"}
    row = rows(facts_of(tmp_path, files), "aiohttp")["client_max_size"]
    assert (row.state, row.value) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"shop/flasks.py": "from flask import Flask\nclass ShopApp(Flask):\n    pass\n"}, "2048"),
        (
            {
                "shop/__init__.py": "from shop.flasks import ShopApp\n",
                "shop/flasks.py": "from flask import Flask\nclass ShopApp(Flask):\n    pass\n",
                "app.py": "from shop import ShopApp\napp = ShopApp('shop')\napp.config['MAX_CONTENT_LENGTH'] = 2048\n",
            },
            "2048",
        ),
        # Another class of that name.
        ({"other/flasks.py": "from flask import Flask\nclass ShopApp(Flask):\n    pass\n"}, None),
        ({"shop/flasks.py": "from click import Group\nclass ShopApp(Group):\n    pass\n"}, None),
    ],
)
def test_an_application_of_a_class_from_another_file(
    tmp_path: Path, files: dict[str, str], expected: str | None
) -> None:
    code = "from shop.flasks import ShopApp\napp = ShopApp('shop')\napp.config['MAX_CONTENT_LENGTH'] = 2048\n"
    facts = facts_of(tmp_path, {"app.py": code, "shop/__init__.py": "", "Procfile": "web: gunicorn app:app\n", **files})
    found = rows(facts, "flask")
    assert (found["MAX_CONTENT_LENGTH"].value if found else None) == expected


def test_a_block_that_perhaps_swallows_what_is_raised(tmp_path: Path) -> None:
    code = (
        "from flask import Flask\nimport ext\napp = Flask('a')\nwith ext.swallowing():\n    ext.run()\n"
        "app.config['MAX_CONTENT_LENGTH'] = 2048\n"
    )
    facts = facts_of(tmp_path, {"app.py": code, "Procfile": "web: gunicorn app:app\n"})
    assert rows(facts, "flask")["MAX_CONTENT_LENGTH"].value == "2048"


def test_the_variable_of_a_setting_is_asked_for_as_the_file_does(tmp_path: Path) -> None:
    files = {
        "Procfile": "web: gunicorn -c conf.py a:app\n",
        "conf.py": "import os\nworkers = int(os.getenv('WEB_CONCURRENCY', 4))\n",
    }
    for text, expected in ((files["conf.py"], [("WEB_CONCURRENCY", "4")]), ("", [("WEB_CONCURRENCY", "1")])):
        workers = rows(facts_of(tmp_path, {**files, "conf.py": text}), "gunicorn")["workers"]
        assert [(one.name, one.default) for one in workers.depends_on] == expected
