"""Headers of Starlette, FastAPI and aiohttp; what servers trust."""

from .base_aiohttp import AIOHTTP
from .base_django import DJANGO
from .base_fastapi import FASTAPI
from .header_services import OWN
from .sample import At, Sample, sample

C = "Caddyfile"
H = "hooks/app.py"
M = "documents/main.py"
# ingress-nginx sets HSTS itself wherever it has a certificate, in place of what comes from behind it.
BY_ITSELF = AIOHTTP.without("k8s/ingress.yaml")


def fa(name: str, old: str, new: str, at: At | list[At] = "") -> Sample:
    return sample(f"headers/fastapi-{name}", FASTAPI, M, old, new, at)


ALLOW = '    allow_origins=["https://app.example.org"],\n'

CORSCALL: list[At] = ["    CORSMiddleware,", (M, "    CORSMiddleware,", -1)]

ASGI_SAMPLES = (
    fa("cors-any-credentials", ALLOW, '    allow_origins=["*"],\n', ["allow_origins", *CORSCALL]),
    fa("cors-regex-any", ALLOW, '    allow_origin_regex=".*",\n', ["allow_origin_regex", *CORSCALL]),
    fa(
        "cors-regex-dots",
        ALLOW,
        '    allow_origin_regex=r"https://.*.example.org",\n',
        ["allow_origin_regex", *CORSCALL],
    ),
    fa("cors-http", ALLOW, '    allow_origins=["http://app.example.org"],\n', ["allow_origins", *CORSCALL]),
    fa("cors-null", ALLOW, '    allow_origins=["https://app.example.org", "null"],\n', ["allow_origins", *CORSCALL]),
    fa(
        "docs-open",
        "docs_url=None, redoc_url=None, openapi_url=None",
        'docs_url="/docs", redoc_url=None',
        "app = FastAPI(",
    ),
    sample(
        "headers/fastapi-own-no-hsts",
        OWN,
        M,
        '    response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"\n',
        "",
        ["async def secure", "@app.middleware", "app = FastAPI("],
    ),
    sample(
        "headers/fastapi-own-no-nosniff",
        OWN,
        M,
        '    response.headers["X-Content-Type-Options"] = "nosniff"\n',
        "",
        ["async def secure", "@app.middleware", "app = FastAPI("],
    ),
    sample("headers/fastapi-own-csp-any", OWN, M, "default-src 'none'; frame", "default-src *; frame"),
    sample("headers/fastapi-own-hsts-short", OWN, M, "max-age=31536000; includeSubDomains", "max-age=86400"),
    sample(
        "headers/uvicorn-forwarded-any",
        FASTAPI,
        "Dockerfile",
        '"--no-server-header"',
        '"--no-server-header", "--forwarded-allow-ips", "*"',
    ),
    sample(
        "headers/uvicorn-forwarded-env",
        FASTAPI,
        "Dockerfile",
        "ENV PYTHONUNBUFFERED=1",
        'ENV PYTHONUNBUFFERED=1\nENV FORWARDED_ALLOW_IPS="*"',
        ["FORWARDED_ALLOW_IPS"],
    ),
    sample(
        "headers/uvicorn-server-header",
        OWN,
        "Dockerfile",
        ', "--no-server-header"',
        "",
    ),
    sample(
        "headers/gunicorn-forwarded-any",
        DJANGO,
        "gunicorn.conf.py",
        'forwarded_allow_ips = "127.0.0.1"',
        'forwarded_allow_ips = "*"',
    ),
    sample(
        "headers/gunicorn-header-map",
        DJANGO,
        "gunicorn.conf.py",
        'loglevel = "info"',
        'loglevel = "info"\nheader_map = "dangerous"',
    ),
    sample(
        "headers/gunicorn-strip-spaces",
        DJANGO,
        "gunicorn.conf.py",
        'loglevel = "info"',
        'loglevel = "info"\nstrip_header_spaces = True',
    ),
    sample(
        "headers/gunicorn-folding",
        DJANGO,
        "gunicorn.conf.py",
        'loglevel = "info"',
        'loglevel = "info"\npermit_obsolete_folding = True',
    ),
    sample(
        "headers/gunicorn-flag-forwarded",
        DJANGO,
        "Dockerfile",
        '"gunicorn.conf.py", ',
        '"gunicorn.conf.py", "--forwarded-allow-ips=*", ',
    ),
    sample(
        "headers/gunicorn-env-forwarded",
        DJANGO,
        "compose.yaml",
        "    environment:\n",
        '    environment:\n      GUNICORN_CMD_ARGS: "--forwarded-allow-ips=*"\n',
    ),
    sample(
        "headers/aiohttp-no-hsts",
        BY_ITSELF,
        H,
        '    response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"\n',
        "",
        ["async def secure_headers", "    app = web.Application("],
    ),
    sample(
        "headers/aiohttp-no-nosniff",
        AIOHTTP,
        H,
        '    response.headers["X-Content-Type-Options"] = "nosniff"\n',
        "",
        ["async def secure_headers", "    app = web.Application("],
    ),
    sample(
        "headers/aiohttp-middleware-not-used",
        AIOHTTP,
        H,
        "    app.on_response_prepare.append(secure_headers)\n",
        "",
        ["    app = web.Application(", "async def secure_headers"],
    ),
    sample("headers/aiohttp-hsts-short", BY_ITSELF, H, "max-age=31536000; includeSubDomains", "max-age=1"),
)

SAMPLES: tuple[Sample, ...] = (*ASGI_SAMPLES,)
