"""Which writes to settings are seen, what is said of them, and what is none."""

import time

import pytest

from hardencheck.collect.contract import Unreadable
from hardencheck.collect.extract import hidden_settings
from hardencheck.collect.extract.hidden_scripts import HiddenSettingsScripts
from hardencheck.collect.extract.hidden_settings import HiddenSettings
from hardencheck.model.facts.hidden import HiddenSetting
from hardencheck.model.gap import Gap, Reason

DJANGO = "django.conf.settings"
IMPORT = "from django.conf import settings\n"


def found(text: str | bytes, path: str = "shop/util.py") -> list[HiddenSetting]:
    data = text if isinstance(text, bytes) else text.encode()
    facts = list(HiddenSettings().extract(path, 0o100644, data))
    assert all(isinstance(fact, HiddenSetting) for fact in facts), facts
    return [fact for fact in facts if isinstance(fact, HiddenSetting)]


def short(text: str, path: str = "shop/util.py") -> list[tuple[str, str, str, int | None]]:
    return [(fact.target, fact.name, fact.how, fact.location.line) for fact in found(text, path)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (IMPORT + "settings.DEBUG = True", (DJANGO, "DEBUG", "assigned", 2)),
        (IMPORT + "settings.DEBUG: bool = True", (DJANGO, "DEBUG", "assigned", 2)),
        (IMPORT + "a, settings.DEBUG = 1, True", (DJANGO, "DEBUG", "assigned", 2)),
        (IMPORT + "[a, *settings.DEBUG] = 1, 2", (DJANGO, "DEBUG", "assigned", 2)),
        (IMPORT + "settings.MIDDLEWARE += ['x']", (DJANGO, "MIDDLEWARE", "changed in place", 2)),
        (IMPORT + "settings.MIDDLEWARE.append('x')", (DJANGO, "MIDDLEWARE", "changed in place", 2)),
        (IMPORT + "settings.MIDDLEWARE.insert(0, 'x')", (DJANGO, "MIDDLEWARE", "changed in place", 2)),
        (IMPORT + "settings.LOGGING['handlers']['x'] = {}", (DJANGO, "LOGGING", "changed in place", 2)),
        (IMPORT + "settings.LOGGING.get('loggers').update(x)", (DJANGO, "LOGGING", "changed in place", 2)),
        (IMPORT + "settings.LOGGING.setdefault('loggers', {})['x'] = 1", (DJANGO, "LOGGING", "changed in place", 2)),
        (IMPORT + "getattr(settings, 'MIDDLEWARE').append(x)", (DJANGO, "MIDDLEWARE", "changed in place", 2)),
        (IMPORT + "del settings.LOGGING['x']", (DJANGO, "LOGGING", "changed in place", 2)),
        (IMPORT + "del settings.DEBUG", (DJANGO, "DEBUG", "deleted", 2)),
        (IMPORT + "delattr(settings, 'DEBUG')", (DJANGO, "DEBUG", "deleted", 2)),
        (IMPORT + "setattr(settings, 'DEBUG', True)", (DJANGO, "DEBUG", "set by setattr", 2)),
        (IMPORT + "settings.__setattr__('DEBUG', True)", (DJANGO, "DEBUG", "set by setattr", 2)),
        (IMPORT + "object.__setattr__(settings, 'DEBUG', True)", (DJANGO, "DEBUG", "set by setattr", 2)),
        (IMPORT + "setattr(settings, 'CSRF_' + part, 1)", (DJANGO, "any", "set by setattr", 2)),
        (IMPORT + "setattr(settings, f'SECURE_{part}', 1)", (DJANGO, "any", "set by setattr", 2)),
        (IMPORT + "setattr(settings, 'SESSION_%s' % part, 1)", (DJANGO, "any", "set by setattr", 2)),
        (IMPORT + "setattr(settings, name, 1)", (DJANGO, "any", "set by setattr", 2)),
        (IMPORT + "vars(settings)['DEBUG'] = 1", (DJANGO, "DEBUG", "assigned", 2)),
        (IMPORT + "vars(settings).update(more)", (DJANGO, "any", "assigned", 2)),
        (IMPORT + "settings.__dict__['DEBUG'] = 1", (DJANGO, "DEBUG", "assigned", 2)),
        (IMPORT + "settings.__dict__.update(DEBUG=1)", (DJANGO, "DEBUG", "assigned", 2)),
        (IMPORT + "settings._wrapped.DEBUG = 1", (DJANGO, "DEBUG", "assigned", 2)),
        (IMPORT + "settings._wrapped = other", (DJANGO, "any", "replaced", 2)),
        (IMPORT + "settings.configure(DEBUG=True, SITE=1)", (DJANGO, "DEBUG", "configured", 2)),
        (IMPORT + "settings.configure(base)", (DJANGO, "any", "configured", 2)),
        ("from django.conf import settings as s\ns.DEBUG = 1", (DJANGO, "DEBUG", "assigned", 2)),
        ("import django.conf\ndjango.conf.settings.DEBUG = 1", (DJANGO, "DEBUG", "assigned", 2)),
        ("from django import conf\nconf.settings.DEBUG = 1", (DJANGO, "DEBUG", "assigned", 2)),
        (IMPORT + "conf = settings\nconf.DEBUG = 1", (DJANGO, "DEBUG", "assigned", 3)),
        (IMPORT + "def f():\n    c = settings\n    c.DEBUG = 1", (DJANGO, "DEBUG", "assigned", 4)),
        (
            IMPORT + "class A:\n    def __init__(self):\n        self.conf = settings\n    def f(self):\n"
            "        self.conf.DEBUG = 1",
            (DJANGO, "DEBUG", "assigned", 6),
        ),
        ("def f():\n    from django.conf import settings\n    settings.DEBUG = 1", (DJANGO, "DEBUG", "assigned", 3)),
        (IMPORT + "def f(settings):\n    settings.DEBUG = 1", ("the parameter settings", "DEBUG", "assigned", 3)),
        (IMPORT + "settings.CAS_CREATE_USER = True", (DJANGO, "CAS_CREATE_USER", "assigned", 2)),
        ("from shop import settings\nsettings.DEBUG = 1", ("shop.settings", "DEBUG", "assigned", 2)),
        ("import shop.settings as s\ns.DEBUG = 1", ("shop.settings", "DEBUG", "assigned", 2)),
        ("from shop.settings import base\nbase.DEBUG = 1", ("shop.settings.base", "DEBUG", "assigned", 2)),
        ("from . import settings\nsettings.DEBUG = 1", (".settings", "DEBUG", "assigned", 2)),
        ("from .core import settings\nsettings.debug = True", (".core.settings", "DEBUG", "assigned", 2)),
        (
            "from shop.settings import MIDDLEWARE\nMIDDLEWARE.append('x')",
            ("shop.settings", "MIDDLEWARE", "changed in place", 2),
        ),
        (
            "from shop.settings import MIDDLEWARE\nMIDDLEWARE += ['x']",
            ("shop.settings", "MIDDLEWARE", "changed in place", 2),
        ),
        ("import sys\nsys.modules['shop.settings'].DEBUG = 1", ("shop.settings", "DEBUG", "assigned", 2)),
        (
            IMPORT + "import sys\nsys.modules[settings.SETTINGS_MODULE].DEBUG = 1",
            ("the settings module", "DEBUG", "assigned", 3),
        ),
        (
            "import importlib, os\nm = importlib.import_module(os.environ['DJANGO_SETTINGS_MODULE'])\n"
            "m.settings = 1\nm.DEBUG = 1",
            ("the settings module", "DEBUG", "assigned", 4),
        ),
        (
            "import os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'shop.other'",
            ("os.environ", "DJANGO_SETTINGS_MODULE", "assigned", 2),
        ),
        (
            "import os\nos.environ.update({'DJANGO_SETTINGS_MODULE': 'shop.other'})",
            ("os.environ", "DJANGO_SETTINGS_MODULE", "assigned", 2),
        ),
        (
            "import os\nos.putenv('DJANGO_SETTINGS_MODULE', 'shop.other')",
            ("os.environ", "DJANGO_SETTINGS_MODULE", "assigned", 2),
        ),
        (
            "from flask import current_app\ndef f():\n    current_app.config['DEBUG'] = 1",
            ("flask.current_app.config", "DEBUG", "assigned", 3),
        ),
        (
            "from flask import current_app as a\ndef f():\n    a.config.update(SESSION_COOKIE_SECURE=False, X=1)",
            ("flask.current_app.config", "SESSION_COOKIE_SECURE", "assigned", 3),
        ),
        (
            "from flask import current_app\ndef f():\n    current_app._get_current_object().config.from_object(x)",
            ("flask.current_app.config", "any", "assigned", 3),
        ),
        (
            "from flask import current_app\ndef f():\n    current_app.debug = True",
            ("flask.current_app", "DEBUG", "assigned", 3),
        ),
        (
            "from shop import app\n@app.route('/')\ndef f():\n    app.config['DEBUG'] = 1",
            ("shop.app.config", "DEBUG", "assigned", 4),
        ),
        (
            "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\ndef f():\n    app.debug = True",
            ("app", "DEBUG", "assigned", 5),
        ),
        (
            "@router.get('/')\ndef f(request):\n    request.app.debug = True",
            ("request.app", "DEBUG", "assigned", 3),
        ),
    ],
)
def test_a_write_is_seen(text: str, expected: tuple[str, str, str, int]) -> None:
    assert short(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        IMPORT + "settings.PAGE_SIZE = 10",  # nothing of security
        IMPORT + "setattr(settings, 'SHOP_' + part, 1)",
        IMPORT + "print(settings.DEBUG)",
        IMPORT + "x = settings.MIDDLEWARE + ['x']",
        IMPORT + "x = list(settings.MIDDLEWARE)\nx.append('y')",
        IMPORT + "x = settings.MIDDLEWARE.copy()\nx.append('y')",
        IMPORT + "settings.LOGGING.copy().update(x)",
        "def f(settings):\n    settings.DEBUG = 1",  # nothing says that it is Django's
        IMPORT + "def f(settings):\n    settings = load()\n    settings.DEBUG = 1",
        IMPORT + "def f():\n    settings = load()\n    settings.DEBUG = 1",
        IMPORT + "def f():\n    conf = settings\ndef g(conf):\n    conf.DEBUG = 1",
        IMPORT + "for settings in many():\n    pass\nDEBUG = settings.DEBUG",
        "settings.DEBUG = 1",  # nothing says what it is
        "from scrapy import settings\nsettings.DEBUG = 1",
        "from shop.settings import DEBUG\nDEBUG = True",  # a name of this file
        "from shop.models import Level\nLevel.DEBUG = 1  # no settings",
        "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')",
        "import os, django\nos.environ['DJANGO_SETTINGS_MODULE'] = 'shop.settings'\ndjango.setup()",
        "import os\nif __name__ == '__main__':\n    os.environ['DJANGO_SETTINGS_MODULE'] = 'shop.settings'",
        IMPORT + "if not settings.configured:\n    settings.configure(DEBUG=True)",
        IMPORT + "if __name__ == '__main__':\n    settings.configure(DEBUG=True)",
        IMPORT + "import django\nsettings.configure(DEBUG=True)\ndjango.setup()",
        IMPORT + "settings.configure(PAGE_SIZE=1)",
        IMPORT + "class Proxy:\n    def __setattr__(self, name, value):\n        setattr(settings, name, value)",
        "from flask import current_app\nclass Table:\n    def clear(self):\n        current_app.config.clear()\n"
        "    def __setitem__(self, name, value):\n        current_app.config[name] = value",
        "def make(app):\n    app.config['DEBUG'] = True",
        "from flask import Flask\napp = Flask(__name__)\napp.config['DEBUG'] = True\napp.debug = True",
        "from flask import current_app\ndef f():\n    current_app.config['TITLE'] = 'x'",
        "from flask import current_app\ndef f():\n    current_app.config.setdefault('SESSION_COOKIE_SECURE', True)",
        "@bp.route('/')\ndef f(app):\n    app.config['DEBUG'] = 1",
    ],
)
def test_no_write(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("shop/settings.py", None),
        ("shop/settings/production.py", None),
        ("shop/local_settings.py", None),
        ("shop/settings/settings.dist.py", None),
        ("shop/tests/test_a.py", None),
        ("conftest.py", None),
        ("runtests.py", None),
        ("docs/conf.py", None),
        ("shop/migrations/0001_initial.py", None),
        ("shop/util.py", "production"),
        ("shop/dev/util.py", "development"),
    ],
)
def test_what_a_file_is_for(path: str, role: str | None) -> None:
    assert [fact.role for fact in found(IMPORT + "settings.DEBUG = True", path)] == ([role] if role else [])


@pytest.mark.parametrize(
    "text",
    [
        "import pytest\n" + IMPORT + "settings.DEBUG = True",
        IMPORT + "class T(TestCase):\n    def setUp(self):\n        settings.DEBUG = True",
        IMPORT + "def test_x():\n    settings.DEBUG = True",
    ],
)
def test_tests_outside_of_the_usual_places(text: str) -> None:
    assert [fact.role for fact in found(text)] == ["test"]


def test_a_branch_for_developers_is_not_production() -> None:
    [fact] = found(IMPORT + "if settings.DEBUG:\n    settings.INTERNAL_IPS += ['x']")
    assert (fact.role, fact.conditional) == ("development", True)


@pytest.mark.parametrize(
    ("path", "text", "place", "scope", "local"),
    [
        ("shop/util.py", "settings.DEBUG = 1", "module", "", False),
        ("shop/util.py", "def f():\n    settings.DEBUG = 1", "function", "f", False),
        ("shop/util.py", "def f(request):\n    settings.DEBUG = 1", "view", "f", False),
        ("shop/views.py", "def f(request):\n    settings.DEBUG = 1", "view", "f", False),
        ("shop/views.py", "class V(View):\n    def get(self):\n        settings.DEBUG = 1", "view", "V.get", False),
        (
            "shop/apps.py",
            "class A(AppConfig):\n    def ready(self):\n        settings.DEBUG = 1",
            "ready",
            "A.ready",
            False,
        ),
        ("shop/middleware.py", "class M:\n    def f(self):\n        settings.DEBUG = 1", "middleware", "M.f", False),
        ("shop/signals.py", "def f():\n    settings.DEBUG = 1", "signal", "f", False),
        ("shop/a.py", "@receiver(done)\ndef f():\n    settings.DEBUG = 1", "signal", "f", False),
        ("shop/a.py", "@shared_task\ndef f():\n    settings.DEBUG = 1", "task", "f", False),
        ("shop/a.py", "@celery.task(bind=True)\ndef f(self):\n    settings.DEBUG = 1", "task", "f", False),
        ("shop/templatetags/x.py", "def f():\n    settings.DEBUG = 1", "template tag", "f", False),
        (
            "shop/management/commands/x.py",
            "class Command(BaseCommand):\n    def handle(self):\n        settings.DEBUG = 1",
            "command",
            "Command.handle",
            True,
        ),
        ("shop/a.py", "@app.cli.command()\ndef f():\n    settings.DEBUG = 1", "command", "f", True),
        ("scripts/a.py", "settings.DEBUG = 1", "script", "", True),
        ("shop/a.py", "if __name__ == '__main__':\n    settings.DEBUG = 1", "script", "", True),
        ("manage.py", "settings.DEBUG = 1", "script", "", True),
    ],
)
def test_places(path: str, text: str, place: str, scope: str, local: bool) -> None:
    [fact] = found(IMPORT + text, path)
    assert (fact.place, fact.scope, fact.local) == (place, scope, local)


@pytest.mark.parametrize(
    ("text", "restored"),
    [
        ("def f():\n o = settings.DEBUG\n settings.DEBUG = 1\n try:\n  g()\n finally:\n  settings.DEBUG = o", True),
        ("def f():\n settings.DEBUG = 1\n try:\n  g()\n finally:\n  del settings.DEBUG", True),
        ("def f():\n try:\n  settings.MIDDLEWARE.append(x)\n finally:\n  settings.MIDDLEWARE.remove(x)", True),
        ("def f():\n try:\n  setattr(settings, k, 1)\n finally:\n  setattr(settings, k, o)", True),
        # An exception in between leaves it changed.
        ("def f():\n o = settings.DEBUG\n settings.DEBUG = 1\n g()\n settings.DEBUG = o", False),
        ("def f():\n settings.DEBUG = 1\n try:\n  g()\n finally:\n  settings.ALLOWED_HOSTS = o", False),
        ("def f():\n settings.DEBUG = 1\ndef g():\n try:\n  h()\n finally:\n  settings.DEBUG = o", False),
        (
            "class C:\n def __enter__(self):\n  self.o = settings.DEBUG\n  settings.DEBUG = 1\n"
            " def __exit__(self, *e):\n  settings.DEBUG = self.o",
            True,
        ),
        (
            "@contextmanager\ndef f():\n settings.DEBUG = 1\n try:\n  yield\n finally:\n  settings.DEBUG = 0",
            True,
        ),
        ("from django.test import override_settings\ndef f():\n with override_settings(DEBUG=1):\n  g()", True),
        ("from django.test.utils import override_settings\n@override_settings(DEBUG=1)\ndef f():\n g()", True),
    ],
)
def test_put_back(text: str, restored: bool) -> None:
    facts = [fact for fact in found(IMPORT + text) if fact.name != "ALLOWED_HOSTS"]
    assert facts[0].restored is restored
    assert all(fact.local is restored for fact in facts[:1])


def test_no_secret_is_shown() -> None:
    password = "".join(("hunter", "2", "hunter", "2"))
    [key, pages] = found(
        IMPORT + f"settings.SECRET_KEY = '{password}'\nsettings.REST_FRAMEWORK = {{'x': ['{password}']}}\n"
    )
    assert key.value == ""
    assert password not in pages.describe()
    assert pages.describe() == (
        "REST_FRAMEWORK of django.conf.settings is assigned to {'…': ['…']}, when a module is imported"
    )


def test_what_cannot_be_read_is_a_gap() -> None:
    [gap] = HiddenSettings().extract("shop/a.py", 0o100644, (IMPORT + "settings.DEBUG = (").encode())
    assert isinstance(gap, Gap)
    assert (gap.reason, gap.about) == (Reason.PYTHON_SYNTAX, {"role": "production"})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"settings",
        b"\xff\xfe settings.DEBUG",
        b"# settings\n" + b".AAA[" * 20_000,
        b"# settings\n" + b".AAA[" + b"]" * 100_000,
        b"# settings\n" + b"getattr(" * 20_000,
        b"# settings\n." + b"A" * 200_000,
    ],
)
def test_the_look_at_bytes_is_quick(data: bytes) -> None:
    begun = time.process_time()
    hidden_settings.mentions(data)
    assert time.process_time() - begun < 2


def test_deep_code_is_no_crash() -> None:
    deep = IMPORT + "settings.LOGGING" + "['a']" * 80 + " = 1\n"
    chain = IMPORT + "if a:\n    pass\n" + "elif a:\n    settings.DEBUG = 1\n" * 300
    assert found(deep) == []  # deeper than anybody writes
    assert len(found(chain)) == 300


def test_most_facts_of_one_file() -> None:
    assert len(found(IMPORT + "settings.DEBUG = 1\n" * 2000)) == hidden_settings.MAX_FACTS


def scripted(path: str, text: str) -> list[tuple[str, str, str, int | None]]:
    extractor = HiddenSettingsScripts()
    assert extractor.wants(path, 0o100644, len(text))
    facts = list(extractor.extract(path, 0o100644, text.encode()))
    return [
        (fact.name, fact.target, fact.role, fact.location.line) for fact in facts if isinstance(fact, HiddenSetting)
    ]


@pytest.mark.parametrize(
    ("command", "name", "target"),
    [
        ("sed -i 's/DEBUG = True/DEBUG = False/' app/settings.py", "DEBUG", "app/settings.py"),
        ('sed -i.bak -e "/^ALLOWED_HOSTS/d" app/settings.py', "ALLOWED_HOSTS", "app/settings.py"),
        ("sudo sed -Ei 's/DEBUG/X/' settings/base.py", "DEBUG", "settings/base.py"),
        ("test -f x && sed --in-place 's/DEBUG/X/' local_settings.py", "DEBUG", "local_settings.py"),
        ("perl -pi -e 's/DEBUG = True//' settings.py", "DEBUG", "settings.py"),
        ('echo "DEBUG=True" >> settings.py', "DEBUG", "settings.py"),
        ('echo "DEBUG=True">>settings.py', "DEBUG", "settings.py"),
        ("printf 'DEBUG = %s\\n' True >$HOME/app/settings.py", "DEBUG", "$HOME/app/settings.py"),
        ("echo 'DEBUG = True' | tee -a settings.py", "DEBUG", "settings.py"),
        ("cat > settings.py <<EOF\nimport os\nDEBUG = True\nEOF", "DEBUG", "settings.py"),
        ("cat <<-'EOF' >> \"settings.py\"\n\tDEBUG = True\n\tEOF", "DEBUG", "settings.py"),
        ("python -c \"open('app/settings.py', 'a').write('DEBUG = True')\"", "DEBUG", "app/settings.py"),
        ("sh -c 'echo DEBUG=1 >> settings.py'", "DEBUG", "settings.py"),
        ("echo '\nDEBUG = True\n' >> settings.py", "DEBUG", "settings.py"),
        ("echo x \\\n  && sed -i s/DEBUG/X/ settings.py", "DEBUG", "settings.py"),
    ],
)
def test_commands(command: str, name: str, target: str) -> None:
    expected = [(name, target, "production", 3)]
    assert scripted("entrypoint.sh", f"#!/bin/sh\n# don't\n{command}\necho 'end'\n") == expected


@pytest.mark.parametrize(
    "command",
    [
        "sed -n '/DEBUG/p' settings.py",
        "grep DEBUG settings.py > out.txt",
        "sed -i 's/TITLE/Shop/' settings.py",
        "sed -i 's/DEBUG/x/' main.py",
        "cp settings.py.in settings.py",
        'echo "DEBUG in settings.py"',
        "# sed -i 's/DEBUG/x/' settings.py",
        "echo $((1 << DEBUG)) settings.py",
        'sed -i "s/x/${DEBUG}/" settings.py',
    ],
)
def test_no_command(command: str) -> None:
    assert scripted("entrypoint.sh", f"{command}\n") == []


def test_dockerfile() -> None:
    text = (
        "FROM python:3.13\nRUN pip install x && \\\n    sed -i s/DEBUG/X/ /app/settings.py\n"
        "RUN <<EOF\necho x\necho DEBUG=1 >> settings.py\nEOF\n"
        "RUN cat <<EOF > local_settings.py\nALLOWED_HOSTS = []\nEOF\n"
        "COPY <<EOF /app/settings.py\nDEBUG = True\nEOF\n"
    )
    assert scripted("Dockerfile", text) == [
        ("DEBUG", "/app/settings.py", "production", 2),
        ("DEBUG", "settings.py", "production", 6),
        ("ALLOWED_HOSTS", "local_settings.py", "production", 8),
        ("DEBUG", "/app/settings.py", "production", 11),
    ]
    assert {role for _, _, role, _ in scripted("Dockerfile.dev", text)} == {"development"}


def test_makefile() -> None:
    text = (
        "deploy:\n\t@echo x\n\t@sed -i 's/DEBUG/X$$/' settings.py\n\ntest-ci: deploy\n\tsed -i s/DEBUG/X/ settings.py\n"
    )
    assert scripted("Makefile", text) == [
        ("DEBUG", "settings.py", "production", 3),
        ("DEBUG", "settings.py", "development", 6),
    ]


def test_workflows() -> None:
    job = "    steps:\n      - run: |\n          echo x\n          echo DEBUG=1 >> settings.py\n"
    text = f"name: all\njobs:\n  deploy:\n{job}  unit:\n{job}"
    assert scripted(".github/workflows/all.yml", text) == [
        ("DEBUG", "settings.py", "production", 7),
        ("DEBUG", "settings.py", "test", 12),
    ]
    gitlab = "rollout:\n  stage: deploy\n  script:\n    - echo DEBUG=1 >> settings.py\n"
    assert scripted(".gitlab-ci.yml", gitlab) == [("DEBUG", "settings.py", "production", 4)]


def test_playbook() -> None:
    text = (
        '- hosts: web\n  tasks:\n    - name: x\n      lineinfile:\n        path: "{{ root }}/settings.py"\n'
        "        line: DEBUG = False\n    - ansible.builtin.shell: sed -i s/ALLOWED_HOSTS/X/ settings.py\n"
        "    - lineinfile: {path: other.txt, line: DEBUG}\n"
    )
    assert sorted(scripted("playbook.yml", text)) == [
        ("ALLOWED_HOSTS", "settings.py", "production", 7),
        ("DEBUG", "{{ root }}/settings.py", "production", 4),
    ]


def test_bad_scripts() -> None:
    assert scripted("a.sh", "settings.py '" * 5000) == []
    assert scripted("a.sh", "echo '\n" * 5000 + "settings.py") == []
    assert scripted("a.sh", "cat <<A settings.py\n" * 40_000) == []
    assert scripted("a.sh", "settings'\n" * 50_001) == []
    assert scripted("playbook.yml", "settings: [") == []
    with pytest.raises(Unreadable):
        list(HiddenSettingsScripts().extract("a.sh", 0o100644, b"settings.py" * 200_000))
