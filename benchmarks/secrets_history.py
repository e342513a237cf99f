"""Secrets of a whole history, beside the scanners that a user would run instead.

    python benchmarks/secrets_history.py [--runs N] [--modes history,tree,warm,commit] [--peer-path DIR ...]
        [--peers kingfisher,detect-secrets] REPOSITORY [REPOSITORY ...]

history: every object, no cache, report included, beside `kingfisher scan` without validation. tree: the work tree
alone, beside kingfisher and, once, `detect-secrets scan -n .`. warm: the same history again, from the cache.
commit: one commit more than warm. Commands are run in turn (A B A B), after one run of each that is not counted
(it also builds the automata, once for a machine); medians and ratios are printed. CPU is user and system time of
the process and all its children, memory the largest single process. Then what each tool found, by place, without
any value: the paths, and those that only one tool names. A peer is looked for beside this Python, in --peer-path
and on PATH; a missing one is named.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from scan import Run, found, measure, median

SECRETS = ["--select", "secrets.*", "--ignore", "secrets.hard-coded-password", "-q"]
CODES = {0, 1, 3}
KINGFISHER_CODES = {0, 200, 205}
SHOWN = 20

Place = tuple[str, str]  # path, rule


def program(name: str, folders: Sequence[Path]) -> str | None:
    for folder in folders:
        if (folder / name).exists():
            return os.fspath(folder / name)
    return found(name)


def in_turn(
    commands: dict[str, tuple[list[str], set[int]]], runs: int, cwd: Path, env: dict[str, str]
) -> dict[str, Run]:
    results: dict[str, list[Run]] = {name: [] for name in commands}
    for number in range(runs + 1):
        for name, (command, codes) in commands.items():
            done = measure(command, cwd=cwd, environment=env, codes=codes)
            if number:
                results[name].append(done)
    return {name: median(measured) for name, measured in results.items()}


def table(title: str, results: dict[str, Run]) -> None:
    print(f"\n  {title:24} {'wall s':>8} {'CPU s':>8} {'MiB':>6}   hardencheck = this x (wall, CPU)")
    ours = results["hardencheck"]
    for name, run in results.items():
        ratio = "" if name == "hardencheck" else f"{ours.wall / run.wall:.2f}, {ours.cpu / run.cpu:.2f}"
        print(f"  {name:24} {run.wall:8.2f} {run.cpu:8.2f} {run.mebibytes:6.0f}   {ratio}")


def our_places(report: Path) -> set[Place]:
    found_: set[Place] = set()
    for item in json.loads(report.read_text())["items"]:
        for finding in item["findings"]:
            rule = next((line.split(",")[0] for line in finding.get("evidence", ()) if line.startswith("rule ")), "")
            for place in (finding.get("location", {}), *finding.get("related", ())):
                if rule and place.get("path"):
                    found_.add((place["path"], rule.removeprefix("rule ")))
    return found_


def kingfisher_places(report: Path, root: Path) -> set[Place]:
    found_: set[Place] = set()
    for line in report.read_text().splitlines():
        record = json.loads(line)
        if "finding" not in record:
            continue
        finding = record["finding"]
        path = finding.get("path") or finding.get("git_metadata", {}).get("file", {}).get("path", "")
        found_.add((os.path.relpath(path, root) if os.path.isabs(path) else path, record["rule"]["id"]))
    return found_


def differences(ours: set[Place], theirs: set[Place], name: str) -> None:
    """By path: of one file's versions each tool names another line."""
    mine, other = {path for path, _ in ours}, {path for path, _ in theirs}
    print(f"  paths with findings: hardencheck {len(mine)}, {name} {len(other)}, both {len(mine & other)}")
    for title, places, left in (("hardencheck", ours, mine - other), (name, theirs, other - mine)):
        only = sorted(place for place in places if place[0] in left)
        print(f"  only {title}: {len(only)}")
        for path, rule in only[:SHOWN]:
            print(f"    {path}  {rule}")


def bench(repository: Path, modes: Sequence[str], peers: Sequence[str], folders: Sequence[Path], runs: int) -> None:
    count = subprocess.run(
        ["git", "-C", os.fspath(repository), "rev-list", "--count", "--all"], capture_output=True, text=True, check=True
    )
    print(f"\n{repository.name}: {count.stdout.strip()} commits, {runs} runs each, medians")
    hardencheck = found("hardencheck")
    if hardencheck is None:
        raise SystemExit("hardencheck is not installed in this environment")
    kingfisher = program("kingfisher", folders) if "kingfisher" in peers else None
    if "kingfisher" in peers and kingfisher is None:
        print("  kingfisher: not installed")
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        env = {**os.environ, "HARDENCHECK_DATA_DIR": f"{home}/data", "NO_COLOR": "1"}
        scan = [hardencheck, "scan", os.fspath(repository), *SECRETS]
        theirs = ["scan", os.fspath(repository), "--no-validate", "--no-update-check", "-f", "jsonl"]
        for mode, ours_more, theirs_more in (
            ("history", [], []),
            ("tree", ["--history", "none"], ["--git-history", "none"]),
        ):
            if mode not in modes:
                continue
            report, other = home / f"{mode}.json", home / f"{mode}.jsonl"
            commands = {"hardencheck": ([*scan, "--no-cache", *ours_more, "--format", f"json={report}"], CODES)}
            if kingfisher is not None:
                commands["kingfisher"] = ([kingfisher, *theirs, *theirs_more, "-o", os.fspath(other)], KINGFISHER_CODES)
            results = in_turn(commands, runs, home, env)
            if mode == "tree" and "detect-secrets" in peers:
                detect = program("detect-secrets", folders)
                if detect is None:
                    print("  detect-secrets: not installed")
                else:
                    command = [detect, "scan", "-n", "."]
                    results["detect-secrets (1 run)"] = measure(command, cwd=repository, environment=env, codes={0})
            table(mode, results)
            if kingfisher is not None:
                differences(our_places(report), kingfisher_places(other, repository), "kingfisher")
        if "warm" in modes or "commit" in modes:
            again(repository, scan, home, env, runs, "commit" in modes)


def again(repository: Path, scan: list[str], home: Path, env: dict[str, str], runs: int, commit: bool) -> None:
    """From the cache, and with one commit more, in a clone that borrows the objects."""
    clone = home / "clone"
    git = ["git", "-c", "user.name=Bench", "-c", "user.email=bench@service.example", "-C", os.fspath(clone)]
    # A repository that lacks some large objects can be cloned all the same; what is there is checked out.
    subprocess.run(
        ["git", "clone", "-q", "--shared", "--no-checkout", os.fspath(repository), os.fspath(clone)], check=True
    )
    subprocess.run([*git, "read-tree", "HEAD"], check=True)
    subprocess.run([*git, "checkout-index", "-a"], stderr=subprocess.DEVNULL, check=False)
    command = [
        scan[0],
        "scan",
        os.fspath(clone),
        *scan[3:],
        "--cache-dir",
        f"{home}/cache",
        "--format",
        f"json={home}/w",
    ]
    measure(command, cwd=home, environment=env, codes=CODES)
    warm = median([measure(command, cwd=home, environment=env, codes=CODES) for _ in range(max(3, runs))])
    print(f"\n  warm: {warm.wall:.2f} s wall, {warm.cpu:.2f} s CPU, {warm.mebibytes:.0f} MiB")
    if not commit:
        return
    file = next(path for path in sorted(clone.rglob("*.py")) if path.stat().st_size > 2_000)
    more = []
    for number in range(max(3, runs)):
        with file.open("a") as text:
            text.write(f"\nBENCH = {number}\n")
        subprocess.run([*git, "add", os.fspath(file)], check=True)
        subprocess.run([*git, "commit", "-q", "-m", f"bench {number}"], check=True)
        more.append(measure(command, cwd=home, environment=env, codes=CODES))
    after = median(more)
    print(f"  one commit: {after.wall:.2f} s wall, {after.wall - warm.wall:.2f} s more than warm")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--modes", default="history,tree,warm,commit")
    parser.add_argument("--peers", default="kingfisher,detect-secrets")
    parser.add_argument("--peer-path", type=Path, action="append", default=[])
    given = parser.parse_args()
    print(time.strftime("%Y-%m-%d"), os.uname().machine, f"{os.cpu_count()} cores, Python {sys.version.split()[0]}")
    for repository in given.repositories:
        bench(repository.resolve(), given.modes.split(","), given.peers.split(","), given.peer_path, given.runs)


if __name__ == "__main__":
    main()
