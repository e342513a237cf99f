"""Fields of requests and responses whose values are kept when a proxy's configuration sets them. Any other may be a
secret (a token that the application asks for)."""

from hardencheck.collect.extract._header_names import HEADERS, TELLING

WITHHELD = "…"
RESPONSE = HEADERS | TELLING | frozenset({
    "accept-ranges", "access-control-allow-credentials", "access-control-allow-headers",
    "access-control-allow-methods", "access-control-allow-origin", "access-control-expose-headers",
    "access-control-allow-private-network", "access-control-max-age", "alt-svc", "cache-control",
    "clear-site-data", "connection", "content-disposition", "content-language",
    "content-security-policy-report-only", "content-type", "cross-origin-embedder-policy",
    "cross-origin-embedder-policy-report-only", "cross-origin-opener-policy-report-only", "date",
    "document-policy", "etag", "expires", "keep-alive", "last-modified", "link", "nel", "origin-agent-cluster",
    "p3p", "permissions-policy-report-only", "pragma", "public-key-pins-report-only", "refresh", "report-to",
    "reporting-endpoints", "service-worker-allowed", "sourcemap", "timing-allow-origin", "upgrade", "vary", "via",
    "warning", "x-accel-buffering", "x-content-security-policy", "x-download-options", "x-dns-prefetch-control",
    "x-aspnet-version", "x-generator", "x-permitted-cross-domain-policies", "x-robots-tag", "x-runtime",
    "x-ua-compatible", "x-webkit-csp",
})  # fmt: skip
REQUEST = frozenset({
    "accept-encoding", "connection", "content-length", "expect", "forwarded", "front-end-https", "host", "origin",
    "proxy", "te", "transfer-encoding", "upgrade", "via", "x-forwarded-by", "x-forwarded-for", "x-forwarded-host",
    "x-forwarded-path", "x-forwarded-port", "x-forwarded-prefix", "x-forwarded-proto", "x-forwarded-protocol",
    "x-forwarded-scheme", "x-forwarded-server", "x-forwarded-ssl", "x-http-method-override", "x-original-uri",
    "x-original-url", "x-real-ip", "x-request-id", "x-rewrite-url", "x-scheme", "x-script-name", "x-sendfile-type",
    "x-url-scheme",
})  # fmt: skip
