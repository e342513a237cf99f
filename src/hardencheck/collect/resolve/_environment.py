"""The environment that the deployment files of a repository give to its service."""

from collections.abc import Mapping
from typing import NamedTuple

from hardencheck.model.facts.settings import EnvironmentVariable
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location


class Given(NamedTuple):
    what: str
    value: str | None
    location: Location
    length: int = 0
    distinct: int = 0


Environment = Mapping[str, Given]


def environment(facts: FactSet, near: str = "") -> Environment:
    return {
        fact.name: Given(fact.what, fact.value, fact.location, fact.length, fact.distinct)
        for fact in facts.of("deployment.environment")
        if isinstance(fact, EnvironmentVariable)
    }
