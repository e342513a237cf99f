"""Settings that nobody would write, through the whole pipeline: an answer with a reason, in bounded time, and nothing
of them runs."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hardencheck.model.facts.settings import FrameworkSetting
from hardencheck.model.gap import FactSet, Reason
from tests.cli.commands import environment
from tests.settings.test_evaluate import facts_of

HEAD = "ROOT_URLCONF = 'shop.urls'\nINSTALLED_APPS = []\n"
SECONDS = 60.0  # far more than any of these takes; a hang is what it stops


def settings(facts: FactSet) -> dict[str, object]:
    """Name -> value; the reason where it is not known; a list of all where it is one of several."""
    found: dict[str, object] = {
        str(gap.about["name"]): gap.reason
        for gap in facts.gaps
        if "framework.setting" in gap.kinds and "name" in gap.about
    }
    for fact in facts.of("framework.setting"):
        if isinstance(fact, FrameworkSetting) and fact.framework == "django":
            found[fact.name] = [fact.value, *fact.others] if fact.others else fact.value
    return found


def followed(root: Path, text: str | bytes, more: dict[str, str | bytes] | None = None) -> dict[str, object]:
    data = text if isinstance(text, bytes) else f"{HEAD}{text}".encode()
    started = time.monotonic()
    found = settings(facts_of(root, {"shop/settings.py": data, **(more or {})}))
    assert time.monotonic() - started < SECONDS
    return found


@pytest.mark.parametrize(
    "text",
    [
        "from .settings import *",
        "from shop.settings import *\nfrom . import settings",
        "from .other import *",
        "import shop.settings as me\nme.X = me.DEBUG",
    ],
)
def test_cycles_of_imports_give_what_is_there_so_far(tmp_path: Path, text: str) -> None:
    more: dict[str, str | bytes] = {
        "shop/other.py": "from .settings import *\nfrom .other import *\n",
        "shop/__init__.py": "",
    }
    assert followed(tmp_path, f"DEBUG = True\n{text}\nSECURE_HSTS_SECONDS = 60\n", more)["SECURE_HSTS_SECONDS"] == 60


@pytest.mark.parametrize(
    "text",
    [
        "while True:\n    X = 1",
        "def f(n):\n    return f(n + 1)\nX = f(0)",
        "def f(n):\n    return g(n)\ndef g(n):\n    return f(n)\nX = f(0)",
        "def f(n):\n    if n:\n        f(n - 1)\n        f(n - 1)\nf(60)",
        "X = 'a' * 10 ** 12",
        "X = [0] * 10 ** 12",
        "X = 9 ** 9 ** 9 ** 9",
        "X = 1 << 10 ** 12",
        "X = list(range(10 ** 15))",
        "X = ['a']\nfor i in range(200):\n    X = X + X",
        "X = 'a'\nfor i in range(200):\n    X = X + X",
        "X = {}\nfor i in range(10 ** 6):\n    X[i] = i",
        "X = '%0999999999d' % 1\nY = '{:>999999999}'.format(1)\nZ = f'{1:>999999999}'",
        "X = 'a'.ljust(10 ** 12).replace('a', 'b' * 10 ** 5)",
        "X = max(range(10 ** 12))\nY = sum(i for i in range(10 ** 12))",
        "import os\n" + "".join(f"if os.environ.get('V{n}'):\n    X{n} = {n}\n" for n in range(3_000)),
        "from lib import x\n" + "".join(f"if x({n}):\n    X = {n}\n" for n in range(3_000)),
        "X = [" + "'a', " * 50_000 + "]",
        "X = " + "[" * 80 + "]" * 80,
        "X = " + " + ".join(["1"] * 3_000),
        "X = {" + ", ".join(f"'{n}': {{'a': [1, 2]}}" for n in range(5_000)) + "}",
    ],
)
def test_work_without_end_ends(tmp_path: Path, text: str) -> None:
    """What was set before is still known, or said to be beyond the budget."""
    found = followed(tmp_path, f"DEBUG = False\n{text}\n")
    beyond = (False, Reason.BUDGET, Reason.UNPARSABLE)
    assert found["DEBUG"] in beyond and found["SESSION_COOKIE_SECURE"] in beyond


@pytest.mark.parametrize(
    "text",
    [
        "class M(type):\n    def __new__(c, *a):\n        globals()['DEBUG'] = True\n"
        "        return type.__new__(c, *a)\nclass A(metaclass=M):\n    pass",
        "exec(open('/etc/hostname').read())",
        "eval('globals().update(DEBUG=True)')",
        "__builtins__.__dict__['print'] = None\nimport builtins\nbuiltins.bool = lambda x: True\nDEBUG = bool(0)",
        "from lib import change\nchange(globals())",
        "from lib import change\nchange(__name__)",
        "import sys\nfrom lib import Wrapped\nsys.modules[__name__] = Wrapped(sys.modules[__name__])\n"
        "sys.modules[__name__].load(globals())",
        "globals().clear()",
        "from lib import names\nglobals().update(names)",
        "from lib import names\nfor n in names:\n    globals()[n] = names[n]",
        "from lib import *",
        "import os\nos.getenv = lambda *a: 'yes'\nDEBUG = os.getenv('X', 'no') == 'yes'",
    ],
)
def test_what_may_have_written_it_leaves_it_open(tmp_path: Path, text: str) -> None:
    assert isinstance(followed(tmp_path, f"DEBUG = False\n{text}\n")["DEBUG"], Reason | list) or "clear" in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("class A:\n    __X = True\n    def get(self):\n        return self.__X\nDEBUG = A().get()", None),
        (
            "class A:\n    DEBUG = True\n    def get(self):\n        return DEBUG\nDEBUG = False\nDEBUG = A().get()",
            False,
        ),
        ("X = [DEBUG for DEBUG in (True,)]\nDEBUG = False", False),
        ("def f(x=[]):\n    x.append(1)\n    return x\nf()\nDEBUG = len(f()) == 2", True),
        ("fs = []\nfor i in (1, 2):\n    fs.append(lambda: i)\nDEBUG = fs[0]() == 2", True),
        ("list = tuple\nDEBUG = list('ab') == ('a', 'b')", True),
        ("def f():\n    try:\n        return True\n    finally:\n        return False\nDEBUG = f()", False),
        (
            "def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = 2\n    g()\n    return x\n"
            "DEBUG = f() == 2",
            True,
        ),
        ("A = B = []\nA.append(1)\nDEBUG = B == [1]", True),
        ("X = (1, [2])\ntry:\n    X[1].append(3)\nexcept TypeError:\n    pass\nDEBUG = X == (1, [2, 3])", True),
        ("DEBUG = 1 < 2 < 3 != 3", False),
        ("DEBUG = {True: 'a', 1: 'b'} == {1: 'b'}", True),
        ("DEBUG = [*range(3)][-1] == 2 and 'abc'[::-1] == 'cba'", True),
        ("class A:\n    def __bool__(self):\n        return False\nDEBUG = not A()", None),
        ("class A:\n    def __eq__(self, o):\n        return True\nDEBUG = A() == 5", None),
        ("class A:\n    def __len__(self):\n        return 0\nDEBUG = bool(A())", None),
        ("def __getattr__(name):\n    return True\nDEBUG = False", False),
        ("match 1:\n    case 1:\n        DEBUG = True\n    case _:\n        DEBUG = False", None),
        ("if (n := 3) > 2:\n    DEBUG = n == 3", True),
        ("def deco(f):\n    return lambda: True\n@deco\ndef f():\n    return False\nDEBUG = f()", True),
        ("from os import environ as e\nDEBUG = e.get('X', 'no') == 'no'", True),
        ("\ufeffDEBUG = True".replace("\ufeff", ""), True),
    ],
)
def test_python_as_the_reference_has_it(tmp_path: Path, text: str, expected: bool | None) -> None:
    """expected None: it need not be known, but must not be wrong."""
    names: dict[str, object] = {}
    exec(compile(text, "text", "exec"), names)  # our own text
    found = followed(tmp_path, text)["DEBUG"]
    options = found if isinstance(found, list) else [found]
    if expected is not None:
        assert found is expected is bool(names["DEBUG"])
    elif not isinstance(found, Reason):
        assert names["DEBUG"] in options


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"DEBUG = (\n", Reason.PYTHON_SYNTAX),
        (b"print 'DEBUG'\n", Reason.PYTHON_SYNTAX),
        (b"{% if x %}\nDEBUG = True\n{% endif %}\n", Reason.PYTHON_SYNTAX),
        (b"DEBUG = {{ cookiecutter.debug }\n", Reason.PYTHON_SYNTAX),
        (b"if 1:\n\tDEBUG = 1\n        DEBUG = 2\n", Reason.PYTHON_SYNTAX),
        (b"DEBUG = True\0\n", Reason.UNPARSABLE),
        (b"# -*- coding: nonsense -*-\nDEBUG = True\n", Reason.PYTHON_SYNTAX),
        ("DEBUG = True\n".encode("utf-16"), Reason.UNPARSABLE),
        (b"DEBUG = " + b"(" * 5_000 + b")" * 5_000, Reason.PYTHON_SYNTAX),
    ],
)
def test_what_is_no_python_is_said_to_be_none(tmp_path: Path, data: bytes, reason: Reason) -> None:
    found = followed(tmp_path, data, {"manage.py": "x = ('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"})
    assert found["DEBUG"] is reason


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfDEBUG = True\nROOT_URLCONF = 'x'\n",
        b"# -*- coding: latin-1 -*-\nX = '\xe9'\nROOT_URLCONF = 'x'\nDEBUG = True\n",
        b"ROOT_URLCONF = 'x'\r\nDEBUG = True\r\n",
        b"ROOT_URLCONF = 'x'\rDEBUG = True\r",
        b"ROOT_URLCONF = 'x'\n\x0cDEBUG = True\n",
        b"type X[T] = list[T]\ndef f[T](x: T) -> T:\n    return x\nROOT_URLCONF = 'x'\nDEBUG = f(True)\n",
        b"ROOT_URLCONF = 'x'\ntry:\n    import lib\nexcept A, B:\n    pass\nDEBUG = True\n",
    ],
)
def test_other_ways_to_write_a_file(tmp_path: Path, data: bytes) -> None:
    assert followed(tmp_path, data)["DEBUG"] is True


def test_a_file_of_five_megabytes_is_not_followed(tmp_path: Path) -> None:
    assert isinstance(followed(tmp_path, "DEBUG = True\n" + "X = 'aaaaaaaaaaaaaaaa'\n" * 230_000)["DEBUG"], Reason)


def test_links_are_followed_inside_and_never_outside(tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text("DEBUG = True\nCANARY = 1\n")
    root = tmp_path / "r"
    (root / "shop").mkdir(parents=True)
    (root / "shop" / "real.py").write_text("DEBUG = True\n")
    (root / "shop" / "inside.py").symlink_to("real.py")
    (root / "shop" / "away.py").symlink_to(outside)
    assert followed(root, "from .inside import *\n")["DEBUG"] is True
    assert followed(root, "DEBUG = False\nfrom .away import *\n")["DEBUG"] is Reason.DYNAMIC


def test_nothing_of_it_runs_and_nothing_outside_is_read(tmp_path: Path) -> None:
    """An audit hook sees every open(), socket and process of this interpreter (PEP 578)."""
    root, canary = tmp_path / "r", tmp_path / "canary.py"
    canary.write_text("DEBUG = True\n")
    text = (
        f"import os, socket, subprocess, sys, urllib.request\nDEBUG = False\n"
        f"open({str(tmp_path / 'made')!r}, 'w').write('x')\nos.system('touch {tmp_path}/made')\n"
        f"subprocess.run(['touch', '{tmp_path}/made'])\nsocket.create_connection(('192.0.2.1', 80))\n"
        f"urllib.request.urlopen('http://192.0.2.1/')\nX = open({str(canary)!r}).read()\n"
        f"exec(open({str(canary)!r}).read())\nsys.path.insert(0, {str(tmp_path)!r})\nimport canary\n"
        "raise SystemExit\nos._exit(1)\nimport time\ntime.sleep(10 ** 6)\n"
    )
    seen: list[str] = []
    watching = True

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if watching and event in {"open", "socket.connect", "subprocess.Popen", "os.system", "import"}:
            seen.append(f"{event} {arguments[0]}")

    sys.addaudithook(hook)
    found = followed(root, text)
    watching = False
    assert not [
        one for one in seen if "canary" in one or "made" in one or one.startswith(("socket", "subprocess", "os.sys"))
    ]
    assert not (tmp_path / "made").exists()
    assert found["SESSION_COOKIE_SECURE"] in (False, Reason.DYNAMIC)


def imported(root: Path) -> object:
    """What a real import of our own text gives: DEBUG as a truth value."""
    child = f"import sys; sys.path.insert(0, {str(root)!r}); from shop import settings; print(bool(settings.DEBUG))"
    done = subprocess.run([sys.executable, "-I", "-c", child], capture_output=True, text=True, timeout=60)
    return {"True": True, "False": False}.get(done.stdout.strip(), done.stderr)


# The tricks, what DEBUG may be said to be besides what an import gives: it must not be another value. others: whether
# the settings of the same module that follow are still known.
TRICKS: dict[str, tuple[str, bool]] = {
    "metaclass writes": (
        "class M(type):\n    def __new__(m, n, b, ns):\n        ns['D'] = True\n"
        "        return type.__new__(m, n, b, ns)\n"
        "class A(metaclass=M):\n    D = False\nclass B(A):\n    D = False\nDEBUG = B.D",
        True,
    ),
    "__init_subclass__": (
        "class A:\n    def __init_subclass__(cls):\n        cls.D = True\nclass B(A):\n    D = False\nDEBUG = B.D",
        True,
    ),
    "__set_name__": (
        "class S:\n    def __set_name__(self, owner, name):\n        owner.D = True\n"
        "class A:\n    D = False\n    s = S()\nDEBUG = A.D",
        True,
    ),
    "descriptor": (
        "class S:\n    def __get__(self, o, t):\n        return True\n    def __set__(self, o, v):\n        pass\n"
        "class A:\n    D = S()\na = A()\na.D = False\nDEBUG = a.D",
        True,
    ),
    "__class__ assigned": (
        "class A:\n    D = False\nclass B:\n    D = True\na = A()\na.__class__ = B\nDEBUG = a.D",
        True,
    ),
    "__getattribute__": (
        "class A:\n    D = False\n    def __getattribute__(self, n):\n        return True\nDEBUG = A().D",
        True,
    ),
    "__new__": (
        "class A:\n    D = False\n    def __new__(cls):\n        o = super().__new__(cls)\n        o.D = True\n"
        "        return o\n    def __init__(self):\n        pass\nDEBUG = A().D",
        True,
    ),
    "super().__init__": (
        "class A:\n    def __init__(self):\n        self.D = True\nclass B(A):\n    D = False\n"
        "    def __init__(self):\n        super().__init__()\nDEBUG = B().D",
        True,
    ),
    "__dict__.update": (
        "class A:\n    D = False\n    def __init__(self, **k):\n        self.__dict__.update(k)\nDEBUG = A(D=True).D",
        True,
    ),
    "name mangling": (
        "class A:\n    __D = True\n    def get(self):\n        return self.__D\nclass B(A):\n    __D = False\n"
        "DEBUG = B().get()",
        True,
    ),
    "property with a setter": (
        "class A:\n    v = True\n    @property\n    def D(self):\n        return self.v\n    @D.setter\n"
        "    def D(self, v):\n        self.v = v\na = A()\na.D = False\nDEBUG = bool(a.D)",
        True,
    ),
    "decorator replaces": ("def off(f):\n    return True\n@off\ndef D():\n    return False\nDEBUG = D", True),
    "class decorator": (
        "def on(c):\n    c.D = True\n    return c\n@on\nclass A:\n    D = False\nDEBUG = A.D",
        True,
    ),
    "nonlocal": (
        "def f():\n    d = False\n    def g():\n        nonlocal d\n        d = True\n    g()\n    return d\n"
        "DEBUG = f()",
        True,
    ),
    "closures in a loop": ("fs = [lambda: v for v in (False, True)]\nDEBUG = fs[0]()", True),
    "default that changes": (
        "def f(x=[]):\n    x.append(1)\n    return len(x) > 1\nf()\nDEBUG = f()",
        True,
    ),
    "comprehension scope": ("D = True\nx = [D for D in (False,)]\nDEBUG = D", True),
    "walrus in a comprehension": ("D = False\nx = [D := v for v in (False, True)]\nDEBUG = D", True),
    "match binds": ("D = False\nmatch True:\n    case D:\n        pass\nDEBUG = D", True),
    "finally returns": (
        "def f():\n    try:\n        raise ValueError\n    except ValueError:\n        return False\n    finally:\n"
        "        return True\nDEBUG = f()",
        True,
    ),
    "a class of exceptions": (
        "class E(ValueError):\n    pass\nD = False\ntry:\n    raise E\nexcept ValueError:\n    D = True\nDEBUG = D",
        True,
    ),
    "list in a list": ("D = [[]] * 2\nD[0].append(1)\nDEBUG = bool(D[1])", True),
    "a loop over what it changes": (
        "D = [1, 2]\nfor x in D:\n    D.remove(x)\nDEBUG = bool(D)",
        True,
    ),
    "a generator is late": ("D = False\ng = (D for _ in (1,))\nD = True\nDEBUG = list(g)[0]", True),
    "a generator is used up": ("g = (x for x in (1,))\nlist(g)\nDEBUG = not list(g)", True),
    "filter is always true": ("DEBUG = bool(filter(None, []))", True),
    "shadowed builtins": ("def bool(x):\n    return True\nDEBUG = bool(0)", True),
    "builtins changed": ("import builtins\nbuiltins.bool = lambda x: True\nDEBUG = bool(0)", True),
    "__builtins__ changed": ("__builtins__['bool'] = lambda x: True\nDEBUG = bool(0)", True),
    "os.getenv replaced": ("import os\nos.getenv = lambda *a: True\nDEBUG = os.getenv('D', False)", True),
    "os.environ replaced": (
        "import os\nos.environ = {'D': 'yes'}\nDEBUG = os.environ.get('D', 'no') == 'yes'",
        True,
    ),
    "a variable is set and deleted": (
        "import os\nos.environ['D'] = ''\ndel os.environ['D']\nDEBUG = bool(os.environ.get('D', 'yes'))",
        True,
    ),
    "import os as another": (
        "from os import environ as e\nimport os.path as p\n"
        "DEBUG = e.get('D', 'no') == 'no' and p.join('a', 'b') == 'a/b'",
        True,
    ),
    "exec into a table": ("ns = {'D': False}\nexec('D = True', ns)\nDEBUG = ns['D']", False),
    "frame": ("import sys\nDEBUG = False\nsys._getframe().f_globals['DEBUG'] = True", False),
    "__globals__": ("def f():\n    pass\nDEBUG = False\nf.__globals__['DEBUG'] = True", False),
    "globals is a table": ("DEBUG = False\nglobals().update({'DEBUG': True})", True),
    "globals().setdefault": ("globals().setdefault('DEBUG', True)", False),
    "del of a global": ("DEBUG = False\ndel globals()['DEBUG']\nDEBUG = True", True),
    "a module that answers": (
        "from shop import answers\nDEBUG = getattr(answers, 'DEBUG', False)",
        True,
    ),
    "an import of what a module answers": ("from shop.answers import DEBUG", True),
    "__all__ computed": ("DEBUG = False\nfrom .exports import *", True),
    "__all__ odd": ("DEBUG = False\nfrom .odd import *", True),
    "a list of another module": ("from . import lists\nfrom .lists import L\nL.append(1)\nDEBUG = bool(lists.L)", True),
    "a name set from outside": ("from . import lists\nlists.D = True\nfrom .lists import D\nDEBUG = D", True),
    "conditional import": (
        "import os\nif os.environ.get('NOT_SET_ANYWHERE'):\n    from .nope import DEBUG\nelse:\n"
        "    from .lists import ON as DEBUG",
        True,
    ),
}
MODULES: dict[str, str | bytes] = {
    "shop/__init__.py": "",
    "shop/answers.py": "def __getattr__(name):\n    if name == 'DEBUG':\n        return True\n"
    "    raise AttributeError(name)\n",
    "shop/exports.py": "__all__ = [n for n in ('DEBUG',)] + list({})\nDEBUG = True\n",
    "shop/odd.py": "__all__ = ('DEBUG' if len(str(object())) else 5,)\nDEBUG = True\n",
    "shop/lists.py": "L = []\nD = False\nON = True\n",
}


@pytest.mark.parametrize("trick", sorted(TRICKS))
def test_a_trick_gives_what_an_import_gives_or_nothing(tmp_path: Path, trick: str) -> None:
    text, others = TRICKS[trick]
    text += "\nSECURE_HSTS_SECONDS = 60\n"
    found = followed(tmp_path, text, MODULES)
    real = imported(tmp_path)
    assert isinstance(real, bool), real
    debug = found["DEBUG"]
    if isinstance(debug, list):
        assert real in [bool(one) for one in debug]
    elif not isinstance(debug, Reason):
        assert bool(debug) is real
    assert found["SECURE_HSTS_SECONDS"] == 60
    assert not others or found["SESSION_COOKIE_SECURE"] is False, "what it does not touch is as it was"


# More work than anybody would wait for, in little text. Each ends by itself within seconds of CPU.
_TWICE = "for i in range(5000):\n    for j in range(5000):\n"
WORK = {
    "lists in lists": "X = ['a']\n" + "X = [X] * 10\n" * 12 + "Y = str(X) == X\nZ = [X] == [X]\nW = f'{X}'\n",
    "a list in itself": "X = []\nX.append(X)\nX.append(X)\nY = []\nY.append(Y)\nY.append(Y)\nZ = X == Y\nW = str(X)\n",
    "a table in itself": "X = {}\nfor n in range(9):\n    X[n] = X\nZ = str(X)\n",
    "a wide format": "X = f'{1:>999999999}'\nY = format(1, '>999999999')\nn = 10 ** 9\nZ = f'{1:{n}}'\n",
    "a deep decimal": "from decimal import Decimal\nX = int(Decimal('1e999999999'))\n"
    "Y = f\"{Decimal('1e99999999'):f}\"\nZ = '%d' % Decimal('1e99999999')\n",
    "texts joined": "X = ','.join(['a' * 100000] * 10000)\nY = ('{a}' * 10000).format(a='b' * 100000)\n",
    "texts put in": "X = ('%s' * 1000) % (('a' * 100000,) * 1000)\nu = 'a' * 100000\nY = f'" + "{u}" * 900 + "'\n",
    "tabs": "X = ('\\t' * 100000).expandtabs(10000)\nY = 'a'.zfill(10 ** 12)\n",
    "a set in a loop": _TWICE + "        X = len(set(range(5000)))\n",
    "looking in a loop": "X = list(range(5000))\n" + _TWICE + "        Y = 'x' in X\n",
    "copies in a loop": "X = {str(n): n for n in range(5000)}\nL = []\nfor i in range(5000):\n    L.append(dict(X))\n",
    "texts in a loop": "L = []\n" + _TWICE + "        L.append('a' * 100000 + str(i))\n",
    "searching in a loop": "s = 'a' * 100000\n" + _TWICE + "        X = 'aaaab' in s\n",
    "a loop that feeds itself": "X = [1]\nfor x in X:\n    X.append(x)\n",
    "a generator without end": "def g():\n    while True:\n        yield 1\nX = sum(g())\nY = [x for x in g()]\n",
    "two that call each other": "def f(n):\n    return g(n - 1) + g(n - 2) if n > 0 else 1\n"
    "def g(n):\n    return f(n - 1) + f(n - 2) if n > 0 else 1\nX = f(40)\n",
    "functions of functions": "Y = lambda f: (lambda x: x(x))(lambda x: f(lambda v: x(x)(v)))\n"
    "X = Y(lambda r: lambda n: r(n))(1)\n",
    "forks in a function": "from lib import x\ndef f(n):\n    if x():\n        return f(n - 1)\n    return f(n - 2)\n"
    "X = f(9)\n",
    "a function of the environment": "import os\ndef f(n):\n    if os.environ.get('V'):\n        return f(n - 1)\n"
    "    return f(n - 1)\nX = f(9)\n",
    "many bases": "class A0: pass\nclass B0: pass\n"
    + "".join(f"class A{n}(A{n - 1}, B{n - 1}): pass\nclass B{n}(A{n - 1}, B{n - 1}): pass\n" for n in range(1, 60)),
    "a long chain of classes": "class C0: pass\n" + "".join(f"class C{n}(C{n - 1}): pass\n" for n in range(1, 900)),
    "definitions in a loop": "for i in range(5000):\n    def f():\n"
    + "".join(f"        x{n} = g({n})\n" for n in range(2_000)),
    "a body that is walked": "from lib import x\ndef f():\n    while x():\n"
    + "".join(f"        x{n} = g({n})\n" for n in range(2_000))
    + "for i in range(5000):\n    f()\n",
    "all names in a loop": "".join(f"A{n} = {n}\n" for n in range(3_000))
    + "for i in range(5000):\n    X = [k for k in globals()]\n    Y = dir()\n",
    "fifty thousand in a set": "X = {" + ", ".join(f"'{n}'" for n in range(50_000)) + "}\nY = len(X)\n",
    "fifty thousand in a table": "X = {" + ", ".join(f"'{n}': {n}" for n in range(50_000)) + "}\nY = sorted(X)\n",
    "numbers without end": "X = 2 ** 200\nfor i in range(60):\n    X = X * X\nY = range(10 ** 30)\nZ = 5 in Y\n",
    "documents": "import json, tomllib, ast\nX = json.loads('[' * 50000 + ']' * 50000)\n"
    "Y = tomllib.loads('a' + '.a' * 20000 + '=1')\nZ = ast.literal_eval('(' * 9000 + ')' * 9000)\n",
    "a regular expression": "import re\nX = re.match('(a+)+$', 'a' * 50 + 'b')\nY = re.sub('(x+x+)+y', '', 'x' * 50)\n",
    "or without end": "from lib import x\nX = " + " or ".join(["x()"] * 1_500) + "\n",
    "a try in a try": "from lib import x\n"
    + "".join("    " * n + "try:\n" for n in range(16))
    + "    " * 16
    + "X = x()\n"
    + "".join("    " * n + "except Exception:\n" + "    " * (n + 1) + "X = x()\n" for n in range(15, -1, -1)),
}
CPU = 30.0  # seconds, several times what the slowest of them takes on a slow machine


@pytest.mark.parametrize("name", sorted(WORK))
def test_work_is_bounded_by_what_it_costs(tmp_path: Path, name: str) -> None:
    """What comes before is known or beyond the budget; what no statement of it touches too."""
    before = time.process_time()
    found = followed(tmp_path, f"DEBUG = False\n{WORK[name]}SECURE_HSTS_SECONDS = 60\n")
    assert time.process_time() - before < CPU
    assert found["DEBUG"] in (False, Reason.BUDGET)
    assert found["SECURE_HSTS_SECONDS"] in (60, Reason.BUDGET)
    assert (found["DEBUG"] is Reason.BUDGET) is (found["SECURE_HSTS_SECONDS"] is Reason.BUDGET)


def test_a_directory_of_that_name_and_an_empty_file_set_nothing(tmp_path: Path) -> None:
    (tmp_path / "other" / "settings.py").mkdir(parents=True)
    assert followed(tmp_path, "from other.settings import *\nDEBUG = True\n")["DEBUG"] is True
    assert settings(facts_of(tmp_path / "empty", {"shop/settings.py": b""})) == {}


@pytest.mark.parametrize(
    ("data", "known"),
    [
        (b'{"cells": [{"source": ["DEBUG = True"]}], "nbformat": 4}', False),  # a notebook: Python that sets nothing
        (b"\x7fELF\x02\x01\x01\0\0\0\0" + bytes(range(256)) * 40, False),
        (b"ROOT_URLCONF = 'x'\nDEBUG = t'{1}' and True\n", True),  # PEP 750
        (b"ROOT_URLCONF = 'x'\nX = f'{\"a\" + f\"{1}\"}'\nDEBUG = True\n", True),
        (b"ROOT_URLCONF = 'x'\nX = f'{'a'}'\nDEBUG = True\n", None),  # PEP 701: newer than some that run this
        (b"ROOT_URLCONF = 'x'\nclass A[T]:\n    D = True\nDEBUG = A.D\n", True),
        (b"ROOT_URLCONF = 'x'\nDEBUG = True\n{# a template #}\n", False),
        (b"ROOT_URLCONF = 'x'\nDEBUG = <no value>\n", False),
        (b"# coding: utf-16\nROOT_URLCONF = 'x'\nDEBUG = True\n", False),
        (b"# coding: rot13\nROOT_URLCONF = 'x'\nDEBUG = True\n", False),
    ],
)
def test_files_of_other_kinds(tmp_path: Path, data: bytes, known: bool | None) -> None:
    found = followed(tmp_path, data, {"manage.py": "x = ('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"}).get("DEBUG")
    if known:
        assert found is True
    elif known is None:
        assert found in (True, Reason.PYTHON_SYNTAX)
    else:
        assert found is not True


def test_a_hostile_repository_through_the_command(tmp_path: Path) -> None:
    """A process of its own, so that what it opens can be seen: an answer, its exit code, and nothing of it ran."""
    root, made, log = tmp_path / "r", tmp_path / "made", tmp_path / "log.txt"
    (root / "shop").mkdir(parents=True)
    canary = tmp_path / "canary.txt"
    canary.write_text("CANARY")
    harm = f"open({str(made)!r}, 'w')"
    lines = [
        HEAD, "import os, sys, time, socket, ctypes", "from pathlib import Path", "DEBUG = False",
        "SECURE_HSTS_SECONDS = 60", harm, f"__import__('os').system('touch {made}')", f"X = [{harm} for _ in (1,)]",
        "class A:", f"    y = {harm}", f"@(lambda f: {harm})", "def f():", "    pass",
        f"SECRET_KEY = open({str(canary)!r}).read()", "socket.create_connection(('192.0.2.1', 9))",
        f"with open({str(canary)!r}) as f:", "    Y = f.read()", f"Z = Path({str(canary)!r}).read_text()",
        "W = Path(__file__).parent.parent.parent.joinpath('canary.txt').read_text()", f"exec({harm!r})",
        "SESSION_COOKIE_SECURE = True", "raise SystemExit(3)", "os._exit(4)", "time.sleep(10 ** 9)", "while True:",
        "    pass",
    ]  # fmt: skip
    (root / "shop" / "settings.py").write_text("\n".join(lines) + "\n")
    for name in ("sitecustomize.py", "conftest.py", "hardencheck.py", "setup.py"):
        (root / name).write_text(harm)
    child = (
        "import sys\nseen = open(sys.argv.pop(1), 'w')\n"
        "watched = {'open', 'import', 'socket.connect', 'socket.getaddrinfo', 'os.system', 'exec', 'ctypes.dlopen'}\n"
        "def hook(event, given):\n    if event in watched:\n        seen.write(f'{event} {given[0]!r}\\n'[:400])\n"
        "sys.addaudithook(hook)\nfrom hardencheck.cli import main\nmain()\n"
    )
    for arguments, codes in ((("defaults", "--format", "json"), {0}), (("scan",), {0, 1, 3})):
        done = subprocess.run(
            [sys.executable, "-c", child, str(log), arguments[0], str(root), *arguments[1:]],
            cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode in codes, done.stderr[-2_000:]
        assert "Traceback" not in done.stderr and "CANARY" not in done.stdout + done.stderr
        events = log.read_text().splitlines()
        assert any(str(root) in one for one in events if one.startswith("open")), "it was read"
        assert not [one for one in events if "canary" in one or str(made) in one or "192.0.2.1" in one]
        assert not [one for one in events if one.startswith(("socket", "os.system", "ctypes"))]
        # Code objects and modules are our own: none has a file of the repository.
        assert not [one for one in events if one.startswith(("exec", "import")) and (str(root) in one or "shop" in one)]
        if arguments[0] == "defaults":
            rows = {one["name"]: one for one in json.loads(done.stdout)["settings"]}
            assert rows["SESSION_COOKIE_SECURE"]["value"] == "True"
            assert (rows["DEBUG"]["state"], rows["DEBUG"]["value"]) == ("known", "False")
    assert not made.exists()
