"""The webhook receiver: aiohttp in Kubernetes, behind an ingress."""

from .base_container import ENTRYPOINT, IGNORED, dockerfile
from .sample import Base

AIOHTTP_APP = '''\
"""The webhook receiver."""

import logging

from aiohttp import web

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
logger = logging.getLogger(__name__)


async def secure_headers(request, response):
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
    response.headers["Permissions-Policy"] = "camera=(), microphone=()"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"


async def health(request):
    return web.json_response({"status": "ok"})


async def hook(request):
    payload = await request.json()
    if not isinstance(payload, dict):
        raise web.HTTPBadRequest
    logger.info("hook received with %d keys", len(payload))
    return web.json_response({"status": "accepted"}, status=202)


def create_app():
    app = web.Application(client_max_size=1024 * 1024)
    app.on_response_prepare.append(secure_headers)
    app.add_routes([web.get("/health", health), web.post("/hook", hook)])
    return app


if __name__ == "__main__":
    web.run_app(create_app(), host="0.0.0.0", port=8080, access_log_format='%a %t "%r" %s %b')
'''

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: hooks
  namespace: hooks
spec:
  replicas: 2
  selector:
    matchLabels: {app: hooks}
  template:
    metadata:
      labels: {app: hooks}
    spec:
      automountServiceAccountToken: false
      hostNetwork: false
      hostPID: false
      hostIPC: false
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        runAsGroup: 10001
        fsGroup: 10001
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: web
          image: registry.example.org/hooks:1.4.2
          imagePullPolicy: IfNotPresent
          ports:
            - containerPort: 8080
          env:
            - name: HOOK_SECRET
              valueFrom:
                secretKeyRef:
                  name: hooks
                  key: hook-secret
          securityContext:
            allowPrivilegeEscalation: false
            privileged: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          resources:
            requests: {cpu: 100m, memory: 64Mi}
            limits: {cpu: 500m, memory: 256Mi}
          livenessProbe:
            httpGet: {path: /health, port: 8080}
          volumeMounts:
            - name: keys
              mountPath: /run/keys
              readOnly: true
            - name: config
              mountPath: /etc/hooks
              readOnly: true
            - name: tmp
              mountPath: /tmp
      volumes:
        - name: keys
          secret:
            secretName: hooks
            defaultMode: 0440
        - name: config
          configMap:
            name: hooks
            defaultMode: 0444
        - name: tmp
          emptyDir:
            sizeLimit: 64Mi
"""

INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: hooks
  namespace: hooks
  annotations:
    nginx.ingress.kubernetes.io/proxy-body-size: 1m
    nginx.ingress.kubernetes.io/ssl-redirect: "true"
    nginx.ingress.kubernetes.io/proxy-read-timeout: "30"
spec:
  ingressClassName: nginx
  tls:
    - hosts: [hooks.example.org]
      secretName: hooks-tls
  rules:
    - host: hooks.example.org
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: hooks
                port: {number: 8080}
"""

SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: hooks
  namespace: hooks
spec:
  selector: {app: hooks}
  ports:
    - port: 8080
"""

AIOHTTP = Base(
    {
        ".gitignore": IGNORED,
        ".dockerignore": IGNORED,
        "requirements.txt": "aiohttp==3.13.2\n",
        "Dockerfile": dockerfile("python", "-m", "hooks.app"),
        "entrypoint.sh": ENTRYPOINT,
        "hooks/__init__.py": "",
        "hooks/app.py": AIOHTTP_APP,
        "k8s/deployment.yaml": DEPLOYMENT,
        "k8s/service.yaml": SERVICE,
        "k8s/ingress.yaml": INGRESS,
    },
    modes={"entrypoint.sh": "100755"},
)
