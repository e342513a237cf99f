"""Where a secret is looked for, and whether the words for it are true: real repositories, one odd thing each."""

import datetime as dt
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hardencheck.audit import audit
from hardencheck.catalogue.load import load_catalogue
from hardencheck.collect.history import collecting
from hardencheck.collect.options import Options
from hardencheck.collect.source.git import environment
from hardencheck.judge.settle import Policy
from hardencheck.model.facts.secrets import Secret
from hardencheck.model.finding import Verdict
from hardencheck.model.target import Target
from tests.collect.repos import commit, git, repository
from tests.history.secretive import at, details, only, scanned, secrets, token, write


def both(root: Path, **options: Any) -> list[Secret]:
    """From nothing, into a cache, out of it, and with a worker: the same each time."""
    cache = root.parent / f"cache-of-{len(list(root.parent.iterdir()))}"
    found = scanned(root, **options)
    for more in ({"cache": cache}, {"cache": cache}, {"jobs": 1}):
        assert scanned(root, **{**options, **more}).facts == found.facts
    return secrets(found)


def removed(root: Path, path: str = "a.py", value: str = "one") -> tuple[str, str]:
    """The ids of two commits: one that brings a token, and one that takes it away."""
    write(root, path, f"A = '{token(value)}'\n")
    first = commit(root)
    write(root, path, "A = 1\n")
    return first, commit(root)


# Without history


def test_without_history_head_and_the_index_are_looked_at(tmp_path: Path) -> None:
    root = repository(
        tmp_path / "r",
        {
            "deleted.py": f"D = '{token('deleted')}'\n",
            "changed.py": f"C = '{token('changed')}'\n",
            "kept.py": f"K = '{token('kept')}'\n",
            "moved.py": f"M = '{token('moved')}'\n",
            "unstaged.py": f"U = '{token('unstaged')}'\n",
            "staged.py": "S = 1\n",
        },
    )
    (root / "deleted.py").unlink()
    write(root, "changed.py", "C = 1\n")
    git(root, "mv", "moved.py", "there.py")
    git(root, "rm", "-q", "--cached", "unstaged.py")
    write(root, "staged.py", f"S = '{token('staged')}'\n")
    git(root, "add", "staged.py")
    write(root, "staged.py", "S = 1\n")
    found = {item.places: item.exposure for item in both(root, history="none")}
    assert found == {
        ("deleted.py:1",): "at HEAD",
        ("changed.py:1",): "at HEAD",
        ("kept.py:1",): "at HEAD",
        ("moved.py:1", "there.py:1"): "at HEAD",
        ("unstaged.py:1",): "at HEAD",
        ("staged.py:1",): "index",
    }
    (note,) = [note.text for note in scanned(root, history="none").notes if note.topic == "history"]
    assert note.startswith("not looked at for secrets (--history none), other than HEAD, the index and ")
    assert len(secrets(scanned(root, history="none", excludes=("deleted.py", "staged.py")))) == 4


def test_without_history_the_past_is_not_looked_at(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    first, _ = removed(root)
    git(root, "branch", f"of-{token('branch')}")
    assert both(root, history="none") == []
    assert only(root, history="none", revision=first).exposure == "at HEAD"


def test_without_history_a_directory_is_judged_by_its_own_files(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"svc/a.py": f"A = '{token()}'\n", "other/b.py": f"B = '{token('two')}'\n"})
    (root / "svc/a.py").unlink()
    write(root, "svc/b.py", "B = 1\n")
    (root / "other/b.py").unlink()
    assert (only(root / "svc", history="none").places, only(root / "svc", history="none").exposure) == (
        ("a.py:1",), "at HEAD",
    )  # fmt: skip


def test_without_history_a_name_at_head_is_not_shown(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {f"of-{token('name')}.py": "N = 1\n"})
    (root / f"of-{token('name')}.py").unlink()
    write(root, "b.py", "B = 1\n")
    found = only(root, history="none")
    assert (found.exposure, re.sub(r"\w{8}\]", "]", found.places[0])) == ("at HEAD", "name of of-[secret ].py")


@pytest.mark.parametrize("history", ["none", "reachable"])
def test_what_is_missing_of_head_and_index_is_said(tmp_path: Path, history: str) -> None:
    root = repository(tmp_path / "r", {"a.py": f"A = '{token()}'\n", "b.py": "B = 1\n"})
    write(root, "b.py", f"B = '{token('two')}'\n")
    git(root, "add", "b.py")
    lost = [git(root, "rev-parse", name) for name in ("HEAD:a.py", ":b.py")]
    (root / "a.py").unlink()
    write(root, "b.py", "B = 2\n")
    for oid in lost:
        (root / ".git/objects" / oid[:2] / oid[2:]).unlink()
    collected = scanned(root, history=history)
    assert secrets(collected) == []
    assert sorted(reason for reason, _ in details(collected)) == ["missing-object"] * len(details(collected)) != []
    assert "a.py" in repr(details(collected)) and "b.py" in repr(details(collected))


# Other work trees


def test_what_only_the_detached_head_of_another_work_tree_has(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    git(root, "worktree", "add", "-q", "--detach", os.fspath(tmp_path / "second"))
    write(tmp_path / "second", "s.py", f"S = '{token()}'\n")
    introduced = commit(tmp_path / "second")
    (found,) = both(root)
    assert (found.exposure, found.refs, found.places, found.introduced) == (
        "other branch", ("worktree second",), ("s.py:1",), introduced,
    )  # fmt: skip
    assert only(tmp_path / "second").exposure == "at HEAD"
    git(root, "checkout", "-q", "--detach")
    write(root, "m.py", f"M = '{token('main')}'\n")
    commit(root)
    found_ = {item.places: item.refs for item in secrets(scanned(tmp_path / "second"))}
    assert found_ == {("s.py:1",): (), ("m.py:1",): ("the main work tree",)}
    assert secrets(scanned(root, head_only=True)) == [only(root, head_only=True)]


def test_a_work_tree_whose_head_is_no_commit_here(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    removed(root)
    for name, text in (("x", "1" * 40), ("y", "no commit"), ("z", "ref: refs/heads/main"), (token("w"), "")):
        write(root, f".git/worktrees/{name}/HEAD", f"{text}\n")
    (root / ".git/worktrees/link").mkdir()
    (root / ".git/worktrees/link/HEAD").symlink_to("/dev/zero")
    collected = scanned(root)
    assert [item.exposure for item in secrets(collected)] == ["history"]
    ((reason, detail),) = details(collected)
    assert reason == "unreadable" and detail.startswith("git log ended early for worktree x: ")


# Compared with a revision


def new(root: Path, base: str, **options: Any) -> list[bool | None]:
    """Of each secret that fails, whether it is new."""
    chosen: dict[str, Any] = {"jobs": 0, "history": "reachable", **options}
    done = audit(
        Target(repository=os.fspath(root)), load_catalogue(), Policy(today=dt.date(2024, 5, 1)), Options(**chosen),
        select_ids=("secrets.provider-token",), new_since=base,
    )  # fmt: skip
    return [finding.new for item in done.items for finding in item.findings if finding.verdict is Verdict.FAIL]


def test_what_comes_back_is_new_and_what_both_have_is_not(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    first, base = removed(root)
    commit(root, "nothing")
    assert new(root, base) == [False], "in the past of both"
    assert new(root, first) == [False], "at that revision"
    write(root, "b.py", f"B = '{token()}'\n")
    assert new(root, base) == [True], "in the work tree"
    git(root, "add", "b.py")
    (root / "b.py").unlink()
    assert new(root, base) == [True], "in the index"
    git(root, "reset", "-q", "--hard")
    write(root, "b.py", f"B = '{token()}'\n")
    commit(root)
    assert new(root, base) == [True], "at HEAD"
    assert new(root, base, history="none") == [True]
    assert new(root, "HEAD") == [False]


# Words


def test_what_is_not_at_head_and_where_else_it_is(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    write(root, "a.py", f"A = '{token()}'\n")
    assert ", in the work tree, not at HEAD" in only(root).describe() and only(root).also is None
    (root / "a.py").unlink()
    first, _ = removed(root)
    write(root, "a.py", f"A = '{token()}'\n")
    (found,) = both(root)
    assert (found.exposure, found.introduced, found.also) == ("work tree", first, "history")
    assert found.describe().partition("40 characters, ")[2].startswith("in the work tree, not at HEAD (history has it)")
    git(root, "add", "a.py")
    (found,) = both(root)
    assert found.describe().partition("40 characters, ")[2].startswith("staged, not at HEAD (history has it)")
    git(root, "stash", "-q")
    git(root, "checkout", "-q", "--orphan", "new")
    git(root, "rm", "-rfq", ".")
    git(root, "branch", "-qD", "main")
    write(root, "b.py", f"B = '{token()}'\n")
    (found,) = both(root)
    assert (found.exposure, found.also) == ("work tree", "stash")


def test_a_branch_that_still_has_what_head_removed(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.py": f"A = '{token()}'\n"})
    introduced = git(root, "rev-parse", "HEAD")
    git(root, "branch", "release")
    git(root, "tag", "v1")
    write(root, "a.py", "A = 1\n")
    gone = commit(root)
    (found,) = both(root)
    assert (found.exposure, found.refs, found.introduced, found.removed) == (
        "other branch", ("release",), introduced, "",
    )  # fmt: skip
    assert (only(root, excludes=("release",)).exposure, only(root, head_only=True).exposure) == (
        "other branch", "history",
    )  # fmt: skip
    git(root, "branch", "-qD", "release")
    (found,) = both(root)
    assert (found.exposure, found.refs, found.removed) == ("history", (), gone), "a tag is no branch"


def test_branches_that_are_listed_are_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(tmp_path / "r", {"a.py": f"A = '{token()}'\n"})
    git(root, "branch", "release")
    write(root, "a.py", "A = 1\n")
    gone = commit(root)
    monkeypatch.setattr(collecting, "MAX_TIPS", 0)
    (found,) = both(root)
    assert (found.exposure, found.removed) == ("history", gone)


def test_what_another_branch_removed_has_a_commit_that_did(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    git(root, "checkout", "-qb", "side")
    introduced, gone = removed(root)
    git(root, "checkout", "-q", "main")
    (found,) = both(root)
    assert (found.exposure, found.refs, found.introduced, found.removed) == (
        "other branch", ("side",), introduced, gone,
    )  # fmt: skip
    assert ", in the history of another branch, " in found.describe()
    git(root, "branch", "other", introduced)
    (found,) = both(root)
    assert (found.refs, found.removed) == (("other",), "")
    assert ", on another branch or tag, since " in found.describe()


def test_branches_are_known_again_after_they_moved(tmp_path: Path) -> None:
    """What a cache has of the files of tips is that of tips as they are."""
    root = repository(tmp_path / "r", {"a.py": f"A = '{token()}'\n"})
    cache = tmp_path / "cache"

    def same() -> tuple[str, tuple[str, ...]]:
        found = only(root, cache=cache)
        assert found == only(root)
        return found.exposure, found.refs

    assert same() == ("at HEAD", ())
    git(root, "branch", "release")
    assert same() == ("at HEAD", ())
    write(root, "a.py", "A = 1\n")
    commit(root)
    assert same() == ("other branch", ("release",))
    write(root, "b.py", "B = 1\n")
    commit(root)
    assert same() == ("other branch", ("release",))
    git(root, "branch", "-f", "release", "HEAD")
    assert same() == ("history", ())
    git(root, "branch", "again", "HEAD~2")
    assert same() == ("other branch", ("again",))


# Tags, headers and dates


def test_a_tag_says_what_it_is_of_and_when(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    head = git(root, "rev-parse", "HEAD")
    at(root, "2021-02-03T04:05:06+00:00", "tag", "-a", "v1", "-m", f"with {token()}")
    (found,) = both(root)
    assert (found.places, found.introduced, found.introduced_at) == (
        (f"message of tag v1 of commit {head[:12]}",), "", "2021-02-03T04:05:06Z",
    )  # fmt: skip
    assert "since 2021-02-03" in found.describe() and not any("introduced" in line for line in found.proof())


def test_a_tag_of_a_tree_lists_its_files(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"svc/a.py": "A = 1\n"})
    write(root, "svc/t.py", f"\nT = '{token()}'\n")
    write(root, "svc/logo.png", f"T = '{token('media')}'\n")
    git(root, "add", ".")
    at(root, "2021-02-03T04:05:06+00:00", "tag", "-a", "files", git(root, "write-tree"), "-m", "m")
    git(root, "reset", "-q", "--hard")
    (found,) = both(root)
    assert (found.places, found.exposure, found.refs, found.introduced_at) == (
        ("svc/t.py:2",), "other branch", ("tags/files",), "2021-02-03T04:05:06Z",
    )  # fmt: skip
    assert [item.places for item in secrets(scanned(root / "svc"))] in ([("t.py:2",)], [])


def test_what_is_in_a_header_is_no_message(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    for name, more in {
        "author": ["-c", f"author.name=a {token('author')}"],
        "committer": ["-c", f"committer.name=c {token('committer')}"],
    }.items():
        git(root, *more, "commit", "-q", "--allow-empty", "-m", name)
    git(root, "-c", f"user.name=t {token('tagger')}", "tag", "-a", "v1", "-m", "m")
    tree, head = git(root, "rev-parse", "HEAD^{tree}"), git(root, "rev-parse", "HEAD")
    signature = f"gpgsig begin\n {token('signature')}\n end"
    raw = (
        f"tree {tree}\nparent {head}\nauthor x <y> 1 +0000\ncommitter x <y> 1 +0000\n{signature}\n\nm {token('text')}\n"
    )
    made = subprocess.run(
        ["git", "-C", os.fspath(root), "hash-object", "-t", "commit", "-w", "--stdin", "--literally"],
        env=environment(), input=raw.encode(), capture_output=True, check=True,
    ).stdout.decode()  # fmt: skip
    git(root, "update-ref", "refs/heads/main", made.strip())
    found = sorted(item.places for item in both(root))
    assert [place.split(" of ")[:2] for (place,) in found] == [
        ["author", f"commit {git(root, 'rev-parse', 'HEAD~2')[:12]}"],
        ["committer", f"commit {head[:12]}"],
        ["header", f"commit {made[:12]}"],
        ["message", f"commit {made[:12]}"],
        ["tagger", "tag v1"],
    ]
    assert {item.location.path for item in secrets(scanned(root))} == {None}


@pytest.mark.parametrize("when", ["253402300800", "9223372036854775808", "99999999999999", "soon"])
def test_a_date_that_no_calendar_has_is_said(tmp_path: Path, when: str) -> None:
    root = repository(tmp_path / "r")
    write(root, "a.py", f"A = '{token()}'\n")
    git(root, "add", ".")
    tree = git(root, "write-tree")
    raw = f"tree {tree}\nauthor x <y> 1 +0000\ncommitter x <y> {when} +0000\n\nodd\n"
    made = subprocess.run(
        ["git", "-C", os.fspath(root), "hash-object", "-t", "commit", "-w", "--stdin", "--literally"],
        env=environment(), input=raw.encode(), capture_output=True, check=True,
    ).stdout.decode().strip()  # fmt: skip
    git(root, "reset", "-q", "--hard", made)
    (found,) = both(root)
    assert (found.introduced, found.introduced_at) == (made, "")
    assert f"introduced by {made[:12]} (date not readable)" in found.proof()
    (root / "a.py").unlink()
    write(root, "b.py", "B = 1\n")
    gone = commit(root)
    (found,) = both(root)
    assert any(line.startswith(f"removed by {gone[:12]} on 20") for line in found.proof())


# Broken


def test_a_ref_to_nothing_leaves_the_others_to_be_looked_at(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    removed(root)
    git(root, "checkout", "-qb", "side")
    removed(root, "b.py", "side")
    git(root, "tag", "-a", "v1", "-m", f"m {token('tag')}")
    git(root, "checkout", "-q", "main")
    (root / ".git/refs/heads/gone").write_text("1" * 40 + "\n")
    collected = scanned(root)
    assert sorted(item.exposure for item in secrets(collected)) == ["history", "other branch", "other branch"]
    assert details(collected) == [
        ("unreadable", "refs/heads/gone leads to what is not in this clone; 'git fsck' tells more")
    ]


@pytest.mark.parametrize("broken", ["main", "side"])
def test_a_missing_commit_leaves_the_other_branches_to_be_looked_at(tmp_path: Path, broken: str) -> None:
    root = repository(tmp_path / "r")
    git(root, "checkout", "-qb", "side")
    removed(root, "s.py", "side")
    commit(root)
    git(root, "checkout", "-q", "main")
    removed(root, "m.py", "main")
    commit(root)
    oid = git(root, "rev-parse", f"{broken}~2")  # that brought the token
    (root / ".git/objects" / oid[:2] / oid[2:]).unlink()
    collected = scanned(root)
    found = {item.places: item.exposure for item in secrets(collected)}
    assert found[("s.py:1",) if broken == "main" else ("m.py:1",)] == (
        "other branch" if broken == "main" else "history"
    )
    name = "HEAD" if broken == "main" else "refs/heads/side"
    ((reason, detail),) = details(collected)
    assert (reason, detail.partition(": ")[0]) == ("unreadable", f"git log ended early for {name}")


def test_a_head_that_leads_to_nothing_leaves_the_others_to_be_looked_at(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    removed(root)
    git(root, "branch", "side")
    (root / ".git/refs/heads/main").write_text("1" * 40 + "\n")
    collected = scanned(root)
    assert [(item.exposure, item.refs) for item in secrets(collected)] == [("other branch", ("side",))]
    assert any("HEAD" in detail and "not in this clone" in detail for _, detail in details(collected))


def test_a_gap_does_not_quote_git(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    removed(root)
    with (root / ".git/config").open("a") as file:
        file.write(f"[broken {token('config')}\n")
    for history in ("reachable", "none"):
        try:
            said = repr(details(scanned(root, history=history)))
        except Exception as error:
            said = str(error)
        assert token("config")[4:12] not in said


def test_what_only_development_holds_counts_where_its_form_is_certain(tmp_path: Path) -> None:
    """A name alone tells little in a workflow of CI; the login of a database there opens one all the same."""
    word = "kX7qLm2Rt9wBv4Zp"
    root = repository(
        tmp_path / "r",
        {
            ".github/workflows/a.yml": f"env:\n  DB_PASSWORD: {word}\n",
            ".github/workflows/b.yml": f"env:\n  DATABASE_URL: postgres://app:{word[::-1]}@db.corp.io/app\n",
            ".github/workflows/c.yml": f"env:\n  TOKEN: {token()}\n",
        },
    )
    assert {item.places[0][18:19]: (item.class_, item.standing, bool(item.why)) for item in both(root)} == {
        "a": ("generic", "development", True),
        "b": ("password-in-url", "secret", False),
        "c": ("provider-token", "secret", False),
    }
