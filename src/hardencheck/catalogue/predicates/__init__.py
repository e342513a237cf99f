"""Named pure predicates: what a comparison cannot say. Each is typed to one class of fact.

Write one only when giving the fact another field would be worse; at most a fifth of the checks may use them
(a test counts). To add one, put a function under `@predicate("name")` into a module of this package.
"""

import importlib
import pkgutil
import typing
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple, TypeVar

from hardencheck.model.facts import Fact

F = TypeVar("F", bound=Fact)


class Predicate(NamedTuple):
    """holds: whether a fact of class `fact` meets it. words: reads after "expected: ..."."""

    fact: type[Fact]
    holds: Callable[[Any], bool]
    words: str


_registered: dict[str, Predicate] = {}


def predicate(name: str) -> Callable[[Callable[[F], bool]], Callable[[F], bool]]:
    """Register a function under a name for `satisfies`. Its first docstring line is what reports say is expected."""

    def register(function: Callable[[F], bool]) -> Callable[[F], bool]:
        fact = next(iter(typing.get_type_hints(function).values()))
        words = (function.__doc__ or "").strip().partition("\n")[0].rstrip(".")
        if name in _registered or not words:
            raise TypeError(f"predicate {name!r} is registered twice or has no docstring")
        _registered[name] = Predicate(fact, function, words)
        return function

    return register


@cache
def _import_own() -> None:
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        importlib.import_module(module.name)


def predicates() -> dict[str, Predicate]:
    """All of them by name."""
    _import_own()
    return _registered
