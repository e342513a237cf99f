"""Permissions in Dockerfiles."""

from .base_django import DJANGO
from .sample import At, Base, Sample, changed, sample

D = "Dockerfile"


def docker(name: str, old: str, new: str, at: At | list[At] = "", base: Base = DJANGO) -> Sample:
    return sample(f"permissions/docker-{name}", base, D, old, new, at)


USER = "USER 10001\n"

FINAL = "ENV PYTHONUNBUFFERED=1"

COPY = "COPY . /app\n"

ARGUED = DJANGO.edited(D, USER, "ARG APP_USER=10001\nUSER ${APP_USER}\n")

DOCKER = (
    docker("user-root", USER, "USER root\n"),
    docker("user-zero", USER, "USER 0\n"),
    docker("user-zero-group", USER, "USER 0:0\n"),
    docker("user-root-root", USER, "USER root:root\n"),
    docker("user-quoted-root", USER, 'USER "root"\n'),
    docker("user-missing", USER, "", [(D, FINAL, -1), FINAL, 'CMD ["gunicorn']),
    docker(
        "user-arg-root",
        "ARG APP_USER=10001\n",
        "ARG APP_USER=root\n",
        ["USER ${APP_USER}", "ARG APP_USER"],
        base=ARGUED,
    ),
    docker(
        "user-env-zero", "ARG APP_USER=10001\n", "ENV APP_USER=0\n", ["USER ${APP_USER}", "ENV APP_USER"], base=ARGUED
    ),
    docker("user-arg-default-in-braces", "USER ${APP_USER}\n", "USER ${RUN_AS:-root}\n", base=ARGUED),
    docker("user-back-to-root", USER, USER + "USER root\nRUN touch /ready\n", "USER root"),
    docker("chmod-777", COPY, COPY + "RUN chmod 777 /app\n"),
    docker("chmod-0777-recursive", COPY, COPY + "RUN chmod -R 0777 /app\n"),
    docker("chmod-a-plus-rwx", COPY, COPY + "RUN chmod a+rwx /app\n"),
    docker("chmod-o-plus-w", COPY, COPY + "RUN chmod o+w /app/manage.py\n"),
    docker("chmod-ugo-plus-rwx", COPY, COPY + "RUN chmod ugo+rwx /app\n"),
    docker("chmod-a-equals", COPY, COPY + "RUN chmod a=rwx /app\n"),
    docker("chmod-setuid", COPY, COPY + "RUN chmod u+s /usr/local/bin/python\n"),
    docker("chmod-4755", COPY, COPY + "RUN chmod 4755 /usr/local/bin/tool\n"),
    docker(
        "chmod-continued",
        COPY,
        COPY + "RUN mkdir -p /data && \\\n    chown 10001 /data && \\\n    chmod 777 /data\n",
        ["chmod 777 /data", "RUN mkdir -p /data"],
    ),
    docker(
        "chmod-heredoc",
        COPY,
        COPY + "RUN <<EOF\nmkdir -p /data\nchmod 0777 /data\nEOF\n",
        ["chmod 0777 /data", "RUN <<EOF"],
    ),
    docker("chmod-exec-form", COPY, COPY + 'RUN ["chmod", "777", "/app"]\n'),
    docker("install-mode", COPY, COPY + "RUN install -d -m 0777 /data\n"),
    docker("mkdir-mode", COPY, COPY + "RUN mkdir -m 777 /data\n"),
    docker("copy-chmod", "COPY --chmod=0755 entrypoint.sh", "COPY --chmod=0777 entrypoint.sh"),
    docker("copy-chmod-short", "COPY --chmod=0755 entrypoint.sh", "COPY --chmod=777 entrypoint.sh"),
    docker("add-chmod", COPY, "ADD --chmod=666 . /app\n"),
    docker("copy-chmod-setuid", "COPY --chmod=0755 entrypoint.sh", "COPY --chmod=4755 entrypoint.sh"),
    docker("umask-zero", COPY, COPY + "RUN umask 000 && mkdir /data\n"),
    docker("arg-password", FINAL, "ARG DATABASE_PASSWORD\n" + FINAL),
    docker("env-secret", FINAL, FINAL + "\nENV SECRET_KEY=" + "".join(["t7Gp", "2mXq", "9vLb", "4cRz"])),
    docker("env-words", FINAL, FINAL + "\nENV SECRET_KEY=correct-horse-battery"),
    docker("env-password-old-form", FINAL, FINAL + "\nENV DATABASE_PASSWORD " + "".join(["hU8", "s-wT", "3kPz"])),
    docker("arg-token-default", FINAL, "ARG API_TOKEN=" + "".join(["k3Jd", "9aQw", "1zXv", "7bNm"]) + "\n" + FINAL),
    docker("copy-env", COPY, "COPY .env /app/.env\n" + COPY),
    docker("copy-key", COPY, "COPY deploy/server.key /etc/ssl/server.key\n" + COPY),
    docker("add-url", COPY, "ADD https://example.org/tool.tar.gz /opt/\n" + COPY),
    docker("curl-pipe-sh", COPY, "RUN curl -fsSL https://example.org/install.sh | sh\n" + COPY),
    docker("sudo-nopasswd", COPY, 'RUN echo "app ALL=(ALL) NOPASSWD:ALL" >> /etc/sudoers\n' + COPY),
    changed("permissions/docker-no-dockerignore", DJANGO, DJANGO.without(".dockerignore"), D, "COPY . /app"),
    sample(
        "permissions/docker-ignore-without-env", DJANGO, ".dockerignore", ".env\n.env.*\n", "", [(D, "COPY . /app")]
    ),
    sample(
        "permissions/docker-ignore-without-git", DJANGO, ".dockerignore", ".git\n.env\n", ".env\n", [(D, "COPY . /app")]
    ),
    sample(
        "permissions/docker-ignore-excepts-env",
        DJANGO,
        ".dockerignore",
        ".env.*\n",
        ".env.*\n!.env\n",
        [(D, "COPY . /app"), "!.env"],
    ),
    sample(
        "permissions/docker-second-file",
        DJANGO,
        "worker.Dockerfile",
        "",
        DJANGO.files[D].replace(USER, "USER root\n"),
        "USER root",
    ),
)

SAMPLES: tuple[Sample, ...] = (*DOCKER,)
