"""Files that set up machines and are read in part or not at all, which is said.

Sources: cloud-init, "Cloud config examples" (users); podman-systemd.unit(5); Terraform, providers of AWS and Docker.
"""

import re
from collections.abc import Iterable

from hardencheck.collect.contract import Extractor, Found
from hardencheck.collect.extract._python import role
from hardencheck.collect.extract._script_lines import passwordless
from hardencheck.collect.extract._templates import without_ending
from hardencheck.lazily import compiled
from hardencheck.model.facts.builds import PasswordlessSudo
from hardencheck.model.facts.container import ComposeSetting
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

MAX_BYTES = 1_000_000
_CLOUD = compiled(rb"\A(?:\xef\xbb\xbf)?(?:\s|##[^\n]{0,200}\n){0,50}#cloud-config\b")
_QUADLET = compiled(rb"^\[(?:Container|Pod)\]", re.MULTILINE)
_TASKS = compiled(rb"\bcontainer_definitions\s{0,20}=|\bresource\s{1,9}\"(?:docker_container|kubernetes_\w{1,60})\"")
_UNREAD = {
    ".container": (_QUADLET, "a container of Podman's quadlets is not read: what it may do on the host is not known"),
    ".pod": (_QUADLET, "a pod of Podman's quadlets is not read: what it may do on the host is not known"),
    ".tf": (_TASKS, "containers that Terraform starts are not read: what they may do on the host is not known"),
}


class Machines(Extractor):
    """Users of cloud-init that may do everything; containers of which nothing is read."""

    name = "machines.files"
    emits = (PasswordlessSudo, ComposeSetting)

    def wants(self, path: str, mode: int, size: int) -> bool:
        name = without_ending(path).rpartition("/")[2]
        ends = (".yml", ".yaml", ".cfg", ".cloud", *_UNREAD)
        return size <= MAX_BYTES and (name.endswith(ends) or name in {"user-data", "userdata"})

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        what_for = role(path)
        ending = without_ending(path).rpartition(".")[2]
        looks, says = _UNREAD.get(f".{ending}", (None, ""))
        match = looks.search(data) if looks is not None else None
        if match is not None:
            yield Gap(
                kinds=(ComposeSetting.kind(),),
                collector=self.name,
                reason=Reason.NOT_SUPPORTED,
                detail=says,
                location=Location(path=path, line=data.count(b"\n", 0, match.start()) + 1),
                about={"role": what_for},
            )
        if b"NOPASSWD" in data and _CLOUD.search(data) is not None:
            text = data.decode("utf-8-sig", "replace")
            for everything, offset in passwordless(text):
                where = Location(path=path, line=text.count("\n", 0, offset) + 1)
                yield PasswordlessSudo(location=where, place="cloud-init", everything=everything, role=what_for)
