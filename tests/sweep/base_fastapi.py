"""The document service: FastAPI behind Caddy, in containers."""

from .base_container import COMPOSE, ENTRYPOINT, IGNORED, dockerfile
from .sample import Base

FASTAPI_APP = '''\
"""The document service."""

import logging
import logging.config
import os
import uuid
from pathlib import Path

from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import Depends, FastAPI, HTTPException, UploadFile
from fastapi.middleware.cors import CORSMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from documents.auth import current_user
from documents.config import settings

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "pythonjsonlogger.json.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"uvicorn.access": {"level": "INFO"}},
}
logging.config.dictConfig(LOGGING)
logger = logging.getLogger(__name__)

app = FastAPI(title="documents", docs_url=None, redoc_url=None, openapi_url=None)
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://app.example.org"],
    allow_credentials=True,
    allow_methods=["GET", "POST"],
    allow_headers=["Authorization"],
)
app.add_middleware(
    SessionMiddleware,
    secret_key=settings.session_key,
    session_cookie="__Host-session",
    https_only=True,
    same_site="lax",
    max_age=28800,
)
app.add_middleware(TrustedHostMiddleware, allowed_hosts=["documents.example.org"])
app.add_middleware(CorrelationIdMiddleware)

MAX_BYTES = 5 * 1024 * 1024
STORE = Path("/srv/documents")


@app.get("/health")
async def health():
    return {"status": "ok"}


@app.post("/documents", status_code=201)
async def store(file: UploadFile, user=Depends(current_user)):
    if file.content_type != "application/pdf":
        raise HTTPException(415)
    data = await file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise HTTPException(413)
    name = f"{uuid.uuid4().hex}.pdf"
    (STORE / name).write_bytes(data)
    logger.info("document stored", extra={"document": name})
    return {"id": name}
'''

FASTAPI_CONFIG = """\
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="DOCUMENTS_")

    debug: bool = False
    session_key: SecretStr
    database_url: str


settings = Settings()
"""

FASTAPI_AUTH = """\
from fastapi import HTTPException, Request


def current_user(request: Request):
    user = request.session.get("user")
    if user is None:
        raise HTTPException(401)
    return user
"""

CADDYFILE = """\
{
	servers {
		timeouts {
			read_body 30s
			read_header 10s
			idle 60s
		}
	}
}

documents.example.org {
	log {
		output file /var/log/caddy/access.log {
			roll_size 50MiB
			roll_keep 5
		}
	}
	request_body {
		max_size 10MiB
	}
	header {
		Strict-Transport-Security "max-age=31536000; includeSubDomains"
		X-Content-Type-Options "nosniff"
		X-Frame-Options "DENY"
		Referrer-Policy "same-origin"
		Content-Security-Policy "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
		Permissions-Policy "camera=(), microphone=()"
		Cross-Origin-Opener-Policy "same-origin"
		-Server
	}
	reverse_proxy web:8000
}
"""

FASTAPI_COMPOSE = (
    COMPOSE.replace("nginx:1.29-alpine", "caddy:2.10-alpine")
    .replace("./deploy/nginx.conf:/etc/nginx/nginx.conf:ro", "./Caddyfile:/etc/caddy/Caddyfile:ro")
    .replace("media:/srv/shop/media:ro", "media:/data")
)

UVICORN = ("uvicorn", "documents.main:app", "--host", "0.0.0.0", "--port", "8000", "--no-server-header")

FASTAPI = Base(
    {
        ".gitignore": IGNORED,
        ".dockerignore": IGNORED,
        "requirements.txt": (
            "fastapi==0.121.0\nstarlette==0.49.3\nuvicorn==0.38.0\npydantic-settings==2.11.0\n"
            "asgi-correlation-id==4.3.4\npython-json-logger==3.3.0\npython-multipart==0.0.20\nitsdangerous==2.2.0\n"
        ),
        "Dockerfile": dockerfile(*UVICORN),
        "entrypoint.sh": ENTRYPOINT,
        "compose.yaml": FASTAPI_COMPOSE,
        "Caddyfile": CADDYFILE,
        "documents/__init__.py": "",
        "documents/main.py": FASTAPI_APP,
        "documents/config.py": FASTAPI_CONFIG,
        "documents/auth.py": FASTAPI_AUTH,
    },
    modes={"entrypoint.sh": "100755"},
)
