"""Objects of the Kubernetes API in YAML or JSON: which there are, and where each has its pod. Source: the API, v1."""

from collections.abc import Iterator
from typing import NamedTuple

from hardencheck.collect.extract._yaml import Mapping, Node, below, items_of, text_of

POD_PATHS: dict[str, tuple[str, ...]] = {
    "Pod": ("spec",),
    "PodTemplate": ("template", "spec"),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    "ScaledJob": ("spec", "jobTargetRef", "template", "spec"),
}
_TEMPLATE = ("spec", "template", "spec")
WORKLOADS = frozenset({
    "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob", "Pod", "Service",
    "Rollout", "DeploymentConfig", "ScaledJob", "Configuration", "PodTemplate",
})  # fmt: skip
_LISTS = frozenset({"List", "Template", "DeploymentList"})
_DEPTH = 3


class Workload(NamedTuple):
    """pod: its spec. line: of the key that holds it. template: what the pod is made from, with its metadata. namespace:
    "" where none is written."""

    kind: str
    name: str
    pod: Mapping
    line: int
    template: Mapping
    namespace: str = ""

    @property
    def job(self) -> bool:
        return self.kind in {"Job", "CronJob", "ScaledJob"}


def objects(document: Node, depth: int = 0) -> Iterator[Mapping]:
    """The objects of one document; lists of them are opened."""
    if not isinstance(document, Mapping):
        return
    if text_of(document.get("kind")) in _LISTS and depth < _DEPTH:
        for key in ("items", "objects"):
            for item in items_of(document.get(key)):
                yield from objects(item, depth + 1)
    else:
        yield document


def workload_of(document: Mapping) -> Workload | None:
    """The pod that an object runs, however deep it stands; None for an object that runs none."""
    kind = text_of(document.get("kind"))
    if kind not in WORKLOADS:
        return None
    *above, last = POD_PATHS.get(kind, _TEMPLATE)
    holder = below(document, *above)
    pod = holder.get(last) if isinstance(holder, Mapping) else None
    if not isinstance(holder, Mapping) or not isinstance(pod, Mapping):
        return None
    space = text_of(below(document, "metadata", "namespace"))[:253]
    return Workload(kind, name_of(document), pod, holder.line_of(last), holder, space)


def name_of(document: Mapping) -> str:
    return text_of(below(document, "metadata", "name"))[:253]
