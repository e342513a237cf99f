"""The tables of the models of libraries, as a whole."""

import pkgutil
from importlib import import_module

from hardencheck.collect.interpret import models
from hardencheck.collect.interpret.modelling import TABLES


def test_every_module_is_listed() -> None:
    there = {module.name for module in pkgutil.iter_modules(models.__path__)}
    assert {name for name in there if not name.startswith("_")} == set(models.MODULES) - {"_places"}


def test_one_name_has_one_model() -> None:
    owners: dict[tuple[str, str], str] = {}
    for name in models.MODULES:
        module = import_module(f"{models.__name__}.{name}")
        for table in TABLES:
            for key in getattr(module, table, ()):
                assert owners.setdefault((table, key), name) == name, (
                    f"{table}[{key!r}]: {owners[table, key]} and {name}"
                )
    assert len(owners) > 500


def test_every_table_is_described() -> None:
    words = set((models.__doc__ or "").replace(":", " ").replace(",", " ").split())
    assert set(TABLES) <= words
