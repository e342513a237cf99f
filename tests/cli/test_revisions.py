"""A revision that is not there is a wrong argument, whichever option names it; a clone that is broken is not."""

from pathlib import Path

import pytest

from tests.cli.commands import Hc, Repository

ONLY = ("--select", "permissions.executable-data")
BEYOND = "may lie beyond the boundary of this shallow clone"
FLAGS = ("--rev", "--since", "--new-since", "--policy-ref")


@pytest.fixture
def shallow(repo: Repository, tmp_path: Path) -> Repository:
    """A clone of the second commit alone."""
    repo.git("tag", "first")
    repo.commit()
    repo.git("clone", "--quiet", "--depth=1", repo.path.as_uri(), str(tmp_path / "shallow"))
    clone = Repository.__new__(Repository)
    clone.path = tmp_path / "shallow"
    return clone


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize("revision", ["nope", "main~7", "0" * 40, "HEAD:values.yaml", "HEAD^{tree}", ""])
def test_no_such_revision(flag: str, revision: str, hc: Hc, repo: Repository) -> None:
    done = hc("scan", str(repo.path), flag, revision, "--select", "secrets.*", "--format", "json=a.json")
    assert (done.code, done.out) == (2, "")
    first, hint, retry = done.err.splitlines()
    assert first.startswith("hardencheck: error: ")
    assert revision in first
    assert "commit" in first
    assert hint.startswith("hint: ")
    assert retry == "retry: safe, but of no use before this is put right"
    assert BEYOND not in done.err


def test_in_a_process_of_its_own(process: Hc, repo: Repository) -> None:
    done = process("scan", str(repo.path), "--rev", "nope", *ONLY)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "hardencheck: error: no commit 'nope' in this repository\n"
        "hint: expected a branch, a tag or the id of a commit; 'git log --all' shows what is there\n"
        "retry: safe, but of no use before this is put right\n"
    )


@pytest.mark.parametrize("flag", ["--rev", "--new-since"])
def test_what_a_shallow_clone_lacks_may_exist(flag: str, hc: Hc, shallow: Repository) -> None:
    done = hc("scan", str(shallow.path), flag, "HEAD~1", *ONLY)
    assert done.code == 2
    assert BEYOND in done.err
    assert "fetch-depth: 0" in done.err


def test_a_branch_whose_commit_is_lost_is_no_mistake_of_the_command_line(hc: Hc, repo: Repository) -> None:
    repo.commit()
    repo.git("branch", "lost")
    lost = repo.git("rev-parse", "lost")
    repo.git("reset", "--quiet", "--hard", "HEAD~1")
    (repo.path / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    done = hc("scan", str(repo.path), "--rev", "lost", "--history", "none", *ONLY)
    assert done.code == 3
    assert f"'lost' is the commit {lost}, which is not in this clone" in done.err
    assert "git fsck" in done.err


def test_a_bare_repository_without_commits_holds_nothing(hc: Hc, repo: Repository, tmp_path: Path) -> None:
    repo.git("init", "--quiet", "--bare", str(tmp_path / "bare.git"))
    done = hc("scan", "bare.git", *ONLY)
    assert done.code == 3
    assert "no commit 'HEAD' in this repository" in done.err
    assert hc("scan", "bare.git", "--rev", "HEAD", *ONLY).code == 2
