"""Limits that do not do what they seem to: without effect, in another unit."""

from pathlib import Path

import pytest

from hardencheck.model.facts.uploads import MixedUnits, RequestBuffering, UnappliedLimit, UploadLimit
from tests.uploads.test_chain import NGINX, facts_of

PASS = "  location / { proxy_pass http://app; }\n"
TRAEFIK = """http:
  routers:
    shop:
      rule: Host(`shop.example`)
      service: shop
      middlewares: [body]
  middlewares:
    other:
      headers: {frameDeny: true}
    body:
      buffering:
        maxRequestBodyBytes: 1000
  services:
    shop:
      loadBalancer:
        servers: [{url: "http://app:8000"}]
"""
REDIRECT = "server {\n  listen 80;\n  client_max_body_size 5m;\n  return 301 https://$host$request_uri;\n}\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"nginx.conf": REDIRECT + "server { location / { proxy_pass http://app; } }\n"}, ["nginx.conf:3"]),
        # What hands on has one of its own: the other is only superfluous.
        ({"nginx.conf": REDIRECT + NGINX}, []),
        # Nothing is handed on at all.
        ({"nginx.conf": REDIRECT}, []),
        # At the level of http it holds for both.
        ({"nginx.conf": "http {\n  client_max_body_size 5m;\n  server { return 301 https://x; }\n"
          "  server { location / { proxy_pass http://app; } }\n}\n"}, []),
        ({"httpd.conf": "<VirtualHost *:80>\n  LimitRequestBody 1000\n  ProxyPass / http://app:8000/\n</VirtualHost>\n"},
         ["httpd.conf:2"]),
        ({"httpd.conf": "<VirtualHost *:80>\n  LimitRequestBody 1000\n  WSGIScriptAlias / /srv/w.py\n</VirtualHost>\n"},
         []),
        # One part of a site has it, the rest has none.
        ({"Caddyfile": "shop.example {\n\t@api path /api/*\n\trequest_body @api {\n\t\tmax_size 10MiB\n\t}\n"
          "\treverse_proxy app:8000\n}\n"}, ["Caddyfile:3"]),
        ({"Caddyfile": "shop.example {\n\trequest_body {\n\t\tmax_size 10MiB\n\t}\n\treverse_proxy app:8000\n}\n"}, []),
        ({"traefik/dynamic.yml": TRAEFIK.replace("[body]", "[other]")}, ["traefik/dynamic.yml:12"]),
        ({"traefik/dynamic.yml": TRAEFIK}, []),
    ],
)  # fmt: skip
def test_limits_without_effect(tmp_path: Path, files: dict[str, str], expected: list[str]) -> None:
    facts = facts_of(tmp_path, files)
    found = [fact for fact in facts.of("upload.unapplied") if isinstance(fact, UnappliedLimit)]
    assert [str(fact.location) for fact in found] == expected


@pytest.mark.parametrize(
    ("caddy", "expected"), [("10MB", ["Caddyfile:3"]), ("10m", ["Caddyfile:3"]), ("10MiB", []), ("9MB", [])]
)
def test_the_same_number_in_two_units(tmp_path: Path, caddy: str, expected: list[str]) -> None:
    site = f"shop.example {{\n\trequest_body {{\n\t\tmax_size {caddy}\n\t}}\n\treverse_proxy app:8000\n}}\n"
    facts = facts_of(tmp_path, {"nginx.conf": NGINX, "Caddyfile": site})
    found = [fact for fact in facts.of("upload.mixed-units") if isinstance(fact, MixedUnits)]
    assert [str(fact.location) for fact in found] == expected
    assert all(str(fact.other) == "nginx.conf:2" for fact in found)


def test_who_buffers(tmp_path: Path) -> None:
    nginx = "server {\n  location / { proxy_request_buffering off; proxy_pass http://app; }\n}\n"
    [found] = facts_of(tmp_path, {"nginx.conf": nginx}).of("request.buffering")
    assert isinstance(found, RequestBuffering) and not found.buffers and str(found.location) == "nginx.conf:2"


@pytest.mark.parametrize(
    ("template", "compose", "expected"),
    [
        ("${MAX_BODY}", "${MAX:-0}", [("compose.yaml:5", None)]),
        ("${MAX_BODY}", "20m", [("compose.yaml:5", 20 << 20)]),
        ("$MAX_BODY", "20m", [("compose.yaml:5", 20 << 20)]),
        ("${MAX_BODY:-0}", "", [("default.conf.template:2", None)]),
        ("${MAX_BODY}", "", []),
        ("${OTHER}", "20m", []),
        ("${MAX_BODY}", "no size", []),
        ("{{ max_body }}", "20m", []),
    ],
)
def test_sizes_that_the_environment_gives_nginx(
    tmp_path: Path, template: str, compose: str, expected: list[tuple[str, int | None]]
) -> None:
    files = {"default.conf.template": f"server {{\n  client_max_body_size {template};\n{PASS}}}\n"}
    if compose:
        files["compose.yaml"] = f"services:\n  nginx:\n    image: nginx\n    environment:\n      MAX_BODY: {compose}\n"
    facts = facts_of(tmp_path, files)
    found = [fact for fact in facts.of("upload.limit") if isinstance(fact, UploadLimit)]
    assert [(str(fact.location), fact.max_bytes) for fact in found] == expected
    assert bool(expected) or any("upload.limit" in gap.kinds for gap in facts.gaps)


def test_sizes_in_snippets_of_an_ingress(tmp_path: Path) -> None:
    ingress = (
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: shop\n  annotations:\n"
        "    nginx.ingress.kubernetes.io/proxy-body-size: 1m\n"
        "    nginx.ingress.kubernetes.io/server-snippet: |\n      client_max_body_size 0;\n"
        "    nginx.ingress.kubernetes.io/http-snippet: |\n      client_max_body_size 1x;\n{}"
        "spec:\n  ingressClassName: nginx\n  rules:\n  - host: shop.example\n    http:\n      paths:\n"
        "      - path: /\n        pathType: Prefix\n        backend: {service: {name: shop, port: {number: 80}}}\n"
    )
    location = "    nginx.ingress.kubernetes.io/configuration-snippet: |\n      client_max_body_size 2m;\n"
    for more, expected in (("", [(6, 1 << 20), (8, None)]), (location, [(8, None), (12, 2 << 20)])):
        facts = facts_of(tmp_path, {"k8s/i.yaml": ingress.replace("{}", more)})
        found = [fact for fact in facts.of("upload.limit") if isinstance(fact, UploadLimit)]
        assert sorted((fact.location.line or 0, fact.max_bytes) for fact in found) == expected
        assert [gap.location.line for gap in facts.gaps if "upload.limit" in gap.kinds] == [10]
