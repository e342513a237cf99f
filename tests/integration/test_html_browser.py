"""The HTML report in a real browser: no violation of WCAG 2.2 AA, no script, no request, no sideways scrolling."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

from hardencheck.report import defaults, render
from tests.integration.node_modules import node_file
from tests.report.samples import SAMPLES

pytestmark = pytest.mark.integration

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
WIDTHS = (360, 1200)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    assert chromium is not None, "chromium not found: apt-get install chromium"
    with sync_playwright() as playwright:
        # Its sandbox does not start for root, and a container of CI has no other user.
        started = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-quic", "--disable-background-networking"]
        )
        yield started
        started.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("pages")
    for name, checklist in SAMPLES.items():
        (directory / f"{name}.html").write_bytes(render("html", checklist).encode())
    (directory / "defaults.html").write_bytes(defaults.render("html", SAMPLES["drift"]).encode())
    return directory


def opened(browser: Any, page: Path, width: int, scheme: Literal["light", "dark"]) -> tuple[Any, list[str], list[str]]:
    """The page in a context of its own, with all it asked for and all it complained about."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    tab = context.new_page()
    requests: list[str] = []
    messages: list[str] = []
    tab.on("request", lambda request: requests.append(request.url))
    tab.on("console", lambda message: messages.append(message.text))
    tab.on("pageerror", lambda error: messages.append(str(error)))
    tab.goto(page.as_uri())
    return tab, requests, messages


@pytest.mark.parametrize("name", [*sorted(SAMPLES), "defaults"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_no_violation_and_nothing_fetched(
    browser: Any, pages: Path, name: str, scheme: Literal["light", "dark"], width: int
) -> None:
    axe = node_file("AXE_CORE", "axe-core", "axe-core/axe.min.js").read_text(encoding="utf-8")
    tab, requests, messages = opened(browser, pages / f"{name}.html", width, scheme)
    overflow = tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    tab.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    opened_overflow = tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    tab.evaluate(axe)
    answer = tab.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", list(TAGS)
    )
    violations = [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in answer["violations"]
        for node in violation["nodes"]
    ]
    scripts = tab.evaluate("document.scripts.length")
    tab.context.close()
    assert violations == []
    assert (overflow, opened_overflow) == (0, 0)
    assert messages == []
    assert len(requests) == 1
    assert scripts == 0


def test_a_link_to_a_closed_line_opens_it(browser: Any, pages: Path) -> None:
    tab, _, _ = opened(browser, pages / "drift.html", 1200, "light")
    assert tab.evaluate("document.getElementById('line-transport.redirect').closest('details').open") is False
    tab.click("#checklist a[href='#line-transport.redirect']")
    assert tab.evaluate("document.getElementById('line-transport.redirect').closest('details').open") is True
    tab.context.close()


def test_every_anchor_leads_somewhere(browser: Any, pages: Path) -> None:
    tab, _, _ = opened(browser, pages / "drift.html", 1200, "light")
    lost = tab.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map(link => decodeURIComponent(link.hash.slice(1)))"
        ".filter(name => !document.getElementById(name))"
    )
    twice = tab.evaluate(
        "[...document.querySelectorAll('[id]')].map(part => part.id).filter((id, at, all) => all.indexOf(id) !== at)"
    )
    tab.context.close()
    assert (lost, twice) == ([], [])


def test_it_prints_with_every_line_open_and_page_numbers(browser: Any, pages: Path, tmp_path: Path) -> None:
    tab, _, _ = opened(browser, pages / "drift.html", 1200, "dark")
    path = tmp_path / "report.pdf"
    tab.pdf(path=path, tagged=True, prefer_css_page_size=True)
    tab.emulate_media(media="print")
    heights = tab.evaluate(
        "[...document.querySelectorAll('details .body')].map(part => part.getBoundingClientRect().height)"
    )
    background = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    tab.context.close()
    assert len(heights) == len(SAMPLES["drift"].items)
    assert min(heights) > 100
    assert background == "rgb(255, 255, 255)"
    pdf = path.read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in pdf
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) > 3


def test_the_checker_is_not_silent(browser: Any, pages: Path, tmp_path: Path) -> None:
    text = (pages / "clean.html").read_text(encoding="utf-8")
    (tmp_path / "bad.html").write_text(text.replace('<html lang="en">', "<html>"), encoding="utf-8")
    tab, _, _ = opened(browser, tmp_path / "bad.html", 1200, "light")
    tab.evaluate(node_file("AXE_CORE", "axe-core", "axe-core/axe.min.js").read_text(encoding="utf-8"))
    answer = tab.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", list(TAGS))
    tab.context.close()
    assert [violation["id"] for violation in answer["violations"]] == ["html-has-lang"]
