"""What holds for every format: golden files, the same bytes from the saved JSON, hostile names harmless."""

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from hardencheck import report
from hardencheck.errors import UsageError
from hardencheck.model.checklist import Checklist
from hardencheck.report import RENDERERS, read, render
from tests.report.samples import DRIFT, HOSTILE, SAMPLES

GOLDEN = Path(__file__).parent / "golden"
SUFFIX = {"terminal": "txt", "markdown": "md", "github": "txt", "sarif": "sarif.json", "sarif-full": "sarif.json"}
# Nothing that moves a cursor, reorders text or ends a line early may stand in any report as itself.
UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


@pytest.mark.parametrize("name", sorted(SAMPLES))
@pytest.mark.parametrize("fmt", sorted(RENDERERS))
def test_golden(fmt: str, name: str, request: pytest.FixtureRequest) -> None:
    path, text = GOLDEN / f"{name}.{fmt}.{SUFFIX.get(fmt, fmt)}", render(fmt, SAMPLES[name])
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())  # read the diff before you commit it
    assert text == path.read_bytes().decode()


def test_golden_files_are_all_used() -> None:
    expected = {f"{name}.{fmt}.{SUFFIX.get(fmt, fmt)}" for name in SAMPLES for fmt in RENDERERS}
    assert {path.name for path in GOLDEN.iterdir()} == expected


def test_every_module_is_a_format_and_every_format_a_module() -> None:
    package = Path(report.__file__).parent
    modules = {path.stem for path in package.glob("*.py") if not path.stem.startswith("_")}
    assert {fmt.removesuffix("-full") for fmt in RENDERERS} == modules


@pytest.mark.parametrize("name", sorted(SAMPLES))
@pytest.mark.parametrize("fmt", sorted(RENDERERS))
def test_the_saved_json_gives_the_same_bytes(fmt: str, name: str) -> None:
    saved = read(render("json", SAMPLES[name]))
    assert saved == SAMPLES[name]
    assert render(fmt, saved) == render(fmt, SAMPLES[name])


@pytest.mark.parametrize("fmt", sorted(RENDERERS))
def test_nothing_unseen_gets_through(fmt: str) -> None:
    text = render(fmt, DRIFT, verbose=True)
    assert UNSEEN.findall(text) == []
    assert text.endswith("\n")
    text.encode()  # no lone surrogate


@pytest.mark.parametrize("fmt", sorted(RENDERERS))
def test_a_lone_surrogate_is_spelled_out(fmt: str) -> None:
    name = "caf\udce9.py"
    subject = msgspec.structs.replace(DRIFT.subject, name=name)
    text = render(fmt, msgspec.structs.replace(DRIFT, subject=subject))
    text.encode()


@pytest.mark.parametrize("fmt", sorted(RENDERERS))
def test_a_huge_value_does_not_make_a_huge_report(fmt: str) -> None:
    if fmt == "json":
        return  # the record holds everything
    item = DRIFT.items[0]
    finding = msgspec.structs.replace(item.findings[0], observed="x" * 5_000_000)
    item = msgspec.structs.replace(item, findings=(finding,), summary="y" * 5_000_000)
    big = msgspec.structs.replace(DRIFT, items=(item,))
    assert len(render(fmt, big, verbose=True)) < 200_000


def test_two_interpreters_give_the_same_bytes() -> None:
    script = (
        "import sys, hashlib\n"
        "from hardencheck.report import RENDERERS, render, schema\n"
        "from hardencheck.report.json import encode\n"
        "from tests.report.samples import DRIFT\n"
        "for fmt in sorted(RENDERERS): print(hashlib.sha256(render(fmt, DRIFT).encode()).hexdigest())\n"
        "print(hashlib.sha256(encode(schema()).encode()).hexdigest())\n"
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
    with pytest.raises(UsageError, match="no report format 'markdwn'") as caught:
        render("markdwn", DRIFT)
    assert caught.value.hint == "did you mean 'markdown'?"


def test_reports_import_no_heavy_library() -> None:
    script = (
        "import sys, hardencheck.report\n"
        "from tests.report.samples import DRIFT\n"
        "for fmt in ('terminal', 'json', 'github', 'markdown'): hardencheck.report.render(fmt, DRIFT)\n"
        "print(sorted({'rich', 'jinja2', 'httpx', 'bandit', 'yaml'} & set(sys.modules)))\n"
    )
    root = Path(__file__).parents[2]
    answer = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": f"{root / 'src'}:{root}"},
        capture_output=True,
        check=True,
        text=True,
    )
    assert answer.stdout == "[]\n"


def test_the_sample_holds_every_hostile_name() -> None:
    assert {finding.location.path for item in DRIFT.items for finding in item.findings} >= set(HOSTILE)
    assert isinstance(DRIFT, Checklist)
