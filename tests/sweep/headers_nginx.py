"""Headers, TLS and redirects of nginx."""

from .base_django import DJANGO
from .header_services import BARE, BEHIND, SENT
from .sample import At, Sample, sample

A = "deploy/apache/photos.conf"
F = "photos/app.py"
N = "deploy/nginx.conf"
S = "shop/settings.py"


def nginx(name: str, old: str, new: str, at: At | list[At] = "") -> Sample:
    return sample(f"headers/nginx-{name}", BARE, N, old, new, at)


def line(name: str, value: str = "", always: str = " always") -> str:
    return f'        add_header {name} "{value or dict(SENT)[name]}"{always};\n'


PROXY_PASS = "            proxy_pass http://app;\n"

SERVER = "listen 443 ssl;"

FRAMES = line("X-Frame-Options") + line("Referrer-Policy") + line("Content-Security-Policy")

NGINX = (
    nginx(
        "no-framing",
        FRAMES,
        line("Referrer-Policy") + line("Content-Security-Policy", "default-src 'none'; base-uri 'none'"),
        [SERVER, (N, SERVER, -1), "location / {", (F, "app = Flask(__name__)"), "Content-Security-Policy"],
    ),
    nginx(
        "location-loses-all",
        PROXY_PASS,
        PROXY_PASS + '            add_header Cache-Control "no-store";\n',
        ["location / {", "add_header Cache-Control"],
    ),
    nginx(
        "empty-add-header-loses-all",
        PROXY_PASS,
        PROXY_PASS + '            add_header X-Empty "";\n',
        ["location / {", "add_header X-Empty"],
    ),
    nginx(
        "if-loses-all",
        PROXY_PASS,
        '            if ($request_method = GET) {\n                add_header X-Cached "1" always;\n            }\n'
        + PROXY_PASS,
        ["if ($request", "add_header X-Cached"],
    ),
    *(
        nginx(
            f"no-{name.lower()}",
            line(name),
            "",
            [SERVER, (N, SERVER, -1), "location / {", (F, "app = Flask(__name__)")],
        )
        for name in (
            "Strict-Transport-Security",
            "X-Content-Type-Options",
            "Content-Security-Policy",
            "Referrer-Policy",
        )
    ),
    nginx("hsts-without-always", line("Strict-Transport-Security"), line("Strict-Transport-Security", always="")),
    nginx("nosniff-without-always", line("X-Content-Type-Options"), line("X-Content-Type-Options", always="")),
    nginx("hsts-zero", line("Strict-Transport-Security"), line("Strict-Transport-Security", "max-age=0")),
    nginx("hsts-short", line("Strict-Transport-Security"), line("Strict-Transport-Security", "max-age=300")),
    nginx(
        "hsts-no-subdomains", line("Strict-Transport-Security"), line("Strict-Transport-Security", "max-age=31536000")
    ),
    nginx("nosniff-wrong-value", line("X-Content-Type-Options"), line("X-Content-Type-Options", "sniff")),
    nginx(
        "frame-allow-from",
        line("X-Frame-Options") + line("Referrer-Policy") + line("Content-Security-Policy"),
        line("X-Frame-Options", "ALLOW-FROM https://x.example")
        + line("Referrer-Policy")
        + line("Content-Security-Policy", "default-src 'none'; base-uri 'none'"),
        ["ALLOW-FROM", "Content-Security-Policy"],
    ),
    nginx("referrer-unsafe", line("Referrer-Policy"), line("Referrer-Policy", "unsafe-url")),
    nginx(
        "csp-unsafe-inline",
        line("Content-Security-Policy"),
        line(
            "Content-Security-Policy",
            "default-src 'self'; script-src 'self' 'unsafe-inline'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ),
    nginx(
        "csp-any",
        line("Content-Security-Policy"),
        line("Content-Security-Policy", "default-src *; object-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    ),
    nginx(
        "csp-unsafe-eval",
        line("Content-Security-Policy"),
        line(
            "Content-Security-Policy",
            "default-src 'self' 'unsafe-eval'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ),
    nginx(
        "csp-no-base-uri",
        line("Content-Security-Policy"),
        line("Content-Security-Policy", "default-src 'self'; object-src 'none'; frame-ancestors 'none'"),
    ),
    nginx(
        "csp-no-object-src",
        line("Content-Security-Policy"),
        line("Content-Security-Policy", "script-src 'self'; frame-ancestors 'none'; base-uri 'none'"),
    ),
    nginx(
        "cors-any-with-credentials",
        line("Referrer-Policy"),
        line("Referrer-Policy")
        + line("Access-Control-Allow-Origin", "$http_origin")
        + line("Access-Control-Allow-Credentials", "true"),
        "Allow-Origin",
    ),
    nginx("server-tokens", "server_tokens off", "server_tokens on"),
    nginx("server-tokens-missing", "    server_tokens off;\n", "", ["http {", SERVER, (N, SERVER, -1)]),
    nginx("old-tls", "ssl_protocols TLSv1.2 TLSv1.3", "ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3"),
    nginx(
        "weak-ciphers",
        "ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384",
        "ssl_ciphers ALL:!aNULL",
    ),
    nginx(
        "no-redirect",
        "        return 301 https://photos.example.org$request_uri;\n",
        "        location / {\n            proxy_pass http://app; # plain\n        }\n",
        ["listen 80;", "# plain", (N, "listen 80;", -1), (N, "# plain", -1)],
    ),
    sample(
        "headers/nginx-forwarded-proto-passed-on",
        DJANGO,
        N,
        "proxy_set_header X-Forwarded-Proto $scheme",
        "proxy_set_header X-Forwarded-Proto $http_x_forwarded_proto",
        ["$http_x_forwarded_proto", "location / {", (S, "SECURE_PROXY_SSL_HEADER")],
    ),
    nginx("powered-by-passed", line("Referrer-Policy"), line("Referrer-Policy") + line("X-Powered-By", "Flask 3.1")),
    sample(
        "headers/nginx-hides-csp",
        BEHIND,
        N,
        PROXY_PASS,
        PROXY_PASS + "            proxy_hide_header Content-Security-Policy;\n",
        "proxy_hide_header",
    ),
    sample(
        "headers/nginx-two-frame-options",
        BEHIND,
        N,
        PROXY_PASS,
        PROXY_PASS + "            add_header X-Frame-Options SAMEORIGIN always;\n",
        ["X-Frame-Options SAMEORIGIN", (F, '"X-Frame-Options"')],
    ),
    sample(
        "headers/nginx-two-hsts",
        BEHIND,
        N,
        PROXY_PASS,
        PROXY_PASS + '            add_header Strict-Transport-Security "max-age=63072000" always;\n',
        ['"max-age=63072000"', (F, '"Strict-Transport-Security"')],
    ),
    sample(
        "headers/nginx-set-header-inheritance",
        DJANGO,
        N,
        "            proxy_set_header X-Forwarded-Proto $scheme;\n",
        "",
        ["location / {", (S, "SECURE_PROXY_SSL_HEADER"), "proxy_pass http://app"],
    ),
)

SAMPLES: tuple[Sample, ...] = (*NGINX,)
