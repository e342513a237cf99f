"""Where bytes come from: ordinary, odd and hostile targets."""

import os
import shutil
import socket
import stat
from pathlib import Path

import pytest

from hardencheck.collect.options import Options
from hardencheck.collect.source.trees import MAX_FILE_BYTES, open_tree
from hardencheck.errors import NothingExamined, TargetMissing
from hardencheck.model.gap import Reason
from hardencheck.model.target import Target
from tests.collect.repos import commit, git, look, paths, repository


def test_a_clean_work_tree(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop", {"a.py": "A = 1\n", "deploy/b.conf": "\n"})
    found = look(root)
    assert paths(found) == {"a.py", "deploy/b.conf"}
    assert (found.subject.name, found.subject.kind, found.subject.dirty) == ("shop", "git work tree", False)
    assert found.subject.commit == git(root, "rev-parse", "HEAD")


def test_untracked_files_count_and_ignored_ones_do_not(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {".gitignore": "ignored.py\n", "a.py": ""})
    (root / "new.py").write_text("")
    (root / "ignored.py").write_text("")
    found = look(root)
    assert paths(found) == {".gitignore", "a.py", "new.py"}
    assert found.subject.dirty is True


def test_an_ignored_file_that_is_tracked_all_the_same_is_looked_at(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {".gitignore": ".env\n", ".env": "A=1\n"})
    assert ".env" in paths(look(root))


@pytest.mark.parametrize("change", ["edit", "stage", "delete"])
def test_a_changed_work_tree_is_dirty(tmp_path: Path, change: str) -> None:
    root = repository(tmp_path / "r", {"a.py": "A = 1\n", "b.py": "B = 1\n"})
    if change == "delete":
        (root / "b.py").unlink()
    else:
        (root / "b.py").write_text("B = 2\n")
    if change == "stage":
        git(root, "add", "b.py")
    found = look(root)
    assert found.subject.dirty is True
    assert found.skipped.get("deleted", 0) == (change == "delete")


def test_a_subdirectory_is_a_target_of_its_own(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.py": "", "svc/b.py": "", "svc-two/c.py": ""})
    assert paths(look(root / "svc")) == {"b.py"}
    assert paths(look(root / "svc", revision="HEAD")) == {"b.py"}


def test_a_revision_is_read_from_objects(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.py": "A = 1\n"})
    first = git(root, "rev-parse", "HEAD")
    git(root, "tag", "v1")
    (root / "a.py").unlink()
    (root / "b.py").write_text("")
    commit(root, "two")
    found = look(root, revision="v1")
    assert paths(found) == {"a.py"}
    assert (found.subject.kind, found.subject.commit, found.subject.revision) == ("git revision", first, "v1")


@pytest.mark.parametrize("revision", ["nowhere", "--output=x", "HEAD:a.py", ""])
def test_a_revision_that_is_none(tmp_path: Path, revision: str) -> None:
    root = repository(tmp_path / "r", {"a.py": ""})
    with pytest.raises(TargetMissing, match="no commit"):
        look(root, revision=revision)
    assert not (root / "x").exists()


def test_a_bare_repository_is_read_at_head(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.py": "A = 1\n"})
    git(tmp_path, "clone", "--quiet", "--bare", os.fspath(root), "bare.git")
    found = look(tmp_path / "bare.git")
    assert (paths(found), found.subject.kind) == ({"a.py"}, "git revision")


def test_a_bare_repository_without_commits(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "bare.git")
    with pytest.raises(TargetMissing, match="no commit 'HEAD'"):
        look(tmp_path / "bare.git")


def test_an_unborn_head(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "r")
    (tmp_path / "r" / "a.py").write_text("")
    found = look(tmp_path / "r")
    assert (paths(found), found.subject.commit, found.subject.dirty) == ({"a.py"}, None, None)


def test_a_git_file_of_a_linked_work_tree(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.py": ""})
    git(root, "worktree", "add", "--quiet", os.fspath(tmp_path / "linked"))
    assert (tmp_path / "linked" / ".git").is_file()
    assert paths(look(tmp_path / "linked")) == {"a.py"}


def test_a_git_file_that_points_nowhere(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /nowhere/at/all\n")
    with pytest.raises(TargetMissing, match="points to a git directory that is not there"):
        look(tmp_path)


def test_a_plain_directory_has_real_modes(tmp_path: Path) -> None:
    (tmp_path / "a.env").write_text("")
    (tmp_path / "a.env").chmod(0o666)
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "x.js").write_text("")
    found = look(tmp_path)
    [fact] = [fact for fact in found.facts.of("file.mode") if fact.location.path == "a.env"]
    assert getattr(fact, "permissions", None) == 0o666
    assert found.subject.kind == "directory"
    assert found.skipped["dependencies or metadata"] == 1


def test_a_clone_claims_no_permissions(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.env": ""})
    (root / "a.env").chmod(0o666)
    [fact] = look(root).facts.of("file.mode")
    assert getattr(fact, "permissions", 0) is None


def test_missing_paths(tmp_path: Path) -> None:
    with pytest.raises(TargetMissing, match="does not exist"):
        look(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(TargetMissing, match="is not a directory"):
        look(tmp_path / "file")


def test_an_empty_directory_is_nothing_examined(tmp_path: Path) -> None:
    with pytest.raises(NothingExamined):
        look(tmp_path)


def test_a_submodule_is_counted_not_entered(tmp_path: Path) -> None:
    inner = repository(tmp_path / "inner", {"i.py": ""})
    root = repository(tmp_path / "r", {"a.py": ""})
    git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", os.fspath(inner), "lib")
    commit(root)
    for found in (look(root), look(root, revision="HEAD")):
        assert found.skipped["submodule"] == 1
        assert "lib/i.py" not in paths(found)


def test_a_shallow_clone_says_what_it_lacks(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.py": "A = 1\n"})
    first = git(root, "rev-parse", "HEAD")
    commit(root, "two")
    git(tmp_path, "clone", "--quiet", "--depth=1", root.as_uri(), "shallow")
    assert paths(look(tmp_path / "shallow")) == {"a.py"}
    with pytest.raises(TargetMissing) as caught:
        look(tmp_path / "shallow", revision=first)
    assert "fetch-depth: 0" in caught.value.hint


def test_a_missing_object_is_a_gap(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.py": "A = 1\n", "b.py": "B = 2\n"})
    oid = git(root, "rev-parse", "HEAD:b.py")
    (root / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    found = look(root, revision="HEAD")
    assert found.skipped[Reason.MISSING_OBJECT] == 1
    assert {gap.location.path for gap in found.facts.gaps if gap.reason is Reason.MISSING_OBJECT} == {"b.py"}


def test_a_corrupt_index_is_an_error_not_an_empty_audit(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.py": ""})
    (root / ".git" / "index").write_bytes(b"DIRCnonsense")
    with pytest.raises(TargetMissing, match="git cannot read"):
        look(root)


HOSTILE_NAMES = [
    b"new\nline.py",
    b"\x1b[31mred.py",
    "\u202ertl.py".encode(),
    b"::error file=x::.py",
    b"<script>.py",
    b"\xff\xfe.py",
]


def test_hostile_names_are_carried_whole(tmp_path: Path) -> None:
    root = tmp_path / "r"
    git(tmp_path, "init", "--quiet", "r")
    for name in HOSTILE_NAMES:
        with open(os.path.join(os.fsencode(root), name), "wb") as file:
            file.write(b"A = 1\n")
    commit(root)
    for found in (look(root), look(root, revision="HEAD")):
        assert paths(found) == {name.decode("utf-8", "backslashreplace") for name in HOSTILE_NAMES}
        assert not found.facts.gaps


def test_links_are_never_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text("DEBUG = True\n")
    root = repository(tmp_path / "r", {"a.py": ""})
    (root / "out.py").symlink_to(outside)
    (root / "loop").symlink_to("loop")
    commit(root)
    for revision in (None, "HEAD"):
        with open_tree(Target(repository=os.fspath(root), revision=revision)) as tree:
            assert (tree.entries["out.py"].link, tree.entries["loop"].link) == (os.fspath(outside), "loop")
        assert not look(root, revision=revision).facts.gaps


def test_a_directory_swapped_for_a_link_is_not_entered(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "b.py").write_text("SECRET = 1\n")
    root = repository(tmp_path / "r", {"sub/b.py": "B = 1\n"})
    shutil.rmtree(root / "sub")
    (root / "sub").symlink_to(tmp_path / "outside")
    with open_tree(Target(repository=os.fspath(root))) as tree, pytest.raises(Exception, match="leaves the target"):
        tree.read(tree.entries["sub/b.py"])


def test_fifos_and_sockets_do_not_hang(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("")
    os.mkfifo(tmp_path / "pipe.py")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.fspath(tmp_path / "s.py"))
        assert look(tmp_path).skipped["not a regular file"] == 2
    root = repository(tmp_path / "r", {"a.py": "", "b.py": ""})
    (root / "b.py").unlink()
    os.mkfifo(root / "b.py")
    assert look(root).skipped["not a regular file"] == 1


def test_an_unreadable_file_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(tmp_path / "r", {"a.py": "A = 1\n", "b.py": "B = 1\n"})
    really = os.open

    def refuse(path: object, *rest: object, **more: object) -> int:
        # The tests may run as root, whom no mode keeps out.
        if isinstance(path, bytes) and path.endswith(b"/b.py"):
            raise PermissionError(13, "Permission denied")
        return really(path, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", refuse)
    found = look(root)
    assert found.skipped[Reason.UNREADABLE] == 1
    assert {(gap.location.path, gap.detail) for gap in found.facts.gaps} == {
        ("b.py", "cannot be opened: Permission denied")
    }


def test_a_file_of_a_gibibyte_is_not_read(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.py": ""})
    for name in ("zeros.py", "zeros.data"):
        with (root / name).open("wb") as file:
            file.truncate(1 << 30)
    with (root / "text.py").open("wb") as file:
        file.write(b"A = 1\n" * 2000)
        file.seek(MAX_FILE_BYTES)
        file.write(b"\n")
    found = look(root)
    assert found.skipped[Reason.TOO_LARGE] == 2, "zeros called data are binary, which is no loss; Python and text are"
    assert {gap.location.path for gap in found.facts.gaps if gap.reason is Reason.TOO_LARGE} == {"text.py", "zeros.py"}


@pytest.mark.parametrize("revision", [None, "HEAD"])
def test_large_binary_data_is_no_loss_and_large_text_is(tmp_path: Path, revision: str | None) -> None:
    size = MAX_FILE_BYTES + 1
    root = repository(
        tmp_path / "r", {"a.py": "", "model.weights": b"\0" * size, "dump.sql": b"-- a line\n" * (size // 9)}
    )
    found = look(root, revision=revision)
    assert {gap.location.path for gap in found.facts.gaps if gap.reason.trouble} == {"dump.sql"}


@pytest.mark.parametrize("revision", [None, "HEAD"])
def test_a_nul_takes_no_file_out_of_the_audit(tmp_path: Path, revision: str | None) -> None:
    names = {"settings.py", "Dockerfile", "deploy/nginx.conf", ".env", "compose.yaml"}
    others: dict[str, str | bytes] = {"bin/nginx": b"\x7fELF\0", "a.bin": b"\0", "logo.dat": b"\0"}
    root = repository(tmp_path / "r", {**dict.fromkeys(names, b"# \0\n"), **others})
    found = look(root, revision=revision)
    lost = [gap for gap in found.facts.gaps if gap.reason.trouble]
    assert {gap.location.path for gap in lost} == names
    assert {gap.reason for gap in lost} == {Reason.UNPARSABLE}
    assert all(gap.detail.endswith("it holds NUL bytes, so it is not the text that its name promises") for gap in lost)


def test_excluded_files_are_counted(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.py": "", "vendor/b.py": "", "vendor/c.py": ""})
    found = look(root, options=Options(jobs=0, excludes=("vendor/",)))
    assert paths(found) == {"a.py"}
    assert found.skipped["excluded by configuration"] == 2


CONFIG = """
[core]
    fsmonitor = "touch {mark}/fsmonitor; false"
    hooksPath = {mark}/hooks
    sshCommand = "touch {mark}/ssh; false"
    pager = "touch {mark}/pager"
    alternateRefsCommand = "touch {mark}/alternates"
    worktree = /
[diff]
    external = "touch {mark}/external"
[diff "x"]
    textconv = "touch {mark}/textconv"
[filter "x"]
    clean = "touch {mark}/clean"
    smudge = "touch {mark}/smudge"
    process = "touch {mark}/process"
    required = true
[remote "origin"]
    url = {mark}
    promisor = true
    uploadpack = "touch {mark}/uploadpack; false"
    partialclonefilter = blob:none
[protocol "file"]
    allow = always
[extensions]
    partialClone = origin
"""


def test_a_hostile_git_directory_runs_nothing(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    (mark / "hooks").mkdir(parents=True)
    root = repository(tmp_path / "r", {"a.py": "A = 1\n", "b.py": "B = 1\n", ".gitattributes": "* filter=x diff=x\n"})
    oid = git(root, "rev-parse", "HEAD:b.py")
    for hook in ("post-index-change", "post-checkout", "pre-commit", "reference-transaction"):
        for place in (mark / "hooks", root / ".git" / "hooks"):
            place.mkdir(exist_ok=True)
            (place / hook).write_text(f"#!/bin/sh\ntouch {mark}/{hook}\n")
            (place / hook).chmod(0o755)
    (root / ".git" / "objects" / oid[:2] / oid[2:]).unlink()  # a promisor remote would be asked for it
    (root / ".git" / "config").write_text(CONFIG.format(mark=mark))
    (root / "a.py").write_text("A = 2\n")
    assert paths(look(root)) == {"a.py", "b.py", ".gitattributes"}
    assert look(root, revision="HEAD").skipped[Reason.MISSING_OBJECT] == 1
    assert sorted(item.name for item in mark.iterdir()) == ["hooks"]


def test_variables_of_a_hook_do_not_lead_us_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(tmp_path / "r", {"a.py": ""})
    other = repository(tmp_path / "other", {"b.py": ""})
    monkeypatch.setenv("GIT_DIR", os.fspath(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", os.fspath(other / ".git" / "index"))
    monkeypatch.setenv("GIT_WORK_TREE", os.fspath(other))
    assert paths(look(root)) == {"a.py"}


def test_replace_refs_hide_nothing(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.py": "A = 'original'\n", "b.py": "B = 1\n"})
    git(root, "replace", git(root, "rev-parse", "HEAD:a.py"), git(root, "rev-parse", "HEAD:b.py"))
    with open_tree(Target(repository=os.fspath(root), revision="HEAD")) as tree:
        assert tree.read(tree.entries["a.py"]) == b"A = 'original'\n"


def test_a_git_in_the_target_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(tmp_path / "r", {"a.py": ""})
    (root / "bin").mkdir()
    (root / "bin" / "git").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (root / "bin" / "git").chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join(("bin", "./bin", "", os.environ["PATH"])))
    assert paths(look(root)) == {"a.py", "bin/git"}
    assert paths(look(root, revision="HEAD")) == {"a.py"}
    assert not (tmp_path / "ran").exists()


def test_without_git_a_repository_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(tmp_path / "r", {"a.py": ""})
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    with pytest.raises(TargetMissing, match="git is not installed"):
        look(root)


def test_modes_of_special_directories_are_kept(tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool").chmod(0o1777)
    (tmp_path / "a.py").write_text("")
    [fact] = [fact for fact in look(tmp_path).facts.of("file.mode") if fact.location.path == "spool"]
    assert getattr(fact, "permissions", None) == 0o777 | stat.S_ISVTX


@pytest.mark.parametrize(
    ("remote", "origin"),
    [
        ("https://forge.example/team/shop.git", "https://forge.example/team/shop"),
        ("https://user:token@Forge.example:8443/team/shop", "https://forge.example/team/shop"),
        ("git@forge.example:team/shop.git", "https://forge.example/team/shop"),
        ("ssh://git@forge.example:22/team/shop.git", "https://forge.example/team/shop"),
        ("/srv/git/shop.git", None),
        ("https://forge.example/team/shop?token=abc", None),
        ("ext::sh -c touch% /tmp/x", None),
    ],
)
def test_the_origin_holds_no_credentials(tmp_path: Path, remote: str, origin: str | None) -> None:
    root = repository(tmp_path / "r", {"a.py": ""})
    git(root, "config", "remote.origin.url", remote)
    assert look(root).subject.origin == look(root, revision="HEAD").subject.origin == origin


def test_no_name_can_stand_for_another(tmp_path: Path) -> None:
    names = {rb"caf\xe9.py", b"caf\xe9.py", rb"caf\\xe9.py", b"caf\\\xe9.py", rb"plain\name.py", "café.py".encode()}
    assert len(names) == 6
    for number, name in enumerate(sorted(names)):
        (tmp_path / os.fsdecode(name)).write_text(f"A = {number}\n")
    with open_tree(Target(repository=os.fspath(tmp_path))) as tree:
        assert {entry.raw for entry in tree.entries.values()} == names
    assert {r"plain\name.py", "café.py"} <= paths(look(tmp_path)), "an ordinary name is shown as it is"
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    for revision in (None, "HEAD"):
        with open_tree(Target(repository=os.fspath(tmp_path), revision=revision)) as tree:
            assert {entry.raw for entry in tree.entries.values()} == names


def test_directories_alone_are_nothing_examined(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    with pytest.raises(NothingExamined):
        look(tmp_path)


def test_a_path_longer_than_the_system_takes_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.py").write_text("A = 1\n")
    monkeypatch.chdir(tmp_path)
    for _ in range(20):
        Path("d" * 250).mkdir()
        os.chdir("d" * 250)
        Path("s" * 200 + ".py").write_text("A = 1\n")
    found = look(tmp_path)
    assert found.skipped["unreadable"] > 0
    assert {gap.detail.partition(":")[0] for gap in found.facts.gaps if gap.reason is Reason.UNREADABLE} <= {
        "cannot be looked at",
        "cannot be listed",
    }


def test_what_may_not_be_entered_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "svc").mkdir()
    really = Path.stat

    def refuse(path: Path, **more: bool) -> os.stat_result:
        # The tests may run as root, whom no mode keeps out.
        if path.name == ".git":
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return really(path, **more)

    monkeypatch.setattr(Path, "stat", refuse)
    with pytest.raises(TargetMissing, match=r"svc/\.git cannot be looked at: Permission denied"):
        look(tmp_path / "svc")


def test_a_directory_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(TargetMissing, match="cannot be found: No such file"):
        look(Path("."))


def test_a_work_tree_whose_head_lacks_a_tree(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.py": "A = 1\n", "sub/b.py": "B = 1\n"})
    oid = git(root, "rev-parse", "HEAD:sub")
    (root / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    found = look(root)
    assert (paths(found), found.subject.dirty) == ({"a.py", "sub/b.py"}, None)


def test_a_partial_clone_is_told_how_to_be_whole(tmp_path: Path) -> None:
    origin = repository(tmp_path / "o", {"a.py": "A = 1\n"})
    git(origin, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "--quiet", "--no-checkout", "--filter=blob:none", f"file://{origin}", "part")
    with pytest.raises(TargetMissing, match="git cannot read") as caught:
        look(tmp_path / "part", revision="HEAD")
    assert "the clone is partial" in caught.value.hint


def test_a_link_that_is_a_large_blob_is_not_read(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.py": "A = 1\n", "big": b"x" * 70_000})
    git(root, "update-index", "--add", "--cacheinfo", f"120000,{git(root, 'rev-parse', 'HEAD:big')},link")
    git(root, "commit", "--quiet", "-m", "a link of 70 kB")
    found = look(root, revision="HEAD")
    assert found.skipped[Reason.TOO_LARGE] == 1
    assert "a link of 70000 bytes" in {gap.detail for gap in found.facts.gaps}
