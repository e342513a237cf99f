"""One self-contained HTML file for the person who signs: no script, nothing fetched, readable on paper.

The style is inline and the policy of the page allows exactly its hash. Every value is made visible and escaped on its
way out of the template, so a template cannot forget it.
"""

import hashlib
import re
from base64 import b64encode
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from hardencheck._resources import data_root
from hardencheck.model.checklist import Checklist, Item
from hardencheck.model.finding import Finding, Verdict
from hardencheck.model.words import plural
from hardencheck.report import _view, exhibits, json
from hardencheck.report._options import Options
from hardencheck.report._text import inline, visible
from hardencheck.report.defaults import _rows as _settings

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

MAX_FINDINGS = 200  # of one line; the record holds all
MAX_REASONS = 12
MARKS = {
    Verdict.FAIL: "✗",
    Verdict.ERROR: "‼",
    Verdict.UNKNOWN: "?",
    Verdict.MANUAL: "☐",
    Verdict.WAIVED: "◈",
    Verdict.PASS: "✓",
    Verdict.NOT_APPLICABLE: "–",
}
_OPENED = {Verdict.FAIL, Verdict.ERROR}


class _Reason(NamedTuple):
    at: str
    text: str
    retry: bool


class _Row(NamedTuple):
    """One line as the page shows it. anchor: its fragment. result: this audit's answer in a few words."""

    item: Item
    anchor: str
    result: str
    findings: tuple[Finding, ...]
    more: int
    unknown: tuple[_Reason, ...]
    waivers: tuple[_view.Waived, ...]
    open: bool


class _Group(NamedTuple):
    title: str
    tally: str
    rows: tuple[_Row, ...]


class _Matrix(NamedTuple):
    title: str
    column: str
    rows: tuple[tuple[str, tuple[_Row, ...]], ...]


class _Segment(NamedTuple):
    verdict: Verdict
    x: str
    width: str


def render(checklist: Checklist, options: Options = Options()) -> str:  # noqa: B008 - immutable
    digest = hashlib.sha256(json.render(checklist).encode()).hexdigest()
    by_id = _rows(checklist)
    groups = tuple(_group(group, by_id) for group in _view.groups(checklist))
    rows = tuple(row for group in groups for row in group.rows)
    counts = _view.counts(checklist)
    return page(
        "report.html.j2",
        foot=_foot(digest),
        c=checklist,
        digest=digest,
        banner=_view.banner(checklist),
        coverage=_view.coverage(checklist),
        reasons=MAX_REASONS,
        counts=counts,
        bar=_bar(counts),
        bar_title=", ".join(f"{count} {_view.WORDS[verdict]}" for verdict, count in counts),
        method=_method(checklist),
        groups=groups,
        rows=rows,
        below=tuple(  # what fails, and not the gate
            row for row in rows if row.item.verdict is Verdict.FAIL and not _gates(checklist, row.item)
        ),
        unknown=tuple(row for row in rows if row.item.verdict in _view.OPEN),
        half=tuple(row for row in rows if row.item.verdict not in _view.OPEN and row.unknown),
        not_asked=tuple(_view.not_asked(checklist)),
        gaps=_view.gap_groups(checklist.gaps, 20),
        controls=tuple(_controls(rows)),
        command=_view.reproduce(checklist),
        marks=MARKS,
        words=_view.WORDS,
        open_verdicts=_view.OPEN,
        default_groups=_settings.groups(checklist),
        anchors={row.item.line.id: row.anchor for row in rows},
    )


def _gates(checklist: Checklist, item: Item) -> bool:
    """Whether a failing line is one that fails the gate, which names it as a reason."""
    return any(reason.startswith(f"{item.line.id} ") for reason in checklist.gate.reasons)


def page(template: str, *, foot: str = "", **values: object) -> str:
    """A page from a template, with the one stylesheet inline and its hash for the policy of the page.

    foot: rules of our own that are added to the stylesheet.
    """
    from markupsafe import Markup

    style = f"\n{_source('report.css')}{foot}"
    text = (
        _environment()
        .get_template(template)
        .render(
            style=Markup(style),  # noqa: S704 - our own file, and a digest in hex
            style_hash=Markup(b64encode(hashlib.sha256(style.encode()).digest()).decode()),  # noqa: S704 - base64
            **values,
        )
    )
    return text if text.endswith("\n") else f"{text}\n"


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    made = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        place=_view.place,
        plural=plural,
        prose=_prose,
        linkable=_linkable,
        d=_settings,
        x=exhibits,
        cut=_cut,
        breakable=_breakable,
    )
    return made


@cache
def _source(name: str) -> str:
    return (data_root("templates") / name).read_text(encoding="utf-8")


def _shown(value: object) -> object:
    """What a template prints: text and places are made visible; markup of our own passes."""
    if hasattr(value, "__html__") or isinstance(value, int):
        return value
    return visible(str(value))


def _foot(digest: str) -> str:
    """The record's digest and page numbers, for paper."""
    return (
        "@page { @bottom-left { content: 'record sha256:" + digest[:16] + "'; font: 8pt sans-serif; color: #444; } "
        "@bottom-right { content: counter(page) ' / ' counter(pages); font: 8pt sans-serif; color: #444; } }\n"
    )


def _prose(text: str) -> "Markup":
    """Paragraphs of a check, with what stands in backticks as code."""
    from markupsafe import Markup

    made = Markup()
    for block in re.split(r"\n[ \t]*\n", text.strip()[:20_000]):
        made += Markup("<p>{}</p>").format(
            Markup().join(
                Markup("<code>{}</code>").format(visible(part)) if is_code else visible(part)
                for is_code, part in inline(" ".join(block.split()))
            )
        )
    return made


def _cut(value: str) -> str:
    """A value of the target, as long as a table shows it."""
    return visible(value, _settings.MAX_VALUE)


def _breakable(name: str) -> "Markup":
    """A name that may go on in another line after an underscore."""
    from markupsafe import Markup

    return Markup("_<wbr>").join(_cut(name).split("_"))


def _linkable(reference: str) -> bool:
    return re.fullmatch(r"https?://[A-Za-z0-9._~:/?#@!$&()*+,;=%-]{1,500}", reference) is not None


def _rows(checklist: Checklist) -> dict[str, _Row]:
    rows: dict[str, _Row] = {}
    taken: set[str] = set()
    for item in checklist.items:
        slug = f"line-{re.sub(r'[^A-Za-z0-9._-]+', '-', item.line.id)[:100]}"
        anchor, number = slug, 2
        while anchor in taken:
            anchor, number = f"{slug}-{number}", number + 1
        taken.add(anchor)
        rows[item.line.id] = _row(checklist, item, anchor)
    return rows


def _row(checklist: Checklist, item: Item, anchor: str) -> _Row:
    order = {Verdict.FAIL: 0, Verdict.ERROR: 1, Verdict.UNKNOWN: 1, Verdict.WAIVED: 2}
    found = [
        *sorted((finding for finding in item.findings if finding.verdict in order), key=lambda one: order[one.verdict]),
        *_view.aside(item),
    ]
    unknown = dict.fromkeys(
        _Reason(_view.place(finding), finding.observed, finding.retry) for finding in _view.undecided(item)
    )
    if not unknown and item.verdict in _view.OPEN:
        unknown = {_Reason("", _view.reason_unknown(item), False): None}
    waivers = _view.waivers_of(checklist, item)
    result = item.summary
    if item.verdict is Verdict.WAIVED and waivers:
        result = "; ".join(waived.text for waived in waivers)
    elif item.verdict in _view.OPEN:
        result = _view.reason_unknown(item)
    return _Row(
        item=item,
        anchor=anchor,
        result=result,
        findings=tuple(found[:MAX_FINDINGS]),
        more=max(0, len(found) - MAX_FINDINGS),
        unknown=tuple(unknown)[:MAX_FINDINGS],
        waivers=waivers,
        open=item.verdict in _OPENED,
    )


def _group(group: _view.Group, rows: dict[str, _Row]) -> _Group:
    tally: dict[Verdict, int] = {}
    for item in group.items:
        tally[item.verdict] = tally.get(item.verdict, 0) + 1
    text = ", ".join(f"{tally[verdict]} {_view.WORDS[verdict]}" for verdict in _view.ORDER if verdict in tally)
    return _Group(group.title, text, tuple(rows[item.line.id] for item in group.items))


def _bar(counts: tuple[tuple[Verdict, int], ...]) -> tuple[_Segment, ...]:
    """Segments on a scale of 1,000, two units apart; a count that would vanish still gets four."""
    total = sum(count for _, count in counts)
    if not total:
        return ()
    room = 1000 - 2 * (len(counts) - 1)
    widths = [max(4.0, room * count / total) for _, count in counts]
    scale = room / sum(widths)
    segments: list[_Segment] = []
    x = 0.0
    for (verdict, _), width in zip(counts, widths, strict=True):
        segments.append(_Segment(verdict, f"{x:.1f}", f"{width * scale:.1f}"))
        x += width * scale + 2
    return tuple(segments)


def _method(checklist: Checklist) -> str:
    subject = checklist.subject
    parts: list[str] = []
    if subject.kind != "none":
        parts.append("The repository was read; nothing in it was imported or executed.")
    if subject.observed == "live":
        parts.append("The live service was observed over the network.")
    elif subject.observed != "not asked":
        parts.append("Saved HTTP exchanges were judged; no network was used.")
    if subject.kind != "none" and subject.observed != "not asked":
        parts.append("What is declared was held against what is served.")
    parts.append("A fact that could not be had is never counted as a pass.")
    return " ".join(parts)


def _controls(rows: tuple[_Row, ...]) -> list[_Matrix]:
    asvs: dict[str, list[_Row]] = {}
    cwe: dict[int, list[_Row]] = {}
    for row in rows:
        for requirement in row.item.line.controls.asvs:
            asvs.setdefault(requirement, []).append(row)
        for number in row.item.line.controls.cwe:
            cwe.setdefault(number, []).append(row)
    made: list[_Matrix] = []
    if asvs:
        order = sorted(asvs, key=lambda name: [(len(part), part) for part in name.split(".")])
        listed = tuple((name, tuple(asvs[name])) for name in order)
        made.append(_Matrix("OWASP ASVS 5.0", "Requirement", listed))
    if cwe:
        weaknesses = tuple((f"CWE-{number}", tuple(cwe[number])) for number in sorted(cwe))
        made.append(_Matrix("Common Weakness Enumeration", "Weakness", weaknesses))
    return made
