"""The photo service: Flask under gunicorn and systemd behind nginx, or in Apache."""

from .base_container import GUNICORN, IGNORED
from .base_django import NGINX as SHOP_NGINX
from .sample import Base

FLASK_APP = '''\
"""The photo service."""

import logging
import os
import uuid
from pathlib import Path

from flask import Flask, abort, jsonify, request
from flask_login import LoginManager, login_required
from flask_talisman import Talisman
from flask_wtf.csrf import CSRFProtect
from pythonjsonlogger.json import JsonFormatter

handler = logging.StreamHandler()
handler.setFormatter(JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
logging.basicConfig(level=logging.INFO, handlers=[handler])
logger = logging.getLogger(__name__)

app = Flask(__name__)
app.config.update(
    SECRET_KEY=os.environ["SECRET_KEY"],
    SESSION_COOKIE_NAME="__Host-session",
    SESSION_COOKIE_SECURE=True,
    SESSION_COOKIE_HTTPONLY=True,
    SESSION_COOKIE_SAMESITE="Lax",
    PERMANENT_SESSION_LIFETIME=28800,
    MAX_CONTENT_LENGTH=10 * 1024 * 1024,
    MAX_FORM_MEMORY_SIZE=500_000,
    MAX_FORM_PARTS=100,
    TRUSTED_HOSTS=["photos.example.org"],
    UPLOAD_FOLDER="/srv/photos/uploads",
)
CSRFProtect(app)
login_manager = LoginManager(app)
Talisman(
    app,
    force_https=True,
    frame_options="DENY",
    strict_transport_security=True,
    strict_transport_security_max_age=31536000,
    strict_transport_security_include_subdomains=True,
    content_security_policy={
        "default-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    },
    referrer_policy="same-origin",
    session_cookie_secure=True,
)


@app.after_request
def isolate(response):
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


ALLOWED = {"image/png": ".png", "image/jpeg": ".jpg"}


@app.get("/health")
def health():
    return jsonify(status="ok")


@app.post("/photos")
@login_required
def store():
    file = request.files["photo"]
    suffix = ALLOWED.get(file.mimetype)
    if suffix is None:
        abort(415)
    name = f"{uuid.uuid4().hex}{suffix}"
    file.save(Path(app.config["UPLOAD_FOLDER"]) / name)
    logger.info("photo stored", extra={"photo": name})
    return jsonify(id=name), 201
'''

UNIT = """\
[Unit]
Description=Photo service
After=network.target

[Service]
Type=exec
User=photos
Group=photos
WorkingDirectory=/opt/photos
EnvironmentFile=/etc/photos/environment
ExecStart=/opt/photos/venv/bin/gunicorn -c /opt/photos/gunicorn.conf.py photos.app:app
Restart=on-failure
UMask=0027
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
ProtectProc=invisible
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
PrivateTmp=yes
PrivateDevices=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
LockPersonality=yes
MemoryDenyWriteExecute=yes
CapabilityBoundingSet=
AmbientCapabilities=
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
RuntimeDirectory=photos
RuntimeDirectoryMode=0750
StateDirectory=photos
StateDirectoryMode=0750
LogsDirectory=photos
LogsDirectoryMode=0750
ReadWritePaths=/srv/photos/uploads
MemoryMax=512M
TasksMax=200

[Install]
WantedBy=multi-user.target
"""

APACHE = """\
ServerTokens Prod
ServerSignature Off
TraceEnable Off
Timeout 30
RequestReadTimeout header=10-20,MinRate=500 body=20,MinRate=500
LimitRequestFields 100
LimitRequestFieldSize 8190
LimitRequestLine 8190
LogFormat "%h %t \\"%m %U\\" %>s %b" short
ErrorLog "/var/log/apache2/error.log"
LogLevel warn

<VirtualHost *:80>
    ServerName photos.example.org
    CustomLog "/var/log/apache2/plain.log" short
    LimitRequestBody 1024
    Redirect permanent / https://photos.example.org/
</VirtualHost>

<VirtualHost *:443>
    ServerName photos.example.org
    CustomLog "/var/log/apache2/photos.log" short
    LimitRequestBody 10485760

    SSLEngine on
    SSLProtocol -all +TLSv1.2 +TLSv1.3
    SSLCipherSuite ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256
    SSLCertificateFile /etc/apache2/tls/photos.crt
    SSLCertificateKeyFile /etc/apache2/tls/photos.key

    Header always set Permissions-Policy "camera=(), microphone=()"

    ProxyRequests Off
    WSGIDaemonProcess photos user=photos group=photos processes=2 threads=4 umask=0027 home=/opt/photos
    WSGIProcessGroup photos
    WSGIScriptAlias / /opt/photos/photos/wsgi.py
    <Directory /opt/photos/photos>
        <Files wsgi.py>
            Require all granted
        </Files>
    </Directory>
</VirtualHost>
"""

NGINX = (
    (
        SHOP_NGINX[: SHOP_NGINX.index("        location /static/")]
        + SHOP_NGINX[SHOP_NGINX.index("        location / {") :]
    )
    .replace("web:8000", "127.0.0.1:8000")
    .replace("shop.", "photos.")
)

FLASK = Base(
    {
        ".gitignore": IGNORED,
        "requirements.txt": (
            "Flask==3.1.2\nWerkzeug==3.1.3\ngunicorn==23.0.0\nflask-talisman==1.1.0\nFlask-WTF==1.2.2\n"
            "Flask-Login==0.6.3\npython-json-logger==3.3.0\n"
        ),
        "photos/__init__.py": "",
        "photos/app.py": FLASK_APP,
        "gunicorn.conf.py": GUNICORN.replace("0.0.0.0", "127.0.0.1"),
        "deploy/photos.service": UNIT,
        "deploy/nginx.conf": NGINX,
    }
)

# With mod_wsgi, for its limit of the body counts there, and does not for what is proxied.
APACHE_FLASK = FLASK.without("deploy/nginx.conf", "deploy/photos.service", "gunicorn.conf.py").with_files(
    {
        "requirements.txt": FLASK.files["requirements.txt"].replace("gunicorn==23.0.0", "mod_wsgi==5.0.2"),
        "photos/wsgi.py": 'from photos.app import app as application\n\n__all__ = ["application"]\n',
        "deploy/apache/photos.conf": APACHE,
    }
)
