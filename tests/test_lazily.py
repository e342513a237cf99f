"""Patterns compiled on first use: every one of them is a pattern, and the first use changes nothing."""

import importlib
import pkgutil
import re

import hardencheck.collect
from hardencheck.lazily import _Later, compiled


def test_every_pattern_compiles() -> None:
    found = 0
    for module in pkgutil.walk_packages(hardencheck.collect.__path__, "hardencheck.collect."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, _Later):
                assert value.pattern is not None, f"{module.name}.{name}"
                found += 1
    assert found > 100


def test_it_is_the_pattern() -> None:
    later, now = compiled(r"(?P<a>\d)x", re.IGNORECASE), re.compile(r"(?P<a>\d)x", re.IGNORECASE)
    for _ in range(2):
        assert [match["a"] for match in later.finditer("1X 2x")] == ["1", "2"]
        assert later.sub("-", "1X") == now.sub("-", "1X")
    assert (later.pattern, later.flags, later.groupindex) == (now.pattern, now.flags, now.groupindex)
