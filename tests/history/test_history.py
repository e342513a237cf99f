"""Where a secret is and was, in real repositories."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hardencheck.collect.history import scanning
from hardencheck.collect.secrets.ruleset import engine_name
from hardencheck.collect.worker import Child, Died
from hardencheck.errors import UsageError
from hardencheck.model.facts.secrets import Secret
from tests.collect.repos import commit, git, repository
from tests.history.secretive import at, details, only, scanned, secrets, token, write


def test_a_token_that_was_removed_is_one_secret_with_its_commits(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    write(root, "app/hooks.py", f"import os\nTOKEN = '{token()}'\n")
    git(root, "add", ".")
    at(root, "2024-03-01T12:00:00+00:00", "commit", "-qm", "in")
    introduced = git(root, "rev-parse", "HEAD")
    write(root, "app/hooks.py", f"import os\n\n\nTOKEN = '{token()}'\n")
    commit(root, "moved down")
    write(root, "app/hooks.py", "import os\nTOKEN = os.environ['TOKEN']\n")
    git(root, "add", ".")
    at(root, "2034-04-02T12:00:00+00:00", "commit", "-qm", "out")
    removed = git(root, "rev-parse", "HEAD")
    found = only(root)
    assert (found.rule, found.class_, found.standing, found.exposure) == (
        "github-token", "provider-token", "secret", "history",
    )  # fmt: skip
    assert (found.introduced, found.introduced_at) == (introduced, "2024-03-01T12:00:00Z")
    assert (found.removed, found.removed_at) == (removed, "2034-04-02T12:00:00Z")
    assert (found.places, found.commits, found.location.path) == (("app/hooks.py:4",), 2, "app/hooks.py")
    assert (found.unsound, found.confidence) == (False, "high")


def test_one_value_in_many_files_and_commits_is_one_secret(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.py": f"A = '{token()}'\n", "b/c.yaml": f"k:\n  t: {token()}\n"})
    write(root, "a.py", f"A = '{token()}'\nB = '{token('two')}'\n")
    commit(root)
    git(root, "mv", "b/c.yaml", "b/d.yaml")
    commit(root)
    by_places = {found.places: found.exposure for found in secrets(scanned(root))}
    assert by_places == {
        ("a.py:1", "b/d.yaml:2", "b/c.yaml:2"): "at HEAD",
        ("a.py:2",): "at HEAD",
    }


def test_moved_and_renamed_keeps_its_fingerprint_a_changed_value_is_new(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.py": f"A = '{token()}'\n"})
    first = only(root, history="none").digest
    git(root, "mv", "a.py", "b.py")
    write(root, "b.py", f"\n\nA = '{token()}'\n")
    assert only(root, history="none").digest == first
    write(root, "b.py", f"A = '{token('two')}'\n")
    changed = {item.exposure: item.digest for item in secrets(scanned(root, history="none"))}
    assert changed["at HEAD"] == first != changed["work tree"]
    assert {found.exposure for found in secrets(scanned(root))} == {"at HEAD", "work tree"}


def test_another_branch_a_stash_and_what_nothing_reaches(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    git(root, "checkout", "-qb", "feature/x")
    write(root, "x.py", f"X = '{token('branch')}'\n")
    commit(root)
    git(root, "checkout", "-q", "-")
    for name in ("older stash", "newer stash"):
        write(root, "settings.py", f"S = '{token(name)}'\n")
        git(root, "stash", "-q")
    write(root, "gone.py", f"G = '{token('gone')}'\n")
    commit(root)
    git(root, "reset", "-q", "--hard", "HEAD~1")
    found = {item.exposure: item for item in secrets(scanned(root))}
    assert set(found) == {"other branch", "stash"}
    assert (found["other branch"].refs, found["other branch"].places) == (("feature/x",), ("x.py:1",))
    assert len([item for item in secrets(scanned(root)) if item.exposure == "stash"]) == 2
    every = secrets(scanned(root, history="all"))
    assert sorted(item.exposure for item in every) == ["other branch", "stash", "stash", "unreachable"]
    git(root, "reflog", "expire", "--expire=now", "--all")
    left = {item.exposure for item in secrets(scanned(root, history="all"))}
    assert "unreachable" in left
    assert len(secrets(scanned(root))) == 2, "without its reflog the older stash is reached by nothing" or left


def test_a_stash_of_files_that_were_not_tracked(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    write(root, "u.py", f"U = '{token()}'\n")
    git(root, "stash", "-qu")
    assert (only(root).exposure, only(root).places, only(root).refs) == ("stash", ("u.py:1",), ("stash",))


def test_an_amended_commit_is_reached_by_nothing(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    write(root, "a.py", f"A = '{token()}'\n")
    amended = commit(root)
    write(root, "a.py", "A = 1\n")
    git(root, "add", ".")
    git(root, "commit", "-q", "--amend", "-m", "better")
    assert secrets(scanned(root)) == []
    found = only(root, history="all")
    assert (found.exposure, found.places, found.introduced) == ("unreachable", ("a.py:1",), amended)
    blob = git(root, "rev-parse", f"{amended}:a.py")
    git(root, "reflog", "expire", "--expire=now", "--all")
    found = only(root, history="all")
    assert (found.exposure, found.places, found.introduced) == (
        "unreachable", (f"unreachable blob {blob[:12]}",), "",
    )  # fmt: skip
    assert found.location.path is None, "it is no file"


def test_all_of_the_history_calls_nothing_unreachable_that_something_reaches(tmp_path: Path) -> None:
    """Pictures (never looked at), what --since leaves out, and what other branches have."""
    root = repository(tmp_path / "r", {"a.py": f"A = '{token()}'\n", "l.png": f"\x89PNG {token('picture')}"})
    first = git(root, "rev-parse", "HEAD")
    (root / "l.png").unlink()
    write(root, "a.py", "A = 1\n")
    base = commit(root)
    write(root, "b.py", f"B = '{token('later')}'\n")
    commit(root)
    write(root, "c.py", f"C = '{token('left')}'\n")
    left = git(root, "hash-object", "-w", "c.py")
    (root / "c.py").unlink()
    gone = (f"unreachable blob {left[:12]}",)

    def places(**options: Any) -> dict[tuple[str, ...], str]:
        return {item.places: item.exposure for item in secrets(scanned(root, history="all", **options))}

    assert places() == {("a.py:1",): "history", ("b.py:1",): "at HEAD", gone: "unreachable"}
    assert places(since=base) == {("b.py:1",): "at HEAD", gone: "unreachable"}
    assert places(revision=first) == {("a.py:1",): "at HEAD"}


def test_a_name_given_later_does_not_hide_what_is_in_a_file(tmp_path: Path) -> None:
    """Pictures are left out by their name; a file that was no picture under its first name is not."""
    root = repository(tmp_path / "r", {"a.py": "A = 1\n", "prod.env": f"TOKEN={token()}\n"})
    git(root, "mv", "prod.env", "logo.png")
    commit(root)
    git(root, "rm", "-q", "logo.png")
    commit(root)
    assert set(only(root).places) == {"prod.env:1", "logo.png:1"}


def test_a_merge_that_takes_nothing_over_leaves_it_in_history(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    git(root, "checkout", "-qb", "side")
    write(root, "s.py", f"S = '{token()}'\n")
    introduced = commit(root)
    git(root, "checkout", "-q", "main")
    commit(root, "elsewhere")
    git(root, "merge", "-q", "-s", "ours", "-m", "ours", "side")
    assert (only(root).exposure, only(root).refs) == ("other branch", ("side",))
    git(root, "branch", "-qD", "side")
    assert (only(root).exposure, only(root).places, only(root).introduced) == ("history", ("s.py:1",), introduced)


def test_content_that_only_a_merge_has(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    git(root, "checkout", "-qb", "side")
    write(root, "settings.py", "DEBUG = 1\n")
    commit(root)
    git(root, "checkout", "-q", "-")
    write(root, "settings.py", "DEBUG = 2\n")
    commit(root)
    with pytest.raises(Exception, match="returned non-zero"):
        git(root, "merge", "-q", "side")
    write(root, "settings.py", f"DEBUG = '{token()}'\n")
    merge = commit(root, "merged")
    write(root, "settings.py", "DEBUG = 3\n")
    after = commit(root)
    found = only(root)
    assert (found.exposure, found.introduced, found.removed) == ("history", merge, after)


def test_texts_that_are_no_files(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    message = commit(root, f"use {token('message')} for now")
    git(root, "tag", "-a", "v1", "-m", f"released with {token('tag')}")
    git(root, "config", "remote.origin.url", f"https://robot:{token('remote')}@host.internal/owner/name.git")
    lines = (root / ".git/config").read_text().split("\n")
    (line,) = [number for number, text in enumerate(lines, 1) if "robot" in text]
    found = {item.places: (item.exposure, item.introduced, item.commits) for item in secrets(scanned(root))}
    assert found == {
        (f"message of commit {message[:12]}",): ("history", message, 1),
        (f"message of tag v1 of commit {message[:12]}",): ("history", "", 0),
        (f".git/config:{line}",): ("git configuration", "", 0),
    }


def test_a_password_in_the_address_of_a_remote(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    git(root, "remote", "add", "backup", f"https://robot:{'q7Rk2vN9' + 'xTz4'}@host.internal/owner/name.git")
    found = only(root)
    assert (found.class_, found.exposure, found.standing) == ("password-in-url", "git configuration", "secret")
    assert only(root, history="none") == found


def test_a_tag_gives_no_date_to_the_file_that_has_the_value_too(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    first = git(root, "rev-parse", "HEAD")
    write(root, "a.py", f"A = '{token()}'\n")
    introduced = commit(root)
    write(root, "a.py", "A = 1\n")
    commit(root)
    git(root, "tag", "-a", "v1", first, "-m", f"released with {token()}")
    found = only(root)
    assert (found.exposure, found.introduced, found.commits) == ("history", introduced, 1)
    assert found.places == ("a.py:1", f"message of tag v1 of commit {first[:12]}")


def test_a_message_newer_than_the_file_is_not_where_the_value_came_from(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.py": f"A = '{token()}'\n"})
    introduced = git(root, "rev-parse", "HEAD")
    write(root, "a.py", "A = 1\n")
    removed = commit(root, f"{token()} is gone")
    found = only(root)
    assert (found.introduced, found.removed, found.commits) == (introduced, removed, 2)


def test_tags_of_a_branch_that_is_gone_and_of_tags_trees_and_blobs(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    git(root, "checkout", "-qb", "side")
    write(root, "s.py", f"S = '{token('commit')}'\n")
    tagged = commit(root)
    git(root, "tag", "-a", "v1", "-m", f"inner {token('inner')}")
    git(root, "tag", "-a", "v2", "v1", "-m", f"outer {token('outer')}")
    git(root, "tag", "-d", "v1")
    write(root, "t.py", f"T = '{token('tree')}'\n")
    write(root, "b.py", f"B = '{token('blob')}'\n")
    git(root, "add", "t.py")
    git(root, "tag", "a-tree", git(root, "write-tree"))
    git(root, "tag", "a-blob", git(root, "hash-object", "-w", "b.py"))
    (root / "b.py").unlink()
    git(root, "checkout", "-qf", "main")
    git(root, "branch", "-qD", "side")
    found = {item.places: (item.exposure, item.refs) for item in secrets(scanned(root))}
    assert found == {
        ("s.py:1",): ("other branch", ("tags/v2",)),
        (f"message of tag v2 of commit {tagged[:12]}",): ("other branch", ()),
        ("t.py:1",): ("other branch", ("tags/a-tree",)),
        ("the object of a-blob",): ("other branch", ()),
    }
    assert len(secrets(scanned(root))) == 5, "the messages of both tags"


def test_a_tag_of_a_file_of_the_history_hides_no_place(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.py": f"A = '{token()}'\n"})
    git(root, "tag", "keep", git(root, "rev-parse", "HEAD:a.py"))
    write(root, "a.py", "A = 1\n")
    commit(root)
    assert (only(root).places, only(root).exposure, only(root).commits) == (("a.py:1",), "history", 1)


def test_notes_are_files_of_a_branch_of_their_own(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    noted = git(root, "rev-parse", "HEAD")
    git(root, "notes", "add", "-m", f"deployed with {token()}")
    found = only(root)
    assert (found.exposure, found.places, found.refs) == ("other branch", (f"{noted}:1",), ("notes/commits",))


def test_secrets_in_names_are_found_and_shown_nowhere(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {f"dumps/{token('file')}.txt": "x\n"})
    git(root, "branch", f"fix-{token('branch')}")
    git(root, "checkout", "-qb", "old")
    write(root, f"old/{token('old')}/a.txt", "y\n")
    commit(root)
    git(root, "checkout", "-q", "-")
    collected = scanned(root, cache=tmp_path / "cache")
    found = secrets(collected)
    assert sorted(item.exposure for item in found) == ["at HEAD", "other branch", "other branch"]
    shown = json.dumps(msgspec.to_builtins(collected.facts)).encode()
    kept = b"".join(file.read_bytes() for file in (tmp_path / "cache").iterdir() if file.is_file())
    for name in ("file", "branch", "old"):
        value = token(name).encode()
        assert not any(value[at : at + 8] in text for text in (shown, kept) for at in range(4, len(value) - 8)), name


def test_index_and_work_tree_are_told_apart(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    write(root, "settings.py", f"A = '{token('staged')}'\n")
    git(root, "add", "settings.py")
    write(root, "settings.py", f"A = '{token('disk')}'\n")
    write(root, "new.py", f"A = '{token('new')}'\n")
    found = {(item.exposure, item.places) for item in secrets(scanned(root))}
    assert found == {
        ("index", ("settings.py:1",)), ("work tree", ("settings.py:1",)), ("work tree", ("new.py:1",)),
    }  # fmt: skip


def test_what_is_staged_and_taken_back_on_disk_is_in_the_index(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.py": f"A = '{token('old')}'\n", "b.py": "B = 1\n"})
    introduced = git(root, "rev-parse", "HEAD")
    write(root, "a.py", "A = 1\n")
    commit(root)
    for path, seed, now in (("a.py", "old", "A = 1\n"), ("b.py", "new", "B = 1\n")):
        write(root, path, f"{path[0].upper()} = '{token(seed)}'\n")
        git(root, "add", path)
        write(root, path, now)
    for history in ("reachable", "all"):
        found = {item.places: (item.exposure, item.introduced) for item in secrets(scanned(root, history=history))}
        assert found == {("a.py:1",): ("index", introduced), ("b.py:1",): ("index", "")}, history


def test_what_is_staged_and_deleted_on_disk_is_in_the_index(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    write(root, "new.py", f"N = '{token()}'\n")
    git(root, "add", "new.py")
    (root / "new.py").unlink()
    assert [(item.exposure, item.places) for item in secrets(scanned(root))] == [("index", ("new.py:1",))]
    assert secrets(scanned(root, excludes=("new.py",))) == []


def test_a_name_that_only_the_index_has_is_not_shown(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    write(root, f"d/of-{token('name')}.py", f"N = '{token()}'\n")
    git(root, "add", ".")
    (root / f"d/of-{token('name')}.py").unlink()
    for _ in range(2):
        collected = scanned(root, cache=tmp_path / "cache")
        places = {re.sub(r"\[secret \w{8}\]", "[secret]", item.places[0]): item.exposure for item in secrets(collected)}
        assert places == {"d/of-[secret].py:1": "index", "name of d/of-[secret].py": "index"}
        assert token("name")[4:12] not in repr(collected)


def test_a_directory_of_a_repository_is_judged_by_its_own_files(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"svc/a.py": f"A = '{token()}'\n", "other/b.py": f"B = '{token('two')}'\n"})
    write(root, "svc/a.py", "A = 1\n")
    commit(root, f"not here: {token('message')}")
    assert (only(root / "svc").places, only(root / "svc").exposure) == (("a.py:1",), "history")


@pytest.mark.parametrize(
    "folder",
    ["dienst-ü", "a\\x41", f"of-{token('folder')}", "x/y z/w"],
    ids=["not-ascii", "backslash", "token", "blank"],
)
def test_a_directory_of_any_name_shows_paths_below_it(tmp_path: Path, folder: str) -> None:
    root = repository(tmp_path / "r", {f"{folder}/deep/file.py": f"A = '{token()}'\n", f"{folder}/b.py": "B = 1\n"})
    assert only(root / folder).places == ("deep/file.py:1",)
    write(root, f"{folder}/deep/file.py", "A = 1\n")
    commit(root)
    assert (only(root / folder).places, only(root / folder).exposure) == (("deep/file.py:1",), "history")


def test_revision_since_and_none(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.py": f"A = '{token('first')}'\n"})
    first = git(root, "rev-parse", "HEAD")
    write(root, "a.py", "A = 1\n")
    base = commit(root)
    write(root, "a.py", f"A = '{token('second')}'\n")
    commit(root)
    write(root, "a.py", "A = 2\n")
    commit(root)
    assert len(secrets(scanned(root))) == 2
    assert only(root, revision=first).exposure == "at HEAD"
    assert only(root, revision=base).exposure == "history"
    assert only(root, since=base).introduced != first
    assert secrets(scanned(root, history="none")) == []
    with pytest.raises(UsageError, match="no such commit"):
        scanned(root, since="v9")


def test_owner_deployment_and_environments(tmp_path: Path) -> None:
    value = token()
    root = repository(
        tmp_path / "r",
        {
            ".github/CODEOWNERS": "* @all\n/deploy/ @ops @sec\n",
            "Dockerfile": "FROM python:3.12\nCOPY . /app\nUSER app\n",
            ".dockerignore": "deploy/prod.env\n",
            "deploy/prod.env": f"TOKEN={value}\n",
            "deploy/staging.env": f"TOKEN={value}\n",
        },
    )
    found = only(root)
    assert (found.owners, found.deployed, found.environments) == (
        ("@ops", "@sec"), ("image Dockerfile",), ("production", "staging"),
    )  # fmt: skip
    (root / "deploy/staging.env").unlink()
    commit(root)
    assert only(root).deployed == (), "the one file left is in .dockerignore"


@pytest.mark.parametrize(
    ("rules", "owners"),
    [
        ("* @all\n/deploy/* @ops\n", ("@all",)),  # other than in .gitignore, one level
        ("* @all\n/deploy/** @ops\n", ("@ops",)),
        ("* @all\ndeploy @ops # both of them\n", ("@ops",)),
        ("* @all\n*.env @env me@service.example\n", ("@env", "me@service.example")),
        ("* @all\n/deploy/\n", ()),  # nobody's again
        ("[Section] @all\n\n# none\n", ()),
    ],
)
def test_owners_are_those_of_the_last_pattern_that_matches(tmp_path: Path, rules: str, owners: tuple[str, ...]) -> None:
    root = repository(tmp_path / "r", {"CODEOWNERS": rules, "deploy/prod/main.env": f"TOKEN={token()}\n"})
    assert only(root).owners == owners


def test_what_is_set_aside_says_why(tmp_path: Path) -> None:
    root = repository(
        tmp_path / "r",
        {
            "tests/test_a.py": f"A = '{token('test')}'\n",
            "README.md": f"use {token('docs')}\n",
            "app.py": "A = 'gh" + "p_" + "0" * 36 + "'\n",
        },
    )
    found = {item.places[0]: item.standing for item in secrets(scanned(root))}
    assert found == {"tests/test_a.py:1": "test", "README.md:1": "documentation", "app.py:1": "placeholder"}


def _asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many objects each scan of objects was asked for."""
    counts: list[int] = []
    real = scanning.scan_objects

    def counting(*arguments: object, **more: object) -> None:
        counts.append(len(arguments[1]))  # type: ignore[arg-type]
        real(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(scanning, "scan_objects", counting)
    return counts


def test_a_second_scan_is_answered_from_the_cache_and_a_commit_is_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(tmp_path / "r", {f"m{n}.py": f"N = {n}\n" for n in range(30)})
    write(root, "m1.py", f"A = '{token()}'\n")
    commit(root)
    counts = _asked(monkeypatch)
    options: dict[str, Any] = {"cache": tmp_path / "cache"}
    first = scanned(root, **options)
    assert counts == [33], "31 versions of files and two commits"
    assert secrets(scanned(root, **options)) == secrets(first) and counts == [33]
    write(root, "m1.py", "A = 1\n")
    removed = commit(root)
    found = secrets(scanned(root, **options))
    assert counts == [33, 2], "one version of a file and one commit"
    assert [(item.exposure, item.removed) for item in found] == [("history", removed)]
    assert found == secrets(scanned(root)), "going on comes to what looking at everything comes to"


def test_what_is_known_needs_no_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when the answer has to be put together anew, because other paths are excluded."""
    root = repository(tmp_path / "r", {f"m{n}.py": f"N = '{token(str(n))}'\n" for n in range(5)})
    for number in range(5):
        write(root, f"m{number}.py", "N = 0\n")
    commit(root)
    git(root, "tag", "-a", "v1", "-m", f"with {token('tag')}")
    options: dict[str, Any] = {"cache": tmp_path / "cache", "jobs": 2}
    started: list[str] = []
    real = Child.__init__

    def noted(self: Child, module: str, *arguments: Any) -> None:
        started.append(module)
        real(self, module, *arguments)

    monkeypatch.setattr(Child, "__init__", noted)
    monkeypatch.setattr(scanning, "HERE_OBJECTS", 0)
    first = scanned(root, **options)
    assert started == [scanning.__name__] * len(started) != []
    started.clear()
    assert scanned(root, **options).facts == first.facts
    assert len(secrets(scanned(root, excludes=("m1.py",), **options))) == len(secrets(first)) - 1
    assert started == []


def test_an_answer_for_some_excludes_is_none_for_others(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"vendor/a.py": f"A = '{token()}'\n", "b.py": "B = 1\n"})
    write(root, "vendor/a.py", "A = 1\n")
    commit(root)
    options: dict[str, Any] = {"cache": tmp_path / "cache"}
    assert secrets(scanned(root, excludes=("vendor/",), **options)) == []
    assert only(root, **options).places == ("vendor/a.py:1",)
    assert secrets(scanned(root, excludes=("vendor/",), **options)) == []


def test_going_on_comes_to_what_looking_at_everything_comes_to(tmp_path: Path) -> None:
    """After each of many changes: the answer that was added to, and one from nothing."""
    root = repository(tmp_path / "r", {f"dump-{token('name')}.txt": "x\n", "settings.py": "DEBUG = 1\n"})
    steps = 0

    def same() -> list[Secret]:
        nonlocal steps
        steps += 1
        found = secrets(scanned(root, cache=tmp_path / "cache"))
        assert found == secrets(scanned(root)), steps
        return found

    same()
    git(root, "checkout", "-qb", "feature/x")
    write(root, "x.py", f"X = '{token('x')}'\n")
    commit(root)
    same()
    git(root, "branch", "feature/below")
    write(root, "y.py", "Y = 1\n")  # the branch goes on, and what it had is still on it
    commit(root)
    git(root, "checkout", "-q", "main")
    assert {item.exposure: item.refs for item in same()}["other branch"] == ("feature/below", "feature/x")
    git(root, "branch", "-qD", "feature/below")
    assert {item.exposure: item.refs for item in same()}["other branch"] == ("feature/x",)
    write(root, f"dump-{token('name')}.txt", "y\n")
    commit(root)
    same()
    write(root, "settings.py", f"S = '{token('stash')}'\n")
    git(root, "stash", "-q")
    same()
    git(root, "merge", "-q", "--no-ff", "-m", "merge", "feature/x")
    assert {item.exposure for item in same()} == {"at HEAD", "stash"}
    git(root, "rm", "-q", "x.py")
    commit(root)
    same()
    git(root, "tag", "-a", "v1", "-m", f"with {token('x')}")
    same()
    git(root, "stash", "drop", "-q")
    assert {item.exposure for item in same()} == {"at HEAD", "other branch"}
    git(root, "checkout", "-q", "--detach", "HEAD~1")
    same()
    git(root, "checkout", "-q", "--orphan", "new")
    same()


def test_a_branch_that_was_pushed_over_is_what_it_is_now(tmp_path: Path) -> None:
    origin = repository(tmp_path / "origin")
    git(origin, "checkout", "-qb", "side")
    write(origin, "a.py", f"A = '{token('before')}'\n")
    commit(origin)
    git(origin, "checkout", "-q", "main")
    git(tmp_path, "clone", "-q", "-b", "main", f"file://{origin}", "r")
    root = tmp_path / "r"
    options: dict[str, Any] = {"cache": tmp_path / "cache"}
    before = only(root, **options)
    assert (before.exposure, before.refs) == ("other branch", ("remotes/origin/side",))
    git(origin, "checkout", "-q", "side")
    write(origin, "a.py", f"A = '{token('after')}'\n")
    git(origin, "commit", "-qa", "--amend", "-m", "other")
    git(root, "fetch", "-q")
    after = only(root, **options)
    assert after == only(root) and after.digest != before.digest


def test_a_merged_branch_may_be_the_older_one(tmp_path: Path) -> None:
    """What a fetch brings is new here and need not be newer than what is known."""
    root = repository(tmp_path / "r")
    git(root, "checkout", "-qb", "side")
    write(root, "b.py", f"B = '{token()}'\n")
    git(root, "add", ".")
    at(root, "2020-02-01T00:00:00+00:00", "commit", "-qm", "older")
    side = git(root, "rev-parse", "HEAD")
    git(root, "checkout", "-q", "main")
    git(root, "update-ref", "-d", "refs/heads/side")
    write(root, "a.py", f"A = '{token()}'\n")
    git(root, "add", ".")
    at(root, "2021-02-01T00:00:00+00:00", "commit", "-qm", "newer")
    options: dict[str, Any] = {"cache": tmp_path / "cache"}
    assert only(root, **options).introduced_at == "2021-02-01T00:00:00Z"
    git(root, "merge", "-q", "-m", "both", side)
    assert only(root, **options) == only(root)
    assert only(root).introduced_at == "2020-02-01T00:00:00Z"


def test_a_branch_that_was_reset_is_looked_at_anew(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    write(root, "a.py", f"A = '{token()}'\n")
    commit(root)
    options: dict[str, Any] = {"cache": tmp_path / "cache"}
    assert [item.exposure for item in secrets(scanned(root, **options))] == ["at HEAD"]
    git(root, "reset", "-q", "--hard", "HEAD~1")
    assert secrets(scanned(root, **options)) == []


def test_a_value_that_comes_back_is_not_removed(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.py": f"A = '{token()}'\n"})
    options: dict[str, Any] = {"cache": tmp_path / "cache"}
    write(root, "a.py", "A = 1\n")
    commit(root)
    assert only(root, **options).exposure == "history"
    write(root, "b.py", f"B = '{token()}'\n")
    commit(root)
    again = only(root, **options)
    assert (again.exposure, again.removed, again.places) == ("at HEAD", "", ("b.py:1", "a.py:1"))
    assert again == only(root)


def test_excluded_paths_are_no_places_of_history(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"vendor/a.py": f"A = '{token()}'\n", "b.py": f"B = '{token('two')}'\n"})
    write(root, "vendor/a.py", "A = 1\n")
    commit(root)
    assert only(root, excludes=("vendor/",)).places == ("b.py:1",)


def test_workers_find_what_this_process_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(tmp_path / "r", {f"m{n}.py": f"N = '{token(str(n))}'\n" for n in range(40)})
    monkeypatch.setattr(scanning, "HERE_OBJECTS", 5)
    monkeypatch.setattr(scanning, "HERE_BYTES", 100)
    together = secrets(scanned(root, jobs=2))
    assert len(together) == 40
    assert together == secrets(scanned(root, jobs=0))


def test_a_worker_that_dies_costs_the_object_at_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process ends on one object (here: it is told to); halving finds which, and the rest is looked at."""
    root = repository(tmp_path / "r", {"a.py": f"A = '{token()}'\n", "b.py": "B = 'poison'\n", "c.py": "C = 1\n"})
    bad = git(root, "rev-parse", "HEAD:b.py")
    real = Child.ask

    def ask(self: Child, message: bytes, seconds: float) -> bytes:
        if bad.encode() in message:
            self.stop()
            raise Died
        return real(self, message, seconds)

    monkeypatch.setattr(Child, "ask", ask)
    monkeypatch.setattr(scanning, "HERE_OBJECTS", 0)
    collected = scanned(root, jobs=1)
    assert [item.places for item in secrets(collected)] == [("a.py:1",)]
    assert details(collected) == [
        ("crashed", "1 object (b.py) of the history: the process that looked at it ended or broke")
    ]


def test_the_note_says_what_was_looked_at(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.py": "A = 1\n", "logo.png": b"\x89PNG"})
    (note,) = [note.text for note in scanned(root).notes if note.topic == "history"]
    engine = engine_name().split()[0]
    assert note == (
        "all refs and stashes: 1 commit, 2 versions of files, 1 of pictures and other media or large binary files left "
        f"out; matched with {engine}, nothing was verified with a provider"
    )


def test_describes_itself_without_the_value(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.py": f"A = '{token()}'\n"})
    write(root, "a.py", "A = 1\n")
    commit(root)
    found = only(root)
    text = " ".join((found.describe(), *found.proof()))
    assert "in history only" in text and "rotate first: GitHub" in text and "every clone still has it" in text
    assert not any(token()[start : start + 8] in text for start in range(len(token()) - 8))
    assert isinstance(found, Secret)
