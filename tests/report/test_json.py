"""The record: canonical, versioned, and read back with suspicion."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from hardencheck.errors import UsageError
from hardencheck.report import read, render, schema
from hardencheck.report.json import MAX_BYTES
from tests.report.samples import DRIFT, HOSTILE, SAMPLES


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_it_follows_its_published_schema(name: str) -> None:
    validator = Draft202012Validator(schema())
    validator.check_schema(schema())
    assert [error.message for error in validator.iter_errors(json.loads(render("json", SAMPLES[name])))] == []


def test_the_schema_refuses_what_the_reader_refuses() -> None:
    saved = json.loads(render("json", DRIFT))
    saved["items"][0]["verdict"] = "fine"
    assert not Draft202012Validator(schema()).is_valid(saved)
    with pytest.raises(UsageError, match=r"verdict|Invalid enum"):
        read(json.dumps(saved))


def test_keys_are_sorted_at_every_depth() -> None:
    def check(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert [key for key, _ in pairs] == sorted(key for key, _ in pairs)
        return dict(pairs)

    json.loads(render("json", DRIFT), object_pairs_hook=check)


def test_names_survive_as_they_are() -> None:
    paths = {finding.location.path for item in read(render("json", DRIFT)).items for finding in item.findings}
    assert paths >= set(HOSTILE)


def test_a_field_of_a_later_minor_version_is_ignored() -> None:
    saved = json.loads(render("json", DRIFT))
    saved["trend"] = [1, 2]
    assert read(json.dumps(saved)) == DRIFT


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a report"),
        ("{", "not a report"),
        ("null", "not a report"),
        ("[]", "not a report"),
        ("{}", "missing required field `version`"),
        ('{"version": "1"}', "Expected `int`"),
        ('{"version": 2}', "has version 2; this hardencheck reads up to 1"),
        ('{"version": 0}', "has version 0; the first is 1"),
        ('{"version": 99999999999999999999999}', "has version 9+; this"),
        ('{"version": 1}', "missing required field"),
        ("[" * 200_000, "not a report"),
        ('{"version": 1, "x": ' + "[" * 200_000, "nested too deep"),
        ('{"version": 1, "items": ' + '{"a":' * 200_000, "not a report|nested too deep"),
        ('{"version": 1e999}', "not a report"),
        ('{"version": 1, "a": "\\ud800"}', "not a report"),
        ("\ud800", "not UTF-8"),
        (b"\xff\xfe{}", "not a report"),
        (b"\x00" * 1000, "not a report"),
    ],
)
def test_what_is_not_a_report_is_refused(text: str | bytes, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        read(text)
    assert caught.value.hint
    assert caught.value.exit_code == 2


def test_a_huge_file_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hardencheck.report.json.MAX_BYTES", 1_000)
    with pytest.raises(UsageError, match="larger than"):
        read(" " * 1_001)
    assert MAX_BYTES >= 2**28
