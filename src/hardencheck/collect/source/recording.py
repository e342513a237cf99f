"""Exchanges into a HAR 1.2 file that any viewer opens and `har.read_har` judges as they would have been judged live.

What a login would need is not written: a placeholder of the same length stands for the value of a cookie, of a header
that is a token by its name, of a query and of a hidden field of a form, and a mark for what has the form of a secret
anywhere else. Lengths, names and flags stay, since they are what is judged.
"""

import base64
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from hardencheck import __version__
from hardencheck.collect.exchange import Exchange
from hardencheck.collect.live.run import Asked
from hardencheck.collect.secrets.names import masked
from hardencheck.collect.source.har import (
    RECORDING,
    Content,
    Entry,
    Extra,
    Field,
    Recording,
    Request,
    Response,
)
from hardencheck.lazily import compiled

PLACEHOLDER = "x"

# Fields whose value is a credential by their name.
_TOKEN = compiled(r"(?:^|-)(?:token|secret|api-?key|session(?:-?id)?|authorization|credential)$", re.IGNORECASE)
# Names whose value nothing is taken out of: a nonce looks like a token, and is judged.
_POLICIES = frozenset({"content-security-policy", "content-security-policy-report-only", "set-cookie"})
_QUERY = compiled(r"([?&][^=&#\s\"'<>,;]{0,200}=)([^&#\s\"'<>,;]+)")
_LOGIN = compiled(r"(//)([^/@\s?#]{1,500})(?=@)")
_KEY = compiled(rb"-----BEGIN [A-Z0-9 ]{0,60}KEY-----.*?(?:-----END [A-Z0-9 ]{0,60}-----|\Z)", re.DOTALL)
_HIDDEN = compiled(rb"<input\b[^>]{0,2000}>", re.IGNORECASE)
_VALUE = compiled(rb"""(\bvalue\s{0,20}=\s{0,20})("[^"]*"|'[^']*'|[^\s"'>]+)""", re.IGNORECASE)
_ASSIGNED = compiled(
    rb"^(\s*(?:export\s+)?[A-Za-z_][A-Za-z0-9_]*\s*=[ \t]*)(\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\r\n]*)", re.MULTILINE
)


def har_of(asked: Asked) -> bytes:
    """The file, with a line end. The same exchanges give the same bytes."""
    recording = Recording(
        version=RECORDING,
        urls=list(asked.urls),
        compare=asked.compare,
        sent=asked.sent,
        found=[msgspec.Raw(msgspec.json.encode(item)) for item in masked(tuple(asked.found))],
    )
    log = {
        "version": "1.2",
        "creator": {"name": "hardencheck", "version": __version__},
        "entries": [_entry(redacted(exchange)) for exchange in asked.exchanges],
        "_hardencheck": recording,
    }
    return msgspec.json.format(msgspec.json.encode({"log": log}), indent=1) + b"\n"


def redacted(exchange: Exchange) -> Exchange:
    """An exchange with placeholders for what is secret in it; what is judged of it stays as it is."""
    headers = tuple((name, _value(name, value)) for name, value in exchange.headers)
    kept = [number for number, (name, _) in enumerate(headers) if name.lower() not in _POLICIES]
    shown = masked(tuple(headers[number][1] for number in kept))
    values = dict(zip(kept, shown, strict=True))
    url = _query(exchange.url)
    return msgspec.structs.replace(
        exchange,
        url=url,
        headers=tuple((name, values.get(number, value)) for number, (name, value) in enumerate(headers)),
        request_headers=tuple((name, _value(name, value)) for name, value in exchange.request_headers),
        body=_body(exchange.body, urlsplit(url).path),
    )


def _value(name: str, value: str) -> str:
    lowered = name.lower()
    if lowered == "set-cookie":
        return _cookie(value)
    if lowered == "cookie" or _TOKEN.search(lowered):
        return PLACEHOLDER * len(value)
    return _query(value) if "?" in value or "//" in value else value


def _cookie(field: str) -> str:
    """A Set-Cookie field with its value replaced, one character for one."""
    pair, semicolon, rest = field.partition(";")
    name, equals, value = pair.partition("=")
    if not equals:
        name, value = "", pair
    return f"{name}{equals}{_replaced(value)}{semicolon}{rest}"


def _replaced(text: str) -> str:
    """What cannot be seen stays: it decides whether a browser takes the cookie at all."""
    return "".join(PLACEHOLDER if char > " " and char not in '"\x7f' and char.isascii() else char for char in text)


def _query(text: str) -> str:
    """Without the values of queries and the logins of URLs."""
    text = _LOGIN.sub(lambda found: found[1] + PLACEHOLDER * len(found[2]), text)
    return _QUERY.sub(lambda found: found[1] + PLACEHOLDER * len(found[2]), text)


def _body(body: bytes, path: str) -> bytes:
    if path.rpartition("/")[2].startswith(".env"):
        body = _ASSIGNED.sub(lambda found: found[1] + _same(found[2]), body)
    body = _KEY.sub(lambda found: _same(found[0]), body)
    body = _HIDDEN.sub(_hidden, body)
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return body if b"\0" in body else _by_line(body.decode("latin-1")).encode("latin-1", "replace")
    return _by_line(text).encode()


def _hidden(found: re.Match[bytes]) -> bytes:
    return _VALUE.sub(lambda value: value[1] + _same(value[2]), found[0])


def _same(data: bytes) -> bytes:
    """As long, with quotes and blanks where they were."""
    return re.sub(rb"[^\s\"']", PLACEHOLDER.encode(), data)


def _by_line(text: str) -> str:
    """Each line by itself, so that a secret costs a page no more than its own place."""
    return "\n".join(masked(tuple(text.split("\n"))))


def _entry(exchange: Exchange) -> dict[str, Any]:
    """As `har.Entry` reads it, with what HAR 1.2 wants besides."""
    try:
        content = Content(text=exchange.body.decode(), size=len(exchange.body))
    except UnicodeDecodeError:
        content = Content(text=base64.b64encode(exchange.body).decode(), encoding="base64", size=len(exchange.body))
    content.mime = exchange.first("content-type") or ""
    request = Request(exchange.url, exchange.method, _fields(exchange.request_headers), exchange.http_version)
    response = Response(exchange.status, _fields(exchange.headers), content, exchange.http_version)
    extra = Extra(**{name: getattr(exchange, name) for name in Extra.__struct_fields__})
    entry = Entry(request, response, exchange.started, exchange.tls, exchange.failed, extra)
    made: dict[str, Any] = msgspec.to_builtins(entry)
    if content.encoding is None:
        del made["response"]["content"]["encoding"]
    if exchange.tls is None:
        del made["_tls"]
    if not exchange.failed:
        del made["_failed"]
    query = [{"name": name, "value": value} for name, value in _pairs_of(exchange.url)]
    made["request"] |= {"cookies": [], "queryString": query, "headersSize": -1, "bodySize": 0}
    made["response"] |= {
        "statusText": "",
        "cookies": [],
        "redirectURL": exchange.redirect or "",
        "headersSize": -1,
        "bodySize": -1,
    }
    return made | {"time": 0, "cache": {}, "timings": {"send": 0, "wait": 0, "receive": 0}}


def _pairs_of(url: str) -> Sequence[tuple[str, str]]:
    from urllib.parse import parse_qsl

    try:
        return parse_qsl(urlsplit(url).query, keep_blank_values=True, max_num_fields=1000)
    except ValueError:
        return ()


def _fields(pairs: Sequence[tuple[str, str]]) -> list[Field]:
    return [Field(name, value) for name, value in pairs]
