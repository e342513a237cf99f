"""Objects and middlewares of Traefik that would set security headers, and nothing that lets them."""

import re
from collections.abc import Iterator

from hardencheck.collect.contract import Tree
from hardencheck.collect.extract._fields import RESPONSE
from hardencheck.collect.interpret.models.applications import number_of, text_of
from hardencheck.collect.interpret.models.secure_headers import KIND
from hardencheck.collect.resolve import _traefik
from hardencheck.collect.resolve._applications import production_modules
from hardencheck.collect.resolve._built import built
from hardencheck.collect.resolve._follow import Files
from hardencheck.collect.resolve._headers_python import talisman
from hardencheck.collect.resolve._routes_traefik import changes
from hardencheck.lazily import compiled
from hardencheck.model.facts.headers import UnappliedHeaders
from hardencheck.model.facts.settings import PythonModule
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location

_APPLIES = compiled(
    rb"\.set_headers(?:_async)?\(|Secure(?:ASGI|WSGI)Middleware|\.framework\.\w|\.header_items\("
    rb"|secure\w{0,20}\.headers\b",
    re.IGNORECASE,
)
MAX_FILES = 3_000


def unapplied(facts: FactSet, tree: Tree) -> Iterator[UnappliedHeaders]:
    """Asked after the responses were predicted: what was put on one then is in use."""
    seen = built(facts, tree)
    made = [part for part in seen.parts.values() if part.kind == KIND and "used" not in part.state]
    modules = production_modules(facts)
    if made and not _applied(modules, tree):
        for part in made:
            where = Location(path=text_of(part.state["path"]), line=number_of(part.state["line"]) or None)
            yield UnappliedHeaders(location=where, what="secure.Secure")
    for thing in _traefik.unattached(_traefik.read(facts)):
        if any(change.does == "set" and change.name in RESPONSE for change in changes(thing, tls=True)):
            yield UnappliedHeaders(location=thing.where, what=f"the middleware {thing.name}")
    if talisman(modules) is None:
        for module in modules:
            for call in module.calls:
                if call.name.startswith("flask_talisman"):
                    where = Location(path=module.location.path, line=call.line)
                    yield UnappliedHeaders(location=where, what="Talisman")
                    return


def _applied(modules: list[PythonModule], tree: Tree) -> bool:
    """Whether code that was not run puts the headers on something."""
    files = Files(tree)
    paths = [path for path in tree.entries if path.endswith(".py")][:MAX_FILES]
    return any((data := files.text(path)) is not None and _APPLIES.search(data) for path in paths)
