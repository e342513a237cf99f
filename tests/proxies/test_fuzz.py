"""Whatever a configuration says, reading it ends with routes, settings or a reason."""

import contextlib
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hardencheck.collect.contract import Unreadable
from hardencheck.collect.extract._templates import plain
from hardencheck.collect.extract.nginx import directives
from hardencheck.collect.resolve.proxies import ProxySettings
from tests.proxies.reading import facts_of, routes_of, tree_of

ANYTHING = [
    "", " ", "\n", ";", "{", "}", "$x", "${X}", "{{ x }}", "{% if x %}", "{% else %}", "{% endif %}", "<% end %>",
    '"', "'", "\\", "#", "é", "\x00", "0", "9" * 400, "-1", "10m", "/", "*", "~", "@a", "(", ")",
]  # fmt: skip
NGINX = [
    "server {", "location / {", "location @a {", "if ($x) {", "map $a $b {", "upstream a {", "http {", "add_header",
    "proxy_pass http://a;", "include x.conf;", "include nginx.conf;", "client_max_body_size", "try_files $uri @a;",
    "set $x $x$x;", "set $x", "return 301 https://a;", "listen 80;", "ssl_protocols", "alias", "expires",
    "more_set_headers", "proxy_set_header", "error_page 404 = @a;", "stub_status;", "server_tokens",
]  # fmt: skip
APACHE = [
    "<VirtualHost *:80>\n", "</VirtualHost>\n", "<Location /a>\n", "</Location>\n", "<If x>\n", "</If>\n", "Header",
    "<Macro A $b>\n", "</Macro>\n", "Use A $b\n", "Use A A\n", "Include apache.conf\n", "ProxyPass", "RewriteRule",
    "RewriteCond", "Redirect", "Define A ${A}${A}\n", "always", "set", "unset", "LimitRequestBody", "SSLProtocol",
    "SSLEngine on\n", "DocumentRoot", "<Directory /a>\n", "</Directory>\n", "WSGIScriptAlias", "Options",
]  # fmt: skip
CADDY = [
    ":80 {\n", "a.example {\n", "}\n", "{\n", "header", "request_body {\n", "max_size", "reverse_proxy", "import",
    "import a\n", "(a) {\n", "handle /a* {\n", "@m path /a\n", "@m", "file_server", "redir", "respond", "{args[0]}",
    "{args[:]}", "{$X:1}", "{$X}", "route {\n", "tls {\n", "admin", "import Caddyfile\n", "log {\n",
]  # fmt: skip
YAML = [
    "services:\n", "  web:\n", "    labels:\n", "      - traefik.http.routers.a.rule=Host(`a`)\n", "http:\n",
    "  routers:\n", "    a:\n", "      rule: x\n", "      middlewares: [a, b]\n", "  middlewares:\n",
    "      chain: {middlewares: [a]}\n", "      headers: {stsSeconds: 1}\n", "entryPoints:\n", "  web: {}\n",
    "kind: Ingress\n", "metadata:\n", "  annotations:\n", "    nginx.ingress.kubernetes.io/proxy-body-size: 1m\n",
    "    nginx.ingress.kubernetes.io/server-snippet: 'a {'\n", "spec:\n", "  rules:\n", "    - host: a\n", "---\n",
    "kind: ConfigMap\n", "data: {hsts: x}\n", "&a [*a]\n", "tls: {options: {a: {minVersion: VersionTLS10}}}\n",
]  # fmt: skip


MARKS = ["{{- if", "}}", "{%", "%}", "{#", "#}", "<%", "include 'a'", "end"]


def text_of(words: list[str]) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(words * 2 + ANYTHING), max_size=40).map(" ".join)


@pytest.mark.parametrize(
    ("path", "words"),
    [("nginx.conf", NGINX), ("apache.conf", APACHE), ("Caddyfile", CADDY), ("traefik.yml", YAML), ("compose.yml", YAML),
     ("ingress.yaml", YAML)],
)  # fmt: skip
def test_reading_ends(path: str, words: list[str]) -> None:
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(text_of(words))
    def read(text: str) -> None:
        files = {path: text}
        facts = facts_of(files)
        assert not [gap for gap in facts.gaps if gap.reason.value == "crashed"]
        routes_of(files)
        list(ProxySettings().resolve(facts, tree_of(files)))

    read()


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from([*ANYTHING, "{{- if", "}}", "{%", "%}", "{#", "#}", "<%", "include 'a'", "end"]), max_size=40
    )
)
def test_what_is_left_of_a_template_has_its_lines(words: list[str]) -> None:
    text = " ".join(words)
    for branches in (True, False):
        read = plain(text, alone=";", branches=branches)
        assert read.text.count("\n") == text.count("\n")


@settings(max_examples=200, deadline=None)
@given(text_of(NGINX))
def test_nginx_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(Unreadable):
        directives(text)


def test_much_is_read_in_no_time() -> None:
    start = time.process_time()
    routes_of(
        {"nginx.conf": "map $a $b { default 1; }\n" * 500 + "server { location / { proxy_pass http://a; } }\n" * 500}
    )
    routes_of({"apache.conf": "<Location /a>\nHeader set A b\n</Location>\nProxyPass /a http://b/\n" * 500})
    routes_of({"Caddyfile": ":80 {\n" + "header /a* A b\nreverse_proxy /b* c:1\n" * 300 + "}\n"})
    labels = "".join(f"      - traefik.http.routers.r{n}.middlewares=m{n}\n" for n in range(500))
    routes_of({"compose.yml": f"services:\n  web:\n    labels:\n{labels}"})
    for text in ("{{" * 50_000, "{%" * 50_000, "<%" * 50_000, "${A" * 50_000, "{{ if x }}\n" * 20_000):
        plain(text, alone=";")
    assert time.process_time() - start < 60
