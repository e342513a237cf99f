"""Content Security Policy as browsers enforce it (CSP Level 3). Pure; nothing here raises for any text."""

import ipaddress
import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from hardencheck.collect.exchange import printable
from hardencheck.collect.live._csp_mistakes import HASH, NONCE, mistakes_of, mistakes_together
from hardencheck.collect.live._script_hosts import bypass, is_shared
from hardencheck.lazily import compiled

NONE, SELF = "'none'", "'self'"
MAX_POLICIES = 32
# Sources that let anybody on the internet in. Not blob: nor filesystem:, which only a script of the page can fill.
_ANYWHERE = compiled(r"https?:|(?:https?://)?\*(?::(?:\*|[0-9]+))?/?", re.IGNORECASE)
_DATA = "data:"
# ASCII whitespace (Infra standard): a no-break space, say, is none.
_BLANKS = compiled(r"[\t\n\f\r ]+")
_INLINE, _EVAL, _DYNAMIC = "'unsafe-inline'", "'unsafe-eval'", "'strict-dynamic'"
_HANDLERS = f"{_INLINE} event handlers"
Sources = tuple[str, ...]


class Policy(NamedTuple):
    """directives: name in lower case -> sources, the first of a repeated one. mistakes: see `http.csp`."""

    directives: dict[str, Sources]
    mistakes: tuple[str, ...]

    def effective(self, *names: str) -> Sources | None:
        """Sources of the first of `names` that is there; None: not restricted."""
        return next((self.directives[name] for name in names if name in self.directives), None)

    @property
    def nonces(self) -> frozenset[str]:
        return frozenset(
            match[1] for sources in self.directives.values() for item in sources if (match := NONCE.fullmatch(item))
        )


class Judged(NamedTuple):
    """What all enforced policies come to; the fields are those of `http.csp`.

    inert: nothing is loaded and nobody frames it, as becomes an API. upgrades: http: is asked for as https:.
    """

    policies: int
    script_src: bool
    object_src: bool
    object_none: bool
    base_uri: str
    frame_ancestors: str
    form_action: str
    inert: bool
    upgrades: bool
    script_holes: tuple[str, ...]
    object_holes: tuple[str, ...]
    mistakes: tuple[str, ...]
    nonces: frozenset[str]


def parse_policy(text: str, *, meta: bool = False) -> Policy:
    """One serialized policy. In a meta element frame-ancestors, report-uri and sandbox are ignored.

    So is, anywhere, a directive that is not ASCII throughout (CSP3 section 2.2.1).
    """
    directives: dict[str, Sources] = {}
    mistakes: list[str] = []
    for part in text.split(";"):
        words = [word for word in _BLANKS.split(part) if word]
        if not words:
            continue
        if not part.isascii():
            mistakes.append(f"{printable(words[0].lower(), 40)} is ignored: it holds characters outside of ASCII")
            continue
        name, sources = words[0].lower(), tuple(words[1:])
        if meta and name in {"frame-ancestors", "report-uri", "sandbox"}:
            mistakes.append(f"{name} is ignored in a meta element")
            continue
        if name in directives:
            mistakes.append(f"{printable(name, 40)} is repeated: only the first counts")
            continue
        directives[name] = sources
        mistakes.extend(mistakes_of(name, sources))
    mistakes.extend(mistakes_together(directives))
    return Policy(directives, tuple(dict.fromkeys(mistakes[:20])))


def judge(headers: Sequence[str], metas: Sequence[str] = ()) -> Judged | None:
    """All enforced policies of a response; None when there is none that is not blank."""
    texts = [(part, False) for value in headers for part in value.split(",")] + [(text, True) for text in metas]
    policies = [parse_policy(text, meta=meta) for text, meta in texts[:MAX_POLICIES]]
    policies = [policy for policy in policies if policy.directives]
    if not policies:
        return None
    evaluating = [policy.effective("script-src", "default-src") for policy in policies]
    handling = [policy.effective("script-src-attr", "script-src", "default-src") for policy in policies]
    elements = [policy.effective("script-src-elem", "script-src", "default-src") for policy in policies]
    objects = [policy.effective("object-src", "default-src") for policy in policies]
    ancestors = _strictest(policy.directives.get("frame-ancestors") for policy in policies)
    return Judged(
        policies=len(policies),
        script_src=any(sources is not None for sources in elements)
        and any(sources is not None for sources in handling),
        object_src=any(sources is not None for sources in objects),
        object_none=any(sources is not None and is_none(sources) for sources in objects),
        base_uri=_strictest(policy.directives.get("base-uri") for policy in policies),
        frame_ancestors=ancestors,
        form_action=_strictest(policy.directives.get("form-action") for policy in policies),
        inert=ancestors == "none"
        and any(is_none(policy.directives.get("default-src", (SELF,))) for policy in policies),
        upgrades=any("upgrade-insecure-requests" in policy.directives for policy in policies),
        script_holes=_through(elements, handling, evaluating),
        object_holes=_common(None if sources is None else _hosts_holes(sources) for sources in objects),
        mistakes=tuple(dict.fromkeys(text for policy in policies for text in policy.mistakes))[:20],
        nonces=frozenset(nonce for policy in policies for nonce in policy.nonces),
    )


def is_none(sources: tuple[str, ...]) -> bool:
    """Whether no URL matches: of what stands in quotes only 'self' is one (CSP3 section 6.7.2.7)."""
    return all(source.startswith("'") and source.lower() != SELF for source in sources)


def _strictest(directives: Iterable[Sources | None]) -> str:
    order = ("none", "self", "hosts", "open", "absent")
    found = "absent"
    for sources in directives:
        if sources is None:
            kind = "absent"
        elif is_none(sources):
            kind = "none"
        elif any(_anywhere(source) for source in sources):
            kind = "open"
        else:
            kind = "self" if all(source.startswith("'") for source in sources) else "hosts"
        found = min(found, kind, key=order.index)
    return found


def _through(
    elements: Sequence[Sources | None], handling: Sequence[Sources | None], evaluating: Sequence[Sources | None]
) -> tuple[str, ...]:
    """How a script gets past all policies: each of them decides of elements, handlers and eval by its own directive."""
    holes: list[str] = []
    if _all(elements, _inline):
        holes.append(_INLINE)
    elif _all(handling, _inline):
        holes.append(_HANDLERS)
    if _all(evaluating, lambda sources: _EVAL in _lower(sources)):
        holes.append(_EVAL)
    return (*holes, *_common(None if sources is None else _script_holes(sources) for sources in elements))


def _all(directives: Sequence[Sources | None], lets: Callable[[Sources], bool]) -> bool:
    """Whether each policy that restricts it lets it through, and there is one."""
    restricting = [sources for sources in directives if sources is not None]
    return bool(restricting) and all(map(lets, restricting))


def _common(holes: Iterable[list[str] | None]) -> tuple[str, ...]:
    """Holes that every restricting policy leaves open: what one of them closes is closed."""
    restricting = [found for found in holes if found is not None]
    return tuple(dict.fromkeys(hole for found in restricting for hole in found if _stays_open(hole, restricting)))


def _stays_open(hole: str, policies: list[list[str]]) -> bool:
    """Whether something passes this hole and, through whichever, every other policy too."""
    if hole == _DATA:
        return all(hole in holes for holes in policies)
    if not _ANYWHERE.fullmatch(hole):  # one host, or several: any wildcard lets it in
        return all(hole in holes or any(map(_ANYWHERE.fullmatch, holes)) for holes in policies)
    ports = {port for holes in policies for other in holes if (port := _port(other)).isdigit()}
    tried = [("https", "443"), ("http", "80"), *((scheme, port) for port in ports for scheme in ("https", "http"))]
    return any(
        _lets(hole, *one) and all(any(_lets(other, *one) for other in holes) for holes in policies) for one in tried
    )


def _lets(hole: str, scheme: str, port: str) -> bool:
    """Whether a wildcard lets in any host of this scheme and port (CSP3 section 6.7.2.8); http: lets in https: too."""
    if not _ANYWHERE.fullmatch(hole):
        return False
    wanted = "http" if hole.startswith("http:") else "https" if hole.startswith("https:") else ""
    if wanted == "https" and scheme != "https":
        return False
    if hole in {"*", "http:", "https:"} or _port(hole) == "*":
        return True
    return (_port(hole) or {"https": "443", "http": "80"}[scheme]) == port


def _port(hole: str) -> str:
    return hole.rstrip("/").rpartition("*:")[2] if "*:" in hole else ""


def _lower(sources: Sources) -> list[str]:
    return [source.lower() for source in sources]


def _inline(sources: Sources) -> bool:
    """Whether 'unsafe-inline' is in effect: a nonce, a hash or 'strict-dynamic' voids it."""
    lower = _lower(sources)
    voided = _DYNAMIC in lower or any(NONCE.fullmatch(item) or HASH.fullmatch(item) for item in sources)
    return _INLINE in lower and not voided


def _script_holes(sources: Sources) -> list[str]:
    return [] if _DYNAMIC in _lower(sources) else _hosts_holes(sources, scripts=True)


def _hosts_holes(sources: tuple[str, ...], *, scripts: bool = False) -> list[str]:
    holes: list[str] = []
    for source in sources:
        lower = source.lower()
        if _anywhere(lower) or lower == _DATA:
            holes.append(lower)
            continue
        if lower.startswith("'"):
            continue
        host, path = _host(lower)
        if host and _is_address(host):
            holes.append(f"the address {printable(host, 60)}")
        elif scripts and (why := bypass(host, path)):
            holes.append(f"{printable(host + path, 60)} ({why})")
    return holes


def _anywhere(source: str) -> bool:
    """Whether it lets strangers in: every host, or every name below a suffix under which anybody registers one."""
    return _ANYWHERE.fullmatch(source) is not None or is_shared(_host(source.lower())[0])


def _host(source: str) -> tuple[str, str]:
    """Host and path of a source ("" for "/"): a path keeps it to a few files of the host, until a redirect."""
    try:
        parts = urlsplit(source if "://" in source else f"//{source}")
        return parts.hostname or "", parts.path if parts.path != "/" else ""
    except ValueError:
        return "", ""


def _is_address(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
