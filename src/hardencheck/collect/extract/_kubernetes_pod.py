"""One pod: what its containers are told, else what the pod is told for all of them, else that nothing is said.

Source: the Kubernetes API, v1, PodSpec, SecurityContext and PodSecurityContext; "Pod Security Standards".
"""

import posixpath
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from hardencheck.collect.extract._kubernetes import Workload
from hardencheck.collect.extract._privileges import CAPABILITIES, capability, is_engine_socket, yaml_mode
from hardencheck.collect.extract._yaml import Mapping, Node, Scalar, below, flag_of, items_of, text_of
from hardencheck.collect.extract._yaml_templates import OPEN
from hardencheck.lazily import compiled
from hardencheck.model.facts.orchestration import PodMatter, PodStatement
from hardencheck.model.location import Location

State = Literal["weak", "good", "lacks"]
_NUMBER = compiled(r"\d{1,10}|0[xX][0-9a-fA-F]{1,8}|0o?[0-7]{1,10}")
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_HARMLESS = ("/etc/localtime", "/etc/timezone", "/usr/share/zoneinfo")
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"


class _Said(NamedTuple):
    """One value. sure: neither a template nor a variable has a say in it."""

    text: str
    line: int
    sure: bool

    @property
    def flag(self) -> bool | None:
        return flag_of(self.text)

    @property
    def number(self) -> int | None:
        if not _NUMBER.fullmatch(self.text):
            return None
        return yaml_mode(self.text).bits if self.text.startswith("0") else int(self.text)


class _Context:
    """A securityContext. open: it comes from elsewhere, so what it does not say may be said there."""

    def __init__(self, node: Node | None, unsure: frozenset[int]) -> None:
        self.node = node if isinstance(node, Mapping) else Mapping({}, 0)
        self.open = isinstance(node, Scalar) and OPEN.search(node.text) is not None
        self.unsure = unsure

    def said(self, *keys: str) -> _Said | None:
        *above, last = keys
        holder = below(self.node, *above)
        if isinstance(holder, Scalar) and OPEN.search(holder.text):
            return _Said(holder.text, holder.line, False)
        node = holder.get(last) if isinstance(holder, Mapping) else None
        if node is None or not isinstance(holder, Mapping):
            return None
        return said(node, holder.line_of(last), self.unsure)


def said(node: Node, line: int, unsure: frozenset[int]) -> _Said:
    text = text_of(node)
    return _Said(text, line, isinstance(node, Scalar) and line not in unsure and OPEN.search(text) is None)


class Pod:
    """unknown: (setting, why, line) of what cannot be told. part: see `PodStatement.part`."""

    def __init__(
        self, path: str, role: str, workload: Workload, *, unsure: frozenset[int], templated: bool, part: str
    ) -> None:
        self.path, self.role, self.workload, self.part = path, role, workload, part
        self.unsure, self.templated = unsure, templated
        self.pod = workload.pod
        self.context = _Context(self.pod.get("securityContext"), unsure)
        self.contained = [
            node for key in _CONTAINERS for node in items_of(self.pod.get(key)) if isinstance(node, Mapping)
        ]
        self.unknown: list[tuple[PodMatter, str, int]] = []
        self.stated: dict[tuple[PodMatter, State, str, int], list[str]] = {}

    def found(self) -> Iterator[PodStatement]:
        self._namespaces()
        self._volumes()
        self._token()
        self._groups(self.context, "", self.workload.line)
        for node in self.contained:
            self._container(node, text_of(node.get("name"))[:253] or "without a name")
        account = f"{self.workload.namespace}/{self._account() or 'default'}"
        for (setting, state, value, line), containers in self.stated.items():
            yield PodStatement(
                location=Location(path=self.path, line=line),
                workload=f"{self.workload.kind}/{self.workload.name}",
                container=", ".join(dict.fromkeys(name for name in containers if name))[:500],
                setting=setting,
                state=state,
                value=value,
                account=account[:510] if setting == "token" else "",
                part=self.part,
                role=self.role,
            )

    def _say(self, setting: PodMatter, state: State, value: str, line: int, container: str = "") -> None:
        self.stated.setdefault((setting, state, value, line), []).append(container)

    def _open(self, setting: PodMatter, what: str, line: int) -> None:
        self.unknown.append((setting, f"{what[:80]} is filled in elsewhere", line))

    def _lacks(self, setting: PodMatter, value: str, line: int, name: str, *contexts: _Context) -> None:
        """Nothing says it, unless a template, or the object that a part is put over, does."""
        if self.part == "surely":
            return
        if self.templated or any(context.open for context in contexts):
            self._open(setting, setting, line)
        else:
            self._say(setting, "lacks", value, line, name)

    def _container(self, node: Mapping, name: str) -> None:
        own = _Context(node.get("securityContext"), self.unsure)
        line = node.line
        mighty = self._privileged(own, name, line)
        self._user(own, name, line)
        self._groups(own, name, line)
        self._host_ports(node, name, line)
        if not mighty:
            # A privileged container may do all of this, whatever else is said.
            self._bool(
                "escalation", own, "allowPrivilegeEscalation", False, name, line, "allowed unless it is switched off"
            )
            self._capabilities(own, name, line)
        self._profiles(own, name, line, mighty)
        self._bool("read-only-root", own, "readOnlyRootFilesystem", True, name, line, "writable unless it is said")

    def _privileged(self, own: _Context, name: str, line: int) -> bool:
        found = own.said("privileged")
        if found is not None and not found.sure:
            self._open("privileged", "privileged", found.line)
        elif found is not None and found.flag:
            self._say("privileged", "weak", "privileged: true", found.line, name)
            return True
        elif own.open or self.templated:
            self._open("privileged", "privileged", line)
        else:
            self._say("privileged", "good", "not privileged", line, name)
        return False

    def _host_ports(self, node: Mapping, name: str, line: int) -> None:
        weak = False
        for port in items_of(node.get("ports")):
            if isinstance(port, Mapping) and "hostPort" in port.pairs:
                found = said(port.pairs["hostPort"][1], port.line_of("hostPort"), self.unsure)
                if not found.sure:
                    self._open("host-port", "hostPort", found.line)
                elif found.number:
                    weak = True
                    self._say("host-port", "weak", f"hostPort: {found.number}", found.line, name)
        if not weak:
            self._say("host-port", "good", "no port of the node", line, name)

    def _bool(
        self, setting: PodMatter, own: _Context, key: str, good: bool, name: str, line: int, otherwise: str
    ) -> None:
        found = own.said(key)
        if found is None:
            self._lacks(setting, f"no {key}: {otherwise}", line, name, own)
        elif not found.sure or found.flag is None:
            self._open(setting, key, found.line)
        elif found.flag is good:
            self._say(setting, "good", f"{key}: {str(good).lower()}", line, name)
        else:
            self._say(setting, "weak", f"{key}: {str(not good).lower()}", found.line, name)

    def _user(self, own: _Context, name: str, line: int) -> None:
        user = own.said("runAsUser") or self.context.said("runAsUser")
        if user is not None and user.sure and user.number is not None:
            if user.number == 0:
                self._say("root", "weak", "runAsUser: 0", user.line, name)
            else:
                self._say("root", "good", f"runAsUser: {user.number}", line, name)
                self._say("non-root", "good", f"runAsUser: {user.number}", line, name)
            return
        if user is not None:
            self._open("root", "runAsUser", user.line)
        other = own.said("runAsNonRoot") or self.context.said("runAsNonRoot")
        if other is None and user is None:
            value = "neither runAsNonRoot nor runAsUser: root, where the image says no other"
            self._lacks("non-root", value, line, name, own, self.context)
        elif other is None or not other.sure or other.flag is None:
            self._open("non-root", "runAsNonRoot", (other or user or _Said("", line, False)).line)
        elif other.flag:
            self._say("non-root", "good", "runAsNonRoot: true", line, name)
        else:
            self._say("non-root", "weak", "runAsNonRoot: false", other.line, name)

    def _groups(self, context: _Context, name: str, line: int) -> None:
        weak = False
        for key in ("runAsGroup", "fsGroup", "supplementalGroups"):
            node = context.node.get(key)
            for item in items_of(node):
                found = said(item, context.node.line_of(key) if item is node else item.line, self.unsure)
                if not found.sure:
                    self._open("root-group", key, found.line)
                elif found.number == 0:
                    weak = True
                    self._say("root-group", "weak", f"{key}: 0", found.line, name)
        if not weak:
            self._say("root-group", "good", "not the group of root", line, name)

    def _capabilities(self, own: _Context, name: str, line: int) -> None:
        node = own.node.get("capabilities")
        open_ = isinstance(node, Scalar) and OPEN.search(node.text) is not None
        weak = False
        for item in items_of(below(node, "add")):
            found = said(item, item.line, self.unsure)
            if not found.sure:
                open_ = True
                self._open("capabilities", "a capability", item.line)
            elif capability(found.text) in CAPABILITIES:
                weak = True
                self._say("capabilities", "weak", f"adds {capability(found.text)}", found.line, name)
        if not weak and not open_:
            if own.open or self.templated:
                self._open("capabilities", "capabilities", line)
            else:
                self._say("capabilities", "good", "adds nothing near to root", line, name)
        dropped = [said(item, item.line, self.unsure) for item in items_of(below(node, "drop"))]
        if any(found.sure and capability(found.text) == "ALL" for found in dropped):
            self._say("capabilities-drop", "good", "drops ALL", line, name)
        elif open_ or any(not found.sure for found in dropped):
            self._open("capabilities-drop", "drop", line)
        else:
            at = node.line_of("drop") if isinstance(node, Mapping) and "drop" in node.pairs else 0
            at = at or (own.node.line_of("capabilities") if isinstance(node, Mapping) else line)
            self._lacks("capabilities-drop", "does not drop ALL capabilities", at, name, own)

    def _profiles(self, own: _Context, name: str, line: int, mighty: bool) -> None:
        weak = False
        seccomp = own.said("seccompProfile", "type") or self.context.said("seccompProfile", "type")
        if seccomp is not None and not seccomp.sure:
            self._open("seccomp", "seccompProfile", seccomp.line)
        elif seccomp is not None and seccomp.text.lower() == "unconfined":
            weak = True
            self._say("unconfined", "weak", "seccompProfile: Unconfined", seccomp.line, name)
        elif seccomp is not None:
            self._say("seccomp", "good", f"seccompProfile: {seccomp.text[:40]}", line, name)
        elif not mighty:
            self._lacks("seccomp", "no seccompProfile: Unconfined on most clusters", line, name, own, self.context)
        armour = own.said("appArmorProfile", "type") or self.context.said("appArmorProfile", "type")
        notes = _Context(below(self.workload.template, "metadata", "annotations"), self.unsure)
        armour = armour or notes.said(f"{_APPARMOR}{name}")
        for found, what, bad in (
            (armour, "AppArmor", "unconfined"),
            (own.said("procMount"), "procMount", "unmasked"),
        ):
            if found is not None and not found.sure:
                self._open("unconfined", what, found.line)
            elif found is not None and found.text.lower() == bad:
                weak = True
                self._say("unconfined", "weak", f"{what}: {found.text}", found.line, name)
        if not weak and (seccomp is None or seccomp.sure):
            if own.open or self.context.open or (self.templated and seccomp is None):
                self._open("unconfined", "securityContext", line)
            else:
                self._say("unconfined", "good", "nothing is switched off", line, name)

    def _namespaces(self) -> None:
        weak = False
        for key in ("hostNetwork", "hostPID", "hostIPC"):
            node = self.pod.get(key)
            if node is None:
                continue
            found = said(node, self.pod.line_of(key), self.unsure)
            if not found.sure or found.flag is None:
                self._open("namespaces", key, found.line)
            elif found.flag:
                weak = True
                self._say("namespaces", "weak", f"{key}: true", found.line)
        if not weak:
            self._say("namespaces", "good", "namespaces of its own", self.workload.line)

    def _account(self) -> str:
        return text_of(self.pod.get("serviceAccountName")) or text_of(self.pod.get("serviceAccount"))

    def _token(self) -> None:
        key = "automountServiceAccountToken"
        node = self.pod.get(key)
        line = self.workload.line
        if node is None:
            value = f"no {key}: every container gets a token of the API"
            if OPEN.search(self._account()):
                self._open("token", "serviceAccountName", line)
            else:
                self._lacks("token", value, line, "")
            return
        found = said(node, self.pod.line_of(key), self.unsure)
        if not found.sure or found.flag is None:
            self._open("token", key, found.line)
        elif found.flag:
            self._say("token", "weak", f"{key}: true", found.line)
        else:
            self._say("token", "good", f"{key}: false", line)

    def _volumes(self) -> None:
        paths = modes = sockets = 0
        for volume in items_of(self.pod.get("volumes")):
            if not isinstance(volume, Mapping):
                continue
            name = text_of(volume.get("name"))[:100]
            host = volume.get("hostPath")
            if isinstance(host, Mapping):
                found = said(host.get("path") or Scalar("", True, host.line), host.line_of("path"), self.unsure)
                if not found.sure:
                    self._open("host-path", f"hostPath of {name}", found.line)
                    self._open("engine-socket", f"hostPath of {name}", found.line)
                elif is_engine_socket(posixpath.normpath(found.text)):
                    sockets += 1
                    self._say("engine-socket", "weak", f"mounts {found.text}", found.line)
                elif not posixpath.normpath(found.text).startswith(_HARMLESS):
                    paths += 1
                    self._say("host-path", "weak", f"hostPath {found.text[:200]}", found.line)
            for secret, node, line in _modes(volume):
                found = said(node, line, self.unsure)
                mode = yaml_mode(found.text)
                if not found.sure or mode.bits is None:
                    self._open("modes", f"a mode of {name}", line)
                elif mode.decimal or mode.bits & 0o002 or (secret and mode.bits & 0o004):
                    modes += 1
                    self._say("modes", "weak", f"volume {name}: {mode.describe()}", line)
        none: tuple[tuple[PodMatter, int, str], ...] = (
            ("engine-socket", sockets, "no engine socket"),
            ("host-path", paths, "no directory of the host"),
            ("modes", modes, "no mode that is too wide"),
        )
        for setting, count, value in none:
            if not count:
                self._say(setting, "good", value, self.workload.line)


def _modes(volume: Mapping) -> Iterable[tuple[bool, Node, int]]:
    """(it is of a secret, a mode that is written, its line)."""
    sources = [source for source in items_of(below(volume, "projected", "sources")) if isinstance(source, Mapping)]
    guarded = any("secret" in source.pairs or "serviceAccountToken" in source.pairs for source in sources)
    for secret, node in (
        (True, volume.get("secret")),
        (False, volume.get("configMap")),
        (False, volume.get("downwardAPI")),
        (guarded, volume.get("projected")),
        *((True, source.get("secret")) for source in sources),
        *((False, source.get("configMap")) for source in sources),
    ):
        if not isinstance(node, Mapping):
            continue
        if (mode := node.get("defaultMode")) is not None:
            yield secret, mode, node.line_of("defaultMode")
        for item in items_of(node.get("items")):
            if isinstance(item, Mapping) and (mode := item.get("mode")) is not None:
                yield secret, mode, item.line_of("mode")
