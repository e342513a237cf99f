"""What is said of a value that is not known: the expression that stopped it, and where that is."""

from collections.abc import Mapping

import pytest

from hardencheck.collect.interpret.interpreter import Interpreter, Source
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
