"""Rows of the production defaults: what is shown of a value, and that a secret is not."""

from pathlib import Path

import pytest

from hardencheck.collect.interpret.models._places import made
from hardencheck.collect.interpret.values import (
    ABSENT,
    Binding,
    Const,
    Joined,
    Library,
    Map,
    Seq,
    Unknown,
    Value,
    lifted,
)
from hardencheck.collect.resolve._rows import Reading, is_secret, row, shown
from hardencheck.model.facts.settings import ProductionDefault, Variable
from hardencheck.model.location import Location
from tests.settings.test_evaluate import facts_of

HIDDEN = "open" + "-sesame"


@pytest.mark.parametrize(
    ("name", "value", "state", "text"),
    [
        ("DEBUG", Const(False), "known", "False"),
        ("HOSTS", lifted(["a", "b"]), "known", "['a', 'b']"),
        ("ONE", lifted(("a",)), "known", "('a',)"),
        ("NONE", lifted(set()), "known", "set()"),
        ("TABLE", lifted({"a": {"b": 1}}), "known", "{'a': {'b': 1}}"),
        ("SECRET_KEY", Const(HIDDEN), "known", "(a secret of 11 characters)"),
        ("SECRET_KEY", Const(""), "known", "''"),
        ("SECRET_KEY_FALLBACKS", lifted([HIDDEN]), "known", "[(a secret of 11 characters)]"),
        ("DATABASES", lifted({"default": {"PASSWORD": HIDDEN, "HOST": "db"}}), "known",
         "{'default': {'PASSWORD': (a secret of 11 characters), 'HOST': 'db'}}"),
        # Two that look alike are two.
        ("SECRET_KEY", Joined((Const(HIDDEN), Const(HIDDEN[::-1]))), "one-of", "(a secret of 11 characters)"),
        ("HOSTS", Joined((lifted([*"abcdefghijklmnopqrstu"]), lifted([*"abcdefghijklmnopqrstv"]))), "one-of",
         repr([*"abcdefghijklmnopqrst"])[:-1] + ", …]"),
        ("cookieSecret", Const(HIDDEN), "known", "(a secret of 11 characters)"),
        ("PASSWORD_HASHERS", lifted(["x.Argon2"]), "known", "['x.Argon2']"),
        ("DB_URL", Const(f"redis://me:{HIDDEN}@cache/0"), "known", "'redis://…@cache/0'"),
        ("FILE_UPLOAD_PERMISSIONS", Const(0o644), "known", "0o644 (420)"),
        ("FILE_UPLOAD_PERMISSIONS", Const(644), "known", "0o1204 (644)"),
        ("ENGINE", Library(dotted="pkg.Engine"), "known", "pkg.Engine"),
        ("MEDIA_ROOT", made("shop/../media/", "text"), "known", "'<repository>/media/'"),
        ("DIRS", Seq("list", [made("", "path"), made("../x", "text")]), "known",
         "['<repository>', '<repository>/../x']"),
        ("DEBUG", Joined((Const(True), Const(False))), "one-of", "True or False"),
        ("HOSTS", Seq("list", [Const("a")], [Const("b")], False), "one-of", "['a', perhaps 'b']"),
        ("TABLE", Map({"a": Const(1)}, {"a"}), "one-of", "{perhaps 'a': 1}"),
        ("HOSTS", Seq("list", [Const("a")], [], False, True), "unknown", "['a', …]"),
        ("HOSTS", Seq("list", [Const("a"), Unknown("call", "f()")]), "unknown", "['a', …]"),
    ],
)  # fmt: skip
def test_shown(name: str, value: Value, state: str, text: str) -> None:
    found = shown(value, name)
    assert (found.state, found.value) == (state, text)
    assert HIDDEN not in found.value


def test_why_it_is_not_known() -> None:
    found = shown(Unknown("call", "vault.read(…)", "settings/prod.py", 41), "KEY")
    assert (found.state, found.reason) == ("unknown", "call")
    assert found.text == "value comes from vault.read(…) at settings/prod.py:41"
    given = shown(Unknown("env-required", "HSTS, set at compose.yaml:4", "settings/prod.py", 41), "HSTS")
    assert given.text == "the environment variable HSTS is set at compose.yaml:4, to what is not known"


def test_long_and_deep_values_are_cut() -> None:
    deep: Value = Const(1)
    for _ in range(500):
        deep = Seq("list", [deep])
    assert len(shown(deep).value) < 50
    assert len(shown(Const("x" * 10_000)).value) == 200


def test_a_row() -> None:
    variable = Variable(name="A", default="True", cast="bool")
    held = Binding(
        Const(True, depends=frozenset({"B", "A"})), "app/prod.py", 3, (("app/base.py", 1), ("app/prod.py", 3))
    )
    found = row("flask", "app", "DEBUG", held, variables={"A": [Reading(variable)]})
    assert found.location == Location(path="app/prod.py", line=3)
    assert found.chain == (Location(path="app/base.py", line=1),)
    assert found.depends_on == (variable, Variable(name="B"))
    assert (found.state, found.source, found.value) == ("known", "set", "True")


def test_what_is_not_set_has_the_default() -> None:
    here = Location(path="app.py", line=2)
    found = row("flask", "app", "DEBUG", None, default=Const(False), version="3.1", here=here)
    assert (found.source, found.value, found.version, found.location) == ("default", "False", "3.1", here)
    perhaps = row("flask", "app", "DEBUG", Binding(Joined((Const(True), ABSENT)), "a.py", 1), default=Const(False))
    assert (perhaps.state, perhaps.source, perhaps.value) == ("one-of", "set", "True or False")
    none = row("flask", "app", "DEBUG", None, here=here)
    assert (none.state, none.reason) == ("unknown", "framework-version")


@pytest.mark.parametrize(
    "name", ["API_KEY", "apiKey", "AWS_SECRET_ACCESS_KEY", "DB_PASSWORD", "x-auth-token", "SENTRY_DSN"]
)
def test_secret_names(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", ["TOKEN_LIFETIME", "SESSION_COOKIE_NAME", "PASSWORD_HASHERS", "COMPASS", "KEY_PREFIX"])
def test_names_that_are_not(name: str) -> None:
    assert not is_secret(name)


_DJANGO = "import os\nfrom configurations import Configuration, values\nINSTALLED_APPS = []\nROOT_URLCONF = 'a.urls'\n"
_CLASS = """from configurations import Configuration, values
class Production(Configuration):
    INSTALLED_APPS = []
    ROOT_URLCONF = 'a.urls'
    Y = values.Value('first', environ_name='X', environ_prefix=None)
    SESSION_COOKIE_NAME = values.Value('second', environ_name='X', environ_prefix=None, late_binding=True)
"""
_FLASK = """import os
from flask import Flask
def make():
    app = Flask(__name__)
    app.config["X"] = os.environ.get("X", "first")
    app.config["SESSION_COOKIE_NAME"] = os.environ.get("X", "second")
    return app
app = make()
"""


@pytest.mark.parametrize(
    ("text", "default"),
    [
        ("Y = os.getenv('X', 'first')\nSESSION_COOKIE_NAME = os.getenv('X', 'second')\n", "'second'"),
        ("Y = os.getenv('X', 'first')\nSESSION_COOKIE_NAME = os.environ['X']\n", "required"),
        ("Y = os.environ['X']\nSESSION_COOKIE_NAME = (\n    os.getenv(\n        'X', 'second'))\n", "'second'"),
        # Asked for beforehand, and nobody can say which of them it is.
        ("Y = os.getenv('X', 'first')\nZ = os.getenv('X', 'second')\nSESSION_COOKIE_NAME = Z\n", "'first' or 'second'"),
        ("Y = os.getenv('X', 'first')\nZ = os.getenv('X', 'first')\nSESSION_COOKIE_NAME = Z\n", "'first'"),
        (
            "def ask(it):\n    return os.getenv('X', it)\nY = ask('first')\nSESSION_COOKIE_NAME = ask('second')\n",
            "'second'",
        ),
        (_CLASS, "'second'"),
        (_FLASK, "'second'"),
    ],
)
def test_how_a_variable_is_asked_for(tmp_path: Path, text: str, default: str) -> None:
    files = {"app.py": text} if "Flask" in text else {"a/settings.py": text if "class" in text else _DJANGO + text}
    files["requirements.txt"] = "django==5.2\nflask\n"
    files["manage.py"] = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'a.settings')\n"
    facts = facts_of(tmp_path, files)
    (found,) = (
        fact
        for fact in facts.of("setting.production")
        if isinstance(fact, ProductionDefault) and fact.name == "SESSION_COOKIE_NAME"
    )
    assert [(one.name, "required" if one.required else one.default) for one in found.depends_on] == [("X", default)]


def test_perhaps_the_default_of_django(tmp_path: Path) -> None:
    text = _DJANGO + "import ext\nif ext.x:\n    SESSION_CACHE_ALIAS = 'a'\n"
    facts = facts_of(tmp_path, {"a/settings.py": text, "requirements.txt": "django==5.2\n"})
    (found,) = (
        fact
        for fact in facts.of("setting.production")
        if isinstance(fact, ProductionDefault) and fact.name == "SESSION_CACHE_ALIAS"
    )
    assert (found.state, found.value, found.default) == ("one-of", "'a' or 'default'", "'default'")
