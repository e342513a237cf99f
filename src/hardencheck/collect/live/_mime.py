"""Content-Type as browsers read it (Fetch and MIME Sniffing standards). Pure; nothing here raises for any text."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hardencheck.collect.live._fields import split
from hardencheck.lazily import compiled

_TOKEN = compiled(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_QUOTABLE = compiled(r"[\t\x20-\x7e\x80-\xff]*")
_BLANKS = " \t\n\r"
# Labels of the Encoding standard that occur, in the forms that occur; utf-7, say, is none.
_ENCODING = compiled(
    r"utf-?8|unicode-1-1-utf-8|utf-16(?:le|be)?|us-ascii|ascii|latin-?[1-6]|l[1-6]|iso-?8859-?(?:[1-9]|1[0-6])|"
    r"windows-?(?:874|949|31j|125[0-8])|cp(?:819|866|125[0-8])|x-cp125[0-8]|ibm(?:819|866)|koi8?-?(?:r|u|ru)|"
    r"macintosh|mac|x-mac-(?:roman|cyrillic)|gbk|gb2312|gb_2312(?:-80)?|gb18030|x-gbk|chinese|big5(?:-hkscs)?|"
    r"x-x-big5|euc-jp|x-euc-jp|iso-2022-jp|shift[_-]jis|sjis|x-sjis|ms_kanji|ms932|euc-kr|ks_c_5601-1987|korean|"
    r"tis-620|dos-874"
)


class Media(NamedTuple):
    """essence: type and subtype in lower case. charset: in lower case, "" when none is given."""

    essence: str
    charset: str


def media_type(fields: Sequence[str]) -> Media | None:
    """What all Content-Type fields come to: the last one that is a type, with the charset of earlier ones of the same
    type; None when none is."""
    found: Media | None = None
    carried = Media("", "")  # the first of the last run of one type: only its charset is handed on
    for value in split(", ".join(fields), ",") if fields else ():
        one = _parse(value)
        if one is None or one.essence == "*/*":
            continue
        if one.essence != carried.essence:
            carried = one
        elif not one.charset:
            one = one._replace(charset=carried.charset)
        found = one
    return found


def is_encoding(charset: str) -> bool:
    """Whether browsers know the label; they guess where they do not."""
    return _ENCODING.fullmatch(charset.strip(_BLANKS + "\f").lower()) is not None


def _parse(text: str) -> Media | None:
    text = text.strip(_BLANKS)
    kind, slash, rest = text.partition("/")
    subtype = rest.partition(";")[0].rstrip(_BLANKS)
    if not (slash and _TOKEN.fullmatch(kind) and _TOKEN.fullmatch(subtype)):
        return None
    charset = next((value for name, value in _parameters(rest) if name == "charset"), "")
    return Media(f"{kind}/{subtype}".lower(), charset.lower())


def _parameters(rest: str) -> Iterator[tuple[str, str]]:
    """Name in lower case and value of each parameter that is one. A quote counts only where a value begins with it."""
    at = rest.find(";")
    while 0 <= at < len(rest):
        at += 1
        while at < len(rest) and rest[at] in _BLANKS:
            at += 1
        start = at
        while at < len(rest) and rest[at] not in ";=":
            at += 1
        name = rest[start:at].lower()
        if at < len(rest) and rest[at] == ";":
            continue
        at += 1
        if at >= len(rest):
            return
        if rest[at] == '"':
            value, at = _quoted(rest, at + 1)
            at = rest.find(";", at)
        else:
            start, at = at, rest.find(";", at)
            value = rest[start : at if at >= 0 else len(rest)].rstrip(_BLANKS)
            if not value:
                continue
        if _TOKEN.fullmatch(name) and _QUOTABLE.fullmatch(value):
            yield name, value


def _quoted(text: str, at: int) -> tuple[str, int]:
    """What stands between quotes from `at` on, and the place after it; an end that is missing is no fault."""
    found: list[str] = []
    while at < len(text) and text[at] != '"':
        if text[at] == "\\" and at + 1 < len(text):
            at += 1
        found.append(text[at])
        at += 1
    return "".join(found), at + 1
