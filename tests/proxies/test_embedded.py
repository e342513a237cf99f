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


def test_the_build_of_an_image_and_a_compose_file_write_parts() -> None:
    """A part is what an include means by what it is called on the machine."""
    site = "http {\n  include /etc/nginx/conf.d/*.conf;\n  server { location / { proxy_pass http://app:8000; } }\n}\n"
    build = 'FROM nginx\nCOPY nginx.conf /etc/nginx/\nRUN echo "client_max_body_size 0;" > /etc/nginx/conf.d/up.conf\n'
    document = "FROM nginx\nCOPY <<EOF /etc/nginx/conf.d/up.conf\n# more\nclient_max_body_size 5m;\nEOF\n"
    compose = (
        "services:\n  proxy:\n    image: nginx\n    configs:\n      - source: upload\n"
        "        target: /etc/nginx/conf.d/up.conf\nconfigs:\n  upload:\n    content: |\n      # more\n"
        "      client_max_body_size 5m;\n"
    )
    for path, text, line, size in (
        ("Dockerfile", build, 3, None), ("Dockerfile", document, 4, 5 << 20), ("compose.yaml", compose, 11, 5 << 20)
    ):  # fmt: skip
        [route] = [one for one in routes_of({"nginx.conf": site, path: text}) if one.hands_on]
        assert (route.body.max_bytes, str(route.body.where)) == (size, f"{path}:{line}")


@pytest.mark.parametrize(
    "text",
    ["FROM nginx\nRUN echo 'nginx.conf", 'FROM a\nRUN echo "" > nginx.conf\n', "FROM a\nCOPY <<EOF nginx.conf\n",
     "RUN echo 'x' > /etc/nginx/nginx.conf\n", 'FROM a\nRUN echo "server {" > /etc/nginx/nginx.conf\n'],
)  # fmt: skip
def test_odd_builds_are_no_crash(text: str) -> None:
    facts_of({"Dockerfile": text})
