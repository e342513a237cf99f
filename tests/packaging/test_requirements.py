"""requirements/*.txt and those of tests/oracle: everything hashed, no addresses, and in step with pyproject.toml."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.oracle.install import VERSIONS

ROOT = Path(__file__).resolve().parents[2]
PINS = sorted((ROOT / "requirements").glob("*.txt"))
ORACLE = sorted((ROOT / "tests" / "oracle" / "requirements").glob("*.txt"))
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
GROUPS = {
    "runtime": ["build"],
    "sample": ["build", "sample"],
    "test": ["build", "test", "lint"],
    "integration": ["build", "test", "lint", "integration"],
    "release": ["build", "release"],
}


def pinned(path: Path) -> dict[str, list[Requirement]]:
    """The requirements by name; one name may have several pins with markers."""
    found: dict[str, list[Requirement]] = {}
    for line in logical_lines(path):
        requirement = Requirement(line.partition(" --hash=")[0])
        found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def logical_lines(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    return [re.sub(r"\s+", " ", line).strip() for line in text.splitlines() if line.strip() and line[0] != "#"]


def group(name: str) -> list[Requirement]:
    found = []
    for entry in PROJECT["dependency-groups"][name]:
        found += [Requirement(entry)] if isinstance(entry, str) else group(entry["include-group"])
    return found


def test_every_tier_is_there() -> None:
    assert [path.stem for path in PINS] == sorted(GROUPS)


@pytest.mark.parametrize("path", [*PINS, *ORACLE], ids=lambda path: path.stem)
def test_every_line_is_one_version_with_hashes_and_nothing_else(path: Path) -> None:
    line = re.compile(r"[a-z0-9][a-z0-9.-]*==[0-9][\w.+!]*( ; [^#]+?)?( --hash=sha256:[0-9a-f]{64})+")
    assert [text for text in logical_lines(path) if not line.fullmatch(text)] == []


@pytest.mark.parametrize("path", [*PINS, *ORACLE], ids=lambda path: path.stem)
def test_no_address_and_no_path_of_a_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"://|\B/\w+|--index|--find-links|--trusted", text) == []


@pytest.mark.parametrize("path", PINS, ids=lambda path: path.stem)
def test_the_pins_are_what_the_project_asks_for(path: Path) -> None:
    """A dependency that was added or bounded anew without `make pin` shows here."""
    asked = [] if path.stem == "release" else [Requirement(text) for text in PROJECT["project"]["dependencies"]]
    for name in GROUPS[path.stem]:
        asked += group(name)
    pins = pinned(path)
    unmet = [
        str(requirement)
        for requirement in asked
        if not all(
            requirement.specifier.contains(next(iter(pin.specifier)).version, prereleases=True)
            for pin in pins.get(canonicalize_name(requirement.name), [Requirement("absent==0")])
        )
        or canonicalize_name(requirement.name) not in pins
    ]
    assert unmet == [], "run make pin"


def test_the_tiers_agree_so_that_they_can_share_an_environment() -> None:
    versions: dict[str, set[str]] = {}
    for path in PINS:
        if path.stem != "release":
            for name, requirements in pinned(path).items():
                versions.setdefault(name, set()).add(" | ".join(sorted(map(str, requirements))))
    assert {name: found for name, found in versions.items() if len({v.split(";")[0] for v in found}) > 1} == {}


def test_what_generated_settings_import_is_pinned() -> None:
    assert {canonicalize_name(one.name) for one in group("oracle")} <= pinned(ORACLE[-1]).keys()
    assert [file.stem for file in ORACLE] == [f"django-{one.series}" for one in VERSIONS] + ["libraries"]
    assert all(one.django.startswith(f"{one.series}.") for one in VERSIONS)


def test_what_builds_the_package_is_pinned() -> None:
    build = {canonicalize_name(Requirement(text).name) for text in PROJECT["build-system"]["requires"]}
    assert build <= {canonicalize_name(requirement.name) for requirement in group("build")}
