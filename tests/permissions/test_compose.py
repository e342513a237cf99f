"""Compose files: settings with their lines, variables, anchors, and YAML that means harm."""

import pytest

from hardencheck.collect.extract._yaml import Mapping, Scalar, Sequence, documents
from hardencheck.collect.extract.compose import ComposeFiles
from hardencheck.collect.extraction import extract_file
from hardencheck.model.facts.container import ComposeService, ComposeSetting
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location


def read(text: str | bytes, path: str = "compose.yaml") -> list[object]:
    data = text if isinstance(text, bytes) else text.encode()
    return list(extract_file([ComposeFiles()], path, 0o100644, data))


def weak(text: str) -> list[tuple[int | None, str, str]]:
    facts = read("services:\n  web:\n" + text)
    return [
        (fact.location.line, fact.setting, fact.value)
        for fact in facts
        if isinstance(fact, ComposeSetting) and fact.weak and fact.service
    ]


def test_whole_facts() -> None:
    assert read("services:\n  web:\n    build: .\n    user: '0:0'\n    security_opt: [no-new-privileges]\n") == [
        ComposeService(
            location=Location(path="compose.yaml", line=2),
            service="web",
            image=None,
            context=".",
            dockerfile=None,
            role="production",
        ),
        *(
            ComposeSetting(
                location=Location(path="compose.yaml", line=line),
                service=service,
                setting=setting,  # type: ignore[arg-type]
                weak=is_weak,
                value=value,
                role="production",
            )
            for line, service, setting, is_weak, value in (
                (2, "web", "privileges", False, "nothing near to root on the host"),
                (2, "web", "socket", False, "no engine socket"),
                (2, "web", "namespaces", False, "namespaces of its own"),
                (2, "web", "ports", False, "no store on all interfaces"),
                (4, "web", "user", True, "runs as 0:0"),
                (2, "", "no-new-privileges", False, ""),
            )
        ),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("    privileged: true\n", [(3, "privileges", "privileged")]),
        ("    privileged: ${P:-true}\n", [(3, "privileges", "privileged")]),
        ("    privileged: false\n", []),
        (
            "    cap_add:\n      - NET_BIND_SERVICE\n      - cap_sys_admin\n",
            [(5, "privileges", "capability SYS_ADMIN")],
        ),
        ("    security_opt: ['seccomp:unconfined']\n", [(3, "privileges", "seccomp:unconfined")]),
        ("    network_mode: host\n    pid: host\n", [(3, "namespaces", "network_mode: host, pid: host")]),
        ("    network_mode: bridge\n", []),
        ("    volumes:\n      - ${SOCK:-/var/run/docker.sock}:/s:ro\n", [(4, "socket", "mounts /var/run/docker.sock")]),
        ("    ports: ['5432:5432']\n", [(3, "ports", "publishes 5432 (PostgreSQL)")]),
        ("    ports: ['0.0.0.0:16379:6379/tcp']\n", [(3, "ports", "publishes 6379 (Redis)")]),
        ("    ports: ['[::]:6379:6379']\n", [(3, "ports", "publishes 6379 (Redis)")]),
        ("    ports: ['127.0.0.1:5432:5432', '[::1]:6379:6379', 8000]\n", []),
        # Without a port of the host Docker takes a free one, on all interfaces too.
        ("    ports: ['5432']\n", [(3, "ports", "publishes 5432 (PostgreSQL)")]),
        ("    ports:\n      - {target: 5432, published: 5432}\n", [(4, "ports", "publishes 5432 (PostgreSQL)")]),
        ("    ports:\n      - {target: 5432, published: 5432, host_ip: 127.0.0.1}\n", []),
        ("    user: root\n", [(3, "user", "runs as root")]),
        ("    user: 1000\n", []),
    ],
)
def test_settings(text: str, found: list[tuple[int, str, str]]) -> None:
    assert weak(text) == found


def test_a_variable_without_a_default_is_a_gap_for_its_setting_alone() -> None:
    facts = read("services:\n  web:\n    user: ${UID}\n    privileged: $$x\n")
    assert [fact for fact in facts if isinstance(fact, Gap)] == [
        Gap(
            kinds=("compose.setting",),
            collector="container.compose",
            reason=Reason.TEMPLATED,
            detail="service web: user is ${UID}: a variable without a default",
            location=Location(path="compose.yaml", line=3),
            about={"role": "production", "service": "web", "setting": "user"},
        )
    ]


def test_extends_is_a_gap() -> None:
    (gap,) = [
        fact for fact in read("services:\n  web:\n    extends: {file: a.yml, service: b}\n") if isinstance(fact, Gap)
    ]
    assert (gap.reason, gap.about) == (Reason.NOT_SUPPORTED, {"role": "production", "service": "web"})


def test_names_and_roles() -> None:
    wants = ComposeFiles().wants
    assert [
        wants(name, 0o100644, 1) for name in ("compose.yaml", "a/docker-compose.prod.yml", "compose.md", "k8s/web.yaml")
    ] == [
        True,
        True,
        False,
        False,
    ]
    roles: dict[str, str] = {}
    for path in ("compose.yaml", "compose.override.yaml", "docker-compose.dev.yml", "tests/compose.yaml"):
        first = read("services:\n  a: {image: x}\n", path)[0]
        assert isinstance(first, ComposeService)
        roles[path] = first.role
    assert list(roles.values()) == ["production", "development", "development", "test"]
    assert read("apiVersion: v1\nkind: Pod\n") == []


def test_yaml_nodes() -> None:
    (node,) = documents(b"a: &x {b: 1, b: 2}\nc:\n  <<: [*x, {d: 3}]\n  e: ['f', *x]\n")
    assert isinstance(node, Mapping)
    merged = node.get("c")
    assert isinstance(merged, Mapping)
    assert list(merged.pairs) == ["e", "b", "d"]
    assert (merged.get("b"), merged.line_of("e")) == (Scalar("1", True, 1), 4)
    listed = merged.get("e")
    assert isinstance(listed, Sequence)
    assert listed.items == [Scalar("f", False, 4), node.get("a")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"services: [", Reason.UNPARSABLE),
        (b"services:\n  {{ name }}: x\n a: [", Reason.TEMPLATED),
        (b"a: " + b"[" * 100_000, Reason.BUDGET),
        (b"a: &a [x]\nb: [" + b"*a," * 5_000 + b"]\n", Reason.BUDGET),
        (b"- a\n" * 300_000, Reason.BUDGET),
        (b"---\na\n" * 1_000, Reason.BUDGET),
        (b"a: b: c: d\n", Reason.UNPARSABLE),
        (b"services:\n  a: \xff\n", Reason.UNPARSABLE),
        (b"services: *nobody\n", None),
        (b"a: !!python/object/apply:os.system [x]\nservices: {web: !!binary x}\n", None),
        (b"services: &a\n  web: *a\n", None),
        (b"? [a]\n: b\nservices: {? {x: y} : {image: z}}\n", None),
    ],
)
def test_yaml_that_means_harm(data: bytes, reason: Reason | None) -> None:
    found = read(data)
    gaps = [item.reason for item in found if isinstance(item, Gap)]
    assert gaps == ([reason] if reason else [])


def test_a_bomb_of_aliases_is_never_unfolded() -> None:
    lines = ["a0: &a0 {privileged: true}"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 60)]
    assert read("\n".join([*lines, "services:", "  web: {<<: *a0}"])) != []
