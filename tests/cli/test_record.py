"""hardencheck record, scan --compare, and the pages of a target."""

import asyncio
import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.cli.commands import Hc, Repository
from tests.cli.test_scan import notes, scan, verdict
from tests.live.servers import Served, closed_port, response, served

PARITY = "practice.deployment-parity"
PAGES = {
    "/": response(200, b"<p>", Content_Type="text/html", Set_Cookie="sessionid=hidden-value"),
    "/api": response(401, b"{}", Content_Type="application/json"),
    "/robots.txt": response(200, b"User-agent: *\nSitemap: /map.xml\n"),
    "/map.xml": response(200, b"<urlset><url><loc>/listed?a=1&amp;b=2</loc></url><url><loc>https://x.example/</loc></url>"),
    "/listed?a=1&b=2": response(200, b"<p>", Content_Type="text/html", X_Frame_Options="DENY"),
}  # fmt: skip


@contextlib.contextmanager
def site(pages: Mapping[str, bytes] = PAGES) -> Iterator[Served]:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = here.requests[-1].split(b" ")[1].decode()
        writer.write(pages.get(path, response(404, b"nothing")))
        await writer.drain()

    with served(handler) as here:
        yield here


def configure(repo: Repository, here: Served, more: str) -> None:
    repo.write("hardencheck.toml", f'schema = 1\n[[target]]\nname = "staging"\nurl = "{here.url}"\n{more}\n')


def test_record_then_scan(hc: Hc, repo: Repository, tmp_path: Path) -> None:
    with site() as here:
        done = hc("record", here.url, f"{here.url}api", "-o", "saved.har")
        assert (done.code, done.out) == (0, "")
        assert done.err == f"2 exchanges of {here.url}, {here.url}api saved in saved.har\n"
        live = scan(hc, repo.path, "--url-only", "--url", here.url, "--url", f"{here.url}api")
    assert "hidden-value" not in (tmp_path / "saved.har").read_text()
    saved = scan(hc, repo.path, "--url-only", "--har", str(tmp_path / "saved.har"))
    assert saved["items"] == live["items"]
    assert saved["subject"]["urls"] == live["subject"]["urls"]
    assert notes(saved)["pages"] == f"{here.url}: 200, {here.url}api: 401"
    assert notes(live)["requests"].endswith("sent to localhost for 2 URLs, at most 20 each")


def test_record_writes_nothing_where_nobody_answers(hc: Hc, tmp_path: Path) -> None:
    done = hc("record", f"http://localhost:{closed_port()}/", "-o", "saved.har")
    assert done.code == 3
    assert "nothing was saved: no connection to http://localhost:" in done.err
    assert not (tmp_path / "saved.har").exists()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("http://localhost/",), "Missing option '-o'"),
        (("-o", "x.har"), "Missing argument 'URL...'"),
        (("http://localhost/", "-o", "."), "it is a directory"),
        (("http://localhost/", "-o", "none/x.har"), "the directory none does not exist"),
        (("localhost", "-o", "x.har"), "--url localhost: not a URL"),
        (("http://localhost/", "-o", "x.har", "--ca-file", "none"), "--ca-file none: no such file"),
    ],
)
def test_a_wrong_command_line(hc: Hc, arguments: tuple[str, ...], why: str) -> None:
    done = hc("record", *arguments)
    assert done.code == 2
    assert why in done.err


def test_the_pages_of_a_target(hc: Hc, repo: Repository) -> None:
    with site() as here:
        configure(repo, here, 'paths = ["/", "/api", "/nowhere?a=1"]')
        report = scan(hc, repo.path, "--url", "staging", "--url-only")
        assert report["subject"]["urls"] == [here.url, f"{here.url}api", f"{here.url}nowhere"]
        assert notes(report)["pages"] == f"{here.url}: 200, {here.url}api: 401, {here.url}nowhere: 404"
        assert b"GET /robots.txt" not in b"".join(here.requests)
        configure(repo, here, "sitemap = true")
        report = scan(hc, repo.path, "--url", "staging", "--url-only")
    assert notes(report)["pages"] == f"{here.url}: 200, {here.url}listed: 200"
    assert notes(report)["sitemap"] == f"{here.url.rstrip('/')}: 1 page in 1 sitemap"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ('paths = ["login"]', "hardencheck.toml:5: target[1].paths[1]: expected a path of the target, in ASCII"),
        ('paths = ["//other.example/"]', "expected a path of the target, in ASCII"),
        ('paths = ["/a b"]', "expected a path of the target, in ASCII"),
        ('paths = "/"', "expected a list, got text"),
        (f"paths = {['/'] * 101}", "expected at most 100 of them"),
        ("sitemap = 1", "expected true or false"),
    ],
)
def test_wrong_paths(hc: Hc, repo: Repository, more: str, why: str) -> None:
    repo.write("hardencheck.toml", f'schema = 1\n[[target]]\nname = "staging"\nurl = "https://a.example/"\n{more}\n')
    done = hc("scan", str(repo.path), "--url-only", "--url", "staging")
    assert done.code == 2
    assert why in done.err


def test_compare(hc: Hc, repo: Repository, tmp_path: Path) -> None:
    other = {**PAGES, "/": response(200, b"<p>", Content_Type="text/html", Set_Cookie="sessionid=1; Secure")}
    with site() as here, site(other) as there:
        configure(repo, there, "")
        report = scan(hc, repo.path, "--url-only", "--url", here.url, "--compare", "staging", "--fail-on", "never")
        same = scan(hc, repo.path, "--url-only", "--url", here.url, "--compare", here.url)
        done = hc("scan", str(repo.path), "--url-only", "--url", here.url, "--compare", there.url, "--select", PARITY)
        gated = hc(
            "scan", "--url-only", "--url", here.url, "--compare", there.url, "--fail-on", "drift", "--select", PARITY
        )
        passed = hc(
            "scan", "--url-only", "--url", here.url, "--compare", here.url, "--fail-on", "drift", "--select", PARITY
        )
        saved = hc("record", here.url, "--compare", there.url, "-o", str(tmp_path / "x.har"))
    assert report["subject"]["compared"] == there.url
    summary = f"cookie sessionid: Path=of the request; {there.url}: Secure; Path=of the request"
    assert verdict(report, PARITY) == ("fail", f"the deployments differ; {summary}")
    assert (done.code, gated.code, passed.code) == (0, 1, 0)
    assert verdict(same, PARITY)[0] == "pass"
    assert verdict(scan(hc, repo.path), PARITY)[0] == "not-applicable"
    assert f"compared with {there.url}" in done.out
    assert summary in " ".join(done.out.split())
    assert saved.code == 0
    offline = scan(hc, repo.path, "--url-only", "--har", str(tmp_path / "x.har"), "--fail-on", "never")
    assert offline["items"] == report["items"]
    assert offline["subject"]["compared"] == there.url


def test_compare_alone(hc: Hc, repo: Repository) -> None:
    done = hc("scan", str(repo.path), "--compare", "https://www.example/")
    assert done.code == 2
    assert "--compare has nothing to compare with" in done.err
