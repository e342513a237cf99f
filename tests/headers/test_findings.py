"""Facts that come of predictions, of origins and of single views."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardencheck.collect.extract.view_headers import ViewHeaders
from hardencheck.collect.resolve.cors import faults
from hardencheck.model.facts.exhibit import Exhibit
from hardencheck.model.facts.headers import SetCookie, ViewOpening
from hardencheck.model.facts.settings import CorsPolicy
from hardencheck.model.gap import Gap

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
    ],
)  # fmt: skip
def test_views_that_open_something(text: str, opens: list[str]) -> None:
    assert [one.opens for one in found(text) if isinstance(one, ViewOpening)] == opens


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
    ],
)
def test_code_that_answers_with_the_origin(test: str, value: str, expected: bool) -> None:
    text = REFLECTS.format(test=test, value=value)
    assert any(isinstance(one, CorsPolicy) for one in found(text)) is expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("set_cookie('auth_token', x)", (False, False)),
        ("set_cookie('auth_token', x, secure=True, httponly=True)", (True, True)),
        ("set_cookie(key='sessionid', secure=settings.SECURE)", (None, False)),
        ("set_cookie('theme', x)", None),
        ("set_cookie('csrf_token', x)", None),
        ("set_cookie('auth_token', x, **options)", (None, None)),
        ("set_cookie('auth_token', x, httponly=True, **options)", (None, True)),
        ("set_cookie('auth_token', x, httponly=True, secure=not settings.DEBUG)", (True, True)),
        ("set_cookie('auth_token', x, httponly=True, secure=settings.SESSION_COOKIE_SECURE)", (None, True)),
    ],
)
def test_cookies_in_code(call: str, expected: tuple[bool | None, bool | None] | None) -> None:
    facts = list(found(f"def view(r):\n    response.{call}\n"))
    cookies = [one for one in facts if isinstance(one, SetCookie)]
    assert [(one.secure, one.http_only) for one in cookies] == ([expected] if expected is not None else [])
    # What is not known is no pass; but a setting of Django has its own line.
    open_ = expected is not None and None in expected and "SESSION_COOKIE" not in call
    assert [one.location.line for one in facts if isinstance(one, Gap)] == ([2] if open_ else [])


@pytest.mark.parametrize("text", ["@csp_exempt(", "\x00set_cookie", "@csp_exempt\n" * 3, "def f(): set_cookie(\n"])
def test_broken_files_are_gaps_or_nothing(text: str) -> None:
    from hardencheck.collect.contract import Unreadable

    try:
        assert not any(isinstance(one, SetCookie) for one in found(text))
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
