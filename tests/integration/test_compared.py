"""Two real deployments of one service, through nginx and gunicorn with TLS: compared, recorded and judged again."""

import datetime as dt
from pathlib import Path

import pytest

from hardencheck.audit import audit
from hardencheck.catalogue.load import load_catalogue
from hardencheck.collect.live.run import ask_all
from hardencheck.collect.options import Options
from hardencheck.collect.source.recording import har_of
from hardencheck.judge.settle import Policy
from hardencheck.model.checklist import Checklist
from hardencheck.model.finding import Finding, Verdict
from hardencheck.model.target import Target
from hardencheck.report.json import encode
from tests.integration.services import storefront

pytestmark = pytest.mark.integration

PARITY = "practice.deployment-parity"


def judge(target: Target, options: Options) -> Checklist:
    return audit(target, load_catalogue(), Policy(today=dt.date.today()), options)


def told(checklist: Checklist) -> list[Finding]:
    (item,) = (item for item in checklist.items if item.line.id == PARITY)
    assert not [finding for finding in item.findings if finding.verdict is Verdict.UNKNOWN]
    return [finding for finding in item.findings if finding.verdict is Verdict.FAIL]


def test_two_deployments(tmp_path: Path) -> None:
    for kind in ("a", "b"):
        (tmp_path / kind).mkdir()
    with (
        storefront("hardened", workdir=tmp_path / "a", front="nginx") as staging,
        storefront("weak", workdir=tmp_path / "b", front="nginx") as production,
    ):
        authorities = tmp_path / "both.pem"
        authorities.write_bytes(staging.ca_file.read_bytes() + production.ca_file.read_bytes())
        options = Options(ca_file=str(authorities), probe=True)
        pages = tuple(f"{staging.https_url}{path}" for path in ("/", "/accounts/login/", "/nowhere"))
        target = Target(urls=pages, compare=production.https_url)
        differs = judge(target, options)
        same = judge(Target(urls=pages, compare=staging.https_url), options)
        file = tmp_path / "saved.har"
        file.write_bytes(har_of(ask_all(target, options)))
    again = judge(Target(har=str(file)), Options())

    assert told(same) == []
    found = {finding.observed.partition(":")[0] for finding in told(differs)}
    assert any(finding.observed.endswith("(and 2 more pages)") for finding in told(differs))
    assert {
        "strict-transport-security",
        "content-security-policy",
        "x-content-type-options",
        "upload limit POST",
        "TLS versions",
    } <= found
    assert encode(told(again)) == encode(told(differs))
