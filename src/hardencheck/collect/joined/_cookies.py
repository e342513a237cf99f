"""The cookies that settings declare beside those that came."""

from collections.abc import Iterator

from hardencheck.model.facts.declared import DeclaredCookie, DeclaredCookieName
from hardencheck.model.facts.drift import Cause, Drift
from hardencheck.model.facts.http import Cookie
from hardencheck.model.gap import FactSet

_FLAGS = {"secure": "Secure", "http_only": "HttpOnly", "same_site": "SameSite"}
# Framework -> flag -> what it is where no setting says anything. Source: Django and Flask, their documentation.
_USUAL = {"secure": "no", "http_only": "yes"}


def drifts(facts: FactSet) -> Iterator[Drift]:
    """A cookie that several applications give is compared with the one that it fits best."""
    names = [fact for fact in facts.of(DeclaredCookieName.kind()) if isinstance(fact, DeclaredCookieName)]
    flags = [fact for fact in facts.of(DeclaredCookie.kind()) if isinstance(fact, DeclaredCookie)]
    owners = {
        *((fact.name, fact.role, fact.layer, fact.application) for fact in names),
        *((fact.name, fact.role, fact.layer, fact.application) for fact in flags if fact.name),
    }
    for cookie in facts.of(Cookie.kind()):
        if not isinstance(cookie, Cookie) or cookie.deletion:
            continue
        found = [
            list(_compared(cookie, [fact for fact in flags if (fact.role, fact.layer, fact.application) == key]))
            for name, *rest in sorted(owners)
            if name == cookie.name and (key := tuple(rest))
        ]
        if found:
            yield from min(found, key=lambda rows: sum(not row.agrees for row in rows))


def _compared(cookie: Cookie, declared: list[DeclaredCookie]) -> Iterator[Drift]:
    for fact in declared:
        for flag in fact.known:
            said, seen = _value(getattr(fact, flag)), _seen(cookie, flag)
            if flag == "same_site" and seen == "none-without-secure":
                seen = "none"
            agrees = said == seen
            code: Cause = ""
            likely = ""
            if not agrees:
                code, likely = _cause(flag, seen, fact.layer)
            yield Drift(
                location=cookie.location,
                subject="cookie",
                name=f"{cookie.name}: {_FLAGS[flag]}",
                status=cookie.status,
                outcome="same" if agrees else "differs",
                agrees=agrees,
                declared=said,
                observed=seen,
                layer=fact.layer,
                cause=code,
                likely=likely,
                places=(fact.location,) if fact.location.path else (),
            )


def _value(value: bool | str | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value or "absent"


def _seen(cookie: Cookie, flag: str) -> str:
    return _value(getattr(cookie, flag))


def _cause(flag: str, seen: str, layer: str) -> tuple[Cause, str]:
    if seen == _USUAL.get(flag):
        text = f"it is what {layer.capitalize()} does by itself: other settings are in use than those declared"
        return "wrong-settings", text
    return "another-version", "what runs has other settings than these, or a proxy changes the cookie"
