"""Modes, links and credentials files of real repositories and directories."""

import datetime as dt
import hashlib
import os
import struct
import subprocess
from pathlib import Path

import pytest

from hardencheck.catalogue.load import load_catalogue, parse_check
from hardencheck.collect.contract import Entry
from hardencheck.collect.extract.credentialfiles import Credentials, form_of
from hardencheck.collect.extraction import extract_file
from hardencheck.collect.options import Options
from hardencheck.collect.resolve.files import follow
from hardencheck.collect.run import collect
from hardencheck.errors import WrongType
from hardencheck.judge.settle import Policy
from hardencheck.model.check import Example
from hardencheck.model.facts import Fact
from hardencheck.model.facts.files import CredentialMaterial, CredentialsFile, FileMode, PrivateKey, Symlink
from hardencheck.model.finding import Verdict
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location
from hardencheck.model.target import Target
from hardencheck.testing import run_example


def collected(root: Path) -> FactSet:
    return collect(Target(repository=str(root)), Options(jobs=0)).facts


def of(facts: FactSet, kind: type[Fact]) -> list[Fact]:
    return sorted((fact for fact in facts.facts if type(fact) is kind), key=lambda fact: fact.location.order)


def commit(root: Path) -> None:
    for command in (("init", "-q"), ("add", "-f", ".")):
        subprocess.run(["git", "-C", str(root), *command], check=True)


def access_control_list(path: Path) -> None:
    """Others and the group may do nothing, user 12345 may read: acl(5), as the kernel keeps it."""
    entries = (
        (0x01, 6, 0xFFFFFFFF),
        (0x02, 4, 12345),
        (0x04, 0, 0xFFFFFFFF),
        (0x10, 4, 0xFFFFFFFF),
        (0x20, 0, 0xFFFFFFFF),
    )
    value = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    try:
        os.setxattr(path, "system.posix_acl_access", value)
    except (OSError, AttributeError):
        pytest.skip("this file system has no access control lists")


def test_an_access_control_list_is_told(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("x")
        (tmp_path / name).chmod(0o600)
    access_control_list(tmp_path / "a.txt")
    shown = {fact.location.path: fact.describe() for fact in of(collected(tmp_path), FileMode)}
    assert shown == {"a.txt": "file of mode 0640, with an access control list", "b.txt": "file of mode 0600"}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")
def test_a_file_of_another_user_than_its_directory(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    for name in ("a.txt", "media/b.txt", "media/c.txt"):
        (tmp_path / name).write_text("x")
    os.chown(tmp_path / "media", 12345, -1)
    os.chown(tmp_path / "media/b.txt", 12345, -1)
    facts = collected(tmp_path)
    assert {fact.location.path for fact in facts.facts if isinstance(fact, FileMode) and fact.foreign} == {
        "media/c.txt"
    }


def test_modes_of_a_live_directory(tmp_path: Path) -> None:
    (tmp_path / "media/a").mkdir(parents=True)
    (tmp_path / "media/a/b.txt").write_text("x")
    (tmp_path / "run.sh").write_text("#!/bin/sh\n")
    for path, mode in (("media/a/b.txt", 0o666), ("media/a", 0o777), ("media", 0o777), ("run.sh", 0o4755)):
        (tmp_path / path).chmod(mode)
    assert of(collected(tmp_path), FileMode) == [
        FileMode(
            location=Location(path=path),
            what=what,
            permissions=mode,
            executable=executable,
            data=data,
            tracked=False,
            below_group=below,
            below_world=below,
            entries=entries,
        )
        for path, what, mode, executable, data, below, entries in (
            ("media", "directory", 0o777, False, False, False, 2),
            ("media/a", "directory", 0o777, False, False, True, 1),
            ("media/a/b.txt", "file", 0o666, False, True, True, 0),
            ("run.sh", "file", 0o4755, True, False, False, 0),
        )
    ]


def test_a_clone_has_no_modes_but_the_executable_bit(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "b.txt").write_text("#!/usr/bin/env python\n")
    (tmp_path / "a.json").chmod(0o777)
    (tmp_path / "b.txt").chmod(0o755)
    commit(tmp_path)
    assert [
        (fact.location.path, fact.permissions, fact.executable, fact.data, fact.tracked, fact.below_world)
        for fact in of(collected(tmp_path), FileMode)
        if isinstance(fact, FileMode)
    ] == [("a.json", None, True, True, True, False), ("b.txt", None, True, False, True, False)]


def test_links(tmp_path: Path) -> None:
    (tmp_path / "d/e").mkdir(parents=True)
    (tmp_path / "d/file").write_text("x")
    wanted = {
        "absolute": ("/etc/secret/passwd", "absolute"),
        "d/e/in": ("../file", "inside"),
        "d/e/out": ("../../../x", "outside"),
        "folder": ("d", "inside"),
        "gone": ("nothing/there", "missing"),
        "loop1": ("loop2", "loop"),
        "loop2": ("./loop1", "loop"),
        "root": (".", "inside"),
        "self": ("self", "loop"),
        "through": ("folder/../../x", "outside"),
        "to-absolute": ("absolute", "absolute"),
        "up": ("..", "outside"),
    }
    for path, (target, _) in wanted.items():
        (tmp_path / path).symlink_to(target)
    commit(tmp_path)
    assert [
        (fact.location.path, fact.leads) for fact in of(collected(tmp_path), Symlink) if isinstance(fact, Symlink)
    ] == [(path, leads) for path, (_, leads) in wanted.items()]
    (shown,) = [fact for fact in of(collected(tmp_path), Symlink) if fact.location.path == "absolute"]
    assert shown.describe() == "link to '/etc/…': absolute"


def test_following_ends_after_forty_links() -> None:
    entries = {f"l{n}": Entry(path=f"l{n}", raw=b"", mode=0o120000, size=1, link=f"l{n + 1}") for n in range(45)} | {
        "l45": Entry(path="l45", raw=b"", mode=0o100644, size=1)
    }
    assert follow("l0", entries, {""}) == "loop"
    assert follow("l6", entries, {""}) == "inside"
    doubling = {f"l{n}": Entry(path=f"l{n}", raw=b"", mode=0o120000, size=1, link=f"l{n + 1}/" * 30) for n in range(45)}
    assert follow("l0", doubling, {""}) == "loop"


@pytest.mark.parametrize(
    ("path", "form"),
    [
        (".env", ".env"),
        ("a/.env.production", ".env"),
        ("conf/web.env", ".env"),
        (".envrc", ".env"),
        (".env.example", None),
        (".env.prod.sample", None),
        ("example.env", None),
        (".env.dist", None),
        ("env.py", None),
        (".env.ts", None),
        (".env.j2", None),
        ("src/environment.ts", None),
        (".pypirc", ".pypirc"),
        ("home/.aws/credentials", "AWS credentials"),
        ("credentials", None),
        (".kube/config", "kubeconfig"),
        ("config", None),
        (".git/config", None),
        ("gcp-service-account.json", "service account"),
        ("service-account.example.json", None),
        ("client_secret_123.json", "OAuth client secret"),
        ("credentials.json", "credentials.json"),
    ],
)
def test_names_of_credentials_files(path: str, form: str | None) -> None:
    assert form_of(path) == form


@pytest.mark.parametrize(
    ("path", "text", "values", "name", "line"),
    [
        (".env", "A=1\nexport DB_PASSWORD='correct horse'\nAPI_KEY=abcdef # x\n", 2, "DB_PASSWORD", 2),
        (".env", "DATABASE_URL=postgres://u:hunter22@db/x\n", 1, "DATABASE_URL", 1),
        (".env", "SECRET_KEY=changethis\n", 1, "SECRET_KEY", 1),
        (".env", "SECRET_KEY=\nTOKEN=<your token>\nAPI_KEY=your-key-here\nA_PASSWORD=${X}\nPWD=xxxx\n", 0, "", 1),
        (".env", "PASSWORD_FILE=/run/secrets/x\nTOKEN_TTL=36\nPUBLIC_KEY=abcdefgh\nVITE_API_KEY=abcdefgh\n", 0, "", 1),
        (".env", "A=1\n#SECRET_KEY=abcdefgh\nPASSWORD=$OTHER\n", 0, "", 1),
        (".env", "AWS_ACCESS_KEY_ID=AKIA\nAWS_SECRET_ACCESS_KEY=abcdefgh\n", 1, "AWS_SECRET_ACCESS_KEY", 2),
        (".pypirc", "[pypi]\nusername = u\npassword = hunter22\n", 1, "password", 3),
        (".netrc", "machine a login b\n  password hunter22\n", 1, "a password or token", 2),
        (".npmrc", "registry=https://x\n//x/:_authToken=${NPM_TOKEN}\n", 0, "", 1),
        (".npmrc", "//x/:_authToken=abcdefgh\n", 1, "a password or token", 1),
        (".pgpass", "# c\ndb:5432:*:u:hunter22\n", 1, "a password or token", 2),
        (".htpasswd", "u:$2y$05$abcdefghijklm\n", 1, "a password or token", 1),
        (".git-credentials", "https://u:hunter22@host\n", 1, "a password or token", 1),
        (".docker/config.json", '{"auths": {"x": {"auth": "dTpodW50ZXIyMg=="}}}', 1, "a password or token", 1),
        ("credentials.json", '{"installed": {\n "client_secret": "abcdefgh"}}', 1, "client_secret", 2),
        ("kubeconfig", "users:\n- user:\n    token: abcdefgh\n", 1, "token", 3),
        ("secrets.yaml", "db_password: ENC[AES256_GCM,data:abc]\n", 0, "", 1),
        ("secrets.yml", "db:\n  password: hunter22\n", 1, "password", 2),
    ],
)
def test_what_credentials_files_hold(path: str, text: str, values: int, name: str, line: int) -> None:
    form = form_of(path)
    assert form is not None
    assert extract_file([Credentials()], path, 0o100644, text.encode()) == [
        CredentialMaterial(location=Location(path=path, line=line), form=form, values=values, name=name)
    ]


def test_cipher_text_and_other_files_by_the_same_name() -> None:
    assert extract_file([Credentials()], "secrets.yml", 0o100644, b"$ANSIBLE_VAULT;1.1;AES256\n3132\n") == []
    assert extract_file([Credentials()], "notes.env", 0o100644, b"a list of things\n") == []


def test_hostile_credentials_files_end() -> None:
    for text in ("A" * 1_000_000, "=" * 100_000, '"' * 100_000, "TOKEN=" * 30_000, "TOKEN=\n" * 50_000, "x: " * 30_000):
        for path in (".env", "credentials.json", ".pgpass", ".netrc", ".htpasswd"):
            for item in extract_file([Credentials()], path, 0o100644, text.encode()):
                assert not isinstance(item, Gap), (path, text[:10], item)


def test_tracked_or_not(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("print(1)\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/.env").write_text("TOKEN=" + "abcdefgh\n")
    commit(tmp_path)
    (tmp_path / ".env").write_text("TOKEN=" + "abcdefgh\n")
    facts = collected(tmp_path)
    assert of(facts, CredentialsFile) == [
        CredentialsFile(location=Location(), present=False, tracked=True, role="production"),
        CredentialsFile(
            location=Location(path=".env", line=1),
            present=True,
            form=".env",
            secrets=1,
            name="TOKEN",
            tracked=False,
            role="production",
        ),
        CredentialsFile(
            location=Location(path="tests/.env", line=1),
            present=True,
            form=".env",
            secrets=1,
            name="TOKEN",
            tracked=True,
            role="test",
        ),
    ]
    assert of(facts, PrivateKey) == [
        PrivateKey(location=Location(), present=False, tracked=True, role=role) for role in ("production", "test")
    ]


def test_what_is_not_in_the_clone_may_hold_a_key(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/a.txt").write_text("x")
    commit(tmp_path)
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", "-C", str(tmp_path), *who, "commit", "-qm", "x"], check=True)
    oid = hashlib.sha1(b"blob 1\0x", usedforsecurity=False).hexdigest()
    (tmp_path / ".git/objects" / oid[:2] / oid[2:]).unlink()
    facts = collect(Target(repository=str(tmp_path), revision="HEAD"), Options(jobs=0)).facts
    assert [(gap.reason, gap.location.path, gap.about) for gap in facts.gaps if gap.kinds == ("file.private-key",)] == [
        (Reason.MISSING_OBJECT, "tests/a.txt", {"tracked": True, "permissions": None, "role": "test"})
    ]


def test_a_clone_says_why_its_modes_are_not_judged() -> None:
    check = load_catalogue().checks["permissions.world-writable"]
    item = run_example(check, Example(name="", verdict="", files={"a": "x"}), Policy(today=dt.date(2026, 11, 1)))
    assert (item.verdict, item.summary) == (
        Verdict.NOT_APPLICABLE,
        "git keeps only the executable bit of a mode: scan the deployed directory itself to judge it",
    )


def test_otherwise_is_text() -> None:
    text = """
        schema = 1
        title = "t"
        severity = "low"
        owner = "o"
        expected = "e"
        why = "w"
        fix = "f"
        rollback = "r"
        bypass = "b"
        [[rule]]
        fact = "file.mode"
        every.executable = false
        otherwise = 3
    """
    with pytest.raises(WrongType, match="otherwise: expected text, got 3"):
        parse_check("permissions.x", text, where="permissions/x.toml")
