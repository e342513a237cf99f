"""Texts that become environment variables: `${NAME:-default}`, templates, sections of ini files."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hardencheck.lazily import compiled

MAX_TEXT = 20_000  # characters that an expansion may come to: A=$A$A doubles
_MAX_DEPTH = 8
# A "$" that stands for itself: it was in single quotes, or escaped.
PLAIN_DOLLAR = "\1"
_NAME = compiled(r"[A-Za-z_]\w*")
_TEMPLATED = compiled(r"\{\{|\{%|<%|\$\{\{|@@\w+@@|\{\$")


class Expanded(NamedTuple):
    """value: None where part of it is not known. default: the default of a variable was taken."""

    value: str | None
    default: bool = False


def interpolated(text: str, known: Mapping[str, str], *, doubled: bool = False, depth: int = 0) -> Expanded:
    """`$NAME` and `${NAME:-default}` replaced. doubled: `$$` is a dollar (compose), else it is not known (a shell).

    POSIX shell, XCU section 2.6.2; the compose specification, "Interpolation", has a subset of it.
    """
    if "$" not in text and "`" not in text:
        return Expanded(text.replace(PLAIN_DOLLAR, "$"))
    if depth > _MAX_DEPTH or ("`" in text and not doubled):
        return Expanded(None)
    parts: list[str] = []
    default = False
    position = size = 0
    while (at := text.find("$", position)) >= 0:
        parts.append(text[position:at])
        following = text[at + 1 : at + 2]
        if following == "$" and doubled:
            parts.append("$")
            position = at + 2
            continue
        if following == "{":
            end = closing_brace(text, at + 2)
            if end < 0:
                return Expanded(None)
            found = _parameter(text[at + 2 : end], known, doubled, depth)
            position = end + 1
        else:
            name = _NAME.match(text, at + 1)
            if name is None:
                if following in {"", " ", '"', "'", ",", "/", ".", ":", "]", "%", "=", "+", "^", "|"}:
                    parts.append("$")  # at the end of a word it stands for itself
                    position = at + 1
                    continue
                return Expanded(None)
            found = Expanded(known.get(name[0]))
            position = name.end()
        if found.value is None:
            return Expanded(None)
        size += len(found.value)
        if size > MAX_TEXT:
            return Expanded(None)
        parts.append(found.value)
        default = default or found.default
    parts.append(text[position:])
    return Expanded("".join(parts).replace(PLAIN_DOLLAR, "$"), default)


_BRACE = compiled(r"\$\{|\}")


def closing_brace(text: str, start: int, within: int = MAX_TEXT) -> int:
    """Where the brace is that closes one before `start`; -1 when none does."""
    depth = 1
    for match in _BRACE.finditer(text, start, start + within):
        depth += 1 if match[0] == "${" else -1
        if depth == 0:
            return match.start()
    return -1


_PARAMETER = compiled(r"([A-Za-z_]\w*)(?:(:?[-=?+])(.*))?", re.DOTALL)


def _parameter(inside: str, known: Mapping[str, str], doubled: bool, depth: int) -> Expanded:
    match = _PARAMETER.fullmatch(inside)
    if match is None:
        return Expanded(None)  # ${NAME%pattern} and its like
    value, operator, word = known.get(match[1]), match[2] or "", match[3] or ""
    if operator[-1:] == "+":
        if value is None:
            return Expanded(None)
        return interpolated(word, known, doubled=doubled, depth=depth + 1) if value or operator == "+" else Expanded("")
    if value is not None and (value or not operator.startswith(":")):
        return Expanded(value)
    if operator[-1:] in {"-", "="}:
        found = interpolated(_unquoted(word), known, doubled=doubled, depth=depth + 1)
        return Expanded(found.value, True)
    return Expanded(value if not operator else None)


def _unquoted(word: str) -> str:
    return word[1:-1] if len(word) >= 2 and word[0] == word[-1] and word[0] in "'\"" else word


def depends(text: str) -> bool:
    """Whether a text has variables to be replaced."""
    return "$" in text


def templated(text: str) -> bool:
    """Whether a text is filled in by a template engine before anybody reads it."""
    return _TEMPLATED.search(text) is not None


# What brackets lines in Jinja, Go and ERB; of ERB also a block that a method is given: `list.each do |one|`.
_BLOCK = compiled(
    r"(?:\{[{%]|<%)[-~+]?\s*(?:(?P<opens>if|unless|with|range|for|case)|(?P<ends>end(?:if|for|unless|with|range)?))\b|"
    r"<%-?[^%\n]{1,300}\s(?P<do>do)\s*(?:\|[^|\n]{0,99}\|)?\s*-?%>"
)


class Template(NamedTuple):
    """text: parsable, with `{{ }}` left only where it stands in a value; lines that hold nothing else are empty.
    unsure: numbers of lines inside a condition or a loop of the template; depths: in how many of them a line is.
    actions: numbers of lines in which the template says anything."""

    text: str
    unsure: frozenset[int]
    depths: Mapping[int, int] = {}
    actions: frozenset[int] = frozenset()

    def between(self, first: int, last: int) -> bool:
        """Whether the template says anything in these lines, both included."""
        return any(first <= line <= last for line in self.actions)

    def within(self, line: int) -> frozenset[int]:
        """The lines that may be missing where this line is there."""
        known = self.depths.get(line, 0)
        return frozenset(number for number, depth in self.depths.items() if depth > known)


def untemplated(text: str) -> Template:
    """A template of Go, Jinja or ERB as the file it may become. What a condition guards is unsure."""
    if "{{" not in text and "{%" not in text and "<%" not in text:
        return Template(text, frozenset())
    lines: list[str] = []
    depths: dict[int, int] = {}
    actions: set[int] = set()
    depth = 0
    inside = False  # an action that goes on over several lines
    for number, line in enumerate(text.split("\n"), start=1):
        if inside:
            inside = "}}" not in line
            lines.append("")
            continue
        if "{{" in line or "{%" in line or "<%" in line:
            actions.add(number)
        for match in _BLOCK.finditer(line):
            depth = max(0, depth - 1) if match["ends"] else depth + 1
        if depth:
            depths[number] = depth
        stripped = line.strip()
        inside = stripped.startswith("{{") and "}}" not in stripped
        alone = stripped.startswith(("{{", "{%", "<%")) and stripped.endswith(("}}", "%}", "%>"))
        lines.append("" if alone or inside or stripped.startswith(("{#", "{{/*")) else _quoted_braces(line))
    return Template("\n".join(lines), frozenset(depths), depths, frozenset(actions))


_ACTION = compiled(r"\{\{[^{}\n]*\}\}")
_BARE_BRACES = compiled(r"[:-]\s+(?P<value>\{\{[^\n]*\}\}[^\n]*)$")


def _quoted_braces(line: str) -> str:
    """`key: {{ value }}` and `{{ key }}: value` made YAML: quoted, and no quotes in what is to be filled in."""
    if "{{" not in line or len(line) > 2000:
        return line
    plain = _ACTION.sub(lambda found: found[0].replace('"', "").replace("'", ""), line)
    if plain.lstrip().startswith("{{"):
        plain = _ACTION.sub("filled-in", plain, count=1)
    match = _BARE_BRACES.search(plain)
    if match is None:
        return plain
    return plain[: match.start("value")] + "'" + match["value"].replace("'", "") + "'"


class IniLine(NamedTuple):
    """header: line of the section's head, 0 before the first one."""

    section: str
    key: str
    value: str
    line: int
    header: int = 0


def ini_lines(text: str, *, backslash: bool = False) -> Iterator[IniLine]:
    """Keys of an ini file in order, repeated ones too. A value goes on in indented lines, or (backslash) after "\\",
    where comments in between do not count (systemd.syntax(7))."""
    section = key = ""
    parts: list[str] = []
    start = header = 0
    going_on = False
    for number, raw in enumerate(text.split("\n"), start=1):
        stripped = raw.strip()
        if backslash and going_on and stripped[:1] in {"#", ";"}:
            continue
        if going_on or (not backslash and key and raw[:1] in {" ", "\t"} and stripped and stripped[0] not in "#;"):
            going_on = backslash and stripped.endswith("\\")
            parts.append(stripped[:-1] if going_on else stripped)
            continue
        if key:
            yield IniLine(section, key, " ".join(parts).strip(), start, header)
            key = ""
        if not stripped or stripped[0] in "#;":
            continue
        if stripped[0] == "[" and stripped.endswith("]"):
            section, header = stripped[1:-1].strip(), number
            continue
        key, equals, value = stripped.partition("=")
        key, start = key.strip(), number
        if not equals:
            key = ""
            continue
        going_on = backslash and stripped.endswith("\\")
        parts = [value[:-1].strip() if going_on else value.strip()]
    if key:
        yield IniLine(section, key, " ".join(parts).strip(), start, header)
