"""Secrets in texts that are shown: names of files and branches, what collectors copy out of a file, and what a
configuration or a command line says. Each is shown with a mark in its place, the same mark for the same secret."""

import types
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

import msgspec

from hardencheck.collect.cache import Cache, key_of
from hardencheck.collect.fingerprint_key import fingerprint_key
from hardencheck.collect.secrets.letters import bits
from hardencheck.collect.secrets.rules import confirmed
from hardencheck.collect.secrets.ruleset import detection, scanner, scanner_digest
from hardencheck.collect.secrets.scan import Scanner
from hardencheck.collect.secrets.sightings import Sighting
from hardencheck.collect.secrets.texts import decoded, readable
from hardencheck.lazily import compiled
from hardencheck.model.detection import DetectionRule
from hardencheck.model.facts.secrets import SecretCandidate, SecretsLeftOut, SecretSuppression, SecretTrace
from hardencheck.model.location import Location

T = TypeVar("T")

_IN_NAMES = frozenset({"provider-token", "cloud-credential", "password-in-url", "jwt"})
_IN_TEXTS = _IN_NAMES | {"private-key", "login"}
_SHORTEST = 8  # characters of a secret that nobody may see together
_ROUNDS = 4  # one secret may stand inside another
_REMEMBERED = 50_000  # texts that are known to hold none
_LONGEST_REMEMBERED = 200
# Every form that is known has one of these. (A test holds it against the examples of all rules.)
_MAY = compiled(
    r"@|%40|(?i:passw|pwd|\bpass\b|private.key|authorization|auth[\"'\\]|asplaintext)|"
    r"(?i:key|token|secret|access_id)[\"' \t]{0,4}[:=]|"
    r"(?<![\w-])(?:-u|--user|-p)|"
    r"(?<![\w.+=%~/-])(?=[\w.+=%~/-]{16})[\w.+=%~/-]*?[A-Z0-9]"
)
_OBJECT_ID = compiled(r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})\Z")
_MARK = compiled(r"\[secret [0-9a-f]{8}\]")
_KEY_END = compiled(r"-----END [A-Z0-9 ]{0,60}-----")
_ENCODED = compiled(r"[A-Za-z0-9+/_-]+={0,2}")
_CONTINUED = compiled(r"[^\W\d]")
_FILLED = str.maketrans("\r\0\ufeff", "\n  ")


class Named(NamedTuple):
    """shown: the name without the secret. sightings: what is in it, without a line."""

    shown: str
    sightings: tuple[Sighting, ...]


def secrets_in(names: Iterable[str]) -> dict[str, Named]:
    """Those names that hold a token or the password of a URL. One pass over all of them."""
    found: dict[str, Named] = {}
    for name in _suspects(list(dict.fromkeys(names)), _IN_NAMES):
        sightings = tuple(msgspec.structs.replace(item, line=None, column=None) for item in _sightings(name, _IN_NAMES))
        if sightings:
            found[name] = Named(_hidden(name, _IN_NAMES), sightings)
    return found


def masked(value: T, values: Sequence[str] = (), cache: Cache | None = None) -> T:
    """A value with marks for the secrets in its texts: facts and gaps, and tuples, lists and tables of them.

    What has the form of a secret is taken out, and `values`: secrets that only their place tells. The path of a
    location stays, since files are told apart by it and have been renamed already. cache: where it is kept which texts
    hold none, so that the same ones need not be looked at again.
    """
    texts: dict[str, None] = {}
    _collect(value, texts)
    if not texts:
        return value
    shown = _shown(list(texts), values, cache)
    changed: T = _replaced(value, shown) if shown else value
    return changed


def values_in(data: bytes, found: Iterable[object]) -> list[str]:
    """The secrets of a file themselves, at the places that the candidates among `found` give: never to be kept."""
    candidates = [
        item
        for item in found
        if isinstance(item, SecretCandidate) and not item.placeholder and item.class_ != "high-entropy"
    ]
    if not candidates:
        return []
    key = fingerprint_key()
    lines = readable(data)[0].split(b"\n")
    values: dict[str, None] = {}
    for item in candidates:
        line, column = item.location.line, item.location.column
        if line is None or column is None or line > len(lines):
            continue
        rest = lines[line - 1].decode("utf-8", "replace")[column - 1 :]
        value = rest[: item.length]
        if key.digest(value.encode("utf-8", "surrogatepass")) != item.digest:
            run = _ENCODED.match(rest) if item.inside == "base64" else None
            value = run[0] if run else ""
        if len(value) >= _SHORTEST:
            values[value] = None
    return list(values)


def _collect(value: Any, texts: dict[str, None]) -> None:
    if type(value) is str:
        if len(value) >= _SHORTEST:
            texts[value] = None
    elif isinstance(value, msgspec.Struct):
        for name in _fields(type(value)):
            _collect(getattr(value, name), texts)
    elif isinstance(value, tuple | list | set | frozenset):
        for item in value:
            _collect(item, texts)
    elif isinstance(value, dict):
        for key, item in value.items():
            _collect(key, texts)
            _collect(item, texts)


def _replaced(value: Any, shown: Mapping[str, str]) -> Any:
    """The same object where nothing in it changes."""
    if type(value) is str:
        return shown.get(value, value)
    if isinstance(value, msgspec.Struct):
        changes = {}
        for name in _fields(type(value)):
            old = getattr(value, name)
            new = _replaced(old, shown)
            if new is not old:
                changes[name] = new
        return msgspec.structs.replace(value, **changes) if changes else value
    if isinstance(value, tuple | list | set | frozenset):
        items = [_replaced(item, shown) for item in value]
        if all(new is old for new, old in zip(items, value, strict=True)):
            return value
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, dict):
        return {_replaced(key, shown): _replaced(item, shown) for key, item in value.items()}
    return value


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """Those fields of a type that may hold text of others; what is said of a secret is ours."""
    if issubclass(kind, SecretCandidate | SecretsLeftOut | SecretSuppression | SecretTrace):
        return ()
    if kind is Location:
        return ("url",)
    try:
        hints = typing.get_type_hints(kind)
    except NameError:  # a type that is imported for type checkers alone
        return kind.__struct_fields__
    return tuple(name for name in kind.__struct_fields__ if _holds_text(hints[name]))


def _holds_text(hint: Any) -> bool:
    if (origin := typing.get_origin(hint)) is not None or isinstance(hint, types.UnionType):
        if origin is Literal:
            return False
        arguments = typing.get_args(hint)
        return any(map(_holds_text, arguments[:1] if origin is Annotated else arguments))
    if hint is Ellipsis or hint is None:
        return False
    return not (isinstance(hint, type) and issubclass(hint, bool | int | float | bytes | types.NoneType | Enum))


def _shown(texts: Sequence[str], values: Sequence[str], cache: Cache | None) -> dict[str, str]:
    """What is shown in place of those texts that hold a secret."""
    plain = _without_values(texts, values) if values else {}
    shown = _formless([plain.get(text, text) for text in texts], cache)
    return {text: shown.get(now, now) for text in texts if (now := plain.get(text, text)) is not text or text in shown}


def _formless(texts: Iterable[str], cache: Cache | None) -> dict[str, str]:
    """As `_shown`, for what is known by its form."""
    doubtful = [text for text in dict.fromkeys(texts) if _may(text)]
    if not doubtful:
        return {}
    key = b""
    if cache is not None and cache.enabled:
        key = key_of("texts", scanner_digest(), fingerprint_key().id, *doubtful)
        payload = cache.get(key)
        if payload is not None:
            try:
                known = msgspec.msgpack.decode(payload, type=dict[int, str])
                return {doubtful[number]: text for number, text in known.items()}
            except (msgspec.MsgspecError, IndexError):
                pass
    clean = _Clean.of(scanner())
    shown: dict[str, str] = {}
    for text in _suspects([text for text in doubtful if text not in clean], _IN_TEXTS):
        hidden = _hidden(text, _IN_TEXTS)
        if hidden != text:
            shown[text] = hidden
    if len(clean) > _REMEMBERED:
        clean.clear()
    clean.update(text for text in doubtful if text not in shown and len(text) <= _LONGEST_REMEMBERED)
    if key and cache is not None:
        numbers = {text: number for number, text in enumerate(doubtful)}
        cache.put(key, msgspec.msgpack.encode({numbers[text]: hidden for text, hidden in shown.items()}))
    return shown


class _Clean:
    """Texts in which a scanner found nothing; another scanner has other rules."""

    using: Scanner | None = None
    texts: typing.ClassVar[set[str]] = set()

    @classmethod
    def of(cls, using: Scanner) -> set[str]:
        if cls.using is not using:
            cls.using = using
            cls.texts = set()
        return cls.texts


def _may(text: str) -> bool:
    """Whether a text can hold anything that has the form of a secret."""
    return _MAY.search(text) is not None and _OBJECT_ID.match(text) is None


def _suspects(texts: Sequence[str], classes: frozenset[str]) -> Iterator[str]:
    """Those texts in which something is found when all are looked at as one; each must be looked at by itself then,
    since what stands in one may only seem to belong to what stands in another."""
    if not texts:
        return
    whole = "\n".join(texts).translate(_FILLED).encode("utf-8", "replace")
    scan = scanner().scan(whole, "")
    if scan.cut:
        yield from texts
        return
    lines = sorted({item.line for item in scan.sightings if item.class_ in classes and item.line})
    if not lines:
        return
    at, last = 0, 0
    for text in texts:
        last += 1 + text.count("\n") + text.count("\r")
        begin = at
        while at < len(lines) and lines[at] <= last:
            at += 1
        if at > begin:
            yield text


def _sightings(text: str, classes: frozenset[str]) -> list[Sighting]:
    data = text.translate(_FILLED).encode("utf-8", "replace")
    return [item for item in scanner().scan(data, "").sightings if not item.why and item.class_ in classes]


def _hidden(text: str, classes: frozenset[str]) -> str:
    """A text with marks; a mark alone where what is in it cannot be told from the rest."""
    for _ in range(_ROUNDS):
        spans = sorted(span for span in _spans(text, classes) if len(_MARK.sub("", text[span.start : span.stop])) > 3)
        if not spans:
            return text
        shown, end = "", 0
        for span in spans:
            if span.start >= end:
                shown += text[end : span.start] + f"[secret {span.digest[:8]}]"
            end = max(end, span.stop)
        text = shown + text[end:]
    return f"[secret {fingerprint_key().digest(text.encode('utf-8', 'surrogatepass'))[:8]}]"


class _Span(NamedTuple):
    """A secret in a text, in characters."""

    start: int
    stop: int
    digest: str


def _spans(text: str, classes: frozenset[str]) -> Iterator[_Span]:
    sightings = _sightings(text, classes)
    if not sightings:
        return
    lines = text.translate(_FILLED).split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    key = fingerprint_key()
    for item in sightings:
        if item.line is None or item.column is None:
            yield _Span(0, len(text), item.digest)
            continue
        start = starts[item.line - 1] + item.column - 1
        yield _Span(start, _stop(text, start, starts[item.line] - 1, item), item.digest)
    for rule in _rules({item.rule for item in sightings}):
        for number, line in enumerate(lines):
            data = line.encode("utf-8", "replace")
            for hit in confirmed(rule, data):
                start, stop = (len(data[:at].decode("utf-8", "replace")) for at in (hit.start, hit.stop))
                yield _Span(starts[number] + start, starts[number] + stop, key.digest(hit.value))


def _stop(text: str, start: int, end: int, item: Sighting) -> int:
    """Where the secret of a sighting ends; end: of its line."""
    stop = start + item.length
    if fingerprint_key().digest(text[start:stop].encode("utf-8", "replace")) == item.digest:
        return stop
    if item.class_ == "private-key":
        footer = _KEY_END.search(text, start)
        return footer.end() if footer else len(text)
    if item.inside == "base64" and (run := _ENCODED.match(text, start)) and decoded(run[0].encode()):
        return run.end()
    return end


def _rules(ids: set[str]) -> Iterator[DetectionRule]:
    """Rules whose hits are all taken out: a token may hide the password it is a part of."""
    for rule in detection().rules:
        if rule.class_ == "password-in-url" or (rule.id in ids and rule.class_ in _IN_TEXTS - {"private-key"}):
            yield rule


def _without_values(texts: Sequence[str], values: Sequence[str]) -> dict[str, str]:
    """As `_shown`, for secrets that are given: whole, in any case, or cut off where a text was."""
    whole = "\n".join(texts).lower()
    key = fingerprint_key()
    found: dict[str, str] = {}
    for value in sorted(values, key=lambda value: (-len(value), value)):
        if value[:_SHORTEST].lower() not in whole:
            continue
        mark = f"[secret {key.digest(value.encode('utf-8', 'surrogatepass'))[:8]}]"
        lowered = value.lower()
        for text in texts:
            now = found.get(text, text)
            new = _without_value(now, lowered, mark)
            if new != now:
                found[text] = new
    return found


def _without_value(text: str, value: str, mark: str) -> str:
    lowered = text.lower()
    if len(lowered) != len(text) or value[:_SHORTEST] not in lowered:
        return text
    word = value.isalpha() and bits(value) > 0  # "postgres" as a password: "postgresql" does not give it away
    at = lowered.find(value)
    while at >= 0:
        end = at + len(value)
        if word and (_CONTINUED.fullmatch(lowered[at - 1 : at]) or _CONTINUED.fullmatch(lowered[end : end + 1])):
            at = lowered.find(value, end)
            continue
        text = text[:at] + mark + text[end:]
        lowered = text.lower()
        at = lowered.find(value, at + len(mark))
    if text.endswith("…"):
        body = lowered[:-1]
        for length in range(min(len(value), len(body)), _SHORTEST - 1, -1):
            if body.endswith(value[:length]):
                return text[: len(body) - length] + mark + "…"
    return text
