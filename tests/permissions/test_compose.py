"""Compose files: settings with their lines, variables, anchors, and YAML that means harm."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardencheck.collect.extract._yaml import Mapping, Scalar, Sequence, documents
from hardencheck.collect.extract.compose import ComposeFiles
from hardencheck.collect.extract.nginx import NginxFiles
from hardencheck.collect.extraction import extract_file
from hardencheck.collect.resolve.compose import ComposeSettings
from hardencheck.model.facts import Fact
from hardencheck.model.facts.container import ComposeService, ComposeSetting
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location


def read(text: str | bytes, path: str = "compose.yaml") -> list[object]:
    data = text if isinstance(text, bytes) else text.encode()
    return list(extract_file([ComposeFiles()], path, 0o100644, data))


def settle(**files: str) -> list[object]:
    """files: "compose_prod" is compose.prod.yaml."""
    found = [item for name, text in files.items() for item in read(text, f"{name.replace('_', '.')}.yaml")]
    facts = tuple(item for item in found if not isinstance(item, Gap))
    gaps = [item for item in found if isinstance(item, Gap)]
    return [*facts, *gaps, *ComposeSettings().resolve(FactSet(facts=facts), None)]  # type: ignore[arg-type]


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
            no_new_privileges=True,
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
                (2, "web", "host-paths", False, "no directory of the host's own"),
                (2, "web", "devices", False, "no raw device of the host"),
                (2, "web", "modes", False, "no mode that is too wide"),
                (2, "web", "tmpfs", False, "no directory that everybody may write to"),
                (4, "web", "user", True, "runs as 0:0"),
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
        (
            "    network_mode: host\n    pid: host\n",
            [(3, "namespaces", "network_mode: host"), (4, "namespaces", "pid: host")],
        ),
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
        ("    read_only: false\n", [(3, "read-only", "read_only: false")]),
        (
            "    security_opt: ['no-new-privileges:false']\n",
            [(3, "no-new-privileges", "no-new-privileges:false")],
        ),
        ("    volumes: ['/etc/:/e:ro']\n", [(3, "host-paths", "mounts /etc")]),
        ("    volumes: ['/:/host:ro,rslave']\n", [(3, "host-paths", "mounts /")]),
        ("    volumes: ['/etc/ssl/certs:/c:ro', './etc:/etc', 'run:/run', '/data']\n", []),
        (
            "    volumes:\n      - type: bind\n        source: /root\n        target: /r\n",
            [(5, "host-paths", "mounts /root")],
        ),
        (
            "    volumes:\n      - type: bind\n        source: /run/docker.sock\n        target: /s\n",
            [(5, "socket", "mounts /run/docker.sock")],
        ),
        ("    volumes:\n      - {type: volume, source: root, target: /r}\n", []),
        ("    devices:\n      - /dev/nvme0n1:/dev/x:r\n", [(4, "devices", "device /dev/nvme0n1")]),
        ("    devices: ['/dev/ttyUSB0', '/dev/dri:/dev/dri']\n", []),
        ("    devices:\n      - {source: /dev, target: /dev}\n", [(4, "devices", "device /dev")]),
        ("    device_cgroup_rules: ['b *:* rwm']\n", [(3, "devices", "device rule b *:* rwm")]),
        ("    ports: ['5430-5433:5430-5433']\n", [(3, "ports", "publishes 5432 (PostgreSQL)")]),
        ("    ports: ['6379:6379/udp']\n", []),
        ("    secrets:\n      - source: s\n        mode: 0444\n", [(5, "modes", "secrets s: mode 0444")]),
        ("    secrets:\n      - {source: s, mode: '440'}\n", []),
        ("    secrets:\n      - {source: s, mode: '0o777'}\n", [(4, "modes", "secrets s: mode 0777")]),
        ("    secrets:\n      - {source: s, mode: 511}\n", [(4, "modes", "secrets s: mode 511: 0777")]),
        ("    configs:\n      - {source: s, mode: 0444}\n", []),
        ("    configs:\n      - {source: s, mode: 0666}\n", [(4, "modes", "configs s: mode 0666")]),
        ("    secrets: [a, b]\n", []),
        ("    tmpfs: /run:size=1m,mode=777\n", [(3, "tmpfs", "tmpfs /run: mode 777")]),
        ("    tmpfs: ['/run', '/tmp:mode=1777']\n", []),
        (
            "    volumes:\n      - type: tmpfs\n        target: /t\n        tmpfs: {mode: 0o777}\n",
            [(6, "tmpfs", "tmpfs /t: mode 0777")],
        ),
        ("    volumes:\n      - {type: tmpfs, target: /t, tmpfs: {mode: 1023}}\n", []),
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


def lacking(*settled: object) -> list[tuple[str, str, str]]:
    return [
        (str(fact.location), fact.setting, fact.value)
        for fact in settled
        if isinstance(fact, ComposeSetting) and fact.weak and not fact.service
    ]


def test_what_services_of_a_file_lack() -> None:
    found = settle(
        compose="services:\n  a: {image: x, read_only: true, security_opt: [no-new-privileges]}\n  b: {image: x}\n"
        "  c:\n    image: x\n    read_only: false\n"
    )
    assert lacking(*found) == [
        ("compose.yaml:3", "no-new-privileges", "b, c"),
        ("compose.yaml:3", "read-only", "b"),
        ("compose.yaml:2", "cap-drop", "a, b, c"),
    ]
    off = [fact for fact in found if isinstance(fact, ComposeSetting) and fact.setting == "read-only" and fact.service]
    assert [(fact.location.line, fact.weak) for fact in off] == [(6, True)]


def test_what_is_extended_is_followed() -> None:
    base = "services:\n  base: {image: x, read_only: true, security_opt: ['no-new-privileges:true'],"
    base += " cap_drop: [all]}\n"
    found = settle(
        common=base,
        compose="services:\n  web:\n    extends: {file: common.yaml, service: base}\n  job: {extends: web}\n",
    )
    assert (lacking(*found), [item for item in found if isinstance(item, Gap)]) == ([], [])
    for extends in ("{file: gone.yaml, service: base}", "{file: ../x.yaml, service: b}", "{file: $F, service: b}", "x"):
        (gap,) = [
            item for item in settle(compose=f"services:\n  web:\n    extends: {extends}\n") if isinstance(item, Gap)
        ]
        assert (gap.reason, gap.about) == (Reason.NOT_SUPPORTED, {"role": "production", "service": "web"})
    # Round in a circle.
    assert len(lacking(*settle(compose="services:\n  a: {extends: b}\n  b: {extends: a}\n"))) == 3


def test_what_is_put_over_a_service_lacks_nothing_and_may_say_it() -> None:
    found = settle(
        compose="services:\n  web: {image: x}\n  db: {image: y}\n",
        compose_prod="services:\n  web: {read_only: true, privileged: true}\n",
    )
    assert lacking(*found) == [
        ("compose.yaml:2", "no-new-privileges", "web, db"),
        ("compose.yaml:3", "read-only", "db"),
        ("compose.yaml:2", "cap-drop", "web, db"),
    ]
    assert [gap.about["service"] for gap in found if isinstance(gap, Gap)] == ["web"]
    assert [
        str(fact.location)
        for fact in found
        if isinstance(fact, ComposeSetting) and fact.weak and fact.setting == "privileges"
    ] == ["compose.prod.yaml:2"]


def test_a_port_beside_the_proxy() -> None:
    text = (
        "services:\n  edge:\n    image: docker.io/library/nginx:1.29-alpine\n    ports: ['80:80', '8443:8443']\n"
        "  web:\n    build: .\n    ports:\n      - 8000:8000\n  db: {image: postgres, ports: ['1234:1234']}\n"
        "  api: {image: x, command: gunicorn a, ports: ['8001:8001']}\n  ssh: {build: ., ports: ['22:22']}\n"
    )
    found = [fact for fact in settle(compose=text) if isinstance(fact, ComposeSetting)]
    assert [(fact.location.line, fact.service) for fact in found if fact.setting == "behind-proxy" and fact.weak] == [
        (8, "web"),
        (10, "api"),
    ]
    alone = text.replace("nginx:1.29-alpine", "shop:1")
    assert not [
        fact for fact in settle(compose=alone) if isinstance(fact, ComposeSetting) and fact.setting == "behind-proxy"
    ]


def test_a_template() -> None:
    text = "services:\n  web:\n    image: {{ image }}\n    privileged: {{ p }}\n    user: root\n"
    found = list(extract_file([ComposeFiles()], "docker-compose.yml.j2", 0, text.encode()))
    assert [item.about.get("setting") for item in found if isinstance(item, Gap)] == ["privileges"]
    assert [fact.setting for fact in found if isinstance(fact, ComposeSetting) and fact.weak] == ["user"]
    services = tuple(fact for fact in found if isinstance(fact, ComposeService))
    settled = list(ComposeSettings().resolve(FactSet(facts=services), None))  # type: ignore[arg-type]
    assert [item.reason for item in settled if isinstance(item, Gap)] == [Reason.TEMPLATED] * 3
    assert lacking(*settled) == []


def test_include_of_what_is_elsewhere() -> None:
    text = "include:\n  - infra.yaml\n  - oci://x/y\n  - path: [a.yaml, ../../b.yaml]\nservices: {a: {image: x}}\n"
    assert [item.location.line for item in read(text) if isinstance(item, Gap)] == [3, 4]
    below = [item.location.line for item in read(text, "deploy/live/compose.yaml") if isinstance(item, Gap)]
    assert below == [3]


def test_names_and_roles() -> None:
    wants = ComposeFiles().wants
    assert [
        wants(name, 0o100644, 1)
        for name in ("compose.yaml", "a/docker-compose.prod.yml.j2", "compose.md", "infra.yml", "a.yml.jinja2")
    ] == [True, True, False, True, True]
    roles: dict[str, str] = {}
    for path in ("compose.yaml", "compose.override.yaml", "docker-compose.dev.yml", "tests/compose.yaml", "infra.yml"):
        first = read("services:\n  a: {image: x, labels: [dev]}\n", path)[0]
        assert isinstance(first, ComposeService)
        roles[path] = first.role
    assert list(roles.values()) == ["production", "development", "development", "test", "production"]
    # Compose loads it in production as well, where nothing in it speaks of development.
    override = read("services:\n  a: {image: x, privileged: true}\n", "compose.override.yaml")[0]
    assert isinstance(override, ComposeService) and override.role == "production"
    assert read("apiVersion: v1\nkind: Pod\n") == []
    # What only has a key of that name is none.
    for text in (
        "services: [postgres]\n",
        "services:\n  App\\A: ~\n",
        "services:\n  a: {image: x}\n  b: 3\n",
        "services: {",
    ):
        assert read(text, "config/services.yaml") == []
    # One that is started to work on it.
    dev = "services:\n  web: {build: ., command: ./manage.py runserver, privileged: true}\n"
    assert {fact.role for fact in read(dev) if isinstance(fact, ComposeSetting)} == {"development"}


def roles_of(text: str) -> dict[str, str]:
    return {fact.service: fact.role for fact in read(text) if isinstance(fact, ComposeService)}


def test_sources_that_are_mounted_over_what_is_built_of_them() -> None:
    mounted = "services:\n  web:\n    build: .\n    volumes: ['.:/app']\n"
    assert roles_of(mounted) == {"web": "development"}
    # So the code gets to a service that is kept up, or whose server does not reload.
    for line, role in (
        ("restart: unless-stopped", "production"),
        ("restart: always", "production"),
        ("restart: ${RESTART:-always}", "development"),
        ("command: gunicorn shop.wsgi", "production"),
        ("command: gunicorn --reload shop.wsgi", "development"),
        ("command: flask run", "development"),
        ("{restart: always, command: ./manage.py runserver}", "development"),
    ):
        text = mounted + (f"    {line}\n" if line[0] != "{" else f"    {line[1:-1].replace(', ', chr(10) + '    ')}\n")
        assert roles_of(text) == {"web": role}, line


def test_a_profile_of_developers_is_theirs_alone() -> None:
    text = "services:\n  web: {image: x}\n  tool: {image: x, profiles: [debug]}\n  job: {image: x, profiles: [jobs]}\n"
    assert roles_of(text) == {"web": "production", "tool": "development", "job": "production"}
    settled = [fact for fact in settle(compose=text) if isinstance(fact, ComposeSetting)]
    assert [(fact.role, fact.value) for fact in settled if fact.setting == "read-only"] == [
        ("production", "web, job"),
        ("development", "tool"),
    ]


def test_a_variable_that_says_on_which_interfaces() -> None:
    text = (
        "services:\n  web:\n    build: .\n    ports:\n      - '${BIND}:8000:8000'\n"
        "  edge: {image: nginx, ports: ['80:80']}\n"
        "  db:\n    image: postgres\n    ports:\n      - '${BIND}:5432:5432'\n      - '${BIND:-127.0.0.1}:5433:5432'\n"
        "      - {target: 5432, published: 5434, host_ip: '${BIND}'}\n"
        "      - {target: '${PORT:-5432}', published: 5434, host_ip: '${BIND:-127.0.0.1}'}\n"
    )
    found = settle(compose=text)
    assert [(item.location.line, item.about["setting"], item.reason) for item in found if isinstance(item, Gap)] == [
        (10, "ports", Reason.TEMPLATED),
        (12, "ports", Reason.TEMPLATED),
        (5, "behind-proxy", Reason.TEMPLATED),
    ]
    published = [
        item for item in found if isinstance(item, ComposeSetting) and item.setting in {"ports", "behind-proxy"}
    ]
    assert not [item for item in published if item.weak]
    long = text.replace("host_ip: '${BIND:-127.0.0.1}'", "mode: host")
    assert (13, "ports") in [
        (item.location.line, item.setting)
        for item in settle(compose=long)
        if isinstance(item, ComposeSetting) and item.weak
    ]
    loose = text.replace("'${BIND}:5432:", "'${PORT}:")
    assert (10, "ports") in [
        (item.location.line, item.setting)
        for item in settle(compose=loose)
        if isinstance(item, ComposeSetting) and item.weak
    ]


def test_yaml_nodes() -> None:
    (node,) = documents(b"a: &x {b: 1, b: 2}\nc:\n  <<: [*x, {d: 3}]\n  e: ['f', *x]\n")
    assert isinstance(node, Mapping)
    merged = node.get("c")
    assert isinstance(merged, Mapping)
    assert list(merged.pairs) == ["e", "b", "d"]
    assert (merged.get("b"), merged.line_of("e")) == (Scalar("2", True, 1), 4)
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
        (b"services:\n  a: \xff\n", None),
        (b"services: *nobody\n", Reason.UNPARSABLE),
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


KEYS = st.sampled_from([
    "image", "build", "ports", "volumes", "type", "source", "target", "tmpfs", "mode", "secrets", "configs", "devices",
    "extends", "file", "service", "privileged", "security_opt", "read_only", "published", "command", "user", "cap_add",
])  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99_999_999) | st.text("a0:/-${}.~\\'\" 9", max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=6), VALUES)
def test_no_shape_of_a_service_breaks_it(service: dict[str, object], include: object) -> None:
    found = settle(compose=json.dumps({"services": {"web": service, "db": {"image": "nginx"}}, "include": include}))
    assert not [item for item in found if isinstance(item, Gap) and item.reason is Reason.CRASHED]


def test_a_part_for_development_says_nothing_of_production() -> None:
    base, over = "services: {web: {image: x}}\n", "services: {web: {read_only: true}}\n"
    found = settle(compose=base, compose_dev=over)
    assert [item.value for item in found if isinstance(item, ComposeSetting) and item.setting == "read-only"] == ["web"]
    assert [item.reason for item in settle(compose=base, compose_prod=over) if isinstance(item, Gap)] == [
        Reason.NOT_SUPPORTED
    ]


@pytest.mark.parametrize(
    ("path", "port", "weak_at"),
    [("deploy/nginx.conf", "8000", [2]), ("deploy/nginx.conf", "8001", []), ("tests/nginx.conf", "8000", [])],
)
def test_a_port_that_a_proxy_of_the_host_passes_to(path: str, port: str, weak_at: list[int]) -> None:
    proxy = f"server {{ listen 443 ssl; location / {{ proxy_pass http://127.0.0.1:{port}; }} }}\n"
    found = [*read("services:\n  web: {build: ., ports: ['8000:8000']}\n")]
    found += extract_file([NginxFiles()], path, 0o100644, proxy.encode())
    facts = FactSet(facts=tuple(item for item in found if isinstance(item, Fact)))
    settled = ComposeSettings().resolve(facts, None)  # type: ignore[arg-type]
    assert [
        item.location.line for item in settled if isinstance(item, ComposeSetting) and item.setting == "behind-proxy"
    ] == weak_at


def test_the_last_word_on_new_privileges_holds() -> None:
    said = "    image: x\n    security_opt: ['no-new-privileges:{}', 'no-new-privileges:{}']\n"
    assert [what for _, what, _ in weak(said.format("true", "false"))] == ["no-new-privileges"]
    assert weak(said.format("false", "true")) == []


@pytest.mark.parametrize(
    ("rule", "wide"), [("a *:* rwm", True), ("b *:* r", True), ("c 1:3 r", False), ("b 8:0 r", False)]
)
def test_rules_for_all_devices(rule: str, wide: bool) -> None:
    assert [what for _, what, _ in weak(f"    image: x\n    device_cgroup_rules: ['{rule}']\n")] == ["devices"] * wide


def test_a_store_far_into_a_range_of_ports() -> None:
    for ports in ("5000-6000:5000-6000", "5400-5500:5400-5500"):
        ((line, setting, value),) = weak(f"    image: postgres\n    ports: ['{ports}']\n")
        assert (line, setting) == (4, "ports") and value.startswith("publishes 5432 (PostgreSQL)")
    assert weak("    image: x\n    ports: ['1-65535:1-65535']\n")[0][1] == "ports"
    assert weak("    image: x\n    ports: ['6000-5000:6000-5000', '9-8:9-8']\n") == []


@pytest.mark.parametrize(
    ("service", "stores"),
    [
        ("hop:\n    image: quay.io/awx\n    ports: ['5555:5555']", False),
        ("flower:\n    image: shop\n    ports: ['5555:5555']", True),
        ("web:\n    image: shop\n    command: celery -A shop flower\n    ports: ['5555:5555']", True),
        ("web:\n    image: shop\n    ports: ['6379:6379']", True),
    ],
)
def test_a_port_that_others_use_is_a_stores_only_where_something_says_so(service: str, stores: bool) -> None:
    facts = list(ComposeFiles().extract("compose.yaml", 0o100644, f"services:\n  {service}\n".encode()))
    [ports] = [fact for fact in facts if isinstance(fact, ComposeSetting) and fact.setting == "ports"]
    assert ports.weak is stores
