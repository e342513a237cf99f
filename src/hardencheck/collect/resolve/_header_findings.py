"""What the predicted responses come to: the content policy, copies, what a proxy takes away, what errors lack."""

from collections.abc import Iterable, Iterator, Sequence

from hardencheck.collect.contract import Tree
from hardencheck.collect.extract._header_names import HEADERS
from hardencheck.collect.interpret.models.secure_headers import PRESETS
from hardencheck.collect.live import _csp
from hardencheck.collect.live.responses import SINGLE
from hardencheck.collect.resolve._follow import Files
from hardencheck.collect.resolve._predicted import BROKEN, MISSING, PAGE, Predicted
from hardencheck.collect.resolve._sent import Field
from hardencheck.collect.resolve._talisman import POLICY as TALISMAN
from hardencheck.model.facts import Fact
from hardencheck.model.facts.headers import DeclaredDuplicate, DeclaredPolicy, ErrorHeaders, StrippedHeader
from hardencheck.model.facts.settings import CorsPolicy
from hardencheck.model.location import Location

PROXIES = frozenset({"nginx", "apache", "caddy", "traefik", "ingress-nginx"})
_CSP, _REPORTS = "content-security-policy", "content-security-policy-report-only"
# What an error page needs as much as any other.
_ON_ERRORS = ("strict-transport-security", _CSP, "x-content-type-options", "x-frame-options", "referrer-policy")
_NONCE = "'nonce-…'"
_SOME_NONCE = "'nonce-another-one-for-each-request'"  # what a sentinel becomes, as long as a real one
MAX_POLICY_LINES = 80
_USUAL = frozenset({TALISMAN, *(preset[_CSP] for preset in PRESETS.values())})


def findings(found: Sequence[Predicted], tree: Tree) -> Iterator[Fact]:
    """Each thing once, although several ways lead to it."""
    seen: set[tuple[object, ...]] = set()
    for one in found:
        for fact in (*_policies(one, tree), *_duplicates(one), *_stripped(one), *_errors(one)):
            key = (fact.kind(), fact.location, *(getattr(fact, name) for name in fact.identity))
            if key not in seen:
                seen.add(key)
                yield fact


def _called(one: Predicted) -> str:
    return one.application.name if one.application is not None else ""


def _known(one: Predicted, name: str) -> list[Field]:
    """The fields of a page that are surely there, with values that are known; none where one is not."""
    sent = one.answers[PAGE]
    fields = sent.named(name)
    if sent.doubt(name) is not None or any(field.perhaps or field.value is None for field in fields):
        return []
    return fields


def _policies(one: Predicted, tree: Tree) -> Iterator[DeclaredPolicy]:
    fields = _known(one, _CSP)
    judged = _csp.judge([(field.value or "").replace(_NONCE, _SOME_NONCE) for field in fields])
    if judged is None:
        return
    where = fields[0].where
    fact = DeclaredPolicy(
        location=where,
        application=_called(one),
        layer=fields[0].layer,
        usual=all(field.value in _USUAL for field in fields),
        script_src=judged.script_src,
        object_none=judged.object_none,
        base_uri=judged.base_uri,
        frame_ancestors=judged.frame_ancestors,
        script_holes=judged.script_holes,
        object_holes=judged.object_holes,
        mistakes=judged.mistakes,
        places=tuple(field.where for field in fields[1:]),
    )
    better = _line(where, _needles(fact), tree)
    yield DeclaredPolicy(**{**_fields(fact), "location": better})  # type: ignore[arg-type]


def _fields(fact: Fact) -> dict[str, object]:
    return {name: getattr(fact, name) for name in fact.__struct_fields__}


def _needles(fact: DeclaredPolicy) -> list[str]:
    """What the line spells that does it."""
    found = [hole.partition(" ")[0].strip("'") for hole in (*fact.script_holes, *fact.object_holes)]
    found += ["frame-ancestors"] if fact.frame_ancestors == "open" else []
    found += ["base-uri"] if fact.base_uri == "open" else []
    for mistake in fact.mistakes:
        found += [word for word in mistake.replace(":", " ").split() if "-" in word or word.startswith("'")]
    return found


def _line(where: Location, needles: Iterable[str], tree: Tree) -> Location:
    """The line of a policy in a table that does it, where the policy has several."""
    data = Files(tree).text(where.path) if where.path and where.path.endswith(".py") else None
    lines = data.decode("utf-8", "replace").splitlines() if data else []
    first = (where.line or 1) - 1
    for needle in needles:
        constant = needle.upper().replace("-", "_")
        for number in range(first, min(first + MAX_POLICY_LINES, len(lines))):
            text = lines[number]
            inside = text[:1] in {" ", "\t", "}", "]", ")", "", "#"} or text.startswith("CSP_")
            if number > first and not inside:
                break  # the next statement of the file
            if needle in text or (constant.isidentifier() and constant in text):
                return Location(path=where.path, line=number + 1)
    return where


def _duplicates(one: Predicted) -> Iterator[DeclaredDuplicate]:
    for name in sorted(SINGLE):
        fields = _known(one, name)
        if len(fields) < 2:
            continue
        values = tuple(field.value or "" for field in fields)
        yield DeclaredDuplicate(
            location=fields[-1].where,
            application=_called(one),
            name=name,
            layers=tuple(field.layer for field in fields),
            values=values,
            differs=len({"".join(value.split()).lower() for value in values}) > 1,
            places=tuple(dict.fromkeys(field.where for field in fields[:-1])),
        )


def _stripped(one: Predicted) -> Iterator[StrippedHeader]:
    for name, where in one.answers[PAGE].taken:
        if name in HEADERS and not one.answers[PAGE].named(name):
            yield StrippedHeader(location=where, application=_called(one), name=name, by="code")
    if one.route is None or one.inner is None:
        return
    for change in one.route.headers:
        name = change.name.lower()
        if change.does != "remove" or change.doubt is not None or name not in HEADERS or not change.upstream:
            continue
        before = [field for field in one.inner.named(name) if not field.perhaps]
        if before and not one.answers[PAGE].named(name):
            yield StrippedHeader(
                location=change.where,
                application=_called(one),
                name=name,
                by=one.route.product,
                places=tuple(field.where for field in before),
            )


def _errors(one: Predicted) -> Iterator[ErrorHeaders]:
    missing: list[tuple[str, Field]] = []
    sent: list[Field] = []
    for name in _ON_ERRORS:
        fields = [field for field in _known(one, name) if field.layer not in PROXIES]
        if not fields:
            continue
        sent.append(fields[0])
        lacking = [
            str(status)
            for status in (MISSING, BROKEN)
            if not one.answers[status].named(name) and one.answers[status].doubt(name) is None
        ]
        if lacking:
            missing.append((f"{name}: {', '.join(lacking)}", fields[0]))
    if sent:
        first = missing[0][1] if missing else sent[0]
        yield ErrorHeaders(
            location=first.where,
            application=_called(one),
            layer=first.layer,
            missing=tuple(text for text, _ in missing),
            places=tuple(dict.fromkeys(field.where for _, field in missing[1:] if field.where != first.where)),
        )


def origins(found: Sequence[Predicted]) -> Iterator[CorsPolicy]:
    """Proxies that let every origin in: by "*", or by answering with the Origin that they were sent."""
    seen: set[Location] = set()
    for one in found:
        changes = one.route.headers if one.route is not None else ()
        adds = [change for change in changes if change.does in {"set", "add", "default"}]
        with_them = any(
            change.name.lower() == "access-control-allow-credentials" and (change.value or "").lower() == "true"
            for change in adds
        )
        for change in adds:
            if change.name.lower() != "access-control-allow-origin" or change.where in seen or one.route is None:
                continue
            if (change.value or "").strip() == "*" or change.echoes == "origin":
                seen.add(change.where)
                yield CorsPolicy(
                    location=change.where,
                    framework=one.route.product,
                    application=_called(one) or one.route.name,
                    any_origin=True,
                    credentials=with_them,
                )
