"""Headers, TLS and redirects of Caddy."""

from .base_fastapi import FASTAPI
from .sample import At, Base, Sample, sample

C = "Caddyfile"
M = "documents/main.py"

FA_CLEAN = FASTAPI.edited(
    C,
    '\t\tCross-Origin-Opener-Policy "same-origin"\n',
    '\t\tCross-Origin-Opener-Policy "same-origin"\n\t\tCross-Origin-Resource-Policy "same-origin"\n',
)


def caddy(name: str, old: str, new: str, at: At | list[At] = "", base: Base = FA_CLEAN) -> Sample:
    return sample(f"headers/caddy-{name}", base, C, old, new, at)


CADDY = (
    caddy(
        "no-hsts",
        '\t\tStrict-Transport-Security "max-age=31536000; includeSubDomains"\n',
        "",
        ["documents.example.org {", "\theader {", (M, "app = FastAPI(")],
    ),
    caddy(
        "no-nosniff",
        '\t\tX-Content-Type-Options "nosniff"\n',
        "",
        ["documents.example.org {", "\theader {", (M, "app = FastAPI(")],
    ),
    caddy(
        "header-only-one-path",
        "\theader {\n",
        "\t@pages path /pages/*\n\theader @pages {\n",
        ["header @pages", "documents.example.org {", (M, "app = FastAPI(")],
    ),
    caddy(
        "header-only-inline-path",
        "\theader {\n",
        "\theader /pages/* {\n",
        ["header /pages", "documents.example.org {", (M, "app = FastAPI(")],
    ),
    caddy("hsts-short", "max-age=31536000; includeSubDomains", "max-age=60"),
    caddy("removes-nosniff", '\t\tX-Content-Type-Options "nosniff"\n', "\t\t-X-Content-Type-Options\n"),
    caddy(
        "deferred-overrides-csp",
        "\t\t-Server\n",
        "\t\t>Content-Security-Policy \"default-src * 'unsafe-inline'\"\n\t\t-Server\n",
    ),
    caddy("csp-unsafe-eval", "default-src 'none'; frame", "default-src 'self'; script-src 'unsafe-eval'; frame"),
    caddy(
        "cors-any-with-credentials",
        "\t\t-Server\n",
        '\t\tAccess-Control-Allow-Origin "{http.request.header.Origin}"\n\t\tAccess-Control-Allow-Credentials "true"\n\t\t-Server\n',
        "Allow-Origin",
    ),
    caddy("plain-http-site", "documents.example.org {", "http://documents.example.org {"),
    caddy(
        "old-tls",
        "\trequest_body {\n",
        "\ttls {\n\t\tprotocols tls1.0 tls1.3\n\t}\n\trequest_body {\n",
        "protocols tls1.0",
    ),
    caddy(
        "trusts-any-proxy",
        "\tservers {\n",
        "\tservers {\n\t\ttrusted_proxies static 0.0.0.0/0 ::/0\n",
        "trusted_proxies",
    ),
    caddy("admin-open", "{\n\tservers {", "{\n\tadmin 0.0.0.0:2019\n\tservers {", "admin 0.0.0.0"),
    caddy(
        "tls-verify-off",
        "\treverse_proxy web:8000\n",
        "\treverse_proxy https://web:8000 {\n\t\ttransport http {\n\t\t\ttls_insecure_skip_verify\n\t\t}\n\t}\n",
        "tls_insecure_skip_verify",
    ),
)

SAMPLES: tuple[Sample, ...] = (*CADDY,)
