"""Repository and saved responses side by side: what has drifted, why, and what nobody can say."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardencheck.collect.joined._comparing import alike
from hardencheck.collect.joined.drift import Drifts
from hardencheck.collect.live.answers import public
from hardencheck.collect.options import Options
from hardencheck.collect.run import collect, joined
from hardencheck.model.facts.drift import Drift, ObservedResponse, PredictedAnswer, PredictedField, PredictedWay
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location
from hardencheck.model.target import Target

MIDDLEWARE = (
    "MIDDLEWARE = [\n    'django.middleware.security.SecurityMiddleware',\n"
    "    'django.middleware.clickjacking.XFrameOptionsMiddleware',\n]\n"
)
DJANGO = {
    "shop/settings.py": MIDDLEWARE + "SECURE_REFERRER_POLICY = 'no-referrer'\n",
    "requirements.txt": "django==5.2\ngunicorn==23.0.0\n",
    "Procfile": "web: gunicorn shop.wsgi\n",
}
SENT = {
    "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin", "Server": "gunicorn",
}  # fmt: skip
URL = "https://shop.example/"


def nginx(server: str = "", location: str = "", name: str = "shop.example") -> str:
    return (
        f"events {{}}\nhttp {{\n server_tokens off;\n server {{\n  listen 443 ssl;\n  server_name {name};\n  {server}\n"
        f"  location / {{ proxy_pass http://127.0.0.1:8000; {location} }}\n }}\n}}\n"
    )


def page(url: str = URL, status: int = 200, body: str = "", **fields: Any) -> dict[str, object]:
    """Django's response with some fields otherwise (`_` for "-"), None: without."""
    changed = {name.replace("_", "-"): value for name, value in fields.items()}
    known = {name for name in changed}
    kept = {name: value for name, value in SENT.items() if name not in known} | changed
    headers = [{"name": "Content-Type", "value": "text/html"}]
    headers += [{"name": name, "value": one} for name, value in kept.items() if value for one in value.split(" | ")]
    return {
        "startedDateTime": "2026-11-01T12:00:00Z",
        "request": {"method": "GET", "url": url, "headers": []},
        "response": {"status": status, "headers": headers, "content": {"size": len(body), "text": body}},
    }


def drift(root: Path, files: Mapping[str, str], *pages: Mapping[str, object]) -> tuple[list[Drift], list[Gap]]:
    for path, text in files.items():
        file = root / "repository" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    har = root / "saved.har"
    har.write_text(json.dumps({"log": {"version": "1.2", "entries": pages}}))
    target = Target(repository=str(root / "repository"), har=str(har))
    facts = collect(target, Options(jobs=0, kinds=frozenset({"drift"}))).facts
    found = [fact for fact in facts.of("drift") if isinstance(fact, Drift)]
    return found, [gap for gap in facts.gaps if "drift" in gap.kinds]


def told(found: Sequence[Drift]) -> list[tuple[str, str, str]]:
    return sorted((fact.name, fact.outcome, fact.cause) for fact in found if not fact.agrees)


def open_(found: Sequence[Drift]) -> set[str]:
    return {fact.name for fact in found if fact.outcome == "unknown"}


def test_as_declared(tmp_path: Path) -> None:
    found, gaps = drift(tmp_path, DJANGO, page(), page(URL + "missing", 404))
    assert (told(found), gaps) == ([], [])
    assert {fact.name for fact in found} == {name.lower() for name in SENT}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"X_Frame_Options": None}, [("x-frame-options", "not-served", "another-version")]),
        ({"X_Frame_Options": "SAMEORIGIN"}, [("x-frame-options", "differs", "another-version")]),
        ({"X_Frame_Options": "deny"}, []),
        ({"X_Frame_Options": "DENY | SAMEORIGIN"}, [("x-frame-options", "differs", "second-field")]),
        ({"Referrer_Policy": "same-origin"}, [("referrer-policy", "differs", "wrong-settings")]),
        ({"Referrer_Policy": "same-origin", "Age": "12"}, [("referrer-policy", "differs", "cached")]),
        ({"Referrer_Policy": "same-origin", "Age": "0"}, [("referrer-policy", "differs", "wrong-settings")]),
        ({"Referrer_Policy": "same-origin", "X_Cache": "HIT from x"}, [("referrer-policy", "differs", "cached")]),
        ({"Referrer_Policy": "same-origin", "X_Cache": "MISS"}, [("referrer-policy", "differs", "wrong-settings")]),
        ({"Referrer_Policy": None, "Cache_Status": "edge; hit; ttl=3"}, [("referrer-policy", "not-served", "cached")]),
        ({"Referrer_Policy": None, "Server": "cloudflare"}, [("referrer-policy", "not-served", "cdn")]),
        ({"Referrer_Policy": None, "Server": "nginx/1.25"}, [("referrer-policy", "not-served", "undescribed-proxy")]),
        ({"X_Powered_By": "Express"}, [("x-powered-by", "not-declared", "another-version")]),
        ({"Server": "nginx", "X_Powered_By": "x"}, [("x-powered-by", "not-declared", "undescribed-proxy")]),
        # A proxy that the repository says nothing of is no drift by itself, nor is what protects.
        ({"Server": "nginx"}, []),
        ({"Server": "cloudflare"}, []),
        ({"Permissions_Policy": "camera=()"}, []),
        ({"Strict_Transport_Security": "max-age=31536000"}, []),
    ],
)  # fmt: skip
def test_what_differs(tmp_path: Path, fields: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    found, _ = drift(tmp_path, DJANGO, page(**fields))
    assert told(found) == expected
    named = {"x-frame-options": "shop/settings.py:3", "referrer-policy": "shop/settings.py:5"}
    for fact in found:
        assert fact.agrees or (fact.likely and str(fact.places[0]).startswith(named.get(fact.name, "shop/settings.py")))


def test_a_finding_names_both_places(tmp_path: Path) -> None:
    found, _ = drift(tmp_path, DJANGO, page(Referrer_Policy="same-origin"))
    [one] = [fact for fact in found if not fact.agrees]
    assert str(one.location) == URL
    assert [str(place) for place in one.places] == ["shop/settings.py:5"]
    assert one.describe() == (
        "referrer-policy: declared no-referrer (shop/settings.py:5), observed same-origin with 200; likely: it is "
        "what Django sends by itself: other settings are in use than those declared"
    )


def test_what_several_urls_show_is_said_once(tmp_path: Path) -> None:
    found, _ = drift(tmp_path, DJANGO, *(page(f"{URL}{path}", Referrer_Policy=None) for path in "abc"))
    [one] = [fact for fact in found if not fact.agrees]
    assert (one.urls, str(one.location)) == (3, f"{URL}a")
    assert "and so at 2 more URLs" in one.describe()


VIEWS = "def page(request):\n    answer = render(request, 'x')\n    answer['X-Frame-Options'] = {}\n    return answer\n"


@pytest.mark.parametrize(
    ("view", "sent", "expected"),
    [
        (VIEWS.format("'SAMEORIGIN'"), "SAMEORIGIN", []),
        (VIEWS.format("'SAMEORIGIN'"), "ALLOWALL", [("x-frame-options", "differs", "another-version")]),
        (VIEWS.format("allowed(request)"), "ALLOWALL", []),
        (VIEWS.format("allowed(request)"), None, [("x-frame-options", "not-served", "another-version")]),
        ("@xframe_options_exempt\ndef page(request):\n    return render(request, 'x')\n", None, []),
    ],
)
def test_what_a_view_says_by_itself_is_no_drift(
    tmp_path: Path, view: str, sent: str | None, expected: list[tuple[str, str, str]]
) -> None:
    imports = "from django.shortcuts import render\nfrom django.views.decorators.clickjacking import *\n"
    imports += "from django.views.decorators.clickjacking import xframe_options_exempt\n"
    found, _ = drift(tmp_path, {**DJANGO, "shop/views.py": imports + view}, page(X_Frame_Options=sent))
    assert told(found) == expected
    assert ("x-frame-options" in open_(found)) is not bool(expected)


@pytest.mark.parametrize("status", [400, 401, 403, 429, 502, 503, 504])
def test_what_an_outer_layer_may_have_answered_is_no_drift(tmp_path: Path, status: int) -> None:
    found, _ = drift(tmp_path, DJANGO, page(status=status, X_Frame_Options=None, Referrer_Policy=None))
    assert told(found) == []


def test_what_is_not_known_is_not_claimed(tmp_path: Path) -> None:
    settings = {**DJANGO, "shop/settings.py": "import os\nMIDDLEWARE = os.environ['M'].split()\n"}
    found, gaps = drift(tmp_path, settings, page(X_Frame_Options=None))
    assert told(found) == []
    assert "MIDDLEWARE" in gaps[0].detail
    assert gaps[0].location.url == URL


def test_a_value_from_the_environment_is_any(tmp_path: Path) -> None:
    settings = MIDDLEWARE + "import os\nSECURE_REFERRER_POLICY = os.environ['REFERRER']\n"
    found, _ = drift(tmp_path, {**DJANGO, "shop/settings.py": settings}, page(Referrer_Policy="origin"))
    assert told(found) == []


def test_a_proxy_in_front(tmp_path: Path) -> None:
    files = {**DJANGO, "deploy/nginx.conf": nginx('add_header Permissions-Policy "camera=()" always;')}
    fine = page(Server="nginx", Permissions_Policy="camera=()")
    assert told(drift(tmp_path / "1", files, fine)[0]) == []
    bare = page(Server="nginx")
    expected = [("permissions-policy", "not-served", "not-reloaded")]
    assert told(drift(tmp_path / "2", files, bare)[0]) == expected
    past = page()
    expected = [("permissions-policy", "not-served", "bypassed"), ("server", "differs", "bypassed")]
    assert told(drift(tmp_path / "3", files, past)[0]) == expected
    stripped = page(Server="nginx", Permissions_Policy="camera=()", X_Frame_Options=None)
    assert told(drift(tmp_path / "4", files, stripped)[0]) == [("x-frame-options", "not-served", "stripped")]


def test_errors_that_lack_what_pages_have(tmp_path: Path) -> None:
    files = {**DJANGO, "deploy/nginx.conf": nginx('add_header Permissions-Policy "camera=()" always;')}
    fine, error = page(Server="nginx", Permissions_Policy="camera=()"), page(URL + "x", 404, Server="nginx")
    assert told(drift(tmp_path / "1", files, fine, error)[0]) == [("permissions-policy", "not-served", "not-always")]
    lax = {**files, "deploy/nginx.conf": nginx('add_header Permissions-Policy "camera=()";')}
    assert told(drift(tmp_path / "2", lax, fine, error)[0]) == []


def test_the_page_of_a_proxy_has_the_fields_of_the_proxy_alone(tmp_path: Path) -> None:
    files = {**DJANGO, "deploy/nginx.conf": nginx('add_header Permissions-Policy "camera=()" always;')}
    gone: dict[str, Any] = dict.fromkeys(name.replace("-", "_") for name in SENT) | {"Server": "nginx"}
    own = "<html><hr><center>nginx</center></html>"
    fine = page(URL, 404, own, **gone, Permissions_Policy="camera=()")
    assert told(drift(tmp_path / "1", files, fine)[0]) == []
    bare = page(URL, 404, own, **gone)
    assert told(drift(tmp_path / "2", files, bare)[0]) == [("permissions-policy", "not-served", "not-reloaded")]


def test_pages_that_a_proxy_puts_in_the_place_of_errors(tmp_path: Path) -> None:
    files = {**DJANGO, "deploy/nginx.conf": nginx("error_page 404 /404.html;", "proxy_intercept_errors on;")}
    gone: dict[str, Any] = dict.fromkeys(name.replace("-", "_") for name in SENT) | {"Server": "nginx"}
    found, gaps = drift(tmp_path, files, page(URL, 404, **gone))
    assert told(found) == []
    assert not gaps or "own page" in gaps[0].detail


def test_files_that_the_proxy_serves(tmp_path: Path) -> None:
    configuration = nginx().replace("location / {", "location /spa/ { root /srv; } location / {")
    gone: dict[str, Any] = dict.fromkeys(name.replace("-", "_") for name in SENT) | {"Server": "nginx"}
    found, gaps = drift(tmp_path, {**DJANGO, "deploy/nginx.conf": configuration}, page(f"{URL}spa/", **gone))
    assert (told(found), gaps) == ([], [])


def test_a_host_that_no_virtual_host_has(tmp_path: Path) -> None:
    two = nginx(name="a.example").replace("server {", nginx(name="b.example").split("http {")[1][:-2] + " server {", 1)
    files = {**DJANGO, "deploy/nginx.conf": two}
    found, gaps = drift(tmp_path, files, page("https://c.example/", X_Frame_Options=None, Server="nginx"))
    assert told(found) == []
    assert [gap.reason for gap in gaps] == [Reason.NOT_SUPPORTED]
    assert "no virtual host of the repository has the name c.example (it has a.example, b.example)" in gaps[0].detail


@pytest.mark.parametrize(
    ("cookie", "expected"),
    [
        ("sessionid=x; Secure; HttpOnly; SameSite=Lax", []),
        ("sessionid=x; HttpOnly; SameSite=Lax", [("sessionid: Secure", "differs", "wrong-settings")]),
        ("sessionid=x; Secure; SameSite=Lax", [("sessionid: HttpOnly", "differs", "another-version")]),
        ("sessionid=x; Secure; HttpOnly", [("sessionid: SameSite", "differs", "another-version")]),
        ("sessionid=x; Secure; HttpOnly; SameSite=None", [("sessionid: SameSite", "differs", "another-version")]),
        ("sessionid=; Max-Age=0", []),
        ("other=x", []),
    ],
)
def test_cookies(tmp_path: Path, cookie: str, expected: list[tuple[str, str, str]]) -> None:
    more = "INSTALLED_APPS = ['django.contrib.sessions']\nSESSION_COOKIE_SECURE = True\n"
    settings = DJANGO["shop/settings.py"].replace(
        "[\n", "[\n    'django.contrib.sessions.middleware.SessionMiddleware',\n"
    )
    files = {**DJANGO, "shop/settings.py": settings + more}
    assert told(drift(tmp_path, files, page(Set_Cookie=cookie))[0]) == expected


@pytest.mark.parametrize(
    ("status", "expected"), [(301, []), (200, [("http -> https", "not-served", "wrong-settings")])]
)
def test_the_redirect_to_https(tmp_path: Path, status: int, expected: list[tuple[str, str, str]]) -> None:
    settings = DJANGO["shop/settings.py"] + "SECURE_SSL_REDIRECT = True\n"
    there = {"Location": URL} if status == 301 else {}
    found, _ = drift(tmp_path, {**DJANGO, "shop/settings.py": settings}, page("http://shop.example/", status, **there))
    assert [one for one in told(found) if one[0] == "http -> https"] == expected
    assert [fact.name for fact in found if fact.subject == "redirect"] == ["http -> https"]


def test_nothing_to_compare(tmp_path: Path) -> None:
    assert drift(tmp_path, {"README.md": "x"}, page()) == ([], [])


def test_a_joiner_that_breaks_is_a_gap() -> None:
    class Broken(Drifts):
        def join(self, facts: FactSet) -> list[Drift]:
            raise KeyError("secret")

    [gap] = joined((Broken(),), FactSet())
    assert isinstance(gap, Gap)
    assert (gap.reason, gap.detail) == (Reason.CRASHED, "drift broke: KeyError")


TEXT = st.text(max_size=30)
NAMES = st.sampled_from(["x-frame-options", "server", "content-security-policy", "permissions-policy", "x-other"])


@given(NAMES, TEXT)
def test_a_value_is_like_itself_whatever_its_blanks(name: str, value: str) -> None:
    assert public(public(value)) == public(value)
    assert alike(name, public(value)) == alike(name, value)
    assert alike(name, f" {value} ") == alike(name, value)


LAYERS = st.sampled_from(["nginx", "django"])
FIELDS = st.lists(
    st.builds(PredictedField, name=NAMES, value=st.none() | TEXT, sure=st.booleans(), layer=LAYERS),
    max_size=5,
)  # fmt: skip


@given(
    FIELDS, st.lists(st.tuples(NAMES, TEXT), max_size=6), st.sampled_from([200, 204, 301, 403, 404, 500, 502, 99, 999])
)
def test_any_two_sides_can_be_compared(fields: list[PredictedField], sent: list[tuple[str, str]], status: int) -> None:
    answers = tuple(PredictedAnswer(status=one, https=True, fields=tuple(fields)) for one in (200, 404, 500))
    where = Location(path="shop/settings.py", line=1)
    way = PredictedWay(
        location=where, application="shop", framework="django", way="", product="nginx", server="", answers=answers
    )
    response = ObservedResponse(location=Location(url=URL), status=status, fields=tuple(sent))
    found = [item for item in Drifts().join(FactSet(facts=(way, response))) if isinstance(item, Drift)]
    exact = tuple((field.name, field.value or "") for field in fields)
    same = ObservedResponse(location=Location(url=URL), status=200, fields=exact)
    assert all(fact.agrees for fact in Drifts().join(FactSet(facts=(way, same))) if isinstance(fact, Drift))
    assert all(fact.agrees or fact.likely for fact in found)


def test_a_long_policy_on_pages_alone(tmp_path: Path) -> None:
    """A value that is cut where it is shown is compared as a whole."""
    policy = f"default-src 'none'; script-src {' '.join(f'https://cdn{number}.example' for number in range(30))}"
    files = {**DJANGO, "deploy/nginx.conf": nginx(f'add_header Content-Security-Policy "{policy}" always;')}
    fine = page(Server="nginx", Content_Security_Policy=policy)
    found, _ = drift(tmp_path / "1", files, fine, page(URL + "x", 404, Server="nginx"))
    assert told(found) == [("content-security-policy", "not-served", "not-always")]
    twice = page(Server="nginx", Content_Security_Policy=f"{policy} | frame-ancestors 'none'")
    found, _ = drift(tmp_path / "2", files, twice)
    assert told(found) == [("content-security-policy", "differs", "second-field")]
    other = policy.replace("cdn29", "cdn30")
    found, _ = drift(tmp_path / "3", files, page(Server="nginx", Content_Security_Policy=other))
    assert told(found) == [("content-security-policy", "differs", "not-reloaded")]


def test_two_proxies_of_which_nobody_knows_the_order(tmp_path: Path) -> None:
    """What one would send and the other would take away is no drift; what neither sends is."""
    fields = " header {\n  defer\n  X-Frame-Options SAMEORIGIN\n }\n header -Server\n"
    caddy = f"shop.example {{\n{fields} reverse_proxy 127.0.0.1:8000\n}}\n"
    files = {**DJANGO, "deploy/nginx.conf": nginx(), "Caddyfile": caddy}
    found, _ = drift(tmp_path / "1", files, page(Server="nginx"))
    assert told(found) == []
    found, _ = drift(tmp_path / "2", files, page(X_Frame_Options="SAMEORIGIN", Server=None))
    assert told(found) == []
    found, _ = drift(tmp_path / "3", files, page(Server="nginx", Referrer_Policy=None))
    assert told(found) == [("referrer-policy", "not-served", "stripped")]
