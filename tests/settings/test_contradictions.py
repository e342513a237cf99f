"""One setting, several values: what is one thing, and what is not."""

from pathlib import Path

import pytest

from hardencheck.collect.options import Options
from hardencheck.collect.run import collect
from hardencheck.model.facts.hidden import Contradiction
from hardencheck.model.target import Target

NGINX = """server {{
  listen 80;
  server_name {name};
  client_max_body_size {size};
  location / {{ proxy_pass {to}; }}
}}
"""


def nginx(size: str, name: str = "_", to: str = "http://app") -> str:
    return NGINX.format(size=size, name=name, to=to)


def said(root: Path, files: dict[str, str]) -> list[tuple[str, str, tuple[str, ...], tuple[str, ...]]]:
    """(product, name, values, places) of each contradiction."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    facts = collect(Target(repository=str(root)), Options(jobs=0)).facts
    return [
        (one.product, one.name, one.values, tuple(str(place) for place in one.places))
        for one in facts.of("setting.contradiction")
        if isinstance(one, Contradiction)
    ]


LIMIT = "client_max_body_size"


@pytest.mark.parametrize(
    ("files", "values"),
    [
        ({"nginx.conf": nginx("1m"), "deploy/site.conf": nginx("9m")}, ("9m", "1m")),
        ({"a/nginx.conf": nginx("1m"), "b/nginx.conf": nginx("9m")}, None),
        ({"services/a/nginx.conf": nginx("1m"), "services/b/nginx.conf": nginx("9m")}, None),
        ({"deploy/api.conf": nginx("1m", "api.shop.io"), "deploy/www.conf": nginx("9m", "www.shop.io")}, None),
        ({"deploy/a.conf": nginx("1m", "shop.io"), "docker/b.conf": nginx("9m", "www.shop.io shop.io")}, ("1m", "9m")),
        # Hosts that are called the same are one, whatever the name of the application is there.
        ({"a.conf": nginx("1m", "shop.io"), "b.conf": nginx("9m", "shop.io", "http://unix:/run/app")}, ("1m", "9m")),
        ({"deploy/api.conf": nginx("1m", to="http://api"), "deploy/ui.conf": nginx("9m", to="http://ui")}, None),
        ({"nginx.conf": nginx("1m"), "nginx.prod.conf": nginx("9m")}, None),
        ({"nginx.conf": nginx("1m"), "nginx.staging.conf": nginx("9m")}, None),
        ({"nginx.conf": nginx("1m"), "nginx.dev.conf": nginx("9m")}, None),
        ({"nginx.conf": nginx("1m"), "examples/nginx.conf": nginx("9m")}, None),
        ({"nginx.conf": nginx("8m"), "nginx-ssl.conf": nginx("8M")}, None),
        ({"nginx.conf": nginx("8m"), "nginx.conf.template": nginx("${SIZE}")}, None),
        ({"a.conf": nginx("1m"), "b.conf": nginx("2m"), "c.conf": nginx("3m")}, ("1m", "2m", "3m")),
        # A file that gives two servers two values agrees with either of them.
        ({"a.conf": nginx("1m") + nginx("9m", to="http://app/"), "b.conf": nginx("1m")}, None),
    ],
)
def test_limits_of_nginx(tmp_path: Path, files: dict[str, str], values: tuple[str, ...] | None) -> None:
    found = [one for one in said(tmp_path, files) if one[1] == LIMIT]
    assert [one[2] for one in found] == ([values] if values else [])


def test_all_places_are_named(tmp_path: Path) -> None:
    (one,) = said(tmp_path, {"a.conf": nginx("1m"), "b.conf": nginx("2m"), "c.conf": nginx("1m")})
    assert one == ("nginx", LIMIT, ("1m", "2m", "1m"), ("a.conf:4", "b.conf:4", "c.conf:4"))


UNIT = "[Service]\nExecStart=/venv/bin/gunicorn {flags} shop.wsgi:application\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {"Procfile": "web: gunicorn --timeout 30 shop.wsgi\n", "web.service": UNIT.format(flags="--timeout=900")},
            [],  # "shop.wsgi" and "shop.wsgi:application" are told apart: nobody says that they are one
        ),
        (
            {
                "Procfile": "web: gunicorn --timeout 30 shop.wsgi:application\n",
                "web.service": UNIT.format(flags="--timeout=900"),
            },
            [("gunicorn", "timeout", ("30", "900"), ("Procfile:1", "web.service:2"))],
        ),
        (
            {
                "gunicorn.conf.py": "bind = '0.0.0.0:8000'\nforwarded_allow_ips = '*'\n",
                "web.service": UNIT.format(flags="--forwarded-allow-ips 10.0.0.1"),
            },
            [("gunicorn", "forwarded_allow_ips", ("*", "10.0.0.1"), ("gunicorn.conf.py:2", "web.service:2"))],
        ),
        (
            {"gunicorn.conf.py": "import os\ntimeout = int(os.environ['T'])\n", "a.service": UNIT.format(flags="-t 9")},
            [],
        ),
        # Where a server listens depends on what it runs in: a container is not a machine.
        (
            {
                "Procfile": "web: gunicorn -b 0.0.0.0:$PORT shop.wsgi:application\n",
                "web.service": UNIT.format(flags="-b 127.0.0.1:8000"),
            },
            [],
        ),
        (
            {
                "a.service": UNIT.format(flags="-b 0.0.0.0:8000"),
                "b.service": UNIT.format(flags="-b unix:/run/shop.sock"),
            },
            [("gunicorn", "bind", ("0.0.0.0:8000", "unix:/run/shop.sock"), ("a.service:2", "b.service:2"))],
        ),
        # Two applications.
        (
            {"Procfile": "a: gunicorn -t 9 a.wsgi\nb: gunicorn -t 90 b.wsgi\n", "c.service": UNIT.format(flags="-t 5")},
            [],
        ),
        # What compose starts has the last word over the image.
        (
            {
                "Dockerfile": 'FROM python\nCMD ["gunicorn", "-t", "9", "shop.wsgi"]\n',
                "compose.yaml": "services:\n  web:\n    command: gunicorn -t 90 shop.wsgi\n",
            },
            [],
        ),
    ],
)
def test_options_of_servers(tmp_path: Path, files: dict[str, str], expected: object) -> None:
    assert said(tmp_path, files) == expected


def compose(service: str, text: str) -> str:
    return f"services:\n  {service}:\n    image: shop\n{text}"


ROOT, SHOP = "    user: root\n", "    user: shop\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {"compose.a.yaml": compose("web", ROOT), "compose.b.yaml": compose("web", SHOP)},
            [("compose", "web: user", ("runs as root", "runs as shop"), ("compose.a.yaml:4", "compose.b.yaml:4"))],
        ),
        ({"compose.a.yaml": compose("web", ROOT), "compose.b.yaml": compose("cron", SHOP)}, []),
        ({"compose.yaml": compose("web", ROOT), "compose.prod.yaml": compose("web", SHOP)}, []),
        ({"compose.yaml": compose("web", ROOT), "compose.override.yaml": compose("web", SHOP)}, []),
        ({"compose.a.yaml": compose("web", SHOP), "compose.b.yaml": compose("web", "    user: app\n")}, []),
        ({"a/compose.yaml": compose("web", ROOT), "b/compose.yaml": compose("web", SHOP)}, []),
    ],
)
def test_services_of_compose(tmp_path: Path, files: dict[str, str], expected: object) -> None:
    assert said(tmp_path, files) == expected


SETTINGS = "ROOT_URLCONF = 'x'\nINSTALLED_APPS = []\n"


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        ("shop.settings.a", "shop.settings.b", True),
        ("shop.settings.a", "shop.settings.a", False),
        ("shop.settings.a", "shop.settings.staging", False),
        ("shop.settings.a", "shop.settings.test", False),
        ("shop.settings.a", "depot.settings", False),
        ("shop.settings.production", "shop.settings.heroku", False),
    ],
)
def test_settings_modules(tmp_path: Path, first: str, second: str, clash: bool) -> None:
    modules = {f"{name.replace('.', '/')}.py": SETTINGS for name in (first, second)}
    files = {
        "Procfile": f"web: DJANGO_SETTINGS_MODULE={first} gunicorn shop.wsgi\n",
        "web.service": f"[Service]\nEnvironment=DJANGO_SETTINGS_MODULE={second}\nExecStart=/bin/gunicorn shop.wsgi\n",
        **modules,
    }
    found = [one for one in said(tmp_path, files) if one[1] == "DJANGO_SETTINGS_MODULE"]
    assert [one[2] for one in found] == ([(first, second)] if clash else [])


READS = """import os
ROOT_URLCONF = 'x'
INSTALLED_APPS = []
DEBUG = os.environ.get('SHOP_DEBUG') == '1'
ALLOWED_HOSTS = os.environ.get('SHOP_HOSTS', '').split(',')
SECRET_KEY = os.environ['SHOP_SECRET_KEY']
if os.environ.get('SHOP_ENGINE') == 'a':
    SECURE_SSL_REDIRECT = True
"""


@pytest.mark.parametrize(
    ("name", "first", "second", "clash"),
    [
        ("SHOP_DEBUG", "1", "0", True),
        ("SHOP_DEBUG", "0", "off", False),
        ("SHOP_HOSTS", "'*'", "shop.io", True),
        ("SHOP_HOSTS", "shop.io", "www.shop.io", False),
        ("SHOP_SECRET_KEY", "not-a-real-key-1", "not-a-real-key-2", False),
        ("SHOP_ENGINE", "a", "b", False),
        ("ANYTHING_DEBUG", "1", "0", False),
    ],
)
def test_variables(tmp_path: Path, name: str, first: str, second: str, clash: bool) -> None:
    files = {"shop/settings.py": READS}
    for file, value in (("compose.one.yaml", first), ("compose.two.yaml", second)):
        files[file] = compose("web", f"    environment:\n      {name}: {value}\n")
    assert [(one[0], one[1]) for one in said(tmp_path, files)] == ([("environment", name)] if clash else [])
