"""Which settings module the deployment names, and which versions of frameworks are required."""

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._environment_facts import named_for_production, role_of
from hardencheck.collect.extract._package_scripts import has_scripts, starting
from hardencheck.collect.extract._python import parse
from hardencheck.collect.extract.environment import environment_of, form_of, speaks
from hardencheck.lazily import compiled
from hardencheck.model.facts.settings import (
    DeployedService,
    EnvironmentVariable,
    PackageRequirement,
    SettingsClassName,
    SettingsModuleName,
)
from hardencheck.model.location import Location

_MODULE = rb"([A-Za-z_][A-Za-z0-9_]{0,99}(?:\.[A-Za-z0-9_]{1,99}){0,20})"
_NAMED = compiled(
    rb"(DJANGO_SETTINGS_MODULE|DJANGO_CONFIGURATION)[\"']?[ \t]{0,5}\]?[ \t]{0,5}[,=:]?-?[ \t]{0,5}[\"']?" + _MODULE
)
_OPTION = compiled(
    rb"(?:manage\.py|django-admin(?:\.py)?)[ \t].{0,300}?(--settings|--configuration)[ \t=][\"']?" + _MODULE
)
# A command of the build, of tests or of one developer, not of the service: it often runs with settings of its own.
_BUILD = compiled(
    rb"^\s{0,99}RUN\b|collectstatic|(?:compile|make)messages|pytest|makemigrations|\b(?:runserver|shell|loaddata|test)\b"
)
_WORDS = (b"DJANGO_SETTINGS_MODULE", b"DJANGO_CONFIGURATION", b"--settings", b"--configuration")
_VARIABLES = frozenset({"DJANGO_SETTINGS_MODULE", "DJANGO_CONFIGURATION"})
_ENTRIES = frozenset({"wsgi.py", "asgi.py", "manage.py"})
_DOTTED = compiled(r"[A-Za-z_]\w{0,99}(?:\.\w{1,99}){0,20}")
_TESTED = compiled(r"(?:^|[._])tests?(?:ing)?(?:$|[._])")
_Source = Literal["environment", "wsgi", "manage"]
_PACKAGES = (
    "django", "flask", "fastapi", "starlette", "werkzeug", "gunicorn", "aiohttp", "waitress", "flask-talisman",
    "django-cors-headers", "django-csp", "flask-cors", "litestar", "quart", "sanic", "tornado", "pyramid", "uvicorn",
    "hypercorn", "granian", "uwsgi",
)  # fmt: skip


class SettingsModuleNames(Extractor):
    """DJANGO_SETTINGS_MODULE and DJANGO_CONFIGURATION in wsgi.py, asgi.py, manage.py and in everything that deploys."""

    name = "settings.module-names"
    version = 3
    emits = (SettingsModuleName, SettingsClassName)

    def wants(self, path: str, mode: int, size: int) -> bool:
        name = path.rpartition("/")[2].lower()
        return name in _ENTRIES or name in {"app.yaml", "app.json"} or form_of(path) != ""

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if not any(word in data for word in _WORDS) or role_of(path) != "production":
            return
        name = path.rpartition("/")[2].lower()
        source: _Source = "manage" if name == "manage.py" else "wsgi" if name in _ENTRIES else "environment"
        named = _of_python(data) if name.endswith(".py") else _of_package(path, data) if has_scripts(path) else None
        if named is None:
            named = _of_deployment(path, data)
        seen: set[tuple[str, str]] = set()
        for one in named:
            if (one.variable, one.value) in seen or _DOTTED.fullmatch(one.value) is None:
                continue
            seen.add((one.variable, one.value))
            here = Location(path=path, line=one.line)
            if one.variable == "DJANGO_SETTINGS_MODULE":
                yield SettingsModuleName(location=here, module=one.value, source=source)
            else:
                yield SettingsClassName(location=here, name=one.value, source=source)


class _Named(NamedTuple):
    variable: str
    value: str
    line: int


def _of_python(data: bytes) -> list[_Named] | None:
    """`os.environ.setdefault(...)`, `os.environ[...] =` and `raw_env`; None for what says it in some other way."""
    try:
        file = parse(data)
    except Unreadable:
        return None
    texts: dict[str, str | None] = {}
    for node in file.assigns:
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if isinstance(target, ast.Name):
            value = node.value.value if isinstance(node.value, ast.Constant) else None
            texts[target.id] = value if isinstance(value, str) and target.id not in texts else None
    found: list[_Named] = []
    mentioned = False

    def add(variable: ast.expr, value: ast.expr | None, line: int) -> None:
        nonlocal mentioned
        name = variable.value if isinstance(variable, ast.Constant) else None
        mentioned = mentioned or name in _VARIABLES
        text = texts.get(value.id) if isinstance(value, ast.Name) else getattr(value, "value", None)
        if isinstance(name, str) and name in _VARIABLES and isinstance(text, str):
            found.append(_Named(name, text, line))

    for call in file.calls:
        function = file.name(call.func)
        if function.endswith("environ.setdefault") and len(call.args) == 2:
            add(call.args[0], call.args[1], call.lineno)
        elif function.endswith("environ.update"):
            for keyword in call.keywords:
                add(ast.Constant(keyword.arg), keyword.value, keyword.value.lineno)
    for node in file.assigns:
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Subscript) and file.name(target.value).endswith("environ"):
                add(target.slice, node.value, node.lineno)
            elif (
                isinstance(target, ast.Name) and target.id == "raw_env" and isinstance(node.value, ast.List | ast.Tuple)
            ):
                for item in node.value.elts:
                    text = item.value if isinstance(item, ast.Constant) and isinstance(item.value, str) else ""
                    name, _, value = text.partition("=")
                    if name in _VARIABLES:
                        found.append(_Named(name, value, item.lineno))
    if not mentioned and not found:
        return None
    # Settings of tests are chosen under a condition, beside those of the service.
    return sorted((one for one in found if not _TESTED.search(one.value)), key=lambda one: one.line)


def _of_package(path: str, data: bytes) -> list[_Named]:
    """The scripts of a package that start the service."""
    return [
        one._replace(line=script.line)
        for script in starting(path, data.decode("utf-8", "replace"))
        for one in _of_lines(script.command.encode("utf-8", "replace"))
    ]


def _of_deployment(path: str, data: bytes) -> list[_Named]:
    """By the structure of the file; where that has no such variable, by its lines."""
    form = form_of(path)
    if form and not speaks(form, path, data):
        return []
    try:
        facts = environment_of(path, data) if form else []
    except Unreadable:
        facts = []
    held = [fact for fact in facts if isinstance(fact, EnvironmentVariable) and fact.name in _VARIABLES]
    if form == "dotenv" and not named_for_production(path):
        return []
    found = [
        _Named(fact.name, fact.value, fact.location.line or 1)
        for fact in held
        if fact.role == "production" and fact.what == "text"
    ]
    services = [fact for fact in facts if isinstance(fact, DeployedService)]
    if held or (services and all(fact.role != "production" for fact in services)):
        known = {fact.name for fact in held}
        return [*found, *(one for one in _of_lines(data) if one.variable not in known)] if found else found
    return list(_of_lines(data))


def _of_lines(data: bytes) -> Iterator[_Named]:
    for number, line in enumerate(data.splitlines(), start=1):
        if len(line) > 20_000 or line.lstrip().startswith(b"#"):
            continue
        if (match := _NAMED.search(line)) and not _BUILD.search(line):
            yield _Named(match[1].decode(), match[2].decode(), number)
        elif (match := _OPTION.search(line)) and not _BUILD.search(line):
            variable = "DJANGO_SETTINGS_MODULE" if match[1] == b"--settings" else "DJANGO_CONFIGURATION"
            yield _Named(variable, match[2].decode(), number)


class PackageRequirements(Extractor):
    """Versions of frameworks in requirements files, pyproject.toml, setup.cfg and lock files."""

    name = "package.requirements"
    version = 3
    emits = (PackageRequirement,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        name = path.rpartition("/")[2].lower()
        if name in {
            "pyproject.toml",
            "setup.cfg",
            "setup.py",
            "uv.lock",
            "poetry.lock",
            "pdm.lock",
            "pipfile",
            "pipfile.lock",
        }:
            return True
        return name.endswith((".txt", ".in")) and ("requirements" in path.lower() or "constraints" in name)

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        name = path.rpartition("/")[2].lower()
        text = data.decode("utf-8", "replace")
        found = (
            _locked(text)
            if name.endswith(".lock") and name != "pipfile.lock"
            else _pipfile_lock(text)
            if name == "pipfile.lock"
            else _required(text)
        )
        for line, package, lowest, exact, bounded in found:
            yield PackageRequirement(
                location=Location(path=path, line=line), package=package, lowest=lowest, exact=exact, bounded=bounded
            )


_Row = tuple[int, str, str | None, bool, bool]
_LOCKED = compiled(r'^name = "([\w.-]+)"\s*\nversion = "(\d[\w.]*)"', re.MULTILINE)
_PIPFILE = compiled(r'"(' + "|".join(_PACKAGES) + r')": \{[^{}]{0,20000}?"version": "==(\d[\w.]*)"', re.DOTALL)
_REQUIRED = compiled(
    r"(?<![\w./-])(" + "|".join(sorted(_PACKAGES, key=len, reverse=True)) + r")(?:\[[\w, -]{0,99}\])?[\"']?"
    r"\s*(?:=\s*(?:\{[^}\n]{0,200}?version\s*=\s*)?[\"'])?\(?\s*((?:(?:[<>=!~^]=?=?|==)\s*\d[\w.*]*\s*,?\s*)*|\d[\w.*]*)(?![\w-])",
    re.IGNORECASE,
)


def _locked(text: str) -> Iterator[_Row]:
    for match in _LOCKED.finditer(text):
        if match[1].lower() in _PACKAGES:
            yield text.count("\n", 0, match.start(2)) + 1, match[1].lower(), match[2], True, True


def _pipfile_lock(text: str) -> Iterator[_Row]:
    for match in _PIPFILE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match[1], match[2], True, True


_QUOTED = compiled(r"[\"']([^\"']{1,200})[\"']")


def _required(text: str) -> Iterator[_Row]:
    for number, line in enumerate(text.splitlines(), start=1):
        plain = line.strip(" \t")
        if not plain or len(line) > 2000 or plain.startswith(("#", "-r", "-c", "name", "description", "[")):
            continue
        # `dependencies = ["django>=5", "flask"]` in one line, or one requirement a line.
        several = _QUOTED.findall(plain) if "[" in plain and "=" in plain.partition("[")[0] else [plain.lstrip("\"'")]
        for one in several:
            match = _REQUIRED.match(one)
            if match is not None:
                yield (number, *_bounds(match[1].lower(), match[2] or ""))


def _bounds(package: str, spec: str) -> tuple[str, str | None, bool, bool]:
    bounds = re.findall(r"([<>=!~^]+)\s*(\d[\w.]*)", spec)
    exact = any(sign in {"==", "==="} and "*" not in spec for sign, _ in bounds)
    lows = [version for sign, version in bounds if sign in {"==", "===", ">=", ">", "~=", "^", "~"}]
    if not bounds and spec and spec[0].isdigit():
        lows = [spec.rstrip(".*")]
    bounded = any(sign.startswith(("<", "~", "^", "==")) for sign, _ in bounds) or bool(lows and not bounds)
    return package, lows[0].rstrip(".") if lows else None, exact, bounded
