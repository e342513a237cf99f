"""The pages that a site lists: its own only, the first few, whatever the list looks like."""

import asyncio
import contextlib
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardencheck.collect.exchange import Exchange
from hardencheck.collect.live._client import LiveClient
from hardencheck.collect.live._sitemap import _LOC, _NAMED, MAX_PAGES, Pages, _urls, pages_of
from tests.live.servers import Served, closed_port, response, served


@contextlib.contextmanager
def site(pages: Mapping[str, bytes]) -> Iterator[Served]:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = here.requests[-1].split(b" ")[1].decode()
        body = pages.get(path)
        writer.write(
            response(404, b"nothing") if body is None else response(200, body.replace(b"@", here.url.encode()))
        )
        await writer.drain()

    with served(handler) as here:
        yield here


def listed(url: str) -> Pages:
    async def ask() -> Pages:
        async with LiveClient(seconds=10, request_seconds=2) as client:
            return await pages_of(client, client.begin(url))

    return asyncio.run(ask())


def sitemap(*urls: str, kind: str = "urlset") -> bytes:
    return f"<{kind}>{''.join(f'<url><loc>{url}</loc></url>' for url in urls)}</{kind}>".encode()


@pytest.mark.parametrize(
    ("pages", "paths", "words"),
    [
        ({}, [], "no sitemap was found in robots.txt or at /sitemap.xml"),
        ({"/sitemap.xml": sitemap("@a", "@b?x=1&amp;y=2")}, ["a", "b?x=1&y=2"], "2 pages in 1 sitemap"),
        ({"/robots.txt": b"SiteMap: @one.xml\r\nSitemap: /two.xml # ours",
          "/one.xml": sitemap("@a"), "/two.xml": sitemap("@b", "@a")},
         ["a", "b"], "2 pages in 2 sitemaps"),
        ({"/sitemap.xml": sitemap("@one.xml", "@none.xml", kind="sitemapindex"), "/one.xml": sitemap("@a")},
         ["a"], "1 page in 2 sitemaps"),
        ({"/sitemap.xml": sitemap("@sitemap.xml", kind="sitemapindex")}, [], "0 pages in 1 sitemap"),
        ({"/sitemap.xml": sitemap("https://other.example/", "ftp://x/", "http://[", "@a#top", " \n@b ",
          "<![CDATA[@c]]>")},
         ["a", "b", "c"], "3 pages in 1 sitemap"),
        ({"/sitemap.xml": sitemap(*(f"@{number}" for number in range(30)))},
         [str(number) for number in range(MAX_PAGES)], "30 pages in 1 sitemap, of which the first 20 are looked at"),
        ({"/robots.txt": b"Sitemap: https://other.example/map.xml", "/sitemap.xml": sitemap("@a")},
         ["a"], "1 page in 1 sitemap"),
        ({"/sitemap.xml": b"<!DOCTYPE x [<!ENTITY a 'b'>]><loc>@&a;</loc>"}, ["&a"], "1 page in 1 sitemap"),
        ({"/sitemap.xml": b"\x1f\x8b\x08\x00\xff\xfe<loc>"}, [], "0 pages in 1 sitemap"),
        ({"/sitemap.xml": b"<loc>" * 40_000}, [], "0 pages in 1 sitemap"),
        ({"/sitemap.xml": b"<loc>" + b" " * 200_000}, [], "0 pages in 1 sitemap"),
    ],
)  # fmt: skip
def test_pages(pages: Mapping[str, bytes], paths: list[str], words: str) -> None:
    with site(pages) as here:
        found = listed(here.url)
    assert found == Pages([f"{here.url}{path}" for path in paths], words)


def test_nobody_answers() -> None:
    assert listed(f"http://localhost:{closed_port()}/").urls == []


@given(st.binary(max_size=200) | st.text("<loc>/abhtps: &;[]!CDATA", max_size=200).map(str.encode))
def test_no_list_breaks_it(body: bytes) -> None:
    for pattern in (_LOC, _NAMED):
        for url in _urls(Exchange(url="https://a.example/", body=body), pattern, "https://a.example"):
            assert url.startswith("https://a.example/")
