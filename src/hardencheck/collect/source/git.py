"""git, run so that nothing in the audited repository can make it run anything.

Measured (git 2.39): a promisor remote's uploadpack runs on a missing object unless lazy fetching and all protocols
are off; fsmonitor and content filters run on `status`, `diff` and `add`, none of which is used here.
"""

import errno
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from hardencheck.collect.contract import Unreadable
from hardencheck.errors import TargetMissing
from hardencheck.lazily import compiled
from hardencheck.model.gap import Reason

SECONDS = 120.0
_CONFIG = (
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.hooksPath=/dev/null",
    "core.excludesFile=",
    "core.attributesFile=",
    "core.alternateRefsCommand=true",
    "core.pager=cat",
    "core.quotePath=false",
    "protocol.allow=never",
    "submodule.recurse=false",
    # `git log` would run gpg.program, whatever the repository says that is, and believe a graph that it ships.
    "log.showSignature=false",
    "core.commitGraph=false",
    "diff.orderFile=/dev/null",
    "core.bigFileThreshold=64m",
    "advice.graftFileDeprecated=false",
    "gc.auto=0",
    "maintenance.auto=false",
)


_REMOTE = compiled(
    r"(?:(?:https|ssh)://(?:[^/@\s]*@)?|git@)(?P<host>[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)(?::\d+)?[:/]"
    r"(?P<path>[A-Za-z0-9._/-]+)"
)


class GitError(Exception):
    """git answered with an error; the text is its own."""


class Git:
    """One repository. `directory` is its git directory, `top` its work tree (None: bare)."""

    def __init__(self, directory: Path, top: Path | None) -> None:
        self.directory, self.top = directory, top

    def command(self, *arguments: str) -> list[str]:
        options = [item for setting in _CONFIG for item in ("-c", setting)]
        place = [f"--git-dir={self.directory}"] + ([f"--work-tree={self.top}"] if self.top else [])
        return [
            program() or "git",
            "--no-pager",
            "--no-replace-objects",
            "--literal-pathspecs",
            *options,
            *place,
            *arguments,
        ]

    def sizes(self, oids: Sequence[str]) -> dict[str, int]:
        """Bytes of each object that is there; a missing one has no entry."""
        asked = "".join(f"{oid}\n" for oid in dict.fromkeys(oids)).encode()
        answer = self.run("cat-file", "--batch-check=%(objectname) %(objectsize)", given=asked)
        pairs = (line.split() for line in answer.decode().splitlines())
        return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}

    def run(self, *arguments: str, given: bytes = b"") -> bytes:
        """Standard output for `given` on standard input. Raises GitError, Unreadable(deadline, missing tool)."""
        try:
            done = subprocess.run(  # noqa: S603 - no shell, fixed program, hostile configuration switched off above
                self.command(*arguments),
                env=environment(),
                cwd=self.top or self.directory,
                input=given,
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Unreadable(f"git {arguments[0]} did not end in {SECONDS:.0f} s", reason=Reason.DEADLINE) from None
        except FileNotFoundError:
            raise Unreadable("git is not installed", reason=Reason.MISSING_TOOL) from None
        if done.returncode != 0:
            raise GitError(done.stderr.decode("utf-8", "backslashreplace").strip() or f"exit {done.returncode}")
        return done.stdout

    @contextmanager
    def stream(self, *arguments: str, given: bytes = b"") -> Iterator[IO[bytes]]:
        """Standard output as it comes. Raises GitError at the end when git ended with an error, Unreadable without git.

        What it writes to standard error is kept in a file, so that neither waits for the other.
        """
        with tempfile.TemporaryFile() as complaint, tempfile.TemporaryFile() as asked:
            asked.write(given)
            asked.seek(0)
            try:
                process = subprocess.Popen(  # noqa: S603 - as in `run`
                    self.command(*arguments),
                    env=environment(),
                    cwd=self.top or self.directory,
                    stdin=asked,
                    stdout=subprocess.PIPE,
                    stderr=complaint,
                )
            except FileNotFoundError:
                raise Unreadable("git is not installed", reason=Reason.MISSING_TOOL) from None
            try:
                if process.stdout is None:
                    raise Unreadable("git gave no output", reason=Reason.CRASHED)
                yield process.stdout
                code = process.wait()
            finally:
                process.kill()
                if process.stdout is not None:
                    process.stdout.close()
                process.wait()
            if code != 0:
                complaint.seek(0)
                text = complaint.read(2000).decode("utf-8", "backslashreplace").strip()
                raise GitError(text or f"exit {code}")

    def head(self, oid: str, size: int) -> bytes:
        """The first bytes of a blob, without reading the rest; b"" when it is not there."""
        with subprocess.Popen(  # noqa: S603 - as in `run`
            self.command("cat-file", "blob", oid),
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            data = process.stdout.read(size) if process.stdout is not None else b""
            process.kill()
        return data

    def text(self, *arguments: str) -> str:
        return self.run(*arguments).decode("utf-8", "backslashreplace").strip()

    def commit(self, revision: str = "HEAD") -> str | None:
        """Full id of the commit a revision means; None when there is no such commit (an unborn HEAD, say)."""
        if not revision:
            return None
        try:
            return self.text("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        except GitError:
            return None

    def lost(self, revision: str) -> str | None:
        """The id that a branch or tag of this name leads to when the clone does not have the object; else None."""
        try:
            oid = self.text("rev-parse", "--verify", "--quiet", "--end-of-options", revision)
        except GitError:
            return None
        return oid if oid != revision.lower() and not self.sizes([oid]) else None

    @property
    def origin(self) -> str | None:
        """The https address of the remote "origin" without user, password, query or port; None for anything else.

        `git@host:owner/name.git` and `ssh://` become https: it is where a reader looks, not where anything is fetched.
        """
        try:
            text = self.text("config", "--local", "--get", "remote.origin.url")
        except (GitError, Unreadable):
            return None
        match = _REMOTE.fullmatch(text)
        return f"https://{match['host'].lower()}/{match['path'].strip('/').removesuffix('.git')}" if match else None

    @property
    def common(self) -> Path:
        """The git directory that all work trees of the repository share."""
        try:
            return (self.directory / self.text("rev-parse", "--git-common-dir")).resolve()
        except (GitError, Unreadable, OSError):
            return self.directory

    @property
    def shallow(self) -> bool:
        return self.text("rev-parse", "--is-shallow-repository") == "true"


def environment() -> dict[str, str]:
    """The parent's environment without any GIT_ variable (a hook sets them), and with every way out closed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_GRAFT_FILE": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "LC_ALL": "C",
    }


def find_git(start: Path) -> Git | None:
    """The repository `start` is in: the nearest parent with a `.git` directory or file, or a bare repository.

    Found by looking, not by asking git, whose answer depends on who owns the directory.
    Raises TargetMissing for a `.git` file that points nowhere, and for a directory that cannot be looked into.
    """
    here = resolved(start)
    try:
        for folder in (here, *here.parents):
            marker = folder / ".git"
            kind = _kind(marker)
            if kind == stat.S_IFDIR and _kind(marker / "HEAD"):
                return Git(marker, folder)
            if kind == stat.S_IFREG:
                return Git(_pointed_to(marker), folder)
        if all(_kind(here / name) for name in ("HEAD", "objects", "refs")):
            return Git(here, None)
    except OSError as error:
        raise TargetMissing(
            f"{error.filename} cannot be looked at: {error.strerror}",
            hint="expected to be able to enter the directory and its .git; nothing was examined",
        ) from None
    return None


def resolved(path: Path) -> Path:
    """The absolute path without links. Raises TargetMissing for the directory one stands in when it is gone."""
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle, before Python 3.13
        why = error.strerror if isinstance(error, OSError) else "its links lead in a circle"
        raise TargetMissing(
            f"{path} cannot be found: {why}", hint="the directory may have been deleted; change into one that exists"
        ) from None


def _kind(path: Path) -> int:
    """The type bits of what is there, links followed; 0 for nothing. Raises OSError where one may not look."""
    try:
        return stat.S_IFMT(path.stat().st_mode)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG}:
            return 0
        raise


def _pointed_to(marker: Path) -> Path:
    with marker.open("rb") as file:
        text = file.read(4096).decode("utf-8", "surrogateescape").strip()
    target = (marker.parent / text.removeprefix("gitdir:").strip()).resolve()
    if not text.startswith("gitdir:") or not target.is_dir():
        raise TargetMissing(
            f"{marker} points to a git directory that is not there",
            hint="expected 'gitdir: PATH' of an existing repository; repair it with 'git worktree repair'",
        )
    return target


def program() -> str | None:
    """The absolute path of git. Relative directories of PATH are passed over: git is started in the audited
    directory, where `node_modules/.bin` or `venv/bin` would be the target's."""
    directories = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return shutil.which("git", path=os.pathsep.join(item for item in directories if os.path.isabs(item)))


def have_git() -> bool:
    return program() is not None


class Blobs:
    """Objects by id through one `git cat-file --batch`."""

    def __init__(self, git: Git) -> None:
        self._process = subprocess.Popen(  # noqa: S603
            git.command("cat-file", "--batch"),
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def read(self, oid: str) -> bytes:
        """All bytes of one object. Raises Unreadable(missing object)."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise Unreadable("git cat-file is closed", reason=Reason.CRASHED)
        try:
            stdin.write(f"{oid}\n".encode())
            stdin.flush()
            header = stdout.readline().split()
        except BrokenPipeError:
            header = []
        if len(header) != 3:
            raise Unreadable(f"the object {oid} is not in this clone", reason=Reason.MISSING_OBJECT)
        data = stdout.read(int(header[2]))
        stdout.read(1)
        return data

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    pass
        self._process.kill()
        self._process.wait()


def records(data: bytes) -> Iterator[bytes]:
    """The fields of NUL-terminated output."""
    yield from (record for record in data.split(b"\0") if record)
