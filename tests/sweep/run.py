"""Scan samples and their clean twins, and say what is flagged: `python -m tests.sweep.run [--write] [PATTERN …]`.

`--write` puts what is flagged now into `expected.toml`: read the difference, for a check that speaks of something else
is none that has found the violation (`SPEAKS_OF_OTHERS`).
"""

import datetime as dt
import functools
import json
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from hardencheck.catalogue.load import load_catalogue
from hardencheck.collect.options import Options
from hardencheck.collect.run import collect
from hardencheck.collect.source.git import environment
from hardencheck.judge.settle import Policy, settle
from hardencheck.model.finding import Finding, Verdict
from hardencheck.model.target import Target

from .sample import Base, Sample

CHECKS = load_catalogue().checks
POLICY = Policy(today=dt.date(2026, 11, 1))
BINARY = (".jks", ".p12", ".sqlite3")
EXPECTED = Path(__file__).with_name("expected.toml")
# They stand at the line of a violation without being about it.
SPEAKS_OF_OTHERS = frozenset({"settings.contradictions"})
MEMORY = "/dev/shm"


class Seen(NamedTuple):
    """What the tool says of a sample.

    right: ids of the checks that fail at a place of the violation, and do not in the twin. elsewhere: the other fails
    that the twin does not have. clean: what fails in the twin.
    """

    right: tuple[str, ...]
    elsewhere: tuple[str, ...]
    clean: tuple[str, ...]


class Expected(NamedTuple):
    """flagged: sample -> ids, of which one at least has to be there. missed: sample -> why it is not flagged yet.

    twins: sample -> why its clean twin fails.
    """

    flagged: dict[str, list[str]]
    missed: dict[str, str]
    twins: dict[str, str]


def expected() -> Expected:
    return Expected(**tomllib.loads(EXPECTED.read_text(encoding="utf-8")))


def scan(base: Base) -> tuple[Finding, ...]:
    """The failing findings of a repository."""
    with tempfile.TemporaryDirectory(dir=MEMORY if Path(MEMORY).is_dir() else None) as directory:
        root = Path(directory)
        for path, text in base.files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode("latin-1" if path.endswith(BINARY) else "utf-8"))
            file.chmod(0o755 if base.modes.get(path) == "100755" else 0o644)
        for path, to in base.links.items():
            (root / path).symlink_to(to)
        for command in (("init", "--quiet"), ("add", "--force", "--all")):
            git = ["git", "-C", directory, "-c", "core.hooksPath=/dev/null", *command]
            subprocess.run(git, env=environment(), check=True, capture_output=True)
        facts = collect(Target(repository=directory), Options(jobs=0)).facts
    items = settle(CHECKS.values(), facts, POLICY).items
    return tuple(found for item in items for found in item.findings if found.verdict is Verdict.FAIL)


@functools.cache
def _twin(key: str) -> list[tuple[Finding, ...]]:
    return []


def twin(base: Base) -> tuple[Finding, ...]:
    """As `scan`, once for all samples that share the twin."""
    known = _twin(repr(base))
    if not known:
        known.append(scan(base))
    return known[0]


def look(sample: Sample) -> Seen:
    clean, broken = twin(sample.clean), scan(sample.broken)
    before = {(found.check, found.location.path, found.observed) for found in clean}
    new = [found for found in broken if (found.check, found.location.path, found.observed) not in before]
    right = {found.check for found in new if _place(found) in sample.places}
    elsewhere = {_words(found) for found in new if _place(found) not in sample.places}
    return Seen(tuple(sorted(right)), tuple(sorted(elsewhere)), tuple(sorted(map(_words, clean))))


def _place(finding: Finding) -> tuple[str | None, int]:
    return finding.location.path, finding.location.line or 0


def _words(finding: Finding) -> str:
    return f"{finding.check} {finding.location.path}:{finding.location.line}"


def _write(seen: dict[str, Seen], names: Sequence[str]) -> None:
    """Into `expected.toml`, what is not looked at now left as it is, reasons kept, and samples that are gone left out."""
    now = expected()
    flagged, missed, twins = dict(now.flagged), dict(now.missed), dict(now.twins)
    for name, one in seen.items():
        ids = [check for check in one.right if check not in SPEAKS_OF_OTHERS]
        flagged.pop(name, None)
        reason = missed.pop(name, "not looked at yet")
        if ids:
            flagged[name] = ids
        else:
            missed[name] = reason
        reason = twins.pop(name, "not looked at yet")
        if one.clean:
            twins[name] = reason
    lines = ["# Written by `python -m tests.sweep.run --write`; the reasons are ours.", "", "[flagged]"]
    lines += [f'"{name}" = {json.dumps(flagged[name])}' for name in names if name in flagged]
    for title, table in (("missed", missed), ("twins", twins)):
        lines += ["", f"[{title}]", *(f'"{name}" = {json.dumps(table[name])}' for name in names if name in table)]
    EXPECTED.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> None:
    from . import SAMPLES

    patterns = [one for one in arguments if not one.startswith("--")]
    chosen = [one for one in SAMPLES if not patterns or any(fnmatchcase(one.name, pattern) for pattern in patterns)]
    started = time.monotonic()
    seen: dict[str, Seen] = {}
    for one in chosen:
        result = seen[one.name] = look(one)
        found = [check for check in result.right if check not in SPEAKS_OF_OTHERS]
        where = " ".join(f"{path}:{line}" for path, line in sorted(one.places))
        print(f"{'  ok ' if found else ' MISS'} {one.name}  [{where}]  {', '.join(result.right)}")
        for words in result.elsewhere:
            print(f"          also {words}")
    print("--- clean twins fail:")
    for words in sorted({words for result in seen.values() for words in result.clean}):
        names = [name for name, result in seen.items() if words in result.clean]
        print(f"   {words}  ({len(names)}: {', '.join(names[:3])})")
    right = sum(bool(set(result.right) - SPEAKS_OF_OTHERS) for result in seen.values())
    print(f"{right} of {len(seen)} flagged in {time.monotonic() - started:.0f} s")
    if "--write" in arguments:
        _write(seen, [one.name for one in SAMPLES])


if __name__ == "__main__":
    main(sys.argv[1:])
