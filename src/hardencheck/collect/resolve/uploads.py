"""How large a request may be: what each layer states, the chain that they make, and the exhibit of it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.resolve import _chain_frameworks as frameworks
from hardencheck.collect.resolve._applications import unread
from hardencheck.collect.resolve._built import resolved
from hardencheck.collect.resolve._chain import CONTENTS, Outcome, loosest, through
from hardencheck.collect.resolve._chain_exhibit import Chain, Row, exhibit
from hardencheck.collect.resolve._chain_frameworks import Own, Stated
from hardencheck.collect.resolve._chain_lines import Line, lines
from hardencheck.collect.resolve._chain_servers import Server, servers
from hardencheck.collect.resolve._chain_values import Held
from hardencheck.collect.resolve._chain_ways import Way, Ways, ways
from hardencheck.collect.resolve._django import projects
from hardencheck.collect.resolve._nginx_values import parse_size
from hardencheck.collect.resolve._routes import Doubt
from hardencheck.collect.resolve._versions import lowest
from hardencheck.model.facts import Scalar
from hardencheck.model.facts.container import ComposeSetting
from hardencheck.model.facts.exhibit import Exhibit
from hardencheck.model.facts.proxies import IngressConfiguration
from hardencheck.model.facts.uploads import BodyBound, Content, Layer, RouteLimit, UploadLimit
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location

_BODIES: dict[str, tuple[Layer, Literal["body", "fields"]]] = {
    "max_body_size": ("framework", "body"), "request_max_body_size": ("framework", "body"),
    "max_part_size": ("framework", "fields"), "wsgi_max_body_size": ("server", "body"),
}  # fmt: skip
_PAST = ("behind-proxy", True, "production")
# As good as none: a limit of another layer that is no smaller makes none unnecessary.
_AS_NONE = (1 << 30) - 1


class Uploads(Resolver):
    """Limits of proxies, servers and frameworks, each in its own units, and what they come to together."""

    name = "uploads.limits"
    version = 2
    emits = (UploadLimit, BodyBound, Exhibit)
    after = ("servers.defaults",)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        facts = resolved(facts, tree)
        reached = ways(facts, tree)
        started = servers(facts, tree)
        _, troubles = projects(facts, tree)
        for text in troubles:
            yield Gap(kinds=self.kinds(), collector=self.name, reason=Reason.DYNAMIC, detail=text)
        found = list(lines(facts, tree, started))
        yield from self._proxies(reached)
        yield from self._snippets(facts)
        yield from self._stated(found, started, reached)
        yield from self._of_routes(facts)
        chains = []
        past = tuple(_past(facts)) if reached.handing_on else ()
        told: set[tuple[Location, str, str]] = set()
        for line in found:
            rows = list(_rows(line, reached))
            yield from self._bounds(line.own, rows, told)
            chains.append(
                Chain(
                    line.own.framework, line.own.name, line.own.location, rows_of(rows), (*past, *_given(line, facts))
                )
            )
        if (picture := exhibit(chains)) is not None:
            yield picture
        for framework, gap in unread(facts):
            yield self._gap(("upload.bound",), gap.location, gap.reason, gap.detail, {"framework": framework})

    def _gap(self, kinds: tuple[str, ...], where: Location, reason: Reason, text: str, about: dict[str, Scalar]) -> Gap:
        return Gap(kinds=kinds, collector=self.name, reason=reason, detail=text, location=where, about=about)

    def _proxies(self, reached: Ways) -> Iterator[Found]:
        """One fact for each limit that holds where requests reach an application."""
        for gap in reached.broken:
            yield self._gap(("upload.limit",), gap.location, gap.reason, gap.detail, {"layer": "proxy"})
        seen: set[tuple[Location, int | None]] = set()
        for route in reached.handing_on:
            body = route.body
            if (body.where, body.max_bytes) in seen or (body.default and body.max_bytes is None and not body.doubt):
                continue  # said before, or nothing sets it: then the chain says what that comes to
            seen.add((body.where, body.max_bytes))
            if body.doubt is not None:
                about: dict[str, Scalar] = {"layer": "proxy", "product": route.product, "setting": body.setting}
                yield self._gap(("upload.limit",), body.where, body.doubt.reason, body.doubt.text, about)
                continue
            # What is not asked for here is judged as it reads: `uploads.paths` says that it is of no effect.
            asked = body.max_bytes
            if asked is None and route.product == "apache" and body.written.isdecimal() and len(body.written) < 18:
                asked = int(body.written) or None
            yield UploadLimit(
                location=body.where,
                layer="proxy",
                product=route.product,
                application=body.where.path or "",
                setting=body.setting,
                max_bytes=asked,
                default=body.default,
                written=body.written,
            )

    def _snippets(self, facts: FactSet) -> Iterator[Found]:
        """What an Ingress gives the server of nginx as text; what it gives a location is the limit of its route."""
        for fact in facts.of("ingress.configuration"):
            if not isinstance(fact, IngressConfiguration) or fact.role != "production":
                continue
            snippets = [one for one in fact.snippets if one.name != "configuration-snippet"]
            for one in (one for snippet in snippets for one in snippet.block or ()):
                if one.name != "client_max_body_size":
                    continue
                written = one.args[0] if one.args else ""
                where = Location(path=fact.location.path, line=one.line)
                try:
                    size = parse_size(written)
                except ValueError:
                    about: dict[str, Scalar] = {"layer": "proxy", "product": "ingress-nginx", "setting": one.name}
                    text = f"{one.name} is {written[:40]!r}"
                    yield self._gap(("upload.limit",), where, Reason.NOT_LITERAL, text, about)
                    continue
                yield UploadLimit(
                    location=where,
                    layer="proxy",
                    product="ingress-nginx",
                    application=fact.location.path or "",
                    setting=one.name,
                    max_bytes=size,
                    written=written,
                )

    def _stated(self, found: Sequence[Line], started: Sequence[Server], reached: Ways) -> Iterator[Found]:
        """What applications and servers say of bodies."""
        for line in found:
            for one in line.own.stated:
                backed = one.counts == "body" and one.held.default and _backed(line, reached, "framework")
                yield self._limit(one, line.own.name, backed)
        for server in started:
            stated = server.stated
            if stated is None:
                continue
            run = [line for line in found if any(station.where == server.where for station in line.behind)]
            backed = stated.held.default and bool(run) and all(_backed(line, reached, "server") for line in run)
            yield self._limit(stated, server.called, backed)

    def _of_routes(self, facts: FactSet) -> Iterator[Found]:
        """What code gives to one route or one form; None leaves the limit of what is around it."""
        for fact in facts.of("upload.route-limit"):
            if not isinstance(fact, RouteLimit) or fact.role != "production" or fact.setting not in _BODIES:
                continue
            product = fact.product
            at = lowest(facts, product)
            since = frameworks.BODY_LIMIT_SINCE.get(product) if fact.setting == "max_body_size" else None
            inherits = product in frameworks.BODY_LIMIT_SINCE and fact.known and fact.value is None
            if inherits or (since is not None and at is not None and at < since):
                continue
            found = Held(fact.value, fact.location, fact.text)
            if not fact.known:
                text = f"{fact.setting} is {fact.text}: not a literal"
                found = found._replace(doubt=Doubt(fact.location, text, Reason.NOT_LITERAL))
            layer, counts = _BODIES[fact.setting]
            yield self._limit(
                Stated(layer, product, fact.setting, found, fact.value, counts), fact.location.path or "", False
            )

    def _limit(self, one: Stated, application: str, backed: bool) -> Found:
        about: dict[str, Scalar] = {
            "layer": one.layer, "product": one.product, "setting": one.setting, "application": application,
            "counts": one.counts,
        }  # fmt: skip
        if one.held.doubt is not None:
            doubt = one.held.doubt
            return self._gap(("upload.limit",), doubt.where, doubt.reason, doubt.text, about)
        return UploadLimit(
            location=one.held.where,
            layer=one.layer,
            product=one.product,
            application=application,
            setting=one.setting,
            counts=one.counts,
            max_bytes=one.max_bytes,
            default=one.held.default,
            written=one.held.written,
            backed=backed,
        )

    def _bounds(
        self, own: Own, rows: Sequence[tuple[Way, Content, Outcome, str]], told: set[tuple[Location, str, str]]
    ) -> Iterator[Found]:
        """told: what is unbounded at a place of a proxy, whichever of several applications it leads to."""
        known = {way.name for way, content, outcome, _ in rows if content == "raw" and outcome.least is not None}
        for way, content, outcome, absent in rows:
            about: dict[str, Scalar] = {
                "framework": own.framework, "application": own.name, "content": content, "route": way.name,
            }  # fmt: skip
            least = outcome.least
            if least is not None:
                yield BodyBound(
                    location=least.where,
                    framework=own.framework,
                    application=own.name,
                    content=content,
                    route=way.name,
                    bounded=True,
                    max_bytes=least.max_bytes,
                    measures=least.measures,
                    decided_by=least.by,
                    status=least.status,
                    or_502=least.or_502 or (way.station is not None and least.layer != "proxy" and not least.reads),
                )
                continue
            if outcome.doubts:
                first = outcome.doubts[0]
                yield self._gap(("upload.bound",), first.where, first.reason, first.text, about)
                continue
            said = "; ".join(dict.fromkeys(cap.by for cap in outcome.caps))
            if absent:
                text = f"no layer that was read bounds {_CALLED[content]} ({said}), and {absent}"
                yield self._gap(("upload.bound",), own.location, Reason.NOT_SUPPORTED, text, about)
                continue
            where = outcome.caps[0].where
            if (where, content, way.name) in told:
                continue
            told.add((where, content, way.name))
            yield BodyBound(
                location=where,
                framework=own.framework,
                application=own.name,
                content=content,
                route=way.name,
                bounded=False,
                max_bytes=None,
                decided_by=said,
                only=content == "chunked" and way.name in known,
            )


_CALLED: dict[Content, str] = {
    "multipart-file": "an uploaded file", "multipart-field": "a field of a form", "urlencoded": "an urlencoded form",
    "raw": "a raw body", "chunked": "a body without Content-Length",
}  # fmt: skip


def _rows(line: Line, reached: Ways) -> Iterator[tuple[Way, Content, Outcome, str]]:
    """Each way and kind of content with what becomes of it; in the end why no proxy is known, "" where one is."""
    absent = ""
    if not reached.found:
        absent = "no proxy configuration is in the repository"
        if reached.unread:
            absent = f"{reached.unread} is not read"
    for way in reached.found or (Way("", (), None),):
        outer = [way.station] if way.station is not None else []
        for content in CONTENTS:
            yield way, content, loosest(through([*outer, *inner], content) for inner in line.inner(way)), absent


def _given(line: Line, facts: FactSet) -> Iterator[str]:
    """What code gives to one route of this kind of application."""
    for fact in facts.of("upload.route-limit"):
        if isinstance(fact, RouteLimit) and fact.product == line.own.framework and fact.role == "production":
            if fact.setting in _BODIES:
                yield f"{fact.setting}={fact.text} at {fact.location} holds for what it is given to, whatever is above."


def _past(facts: FactSet) -> Iterator[str]:
    """Services of compose that are reached without the proxy: `permissions.compose-published-behind-proxy`."""
    for fact in facts.of("compose.setting"):
        if isinstance(fact, ComposeSetting) and (fact.setting, fact.weak, fact.role) == _PAST:
            yield (
                f"The service {fact.service} {fact.value} ({fact.location}): who comes that way meets the limits of "
                "the server and the framework alone."
            )


def rows_of(rows: Sequence[tuple[Way, Content, Outcome, str]]) -> list[Row]:
    return [Row(way.name, content, outcome, absent) for way, content, outcome, absent in rows]


def _backed(line: Line, reached: Ways, layer: str) -> bool:
    """Whether the layers besides this one bound raw bodies on every way."""
    for way in reached.found or (Way("", (), None),):
        outer = [way.station] if way.station is not None else []
        for inner in line.inner(way):
            others = [station for station in (*outer, *inner) if station.layer != layer]
            most = through(others, "raw").max_bytes
            if most is None or most >= _AS_NONE:
                return False
    return True
