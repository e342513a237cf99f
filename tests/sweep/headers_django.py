"""Headers of Django, django-csp and django-cors-headers."""

from .base_django import DJANGO
from .sample import At, Base, Sample, changed, sample
from .settings_django import DIRECT

S = "shop/settings.py"


def dj(name: str, old: str, new: str, at: At | list[At] = "", base: Base = DJANGO) -> Sample:
    return sample(f"headers/django-{name}", base, S, old, new, at)


CSP3 = DJANGO.edited("requirements.txt", "django-csp==4.0", "django-csp==3.8")

CSP_BLOCK = DJANGO.files[S][DJANGO.files[S].index("CONTENT_SECURITY_POLICY = {") : DJANGO.files[S].index("LOGGING = {")]

CSP3_NAMES = """CSP_DEFAULT_SRC = ("'self'",)
CSP_SCRIPT_SRC = ("'self'",)
CSP_OBJECT_SRC = ("'none'",)
CSP_BASE_URI = ("'none'",)
CSP_FORM_ACTION = ("'self'",)
CSP_FRAME_ANCESTORS = ("'none'",)

"""

CSP3 = CSP3.edited(S, CSP_BLOCK, CSP3_NAMES)

CORS = (
    DJANGO.edited("requirements.txt", "gunicorn==23.0.0", "django-cors-headers==4.9.0\ngunicorn==23.0.0")
    .edited(S, '    "axes",\n', '    "corsheaders",\n    "axes",\n')
    .edited(
        S,
        '    "django.contrib.sessions.middleware',
        '    "corsheaders.middleware.CorsMiddleware",\n    "django.contrib.sessions.middleware',
    )
    .edited(
        S,
        "LOGGING = {",
        'CORS_ALLOWED_ORIGINS = ["https://app.example.org"]\nCORS_ALLOW_CREDENTIALS = True\n\nLOGGING = {',
    )
)

ORIGINS = 'CORS_ALLOWED_ORIGINS = ["https://app.example.org"]\n'

CREDENTIALS = ORIGINS + "CORS_ALLOW_CREDENTIALS = True\n"

SCRIPT = """        "script-src": ["'self'"],\n"""

BLOCK: list[At] = ["CONTENT_SECURITY_POLICY = {"]

DJANGO_SAMPLES = (
    dj(
        "csp-unsafe-inline",
        SCRIPT,
        """        "script-src": ["'self'", "'unsafe-inline'"],\n""",
        ["unsafe-inline", *BLOCK],
    ),
    dj("csp-unsafe-eval", SCRIPT, """        "script-src": ["'self'", "'unsafe-eval'"],\n""", ["unsafe-eval", *BLOCK]),
    dj("csp-any", SCRIPT, """        "script-src": ["*"],\n""", ['"script-src"', *BLOCK]),
    dj("csp-https", SCRIPT, """        "script-src": ["https:"],\n""", ['"script-src"', *BLOCK]),
    dj("csp-data", SCRIPT, """        "script-src": ["'self'", "data:"],\n""", ['"script-src"', *BLOCK]),
    dj(
        "csp-constants",
        SCRIPT,
        """        "script-src": [SELF, UNSAFE_INLINE],\n""",
        ["[SELF, UNSAFE_INLINE]", *BLOCK],
        base=DJANGO.edited(
            S,
            "from pathlib import Path\n",
            "from pathlib import Path\n\nfrom csp.constants import SELF, UNSAFE_INLINE\n",
        ),
    ),
    dj("csp-no-base-uri", """        "base-uri": ["'none'"],\n""", "", BLOCK),
    dj(
        "csp-no-object-src",
        """        "default-src": ["'self'"],\n        "script-src": ["'self'"],\n        "object-src": ["'none'"],\n""",
        SCRIPT,
        BLOCK,
    ),
    dj(
        "csp-report-only",
        "CONTENT_SECURITY_POLICY = {",
        "CONTENT_SECURITY_POLICY_REPORT_ONLY = {",
        ["CONTENT_SECURITY_POLICY_REPORT_ONLY", "MIDDLEWARE = ["],
    ),
    dj(
        "csp-exclude-string",
        "CONTENT_SECURITY_POLICY = {\n",
        'CONTENT_SECURITY_POLICY = {\n    "EXCLUDE_URL_PREFIXES": "/api",\n',
        ["EXCLUDE_URL_PREFIXES", *BLOCK],
    ),
    dj(
        "csp-exclude-all",
        "CONTENT_SECURITY_POLICY = {\n",
        'CONTENT_SECURITY_POLICY = {\n    "EXCLUDE_URL_PREFIXES": ["/"],\n',
        ["EXCLUDE_URL_PREFIXES", *BLOCK],
    ),
    dj("csp-old-names", CSP_BLOCK, CSP3_NAMES, ["CSP_DEFAULT_SRC", "MIDDLEWARE = ["]),
    dj("csp-no-middleware", '    "csp.middleware.CSPMiddleware",\n', "", ["MIDDLEWARE = [", *BLOCK]),
    dj(
        "csp3-unsafe-inline",
        """CSP_SCRIPT_SRC = ("'self'",)""",
        """CSP_SCRIPT_SRC = ("'self'", "'unsafe-inline'")""",
        base=CSP3,
    ),
    dj(
        "csp3-report-only",
        """CSP_FRAME_ANCESTORS = ("'none'",)\n""",
        """CSP_FRAME_ANCESTORS = ("'none'",)\nCSP_REPORT_ONLY = True\n""",
        ["CSP_REPORT_ONLY"],
        base=CSP3,
    ),
    dj(
        "csp3-exclude-all",
        """CSP_FRAME_ANCESTORS = ("'none'",)\n""",
        """CSP_FRAME_ANCESTORS = ("'none'",)\nCSP_EXCLUDE_URL_PREFIXES = ("/",)\n""",
        ["CSP_EXCLUDE"],
        base=CSP3,
    ),
    dj(
        "cors-any-credentials",
        CREDENTIALS,
        "CORS_ALLOW_ALL_ORIGINS = True\nCORS_ALLOW_CREDENTIALS = True\n",
        ["CORS_ALLOW_ALL_ORIGINS", "CORS_ALLOW_CREDENTIALS"],
        base=CORS,
    ),
    dj("cors-any", CREDENTIALS, "CORS_ALLOW_ALL_ORIGINS = True\n", base=CORS),
    dj(
        "cors-old-name",
        CREDENTIALS,
        "CORS_ORIGIN_ALLOW_ALL = True\nCORS_ALLOW_CREDENTIALS = True\n",
        ["CORS_ORIGIN_ALLOW_ALL", "CORS_ALLOW_CREDENTIALS"],
        base=CORS,
    ),
    dj(
        "cors-regex-unanchored",
        ORIGINS,
        'CORS_ALLOWED_ORIGIN_REGEXES = [r"^https://\\w+\\.example\\.org"]\n',
        base=CORS,
    ),
    dj("cors-regex-dots", ORIGINS, 'CORS_ALLOWED_ORIGIN_REGEXES = [r"^https://app.example.org$"]\n', base=CORS),
    dj("cors-regex-any", ORIGINS, 'CORS_ALLOWED_ORIGIN_REGEXES = [r".*"]\n', base=CORS),
    dj(
        "cors-http-origin",
        ORIGINS,
        'CORS_ALLOWED_ORIGINS = ["https://app.example.org", "http://app.example.org"]\n',
        base=CORS,
    ),
    dj(
        "cors-middleware-missing",
        '    "corsheaders.middleware.CorsMiddleware",\n',
        "",
        ["MIDDLEWARE = [", "CORS_ALLOWED_ORIGINS"],
        base=CORS,
    ),
    dj(
        "cors-middleware-low",
        '    "corsheaders.middleware.CorsMiddleware",\n    "django.contrib.sessions.middleware.SessionMiddleware",\n    "django.middleware.common.CommonMiddleware",\n',
        '    "django.contrib.sessions.middleware.SessionMiddleware",\n    "django.middleware.common.CommonMiddleware",\n    "corsheaders.middleware.CorsMiddleware",\n',
        ["MIDDLEWARE = [", "corsheaders.middleware"],
        base=CORS,
    ),
    dj(
        "redirect-exempt-all",
        "SECURE_SSL_REDIRECT = True\n",
        'SECURE_SSL_REDIRECT = True\nSECURE_REDIRECT_EXEMPT = [r""]\n',
        "SECURE_REDIRECT_EXEMPT",
        base=DIRECT,
    ),
    dj("proxy-header-case", '"https")\nSECURE_HSTS', '"HTTPS")\nSECURE_HSTS'),
    dj(
        "no-proxy-header",
        'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")\n',
        "",
        ["SECURE_SSL_REDIRECT = True", "SECURE_HSTS_SECONDS"],
    ),
    dj("proxy-header-wrong-name", "HTTP_X_FORWARDED_PROTO", "X_FORWARDED_PROTO"),
    dj(
        "middleware-above-security",
        '    "shop.middleware.resource_policy",\n    "django.middleware.security.SecurityMiddleware",\n    "csp.middleware.CSPMiddleware",\n',
        '    "shop.middleware.resource_policy",\n    "django.middleware.cache.UpdateCacheMiddleware",\n    "csp.middleware.CSPMiddleware",\n    "django.middleware.locale.LocaleMiddleware",\n    "django.middleware.security.SecurityMiddleware",\n',
        ["MIDDLEWARE = [", "django.middleware.security.SecurityMiddleware"],
    ),
    dj(
        "dead-referrer-name",
        'SECURE_REFERRER_POLICY = "same-origin"\n',
        'REFERRER_POLICY = "no-referrer"\nSECURE_REFERRER_POLICY = "same-origin"\n',
    ),
    dj("dead-permissions-policy", "LOGGING = {", 'PERMISSIONS_POLICY = {"camera": []}\n\nLOGGING = {'),
    *(
        changed(
            f"headers/django-{name}",
            DJANGO,
            DJANGO.edited("orders/views.py", "def health(request)", f"@{decorator}\ndef health(request)").edited(
                "orders/views.py",
                "from django.views.decorators.http",
                f"from {module} import {name}\nfrom django.views.decorators.http",
            ),
            "orders/views.py",
            [f"@{decorator}", "def health"],
        )
        for name, decorator, module in (
            ("xframe_options_exempt", "xframe_options_exempt", "django.views.decorators.clickjacking"),
            ("csp_exempt", "csp_exempt()", "csp.decorators"),
        )
    ),
    changed(
        "headers/django-view-sets-cookie",
        DJANGO,
        DJANGO.edited(
            "orders/views.py",
            '    return HttpResponse("ok")\n',
            '    response = HttpResponse("ok")\n    response.set_cookie("session_token", "x", secure=False)\n    return response\n',
        ),
        "orders/views.py",
        "set_cookie",
    ),
    changed(
        "headers/django-view-cors",
        DJANGO,
        DJANGO.edited(
            "orders/views.py",
            '    return HttpResponse("ok")\n',
            '    response = HttpResponse("ok")\n    response["Access-Control-Allow-Origin"] = request.headers.get("Origin")\n    response["Access-Control-Allow-Credentials"] = "true"\n    return response\n',
        ),
        "orders/views.py",
        "Allow-Origin",
    ),
)

SAMPLES: tuple[Sample, ...] = (*DJANGO_SAMPLES,)
