"""Permissions in compose."""

from .base_django import DJANGO
from .permissions_docker import USER
from .sample import At, Base, Sample, changed, sample

C = "compose.yaml"
D = "Dockerfile"


def compose(name: str, old: str, new: str, at: At | list[At] = "", base: Base = DJANGO) -> Sample:
    return sample(f"permissions/compose-{name}", base, C, old, new, at)


WEB = '    user: "10001:10001"\n'

NNP = "    security_opt:\n      - no-new-privileges:true\n    environment:\n"

STORE = DJANGO.edited(
    C,
    "networks:\n  inside: {}\n",
    '  cache:\n    image: redis:8-alpine\n    user: "999:999"\n    read_only: true\n    cap_drop:\n      - ALL\n    security_opt:\n      - no-new-privileges:true\n    mem_limit: 128m\n    pids_limit: 50\n    ports:\n      - "127.0.0.1:6379:6379"\n    networks:\n      - inside\nnetworks:\n  inside: {}\n',
)

CONFIGS = DJANGO.edited(
    C,
    "    tmpfs:\n",
    "    configs:\n      - source: limits\n        target: /etc/limits\n        mode: 0440\n    tmpfs:\n",
).edited(C, "volumes:\n  media: {}\n", "volumes:\n  media: {}\nconfigs:\n  limits:\n    file: ./deploy/nginx.conf\n")

NAMED = "    environment:\n      DATABASE_PASSWORD_FILE: /run/secrets/database_password\n"

COMPOSE = (
    compose("user-root", WEB, "    user: root\n"),
    compose("user-zero", WEB, "    user: 0\n"),
    compose("user-zero-group", WEB, '    user: "0:0"\n'),
    compose("user-variable-default", WEB, '    user: "${APP_UID:-0}"\n'),
    compose("privileged", WEB, WEB + "    privileged: true\n", "privileged: true"),
    compose("cap-add-sys-admin", WEB, WEB + "    cap_add:\n      - SYS_ADMIN\n", ["SYS_ADMIN", (C, "SYS_ADMIN", -1)]),
    compose("cap-add-all", WEB, WEB + "    cap_add: [ALL]\n", "cap_add: [ALL]"),
    compose(
        "cap-add-cap-net-admin",
        WEB,
        WEB + "    cap_add:\n      - CAP_NET_ADMIN\n",
        ["CAP_NET_ADMIN", (C, "CAP_NET_ADMIN", -1)],
    ),
    compose(
        "no-cap-drop",
        WEB + "    read_only: true\n    cap_drop:\n      - ALL\n",
        WEB + "    read_only: true\n",
        "  web:",
    ),
    compose("no-new-privileges-missing", NNP, "    environment:\n", "  web:"),
    compose(
        "no-new-privileges-false",
        NNP,
        NNP.replace(":true", ":false"),
        [(C, "no-new-privileges:false"), (C, "no-new-privileges:false", -1)],
    ),
    compose(
        "seccomp-unconfined",
        NNP,
        NNP.replace("    environment:", "      - seccomp:unconfined\n    environment:"),
        ["seccomp:unconfined"],
    ),
    compose(
        "seccomp-unconfined-equals",
        NNP,
        NNP.replace("    environment:", "      - seccomp=unconfined\n    environment:"),
        ["seccomp=unconfined"],
    ),
    compose(
        "apparmor-unconfined",
        NNP,
        NNP.replace("    environment:", "      - apparmor:unconfined\n    environment:"),
        ["apparmor:unconfined"],
    ),
    compose(
        "label-disable",
        NNP,
        NNP.replace("    environment:", "      - label:disable\n    environment:"),
        ["label:disable"],
    ),
    compose("not-read-only", WEB + "    read_only: true\n", WEB, "  web:"),
    compose(
        "docker-socket", "      - media:/srv", "      - /var/run/docker.sock:/var/run/docker.sock\n      - media:/srv"
    ),
    compose(
        "docker-socket-read-only",
        "      - media:/srv",
        "      - /var/run/docker.sock:/var/run/docker.sock:ro\n      - media:/srv",
    ),
    compose(
        "docker-socket-long",
        "      - media:/srv",
        "      - type: bind\n        source: /var/run/docker.sock\n        target: /var/run/docker.sock\n      - media:/srv",
        ["source: /var/run/docker.sock", "type: bind"],
    ),
    compose("host-root", "      - media:/srv", "      - /:/host\n      - media:/srv"),
    compose("host-etc", "      - media:/srv", "      - /etc:/host/etc\n      - media:/srv"),
    changed(
        "permissions/compose-network-host",
        DJANGO,
        DJANGO.with_files(
            {C: DJANGO.files[C].replace("    networks:\n      - inside\n  proxy:", "    network_mode: host\n  proxy:")}
        ),
        C,
        "network_mode: host",
    ),
    compose("pid-host", WEB, WEB + "    pid: host\n", "pid: host"),
    compose("ipc-host", WEB, WEB + "    ipc: host\n", "ipc: host"),
    compose("userns-host", WEB, WEB + "    userns_mode: host\n", "userns_mode: host"),
    compose("devices", WEB, WEB + "    devices:\n      - /dev/mem:/dev/mem\n", ["/dev/mem:/dev/mem", "    devices:"]),
    compose("store-port", '"127.0.0.1:6379:6379"', '"6379:6379"', base=STORE),
    compose("store-port-any", '"127.0.0.1:6379:6379"', '"0.0.0.0:6379:6379"', base=STORE),
    compose(
        "store-port-long",
        '- "127.0.0.1:6379:6379"',
        "- target: 6379\n        published: 6379",
        ["target: 6379", "published: 6379"],
        base=STORE,
    ),
    compose("app-port", WEB, WEB + '    ports:\n      - "8000:8000"\n', ['"8000:8000"']),
    compose(
        "secret-in-environment",
        NAMED,
        NAMED + "      API_TOKEN: " + "".join(["q8Zr", "5tYv", "2nKw", "6pLs"]) + "\n",
        "API_TOKEN",
    ),
    compose(
        "secret-in-environment-list",
        NAMED,
        "    environment:\n      - DATABASE_PASSWORD=" + "".join(["w4Tq", "8xBn", "1mVz"]) + "\n",
        "DATABASE_PASSWORD=",
    ),
    compose(
        "secret-default",
        NAMED,
        NAMED + "      DATABASE_PASSWORD: ${DATABASE_PASSWORD:-" + "".join(["w4Tq", "8xBn", "1mVz"]) + "}\n",
        "DATABASE_PASSWORD: ",
    ),
    compose("secret-mode-octal-o", "mode: 0440", "mode: 0o666", [": 0o666", "source: database_password"]),
    compose("secret-mode-decimal", "mode: 0440", "mode: 438", [": 438", "source: database_password"]),
    compose("secret-mode-string", "mode: 0440", 'mode: "0666"', ['"0666"', "source: database_password"]),
    compose(
        "config-mode-0666",
        "target: /etc/limits\n        mode: 0440",
        "target: /etc/limits\n        mode: 0666",
        [": 0666", "source: limits"],
        base=CONFIGS,
    ),
    compose(
        "config-mode-decimal-511",
        "target: /etc/limits\n        mode: 0440",
        "target: /etc/limits\n        mode: 511",
        [": 511", "source: limits"],
        base=CONFIGS,
    ),
    compose("tmpfs-mode", "mode=1777,noexec", "mode=0777,noexec"),
    sample(
        "permissions/compose-override-privileged",
        DJANGO,
        "compose.override.yaml",
        "",
        "services:\n  web:\n    privileged: true\n",
        "privileged: true",
    ),
    sample(
        "permissions/compose-production-file",
        DJANGO,
        "compose.production.yaml",
        "",
        "services:\n  web:\n    user: root\n",
        "user: root",
    ),
    changed(
        "permissions/compose-anchor-privileged",
        DJANGO.edited(
            C,
            "services:\n  web:\n",
            "x-common: &common\n  stop_grace_period: 10s\nservices:\n  web:\n    <<: *common\n",
        ),
        DJANGO.edited(
            C, "services:\n  web:\n", "x-common: &common\n  privileged: true\nservices:\n  web:\n    <<: *common\n"
        ),
        C,
        ["privileged: true", "  web:", "<<: *common"],
    ),
    changed(
        "permissions/compose-crlf-privileged",
        DJANGO.with_files({C: DJANGO.files[C].replace("\n", "\r\n")}),
        DJANGO.with_files({C: DJANGO.files[C].replace(WEB, WEB + "    privileged: true\n").replace("\n", "\r\n")}),
        C,
        "privileged: true",
    ),
    changed(
        "permissions/compose-image-root",
        DJANGO.edited(C, WEB, ""),
        DJANGO.edited(C, WEB, "").edited(D, USER, "USER root\n"),
        D,
        "USER root",
    ),
)

SAMPLES: tuple[Sample, ...] = (*COMPOSE,)
