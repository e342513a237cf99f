"""Limits, layer by layer, in each layer's own units."""

import contextlib
import time
from pathlib import Path

import pytest

from hardencheck.collect.contract import Unreadable
from hardencheck.collect.extract.nginx import NginxFiles, directives
from hardencheck.collect.options import Options
from hardencheck.collect.resolve._nginx_values import parse_size
from hardencheck.collect.run import collect
from hardencheck.model.facts.uploads import BodyBound, UploadLimit
from hardencheck.model.gap import FactSet
from hardencheck.model.target import Target


def facts_of(root: Path, files: dict[str, str]) -> FactSet:
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return collect(Target(repository=str(root)), Options(jobs=0)).facts


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0", None), ("0m", None), ("1", 1), ("8k", 8192), ("8K", 8192), ("10m", 10485760), ("2G", 2147483648)],
)
def test_sizes_are_powers_of_1024(text: str, expected: int | None) -> None:
    assert parse_size(text) == expected


@pytest.mark.parametrize("text", ["", "$size", "10mb", "-1", "1.5m", "10 m", "9" * 30])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_size(text)


def limits(facts: FactSet) -> list[tuple[str, int | None]]:
    return [
        (str(fact.location), fact.max_bytes)
        for fact in facts.of("upload.limit")
        if isinstance(fact, UploadLimit) and fact.layer == "proxy"
    ]


PASS = "location / { proxy_pass http://app; }"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"http {{\nclient_max_body_size 5m;\nserver {{ {PASS} }} }}", [("nginx.conf:2", 5 << 20)]),
        (f"http {{\nclient_max_body_size 5m;\nserver {{\nclient_max_body_size 1m; {PASS} }} }}",
         [("nginx.conf:4", 1 << 20)]),
        ("server { location / {\nlocation /in { client_max_body_size 3m; proxy_pass http://a; } } }",
         [("nginx.conf:2", 3 << 20)]),
        ("server {\nlocation / { fastcgi_pass unix:/x; } }", [("nginx.conf:2", 1 << 20)]),
        # Two servers under one limit are one fact; comments, quotes and braces in texts do not confuse.
        (f"http {{\n# client_max_body_size 0; {{\nclient_max_body_size '2m';\nlog_format x '{{ }}';\n"
         f"server {{ {PASS} }}\nserver {{ {PASS} }} }}", [("nginx.conf:3", 2 << 20)]),
        ("server { return 301 https://x; }", []),
        ("server {\nlocation @app { if ($x) { proxy_pass http://a; } } }", [("nginx.conf:2", 1 << 20)]),
    ],
)  # fmt: skip
def test_nginx(tmp_path: Path, text: str, expected: list[tuple[str, int | None]]) -> None:
    assert limits(facts_of(tmp_path, {"nginx.conf": text})) == expected


def test_server_blocks_of_conf_d_get_what_the_main_file_says(tmp_path: Path) -> None:
    files = {
        "nginx/nginx.conf": "http {\nclient_max_body_size 0;\ninclude /etc/nginx/conf.d/*.conf;\n}\n",
        "nginx/conf.d/shop.conf": f"server {{\n{PASS}\n}}\n",
        "nginx/conf.d/api.conf": f"server {{\nclient_max_body_size 1m;\n{PASS}\n}}\n",
    }
    assert sorted(limits(facts_of(tmp_path, files))) == [
        ("nginx/conf.d/api.conf:2", 1 << 20),
        ("nginx/nginx.conf:2", None),
    ]


def test_an_include_that_includes_itself_ends(tmp_path: Path) -> None:
    files = {
        "a/nginx.conf": f"include b.conf;\nserver {{ {PASS} }}",
        "a/b.conf": f"include nginx.conf;\nserver {{ {PASS} }}",
    }
    facts = facts_of(tmp_path, files)
    assert limits(facts) == [] and [gap for gap in facts.gaps if "upload.limit" in gap.kinds]


@pytest.mark.parametrize(
    "text", ["server { a", "server {", "server { } }", "a b c", "server { 'x ", "a { " * 40 + "} " * 40]
)
def test_what_is_not_nginx_is_said_to_be_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        directives(text)


@pytest.mark.parametrize(
    ("path", "text", "wanted"),
    [
        ("httpd.conf", "<VirtualHost *:80>\nserver {\n", False),
        ("supervisord.conf", "[program:x]\nserver {\n", False),
        ("app.conf", "key = value\n", False),
        ("nginx.conf", "", False),
        ("nginx.conf", "server {\n}\n", True),
    ],
)
def test_the_name_proposes_and_the_content_decides(path: str, text: str, wanted: bool) -> None:
    extractor = NginxFiles()
    assert extractor.wants(path, 0o100644, len(text))
    assert bool(list(extractor.extract(path, 0o100644, text.encode()))) is wanted


def test_arguments_that_may_be_secret_are_not_kept() -> None:
    found = directives("server { proxy_set_header Authorization 'Basic abc'; auth_x token; }")
    assert "Basic" not in repr(found) and "token" not in repr(found)


def bound(facts: FactSet) -> list[tuple[str, bool, int | None]]:
    return [
        (fact.framework, fact.bounded, fact.max_bytes)
        for fact in facts.of("upload.bound")
        if isinstance(fact, BodyBound) and fact.content == "multipart-file"
    ]


FLASK = "from flask import Flask\napp = Flask(__name__)\n"
OPEN = f"server {{ client_max_body_size 0; {PASS} }}"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"app.py": FLASK, "nginx.conf": f"server {{ {PASS} }}"}, [("flask", True, 1 << 20)]),
        ({"app.py": FLASK + "app.config['MAX_CONTENT_LENGTH'] = 5\n", "nginx.conf": OPEN}, [("flask", True, 5)]),
        ({"app.py": FLASK + "app.config['MAX_CONTENT_LENGTH'] = 5\n", "nginx.conf": f"server {{ {PASS} }}"},
         [("flask", True, 5)]),
        ({"app.py": FLASK, "nginx.conf": OPEN}, [("flask", False, None)]),
        ({"app.py": FLASK + "app.config['MAX_CONTENT_LENGTH'] = size()\n", "nginx.conf": OPEN}, []),
        ({"app.py": FLASK}, []),
        ({"app.py": FLASK, "Caddyfile": "x {\n}\n"}, []),
        # The default of an old FastAPI and of a new one: none.
        ({"app.py": "from fastapi import FastAPI\napp = FastAPI()\n", "nginx.conf": OPEN}, [("fastapi", False, None)]),
        # Each way has its own: a loose location is seen beside a strict one.
        ({"app.py": FLASK,
          "nginx.conf": f"server {{ {PASS} location /up {{ client_max_body_size 0; proxy_pass http://a; }} }}"},
         [("flask", True, 1 << 20), ("flask", False, None)]),
        # What tests build is not the service.
        ({"tests/app.py": FLASK, "nginx.conf": OPEN}, []),
    ],
)  # fmt: skip
def test_the_chain(tmp_path: Path, files: dict[str, str], expected: list[tuple[str, bool, int | None]]) -> None:
    facts = facts_of(tmp_path, files)
    assert bound(facts) == expected
    if not expected and "tests/app.py" not in files:
        assert [gap for gap in facts.gaps if "upload.bound" in gap.kinds]


@pytest.mark.parametrize(
    "text",
    [
        b"\n" * 2_000_000,
        b" " * 2_000_000,
        b"server {" + b"{{" * 200_000,
        b"server {\n" + b"{% " * 100_000,
        b"server {\n" + b"${A:-" * 100_000,
        b"location " * 100_000,
        b"server {\n" + b"a {" * 100_000,
        b"server {\n}" + b"\0" * 100_000,
        b"server {\n location / {\n  client_max_body_size \xff\xfe;\n }\n}\n",
    ],
    ids=lambda text: repr(text[:16]),
)
def test_hostile_configurations_end(text: bytes) -> None:
    started = time.process_time()
    with contextlib.suppress(Unreadable):
        list(NginxFiles().extract("nginx.conf", 0o100644, text))
    assert time.process_time() - started < 5
