"""Headers of Traefik and of an ingress."""

from .base_aiohttp import AIOHTTP
from .sample import At, Sample, sample
from .traefik import TRAEFIK, TRAEFIK_FILES

D = "traefik/dynamic.yml"
ING = "k8s/ingress.yaml"
LABEL = "compose.yaml"
M = "documents/main.py"

RULE: list[At] = ["rule: Host", (D, "rule: Host", -1), "    secure:", (D, "    secure:", 1), (M, "app = FastAPI(")]

CORP_OLD = "customResponseHeaders.Cross-Origin-Opener-Policy=same-origin\n"

LABELS = TRAEFIK.edited(
    LABEL,
    CORP_OLD,
    CORP_OLD
    + "      - traefik.http.middlewares.secure.headers.customResponseHeaders.Cross-Origin-Resource-Policy=same-origin\n",
)

FILES = TRAEFIK_FILES.edited(
    D,
    "          Cross-Origin-Opener-Policy: same-origin\n",
    "          Cross-Origin-Opener-Policy: same-origin\n          Cross-Origin-Resource-Policy: same-origin\n",
)

TLS = FILES.with_files({D: FILES.files[D] + "tls:\n  options:\n    default:\n      minVersion: VersionTLS12\n"})

TRAEFIK_SAMPLES = (
    sample(
        "headers/traefik-label-not-attached",
        LABELS,
        LABEL,
        "middlewares=body,secure",
        "middlewares=body",
        ["middlewares=body", "rule=Host", "stsSeconds", (M, "app = FastAPI(")],
    ),
    sample("headers/traefik-label-sts-zero", LABELS, LABEL, "stsSeconds=31536000", "stsSeconds=0"),
    sample("headers/traefik-label-nosniff-false", LABELS, LABEL, "contentTypeNosniff=true", "contentTypeNosniff=false"),
    sample(
        "headers/traefik-file-not-attached",
        FILES,
        D,
        "middlewares: [body, secure]",
        "middlewares: [body]",
        ["middlewares: [body]", *RULE],
    ),
    sample("headers/traefik-file-sts-short", FILES, D, "stsSeconds: 31536000", "stsSeconds: 300"),
    sample(
        "headers/traefik-file-no-sts",
        FILES,
        D,
        "        stsSeconds: 31536000\n        stsIncludeSubdomains: true\n",
        "",
        RULE,
    ),
    sample(
        "headers/traefik-file-removes-csp",
        FILES,
        D,
        "          Cross-Origin-Opener-Policy: same-origin\n",
        '          Cross-Origin-Opener-Policy: same-origin\n          Content-Security-Policy: ""\n',
        ['Content-Security-Policy: ""', "contentSecurityPolicy"],
    ),
    sample(
        "headers/traefik-file-csp-unsafe",
        FILES,
        D,
        "default-src 'none'; frame",
        "default-src 'self' 'unsafe-inline'; frame",
    ),
    sample(
        "headers/traefik-cors-any",
        FILES,
        D,
        "        frameDeny: true\n",
        '        frameDeny: true\n        accessControlAllowCredentials: true\n        accessControlAllowOriginList: ["*"]\n',
        ["accessControlAllowOriginList", "accessControlAllowCredentials"],
    ),
    sample(
        "headers/traefik-insecure-api",
        FILES,
        "traefik/traefik.yml",
        "accessLog: {}\n",
        "accessLog: {}\napi:\n  insecure: true\n",
        "insecure: true",
    ),
    sample(
        "headers/traefik-label-insecure-api",
        LABELS,
        LABEL,
        "      - --accesslog=true\n",
        "      - --accesslog=true\n      - --api.insecure=true\n",
        "--api.insecure",
    ),
    sample(
        "headers/traefik-trusts-forwarded",
        FILES,
        "traefik/traefik.yml",
        "    transport:\n",
        "    forwardedHeaders:\n      insecure: true\n    transport:\n",
        "insecure: true",
    ),
    sample(
        "headers/traefik-no-redirect",
        FILES,
        "traefik/traefik.yml",
        "    http:\n      redirections:\n        entryPoint:\n          to: websecure\n          scheme: https\n",
        "",
        ["  web:", 'address: ":80"'],
    ),
    sample("headers/traefik-old-tls", TLS, D, "VersionTLS12", "VersionTLS10"),
)

INGRESS = (
    sample("headers/ingress-no-ssl-redirect", AIOHTTP, ING, 'ssl-redirect: "true"', 'ssl-redirect: "false"'),
    sample(
        "headers/ingress-no-tls",
        AIOHTTP,
        ING,
        "  tls:\n    - hosts: [hooks.example.org]\n      secretName: hooks-tls\n",
        "",
        ["kind: Ingress", "spec:", "host: hooks"],
    ),
    sample(
        "headers/ingress-cors-any",
        AIOHTTP,
        ING,
        '    nginx.ingress.kubernetes.io/ssl-redirect: "true"\n',
        '    nginx.ingress.kubernetes.io/ssl-redirect: "true"\n    nginx.ingress.kubernetes.io/enable-cors: "true"\n    nginx.ingress.kubernetes.io/cors-allow-origin: "*"\n    nginx.ingress.kubernetes.io/cors-allow-credentials: "true"\n',
        ["cors-allow-origin", "enable-cors", "cors-allow-credentials"],
    ),
    sample(
        "headers/ingress-snippet-loses",
        AIOHTTP,
        ING,
        '    nginx.ingress.kubernetes.io/ssl-redirect: "true"\n',
        '    nginx.ingress.kubernetes.io/ssl-redirect: "true"\n    nginx.ingress.kubernetes.io/configuration-snippet: |\n      more_clear_headers "X-Content-Type-Options";\n',
        ["more_clear_headers", "configuration-snippet"],
    ),
)

SAMPLES: tuple[Sample, ...] = (
    *TRAEFIK_SAMPLES,
    *INGRESS,
)
