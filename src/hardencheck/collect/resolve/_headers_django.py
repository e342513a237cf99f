"""What a Django project sends of each security header."""

import re
from collections.abc import Iterator

from hardencheck.collect.contract import Tree
from hardencheck.collect.extract.python_settings import HEADERS, TELLING
from hardencheck.collect.resolve._django import (
    OTHER_MIDDLEWARE,
    OWN_MIDDLEWARE,
    SECURITY,
    Project,
    has_middleware,
    middleware,
    projects,
    setting,
)
from hardencheck.collect.resolve._layers import Sends, sends, silent, unknown
from hardencheck.lazily import compiled
from hardencheck.model.facts.settings import HeaderSet
from hardencheck.model.gap import FactSet, Reason
from hardencheck.model.location import Location

# Third-party middleware that may set security headers says so in its name; others are taken not to.
_TELLING = compiled(r"csp|secur|header|permission|feature|policy|referrer|helmet|talisman", re.IGNORECASE)
_KNOWN_SILENT = compiled(
    r"django\.|corsheaders\.|whitenoise\.|allauth\.|debug_toolbar\.|rest_framework\.|social_django\.|simple_history\."
    r"|axes\.|waffle\.|django_otp\.|django_prometheus\.|django_structlog\.|django_guid\.|compression_middleware\."
)


def layers(facts: FactSet, tree: Tree) -> Iterator[dict[str, Sends]]:
    """For each project: header name -> what Django does about it."""
    found, troubles = projects(facts, tree)
    if troubles and not found:
        yield {name: unknown("django", Location(), troubles[0], Reason.DYNAMIC) for name in HEADERS | TELLING}
    for project in found:
        yield {name: header(project, name) for name in HEADERS | TELLING}


def header(project: Project, name: str) -> Sends:
    own = _own(project, name)
    # Hand-written middleware: what it assigns replaces what stands below it; what stands above a hand-written one
    # keeps to `setdefault`, as all of Django's own does. So the hand-written value holds.
    written = _written(project, name, own)
    return written if written is not None else own


def _own(project: Project, name: str) -> Sends:
    match name:
        case "strict-transport-security":
            return _security(project, "SECURE_HSTS_SECONDS", name)
        case "x-content-type-options":
            return _security(project, "SECURE_CONTENT_TYPE_NOSNIFF", name)
        case "referrer-policy":
            return _security(project, "SECURE_REFERRER_POLICY", name)
        case "cross-origin-opener-policy":
            return _security(project, "SECURE_CROSS_ORIGIN_OPENER_POLICY", name)
        case "x-frame-options":
            return _with(project, OWN_MIDDLEWARE["clickjacking"], "X_FRAME_OPTIONS")
        case "content-security-policy":
            return _csp(project)
        case "permissions-policy":
            dotted = OTHER_MIDDLEWARE["permissions"]
            if has_middleware(project, dotted) is not False:
                return _with(project, dotted, "PERMISSIONS_POLICY")
    return silent("django", middleware(project)[3])


def _not_all(project: Project) -> Sends:
    bound = project.bound("MIDDLEWARE")
    text = bound.expression.text if bound is not None else "computed"
    return unknown("django", middleware(project)[3], f"MIDDLEWARE is {text}: not all of it is literal")


def _with(project: Project, dotted: str, name: str) -> Sends:
    """A header that one middleware sends from one setting, as text."""
    present = has_middleware(project, dotted)
    held = setting(project, name)
    if present is False:
        return silent("django", middleware(project)[3])
    if held.known and not held.value:
        return silent("django", held.location)
    if present is None:
        return _not_all(project)
    if not held.known:
        return unknown("django", held.location, f"{name} is {held.text}", held.reason)
    if isinstance(held.value, tuple):
        return sends("django", held.location, ",".join(held.value))
    return sends("django", held.location, str(held.value))


def _security(project: Project, name: str, header_name: str) -> Sends:
    found = _with(project, SECURITY, name)
    if found.does != "sends":
        return found
    if header_name == "x-content-type-options":
        return found._replace(value="nosniff")
    if header_name == "strict-transport-security":
        parts = [f"max-age={found.value}"]
        for more, text in (
            ("SECURE_HSTS_INCLUDE_SUBDOMAINS", "includeSubDomains"),
            ("SECURE_HSTS_PRELOAD", "preload"),
        ):
            held = setting(project, more)
            if not held.known:
                return unknown("django", held.location, f"{more} is {held.text}", held.reason)
            if held.value:
                parts.append(text)
        return found._replace(value="; ".join(parts))
    return found


def _csp(project: Project) -> Sends:
    own = has_middleware(project, OWN_MIDDLEWARE["csp"])
    other = has_middleware(project, OTHER_MIDDLEWARE["django-csp"])
    if other:
        if project.bound("CONTENT_SECURITY_POLICY") is not None:
            return _with(project, OTHER_MIDDLEWARE["django-csp"], "CONTENT_SECURITY_POLICY")
        where = middleware(project)[3]
        return unknown("django", where, "django-csp is configured in a way that is not followed", Reason.DYNAMIC)
    if own is not False and project.bound("SECURE_CSP") is not None:
        return _with(project, OWN_MIDDLEWARE["csp"], "SECURE_CSP")
    if other is None or own is None:
        return _not_all(project)
    return silent("django", middleware(project)[3])


def _written(project: Project, name: str, own: Sends) -> Sends | None:
    """What middleware of this repository, or of a library that may, does; None when nothing does."""
    surely, maybe, complete, where = middleware(project)
    doubt: Sends | None = None
    for item in (*surely, *sorted(maybe)):
        found = _of_item(project, item, name)
        if found is None:
            if not _KNOWN_SILENT.match(item) and _TELLING.search(item) and not _ours(project, item):
                if item not in OTHER_MIDDLEWARE.values():
                    doubt = doubt or unknown(
                        "django", where, f"{item} is not in the repository and may send it", Reason.DYNAMIC
                    )
            continue
        path, header_set = found
        here = Location(path=path, line=header_set.line)
        given = header_set.expression
        if header_set.conditional:
            return unknown("django", here, f"{name} is set under a condition", Reason.DYNAMIC)
        if item in maybe:
            return unknown("django", where, f"{item} is in MIDDLEWARE under a condition", Reason.DYNAMIC)
        if given.what != "scalar" or not isinstance(given.value, str):
            return unknown("django", here, f"{name} is {given.text}: not a literal")
        return sends("django", here, given.value)
    if own.does != "silent":
        return None
    return doubt if complete or doubt else _not_all(project)


def _ours(project: Project, item: str) -> bool:
    module = item.rpartition(".")[0]
    return project.modules.find(module, project.path) is not None


def _of_item(project: Project, item: str, name: str) -> tuple[str, HeaderSet] | None:
    """The place where a middleware class or function of the repository sets a header."""
    module, _, attribute = item.rpartition(".")
    path = project.modules.find(module, project.path) if module else None
    fact = project.modules.known.get(path) if path else None
    if fact is None or path is None:
        return None
    for header_set in fact.headers:
        if header_set.name in {name, "*"} and header_set.scope.split(".")[0] == attribute:
            return path, header_set
    return None
