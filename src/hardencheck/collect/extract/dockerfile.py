"""What a Dockerfile makes: the user of its final stage, modes, what it copies, what it fetches."""

import json
import posixpath
import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._dockerfile import Instruction, instructions, is_dockerfile
from hardencheck.collect.extract._image_secrets import declared, secret_file
from hardencheck.collect.extract._privileges import CHANGERS
from hardencheck.collect.extract._python import role
from hardencheck.collect.extract._script_lines import fetched, masks, others_write, passwordless, set_id
from hardencheck.collect.extract._shell import (
    ModeChange,
    Placed,
    expand,
    given_to_shell,
    mask_bits,
    mode_bits,
    mode_changes,
    placed,
    umask_of,
)
from hardencheck.lazily import compiled
from hardencheck.model.facts.builds import BuildVariable, CopiedSecret, PasswordlessSudo, PipedShell
from hardencheck.model.facts.container import ContainerMode, CopiedModule, ImageBuild, RemoteAdd
from hardencheck.model.facts.oscalls import Umask
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

MAX_BYTES = 1024 * 1024
_NAME = compiled(r"(?:dockerfile|containerfile)(?:[._-].+)?|.+[._-](?:dockerfile|containerfile)")
_NOT = compiled(
    r".+\.(?:md|rst|txt|py|pyc|json|ya?ml|toml|html?|sh|js|ts|go|rb|java|dockerignore|lock|svg|png|patch|diff)"
)
# Tools that start a program as another user; an entry point that calls one starts as root on purpose.
DROPS = compiled(
    rf"\b({'|'.join(CHANGERS)}|s6-overlay)\b|"
    r"^[ \t]*(?:exec )?su (?=[\w$\"-])",
    re.MULTILINE,
)
_START = compiled(r"[\w.-]{1,100}\.(?:sh|bash|ini)\b|[\w-]{0,60}entrypoint[\w.-]*|/[\w./-]+")
_SERVER_USER = compiled(r"--(?:user|uid)[= ]\s*[\"']?([A-Za-z_]\w*|[1-9]\d*)")
_ROLE_WORDS = {
    "dev": "development", "development": "development", "local": "development", "devcontainer": "development",
    "debug": "development", "override": "development", "test": "test", "tests": "test", "testing": "test", "ci": "test",
    "playwright": "test", "cypress": "test", "e2e": "test", "benchmark": "test",
}  # fmt: skip


_SHIPPED = frozenset({"prod", "production", "release", "runtime", "final", "live"})


class _Copied(NamedTuple):
    """The whole context, copied. excludes: patterns of what was left out, relative to it."""

    target: str
    line: int
    excludes: tuple[str, ...]


class _Stage:
    """One FROM and what follows it. parent: the earlier stage it is built on."""

    def __init__(self, base: str, line: int, parent: "_Stage | None", variables: dict[str, str]) -> None:
        self.base, self.line, self.parent = base, line, parent
        self.variables = variables
        self.user: tuple[str, int] | None = parent.user if parent else None
        self.workdir: str = parent.workdir if parent else "/"
        self.start: dict[str, str] = dict(parent.start) if parent else {}
        self.commands = False  # whether it has a CMD of its own
        self.script: list[str] = []  # commands run while it is built
        self.removed: list[str] = []  # absolute paths
        self.contexts: list[_Copied] = list(parent.contexts) if parent else []
        self.taken: list[tuple[str, str]] = []  # (stage, path) of COPY --from
        self.modules: list[tuple[str, str, int]] = []  # (source, absolute target, line) of Python files with a new name
        self.secrets: list[BuildVariable | CopiedSecret] = []
        self.sudo: list[PasswordlessSudo] = []

    def chain(self) -> Iterator["_Stage"]:
        stage: _Stage | None = self
        while stage is not None:
            yield stage
            stage = stage.parent


class Dockerfiles(Extractor):
    """Dockerfiles and Containerfiles, by name and content."""

    name = "container.dockerfile"
    version = 5
    emits = (
        ImageBuild, ContainerMode, RemoteAdd, CopiedModule, BuildVariable, CopiedSecret, PipedShell, PasswordlessSudo,
        Umask,
    )  # fmt: skip

    def wants(self, path: str, mode: int, size: int) -> bool:
        name = path.rpartition("/")[2].lower()
        return _NAME.fullmatch(name) is not None and _NOT.fullmatch(name) is None

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if len(data) > MAX_BYTES:
            raise Unreadable(f"{len(data)} bytes, more than a Dockerfile has", reason=Reason.TOO_LARGE)
        text = data.decode("utf-8-sig", "replace")
        name = path.rpartition("/")[2].lower()
        if not is_dockerfile(text):
            if name in {"dockerfile", "containerfile"} and text.strip():
                raise Unreadable("named as a Dockerfile, but its first instruction is not FROM")
            return
        yield from read_build(path, text)


def read_build(path: str, text: str) -> Iterator[Found]:
    """What the text of a Dockerfile says. Raises Unreadable."""
    return _File(path).found(text)


class _File:
    def __init__(self, path: str) -> None:
        self.path = path
        self.role = purpose(path)
        self.stages: list[_Stage] = []
        self.names: dict[str, _Stage] = {}
        self.arguments: dict[str, str] = {}  # before the first FROM
        self.sources: list[str] = []

    def _here(self, line: int) -> Location:
        return Location(path=self.path, line=line)

    def found(self, text: str) -> Iterator[Found]:
        for step in instructions(text):
            if step.name == "FROM":
                self._from(step)
            elif not self.stages:
                if step.name == "ARG":
                    self._define(self.arguments, step.rest, self.arguments)
            else:
                yield from self._step(self.stages[-1], step)
        if self.stages:
            final = self._final()
            yield self._build(final)
            yield from self._modules(final)
            for stage in reversed(list(final.chain())):
                yield from stage.secrets
                yield from stage.sudo

    def _final(self) -> _Stage:
        """The stage that is shipped: the last one, or that called production where the last one is called test."""
        names = {id(stage): set(re.split(r"[^a-z0-9]+", name)) for name, stage in self.names.items()}
        if names.get(id(self.stages[-1]), set()) & _ROLE_WORDS.keys():
            for stage in reversed(self.stages):
                if names.get(id(stage), set()) & _SHIPPED:
                    return stage
        return self.stages[-1]

    def _from(self, step: Instruction) -> None:
        words = [word for word in step.rest.split() if not word.startswith("--")]
        if not words:
            raise Unreadable("FROM names no image", line=step.line)
        base = expand(words[0], self.arguments)
        parent = self.names.get(base.lower())
        variables = dict(parent.variables) if parent else {}
        stage = _Stage(base, step.line, parent, variables)
        self.names[str(len(self.stages))] = stage
        if len(words) >= 3 and words[1].upper() == "AS":
            self.names[words[2].lower()] = stage
        self.stages.append(stage)

    def _step(self, stage: _Stage, step: Instruction) -> Iterator[Found]:
        match step.name:
            case "ARG" | "ENV":
                for offset, name, value in declared(step):
                    here = self._here(step.line_at(offset))
                    if step.name == "ARG":  # of any stage: the provenance and the logs of the build have it
                        yield BuildVariable(location=here, instruction="ARG", name=name, value=value, role=self.role)
                        continue
                    stage.secrets.append(
                        BuildVariable(location=here, instruction="ENV", name=name, value=value, role=self.role)
                    )
                self._define(stage.variables, step.rest, self.arguments if step.name == "ARG" else {}, step.name)
            case "USER":
                stage.user = (expand(step.rest, stage.variables).strip().strip("\"'"), step.line)
            case "WORKDIR":
                folder = expand(step.rest, stage.variables).strip().strip("\"'")
                stage.workdir = posixpath.normpath(posixpath.join(stage.workdir, folder))
            case "ENTRYPOINT" | "CMD":
                if step.name == "ENTRYPOINT" and not stage.commands:
                    stage.start.pop("CMD", None)  # of the base image: a new entry point resets it
                stage.commands = stage.commands or step.name == "CMD"
                stage.start[step.name] = step.rest
                yield from self._umasks(step, step.rest, step.line_at)
            case "RUN":
                yield from self._run(stage, step)
            case "COPY" | "ADD":
                yield from self._copy(stage, step)

    def _define(self, into: dict[str, str], text: str, defaults: dict[str, str], name: str = "ARG") -> None:
        try:
            words = shlex.split(text)
        except ValueError:
            return
        if name == "ENV" and words and "=" not in words[0]:
            into[words[0]] = expand(" ".join(words[1:]), into)  # the old form: ENV NAME value
            return
        for word in words:
            key, equals, value = word.partition("=")
            if equals:
                into[key] = expand(value, {**defaults, **into})
            elif key in defaults:
                into[key] = defaults[key]

    def _run(self, stage: _Stage, step: Instruction) -> Iterator[Found]:
        text = re.sub(r"^(?:--\w+(?:=\S+)?\s+)+", "", step.rest)
        shift = len(step.rest) - len(text)
        for script, lines in _scripts(step, text, shift):
            stage.script.append(script)
            yield from self._umasks(step, script, lines)
            for command in _words(script, text):
                if command.words[0] == "rm":
                    stage.removed.extend(
                        posixpath.join(stage.workdir, word) for word in command.words[1:] if word[:1] != "-"
                    )
                for change in mode_changes(command.words, stage.variables):
                    yield self._changed(self._here(lines(command.offset)), change)
            yield from self._unseen(script, lines)

    def _umasks(self, step: Instruction, script: str, lines: Callable[[int], int]) -> Iterator[Umask]:
        """`umask 0 && mkdir ...`, `sh -c "umask 0; exec app"`."""
        words = _exec_form(script) if script.startswith("[") else None
        if words is None:
            found = [(mask.mask, mask.offset) for mask in masks(script, {})]
        else:
            given = (umask_of(one, {}) for one in given_to_shell(words))
            found = [(mask_bits(spec), 0) for spec in given if spec is not None]
        for bits, offset in found:
            if bits is not None:
                yield Umask(
                    location=self._here(lines(offset)),
                    function=f"{step.name} umask",
                    mask=bits,
                    others_write=not bits & 0o002,
                    restored=False,
                    decimal=False,
                    role=self.role,
                )

    def _changed(self, here: Location, change: ModeChange) -> Found:
        if change.bits is None:
            return self._gap(here, f"{change.command} {change.spec[:40]}: the mode is a variable")
        target = " ".join(change.targets)[:100]
        return ContainerMode(
            location=here,
            command=f"RUN {change.command}",
            mode=change.spec,
            others_write=others_write(change),
            set_id=set_id(change),
            recursive=change.recursive,
            target=target,
            role=self.role,
        )

    def _unseen(self, text: str, lines: Callable[[int], int]) -> Iterator[Found]:
        for one in fetched(text):
            yield PipedShell(
                location=self._here(lines(one.offset)),
                place="image build",
                host=one.host,
                interpreter=one.interpreter,
                encrypted=one.encrypted,
                role=self.role,
            )
        # Only of what is shipped: a stage that builds and is left behind may have it.
        self.stages[-1].sudo.extend(
            PasswordlessSudo(
                location=self._here(lines(offset)), place="image build", everything=everything, role=self.role
            )
            for everything, offset in passwordless(text)
        )

    def _copy(self, stage: _Stage, step: Instruction) -> Iterator[Found]:
        options: dict[str, str] = {}
        excludes: list[str] = []
        rest = step.rest
        while match := re.match(r"--([a-z-]+)(?:=(\S+))?\s+", rest):
            options[match[1]] = match[2] or ""
            if match[1] == "exclude":
                excludes.append(match[2] or "")
            rest = rest[match.end() :]
        rest = expand(rest, stage.variables)
        words = _exec_form(rest) if rest.startswith("[") else None
        if words is None:
            try:
                words = shlex.split(rest)
            except ValueError:
                words = rest.split()
        words = [word for word in words if not word.startswith("<<")]
        if not words:
            return
        *sources, target = words
        here = self._here(step.line)
        for start, document in zip(step.starts, step.documents, strict=True):
            yield from self._unseen(document, partial(_line_of, document, start))
        if "chmod" in options:
            spec = expand(options["chmod"], stage.variables)
            bits = mode_bits(spec)
            if bits is None:
                yield self._gap(here, f"{step.name} --chmod={spec[:40]}: the mode is a variable")
            else:
                yield ContainerMode(
                    location=self._here(step.line_at(step.rest.find("--chmod"))),
                    command=f"{step.name} --chmod",
                    mode=spec,
                    others_write=bool(bits & 0o002) and not bits & 0o1000,
                    set_id=bool(bits & 0o4000),
                    recursive=False,
                    target=target[:100],
                    role=self.role,
                )
        folder = target.endswith("/")
        target = posixpath.normpath(posixpath.join(stage.workdir, target))
        if "from" in options:
            name = expand(options["from"], self.arguments).lower()
            stage.taken.extend((name, posixpath.normpath(posixpath.join("/", source))) for source in sources)
            return
        for source in sources:
            if re.match(r"(?:https?|git|ssh)://|git@", source):
                if step.name == "ADD":
                    yield self._remote(here, source, options)
            elif posixpath.normpath(source.lstrip("/") or ".") in {".", "*"}:
                stage.contexts.append(_Copied(target, step.line, tuple(excludes)))
            else:
                self.sources.append(source.lstrip("/"))
                form = secret_file(source)
                if form:
                    at = self._here(step.line_at(step.rest.find(source)))
                    stage.secrets.append(CopiedSecret(location=at, source=source[:100], form=form, role=self.role))
                if target.endswith(".py") and not folder and len(sources) == 1 and "$" not in f"{source}{target}":
                    stage.modules.append((posixpath.normpath(source.lstrip("/")), target, step.line))

    def _remote(self, here: Location, source: str, options: dict[str, str]) -> RemoteAdd:
        try:
            parts = urlsplit(source if "://" in source else f"ssh://{source.replace(':', '/', 1)}")
            host = parts.hostname or "?"
        except ValueError:  # a bracket that opens and does not close
            parts, host = urlsplit(""), "?"
        return RemoteAdd(
            location=here,
            host=host,
            encrypted=parts.scheme in {"https", "ssh"},
            verified="checksum" in options or bool(re.fullmatch(r"[0-9a-f]{40,64}", parts.fragment.partition(":")[0])),
            role=self.role,
        )

    def _gap(self, here: Location, detail: str) -> Gap:
        return Gap(
            kinds=(ContainerMode.kind(),),
            collector=Dockerfiles.name,
            reason=Reason.NOT_LITERAL,
            detail=detail,
            location=here,
            about={"role": self.role},
        )

    def _build(self, final: _Stage) -> ImageBuild:
        first = list(final.chain())[-1]
        start = expand(" ".join(final.start.values()), final.variables)
        built = "\n".join(line for stage in final.chain() for line in stage.script)
        tool = DROPS.search(start) or DROPS.search(built) or _SERVER_USER.search(start)
        user = final.user
        copied = self._copied(final)
        return ImageBuild(
            location=self._here(user[1] if user else final.line),
            user="" if user is None else None if "$" in user[0] else user[0],
            base=None if "$" in first.base else first.base,
            base_line=final.line,
            drops="" if tool is None else tool[0].strip(),
            start=tuple(dict.fromkeys(_START.findall(start)))[:10],
            context_line=copied.line if copied else None,
            context_excludes=copied.excludes if copied else (),
            sources=tuple(self.sources[:200]),
            role=self.role,
        )

    def _modules(self, final: _Stage) -> Iterator[CopiedModule]:
        """Where the repository lies in the image is where all of it is copied to, else where the work is done."""
        copied = self._copied(final)
        for stage in final.chain():
            for source, target, line in stage.modules:
                below = posixpath.relpath(target, copied.target if copied else stage.workdir)
                if not below.startswith("..") and below != source:
                    yield CopiedModule(location=self._here(line), source=source, target=below, role=self.role)

    def _copied(self, final: _Stage) -> _Copied | None:
        """Where the whole context gets into the final image: copied there, or to a stage it takes that place from.

        What an earlier stage removes stays out; what the final one removes is still in a layer below.
        """
        for stage in final.chain():
            if stage.contexts:
                return stage.contexts[0]
            for name, source in stage.taken:
                origin = self.names.get(name)
                for copied in origin.contexts if origin else ():
                    if copied.target == source or copied.target.startswith(f"{source.rstrip('/')}/"):
                        inside = f"{copied.target.rstrip('/')}/"
                        gone = (
                            [path[len(inside) :] for path in origin.removed if path.startswith(inside)]
                            if origin
                            else []
                        )
                        return copied._replace(excludes=(*copied.excludes, *gone))
        return None


def _scripts(step: Instruction, text: str, shift: int) -> Iterator[tuple[str, Callable[[int], int]]]:
    """What a RUN gives a shell, with the line of the file for each offset. A document is a script where nothing but a
    shell is given it: `RUN cat <<EOF > file` writes it down."""
    fed = re.match(r"(?:(?:\S*/)?(?:ba|da|a|z)?sh\s+(?:-\w+\s+)*)?<<", text) is not None
    if not step.documents or not fed:
        yield text, lambda offset: step.line_at(shift + offset)
        return
    for start, document in zip(step.starts, step.documents, strict=True):
        yield document, partial(_line_of, document, start)


def _line_of(text: str, start: int, offset: int) -> int:
    return start + text.count("\n", 0, offset)


def _words(script: str, text: str) -> Iterator[Placed]:
    words = _exec_form(text) if text.startswith("[") else None
    if words is not None:
        if words:
            yield Placed(words, 0, 0)
        return
    yield from placed(script)


def purpose(path: str) -> str:
    """The role of a container file: its directories and every word of its name ("Dockerfile.dev")."""
    known = role(path)
    if known != "production":
        return known
    words = re.split(r"[^a-z0-9]+", path.lower())
    return next((_ROLE_WORDS[word] for word in words if word in _ROLE_WORDS), "production")


def _exec_form(text: str) -> list[str] | None:
    try:
        words = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return [str(word) for word in words] if isinstance(words, list) else None
