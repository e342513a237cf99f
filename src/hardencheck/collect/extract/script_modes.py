"""What scripts, makefiles, workflows, playbooks and units do to permissions; logrotate, tmpfiles.d, sudoers as well."""

import re
import stat
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._environment_text import ini_lines, untemplated
from hardencheck.collect.extract._package_scripts import is_makefile
from hardencheck.collect.extract._privileges import yaml_mode
from hardencheck.collect.extract._python import role
from hardencheck.collect.extract._script_lines import fetched, masks, modes, others_write, passwordless, set_id
from hardencheck.collect.extract._scripts import ScriptStatement, script_statements
from hardencheck.collect.extract._shell import ModeChange, mode_bits, placed
from hardencheck.collect.extract._shell_texts import (
    ShellText,
    Task,
    ansible_tasks,
    is_pipeline,
    of_playbook,
    of_workflow,
    read_documents,
    runs_commands,
    shell_texts,
    written_by,
)
from hardencheck.collect.extract._yaml import Mapping, Scalar
from hardencheck.collect.extract.systemd import placed_role, unit_name
from hardencheck.lazily import compiled
from hardencheck.model.facts.builds import PasswordlessSudo, PipedShell, ScriptMode
from hardencheck.model.facts.oscalls import Umask
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

MAX_BYTES = 1024 * 1024
MAX_FACTS = 5_000  # of one file
_TOKENS = compiled(rb"chmod|install\b.{1,80}-\w*m|mkdir\b.{1,80}-\w*m|mkfifo|setfacl|umask|NOPASSWD|curl|wget|\bmode\b")
_SUDOERS = compiled(r"(?:.*/)?(?:sudoers(?:\.d/[^/]+|[._-][^/]*)?|[^/]*[._-]sudoers)")
_LOGROTATE = compiled(r"(?:.*/)?(?:[^/]*logrotate[^/]*|[^/]*logrotate(?:\.d|\.conf\.d)?/[^/]+)")
_TMPFILES = compiled(r"(?:.*/)?(?:tmpfiles\.d/[^/]+\.conf|[^/]*tmpfiles[^/]*\.conf)")
_NOT_CONFIGURATION = compiled(r".*\.(?:py|md|rst|txt|ya?ml|sh|html?|json|toml|lock|service|timer)")
_CREATE = compiled(r"^[ \t]*(?P<what>create|createolddir)[ \t]+(?P<mode>[0-7]{3,4})(?=\s|$)", re.MULTILINE)
_TMP_LINE = compiled(
    r"^[ \t]*(?P<what>[fFwdDevqQpzZ][!+=~^$-]*)[ \t]+(?P<path>\S+)[ \t]+[~:]*(?P<mode>[0-7]{3,4})(?=\s|$)", re.MULTILINE
)
# Modules of Ansible that give what they make a mode.
_ANSIBLE = frozenset({
    "file", "copy", "template", "assemble", "get_url", "unarchive", "lineinfile", "blockinfile", "replace", "git",
    "synchronize", "ini_file", "archive", "uri", "cron", "tempfile", "htpasswd", "openssl_privatekey", "stat",
})  # fmt: skip
_FREE_FORM = compiled(r"(?:^|\s)mode=[\"']?([^\s\"']+)")
_SENDS = compiled(r"\s*(?:sudo\s+(?:-\S+\s+(?:\w+\s+)?)?)?(?:ssh|bash|sh|dash|su|env|docker|podman|kubectl)\b")
_ASSIGNED = compiled(r"[A-Za-z_]\w*=([\w,+=]{1,40})")
_Place = Literal["shell script", "makefile", "workflow", "playbook", "logrotate", "tmpfiles", "sudoers"]


class ScriptModes(Extractor):
    """chmod, install -m, setfacl, umask, what is fetched and run, NOPASSWD; `mode` of Ansible's modules.

    Sources: coreutils, chmod; logrotate(8), create; tmpfiles.d(5); sudoers(5); Ansible, ansible.builtin.file (mode).
    """

    name = "scripts.modes"
    version = 2
    emits = (ScriptMode, Umask, PipedShell, PasswordlessSudo)

    def wants(self, path: str, mode: int, size: int) -> bool:
        lower = path.lower()
        name = lower.rpartition("/")[2]
        if runs_commands(path) or _is_plain(lower) or unit_name(path):
            return True
        return "." not in name and stat.S_ISREG(mode) and bool(mode & 0o100) and size <= 64 * 1024

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        plain = _is_plain(path.lower())
        if not plain and _TOKENS.search(data) is None:
            return
        if len(data) > MAX_BYTES:
            raise Unreadable(f"{len(data)} bytes, more than a script has", reason=Reason.TOO_LARGE)
        text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
        found = _plain(path, text) if plain else self._scripts(path, text, data)
        for told, item in enumerate(found):
            if told >= MAX_FACTS:
                raise Unreadable(f"more than {MAX_FACTS} statements", reason=Reason.BUDGET)
            yield item

    def _scripts(self, path: str, text: str, data: bytes) -> Iterator[Found]:
        if unit_name(path):
            for given in commands_of(path, text):
                yield from _Shell(path, given).found()
        elif is_pipeline(path) and not is_makefile(path.rpartition("/")[2]):
            lines = text.split("\n")
            for document in read_documents(data):
                for one in of_workflow(path, document, lines):
                    yield from _Shell(path, one).found()
                for task in ansible_tasks(document):
                    command = of_playbook(path, task, lines)
                    yield from _Shell(path, command).found() if command is not None else _task(path, task)
                    for given in written_by(path, task, lines):
                        yield from _Shell(path, given).sudo(given.text, 0)
        elif runs_commands(path) or re.match(r"#![^\n]*\b(?:ba|da|z|k|a)?sh\b", text):
            for one in shell_texts(path, text):
                yield from _Shell(path, one).found()


def commands_of(path: str, text: str) -> Iterator[ShellText]:
    """What a unit starts, before and after its service too. Source: systemd.service(5), "Command lines"."""
    what_for = placed_role(path)
    for line in ini_lines(untemplated(text).text, backslash=True):
        if line.section in {"Service", "Socket"} and line.key.startswith("Exec"):
            yield ShellText(line.value.lstrip("@-:+!|"), line.line, "shell script", what_for, long=False)


def _is_plain(lower: str) -> bool:
    named = _SUDOERS.fullmatch(lower) or _LOGROTATE.fullmatch(lower) or _TMPFILES.fullmatch(lower)
    return named is not None and _NOT_CONFIGURATION.fullmatch(lower) is None


class _Shell:
    """The commands of one text. Names that are assigned once, a plain word, are known."""

    def __init__(self, path: str, given: ShellText) -> None:
        self.path, self.given = path, given
        self.statements = list(script_statements(given.text)) if given.long else [ScriptStatement(given.text, 1)]
        self.variables: dict[str, str] = {}
        assigned: dict[str, int] = {}
        for statement in self.statements:
            for command in placed(statement.text):
                for word in command.words:
                    name, equals, _ = word.partition("=")
                    if not equals or not name.isidentifier():
                        break
                    assigned[name] = assigned.get(name, 0) + 1
                    match = _ASSIGNED.fullmatch(word)
                    if match is not None:
                        self.variables[name] = match[1]
        self.variables = {name: value for name, value in self.variables.items() if assigned[name] == 1}

    def found(self) -> Iterator[Found]:
        umasks: list[Umask | None] = []
        for statement in self.statements:
            for text, first in self._texts(statement):
                yield from self._modes(text, first)
                umasks += self._umasks(text, first)
                yield from self._unseen(text, first)
            for document, first in _documents(statement):
                yield from self.sudo(document, first)
        # `umask "$old"` puts back what was kept; before it the looseness does not last.
        back = max((at for at, item in enumerate(umasks) if item is None), default=-1)
        for at, item in enumerate(umasks):
            if item is not None:
                yield msgspec.structs.replace(item, restored=at < back)

    def _texts(self, statement: ScriptStatement) -> Iterator[tuple[str, int]]:
        """What a shell runs, with its first line (from 0): the statement, and a document that a shell is given."""
        yield statement.text, statement.line - 1
        if _SENDS.match(statement.text):
            yield from _documents(statement)

    def _here(self, first: int, text: str, offset: int) -> Location:
        return Location(path=self.path, line=self.given.line_at(first + text.count("\n", 0, offset)))

    def _modes(self, text: str, first: int) -> Iterator[Found]:
        for change, offset in modes(text, self.variables):
            here = self._here(first, text, offset)
            if change.bits is None:
                yield Gap(
                    kinds=(ScriptMode.kind(),),
                    collector=ScriptModes.name,
                    reason=Reason.NOT_LITERAL,
                    detail=f"{change.command} {change.spec[:40]}: the mode is a variable",
                    location=here,
                    about={"role": self.given.role},
                )
                continue
            yield _mode(here, self.given.place, self.given.role, change)

    def _umasks(self, text: str, first: int) -> Iterator[Umask | None]:
        for mask in masks(text, self.variables):
            if mask.mask is None:
                yield None
                continue
            yield Umask(
                location=self._here(first, text, mask.offset),
                function="umask",
                mask=mask.mask,
                others_write=not mask.mask & 0o002,
                restored=False,
                decimal=False,
                role=self.given.role,
            )

    def _unseen(self, text: str, first: int) -> Iterator[Found]:
        joined = text.replace("\\\n", "  ")  # as long as before
        # What a makefile fetches is for the developer who runs it, unless it says that it deploys.
        own = self.given.place == "makefile" and not self.given.deploys
        for one in fetched(joined) if not own else ():
            yield PipedShell(
                location=self._here(first, text, one.offset),
                place=self.given.place,
                host=one.host,
                interpreter=one.interpreter,
                encrypted=one.encrypted,
                role=self.given.role,
            )
        yield from self.sudo(text, first)

    def sudo(self, text: str, first: int) -> Iterator[Found]:
        for everything, offset in passwordless(text):
            yield PasswordlessSudo(
                location=self._here(first, text, offset),
                place=self.given.place,
                everything=everything,
                role=self.given.role,
            )


def _documents(statement: ScriptStatement) -> Iterator[tuple[str, int]]:
    first = statement.line + statement.text.count("\n")
    for document in statement.documents:
        yield document, first
        first += document.count("\n") + 2


def _mode(here: Location, place: _Place, what: str, change: ModeChange, decimal: bool = False) -> ScriptMode:
    return ScriptMode(
        location=here,
        place=place,
        command=change.command,
        mode=change.spec[:40],
        others_write=others_write(change) and not decimal,
        set_id=set_id(change) and not decimal,
        decimal=decimal,
        target=" ".join(change.targets)[:100],
        role=what,
    )


def _task(path: str, task: Task) -> Iterator[Found]:
    """`mode` of a module of Ansible: YAML 1.1 reads 0644 as octal; 644 is decimal, "644" is octal again."""
    if task.module not in _ANSIBLE:
        return
    line, text, plain = task.line, "", False
    target = ""
    if isinstance(task.value, Mapping):
        node = task.value.get("mode")
        if not isinstance(node, Scalar):
            return
        line, text, plain = node.line, node.text, node.plain
        for key in ("path", "dest", "name"):
            named = task.value.get(key)
            if isinstance(named, Scalar):
                target = named.text
                break
    elif isinstance(task.value, Scalar):
        match = _FREE_FORM.search(task.value.text)
        if match is None:
            return
        text = match[1]
    here = Location(path=path, line=line)
    if "{{" in text:
        yield Gap(
            kinds=(ScriptMode.kind(),),
            collector=ScriptModes.name,
            reason=Reason.TEMPLATED,
            detail=f"mode of {task.module}: a variable of the playbook",
            location=here,
            about={"role": role(path)},
        )
        return
    number = yaml_mode(text) if plain else None
    if number is not None and number.bits is not None:
        bits: int | None = number.bits & 0o7777
    else:
        number, bits = None, mode_bits(text.removeprefix("0o"))
    if bits is None:
        return  # "preserve"
    change = ModeChange(f"{task.module}: mode", text, bits, False, (target,))
    yield _mode(here, "playbook", role(path), change, decimal=number is not None and number.decimal)


def _plain(path: str, text: str) -> Iterator[Found]:
    """logrotate, tmpfiles.d and sudoers."""
    lower, what = path.lower(), role(path)

    def here(offset: int) -> Location:
        return Location(path=path, line=text.count("\n", 0, offset) + 1)

    if _SUDOERS.fullmatch(lower):
        for everything, offset in passwordless(text):
            yield PasswordlessSudo(location=here(offset), place="sudoers", everything=everything, role=what)
    elif _LOGROTATE.fullmatch(lower):
        for match in _CREATE.finditer(text):
            change = ModeChange(match["what"], match["mode"], mode_bits(match["mode"]), False, ())
            yield _mode(here(match.start("what")), "logrotate", what, change)
    else:
        for match in _TMP_LINE.finditer(text):
            bits = mode_bits(match["mode"])
            change = ModeChange(match["what"], match["mode"], bits, False, (match["path"],))
            yield _mode(here(match.start("what")), "tmpfiles", what, change)
