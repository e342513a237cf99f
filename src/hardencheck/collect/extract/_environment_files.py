"""Environment variables of Dockerfiles, `.env` files, units, Procfiles, and of ini, TOML and JSON files."""

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any, NamedTuple

from hardencheck.collect.contract import Unreadable
from hardencheck.collect.extract._dockerfile import Instruction, instructions, is_dockerfile
from hardencheck.collect.extract._environment_facts import SERVERS, Maker, for_development, role_of, runs_of
from hardencheck.collect.extract._environment_shell import command_line
from hardencheck.collect.extract._environment_text import (
    PLAIN_DOLLAR,
    ini_lines,
    interpolated,
    untemplated,
)
from hardencheck.collect.extract._environment_words import quoted_words
from hardencheck.collect.extract._package_scripts import starting
from hardencheck.lazily import compiled

_DEVELOPMENT_STAGES = frozenset({
    "dev", "devel", "development", "devcontainer", "local", "test", "tests", "testing", "debug", "ci", "lint", "docs",
})  # fmt: skip


class _Variable(NamedTuple):
    """text: None when it is not known."""

    text: str | None
    line: int


class _Stage:
    """name: "" for none. variables: ENV. arguments: ARG with a default."""

    def __init__(self, image: str, name: str, line: int, parent: "_Stage | None") -> None:
        self.image: str = parent.image if parent else image
        self.name, self.line = name, line
        self.variables: dict[str, _Variable] = dict(parent.variables) if parent else {}
        self.arguments: dict[str, str] = {}
        self.start: dict[str, Instruction] = dict(parent.start) if parent else {}


def dockerfile(text: str, make: Maker) -> None:
    """ENV of the stage that is built, with that of the stages it derives from, and what its command sets."""
    if not is_dockerfile(text):
        return
    shared: dict[str, str] = {}
    named: dict[str, _Stage] = {}
    stages: list[_Stage] = []
    for step in instructions(text):
        if step.name == "FROM":
            words = [word for word in step.rest.split() if not word.startswith("--")]
            image = (interpolated(words[0], shared).value or words[0]) if words else ""
            name = words[2].lower() if len(words) >= 3 and words[1].upper() == "AS" else ""
            stage = _Stage(image, name, step.line, named.get(image.lower()))
            named[str(len(stages))] = stage
            named[name or str(len(stages))] = stage
            stages.append(stage)
        elif step.name == "ARG":
            into = stages[-1].arguments if stages else shared
            for key, value in _pairs(step.rest, _known(stages[-1] if stages else None), named=False):
                if value is None and stages and key in shared:
                    into[key] = shared[key]
                elif value is not None and value.text is not None:
                    into[key] = value.text
        elif step.name == "ENV" and stages:
            for key, value in _pairs(step.rest, _known(stages[-1])):
                if value is not None:
                    stages[-1].variables[key] = value._replace(line=step.line)
        elif step.name in {"CMD", "ENTRYPOINT"} and stages:
            if step.name == "ENTRYPOINT":
                stages[-1].start.pop("CMD", None)
            stages[-1].start[step.name] = step
    if not stages:
        return
    final = next((stage for stage in reversed(stages) if stage.name not in _DEVELOPMENT_STAGES), stages[-1])
    command = " ".join(_command(step.rest) for step in final.start.values())
    role = make.role
    if role == "production" and (final.name in _DEVELOPMENT_STAGES or for_development(command)):
        role = "development"
    started = next((step.line for step in reversed(final.start.values())), None)
    make.service(final.line, image=final.image, command=command, role=role, started=started)
    for key, value in final.variables.items():
        if value.text is None:
            make.held(key, "an argument of the build", value.line, role=role, default=True)
        else:
            make.text(key, value.text, value.line, role=role, default=True)
    for step in final.start.values():
        command_line(_command(step.rest), make, step.line, role=role)


def _known(stage: _Stage | None) -> dict[str, str]:
    """ENV before ARG: of two with one name, the former holds."""
    if stage is None:
        return {}
    held = dict(stage.arguments)
    for key, value in stage.variables.items():
        if value.text is None:
            held.pop(key, None)
        else:
            held[key] = value.text
    return held


def _pairs(text: str, known: dict[str, str], *, named: bool = True) -> Iterator[tuple[str, _Variable | None]]:
    """`A=1 B="x y"`, or (named) the old `A x y` of ENV; None for a name without a value."""
    first = text.split(None, 1)
    if named and len(first) == 2 and "=" not in first[0]:
        # Quotes go, blanks stay (Dockerfile reference, ENV, "Alternative syntax").
        for value in quoted_words(first[1].strip(), blanks=""):
            yield first[0], _Variable(interpolated(value, known).value, 0)
        return
    for word in quoted_words(text):
        key, equals, value = word.partition("=")
        # All of one instruction see the values from before it.
        yield key, _Variable(interpolated(value, known).value, 0) if equals else None


def _command(text: str) -> str:
    """CMD in JSON form as words for the shell."""
    if not text.startswith("["):
        return text
    try:
        words = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return " ".join(_quoted(str(word)) for word in words) if isinstance(words, list) else text


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'" if re.search(r"[\s;&|()'\"#]", word) or not word else word


_KEY = compiled(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]{0,252})[ \t]*=[ \t]*")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "'": "'"}


class Pair(NamedTuple):
    """A variable of an environment file. plain: single quotes, so that nothing is put in for `$NAME`."""

    name: str
    text: str
    line: int
    plain: bool


def pairs_of(text: str) -> Iterator[Pair]:
    """The variables of a `.env` file: quotes, escapes, several lines in quotes, `export`, comments.

    Source: python-dotenv, "File format"; what compose, django-environ and python-decouple read alike.
    """
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        line = lines[number].rstrip("\r")
        start = number + 1
        number += 1
        match = _KEY.match(line) if not line.lstrip().startswith("#") else None
        if match is None:
            continue
        rest = line[match.end() :]
        quote = rest[:1]
        if quote not in {'"', "'"} or not quote:
            yield Pair(
                match[1], re.split(r"[ \t]#", rest, maxsplit=1)[0].strip() if rest[:1] != "#" else "", start, False
            )
            continue
        rest = rest[1:]
        end = _end_of(rest, quote)
        taken = number
        while end < 0 and taken < len(lines) and taken - start < 200 and len(rest) < 20_000:
            rest = f"{rest}\n{lines[taken]}"
            taken += 1
            end = _end_of(rest, quote)
        if end < 0:  # a quote that nothing closes belongs to the value
            yield Pair(match[1], line[match.end() :].strip(), start, False)
            continue
        number = taken
        inside = rest[:end]
        if quote == '"':
            inside = re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), inside, flags=re.DOTALL)
        yield Pair(match[1], inside, start, quote == "'")


def _end_of(text: str, quote: str) -> int:
    position = 0
    while position < len(text):
        if text[position] == "\\":
            position += 2
            continue
        if text[position] == quote:
            return position
        position += 1
    return -1


def dotenv(text: str, make: Maker) -> None:
    template = untemplated(text)
    make.unsure = template.unsure
    known: dict[str, str] = {}
    for pair in pairs_of(template.text):
        value = pair.text.replace("$", PLAIN_DOLLAR) if pair.plain else pair.text
        if not pair.plain and "${" not in value and re.search(r"\$[A-Za-z_]", value):
            # Compose puts a variable in, python-dotenv and others do not.
            found = interpolated(value, known).value
            make.held(pair.name, "a text with a $", pair.line)
            known.pop(pair.name, None)
            if found is not None:
                known[pair.name] = found
            continue
        found = interpolated(value, known).value
        make.text(pair.name, value if found is None else found.replace("$", PLAIN_DOLLAR), pair.line, known={})
        if found is not None:
            known[pair.name] = found
        else:
            known.pop(pair.name, None)


def unit(text: str, make: Maker) -> None:
    """`Environment=`, `EnvironmentFile=`, `ExecStart=` and what passes or unsets variables of a unit.

    Source: systemd.exec(5), "Environment", systemd.syntax(7).
    """
    template = untemplated(text)
    make.unsure = template.unsure
    held: dict[str, tuple[str | None, int]] = {}
    passed: dict[str, int] = {}
    unset: list[str] = []
    files: list[str] = []
    commands: list[tuple[str, int]] = []
    once = False
    first = 1
    for entry in ini_lines(template.text, backslash=True):
        if entry.section != "Service":
            continue
        first = entry.line if first == 1 else first
        if entry.key == "Environment":
            if not entry.value:
                held.clear()
            for word in quoted_words(entry.value):
                name, equals, value = word.partition("=")
                if equals:
                    held[name] = (value, entry.line)
        elif entry.key == "PassEnvironment":
            if not entry.value:
                passed.clear()
            passed |= dict.fromkeys(quoted_words(entry.value), entry.line)
        elif entry.key == "UnsetEnvironment":
            if not entry.value:
                unset.clear()
            unset.extend(quoted_words(entry.value))
        elif entry.key == "EnvironmentFile":
            path = entry.value.lstrip("-").strip()
            if path:
                files.append(path)
            else:
                files.clear()
        elif entry.key == "ExecStart":
            commands.append((entry.value.lstrip("@-:+!"), entry.line))
        elif entry.key == "Type":
            once = entry.value == "oneshot"
    command = " ".join(text for text, _ in commands)
    role = "development" if make.role == "production" and for_development(command) else make.role
    # What the unit sets itself goes before what it passes on.
    held = {name: (None, line) for name, line in passed.items()} | held
    for name, (given, line) in held.items():
        if given is None:
            make.held(name, "the service manager", line, role=role)
        elif re.search(r"%[A-Za-z]", given):
            make.held(name, "a specifier of the unit", line, role=role)
        else:
            make.text(name, given.replace("%%", "%"), line, role=role)
    own = [name for started, line in commands for name in command_line(started, make, line, role=role)]
    if held or files or commands:
        started = commands[-1][1] if commands else None
        make.service(first, command=command, files=files, job=once, role=role, sets=own, unsets=unset, started=started)


def procfile(text: str, make: Maker) -> None:
    """One process a line: `web: NAME=value gunicorn ...`."""
    for number, line in enumerate(text.splitlines()[:1000], start=1):
        name, colon, command = line.partition(":")
        if not colon or not re.fullmatch(r"[A-Za-z0-9_-]{1,60}", name.strip()):
            continue
        service = name.strip()
        role = "development" if make.role == "production" and for_development(command) else make.role
        make.service(number, service=service, command=command, job=service == "release", role=role)
        command_line(command, make, number, service=service, role=role)


def package(path: str, text: str, make: Maker) -> None:
    """`"start": "NAME=value gunicorn ..."` of a package.json, and its like."""
    for script in starting(path, text):
        if not SERVERS.intersection(runs_of(script.command)):
            continue
        role = "development" if make.role == "production" and for_development(script.command) else make.role
        make.service(script.line, service=script.name, command=script.command, role=role)
        command_line(script.command, make, script.line, service=script.name, role=role)


_SUPERVISED = compiled(r"\s*([A-Za-z_]\w*)\s*=\s*(\"[^\"]*\"|'[^']*'|[^,\s]*)\s*,?")


def supervisor(text: str, make: Maker) -> None:
    """`environment=` of `[program:x]`, and of `[supervisord]`, which all of them get."""
    template = untemplated(text)
    make.unsure = template.unsure
    entries = list(ini_lines(template.text))[:20_000]
    shared = [entry for entry in entries if entry.section == "supervisord" and entry.key == "environment"]
    programs = [entry for entry in entries if entry.section.startswith("program:")]
    for section in dict.fromkeys(entry.section for entry in programs):
        own = [entry for entry in programs if entry.section == section]
        service = section.partition(":")[2]
        command, started = next(((entry.value, entry.line) for entry in own if entry.key == "command"), ("", None))
        role = "development" if make.role == "production" and for_development(command) else make.role
        make.service(own[0].line, service=service, command=command, role=role, started=started)
        for entry in (*shared, *(entry for entry in own if entry.key == "environment")):
            position = 0
            while match := _SUPERVISED.match(entry.value, position):
                position = match.end()
                value = match[2][1:-1] if match[2][:1] in {'"', "'"} else match[2]
                if "%(" in value:
                    make.held(match[1], "another variable", entry.line, service=service, role=role)
                else:
                    make.text(match[1], value.replace("%%", "%"), entry.line, service=service, role=role)
        command_line(command, make, own[0].line, service=service, role=role)


def uwsgi(text: str, make: Maker) -> None:
    """`env = NAME=value` of uWSGI's ini files; what stands between `if-...` and `endif` is not certain."""
    template = untemplated(text)
    unsure = set(template.unsure)
    conditional = False
    found = False
    entries = [entry for entry in ini_lines(template.text, backslash=True) if entry.section.lower().startswith("uwsgi")]
    for entry in entries:
        if entry.key.startswith(("if-", "for")):
            conditional = True
        elif entry.key in {"endif", "endfor"}:
            conditional = False
        elif entry.key == "env":
            if conditional:
                unsure.add(entry.line)
            make.unsure = frozenset(unsure)
            if not found:
                make.service(entry.line, command="uwsgi")
                found = True
            name, equals, value = entry.value.partition("=")
            if "$(" in value or re.search(r"%\w|@\(", value):
                make.held(name.strip(), "a placeholder", entry.line)
            elif equals:
                make.text(name.strip(), value.strip(), entry.line)


def toml(text: str, make: Maker, name: str) -> None:
    """fly.toml `[env]`, nixpacks.toml and railway.toml `[variables]`."""
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Unreadable(f"not TOML: {type(error).__name__}") from None
    held = table.get("env" if name.startswith("fly") else "variables")
    if not isinstance(held, dict):
        return
    lines = _Lines(text)
    processes = table.get("processes")
    make.service(1, command=" ".join(map(str, processes.values())) if isinstance(processes, dict) else "")
    for key, value in held.items():
        if isinstance(value, str | int | float):
            shown = str(value).lower() if isinstance(value, bool) else str(value)
            make.text(key, shown, lines.of(key))


_KEYS = compiled(r"([\w.-]{1,253})(\"?'?\s*[:=])?")


class _Lines:
    """Where keys stand in a file whose parser does not say; the first place where one has a value."""

    def __init__(self, text: str) -> None:
        self._keys: dict[str, int] = {}
        self._words: dict[str, int] = {}
        for number, line in enumerate(text.split("\n"), start=1):
            for match in _KEYS.finditer(line[:2000]):
                (self._keys if match[2] else self._words).setdefault(match[1], number)

    def of(self, key: str) -> int:
        return self._keys.get(key) or self._words.get(key) or 1

    def word(self, word: str) -> int:
        return self._words.get(word) or self._keys.get(word) or 1


def json_file(text: str, make: Maker, name: str) -> None:
    """app.json `env`, zappa_settings.json, and ECS task definitions."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not JSON: {type(error).__name__}") from None
    if not isinstance(data, dict):
        return
    lines = _Lines(text)
    if name == "app.json":
        for key, value in _items(data.get("env")):
            given = value.get("value") if isinstance(value, dict) else value
            if isinstance(given, str):
                make.text(key, given, lines.of(key), default=True)
            else:
                make.held(key, "who deploys it", lines.of(key), default=True)
    elif name.startswith("zappa_settings"):
        for stage, table in _items(data):
            if not isinstance(table, dict):
                continue
            role = make.role if role_of(f"{stage}.x") == "production" else "development"
            make.service(lines.of(stage), service=stage, command="flask", role=role)
            for part in ("environment_variables", "aws_environment_variables"):
                for key, value in _items(table.get(part)):
                    make.text(key, str(value)[:20_000], lines.of(key), service=stage, role=role)
    else:
        _task_definition(lines, data, make)


def _task_definition(lines: _Lines, data: dict[str, Any], make: Maker) -> None:
    inner = data.get("taskDefinition")
    containers = (inner if isinstance(inner, dict) else data).get("containerDefinitions")
    for container in containers[:100] if isinstance(containers, list) else []:
        if not isinstance(container, dict):
            continue
        service = str(container.get("name", ""))[:253]
        command = container.get("command")
        words = " ".join(map(str, command)) if isinstance(command, list) else ""
        make.service(lines.word(service), service=service, image=str(container.get("image", "")), command=words)
        for part in ("environment", "secrets"):
            held = container.get(part)
            for item in held if isinstance(held, list) else []:
                if isinstance(item, dict) and isinstance(key := item.get("name"), str):
                    value = item.get("value")
                    if part == "environment" and isinstance(value, str):
                        make.text(key, value, lines.word(key), service=service)
                    else:
                        make.held(key, "a secret of the platform", lines.word(key), service=service)


def _items(table: object) -> list[tuple[str, Any]]:
    return list(table.items())[:5_000] if isinstance(table, dict) else []


def gunicorn_variables(items: list[str], make: Maker, line: int) -> None:
    """`raw_env` of a gunicorn file."""
    for item in items:
        name, equals, value = item.partition("=")
        if equals:
            make.text(name, value, line)
