"""Environment variables that start scripts set: `export`, `: ${NAME:=default}`, `NAME=value exec server`."""

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from hardencheck.collect.extract._environment_facts import (
    MADE_FOR_PRODUCTION,
    SERVERS,
    Maker,
    beside,
    development_server,
    for_development,
)
from hardencheck.collect.extract._environment_text import PLAIN_DOLLAR, interpolated
from hardencheck.collect.extract._environment_words import Command, shell_commands
from hardencheck.lazily import compiled

_NAME = compiled(r"[A-Za-z_]\w*")
_ASSIGNMENT = compiled(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_DEFAULTING = compiled(r"\$\{([A-Za-z_]\w*):?=(.*)\}", re.DOTALL)
_SERVES = compiled(
    r"\b(?:gunicorn|uvicorn|hypercorn|granian|daphne|waitress-serve|uwsgi|pserve|mod_wsgi-express|celery|fastapi\s+run|"
    r"flask\s+run|runserver)\b|\bexec\s+(?:\S+\s+){0,4}\"?\$[@*{1]"
)
_NAMED = compiled(r"\$\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)")
_MOST_PARTS, _MOST = 20, 5_000
_PREFIXES = frozenset({"exec", "env", "nohup", "time", "nice", "command", "sudo", "/usr/bin/env"})
_EXPORTS = frozenset({"export", "declare", "typeset", "readonly"})
_PYTHON = compiled(r"(?:.*/)?python[\d.]*")


class _Held(NamedTuple):
    """text: as written, None when it is not known. default: only where the variable is not set before."""

    text: str | None
    line: int
    default: bool
    exported: bool


class _Script:
    def __init__(self) -> None:
        self.held: dict[str, _Held] = {}
        self.values: dict[str, str] = {}  # that are certain
        self.all = False  # set -a
        self.files: list[str] = []
        self.served = ""
        self.tried, self.tried_at = "", 1  # a development server
        self.commands = 0

    def take(self, command: Command) -> None:
        words, when = command.words, command.when
        name = words[0]
        self.commands += 1
        if not self.tried and (tried := development_server(" ".join(words))):
            self.tried, self.tried_at = tried, command.line
        if name == "set" and when == "always":
            for word in words[1:]:
                if re.fullmatch(r"[-+][a-z]*a[a-z]*", word) or word == "allexport":
                    self.all = "+" not in words[1]
        elif name in _EXPORTS:
            exports = name == "export" or "-x" in words[1:3]
            for word in words[1:]:
                if _ASSIGNMENT.fullmatch(word):
                    self._assign(word, command, exported=exports)
                elif word in self.held and exports:
                    self.held[word] = self.held[word]._replace(exported=True)
        elif name == ":":
            for word in words[1:]:
                if match := _DEFAULTING.fullmatch(word):
                    self._set(match[1], f"${{{match[1]}:-{match[2]}}}", command, exported=self.all)
        elif name == "unset" and "-f" not in words:
            for word in (word for word in words[1:] if _NAME.fullmatch(word)):
                # What an image or a unit gives is gone as well, or perhaps.
                self.held[word] = _Held(None, command.line, False, True)
                self.values.pop(word, None)
        elif name in {".", "source"} and len(words) > 1:
            self.files.append(words[1])
        elif _ASSIGNMENT.fullmatch(name):
            self._prefixed(command)
        else:
            self._program(words, command)

    def _prefixed(self, command: Command) -> None:
        words = command.words
        after = next((at for at, word in enumerate(words) if not _ASSIGNMENT.fullmatch(word)), len(words))
        if after == len(words):
            for word in words:
                self._assign(word, command, exported=self.all)
            return
        if self._program(words[after:], command):
            for word in words[:after]:
                self._assign(word, command, exported=True)

    def _program(self, words: tuple[str, ...], command: Command) -> bool:
        """Whether a command starts a server; what `env` and `exec` before it set is kept then."""
        given: list[str] = []
        for at, word in enumerate(words[:40]):
            if word.rpartition("/")[2] in SERVERS or re.match(r"\$[@*{1]", word):
                self.served = self.served or " ".join(words[at:])
                for one in given:
                    self._assign(one, command, exported=True)
                return True
            if _ASSIGNMENT.fullmatch(word):
                given.append(word)
            elif word not in _PREFIXES and word[:1] != "-" and not _PYTHON.fullmatch(word):
                break
        return False

    def _assign(self, word: str, command: Command, *, exported: bool) -> None:
        name, _, text = word.partition("=")
        self._set(name, text, command, exported=exported)

    def _set(self, name: str, text: str, command: Command, *, exported: bool) -> None:
        before = self.held.get(name)
        exported = exported or (before is not None and before.exported)
        if name not in self.values and text in {f"${name}", f"${{{name}}}"}:  # it stays what it is
            if before is not None:
                self.held[name] = before._replace(exported=exported)
            return
        value, default = interpolated(text, self.values)
        if command.when == "maybe" or (command.when not in {"always", name}):
            self.held[name] = _Held(None, command.line, False, exported)
            self.values.pop(name, None)
            return
        default = default or command.when == name
        if value is not None and not default:
            self.held[name] = _Held(value.replace("$", PLAIN_DOLLAR), command.line, False, exported)
            self.values[name] = value
        else:
            self.held[name] = _Held(self._written(text), command.line, default, exported)
            self.values.pop(name, None)

    def _written(self, text: str) -> str:
        """The text with what is certain put in, so that it can be read by itself."""
        if text.count("$") > _MOST_PARTS:
            return "$("

        def known(match: re.Match[str]) -> str:
            value = self.values.get(match[1] or match[2])
            return match[0] if value is None else value[:_MOST].replace("$", PLAIN_DOLLAR)

        return _NAMED.sub(known, text)


_MADE_FOR_IT = compiled(rf"\b(?:{'|'.join(sorted(MADE_FOR_PRODUCTION))})\b")


def serves(text: str) -> bool:
    return _SERVES.search(text) is not None


def script(text: str, make: Maker, *, service: str = "") -> None:
    """What a script that starts a service has in the environment at its end."""
    state = _Script()
    for command in shell_commands(text):
        state.take(command)
    role = make.role
    if role == "production" and for_development(state.served or text) and "gunicorn" not in text:
        role = "development"
    files = [found for name in state.files if "$" not in name and (found := beside(make.path, name))]
    make.service(
        1,
        service=service,
        command=state.served or text[:4000],
        files=files,
        role=role,
        server="" if _MADE_FOR_IT.search(text) else state.tried,
        started=state.tried_at,
    )
    for name, held in state.held.items():
        if not held.exported:
            continue
        if held.text is None:
            make.held(name, "set or unset under a condition", held.line, service=service, role=role)
        else:
            make.text(name, held.text, held.line, service=service, role=role, default=held.default, known={})


def command_line(
    text: str, make: Maker, line: int, *, service: str = "", role: str | None = None, default: bool = False
) -> list[str]:
    """`NAME=value` before a server in one command line (Procfile, ExecStart, CMD); the names."""
    state = _Script()
    for command in shell_commands(text[:20_000]):
        _through_shells(command.words, state, command, 0)
    names = [name for name, held in state.held.items() if held.exported and held.text is not None]
    for name in names:
        held = state.held[name]
        if held.text is not None:
            make.text(name, held.text, line, service=service, role=role, default=default or held.default, known={})
    return names


def _through_shells(words: Iterable[str], state: _Script, command: Command, depth: int) -> None:
    words = tuple(words)
    if words and words[0].rpartition("/")[2] in {"sh", "bash", "ash", "dash"} and depth < 3:
        for before, inner in pairwise(words):
            if re.fullmatch(r"-[a-z]*c", before):
                for one in shell_commands(inner):
                    _through_shells(one.words, state, one, depth + 1)
                return
    if words:
        state.take(command._replace(words=words))
