"""All detection rules over the bytes of one file: marked in one pass, confirmed line by line.

Works on bytes throughout, so that nothing has to be decoded where nothing is found; a value is decoded only to be
compared with what placeholders look like. The same function serves the work tree, every object of history, the members
of archives and texts that are no files.
"""

import base64
import binascii
import importlib.util
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

import msgspec

from hardencheck.catalogue.detection import Detection, load_detection
from hardencheck.collect.cache import default_directory
from hardencheck.collect.fingerprint_key import fingerprint_key
from hardencheck.collect.installed import version_of
from hardencheck.collect.secrets import archives
from hardencheck.collect.secrets.blocks import MAX_KEY, is_one_der, key_body, stored_key
from hardencheck.collect.secrets.context import MINIFIED, SCRIPTS, is_plain, made_by_program, minified
from hardencheck.collect.secrets.matcher import Matcher, Sealed, leading, needed, widened
from hardencheck.collect.secrets.placeholders import Seen, reason
from hardencheck.collect.secrets.rules import Hit, confirmed
from hardencheck.collect.secrets.versions import Versions, common_end, common_start
from hardencheck.lazily import compiled
from hardencheck.model.detection import DetectionRule
from hardencheck.model.facts.secrets import Level, SecretCandidate, SecretClass
from hardencheck.model.location import Location

VERSION = 5  # raise it when the same rules find something else
SEGMENT = 8 << 20  # bytes matched at once
OVERLAP = 16 << 10
MAX_LINE = 4096  # bytes; of a longer line a window round each match is looked at
_WINDOW = (768, 2048)  # bytes before and after the end of a match
MAX_MARKS = 50_000  # of one segment
MAX_SIGHTINGS = 500  # of one file
MAX_DROPPED = 6_000
MAX_IDLE = 200  # of them, such as go by a name and are taken for no secret
TOO_MANY = "more of what looks like a secret than is judged in one file"
MAX_CONFIRMED = 8_000_000  # bytes of one file that are looked at closely
_ABOVE = 600  # bytes before a value in which the name of its provider may stand
_MAX_ENCODED = 64 << 10  # bytes of one base64 text
_KNOWN = 20_000  # lines remembered: the versions of a file differ in few

# What a class is worth when two rules take overlapping text for a secret.
RANK: dict[str, int] = {
    "private-key": 0, "provider-token": 1, "cloud-credential": 1, "password-in-url": 2, "login": 3, "jwt": 4,
    "generic": 5, "high-entropy": 6,
}  # fmt: skip
_NEAR_PROVIDER = "key-near-provider"  # "key: ..." tells nothing until a provider is found whose form the value has
_FORMS = {"provider-token", "cloud-credential", "private-key"}  # classes known by their form, also in binary files

_NEW_PAIR = "make a new pair, put the new public key where the old one was trusted, then revoke or remove the old one."
_BASE64_CHARACTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
_BASE64_RUN = compiled(rb"[A-Za-z0-9+/_-]*={0,2}")
_BASE64_EDGE = b" \t\r\"'`\\,+|>#"
_BASE64_LINE = compiled(rb"[ \t\x22\x27`|>#]*([A-Za-z0-9+/_-]{2,}={0,2})[ \t\r\x22\x27`\\,+)]*$", re.MULTILINE)
_LINE_OF_BASE64 = 20  # characters: of a shorter one nobody knows that it was wrapped
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
_DOCUMENT = compiled(rb"^---", re.MULTILINE)
_DATA = compiled(
    rb"^(?P<indent>[ ]{2,8}|\t)(?P<quote>[\x22\x27]?)(?P<key>[\w.-]{1,100})(?P=quote):[ \t]*[\x22\x27]?"
    rb"(?P<value>[A-Za-z0-9+/]{6,}={0,2})[\x22\x27]?[ \t]*(?:#.*)?\r?$",
    re.MULTILINE,
)
_NAME_BEFORE = compiled(
    r"(?<![\w$])((?!(?:var|let|val|const|final|auto|static|def|set|export|string|String|my|our)\b)[A-Za-z_$][\w$.-]*)"
    r"(?:\[\d*\])?[\"'`\]]{0,3}\s*\)?\s*(?::\s*[\w.\[\], |?]{1,40}=|\s[\w.\[\]*]{2,24}\s{1,4}=|:{1,3}=|=>|[?.+]?={1,3}|"
    r"!==?|:|\(|,|>)\s*(?:[rbfuRBFU]{1,2}|@)?\\?[\"'`]?$"
)
_ESCAPE = compiled(
    rb"(?:\\+(?:[nrt0]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4})(?:\[[0-9;]{0,12}m)?|\x1b\[[0-9;]{0,12}m)(?=[A-Za-z0-9][A-Za-z0-9_-]{19})"
)
_PAIR_NAME = compiled(rb"[A-Za-z0-9_.\-]{4,100}\Z")
_PAIR_VALUE = compiled(
    rb"[\w.\-]{0,40}[\x22\x27]?"
    rb"(?:[ \t]{0,8},?[ \t]{0,8}\n?[ \t]{0,40}[\x22\x27]?value[\x22\x27]?[ \t]{0,8}[:=][ \t]{0,8}|"
    rb"[ \t]{0,8}\{(?:\n(?!\})[^\n]{0,200}){0,6}?\n?[ \t]{0,40}default[ \t]{1,40}=[ \t]{0,8})"
    rb"(?P<quote>[\x22\x27]?)(?P<value>[^\s\x22\x27,]{4,200})(?P=quote)"
)
# The value before its name, in the same entry: nothing but a comma or the end of a line is between them.
_PAIR_BEFORE = compiled(
    rb"(?<![\w.\-])[\x22\x27]?value[\x22\x27]?[ \t]{0,8}[:=][ \t]{0,8}"
    rb"(?P<quote>[\x22\x27]?)(?P<value>[^\s\x22\x27,]{4,200})(?P=quote)"
    rb"[ \t]{0,8},?[ \t]{0,8}\n?[ \t]{0,40}[\x22\x27]?(?i:name|key)[\x22\x27]?[ \t]{0,8}[:=][ \t]{0,8}"
    rb"[\x22\x27]?[\w.\-]{4,100}\Z"
)
_MARKUP = (".html", ".vue", ".jsx", ".tsx", ".svelte", ".jinja", ".j2", ".jinja2")


class Sighting(msgspec.Struct, frozen=True, array_like=True):
    """One value in one file, without the file: see `SecretCandidate`. line, column: from 1, None in a binary file."""

    rule: str
    what: str
    class_: SecretClass
    confidence: Level
    line: int | None
    column: int | None
    length: int
    digest: str
    why: str = ""
    whole_file: bool = False
    inside: str = ""
    unsound: bool = False
    rotate: str = ""


def candidate(path: str, sighting: Sighting, role: str) -> SecretCandidate:
    """The fact that a sighting in a file of the tree is."""
    return SecretCandidate(
        location=Location(path=path, line=sighting.line, column=sighting.column),
        rule=sighting.rule,
        what=sighting.what,
        class_=sighting.class_,
        confidence=sighting.confidence,
        length=sighting.length,
        digest=sighting.digest,
        role=role,
        placeholder=bool(sighting.why),
        why=sighting.why,
        whole_file=sighting.whole_file,
        inside=sighting.inside,
        unsound=sighting.unsound,
        rotate=sighting.rotate,
    )


class Scan(msgspec.Struct, frozen=True, array_like=True):
    """sightings in order of place. cut: why not all of the file was looked at, "" when it was. left_out: lines with
    generic values that are not among the sightings, because of what the file is (`why_left_out`)."""

    sightings: tuple[Sighting, ...] = ()
    cut: str = ""
    left_out: tuple[int, ...] = ()
    why_left_out: str = ""


class _Found(NamedTuple):
    """A sighting with its offsets in the text, to tell which of two overlapping ones speaks."""

    start: int
    stop: int
    sighting: Sighting


class _Verdict(NamedTuple):
    """What is known of one value of a line whatever file it stands in: offsets in the line, and so on."""

    hit: Hit
    class_: SecretClass
    confidence: Level
    why: str


class Scanner:
    """digest: of a value, keyed. One for each process; not for threads."""

    def __init__(
        self,
        rules: Sequence[DetectionRule],
        digest: Callable[[bytes], str],
        directory: Path | None = None,
        *,
        hyperscan: bool = True,
        plan: "Plan | None" = None,
    ) -> None:
        self._rules, self._digest = tuple(rules), digest
        plan = plan or planned(rules)
        self._versions = Versions()
        self._quick = _Marker(plan.quick, directory, hyperscan)
        self._slow = _Marker(plan.slow, directory, hyperscan)
        self._tail = cache(lambda: _Marker(plan.tail, directory, hyperscan))  # not needed for history
        self._near = _Marker(plan.near, directory, hyperscan)
        self._files = [re.compile(rule.files) if rule.files else None for rule in self._rules]
        every = [(number, re.compile(rule.files)) for number, rule in enumerate(self._rules) if rule.every_line]
        # The versions of a file come one after the other.
        self._by_line = lru_cache(4096)(lambda path: [number for number, files in every if files.search(path)])
        self._known: dict[tuple[int, bytes, bool, bool], tuple[_Verdict, ...]] = {}

    @property
    def engine(self) -> str:
        return self._quick.matcher.engine

    def scan(self, data: bytes, path: str, *, history: bool = False) -> Scan:
        """Everything the rules find in a file. `path` tells what kind of file it is; nothing is read.

        history: it is one of many versions, so the last one of the same path is compared first, and rules that are not
        for history are left out.
        """
        text, binary = readable(data)
        found: list[_Found] = []
        state = _State(path.lower(), binary, history=history)
        for start, piece in _segments(text):
            self._segment(text, piece, start, state, found)
            if state.cut:
                break
        self._every_line(text, state, found)
        best = _best(found)
        sightings = [item.sighting for item in best]
        why = (
            "" if binary or not any(map(vague, sightings)) else made_by_program(path) or MINIFIED * minified(path, text)
        )
        left_out: list[int] = []
        if why:
            left_out = sorted({sighting.line or 0 for sighting in sightings if vague(sighting)})
            sightings = [sighting for sighting in sightings if not vague(sighting)]
        if binary:
            sightings.extend(self._stored_key(data))
        if archives.is_archive(data):
            names: list[str] = []
            for member in archives.members(data):
                if member.cut:
                    state.cut = state.cut or member.cut
                    continue
                names.append(member.path)
                sightings.extend(self._member(member, state))
            # The names of members are as much compressed as what they hold.
            sightings.extend(self._member(archives.Member("", "\n".join(names).encode("utf-8", "replace")), state))
        if len(sightings) > MAX_SIGHTINGS:
            state.cut = state.cut or TOO_MANY
        return Scan(tuple(sightings[:MAX_SIGHTINGS]), state.cut, tuple(left_out), why)

    def _every_line(self, text: bytes, state: "_State", found: list[_Found]) -> None:
        if state.binary:
            return
        for number in self._by_line(state.path):
            start = 0
            for line in text[:MAX_CONFIRMED].split(b"\n"):
                if len(line) <= MAX_LINE:
                    found.extend(self._confirm(number, line.rstrip(b"\r"), _Place(text, start, start, state)))
                start += len(line) + 1

    def _stored_key(self, data: bytes) -> Iterator[Sighting]:
        """A file that is a private key or keystore in a binary form, whatever it is called."""
        known = stored_key(data)
        if known is None or (known[0] == "DER" and not is_one_der(data)):
            return
        form, encrypted = known
        yield Sighting(
            rule="private-key-binary",
            what=f"private key ({form}{', behind a passphrase' if encrypted else ''})",
            class_="private-key",
            confidence="medium" if form == "PKCS#12" else "high",  # which may hold nothing but certificates
            line=None,
            column=None,
            length=len(data),
            digest=self._digest(data),
            whole_file=True,
            rotate=_NEW_PAIR,
        )

    def _member(self, member: archives.Member, state: "_State") -> Iterator[Sighting]:
        text, binary = readable(member.data)
        found: list[_Found] = []
        inner = _State(member.path.lower(), binary, history=state.history)
        for start, piece in _segments(text):
            self._segment(text, piece, start, inner, found)
        state.cut = state.cut or inner.cut
        for sighting in (*(item.sighting for item in _best(found)), *(self._stored_key(member.data) if binary else ())):
            yield msgspec.structs.replace(sighting, line=None, column=None, whole_file=False, inside="archive")

    def _segment(self, text: bytes, piece: bytes, base: int, state: "_State", found: list[_Found]) -> None:
        marks = self._marks(piece, state)
        if not marks:
            return
        if len(marks) > MAX_MARKS:
            marks = _apart(marks, piece)
        if len(marks) > MAX_MARKS:
            del marks[MAX_MARKS:]
            state.cut = f"more than {MAX_MARKS:,} places look like a secret"
        seen: set[tuple[int, int]] = set()
        windows: dict[int, int] = {}
        for end, owner in marks:
            if owner >= 0:
                rule = self._rules[owner]
                if state.binary and (rule.value or rule.class_ not in _FORMS):
                    continue
                wanted = self._files[owner]
                if wanted is not None and not wanted.search(state.path):
                    continue
            elif owner == ESCAPED and state.generated:
                continue  # a source map has as many escapes as lines
            first = piece.rfind(b"\n", 0, end) + 1
            last = piece.find(b"\n", end)
            last = len(piece) if last < 0 else last
            start, stop = first, last
            if last - first > MAX_LINE:
                if end < windows.get(owner, 0):
                    continue  # inside the window before
                start, stop = max(first, end - _WINDOW[0]), min(last, end + _WINDOW[1])
                windows[owner] = stop - _WINDOW[1] // 2
            if (start, owner) in seen:
                continue
            seen.add((start, owner))
            line = piece[start:stop].rstrip(b"\r")
            state.looked += len(line)
            if state.looked > MAX_CONFIRMED or len(found) > MAX_SIGHTINGS:
                before = len(found)
                found[:] = _without_idle(found)
                state.idle += before - len(found)
                if state.looked > MAX_CONFIRMED or len(found) > MAX_SIGHTINGS or state.idle > MAX_DROPPED:
                    state.cut = state.cut or TOO_MANY
                    return
            place = _Place(text, base + start, base + first, state)
            if owner >= 0:
                found.extend(self._confirm(owner, line, place))
            elif owner == PERCENT:
                found.extend(self._decoded(_unquoted(line), place, 0, len(line), "percent-encoding"))
            elif owner == ESCAPED:
                found.extend(self._unescaped(line, place))
            elif owner == PAIR:
                found.extend(self._pair(text, place, base + end))
            elif owner == ELEMENT:
                found.extend(self._element(text, line, place, base + last))
            elif owner == BASE64:
                found.extend(self._base64(piece, end, place, base))
            else:
                found.extend(self._kubernetes(text, base + end, place))

    def _marks(self, piece: bytes, state: "_State") -> list[tuple[int, int]]:
        """(end offset, owner) of all that is marked in a piece of text, in order.

        No pattern crosses a line end, so lines that the last version of the same file had at its start and end need not
        be looked at again.
        """
        if not state.history or state.depth or state.binary or not state.path:
            return self._owned(piece, state)
        before = self._versions.get(state.path)
        if before is None:
            marks = self._owned(piece, state)
        else:
            old, known = before
            begin = piece.rfind(b"\n", 0, common_start(piece, old)) + 1
            end = len(piece)
            same = common_end(piece, old, begin)
            if same and (line := piece.find(b"\n", len(piece) - same)) >= 0:
                end = line + 1
            shift = len(piece) - len(old)
            marks = [
                *(mark for mark in known if mark[0] <= begin),
                *((at + begin, owner) for at, owner in self._owned(piece[begin:end], state)),
                *((at + shift, owner) for at, owner in known if at + shift > end),
            ]
        self._versions.put(state.path, piece, marks)
        return marks.copy()

    def _owned(self, piece: bytes, state: "_State") -> list[tuple[int, int]]:
        found = self._quick.marks(piece)
        if not state.binary and not state.plain:
            more = self._slow.marks(piece)
            if not state.history:
                more += self._tail().marks(piece)
            return sorted(found + more) if more else found
        return found

    def _confirm(self, number: int, line: bytes, place: "_Place") -> Iterator[_Found]:
        rule = self._rules[number]
        for verdict in self._judged(number, line, place.state.path):
            hit, class_, why, whole = verdict.hit, verdict.class_, verdict.why, False
            digest = self._digest(hit.value)  # never remembered: the next repository has another key
            length = len(hit.value.decode("utf-8", "replace"))
            if rule.class_ == "private-key" and hit.value.startswith((b"-", b"PuTTY")):
                body, whole = key_body(place.text, place.start + hit.start)
                body = body or _quoted_key(place.text, place.start + hit.start)
                if body:
                    digest, length = self._digest(body), len(body)
                else:
                    why = "no key follows the header"
            what, rotate, name, confidence = rule.title, rule.rotate, rule.id, verdict.confidence
            if class_ == "generic" and not why:
                better = self._provider(hit.value, place, line)
                if better is None and rule.id == _NEAR_PROVIDER:
                    continue
                if better is not None:
                    class_, what, rotate, name = better.class_, better.title, better.rotate, better.id
                    confidence = "low" if better.confidence == "low" else "medium"
            sighting = Sighting(
                rule=name,
                what=what,
                class_=class_,
                confidence=confidence,
                line=place.line,
                column=place.column(hit.start),
                length=length,
                digest=digest,
                why=why,
                whole_file=whole,
                unsound=not hit.sound,
                rotate=rotate,
            )
            yield _Found(place.start + hit.start, place.start + hit.stop, sighting)

    def _judged(self, number: int, line: bytes, path: str) -> tuple[_Verdict, ...]:
        markup, configuration = path.endswith(_MARKUP), is_configuration(path)
        key = (number, line, markup, configuration)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _KNOWN:
                self._known.clear()
            known = self._known[key] = tuple(self._verdicts(number, line, markup, configuration))
        return known

    def _verdicts(self, number: int, line: bytes, markup: bool, configuration: bool) -> Iterator[_Verdict]:
        rule = self._rules[number]
        for hit in confirmed(rule, line):
            before, value, after = (
                part.decode("utf-8", "replace")
                for part in (line[: hit.start], hit.value, line[hit.stop : hit.stop + 300])
            )
            named = bool(rule.value)
            why = reason(_seen(rule.id, rule.class_, named, before, value, after, markup, configuration))
            confidence: Level = rule.confidence.value if hit.sound or rule.confidence == "low" else "medium"
            yield _Verdict(hit, rule.class_, confidence, why)

    def _provider(self, value: bytes, place: "_Place", line: bytes) -> DetectionRule | None:
        """The provider whose form a generic value has and whose name stands in its line or the four above."""
        above = place.text[max(0, place.start - _ABOVE) : place.start].split(b"\n")
        around = b"\n".join((*above[-5:], line))
        for number in sorted({owner for _, owner in self._near.marks(around)}):
            form, names = _form(self._rules[number])
            if form.fullmatch(value) and names.search(around):
                return self._rules[number]
        return None

    def _decoded(
        self, text: bytes, place: "_Place", start: int, stop: int, inside: str, *, vague_too: bool = False
    ) -> Iterator[_Found]:
        """What stands in a text that was written in another way, at the place where it was written."""
        state = _State(place.state.path, False, depth=1, history=place.state.history)
        found: list[_Found] = []
        if place.state.depth == 0 and text:
            self._segment(text, text, 0, state, found)
        for item in _best(found):
            if vague(item.sighting) and not vague_too:
                continue
            sighting = msgspec.structs.replace(
                item.sighting, line=place.line, column=place.column(start), inside=inside, whole_file=False
            )
            yield _Found(place.start + start, place.start + stop, sighting)

    def _unescaped(self, line: bytes, place: "_Place") -> Iterator[_Found]:
        """Tokens right after an escape, whose last letter looks like a part of them: the n of a line end, the m of a
        colour. With blanks in place of the escapes, everything stands where it stood."""
        state = _State(place.state.path, False, depth=1, history=place.state.history)
        if place.state.depth:
            return
        text = _ESCAPE.sub(lambda match: b" " * len(match[0]), line)
        found: list[_Found] = []
        self._segment(text, text, 0, state, found)
        for item in found:
            if not vague(item.sighting) and item.sighting.class_ != "private-key":  # whose lines end like this
                sighting = msgspec.structs.replace(item.sighting, line=place.line, column=place.column(item.start))
                yield _Found(place.start + item.start, place.start + item.stop, sighting)

    def _pair(self, text: bytes, place: "_Place", end: int) -> Iterator[_Found]:
        """A name that says it is secret, and its value in the field after it (`name: X`, `value: ...`) or before it."""
        if place.state.depth:
            return
        name = _PAIR_NAME.search(text, max(0, end - 120), end)
        value = _PAIR_VALUE.match(text, end, end + 600) or _PAIR_BEFORE.search(text, max(0, end - 600), end)
        if name is None or value is None:
            return
        body, start = value["value"], value.start("value")
        first = text.rfind(b"\n", 0, start) + 1
        here = _Place(text, start, first, place.state)
        yield from self._decoded(name[0] + b': "' + body + b'"', here, 0, len(body), "", vague_too=True)

    def _element(self, text: bytes, line: bytes, place: "_Place", end: int) -> Iterator[_Found]:
        """The text of an element, when it stands alone on the next line."""
        if not line.rstrip().endswith(b">") or len(line) > 200:
            return
        stop = text.find(b"\n", end + 1)
        below = text[end + 1 : stop if stop >= 0 else len(text)]
        body = below.strip()
        if 4 <= len(body) <= 1_000 and not body.startswith(b"<"):
            start = end + 1 + below.index(body)
            here = _Place(text, start, end + 1, place.state)
            yield from self._decoded(line.strip() + body, here, 0, len(body), "", vague_too=True)

    def _base64(self, piece: bytes, end: int, place: "_Place", base: int) -> Iterator[_Found]:
        if base + end <= place.state.unwrapped:
            return  # another mark in the same run
        lowest = max(0, end - _MAX_ENCODED)
        start = lowest + len(piece[lowest:end].rstrip(_BASE64_CHARACTERS))  # a search would be quadratic
        after = _BASE64_RUN.match(piece, end, min(len(piece), end + _MAX_ENCODED))
        stop = after.end() if after else end
        place.state.unwrapped = base + stop
        text = decoded(_wrapped(piece, start, stop))
        if text[1:40:2].count(0) > 10:
            text = text.decode("utf-16-le", "replace").encode()
        shift = base - place.start
        yield from self._decoded(text, place, start + shift, stop + shift, "base64")

    def _kubernetes(self, text: bytes, end: int, place: "_Place") -> Iterator[_Found]:
        """The entries under `data` of a Kubernetes Secret: base64 of whatever is secret."""
        opening = [match.end() for match in _DOCUMENT.finditer(text, max(0, end - SEGMENT), end)]
        begin = opening[-1] if opening else max(0, end - 65_536)
        closing = _DOCUMENT.search(text, end)
        limit = min(closing.start() if closing else len(text), end + 1_048_576)
        data = re.compile(rb"^[\x22\x27]?data[\x22\x27]?:[ \t]*\r?$", re.MULTILINE).search(text, begin, limit)
        if data is None:
            return
        for entry in _DATA.finditer(text, data.end(), limit):
            value = decoded(entry["value"])
            if not value or not value.isascii() or b"\0" in value:
                continue
            here = _Place(text, entry.start(), entry.start(), place.state)
            start, stop = entry.start("value") - entry.start(), entry.end("value") - entry.start()
            inner = list(self._decoded(value, here, start, stop, "base64"))
            yield from inner
            body = value.strip()
            if inner or not 6 <= len(body) <= 512 or b"\n" in body:
                continue
            name, shown = entry["key"].decode("ascii", "replace"), body.decode("ascii", "replace")
            why = reason(Seen(shown, "generic", "kubernetes-secret", name, f"{name}: '", "'", True, False, True))
            sighting = Sighting(
                rule="kubernetes-secret",
                what="value of a Kubernetes Secret",
                class_="generic",
                confidence="medium",
                line=here.line,
                column=here.column(start),
                length=len(body),
                digest=self._digest(body),
                why=why,
                inside="base64",
                rotate="change it at the server that accepts it, then store it in the cluster by an external secret or "
                "sealed",
            )
            yield _Found(here.start + start, here.start + stop, sighting)


PERCENT, KUBERNETES, BASE64, ELEMENT, ESCAPED, PAIR = -1, -2, -3, -4, -5, -6
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


class _Marker:
    """One set of patterns, each with its owners."""

    def __init__(self, owners: Mapping[str, Sequence[int]], directory: Path | None, hyperscan: bool) -> None:
        self.matcher = Matcher(list(owners), directory, hyperscan=hyperscan)
        self._owners = list(owners.values())

    def marks(self, piece: bytes) -> list[tuple[int, int]]:
        """(end offset, owner), in order."""
        return [(end, owner) for end, pattern in self.matcher.marked(piece) for owner in self._owners[pattern]]


class _State:
    """How far one file has got. looked: bytes confirmed. idle: sightings dropped by `_without_idle`. unwrapped: offset
    up to which base64 was looked into. lines: (offset, number) up to which lines are counted."""

    def __init__(self, path: str, binary: bool, *, depth: int = 0, history: bool = False) -> None:
        self.path, self.binary, self.depth, self.history = path, binary, depth, history
        self.plain = bool(path) and is_plain(path)
        self.generated = bool(path) and made_by_program(path) != ""
        self.looked = self.unwrapped = self.idle = 0
        self.cut = ""
        self.lines = (0, 1)


class _Place(NamedTuple):
    """start: offset in the text of what is looked at. first: of its line."""

    text: bytes
    start: int
    first: int
    state: _State

    @property
    def line(self) -> int | None:
        if self.state.binary:
            return None
        offset, number = self.state.lines
        if self.first < offset:
            offset, number = 0, 1
        number += self.text.count(b"\n", offset, self.first)
        self.state.lines = (self.first, number)
        return number

    def column(self, offset: int) -> int | None:
        """From 1, in characters of the line."""
        if self.state.binary:
            return None
        return len(self.text[self.first : self.start + offset].decode("utf-8", "replace")) + 1


def readable(data: bytes) -> tuple[bytes, bool]:
    """(the text as UTF-8, or the bytes of a binary file as they are; whether it is binary)."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _lines(data.decode("utf-16", "replace").encode()), False
    head = data[:8192]
    if b"\0" in head:
        for codec, at in (("utf-16-le", 1), ("utf-16-be", 0)):
            # Without a byte order mark: every other byte of what is mostly ASCII is NUL, and hardly any of the rest.
            if head[at::2].count(0) > 0.7 * len(head[at::2]) and head[1 - at :: 2].count(0) * 20 < len(head):
                return _lines(data.decode(codec, "replace").encode()), False
        return data, True
    return _lines(data.removeprefix(b"\xef\xbb\xbf")), False


def _lines(text: bytes) -> bytes:
    """Every line end as LF."""
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text


def is_configuration(path: str) -> bool:
    return _CONFIGURATION.search(path) is not None


_CONFIGURATION = compiled(
    r"(?:^|/)(?:[^/]*settings[^/]*|[^/]*config[^/]*|\.env[^/]*|[^/]*\.env|\.(?:flaskenv|pypirc|npmrc|netrc|s3cfg|boto)|"
    r"[^/]*(?:compose|dockerfile|containerfile)[^/]*|[^/]*\.(?:ya?ml|ini|cfg|conf|toml|properties|tfvars|tf))$"
)


def seen_in(rule: str, class_: SecretClass, named: bool, line: str, start: int, stop: int, path: str) -> Seen:
    """A value in its line, for `placeholders.reason`. path: in lower case."""
    kind = (path.endswith(_MARKUP), is_configuration(path))
    return _seen(rule, class_, named, line[:start], line[start:stop], line[stop : stop + 300], *kind)


def _seen(
    rule: str, class_: SecretClass, named: bool, before: str, value: str, after: str, markup: bool, configuration: bool
) -> Seen:
    found = _NAME_BEFORE.search(before[-200:])
    return Seen(
        value=value,
        class_=class_,
        rule=rule,
        key=found[1] if found else "",
        before=before,
        after=after,
        quoted=before[-1:] != "" and before[-1:] in "\"'`",
        markup=markup,
        configuration=configuration,
        named=named,
    )


def _quoted_key(text: bytes, start: int) -> bytes:
    """The key after a header, each line of which stands behind what stands before the header (a log, a quotation) or
    behind the marks of a comment."""
    before = _ESCAPED_BREAK.sub(b"\n", text[max(0, start - 200) : start]).rpartition(b"\n")[2]
    lines = _ESCAPED_BREAK.sub(b"\n", text[start : start + MAX_KEY]).split(b"\n")
    if not before.strip():
        return b""
    return key_body(b"\n".join(_COMMENT_MARKS.sub(b"", line.removeprefix(before)) for line in lines), 0)[0]


_ESCAPED_BREAK = compiled(rb"(?:\\+[rn]|\r)+(?!\n)|\r(?=\n)")
# Base64 has slashes and plus signs: those of a comment come in twos, or before a blank.
_COMMENT_MARKS = compiled(rb"^[ \t]*(?:[*#;>%|\"']+[ \t]*|//+[ \t]*|[+/][ \t]+)+|\*+/[ \t]*$")


def _unquoted(line: bytes) -> bytes:
    """Without percent-encoding; in a form a blank is a plus sign, and a plus sign is encoded."""
    return unquote_to_bytes(line.replace(b"+", b" ") if b"PRIVATE+KEY" in line else line)


def _wrapped(text: bytes, start: int, stop: int) -> bytes:
    """The base64 at [start, stop) with the lines above and below that go on with it: 64 or 76 characters each, maybe
    indented, quoted or ended with a backslash."""
    lines = [text[start:stop]]
    length = stop - start
    if length < _LINE_OF_BASE64:
        return lines[0]
    size = length
    at = text.find(b"\n", stop)
    while at >= 0 and size < _MAX_ENCODED and not text[stop:at].strip(_BASE64_EDGE):
        match = _BASE64_LINE.match(text, at + 1)
        if match is None or len(match[1]) > length:
            break
        lines.append(match[1])
        size += len(match[1])
        if len(match[1]) < length:
            break
        stop, at = match.end(1), text.find(b"\n", match.end(1))
    above = text.rfind(b"\n", 0, start)
    while above >= 0 and size < _MAX_ENCODED and not text[above + 1 : start].strip(_BASE64_EDGE):
        begin = text.rfind(b"\n", 0, above) + 1
        match = _BASE64_LINE.match(text, begin)
        if match is None or len(match[1]) != length:
            break
        lines.insert(0, match[1])
        size += len(match[1])
        start, above = match.start(1), begin - 1
    return b"".join(lines)


def decoded(text: bytes) -> bytes:
    """One level of base64, either alphabet; b"" where it is none."""
    body = text.rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
    body = body[: len(body) - (len(body) % 4 == 1)]
    try:
        return base64.b64decode(body + b"=" * (-len(body) % 4))
    except binascii.Error:
        return b""


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
def _form(rule: DetectionRule) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    names = "|".join(rule.names)
    return re.compile(rule.value.encode()), re.compile(rf"(?i)(?<![a-z])(?:{names})".encode())


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
        if not rule.value and rule.class_ in _FORMS
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


def _apart(marks: Sequence[tuple[int, int]], piece: bytes) -> list[tuple[int, int]]:
    """One of several marks of the same owner within a few letters of a line, which are looked at together: in a long
    run of base64 each letter is one."""
    kept: list[tuple[int, int]] = []
    last: dict[int, int] = {}
    for end, owner in marks:
        if owner in last and end - last[owner] < 16 and b"\n" not in piece[last[owner] : end]:
            continue
        last[owner] = end
        kept.append((end, owner))
    return kept


def _segments(text: bytes) -> Iterator[tuple[int, bytes]]:
    """(offset, piece) with an overlap, so that nothing is lost between two; one piece for all but huge files."""
    if len(text) <= SEGMENT:
        if text:
            yield 0, text
        return
    start = 0
    while start < len(text):
        yield start, text[start : start + SEGMENT + OVERLAP]
        start += SEGMENT


def vague(sighting: Sighting) -> bool:
    """Known by nothing but the name beside it or the look of it."""
    return sighting.class_ in {"generic", "high-entropy"}


def _without_idle(found: Sequence[_Found]) -> list[_Found]:
    """Without those beyond the first that are taken for no secret and go by a name alone: lists have thousands."""
    kept: list[_Found] = []
    idle = 0
    for item in found:
        idle += bool(item.sighting.why and vague(item.sighting))
        if not (item.sighting.why and vague(item.sighting)) or idle <= MAX_IDLE:
            kept.append(item)
    return kept


def _best(found: Iterable[_Found]) -> list[_Found]:
    """Of several rules that take overlapping text for a secret, what the most exact one says; in order of place."""
    kept: list[_Found] = []
    taken: list[tuple[int, int]] = []
    for item in sorted(
        set(found),
        key=lambda item: (
            RANK[item.sighting.class_], _LEVEL[item.sighting.confidence], item.start, -item.stop, item.sighting.rule,
            not item.sighting.why,
        ),
    ):  # fmt: skip
        if not any(item.start < stop and start < item.stop for start, stop in taken):
            taken.append((item.start, item.stop))
            kept.append(item)
    return sorted(kept, key=lambda item: (item.start, item.stop, item.sighting.rule))


_LEVEL = {"high": 0, "medium": 1, "low": 2}


@cache
def scanner() -> Scanner:
    """The one of this process, with every rule and the key of this run."""
    directory = default_directory()
    return Scanner(
        detection().rules,
        lambda value: fingerprint_key().digest(value),
        directory,
        plan=_plan(Sealed(directory)),
    )


def _plan(kept: Sealed) -> Plan:
    """From the cache; taking 1,500 expressions apart takes seconds."""
    key = f"plan/{VERSION}/{detection().digest}".encode()
    payload = kept.get(key)
    if payload is None:
        with kept.alone():
            payload = kept.get(key)
            if payload is None:
                plan = planned(detection().rules)
                kept.put(key, msgspec.msgpack.encode(plan))
                return plan
    return msgspec.msgpack.decode(payload, type=Plan)


@cache
def detection() -> Detection:
    """The rules, kept in parsed form beside the compiled ones."""
    return load_detection(_Extra.directories, memo=Sealed(default_directory()))


class _Extra:
    """Directories of checks that the user named; their `secrets/rules` are added. The same for a whole process."""

    directories: tuple[Path, ...] = ()


def use_rules(directories: Sequence[str | Path]) -> None:
    """From now on the rules of these directories, too. Raises CatalogueError for a rule that cannot be used."""
    wanted = tuple(map(Path, directories))
    if wanted != _Extra.directories:
        _Extra.directories = wanted
        for made in (detection, scanner, kind_of, _file_expressions):
            made.cache_clear()
    detection()


def extra_rules() -> tuple[str, ...]:
    """The directories of `use_rules`, for a worker process to use the same."""
    return tuple(map(str, _Extra.directories))


@cache
def kind_of(path: str) -> str:
    """What of a path the sightings depend on: two files of one content and one kind have the same ones."""
    lowered = path.lower()
    wanted = "".join("01"[expression.search(lowered) is not None] for expression in _file_expressions())
    flags = (lowered.endswith(_MARKUP), is_configuration(lowered), lowered.endswith(SCRIPTS), is_plain(lowered))
    return f"{wanted}/{flags}/{made_by_program(lowered)}"


@cache
def _file_expressions() -> list[re.Pattern[str]]:
    return [re.compile(text) for text in sorted({rule.files for rule in detection().rules if rule.files})]


@cache
def engine_name() -> str:
    """Without importing it: an audit that finds everything in its cache needs none."""
    return f"hyperscan {version_of('hyperscan')}" if importlib.util.find_spec("hyperscan") else "re"


def scanner_digest() -> str:
    """Everything but the key that what is found depends on. The engine is no part of it: both find the same."""
    return f"{VERSION}/{detection().digest}"
