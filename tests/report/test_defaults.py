"""The document of the production defaults: the same bytes every time, hostile values harmless, changes told."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from jsonschema import Draft202012Validator

from hardencheck.errors import UsageError
from hardencheck.model.checklist import Checklist
from hardencheck.model.facts.settings import Variable
from hardencheck.model.location import Location
from hardencheck.report import Options, read
from hardencheck.report import render as render_report
from hardencheck.report.defaults import FORMATS, recognised, render, schema, tally
from hardencheck.report.defaults._rows import framework_default
from hardencheck.report.defaults.compare import difference
from hardencheck.report.defaults.markdown import COLUMNS
from hardencheck.report.terminal import cells
from tests.report.samples import CLEAN, DRIFT
from tests.report.settings import HOSTILE_VALUES, row
from tests.report.test_reports import UNSEEN

FORMAT = pytest.mark.parametrize("fmt", sorted(FORMATS))


def changed(**values: dict[str, object]) -> Checklist:
    """DRIFT with other fields in the rows of these names."""
    rows = tuple(
        msgspec.structs.replace(one, **values[one.name]) if one.name in values else one for one in DRIFT.defaults
    )
    return msgspec.structs.replace(DRIFT, defaults=rows)


def table(text: str) -> list[list[str]]:
    """Rows of the tables as GitHub splits them: at every bar that no backslash precedes."""
    return [
        [part.strip() for part in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in text.splitlines()
        if line.startswith("| ")
    ]


def test_markdown_has_one_row_for_each_setting_with_all_that_is_known() -> None:
    text = render("markdown", DRIFT)
    assert text.startswith("# Production defaults\n\n")
    rows = [cells_ for cells_ in table(text) if cells_[0] != COLUMNS[0]]
    assert len(rows) == len(DRIFT.defaults)
    assert {len(cells_) for cells_ in rows} == {len(COLUMNS)}
    by_name = {cells_[0]: dict(zip(COLUMNS, cells_, strict=True)) for cells_ in rows}
    assert by_name["`DEBUG`"] == {
        "Setting": "`DEBUG`",
        "Value in production": "`False`",
        "Set at": "`config/settings/production.py:12`",
        "Environment": "`DEBUG` (`bool`): `False` unless set; `compose.yaml:14` sets it to `1`"
        "<br>`NEEDED`: must be set",
        "Framework default": "`False` (`Django 5.2`)",
        "Expected": "What settings.debug demands, in a full sentence.",
        "Verdict": "**fail** `settings.debug`",
        "Owner": "`application`",
        "Why": "What goes wrong without settings.debug, in a long first sentence.",
    }
    assert by_name["`CSRF_COOKIE_NAME`"]["Set at"] == "not set"
    assert by_name["`CSRF_COOKIE_NAME`"]["Framework default"] == "this (`Django 5.2`)"
    assert by_name["`CSRF_COOKIE_NAME`"]["Verdict"] == "not judged"
    assert by_name["`SECURE_HSTS_SECONDS`"]["Value in production"] == "one of `0 or 31536000`"
    assert by_name["`TRUSTED`"]["Value in production"] == "in part `['a', …]`"
    assert by_name["`SECRET_KEY`"]["Value in production"] == "not known"
    assert "- `SECRET_KEY`: `vault.read('…') (call)` at `config/settings/production.py:12`\n" in text
    assert (
        "- `ALLOWED_HOSTS`: `config/settings/base.py:3`, then `config/settings/base.py:9`, then "
        "`config/settings/production.py:12`\n" in text
    )
    assert "- `DEBUG`: `settings.debug` fail, `settings.other` pass\n" in text
    assert "the environment of the deployment names it: `Dockerfile:7`, `compose.yaml:12`.\n" in text


def test_a_package_beside_the_framework_has_defaults_of_its_own() -> None:
    row = next(one for one in DRIFT.defaults if one.name == "CSRF_COOKIE_NAME")
    named = msgspec.structs.replace(row, name="Talisman.force_https", framework="flask", version="3.0")
    assert framework_default(named).of == "Flask-Talisman"
    assert framework_default(msgspec.structs.replace(named, name="DEBUG")).of == "Flask 3.0"


def test_markdown_keeps_hostile_values_in_code() -> None:
    text = render("markdown", DRIFT)
    bare = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", re.sub(r"<code>[^<]*</code>", "", text))
    for active in ("<script", "<i>", "<b>", "<u>", "@octocat", "evil.example", "{{", "alert("):
        assert active not in bare, active
    assert set(re.findall(r"<[^>]*>", bare)) <= {"<br>", "<!-- -->"}
    assert "`'<script>alert(1)</script>'`" in text
    assert "<code>&#39;a&#124;b" in text  # a value with a bar, which no code span in a table can hold


def test_text_fits_80_columns() -> None:
    text = render("text", DRIFT)
    # A word is never broken, so that a path can be copied: only those may be longer.
    assert [line for line in text.splitlines() if cells(line) > 80 and len(line.split()) > 2] == []
    assert "\x1b" not in text
    assert "\x1b[" in render("text", DRIFT, Options(color=True))
    assert render("text", DRIFT, Options(unicode=False)).isascii()
    for part in (
        "✗ DEBUG                                     fail · application",
        "    set at       config/settings/production.py:12, over",
        "    environment  DEBUG (bool): False unless set; compose.yaml:14 sets it to 1",
        "    environment  NEEDED: must be set",
        "    value        not known: vault.read('…') (call)",
        "    value        one of 0 or 31536000",
        "    value        in part ['a', …]: value comes from more() (call)",
        "    value        'csrftoken', the default of Django 5.2",
        "  in all       1 setting: 1 known, 1 depends on the environment, 0 unknown;",
    ):
        assert f"\n{part}" in text, part
    assert "What goes wrong without settings.allowed-hosts" not in text
    assert "What goes wrong without settings.allowed-hosts" in render("text", DRIFT, Options(verbose=True)).replace(
        "\n                 ", " "
    )


def test_json_follows_its_schema_and_holds_every_field() -> None:
    made = json.loads(render("json", DRIFT))
    validator = Draft202012Validator(schema())
    validator.check_schema(schema())
    assert [error.message for error in validator.iter_errors(made)] == []
    assert [one["name"] for one in made["settings"]] == [one.name for one in DRIFT.defaults]
    assert made["applications"][0]["places"] == [
        {"path": "Dockerfile", "line": 7},
        {"path": "compose.yaml", "line": 12},
    ]
    assert {one["value"] for one in made["settings"]} >= set(HOSTILE_VALUES)
    made["settings"][0]["state"] = "sure"
    assert not validator.is_valid(made)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in {"meta", "br", "hr", "wbr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_html_is_one_quiet_page() -> None:
    text = render("html", DRIFT)
    page = _Page()
    page.feed(text)
    assert page.open == []
    assert page.seen == {
        "html", "head", "meta", "title", "style", "body", "a", "div", "header", "main", "p", "h1", "h2", "ul", "li",
        "section", "table", "thead", "tbody", "tr", "th", "td", "code", "wbr", "span", "i", "footer",
    }  # fmt: skip
    assert not page.attributes & {"style", "src", "onclick", "onerror"}
    assert "default-src 'none'; style-src 'sha256-" in text
    assert HOSTILE_VALUES[0] in page.text
    assert "config.settings.production" in page.text


def test_the_audit_s_page_has_the_same_rows_and_links_to_their_checks() -> None:
    text = render_report("html", DRIFT)
    page = _Page()
    page.feed(text)
    assert page.open == []
    assert text.count('<table class="wide defaults">') == len(DRIFT.applications)
    assert '<a href="#line-headers.hsts"><code>headers.hsts</code></a>' in text.partition('id="defaults"')[2]
    assert 'id="defaults"' not in render_report("html", CLEAN)


@FORMAT
def test_nothing_unseen_gets_through(fmt: str) -> None:
    text = render(fmt, DRIFT, Options(verbose=True))
    assert UNSEEN.findall(text) == []
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    text.encode()


@FORMAT
def test_a_long_value_is_cut_with_a_mark(fmt: str) -> None:
    text = render(fmt, DRIFT)
    longest = max(len(run) for run in re.findall("x+", text))
    assert longest == (5_000 if fmt == "json" else 199)
    assert (fmt == "json") or "(5002 characters)" in text.replace("&#40;", "(").replace("\n                 ", " ")


@FORMAT
def test_many_places_and_variables_are_cut(fmt: str) -> None:
    chain = tuple(msgspec.structs.replace(DRIFT.defaults[0].location, line=number) for number in range(1, 3_000))
    variables = tuple(msgspec.structs.replace(DRIFT.defaults[1].depends_on[0], name=f"V{n}") for n in range(3_000))
    text = render(fmt, changed(DEBUG={"chain": chain, "depends_on": variables}))
    assert fmt == "json" or len(text) < 60_000


@FORMAT
def test_the_document_names_nothing_that_differs_between_machines(fmt: str) -> None:
    other = msgspec.structs.replace(
        DRIFT,
        subject=msgspec.structs.replace(DRIFT.subject, name="elsewhere", commit="0" * 40, dirty=True, origin=None),
        tool=msgspec.structs.replace(DRIFT.tool, version="9.9.9", python="3.99"),
        started="2031-01-01T00:00:00Z",
        seconds=99.0,
    )
    assert render(fmt, other) == render(fmt, DRIFT)


@FORMAT
def test_a_saved_report_gives_the_same_document(fmt: str) -> None:
    assert render(fmt, read(render_report("json", DRIFT))) == render(fmt, DRIFT)


def test_a_report_from_before_there_were_defaults_is_read() -> None:
    saved = json.loads(render_report("json", DRIFT))
    del saved["defaults"], saved["applications"]
    old = read(json.dumps(saved))
    assert (old.applications, old.defaults) == ((), ())
    assert "No application was found" in render("markdown", old)
    assert 'id="defaults"' not in render_report("html", old)


def test_two_interpreters_give_the_same_bytes() -> None:
    script = (
        "import hashlib\n"
        "from hardencheck.report.defaults import FORMATS, render\n"
        "from tests.report.samples import DRIFT\n"
        "for fmt in sorted(FORMATS): print(hashlib.sha256(render(fmt, DRIFT).encode()).hexdigest())\n"
    )
    root = Path(__file__).parents[2]
    answers = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": f"{root / 'src'}:{root}", "TZ": zone, "LC_ALL": "C"},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("77", "Asia/Kathmandu"))
    }
    assert len(answers) == 1


def test_an_unknown_format_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="no format 'jsn'") as caught:
        render("jsn", DRIFT)
    assert caught.value.hint == "did you mean 'json'?"


@FORMAT
def test_a_document_is_recognised_by_its_content_or_its_name(fmt: str) -> None:
    assert recognised(render(fmt, DRIFT), "defaults") == fmt
    assert recognised(render(fmt, DRIFT).replace("\n", "\r\n"), "defaults.bak") == fmt
    assert recognised("", f"DEFAULTS{FORMATS[fmt][0].upper()}") == fmt
    assert recognised("something else\n", "defaults") is None


def test_counts() -> None:
    assert tally(DRIFT.defaults) == (13, 2, 2)
    assert tally(()).words == "0 known, 0 depend on the environment, 0 unknown"


@FORMAT
def test_line_ends_and_the_last_newline_do_not_count(fmt: str) -> None:
    text = render(fmt, DRIFT)
    for other in (text, text.replace("\n", "\r\n"), text.rstrip("\n"), f"{text}\n\n", f"\ufeff{text}"):
        assert difference(fmt, other, text) is None


@pytest.mark.parametrize("fmt", ["markdown", "json"])
def test_a_changed_setting_is_told_field_by_field(fmt: str) -> None:
    new = changed(DEBUG={"value": "True"}, ALLOWED_HOSTS={"name": "ALLOWED"})
    found = difference(fmt, render(fmt, DRIFT), render(fmt, new))
    assert found is not None
    assert found.summary.startswith("1 setting changed, 1 setting new, 1 setting gone")
    told = "\n".join(found.lines)
    assert "- ALLOWED_HOSTS (config.settings.production: " in told
    assert "+ ALLOWED (config.settings.production: " in told
    assert "~ DEBUG (config.settings.production: " in told
    field = "Value in production: `False`  ->  `True`" if fmt == "markdown" else "value: False  ->  True"
    assert f"    {field}" in told
    assert "SECURE_HSTS_SECONDS" not in told


@pytest.mark.parametrize("fmt", ["text", "html"])
def test_other_formats_are_compared_line_by_line(fmt: str) -> None:
    found = difference(fmt, render(fmt, DRIFT), render(fmt, changed(SECURE_HSTS_SECONDS={"value": "1 or 2"})))
    assert found is not None
    assert [line[0] for line in found.lines if "1 or 2" in line] == ["+"]
    assert [line[0] for line in found.lines if "0 or 31536000" in line] == ["-"]


def test_text_around_the_tables_is_compared_too() -> None:
    text = render("markdown", DRIFT)
    found = difference("markdown", text.replace("Taken for production", "Perhaps"), text)
    assert found is not None
    assert found.summary == "text outside the tables"
    assert any(line.startswith("-Perhaps") for line in found.lines)


@FORMAT
@pytest.mark.parametrize("committed", ["", "{", '{"settings": 3}', "# Production defaults\n", "\x1b[31m\n", "| a |\n"])
def test_a_broken_document_is_out_of_date_and_harmless(fmt: str, committed: str) -> None:
    found = difference(fmt, committed, render(fmt, DRIFT))
    assert found is not None
    assert found.lines
    assert found.summary
    assert UNSEEN.findall("".join(found.lines)) == []


@pytest.mark.parametrize(
    "committed", ["[" * 100_000, "-\n" * 200_000, "| `a` |" * 50_000, '{"settings": [' + "1," * 100_000 + "1]}"]
)
@FORMAT
def test_a_huge_document_is_compared_in_no_time(fmt: str, committed: str) -> None:
    found = difference(fmt, committed, render(fmt, DRIFT))
    assert found is not None
    assert len("".join(found.lines)) < 100_000


def test_a_long_field_is_shown_around_the_difference() -> None:
    old = changed(DEBUG={"value": "a" * 150 + "b" + "c" * 40})
    new = changed(DEBUG={"value": "a" * 150 + "d" + "c" * 40})
    found = difference("json", render("json", old), render("json", new))
    assert found is not None
    [line] = [line for line in found.lines if line.startswith("    value: ")]
    assert re.fullmatch(r"    value: …a{30}bc{40}  ->  …a{30}dc{40}", line)


def test_rows_of_an_application_that_is_not_listed_have_a_table_too() -> None:
    lone = msgspec.structs.replace(DRIFT, applications=(), defaults=(row("DEBUG"),))
    assert "## `config.settings.production`: `Django`" in render("markdown", lone)


@FORMAT
def test_what_is_not_in_the_repository_and_goes_before_what_is_given_is_said(fmt: str) -> None:
    debug = Variable(
        name="DEBUG", default="False", given="1", given_at=Location(path="a.service", line=2), unless=("/etc/<x>|`",)
    )
    text = render(fmt, changed(DEBUG={"depends_on": (debug,)}))
    if fmt == "json":
        (row_,) = (one for one in json.loads(text)["settings"] if one["name"] == "DEBUG")
        assert row_["depends_on"][0]["unless"] == ["/etc/<x>|`"]
        return
    assert "which is not in the repository" in " ".join(re.sub(r"[│|]", " ", text).split())
    assert "<x>" not in text if fmt in {"html", "markdown"} else "/etc/<x>" in text


def test_nothing_is_said_of_it_where_there_is_nothing() -> None:
    assert not any(
        "unless" in one for row_ in json.loads(render("json", DRIFT))["settings"] for one in row_["depends_on"]
    )
