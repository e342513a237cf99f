"""Which settings module the deployment names, and which versions of frameworks are required."""

import re
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Extractor, Found
from hardencheck.collect.extract._python import role
from hardencheck.lazily import compiled
from hardencheck.model.facts.settings import PackageRequirement, SettingsModuleName
from hardencheck.model.location import Location

_NAMED = compiled(
    rb"DJANGO_SETTINGS_MODULE[\"']?[ \t]{0,5}\]?[ \t]{0,5}[,=:]?[ \t]{0,5}[\"']?"
    rb"([A-Za-z_][A-Za-z0-9_]{0,99}(?:\.[A-Za-z0-9_]{1,99}){0,20})"
)
# A command of the build, not of the service: collectstatic often runs with settings of its own.
_BUILD = compiled(rb"^\s{0,99}RUN\b|collectstatic|compilemessages|pytest")
_PACKAGES = (
    "django", "flask", "fastapi", "starlette", "werkzeug", "gunicorn", "aiohttp", "waitress", "flask-talisman",
    "django-cors-headers",
)  # fmt: skip


class SettingsModuleNames(Extractor):
    """DJANGO_SETTINGS_MODULE in wsgi.py, asgi.py, manage.py, Dockerfile, compose file, unit and start scripts."""

    name = "settings.module-names"
    emits = (SettingsModuleName,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        name = path.rpartition("/")[2].lower()
        return (
            name in {"wsgi.py", "asgi.py", "manage.py", "procfile", "app.yaml", "app.json"}
            or name.startswith(("dockerfile", "containerfile"))
            or name.endswith((".dockerfile", ".service", ".sh"))
            or ("compose" in name and name.endswith((".yml", ".yaml")))
        )

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if role(path) != "production":
            return
        name = path.rpartition("/")[2].lower()
        source = "manage" if name == "manage.py" else "wsgi" if name in {"wsgi.py", "asgi.py"} else "environment"
        seen: set[str] = set()
        for number, line in enumerate(data.splitlines(), start=1):
            if line.lstrip().startswith(b"#") or _BUILD.search(line):
                continue
            found = _NAMED.search(line)
            if found and (module := found[1].decode()) not in seen:
                seen.add(module)
                yield SettingsModuleName(location=Location(path=path, line=number), module=module, source=source)  # type: ignore[arg-type]


class PackageRequirements(Extractor):
    """Versions of frameworks in requirements files, pyproject.toml, setup.cfg and lock files."""

    name = "package.requirements"
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
