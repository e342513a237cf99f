"""Headers that one view gives a value of its own; hooks of aiohttp; what Traefik and an Ingress do with plain http."""

from .base_aiohttp import AIOHTTP
from .base_django import DJANGO
from .base_fastapi import FASTAPI
from .header_services import HAND
from .headers_asgi import BY_ITSELF
from .headers_traefik import FILES, LABELS
from .sample import At, Base, Sample, changed, sample

F, V, M, H = "photos/app.py", "orders/views.py", "documents/main.py", "hooks/app.py"
D, T, ING, LABEL = "traefik/dynamic.yml", "traefik/traefik.yml", "k8s/ingress.yaml", "compose.yaml"


def flask(name: str, body: str, at: str) -> Sample:
    return sample(f"headers/flask-view-{name}", HAND, F, '    return jsonify(status="ok")\n', body, at)


def django(name: str, body: str, at: str) -> Sample:
    return sample(f"headers/django-view-{name}", DJANGO, V, '    return HttpResponse("ok")\n', body, at)


def set_(name: str, value: str) -> str:
    return f'    response = jsonify(status="ok")\n    response.headers["{name}"] = "{value}"\n    return response\n'


JSON = FASTAPI.edited(
    M,
    "from starlette.middleware.sessions",
    "from fastapi.responses import JSONResponse\nfrom starlette.middleware.sessions",
)
VIEWS = (
    flask("csp", set_("Content-Security-Policy", "default-src 'self'; script-src 'self' 'unsafe-inline'"), "inline"),
    flask("hsts-zero", set_("Strict-Transport-Security", "max-age=0"), "max-age=0"),
    flask("referrer", set_("Referrer-Policy", "unsafe-url"), "unsafe-url"),
    flask("nosniff", set_("X-Content-Type-Options", "none"), '"none"'),
    flask("tuple", '    return jsonify(status="ok"), 200, {"X-Frame-Options": "ALLOWALL"}\n', "ALLOWALL"),
    flask("update", '    response = jsonify(status="ok")\n    response.headers.update(\n        {\n            "X-Frame-Options": "ALLOWALL",\n        }\n    )\n    return response\n', "ALLOWALL"),
    flask("cors", '    response = jsonify(status="ok")\n    response.headers["Access-Control-Allow-Origin"] = "*"\n    response.headers["Access-Control-Allow-Credentials"] = "true"\n    return response\n', "Allow-Origin"),
    django("frame", '    response = HttpResponse("ok")\n    response["X-Frame-Options"] = "ALLOWALL"\n    return response\n', "ALLOWALL"),
    django("frame-exempt", '    response = HttpResponse("ok")\n    response.xframe_options_exempt = True\n    return response\n', "exempt"),
    django("headers", '    return HttpResponse("ok", headers={"Referrer-Policy": "unsafe-url"})\n', "unsafe-url"),
    django("hsts-zero", '    response = HttpResponse("ok")\n    response.headers["Strict-Transport-Security"] = "max-age=0"\n    return response\n', "max-age=0"),
    sample(
        "headers/fastapi-view-headers",
        JSON,
        M,
        '    return {"status": "ok"}\n',
        '    return JSONResponse({"status": "ok"}, headers={"X-Frame-Options": "ALLOWALL"})\n',
        "ALLOWALL",
    ),
    sample(
        "headers/fastapi-view-csp",
        JSON,
        M,
        '    return {"status": "ok"}\n',
        "    response = JSONResponse({\"status\": \"ok\"})\n    response.headers[\"Content-Security-Policy\"] = \"script-src * 'unsafe-eval'\"\n    return response\n",
        "unsafe-eval",
    ),
    sample(
        "headers/aiohttp-view-frame",
        AIOHTTP,
        H,
        '    return web.json_response({"status": "ok"})\n',
        '    return web.json_response({"status": "ok"}, headers={"X-Frame-Options": "ALLOWALL"})\n',
        "ALLOWALL",
    ),
)  # fmt: skip

STS = '    response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"\n'
MIDDLEWARE = (
    BY_ITSELF.edited(
        H,
        "async def secure_headers(request, response):\n",
        "@web.middleware\nasync def secure_headers(request, handler):\n    response = await handler(request)\n",
    )
    .edited(H, STS, f"{STS}    return response\n")
    .edited(H, "    app.on_response_prepare.append(secure_headers)\n", "")
    .edited(H, "client_max_size=1024 * 1024)", "client_max_size=1024 * 1024, middlewares=[secure_headers])")
)
EXTENDED = BY_ITSELF.edited(H, "append(secure_headers)", "extend([secure_headers])")
LACKS: list[At] = ["async def secure_headers", "    app = web.Application("]


def hook(name: str, base: Base, new: str, at: At | list[At] = "") -> Sample:
    return sample(f"headers/aiohttp-{name}", base, H, STS, new, at)


AIOHTTP_SAMPLES = (
    hook("middleware-no-hsts", MIDDLEWARE, "", LACKS),
    hook("middleware-hsts-short", MIDDLEWARE, STS.replace("31536000", "300")),
    hook("extend-no-hsts", EXTENDED, "", LACKS),
    sample("headers/aiohttp-extend-csp", EXTENDED, H, "default-src 'none'; f", "default-src * 'unsafe-inline'; f"),
)

REDIRECT = "      - --entrypoints.web.http.redirections.entrypoint.to=websecure\n"
ROUTER = "    documents:\n      rule:"
BY_ROUTER = (
    FILES.edited(
        T, "    http:\n      redirections:\n        entryPoint:\n          to: websecure\n          scheme: https\n", ""
    )
    .edited(
        D,
        ROUTER,
        "    plain:\n      rule: PathPrefix(`/`)\n      entryPoints: [web]\n      service: documents\n      middlewares: [to-https]\n"
        + ROUTER,
    )
    .edited(D, "    body:\n", "    to-https:\n      redirectScheme:\n        scheme: https\n    body:\n")
)
PLAIN = (
    sample("headers/traefik-label-no-redirect", LABELS, LABEL, REDIRECT, "", "entrypoints.web.address"),
    sample(
        "headers/traefik-router-no-redirect",
        BY_ROUTER,
        D,
        "      middlewares: [to-https]\n",
        "",
        ["    plain:", (D, "    plain:", 1), (D, "    plain:", 2), (T, "  web:"), (T, 'address: ":80"')],
    ),
    sample(
        "headers/traefik-label-removes-frame",
        LABELS,
        LABEL,
        "customResponseHeaders.Cross-Origin-Opener-Policy=same-origin\n",
        "customResponseHeaders.Cross-Origin-Opener-Policy=same-origin\n      - traefik.http.middlewares.secure.headers.customResponseHeaders.X-Frame-Options=\n",
        ["X-Frame-Options=", "frameDeny"],
    ),
    changed(
        "headers/ingress-no-tls-issuer",
        AIOHTTP,
        AIOHTTP.edited(
            ING, "  tls:\n    - hosts: [hooks.example.org]\n      secretName: hooks-tls\n", ""
        ).edited(ING, '    nginx.ingress.kubernetes.io/ssl-redirect: "true"\n', "    cert-manager.io/cluster-issuer: le\n"),
        ING,
        ["kind: Ingress", "spec:", "host: hooks"],
    ),
    changed(
        "headers/ingress-other-no-tls",
        AIOHTTP.without(ING).with_files(
            {ING: "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: hooks\nspec:\n  ingressClassName: haproxy\n  tls:\n    - hosts: [hooks.example.org]\n      secretName: hooks\n  rules:\n    - host: hooks.example.org\n      http:\n        paths:\n          - path: /\n            pathType: Prefix\n            backend:\n              service:\n                name: hooks\n                port: {number: 8080}\n"}
        ),
        AIOHTTP.without(ING).with_files(
            {ING: "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: hooks\nspec:\n  ingressClassName: haproxy\n  rules:\n    - host: hooks.example.org\n      http:\n        paths:\n          - path: /\n            pathType: Prefix\n            backend:\n              service:\n                name: hooks\n                port: {number: 8080}\n"}
        ),
        ING,
        ["kind: Ingress", "spec:", "host: hooks"],
    ),
)  # fmt: skip
SAMPLES: tuple[Sample, ...] = (*VIEWS, *AIOHTTP_SAMPLES, *PLAIN)
