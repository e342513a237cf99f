"""GitHub annotations: workflow commands that a runner turns into notes beside the changed lines.

A step shows ten errors, ten warnings and ten notices; the tenth here says how many more there are.
Source: GitHub documentation, "Workflow commands for GitHub Actions".
"""

from collections.abc import Iterator
from typing import NamedTuple

from hardencheck.model.check import Confidence, Severity
from hardencheck.model.checklist import Checklist, Item
from hardencheck.model.finding import Finding, Verdict
from hardencheck.model.location import Location
from hardencheck.model.words import plural
from hardencheck.report import _view
from hardencheck.report._options import Options
from hardencheck.report._text import paragraph, visible

PER_LEVEL = 9
_LEVELS = ("error", "warning", "notice")
_LEVEL = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
}


class _Note(NamedTuple):
    level: str
    title: str
    message: str
    path: str = ""
    line: int | None = None
    end: int | None = None
    column: int | None = None


def render(checklist: Checklist, options: Options = Options()) -> str:  # noqa: B008 - immutable
    notes = list(_notes(checklist))
    lines: list[str] = []
    for level in _LEVELS:
        of_level = [note for note in notes if note.level == level]
        shown = of_level if len(of_level) <= PER_LEVEL + 1 else of_level[:PER_LEVEL]
        lines += [_command(note) for note in shown]
        if len(of_level) > len(shown):
            more = f"{len(of_level) - len(shown)} more: see the summary of this step"
            lines.append(_command(_Note(level, "hardencheck", more)))
    numbers = ", ".join(f"{count} {_view.WORDS[verdict]}" for verdict, count in _view.counts(checklist))
    lines.append(f"hardencheck: {_view.banner(checklist).gate}; {plural(len(checklist.items), 'line')}: {numbers}")
    return "\n".join(visible(line, 20_000) for line in lines) + "\n"


def _notes(checklist: Checklist) -> Iterator[_Note]:
    order = _view.ranked(checklist)
    for item in order:
        if item.verdict is Verdict.FAIL:
            # What the base revision already has is not news in a pull request.
            for finding in sorted(_view.failing(item), key=lambda finding: finding.new is False):
                yield _failed(item, finding)
    for item in order:
        found = _view.undecided(item)
        if item.verdict in _view.OPEN or any(finding.trouble for finding in found):
            level = "warning" if any(finding.trouble for finding in found) else "notice"
            at = next((finding.location for finding in found if finding.location.path), Location())
            reason = _view.reason_unknown(item)
            yield _Note(level, f"{item.line.id}: not checked", reason, at.path or "", at.line, at.end_line, at.column)


def _failed(item: Item, finding: Finding) -> _Note:
    low = item.line.confidence is Confidence.LOW or finding.new is False
    level = "notice" if low else _LEVEL[item.line.severity]
    at = _view.repository_line(finding)
    where = "" if at == finding.location else f"{_view.place(finding) or '(target)'}: "
    drift = f"{item.drift}. " if item.drift else ""
    known = "Not new. " if finding.new is False else ""
    message = "\n".join(
        (
            visible(f"{known}{drift}{where}{finding.observed}", 1_000),
            f"Expected: {paragraph(item.line.expected, 1_000)}",
            f"Fix: {paragraph(item.line.fix, 1_000)}",
        )
    )
    title = f"{item.line.id} ({item.line.severity}): {item.line.title}"
    if at is None or at.path is None:
        return _Note(level, title, message)
    return _Note(level, title, message, at.path, at.line, at.end_line, at.column)


def _command(note: _Note) -> str:
    fields = {"file": note.path, "line": note.line, "endLine": note.end, "col": note.column, "title": note.title}
    properties = ",".join(f"{key}={escape_property(str(value))}" for key, value in fields.items() if value)
    return f"::{note.level} {properties}::{escape_data(note.message)}"


def escape_data(text: str) -> str:
    """The message of a workflow command. Line breaks of the target were spelled out before; ours become %0A."""
    lines = (visible(line) for line in text.split("\n"))
    return "%0A".join(line.replace("%", "%25").replace("\r", "%0D") for line in lines)


def escape_property(text: str) -> str:
    """A property of a workflow command: ":" and "," end one, so they are escaped too."""
    return visible(text, 400).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
