"""Upload limits of Traefik and of an ingress."""

from .base_aiohttp import AIOHTTP
from .sample import Sample, sample
from .traefik import TRAEFIK, TRAEFIK_FILES

TRAEFIK_SAMPLES = (
    sample(
        "uploads/traefik-label-zero", TRAEFIK, "compose.yaml", "maxRequestBodyBytes=10485760", "maxRequestBodyBytes=0"
    ),
    sample(
        "uploads/traefik-label-not-attached",
        TRAEFIK,
        "compose.yaml",
        "middlewares=body,secure",
        "middlewares=secure",
        ["middlewares=secure", "rule=Host", "maxRequestBodyBytes"],
    ),
    sample(
        "uploads/traefik-file-zero",
        TRAEFIK_FILES,
        "traefik/dynamic.yml",
        "maxRequestBodyBytes: 10485760",
        "maxRequestBodyBytes: 0",
    ),
    sample(
        "uploads/traefik-file-not-attached",
        TRAEFIK_FILES,
        "traefik/dynamic.yml",
        "middlewares: [body, secure]",
        "middlewares: [secure]",
        ["rule: Host", "middlewares: [secure]", "maxRequestBodyBytes", ("traefik/dynamic.yml", "rule: Host", -1)],
    ),
    sample(
        "uploads/traefik-read-timeout-zero", TRAEFIK_FILES, "traefik/traefik.yml", "readTimeout: 60s", "readTimeout: 0"
    ),
    sample("uploads/traefik-flag-read-timeout-zero", TRAEFIK, "compose.yaml", "readTimeout=60s", "readTimeout=0"),
)

INGRESS = (
    sample("uploads/ingress-zero", AIOHTTP, "k8s/ingress.yaml", "proxy-body-size: 1m", 'proxy-body-size: "0"'),
    sample("uploads/ingress-huge", AIOHTTP, "k8s/ingress.yaml", "proxy-body-size: 1m", "proxy-body-size: 50g"),
    sample(
        "uploads/ingress-timeout", AIOHTTP, "k8s/ingress.yaml", 'proxy-read-timeout: "30"', 'proxy-read-timeout: "7200"'
    ),
    sample(
        "uploads/ingress-snippet-zero",
        AIOHTTP,
        "k8s/ingress.yaml",
        '    nginx.ingress.kubernetes.io/ssl-redirect: "true"\n',
        '    nginx.ingress.kubernetes.io/ssl-redirect: "true"\n    nginx.ingress.kubernetes.io/configuration-snippet: |\n      client_max_body_size 0;\n',
        ["client_max_body_size 0", "configuration-snippet"],
    ),
)

SAMPLES: tuple[Sample, ...] = (
    *TRAEFIK_SAMPLES,
    *INGRESS,
)
