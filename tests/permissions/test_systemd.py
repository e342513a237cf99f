"""Units of systemd: drop-ins, templates, lines that go on, and what says nothing of a service of the repository."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardencheck.collect.extract.systemd import SystemdUnits, unit_name
from hardencheck.collect.extraction import extract_file
from hardencheck.collect.resolve.systemd import SystemdSettings
from hardencheck.model.facts.orchestration import SocketMode, UnitDirective, UnitFile, UnitSetting
from hardencheck.model.gap import FactSet, Gap, Reason

START = "ExecStart=/srv/shop/venv/bin/gunicorn shop.wsgi\n"
GOOD = (
    "[Service]\nUser=shop\nUMask=0027\nNoNewPrivileges=yes\nProtectSystem=strict\nProtectHome=yes\nPrivateTmp=yes\n"
    "PrivateDevices=yes\nCapabilityBoundingSet=\nAmbientCapabilities=\nSystemCallFilter=@system-service\n"
    f"RestrictSUIDSGID=yes\nStateDirectory=shop\nStateDirectoryMode=0750\n{START}"
)


def settle(**files: str) -> list[object]:
    """files: "web_service" is deploy/web.service, "web_service_d_10" a drop-in of it."""
    found: list[object] = []
    for name, text in files.items():
        unit, _, drop = name.partition("_d_")
        path = f"deploy/{unit.replace('_', '.')}"
        path = f"{path}.d/{drop}.conf" if drop else path
        found.extend(extract_file([SystemdUnits()], path, 0o100644, text.encode()))
    facts = tuple(item for item in found if not isinstance(item, Gap))
    gaps = tuple(item for item in found if isinstance(item, Gap))
    return [*gaps, *SystemdSettings().resolve(FactSet(facts=facts, gaps=gaps), None)]  # type: ignore[arg-type]


def weak(**files: str) -> list[tuple[str, str]]:
    return [
        (str(item.location).removeprefix("deploy/"), item.setting)
        for item in settle(**files)
        if isinstance(item, UnitSetting) and item.weak
    ]


def test_a_unit_that_says_all_of_it_has_nothing_weak() -> None:
    assert weak(web_service=GOOD) == []


def test_a_bare_unit() -> None:
    assert weak(web_service=f"[Unit]\n\n[Service]\n{START}") == [
        ("web.service:3", setting)
        for setting in (
            "umask-readable", "root", "no-new-privileges",
            "protect-system", "protect-home", "private-tmp", "private-devices", "set-id",
            "bounding-set", "system-calls",
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "setting"),
    [
        ("User=root", "root"),
        ("User=0", "root"),
        ("User=", "root"),
        ("UMask=0000", "umask"),
        ("UMask=0022", "umask-readable"),
        ("UMask=020", "umask"),
        ("NoNewPrivileges=false", "no-new-privileges"),
        ("ProtectSystem=no", "protect-system"),
        ("ProtectHome=false", "protect-home"),
        ("PrivateTmp=off", "private-tmp"),
        ("PrivateDevices=0", "private-devices"),
        ("RestrictSUIDSGID=n", "set-id"),
        ("AmbientCapabilities=CAP_NET_BIND_SERVICE cap_sys_admin", "capabilities"),
        ("CapabilityBoundingSet=CAP_SYS_PTRACE", "bounding-set"),
        ("CapabilityBoundingSet=~", "bounding-set"),
        ("RuntimeDirectoryMode=0777", "directory-mode"),
        ("LogsDirectoryMode=4755", "directory-mode"),
        ("StateDirectoryMode=0755", "directory-readable"),
        ("LogsDirectory=shop", "directory-readable"),
        ("CacheDirectoryMode=1777", "directory-mode"),
        ("ReadWritePaths=/srv/a -/etc/", "writable-paths"),
        ("ReadWritePaths=/", "writable-paths"),
        ("PermissionsStartOnly=true", "start-only"),
        ("ExecStart=+/srv/shop/run", "root"),
    ],
)
def test_one_line_that_undoes_it(line: str, setting: str) -> None:
    unit = GOOD.replace(START, "") if line.startswith("ExecStart") else GOOD
    assert weak(web_service=f"{unit}{line}\n") == [(f"web.service:{unit.count(chr(10)) + 1}", setting)]
    # The same in a drop-in stands there.
    assert weak(web_service=unit, web_service_d_90=f"[Service]\n{line}\n") == [("web.service.d/90.conf:2", setting)]
    assert weak(web_service=unit, web_service_d_override=f"[Service]\n{line}\n") != []


def test_drop_ins_in_the_order_of_their_names() -> None:
    one, two = "[Service]\nUser=root\n", "[Service]\nUser=shop\n"
    assert weak(web_service=GOOD, web_service_d_10=one, web_service_d_20=two) == []
    assert weak(web_service=GOOD, web_service_d_20=one, web_service_d_10=two) == [("web.service.d/20.conf:2", "root")]
    assert weak(web_service=GOOD, other_service_d_20=one) == [("other.service.d/20.conf:2", "root")]


def test_a_drop_in_alone_lacks_nothing() -> None:
    assert weak(web_service_d_10="[Service]\nLimitNOFILE=1\n") == []


def test_lines_that_go_on_and_comments_in_between() -> None:
    text = (
        "[Service]\n# User=root\nUser = shop\nCapabilityBoundingSet=CAP_CHOWN \\\n# CAP_BPF \\\n  CAP_SYS_ADMIN\n"
        + START
    )
    found = {item.setting: item for item in settle(web_service=text) if isinstance(item, UnitSetting)}
    assert (found["bounding-set"].value, found["bounding-set"].location.line) == ("the bounding set has SYS_ADMIN", 4)
    assert not found["root"].weak
    crlf = "\ufeff" + GOOD.replace("\n", "\r\n")
    assert weak(web_service=crlf) == []


def test_what_is_implied() -> None:
    assert [name for _, name in weak(web_service=f"[Service]\nDynamicUser=yes\n{START}")] == [
        "umask-readable", "private-devices", "bounding-set", "system-calls",
    ]  # fmt: skip
    # A user that there is goes before one that would be made.
    assert ("web.service:3", "root") in weak(web_service=f"[Service]\nDynamicUser=yes\nUser=root\n{START}")


def test_what_systemd_cannot_read_is_passed_over() -> None:
    assert weak(web_service=f"{GOOD}ProtectSystem=\nUMask=none\nPrivateTmp=perhaps\nNoNewPrivileges=\n") == []


@pytest.mark.parametrize(
    ("start", "program"),
    [
        ("/usr/bin/docker compose up", None),
        ("-/usr/bin/env podman run x", None),
        ("/bin/sh -c '/usr/sbin/nginx -g x'", None),
        ("/usr/bin/env PYTHONUNBUFFERED=1 /srv/a/bin/python -m a", "python"),
        ('/bin/bash -lc "exec /srv/a/run.sh"', "run.sh"),
    ],
)
def test_programs_with_a_life_of_their_own(start: str, program: str | None) -> None:
    text = f"[Service]\nExecStart={start}\n"
    (file,) = [
        item for item in extract_file([SystemdUnits()], "a.service", 0, text.encode()) if isinstance(item, UnitFile)
    ]
    assert (None if file.foreign else file.program) == program
    assert bool(weak(a_service=text)) is (program is not None)


@pytest.mark.parametrize(
    "start", ["/srv/a/gunicorn --user shop a", "/usr/bin/sudo -u shop /srv/a/run", "/bin/su shop -c /srv/a/run"]
)
def test_a_command_that_changes_user_is_not_known(start: str) -> None:
    gaps = [item for item in settle(web_service=f"[Service]\nExecStart={start}\n") if isinstance(item, Gap)]
    assert [(gap.reason, gap.about["setting"]) for gap in gaps] == [(Reason.DYNAMIC, "root")]


@pytest.mark.parametrize(
    "start",
    ["/usr/bin/python3 -u /srv/a.py", "/srv/venv/bin/python -B -u -m shop", "/usr/bin/env -u A /srv/a/gunicorn a"],
)
def test_options_that_only_look_like_a_change_of_user(start: str) -> None:
    assert ("web.service:1", "root") in weak(web_service=f"[Service]\nExecStart={start}\n")


def test_a_template() -> None:
    text = (
        "[Service]\nUser={{ user }}\nGroup=@GROUP@\n{% if hard %}\nProtectSystem=strict\n{% endif %}\nUMask=0000\n"
        "NoNewPrivileges=%i\n" + START
    )
    found = settle(web_service=text)
    assert {item.about["setting"] for item in found if isinstance(item, Gap)} == {
        "root", "protect-system", "no-new-privileges",
    }  # fmt: skip
    assert {item.setting for item in found if isinstance(item, UnitSetting) and item.weak} >= {"umask", "private-tmp"}
    assert not [
        item
        for item in settle(web_service=f"[Service]\n{{% for k in x %}}\n{{{{ k }}}}=yes\n{{% endfor %}}\n{START}")
        if isinstance(item, UnitSetting) and item.weak
    ]
    inline = f"[Service]\n{{% if user %}}User={{{{ user }}}}{{% endif %}}\n{START}"
    assert "root" in {item.about["setting"] for item in settle(web_service=inline) if isinstance(item, Gap)}


def test_units_of_a_user_and_other_files() -> None:
    user = f"[Service]\nUMask=077\n{START}[Install]\nWantedBy=default.target\n"
    assert weak(web_service=user) == []
    (gap,) = [item for item in settle(web_service=user) if isinstance(item, Gap)]
    assert (gap.about["setting"], gap.reason) == ("root", Reason.DYNAMIC)
    assert weak(web_service=user.replace("UMask=077", "User=shop")) != []
    assert ("web.service:2", "root") in weak(web_service=user.replace("UMask=077", "User=root"))
    assert weak(web_service=user, web_service_d_10="[Service]\nUser=shop\n") != []
    of_user = extract_file([SystemdUnits()], "home/.config/systemd/user/web.service", 0, f"[Service]\n{START}".encode())
    assert [item.manager for item in of_user if isinstance(item, UnitFile)] == ["user"]
    assert weak(web_service="[D-BUS Service]\nExec=/x\n") == []
    assert weak(web_service="[Unit]\nUser=root\n") == []
    assert [
        unit_name(path)
        for path in (
            "a/web.service", "web@.service.j2", "x/web.service.d/a.conf", "web.socket.in", "web.service.ts", "a.conf",
            "service.d/a.conf",
        )
    ] == ["web.service", "web@.service", "web.service", "web.socket", "", "", ""]  # fmt: skip


def test_a_folder_that_ends_like_one_of_drop_ins() -> None:
    for path in ("units.d/web.service", "web.service.d/web.service", "etc/systemd.d/web.service.j2"):
        found = extract_file([SystemdUnits()], path, 0, f"[Service]\n{START}".encode())
        assert [item.drop_in for item in found if isinstance(item, UnitFile)] == [False], path


@pytest.mark.parametrize(
    ("switch", "name"),
    [
        ("PrivateDevices", "SYS_RAWIO"), ("ProtectKernelModules", "SYS_MODULE"), ("ProtectKernelLogs", "SYSLOG"),
        ("ProtectClock", "SYS_TIME"),
    ],
)  # fmt: skip
def test_what_other_switches_take_out_of_the_bounding_set(switch: str, name: str) -> None:
    unit = f"[Service]\nCapabilityBoundingSet=CAP_{name}\n{START}"
    assert ("web.service:2", "bounding-set") in weak(web_service=unit)
    assert "bounding-set" not in {setting for _, setting in weak(web_service=f"{unit}{switch}=yes\n")}


def test_helpers_of_a_unit_that_is_root_anyway_gain_nothing() -> None:
    unit = f"[Service]\nUser=shop\nPermissionsStartOnly=yes\n{START}"
    assert ("web.service:3", "start-only") in weak(web_service=unit)
    for user in ("root", "0", ""):
        assert "start-only" not in {name for _, name in weak(web_service=unit.replace("User=shop", f"User={user}"))}


def test_a_drop_in_for_development_says_nothing_of_production() -> None:
    found = [
        item
        for path, text in (
            ("deploy/web.service", f"[Service]\n{START}"),
            ("dev/web.service.d/10.conf", "[Service]\nUser=shop\n"),
            ("deploy/web.service.d/10.conf", "[Service]\nProtectHome=yes\n"),
        )
        for item in extract_file([SystemdUnits()], path, 0, text.encode())
        if not isinstance(item, Gap)
    ]
    settled = list(SystemdSettings().resolve(FactSet(facts=tuple(found)), None))  # type: ignore[arg-type]
    weak_ = {item.setting for item in settled if isinstance(item, UnitSetting) and item.weak}
    assert "root" in weak_ and "protect-home" not in weak_


def test_of_two_units_of_one_name_each_has_the_drop_ins_beside_it() -> None:
    found = [
        item
        for path, text in (
            ("shop/web.service", f"[Service]\n{START}"),
            ("mail/web.service", f"[Service]\n{START}"),
            ("mail/web.service.d/10.conf", "[Service]\nUser=mail\n"),
            ("etc/web.service.d/20.conf", "[Service]\nProtectHome=yes\n"),
        )
        for item in extract_file([SystemdUnits()], path, 0, text.encode())
        if not isinstance(item, Gap)
    ]
    settled = list(SystemdSettings().resolve(FactSet(facts=tuple(found)), None))  # type: ignore[arg-type]
    weak_ = [(str(item.location), item.setting) for item in settled if isinstance(item, UnitSetting) and item.weak]
    assert ("shop/web.service:1", "root") in weak_ and ("mail/web.service:1", "root") not in weak_
    assert "protect-home" not in {setting for _, setting in weak_}


def test_all_privileges_for_one_of_several_commands() -> None:
    unit = f"[Service]\nType=oneshot\nUser=shop\nExecStart=+/srv/prepare\n{START}"
    assert ("web.service:4", "root") in weak(web_service=unit)
    assert "root" not in {setting for _, setting in weak(web_service=unit.replace(START, f"ExecStart=\n{START}"))}


def test_directories_of_a_dynamic_user_are_below_one_of_roots_own() -> None:
    made = "StateDirectory=shop\nCacheDirectory=shop\nLogsDirectory=shop\n"
    unit = f"[Service]\nDynamicUser=yes\n{made}{START}"
    assert "directory-readable" not in {setting for _, setting in weak(web_service=unit)}
    unit = unit.replace(made, "ConfigurationDirectory=shop\n")
    assert ("web.service:3", "directory-readable") in weak(web_service=unit)


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("ListenStream=/run/a.sock\nSocketMode=0666\n", True),
        ("ListenStream=/run/a.sock\nSocketMode=777\n", True),
        ("ListenStream=/run/a.sock\nSocketMode=0660\n", False),
        ("ListenStream=%t/a.sock\nSocketMode=0666\n", True),
        ("ListenStream=8000\nSocketMode=0666\n", None),
        ("ListenStream=@abstract\nSocketMode=0666\n", None),
        ("ListenStream=/run/a.sock\n", None),
    ],
)
def test_modes_of_sockets(text: str, others: bool | None) -> None:
    found = [item.others for item in settle(web_socket=f"[Socket]\n{text}") if isinstance(item, SocketMode)]
    assert found == ([] if others is None else [others])


def test_nothing_else_of_a_unit_is_kept() -> None:
    text = f"[Service]\nEnvironment=A=b\nExecStartPre=/x --key=c\n{START}User=shop\n"
    found = extract_file([SystemdUnits()], "a.service", 0, text.encode())
    assert [item.key for item in found if isinstance(item, UnitDirective)] == ["User"]


def test_bounds() -> None:
    for text, reason in (
        ("[Service]\n" + "#" * 300_000, Reason.TOO_LARGE),
        ("[Service]\n" + "User=a\n" * 3_000, Reason.BUDGET),
    ):
        gaps = [item for item in settle(web_service=text) if isinstance(item, Gap)]
        assert {gap.reason for gap in gaps} == {reason}
        assert {kind for gap in gaps for kind in gap.kinds} >= {UnitSetting.kind(), SocketMode.kind()}


KEYS = ["User", "UMask", "DynamicUser", "CapabilityBoundingSet", "AmbientCapabilities", "ReadWritePaths", "ExecStart",
        "SystemCallFilter", "StateDirectoryMode", "PermissionsStartOnly", "SocketMode", "ListenStream"]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(KEYS), st.text("a0~7+@%{}$\\ /\"'#\n[]=", max_size=12)), max_size=12))
def test_no_unit_breaks_it(lines: list[tuple[str, str]]) -> None:
    text = "\n".join(["[Service]", *(f"{key}={value}" for key, value in lines), "[Socket]", "SocketMode=0666"])
    for found in (settle(web_service=text, web_service_d_1=text), settle(web_socket=text)):
        assert not [item for item in found if isinstance(item, Gap) and item.reason is Reason.CRASHED]
