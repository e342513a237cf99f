"""Markdown: the document to commit: a table for each application, and below it what a table has no room for.

Whatever comes from the target stands in code, where no mention, link, HTML or table syntax is read.
"""

from collections.abc import Iterator

from hardencheck.model.checklist import Checklist, Default
from hardencheck.report._options import Options
from hardencheck.report._text import visible
from hardencheck.report.defaults import _rows
from hardencheck.report.markdown import code, text

COLUMNS = ("Setting", "Value in production", "Set at", "Environment", "Framework default", "Expected", "Verdict",
           "Owner", "Why")  # fmt: skip


def render(checklist: Checklist, options: Options) -> str:
    return "\n".join(_lines(checklist)) + "\n"


def cell(value: str, limit: int = _rows.MAX_VALUE) -> str:
    """A value as code inside a table. A bar ends a cell even in a code span, so then HTML holds it, every sign of it
    that Markdown or HTML could read as a number."""
    if "|" not in value:
        return code(value, limit)
    shown = "".join(char if char.isalnum() else f"&#{ord(char)};" for char in visible(value, limit))
    return f"<code>{shown}</code>"


def prose(words: str) -> str:
    """Prose of a check inside a table; a bar in a code span would end the cell, so then nothing is code."""
    return text(words.replace("`", "") if "|" in words else words)


def _lines(checklist: Checklist) -> Iterator[str]:
    yield f"# {_rows.TITLE}"
    yield ""
    yield _rows.LEAD
    yield ""
    yield "Written by `hardencheck defaults --format markdown`; `--check FILE` says whether it is up to date."
    yield ""
    yield from (f"- {text(line)}" for line in _rows.LEGEND)
    for group in _rows.groups(checklist):
        one = group.application
        yield ""
        yield f"## {code(one.application, 300)}: {code(_rows.product(one), 100)}"
        yield ""
        if one.chosen:
            at = f": {', '.join(code(str(place)) for place in one.places[: _rows.MAX_PLACES])}" if one.places else ""
            yield f"Taken for production: {text(one.chosen)}{at}."
            yield ""
        yield f"{_rows.summary(group.rows)}."
        yield ""
        yield f"| {' | '.join(COLUMNS)} |"
        yield "|" + "---|" * len(COLUMNS)
        for row in group.rows:
            yield f"| {' | '.join(_cells(row))} |"
        yield from _chains(group.rows)
        yield from _unknown(group.rows)
        yield from _several(group.rows)
    if not checklist.defaults:
        yield ""
        yield "No application was found whose settings could be read."


def _cells(row: Default) -> Iterator[str]:
    worst = _rows.worst(row)
    yield cell(row.name)
    yield _value(row)
    at = _rows.set_at(row)
    yield "<br>".join((cell(at) if at else "not set", *map(_remark, _rows.remarks(row))))
    yield _environment(row)
    fallback = _rows.framework_default(row)
    what = "this" if row.source == "default" else cell(fallback.value) if fallback.value else ""
    yield f"{what} ({cell(fallback.of)})" if what else ""
    yield prose(worst.expected) if worst is not None else ""
    verdict = _rows.word(row.verdict)
    yield f"{f'**{verdict}**' if row.verdict == 'fail' else verdict}{f' {cell(worst.check)}' if worst else ''}"
    yield cell(worst.owner) if worst is not None else ""
    yield prose(_rows.first_sentence(worst.why)) if worst is not None else ""


def _remark(said: _rows.Said) -> str:
    return f"{cell(said.text)} at {cell(said.at)}" + (f" ({cell(said.check)})" if said.check else "")


def _value(row: Default) -> str:
    sure = _rows.certainty(row)
    if row.state == "unknown" and not row.value:
        return sure
    return f"{sure} {cell(row.value)}".lstrip()


def _environment(row: Default) -> str:
    said: list[str] = []
    for variable in map(_rows.dependence, row.depends_on[: _rows.MAX_PLACES]):
        if variable.other:
            said.append(f"{cell(variable.name)}: {variable.other}")
            continue
        cast = f" ({cell(variable.cast)})" if variable.cast else ""
        without = "must be set" if variable.required else f"{cell(variable.without)} unless set"
        given = ""
        if variable.given is not None:
            by = cell(variable.given_at) if variable.given_at else "the deployment"
            given = f"; {by} sets it to {cell(variable.given)}"
        if variable.unless:
            given += f", unless {cell(variable.unless)}, which is not in the repository, sets it otherwise"
        said.append(f"{cell(variable.name)}{cast}: {without}{given}")
    if len(row.depends_on) > _rows.MAX_PLACES:
        said.append(f"{len(row.depends_on) - _rows.MAX_PLACES} more")
    return "<br>".join(said)


def _chains(rows: tuple[Default, ...]) -> Iterator[str]:
    chained = [row for row in rows if row.chain]
    if chained:
        yield ""
        yield "### Overridden on the way"
        yield ""
    for row in chained:
        steps = [*row.chain[: _rows.MAX_PLACES], row.location]
        more = f" ({len(row.chain) - _rows.MAX_PLACES} more)" if len(row.chain) > _rows.MAX_PLACES else ""
        yield f"- {code(row.name)}: {', then '.join(code(str(step)) for step in steps)}{more}"


def _unknown(rows: tuple[Default, ...]) -> Iterator[str]:
    unknown = [row for row in rows if row.state == "unknown"]
    if unknown:
        yield ""
        yield "### Not known, and why"
        yield ""
    for row in unknown:
        at = _rows.set_at(row)
        where = f" at {code(at)}" if at else ""
        yield f"- {code(row.name)}: {code(_rows.unknown_because(row), _rows.MAX_VALUE)}{where}"


def _several(rows: tuple[Default, ...]) -> Iterator[str]:
    """What the checks beside the worst one say, where a setting has several."""
    several = [row for row in rows if len(row.judgements) > 1]
    if several:
        yield ""
        yield "### Judged by several checks"
        yield ""
    for row in several:
        said = ", ".join(f"{code(one.check)} {_rows.word(one.verdict)}" for one in row.judgements)
        yield f"- {code(row.name)}: {said}"
