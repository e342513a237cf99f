"""What is made of the rules once: patterns for an automaton, with those that mark what is written in another way."""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import msgspec

from hardencheck.collect.secrets.matcher import Matcher, leading, needed, widened
from hardencheck.model.detection import DetectionRule

FORMS = {"provider-token", "cloud-credential", "private-key"}  # classes known by their form, also in binary files
PERCENT, KUBERNETES, BASE64, ELEMENT, ESCAPED, PAIR = -1, -2, -3, -4, -5, -6
# Text of two bytes a character in base64, as `powershell -EncodedCommand` takes it: eight characters are three.
_WIDE = r"(?:[A-Za-z0-9+/][AQgw][AB][A-Za-z0-9+/]A[A-H][AEIMQUYcgkosw048]A){3}"
# An address, the header of a key, what follows a sign that was encoded, a text of which every character is encoded.
_PERCENT = (
    r"%3[Aa]%2[Ff]%2[Ff]",
    r"BEGIN(?:%20|\+)(?:[A-Z0-9]{1,12}(?:%20|\+)){0,3}PRIVATE(?:%20|\+)KEY",
    r"%(?:2[267]|3[AaDd]|0[Aa])[A-Za-z0-9_-]{16}",
    r"(?:%[2-7][0-9A-Fa-f]){10}",
)
_K8S_SECRET = rb"kind[\x22\x27]?:[ \t]{0,4}[\x22\x27]?Secret[\x22\x27]?"
_JWT_PREFIXES = (b"eyJhbGci", b"eyJ0eXAi", b"eyJraWQi")
# A JSON Web Token of any header once more in base64, from its beginning on: {" and a letter.
_JWT_ENCODED = r"ZXlK[a-eMN][A-Za-z0-9+/_\-]{40}"
# An escape, or the colour of a terminal, and something as long as a token right after it.
_AFTER_ESCAPE = (
    r"\\(?:[nrt0]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4})(?:\[[0-9;]{0,12}m)?[A-Za-z0-9][A-Za-z0-9_-]{19}",
    r"\x1b\[[0-9;]{0,12}m[A-Za-z0-9][A-Za-z0-9_-]{19}",
)
# The name of an entry whose value has a line or a field of its own.
_PAIR = (
    r"(?i:(?<![\w])(?:name|key)[\x22\x27]?[ \t]{0,8}[:=][ \t]{0,8}[\x22\x27]?|variable[ \t]{1,8}[\x22\x27])"
    r"(?i:[\w.\-]{0,60}(?:password|passwd|secret|token|api_?key|access_?key|private_?key|credential))"
)
# <apiToken> whose text stands on the next line.
_OPEN_ELEMENT = r"(?i:<[\w:.\-]{0,60}(?:token|secret|passw|pwd|key|credential)[\w.\-]{0,40}>)"


class Plan(msgspec.Struct, array_like=True):
    """What is made of the rules once: patterns for an automaton, each with its owner (number of a rule, or one of
    those above), in two sets: what goes by names, or by no text that must be there, costs most of the time and is of no
    use in what programs write. tail: those of the slow ones that are not looked for in history. near: the names of
    providers, for values that are found without them."""

    quick: dict[str, list[int]] = {}
    slow: dict[str, list[int]] = {}
    tail: dict[str, list[int]] = {}
    near: dict[str, list[int]] = {}


def planned(rules: Sequence[DetectionRule]) -> Plan:
    plan = Plan()
    for number, rule in enumerate(rules):
        if rule.value:
            plan.near.setdefault(widened(re.compile("|".join(f"(?i:{name})" for name in rule.names))), []).append(
                number
            )
        if rule.every_line:
            continue
        pattern = widened(re.compile(rule.marker))
        anchored = needed(pattern) or min(map(len, leading(rule.pattern))) >= 3
        into = plan.quick if anchored and not rule.value else plan.slow if rule.history else plan.tail
        into.setdefault(pattern, []).append(number)
    for text in _PERCENT:
        plan.quick.setdefault(widened(re.compile(text)), []).append(PERCENT)
    plan.quick.setdefault(widened(re.compile(_WIDE)), []).append(BASE64)
    plan.quick.setdefault(widened(re.compile(_K8S_SECRET.decode())), []).append(KUBERNETES)
    encoded = {
        piece
        for rule in rules
        if not rule.value and rule.class_ in FORMS
        for prefix in leading(rule.pattern)
        if len(prefix) >= 4
        for piece in _in_base64(prefix)
    }
    encoded.update(piece for prefix in _JWT_PREFIXES for piece in _in_base64(prefix))
    plan.quick.setdefault(widened(re.compile(_OPEN_ELEMENT)), []).append(ELEMENT)
    for text in _AFTER_ESCAPE:
        plan.quick.setdefault(widened(re.compile(text)), []).append(ESCAPED)
    plan.slow.setdefault(widened(re.compile(_PAIR)), []).append(PAIR)
    plan.quick.setdefault(widened(re.compile(_JWT_ENCODED)), []).append(BASE64)
    for piece in sorted(encoded):
        plan.quick.setdefault(re.escape(piece.decode()), []).append(BASE64)
    return plan


def _in_base64(prefix: bytes) -> Iterator[bytes]:
    """How a prefix looks inside base64, by where it begins, without the characters that its neighbours decide."""
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + prefix)
        first = (shift * 8 + 5) // 6
        last = (shift + len(prefix)) * 8 // 6
        piece = text[first:last]
        if len(piece) >= 4:
            yield piece


@cache
def form_of(rule: DetectionRule) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    names = "|".join(rule.names)
    return re.compile(rule.value.encode()), re.compile(rf"(?i)(?<![a-z])(?:{names})".encode())


class Marker:
    """One set of patterns, each with its owners."""

    def __init__(self, owners: Mapping[str, Sequence[int]], directory: Path | None, hyperscan: bool) -> None:
        self.matcher = Matcher(list(owners), directory, hyperscan=hyperscan)
        self._owners = list(owners.values())

    def marks(self, piece: bytes) -> list[tuple[int, int]]:
        """(end offset, owner), in order."""
        return [(end, owner) for end, pattern in self.matcher.marked(piece) for owner in self._owners[pattern]]
