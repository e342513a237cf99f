"""What is said of a value that is not known: the expression that stopped it, and where that is."""

from collections.abc import Mapping

import pytest

from hardencheck.collect.interpret.interpreter import Interpreter
from hardencheck.collect.interpret.run import Source
from hardencheck.collect.resolve._rows import place_of, shown

CASES: Mapping[str, tuple[str, str]] = {
    "an expression of it": (
        "x = vault.read('a')\n\nX = f'{x}:8000'\n",
        "value comes from vault.read('…') at main.py:1",
    ),
    "an operand": ("x = vault.read('a')\n\nX = 1 + x\n", "value comes from vault.read('…') at main.py:1"),
    "not of it": ("x = vault.read('a')\n\nX = not x\n", "value comes from vault.read('…') at main.py:1"),
    "what is no plain value": ("import os, theme\nX = os.path.dirname(theme.__file__)\n",
                               "value comes from os.path.dirname(theme.__file__) at main.py:2"),
    "several values": (
        "import os, a\nif a.b():\n    x = 'a'\nelse:\n    x = 'b'\nX = os.path.join(x, 'c')\n",
        "depends on a condition that is not known: os.path.join(x, '…') may be one of several values at main.py:6",
    ),
    "items": ("import a\nX = [1]\nX += a.b()\n", "value comes from items that are not known at main.py:3"),
    "a variable": ("import os\nX = os.environ['NAME']\n",
                   "the environment variable NAME must be set, and is read at main.py:2"),
    "steps, in another module": (
        "X = 1\nimport helper\n", "more steps than are followed at helper.py:3",
    ),
}  # fmt: skip
HELPER = "for i in range(4000):\n    for j in range(4000):\n        k = i + j\n"


@pytest.mark.parametrize("name", CASES)
def test_the_reason_names_the_expression_and_its_line(name: str) -> None:
    text, expected = CASES[name]
    source = Source(
        lambda path: (text if path == "main.py" else HELPER).encode(),
        lambda module, near: "helper.py" if module == "helper" else None,
        lambda module, near: module == "helper",
    )
    binding = Interpreter(source).module("main.py").namespace.get("X")
    assert binding is not None
    assert shown(binding.value, "X", place_of(binding.path, binding.line)).text == expected


def worth_of(text: str) -> dict[str, str]:
    """State of X and Y of main.py."""
    source = Source(lambda path: text.encode(), lambda module, near: None, lambda module, near: False)
    names = Interpreter(source).module("main.py").namespace
    found = {name: names.get(name) for name in ("X", "Y")}
    return {name: shown(one.value, name).state for name, one in found.items() if one is not None}


@pytest.mark.parametrize(("functions", "y"), [(300, "known"), (1_200, "unknown")])
def test_functions_that_call_each_other_are_looked_into(functions: int, y: str) -> None:
    """Whatever is handed over may be called; beyond what is looked into nothing is known any more."""
    chain = "".join(f"def f{n}():\n    f{n + 1}()\n" for n in range(functions))
    last = f"def f{functions}():\n    global X\n    X = 2\n"
    assert worth_of(f"import lib\nX = Y = 1\n{chain}{last}lib.call(f0)\n") == {"X": "unknown", "Y": y}


def test_what_holds_itself_is_looked_at_once() -> None:
    text = (
        "import lib\nX = 1\nclass A:\n    def set(self):\n        global X\n        X = 2\n"
        "A.me = lib.wrap(A)\nA.other = lib.wrap(A.me, A)\nlib.call(A)\nY = 1\n"
    )
    assert worth_of(text) == {"X": "unknown", "Y": "known"}
