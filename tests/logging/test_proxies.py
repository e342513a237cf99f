"""Which logs nginx keeps, and what is in them."""

import subprocess
from pathlib import Path

from hardencheck.collect.options import Options
from hardencheck.collect.run import collect
from hardencheck.model.facts.logging import ProxyLog
from hardencheck.model.gap import FactSet
from hardencheck.model.target import Target


def facts(root: Path, files: dict[str, str]) -> FactSet:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    subprocess.run(["git", "-C", str(root), "add", "-A"], check=True)
    return collect(Target(repository=str(root)), Options(jobs=0)).facts


def logs(found: FactSet) -> list[tuple[str, str, str, bool, tuple[str, ...]]]:
    return sorted(
        (str(fact.location), fact.directive, fact.place, fact.off, fact.leaks)
        for fact in found.facts
        if isinstance(fact, ProxyLog)
    )


MAIN = """\
error_log off;
http {
    log_format leaky '$remote_addr $http_cookie ${request_body}';
    log_format unused '$http_authorization';
    access_log off;
    server {
        server_name a.example b.example;
        access_log /var/log/a.log leaky;
        location / { proxy_pass http://app; }
        location /static/ { access_log off; }
    }
    server {
        location / { proxy_pass http://app; }
    }
    server {
        listen 80;
        return 301 https://a.example$request_uri;
    }
    server {
        access_log /var/log/b.log;
        location / { access_log off; proxy_pass http://app; error_log /dev/null; }
    }
}
"""


def test_what_is_in_force(tmp_path: Path) -> None:
    assert logs(facts(tmp_path, {"nginx.conf": MAIN})) == [
        ("nginx.conf:1", "error_log", "the whole", True, ()),
        ("nginx.conf:21", "access_log", "the server", True, ()),
        ("nginx.conf:21", "error_log", "a block", True, ()),
        ("nginx.conf:3", "log_format", "leaky", False, ("cookies", "request body")),
        ("nginx.conf:5", "access_log", "the server", True, ()),
        ("nginx.conf:8", "access_log", "a.example b.example", False, ()),
    ]


def test_a_format_of_another_file(tmp_path: Path) -> None:
    files = {
        "nginx.conf": "http {\n  log_format x '$remote_passwd';\n  include conf.d/*.conf;\n}\n",
        "conf.d/a.conf": "server {\n  access_log /a.log x;\n  location / { proxy_pass http://app; }\n}\n",
    }
    assert logs(facts(tmp_path, files)) == [
        ("conf.d/a.conf:2", "access_log", "the server", False, ()),
        ("nginx.conf:2", "log_format", "x", False, ("password",)),
    ]


def test_what_an_outer_file_says_holds_in_what_it_includes(tmp_path: Path) -> None:
    files = {
        "nginx.conf": "http {\n  access_log off;\n  include conf.d/*.conf;\n}\n",
        "conf.d/a.conf": "server {\n  server_name a.example;\n  include snippets/inner.conf;\n}\n",
        "conf.d/b.conf": "server {\n  access_log /b.log;\n  location / { proxy_pass http://app; }\n}\n",
        "snippets/inner.conf": "location / { proxy_pass http://app; }\n",
    }
    assert logs(facts(tmp_path, files)) == [
        ("conf.d/b.conf:2", "access_log", "the server", False, ()),
        ("nginx.conf:2", "access_log", "a.example", True, ()),
    ]


def test_a_file_that_is_not_here_may_say_otherwise(tmp_path: Path) -> None:
    server = "  server {\n    server_name a.example;\n    include snippets/logs.conf;\n    root /srv;\n  }\n"
    found = facts(tmp_path, {"nginx.conf": f"http {{\n  access_log off;\n{server}}}\n"})
    assert logs(found) == []
    assert [(gap.location.line, gap.about["directive"]) for gap in found.gaps if "logging.proxy" in gap.kinds] == [
        (2, "access_log")
    ]


def test_a_broken_file_is_a_gap(tmp_path: Path) -> None:
    found = facts(tmp_path, {"nginx.conf": "http {\n  server {\n    location / { proxy_pass http://app; }\n"})
    assert logs(found) == []
    assert any("logging.proxy" in gap.kinds for gap in found.gaps)
