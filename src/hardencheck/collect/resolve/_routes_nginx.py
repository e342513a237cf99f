"""The routes of nginx: its places, with what holds there."""

from collections.abc import Iterator

from hardencheck.collect.resolve import _nginx
from hardencheck.collect.resolve._routes import Doubt, Limit, Route
from hardencheck.model.facts.uploads import Directive
from hardencheck.model.gap import FactSet


def routes(facts: FactSet) -> Iterator[Route]:
    for place in _nginx.places(facts):
        limit = _nginx.body_limit(place)
        held = _nginx.innermost(place, "client_max_body_size")
        written = " ".join(held.directive.args) if held is not None else ""
        passes = [held.directive for held in place.levels[-1] if held.directive.name in _nginx.PASSES]
        yield Route(
            product="nginx",
            name=place.name,
            where=place.where,
            body=Limit(
                max_bytes=limit.max_bytes,
                setting="client_max_body_size",
                where=limit.where,
                written=written,
                default=limit.default,
                doubt=None if limit.known else Doubt(limit.where, limit.text, limit.reason),
            ),
            templated=place.templated,
            hands_on=place.proxied,
            upstream=_target(passes),
        )


def _target(passes: list[Directive]) -> str:
    return passes[0].args[0] if passes and passes[0].args else ""
