"""Findings -> one verdict a line: declared joined with observed, waivers and attestations applied, the gate decided."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

import msgspec

from hardencheck.judge.evaluate import evaluate
from hardencheck.model.check import Check, Confidence, Lifecycle, Severity
from hardencheck.model.checklist import Gate, Item, Line, WaiverState, WaiverUse
from hardencheck.model.facts import Side, fact_types
from hardencheck.model.facts.drift import Drift
from hardencheck.model.finding import SET_ASIDE, Attestation, Finding, Verdict, Waiver
from hardencheck.model.gap import FactSet

DECLARED_NOT_SERVED = "declared, not served"
SERVED_NOT_DECLARED = "served, not declared"
DRIFTED = Drift.drifts
# What a side's silence looks like: it takes no part in the join.
_SILENT = {None, Verdict.NOT_APPLICABLE}


class Policy(NamedTuple):
    """What the person running the audit decided.

    fail_on: the lowest severity that fails the gate, or None for never. drift: what fails because declared and observed
    differ fails the gate as well, whatever its severity. strict: any unknown line is incomplete.
    today: the date that waivers and attestations are held against. baseline: fingerprints of failing findings of
    the revision compared with; None when nothing is compared.
    """

    today: dt.date
    fail_on: Severity | None = Severity.HIGH
    strict: bool = False
    drift: bool = False
    waivers: tuple[Waiver, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    baseline: frozenset[str] | None = None


class Settled(NamedTuple):
    items: tuple[Item, ...]
    waivers: tuple[WaiverUse, ...]
    gate: Gate


def settle(checks: Iterable[Check], facts: FactSet, policy: Policy) -> Settled:
    """The whole checklist from facts and policy. Pure: the same input gives the same lines."""
    by_kind = facts.by_kind()
    judged = [(check, evaluate(check, facts, by_kind)) for check in checks]
    findings, waivers = _waive(judged, policy)
    items = tuple(_item(check, findings[check.id], policy) for check, _ in judged)
    comparing = frozenset(check.id for check, _ in judged if compares(check))
    return Settled(items, waivers, gate(items, policy, comparing))


def join(declared: Verdict | None, observed: Verdict | None) -> tuple[Verdict, str, str]:
    """(verdict, basis, drift) of a line from the verdicts of its two sides.

    A waived side counts as passing, and shows in the verdict when nothing worse does.
    """
    if declared in _SILENT or observed in _SILENT or observed is Verdict.UNKNOWN:
        if declared in _SILENT:
            verdict = observed if observed is not None else declared
            return verdict or Verdict.NOT_APPLICABLE, "" if observed in _SILENT else "observed", ""
        return declared or Verdict.NOT_APPLICABLE, "declared", ""
    good = {Verdict.PASS, Verdict.WAIVED}
    waived = Verdict.WAIVED if Verdict.WAIVED in (declared, observed) else Verdict.PASS
    if observed in good:
        return waived, "both", "" if declared in good else SERVED_NOT_DECLARED
    return observed or Verdict.UNKNOWN, "both", DECLARED_NOT_SERVED if declared in good else ""


def compares(check: Check) -> str:
    """What is so where a check fails that is about two things differing and about nothing else; "" for any other."""
    known = fact_types()
    words = {known[rule.fact].drifts for rule in check.rules}
    return words.pop() if len(words) == 1 else ""


def _side(findings: Sequence[Finding], side: Side) -> Verdict | None:
    verdicts = [finding.verdict for finding in findings if finding.side is side]
    return max(verdicts, key=lambda verdict: verdict.weight) if verdicts else None


def _item(check: Check, findings: tuple[Finding, ...], policy: Policy) -> Item:
    if check.manual:
        return _manual(check, policy)
    if policy.baseline is not None:
        findings = tuple(
            msgspec.structs.replace(finding, new=finding.fingerprint not in policy.baseline)
            if finding.verdict is Verdict.FAIL
            else finding
            for finding in findings
        )
    declared, observed = _side(findings, Side.DECLARED), _side(findings, Side.OBSERVED)
    verdict, basis, drift = join(declared, observed)
    if drift == DECLARED_NOT_SERVED and not any(f.examined for f in findings if f.side is Side.DECLARED):
        drift = ""  # a rule that forbids passes where nothing is declared at all: that promises nothing
    if verdict is Verdict.FAIL:
        drift = compares(check) or drift
    if observed is Verdict.FAIL:
        findings = _named_lines(findings)
    return Item(
        line=line(check),
        verdict=verdict,
        summary=_summary(verdict, findings, drift),
        basis=basis,
        drift=drift,
        declared=declared,
        observed=observed,
        examined=sum(finding.examined for finding in {(f.expected, f.side): f for f in findings}.values()),
        findings=findings,
    )


def _named_lines(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """A live failure names the line of the repository that sets it or should have set it, where one exists."""
    lines = tuple(
        dict.fromkeys(
            location
            for finding in sorted(findings, key=lambda finding: -finding.verdict.weight)
            if finding.side is Side.DECLARED
            for location in (finding.location, *finding.related)
            if location.path is not None
        )
    )
    return tuple(
        msgspec.structs.replace(finding, related=(*lines, *finding.related))
        if lines and finding.side is Side.OBSERVED and finding.verdict is Verdict.FAIL
        else finding
        for finding in findings
    )


def _manual(check: Check, policy: Policy) -> Item:
    answer = next((given for given in policy.attestations if given.check == check.id), None)
    if answer is None:
        return Item(line=line(check), verdict=Verdict.MANUAL, summary=f"manual: hardencheck attest {check.id}")
    if dt.date.fromisoformat(answer.expires) < policy.today:
        summary = f"the answer of {answer.by} ended on {answer.expires}: hardencheck attest {check.id}"
        return Item(line=line(check), verdict=Verdict.MANUAL, summary=summary, attestation=answer)
    summary = f"attested by {answer.by} on {answer.on}, holds until {answer.expires}"
    return Item(line=line(check), verdict=Verdict.PASS, summary=summary, basis="attested", attestation=answer)


def _summary(verdict: Verdict, findings: Sequence[Finding], drift: str) -> str:
    of_kind = [finding for finding in findings if finding.verdict is verdict]
    if not of_kind:
        return drift
    aside = sum(finding.reason == SET_ASIDE for finding in of_kind)
    if verdict is Verdict.PASS and aside:
        rest = [finding.observed for finding in of_kind if finding.reason != SET_ASIDE]
        values = "1 value is" if aside == 1 else f"{aside} values are"
        return "; ".join((*rest[:1], f"{values} shown and not counted"))
    text = of_kind[0].observed if len(of_kind) == 1 else f"{len(of_kind)} findings"
    if verdict in {Verdict.PASS, Verdict.NOT_APPLICABLE} and len(of_kind) > 1:
        text = of_kind[0].observed
    return f"{drift}; {text}" if drift else text


def line(check: Check) -> Line:
    return Line(**{name: getattr(check, name) for name in Line.__struct_fields__})


def _waive(
    judged: Sequence[tuple[Check, tuple[Finding, ...]]], policy: Policy
) -> tuple[dict[str, tuple[Finding, ...]], tuple[WaiverUse, ...]]:
    matched = [0] * len(policy.waivers)
    result: dict[str, tuple[Finding, ...]] = {}
    for check, findings in judged:
        settled: list[Finding] = []
        for finding in findings:
            if finding.verdict is Verdict.FAIL:
                for number, waiver in enumerate(policy.waivers):
                    if waiver.check == check.id and in_scope(waiver.scope, finding):
                        matched[number] += 1
                        if _days(waiver, policy.today) >= 0:
                            finding = msgspec.structs.replace(finding, verdict=Verdict.WAIVED)
            settled.append(finding)
        result[check.id] = tuple(settled)
    uses: list[WaiverUse] = []
    for waiver, count in zip(policy.waivers, matched, strict=True):
        days = _days(waiver, policy.today)
        state = WaiverState.EXPIRED if days < 0 else WaiverState.ACTIVE if count else WaiverState.STALE
        uses.append(WaiverUse(waiver=waiver, state=state, days=days, matched=count))
    return result, tuple(uses)


def _days(waiver: Waiver, today: dt.date) -> int:
    return (dt.date.fromisoformat(waiver.expires) - today).days


def in_scope(scope: str, finding: Finding) -> bool:
    """Whether a waiver's scope covers a finding: "*", an equal path, a path pattern, or a URL up to a boundary."""
    if scope == "*":
        return True
    path, url = finding.location.path, finding.location.url
    if path is not None:
        return path == scope or fnmatchcase(path, scope)
    if url is not None:
        whole = scope.rstrip("/")
        return url.rstrip("/") == whole or url.startswith(f"{whole}/")
    return False


def gate(items: Sequence[Item], policy: Policy, comparing: frozenset[str] = frozenset()) -> Gate:
    """The exit code (0, 1 or 3; 3 wins) and the reasons for it, the worst first.

    A line of low confidence counts as severity low, whatever its severity: a guess must not stop a release
    that a certainty of the same rank would. comparing: ids of the lines that are about drift alone.
    """
    failed: list[str] = []
    incomplete: list[str] = []
    threshold = policy.fail_on
    for item in sorted(items, key=lambda item: -item.line.severity.rank):
        drifted = policy.drift and (item.line.id in comparing or item.drift == DECLARED_NOT_SERVED)
        gated = drifted or (threshold is not None and _rank(item) >= threshold.rank)
        if item.verdict is Verdict.FAIL and gated:
            counted = [f for f in item.findings if f.verdict is Verdict.FAIL and f.new is not False]
            if counted:
                failed.append(f"{item.line.id} ({item.line.severity}): {_counted(counted)}")
        unknown = [f for f in item.findings if f.verdict in {Verdict.UNKNOWN, Verdict.ERROR}]
        undecided = item.verdict in {Verdict.UNKNOWN, Verdict.ERROR}
        broken = any(finding.trouble for finding in unknown)
        # A side that could not be reached is incomplete even where the other side answers for the line.
        if (policy.strict and undecided) or (broken and ((threshold is None and not policy.drift) or gated)):
            incomplete.append(f"{item.line.id}: not checked: {unknown[0].observed if unknown else item.summary}")
    if items and all(item.verdict in {Verdict.NOT_APPLICABLE, Verdict.MANUAL} for item in items):
        incomplete.insert(0, "nothing was examined: no line of the checklist applies to what was given")
    return Gate(
        exit_code=3 if incomplete else 1 if failed else 0,
        fail_on=threshold.value if threshold else "never",
        strict=policy.strict,
        drift=policy.drift,
        reasons=(*incomplete, *failed),
    )


def _counted(findings: Sequence[Finding]) -> str:
    first, rest = findings[0], len(findings) - 1
    new = "new: " if first.new else ""
    more = f" and {rest} more" if rest else ""
    return f"{new}{first.observed}, {first.location}{more}"


def _rank(item: Item) -> int:
    return Severity.LOW.rank if item.line.confidence is Confidence.LOW else item.line.severity.rank


def select(
    checks: Mapping[str, Check], selected: Sequence[str], ignored: Sequence[str]
) -> tuple[tuple[Check, ...], tuple[str, ...]]:
    """The checks to judge, and the ids left out on request. Names may be patterns ("headers.*").

    Deprecated checks are judged only when selected by name.
    """
    chosen: list[Check] = []
    left_out: list[str] = []
    for check_id, check in checks.items():
        wanted = any(fnmatchcase(check_id, pattern) for pattern in selected) if selected else True
        if check.lifecycle is Lifecycle.DEPRECATED and check_id not in selected:
            continue
        if any(fnmatchcase(check_id, pattern) for pattern in ignored) or not wanted:
            left_out.append(check_id)
        else:
            chosen.append(check)
    return tuple(chosen), tuple(left_out)
