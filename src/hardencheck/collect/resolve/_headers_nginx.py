"""What nginx adds to the responses of the applications behind it."""

from collections.abc import Iterator

from hardencheck.collect.extract.python_settings import HEADERS, TELLING
from hardencheck.collect.resolve import _nginx
from hardencheck.collect.resolve._layers import Sends, sends, silent, unknown
from hardencheck.model.gap import FactSet, Reason


def layers(facts: FactSet) -> Iterator[dict[str, Sends]]:
    """One layer for all of nginx: header name -> what it does wherever requests reach an application."""
    places = [place for place in _nginx.places(facts) if place.proxied]
    _, broken = _nginx.files(facts)
    if broken:
        first = broken[0]
        yield {name: unknown("nginx", first.location, first.detail, first.reason) for name in HEADERS | TELLING}
    elif places:
        yield {name: _over([_at(place, name) for place in places]) for name in HEADERS | TELLING}


def _over(found: list[Sends]) -> Sends:
    """The weakest of all places: what is sent on some paths only is not sent by the service."""
    order = {"silent": 0, "unknown": 1, "sends": 2}
    worst = min(found, key=lambda one: order[one.does])
    values = {one.value for one in found if one.does == "sends"}
    if worst.does == "sends" and len(values) > 1:
        return unknown("nginx", worst.location, "nginx sends different values on different paths", Reason.DYNAMIC)
    return worst


def _at(place: _nginx.Place, name: str) -> Sends:
    """A header at one place. Without `always` it is still sent with the responses that pages are (200, 3xx)."""
    otherwise = _nginx.inherits_otherwise(place)
    if otherwise is not None:
        text = f"{otherwise.directive.name} changes which headers are sent, and is not followed"
        return unknown("nginx", otherwise.location, text, Reason.DYNAMIC)
    own = _nginx.headers(place)
    named = [held for held in own if held.directive.args and held.directive.args[0].lower() == name]
    if not named:
        if place.missing:
            first = place.missing[0]
            text = f"it may be in {first.directive.args[0]}, which is not in the repository"
            return unknown("nginx", first.location, text, Reason.DYNAMIC)
        if any("__templated__" in held.directive.args[0] for held in own if held.directive.args):
            return unknown("nginx", place.where, "an add_header is a placeholder", Reason.TEMPLATED)
        return silent("nginx", place.where)
    values = [held.directive.args[1] if len(held.directive.args) > 1 else "" for held in named]
    where = named[0].location
    if not any(values):
        return silent("nginx", where)
    if any("__templated__" in value for value in values):
        return unknown("nginx", where, f"the value of {name} is a placeholder", Reason.TEMPLATED)
    if any("$" in value for value in values):
        return unknown("nginx", where, f"the value of {name} holds a variable", Reason.NOT_LITERAL)
    return sends("nginx", where, ", ".join(value for value in values if value))
