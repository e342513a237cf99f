"""Every kind of secret is found where it was planted, and no part of one leaves the extractor."""

import json
import os
import random
import re
import sqlite3
import string
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from hardencheck.cli import run
from hardencheck.collect.extract.secrets import TreeSecrets
from hardencheck.collect.extraction import encode, extract_file
from hardencheck.collect.options import Options
from hardencheck.collect.run import collect
from hardencheck.collect.secrets.ruleset import scanner
from hardencheck.collect.source.git import environment
from hardencheck.model.facts.secrets import SecretCandidate
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.target import Target
from hardencheck.report import RENDERERS
from tests.collect.repos import commit, git
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
    assert [gap for gap in collected.facts.gaps if gap.collector == TreeSecrets.name] == []
    own = [fact for fact in collected.facts.facts if fact.kind().startswith(("secret.", "suppression."))]
    everything = msgspec.json.encode(own) + repr(own).encode() + repr(collected.notes).encode()
    assert leaks(everything, canaries) == []
    assert leaks("\n".join(fact.describe() for fact in own), canaries) == []
    with closing(sqlite3.connect(cache / "facts.sqlite3")) as database:
        rows = database.execute("SELECT payload FROM facts").fetchall()
    assert len(rows) >= 20
    assert leaks(b"\n".join(payload for (payload,) in rows), canaries) == []


class _Broken(TreeSecrets):
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

    monkeypatch.setattr("hardencheck.collect.secrets.scan.reason", broken)
    monkeypatch.setattr(scanner(), "_known", {})  # what it says of lines that it has seen
    for canary in canaries:
        if canary.rule == "private-key":
            continue
        data = (root / canary.path).read_bytes()
        with pytest.raises(RuntimeError) as caught:
            list(TreeSecrets().extract(canary.path, 0o100644, data))
        assert leaks("".join(traceback.format_exception(caught.value)), canaries) == []


def test_standard_error_of_a_process_that_breaks_tells_nothing(planted: tuple[Path, list[Canary]]) -> None:
    root, canaries = planted
    program = (
        f"import sys; sys.path[:] = {sys.path!r}\n"
        "import hardencheck.collect.extract.secrets as module\n"
        "def broken(*arguments, **named): raise RuntimeError('broken on purpose')\n"
        "module.candidate = broken\n"
        "path = sys.argv[1]\n"
        "list(module.TreeSecrets().extract(path, 0o100644, open(path, 'rb').read()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program, "app/hooks.py"], cwd=root, capture_output=True, check=False
    )
    assert re.search(rb"RuntimeError: broken on purpose", done.stderr)
    assert leaks(done.stdout + done.stderr, canaries) == []


SETTINGS = """\
INSTALLED_APPS = ["shop"]
ALLOWED_HOSTS = load("{0}")
DEBUG = config("{1}", default=get(key="{2}"))
CSRF_TRUSTED_ORIGINS = ["https://me:{3}@shop.example", read("{4}")]
SESSION_COOKIE_SECURE = flags["x"]("{5}")
"""
PROXY = """\
http {{
    log_format full '{6} $request_body';
    server {{
        add_header X-Key "{7}";
        add_header Set-Cookie "sid={8}";
        add_header X-Frame-Options DENY;
        access_log /var/log/nginx/access.log full;
        if ($http_authorization != "Bearer {9}") {{ return 403 "{10}"; }}
        location / {{ proxy_pass http://me:{11}@shop.example; proxy_set_header Authorization "Bearer {12}"; }}
    }}
}}
"""


def test_settings_and_proxies_keep_no_value_that_may_be_a_secret(tmp_path: Path) -> None:
    """Tokens that look like words too: what a call is given, what a URL has before the @, what is compared."""
    chance = random.Random(7)
    tokens = ["k" + "".join(chance.choices(string.ascii_letters, k=15)) for _ in range(13)]
    (tmp_path / "settings.py").write_text(SETTINGS.format(*tokens))
    (tmp_path / "manage.py").write_text("os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\n")
    (tmp_path / "nginx.conf").write_text(PROXY.format(*tokens))
    collected = collect(Target(repository=str(tmp_path)), Options(jobs=0))
    facts = collected.facts
    told = encode([*facts.facts, *facts.gaps]) + "\n".join(fact.describe() for fact in facts.facts).encode()
    assert [number for number, token in enumerate(tokens) if leaks(told, [Canary("", "", "", token)])] == []
    assert b"https://\xe2\x80\xa6@shop.example" in told
    assert b"DENY" in told and b"$request_body" in told


def test_a_history_of_canaries_is_found_and_shown_nowhere(
    planted: tuple[Path, list[Canary]], tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], matchers: Path
) -> None:
    """All of them in one commit, gone in the next; some in texts and names that are no files."""
    root, canaries = planted
    git(root, "commit", "-q", "-m", "all in")
    for path in {canary.path for canary in canaries}:
        (root / path).unlink()
    (root / "app.py").write_text("A = 1\n")
    commit(root, "all out")
    assert git(root, "ls-tree", "-r", "--name-only", "HEAD").count("\n") == 0
    github = next(canary for canary in canaries if canary.kind == "github")
    token = f"ghp_{github.secret}"
    (root / f"old-{token}.txt").write_text("x\n")
    commit(root, f"with {token}")
    message = git(root, "rev-parse", "HEAD")[:12]
    git(root, "mv", f"old-{token}.txt", f"new-{token}.txt")
    commit(root, "renamed")
    git(root, "tag", "-a", "v1", "-m", f"tag of {token}")
    git(root, "branch", f"fix/{token}")
    git(root, "config", "remote.origin.url", f"https://robot:{token}@host.internal/o/n.git")
    (root / f"dump-{token}.txt").write_text("x\n")
    compiled = _contents(matchers)
    assert len(compiled) >= 3
    reports = tmp_path / "reports"
    reports.mkdir()
    for debug in ((), ("--debug",)):
        formats = [f"--format={name}={reports / name}" for name in RENDERERS]
        code = run(
            ["scan", str(root), "-v", "--history", "all", "--cache-dir", str(tmp_path / "cache"), *debug, *formats]
        )
        assert code == 1
    out, err = capfdbinary.readouterr()
    assert leaks(out + err, canaries) == []
    for name in RENDERERS:
        text = (reports / name).read_bytes()
        assert len(text) > 200 or name == "github"
        assert leaks(text, canaries) == [], name
    home = Path(os.environ["HARDENCHECK_CACHE_DIR"])
    kept = _contents(tmp_path / "cache") | _contents(home) | _contents(Path(os.environ["HARDENCHECK_DATA_DIR"]))
    assert {"facts.sqlite3", "fingerprint.key"} <= {file.name for file in kept}
    # What was compiled before the canaries were made, and is the same to the byte, holds none.
    new = {file: data for file, data in kept.items() if compiled.get(matchers / file.name) != data}
    assert {file for file in kept if file.parent.name == "matcher"} - set(new) != set()
    assert leaks(b"\n".join(new.values()), canaries) == []
    assert leaks("\n".join(map(str, kept)), canaries) == []
    findings = [finding for item in json.loads((reports / "json").read_text())["items"] for finding in item["findings"]]
    rules = {
        line.split(",")[0].removeprefix("rule ") for f in findings for line in f["evidence"] if line[:5] == "rule "
    }
    assert {canary.rule for canary in canaries} - rules == set()
    # Every place was looked at, or no leak of it would tell anything.
    (of_token,) = (f for f in findings if any("app/hooks.py:3" in line for line in f["evidence"]))
    places = "\n".join(of_token["evidence"])
    for place in (
        f"message of commit {message}", "message of tag v1", ".git/config:", "name of heads/fix/[secret ",
        ", dump-[secret ", "name of old-[secret ", "name of new-[secret ",
    ):  # fmt: skip
        assert place in places, places


def _contents(directory: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in directory.rglob("*") if file.is_file()}


def test_an_error_with_debug_tells_nothing(
    planted: tuple[Path, list[Canary]], monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    root, canaries = planted
    git(root, "commit", "-q", "-m", "all in")

    def broken(*arguments: object, **named: object) -> None:
        raise RuntimeError(" ".join(canary.secret for canary in canaries))

    monkeypatch.setattr("hardencheck.collect.history.collecting.walk", broken)
    code = run(["scan", str(root), "--debug", "--no-cache", "--select", "secrets.*"])
    out, err = capfdbinary.readouterr()
    assert code == 3 and b"the history was not looked at: secrets.history broke: RuntimeError" in out
    assert leaks(out + err, canaries) == []
