"""The terminal, Markdown and annotations: what a reader sees, and what a hostile name cannot do."""

import re
import shlex

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from hardencheck.model.checklist import PROBED, TRUSTED, Checklist, Note
from hardencheck.model.finding import Verdict
from hardencheck.report import render
from hardencheck.report._text import inline, visible
from hardencheck.report._view import reproduce
from hardencheck.report.github import PER_LEVEL, escape_data, escape_property
from hardencheck.report.markdown import MAX_BYTES, code, text
from hardencheck.report.terminal import cells, wrap
from tests.report.samples import CLEAN, DRIFT, EMPTY, at, finding

ANSI = re.compile(r"\x1b\[[0-9;]*m")
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def everything(tokens: list[Token]) -> list[Token]:
    return [found for token in tokens for found in (token, *everything(token.children or []))]


def with_name(name: str) -> Checklist:
    item = DRIFT.items[0]
    found = finding(item.line.id, Verdict.FAIL, name, at(name, 1), evidence=(name,))
    return msgspec.structs.replace(DRIFT, items=(msgspec.structs.replace(item, findings=(found,), summary=name),))


def test_colour_only_repeats_what_is_there() -> None:
    coloured = render("terminal", DRIFT, color=True)
    assert ANSI.sub("", coloured) == render("terminal", DRIFT)
    assert "\x1b[1;31m✗\x1b[0m" in coloured


def test_ascii_says_the_same_with_shapes_of_its_own() -> None:
    plain = render("terminal", DRIFT, unicode=False)
    assert plain.isascii()
    assert "[x] headers.hsts" in plain
    assert "[!] settings.debug" in plain
    assert len(plain.splitlines()) == len(render("terminal", DRIFT).splitlines())


def test_verbose_lists_what_is_folded() -> None:
    short, long = render("terminal", DRIFT), render("terminal", DRIFT, verbose=True)
    assert "permissions.private-keys" not in short
    assert re.search(r"✓ permissions\.private-keys +pass", long)
    assert "7 more (-v lists them)" in short
    assert "more (-v" not in long


def test_prose_is_wrapped_and_paths_are_not() -> None:
    prose = [line for line in render("terminal", DRIFT, width=60).splitlines() if line.startswith("                ")]
    assert prose
    assert max(cells(line) for line in prose) <= 60
    path = "a/" * 100 + "x.py"
    assert path in render("terminal", with_name(path), width=40)


@given(st.text(st.sampled_from("ab 漢"), max_size=200), st.integers(20, 80))
def test_wrapping_keeps_every_word(words: str, room: int) -> None:
    lines = wrap(words, room)
    assert " ".join(lines).split() == words.split()
    assert all(cells(line) <= room or " " not in line.strip() for line in lines)


def test_nothing_examined_never_looks_like_success() -> None:
    for fmt in ("terminal", "markdown", "html", "github"):
        shown = render(fmt, EMPTY)
        assert not re.search(r"gate passed|ready to sign(?!:)(?<!not ready to sign)", shown, re.IGNORECASE), fmt
        assert "incomplete" in shown.lower()


def test_a_gate_that_is_off_is_not_ready_to_sign() -> None:
    gate = msgspec.structs.replace(DRIFT.gate, exit_code=0, fail_on="never", reasons=())
    off = msgspec.structs.replace(DRIFT, gate=gate)
    assert "Not ready to sign: no gate was set" in render("html", off)
    assert "GATE PASSED (exit 0; fail-on never); 7 lines fail: the gate is off" in render("terminal", off)
    assert '<h2 class="verdict-title" id="verdict">Ready to sign</h2>' in render("html", CLEAN)


def test_a_gate_on_drift_says_so() -> None:
    gate = msgspec.structs.replace(DRIFT.gate, exit_code=0, fail_on="never", drift=True, reasons=())
    alone = msgspec.structs.replace(DRIFT, gate=gate)
    assert "GATE PASSED (exit 0; fail-on drift); 7 lines fail: no drift, or not new" in render("terminal", alone)
    assert "Gate passed (exit 0; fails on drift)" in render("html", alone)
    assert "--fail-on never --fail-on drift" in render("html", alone)
    both = msgspec.structs.replace(DRIFT, gate=msgspec.structs.replace(gate, fail_on="high"))
    assert "fail-on high and drift); 7 lines fail: below high, low confidence, no drift or not new" in render(
        "terminal", both
    )
    assert "fails at high or above, and on drift" in render("markdown", both)


@given(st.text(max_size=60))
def test_visible_text_is_one_line_and_keeps_what_can_be_seen(name: str) -> None:
    shown = visible(name)
    assert len(shown.splitlines()) <= 1
    assert "\x1b" not in shown
    assert visible(shown) == shown
    if name.isascii() and name.isprintable():
        assert shown == name


@given(st.text(max_size=60))
def test_a_code_span_holds_any_text(name: str) -> None:
    tokens = everything(MARKDOWN.parse(f"- {code(name)}: {code(name)}"))
    kinds = {token.type for token in tokens}
    assert not kinds & {"html_inline", "html_block", "link_open", "image", "em_open", "strong_open", "fence", "s_open"}
    assert sum(token.type == "code_inline" for token in tokens) == 2


@given(st.text(st.sampled_from("ab`*_[]()<>#@|~!\\&1.)-+=:/w\n "), max_size=60))
@example("://")
@example("`1``1`")
def test_prose_shows_exactly_its_characters(prose: str) -> None:
    tokens = everything(MARKDOWN.parse(f"- fix: {text(prose)}"))
    shown = "".join(token.content for token in tokens if token.type in {"text", "code_inline"})
    markup = {token.content for token in tokens if token.type == "html_inline"}
    assert markup <= {"<!-- -->"}
    assert not {token.type for token in tokens} & {"link_open", "image", "em_open", "strong_open", "html_block"}
    expected = "".join(part for _, part in inline(" ".join(prose.split())))
    assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", f"fix: {expected}")
    assert all("://" not in token.content for token in tokens if token.type == "text")


def test_the_markdown_of_a_hostile_audit_has_no_link_and_no_foreign_html() -> None:
    tokens = everything(MARKDOWN.parse(render("markdown", DRIFT, verbose=True)))
    ours = {"<!-- -->", "<br>", "<code>", "</code>"}
    assert {token.content for token in tokens if token.type == "html_inline"} <= ours
    blocks = {token.content.strip() for token in tokens if token.type == "html_block"}
    assert all(
        re.fullmatch(r"<details><summary>\d+ [a-z ]+(?:, \d+ rows?)?</summary>|</details>", block) for block in blocks
    )
    assert not {token.type for token in tokens} & {"link_open", "image"}


def test_markdown_is_cut_before_github_drops_it() -> None:
    item = DRIFT.items[0]
    findings = tuple(finding(item.line.id, Verdict.FAIL, "x" * 300, at(f"{n}.py")) for n in range(5_000))
    big = msgspec.structs.replace(DRIFT, items=(msgspec.structs.replace(item, findings=findings),))
    shown = render("markdown", big, verbose=True)
    assert MAX_BYTES * 0.9 < len(shown.encode()) <= MAX_BYTES
    assert "The rest is left out" in shown


COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")


def commands(checklist: Checklist) -> list[tuple[str, dict[str, str], str]]:
    """What a runner reads: level, properties, message; the last line is plain."""
    *lines, last = render("github", checklist).splitlines()
    assert last.startswith("hardencheck: ")
    found = []
    for one in lines:
        match = COMMAND.fullmatch(one)
        assert match is not None, one
        pairs = dict(part.split("=", 1) for part in match.group(2).split(",") if part)
        found.append((match.group(1), pairs, match.group(3)))
    return found


def test_annotations_are_sorted_and_at_most_ten_of_a_level() -> None:
    found = commands(DRIFT)
    assert [level for level, _, _ in found] == sorted((level for level, _, _ in found), key="error warning notice".find)
    notices = [properties for level, properties, _ in found if level == "notice"]
    assert len(notices) == PER_LEVEL + 1
    assert notices[-1] == {"title": "hardencheck"}
    assert found[0][1]["file"] == ".env"


@given(st.text(max_size=40))
def test_a_name_cannot_start_a_command(name: str) -> None:
    for _, properties, _ in commands(with_name(name)):
        assert set(properties) <= {"file", "line", "endLine", "col", "title"}


def test_workflow_escapes() -> None:
    assert escape_data("100%\nnext\r") == "100%25%0Anext\\r"
    assert escape_property("a:b,c%\n") == "a%3Ab%2Cc%25\\n"


def test_a_clean_audit_has_no_annotation() -> None:
    assert commands(CLEAN) == []


@pytest.mark.parametrize("fmt", ["html", "markdown", "terminal", "github"])
def test_a_template_language_in_a_name_is_only_text(fmt: str) -> None:
    shown = render(fmt, with_name("{{ 7*7 }}{% for x in y %}"), verbose=True)
    assert "{{ 7*7 }}" in shown.replace("%25", "%")


def test_a_command_to_copy_is_quoted_for_a_shell() -> None:
    subject = msgspec.structs.replace(DRIFT.subject, urls=("https://x.example/$(id);'",))
    hostile = msgspec.structs.replace(DRIFT, subject=subject)
    shell = reproduce(hostile)
    assert shlex.split(shell)[7:9] == ["--url", "https://x.example/$(id);'"]
    assert "'https://x.example/$(id);'" in shell


def test_a_command_to_ask_again_asks_as_much() -> None:
    subject = msgspec.structs.replace(EMPTY.subject, kind="none", urls=("https://x.example/",), observed="live")
    notes = (Note(topic=PROBED, text="asked"), Note(topic=TRUSTED, text="one file"))
    asked = msgspec.structs.replace(EMPTY, subject=subject, notes=notes)
    expected = "hardencheck scan --url-only --url https://x.example/ --probe --ca-file FILE --fail-on high --strict"
    assert reproduce(asked) == expected
