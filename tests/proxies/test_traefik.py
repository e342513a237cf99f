"""Traefik: files, labels, flags and custom resources come to the same routes."""

import pytest

from hardencheck.collect.resolve._routes import Route
from hardencheck.collect.resolve.proxies import ProxySettings
from hardencheck.model.facts.proxies import ProxySetting
from hardencheck.model.gap import Gap
from tests.proxies.reading import facts_of, routes_of, tree_of

STATIC = """
entryPoints:
  web:
    address: ":80"
  websecure:
    address: ":443"
    http:
      tls: {}
"""


def only(files: dict[str, str]) -> Route:
    [route] = [route for route in routes_of(files) if route.hands_on]
    return route


def dynamic(middlewares: str = "", *, attached: str = "[a]", more: str = "") -> dict[str, str]:
    return {
        "traefik/traefik.yml": STATIC,
        "traefik/dynamic.yml": f"""
http:
  routers:
    app:
      rule: "Host(`shop.example`) && PathPrefix(`/api`)"
      entryPoints: [websecure]
      middlewares: {attached}
      service: app
{more}
  middlewares:
{middlewares or "    none: {}"}
  services:
    app:
      loadBalancer:
        servers:
          - url: "http://web:8000"
""",
    }


def sent(route: Route) -> list[str]:
    return [f"{change.does} {change.name}: {'?' if change.doubt else change.value}" for change in route.headers]


def test_a_router_of_a_file() -> None:
    route = only(dynamic(attached="[]"))
    assert (route.hosts, route.path, route.upstreams, route.tls) == (
        ("shop.example",), "/api", ("http://web:8000",), True,
    )  # fmt: skip
    assert str(route.where) == "traefik/dynamic.yml:5"


HEADERS = """    a:
      headers:
        stsSeconds: 31536000
        stsIncludeSubdomains: true
        frameDeny: true
        contentTypeNosniff: true
        referrerPolicy: no-referrer
        customResponseHeaders:
          X-Powered-By: ""
          X-Token: abc
"""


def test_fields_count_only_where_they_are_attached() -> None:
    assert sent(only(dynamic(HEADERS))) == [
        "set strict-transport-security: max-age=31536000; includeSubDomains", "set x-frame-options: DENY",
        "set x-content-type-options: nosniff", "set referrer-policy: no-referrer", "remove x-powered-by: None",
        "set x-token: ?",
    ]  # fmt: skip
    assert sent(only(dynamic(HEADERS, attached="[b]"))) == []
    assert only(dynamic(HEADERS, attached="[b]")).header_doubts
    assert (
        len(sent(only(dynamic(HEADERS + "    c:\n      chain:\n        middlewares: [a]\n", attached="[c@file]")))) == 6
    )


def test_hsts_is_for_tls() -> None:
    plain = {name: text.replace("[websecure]", "[web]") for name, text in dynamic(HEADERS).items()}
    assert not any("strict" in one for one in sent(only(plain)))
    forced = {
        name: text.replace("frameDeny", "forceSTSHeader: true\n        frameDeny") for name, text in plain.items()
    }
    assert any("strict" in one for one in sent(only(forced)))


@pytest.mark.parametrize(
    ("text", "attached", "limit", "known"),
    [
        ("    a:\n      buffering:\n        maxRequestBodyBytes: 1000\n", "[a]", 1000, True),
        ("    a:\n      buffering:\n        maxRequestBodyBytes: 0\n", "[a]", None, True),
        ("    a:\n      buffering:\n        maxRequestBodyBytes: 1000\n", "[]", None, True),
        ("    a:\n      buffering:\n        maxRequestBodyBytes: '{{ env \"MAX\" }}'\n", "[a]", None, False),
        ("    a:\n      buffering:\n        maxRequestBodyBytes: 1000\n", "[other]", None, False),
    ],
)
def test_limits(text: str, attached: str, limit: int | None, known: bool) -> None:
    body = only(dynamic(text, attached=attached)).body
    assert (body.max_bytes, body.doubt is None) == (limit, known)


def test_labels_and_flags_of_compose() -> None:
    text = """
services:
  proxy:
    image: traefik:v2.11
    command:
      - --entrypoints.web.address=:80
      - --entrypoints.web.http.redirections.entrypoint.to=websecure
      - --entrypoints.websecure.address=:443
      - --entrypoints.websecure.http.tls.certresolver=le
      - --entrypoints.websecure.transport.respondingTimeouts.readTimeout=5s
  web:
    image: shop
    labels:
      - traefik.enable=true
      - "traefik.http.routers.web.rule=Host(`${DOMAIN:-shop.example}`)"
      - traefik.http.routers.web.entrypoints=websecure
      - traefik.http.routers.web.middlewares=limit,sec@docker
      - traefik.http.middlewares.limit.buffering.maxRequestBodyBytes=2000
      - traefik.http.middlewares.sec.headers.stsSeconds=3600
      - traefik.http.services.web.loadbalancer.server.port=8000
  db:
    image: postgres
"""
    found = routes_of({"compose.yml": text})
    assert [(route.redirects_to_https, route.where.line) for route in found if not route.hands_on] == [(True, 7)]
    route = next(route for route in found if route.hands_on)
    assert (route.hosts, route.upstreams, route.tls) == (("shop.example",), ("http://web:8000",), True)
    assert (route.body.max_bytes, str(route.body.where)) == (2000, "compose.yml:18")
    assert sent(route) == ["set strict-transport-security: max-age=3600"]
    times = {one.setting: (one.seconds, one.doubt) for one in route.timeouts}
    assert times["readTimeout"] == (5, None)


@pytest.mark.parametrize(("image", "seconds"), [("traefik:v3.1", 60.0), ("traefik:2.9", None)])
def test_the_version_says_how_long_a_body_may_take(image: str, seconds: float | None) -> None:
    text = f"""
services:
  proxy:
    image: {image}
    command: --entrypoints.web.address=:80
  web:
    labels:
      traefik.http.routers.web.rule: Host(`a`)
"""
    [time] = [one for one in only({"compose.yml": text}).timeouts if "read" in one.setting]
    assert (time.seconds, time.doubt) == (seconds, None)


def test_a_redirect_of_a_router() -> None:
    text = """
services:
  web:
    labels:
      traefik.http.routers.web.rule: Host(`a.example`)
      traefik.http.routers.web.entrypoints: web
      traefik.http.routers.web.middlewares: https
      traefik.http.middlewares.https.redirectscheme.scheme: https
      traefik.http.middlewares.https.redirectscheme.permanent: "true"
"""
    [route] = routes_of({"compose.yml": text, "traefik.yml": STATIC})
    assert route.redirects_to_https and route.answers == 301 and not route.hands_on


def test_custom_resources() -> None:
    text = """
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata:
  name: limit
spec:
  buffering:
    maxRequestBodyBytes: 5000
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata:
  name: shop
spec:
  entryPoints: [websecure]
  tls:
    secretName: x
  routes:
    - match: Host(`shop.example`)
      kind: Rule
      middlewares:
        - name: limit
      services:
        - name: web
          port: 8000
"""
    route = only({"k8s/route.yaml": text})
    assert (route.hosts, route.upstreams, route.tls, route.body.max_bytes) == (
        ("shop.example",), ("http://web:8000",), True, 5000,
    )  # fmt: skip


def test_toml_with_lines() -> None:
    text = """
[http.routers.app]
rule = "Host(`a.example`)"
middlewares = ["limit"]
service = "app"
[http.middlewares.limit.buffering]
maxRequestBodyBytes = 10
[[http.services.app.loadBalancer.servers]]
url = "http://web:1"
"""
    route = only({"traefik/dynamic.toml": text})
    assert (route.upstreams, route.body.max_bytes, str(route.body.where), route.where.line) == (
        ("http://web:1",), 10, "traefik/dynamic.toml:7", 3,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "text", "facts", "gaps"),
    [
        ("traefik.yml", "entryPoints: [", 0, 1),
        ("values.yaml", "traefik: [", 0, 0),
        ("chart/templates/x.yaml", "{{- if .Values.traefik }}\na: b\n  {{- toYaml .x | nindent 4 }}\n{{ end }}", 0, 0),
        ("traefik.toml", "a = [", 0, 1),
        ("traefik.toml", "[entryPoints\n", 0, 1),
        ("app.toml", "[tool.x]\nrouters = 1\n", 0, 0),
        ("compose.yml", "services:\n  web:\n    labels: [traefik.enable=false]\n", 1, 0),
    ],
)
def test_bad_input_and_other_files(path: str, text: str, facts: int, gaps: int) -> None:
    found = facts_of({path: text})
    assert len(found.of("traefik.configuration")) == facts
    assert len([gap for gap in found.gaps if "traefik.configuration" in gap.kinds]) == gaps


def test_a_ring_of_chains_ends() -> None:
    ring = "    a:\n      chain:\n        middlewares: [b]\n    b:\n      chain:\n        middlewares: [a]\n"
    assert only(dynamic(ring))


def test_what_may_be_secret_is_not_kept() -> None:
    text = """
services:
  web:
    labels:
      traefik.http.middlewares.auth.basicauth.users: "bob:hunter2"
      traefik.http.middlewares.h.headers.customrequestheaders.X-Key: hunter2
      traefik.http.routers.web.rule: Host(`a`)
"""
    assert "hunter2" not in repr(facts_of({"compose.yml": text}).of("traefik.configuration"))


def test_an_entry_point_that_sends_all_to_https_hands_nothing_on() -> None:
    base = """
services:
  web:
    labels:
      - traefik.http.routers.web.rule=Host(`a.example`)
      - traefik.http.routers.web.entrypoints=http
"""
    over = """
services:
  proxy:
    command:
      - --entrypoints.http.address=:80
      - --entrypoints.http.http.redirections.entrypoint.to=https
      - --entrypoints.https.address=:443
"""
    found = routes_of({"compose.yml": base, "compose.deploy.yml": over})
    assert [route.name for route in found if route.redirects_to_https] == ["entry point http", "router web"]
    assert not any(route.hands_on for route in found)


def test_an_ingress_that_traefik_serves() -> None:
    text = """
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata:
  name: limit
spec:
  buffering:
    maxRequestBodyBytes: 5000
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations:
    traefik.ingress.kubernetes.io/router.middlewares: default-limit@kubernetescrd
spec:
  tls:
    - hosts: [shop.example]
  rules:
    - host: shop.example
      http:
        paths:
          - path: /api
            backend:
              service:
                name: web
                port:
                  number: 8000
"""
    route = only({"k8s/ingress.yaml": text})
    assert (route.hosts, route.path, route.upstreams, route.tls, route.body.max_bytes) == (
        ("shop.example",), "/api", ("http://web:8000",), True, 5000,
    )  # fmt: skip
    unattached = text.replace("default-limit@kubernetescrd", "")
    assert only({"k8s/ingress.yaml": unattached}).body.max_bytes is None


ENTRIES = """entryPoints:
  web:
    address: ":80"
  websecure:
    address: ":443"
providers: {file: {filename: dynamic.yml}}
"""
SECURE = "{rule: Host(`a.example`), entryPoints: [websecure], service: s, tls: {}}"


def redirects(entries: str, *routers: str, more: str = "") -> list[tuple[str, str]]:
    """(line, "open", "sent on" or "not known") of plain http."""
    named = "".join(f"    r{number}: {router}\n" for number, router in enumerate(routers))
    dynamic = f"http:\n  routers:\n{named}{more}" if routers else "# nothing\n"
    files = {"traefik/traefik.yml": entries, "traefik/dynamic.yml": dynamic}
    found = list(ProxySettings().resolve(facts_of(files), tree_of(files)))
    said = [one for one in found if isinstance(one, ProxySetting) and one.matter == "redirect"]
    gaps = [one for one in found if isinstance(one, Gap) and one.about.get("matter") == "redirect"]
    return [
        *((str(one.location), "open" if one.weak else "sent on") for one in said),
        *((str(one.location), "not known") for one in gaps),
    ]


TO_HTTPS = "  middlewares:\n    s: {redirectScheme: {scheme: https}}\n"


@pytest.mark.parametrize(
    ("entries", "routers", "more", "expected"),
    [
        (ENTRIES, [SECURE], "", [("traefik/traefik.yml:3", "open")]),
        (ENTRIES.replace('":80"', '"0.0.0.0:80/tcp"'), [SECURE], "", [("traefik/traefik.yml:3", "open")]),
        (ENTRIES.replace('":80"', '":8080"'), [SECURE], "", [("traefik/traefik.yml:3", "open")]),
        (ENTRIES.replace("  web:", "  metrics:").replace('":80"', '":8080"'), [SECURE], "", []),
        (ENTRIES.replace('":443"', '":8443"'), [SECURE], "", [("traefik/traefik.yml:3", "open")]),
        (ENTRIES.replace('  websecure:\n    address: ":443"\n', ""), [SECURE.replace(", tls: {}", "")], "", []),
        (
            ENTRIES.replace(":80\"\n", ":80\"\n    http: {redirections: {entryPoint: {to: websecure}}}\n"),
            [SECURE], "", [("traefik/traefik.yml:3", "sent on")],
        ),
        (
            ENTRIES.replace(":80\"\n", ":80\"\n    http: {redirections: {entryPoint: {to: other, scheme: http}}}\n"),
            [SECURE], "", [("traefik/traefik.yml:3", "open")],
        ),
        (
            ENTRIES, [SECURE, "{rule: PathPrefix(`/`), entryPoints: [web], service: s, middlewares: [s]}"], TO_HTTPS,
            [("traefik/traefik.yml:3", "sent on")],
        ),
        (
            ENTRIES, [SECURE, "{rule: PathPrefix(`/`), entryPoints: [web], service: s, middlewares: [s@docker]}"], "",
            [("traefik/dynamic.yml:4", "not known")],
        ),
        (ENTRIES, [], "", [("traefik/traefik.yml:3", "not known")]),
        (
            ENTRIES + "certificatesResolvers: {le: {acme: {httpChallenge: {entryPoint: web}}}}\n", [SECURE], "", [],
        ),
    ],
)  # fmt: skip
def test_an_entry_point_for_http(entries: str, routers: list[str], more: str, expected: list[tuple[str, str]]) -> None:
    assert redirects(entries, *routers, more=more) == expected


@pytest.mark.parametrize(
    ("given", "taken", "expected"),
    [
        ("contentSecurityPolicy: x", "Content-Security-Policy", ["traefik/dynamic.yml:13"]),
        ("frameDeny: true", "X-Frame-Options", ["traefik/dynamic.yml:13"]),
        ("stsSeconds: 31536000", "Strict-Transport-Security", ["traefik/dynamic.yml:13"]),
        ("frameDeny: true", "X-Powered-By", []), ("frameDeny: false", "X-Frame-Options", []),
        ("referrerPolicy: same-origin", "X-Frame-Options", []),
    ],
)  # fmt: skip
def test_a_field_that_is_set_and_taken_away(given: str, taken: str, expected: list[str]) -> None:
    text = f"""http:
  routers:
    r:
      rule: Host(`a.example`)
      service: s
      middlewares: [m]
      tls: {{}}
  middlewares:
    m:
      headers:
        {given}
        customResponseHeaders:
          {taken}: ""
"""
    files = {"traefik/dynamic.yml": text}
    found = ProxySettings().resolve(facts_of(files), tree_of(files))
    assert [str(one.location) for one in found if isinstance(one, ProxySetting) and one.matter == "removed"] == expected
