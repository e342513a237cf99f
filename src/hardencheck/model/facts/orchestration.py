"""Pods as Kubernetes is told to run them, units as systemd is, and the sockets of servers."""

from typing import ClassVar, Literal

from hardencheck.model.facts._base import Fact, Side

PodMatter = Literal[
    "privileged", "root", "non-root", "root-group", "escalation", "capabilities", "capabilities-drop", "unconfined",
    "seccomp", "read-only-root", "namespaces", "host-path", "engine-socket", "token", "modes",
    "host-port",
]  # fmt: skip


class PodStatement(Fact, tag="kubernetes.pod-statement", frozen=True, kw_only=True):
    """What one object says on one matter; the resolver makes `kubernetes.setting` of it. Raw material, never judged.

    workload: "Deployment/web". container: those it is about, "" for the pod. state: "weak" or "good" where it is said,
    "lacks" where it is not. account: "namespace/name" of the service account, matter "token" only. part: "surely" or
    "perhaps" the object is one that is put over another (kustomize), so what it does not say, it does not lack.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("workload", "container", "setting", "value")

    workload: str
    container: str
    setting: PodMatter
    state: Literal["weak", "good", "lacks"]
    value: str
    account: str
    part: str
    role: str


class ServiceAccount(Fact, tag="kubernetes.service-account", frozen=True, kw_only=True):
    """A ServiceAccount, or what a binding says of one. namespace: "" where none is written. automount:
    automountServiceAccountToken, None where it is not said. bound: a RoleBinding or ClusterRoleBinding gives it rights.
    Raw material for the resolver, never judged."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("namespace", "name", "bound")

    namespace: str
    name: str
    automount: bool | None
    bound: bool
    role: str


class KubernetesSetting(Fact, tag="kubernetes.setting", frozen=True, kw_only=True):
    """How a container or pod runs on one matter: what the container says, else its pod, else the default.

    setting: "privileged"; "root": runAsUser, only where it is said; "non-root": whether anything keeps it from root;
    "root-group": runAsGroup, fsGroup and supplementalGroups; "escalation": allowPrivilegeEscalation; "capabilities":
    what is added; "capabilities-drop": whether ALL are dropped; "unconfined": seccomp, AppArmor or the masks of /proc
    are off; "seccomp": whether there is a profile at all; "read-only-root"; "namespaces" of the host; "host-port" of
    it; "host-path": a directory of it; "engine-socket"; "token": of the service account; "modes": of files that
    volumes make of secrets, config maps and tokens.
    weak: it is as the name of the setting fears. value: what stands there, or that nothing does.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("workload", "container", "setting", "value")

    workload: str
    container: str
    setting: PodMatter
    weak: bool
    value: str
    role: str

    def describe(self) -> str:
        inside = f", container {self.container}" if self.container else ""
        return f"{self.workload}{inside}: {self.value}"


Manager = Literal["system", "user", "either"]


class UnitFile(Fact, tag="systemd.unit-file", frozen=True, kw_only=True):
    """A unit of systemd, or a drop-in of one, as the file says it; the resolver puts them together. Never judged.

    The location is that of its [Service] or [Socket]. unit: "web.service". drop_in: it adds to a unit of that name.
    program: the last part of the path that ExecStart starts, "" if the file has none. foreign: that is a program with a
    life of its own (an engine of containers, nginx ...). changes: the tool by which its command changes user. full:
    line of an ExecStart that has all privileges whatever User= says, 0 if none. listens: a socket has a path. manager:
    who starts it, that of the machine or that of a user. open: a template decides which directives there are.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("unit",)

    unit: str
    drop_in: bool
    program: str
    foreign: bool
    changes: str
    full: int
    listens: bool
    manager: Manager
    open: bool
    role: str


class UnitDirective(Fact, tag="systemd.directive", frozen=True, kw_only=True):
    """One line of a unit that says who it runs as and what it may do. value: as written; "" takes all before it back.
    sure: neither a template nor a specifier has a say in it. Raw material for the resolver, never judged."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("unit", "key")

    unit: str
    key: str
    value: str
    sure: bool


UnitMatter = Literal[
    "root", "umask", "no-new-privileges", "protect-system", "protect-home", "private-tmp", "private-devices",
    "capabilities", "bounding-set", "system-calls", "set-id", "directory-mode", "writable-paths", "start-only",
    "umask-readable", "directory-readable",
]  # fmt: skip


class UnitSetting(Fact, tag="systemd.setting", frozen=True, kw_only=True):
    """What a unit and its drop-ins come to on one matter; where they say nothing, systemd's default.

    setting: "root": the user it runs as; "umask": whether others may write, "umask-readable": or only read;
    "no-new-privileges"; "protect-system"; "protect-home"; "private-tmp"; "private-devices"; "capabilities": those it is
    given; "bounding-set": those it, or what it starts, can ever have; "system-calls": whether they are filtered;
    "set-id": whether it may make setuid files; "directory-mode": whether others may write to the directories
    systemd makes for it, "directory-readable": or only read them;
    "writable-paths": what of the system it may write to in spite of ProtectSystem; "start-only": PermissionsStartOnly.
    weak: it is as the name of the setting fears. value: what stands there, or that nothing does.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("unit", "setting")

    unit: str
    setting: UnitMatter
    weak: bool
    value: str
    role: str

    def describe(self) -> str:
        return f"{self.unit}: {self.value}"


class SocketMode(Fact, tag="socket.mode", frozen=True, kw_only=True):
    """The mode of a Unix socket on which a service is reached, where it is written. server: "systemd", "uwsgi",
    "waitress", "granian", "hypercorn", "supervisord". others: everybody of the machine may connect (Linux asks for the
    write bit)."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("server",)

    server: str
    mode: int
    others: bool
    role: str

    def describe(self) -> str:
        return f"{self.server}: a socket of mode {self.mode:04o}"


class ServerUmask(Fact, tag="server.umask", frozen=True, kw_only=True):
    """The umask that a server or a manager of processes sets for all that the service makes, where it is written.
    others_write: what is made may be writable by everybody (bit 0o002 is missing)."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("server",)

    server: str
    mask: int
    others_write: bool
    role: str

    def describe(self) -> str:
        return f"{self.server}: umask {self.mask:04o}"


class SupervisedProgram(Fact, tag="supervisor.program", frozen=True, kw_only=True):
    """A program of supervisord and the user it is given, by itself or by supervisord. starts: the program that its
    command starts. changes: the tool or option by which that changes user. Raw material for the resolver, never judged.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("program",)

    program: str
    user: str
    starts: str
    changes: str
    role: str


class ServerUser(Fact, tag="server.user", frozen=True, kw_only=True):
    """The user that a server, or a program of supervisord, is told to run as. program: of supervisord, else ""."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("server", "program")

    server: str
    program: str
    user: str
    root: bool
    role: str

    def describe(self) -> str:
        return f"{self.server}{f', program {self.program}' if self.program else ''}: runs as {self.user}"


class ServerControl(Fact, tag="server.control", frozen=True, kw_only=True):
    """An address at which a manager of processes takes orders. everywhere: on all interfaces. password: it asks for
    one, in clear."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("server",)

    server: str
    address: str
    everywhere: bool
    password: bool
    role: str

    def describe(self) -> str:
        asks = "with a password" if self.password else "without a password"
        return f"{self.server} takes orders at {self.address}, {asks}"


class ClusterRole(Fact, tag="kubernetes.cluster-role", frozen=True, kw_only=True):
    """A role that a binding gives accounts. every: it may do everything (cluster-admin). to: who gets it."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("binding", "granted")

    binding: str
    granted: str
    every: bool
    to: str
    role: str

    def describe(self) -> str:
        return f"{self.binding} gives {self.granted} to {self.to or 'nobody'}"
