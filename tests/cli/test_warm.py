"""A repository that has not changed: no worker is started and nothing heavy is imported."""

import os
import subprocess
import sys
from pathlib import Path

import hardencheck
from hardencheck.collect.run import POOL_FILES
from tests.collect.repos import repository

HEAVY = ("bandit", "detect_secrets", "hyperscan", "httpx", "httpcore", "yaml", "jinja2", "hardencheck.collect.worker")
SCRIPT = f"""
import sys
from hardencheck.cli import run
code = run(["scan", sys.argv[1], "-q", "--fail-on", "never"])
print(code, sorted(set({HEAVY!r}) & set(sys.modules)))
"""


def scan(root: Path) -> str:
    source = os.fspath(Path(hardencheck.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, os.fspath(root)],
        env=os.environ | {"PYTHONPATH": source},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_a_warm_scan_imports_nothing_heavy_and_starts_no_pool(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        f"app/m{number:03}.py": f"import os\nos.chmod('x{number}', 0o644)\npassword = 'changeme'\n"
        for number in range(POOL_FILES + 10)
    }
    root = repository(tmp_path / "r", {**files, "compose.yaml": "services: {web: {image: app}}\n"})
    assert scan(root) == "0 ['hardencheck.collect.worker', 'hyperscan']", "a cold scan of so many files starts the pool"
    assert scan(root) == "0 []"
