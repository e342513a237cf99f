"""Settings modules to compare with Django: each a change to one that Django has nothing to say about."""

# Joined when a test runs, so that no file holds anything like a key.
_KEY = "".join(("not-a-real-", "key-but-long-enough-to-look-like-one-0123456789-abc"))
_GOOD = {
    "SECRET_KEY": repr(_KEY),
    "DEBUG": "False",
    "ALLOWED_HOSTS": "['shop.example']",
    "ROOT_URLCONF": "'shop.urls'",
    "INSTALLED_APPS": "['django.contrib.contenttypes', 'django.contrib.sessions']",
    "MIDDLEWARE": "['django.middleware.security.SecurityMiddleware', "
    "'django.contrib.sessions.middleware.SessionMiddleware', 'django.middleware.csrf.CsrfViewMiddleware', "
    "'django.middleware.clickjacking.XFrameOptionsMiddleware']",
    "SECURE_HSTS_SECONDS": "31536000",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": "True",
    "SECURE_HSTS_PRELOAD": "True",
    "SECURE_SSL_REDIRECT": "True",
    "SECURE_CONTENT_TYPE_NOSNIFF": "True",
    "SECURE_REFERRER_POLICY": "'same-origin'",
    "SESSION_COOKIE_SECURE": "True",
    "SESSION_COOKIE_HTTPONLY": "True",
    "CSRF_COOKIE_SECURE": "True",
    "X_FRAME_OPTIONS": "'DENY'",
}
_SECURITY = "'django.middleware.security.SecurityMiddleware'"
_SESSION = "'django.contrib.sessions.middleware.SessionMiddleware'"
_CSRF = "'django.middleware.csrf.CsrfViewMiddleware'"
_FRAME = "'django.middleware.clickjacking.XFrameOptionsMiddleware'"


def _only(*items: str) -> dict[str, str]:
    return {"MIDDLEWARE": f"[{', '.join(items)}]"}


# name -> settings that are changed; "" takes one out.
_CHANGES: dict[str, dict[str, str]] = {
    "nothing": {},
    "debug": {"DEBUG": "True"},
    "debug is a number": {"DEBUG": "1"},
    "no debug": {"DEBUG": ""},
    "no hosts": {"ALLOWED_HOSTS": "[]"},
    "no hosts at all": {"ALLOWED_HOSTS": ""},
    "two hosts": {"ALLOWED_HOSTS": "('shop.example', '.static.example')"},
    "empty key": {"SECRET_KEY": "''"},
    "key is None": {"SECRET_KEY": "None"},
    "no key": {"SECRET_KEY": ""},
    "short key": {"SECRET_KEY": repr(_KEY[:20])},
    "key of 49": {"SECRET_KEY": repr(_KEY[:49])},
    "key of 50": {"SECRET_KEY": repr(_KEY[:50])},
    "simple key": {"SECRET_KEY": repr("abcd" * 20)},
    "five letters": {"SECRET_KEY": repr("abcde" * 10)},
    "key of startproject": {"SECRET_KEY": repr("django-" + "insecure-" + _KEY)},
    "fallbacks": {"SECRET_KEY_FALLBACKS": repr([_KEY])},
    "no fallbacks": {"SECRET_KEY_FALLBACKS": "[]"},
    "short fallback": {"SECRET_KEY_FALLBACKS": repr([_KEY, _KEY[:9]])},
    "fallback of startproject": {"SECRET_KEY_FALLBACKS": repr(("django-" + "insecure-" + _KEY,))},
    "hsts off": {"SECURE_HSTS_SECONDS": "0"},
    "hsts not set": {"SECURE_HSTS_SECONDS": ""},
    "hsts of a minute": {"SECURE_HSTS_SECONDS": "60"},
    "hsts computed": {"SECURE_HSTS_SECONDS": "60 * 60 * 24"},
    "no subdomains": {"SECURE_HSTS_INCLUDE_SUBDOMAINS": "False"},
    "subdomains not set": {"SECURE_HSTS_INCLUDE_SUBDOMAINS": ""},
    "subdomains are a number": {"SECURE_HSTS_INCLUDE_SUBDOMAINS": "1"},
    "no preload": {"SECURE_HSTS_PRELOAD": "False"},
    "preload not set": {"SECURE_HSTS_PRELOAD": ""},
    "hsts off, and so the rest": {"SECURE_HSTS_SECONDS": "0", "SECURE_HSTS_PRELOAD": "", "SECURE_SSL_REDIRECT": ""},
    "no redirect": {"SECURE_SSL_REDIRECT": "False"},
    "redirect not set": {"SECURE_SSL_REDIRECT": ""},
    "no nosniff": {"SECURE_CONTENT_TYPE_NOSNIFF": "False"},
    "nosniff is None": {"SECURE_CONTENT_TYPE_NOSNIFF": "None"},
    "nosniff not set": {"SECURE_CONTENT_TYPE_NOSNIFF": ""},
    "no referrer policy": {"SECURE_REFERRER_POLICY": "None"},
    "referrer policy not set": {"SECURE_REFERRER_POLICY": ""},
    "a referrer policy nobody knows": {"SECURE_REFERRER_POLICY": "'same-site'"},
    "two referrer policies": {"SECURE_REFERRER_POLICY": "'no-referrer, origin'"},
    "a list of referrer policies": {"SECURE_REFERRER_POLICY": "['no-referrer', 'nothing']"},
    "no opener policy": {"SECURE_CROSS_ORIGIN_OPENER_POLICY": "None"},
    "an opener policy": {"SECURE_CROSS_ORIGIN_OPENER_POLICY": "'unsafe-none'"},
    "an opener policy nobody knows": {"SECURE_CROSS_ORIGIN_OPENER_POLICY": "'same-site'"},
    "framed by itself": {"X_FRAME_OPTIONS": "'SAMEORIGIN'"},
    "framing in small letters": {"X_FRAME_OPTIONS": "'deny'"},
    "framing not set": {"X_FRAME_OPTIONS": ""},
    "session cookie": {"SESSION_COOKIE_SECURE": "False"},
    "session cookie not set": {"SESSION_COOKIE_SECURE": ""},
    "session cookie is a number": {"SESSION_COOKIE_SECURE": "1"},
    "session cookie for scripts": {"SESSION_COOKIE_HTTPONLY": "False"},
    "session cookie, httponly not set": {"SESSION_COOKIE_HTTPONLY": ""},
    "csrf cookie": {"CSRF_COOKIE_SECURE": "False"},
    "csrf cookie not set": {"CSRF_COOKIE_SECURE": ""},
    "csrf in the session": {"CSRF_COOKIE_SECURE": "", "CSRF_USE_SESSIONS": "True"},
    "no middleware": _only(),
    "middleware not set": {"MIDDLEWARE": ""},
    "only security": _only(_SECURITY),
    "only sessions": _only(_SESSION),
    "all but security": _only(_SESSION, _CSRF, _FRAME),
    "all but csrf": _only(_SECURITY, _SESSION, _FRAME),
    "all but framing": _only(_SECURITY, _SESSION, _CSRF),
    "no sessions application": {
        "INSTALLED_APPS": "[]", "SESSION_COOKIE_SECURE": "", "SESSION_COOKIE_HTTPONLY": "False",
    },
    "no sessions middleware": {
        **_only(_SECURITY, _CSRF, _FRAME), "SESSION_COOKIE_SECURE": "", "SESSION_COOKIE_HTTPONLY": "False",
    },
    "no sessions": {**_only(_SECURITY, _CSRF, _FRAME), "INSTALLED_APPS": "[]", "SESSION_COOKIE_SECURE": ""},
    "as startproject makes it": {
        name: "" for name in _GOOD if name not in {"SECRET_KEY", "INSTALLED_APPS", "MIDDLEWARE", "ROOT_URLCONF"}
    } | {"SECRET_KEY": repr("django-" + "insecure-" + _KEY), "DEBUG": "True"},
}  # fmt: skip


def cases() -> dict[str, str]:
    """Name -> text of a settings module."""
    found: dict[str, str] = {}
    for name, changes in _CHANGES.items():
        held = {key: value for key, value in {**_GOOD, **changes}.items() if value}
        found[name] = "".join(f"{key} = {value}\n" for key, value in held.items())
    return found
