"""The names of response headers that are looked at. What others hold may be a secret, and is never kept."""

import re

from hardencheck.lazily import compiled

HEADERS = frozenset({
    "strict-transport-security", "x-content-type-options", "referrer-policy", "cross-origin-opener-policy",
    "content-security-policy", "x-frame-options", "permissions-policy", "cross-origin-resource-policy",
})  # fmt: skip
# Headers that tell too much or that browsers dropped: said only where code sends them.
TELLING = frozenset({"x-xss-protection", "expect-ct", "public-key-pins", "feature-policy", "x-powered-by", "server"})
# Those and all others whose values say how a page may be used, and never who somebody is.
PUBLIC = HEADERS | TELLING | {
    "content-security-policy-report-only", "cross-origin-embedder-policy", "cross-origin-opener-policy-report-only",
    "cross-origin-embedder-policy-report-only", "permissions-policy-report-only", "document-policy",
    "public-key-pins-report-only", "x-content-security-policy", "x-webkit-csp", "p3p", "x-generator", "via",
    "x-aspnet-version", "x-runtime", "x-permitted-cross-domain-policies", "x-dns-prefetch-control", "x-download-options",
    "origin-agent-cluster", "x-ua-compatible", "x-robots-tag", "cache-control", "pragma", "expires", "vary",
    "content-language", "clear-site-data", "timing-allow-origin", "access-control-allow-origin",
    "access-control-allow-credentials", "access-control-allow-methods", "access-control-allow-headers",
    "access-control-expose-headers", "access-control-max-age", "access-control-allow-private-network", "allow",
    "accept-ranges", "content-disposition", "x-accel-buffering", "alt-svc", "nel", "report-to",
    "reporting-endpoints", "server-timing",
}  # fmt: skip
# Middleware and functions of libraries that may send security headers say so in their names; others are taken not to.
TELLING_MIDDLEWARE = compiled(r"csp|secur|header|permission|feature|policy|referrer|helmet|talisman", re.IGNORECASE)
