"""Which configuration decides, what is compared with what, and who may name what."""

import functools
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pathspec
import pytest

from hardencheck.catalogue.load import load_catalogue
from hardencheck.cli import run
from tests.cli.commands import Hc, Repository

LOW = 'schema = 1\nfail-on = "low"\nselect = ["permissions.executable-data", "practice.policy-reviewed"]\n'
NEVER = LOW.replace('"low"', '"never"')


def scan(hc: Hc, path: Path, *arguments: str, code: int | None = None) -> dict[str, Any]:
    done = hc("scan", str(path), "--format", "json", *arguments)
    assert code is None or done.code == code, done.err
    made: dict[str, Any] = json.loads(done.out)
    return made


def notes(report: dict[str, Any]) -> dict[str, str]:
    return {note["topic"]: note["text"] for note in report["notes"]}


def verdict(report: dict[str, Any], check: str) -> tuple[str, str]:
    (item,) = (item for item in report["items"] if item["line"]["id"] == check)
    return item["verdict"], item["summary"]


def test_the_configuration_decides_and_flags_win(hc: Hc, repo: Repository) -> None:
    repo.write("hardencheck.toml", LOW)
    report = scan(hc, repo.path, code=1)
    assert (report["gate"]["fail_on"], report["tool"]["config_source"]) == ("low", "hardencheck.toml")
    assert len(report["items"]) == 2
    assert notes(report)["selected checks"].startswith("permissions.executable-data, practice.policy-reviewed: 2 of ")
    assert "ignored checks" not in notes(report)
    assert scan(hc, repo.path, "--fail-on", "medium", code=0)["gate"]["fail_on"] == "medium"
    chosen = scan(
        hc, repo.path, "--select", "permissions.*", "--ignore", "permissions.setuid,permissions.world-writable"
    )
    assert {item["line"]["area"] for item in chosen["items"]} == {"permissions"}
    assert notes(chosen)["ignored checks"] == "permissions.setuid, permissions.world-writable"
    assert scan(hc, repo.path / "..", "--config", str(repo.path / "hardencheck.toml"))["tool"]["config_source"] == (
        "hardencheck.toml"
    )


def test_of_a_subdirectory_the_nearest_counts(hc: Hc, repo: Repository) -> None:
    repo.write("hardencheck.toml", LOW)
    repo.write("svc/app.py", "x = 1\n")
    assert scan(hc, repo.path / "svc")["tool"]["config_source"] == "hardencheck.toml"
    repo.write("svc/pyproject.toml", "[tool.hardencheck]\nschema = 1\n")
    assert scan(hc, repo.path / "svc")["tool"]["config_source"] == "svc/pyproject.toml"


def test_a_git_file_is_a_top_too(hc: Hc, repo: Repository, tmp_path: Path) -> None:
    repo.write("hardencheck.toml", LOW)
    repo.commit()
    (tmp_path / "hardencheck.toml").write_text("broken")
    repo.git("worktree", "add", "--quiet", str(tmp_path / "other"), "-b", "other")
    assert (tmp_path / "other" / ".git").is_file()
    assert scan(hc, tmp_path / "other", code=1)["tool"]["config_source"] == "hardencheck.toml"


def test_what_is_excluded_is_said(hc: Hc, repo: Repository) -> None:
    repo.write("hardencheck.toml", LOW + 'exclude = ["*.yaml"]\n')
    report = scan(hc, repo.path, "--exclude", "docs/", code=0)
    assert notes(report)["excluded paths"] == "*.yaml, docs/"
    assert report["skipped"]["excluded by configuration"] == 1


def test_all_excluded_is_not_a_pass(hc: Hc, repo: Repository) -> None:
    repo.write("hardencheck.toml", 'schema = 1\nexclude = ["*"]\n')
    assert hc("scan", str(repo.path)).code == 3


def test_another_revision_has_its_own_configuration(hc: Hc, repo: Repository) -> None:
    repo.write("hardencheck.toml", LOW)
    repo.commit()
    repo.git("tag", "v1")
    repo.write("hardencheck.toml", NEVER)
    repo.write("values.yaml", "", mode=0o644)
    repo.commit()
    old = scan(hc, repo.path, "--rev", "v1", code=1)
    assert (old["gate"]["fail_on"], old["subject"]["kind"]) == ("low", "git revision")
    assert scan(hc, repo.path, code=0)["gate"]["fail_on"] == "never"


def test_a_bare_repository(hc: Hc, repo: Repository, tmp_path: Path) -> None:
    repo.write("hardencheck.toml", LOW)
    repo.commit()
    repo.git("clone", "--quiet", "--bare", str(repo.path), str(tmp_path / "bare.git"))
    assert scan(hc, tmp_path / "bare.git", code=1)["tool"]["config_source"] == "hardencheck.toml"
    (tmp_path / "none").mkdir()
    repo.git("init", "--quiet", "--bare", str(tmp_path / "none"))
    assert hc("scan", str(tmp_path / "none")).code == 3
    assert hc("waive", "permissions.setuid", "--scope", "*", "--reason", "r", "--owner", "o", "--expires",
              "2999-01-01", "--path", str(tmp_path / "bare.git")).code == 2  # fmt: skip


def test_before_the_first_commit(hc: Hc, tmp_path: Path) -> None:
    made = Repository(tmp_path / "new")
    assert hc("scan", str(made.path)).code == 3
    made.write("values.yaml", "a: 1\n", mode=0o755)
    report = scan(hc, made.path, "--select", "permissions.executable-data", "--fail-on", "low", code=1)
    assert report["subject"]["commit"] is None
    assert hc("scan", str(made.path), "--new-since", "main").code == 2
    assert hc("scan", str(made.path), "--policy-ref", "main").code == 2


def test_only_what_is_new_fails(hc: Hc, repo: Repository) -> None:
    repo.write("hardencheck.toml", LOW)
    base = repo.commit()
    same = scan(hc, repo.path, "--new-since", base, code=0)
    assert same["gate"]["reasons"] == []
    assert notes(same)["compared with"] == f"{base} ({base[:12]}): 1 finding there already"
    repo.write("other.yaml", "a: 1\n", mode=0o755)
    repo.write("values.yaml", "# moved\n# down\nreplicas: 2\n", mode=0o755)
    report = scan(hc, repo.path, "--new-since", "main", code=1)
    (item,) = (item for item in report["items"] if item["line"]["id"] == "permissions.executable-data")
    assert {(finding["location"]["path"], finding["new"]) for finding in item["findings"]} == {
        ("other.yaml", True),
        ("values.yaml", False),
    }


def test_a_git_that_never_answers(hc: Hc, repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hardencheck.collect.source.git.SECONDS", 1.0)
    os.mkfifo(repo.path / ".git" / "pipe")
    with (repo.path / ".git" / "config").open("a") as file:
        file.write("[include]\n\tpath = pipe\n")
    for more in ((), ("--rev", "HEAD")):
        done = hc("scan", str(repo.path), *more)
        assert (done.code, done.out) == (3, "")
        assert "git rev-parse did not end in 1 s" in done.err


def test_compared_with_an_empty_tree(hc: Hc, tmp_path: Path) -> None:
    made = Repository(tmp_path / "new")
    base = made.commit()
    made.write("values.yaml", "a: 1\n", mode=0o755)
    only = ("--select", "permissions.executable-data", "--fail-on", "low")
    assert scan(hc, made.path, "--new-since", base, *only, code=1)["gate"]["exit_code"] == 1


def test_what_the_base_cannot_show_counts_as_new(hc: Hc, repo: Repository) -> None:
    check = load_catalogue().checks["permissions.env-file-tracked"]
    example = next(example for example in check.examples if example.verdict == "fail")
    ((name, text),) = example.files.items()
    repo.write(name, "".join(text))
    base = repo.commit()
    oid = repo.git("rev-parse", f"HEAD:{name}")
    only = ("--select", check.id, "--new-since", base, "--no-cache")
    assert scan(hc, repo.path, *only, code=0)["gate"]["reasons"] == []
    (repo.path / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    report = scan(hc, repo.path, *only, code=1)
    assert notes(report)["compared with"].endswith(
        "0 findings there already; 1 place of it could not be looked at, and what fails there counts as new"
    )


@pytest.mark.parametrize("flag", ["--new-since", "--policy-ref"])
def test_a_shallow_clone_lacks_the_base(flag: str, hc: Hc, repo: Repository, tmp_path: Path) -> None:
    base = repo.git("rev-parse", "HEAD")
    repo.write("b.yaml", "b: 1\n")
    repo.commit()
    repo.git("clone", "--quiet", "--depth", "1", f"file://{repo.path}", str(tmp_path / "shallow"))
    done = hc("scan", str(tmp_path / "shallow"), flag, base)
    assert (done.code, done.out) == (2, "")
    assert f"{flag} {base}: " in done.err
    assert "fetch-depth: 0" in done.err


def test_in_a_pull_request_the_base_decides(hc: Hc, repo: Repository) -> None:
    repo.write("hardencheck.toml", LOW)
    repo.commit()
    repo.git("switch", "--quiet", "--create", "change")
    waiver = (
        '[[waiver]]\ncheck = "permissions.executable-data"\nscope = "*"\nreason = "r"\nowner = "o"\n'
        "expires = 2026-12-01\n"
    )
    repo.write("hardencheck.toml", NEVER + waiver)
    base = repo.git("rev-parse", "main")
    report = scan(hc, repo.path, "--policy-ref", "main", code=1)
    text = f"hardencheck.toml is changed (fail-on, waiver); this audit went by the one of {base[:7]}"
    assert notes(report)["policy"] == text
    assert report["tool"]["config_source"] == "hardencheck.toml @ main"
    assert verdict(report, "practice.policy-reviewed") == (
        "manual",
        f"{text}: somebody other than its author has to look",
    )
    assert verdict(report, "permissions.executable-data")[0] == "fail"
    repo.write("hardencheck.toml", f"# only a comment\n{LOW}")
    same = scan(hc, repo.path, "--policy-ref", "main", code=1)
    assert "policy" not in notes(same)
    assert verdict(same, "practice.policy-reviewed")[1].startswith("manual: hardencheck attest")


def test_an_attested_policy_line_is_asked_again_when_it_changes(hc: Hc, repo: Repository) -> None:
    repo.write("hardencheck.toml", LOW)
    attested = hc(
        "attest", "practice.policy-reviewed", "--by", "a", "--evidence", "e", "--expires", _soon(), cwd=repo.path
    )
    assert attested.code == 0, attested.err
    repo.commit()
    assert verdict(scan(hc, repo.path), "practice.policy-reviewed")[0] == "pass"
    repo.write("hardencheck.toml", NEVER)
    assert verdict(scan(hc, repo.path, "--policy-ref", "HEAD"), "practice.policy-reviewed")[0] == "manual"


def _soon() -> str:
    import datetime as dt

    return str(dt.datetime.now(dt.UTC).date() + dt.timedelta(days=30))


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (None, LOW, "hardencheck.toml is changed (fail-on, schema, select)"),
        (LOW, None, "hardencheck.toml is changed (fail-on, schema, select)"),
        (None, None, ""),
    ],
)
def test_a_configuration_that_comes_or_goes(
    before: str | None, after: str | None, words: str, hc: Hc, repo: Repository
) -> None:
    file = repo.path / "hardencheck.toml"
    for text in (before, after):
        file.unlink(missing_ok=True)
        if text is not None:
            file.write_text(text)
        if text is before:
            repo.commit()
    report = scan(hc, repo.path, "--policy-ref", "HEAD")
    assert notes(report).get("policy", "").startswith(words)
    assert report["gate"]["fail_on"] == ("low" if before else "high")


def test_a_change_that_could_not_be_used_is_an_error_now(hc: Hc, repo: Repository) -> None:
    repo.write("hardencheck.toml", LOW)
    repo.commit()
    repo.write("hardencheck.toml", LOW.replace("executable-data", "executable-date"))
    done = hc("scan", str(repo.path), "--policy-ref", "main")
    assert done.code == 2
    assert "hardencheck.toml:3: select[1]: no check 'permissions.executable-date'" in done.err
    repo.write("hardencheck.toml", "broken")
    assert hc("scan", str(repo.path), "--policy-ref", "main").code == 2


def test_a_base_configuration_that_is_no_file(hc: Hc, repo: Repository) -> None:
    (repo.path / "hardencheck.toml").symlink_to("/etc/passwd")
    repo.commit()
    (repo.path / "hardencheck.toml").unlink()
    done = hc("scan", str(repo.path), "--policy-ref", "main")
    assert done.code == 2
    assert "expected a file, this is something else" in done.err


CHECK = """
schema = 1
title = "No YAML is executable"
severity = "critical"
owner = "application"
expected = "e"
why = "w"
fix = "f"
rollback = "r"
bypass = "b"
[parameters.most]
default = 0
doc = "How many."
[[rule]]
fact = "file.mode"
where.data = true
every.executable = false
"""


def test_checks_and_plugins_come_from_the_user_alone(hc: Hc, repo: Repository, tmp_path: Path) -> None:
    own = tmp_path / "own" / "permissions"
    own.mkdir(parents=True)
    (own / "yaml.toml").write_text(CHECK)
    only = ("--select", "permissions.yaml")
    report = scan(hc, repo.path, *only, "--checks", str(own.parent), code=1)
    assert notes(report)["extra checks"] == "own"
    assert hc("scan", str(repo.path), *only, env={"HARDENCHECK_CHECKS": str(own.parent)}).code == 1
    assert hc("scan", str(repo.path), *only).code == 2
    home = Path(os.environ["HARDENCHECK_CONFIG_DIR"])
    home.mkdir()
    (home / "config.toml").write_text(f'checks = ["{own.parent}"]\n')
    assert hc("scan", str(repo.path), *only).code == 1
    assert "permissions.yaml" in hc("list").out
    assert "No YAML is executable" in hc("explain", "permissions.yaml").out
    repo.write("hardencheck.toml", 'schema = 1\n[checks."permissions.yaml"]\nmost = "many"\n')
    done = hc("scan", str(repo.path))
    assert 'hardencheck.toml:3: checks."permissions.yaml".most: expected a whole number, got text' in done.err
    repo.write("hardencheck.toml", 'schema = 1\n[checks."permissions.yaml"]\nmots = 1\n')
    done = hc("scan", str(repo.path))
    assert (done.code, done.err.splitlines()[:2]) == (
        2,
        [
            "hardencheck: error: hardencheck.toml:3: checks.\"permissions.yaml\".mots: no parameter 'mots'",
            "hint: did you mean 'most'?",
        ],
    )
    assert hc("scan", str(repo.path), env={"HARDENCHECK_PLUGINS": "nobody"}).code == 2
    (home / "config.toml").write_text('checks = "own"\n')
    assert hc("scan", str(repo.path)).code == 2


TARGETS = """
schema = 1
[[target]]
name = "staging"
url = "http://127.0.0.1:9/"
profile = "shop.staging"
[[target]]
name = "nowhere"
"""


def test_a_url_of_the_configuration_is_asked_only_by_name(
    repo: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.write("hardencheck.toml", TARGETS)
    asked: list[tuple[str, ...]] = []

    def collect(target: Any, options: Any) -> Any:
        asked.append(target.urls)
        assert target.profile == "shop.staging"
        raise KeyboardInterrupt

    monkeypatch.setattr("hardencheck.audit.collect", collect)
    monkeypatch.chdir(repo.path)
    assert run(["scan"]) == 130
    assert run(["scan", "--url", "staging", "--url", "https://x.example/", "--url", "http://127.0.0.1:9/"]) == 130
    assert asked == [(), ("http://127.0.0.1:9/", "https://x.example/")]
    capsys.readouterr()
    assert run(["scan", "--url", "stagin"]) == 2
    assert "did you mean 'staging'?" in capsys.readouterr().err
    assert run(["scan", "--url", "nowhere"]) == 2
    assert "this target has no url in hardencheck.toml" in capsys.readouterr().err


def test_a_cache_that_is_broken_or_cannot_be_written(hc: Hc, repo: Repository, tmp_path: Path) -> None:
    only = ("--select", "permissions.executable-data", "--fail-on", "low")
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o700)
    (cache / "facts.sqlite3").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    report = scan(hc, repo.path, *only, "--cache-dir", str(cache), code=1)
    assert notes(report)["cache"].startswith("cache discarded: it is corrupt or not ours")
    with closing(sqlite3.connect(cache / "facts.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    report = scan(hc, repo.path, *only, "--cache-dir", "/proc/none", code=1)
    assert notes(report)["cache"].startswith("cache not used: ")
    assert "cache" not in notes(scan(hc, repo.path, *only, "--no-cache", code=1))


@pytest.mark.parametrize(
    "name",
    [
        "a\nb.yaml",
        "\x1b[31mred.yaml",
        "\u202egnp.yaml",
        "::error::x.yaml",
        "<script>alert(1)</script>.yaml",
        "[bold].yaml",
    ],
)
def test_hostile_names_stay_names(name: str, hc: Hc, repo: Repository, tmp_path: Path) -> None:
    file = repo.path / name.replace("/", "_")
    file.write_text("a: 1\n")
    file.chmod(0o755)
    done = hc("scan", str(repo.path), "--select", "permissions.executable-data", "-v")
    assert done.code == 0
    assert "\x1b" not in done.out
    assert "\u202e" not in done.out
    assert done.out.count("mode 100755") == 2
    gone = hc("scan", str(tmp_path / f"gone{name}"))
    assert gone.code == 3
    assert "\x1b" not in gone.err
    assert not any(line.startswith("::") for line in gone.err.splitlines())


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "[" * 200_000,
        "a." * 300_000 + "b = 1",
        "schema = 1\n" + "# padding\n" * 1_100_000,
        "schema = 1\nselect = [" + '"*",' * 60_000 + "]",
        '[[waiver]]\ncheck = "\\u202e\\u001b[31m"\n',
        "schema = 1\n\x1b[31m = 1",
    ],
    ids=["nested", "dotted", "10 MB", "many", "escapes", "raw escapes"],
)
def test_a_hostile_configuration(text: str, hc: Hc, repo: Repository) -> None:
    repo.write("hardencheck.toml", text)
    done = hc("scan", str(repo.path))
    assert done.code in {0, 2}
    assert "Traceback" not in done.err
    assert "internal error" not in done.err
    assert "\x1b" not in done.err


def test_exclude_patterns_that_never_end(hc: Hc, repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pathspec has only `re` to match with."""
    simple = functools.partial(pathspec.GitIgnoreSpec.from_lines, backend="simple")
    monkeypatch.setattr("pathspec.GitIgnoreSpec.from_lines", simple)
    monkeypatch.setattr("hardencheck.collect.run.EXCLUDE_SECONDS", 0.5)
    repo.write("a" * 200, "x")
    repo.write("hardencheck.toml", f'schema = 1\nexclude = ["{"*a" * 12}*b"]\n')
    done = hc("scan", str(repo.path))
    assert (done.code, "the exclude patterns are not matched after" in done.err) == (2, True)


def test_where_the_time_went(hc: Hc, repo: Repository) -> None:
    repo.write("service/settings.py", "DEBUG = True\nROOT_URLCONF = 'service.urls'\nALLOWED_HOSTS = ['*']\n")
    repo.commit()
    plain = hc("scan", str(repo.path), "--no-cache", "--format", "json")
    done = hc("scan", str(repo.path), "--no-cache", "--format", "json", "--profile-run")
    assert done.code == plain.code
    assert json.loads(done.out)["items"] == json.loads(plain.out)["items"]
    head, *rows = [line for line in done.err.splitlines() if "  " in line]
    assert "CPU s" in head
    assert {"judging", "less than 5 ms each"} <= {row[26:] for row in rows}
    assert sum(float(row[9:15].rstrip("%")) for row in rows) == pytest.approx(100, abs=1)
    refused = hc("scan", str(repo.path), "--profile-run", "--jobs", "2")
    assert (refused.code, refused.out) == (2, "")


def test_drift_can_fail_the_gate(hc: Hc, repo: Repository) -> None:
    """A header that is declared and does not come: by the command line, by the configuration, or not at all."""
    repo.write("shop/settings.py", "MIDDLEWARE = ['django.middleware.clickjacking.XFrameOptionsMiddleware']\n")
    repo.write("requirements.txt", "django==5.2\n")
    request = {"method": "GET", "url": "https://shop.example/", "headers": []}
    entry = {
        "request": request,
        "response": {"status": 200, "headers": [{"name": "Content-Type", "value": "text/html"}]},
    }
    repo.write("saved.har", json.dumps({"log": {"version": "1.2", "entries": [entry]}}))
    only = ("--har", str(repo.path / "saved.har"), "--select", "headers.drift", "--history", "none")
    report = scan(hc, repo.path, *only, code=0)
    assert verdict(report, "headers.drift")[0] == "fail"
    assert report["items"][0]["drift"] == "declared and observed differ"
    report = scan(hc, repo.path, *only, "--fail-on", "drift", code=1)
    assert (report["gate"]["fail_on"], report["gate"]["drift"]) == ("high", True)
    [reason] = report["gate"]["reasons"]
    assert "x-frame-options: declared DENY (shop/settings.py:1), observed not sent" in reason
    report = scan(hc, repo.path, *only, "--fail-on", "never", "--fail-on", "drift", code=1)
    assert (report["gate"]["fail_on"], report["gate"]["drift"]) == ("never", True)
    repo.write("hardencheck.toml", 'schema = 1\nfail-on = "never"\nfail-on-drift = true\n')
    scan(hc, repo.path, *only, code=1)
    other = ("--select", "headers.hsts", *only[:2], "--history", "none")
    scan(hc, repo.path, *other, "--fail-on", "drift", code=0)
