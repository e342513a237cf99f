"""What proxies say of themselves, at the line that says it."""

import pytest

from hardencheck.collect.resolve._tls_words import old_of_httpd, old_protocols, weak_suites
from hardencheck.collect.resolve.proxies import ProxySettings
from hardencheck.model.facts.proxies import ProxySetting
from hardencheck.model.gap import Gap
from tests.proxies.reading import facts_of, tree_of


def weak(files: dict[str, str]) -> list[tuple[str, str]]:
    found = ProxySettings().resolve(facts_of(files), tree_of(files))
    return sorted((one.matter, str(one.location)) for one in found if isinstance(one, ProxySetting) and one.weak)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("all", ["TLS 1.0", "TLS 1.1"]), ("all -SSLv3", ["TLS 1.0", "TLS 1.1"]), ("all -TLSv1 -TLSv1.1", []),
        ("-all +TLSv1.2", []), ("TLSv1.2", []), ("+SSLv3 +TLSv1.2", ["SSLv3"]), ("all -SSLv3 -TLSv1", ["TLS 1.1"]),
        ("", []),
    ],
)  # fmt: skip
def test_protocols_of_httpd(text: str, expected: list[str]) -> None:
    assert old_of_httpd(text.split()) == expected


def test_protocols_of_nginx() -> None:
    assert old_protocols(["TLSv1", "TLSv1.2", "SSLv3", "tlsv1.1"]) == ["TLS 1.0", "SSLv3", "TLS 1.1"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HIGH:!aNULL:!MD5", []), ("RC4-SHA", ["RC4-SHA"]), ("ECDHE-RSA-DES-CBC3-SHA", ["ECDHE-RSA-DES-CBC3-SHA"]),
        ("DES-CBC3-SHA:!DES", []), ("ALL", ["ALL"]), ("ALL:!aNULL:!LOW", []), ("ALL:!aNULL", ["ALL"]),
        ("ECDHE-RSA-AES128-SHA", []),
        ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", ["TLS_RSA_WITH_3DES_EDE_CBC_SHA"]), ("@SECLEVEL=0", []), ("", []),
        ("EECDH+AESGCM:EDH+AESGCM", []), ("ECDHE-ECDSA-CHACHA20-POLY1305", []),
        ("EXP-RC2-CBC-MD5", ["EXP-RC2-CBC-MD5"]),
    ],
)  # fmt: skip
def test_suites(text: str, expected: list[str]) -> None:
    assert weak_suites(text) == expected


NGINX = """http {
    server_tokens on;
    ssl_protocols TLSv1 TLSv1.2;
    add_header X-Frame-Options DENY always;
    server {
        listen 443 ssl;
        location /static {
            alias /srv/static/;
            autoindex on;
        }
        location /api/ {
            add_header Vary Origin;
            proxy_pass http://app:8000;
            proxy_set_header X-Forwarded-For $http_x_forwarded_for;
        }
        location /go/ { proxy_pass http://$arg_to; }
        location = /status { stub_status; }
    }
}
"""


def test_nginx_at_its_lines() -> None:
    assert weak({"nginx.conf": NGINX}) == [
        ("alias", "nginx.conf:7"), ("forwarded", "nginx.conf:14"), ("inheritance", "nginx.conf:12"),
        ("listing", "nginx.conf:9"), ("open-proxy", "nginx.conf:16"), ("protocols", "nginx.conf:3"),
        ("status-page", "nginx.conf:17"), ("version", "nginx.conf:2"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("add_header Vary Origin;", ["X-Frame-Options"]),
        ("add_header_inherit off;", ["X-Frame-Options"]),
        ("add_header_inherit merge; add_header Vary Origin;", []),
        ("add_header X-Frame-Options SAMEORIGIN;", []),
        ("", []),
    ],
)
def test_what_a_level_takes_away(inside: str, expected: list[str]) -> None:
    text = (
        "server {\nadd_header X-Frame-Options DENY always;\nadd_header X-Other 1;\nlocation / {\n"
        f"{inside}\nproxy_pass http://a; }}\n}}\n"
    )
    files = {"nginx.conf": text}
    found = [
        (one.value.partition(" takes away ")[2], one.location.line)
        for one in ProxySettings().resolve(facts_of(files), tree_of(files))
        if isinstance(one, ProxySetting) and one.matter == "inheritance" and one.weak
    ]
    assert found == [(name, 5) for name in expected]


APACHE = """ServerTokens Full
TraceEnable on
<VirtualHost *:443>
    SSLEngine on
    SSLProtocol all
    Header set X-Frame-Options DENY
    ProxyRequests On
    ProxyPass / http://127.0.0.1:8000/
    <Directory /srv>
        Options Indexes
    </Directory>
    <Location /server-status>
        SetHandler server-status
    </Location>
    RemoteIPInternalProxy 0.0.0.0/0
</VirtualHost>
"""


def test_apache_at_its_lines() -> None:
    assert weak({"apache.conf": APACHE}) == [
        ("always", "apache.conf:6"), ("forwarded", "apache.conf:15"), ("listing", "apache.conf:10"),
        ("open-proxy", "apache.conf:7"), ("protocols", "apache.conf:5"), ("status-page", "apache.conf:13"),
        ("trace", "apache.conf:2"), ("version", "apache.conf:1"),
    ]  # fmt: skip


CLEAN = {
    "nginx.conf": """server_tokens off;
server {
    listen 80;
    server_name shop.example;
    return 301 https://$host$request_uri;
}
server {
    listen 443 ssl;
    server_name shop.example;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256;
    client_max_body_size 10m;
    add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;
    add_header X-Content-Type-Options nosniff always;
    location /static/ { alias /srv/static/; expires 30d; }
    location / {
        proxy_pass http://app:8000;
        proxy_set_header Host $host;
        proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
    }
}
""",
    "Caddyfile": "shop.example {\n\trequest_body {\n\t\tmax_size 10MB\n\t}\n\treverse_proxy app:8000\n}\n",
    "apache.conf": """ServerTokens Prod
ServerSignature Off
TraceEnable Off
<VirtualHost *:80>
    ServerName shop.example
    Redirect permanent / https://shop.example/
</VirtualHost>
<VirtualHost *:443>
    ServerName shop.example
    SSLEngine on
    SSLProtocol -all +TLSv1.2 +TLSv1.3
    Header always set X-Content-Type-Options nosniff
    ProxyPreserveHost On
    RequestHeader set X-Forwarded-Proto https
    ProxyPass / http://127.0.0.1:8000/
    <Directory /srv/www>
        Options -Indexes
    </Directory>
</VirtualHost>
""",
    "traefik/traefik.yml": "entryPoints:\n  web:\n    address: ':80'\napi:\n  dashboard: true\n",
}


@pytest.mark.parametrize("path", CLEAN)
def test_what_is_as_it_should_be(path: str) -> None:
    assert weak({path: CLEAN[path]}) == []


def test_what_a_template_says_is_not_known_for_that_matter_alone() -> None:
    files = {"nginx.conf.j2": "server {\nautoindex {{ x }};\nserver_tokens on;\n}"}
    found = list(ProxySettings().resolve(facts_of(files), tree_of(files)))
    assert [one.about["matter"] for one in found if isinstance(one, Gap)] == ["listing"]
    assert [one.matter for one in found if isinstance(one, ProxySetting)] == ["version"]


@pytest.mark.parametrize(
    ("files", "lines"),
    [
        ({"nginx.conf": "server {\nlisten 80;\nlisten 443 ssl;\nlocation / { proxy_pass http://a:1; }\n}"},
         ["nginx.conf:1"]),
        ({"nginx.conf": "server {\nlisten 80;\nlocation / { proxy_pass http://a:1; }\n}"}, []),
        ({"Caddyfile": "http://shop.example {\nreverse_proxy a:1\n}"}, ["Caddyfile:1"]),
        ({"Caddyfile": "http://app {\nreverse_proxy a:1\n}"}, []),
        ({"Caddyfile": "http://a.example {\nredir https://a.example{uri}\n}\na.example {\nreverse_proxy a:1\n}"}, []),
    ],
)  # fmt: skip
def test_plain_http_that_reaches_the_application(files: dict[str, str], lines: list[str]) -> None:
    assert [where for matter, where in weak(files) if matter == "redirect"] == lines


def test_request_fields_that_a_level_loses() -> None:
    text = """server {
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    location / {
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_pass http://app;
    }
    location /b { proxy_pass http://app; }
}"""
    assert [one for one in weak({"nginx.conf": text}) if one[0] == "forwarded"] == [("forwarded", "nginx.conf:5")]
