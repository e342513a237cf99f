"""A repository in memory, as far as the resolvers of logging look at it."""

import textwrap
from collections.abc import Mapping

from hardencheck.collect.contract import Entry, Found, Resolver
from hardencheck.collect.extract.deployment_names import PackageRequirements, SettingsModuleNames
from hardencheck.collect.extract.logging_config import LoggingPython
from hardencheck.collect.extract.logging_files import LoggingFiles
from hardencheck.collect.extract.logging_handlers import LoggingHandlers
from hardencheck.collect.extract.logging_libraries import LoggingLibraries
from hardencheck.collect.extract.logging_requests import LoggedRequests
from hardencheck.collect.extract.logging_servers import GunicornFiles, Servers
from hardencheck.collect.extract.python_settings import PythonSettings
from hardencheck.collect.extraction import extract_file
from hardencheck.collect.resolve.logging_configurations import LoggingConfigurations
from hardencheck.model.facts.logging import LoggerSetting
from hardencheck.model.gap import FactSet, Gap
from hardencheck.model.target import Subject

EXTRACTORS = (
    LoggingPython(),
    LoggingFiles(),
    LoggingHandlers(),
    LoggingLibraries(),
    LoggedRequests(),
    PythonSettings(),
    GunicornFiles(),
    Servers(),
    SettingsModuleNames(),
    PackageRequirements(),
)
Files = Mapping[str, str]


class MemoryTree:
    def __init__(self, files: Files) -> None:
        self._data = {path: textwrap.dedent(text).encode() for path, text in files.items()}
        self.entries = {
            path: Entry(path=path, raw=path.encode(), mode=0o100644, size=len(data))
            for path, data in self._data.items()
        }
        self.subject = Subject(name="x", kind="directory")
        self.changed: frozenset[str] = frozenset()
        self.staged: frozenset[str] = frozenset()

    def read(self, entry: Entry) -> bytes:
        return self._data[entry.path]


def extracted(tree: MemoryTree) -> FactSet:
    found: list[Found] = []
    for path, entry in tree.entries.items():
        wanted = [one for one in EXTRACTORS if one.wants(path, entry.mode, entry.size)]
        found += extract_file(wanted, path, entry.mode, tree.read(entry))
    return FactSet().plus(found)


def resolved(files: Files, *resolvers: Resolver) -> list[Found]:
    """What the resolvers add, and what the extractors say of logging themselves."""
    tree = MemoryTree(files)
    facts = extracted(tree)
    found: list[Found] = []
    for resolver in resolvers or (LoggingConfigurations(),):
        found += resolver.resolve(facts.plus(found), tree)
    return found


def loggers(files: Files | str) -> dict[str, tuple[bool, bool]]:
    """name -> (discards, debug) of every logger that is known."""
    given = {"shop/settings.py": files} if isinstance(files, str) else files
    return {item.logger: (item.discards, item.debug) for item in resolved(given) if isinstance(item, LoggerSetting)}


def gaps(found: list[Found]) -> list[tuple[int | None, str]]:
    return [(item.location.line, item.detail) for item in found if isinstance(item, Gap)]
