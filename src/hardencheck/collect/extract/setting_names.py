"""Which names of settings the Python files of a repository use, other than to set them. By text, without a parse."""

from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Extractor, Found
from hardencheck.collect.extract._python import role
from hardencheck.collect.extract._security_names import SPELLINGS, sounds_relevant
from hardencheck.collect.extract.hidden_settings import LAYER
from hardencheck.lazily import compiled
from hardencheck.model.facts.hidden import SettingNames
from hardencheck.model.location import Location

MAX_BYTES = 2 * 1024 * 1024
MAX_NAMES = 500
_MOST_BEFORE = 200  # characters of a line before a name that are looked at
_LONG_LINE = 2000
_NAME = compiled(r"(?<![A-Za-z0-9_])[A-Z][A-Z0-9]{0,40}(?:_[A-Z0-9]{1,40}){1,8}(?![A-Za-z0-9_])|\bMIDDLEWARES?\b")
_ASSIGNS = compiled(r"[ \t]*(?:[A-Z_0-9]{1,80}[ \t]*=[ \t]*){0,3}$")
_ASSIGNED = compiled(r"[ \t]*(?::[^=\n]{1,80})?(?:=(?!=)|\+=)")
_ITEM = compiled(r"\bconfig\[[\"']$")
_ITEM_END = compiled(r"[\"']\][ \t]*=(?!=)")
_VARIABLE = compiled(r"(?i:env)|config\(|\bget\w*\([\"']$")
# Modules of configuration by name. In these, as in settings modules, the name of a variable of the environment is no
# setting that is read.
_CONFIGURES = compiled(r"(?:.*/)?(?:\w*conf(?:ig)?\w*(?:/\w+)?|default_settings)\.py")
# Words that tell whether a setting has an effect, in lines that are no comments.
_MARKS = compiled(
    r"\b(?:csrf_protect|ensure_csrf_cookie|requires_csrf_token|CsrfViewMiddleware|SessionAuthentication"
    r"|SecurityMiddleware|XFrameOptionsMiddleware|SessionMiddleware|CorsMiddleware|CSPMiddleware"
    r"|ContentSecurityPolicyMiddleware|PermissionsPolicyMiddleware)\b"
)
_DECIDING = (b"csrf_", b"Middleware", b"SessionAuthentication")


class SettingsNamesInCode(Extractor):
    """Names in capitals that look like security settings, and words that decide whether one has an effect."""

    name = "python.setting-names"
    emits = (SettingNames,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith(".py") and size <= MAX_BYTES

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        deciding = any(word in data for word in _DECIDING)
        holds = LAYER.fullmatch(path) is not None or _CONFIGURES.fullmatch(path) is not None
        named = holds or b"settings" in data or b"config" in data
        if not (named or deciding) or role(path) in {"migration", "documentation", "test"}:
            return
        named = named and any(word in data for word in SPELLINGS)
        if not (named or deciding):
            return
        text = data.decode("utf-8", "replace")
        read: set[str] = set()
        for name, end, before in _names(text) if named else ():
            if name in read:
                continue
            assigned = (holds and _ASSIGNS.fullmatch(before) and _ASSIGNED.match(text, end)) or (
                _ITEM.search(before) and _ITEM_END.match(text, end)
            )
            if not assigned and not (holds and before[-1:] in {'"', "'"} and _VARIABLE.search(before)):
                read.add(name)
                if len(read) >= MAX_NAMES:
                    break
        found = _MARKS.finditer(text) if deciding else ()
        marks = {match[0] for match in found if _before(text, match.start()) is not None}
        if read or marks:
            yield SettingNames(
                location=Location(path=path),
                read=tuple(sorted(read)),
                marks=tuple(sorted(marks)),
            )


def _names(text: str) -> Iterator[tuple[str, int, str]]:
    """(name, end, what stands before it on its line) of each name that has to do with security."""
    for match in _NAME.finditer(text):
        if sounds_relevant(match[0]):
            before = _before(text, match.start())
            if before is not None:
                yield match[0], match.end(), before[-_MOST_BEFORE:]


def _before(text: str, at: int) -> str | None:
    """What stands before a place on its line; None in a comment, and in a line so long that it is data."""
    first = max(0, at - _LONG_LINE)
    start = text.rfind("\n", first, at)
    if start < 0 and first:
        return None
    before = text[start + 1 : at] if start >= 0 else text[:at]
    return None if before.lstrip()[:1] == "#" else before
