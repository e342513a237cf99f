"""Commands that a package or a makefile gives a name, as far as they start the service: `npm start`, `poe serve`.

Sources: npm "scripts", PDM "User Scripts", taskipy, Poe the Poet, Hatch "Scripts", Pipenv "Custom Script Shortcuts",
GNU make "Rule Syntax".
"""

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from typing import NamedTuple

from hardencheck.lazily import compiled

MAX_SCRIPTS = 1_000
_FILES = frozenset({"package.json", "pyproject.toml", "pipfile"})
_MAKEFILE = compiled(r"(?:gnu)?makefile(?:\..+)?|.+\.mk|justfile")
# Where pyproject.toml and Pipfile keep them.
_TABLES = (
    ("tool", "pdm", "scripts"), ("tool", "taskipy", "tasks"), ("tool", "poe", "tasks"), ("tool", "rye", "scripts"),
    ("scripts",),
)  # fmt: skip
_HATCH = ("tool", "hatch", "envs")
_PRODUCTION = r"(?:prod|production|live)"
_STARTS = compiled(
    rf"(?:start|serve|run|web|server|{_PRODUCTION})(?:[:._-](?:start|serve|run|web|server|django|api|{_PRODUCTION}))*"
)
_LIVE = compiled(rf"(?:.*[:._-])?{_PRODUCTION}(?:[:._-].*)?")
_RECIPE = compiled(r"^([A-Za-z0-9_./% -]{1,200}):(?!=)")


class Script(NamedTuple):
    """name: what it is called by. command: for a shell."""

    name: str
    command: str
    line: int


def has_scripts(path: str) -> bool:
    name = path.rpartition("/")[2].lower()
    return name in _FILES or is_makefile(name)


def is_makefile(name: str) -> bool:
    return _MAKEFILE.fullmatch(name.lower()) is not None


def starting(path: str, text: str) -> list[Script]:
    """The commands of a file whose names say that they start the service; those for production only, where there are
    such. What a makefile runs is a developer's own, unless its name says more."""
    name = path.rpartition("/")[2].lower()
    if is_makefile(name):
        found = [Script(one.target, one.command, one.line) for one in recipes(text)]
    else:
        found = list(_of_json(text) if name.endswith(".json") else _of_toml(text))
    found = [one for one in found[:MAX_SCRIPTS] if _STARTS.fullmatch(one.name)]
    live = [one for one in found if _LIVE.fullmatch(one.name)]
    return live or ([] if is_makefile(name) else found)


class Recipe(NamedTuple):
    target: str
    command: str
    line: int


def recipes(text: str) -> Iterator[Recipe]:
    """The commands of a makefile in order, each with its continuations."""
    target = ""
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        line, start = lines[number], number + 1
        number += 1
        if not line.startswith(("\t", "    ")):
            match = _RECIPE.match(line)
            target = match[1] if match else target
            continue
        recipe = [line]
        while recipe[-1].endswith("\\") and number < len(lines):
            recipe.append(lines[number])
            number += 1
        yield Recipe(target, "\n".join(recipe).lstrip(" \t@-+").replace("$$", "$"), start)


def _of_json(text: str) -> Iterator[Script]:
    try:
        table = json.loads(text)
    except (ValueError, RecursionError):
        return
    scripts = table.get("scripts") if isinstance(table, dict) else None
    begin = max(text.find('"scripts"'), 0)
    for name, command in scripts.items() if isinstance(scripts, dict) else ():
        if isinstance(command, str):
            match = re.search(rf'"{re.escape(name)}"\s*:', text[begin:])
            yield Script(name, command, text.count("\n", 0, begin + match.start() if match else begin) + 1)


def _of_toml(text: str) -> Iterator[Script]:
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError):
        return
    environments = _get(table, _HATCH)
    tables = [_get(table, keys) for keys in _TABLES]
    tables += [_get(one, ("scripts",)) for one in environments.values()] if isinstance(environments, dict) else []
    for scripts in tables:
        for name, given in scripts.items() if isinstance(scripts, dict) else ():
            command = _command(given)
            if command:
                yield Script(name, command, _line_of(text, name))


def _get(table: object, keys: tuple[str, ...]) -> object:
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return table


def _command(given: object) -> str:
    """A text, a list of words (PDM), a list of commands (Hatch, Poe), or a table with one of these."""
    if isinstance(given, str):
        return given
    if isinstance(given, list):
        return " && ".join(one for one in given if isinstance(one, str))
    if isinstance(given, dict):
        for key in ("cmd", "shell"):
            held = given.get(key)
            if isinstance(held, list):
                return shlex.join(word for word in held if isinstance(word, str))
            if isinstance(held, str):
                return held
    return ""


def _line_of(text: str, name: str) -> int:
    """The first line that gives this key a value, or is the header of its table."""
    quoted = rf"[\"']?{re.escape(name)}[\"']?"
    match = re.search(rf"^[ \t]*(?:{quoted}[ \t]*[=.]|\[[^\]\n]*\.{quoted}\])", text, re.MULTILINE)
    return text.count("\n", 0, match.start()) + 1 if match else 1
