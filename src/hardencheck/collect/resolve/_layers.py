"""What each layer of a service does about one response header."""

from typing import NamedTuple

from hardencheck.model.gap import Reason
from hardencheck.model.location import Location


class Sends(NamedTuple):
    """A layer's part in a header. does: "sends" (value), "silent" (could and does not), "unknown" (text, reason).

    may: for a proxy, sent on some of the paths that lead to the application only.
    """

    does: str
    layer: str
    location: Location
    value: str | None = None
    text: str = ""
    reason: Reason = Reason.NOT_LITERAL


def unknown(layer: str, location: Location, text: str, reason: Reason = Reason.NOT_LITERAL) -> Sends:
    return Sends("unknown", layer, location, None, text, reason)


def sends(layer: str, location: Location, value: str) -> Sends:
    return Sends("sends", layer, location, value)


def silent(layer: str, location: Location) -> Sends:
    return Sends("silent", layer, location)
