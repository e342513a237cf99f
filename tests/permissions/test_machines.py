"""Files that set up machines, and builds of images inside compose files."""

import pytest

from hardencheck.collect.extract.compose_builds import InlineBuilds
from hardencheck.collect.extract.machines import Machines
from hardencheck.collect.extraction import extract_file
from hardencheck.model.facts.builds import PasswordlessSudo
from hardencheck.model.gap import Gap
from hardencheck.model.location import Location


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("deploy/web.container", "[Unit]\nDescription=x\n\n[Container]\nImage=a\n", 4),
        ("deploy/web.container.j2", "[Container]\nImage={{ image }}\n", 1),
        (
            "infra/main.tf",
            'resource "aws_ecs_task_definition" "web" {\n  container_definitions = jsonencode([])\n}\n',
            2,
        ),
        ("infra/main.tf", 'resource "docker_container" "web" {\n  privileged = true\n}\n', 1),
    ],
)
def test_what_is_not_read_is_said(path: str, text: str, line: int) -> None:
    [gap] = extract_file([Machines()], path, 0o100644, text.encode())
    assert isinstance(gap, Gap)
    assert gap.location == Location(path=path, line=line)
    assert "is not read" in gap.detail or "are not read" in gap.detail


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("web.container", "container = 1\n"),
        ("infra/main.tf", 'resource "aws_s3_bucket" "files" {}\n'),
        ("values.yaml", "sudo: ALL=(ALL) NOPASSWD:ALL\n"),
        ("cloud.yaml", "#cloud-config\nusers:\n  - name: deploy\n    sudo: false\n"),
    ],
)
def test_nothing_to_say(path: str, text: str) -> None:
    assert extract_file([Machines()], path, 0o100644, text.encode()) == []


def test_users_of_cloud_init() -> None:
    text = b"#cloud-config\nusers:\n  - name: deploy\n    sudo: ALL=(ALL) NOPASSWD:ALL\n"
    [fact] = extract_file([Machines()], "deploy/cloud-init.yaml", 0o100644, text)
    assert fact == PasswordlessSudo(
        location=Location(path="deploy/cloud-init.yaml", line=4), place="cloud-init", everything=True, role="production"
    )


def test_a_build_in_a_compose_file() -> None:
    text = (
        "services:\n  web:\n    build:\n      dockerfile_inline: |\n        FROM python:3.13\n"
        "        RUN chmod 777 /opt\n        USER 10001\n"
    )
    found = extract_file([InlineBuilds()], "compose.yaml", 0o100644, text.encode())
    assert {(type(one).__name__, one.location.line) for one in found if one.location} >= {("ContainerMode", 6)}
    assert all(one.location is not None and one.location.path == "compose.yaml" for one in found)


@pytest.mark.parametrize(
    "inside", ["1", "|\n        nothing\n        of a build\n", "[a]", "|\n        FROM a\n        RUN <<EOF\n"]
)
def test_odd_builds_are_no_crash(inside: str) -> None:
    text = f"services:\n  web:\n    build:\n      dockerfile_inline: {inside}\n"
    extract_file([InlineBuilds()], "compose.yaml", 0o100644, text.encode())
