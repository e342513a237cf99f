"""Compares our use of bandit with bandit itself: same findings, what CPU time?

    python benchmarks/bandit_equivalence.py PATH...

Per repository: the findings (file, line, test id) of `bandit -r` for the tests hardencheck wants, and ours; what only
one of them has; CPU seconds (children included) of `bandit -r` with all its tests, with those only, and of ours.
Exit code 1 when findings differ.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, os.fspath(Path(__file__).resolve().parents[1] / "src"))

from hardencheck.collect.extract import bandit as ours

Found = Counter[tuple[str, int, str]]


def whole(root: Path, *options: str) -> tuple[Found, set[str], float]:
    """Findings of the program itself, the files it skipped, and its CPU seconds."""
    with tempfile.TemporaryDirectory() as empty:
        report = Path(empty) / "report.json"
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-P", "-m", "bandit", "-q", "-r", os.fspath(root), "--ignore-nosec", "--exit-zero"]
        # An exclude that matches nothing: by default bandit leaves out .git, .venv, build and others.
        command += ["-x", "/nothing-is-excluded", "-f", "json", "-o", os.fspath(report), *options]
        subprocess.run(command, cwd=empty, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        answer = json.loads(report.read_text(encoding="utf-8"))
    found: Found = Counter(
        (os.path.relpath(item["filename"], root), item["line_number"], item["test_id"])
        for item in answer["results"]
        if item["test_id"] in ours.IDS
    )
    skipped = {os.path.relpath(item["filename"], root) for item in answer["errors"]}
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return found, skipped, seconds


def own(root: Path) -> tuple[Found, int, int, float]:
    """Our findings, the number of files that were run through bandit, of all files, and CPU seconds."""
    started = time.process_time()
    found: Found = Counter()
    extractor = ours.Bandit()
    total = run = 0
    for path in sorted(root.rglob("*.py")):
        if path.is_symlink() or not path.is_file():
            continue
        data = path.read_bytes()
        total += 1
        run += bool(ours.ids_for(data))
        name = os.path.relpath(path, root)
        for item in extractor.extract(name, 0o100644, data):
            if isinstance(item, ours.BanditIssue):
                found[name, item.location.line or 0, item.test_id] += 1
    return found, run, total, time.process_time() - started


def compare(root: Path) -> bool:
    wanted = ",".join(ours.IDS)
    every, _, all_seconds = whole(root)
    few, skipped, few_seconds = whole(root, "-t", wanted)
    mine, run, total, seconds = own(root)
    print(f"{root.name}: {total} files, {run} of them given to bandit, {len(skipped)} it skips")
    print(f"  findings    bandit {every.total()}, with -t {few.total()}, ours {mine.total()}")
    for label, difference in (("only bandit", every - mine), ("only ours", mine - every)):
        for item, count in sorted(difference.items()):
            print(f"  {label}: {item[0]}:{item[1]} {item[2]} x{count}")
    print(f"  CPU seconds bandit {all_seconds:.2f}, with -t {few_seconds:.2f}, ours {seconds:.2f}")
    print(
        f"  ratio       {all_seconds / seconds:.0f} times less than bandit -r, {few_seconds / seconds:.0f} than with -t"
    )
    return every == mine and few == mine


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    results = [compare(Path(argument).resolve()) for argument in sys.argv[1:]]
    sys.exit(0 if all(results) else 1)
