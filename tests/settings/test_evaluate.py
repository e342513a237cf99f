"""What a settings module is taken to say: in order, last writer wins, and unknown rather than wrong."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from hardencheck.collect.extract._security_names import KNOWN
from hardencheck.collect.extract.deployment_names import PackageRequirements, SettingsModuleNames
from hardencheck.collect.extract.python_settings import STRONG
from hardencheck.collect.options import Options
from hardencheck.collect.run import collect
from hardencheck.model.facts import Fact
from hardencheck.model.facts.settings import (
    DjangoMiddleware,
    FrameworkSetting,
    PackageRequirement,
    ProductionDefault,
    SettingsModuleName,
)
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.target import Target


def facts_of(root: Path, files: Mapping[str, str | bytes], profile: str | None = None) -> FactSet:
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return collect(Target(repository=str(root), profile=profile), Options(jobs=0)).facts


def value(facts: FactSet, name: str) -> object:
    """The value of a setting with its line, all it may be, or the reason why it is not known."""
    found: list[Fact | Gap] = [
        fact for fact in facts.of("framework.setting") if isinstance(fact, FrameworkSetting) and fact.name == name
    ]
    found += [gap for gap in facts.gaps if "framework.setting" in gap.kinds and gap.about.get("name") == name]
    (only,) = found
    if isinstance(only, FrameworkSetting):
        if only.others:
            return (sorted(map(repr, (only.value, *only.others))), only.location.line)
        return (only.value, only.location.line)
    assert isinstance(only, Gap)
    return (only.reason, only.location.line)


DYNAMIC, NOT_LITERAL = Reason.DYNAMIC, Reason.NOT_LITERAL


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DEBUG = True", (True, 2)),
        ("DEBUG: bool = True", (True, 2)),
        ("A = DEBUG = True", (True, 2)),
        ("DEBUG = True\nDEBUG = False", (False, 3)),
        ("DEBUG = not True", (False, 2)),
        ("DEBUG = True if X else False", (["False", "True"], 2)),
        ("import os\nDEBUG = bool(os.getenv('D'))", (False, 3)),
        ("DEBUG = True\ndel DEBUG", (False, None)),
        ("if False:\n    DEBUG = True", (False, None)),
        ("if x():\n    DEBUG = True", (["False", "True"], 3)),
        ("DEBUG = True\nif x():\n    DEBUG = True", (True, 4)),
        ("if x():\n    DEBUG = True\nelse:\n    DEBUG = False", (["False", "True"], 5)),
        ("if x():\n    DEBUG = True\nDEBUG = False", (False, 4)),
        ("for i in range(3):\n    DEBUG = True", (True, 3)),
        ("for DEBUG in (True, False):\n    pass", (False, 2)),
        ("while x():\n    DEBUG = True", (NOT_LITERAL, 3)),
        ("with open('f') as DEBUG:\n    pass", (NOT_LITERAL, 2)),
        ("DEBUG, X = True, 1", (True, 2)),
        ("match x:\n    case 1:\n        DEBUG = True", (["False", "True"], 4)),
        ("(DEBUG := True)", (True, 2)),
        ("DEBUG = False\nDEBUG |= True", (True, 3)),
        ("DEBUG = False\nvars().update(x)", (DYNAMIC, 3)),
        ("DEBUG = False\nglobals()['DEBUG'] = True", (True, 3)),
        ("DEBUG = False\nglobals()[key] = True", (DYNAMIC, 3)),
        ("DEBUG = False\nglobals()['OTHER'] = True", (False, 2)),
        ("DEBUG = False\nx = globals().get('DEBUG')", (False, 2)),
        ("for k in d:\n    if k.startswith('SOCIAL_'):\n        globals()[k] = 1\nDEBUG = False", (False, 5)),
        ("DEBUG = False\nfor k in d:\n    if k.startswith('DEB'):\n        globals()[k] = 1", (NOT_LITERAL, 3)),
        ("DEBUG = False\nexec(open('x').read())", (DYNAMIC, 3)),
        ("DEBUG = False\nimport django_heroku\ndjango_heroku.settings(locals())", (DYNAMIC, 4)),
        ("import sys\nDEBUG = False\nsetattr(sys.modules[__name__], name, True)", (DYNAMIC, 4)),
        ("DEBUG = False\nfrom elsewhere import *", (DYNAMIC, 3)),
        ("from elsewhere import *\nDEBUG = False", (False, 3)),
        ("DEBUG = False\nfrom elsewhere import DEBUG", (DYNAMIC, 3)),
        ("DEBUG = False\ndef f():\n    global DEBUG\n    DEBUG = True\nf()", (True, 5)),
        # The function is called after the last assignment: the assignment does not have the last word.
        ("def f():\n    global DEBUG\n    DEBUG = True\nDEBUG = False\nf()", (True, 4)),
        ("def f():\n    DEBUG = True\nDEBUG = False", (False, 4)),
        ("try:\n    DEBUG = True\nexcept Exception:\n    DEBUG = False", (True, 3)),
        ("try:\n    from .local_settings import *\nexcept ImportError:\n    pass\nDEBUG = False", (False, 6)),
        ("DEBUG = False\ntry:\n    from .local_settings import *\nexcept ImportError:\n    DEBUG = True", (True, 6)),
        ("DEBUG = False\nfrom .local_settings import *", (DYNAMIC, 3)),
        ("import os\nDEBUG = False\nif os.path.exists('l'):\n    from .local_settings import *", (False, 3)),
        ("SECURE_SSL_REDIRECT = False\nDEBUG = not SECURE_SSL_REDIRECT", (True, 3)),
    ],
)  # fmt: skip
def test_debug(tmp_path: Path, text: str, expected: object) -> None:
    facts = facts_of(tmp_path, {"shop/settings.py": f"ROOT_URLCONF = 'shop.urls'\n{text}\n"})
    assert value(facts, "DEBUG") == expected


def test_what_is_nested_too_deeply_may_be_anything(tmp_path: Path) -> None:
    deep = "".join(" " * n + "if x():\n" for n in range(60)) + " " * 60 + "DEBUG = True\n"
    facts = facts_of(tmp_path, {"shop/settings.py": f"ROOT_URLCONF = 'shop.urls'\nDEBUG = False\n{deep}"})
    assert value(facts, "DEBUG") == (["False", "True"], 2)


def test_a_condition_on_a_literal_is_decided_as_of_its_line(tmp_path: Path) -> None:
    text = "DEBUG = True\nif not DEBUG:\n    SECURE_SSL_REDIRECT = True\nDEBUG = False\nROOT_URLCONF = 'x'\n"
    facts = facts_of(tmp_path, {"shop/settings.py": text})
    assert value(facts, "SECURE_SSL_REDIRECT") == (False, None)
    assert value(facts, "DEBUG") == (False, 4)


def test_star_imports_are_followed_in_order(tmp_path: Path) -> None:
    facts = facts_of(
        tmp_path,
        {
            "conf/settings/base.py": "DEBUG = True\nUSE_X_FORWARDED_HOST = True\nfrom .more import *\n",
            "conf/settings/more.py": "DEBUG_PROPAGATE_EXCEPTIONS = True\n",
            "conf/settings/production.py": "from conf.settings.base import *\n\nDEBUG = False\n",
            "conf/wsgi.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "conf.settings.production")\n',
        },
    )
    shown = {
        fact.name: (fact.value, str(fact.location), fact.application)
        for fact in facts.of("framework.setting")
        if isinstance(fact, FrameworkSetting) and fact.source == "literal"
    }
    name = "conf.settings.production"
    assert shown == {
        "DEBUG": (False, "conf/settings/production.py:3", name),
        "USE_X_FORWARDED_HOST": (True, "conf/settings/base.py:2", name),
        "DEBUG_PROPAGATE_EXCEPTIONS": (True, "conf/settings/more.py:1", name),
    }


def test_an_import_cycle_ends(tmp_path: Path) -> None:
    files = {
        "shop/settings.py": "ROOT_URLCONF = 'x'\nDEBUG = False\nfrom .other import *\n",
        "shop/other.py": "from .settings import *\n",
    }
    assert value(facts_of(tmp_path, files), "DEBUG")[0] is False  # type: ignore[index]


@pytest.mark.parametrize(
    "broken",
    [b"DEBUG = False\nROOT_URLCONF = (\n", b"DEBUG = '\xff'\n", b"DEBUG = False\nprint DEBUG\n"],
)
def test_a_module_that_cannot_be_read_leaves_all_unknown(tmp_path: Path, broken: bytes) -> None:
    files: dict[str, str | bytes] = {
        "shop/settings.py": broken,
        "manage.py": "x = ('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
    }
    found = value(facts_of(tmp_path, files), "DEBUG")
    assert isinstance(found, tuple) and found[0] is Reason.PYTHON_SYNTAX


def test_exception_lists_without_parentheses_are_read(tmp_path: Path) -> None:
    text = "try:\n    import x\nexcept A, B:  # PEP 758\n    pass\nROOT_URLCONF = 'x'\nDEBUG = True\n"
    facts = facts_of(tmp_path, {"shop/settings.py": text})
    assert value(facts, "DEBUG") == (True, 6)
    assert not any(gap.reason is Reason.PYTHON_SYNTAX for gap in facts.gaps)


BASE = """
from .loader import Settings

class Base(Settings):
    DEBUG = True
    INSTALLED_APPS = ["x"]
    ALLOWED_HOSTS = ["a.example"]

    @property
    def CSRF_TRUSTED_ORIGINS(self):
        "Where forms may come from."
        return ["https://a.example"]

    @property
    def MIDDLEWARE(self):
        found = ["django.middleware.csrf.CsrfViewMiddleware"]
        if self.TOOLBAR:
            found.insert(0, "debug_toolbar.middleware.DebugToolbarMiddleware")
        return found

    @property
    def SESSION_COOKIE_NAME(self):
        return self.PREFIX + "sessionid"
"""
LOADER = """
import inspect
import sys

class Settings:
    @classmethod
    def load(cls, name):
        self = cls()
        for member, value in inspect.getmembers(self):
            if member.isupper():
                setattr(sys.modules[name], member, value)

    @classmethod
    def into(cls, names):
        for name in dir(cls):
            if name.isupper() and not name.startswith("_"):
                names[name] = getattr(cls(), name)

    @classmethod
    def over(cls, module):
        for base in reversed(cls.__mro__):
            for name, value in vars(base).items():
                if name.isupper():
                    setattr(module, name, value.fget(cls()) if isinstance(value, property) else value)
"""


@pytest.mark.parametrize("loaded", ["Live.load(__name__)", "Live.into(globals())"])
def test_settings_in_classes_are_those_of_the_module_that_loads_them(tmp_path: Path, loaded: str) -> None:
    files = {
        "shop/base.py": BASE,
        "shop/loader.py": LOADER,
        "shop/live.py": f"import sys\nfrom .base import Base\nclass Live(Base):\n    DEBUG = False\n{loaded}\n",
        "manage.py": "x = ('DJANGO_SETTINGS_MODULE', 'shop.live')\n",
    }
    facts = facts_of(tmp_path, files)
    assert value(facts, "DEBUG") == (False, 4)
    assert value(facts, "ALLOWED_HOSTS") == (("a.example",), 7)
    assert value(facts, "CSRF_TRUSTED_ORIGINS") == (("https://a.example",), 10)
    assert value(facts, "SESSION_COOKIE_NAME") == (NOT_LITERAL, 22)
    present = {fact.name: fact.present for fact in facts.of("django.middleware") if isinstance(fact, DjangoMiddleware)}
    assert (present["csrf"], present["security"]) == (True, False)


@pytest.mark.parametrize(
    "live",
    [
        # Which class is used is said elsewhere (django-configurations), or nowhere.
        "from .base import Base\nclass Live(Base):\n    DEBUG = False\n",
        "from elsewhere import Base\nclass Live(Base):\n    INSTALLED_APPS = []\n    DEBUG = False\n",
        "from elsewhere import Live\nDEBUG = False\nLive.load(__name__)\n",
        "from elsewhere import Base\nclass Live(Base):\n    DEBUG = False\nLive.load(__name__)\n",
    ],
)
def test_settings_in_classes_that_cannot_be_followed_are_unknown(tmp_path: Path, live: str) -> None:
    files = {
        "shop/base.py": BASE,
        "shop/loader.py": LOADER,
        "shop/live.py": live,
        "manage.py": "x = ('DJANGO_SETTINGS_MODULE', 'shop.live')\n",
    }
    facts = facts_of(tmp_path, files)
    assert value(facts, "DEBUG")[0] is DYNAMIC  # type: ignore[index]
    assert value(facts, "SECURE_HSTS_SECONDS")[0] is DYNAMIC  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # DEBUG off and no test run is what production is; DEBUG itself has a line of its own.
        ("DEBUG = x()\nif DEBUG:\n    ALLOWED_HOSTS = ['*']", ((), None)),
        ("DEBUG = x()\nif not DEBUG:\n    ALLOWED_HOSTS = ['a']", (("a",), 4)),
        ("DEBUG = True\nif DEBUG:\n    ALLOWED_HOSTS = ['*']", (("*",), 4)),
        ("if DEV and not TEST:\n    ALLOWED_HOSTS = ['*']", ((), None)),
        ("if IS_DEV or RUNNING_TESTS:\n    ALLOWED_HOSTS = ['*']", ((), None)),
        ("import sys\nif 'test' in sys.argv:\n    ALLOWED_HOSTS = ['*']", ((), None)),
        ("import sys\nif 'pytest' in sys.modules:\n    ALLOWED_HOSTS = ['*']", ((), None)),
        ("DEV = True\nif DEV:\n    ALLOWED_HOSTS = ['*']", (("*",), 4)),
        ("if DEV or x():\n    ALLOWED_HOSTS = ['*']", (["('*',)", "()"], 3)),
        ("if DEVICES:\n    ALLOWED_HOSTS = ['*']", (["('*',)", "()"], 3)),
        ("import sys\nif 'migrate' in sys.argv:\n    ALLOWED_HOSTS = ['*']", ((), None)),
    ],
)
def test_a_branch_for_development_or_tests_is_not_production(tmp_path: Path, text: str, expected: object) -> None:
    facts = facts_of(tmp_path, {"shop/settings.py": f"ROOT_URLCONF = 'x'\n{text}\n"})
    assert value(facts, "ALLOWED_HOSTS") == expected


@pytest.mark.parametrize(
    ("call", "security", "csrf"),
    [
        ("append('some.Other')", True, False),
        ("append('django.middleware.csrf.CsrfViewMiddleware')", True, None),
        ("insert(0, other)", True, None),
        ("remove('django.middleware.security.SecurityMiddleware')", None, False),
    ],
)
def test_a_function_may_add_to_a_list(tmp_path: Path, call: str, security: bool | None, csrf: bool | None) -> None:
    text = f"""
ROOT_URLCONF = 'x'
MIDDLEWARE = ['django.middleware.security.SecurityMiddleware']
def more():
    global MIDDLEWARE
    if x():
        MIDDLEWARE.{call}
more()
"""
    facts = facts_of(tmp_path, {"shop/settings.py": text})
    present: dict[str, bool | None] = {
        fact.name: fact.present for fact in facts.of("django.middleware") if isinstance(fact, DjangoMiddleware)
    }
    assert (present.get("security"), present.get("csrf")) == (security, csrf)


@pytest.mark.parametrize("written", ["getattr(conf, key.name)", "getattr(conf, other)", "1"])
def test_a_loop_over_what_is_not_known_may_write_any_setting(tmp_path: Path, written: str) -> None:
    text = f"""
ROOT_URLCONF = 'x'
DEBUG = False
for key in PARAMS:
    if hasattr(conf, key.name):
        globals()[key.name] = {written}
"""
    facts = facts_of(tmp_path, {"shop/settings.py": text[1:]})
    assert value(facts, "DEBUG") == (NOT_LITERAL, 3)
    assert value(facts, "SECURE_HSTS_SECONDS") == (NOT_LITERAL, 3)


def test_a_star_import_that_cannot_be_read_leaves_all_unknown(tmp_path: Path) -> None:
    files = {
        "shop/settings.py": "ROOT_URLCONF = 'x'\nDEBUG = False\nfrom .bad import *\n",
        "shop/bad.py": "DEBUG = (\n",
    }
    found = value(facts_of(tmp_path, files), "DEBUG")
    assert isinstance(found, tuple) and found[0] is Reason.PYTHON_SYNTAX


def test_the_profile_is_what_the_user_says(tmp_path: Path) -> None:
    files = {
        "shop/settings.py": "ROOT_URLCONF = 'x'\nDEBUG = True\n",
        "shop/live.py": "from .settings import *\nDEBUG = False\n",
        "manage.py": "x = ('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
    }
    assert value(facts_of(tmp_path, files), "DEBUG") == (True, 2)
    assert value(facts_of(tmp_path, files, profile="shop.live"), "DEBUG") == (False, 2)
    facts = facts_of(tmp_path, files, profile="shop.nowhere")
    assert not facts.of("framework.setting")
    assert "shop.nowhere is not in the repository" in " ".join(gap.detail for gap in facts.gaps)


def test_a_settings_module_that_is_named_and_not_there_is_a_gap(tmp_path: Path) -> None:
    files = {"manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'}
    facts = facts_of(tmp_path, files)
    assert [gap.detail for gap in facts.gaps if "framework.setting" in gap.kinds] == [
        "manage.py names the settings module shop.settings, which is not in the repository"
    ]


def test_production_is_preferred_to_what_developers_use(tmp_path: Path) -> None:
    files = {
        "conf/settings/local.py": "from .base import *\nDEBUG = True\n",
        "conf/settings/base.py": "ROOT_URLCONF = 'x'\n",
        "conf/settings/production.py": "from .base import *\nDEBUG = False\n",
        "manage.py": "x = ('DJANGO_SETTINGS_MODULE', 'conf.settings.local')\n",
    }
    assert value(facts_of(tmp_path, files), "DEBUG") == (False, 2)


def middleware(facts: FactSet) -> dict[str, bool | None]:
    found: dict[str, bool | None] = {}
    for fact in facts.of("django.middleware"):
        if isinstance(fact, DjangoMiddleware):
            found[fact.name] = fact.present
    for gap in facts.gaps:
        if "django.middleware" in gap.kinds:
            found[str(gap.about["name"])] = None
    return {name: found[name] for name in ("security", "csrf")}


SEC = "'django.middleware.security.SecurityMiddleware'"
CSRF = "'django.middleware.csrf.CsrfViewMiddleware'"


@pytest.mark.parametrize(
    ("text", "security", "csrf"),
    [
        (f"MIDDLEWARE = [{SEC}]", True, False),
        (f"MIDDLEWARE = ({SEC},) + ({CSRF},)", True, True),
        (f"MIDDLEWARE = [{SEC}]\nMIDDLEWARE += [{CSRF}]", True, True),
        (f"MIDDLEWARE = [{SEC}]\nMIDDLEWARE.append({CSRF})", True, True),
        (f"MIDDLEWARE = [{SEC}]\nMIDDLEWARE.insert(0, {CSRF})", True, True),
        (f"MIDDLEWARE = [{SEC}]\nMIDDLEWARE = [{CSRF}, *MIDDLEWARE]", True, True),
        (f"MIDDLEWARE = [{SEC}]\nMIDDLEWARE = [{CSRF}] + MIDDLEWARE", True, True),
        (f"MIDDLEWARE = [{SEC}, {CSRF}]\nMIDDLEWARE.remove({SEC})", False, True),
        (f"MIDDLEWARE = [{SEC}]\nMIDDLEWARE += more", True, None),
        (f"MIDDLEWARE = [{SEC}]\nif x():\n    MIDDLEWARE.append({CSRF})", True, None),
        (f"MIDDLEWARE = [{SEC}]\nif x():\n    MIDDLEWARE.append('debug.Toolbar')", True, False),
        (f"MIDDLEWARE = [{SEC}]\nif x():\n    MIDDLEWARE.remove({SEC})", None, False),
        (f"MIDDLEWARE = [{SEC}]\nchange(MIDDLEWARE)", None, None),
        (f"MIDDLEWARE = [{SEC}]\nprint(len(MIDDLEWARE))", True, False),
        (f"MIDDLEWARE = [{SEC}]\nMIDDLEWARE.clear()", False, False),
        (f"MIDDLEWARE = [{SEC}]\nMIDDLEWARE[0] = 'x'", False, False),
        (f"MIDDLEWARE = [m for m in [{SEC}] if x]", None, None),
        (f"def f():\n    global MIDDLEWARE\n    MIDDLEWARE.append(x)\nMIDDLEWARE = [{SEC}]", True, False),
    ],
)  # fmt: skip
def test_middleware(tmp_path: Path, text: str, security: bool | None, csrf: bool | None) -> None:
    facts = facts_of(tmp_path, {"shop/settings.py": f"ROOT_URLCONF = 'shop.urls'\n{text}\n"})
    assert middleware(facts) == {"security": security, "csrf": csrf}


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        ("Django==6.0", ("DENY", None)),
        ("Django==2.2.28", ("SAMEORIGIN", None)),
        ("Django>=4.2,<5", ("DENY", None)),
        ("Django>=2.2", ("SAMEORIGIN", None)),
        ("django", ("DENY", None)),
        ("django-environ==0.1", (["'DENY'", "'SAMEORIGIN'"], None)),
    ],
)
def test_defaults_follow_the_version(tmp_path: Path, requirement: str, expected: object) -> None:
    files = {"shop/settings.py": "ROOT_URLCONF = 'x'\nINSTALLED_APPS = []\n", "requirements.txt": f"{requirement}\n"}
    assert value(facts_of(tmp_path, files), "X_FRAME_OPTIONS") == expected


def test_no_key_reaches_a_fact(tmp_path: Path) -> None:
    key = "k3y" + "-material-" + "abcdefgh"
    text = (
        f"ROOT_URLCONF = 'x'\nSECRET_KEY = '{key}'\nSECRET_KEY_FALLBACKS = ['{key}']\n"
        f"if x():\n    SECRET_KEY = '{key}' if y else f('{key}')\n"
        f"PASSWORD = '{key}'\nDATABASES = dict(PASSWORD='{key}')\n"
    )
    app = (
        "from fastapi import FastAPI\nfrom starlette.middleware.sessions import SessionMiddleware\n"
        f"app = FastAPI(token='{key}')\napp.add_middleware(SessionMiddleware, secret_key='{key}', password='{key}')\n"
        f"flask_app.config['SECRET_KEY'] = '{key}'\nflask_app.config.update(SECRET_KEY='{key}', OTHER='{key}')\n"
    )
    facts = facts_of(tmp_path, {"shop/settings.py": text, "app.py": app})
    own = [fact for fact in facts.facts if not fact.kind().startswith("secret.")]
    assert key not in repr(own) and key not in repr(facts.gaps)


def test_every_known_name_makes_a_file_worth_reading() -> None:
    for name in KNOWN - {"DEBUG", "TESTING"}:
        assert any(word in name.lower().encode() for word in STRONG), name


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ENV DJANGO_SETTINGS_MODULE=shop.settings.live", ["shop.settings.live"]),
        ("ENV DJANGO_SETTINGS_MODULE shop.live", ["shop.live"]),
        ("  DJANGO_SETTINGS_MODULE: 'shop.live'", ["shop.live"]),
        ("os.environ['DJANGO_SETTINGS_MODULE'] = 'shop.live'", ["shop.live"]),
        ("# ENV DJANGO_SETTINGS_MODULE=shop.old", []),
        ("RUN DJANGO_SETTINGS_MODULE=shop.build python manage.py collectstatic", []),
        ("ENV DJANGO_SETTINGS_MODULE" + " " * 100_000 + "x", []),
        ("ENV DJANGO_SETTINGS_MODULE=$MODULE", []),
    ],
)
def test_where_the_settings_module_is_named(line: str, expected: list[str]) -> None:
    found = SettingsModuleNames().extract("Dockerfile", 0o100644, line.encode())
    assert [item.module for item in found if isinstance(item, SettingsModuleName)] == expected


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("requirements.txt", "Django==5.2.1 --hash=sha256:0\n", [("django", "5.2.1", True, True)]),
        ("requirements/base.in", "django>=4.2,<5\n# flask==1\ndjango-environ==1\n", [("django", "4.2", False, True)]),
        ("requirements.txt", "flask[async]\n", [("flask", None, False, False)]),
        ("pyproject.toml", 'dependencies = [\n  "django~=5.2.13",\n]\n', [("django", "5.2.13", False, True)]),
        ("pyproject.toml", 'dependencies = ["x", "django>=5", "flask[async]"]\n',
         [("django", "5", False, False), ("flask", None, False, False)]),
        ("pyproject.toml", '[tool.poetry.dependencies]\nflask = "^3.0"\n', [("flask", "3.0", False, True)]),
        ("uv.lock", '[[package]]\nname = "django"\nversion = "6.0.1"\n', [("django", "6.0.1", True, True)]),
        ("Pipfile.lock", '{"django": {"hashes": [], "version": "==4.2.1"}}', [("django", "4.2.1", True, True)]),
    ],
)  # fmt: skip
def test_requirements(path: str, text: str, expected: list[tuple[str, str | None, bool, bool]]) -> None:
    assert PackageRequirements().wants(path, 0o100644, len(text))
    found = PackageRequirements().extract(path, 0o100644, text.encode())
    shown = [(f.package, f.lowest, f.exact, f.bounded) for f in found if isinstance(f, PackageRequirement)]
    assert shown == expected


@pytest.mark.parametrize(
    ("file", "text", "known"),
    [
        ("Dockerfile", "FROM a\nRUN sed -i 's/DEBUG = .*/DEBUG = True/' shop/settings.py\n", False),
        ("Dockerfile", "FROM a\nRUN cd /srv/shop && echo 'DEBUG = True' >> settings.py\n", False),
        ("entrypoint.sh", "#!/bin/sh\nsed -i s/DEBUG/X/ /srv/app/shop/settings.py\nexec gunicorn shop.wsgi\n", False),
        ("Dockerfile", "FROM a\nRUN sed -i 's/DEBUG = .*/DEBUG = True/' other/settings.py\n", True),
        ("Dockerfile.dev", "FROM a\nRUN sed -i 's/DEBUG = .*/DEBUG = True/' shop/settings.py\n", True),
    ],
)
def test_a_command_that_rewrites_the_file(tmp_path: Path, file: str, text: str, known: bool) -> None:
    settings = "ROOT_URLCONF = 'x'\nDEBUG = False\nALLOWED_HOSTS = ['a']\n"
    facts = facts_of(tmp_path, {"shop/settings.py": settings, file: text})
    found = value(facts, "DEBUG")
    assert found == (False, 2) if known else found != (False, 2)
    assert value(facts, "ALLOWED_HOSTS") == (("a",), 3)


def test_a_command_that_rewrites_what_settings_follow_from(tmp_path: Path) -> None:
    settings = "ROOT_URLCONF = 'x'\nIS_LOCAL = False\nDEBUG = IS_LOCAL\nALLOWED_HOSTS = ['a']\n"
    text = "FROM a\nRUN sed -i 's/IS_LOCAL = False/IS_LOCAL = True/' shop/settings.py\n"
    facts = facts_of(tmp_path, {"shop/settings.py": settings, "Dockerfile": text})
    assert value(facts, "DEBUG") != (False, 3)
    assert value(facts, "ALLOWED_HOSTS") == (("a",), 4)
    assert [fact.describe() for fact in facts.of("setting.rewritten")] == [
        "IS_LOCAL of shop/settings.py is changed by a command (sed)"
    ]
    assert not list(facts.of("setting.hidden"))


_BASE = "ROOT_URLCONF = 'x'\nDEBUG = False\nSESSION_COOKIE_SECURE = not DEBUG\nALLOWED_HOSTS = ['a']\n"
_RUN = "FROM a\nRUN sed -i 's/DEBUG = .*/DEBUG = True/' shop/settings/{}.py\n"


@pytest.mark.parametrize(
    ("files", "rewritten", "known"),
    [
        ({"base": _BASE, "prod": "from .base import *\n"}, "base", {"ALLOWED_HOSTS"}),
        ({"base": _BASE, "prod": "from .base import *\nDEBUG = False\n"}, "base", {"ALLOWED_HOSTS", "DEBUG"}),
        ({"base": _BASE, "prod": "from .base import *\nCSRF_COOKIE_SECURE = not DEBUG\n"}, "prod",
         {"ALLOWED_HOSTS", "SESSION_COOKIE_SECURE"}),
        ({"base": _BASE, "prod": "from . import base\nfrom .base import *\nCSRF_COOKIE_SECURE = not base.DEBUG\n"},
         "base", {"ALLOWED_HOSTS"}),
        ({"prod": _BASE + "if DEBUG:\n    ALLOWED_HOSTS = ['*']\n"}, "prod", set()),
        ({"base": _BASE, "prod": "from split_settings.tools import include\ninclude('base.py')\n"}, "base",
         {"ALLOWED_HOSTS"}),
        ({"base": "DEBUG = False\n", "prod": "ROOT_URLCONF = 'x'\nfrom . import base\n" + "DEBUG = base.DEBUG\n"},
         "base", set()),
    ],
)  # fmt: skip
def test_what_follows_from_a_line_that_a_command_rewrites(
    tmp_path: Path, files: dict[str, str], rewritten: str, known: set[str]
) -> None:
    made = {f"shop/settings/{name}.py": text for name, text in files.items()}
    more = {"shop/__init__.py": "", "shop/settings/__init__.py": "", "Dockerfile": _RUN.format(rewritten)}
    named = {"manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.prod')\n"}
    facts = facts_of(tmp_path, {**made, **more, **named})
    rows = {
        fact.name: fact
        for fact in facts.of("setting.production")
        if isinstance(fact, ProductionDefault) and fact.source == "set"
    }
    looked = {"DEBUG", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "ALLOWED_HOSTS"} & rows.keys()
    assert {name for name in looked if rows[name].state == "known"} == known
    assert all("sed at Dockerfile:2" in rows[name].text for name in looked - known if rows[name].state == "unknown")
