"""The response headers that the layers of the repository would send: application, its server, the proxies in front.

For each application and each way through a proxy to it the response is put together for the statuses that matter, layer
by layer. Of that come one merged fact for each name, and a picture for people.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.extract._header_names import HEADERS, TELLING
from hardencheck.collect.resolve import _exhibit_headers as _exhibits
from hardencheck.collect.resolve import (
    _header_findings,
    _headers_python,
    _predicted,
    _proxies,
    _unapplied,
    _view_openings,
    _ways,
)
from hardencheck.collect.resolve._django import projects
from hardencheck.collect.resolve._header_findings import PROXIES
from hardencheck.collect.resolve._layers import Sends, sends, silent, unknown
from hardencheck.collect.resolve._nginx import other_proxy
from hardencheck.collect.resolve._predicted import Predicted
from hardencheck.collect.resolve._routes import Route
from hardencheck.collect.resolve._sent import joined
from hardencheck.collect.resolve._sent_python import PythonApplication
from hardencheck.lazily import compiled
from hardencheck.model.facts.declared import DeclaredHeader
from hardencheck.model.facts.drift import PredictedWay
from hardencheck.model.facts.exhibit import Exhibit
from hardencheck.model.facts.headers import (
    DeclaredDuplicate,
    DeclaredPolicy,
    ErrorHeaders,
    StrippedHeader,
    UnappliedHeaders,
    ViewOpening,
)
from hardencheck.model.facts.settings import CorsPolicy, DeclaredRedirect
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location

_MAX_AGE = compiled(r'max-age\s*=\s*"?(\d{1,15})"?\s*(?:;|$)', re.IGNORECASE)


class DeclaredHeaders(Resolver):
    """What a visitor would get, as the repository says."""

    name = "headers.declared"
    version = 3
    emits = (
        DeclaredHeader, DeclaredPolicy, DeclaredDuplicate, StrippedHeader, ErrorHeaders, UnappliedHeaders,
        DeclaredRedirect, CorsPolicy, Exhibit, ViewOpening, PredictedWay,
    )  # fmt: skip

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        apps = list(_predicted.applications(facts, tree))
        routes = _proxies.routes(facts, tree)
        found = _predicted.predicted(facts, tree, routes, apps)
        rest = "" if any(route.hands_on for route in routes) else other_proxy(tree)
        lost = [*self._lost(facts, tree, apps), *_proxies.troubles(facts)]
        for name in sorted(HEADERS | TELLING):
            merged = list(self._merged(name, found, rest, lost))
            # Nobody has to send the telling ones: their absence is not worth a fact, nor a doubt about it.
            yield from (item for item in merged if name in HEADERS or _present(item))
        yield from _header_findings.findings(found, tree)
        yield from _redirects(apps, routes)
        yield from _header_findings.origins(found)
        yield from _unapplied.unapplied(facts, tree)
        opened = list(_view_openings.openings(facts, found))
        yield from opened
        gap = self._unlisted(routes, rest, lost)
        if gap is not None:
            yield gap
        else:
            yield from _ways.ways(found, routes, facts.plus(opened))
        exhibit = _exhibits.headers(found)
        if exhibit is not None:
            yield exhibit

    def _unlisted(self, routes: Sequence[Route], rest: str, lost: Sequence[Gap]) -> Gap | None:
        """Why it is not known which way a URL comes by: something else may answer it."""
        handing = [route for route in routes if route.hands_on]
        if rest:
            reason, where, detail = Reason.NOT_SUPPORTED, Location(path=rest), f"{rest} may change any response"
        elif lost:
            reason, where, detail = lost[0].reason, lost[0].location, lost[0].detail
        elif len(handing) > _predicted.MAX_ROUTES:
            reason, where = Reason.BUDGET, handing[0].where
            detail = f"{len(handing)} ways lead to an application: more than {_predicted.MAX_ROUTES} are not predicted"
        else:
            return None
        return Gap(kinds=(PredictedWay.kind(),), collector=self.name, reason=reason, detail=detail, location=where)

    def _lost(self, facts: FactSet, tree: Tree, apps: Sequence[_predicted.Application]) -> Iterator[Gap]:
        """Applications of which nothing is known."""
        yield from _headers_python.unfollowed(facts)
        if not apps:
            _, troubles = projects(facts, tree)
            yield from (self.gap(Reason.DYNAMIC, trouble) for trouble in troubles[:1])
            if not troubles:
                for says in _headers_python.unread_layers(facts):
                    one = next(iter(says.values()))
                    yield self.gap(one.reason, one.text, one.location)

    def _merged(self, name: str, found: Sequence[Predicted], rest: str, lost: Sequence[Gap]) -> Iterator[Found]:
        """One fact: the worst way to the worst application decides."""
        outcomes = [_blamed(_outcome(one, name), one, found, name) for one in found]
        if lost:
            gap = lost[0]
            outcomes = [
                unknown("", gap.location, gap.detail, gap.reason) if one.does == "silent" else one for one in outcomes
            ] or [unknown("", gap.location, gap.detail, gap.reason)]
        if not outcomes:
            return
        order = {"silent": 0, "unknown": 1, "sends": 2}
        worst = min(outcomes, key=lambda outcome: order[outcome.does])
        if worst.does == "silent" and rest:
            text = f"{rest} may send it and is not read"
            worst = unknown(worst.layer, Location(path=rest), text, Reason.NOT_SUPPORTED)
        if worst.does == "unknown":
            yield Gap(
                kinds=(DeclaredHeader.kind(),), collector=self.name, reason=worst.reason, detail=worst.text,
                location=worst.location, about={"name": name},
            )  # fmt: skip
            return
        yield DeclaredHeader(
            location=worst.location,
            name=name,
            present=worst.does == "sends",
            value=worst.value,
            max_age=max_age(worst.value) if name == "strict-transport-security" else None,
            layer=worst.layer,
            why=worst.text if worst.does == "silent" else "",
        )


def _redirects(apps: Sequence[_predicted.Application], routes: Sequence[Route]) -> Iterator[DeclaredRedirect]:
    """Whether plain http is redirected, where Talisman is there to do it. Of Django `django.forwarding` says so."""
    proxy = next((route.where for route in routes if route.redirects_to_https), None)
    for app in apps:
        forced = app.forces_https() if isinstance(app, PythonApplication) else None
        if forced is not None:
            on, where = forced
            text = f"the proxy does, at {proxy}" if proxy is not None else f"force_https of Talisman is {on}"
            yield DeclaredRedirect(
                location=proxy or where, application=app.name, present=on or proxy is not None, decided_by=text
            )


def _present(item: Found) -> bool:
    return isinstance(item, DeclaredHeader) and item.present


def _outcome(one: Predicted, name: str) -> Sends:
    """What a page carries of one header."""
    sent = one.answers[_predicted.PAGE]
    fields, doubt = sent.named(name), sent.doubt(name)
    unsure = next((field for field in fields if field.perhaps or field.value is None), None)
    if unsure is not None and unsure.doubt is not None:
        return unknown(unsure.layer, unsure.doubt.where, unsure.doubt.text, unsure.doubt.reason)
    if doubt is not None:
        return unknown(one.layer, doubt.where, doubt.text, doubt.reason)
    if fields:
        return sends(fields[0].layer, fields[0].where, joined(fields) or "")
    reports = sent.named(f"{name}-report-only")
    if reports:
        return silent(one.layer, reports[0].where)._replace(text="its policy only reports")
    taken = _taken_away(one, name)
    if taken is not None:
        where, text = taken
        return silent(one.layer, where)._replace(text=text)
    why = one.application.why_not(name) if one.application is not None else ""
    return silent(one.layer, one.should(name))._replace(text=why)


def _taken_away(one: Predicted, name: str) -> tuple[Location, str] | None:
    """The line that removes a header, the application's or a proxy's own, and how."""
    by_code = [where for taken, where in one.answers[_predicted.PAGE].taken if taken == name]
    if by_code:
        return by_code[-1], "this line takes it away"
    if one.route is None:
        return None
    removes = [
        change.where
        for change in one.route.headers
        if change.does == "remove" and change.name.lower() == name and change.where != one.route.where
    ]
    if removes:
        return removes[-1], f"{one.route.product} takes it away"
    lost = [where for lost, where in one.route.lost_headers if lost == name]
    return (lost[-1], f"{one.route.product} adds it further out, and this line takes it away") if lost else None


def _blamed(outcome: Sends, one: Predicted, others: Sequence[Predicted], name: str) -> Sends:
    """Where other ways to the same application get the header from a proxy, the way that does not is what is wrong."""
    if outcome.does != "silent" or one.route is None or _taken_away(one, name) is not None:
        return outcome
    for other in others:
        fields = other.answers[_predicted.PAGE].named(name) if other.application is one.application else []
        if any(field.layer in PROXIES and not field.perhaps for field in fields):
            # A handler of Caddy is one of many of its site, which is what has the headers.
            site = one.route.inside if one.route.product == "caddy" else None
            text = f"{one.route.product} sends it elsewhere, and not for {one.route.name}"
            return outcome._replace(location=site or one.route.where, text=text)
    return outcome


def max_age(value: str | None) -> int | None:
    """Seconds in a Strict-Transport-Security value (RFC 6797, section 6.1); None when there is none to read."""
    found = _MAX_AGE.search(value or "")
    return int(found[1]) if found else None
