"""ingress-nginx: annotations, the ConfigMap of the controller, charts."""

import pytest

from hardencheck.collect.resolve._routes import Route
from hardencheck.collect.resolve.proxies import ProxySettings
from hardencheck.model.facts.proxies import ProxySetting
from hardencheck.model.gap import Gap
from tests.proxies.reading import facts_of, routes_of, tree_of

CONFIG = """
apiVersion: v1
kind: ConfigMap
metadata:
  name: ingress-nginx-controller
data:
  proxy-body-size: 2m
  hsts-max-age: "600"
"""


def ingress(annotations: str = "", tls: str = "  tls:\n    - hosts: [shop.example]\n") -> str:
    return f"""
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations:
{annotations or "    a: b"}
spec:
  ingressClassName: nginx
{tls}  rules:
    - host: shop.example
      http:
        paths:
          - path: /api
            pathType: Prefix
            backend:
              service:
                name: web
                port:
                  number: 8000
"""


def only(annotations: str = "", config: str = CONFIG, **more: str) -> Route:
    [route] = routes_of({"k8s/ingress.yaml": ingress(annotations, **more), "k8s/config.yaml": config})
    return route


def sent(route: Route) -> list[str]:
    return [
        f"{change.name}: {'?' if change.doubt else change.value}"
        for change in route.headers
        if change.does in {"set", "add"}
    ]


def test_a_path_of_an_ingress() -> None:
    route = only()
    assert (route.hosts, route.path, route.upstreams, route.tls, route.redirects_to_https) == (
        ("shop.example",), "/api", ("http://web:8000",), True, True,
    )  # fmt: skip
    assert (route.body.max_bytes, str(route.body.where)) == (2 << 20, "k8s/config.yaml:7")
    assert sent(route) == ["strict-transport-security: max-age=600; includeSubDomains"]


@pytest.mark.parametrize(
    ("annotation", "limit", "known"),
    [("proxy-body-size: 8m", 8 << 20, True), ('proxy-body-size: "0"', None, True),
     ("proxy-body-size: '{{ .Values.size }}'", None, False), ("proxy-body-size: 8mb", None, False)],
)  # fmt: skip
def test_limits(annotation: str, limit: int | None, known: bool) -> None:
    body = only(f"    nginx.ingress.kubernetes.io/{annotation}").body
    assert (body.max_bytes, body.doubt is None, body.where.line) == (limit, known, 7)


def test_a_default_may_be_another_where_the_config_map_is_not_here() -> None:
    [route] = routes_of({"ingress.yaml": ingress()})
    assert route.body.doubt and sent(route) == ["strict-transport-security: ?"]


def test_snippets_are_nginx_with_lines() -> None:
    text = """    nginx.ingress.kubernetes.io/configuration-snippet: |
      more_set_headers "X-Frame-Options: DENY";
      proxy_set_header X-Forwarded-Proto https;
    nginx.ingress.kubernetes.io/server-snippet: |
      add_header Vary a always;
"""
    route = only(text)
    found = {
        change.name: (change.value, change.where.line) for change in route.headers if change.does in {"set", "add"}
    }
    assert found["x-frame-options"] == ("DENY", 8) and found["vary"] == ("a", 11)
    assert {name: value for name, value, _ in route.request}["x-forwarded-proto"] == "https"
    assert only("    nginx.ingress.kubernetes.io/server-snippet: |\n      if (\n").header_doubts


def test_a_limit_in_a_snippet() -> None:
    text = "    nginx.ingress.kubernetes.io/configuration-snippet: |\n      client_max_body_size 0;\n"
    body = only(text).body
    assert (body.max_bytes, body.written, body.where.line) == (None, "0", 8)


def test_cors_is_open_by_default() -> None:
    assert "access-control-allow-credentials: true" in sent(only('    nginx.ingress.kubernetes.io/enable-cors: "true"'))


@pytest.mark.parametrize(
    ("annotation", "tls", "redirects"),
    [('ssl-redirect: "false"', "  tls: [{hosts: [a]}]\n", False), ('force-ssl-redirect: "true"', "", True),
     ("use-regex: 'true'", "", False)],
)  # fmt: skip
def test_redirects(annotation: str, tls: str, redirects: bool) -> None:
    assert only(f"    nginx.ingress.kubernetes.io/{annotation}", tls=tls).redirects_to_https is redirects


def test_forwarded_fields_of_clients() -> None:
    trusting = only(config=CONFIG + '  use-forwarded-headers: "true"\n')
    assert "x-forwarded-proto" in {name for name, _, _ in only().request}
    assert "x-forwarded-proto" not in {name for name, _, _ in trusting.request}


def test_a_chart() -> None:
    values = 'ingress:\n  enabled: true\n  annotations:\n    nginx.ingress.kubernetes.io/proxy-body-size: "0"\n'
    [route] = routes_of({"chart/values.yaml": values})
    assert (route.body.max_bytes, route.body.written, route.body.where.line) == (None, "0", 4)
    template = "{{- if .Values.ingress }}\n" + ingress("    {{- toYaml .Values.a | nindent 4 }}") + "{{- end }}\n"
    assert routes_of({"chart/templates/ingress.yaml": template})


@pytest.mark.parametrize(
    ("text", "facts", "gaps"),
    [
        ("kind: Ingress\nmetadata: {annotations: {nginx.ingress.kubernetes.io/x: [", 0, 1),
        ("{{ if }}\n - a: {{ x }}\nnginx.ingress.kubernetes.io/x: [", 0, 0),
        ("kind: Ingress\nspec: {ingressClassName: alb, rules: [5]}\n", 0, 0),
        ("kind: Ingress\nspec: 5\nmetadata: [nginx.ingress.kubernetes.io/]\n", 0, 0),
    ],
)
def test_bad_input_and_others(text: str, facts: int, gaps: int) -> None:
    found = facts_of({"ingress.yaml": text})
    assert len(found.of("ingress.configuration")) == facts
    assert len([gap for gap in found.gaps if "ingress.configuration" in gap.kinds]) == gaps


def test_what_may_be_secret_is_not_kept() -> None:
    text = "    nginx.ingress.kubernetes.io/auth-secret-x: hunter2\n    other: hunter2"
    found = facts_of({"ingress.yaml": ingress(text)})
    assert found.of("ingress.configuration") and "hunter2" not in repr(found.of("ingress.configuration"))


def test_what_the_configmap_alone_says_has_no_effect_as_an_annotation() -> None:
    note = "nginx.ingress.kubernetes.io/"
    text = (
        f"kind: Ingress\nmetadata:\n  name: a\n  annotations:\n    {note}hsts: 'false'\n"
        f"    {note}server-tokens: 'true'\n"
        f"    {note}client-body-timeout: '7200'\n    {note}proxy-read-timeout: '7200'\n"
        "spec:\n  ingressClassName: nginx\n  tls: [{hosts: [a]}]\n"
        "  rules:\n    - http: {paths: [{path: /, backend: {service: {name: b, port: {number: 1}}}}]}\n"
    )
    files = {"a.yaml": text, "b.yaml": CONFIG}
    [route] = routes_of(files)
    assert [one.does for one in route.headers if one.name == "strict-transport-security"] == ["set"]
    assert [one.setting for one in route.timeouts if not one.default] == ["proxy-read-timeout"]
    assert not [fact for fact in ProxySettings().resolve(facts_of(files), tree_of(files)) if "tokens" in str(fact)]


PLAIN = """kind: Ingress
metadata:
  name: shop
  annotations:
    a/b: c
spec:
  ingressClassName: nginx
  rules:
    - host: shop.example.org
      http: {paths: [{path: /, backend: {service: {name: shop, port: {number: 80}}}}]}
"""


def plain(*texts: str) -> list[tuple[str, bool]]:
    """The lines of what has no TLS, True, or may have some, False."""
    files = {f"k8s/{number}.yaml": text for number, text in enumerate(texts)}
    found = list(ProxySettings().resolve(facts_of(files), tree_of(files)))
    weak = [str(one.location) for one in found if isinstance(one, ProxySetting) and one.matter == "plain" and one.weak]
    gaps = [str(one.location) for one in found if isinstance(one, Gap) and one.about.get("matter") == "plain"]
    return [*((one, True) for one in weak), *((one, False) for one in gaps)]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a/b: c", "a/b: c", [("k8s/0.yaml:1", True)]),
        ("ingressClassName: nginx", "ingressClassName: gce", [("k8s/0.yaml:1", True)]),
        ("  ingressClassName: nginx\n", "", [("k8s/0.yaml:1", True)]),
        ("a/b: c", "cert-manager.io/cluster-issuer: le", [("k8s/0.yaml:1", True)]),
        ("a/b: c", 'kubernetes.io/tls-acme: "true"', [("k8s/0.yaml:1", True)]),
        ("a/b: c", 'nginx.ingress.kubernetes.io/ssl-redirect: "true"', [("k8s/0.yaml:1", True)]),
        ("a/b: c", 'nginx.ingress.kubernetes.io/force-ssl-redirect: "true"', []),
        ("a/b: c", "nginx.ingress.kubernetes.io/backend-protocol: HTTPS", [("k8s/0.yaml:1", True)]),
        ("a/b: c", "alb.ingress.kubernetes.io/certificate-arn: arn", [("k8s/0.yaml:5", False)]),
        ("a/b: c", "networking.gke.io/managed-certificates: shop", [("k8s/0.yaml:5", False)]),
        ("a/b: c", "ingress.gcp.kubernetes.io/pre-shared-cert: shop", [("k8s/0.yaml:5", False)]),
        ("a/b: c", "traefik.ingress.kubernetes.io/router.entrypoints: websecure", [("k8s/0.yaml:5", False)]),
        ("a/b: c", "traefik.ingress.kubernetes.io/router.entrypoints: web", [("k8s/0.yaml:1", True)]),
        ("a/b: c", "alb.ingress.kubernetes.io/listen-ports: '[{\"HTTPS\": 443}]'", [("k8s/0.yaml:5", False)]),
        ("a/b: c", "alb.ingress.kubernetes.io/listen-ports: '[{\"HTTP\": 80}]'", [("k8s/0.yaml:1", True)]),
        ("a/b: c", "alb.ingress.kubernetes.io/backend-protocol: HTTPS", [("k8s/0.yaml:1", True)]),
        ("a/b: c", "{{- toYaml .Values.annotations | nindent 4 }}", [("k8s/0.yaml:5", False)]),
        ("spec:\n", "spec:\n  tls: {{ .Values.tls }}\n", [("k8s/0.yaml:7", False)]),
        ("spec:\n", "spec:\n  tls:\n    - hosts: [shop.example.org]\n", []),
        ("spec:\n", "spec:\n  tls: []\n", [("k8s/0.yaml:1", True)]),
        ("shop.example.org", "shop.local", []),
        ("shop.example.org", "{{ .Values.host }}", [("k8s/0.yaml:1", False)]),
        ("ingressClassName: nginx", "ingressClassName: tailscale", []),
    ],
)
def test_tls_of_an_ingress(old: str, new: str, expected: list[tuple[str, bool]]) -> None:
    assert plain(PLAIN.replace(old, new)) == expected


def test_an_overlay_has_the_certificate() -> None:
    overlay = "kind: Ingress\nmetadata: {name: shop}\nspec:\n  tls:\n    - hosts: [shop.example.org]\n"
    assert plain(PLAIN, overlay) == []
    assert plain(PLAIN, overlay.replace("name: shop", "name: other")) == [("k8s/0.yaml:1", True)]


def test_something_in_front_of_the_controller() -> None:
    config = 'kind: ConfigMap\nmetadata: {name: ingress-nginx}\ndata:\n  use-forwarded-headers: "true"\n'
    assert plain(PLAIN, config) == [("k8s/0.yaml:1", False)]
