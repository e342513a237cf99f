"""Limits of nginx that are written with a variable of the environment: `${MAX_BODY}` in a template for envsubst, as the
image of nginx fills them in, or with a default in place, `${MAX_BODY:-10m}`.
"""

from hardencheck.collect.contract import Tree
from hardencheck.collect.resolve._follow import Files
from hardencheck.collect.resolve._nginx_values import parse_size
from hardencheck.collect.resolve._routes import Limit, Route
from hardencheck.lazily import compiled
from hardencheck.model.facts.settings import EnvironmentVariable
from hardencheck.model.gap import FactSet, Reason

_NAMED = compiled(
    r"client_max_body_size\s{1,20}\$\{?(?P<name>[A-Za-z_]\w{0,99})(?::?-(?P<default>[^}\s]{0,40}))?\}?\s{0,9};"
)
_REASONS = frozenset({Reason.TEMPLATED, Reason.NOT_LITERAL})  # nginx takes no variable there: envsubst fills it in
MAX_LINE = 2_000


def filled(route: Route, facts: FactSet, tree: Tree) -> Route:
    """The route with the size that the deployment files give, or the default in place; as it is without either."""
    body = route.body
    if body.doubt is None or body.doubt.reason not in _REASONS or route.product != "nginx":
        return route
    found = _filled(body, facts, tree)
    return route._replace(body=found) if found is not None else route


def _filled(body: Limit, facts: FactSet, tree: Tree) -> Limit | None:
    data = Files(tree).text(body.where.path or "")
    lines = data.splitlines() if data is not None else []
    number = body.where.line or 0
    if not 0 < number <= len(lines) or len(lines[number - 1]) > MAX_LINE:
        return None
    match = _NAMED.search(lines[number - 1].decode("utf-8", "replace"))
    if match is None:
        return None
    given = [
        fact
        for fact in facts.of("deployment.environment")
        if isinstance(fact, EnvironmentVariable) and fact.name == match["name"] and fact.role == "production"
    ]
    where, text = body.where, match["default"]
    if given:
        if any(fact.what != "text" for fact in given) or len({fact.value for fact in given}) != 1:
            return None
        where, text = min((fact.location for fact in given), key=lambda place: place.order), given[0].value
    if text is None:
        return None
    try:
        size = parse_size(text)
    except ValueError:
        return None
    shown = match[0].split(None, 1)[1].rstrip("; \t")
    return body._replace(max_bytes=size, where=where, written=f"{shown} ({text})", default=False, doubt=None)
