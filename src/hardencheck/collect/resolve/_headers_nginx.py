"""What nginx adds to the responses of the applications behind it."""

from collections.abc import Iterator

from hardencheck.collect.extract._templates import TEMPLATED
from hardencheck.collect.extract.python_settings import HEADERS, TELLING
from hardencheck.collect.resolve import _nginx, _routes_nginx
from hardencheck.collect.resolve._layers import Sends, sends, silent, unknown
from hardencheck.collect.resolve._routes import Route
from hardencheck.model.gap import FactSet, Reason


def layers(facts: FactSet) -> Iterator[dict[str, Sends]]:
    """One layer for all of nginx: header name -> what it does wherever requests reach an application."""
    found = [route for route in _routes_nginx.routes(facts) if route.hands_on]
    _, broken = _nginx.files(facts)
    if broken:
        first = broken[0]
        yield {name: unknown("nginx", first.location, first.detail, first.reason) for name in HEADERS | TELLING}
    elif found:
        yield {name: _over([_at(route, name) for route in found]) for name in HEADERS | TELLING}


def _over(found: list[Sends]) -> Sends:
    """The weakest of all places: what is sent on some paths only is not sent by the service."""
    order = {"silent": 0, "unknown": 1, "sends": 2}
    worst = min(found, key=lambda one: order[one.does])
    values = {one.value for one in found if one.does == "sends"}
    if worst.does == "sends" and len(values) > 1:
        return unknown("nginx", worst.location, "nginx sends different values on different paths", Reason.DYNAMIC)
    return worst


def _at(route: Route, name: str) -> Sends:
    """A header at one place. Without `always` it is still sent with the responses that pages are (200, 3xx)."""
    own = [change for change in route.headers if change.does in {"add", "set"}]
    named = [change for change in own if change.name == name]
    if not named:
        for doubt in route.header_doubts:
            return unknown("nginx", doubt.where, doubt.text, doubt.reason)
        for change in own:
            if change.doubt is not None and TEMPLATED in change.name:
                return unknown("nginx", route.where, "an add_header is a placeholder", Reason.TEMPLATED)
        return silent("nginx", route.where)
    for change in named:
        if change.doubt is not None:
            return unknown("nginx", change.where, change.doubt.text, change.doubt.reason)
    values = [change.value for change in named if change.value]
    if not values:
        return silent("nginx", named[0].where)
    return sends("nginx", named[0].where, ", ".join(values))
