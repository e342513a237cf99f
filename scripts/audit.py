"""`make audit`: one audit of what TARGET= and URL= name, or of the bundled sample service when neither is given.

The sample service runs on loopback for the duration, first in its deliberately weak state, then hardened. The weak
one must fail the gate (exit 1), the hardened one must pass it (exit 0) with no line failed or unknown; anything else
is our failure.
Reports land in audit-report/ (REPORT= names another directory).
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
HARDENCHECK: Final = Path(sys.executable).with_name("hardencheck")
AUDIT_SECONDS: Final = 600
EXPECTED: Final = {"weak": 1, "hardened": 0}
MEANING: Final = {
    0: "gate passed",
    1: "gate failed",
    2: "usage or configuration error",
    3: "incomplete: something required was not checked",
    70: "internal error",
}


def main() -> int:
    target, url = os.environ.get("HARDENCHECK_MAKE_TARGET", ""), os.environ.get("HARDENCHECK_MAKE_URL", "")
    report = ROOT / (os.environ.get("HARDENCHECK_MAKE_REPORT") or "audit-report")
    report.mkdir(parents=True, exist_ok=True)
    if target or url:
        code = scan(report / "audit", target=target, urls=[url] if url else [])
        written = (report / "audit.html").exists()
        print(f"\nreports: {named(report / 'audit')}" if written else "\nno report was written")
        return code
    return samples(report)


def scan(stem: Path, *, target: str, urls: list[str], options: tuple[str, ...] = ()) -> int:
    """One audit; the checklist goes to the terminal, HTML and JSON beside stem. Returns the exit code.

    No report or another verdict in it than the exit code says: 70, for a crash of Python also ends with 1.
    """
    for suffix in (".html", ".json"):
        stem.with_name(stem.name + suffix).unlink(missing_ok=True)
    command = [str(HARDENCHECK), "scan", "--format", "terminal"]
    command += ["--format", f"html={stem}.html", "--format", f"json={stem}.json", *options]
    for url in urls:
        command += ["--url", url]
    if target:
        command += ["--", str(Path(target).expanduser().resolve())]
    sys.stdout.flush()
    code = subprocess.run(command, check=False, cwd=ROOT, timeout=AUDIT_SECONDS).returncode
    if code == 1:
        try:
            saved = json.loads(stem.with_name(stem.name + ".json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return 70
        return code if saved["gate"]["exit_code"] == code else 70
    return code


def samples(report: Path) -> int:
    services = load_services()
    codes: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="hardencheck-") as workdir:
        for kind in EXPECTED:
            with services.storefront(kind, workdir=Path(workdir)) as service:
                if service.front != "nginx":
                    print("note: nginx is not installed, so what it adds to the sample is not observed\n")
                print(f"== sample service, {kind}: {service.https_url}, started on loopback for this audit")
                codes[kind] = scan(
                    report / kind,
                    target=str(service.repository),
                    urls=[url for url in (service.https_url, service.http_url) if url],
                    options=("--ca-file", str(service.ca_file), "--probe"),
                )
                print()
    good = True
    for kind, code in codes.items():
        fail, unknown = (count(report / f"{kind}.json", verdict) for verdict in ("fail", "unknown"))
        as_it_must = code == EXPECTED[kind] and (kind == "weak" or not fail + unknown)
        good &= as_it_must
        remark = (
            "as it must" if as_it_must else f"EXPECTED {EXPECTED[kind]}, the hardened one with no fail and no unknown"
        )
        print(f"{kind:<9}exit {code} ({MEANING.get(code, 'unknown')}), {fail} fail, {unknown} unknown: {remark}")
        print(f"{'':<9}{named(report / kind)}")
    print("make audit: " + ("OK, the weak sample fails and the hardened one passes" if good else "FAILED, see above"))
    return 0 if good else 1


def count(saved: Path, verdict: str) -> int:
    """Lines with this verdict in a JSON report; 0 without one, which the exit code has told already."""
    try:
        items = json.loads(saved.read_text(encoding="utf-8"))["items"]
    except (OSError, ValueError):
        return 0
    return sum(item["verdict"] == verdict for item in items)


def load_services() -> ModuleType:
    """tests/integration/services.py, which is no package."""
    path = ROOT / "tests" / "integration" / "services.py"
    spec = importlib.util.spec_from_file_location("services", path)
    if spec is None or spec.loader is None:
        sys.exit(f"error: {path} is missing; the sample service needs a checkout or an unpacked sdist")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def named(stem: Path) -> str:
    try:
        stem = stem.relative_to(ROOT)
    except ValueError:
        pass
    return f"{stem}.html, {stem}.json"


if __name__ == "__main__":
    sys.exit(main())
