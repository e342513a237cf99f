"""What is near to root on the host, whoever hands it out: compose, Kubernetes, a unit."""

import re
from typing import NamedTuple

from hardencheck.lazily import compiled

SOCKETS = ("/var/run/docker.sock", "/run/docker.sock", "/run/podman/podman.sock", "/var/run/podman/podman.sock",
           "/run/containerd/containerd.sock", "/var/run/containerd/containerd.sock", "/var/run/crio/crio.sock",
           "/run/crio/crio.sock")  # fmt: skip
# capabilities(7): each of these is, or leads to, root on the host. Those that container engines give anyway
# (CHOWN, DAC_OVERRIDE, MKNOD ...) are not among them: adding one changes nothing, or is what `drop ALL` is for.
CAPABILITIES = frozenset({
    "ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO", "DAC_READ_SEARCH", "NET_ADMIN", "BPF", "PERFMON",
    "SYS_BOOT", "SYSLOG", "SYS_TIME", "MAC_ADMIN", "MAC_OVERRIDE", "CHECKPOINT_RESTORE", "AUDIT_CONTROL",
    "LINUX_IMMUTABLE",
})  # fmt: skip

# Programs that are no service of a repository, and bring users, or containers, of their own.
FOREIGN = frozenset({
    "docker", "docker-compose", "podman", "podman-compose", "nerdctl", "containerd", "dockerd", "kubelet", "k3s",
    "lxc", "lxc-start", "systemctl", "nginx", "apache2", "apachectl", "apache2ctl", "httpd", "caddy", "traefik",
    "haproxy", "varnishd", "redis-server", "valkey-server", "postgres", "pg_ctl", "pg_ctlcluster", "mysqld",
    "mariadbd", "mongod", "memcached", "rabbitmq-server", "certbot", "supervisord", "tailscaled", "openvpn",
    "wg-quick", "sshd", "ssh", "autossh", "cloudflared", "minio", "vault", "prometheus", "node_exporter",
    "grafana-server", "vector", "fluent-bit", "logrotate", "iptables", "nft", "mount", "reboot", "shutdown",
    "poweroff", "modprobe", "sysctl", "agetty", "chronyd", "journalctl",
})  # fmt: skip


def is_engine_socket(path: str) -> bool:
    return path.rstrip("/") in SOCKETS


def is_root(user: str) -> bool:
    """Whether a USER or `user:` is root: by name or as number 0, whatever the group."""
    name = user.strip().partition(":")[0].strip()
    return name.lower() == "root" or (name.isdecimal() and int(name) == 0)


def capability(text: str) -> str:
    """A capability by its short name: "cap_sys_admin" is SYS_ADMIN."""
    return text.strip().upper().removeprefix("CAP_")


# Of what a mode may have been meant for in octal: 644 for 0644.
_DIGITS = compiled(r"[1-7]?[0-7]{3}")


class WrittenMode(NamedTuple):
    """bits: what it comes to; None for what is no number. decimal: its digits are those of an octal mode, and the
    number is another one. written: as it stands there."""

    bits: int | None
    decimal: bool
    written: str

    def describe(self) -> str:
        if self.bits is None:
            return f"mode {self.written}"
        octal = f"{self.bits:04o}"
        if self.decimal:
            return f"mode {self.written} is decimal: {octal}"
        return f"mode {octal}" if self.written.lstrip("0o") == octal.lstrip("0") else f"mode {self.written}: {octal}"


def yaml_mode(text: str) -> WrittenMode:
    """A mode in YAML or JSON. `0777` is octal in YAML 1.1, which Kubernetes and Compose read; `0o777` is octal in 1.2
    (some parsers take it for a text, which the API then refuses); 420 is decimal, 0644; 644 is decimal by mistake.

    Source: YAML 1.1, "Integer"; YAML 1.2.2, "Core Schema".
    """
    written = text.strip()
    digits = written.replace("_", "")
    if re.fullmatch(r"0o[0-7]{1,6}", digits):
        return WrittenMode(int(digits[2:], 8), False, written)
    if re.fullmatch(r"0[0-7]{1,6}", digits):
        return WrittenMode(int(digits, 8), False, written)
    if re.fullmatch(r"0x[0-9a-fA-F]{1,4}", digits):
        return WrittenMode(int(digits, 16), False, written)
    if not re.fullmatch(r"[0-9]{1,6}", digits):
        return WrittenMode(None, False, written)
    number = int(digits)
    return WrittenMode(number, _meant_octal(digits, number), written)


def _meant_octal(digits: str, number: int) -> bool:
    """644 and 400 are no modes that anybody wants (0o1204, 0o620) but for their digits; 420 and 511 are wanted."""
    if not _DIGITS.fullmatch(digits):
        return False
    return _usual(int(digits, 8) & 0o777) and not _usual(number)


def _usual(mode: int) -> bool:
    """A mode in which the owner may read, nobody may write who may not read, or do what those before may not."""
    owner, group, other = mode >> 6, mode >> 3 & 7, mode & 7
    blind = any(one & 6 == 2 for one in (group, other))
    return 0 < mode <= 0o777 and bool(owner & 4) and not group & ~owner and not other & ~group and not blind


_WRAPPER = frozenset({"env", "bash", "sh", "dash", "nice", "ionice", "time", "exec", "flock", "dumb-init", "tini"})


def program_of(command: str) -> str:
    """The program that is started in the end: `env`, a shell and their options are passed over."""
    for word in command[:2000].replace('"', " ").replace("'", " ").split():
        name = word.rpartition("/")[2]
        if not name or word.startswith("-") or ("=" in word and not word.startswith("/")) or name in _WRAPPER:
            continue
        return name
    return ""


# Programs that start another one as another user.
CHANGERS = ("gosu", "su-exec", "setpriv", "s6-setuidgid", "setuidgid", "chpst", "runuser", "setuser")
_CHANGES = compiled(
    rf"(?:^|[\s;&'\"])(?:\S*/)?({'|'.join(CHANGERS)}|sudo|su|start-stop-daemon)\s|"
    r"\s(--user|--uid|--setuid|-u|--drop-privileges)[= ]\s*\S"
)
# Their -u is something else: unbuffered, unset.
_OTHER_OPTIONS = compiled(r"(?<![\w.-])(python[\d.]*|env)((?:\s+-\S+)+)")


def changes_user(command: str) -> str:
    """The tool or option by which a command changes to another user; "" for none."""
    found = _CHANGES.search(" " + _OTHER_OPTIONS.sub(r"\1", command[:20_000]))
    if found is None:
        return ""
    return next((group for group in found.groups() if group), "")[:40]
