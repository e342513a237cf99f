"""Settings that nobody would write, through the whole pipeline: an answer with a reason, in bounded time, and nothing
of them runs."""

import sys
import time
from pathlib import Path

import pytest

from hardencheck.model.facts.settings import FrameworkSetting
from hardencheck.model.gap import FactSet, Reason
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
        ("DEBUG = True\n".encode("utf-16"), Reason.PYTHON_SYNTAX),
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
