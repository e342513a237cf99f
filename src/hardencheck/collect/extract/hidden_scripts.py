"""Shell commands that rewrite a settings module: in Dockerfiles, scripts, makefiles, workflows and playbooks."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._dockerfile import instructions, is_dockerfile
from hardencheck.collect.extract._package_scripts import is_makefile, recipes
from hardencheck.collect.extract._python import role
from hardencheck.collect.extract._scripts import script_statements
from hardencheck.collect.extract._security_names import NAME_IN_TEXT, relevant
from hardencheck.collect.extract._shell import commands
from hardencheck.collect.extract._yaml import Mapping, Node, Scalar, documents
from hardencheck.collect.extract._yaml import Sequence as Items
from hardencheck.collect.extract.dockerfile import purpose
from hardencheck.lazily import compiled
from hardencheck.model.facts.hidden import HiddenSetting, Place, RewrittenName
from hardencheck.model.gap import Reason
from hardencheck.model.location import Location

MAX_BYTES = 1024 * 1024
MAX_FACTS = 200
# A file of the settings layer, as a command names it.
_SETTINGS_FILE = compiled(
    r"(?:[\w.$~{}/-]{0,200}/)?(?:(?:\w{1,40}[_-])?settings(?:[._-][\w.-]{1,40})?|settings/[\w.-]{1,40}|config)\.py"
)
_SETTINGS_IN_CODE = compiled(r"(?<![\w./-])[\w./-]{0,100}settings[\w./-]{0,60}\.py")
_NAMED = compiled(rb"(?:settings[\w./-]{0,100}|config)\.py")
_DOCKERFILE = compiled(r"(?:dockerfile|containerfile)(?:[._-].+)?|.+[._-](?:dockerfile|containerfile)")
_NOT_DOCKERFILE = compiled(r".+\.(?:md|rst|txt|py|json|ya?ml|toml|html?|sh|js|ts|go|rb|dockerignore)")
_SCRIPT = compiled(r".+\.(?:sh|bash|ash|zsh)|(?:docker-)?entrypoint|.+-entrypoint|deploy|bootstrap|start|install")
_YAML_PATH = compiled(
    r"(?:.*/)?(?:\.github/workflows/[^/]+|\.gitlab-ci[^/]*|(?:.*/)?(?:tasks|handlers|playbooks?|roles)/.+|"
    r"(?:bitbucket-pipelines|appveyor|cloudbuild|azure-pipelines|buildspec|deploy|site|playbook)[^/]*)\.ya?ml"
)
_DEPLOYS = compiled(
    r"deploy|release|publish|production|\bprod\b|staging|\bcd\b|ship|build.?(?:and.?)?push", re.IGNORECASE
)
_TESTS = compiled(r"test|lint|check|\bci\b|coverage|dev|local|debug|bench|tox|e2e|docs?", re.IGNORECASE)
_WRITES_OUT = frozenset({"echo", "printf", "cat", "tee", "envsubst"})
_PYTHON = compiled(r"(?:\S*/)?python(?:\d(?:\.\d+)?)?")
_OPENS = compiled(r"open\(|write_text|fileinput|\.write\(")
_REDIRECTS = compiled(r"\d?>>?\|?(.*)")
_ANSIBLE = {"lineinfile", "replace", "blockinfile", "ini_file", "copy"}


_Rewriting = HiddenSetting | RewrittenName


class _Rewrite(NamedTuple):
    """file: the settings module. names: those in it that a command writes, settings first. tool: "sed", "echo" ..."""

    file: str
    names: tuple[str, ...]
    tool: str


class HiddenSettingsScripts(Extractor):
    """sed, perl, echo, tee and here-documents that write to a settings module."""

    name = "scripts.hidden-settings"
    emits = (HiddenSetting, RewrittenName)

    def wants(self, path: str, mode: int, size: int) -> bool:
        name = path.rpartition("/")[2].lower()
        return (
            _SCRIPT.fullmatch(name) is not None
            or (_DOCKERFILE.fullmatch(name) is not None and _NOT_DOCKERFILE.fullmatch(name) is None)
            or is_makefile(name)
            or _YAML_PATH.fullmatch(path) is not None
        )

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if not _NAMED.search(data):
            return
        if len(data) > MAX_BYTES:
            raise Unreadable(f"{len(data)} bytes, more than a script has", reason=Reason.TOO_LARGE)
        text = data.decode("utf-8-sig", "replace")
        name = path.rpartition("/")[2].lower()
        for told, fact in enumerate(self._found(path, name, text, data)):
            if told >= MAX_FACTS:
                return
            yield fact

    def _found(self, path: str, name: str, text: str, data: bytes) -> Iterator[_Rewriting]:
        if is_makefile(name):
            yield from _makefile(path, text)
        elif path.endswith((".yml", ".yaml")):
            try:
                found = documents(data)
            except Unreadable:
                return  # the collectors of that format say so
            for document in found:
                yield from _workflow(path, document)
                yield from _playbook(path, document)
        elif is_dockerfile(text):
            yield from _dockerfile(path, text)
        elif not _DOCKERFILE.fullmatch(name):
            for rewrite, line in rewrites(text):
                yield from _facts(path, line, rewrite, "shell script", _purpose(path))


def _purpose(path: str) -> str:
    known = role(path)
    if known != "production":
        return known
    return "test" if _TESTS.search(path.rpartition("/")[2]) else "production"


def _facts(path: str, line: int, rewrite: _Rewrite, place: Place, what: str) -> Iterator[_Rewriting]:
    where = Location(path=path, line=line)
    for name in rewrite.names:
        if not relevant(name):
            yield RewrittenName(location=where, target=rewrite.file, name=name, tool=rewrite.tool, role=what)
            continue
        yield HiddenSetting(
            location=where,
            target=rewrite.file,
            name=name,
            how="by a command",
            place=place,
            scope=rewrite.tool,
            role=what,
        )


def _dockerfile(path: str, text: str) -> Iterator[_Rewriting]:
    what = purpose(path)
    for step in instructions(text):
        if step.name == "RUN":
            if "settings" not in step.rest and "config.py" not in step.rest and not step.documents:
                continue
            for rewrite, _ in rewrites(step.rest, step.documents):
                yield from _facts(path, step.line, rewrite, "image build", what)
            for document in step.documents:
                for rewrite, line in rewrites(document):
                    yield from _facts(path, step.line + line, rewrite, "image build", what)
        elif step.name in {"COPY", "ADD"} and step.documents:
            target = step.rest.split()[-1]
            if _SETTINGS_FILE.fullmatch(target):
                names = _names(step.documents[0])
                yield from _facts(path, step.line, _Rewrite(target, names, step.name), "image build", what)


def _makefile(path: str, text: str) -> Iterator[_Rewriting]:
    for recipe in recipes(text):
        what = _purpose(path)
        if what == "production" and _TESTS.search(recipe.target):
            what = "development"
        for rewrite, _ in rewrites(recipe.command):
            yield from _facts(path, recipe.line, rewrite, "makefile", what)


def _workflow(path: str, document: Node) -> Iterator[_Rewriting]:
    """The `run` (GitHub) and `script` (GitLab) steps of the jobs that deploy; the others are for tests."""
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
                yield from _scalar(path, run, "workflow", what)
        for key in ("script", "before_script", "after_script"):
            script = job.get(key)
            for item in script.items if isinstance(script, Items) else (script,):
                if isinstance(item, Scalar):
                    yield from _scalar(path, item, "workflow", what)


def _scalar(path: str, node: Scalar, place: Place, what: str) -> Iterator[_Rewriting]:
    several = "\n" in node.text
    for rewrite, line in rewrites(node.text):
        yield from _facts(path, node.line + (line if several else 0), rewrite, place, what)


def _playbook(path: str, document: Node) -> Iterator[_Rewriting]:
    """Tasks of Ansible: modules that edit a file, and the commands it runs."""
    stack: list[Node] = [document] if isinstance(document, Items) else []
    while stack:
        node = stack.pop()
        if isinstance(node, Items):
            stack.extend(node.items)
            continue
        if not isinstance(node, Mapping):
            continue
        for key, (line, value) in node.pairs.items():
            module = key.rpartition(".")[2]
            if key in {"tasks", "handlers", "block", "rescue", "always", "pre_tasks", "post_tasks", "roles"}:
                stack.append(value)
            elif module in _ANSIBLE and isinstance(value, Mapping):
                yield from _edited(path, module, line, value)
            elif module in {"shell", "command", "raw"}:
                text = value if isinstance(value, Scalar) else value.get("cmd") if isinstance(value, Mapping) else None
                if isinstance(text, Scalar):
                    yield from _scalar(path, text, "playbook", role(path))


def _edited(path: str, module: str, line: int, given: Mapping) -> Iterator[_Rewriting]:
    words = {key: value.text for key, (_, value) in given.pairs.items() if isinstance(value, Scalar)}
    target = words.get("path") or words.get("dest") or ""
    if _SETTINGS_FILE.fullmatch(re.sub(r"\{\{[^{}]{0,200}\}\}", "x", target)):
        written = " ".join(words.get(key, "") for key in ("line", "regexp", "replace", "block", "content", "option"))
        yield from _facts(path, line, _Rewrite(target, _names(written), module), "playbook", role(path))


def rewrites(text: str, given: Sequence[str] = ()) -> Iterator[tuple[_Rewrite, int]]:
    """The settings modules that a script rewrites, each with its line. given: here-documents of the text."""
    for statement in script_statements(text):
        if "settings" not in statement.text and "config.py" not in statement.text:
            continue
        bodies = " ".join((*statement.documents, *given))
        lines = list(commands(statement.text))
        piped = ""  # what the command before wrote: `echo "DEBUG = True" | tee settings.py`
        for words in lines:
            found = _rewrite(words, bodies, piped)
            if found is not None and found.names:
                yield found, statement.line
            piped = " ".join(words)


def _rewrite(words: Sequence[str], documents: str, piped: str, depth: int = 0) -> _Rewrite | None:
    """What one simple command does to a settings module, whatever stands before it (sudo, env, xargs)."""
    for start, word in enumerate(words[:8]):
        tool = word.rpartition("/")[2]
        rest = list(words[start + 1 :])
        if tool in {"sed", "gsed"}:
            if any(one == "--in-place" or re.match(r"-[a-zA-Z]*i|--in-place", one) for one in rest):
                return _edit(rest, tool)
            return _redirected(rest, " ".join(rest), tool)
        if tool == "perl" and any(re.match(r"-[a-zA-Z]*i", one) for one in rest):
            return _edit(rest, tool)
        if tool == "tee":
            target = next((one for one in rest if _SETTINGS_FILE.fullmatch(one)), "")
            return _Rewrite(target, _names(f"{piped} {documents}"), tool) if target else None
        if tool in _WRITES_OUT:
            return _redirected(rest, " ".join((*rest, documents)), tool)
        if _PYTHON.fullmatch(word):
            code = " ".join(rest[rest.index("-c") + 1 :]) if "-c" in rest else documents
            named = _SETTINGS_IN_CODE.search(code)
            if named is not None and _OPENS.search(code):
                return _Rewrite(named[0], _names(code), "python -c" if "-c" in rest else "python")
            return None
        if tool in {"sh", "bash", "dash", "ash"} and "-c" in rest and depth < 3:
            inner = rest[rest.index("-c") + 1 :]
            for line in commands(inner[0]) if inner else ():
                found = _rewrite(line, documents, piped, depth + 1)
                if found is not None:
                    return found
            return None
    return None


def _edit(rest: Sequence[str], tool: str) -> _Rewrite | None:
    files = [one for one in rest if _SETTINGS_FILE.fullmatch(one)]
    scripts = [one for one in rest if one not in files]
    return _Rewrite(files[0], _names(" ".join(scripts)), tool) if files else None


def _redirected(rest: Sequence[str], written: str, tool: str) -> _Rewrite | None:
    """`... >> settings.py`, with or without a space."""
    for position, word in enumerate(rest):
        match = _REDIRECTS.fullmatch(word)
        target = ""
        if match is not None:
            target = match[1] or (rest[position + 1] if position + 1 < len(rest) else "")
        elif ">" in word:
            target = word.rpartition(">")[2]
        if target and _SETTINGS_FILE.fullmatch(target):
            return _Rewrite(target, _names(written), tool)
    return None


def _names(text: str) -> tuple[str, ...]:
    found = (name[0] for name in NAME_IN_TEXT.finditer(text[:200_000]))
    return tuple(sorted(dict.fromkeys(found), key=relevant, reverse=True))[:30]
