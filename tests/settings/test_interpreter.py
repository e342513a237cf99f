"""The interpreter against Python itself: what it says it knows is what a real import gives. Nothing of it is run here
but in a child process of the test."""

import json
import os
import random
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hardencheck.collect.interpret.interpreter import Interpreter
from hardencheck.collect.interpret.run import Source
from hardencheck.collect.interpret.values import Const, NotKnown, Unknown, depends_of, plain
from hardencheck.model.facts.settings import FrameworkSetting
from tests.settings.following import repository
from tests.settings.test_evaluate import facts_of, value

PRELUDE = """\
import os
from ext import unknown

def envbool(name, default=False):
    v = os.environ.get(name)
    if v is None:
        return default
    return v.lower() in ("1", "true", "yes")

def envlist(name, default=()):
    return [x.strip() for x in os.environ.get(name, "").split(",") if x.strip()] or list(default)

def helper(a, b=None):
    if a:
        return [a]
    elif isinstance(b, str):
        return b
    return {"h": b}

def held(name, default):
    return globals().get(name, default)
"""
# What a library gives back, in one world and in another.
WORLDS = (
    "def unknown(*a):\n    return True\n",
    "def unknown(*a):\n    return []\n",
    "def unknown(*a):\n    return 7\n",
)
CHILD = """\
import ast, json, sys, types
sys.path.insert(0, sys.argv[1])
def load(name):
    module = types.ModuleType(name)
    sys.modules[name] = module
    for node in ast.parse(open(f"{sys.argv[1]}/{name}.py").read()).body:
        try:
            exec(compile(ast.Module([node], []), name, "exec"), module.__dict__)
        except Exception:  # then the service would not start, and there is nothing to compare
            print("null")
            sys.exit()
    return module
for name in ("ext", "other"):
    load(name)
def shown(value):
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, [shown(item) for item in value]]
    if isinstance(value, set):
        return ["set", sorted(map(repr, value))]
    if isinstance(value, dict):
        return ["dict", sorted([repr(key), shown(item)] for key, item in value.items())]
    return [type(value).__name__, repr(value)]
main = load("main")
try:
    print(json.dumps({key: shown(item) for key, item in vars(main).items() if key.isupper()}))
except RecursionError:  # a list that is in itself
    print("null")
"""
NAMES = ("DEBUG", "HOSTS", "MW", "APPS", "HSTS", "TABLE", "TEXT")
SCALARS = (
    "True", "False", "None", "0", "3600", "'a'", "'b,c'", "''", "60 * 60", "'x'.upper()", "os.environ.get('V1')",
    "os.environ.get('V2', 'False')", "os.getenv('V3', '1') == '1'", "int(os.environ.get('V1', 5))",
    "envbool('V2', True)", "envlist('V3')", "f'{1 + 1}-{True}'",
)  # fmt: skip
LISTS = ("['a', 'b']", "['x']", "['m', 1, 0]", "'p,q'.split(',')", "sorted(['b', 'a'])")


class Program:
    """A module of random statements, each of a kind that settings are written in."""

    def __init__(self, seed: str) -> None:
        self._chance = random.Random(seed)
        self._first = seed.startswith("o")  # it is run before the other one, whatever that one does

    def text(self, count: int) -> str:
        return PRELUDE + "\n".join(line for _ in range(count) for line in self._statement(0)) + "\n"

    def _name(self) -> str:
        return self._chance.choice(NAMES)

    def _list(self) -> str:
        return self._chance.choice(LISTS)

    def _expression(self, depth: int = 0) -> str:
        def again() -> str:
            return self._expression(depth + 1)

        made = (
            lambda: "[" + ", ".join(again() for _ in range(2)) + "]",
            lambda: f"{{'k': {again()}, 'j': {again()}}}",
            lambda: f"({again()} if {self._condition(depth + 1)} else {again()})",
            lambda: f"({again()} {self._chance.choice(('or', 'and'))} {again()})",
            lambda: f"(not {again()})",
            lambda: f"held('{self._name()}', {again()})",
            lambda: f"[i for i in {self._list()} if i]",
            lambda: f"list({self._list()}) + {self._list()}",
            lambda: f"helper({again()}, {again()})",
        )
        if depth > 2 or self._chance.random() < 0.4:
            return self._chance.choice(SCALARS)
        return self._chance.choice(made)()

    def _iterator(self, over: str = "") -> str:
        over = over or self._list()
        return self._chance.choice((
            f"iter({over})", f"map(str, {over})", f"filter(None, {over})", f"reversed({over})", f"(i for i in {over})",
            f"(i for i in {over} if {self._asked()})", f"filter(lambda i: {self._asked()} or i == 'a', {over})",
            f"map(lambda i: held('{self._name()}', i), {over})", f"iter(envlist('{self._variable()}', {over}))",
        ))  # fmt: skip

    def _condition(self, depth: int = 0) -> str:
        return self._chance.choice((
            self._expression(depth + 1), f"held('{self._name()}', 0) == 1", f"'a' in {self._list()}", "unknown()",
            "'V1' in os.environ", f"isinstance(held('{self._name()}', ''), (str, list))",
        ))  # fmt: skip

    def _written(self, statement: str, name: str) -> list[str]:
        """The environment is changed, though not by the module that is imported first."""
        if self._first:
            return ["pass"]
        return [statement, f"{name} = os.environ.get('V1', 'no')", f"{self._name()} = envbool('V2')"]

    def _variable(self) -> str:
        return self._chance.choice(("V1", "V2", "V3"))

    def _asked(self) -> str:
        """A question to the environment."""
        variable = self._variable()
        return self._chance.choice((
            f"envbool('{variable}', {self._chance.choice((True, False))})", f"'{variable}' in os.environ",
            f"os.environ.get('{variable}') == 'x'", f"not os.getenv('{variable}')", f"len(envlist('{variable}')) > 1",
        ))  # fmt: skip

    def _block(self, depth: int) -> list[str]:
        return ["    " + line for _ in range(self._chance.randint(1, 2)) for line in self._statement(depth + 1)]

    def _statement(self, depth: int) -> list[str]:
        name, other, given = self._name(), self._name(), self._expression()
        simple = [
            lambda: [f"{name} = {given}"],
            lambda: [f"{name} = [1, 'q']", f"{name} += {self._list()}"],
            lambda: [f"{name} = ['s']", f"{other} = {name}", f"{name}.append({self._expression(2)})"],
            lambda: [f"{name} = dict(a=1)", f"{name}['b'] = {given}", f"{name}.update({{'c': 1}})"],
            lambda: [f"globals()['{name}'] = {given}"],
            lambda: [f"{name} = ['a', 'b', 'c']", f"if unknown(): {name}.remove('b')"],
            lambda: ["from other import *"],
            lambda: ["try:", "    from missing_local import *", "except ImportError:", f"    {name} = {given}"],
            lambda: [
                "class C:", f"    A = {given}", "    @property", "    def p(self): return self.A",
                "    def __init__(self, v): self.v = v",
                f"{name} = C({self._expression(2)}).{self._chance.choice('Apv')}",
            ],
            lambda: [
                "def function(x=1):", f"    global {name}", f"    {name} = x", "    if unknown(): return 5",
                "    return x",
                f"{other} = function({self._expression(2)})",
            ],
            lambda: [
                "def early(into):", f"    if {self._asked()}: return 'left'", f"    into.append({self._expression(2)})",
                "    return 'run'", f"{name} = ['s']", f"{other} = early({name})",
            ],
            lambda: ["try:", f"    {name} = os.environ['{self._variable()}']", f"    {other} = 1",
                     "except KeyError:", f"    {name} = {given}"],
            lambda: [f"try: {name} = int(os.environ.get('{self._variable()}', '3'))", f"except ValueError: {name} = 0"],
            lambda: ["for i in ('a', 'b', 'c'):", f"    if {self._asked()} and i == 'b': break", f"    {name} = i"],
            lambda: [f"{name} = ['z']", f"{self._asked()} and {name}.append({self._expression(2)})"],
            lambda: [f"{name} = {given}", f"if {self._asked()}: del {name}"],
            lambda: ["t = {}", f"if {self._asked()}: t['{name}'] = {given}", "globals().update(t)"],
            lambda: ["t = {}", f"if {self._asked()}: t['{name}'] = {given}", "for k, v in t.items(): globals()[k] = v"],
            lambda: ["class A: S = 1", "class B(A): T = 2", f"{name} = (A if {self._asked()} else B).S",
                     f"{other} = getattr(A if {self._asked()} else B, 'T', {given})"],
            lambda: ["class K:", "    S = 1", f"    if {self._asked()}:", "        S = 2", f"{name} = K.S",
                     f"{other} = K().S"],
            lambda: ["def risky():", f"    if {self._asked()}: raise ValueError", "    return 1",
                     f"try: {name} = risky()", f"except Exception: {name} = {given}"],
            lambda: ["n = 0", f"while n < len(envlist('{self._variable()}', 'ab')):", "    n += 1", f"    {name} = n"],
            lambda: self._written(f"os.environ.setdefault('{self._variable()}', 'set')", name),
            lambda: self._written(f"if {self._asked()}: os.environ['V2'] = 'yes'", name),
            lambda: [f"{name} = hasattr(__import__('other'), '{other}')"],
            lambda: [f"{name} = [x for x in ('a', 'b') if {self._asked()} or x == 'b']"],
            lambda: [f"if (w := {given}): {name} = w"],
            lambda: [f"if {self._asked()}: from other import *"],
            lambda: ["def deco(f):", f"    if isinstance(globals().get('{name}'), list): {name}.append('deco')",
                     "    return f", "@deco", "def decorated(): return 3", f"{other} = decorated()"],
            lambda: ["import other", f"other.{name} = {given}", f"{other} = getattr(other, '{name}', 0)"],
            lambda: [f"m = {self._iterator()}", f"{name} = list(m)", f"{other} = list(m)"],
            lambda: [f"m = {self._iterator()}", f"if {self._condition()}: next(m, 0)", f"{name} = list(m)"],
            lambda: [f"m = {self._iterator()}", "for i in m:", f"    {other} = i", f"    if {self._asked()}: break",
                     f"{name} = list(m)"],
            lambda: [f"l = {self._list()}", f"m = {self._iterator('l')}", f"l.append({self._expression(2)})",
                     f"{name} = list(m)", f"{other} = any(m)"],
            lambda: [f"t = {{'k': {given}}}", "v = t.items()", f"if {self._condition()}: t['n'] = 1",
                     f"{name} = [list(p) for p in v]", f"{other} = len(v)"],
            lambda: [f"m = {self._iterator()}", "for i in unknown(): list(m)" if depth else "list(m) and unknown()",
                     f"{name} = list(m)"],
            lambda: [f"{name} = [list(i) for i in zip({self._list()}, {self._iterator()})]",
                     f"{other} = next(({self._expression(2)} for i in {self._list()} if i), {self._expression(2)})"],
        ]  # fmt: skip
        nested = [
            lambda: [f"if {self._condition()}:", *self._block(depth), "else:", *self._block(depth)],
            lambda: ["try:", *self._block(depth), "except (ImportError, KeyError):", *self._block(depth)],
            lambda: [f"for i in {self._list()}:", *self._block(depth), "    if i == 'a': break"],
            lambda: [f"for i in {self._list()}:", "    if unknown(): continue", *self._block(depth)],
        ]
        return self._chance.choice(simple if depth > 1 else [*simple, *nested])()


def interpreter(files: Mapping[str, str], environment: dict[str, str] | None = None) -> Interpreter:
    def find(module: str, near: str) -> str | None:
        path = module.lstrip(".").replace(".", "/") + ".py"
        return path if path in files else None

    def read(path: str) -> bytes | None:
        return files[path].encode() if path in files else None

    return Interpreter(Source(read, find, lambda module, near: False), environment)


def known(files: Mapping[str, str], environment: dict[str, str] | None = None) -> dict[str, object]:
    return {name: item for name, (item, _) in resolved(files, environment).items()}


def resolved(
    files: Mapping[str, str], environment: dict[str, str] | None = None
) -> dict[str, tuple[object, frozenset[str]]]:
    """Name -> (value, variables it depends on) of what is known."""
    found: dict[str, tuple[object, frozenset[str]]] = {}
    run = interpreter(files, environment)
    if "other.py" in files:  # which the child imports first
        run.module("other.py")
    for name, binding in run.module("main.py").namespace.names.items():
        if name.isupper():
            try:
                found[name] = plain(binding.value), depends_of(binding.value)
            except NotKnown:
                continue
    return found


def shown(item: object) -> list[Any]:
    if isinstance(item, list | tuple):
        return [type(item).__name__, [shown(one) for one in item]]
    if isinstance(item, set):
        return ["set", sorted(map(repr, item))]
    if isinstance(item, dict):
        return ["dict", sorted([repr(key), shown(one)] for key, one in item.items())]
    return [type(item).__name__, repr(item)]


# Of what does not depend on them, no setting of these variables changes anything.
ENVIRONMENTS: tuple[dict[str, str], ...] = (
    {},
    {"V1": "x", "V2": "True", "V3": "1"},
    {"V1": "7", "V2": "", "V3": "b,c"},
    {"V2": "yes"},
)


def imported(folder: Path, environment: Mapping[str, str]) -> dict[str, Any] | None:
    env = {name: text for name, text in os.environ.items() if not name.startswith("V")}
    env.update(environment)
    done = subprocess.run(
        [sys.executable, "-I", "-c", CHILD, str(folder)],
        capture_output=True,
        text=True,
        env=env,
        check=True,
        timeout=60,
    )
    answer: dict[str, Any] | None = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("batch", range(8))
def test_what_it_knows_is_what_an_import_gives(batch: int, tmp_path: Path) -> None:
    compared = 0
    for number in range(8):
        files = {
            "main.py": Program(f"main {batch} {number}").text(8),
            "other.py": Program(f"other {batch} {number}").text(3),
        }
        chance = random.Random(f"world {batch} {number}")
        for environment in ENVIRONMENTS:
            found = resolved(files, environment)
            firm = {name for name, (_, depends) in found.items() if not depends}
            other = chance.choice(ENVIRONMENTS)
            for name, text in {**files, "ext.py": chance.choice(WORLDS)}.items():
                (tmp_path / name).write_text(text)
            real = imported(tmp_path, environment)
            for name, (item, _) in found.items() if real is not None else ():
                assert real is not None and real.get(name) == shown(item), (name, environment, files)
                compared += 1
            moved = imported(tmp_path, other)
            for name in firm if moved is not None else ():
                assert moved is not None and moved.get(name) == shown(found[name][0]), (name, environment, other, files)
    assert compared > 20


def main(text: str) -> dict[str, str]:
    return {"main.py": textwrap.dedent(text)}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("X = [h.strip() for h in 'a, b'.split(',')]", ["a", "b"]),
        ("def f(n, m=2):\n    return n * m\nX = f(30) * 60", 3600),
        ("X = {}\nfor k in ('a', 'b'):\n    X[k] = len(k)", {"a": 1, "b": 1}),
        ("from datetime import timedelta\nX = int(timedelta(days=1).total_seconds())", 86400),
        ("import os\nX = os.environ.get('DEBUG', 'no').lower() in ('1', 'true')", False),
        ("import environ\nenv = environ.Env(DEBUG=(bool, False))\nX = env('DEBUG')", False),
        ("import environ\nenv = environ.Env()\nX = env.list('HOSTS', default=['a'])", ["a"]),
        ("from decouple import config, Csv\nX = config('H', default='a, b', cast=Csv())", ["a", "b"]),
        ("A = ['x']\nB = A\nB.append('y')\nX = A", ["x", "y"]),
        ("class A:\n    X = 1\nclass B(A):\n    @property\n    def y(self):\n        return self.X + 1\nX = B().y", 2),
        ("vars().update({'X': 5})", 5),
    ],
)
def test_ways_of_writing_a_setting(text: str, wanted: object) -> None:
    assert known(main(text))["X"] == wanted


@pytest.mark.parametrize(
    "text",
    [
        "from ext import thing\nX = thing()",
        "from ext import thing\nX = []\nthing(X)",
        "from ext import *\n",
        "from ext import thing\nX = 1\nthing(globals())",
        "from ext import thing\nX = 1\nthing.load(__name__)",
        "import sys\nX = 1\nsetattr(sys.modules[__name__], name, 2)",
        "from ext import thing\nX = 1\nexec(thing())",
        "X = 1\nexec('X = 2', {})\neval('X')",
        "from ext import thing\nX = 1\nif thing():\n    X = 2",
        "from ext import thing\nX = 1\nwhile thing():\n    X += 1",
        "from ext import thing\nX = 1\nfor i in thing():\n    X = i",
        "import os\nX = os.environ['KEY']",
        "import socket\nX = socket.gethostname()",
        "X = open('/etc/passwd').read()",
        "X = 1\nfrom ext import thing\nwith thing() as X:\n    pass",
        "def g():\n    yield 1\nX = list(g())",
    ],
)
def test_what_nobody_can_know_is_not_known(text: str) -> None:
    assert "X" not in known(main(text))


@pytest.mark.parametrize(
    "text",
    [
        "while True:\n    X = 1",
        "def f():\n    return f()\nX = f()",
        "X = 'a' * 10 ** 12",
        "X = 9 ** 9 ** 9",
        "X = [1]\nfor i in range(100):\n    X = X + X",
        "X = list(range(10 ** 12))",
        "X = '%999999999d' % 1",
        "X = '{:>999999999}'.format(1)",
        "X = 1 << 10 ** 10",
        "from main import *\nX = X + 1",
        "X = " + "(" * 300 + "1" + ")" * 300,
        "X = " + "-" * 5_000 + "1",
        "raise SystemExit",
        "class M(type):\n    pass\nclass X(metaclass=M):\n    pass",
        "X = [\n",
        "print 'Python 2'",
        "{% if cookiecutter %}\nX = 1\n{% endif %}",
    ],
)
def test_hostile_modules_end(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "X" not in known(main(text)) or known(main(text))["X"] in (1, 5)
    assert list(tmp_path.iterdir()) == []


def test_nothing_of_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = "import os\nopen('made', 'w').write('x')\nos.system('touch made')\n__import__('os').mkdir('made')\nX = 1\n"
    assert known(main(text)) == {"X": 1}
    assert list(tmp_path.iterdir()) == []


def test_it_says_on_which_variables_a_value_depends() -> None:
    text = """
        import os
        def flag(name):
            return os.environ.get(name, "no") == "yes"
        if flag("PROXY"):
            A = 1
        else:
            A = 2
        B = [flag("ONE"), flag("TWO")]
        C = os.environ["KEY"]
    """
    names = interpreter(main(text)).module("main.py").namespace.names
    assert {name: sorted(depends_of(names[name].value)) for name in "ABC"} == {
        "A": ["PROXY"], "B": ["ONE", "TWO"], "C": ["KEY"],
    }  # fmt: skip
    missing = names["C"].value
    assert isinstance(missing, Unknown) and missing.reason == "env-required"
    assert known(main(text), {"PROXY": "yes", "KEY": "k"})["A"] == 1


def test_a_setting_that_only_following_the_code_gives_is_judged(tmp_path: Path) -> None:
    """And of one that depends on the environment the fact says so."""
    text = (
        "import os\nROOT_URLCONF = 'shop.urls'\ndef on(flag):\n    return not flag\n"
        "DEBUG = on(True)\nSECURE_HSTS_SECONDS = sum([60, 60])\nSESSION_COOKIE_SECURE = on(os.environ.get('HTTP'))\n"
    )
    facts = facts_of(tmp_path, {"shop/settings.py": text})
    assert value(facts, "DEBUG") == (False, 5)
    assert value(facts, "SECURE_HSTS_SECONDS") == (120, 6)
    assert value(facts, "SESSION_COOKIE_SECURE") == (True, 7)
    by_name = {fact.name: fact for fact in facts.of("framework.setting") if isinstance(fact, FrameworkSetting)}
    assert by_name["SESSION_COOKIE_SECURE"].describe() == "SESSION_COOKIE_SECURE is True, unless HTTP says otherwise"


def test_what_raises_may_be_set_where_a_variable_says_otherwise() -> None:
    """The operator's module is not here; one that a variable names may be."""
    load = "def load():\n    if os.environ.get('CONF'):\n        return importlib.import_module(os.environ['CONF'])\n"
    text = f"import importlib, os\n{load}    return importlib.import_module('shop.configuration')\n"
    text += "configuration = load()\nDEBUG = getattr(configuration, 'DEBUG', False)\nTWO = 2\nTWO = load()\n"
    names = repository({"shop/__init__.py": "", "main.py": text}).module("main.py").namespace.names
    assert isinstance(names["DEBUG"].value, Const) and names["DEBUG"].value.value is False
    assert depends_of(names["DEBUG"].value) == {"CONF", "configuration.DEBUG"}
    assert depends_of(names["TWO"].value) == {"CONF"}
