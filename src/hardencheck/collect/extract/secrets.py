"""Credentials in tracked text, by the detectors of detect-secrets, each run only on the lines marked for it.

`scan_file` is never used: it obeys comments of the target, offers to ask providers and takes most of its time in
filters. A line is marked by one pass over the whole text (`_matcher`), then `analyze_line` of the one detector decides.
detect-secrets keeps settings for the whole process, so this runs in a process, never in threads.
"""

import importlib.util
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Literal, NamedTuple

from hardencheck.collect.cache import default_directory
from hardencheck.collect.contract import Extractor, Found
from hardencheck.collect.extract._keytext import is_key_file
from hardencheck.collect.extract._matcher import Matcher, Prepared, at_least, prepared, widened
from hardencheck.collect.extract._placeholders import Seen, reason
from hardencheck.collect.extract._python import role
from hardencheck.collect.fingerprint_key import fingerprint_key
from hardencheck.collect.installed import version_of
from hardencheck.lazily import compiled
from hardencheck.model.facts.secrets import SecretCandidate, SecretClass, SecretsLeftOut, SecretSuppression
from hardencheck.model.gap import Reason
from hardencheck.model.location import Location

MAX_LINE = 4096  # characters; of a longer line a window round each match is looked at
_WINDOW = (512, 2048)  # characters before and after the end of a match
_KEYWORD_WINDOW = (256, 512)  # its expressions take time to the square of what they look at
MAX_BLANKS = 64  # IbmCloudIam takes time to the third power of a run of blanks: 64 are 3 ms, 4,000 are minutes
MAX_LOOKED = 2_000_000  # characters of one file that detectors look at
MAX_CANDIDATES = 500  # of one file
_MAX_KEY = 64 * 1024  # characters of one PEM block

# Names that no text file has: they are not even read.
_BINARY = (
    ".png", ".jpg", ".jpeg", ".gif", ".webp", ".ico", ".bmp", ".tif", ".tiff", ".woff", ".woff2", ".ttf", ".eot",
    ".otf", ".mo", ".pyc", ".so", ".dll", ".exe", ".zip", ".gz", ".bz2", ".xz", ".zst", ".tar", ".tgz", ".whl", ".jar",
    ".mp3", ".mp4", ".webm", ".ogg", ".wav", ".avi", ".pdf", ".wasm", ".sqlite", ".sqlite3", ".npy", ".npz",
)  # fmt: skip
_NOT_SECRETS = {"IPPublicDetector"}  # an address is not a credential
_LOCK_FILES = {
    "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "bun.lock", "go.sum", "packages.lock.json",
    "package.resolved", "cartfile.resolved", "composer.lock", "flake.lock", ".secrets.baseline", "gradle.lockfile",
}  # fmt: skip
_REQUIREMENTS = compiled(
    r"(?:^|/)(?:[^/]*requirements[^/]*|constraints[^/]*)\.(?:txt|in)$|(?:^|/)requirements/[^/]+\.txt$"
)
_TRANSLATIONS = compiled(r"\.(?:po|pot|xliff|xlf|arb|strings)$|(?:^|/)(?:locales?|i18n|translations|lang)/")
_GENERATED = compiled(
    r"\.min\.(?:js|mjs|cjs|css)$|\.(?:map|css|scss|less|svg)$|(?:^|/)(?:vendor|vendored|third[-_]party|node_modules|"
    r"bower_components|dist|cassettes|__snapshots__)/|\.(?:snap|storyshot)$"
)
_MINIFIED_LINE = 500  # mean characters a line, in a script that nobody wrote by hand
_ASSIGNS_UNQUOTED = compiled(
    r"(?:^|/)(?:\.env[^/]*|[^/]*\.env|\.envrc|\.pypirc|\.npmrc|\.netrc|\.pgpass|[^/]*dockerfile[^/]*|[^/]*\.(?:env\.\w+|sh|bash|zsh|service|cnf|config))$"
)
_EXAMPLE_NAME = compiled(r"(?:^|[./_-])(?:example|sample|template|tmpl|dist|tpl)(?:[./_-]|$)")
_PROSE = (".md", ".rst", ".adoc", ".mdx", ".ipynb")

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
_RANK: dict[str, int] = {
    "private-key": 0, "provider-token": 1, "cloud-credential": 1, "password-in-url": 2, "jwt": 3, "keyword": 4,
    "high-entropy": 5,
}  # fmt: skip
_CONFIDENCE: dict[str, Literal["low", "medium", "high"]] = {
    "private-key": "high", "provider-token": "high", "cloud-credential": "high", "password-in-url": "medium",
    "jwt": "medium", "keyword": "low", "high-entropy": "low",
}  # fmt: skip

_BLANKS = compiled(rf"([ \t\u00a0])[ \t\u00a0]{{{MAX_BLANKS},}}")
_NAME_BEFORE = compiled(
    r"([A-Za-z_$][\w$.-]*)(?:\[\d*\])?[\"'`\]]{0,3}\s*\)?\s*(?::\s*[\w.\[\], |]{1,40}=|:=|=>|={1,3}|!==?|:|\(|,)\s*"
    r"(?:[rbfuRBFU]{1,2}|@)?[\"'`]?$"
)
_PUTTY_END = compiled(r"^Private-MAC:", re.MULTILINE)
_PEM_NOISE = compiled(r"\\[rn]|[\"'`\s,+\\>|]")
_PEM_HEADERS = compiled(r"(?:Proc-Type|DEK-Info|Comment|Version|Hash|MessageID|Charset|Subject):[^\n\\]*")

_COMMENTS = (
    ("detect-secrets", re.compile(r"(?i)pragma: ?(?:allow|white)list(?:[ -]next ?-?line)?[ -]secret")),
    ("gitleaks", re.compile(r"gitleaks:allow")),
    ("betterleaks", re.compile(r"betterleaks:allow")),
    ("trufflehog", re.compile(r"trufflehog:ignore")),
    ("kingfisher", re.compile(r"kingfisher:ignore")),
    ("gitguardian", re.compile(r"\bggignore\b")),
    ("credsweeper", re.compile(r"credsweeper:allow")),
)
_COMMENT_BEGINS = compiled(r"#|//|--|/\*|<!--|;|%|\*|\brem\b", re.IGNORECASE)
_FILES = {
    ".secrets.baseline": "detect-secrets", ".gitleaks.toml": "gitleaks", ".gitleaksignore": "gitleaks",
    ".betterleaks.toml": "betterleaks", ".betterleaksignore": "betterleaks", ".trufflehogignore": "trufflehog",
    ".gitguardian.yaml": "gitguardian", ".gitguardian.yml": "gitguardian", ".ggshield.yaml": "gitguardian",
    ".talismanrc": "talisman",
}  # fmt: skip


class Detector(NamedTuple):
    """One plugin of detect-secrets. rule: its secret type as a slug."""

    name: str
    rule: str
    plugin: Any

    def class_(self, line: str) -> SecretClass:
        match self.name:
            case "PrivateKeyDetector":
                return "private-key"
            case "BasicAuthDetector":
                return "password-in-url"
            case "JwtTokenDetector":
                return "jwt"
            case "KeywordDetector":
                return "keyword"
            case "Base64HighEntropyString" | "HexHighEntropyString":
                return "high-entropy"
        if self.name in _KEYED and not _KEYED[self.name].search(line):
            return "keyword"
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
        Detector(cls.__name__, re.sub(r"[^a-z0-9]+", "-", kind.lower()).strip("-"), cls())
        for kind, cls in classes
        if cls.__name__ not in _NOT_SECRETS
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
    for _, regex in _COMMENTS:
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


def role_of(path: str) -> str:
    """As `_python.role`, and for text that is no code: prose is documentation, `.env.example` an example, what runs
    the tests is development (a credential there is as much worth as anywhere, a password of a test database is not).
    """
    found = role(path)
    if found != "production":
        return found
    *folders, name = path.lower().split("/")
    for part in folders:
        if part in _OTHER_FOLDERS:
            return _OTHER_FOLDERS[part]
    if re.search(r"[._](?:spec|test|stories)\.\w+$", name):
        return "test"
    if name.endswith(_PROSE):
        return "documentation"
    if _EXAMPLE_NAME.search(name) or name.startswith("changelog"):
        return "example"
    return "development" if name in _CI_FILES else "production"


_OTHER_FOLDERS = {
    "cypress": "test", "__tests__": "test", "__mocks__": "test", "mocks": "test", "spec": "test", "specs": "test",
    "playwright": "test", "test-data": "test", "test_data": "test",
    "documentation": "documentation", "wiki": "documentation", "tutorial": "documentation",
    "tutorials": "documentation", "notebooks": "example", "alembic": "migration", "playground": "example",
    ".github": "development", ".gitlab": "development", ".circleci": "development", ".ci": "development",
    ".buildkite": "development", ".devcontainer": "development", "localdev": "development",
}  # fmt: skip
_CI_FILES = {".gitlab-ci.yml", ".travis.yml", "azure-pipelines.yml", "bitbucket-pipelines.yml", "tox.ini", "noxfile.py"}


def generated(path: str, text: str) -> str:
    """Why keyword and high-entropy values of a file tell nothing: what it is; "" for a file that people write.

    Hashes of a lock file and texts of a catalogue have the form of such values by the thousand; on six services
    every one of them was noise. Formats that are known for certain are looked for here as everywhere.
    """
    lowered = path.lower()
    name = lowered.rpartition("/")[2]
    if name in _LOCK_FILES or name.endswith(".lock") or _REQUIREMENTS.search(lowered):
        return "lock file"
    if _TRANSLATIONS.search(lowered):
        return "translations"
    if _GENERATED.search(lowered):
        return "minified or generated"
    if lowered.endswith((".js", ".mjs", ".cjs", ".ts", ".html", ".json", ".xml")) and len(text) > 5_000:
        if len(text) / (text.count("\n") + 1) > _MINIFIED_LINE:
            return "minified or generated"
    return ""


class DetectSecrets(Extractor):
    """Every text file: candidates, what was left out, and suppressions."""

    name = "secrets.detect"
    emits = (SecretCandidate, SecretsLeftOut, SecretSuppression)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return size > 0 and not path.lower().endswith(_BINARY)

    def digest(self) -> str:
        return "/".join((f"detect-secrets {version_of('detect_secrets')}", _engine_name(), fingerprint_key().id))

    def notes(self) -> tuple[str, ...]:
        """What the person who runs the audit should know about this collector's work."""
        found = [fingerprint_key().note]
        if not _engine_name().startswith("hyperscan"):
            found.append("hyperscan is not installed: secrets are matched with re, with the same result but slower")
        return tuple(note for note in found if note)

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        text = prepared(data)
        role_ = role_of(path)
        if tool := _FILES.get(path.rpartition("/")[2]):
            yield SecretSuppression(location=Location(path=path), tool=tool, how="file", role=role_)
        yield from self._candidates(path, text, role_)

    def _candidates(self, path: str, text: Prepared, role_: str) -> Iterator[Found]:
        using = engine()
        seen_as = dialect(path)
        why_not = generated(path, text.text)
        left_out: set[int] = set()
        found: list[tuple[Line, SecretCandidate, int, int]] = []
        key = fingerprint_key()
        looked = 0
        for line, owner in marked(using, text, seen_as):
            if owner == len(using.detectors):
                yield from _suppressions(path, line, role_)
                continue
            detector = using.detectors[owner]
            class_ = detector.class_(line.text)
            if why_not and class_ in {"keyword", "high-entropy"}:
                left_out.add(line.number)
                continue
            looked += len(line.text)
            if looked > MAX_LOOKED or len(found) >= MAX_CANDIDATES:
                detail = (
                    f"more of what looks like a secret than is judged in one file: nothing from line {line.number} on"
                )
                yield self.gap(Reason.BUDGET, detail, Location(path=path, line=line.number))
                break
            body = short_blanks(line.text)
            if not (values := analysed(detector, body, seen_as)):
                continue
            for start, stop in _places(detector, class_, body, values):
                value = body[start:stop]
                whole = False
                if class_ == "private-key":
                    value, whole = _key(text.text, line.start + start, path)
                why = (
                    ("no key follows the header" if not value else "")
                    if class_ == "private-key"
                    else reason(_seen(detector, class_, body, start, stop, path.lower()))
                )
                value = value or body[start:stop]
                fact = SecretCandidate(
                    location=Location(path=path, line=line.number, column=_column(line, body, start, stop)),
                    rule=detector.rule,
                    class_=class_,
                    confidence=_CONFIDENCE[class_],
                    length=len(value),
                    digest=key.digest(value.encode("utf-8", "surrogatepass")),
                    role=role_,
                    placeholder=bool(why),
                    why=why,
                    whole_file=whole,
                )
                found.append((line, fact, line.start + start, line.start + stop))
        yield from _best(found)
        if left_out:
            yield SecretsLeftOut(location=Location(path=path, line=min(left_out)), lines=len(left_out), why=why_not)


def _column(line: Line, body: str, start: int, stop: int) -> int | None:
    """From 1, in the line as it is written; None where runs of blanks were cut and the value is not there as found."""
    if body != line.text:
        start = line.text.find(body[start:stop])
    return line.column + start if start >= 0 else None


@cache
def _engine_name() -> str:
    """Without importing it: an audit that finds everything in its cache needs none."""
    return f"hyperscan {version_of('hyperscan')}" if importlib.util.find_spec("hyperscan") else "re"


def _places(detector: Detector, class_: str, line: str, values: list[str]) -> Iterator[tuple[int, int]]:
    """Where the values of a line stand, whole: some detectors give only the group that names the kind."""
    if detector.name in _WHOLE_MATCH or class_ == "private-key":
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
        if class_ == "keyword" and start >= 0 and line[start - 1 : start] not in {"'", '"', "`"}:
            # An unquoted value ends where a comment begins.
            stripped = re.split(r"\s+(?:#|//|;)", stripped, maxsplit=1)[0].rstrip(" ,;)")
        if start >= 0:
            yield start, start + len(stripped)


def _seen(detector: Detector, class_: str, line: str, start: int, stop: int, path: str) -> Seen:
    before, after = line[:start], line[stop:]
    named = _NAME_BEFORE.search(before[-200:])
    return Seen(
        value=line[start:stop],
        class_=class_,
        rule=detector.rule,
        key=named[1] if named else "",
        before=before,
        after=after,
        quoted=before[-1:] in {"'", '"', "`"} and before[-1:] != "",
        path=path,
    )


def _key(text: str, start: int, path: str) -> tuple[str, bool]:
    """(the key after its header without line ends and quotes, "" when there is none; the file is nothing but keys)."""
    block = text[start : start + _MAX_KEY]
    if block.startswith("PuTTY"):
        end = _PUTTY_END.search(block)
        body = block[: end.start()] if end else ""
        body = body.partition("Private-Lines:")[2].partition("\n")[2]
    else:
        head, dashes, rest = block.partition("----")
        if not dashes or "\n" in head:
            return "", False
        body, ended, _ = rest.lstrip("-").partition("-----END" if "-----END" in rest else "---- END")
        if not ended:
            return "", False
    body = _PEM_NOISE.sub("", _PEM_HEADERS.sub("", body))
    if len(body) < 60 or not re.fullmatch(r"[A-Za-z0-9+/=:;-]+", body) or len(set(body)) < 16:
        return "", False
    return body, is_key_file(text, start)


def _best(found: list[tuple[Line, SecretCandidate, int, int]]) -> Iterator[SecretCandidate]:
    """Of several detectors that take overlapping text for a secret, what the most exact one says."""
    by_line: dict[int, list[tuple[SecretCandidate, int, int]]] = {}
    for line, fact, start, stop in found:
        by_line.setdefault(line.number, []).append((fact, start, stop))
    for facts in by_line.values():
        taken: list[tuple[int, int]] = []
        kept: list[SecretCandidate] = []
        for fact, start, stop in sorted(
            facts, key=lambda item: (_RANK[item[0].class_], item[1], -item[2], item[0].rule)
        ):
            if not any(start < other_stop and other_start < stop for other_start, other_stop in taken):
                taken.append((start, stop))
                kept.append(fact)
        yield from sorted(kept, key=lambda fact: (fact.location.column or 0, fact.rule))


def _suppressions(path: str, line: Line, role_: str) -> Iterator[SecretSuppression]:
    for name, regex in _COMMENTS:
        match = regex.search(line.text)
        if match and _COMMENT_BEGINS.search(line.text, 0, match.start()):  # not in a text that only speaks of it
            here = Location(path=path, line=line.number, column=line.column + match.start())
            yield SecretSuppression(location=here, tool=name, how="comment", role=role_)
