"""The observed half on the sample services, through real nginx and gunicorn, with TLS on loopback."""

import datetime as dt
from pathlib import Path

import pytest

from hardencheck.catalogue.load import load_catalogue
from hardencheck.collect.options import Options
from hardencheck.collect.run import collect
from hardencheck.judge.settle import Policy, select, settle
from hardencheck.model.checklist import Item
from hardencheck.model.facts import Side, fact_types
from hardencheck.model.target import Target
from tests.integration.services import Kind, storefront

pytestmark = pytest.mark.integration

AREAS = ("headers.*", "transport.*", "exposure.*")
# What the weak service has no way to do wrong: nginx refuses TRACE, and there is no policy to be mistaken in.
NOT_WEAK = {
    "exposure.trace", "headers.csp-bypass", "headers.csp-mistakes", "headers.csp-form-action", "headers.csp-reporting",
    # It has no API, nor a URL that ends a session, loads nothing of others, and asks no password on its first page.
    "headers.csp-api", "headers.clear-site-data", "headers.subresource-integrity", "transport.mixed-content",
    "transport.password-over-http",
    # Django says what its pages are, and its cookies are small, its own host's, and live for a year.
    "headers.content-type", "headers.cookie-scope", "headers.cookie-size", "headers.cookie-lifetime",
    "headers.origin-agent-cluster",
    # No other site may read it, no header names its machines, and it has neither metrics nor interactive documentation.
    "headers.cors-vary", "headers.internal-address", "exposure.metrics", "exposure.api-docs", "exposure.status-page",
    # No repository is given that it could differ from.
    "headers.drift",
}  # fmt: skip


def audit(kind: Kind, directory: Path) -> dict[str, Item]:
    """Lines of the observed areas by id, from the URLs alone."""
    chosen, _ = select(load_catalogue().checks, AREAS, ())
    types = fact_types()
    checks = tuple(check for check in chosen if any(types[rule.fact].side is Side.OBSERVED for rule in check.rules))
    with storefront(kind, workdir=directory, front="nginx") as service:
        assert service.http_url is not None
        target = Target(urls=(service.https_url, service.http_url))
        collected = collect(target, Options(probe=True, ca_file=str(service.ca_file)))
    settled = settle(checks, collected.facts, Policy(today=dt.date.today()))
    return {item.line.id: item for item in settled.items}


def test_the_hardened_one_passes_every_line_that_applies(tmp_path: Path) -> None:
    items = audit("hardened", tmp_path)
    assert {name: str(item.verdict) for name, item in items.items() if item.verdict != "pass"} == {
        "headers.cookie-http-only": "not-applicable",  # the page sets no session cookie
        "headers.clear-site-data": "not-applicable",  # nor is it where a session ends
        "headers.csp-api": "not-applicable",
        "headers.cors-vary": "not-applicable",  # no other site may read it
        "headers.origin-agent-cluster": "not-applicable",  # not sent: browsers keep origins apart
        "transport.password-over-http": "not-applicable",
        "headers.drift": "not-applicable",  # there is no repository to differ from
    }


def test_the_weak_one_fails_every_line_it_was_built_to_fail(tmp_path: Path) -> None:
    items = audit("weak", tmp_path)
    assert {name for name, item in items.items() if item.verdict != "fail"} == NOT_WEAK
