"""Pyramid applications that a file for PasteDeploy starts: which file, what it gives the application and the server."""

import time
from pathlib import Path

import pytest

from hardencheck.model.facts.settings import ProductionDefault
from tests.settings.test_applications import rows
from tests.uploads.test_limits import facts_of

_MAIN = (
    "from pyramid.config import Configurator\ndef main(global_config, **settings):\n"
    "{}    config = Configurator(settings=settings)\n    return config.make_wsgi_app()\n"
)
_INI = "[app:main]\nuse = egg:shop\n{}\n[server:main]\nuse = egg:waitress#main\nlisten = *:6543\n"


def _rows(
    root: Path, files: dict[str, str], framework: str = "pyramid", body: str = ""
) -> dict[str, ProductionDefault]:
    return rows(facts_of(root, {"shop/__init__.py": _MAIN.format(body), **files}), framework)


@pytest.mark.parametrize(
    ("lines", "name", "expected"),
    [
        ("", "pyramid.debug_all", ("known", "False")),
        ("pyramid.debug_all = true", "pyramid.debug_all", ("known", "True")),
        ("debug_all = on", "pyramid.debug_all", ("known", "True")),
        ("debug_all = on\npyramid.debug_all = no", "pyramid.debug_all", ("known", "False")),
        ("pyramid.debug_all = true", "pyramid.debug_notfound", ("known", "True")),
        ("pyramid.debug_notfound: yes", "pyramid.debug_notfound", ("known", "True")),
        ("pyramid.reload_templates = tRue", "pyramid.reload_templates", ("known", "True")),
        ("pyramid.reload_templates = maybe", "pyramid.reload_templates", ("known", "False")),
        ("on = 1\npyramid.reload_all = %(on)s", "pyramid.reload_assets", ("known", "True")),
        ("pyramid.debug_all = %(x)s\n[DEFAULT]\nx = true", "pyramid.debug_all", ("known", "True")),
        ("pyramid.debug_all = %(missing)s", "pyramid.debug_all", ("unknown", "")),
        ("pyramid.debug_all = %(missing)s", "pyramid.debug_templates", ("unknown", "")),
        ("pyramid.debug_all = true ; not here", "pyramid.debug_all", ("unknown", "")),
        ("pyramid.debug_all = false\n[DEFAULT]\npyramid.debug_all = true", "pyramid.debug_all", ("known", "False")),
        ("set pyramid.debug_all = true", "pyramid.debug_all", ("known", "False")),
        ("get pyramid.debug_all = x\n[DEFAULT]\nx = true", "pyramid.debug_all", ("known", "True")),
        ("get pyramid.debug_all = x\nset x = false\n[DEFAULT]\nx = true", "pyramid.debug_all", ("unknown", "")),
        ("session.key = 5%%", "session.key", ("known", "(a secret of 2 characters)")),
        ("session.path = 5%%", "session.path", ("known", "'5%'")),
        ("session.path = 5%", "session.path", ("unknown", "")),
        ("session.secret = 0123456789", "session.secret", ("known", "(a secret of 10 characters)")),
        ("session.cookie_secure = true", "session.cookie_secure", ("known", "'true'")),
        ("session.lock_dir = %(here)s/data", "session.lock_dir", ("unknown", "")),
    ],
)
def test_settings(tmp_path: Path, lines: str, name: str, expected: tuple[str, str]) -> None:
    found = _rows(tmp_path, {"production.ini": _INI.format(lines)})[name]
    assert (found.state, found.value) == expected


def test_places_and_what_the_environment_says_first(tmp_path: Path) -> None:
    ini = _INI.format("pyramid.debug_all = true\nsession.secret = abcabcabc")
    found = _rows(tmp_path, {"production.ini": ini})
    assert (
        str(found["pyramid.debug_all"].location) == str(found["pyramid.debug_notfound"].location) == "production.ini:3"
    )
    assert str(found["session.secret"].location) == "production.ini:4"
    assert [one.name for one in found["pyramid.debug_notfound"].depends_on] == [
        "PYRAMID_DEBUG_ALL", "PYRAMID_DEBUG_NOTFOUND",
    ]  # fmt: skip
    image = {"Dockerfile": "FROM python\nENV PYRAMID_DEBUG_ALL=0\nCMD pserve production.ini\n"}
    given = _rows(tmp_path, {"production.ini": ini, **image})["pyramid.debug_all"]
    assert (given.value, str(given.location)) == ("False", "Dockerfile:2")


@pytest.mark.parametrize(("others", "named"), [(0, ["WENV"]), (9, ["any variable of the environment"])])
def test_what_another_environment_sets(tmp_path: Path, others: int, named: list[str]) -> None:
    more = "".join(f"    if os.environ.get('V{n}'):\n        settings.setdefault('v{n}', 1)\n" for n in range(others))
    text = (
        "import os\nfrom pyramid.config import Configurator\ndef main():\n    settings = {}\n" + more + "    "
        "if os.environ.get('WENV') == 'dev':\n        settings.setdefault('pyramid.reload_all', True)\n"
        "    config = Configurator(settings=settings)\n"
        "    if os.environ.get('WENV') == 'dev':\n        config.include('pyramid_debugtoolbar')\n"
        "    return config.make_wsgi_app()\napp = main()\n"
    )
    found = rows(facts_of(tmp_path, {"app.py": text}), "pyramid")
    assert (found["pyramid.reload_all"].value, found["pyramid_debugtoolbar"].value) == ("False", "False")
    assert {one.name for one in found["pyramid.reload_all"].depends_on} == {"PYRAMID_RELOAD_ALL", *named}
    assert [one.name for one in found["pyramid_debugtoolbar"].depends_on] == ["WENV"]


def test_code_that_changes_them(tmp_path: Path) -> None:
    ini = {"production.ini": _INI.format("pyramid.debug_all = true")}
    body = "    settings['pyramid.debug_all'] = 'false'\n    settings.setdefault('pyramid.reload_all', True)\n"
    found = _rows(tmp_path, ini, body=body)
    assert found["pyramid.debug_all"].value == "False" and found["pyramid.reload_templates"].value == "True"
    unsure = _rows(tmp_path, ini, body="    import vault\n    settings.update(vault.read())\n")
    assert unsure["pyramid.debug_all"].state == unsure["pyramid.reload_all"].state == "unknown"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"production.ini": "true", "development.ini": "false"}, "True"),
        ({"development.ini": "true"}, None),
        ({"shop.ini": "true"}, "True"),
        ({"shop.ini": "true", "other.ini": "false"}, None),
        ({"shop.ini": "true", "other.ini": "false", "Procfile": "web: pserve conf/shop.ini\n"}, "True"),
        ({"production.ini": "true", "live.ini": "false"}, None),
        ({"production.ini": "true", "docker.ini": "false", "Dockerfile": "FROM a\nCMD ['x']\nCMD pserve docker.ini\n"},
         "False"),
        ({"production.ini": "true", "Dockerfile": "FROM a\nCMD pserve /etc/elsewhere.ini\n"}, None),
        ({"production.ini": "true", "shop.service": "[Service]\nExecStart=/srv/bin/pserve /x/production.ini\n"},
         "True"),
    ],
)  # fmt: skip
def test_which_file(tmp_path: Path, files: dict[str, str], expected: str | None) -> None:
    ini = {path: text for path, text in files.items() if path.endswith(".ini")}
    made = {**files, **{path: _INI.format(f"pyramid.debug_all = {text}") for path, text in ini.items()}}
    found = _rows(tmp_path, made)["pyramid.debug_all"]
    assert (found.value if found.state == "known" else None) == expected


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("[pipeline:main]\npipeline =\n    tm\n    shop\n[app:shop]\nuse = egg:shop\ndebug_all = 1\n", {}),
        ("[app:base]\nuse = egg:shop\ndebug_all = 1\n[app:main]\nuse = base\n", {}),
        ("[app:main]\npaste.app_factory = shop:main\ndebug_all = 1\n", {}),
        ("[app:main]\nuse = call:shop:main\ndebug_all = 1\n", {}),
        ("[app:main]\nuse = egg:Shop#main\ndebug_all = 1\n",
         {"setup.py": "setup(entry_points='''\n[paste.app_factory]\nmain = shop:main\n''')\n"}),
        ("[app:main]\nuse = egg:shop\ndebug_all = 1\n",
         {"pyproject.toml": "[project.entry-points.'paste.app_factory']\nmain = 'shop:main'\n"}),
    ],
)  # fmt: skip
def test_how_the_application_is_named(tmp_path: Path, text: str, more: dict[str, str]) -> None:
    found = _rows(tmp_path, {"production.ini": text, **more})
    assert found["pyramid.debug_all"].value == "True"


@pytest.mark.parametrize(
    "text",
    [
        "[app:main]\nuse = config:other.ini\n",
        "[app:main]\nuse = main\n",
        "[app:main]\nuse = egg:shop\nfilter-with = x\n",
        "[composite:main]\nuse = egg:Paste#urlmap\n/ = x\n[app:x]\nuse = egg:shop\n",
        "[app:main\n",
        "[app:main]\nuse = egg:shop\ndebug_all = %(a)s\n"
        + "".join(f"{one}={f'%({two})s' * 50}\n" for one, two in zip("abcdefgh", "bcdefgha", strict=True)),
        "[app:main]\nuse = egg:shop\ndebug_all = %(b)s\n"
        + "".join(f"{one}={f'%({two})s' * 50}\n" for one, two in zip("bcdefgh", "cdefghi", strict=True)) + "i=xx\n",
    ],
)  # fmt: skip
def test_what_is_not_followed_is_not_known(tmp_path: Path, text: str) -> None:
    since = time.process_time()
    found = _rows(tmp_path, {"production.ini": text})
    assert found["pyramid.debug_all"].state == "unknown"
    assert time.process_time() - since < 5


def test_the_server_that_pserve_starts(tmp_path: Path) -> None:
    ini = _INI.format("") + "trusted_proxy = *\nexpose_tracebacks = yes\nthreads = %(n)s\nn = 9\n"
    ini += "trusted_proxy_headers =\n    x-forwarded-for\n    x-forwarded-proto\nurl_scheme = %(here)s\n"
    found = _rows(tmp_path, {"production.ini": ini}, "waitress")
    assert {name: one.value for name, one in found.items() if one.source == "set" and one.state == "known"} == {
        "listen": "'*:6543'", "trusted_proxy": "'*'", "expose_tracebacks": "True", "threads": "9",
        "trusted_proxy_headers": "['x-forwarded-for', 'x-forwarded-proto']",
    }  # fmt: skip
    assert found["url_scheme"].state == "unknown" and str(found["listen"].location) == "production.ini:6"
    image = {"Dockerfile": "FROM python\nCMD gunicorn --paste production.ini\n"}
    assert _rows(tmp_path, {"production.ini": ini, **image}, "waitress") == {}


_AFTER = _MAIN.partition("{}")[0] + "    config = Configurator(settings=settings)\n"


# What is set afterwards holds under that name alone: Pyramid made its switches of both when the Configurator was made.
_EITHER = "False or True"


@pytest.mark.parametrize(
    ("code", "more", "expected"),
    [
        ("config.add_settings({'debug_all': 'true', 'pyramid.debug_all': True})", {}, "True"),
        ("settings['debug_all'] = 'true'", {}, "False"),
        ("config.registry.settings['debug_all'] = 'true'", {}, _EITHER),
        ("config.get_settings()['pyramid.debug_all'] = True", {}, "True or False"),
        ("config.add_settings({'debug_all': 'true'})", {}, _EITHER),
        ("config.add_settings(debug_all='true')", {}, _EITHER),
        ("import vault\n    config.add_settings(vault.read())", {}, None),
        ("import vault\n    config.registry.settings.update(vault.read())", {}, None),
        ("config.include('.views')", {"views": "def includeme(config):\n    config.add_settings(debug_all='on')\n"},
         _EITHER),
        ("config.include('shop.views')", {"views": "def includeme(config):\n    config.scan()\n"}, "False"),
        ("config.include('shop.views:more')", {"views": "def more(config):\n    config.add_settings(debug_all='on')\n"},
         _EITHER),
        ("config.include('shop.views.more')", {"views": "def more(config):\n    config.add_settings(debug_all='on')\n"},
         _EITHER),
        ("from shop import views\n    config.include(views)",
         {"views": "def includeme(config):\n    config.add_settings(debug_all='on')\n"}, _EITHER),
        ("config.include('.gone')", {}, None),
        ("config.include(settings.get('x'))", {}, None),
        ("config.include('pyramid_tm')", {}, "False"),
        ("config = Configurator()", {}, "False"),
        ("config = Configurator()\n    config.add_settings(debug_all='1')", {}, _EITHER),
        ("import options\n    config = Configurator(**options.read())", {}, None),
        ("import options\n    config = Configurator(options.registry())", {}, None),
        ("class Mine(Configurator):\n        pass\n    config = Mine(settings=settings)\n"
         "    config.add_settings(debug_all=1)", {}, _EITHER),
        ("class Mine(Configurator):\n        def __init__(self, given):\n            super().__init__(settings=given)\n"
         "    config = Mine(settings)\n    settings['debug_all'] = 1", {}, "False"),
    ],
)  # fmt: skip
def test_what_is_done_to_a_configurator(tmp_path: Path, code: str, more: dict[str, str], expected: str | None) -> None:
    files = {f"shop/{name}.py": text for name, text in more.items()}
    files["shop/__init__.py"] = f"{_AFTER}    {code}\n    return config.make_wsgi_app()\n"
    if "Configurator" in code:
        files["shop/__init__.py"] = files["shop/__init__.py"].replace(
            "    config = Configurator(settings=settings)\n", "", 1
        )
    found = _rows(tmp_path, {"production.ini": _INI.format(""), **files})["pyramid.debug_all"]
    assert (found.value if found.state != "unknown" else None) == expected


def test_what_is_set_afterwards_switches_nothing_else(tmp_path: Path) -> None:
    code = f"{_AFTER}    config.add_settings({{'debug_all': 'true', 'pyramid.debug_all': 'true'}})\n    return config\n"
    ini = _INI.format("pyramid.debug_templates = true\npyramid.reload_resources = true")
    found = _rows(tmp_path, {"production.ini": ini, "shop/__init__.py": code})
    assert {name: found[f"pyramid.{name}"].value for name in ("debug_all", "debug_notfound", "debug_templates")} == {
        "debug_all": "True", "debug_notfound": "False", "debug_templates": "True",
    }  # fmt: skip
    assert found["pyramid.reload_assets"].value == "True"
