"""Permissions of systemd units."""

from .base_flask import FLASK
from .sample import At, Base, Sample, changed, sample

U = "deploy/photos.service"


def unit(name: str, old: str, new: str, at: At | list[At] = "", base: Base = FLASK) -> Sample:
    return sample(f"permissions/systemd-{name}", base, U, old, new, at)


SERVICE: list[At] = ["[Service]", "ExecStart="]

DROP = "deploy/photos.service.d/override.conf"

UNIT = (
    unit("user-missing", "User=photos\nGroup=photos\n", "", SERVICE),
    unit("user-root", "User=photos\nGroup=photos\n", "User=root\n"),
    unit("user-zero", "User=photos\nGroup=photos\n", "User=0\n"),
    unit("umask-zero", "UMask=0027", "UMask=0000"),
    unit("umask-short-zero", "UMask=0027", "UMask=0"),
    unit("umask-0011", "UMask=0027", "UMask=0011"),
    unit("protect-system-no", "ProtectSystem=strict", "ProtectSystem=no"),
    unit("protect-system-missing", "ProtectSystem=strict\n", "", SERVICE),
    unit("protect-home-no", "ProtectHome=yes", "ProtectHome=false"),
    unit("protect-home-missing", "ProtectHome=yes\n", "", SERVICE),
    unit("private-tmp-no", "PrivateTmp=yes", "PrivateTmp=0"),
    unit("private-tmp-missing", "PrivateTmp=yes\n", "", SERVICE),
    unit("private-devices-off", "PrivateDevices=yes", "PrivateDevices=off"),
    unit("capabilities-all", "CapabilityBoundingSet=\n", "CapabilityBoundingSet=~\n"),
    unit("capabilities-sys-admin", "CapabilityBoundingSet=\n", "CapabilityBoundingSet=CAP_SYS_ADMIN\n"),
    unit("capabilities-missing", "CapabilityBoundingSet=\n", "", SERVICE),
    unit("ambient-sys-admin", "AmbientCapabilities=\n", "AmbientCapabilities=CAP_SYS_ADMIN\n"),
    unit(
        "syscalls-missing", "SystemCallFilter=@system-service\nSystemCallFilter=~@privileged @resources\n", "", SERVICE
    ),
    unit(
        "syscalls-reset",
        "SystemCallFilter=~@privileged @resources\n",
        "SystemCallFilter=~@privileged @resources\nSystemCallFilter=\n",
        [*SERVICE, (U, "SystemCallFilter=~@privileged", 1)],
    ),
    unit("suid-allowed", "RestrictSUIDSGID=yes", "RestrictSUIDSGID=no"),
    *(
        unit(f"{key.lower()}-mode-0777", f"{key}Mode=0750", f"{key}Mode=0777")
        for key in ("RuntimeDirectory", "StateDirectory", "LogsDirectory")
    ),
    unit("runtime-directory-mode-short", "RuntimeDirectoryMode=0750", "RuntimeDirectoryMode=777"),
    unit(
        "cache-directory-mode",
        "MemoryMax=512M\n",
        "CacheDirectory=photos\nCacheDirectoryMode=0777\nMemoryMax=512M\n",
        "CacheDirectoryMode",
    ),
    unit(
        "configuration-directory-mode",
        "MemoryMax=512M\n",
        "ConfigurationDirectory=photos\nConfigurationDirectoryMode=0766\nMemoryMax=512M\n",
        "ConfigurationDirectoryMode",
    ),
    unit("read-write-root", "ReadWritePaths=/srv/photos/uploads", "ReadWritePaths=/"),
    unit("read-write-etc", "ReadWritePaths=/srv/photos/uploads", "ReadWritePaths=/srv/photos/uploads /etc"),
    unit(
        "secret-in-environment",
        "EnvironmentFile=/etc/photos/environment\n",
        "Environment=SECRET_KEY=" + "".join(["b5Jw", "8qTz", "3mXk", "7vRn"]) + "\n",
    ),
    unit(
        "permissions-start-only",
        "Restart=on-failure\n",
        "Restart=on-failure\nPermissionsStartOnly=true\nExecStartPre=/bin/chown -R photos /srv/photos\n",
        ["PermissionsStartOnly", "ExecStartPre"],
    ),
    unit("exec-plus", "ExecStart=/opt", "ExecStart=+/opt"),
    unit(
        "exec-start-pre-chmod",
        "Restart=on-failure\n",
        "Restart=on-failure\nExecStartPre=/bin/chmod -R 777 /srv/photos\n",
        "ExecStartPre",
    ),
    sample("permissions/systemd-drop-in-root", FLASK, DROP, "", "[Service]\nUser=root\n", "User=root"),
    sample(
        "permissions/systemd-drop-in-protect",
        FLASK,
        DROP,
        "",
        "[Service]\nProtectSystem=false\n",
        "ProtectSystem=false",
    ),
    changed(
        "permissions/systemd-crlf-root",
        FLASK.with_files({U: FLASK.files[U].replace("\n", "\r\n")}),
        FLASK.with_files(
            {U: FLASK.files[U].replace("User=photos\nGroup=photos\n", "User=root\n").replace("\n", "\r\n")}
        ),
        U,
        "User=root",
    ),
    unit("umask-repeated-last-wins", "UMask=0027\n", "UMask=0027\nUMask=0000\n", "UMask=0000"),
    changed(
        "permissions/systemd-socket-mode",
        FLASK.with_files(
            {
                "deploy/photos.socket": "[Socket]\nListenStream=/run/photos/web.sock\nSocketUser=www-data\nSocketMode=0660\n\n[Install]\nWantedBy=sockets.target\n"
            }
        ),
        FLASK.with_files(
            {
                "deploy/photos.socket": "[Socket]\nListenStream=/run/photos/web.sock\nSocketUser=www-data\nSocketMode=0666\n\n[Install]\nWantedBy=sockets.target\n"
            }
        ),
        "deploy/photos.socket",
    ),
)

UNBUFFERED = FLASK.edited(
    U, "ExecStart=/opt/photos/venv/bin/gunicorn -c", "ExecStart=/opt/photos/venv/bin/python -u -m gunicorn -c"
)
STARTS = (
    unit("user-missing-unbuffered", "User=photos\nGroup=photos\n", "", SERVICE, UNBUFFERED),
    changed(
        "permissions/systemd-user-missing-in-units.d",
        FLASK.with_files({"ops/units.d/worker.service": FLASK.files[U]}),
        FLASK.with_files({"ops/units.d/worker.service": FLASK.files[U].replace("User=photos\nGroup=photos\n", "")}),
        "ops/units.d/worker.service",
        SERVICE,
    ),
)

SAMPLES: tuple[Sample, ...] = (*UNIT, *STARTS)
