"""Saved exchanges: HAR 1.2 files, as browsers and proxies write them, and our own recordings (`recording`), which hold
all that an audit went by. Nothing here touches the network."""

import base64
import binascii
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import msgspec

from hardencheck.collect.contract import Found
from hardencheck.collect.exchange import Exchange, Tls, origin, place, printable
from hardencheck.errors import NothingExamined, TargetMissing
from hardencheck.model.checklist import Note
from hardencheck.model.facts import Fact, Side, fact_types
from hardencheck.model.gap import Gap, Reason, Run

MAX_FILE = 64 * 1024 * 1024
MAX_ENTRIES = 5000
MAX_BODY = 256 * 1024
MAX_HEAD = 64 * 1024
MAX_FIELDS = MAX_HEAD // 4
MAX_FOUND = 10_000
RECORDING = 1  # the version of what we add to a file
# Request fields that are nobody's business; a browser saves them.
_SECRET_FIELDS = frozenset({"authorization", "proxy-authorization", "cookie"})
# Of a recording: why something was asked.
_PURPOSE = re.compile(r"[!-~]{1,40}")
_HINT = "expected HAR 1.2: in a browser, network panel, 'save all as HAR'"


class Saved(NamedTuple):
    """recorded: it is a recording of ours; then found is what probes said, and urls, compare are what was asked for."""

    exchanges: tuple[Exchange, ...]
    gaps: tuple[Gap, ...]
    run: Run
    notes: tuple[Note, ...]
    recorded: bool = False
    found: tuple[Found, ...] = ()
    urls: tuple[str, ...] = ()
    compare: str = ""


class Field(msgspec.Struct):
    name: str
    value: str | None = None


class Content(msgspec.Struct, rename={"mime": "mimeType"}):
    """size: of the body; without text it was not saved."""

    text: str | None = None
    encoding: str | None = None
    size: float | None = None
    mime: str = ""


class Request(msgspec.Struct, rename={"version": "httpVersion"}):
    url: str
    method: str = "GET"
    headers: list[Field] = []
    version: str = ""


class Response(msgspec.Struct, rename={"version": "httpVersion"}):
    status: int = 0
    headers: list[Field] = []
    content: Content = msgspec.field(default_factory=Content)
    version: str = ""


class Extra(msgspec.Struct, omit_defaults=True):
    """What a recording adds to an entry; the fields of `Exchange` by their names."""

    purpose: str
    number: int = 0
    compared: bool = False
    truncated: bool = False
    malformed: str = ""
    sent: int = 0
    seconds: float = 0.0


class Entry(
    msgspec.Struct, rename={"started": "startedDateTime", "tls": "_tls", "failed": "_failed", "extra": "_exchange"}
):
    """`_tls`: our own field, as `collect.exchange.Tls` has them. `_failed`: "refused" where nothing listened."""

    request: Request
    response: Response = msgspec.field(default_factory=Response)
    started: str = ""
    tls: Tls | None = None
    failed: str = ""
    extra: Extra | None = None


class Recording(msgspec.Struct, omit_defaults=True):
    """What a recording adds to the file. found: facts and gaps of the probes. sent: requests."""

    version: int
    urls: list[str] = []
    compare: str = ""
    sent: int = 0
    found: list[msgspec.Raw] = []


class _Log(msgspec.Struct, rename={"recording": "_hardencheck"}):
    entries: list[msgspec.Raw]
    version: str = "1.2"
    recording: Recording | None = None


class _File(msgspec.Struct):
    log: _Log


def read_har(path: str, *, urls: tuple[str, ...] = ()) -> Saved:
    """The exchanges of a file with the hosts of `urls`, or, without any, with the host of its first entry; all of a
    recording.

    Third parties that a page called are counted, not judged. What is broken in one entry is a Gap of that entry.
    Raises TargetMissing for a file that is not there or not HAR, NothingExamined for one without exchanges.
    """
    data = _bytes(path)
    try:
        log = msgspec.json.decode(data, type=_File).log
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else printable(str(error), 160)
        raise TargetMissing(f"{_name(path)} is not a HAR file: {why}", hint=_HINT) from None
    entries, recording = log.entries, log.recording
    if recording is not None and recording.version != RECORDING:
        why = f"recorded in the format {recording.version}; this version of hardencheck reads {RECORDING}"
        raise TargetMissing(f"{_name(path)} was {why}", hint="record it again")
    if not entries:
        raise NothingExamined(f"{_name(path)} holds no exchange", hint=_HINT)
    hosts = {origin(url).host for url in urls}
    exchanges: list[Exchange] = []
    gaps: list[Gap] = []
    skipped: Counter[str] = Counter()
    for number, raw in enumerate(entries[:MAX_ENTRIES], start=1):
        try:
            exchange = _exchange(msgspec.json.decode(raw, type=Entry, strict=False), recorded=recording is not None)
            host = origin(exchange.url).host
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            why = "nested too deeply" if isinstance(error, RecursionError) else printable(str(error), 160)
            gaps.append(_gap(Reason.UNPARSABLE, f"entry {number} of the saved exchanges is broken: {why}"))
            skipped["broken"] += 1
            continue
        except ValueError:
            skipped["not http or https"] += 1
            continue
        if recording is None:
            hosts = hosts or {host}
        if hosts and host not in hosts and not exchange.compared:
            skipped["another host"] += 1
        elif recording is None and exchange.first("non-authoritative-reason") is not None:
            skipped["answered by the browser itself"] += 1  # Chromium: HSTS sent it to https, nothing was asked
        elif exchange.status == 0 and not exchange.failed and exchange.purpose != "tls":
            skipped["no response was saved"] += 1
        else:
            exchanges.append(exchange)
    if len(entries) > MAX_ENTRIES:
        gaps.append(_gap(Reason.BUDGET, f"{len(entries)} saved exchanges: the first {MAX_ENTRIES} were judged"))
    if not exchanges:
        left = ", ".join(f"{count} {why}" for why, count in sorted(skipped.items()))
        raise NothingExamined(f"{_name(path)} holds no exchange to judge ({left})", hint=_HINT)
    run = Run(collector="har", examined=len(exchanges), skipped=dict(sorted(skipped.items())))
    notes: list[Note] = []
    if skipped["another host"]:
        text = (
            f"judged are the exchanges with {', '.join(sorted(hosts))}; {skipped['another host']} with others are not"
        )
        notes.append(Note(topic="saved exchanges", text=text))
    if recording is None:
        return Saved(_purposes(exchanges), tuple(gaps), run, tuple(notes))
    found = list(_found(recording, gaps))
    asked = tuple(place(url) for url in recording.urls[:MAX_ENTRIES])
    sent = f"{max(0, recording.sent)} were sent when this was recorded; secrets in it are placeholders"
    notes.append(Note(topic="requests", text=sent))
    compare = place(recording.compare) if recording.compare else ""
    return Saved(tuple(exchanges), tuple(gaps), run, tuple(notes), True, tuple(found), asked, compare)


def _found(recording: Recording, gaps: list[Gap]) -> Iterator[Found]:
    """What the probes of a recorded audit said. Only of the observed side: a file says nothing of a repository."""
    union: object = Gap
    observed = {kind: fact for kind, fact in fact_types().items() if fact.side is Side.OBSERVED}
    for fact in observed.values():
        union = union | fact
    decoder: msgspec.json.Decoder[Found] = msgspec.json.Decoder(union)
    broken = 0
    for raw in recording.found[:MAX_FOUND]:
        try:
            item = decoder.decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            broken += 1
            continue
        if isinstance(item, Fact):
            yield item
            continue
        kinds = tuple(kind for kind in item.kinds if kind in observed)
        if kinds or not item.kinds:
            yield msgspec.structs.replace(item, kinds=kinds, detail=printable(item.detail, 1000))
    if broken or len(recording.found) > MAX_FOUND:
        number = broken or len(recording.found) - MAX_FOUND
        gaps.append(_gap(Reason.UNPARSABLE, f"{number} of the recorded facts cannot be read"))


def _name(path: str) -> str:
    return printable(os.path.basename(path), 100)


def _bytes(path: str) -> bytes:
    """The whole file; a byte order mark is dropped."""
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise TargetMissing(f"{_name(path)} is not a regular file", hint=_HINT)
        with open(path, "rb") as file:
            data = file.read(MAX_FILE + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "not a path"
        raise TargetMissing(f"--har {_name(path)}: {why}", hint=_HINT) from None
    if len(data) > MAX_FILE:
        raise TargetMissing(f"{_name(path)} is larger than {MAX_FILE >> 20} MiB", hint="save fewer exchanges")
    if not data.strip():
        raise NothingExamined(f"{_name(path)} is empty", hint=_HINT)
    return data.removeprefix(b"\xef\xbb\xbf")


def _exchange(entry: Entry, *, recorded: bool) -> Exchange:
    body, broken = _body(entry.response.content)
    headers = _pairs(entry.response.headers)
    large = sum(len(name) + len(value) + 4 for name, value in headers) > MAX_HEAD
    asked = tuple(pair for pair in _pairs(entry.request.headers) if pair[0].lower() not in _SECRET_FIELDS)
    extra = entry.extra if recorded else None
    if extra is not None and _PURPOSE.fullmatch(extra.purpose) is None:
        extra = None
    return Exchange(
        url=entry.request.url,
        method=entry.request.method,
        request_headers=asked if recorded else (),
        status=entry.response.status if 0 <= entry.response.status <= 999 else 0,
        headers=() if large else headers,
        body=body[:MAX_BODY],
        truncated=broken or len(body) > MAX_BODY or (extra is not None and extra.truncated),
        malformed=f"the head is larger than {MAX_HEAD >> 10} KiB" if large else extra.malformed if extra else "",
        failed=entry.failed,
        tls=entry.tls,
        started=_time(entry.started),
        purpose=extra.purpose if extra else "page",
        number=extra.number if extra else 0,
        compared=extra is not None and extra.compared,
        sent=extra.sent if extra else 0,
        seconds=extra.seconds if extra else 0.0,
        http_version=printable(entry.response.version, 20) if recorded else "HTTP/1.1",
    )


def _pairs(fields: list[Field]) -> tuple[tuple[str, str], ...]:
    """Header fields. Browsers write several Set-Cookie as one value with line ends; HTTP/2's ":status" is none."""
    return tuple(
        (field.name, value.strip("\r"))
        for field in fields[:MAX_FIELDS]
        if not field.name.startswith(":")
        for value in (field.value or "").split("\n")
    )


def _body(content: Content) -> tuple[bytes, bool]:
    text = content.text or ""
    if (content.encoding or "").lower() != "base64":
        return text[: MAX_BODY + 1].encode("utf-8", "replace"), not text and (content.size or 0) > 0
    try:
        return base64.b64decode(text[: (MAX_BODY // 3 + 2) * 4]), False
    except (binascii.Error, ValueError):
        return b"", True


def _time(text: str) -> str:
    """ISO 8601 with a time zone, or "" for what is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return moment.isoformat() if moment.tzinfo is not None else ""


def _purposes(exchanges: list[Exchange]) -> tuple[Exchange, ...]:
    """A redirect is a hop, anything else a page; what was not asked with GET or HEAD is left as "other"."""
    found: list[Exchange] = []
    for exchange in exchanges:
        purpose = "page"
        if exchange.method.upper() not in {"GET", "HEAD", "POST"}:
            purpose = "other"
        elif exchange.redirect is not None:
            purpose = "hop"
        elif exchange.failed:
            purpose = "http"
        found.append(msgspec.structs.replace(exchange, purpose=purpose))
    return tuple(found)


def _gap(reason: Reason, detail: str) -> Gap:
    from hardencheck.collect.live.responses import FACTS

    return Gap(kinds=tuple(fact.kind() for fact in FACTS), collector="har", reason=reason, detail=detail)
