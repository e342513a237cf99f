"""Headers: more than one host, file or layer, and rarer spellings."""

from .base_django import DJANGO
from .base_fastapi import FASTAPI
from .frameworks import LITESTAR
from .header_services import BARE, BEHIND, HAND, SENT
from .headers_apache import APACHE_BARE, aline
from .headers_caddy import FA_CLEAN
from .headers_nginx import PROXY_PASS, line
from .headers_traefik import FILES
from .sample import At, Base, Sample, changed, sample

F, N, M, C = "photos/app.py", "deploy/nginx.conf", "documents/main.py", "Caddyfile"
A, D, S = "deploy/apache/photos.conf", "traefik/dynamic.yml", "shop/settings.py"
ALL = "".join(line(name) for name, _ in SENT)
SECOND = (
    """\
    server {
        listen 443 ssl;
        server_name api.photos.example.org;

        ssl_certificate /etc/nginx/tls/photos.crt;
        ssl_certificate_key /etc/nginx/tls/photos.key;

"""
    + ALL
    + """
        location / {
            proxy_pass http://127.0.0.1:8000/api/;
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-Proto $scheme;
        }
    }
}
"""
)
TWO = BARE.with_files({N: BARE.files[N].rstrip("\n").removesuffix("}").rstrip("\n") + "\n\n" + SECOND})
SNIPPET = BARE.edited(N, ALL, "        include snippets/headers.conf;\n").with_files(
    {"deploy/snippets/headers.conf": ALL.replace("        add", "add")}
)
VARIABLE = BARE.edited(
    N,
    line("Strict-Transport-Security"),
    '        set $sts "max-age=31536000; includeSubDomains";\n        add_header Strict-Transport-Security $sts always;\n',
)
SECOND_HSTS = SECOND.replace(line("Strict-Transport-Security"), "")


def nginx(name: str, old: str, new: str, at: At | list[At] = "", base: Base = BARE) -> Sample:
    return sample(f"headers/nginx-{name}", base, N, old, new, at)


NGINX = (
    changed(
        "headers/nginx-second-host-no-hsts",
        TWO,
        TWO.with_files({N: TWO.files[N].replace(SECOND, SECOND_HSTS)}),
        N,
        [
            "server_name api.photos",
            (N, "server_name api.photos", -1),
            (N, "server_name api.photos", -2),
            "127.0.0.1:8000/api/",
            (N, "127.0.0.1:8000/api/", -1),
            (F, "app = Flask(__name__)"),
        ],
    ),
    sample(
        "headers/nginx-snippet-hsts-short",
        SNIPPET,
        "deploy/snippets/headers.conf",
        "max-age=31536000; includeSubDomains",
        "max-age=3600",
    ),
    sample(
        "headers/nginx-snippet-no-nosniff",
        SNIPPET,
        "deploy/snippets/headers.conf",
        line("X-Content-Type-Options").strip() + "\n",
        "",
        [
            (N, "include snippets"),
            (N, "listen 443 ssl;"),
            (N, "listen 443 ssl;", -1),
            (N, "location / {"),
            (F, "app = Flask(__name__)"),
        ],
    ),
    nginx(
        "snippet-lost-in-location",
        PROXY_PASS,
        PROXY_PASS + "            add_header X-Served-By edge always;\n",
        ["X-Served-By", "location / {"],
        base=SNIPPET,
    ),
    nginx(
        "hsts-by-variable-zero",
        'set $sts "max-age=31536000; includeSubDomains"',
        'set $sts "max-age=0"',
        ["set $sts", "add_header Strict-Transport-Security"],
        base=VARIABLE,
    ),
    nginx(
        "hides-hsts",
        PROXY_PASS,
        PROXY_PASS + "            proxy_hide_header Strict-Transport-Security;\n",
        "proxy_hide_header",
        base=BEHIND,
    ),
    nginx(
        "csp-data-scripts",
        line("Content-Security-Policy"),
        line(
            "Content-Security-Policy",
            "default-src 'self'; script-src 'self' data:; object-src 'none'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ),
    nginx(
        "csp-report-only",
        "add_header Content-Security-Policy ",
        "add_header Content-Security-Policy-Report-Only ",
        ["Report-Only", "listen 443 ssl;", (N, "listen 443 ssl;", -1), "location / {", (F, "app = Flask(__name__)")],
    ),
    nginx(
        "cors-star-with-credentials",
        line("Referrer-Policy"),
        line("Referrer-Policy")
        + line("Access-Control-Allow-Origin", "*")
        + line("Access-Control-Allow-Credentials", "true"),
        ["Allow-Origin", "Allow-Credentials"],
    ),
    nginx(
        "xss-protection", line("Referrer-Policy"), line("Referrer-Policy") + line("X-XSS-Protection", "1; mode=block")
    ),
    nginx(
        "hsts-without-max-age",
        line("Strict-Transport-Security"),
        line("Strict-Transport-Security", "includeSubDomains"),
    ),
    nginx(
        "referrer-no-referrer-when-downgrade",
        line("Referrer-Policy"),
        line("Referrer-Policy", "no-referrer-when-downgrade"),
    ),
    nginx("ssl3", "ssl_protocols TLSv1.2 TLSv1.3", "ssl_protocols SSLv3 TLSv1.2"),
)
APACHE = (
    sample(
        "headers/apache-onsuccess-only-hsts",
        APACHE_BARE,
        A,
        aline("Strict-Transport-Security"),
        aline("Strict-Transport-Security", verb="onsuccess set"),
    ),
    sample(
        "headers/apache-edit-csp",
        APACHE_BARE,
        A,
        "    ProxyRequests Off\n",
        '    Header always edit Content-Security-Policy "default-src \'none\'" "default-src *"\n    ProxyRequests Off\n',
        ["always edit", (A, "always set Content-Security-Policy")],
    ),
    sample(
        "headers/apache-if-module-off",
        APACHE_BARE,
        A,
        aline("X-Content-Type-Options"),
        "    <IfModule !mod_headers.c>\n" + aline("X-Content-Type-Options") + "    </IfModule>\n",
        [
            "<IfModule !mod",
            (A, "<IfModule !mod", 1),
            "<VirtualHost *:443>",
            (F, "app = Flask(__name__)"),
            "WSGIScriptAlias / ",
        ],
    ),
    sample(
        "headers/apache-location-unsets",
        APACHE_BARE,
        A,
        "    ProxyRequests Off\n",
        "    <Location /public>\n        Header always unset Content-Security-Policy\n    </Location>\n    ProxyRequests Off\n",
        ["Header always unset", "<Location /public>"],
    ),
    sample(
        "headers/apache-server-header",
        APACHE_BARE,
        A,
        "    ProxyRequests Off\n",
        '    Header always set X-Powered-By "Flask/3.1"\n    ProxyRequests Off\n',
        "X-Powered-By",
    ),
)
CADDY = (
    sample(
        "headers/caddy-default-only",
        FA_CLEAN,
        C,
        '\t\tX-Content-Type-Options "nosniff"\n',
        '\t\t?X-Content-Type-Options "sniff"\n',
    ),
    sample(
        "headers/caddy-snippet-hsts",
        FA_CLEAN.edited(
            C,
            "documents.example.org {",
            '(hsts) {\n\theader Strict-Transport-Security "max-age=31536000; includeSubDomains"\n}\n\ndocuments.example.org {\n\timport hsts',
        ).edited(C, '\t\tStrict-Transport-Security "max-age=31536000; includeSubDomains"\n', ""),
        C,
        "max-age=31536000",
        "max-age=31",
    ),
    sample(
        "headers/caddy-referrer-unsafe", FA_CLEAN, C, 'Referrer-Policy "same-origin"', 'Referrer-Policy "unsafe-url"'
    ),
    sample(
        "headers/caddy-frame-wrong",
        FA_CLEAN,
        C,
        "X-Frame-Options \"DENY\"\n\t\tReferrer-Policy \"same-origin\"\n\t\tContent-Security-Policy \"default-src 'none'; frame-ancestors 'none'; base-uri 'none'\"",
        'X-Frame-Options "ALLOWALL"\n\t\tReferrer-Policy "same-origin"\n\t\tContent-Security-Policy "default-src \'none\'; base-uri \'none\'"',
        ["ALLOWALL", "Content-Security-Policy"],
    ),
)
TRAEFIK = (
    sample("headers/traefik-referrer-unsafe", FILES, D, "referrerPolicy: same-origin", "referrerPolicy: unsafe-url"),
    sample("headers/traefik-nosniff-false", FILES, D, "contentTypeNosniff: true", "contentTypeNosniff: false"),
    sample(
        "headers/traefik-custom-hsts",
        FILES,
        D,
        "        stsSeconds: 31536000\n        stsIncludeSubdomains: true\n        contentTypeNosniff: true\n        frameDeny: true\n        referrerPolicy: same-origin\n",
        "        contentTypeNosniff: true\n        frameDeny: true\n        referrerPolicy: same-origin\n        customFrameOptionsValue: DENY\n",
        ["    secure:", (D, "    secure:", 1), "rule: Host", (D, "rule: Host", -1), (M, "app = FastAPI(")],
    ),
)
CORS_LITESTAR = LITESTAR.edited(
    "notes/app.py", "from litestar.response", "from litestar.config.cors import CORSConfig\nfrom litestar.response"
).edited(
    "notes/app.py",
    "    debug=False,\n",
    '    debug=False,\n    cors_config=CORSConfig(allow_origins=["https://notes.example.org"], allow_credentials=True),\n',
)
CODE = (
    sample(
        "headers/litestar-cors-any",
        CORS_LITESTAR,
        "notes/app.py",
        '["https://notes.example.org"]',
        '["*"]',
        ["cors_config"],
    ),
    changed(
        "headers/fastapi-set-cookie",
        FASTAPI.edited(
            M,
            "from starlette.middleware.sessions",
            "from fastapi.responses import JSONResponse\nfrom starlette.middleware.sessions",
        ),
        FASTAPI.edited(
            M,
            "from starlette.middleware.sessions",
            "from fastapi.responses import JSONResponse\nfrom starlette.middleware.sessions",
        ).edited(
            M,
            '    return {"status": "ok"}\n',
            '    response = JSONResponse({"status": "ok"})\n    response.set_cookie("session_token", "x", secure=False, httponly=False)\n    return response\n',
        ),
        M,
        "set_cookie",
    ),
    sample(
        "headers/flask-view-frame",
        HAND,
        F,
        '    return jsonify(status="ok")\n',
        '    response = jsonify(status="ok")\n    response.headers["X-Frame-Options"] = "ALLOWALL"\n    return response\n',
        '"ALLOWALL"',
    ),
    changed(
        "headers/django-csp-override",
        DJANGO,
        DJANGO.edited(
            "orders/views.py",
            "def health(request)",
            '@csp_update({"script-src": ["\'unsafe-inline\'"]})\ndef health(request)',
        ).edited(
            "orders/views.py",
            "from django.views.decorators.http",
            "from csp.decorators import csp_update\nfrom django.views.decorators.http",
        ),
        "orders/views.py",
        ["@csp_update", "def health"],
    ),
    sample(
        "headers/django-hsts-below-year",
        DJANGO,
        S,
        "SECURE_HSTS_SECONDS = 31536000",
        "SECURE_HSTS_SECONDS = 60 * 60 * 24 * 30",
    ),
    sample(
        "headers/django-cookie-domain",
        DJANGO,
        S,
        'SESSION_COOKIE_NAME = "__Host-sessionid"',
        'SESSION_COOKIE_NAME = "sessionid"',
    ),
)
SAMPLES: tuple[Sample, ...] = (*NGINX, *APACHE, *CADDY, *TRAEFIK, *CODE)
