"""Upload limits of FastAPI and the other asynchronous frameworks."""

from .base_aiohttp import AIOHTTP
from .base_fastapi import FASTAPI
from .frameworks import LITESTAR, QUART, SANIC, TORNADO
from .header_services import OWN
from .sample import Sample, sample

H = "hooks/app.py"
M = "documents/main.py"
NA = "notes/app.py"

MAIN = FASTAPI.files[M]

READ = "    data = await file.read(MAX_BYTES + 1)\n    if len(data) > MAX_BYTES:\n        raise HTTPException(413)\n"

LIMITED = OWN.edited(
    "requirements.txt", "fastapi==0.121.0\nstarlette==0.49.3", "fastapi==0.165.0\nstarlette==1.10.0"
).edited(M, "openapi_url=None)", "openapi_url=None, max_body_size=10 * 1024 * 1024)")

ASGI_SAMPLES = (
    sample("uploads/fastapi-read-all", OWN, M, READ, "    data = await file.read()\n"),
    sample("uploads/fastapi-max-body-none", LIMITED, M, "max_body_size=10 * 1024 * 1024", "max_body_size=None"),
    sample("uploads/fastapi-max-body-huge", LIMITED, M, "max_body_size=10 * 1024 * 1024", "max_body_size=10 * 1024**3"),
    sample(
        "uploads/fastapi-route-lifts",
        LIMITED,
        M,
        '@app.post("/documents", status_code=201)',
        '@app.post("/documents", status_code=201, max_body_size=None)',
    ),
    sample(
        "uploads/fastapi-client-name",
        FASTAPI,
        M,
        "    (STORE / name).write_bytes(data)\n",
        "    (STORE / file.filename).write_bytes(data)\n",
    ),
    sample(
        "uploads/fastapi-client-name-open",
        FASTAPI,
        M,
        "    (STORE / name).write_bytes(data)\n",
        '    with open(f"/srv/documents/{file.filename}", "wb") as out:\n        out.write(data)\n',
        "with open(",
    ),
    sample(
        "uploads/fastapi-no-type-check",
        FASTAPI,
        M,
        '    if file.content_type != "application/pdf":\n        raise HTTPException(415)\n',
        "",
        ["async def store(", "await file.read(", '@app.post("/documents"', "write_bytes"],
    ),
    sample(
        "uploads/fastapi-copyfileobj",
        OWN.edited(M, "import os\n", "import os\nimport shutil\n"),
        M,
        READ + '    name = f"{uuid.uuid4().hex}.pdf"\n    (STORE / name).write_bytes(data)\n',
        '    name = f"{uuid.uuid4().hex}.pdf"\n    with (STORE / name).open("wb") as out:\n        shutil.copyfileobj(file.file, out)\n',
        ["shutil.copyfileobj", "async def store("],
    ),
    sample("uploads/aiohttp-size-zero", AIOHTTP, H, "client_max_size=1024 * 1024", "client_max_size=0"),
    sample("uploads/aiohttp-size-huge", AIOHTTP, H, "client_max_size=1024 * 1024", "client_max_size=10 * 1024**3"),
    sample(
        "uploads/aiohttp-content-read",
        AIOHTTP.without("k8s/ingress.yaml").edited(H, "import logging\n", "import json\nimport logging\n"),
        H,
        "    payload = await request.json()\n",
        "    payload = json.loads(await request.content.read())\n",
        ["request.content.read"],
    ),
    sample("uploads/litestar-none", LITESTAR, NA, "request_max_body_size=1_000_000", "request_max_body_size=None"),
    sample(
        "uploads/litestar-handler-none", LITESTAR, NA, '@post("/notes")', '@post("/notes", request_max_body_size=None)'
    ),
    sample(
        "uploads/litestar-parts", LITESTAR, NA, "multipart_form_part_limit=100", "multipart_form_part_limit=10_000_000"
    ),
    sample("uploads/sanic-huge", SANIC, NA, "REQUEST_MAX_SIZE = 1_000_000", "REQUEST_MAX_SIZE = 10_000_000_000"),
    sample("uploads/sanic-timeout", SANIC, NA, "REQUEST_TIMEOUT = 30", "REQUEST_TIMEOUT = 7200"),
    sample("uploads/quart-none", QUART, NA, '["MAX_CONTENT_LENGTH"] = 1_000_000', '["MAX_CONTENT_LENGTH"] = None'),
    sample("uploads/quart-body-timeout-none", QUART, NA, '["BODY_TIMEOUT"] = 30', '["BODY_TIMEOUT"] = None'),
    sample("uploads/tornado-huge", TORNADO, NA, "max_body_size=1_000_000", "max_body_size=100 * 1024**3"),
    sample("uploads/tornado-body-timeout-none", TORNADO, NA, "body_timeout=30, ", "", "HTTPServer("),
)

SAMPLES: tuple[Sample, ...] = (*ASGI_SAMPLES,)
