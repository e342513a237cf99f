"""A committed document held against the one that holds today: what changed, in words where the format allows it."""

import re
from collections.abc import Iterator
from difflib import unified_diff
from itertools import islice
from typing import NamedTuple

import msgspec

from hardencheck.model.words import plural
from hardencheck.report._text import visible
from hardencheck.report.defaults.markdown import COLUMNS

MAX_LINES = 200
_LIMIT = 300  # characters of a line that are shown
_MAX_BAD = 20_000  # lines compared by difflib: it takes quadratic time where nothing is equal
_KEYS = ("framework", "application", "name")
_CELL = re.compile(r"(?<!\\)\|")

Rows = dict[tuple[str, str], dict[str, str]]


class Difference(NamedTuple):
    """lines: what to show, harmless on a terminal. summary: "2 settings changed, 1 is new"."""

    lines: tuple[str, ...]
    summary: str


def normal(text: str) -> str:
    """A document without what an editor or git may have done to it: byte order mark, line ends, newlines at the end."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(lines).rstrip("\n") + "\n"


def difference(fmt: str, committed: str, current: str) -> Difference | None:
    """What is different; None for nothing."""
    old, new = normal(committed), normal(current)
    if old == new:
        return None
    read = {"markdown": _of_markdown, "json": _of_json}.get(fmt)
    before, after = (read(old), read(new)) if read is not None else (None, None)
    rest = unified_diff(old.split("\n"), new.split("\n"), "committed", "current", n=1, lineterm="")
    if not before or not after:
        lines, summary = list(_bounded(rest, old, new)), "its text is not that of today"
        return Difference(_cut(lines), summary)
    lines = list(_changes(before, after))
    gone, come = len(before.keys() - after.keys()), len(after.keys() - before.keys())
    changed = sum(before[key] != after[key] for key in before.keys() & after.keys())
    said = [
        f"{plural(count, 'setting')} {word}"
        for count, word in ((changed, "changed"), (come, "new"), (gone, "gone"))
        if count
    ]
    if fmt == "markdown":
        left, right = ([line for line in text.split("\n") if not line.startswith("| ")] for text in (old, new))
        if left != right:
            said.append("text outside the tables")
            lines += _bounded(unified_diff(left, right, "committed", "current", n=0, lineterm=""), old, new)
    elif not said:
        lines += _bounded(rest, old, new)
    return Difference(_cut(lines), ", ".join(said) or "its layout")


def _bounded(diff: Iterator[str], old: str, new: str) -> Iterator[str]:
    """Lines of a diff; of texts with too many lines, only that they differ."""
    if old.count("\n") + new.count("\n") > _MAX_BAD:
        yield "(too many lines to be compared one by one)"
        return
    yield from (line for line in islice(diff, 10 * MAX_LINES) if not line.startswith("@@"))


def _cut(lines: list[str]) -> tuple[str, ...]:
    shown = tuple(visible(line, _LIMIT) for line in lines[:MAX_LINES])
    return (*shown, f"({len(lines) - MAX_LINES} more lines)") if len(lines) > MAX_LINES else shown


def _changes(before: Rows, after: Rows) -> Iterator[str]:
    for key in sorted(before.keys() | after.keys()):
        head = f"{key[1]} ({key[0]})"
        if key not in after:
            yield f"- {head}: no longer there"
        elif key not in before:
            yield f"+ {head}: new"
            yield from (f"    {name}: {value}" for name, value in after[key].items() if value)
        elif before[key] != after[key]:
            yield f"~ {head}"
            fields = dict.fromkeys((*before[key], *after[key]))
            for name in fields:
                old, new = before[key].get(name, ""), after[key].get(name, "")
                if old != new:
                    yield from _field(name, old, new)


def _field(name: str, old: str, new: str) -> Iterator[str]:
    """One field that changed; of long ones only what is around the difference."""
    if max(len(old), len(new)) > 120:
        same = next((at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), 0)
        start = max(0, same - 30)
        old, new = (f"{'…' if start else ''}{text[start : start + 120]}" for text in (old, new))
    yield f"    {name}: {old or '(empty)'}  ->  {new or '(empty)'}"


def _of_markdown(text: str) -> Rows | None:
    """The rows of the tables by (application, setting); None where there are none."""
    rows: Rows = {}
    heading = ""
    for line in text.split("\n"):
        if line.startswith("## "):
            heading = line[3:].replace("`", "")
        elif line.startswith("| "):
            cells = [cell.strip() for cell in _CELL.split(line)[1:-1]]
            if len(cells) == len(COLUMNS) and cells[0] != COLUMNS[0]:
                rows[heading, cells[0].strip("`")] = dict(zip(COLUMNS[1:], cells[1:], strict=True))
    return rows or None


def _of_json(text: str) -> Rows | None:
    """The rows of a document in JSON; None for one that cannot be read."""
    try:
        made = msgspec.json.decode(text, type=dict[str, object])
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None
    settings = made.get("settings")
    if not isinstance(settings, list):
        return None
    rows: Rows = {}
    for one in settings:
        if isinstance(one, dict):
            framework, application, name = (str(one.get(key, "")) for key in _KEYS)
            rows[f"{application}: {framework}", name] = dict(_flat(one))
    return rows or None


def _flat(row: dict[str, object]) -> Iterator[tuple[str, str]]:
    for name, value in row.items():
        if name not in _KEYS:
            yield name, value if isinstance(value, str) else msgspec.json.encode(value).decode()
