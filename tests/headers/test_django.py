"""What Django projects make of response headers."""

from pathlib import Path

import pytest

from .predicting import collected, headers

SETTINGS = "ROOT_URLCONF = 'shop.urls'\nMIDDLEWARE = {middleware!r}\n"


def project(
    middleware: list[str], more: str = "", code: str = "", requirements: str = "django==5.2\n"
) -> dict[str, str]:
    files = {"shop/__init__.py": "", "shop/settings.py": SETTINGS.format(middleware=middleware) + more}
    return files | {"shop/own.py": code, "requirements.txt": requirements}


SECURITY = "django.middleware.security.SecurityMiddleware"
FRAMES = "django.middleware.clickjacking.XFrameOptionsMiddleware"
CSP = "content-security-policy"


def of(found: dict[str, str | None], *names: str) -> dict[str, str | None]:
    return {name: found[name] for name in names if name in found}


def test_security_middleware_and_framing(tmp_path: Path) -> None:
    files = project([SECURITY, FRAMES], "SECURE_HSTS_SECONDS = 60\nSECURE_HSTS_PRELOAD = True\n")
    assert headers(tmp_path, files) == {
        "strict-transport-security": "max-age=60; preload", "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin", "cross-origin-opener-policy": "same-origin", "x-frame-options": "DENY",
        "server": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        # The ways to write a middleware.
        ("class Own:\n    def __init__(self, get_response):\n        self.get_response = get_response\n"
         "    def __call__(self, request):\n        response = self.get_response(request)\n"
         "        response['X-Frame-Options'] = 'SAMEORIGIN'\n        return response\n", "SAMEORIGIN"),
        ("def Own(get_response):\n    def inner(request):\n        response = get_response(request)\n"
         "        response.headers['X-Frame-Options'] = 'SAMEORIGIN'\n        return response\n    return inner\n",
         "SAMEORIGIN"),
        ("from django.utils.deprecation import MiddlewareMixin\nclass Own(MiddlewareMixin):\n"
         "    def process_response(self, request, response):\n"
         "        response.headers.update({'X-Frame-Options': 'SAMEORIGIN'})\n        return response\n", "SAMEORIGIN"),
        ("from django.utils.deprecation import MiddlewareMixin\nclass Own(MiddlewareMixin):\n"
         "    def __init__(self, get_response):\n        super().__init__(get_response)\n        self.value = 'X'\n"
         "    def process_response(self, request, response):\n"
         "        response['X-Frame-Options'] = self.value\n        return response\n", "X"),
        # A header that is there stays, or goes.
        ("def Own(get_response):\n    def inner(request):\n        response = get_response(request)\n"
         "        response.setdefault('X-Frame-Options', 'SAMEORIGIN')\n        return response\n    return inner\n",
         "DENY"),
        ("def Own(get_response):\n    def inner(request):\n        response = get_response(request)\n"
         "        if 'X-Frame-Options' in response:\n            del response['X-Frame-Options']\n"
         "        return response\n    return inner\n", "(none)"),
        ("def Own(get_response):\n    def inner(request):\n        response = get_response(request)\n"
         "        if not response.has_header('X-Frame-Options'):\n            response['X-Frame-Options'] = 'A'\n"
         "        return response\n    return inner\n", "DENY"),
        # By status, by path, by setting.
        ("def Own(get_response):\n    def inner(request):\n        response = get_response(request)\n"
         "        if response.status_code == 404:\n            response['X-Frame-Options'] = 'SAMEORIGIN'\n"
         "        return response\n    return inner\n", "DENY"),
        ("def Own(get_response):\n    def inner(request):\n        response = get_response(request)\n"
         "        if request.path.startswith('/embed/'):\n            del response['X-Frame-Options']\n"
         "        return response\n    return inner\n", "?DENY"),
        ("def Own(get_response):\n    def inner(request):\n        response = get_response(request)\n"
         "        if request.path.startswith('/embed/'):\n            response['X-Frame-Options'] = 'SAMEORIGIN'\n"
         "        return response\n    return inner\n", None),
        ("from django.conf import settings\ndef Own(get_response):\n    def inner(request):\n"
         "        response = get_response(request)\n        for name, value in settings.EXTRA.items():\n"
         "            response[name] = value\n        return response\n    return inner\n", "ALLOW"),
        ("from django.conf import settings\ndef Own(get_response):\n"
         "    value = getattr(settings, 'NONE', 'SAMEORIGIN')\n    def inner(request):\n"
         "        response = get_response(request)\n        response['X-Frame-Options'] = value\n"
         "        return response\n    return inner\n", "SAMEORIGIN"),
        # What cannot be followed says so.
        ("from lib import value\ndef Own(get_response):\n    def inner(request):\n"
         "        response = get_response(request)\n        response['X-Frame-Options'] = value()\n"
         "        return response\n    return inner\n", None),
        ("def Own(get_response):\n    def inner(request):\n        return inner(request)\n    return inner\n", "DENY"),
    ],
)  # fmt: skip
def test_middleware_of_the_project_is_run(tmp_path: Path, code: str, expected: str | None) -> None:
    more = "EXTRA = {'X-Frame-Options': 'ALLOW'}\n"
    found = headers(tmp_path, project(["shop.own.Own", FRAMES], more, code))
    assert found.get("x-frame-options", "(none)") == expected


def test_the_order_decides(tmp_path: Path) -> None:
    code = (
        "def Own(get_response):\n    def inner(request):\n        response = get_response(request)\n"
        "        response['X-Frame-Options'] = 'SAMEORIGIN'\n        return response\n    return inner\n"
    )
    # Django's own keeps what is there already.
    assert headers(tmp_path / "a", project([FRAMES, "shop.own.Own"], code=code))["x-frame-options"] == "SAMEORIGIN"
    assert headers(tmp_path / "b", project(["shop.own.Own", FRAMES], code=code))["x-frame-options"] == "SAMEORIGIN"


def test_a_subclass_of_djangos_own_does_what_that_does(tmp_path: Path) -> None:
    code = (
        "from django.middleware.security import SecurityMiddleware\nclass Own(SecurityMiddleware):\n"
        "    def process_response(self, request, response):\n"
        "        response = super().process_response(request, response)\n"
        "        response['Referrer-Policy'] = 'no-referrer'\n        return response\n"
    )
    found = headers(tmp_path, project(["shop.own.Own"], code=code))
    assert of(found, "referrer-policy", "x-content-type-options") == {
        "referrer-policy": "no-referrer", "x-content-type-options": "nosniff",
    }  # fmt: skip


def test_a_library_that_may_send_headers_leaves_all_open(tmp_path: Path) -> None:
    assert "*" in headers(tmp_path / "a", project(["lib.SecurityHeadersMiddleware"]))
    assert "*" not in headers(tmp_path / "b", project(["whitenoise.middleware.WhiteNoiseMiddleware"]))


@pytest.mark.parametrize(
    ("requirements", "settings", "expected"),
    [
        ("django-csp==4.0\n", "CONTENT_SECURITY_POLICY = {'DIRECTIVES': {'img-src': ['*']}}\n",
         {CSP: "default-src 'self'; img-src *"}),
        ("django-csp==4.0\n", "CONTENT_SECURITY_POLICY = {'EXCLUDE_URL_PREFIXES': '/admin', 'DIRECTIVES': {}}\n", {}),
        ("django-csp==4.0\n", "CONTENT_SECURITY_POLICY = {'EXCLUDE_URL_PREFIXES': ['/admin'], 'DIRECTIVES': {}}\n",
         {CSP: "default-src 'self'"}),
        ("django-csp==4.0\n", "CONTENT_SECURITY_POLICY_REPORT_ONLY = {'DIRECTIVES': {'default-src': None}}\n", {}),
        ("django-csp==3.8\n", "CSP_DEFAULT_SRC = (\"'none'\",)\nCSP_IMG_SRC = ['*']\n",
         {CSP: "default-src 'none'; img-src *"}),
        ("django-csp==3.8\n", "CSP_REPORT_ONLY = True\n", {f"{CSP}-report-only": "default-src 'self'"}),
        ("django-csp==3.8\n", "CSP_EXCLUDE_URL_PREFIXES = ('/',)\n", {}),
    ],
)  # fmt: skip
def test_django_csp(tmp_path: Path, requirements: str, settings: str, expected: dict[str, str]) -> None:
    files = project(["csp.middleware.CSPMiddleware"], settings, requirements="django==5.2\n" + requirements)
    assert of(headers(tmp_path, files), CSP, f"{CSP}-report-only") == expected


NGINX = "server {{\n  listen 443 ssl;\n  location / {{ {0} proxy_pass http://{1}; }}\n}}\n"


@pytest.mark.parametrize(
    ("settings", "proxy", "sent"),
    [
        ("", "", False),  # nobody tells Django
        ("", "proxy_set_header X-Forwarded-Proto $scheme;", False),  # and gunicorn believes this machine only
        ("SECURE_PROXY_SSL_HEADER = ('HTTP_X_FORWARDED_PROTO', 'https')\n",
         "proxy_set_header X-Forwarded-Proto $scheme;", True),
        ("SECURE_PROXY_SSL_HEADER = ('HTTP_X_FORWARDED_PROTO', 'HTTPS')\n",
         "proxy_set_header X-Forwarded-Proto $scheme;", False),
        ("SECURE_PROXY_SSL_HEADER = ('HTTP_X_SCHEME', 'https')\n", "proxy_set_header X-Scheme https;", True),
    ],
)  # fmt: skip
def test_hsts_needs_django_to_know_of_https(tmp_path: Path, settings: str, proxy: str, sent: bool) -> None:
    files = project([SECURITY], "SECURE_HSTS_SECONDS = 60\n" + settings)
    files |= {"Procfile": "web: gunicorn shop.wsgi\n", "deploy/nginx.conf": NGINX.format(proxy, "app:8000")}
    assert ("strict-transport-security" in headers(tmp_path, files)) is sent


def test_the_redirect_passes_what_stands_above_it(tmp_path: Path) -> None:
    files = project(
        [FRAMES, SECURITY, "shop.own.Own"], "SECURE_SSL_REDIRECT = True\n", "def Own(get):\n    return get\n"
    )
    [one], _ = collected(tmp_path, files)
    assert one.redirect is not None
    names = {field.name for field in one.redirect.fields}
    assert (one.redirect.status, "x-frame-options" in names, "x-content-type-options" in names) == (301, True, True)


def test_the_redirect_never_comes_to_what_stands_below_it(tmp_path: Path) -> None:
    [one], _ = collected(tmp_path, project([SECURITY, FRAMES], "SECURE_SSL_REDIRECT = True\n"))
    assert one.redirect is not None
    names = {field.name for field in one.redirect.fields}
    assert ("x-frame-options" in names, "x-content-type-options" in names) == (False, True)


def test_entries_that_are_perhaps_there_are_perhaps_sent(tmp_path: Path) -> None:
    more = f"import lib\nif lib.strict():\n    MIDDLEWARE.append({FRAMES!r})\n"
    assert headers(tmp_path, project([SECURITY], more))["x-frame-options"] == "?DENY"


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("proxy_hide_header X-Frame-Options;", [3]),
        ("proxy_hide_header X-Frame-Options;\n  add_header X-Frame-Options DENY always;", []),
        ("proxy_hide_header X-Other;", []),
        ("{% if strict %}\n  proxy_hide_header X-Frame-Options;\n  {% endif %}", []),  # perhaps
    ],
)
def test_what_a_proxy_takes_away(tmp_path: Path, line: str, lines: list[int]) -> None:
    nginx = f"server {{\n  listen 443 ssl;\n  {line}\n  location / {{ proxy_pass http://app:8000; }}\n}}\n"
    _, facts = collected(tmp_path, project([FRAMES]) | {"deploy/nginx.conf.j2": nginx})
    assert [fact.location.line for fact in facts.of("header.stripped")] == lines


@pytest.mark.parametrize(
    ("settings", "nginx", "name", "expected"),
    [
        ("SECURE_HSTS_SECONDS = 60\n", NGINX.format("", "app:8000"), "strict-transport-security",
         "shop/settings.py:3 django does not send strict-transport-security: "
         "behind its proxy it does not see that a request came by https"),
        ("", "server {\n  proxy_hide_header X-Content-Type-Options;\n  location / { proxy_pass http://app:8000; }\n}\n",
         "x-content-type-options",
         "deploy/nginx.conf:2 django does not send x-content-type-options: nginx takes it away"),
        ("SECURE_CONTENT_TYPE_NOSNIFF = False\n", "server {\n  add_header X-Content-Type-Options nosniff always;\n"
         "  location / { proxy_pass http://app:8000; }\n  location /api/ {\n    add_header X-Other 1;\n"
         "    proxy_pass http://app:8000;\n  }\n}\n", "x-content-type-options",
         "deploy/nginx.conf:5 django does not send x-content-type-options: "
         "nginx adds it further out, and this line takes it away"),
        ("SECURE_CONTENT_TYPE_NOSNIFF = False\n", "server {\n  location / {\n"
         "    add_header X-Content-Type-Options nosniff always;\n    proxy_pass http://app:8000;\n  }\n"
         "  location /api/ { proxy_pass http://app:8000; }\n}\n", "x-content-type-options",
         "deploy/nginx.conf:6 django does not send x-content-type-options: "
         "nginx sends it elsewhere, and not for server, location /api/"),
    ],
)  # fmt: skip
def test_why_a_header_is_not_sent(tmp_path: Path, settings: str, nginx: str, name: str, expected: str) -> None:
    files = project([SECURITY], settings) | {"Procfile": "web: gunicorn shop.wsgi\n", "deploy/nginx.conf": nginx}
    _, facts = collected(tmp_path, files)
    found = [fact for fact in facts.of("header.declared") if getattr(fact, "name", "") == name]
    assert [f"{fact.location} {fact.describe()}" for fact in found] == [expected]


NOT_USED = (
    "from django.core.exceptions import MiddlewareNotUsed\nfrom django.conf import settings\n"
    "class Own:\n    def __init__(self, get_response):\n        if not settings.REMOTE_HEADER:\n"
    "            raise MiddlewareNotUsed()\n        self.get_response = get_response\n"
    "    def __call__(self, request):\n        response = self.get_response(request)\n"
    "        response['X-Frame-Options'] = 'SAMEORIGIN'\n        return response\n"
)
READS = (
    "import os\nclass Own:\n    def __init__(self, get_response):\n        self.get_response = get_response\n"
    "    def __call__(self, request):\n        who = request.headers.get('X-Who')\n"
    "        return getattr(self, os.environ['WHO'])(request, who)\n"
)


@pytest.mark.parametrize(("setting", "expected"), [("''", "DENY"), ("'HTTP_X_USER'", "SAMEORIGIN")])
def test_django_leaves_out_what_says_that_it_is_not_used(tmp_path: Path, setting: str, expected: str) -> None:
    files = project(["shop.own.Own", FRAMES], f"REMOTE_HEADER = {setting}\n", NOT_USED)
    found = headers(tmp_path, files)
    assert (found["x-frame-options"], "*" in found) == (expected, False)


@pytest.mark.parametrize(
    ("more", "open_"), [("", False), ("    def other(self, response):\n        response[self.name] = 'x'\n", True)]
)
def test_code_that_is_not_followed_sets_nothing_where_nothing_in_it_can(tmp_path: Path, more: str, open_: bool) -> None:
    found = headers(tmp_path, project(["shop.own.Own", FRAMES], "", READS + more))
    assert ("*" in found) is open_
