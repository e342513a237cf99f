"""What raises when the service starts: one that starts has another environment, and nobody knows what that writes."""

import pytest

from tests.settings.following import Why, depending, followed

_GET = """import os, ext
def get(name):
    try:
        return os.environ[name]
    except KeyError:
        raise RuntimeError(name)
"""
REQUIRED, CALL = Why("env-required"), Why("call")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # An older value is not what holds, and what follows is run.
        ("A = 'old'\nA = get('X')\nB = 1\n", {"A": REQUIRED, "B": 1}),
        ("if not ext.debug:\n    A = get('X')\n    B = 1\n", {"A": REQUIRED, "B": Why("branch")}),
        ("D = False\nif not D:\n    A = get('X')\n    B = 1\n", {"A": REQUIRED, "B": 1}),
        ("D = 0\nif not D:\n    if True:\n        A = get('X')\n    B = 1\nelse:\n    C = 1", {"A": REQUIRED, "B": 1}),
        ("for n in 'XY':\n    A = get(n)\n    B = n\n", {"A": REQUIRED, "B": "Y"}),
        ("with ext.a():\n    A = get('X')\n    B = 1\n", {"A": CALL}),
        ("A = ['a']\nA += [get('X')]\nB = 1\n", {"A": REQUIRED, "B": 1}),
        ("D = {'a': 1}\nD['b'] = get('X')\nA = D['a']\nB = D['b']\n", {"A": 1, "B": REQUIRED}),
        ("A = ['a']\nA.append(get('X'))\nB = 1\n", {"A": CALL, "B": 1}),
        # The arm that raises is not what a service runs that starts; the others of the same choice may be.
        ("A = 0\nif not os.getenv('X'):\n    raise ValueError\nB = 1\n", {"A": 0, "B": 1}),
        ("A = 0\nif os.getenv('X'):\n    A = 1\nelse:\n    raise ValueError\nB = 1\n", {"A": REQUIRED, "B": 1}),
        (
            "A = B = 0\nif os.getenv('X') == 'a':\n    A = 1\nelif os.getenv('X') == 'b':\n    B = 1\nelse:\n"
            "    raise ValueError\n",
            {"A": REQUIRED, "B": REQUIRED},
        ),
        (
            "A = B = 0\nif True:\n    B = 1\n    if not os.getenv('X'):\n        raise ValueError\n    A = 1\n",
            {"A": 1, "B": 1},
        ),
        ("A = 0\ntry:\n    A = os.environ['X']\nexcept KeyError:\n    raise ValueError from None\nB = 1\n",
         {"A": REQUIRED, "B": 1}),
        ("A = 0\ntry:\n    A = get('X')\nexcept ImportError:\n    A = 1\nB = 1\n", {"A": REQUIRED, "B": 1}),
        ("A = 0\ntry:\n    A = get('X')\nexcept RuntimeError:\n    A = 1\nB = 1\n", {"A": 1, "B": 1}),
        ("A = 0\nA = [][0]\nB = 1\n", {"A": CALL, "B": 1}),
        # Of two variables the one that must be set.
        ("A = get('X') + os.getenv('Y', 'y')\nB = 1\n", {"A": REQUIRED, "B": 1}),
        ("A = os.getenv('Y', 'y') + get('X')\nB = 1\n", {"A": REQUIRED, "B": 1}),
        ("A = get(os.getenv('Y', 'X'))\nB = 1\n", {"A": REQUIRED, "B": 1}),
    ],
)  # fmt: skip
def test_what_a_statement_writes_that_raises(text: str, expected: dict[str, object]) -> None:
    found = followed({"main.py": _GET + text})
    assert {name: found.get(name) for name in expected} == expected


def test_it_is_what_it_is_where_the_variable_is_set() -> None:
    text = "A = 'old'\nD = False\nif not D:\n    A = get('X')\n    B = 1\n"
    found = followed({"main.py": _GET + text}, {"X": "x"})
    assert (found["A"], found["B"]) == ("x", 1)


def test_it_depends_on_the_variable() -> None:
    assert depending({"main.py": _GET + "A = 'old'\nA = get('X')\nB = 1\n"}) == {"A": ["X"], "B": []}


def test_a_module_that_is_imported() -> None:
    found = followed({
        "main.py": "from base import *\nA = 'dev'\nfrom prod import *\n",
        "prod.py": _GET + "A = get('X')\nB = 1\n",
        "base.py": "A = 'base'\n",
    })  # fmt: skip
    assert (found["A"], found["B"]) == (REQUIRED, 1)


def test_a_class_of_settings() -> None:
    found = followed({"main.py": _GET + "class C:\n    A = 'old'\n    A = get('X')\n    B = 1\nA = C.A\nB = C.B\n"})
    assert (found["A"], found["B"]) == (REQUIRED, 1)


def test_a_function_is_left_where_it_raises() -> None:
    text = "def f():\n    global A\n    get('X')\n    A = 1\nA = 0\ntry:\n    f()\nexcept RuntimeError:\n    pass\n"
    assert followed({"main.py": _GET + text})["A"] == 0


@pytest.mark.parametrize(
    "text",
    [
        "import environ\nget = environ.Env()\n",
        "from decouple import config as get\n",
        "from environs import Env\nget = Env().str\n",
        "from everett.manager import ConfigManager\nget = ConfigManager.basic_config()\n",
    ],
)
def test_readers_of_the_environment(text: str) -> None:
    taken = text + "try:\n    A = get('X')\nexcept Exception:\n    A = 'd'\n"
    assert (followed({"main.py": taken})["A"], depending({"main.py": taken})["A"]) == ("d", ["X"])
    raised = text + "A = 'old'\ntry:\n    A = get('X')\nexcept Exception:\n    raise ValueError from None\nB = 1\n"
    assert followed({"main.py": raised}) == {"A": REQUIRED, "B": 1}
