"""Runs the sample services of examples/ on loopback: a git repository to scan and a URL to observe.

    with storefront("hardened", workdir=tmp_path) as service:
        ...  # service.repository, service.https_url, service.ca_file

By hand: `python tests/integration/services.py weak` prints the addresses and serves until Ctrl-C.

Needs git, and Django, gunicorn and trustme in the running interpreter. nginx is used when it is installed;
without it gunicorn ends TLS itself, and what nginx adds (the http port, static files, its own limits and
weaknesses) is absent.
"""

import argparse
import base64
import contextlib
import grp
import hashlib
import http.client
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal, TypeAlias

import trustme

Kind: TypeAlias = Literal["weak", "hardened"]
Front: TypeAlias = Literal["nginx", "gunicorn"]

EXAMPLES: Final = Path(__file__).resolve().parents[2] / "examples"
SOURCES: Final[Mapping[Kind, Path]] = {
    "weak": EXAMPLES / "storefront",
    "hardened": EXAMPLES / "storefront-hardened",
}
CERTIFICATE_DAYS: Final[Mapping[Kind, int]] = {"weak": 3, "hardened": 90}
COMMAND_SECONDS: Final = 60
READY_SECONDS: Final = 30
STOP_SECONDS: Final = 15
PORT_ATTEMPTS: Final = 3
TAIL_LINES: Final = 40


class ServiceFailed(RuntimeError):
    """The sample service could not be made or started. Says what, what was expected, and the logs' end."""

    def __init__(self, what: str, *, expected: str, log: str, retry: str = "safe, everything was stopped") -> None:
        super().__init__(f"{what}\nexpected: {expected}\nanother try: {retry}\nlog:\n{log or '(empty)'}")


@dataclass(frozen=True, kw_only=True)
class Running:
    """A sample service that answers."""

    repository: Path
    """One commit, clean work tree. The service runs elsewhere, so its database and uploads are not here."""
    deployed: Path
    """Where it runs: a live directory, with the modes it really has."""
    https_url: str
    http_url: str | None
    """None when gunicorn is the front."""
    ca_file: Path
    front: Front
    username: str
    password: str = field(repr=False)


@contextlib.contextmanager
def storefront(kind: Kind, *, workdir: Path, front: Front | None = None) -> Iterator[Running]:
    """Makes, starts and in the end stops one sample service, all of it in a new directory under workdir.

    front: which server ends TLS; None takes nginx where it is installed.
    Raises ServiceFailed. Files stay behind for whoever owns workdir; processes do not.
    """
    nginx = find_nginx()
    if front is None:
        front = "nginx" if nginx else "gunicorn"
    if front == "nginx" and nginx is None:
        expected = "an nginx binary in PATH or an sbin directory"
        raise ServiceFailed("no nginx on this machine", expected=expected, log="", retry="no")

    home = Path(tempfile.mkdtemp(prefix=f"{kind}-", dir=workdir)).resolve()
    if not re.fullmatch(r"[\w/.+@-]+", str(home), re.ASCII):
        # It is written into the nginx configuration, where blanks, quotes, ; and $ have a meaning.
        raise ServiceFailed(f"cannot use {home}", expected="a path of letters, digits and /._+@-", log="", retry="no")
    run, state, tls = home / "run", home / "state", home / "tls"
    for directory in (run, state, state / "media", tls):
        directory.mkdir(mode=0o750)

    ca_file, leaf = make_certificates(kind, tls)
    repository = materialise(kind, home / "repository", leaf)
    deployed = deploy(kind, repository, home / "deployed", state)

    password = secrets.token_urlsafe(16)
    environment = child_environment(run) | {
        "DJANGO_SETTINGS_MODULE": "storefront.settings",
        "DJANGO_SUPERUSER_PASSWORD": password,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
    }
    if kind == "hardened":
        environment["DJANGO_SECRET_KEY"] = secrets.token_urlsafe(50)
    prepare_database(deployed, environment, username="auditor")

    with contextlib.ExitStack() as stack:
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "--config",
            "gunicorn.conf.py",
            "--worker-tmp-dir",
            str(run),
        ]
        if front == "gunicorn":
            command += ["--certfile", str(tls / "server.crt"), "--keyfile", str(tls / "server.key")]
        log = run / "gunicorn.log"
        # The socket is ours and handed down, so nobody can take its port in between.
        with socket.create_server(("127.0.0.1", 0)) as listener:
            app_port: int = listener.getsockname()[1]
            command += ["--bind", f"fd://{listener.fileno()}", "storefront.wsgi"]
            application = stack.enter_context(server(command, cwd=deployed, env=environment, log=log, sock=listener))
        https_port, http_port = app_port, None
        if front == "gunicorn":
            wait_until_answers(app_port, ca_file, {"gunicorn": application}, run)
        else:
            assert nginx is not None
            https_port, http_port = start_nginx(
                nginx, kind, stack, home, app_port=app_port, application=application, ca_file=ca_file
            )
        yield Running(
            repository=repository,
            deployed=deployed,
            https_url=f"https://localhost:{https_port}",
            http_url=f"http://localhost:{http_port}" if http_port else None,
            ca_file=ca_file,
            front=front,
            username="auditor",
            password=password,
        )


# The repository


def materialise(kind: Kind, destination: Path, leaf: trustme.LeafCert) -> Path:
    """The sample as a git repository with one commit, in modes that no umask of a checkout has touched."""
    source = SOURCES[kind]
    if not source.is_dir():
        raise ServiceFailed(f"no sample at {source}", expected="a checkout with examples/", log="", retry="no")
    for path in sorted(source.rglob("*")):
        relative = path.relative_to(source)
        if path.is_file() and not any(part.endswith(("__pycache__", "_cache")) for part in relative.parts):
            target = destination / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
            target.chmod(0o644)
    if kind == "weak":
        plant(destination, leaf)
    commit(destination)
    return destination


def plant(root: Path, leaf: trustme.LeafCert) -> None:
    """What the weak sample has and our own repository must not: secrets, a key, odd modes and links."""
    with (root / "storefront/settings.py").open("a", encoding="utf-8") as settings:
        settings.write(f'\nPAYMENT_TOKEN = "{fake_secret("sk_" + "live_", 24)}"\n')
    environment = {
        "AWS_ACCESS_KEY_ID": fake_secret("AK" + "IA", 16).upper(),
        "AWS_SECRET_ACCESS_KEY": fake_secret("", 40),
        "GITHUB_TOKEN": fake_secret("gh" + "p_", 36),
        "DATABASE_URL": f"postgres://shop:{fake_secret('', 20)}@db.internal/shop",
    }
    lines = "".join(f"{name}={value}\n" for name, value in environment.items())
    (root / ".env").write_text(lines, encoding="utf-8")

    leaf.private_key_pem.write_to_path(root / "deploy/server.key")
    write_chain(leaf, root / "deploy/server.crt")
    (root / "logs").mkdir()
    (root / "logs/app.log").write_text("INFO sign-in of alice with password letmein\n", encoding="utf-8")
    (root / "media").mkdir()
    (root / "media/price-list.txt").write_text("an upload that was committed\n", encoding="utf-8")
    (root / "data/products.json").chmod(0o755)
    (root / "deploy/shared").symlink_to("../../shared")  # leaves the tree, and leads nowhere


def fake_secret(prefix: str, length: int) -> str:
    """Looks like a secret and is the same in every run, yet is written down nowhere."""
    digest = hashlib.sha512(f"storefront sample {prefix} {length}".encode()).digest()
    return prefix + re.sub(r"[^A-Za-z0-9]", "", base64.b64encode(digest).decode())[:length]


def commit(root: Path) -> None:
    """One commit, fixed author and time; the user's git configuration, hooks and templates are kept out."""
    identity = {
        "NAME": "Storefront",
        "EMAIL": "storefront@storefront.example",
        "DATE": "2025-01-01T00:00:00+0000",
    }
    environment = child_environment(root.parent) | {
        f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in identity.items()
    }
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}
    for arguments in (
        ["init", "--quiet", "--initial-branch=main", "--template=", "."],
        ["add", "--all"],
        ["commit", "--quiet", "--message=Storefront"],
    ):
        run_command(["git", *arguments], cwd=root, env=environment)


# The service


def make_certificates(kind: Kind, tls: Path) -> tuple[Path, trustme.LeafCert]:
    """A certificate authority of our own and a leaf for loopback; the weak one is about to expire."""
    authority = trustme.CA()
    now = datetime.now(UTC)
    leaf = authority.issue_cert(
        "localhost",
        "127.0.0.1",
        not_before=now - timedelta(hours=1),
        not_after=now + timedelta(days=CERTIFICATE_DAYS[kind]),
    )
    ca_file = tls / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    leaf.private_key_pem.write_to_path(tls / "server.key")
    (tls / "server.key").chmod(0o600)
    write_chain(leaf, tls / "server.crt")
    return ca_file, leaf


def write_chain(leaf: trustme.LeafCert, path: Path) -> None:
    path.write_bytes(b"".join(pem.bytes() for pem in leaf.cert_chain_pems))


def deploy(kind: Kind, repository: Path, deployed: Path, state: Path) -> Path:
    """A copy to run from. The weak one brings .git along, as a checkout on a server does."""
    shutil.copytree(repository, deployed, symlinks=True, ignore=None if kind == "weak" else only_git)
    replace_in(
        deployed / "storefront/settings.py",
        {"/srv/storefront": deployed} if kind == "weak" else {"/var/lib/storefront": state},
    )
    if kind == "weak":
        # git keeps no such mode, so only the live directory can have it.
        (deployed / "media").chmod(0o777)
    return deployed


def only_git(_: str, names: list[str]) -> list[str]:
    return [name for name in names if name == ".git"]


def replace_in(path: Path, replacements: Mapping[str, object], *, to: Path | None = None) -> None:
    """Literal replacements. One that matches nothing is an error: sample and runner have drifted apart."""
    text = path.read_text(encoding="utf-8")
    for old, new in replacements.items():
        if old not in text:
            raise ServiceFailed(f"{path.name} has no {old!r}", expected="the sample's own paths", log="", retry="no")
        text = text.replace(old, str(new))
    (to or path).write_text(text, encoding="utf-8")


def prepare_database(deployed: Path, environment: Mapping[str, str], *, username: str) -> None:
    script = f"""
import django
django.setup()
email = "auditor@storefront.example"
from django.core.management import call_command
call_command("migrate", interactive=False, verbosity=0)
call_command("loaddata", "data/products.json", verbosity=0)
call_command("createsuperuser", interactive=False, username={username!r}, email=email, verbosity=0)
"""
    run_command([sys.executable, "-c", script], cwd=deployed, env=environment, what="preparing the database")


def find_nginx() -> str | None:
    """Debian puts it in a directory that is not in a plain user's PATH."""
    return shutil.which("nginx", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin")))


def start_nginx(
    nginx: str,
    kind: Kind,
    stack: contextlib.ExitStack,
    home: Path,
    *,
    app_port: int,
    application: "subprocess.Popen[bytes]",
    ca_file: Path,
) -> tuple[int, int]:
    """Its https and http port. Another process may take a free port first: then again with others."""
    run, deployed = home / "run", home / "deployed"
    directives = "daemon off;"
    if os.geteuid() == 0:
        # Workers would become nobody, who may not enter a temporary directory of root.
        directives += f" user {pwd.getpwuid(os.geteuid()).pw_name} {grp.getgrgid(os.getegid()).gr_name};"
    for attempt in range(1, PORT_ATTEMPTS + 1):
        https_port, http_port = free_ports(2)
        paths: dict[str, object] = {"/srv/storefront": deployed, "/var/cache/nginx": run}
        if kind == "hardened":
            paths |= {
                "/var/lib/storefront": home / "state",
                "/var/log/nginx": run,
                "/etc/nginx/tls": home / "tls",
            }
            paths |= {"$host": f"$host:{https_port}"}  # in production the port is 443 and goes without saying
        ports = {
            "listen 8443": f"listen 127.0.0.1:{https_port}",
            "listen 8080": f"listen 127.0.0.1:{http_port}",
            "http://127.0.0.1:8000": f"http://127.0.0.1:{app_port}",
        }
        configuration = run / "nginx.conf"
        replace_in(deployed / "deploy/nginx.conf", paths | ports, to=configuration)
        log = run / f"nginx-{attempt}.log"
        command = [nginx, "-p", f"{run}/", "-c", str(configuration), "-g", directives]
        front = stack.enter_context(server(command, cwd=run, env=child_environment(run), log=log))
        try:
            wait_until_answers(https_port, ca_file, {"nginx": front, "gunicorn": application}, run)
        except ServiceFailed:
            if attempt == PORT_ATTEMPTS or b"Address already in use" not in log.read_bytes():
                raise
        else:
            return https_port, http_port
    raise AssertionError("the last attempt returns or raises")


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [sock.getsockname()[1] for sock in sockets]


def wait_until_answers(
    port: int, ca_file: Path, processes: Mapping[str, "subprocess.Popen[bytes]"], logs: Path
) -> None:
    """Returns once GET / over verified TLS is a 200. ServiceFailed when a process ends or time runs out."""
    context = ssl.create_default_context(cafile=str(ca_file))
    deadline = time.monotonic() + READY_SECONDS
    last = "nothing"
    while time.monotonic() < deadline:
        for name, process in processes.items():
            if process.poll() is not None:
                raise ServiceFailed(
                    f"{name} ended with {process.returncode} before it answered",
                    expected="200",
                    log=tail(logs),
                )
        connection = http.client.HTTPSConnection("localhost", port, timeout=5, context=context)
        try:
            connection.request("GET", "/", headers={"Connection": "close"})
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            last = repr(error)
        else:
            if status == 200:
                return
            last = f"status {status}"
        finally:
            connection.close()
        time.sleep(0.1)
    raise ServiceFailed(
        f"no answer on port {port} in {READY_SECONDS} s, last: {last}",
        expected="200 from GET /",
        log=tail(logs),
    )


# Processes


def child_environment(home: Path) -> dict[str, str]:
    """From nothing, so that neither GIT_DIR of a hook nor GUNICORN_CMD_ARGS of a shell changes what runs."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TMPDIR") if name in os.environ}
    return kept | {"HOME": str(home), "LANG": "C.UTF-8"}


def run_command(command: Sequence[str], *, cwd: Path, env: Mapping[str, str], what: str = "") -> None:
    what = what or " ".join(command[:2])
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=COMMAND_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ServiceFailed(f"{what}: {error}", expected=f"to end within {COMMAND_SECONDS} s", log="") from error
    if done.returncode:
        raise ServiceFailed(
            f"{what} ended with {done.returncode}",
            expected="0",
            log=last_lines(done.stdout.decode(errors="replace")),
        )


@contextlib.contextmanager
def server(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path, sock: socket.socket | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """A server in a process group of its own (so Ctrl-C reaches only us), gone when the block ends."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=() if sock is None else (sock.fileno(),),
        )
    try:
        yield process
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        # Workers whose master crashed, or all of them if it did not stop in time.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(STOP_SECONDS)


def tail(logs: Path) -> str:
    return "\n".join(
        f"--- {path.name}\n{last_lines(path.read_text(encoding='utf-8', errors='replace'))}"
        for path in sorted(logs.glob("*.log"))
    )


def last_lines(text: str) -> str:
    return "\n".join(text.splitlines()[-TAIL_LINES:])


# By hand


def main() -> None:
    parser = argparse.ArgumentParser(description="Run a sample service until Ctrl-C.")
    parser.add_argument("kind", choices=sorted(SOURCES))
    parser.add_argument("--front", choices=("nginx", "gunicorn"), help="default: nginx where installed")
    arguments = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        with (
            tempfile.TemporaryDirectory(prefix="storefront-") as workdir,
            storefront(arguments.kind, workdir=Path(workdir), front=arguments.front) as service,
        ):
            for name in (
                "https_url",
                "http_url",
                "ca_file",
                "repository",
                "deployed",
                "front",
                "username",
                "password",
            ):
                print(f"{name:<11}{getattr(service, name)}", flush=True)
            stop.wait()
    except ServiceFailed as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
