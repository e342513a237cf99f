"""Code for a newer Python is read by any Python that runs this, with the lines it has."""

import ast
import time

import pytest

from hardencheck.collect.contract import Unreadable
from hardencheck.collect.extract._grammar import downgraded
from hardencheck.collect.extract._python import parse, role


def _calls(text: str) -> list[tuple[str, int]]:
    return [(ast.unparse(call.func), call.lineno) for call in parse(text.encode()).calls]


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    one()\nexcept A, B:\n    two()\n",
        "try:\n    one()\nexcept* A, B.c:\n    two()\n",
        "try: one()\nexcept a[0, 1], (B, C): # except D, E:\n    two()\n",
        "def f[T](x: T) -> T:\n    one()\n\n    two()\n",
        "class C[T: (int, str) = int](Base):\n    a = one()\n    b = '''\n'''\n    two()\n",
        "type Pair[T] = tuple[T, T]\none()\n\nx = 1; type Y = int\ntwo()\n",
        "async def f[\n    T,\n    *Ts,  # several lines\n](x: T) -> T:\n    one()\n    two()\n",
        "x = t'{one()} text'\n\ntwo()\n",
    ],
)
def test_newer_grammar_is_read_and_lines_keep_their_numbers(text: str) -> None:
    expected = [
        (name, number)
        for number, line in enumerate(text.splitlines(), start=1)
        for name in ("one", "two")
        if f"{name}()" in line
    ]
    assert _calls(text) == expected


@pytest.mark.parametrize(
    "text",
    ["type = 1\ntype (x)\n", "s = 'except A, B:'\n", "try:\n    pass\nexcept (A, B) as e:\n    pass\n", "x[0]\n", ""],
)
def test_nothing_is_changed_that_is_not_newer(text: str) -> None:
    assert downgraded(text.encode()) is None


@pytest.mark.parametrize("data", [b"def (:\n", b"except A, B:\n", b"def f[", b"\xff\xfe", b"type X = =\n", b"'''"])
def test_what_stays_broken_says_so_with_the_first_complaint(data: bytes) -> None:
    with pytest.raises(Unreadable, match="not the syntax of Python"):
        parse(data)


def test_a_great_many_brackets_take_no_longer_than_they_should() -> None:
    data = ("def f[" * 20_000 + "]" * 20_000).encode()
    begun = time.monotonic()
    downgraded(data)
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("docker/docker-compose.dev.yml", "development"),
        ("docker-compose.yml", "production"),
        ("Vagrantfile", "development"),
        ("Dockerfile.dev", "development"),
        (".devcontainer/docker-compose.yml", "development"),
        ("conf/settings.test.json", "test"),
        ("service/debug.py", "development"),
        ("app/config.py", "production"),
        ("settings/ci.py", "test"),
        ("builds/ci.py", "production"),
        (".env", "production"),
        (".env.production", "production"),
        (".env.test", "test"),
        ("sentry/sentry.conf.example.py", "example"),
        ("app/example.py", "production"),
        ("ci/base.env", "test"),
        ("scripts/test-environments/sso/configuration.yml", "test"),
        ("deploy/shop.service", "production"),
    ],
)
def test_the_role_of_a_file_by_any_part_of_its_name(path: str, expected: str) -> None:
    assert role(path) == expected
