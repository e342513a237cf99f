"""Checklists as literals: fixed times and digests, every kind of line, and names that attack each format."""

import msgspec

from hardencheck.model.check import Confidence, Controls, Severity
from hardencheck.model.checklist import Checklist, Gate, Item, Line, Note, Tool, WaiverState, WaiverUse
from hardencheck.model.facts import Side
from hardencheck.model.finding import Attestation, Finding, Verdict, Waiver
from hardencheck.model.gap import Gap, Reason, Run
from hardencheck.model.location import Location
from hardencheck.model.target import Subject
from tests.report.pictures import EXHIBITS
from tests.report.settings import APPLICATIONS, DEFAULTS

# One name for each thing a format could take for its own syntax.
HOSTILE = (
    "<script>alert(1)</script>.py",
    "a\n::error file=x::owned\n.py",
    "\x1b[31mred\x1b[0m\x07.py",
    "\u202egpj.exe\u202c.py",
    "`tick`` | pipe | @octocat #1 [x](https://evil.example).md",
    "50%, a:b & 'c' \"d\" {{ 7*7 }} {% raw %}.py",
    ":warning: [bold]x[/bold] www.evil.example.py",
    "wide-\u6f22\u5b57-\U0001f512-zero\u200bwidth\u2028line.py",
)


def line(check: str, title: str, severity: Severity = Severity.HIGH, **changes: object) -> Line:
    base = Line(
        id=check,
        title=title,
        area=check.split(".")[0],
        severity=severity,
        confidence=Confidence.HIGH,
        owner="platform",
        expected=f"What {check} demands, in a full sentence.",
        why=f"What goes wrong without {check}.\n\nSecond paragraph of the why.",
        fix="Run `chmod 0640 FILE` and commit; then deploy.",
        rollback="Run `chmod 0644 FILE`.",
        bypass="A file that must stay readable: waive it by path.",
        controls=Controls(cwe=(732,), asvs=("13.4.1",)),
        references=("https://cwe.mitre.org/data/definitions/732.html", "OWASP ASVS 5.0, section V13"),
    )
    return msgspec.structs.replace(base, **changes)


def finding(check: str, verdict: Verdict, observed: str, location: Location, **changes: object) -> Finding:
    base = Finding(
        check=check,
        verdict=verdict,
        side=Side.OBSERVED if location.url else Side.DECLARED,
        message="the title of the check",
        observed=observed,
        expected="mode is at most 416",
        fingerprint=f"{sum(map(ord, check + observed + str(location))):032x}",
        location=location,
        examined=214,
    )
    return msgspec.structs.replace(base, **changes)


def at(path: str, number: int | None = None) -> Location:
    return Location(path=path, line=number)


STAGING = Location(url="https://staging.example/")

_WAIVERS = (
    WaiverUse(
        waiver=Waiver(
            check="uploads.body-size",
            scope="svc/app.py",
            reason="The proxy enforces 10 MiB; the application limit lands with v3",
            owner="team-web",
            approved_by="team-platform",
            expires="2027-02-01",
            source="hardencheck.toml:14",
        ),
        state=WaiverState.ACTIVE,
        days=71,
        matched=1,
    ),
    WaiverUse(
        waiver=Waiver(
            check="permissions.world-writable",
            scope="deploy/**",
            reason="<b>until</b> the @release-team moves\nit",
            owner="team-ops",
            expires="2026-11-01",
            source="hardencheck.toml:22",
        ),
        state=WaiverState.EXPIRED,
        days=-21,
        matched=1,
    ),
    WaiverUse(
        waiver=Waiver(check="logging.debug", scope="*", reason="gone", owner="team-web", expires="2027-01-01"),
        state=WaiverState.STALE,
        days=40,
    ),
)

_ITEMS = (
    Item(
        line=line("permissions.world-writable", "No file is writable by everybody"),
        verdict=Verdict.FAIL,
        summary="2 findings",
        basis="declared",
        declared=Verdict.FAIL,
        examined=214,
        findings=(
            finding(
                "permissions.world-writable",
                Verdict.FAIL,
                "mode 0666",
                at("deploy/app.env"),
                evidence=("-rw-rw-rw- deploy/app.env",),
                new=False,
            ),
            finding(
                "permissions.world-writable",
                Verdict.FAIL,
                "mode 0777",
                Location(path="deploy/run me.sh", line=3, end_line=5, column=2),
                new=True,
            ),
        ),
    ),
    Item(
        line=line("permissions.private-keys", "No private key is tracked", Severity.CRITICAL),
        verdict=Verdict.PASS,
        summary="3 examined",
        basis="declared",
        declared=Verdict.PASS,
        examined=3,
        findings=(finding("permissions.private-keys", Verdict.PASS, "3 examined", at("keys/a.pub"), examined=3),),
    ),
    Item(
        line=line("secrets.tracked", "No secret is tracked", Severity.CRITICAL, controls=Controls(cwe=(798,))),
        verdict=Verdict.FAIL,
        summary="keyword, 14 characters, hmac 5f1e0c22",
        basis="declared",
        declared=Verdict.FAIL,
        examined=40,
        findings=(
            finding(
                "secrets.tracked",
                Verdict.FAIL,
                "keyword, 14 characters, hmac 5f1e0c22",
                at(".env", 1),
                new=True,
                related=(at("settings.py", 12),),
            ),
        ),
    ),
    Item(
        line=line("secrets.history", "No secret is in the history", Severity.HIGH),
        verdict=Verdict.UNKNOWN,
        summary="shallow clone; use fetch-depth: 0",
        basis="declared",
        declared=Verdict.UNKNOWN,
        findings=(
            finding(
                "secrets.history",
                Verdict.UNKNOWN,
                "shallow clone; use fetch-depth: 0",
                Location(),
                reason="missing-object",
                trouble=True,
            ),
        ),
    ),
    Item(
        line=line("settings.debug", "Debug mode is off in production", Severity.CRITICAL),
        verdict=Verdict.UNKNOWN,
        summary="DEBUG is env(...): not a literal",
        basis="declared",
        declared=Verdict.UNKNOWN,
        findings=(
            finding(
                "settings.debug",
                Verdict.UNKNOWN,
                "DEBUG is env(...): not a literal",
                at("config/settings.py", 31),
                reason="not-literal",
            ),
        ),
    ),
    Item(
        line=line("settings.password-guess", "No password is written in code", confidence=Confidence.LOW),
        verdict=Verdict.FAIL,
        summary="12 findings",
        basis="declared",
        declared=Verdict.FAIL,
        examined=12,
        findings=tuple(
            finding("settings.password-guess", Verdict.FAIL, "a string of 8 characters", at(f"app/m{number}.py", 7))
            for number in range(12)
        ),
    ),
    Item(
        line=line("uploads.body-size", "Request bodies are limited before they reach Python", Severity.MEDIUM),
        verdict=Verdict.WAIVED,
        summary="no limit",
        basis="declared",
        declared=Verdict.WAIVED,
        examined=2,
        findings=(finding("uploads.body-size", Verdict.WAIVED, "no limit", at("svc/app.py", 9), examined=2),),
    ),
    Item(
        line=line(
            "logging.file-names",
            "Log files are not tracked",
            Severity.LOW,
            fix='Remove "<b>" & `it`; see https://docs.example/a|b and @team.',
        ),
        verdict=Verdict.FAIL,
        summary=f"{len(HOSTILE)} findings",
        basis="declared",
        declared=Verdict.FAIL,
        examined=len(HOSTILE),
        findings=tuple(
            finding("logging.file-names", Verdict.FAIL, f"tracked: {name}", at(name, number + 1), evidence=(name,))
            for number, name in enumerate(HOSTILE)
        ),
    ),
    Item(
        line=line(
            "headers.hsts",
            "HTTPS responses carry Strict-Transport-Security for a year",
            controls=Controls(cwe=(319,), asvs=("3.4.1",)),
        ),
        verdict=Verdict.FAIL,
        summary="declared, not served; max-age=0",
        basis="both",
        drift="declared, not served",
        declared=Verdict.PASS,
        observed=Verdict.FAIL,
        examined=2,
        findings=(
            finding("headers.hsts", Verdict.PASS, "max age 31536000", at("deploy/nginx.conf", 14), examined=1),
            finding(
                "headers.hsts",
                Verdict.FAIL,
                "max-age=0",
                STAGING,
                related=(at("deploy/nginx.conf", 14),),
                evidence=("Strict-Transport-Security: max-age=0",),
                expected="max age is at least 31536000",
                examined=1,
            ),
        ),
    ),
    Item(
        line=line("headers.nosniff", "Responses forbid content sniffing", Severity.MEDIUM),
        verdict=Verdict.FAIL,
        summary="not set",
        basis="observed",
        observed=Verdict.FAIL,
        examined=1,
        findings=(finding("headers.nosniff", Verdict.FAIL, "not set", STAGING, examined=1),),
    ),
    Item(
        line=line("headers.referrer-policy", "Responses set a strict Referrer-Policy", Severity.LOW),
        verdict=Verdict.PASS,
        summary="same-origin",
        basis="declared",
        declared=Verdict.PASS,
        observed=Verdict.UNKNOWN,
        examined=1,
        findings=(
            finding("headers.referrer-policy", Verdict.PASS, "same-origin", at("config/settings.py", 60), examined=1),
            finding(
                "headers.referrer-policy",
                Verdict.UNKNOWN,
                "connection refused",
                STAGING,
                reason="unreachable",
                trouble=True,
                retry=True,
            ),
        ),
    ),
    Item(
        line=line("transport.redirect", "Plain http redirects to https", Severity.MEDIUM),
        verdict=Verdict.NOT_APPLICABLE,
        summary="nothing of the kind in this target",
        declared=Verdict.NOT_APPLICABLE,
        findings=(
            finding(
                "transport.redirect",
                Verdict.NOT_APPLICABLE,
                "nothing of the kind in this target",
                Location(),
                reason="nothing-to-judge",
                examined=0,
            ),
        ),
    ),
    Item(
        line=line("practice.key-rotation", "Keys are rotated every quarter", Severity.MEDIUM, owner="security"),
        verdict=Verdict.MANUAL,
        summary="manual: hardencheck attest practice.key-rotation",
    ),
    Item(
        line=line("practice.restore", "A backup was restored", Severity.HIGH, owner="operations"),
        verdict=Verdict.PASS,
        summary="attested by A. Auditor on 2026-10-01, holds until 2027-01-01",
        basis="attested",
        attestation=Attestation(
            check="practice.restore",
            by="A. Auditor",
            evidence="ticket OPS-17",
            on="2026-10-01",
            expires="2027-01-01",
            source="hardencheck.toml:40",
        ),
    ),
    Item(
        line=line("headers.drift", "What the URL answers is what the repository declares", Severity.MEDIUM),
        verdict=Verdict.FAIL,
        summary="declared and observed differ; 1 finding",
        basis="observed",
        drift="declared and observed differ",
        observed=Verdict.FAIL,
        examined=9,
        findings=(
            finding(
                "headers.drift",
                Verdict.FAIL,
                "strict-transport-security: declared max-age=31536000 (deploy/nginx.conf:14), observed max-age=0 with "
                "200; likely: the running nginx has another configuration: not reloaded, or another file",
                STAGING,
                related=(at("deploy/nginx.conf", 14),),
                evidence=(
                    "declared: max-age=31536000 (deploy/nginx.conf:14)",
                    "observed: max-age=0, status 200",
                    "likely: the running nginx has another configuration: not reloaded, or another file",
                ),
                expected="agrees equals yes",
                examined=9,
            ),
        ),
    ),
)

DRIFT = Checklist(
    subject=Subject(
        name="example-service",
        kind="git work tree",
        commit="3c1d9e0b6f5a4d3c2b1a09876543210fedcba987",
        dirty=False,
        origin="https://git.example/team/example-service",
        urls=("https://staging.example/",),
        observed="live",
        profile="config.settings.production",
    ),
    items=_ITEMS,
    gate=Gate(
        exit_code=3,
        fail_on="high",
        strict=False,
        reasons=(
            "secrets.history: not checked: shallow clone; use fetch-depth: 0",
            "secrets.tracked (critical): 1 new failed; keyword, 14 characters, hmac 5f1e0c22",
            "permissions.world-writable (high): 1 new failed; 2 findings",
            "headers.hsts (high): 1 failed; declared, not served; max-age=0",
        ),
    ),
    tool=Tool(
        version="0.1.0",
        python="3.11.2",
        ruleset="9f2b7c1d" * 8,
        config="0a1b2c3d" * 8,
        config_source="hardencheck.toml",
    ),
    started="2026-11-22T09:30:00Z",
    seconds=0.94,
    gaps=(
        Gap(
            kinds=("secret.history",),
            collector="git.history",
            reason=Reason.MISSING_OBJECT,
            detail="shallow clone; use fetch-depth: 0",
        ),
        Gap(
            kinds=("django.setting",),
            collector="python.settings",
            reason=Reason.NOT_LITERAL,
            detail="DEBUG is env(...): not a literal",
            location=at("config/settings.py", 31),
            about={"name": "DEBUG", "level": 1.5, "known": True, "size": None},
        ),
        *(
            Gap(
                kinds=("code.call",),
                collector="python.calls",
                reason=Reason.UNPARSABLE,
                detail="invalid syntax",
                location=at(name, 2),
            )
            for name in HOSTILE
        ),
    ),
    runs=(
        Run(collector="files.modes", examined=214, seconds=0.01),
        Run(collector="python.calls", examined=120, skipped={"too-large": 1}, seconds=0.4),
    ),
    waivers=_WAIVERS,
    notes=(
        Note(topic="suppressed by the repository", text="# nosec at app/m1.py:7 had no effect"),
        Note(topic="ignored checks", text=f"uploads.fields, {HOSTILE[0]}"),
    ),
    skipped={"binary: only looked at by what reads binary files": 31, "too-large": 1, HOSTILE[1]: 2},
    examined=215,
    applications=APPLICATIONS,
    defaults=DEFAULTS,
    exhibits=EXHIBITS,
)

CLEAN = msgspec.structs.replace(
    DRIFT,
    items=(_ITEMS[1], _ITEMS[11], _ITEMS[13]),
    gate=Gate(exit_code=0, fail_on="high", strict=False),
    gaps=(),
    waivers=(),
    notes=(),
    skipped={},
    applications=(),
    defaults=(),
)

# Nothing but a repository was given and no line applies to it.
EMPTY = msgspec.structs.replace(
    CLEAN,
    subject=Subject(name="docs", kind="directory"),
    items=(
        msgspec.structs.replace(
            _ITEMS[9],
            verdict=Verdict.NOT_APPLICABLE,
            summary="no URL was given",
            basis="",
            observed=Verdict.NOT_APPLICABLE,
            findings=(
                finding(
                    "headers.nosniff",
                    Verdict.NOT_APPLICABLE,
                    "no URL was given",
                    Location(),
                    side=Side.OBSERVED,
                    reason="not-asked",
                    examined=0,
                ),
            ),
        ),
    ),
    gate=Gate(
        exit_code=3,
        fail_on="high",
        strict=True,
        reasons=("nothing was examined: no line of the checklist applies to what was given",),
    ),
    examined=0,
)

SAMPLES = {"drift": DRIFT, "clean": CLEAN, "empty": EMPTY}
