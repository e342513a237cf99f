"""Environment variables of YAML files: compose, Kubernetes, platforms (app.yaml, render.yaml ...), workflows."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from hardencheck.collect.extract._compose_names import has_images
from hardencheck.collect.extract._environment_facts import SERVERS, Maker, beside, for_development, role_of, runs_of
from hardencheck.collect.extract._environment_text import interpolated
from hardencheck.collect.extract._kubernetes import name_of, objects, workload_of
from hardencheck.collect.extract._yaml import Mapping, Node, Scalar, Sequence, below, items_of, text_of
from hardencheck.lazily import compiled

_BOOLEAN = compiled(r"true|True|TRUE|false|False|FALSE")
_NULL = compiled(r"|~|null|Null|NULL")
_INTEGER = compiled(r"[-+]?(?:0|[1-9]\d{0,17})|0o[0-7]{1,18}|0x[0-9a-fA-F]{1,15}")
_FLOAT = compiled(r"[-+]?(?:\.\d{1,15}|(?:0|[1-9]\d{0,15})(?:\.\d{0,15})?)(?:[eE][-+]?\d{1,3})?")
# A number or a date for some version of the parser (0777, 1_000, 0b1, .inf, 2024-01-31).
_NUMBER = compiled(
    r"[-+]?(?:\d[\d_]*\.?|\.\d)[\d_]*(?:[eE][-+]?[\d_]+)?|[-+]?0[xXoObB][\da-fA-F_]+|[-+]?\.(?:inf|Inf|INF|nan|NaN|NAN)"
)
_DATE = compiled(r"\d{4}-\d{1,2}-\d{1,2}(?:[Tt \t].*)?")
_DEVELOPMENT_WORDS = frozenset({"dev", "development", "local", "test", "tests", "testing", "debug", "ci", "e2e"})


def _pairs(node: Node | None) -> Iterator[tuple[str, int, Node]]:
    if isinstance(node, Mapping):
        for key, (line, value) in node.pairs.items():
            yield key, line, value


def _command(*nodes: Node | None) -> str:
    return " ".join(item.text for node in nodes for item in items_of(node) if isinstance(item, Scalar))[:4000]


def _as_go_writes(node: Scalar) -> str | None:
    """A value that is no string in YAML, as compose hands it on: True is "true", 1.50 is "1.5", 0o17 is "15"; None for
    what versions of its parser do not agree on. yes, no, on and off are strings.

    Source: YAML 1.2.2, "Core Schema"; of compose, that it writes values as Go's `%v` does.
    """
    text = node.text
    if not node.plain:
        return text
    if _BOOLEAN.fullmatch(text):
        return text.lower()
    if _INTEGER.fullmatch(text):
        return str(int(text, 0))
    if _FLOAT.fullmatch(text):
        # An exponent is written from 1e21 on, and below 0.0001.
        number = float(text)
        usual = 1e-4 <= abs(number) < 1e21 or (number == 0 and text[0] != "-")
        return f"{Decimal(repr(number)):f}".removesuffix(".0") if usual else None
    return None if _NUMBER.fullmatch(text) or _DATE.fullmatch(text) else text


def compose(document: Mapping, make: Maker) -> None:
    """`environment`, `env_file`, image, build and command of every service. Source: the compose specification."""
    services = [
        (name, line, node) for name, line, node in _pairs(document.get("services")) if isinstance(node, Mapping)
    ]
    if make.role == "production" and any(edited(node, make.path) for _, _, node in services):
        make.role = "development"
    for name, line, node in services:
        _compose_service(name, line, node, make)


def edited(node: Mapping, path: str) -> bool:
    """Whether a service is one to work on: its server reloads, its settings are the developer's, or the sources it is
    built from are mounted over it. A file with such a service is nobody's production."""
    if for_developers(node):
        return False  # it is not started with the others
    context, _ = _built(node.get("build"), path)
    command = _command(node.get("entrypoint"), node.get("command"))
    return (
        for_development(command)
        or any(_DEVELOPERS.search(text) for text in _settings_of(node.get("environment")))
        or _words(text_of(below(node.get("build"), "target")))
        or (context is not None and _mounts(node.get("volumes"), context, path) and not _runs_for_good(node, command))
    )


def for_developers(node: Mapping) -> bool:
    """Whether a service has a profile that only developers and their tests start."""
    return any(_words(text_of(item)) for item in items_of(node.get("profiles")))


def _runs_for_good(node: Mapping, command: str) -> bool:
    """Whether a service is kept up by the engine, or runs a server that does not reload: then what is mounted over it
    is how its code gets there."""
    serves = SERVERS.intersection(runs_of(command)) - {"flask", "fastapi"}
    return text_of(node.get("restart")) in {"always", "unless-stopped"} or bool(serves)


_DEVELOPERS = compiled(r"(?:^|[._])(?:dev|develop|development|local|test|testing|ci)$", re.IGNORECASE)
_SETTINGS = ("DJANGO_SETTINGS_MODULE", "DJANGO_CONFIGURATION")


def _settings_of(environment: Node | None) -> Iterator[str]:
    """Which settings a service is started with."""
    for key, _, value in _pairs(environment):
        if key in _SETTINGS:
            yield text_of(value)
    for item in items_of(environment) if isinstance(environment, Sequence) else ():
        key, _, text = text_of(item).partition("=")
        if key in _SETTINGS:
            yield text


def _words(text: str) -> bool:
    return bool(_DEVELOPMENT_WORDS & set(re.split(r"[^a-z0-9]+", text.lower())))


def _built(build: Node | None, path: str) -> tuple[str | None, str | None]:
    """(context, Dockerfile) from the root; None for what is not built, or built from elsewhere."""
    folder = text_of(build) if isinstance(build, Scalar) else text_of(below(build, "context")) or "." if build else ""
    if not folder or "://" in folder or folder.startswith("git@"):
        return None, None
    known = interpolated(folder, {"PWD": "."}, doubled=True).value
    context = beside(path, known) if known is not None else None
    if context is None or context.startswith("/"):
        return None, None
    file = interpolated(text_of(below(build, "dockerfile")) or "Dockerfile", {}, doubled=True).value
    return context, beside(f"{context}/x" if context else "x", file) if file else None


def _compose_service(name: str, line: int, node: Mapping, make: Maker) -> None:
    context, dockerfile = _built(node.get("build"), make.path)
    command = _command(node.get("entrypoint"), node.get("command"))
    role = make.role
    if role == "production" and for_developers(node):
        role = "development"
    files = []
    for item in items_of(node.get("env_file")):
        written = text_of(below(item, "path")) if isinstance(item, Mapping) else text_of(item)
        known = interpolated(written, {"PWD": "."}, doubled=True).value if written else None
        found = beside(make.path, known) if known else None
        if found is not None:
            files.append(found)
    extends = node.get("extends")
    base = ""
    if isinstance(extends, Scalar):
        base = f"{make.path}:{extends.text}"
    elif isinstance(extends, Mapping):
        file = text_of(extends.get("file"))
        source = beside(make.path, file) if file else make.path
        base = f"{source}:{text_of(extends.get('service'))}" if source else ""
    image = interpolated(text_of(node.get("image")), {}, doubled=True).value or text_of(node.get("image"))
    make.service(
        line,
        service=name,
        image=image,
        context=context,
        dockerfile=dockerfile,
        command=command,
        files=files,
        extends=base,
        role=role,
        started=next((node.pairs[key][0] for key in ("command", "entrypoint") if key in node.pairs), None),
    )
    compose_environment(node.get("environment"), make, name, role)


def _mounts(volumes: Node | None, context: str, path: str) -> bool:
    """Whether what it is built from is mounted over it: so that one may edit it while it runs."""
    for item in items_of(volumes):
        source = text_of(below(item, "source")) if isinstance(item, Mapping) else text_of(item).split(":")[0]
        known = interpolated(source, {"PWD": "."}, doubled=True).value
        target = text_of(below(item, "target")) if isinstance(item, Mapping) else text_of(item).partition(":")[2]
        settled = target.startswith(("/etc", "/config", "/data", "/var/lib", "/usr/share"))
        if known and known.startswith(".") and beside(path, known) == context and not settled:
            return True
    return False


def compose_environment(node: Node | None, make: Maker, service: str, role: str) -> None:
    if isinstance(node, Mapping):
        for key, line, value in _pairs(node):
            if not isinstance(value, Scalar):
                make.held(key, "not a text", line, service=service, role=role)
            elif value.plain and _NULL.fullmatch(value.text):
                make.held(key, key, line, service=service, role=role, written=f"${{{key}}}")
            elif (text := _as_go_writes(value)) is not None:
                make.text(key, text, line, service=service, role=role, known={})
            else:
                make.held(key, "a number or a date without quotes", line, service=service, role=role)
    elif isinstance(node, Sequence):
        for item in node.items:
            if not isinstance(item, Scalar):
                continue
            key, equals, text = item.text.partition("=")
            if equals:
                make.text(key, text, item.line, service=service, role=role, known={})
            else:
                make.held(key, key, item.line, service=service, role=role, written=f"${{{key}}}")


def kubernetes(document: Mapping, make: Maker) -> None:
    """Containers of workloads, ConfigMaps, Secrets and what kustomize generates. Source: the Kubernetes API, v1."""
    for item in objects(document):
        _object(item, make)


def _object(document: Mapping, make: Maker) -> None:
    kind = text_of(document.get("kind"))
    if kind == "ConfigMap":
        service = f"configmap/{name_of(document)}"
        for key, line, value in _pairs(document.get("data")):
            if isinstance(value, Scalar):
                make.text(key, value.text, line, service=service)
    elif kind == "Secret":
        service = f"secret/{name_of(document)}"
        for part in ("data", "stringData"):
            for key, line, _ in _pairs(document.get(part)):
                make.held(key, service, line, service=service)
    elif kind == "Kustomization":
        _kustomization(document, make)
    elif (workload := workload_of(document)) is not None:
        _pod(workload.pod, f"{kind.lower()}/{workload.name}", workload.job, make)


def _pod(pod: Mapping, workload: str, job: bool, make: Maker) -> None:
    for container in items_of(pod.get("containers")):
        if not isinstance(container, Mapping):
            continue
        service = f"{workload}/{text_of(container.get('name'))[:253]}"
        command = _command(container.get("command"), container.get("args"))
        role = "development" if make.role == "production" and for_development(command) else make.role
        maps = []
        for source in items_of(container.get("envFrom")):
            prefix = text_of(below(source, "prefix"))
            for key, what in (("configMapRef", "configmap"), ("secretRef", "secret")):
                name = text_of(below(source, key, "name"))
                if name:
                    maps.append(f"{prefix}:{what}/{name}" if prefix else f"{what}/{name}")
        make.service(
            container.line,
            service=service,
            image=text_of(container.get("image")),
            command=command,
            maps=maps,
            job=job,
            role=role,
            started=next((container.pairs[key][0] for key in ("args", "command") if key in container.pairs), None),
        )
        for item in items_of(container.get("env")):
            if isinstance(item, Mapping):
                _container_variable(item, service, role, make)


def _container_variable(item: Mapping, service: str, role: str, make: Maker) -> None:
    name = text_of(item.get("name"))
    source = item.get("valueFrom")
    if isinstance(source, Mapping):
        line = source.line
        for key, what in (("configMapKeyRef", "configmap"), ("secretKeyRef", "secret")):
            if isinstance(source.get(key), Mapping):
                held, at = text_of(below(source, key, "name")), text_of(below(source, key, "key"))
                make.held(name, f"{what}/{held}", item.line, service=service, role=role, written=at)
                return
        make.held(name, "the cluster", line, service=service, role=role)
    elif "$(" in text_of(item.get("value")):
        make.held(name, "other variables", item.line, service=service, role=role)
    else:
        make.text(name, text_of(item.get("value")), item.line, service=service, role=role)


def _kustomization(document: Mapping, make: Maker) -> None:
    for item in items_of(document.get("configMapGenerator")):
        if not isinstance(item, Mapping):
            continue
        service = f"configmap/{text_of(item.get('name'))[:253]}"
        for entry in items_of(item.get("literals")):
            key, equals, value = text_of(entry).partition("=")
            if equals:
                make.text(key, value, entry.line, service=service)
        named = [*items_of(item.get("envs")), *items_of(item.get("env"))]
        files = [path for entry in named if (path := beside(make.path, text_of(entry)))]
        if files:
            make.service(item.line, service=service, files=files)


def app_engine(document: Mapping, make: Maker) -> None:
    """app.yaml of App Engine: `env_variables`."""
    make.service(document.line, image=text_of(document.get("runtime")), command=_command(document.get("entrypoint")))
    _table(document.get("env_variables"), make)


def render(document: Mapping, make: Maker) -> None:
    """render.yaml: `envVars` of services, with groups."""
    for group in items_of(document.get("envVarGroups")):
        if isinstance(group, Mapping):
            _named(group.get("envVars"), make, f"configmap/{text_of(group.get('name'))}")
    for item in items_of(document.get("services")):
        if not isinstance(item, Mapping):
            continue
        service = text_of(item.get("name"))
        variables = item.get("envVars")
        groups = [text_of(below(entry, "fromGroup")) for entry in items_of(variables)]
        make.service(
            item.line,
            service=service,
            image=text_of(item.get("env")) or text_of(item.get("runtime")),
            command=_command(item.get("startCommand"), item.get("dockerCommand")),
            maps=[f"configmap/{group}" for group in groups if group],
            job=text_of(item.get("type")) == "cron",
        )
        _named(variables, make, service)


def digital_ocean(document: Mapping, make: Maker) -> None:
    """.do/app.yaml: `envs` of the application and of its services."""
    spec = document.get("spec") if isinstance(document.get("spec"), Mapping) else document
    if not isinstance(spec, Mapping):
        return
    shared = spec.get("envs")
    for part in ("services", "workers", "jobs"):
        for item in items_of(spec.get(part)):
            if isinstance(item, Mapping):
                service = text_of(item.get("name"))
                image = text_of(item.get("environment_slug"))
                command = _command(item.get("run_command"))
                make.service(item.line, service=service, image=image, command=command, job=part == "jobs")
                _named(shared, make, service)
                _named(item.get("envs"), make, service)


def heroku(document: Mapping, make: Maker) -> None:
    """heroku.yml: `setup.config`."""
    _table(below(document, "setup", "config"), make)


def serverless(document: Mapping, make: Maker) -> None:
    """serverless.yml: `provider.environment`, and `environment` of functions. `${...}` is not followed."""
    _table(below(document, "provider", "environment"), make)
    for name, line, function in _pairs(document.get("functions")):
        make.service(line, service=name, image=text_of(below(document, "provider", "runtime")))
        _table(below(function, "environment"), make, name)


def beanstalk(document: Mapping, make: Maker) -> None:
    """.ebextensions: `option_settings` of the namespace of the application's environment."""
    space = "aws:elasticbeanstalk:application:environment"
    settings = document.get("option_settings")
    _table(below(settings, space), make)
    for item in items_of(settings) if isinstance(settings, Sequence) else []:
        if text_of(below(item, "namespace")) == space and (name := text_of(below(item, "option_name"))):
            make.text(name, text_of(below(item, "value")), item.line)


def _table(node: Node | None, make: Maker, service: str = "") -> None:
    for key, line, value in _pairs(node):
        if not isinstance(value, Scalar):
            make.held(key, "not a text", line, service=service)
        elif "${" in value.text:
            make.held(key, "other settings", line, service=service)
        else:
            make.text(key, value.text, line, service=service)


def _named(node: Node | None, make: Maker, service: str) -> None:
    """A list of {key: NAME, value: text}; anything but a value comes from elsewhere."""
    for item in items_of(node):
        name = text_of(below(item, "key"))
        if not name or not isinstance(item, Mapping):
            continue
        value = item.get("value")
        secret = text_of(item.get("type")).upper() == "SECRET"
        if isinstance(value, Scalar) and not secret and "${" not in value.text:
            make.text(name, value.text, item.line, service=service)
        else:
            make.held(name, "the platform", item.line, service=service)


_DEPLOYS = compiled(r"deploy(?!ment[-_ ]?test)|rollout|\bcd\b|ship it", re.IGNORECASE)
_ELSEWHERE = compiled(r"test|lint|docs?\b|pages|pypi|preview|staging|\bdev\b|\bqa\b|coverage|charts?\b", re.IGNORECASE)
_NO_DEPLOYMENT = compiled(r"check|build|publish|prepare|migration|\bci\b|tag|notify", re.IGNORECASE)


def workflow(document: Mapping, make: Maker) -> None:
    """`env` of GitHub workflows: production where the job deploys, development everywhere else.

    It is the environment of a runner: only what the service gets handed on, so it never says more than a default.
    """
    called = f"{make.path.rpartition('/')[2]} {text_of(document.get('name'))}"
    for name, _, job in _pairs(document.get("jobs")):
        if not isinstance(job, Mapping):
            continue
        words = f"{name} {text_of(job.get('name'))}"
        where = text_of(job.get("environment")) or text_of(below(job, "environment", "name"))
        deploys = bool(_DEPLOYS.search(words)) or (bool(_DEPLOYS.search(called)) and not _NO_DEPLOYMENT.search(words))
        if _ELSEWHERE.search(f"{words} {called} {where}") or role_of(f"{where or 'x'}.yml") != "production":
            deploys = False
        role = "production" if deploys else "development"
        held = [document.get("env"), job.get("env")]
        held.extend(below(step, "env") for step in items_of(job.get("steps")) if isinstance(step, Mapping))
        for node in held:
            for key, at, value in _pairs(node):
                if isinstance(value, Scalar) and (deploys or "${{" not in value.text):
                    make.text(key, value.text, at, service=name, role=role, default=True)


Reader = Callable[[Any, Maker], None]


def reader_of(path: str, document: Node) -> tuple[str, Reader] | None:
    """(what `by` says, the reader) for one document, by its content and the name of its file."""
    if not isinstance(document, Mapping):
        return None
    has = document.pairs
    name = path.rpartition("/")[2].lower()
    if path.startswith(".github/workflows/") or "/.github/workflows/" in path:
        return ("workflow", workflow) if "jobs" in has else None
    if "kind" in has and ("apiVersion" in has or "kustomization" in name):
        return "kubernetes", kubernetes
    if name.startswith("kustomization"):
        return "kubernetes", lambda node, make: _kustomization(node, make)
    if name in {"render.yaml", "render.yml"}:
        return "app", render
    if "/.do/" in f"/{path}":
        return "app", digital_ocean
    if "/.ebextensions/" in f"/{path}" or "option_settings" in has:
        return "app", beanstalk
    if name == "heroku.yml":
        return "app", heroku
    if name.startswith("serverless.") and "provider" in has:
        return "app", serverless
    if "env_variables" in has and ("runtime" in has or name.startswith("app.")):
        return "app", app_engine
    services = document.get("services")
    if isinstance(services, Mapping) and ("compose" in name or "stack" in name or has_images(services)):
        return "compose", compose
    return None
