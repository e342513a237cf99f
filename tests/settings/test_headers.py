"""What the layers of a repository send together."""

from pathlib import Path

import pytest

from hardencheck.collect.options import Options
from hardencheck.collect.run import collect
from hardencheck.model.facts.declared import DeclaredCookie, DeclaredHeader
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location
from hardencheck.model.target import Target


def facts_of(root: Path, files: dict[str, str]) -> FactSet:
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return collect(Target(repository=str(root)), Options(jobs=0)).facts


def header(facts: FactSet, name: str) -> tuple[object, ...]:
    """(value or False, place, layer), or ("unknown", place, detail)."""
    found: list[tuple[object, ...]] = [
        (fact.value if fact.present else False, str(fact.location), fact.layer)
        for fact in facts.of("header.declared")
        if isinstance(fact, DeclaredHeader) and fact.name == name
    ]
    found += [
        ("unknown", str(gap.location), gap.detail)
        for gap in facts.gaps
        if "header.declared" in gap.kinds and gap.about.get("name", name) == name
    ]
    (only,) = found
    return only


HSTS, XFO, CSP = "strict-transport-security", "x-frame-options", "content-security-policy"
DJANGO = (
    "ROOT_URLCONF = 'x'\nMIDDLEWARE = ['django.middleware.security.SecurityMiddleware', "
    "'django.middleware.clickjacking.XFrameOptionsMiddleware']\nX_FRAME_OPTIONS = 'DENY'\n"
)
PASS = "location / { proxy_pass http://app; }"


def test_django_sends_what_its_settings_say(tmp_path: Path) -> None:
    text = DJANGO + "SECURE_HSTS_SECONDS = 60 * 60\nSECURE_HSTS_INCLUDE_SUBDOMAINS = True\n"
    facts = facts_of(tmp_path, {"shop/settings.py": text})
    assert header(facts, HSTS) == ("max-age=3600; includeSubDomains", "shop/settings.py:4", "django")
    [fact] = [f for f in facts.of("header.declared") if isinstance(f, DeclaredHeader) and f.name == HSTS]
    assert fact.max_age == 3600
    assert header(facts, XFO) == ("DENY", "shop/settings.py:3", "django")
    assert header(facts, CSP) == (False, "shop/settings.py:2", "django")


@pytest.mark.parametrize(
    ("nginx", "expected"),
    [
        (f"server {{\nadd_header X 1;\n{PASS} }}", (False, "shop/settings.py", "django")),
        (f'server {{\nadd_header Strict-Transport-Security "max-age=9" always;\n{PASS} }}',
         ("max-age=9", "nginx.conf:2", "nginx")),
        # A level with any add_header of its own loses all inherited ones.
        ('server {\nadd_header Strict-Transport-Security "max-age=9";\nlocation / {\nadd_header X 1;\n'
         "proxy_pass http://app; } }", (False, "nginx.conf:4", "django")),
        ('server {\nadd_header Strict-Transport-Security "max-age=9";\nlocation / {\nadd_header_inherit off;\n'
         "proxy_pass http://app; } }", (False, "nginx.conf:4", "django")),
        # One of two places is enough to be without it.
        ('server {\nadd_header Strict-Transport-Security "max-age=9";\nlocation /a { proxy_pass http://a; }\n'
         "location /b { add_header X 1; proxy_pass http://b; } }", (False, "nginx.conf:4", "django")),
        # A location that serves files is not the application.
        (f'server {{\nadd_header Strict-Transport-Security "max-age=9";\n{PASS}\nlocation /s {{ add_header X 1; }} }}',
         ("max-age=9", "nginx.conf:2", "nginx")),
        ("server {\nadd_header Strict-Transport-Security $hsts;\n" + PASS + " }",
         ("unknown", "nginx.conf:2", "the value of strict-transport-security holds a variable")),
        ('server {\nadd_header_inherit merge;\nadd_header Strict-Transport-Security "max-age=9";\nlocation / {\n'
         "add_header X 1;\nproxy_pass http://app; } }", ("max-age=9", "nginx.conf:3", "nginx")),
        ("server {\ninclude /etc/nginx/security.conf;\n" + PASS + " }",
         ("unknown", "nginx.conf:2", "it may be in /etc/nginx/security.conf, which is not in the repository")),
    ],
)  # fmt: skip
def test_nginx_in_front(tmp_path: Path, nginx: str, expected: tuple[object, ...]) -> None:
    facts = facts_of(tmp_path, {"shop/settings.py": DJANGO, "nginx.conf": nginx})
    assert header(facts, HSTS) == expected


def test_an_include_of_the_repository_is_followed(tmp_path: Path) -> None:
    files = {
        "shop/settings.py": DJANGO,
        "deploy/nginx.conf": "http { server {\ninclude snippets/security.conf;\n" + PASS + " } }",
        "deploy/snippets/security.conf": "# ours\nadd_header Strict-Transport-Security 'max-age=31536000';\n",
    }
    assert header(facts_of(tmp_path, files), HSTS) == ("max-age=31536000", "deploy/snippets/security.conf:2", "nginx")


def test_two_layers_that_disagree_are_joined_as_a_browser_joins_them(tmp_path: Path) -> None:
    nginx = f"server {{\nadd_header X-Frame-Options SAMEORIGIN;\n{PASS} }}"
    facts = facts_of(tmp_path, {"shop/settings.py": DJANGO, "nginx.conf": nginx})
    assert header(facts, XFO) == ("DENY, SAMEORIGIN", "shop/settings.py:3", "django")


def test_a_configuration_that_cannot_be_read_leaves_it_open(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, {"shop/settings.py": DJANGO, "nginx.conf": "server {\n" + PASS})
    assert header(facts, HSTS)[0] == "unknown"


def test_a_proxy_that_nobody_reads_leaves_it_open(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, {"shop/settings.py": DJANGO, "haproxy.cfg": "frontend http\n"})
    assert header(facts, HSTS) == ("unknown", "haproxy.cfg", "haproxy.cfg may send it and is not read")
    assert header(facts, XFO) == ("DENY", "shop/settings.py:3", "django")


WRITTEN = """
class Policy:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        response = self.get_response(request)
        {statement}
        return response
"""


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("response['Content-Security-Policy'] = \"default-src 'self'\"", "default-src 'self'"),
        ("response.headers['Content-Security-Policy'] = 'x'", "x"),
        ("response.headers.setdefault('Content-Security-Policy', 'x')", "x"),
        ("response.headers.update({'Content-Security-Policy': 'x'})", "x"),
        ("response['Content-Security-Policy'] = policy()", "unknown"),
        ("if request.user: response['Content-Security-Policy'] = 'x'", "unknown"),
        ("response['X-Other'] = 'x'", False),
    ],
)
def test_middleware_of_the_repository(tmp_path: Path, statement: str, expected: object) -> None:
    files = {
        "shop/settings.py": "ROOT_URLCONF = 'x'\nMIDDLEWARE = ['shop.policy.Policy']\n",
        "shop/policy.py": WRITTEN.format(statement=statement),
    }
    assert header(facts_of(tmp_path, files), CSP)[0] == expected


def test_middleware_that_is_not_in_use_sends_nothing(tmp_path: Path) -> None:
    text = WRITTEN.format(statement="response['Content-Security-Policy'] = 'x'")
    files = {"shop/settings.py": "ROOT_URLCONF = 'x'\nMIDDLEWARE = []\n", "shop/policy.py": text}
    assert header(facts_of(tmp_path, files), CSP) == (False, "shop/settings.py:2", "django")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", (False, "app.py:2", "flask")),
        ("from flask_talisman import Talisman\nTalisman(app)\n",
         ("max-age=31556926; includeSubDomains", "app.py:4", "flask")),
        ("from flask_talisman import Talisman\nTalisman(app, strict_transport_security=False)\n",
         (False, "app.py:4", "flask")),
        ("from flask_talisman import Talisman\nt = Talisman()\nt.init_app(app, strict_transport_security_max_age=5)\n",
         ("max-age=5; includeSubDomains", "app.py:5", "flask")),
        ("from flask_talisman import Talisman\nTalisman(app, strict_transport_security=x())\n",
         ("unknown", "app.py:4", "strict_transport_security is x(): not a literal")),
        ("@app.after_request\ndef f(r):\n    r.headers['Strict-Transport-Security'] = 'max-age=7'\n    return r\n",
         ("max-age=7", "app.py:5", "flask")),
        ("def f(r):\n    r.headers['Strict-Transport-Security'] = 'max-age=7'\n    return r\napp.after_request(f)\n",
         ("max-age=7", "app.py:4", "flask")),
        ("@app.get('/')\ndef f():\n    r.headers['Strict-Transport-Security'] = 'max-age=7'\n    return r\n",
         ("unknown", "app.py:5",
          "strict-transport-security is set here, and whether for every response is not followed")),
    ],
)  # fmt: skip
def test_flask(tmp_path: Path, more: str, expected: tuple[object, ...]) -> None:
    facts = facts_of(tmp_path, {"app.py": f"from flask import Flask\napp = Flask(__name__)\n{more}"})
    assert header(facts, HSTS) == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", False),
        ("app.add_middleware(Policy)\n", "x"),
        ("from lib import SecureHeaders\napp.add_middleware(SecureHeaders)\n", "unknown"),
        ("from starlette.middleware.gzip import GZipMiddleware\napp.add_middleware(GZipMiddleware)\n", False),
    ],
)
def test_fastapi(tmp_path: Path, more: str, expected: object) -> None:
    text = "from fastapi import FastAPI\nfrom starlette.middleware.base import BaseHTTPMiddleware\napp = FastAPI()\n"
    policy = (
        "class Policy(BaseHTTPMiddleware):\n    async def dispatch(self, request, call_next):\n"
        "        response = await call_next(request)\n        response.headers['Content-Security-Policy'] = 'x'\n"
    )
    found = header(facts_of(tmp_path, {"app.py": text + policy * ("Policy" in more) + more}), CSP)
    assert found[0] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Names from a table of the file (pgAdmin): those it spells may be sent, the others are not.
        ("NAMES = {'A': 'X-Frame-Options'}\ndef headers(r):\n    for key in NAMES:\n        "
         "r.headers[NAMES[key]] = 'x'\n",
         ("unknown", "app.py:6", "x-frame-options is set here, and whether for every response is not followed")),
        ("NAMES = {'X-Frame-Options': 'DENY'}\n@app.after_request\ndef f(r):\n    "
         "r.headers.update(NAMES)\n    return r\n",
         ("DENY", "app.py:3", "flask")),
        # A table of another file may hold any.
        ("from conf import NAMES\n@app.after_request\ndef f(r):\n    r.headers.extend(NAMES)\n    return r\n",
         ("unknown", "app.py:6", "a table that is not followed may set any header")),
        # What a view copies is not for every response, and what a client sends is no response.
        ("@app.get('/')\ndef f(r):\n    for k in x(): r.headers[k] = 1\n    return r\n", (False, "app.py:2", "flask")),
        ("@app.get('/')\ndef f(request):\n    request.headers[k] = 1\n", (False, "app.py:2", "flask")),
    ],
)  # fmt: skip
def test_headers_from_a_table(tmp_path: Path, text: str, expected: tuple[object, ...]) -> None:
    facts = facts_of(tmp_path, {"app.py": f"from flask import Flask\napp = Flask(__name__)\n{text}"})
    assert header(facts, XFO) == expected


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        ("flask-talisman==0.7.0", (False, "app.py:4", "flask")),
        ("flask-talisman==0.8.1", ("interest-cohort=()", "app.py:4", "flask")),
        ("flask-talisman==1.0.0", (False, "app.py:4", "flask")),
        ("flask-talisman>=1.1", ("browsing-topics=()", "app.py:4", "flask")),
        ("flask", ("browsing-topics=()", "app.py:4", "flask")),
    ],
)
def test_what_talisman_sends_depends_on_its_version(
    tmp_path: Path, requirement: str, expected: tuple[object, ...]
) -> None:
    text = "from flask import Flask\napp = Flask(__name__)\nfrom flask_talisman import Talisman\nTalisman(app)\n"
    facts = facts_of(tmp_path, {"app.py": text, "requirements.txt": f"{requirement}\n"})
    assert header(facts, "permissions-policy") == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", [("flask", "session", True, True, "lax", "app.py:5")]),
        (", session_cookie_secure=False, session_cookie_samesite=None",
         [("flask", "session", False, True, None, "app.py:5")]),
        (", session_cookie_secure=x()", [("flask", "session", False, True, "lax", "app.py:5")]),
        (", **options", []),
    ],
)  # fmt: skip
def test_talisman_writes_the_flags_of_the_session_cookie(
    tmp_path: Path, arguments: str, expected: list[tuple[object, ...]]
) -> None:
    text = (
        "from flask import Flask\nfrom flask_talisman import Talisman\napp = Flask(__name__)\n"
        f"app.secret_key = x()\nTalisman(app{arguments})\n"
    )
    facts = facts_of(tmp_path, {"app.py": text})
    assert cookies(facts) == expected
    unsure = [gap.about["known"] for gap in facts.gaps if "cookie.declared" in gap.kinds]
    assert unsure == {
        ", session_cookie_secure=x()": ["secure"],
        ", **options": ["same_site", "http_only", "secure"],
    }.get(arguments, [])


def test_a_table_of_settings_in_a_call_of_dict_is_read(tmp_path: Path) -> None:
    text = (
        "from flask import Flask\napp = Flask(__name__)\n"
        "app.config.update(dict({'SECRET_KEY': x(), 'OTHER': y},\n  SESSION_COOKIE_SECURE=True))\n"
    )
    assert cookies(facts_of(tmp_path, {"app.py": text})) == [
        ("flask", "session", True, True, None, "app.py:2, app.py:3")
    ]


def test_an_application_that_no_name_holds_serves_nobody(tmp_path: Path) -> None:
    text = "from flask import Flask\nclass A:\n    oauth = OAuth(Flask(__name__))\n"
    files = {"a.py": text, "b.py": "from flask import Flask\napp = Flask(__name__)\n"}
    facts = facts_of(tmp_path, files)
    assert {str(fact.location) for fact in facts.of("framework.setting")} == {"b.py:2"}
    assert {str(fact.location) for fact in facts_of(tmp_path / "x", {"a.py": text}).of("framework.setting")} == {
        "a.py:3"
    }


def cookies(facts: FactSet) -> list[tuple[str, str, bool, bool, str | None, str]]:
    """Each cookie once, with the places of its flags."""
    places: dict[tuple[str, str, bool, bool, str | None], list[str]] = {}
    for fact in facts.of("cookie.declared"):
        assert isinstance(fact, DeclaredCookie)
        key = (fact.layer, fact.role, fact.secure, fact.http_only, fact.same_site)
        places.setdefault(key, []).append(str(fact.location))
    return [(*key, ", ".join(sorted(where))) for key, where in places.items()]


def test_session_cookies(tmp_path: Path) -> None:
    sessions = "django.contrib.sessions.middleware.SessionMiddleware"
    files = {
        "shop/settings.py": f"ROOT_URLCONF = 'x'\nMIDDLEWARE = ['{sessions}']\n",
        "requirements.txt": "django>=5\nflask\n",
        "site/app.py": "from flask import Flask\napp = Flask(__name__)\napp.config['SECRET_KEY'] = x()\n"
        "app.config.update(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE='Strict')\n",
        "api/app.py": "from fastapi import FastAPI\nfrom starlette.middleware.sessions import SessionMiddleware\n"
        "app = FastAPI()\napp.add_middleware(SessionMiddleware, secret_key=x())\n",
    }
    assert cookies(facts_of(tmp_path, files)) == [
        ("django", "session", False, True, "lax", "shop/settings.py"),
        ("flask", "session", True, True, "strict", "site/app.py:2, site/app.py:4"),
        ("starlette", "session", False, True, "lax", "api/app.py:4"),
    ]


def test_a_cookie_of_which_little_is_known_says_no_more_than_that() -> None:
    location = Location(path="app.py", line=1)
    cookie = DeclaredCookie(
        location=location, role="session", name="", secure=False, http_only=False, same_site=None, layer="flask",
        known=("same_site",),
    )  # fmt: skip
    assert cookie.describe() == "the session cookie has no SameSite"


def test_no_session_no_cookie(tmp_path: Path) -> None:
    files = {"shop/settings.py": "ROOT_URLCONF = 'x'\nMIDDLEWARE = []\n", "requirements.txt": "django>=5\n"}
    facts = facts_of(tmp_path, files)
    assert cookies(facts) == []
    assert not [gap for gap in facts.gaps if "cookie.declared" in gap.kinds]


def test_each_flag_of_a_cookie_is_blamed_at_its_own_line(tmp_path: Path) -> None:
    files = {
        "shop/settings.py": "ROOT_URLCONF = 'x'\n"
        "MIDDLEWARE = ['django.contrib.sessions.middleware.SessionMiddleware']\n"
        "SESSION_COOKIE_SECURE = True\nSESSION_COOKIE_HTTPONLY = False\nSESSION_COOKIE_SAMESITE = 'None'\n",
        "requirements.txt": "django>=5\n",
    }
    found = {
        fact.known: (str(fact.location), fact.describe())
        for fact in facts_of(tmp_path, files).of("cookie.declared")
        if isinstance(fact, DeclaredCookie)
    }
    assert found == {
        ("secure",): ("shop/settings.py:3", "the session cookie sessionid has Secure"),
        ("http_only",): ("shop/settings.py:4", "the session cookie sessionid has no HttpOnly"),
        ("same_site",): ("shop/settings.py:5", "the session cookie sessionid has SameSite=none"),
    }
