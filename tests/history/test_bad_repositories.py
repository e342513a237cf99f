"""Repositories that are broken, huge, odd or hostile: what is missing is said, nothing runs, nothing is lost."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.collect.repos import commit, git, repository
from tests.history.secretive import details, only, scanned, secrets, token, write

LEFT = "not in this clone (a partial clone, or a damaged one), and nothing is fetched here"


def with_past(root: Path) -> Path:
    """A repository whose first commit had a token that the second took away."""
    repository(root, {"a.py": f"A = '{token()}'\n", "b.py": "B = 1\n"})
    write(root, "a.py", "A = 1\n")
    commit(root)
    return root


def test_a_shallow_clone_is_unknown_beyond_its_boundary(tmp_path: Path) -> None:
    origin = with_past(tmp_path / "origin")
    write(origin, "c.py", f"C = '{token('two')}'\n")
    commit(origin)
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{origin}", "r")
    collected = scanned(tmp_path / "r")
    assert [(item.places, item.introduced) for item in secrets(collected)] == [(("c.py:1",), "")]
    ((reason, detail),) = details(collected)
    assert reason == "missing-object" and "fetch --unshallow" in detail and "--history none" in detail
    assert details(scanned(tmp_path / "r", history="none")) == []


def test_a_partial_clone_runs_nothing_and_fetches_nothing(tmp_path: Path) -> None:
    origin = with_past(tmp_path / "origin")
    git(origin, "config", "uploadpack.allowFilter", "true")
    # Fetching is on for the clone itself, whose checkout needs the blobs of HEAD.
    given = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    clone = ["git", "clone", "-q", "--filter=blob:none", f"file://{origin}", os.fspath(tmp_path / "r")]
    subprocess.run(clone, env=given, check=True, capture_output=True)
    root, mark = tmp_path / "r", tmp_path / "mark"
    hook = tmp_path / "uploadpack"
    hook.write_text(f'#!/bin/sh\ntouch {mark}\nexec git-upload-pack "$@"\n')
    hook.chmod(0o755)
    git(root, "config", "remote.origin.uploadpack", os.fspath(hook))
    git(root, "config", "protocol.file.allow", "always")
    collected = scanned(root)
    assert secrets(collected) == []
    assert details(collected) == [("missing-object", f"1 object (a.py) of the history: {LEFT}")]
    assert not mark.exists()


def test_a_missing_blob_is_a_gap_and_the_rest_is_looked_at(tmp_path: Path) -> None:
    root = with_past(tmp_path / "r")
    oid = git(root, "rev-parse", "HEAD~1:b.py")
    write(root, "b.py", "B = 2\n")
    commit(root)
    (root / ".git/objects" / oid[:2] / oid[2:]).unlink()
    collected = scanned(root)
    assert [item.exposure for item in secrets(collected)] == ["history"]
    assert details(collected) == [("missing-object", f"1 object (b.py) of the history: {LEFT}")]


def test_a_missing_commit_ends_the_walk_and_says_so(tmp_path: Path) -> None:
    root = with_past(tmp_path / "r")
    oid = git(root, "rev-parse", "HEAD~1")
    (root / ".git/objects" / oid[:2] / oid[2:]).unlink()
    reasons = {reason for reason, _ in details(scanned(root))}
    assert "unreadable" in reasons


def test_a_corrupt_pack_is_no_clean_history(tmp_path: Path) -> None:
    root = with_past(tmp_path / "r")
    for number in range(20):
        write(root, "n.py", f"N = {number} * {'x' * 500}\n")
        commit(root)
    git(root, "gc", "-q")
    (pack,) = (root / ".git/objects/pack").glob("*.pack")
    pack.chmod(0o644)
    data = bytearray(pack.read_bytes())
    for at in range(len(data) // 3, len(data) - 40, 50):
        data[at] ^= 0xFF
    pack.write_bytes(bytes(data))
    assert details(scanned(root)), "something of it is missing, and that is said"


def test_alternates_worktrees_and_submodules(tmp_path: Path) -> None:
    origin = with_past(tmp_path / "origin")
    git(tmp_path, "clone", "-q", "--shared", os.fspath(origin), "shared")
    assert only(tmp_path / "shared").exposure == "history"
    git(origin, "worktree", "add", "-q", "-b", "second", os.fspath(tmp_path / "second"))
    write(tmp_path / "second", "new.py", f"N = '{token('two')}'\n")
    found = {item.places[0]: item.exposure for item in secrets(scanned(tmp_path / "second"))}
    assert found == {"a.py:1": "history", "new.py:1": "work tree"}
    outer = repository(tmp_path / "outer", {"o.py": "O = 1\n"})
    git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", os.fspath(origin), "sub")
    commit(outer)
    assert secrets(scanned(outer)) == [], "a submodule is a repository of its own"


def test_a_repository_of_sha256_objects(tmp_path: Path) -> None:
    root = tmp_path / "r"
    root.mkdir()
    git(root, "init", "-q", "--object-format=sha256")
    write(root, "a.py", f"A = '{token()}'\n")
    commit(root)
    write(root, "a.py", "A = 1\n")
    commit(root)
    found = only(root)
    assert (found.exposure, len(found.introduced), len(found.removed)) == ("history", 64, 64)


def test_replace_refs_grafts_and_a_graph_hide_nothing(tmp_path: Path) -> None:
    root = with_past(tmp_path / "r")
    whole = only(root)
    git(root, "replace", git(root, "rev-parse", "HEAD~1:a.py"), git(root, "rev-parse", "HEAD:b.py"))
    git(root, "replace", "--graft", "HEAD")
    (root / ".git/info").mkdir(exist_ok=True)
    (root / ".git/info/grafts").write_text(git(root, "rev-parse", "HEAD") + "\n")
    assert only(root).places == whole.places
    assert (only(root).exposure, only(root).introduced) == ("history", whole.introduced)


def test_the_configuration_of_the_target_neither_runs_nor_decides(tmp_path: Path) -> None:
    root = with_past(tmp_path / "r")
    whole = only(root)
    mark, tool = tmp_path / "mark", tmp_path / "tool"
    tool.write_text(f"#!/bin/sh\ntouch {mark}\nexit 1\n")
    tool.chmod(0o755)
    program = os.fspath(tool)
    for name, value in {
        "log.showSignature": "true", "gpg.program": program, "core.fsmonitor": program, "diff.external": program,
        "diff.x.textconv": program, "diff.x.command": program, "core.pager": program, "pager.log": program,
        "core.hooksPath": os.fspath(tmp_path), "log.diffMerges": "off", "diff.orderFile": os.fspath(tmp_path / "none"),
        "diff.relative": "true", "color.ui": "always", "log.follow": "true", "diff.renames": "copies",
        "diff.ignoreSubmodules": "all", "core.quotePath": "true", "log.showRoot": "false", "format.pretty": "oneline",
        "core.attributesFile": os.fspath(tmp_path / "attributes"), "core.sshCommand": program, "log.mailmap": "true",
        "core.alternateRefsCommand": program, "core.abbrev": "4", "log.date": "relative", "diff.noprefix": "true",
    }.items():  # fmt: skip
        git(root, "config", name, value)
    (root / ".git/info").mkdir(exist_ok=True)
    (root / ".git/info/attributes").write_text("*.py diff=x filter=x\n")
    assert only(root) == whole
    assert not mark.exists()


def test_what_a_target_ships_for_scanners_is_not_used(tmp_path: Path) -> None:
    root = repository(
        tmp_path / "r",
        {
            "a.py": f"A = '{token()}'  # gitleaks:allow\n",
            "matcher/0123.hs": b"\0" * 64,
            ".cache/hardencheck/matcher/x.hs": b"\0" * 64,
            ".secrets.baseline": '{"version": "1.5.0", "results": {}}\n',
            ".gitleaks.toml": '[allowlist]\npaths = [".*"]\n',
            "checks/secrets/rules/none.toml": "schema = 1\n",
        },
    )
    assert only(root).standing == "secret"


def test_a_text_too_large_is_a_gap_and_a_binary_is_counted(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    write(root, "big.txt", b"line of text\n" * 2_700_000)
    write(root, "big.bin", b"\0" * 40_000_000)
    commit(root)
    (root / "big.txt").unlink()
    (root / "big.bin").unlink()
    commit(root)
    collected = scanned(root)
    assert details(collected) == [
        ("too-large", "1 object (big.txt) of the history: text of more than 32 MiB is not looked at")
    ]
    (run,) = [run for run in collected.facts.runs if run.collector == "secrets.history"]
    assert run.skipped == {"binary and too large": 1}


def test_many_tiny_blobs_one_long_line_and_bait(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {f"d{n % 50}/f{n}.txt": f"{n}\n" for n in range(3_000)})
    long = b"x = 1; " * 1_500_000 + f"t = '{token('long')}'; ".encode() + b"y = 2; " * 1_500_000
    write(root, "long.js", long)
    bait = (
        *("password" + " " * 20_000 + "=\n", "secret_" * 4_000 + "\n", "a" * 100_000 + "\n", "token=" * 10_000 + "\n"),
        *("://" * 20_000 + "\n", "eyJ" * 20_000 + "\n", "-----BEGIN " * 5_000 + "\n", "aws " * 20_000 + "'\n"),
    )
    write(root, "bait.txt", "".join(bait) + f"t = '{token('after')}'\n")
    commit(root)
    found = {item.digest: item.places for item in secrets(scanned(root)) if item.rule == "github-token"}
    assert sorted(found.values()) == [("bait.txt:9",), ("long.js:1",)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-8"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    text = f"# 設定ファイル\n# configuration of the service, of which most is ASCII\nTOKEN = '{token()}'\n"
    root = repository(tmp_path / "r", {"a.py": text.encode(encoding)})
    write(root, "a.py", "A = 1\n")
    commit(root)
    assert only(root).places == ("a.py:3",)


def test_secrets_over_several_lines(tmp_path: Path) -> None:
    body = "MC4CAQAwBQYDK2VwBCIEIBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8w"
    pem = f"-----BEGIN PRI{'VATE'} KEY-----\n    {body[:40]}\n    {body[40:]}\n    -----END PRI{'VATE'} KEY-----\n"
    root = repository(
        tmp_path / "r", {"k.yaml": f"tls:\n  key: |\n    {pem}", "e.xml": f"<apiToken>\n {token()}\n</apiToken>\n"}
    )
    write(root, "k.yaml", "tls: {}\n")
    commit(root)
    found = {(item.class_, item.places) for item in secrets(scanned(root))}
    assert found == {("private-key", ("k.yaml:3",)), ("provider-token", ("e.xml:2",))}


def test_unborn_bare_and_empty(tmp_path: Path) -> None:
    unborn = tmp_path / "unborn"
    unborn.mkdir()
    git(unborn, "init", "-q")
    write(unborn, "a.py", f"A = '{token()}'\n")
    git(unborn, "add", ".")
    assert only(unborn).exposure == "index"
    origin = with_past(tmp_path / "origin")
    git(tmp_path, "clone", "-q", "--bare", os.fspath(origin), "bare.git")
    assert only(tmp_path / "bare.git").exposure == "history"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to somebody else")
def test_a_repository_of_somebody_else_is_read_all_the_same(tmp_path: Path) -> None:
    root = with_past(tmp_path / "r")
    for path in (root, *root.rglob("*")):
        os.chown(path, 12345, 12345, follow_symlinks=False)
    assert only(root).exposure == "history"


def test_an_unreadable_cache_and_a_foreign_matcher_are_not_trusted(tmp_path: Path) -> None:
    root = with_past(tmp_path / "r")
    cache = tmp_path / "cache"
    first = scanned(root, cache=cache)
    for file in cache.glob("facts*"):
        file.write_bytes(b"not a database")
    again = scanned(root, cache=cache)
    assert secrets(again) == secrets(first)
    assert any("discarded" in note.text for note in again.notes)
    shutil.rmtree(cache)
    cache.mkdir(mode=0o777)
    cache.chmod(stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO)
    assert secrets(scanned(root, cache=cache)) == secrets(first)
