"""Our reading of units beside that of systemd itself: `systemd-analyze security --offline`, for units and drop-ins."""

import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from hardencheck.collect.extract.systemd import SystemdUnits
from hardencheck.collect.extraction import extract_file
from hardencheck.collect.resolve.systemd import SystemdSettings
from hardencheck.model.facts.orchestration import UnitSetting
from hardencheck.model.gap import FactSet, Gap

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"),
]
# Ours -> the field of its JSON. A field is "set" where nothing is left to be wished for, which may be more than we ask.
FIELDS = {
    "root": ("UserOrDynamicUser",),
    "protect-system": ("ProtectSystem",),
    "protect-home": ("ProtectHome",),
    "private-tmp": ("PrivateTmp",),
    "private-devices": ("PrivateDevices",),
    "no-new-privileges": ("NoNewPrivileges",),
    "set-id": ("RestrictSUIDSGID",),
    "capabilities": ("AmbientCapabilities",),
    "bounding-set": (
        "CapabilityBoundingSet_CAP_SYS_ADMIN", "CapabilityBoundingSet_CAP_NET_ADMIN",
        "CapabilityBoundingSet_CAP_SYS_PTRACE", "CapabilityBoundingSet_CAP_SYS_MODULE",
        "CapabilityBoundingSet_CAP_SYS_RAWIO", "CapabilityBoundingSet_CAP_SYS_TIME", "CapabilityBoundingSet_CAP_BPF",
        "CapabilityBoundingSet_CAP_SYSLOG", "CapabilityBoundingSet_CAP_SYS_BOOT", "CapabilityBoundingSet_CAP_MAC",
        "CapabilityBoundingSet_CAP_LINUX_IMMUTABLE",
    ),
}  # fmt: skip
LINES = [
    "User=daemon", "User=root", "User=", "User=0", "DynamicUser=yes", "DynamicUser=0", "UMask=0000",
    "UMask=0027", "UMask=", "UMask=none", "ProtectSystem=all", "PrivateTmp=maybe",
    "UMask=22", "NoNewPrivileges=yes", "NoNewPrivileges=off", "NoNewPrivileges=", "ProtectSystem=strict",
    "ProtectSystem=full", "ProtectSystem=true", "ProtectSystem=no", "ProtectSystem=", "ProtectHome=yes",
    "ProtectHome=tmpfs", "ProtectHome=read-only", "ProtectHome=0", "PrivateTmp=1", "PrivateTmp=n", "PrivateTmp=t",
    "PrivateDevices=on", "PrivateDevices=f", "RestrictSUIDSGID=y", "RestrictSUIDSGID=no",
    "CapabilityBoundingSet=", "CapabilityBoundingSet=~", "CapabilityBoundingSet=CAP_NET_BIND_SERVICE",
    "CapabilityBoundingSet=CAP_SYS_ADMIN CAP_CHOWN", "CapabilityBoundingSet=~CAP_SYS_ADMIN CAP_BPF",
    "CapabilityBoundingSet=~CAP_SYS_ADMIN CAP_BPF \\\n  # a comment\n  CAP_NET_ADMIN",
    "AmbientCapabilities=CAP_SYS_ADMIN", "AmbientCapabilities=", "AmbientCapabilities=~CAP_CHOWN",
    "SystemCallFilter=@system-service", "SystemCallFilter=", "SystemCallFilter=~@mount",
    "ProtectKernelModules=yes", "ProtectKernelLogs=yes", "ProtectClock=yes", "; User=root", "#User=root",
    " Group = daemon ",
]  # fmt: skip

# Not all that could be had, and all that we ask for.
ENOUGH = {
    "Service has limited write access to the OS file hierarchy",
    "Service has very limited write access to the OS file hierarchy",
    "Service has read-only access to home directories",
    "Service has access to fake empty home directories",
}


def ours(root: Path) -> dict[str, UnitSetting]:
    found = [
        item
        for path in sorted(root.rglob("*"))
        if path.is_file()
        for item in extract_file([SystemdUnits()], str(path.relative_to(root)), 0o100644, path.read_bytes())
    ]
    assert not [item for item in found if isinstance(item, Gap)]
    facts = FactSet(facts=tuple(item for item in found if not isinstance(item, Gap)))
    settled = list(SystemdSettings().resolve(facts, None))  # type: ignore[arg-type]
    assert not [item for item in settled if isinstance(item, Gap)]
    return {item.setting: item for item in settled if isinstance(item, UnitSetting)}


def theirs(unit: Path) -> dict[str, dict[str, object]]:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--json=short", str(unit)],
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert done.stdout, done.stderr
    return {row["json_field"]: row for row in json.loads(done.stdout)}


@pytest.mark.parametrize("seed", range(40))
def test_a_unit_and_its_drop_ins_come_to_the_same(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)

    def some(count: int) -> str:
        return "\n".join(["[Service]", *chance.sample(LINES, count), ""])

    unit = tmp_path / "shop.service"
    unit.write_text(f"{some(chance.randrange(1, 14))}ExecStart=/bin/true\n")
    for number in range(chance.randrange(3)):
        (tmp_path / "shop.service.d").mkdir(exist_ok=True)
        (tmp_path / "shop.service.d" / f"{number}0.conf").write_text(some(chance.randrange(1, 6)))
    mine, real = ours(tmp_path), theirs(unit)
    told = "\n".join(path.read_text() for path in sorted(tmp_path.rglob("*.[sc]*")) if path.is_file())

    assert mine["umask"].weak is ("world-writable" in str(real["UMask"]["description"])), told
    assert mine["umask-readable"].weak is ("world-readable" in str(real["UMask"]["description"])), told
    for setting, fields in FIELDS.items():
        good = all(real[field]["set"] for field in fields)
        if mine[setting].weak:
            assert not good, (setting, mine[setting].value, told)
        else:
            allowed = {str(real[field]["description"]) for field in fields if not real[field]["set"]}
            assert good or allowed <= ENOUGH, (setting, mine[setting].value, allowed, told)
    filtered = "does not filter" not in str(real["SystemCallFilter_swap"]["description"])
    assert mine["system-calls"].weak is not filtered, told
