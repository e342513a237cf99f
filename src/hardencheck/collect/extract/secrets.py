"""Credentials in the files of the tree: our own rules, and the detectors of detect-secrets beside them."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from hardencheck.collect.contract import Extractor, Found
from hardencheck.collect.extraction import is_binary
from hardencheck.collect.fingerprint_key import fingerprint_key
from hardencheck.collect.installed import version_of
from hardencheck.collect.secrets.context import ASIDE, MEDIA, MINIFIED, made_by_program, minified, role_of
from hardencheck.collect.secrets.looks import seen_in
from hardencheck.collect.secrets.ruleset import engine_name, scanner, scanner_digest
from hardencheck.collect.secrets.sightings import RANK, Sighting, candidate
from hardencheck.collect.secrets.texts import readable
from hardencheck.lazily import compiled
from hardencheck.model.facts.secrets import SecretCandidate, SecretsLeftOut, SecretSuppression
from hardencheck.model.gap import Reason
from hardencheck.model.location import Location

if TYPE_CHECKING:
    from hardencheck.collect.secrets.detectors import Line

MAX_LOOKED = 2_000_000  # characters of one file that detectors look at
MAX_CANDIDATES = 500  # of one file
MAX_ASIDE = 200  # of one file: a list of hashes has thousands that only look like secrets, and none is one

_COMMENT_BEGINS = compiled(r"(?i)#|//|--|/\*|<!--|;|%|\*|\brem\b")
_FILES = {
    ".secrets.baseline": "detect-secrets", ".gitleaks.toml": "gitleaks", ".gitleaksignore": "gitleaks",
    ".betterleaks.toml": "betterleaks", ".betterleaksignore": "betterleaks", ".trufflehogignore": "trufflehog",
    ".gitguardian.yaml": "gitguardian", ".gitguardian.yml": "gitguardian", ".ggshield.yaml": "gitguardian",
    ".talismanrc": "talisman",
}  # fmt: skip


class _Place(NamedTuple):
    """own: found by a rule of ours, which goes before a detector of the same rank."""

    sighting: Sighting
    own: bool


class TreeSecrets(Extractor):
    """Every file: candidates, what was left out, and suppressions."""

    name = "secrets.detect"
    emits = (SecretCandidate, SecretsLeftOut, SecretSuppression)
    binary = True
    binary_if_small = True
    apart = True

    def wants(self, path: str, mode: int, size: int) -> bool:
        return size > 0 and not path.lower().endswith(MEDIA)

    def digest(self) -> str:
        return "/".join((f"detect-secrets {version_of('detect_secrets')}", scanner_digest(), fingerprint_key().id))

    def notes(self) -> tuple[str, ...]:
        """What the person who runs the audit should know about this collector's work."""
        found = [fingerprint_key().note]
        if not engine_name().startswith("hyperscan"):
            found.append("hyperscan is not installed: secrets are matched with re, with the same result but slower")
        return tuple(note for note in found if note)

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        role = role_of(path)
        if tool := _FILES.get(path.rpartition("/")[2]):
            yield SecretSuppression(location=Location(path=path), tool=tool, how="file", role=role)
        text, binary = readable(data)
        scan = scanner().scan(data, path)
        cut = scan.cut
        found = [_Place(sighting, True) for sighting in scan.sightings]
        left_out = set(scan.left_out)
        why_not = scan.why_left_out
        if not binary and not is_binary(data):
            why_not = why_not or made_by_program(path) or MINIFIED * minified(path, text)
            more = _Detected(path, data, role, bool(why_not))
            yield from more.suppressions
            found.extend(_Place(sighting, False) for sighting in more.sightings)
            left_out |= more.left_out
            cut = cut or more.cut
        for sighting in _best(found):
            yield candidate(path, sighting, role)
        if cut and role not in ASIDE:
            # Where our own rules stopped; the place of detect-secrets counts only where they did not.
            last = max((item.sighting.line or 0 for item in found if item.own or not scan.cut), default=0)
            yield self.gap(Reason.BUDGET, cut, Location(path=path, line=last or None))
        if left_out:
            line = min(left_out) or None
            yield SecretsLeftOut(location=Location(path=path, line=line), lines=len(left_out), why=why_not)


class _Detected:
    """What the detectors of detect-secrets find in one text file."""

    def __init__(self, path: str, data: bytes, role: str, generated_: bool) -> None:
        from hardencheck.collect.secrets import detectors
        from hardencheck.collect.secrets.matcher import prepared
        from hardencheck.collect.secrets.placeholders import reason

        self.suppressions: list[SecretSuppression] = []
        self.sightings: list[Sighting] = []
        self.left_out: set[int] = set()
        self.cut = ""
        using = detectors.engine()
        text = prepared(data)
        as_seen = detectors.dialect(path)
        key = fingerprint_key()
        looked = aside = 0
        for line, owner in detectors.marked(using, text, as_seen):
            if owner == len(using.detectors):
                self.suppressions.extend(_suppressions(path, line, role))
                continue
            detector = using.detectors[owner]
            class_ = detector.class_(line.text)
            if generated_ and class_ in {"generic", "high-entropy"}:
                self.left_out.add(line.number)
                continue
            looked += len(line.text)
            if looked > MAX_LOOKED or len(self.sightings) - aside >= MAX_CANDIDATES:
                self.cut = (
                    f"more of what looks like a secret than is judged in one file: nothing from line {line.number} on"
                )
                return
            body = detectors.short_blanks(line.text)
            if not (values := detectors.analysed(detector, body, as_seen)):
                continue
            for start, stop in detectors.places(detector, class_, body, values):
                value = body[start:stop]
                why = reason(seen_in(detector.rule, class_, False, body, start, stop, path.lower()))
                if why and class_ in {"generic", "high-entropy"}:
                    if aside >= MAX_ASIDE:
                        continue
                    aside += 1
                self.sightings.append(
                    Sighting(
                        rule=detector.rule,
                        what=detector.what,
                        class_=class_,
                        confidence=detectors.CONFIDENCE[class_],
                        line=line.number,
                        column=_column(line, body, start, stop),
                        length=len(value),
                        digest=key.digest(value.encode("utf-8", "surrogatepass")),
                        why=why,
                        rotate=detectors.ROTATE,
                    )
                )


def _column(line: "Line", body: str, start: int, stop: int) -> int | None:
    """From 1, in the line as it is written; None where runs of blanks were cut and the value is not there as found."""
    if body != line.text:
        start = line.text.find(body[start:stop])
    return line.column + start if start >= 0 else None


def _best(found: list[_Place]) -> Iterator[Sighting]:
    """Of what overlaps in a line, what the most exact rule says; in order of place."""
    by_line: dict[int | None, list[_Place]] = {}
    for item in found:
        by_line.setdefault(item.sighting.line, []).append(item)
    for number in sorted(by_line, key=lambda line: line or 0):
        taken: list[tuple[int, int]] = []
        kept: list[Sighting] = []
        for sighting, _ in sorted(by_line[number], key=_order):
            start = sighting.column or 0
            stop = start + sighting.length
            if number is not None and any(start < end and begin < stop for begin, end in taken):
                continue
            taken.append((start, stop))
            kept.append(sighting)
        yield from sorted(kept, key=lambda sighting: (sighting.column or 0, sighting.rule, sighting.digest))


def _order(place: _Place) -> tuple[object, ...]:
    sighting = place.sighting
    return (
        RANK[sighting.class_],
        not place.own,
        sighting.column or 0,
        -sighting.length,
        sighting.rule,
        sighting.digest,
    )


def _suppressions(path: str, line: "Line", role: str) -> Iterator[SecretSuppression]:
    from hardencheck.collect.secrets.detectors import COMMENTS

    for name, regex in COMMENTS:
        match = regex.search(line.text)
        if match and _COMMENT_BEGINS.search(line.text, 0, match.start()):  # not in a text that only speaks of it
            here = Location(path=path, line=line.number, column=line.column + match.start())
            yield SecretSuppression(location=here, tool=name, how="comment", role=role)
