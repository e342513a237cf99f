"""SARIF 2.1.0 in two profiles: `sarif` for GitHub code scanning, `sarif-full` for an archive.

GitHub takes every result for an open alert, refuses a result without a path of the repository, and counts on a file
without results to close old alerts. So its profile holds failing lines only, each at a real line; what could not be
checked, and a failing URL that no line stands for, are notifications. The full profile holds every line.

No snippets: a report never carries text of the target beyond what a check chose to show as evidence.
Source: OASIS SARIF 2.1.0; GitHub documentation, "SARIF support for code scanning".
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

from hardencheck.model.check import Confidence, Severity
from hardencheck.model.checklist import Checklist, Item, Line
from hardencheck.model.finding import Finding, Verdict
from hardencheck.model.location import Location
from hardencheck.model.words import plural
from hardencheck.report import _view, markdown
from hardencheck.report._options import Options
from hardencheck.report._text import paragraph, visible, without_surrogates
from hardencheck.report.json import encode

HOME = "https://github.com/hardencheck/hardencheck"
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MAX_RESULTS = 5_000
MAX_RELATED = 20
MAX_NOTIFICATIONS = 1_000

Json = dict[str, Any]
# GitHub: above 9.0 is critical, 7.0 to 8.9 high, 4.0 to 6.9 medium, below low.
_SCORE = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.0"}
_LEVEL = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
_PRECISION = {Confidence.HIGH: "very-high", Confidence.MEDIUM: "high", Confidence.LOW: "low"}
_MESSAGES = {
    "fail": "Observed '{0}' at '{1}'; expected '{2}'.",
    "declaredNotServed": "Declared in the repository, but not served: observed '{0}' at '{1}'; expected '{2}'.",
    "servedNotDeclared": "Served, but not declared in the repository: observed '{0}' at '{1}'; expected '{2}'.",
}
_FULL_MESSAGES = {
    **_MESSAGES,
    "pass": "The line holds: '{0}'.",
    "notApplicable": "The line does not apply: '{0}'.",
    "review": "A person has to answer: '{0}'.",
    "open": "Not checked: '{0}'.",
}
_DRIFT = {"declared, not served": "declaredNotServed", "served, not declared": "servedNotDeclared"}
_NOTIFICATIONS = {
    "not-checked": "A line of the checklist could not be checked.",
    "no-location": "A line fails on the live service and no line of the repository stands for it.",
    "left-out": "Results beyond the limit of GitHub were left out.",
}


def render(checklist: Checklist, options: Options = Options()) -> str:  # noqa: B008 - immutable
    """The profile for GitHub code scanning."""
    return _render(_Profile(checklist, full=False))


def render_full(checklist: Checklist, options: Options = Options()) -> str:  # noqa: B008 - immutable
    """The profile for an archive: every line, waivers as suppressions, taxonomies."""
    return _render(_Profile(checklist, full=True))


class _Profile(NamedTuple):
    checklist: Checklist
    full: bool


def _render(profile: _Profile) -> str:
    checklist = profile.checklist
    rules = {item.line.id: number for number, item in enumerate(_rules(checklist))}
    results, notifications = _results(profile, rules)
    run: Json = {
        "tool": {"driver": _driver(profile)},
        "automationDetails": {"id": f"hardencheck/{_category(checklist)}/"},
        "invocations": [_invocation(checklist, notifications)],
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the audited repository."}}},
        "results": results,
        "properties": {
            "gate": {
                "exitCode": checklist.gate.exit_code,
                "failOn": visible(checklist.gate.fail_on),
                "drift": checklist.gate.drift,
            },
            "lines": {str(verdict): count for verdict, count in _view.counts(checklist)},
            "ruleset": visible(checklist.tool.ruleset),
        },
    }
    subject = checklist.subject
    if subject.origin and subject.commit:
        run["versionControlProvenance"] = [
            {
                "repositoryUri": visible(subject.origin),
                "revisionId": visible(subject.commit),
                "mappedTo": {"uriBaseId": "%SRCROOT%"},
            }
        ]
    if profile.full:
        run["taxonomies"] = list(_taxonomies(checklist))
    return encode({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rules(checklist: Checklist) -> tuple[Item, ...]:
    return tuple(sorted(checklist.items, key=lambda item: item.line.id))


def _category(checklist: Checklist) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", checklist.subject.name)[:100].strip("-") or "service"


def _driver(profile: _Profile) -> Json:
    version = visible(profile.checklist.tool.version)
    driver: Json = {
        "name": "hardencheck",
        "version": version,
        "semanticVersion": version,
        "informationUri": HOME,
        "rules": [_rule(item.line, profile) for item in _rules(profile.checklist)],
        "notifications": [
            {
                "id": key,
                "name": pascal_case(key),
                "shortDescription": {"text": text},
                "fullDescription": {"text": f"{text} It is not a result, and it is not a pass."},
                "help": {"text": "Read what the message says; the other formats of the report hold the whole list."},
                "helpUri": f"{HOME}#readme",
                "messageStrings": {"default": {"text": "'{0}' '{1}'."}},
            }
            for key, text in _NOTIFICATIONS.items()
        ],
    }
    if profile.full:
        names = [component["name"] for component in _taxonomies(profile.checklist)]
        driver["supportedTaxonomies"] = [{"name": name, "index": number} for number, name in enumerate(names)]
    return driver


def _rule(line: Line, profile: _Profile) -> Json:
    cwe = [f"external/cwe/cwe-{number}" for number in line.controls.cwe]
    asvs = [f"external/owasp-asvs/v5.0.0-{number}" for number in line.controls.asvs]
    rule: Json = {
        "id": visible(line.id, 255),
        "name": pascal_case(line.id),
        "shortDescription": {"text": sentence(paragraph(line.title, 1_000))},
        "fullDescription": {"text": sentence(paragraph(f"{line.expected} {line.why}", 950))},
        "help": {"text": _help(line), "markdown": _help_markdown(line)},
        "helpUri": f"{HOME}/blob/main/checks/{quote(visible(line.id).replace('.', '/', 1), safe='/')}.toml",
        "messageStrings": {
            key: {"text": text} for key, text in (_FULL_MESSAGES if profile.full else _MESSAGES).items()
        },
        "defaultConfiguration": {"level": _LEVEL[line.severity]},
        "properties": {
            "tags": ["security", visible(line.area, 100), *cwe, *(visible(tag, 100) for tag in asvs)][:20],
            "precision": _PRECISION[line.confidence],
            "security-severity": _SCORE[line.severity],
            "problem.severity": _LEVEL[line.severity].replace("note", "recommendation"),
            "owner": visible(line.owner, 200),
        },
    }
    if profile.full and (line.controls.cwe or line.controls.asvs):
        ids = [("CWE", f"CWE-{number}") for number in line.controls.cwe]
        ids += [("ASVS", visible(number, 100)) for number in line.controls.asvs]
        rule["relationships"] = [
            {"target": {"id": target, "toolComponent": {"name": name}}, "kinds": ["superset"]} for name, target in ids
        ]
    return rule


def _help(line: Line) -> str:
    parts = (("Why", line.why), ("Fix", line.fix), ("Undo", line.rollback), ("When it does not apply", line.bypass))
    return "\n\n".join(f"{name}: {paragraph(text, 4_000)}" for name, text in parts)


def _help_markdown(line: Line) -> str:
    parts = (("Why", line.why), ("Fix", line.fix), ("Undo", line.rollback), ("When it does not apply", line.bypass))
    body = "\n\n".join(f"**{name}.** {markdown.text(text)}" for name, text in parts)
    return f"{body}\n\nOwner: {markdown.code(line.owner)}"


def _taxonomies(checklist: Checklist) -> Iterator[Json]:
    lines = [item.line for item in _rules(checklist)]
    cwe = sorted({number for line in lines for number in line.controls.cwe})
    asvs = sorted({number for line in lines for number in line.controls.asvs})
    if cwe:
        yield {
            "name": "CWE",
            "organization": "MITRE",
            "shortDescription": {"text": "The Common Weakness Enumeration."},
            "informationUri": "https://cwe.mitre.org/",
            "taxa": [
                {"id": f"CWE-{number}", "helpUri": f"https://cwe.mitre.org/data/definitions/{number}.html"}
                for number in cwe
            ],
        }
    if asvs:
        yield {
            "name": "ASVS",
            "version": "5.0.0",
            "organization": "OWASP",
            "shortDescription": {"text": "The OWASP Application Security Verification Standard."},
            "informationUri": "https://owasp.org/www-project-application-security-verification-standard/",
            "taxa": [{"id": visible(number, 100)} for number in asvs],
        }


def _results(profile: _Profile, rules: dict[str, int]) -> tuple[list[Json], list[Json]]:
    results: list[Json] = []
    notifications: list[Json] = []
    left_out = 0
    for item in _view.ranked(profile.checklist):
        for finding in _shown(item, profile.full):
            result = _result(item, finding, rules, profile)
            if result is None and finding is not None:
                notifications.append(_notification("no-location", item, finding, rules))
            elif not profile.full and len(results) >= MAX_RESULTS:
                left_out += 1
            elif result is not None:
                results.append(result)
        found = _view.undecided(item)
        notifications += [_notification("not-checked", item, finding, rules) for finding in found]
    beyond = len(notifications) - MAX_NOTIFICATIONS
    if beyond > 0:
        del notifications[MAX_NOTIFICATIONS:]
        notifications.append(_left_out(f"{plural(beyond, 'notification')} left out."))
    if left_out:
        notifications.append(_left_out(f"{plural(left_out, 'result')} beyond the first {MAX_RESULTS:,} left out."))
    return results, notifications


def _shown(item: Item, full: bool) -> Iterable[Finding | None]:
    """The findings that become results; None stands for the line as a whole."""
    if not full:
        return _view.failing(item) if item.verdict is Verdict.FAIL else ()
    match item.verdict:
        case Verdict.FAIL:
            return (*_view.failing(item), *(f for f in item.findings if f.verdict is Verdict.WAIVED))
        case Verdict.WAIVED:
            return tuple(finding for finding in item.findings if finding.verdict is Verdict.WAIVED)
        case Verdict.UNKNOWN | Verdict.ERROR:
            return _view.undecided(item) or (None,)
        case _:
            return (None,)


def _result(item: Item, finding: Finding | None, rules: dict[str, int], profile: _Profile) -> Json | None:
    line = item.line
    verdict = finding.verdict if finding else item.verdict
    failed = verdict in {Verdict.FAIL, Verdict.WAIVED}
    result: Json = {"ruleId": visible(line.id, 255), "ruleIndex": rules[line.id]}
    result["kind"] = _KIND[verdict]
    result["level"] = _LEVEL[line.severity] if failed else "none"
    result["message"] = _message(item, finding)
    if finding is None:
        result["properties"] = {"side": item.basis, "examined": item.examined}
        return result
    at = _view.repository_line(finding)
    primary = _physical(at) if at is not None else None
    if primary is None and finding.location.url is not None and not profile.full:
        primary = _configured(profile.checklist)
    if primary is None and profile.full and finding.location.url is not None:
        primary = {"logicalLocations": [{"fullyQualifiedName": visible(finding.location.url), "kind": "resource"}]}
    if primary is not None:
        result["locations"] = [primary]
    elif not profile.full:
        return None
    others = dict.fromkeys(place for place in (finding.location, *finding.related) if place.path and place != at)
    related = [found for place in others if (found := _physical(place)) is not None]
    if related:
        result["relatedLocations"] = [
            {"id": number, **found} for number, found in enumerate(related[:MAX_RELATED], start=1)
        ]
    if finding.fingerprint:
        result["partialFingerprints"] = {"hardencheck/v1": visible(finding.fingerprint, 200)}
        result["fingerprints"] = {"hardencheck/v1": visible(finding.fingerprint, 200)}
    properties: Json = {"side": str(finding.side)}
    if item.drift:
        properties["drift"] = visible(item.drift)
    if finding.new is not None:
        properties["new"] = finding.new
    if finding.location.url is not None:
        properties["url"] = visible(finding.location.url)
        if profile.full:
            result["webRequest"] = {"target": visible(finding.location.url)}
    if finding.evidence:
        properties["evidence"] = [visible(proof, 500) for proof in finding.evidence[:20]]
    result["properties"] = properties
    if verdict is Verdict.WAIVED:
        result["suppressions"] = list(_suppressions(profile.checklist, item, finding))
    return result


_KIND = {
    Verdict.FAIL: "fail",
    Verdict.WAIVED: "fail",
    Verdict.PASS: "pass",
    Verdict.NOT_APPLICABLE: "notApplicable",
    Verdict.MANUAL: "review",
    Verdict.UNKNOWN: "open",
    Verdict.ERROR: "open",
}


def _suppressions(checklist: Checklist, item: Item, finding: Finding) -> Iterator[Json]:
    for use in _view.hiding(checklist, item, finding):
        waiver = use.waiver
        yield {
            "kind": "external",
            "status": "accepted",
            "justification": sentence(visible(waiver.reason)),
            "properties": {
                "owner": visible(waiver.owner),
                "approvedBy": visible(waiver.approved_by),
                "expires": visible(waiver.expires),
                "scope": visible(waiver.scope),
            },
        }


def _message(item: Item, finding: Finding | None) -> Json:
    if finding is not None and finding.verdict in {Verdict.FAIL, Verdict.WAIVED}:
        drifting = finding.location.url is not None and finding.verdict is Verdict.FAIL
        key = _DRIFT.get(item.drift, "fail") if drifting else "fail"
        # The rule too: it has the parameters of this audit, which the prose has not.
        expected = f"{item.line.expected.rstrip('.')} (rule: {finding.expected})"
        values: tuple[str, ...] = (finding.observed, _view.place(finding) or "the whole target", expected)
    else:
        verdict = finding.verdict if finding is not None else item.verdict
        key = _KIND[verdict]
        values = (finding.observed if finding is not None else item.summary or "no detail",)
    arguments = [unlinked(visible(value, 1_000)) for value in values]
    text = re.sub(r"\{(\d)\}", lambda match: arguments[int(match.group(1))], _FULL_MESSAGES[key])
    return {"id": key, "arguments": arguments, "text": text}


def _notification(key: str, item: Item, finding: Finding, rules: dict[str, int]) -> Json:
    what = "was not checked" if key == "not-checked" else f"fails at '{unlinked(visible(_view.place(finding)))}'"
    text = f"'{visible(item.line.id)}' {what}: '{unlinked(visible(finding.observed, 1_000))}'."
    level = _LEVEL[item.line.severity] if key == "no-location" else "warning" if finding.trouble else "note"
    note: Json = {
        "descriptor": {"id": key, "index": list(_NOTIFICATIONS).index(key)},
        "associatedRule": {"id": visible(item.line.id, 255), "index": rules[item.line.id]},
        "level": level,
        "message": {"text": text},
    }
    at = _physical(finding.location) if finding.location.path else None
    if at is not None:
        note["locations"] = [at]
    return note


def _left_out(text: str) -> Json:
    index = list(_NOTIFICATIONS).index("left-out")
    return {"descriptor": {"id": "left-out", "index": index}, "level": "warning", "message": {"text": text}}


def _invocation(checklist: Checklist, notifications: list[Json]) -> Json:
    """No arguments of the command line: they may hold credentials."""
    invocation: Json = {
        "executionSuccessful": checklist.gate.exit_code != 70,
        "exitCode": checklist.gate.exit_code,
        "exitCodeDescription": _view.banner(checklist).gate,
        "toolExecutionNotifications": notifications,
    }
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", checklist.started):
        invocation["startTimeUtc"] = checklist.started
    return invocation


def _physical(place: Location) -> Json | None:
    """A location in the repository; None for a path that is not below its root (only a forged report has one)."""
    path = place.path or ""
    if not path or path.startswith("/") or ".." in path.split("/"):
        return None
    physical: Json = {"artifactLocation": {"uri": path_uri(path), "uriBaseId": "%SRCROOT%"}}
    line = place.line if place.line and place.line > 0 else None
    if line is not None:
        region = {"startLine": line}
        if place.end_line and place.end_line > line:
            region["endLine"] = place.end_line
        if place.column and place.column > 0:
            region["startColumn"] = place.column
        physical["region"] = region
    else:
        physical["region"] = {"startLine": 1}  # the whole file: GitHub and the validator want a line all the same
    return {"physicalLocation": physical}


def _configured(checklist: Checklist) -> Json | None:
    """The line of the configuration that names the URL ("hardencheck.toml:12"), when the report knows it."""
    found = re.fullmatch(r"([A-Za-z0-9._/-]+\.toml):([1-9][0-9]{0,6})", checklist.tool.config_source)
    if found is None or checklist.subject.kind == "none":
        return None
    return _physical(Location(path=found.group(1), line=int(found.group(2))))


def path_uri(path: str) -> str:
    """A relative URI reference: every character but the unreserved ones and "/" is percent-encoded."""
    return quote(str(without_surrogates(path)), safe="/-._~")


def pascal_case(check: str) -> str:
    """ "headers.hsts-preload" -> "HeadersHstsPreload"."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", check))[:255] or "Check"


def sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def unlinked(text: str) -> str:
    """Text in which no embedded link of a SARIF message ("[text](target)") remains."""
    return re.sub(r"\](?=\()", r"\\]", re.sub(r"\[(?=[^\]]*\]\()", r"\\[", text))
