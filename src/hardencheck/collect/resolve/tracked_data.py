"""What should not be in a clone: databases and their dumps; and whether .gitignore keeps .env out of it."""

import posixpath
import re
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Entry, Found, Resolver, Tree, Unreadable
from hardencheck.collect.extract._python import role
from hardencheck.lazily import compiled
from hardencheck.model.facts.files import EnvironmentIgnored, TrackedDatabase
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location

MAX_DUMP = 8 << 20  # of a dump that is looked into
MAX_TEXT = 256 * 1024
_NAMES = compiled(r".+\.(?:sqlite3?|db3?|sql|dump|pgdump|rdb|mdb|bak)", re.IGNORECASE)
_MAGIC = ((b"SQLite format 3\0", "SQLite database"), (b"PGDMP", "dump of PostgreSQL"), (b"REDIS00", "dump of Redis"))
_DUMP = compiled(rb"-- (?:PostgreSQL database dump|MySQL dump|MariaDB dump)|^-- phpMyAdmin SQL Dump", re.MULTILINE)
_ROWS = compiled(rb"^(?:COPY [^\n]{1,2000} FROM stdin;\r?\n(?!\\\.)|INSERT INTO )", re.MULTILINE)
_TEMPLATE = compiled(
    r"(?:.*/)?\.?env[._-](?:example|sample|template|dist|tmpl|tpl|default)s?|(?:.*/)?(?:example|sample)\.env"
)
_MENTIONS = compiled(rb"(?<![\w.*])(?:\./)?\.env(?![\w.])")
_COMPOSE = compiled(r"(?:.*/)?(?:docker-)?compose[\w.-]*\.ya?ml")


class TrackedData(Resolver):
    """Databases in the index, by their first bytes, and the ignore rules that hold for .env."""

    name = "files.tracked-data"
    emits = (TrackedDatabase, EnvironmentIgnored)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        clone = {path: entry for path, entry in tree.entries.items() if entry.tracked and not entry.live}
        for path, entry in clone.items():
            if entry.link is None and entry.size and _NAMES.fullmatch(path):
                form = _form(tree, entry)
                if form:
                    yield TrackedDatabase(location=Location(path=path), form=form, role=role(path))
        yield from _ignored(tree, clone)


def _form(tree: Tree, entry: Entry) -> str:
    if entry.size > MAX_DUMP:
        # Whatever it is in detail: nobody writes so much of it by hand.
        return "database" if not entry.path.lower().endswith((".bak", ".sql")) else "dump of a database"
    try:
        data = tree.read(entry)
    except Unreadable:
        return ""
    for magic, form in _MAGIC:
        if data.startswith(magic):
            return form
    dumped = _DUMP.search(data[:256]) is not None and _ROWS.search(data) is not None
    return "dump of a database" if dumped else ""


def _ignored(tree: Tree, clone: dict[str, Entry]) -> Iterator[EnvironmentIgnored]:
    """One fact for each folder in which a .env is expected and none is tracked."""
    seen: set[str] = set()
    for path, line in _expected(tree, clone):
        folder = posixpath.dirname(path)
        wanted = posixpath.join(folder, ".env")
        if folder in seen or wanted in clone or role(path) != "production":
            continue
        seen.add(folder)
        where, ignored = _rules(tree, wanted)
        yield EnvironmentIgnored(
            location=Location(path=where, line=1) if where else Location(path=path, line=line),
            path=wanted,
            ignored=ignored,
        )


def _expected(tree: Tree, clone: dict[str, Entry]) -> Iterator[tuple[str, int]]:
    """Files that say that a .env lies beside them, and the line: templates of one, compose files, .dockerignore."""
    for path, entry in clone.items():
        if entry.link is not None:
            continue
        name = path.rpartition("/")[2]
        if _TEMPLATE.fullmatch(path.lower()):
            yield path, 1
        elif name == ".dockerignore" or _COMPOSE.fullmatch(path.lower()):
            if entry.size > MAX_TEXT:
                continue
            try:
                data = tree.read(entry)
            except Unreadable:
                continue
            mention = _MENTIONS.search(data)
            if mention is not None:
                yield path, data.count(b"\n", 0, mention.start()) + 1


def _rules(tree: Tree, path: str) -> tuple[str, bool]:
    """(the .gitignore that decides, "" where there is none, whether the path is ignored): the innermost one that says
    anything, and of its lines the last one. Source: gitignore(5)."""
    from pathspec import GitIgnoreSpec

    folder = posixpath.dirname(path)
    nearest = ""
    while True:
        name = posixpath.join(folder, ".gitignore")
        entry = tree.entries.get(name)
        if entry is not None and entry.link is None and entry.size <= MAX_TEXT:
            try:
                lines = tree.read(entry).decode("utf-8-sig", "replace").splitlines()
            except Unreadable:
                lines = []
            nearest = nearest or name
            try:
                said = (
                    GitIgnoreSpec.from_lines(lines[:5_000]).check_file(posixpath.relpath(path, folder or ".")).include
                )
            except ValueError:  # a pattern that git does not take either
                said = None
            if said is not None:
                return name, said
        if not folder:
            return nearest, False
        folder = posixpath.dirname(folder)
