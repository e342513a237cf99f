"""The result: every line of the checklist with its verdict. Every report is a function of one Checklist."""

from enum import StrEnum
from typing import Literal

import msgspec

from hardencheck.model.check import Confidence, Controls, Lifecycle, Severity
from hardencheck.model.facts.exhibit import Exhibit
from hardencheck.model.facts.settings import Variable
from hardencheck.model.finding import Attestation, Finding, Verdict, Waiver
from hardencheck.model.gap import Gap, Run
from hardencheck.model.location import Location
from hardencheck.model.target import Subject


class WaiverState(StrEnum):
    ACTIVE = "active"
    EXPIRED = "expired"  # its finding fails again
    STALE = "stale"  # it matched nothing


class WaiverUse(msgspec.Struct, frozen=True, kw_only=True):
    """A waiver and what became of it. days: until it ends, negative once it has. matched: findings hidden."""

    waiver: Waiver
    state: WaiverState
    days: int
    matched: int = 0


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a Check that a report prints, so that a saved report needs no catalogue."""

    id: str
    title: str
    area: str
    severity: Severity
    confidence: Confidence
    owner: str
    expected: str
    why: str
    fix: str
    rollback: str
    bypass: str
    controls: Controls
    references: tuple[str, ...] = ()
    lifecycle: Lifecycle = Lifecycle.STABLE


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One line and its verdict.

    declared, observed: the verdict of each side, None where the check has no rule for it.
    basis: which side decided: "declared", "observed", "both", "attested" or "".
    drift: "" or "declared, not served", "served, not declared", or of a line that is about a comparison alone
    "declared and observed differ" or "the deployments differ".
    summary: this audit's answer in a few words. examined: how many facts were judged.
    """

    line: Line
    verdict: Verdict
    summary: str
    basis: str = ""
    drift: str = ""
    declared: Verdict | None = None
    observed: Verdict | None = None
    examined: int = 0
    findings: tuple[Finding, ...] = ()
    attestation: Attestation | None = None
    required: bool = False


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the audit may pass. drift: drift fails it, whatever its severity. reasons: one sentence each, the worst
    first."""

    exit_code: int
    fail_on: str
    strict: bool
    drift: bool = False
    reasons: tuple[str, ...] = ()


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """What judged: versions and digests (SHA-256, hex) that make two audits comparable."""

    version: str
    python: str
    ruleset: str
    config: str = ""
    config_source: str = ""


# Topics of notes that a report's command to ask again is made from.
PROBED, ACTIVE, TRUSTED = "probe", "active", "trusted authorities"


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Something the reader of the report must know: a suppression in the target, an ignored check, a base policy."""

    topic: str
    text: str


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """An application whose production defaults are known, and why this settings module is taken for the deployed one.

    framework, application: as in `framework.setting`. version: of the framework, "" where not known.
    chosen: one sentence; places: the lines that say so.
    """

    framework: str
    application: str
    version: str = ""
    chosen: str = ""
    places: tuple[Location, ...] = ()


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What one check says about one setting of one application; expected, owner and why are those of the check."""

    check: str
    verdict: Verdict
    observed: str
    expected: str
    owner: str
    why: str


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to a setting beside what its value says: code changes it while the service runs, or a name that is
    misspelt was to set it. check: the line of the checklist that tells more, "" where none was asked."""

    text: str
    location: Location
    check: str = ""


class Default(msgspec.Struct, frozen=True, kw_only=True):
    """One setting of an application as it is in production; the fields of `setting.production`, and what judges them.

    judgements: the worst first. verdict: the worst, None where no check judges the setting. remarks: in order of place.
    """

    framework: str
    application: str
    name: str
    state: Literal["known", "one-of", "unknown"]
    source: Literal["set", "default"]
    value: str = ""
    default: str = ""
    version: str = ""
    location: Location = Location()
    chain: tuple[Location, ...] = ()
    depends_on: tuple[Variable, ...] = ()
    reason: str = ""
    text: str = ""
    verdict: Verdict | None = None
    judgements: tuple[Judgement, ...] = ()
    remarks: tuple[Remark, ...] = ()


class Checklist(msgspec.Struct, frozen=True, kw_only=True):
    """All lines of one audit. Times are ISO 8601 in UTC; seconds is wall time, 0 when reproducible output is asked.

    version: of this schema; a reader refuses a larger one. defaults: in order of application and name. exhibits: by id.
    """

    version: int = 1
    subject: Subject
    items: tuple[Item, ...]
    gate: Gate
    tool: Tool
    started: str
    seconds: float
    gaps: tuple[Gap, ...] = ()
    runs: tuple[Run, ...] = ()
    waivers: tuple[WaiverUse, ...] = ()
    notes: tuple[Note, ...] = ()
    skipped: dict[str, int] = {}
    examined: int = 0
    applications: tuple[Application, ...] = ()
    defaults: tuple[Default, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()

    def count(self, verdict: Verdict) -> int:
        return sum(item.verdict is verdict for item in self.items)
