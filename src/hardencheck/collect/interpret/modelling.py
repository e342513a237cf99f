"""How a model of a library is asked: the tables of `models/`, found by dotted name or kind of object."""

import ast
from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple

from hardencheck.collect.interpret.frames import Frame
from hardencheck.collect.interpret.run import Run
from hardencheck.collect.interpret.values import Value


class Call(NamedTuple):
    """One use of something outside the repository. node, frame: where; owner: the object or class, if there is one."""

    interpreter: Run
    name: str
    arguments: list[Value]
    keywords: dict[str, Value]
    node: ast.AST
    frame: Frame
    owner: Value | None = None


Model = Callable[[Call], Value | None]
TABLES = (
    "CALLS", "BASES", "METHODS", "OBJECTS", "ITEMS", "ATTRIBUTES", "SETTERS", "MANAGERS", "OPERATORS", "TEXTS",
    "COMPARE", "MEMBERS", "STORES", "SPOILS", "PARTLY", "CONTAINS", "CONSTANTS", "SUPERS", "DECORATES", "DELETES",
)  # fmt: skip
_MODELS = "hardencheck.collect.interpret.models"


class _Models:
    """They are imported when the first one is asked for: models are functions of what is defined above this module."""

    def __init__(self) -> None:
        self._tables: dict[str, dict[str, Model]] = {}

    def find(self, table: str, name: str) -> Model | None:
        if not self._tables:
            self._tables = {one: {} for one in TABLES}
            for module in import_module(_MODELS).MODULES:
                found = import_module(f"{_MODELS}.{module}")
                for one in TABLES:
                    self._tables[one].update(getattr(found, one, {}))
        return self._tables[table].get(name)


find = _Models().find


def modelled(table: str, name: str, call: Call) -> Value | None:
    """What the model says, if there is one."""
    model = find(table, name)
    return model(call) if model is not None else None
