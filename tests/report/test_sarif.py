"""What GitHub demands of a SARIF file, and what a reader may rely on."""

import json
import re
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest

from hardencheck.model.check import Severity
from hardencheck.model.checklist import Checklist, Item
from hardencheck.model.finding import Verdict
from hardencheck.model.location import Location
from hardencheck.report import render
from hardencheck.report.sarif import MAX_RESULTS, pascal_case, unlinked
from tests.report.samples import CLEAN, DRIFT, HOSTILE, SAMPLES, STAGING, finding, line


def run_of(checklist: Checklist, profile: str = "sarif") -> dict[str, Any]:
    log = json.loads(render(profile, checklist))
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    run: dict[str, Any] = log["runs"][0]
    return run


def one(checklist: Checklist, check: str, profile: str = "sarif") -> list[dict[str, Any]]:
    return [result for result in run_of(checklist, profile)["results"] if result["ruleId"] == check]


def notes(checklist: Checklist) -> list[tuple[str, str, str]]:
    return [
        (note["descriptor"]["id"], note["associatedRule"]["id"], note["level"])
        for note in run_of(checklist)["invocations"][0]["toolExecutionNotifications"]
    ]


def with_items(*items: Item) -> Checklist:
    return msgspec.structs.replace(DRIFT, items=items)


def test_a_clean_audit_is_a_file_without_results() -> None:
    assert run_of(CLEAN)["results"] == []
    assert len(run_of(CLEAN)["tool"]["driver"]["rules"]) == 3


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_github_profile_holds_failures_at_lines_of_the_repository(name: str) -> None:
    for result in run_of(SAMPLES[name])["results"]:
        assert result["kind"] == "fail"
        assert result["level"] in {"error", "warning", "note"}
        assert set(result["partialFingerprints"]) == {"hardencheck/v1"}
        assert result["fingerprints"] == result["partialFingerprints"]
        [place] = result["locations"]
        for location in (place, *result.get("relatedLocations", ())):
            physical = location["physicalLocation"]
            assert physical["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
            assert re.fullmatch(r"[A-Za-z0-9/._~%-]+", physical["artifactLocation"]["uri"])
            assert physical["region"]["startLine"] >= 1


def test_a_live_failure_stands_at_the_line_that_should_have_set_it() -> None:
    [result] = one(DRIFT, "headers.hsts")
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "deploy/nginx.conf", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 14},
    }
    expected = "What headers.hsts demands, in a full sentence (rule: max age is at least 31536000)"
    assert result["message"] == {
        "id": "declaredNotServed",
        "arguments": ["max-age=0", "https://staging.example/", expected],
        "text": "Declared in the repository, but not served: observed 'max-age=0' at 'https://staging.example/'; "
        f"expected '{expected}'.",
    }
    assert "relatedLocations" not in result
    assert result["properties"]["url"] == "https://staging.example/"


def test_a_live_failure_without_a_line_is_a_notification() -> None:
    assert one(DRIFT, "headers.nosniff") == []
    assert ("no-location", "headers.nosniff", "warning") in notes(DRIFT)
    [full] = one(DRIFT, "headers.nosniff", "sarif-full")
    assert full["locations"] == [
        {"logicalLocations": [{"fullyQualifiedName": "https://staging.example/", "kind": "resource"}]}
    ]


def test_a_configuration_line_that_names_the_url_stands_for_it() -> None:
    tool = msgspec.structs.replace(DRIFT.tool, config_source="hardencheck.toml:12")
    [result] = one(msgspec.structs.replace(DRIFT, tool=tool), "headers.nosniff")
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "hardencheck.toml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 12},
    }


@pytest.mark.parametrize("source", ["", "hardencheck.toml", "/etc/hardencheck.toml:3", "../hardencheck.toml:3"])
def test_no_path_is_made_up_for_a_url(source: str) -> None:
    tool = msgspec.structs.replace(DRIFT.tool, config_source=source)
    assert one(msgspec.structs.replace(DRIFT, tool=tool), "headers.nosniff") == []


@pytest.mark.parametrize("path", ["/etc/passwd", "../outside.py", "a/../../b.py", ""])
def test_a_path_outside_the_repository_is_no_location(path: str) -> None:
    item = DRIFT.items[0]
    bad = msgspec.structs.replace(item.findings[0], location=Location(path=path, line=1))
    checklist = with_items(msgspec.structs.replace(item, findings=(bad,)))
    assert run_of(checklist)["results"] == []
    assert notes(checklist) == [("no-location", item.line.id, "error")]


def test_what_was_not_checked_is_a_notification_and_never_a_result() -> None:
    assert set(notes(DRIFT)) == {
        ("not-checked", "secrets.history", "warning"),
        ("not-checked", "settings.debug", "note"),
        ("not-checked", "headers.referrer-policy", "warning"),
        ("no-location", "headers.nosniff", "warning"),
    }


def test_hostile_names_are_percent_encoded() -> None:
    found = [
        unquote(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
        for result in one(DRIFT, "logging.file-names")
    ]
    assert found == list(HOSTILE)


def test_the_full_profile_has_every_line_and_its_kind() -> None:
    kinds: dict[str, set[tuple[str, str]]] = {}
    for result in run_of(DRIFT, "sarif-full")["results"]:
        kinds.setdefault(result["ruleId"], set()).add((result["kind"], result["level"]))
    assert set(kinds) == {item.line.id for item in DRIFT.items}
    assert kinds["headers.referrer-policy"] == {("pass", "none")}
    assert kinds["transport.redirect"] == {("notApplicable", "none")}
    assert kinds["practice.key-rotation"] == {("review", "none")}
    assert kinds["settings.debug"] == {("open", "none")}
    assert kinds["uploads.body-size"] == {("fail", "warning")}


def test_the_full_profile_carries_waivers_as_accepted_suppressions() -> None:
    [result] = one(DRIFT, "uploads.body-size", "sarif-full")
    assert result["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "The proxy enforces 10 MiB; the application limit lands with v3.",
            "properties": {
                "owner": "team-web",
                "approvedBy": "team-platform",
                "expires": "2027-02-01",
                "scope": "svc/app.py",
            },
        }
    ]
    assert one(DRIFT, "uploads.body-size") == []


def test_rules_say_what_github_shows() -> None:
    rules = {rule["id"]: rule for rule in run_of(DRIFT)["tool"]["driver"]["rules"]}
    hsts = rules["headers.hsts"]
    assert hsts["name"] == "HeadersHsts"
    assert hsts["helpUri"].endswith("/blob/main/checks/headers/hsts.toml")
    assert hsts["properties"]["security-severity"] == "8.0"
    assert hsts["properties"]["tags"] == [
        "security",
        "headers",
        "external/cwe/cwe-319",
        "external/owasp-asvs/v5.0.0-3.4.1",
    ]
    assert rules["settings.password-guess"]["properties"]["precision"] == "low"
    for rule in rules.values():
        assert len(rule["fullDescription"]["text"]) <= 1024
        assert len(rule["name"]) <= 255


def test_provenance_only_where_it_is_known() -> None:
    assert run_of(DRIFT)["versionControlProvenance"][0]["revisionId"] == DRIFT.subject.commit
    assert "versionControlProvenance" not in run_of(SAMPLES["empty"])


def test_more_results_than_github_keeps_are_cut_with_a_note_the_worst_first() -> None:
    def many(check: str, severity: Severity, count: int) -> Item:
        found = tuple(
            finding(check, Verdict.FAIL, "bad", Location(path=f"a{number}.py"), fingerprint=f"{check}{number}")
            for number in range(count)
        )
        return Item(line=line(check, "T", severity), verdict=Verdict.FAIL, summary="", findings=found)

    checklist = with_items(many("a.low", Severity.LOW, MAX_RESULTS), many("a.top", Severity.CRITICAL, 10))
    run = run_of(checklist)
    assert len(run["results"]) == MAX_RESULTS
    assert [result["ruleId"] for result in run["results"][:11]] == ["a.top"] * 10 + ["a.low"]
    assert run["invocations"][0]["toolExecutionNotifications"] == [
        {
            "descriptor": {"id": "left-out", "index": 2},
            "level": "warning",
            "message": {"text": "10 results beyond the first 5,000 left out."},
        }
    ]


def test_the_category_is_stable_and_safe() -> None:
    subject = msgspec.structs.replace(DRIFT.subject, name="../we ird/\x1b<svc>")
    run = run_of(msgspec.structs.replace(DRIFT, subject=subject))
    assert run["automationDetails"]["id"] == "hardencheck/..-we-ird-svc/"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[x](https://evil.example)", r"\[x\](https://evil.example)"),
        ("a[0](1)", r"a\[0\](1)"),
        ("list[int]", "list[int]"),
    ],
)
def test_embedded_links_are_broken(text: str, shown: str) -> None:
    assert unlinked(text) == shown


def test_pascal_case() -> None:
    assert pascal_case("headers.hsts-preload") == "HeadersHstsPreload"
    assert pascal_case("\x1b") == "Check"


def test_a_url_is_never_a_location_for_github() -> None:
    text = json.dumps([result["locations"] for result in run_of(DRIFT)["results"]])
    assert str(STAGING.url) not in text
