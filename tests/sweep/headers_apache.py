"""Headers, TLS and redirects of Apache."""

from .base_flask import APACHE_FLASK
from .header_services import BARE, HAND, SENT
from .sample import WHOLE, At, Base, Sample, sample

A = "deploy/apache/photos.conf"
F = "photos/app.py"
N = "deploy/nginx.conf"

_apache = APACHE_FLASK.files[A].replace(
    '    Header always set Permissions-Policy "camera=(), microphone=()"\n',
    "".join(f'    Header always set {name} "{value}"\n' for name, value in SENT),
)

APACHE_BARE = APACHE_FLASK.with_files({A: _apache, F: BARE.files[F]})

APACHE_HAND = APACHE_FLASK.with_files(
    {
        F: HAND.files[F],
        A: APACHE_FLASK.files[A].replace('    Header always set Permissions-Policy "camera=(), microphone=()"\n', ""),
    }
)


# All of a server's configuration, not a site that is included into one.
APACHE_WHOLE = APACHE_BARE.edited(A, "ServerTokens Prod\n", 'ServerRoot "/usr/local/apache2"\nServerTokens Prod\n')


def apache(name: str, old: str, new: str, at: At | list[At] = "", base: Base = APACHE_BARE) -> Sample:
    return sample(f"headers/apache-{name}", base, A, old, new, at)


def aline(name: str, value: str = "", verb: str = "always set") -> str:
    return f'    Header {verb} {name} "{value or dict(SENT)[name]}"\n'


APACHE = (
    *(
        apache(
            f"no-{name.lower()}",
            aline(name),
            "",
            ["<VirtualHost *:443>", "WSGIScriptAlias / ", (F, "app = Flask(__name__)")],
        )
        for name in (
            "Strict-Transport-Security",
            "X-Content-Type-Options",
            "Content-Security-Policy",
            "Referrer-Policy",
        )
    ),
    apache("nosniff-without-always", aline("X-Content-Type-Options"), aline("X-Content-Type-Options", verb="set")),
    apache("hsts-without-always", aline("Strict-Transport-Security"), aline("Strict-Transport-Security", verb="set")),
    apache(
        "set-twice",
        aline("X-Frame-Options"),
        aline("X-Frame-Options") + aline("X-Frame-Options", "SAMEORIGIN", verb="set"),
        ["always set X-Frame", "    Header set X-Frame"],
    ),
    apache(
        "unset", "    ProxyRequests Off\n", "    Header always unset X-Content-Type-Options\n    ProxyRequests Off\n"
    ),
    apache(
        "unset-of-the-app",
        "    ProxyRequests Off\n",
        "    Header unset Content-Security-Policy\n    ProxyRequests Off\n",
        base=APACHE_HAND,
    ),
    apache("hsts-short", aline("Strict-Transport-Security"), aline("Strict-Transport-Security", "max-age=600")),
    apache(
        "csp-unsafe-inline",
        aline("Content-Security-Policy"),
        aline("Content-Security-Policy", "default-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"),
    ),
    apache("tokens-full", "ServerTokens Prod", "ServerTokens Full"),
    apache("tokens-missing", "ServerTokens Prod\n", "", WHOLE, base=APACHE_WHOLE),
    apache("signature", "ServerSignature Off", "ServerSignature On"),
    apache("trace", "TraceEnable Off", "TraceEnable On"),
    apache("trace-missing", "TraceEnable Off\n", "", ["<VirtualHost *:443>", "ServerTokens Prod"]),
    apache("old-tls", "SSLProtocol -all +TLSv1.2 +TLSv1.3", "SSLProtocol all -SSLv3"),
    apache(
        "weak-ciphers",
        "SSLCipherSuite ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256",
        "SSLCipherSuite ALL:+RC4",
    ),
    apache(
        "no-redirect",
        "    Redirect permanent / https://photos.example.org/\n",
        "    DirectoryIndex disabled\n    WSGIScriptAlias / /opt/photos/photos/wsgi.py\n",
        ["<VirtualHost *:80>", "DirectoryIndex disabled", (A, "DirectoryIndex disabled", 1)],
    ),
    apache("open-proxy", "ProxyRequests Off", "ProxyRequests On"),
    apache(
        "cors-any-with-credentials",
        "    ProxyRequests Off\n",
        '    SetEnvIf Origin "(.+)" ORIGIN=$1\n    Header always set Access-Control-Allow-Origin "%{ORIGIN}e"\n    Header always set Access-Control-Allow-Credentials "true"\n    ProxyRequests Off\n',
        "Allow-Origin",
    ),
)

SAMPLES: tuple[Sample, ...] = (*APACHE,)
