"""One response beside the one that was predicted, header by header."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hardencheck.collect.extract._header_names import HEADERS, TELLING
from hardencheck.collect.live.answers import public
from hardencheck.collect.resolve._header_findings import PROXIES
from hardencheck.lazily import compiled
from hardencheck.model.facts.drift import ObservedResponse, Outcome, PredictedAnswer, PredictedField, PredictedWay
from hardencheck.model.location import Location

# What tells something or lets others in, and is compared although nobody declares it.
OPENING = frozenset({"access-control-allow-origin", "access-control-allow-credentials"})
# Proxies and servers by what they call themselves.
PRODUCTS = {
    "nginx": "nginx", "openresty": "nginx", "apache": "apache", "caddy": "caddy", "traefik": "traefik", "envoy":
    "envoy", "haproxy": "haproxy", "istio-envoy": "envoy", "awselb": "AWS load balancer", "kestrel": "Kestrel",
    "microsoft-iis": "IIS", "litespeed": "LiteSpeed", "varnish": "Varnish",
}  # fmt: skip
SERVERS = frozenset({
    "gunicorn", "uvicorn", "hypercorn", "hypercorn-h11", "hypercorn-h2", "waitress", "granian", "daphne", "werkzeug",
    "python", "uwsgi", "tornadoserver", "wsgiserver",
})  # fmt: skip
_NONCE = compiled(r"'nonce-[^']*'")
_CLASSES = {2: 200, 4: 404, 5: 500}
_GATEWAY = frozenset({502, 503, 504})
# Statuses of a view or of the search for one. With any other an outer layer may have answered, before inner ones could.
_INNERMOST = frozenset({404, 405, 410, 422, 500})
_EARLY = "an outer layer may have given this answer, before what sets it"
_ANY_CASE = frozenset({"strict-transport-security", "x-frame-options", "x-content-type-options", "referrer-policy"})


class Row(NamedTuple):
    """One header of one response. declared, observed: in words. counts: it is a disagreement that matters. wants: the
    declared values that are known, as they are compared; values: those that came."""

    name: str
    outcome: Outcome
    counts: bool
    declared: str
    observed: str
    layer: str = ""
    places: tuple[Location, ...] = ()
    values: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    why: str = ""


def answer_of(way: PredictedWay, response: ObservedResponse, *, https: bool) -> PredictedAnswer | None:
    """The prediction for a response of this status; None where there is none (a redirect, a gateway's error)."""
    status = None if response.status in _GATEWAY else _CLASSES.get(response.status // 100)
    found = [one for one in way.answers if one.status == status and one.https is https]
    behind = bool(way.application or way.framework)
    own = not any(not one.own for one in found) or (bool(response.own) and response.own == way.product)
    if response.own and not own and behind:
        return None  # somebody else's page
    return next((one for one in found if one.own is own), None)


def compare(way: PredictedWay, answer: PredictedAnswer, response: ObservedResponse) -> list[Row]:
    predicted = {field.name for field in answer.fields} | {name for name, _ in answer.unknown if name in HEADERS}
    names = sorted(predicted | ((HEADERS | TELLING | OPENING) & {name for name, _ in response.fields}))
    return [row for name in names for row in _rows(name, way, answer, response)]


def drifts(rows: Sequence[Row]) -> int:
    return sum(row.counts for row in rows)


def _rows(name: str, way: PredictedWay, answer: PredictedAnswer, response: ObservedResponse) -> Iterator[Row]:
    fields = [field for field in answer.fields if field.name == name]
    values = response.named(name)
    kept = tuple(values)
    wants = tuple(alike(name, field.value) for field in fields if field.value is not None)
    layer = fields[0].layer if fields else ""
    places = tuple(dict.fromkeys(field.where for field in fields if field.where.path))
    declared = " and ".join(dict.fromkeys(_shown(field) for field in fields)) or "not sent"
    observed = _said(values)

    def row(outcome: Outcome, counts: bool = False, why: str = "", at: tuple[Location, ...] = ()) -> Row:
        said = declared if fields or outcome != "unknown" else "not known"
        return Row(name, outcome, counts, said, observed, layer, at or places, kept, wants, why)

    if fields and _same(name, fields, values):
        yield row("same")
        return
    doubt = _doubt(name, answer, fields)
    if not doubt and fields and layer not in PROXIES:
        if response.status >= 400 and response.status not in _INNERMOST:
            doubt = _EARLY
        elif values and name not in HEADERS | TELLING:
            doubt = "a view may have its own"
    if doubt:
        yield row("unknown", why=doubt)
        return
    view = _view(name, way, values)
    if view is not None:
        yield row("unknown", why=f"code of a view sends it too ({view})", at=(*places, view))
        return
    if not values:
        # Whether a view goes without it is not told by its URL.
        if name in way.opened:
            yield row("unknown", why="a view goes without it")
        else:
            yield row("not-served", counts=True)
    elif fields:
        if name == "server" and not way.product and _product(values) not in {"", _product([declared])}:
            yield row("unknown", why=f"{_product(values)} answers, which the repository does not describe")
        else:
            yield row("differs", counts=True)
    elif name == "server" and not way.product and _product(values) not in SERVERS:
        yield row("unknown", why=f"{_product(values)} answers, which the repository does not describe")
    else:
        yield row("not-declared", counts=name not in HEADERS)


def _doubt(name: str, answer: PredictedAnswer, fields: Sequence[PredictedField]) -> str:
    why = next((text for held, text in answer.unknown if held in {name, ""}), "")
    if why:
        return why
    unsure = next((field for field in fields if not field.sure), None)
    return f"it is sent under a condition ({unsure.where})" if unsure is not None else ""


def _view(name: str, way: PredictedWay, values: Sequence[str]) -> Location | None:
    """The line of a view that sends just this."""
    given = {alike(name, value) for value in values}
    for field in way.written:
        if field.name == name and values and (field.value is None or alike(name, field.value) in given):
            return field.where
    return None


def _same(name: str, fields: Sequence[PredictedField], values: Sequence[str]) -> bool:
    """Whether these fields are there, each once. One of unknown value is any."""
    theirs = Counter(alike(name, value) for value in values)
    ours = Counter(alike(name, field.value) for field in fields if field.value is not None and field.sure)
    free = sum(field.value is None for field in fields)
    perhaps = sum(not field.sure for field in fields)
    if name not in HEADERS | TELLING | OPENING and fields[-1].layer in PROXIES and not (ours - theirs).total():
        return True  # beside what a view sends by itself
    extra = (theirs - ours).total()
    if (ours - theirs).total():
        # Fields of one list may come as one (RFC 9110 section 5.3).
        return not free and not perhaps and _listed(name, [f.value or "" for f in fields]) == _listed(name, values)
    return free - perhaps <= extra <= free + perhaps


def _listed(name: str, values: Sequence[str]) -> list[str]:
    return sorted(part for value in values for part in alike(name, value).split(","))


def alike(name: str, value: str | None) -> str:
    """A value as it is compared: blanks, the order of directives, and nonces make no difference."""
    text = _NONCE.sub("'nonce-…'", public(value or ""))
    if name in _ANY_CASE:
        text = text.lower()
    separator = ";" if ";" in text else "," if name == "permissions-policy" else ""
    parts = text.split(separator) if separator else [text]
    clean = [re.sub(r"\s+", " ", part).strip() for part in parts]
    if name.startswith("content-security-policy"):
        clean = [" ".join((*words[:1], *sorted(words[1:]))) for words in (part.split() for part in clean)]
    return f"{separator or ','} ".join(sorted(part for part in clean if part)) if separator else clean[0]


def _shown(field: PredictedField) -> str:
    text = _short(field.value) if field.value is not None else "sent (its value is not known)"
    return text if field.sure else f"perhaps {text}"


def _said(values: Sequence[str]) -> str:
    return " and ".join(_short(value) for value in values[:4]) if values else "not sent"


def _short(value: str) -> str:
    text = public(value)
    return (text if len(text) <= 160 else f"{text[:159]}…") or "(empty)"


def _product(values: Sequence[str]) -> str:
    """What a Server field names first, in lower case; a proxy by its usual name."""
    word = (values[0] if values else "").partition("/")[0].partition(" ")[0].strip().lower()
    return PRODUCTS.get(word, word)


def product_of(response: ObservedResponse) -> str:
    return _product(response.named("server"))
