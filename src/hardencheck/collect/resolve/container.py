"""Who a container runs as and what its build context lets in: Dockerfile, base image and the rest of the tree."""

import posixpath
import re
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Found, Resolver, Tree, Unreadable
from hardencheck.collect.extract._ignorefiles import Patterns
from hardencheck.collect.extract._privileges import is_root
from hardencheck.collect.extract.dockerfile import DROPS
from hardencheck.lazily import compiled
from hardencheck.model.facts.container import BuildContext, ComposeService, ContainerUser, ImageBuild
from hardencheck.model.facts.files import CredentialsFile, PrivateKey
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location

MAX_SCRIPT = 64 * 1024
MAX_EXPOSED = 20

# Images whose configuration has no USER (their makers' Dockerfiles): what starts from them starts as root.
_ROOT = compiled(
    r"(?:python|pypy|debian|ubuntu|alpine|busybox|node|golang|rust|ruby|php|openjdk|eclipse-temurin|amazonlinux|fedora|"
    r"centos|rockylinux|almalinux|oraclelinux|archlinux|opensuse/leap|buildpack-deps|nginx|httpd|caddy|traefik|haproxy|"
    r"perl|gcc|swift|elixir|erlang|julia|r-base|bash|docker|maven|gradle|composer|scratch|"
    r"continuumio/(?:mini|ana)conda3|condaforge/(?:miniforge3|mambaforge)|nvidia/cuda|tensorflow/tensorflow|"
    r"pytorch/pytorch|tiangolo/[\w.-]+|andrejreznik/python-gdal|osgeo/gdal|ghcr\.io/osgeo/gdal|"
    r"ghcr\.io/astral-sh/uv|astral/uv|ghcr\.io/prefix-dev/pixi|mcr\.microsoft\.com/playwright(?:/python)?|"
    r"mcr\.microsoft\.com/vscode/devcontainers/[\w./-]+|mcr\.microsoft\.com/devcontainers/[\w./-]+|"
    r"registry\.access\.redhat\.com/ubi\d+(?:/ubi(?:-minimal|-micro|-init)?)?|quay\.io/centos/centos|"
    r"cgr\.dev/chainguard/wolfi-base|phusion/baseimage|gcr\.io/distroless/[\w.-]+|mambaorg/micromamba-root)"
)
# Images that say USER themselves, and the user they say.
_OTHERS = (
    (re.compile(r"nginxinc/nginx-unprivileged"), "101"),
    (re.compile(r"(?:docker\.io/)?bitnami(?:legacy)?/[\w.-]+"), "1001"),
    (re.compile(r"cgr\.dev/chainguard/(?!wolfi-base)[\w.-]+"), "65532"),
    (re.compile(r"(?:quay\.io/)?jupyter/[\w.-]+"), "jovyan"),
    (re.compile(r"mambaorg/micromamba"), "mambauser"),
    (re.compile(r"registry\.access\.redhat\.com/ubi\d+/(?:python|nodejs|s2i)[\w.-]*"), "1001"),
)
_PROJECT = (
    "pyproject.toml", "requirements.txt", "setup.py", "setup.cfg", "manage.py", "Pipfile", "app.py", "main.py",
    "package.json", "go.mod", "Cargo.toml",
)  # fmt: skip


class ContainerUsers(Resolver):
    """The user an image starts as. Where nothing names one, only a base image that is known can tell."""

    name = "container.users"
    emits = (ContainerUser,)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        for build in facts.facts:
            if isinstance(build, ImageBuild):
                yield self._user(build, tree)
        yield from self.passed_on(facts, ImageBuild, ContainerUser)

    def _user(self, build: ImageBuild, tree: Tree) -> Found:
        if build.user is None:
            return self._unknown(build, Reason.NOT_LITERAL, "USER is a variable without a value in the Dockerfile")
        if build.user:
            user, source, here = build.user, "USER", build.location
        else:
            here = build.location.at(build.base_line)
            if build.base is None:
                return self._unknown(build, Reason.NOT_LITERAL, "no USER, and the base image is a variable")
            known = user_of(build.base)
            if known is None:
                shown = build.base.partition("@")[0][:100]
                detail = f"no USER, and nothing here says which one the base image {shown} has"
                return self._unknown(build, Reason.NOT_SUPPORTED, detail)
            user, source = known, "base image"
        root = is_root(user)
        if root:
            tool = build.drops or _drop_in_script(build, tree)
            if tool:
                detail = f"starts as root and may change to another user ({tool}): only running it tells"
                return self._unknown(build, Reason.DYNAMIC, detail)
        return ContainerUser(
            location=here,
            user=user,
            root=root,
            source="USER" if source == "USER" else "base image",
            role=build.role,
        )

    def _unknown(self, build: ImageBuild, reason: Reason, detail: str) -> Gap:
        return Gap(
            kinds=(ContainerUser.kind(),),
            collector=self.name,
            reason=reason,
            detail=detail,
            location=build.location,
            about={"role": build.role},
        )


def user_of(image: str) -> str | None:
    """The user of a well-known public image; None for one that is not known here."""
    name = image.partition("@")[0].lower()
    repository, _, tag = name.rpartition(":") if ":" in name.rpartition("/")[2] else (name, "", "")
    repository = re.sub(
        r"^(?:(?:index\.|registry-1\.)?docker\.io/|public\.ecr\.aws/docker/)?(?:library/)?", "", repository
    )
    if "nonroot" in tag or repository.endswith("-nonroot") or "rootless" in tag:
        return "nonroot"
    for pattern, user in _OTHERS:
        if pattern.fullmatch(repository):
            return user
    return "root" if _ROOT.fullmatch(repository) else None


def _drop_in_script(build: ImageBuild, tree: Tree) -> str:
    """The tool by which an entry point script of the tree changes to another user, or the file of uWSGI that says so;
    "" if none does."""
    names = {start.rpartition("/")[2] for start in build.start} - {""}
    for path, entry in tree.entries.items():
        if path.rpartition("/")[2] in names and entry.link is None and 0 < entry.size <= MAX_SCRIPT:
            try:
                text = tree.read(entry).decode("utf-8", "replace")
            except Unreadable:
                continue
            found = _UID.search(text) if path.endswith(".ini") else DROPS.search(text)
            if found and (path.endswith(".ini") or text.startswith("#!")):
                return f"{found[0].strip()} in {path}"
            started = _UWSGI.findall(text) if text.startswith("#!") else ()
            for other in tree.entries.values() if started else ():
                if other.path.rpartition("/")[2] in started and other.link is None and 0 < other.size <= MAX_SCRIPT:
                    said = _UID.search(tree.read(other).decode("utf-8", "replace"))
                    if said:
                        return f"{said[0].strip()} in {other.path}"
    return ""


# `uwsgi --http :8000 uwsgi.ini`, and the user that this file has it change to.
_UWSGI = compiled(r"\buwsgi\b[^\n;&|]*?[\s=/]([\w.-]+\.ini)\b")
_UID = compiled(r"(?m)^[ \t]*uid[ \t]*=[ \t]*(?!root\b|0\b)[\w-]+")


class BuildContexts(Resolver):
    """What `COPY .` takes along, by the .dockerignore that holds for it and the secret files of the tree."""

    name = "container.contexts"
    after = ("files.secret",)
    emits = (BuildContext,)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        folders = folders_of(tree)
        secret = [
            fact.location.path
            for fact in facts.facts
            if fact.location.path is not None
            and (
                (isinstance(fact, PrivateKey) and fact.present and fact.role == "production")
                or (isinstance(fact, CredentialsFile) and fact.secrets and fact.role == "production")
            )
        ]
        for build in facts.facts:
            if not isinstance(build, ImageBuild) or build.context_line is None or build.location.path is None:
                continue
            path = build.location.path
            context = context_of(build, facts, tree, folders)
            try:
                name, patterns = ignores_of(path, context, tree, build.context_excludes)
            except Unreadable as error:
                yield self.gap(error.reason, f".dockerignore: {error.detail}", build.location)
                continue
            exposed = sorted(
                {inside for found in secret if (inside := _inside(found, context)) and not patterns.excludes(inside)}
            )
            yield BuildContext(
                location=Location(path=path, line=build.context_line),
                ignore_file=name,
                env_enters=not patterns.excludes(".env"),
                git_enters=context == "" and not patterns.excludes(".git"),
                exposed=tuple(exposed[:MAX_EXPOSED]),
                role=build.role,
            )
        yield from self.passed_on(facts, ImageBuild, BuildContext)


def context_of(build: ImageBuild, facts: FactSet, tree: Tree, folders: set[str]) -> str:
    """The directory that an image is built from: as a compose file says, else by where what it copies is."""
    path = build.location.path or ""
    composed = dict(_composed(facts)).get(path)
    return composed if composed is not None else _guess(path, build.sources, tree, folders)


def folders_of(tree: Tree) -> set[str]:
    found = {""}
    for path in tree.entries:
        above = posixpath.dirname(path)
        while above not in found:
            found.add(above)
            above = posixpath.dirname(above)
    return found


def _composed(facts: FactSet) -> Iterator[tuple[str, str]]:
    """Dockerfile -> context, both from the root, as compose files say it."""
    for fact in facts.facts:
        if isinstance(fact, ComposeService) and fact.context is not None and fact.location.path is not None:
            if "$" in fact.context or "://" in fact.context or fact.context.startswith("/"):
                continue
            base = posixpath.dirname(fact.location.path)
            context = posixpath.normpath(posixpath.join(base, fact.context))
            file = posixpath.normpath(posixpath.join(context, fact.dockerfile or "Dockerfile"))
            if not context.startswith(".."):
                yield file, "" if context == "." else context


def _guess(path: str, sources: Iterable[str], tree: Tree, folders: set[str]) -> str:
    """The directory given to `docker build`: the Dockerfile's own when what it copies is there, else the root."""
    own = posixpath.dirname(path)
    if not own:
        return ""
    plain = [source.rstrip("/") for source in sources if not re.search(r"[*?\[$]", source)]
    present = [
        item for item in plain if posixpath.join(own, item) in tree.entries or posixpath.join(own, item) in folders
    ]
    at_root = [item for item in plain if item in tree.entries or item in folders]
    if len(present) != len(at_root):
        return own if len(present) > len(at_root) else ""
    return own if any(posixpath.join(own, name) in tree.entries for name in (*_PROJECT, ".dockerignore")) else ""


def ignores_of(dockerfile: str, context: str, tree: Tree, more: Iterable[str]) -> tuple[str | None, Patterns]:
    """The .dockerignore that holds (the Dockerfile's own before the context's), and its patterns with `more`."""
    for name in (f"{dockerfile}.dockerignore", posixpath.join(context, ".dockerignore")):
        entry = tree.entries.get(name)
        if entry is not None and entry.link is None:
            text = tree.read(entry)[: 1 << 20].decode("utf-8-sig", "replace")
            return name, Patterns("\n".join((text, *more)))
    return None, Patterns("\n".join(more))


def _inside(path: str, context: str) -> str:
    if not context:
        return path
    return path[len(context) + 1 :] if path.startswith(f"{context}/") else ""
