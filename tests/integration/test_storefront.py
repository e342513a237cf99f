"""The bundled sample service, repository and live URL together, through real nginx and gunicorn with a test CA.

The weak one fails every line it was built to fail; the hardened one has no line failed and none unknown.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hardencheck.catalogue.load import load_catalogue
from tests.integration.services import storefront

pytestmark = pytest.mark.integration

# Everything the README of examples/storefront lists. What is missing here is not applicable there (no Flask, no
# compose host namespace, modes of a live directory ...), is a manual line, or is deliberately in order.
WEAK = {
    "permissions": {
        "build-context", "compose-docker-socket", "compose-no-new-privileges", "compose-privileged",
        "compose-runs-as-root", "container-chmod", "container-runs-as-root", "env-file-tracked", "executable-data",
        "insecure-temporary-file", "loose-mode-in-code", "private-key-tracked", "symlink-leaves-tree", "umask",
    },
    "secrets": {"generic", "hard-coded-password", "password-in-url", "private-key", "provider-token"},
    "settings": {
        "allowed-hosts", "clickjacking-middleware", "csrf-middleware", "csrf-trusted-origins", "debug",
        "forwarded-host", "password-hashers", "password-validators", "proxy-ssl-header", "secret-key",
        "security-middleware", "silenced-checks", "ssl-redirect",
    },
    "uploads": {
        "body-size", "django-memory-size", "field-count", "file-count", "file-permissions", "request-body-bounded",
        "request-line-limits",
    },
    "logging": {
        "config-listen", "debug-level", "disable-existing-loggers", "log-file-mode", "proxy-log", "proxy-log-secrets",
        "secret-in-log-call", "security-logger-silenced", "server-access-log", "server-debug-level", "sql-debug",
        "tracked-log-file",
    },
    "headers": {
        "cache-control", "cookie-http-only", "cookie-prefix", "cookie-same-site", "cookie-secure", "coop", "corp",
        "csp", "deprecated", "duplicates", "framing", "hsts", "nosniff", "permissions-policy", "referrer-policy",
        "version-leak",
    },
    "transport": {"certificate", "https-redirect", "tls-versions"},
    "exposure": {"debug-page", "directory-listing", "env-file", "git"},
}  # fmt: skip


def scan(kind: str, workdir: Path) -> tuple[int, dict[str, Any]]:
    with storefront(kind, workdir=workdir, front="nginx") as service:  # type: ignore[arg-type]
        assert service.http_url is not None
        done = subprocess.run(
            [
                str(Path(sys.executable).with_name("hardencheck")), "scan", str(service.repository),
                "--url", service.https_url, "--url", service.http_url, "--ca-file", str(service.ca_file),
                "--probe", "--format", "json",
            ],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=workdir,
        )  # fmt: skip
    return done.returncode, json.loads(done.stdout)


def ids(report: dict[str, Any], *verdicts: str) -> set[str]:
    return {item["line"]["id"] for item in report["items"] if item["verdict"] in verdicts}


def test_the_weak_one_fails_what_it_was_built_to_fail(tmp_path: Path) -> None:
    code, report = scan("weak", tmp_path)
    assert code == 1
    wanted = {f"{area}.{name}" for area, names in WEAK.items() for name in names}
    assert wanted - ids(report, "fail") == set()
    assert ids(report, "unknown", "error") == set()
    # A live failure names the line of the repository that should have set it.
    [hsts] = [item for item in report["items"] if item["line"]["id"] == "headers.hsts"]
    places = {place.get("path") for f in hsts["findings"] if f["side"] == "observed" for place in f["related"]}
    assert "storefront/settings.py" in places


def test_the_hardened_one_has_nothing_failed_and_nothing_unknown(tmp_path: Path) -> None:
    code, report = scan("hardened", tmp_path)
    assert (code, ids(report, "fail", "unknown", "error", "waived")) == (0, set())
    assert {item["line"]["id"].partition(".")[0] for item in report["items"] if item["verdict"] == "pass"} >= {
        "permissions", "secrets", "settings", "uploads", "logging", "headers", "transport", "exposure",
    }  # fmt: skip
    manual = {check.id for check in load_catalogue().checks.values() if check.manual}
    assert ids(report, "manual") == manual - ids(report, "pass")
