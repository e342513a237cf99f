"""The variables that deployment files give to a service: compose, Dockerfile, dotenv, Kubernetes, systemd, Procfile,
scripts, supervisor, uWSGI, app.yaml, app.json, fly.toml and workflows that deploy.

Sources: the compose specification (services, interpolation), Dockerfile reference (ENV), Kubernetes API (EnvVar,
ConfigMap), systemd.exec(5), POSIX shell, python-dotenv. Values under secret names are measured, never kept.
"""

import json
import posixpath
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract import _yaml
from hardencheck.collect.extract._dockerfile import instructions, is_dockerfile
from hardencheck.collect.extract._environment_text import (
    PLAIN_DOLLAR,
    ini_lines,
    interpolated,
    shell_commands,
    templated,
)
from hardencheck.collect.extract.credentialfiles import has_credentials, names_a_secret
from hardencheck.collect.extract.dockerfile import purpose
from hardencheck.collect.interpret.models import dotenv
from hardencheck.collect.interpret.values import NotKnown
from hardencheck.lazily import compiled
from hardencheck.model.facts.settings import EnvironmentFile, EnvironmentVariable, SettingsClassName
from hardencheck.model.gap import Reason
from hardencheck.model.location import Location

MAX_BYTES = 1 << 20
MAX_VARIABLES = 2_000
MAX_VALUE = 2_000
_NAME = compiled(r"[A-Za-z_][A-Za-z0-9_]{0,199}")
_COMPOSE = compiled(r".*compose.*\.ya?ml|docker-stack.*\.ya?ml|(?:[\w.-]+[-_.])?stack\.ya?ml")
_DOTENV = compiled(r"\.env(?:[._-].*)?|.+\.env|env\.(?:example|sample|template|dist|prod|production)|\.flaskenv")
_EXAMPLE = compiled(r"(?:^|[._-])(?:example|sample|template|tpl|dist|default|defaults|schema)(?:[._-]|$)")
_DEVELOPMENT = compiled(r"(?:^|[._-])(?:dev|develop|development|local|test|testing|tests|ci|debug|override)(?:[._-]|$)")
_DEPLOYS = compiled(r"deploy|release|production|publish", re.IGNORECASE)
_DEVELOPERS_SETTINGS = compiled(r"(?:^|[._])(?:dev|develop|development|local|test|testing|ci)$", re.IGNORECASE)
# What a developer starts.
_RUNS_DEVELOPMENT = compiled(rb"\brunserver|--reload\b|\bflask\s+run\b|\bfastapi\s+dev\b|--debug\b")
_OTHER_IMAGES = compiled(
    r"(?:.*/)?(?:postgres|postgis|mysql|mariadb|redis|valkey|memcached|rabbitmq|nginx|traefik|caddy|httpd|haproxy|"
    r"elasticsearch|opensearch|kibana|minio|mongo|mailhog|mailpit|adminer|pgadmin|certbot|prometheus|grafana|"
    r"zookeeper|kafka|clickhouse|keycloak|localstack|selenium|node|busybox|cadvisor|portainer)[\w.-]*(?:[:@].*)?"
)
_KINDS = {
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "Pod",
    "Job",
    "CronJob",
    "DeploymentConfig",
    "Service",
}


class _Given(NamedTuple):
    """value None: set, to what is not known here (where, for people)."""

    name: str
    value: str | None
    line: int
    where: str = ""
    default: bool = False


class DeploymentEnvironment(Extractor):
    """Variables by the name of the file; the content decides what it is."""

    name = "deployment.environment"
    emits = (EnvironmentVariable, EnvironmentFile, SettingsClassName)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return _form(path) != ""

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        form = _form(path)
        if len(data) > MAX_BYTES:
            raise Unreadable(f"{len(data)} bytes, more than such a file has", reason=Reason.TOO_LARGE)
        found: list[Found] = []
        for item in _READERS[form](path, data):
            found.append(item)
            if len(found) > MAX_VARIABLES:
                raise Unreadable(f"more than {MAX_VARIABLES} variables", reason=Reason.BUDGET)
        yield from found
        for item in found:
            if isinstance(item, EnvironmentVariable) and item.name == "DJANGO_CONFIGURATION" and item.what == "text":
                if item.role == "production":
                    yield SettingsClassName(location=item.location, name=item.value, source="environment")


def _form(path: str) -> str:
    name = path.rpartition("/")[2].lower()
    if _COMPOSE.fullmatch(name):
        return "compose"
    if name.startswith(("dockerfile", "containerfile")) or name.endswith((".dockerfile", ".containerfile")):
        return "" if name.endswith((".md", ".txt", ".py", ".sh")) else "dockerfile"
    if _DOTENV.fullmatch(name):
        return "dotenv"
    if name == "procfile" or name.startswith("procfile."):
        return "procfile"
    if name.endswith(".service"):
        return "systemd"
    if name.endswith((".sh", ".bash")) or name in {"entrypoint", "start", "run", "docker-entrypoint"}:
        return "script"
    if name == "app.yaml":
        return "app-yaml"
    if name == "app.json":
        return "app-json"
    if name == "fly.toml":
        return "fly"
    if name.endswith((".yml", ".yaml")):
        return "workflow" if "/workflows/" in f"/{path}" else "kubernetes"
    if name.startswith("supervisor") and name.endswith((".conf", ".ini")):
        return "supervisor"
    if name.endswith(".ini") and "uwsgi" in path.lower():
        return "uwsgi"
    return ""


def role_of(path: str) -> str:
    """What the variables of a file are for, by its name: "production", "development", "example", "test" ..."""
    name = path.rpartition("/")[2].lower()
    if _EXAMPLE.search(name):
        return "example"
    found = purpose(path)
    return "development" if found == "production" and _DEVELOPMENT.search(name) else found


def _fact(path: str, by: str, given: _Given, *, service: str = "", role: str = "", folder: str = "") -> Iterator[Found]:
    if not _NAME.fullmatch(given.name):
        return
    value = given.value
    shared = {
        "location": Location(path=path, line=given.line),
        "name": given.name,
        "by": by,
        "service": service,
        "role": role or role_of(path),
        "default": given.default,
        "folder": folder,
    }
    if value is None or len(value) > MAX_VALUE or "\0" in value or templated(value):
        yield EnvironmentVariable(**shared, what="reference", value=given.where)  # type: ignore[arg-type]
    elif value and (names_a_secret(given.name) or has_credentials(value)):
        yield EnvironmentVariable(**shared, what="secret", length=len(value), distinct=len(set(value)))  # type: ignore[arg-type]
    else:
        yield EnvironmentVariable(**shared, what="text", value=value)  # type: ignore[arg-type]


def _expanded(name: str, raw: str, line: int, known: Mapping[str, str], *, doubled: bool, default: bool) -> _Given:
    found = interpolated(raw, known, doubled=doubled)
    where = "a variable of whoever starts it" if found.value is None else ""
    return _Given(name, found.value, line, where, default or found.default)


# Compose


def _compose(path: str, data: bytes) -> Iterator[Found]:
    for document in _yaml.documents(data):
        services = document.get("services") if isinstance(document, _yaml.Mapping) else None
        for name, (_, node) in services.pairs.items() if isinstance(services, _yaml.Mapping) else ():
            if isinstance(node, _yaml.Mapping):
                yield from _service(path, name, node)


def _service(path: str, name: str, node: _yaml.Mapping) -> Iterator[Found]:
    image, build = _text(node.get("image")), node.get("build")
    if build is None and _OTHER_IMAGES.fullmatch(image.lower()):
        return
    role = role_of(path)
    if role == "production" and _is_development(node):
        role = "development"
    context = _text(build.get("context")) if isinstance(build, _yaml.Mapping) else _text(build)
    folder = posixpath.normpath(posixpath.join(posixpath.dirname(path), context)) if context else ""
    folder = "" if folder in {".", ""} or folder.startswith("..") else folder
    for given in _pairs(node.get("environment")):
        if given.value is not None:
            given = _expanded(given.name, given.value, given.line, {}, doubled=True, default=False)
        yield from _fact(path, "compose", given, service=name, role=role, folder=folder)
    files = node.get("env_file")
    for item in files.items if isinstance(files, _yaml.Sequence) else [files] if files is not None else []:
        spelled = _text(item.get("path")) if isinstance(item, _yaml.Mapping) else _text(item)
        file = posixpath.normpath(posixpath.join(posixpath.dirname(path), spelled))
        if spelled and "$" not in spelled and not file.startswith(("..", "/")):
            yield EnvironmentFile(location=Location(path=path, line=item.line), file=file, service=name, role=role)


def _is_development(node: _yaml.Mapping) -> bool:
    """Whether a service is what a developer starts: runserver, his settings, or sources over what was built."""
    command = " ".join(_words(node.get(key)) for key in ("command", "entrypoint"))
    if _RUNS_DEVELOPMENT.search(command.encode("utf-8", "replace")):
        return True
    if any(
        _DEVELOPERS_SETTINGS.search(given.value or "")
        for given in _pairs(node.get("environment"))
        if given.name in {"DJANGO_SETTINGS_MODULE", "DJANGO_CONFIGURATION"}
    ):
        return True
    volumes = node.get("volumes")
    mounts = [_text(item) for item in volumes.items] if isinstance(volumes, _yaml.Sequence) else []
    return any(re.match(r"\.{1,2}/?:", mount) for mount in mounts)


def _words(node: "_yaml.Node | None") -> str:
    if isinstance(node, _yaml.Sequence):
        return " ".join(_text(item) for item in node.items)
    return _text(node)


def _text(node: "_yaml.Node | None") -> str:
    return node.text if isinstance(node, _yaml.Scalar) else ""


def _pairs(node: "_yaml.Node | None") -> Iterator[_Given]:
    """A table of variables, or a list of `NAME=value`."""
    if isinstance(node, _yaml.Mapping):
        for name, (line, value) in node.pairs.items():
            empty = isinstance(value, _yaml.Scalar) and value.plain and value.text in {"", "~", "null"}
            known = isinstance(value, _yaml.Scalar) and not empty
            yield _Given(name, _text(value) if known else None, line, "" if known else "whoever starts it")
    elif isinstance(node, _yaml.Sequence):
        for item in node.items:
            name, equals, text = _text(item).partition("=")
            yield _Given(name.strip(), text if equals else None, item.line, "" if equals else "whoever starts it")


# Dockerfile


def _dockerfile(path: str, data: bytes) -> Iterator[Found]:
    text = data.decode("utf-8", "replace")
    if not is_dockerfile(text):
        return
    stages: dict[str, dict[str, _Given]] = {}
    known: dict[str, str] = {}
    current: dict[str, _Given] = {}
    for one in instructions(text):
        if one.name == "FROM":
            words = [word for word in one.rest.split() if not word.startswith("--")]
            current = dict(stages.get(words[0].lower(), {})) if words else {}
            known = {name: given.value for name, given in current.items() if given.value is not None}
            stages[words[2].lower() if len(words) > 2 and words[1].lower() == "as" else f"\0{len(stages)}"] = current
        elif one.name == "ARG":
            name, equals, default = one.rest.partition("=")
            if equals:
                known.setdefault(name.strip(), _unquoted(default.strip()))
        elif one.name == "ENV":
            for name, raw in _env_pairs(one.rest):
                current[name] = _expanded(name, raw, one.line, known, doubled=False, default=True)
                if (value := current[name].value) is not None:
                    known[name] = value
    for given in current.values():
        yield from _fact(path, "dockerfile", given)


_OLD_ENV = compiled(r"([A-Za-z_]\w*)[ \t]+(.+)", re.DOTALL)


def _env_pairs(rest: str) -> Iterator[tuple[str, str]]:
    old = _OLD_ENV.fullmatch(rest)
    if old is not None and "=" not in rest.split()[0]:
        yield old[1], _unquoted(old[2].strip())
        return
    for command in shell_commands(rest.replace("\n", " ")):
        for word in command.words:
            name, equals, value = word.partition("=")
            if equals:
                yield name, value


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


# Files of variables


def _dotenv(path: str, data: bytes) -> Iterator[Found]:
    text = data.decode("utf-8", "replace")
    try:
        found = dotenv.parse(text)
    except NotKnown:
        raise Unreadable("a file of variables that is not understood") from None
    lines = {}
    for number, line in enumerate(text.splitlines(), start=1):
        key = line.strip().removeprefix("export ").partition("=")[0].strip().strip("'\"")
        lines[key] = number
    known: dict[str, str] = {}
    for name, raw in found.items():
        if raw is None:
            continue
        given = _expanded(name, raw, lines.get(name, 1), known, doubled=False, default=False) if "${" in raw else None
        given = given or _Given(name, raw, lines.get(name, 1))
        known[name] = given.value or ""
        yield from _fact(path, "dotenv", given)


def _systemd(path: str, data: bytes) -> Iterator[Found]:
    for one in ini_lines(data.decode("utf-8", "replace"), backslash=True):
        if one.section != "Service" or one.key not in {"Environment", "ExecStart"}:
            continue
        for command in shell_commands(one.value):
            words = command.words if one.key == "Environment" else _assignments(command.words)
            for word in words:
                name, equals, value = word.partition("=")
                if equals:
                    yield from _fact(path, "systemd", _Given(name, value.replace(PLAIN_DOLLAR, "$"), one.line))


def _assignments(words: tuple[str, ...]) -> tuple[str, ...]:
    """`NAME=value` before the program, also behind `env`."""
    found: list[str] = []
    for word in words:
        if "=" in word and _NAME.fullmatch(word.partition("=")[0]):
            found.append(word)
        elif word.rpartition("/")[2] not in {"env", "exec"}:
            break
    return tuple(found)


def _procfile(path: str, data: bytes) -> Iterator[Found]:
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), start=1):
        process, colon, command = line.partition(":")
        if not colon or process.strip() in {"release", "test"}:
            continue
        for one in shell_commands(command):
            role = "development" if _RUNS_DEVELOPMENT.search(command.encode()) else ""
            for word in _assignments(one.words):
                name, _, value = word.partition("=")
                given = _expanded(name, value, number, {}, doubled=False, default=False)
                yield from _fact(path, "procfile", given, service=process.strip(), role=role)


def _script(path: str, data: bytes) -> Iterator[Found]:
    """`export NAME=value`, `: ${NAME:=value}`, and variables of the command that starts the server."""
    if not path.endswith((".sh", ".bash")) and not data.startswith(b"#!"):
        return
    known: dict[str, str] = {}
    set_here: dict[str, _Given] = {}
    exported: set[str] = set()
    for command in shell_commands(data.decode("utf-8", "replace")):
        words = command.words
        first = words[0]
        pairs: list[str] = []
        if first in {"export", "declare", "typeset", "readonly"}:
            pairs = [word for word in words[1:] if not word.startswith("-")]
            exported.update(word.partition("=")[0] for word in pairs)
        elif all("=" in word for word in words):
            pairs = list(words)
        elif first == ":":
            for word in words[1:]:
                match = re.fullmatch(r"\$\{(\w+):?=(.*)\}", word, re.DOTALL)
                if match:
                    set_here[match[1]] = _expanded(match[1], match[2], command.line, known, doubled=False, default=True)
        elif _assignments(words) and command.when == "always":
            pairs = list(_assignments(words))
            exported.update(word.partition("=")[0] for word in pairs)
        for word in pairs:
            name, equals, raw = word.partition("=")
            if not equals:
                continue
            given = _expanded(name, raw, command.line, known, doubled=False, default=command.when == name)
            if command.when not in {"always", name}:
                given = given._replace(value=None, where="a condition of the script")
            elif given.value is not None and not given.default:
                known[name] = given.value
            set_here[name] = given
    for name, given in set_here.items():
        if name in exported or given.default:
            yield from _fact(path, "script", given)


def _supervisor(path: str, data: bytes) -> Iterator[Found]:
    for one in ini_lines(data.decode("utf-8", "replace")):
        if one.key == "environment" and one.section.startswith(("program", "supervisord")):
            for match in re.finditer(r'([A-Za-z_]\w*)=(?:"([^"]*)"|\'([^\']*)\'|([^,\s]*))', one.value):
                value = next((part for part in match.groups()[1:] if part is not None), "")
                given = _Given(match[1], None if "%(" in value else value, one.line)
                yield from _fact(path, "supervisor", given, service=one.section.partition(":")[2])


def _uwsgi(path: str, data: bytes) -> Iterator[Found]:
    for one in ini_lines(data.decode("utf-8", "replace")):
        name, equals, value = one.value.partition("=")
        if one.key == "env" and equals:
            given = _Given(name.strip(), None if "$(" in value or "%" in value else value.strip(), one.line)
            yield from _fact(path, "uwsgi", given)


# Kubernetes and platforms


def _kubernetes(path: str, data: bytes) -> Iterator[Found]:
    if b"kind:" not in data or b"apiVersion:" not in data:
        return
    maps: dict[str, _yaml.Mapping] = {}
    workloads: list[_yaml.Mapping] = []
    for document in _yaml.documents(data):
        if not isinstance(document, _yaml.Mapping):
            continue
        kind, meta = _text(document.get("kind")), document.get("metadata")
        held = document.get("data")
        if kind == "ConfigMap" and isinstance(held, _yaml.Mapping):
            maps[_text(meta.get("name")) if isinstance(meta, _yaml.Mapping) else ""] = held
        elif kind in _KINDS:
            workloads.append(document)
    used: set[str] = set()
    for document in workloads:
        for container in _containers(document):
            image, name = _text(container.get("image")), _text(container.get("name"))
            if _OTHER_IMAGES.fullmatch(image.lower()):
                continue
            for source in _items(container.get("envFrom")):
                reference = source.get("configMapRef")
                called = _text(reference.get("name")) if isinstance(reference, _yaml.Mapping) else ""
                used.add(called)
                if called in maps:
                    for given in _pairs(maps[called]):
                        yield from _fact(path, "kubernetes", given, service=name)
            for item in _items(container.get("env")):
                value, source_of = item.get("value"), item.get("valueFrom")
                known = _text(value) if value is not None and source_of is None else None
                where = "" if known is not None else "a Secret or ConfigMap of the cluster"
                given = _Given(_text(item.get("name")), known, item.line, where)
                yield from _fact(path, "kubernetes", given, service=name)
    for called, held in maps.items():
        if called not in used and not workloads:  # its Deployment is in another file
            for given in _pairs(held):
                yield from _fact(path, "kubernetes", given, service=called)


def _containers(node: _yaml.Mapping) -> Iterator[_yaml.Mapping]:
    """`containers` wherever a workload has them: Pod, Deployment, CronJob."""
    stack: list[_yaml.Node] = [node]
    for _ in range(10_000):
        if not stack:
            return
        one = stack.pop()
        if isinstance(one, _yaml.Mapping):
            for key, (_, inner) in one.pairs.items():
                if key == "containers":
                    yield from _items(inner)
                elif key in {"spec", "template", "jobTemplate"}:
                    stack.append(inner)


def _items(node: "_yaml.Node | None") -> Iterator[_yaml.Mapping]:
    if isinstance(node, _yaml.Sequence):
        yield from (item for item in node.items if isinstance(item, _yaml.Mapping))


def _app_yaml(path: str, data: bytes) -> Iterator[Found]:
    for document in _yaml.documents(data):
        if isinstance(document, _yaml.Mapping):
            for key in ("env_variables", "envs"):
                for given in _pairs(document.get(key)):
                    yield from _fact(path, "app", given)


def _app_json(path: str, data: bytes) -> Iterator[Found]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise Unreadable("not JSON") from None
    env = document.get("env") if isinstance(document, dict) else None
    for name, value in env.items() if isinstance(env, dict) else ():
        held = value.get("value") if isinstance(value, dict) else value
        given = _Given(str(name), held if isinstance(held, str) else None, 1, "whoever deploys it", default=True)
        yield from _fact(path, "app", given)


def _fly(path: str, data: bytes) -> Iterator[Found]:
    try:
        document = tomllib.loads(data.decode("utf-8", "replace"))
    except (tomllib.TOMLDecodeError, RecursionError):
        raise Unreadable("not TOML") from None
    env = document.get("env")
    lines = data.decode("utf-8", "replace").splitlines()
    for name, value in env.items() if isinstance(env, dict) else ():
        line = next((number for number, text in enumerate(lines, 1) if text.strip().startswith(name)), 1)
        yield from _fact(path, "app", _Given(name, str(value), line))


def _workflow(path: str, data: bytes) -> Iterator[Found]:
    """Jobs that deploy, by their names: what they set is set where the service is built or started."""
    for document in _yaml.documents(data):
        if not isinstance(document, _yaml.Mapping):
            continue
        jobs = document.get("jobs")
        for name, (_, job) in jobs.pairs.items() if isinstance(jobs, _yaml.Mapping) else ():
            if not isinstance(job, _yaml.Mapping):
                continue
            called = f"{name} {_text(job.get('name'))} {posixpath.basename(path)}"
            role = "production" if _DEPLOYS.search(called) and "test" not in called.lower() else "test"
            for step in (document, job, *_items(job.get("steps"))):
                for given in _pairs(step.get("env")):
                    if given.value is not None and "${{" in given.value:
                        given = given._replace(value=None, where="the secrets and variables of the workflow")
                    yield from _fact(path, "workflow", given, service=name, role=role)


_READERS = {
    "compose": _compose, "dockerfile": _dockerfile, "dotenv": _dotenv, "procfile": _procfile, "systemd": _systemd,
    "script": _script, "supervisor": _supervisor, "uwsgi": _uwsgi, "kubernetes": _kubernetes, "app-yaml": _app_yaml,
    "app-json": _app_json, "fly": _fly, "workflow": _workflow,
}  # fmt: skip
