"""PasteDeploy files (`production.ini`): the application that production starts from one, its settings, its server.

Sources: PasteDeploy 3 "Config File Format", Pyramid 2 "Startup" and "Environment Variables and .ini File Settings".
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hardencheck.collect.contract import Tree
from hardencheck.collect.extract._environment_facts import PRODUCTION, words_of
from hardencheck.collect.extract._ini import Entry, sections
from hardencheck.collect.extract._python import role
from hardencheck.collect.interpret.values import Binding, Const, Unknown, Value
from hardencheck.collect.resolve._follow import Files
from hardencheck.lazily import compiled
from hardencheck.model.facts.logging import ServerCommand
from hardencheck.model.facts.settings import DeployedService
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location

_PLACEHOLDER = compiled(r"%(?:%|\(([^()]{1,200})\)s)")
_COMMENTED = compiled(r"\s[;#]")
_FACTORY = compiled(r"([A-Za-z_][\w.]{0,200}):([A-Za-z_]\w{0,100})")
_ENTRY = compiled(
    r"paste\.app_factory[\"'\]:=\s{\[]{0,40}([\w.-]{1,60})[\"']?\s*=\s*[\"']?([A-Za-z_][\w.]{0,200}):(\w{1,100})"
)
_PROJECTS = ("setup.py", "setup.cfg", "pyproject.toml")
_MOST_FILES, _DEEPEST, _LONGEST = 200, 8, 4_000
_OURS = ("use", "filter-with", "pipeline")
_BY_PSERVE = frozenset({"pserve", "paster", "gunicorn", "uwsgi"})


class Paste(NamedTuple):
    """One file. sections: by name, with "DEFAULT". served: pserve is what starts it, as far as anybody knows."""

    path: str
    sections: Mapping[str, Mapping[str, Entry]]
    lines: Mapping[str, int]
    served: bool

    def value(self, section: str, key: str) -> Binding:
        """What a key of a section is worth."""
        held = self.sections[section][key]
        text = self._interpolated(section, held.text, (), {})
        value: Value = (
            Const(text)
            if text is not None
            else Unknown(
                "location" if "%(here)s" in held.text else "loader",
                f"{key}, which has a placeholder that is not known",
                self.path,
                held.line,
            )
        )
        if text is not None and _COMMENTED.search(text):
            value = Unknown("loader", f"{key}, which may end in a comment", self.path, held.line)
        return Binding(value, self.path, held.line)

    def _interpolated(
        self, section: str, text: str, within: tuple[str, ...], known: dict[str, str | None]
    ) -> str | None:
        """None where a placeholder is not known: where the file lies is not known."""
        if "%" not in text:
            return text
        if len(within) > _DEEPEST or "%" in _PLACEHOLDER.sub("", text):
            return None
        parts: list[str] = []
        position = 0
        for match in _PLACEHOLDER.finditer(text):
            parts.append(text[position : match.start()])
            position = match.end()
            name = match[1]
            if name is None:
                parts.append("%")
                continue
            if name not in known:
                held = self.sections[section].get(name) or self.sections["DEFAULT"].get(name)
                found = held is not None and name not in within
                known[name] = self._interpolated(section, held.text, (*within, name), known) if held and found else None
            inner = known[name]
            if inner is None or len(inner) > _LONGEST:
                return None
            parts.append(inner)
        joined = "".join((*parts, text[position:]))
        return joined if len(joined) <= _LONGEST else None

    def settings(self, section: str) -> dict[str, Binding] | None:
        """What the factory of an application is given; None where that is not followed."""
        if section not in self.sections or "filter-with" in self.sections[section]:
            return None
        held: dict[str, Binding] = {}
        used = self.sections[section].get("use", Entry("", 0)).text
        if used and not used.startswith(("egg:", "call:")):
            base = None if used.startswith("config:") or f"app:{used}" == section else self.settings(f"app:{used}")
            if base is None:
                return None
            held |= base
        for key in self.sections[section]:
            if key.startswith("get "):
                name = key[4:].strip()
                given = self.sections[section][key].text
                if given not in self.sections["DEFAULT"] or self.changed(section):
                    return None
                held[name] = self.value("DEFAULT", given)
            elif not key.startswith("set ") and key not in _OURS and not key.startswith("paste."):
                # What is said for the whole file goes to the factory apart.
                if key not in self.sections["DEFAULT"]:
                    held[key] = self.value(section, key)
        return held

    def changed(self, section: str) -> list[str]:
        """What a section says otherwise of what is said for the whole file."""
        return [key[4:].strip() for key in self.sections[section] if key.startswith("set ")]

    def application(self) -> str:
        """The section of the application that is served: `main`, or what its pipeline ends with; "" for none."""
        if "app:main" in self.sections:
            return "app:main"
        pipeline = self.sections.get("pipeline:main", {}).get("pipeline")
        words = pipeline.text.split() if pipeline is not None else []
        return f"app:{words[-1]}" if words and f"app:{words[-1]}" in self.sections else ""

    def waitress(self) -> dict[str, Binding] | None:
        """What waitress is given by `[server:main]`; None where that is no server of this file, or pserve does not
        start it."""
        section = self.sections.get("server:main", {})
        used = section["use"].text.strip() if "use" in section else ""
        if not self.served or used not in {"egg:waitress", "egg:waitress#main"}:
            return None
        return {key: self.value("server:main", key) for key in section if key != "use"}

    def factory(self, section: str, depth: int = 0) -> str:
        """`egg:Shop#main` or `call:shop:main`; "" where another file says it."""
        used = self.sections.get(section, {}).get("use")
        if used is None:
            named = self.sections.get(section, {}).get("paste.app_factory")
            return f"call:{named.text}" if named is not None else ""
        if used.text.startswith(("egg:", "call:")):
            return used.text
        return self.factory(f"app:{used.text}", depth + 1) if depth < _DEEPEST else ""


def _read(path: str, text: str, served: bool) -> Paste:
    found, lines = sections(text.replace("[application:main]", "[app:main]"))
    return Paste(path, found, lines, served)


def pastes(facts: FactSet, tree: Tree) -> list[Paste]:
    """The files that production starts: those that commands name, else those whose names say so, else the only one."""
    found: dict[str, str] = {}
    for path in sorted(path for path in tree.entries if path.endswith(".ini")):
        if role(path) == "production" and len(found) < _MOST_FILES:
            data = Files(tree).text(path)
            text = data.decode("utf-8-sig", "replace") if data is not None else ""
            if "[app:" in text or "[pipeline:main]" in text:
                found[path] = text
    if not found:
        return []
    services = [fact for fact in facts.of("deployment.service") if isinstance(fact, DeployedService)]
    started = [fact for fact in services if fact.role == "production" and _BY_PSERVE & set(fact.runs)]
    here = {path.rpartition("/")[2] for path in found}
    named: dict[str, bool] = {}
    for fact in started:
        by_pserve = "pserve" in fact.runs
        for name in fact.runs:
            if name.endswith(".ini") and (by_pserve or name in here):
                named[name] = named.get(name, False) or by_pserve
    chosen = [path for path in found if path.rpartition("/")[2] in named]
    if not named:
        live = [path for path in found if PRODUCTION & words_of(path.rpartition("/")[2])]
        chosen = live or (list(found) if len(found) == 1 else [])
    alone = not any(isinstance(fact, ServerCommand) and fact.role == "production" for fact in facts.facts)
    return [_read(path, found[path], named.get(path.rpartition("/")[2], alone and not named)) for path in chosen]


class Factory(NamedTuple):
    """module, function: what is called. settings: its keyword arguments. rest: what the file says of all it has."""

    module: str
    function: str
    settings: Mapping[str, Binding]
    rest: Mapping[object, Value]
    where: Location


def factories(facts: FactSet, tree: Tree) -> Iterator[Factory]:
    """What is called to make an application; not that which two files start with settings of their own."""
    made: dict[tuple[str, str], list[Factory]] = {}
    entries = _entries(tree)
    for paste in pastes(facts, tree):
        section = paste.application()
        settings = paste.settings(section)
        used = paste.factory(section)
        if settings is None or not used:
            continue
        match = _FACTORY.fullmatch(used.removeprefix("call:").strip())
        if used.startswith("egg:"):
            name, _, entry = used.removeprefix("egg:").strip().partition("#")
            package = re.sub(r"[-.]", "_", name)
            module, function = entries.get(entry or "main", (package, "main"))
            module = module if module.partition(".")[0].lower() == package.lower() else package
        elif match is not None:
            module, function = match[1], match[2]
        else:
            continue
        rest: dict[object, Value] = {key: paste.value("DEFAULT", key).value for key in paste.sections["DEFAULT"]}
        others = ("here", "__file__", *paste.changed(section))
        rest |= {key: Unknown("location", f"%({key})s", paste.path, 1) for key in others}
        where = Location(path=paste.path, line=paste.lines.get(section))
        made.setdefault((module, function), []).append(Factory(module, function, settings, rest, where))
    for several in made.values():
        if len(several) == 1:
            yield several[0]


def _entries(tree: Tree) -> dict[str, tuple[str, str]]:
    """Name of an entry point -> (module, function)."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted(tree.entries):
        if path.rpartition("/")[2] in _PROJECTS and (data := Files(tree).text(path)) is not None:
            for match in _ENTRY.finditer(data.decode("utf-8", "replace")):
                found.setdefault(match[1], (match[2], match[3]))
    return found
