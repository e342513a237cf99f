"""Settings of a framework that are changed outside of the settings layer: by code that runs later, or by a command that
edits a settings module while an image is built."""

import ast
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._python import PythonFile, parse, role, shorten
from hardencheck.collect.extract._security_names import NAME_IN_TEXT, may_be_relevant, relevant
from hardencheck.collect.extract.dockerfile import purpose
from hardencheck.collect.extract.python_settings import SKIPPED, Around
from hardencheck.lazily import compiled
from hardencheck.model.facts.hidden import ANY, HiddenSetting, How, Place
from hardencheck.model.location import Location

MAX_BYTES = 1 << 20
# Plain to see in the bytes: a file without any of these is not parsed for us.
_WRITES = compiled(
    rb"settings\s*\.\s*[A-Z][A-Z0-9_]*\s*(?:\[[^\]\n]{0,99}\]\s*)?(?:=[^=]|[-+|]=)"
    rb"|settings\s*\.\s*[A-Z][A-Z0-9_]*\s*\.\s*(?:append|insert|extend|remove|update|pop|clear|setdefault|add|discard)\("
    rb"|(?:set|del)attr\(\s*\w*settings|\bdel\s+\w*settings\b|settings\.configure\(|settings\.__dict__|vars\(\w*settings"
    rb"|current_app\.config|=\s*settings\s*\n|settings\s+as\s+\w"
)
_SETTINGS_FILE = compiled(
    r"(?:.*/)?(?:settings(?:_\w+)?|\w+_settings|local_settings|test_settings)\.py|(?:.*/)?settings/.*\.py|(?:.*/)?conf/\w+\.py"
)
_SETTINGS_MODULE = compiled(r"(?:[\w.]+\.)?(?:settings(?:_\w+)?|\w+_settings)(?:\.(?!py$)[a-z]\w*)?")
_CHANGES = frozenset({
    "append", "insert", "extend", "remove", "update", "pop", "clear", "setdefault", "add", "discard",
})  # fmt: skip
_PLACES: tuple[tuple[str, Place], ...] = (
    ("/management/commands/", "command"), ("/templatetags/", "template tag"), ("/scripts/", "script"),
    ("/bin/", "script"),
    ("middleware", "middleware"), ("views", "view"), ("/api/", "view"), ("tasks", "task"), ("signals", "signal"),
    ("receivers", "signal"),
)  # fmt: skip
_ENTRIES = frozenset({"manage.py", "wsgi.py", "asgi.py", "conftest.py", "setup.py", "celery.py", "__main__.py"})


class _Write(NamedTuple):
    node: ast.AST
    target: str
    name: str
    how: How
    value: str = ""


class HiddenSettings(Extractor):
    """Writes to django.conf.settings, to settings modules and to the configuration of a running Flask application."""

    name = "settings.hidden"
    emits = (HiddenSetting,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith(".py") and size <= MAX_BYTES

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        what_for = role(path)
        if what_for in SKIPPED or _SETTINGS_FILE.fullmatch(path) or not _WRITES.search(data):
            return
        try:
            file = parse(data)
        except Unreadable:
            return  # `python.settings` says that it cannot be read
        around = Around(file.tree)
        restored = _restored(file)
        for write in _writes(file):
            scope, conditional = around(write.node).scope, around(write.node).conditional
            place = _place(path, scope)
            if write.how == "configured" and (place == "script" or not scope):
                continue  # a program of its own has to
            back = write.name != ANY and (scope, write.name) in restored
            yield HiddenSetting(
                location=Location(path=path, line=getattr(write.node, "lineno", 1)),
                target=write.target,
                name=write.name,
                how=write.how,
                place=place,
                scope=scope,
                role=what_for,
                restored=back,
                local=back or place in {"command", "script"},
                conditional=conditional,
                value=write.value,
            )


def _place(path: str, scope: str) -> Place:
    low = f"/{path.lower()}"
    name = low.rpartition("/")[2]
    if scope.endswith(".ready") or scope == "ready":
        return "ready"
    for word, place in _PLACES:
        if word in (low if word.startswith("/") else name) or (place == "middleware" and "Middleware" in scope):
            return place
    if name in _ENTRIES:
        return "script"
    return "function" if scope else "module"


def _writes(file: PythonFile) -> Iterator[_Write]:
    aliases = _aliases(file)
    for node in file.assigns:
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            found = _target(file, target, aliases)
            if found is not None and relevant(found[1]):
                inner = isinstance(target, ast.Subscript) and not _is_table(file, target)
                how: How = "changed in place" if inner or isinstance(node, ast.AugAssign) else "assigned"
                value = shorten(node.value) if node.value is not None else ""
                yield _Write(node, *found, how, value)
    for part in ast.walk(file.tree) if b"del" in file.source.encode("utf-8", "replace") else ():
        for target in part.targets if isinstance(part, ast.Delete) else ():
            found = _target(file, target, aliases)
            if found is not None and relevant(found[1]):
                yield _Write(part, *found, "deleted")
    for call in file.calls:
        yield from _called(file, call, aliases)


def _is_table(file: PythonFile, target: ast.Subscript) -> bool:
    """`current_app.config["X"]`: the item is the setting itself."""
    return file.name(target.value).endswith(".config")


def _called(file: PythonFile, call: ast.Call, aliases: dict[str, str]) -> Iterator[_Write]:
    name = file.name(call.func)
    if name in {"setattr", "delattr"} and call.args:
        owner = _owner(file, call.args[0], aliases)
        if owner is not None and len(call.args) > 1:
            written = _written(call.args[1])
            if written is not None:
                value = shorten(call.args[2]) if len(call.args) > 2 else ""
                yield _Write(call, owner, written, "set by setattr" if name == "setattr" else "deleted", value)
        return
    if not isinstance(call.func, ast.Attribute):
        return
    if call.func.attr == "configure" and _owner(file, call.func.value, aliases) == "django.conf.settings":
        yield _Write(call, "django.conf.settings", ANY, "configured")
    elif call.func.attr in _CHANGES:
        found = _target(file, call.func.value, aliases)
        if found is not None and relevant(found[1]):
            yield _Write(call, *found, "changed in place")
        elif file.name(call.func.value) == "flask.current_app.config" and call.func.attr in {"update", "setdefault"}:
            for word in call.keywords:
                if word.arg is not None and relevant(word.arg):
                    yield _Write(call, "flask.current_app.config", word.arg, "assigned", shorten(word.value))


def _written(node: ast.expr) -> str | None:
    """The name that setattr() is given: "any" where it is computed and may be one of security."""
    match node:
        case ast.Constant(value=str() as name):
            return name if relevant(name) else None
        case ast.BinOp(left=ast.Constant(value=str() as start)) | ast.JoinedStr(values=[ast.Constant(value=start), *_]):
            return ANY if isinstance(start, str) and may_be_relevant(start) else None
    return ANY


def _aliases(file: PythonFile) -> dict[str, str]:
    """`conf = settings`: other names of the settings in this file."""
    found: dict[str, str] = {}
    for node in file.assigns:
        if isinstance(node, ast.Assign) and node.value is not None and len(node.targets) == 1:
            owner = _owner(file, node.value, {})
            target = node.targets[0]
            if owner is not None and isinstance(target, ast.Name):
                found[target.id] = owner
    return found


def _owner(file: PythonFile, node: ast.expr, aliases: dict[str, str]) -> str | None:
    """What is written to, when it is the settings of a framework."""
    name = file.name(node)
    if not name:
        return None
    if name in aliases:
        return aliases[name]
    if name == "django.conf.settings" or name.endswith(".django.conf.settings"):
        return "django.conf.settings"
    first = name.partition(".")[0]
    imported = any(value == name or name.startswith(f"{value}.") for value in file.aliases.values())
    if imported and first not in {"self", "cls"} and _SETTINGS_MODULE.fullmatch(name.lstrip(".")):
        return name.lstrip(".")
    return None


def _target(file: PythonFile, node: ast.expr, aliases: dict[str, str]) -> tuple[str, str] | None:
    """(what is written to, the setting) of `settings.X`, `settings.X[...]` or `current_app.config["X"]`."""
    if isinstance(node, ast.Subscript):
        if file.name(node.value) == "flask.current_app.config":
            key = node.slice
            name = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ANY
            return ("flask.current_app.config", name) if name != ANY else None
        return _target(file, node.value, aliases)
    if isinstance(node, ast.Attribute) and node.attr.isupper():
        owner = _owner(file, node.value, aliases)
        return (owner, node.attr) if owner is not None else None
    return None


def _restored(file: PythonFile) -> set[tuple[str, str]]:
    """(function, setting) of all that is written once more in a `finally`, or in the second half of a pair."""
    aliases = _aliases(file)
    found: set[tuple[str, str]] = set()
    around = Around(file.tree)
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Try):
            for part in (inner for statement in node.finalbody for inner in ast.walk(statement)):
                for target in part.targets if isinstance(part, ast.Assign | ast.Delete) else ():
                    held = _target(file, target, aliases)
                    if held is not None:
                        found.add((around(node).scope, held[1]))
    return found


# Commands

_EDITS = compiled(r"\bsed\b[^|;&]*\s-\w*i|\bperl\b[^|;&]*\s-\w*i|>>|\btee\b\s+(?:-a|--append)")
_FILE = compiled(r"(?<![\w.-])[\w./$\{\}-]*(?:settings[\w.-]*\.py|settings/[\w-]+\.py)")


class EditedSettings(Extractor):
    """Commands of Dockerfiles, scripts and makefiles that edit a settings module: sed, echo, tee, perl."""

    name = "settings.edited"
    emits = (HiddenSetting,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return _kind(path) is not None and size <= MAX_BYTES

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if b"settings" not in data:
            return
        place = _kind(path) or "script"
        text = data.decode("utf-8", "replace")
        number = 0
        for lines in _logical(text):
            number += 1
            first, whole = number, " ".join(lines)
            number += len(lines) - 1
            if whole.lstrip().startswith("#") or len(whole) > 20_000:
                continue
            for command in re.split(r"&&|\|\||;", whole):
                file = _FILE.search(command)
                if file is None or not _EDITS.search(command):
                    continue
                line = next((first + n for n, one in enumerate(lines) if file[0] in one), first)
                for name in sorted({one for one in NAME_IN_TEXT.findall(command) if relevant(one)}):
                    yield HiddenSetting(
                        location=Location(path=path, line=line),
                        target=file[0],
                        name=name,
                        how="by a command",
                        place=place,
                        role=purpose(path),
                    )


def _kind(path: str) -> Place | None:
    name = path.rpartition("/")[2].lower()
    if name.startswith(("dockerfile", "containerfile")) or name.endswith((".dockerfile", ".containerfile")):
        return "image build"
    if name.endswith((".sh", ".bash")) or name in {"entrypoint", "docker-entrypoint"}:
        return "shell script"
    return "makefile" if name in {"makefile", "gnumakefile"} or name.endswith(".mk") else None


def _logical(text: str) -> Iterator[list[str]]:
    """Lines that a backslash joins, together."""
    held: list[str] = []
    for line in text.splitlines():
        held.append(line.rstrip().removesuffix("\\"))
        if not line.rstrip().endswith("\\"):
            yield held
            held = []
    if held:
        yield held
