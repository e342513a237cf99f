"""Pods of Kubernetes objects: who their containers run as, and what they may do on the node."""

import re
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._environment_facts import role_of
from hardencheck.collect.extract._kubernetes import Workload, name_of, objects, workload_of
from hardencheck.collect.extract._kubernetes_pod import Pod
from hardencheck.collect.extract._kustomize import Part, is_kustomization, is_patch, operations, parts_of
from hardencheck.collect.extract._templates import without_ending
from hardencheck.collect.extract._yaml import Mapping, Node, Scalar, Sequence, below, flag_of, items_of, text_of
from hardencheck.collect.extract._yaml_templates import Document, read
from hardencheck.lazily import compiled
from hardencheck.model.facts.orchestration import ClusterRole, KubernetesSetting, PodStatement, ServiceAccount
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

MAX_BYTES = 2 * 1024 * 1024
MAX_FACTS = 20_000  # of one file
_ENDINGS = (".yml", ".yaml")
# JSON is anything: what cannot be read of it is a loss to this only where its path speaks of such objects.
_JSON = compiled(
    r"k8s|kube|deploy|manifest|helm|openshift|pod|job|workload|cluster|infra|\bops\b|service|stateful|daemon"
)
# An object begins at the margin, or the file is JSON. What only speaks of one (prose, recorded answers) is indented.
_PATCH = compiled(rb"[\"']?path[\"']?[ \t]*:[ \t]*[\"']?/spec/")
_KEYS = (
    compiled(rb"^[\"']?apiVersion[\"']?[ \t]*:|\A\s*[{\[][\s\S]*?\"apiVersion\"\s*:", re.MULTILINE),
    compiled(rb"^[\"']?kind[\"']?[ \t]*:|\"kind\"\s*:", re.MULTILINE),
)
# Values of a chart, and what in them becomes part of a pod.
_VALUES = compiled(r"(?:.*[._-])?values(?:[._-].*)?\.ya?ml")
_CONTEXT = compiled(rb"ecurityContext|host(?:Network|PID|IPC)\b")
_CONTEXTS = compiled(r".*[sS]ecurityContext")
_HOST_KEYS = ("hostNetwork", "hostPID", "hostIPC")
_ACCOUNT_KINDS = frozenset({"RoleBinding", "ClusterRoleBinding"})


class KubernetesPods(Extractor):
    """Whatever has apiVersion and kind, several documents in one file, lists, templates as far as they can be read."""

    name = "kubernetes.pods"
    version = 4
    emits = (PodStatement, ServiceAccount, ClusterRole, KubernetesSetting)

    def wants(self, path: str, mode: int, size: int) -> bool:
        name = without_ending(path)
        return name.endswith(_ENDINGS) or (name.endswith(".json") and _JSON.search(name) is not None)

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        data = data.removeprefix(b"\xef\xbb\xbf")
        if _VALUES.fullmatch(without_ending(path).rpartition("/")[2]) and _CONTEXT.search(data):
            yield from _values(path, data)
            return
        kustomizes = without_ending(path).rpartition("/")[2].startswith("kustomization")
        if not kustomizes and not all(pattern.search(data) for pattern in _KEYS) and _PATCH.search(data) is None:
            return
        if len(data) > MAX_BYTES:
            raise Unreadable(f"{len(data)} bytes, more than is read of such a file", reason=Reason.TOO_LARGE)
        try:
            found = read(data)
        except Unreadable as error:
            # What an overlay for development says does not matter, also where it cannot be read.
            here = Location(path=path, line=error.line)
            yield Gap(
                kinds=self.kinds(),
                collector=self.name,
                reason=error.reason,
                detail=error.detail,
                location=here,
                about={"role": role_of(path)},
            )
            return
        count = 0
        for document in found:
            for fact in _read(path, document):
                count += 1
                if count > MAX_FACTS:
                    raise Unreadable(f"more than {MAX_FACTS} statements", reason=Reason.BUDGET)
                yield fact


def _read(path: str, document: Document) -> Iterator[Found]:
    node = document.node
    if is_kustomization(path, node) and isinstance(node, Mapping):
        yield from _patches(path, parts_of(node), document)
    elif is_patch(node) and isinstance(node, Sequence):
        yield from _patches(path, operations(node), document)
    else:
        for item in objects(node):
            yield from _facts(path, item, document.unsure, document.templated)


def _patches(path: str, parts: Iterable[Part], document: Document) -> Iterator[Found]:
    role = role_of(path)
    for part in parts:
        if part.open:
            named = f"{text_of(part.node.get('kind'))}/{name_of(part.node)}" if part.node.pairs else ""
            yield _gap(
                path, part.line, f"{named}: {part.open}".removeprefix(": "), Reason.NOT_SUPPORTED, {"role": role}
            )
        elif (workload := workload_of(part.node)) is not None:
            made = Pod(path, role, workload, unsure=document.unsure, templated=document.templated, part="surely")
            yield from made.found()
            yield from _gaps(path, role, workload, made, document.templated)


def _facts(path: str, item: Mapping, unsure: frozenset[int], templated: bool) -> Iterator[Found]:
    role = role_of(path)
    kind = text_of(item.get("kind"))
    if kind == "ServiceAccount" or kind in _ACCOUNT_KINDS:
        yield from _accounts(path, item, kind, role)
    workload = workload_of(item)
    if workload is None:
        return
    pod = Pod(path, role, workload, unsure=unsure, templated=templated, part=_part(item, workload))
    yield from pod.found()
    yield from _gaps(path, role, workload, pod, templated)


def _values(path: str, data: bytes) -> Iterator[Found]:
    """What values of a chart say of security contexts. They lack nothing: templates may say the rest."""
    try:
        found = read(data)
    except Unreadable:
        return  # no YAML is no chart's
    role = role_of(path)
    for document in found:
        waiting: list[tuple[Node, str]] = [(document.node, "values")]  # as many as the parser lets through
        while waiting:
            node, named = waiting.pop()
            if not isinstance(node, Mapping):
                continue
            contexts = Sequence([], node.line)
            pod: dict[str, tuple[int, Node]] = {key: node.pairs[key] for key in _HOST_KEYS if key in node.pairs}
            for key, (line, value) in node.pairs.items():
                if _CONTEXTS.fullmatch(key) and isinstance(value, Mapping):
                    one = Mapping({"name": (line, Scalar(key, True, line)), "securityContext": (line, value)}, line)
                    contexts.items.append(one)
                else:
                    waiting.append((value, f"{named}.{key}"[:200]))
            if contexts.items:
                pod["containers"] = (node.line, contexts)
            if pod:
                workload = Workload("chart", named, Mapping(pod, node.line), node.line, node)
                made = Pod(path, role, workload, unsure=document.unsure, templated=document.templated, part="surely")
                yield from made.found()


def _gaps(path: str, role: str, workload: Workload, pod: Pod, templated: bool) -> Iterator[Gap]:
    """One for what a template leaves open in an object, one for each setting that a variable gives."""
    shown = f"{workload.kind}/{workload.name}"
    about = {"role": role, "workload": shown}
    if templated and (pod.unknown or not pod.contained):
        what = ", ".join(dict.fromkeys(setting for setting, _, _ in pod.unknown)) if pod.contained else "its containers"
        yield _gap(path, workload.line, f"{shown}: a template decides on {what}", Reason.TEMPLATED, about)
    elif not templated:
        for setting, detail, line in dict.fromkeys(pod.unknown):
            yield _gap(path, line, f"{shown}: {detail}", Reason.TEMPLATED, {**about, "setting": setting})


def _gap(path: str, line: int, detail: str, reason: Reason, about: dict[str, str]) -> Gap:
    return Gap(
        kinds=(KubernetesSetting.kind(),),
        collector=KubernetesPods.name,
        reason=reason,
        detail=detail[:300],
        location=Location(path=path, line=line),
        about={**about},
    )


def _part(item: Mapping, workload: Workload) -> str:
    """Whether an object is a part that kustomize puts over another: "surely" without an image; "perhaps" without what
    the API asks of a whole one."""
    containers = [one for one in items_of(workload.pod.get("containers")) if isinstance(one, Mapping)]
    if not containers or any("image" not in one.pairs for one in containers):
        return "surely"
    whole = workload.kind == "Pod" or below(item, "spec", "selector") or below(workload.template, "metadata", "labels")
    return "" if whole or workload.job else "perhaps"


def _accounts(path: str, item: Mapping, kind: str, role: str) -> Iterator[Found]:
    def account(space: Node | None, name: str, line: int, automount: bool | None, bound: bool) -> ServiceAccount:
        return ServiceAccount(
            location=Location(path=path, line=line),
            namespace=text_of(space)[:253],
            name=name,
            automount=automount,
            bound=bound,
            role=role,
        )

    if kind == "ServiceAccount":
        automount = flag_of(text_of(item.get("automountServiceAccountToken")))
        space = below(item, "metadata", "namespace")
        yield account(space, name_of(item), item.line_of("automountServiceAccountToken"), automount, False)
        return
    subjects = [subject for subject in items_of(item.get("subjects")) if isinstance(subject, Mapping)]
    for subject in subjects:
        if text_of(subject.get("kind")) == "ServiceAccount":
            yield account(subject.get("namespace"), text_of(subject.get("name"))[:253], subject.line, None, True)
    reference = item.get("roleRef")
    if isinstance(reference, Mapping) and "name" in reference.pairs:
        granted = text_of(reference.get("name"))[:253]
        yield ClusterRole(
            location=Location(path=path, line=reference.line_of("name")),
            binding=f"{kind}/{name_of(item)}",
            granted=granted,
            every=granted == "cluster-admin",
            to=", ".join(text_of(subject.get("name")) for subject in subjects)[:300],
            role=role,
        )
