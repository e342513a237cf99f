"""Facts that come of predictions, of origins and of single views."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardencheck.collect.extract._header_names import HEADERS
from hardencheck.collect.extract.cookies import Cookies
from hardencheck.collect.extract.view_headers import ViewHeaders
from hardencheck.collect.resolve._view_openings import opened
from hardencheck.collect.resolve.cors import faults
from hardencheck.model.facts.exhibit import Exhibit
from hardencheck.model.facts.headers import CookieCall, SetCookie, ViewOpening, WrittenHeader
from hardencheck.model.facts.settings import CorsPolicy

from .predicting import collected

DOT, BEFORE, AFTER = (
    "an unescaped dot stands for any character",
    "anything may stand before the name of the host",
    "anything may follow: it has no $ at its end",
)


@pytest.mark.parametrize(
    ("pattern", "anchored", "expected"),
    [
        (r"^https://[a-z]+\.example\.com$", False, []),
        (r"^https://[a-z]+\.example\.com", False, [AFTER]),
        (r"https://[a-z]+\.example\.com", True, []),
        (r"^https://[a-z.]+\.example\.com$", False, []),
        (r"^https://(app|www)\.example\.com\Z", False, []),
        (r"^https://app.example.com$", False, [DOT]),
        (r"https://.*example\.com", True, [BEFORE]),
        (r"https://.*\.example\.com", True, []),
        ("", True, []),
        ("[" * 50, True, []),
    ],
)
def test_faults_of_patterns(pattern: str, anchored: bool, expected: list[str]) -> None:
    assert list(faults(pattern, anchored=anchored)) == expected


@given(st.text(alphabet="\\\\.*+?[]()$^|a-z:/", max_size=2_000), st.booleans())
@settings(max_examples=200, deadline=None)
def test_any_pattern_is_looked_at_in_no_time(pattern: str, anchored: bool) -> None:
    assert len(list(faults(pattern, anchored=anchored))) <= 3


def found(text: str) -> list[object]:
    return list(ViewHeaders().extract("shop/views.py", 0o100644, text.encode()))


def cookies_of(text: str) -> list[object]:
    return list(Cookies().extract("shop/views.py", 0o100644, text.encode()))


@pytest.mark.parametrize(
    ("text", "opens"),
    [
        ("@xframe_options_exempt\ndef view(r): ...\n", ["framing"]),
        ("@csp_exempt(REPORT_ONLY=True)\ndef view(r): ...\n", []),
        ("@csp_exempt\ndef view(r): ...\n", ["the content policy"]),
        ("@csp_override(None)\ndef view(r): ...\n", ["the content policy"]),
        ("@csp_update(IMG_SRC='*')\ndef view(r): ...\n", []),
        ("@csp_update(SCRIPT_SRC=\"'unsafe-inline'\")\ndef view(r): ...\n", ["the content policy"]),
        ("@csp_replace({'script-src': [CSP.UNSAFE_INLINE]})\ndef view(r): ...\n", ["the content policy"]),
        ("@method_decorator([csp_exempt, xframe_options_exempt], name='x')\nclass View: ...\n",
         ["the content policy", "framing"]),
        ("@talisman(frame_options='ALLOW-FROM', content_security_policy={'default-src': '*'})\ndef view(): ...\n",
         ["framing", "the content policy"]),
        ("urlpatterns = [path('x', xframe_options_exempt(View.as_view()))]\n", ["framing"]),
        ("@xframe_options_sameorigin\ndef view(r): ...  # xframe_options_exempt\n", []),
        ("def view(r):\n    response.xframe_options_exempt = True\n    return response\n", ["framing"]),
        ("view.xframe_options_exempt = True\n", ["framing"]),
        ("def view(r):\n    response.xframe_options_exempt = wanted\n", []),
    ],
)  # fmt: skip
def test_views_that_open_something(text: str, opens: list[str]) -> None:
    assert [one.opens for one in found(text) if isinstance(one, ViewOpening)] == opens


def written(text: str, path: str = "shop/views.py") -> list[tuple[int | None, str, str]]:
    facts = ViewHeaders().extract(path, 0o100644, text.encode())
    return [(one.location.line, one.view, one.value) for one in facts if isinstance(one, WrittenHeader)]


FRAME = "def view(r):\n    {}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (FRAME.format("response['X-Frame-Options'] = 'ALLOWALL'"), [(2, "view", "ALLOWALL")]),
        (FRAME.format("response.headers['x-frame-options'] = 'DENY'"), [(2, "view", "DENY")]),
        (FRAME.format("response.headers.setdefault('X-Frame-Options', 'a')"), [(2, "view", "a")]),
        (FRAME.format("self.set_header('X-Frame-Options', 'a')"), [(2, "view", "a")]),
        (FRAME.format("headers.append((b'X-Frame-Options', b'a'))"), [(2, "view", "a")]),
        (FRAME.format("return Response('x', headers={\n        'X-Frame-Options': 'a',\n    })"), [(3, "view", "a")]),
        (FRAME.format("return 'x', 200, {'X-Frame-Options': 'a'}"), [(2, "view", "a")]),
        (FRAME.format("response.headers.update({'X-Frame-Options': 'a'})"), [(2, "view", "a")]),
        (FRAME.format("start_response('200 OK', [('X-Frame-Options', 'a')])"), [(2, "view", "a")]),
        ("WIDE = 'a'\n" + FRAME.format("response['X-Frame-Options'] = WIDE"), [(3, "view", "a")]),
        (FRAME.format("def inner():\n        response['X-Frame-Options'] = 'a'"), [(3, "inner", "a")]),
        (FRAME.format("if r:\n        x = 1\n    else:\n        d['X-Frame-Options'] = 'a'"), [(5, "view", "a")]),
        (FRAME.format("try:\n        x = 1\n    except E:\n        d['X-Frame-Options'] = 'a'"), [(5, "view", "a")]),
        (FRAME.format("match r:\n        case 1:\n            d['X-Frame-Options'] = 'a'"), [(4, "view", "a")]),
        (FRAME.format("if settings.DEBUG:\n        response['X-Frame-Options'] = 'a'"), []),
        (FRAME.format("response['X-Frame-Options'] = computed()"), []),
        (FRAME.format("response['X-Frame-Options'] = f'{r}'"), []),
        (FRAME.format("response['X-Robots-Tag'] = 'a'  # X-Frame-Options"), []),
        ("EMBED_HEADERS = {'X-Frame-Options': 'a'}\n", [(1, "", "a")]),
        ("class A:\n    headers = {'X-Frame-Options': 'a'}\n", [(2, "", "a")]),
        ("KNOWN = {'X-Frame-Options': 'a'}\n", []),
        (FRAME.format("response['X-Frame-Options'] = '" + "x" * 3_000 + "'"), []),
    ],
)
def test_values_that_code_writes(text: str, expected: list[tuple[int, str, str]]) -> None:
    assert written(text) == expected
    assert written(text, "tests/views.py") == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("x-frame-options", "ALLOWALL", "framing"), ("x-frame-options", "ALLOW-FROM https://a.example", "framing"),
        ("x-frame-options", "", "framing"), ("x-frame-options", " sameorigin ", ""), ("x-frame-options", "DENY", ""),
        ("x-content-type-options", "none", "guesses of the content type"), ("x-content-type-options", "nosniff", ""),
        ("strict-transport-security", "max-age=0", "plain http"),
        ("strict-transport-security", "includeSubDomains; max-age=\"300\"", "plain http"),
        ("strict-transport-security", "max-age=2592000", ""), ("strict-transport-security", "nonsense", ""),
        ("referrer-policy", "no-referrer, unsafe-url", "the address of the page to others"),
        ("referrer-policy", "unsafe-url, no-referrer", ""), ("referrer-policy", "origin", ""),
        ("cross-origin-opener-policy", "unsafe-none", "its window to others"),
        ("cross-origin-opener-policy", "same-origin", ""), ("cross-origin-resource-policy", "cross-origin", ""),
        ("permissions-policy", "camera=*", "features of the browser"), ("permissions-policy", "camera=()", ""),
        ("content-security-policy", "default-src 'self'; script-src 'unsafe-inline'", "the content policy"),
        ("content-security-policy", "default-src *", "the content policy"),
        ("content-security-policy", "script-src https:", "the content policy"),
        ("content-security-policy", "script-src 'self' https://cdn.example", ""),
        ("content-security-policy", "script-src 'nonce-abcdefghijklmnopqrst' 'unsafe-inline'", ""),
        ("content-security-policy", "default-src 'self'; style-src 'unsafe-inline'", ""),
        ("content-security-policy", "default-src 'none'; frame-ancestors *", "framing"),
        ("content-security-policy", "", ""),
    ],
)  # fmt: skip
def test_what_a_value_opens(name: str, value: str, expected: str) -> None:
    assert opened(name, value) == expected


@given(st.sampled_from(sorted(HEADERS)), st.text(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_value_is_looked_at(name: str, value: str) -> None:
    assert isinstance(opened(name, value), str)


HOOKED = """from flask import Flask, jsonify
app = Flask(__name__)
@app.after_request
def hook(response):
    response.headers["X-Frame-Options"] = "{hook}"
    return response
@app.get("/")
def view():
    response = jsonify()
    response.headers["X-Frame-Options"] = "{view}"
    return response
"""


@pytest.mark.parametrize(
    ("hook", "view", "expected"),
    [("DENY", "ALLOWALL", [10]), ("ALLOWALL", "DENY", []), ("ALLOWALL", "ALLOWALL", [10]), ("DENY", "DENY", [])],
)
def test_what_every_response_has_is_judged_as_that(tmp_path: Path, hook: str, view: str, expected: list[int]) -> None:
    _, facts = collected(tmp_path, {"app.py": HOOKED.format(hook=hook, view=view)})
    openings = [one for one in facts.of("header.opening") if isinstance(one, ViewOpening)]
    assert [one.location.line for one in openings] == expected


def test_a_value_that_something_else_may_replace(tmp_path: Path) -> None:
    """The controller replaces HSTS unless its ConfigMap, which is not here, says that it does not."""
    ingress = (
        "kind: Ingress\nmetadata: {name: a}\nspec:\n  ingressClassName: nginx\n  tls: [{hosts: [a.example]}]\n"
        "  rules:\n    - http: {paths: [{path: /, backend: {service: {name: a, port: {number: 80}}}}]}\n"
    )
    text = HOOKED.format(hook="DENY", view="DENY").replace(
        '"X-Frame-Options"] = "DENY"', '"Strict-Transport-Security"] = "max-age=1"', 1
    )
    _, facts = collected(tmp_path, {"app.py": text, "k8s/ingress.yaml": ingress})
    openings = [one for one in facts.of("header.opening") if isinstance(one, ViewOpening)]
    assert [(one.location.line, one.opens) for one in openings] == [(5, "plain http")]


REFLECTS = (
    "def f(request):\n    origin = request.headers.get('Origin')\n"
    "    {test}response['Access-Control-Allow-Origin'] = {value}\n"
)


@pytest.mark.parametrize(
    ("test", "value", "expected"),
    [
        ("", "origin", True),
        ("", "request.META['HTTP_ORIGIN']", True),
        ("", "origin or '*'", True),
        ("", "'https://app.example'", False),
        ("if origin: ", "origin", True),
        ("if origin in ALLOWED: ", "origin", False),
        ("if is_allowed(origin): ", "origin", False),
        ("if pattern.match(origin): ", "origin", False),
        ("if origin is not None: ", "origin", True),
        ("", "'*'", False),
    ],
)
def test_code_that_answers_with_the_origin(test: str, value: str, expected: bool) -> None:
    text = REFLECTS.format(test=test, value=value)
    assert any(isinstance(one, CorsPolicy) for one in found(text)) is expected


@pytest.mark.parametrize(
    ("decorator", "more", "expected"),
    [
        ("@app.get('/')", "", []),
        ("@app.get('/')", "    r.headers['Access-Control-Allow-Credentials'] = 'true'\n", [True]),
        ("@app.get('/')", "    if x:\n        r.headers['Access-Control-Allow-Credentials'] = 'true'\n", []),
        ("@app.get('/')", "    r.headers.update({'access-control-allow-credentials': 'true'})\n", [True]),
        ("@app.get('/')", "    r.access_control_allow_credentials = True\n", [True]),
        ("@app.after_request", "", [False]),
        ("@app.middleware('http')", "    r.headers['Access-Control-Allow-Credentials'] = 'true'\n", [True]),
    ],
)
def test_code_that_lets_everybody_in(decorator: str, more: str, expected: list[bool]) -> None:
    text = f"{decorator}\ndef f(r):\n    r.headers['Access-Control-Allow-Origin'] = '*'\n{more}    return r\n"
    assert [one.credentials for one in found(text) if isinstance(one, CorsPolicy)] == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("set_cookie('auth_token', x)", (False, False)),
        ("set_cookie('auth_token', x, secure=True, httponly=True)", (True, True)),
        ("set_cookie(key='sessionid', secure=settings.SECURE)", ("settings.SECURE", False)),
        ("set_cookie('sessionid', secure=not settings.DEBUG)", (True, False)),
        ("set_cookie('sessionid', secure=ON, httponly=ON)", (True, True)),
        ("set_cookie('sessionid', x, **OPTIONS)", (False, True)),
        ("set_cookie('sessionid', x, **dict(secure=True))", (True, False)),
        ("set_cookie('sessionid', x, secure=given, httponly=True)", ("…given", True)),
        ("set_cookie('sessionid', x, secure=request.is_secure(), httponly=True)", ("…request.is_secure()", True)),
        ("set_cookie('theme', x)", None),
        ("set_cookie('csrf_token', x)", None),
        ("set_cookie('auth_token', x, **options)", ("", "")),
        ("set_cookie('theme', x, **options)", None),
    ],
)
def test_cookies_in_code(call: str, expected: tuple[bool | str, bool | str] | None) -> None:
    text = f"OPTIONS = dict(secure=False, httponly=True)\nON = True\ndef view(r, given):\n    response.{call}\n"
    cookies = [one for one in cookies_of(text) if isinstance(one, SetCookie | CookieCall)]
    assert [(one.secure, one.http_only) for one in cookies] == ([expected] if expected is not None else [])


@pytest.mark.parametrize("text", ["@csp_exempt(", "\x00set_cookie", "@csp_exempt\n" * 3, "def f(): set_cookie(\n"])
def test_broken_files_are_gaps_or_nothing(text: str) -> None:
    from hardencheck.collect.contract import Unreadable

    try:
        assert not any(isinstance(one, SetCookie) for one in [*found(text), *cookies_of(text)])
    except Unreadable:
        pass


def test_the_exhibit_shows_each_status(tmp_path: Path) -> None:
    files = {
        "main.py": "from fastapi import FastAPI\napp = FastAPI()\n@app.middleware('http')\n"
        "async def f(request, call_next):\n    response = await call_next(request)\n"
        "    response.headers['X-Frame-Options'] = 'DENY'\n"
        "    response.headers['X-Token'] = 'a secret perhaps'\n    return response\n",
        "Procfile": "web: uvicorn main:app\n",
        "deploy/nginx.conf": "server {\n  server_tokens off;\n  add_header X-Frame-Options SAMEORIGIN;\n"
        "  location / { proxy_pass http://app; }\n}\n",
    }
    _, facts = collected(tmp_path, files)
    [exhibit] = [fact for fact in facts.of("exhibit") if isinstance(fact, Exhibit) and fact.id == "headers.predicted"]
    [table] = exhibit.tables
    assert table.title == "main.py, run by uvicorn, behind nginx (server, location /)"
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}
    assert rows["x-frame-options"] == [
        "sent twice: DENY [starlette] | SAMEORIGIN [nginx]",
        "DENY [starlette]",
        "not sent",
    ]
    assert rows["server"] == ["nginx [nginx]", "the same", "the same"]
    assert "a secret" not in repr(exhibit)
    [twice] = [row for row in table.rows if row[0].text == "x-frame-options"]
    assert [cell.mark for cell in twice[1:]] == ["weak", "", "weak"]
