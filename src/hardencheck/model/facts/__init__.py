"""Facts: what collectors found out, one module of types per area, discovered rather than listed."""

import importlib
import pkgutil
from functools import cache

from hardencheck.model.facts._base import Fact, Scalar, Side, Value

__all__ = ["Fact", "Scalar", "Side", "Value", "fact_types"]


@cache
def _import_own() -> None:
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        importlib.import_module(module.name)


def fact_types() -> dict[str, type[Fact]]:
    """Every concrete fact class by its kind, those of imported plugins too.

    Raises TypeError when two classes claim one kind: the cache could not tell their facts apart.
    """
    _import_own()
    found: dict[str, type[Fact]] = {}
    waiting = list(Fact.__subclasses__())
    while waiting:
        cls = waiting.pop()
        waiting.extend(cls.__subclasses__())
        if cls.__subclasses__() and "side" not in cls.__dict__:
            continue  # a shared base, not a kind of its own
        if found.setdefault(cls.kind(), cls) is not cls:
            raise TypeError(f"two fact classes claim the kind {cls.kind()!r}")
    return dict(sorted(found.items()))
