"""Running the examples of a check through the real collectors: for our tests, and for authors of checks."""

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from hardencheck.collect.exchange import Exchange
from hardencheck.collect.live.run import state
from hardencheck.collect.options import Options
from hardencheck.collect.registry import collectors
from hardencheck.collect.run import collect
from hardencheck.collect.source.git import environment
from hardencheck.errors import CatalogueError, NothingExamined
from hardencheck.judge.settle import Policy, settle
from hardencheck.model.check import Check, Example
from hardencheck.model.checklist import Item
from hardencheck.model.facts import Side
from hardencheck.model.gap import FactSet
from hardencheck.model.target import Target


def run_example(check: Check, example: Example, policy: Policy, *, plugins: tuple[str, ...] = ()) -> Item:
    """The line a check comes to on one of its examples: files in a real repository, responses as exchanges.

    Raises CatalogueError for an example that gives neither.
    """
    if not (example.files or example.links or example.response or example.responses):
        raise CatalogueError(f"{check.id}: the example {example.name!r} gives neither files nor a response")
    facts = FactSet(looked=())
    looked: list[Side] = []
    if example.files or example.links:
        looked.append(Side.DECLARED)
        with tempfile.TemporaryDirectory() as directory:
            materialise(example, Path(directory))
            try:
                facts = collect(Target(repository=directory), Options(jobs=0, plugins=plugins)).facts
            except NothingExamined:
                facts = FactSet()
    responses = (*((example.response,) if example.response else ()), *example.responses)
    if responses:
        looked.append(Side.OBSERVED)
        facts = facts.plus(state(collectors(plugins).observers, tuple(exchange(table) for table in responses)))
    facts = msgspec.structs.replace(facts, looked=tuple(looked))
    (item,) = settle((check,), facts, policy).items
    return item


def materialise(example: Example, root: Path) -> None:
    """Write the files of an example: into a git repository, or a plain directory when a mode is a real one."""
    live = any(len(mode) < 6 for mode in example.modes.values())
    for path, text in example.files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text if isinstance(text, str) else "".join(text), encoding="utf-8")
        file.chmod(0o644)
    for path, target in example.links.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).symlink_to(target)
    for path, mode in example.modes.items():
        (root / path).chmod(int(mode, 8) & 0o7777)
    if live:
        return
    _git(root, "init", "--quiet")
    tracked = [path for path in (*example.files, *example.links) if path not in example.untracked]
    if tracked:
        _git(root, "add", "--force", "--", *tracked)


def _git(root: Path, *arguments: str) -> None:
    subprocess.run(  # noqa: S603
        ["git", "-C", os.fspath(root), "-c", "core.hooksPath=/dev/null", *arguments],  # noqa: S607
        env=environment(),
        check=True,
        capture_output=True,
    )


def exchange(table: Mapping[str, Any]) -> Exchange:
    """An exchange from the table of an example: url, method, status, headers, body, purpose, tls; all optional.

    A header or body given as a list is a repeated field, or a text joined (a fake secret, say).
    Raises msgspec.ValidationError for anything else.
    """
    fields = dict(table)
    for key in ("headers", "request_headers"):
        pairs: list[tuple[str, str]] = []
        for name, value in dict(fields.get(key, {})).items():
            pairs.extend((name, item) for item in (value if isinstance(value, list) else [value]))
        fields[key] = tuple(pairs)
    body = fields.pop("body", "")
    text = body if isinstance(body, str) else "".join(body)
    unknown = set(fields) - set(Exchange.__struct_fields__)
    if unknown:
        raise CatalogueError(f"an example response has no field {sorted(unknown)[0]!r}")
    made = msgspec.convert({"url": "https://service.example/", "status": 200, **fields}, Exchange)
    return msgspec.structs.replace(made, body=text.encode())
