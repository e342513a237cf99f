"""Pods as Kubernetes is told to run them."""

from typing import ClassVar, Literal

from hardencheck.model.facts._base import Fact, Side

PodMatter = Literal[
    "privileged", "root", "non-root", "root-group", "escalation", "capabilities", "capabilities-drop", "unconfined",
    "seccomp", "read-only-root", "namespaces", "host-path", "engine-socket", "token", "modes",
]  # fmt: skip


class PodStatement(Fact, tag="kubernetes.pod-statement", frozen=True, kw_only=True):
    """What one object says on one matter; the resolver makes `kubernetes.setting` of it. Raw material, never judged.

    workload: "Deployment/web". container: those it is about, "" for the pod. state: "weak" or "good" where it is said,
    "lacks" where it is not. account: the service account, matter "token" only. part: "surely" or
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
    """A ServiceAccount, or what a binding says of one. automount: automountServiceAccountToken, None where it is not
    said. bound: a RoleBinding or ClusterRoleBinding gives it rights. Raw material for the resolver, never judged."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("name", "bound")

    name: str
    automount: bool | None
    bound: bool
    role: str


class KubernetesSetting(Fact, tag="kubernetes.setting", frozen=True, kw_only=True):
    """How a container or pod runs on one matter: what the container says, else its pod, else the default.

    setting: "privileged"; "root": runAsUser, only where it is said; "non-root": whether anything keeps it from root;
    "root-group": runAsGroup, fsGroup and supplementalGroups; "escalation": allowPrivilegeEscalation; "capabilities":
    what is added; "capabilities-drop": whether ALL are dropped; "unconfined": seccomp, AppArmor or the masks of /proc
    are off; "seccomp": whether there is a profile at all; "read-only-root"; "namespaces" of the host; "host-path":
    a directory of the host; "engine-socket"; "token": of the service account; "modes": of files that volumes make of
    secrets, config maps and tokens.
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
