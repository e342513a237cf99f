"""What git ignores is not looked at, and every report says how much that is."""

import json
import time
from pathlib import Path

import pytest

from hardencheck.collect.source.git import find_git
from hardencheck.collect.source.trees import IGNORED, open_tree
from hardencheck.model.target import Target
from tests.cli.commands import Hc, Repository

IGNORE = ".env\n*.log\nnode_modules/\n__pycache__/\n/build/\n"
ASSIGNED = "".join(["PASSWORD=", "k7Fz", "Qp2x", "Vw9r", "Lm4t", "\n"])


@pytest.fixture
def ignoring(repo: Repository) -> Repository:
    repo.write(".gitignore", IGNORE)
    repo.commit()
    return repo


def count(repo: Repository, folder: str = "") -> int:
    with open_tree(Target(repository=str(repo.path / folder))) as tree:
        return tree.skipped.get(IGNORED, 0)


def test_a_local_env_file_is_counted_not_read(process: Hc, ignoring: Repository) -> None:
    ignoring.write(".env", ASSIGNED)
    scan = ("scan", str(ignoring.path), "--select", "secrets.*", "--fail-on", "low", "--history", "none")
    done = process(*scan, "--format", "json")
    assert done.code == 0
    assert json.loads(done.out)["skipped"][IGNORED] == 1
    assert f"1 {IGNORED}" in process(*scan).out
    ignoring.git("add", "--force", ".env")
    done = process(*scan, "--format", "json")
    assert done.code == 1, "what is tracked is looked at, ignored or not"
    assert IGNORED not in json.loads(done.out)["skipped"]


@pytest.mark.parametrize(
    ("files", "entries"),
    [
        ((), 0),
        (("a.log", "b.log", "src/c.log"), 3),
        (("node_modules/a/b.js", "node_modules/c/d/e.js"), 1),
        (("src/a.py", "src/__pycache__/a.pyc", "src/b/a.py", "src/b/__pycache__/a.pyc"), 2),
        (("new/app.py", "new/a.log", "new/only/b.log", "new/only/deep/c.log"), 2),
        (("logs/a.log", "logs/deep/b.log", "logs-old.log"), 2),
        (("build/.gitignore", "build/x.py"), 1),
    ],
)
def test_a_directory_counts_once(files: tuple[str, ...], entries: int, ignoring: Repository) -> None:
    for file in files:
        ignoring.write(file, "")
    assert count(ignoring) == entries


def test_of_a_directory_of_the_repository_only_what_is_in_it(ignoring: Repository) -> None:
    for file in ("a.log", "api/app.py", "api/b.log", "api/c.log", "api-old/d.log", "build/svc/x.py", "logs/e.log"):
        ignoring.write(file, "")
    ignoring.write("logs/f.log", "")
    assert count(ignoring, "api") == 2
    assert count(ignoring, "logs") == 2
    assert count(ignoring, "build/svc") == count(ignoring, "build") == 1


def test_a_revision_and_a_plain_directory_ignore_nothing(ignoring: Repository, tmp_path: Path) -> None:
    ignoring.write("a.log", "")
    for target in (Target(repository=str(ignoring.path), revision="HEAD"), Target(repository=str(tmp_path / "plain"))):
        (tmp_path / "plain").mkdir(exist_ok=True)
        (tmp_path / "plain" / "a.log").write_text("")
        with open_tree(target) as tree:
            assert IGNORED not in tree.skipped


def test_names_that_are_no_text(ignoring: Repository) -> None:
    (ignoring.path / "a\nb.log").write_text("")
    with open(bytes(ignoring.path) + b"/\xff.log", "wb"):
        pass
    assert count(ignoring) == 2


def test_node_modules_is_not_entered(ignoring: Repository) -> None:
    """Of 20,000 files in 2,000 directories git looks at one name."""
    for number in range(2000):
        folder = ignoring.path / "node_modules" / f"p{number}" / "lib"
        folder.mkdir(parents=True)
        for name in "abcdefghij":
            (folder / name).touch()
    git = find_git(ignoring.path)
    assert git is not None

    def quickest(*arguments: str) -> float:
        times = []
        for _ in range(7):
            begin = time.perf_counter()
            git.run(*arguments)
            times.append(time.perf_counter() - begin)
        return min(times)

    listing = ("ls-files", "--others", "--ignored", "--exclude-standard", "-z")
    assert quickest(*listing, "--directory") < quickest(*listing) / 2
    assert count(ignoring) == 1
