"""Which origins a CORS middleware or extension lets in, and whether with credentials, from its arguments."""

from typing import NamedTuple

from hardencheck.collect.resolve._follow import Bound
from hardencheck.collect.resolve._parts import Part
from hardencheck.collect.resolve._setting import why_unknown
from hardencheck.model.facts.settings import CorsPolicy, Expression
from hardencheck.model.gap import Gap, Reason

ANY = {".*", "^.*$", "^.*", ".*$", ".+", "https?://.*", "^https?://.*$", "https://.*"}
_BOTH = frozenset({True, False})


class Cors(NamedTuple):
    """How a library calls its arguments. everybody: any origin is let in where no origins are given. patterns: origins
    may be regular expressions."""

    origins: str
    pattern: str
    credentials: str
    everybody: bool
    patterns: bool = False


STARLETTE = Cors("allow_origins", "allow_origin_regex", "allow_credentials", everybody=False)
LITESTAR = Cors("allow_origins", "allow_origin_regex", "allow_credentials", everybody=True)
FLASK = Cors("origins", "", "supports_credentials", everybody=True, patterns=True)


def policy(part: Part, how: Cors, framework: str, application: str, collector: str) -> CorsPolicy | Gap:
    """The fact, or why it is not known: only where both halves may be on, and one may be off."""
    credentials = part.argument(how.credentials, False)
    with_them = frozenset(map(bool, (credentials.value, *credentials.others))) if credentials.known else _BOTH
    listed = _origins(part.get(how.origins), how)
    matched = _pattern(part.get(how.pattern)) if how.pattern else frozenset({False})
    anybody = frozenset({True}) if frozenset({True}) in {listed, matched} else listed | matched
    if with_them != {False} and anybody != {False} and (len(with_them) + len(anybody) > 2 or not part.sure):
        if not part.sure:
            reason, text = Reason.DYNAMIC, f"whether {part.name} is in use depends on a condition that is not known"
        else:
            name = how.credentials if len(with_them) > 1 else how.origins if len(listed) > 1 else how.pattern
            bound = part.get(name)
            reason = bound.reason if bound is not None else Reason.NOT_LITERAL
            text = f"{name} is {why_unknown(bound) if bound is not None else 'computed'}"
        return Gap(
            kinds=("cors.policy",),
            collector=collector,
            reason=reason,
            detail=text,
            location=part.location,
            about={"framework": framework, "application": application},
        )
    return CorsPolicy(
        location=part.location,
        framework=framework,
        application=application,
        any_origin=next(iter(anybody)) if len(anybody) == 1 else None,
        credentials=True in with_them,
    )


def _origins(bound: Bound | None, how: Cors) -> frozenset[bool]:
    """Whether every origin is let in: the answers that are possible."""
    if bound is None:
        return frozenset({how.everybody})
    if bound.options:
        return frozenset().union(
            *(frozenset({how.everybody}) if one.what == "unset" else _listed(one, how) for one in bound.options)
        )
    found = _listed(bound.expression, how)
    return found | {True} if found == {False} and _anybody(bound.maybe, how) else found


def _listed(given: Expression, how: Cors) -> frozenset[bool]:
    if given.what == "list":
        if _anybody(given.items, how):
            return frozenset({True})
        return frozenset({False}) if given.complete else _BOTH
    if given.what == "scalar" and (given.value is None or isinstance(given.value, str)):
        text = given.value or ""
        return frozenset({_anybody((text,), how) or ("*" in text and not how.patterns)})  # they look for it in the text
    return _BOTH


def _anybody(origins: frozenset[str] | tuple[str, ...], how: Cors) -> bool:
    return any(one == "*" or (how.patterns and one in ANY) for one in origins)


def _pattern(bound: Bound | None) -> frozenset[bool]:
    if bound is None:
        return frozenset({False})
    found: set[bool] = set()
    for one in bound.options or (bound.expression,):
        if one.what == "unset" or (one.what == "scalar" and isinstance(one.value, str | None)):
            found.add(one.value in ANY)
        else:
            found |= _BOTH
    return frozenset(found)
