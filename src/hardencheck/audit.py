"""The pipeline: Target --collect--> facts --settle--> Checklist. The whole public API is `audit`."""

import datetime as dt
import hashlib
import platform
import time
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

import msgspec

from hardencheck import __version__
from hardencheck.catalogue.load import Catalogue
from hardencheck.collect.meter import measured
from hardencheck.collect.options import Options
from hardencheck.collect.run import Collected, collect, without_secrets
from hardencheck.errors import NothingExamined, TargetMissing, UnknownName, UsageError
from hardencheck.judge.defaults import defaults
from hardencheck.judge.settle import Policy, select, settle
from hardencheck.judge.upload_table import with_measured
from hardencheck.model.check import Check
from hardencheck.model.checklist import Checklist, Item, Note, Tool
from hardencheck.model.facts.exhibit import Exhibit
from hardencheck.model.facts.secrets import NOW, Secret
from hardencheck.model.finding import Verdict
from hardencheck.model.gap import FactSet, Gap
from hardencheck.model.target import Target

# The manual line that a change of the configuration in a pull request shows up in.
POLICY_LINE = "practice.policy-reviewed"


class PolicyChange(NamedTuple):
    """The configuration of what is audited says other than the one of its base, which decides.

    base: the commit. label: the file. keys: what differs, as written ("fail-on", "waiver").
    """

    base: str
    label: str
    keys: tuple[str, ...]

    @property
    def words(self) -> str:
        changed = ", ".join(self.keys) or "the file itself"
        return f"{self.label} is changed ({changed}); this audit went by the one of {self.base[:7]}"


def audit(
    target: Target,
    catalogue: Catalogue,
    policy: Policy,
    options: Options = Options(),  # noqa: B008 - immutable
    *,
    select_ids: tuple[str, ...] = (),
    ignore_ids: tuple[str, ...] = (),
    new_since: str | None = None,
    config_digest: str = "",
    config_source: str = "",
    notes: tuple[Note, ...] = (),
    policy_change: PolicyChange | None = None,
    kinds: frozenset[str] = frozenset(),
    now: dt.datetime | None = None,
) -> Checklist:
    """Audit one target.

    select_ids, ignore_ids: check ids, aliases or patterns; what is ignored is a note in the result. kinds: of fact
    that are wanted although no selected check asks for them.
    new_since: a revision; only findings that it does not have can fail the gate. What a URL shows has no earlier
    revision to be compared with, so it always counts.
    policy_change: opens the line `practice.policy-reviewed` again, whoever attested it before.
    now: stands for the clock, and no duration is stated: the same input then gives the same bytes.
    Raises UnknownName (a pattern without a match), UsageError (nothing selected; `new_since` is not in the clone),
    TargetMissing, NothingExamined; every other trouble is in the result.
    """
    started, clock = now or dt.datetime.now(dt.UTC), time.monotonic()
    select_ids, ignore_ids = (_known(names, catalogue) for names in (select_ids, ignore_ids))
    checks, left_out = select(catalogue.checks, select_ids, ignore_ids)
    if not checks:
        raise UsageError(
            "no check is left to judge", hint="see 'hardencheck list'; --select and --ignore take ids or patterns"
        )
    if select_ids or ignore_ids:
        options = options._replace(kinds=kinds.union(rule.fact for check in checks for rule in check.rules))
    if new_since is not None:
        # Both sides by what their own commit reaches: a secret of some other branch is not news of this one.
        options = options._replace(head_only=True)
        base = _base(target, checks, policy, options, new_since)
        notes = (*notes, Note(topic="compared with", text=base.words))
    collected = collect(target, options)
    if new_since is not None:
        # What comes back is news, although the past of both has it.
        back = base.past and base.past & _failing(checks, _present(collected.facts), policy)
        policy = policy._replace(baseline=base.failing - back)
    # After collecting, which tells whose key the marks are made with: a scope may name a file by its mark.
    given = (policy.waivers, policy.attestations, policy_change, config_source)
    waivers, attestations, policy_change, config_source = without_secrets(given, options)
    with measured("judging"):
        settled = settle(checks, collected.facts, policy._replace(waivers=waivers, attestations=attestations))
    items = settled.items
    if policy_change is not None:
        items = tuple(_reopened(item, policy_change) if item.line.id == POLICY_LINE else item for item in items)
    ignored = [check for check in left_out if any(fnmatchcase(check, pattern) for pattern in ignore_ids)]
    if len(left_out) > len(ignored):
        asked = f"{', '.join(select_ids)}: {len(checks)} of {len(catalogue.checks)} lines"
        notes = (*notes, Note(topic="selected checks", text=asked))
    if ignored:
        notes = (*notes, Note(topic="ignored checks", text=", ".join(ignored)))
    subject, notes = without_secrets((collected.subject, (*notes, *collected.notes)), options)
    with measured("judging"):
        applications, rows = defaults(checks, collected.facts, items)
    return Checklist(
        subject=subject,
        items=items,
        gate=settled.gate,
        tool=Tool(
            version=__version__,
            python=platform.python_version(),
            ruleset=_ruleset(catalogue, collected),
            config=config_digest,
            config_source=config_source,
        ),
        started=started.isoformat(timespec="seconds").replace("+00:00", "Z"),
        seconds=0.0 if now else round(time.monotonic() - clock, 2),
        gaps=_sorted_gaps(collected),
        runs=collected.facts.runs,
        waivers=settled.waivers,
        notes=notes,
        skipped=collected.skipped,
        examined=collected.examined,
        applications=applications,
        defaults=rows,
        exhibits=_exhibits(collected),
    )


def _ruleset(catalogue: Catalogue, collected: Collected) -> str:
    """The digest of all that can change a verdict: the checks, and what finds secrets for them."""
    if not collected.rules:
        return catalogue.digest
    return hashlib.sha256(f"{catalogue.digest}/{collected.rules}".encode()).hexdigest()


def _known(names: Sequence[str], catalogue: Catalogue) -> tuple[str, ...]:
    """Ids and patterns with aliases resolved. Raises UnknownName for one that means no check."""
    resolved: list[str] = []
    for name in names:
        found = [check for alias, check in catalogue.also.items() if fnmatchcase(alias, name)]
        if any(fnmatchcase(check, name) for check in catalogue.checks):
            found.append(name)
        if not found:
            raise UnknownName("--select or --ignore", "check", name, [*catalogue.checks, *catalogue.also])
        resolved.extend(dict.fromkeys(found))
    return tuple(resolved)


def _reopened(item: Item, change: PolicyChange) -> Item:
    summary = f"{change.words}: somebody other than its author has to look"
    return msgspec.structs.replace(item, verdict=Verdict.MANUAL, summary=summary, basis="", attestation=None)


class Base(NamedTuple):
    """The revision that is compared with. failing: fingerprints of what fails in it already. past: those of them that
    its history has, and its files do not."""

    failing: frozenset[str]
    words: str
    past: frozenset[str] = frozenset()


def _present(facts: FactSet) -> FactSet:
    """Without the secrets that only the past or another place of the clone has."""
    kept = tuple(fact for fact in facts.facts if not isinstance(fact, Secret) or fact.exposure in NOW)
    return facts if len(kept) == len(facts.facts) else msgspec.structs.replace(facts, facts=kept)


def _failing(checks: tuple[Check, ...], facts: FactSet, policy: Policy) -> frozenset[str]:
    """Fingerprints of what fails, whatever was waived or was there before."""
    settled = settle(checks, facts, policy._replace(baseline=None, waivers=()))
    found = (finding for item in settled.items for finding in item.findings)
    return frozenset(finding.fingerprint for finding in found if finding.verdict is Verdict.FAIL)


def _base(target: Target, checks: tuple[Check, ...], policy: Policy, options: Options, revision: str) -> Base:
    """Audit another revision of the repository, read from git objects, with the same checks and excludes.

    Raises UsageError when the clone does not have it (a shallow clone, say): never silently nothing.
    """
    base = Target(name=target.name, repository=target.repository, revision=revision, profile=target.profile)
    try:
        collected = collect(base, options)
    except NothingExamined:
        return Base(frozenset(), f"{revision}: it holds no file, so everything is new")
    except TargetMissing as error:
        if target.repository is None or not Path(target.repository).is_dir():
            raise
        raise UsageError(f"--new-since {revision}: {error}", hint=error.hint) from None
    settled = settle(checks, collected.facts, policy._replace(baseline=None, waivers=()))
    found = [finding for item in settled.items for finding in item.findings if finding.verdict is Verdict.FAIL]
    many = "1 finding" if len(found) == 1 else f"{len(found)} findings"
    words = f"{revision} ({(collected.subject.commit or '')[:12]}): {many} there already"
    places = {gap.location for gap in collected.facts.gaps if gap.reason.trouble}
    if places:
        many = "1 place of it" if len(places) == 1 else f"{len(places)} places of it"
        words += f"; {many} could not be looked at, and what fails there counts as new"
    failing = frozenset(finding.fingerprint for finding in found)
    present = _present(collected.facts)
    # Judged once more only where something is left out, which is seldom.
    past = failing - _failing(checks, present, policy) if present is not collected.facts else frozenset[str]()
    return Base(failing, words, past)


def _exhibits(collected: Collected) -> tuple[Exhibit, ...]:
    found = (fact for fact in collected.facts.of(Exhibit.kind()) if isinstance(fact, Exhibit))
    return tuple(sorted(with_measured(tuple(found), collected.facts), key=lambda exhibit: exhibit.id))


def _sorted_gaps(collected: Collected) -> tuple[Gap, ...]:
    return tuple(sorted(collected.facts.gaps, key=lambda gap: (gap.location.order, gap.collector, gap.detail)))
