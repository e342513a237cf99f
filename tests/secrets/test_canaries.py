"""Every kind of secret is found where it was planted, and no part of one leaves the extractor."""

import re
import sqlite3
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from hardencheck.collect.extract.secrets import DetectSecrets
from hardencheck.collect.extraction import encode, extract_file
from hardencheck.collect.options import Options
from hardencheck.collect.run import collect
from hardencheck.collect.source.git import environment
from hardencheck.model.facts.secrets import SecretCandidate
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.target import Target
from tests.secrets.canaries import LEAK, Canary, leaks, plant


@pytest.fixture
def planted(tmp_path: Path) -> Iterator[tuple[Path, list[Canary]]]:
    root = tmp_path / "service"
    root.mkdir()
    canaries = plant(root)
    for command in (["init", "--quiet"], ["add", "--force", "."]):
        subprocess.run(["git", "-C", str(root), *command], env=environment(), check=True)
    yield root, canaries


def test_there_are_more_than_twenty_kinds_and_none_is_in_this_repository(tmp_path: Path) -> None:
    canaries = plant(tmp_path)
    assert len({canary.kind for canary in canaries}) >= 20
    assert all(len(canary.secret) >= LEAK for canary in canaries)
    sources = b"".join(file.read_bytes() for file in Path(__file__).parents[1].rglob("*.py"))
    assert leaks(sources, canaries) == []


def test_leaks_finds_eight_characters_in_every_form(tmp_path: Path) -> None:
    canaries = plant(tmp_path)
    for canary in canaries:
        assert leaks((tmp_path / canary.path).read_bytes(), [canary]) == [canary]
    one = canaries[0]
    assert leaks(f"... {one.secret[3 : 3 + LEAK]} ...", [one]) == [one]
    assert leaks(f"... {one.secret[3 : 2 + LEAK]} ...", [one]) == []
    assert leaks(one.secret.encode("utf-16"), [one]) == [one]
    assert one.secret not in repr(canaries)


@pytest.mark.parametrize("jobs", [0, 2])
def test_all_are_found_and_none_is_in_facts_gaps_notes_or_cache(
    planted: tuple[Path, list[Canary]], tmp_path: Path, jobs: int
) -> None:
    root, canaries = planted
    cache = tmp_path / "cache"
    for number in range(70):  # enough files for workers to be started
        (root / f"module_{number}.py").write_text(f"NUMBER = {number}\n")
    collected = collect(Target(repository=str(root)), Options(jobs=jobs, cache=cache))
    found = {
        (fact.location.path, fact.rule)
        for fact in collected.facts.facts
        if isinstance(fact, SecretCandidate) and not fact.placeholder
    }
    assert {(canary.path, canary.rule) for canary in canaries} - found == set()
    assert [gap for gap in collected.facts.gaps if gap.collector == DetectSecrets.name] == []
    own = [fact for fact in collected.facts.facts if fact.kind().startswith(("secret.", "suppression."))]
    everything = msgspec.json.encode(own) + repr(own).encode() + repr(collected.notes).encode()
    assert leaks(everything, canaries) == []
    assert leaks("\n".join(fact.describe() for fact in own), canaries) == []
    with closing(sqlite3.connect(cache / "facts.sqlite3")) as database:
        rows = database.execute("SELECT payload FROM facts").fetchall()
    assert len(rows) >= 20
    assert leaks(b"\n".join(payload for (payload,) in rows), canaries) == []


class _Broken(DetectSecrets):
    """Raises with the file's text in hand and in the message."""

    name = "secrets.broken"

    def extract(self, path: str, mode: int, data: bytes) -> Iterator[Gap]:
        raise ValueError(data.decode("latin-1"))


_Broken.__module__ = "somewhere.else"  # not one of ours: discovery must not take it into other tests


def test_an_extractor_that_raises_tells_nothing(planted: tuple[Path, list[Canary]]) -> None:
    root, canaries = planted
    for path in {canary.path for canary in canaries}:
        found = extract_file([_Broken()], path, 0o100644, (root / path).read_bytes())
        assert [gap.reason for gap in found if isinstance(gap, Gap)] == [Reason.CRASHED]
        assert leaks(encode(found) + repr(found).encode(), canaries) == []


def test_a_traceback_out_of_the_extractor_tells_nothing(
    planted: tuple[Path, list[Canary]], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, canaries = planted

    def broken(*arguments: object) -> str:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("hardencheck.collect.extract.secrets.reason", broken)
    for canary in canaries:
        if canary.rule == "private-key":
            continue
        data = (root / canary.path).read_bytes()
        with pytest.raises(RuntimeError) as caught:
            list(DetectSecrets().extract(canary.path, 0o100644, data))
        assert leaks("".join(traceback.format_exception(caught.value)), canaries) == []


def test_standard_error_of_a_process_that_breaks_tells_nothing(planted: tuple[Path, list[Canary]]) -> None:
    root, canaries = planted
    program = (
        f"import sys; sys.path[:] = {sys.path!r}\n"
        "import hardencheck.collect.extract.secrets as module\n"
        "def broken(*arguments, **named): raise RuntimeError('broken on purpose')\n"
        "module.SecretCandidate = broken\n"
        "path = sys.argv[1]\n"
        "list(module.DetectSecrets().extract(path, 0o100644, open(path, 'rb').read()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program, "app/hooks.py"], cwd=root, capture_output=True, check=False
    )
    assert re.search(rb"RuntimeError: broken on purpose", done.stderr)
    assert leaks(done.stdout + done.stderr, canaries) == []
