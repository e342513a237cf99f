"""A secret in any literal that a collector copies, and in any text of a configuration or a command line, is shown and
kept nowhere."""

import datetime as dt
import itertools
import json
import os
import shutil
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from hardencheck.catalogue.predicates.settings import https_origins_only
from hardencheck.cli import run
from hardencheck.collect.extraction import encode, extract_file
from hardencheck.collect.options import Options
from hardencheck.collect.registry import collectors
from hardencheck.collect.run import collect
from hardencheck.collect.secrets import names
from hardencheck.collect.secrets.names import masked, secrets_in
from hardencheck.collect.secrets.ruleset import detection
from hardencheck.model.facts.secrets import SecretCandidate
from hardencheck.model.facts.settings import FrameworkSetting, ProductionDefault
from hardencheck.model.gap import Gap
from hardencheck.model.location import Location
from hardencheck.model.target import Target
from hardencheck.report import RENDERERS
from hardencheck.testing import assembled
from tests.collect.repos import commit, git, repository
from tests.live.servers import response, says, served
from tests.secrets.canaries import Canary, _pieces, leaks

TOKEN = assembled("gh<>p_<alnum:30><crc32-base62>", "everywhere")
OTHER = assembled("gh<>p_<alnum:30><crc32-base62>", "elsewhere")
PASSWORD = assembled("<alnum:18>", "password")
NAMED = assembled("<alnum:44>", "by its name")
CANARIES = [
    Canary("token", "", "", TOKEN[4:]),
    Canary("other", "", "", OTHER[4:]),
    Canary("password", "", "", PASSWORD),
    Canary("named", "", "", NAMED),
]
PIECES = {canary.kind: [piece.lower().encode() for piece in _pieces(canary.secret)] for canary in CANARIES}
URL = f"https://me:{PASSWORD}@db.shop.internal/x"
MANAGE = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\n"


def django(text: str) -> dict[str, str | bytes]:
    return {"manage.py": MANAGE, "settings.py": f"INSTALLED_APPS = ['shop']\n{text}\n", "requirements.txt": "django\n"}


def nginx(text: str, outside: str = "") -> dict[str, str | bytes]:
    return {"nginx.conf": f"http {{\n{outside}\n  server {{\n    listen 80;\n    {text}\n  }}\n}}\n"}


PLACES: dict[str, dict[str, str | bytes]] = {
    "allowed hosts": django(f"ALLOWED_HOSTS = ['{TOKEN}', '{TOKEN.lower()}.example', '*']"),
    "a bare name": django(f"DEBUG = {TOKEN}"),
    "a setting that is no number": django(f"SECURE_HSTS_SECONDS = '{TOKEN}'\nSESSION_COOKIE_SAMESITE = '{TOKEN}'"),
    "several literals": django(f"DEBUG = '{TOKEN[:12]}' + '{TOKEN[12:]}'\nALLOWED_HOSTS = ['gh' + '{TOKEN[2:]}', '*']"),
    "a format": django(f"ALLOWED_HOSTS = [f'{{\"gh\"}}{TOKEN[2:]}', 'gh%s' % '{TOKEN[2:]}', '*']"),
    "middleware": django(f"MIDDLEWARE = ['{TOKEN}', 'shop.{TOKEN}.Middleware']"),
    "origins": django(f"CSRF_TRUSTED_ORIGINS = ['{URL}', 'https://{TOKEN}.example']\nCORS_ALLOW_ALL_ORIGINS = True"),
    "logging": django(
        f"LOGGING = {{'version': 1, 'loggers': {{'{TOKEN}': {{'level': '{TOKEN}', 'handlers': ['{TOKEN}']}}}},"
        f" 'root': {{'level': 'DEBUG'}}}}"
    ),
    "cookies": django(f"SESSION_COOKIE_NAME = '{TOKEN}'\nSESSION_COOKIE_SECURE = False"),
    "an import": django(f"from {TOKEN} import *\nimport {OTHER}"),
    "a settings module": {"manage.py": MANAGE.replace("'settings'", f"'{TOKEN}'")},
    "the value of a name": django(
        f"SECRET_KEY = '{NAMED}'\nALLOWED_HOSTS = ['{NAMED}', '*']\nDEBUG = '{NAMED}'\n"
        f"MIDDLEWARE = ['x.{NAMED.lower()}']"
    ),
    "nosec": {
        "app.py": f"import subprocess\nsubprocess.call('x', shell=True)  # nosec {TOKEN}\n"
        f"eval(input())  # nosec: {URL}\n"
    },
    "flask": {
        "app.py": f"from flask import Flask\napp = Flask('{TOKEN}')\napp.config['{TOKEN}'] = 1\n"
        f"app.config['SESSION_COOKIE_NAME'] = '{TOKEN}'\n"
        f"@app.after_request\ndef h(r):\n    r.headers['X-Frame-Options'] = '{TOKEN}'\n    r.headers['{TOKEN}'] = '1'\n"
        f"    r.set_cookie('{TOKEN}', 'x')\n    return r\napp.run(debug=True, host='{TOKEN}')\n"
    },
    "fastapi": {
        "main.py": f"from fastapi import FastAPI\n"
        f"app = FastAPI(docs_url='/{TOKEN}', redoc_url='{URL}', title='{TOKEN}')\n"
    },
    "code": {
        "app.py": f"import os, tempfile, logging\nos.chmod('/{TOKEN}', 0o777)\nopen('/tmp/{TOKEN}', 'w')\n"
        f"os.umask(0)\nlogging.getLogger('{TOKEN}').setLevel('{TOKEN}')\npassword = 'x'\n"
        f"logging.info('{TOKEN} %s', password)\n"
        f"import sentry_sdk\nsentry_sdk.init('https://{TOKEN}@o1.sentry.example/1', send_default_pii=True)\n"
        f"from loguru import logger\nlogger.add('{TOKEN}', diagnose=True)\n"
    },
    "Dockerfile": {
        "Dockerfile": f"FROM python:3.12 AS {TOKEN}\nARG A={TOKEN}\nCOPY {TOKEN} /{TOKEN}\n"
        f"ADD https://me:{PASSWORD}@db.shop.internal/{TOKEN} /\n"
        f"RUN chmod 777 /{TOKEN} && pip install {URL}\nUSER {TOKEN}\nENTRYPOINT [\"gunicorn\", \"{TOKEN}:app\", "
        f"\"--log-level\", \"{TOKEN}\"]\n"
    },
    "base image": {"Dockerfile": f"FROM shop.example/{TOKEN}:latest\nCMD {TOKEN}\n"},
    "compose": {
        "compose.yaml": f"services:\n  {TOKEN}:\n    image: {TOKEN}\n    user: {TOKEN}\n    privileged: true\n"
        f"    ports: ['5432:5432', '{TOKEN}']\n    command: gunicorn {TOKEN}:app --log-level {TOKEN}\n"
        f"    volumes: ['/var/run/docker.sock:/{TOKEN}']\n    cap_add: [SYS_ADMIN, {TOKEN}]\n"
        f"    environment:\n      DJANGO_SETTINGS_MODULE: {TOKEN}\n"
    },
    "nginx": nginx(
        f"server_name {TOKEN}.example; client_max_body_size {TOKEN}; return 301 https://x.example/?token={TOKEN};\n"
        f"add_header X-Frame-Options {TOKEN}; add_header {TOKEN} 1; access_log /var/{TOKEN} {TOKEN};\n"
        f"location /{TOKEN} {{ proxy_pass http://me:{PASSWORD}@app:1/{TOKEN};\n"
        f"proxy_set_header X-Forwarded-Proto {TOKEN}; }}",
        f"log_format {TOKEN} '$request_body {TOKEN}'; client_max_body_size 0;",
    ),
    "nginx that breaks": nginx(f"{TOKEN} {{ {TOKEN}"),
    "a long text": nginx(f"add_header X-Frame-Options '{'x ' * 95}{TOKEN}'; return 200 '{'y ' * 92}{TOKEN}';"),
    "owners": {"CODEOWNERS": f"* @{TOKEN} {OTHER}\n", "app.py": f"TOKEN = '{TOKEN}'\n"},
    "requirements": {"requirements.txt": f"django=={TOKEN}\nflask @ {URL}\n", "pyproject.toml": f"[{TOKEN}\n"},
    "gunicorn": {"gunicorn.conf.py": f"loglevel = '{TOKEN}'\nlimit_request_line = '{TOKEN}'\nraw_env = ['{TOKEN}']\n"},
    "credentials": {
        ".netrc": f"machine {TOKEN} login {TOKEN} password {PASSWORD}\n",
        ".env": f"DEBUG={TOKEN}\nALLOWED_HOSTS={TOKEN}\n",
    },
    "a service": {"app.service": f"[Service]\nUser={TOKEN}\nUMask={TOKEN}\nExecStart=/usr/bin/gunicorn {TOKEN}:app\n"},
    "not Python": django(f"DEBUG = '{TOKEN}' +"),
}  # fmt: skip


def scanned(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], *arguments: str, debug: bool = True
) -> tuple[int, dict[str, bytes]]:
    """(exit code, all that a scan says, writes and keeps)."""
    reports = tmp_path / "reports"
    reports.mkdir(exist_ok=True)
    formats = [f"--format={name}={reports / name}" for name in RENDERERS]
    capfdbinary.readouterr()
    code = run(
        [
            "scan", *arguments, "-v", "--cache-dir", str(tmp_path / "cache"), *formats, *(["--debug"] if debug else []),
        ]
    )  # fmt: skip
    out, err = capfdbinary.readouterr()
    told = {"standard output": out, "standard error": err}
    home = Path(os.environ["HARDENCHECK_DATA_DIR"])
    for directory in (reports, tmp_path / "cache", home):
        told.update((str(file), file.read_bytes()) for file in directory.rglob("*") if file.is_file())
    return code, told


def leaking(told: dict[str, bytes]) -> list[str]:
    """Where eight characters of which secret are, in any case."""
    found: list[str] = []
    for place, text in told.items():
        lowered = text.lower()
        found.extend(f"{place}: {kind}" for kind, pieces in PIECES.items() if any(map(lowered.__contains__, pieces)))
    return found


@pytest.mark.parametrize("place", sorted(PLACES))
def test_no_literal_that_a_collector_copies(
    place: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    root = repository(tmp_path / "service", {**PLACES[place]})
    for warm in (False, True):
        code, told = scanned(tmp_path, capfdbinary, str(root), "--jobs", "0")
        assert code in (0, 1, 3), told["standard error"]
        assert leaking(told) == [], warm
        assert len(told[str(tmp_path / "reports" / "json")]) > 1000


def test_all_of_them_with_workers_and_the_same_bytes(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    files = {f"{at:02}/{path}": text for at, place in enumerate(PLACES) for path, text in PLACES[place].items()}
    files |= {f"more/m{number}.py": f"NUMBER = {number}\n" for number in range(70)}
    root = repository(tmp_path / "service", {**files})
    seen: set[bytes] = set()
    for jobs, warm in (("0", False), ("1", False), ("2", False), ("2", True)):
        if not warm:
            shutil.rmtree(tmp_path / "cache", ignore_errors=True)
        _, told = scanned(tmp_path, capfdbinary, str(root), "--jobs", jobs)
        assert leaking(told) == [], jobs
        seen.add(told[str(tmp_path / "reports" / "json")])
    assert len(seen) == 1
    assert b"[secret " in seen.pop()


CONFIGURATION = f"""\
schema = 1
ignore = ["headers.[!{TOKEN}]*"]
exclude = ["{TOKEN}", "docs/{TOKEN}/**"]
[[target]]
name = "{TOKEN}"
url = "https://shop.example/?token={TOKEN}"
profile = "shop.{OTHER}"
[[waiver]]
check = "settings.debug"
scope = "{TOKEN}/**"
reason = "see {URL}"
owner = "{TOKEN}"
approved-by = "{TOKEN}"
expires = 2026-12-01
[[attestation]]
check = "practice.policy-reviewed"
by = "{TOKEN}"
evidence = "{URL}"
on = 2026-11-01
expires = 2026-12-01
"""


@pytest.fixture
def on_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hardencheck.cli._setup.today", lambda: dt.date(2026, 11, 22))


@pytest.mark.usefixtures("on_a_day")
def test_no_text_of_the_configuration(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    root = repository(tmp_path / f"service-{TOKEN}", django("DEBUG = True") | {"hardencheck.toml": CONFIGURATION})
    base = f"policy/{TOKEN}"
    for warm in (False, True):
        code, told = scanned(tmp_path, capfdbinary, str(root))
        assert code in (0, 1, 3), told["standard error"]
        assert leaking(told) == [], warm
    assert b"[secret " in told[str(tmp_path / "reports" / "json")]
    git(root, "branch", base)
    (root / "hardencheck.toml").write_text(CONFIGURATION.replace("2026-12-01", "2026-12-02"))
    commit(root)
    code, told = scanned(
        tmp_path, capfdbinary, str(root), "--policy-ref", base, "--name", f"shop {TOKEN}", "--new-since", base,
        "--select", f"settings.*,secrets.[!{TOKEN}]*", "--exclude", f"x/{TOKEN}", "--profile", f"shop.{OTHER}",
    )  # fmt: skip
    assert code in (0, 1, 3), told["standard error"]
    assert leaking(told) == []
    code, told = scanned(tmp_path, capfdbinary, str(root), "--rev", base)
    assert code in (0, 1, 3), told["standard error"]
    assert leaking(told) == []
    for arguments in (
        ["config", "show", str(root)],
        ["config", "show", str(root), "--format", "json"],
        ["init", str(tmp_path / f"service-{TOKEN}" / "x")],
    ):
        (root / "x").mkdir(exist_ok=True)
        (root / "x" / "manage.py").write_text(MANAGE.replace("'settings'", f"'{TOKEN}'"))
        assert run(arguments) == 0
        out, err = capfdbinary.readouterr()
        assert leaks(out + err, CANARIES) == [], arguments


@pytest.mark.parametrize(
    "line",
    [
        f'{TOKEN} = "x"', f'fail-on = "{TOKEN}"', f'ignore = ["{TOKEN}"]', f'select = ["{TOKEN}"]', f"{TOKEN}",
        f"[{TOKEN}",
        f'[checks."{TOKEN}"]\nx = 1', f'[checks."uploads.body-size"]\n{TOKEN} = "1"',
        f'[checks."uploads.body-size"]\nmax-body = "{TOKEN}"', f'[[waiver]]\ncheck = "{TOKEN}"',
        f'[[waiver]]\ncheck = "{TOKEN}"\nscope = "*"\nreason = "x"\nowner = "x"\nexpires = 2026-12-01',
        f'[[target]]\nname = "x"\nurl = "ftp://{TOKEN}"', f'[[target]]\nname = "x"\nurl = "{URL}"',
        f'exclude = ["{TOKEN}", "["]',
    ],
    ids=itertools.count(),
)  # fmt: skip
@pytest.mark.usefixtures("on_a_day")
def test_no_error_about_the_configuration(line: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    root = repository(tmp_path / "service", {"hardencheck.toml": f"schema = 1\n{line}\n"})
    _, told = scanned(tmp_path, capfdbinary, str(root))
    assert leaking(told) == []
    assert run(["config", "show", str(root), "--debug"]) in (0, 2)
    out, err = capfdbinary.readouterr()
    assert leaks(out + err, CANARIES) == []


@pytest.mark.parametrize(
    "arguments",
    [
        [TOKEN], [".", "--url", TOKEN], [".", "--url", f"ftp://x.example/?a={TOKEN}"], [".", "--url", URL],
        [".", "--select", TOKEN], [".", "--ignore", TOKEN], [".", "--rev", TOKEN], [".", "--policy-ref", TOKEN],
        [".", "--new-since", TOKEN], [".", "--since", TOKEN], [".", "--har", TOKEN], [".", "--ca-file", TOKEN],
        [".", "--fail-on", TOKEN], [f"--{TOKEN}"], [".", TOKEN], [".", "--config", TOKEN], [".", "--checks", TOKEN],
        [".", "--plugin", TOKEN], [".", "--fingerprint-key", TOKEN], [".", "--format", TOKEN],
        [".", f"--format=json={TOKEN}/x"], [".", "--jobs", TOKEN], [".", "--history", TOKEN],
    ],
    ids=itertools.count(),
)  # fmt: skip
def test_no_error_about_the_command_line(
    arguments: list[str], tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(tmp_path / "service", django("DEBUG = True"))
    monkeypatch.chdir(root)
    code, told = scanned(tmp_path, capfdbinary, *arguments)
    assert code in (2, 3), told["standard error"]
    assert b"error: " in told["standard error"]
    assert leaking(told) == []


def test_no_name_of_a_command(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    for arguments in ([TOKEN], ["explain", TOKEN], ["list", "--area", TOKEN], ["report", TOKEN], [f"--{TOKEN}"]):
        assert run(arguments) == 2
        out, err = capfdbinary.readouterr()
        assert leaks(out + err, CANARIES) == [], arguments[0][:4]


HEADERS = [
    ("Server", f"x/{TOKEN}"), ("X-Powered-By", TOKEN), ("X-Frame-Options", TOKEN), ("X-Content-Type-Options", TOKEN),
    ("Referrer-Policy", TOKEN), ("Permissions-Policy", f"{TOKEN}=*"), ("Cache-Control", TOKEN),
    ("Content-Security-Policy", f"{TOKEN}; script-src {URL} 'unsafe-inline'; {TOKEN} x"), ("Set-Cookie", f"{TOKEN}=x"),
    ("Strict-Transport-Security", f"max-age={TOKEN}"), ("Cross-Origin-Opener-Policy", TOKEN),
    ("X-XSS-Protection", TOKEN),
    ("Cross-Origin-Resource-Policy", TOKEN), ("Content-Type", "text/html"), ("Expect-CT", TOKEN),
]  # fmt: skip


def test_nothing_of_saved_exchanges(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    entries = [
        {
            "startedDateTime": "2026-11-22T00:00:00Z",
            "request": {"url": f"https://shop.example/{path}?token={TOKEN}", "method": "GET", "headers": []},
            "response": {
                "status": 200,
                "headers": [{"name": name, "value": value} for name, value in HEADERS],
                "content": {"text": f"<html>{TOKEN}<script nonce={TOKEN}></script></html>", "mimeType": "text/html"},
            },
        }
        for path in ("", TOKEN, f"x/{TOKEN}/y")
    ]
    har = tmp_path / f"saved-{TOKEN}.har"
    har.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}))
    code, told = scanned(tmp_path, capfdbinary, "--url-only", "--har", str(har))
    assert code in (0, 1, 3), told["standard error"]
    assert leaking(told) == []
    assert b"[secret " in told[str(tmp_path / "reports" / "json")]


def test_nothing_of_a_server(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    headers = {name: value for name, value in HEADERS if name != "Content-Type"}
    answer = response(200, f"<html>{TOKEN}</html>".encode(), **headers, **{"Content-Type": "text/html"})
    with served(says(answer)) as server:
        url = f"{server.url}{TOKEN}/?token={OTHER}"
        code, told = scanned(tmp_path, capfdbinary, "--url-only", "--url", url, "--probe")
    assert code in (0, 1, 3), told["standard error"]
    assert leaking(told) == []
    assert b"[secret " in told[str(tmp_path / "reports" / "json")]


def test_the_forms_of_all_rules_pass_the_first_look_and_are_taken_out() -> None:
    """Every example of every rule that is known by its form, as one literal."""
    looked = 0
    for rule in detection().rules:
        for number, template in enumerate(rule.match):
            text = assembled(template, f"{rule.id}/{number}")
            if not names._sightings(text, names._IN_TEXTS):
                continue
            looked += 1
            assert names._may(text), (rule.id, template)
            if number == 0 and looked % 7 == 0:
                assert names._sightings(masked(text), names._IN_TEXTS) == [], (rule.id, template)
    assert looked > 2000


@pytest.mark.parametrize(
    "text, shown",
    [
        (f"a {TOKEN} b {OTHER}", "a [] b []"),
        (f"x\r\n{TOKEN}\r\ny", "x\r\n[]\r\ny"),
        (f"\0\ufeff{TOKEN}\ud800", "\0\ufeff[]\ud800"),
        (f"é{TOKEN}é", "é[]é"),
        (URL, "https://me:[]@db.shop.internal/x"),
        (f"https://me:x{TOKEN}@db.shop.internal", "https://me:[]@db.shop.internal"),
        ("https://me:changeme@shop.example", "https://me:changeme@shop.example"),
        ("-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----"),
        ("0123456789abcdef0123456789abcdef01234567", "0123456789abcdef0123456789abcdef01234567"),
    ],
    ids=itertools.count(),
)
def test_what_is_taken_out(text: str, shown: str) -> None:
    hidden = masked(text)
    assert names._MARK.sub("[]", hidden) == shown
    assert masked(hidden) == hidden


def test_more_than_a_scan_tells_are_all_taken_out() -> None:
    texts = [assembled("gh<>p_<alnum:30><crc32-base62>", f"{number}") for number in range(700)]
    assert {names._MARK.sub("", text) for text in masked(texts)} == {""}
    assert len(set(masked(texts))) == 700


def test_a_mark_is_that_of_a_name() -> None:
    path = f"deploy/{TOKEN}.yaml"
    assert masked(path) == secrets_in([path])[path].shown


def test_a_key_of_several_lines() -> None:
    body = "\n".join(assembled("<b64:64>", f"line {number}") for number in range(12))
    key = "-----BEGIN RSA PRI" + f"VATE KEY-----\nMIIE{body}\n-----END RSA PRI" + "VATE KEY-----"
    assert names._MARK.sub("[]", masked(f"a = '{key}'\nb")) == "a = '[]'\nb"


class Copied(msgspec.Struct, frozen=True, kw_only=True):
    """With every kind of field."""

    location: Location
    text: str
    maybe: str | None = None
    word: Literal["abcdefghijklmnop"] = "abcdefghijklmnop"
    number: int = 1
    several: tuple[str, ...] = ()
    inner: tuple["Copied", ...] = ()
    table: dict[str, str | int] = {}
    group: frozenset[str] = frozenset()


def test_every_kind_of_field_and_nothing_else() -> None:
    here = Location(path=f"x/{TOKEN}", url=f"https://x.example/{TOKEN}")
    inner = Copied(location=here, text="x", several=(TOKEN,))
    fact = Copied(
        location=here, text=TOKEN, maybe=TOKEN, several=("a", TOKEN), inner=(inner,), table={TOKEN: TOKEN, "n": 1},
        group=frozenset({TOKEN}),
    )  # fmt: skip
    clean = masked([fact])[0]
    assert leaks(repr(clean).replace(repr(here.path), ""), CANARIES) == []
    assert (clean.location.path, clean.word, clean.number) == (here.path, fact.word, 1)
    untouched = Copied(location=Location(path="x"), text="a text of no interest", table={"a": "b"})
    assert masked(untouched) is untouched


def test_a_value_equal_to_a_word_of_ours_does_not_break_a_fact() -> None:
    fact = Copied(location=Location(), text="say abcdefghijklmnop")
    clean = masked(fact, ["abcdefghijklmnop"])
    assert clean.word == fact.word
    assert names._MARK.sub("[]", clean.text) == "say []"


def test_a_password_that_is_a_word_is_not_seen_in_longer_words() -> None:
    word, jumble = "post" + "gres", "kqzw" + "xvjt"
    shown = masked([f"{word}ql://a", f"{word}://a", f"x{word} {word}_x", f"x{jumble}ql"], [word, jumble])
    assert [names._MARK.sub("[]", text) for text in shown] == [f"{word}ql://a", "[]://a", f"x{word} {word}_x", "x[]ql"]


def test_what_was_cut_off_is_taken_out_with_the_value() -> None:
    assert names._MARK.sub("[]", masked(f"x {NAMED[:20]}…", [NAMED])) == "x []…"
    assert masked(f"x {NAMED[:7]}…", [NAMED]) == f"x {NAMED[:7]}…"
    assert names._MARK.sub("[]", masked(f"{NAMED.upper()} {NAMED}", [NAMED])) == "[] []"


def test_facts_are_given_up_when_they_cannot_be_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError(TOKEN)

    monkeypatch.setattr(names, "values_in", broken)
    wanted = [item for item in collectors(()).extractors if item.wants("settings.py", 0o100644, 100)]
    found = extract_file(wanted, "settings.py", 0o100644, f"DEBUG = '{TOKEN}'\n".encode())
    assert {type(item) for item in found} == {Gap}
    assert len(found) == len(wanted)
    assert leaks(encode(found), CANARIES) == []


def test_what_is_said_of_secrets_stays() -> None:
    data = f"KEY = '{TOKEN}'\nSECRET_KEY = '{NAMED}'\n".encode()
    wanted = [item for item in collectors(()).extractors if item.name == "secrets.detect"]
    found = extract_file(wanted, "settings.py", 0o100644, data)
    assert len(found) == 2 and all(isinstance(item, SecretCandidate) for item in found)
    assert [item for extractor in wanted for item in extractor.extract("settings.py", 0o100644, data)] == found
    assert sorted(names.values_in(data, found)) == sorted([TOKEN, NAMED])


@pytest.mark.parametrize(
    "origin, good",
    [
        ("https://[x]", True),
        ("https://[x", True),
        ("https://:443/x", False),
        ("https://?x", False),
        ("http://x", False),
    ],
)
def test_brackets_in_an_origin_break_nothing(origin: str, good: bool) -> None:
    """Those of a mark, or of a repository that writes odd ones."""
    fact = FrameworkSetting(
        location=Location(), framework="django", application="x", name="CSRF_TRUSTED_ORIGINS", value=(origin,),
        on=True, source="literal",
    )  # fmt: skip
    assert https_origins_only(fact) is good


def test_a_password_that_is_the_name_of_a_folder_does_not_hide_what_is_in_it(tmp_path: Path) -> None:
    word = "book" + "shop"
    key = "PASS" + "WORD"
    files = {
        f"{word}/settings.py": f"import os\nROOT_URLCONF = '{word}.urls'\n"
        f"DATABASES = {{'default': {{'{key}': os.environ.get('DB_{key}', '{word}')}}}}\n",
        "manage.py": f"import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', '{word}.settings')\n",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    facts = collect(Target(repository=str(tmp_path)), Options(jobs=0)).facts
    rows = [fact for fact in facts.of("setting.production") if isinstance(fact, ProductionDefault)]
    assert {row.application for row in rows} == {f"{word}.settings"}
    assert {row.value for row in rows if row.name == "ROOT_URLCONF"} == {f"'{word}.urls'"}
