"""Markdown: the summary of a pull request or a step of GitHub Actions.

Whatever comes from the target or its configuration stands in a code span, where no mention, link, HTML or table
syntax is read; prose of the checks is escaped. GitHub drops a step summary above 1,024 KiB whole: cut at 900 KiB.
"""

import re
from collections.abc import Callable, Iterator

from hardencheck.model.checklist import Checklist, Item, WaiverState
from hardencheck.model.finding import Verdict
from hardencheck.model.words import plural
from hardencheck.report import _view
from hardencheck.report._options import Options
from hardencheck.report._text import inline, paragraph, visible
from hardencheck.report.defaults import _rows as _settings

MAX_BYTES = 900 * 1024
_SHOWN = 20
_MARKS = {
    Verdict.FAIL: "✗",
    Verdict.ERROR: "‼",
    Verdict.UNKNOWN: "!",
    Verdict.MANUAL: "☐",
    Verdict.WAIVED: "◈",
    Verdict.PASS: "✓",
    Verdict.NOT_APPLICABLE: "–",
}
_CUT = "\n> The rest is left out: GitHub drops a summary above 1,024 KiB. The JSON and HTML reports hold everything.\n"


def render(checklist: Checklist, options: Options = Options()) -> str:  # noqa: B008 - immutable
    kept: list[str] = []
    size = 0
    for line in _lines(checklist, options):
        size += len(line.encode("utf-8", "backslashreplace")) + 1
        if size > MAX_BYTES - len(_CUT.encode()):
            return "\n".join(kept) + "\n" + _CUT
        kept.append(line)
    return "\n".join(kept) + "\n"


def code(text: str, limit: int = 400) -> str:
    """A code span that holds any text: the fence is longer than any run of backticks inside."""
    shown = visible(text, limit) or "(empty)"
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    edge = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{edge}{shown}{edge}{fence}"


_PUNCTUATION = re.compile(r"([\\`*_{}\[\]()<>#|~!&])")
# A comment inside breaks mentions, issue references and bare links without a trace on the page.
_ACTIVE = re.compile(r"(@|#|:(?=//)|\bwww(?=\.))")


def text(prose: str) -> str:
    """Prose of a check as Markdown: what stands in backticks is code, the rest shows exactly its characters."""
    parts = list(inline(paragraph(prose, 4_000)))
    escaped = "".join(
        # Two spans side by side would be one, with the backticks between them inside.
        f"{'<!-- -->' if before else ''}{code(part)}"
        if is_code
        else _ACTIVE.sub(r"\1<!-- -->", _PUNCTUATION.sub(r"\\\1", part))
        for (before, _), (is_code, part) in zip([(False, ""), *parts], parts, strict=False)
    )
    return re.sub(r"^(\d+)([.)])", r"\1\\\2", re.sub(r"^([-+=])", r"\\\1", escaped))


def _lines(checklist: Checklist, options: Options) -> Iterator[str]:
    banner = _view.banner(checklist)
    yield f"## hardencheck: {text(banner.title)}"
    yield ""
    yield f"**{text(banner.gate)}** · {text(_view.coverage(checklist))}"
    yield ""
    yield code(_view.scope(checklist), 600)
    yield ""
    numbers = _view.counts(checklist)
    yield "| " + " | ".join(f"{_MARKS[verdict]} {_view.WORDS[verdict]}" for verdict, _ in numbers) + " |"
    yield "|" + " ---: |" * len(numbers)
    yield "| " + " | ".join(str(count) for _, count in numbers) + " |"
    if banner.why:
        yield ""
        yield from (f"- {code(why)}" for why in banner.why[:_SHOWN])
        yield from _more(len(banner.why) - _SHOWN, "")
    order = _view.ranked(checklist)
    yield from _failed(checklist, [item for item in order if item.verdict is Verdict.FAIL], options)
    yield from _short("Not checked", [i for i in order if i.verdict in _view.OPEN], _view.reason_unknown)
    yield from _not_looked(checklist)
    half = [item for item in order if _view.half_checked(item)]
    yield from _short("Passed on one side; the other could not be looked at", half, _view.reason_unknown)
    yield from _waived(checklist)
    manual = [item for item in order if item.verdict is Verdict.MANUAL]
    yield from _short("For a person to answer", manual, lambda item: item.summary)
    for title, verdict in (("passed", Verdict.PASS), ("not applicable", Verdict.NOT_APPLICABLE)):
        rest = [item for item in order if item.verdict is verdict]
        if rest:
            yield ""
            yield f"<details><summary>{len(rest)} {title}</summary>"
            yield ""
            yield from (f"- {_MARKS[verdict]} {code(item.line.id)} {text(item.line.title)}" for item in rest)
            yield ""
            yield "</details>"
    yield from _defaults(checklist)
    yield from _exhibits(checklist)
    if checklist.notes:
        yield ""
        yield "### Notes"
        yield ""
        yield from (f"- {code(f'{note.topic}: {note.text}', 800)}" for note in checklist.notes)
    yield ""
    tool = checklist.tool
    config = f", configuration {code(tool.config_source)}" if tool.config_source else ""
    yield f"hardencheck {code(tool.version)}, ruleset {code(tool.ruleset[:12])}{config}, {code(checklist.started)}"


def _failed(checklist: Checklist, items: list[Item], options: Options) -> Iterator[str]:
    if not items:
        return
    yield ""
    yield "### Failed"
    for item in items:
        found = _view.failing(item)
        new = sum(finding.new is True for finding in found)
        marks = [str(item.line.severity), *(["low confidence"] if item.line.confidence == "low" else [])]
        marks += [item.drift] if item.drift else []
        marks += [f"{new} new"] if new else []
        yield ""
        yield f"#### {_MARKS[item.verdict]} {code(item.line.id)} · {' · '.join(map(text, marks))}"
        yield ""
        yield text(item.line.title)
        yield ""
        shown = found if options.verbose else found[:_SHOWN]
        for finding in shown:
            line = _view.repository_line(finding)
            see = f", see {code(str(line))}" if line is not None and line != finding.location else ""
            word = "**new** " if finding.new else ""
            yield f"- {word}{code(_view.place(finding) or '(target)')}: {code(finding.observed)}{see}"
        yield from _more(len(found) - len(shown), "")
        yield f"- expected: {text(item.line.expected)}"
        yield f"- fix: {text(item.line.fix)}"
        yield f"- undo: {text(item.line.rollback)}"
        yield from (f"- {code(waived.text)}" for waived in _view.waivers_of(checklist, item))
        if _view.undecided(item):
            yield f"- also not checked: {code(_view.reason_unknown(item))}"


def _short(title: str, items: list[Item], why: Callable[[Item], str]) -> Iterator[str]:
    if items:
        yield ""
        yield f"### {title}"
        yield ""
        yield from (f"- {_MARKS[item.verdict]} {code(item.line.id)}: {code(why(item))}" for item in items)


def _not_looked(checklist: Checklist) -> Iterator[str]:
    lines = [f"- {text(left.title)}; {code(left.hint)}" for left in _view.not_asked(checklist)]
    if checklist.skipped:
        reasons = ", ".join(f"{count:,} {code(reason)}" for reason, count in sorted(checklist.skipped.items()))
        lines.append(f"- files: {reasons}")
    for gap in _view.gap_groups(checklist.gaps):
        hint = f" ({text(gap.hint)})" if gap.hint else ""
        lines.append(f"- {text(gap.title)}: {plural(gap.number, 'place')}{hint}")
        lines += [f"  - {code(place)}" for place in gap.places]
        lines += _more(gap.number - len(gap.places), "  ")
    if lines:
        yield ""
        yield "### Not looked at"
        yield ""
        yield from lines


def _defaults(checklist: Checklist) -> Iterator[str]:
    """How many settings of each application are known; their table is a document of its own."""
    found = _settings.groups(checklist)
    if not found:
        return
    yield ""
    yield "### Production defaults"
    yield ""
    for group in found[:_SHOWN]:
        one = group.application
        yield f"- {code(one.application, 300)} ({code(_settings.product(one), 100)}): {_settings.summary(group.rows)}"
    yield from _more(len(found) - _SHOWN, "")
    yield f"- all of them: {code('hardencheck defaults')}"


def _exhibits(checklist: Checklist) -> Iterator[str]:
    from hardencheck.report import exhibits

    for exhibit in checklist.exhibits:
        yield ""
        yield f"### {text(exhibit.title)}"
        yield ""
        yield f"<details><summary>{exhibits.size(exhibit)}</summary>"
        yield ""
        yield from exhibits.as_markdown(exhibit, 4)
        yield ""
        yield "</details>"


def _waived(checklist: Checklist) -> Iterator[str]:
    if not checklist.waivers:
        return
    yield ""
    yield "### Accepted risks"
    yield ""
    for use in checklist.waivers:
        waiver = use.waiver
        mark = _MARKS[Verdict.WAIVED] if use.state is WaiverState.ACTIVE else "!"
        approved = f", approved by {code(waiver.approved_by)}" if waiver.approved_by else ""
        yield (
            f"- {mark} {code(waiver.check)} {code(waiver.scope)}: {code(_view.waiver_text(use))}{approved}, "
            f"{code(waiver.reason)}"
        )


def _more(count: int, indent: str) -> Iterator[str]:
    if count > 0:
        yield f"{indent}- {count:,} more"
