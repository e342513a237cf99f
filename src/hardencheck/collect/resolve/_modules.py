"""The Python files of a repository as modules that import each other, and what the settings of one are worth."""

import posixpath
import re
from collections.abc import Mapping, Sequence

from hardencheck.collect.contract import Tree, Unreadable
from hardencheck.collect.extract._security_names import GUNICORN, KNOWN
from hardencheck.collect.interpret.python_names import STANDARD
from hardencheck.collect.interpret.values import Binding, Unknown
from hardencheck.collect.resolve._environment import Environment
from hardencheck.collect.resolve._follow import Bound, Followed, follow
from hardencheck.collect.resolve._versions import Version, admitted
from hardencheck.lazily import compiled
from hardencheck.model.facts.container import CopiedModule
from hardencheck.model.facts.hidden import HiddenSetting, RewrittenName
from hardencheck.model.facts.settings import Class, Expression, PythonModule
from hardencheck.model.gap import FactSet

_NAMES = KNOWN | GUNICORN
_RELATIVE = compiled(rb"^\s*from\s+\.", re.MULTILINE)
_LOCAL = ("local_settings", "settings_local", "local")


Namespace = dict[str, Bound]


class Modules:
    """The Python files of the repository, by path, and how they import each other."""

    def __init__(self, facts: FactSet, tree: Tree) -> None:
        self.known: dict[str, PythonModule] = {}
        for fact in facts.of("python.module"):
            if isinstance(fact, PythonModule) and fact.location.path is not None:
                self.known[fact.location.path] = fact
        self.broken = {
            gap.location.path: gap
            for gap in facts.gaps
            if "python.module" in gap.kinds and gap.location.path is not None
        }
        self.entries = tree.entries
        self.tree = tree
        self.facts = facts
        self._names: dict[str, list[str]] = {}
        self._rewrites = [
            fact
            for fact in (*facts.of("setting.hidden"), *facts.of("setting.rewritten"))
            if (isinstance(fact, RewrittenName) and fact.role == "production")
            or (
                isinstance(fact, HiddenSetting)
                and (fact.how, fact.role, fact.local) == ("by a command", "production", False)
            )
        ]
        self._placed = _placed(facts, tree)

    def _called(self, name: str) -> list[str]:
        """The paths of all modules and packages of one last name."""
        if not self._names:
            for path in self.entries:
                if path.endswith(".py"):
                    stem = path.removesuffix(".py").removesuffix("/__init__")
                    self._names.setdefault(stem.rpartition("/")[2], []).append(path)
        return self._names.get(name, [])

    def find(self, module: str, near: str) -> str | None:
        """The file of a dotted module (relative with leading dots), the one closest to the file that names it."""
        if module.startswith("."):
            level = len(module) - len(module.lstrip("."))
            folder = near.split("/")[:-1]
            if level - 1 > len(folder):
                return None
            base = folder[: len(folder) - (level - 1)]
            rest = [part for part in module.lstrip(".").split(".") if part]
            return self._file("/".join((*base, *rest)))
        if module.partition(".")[0] in STANDARD:
            return None
        return self._above(module, near) or self._elsewhere(module)

    def copied(self, module: str) -> str | None:
        """The file of the repository that an image has as this module, where one Dockerfile at least says so and no
        other one says something else."""
        wanted = f"/{module.replace('.', '/')}.py"
        found = {source for target, source in self._placed.items() if f"/{target}".endswith(wanted)}
        return found.pop() if len(found) == 1 else None

    def imported(self, module: str, near: str) -> str | None:
        """The same for an import. A single file somewhere else that is called like a library is not that library."""
        found = self.find(module, near)
        if found is None or module.startswith(".") or "." in module or found.endswith("/__init__.py"):
            return found
        return self._above(module, near)

    def _above(self, module: str, near: str) -> str | None:
        """Beside the file, or beside a folder that it is in."""
        folder = near.split("/")[:-1]
        wanted = module.replace(".", "/")
        while True:
            # A directory with an __init__.py is a package: what lies in it is imported through it.
            if not self._package(folder):
                found = self._file("/".join((*folder, wanted)))
                if found is not None:
                    return found
            if not folder:
                return None
            folder = folder[:-1]

    def _elsewhere(self, module: str) -> str | None:
        wanted = module.replace(".", "/")
        ends = (f"/{wanted}.py", f"/{wanted}/__init__.py")
        elsewhere = [
            path
            for path in self._called(wanted.rpartition("/")[2])
            for end in ends
            if path.endswith(end) and not self._package(path.removesuffix(end).split("/"))
        ]
        return elsewhere[0] if len(elsewhere) == 1 else None

    def _package(self, folder: Sequence[str]) -> bool:
        return bool(folder) and "/".join((*folder, "__init__.py")) in self.entries

    def _file(self, stem: str) -> str | None:
        for path in (f"{stem}.py", f"{stem}/__init__.py" if stem else "__init__.py"):
            if path in self.entries:
                return path
        return None

    def ours(self, module: str, near: str) -> bool:
        """Whether a module that was not found belongs to this repository, so that importing it fails."""
        if module.startswith(".") or module in _LOCAL:
            return True
        top = module.partition(".")[0]
        return top not in STANDARD and self._above(top, near) is not None

    def namespace(self, path: str) -> Namespace:
        """All settings of a module after it ran with an empty environment."""
        followed = self.follow(path, {})
        names = followed.names.keys() | (_NAMES if followed.rest is not None or followed.prefixes else set())
        return {name: bound for name in names if (bound := followed.bound(name)) is not None}

    def follow(self, path: str, environment: Environment, configuration: str = "", entry: str = "") -> Followed:
        """What every setting of a module is worth, followed through all that it imports and calls. entry: the module
        that a server loads before it."""
        source = (self.imported, self.ours, self.unreadable, self.versions, self.rewritten)
        return follow(self.tree, *source, path, environment, configuration, entry)

    def versions(self, package: str) -> tuple[Version, Version]:
        """The lowest and the highest version of a package that may be installed."""
        return admitted(self.facts, package)

    def rewritten(self, path: str) -> Mapping[str, Binding]:
        """The names in a file that a command writes to while the image is built, or before the server starts: what runs
        is another file than was read."""
        return {
            fact.name: Binding(
                Unknown(
                    "tainted", f"{fact.scope if isinstance(fact, HiddenSetting) else fact.tool} at {fact.location}"
                ),
                fact.location.path or "",
                fact.location.line or 1,
            )
            for fact in self._rewrites
            if _same_file(fact.target, path)
        }

    def local(self) -> frozenset[str]:
        """Files that are there and not tracked: a developer's own. In a directory that is no clone nobody can tell."""
        found = frozenset(path for path, entry in self.entries.items() if not entry.tracked)
        return found if len(found) < len(self.entries) else frozenset()

    def unreadable(self, path: str) -> tuple[str, str, int] | None:
        gap = self.broken.get(path)
        return (gap.reason.value, gap.detail, gap.location.line or 1) if gap is not None else None

    def class_of(self, dotted: str, near: str) -> tuple[str, Class] | None:
        """A class of the repository by its dotted name, also one that its package hands on from a module inside."""
        module, _, name = dotted.rpartition(".")
        path = self.find(module, near) if module else near
        if path is None:
            return None
        found = self._class_in(path, name)
        if found is not None or not path.endswith("/__init__.py"):
            return found
        folder = path.removesuffix("__init__.py")
        inside = [
            (file, item)
            for file, fact in self.known.items()
            if file.startswith(folder)
            for item in fact.classes
            if item.name == name
        ]
        return inside[0] if len(inside) == 1 else None

    def _class_in(self, path: str, name: str) -> tuple[str, Class] | None:
        fact = self.known.get(path)
        return next(((path, item) for item in (fact.classes if fact else ()) if item.name == name), None)


def _same_file(written: str, path: str) -> bool:
    """Whether a command that names a file may mean this one: it may start from another directory."""
    one, other = ([part for part in text.split("/") if part not in {"", "."}] for text in (written, path))
    short = min(len(one), len(other), 2)
    return short > 0 and one[-short:] == other[-short:]


def _placed(facts: FactSet, tree: Tree) -> dict[str, str]:
    """Path that only an image has -> the file of the repository that is copied there."""
    found: dict[str, set[str]] = {}
    for fact in facts.of("container.copied-module"):
        if not isinstance(fact, CopiedModule) or fact.role != "production":
            continue
        for base in dict.fromkeys(("", posixpath.dirname(fact.location.path or ""))):
            source, target = (posixpath.normpath(posixpath.join(base, path)) for path in (fact.source, fact.target))
            if source in tree.entries and target not in tree.entries and not _by_place(tree, source):
                found.setdefault(target, set()).add(source)
                break
    return {target: next(iter(sources)) for target, sources in found.items() if len(sources) == 1}


def _by_place(tree: Tree, path: str) -> bool:
    """Whether what a module is worth may depend on where it lies, or cannot be read."""
    try:
        data = tree.read(tree.entries[path])
    except Unreadable:
        return True
    return b"__file__" in data or _RELATIVE.search(data) is not None


def value_of(expression: Expression) -> bool | int | float | str | tuple[str, ...] | None:
    return expression.items if expression.what == "list" else expression.value
