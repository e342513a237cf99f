"""Container images as they are built, and services as compose runs them."""

from typing import ClassVar, Literal

from hardencheck.model.facts._base import Fact, Side


class ImageBuild(Fact, tag="container.build", frozen=True, kw_only=True):
    """One Dockerfile, as it says itself; the resolver makes `container.user` and `container.context` of it.

    user: of the final stage, variables resolved; "" when the file names none; None when it is computed at build time.
    base: the image that the final stage comes from in the end; None when computed. base_line: the final FROM.
    drops: the tool by which its start commands change to another user (gosu ...), "" if none.
    start: last words of paths in ENTRYPOINT and CMD.
    context_line: where the whole build context is copied into what becomes the final image; None: nowhere.
    context_excludes: patterns of what the build itself leaves out of it (--exclude, rm in an earlier stage).
    sources: other paths that are copied from the context. role: what the image is for.
    """

    side: ClassVar[Side] = Side.DECLARED

    user: str | None
    base: str | None
    base_line: int
    drops: str
    start: tuple[str, ...]
    context_line: int | None
    context_excludes: tuple[str, ...]
    sources: tuple[str, ...]
    role: str


class CopiedModule(Fact, tag="container.copied-module", frozen=True, kw_only=True):
    """A file that an image has as a Python module of another name (`COPY conf/live.py.in conf.py`). Raw material for
    resolvers, never judged by a rule.

    source: from the build context. target: from where the image has the repository. role: what the image is for.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("source", "target")

    source: str
    target: str
    role: str


class ContainerUser(Fact, tag="container.user", frozen=True, kw_only=True):
    """The user that the final image starts as. source: "USER" or "base image" (what its documentation says)."""

    side: ClassVar[Side] = Side.DECLARED

    user: str
    root: bool
    source: Literal["USER", "base image"]
    role: str

    def describe(self) -> str:
        if self.source == "USER":
            return f"USER {self.user}"
        return f"no USER, and the base image runs as {self.user}"


class ContainerMode(Fact, tag="container.mode", frozen=True, kw_only=True):
    """A mode set while an image is built: RUN chmod, install -m, mkdir -m, COPY or ADD --chmod.

    others_write: everybody may write afterwards, and it is no sticky directory. set_id: setuid.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("command", "mode", "target")

    command: str
    mode: str
    others_write: bool
    set_id: bool
    recursive: bool
    target: str
    role: str

    def describe(self) -> str:
        return f"{self.command} {'-R ' if self.recursive else ''}{self.mode} {self.target}".strip()


class BuildContext(Fact, tag="container.context", frozen=True, kw_only=True):
    """A Dockerfile that copies its whole build context into the final image.

    ignore_file: the .dockerignore that holds for it, None if there is none. env_enters, git_enters: a `.env` and the
    `.git` directory at the top of the context would be copied. exposed: keys and credentials files of the target
    that are copied.
    """

    side: ClassVar[Side] = Side.DECLARED

    ignore_file: str | None
    env_enters: bool
    git_enters: bool
    exposed: tuple[str, ...]
    role: str

    def describe(self) -> str:
        entering = [name for name, enters in ((".env", self.env_enters), (".git", self.git_enters)) if enters]
        entering.extend(self.exposed)
        if not entering:
            return ".env, .git and keys stay out"
        why = f"{self.ignore_file} lets in" if self.ignore_file else "no .dockerignore: nothing keeps out"
        return f"{why} {', '.join(entering)}"


class RemoteAdd(Fact, tag="container.remote-add", frozen=True, kw_only=True):
    """ADD of a URL. host: of the URL. verified: --checksum is given, or the URL is a git commit by its full id."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("host",)

    host: str
    encrypted: bool
    verified: bool
    role: str

    def describe(self) -> str:
        return f"ADD from {self.host} {'with' if self.verified else 'without'} a checksum"


class ComposeService(Fact, tag="compose.service", frozen=True, kw_only=True):
    """One service of a compose file: the image it runs, or the context and Dockerfile it builds, as written.

    part: it has neither of them, so it is put over a service of another file. extends: "path:service" of what it builds
    upon, ":" where that cannot be told. no_new_privileges, read_only, drops_all (of cap_drop): what it says of them,
    None for nothing.
    publishes: "port:line" of what it gives every interface of the host, where it is built here or a server of
    ours. templated: a template has a say in it.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("service",)

    service: str
    image: str | None
    context: str | None
    dockerfile: str | None
    part: bool = False
    extends: str = ""
    no_new_privileges: bool | None = None
    read_only: bool | None = None
    drops_all: bool | None = None
    publishes: tuple[str, ...] = ()
    templated: bool = False
    role: str


Setting = Literal[
    "privileges", "socket", "namespaces", "ports", "behind-proxy", "user", "no-new-privileges", "read-only",
    "cap-drop", "host-paths", "devices", "modes", "tmpfs",
]  # fmt: skip


class ComposeSetting(Fact, tag="compose.setting", frozen=True, kw_only=True):
    """What a compose file says on one matter: merge keys (`<<`) and `extends` are followed, overrides are not.

    setting, one fact a service for each:
    "privileges": privileged, capabilities near to root on the host, seccomp or AppArmor off;
    "socket": the container engine's socket is mounted; "namespaces": one of the host's is shared;
    "ports": a store or console is published on all interfaces; "user": who it runs as, only where it is said;
    "host-paths": a directory of the system is mounted; "devices": a disk or the memory is;
    "modes": of files made of secrets and configs; "tmpfs": of directories in memory.
    One fact a file, service is "" and value names the services without it: "no-new-privileges", "read-only" (where
    these are said to be off, a fact for that service as well), "cap-drop": all capabilities are dropped.
    "behind-proxy": what is built here is published although a proxy (of the file, or one whose configuration passes
    to that port of the loopback interface) stands before it.
    weak: it is as the name of the setting fears. value: what stands there.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("service", "setting")

    service: str
    setting: Setting
    weak: bool
    value: str
    role: str

    def describe(self) -> str:
        if self.service:
            return f"service {self.service}: {self.value}"
        if self.setting in {"no-new-privileges", "read-only", "cap-drop"}:
            return f"services without it: {self.value}" if self.weak else "every service has it"
        return self.value
