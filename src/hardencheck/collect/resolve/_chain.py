"""How much of a request each layer admits, and what is left when all of them have been passed.

A layer bounds only what it counts: the effective limit of a kind of content is the smallest one over the layers that
count it; a layer that does not, or is switched off, bounds nothing. Where a layer is not known the others still hold:
"at most N", never less is claimed.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, get_args

from hardencheck.collect.resolve._routes import Doubt
from hardencheck.model.facts.uploads import Content, Layer, Measure
from hardencheck.model.location import Location

CONTENTS: tuple[Content, ...] = get_args(Content)
_LENGTHENED: dict[Content, Content] = {"chunked": "raw"}


class Cap(NamedTuple):
    """What one layer says of one kind of content. max_bytes: the largest that passes, None: it bounds nothing, and note
    says why. measures: what is counted. written: as in the file, with its unit. status: its answer to more, 200: the
    rest is cut off. reads: it answers when it has read the body, not before. or_502: some versions say 502 instead.
    ignores: it reads nothing of such a body. doubt: then max_bytes says nothing.
    """

    layer: Layer
    product: str
    where: Location
    max_bytes: int | None = None
    setting: str = ""
    written: str = ""
    default: bool = False
    measures: Measure = "body"
    status: int | None = None
    note: str = ""
    reads: bool = False
    or_502: bool = False
    ignores: bool = False
    doubt: Doubt | None = None

    @property
    def bounds(self) -> bool:
        return self.doubt is None and (self.max_bytes is not None or self.ignores)

    @property
    def by(self) -> str:
        if self.setting and not self.note:
            return f"{self.setting} at {self.where}"
        return self.note or self.product


Caps = Mapping[Content, tuple[Cap, ...]]


class Station(NamedTuple):
    """One layer on the way to an application. lengthens: a body that comes without its length has one behind it.

    interface: how a server calls the application, "" where that is not known. terminates: it tells a WSGI application
    that a body without length ends (`wsgi.input_terminated`); None: not known.
    """

    layer: Layer
    product: str
    where: Location
    caps: Caps
    lengthens: bool = False
    name: str = ""
    interface: Literal["wsgi", "asgi", ""] = ""
    terminates: bool | None = None


class Outcome(NamedTuple):
    """least: what decides, None where nothing is known to bound it. doubts: of layers that may be stricter. loosest:
    the layers in order, each with what it says."""

    least: Cap | None
    doubts: tuple[Doubt, ...]
    caps: tuple[Cap, ...]

    @property
    def max_bytes(self) -> int | None:
        return self.least.max_bytes if self.least is not None else None


def everywhere(*caps: Cap) -> Caps:
    """The same for each kind of content."""
    return dict.fromkeys(CONTENTS, caps)


def through(stations: Sequence[Station], content: Content) -> Outcome:
    """What becomes of one kind of content that passes these layers, the outermost first."""
    caps: list[Cap] = []
    for station in stations:
        caps.extend(station.caps.get(content, ()))
        if station.lengthens:
            content = _LENGTHENED.get(content, content)
    doubts = tuple(cap.doubt for cap in caps if cap.doubt is not None)
    sized = [cap for cap in caps if cap.bounds and cap.max_bytes is not None]
    # Of two that are the same the outer one answers: what is around a file or a field counts for it too.
    least = min(sized, key=lambda cap: cap.max_bytes or 0, default=None)
    if least is None:
        least = next((cap for cap in caps if cap.bounds), None)
    return Outcome(least, doubts, tuple(caps))


def loosest(outcomes: Iterable[Outcome]) -> Outcome:
    """Of several ways that a body may take the one that lets most of it through."""
    return max(outcomes, key=_looseness)


def _looseness(outcome: Outcome) -> tuple[int, int]:
    if outcome.least is None:
        return (1 if outcome.doubts else 2), 0
    if outcome.least.max_bytes is None:
        return 0, 0
    return 0, outcome.least.max_bytes + 1
