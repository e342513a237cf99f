"""All detection rules over the bytes of one file: marked in one pass, confirmed line by line.

Works on bytes throughout, so that nothing has to be decoded where nothing is found; a value is decoded only to be
compared with what placeholders look like. The same function serves the work tree, every object of history, the members
of archives and texts that are no files.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from hardencheck.collect.secrets import archives
from hardencheck.collect.secrets.blocks import is_one_der, key_body, stored_key
from hardencheck.collect.secrets.context import MINIFIED, is_plain, made_by_program, minified
from hardencheck.collect.secrets.looks import MARKUP, is_configuration, seen_as
from hardencheck.collect.secrets.placeholders import Seen, reason
from hardencheck.collect.secrets.plan import (
    BASE64,
    ELEMENT,
    ESCAPED,
    FORMS,
    PAIR,
    PERCENT,
    Marker,
    Plan,
    form_of,
    planned,
)
from hardencheck.collect.secrets.rules import Hit, confirmed
from hardencheck.collect.secrets.sightings import Found, Scan, Sighting, best_of, vague, without_idle
from hardencheck.collect.secrets.texts import (
    BASE64_CHARACTERS,
    BASE64_RUN,
    MAX_ENCODED,
    SEGMENT,
    decoded,
    quoted_key,
    readable,
    segments,
    unquoted,
    wrapped,
)
from hardencheck.collect.secrets.versions import Versions, common_end, common_start
from hardencheck.lazily import compiled
from hardencheck.model.detection import DetectionRule
from hardencheck.model.facts.secrets import Level, SecretClass

MAX_LINE = 4096  # bytes; of a longer line a window round each match is looked at
_WINDOW = (768, 2048)  # bytes before and after the end of a match
MAX_MARKS = 50_000  # of one segment
MAX_SIGHTINGS = 500  # of one file
MAX_DROPPED = 6_000  # of one file, since they are taken for no secret
TOO_MANY = "more of what looks like a secret than is judged in one file"
MAX_CONFIRMED = 8_000_000  # bytes of one file that are looked at closely
_ABOVE = 600  # bytes before a value in which the name of its provider may stand
_KNOWN = 20_000  # lines remembered: the versions of a file differ in few
_NEAR_PROVIDER = "key-near-provider"  # "key: ..." tells nothing until a provider is found whose form the value has
_NEW_PAIR = "make a new pair, put the new public key where the old one was trusted, then revoke or remove the old one."
_DOCUMENT = compiled(rb"^---", re.MULTILINE)
_DATA = compiled(
    rb"^(?P<indent>[ ]{2,8}|\t)(?P<quote>[\x22\x27]?)(?P<key>[\w.-]{1,100})(?P=quote):[ \t]*[\x22\x27]?"
    rb"(?P<value>[A-Za-z0-9+/]{6,}={0,2})[\x22\x27]?[ \t]*(?:#.*)?\r?$",
    re.MULTILINE,
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
        plan: Plan | None = None,
    ) -> None:
        self._rules, self._digest = tuple(rules), digest
        plan = plan or planned(rules)
        self._versions = Versions()
        self._quick = Marker(plan.quick, directory, hyperscan)
        self._slow = Marker(plan.slow, directory, hyperscan)
        self._tail = cache(lambda: Marker(plan.tail, directory, hyperscan))  # not needed for history
        self._near = Marker(plan.near, directory, hyperscan)
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
        found: list[Found] = []
        state = _State(path.lower(), binary, history=history)
        for start, piece in segments(text):
            self._segment(text, piece, start, state, found)
            if state.cut:
                break
        self._every_line(text, state, found)
        best = best_of(found)
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

    def _every_line(self, text: bytes, state: "_State", found: list[Found]) -> None:
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
        found: list[Found] = []
        inner = _State(member.path.lower(), binary, history=state.history)
        for start, piece in segments(text):
            self._segment(text, piece, start, inner, found)
        state.cut = state.cut or inner.cut
        for sighting in (
            *(item.sighting for item in best_of(found)),
            *(self._stored_key(member.data) if binary else ()),
        ):
            # The same as of a file of the tree: hashes of a lock file, scripts that nobody wrote by hand.
            if vague(sighting) and any(map(made_by_program, (member.path, state.path))):
                continue
            yield msgspec.structs.replace(sighting, line=None, column=None, whole_file=False, inside="archive")

    def _segment(self, text: bytes, piece: bytes, base: int, state: "_State", found: list[Found]) -> None:
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
                if state.binary and (rule.value or rule.class_ not in FORMS):
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
                found[:] = without_idle(found)
                state.idle += before - len(found)
                if state.looked > MAX_CONFIRMED or len(found) > MAX_SIGHTINGS or state.idle > MAX_DROPPED:
                    state.cut = state.cut or TOO_MANY
                    return
            place = _Place(text, base + start, base + first, state)
            if owner >= 0:
                found.extend(self._confirm(owner, line, place))
            elif owner == PERCENT:
                found.extend(self._decoded(unquoted(line), place, 0, len(line), "percent-encoding"))
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

    def _confirm(self, number: int, line: bytes, place: "_Place") -> Iterator[Found]:
        rule = self._rules[number]
        for verdict in self._judged(number, line, place.state.path):
            hit, class_, why, whole = verdict.hit, verdict.class_, verdict.why, False
            digest = self._digest(hit.value)  # never remembered: the next repository has another key
            length = len(hit.value.decode("utf-8", "replace"))
            if rule.class_ == "private-key" and hit.value.startswith((b"-", b"PuTTY")):
                body, whole = key_body(place.text, place.start + hit.start)
                body = body or quoted_key(place.text, place.start + hit.start)
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
            yield Found(place.start + hit.start, place.start + hit.stop, sighting)

    def _judged(self, number: int, line: bytes, path: str) -> tuple[_Verdict, ...]:
        markup, configuration = path.endswith(MARKUP), is_configuration(path)
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
            why = reason(seen_as(rule.id, rule.class_, named, before, value, after, markup, configuration))
            confidence: Level = rule.confidence.value if hit.sound or rule.confidence == "low" else "medium"
            yield _Verdict(hit, rule.class_, confidence, why)

    def _provider(self, value: bytes, place: "_Place", line: bytes) -> DetectionRule | None:
        """The provider whose form a generic value has and whose name stands in its line or the four above."""
        above = place.text[max(0, place.start - _ABOVE) : place.start].split(b"\n")
        around = b"\n".join((*above[-5:], line))
        for number in sorted({owner for _, owner in self._near.marks(around)}):
            form, names = form_of(self._rules[number])
            if form.fullmatch(value) and names.search(around):
                return self._rules[number]
        return None

    def _decoded(
        self, text: bytes, place: "_Place", start: int, stop: int, inside: str, *, vague_too: bool = False
    ) -> Iterator[Found]:
        """What stands in a text that was written in another way, at the place where it was written."""
        state = _State(place.state.path, False, depth=1, history=place.state.history)
        found: list[Found] = []
        if place.state.depth == 0 and text:
            self._segment(text, text, 0, state, found)
        for item in best_of(found):
            if vague(item.sighting) and not vague_too:
                continue
            sighting = msgspec.structs.replace(
                item.sighting, line=place.line, column=place.column(start), inside=inside, whole_file=False
            )
            yield Found(place.start + start, place.start + stop, sighting)

    def _unescaped(self, line: bytes, place: "_Place") -> Iterator[Found]:
        """Tokens right after an escape, whose last letter looks like a part of them: the n of a line end, the m of a
        colour. With blanks in place of the escapes, everything stands where it stood."""
        state = _State(place.state.path, False, depth=1, history=place.state.history)
        if place.state.depth:
            return
        text = _ESCAPE.sub(lambda match: b" " * len(match[0]), line)
        found: list[Found] = []
        self._segment(text, text, 0, state, found)
        for item in found:
            if not vague(item.sighting) and item.sighting.class_ != "private-key":  # whose lines end like this
                sighting = msgspec.structs.replace(item.sighting, line=place.line, column=place.column(item.start))
                yield Found(place.start + item.start, place.start + item.stop, sighting)

    def _pair(self, text: bytes, place: "_Place", end: int) -> Iterator[Found]:
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

    def _element(self, text: bytes, line: bytes, place: "_Place", end: int) -> Iterator[Found]:
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

    def _base64(self, piece: bytes, end: int, place: "_Place", base: int) -> Iterator[Found]:
        if base + end <= place.state.unwrapped:
            return  # another mark in the same run
        lowest = max(0, end - MAX_ENCODED)
        start = lowest + len(piece[lowest:end].rstrip(BASE64_CHARACTERS))  # a search would be quadratic
        after = BASE64_RUN.match(piece, end, min(len(piece), end + MAX_ENCODED))
        stop = after.end() if after else end
        place.state.unwrapped = base + stop
        text = decoded(wrapped(piece, start, stop))
        if text[1:40:2].count(0) > 10:
            text = text.decode("utf-16-le", "replace").encode()
        shift = base - place.start
        yield from self._decoded(text, place, start + shift, stop + shift, "base64")

    def _kubernetes(self, text: bytes, end: int, place: "_Place") -> Iterator[Found]:
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
            yield Found(here.start + start, here.start + stop, sighting)


class _State:
    """How far one file has got. looked: bytes confirmed. idle: sightings dropped by `without_idle`. unwrapped: offset
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
