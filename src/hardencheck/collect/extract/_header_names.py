"""The names of response headers that are judged, and of code that is likely to send them."""

import re

from hardencheck.lazily import compiled

HEADERS = frozenset({
    "strict-transport-security", "x-content-type-options", "referrer-policy", "cross-origin-opener-policy",
    "content-security-policy", "x-frame-options", "permissions-policy", "cross-origin-resource-policy",
})  # fmt: skip
# Headers that tell too much or that browsers dropped: said only where code sends them.
TELLING = frozenset({
    "x-xss-protection", "expect-ct", "public-key-pins", "feature-policy", "x-powered-by", "server",
    "x-content-security-policy", "x-webkit-csp", "p3p", "x-generator",
})  # fmt: skip
# Middleware and functions of libraries that may send security headers say so in their names; others are taken not to.
TELLING_MIDDLEWARE = compiled(r"csp|secur|header|permission|feature|policy|referrer|helmet|talisman", re.IGNORECASE)
