"""What runs is not what the repository says: each kind of drift is found and explained, and without any none is."""

import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
import trustme

from hardencheck.collect.options import Options
from hardencheck.collect.run import collect
from hardencheck.model.facts.drift import Drift
from hardencheck.model.gap import Gap
from hardencheck.model.target import Target
from tests.integration.stacks import (
    APACHE,
    CADDY,
    CASES,
    FLASK,
    HTTPS,
    PROGRAMS,
    REQUIREMENTS,
    TALISMAN,
    UVICORN,
    Case,
    find,
    free_ports,
    nginx,
    started,
    written,
)

pytestmark = pytest.mark.integration

KINDS = frozenset({"drift"})
PATHS = ("", "missing", "broken")


@contextmanager
def serving(case: Case, running: Case, root: Path) -> Iterator[tuple[Path, int, int]]:
    """(the repository of one, the port at which the other answers, the port of its application)"""
    program = find(PROGRAMS[case.front]) if case.front else ""
    if program is None:
        pytest.skip(f"{PROGRAMS[case.front]} is not installed: there is nothing to compare with")
    port, front = free_ports()
    names = {"@PORT@": str(port), "@FRONT@": str(front), "@HERE@": str(root / "run")}
    written(case, root / "repository", names)
    written(running, root / "running", names)
    with started(running, root / "running", root / "run", names, port, front, program) as visited:
        yield root / "repository", visited, port


def compared(repository: Path, *urls: str) -> tuple[list[Drift], list[Gap]]:
    facts = collect(Target(repository=str(repository), urls=urls), Options(jobs=0, kinds=KINDS))
    found = [fact for fact in facts.facts.of("drift") if isinstance(fact, Drift)]
    return found, [gap for gap in facts.facts.gaps if "drift" in gap.kinds]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_runs_from_its_files_has_not_drifted(case: Case, tmp_path: Path) -> None:
    with serving(case, case, tmp_path) as (repository, port, _):
        found, gaps = compared(repository, *(f"http://127.0.0.1:{port}/{path}" for path in PATHS))
    assert [fact.describe() for fact in found if not fact.agrees] == []
    assert {fact.status for fact in found if fact.outcome == "same"} >= {200}
    assert [gap.detail for gap in gaps] == []


class Drifted(NamedTuple):
    """old, new: texts of the file of what runs; the repository has the old one. file: "" is the proxy's configuration.
    Then come what is found, at which path: (path, header, outcome, cause, part of the file that declares it)."""

    name: str
    case: Case
    changes: tuple[tuple[str, str, str], ...]
    expected: frozenset[tuple[str, str, str, str, str]]
    command: tuple[str, ...] = ()
    bypass: bool = False


def drifted(
    name: str, case: Case, *changes: tuple[str, str, str], found: Sequence[tuple[str, str, str, str, str]],
    command: tuple[str, ...] = (), bypass: bool = False,
) -> Drifted:  # fmt: skip
    return Drifted(name, case, changes, frozenset(found), command, bypass)


def running(kind: Drifted) -> Case:
    """What really runs."""
    files, configuration = dict(kind.case.files), kind.case.configuration
    for file, old, new in kind.changes:
        text = files[file] if file else configuration
        assert old in text, (kind.name, old)
        if file:
            files[file] = text.replace(old, new)
        else:
            configuration = text.replace(old, new)
    return kind.case._replace(files=files, configuration=configuration, command=kind.command or kind.case.command)


TWO_HOSTS = """
daemon off;
pid nginx.pid;
error_log stderr;
events {}
http {
    access_log off;
    server_tokens off;
    server {
        listen 127.0.0.1:@FRONT@;
        server_name shop.example localhost;
        add_header X-Frame-Options DENY always;
        add_header Permissions-Policy "camera=()" always;
        location / { proxy_pass http://127.0.0.1:@PORT@; }
    }
    server {
        listen 127.0.0.1:@FRONT@;
        server_name old.example;
        add_header X-Frame-Options SAMEORIGIN always;
        location / { proxy_pass http://127.0.0.1:@PORT@; }
    }
}
"""
PLAIN_FLASK = {"main.py": FLASK, "requirements.txt": REQUIREMENTS}
GUNICORN_MAIN = ("gunicorn", "--bind", "127.0.0.1:@PORT@", "main:app")
FLASK_NGINX = Case(
    "flask-nginx",
    PLAIN_FLASK,
    GUNICORN_MAIN,
    "nginx",
    nginx(
        "server_tokens off;",
        "add_header X-Frame-Options DENY always; add_header Content-Security-Policy \"default-src 'self'\" always;",
    ),
)
FLASK_TWO = Case("flask-two-hosts", PLAIN_FLASK, GUNICORN_MAIN, "nginx", TWO_HOSTS)
FLASK_CADDY = Case("flask-caddy", PLAIN_FLASK, GUNICORN_MAIN, "caddy", CADDY)
FLASK_APACHE = Case("flask-apache", PLAIN_FLASK, GUNICORN_MAIN, "apache", APACHE)
NO_PROXY = Case("flask", {"main.py": TALISMAN, "requirements.txt": REQUIREMENTS}, GUNICORN_MAIN)
BY_NAME = {case.name: case for case in CASES}
DJANGO = BY_NAME["django-plain"]
DJANGO_NGINX = BY_NAME["django-nginx-always"]
SESSION = (
    FLASK.replace(
        "app = Flask(__name__)",
        'app = Flask(__name__)\napp.config.from_mapping(SECRET_KEY="made for this test", SESSION_COOKIE_SECURE=True,\n'
        '                        SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Strict")',
    )
    .replace("from flask import Flask", "from flask import Flask, session")
    .replace('def page():\n    return "page"', 'def page():\n    session["seen"] = "yes"\n    return "page"')
)
COOKIES = Case("flask-cookies", {"main.py": SESSION, "requirements.txt": REQUIREMENTS}, GUNICORN_MAIN)
WITH_REDIRECT = nginx("server_tokens off;", HTTPS).replace(
    "location / {", "location / {\n            return 301 https://$host$request_uri;"
)
REDIRECT = Case("flask-redirect", PLAIN_FLASK, GUNICORN_MAIN, "nginx", WITH_REDIRECT)
CACHE = FLASK_NGINX._replace(
    configuration=FLASK_NGINX.configuration.replace(
        "access_log off;", "access_log off; proxy_cache_path cache keys_zone=pages:1m;"
    ).replace(
        "proxy_pass",
        "proxy_cache pages; proxy_cache_valid 200 1h; add_header X-Cache $upstream_cache_status; proxy_pass",
    )
)
FASTAPI_NGINX = BY_NAME["fastapi-nginx"]
CSP, XFO = "content-security-policy", "x-frame-options"

KINDS_OF_DRIFT = [
    drifted(
        "nginx: always is missing",
        FLASK_NGINX,
        ("", "X-Frame-Options DENY always", "X-Frame-Options DENY"),
        found=[
            ("missing", XFO, "not-served", "not-always", "nginx.conf"),
            ("broken", XFO, "not-served", "not-always", "nginx.conf"),
        ],
    ),
    drifted(
        "nginx: not reloaded, the header is not there",
        FLASK_NGINX,
        ("", "add_header X-Frame-Options DENY always;", ""),
        found=[(path, XFO, "not-served", "not-reloaded", "nginx.conf") for path in PATHS],
    ),
    drifted(
        "nginx: not reloaded, another value",
        FLASK_NGINX,
        ("", "X-Frame-Options DENY", "X-Frame-Options SAMEORIGIN"),
        found=[(path, XFO, "differs", "not-reloaded", "nginx.conf") for path in PATHS],
    ),
    drifted(
        "nginx: tells its version",
        FLASK_NGINX,
        ("", "server_tokens off;", "server_tokens on;"),
        found=[(path, "server", "differs", "not-reloaded", "nginx.conf") for path in PATHS],
    ),
    drifted(
        "nginx: takes away what the application sends",
        DJANGO_NGINX,
        (
            "",
            "proxy_hide_header X-Frame-Options;",
            "proxy_hide_header X-Frame-Options; proxy_hide_header Referrer-Policy;",
        ),
        found=[(path, "referrer-policy", "not-served", "stripped", "shop/settings.py") for path in PATHS],
    ),
    drifted(
        "nginx: adds a second field",
        DJANGO_NGINX._replace(configuration=nginx("server_tokens off;", "")),
        ("", "server_tokens off;", "server_tokens off; add_header X-Frame-Options SAMEORIGIN always;"),
        found=[(path, XFO, "differs", "second-field", "shop/settings.py") for path in PATHS],
    ),
    drifted(
        "nginx: adds what tells something",
        FLASK_NGINX,
        ("", "add_header X-Frame-Options", "add_header X-Powered-By PHP/8.1 always; add_header X-Frame-Options"),
        found=[(path, "x-powered-by", "not-declared", "another-version", "") for path in PATHS],
    ),
    drifted(
        "nginx: lets every origin in",
        FLASK_NGINX,
        (
            "",
            "add_header X-Frame-Options",
            "add_header Access-Control-Allow-Origin * always; add_header X-Frame-Options",
        ),
        found=[(path, "access-control-allow-origin", "not-declared", "another-version", "") for path in PATHS],
    ),
    drifted(
        "nginx: another virtual host answers",
        FLASK_TWO,
        ("", "server_name shop.example localhost;", "server_name shop.example;"),
        ("", "server_name old.example;", "server_name old.example localhost;"),
        found=[
            (path, name, outcome, "other-server", "nginx.conf")
            for path in PATHS
            for name, outcome in ((XFO, "differs"), ("permissions-policy", "not-served"))
        ],
    ),
    drifted(
        "the proxy is not in the way",
        FLASK_NGINX,
        bypass=True,
        found=[
            (path, name, outcome, "bypassed", "nginx.conf")
            for path in PATHS
            for name, outcome in ((XFO, "not-served"), (CSP, "not-served"), ("server", "differs"))
        ],
    ),
    drifted(
        "a cache answers with what was",
        CACHE,
        ("main.py", 'return "page"', 'return "page", 200, {"X-Powered-By": "old"}'),
        found=[("", "x-powered-by", "not-declared", "cached", "")],
    ),
    drifted(
        "a network in front takes a header away",
        FLASK_NGINX,
        ("", "add_header X-Frame-Options DENY always;", "add_header CF-Ray 7d00000000000000-FRA always;"),
        found=[(path, XFO, "not-served", "cdn", "nginx.conf") for path in PATHS],
    ),
    drifted(
        "Apache: the header is not there",
        FLASK_APACHE,
        ("", "Header always set X-Frame-Options SAMEORIGIN", ""),
        found=[(path, XFO, "not-served", "not-reloaded", "apache2.conf") for path in PATHS],
    ),
    drifted(
        "Caddy: another value",
        FLASK_CADDY,
        ("", "header X-Frame-Options SAMEORIGIN", "header X-Frame-Options DENY"),
        found=[(path, XFO, "differs", "not-reloaded", "Caddyfile") for path in PATHS],
    ),
    drifted(
        "Caddy: tells itself",
        FLASK_CADDY,
        ("", "header -Server", ""),
        found=[(path, "server", "not-declared", "another-version", "") for path in PATHS],
    ),
    drifted(
        "Django: a setting has another value",
        DJANGO,
        ("shop/settings.py", "INSTALLED_APPS = []", "INSTALLED_APPS = []\nSECURE_REFERRER_POLICY = 'unsafe-url'"),
        found=[(path, "referrer-policy", "differs", "another-version", "shop/settings.py") for path in PATHS],
    ),
    drifted(
        "Django: the defaults are in use",
        DJANGO._replace(
            files={
                **DJANGO.files,
                "shop/settings.py": DJANGO.files["shop/settings.py"] + "X_FRAME_OPTIONS = 'SAMEORIGIN'\n",
            }
        ),
        ("shop/settings.py", "X_FRAME_OPTIONS = 'SAMEORIGIN'", ""),
        found=[(path, XFO, "differs", "wrong-settings", "shop/settings.py") for path in PATHS],
    ),
    drifted(
        "Django: the middleware is not there",
        DJANGO,
        ("shop/settings.py", '"django.middleware.security.SecurityMiddleware",', ""),
        found=[
            (path, name, "not-served", "wrong-settings", "shop/settings.py")
            for path in PATHS
            for name in ("cross-origin-opener-policy", "referrer-policy", "x-content-type-options")
        ],
    ),
    drifted(
        "Django: other settings run",
        DJANGO,
        ("shop/settings.py", "MIDDLEWARE = [", "OTHERS = ["),
        found=[
            (path, name, "not-served", "wrong-settings", "shop/settings.py")
            for path in PATHS
            for name in ("cross-origin-opener-policy", "referrer-policy", "x-content-type-options", XFO)
        ],
    ),
    drifted(
        "Flask: Talisman is not there",
        NO_PROXY,
        ("main.py", "Talisman(app,", "dict("),
        found=[
            (path, name, "not-served", "wrong-settings", "main.py")
            for path in PATHS
            for name in ("permissions-policy", "referrer-policy", "x-content-type-options", XFO)
        ]
        + [(path, CSP, "not-served", "another-version", "main.py") for path in PATHS],
    ),
    drifted(
        "FastAPI: another policy",
        BY_NAME["fastapi"],
        ("main.py", "policy=\"default-src 'self'\"", 'policy="default-src *"'),
        found=[(path, CSP, "differs", "another-version", "main.py") for path in ("", "missing")],
    ),
    drifted(
        "uvicorn: tells itself",
        BY_NAME["fastapi-no-server"],
        command=UVICORN,
        found=[(path, "server", "not-declared", "another-version", "") for path in PATHS],
    ),
    drifted(
        "a cookie without its flags",
        COOKIES,
        ("main.py", "SESSION_COOKIE_SECURE=True", "SESSION_COOKIE_SECURE=False"),
        found=[("", "session: Secure", "differs", "wrong-settings", "main.py")],
    ),
    drifted(
        "a cookie for other sites",
        COOKIES,
        ("main.py", 'SAMESITE="Strict"', 'SAMESITE="Lax"'),
        found=[("", "session: SameSite", "differs", "another-version", "main.py")],
    ),
    drifted(
        "no redirect to https",
        REDIRECT,
        ("", "return 301 https://$host$request_uri;", ""),
        found=[(path, "http -> https", "not-served", "not-reloaded", "nginx.conf") for path in ("", "broken")],
    ),
]


@pytest.mark.parametrize("kind", KINDS_OF_DRIFT, ids=lambda kind: kind.name)
def test_what_has_drifted_is_found_and_explained(kind: Drifted, tmp_path: Path) -> None:
    with serving(kind.case, running(kind), tmp_path) as (repository, port, application):
        host = "localhost" if kind.case.configuration == TWO_HOSTS else "127.0.0.1"
        root = f"http://{host}:{application if kind.bypass else port}/"
        if kind.case is CACHE:
            urllib.request.urlopen(root).read()
        found: dict[tuple[str, str, str, str, str], Drift] = {}
        for path in PATHS:
            # Each by itself, and after them the page: what errors lack is told by what a page has.
            facts, _ = compared(repository, f"{root}{path}", *([root] if path else []))
            for fact in facts:
                if not fact.agrees and (fact.location.url or "").removeprefix(root) == path:
                    place = (fact.places[0].path or "") if fact.places and fact.outcome != "not-declared" else ""
                    key = (path, fact.name, fact.outcome, fact.cause)
                    declares = next((one for *_, one in kind.expected if one and place.endswith(one)), place)
                    found[*key, declares] = fact
    assert set(found) == set(kind.expected), [fact.describe() for fact in found.values()]
    assert all(fact.likely for fact in found.values())


def test_an_application_that_is_not_told_of_https(tmp_path: Path) -> None:
    """nginx speaks TLS, and what runs of it no longer says so to Django, which then sends no HSTS."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    told = nginx(
        "server_tokens off; ssl_certificate @HERE@/../server.pem; ssl_certificate_key @HERE@/../server.pem;",
        "proxy_set_header X-Forwarded-Proto $scheme;",
    ).replace("listen 127.0.0.1:@FRONT@;", "listen 127.0.0.1:@FRONT@ ssl;")
    case = BY_NAME["django-hardened"]._replace(front="nginx", configuration=told)
    silent = case._replace(configuration=told.replace("proxy_set_header X-Forwarded-Proto $scheme;", ""))
    for number, (runs, expected) in enumerate(((case, []), (silent, ["strict-transport-security"]))):
        root = tmp_path / str(number)
        (root / "run").parent.mkdir()
        (root / "server.pem").write_bytes((tmp_path / "server.pem").read_bytes())
        with serving(case, runs, root) as (repository, port, _):
            options = Options(jobs=0, kinds=KINDS, ca_file=str(tmp_path / "ca.pem"))
            target = Target(repository=str(repository), urls=(f"https://localhost:{port}/",))
            facts = collect(target, options).facts
        found = [fact for fact in facts.of("drift") if isinstance(fact, Drift)]
        assert [fact.name for fact in found if not fact.agrees] == expected, [fact.describe() for fact in found]
        assert {fact.cause for fact in found if not fact.agrees} <= {"wrong-scheme"}
        assert "strict-transport-security" in {fact.name for fact in found}
