"""Small programs against Python itself: what is known is what a real import gives, whatever a library gives back, and
what depends on no variable is the same under every setting of the variables.

The programs are in semantics/: `====` between two of them, `--- path` before a further file of one. They are ours and
harmless; each is imported in a process of its own, with `ext` as the library that nobody can follow.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hardencheck.collect.interpret.values import Namespace, NotKnown, depends_of, plain
from tests.settings.following import repository

HERE = Path(__file__).parent / "semantics"
ENVIRONMENTS: tuple[dict[str, str], ...] = (
    {},
    {"V1": "x", "V2": "True", "V3": "1"},
    {"V1": "7", "V2": "", "V3": "b,c"},
    {"V2": "yes"},
)
WORLDS = ("return True", "return []", "raise ValueError('no')", "return {'a': 'changed', 'X': 'changed'}", "return 'a'")
EXT = """\
import contextlib
def unknown(*a, **k):
    {}
def deco(f):
    return False
swallow = contextlib.suppress(Exception)
"""
# For every program and world: what a fresh import gives, or the name of what it raises.
CHILD = """\
import importlib, json, os, shutil, sys, tempfile
programs, worlds, environment = json.load(sys.stdin)
os.environ.update(environment)
def shown(item):
    if isinstance(item, (list, tuple)):
        return [type(item).__name__, [shown(one) for one in item]]
    if isinstance(item, (set, frozenset)):
        return [type(item).__name__, sorted(map(repr, item))]
    if isinstance(item, dict):
        return ["dict", [[repr(key), shown(one)] for key, one in item.items()]]
    return [type(item).__name__, repr(item)]
def imported(files):
    folder = tempfile.mkdtemp()
    for name, text in files.items():
        os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.close(reading)
        sys.stdout = open(os.devnull, "w")
        sys.path.insert(0, folder)
        try:
            main = importlib.import_module("main")
            answer = {key: shown(item) for key, item in vars(main).items() if key.isupper()}
        except BaseException as error:
            answer = type(error).__name__
        with os.fdopen(writing, "w") as file:
            file.write(json.dumps(answer))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        answer = json.loads(file.read() or '"died"')
    os.wait()
    shutil.rmtree(folder)
    return answer
print(json.dumps([
    [imported({**files, "ext.py": world}) for world in (worlds if "from ext" in str(files) else worlds[:1])]
    for files in programs
]))
"""


def programs(name: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for block in (HERE / name).read_text().split("\n====\n"):
        files = {"main.py": ""}
        path = "main.py"
        for line in block.splitlines():
            if line.startswith("--- "):
                path = line.removeprefix("--- ")
                files[path] = ""
            else:
                files[path] += f"{line}\n"
        found.append(files)
    return found


def imported(found: list[dict[str, str]], environment: dict[str, str]) -> list[list[dict[str, Any] | str]]:
    env = {name: text for name, text in os.environ.items() if not name.startswith("V")}
    given = json.dumps([found, [EXT.format(world) for world in WORLDS], environment])
    done = subprocess.run(
        [sys.executable, "-I", "-c", CHILD],
        input=given,
        capture_output=True,
        text=True,
        env=env,
        check=True,
        timeout=300,
    )
    answer: list[list[dict[str, Any] | str]] = json.loads(done.stdout)
    return answer


def shown(item: object) -> list[Any]:
    if isinstance(item, list | tuple):
        return [type(item).__name__, [shown(one) for one in item]]
    if isinstance(item, set):
        return ["set", sorted(map(repr, item))]
    if isinstance(item, dict):
        return ["dict", [[repr(key), shown(one)] for key, one in item.items()]]
    return [type(item).__name__, repr(item)]


def known(names: Namespace) -> dict[str, tuple[object, bool]]:
    """Name -> (value, whether it is that in every environment) of what is known."""
    found: dict[str, tuple[object, bool]] = {}
    for name, binding in names.names.items():
        if name.isupper():
            try:
                found[name] = shown(plain(binding.value)), not depends_of(binding.value)
            except NotKnown:
                continue
    return found


# name, how many values of it are known at least: who knows nothing makes no mistakes.
@pytest.mark.parametrize(
    ("name", "least"), [("traps.txt", 45), ("language.txt", 200), ("environment.txt", 140), ("values.txt", 200)]
)
def test_what_is_known_is_what_an_import_gives(name: str, least: int) -> None:
    found = programs(name)
    environments = ENVIRONMENTS if name == "environment.txt" else ENVIRONMENTS[:1]
    real = [imported(found, environment) for environment in environments]
    count = 0
    for number, files in enumerate(found):
        for at, environment in enumerate(environments):
            names = repository(files, environment).module("main.py").namespace
            for setting, (value, firm) in known(names).items():
                count += at == 0
                for where, answers in enumerate(real):
                    for answer in answers[number] if where == at or firm else ():
                        assert isinstance(answer, str) or answer.get(setting) == value, (setting, environment, files)
            for where, answers in enumerate(real):
                for answer in answers[number]:
                    for setting in answer if isinstance(answer, dict) and where == at else ():
                        # Not set, only where a variable may set it after all.
                        assert names.get(setting) is not None, (setting, environment, files)
    assert count >= least
