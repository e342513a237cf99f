"""The pipeline: Target --collect--> facts --settle--> Checklist. The whole public API is `audit`."""

import datetime as dt
import platform
import time

from hardencheck import __version__
from hardencheck.catalogue.load import Catalogue
from hardencheck.collect.run import Collected, Options, collect
from hardencheck.errors import UsageError
from hardencheck.judge.settle import Policy, select, settle
from hardencheck.model.check import Check
from hardencheck.model.checklist import Checklist, Note, Tool
from hardencheck.model.finding import Verdict
from hardencheck.model.gap import Gap
from hardencheck.model.target import Target


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
) -> Checklist:
    """Audit one target.

    select_ids, ignore_ids: check ids or patterns; what is ignored is a note in the result.
    new_since: a revision; only findings that it does not have can fail the gate.
    Raises UsageError (nothing selected), TargetMissing, NothingExamined; every other trouble is in the result.
    """
    started, clock = dt.datetime.now(dt.UTC), time.monotonic()
    checks, left_out = select(catalogue.checks, select_ids, ignore_ids)
    if not checks:
        raise UsageError(
            "no check is left to judge", hint="see 'hardencheck list'; --select and --ignore take ids or patterns"
        )
    if new_since is not None:
        policy = policy._replace(baseline=failing(target, checks, policy, options, new_since))
    collected = collect(target, options)
    settled = settle(checks, collected.facts, policy)
    ignored = (Note(topic="ignored checks", text=", ".join(left_out)),) if left_out else ()
    return Checklist(
        subject=collected.subject,
        items=settled.items,
        gate=settled.gate,
        tool=Tool(
            version=__version__,
            python=platform.python_version(),
            ruleset=catalogue.digest,
            config=config_digest,
            config_source=config_source,
        ),
        started=started.isoformat(timespec="seconds").replace("+00:00", "Z"),
        seconds=round(time.monotonic() - clock, 2),
        gaps=_sorted_gaps(collected),
        runs=collected.facts.runs,
        waivers=settled.waivers,
        notes=(*notes, *ignored, *collected.notes),
        skipped=collected.skipped,
        examined=collected.examined,
    )


def failing(
    target: Target, checks: tuple[Check, ...], policy: Policy, options: Options, revision: str
) -> frozenset[str]:
    """Fingerprints of what fails in another revision of the repository, read from git objects.

    Raises TargetMissing when the clone does not have it (a shallow clone, say): never silently nothing.
    """
    base = Target(name=target.name, repository=target.repository, revision=revision, profile=target.profile)
    settled = settle(checks, collect(base, options).facts, policy._replace(baseline=None, waivers=()))
    return frozenset(
        finding.fingerprint for item in settled.items for finding in item.findings if finding.verdict is Verdict.FAIL
    )


def _sorted_gaps(collected: Collected) -> tuple[Gap, ...]:
    return tuple(sorted(collected.facts.gaps, key=lambda gap: (gap.location.order, gap.collector, gap.detail)))
