"""The checklist on a terminal: what failed first, with how to put it right; then what was not looked at.

Colour only repeats what a word and a shape already say. Written without a terminal library: importing one takes
longer than a warm scan may, and markup in file names is then never read.
"""

from collections.abc import Iterable, Iterator, Sequence
from unicodedata import east_asian_width

from hardencheck.model.checklist import Checklist, Gate, Item, WaiverState
from hardencheck.model.finding import Finding, Verdict
from hardencheck.model.words import plural
from hardencheck.report import _view
from hardencheck.report._options import Options
from hardencheck.report._text import paragraph, visible
from hardencheck.report.defaults import _rows as _settings

# shape, the same in ASCII, ANSI style
_MARKS = {
    Verdict.FAIL: ("✗", "[x]", "1;31"),
    Verdict.ERROR: ("‼", "[E]", "1;31"),
    Verdict.UNKNOWN: ("!", "[!]", "1;33"),
    Verdict.MANUAL: ("☐", "[ ]", "34"),
    Verdict.WAIVED: ("◈", "[w]", "36"),
    Verdict.PASS: ("✓", "[v]", "32"),
    Verdict.NOT_APPLICABLE: ("–", "[-]", "2"),
}
ASCII = str.maketrans({"·": "-", "…": "...", "–": "-", "→": "->", "’": "'", "“": '"', "”": '"', "≥": ">=", "≤": "<="})
_SHOWN = 5  # places of one line unless verbose
_REASONS = 10
_ID_WIDTH = 34
_FOLDED = (Verdict.PASS, Verdict.NOT_APPLICABLE)


def render(checklist: Checklist, options: Options = Options()) -> str:  # noqa: B008 - immutable
    pen = Pen(options)
    lines = [*_head(checklist, pen)]
    for group in _view.groups(checklist):
        lines += ["", pen.style("1", f" {group.title}")]
        lines += _group(checklist, group.items, pen)
    lines += ["", *_unlooked(checklist, pen), *_foot(checklist, pen)]
    text = "".join(f"{line.rstrip()}\n" for line in lines)
    return text if options.unicode else text.translate(ASCII).encode("ascii", "backslashreplace").decode()


class Pen:
    """Shapes, colours and wrapping as the stream allows."""

    def __init__(self, options: Options) -> None:
        self.options = options

    def style(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.options.color and text else text

    def mark(self, verdict: Verdict) -> str:
        shape, plain, code = _MARKS[verdict]
        return self.style(code, shape if self.options.unicode else plain)

    def word(self, verdict: Verdict, text: str) -> str:
        return self.style(_MARKS[verdict][2], text)

    def block(self, label: str, text: str, indent: int = 6, label_width: int = 10) -> Iterator[str]:
        """A label and prose beside it, wrapped to the width with a hanging indent."""
        pad = max(1, label_width - cells(label)) if label else 0
        lead = " " * indent + self.style("2", label) + " " * pad
        hang = " " * (indent + cells(label) + pad)
        room = self.options.width - len(hang)
        for number, line in enumerate(wrap(text, room) if self.options.width else [text]):
            yield f"{lead if number == 0 else hang}{line}"


def cells(text: str) -> int:
    """Columns a text takes in a terminal: wide East Asian characters take two."""
    return len(text) + sum(east_asian_width(char) in "WF" for char in text if char > "\u10ff")


def wrap(text: str, room: int) -> list[str]:
    """Words in lines of at most `room` cells. A longer word (a path, say) is never broken, so it can be copied."""
    lines: list[str] = []
    line, used = "", 0
    for word in text.split(" "):
        width = cells(word)
        if line and used + 1 + width > max(room, 20):
            lines.append(line)
            line, used = word, width
        else:
            line, used = (f"{line} {word}", used + 1 + width) if line else (word, width)
    return [*lines, line]


def _head(checklist: Checklist, pen: Pen) -> Iterator[str]:
    tool = checklist.tool
    config = f"config {visible(tool.config_source)}" if tool.config_source else "no configuration file"
    network = "" if checklist.subject.observed == "live" else " · no network"
    yield pen.style(
        "2", f"hardencheck {visible(tool.version)} · ruleset {visible(tool.ruleset[:12])} · {config}{network}"
    )
    yield visible(_view.scope(checklist))


def _group(checklist: Checklist, items: Sequence[Item], pen: Pen) -> Iterator[str]:
    width = min(_ID_WIDTH, max(cells(visible(item.line.id)) for item in items))
    folded = [item for item in items if item.verdict in _FOLDED and not pen.options.verbose]
    for item in items:
        if item not in folded:
            yield from _item(checklist, item, pen, width)
    passed = [item for item in folded if item.verdict is Verdict.PASS]
    if passed:
        half = sum(_view.half_checked(item) for item in passed)
        note = f", {half} of them on one side only: the other could not be looked at" if half else ""
        yield f"  {pen.mark(Verdict.PASS)} {pen.word(Verdict.PASS, f'{len(passed)} passed')}{note}"
    rest = len(folded) - len(passed)
    if rest:
        yield f"  {pen.mark(Verdict.NOT_APPLICABLE)} {rest} not applicable"


def _item(checklist: Checklist, item: Item, pen: Pen, width: int) -> Iterator[str]:
    name = visible(item.line.id)
    padded = name + " " * max(0, width - cells(name))
    severity = str(item.line.severity) + (" (low confidence)" if item.line.confidence == "low" else "")
    match item.verdict:
        case Verdict.FAIL:
            head, tail = f"FAIL {severity}", _fail_summary(item)
        case Verdict.UNKNOWN | Verdict.ERROR:
            head, tail = "NOT CHECKED", _view.reason_unknown(item)
        case Verdict.WAIVED:
            found = [waived.text for waived in _view.waivers_of(checklist, item)]
            head, tail = "", "; ".join(found) or f"waived; {item.summary}"
        case Verdict.MANUAL:
            head, tail = "", item.summary
        case Verdict.NOT_APPLICABLE:
            head, tail = "not applicable", item.summary
        case Verdict.PASS:
            head, tail = "pass", " · ".join(text for text in (_view.examined(item), item.summary) if text)
    label = pen.word(item.verdict, head)
    yield f"  {pen.mark(item.verdict)} {pen.style('1', padded)}  {label}{'  ' if head else ''}{visible(tail, 300)}"
    yield from pen.block("", visible(item.line.title, 300))
    if item.verdict is Verdict.FAIL:
        yield from _failures(checklist, item, pen)
    elif _view.half_checked(item):
        yield from pen.block("but", f"one side was not checked: {visible(_view.reason_unknown(item), 300)}")
    elif pen.options.verbose and item.verdict in {Verdict.UNKNOWN, Verdict.ERROR, Verdict.WAIVED}:
        yield from _places([f for f in item.findings if f.verdict is item.verdict], pen)
    if pen.options.verbose and (aside := _view.aside(item)):
        yield from pen.block("shown", "and not counted:")
        yield from _places(aside, pen)


def _fail_summary(item: Item) -> str:
    found = _view.failing(item)
    count = (
        f"{len(found)} of {item.examined:,} examined" if item.examined >= len(found) else plural(len(found), "place")
    )
    new = sum(finding.new is True for finding in found)
    news = f"{new} new" if new else "none new" if any(finding.new is False for finding in found) else ""
    return " · ".join(text for text in (item.drift, count, news) if text)


def _failures(checklist: Checklist, item: Item, pen: Pen) -> Iterator[str]:
    yield from _places(_view.failing(item), pen)
    yield from pen.block("expected", paragraph(item.line.expected))
    yield from pen.block("fix", paragraph(item.line.fix))
    yield from pen.block("undo", paragraph(item.line.rollback))
    for waived in _view.waivers_of(checklist, item):
        yield from pen.block("waiver", visible(waived.text))
    found = _view.undecided(item)
    if found:
        yield from pen.block("also", f"not checked: {visible(_view.reason_unknown(item), 300)}")


def _places(findings: Sequence[Finding], pen: Pen) -> Iterator[str]:
    shown = findings if pen.options.verbose else findings[:_SHOWN]
    at = [visible(_view.place(finding) or "(target)") for finding in shown]
    width = min(40, max((cells(text) for text in at), default=0))
    for finding, text in zip(shown, at, strict=True):
        new = "NEW " if finding.new else ""
        lead = f"      {text}{' ' * (width - cells(text))}  "
        yield f"{lead}{pen.style('1', new)}{visible(finding.observed, 300)}"
        line = _view.repository_line(finding)
        if line is not None and line != finding.location:
            yield f"        see {visible(str(line))}"
        if pen.options.verbose:
            yield from (f"        {visible(proof, 300)}" for proof in finding.evidence)
    if len(findings) > len(shown):
        yield pen.style("2", f"      {len(findings) - len(shown):,} more (-v lists them)")


def _unlooked(checklist: Checklist, pen: Pen) -> Iterator[str]:
    lines: list[str] = []
    for left in _view.not_asked(checklist):
        lines += pen.block("", f"{left.title}; {left.hint}", 2)
    if checklist.skipped:
        reasons = " · ".join(f"{count:,} {visible(reason)}" for reason, count in sorted(checklist.skipped.items()))
        lines += pen.block("", f"files: {reasons}", 2)
    for gap in _view.gap_groups(checklist.gaps, 1_000 if pen.options.verbose else 3):
        hint = f"; {gap.hint}" if gap.hint else ""
        lines += pen.block("", f"{gap.title}: {plural(gap.number, 'place')}{hint}", 2)
        lines += [f"      {visible(place, 300)}" for place in gap.places]
        if gap.number > len(gap.places):
            lines.append(pen.style("2", f"      {gap.number - len(gap.places):,} more (-v lists them)"))
    if lines:
        yield pen.style("1", " Not looked at")
        yield from lines
        yield ""


def _foot(checklist: Checklist, pen: Pen) -> Iterator[str]:
    unused = [use for use in checklist.waivers if use.state is not WaiverState.ACTIVE]
    notes = [
        *(f"waiver: {use.waiver.check} {use.waiver.scope}: {_view.waiver_text(use)}" for use in unused),
        *(f"{note.topic}: {note.text}" for note in checklist.notes),
    ]
    settings = _settings.tally(checklist.defaults)
    if checklist.defaults and (settings.unknown or pen.options.verbose):
        notes.append(f"settings: {settings.words}; see 'hardencheck defaults'")
    if checklist.exhibits:
        named = ", ".join(visible(exhibit.id, 100) for exhibit in checklist.exhibits)
        notes.append(f"layer by layer: {named}; see 'hardencheck explain ID --target PATH'")
    if notes:
        yield pen.style("1", " Notes")
        for note in notes:
            yield from pen.block("", visible(note, 600), 2)
        yield ""
    numbers = " · ".join(
        pen.word(verdict, f"{count} {_view.WORDS[verdict]}") for verdict, count in _view.counts(checklist)
    )
    seconds = f"   {checklist.seconds:.1f} s" if checklist.seconds else ""
    yield f" {plural(len(checklist.items), 'line')}: {numbers}{seconds}"
    yield from _gate(checklist, pen)
    steps = _view.next_steps(checklist)
    if steps:
        yield from (f" {'Next:' if number == 0 else '     '} {visible(step)}" for number, step in enumerate(steps))


def _below(gate: Gate) -> str:
    if gate.fail_on == "never":
        return "no drift, or not new"
    return f"below {gate.fail_on}, low confidence{', no drift' if gate.drift else ''} or not new"


def _gate(checklist: Checklist, pen: Pen) -> Iterable[str]:
    gate = checklist.gate
    word = {0: "GATE PASSED", 1: "GATE FAILED", 3: "GATE INCOMPLETE"}.get(gate.exit_code, "GATE NOT PASSED")
    limit = f"fail-on {gate.fail_on}"
    if gate.drift:
        limit = "fail-on drift" if gate.fail_on == "never" else f"{limit} and drift"
    style = "1;32" if gate.exit_code == 0 else "1;31"
    failed = checklist.count(Verdict.FAIL)
    below = ""
    if gate.exit_code == 0 and failed:
        why = "the gate is off" if gate.fail_on == "never" and not gate.drift else _below(gate)
        below = f"; {plural(failed, 'line')} {'fails' if failed == 1 else 'fail'}: {why}"
    yield f" {pen.style(style, word)} (exit {gate.exit_code}; {limit}{', strict' if gate.strict else ''}){below}"
    shown = gate.reasons if pen.options.verbose else gate.reasons[:_REASONS]
    yield from (f"   {visible(reason, 300)}" for reason in shown)
    if len(gate.reasons) > len(shown):
        yield f"   {len(gate.reasons) - len(shown)} more (-v lists them)"
