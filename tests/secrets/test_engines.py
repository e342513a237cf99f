"""With Hyperscan and without: the same sightings. And values that are wrapped, many, or far from anything."""

import base64
import hashlib
import json
import sysconfig
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from hardencheck.collect.cache import default_directory
from hardencheck.collect.secrets.plan import planned
from hardencheck.collect.secrets.ruleset import detection
from hardencheck.collect.secrets.scan import Scanner
from hardencheck.collect.secrets.sightings import Sighting
from hardencheck.testing import assembled

ROOT = Path(__file__).resolve().parents[2]


def digest(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()[:32]


@cache
def engines() -> tuple[Scanner, Scanner]:
    """(Hyperscan, re) over the same rules."""
    rules, directory = detection().rules, default_directory()  # where the automata are compiled already
    plan = planned(rules)
    return Scanner(rules, digest, directory, plan=plan), Scanner(rules, digest, hyperscan=False, plan=plan)


@cache
def examples() -> tuple[bytes, ...]:
    return tuple(
        assembled(text, rule.id).encode() for rule in detection().rules for text in (*rule.match, *rule.no_match)
    )


def test_both_engines_find_the_same_in_the_examples_of_all_rules() -> None:
    fast, slow = engines()
    assert (fast.engine, slow.engine) == ("hyperscan", "re")
    found = 0
    for start in range(0, len(examples()), 200):
        text = b"\n".join(examples()[start : start + 200])
        path = ("app/settings.py", "deploy/.env")[start // 200 % 2]
        one, other = fast.scan(text, path), slow.scan(text, path)
        assert one == other, start
        found += len(one.sightings)
    assert found > 2_000


def corpus() -> Iterator[tuple[str, bytes]]:
    """(path, beginning) of files of this repository and of the standard library, spread over both: what `re` can go
    through in some seconds."""
    library = Path(sysconfig.get_path("stdlib"))
    for root, every in ((ROOT, 5), (library, 45)):
        files = [
            path
            for path in sorted(root.rglob("*"))
            if path.suffix in {".py", ".toml", ".md", ".json", ".yml", ".html", ".cfg", ".txt", ".pem"}
            and not {"site-packages", "node_modules"} & set(path.parts)
            and not any(part.startswith(".") for part in path.relative_to(root).parts)
        ]
        for path in files[::every]:
            yield path.relative_to(root).as_posix(), path.read_bytes()[:30_000]


def test_both_engines_find_the_same_in_real_code() -> None:
    """Every fourth file as one version of many, too: some rules are not asked then."""
    fast, slow = engines()
    count = size = 0
    for path, data in corpus():
        for history in (False, True):
            if history and count % 4:
                continue
            assert fast.scan(data, path, history=history) == slow.scan(data, path, history=history), path
        count, size = count + 1, size + len(data)
    assert count > 60 and size > 500_000


@pytest.mark.parametrize("number", range(0, len(detection().rules), 50))
def test_every_rule_is_found_by_the_whole_engine(number: int) -> None:
    """What `confirmed` finds on a line, the automaton marks: a rule that is never marked would be a dead one."""
    fast, _ = engines()
    for rule in detection().rules[number : number + 50]:
        if rule.id == "key-near-provider":
            continue  # counts only where the name of a provider is near
        path = {"netrc-lines": "a/.netrc", "pgpass": "a/.pgpass", "docker-env": "Dockerfile"}.get(
            rule.id, "deploy/.env"
        )
        for text in rule.match:
            scan = fast.scan(assembled(text, rule.id).encode(), path)
            assert scan.sightings, (rule.id, text)


GITHUB = assembled("ghp_<alnum:30><crc32-base62>", "engines")


def inside(data: bytes, path: str) -> list[tuple[str, str, int | None]]:
    return [(sighting.rule, sighting.inside, sighting.line) for sighting in engines()[0].scan(data, path).sightings]


def test_wrapped_values() -> None:
    wrapped = base64.b64encode(f"x={GITHUB};".encode()).decode()
    assert inside(f"a: 1\nb: {wrapped}\n".encode(), "a.yaml") == [("github-token", "base64", 2)]
    url = f"next=https%3A%2F%2Fuser%3A{GITHUB}%40host.internal%2F"
    assert inside(url.encode(), "a.txt") == [("github-token", "percent-encoding", 1)]
    encoded = "callback=postgres%3A%2F%2Fshop%3Aq7Rk2vN9xT%40db.internal%3A5432%2Fshop"
    assert inside(encoded.encode(), "a.txt") == [("url-password", "percent-encoding", 1)]
    cell = {"cells": [{"outputs": [{"text": [f"token = '{GITHUB}'\n"]}], "source": ["x"]}]}
    assert inside(json.dumps(cell, indent=1).encode(), "a.ipynb") == [("github-token", "", 7)]
    secret = base64.b64encode(b"q7Rk2vN9xT").decode()
    manifest = (
        f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  password: {secret}\n---\nkind: ConfigMap\n"
    )
    assert inside(manifest.encode(), "k8s.yaml") == [("kubernetes-secret", "base64", 6)]
    other = manifest.replace("kind: Secret", "kind: Other")
    assert inside(other.encode(), "k8s.yaml") == [("plain-assignment", "", 6)], "a password as it is written"


def test_many_secrets_in_one_file_are_bounded_and_said() -> None:
    text = "\n".join(assembled("k = 'ghp_<alnum:30><crc32-base62>'", str(number)) for number in range(700))
    scan = engines()[0].scan(text.encode(), "a.py")
    assert (len(scan.sightings), scan.cut) == (500, "more of what looks like a secret than is judged in one file")


def test_a_long_line_and_a_large_file_lose_nothing() -> None:
    filler = "var a = 1; " * 200_000
    scan = engines()[0].scan(f"{filler}t('{GITHUB}'); {filler}".encode(), "a.js")
    assert [sighting.rule for sighting in scan.sightings] == ["github-token"]
    lines = "x = 1\n" * 1_800_000  # more than one segment
    scan = engines()[0].scan(f"{lines}T = '{GITHUB}'\n{lines}".encode(), "a.py")
    assert [(sighting.rule, sighting.line) for sighting in scan.sightings] == [("github-token", 1_800_001)]


def test_a_compiled_automaton_of_a_stranger_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in the matcher directory that was changed is as if it were not there."""
    monkeypatch.setenv("HARDENCHECK_CACHE_DIR", str(tmp_path))
    (tmp_path / "matcher").mkdir(mode=0o700)
    rules = detection().rules[:5]
    first = Scanner(rules, digest, tmp_path)
    kept = {file: file.read_bytes() for file in (tmp_path / "matcher").glob("*.hs")}
    assert kept
    for file, data in kept.items():
        file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    again = Scanner(rules, digest, tmp_path)
    text = b"\n".join(examples()[:50])
    assert again.scan(text, "a.py") == first.scan(text, "a.py")
    assert {file: file.read_bytes() for file in kept} == kept, "and it is written anew"


def test_sightings_hold_no_value() -> None:
    scan = engines()[0].scan(f"T = '{GITHUB}'\n".encode(), "a.py")
    assert all(isinstance(sighting, Sighting) for sighting in scan.sightings) and GITHUB[4:12] not in repr(scan)
