"""Following a small repository: what each setting of main.py is worth, or the reason why it is not known."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import PurePosixPath
from typing import NamedTuple

from hardencheck.collect.interpret.interpreter import Interpreter
from hardencheck.collect.interpret.run import Source
from hardencheck.collect.interpret.values import Namespace, NotKnown, Value, depends_of, plain

Files = Mapping[str, str | bytes]


class Why(NamedTuple):
    """Not known, for this reason."""

    reason: str


class Case(NamedTuple):
    """text: main.py. wanted: setting -> value as the real library gave it, or Why. env: variables that are set.
    files: others of the repository."""

    text: str
    wanted: dict[str, object]
    env: dict[str, str] = {}
    files: Files = {}


def cases(spelled: str) -> list[Case]:
    """Blocks with a blank line between them. `$ NAME=value` sets a variable, `--- path text` is a file (with \\n in
    it), all other lines are main.py: `X = f()  #= 1` says what X is worth there (`#  ` goes on with it), `#? branch`
    why that is not known."""
    found: list[Case] = []
    for block in spelled.strip().split("\n\n"):
        code: list[str] = []
        made = Case("", {}, {}, {})
        files: dict[str, str | bytes] = {}
        for line in block.replace("\n#  ", " ").splitlines():
            if line.startswith("$ "):
                name, _, value = line[2:].partition("=")
                made.env[name] = value
            elif line.startswith("--- "):
                path, _, text = line[4:].partition(" ")
                files[path] = text.replace("\\n", "\n").replace("\\\n", "\\n")
            else:
                code.append(line)
                name = line.strip().removeprefix("def ").partition(" = ")[0].partition("(")[0]
                _, mark, value = line.partition("  #= ")
                if mark:
                    made.wanted[name] = eval(value, {"PurePosixPath": PurePosixPath, "timedelta": timedelta})
                elif "  #? " in line:
                    made.wanted[name] = Why(line.rpartition("  #? ")[2].strip())
        found.append(made._replace(text="\n".join(code) + "\n", files=files))
    assert all(case.wanted for case in found)
    return found


def repository(files: Files, environment: Mapping[str, str] | None = None) -> Interpreter:
    def find(module: str, near: str) -> str | None:
        level = len(module) - len(module.lstrip("."))
        folder = near.split("/")[:-1]
        stem = "/".join([*(folder[: len(folder) - level + 1] if level else []), *module.lstrip(".").split(".")])
        for path in (f"{stem}.py", f"{stem.rstrip('/')}/__init__.py"):
            if path in files:
                return path
        return None

    def read(path: str) -> bytes | None:
        data = files.get(path)
        return data.encode() if isinstance(data, str) else data

    def ours(module: str, near: str) -> bool:
        return find(module.partition(".")[0], "") is not None

    return Interpreter(Source(read, find, ours, lambda: files), dict(environment or {}))


def shown(value: Value) -> object:
    try:
        return plain(value)
    except NotKnown as error:
        return Why(error.value.reason)


def worth(names: Namespace) -> dict[str, object]:
    return {name: shown(binding.value) for name, binding in names.names.items() if name.isupper()}


def followed(files: Files, environment: Mapping[str, str] | None = None, start: str = "main.py") -> dict[str, object]:
    return worth(repository(files, environment).module(start).namespace)


def depending(files: Files, environment: Mapping[str, str] | None = None) -> dict[str, list[str]]:
    names = repository(files, environment).module("main.py").namespace.names
    return {name: sorted(depends_of(item.value)) for name, item in names.items() if name.isupper()}


def check(case: Case) -> None:
    found = followed({"main.py": case.text, **case.files}, case.env)
    wanted = {name: found.get(name) for name in case.wanted}
    assert wanted == case.wanted
    assert {name: type(item) for name, item in wanted.items()} == {n: type(i) for n, i in case.wanted.items()}
