"""Permissions in Kubernetes."""

from .base_aiohttp import AIOHTTP
from .sample import At, Base, Sample, changed, sample

K = "k8s/deployment.yaml"


def kube(name: str, old: str, new: str, at: At | list[At] = "", base: Base = AIOHTTP) -> Sample:
    return sample(f"permissions/k8s-{name}", base, K, old, new, at)


CONTAINER: list[At] = ["- name: web", "            allowPrivilegeEscalation", "image: registry"]

CSC = "          securityContext:\n            allowPrivilegeEscalation: false\n"

CRON = """\
apiVersion: batch/v1
kind: CronJob
metadata:
  name: sweep
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          automountServiceAccountToken: false
          restartPolicy: Never
          securityContext:
            runAsNonRoot: true
            runAsUser: 10001
            seccompProfile: {type: RuntimeDefault}
          containers:
            - name: sweep
              image: registry.example.org/hooks:1.4.2
              resources: {limits: {cpu: 100m, memory: 64Mi}, requests: {cpu: 10m, memory: 32Mi}}
              securityContext:
                allowPrivilegeEscalation: false
                readOnlyRootFilesystem: true
                capabilities: {drop: [ALL]}
"""

JSON_MODE = AIOHTTP.with_files(
    {
        "k8s/extra.json": '{\n  "apiVersion": "v1",\n  "kind": "Pod",\n  "metadata": {"name": "extra"},\n  "spec": {\n    "automountServiceAccountToken": false,\n    "securityContext": {"runAsNonRoot": true, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},\n'
        '    "containers": [{\n      "name": "extra", "image": "registry.example.org/hooks:1.4.2",\n      "resources": {"limits": {"memory": "64Mi", "cpu": "100m"}, "requests": {"memory": "64Mi", "cpu": "100m"}},\n'
        '      "securityContext": {"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]}}\n    }],\n'
        '    "volumes": [{"name": "keys", "secret": {"secretName": "hooks",\n      "defaultMode": 288\n    }}]\n  }\n}\n'
    }
)

KUBE = (
    kube(
        "pod-run-as-root",
        "runAsNonRoot: true\n        runAsUser: 10001\n",
        "runAsNonRoot: false\n        runAsUser: 0\n",
        ["runAsUser: 0", "runAsNonRoot: false", "- name: web"],
    ),
    kube(
        "container-run-as-root",
        CSC,
        CSC.replace(
            "            allow", "            runAsUser: 0\n            runAsNonRoot: false\n            allow"
        ),
        ["runAsUser: 0", "runAsNonRoot: false"],
    ),
    kube(
        "non-root-missing",
        "        runAsNonRoot: true\n        runAsUser: 10001\n        runAsGroup: 10001\n",
        "",
        ["- name: web", (K, "        fsGroup: 10001", -1), "kind: Deployment"],
    ),
    kube("privileged", "privileged: false", "privileged: true"),
    kube("privileged-yes", "privileged: false", "privileged: yes"),
    kube("escalation-true", "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true"),
    kube(
        "escalation-missing",
        "            allowPrivilegeEscalation: false\n",
        "",
        ["- name: web", (K, "            privileged: false", -1)],
    ),
    kube("writable-root", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false"),
    kube(
        "root-filesystem-missing",
        "            readOnlyRootFilesystem: true\n",
        "",
        ["- name: web", (K, "allowPrivilegeEscalation: false", -1)],
    ),
    kube(
        "capabilities-added",
        "              drop: [ALL]\n",
        "              drop: [ALL]\n              add: [SYS_ADMIN]\n",
    ),
    kube(
        "capabilities-added-prefix",
        "              drop: [ALL]\n",
        "              drop: [ALL]\n              add:\n                - CAP_SYS_PTRACE\n",
        ["add:", "CAP_SYS_PTRACE"],
    ),
    kube(
        "capabilities-not-dropped",
        "            capabilities:\n              drop: [ALL]\n",
        "",
        ["- name: web", (K, "            allowPrivilegeEscalation: false", -1)],
    ),
    kube("capabilities-drop-some", "drop: [ALL]", "drop: [NET_RAW]"),
    kube("seccomp-unconfined", "type: RuntimeDefault", "type: Unconfined"),
    kube(
        "seccomp-missing",
        "        seccompProfile:\n          type: RuntimeDefault\n",
        "",
        ["- name: web", (K, "runAsNonRoot: true", -1), "kind: Deployment"],
    ),
    kube("token-mounted", "automountServiceAccountToken: false", "automountServiceAccountToken: true"),
    kube(
        "token-default",
        "      automountServiceAccountToken: false\n",
        "",
        ["    spec:", "kind: Deployment", (K, "hostNetwork: false", -1)],
    ),
    kube("host-network", "hostNetwork: false", "hostNetwork: true"),
    kube("host-pid", "hostPID: false", "hostPID: true"),
    kube("host-ipc", "hostIPC: false", "hostIPC: true"),
    changed(
        "permissions/k8s-host-path",
        AIOHTTP,
        AIOHTTP.edited(
            K, "          emptyDir:\n            sizeLimit: 64Mi\n", "          hostPath:\n            path: /etc\n"
        ),
        K,
        ["hostPath:", "path: /etc", (K, "hostPath:", -1)],
    ),
    kube(
        "host-path-docker-socket",
        "          emptyDir:\n            sizeLimit: 64Mi\n",
        "          hostPath: {path: /var/run/docker.sock, type: Socket}\n",
        ["docker.sock", (K, "docker.sock", -1)],
    ),
    kube("secret-mode-0777", "defaultMode: 0440", "defaultMode: 0777"),
    kube("secret-mode-decimal", "defaultMode: 0440", "defaultMode: 511"),
    kube("secret-mode-octal-o", "defaultMode: 0440", "defaultMode: 0o666"),
    kube(
        "secret-item-mode",
        "            defaultMode: 0440\n",
        "            defaultMode: 0440\n            items:\n              - key: hook-secret\n                path: hook\n                mode: 0666\n",
        "mode: 0666",
    ),
    kube("configmap-mode-0666", "defaultMode: 0444", "defaultMode: 0666"),
    kube(
        "projected-mode",
        "          secret:\n            secretName: hooks\n            defaultMode: 0440\n",
        "          projected:\n            defaultMode: 0666\n            sources:\n              - secret:\n                  name: hooks\n",
        "defaultMode: 0666",
    ),
    sample(
        "permissions/k8s-json-mode-decimal", JSON_MODE, "k8s/extra.json", '"defaultMode": 288', '"defaultMode": 511'
    ),
    kube(
        "secret-in-env",
        "              valueFrom:\n                secretKeyRef:\n                  name: hooks\n                  key: hook-secret\n",
        "              value: " + "".join(["v7Hs", "3kTq", "9xWd", "2bMc"]) + "\n",
    ),
    kube(
        "host-port",
        "            - containerPort: 8080\n",
        "            - containerPort: 8080\n              hostPort: 8080\n",
        ["hostPort: 8080"],
    ),
    kube(
        "init-container-privileged",
        "      containers:\n",
        "      initContainers:\n        - name: prepare\n          image: registry.example.org/hooks:1.4.2\n          securityContext:\n            privileged: true\n            capabilities:\n              drop: [ALL]\n      containers:\n",
        "privileged: true",
    ),
    sample(
        "permissions/k8s-cronjob-privileged",
        AIOHTTP.with_files({"k8s/cron.yaml": CRON}),
        "k8s/cron.yaml",
        "                allowPrivilegeEscalation: false\n",
        "                privileged: true\n",
        "privileged: true",
    ),
    changed(
        "permissions/k8s-second-document",
        AIOHTTP.with_files({K: AIOHTTP.files[K] + "---\n" + CRON}),
        AIOHTTP.with_files(
            {K: AIOHTTP.files[K] + "---\n" + CRON.replace("readOnlyRootFilesystem: true", "privileged: true")}
        ),
        K,
        "privileged: true",
    ),
    changed(
        "permissions/k8s-list",
        AIOHTTP.with_files(
            {
                "k8s/cron.yaml": "apiVersion: v1\nkind: List\nitems:\n"
                + "".join(("- " if n == 0 else "  ") + line + "\n" for n, line in enumerate(CRON.splitlines()))
            }
        ),
        AIOHTTP.with_files(
            {
                "k8s/cron.yaml": "apiVersion: v1\nkind: List\nitems:\n"
                + "".join(
                    ("- " if n == 0 else "  ") + line + "\n"
                    for n, line in enumerate(
                        CRON.replace("readOnlyRootFilesystem: true", "privileged: true").splitlines()
                    )
                )
            }
        ),
        "k8s/cron.yaml",
        "privileged: true",
    ),
    changed(
        "permissions/k8s-rbac-cluster-admin",
        AIOHTTP,
        AIOHTTP.with_files(
            {
                "k8s/rbac.yaml": "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: hooks\nroleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n  name: cluster-admin\nsubjects:\n  - kind: ServiceAccount\n    name: hooks\n    namespace: hooks\n"
            }
        ),
        "k8s/rbac.yaml",
        ["name: cluster-admin", "kind: ClusterRoleBinding", "roleRef:"],
    ),
)

OVERLAY = AIOHTTP.with_files({"k8s/kustomization.yaml": "resources:\n  - deployment.yaml\n"})
OPERATION = "op: add\n        path: /spec/template/spec/containers/0/securityContext/privileged\n        value: true\n"
PATCHES = (
    sample(
        "permissions/k8s-kustomize-json-patch",
        OVERLAY,
        "k8s/kustomization.yaml",
        "  - deployment.yaml\n",
        f"  - deployment.yaml\npatches:\n  - target: {{kind: Deployment}}\n    patch: |-\n      - {OPERATION}",
        ["path: /spec", "value: true"],
    ),
    sample(
        "permissions/k8s-kustomize-inline-patch",
        OVERLAY,
        "k8s/kustomization.yaml",
        "  - deployment.yaml\n",
        "  - deployment.yaml\npatches:\n  - patch: |\n      apiVersion: apps/v1\n      kind: Deployment\n"
        "      metadata: {name: hooks}\n      spec:\n        template:\n          spec:\n            hostNetwork: true\n",
        "hostNetwork: true",
    ),
    kube(
        "secret-in-env-value-first",
        "            - name: HOOK_SECRET\n              valueFrom:\n                secretKeyRef:\n                  name: hooks\n"
        "                  key: hook-secret\n",
        "            - value: " + "".join(["v7Hs", "3kTq", "9xWd", "2bMc"]) + "\n              name: HOOK_SECRET\n",
        "- value: ",
    ),
)

SAMPLES: tuple[Sample, ...] = (*KUBE, *PATCHES)
