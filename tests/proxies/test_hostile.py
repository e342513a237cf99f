"""What is made to grow without end, or to be asked again and again: a reason in no time, and in little memory."""

import time
from collections.abc import Iterator

import pytest

from hardencheck.collect.contract import Extractor, Unreadable
from hardencheck.collect.extract._templates import plain
from hardencheck.collect.extract._yaml import documents
from hardencheck.collect.extract.ingress import IngressFiles
from hardencheck.collect.extract.nginx import NginxFiles
from hardencheck.collect.extract.traefik import TraefikFiles
from tests.proxies.reading import facts_of, routes_of

BOMB = "x: &a0 {k: v, l: w}\n" + "".join(f"x{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))


@pytest.fixture(autouse=True)
def in_no_time() -> Iterator[None]:
    start = time.process_time()
    yield
    assert time.process_time() - start < 8


@pytest.mark.parametrize(
    ("reader", "path", "text"),
    [(TraefikFiles(), "traefik.yml", "entryPoints: {}\n"), (IngressFiles(), "values.yaml", "controller:\n  hsts: x\n")],
)
def test_aliases_of_aliases_are_counted_as_often_as_they_are_read(reader: Extractor, path: str, text: str) -> None:
    with pytest.raises(Unreadable, match="more than 200000 values"):
        list(reader.extract(path, 0o100644, (text + BOMB).encode()))


def test_what_is_merged_counts_too() -> None:
    bomb = "a0: &a0 {k: [1, 2]}\n" + "".join(
        f"a{n}: &a{n} {{b: {{<<: *a{n - 1}}}, c: {{<<: *a{n - 1}}}}}\n" for n in range(1, 30)
    )
    with pytest.raises(Unreadable, match="more than 200000 values"):
        documents(bomb.encode())


def test_many_aliases_of_little_are_read() -> None:
    text = "a: &a {k: v}\nb: [" + ", ".join(["*a"] * 1500) + "]\n"
    assert len(documents(text.encode())) == 1


def test_conditions_are_looked_up_without_asking_all_of_them() -> None:
    text = "server {\n" + "{% if a %}\nlisten 80;\n{% endif %}\n" * 20_000 + "}\n"
    [fact] = NginxFiles().extract("nginx.conf", 0o100644, text.encode())
    assert all(one.conditional for one in fact.directives[0].block)  # type: ignore[union-attr]


def test_a_line_is_conditional_between_the_marks_alone() -> None:
    read = plain("a\n{% if x %}\nb\n{% if y %}\nc\n{% endif %}\nd\n{% endif %}\ne\n{% for z %}\nf\n{% endfor %}\ng\n")
    lines = read.text.split("\n")
    said = {lines[number - 1]: read.conditional(number) for number in range(1, len(lines) + 1)}
    assert {name for name in "abcdefg" if said[name]} == {"b", "c", "d", "f"}


@pytest.mark.parametrize("number", ["9" * 5000, "0x" + "f" * 5000])
def test_numbers_of_toml_without_end(number: str) -> None:
    with pytest.raises(Unreadable):
        list(TraefikFiles().extract("traefik.toml", 0o100644, f"[entryPoints]\nx = {number}\n".encode()))


def test_too_many_settings_are_said() -> None:
    names = "".join(f"    r{n}: {{rule: a, service: b}}\n" for n in range(3000))
    found = facts_of({"traefik.yml": f"http:\n  routers:\n{names}"})
    [gap] = [gap for gap in found.gaps if "traefik.configuration" in gap.kinds]
    assert (gap.reason.value, gap.location.line) == ("budget", 2503)


SNIPPETS = "".join(f"(s{n}) {{\n import s{n + 1} {{args[:]}} {{args[:]}}\n}}\n" for n in range(15))


@pytest.mark.parametrize(
    "files",
    [
        {"a.conf": "Define A " + "x" * 50 + "\n" + "Define A ${A}${A}\n" * 40 + "ProxyPass / http://${A}/\n"},
        {"a.conf": "<Macro M $a $b $c>\nProxyPass / http://" + "$a" * 2000 + "\n</Macro>\nUse M " + "$b" * 2500 + " "
         + "$c" * 2500 + " " + "xy" * 2000 + "\n"},
        {"nginx.conf": "server { set $x abcdef; " + "set $x $x$x; " * 40 + "location / { proxy_pass http://$x; } }"},
        {"Caddyfile": SNIPPETS + ":80 {\n import s0 " + "a " * 1000 + "\n reverse_proxy a:1\n}\n"},
    ],
    ids=["apache-define", "apache-macro", "nginx-set", "caddy-arguments"],
)  # fmt: skip
def test_values_that_double_are_not_known(files: dict[str, str]) -> None:
    assert len(routes_of(files)) == 1
    assert all(len(route.upstream) < 5000 for route in routes_of(files))


def test_imports_that_double_are_said_not_to_be_read() -> None:
    text = "".join(f"(s{n}) {{\n import s{n + 1}\n import s{n + 1}\n}}\n" for n in range(18))
    text += "(s18) {\n log\n}\n"
    [route] = routes_of({"Caddyfile": text + ":80 {\n import s0\n reverse_proxy a:1\n}\n"})
    assert route.body.doubt is not None
    assert route.body.doubt.reason.value == "budget"


@pytest.mark.parametrize(
    "files",
    [
        {"nginx.conf": "".join(f"server {{ location /a {{ proxy_pass http://a{n}; }} }}\n" for n in range(300))},
        {"Caddyfile": ":80 {\n" + "".join(f"reverse_proxy /a{n} c:1\n" for n in range(501)) + "}\n"},
        {"a.conf": "".join(f"ProxyPass /a{n} http://a/\n" for n in range(501))},
        {"traefik.yml": "http:\n  routers:\n" + "".join(f"    r{n}: {{rule: a, service: b}}\n" for n in range(501))},
        {"i.yaml": "kind: Ingress\nspec:\n  ingressClassName: nginx\n  rules:\n    - http:\n        paths:\n"
         + "          - path: /\n" * 501},
    ],
    ids=["nginx", "caddy", "apache", "traefik", "ingress"],
)  # fmt: skip
def test_places_that_are_too_many_are_one_that_is_not_known(files: dict[str, str]) -> None:
    found = routes_of(files)
    assert len(found) == 501
    [rest] = [route for route in found if route.name == "all other places"]
    assert rest.hands_on
    assert rest.body.doubt is not None
    assert rest.body.doubt.reason.value == "budget"


def test_chains_of_middlewares_that_double_are_not_known() -> None:
    chains = "".join(f"    c{n}: {{chain: {{middlewares: [c{n + 1}, c{n + 1}]}}}}\n" for n in range(30))
    text = "http:\n  routers:\n    a: {rule: x, service: s, middlewares: [c0]}\n  middlewares:\n" + chains
    [route] = routes_of({"traefik.yml": text})
    assert "budget" in {doubt.reason.value for doubt in route.doubts}
