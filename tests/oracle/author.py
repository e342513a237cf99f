"""Writes expressions of each kind in the ways that settings are written in. What it writes can be imported."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, TypeVar

from hypothesis import strategies as st

Kind = Literal["flag", "number", "text", "texts", "table"]
Draw = Callable[[st.SearchStrategy[Any]], Any]
T = TypeVar("T")

SETTINGS: dict[Kind, tuple[str, ...]] = {
    "flag": (
        "DEBUG", "SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_INCLUDE_SUBDOMAINS",
        "SECURE_HSTS_PRELOAD", "SECURE_CONTENT_TYPE_NOSNIFF", "SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_HTTPONLY",
        "USE_X_FORWARDED_HOST", "CSRF_USE_SESSIONS",
    ),
    "number": (
        "SECURE_HSTS_SECONDS", "SESSION_COOKIE_AGE", "DATA_UPLOAD_MAX_MEMORY_SIZE", "DATA_UPLOAD_MAX_NUMBER_FIELDS",
        "FILE_UPLOAD_PERMISSIONS",
    ),
    "text": (
        "X_FRAME_OPTIONS", "SECURE_REFERRER_POLICY", "SESSION_COOKIE_NAME", "SESSION_ENGINE", "CSRF_COOKIE_NAME",
        "STATIC_URL", "SECURE_CROSS_ORIGIN_OPENER_POLICY",
    ),
    "texts": (
        "ALLOWED_HOSTS", "MIDDLEWARE", "CSRF_TRUSTED_ORIGINS", "INSTALLED_APPS", "PASSWORD_HASHERS",
        "SILENCED_SYSTEM_CHECKS",
    ),
    "table": ("LOGGING", "DATABASES", "CACHES", "STORAGES", "REST_FRAMEWORK"),
}  # fmt: skip
KIND_OF: dict[str, Kind] = {name: kind for kind, names in SETTINGS.items() for name in names}
# Variables of the environment by what they may be set to.
FLAGS, NUMBERS, TEXTS, LISTS, URLS = (
    ("DJANGO_DEBUG", "USE_TLS", "BEHIND_PROXY"),
    ("HSTS_SECONDS", "MAX_UPLOAD"),
    ("APP_ENV", "SITE_NAME"),
    ("HOSTS", "ORIGINS"),
    ("DATABASE_URL",),
)
VALUES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(FLAGS, ("True", "False", "1", "0", "true", "no", "yes")),
    **dict.fromkeys(NUMBERS, ("0", "60", "31536000")),
    **dict.fromkeys(TEXTS, ("production", "staging", "shop", "")),
    **dict.fromkeys(LISTS, ("a.example,b.example", "shop.example", " c.example , d.example ", "")),
    **dict.fromkeys(URLS, ("postgres://shop@db.example:5433/shop", "sqlite:///shop.db", "mysql://root@localhost/x")),
}
MIDDLEWARE = (
    "django.middleware.security.SecurityMiddleware", "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware", "django.middleware.clickjacking.XFrameOptionsMiddleware",
)  # fmt: skip
HELPERS = """\
def env_bool(name, default=False):
    value = os.environ.get(name)
    if value is None:
        return default
    return value.strip().lower() in ("1", "true", "yes", "on")


def env_list(name, default=None, sep=","):
    raw = os.environ.get(name, "")
    if not raw:
        return list(default or [])
    return [part.strip() for part in raw.split(sep) if part.strip()]


def env_int(name, default):
    try:
        return int(os.environ[name])
    except KeyError:
        return default


def required(name, fallback=None):
    if name in os.environ:
        return os.environ[name]
    if fallback is not None:
        return fallback
    raise RuntimeError(name)


@lru_cache
def stage():
    if env_bool("DJANGO_DEBUG"):
        return "development"
    return os.environ.get("APP_ENV") or "production"


def only_production(function):
    def inner(*args, **kwargs):
        if stage() == "development":
            return None
        return function(*args, **kwargs)
    return inner


def pick(table, *path, default=None):
    for key in path:
        if not isinstance(table, dict) or key not in table:
            return default
        table = table[key]
    return table


class Flags:
    prefix = "X_"

    def __init__(self, names=()):
        self.names = list(names)
        self.seen = {}

    def __call__(self, name, default=False):
        self.seen[name] = env_bool(name, default)
        return self.seen[name]

    @property
    def strict(self):
        return not self("BEHIND_PROXY", False)

    @classmethod
    def named(cls, name):
        return cls.prefix + name

    @staticmethod
    def truth(text):
        return str(text).lower() in {"true", "1"}


flags = Flags(["a"])
"""
IMPORTS = """\
import copy
import importlib
import json
import os
import socket
import sys
from datetime import timedelta
from functools import lru_cache, partial
from os import environ, getenv
from pathlib import Path

"""
READERS: dict[str, str] = {
    "environ": "import environ as django_environ\n\nenv = django_environ.Env(USE_TLS=(bool, True), "
    "HSTS_SECONDS=(int, 300), HOSTS=(list, ['e.example']))\n",
    "environs": "from environs import Env\n\nreader = Env()\n",
    "decouple": "from decouple import Csv, config\n",
    "dj": "import dj_database_url\n",
}


class Scope(NamedTuple):
    """names that are surely set at this point, with their kinds; readers that the file has imported."""

    names: dict[str, Kind]
    readers: tuple[str, ...]
    helpers: bool = True


class Author:
    """Draws what is written. deep: how many expressions are around the one that is written now."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._deep = 0

    def pick(self, options: Sequence[T]) -> T:
        found: T = self._draw(st.sampled_from(options))
        return found

    def number(self, low: int, high: int) -> int:
        found: int = self._draw(st.integers(low, high))
        return found

    def chance(self, out_of: int = 2) -> bool:
        """Seldom where `out_of` is large; shrinks to False."""
        return self.number(0, out_of - 1) == out_of - 1

    def some(self, options: Sequence[T], least: int = 0, most: int = 3) -> list[T]:
        """Different ones of these, in their order."""
        wanted = self.number(least, min(most, len(options)))
        chosen = [self.number(0, len(options) - 1) for _ in range(wanted)]
        return [options[number] for number in sorted(set(chosen))]

    def environment(self) -> dict[str, str]:
        return {name: self.pick(values) for name, values in VALUES.items() if self.chance()}

    def expression(self, kind: Kind, scope: Scope) -> str:
        self._deep += 1
        try:
            writers = {
                "flag": self._flags, "number": self._numbers, "text": self._text, "texts": self._texts,
                "table": self._tables,
            }  # fmt: skip
            simple, composed = writers[kind](scope)
            if self._deep > 3 or not self.chance():
                return str(self.pick(simple)())
            return str(self.pick(composed)())
        finally:
            self._deep -= 1

    def named(self, kind: Kind, scope: Scope) -> str | None:
        """A setting of this kind that is set already."""
        held = [name for name, of in scope.names.items() if of == kind]
        return self.pick(held) if held else None

    def again(self, kind: Kind, scope: Scope) -> str:
        held = self.named(kind, scope) if self.chance() else None
        return held or f"({self.expression(kind, scope)})"

    def bare(self, kind: Kind, scope: Scope) -> str:
        """Without quotes, for inside of a text."""
        held = self.named(kind, scope)
        return held or {"flag": "True", "number": "60"}.get(kind, "os.sep")

    def _flags(self, scope: Scope) -> tuple[list[Callable[[], str]], list[Callable[[], str]]]:
        name = self.pick(FLAGS)
        default = self.pick(("False", "True"))
        simple: list[Callable[[], str]] = [
            lambda: default,
            lambda: f"os.environ.get('{name}') == 'True'",
            lambda: f"os.environ.get('{name}', '{default}').lower() in ('1', 'true', 'yes')",
            lambda: f"getenv('{name}', '0') == '1'",
            lambda: f"'{name}' in os.environ",
            lambda: f"'{name}' not in environ",
            lambda: f"bool(os.getenv('{name}'))",
            lambda: f"bool(int(os.environ.get('HSTS_SECONDS', '{self.number(0, 1)}')))",
            lambda: f"not os.environ.get('{name}')",
            lambda: f"json.loads(os.environ.get('JSON_FLAG', '{default.lower()}'))",
            lambda: f"os.environ.get('APP_ENV', 'production') != 'development'",  # noqa: F541
        ]
        if scope.helpers:
            simple += [
                lambda: f"env_bool('{name}', {default})",
                lambda: f"env_bool('{name}')",
                lambda: "stage() == 'production'",
                lambda: f"flags('{name}', {default})",
                lambda: "flags.strict",
                lambda: f"Flags.truth(os.environ.get('{name}', '{default}'))",
                lambda: f"required('{name}', 'no') == 'yes'",
            ]
        if "environ" in scope.readers:
            simple += [
                lambda: f"env.bool('{name}', default={default})",
                lambda: "env('USE_TLS')",
                lambda: f"env('{name}', cast=bool, default={default})",
            ]
        if "environs" in scope.readers:
            simple += [lambda: f"reader.bool('{name}', {default})", lambda: f"reader.bool('{name}', default={default})"]
        if "decouple" in scope.readers:
            simple += [
                lambda: f"config('{name}', default={default}, cast=bool)",
                lambda: f"config('{name}', cast=bool, default='{default}')",
            ]
        if self.chance(6):
            # What nobody can know who does not run it.
            simple = [lambda: "len(socket.gethostname()) > 0", lambda: "os.getpid() < 0"]
        composed: list[Callable[[], str]] = [
            lambda: f"not {self.again('flag', scope)}",
            lambda: f"({self.again('flag', scope)}) and ({self.again('flag', scope)})",
            lambda: f"({self.again('flag', scope)}) or ({self.again('flag', scope)})",
            lambda: f"{self.again('flag', scope)} if {self.again('flag', scope)} else {self.again('flag', scope)}",
            lambda: f"len({self.again('texts', scope)}) > {self.number(0, 3)}",
            lambda: f"{self.again('number', scope)} >= 60",
            lambda: f"0 < {self.again('number', scope)} < 100000",
            lambda: f"'{self.pick(('a.example', 'shop.example', 'x'))}' in ({self.again('texts', scope)})",
            lambda: f"any(item.startswith('a') for item in {self.again('texts', scope)})",
            lambda: f"all([{self.again('flag', scope)}, {self.again('flag', scope)}])",
            lambda: f"({self.again('text', scope)}) == ({self.again('text', scope)})",
            lambda: f"isinstance({self.again('table', scope)}, dict)",
            lambda: f"bool({self.again('texts', scope)})",
            lambda: f"{{'production': True, 'shop': False}}.get({self.again('text', scope)}, {default})",
            lambda: f"(lambda on, off=False: on or off)({self.again('flag', scope)})",
        ]
        return simple, composed

    def _numbers(self, scope: Scope) -> tuple[list[Callable[[], str]], list[Callable[[], str]]]:
        name, default = self.pick(NUMBERS), self.pick((0, 60, 3600, 31536000))
        simple: list[Callable[[], str]] = [
            lambda: str(default),
            lambda: f"int(os.environ.get('{name}', '{default}'))",
            lambda: f"int(os.getenv('{name}', {default}))",
            lambda: f"int(os.environ.get('{name}') or {default})",
            lambda: "60 * 60 * 24",
            lambda: "5 * 1024 ** 2",
            lambda: "0o644",
            lambda: "1 << 20",
            lambda: f"int(timedelta(days={self.number(0, 30)}).total_seconds())",
            lambda: f"timedelta(hours=12).seconds",  # noqa: F541
        ]
        if scope.helpers:
            simple += [lambda: f"env_int('{name}', {default})", lambda: f"int(required('{name}', {default}))"]
        if "environ" in scope.readers:
            simple += [lambda: f"env.int('{name}', default={default})", lambda: "env('HSTS_SECONDS')"]
        if "environs" in scope.readers:
            simple += [lambda: f"reader.int('{name}', {default})"]
        if "decouple" in scope.readers:
            simple += [
                lambda: f"config('{name}', default={default}, cast=int)",
                lambda: f"config('{name}', default={default}, cast=lambda v: int(v) * 2)",
            ]
        composed: list[Callable[[], str]] = [
            lambda: f"{self.again('number', scope)} if {self.again('flag', scope)} else {self.number(0, 9)}",
            lambda: f"({self.again('number', scope)}) + {self.number(0, 9)}",
            lambda: f"max({self.again('number', scope)}, {self.again('number', scope)})",
            lambda: f"min([{self.again('number', scope)}, 3600])",
            lambda: f"sum(len(item) for item in {self.again('texts', scope)})",
            lambda: f"len({self.again('texts', scope)})",
            lambda: f"({self.again('number', scope)}) // 60 % 7",
            lambda: f"-({self.again('number', scope)})",
            lambda: f"abs({self.again('number', scope)} - 100)",
            lambda: f"round({self.again('number', scope)} * 1.5)",
            lambda: f"({self.again('number', scope)}) or 1",
            lambda: f"{{True: 1, False: 0}}[bool({self.again('flag', scope)})]",
            lambda: f"[1, 2, 3][{self.number(-3, 2)}]",
            lambda: f"int(f'{{{self.bare('number', scope)}}}0')",
        ]
        return simple, composed

    def _text(self, scope: Scope) -> tuple[list[Callable[[], str]], list[Callable[[], str]]]:
        """Of kind "text"."""
        name, default = self.pick(TEXTS), self.pick(("DENY", "shop", "same-origin", ""))
        simple: list[Callable[[], str]] = [
            lambda: f"'{default}'",
            lambda: f"os.environ.get('{name}', '{default}')",
            lambda: f"os.getenv('{name}') or '{default}'",
            lambda: f"str(os.environ.get('{name}'))",
            lambda: f"'{default}' 'x'",
            lambda: f"__name__.rpartition('.')[0]",  # noqa: F541
            lambda: f"os.environ.get('{name}', '{default}').upper()",
            lambda: f"environ.get('{name}', default='{default}')",
        ]
        if scope.helpers:
            simple += [
                lambda: "stage()",
                lambda: f"required('{name}', '{default}')",
                lambda: f"Flags.named('{default}')",
                lambda: f"pick({{'a': {{'b': '{default}'}}}}, 'a', '{self.pick(('b', 'c'))}', default='d')",
            ]
        if "environ" in scope.readers:
            simple += [
                lambda: f"env('{name}', default='{default}')",
                lambda: f"env.str('{name}', '{default}')",
            ]
        if "environs" in scope.readers:
            simple += [lambda: f"reader('{name}', '{default}')", lambda: f"reader.str('{name}', default='{default}')"]
        if "decouple" in scope.readers:
            simple += [lambda: f"config('{name}', default='{default}')"]
        composed: list[Callable[[], str]] = [
            lambda: f"f'{{{self.bare('text', scope)}}}-{{{self.bare('number', scope)}:>4}}'",
            lambda: f"f'{{{self.bare('flag', scope)}!r}}'",
            lambda: f"'%s.%d' % ({self.again('text', scope)}, {self.again('number', scope)})",
            lambda: f"'{{}}/{{name}}'.format({self.again('text', scope)}, name='n')",
            lambda: f"'-'.join({self.again('texts', scope)})",
            lambda: f"({self.again('text', scope)}).replace('o', '0')",
            lambda: f"({self.again('text', scope)})[:{self.number(0, 4)}]",
            lambda: f"({self.again('text', scope)}) + ({self.again('text', scope)})",
            lambda: f"'a' if {self.again('flag', scope)} else {self.again('text', scope)}",
            lambda: f"next((item for item in {self.again('texts', scope)}), 'none')",
            lambda: f"{{'a': 1, 'k': {self.again('text', scope)}}}['k']",
            lambda: f"getattr(sys.modules[__name__], '{self.pick(SETTINGS['text'])}', 'unset')",
            lambda: f"globals().get('{self.pick(SETTINGS['text'])}', 'unset')",
            lambda: f"str({self.again('number', scope)})",
            lambda: f"({self.again('text', scope)}).split('-')[0]",
            lambda: f"partial(os.environ.get, '{name}')('p')",
        ]
        return simple, composed

    def _texts(self, scope: Scope) -> tuple[list[Callable[[], str]], list[Callable[[], str]]]:
        """Of kind "texts"."""
        name = self.pick(LISTS)
        literal = str([*self.some(MIDDLEWARE, 0, 4), *self.some(("a.example", "shop.example", "*"), 0, 2)])
        simple: list[Callable[[], str]] = [
            lambda: literal,
            lambda: f"os.environ.get('{name}', 'x.example').split(',')",
            lambda: f"[item.strip() for item in os.environ.get('{name}', '').split(',') if item.strip()]",
            lambda: f"os.environ['{name}'].split(',') if '{name}' in os.environ else {literal}",
            lambda: f"list(filter(None, os.getenv('{name}', '').split(',')))",
            lambda: f"list(map(str.strip, os.environ.get('{name}', 'q, r').split(',')))",
            lambda: f"tuple({literal})",
            lambda: "'a.example b.example'.split()",
        ]
        if scope.helpers:
            simple += [lambda: f"env_list('{name}', {literal})", lambda: f"env_list('{name}')"]
        if "environ" in scope.readers:
            simple += [
                lambda: f"env.list('{name}', default={literal})",
                lambda: "env('HOSTS')",
                lambda: f"env.tuple('{name}', default=('t',))",
            ]
        if "environs" in scope.readers:
            simple += [lambda: f"reader.list('{name}', {literal})"]
        if "decouple" in scope.readers:
            simple += [
                lambda: f"config('{name}', default='m.example, n.example', cast=Csv())",
                lambda: f"config('{name}', default='', cast=Csv(post_process=tuple))",
                lambda: f"config('{name}', default='u,v', cast=lambda v: [s.strip() for s in v.split(',')])",
            ]
        composed: list[Callable[[], str]] = [
            lambda: f"[*{self.again('texts', scope)}, 'added']",
            lambda: f"list({self.again('texts', scope)}) + ['more.example']",
            lambda: f"list({self.again('texts', scope)}) + (['debug'] if {self.again('flag', scope)} else [])",
            lambda: f"sorted({self.again('texts', scope)})",
            lambda: f"sorted(set({self.again('texts', scope)}), reverse=True)",
            lambda: f"[item for item in {self.again('texts', scope)} if 'a' in item]",
            lambda: f"[f'https://{{host}}' for host in {self.again('texts', scope)}]",
            lambda: f"list({self.again('texts', scope)})[{self.number(-2, 2)}:]",
            lambda: f"list(reversed({self.again('texts', scope)}))",
            lambda: f"list(dict.fromkeys({self.again('texts', scope)}))",
            lambda: f"[name for name, on in (('a', {self.again('flag', scope)}), ('b', True)) if on]",
            lambda: f"copy.deepcopy({self.again('texts', scope)})",
            lambda: f"[a + b for a in ('x', 'y') for b in {self.again('texts', scope)}]",
            lambda: f"list(filter(lambda item: len(item) > 3, {self.again('texts', scope)}))",
            lambda: f"[*map(str.upper, {self.again('texts', scope)})]",
            lambda: f"list({self.again('table', scope)})",
            lambda: f"[{self.again('text', scope)}] * {self.number(0, 2)}",
            lambda: f"({self.again('texts', scope)}) or ['*']",
            lambda: f"[item for number, item in enumerate({self.again('texts', scope)}) if number != 1]",
            lambda: f"list({{*{self.again('texts', scope)}}}) and ['set']",
        ]
        return simple, composed

    def _tables(self, scope: Scope) -> tuple[list[Callable[[], str]], list[Callable[[], str]]]:
        simple: list[Callable[[], str]] = [
            lambda: "{'version': 1, 'loggers': {'django.security': {'level': 'INFO', 'handlers': ['console']}}}",
            lambda: (
                "{'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'db', 'HOST': os.environ.get('SITE_NAME', 'h')}}"
            ),
            lambda: "dict(default=dict(BACKEND='x', TIMEOUT=int(os.environ.get('HSTS_SECONDS', 3))))",
            lambda: "{}",
            lambda: 'json.loads(\'{"default": {"a": [1, 2.5, null]}}\')',
            lambda: "{name: {'on': True} for name in ('default', 'other')}",
            lambda: "dict([('default', {'k': 1}), ('b', {})])",
            lambda: "dict(zip(('default', 'z'), ({}, {'w': 1})))",
        ]
        if "dj" in scope.readers:
            simple += [
                lambda: "{'default': dj_database_url.config(default='sqlite:///x.db')}",
                lambda: "{'default': dj_database_url.parse('postgres://a@b/c', conn_max_age=600)}",
            ]
        if "environ" in scope.readers:
            simple += [lambda: "{'default': env.db(default='sqlite:///y.db')}"]
        if "environs" in scope.readers:
            simple += [lambda: "{'default': reader.json('JSON_TABLE', '{}')}"]
        composed: list[Callable[[], str]] = [
            lambda: f"{{**{self.again('table', scope)}, 'extra': {{'on': {self.again('flag', scope)}}}}}",
            lambda: f"{{'default': {{'OPTIONS': {self.again('texts', scope)}, 'AGE': {self.again('number', scope)}}}}}",
            lambda: f"copy.deepcopy({self.again('table', scope)})",
            lambda: (
                f"{{key: len(value) for key, value in ({self.again('table', scope)}).items() if isinstance(value, dict)}}"
            ),
            lambda: f"{{item: {{}} for item in {self.again('texts', scope)}}}",
            lambda: f"({self.again('table', scope)}) | {{'r': {self.again('text', scope)}}}",
            lambda: f"{{'a': {{}}}} if {self.again('flag', scope)} else {self.again('table', scope)}",
            lambda: f"dict({self.again('table', scope)}, more={self.again('flag', scope)})",
        ]
        return simple, composed

    def of(self, name: str, scope: Scope) -> str:
        return self.expression(KIND_OF[name], scope)
