"""What git tracks, and with which modes."""

from .base_django import DJANGO
from .sample import Sample, sample

KEY = (
    "-----BEGIN "
    + "RSA PRIVATE"
    + " KEY-----\n"
    + "MIIEowIBAAKCAQEA"
    + "q1W9z" * 20
    + "\n-----END "
    + "RSA PRIVATE"
    + " KEY-----\n"
)

ENV = "SECRET_KEY=" + "".join(["z6Kq", "1vTb", "8nHs", "4wXc"]) + "\n"


def mode(name: str, path: str, text: str) -> Sample:
    base = DJANGO.with_files({path: text})
    return Sample(
        f"permissions/git-{name}",
        base,
        base._replace(modes={**base.modes, path: "100755"}),
        frozenset([(path, 0), (path, 1)]),
    )


def link(name: str, path: str, to: str) -> Sample:
    return Sample(
        f"permissions/git-{name}", DJANGO, DJANGO._replace(links={path: to}), frozenset([(path, 0), (path, 1)])
    )


GIT = (
    mode("executable-json", "data/prices.json", "{}\n"),
    mode("executable-yaml", "deploy/values.yml", "a: 1\n"),
    mode("executable-conf", "deploy/extra.conf", "a=1\n"),
    mode("executable-certificate", "deploy/ca.crt", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"),
    mode("executable-env-example", ".env.example", "SECRET_KEY=\n"),
    link("link-absolute", "media", "/srv/shop/media"),
    link("link-leaving", "shared", "../../shared"),
    link("link-etc-passwd", "data", "/etc/passwd"),
    Sample(
        "permissions/git-private-key",
        DJANGO,
        DJANGO.with_files({"deploy/server.key": KEY}),
        frozenset([("deploy/server.key", 0), ("deploy/server.key", 1)]),
    ),
    Sample(
        "permissions/git-private-key-pem",
        DJANGO,
        DJANGO.with_files({"deploy/tls.pem": KEY}),
        frozenset([("deploy/tls.pem", 0), ("deploy/tls.pem", 1)]),
    ),
    Sample("permissions/git-env", DJANGO, DJANGO.with_files({".env": ENV}), frozenset([(".env", 0), (".env", 1)])),
    Sample(
        "permissions/git-env-production",
        DJANGO,
        DJANGO.with_files({".env.production": ENV}),
        frozenset([(".env.production", 0), (".env.production", 1)]),
    ),
    Sample(
        "permissions/git-keystore",
        DJANGO,
        DJANGO.with_files(
            {"deploy/store.jks": "\xfe\xed\xfe\xed\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\x01\x00\x05hooks"}
        ),
        frozenset([("deploy/store.jks", 0), ("deploy/store.jks", 1)]),
    ),
    Sample(
        "permissions/git-pkcs12",
        DJANGO,
        DJANGO.with_files(
            {"deploy/client.p12": "0\x82\x09\xc1\x02\x01\x030\x82\x09\x87\x06\x09*\x86H\x86\xf7\x0d\x01\x07\x01"}
        ),
        frozenset([("deploy/client.p12", 0), ("deploy/client.p12", 1)]),
    ),
    Sample(
        "permissions/git-ssh-key",
        DJANGO,
        DJANGO.with_files({"deploy/id_ed25519": KEY.replace("RSA " + "PRIVATE", "OPENSSH " + "PRIVATE")}),
        frozenset([("deploy/id_ed25519", 0), ("deploy/id_ed25519", 1)]),
    ),
    Sample(
        "permissions/git-htpasswd",
        DJANGO,
        DJANGO.with_files({"deploy/.htpasswd": "admin:$apr1$" + "x4Tz9QmB" + "$" + "w1Rk7vUq3LsZp0Yd5Hn2J/\n"}),
        frozenset([("deploy/.htpasswd", 0), ("deploy/.htpasswd", 1)]),
    ),
    Sample(
        "permissions/git-sqlite",
        DJANGO,
        DJANGO.with_files({"db.sqlite3": "SQLite format 3\x00\x10\x00\x01\x01\x00@  \x00\x00\x00\x05\x00\x00\x00\x04"}),
        frozenset([("db.sqlite3", 0), ("db.sqlite3", 1)]),
    ),
    Sample(
        "permissions/git-dump",
        DJANGO,
        DJANGO.with_files(
            {"dump.sql": "-- PostgreSQL database dump\nCOPY auth_user (id, password) FROM stdin;\n1\tpbkdf2\n\\.\n"}
        ),
        frozenset([("dump.sql", 0), ("dump.sql", 1)]),
    ),
    sample("permissions/gitignore-without-env", DJANGO, ".gitignore", ".env\n.env.*\n", "", ".git"),
)

SAMPLES: tuple[Sample, ...] = (*GIT,)
