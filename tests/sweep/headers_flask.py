"""Headers of Flask: Talisman, secure.py, Flask-CORS, handlers written by hand."""

from .base_flask import FLASK
from .header_services import BARE_APP, HAND
from .sample import At, Sample, changed, sample

F = "photos/app.py"


def talisman(name: str, old: str, new: str, at: At | list[At] = "") -> Sample:
    return sample(f"headers/talisman-{name}", FLASK, F, old, new, at)


TALISMAN = FLASK.files[F][
    FLASK.files[F].index("    content_security_policy={") : FLASK.files[F].index('    referrer_policy="same')
]

FLASK_SAMPLES = (
    talisman("csp-none", TALISMAN, "    content_security_policy=None,\n", "content_security_policy=None"),
    talisman("csp-false", TALISMAN, "    content_security_policy=False,\n", "content_security_policy=False"),
    talisman(
        "csp-unsafe-inline",
        """"default-src": "'self'",""",
        """"default-src": "'self' 'unsafe-inline'",""",
        ["unsafe-inline", "content_security_policy={"],
    ),
    talisman(
        "csp-any",
        """"default-src": "'self'",""",
        """"default-src": "*",""",
        ['"default-src"', "content_security_policy={"],
    ),
    talisman(
        "report-only",
        '    referrer_policy="same',
        '    content_security_policy_report_only=True,\n    content_security_policy_report_uri="/csp",\n    referrer_policy="same',
        ["report_only=True", "content_security_policy={"],
    ),
    talisman("hsts-off", "strict_transport_security=True", "strict_transport_security=False"),
    talisman("hsts-short", "strict_transport_security_max_age=31536000", "strict_transport_security_max_age=3600"),
    talisman("hsts-no-subdomains", "subdomains=True", "subdomains=False"),
    changed(
        "headers/talisman-frame-none",
        FLASK,
        FLASK.edited(F, 'frame_options="DENY"', "frame_options=None").edited(
            F, """        "frame-ancestors": "'none'",\n""", ""
        ),
        F,
        ["frame_options=None", "content_security_policy={"],
    ),
    sample(
        "headers/talisman-force-https-off",
        FLASK.without("deploy/nginx.conf").edited(
            F,
            '"Cross-Origin-Resource-Policy"] = "same-origin"\n',
            '"Cross-Origin-Resource-Policy"] = "same-origin"\n    response.headers["Permissions-Policy"] = "camera=()"\n',
        ),
        F,
        "force_https=True",
        "force_https=False",
    ),
    talisman(
        "nosniff-off", '    referrer_policy="same', '    x_content_type_options=False,\n    referrer_policy="same'
    ),
    talisman("referrer-unsafe", 'referrer_policy="same-origin"', 'referrer_policy="unsafe-url"'),
    changed(
        "headers/talisman-cookie-insecure",
        FLASK,
        FLASK.edited(F, "    session_cookie_secure=True", "    session_cookie_secure=False").edited(
            F, "    SESSION_COOKIE_SECURE=True,\n", ""
        ),
        F,
        ["session_cookie_secure=False", "app = Flask(__name__)", "app.config.update("],
    ),
    changed(
        "headers/talisman-view-off",
        FLASK.edited(F, "\nTalisman(\n", "\ntalisman = Talisman(\n"),
        FLASK.edited(F, "\nTalisman(\n", "\ntalisman = Talisman(\n").edited(
            F, '@app.post("/photos")\n', '@app.post("/photos")\n@talisman(content_security_policy=False)\n'
        ),
        F,
    ),
    sample(
        "headers/flask-handmade-no-hsts",
        HAND,
        F,
        '    response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"\n',
        "",
        ["def secure", "@app.after_request", "app = Flask(__name__)"],
    ),
    sample(
        "headers/flask-handmade-no-csp",
        HAND,
        F,
        "    response.headers[\"Content-Security-Policy\"] = \"default-src 'none'; frame-ancestors 'none'; base-uri 'none'\"\n",
        "",
        ["def secure", "@app.after_request", "app = Flask(__name__)"],
    ),
    sample("headers/flask-handmade-hsts-short", HAND, F, "max-age=31536000; includeSubDomains", "max-age=10"),
    sample("headers/flask-handmade-nosniff-wrong", HAND, F, '"nosniff"', '"no-sniff"'),
    sample(
        "headers/flask-handmade-csp-unsafe",
        HAND,
        F,
        "default-src 'none'; frame",
        "default-src 'self' 'unsafe-inline'; frame",
    ),
    sample(
        "headers/flask-handmade-frame-wrong", HAND, F, '"X-Frame-Options"] = "DENY"', '"X-Frame-Options"] = "ALLOWALL"'
    ),
    sample(
        "headers/flask-blueprint-only",
        HAND,
        F,
        "@app.after_request",
        'from flask import Blueprint\n\npages = Blueprint("pages", __name__)\napp.register_blueprint(pages)\n\n\n@pages.after_request',
        ["@pages.after_request", "def secure", "app = Flask(__name__)"],
    ),
    sample(
        "headers/flask-cors-any-credentials",
        FLASK,
        F,
        "CSRFProtect(app)\n",
        'from flask_cors import CORS\n\nCORS(app, origins="*", supports_credentials=True)\nCSRFProtect(app)\n',
        "CORS(app",
    ),
    sample(
        "headers/flask-cors-default-any",
        FLASK,
        F,
        "CSRFProtect(app)\n",
        "from flask_cors import CORS\n\nCORS(app)\nCSRFProtect(app)\n",
        "CORS(app)",
    ),
    sample(
        "headers/flask-cors-resources-any",
        FLASK,
        F,
        "CSRFProtect(app)\n",
        'from flask_cors import CORS\n\nCORS(app, resources={r"/api/*": {"origins": "*", "supports_credentials": True}})\nCSRFProtect(app)\n',
        "CORS(app",
    ),
    changed(
        "headers/flask-set-cookie",
        FLASK,
        FLASK.edited(
            F,
            '    return jsonify(status="ok")\n',
            '    response = jsonify(status="ok")\n    response.set_cookie("auth_token", "x", httponly=False)\n    return response\n',
        ),
        F,
        "set_cookie",
    ),
    changed(
        "headers/flask-reflects-origin",
        FLASK,
        FLASK.edited(
            F,
            '"Cross-Origin-Resource-Policy"] = "same-origin"\n',
            '"Cross-Origin-Resource-Policy"] = "same-origin"\n    response.headers["Access-Control-Allow-Origin"] = request.headers.get("Origin", "*")\n    response.headers["Access-Control-Allow-Credentials"] = "true"\n',
        ),
        F,
        "Allow-Origin",
    ),
)

SECURE_APP = BARE_APP.replace("from flask_wtf", "from secure import Secure\nfrom flask_wtf").replace(
    "\n\n@app.get",
    '\nsecure = Secure.with_default_headers()\n\n\n@app.after_request\ndef add(response):\n    secure.set_headers(response)\n    response.headers["Permissions-Policy"] = "camera=()"\n'
    "    response.headers[\"Content-Security-Policy\"] = \"default-src 'none'; frame-ancestors 'none'; base-uri 'none'\"\n    return response\n\n\n@app.get",
)

SECURE = HAND.with_files(
    {F: SECURE_APP, "requirements.txt": "Flask==3.1.2\ngunicorn==23.0.0\nFlask-WTF==1.2.2\nsecure==2.0.0\n"}
)

SECURE_SAMPLES = (
    sample(
        "headers/secure-never-applied",
        SECURE,
        F,
        "    secure.set_headers(response)\n",
        "",
        ["secure = Secure.with", "def add", "@app.after_request", "app = Flask(__name__)"],
    ),
    sample(
        "headers/secure-empty",
        SECURE,
        F,
        "Secure.with_default_headers()",
        "Secure()",
        ["secure = Secure()", "def add", "@app.after_request", "app = Flask(__name__)"],
    ),
)

SAMPLES: tuple[Sample, ...] = (
    *FLASK_SAMPLES,
    *SECURE_SAMPLES,
)
