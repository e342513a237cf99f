"""Text: a block for each setting, which fits 80 columns; colour only repeats what words say."""

from collections.abc import Iterator

from hardencheck.model.checklist import Checklist, Default
from hardencheck.model.finding import Verdict
from hardencheck.report._options import Options
from hardencheck.report._text import paragraph, visible
from hardencheck.report.defaults import _rows
from hardencheck.report.terminal import ASCII, Pen, cells

WIDTH = 80
_LABEL = 13
_QUIET = {Verdict.PASS, Verdict.NOT_APPLICABLE, None}


def render(checklist: Checklist, options: Options) -> str:
    """width 0 (a pipe, a file) is 80 columns. verbose: why and expected also of what passes."""
    pen = Pen(options._replace(width=max(40, min(options.width or WIDTH, 120))))
    lines = [pen.style("1", _rows.TITLE)]
    for group in _rows.groups(checklist):
        one = group.application
        lines += ["", *pen.block("", f"{visible(one.application, 300)} ({visible(_rows.product(one), 100)})", 0)]
        if one.chosen:
            lines += pen.block("production", visible(_rows.chosen(one), 1_000), 2, _LABEL)
        lines += pen.block("in all", _rows.summary(group.rows), 2, _LABEL)
        for row in group.rows:
            lines += ["", *_block(row, pen)]
    if not checklist.defaults:
        lines += ["", "No application was found whose settings could be read."]
    text = "".join(f"{line.rstrip()}\n" for line in lines)
    return text if options.unicode else text.translate(ASCII).encode("ascii", "backslashreplace").decode()


def _block(row: Default, pen: Pen) -> Iterator[str]:
    worst = _rows.worst(row)
    mark = pen.mark(row.verdict) if row.verdict is not None else " "
    name = visible(row.name, 100)
    head = pen.word(row.verdict, _rows.word(row.verdict)) if row.verdict is not None else _rows.NOT_JUDGED
    owner = f" · {visible(worst.owner, 60)}" if worst is not None else ""
    yield f"{mark} {pen.style('1', name)}{' ' * max(2, 42 - cells(name))}{head}{owner}"
    yield from pen.block("value", _value(row), 4, _LABEL)
    at = _rows.set_at(row)
    if at:
        over = f", over {_rows.places(row.chain)}" if row.chain else ""
        yield from pen.block("set at", visible(f"{at}{over}"), 4, _LABEL)
    for remark in _rows.remarks(row):
        yield from pen.block("beware", visible(remark.words, 500), 4, _LABEL)
    for variable in row.depends_on[: _rows.MAX_PLACES]:
        yield from pen.block("environment", _environment(_rows.dependence(variable)), 4, _LABEL)
    if len(row.depends_on) > _rows.MAX_PLACES:
        yield from pen.block("environment", f"{len(row.depends_on) - _rows.MAX_PLACES} more", 4, _LABEL)
    fallback = _rows.framework_default(row)
    if at and fallback.value:
        yield from pen.block("default", visible(f"{_cut(fallback.value)} ({fallback.of})"), 4, _LABEL)
    for judgement in row.judgements:
        if judgement.verdict in _QUIET and not pen.options.verbose:
            continue
        yield from pen.block("expected", paragraph(judgement.expected, 1_000), 4, _LABEL)
        if judgement is worst or pen.options.verbose:
            yield from pen.block("why", paragraph(_rows.first_sentence(judgement.why), 1_000), 4, _LABEL)
        yield from pen.block("check", f"{visible(judgement.check, 200)}: {visible(judgement.observed, 300)}", 4, _LABEL)
    quiet = [judgement for judgement in row.judgements if judgement.verdict in _QUIET]
    if quiet and not pen.options.verbose:
        said = ", ".join(f"{visible(one.check, 200)} ({_rows.word(one.verdict)})" for one in quiet[: _rows.MAX_PLACES])
        yield from pen.block("checks" if len(quiet) > 1 else "check", said, 4, _LABEL)


def _value(row: Default) -> str:
    sure = _rows.certainty(row)
    value = " ".join(part for part in (sure, _cut(row.value)) if part) or "(nothing)"
    if row.state == "unknown":
        return f"{value}: {visible(_rows.unknown_because(row), _rows.MAX_VALUE)}"
    return (
        f"{value}, the default of {visible(_rows.framework_default(row).of, 100)}" if row.source == "default" else value
    )


def _environment(variable: _rows.Dependence) -> str:
    if variable.other:
        return visible(f"{variable.name}: {variable.other}")
    cast = f" ({variable.cast})" if variable.cast else ""
    without = "must be set" if variable.required else f"{_cut(variable.without) or 'nothing'} unless set"
    given = ""
    if variable.given is not None:
        given = f"; {variable.given_at or 'the deployment'} sets it to {_cut(variable.given)}"
    if variable.unless:
        given += f", unless {variable.unless}, which is not in the repository, sets it otherwise"
    return visible(f"{variable.name}{cast}: {without}{given}")


def _cut(value: str) -> str:
    return visible(value, _rows.MAX_VALUE)
