"""Runs in a child process: imports settings for real, each in a fork of its own, and says what they are worth.

One request a line on standard input, one answer a line on standard output, both JSON. Arguments: the folders with
Django and the libraries.
"""

import ast
import contextlib
import datetime
import decimal
import importlib
import json
import os
import pathlib
import select
import signal
import sys
from types import FrameType
from typing import Any, TextIO

SECONDS = 20


def encoded(value: Any, depth: int = 0) -> list[Any]:
    """A value with its type, as JSON can hold it."""
    kind = type(value)
    if depth > 20:
        return ["other", "deep"]
    if value is None or kind in (bool, int, float, str):
        return [kind.__name__, value] if kind is not float else ["float", repr(value)]
    if kind in (list, tuple):
        return [kind.__name__, [encoded(item, depth + 1) for item in value]]
    if kind in (set, frozenset):
        return ["set", sorted((encoded(item, depth + 1) for item in value), key=repr)]
    if kind is dict:
        return ["dict", [[encoded(key), encoded(item, depth + 1)] for key, item in value.items()]]
    if kind is bytes:
        return ["bytes", value.hex()]
    if kind is datetime.timedelta:
        return ["timedelta", [value.days, value.seconds, value.microseconds]]
    if kind is decimal.Decimal:
        return ["Decimal", str(value)]
    if isinstance(value, pathlib.PurePath):
        return ["path", str(value)]
    return ["other", f"{kind.__module__}.{kind.__qualname__}"]


class Watch:
    """Where names in capitals were last given a value by a statement that can be seen to do that."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.statements: dict[str, dict[int, ast.AST]] = {}  # file -> line -> what stands there
        self.last: dict[int, int | None] = {}  # id of frame -> line
        self.kept: list[FrameType] = []  # frames, so that no id is used again
        self.held: dict[int, dict[str, Any]] = {}  # id of globals -> name -> value
        self.places: dict[int, dict[str, Any]] = {}  # id of globals -> name -> [file, line, sure]

    def of(self, file: str) -> dict[int, ast.AST]:
        if file not in self.statements:
            found: dict[int, ast.AST] = {}
            self.statements[file] = found
            with contextlib.suppress(OSError, SyntaxError, ValueError):
                for node in ast.walk(ast.parse(pathlib.Path(file).read_text())):
                    part: Any = getattr(node, "test", node) if hasattr(node, "body") else node
                    if isinstance(node, ast.stmt) and not (isinstance(part, ast.stmt) and hasattr(part, "body")):
                        for line in range(part.lineno, part.end_lineno + 1):
                            # Of two statements on one line nobody sees which of them ran.
                            both: list[Any] = [found[line], part] if line in found else []
                            found[line] = ast.Tuple(both, ast.Load()) if both else part
        return self.statements[file]

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        if not frame.f_code.co_filename.startswith(self.root):
            return None
        self.kept.append(frame)
        self.see(frame)
        return self.local

    def local(self, frame: FrameType, event: str, argument: Any) -> Any:
        self.see(frame, failed=event == "exception")
        self.last[id(frame)] = None if event == "exception" else frame.f_lineno
        return self.local

    def see(self, frame: FrameType, failed: bool = False) -> None:
        names = frame.f_globals
        file = frame.f_code.co_filename
        held = self.held.setdefault(id(names), {})
        places = self.places.setdefault(id(names), {})
        line = self.last.get(id(frame))
        node = self.of(file).get(line) if line is not None else None
        assigned: set[str] = set()
        if not failed and isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if getattr(node, "value", None) is not None and frame.f_locals is names:
                assigned = {target.id for target in targets if isinstance(target, ast.Name)}
        source = node if isinstance(node, ast.ImportFrom) and frame.f_locals is names and not failed else None
        taken = self.imported(source, names) if source is not None else {}
        hidden = self.hidden(node) if not assigned and source is None else set()
        for name, value in list(names.items()):
            if not name.isupper():
                continue
            if name in assigned:
                places[name] = [file, line if node is None else getattr(node, "lineno", line)]
            elif name in taken:
                places[name] = taken[name]
            elif name in hidden or "" in hidden or name not in held or held[name] is not value:
                places[name] = None  # by other means: nobody knows by which statement
            held[name] = value

    @staticmethod
    def hidden(node: ast.AST | None) -> set[str]:
        """Names that a statement may give a value in a way that does not show; "" among them: any."""
        found: set[str] = set()
        for part in ast.walk(node) if node is not None else ():
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                found.add(part.id)
            elif isinstance(part, ast.Name) and part.id in ("globals", "vars", "locals", "setattr", "include"):
                found.add("")
        return found

    def imported(self, node: ast.ImportFrom, names: dict[str, Any]) -> dict[str, Any]:
        """Where the names that a `from` statement brings in were given their values."""
        package = names.get("__package__") or ""
        module = node.module or ""
        if node.level:
            parts = package.split(".")
            base = ".".join(parts[: len(parts) - node.level + 1])
            module = f"{base}.{module}" if module else base
        source = sys.modules.get(module)
        if source is None:
            return {}
        there = self.places.get(id(vars(source)), {})
        if any(item.name == "*" for item in node.names):
            return {name: there.get(name) for name in vars(source) if name.isupper()}
        return {item.asname or item.name: there.get(item.name) for item in node.names if hasattr(source, item.name)}


def checks() -> list[str]:
    """The ids that Django's security checks give for the settings that are set up, None where they fail."""
    from django.core import checks as framework
    from django.core.checks.security import base, csrf, sessions  # noqa: F401

    found = framework.run_checks(tags=["security"], include_deployment_checks=True)
    return sorted({one.id for one in found})


def run(request: dict[str, Any]) -> dict[str, Any]:
    folder, module = request["folder"], request["module"]
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(folder)
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True
    sys.argv = ["gunicorn"]
    answer: dict[str, Any] = {}
    watch = Watch(folder + "/")
    try:
        if request["configuration"]:
            from configurations import importer

            os.environ["DJANGO_SETTINGS_MODULE"] = module
            os.environ["DJANGO_CONFIGURATION"] = request["configuration"]
            importer.install()
        else:
            sys.settrace(watch)
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            loaded = importlib.import_module(module)
        sys.settrace(None)
    except BaseException as error:
        sys.settrace(None)
        return {"error": f"{type(error).__name__}: {error}"[:300]}
    answer["values"] = {name: encoded(value) for name, value in vars(loaded).items() if name.isupper()}
    places = watch.places.get(id(vars(loaded)), {})
    answer["places"] = {
        name: [where[0][len(folder) + 1 :], where[1]] for name, where in places.items() if where is not None
    }
    if request["checks"]:
        try:
            os.environ["DJANGO_SETTINGS_MODULE"] = module
            from django.conf import settings

            names = [name for name in dir(settings) if name.isupper()]
            answer["effective"] = {name: encoded(getattr(settings, name)) for name in names}
            answer["checks"] = checks()
        except BaseException as error:
            answer["checks"] = f"{type(error).__name__}: {error}"[:300]
    return answer


def forked(request: dict[str, Any]) -> Any:
    """The answer of a process that nobody has imported anything of the target in before."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 0
        try:
            os.close(reading)
            text = json.dumps(run(request)).encode()
            with os.fdopen(writing, "wb") as out:
                out.write(text)
        except BaseException:
            code = 1
        finally:
            os._exit(code)
    os.close(writing)
    parts = []
    while True:
        ready, _, _ = select.select([reading], [], [], SECONDS)
        if not ready:
            os.kill(pid, signal.SIGKILL)
            break
        part = os.read(reading, 1 << 16)
        if not part:
            break
        parts.append(part)
    os.close(reading)
    os.waitpid(pid, 0)
    text = b"".join(parts)
    try:
        return json.loads(text)
    except ValueError:
        return {"error": "no answer"}


def main() -> None:
    sys.path[:0] = sys.argv[1:]
    out: TextIO = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    warm = (
        "django.conf", "django.core.checks", "django.core.checks.security.base", "environ", "environs", "decouple",
        "dj_database_url", "split_settings.tools", "dotenv", "yaml", "pydantic_settings", "tomllib", "configparser",
        "configurations", "configurations.values", "django.utils.translation", "django.core.management.utils",
    )  # fmt: skip
    for name in warm:
        importlib.import_module(name)
    import django

    print(json.dumps({"django": django.get_version()}), file=out, flush=True)
    for line in sys.stdin:
        print(json.dumps(forked(json.loads(line))), file=out, flush=True)


if __name__ == "__main__":
    main()
