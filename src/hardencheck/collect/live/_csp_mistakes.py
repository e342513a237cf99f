"""What the author of a content security policy meant otherwise (CSP Level 3, Trusted Types). Pure; nothing raises."""

import re
from collections.abc import Iterator, Mapping

from hardencheck.collect.exchange import printable
from hardencheck.lazily import compiled

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
    """
    none self unsafe-inline unsafe-eval unsafe-hashes strict-dynamic report-sample wasm-unsafe-eval trusted-types-eval
    inline-speculation-rules report-sha256 report-sha384 report-sha512 unsafe-webtransport-hashes
    """.split()
)
_SANDBOX = frozenset(
    """
    allow-downloads allow-forms allow-modals allow-orientation-lock allow-pointer-lock allow-popups
    allow-popups-to-escape-sandbox allow-presentation allow-same-origin allow-scripts
    allow-storage-access-by-user-activation allow-top-navigation allow-top-navigation-by-user-activation
    allow-top-navigation-to-custom-protocols
    """.split()
)
# What is not base64 is no nonce, and so voids nothing (CSP3 section 2.3.1).
NONCE = compiled(r"'nonce-([A-Za-z0-9+/_-]+={0,2})'", re.IGNORECASE)
HASH = compiled(r"'sha(?:256|384|512)-[A-Za-z0-9+/_-]+={0,2}'", re.IGNORECASE)
# scheme-source and host-source (CSP3 section 2.3.1). Browsers take an underscore, and leave a query out.
_SCHEME = compiled(r"[A-Za-z][A-Za-z0-9+.-]*:")
_HOST = compiled(
    r"(?:[A-Za-z][A-Za-z0-9+.-]*://)?(?:\*|(?:\*\.)?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?)(?::(?:[0-9]+|\*))?(?:/[^?#]*)?"
)
# What a template or a variable fills in.
_PLACEHOLDER = compiled(r"[${}<>]")
# Letters of a text that was made at random: 22 of base64 have 18 kinds on the average, 16 digits have 8.
_LEAST_KINDS = 5


def mistakes_of(name: str, sources: tuple[str, ...]) -> list[str]:
    """Those of one directive."""
    if name in _DROPPED:
        return [f"{name} was dropped from the standard"]
    if name not in _DIRECTIVES:
        return [f"unknown directive {printable(name, 40)}"]
    if name == "sandbox":
        return [f"sandbox knows no {printable(word, 40)}" for word in sources if word.lower() not in _SANDBOX]
    if name == "require-trusted-types-for":
        return [] if "'script'" in sources else ["require-trusted-types-for without 'script' requires nothing"]
    if name in {"report-uri", "report-to"}:
        return [] if sources else [f"{name} names nothing"]
    if name.endswith(("-src", "-src-elem", "-src-attr")) or name in {"base-uri", "form-action", "frame-ancestors"}:
        return list(_in_sources(name, sources))
    return []


def mistakes_together(directives: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Those that show when the directives of a policy are seen together."""
    found = []
    if "trusted-types" in directives and "'script'" not in directives.get("require-trusted-types-for", ()):
        found.append("trusted-types without require-trusted-types-for 'script' leaves every sink open")
    for name in [name for name in ("script-src", "script-src-elem") if name in directives] or ["default-src"]:
        sources = directives.get(name, ())
        if "'strict-dynamic'" in (source.lower() for source in sources):
            if not any(NONCE.fullmatch(source) or HASH.fullmatch(source) for source in sources):
                found.append(f"'strict-dynamic' in {name} without nonce or hash blocks every script")
    return found


def _in_sources(name: str, sources: tuple[str, ...]) -> Iterator[str]:
    for source in sources:
        bare = source.lower()
        if bare in _KEYWORDS:
            yield f"{bare} in {name} has no quotes"
        elif bare in _DIRECTIVES:
            yield f"a semicolon is missing before {bare}"
        elif bare.startswith(("nonce-", "sha256-", "sha384-", "sha512-")):
            yield f"a nonce or hash in {name} has no quotes"
        elif bare.startswith("'nonce-") and bare.endswith("'") and len(bare) > 7:
            yield from _in_nonce(name, source)
        elif source.startswith("'"):
            if bare[1:-1] in _KEYWORDS and bare.endswith("'"):
                if bare == "'none'" and len(sources) > 1:
                    yield f"'none' beside other sources in {name} is ignored"
            elif not HASH.fullmatch(source):
                kind = "hashes run together" if bare.count("sha") > 1 else "unknown keyword"
                yield f"{kind} in {name}"
        elif not _SCHEME.fullmatch(source) and not _HOST.fullmatch(source) and not _PLACEHOLDER.search(source):
            shown = printable(re.split(r"[?#]", source)[0].rpartition("@")[2], 60)
            what = "the query in" if _HOST.fullmatch(re.split(r"[?#]", source)[0]) else "not a source:"
            yield f"{what} {shown} in {name} is ignored"


def _in_nonce(name: str, source: str) -> Iterator[str]:
    """128 bits in base64 are 22 characters (CSP3 section 7.1); a few servers send 16 of a larger alphabet."""
    match = NONCE.fullmatch(source)
    if match is None:
        yield f"a nonce in {name} is not base64"
    elif len(match[1].rstrip("=")) < 16:
        yield f"a nonce in {name} is shorter than 16 characters"
    elif len(set(match[1].rstrip("="))) < _LEAST_KINDS:
        yield f"a nonce in {name} is not random"
