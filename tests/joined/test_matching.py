"""Which of the predicted ways a URL came by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardencheck.collect.joined._matching import asked, match
from hardencheck.model.facts.drift import PredictedWay
from hardencheck.model.location import Location


def way(server: str, *hosts: str, path: str = "/", tls: bool | None = None, product: str = "nginx", **more: object):  # type: ignore[no-untyped-def]
    given = {"application": "shop", "framework": "django", "way": f"{server} {path}", "server": server} | more
    where = Location(path="nginx.conf", line=1)
    return PredictedWay(location=where, product=product, hosts=hosts, path=path, tls=tls, **given)  # type: ignore[arg-type]


SHOP, WILD, ANY = way("a", "shop.example"), way("b", "*.example"), way("c")
PLAIN, SECURE = way("d", "shop.example", tls=False), way("e", "shop.example", tls=True)
ROOT, API, STATIC = way("a"), way("a", path="/api/"), way("a", path="~ \\.css$", application="", framework="")
ONE, UNDER = way("a", path="= /one"), way("a", path="^~ /style")


@pytest.mark.parametrize(
    ("ways", "url", "expected"),
    [
        ([SHOP, WILD, ANY], "https://shop.example/", [SHOP]),
        ([SHOP, WILD, ANY], "https://SHOP.example/", [SHOP]),
        ([SHOP, WILD, ANY], "https://www.example/", [WILD]),
        ([SHOP, WILD, ANY], "https://other.test/", [ANY]),
        ([SHOP, WILD], "https://other.test/", []),
        ([SHOP], "https://staging.test/", [SHOP]),
        ([way("a", ".shop.example"), ANY], "https://shop.example/", [way("a", ".shop.example")]),
        ([SHOP, way("z", "x.example", default=True)], "https://other.test/", [way("z", "x.example", default=True)]),
        ([PLAIN, SECURE], "https://shop.example/", [SECURE]),
        ([PLAIN, SECURE], "http://shop.example/", [PLAIN]),
        ([way("a", ports=("8080",)), way("b", ports=("9090",))], "http://h:9090/", [way("b", ports=("9090",))]),
        ([ROOT, API, STATIC], "https://h/", [ROOT]),
        ([ROOT, API, STATIC], "https://h/api/users", [API]),
        ([ROOT, API, STATIC], "https://h/style.css", [STATIC]),
        ([ROOT, ONE], "https://h/one", [ONE]),
        ([ROOT, ONE], "https://h/one/two", [ROOT]),
        ([ROOT, STATIC, UNDER], "https://h/style.css", [UNDER]),
        ([API], "https://h/other", []),
        ([way("a", path="/x", product="caddy"), way("a", product="caddy")], "https://h/x/y",
         [way("a", product="caddy")]),
        ([way("a", path="/x/*", product="caddy")], "https://h/x/y", [way("a", path="/x/*", product="caddy")]),
        # An expression that may take for ever is not tried: it may be that place, and the other.
        ([ROOT, way("a", path="~ (a+)+$")], "https://h/aaaa", [ROOT, way("a", path="~ (a+)+$")]),
        ([ROOT, way("a", path="~ (")], "https://h/aaaa", [ROOT, way("a", path="~ (")]),
        # Of several proxies each has its own.
        ([SHOP, way("t", "shop.example", product="traefik")], "https://shop.example/",
         [SHOP, way("t", "shop.example", product="traefik")]),
        ([], "https://h/", []),
    ],
)  # fmt: skip
def test_the_way_that_fits_best(ways: list[PredictedWay], url: str, expected: list[PredictedWay]) -> None:
    found = match(ways, asked(url))
    assert list(found.ways) == expected
    assert bool(found.why) is not bool(expected)


PATTERNS = st.text(alphabet="/ab.*+()[]|^$\\d~= ", max_size=40)


@given(PATTERNS, st.text(alphabet="/ab.1", max_size=300), st.sampled_from(["nginx", "caddy", "traefik", ""]))
def test_any_pattern_is_tried_or_left_open(pattern: str, path: str, product: str) -> None:
    match([way("a", path=pattern, product=product)], asked(f"https://h/{path}"))
