"""A setting that may have several values is none of them: no line may take the first for the one that is used."""

from pathlib import Path

import pytest

from hardencheck.collect.options import Options
from hardencheck.collect.run import collect
from hardencheck.model.facts.declared import DeclaredCookie
from hardencheck.model.gap import FactSet
from hardencheck.model.target import Target

_START = """\
import elsewhere
ROOT_URLCONF = 'shop.urls'
INSTALLED_APPS = ['django.contrib.sessions', 'corsheaders']
MIDDLEWARE = [
    'django.middleware.security.SecurityMiddleware',
    'corsheaders.middleware.CorsMiddleware',
    'django.contrib.sessions.middleware.SessionMiddleware',
    'django.middleware.csrf.CsrfViewMiddleware',
    'django.middleware.clickjacking.XFrameOptionsMiddleware',
]
CORS_ALLOW_CREDENTIALS = True
"""
_CASES = {
    "SECURE_SSL_REDIRECT": ("redirect.declared", "True", "False"),
    "SECURE_PROXY_SSL_HEADER": ("forwarded.trust", "('HTTP_X_FORWARDED_PROTO', 'https')", "None"),
    "USE_X_FORWARDED_HOST": ("forwarded.host", "False", "True"),
    "SESSION_COOKIE_NAME": ("cookie.declared-name", "'__Host-one'", "'two'"),
    "SESSION_COOKIE_SECURE": ("cookie.declared", "True", "False"),
    "CORS_ALLOW_ALL_ORIGINS": ("cors.policy", "False", "True"),
    "SECURE_HSTS_SECONDS": ("header.declared", "31536000", "0"),
    "X_FRAME_OPTIONS": ("header.declared", "'DENY'", "'SAMEORIGIN'"),
    "DATA_UPLOAD_MAX_MEMORY_SIZE": ("upload.limit", "1024", "None"),
    "DATA_UPLOAD_MAX_NUMBER_FIELDS": ("request.limit", "10", "None"),
    "FILE_UPLOAD_PERMISSIONS": ("upload.stored-mode", "0o600", "0o666"),
}


def _facts(root: Path, text: str) -> FactSet:
    (root / "shop").mkdir(exist_ok=True)
    (root / "shop" / "settings.py").write_text(_START + text, encoding="utf-8")
    (root / "requirements.txt").write_text("django==5.2\n", encoding="utf-8")
    return collect(Target(repository=str(root)), Options(jobs=0)).facts


def _lines(which: int, indent: str = "") -> str:
    return "".join(f"{indent}{name} = {case[which]}\n" for name, case in _CASES.items())


@pytest.mark.parametrize("first", [1, 2])
def test_one_of_two_is_not_known(tmp_path: Path, first: int) -> None:
    either = f"if elsewhere.asked():\n{_lines(first, '    ')}else:\n{_lines(3 - first, '    ')}"
    facts = _facts(tmp_path, either)
    alone = [_facts(tmp_path, _lines(which)) for which in (1, 2)]
    for name, (kind, _, _) in _CASES.items():
        [gap] = [gap for gap in facts.gaps if kind in gap.kinds and name in gap.detail]
        assert "one of" in gap.detail
        told = {fact.describe() for fact in facts.of(kind)}
        # What is said all the same holds for both of them. (A cookie says in a field what of it is known.)
        if kind != "cookie.declared":
            assert all(told <= {fact.describe() for fact in one.of(kind)} for one in alone)
    [cookie] = [one for one in facts.of("cookie.declared") if isinstance(one, DeclaredCookie) and one.role == "session"]
    assert "secure" not in cookie.known and "http_only" in cookie.known
