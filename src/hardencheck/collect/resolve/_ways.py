"""Every way to the service with the responses that come by it, as facts: to be held beside what a URL shows."""

from collections.abc import Iterable, Iterator, Sequence

from hardencheck.collect.extract._fields import RESPONSE
from hardencheck.collect.extract._header_names import HEADERS
from hardencheck.collect.resolve import _predicted
from hardencheck.collect.resolve._applications import production_modules
from hardencheck.collect.resolve._predicted import STATUSES, Application, Predicted
from hardencheck.collect.resolve._routes import Doubt, Route
from hardencheck.collect.resolve._sent import Field, Sent, changed
from hardencheck.collect.resolve._sent_django import DjangoApplication
from hardencheck.collect.resolve._sent_servers import Server
from hardencheck.model.facts.drift import PredictedAnswer, PredictedField, PredictedWay
from hardencheck.model.facts.headers import ViewOpening, WrittenHeader
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location

MAX_WAYS = 200  # of those that answer by themselves
# Of the moment, of the page and its encoding, of what a view makes of its request, and of the connection.
LEFT_OUT = frozenset({
    "date", "last-modified", "etag", "content-type", "content-length", "content-encoding", "accept-ranges",
    "set-cookie", "vary", "connection", "keep-alive", "transfer-encoding", "location", "via", "age", "expires", "link",
    "alt-svc", "x-request-id",
})  # fmt: skip
_HOLES = frozenset("$<{%")
_OPENS = {
    "framing": ("x-frame-options", "content-security-policy"),
    "the content policy": ("content-security-policy", "content-security-policy-report-only"),
}


def ways(found: Sequence[Predicted], routes: Sequence[Route], facts: FactSet) -> Iterator[PredictedWay]:
    """Those of applications, and the places of a proxy that answer by themselves: a URL may belong to either."""
    made = [_way(one, facts) for one in found if one.route is None or not one.route.internal]
    alone = [route for route in routes if route.role == "production" and not route.hands_on and not route.internal]
    made += [_itself(route) for route in alone[:MAX_WAYS] if made]
    yield from dict.fromkeys(made)


def _way(one: Predicted, facts: FactSet) -> PredictedWay:
    app, route = one.application, one.route
    answers: list[PredictedAnswer] = []
    for https in (True, False):
        for status in STATUSES:
            sent = one.answers[status] if https else _answer(app, one.server, route, status)
            if sent is not None and route is not None and route.cases:
                sent = sent.unsure("", Doubt(route.where, route.cases[0]))
            if sent is not None and route is not None and route.replaces_errors is not None and status >= 400:
                text = f"{route.product} puts its own page in place of an error of the application"
                sent = sent.unsure("", Doubt(route.replaces_errors, text))
            if sent is not None:
                answers.append(_stated(sent, https, app))
    if route is not None:
        answers.extend(_alone(route))
    lines = {field.where for answer in answers for field in answer.fields}
    return PredictedWay(
        location=route.where if route is not None else app.where if app is not None else Location(),
        application=app.name if app is not None else "",
        framework=app.framework if app is not None else "",
        way=route.name if route is not None else "",
        runs=one.server.name,
        answers=tuple(answers),
        written=tuple(_written(facts, lines)),
        opened=tuple(sorted({name for fact in _openings(facts) for name in _OPENS.get(fact.opens, ())})),
        **_of_route(route),  # type: ignore[arg-type]
    )


def _itself(route: Route) -> PredictedWay:
    """A place of a proxy that hands nothing on: files, a redirect, an answer of its own, or what is not of here."""
    return PredictedWay(
        location=route.where,
        application="",
        framework="",
        way=route.name,
        answers=tuple(
            answer
            for answer in (_alone(route) if not route.elsewhere else ())
            if route.answers is None or route.answers // 100 == answer.status // 100
        ),
        **_of_route(route),  # type: ignore[arg-type]
    )


def _of_route(route: Route | None) -> dict[str, object]:
    if route is None:
        return {"product": "", "server": ""}
    sign = next((sign for sign in ("= ", "^~ ") if f"location {sign}{route.path}" in route.name), "")
    known = not any(_HOLES & set(host) for host in route.hosts)
    listens = [word for text in route.listens for word in text.split()[:1]]
    return {
        "product": route.product,
        "server": str(route.inside or route.where),
        "default": any("default_server" in text for text in route.listens),
        "hosts": route.hosts if known else (),
        "path": f"{sign}{route.path}",
        "tls": route.tls,
        "ports": tuple(sorted({end for word in listens if (end := word.rpartition(":")[2]).isdecimal()})),
        "redirects": route.where if route.redirects_to_https else None,
    }


def _answer(app: Application | None, server: Server, route: Route | None, status: int) -> Sent | None:
    if app is not None:
        return _predicted.answer(app, server, route, status, https=False)
    return _predicted.proxied(Sent(status), route) if route is not None else None


def _alone(route: Route) -> Iterator[PredictedAnswer]:
    """What a proxy puts on answers of its own."""
    for status in STATUSES:
        sent = changed(Sent(status), route.headers, route.product, own=True)
        if route.cases:
            sent = sent.unsure("", Doubt(route.where, route.cases[0]))
        for doubt in (*route.header_doubts, *route.doubts):
            sent = sent.unsure("", doubt)
        for https in (True, False):
            yield _stated(sent, https, own=True)


def _stated(sent: Sent, https: bool, app: Application | None = None, *, own: bool = False) -> PredictedAnswer:
    return PredictedAnswer(
        status=sent.status,
        https=https,
        own=own,
        fields=tuple(_field(field, app) for field in sent.fields if field.name not in LEFT_OUT),
        unknown=tuple((name, doubt.text) for name, doubt in sent.doubts if name not in LEFT_OUT),
    )


def _field(field: Field, app: Application | None) -> PredictedField:
    """The value of a field that may be a token is not kept: it is compared by name."""
    kept = field.value if field.name in RESPONSE else None
    where = field.where
    if where.line is None and field.layer == "django" and isinstance(app, DjangoApplication):
        where = app.entry(field.name)  # what is so by default has no line of its own
    return PredictedField(name=field.name, value=kept, sure=not field.perhaps, layer=field.layer, where=where)


def _written(facts: FactSet, lines: Iterable[Location]) -> Iterator[PredictedField]:
    """What other lines of the code set, those of single views say."""
    known = {(where.path, where.line) for where in lines}
    for fact in facts.of(WrittenHeader.kind()):
        if isinstance(fact, WrittenHeader) and fact.name in HEADERS:
            at = (fact.location.path, fact.location.line)
            if at not in known:
                known.add(at)
                yield PredictedField(name=fact.name, value=fact.value, where=fact.location)
    for module in production_modules(facts):
        for one in module.headers:
            at = (module.location.path, one.line)
            if one.name in HEADERS and at not in known:
                value = one.expression.value if one.expression.what == "scalar" else None
                where = Location(path=module.location.path, line=one.line)
                yield PredictedField(name=one.name, value=value if isinstance(value, str) else None, where=where)


def _openings(facts: FactSet) -> Iterator[ViewOpening]:
    for fact in facts.of(ViewOpening.kind()):
        if isinstance(fact, ViewOpening):
            yield fact
