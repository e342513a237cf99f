"""Repositories that are broken, huge, odd or hostile: what is missing is said, nothing runs, nothing is lost."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from hardencheck.cli import run
from hardencheck.collect.history import scanning
from hardencheck.collect.source.git import environment
from tests.collect.repos import IDENTITY, commit, git, repository
from tests.history.secretive import details, only, scanned, secrets, token, write

LEFT = "not in this clone (a partial clone, or a damaged one), and nothing is fetched here"


def with_past(root: Path) -> Path:
    """A repository whose first commit had a token that the second took away."""
    repository(root, {"a.py": f"A = '{token()}'\n", "b.py": "B = 1\n"})
    write(root, "a.py", "A = 1\n")
    commit(root)
    return root


def code(root: Path, *more: str) -> int:
    """The exit code of a scan for secrets."""
    return run(["scan", os.fspath(root), "-q", "--no-cache", "--jobs", "0", "--select", "secrets.*", *more])


def imported(root: Path, stream: bytes) -> Path:
    """A repository of what `git fast-import` makes of a stream."""
    root.mkdir()
    git(root, "init", "-q")
    command = ["git", *IDENTITY, "-C", os.fspath(root), "fast-import", "--quiet"]
    subprocess.run(command, env=environment(), input=stream, check=True, capture_output=True)
    git(root, "reset", "-q", "--hard", "main")
    return root


def lose(root: Path, name: str) -> tuple[Path, bytes]:
    """Delete a loose object. What it was, to put it back."""
    oid = git(root, "rev-parse", name)
    file = root / ".git/objects" / oid[:2] / oid[2:]
    data = file.read_bytes()
    file.unlink()
    return file, data


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


def test_exit_codes_of_what_could_not_be_looked_at(tmp_path: Path) -> None:
    """3 where something may be hidden, 1 where something was found all the same, 0 for what nobody asked about."""
    origin = repository(tmp_path / "origin", {"a.py": "A = 1\n", "b.py": f"B = '{token()}'\n"})
    git(origin, "rm", "-q", "b.py")
    commit(origin)
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{origin}", "shallow")
    assert (code(tmp_path / "shallow"), code(tmp_path / "shallow", "--history", "none")) == (3, 0)
    assert code(tmp_path / "shallow", "--since", "HEAD") == 0, "what came after it is all there"
    assert code(origin) == 1
    git(origin, "commit", "-q", "--allow-empty", "-m", "unpacked")
    lose(origin, "HEAD~1")
    assert code(origin) == 3
    assert code(origin, "--history", "none") == 0


def test_what_came_after_the_boundary_of_a_shallow_clone_is_found(tmp_path: Path) -> None:
    origin = with_past(tmp_path / "origin")
    write(origin, "c.py", f"C = '{token('kept')}'\n")
    write(origin, "d.py", f"D = '{token('boundary')}'\n")
    commit(origin)
    write(origin, "e.py", f"E = '{token('after')}'\n")
    after = commit(origin)
    for path in ("c.py", "d.py", "e.py"):
        git(origin, "rm", "-q", path)
    removed = commit(origin)
    git(tmp_path, "clone", "-q", "--depth", "3", f"file://{origin}", "r")
    found = {item.places: (item.introduced, item.removed) for item in secrets(scanned(tmp_path / "r"))}
    assert found == {
        ("c.py:1",): ("", removed), ("d.py:1",): ("", removed), ("e.py:1",): (after, removed),
    }  # fmt: skip
    git(tmp_path / "r", "fetch", "-q", "--unshallow")
    assert {item.places for item in secrets(scanned(tmp_path / "r"))} == {*found, ("a.py:1",)}


def test_a_boundary_that_is_made_up_hides_no_history_in_silence(tmp_path: Path) -> None:
    root = with_past(tmp_path / "r")
    (root / ".git/shallow").write_text(git(root, "rev-parse", "HEAD") + "\n")
    ((reason, _),) = details(scanned(root))
    assert reason == "missing-object"


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


def test_what_is_fetched_later_is_looked_at_then(tmp_path: Path) -> None:
    """No ref says that an object is there again; an answer that was kept must not stand in the way."""
    root = with_past(tmp_path / "r")
    file, data = lose(root, "HEAD~1:a.py")
    cache = tmp_path / "cache"
    assert (secrets(scanned(root, cache=cache)), len(details(scanned(root, cache=cache)))) == ([], 1)
    file.write_bytes(data)
    assert (only(root, cache=cache).exposure, details(scanned(root, cache=cache))) == ("history", [])
    file.unlink()
    write(root, "c.py", "C = 1\n")
    commit(root)
    assert only(root, cache=cache).exposure == "history", "what was looked at once is known"


def test_an_object_that_cannot_be_unpacked_costs_itself_alone(tmp_path: Path) -> None:
    """git ends at it; the objects after it are asked of another process."""
    root = repository(tmp_path / "r", {f"f{number}.py": f"A = '{token(str(number))}'\n" for number in range(12)})
    for number in range(12):
        write(root, f"f{number}.py", "A = 1\n")
    commit(root)
    for broken in ("f3.py", "f8.py"):
        file, data = lose(root, f"HEAD~1:{broken}")
        middle = len(data) // 2
        file.write_bytes(data[:middle] + bytes([data[middle] ^ 0xFF, data[middle + 1] ^ 0xFF]) + data[middle + 2 :])
    collected = scanned(root)
    assert {item.places for item in secrets(collected)} == {
        (f"f{number}.py:1",) for number in range(12) if number not in {3, 8}
    }
    assert details(collected) in (
        [("missing-object", f"2 objects ({one}, {other}) of the history: {LEFT}")]
        for one, other in (("f3.py", "f8.py"), ("f8.py", "f3.py"))
    )


def test_git_that_ends_at_everything_ends_the_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "_MAX_DEATHS", 3)
    wanted = [(f"{number:040x}", "a.py") for number in range(20)]
    assert scanning.look(["/bin/false"], wanted).trouble == dict.fromkeys(range(20), scanning.MISSING)


def test_a_missing_tree_ends_the_walk_and_what_it_came_to_is_told(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.py": "A = 1\n"})
    write(root, "c.py", f"C = '{token()}'\n")
    commit(root)
    write(root, "c.py", "C = 1\n")
    removed = commit(root)
    lose(root, "HEAD~2^{tree}")
    collected = scanned(root)
    assert [(item.exposure, item.places, item.introduced, item.removed) for item in secrets(collected)] == [
        ("history", ("c.py:1",), "", removed)
    ]
    ((reason, detail),) = details(collected)
    assert reason == "unreadable" and detail.startswith("git log ended early for HEAD")


def test_a_ref_to_nothing_is_said_without_the_secret_in_its_name(tmp_path: Path) -> None:
    root = with_past(tmp_path / "r")
    (root / f".git/refs/heads/fix-{token('ref')}").write_text("1" * 40 + "\n")
    collected = scanned(root)
    ((reason, detail),) = details(collected)
    assert reason == "unreadable" and "refs/heads/fix-[secret " in detail
    assert token("ref")[4:12] not in repr(collected)


@pytest.mark.parametrize(
    "committer",
    [
        b"committer", b"committer x <y>", b"committer x <y> soon", b"committer x <y> -5 +0000",
        b"committer x <y> 9223372036854775808 +0000", b"committer x <y> 99999999999999999999999 +0000",
        b"committer x <y> 18446744073709551614 +9999",
    ],
)  # fmt: skip
def test_a_commit_without_a_date_that_is_one(tmp_path: Path, committer: bytes) -> None:
    root = repository(tmp_path / "r")
    write(root, "a.py", f"A = '{token()}'\n")
    git(root, "add", "a.py")
    tree = git(root, "write-tree").encode()
    git(root, "reset", "-q", "--hard")
    made = subprocess.run(
        ["git", "-C", os.fspath(root), "hash-object", "-t", "commit", "-w", "--stdin", "--literally"],
        env=environment(),
        input=b"tree %s\nauthor x <y> 1 +0000\n%s\n\nodd\n" % (tree, committer),
        capture_output=True,
        check=True,
    ).stdout.decode()
    git(root, "update-ref", "refs/heads/odd", made.strip())
    collected = scanned(root)
    (found,) = secrets(collected)
    assert (found.exposure, found.refs, found.introduced, found.introduced_at) == (
        "other branch", ("odd",), made.strip(), "",
    )  # fmt: skip
    assert details(collected) == []


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


def test_alternates_that_are_gone(tmp_path: Path) -> None:
    root = with_past(tmp_path / "r")
    (root / ".git/objects/info").mkdir(exist_ok=True)
    (root / ".git/objects/info/alternates").write_text(f"{tmp_path}/none\n/dev/null\n")
    assert only(root).exposure == "history"


def test_an_index_of_a_pack_that_is_torn_is_said(tmp_path: Path) -> None:
    root = with_past(tmp_path / "r")
    git(root, "gc", "-q")
    (index,) = (root / ".git/objects/pack").glob("*.idx")
    index.chmod(0o644)
    index.write_bytes(index.read_bytes()[:600])
    ((reason, detail),) = details(scanned(root))
    assert (reason, detail) == (
        "unreadable", "HEAD, refs/heads/main lead to what is not in this clone; 'git fsck' tells more"
    )  # fmt: skip


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


@pytest.mark.parametrize("name", ["i18n.logOutputEncoding", "i18n.commitEncoding"])
@pytest.mark.parametrize("value", ["UTF-16", "UTF-7", "ISO-8859-1", "no-such-encoding"])
def test_an_encoding_for_messages_changes_nothing(tmp_path: Path, name: str, value: str) -> None:
    root = with_past(tmp_path / "r")
    for number in range(2):
        write(root, "b.py", f"B = '{token(str(number))}'\n")
        git(root, "stash", "-q")
    whole = secrets(scanned(root))
    assert sorted(item.exposure for item in whole) == ["history", "stash", "stash"]
    git(root, "config", name, value)
    assert secrets(scanned(root)) == whole


@pytest.mark.parametrize(
    ("name", "value"),
    [("diff.algorithm", "bogus"), ("color.ui", "bogus"), ("format.pretty", "bogus"), ("log.diffMerges", "bogus")],
)
def test_a_setting_at_which_git_ends_is_said(tmp_path: Path, name: str, value: str) -> None:
    root = with_past(tmp_path / "r")
    git(root, "config", name, value)
    collected = scanned(root)
    ((reason, detail),) = details(collected)
    assert reason == "unreadable" and detail.startswith("git log ended early for HEAD")
    assert code(root) == 3


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


def test_twenty_thousand_tiny_blobs(tmp_path: Path) -> None:
    """Two hundred commits of a hundred files each; three of them had a token, which the last commit took away."""
    planted = {5: "first", 10_000: "middle", 19_999: "last"}
    out = []
    for number in range(20_000):
        text = f"T = '{token(planted[number])}'\n" if number in planted else f"N = {number}\n"
        out.append(f"blob\nmark :{number + 1}\ndata {len(text)}\n{text}\n")
    for start in range(0, 20_000, 100):
        when = 1_600_000_000 + start
        out.append(f"commit refs/heads/main\ncommitter T <t@service.example> {when} +0000\ndata 1\nm\n")
        out.extend(f"M 100644 :{number + 1} d{number % 100}/f.py\n" for number in range(start, start + 100))
    out.append("commit refs/heads/main\ncommitter T <t@service.example> 1700000000 +0000\ndata 1\nm\n")
    out.extend(f"M 100644 :1 d{number}/f.py\n" for number in (0, 5, 99))
    root = imported(tmp_path / "r", "".join(out).encode())
    collected = scanned(root)
    dates = {item.places: (item.introduced_at[:10], item.removed_at[:10]) for item in secrets(collected)}
    assert dates == {
        ("d5/f.py:1",): ("2020-09-13", "2020-09-13"),
        ("d0/f.py:1",): ("2020-09-13", "2020-09-13"),
        ("d99/f.py:1",): ("2020-09-13", "2023-11-14"),
    }
    (run_,) = [item for item in collected.facts.runs if item.collector == "secrets.history"]
    assert (run_.examined, details(collected)) == (20_003, [])


def test_one_long_line_and_bait(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    long = b"x = 1; " * 1_500_000 + f"t = '{token('long')}'; ".encode() + b"y = 2; " * 1_500_000
    write(root, "long.js", long)
    bait = (
        *("password" + " " * 20_000 + "=\n", "secret_" * 4_000 + "\n", "a" * 100_000 + "\n", "token=" * 10_000 + "\n"),
        *("x" * 5_000 + "=" * 5_000 + "'" * 5_000 + "\n", "pass\\" * 5_000 + "\n", "user:" * 9_000 + "@\n"),
        *("://" * 20_000 + "\n", "eyJ" * 20_000 + "\n", "-----BEGIN " * 5_000 + "\n", "aws " * 20_000 + "'\n"),
    )
    write(root, "bait.txt", "".join(bait) + f"t = '{token('after')}'\n")
    commit(root)
    found = {item.digest: item.places for item in secrets(scanned(root)) if item.rule == "github-token"}
    assert sorted(found.values()) == [("bait.txt:12",), ("long.js:1",)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "shift_jis", "euc_jp", "iso2022_jp"])
def test_files_that_are_hardly_ascii(tmp_path: Path, encoding: str) -> None:
    text = "設定ファイル\n" * 500 + f"鍵 = '{token()}' # 設定\n" + "説明、コード\n" * 500
    root = repository(tmp_path / "r", {"a.py": text.encode(encoding)})
    write(root, "a.py", "A = 1\n")
    commit(root)
    assert only(root).places == ("a.py:501",)


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


def test_a_bare_repository_has_all_its_branches_looked_at(tmp_path: Path) -> None:
    origin = with_past(tmp_path / "origin")
    git(origin, "checkout", "-qb", "side")
    write(origin, "s.py", f"S = '{token('side')}'\n")
    commit(origin)
    git(origin, "checkout", "-q", "main")
    git(tmp_path, "clone", "-q", "--bare", os.fspath(origin), "bare.git")
    assert {item.places: item.exposure for item in secrets(scanned(tmp_path / "bare.git"))} == {
        ("a.py:1",): "history", ("s.py:1",): "other branch",
    }  # fmt: skip


def test_a_tree_without_files_has_a_history_all_the_same(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.py": f"A = '{token()}'\n"})
    git(root, "rm", "-q", "a.py")
    commit(root)
    assert (only(root).exposure, only(root).places) == ("history", ("a.py:1",))


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
