"""What finds a secret, as its TOML file says it. A detection rule finds; a check judges."""

import re
from typing import Literal

import msgspec

from hardencheck.model.check import Confidence
from hardencheck.model.facts.secrets import SecretClass

# What may stand between the name of a provider and its value: every character of `catalogue.detection._GAP`.
GAP_CHARACTERS = r"[\w.\-\"'`)\]}>\t =:|?+!,(\[$\\{<]"
Checksum = Literal["", "crc32-base62", "npm-crc32-base62", "gitlab-crc32"]


class DetectionRule(msgspec.Struct, frozen=True, kw_only=True):
    """A pattern for one kind of secret.

    id: for ever, unique over all rules. provider: who issues it. class_: what it is. pattern: an expression for `re`
    over bytes of one line; the group "secret", else the first group, else the whole match is the value.
    names, value: expressions of a rule that goes by the provider's name beside the value, which alone is not known by
    its form; both empty where the form alone tells. files: an expression for the paths it is for (in lower
    case), "" for all. every_line: looked for in every line of these few files, since nothing in the pattern would tell
    a line from any other.
    history: False for keys of small services, which go by names that are words: in history the name alone is not
    looked for, only a value that is assigned to a telling name near it.
    entropy: least Shannon bits a character of the value. checksum: the algorithm that the last characters must fit.
    rotate: where a new one is made and the old one revoked. match, no_match: templates of examples, see `assembled`.
    """

    id: str
    provider: str
    class_: SecretClass
    title: str
    pattern: str
    confidence: Confidence = Confidence.HIGH
    names: tuple[str, ...] = ()
    value: str = ""
    files: str = ""
    every_line: bool = False
    history: bool = True
    entropy: float = 0.0
    checksum: Checksum = ""
    rotate: str = ""
    docs: str = ""
    match: tuple[str, ...] = ()
    no_match: tuple[str, ...] = ()

    @property
    def marker(self) -> str:
        """An expression that matches wherever `pattern` does, and is cheaper to build an automaton for."""
        if not self.value:
            return self.pattern
        return rf"(?i:{'|'.join(self.names)}){GAP_CHARACTERS}{{1,}}(?:{self.value})"

    @property
    def expression(self) -> re.Pattern[bytes]:
        return re.compile(self.pattern.encode("ascii"))
