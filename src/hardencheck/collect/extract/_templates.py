"""Templates of configuration files (Jinja, ERB, Go, envsubst): what is left when nobody fills them in."""

import re
from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from hardencheck.lazily import compiled

TEMPLATED = "__templated__"
# What a file's name ends in that is filled in, or copied and edited, before the program reads it.
FILLED_IN = (
    ".j2", ".jinja", ".jinja2", ".erb", ".epp", ".tmpl", ".tpl", ".gotmpl", ".ctmpl", ".template", ".mustache", ".hbs",
    ".in", ".dist",
)  # fmt: skip
COPIED = (".example", ".sample")
_ENDING = compiled(rf"(?:{'|'.join(map(re.escape, FILLED_IN))})+$")
# Names that say what a file is. Of a template with any other name it is told by what is in it.
_NAMED_OTHERWISE = compiled(
    r".*\.(?:html?|xhtml|xml|svg|js|mjs|ts|jsx|tsx|vue|css|scss|less|md|rst|txt|py|rb|go|php|sh|bash|sql|json|ya?ml|toml|ini|"
    r"cfg|env|service|socket|timer|po|pot|csv|eml|mjml|tex|tf|hcl|properties|lock|spec)|(?:docker|container|make|vagrant|"
    r"jenkins|proc|gem|pip)file(?:[._-].*)?|.*[._-](?:docker|container)file|.*(?:requirements|manifest)[^/]*"
)
_ANY = compiled(r"\{\{|\{%|<%")
_SHELL = compiled(r"\$\{[A-Z_][A-Z0-9_]{0,99}(?::?[-=?+][^}\n]{0,99})?\}")
_CONTROL = compiled(
    r"\{%-?(?P<jinja>.{0,500}?)-?%\}|<%-?(?!=)(?P<erb>.{0,500}?)-?%>|\{\#.{0,2000}?\#\}|\{\{-?\s*/\*.{0,2000}?\*/\s*-?\}\}"
    r"|\{\{[-~]?\s*(?P<go>(?:if|else|end|range|with|define|block|break|continue|\#if|\#each|\#unless|/if|/each|/unless)\b"
    r"[^}\n]{0,300}|\$\w{1,99}\s{0,9}:?=[^}\n]{0,300})\}\}",
    re.DOTALL,
)
_VALUE = compiled(r"\{\{[^}\n]{0,200}\}?\}\}|<%=.{0,300}?%>")
_OPENS = compiled(r"(?:if|for|unless|range|with|\#if|\#each|\#unless|case)\b|.{0,200}\bdo\b\s*(?:\|[^|]{0,99}\|)?\s*$")
_CLOSES = compiled(r"(?:end|endif|endfor|endunless|/if|/each|/unless)\b")
_ELSE = compiled(r"(?:else|elif|elsif|elseif)\b")
_INCLUDES = compiled(r"include\s+[\"']([\w./-]{1,200})[\"']")
_ALONE = compiled(rf"(?:(?<=[;{{}}])|^)([ \t]*){TEMPLATED}[ \t]*;?[ \t]*$", re.MULTILINE)


class Plain(NamedTuple):
    """text: each placeholder is the word TEMPLATED, so that braces still balance; lines are where they were.
    conditions: first and last line of each part that a condition or loop of the template brackets, those that touch as
    one, in order."""

    text: str
    templated: bool
    conditions: tuple[tuple[int, int], ...]

    def conditional(self, line: int) -> bool:
        at = bisect_right(self.conditions, line, key=lambda part: part[0])
        return at > 0 and line <= self.conditions[at - 1][1]


def without_ending(path: str) -> str:
    """The path in lower case, without what says that it is a template."""
    return _ENDING.sub("", path.lower())


def is_yaml(path: str) -> bool:
    return without_ending(path).endswith((".yml", ".yaml"))


def of_any_kind(path: str) -> bool:
    """Whether a file is a template whose name does not say of what: it ends as templates do, or is in a folder of
    templates, as Ansible, Puppet and Chef have them, and has no ending."""
    low = path.lower()
    bare = without_ending(low)
    name = bare.rpartition("/")[2]
    if _NAMED_OTHERWISE.fullmatch(name) is not None:
        return False
    return bare != low or ("/templates/" in f"/{low}" and "." not in name)


def plain(text: str, *, shell: bool = True, include: str = "", alone: str = "", branches: bool = True) -> Plain:
    """shell: ${UPPER_CASE} is a placeholder too. include: how the format itself includes a file ("include {};"): a
    template that is included becomes that. alone: the end of a statement, for a placeholder that is one. branches:
    False leaves out what stands after each `else`, where both branches together are no configuration."""
    templated = _ANY.search(text) is not None or (shell and _SHELL.search(text) is not None)
    if not templated:
        return Plain(text, False, ())
    conditions: list[tuple[int, int]] = []
    open_: list[int] = []
    line, seen = 1, 0
    pieces: list[str] = []
    skipped = 0  # how many were open where an `else` began whose branch is left out
    for match in _CONTROL.finditer(text):
        between = text[seen : match.start()]
        line += between.count("\n")
        says = (match["jinja"] or match["erb"] or match["go"] or "").strip()
        pieces.append("\n" * between.count("\n") if skipped else between)
        if _CLOSES.match(says):
            if open_:
                conditions.append((open_.pop(), line))
            skipped = 0 if len(open_) < skipped else skipped
        elif _OPENS.match(says):
            open_.append(line)
        elif not branches and not skipped and open_ and _ELSE.match(says):
            skipped = len(open_)
        included = _INCLUDES.match(says) if include and match["jinja"] and not skipped else None
        pieces.append(include.format(included[1]) if included else "\n" * match[0].count("\n"))
        line += match[0].count("\n")
        seen = match.end()
    pieces.append(text[seen:])
    conditions.extend((first, line + text.count("\n", seen)) for first in open_)
    text = _VALUE.sub(TEMPLATED, "".join(pieces))
    if shell:
        text = _SHELL.sub(TEMPLATED, text)
    if alone:
        text = _ALONE.sub(rf"\1{TEMPLATED}{alone}", text)
    return Plain(text, True, tuple(_joined(conditions)))


def _joined(parts: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Parts in order, those that overlap as one: a line is then looked up without asking all of them."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(parts):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found
