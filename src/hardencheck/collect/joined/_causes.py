"""Why a response is not as declared: the likeliest reason that what was seen speaks for."""

from collections.abc import Sequence
from typing import NamedTuple

from hardencheck.collect.joined._comparing import SERVERS, Row, alike, product_of
from hardencheck.collect.resolve._header_findings import PROXIES
from hardencheck.model.facts.drift import Cause, ObservedResponse, PredictedWay

# What a framework sends by itself: where just this comes, the settings that say otherwise were not those that ran.
# Source: Django 4.0 and later, `django.conf.global_settings`.
_USUAL = {
    ("django", "x-frame-options"): "DENY",
    ("django", "referrer-policy"): "same-origin",
    ("django", "cross-origin-opener-policy"): "same-origin",
    ("django", "x-content-type-options"): "nosniff",
}


class Scene(NamedTuple):
    """All that is known of one response: the way it was held against, every row of it, the other responses of the same
    origin, and another virtual host that fits better, if there is one."""

    way: PredictedWay
    response: ObservedResponse
    https: bool
    rows: Sequence[Row]
    siblings: Sequence[ObservedResponse]
    other: PredictedWay | None = None


def cause(row: Row, scene: Scene) -> tuple[Cause, str]:
    """(cause, the same in a sentence)"""
    way, response = scene.way, scene.response
    here = _named(way)
    if scene.other is not None:
        fits = f"{_named(scene.other)} at {scene.other.location}"
        return "other-server", f"another virtual host answered: all of it is as {fits} declares it"
    if _bypassed(scene):
        return "bypassed", f"the request did not come through {here}: {way.runs or way.framework} answered by itself"
    if response.cache:
        return "cached", f"the answer comes from a cache ({response.cache}), and may be from before the last change"
    if response.cdn:
        return "cdn", f"{response.cdn} stands in front and is not described in the repository: it may change headers"
    if row.outcome == "not-served":
        return _missing(row, scene)
    if row.outcome == "not-declared":
        return _added(scene)
    if _second(row, way):
        by = f"{here} or something behind it" if way.product else "something in front, or the application,"
        return "second-field", f"the declared value is there beside another: {by} adds a field of its own"
    usual = _USUAL.get((row.layer, row.name))
    if usual is not None and [alike(row.name, value) for value in row.values] == [alike(row.name, usual)]:
        text = f"it is what {row.layer.capitalize()} sends by itself: other settings are in use than those declared"
        return "wrong-settings", text
    if row.layer in PROXIES:
        return "not-reloaded", f"the running {row.layer} has another configuration: not reloaded, or another file"
    lost = _lost(row, scene)
    if lost:
        return "wrong-settings", lost
    return "another-version", "what runs was made from other files, or with other settings, than these"


def _missing(row: Row, scene: Scene) -> tuple[Cause, str]:
    way, response = scene.way, scene.response
    proxied = row.layer in PROXIES
    if response.status >= 400 and any(_has(row, one) for one in scene.siblings if one.status < 400):
        if proxied:
            how = {"nginx": "always", "ingress-nginx": "always", "apache": "Header always"}.get(row.layer)
            text = f"the running {row.layer} sends it with success alone"
            return "not-always", f"{text}: {how} is missing there" if how else text
        return "not-always", "it comes with success alone: errors are answered by something else"
    if proxied:
        return "not-reloaded", f"the running {row.layer} has another configuration: not reloaded, or another file"
    if row.name == "strict-transport-security" and scene.https:
        text = "the application takes the request for http: nobody tells it, or it does not believe, that it was https"
        return "wrong-scheme", text
    lost = _lost(row, scene)
    if lost:
        return "wrong-settings", lost
    if way.product:
        text = f"the running {way.product} takes it away, in a configuration that is not this one"
        return "stripped", text
    who = product_of(response)
    if who and who not in SERVERS:
        return "undescribed-proxy", f"{who}, which the repository does not describe, may take it away"
    return "another-version", "what runs was made from other files, or with other settings, than these"


def _added(scene: Scene) -> tuple[Cause, str]:
    who = product_of(scene.response)
    if not scene.way.product and who and who not in SERVERS:
        return "undescribed-proxy", f"{who}, which the repository does not describe, may add it"
    return "another-version", "a layer sends it that the repository does not describe, or that runs with other settings"


def _bypassed(scene: Scene) -> bool:
    """Whether all that the proxy does is missing, and the server behind it says who it is."""
    way, rows = scene.way, scene.rows
    if not way.product:
        return False
    mine = [row for row in rows if row.layer in PROXIES and row.outcome != "unknown"]
    if any(row.outcome == "same" for row in mine):
        return False
    return product_of(scene.response) in SERVERS and any(row.counts and row.name == "server" for row in rows)


def _lost(row: Row, scene: Scene) -> str:
    """What it says that nothing arrives of all that a layer, or one line of it, declares."""
    rows = [one for one in scene.rows if one.layer == row.layer and one.name != "server" and one.outcome != "unknown"]
    if len(rows) > 1 and all(one.counts for one in rows):
        return f"nothing that {row.layer} declares arrives: other settings, or other files, are in use than these"
    here = [one for one in rows if one.places[:1] == row.places[:1]]
    if len(here) > 1 and all(one.counts for one in here):
        return f"nothing of what {here[0].places[0]} declares arrives: it has no part in what runs"
    return ""


def _second(row: Row, way: PredictedWay) -> bool:
    came = {alike(row.name, value) for value in row.values}
    return len(row.values) > 1 and bool(row.wants) and came.issuperset(row.wants)


def _has(row: Row, response: ObservedResponse) -> bool:
    return any(alike(row.name, value) in row.wants for value in response.named(row.name))


def _named(way: PredictedWay) -> str:
    return f"{way.product} ({way.way})" if way.product else way.application or "the application"
