"""The detectors of detect-secrets, each run only on the lines marked for it.

`scan_file` is never used: it obeys comments of the target, offers to ask providers and takes most of its time in
filters. A line is marked by one pass over the whole text (`matcher`), then `analyze_line` of the one detector decides.
detect-secrets keeps settings for the whole process, so this runs in a process, never in threads.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from hardencheck.collect.cache import default_directory
from hardencheck.collect.secrets.matcher import Matcher, Prepared, at_least, widened
from hardencheck.lazily import compiled
from hardencheck.model.facts.secrets import Level, SecretClass

MAX_LINE = 4096  # characters; of a longer line a window round each match is looked at
_WINDOW = (512, 2048)  # characters before and after the end of a match
_KEYWORD_WINDOW = (256, 512)  # its expressions take time to the square of what they look at
MAX_BLANKS = 64  # IbmCloudIam takes time to the third power of a run of blanks: 64 are 3 ms, 4,000 are minutes
# An address is not a credential; headers of private keys have rules of our own, which look at the key behind them.
_LEFT_OUT = {"IPPublicDetector", "PrivateKeyDetector"}
_ASSIGNS_UNQUOTED = compiled(
    r"(?:^|/)(?:\.env[^/]*|[^/]*\.env|\.envrc|\.pypirc|\.npmrc|\.netrc|\.pgpass|[^/]*dockerfile[^/]*|[^/]*\.(?:env\.\w+|sh|bash|zsh|service|cnf|config))$"
)
_WHOLE_MATCH = {"GitHubTokenDetector", "GitLabTokenDetector", "NpmDetector"}  # their groups are parts of the token
_CLOUD = {
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "CloudantDetector",
    "SoftlayerDetector",
    "IbmCloudIamDetector",
    "IbmCosHmacDetector",
}
_KEYED = {
    # With every part of its prefix optional, "token = ..." of the right length is all these need.
    "IbmCloudIamDetector": re.compile(r"(?i)ibm|cloud|iam"),
    "IbmCosHmacDetector": re.compile(r"(?i)ibm|cos[-_]|hmac"),
    "SoftlayerDetector": re.compile(r"(?i)softlayer|\bsl[-_]"),
    "CloudantDetector": re.compile(r"(?i)cloudant|\bclou?"),
}
CONFIDENCE: dict[str, Level] = {
    "provider-token": "high", "cloud-credential": "high", "password-in-url": "medium", "jwt": "medium",
    "generic": "low", "high-entropy": "low",
}  # fmt: skip
ROTATE = "make a new one where it was issued, revoke this one, then read the new one when the service starts."
_BLANKS = compiled(rf"([ \t\u00a0])[ \t\u00a0]{{{MAX_BLANKS},}}")
COMMENTS = (
    ("detect-secrets", re.compile(r"(?i)pragma: ?(?:allow|white)list(?:[ -]next ?-?line)?[ -]secret")),
    ("gitleaks", re.compile(r"gitleaks:allow")),
    ("betterleaks", re.compile(r"betterleaks:allow")),
    ("trufflehog", re.compile(r"trufflehog:ignore")),
    ("kingfisher", re.compile(r"kingfisher:ignore")),
    ("gitguardian", re.compile(r"\bggignore\b")),
    ("credsweeper", re.compile(r"credsweeper:allow")),
)


class Detector(NamedTuple):
    """One plugin of detect-secrets. what: its secret type; rule: the same as a slug."""

    name: str
    rule: str
    what: str
    plugin: Any

    def class_(self, line: str) -> SecretClass:
        match self.name:
            case "BasicAuthDetector":
                return "password-in-url"
            case "JwtTokenDetector":
                return "jwt"
            case "KeywordDetector":
                return "generic"
            case "Base64HighEntropyString" | "HexHighEntropyString":
                return "high-entropy"
        if self.name in _KEYED and not _KEYED[self.name].search(line):
            return "generic"
        return "cloud-credential" if self.name in _CLOUD else "provider-token"


class Engine(NamedTuple):
    """matcher: over `patterns`. owners: number of a pattern -> the detector it belongs to, and the expression of the
    keyword detector it was made from (None for the others): which of those count depends on the type of file.
    The number after the last detector stands for comments that silence a scanner."""

    matcher: Matcher
    detectors: tuple[Detector, ...]
    owners: tuple[tuple[int, re.Pattern[str] | None], ...]


def detectors() -> tuple[Detector, ...]:
    """Every default plugin of detect-secrets that looks for credentials, in order of name, once."""
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
    from detect_secrets.settings import get_settings

    # Never ask a provider, whatever this process was told before: analyze_line would, with this filter set.
    get_settings().disable_filters("detect_secrets.filters.common.is_ignored_due_to_verification_policies")
    classes = sorted(get_mapping_from_secret_type_to_class().items(), key=lambda item: item[1].__name__)
    return tuple(
        Detector(cls.__name__, re.sub(r"[^a-z0-9]+", "-", kind.lower()).strip("-"), kind, cls())
        for kind, cls in classes
        if cls.__name__ not in _LEFT_OUT
    )


@cache
def engine(hyperscan: bool = True) -> Engine:
    from detect_secrets.plugins.keyword import QUOTES_REQUIRED_DENYLIST_REGEX_TO_GROUP, REGEX_BY_FILETYPE

    known = detectors()
    patterns: list[str] = []
    owners: list[tuple[int, re.Pattern[str] | None]] = []
    for number, detector in enumerate(known):
        plugin = detector.plugin
        if detector.name == "KeywordDetector":
            groups = (*REGEX_BY_FILETYPE.values(), QUOTES_REQUIRED_DENYLIST_REGEX_TO_GROUP)
            for regex in dict.fromkeys(regex for group in groups for regex in group):
                patterns.append(widened(regex))
                owners.append((number, regex))
        elif hasattr(plugin, "entropy_limit"):
            # A text of n characters has at most log2(n) bits a character: shorter ones never pass the limit.
            shortest = int(2**plugin.entropy_limit) + 1
            patterns.append(at_least(map(ord, plugin.charset), shortest, "'\""))
            owners.append((number, None))
        else:
            for regex in plugin.denylist:
                patterns.append(widened(regex))
                owners.append((number, None))
    for _, regex in COMMENTS:
        patterns.append(widened(regex))
        owners.append((len(known), None))
    return Engine(Matcher(patterns, default_directory(), hyperscan=hyperscan), known, tuple(owners))


class Line(NamedTuple):
    """A line, or a window of one that is very long. start: offset of its text in the file's. number: from 1."""

    text: str
    start: int
    number: int
    column: int


def marked(using: Engine, text: Prepared, path: str) -> Iterator[tuple[Line, int]]:
    """(line, number of the detector) to look at, in order; each once."""
    from detect_secrets.plugins.keyword import QUOTES_REQUIRED_DENYLIST_REGEX_TO_GROUP, REGEX_BY_FILETYPE
    from detect_secrets.util.filetype import determine_file_type

    keywords = REGEX_BY_FILETYPE.get(determine_file_type(path), QUOTES_REQUIRED_DENYLIST_REGEX_TO_GROUP)
    scanned = text.scanned
    seen: set[tuple[int, int]] = set()
    windows: dict[int, int] = {}
    counted_to, number = 0, 1
    for end, pattern in using.matcher.marked(scanned):
        owner, regex = using.owners[pattern]
        if regex is not None and regex not in keywords:
            continue
        first = scanned.rfind(b"\n", 0, end) + 1
        last = scanned.find(b"\n", end)
        last = len(scanned) if last < 0 else last
        start, stop = first, last
        if last - first > MAX_LINE:
            if end < windows.get(owner, 0):
                continue  # inside the window before
            before, after = _WINDOW if regex is None else _KEYWORD_WINDOW
            start, stop = max(first, end - before), min(last, end + after)
            windows[owner] = stop - after // 2
        if (start, owner) in seen:
            continue
        seen.add((start, owner))
        number += scanned.count(b"\n", counted_to, first)
        counted_to = first
        yield Line(text.text[start:stop].rstrip(), start, number, start - first + 1), owner


def analysed(detector: Detector, line: str, path: str) -> list[str]:
    """What the detector finds in a line, sorted; runs of blanks are cut first."""
    found = detector.plugin.analyze_line(filename=path, line=line, line_number=1)
    return sorted({str(secret.secret_value) for secret in found})


def short_blanks(line: str) -> str:
    return _BLANKS.sub(lambda run: run[1] * MAX_BLANKS, line) if len(line) > MAX_BLANKS else line


def dialect(path: str) -> str:
    """The name under which a detector sees the file. Its expressions for unquoted values go by the suffix, and none
    is known for `.env`, shells and the like, where values are seldom quoted."""
    return "assignments.ini" if _ASSIGNS_UNQUOTED.search(path.lower()) else path


def places(detector: Detector, class_: str, line: str, values: list[str]) -> Iterator[tuple[int, int]]:
    """Where the values of a line stand, whole: some detectors give only the group that names the kind."""
    if detector.name in _WHOLE_MATCH:
        for regex in detector.plugin.denylist:
            for match in regex.finditer(line):
                yield match.span(1) if detector.name == "NpmDetector" else match.span()
        return
    for value in values:
        stripped = value.strip(" \t\"'=:") if detector.name == "ArtifactoryDetector" else value
        if class_ == "password-in-url":
            start = next(
                (match.start(1) for match in detector.plugin.denylist[0].finditer(line) if match[1] == value), -1
            )
        else:
            start = line.find(stripped)
        if class_ == "generic" and start >= 0 and line[start - 1 : start] not in {"'", '"', "`"}:
            # An unquoted value ends where a comment begins.
            stripped = re.split(r"\s+(?:#|//|;)", stripped, maxsplit=1)[0].rstrip(" ,;)")
        if start >= 0:
            yield start, start + len(stripped)
