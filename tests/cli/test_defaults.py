"""hardencheck defaults: from the files of a repository to a document, and whether a committed one still holds."""

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hardencheck.audit import audit
from hardencheck.catalogue.load import load_catalogue
from hardencheck.collect.options import Options
from hardencheck.collect.registry import collectors
from hardencheck.judge.defaults import kinds, speaks_of_settings
from hardencheck.judge.settle import Policy
from hardencheck.model.target import Target
from tests.cli.commands import Hc, Repository

PRODUCTION = """
import os
from .base import *

DEBUG = False
SECURE_HSTS_SECONDS = int(os.environ.get("HSTS", "0"))
X_FRAME_OPTIONS = vault.read("frame|options")
SESSION_COOKIE_SECURE = True
"""
BASE = """
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = []
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware", "django.contrib.sessions.middleware.SessionMiddleware"
]
DEBUG = True
ALLOWED_HOSTS = ["*"]
"""


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    """A Django service."""
    made = Repository(tmp_path / "shop")
    made.write("shop/settings/__init__.py", "")
    made.write("shop/settings/base.py", BASE)
    made.write("shop/settings/production.py", PRODUCTION)
    made.write("Dockerfile", "FROM python:3.12\nENV DJANGO_SETTINGS_MODULE=shop.settings.production\n")
    made.write("requirements.txt", "django==5.2\n")
    made.write("compose.yaml", "services:\n  web:\n    build: .\n    environment: {HSTS: '3600'}\n")
    made.commit()
    return made


def rows(hc: Hc, shop: Repository, *arguments: str) -> dict[str, dict[str, object]]:
    done = hc("defaults", str(shop.path), "--format", "json", *arguments)
    assert (done.code, done.err) == (0, "")
    return {one["name"]: one for one in json.loads(done.out)["settings"]}


def test_one_row_for_each_setting_with_its_verdict(hc: Hc, shop: Repository) -> None:
    found = rows(hc, shop)
    assert list(found) == sorted(found)
    assert {
        name: found[name]["verdict"] for name in ("DEBUG", "ALLOWED_HOSTS", "SECURE_HSTS_SECONDS", "MIDDLEWARE")
    } == {
        "DEBUG": "pass",
        "ALLOWED_HOSTS": "fail",
        "SECURE_HSTS_SECONDS": "fail",
        "MIDDLEWARE": "fail",
    }
    assert found["DEBUG"]["location"] == {"path": "shop/settings/production.py", "line": 5}
    assert found["X_FRAME_OPTIONS"]["state"] == "unknown"
    assert found["SESSION_COOKIE_SECURE"]["verdict"] == "pass"
    text = hc("defaults", str(shop.path)).out
    assert text.startswith("Production defaults\n\nshop.settings.production (Django 5.2)\n")
    assert "the environment of the deployment names it: Dockerfile:2" in text
    assert "\x1b" not in text


def test_the_configuration_waives_and_ignores(hc: Hc, shop: Repository) -> None:
    shop.write("hardencheck.toml", 'schema = 1\nselect = ["permissions.*"]\nignore = ["settings.allowed-hosts"]\n')
    assert rows(hc, shop)["ALLOWED_HOSTS"]["verdict"] == "pass"  # the other line: it is not empty
    assert rows(hc, shop)["DEBUG"]["verdict"] == "pass"
    done = hc("waive", "settings.allowed-hosts", "--reason", "demo", "--owner", "web", "--expires", _soon(),
              "--path", str(shop.path))  # fmt: skip
    assert done.code == 0
    shop.write("hardencheck.toml", (shop.path / "hardencheck.toml").read_text().replace("ignore", "# ignore"))
    assert rows(hc, shop)["ALLOWED_HOSTS"]["verdict"] == "waived"


def _soon() -> str:
    return str(dt.datetime.now(dt.UTC).date() + dt.timedelta(days=30))


def test_another_revision_and_another_profile(hc: Hc, shop: Repository) -> None:
    shop.write("shop/settings/production.py", PRODUCTION.replace("DEBUG = False", "DEBUG = True"))
    assert rows(hc, shop)["DEBUG"]["verdict"] == "fail"
    assert rows(hc, shop, "--rev", "HEAD")["DEBUG"]["verdict"] == "pass"
    assert rows(hc, shop, "--profile", "shop.settings.base")["SESSION_COOKIE_SECURE"]["verdict"] != "pass"
    done = hc("defaults", str(shop.path), "--profile", "shop.settings.base")
    assert "production   named by the user" in done.out
    done = hc("defaults", str(shop.path), "--profile", "shop.nowhere")
    assert (done.code, done.out) == (3, "")
    assert "no application was found" in done.err
    done = hc("defaults", str(shop.path), "--profile", "shop/settings/base.py")
    assert "shop/settings/base.py (Django" in done.out
    # What else is found does not stand in for the module that was asked for.
    shop.write("Procfile", "web: gunicorn shop.wsgi\n")
    done = hc("defaults", str(shop.path), "--profile", "shop.nowhere")
    assert (done.code, done.out) == (3, "")
    assert "shop.nowhere is not in the repository" in done.err


@pytest.mark.parametrize("fmt", ["text", "json", "markdown", "html"])
def test_a_committed_document_is_checked(hc: Hc, shop: Repository, fmt: str) -> None:
    file = shop.path / "docs" / "defaults"
    file.parent.mkdir()
    write = ("defaults", str(shop.path), "--format", f"{fmt}={file}")
    assert hc(*write).code == 0
    first = file.read_bytes()
    assert hc(*write).code == 0
    assert file.read_bytes() == first  # the document in the repository changes nothing
    check = ("defaults", str(shop.path), "--check", str(file))
    assert hc(*check) == (0, f"{file} is up to date\n", "")
    file.write_bytes(first.replace(b"\n", b"\r\n"))
    assert hc(*check).code == 0
    file.write_bytes(first.rstrip(b"\n"))
    assert hc(*check).code == 0
    shop.write("shop/settings/production.py", PRODUCTION.replace('int(os.environ.get("HSTS", "0"))', "31536000"))
    done = hc(*check)
    assert done.code == 1
    assert "31536000" in done.out
    assert f"hardencheck: {file} is out of date: " in done.err
    assert f"hint: renew it with hardencheck defaults {shop.path} --format {fmt}={file}\n" in done.err
    hint = done.err.partition("renew it with hardencheck ")[2].split()
    assert hc(*hint).code == 0
    assert hc(*check).code == 0


def test_the_diff_says_what_changed(hc: Hc, shop: Repository, tmp_path: Path) -> None:
    file = tmp_path / "defaults.md"
    assert hc("defaults", str(shop.path), "--format", f"markdown={file}").code == 0
    shop.write("shop/settings/production.py", PRODUCTION.replace('int(os.environ.get("HSTS", "0"))', "31536000"))
    done = hc("defaults", str(shop.path), "--check", str(file))
    assert "~ SECURE_HSTS_SECONDS (shop.settings.production: Django 5.2)\n" in done.out
    assert "    Value in production: `3600`  ->  `31536000`\n" in done.out
    assert "    Verdict: **fail** `headers.hsts`  ->  pass `headers.hsts`\n" in done.out
    assert "ALLOWED_HOSTS" not in done.out
    assert "out of date: 1 setting changed, text outside the tables\n" in done.err  # the count of failures


def test_a_copy_elsewhere_gives_the_same_document(hc: Hc, shop: Repository, tmp_path: Path) -> None:
    shop.git("clone", "--quiet", str(shop.path), str(tmp_path / "elsewhere"))
    for fmt in ("text", "json", "markdown", "html"):
        one, other = (
            hc("defaults", ".", "--format", fmt, *more, cwd=cwd)
            for cwd, more in ((shop.path, ()), (tmp_path / "elsewhere", ("--no-cache", "--jobs", "0")))
        )
        assert one.code == 0
        assert one == other
        assert str(tmp_path) not in one.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--check", "no.md"), "--check no.md: no such file"),
        (("--check", "."), "--check .: not a regular file"),
        (("--check", "pipe"), "--check pipe: not a regular file"),
        (("--check", "other"), "--check other: not a document of 'hardencheck defaults'"),
        (("--check", "latin.md"), "--check latin.md: not UTF-8"),
        (("--check", "a\0b"), "cannot be read: not a name of a file"),
        (("--check", "x" * 300), "cannot be read: File name too long"),
        (("--check", "ok.md", "--format", "json=x"), "--check writes nothing"),
        (("--check", "ok.md", "--format", "json", "--format", "html=x"), "--check writes nothing"),
        (("--format", "sarif"), "--format sarif: no such format"),
        (("--format", "json", "--format", "text"), "two reports cannot share standard output"),
        (("--rev", "nowhere"), "nowhere"),
        (("--config", "no.toml"), "--config no.toml: no such file"),
        (("--checks", "nowhere"), "--checks nowhere: no such directory"),
    ],
)
def test_refused(hc: Hc, shop: Repository, arguments: tuple[str, ...], message: str) -> None:
    os.mkfifo(shop.path / "pipe")
    shop.write("other", "something else\n")
    shop.write("ok.md", "# Production defaults\n")
    (shop.path / "latin.md").write_bytes("caf\xe9".encode("latin-1"))
    done = hc("defaults", *arguments, cwd=shop.path)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_that_may_not_be_read(hc: Hc, shop: Repository) -> None:
    shop.write("kept.md", "", mode=0o000)
    done = hc("defaults", "--check", "kept.md", cwd=shop.path)
    assert done.code == 2


def test_a_document_that_is_too_large_is_refused(hc: Hc, shop: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hardencheck.cli.defaults.MAX_COMMITTED", 100)
    shop.write("large.md", "# Production defaults\n" * 10)
    assert hc("defaults", "--check", "large.md", cwd=shop.path).code == 2


def test_an_empty_or_foreign_document_is_out_of_date(hc: Hc, shop: Repository) -> None:
    for text in ("", "# Something else\n\x1b[31m\n"):
        shop.write("docs.md", text)
        done = hc("defaults", "--check", "docs.md", cwd=shop.path)
        assert done.code == 1
        assert "\x1b" not in done.out + done.err
        assert "renew it with hardencheck defaults . --format markdown=docs.md" in done.err


def test_no_application_is_not_a_success(hc: Hc, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    done = hc("defaults", "plain")
    assert (done.code, done.out) == (3, "")
    (tmp_path / "plain" / "notes.txt").write_text("nothing")
    for more in ((), ("--format", "json=out.json"), ("--check", "plain/notes.txt")):
        done = hc("defaults", "plain", *more)
        assert (done.code, done.out) == (3, "")
        assert "no application was found in plain whose settings could be read" in done.err
    assert not (tmp_path / "out.json").exists()
    assert hc("defaults", "nowhere").code == 3


def test_unknown_settings_do_not_fail_the_command(hc: Hc, shop: Repository) -> None:
    shop.write("shop/settings/production.py", "from .base import *\nDEBUG = a()\nALLOWED_HOSTS = b()\n")
    assert {rows(hc, shop)[name]["state"] for name in ("DEBUG", "ALLOWED_HOSTS")} == {"unknown"}
    assert rows(hc, shop)["DEBUG"]["verdict"] == "unknown"


def test_the_audit_carries_the_rows_and_every_report_says_so(hc: Hc, shop: Repository, tmp_path: Path) -> None:
    arguments = ("--select", "settings.*", "--fail-on", "never", "--format")
    done = hc("scan", str(shop.path), *arguments, f"json={tmp_path / 'saved.json'}")
    assert "settings: 35 known, 1 depends on the environment, 1 unknown; see 'hardencheck defaults'" in done.out
    saved = json.loads((tmp_path / "saved.json").read_text())
    assert {row["name"]: row["verdict"] for row in saved["defaults"]}["ALLOWED_HOSTS"] == "fail"
    assert saved["applications"][0]["application"] == "shop.settings.production"
    assert hc("report", "saved.json", "--format", "terminal").out == done.out
    assert "SESSION_COOKIE_NAME" not in done.out
    page = hc("report", "saved.json", "--format", "html").out
    assert "SECURE_<wbr>HSTS_<wbr>SECONDS" in page
    assert "hardencheck defaults" in hc("report", "saved.json", "--format", "markdown").out


def test_only_what_the_settings_need_is_collected() -> None:
    wanted = {
        rule.fact for check in load_catalogue().checks.values() if speaks_of_settings(check) for rule in check.rules
    }
    needed = collectors().needed(kinds() | wanted)
    names = {item.name for item in (*needed.extractors, *needed.resolvers)}
    assert names >= {"python.settings", "django.settings", "settings.module-names"}
    assert not {name for name in names if name.startswith("secrets")}
    assert "bandit" not in names


def test_nothing_heavy_is_imported(shop: Repository) -> None:
    script = (
        "import sys\n"
        "from hardencheck.cli import run\n"
        "code = run(['defaults', sys.argv[1], '--jobs', '0'])\n"
        "print(code, sorted({'bandit', 'detect_secrets', 'httpx', 'jinja2'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(shop.path)],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] in {"0 []", "3 []"}


def test_the_audit_without_these_checks_has_rows_that_nothing_judges(
    shop: Repository,
) -> None:
    found = audit(
        Target(repository=str(shop.path)),
        load_catalogue(),
        Policy(today=dt.date(2026, 11, 1)),
        Options(jobs=0),
        select_ids=("settings.debug",),
        kinds=kinds(),
    )
    assert {row.name: row.verdict for row in found.defaults}["ALLOWED_HOSTS"] is None
    assert {row.name: row.verdict for row in found.defaults}["DEBUG"] == "pass"


def test_the_readme_shows_what_is_printed(hc: Hc, tmp_path: Path) -> None:
    made = Repository(tmp_path / "shop")
    made.write("shop/settings/__init__.py", "")
    made.write(
        "shop/settings/base.py",
        """import os

SECRET_KEY = os.environ["SECRET_KEY"]
SECURE_HSTS_SECONDS = 0
DEBUG = True
ROOT_URLCONF = "shop.urls"
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]
""",
    )
    made.write(
        "shop/settings/production.py",
        """import os
from .base import *

DEBUG = os.environ.get("DEBUG", "no") == "yes"
SECURE_HSTS_SECONDS = int(os.environ.get("HSTS", 0))
""",
    )
    made.write("Dockerfile", "FROM python:3.12\nENV DJANGO_SETTINGS_MODULE=shop.settings.production\n")
    made.write("requirements.txt", "django==5.2\n")
    made.write("compose.yaml", "services:\n  web:\n    build: .\n    environment: { HSTS: '3600' }\n")
    printed = hc("defaults", str(made.path)).out
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    shown = readme.partition("$ hardencheck defaults shop\n")[2].partition("\n…\n")[0]
    assert shown.count("\n\n") == 4
    assert [part for part in shown.split("\n\n") if part not in printed] == []
