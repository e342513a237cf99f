"""Making text from the target harmless: what cannot be seen is spelled out, and every format has its own escapes."""

import re

ELLIPSIS = "…"

# Characters that move the cursor, reorder or hide text: C0 and C1 controls, DEL, soft hyphen, Arabic letter mark and
# number signs, Hangul fillers, zero-width and bidirectional marks, line and paragraph separators, invisible operators,
# byte order mark, interlinear and musical controls, tag characters, lone surrogates, noncharacters. Written out
# instead of asking unicodedata, so that two Python versions give the same bytes.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str, limit: int = 2_000) -> str:
    """`text` on one line, cut after `limit` characters, with every character that cannot be seen spelled out."""
    return _UNSEEN.sub(_spelled, clip(text, limit))


def clip(text: str, limit: int) -> str:
    """`text`, or its first part and how long it was."""
    return text if len(text) <= limit else f"{text[:limit]}{ELLIPSIS} ({len(text)} characters)"


def paragraph(text: str, limit: int = 8_000) -> str:
    """Prose of a check on one line: its line breaks are spaces, anything else unseen is spelled out."""
    return visible(" ".join(text.split()), limit)


def inline(prose: str) -> list[tuple[bool, str]]:
    """Prose of a check in pieces: (True, what stood in backticks) or (False, text between)."""
    parts = re.split(r"`([^`]+)`", prose)
    return [(number % 2 == 1, part) for number, part in enumerate(parts) if part]


def _spelled(match: re.Match[str]) -> str:
    char = match.group()
    code = ord(char)
    if char in _SHORT:
        return _SHORT[char]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def json_safe(encoded: str) -> str:
    """JSON text with unseen characters as JSON escapes: the same value, and safe to look at in a terminal.

    Control characters below U+0020 never stand in a JSON string as themselves; line breaks between tokens stay.
    """
    return _UNSEEN.sub(_json_escape, encoded)


def _json_escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return match.group()
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def without_surrogates(value: object) -> object:
    """Plain data (dicts, lists, scalars) whose strings can be encoded as UTF-8: lone surrogates spelled out."""
    match value:
        case str():
            return re.sub("[\ud800-\udfff]", _spelled, value)
        case dict():
            return {without_surrogates(key): without_surrogates(item) for key, item in value.items()}
        case list() | tuple():
            return [without_surrogates(item) for item in value]
        case _:
            return value
