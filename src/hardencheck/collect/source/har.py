"""Saved exchanges: HAR 1.2 files, as browsers and proxies write them. Nothing here touches the network."""

import base64
import binascii
import os
import stat
from collections import Counter
from datetime import datetime
from typing import NamedTuple

import msgspec

from hardencheck.collect.exchange import Exchange, Tls, origin, printable
from hardencheck.errors import NothingExamined, TargetMissing
from hardencheck.model.checklist import Note
from hardencheck.model.gap import Gap, Reason, Run

MAX_FILE = 64 * 1024 * 1024
MAX_ENTRIES = 5000
MAX_BODY = 256 * 1024
MAX_FIELDS = 2000
MAX_HEAD = 64 * 1024
_HINT = "expected HAR 1.2: in a browser, network panel, 'save all as HAR'"


class Saved(NamedTuple):
    exchanges: tuple[Exchange, ...]
    gaps: tuple[Gap, ...]
    run: Run
    notes: tuple[Note, ...]


class _Field(msgspec.Struct):
    name: str
    value: str | None = None


class _Content(msgspec.Struct):
    """size: of the body; without text it was not saved."""

    text: str | None = None
    encoding: str | None = None
    size: float | None = None


class _Request(msgspec.Struct):
    url: str
    method: str = "GET"
    headers: list[_Field] = []


class _Response(msgspec.Struct):
    status: int = 0
    headers: list[_Field] = []
    content: _Content = msgspec.field(default_factory=_Content)


class _Entry(msgspec.Struct, rename={"started": "startedDateTime", "tls": "_tls", "failed": "_failed"}):
    """`_tls`: our own field, as `collect.exchange.Tls` has them. `_failed`: "refused" where nothing listened."""

    request: _Request
    response: _Response = msgspec.field(default_factory=_Response)
    started: str = ""
    tls: Tls | None = None
    failed: str = ""


class _Log(msgspec.Struct):
    entries: list[msgspec.Raw]
    version: str = "1.2"


class _File(msgspec.Struct):
    log: _Log


def read_har(path: str, *, urls: tuple[str, ...] = ()) -> Saved:
    """The exchanges of a file with the hosts of `urls`, or, without any, with the host of its first entry.

    Third parties that a page called are counted, not judged. What is broken in one entry is a Gap of that entry.
    Raises TargetMissing for a file that is not there or not HAR, NothingExamined for one without exchanges.
    """
    data = _bytes(path)
    try:
        entries = msgspec.json.decode(data, type=_File).log.entries
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else printable(str(error), 160)
        raise TargetMissing(f"{_name(path)} is not a HAR file: {why}", hint=_HINT) from None
    if not entries:
        raise NothingExamined(f"{_name(path)} holds no exchange", hint=_HINT)
    hosts = {origin(url).host for url in urls}
    exchanges: list[Exchange] = []
    gaps: list[Gap] = []
    skipped: Counter[str] = Counter()
    for number, raw in enumerate(entries[:MAX_ENTRIES], start=1):
        try:
            exchange = _exchange(msgspec.json.decode(raw, type=_Entry, strict=False))
            host = origin(exchange.url).host
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            why = "nested too deeply" if isinstance(error, RecursionError) else printable(str(error), 160)
            gaps.append(_gap(Reason.UNPARSABLE, f"entry {number} of the saved exchanges is broken: {why}"))
            skipped["broken"] += 1
            continue
        except ValueError:
            skipped["not http or https"] += 1
            continue
        hosts = hosts or {host}
        if host not in hosts:
            skipped["another host"] += 1
        elif exchange.first("non-authoritative-reason") is not None:
            skipped["answered by the browser itself"] += 1  # Chromium: HSTS sent it to https, nothing was asked
        elif exchange.status == 0 and not exchange.failed:
            skipped["no response was saved"] += 1
        else:
            exchanges.append(exchange)
    if len(entries) > MAX_ENTRIES:
        gaps.append(_gap(Reason.BUDGET, f"{len(entries)} saved exchanges: the first {MAX_ENTRIES} were judged"))
    if not exchanges:
        left = ", ".join(f"{count} {why}" for why, count in sorted(skipped.items()))
        raise NothingExamined(f"{_name(path)} holds no exchange to judge ({left})", hint=_HINT)
    run = Run(collector="har", examined=len(exchanges), skipped=dict(sorted(skipped.items())))
    notes: tuple[Note, ...] = ()
    if skipped["another host"]:
        text = (
            f"judged are the exchanges with {', '.join(sorted(hosts))}; {skipped['another host']} with others are not"
        )
        notes = (Note(topic="saved exchanges", text=text),)
    return Saved(_purposes(exchanges), tuple(gaps), run, notes)


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


def _exchange(entry: _Entry) -> Exchange:
    body, broken = _body(entry.response.content)
    headers = _pairs(entry.response.headers)
    large = sum(len(name) + len(value) for name, value in headers) > MAX_HEAD
    return Exchange(
        url=entry.request.url,
        method=entry.request.method,
        request_headers=(),
        status=entry.response.status if 0 <= entry.response.status <= 999 else 0,
        headers=() if large else headers,
        body=body[:MAX_BODY],
        truncated=broken or len(body) > MAX_BODY,
        malformed=f"the head is larger than {MAX_HEAD >> 10} KiB" if large else "",
        failed=entry.failed,
        tls=entry.tls,
        started=_time(entry.started),
    )


def _pairs(fields: list[_Field]) -> tuple[tuple[str, str], ...]:
    """Header fields. Browsers write several Set-Cookie as one value with line ends; HTTP/2's ":status" is none."""
    return tuple(
        (field.name, value.strip("\r"))
        for field in fields[:MAX_FIELDS]
        if not field.name.startswith(":")
        for value in (field.value or "").split("\n")
    )


def _body(content: _Content) -> tuple[bytes, bool]:
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
