"""Routes that lead to something else than the application."""

import pytest

from tests.proxies.reading import routes_of

COMPOSE = """
services:
  auth:
    image: quay.io/keycloak/keycloak:24
  web:
    build: .
  site:
    build: ./site
  pages:
    image: nginx:1.27
"""
FILES = {
    "compose.yml": COMPOSE,
    "Dockerfile": "FROM python:3.12\nCMD gunicorn --bind 0.0.0.0:8000 shop.wsgi\n",
    "site/Dockerfile": "FROM node:22\nCMD npm start\n",
}


@pytest.mark.parametrize(
    ("target", "elsewhere"),
    [
        ("http://auth:8080", "keycloak"), ("http://web:8000", ""), ("http://site:3000", "site, which is built on node"),
        ("http://pages", ""), ("http://unknown:1", ""), ("http://minio:9000", "minio"), ("http://127.0.0.1:8000", ""),
        ("http://frontend:3000", "the front end frontend"), ("https://b.s3.amazonaws.com", "b.s3.amazonaws.com"),
        ("http://unix:/run/php-fpm.sock", "PHP"), ("http://app.internal.example.com", ""),
    ],
)  # fmt: skip
def test_upstreams(target: str, elsewhere: str) -> None:
    [route] = routes_of({**FILES, "nginx.conf": f"server {{ location / {{ proxy_pass {target}; }} }}"})
    assert (route.elsewhere, route.hands_on) == (elsewhere, not elsewhere)


def test_a_port_of_another_where_that_of_the_application_is_seen() -> None:
    other = "location /x { proxy_pass http://127.0.0.1:9999; }"
    both = f"server {{ {other} location / {{ proxy_pass http://127.0.0.1:8000; }} }}"
    found = routes_of({**FILES, "nginx.conf": both})
    assert {route.path: route.hands_on for route in found} == {"/": True, "/x": False}
    alone = routes_of({**FILES, "nginx.conf": f"server {{ {other} }}"})
    assert {route.path: route.hands_on for route in alone} == {"/": False, "/x": True}


def test_one_upstream_of_several_that_may_be_it_is_enough() -> None:
    text = "upstream a { server auth; server web:8000; } server { location / { proxy_pass http://a; } }"
    assert all(route.hands_on for route in routes_of({**FILES, "nginx.conf": text}))
