"""Configurations of proxies inside YAML, at their lines."""

import pytest

from tests.proxies.reading import facts_of, routes_of

CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: web
data:
  nginx.conf: |
    http {
      client_max_body_size 5m;
      server {
        location / {
          proxy_pass http://app:8000;
        }
      }
    }
  other.conf: |
    server {
      location /b { proxy_pass http://b:1; client_max_body_size 1m; }
    }
  SETTING: "1"
"""


def test_a_config_map() -> None:
    handing = [route for route in routes_of({"k8s/web.yaml": CONFIG_MAP}) if route.hands_on]
    found = {route.path: (route.body.max_bytes, str(route.body.where)) for route in handing}
    assert found == {"/": (5 << 20, "k8s/web.yaml:8"), "/b": (1 << 20, "k8s/web.yaml:17")}


@pytest.mark.parametrize(
    ("text", "product", "line"),
    [
        ("configs:\n  caddyfile:\n    content: |\n      :80 {\n        reverse_proxy web:1\n      }\n", "caddy", 5),
        ("services: {}\nconfigs:\n  nginx_conf:\n    content: |\n      server {\n"
         "        location / { proxy_pass http://a; }\n      }\n", "nginx", 6),
        ("kind: ConfigMap\ndata:\n  httpd.conf: |\n    ServerTokens Prod\n    ProxyPass / http://a:1/\n", "apache", 5),
    ],
)  # fmt: skip
def test_others(text: str, product: str, line: int) -> None:
    [route] = [route for route in routes_of({"compose.yaml": text}) if route.hands_on]
    assert (route.product, route.where.line) == (product, line)


def test_a_chart_with_placeholders() -> None:
    text = "{{- if .Values.proxy }}\n" + CONFIG_MAP.replace("5m", "{{ .Values.size }}") + "{{- end }}\n"
    bodies = {route.path: route.body for route in routes_of({"templates/web.yaml": text}) if route.hands_on}
    assert bodies["/"].doubt and bodies["/b"].max_bytes == 1 << 20


@pytest.mark.parametrize(
    "text",
    ["kind: ConfigMap\ndata: [nginx.conf]\n",
     "kind: ConfigMap\ndata:\n  app.conf: |\n    a = 1\n    b = 2\n",
     "kind: ConfigMap\ndata:\n  nginx.conf: x\n", "kind: ConfigMap\ndata:\n nginx.conf: |\n{{",
     "kind: ConfigMap # .conf\n"],
)  # fmt: skip
def test_what_is_none(text: str) -> None:
    facts = facts_of({"a.yaml": text})
    assert not [fact for fact in facts.facts if fact.kind() in {"nginx.file", "apache.file", "caddy.file"}]


def test_a_broken_one_is_said() -> None:
    facts = facts_of({"a.yaml": "kind: ConfigMap\ndata:\n  nginx.conf: |\n    server {\n      listen 80;\n"})
    assert [(gap.detail, gap.location.line) for gap in facts.gaps if "nginx.file" in gap.kinds]
