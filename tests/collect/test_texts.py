"""Texts that are not UTF-8, and YAML that may be meant otherwise: read where their program reads them, else said."""

from pathlib import Path

import pytest

from hardencheck.collect.contract import Extractor, Unreadable
from hardencheck.collect.extract._yaml import Mapping, Scalar, documents
from hardencheck.collect.extract.compose import ComposeFiles
from hardencheck.collect.extract.kubernetes import KubernetesPods
from hardencheck.collect.extract.nginx import NginxFiles
from hardencheck.collect.extract.script_modes import ScriptModes
from hardencheck.collect.extraction import extract_file, split
from hardencheck.collect.texts import NOT_UTF8, STRAY, as_utf8
from hardencheck.model.facts import Fact
from hardencheck.model.gap import Gap
from tests.collect.repos import look, repository

POD = (
    "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - {name: a, image: b, securityContext: {privileged: true}}\n"
)
PLAYBOOK = "- hosts: web\n  tasks:\n    - file: path=/srv/x mode=0777\n"


def found(reader: Extractor, path: str, data: bytes) -> tuple[list[Fact], list[Gap]]:
    return split(extract_file([reader], path, 0o100644, data))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_yaml_in_utf16_is_read(encoding: str) -> None:
    text = POD if encoding == "utf-16" else f"\N{ZERO WIDTH NO-BREAK SPACE}{POD}"
    facts, gaps = found(KubernetesPods(), "k8s/pod.yaml", text.encode(encoding))
    assert facts == found(KubernetesPods(), "k8s/pod.yaml", POD.encode())[0]
    assert facts
    assert not gaps


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_format_without_utf16_is_said_not_to_be_read(encoding: str) -> None:
    facts, [gap] = found(NginxFiles(), "nginx.conf", "server { listen 80; }".encode(encoding))
    assert not facts
    assert gap.detail == NOT_UTF8


def test_what_a_resolver_reads_by_itself_is_said_too(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
        "shop/settings.py": "DEBUG = True\nROOT_URLCONF = 'shop.urls'\n".encode("utf-16"),
    }
    gaps = look(repository(tmp_path / "r", files)).facts.gaps
    assert f"DEBUG is not known: {NOT_UTF8}" in {gap.detail for gap in gaps}


@pytest.mark.parametrize(
    ("reader", "path", "text"),
    [(ScriptModes(), "site.yml", PLAYBOOK), (KubernetesPods(), "pod.yaml", POD)],
)
def test_a_stray_byte_hides_nothing_and_is_said(reader: Extractor, path: str, text: str) -> None:
    facts, gaps = found(reader, path, f"{text}# caf\xe9\n".encode("latin-1"))
    assert facts == found(reader, path, text.encode())[0]
    assert [gap.detail for gap in gaps] == [STRAY]


def test_a_stray_byte_is_nothing_to_nginx() -> None:
    facts, gaps = found(NginxFiles(), "nginx.conf", b"server { listen 80; } # caf\xe9\n")
    assert facts
    assert not gaps


def test_python_says_itself_what_it_is_written_in() -> None:
    text = "# coding: latin-1\nNAME = 'caf\xe9'\n".encode("latin-1")
    assert as_utf8("a.py", text) == (text, False)


def test_of_two_values_the_last_one_holds_and_that_is_said() -> None:
    facts, [gap] = found(KubernetesPods(), "k8s/pod.yaml", POD.replace("true", "false, privileged: true").encode())
    assert facts == found(KubernetesPods(), "k8s/pod.yaml", POD.encode())[0]
    assert gap.detail.startswith("'privileged' stands in one mapping twice, first at line 5: the last one is read")
    assert gap.location.line == 5


def test_the_same_value_twice_is_no_doubt() -> None:
    assert not found(KubernetesPods(), "k8s/pod.yaml", POD.replace("true", "true, privileged: true").encode())[1]


def test_conditions_of_a_template_choose_between_two_values() -> None:
    text = "{{ if .x }}\nmetadata: {name: a}\n{{ else }}\nmetadata: {name: b}\n{{ end }}\n"
    facts, gaps = found(KubernetesPods(), "templates/pod.yaml", f"{text}{POD}".encode())
    assert facts
    assert not any("twice" in gap.detail for gap in gaps)


def test_compose_refuses_a_key_that_stands_twice() -> None:
    text = "services:\n  web:\n    image: a\n    privileged: false\n    privileged: true\n"
    facts, [gap] = found(ComposeFiles(), "compose.yaml", text.encode())
    assert not facts
    assert (gap.location.line, gap.detail) == (
        5, "'privileged' stands in one mapping twice, first at line 4: such a file is refused"
    )  # fmt: skip


def test_a_key_beside_what_is_merged_is_no_second_one() -> None:
    [node] = documents(b"a: &a {x: 1}\nb: {<<: *a, x: 2}\n", unique=True)
    assert isinstance(node, Mapping)
    inner = node.get("b")
    assert isinstance(inner, Mapping)
    assert inner.get("x") == Scalar("2", True, 2)


def test_an_anchor_of_another_document_is_an_error() -> None:
    with pytest.raises(Unreadable, match=r"not YAML: \*s names nothing of its document") as caught:
        documents(b"a: &s {x: 1}\n---\na: *s\n")
    assert caught.value.line == 3


def test_an_alias_of_what_it_stands_in_is_none() -> None:
    assert len(documents(b"a: &s {x: *s}\n")) == 1
