"""Where shell commands stand: scripts, recipes of makefiles, steps of workflows, tasks of Ansible."""

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from hardencheck.collect.contract import Unreadable
from hardencheck.collect.extract._package_scripts import is_makefile, recipes
from hardencheck.collect.extract._python import role
from hardencheck.collect.extract._yaml import Mapping, Node, Scalar, documents
from hardencheck.collect.extract._yaml import Sequence as Items
from hardencheck.lazily import compiled

_SCRIPT = compiled(r".+\.(?:sh|bash|ash|zsh)|(?:docker-)?entrypoint|.+-entrypoint|deploy|bootstrap|start|install")
_YAML_PATH = compiled(
    r"(?:.*/)?(?:\.github/workflows/[^/]+|\.gitlab-ci[^/]*|(?:.*/)?(?:tasks|handlers|playbooks?|roles|ansible|provisioning"
    r"|deploy(?:ment)?)/.+|"
    r"(?:bitbucket-pipelines|appveyor|cloudbuild|azure-pipelines|buildspec|deploy|site|playbook)[^/]*)\.ya?ml"
)
_DEPLOYS = compiled(
    r"deploy|release|publish|production|\bprod\b|staging|\bcd\b|ship|build.?(?:and.?)?push", re.IGNORECASE
)
_TESTS = compiled(
    r"test|lint|check|\bci\b|coverage|debug|bench|tox|e2e|(?<![a-z])(?:dev(?:el(?:op(?:ment)?)?)?|local|docs?)(?![a-z])",
    re.IGNORECASE,
)
_PIPELINES = compiled(r"(?:^|/)\.(?:github|gitlab|ci|circleci|azure|buildkite|travis)/")
_NESTED = frozenset({"tasks", "handlers", "block", "rescue", "always", "pre_tasks", "post_tasks", "roles"})
Where = Literal["shell script", "makefile", "workflow", "playbook"]


class ShellText(NamedTuple):
    """line: of the file, of the first line of the text. long: each line of the text is one of the file. role: what the
    commands are for; those of a workflow that does not deploy are for tests. deploys: the target of a makefile says
    so."""

    text: str
    line: int
    place: Where
    role: str
    long: bool = True
    deploys: bool = False

    def line_at(self, below: int) -> int:
        """The line of the file that a line of the text (from 0) is on."""
        return self.line + below if self.long else self.line


def is_script(name: str) -> bool:
    """By the name alone, in lower case."""
    return _SCRIPT.fullmatch(name) is not None


def runs_commands(path: str) -> bool:
    """Whether a file of this path is a script, a makefile, a workflow or a playbook."""
    name = path.rpartition("/")[2].lower()
    return is_script(name) or is_makefile(name) or is_pipeline(path)


def is_pipeline(path: str) -> bool:
    return _YAML_PATH.fullmatch(path) is not None


def script_role(path: str) -> str:
    known = role(path)
    if known != "production":
        return known
    if _PIPELINES.search(path) and not _DEPLOYS.search(path.rpartition("/")[2]):
        return "test"
    return "test" if _TESTS.search(path.rpartition("/")[2]) else "production"


def shell_texts(path: str, text: str) -> Iterator[ShellText]:
    """The commands of a script or makefile."""
    if is_makefile(path.rpartition("/")[2].lower()):
        for recipe in recipes(text):
            what = script_role(path)
            if what == "production" and _TESTS.search(recipe.target):
                what = "development"
            deploys = _DEPLOYS.search(recipe.target) is not None
            yield ShellText(recipe.command, recipe.line, "makefile", what, deploys=deploys)
    else:
        yield ShellText(text, 1, "shell script", script_role(path))


def read_documents(data: bytes) -> list[Node]:
    """Nothing where it is no YAML: the collectors of that format say so."""
    try:
        return documents(data)
    except Unreadable:
        return []


def of_workflow(path: str, document: Node, lines: Sequence[str]) -> Iterator[ShellText]:
    """The `run` (GitHub) and `script` (GitLab) steps of the jobs. lines: of the file."""
    jobs = document.get("jobs") if isinstance(document, Mapping) else None
    if not isinstance(jobs, Mapping):
        jobs = document if isinstance(document, Mapping) and ".gitlab-ci" in path else None
    if jobs is None or not isinstance(document, Mapping):
        return
    title = document.get("name")
    whole = f"{path.rpartition('/')[2]} {title.text if isinstance(title, Scalar) else ''}"
    for name, (_, job) in jobs.pairs.items():
        if not isinstance(job, Mapping):
            continue
        stage = job.get("stage")
        words = f"{whole} {name} {stage.text if isinstance(stage, Scalar) else ''}"
        what = "production" if _DEPLOYS.search(words) and not _TESTS.search(name) else "test"
        steps = job.get("steps")
        for step in steps.items if isinstance(steps, Items) else ():
            run = step.get("run") if isinstance(step, Mapping) else None
            if isinstance(run, Scalar):
                yield _scalar(run, "workflow", what, lines)
        for key in ("script", "before_script", "after_script"):
            script = job.get(key)
            for item in script.items if isinstance(script, Items) else (script,):
                if isinstance(item, Scalar):
                    yield _scalar(item, "workflow", what, lines)


class Task(NamedTuple):
    """One module of a task of Ansible. module: without its collection. value: what it is given."""

    module: str
    line: int
    value: Node


def ansible_tasks(document: Node) -> Iterator[Task]:
    stack: list[Node] = [document] if isinstance(document, Items) else []
    while stack:
        node = stack.pop()
        if isinstance(node, Items):
            stack.extend(reversed(node.items))
            continue
        if not isinstance(node, Mapping):
            continue
        for key, (line, value) in node.pairs.items():
            if key in _NESTED:
                stack.append(value)
            else:
                yield Task(key.rpartition(".")[2], line, value)


def of_playbook(path: str, task: Task, lines: Sequence[str]) -> ShellText | None:
    """The command that a task runs. lines: of the file."""
    if task.module not in {"shell", "command", "raw"}:
        return None
    value = task.value
    text = value if isinstance(value, Scalar) else value.get("cmd") if isinstance(value, Mapping) else None
    return _scalar(text, "playbook", role(path), lines) if isinstance(text, Scalar) else None


def written_by(path: str, task: Task, lines: Sequence[str]) -> Iterator[ShellText]:
    """What a task puts into a file. lines: of the file of the task."""
    for key in ("line", "content", "block"):
        node = task.value.get(key) if isinstance(task.value, Mapping) else None
        if isinstance(node, Scalar):
            yield _scalar(node, "playbook", role(path), lines)


def _scalar(node: Scalar, place: Where, what: str, lines: Sequence[str]) -> ShellText:
    first, last = node.folded
    if first:
        return ShellText(_unfolded(node, lines[first - 1 : last]), first, place, what)
    several = "\n" in node.text
    return ShellText(node.text, node.line + 1 if several else node.line, place, what, long=several)


def _unfolded(node: Scalar, lines: Sequence[str]) -> str:
    """A folded text with its lines as the file has them: each goes on in the next one, but for empty lines."""
    pieces = [line.strip() for line in lines]
    if node.folded[0] == node.line and pieces:  # the key, or a dash, stands before it
        pieces[0] = pieces[0][max(pieces[0].find(node.text[:8].split("\n")[0]), 0) :]
    return "".join(
        f"{piece} \\\n" if piece and following else f"{piece}\n"
        for piece, following in zip(pieces, [*pieces[1:], ""], strict=True)
    )
