"""Content Security Policy as browsers enforce it (CSP Level 3). Pure; nothing here raises for any text."""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from hardencheck.collect.exchange import printable
from hardencheck.lazily import compiled

NONE, SELF = "'none'", "'self'"
MAX_POLICIES = 32
_DIRECTIVES = frozenset(
    """
    child-src connect-src default-src fenced-frame-src font-src frame-src img-src manifest-src media-src object-src
    prefetch-src script-src script-src-elem script-src-attr style-src style-src-elem style-src-attr worker-src base-uri
    sandbox form-action frame-ancestors report-uri report-to require-trusted-types-for trusted-types
    upgrade-insecure-requests block-all-mixed-content require-sri-for navigate-to webrtc
    """.split()
)
_DROPPED = frozenset({"plugin-types", "referrer", "reflected-xss", "policy-uri", "options", "allow"})
_KEYWORDS = frozenset(
    {
        "none", "self", "unsafe-inline", "unsafe-eval", "unsafe-hashes", "strict-dynamic", "report-sample",
        "wasm-unsafe-eval", "trusted-types-eval", "inline-speculation-rules", "report-sha256", "report-sha384",
        "report-sha512", "unsafe-webtransport-hashes",
    }
)  # fmt: skip
_NONCE = compiled(r"'nonce-([^']*)'", re.IGNORECASE)
_HASH = compiled(r"'sha(?:256|384|512)-[A-Za-z0-9+/_-]+={0,2}'", re.IGNORECASE)
# Sources that let anybody on the internet in.
_ANYWHERE = compiled(r"data:|blob:|filesystem:|https?:|(?:https?://)?\*(?::(?:\*|[0-9]+))?/?", re.IGNORECASE)
_LOCAL = frozenset({"data:", "blob:", "filesystem:"})
# ASCII whitespace (Infra standard): a no-break space, say, is none.
_BLANKS = compiled(r"[\t\n\f\r ]+")
_HANDLERS = "'unsafe-inline' event handlers"
# Hosts with public JSONP endpoints or AngularJS copies that run what the page's own markup says.
# Source: csp_evaluator's allowlist bypass lists, the hosts that occur in practice.
_BYPASS_HOSTS = frozenset(
    {
        "ajax.googleapis.com", "cdnjs.cloudflare.com", "cdn.jsdelivr.net", "unpkg.com", "www.google.com",
        "accounts.google.com", "www.googleapis.com", "storage.googleapis.com", "maps.googleapis.com",
        "www.google-analytics.com", "www.googletagmanager.com", "googletagmanager.com", "translate.googleapis.com",
        "ajax.microsoft.com", "ajax.aspnetcdn.com", "code.angularjs.org", "cdn.rawgit.com", "rawgit.com",
        "raw.githack.com", "rawcdn.githack.com", "gist.githubusercontent.com", "raw.githubusercontent.com",
        "api.twitter.com", "graph.facebook.com", "connect.facebook.net", "www.youtube.com", "vimeo.com", "yastatic.net",
        "yandex.st", "mc.yandex.ru", "esm.sh", "cdn.skypack.dev", "jsdelivr.net", "fastly.jsdelivr.net",
    }
)  # fmt: skip


class Policy(NamedTuple):
    """directives: name in lower case -> sources, the first of a repeated one. mistakes: see `http.csp`."""

    directives: dict[str, tuple[str, ...]]
    mistakes: tuple[str, ...]

    def effective(self, *names: str) -> tuple[str, ...] | None:
        """Sources of the first of `names` that is there; None: not restricted."""
        return next((self.directives[name] for name in names if name in self.directives), None)

    @property
    def nonces(self) -> frozenset[str]:
        return frozenset(
            match[1] for sources in self.directives.values() for item in sources if (match := _NONCE.fullmatch(item))
        )


class Judged(NamedTuple):
    """What all enforced policies come to; the fields are those of `http.csp`."""

    policies: int
    script_src: bool
    object_src: bool
    object_none: bool
    base_uri: str
    frame_ancestors: str
    form_action: str
    script_holes: tuple[str, ...]
    object_holes: tuple[str, ...]
    mistakes: tuple[str, ...]
    nonces: frozenset[str]


def parse_policy(text: str, *, meta: bool = False) -> Policy:
    """One serialized policy. In a meta element frame-ancestors, report-uri and sandbox are ignored.

    So is, anywhere, a directive that is not ASCII throughout (CSP3 section 2.2.1).
    """
    directives: dict[str, tuple[str, ...]] = {}
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
        mistakes.extend(_mistakes(name, sources))
    return Policy(directives, tuple(dict.fromkeys(mistakes[:20])))


def _mistakes(name: str, sources: tuple[str, ...]) -> list[str]:
    if name in _DROPPED:
        return [f"{name} was dropped from the standard"]
    if name not in _DIRECTIVES:
        return [f"unknown directive {printable(name, 40)}"]
    if not name.endswith(("-src", "-src-elem", "-src-attr")) and name not in {
        "base-uri", "form-action", "frame-ancestors",
    }:  # fmt: skip
        return []
    found: list[str] = []
    for source in sources:
        bare = source.lower()
        if bare in _KEYWORDS:
            found.append(f"{bare} in {name} has no quotes")
        elif bare in _DIRECTIVES:
            found.append(f"a semicolon is missing before {bare}")
        elif bare.startswith(("nonce-", "sha256-", "sha384-", "sha512-")):
            found.append(f"a nonce or hash in {name} has no quotes")
        elif match := _NONCE.fullmatch(source):
            # 128 bits in base64 are 22 characters (CSP3 section 7.1); a few servers send 16 of a larger alphabet.
            if not re.fullmatch(r"[A-Za-z0-9+/_-]+={0,2}", match[1]):
                found.append(f"a nonce in {name} is not base64")
            elif len(match[1].rstrip("=")) < 16:
                found.append(f"a nonce in {name} is shorter than 16 characters")
        elif source.startswith("'"):
            if bare.strip("'") in _KEYWORDS and bare == f"'{bare[1:-1]}'":
                if bare == NONE and len(sources) > 1:
                    found.append(f"'none' beside other sources in {name} is ignored")
            elif not _HASH.fullmatch(source):
                kind = "hashes run together" if source.lower().count("sha") > 1 else "unknown keyword"
                found.append(f"{kind} in {name}")
    lower = [source.lower() for source in sources]
    if name in {"script-src", "default-src"} and "'strict-dynamic'" in lower:
        if not any(_NONCE.fullmatch(source) or _HASH.fullmatch(source) for source in sources):
            found.append(f"'strict-dynamic' in {name} without nonce or hash blocks every script")
    return found


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
    return Judged(
        policies=len(policies),
        script_src=any(sources is not None for sources in elements)
        and any(sources is not None for sources in handling),
        object_src=any(sources is not None for sources in objects),
        object_none=any(sources is not None and _is_none(sources) for sources in objects),
        base_uri=_strictest(policy.directives.get("base-uri") for policy in policies),
        frame_ancestors=_strictest(policy.directives.get("frame-ancestors") for policy in policies),
        form_action=_strictest(policy.directives.get("form-action") for policy in policies),
        script_holes=_common(
            None if element is None else _script_holes(element, scripts or (), handlers or ())
            for element, scripts, handlers in zip(elements, evaluating, handling, strict=True)
        ),
        object_holes=_common(None if sources is None else _hosts_holes(sources) for sources in objects),
        mistakes=tuple(dict.fromkeys(text for policy in policies for text in policy.mistakes))[:20],
        nonces=frozenset(nonce for policy in policies for nonce in policy.nonces),
    )


def _is_none(sources: tuple[str, ...]) -> bool:
    """Whether no URL matches: of what stands in quotes only 'self' is one (CSP3 section 6.7.2.7)."""
    return all(source.startswith("'") and source.lower() != SELF for source in sources)


def _strictest(directives: Iterable[tuple[str, ...] | None]) -> str:
    order = ("none", "self", "hosts", "open", "absent")
    found = "absent"
    for sources in directives:
        if sources is None:
            kind = "absent"
        elif _is_none(sources):
            kind = "none"
        elif any(_ANYWHERE.fullmatch(source) for source in sources):
            kind = "open"
        else:
            kind = "self" if all(source.startswith("'") for source in sources) else "hosts"
        found = min(found, kind, key=order.index)
    return found


def _common(holes: Iterable[list[str] | None]) -> tuple[str, ...]:
    """Holes that every restricting policy leaves open: what one of them closes is closed."""
    restricting = [found for found in holes if found is not None]
    common = dict.fromkeys(
        hole for found in restricting for hole in found if all(_leaves_open(other, hole) for other in restricting)
    )
    if "'unsafe-inline'" in common:
        common.pop(_HANDLERS, None)  # said already
    return tuple(common)


def _leaves_open(holes: list[str], hole: str) -> bool:
    """Whether a policy with these holes has this one too: a host of another policy passes through its wildcard."""
    if hole in holes:
        return True
    wild = any(_ANYWHERE.fullmatch(other) and other not in _LOCAL for other in holes)
    return wild and not hole.startswith("'") and hole not in _LOCAL


def _inline(sources: tuple[str, ...]) -> bool:
    """Whether 'unsafe-inline' is in effect: a nonce, a hash or 'strict-dynamic' voids it."""
    lower = [source.lower() for source in sources]
    voided = "'strict-dynamic'" in lower or any(_NONCE.fullmatch(item) or _HASH.fullmatch(item) for item in sources)
    return "'unsafe-inline'" in lower and not voided


def _script_holes(elements: tuple[str, ...], scripts: tuple[str, ...], handlers: tuple[str, ...]) -> list[str]:
    dynamic = "'strict-dynamic'" in (source.lower() for source in elements)
    holes: list[str] = []
    if _inline(elements):
        holes.append("'unsafe-inline'")
    if _inline(handlers):
        holes.append(_HANDLERS)
    if "'unsafe-eval'" in (source.lower() for source in scripts):
        holes.append("'unsafe-eval'")
    if not dynamic:
        holes.extend(_hosts_holes(elements, scripts=True))
    return holes


def _hosts_holes(sources: tuple[str, ...], *, scripts: bool = False) -> list[str]:
    holes: list[str] = []
    for source in sources:
        lower = source.lower()
        if _ANYWHERE.fullmatch(lower):
            holes.append(lower)
            continue
        if lower.startswith("'"):
            continue
        host, path = _host(lower)
        if host and _is_address(host):
            holes.append(f"the address {printable(host, 60)}")
        elif scripts and not path and (host in _BYPASS_HOSTS or (host.startswith("*.") and _covers(host))):
            holes.append(f"{printable(host, 60)} (anybody can place scripts there)")
    return holes


def _host(source: str) -> tuple[str, str]:
    """Host and path of a source ("" for "/"): a path keeps it to a few files of the host."""
    try:
        parts = urlsplit(source if "://" in source else f"//{source}")
        return parts.hostname or "", parts.path.strip("/")
    except ValueError:
        return "", ""


def _covers(pattern: str) -> bool:
    return any(host.endswith(pattern[1:]) for host in _BYPASS_HOSTS)


def _is_address(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
