"""The enforced upload limit, measured on real servers: exact with no byte of a body where they refuse early, the honest
answer where they do not, and exact or a bracket where bodies may be sent.

`pytest -s` prints the table.
"""

import asyncio
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from hardencheck.collect.contract import Endpoint
from hardencheck.collect.live import upload_limit
from hardencheck.collect.live._client import LiveClient
from hardencheck.collect.live._upload_body import MAX_SENT
from hardencheck.collect.live.run import ask, state
from hardencheck.collect.options import Options
from hardencheck.collect.registry import collectors
from hardencheck.collect.run import collect
from hardencheck.model.facts.measured import HeldConnection, MeasuredLimit
from hardencheck.model.gap import Gap
from hardencheck.model.measured_limits import Comparison, comparisons
from hardencheck.model.target import Target
from tests.integration import chains
from tests.integration.chains import APPLICATIONS, MODULES, PROXIES, Application, Proxy, installed, running, write

RAW, FORM = "application/octet-stream", ""
TABLE: list[str] = []

_STATIC = """
daemon off;
user root;
pid DIR/nginx.pid;
error_log DIR/error.log;
events {}
http {
  access_log off;
  client_body_temp_path DIR/body;
  server {
    listen 127.0.0.1:PORT;
    client_max_body_size 3m;
    location / { return 204; }
  }
}
"""
_FILES = """
ServerRoot DIR
ServerName localhost
PidFile DIR/httpd.pid
Mutex file:DIR
User nobody
Group nogroup
Listen 127.0.0.1:PORT
LoadModule mpm_event_module MODULES/mod_mpm_event.so
LoadModule authz_core_module MODULES/mod_authz_core.so
ErrorLog DIR/error.log
DocumentRoot DIR/files
<Directory DIR/files>
  Require all granted
</Directory>
LimitRequestBody 1048576
"""
_NGINX_20 = PROXIES["nginx"].text.replace("client_max_body_size 8k;", "client_max_body_size 20m;")
MORE: Mapping[str, Proxy] = {
    "nginx 20m": replace(PROXIES["nginx"], text=_NGINX_20),
    "nginx, static": replace(PROXIES["nginx"], text=_STATIC),
    "Apache, static": replace(PROXIES["Apache"], text=_FILES.replace("MODULES", str(MODULES))),
}
WERKZEUG = Application(
    files=chains.FLASK, command="flask --app app run --host 127.0.0.1 --port PORT", packages=("flask",)
)


class Case(NamedTuple):
    """declared: the limit that is measured by declaring lengths; a text: how the answer begins. sent: what --active
    comes to: an exact limit; None: as much as is sent."""

    proxy: str
    application: str
    kind: str
    declared: int | str
    status: int = 413
    sent: int | None = None


NO_REFUSAL = "no early refusal"
CASES = [
    Case("nginx", "gunicorn + Django", FORM, 8192),
    Case("nginx, wide", "gunicorn + Flask", FORM, 1 << 20, sent=12_000),
    Case("nginx 20m", "gunicorn + Flask", RAW, 20 << 20, sent=30_000),
    Case("nginx, static", "", FORM, 3 << 20),
    Case("Apache, static", "", FORM, 1 << 20),
    Case("nginx, streaming", "gunicorn + Flask", RAW, 30_000),
    Case("", "gunicorn + Flask", RAW, 30_000),
    Case("", "gunicorn + Django", RAW, 20_000, 400),
    Case("", "waitress + Flask", RAW, 24_999),
    Case("", "Werkzeug", RAW, 30_000),
    Case("", "uvicorn + FastAPI", RAW, 30_000),
    Case("", "gunicorn + Django", FORM, NO_REFUSAL),
    Case("", "aiohttp", RAW, NO_REFUSAL, sent=30_000),
    Case("", "uvicorn + FastAPI without a limit", RAW, NO_REFUSAL),
    Case("", "uvicorn + FastAPI without a limit", FORM, NO_REFUSAL),
    Case("Apache", "gunicorn + Django", FORM, NO_REFUSAL),
    Case("Caddy", "aiohttp", RAW, NO_REFUSAL, 502, sent=8000),
    Case("nginx, open", "uvicorn + FastAPI without a limit", FORM, NO_REFUSAL),
]


@pytest.fixture(scope="module", autouse=True)
def table() -> Iterator[None]:
    yield
    print("\n" + "\n".join(TABLE))


def measured(
    port: int, kind: str, *, active: bool
) -> tuple[list[MeasuredLimit], list[HeldConnection], list[Gap], float]:
    url = f"http://127.0.0.1:{port}/"
    known = collectors()
    probes = tuple(probe for probe in known.probes if probe.name.startswith("uploads."))
    options = Options(
        probe=True, active=active, i_own=("127.0.0.1",), endpoints={url: Endpoint(content_type=kind)}
    )  # fmt: skip
    started = time.monotonic()
    client = LiveClient(requests=100, seconds=60)
    asked = asyncio.run(ask(client, [url], known._replace(probes=probes), options))
    took = time.monotonic() - started
    found = [*asked.found, *state([upload_limit.MeasuredLimits()], tuple(asked.exchanges))]
    gaps = [item for item in found if isinstance(item, Gap)]
    limits = [item for item in found if isinstance(item, MeasuredLimit)]
    return limits, [item for item in found if isinstance(item, HeldConnection)], gaps, took


def against(root: Path, limits: list[MeasuredLimit], gaps: list[Gap]) -> tuple[Comparison, ...]:
    """What was measured beside what the repository declares."""
    facts = collect(Target(repository=str(root)), Options(jobs=0)).facts
    return comparisons(facts.plus([*limits, *gaps]))


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.proxy or '-'} {case.application} {case.kind or 'form'}"
)
def test_measured(tmp_path: Path, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_limit, "HELD_SECONDS", 0.2)
    proxy = {**PROXIES, **MORE}[case.proxy]
    if not installed(proxy):
        pytest.skip(f"{proxy.program} is not installed")
    application = {**APPLICATIONS, "Werkzeug": WERKZEUG}[case.application or "aiohttp"]
    root = tmp_path / "service"
    ports = write(root, application, proxy)
    (tmp_path / "service-run" / "files").mkdir(parents=True, exist_ok=True)
    with running(root, proxy, *ports) as port:
        limits, _, gaps, took = measured(port, case.kind, active=False)
        seen = [item.describe() for item in limits] + [gap.detail for gap in gaps]
        row = f"{case.proxy or '-':18} {case.application:34} {case.kind or 'form':26} {took:4.1f} s"
        TABLE.append(f"{row} {'; '.join(seen)[:130]}")
        assert took < 9
        if isinstance(case.declared, str):
            assert limits == []
            assert [gap.detail.startswith(case.declared) for gap in gaps] == [True], seen
        else:
            assert gaps == []
            (limit,) = limits
            assert (limit.max_bytes, limit.exact, limit.status) == (case.declared, True, case.status), seen
            assert limit.sent == 0
            assert limit.requests <= 30
        # What runs is what the files say, so nothing has drifted; and where a file says otherwise, nginx's has.
        assert [one for one in against(root, limits, gaps) if one.agrees is False] == []
        if case.proxy in {"nginx", "nginx, wide", "nginx 20m", "nginx, open"}:
            file = root / proxy.path
            kept = file.read_text()
            file.write_text(re.sub("client_max_body_size [^;]*;", "client_max_body_size 5m;", kept))
            (one,) = against(root, limits, gaps)
            file.write_text(kept)
            assert one.agrees is False
            assert {str(item.location).partition(":")[0] for item in one.declared} >= {proxy.path}
            TABLE.append(f"{'':95} declared 5 MiB: {one.reason}"[:230])
        limits, held, gaps, took = measured(port, case.kind, active=True)
        seen = [item.describe() for item in limits] + [gap.detail for gap in gaps]
        TABLE.append(f"{'':87}  {took:4.1f} s {'; '.join(seen)[:130]}")
        uploaded = [limit for limit in limits if limit.how == "uploaded"]
        if case.sent is not None:
            assert [(limit.max_bytes, limit.exact) for limit in uploaded] == [(case.sent, True)], seen
        elif isinstance(case.declared, str):
            assert [(limit.max_bytes, limit.refused) for limit in uploaded] == [(MAX_SENT, None)], seen
        else:
            (limit,) = limits
            assert limit.max_bytes == case.declared
            # Files take no POST: what is let through is then refused for another reason.
            assert limit.chunked == ("refused" if case.proxy in {"nginx", "nginx 20m"} else "awaited")
            assert limit.confirmed == (case.proxy != "Apache, static"), seen
        assert held or any("nothing is held" in gap.detail for gap in gaps)
