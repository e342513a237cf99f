"""Predictions from the texts of a repository's files, through the real collectors."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest import mock

from hardencheck.collect.options import Options
from hardencheck.collect.resolve import _predicted
from hardencheck.collect.resolve._predicted import Predicted
from hardencheck.collect.run import collect
from hardencheck.model.gap import FactSet
from hardencheck.model.target import Target

KINDS = frozenset(
    {"header.declared", "exhibit", "cors.pattern", "cors.policy", "header.opening", "header.stripped", "cookie.in-code"}
)


def collected(root: Path, files: Mapping[str, str]) -> tuple[list[Predicted], FactSet]:
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    seen: list[Predicted] = []
    really = _predicted.predicted

    def remembered(*given: Any) -> list[Predicted]:
        seen.extend(really(*given))
        return seen

    with mock.patch.object(_predicted, "predicted", remembered):
        facts = collect(Target(repository=str(root)), Options(jobs=0, kinds=KINDS)).facts
    return seen, facts


def headers(root: Path, files: Mapping[str, str], status: int = 200) -> dict[str, str | None]:
    """Name -> values of the one application: "?" before one that is perhaps not there, None for one not known."""
    [one], _ = collected(root, files)
    found: dict[str, str | None] = {}
    for field in one.answers[status].fields:
        text = None if field.value is None else f"?{field.value}" if field.perhaps else field.value
        before = found.get(field.name)
        found[field.name] = f"{before} | {text}" if before is not None else text
    for name, _ in one.answers[status].doubts:
        found.setdefault(name or "*", None)
    return found
