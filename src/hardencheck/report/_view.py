"""What every report shows, worked out once: groups, counts, the headline, what was not looked at."""

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hardencheck.judge.settle import in_scope
from hardencheck.model.checklist import ACTIVE, PROBED, TRUSTED, Checklist, Item, WaiverState, WaiverUse
from hardencheck.model.facts import Side
from hardencheck.model.finding import SET_ASIDE, Finding, Verdict
from hardencheck.model.gap import Gap
from hardencheck.model.location import Location
from hardencheck.model.words import plural

AREAS = {
    "permissions": "File permissions",
    "secrets": "Secrets",
    "settings": "Settings",
    "uploads": "Upload limits",
    "logging": "Logging",
    "headers": "Headers and cookies",
    "transport": "Transport",
    "exposure": "Exposure",
    "practice": "Practice",
}
WORDS = {
    Verdict.FAIL: "fail",
    Verdict.ERROR: "error",
    Verdict.UNKNOWN: "not checked",
    Verdict.MANUAL: "manual",
    Verdict.WAIVED: "waived",
    Verdict.PASS: "pass",
    Verdict.NOT_APPLICABLE: "not applicable",
}
# The order of reading: what needs somebody first.
ORDER = tuple(WORDS)
OPEN = (Verdict.UNKNOWN, Verdict.ERROR)
NO_URL = "not-asked"


class Group(NamedTuple):
    area: str
    title: str
    items: tuple[Item, ...]


def groups(checklist: Checklist) -> tuple[Group, ...]:
    """Items by area, in the order of `AREAS` (others after them by name); in each what needs somebody first."""
    by_area: dict[str, list[Item]] = {}
    for item in checklist.items:
        by_area.setdefault(item.line.area, []).append(item)
    known = list(AREAS)
    areas = sorted(by_area, key=lambda area: (known.index(area) if area in AREAS else len(known), area))
    return tuple(
        Group(area, AREAS.get(area, area.capitalize()), tuple(sorted(by_area[area], key=importance))) for area in areas
    )


def importance(item: Item) -> tuple[int, int, str]:
    return ORDER.index(item.verdict), -item.line.severity.rank, item.line.id


def ranked(checklist: Checklist) -> tuple[Item, ...]:
    return tuple(sorted(checklist.items, key=importance))


def counts(checklist: Checklist) -> tuple[tuple[Verdict, int], ...]:
    """How many lines have each verdict, in the order of reading; verdicts that no line has are left out."""
    found = Counter(item.verdict for item in checklist.items)
    return tuple((verdict, found[verdict]) for verdict in ORDER if found[verdict])


def failing(item: Item) -> tuple[Finding, ...]:
    return tuple(finding for finding in item.findings if finding.verdict is Verdict.FAIL)


def aside(item: Item) -> tuple[Finding, ...]:
    """What was looked at and is shown although it does not count."""
    return tuple(finding for finding in item.findings if finding.reason == SET_ASIDE)


def undecided(item: Item) -> tuple[Finding, ...]:
    return tuple(finding for finding in item.findings if finding.verdict in OPEN)


def half_checked(item: Item) -> bool:
    """Whether a line passes on one side while the other could not be looked at."""
    return item.verdict in {Verdict.PASS, Verdict.WAIVED} and bool(undecided(item))


def reason_unknown(item: Item) -> str:
    """Why a line has no verdict, in words: the first reason with its place, and how many more there are."""
    found = undecided(item)
    if not found:
        return item.summary or "no reason was recorded"
    different = dict.fromkeys(f"{at}: {f.observed}" if (at := place(f)) else f.observed for f in found)
    more = f" ({len(different) - 1} more)" if len(different) > 1 else ""
    return f"{next(iter(different))}{more}"


def examined(item: Item) -> str:
    return f"{item.examined:,} examined" if item.examined else ""


class Waived(NamedTuple):
    """A waiver that concerns a line, and whether it still hides its findings."""

    use: WaiverUse
    text: str


def waivers_of(checklist: Checklist, item: Item) -> tuple[Waived, ...]:
    """The waivers that hide, or used to hide, findings of a line."""
    found: list[Waived] = []
    for use in checklist.waivers:
        if use.waiver.check != item.line.id or use.state is WaiverState.STALE:
            continue
        wanted = Verdict.WAIVED if use.state is WaiverState.ACTIVE else Verdict.FAIL
        if any(finding.verdict is wanted and in_scope(use.waiver.scope, finding) for finding in item.findings):
            found.append(Waived(use, waiver_text(use)))
    return tuple(found)


def hiding(checklist: Checklist, item: Item, finding: Finding) -> tuple[WaiverUse, ...]:
    """The waivers that hide one finding."""
    return tuple(
        use
        for use in checklist.waivers
        if use.state is WaiverState.ACTIVE and use.waiver.check == item.line.id and in_scope(use.waiver.scope, finding)
    )


def waiver_text(use: WaiverUse) -> str:
    waiver = use.waiver
    match use.state:
        case WaiverState.ACTIVE:
            return f"waived until {waiver.expires} ({use.days} d) by {waiver.owner}"
        case WaiverState.EXPIRED:
            return f"waiver of {waiver.owner} expired on {waiver.expires} ({-use.days} d ago)"
        case WaiverState.STALE:
            return f"waiver of {waiver.owner} matches nothing"


def place(finding: Finding) -> str:
    return "" if finding.location == Location() else str(finding.location)


def repository_line(finding: Finding) -> Location | None:
    """The line of the repository a finding belongs to: its own, else the first related one; None for neither."""
    return next((at for at in (finding.location, *finding.related) if at.path), None)


class Banner(NamedTuple):
    """state: "passed", "open", "failed" or "incomplete". why: one sentence each."""

    state: str
    title: str
    gate: str
    why: tuple[str, ...]


def banner(checklist: Checklist) -> Banner:
    """Whether the report can be signed, and why (not)."""
    gate = checklist.gate
    count = Counter(item.verdict for item in checklist.items)
    failed, unknown, manual = count[Verdict.FAIL], count[Verdict.UNKNOWN] + count[Verdict.ERROR], count[Verdict.MANUAL]
    open_points = [
        text
        for number, text in (
            (failed, f"{plural(failed, 'line')} {'fails' if failed == 1 else 'fail'}"),
            (unknown, f"{plural(unknown, 'line')} could not be checked"),
            (manual, f"{plural(manual, 'line')} {'waits' if manual == 1 else 'wait'} for a person's answer"),
        )
        if number
    ]
    word = {0: "Gate passed", 1: "Gate failed", 3: "Audit incomplete"}.get(gate.exit_code, "Gate not passed")
    limit = "nothing fails the gate" if gate.fail_on == "never" else f"fails at {gate.fail_on} or above"
    if gate.drift:
        limit = "fails on drift" if gate.fail_on == "never" else f"{limit}, and on drift"
    gate_line = f"{word} (exit {gate.exit_code}; {limit}{', strict' if gate.strict else ''})"
    if gate.exit_code == 3:
        return Banner("incomplete", "Not ready to sign: the audit is incomplete", gate_line, gate.reasons)
    if gate.exit_code != 0:
        return Banner("failed", "Not ready to sign", gate_line, gate.reasons)
    if failed and gate.fail_on == "never" and not gate.drift:
        return Banner("failed", "Not ready to sign: no gate was set", gate_line, tuple(open_points))
    if open_points:
        return Banner("open", "Ready to sign, with open points", gate_line, tuple(open_points))
    return Banner("passed", "Ready to sign", gate_line, ("every line that applies passes or is an accepted risk",))


def coverage(checklist: Checklist) -> str:
    """How much of the checklist was decided: zero coverage must not look like success."""
    total = len(checklist.items)
    applies = total - checklist.count(Verdict.NOT_APPLICABLE)
    if not applies:
        return f"None of {plural(total, 'line')} applies to what was given"
    decided = sum(item.verdict in {Verdict.PASS, Verdict.FAIL, Verdict.WAIVED} for item in checklist.items)
    return f"{decided} of {plural(applies, 'applicable line')} decided"


def scope(checklist: Checklist) -> str:
    """What was looked at, in one line."""
    subject = checklist.subject
    parts: list[str] = []
    if subject.kind != "none":
        at = f" @ {subject.commit[:12]}" if subject.commit else ""
        state = {True: " (with local changes)", False: " (clean)", None: ""}[subject.dirty]
        parts.append(f"{subject.name}{at}{state}")
    else:
        parts.append(subject.name)
    if subject.revision:
        parts.append(f"revision {subject.revision}")
    if subject.profile:
        parts.append(f"settings {subject.profile}")
    parts.append(f"{checklist.examined:,} examined")
    if subject.observed == "not asked":
        parts.append("no URL")
    else:
        parts.append(f"{subject.observed}: {', '.join(subject.urls)}" if subject.urls else subject.observed)
    if subject.compared:
        parts.append(f"compared with {subject.compared}")
    return " · ".join(parts)


class Unlooked(NamedTuple):
    """One thing that was left out. places: "where: what", the first few. more: places not listed."""

    title: str
    number: int
    places: tuple[str, ...] = ()
    hint: str = ""


_HINTS = {
    "needs-probe": "--probe asks for it, or --active",
    "missing-object": "use a full clone (fetch-depth: 0)",
    "not-a-clone": "audit a git work tree or --rev",
    "unreachable": "try again when the URL answers",
    "blocked": "try again from a network that is let through",
    "deadline": "try again on an idle machine",
    "python-syntax": "run hardencheck with the Python of the service",
    "missing-tool": "see hardencheck doctor",
    "crashed": "please report it",
}


def not_asked(checklist: Checklist) -> Iterator[Unlooked]:
    """The sides that nobody asked about."""
    subject = checklist.subject
    sides = {finding.side for item in checklist.items for finding in item.findings if finding.reason == NO_URL}
    touched = {
        side: sum(any(f.reason == NO_URL and f.side is side for f in item.findings) for item in checklist.items)
        for side in sides
    }
    if subject.kind == "none":
        lines = touched.get(Side.DECLARED, 0)
        yield Unlooked(f"the repository: no path was given{_looking(lines)}", lines, (), "scan PATH")
    if subject.observed == "not asked":
        lines = touched.get(Side.OBSERVED, 0)
        yield Unlooked(f"the live service: no URL was given{_looking(lines)}", lines, (), "--url URL")


def _looking(lines: int) -> str:
    return f" ({plural(lines, 'line')} {'looks' if lines == 1 else 'look'} there)" if lines else ""


def gap_groups(gaps: Iterable[Gap], limit: int = 3) -> tuple[Unlooked, ...]:
    """Gaps by reason, trouble first; equal places are named once."""
    by_reason: dict[str, dict[str, None]] = {}
    trouble: dict[str, bool] = {}
    for gap in gaps:
        at = "" if gap.location == Location() else f"{gap.location}: "
        by_reason.setdefault(gap.reason.value, {}).setdefault(f"{at}{gap.detail}")
        trouble[gap.reason.value] = gap.reason.trouble
    return tuple(
        Unlooked(reason, len(places), tuple(list(places)[:limit]), _HINTS.get(reason, ""))
        for reason, places in sorted(by_reason.items(), key=lambda pair: (not trouble[pair[0]], pair[0]))
    )


def next_steps(checklist: Checklist) -> tuple[str, ...]:
    """Commands worth typing next, the most useful first."""
    order = ranked(checklist)
    steps: list[str] = []
    worst = next((item for item in order if item.verdict is Verdict.FAIL), None)
    if worst is not None:
        steps.append(f"hardencheck explain {shlex.quote(worst.line.id)}")
    reasons = {finding.reason for item in order for finding in undecided(item)}
    if "needs-probe" in reasons:
        steps.append("hardencheck scan --url URL --probe")
    manual = next((item for item in order if item.verdict is Verdict.MANUAL), None)
    if manual is not None:
        steps.append(f"hardencheck attest {shlex.quote(manual.line.id)} --by WHO --evidence WHAT --expires DATE")
    if not steps and checklist.subject.observed == "not asked":
        steps.append("hardencheck scan --url URL")
    return tuple(steps)


def reproduce(checklist: Checklist) -> str:
    """The command that asks the same question again, quoted for a shell; secrets are never part of it."""
    subject, gate = checklist.subject, checklist.gate
    topics = {note.topic for note in checklist.notes}
    words = ["hardencheck", "scan"]
    if subject.kind == "none":
        words.append("--url-only")
    else:
        words.append(".")
        if subject.commit and not subject.dirty:
            words += ["--rev", subject.commit]
        if subject.profile:
            words += ["--profile", subject.profile]
    if subject.observed == "saved exchanges":
        words += ["--har", "FILE"]
    else:
        for url in subject.urls:
            words += ["--url", url]
        if subject.compared:
            words += ["--compare", subject.compared]
    if PROBED in topics:
        words.append("--probe")
    if ACTIVE in topics:
        hosts = next(note.text for note in checklist.notes if note.topic == ACTIVE).rpartition(" to ")[2]
        words += ["--active", *(word for host in hosts.split(", ") for word in ("--i-own-this", host))]
    if TRUSTED in topics:
        words += ["--ca-file", "FILE"]
    words += ["--fail-on", gate.fail_on, *(["--fail-on", "drift"] if gate.drift else [])]
    if gate.strict:
        words.append("--strict")
    return shlex.join(words)
