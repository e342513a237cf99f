"""The options of uWSGI's configuration files: ini, YAML, JSON and XML. Source: uWSGI 2.0, "Configuring uWSGI"."""

import re
from collections.abc import Iterator

from hardencheck.collect.contract import Unreadable
from hardencheck.collect.extract._python import without_credentials
from hardencheck.collect.extract._yaml import Mapping, Scalar, below, documents, items_of
from hardencheck.collect.interpret.values import Binding, Const, Unknown, Value
from hardencheck.lazily import compiled

ENDINGS = (".ini", ".yaml", ".yml", ".json", ".xml")
MAX_LINES = 2_000
_VARIABLE = compiled(r"\$\((\w{1,100})\)")
_SECTION = compiled(r"<uwsgi\b[^>]{0,200}>(.{0,200000}?)(?:</uwsgi>|\Z)", re.DOTALL)
_ELEMENT = compiled(r"<([a-zA-Z][\w-]{0,60})(?:\s*/>|>([^<]{0,1000})</\1\s*>)")
_COMMENT = compiled(r"<!--.*?-->", re.DOTALL)


def options(path: str, data: bytes) -> tuple[dict[str, Binding], int]:
    """The options of the section of uWSGI and its line, 0 where there is none; what uWSGI decides or computes is not
    known."""
    if path.endswith(".ini"):
        return _ini(path, data)
    names: dict[str, Binding] = {}
    at = 0
    for key, text, number in _xml(data) if path.endswith(".xml") else _yaml(data):
        at = at or number
        if key:
            names[key.replace("_", "-")] = Binding(_worth(text, f"{key} {text}", path, number), path, number)
    return names, at


def _worth(text: str, shown: str, path: str, number: int) -> Value:
    if variables := _VARIABLE.findall(text):
        return Unknown("env-required", " and ".join(dict.fromkeys(variables)), path, number)
    if "$(" in text or "%(" in text or "@(" in text:
        return Unknown("loader", f"{shown[:80]}, which uWSGI computes,", path, number)
    return Const(without_credentials(text))


def _ini(path: str, data: bytes) -> tuple[dict[str, Binding], int]:
    names: dict[str, Binding] = {}
    section, at, condition = False, 0, ""
    for number, raw in enumerate(data.decode("utf-8-sig", "replace").splitlines()[:MAX_LINES], start=1):
        line = raw.strip()
        if line.startswith("["):
            section = line.lower().startswith("[uwsgi")
            at = at or (number if section else 0)
            continue
        key, equals, text = (part.strip() for part in line.partition("="))
        if not section or not key or key.startswith(("#", ";")):
            continue
        if key.startswith(("if-", "for-", "end")) or key == "for":
            condition = "" if key.startswith("end") else line[:80]
            continue
        value = _worth(text if equals else "true", line, path, number)
        if condition:
            value = Unknown("branch", condition, path, number)
        names[key.replace("_", "-")] = Binding(value, path, number)
    return names, at


def _yaml(data: bytes) -> Iterator[tuple[str, str, int]]:
    """`uwsgi:` of YAML or JSON; the first one has no key, and the line of the section."""
    try:
        found = documents(data)
    except Unreadable:
        return
    for document in found:
        section = below(document, "uwsgi")
        if not isinstance(section, Mapping) or not isinstance(document, Mapping):
            continue
        yield "", "", document.line_of("uwsgi")
        for key, (line, value) in section.pairs.items():
            for item in items_of(value)[-1:]:
                if isinstance(item, Scalar):
                    yield key, item.text, line


def _xml(data: bytes) -> Iterator[tuple[str, str, int]]:
    text = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), data.decode("utf-8-sig", "replace"))
    section = _SECTION.search(text)
    if section is None:
        return
    yield "", "", text.count("\n", 0, section.start()) + 1
    number, seen = text.count("\n", 0, section.start(1)) + 1, section.start(1)
    for element in _ELEMENT.finditer(text, section.start(1), section.end(1)):
        number += text.count("\n", seen, element.start())
        seen = element.start()
        yield element[1], (element[2] or "").strip() or "true", number
