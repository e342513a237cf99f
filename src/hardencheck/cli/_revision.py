"""Configuration of a git revision, read from objects: no checkout, so no hook and no filter runs."""

from pathlib import Path

from hardencheck.collect.contract import Unreadable
from hardencheck.collect.source.git import Git, GitError, find_git, have_git
from hardencheck.config.find import MAX_BYTES, Reader
from hardencheck.errors import ConfigError, TargetMissing, UsageError


def require_commit(path: Path, revision: str, flag: str) -> tuple[Git, str]:
    """The repository and the full id of a commit that must be there. Raises UsageError naming the flag."""
    git = find_git(path)
    if git is None or not have_git():
        what = "is not in a git repository" if git is None else "cannot be read without git, which is not installed"
        raise UsageError(f"{flag} {revision}: {path} {what}")
    try:
        commit = git.commit(revision)
        shallow = git.shallow
    except (GitError, Unreadable) as error:
        raise UsageError(f"{flag} {revision}: git cannot read {path}: {error}") from None
    if commit is None:
        raise UsageError(
            f"{flag} {revision}: this clone has no such commit",
            hint=(
                "the clone is shallow: in CI set fetch-depth: 0 for the checkout"
                if shallow
                else "fetch it first; in CI set fetch-depth: 0 for the checkout"
            ),
        )
    return git, commit


def revision_reader(git: Git, commit: str) -> Reader:
    """Files of a commit by path from the top of the repository."""

    def read(path: str) -> bytes | None:
        try:
            listed = git.run("ls-tree", "-z", "--full-tree", commit, "--", path)
            if not listed:
                return None
            mode, kind, oid = listed.partition(b"\t")[0].split(b" ")
            if kind != b"blob" or mode == b"120000":
                raise ConfigError(f"{path} @ {commit[:7]}: expected a file, this is something else")
            size = int(git.text("cat-file", "-s", oid.decode()))
            if size > MAX_BYTES:
                raise ConfigError(
                    f"{path} @ {commit[:7]}: {size} bytes; expected a configuration of at most {MAX_BYTES}"
                )
            return git.run("cat-file", "blob", oid.decode())
        except (GitError, Unreadable) as error:
            raise TargetMissing(
                f"{path} @ {commit[:7]}: git cannot read it: {error}",
                hint="the clone lacks objects; in CI set fetch-depth: 0 and no filter for the checkout",
            ) from None

    return read
