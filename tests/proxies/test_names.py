"""Which files are taken for a proxy's configuration: by their names, and by what is in them."""

import pytest

from hardencheck.model.facts.proxies import ApacheFile, CaddyFile, NginxFile, TraefikConfiguration

from .reading import facts_of

NGINX = "server {\n  listen 80;\n  client_max_body_size 0;\n  location / { proxy_pass http://{{ host }}:8000; }\n}\n"
APACHE = "<VirtualHost *:80>\n  ServerName {{ host }}\n  ProxyPass / http://127.0.0.1:8000/\n</VirtualHost>\n"
CADDY = "{{ host }} {\n\treverse_proxy app:8000\n}\n"
TRAEFIK = "http:\n  routers:\n    app:\n      rule: Host(`{{ host }}`)\n      service: app\n"
PART = "proxy_http_version 1.1;\nproxy_hide_header X-Frame-Options;\n"


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("ansible/roles/web/templates/shop.conf.j2", NGINX, NginxFile),
        ("roles/web/templates/site.j2", NGINX, NginxFile),
        ("roles/web/templates/shop", NGINX, NginxFile),
        ("templates/vhost.conf.erb", NGINX, NginxFile),
        ("deploy/site.tmpl", NGINX, NginxFile),
        ("deploy/site.jinja", NGINX, NginxFile),
        ("deploy/shop.conf.dist", NGINX, NginxFile),
        ("deploy/shop.conf.in", NGINX, NginxFile),
        ("deploy/proxy_common", PART, NginxFile),
        ("deploy/proxy_common.conf", PART, NginxFile),
        ("nginx/server_name", "server_name shop.example.com;\n", NginxFile),
        ("deploy/headers.inc", "add_header X-Frame-Options DENY always;\n", NginxFile),
        ("roles/web/templates/site.j2", APACHE, ApacheFile),
        ("roles/web/templates/site.conf.erb", APACHE, ApacheFile),
        ("roles/web/templates/site.j2", CADDY, CaddyFile),
        ("deploy/Caddyfile.jinja2", CADDY, CaddyFile),
        ("deploy/site.caddy.tpl", CADDY, CaddyFile),
        ("roles/traefik/templates/routes.yml.jinja", TRAEFIK, TraefikConfiguration),
        ("roles/traefik/templates/routes.yaml.template", TRAEFIK, TraefikConfiguration),
    ],
)
def test_templates_and_parts(path: str, text: str, kind: type) -> None:
    facts = facts_of({path: text}).facts
    configurations = [
        fact for fact in facts if isinstance(fact, NginxFile | ApacheFile | CaddyFile | TraefikConfiguration)
    ]
    assert [(type(fact), fact.templated) for fact in configurations] == [(kind, "{{" in text)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("shop/templates/docs/nginx.html", f"<pre>\n{NGINX}</pre>\n"),
        ("shop/templates/mail/body.txt", NGINX),
        ("chart/templates/_helpers.tpl", '{{- define "app.name" -}}\n{{ .Chart.Name }}\n{{- end }}\n'),
        ("chart/templates/NOTES.txt", "Open http://{{ host }}\n"),
        ("templates/setup", f"#!/bin/sh\ncat > /etc/nginx/conf.d/a.conf <<EOF\n{NGINX}EOF\n"),
        ("roles/named/templates/named.conf.j2", 'options {\n  directory "/var/named";\n  allow-query { any; };\n};\n'),
        ("roles/redis/templates/redis.j2", "bind 127.0.0.1\nport 6379\nsave 900 1\n"),
        ("roles/app/templates/app.j2", "import = yes\ntls = off\nhandle = {{ host }}\n"),
        ("proxy/notes", "The proxy_pass line of the site has to name the host.\n"),
    ],
)
def test_what_is_none(path: str, text: str) -> None:
    facts = facts_of({path: text}).facts
    assert not [fact for fact in facts if isinstance(fact, NginxFile | ApacheFile | CaddyFile)]
