"""Pictures: what each format shows of a table, and what it leaves out."""

import re

import pytest

from hardencheck.catalogue.load import load_catalogue
from hardencheck.model.facts.exhibit import EXHIBITS
from hardencheck.report import exhibits
from hardencheck.report._options import Options
from tests.report.pictures import CHAIN, HOSTILE, LONG
from tests.report.test_reports import UNSEEN


def test_text_has_every_cell_its_place_and_its_mark() -> None:
    text = exhibits.as_text(CHAIN, Options())
    words = " ".join(text.split())
    assert "shop.settings behind nginx" in words
    assert "nginx 10m = 10485760 bytes (deploy/nginx.conf:12)" in words
    assert "nginx weak: 0: no limit (deploy/nginx.conf:30)" in words
    assert "Django not known: read from $LIMIT" in words
    assert "and 2 more" in words
    assert "note nginx does not count" in words
    assert max(map(len, text.splitlines())) <= 80


def test_a_cell_without_anything_is_left_out_of_text() -> None:
    text = exhibits.as_text(CHAIN, Options())
    raw = text[text.index("a raw body") :]
    assert "gunicorn" not in raw
    assert re.search(r"Effective limit +not known", raw)


def test_ascii_and_colour() -> None:
    plain = exhibits.as_text(HOSTILE, Options(unicode=False))
    assert plain.isascii()
    coloured = exhibits.as_text(CHAIN, Options(color=True))
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == exhibits.as_text(CHAIN, Options())
    assert "\x1b[1;31m" in coloured


@pytest.mark.parametrize("fmt", ["text", "markdown", "html"])
def test_no_format_takes_a_value_for_its_syntax(fmt: str) -> None:
    text = exhibits.render(fmt, HOSTILE)
    assert UNSEEN.findall(text) == []
    assert "<script>" not in text or fmt != "html"
    if fmt == "markdown":
        rows = [line for line in text.splitlines() if line.startswith("| ")]
        assert {len(re.findall(r"(?<!\\)\|", re.sub(r"(`+).*?\1", "", row))) for row in rows} == {3}


@pytest.mark.parametrize("fmt", ["text", "markdown", "html"])
def test_a_long_table_is_cut_and_says_so(fmt: str) -> None:
    text = exhibits.render(fmt, LONG)
    assert "row 399" in text
    assert "row 400" not in text
    assert "50 more rows" in text


def test_no_picture_has_the_name_of_a_check() -> None:
    catalogue = load_catalogue()
    assert not EXHIBITS.keys() & {*catalogue.checks, *catalogue.also}
