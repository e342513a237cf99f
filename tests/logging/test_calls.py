"""Secrets in log calls, and what is none."""

import textwrap

import pytest

from hardencheck.collect.contract import Found
from hardencheck.collect.extract.logging_calls import LogCalls
from hardencheck.collect.extraction import extract_file
from hardencheck.model.facts.logging import LogFileMode, SecretLogged
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location


def extract(source: str, path: str = "shop/views.py") -> list[Found]:
    return extract_file([LogCalls()], path, 0o100644, textwrap.dedent(source).encode())


def whats(source: str) -> list[str]:
    return [item.what for item in extract(source) if isinstance(item, SecretLogged)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("log.info('x %s', password)", ["password"]),
        ("logger.info('x', extra={'p': user.password})", ["password"]),
        ("self.logger.warning(f'{name} {new_password!r}')", ["password"]),
        ("current_app.logger.error('t ' + access_token)", ["token"]),
        ("logging.debug('%s' % (user, passwd))", ["password"]),
        ("LOG.exception('{}'.format(api_key))", ["API key"]),
        ("log.info(str(request.headers))", ["request headers"]),
        ("log.info(request.META)", ["request headers"]),
        ("log.info(self.request.COOKIES)", ["cookies"]),
        ("log.info(request.POST)", ["request body"]),
        ("log.info(request.get_json())", ["request body"]),
        ("log.info(json.dumps(data['client_secret']))", ["secret"]),
        ("import json\nlog.info(json.dumps(data['clientSecret']))", ["secret"]),
        ("log.info(request.headers['Authorization'])", ["authorization header"]),
        ("log.info(request.POST.get('password'))", ["password"]),
        ("import os\nlog.info(dict(os.environ))", ["environment"]),
        ("import os\nlog.info(os.environ['DB_PASSWORD'])", ["password"]),
        ("from os import getenv\nlog.info(getenv('DB_PASSWORD'))", ["password"]),
        ("log.info(vars(settings))", ["all settings"]),
        ("log.info(settings.SECRET_KEY)", ["secret key"]),
        ("log.info(current_app.config)", ["all settings"]),
        ("print(password)", ["password"]),
        ("structlog.get_logger().bind(a=1).info('x', token=token)", ["token"]),
        ("import logging\nlogging.getLogger('x').info(secret)", ["secret"]),
        ("log.info('a', password or None)", ["password"]),
        ("log.info('%s %s', password, old_password)", ["password"]),
        ("hdrs = dict(request.headers)\nlog.info('%s', hdrs)", ["request headers"]),
        ("async def f(request):\n    body = await request.body()\n    log.info(f'{body}')", ["request body"]),
        ("def f():\n    data = request.get_json()\n    log.info('got', extra={'data': data})", ["request body"]),
        ("pw = request.form['password']\nlog.info('%s', pw)", ["password"]),
        ("import os\nenv = os.environ\nlog.info('%r', dict(env))", ["environment"]),
        ("url = f'https://x/?t={token}'\nlog.info(url)", ["token"]),
        ("log.info('x', extra={'token': given})", ["token"]),
        ("log.info('sign-in', password=given)", ["password"]),
        ("log.info('%s', locals())", ["local variables"]),
        ("log.info(vars(request))", ["request headers"]),
        ("def app(environ, start):\n    log.info(environ)", ["request headers"]),
        ("from app.config import settings\nlog.info(f'{settings}')", ["all settings"]),
        ("log.info(request.form.to_dict(flat=True))", ["request body"]),
        ("data = request.POST.dict()\ndata['seen'] = 1\nlog.info('%s', data)", ["request body"]),
        ("if body := request.get_json():\n    log.info('%s', body)", ["request body"]),
        ("a, b = request.headers['Authorization'], 1\nlog.info('%s', a)", ["authorization header"]),
        ("_, given = request.headers['Authorization'].split(' ', 1)\nlog.info('%s', given)", ["authorization header"]),
        ("log.info(request.headers['Authorization'].split()[1])", ["authorization header"]),
        ("parts = request.headers['Authorization'].split()\nlog.info(parts[-1])", ["authorization header"]),
        ("log.info({k: v for k, v in request.headers.items()})", ["request headers"]),
        ("log.info([v for v in request.headers.values()])", ["request headers"]),
        ("log.info({k: v for k, v in request.META.items() if k.startswith('HTTP_')})", ["request headers"]),
        ("for k, v in request.form.items():\n    log.info('%s=%s', k, v)", ["request body"]),
        ("log.info(sorted(request.POST.items()))", ["request body"]),
        ("log.info(', '.join(request.COOKIES.values()))", ["cookies"]),
        ("audit = logging.getLogger('audit')\naudit.info(password)", ["password"]),
        ("self.events = structlog.get_logger().bind(a=1)\nself.events.info('x', password=given)", ["password"]),
        ("adapter = logging.LoggerAdapter(log, {})\nadapter.info(token)", ["token"]),
        ("log = log.bind(token=given)", ["token"]),
        ("import structlog\nstructlog.contextvars.bind_contextvars(session_token=given)", ["token"]),
        ("with logger.contextualize(password=given):\n    pass", ["password"]),
        ("log.info(request.values, request.environ)", ["request body", "request headers"]),
        ("from flask import session\nlog.info('%s', dict(session))", ["session"]),
        ("@app.after_request\ndef f(response):\n    log.info(response.headers)", ["response headers"]),
        ("def f(request):\n    r = self.get_response(request)\n    log.info(r.headers)", ["response headers"]),
        ("log.info(settings.DATABASE_URL)", ["address with a password"]),
        ("import os\nlog.info(os.environ['DATABASE_URL'])", ["address with a password"]),
        ("log.info(app.config['SQLALCHEMY_DATABASE_URI'])", ["address with a password"]),
        (
            "class C:\n  def __init__(self):\n    self.password = x\n  def f(self):\n    log.info(self.__dict__)",
            ["attributes"],
        ),
        # What is done to it shows as much as before.
        ("token = token.strip()\nlog.info(token)", ["token"]),
        ("password = token[:4] + password\nlog.info(password)", ["password"]),
        ("token = mask(token) if quiet else token\nlog.info(token)", ["token"]),
        ("token = 'abc' + token[4:]\nlog.info(token)", ["token"]),
    ],
)
def test_secrets(source: str, expected: list[str]) -> None:
    assert whats(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "log.info('password changed')",
        "log.info(sorted(request.POST), list(request.headers), ', '.join(request.COOKIES))",
        "log.info([name for name in request.headers])",
        "for name in request.headers:\n    log.info(name)",
        "data = request.get_json()\ndata.pop('password', None)\nlog.info(data)",
        "data = request.POST.dict()\ndel data['password']\nlog.info(data)",
        "data = request.POST.dict()\ndata['password'] = '***'\nlog.info(data)",
        "log.info({k: v for k, v in request.headers.items() if k in SAFE})",
        "log.info({k: '***' if k in SECRET else v for k, v in request.headers.items()})",
        "log.info({k: mask(k, v) for k, v in request.headers.items()})",
        "for k, v in request.headers.items():\n    if k in SAFE:\n        log.info('%s=%s', k, v)",
        "scheme, _, rest = request.headers['Authorization'].partition(' ')\nlog.info(scheme)",
        "log.info(request.headers['Authorization'].split()[0])",
        "audit = Audit()\naudit.info(password)",
        "log.info(requests.get(url).headers)",
        "def f(response):\n    log.info(response.headers)",
        "class C:\n    def f(self):\n        log.info(self.__dict__)",
        "log.info(database_url, link.url, settings.SITE_URL)",
        "log.info(token.to_dict(), user.dict())",
        "for request_body in queue:\n    log.info(request_body)",
        "log.info(password_reset_url, token_count, token.id, token_type, secret_name, api_key.prefix)",
        "log.info(len(password), bool(token), type(secret), mask(password), token == other, password is None)",
        "log.info(hashed_password, has_token, next_page_token, csrf_safe_token, max_tokens, tokens)",
        "log.info(token[:6], token[-4:])",
        "log.info(request.path, request.headers['User-Agent'], request.headers.get('X-Request-ID'))",
        "log.info(request.data.shape, data.body, frame.headers)",
        "import tokenize\nlog.info(token)",
        "log.info(TokenType.PASSWORD)",
        "catalog.info(password); dialog.error(password); math.log(secret)",
        "messages.error(request, password)",
        "from x import print\nprint(password)",
        "log.info('x', exc_info=token)",
        "hdrs = request.headers\nhdrs = sorted(names)\nlog.info('%s', hdrs)",
        "def f():\n    data = request.get_json()\n\ndef g(data):\n    log.info(data)",
        "data = len(request.get_data())\nlog.info(data)",
        "masked = '***' + token\nlog.info(masked)",
        "log.info('x', extra={'token': 'none', 'password': mask(password), 'secret': len(secret)})",
        "user, role = request.form\nlog.info(user)",
        "log.info('%(user)s' % locals())",
        "log.info('{user}'.format(**locals()))",
        "from django.conf import settings\nlog.info(settings)",
        "log.info('x', extra={'password': is_set})",
        "log.info(settings.DEBUG, settings.PASSWORD_MIN_LENGTH)",
        "token = mask(token)\nlog.info(token)",
        "token = token[:4] + '...'\nlog.info(token)",
        "token = f'{token[:2]}…{token[-2:]}'\nlog.info(token)",
        "password = '*' * len(password)\nlog.info(password)",
        "import hashlib\ntoken = hashlib.sha256(token).hexdigest()\nlog.info(token)",
        "password = not password\nlog.info(password)",
    ],
)
def test_no_secrets(source: str) -> None:
    assert whats(source) == []


def test_the_fact() -> None:
    assert extract("def f(password):\n    log.error('%s', password)\n") == [
        SecretLogged(location=Location(path="shop/views.py", line=2), what="password", call="error", role="production")
    ]


@pytest.mark.parametrize(
    ("path", "source", "role"),
    [
        ("tests/test_x.py", "log.info(password)", "test"),
        ("shop/management/commands/make.py", "print(password)", "command"),
        ("shop/management/commands/make.py", "log.info(password)", "production"),
        ("shop/views.py", "if settings.DEBUG:\n    log.info(password)", "development"),
        ("shop/views.py", "if not settings.DEBUG:\n    log.info(password)", "production"),
    ],
)
def test_roles(path: str, source: str, role: str) -> None:
    [fact] = extract(source, path)
    assert isinstance(fact, SecretLogged)
    assert fact.role == role


def test_modes_of_log_files() -> None:
    source = """\
        import os
        from pathlib import Path
        os.chmod("/var/log/shop/app.log", 0o644)
        os.open(LOG_FILE, os.O_CREAT, 0o666)
        os.makedirs(self.log_dir, mode=0o777)
        Path("logs").mkdir(0o750)
        os.chmod(catalog_path, 0o666)
        os.chmod(log_path, mode)
        os.mkdir("blog", 0o777)
        """
    assert [(item.location.line, item.how, item.mode) for item in extract(source) if isinstance(item, LogFileMode)] == [
        (3, "os.chmod", 0o644),
        (4, "os.open", 0o666),
        (5, "os.makedirs", 0o777),
        (6, "Path.mkdir", 0o750),
    ]


@pytest.mark.parametrize(
    "source",
    [
        "log.info(" + "str(" * 60 + "password" + ")" * 60 + ")",
        "log.info(" + "+".join(["password"] * 500) + ")",
        "log.info(*a, **password)",
        "log.info()(password)",
        "log.info" + "(password)" * 50,
        "a = b\nb = a\nlog.info(a, '%s' % b)",
        "log.info(" + "[x for x in " * 30 + "password" + "]" * 30 + ")",
        "password, *rest = *rest, = a\nlog.info(rest, 'x')",
        "for (a, (b, *c)), d[0], e.f in x.items():\n    log.info(a, b, c)",
    ],
)
def test_odd_input_is_no_crash(source: str) -> None:
    assert not [item for item in extract(source) if isinstance(item, Gap) and item.reason is Reason.CRASHED]


@pytest.mark.parametrize(
    ("name", "secret"),
    [("sessionid", True), ("cart", True), ("last-login-method", False), ("django_language", False), ("theme", False)],
)
def test_a_cookie_that_only_holds_a_choice_is_no_secret(name: str, secret: bool) -> None:
    assert whats(f"seen = request.COOKIES.get('{name}')\nlog.info('x', seen=seen)") == (["cookie"] if secret else [])
