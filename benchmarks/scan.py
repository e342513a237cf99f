"""hardencheck beside what a user would run instead, on real repositories: wall, CPU and peak memory, and the ratios.

    python benchmarks/scan.py [--runs N] [--peers bandit,detect-secrets,...] REPOSITORY [REPOSITORY ...]

Each command is run N times, interleaved (A B A B), after nothing but the file system cache has been warmed by one
`git grep`; the medians are printed. A peer that is not installed is named as missing, never guessed. CPU is user
plus system time of the process and all its children; memory is the largest single process.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple


class Run(NamedTuple):
    wall: float
    cpu: float
    mebibytes: float


# Run in a process of its own, so that RUSAGE_CHILDREN is about this one command.
_MEASURE = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
wall = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, code]))
"""


def measure(command: list[str], *, cwd: Path, environment: dict[str, str], codes: set[int]) -> Run:
    """One run. Raises RuntimeError for an exit code that does not mean the work was done."""
    # -I: `cwd` may be the repository, whose modules are not to be imported.
    measuring = [sys.executable, "-I", "-c", _MEASURE, *command]
    done = subprocess.run(measuring, cwd=cwd, env=environment, capture_output=True, text=True, check=True)
    wall, cpu, mebibytes, code = [float(item) for item in done.stdout.strip("[]\n").split(",")]
    if int(code) not in codes:
        raise RuntimeError(f"{command[0]} ended with {int(code)}")
    return Run(wall, cpu, mebibytes)


def median(runs: list[Run]) -> Run:
    return Run(*(statistics.median(column) for column in zip(*runs, strict=True)))


def peers(repository: Path) -> dict[str, tuple[list[str], set[int]]]:
    """Command lines of the tools hardencheck stands beside, and the exit codes that mean they did their work."""
    return {
        "bandit": (["bandit", "-q", "-r", os.fspath(repository), "-f", "json"], {0, 1}),
        "detect-secrets": (["detect-secrets", "scan", "-n", "."], {0}),
        "checkov": (["checkov", "-d", os.fspath(repository), "--quiet", "--compact"], {0, 1}),
        "semgrep": (["semgrep", "scan", "--metrics=off", "--config", "p/python", os.fspath(repository)], {0, 1}),
    }


def found(program: str) -> str | None:
    beside = Path(sys.executable).with_name(program)
    return os.fspath(beside) if beside.exists() else shutil.which(program)


def bench(repository: Path, wanted: list[str], runs: int) -> None:
    subprocess.run(["git", "-C", os.fspath(repository), "grep", "-q", "warm-the-file-cache"], check=False)
    files = subprocess.run(["git", "-C", os.fspath(repository), "ls-files"], capture_output=True, text=True, check=True)
    print(f"\n{repository.name}: {len(files.stdout.splitlines())} tracked files, {runs} runs each, medians")
    program = found("hardencheck")
    if program is None:
        raise SystemExit("hardencheck is not installed in this environment")
    scan = [program, "scan", os.fspath(repository), "--fail-on", "never", "--format", "json"]
    codes = {0, 1, 3}
    commands: dict[str, tuple[list[str], set[int]]] = {}
    for name, (command, good) in peers(repository).items():
        if name not in wanted:
            continue
        path = found(command[0])
        if path is None:
            print(f"  {name:22} not installed")
        else:
            commands[name] = ([path, *command[1:]], good)
    results: dict[str, list[Run]] = {"hardencheck cold": [], "hardencheck warm": [], **{name: [] for name in commands}}
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as home:
            environment = {
                **os.environ,
                "HARDENCHECK_CACHE_DIR": f"{home}/cache",
                "HARDENCHECK_DATA_DIR": f"{home}/data",
                "NO_COLOR": "1",
            }
            for state in ("cold", "warm"):
                results[f"hardencheck {state}"].append(
                    measure(scan, cwd=Path(home), environment=environment, codes=codes)
                )
            for name, (command, good) in commands.items():
                results[name].append(measure(command, cwd=repository, environment=environment, codes=good))
    cold = median(results["hardencheck cold"])
    print(f"  {'':22} {'wall s':>8} {'CPU s':>8} {'MiB':>6}   cold scan = this x (wall, CPU)")
    for name, measured in results.items():
        middle = median(measured)
        ratio = "" if name.startswith("hardencheck") else f"{cold.wall / middle.wall:.2f}, {cold.cpu / middle.cpu:.2f}"
        print(f"  {name:22} {middle.wall:8.2f} {middle.cpu:8.2f} {middle.mebibytes:6.0f}   {ratio}")


def start_up(runs: int) -> None:
    """`hardencheck --version` beside `python -c 'import click'`."""
    program = found("hardencheck")
    if program is None:
        return
    environment = dict(os.environ)
    ours, click = [], []
    for _ in range(runs):
        ours.append(measure([program, "--version"], cwd=Path.cwd(), environment=environment, codes={0}))
        click.append(
            measure([sys.executable, "-c", "import click"], cwd=Path.cwd(), environment=environment, codes={0})
        )
    ratio = statistics.median(a.wall / b.wall for a, b in zip(ours, click, strict=True))
    print(f"start-up: --version {median(ours).wall:.3f} s, import click {median(click).wall:.3f} s, ratio {ratio:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="*", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peers", default="bandit,detect-secrets,checkov,semgrep")
    given = parser.parse_args()
    print(time.strftime("%Y-%m-%d"), os.uname().machine, f"{os.cpu_count()} cores, Python {sys.version.split()[0]}")
    start_up(max(given.runs, 10))
    for repository in given.repositories:
        bench(repository.resolve(), given.peers.split(","), given.runs)
    print(f"\npeak of this script: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
