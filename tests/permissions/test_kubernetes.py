"""Kubernetes objects: who says what, at which line, and what a template, an overlay or a broken file leaves open."""

import json
from textwrap import indent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardencheck.collect.extract._privileges import yaml_mode
from hardencheck.collect.extract.kubernetes import KubernetesPods
from hardencheck.collect.extraction import extract_file
from hardencheck.collect.resolve.kubernetes import KubernetesSettings
from hardencheck.model.facts.orchestration import KubernetesSetting, PodStatement
from hardencheck.model.gap import FactSet, Gap, Reason

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n"
ONE = "  containers:\n  - name: a\n    image: x\n"


def read(text: str | bytes, path: str = "k8s/web.yaml") -> list[object]:
    data = text if isinstance(text, bytes) else text.encode()
    return list(extract_file([KubernetesPods()], path, 0o100644, data))


def settle(*files: tuple[str, str]) -> list[object]:
    found = [item for path, text in files for item in read(text, path)]
    facts = tuple(item for item in found if not isinstance(item, Gap))
    gaps = tuple(item for item in found if isinstance(item, Gap))
    return list(KubernetesSettings().resolve(FactSet(facts=facts, gaps=gaps), None))  # type: ignore[arg-type]


def weak(text: str) -> list[tuple[int | None, str, str]]:
    """What is said that is weak; what is only lacking left out."""
    return [
        (fact.location.line, fact.setting, fact.value)
        for fact in read(text)
        if isinstance(fact, PodStatement) and fact.state == "weak"
    ]


def lacking(text: str) -> list[tuple[int | None, str, str]]:
    return [
        (fact.location.line, fact.container, fact.setting)
        for fact in read(text)
        if isinstance(fact, PodStatement) and fact.state == "lacks"
    ]


def test_what_a_bare_pod_lacks() -> None:
    assert lacking(POD + ONE) == [
        (4, "", "token"),
        (6, "a", "non-root"),
        (6, "a", "escalation"),
        (6, "a", "capabilities-drop"),
        (6, "a", "seccomp"),
        (6, "a", "read-only-root"),
    ]
    assert weak(POD + ONE) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "  hostNetwork: true\n  hostPID: true\n",
            [(5, "namespaces", "hostNetwork: true"), (6, "namespaces", "hostPID: true")],
        ),
        ("  automountServiceAccountToken: true\n", [(5, "token", "automountServiceAccountToken: true")]),
        (
            "  securityContext:\n    runAsUser: 0\n    fsGroup: 0\n",
            [(7, "root-group", "fsGroup: 0"), (6, "root", "runAsUser: 0")],
        ),
        ("  securityContext: {supplementalGroups: [5, 0]}\n", [(5, "root-group", "supplementalGroups: 0")]),
        (
            "  volumes:\n  - name: d\n    hostPath:\n      path: /run/docker.sock/\n",
            [(8, "engine-socket", "mounts /run/docker.sock/")],
        ),
        ("  volumes: [{name: e, hostPath: {path: /etc}}]\n", [(5, "host-path", "hostPath /etc")]),
        ("  volumes: [{name: e, hostPath: {path: /etc/localtime}}]\n", []),
        ("  volumes: [{name: s, secret: {defaultMode: 0777}}]\n", [(5, "modes", "volume s: mode 0777")]),
        ("  volumes: [{name: s, secret: {defaultMode: 420}}]\n", [(5, "modes", "volume s: mode 420: 0644")]),
        ("  volumes: [{name: s, configMap: {defaultMode: 420}}]\n", []),
        ("  volumes: [{name: s, configMap: {defaultMode: 511}}]\n", [(5, "modes", "volume s: mode 511: 0777")]),
        (
            "  volumes: [{name: s, configMap: {items: [{key: a, path: a, mode: 644}]}}]\n",
            [(5, "modes", "volume s: mode 644 is decimal: 1204")],
        ),
        ("  volumes: [{name: s, projected: {defaultMode: 0644, sources: [{configMap: {name: a}}]}}]\n", []),
        (
            "  volumes: [{name: s, projected: {defaultMode: 0644, sources: [{serviceAccountToken: {path: a}}]}}]\n",
            [(5, "modes", "volume s: mode 0644")],
        ),
    ],
)  # fmt: skip
def test_what_a_pod_says(text: str, found: list[tuple[int, str, str]]) -> None:
    assert weak(POD + text + ONE) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("privileged: true", [(8, "privileged", "privileged: true")]),
        ("privileged: on", [(8, "privileged", "privileged: true")]),
        ("allowPrivilegeEscalation: true", [(8, "escalation", "allowPrivilegeEscalation: true")]),
        ("runAsUser: 0", [(8, "root", "runAsUser: 0")]),
        ("runAsUser: 00", [(8, "root", "runAsUser: 0")]),
        ("runAsNonRoot: false", [(8, "non-root", "runAsNonRoot: false")]),
        ("readOnlyRootFilesystem: false", [(8, "read-only-root", "readOnlyRootFilesystem: false")]),
        ("capabilities: {add: [cap_sys_admin, CHOWN]}", [(8, "capabilities", "adds SYS_ADMIN")]),
        ("seccompProfile: {type: Unconfined}", [(8, "unconfined", "seccompProfile: Unconfined")]),
        ("appArmorProfile: {type: Unconfined}", [(8, "unconfined", "AppArmor: Unconfined")]),
        ("procMount: Unmasked", [(8, "unconfined", "procMount: Unmasked")]),
    ],
)
def test_what_a_container_says(text: str, found: list[tuple[int, str, str]]) -> None:
    assert weak(f"{POD}{ONE}    securityContext: {{{text}}}\n") == found


def test_the_container_goes_before_its_pod() -> None:
    text = (
        POD
        + "  securityContext: {runAsUser: 0, seccompProfile: {type: Unconfined}}\n"
        + ONE
        + "    securityContext: {runAsUser: 7, seccompProfile: {type: RuntimeDefault}}\n"
        + "  - name: b\n    image: x\n  - name: c\n    image: x\n"
    )
    facts = [fact for fact in read(text) if isinstance(fact, PodStatement) and fact.state == "weak"]
    assert [(fact.location.line, fact.container, fact.setting) for fact in facts] == [
        (5, "b, c", "root"),
        (5, "b, c", "unconfined"),
    ]


def test_a_privileged_container_is_said_to_be_that_and_not_all_it_implies() -> None:
    text = f"{POD}{ONE}    securityContext: {{privileged: true, runAsUser: 7, readOnlyRootFilesystem: true}}\n"
    assert (weak(text), lacking(text)) == ([(8, "privileged", "privileged: true")], [(4, "", "token")])


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("Deployment", "spec: {template: {spec: %s}}"),
        ("StatefulSet", "spec: {template: {spec: %s}}"),
        ("DaemonSet", "spec: {template: {spec: %s}}"),
        ("ReplicaSet", "spec: {template: {spec: %s}}"),
        ("Job", "spec: {template: {spec: %s}}"),
        ("CronJob", "spec: {jobTemplate: {spec: {template: {spec: %s}}}}"),
        ("PodTemplate", "template: {spec: %s}"),
        ("Pod", "spec: %s"),
    ],
)
@pytest.mark.parametrize("where", ["containers", "initContainers", "ephemeralContainers"])
def test_every_kind_and_every_list_of_containers(kind: str, spec: str, where: str) -> None:
    bad = f"{where}: [{{name: a, image: x, securityContext: {{privileged: true}}}}]"
    pod = "{" + bad + ("" if where == "containers" else ", containers: [{name: z, image: x}]") + "}"
    assert weak(f"apiVersion: apps/v1\nkind: {kind}\n" + spec % pod + "\n") == [(3, "privileged", "privileged: true")]


def test_several_documents_lists_json_and_ends_of_lines() -> None:
    bad = f"{POD}  hostIPC: true\n{ONE}"
    assert weak(f"a: 1\n---\n{bad}---\n{bad}") == [
        (7, "namespaces", "hostIPC: true"),
        (16, "namespaces", "hostIPC: true"),
    ]
    listed = (
        "apiVersion: v1\nkind: List\nitems:\n- kind: Pod\n  spec: {hostIPC: true, containers: [{name: a, image: b}]}\n"
    )
    assert weak(listed) == [(5, "namespaces", "hostIPC: true")]
    pod = {"spec": {"hostPID": True, "containers": [{"name": "a", "image": "b"}]}, "kind": "Pod", "apiVersion": "v1"}
    made = [fact for fact in read(json.dumps(pod, indent=1), "pod.json") if isinstance(fact, PodStatement)]
    assert [fact.location.line for fact in made if fact.state == "weak"] == [3]
    windows = b"\xef\xbb\xbf" + bad.replace("\n", "\r\n").encode()
    assert [
        fact.location.line for fact in read(windows) if isinstance(fact, PodStatement) and fact.state == "weak"
    ] == [5]


def test_a_merge_key_and_an_anchor() -> None:
    text = f"x: &c {{privileged: true}}\n{POD}{ONE}    securityContext: {{<<: *c}}\n"
    assert weak(text) == [(1, "privileged", "privileged: true")]


def test_what_is_not_an_object_says_nothing() -> None:
    for text in (
        "services: {web: {privileged: true}}\n",
        "kind: Pod\nspec: {hostPID: true}\n",
        f"- name: apply\n  k8s:\n    definition:\n      {POD}".replace("\n", "\n      "),
        "apiVersion: v1\nkind: Service\nspec: {ports: [{port: 80}]}\n",
        "apiVersion: v1\nkind: Deployment\nspec: {template: [1]}\n",
        '{"apiVersion": 1}',
    ):
        assert read(text) == [], text


def test_roles_and_names() -> None:
    wants = KubernetesPods().wants
    assert [wants(name, 0, 1) for name in ("a.yaml", "a.yml.j2", "k8s/a.json", "a.yaml.tmpl", "a.json", "a.md")] == [
        True, True, True, True, False, False,
    ]  # fmt: skip
    for path, role in (
        ("k8s/overlays/staging/web.yaml", "development"),
        ("tests/k8s/web.yaml", "development"),
        ("docs/k8s/web.yaml", "example"),
        ("deploy/web.yaml", "production"),
    ):
        assert {fact.role for fact in read(POD + ONE, path) if isinstance(fact, PodStatement)} == {role}


HELM = """{{- if .Values.enabled }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "x.name" . }}
spec:
  selector: {}
  template:
    spec:
      {{- with .Values.podSecurityContext }}
      securityContext:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      hostNetwork: true
      {{- if .Values.debug }}
      hostPID: true
      {{- end }}
      containers:
        - name: web
          image: "{{ .Values.image }}"
          securityContext:
            readOnlyRootFilesystem: true
            runAsUser: {{ .Values.uid }}
{{- end }}
"""


def test_of_a_chart_what_stands_there_is_read_and_the_rest_is_a_gap() -> None:
    found = read(HELM, "chart/templates/web.yaml")
    assert [fact.value for fact in found if isinstance(fact, PodStatement) and fact.state == "weak"] == [
        "hostNetwork: true"
    ]
    assert not [fact for fact in found if isinstance(fact, PodStatement) and fact.state == "lacks"]
    (gap,) = [item for item in found if isinstance(item, Gap)]
    assert gap.kinds == (KubernetesSetting.kind(),)
    assert (gap.reason, gap.about) == (Reason.TEMPLATED, {"role": "production", "workload": "Deployment/"} | gap.about)
    for setting in ("namespaces", "token", "privileged", "root", "escalation", "seccomp"):
        assert setting in gap.detail
    assert "read-only-root" not in gap.detail


VALUES = """replicas: 2
hostNetwork: true
podSecurityContext:
  fsGroup: 0
web:
  securityContext:
    runAsUser: 0
    capabilities:
      add: [SYS_ADMIN]
  image: {tag: x}
worker:
  containerSecurityContext: {allowPrivilegeEscalation: true, readOnlyRootFilesystem: false}
  list: [{securityContext: {privileged: true}}]
securityContext: {}
"""


def test_what_values_of_a_chart_give_its_pods() -> None:
    said = [
        (fact.location.line, fact.setting)
        for fact in read(VALUES, "chart/values.yaml")
        if isinstance(fact, PodStatement) and fact.state == "weak"
    ]
    assert sorted(said) == [
        (2, "namespaces"),
        (4, "root-group"),
        (7, "root"),
        (9, "capabilities"),
        (12, "escalation"),
        (12, "read-only-root"),
    ]
    assert not [item for item in read(VALUES, "chart/values.yaml") if getattr(item, "state", "") == "lacks"]
    assert {item.role for item in read(VALUES, "chart/values-dev.yaml") if isinstance(item, PodStatement)} == {
        "development"
    }
    assert read(VALUES, "chart/other.yaml") == []
    deep = "".join(f"{'  ' * at}a{at}:\n" for at in range(20)) + f"{'  ' * 20}securityContext: {{privileged: true}}\n"
    (privileged,) = [item for item in read(deep, "values.yaml") if getattr(item, "state", "") == "weak"]
    assert isinstance(privileged, PodStatement) and privileged.location.line == 21
    assert read("securityContext: [", "chart/values.yaml") == []


def test_a_variable_is_a_gap_for_its_setting_alone() -> None:
    found = read(f"{POD}{ONE}    securityContext: {{runAsUser: $APP_UID}}\n")
    assert [item.about.get("setting") for item in found if isinstance(item, Gap)] == ["root", "non-root"]


def test_a_template_in_another_object_of_the_file_is_none_of_this_one() -> None:
    text = f"apiVersion: v1\nkind: ConfigMap\ndata: {{a: 'x {{{{ y }}}}'}}\n---\n{POD}{ONE}"
    assert len(lacking(text)) == 6


HEAD = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\nspec:\n"
INSIDE = "    spec:\n      containers:\n      - name: a\n"
BASE = f"{HEAD}  selector: {{}}\n  template:\n    metadata: {{labels: {{a: b}}}}\n{INSIDE}        image: x\n"
PATCH = f"{HEAD}  template:\n{INSIDE}"


@pytest.mark.parametrize("image", ["", "        image: y\n"])
def test_a_part_says_and_lacks_nothing_of_its_own(image: str) -> None:
    patch = f"{PATCH}{image}        securityContext: {{readOnlyRootFilesystem: true, privileged: true}}\n"
    found = settle(("base/w.yaml", BASE), ("prod/w.yaml", patch))
    (gap,) = [item for item in found if isinstance(item, Gap)]
    assert gap.about == {"role": "production", "workload": "Deployment/w", "setting": "read-only-root"}
    assert "prod/w.yaml" in gap.detail
    weak = [(str(fact.location), fact.setting) for fact in found if isinstance(fact, KubernetesSetting) and fact.weak]
    assert ("prod/w.yaml:" + str(patch.count("\n")), "privileged") in weak
    assert {place.partition(":")[0] for place, setting in weak if setting != "privileged"} == {"base/w.yaml"}


def test_a_whole_object_without_a_selector_is_judged_where_there_is_no_other() -> None:
    found = settle(("w.yaml", f"{PATCH}        image: y\n"))
    assert len([fact for fact in found if isinstance(fact, KubernetesSetting) and fact.weak]) == 6


@pytest.mark.parametrize(
    "text",
    [
        "  hostPID: true\n" + ONE,
        "  securityContext: {fsGroup: 0, runAsUser: 0, seccompProfile: {type: Unconfined}}\n" + ONE,
        "  volumes:\n  - {name: a, hostPath: {path: /etc}}\n  - {name: b, hostPath: {path: /run/docker.sock}}\n" + ONE,
        "  volumes:\n  - {name: a, secret: {defaultMode: 0777}}\n" + ONE,
        ONE + "    ports: [{hostPort: 80}, {containerPort: 81}]\n",
        ONE + "    securityContext: {procMount: Unmasked, capabilities: {add: [BPF]}}\n",
        ONE + "    securityContext: {privileged: true, runAsGroup: 0, allowPrivilegeEscalation: true}\n",
    ],
)
def test_what_is_weak_is_not_said_to_be_good_as_well(text: str) -> None:
    stated = [item for item in read(POD + text) if isinstance(item, PodStatement)]
    bad, good = ({item.setting for item in stated if item.state == state} for state in ("weak", "good"))
    assert bad
    # Two kinds of volumes may stand beside each other, and a container's group beside the pod's.
    assert not bad & good - {"root-group"}


def test_where_capabilities_are_not_dropped() -> None:
    for context, line in (
        ("", 6),
        ("    securityContext:\n      runAsUser: 5\n", 6),
        ("    securityContext:\n      runAsUser: 5\n      capabilities:\n        add: [CHOWN]\n", 10),
        ("    securityContext:\n      capabilities:\n        add: [CHOWN]\n        drop: [MKNOD]\n", 11),
    ):
        assert (line, "a", "capabilities-drop") in lacking(POD + ONE + context), context


PATCHED = "resources: [../base]\npatches:\n- target: {kind: Deployment, name: web}\n  patch: |-\n"
WHOLE = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {}\n  template:\n    spec:\n"
    "      containers:\n      - name: a\n        image: x\n"
)


def patched(*operations: str) -> str:
    return PATCHED + "".join(f"    - {{{operation}}}\n" for operation in operations)


def settings_of(*files: tuple[str, str]) -> list[tuple[str, str, bool]]:
    return [
        (f"{item.location}", item.setting, item.weak) for item in settle(*files) if isinstance(item, KubernetesSetting)
    ]


def test_patches_that_stand_in_a_kustomization() -> None:
    text = patched(
        "op: add, path: /spec/template/spec/hostNetwork, value: true",
        "op: replace, path: /spec/template/spec/containers/1/securityContext/privileged, value: true",
        "op: add, path: /spec/template/spec/containers/0/securityContext/capabilities/add/-, value: SYS_ADMIN",
        "op: add, path: /spec/replicas, value: 3",
        "op: test, path: /spec/template/spec/hostPID, value: true",
    )
    stated = [item for item in read(text, "prod/kustomization.yaml") if isinstance(item, PodStatement)]
    assert [
        (item.location.line, item.workload, item.container, item.setting) for item in stated if item.state == "weak"
    ] == [
        (5, "Deployment/web", "", "namespaces"),
        (6, "Deployment/web", "#1", "privileged"),
        (7, "Deployment/web", "#0", "capabilities"),
    ]
    assert {item.part for item in stated} == {"surely"} and "lacks" not in {item.state for item in stated}
    over = indent(WHOLE.replace("image: x", "securityContext: {privileged: true}"), "  ")
    merged = f"patchesStrategicMerge:\n- web.yaml\n- |\n{over}"
    (found,) = [
        item for item in read(merged, "kustomization.yml") if isinstance(item, PodStatement) and item.state == "weak"
    ]
    assert (found.location.line, found.workload, found.container) == (13, "Deployment/web", "a")


def test_patches_of_a_file_of_their_own() -> None:
    for text in (
        "- op: add\n  path: /spec/jobTemplate/spec/template/spec/hostPID\n  value: true\n",
        '[{"op": "add",\n"path": "/spec/template/spec/hostPID",\n"value": true}]\n',
        "- {op: add, path: /spec/a~1x, value: 1}\n\n- {op: add, path: /spec/template/spec/hostPID, value: true}\n",
    ):
        (found,) = [item for item in read(text) if isinstance(item, PodStatement) and item.state == "weak"]
        assert (found.location.line, found.workload[-2:], found.setting) == (3, "/*", "namespaces")
    assert read("- op: add\n  path: /metadata/labels\n  value: {path: /spec/x}\n") == []


def test_what_a_patch_says_its_object_may_not_lack() -> None:
    good = "op: add, path: /spec/template/spec/containers/0/securityContext, value: {readOnlyRootFilesystem: true}"
    base, at = ("base/web.yaml", WHOLE), ("base/web.yaml:9", "read-only-root", True)
    assert at in settings_of(base)
    for path in ("prod/kustomization.yaml", "prod/patch.yaml"):
        text = patched(good) if "kust" in path else f"- {{{good}}}\n"
        assert at not in settings_of(base, (path, text)), path
        gaps = [item for item in settle(base, (path, text)) if isinstance(item, Gap)]
        assert [(str(gap.location), gap.about["setting"]) for gap in gaps] == [("base/web.yaml:9", "read-only-root")]
    # One for development says nothing of production, nor does one for another object.
    assert at in settings_of(base, ("overlays/dev/kustomization.yaml", patched(good)))
    assert at in settings_of(base, ("prod/kustomization.yaml", patched(good).replace("name: web", "name: other")))
    assert at not in settings_of(base, ("prod/kustomization.yaml", patched(good).replace("name: web", "name: w.*")))


def test_patches_that_leave_it_open() -> None:
    def open_(text: str) -> list[tuple[int | None, str]]:
        found = read(text, "prod/kustomization.yaml")
        return [(item.location.line, item.detail) for item in found if isinstance(item, Gap)]

    away = "op: remove, path: /spec/template/spec/securityContext"
    assert open_(patched(away)) == [(5, f"Deployment/web: a patch: {away.replace('op: ', '').replace(', path:', '')}")]
    assert open_(patched("op: remove, path: /spec/replicas", "op: add, path: /spec/paused")) == []
    assert [line for line, _ in open_(PATCHED + "    - {op: add\n    - x: [\n")] == [4]
    assert len(open_("patches:\n" + "- {patch: '[]'}\n" * 600)) == 1


def test_a_template_that_decides_on_the_containers() -> None:
    text = WHOLE.replace("      - name: a\n        image: x\n", '        {{- include "all" . | nindent 8 }}\n')
    (gap,) = [item for item in read(text, "chart/templates/web.yaml") if isinstance(item, Gap)]
    assert (gap.location.line, gap.reason) == (7, Reason.TEMPLATED) and gap.detail.endswith("decides on its containers")


JSON = st.recursive(
    st.sampled_from(
        ["/spec/template/spec/containers/0", "/spec/-/0/~1", "/" * 90, "add", "remove", "", "x\ny", "- op: add"]
    )
    | st.integers(0, 9)
    | st.none(),
    lambda node: (
        st.lists(node, max_size=4)
        | st.dictionaries(st.sampled_from(["op", "path", "value", "patch", "target", "kind", "name"]), node, max_size=5)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_no_patch_breaks_it(node: object) -> None:
    for text in (json.dumps({"patches": node, "patchesStrategicMerge": [node]}), json.dumps([node])):
        found = settle(("kustomization.yaml", text), ("p.yaml", f"# path: /spec/\n{text}"))
        assert not [item for item in found if isinstance(item, Gap) and item.reason is Reason.CRASHED]


@pytest.mark.parametrize(
    ("account", "value"),
    [
        ("kind: ServiceAccount\nmetadata: {name: default}\nautomountServiceAccountToken: false\n", False),
        ("kind: ServiceAccount\nmetadata: {name: other}\nautomountServiceAccountToken: false\n", True),
        ("kind: ServiceAccount\nmetadata: {name: default}\n", True),
        ("kind: ClusterRoleBinding\nsubjects: [{kind: ServiceAccount, name: default}]\n", False),
        ("kind: RoleBinding\nsubjects: [{kind: Group, name: default}]\n", True),
    ],
)
def test_the_token_of_an_account(account: str, value: bool) -> None:
    found = settle(("a.yaml", f"apiVersion: v1\n{account}"), ("w.yaml", POD + ONE))
    opened = account.replace("false", "true") if "automount" in account and "default" in account else ""
    if opened:
        again = settle(("a.yaml", f"apiVersion: v1\n{opened}"), ("w.yaml", POD + ONE))
        places = [
            str(fact.location) for fact in again if isinstance(fact, KubernetesSetting) and fact.setting == "token"
        ]
        assert places == ["a.yaml:4"]
    assert [fact.weak for fact in found if isinstance(fact, KubernetesSetting) and fact.setting == "token"] == [value]


def test_accounts_of_other_namespaces_and_roles() -> None:
    def token(pod: str, account: str, path: str = "a.yaml") -> bool:
        whole = POD.replace("{name: web}", f"{{name: web{pod}}}") + ONE
        off = f"kind: ServiceAccount\nmetadata: {{name: default{account}}}\nautomountServiceAccountToken: false\n"
        found = settle((path, f"apiVersion: v1\n{off}"), ("w.yaml", whole))
        (setting,) = [item for item in found if isinstance(item, KubernetesSetting) and item.setting == "token"]
        return setting.weak

    assert not token("", "")
    assert not token(", namespace: shop", ", namespace: shop")
    assert not token(", namespace: shop", "")
    assert not token("", ", namespace: shop")
    assert token(", namespace: shop", ", namespace: other")
    assert token("", "", "overlays/dev/a.yaml")


@pytest.mark.parametrize(
    ("text", "bits", "decimal"),
    [
        ("0777", 0o777, False), ("0o777", 0o777, False), ("511", 0o777, False), ("0x1ff", 0o777, False),
        ("420", 0o644, False), ("256", 0o400, False), ("288", 0o440, False), ("0400", 0o400, False),
        ("644", 644, True), ("400", 400, True), ("440", 440, True), ("777", 777, True), ("0", 0, False),
        ("rw-r--r--", None, False), ("", None, False), ("-1", None, False), ("99999999", None, False),
    ],
)  # fmt: skip
def test_a_mode_spelled_in_every_way(text: str, bits: int | None, decimal: bool) -> None:
    mode = yaml_mode(text)
    assert (mode.bits, mode.decimal) == (bits, decimal)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"apiVersion: v1\nkind: Pod\nspec: [", Reason.UNPARSABLE),
        (b"apiVersion: v1\nkind: Pod\n  {{ if }}: x\n a: [", Reason.TEMPLATED),
        (b"apiVersion: v1\nkind: Pod\nspec: " + b"[" * 100_000, Reason.BUDGET),
        (b"apiVersion: v1\nkind: Pod\na: &a [x]\nspec: {containers: [" + b"*a," * 5_000 + b"]}\n", Reason.BUDGET),
        (b"apiVersion: v1\nkind: Pod\n" + b"# x\n" * 1_000_000, Reason.TOO_LARGE),
        (b"apiVersion: v1\nkind: Pod\nspec: &a\n  containers: [*a]\n", None),
        (b"apiVersion: v1\nkind: Pod\nspec: *nobody\n", Reason.UNPARSABLE),
        (b"apiVersion: v1\nkind: Pod\nspec: !!python/object/apply:os.system [x]\n", None),
        (b"apiVersion: v1\nkind: [Pod]\nspec: {containers: {a: b}, volumes: x, securityContext: 3}\n", None),
    ],
)
def test_yaml_that_means_harm(data: bytes, reason: Reason | None) -> None:
    assert [item.reason for item in read(data) if isinstance(item, Gap)] == ([reason] if reason else [])


def test_a_bomb_of_aliases_is_bounded() -> None:
    lines = ["apiVersion: v1", "kind: List", "x0: &x0 {kind: Pod, spec: {hostPID: true, containers: [{image: a}]}}"]
    lines += [f"x{n}: &x{n} {{kind: List, items: [{', '.join([f'*x{n - 1}'] * 9)}]}}" for n in range(1, 30)]
    read("\n".join([*lines, "items: [*x29]"]))


WORDS = st.sampled_from([
    "containers", "initContainers", "name", "image", "securityContext", "privileged", "runAsUser", "volumes",
    "hostPath", "path", "secret", "defaultMode", "projected", "sources", "items", "mode", "capabilities", "add", "drop",
    "spec", "template", "metadata", "annotations", "seccompProfile", "type", "fsGroup", "supplementalGroups",
    "hostNetwork",
])  # fmt: skip
NODES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 2000)
    | st.sampled_from(["0", "ALL", "$X", "{{ x }}", "", "0o7", "Unconfined"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=25,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(NODES, st.sampled_from(["Pod", "Deployment", "CronJob", "List", "PodTemplate"]))
def test_no_shape_of_an_object_breaks_it(node: object, kind: str) -> None:
    for spec in ({"spec": node}, {"spec": {"template": {"spec": node}}}, {"items": node}):
        found = read(json.dumps({"apiVersion": "v1", "kind": kind, **spec}), "x.json")
        assert not [item for item in found if isinstance(item, Gap) and item.reason is Reason.CRASHED]


@settings(max_examples=80, deadline=None)
@given(st.text(alphabet="apiVersonkdPcturm:-{}[]&*<|>%\n \t'\"!0{{}}", max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    for item in read(f"apiVersion: v1\nkind: Pod\n{text}"):
        assert not (isinstance(item, Gap) and item.reason is Reason.CRASHED)
