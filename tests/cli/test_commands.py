"""Everything but scan: list, explain, init, waive, attest, config show, schema, report."""

import datetime as dt
import json
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest

from hardencheck.catalogue.load import AREAS, load_catalogue
from hardencheck.cli.init import Seen, look
from tests.cli.commands import Hc, Repository

TODAY = dt.datetime.now(dt.UTC).date()
SOON, LATE = str(TODAY + dt.timedelta(days=30)), str(TODAY + dt.timedelta(days=181))
WAIVE = ("waive", "permissions.executable-data", "--scope", "values.yaml", "--reason", "soon", "--owner", "team")
ATTEST = ("attest", "practice.logs-watched", "--by", "ops", "--evidence", "ticket 7")


def test_list(hc: Hc) -> None:
    text = hc("list").out
    for check in load_catalogue().checks.values():
        assert check.title in text
    rows = json.loads(hc("list", "--format", "json", "--area", "practice").out)
    assert {row["id"] for row in rows} >= {"practice.logs-watched", "practice.policy-reviewed"}
    assert {row["area"] for row in rows} == {"practice"}
    assert next(row for row in rows if row["id"] == "practice.logs-watched")["manual"] is True
    markdown = hc("list", "--format", "markdown", "--area", "practice").out.splitlines()
    assert len(markdown) == len(rows) + 2
    assert all(line.count("|") == 5 for line in markdown)
    for area in AREAS:
        assert hc("list", "--area", area).code == 0


def test_explain_says_all(hc: Hc) -> None:
    check = load_catalogue().checks["permissions.executable-data"]
    for fmt in ("text", "markdown", "html"):
        text = hc("explain", check.id, "--format", fmt).out
        for part in (
            "Expected",
            "Why",
            "Fix",
            "Rollback",
            "CWE-732",
            "a YAML file with the executable bit",
            check.owner,
        ):
            assert part in text, (fmt, part)
        assert "deploy/values.yaml (mode 100755)" in text
    text = " ".join(hc("explain", check.id).out.split())
    assert "In the repository, every file.mode where data is yes" in text
    assert ": executable is no" in text
    for prose in (check.expected, check.why, check.fix, check.rollback, check.bypass):
        assert " ".join(prose.split()) in text


def test_explain_draws_nothing_where_there_is_nothing(hc: Hc, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("no service\n")
    done = hc("explain", "uploads.chain", "--target", "empty")
    assert done.code == 3
    assert "nothing in empty gives a picture of uploads.chain" in done.err
    assert hc("explain", "uploads.chain", "--target", "missing").code == 3


def test_explain_says_what_a_picture_needs(hc: Hc) -> None:
    done = hc("explain", "uploads.chain")
    assert done.code == 2
    assert "hardencheck explain uploads.chain --target PATH" in done.err
    done = hc("explain", "headers.hsts", "--rev", "HEAD")
    assert (done.code, done.out) == (2, "")
    assert "add --target PATH" in done.err
    done = hc("explain", "uploads.chian", "--target", ".")
    assert done.code == 2
    assert "did you mean 'uploads.chain'?" in done.err


def test_explain_every_check_in_every_format(hc: Hc) -> None:
    checks = load_catalogue().checks.values()
    for fmt in ("text", "markdown", "html"):
        done = hc("explain", "*", "--format", fmt)
        assert (done.code, done.err) == (0, "")
        for check in checks:
            assert check.id in done.out
    manual = hc("explain", "practice.logs-watched").out
    assert "hardencheck attest practice.logs-watched --by NAME" in manual


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag not in {"meta", "br", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_explain_html_is_one_quiet_page(hc: Hc) -> None:
    text = hc("explain", "*", "--format", "html").out
    tags = _Tags()
    tags.feed(text)
    assert tags.open == []
    assert not tags.seen & {"script", "img", "link", "iframe", "form", "base"}
    assert " style=" not in text
    assert "default-src 'none'; style-src 'sha256-" in text


HOSTILE = """
schema = 1
title = "<script>alert(1)</script> | `x` \\u001b[31m"
severity = "low"
owner = "application"
expected = "*e* <b>"
why = "w"
fix = "f"
rollback = "r"
bypass = "b"
aliases = ["permissions.older"]
references = ["https://docs.example/a"]
lifecycle = "preview"
confidence = "low"
[parameters.most]
default = "10MiB"
unit = "bytes"
doc = "How large."
[[rule]]
fact = "file.mode"
none.executable = true
[[rule]]
fact = "file.mode"
some.what = { one_of = ["file", "directory"] }
[[example]]
name = "``` fence"
verdict = "fail"
files = { "a.py" = "````\\n</pre>", "b.env" = ["se", "cret"], "c" = "" }
links = { "d" = "/etc" }
untracked = ["b.env"]
response = { status = 404, headers = { Server = ["a", "b"] }, body = "x" }
"""


def test_a_hostile_check_of_somebody_else(hc: Hc, tmp_path: Path) -> None:
    (tmp_path / "more" / "permissions").mkdir(parents=True)
    (tmp_path / "more" / "permissions" / "mine.toml").write_text(HOSTILE)
    html = hc("explain", "permissions.older", "--checks", "more", "--format", "html").out
    assert "<script>" not in html
    assert "</pre>" in html
    assert "&lt;/pre&gt;" in html
    markdown = hc("explain", "permissions.mine", "--checks", "more", "--format", "markdown").out
    assert "\n`````text\n" in markdown
    assert "\\<script\\>" in markdown
    table = hc("list", "--area", "permissions", "--checks", "more", "--format", "markdown").out
    assert "\\|" in table
    text = hc("explain", "permissions.mine", "--checks", "more").out
    assert "\x1b" not in text + html + markdown + table
    for part in (
        "severity low · owner application · preview · low confidence",
        'most = "10MiB" (bytes): How large.',
        "no file.mode: executable is yes",
        "at least one file.mode: what is one of file, directory",
        '"se" +\n    "cret"',
        "# b.env (not tracked)",
        "# d -> /etc",
        "GET https://service.example/ -> 404",
        "Server: b",
        "permissions.older",
    ):
        assert part in text, part
    assert "secret" not in text + html + markdown


def test_init_shows_then_writes_and_never_overwrites(hc: Hc, repo: Repository) -> None:
    file = repo.path / "hardencheck.toml"
    shown = hc("init", cwd=repo.path)
    assert (shown.code, file.exists()) == (0, False)
    assert hc("init", "--write", cwd=repo.path).code == 0
    text = file.read_text()
    assert shown.out.startswith(text)
    assert tomllib.loads(text)["schema"] == 1
    assert hc("scan", str(repo.path), "-q").code == 0
    for arguments in (("init",), ("init", "--write")):
        again = hc(*arguments, cwd=repo.path)
        assert again.code == 2
        assert "never overwritten" in again.err
    assert file.read_text() == text
    file.unlink()
    repo.write("pyproject.toml", "[tool.hardencheck]\nschema = 1\n")
    assert hc("init", "--write", cwd=repo.path).code == 2
    assert not file.exists()


@pytest.mark.parametrize(
    ("files", "seen"),
    [
        ({}, Seen("", "")),
        ({"requirements.txt": "Django==5.2\n"}, Seen("django", "")),
        (
            {"manage.py": "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.dev')", "shop/wsgi.py": ""},
            Seen("django", "shop.settings.dev"),
        ),
        (
            {
                "manage.py": "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.dev')",
                "shop/wsgi.py": 'os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings.production"',
            },
            Seen("django", "shop.settings.production"),
        ),
        ({"pyproject.toml": "dependencies = ['fastapi>=0.1']\n"}, Seen("fastapi", "")),
        ({"requirements.txt": "pytest-django\nflask-like\nmy.flask\n"}, Seen("", "")),
        ({"requirements.txt": "\0\xff" * 100}, Seen("", "")),
    ],
)
def test_a_look_without_running_anything(files: dict[str, str], seen: Seen, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="latin-1")
    assert look(tmp_path) == seen


def test_waive_then_waived(hc: Hc, repo: Repository) -> None:
    repo.write("hardencheck.toml", "# ours\nschema = 1 # one\n")
    done = hc(*WAIVE, "--expires", SOON, "--approved-by", "security", cwd=repo.path)
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith(f"hardencheck.toml: waived permissions.executable-data for values.yaml until {SOON}\n")
    text = (repo.path / "hardencheck.toml").read_text()
    assert text == (
        "# ours\nschema = 1 # one\n\n[[waiver]]\n"
        'check = "permissions.executable-data"\nscope = "values.yaml"\nreason = "soon"\nowner = "team"\n'
        f'approved-by = "security"\nexpires = {SOON}\n'
    )
    report = json.loads(hc("scan", str(repo.path), "--format", "json").out)
    (use,) = report["waivers"]
    assert (use["state"], use["matched"], use["days"], use["waiver"]["source"]) == (
        "active",
        1,
        30,
        "hardencheck.toml:4",
    )
    (item,) = (item for item in report["items"] if item["line"]["id"] == "permissions.executable-data")
    assert item["verdict"] == "waived"


def test_an_expired_waiver_hides_nothing_and_says_so(hc: Hc, repo: Repository) -> None:
    repo.write(
        "hardencheck.toml",
        'schema = 1\nfail-on = "low"\nselect = ["permissions.executable-data"]\n[[waiver]]\n'
        'check = "permissions.executable-data"\nscope = "*"\nreason = "r"\nowner = "o"\nexpires = 2020-01-01\n'
        '[[waiver]]\ncheck = "permissions.setuid"\nscope = "nothing"\nreason = "r"\nowner = "o"\n'
        f"expires = {SOON}\n",
    )
    done = hc("scan", str(repo.path), "--format", "json")
    assert done.code == 1
    assert [use["state"] for use in json.loads(done.out)["waivers"]] == ["expired", "stale"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("--expires", LATE), "more than 180 days ahead; the latest is"),
        (("--expires", str(TODAY - dt.timedelta(days=1))), "it has passed"),
        (("--expires", "soon"), "expected a date such as"),
        (("--expires", "20270201"), "expected a date such as"),
        (("--expires", SOON, "--scope", "/etc"), "--scope: expected a path from the top of the target"),
        (("--expires", SOON, "--scope", " "), "--scope: expected some text"),
        (("--expires", SOON, "--reason", ""), "--reason: expected some text"),
        (("--expires", SOON, "--owner", "a\x1b[31m"), "--owner: expected text without control characters"),
        (("--expires", SOON, "--path", "nowhere"), "nowhere: no such directory"),
        (("--expires", SOON, "--config", "no.toml"), "--config no.toml: no such file"),
    ],
)
def test_waivers_refused(change: tuple[str, ...], message: str, hc: Hc, repo: Repository) -> None:
    done = hc(*WAIVE, *change, cwd=repo.path)
    assert done.code == 2
    assert message in done.err
    assert not (repo.path / "hardencheck.toml").exists()


def test_without_a_scope_a_waiver_is_for_every_place(hc: Hc, repo: Repository) -> None:
    done = hc("waive", "permissions.executable-data", "--reason", "r", "--owner", "o", "--expires", SOON, cwd=repo.path)
    assert (done.code, f"waived permissions.executable-data for * until {SOON}" in done.out) == (0, True)
    assert 'scope = "*"\n' in (repo.path / "hardencheck.toml").read_text()


def test_waive_what_there_is(hc: Hc, repo: Repository) -> None:
    unknown = hc("waive", "permissions.executable-date", *WAIVE[2:], "--expires", SOON, cwd=repo.path)
    assert (unknown.code, "did you mean 'permissions.executable-data'?" in unknown.err) == (2, True)
    manual = hc("waive", "practice.logs-watched", *WAIVE[2:], "--expires", SOON, cwd=repo.path)
    assert (manual.code, "is manual: it cannot fail" in manual.err) == (2, True)
    repo.write("hardencheck.toml", "schema = 2\n")
    assert hc(*WAIVE, "--expires", SOON, cwd=repo.path).code == 2
    assert (repo.path / "hardencheck.toml").read_text() == "schema = 2\n"


def test_without_a_configuration_one_is_made_at_the_top(hc: Hc, repo: Repository, tmp_path: Path) -> None:
    repo.write("svc/app.py", "x = 1\n")
    assert hc(*WAIVE, "--expires", SOON, cwd=repo.path / "svc").code == 0
    assert (repo.path / "hardencheck.toml").read_text().startswith("schema = 1\n\n[[waiver]]\n")
    (tmp_path / "plain").mkdir()
    assert hc(*WAIVE, "--expires", SOON, "--path", "plain").code == 0
    assert (tmp_path / "plain" / "hardencheck.toml").is_file()


def test_attest_then_passed(hc: Hc, repo: Repository) -> None:
    repo.write("pyproject.toml", "[project] # ours\nname = 'x'\n[tool.hardencheck]\nschema = 1\n")
    assert hc(*ATTEST, "--expires", SOON, cwd=repo.path).code == 0
    assert hc(*ATTEST, "--evidence", "ticket 8", "--expires", SOON, cwd=repo.path).code == 0
    text = (repo.path / "pyproject.toml").read_text()
    assert "[project] # ours\n" in text
    assert tomllib.loads(text)["tool"]["hardencheck"]["attestation"] == [
        {
            "check": "practice.logs-watched",
            "by": "ops",
            "evidence": "ticket 8",
            "on": TODAY,
            "expires": dt.date.fromisoformat(SOON),
        }
    ]
    report = json.loads(hc("scan", str(repo.path), "--format", "json", "--select", "practice.*,permissions.*").out)
    (item,) = (item for item in report["items"] if item["line"]["id"] == "practice.logs-watched")
    assert (item["verdict"], item["basis"], item["attestation"]["source"]) == ("pass", "attested", "pyproject.toml:6")


def test_attestations_refused(hc: Hc, repo: Repository) -> None:
    automatic = hc("attest", "permissions.setuid", *ATTEST[2:], "--expires", SOON, cwd=repo.path)
    assert (automatic.code, "is decided by looking, not by a person's word" in automatic.err) == (2, True)
    late = hc(*ATTEST, "--expires", str(TODAY + dt.timedelta(days=367)), cwd=repo.path)
    assert (late.code, "more than 366 days ahead" in late.err) == (2, True)
    assert hc("attest", "practice.logs-watched", "--by", "ops", "--expires", SOON, cwd=repo.path).code == 2
    assert not (repo.path / "hardencheck.toml").exists()


def test_config_show(hc: Hc, repo: Repository, tmp_path: Path) -> None:
    assert "none found; every value is the default" in hc("config", "show", str(repo.path)).out
    repo.write("hardencheck.toml", 'schema = 1\n\nfail-on = "low"\n[[target]]\nname = "staging"\n')
    (tmp_path / "own").mkdir()
    env = {"HARDENCHECK_CHECKS": str(tmp_path / "own"), "HARDENCHECK_CACHE_DIR": "/x"}
    rows = json.loads(hc("config", "show", str(repo.path), "--format", "json", env=env).out)
    found = {row["key"]: (row["value"], row["source"]) for row in rows}
    assert found["fail-on"] == ("low", "hardencheck.toml:3")
    assert found["strict"] == (False, "default")
    assert found["target[1].name"] == ("staging", "hardencheck.toml:5")
    assert found["checks directories"] == ([str(tmp_path / "own")], "HARDENCHECK_CHECKS")
    assert found["cache-dir"] == ("/x", "HARDENCHECK_CACHE_DIR")
    text = hc("config", "show", str(repo.path)).out
    assert text.startswith("configuration: hardencheck.toml\n")
    assert any(line.split() == ["fail-on", '"low"', "hardencheck.toml:3"] for line in text.splitlines())
    repo.write("hardencheck.toml", 'schema = 1\nselect = ["nothing"]\n')
    assert hc("config", "show", str(repo.path)).code == 2


def test_schemas(hc: Hc, repo: Repository) -> None:
    config = json.loads(hc("schema", "config").out)
    jsonschema.Draft202012Validator.check_schema(config)
    assert config["additionalProperties"] is False
    jsonschema.validate({"schema": 1, "fail-on": "low"}, config)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"schema": 1, "plugins": ["x"]}, config)
    report = json.loads(hc("schema", "report").out)
    jsonschema.Draft202012Validator.check_schema(report)
    jsonschema.validate(json.loads(hc("scan", str(repo.path), "--format", "json").out), report)


def test_a_report_of_a_later_version(hc: Hc, tmp_path: Path) -> None:
    (tmp_path / "later.json").write_text('{"version": 99}')
    done = hc("report", "later.json")
    assert (done.code, done.out) == (2, "")
    assert "version 99" in done.err
    (tmp_path / "deep.json").write_text("[" * 100_000)
    assert hc("report", "deep.json").code == 2
    (tmp_path / "folder").mkdir()
    assert hc("report", "folder").code == 2
