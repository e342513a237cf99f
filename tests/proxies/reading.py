"""Routes from the texts of configuration files, through the real extractors."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from hardencheck.collect.extraction import extract_file
from hardencheck.collect.registry import collectors
from hardencheck.collect.resolve._proxies import routes
from hardencheck.collect.resolve._routes import Route
from hardencheck.model.gap import FactSet

_EXTRACTORS = [one for one in collectors().extractors if not one.apart and one.name != "secrets"]


def facts_of(files: Mapping[str, str]) -> FactSet:
    facts = FactSet()
    for path, text in files.items():
        data = text.encode()
        wanting = [one for one in _EXTRACTORS if one.wants(path, 0o100644, len(data))]
        facts = facts.plus(extract_file(wanting, path, 0o100644, data))
    return facts


def tree_of(files: Mapping[str, str]) -> Any:
    """As much of a tree as names of files."""
    return SimpleNamespace(entries=dict.fromkeys(files))


def routes_of(files: Mapping[str, str]) -> list[Route]:
    return routes(facts_of(files), tree_of(files))


def sent(route: Route, status: int = 200, *, upstream: bool = True) -> list[str]:
    """The changes of a response from behind (or of the proxy's own), "set name: value"; an unknown value is "?"."""
    return [
        f"{change.does} {change.name}: {'?' if change.doubt else change.value}"
        for change in route.headers
        if (change.upstream if upstream else change.own)
        and (change.statuses is None or status in change.statuses)
        and change.name not in {"server", "date"}
    ]
