"""Shell commands that rewrite a settings module: in Dockerfiles, scripts, makefiles, workflows and playbooks."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._dockerfile import instructions, is_dockerfile
from hardencheck.collect.extract._package_scripts import is_makefile
from hardencheck.collect.extract._python import role
from hardencheck.collect.extract._scripts import script_statements
from hardencheck.collect.extract._security_names import NAME_IN_TEXT, relevant
from hardencheck.collect.extract._shell import commands
from hardencheck.collect.extract._shell_texts import (
    ShellText,
    ansible_tasks,
    of_playbook,
    of_workflow,
    read_documents,
    runs_commands,
    shell_texts,
)
from hardencheck.collect.extract._yaml import Mapping, Scalar
from hardencheck.collect.extract.dockerfile import purpose
from hardencheck.lazily import compiled
from hardencheck.model.facts.hidden import HiddenSetting, Place, RewrittenName
from hardencheck.model.gap import Reason
from hardencheck.model.location import Location

MAX_BYTES = 1024 * 1024
MAX_FACTS = 2_000
# A file of the settings layer, as a command names it.
_SETTINGS_FILE = compiled(
    r"(?:[\w.$~{}/-]{0,200}/)?(?:(?:\w{1,40}[_-])?settings(?:[._-][\w.-]{1,40})?|settings/[\w.-]{1,40}|config)\.py"
)
_SETTINGS_IN_CODE = compiled(r"(?<![\w./-])[\w./-]{0,100}settings[\w./-]{0,60}\.py")
_NAMED = compiled(rb"(?:settings[\w./-]{0,100}|config)\.py")
_DOCKERFILE = compiled(r"(?:dockerfile|containerfile)(?:[._-].+)?|.+[._-](?:dockerfile|containerfile)")
_NOT_DOCKERFILE = compiled(r".+\.(?:md|rst|txt|py|json|ya?ml|toml|html?|sh|js|ts|go|rb|dockerignore)")
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
    version = 2
    emits = (HiddenSetting, RewrittenName)

    def wants(self, path: str, mode: int, size: int) -> bool:
        name = path.rpartition("/")[2].lower()
        dockerfile = _DOCKERFILE.fullmatch(name) is not None and _NOT_DOCKERFILE.fullmatch(name) is None
        return dockerfile or runs_commands(path)

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if not _NAMED.search(data):
            return
        if len(data) > MAX_BYTES:
            raise Unreadable(f"{len(data)} bytes, more than a script has", reason=Reason.TOO_LARGE)
        text = data.decode("utf-8-sig", "replace")
        name = path.rpartition("/")[2].lower()
        for told, fact in enumerate(self._found(path, name, text, data)):
            if told >= MAX_FACTS:
                raise Unreadable(f"more than {MAX_FACTS} statements", reason=Reason.BUDGET)
            yield fact

    def _found(self, path: str, name: str, text: str, data: bytes) -> Iterator[_Rewriting]:
        if path.endswith((".yml", ".yaml")) and not is_makefile(name):
            lines = text.split("\n")
            for document in read_documents(data):
                for one in of_workflow(path, document, lines):
                    yield from _rewriting(path, one)
                for task in ansible_tasks(document):
                    if task.module in _ANSIBLE and isinstance(task.value, Mapping):
                        yield from _edited(path, task.module, task.line, task.value)
                    elif (command := of_playbook(path, task, lines)) is not None:
                        yield from _rewriting(path, command)
        elif not is_makefile(name) and is_dockerfile(text):
            yield from _dockerfile(path, text)
        elif is_makefile(name) or not _DOCKERFILE.fullmatch(name):
            for one in shell_texts(path, text):
                yield from _rewriting(path, one)


def _rewriting(path: str, one: ShellText) -> Iterator[_Rewriting]:
    for rewrite, line in rewrites(one.text):
        yield from _facts(path, one.line_at(line - 1), rewrite, one.place, one.role)


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
