"""The environment that the deployment files of the repository give its services, and what these services are."""

import ast
import re
from collections.abc import Iterable

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._environment_facts import MAX_VARIABLES, SERVERS, Full, Maker
from hardencheck.collect.extract._environment_files import (
    dockerfile,
    dotenv,
    gunicorn_variables,
    json_file,
    package,
    procfile,
    supervisor,
    toml,
    unit,
    uwsgi,
)
from hardencheck.collect.extract._environment_shell import script, serves
from hardencheck.collect.extract._environment_text import untemplated
from hardencheck.collect.extract._environment_yaml import reader_of
from hardencheck.collect.extract._package_scripts import has_scripts
from hardencheck.collect.extract._python import parse
from hardencheck.collect.extract._templates import COPIED, without_ending
from hardencheck.collect.extract._yaml import documents
from hardencheck.collect.extract.systemd import unit_name
from hardencheck.lazily import compiled
from hardencheck.model.facts.settings import DeployedService, EnvironmentVariable
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

MAX_BYTES = 1024 * 1024
MAX_SCRIPT = 256 * 1024
_NOT_DOTENV = compiled(
    r".+\.(?:md|rst|txt|py|pyi|js|ts|tsx|jsx|mjs|cjs|vue|html?|json|ya?ml|toml|rb|go|rs|java|php|sh|d|gpg|asc|age|enc|"
    r"encrypted|vault|svg|png|lock|css|c|h|cpp|swift|kt|spec)"
)
_DOTENV = compiled(
    r"\.?env|\.env[._-].+|.+\.env(?:[._-](?:example|sample|template|dist|tmpl|tpl|j2|prod|production|live))?|"
    r"(?:example|sample|template|dist|prod|production)[._-]env|env[._-](?:example|sample|template|dist|prod|production|"
    r"live|staging|dev|development|local|test|docker)|\.flaskenv"
)
_DOCKERFILE = compiled(r"(?:dockerfile|containerfile)(?:[._-].+)?|.+[._-](?:dockerfile|containerfile)")
_NOT_DOCKERFILE = compiled(r".+\.(?:md|rst|txt|py|pyc|json|ya?ml|toml|html?|sh|js|ts|go|rb|java|dockerignore|lock)")
_SCRIPT = compiled(
    r".+\.(?:sh|bash)(?:\.j2|\.tmpl|\.template)?|(?:[\w-]*[-_])?entrypoint(?:[-_.][\w-]+)?|"
    r"(?:start|run|serve|boot|launch|server|web|worker|cmd|gunicorn|uwsgi)(?:[-_][\w-]+)?"
)
_TASK = compiled(r".*task[-_.]?def(?:inition)?s?.*\.json")
# A key of a file that deploys. Answers that tests replay are YAML too, and large: they hold such words inside of texts.
_KEYS = compiled(
    rb"^[ \t-]*[\"']?(?:apiVersion|services|env_variables|envVars|envVarGroups|jobs|option_settings|environment|"
    rb"configMapGenerator|config|envs)[\"']?[ \t]*:",
    re.MULTILINE,
)
_OBJECT = compiled(rb"^apiVersion:[^\n]{0,200}\n(?:[^\n]{0,200}\n)?kind:", re.MULTILINE)
_SERVERS = compiled("|".join(sorted(SERVERS)).encode())


def form_of(path: str) -> str:
    """What kind of deployment file a path may be; "" for none."""
    name = path.rpartition("/")[2].lower()
    if has_scripts(path):
        return "package"
    bare = without_ending(name)
    for ending in COPIED:
        bare = bare.removesuffix(ending)
    if bare.endswith((".yml", ".yaml")):
        return "yaml"
    if _DOCKERFILE.fullmatch(name) and not _NOT_DOCKERFILE.fullmatch(name):
        return "dockerfile"
    if (_DOTENV.fullmatch(name) or "/.envs/" in f"/{path.lower()}") and not _NOT_DOTENV.fullmatch(name):
        return "dotenv"
    if name.partition(".")[0] == "procfile":
        return "procfile"
    if unit_name(path.lower()).endswith(".service"):
        return "unit"
    if bare.endswith((".ini", ".conf")):
        return "supervisor" if "supervisor" in path.lower() else "uwsgi" if bare.endswith(".ini") else ""
    if name in {"app.json", "zappa_settings.json"} or _TASK.fullmatch(name):
        return "json"
    if name in {"fly.toml", "nixpacks.toml", "railway.toml"} or (name.startswith("fly.") and name.endswith(".toml")):
        return "toml"
    if "gunicorn" in name and name.endswith(".py"):
        return "gunicorn"
    return "script" if _SCRIPT.fullmatch(name) else ""


class DeploymentEnvironments(Extractor):
    """Compose, Kubernetes, Dockerfiles, `.env` files, units, Procfiles, start scripts, platforms, workflows."""

    name = "deployment.environment"
    version = 7
    emits = (EnvironmentVariable, DeployedService)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return form_of(path) != ""

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        return environment_of(path, data)


def environment_of(path: str, data: bytes) -> list[Found]:
    """All that one file says. Raises Unreadable for what is claimed by its name and content but does not parse."""
    form = form_of(path)
    if not speaks(form, path, data):
        return []
    if form == "yaml" and len(data) > MAX_BYTES and not _of_deployment(path, data):
        return []
    if len(data) > (MAX_SCRIPT if form == "script" else MAX_BYTES):
        raise Unreadable(f"{len(data)} bytes, more than is read of such a file", reason=Reason.TOO_LARGE)
    makers: list[Maker] = []
    try:
        _read(form, path, data, makers)
    except Full:
        gap = Gap(
            kinds=DeploymentEnvironments.kinds(),
            collector=DeploymentEnvironments.name,
            reason=Reason.BUDGET,
            detail=f"more than {MAX_VARIABLES} variables",
            location=Location(path=path),
        )
        return [*(found for maker in makers for found in maker.found), gap]
    return [found for maker in makers for found in maker.found]


def speaks(form: str, path: str, data: bytes) -> bool:
    """Whether the content is that of such a file and may say something, looked at before anything is parsed."""
    if form == "yaml":
        return data.lstrip()[:1] in {b"{", b"["} or _KEYS.search(data) is not None
    if form == "script":
        shell = path.lower().endswith((".sh", ".bash")) or data.startswith(b"#!")
        return shell and (b"=" in data or _DEVELOPMENT.search(data) is not None)
    if form == "uwsgi":
        return b"[uwsgi" in data and b"env" in data
    if form == "supervisor":
        return b"[program:" in data or b"[supervisord" in data
    if form == "gunicorn":
        return b"raw_env" in data
    if form == "package":
        return b"=" in data and _SERVERS.search(data) is not None
    return True


_DEVELOPMENT = compiled(rb"\b(?:runserver|flask|quart|fastapi|adev|sanic|pserve)\b")
_BY = {"unit": "systemd", "json": "app", "toml": "app", "gunicorn": "app"}


def _read(form: str, path: str, data: bytes, makers: list[Maker]) -> None:
    if form == "yaml":
        _yaml(path, data, makers)
        return
    name = path.rpartition("/")[2].lower()
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    if form == "script" and (not serves(text) or not _of_a_shell(text)):
        return
    make = Maker(path, _BY.get(form, form))
    makers.append(make)
    match form:
        case "dockerfile":
            dockerfile(text, make)
        case "dotenv":
            if name == ".flaskenv":
                make.role = "development"
            dotenv(text, make)
        case "procfile":
            procfile(text, make)
        case "package":
            package(path, text, make)
        case "unit":
            unit(text, make)
        case "supervisor":
            supervisor(text, make)
        case "uwsgi":
            uwsgi(text, make)
        case "json":
            json_file(text, make, name)
        case "toml":
            toml(text, make, name)
        case "gunicorn":
            _gunicorn(data, make)
        case "script":
            template = untemplated(text)
            make.unsure = template.unsure
            script(template.text, make)


def _of_a_shell(text: str) -> bool:
    first = text.partition("\n")[0]
    return not first.startswith("#!") or "sh" in first or "with-contenv" in first


def _yaml(path: str, data: bytes, makers: list[Maker]) -> None:
    text = data.decode("utf-8-sig", "replace")
    workflow = ".github/workflows/" in path
    template = untemplated(text) if not workflow else None
    try:
        templated = template is not None and bool(template.actions)
        found = documents(template.text.encode() if template is not None else data, templated=templated)
    except Unreadable:
        if not _of_deployment(path, data):
            return
        raise
    for document in found:
        chosen = reader_of(path, document)
        if chosen is not None:
            by, read = chosen
            unsure = template.unsure if template is not None else ()
            make = Maker(path, by, doubled=by == "compose", unsure=unsure)
            make.count = sum(maker.count for maker in makers)
            makers.append(make)
            read(document, make)


def _of_deployment(path: str, data: bytes) -> bool:
    """Whether a YAML file that does not parse is one of those that are looked for."""
    name = path.rpartition("/")[2].lower()
    return "compose" in name or ".github/workflows/" in path or _OBJECT.search(data) is not None


def _gunicorn(data: bytes, make: Maker) -> None:
    file = parse(data)
    for node in file.tree.body:
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.List | ast.Tuple):
            continue
        if any(isinstance(target, ast.Name) and target.id == "raw_env" for target in node.targets):
            for item in node.value.elts:
                if isinstance(item, ast.Constant) and isinstance(item.value, str):
                    gunicorn_variables([item.value], make, item.lineno)
                elif isinstance(item, ast.JoinedStr | ast.BinOp) and (name := _begins(item)):
                    make.held(name, "computed when the server starts", item.lineno)


def _begins(node: ast.expr) -> str:
    """The name of a variable at the start of a text that is put together."""
    while isinstance(node, ast.BinOp):
        node = node.left
    first = node.values[0] if isinstance(node, ast.JoinedStr) and node.values else node
    text = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
    return text.partition("=")[0] if "=" in text else ""
