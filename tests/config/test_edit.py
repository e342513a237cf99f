"""Adding waivers and answers: what the user wrote stays byte for byte."""

import datetime as dt
import os
import stat
from pathlib import Path

import pytest

from hardencheck.config.edit import Value, add_table, checked, create, replace_file, stage_file, write
from hardencheck.config.find import TABLE, Source, parse
from hardencheck.errors import ConfigError, OutputError

TODAY = dt.date(2026, 11, 22)
WAIVER: dict[str, Value] = {
    "check": "headers.hsts",
    "scope": "*",
    "reason": 'it says "soon"',
    "owner": "team",
    "expires": dt.date(2027, 2, 1),
}
LINES = """\
[[waiver]]
check = "headers.hsts"
scope = "*"
reason = "it says \\"soon\\""
owner = "team"
expires = 2027-02-01
"""


def source(text: str, prefix: tuple[str, ...] = ()) -> Source:
    made = parse("hardencheck.toml", text.encode(), prefix=prefix)
    assert made is not None
    return made


def test_a_new_file() -> None:
    assert add_table(None, "waiver", WAIVER) == f"schema = 1\n\n{LINES}"


BEFORE = f"""\
# ours
schema   = 1   # one
fail-on='low'

{LINES}
# about the target
[[target]]  # here
name = 'x'
"""
PYPROJECT = "[project]\nname = 'x' # keep\n\n[tool.hardencheck]\nschema = 1\n[tool.ruff]\nline-length = 88"


def test_all_that_was_there_stays_byte_for_byte() -> None:
    text = add_table(source(BEFORE), "waiver", WAIVER)
    assert text == f"{BEFORE}\n{LINES}"
    assert source(text).table["waiver"] == [WAIVER, WAIVER]


def test_in_a_pyproject() -> None:
    text = add_table(source(PYPROJECT, TABLE), "waiver", WAIVER)
    assert text == f"{PYPROJECT}\n\n{LINES.replace('[[waiver]]', '[[tool.hardencheck.waiver]]')}"
    assert source(text, TABLE).table["waiver"] == [WAIVER]


@pytest.mark.parametrize(
    ("before", "prefix", "checks"),
    [
        (
            "schema = 1\nwaiver = [\n  # one\n  {check='a',scope='*',reason='r',owner='o',expires=2027-01-01},\n]\n",
            (),
            ["a", "headers.hsts"],
        ),
        ("tool.hardencheck.schema = 1 # one\n", TABLE, ["headers.hsts"]),
        ("[tool] # one\nhardencheck.schema = 1\n", TABLE, ["headers.hsts"]),
        ("[tool]\nhardencheck = { schema = 1 } # one\n", TABLE, ["headers.hsts"]),
    ],
)
def test_written_in_line(before: str, prefix: tuple[str, ...], checks: list[str]) -> None:
    text = add_table(source(before, prefix), "waiver", WAIVER)
    assert [item["check"] for item in source(text, prefix).table["waiver"]] == checks
    assert "# one" in text


def test_an_answer_replaces_the_earlier_one() -> None:
    answer: dict[str, Value] = {"check": "practice.logs-watched", "by": "a", "evidence": "one"}
    other: dict[str, Value] = {"check": "practice.backup-restore-tried", "by": "b", "evidence": "x"}
    text = add_table(None, "attestation", answer, replaces="check")
    text = add_table(source(text), "attestation", other, replaces="check")
    text = text.replace('evidence = "one"', 'evidence = "one"  # ticket')
    text = add_table(source(text), "attestation", answer | {"evidence": "two"}, replaces="check")
    assert source(text).table["attestation"] == [answer | {"evidence": "two"}, other]
    inline = "schema = 1\nattestation = [{check = 'practice.logs-watched', by = 'a', evidence = 'one'}]\n"
    text = add_table(source(inline), "attestation", answer | {"evidence": "two"}, replaces="check")
    assert source(text).table["attestation"] == [answer | {"evidence": "two"}]


def test_line_ends_stay() -> None:
    text = add_table(source("schema = 1\r\n# ours\r\n"), "waiver", WAIVER)
    assert text.count("\r\n") == text.count("\n")


def test_hostile_texts_are_only_texts() -> None:
    reason = '"""\n[[waiver]]\ncheck = "x"\u202e\x1b[31m'
    text = add_table(None, "waiver", WAIVER | {"reason": reason})
    (waiver,) = source(text).table["waiver"]
    assert waiver["reason"] == reason


def test_what_could_not_be_read_back_is_refused() -> None:
    text = add_table(None, "waiver", WAIVER)
    assert checked("hardencheck.toml", text, today=TODAY) == text
    with pytest.raises(ConfigError):
        checked("hardencheck.toml", text.replace("2027-02-01", "2029-02-01"), today=TODAY)
    with pytest.raises(ConfigError, match="no configuration in it"):
        checked("pyproject.toml", "[tool]\n", today=TODAY, prefix=TABLE)


def test_a_file_is_replaced_with_its_mode_and_through_its_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.toml", tmp_path / "link.toml"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    write(link, "new")
    assert (real.read_text(), stat.S_IMODE(real.stat().st_mode), link.is_symlink()) == ("new", 0o640, True)
    assert sorted(os.listdir(tmp_path)) == ["link.toml", "real.toml"]


def test_a_new_file_has_the_usual_mode(tmp_path: Path) -> None:
    replace_file(tmp_path / "x", b"data")
    (tmp_path / "y").touch()
    assert (tmp_path / "x").stat().st_mode == (tmp_path / "y").stat().st_mode


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        stage_file(tmp_path / "none" / "x", b"data")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="cannot be replaced"):
        replace_file(tmp_path / "folder", b"data")
    assert os.listdir(tmp_path) == ["folder"]


def test_create_never_overwrites(tmp_path: Path) -> None:
    create(tmp_path / "x", "one")
    with pytest.raises(ConfigError, match="never overwritten"):
        create(tmp_path / "x", "two")
    (tmp_path / "dangling").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="never overwritten"):
        create(tmp_path / "dangling", "two")
    with pytest.raises(OutputError):
        create(tmp_path / "none" / "x", "two")
    assert (tmp_path / "x").read_text() == "one"
