"""Both SARIF profiles before the validator of their standard, with GitHub's rules switched on."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hardencheck.report import render
from tests.integration.node_modules import node_file
from tests.report.samples import SAMPLES

pytestmark = pytest.mark.integration

# Off by default in the validator, and demanded by GitHub.
GITHUB = (
    "GH1001.ProvideRequiredLocationProperties",
    "GH1002.InlineThreadFlowLocations",
    "GH1003.ProvideRequiredRegionProperties",
    "GH1004.ReviewArraysThatExceedConfigurableDefaults",
    "GH1005.LocationsMustBeRelativeUrisOrFilePaths",
    "GH1006.ProvideCheckoutPath",
    "GH1007.ProvideFullyFormattedMessageStrings",
)
OFF = {
    "SARIF2006.UrisShouldBeReachable": "asks the network",
    "SARIF2009.ConsiderConventionalIdentifierValues": "wants ids like HC4001; ours are paths of check files",
    "SARIF2010.ProvideCodeSnippets": "a snippet could carry a secret",
    "SARIF2011.ProvideContextRegion": "as above",
}


@pytest.fixture(scope="module")
def validator(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The program and its configuration."""
    tool = node_file(
        "SARIF_MULTITOOL",
        "@microsoft/sarif-multitool@5.7.0",
        "@microsoft/sarif-multitool-linux/Sarif.Multitool",
    )
    tool.chmod(tool.stat().st_mode | 0o100)  # unset when npm runs no install scripts
    config = tmp_path_factory.mktemp("sarif") / "validation.json"
    levels = {**dict.fromkeys(GITHUB, "Error"), **dict.fromkeys(OFF, "Disabled")}
    config.write_text(json.dumps({f"{rule}.Options": {"RuleEnabled": level} for rule, level in levels.items()}))
    return tool, config


# A plain directory has no address in version control, and none is made up.
NO_ORIGIN = 'SARIF2003 {"id": "Note_Default", "arguments": ["runs[0]"]}'


@pytest.mark.parametrize("name", sorted(SAMPLES))
@pytest.mark.parametrize(("profile", "rules"), [("sarif", "Sarif;Ghas"), ("sarif-full", "Sarif")])
def test_the_validator_has_nothing_to_say(
    profile: str, rules: str, name: str, validator: tuple[Path, Path], tmp_path: Path
) -> None:
    expected = [] if SAMPLES[name].subject.origin else [NO_ORIGIN]
    assert complaints(render(profile, SAMPLES[name]), validator, tmp_path, rules) == expected


def test_the_validator_is_not_silent(validator: tuple[Path, Path], tmp_path: Path) -> None:
    text = render("sarif", SAMPLES["drift"])
    broken = text.replace('"startLine": 14', '"startLine": "14"', 1)
    assert any(said.startswith("JSON") for said in complaints(broken, validator, tmp_path, "Sarif;Ghas"))
    absolute = text.replace('"uri": "deploy/nginx.conf"', '"uri": "https://staging.example/"', 1)
    assert any(said.startswith("GH1005") for said in complaints(absolute, validator, tmp_path, "Sarif;Ghas"))


def complaints(text: str, validator: tuple[Path, Path], directory: Path, rules: str) -> list[str]:
    """What the validator says of a file. Its exit code is 0 even with errors, so its own log is read."""
    tool, config = validator
    source, answer = directory / "report.sarif", directory / "answer.sarif"
    source.write_text(text, encoding="utf-8")
    options = ("--rule-kind", rules, "--level", "Error;Warning;Note", "--log", "ForceOverwrite")
    done = subprocess.run(
        [tool, "validate", source, *options, "--config", config, "--output", answer],
        check=False,
        capture_output=True,
        timeout=120,
        text=True,
    )
    if not answer.is_file():
        return [done.stdout, done.stderr]
    run: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8-sig"))["runs"][0]
    said = [f"{result['ruleId']} {json.dumps(result['message'])}" for result in run["results"]]
    for invocation in run.get("invocations", ()):
        # WRN999 repeats which rules were switched off above.
        configuration = invocation.get("toolConfigurationNotifications", ())
        said += [json.dumps(note) for note in configuration if not note["descriptor"]["id"].startswith("WRN999")]
        said += [json.dumps(note) for note in invocation.get("toolExecutionNotifications", ())]
    return said
