"""INI files as Python's configparser takes them apart, with lines: sections, keys, values that go on below."""

from typing import NamedTuple

from hardencheck.lazily import compiled

_SECTION = compiled(r"\[([^\]]{1,200})\]\s*")
_KEY = compiled(r"([^\s=:\[#;][^=:]{0,200}?)\s*[=:]\s*(.*)")
_MAX_LINES = 10_000


class Entry(NamedTuple):
    text: str
    line: int


def sections(text: str) -> tuple[dict[str, dict[str, Entry]], dict[str, int]]:
    """(what each section holds, with "DEFAULT"; the line that each begins at)."""
    found: dict[str, dict[str, Entry]] = {"DEFAULT": {}}
    lines: dict[str, int] = {}
    section, key = "", ""
    for number, raw in enumerate(text.splitlines()[:_MAX_LINES], start=1):
        line = raw.rstrip()
        if not line.strip() or line.lstrip()[:1] in {"#", ";"}:
            continue
        if raw[:1] in {" ", "\t"} and key:
            held = found[section][key]
            found[section][key] = held._replace(text=f"{held.text}\n{line.strip()}".lstrip("\n"))
        elif (match := _SECTION.fullmatch(line)) is not None:
            section, key = match[1].strip(), ""
            found.setdefault(section, {})
            lines.setdefault(section, number)
        elif section and (match := _KEY.fullmatch(line)) is not None:
            key = match[1].strip()
            found[section][key] = Entry(match[2].strip(), number)
        else:
            key = ""
    return found, lines
